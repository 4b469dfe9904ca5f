// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/dashboards/grafanawords.h"

#include <algorithm>
#include <array>

namespace tapio::console {

namespace {

/// Of several that come to the same, the first is what is written.
struct KindName {
    std::string_view type;
    PanelKind kind;
};
constexpr std::array kindNames{
    KindName{"timeseries", PanelKind::Line}, KindName{"graph", PanelKind::Line},      KindName{"barchart", PanelKind::Bars},
    KindName{"stat", PanelKind::Stat},       KindName{"singlestat", PanelKind::Stat}, KindName{"gauge", PanelKind::Gauge},
    KindName{"bargauge", PanelKind::Gauge},  KindName{"table", PanelKind::Table},     KindName{"table-old", PanelKind::Table},
    KindName{"heatmap", PanelKind::Heatmap}, KindName{"text", PanelKind::Text},
};

/// Ids of @grafana/data, valueFormats/categories.
struct UnitName {
    std::string_view id;
    ValueUnit unit;
};
constexpr std::array unitNames{
    UnitName{"none", {}},
    UnitName{"", {}},
    UnitName{"short", {}},
    UnitName{"locale", {}},
    UnitName{"percent", {Unit::Percent, 1}},
    UnitName{"percentunit", {Unit::Percent, 100}},
    UnitName{"bytes", {Unit::Bytes, 1}},
    UnitName{"decbytes", {Unit::Bytes, 1}},
    UnitName{"kbytes", {Unit::Bytes, 1024}},
    UnitName{"mbytes", {Unit::Bytes, 1024. * 1024}},
    UnitName{"gbytes", {Unit::Bytes, 1024. * 1024 * 1024}},
    UnitName{"bits", {Unit::Bytes, 0.125}},
    UnitName{"decbits", {Unit::Bytes, 0.125}},
    UnitName{"Bps", {Unit::BytesPerSecond, 1}},
    UnitName{"binBps", {Unit::BytesPerSecond, 1}},
    UnitName{"bps", {Unit::BytesPerSecond, 0.125}},
    UnitName{"binbps", {Unit::BytesPerSecond, 0.125}},
    UnitName{"pps", {Unit::PacketsPerSecond, 1}},
    UnitName{"s", {Unit::Nanoseconds, 1e9}},
    UnitName{"dtdurations", {Unit::Nanoseconds, 1e9}},
    UnitName{"ms", {Unit::Nanoseconds, 1e6}},
    UnitName{"\xc2\xb5s", {Unit::Nanoseconds, 1e3}},
    UnitName{"ns", {Unit::Nanoseconds, 1}},
    UnitName{"ops", {Unit::PerSecond, 1}},
    UnitName{"reqps", {Unit::PerSecond, 1}},
    UnitName{"rps", {Unit::PerSecond, 1}},
    UnitName{"wps", {Unit::PerSecond, 1}},
    UnitName{"iops", {Unit::PerSecond, 1}},
    UnitName{"cps", {Unit::PerSecond, 1}},
    UnitName{"eps", {Unit::EventsPerSecond, 1}},
};

} // namespace

std::optional<PanelKind> kindOfGrafana(std::string_view type) noexcept
{
    const auto *found = std::find_if(kindNames.begin(), kindNames.end(), [type](const KindName &one) { return one.type == type; });
    return found == kindNames.end() ? std::nullopt : std::optional(found->kind);
}

std::string_view grafanaTypeOf(PanelKind kind) noexcept
{
    if (kind == PanelKind::Area || kind == PanelKind::Stacked || kind == PanelKind::Bars)
        kind = PanelKind::Line; // its shape says the rest
    const auto *found = std::find_if(kindNames.begin(), kindNames.end(), [kind](const KindName &one) { return one.kind == kind; });
    return found == kindNames.end() ? std::string_view() : found->type;
}

std::optional<ValueUnit> unitOfGrafana(std::string_view id) noexcept
{
    const auto *found = std::find_if(unitNames.begin(), unitNames.end(), [id](const UnitName &one) { return one.id == id; });
    return found == unitNames.end() ? std::nullopt : std::optional(found->unit);
}

std::string_view grafanaUnitOf(const ValueUnit &unit) noexcept
{
    const auto *found = std::find_if(unitNames.begin(), unitNames.end(), [&unit](const UnitName &one) { return one.unit == unit; });
    return found == unitNames.end() ? std::string_view("none") : found->id;
}

} // namespace tapio::console
