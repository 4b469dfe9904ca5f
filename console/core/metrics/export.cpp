// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/export.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <map>
#include <ostream>

#include <nlohmann/json.hpp>

#include "console/core/metrics/csvcomments.h"
#include "protocol/wire/detailfields.h"

namespace tapio::console {

namespace {

using nlohmann::json;

std::string columnName(const PlotSeries &series)
{
    std::string name = series.label.empty() ? series.key : series.label;
    if (series.below)
        name += " transmit";
    const std::string unit(unitName(series.unit));
    return unit.empty() ? name : name + " [" + unit + ']';
}

std::string idText(EventId id) { return "e-" + std::to_string(id.chunk) + '-' + std::to_string(id.row); }

json factJson(const Fact &fact)
{
    json object{{"key", fact.key}, {"value", fact.value}, {"unit", unitName(fact.unit)}};
    if (!fact.label.empty())
        object["label"] = fact.label;
    return object;
}

json factsJson(const std::vector<Fact> &facts)
{
    json list = json::array();
    for (const Fact &fact : facts)
        list.push_back(factJson(fact));
    return list;
}

json seriesJson(const PlotSeries &series)
{
    json points = json::array();
    for (const PlotPoint &point : series.points)
        points.push_back({point.timeNs, std::isnan(point.value) ? json() : json(point.value)});
    return {{"key", series.key},        {"label", series.label}, {"unit", unitName(series.unit)},
            {"transmit", series.below}, {"loss", series.loss},   {"points", std::move(points)}};
}

json originJson(const wire::Origin &origin, bool isAmended)
{
    json object{{"attribution", attributionName(origin.attribution)}, {"cgroup", origin.cgroupPath}};
    const auto add = [&object](const char *key, const std::string &value) {
        if (!value.empty())
            object[key] = value;
    };
    if (isAmended)
        object["amended"] = true;
    add("container", origin.containerId);
    add("containerName", origin.containerName);
    add("image", origin.image);
    add("imageId", origin.imageId);
    add("namespace", origin.namespaceName);
    add("pod", origin.podName);
    add("podUid", origin.podUid);
    add("workload", origin.workloadName);
    add("workloadKind", origin.workloadKind);
    return object;
}

std::string_view nameOf(wire::TcpDirection direction)
{
    static constexpr std::array<std::string_view, 3> directions{"unknown", "outbound", "inbound"};
    const auto at = static_cast<std::size_t>(direction);
    return directions[at < directions.size() ? at : 0];
}
std::string_view nameOf(wire::TcpOutcome outcome) { return wire::tcpOutcomeName(outcome); }
std::string_view nameOf(wire::DnsOutcome outcome) { return wire::dnsOutcomeName(outcome); }
std::string_view nameOf(wire::AgentNoticeKind kind) { return wire::agentNoticeKindName(kind); }
std::string_view nameOf(wire::PressureResource resource) { return wire::pressureResourceName(resource); }
std::string_view nameOf(wire::KubernetesFactKind kind) { return wire::kubernetesFactKindName(kind); }
std::string_view nameOf(wire::InsightState state) { return wire::insightStateName(state); }
std::string_view nameOf(wire::EntityKind kind) { return wire::entityKindName(kind); }

std::string hexOf(const std::vector<std::byte> &bytes)
{
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::byte byte : bytes) {
        text += digits[std::to_integer<std::size_t>(byte >> 4)];
        text += digits[std::to_integer<std::size_t>(byte & std::byte{15})];
    }
    return text;
}

/// Fields under their own names; enumerations, addresses and bytes as texts.
struct FieldJson {
    json &object;

    template <typename T> void operator()(const wire::Field &field, const T &value) const
    {
        json &to = object[std::string(field.name)];
        if constexpr (std::is_enum_v<T>)
            to = nameOf(value);
        else if constexpr (std::is_same_v<T, wire::SocketAddress>)
            to = toString(value);
        else if constexpr (std::is_same_v<T, std::vector<std::byte>>)
            to = hexOf(value);
        else
            to = value;
    }
};

json detailJson(const wire::Detail &detail)
{
    json object = json::object();
    std::visit([&object](const auto &value) { wire::visitFields(value, FieldJson{object}); }, detail);
    return object;
}

} // namespace

