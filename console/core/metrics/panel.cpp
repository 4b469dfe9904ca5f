// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/panel.h"

namespace tapio::console {

std::string_view panelKey(PanelId id) noexcept
{
    static constexpr std::array<std::string_view, panelCount> keys{
        "events-processed",    "processing-latency", "queue-depth",       "filter-efficiency", "signal-to-noise", "correlation-accuracy",
        "false-positive-rate", "coverage",           "pod-status",        "cpu-usage",         "memory-usage",    "network-io",
        "active-correlations", "insights-generated", "user-interactions", "api-response-times"};
    const auto index = static_cast<std::size_t>(id);
    return index < keys.size() ? keys[index] : std::string_view("unknown");
}

std::string_view unitName(Unit unit) noexcept
{
    switch (unit) {
    case Unit::None: return "";
    case Unit::EventsPerSecond: return "events/s";
    case Unit::Events: return "events";
    case Unit::Percent: return "%";
    case Unit::Nanoseconds: return "ns";
    case Unit::Bytes: return "B";
    case Unit::BytesPerSecond: return "B/s";
    case Unit::PacketsPerSecond: return "packets/s";
    case Unit::Cores: return "cores";
    case Unit::PerHour: return "/h";
    case Unit::PerSecond: return "/s";
    case Unit::Count: return "1";
    }
    return "";
}

} // namespace tapio::console