std::string_view attributionName(wire::Attribution attribution)
{
    static constexpr std::array<std::string_view, 4> names{"unknown", "live", "cached", "inferred"};
    return names[static_cast<std::size_t>(attribution) < names.size() ? static_cast<std::size_t>(attribution) : 0];
}

std::string timeText(std::int64_t utcNs, int offsetMinutes)
{
    const std::int64_t shifted = utcNs + static_cast<std::int64_t>(offsetMinutes) * 60 * nsPerSecond;
    std::int64_t fraction = shifted % nsPerSecond;
    std::time_t seconds = shifted / nsPerSecond;
    if (fraction < 0) {
        fraction += nsPerSecond;
        --seconds;
    }
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::string result(text.data(), length);
    std::snprintf(text.data(), text.size(), ".%09lld", static_cast<long long>(fraction));
    result += text.data();
    if (offsetMinutes == 0)
        return result + 'Z';
    const int size = std::abs(offsetMinutes);
    std::snprintf(text.data(), text.size(), "%c%02d:%02d", offsetMinutes < 0 ? '-' : '+', size / 60, size % 60);
    return result + text.data();
}

void writeCsv(std::ostream &out, const PanelSnapshot &panel, const CsvOptions &options)
{
    writeComments(out, panel, options);
    const auto *heat = std::get_if<HeatView>(&panel.view);
    const std::size_t durations = heat && !heat->boundsNs.empty() ? heat->boundsNs.size() - 1 : 0;
    const std::size_t columns = panel.series.size() + durations;
    out << "time";
    std::map<std::int64_t, std::vector<double>> rows;
    const auto put = [&rows, columns](std::int64_t timeNs, std::size_t column, double value) {
        rows.try_emplace(timeNs, columns, std::nan("")).first->second[column] = value;
    };
    for (std::size_t column = 0; column < panel.series.size(); ++column) {
        out << ',' << csvCell(columnName(panel.series[column]));
        for (const PlotPoint &point : panel.series[column].points)
            put(point.timeNs, column, point.value);
    }
    for (std::size_t row = 0; row < durations; ++row) {
        out << ",calls of " << decimal(heat->boundsNs[row]) << " to " << decimal(heat->boundsNs[row + 1]) << " ns";
        for (const HeatColumn &column : heat->columns) {
            if (row < column.counts.size())
                put(column.timeNs, panel.series.size() + row, static_cast<double>(column.counts[row]));
        }
    }
    out << "\r\n";
    for (const auto &[timeNs, values] : rows) {
        out << timeText(timeNs, options.utcOffsetMinutes);
        for (const double value : values)
            out << ',' << decimal(value);
        out << "\r\n";
    }
}

void writeCsvHeader(std::ostream &out)
{
    out << "id,time,severity,type,node,seq,pid,uid,comm,namespace,pod,container,cgroup,attribution,summary\r\n";
}

void writeCsv(std::ostream &out, const StoredEvent &stored, const CsvOptions &options)
{
    const wire::Event &event = stored.event;
    const wire::Origin &origin = stored.origin;
    out << idText(stored.id) << ',' << timeText(event.timeNs, options.utcOffsetMinutes) << ',' << wire::severityName(event.severity) << ','
        << wire::eventTypeName(event.type) << ',' << csvCell(stored.node) << ',' << stored.seq << ',' << event.process.pid << ','
        << event.process.uid << ',' << csvCell(event.process.comm) << ',' << csvCell(origin.namespaceName) << ',' << csvCell(origin.podName)
        << ',' << csvCell(origin.containerName.empty() ? origin.containerId : origin.containerName) << ',' << csvCell(origin.cgroupPath)
        << ',' << attributionName(origin.attribution) << ',' << csvCell(wire::summary(event)) << "\r\n";
}

json eventJson(const StoredEvent &stored)
{
    const wire::Event &event = stored.event;
    json object{{"id", idText(stored.id)},
                {"time", timeText(event.timeNs)},
                {"timeNs", event.timeNs},
                {"drainUs", event.drainUs},
                {"heldSeconds", event.heldSeconds},
                {"severity", wire::severityName(event.severity)},
                {"type", wire::eventTypeName(event.type)},
                {"node", stored.node},
                {"seq", stored.seq},
                {"cpu", event.cpu},
                {"summary", wire::summary(event)},
                {"origin", originJson(stored.origin, stored.isAmended)}};
    object["process"] = {
        {"pid", event.process.pid}, {"uid", event.process.uid}, {"comm", event.process.comm}, {"startTimeNs", event.process.startTimeNs}};
    object["detail"] = detailJson(event.detail);
    return object;
}

json panelJson(const PanelSnapshot &panel)
{
    json object{{"panel", panelKey(panel.id)},    {"state", stateName(panel.state)}, {"from", timeText(panel.fromNs)},
                {"to", timeText(panel.toNs)},     {"bucketNs", panel.bucketNs},      {"pastThreshold", panel.pastThreshold},
                {"facts", factsJson(panel.facts)}};
    if (panel.reason != NoDataReason::None)
        object["reason"] = reasonName(panel.reason);
    if (panel.need > 0) {
        object["have"] = panel.have;
        object["need"] = panel.need;
    }
    if (!panel.scope.all())
        object["scope"] = {{"node", panel.scope.node}, {"namespace", panel.scope.namespaceName}};
    if (!panel.detail.empty())
        object["detail"] = panel.detail;
    if (panel.seriesRefused > 0)
        object["seriesRefused"] = panel.seriesRefused;
    for (const Breach &breach : panel.breaches)
        object["breaches"].push_back({{"key", breach.key},
                                      {"label", breach.label},
                                      {"value", breach.value},
                                      {"bound", breach.threshold.value},
                                      {"unit", unitName(breach.threshold.unit)},
                                      {"headline", breach.headline}});
    for (const Breach &breach : panel.pending)
        object["pending"].push_back({{"key", breach.key},
                                     {"label", breach.label},
                                     {"value", breach.value},
                                     {"bound", breach.threshold.value},
                                     {"unit", unitName(breach.threshold.unit)},
                                     {"heldNs", breach.heldNs},
                                     {"forNs", breach.threshold.forNs},
                                     {"headline", breach.headline}});
    for (const GroupRow &row : panel.insights)
        object["insights"].push_back({{"rule", row.title}, {"severity", row.severity}, {"open", row.open}});
    for (const ThresholdCheck &check : panel.checks)
        object["scaling"].push_back({{"up", check.threshold.kind == ThresholdKind::ScaleUp},
                                     {"bound", check.threshold.value},
                                     {"unit", unitName(check.threshold.unit)},
                                     {"forNs", check.threshold.forNs},
                                     {"heldNs", check.heldNs},
                                     {"knownNs", check.knownNs},
                                     {"held", check.held}});
    object["value"] = panel.value ? factJson(*panel.value) : json();
    if (panel.value)
        object["asOf"] = timeText(panel.asOfNs);
    object["series"] = json::array();
    for (const PlotSeries &series : panel.series)
        object["series"].push_back(seriesJson(series));
    object["losses"] = json::array();
    for (const LossBand &band : panel.losses)
        object["losses"].push_back({{"from", timeText(band.fromNs)},
                                    {"to", timeText(band.toNs)},
                                    {"lost", band.lost},
                                    {"of", band.of},
                                    {"node", band.node},
                                    {"cause", band.cause}});
    json computation{{"formula", panel.computation.formulaKey},
                     {"inputs", factsJson(panel.computation.inputs)},
                     {"windowNs", panel.computation.windowNs},
                     {"n", panel.computation.n},
                     {"sources", panel.computation.sources}};
    if (panel.computation.completeness)
        computation["completeness"] = *panel.computation.completeness;
    if (panel.computation.lost)
        computation["lost"] = *panel.computation.lost;
    object["computation"] = std::move(computation);
    return object;
}

} // namespace tapio::console
