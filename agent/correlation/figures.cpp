// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/figures.h"

#include <charconv>
#include <cmath>
#include <utility>

namespace tapio::correlation {

namespace {

constexpr std::array<FigureName, 9> trendNames{{{"used", Unit::Bytes},
                                                {"limit", Unit::Bytes},
                                                {"usedShare", Unit::Share},
                                                {"perMinute", Unit::BytesPerMinute},
                                                {"fit", Unit::Plain},
                                                {"rising", Unit::Share},
                                                {"resets", Unit::Plain},
                                                {"minutesLeft", Unit::Minutes},
                                                {"span", Unit::Seconds}}};
constexpr std::array<FigureName, 5> throttlingNames{{{"periods", Unit::Plain},
                                                     {"throttled", Unit::Plain},
                                                     {"share", Unit::Share},
                                                     {"throttledMs", Unit::Milliseconds},
                                                     {"limit", Unit::Cores}}};
constexpr std::array<FigureName, 2> cpuNames{{{"share", Unit::Share}, {"cores", Unit::Cores}}};
constexpr std::array<FigureName, 7> latenciesAnd(FigureName last)
{
    return {{{"p50", Unit::Milliseconds},
             {"p99", Unit::Milliseconds},
             {"count", Unit::Plain},
             {"baseline", Unit::Milliseconds},
             {"ratio", Unit::Plain},
             {"deviation", Unit::Plain},
             last}};
}
constexpr std::array<FigureName, 7> latencyNames = latenciesAnd({"failedShare", Unit::Share});
constexpr std::array<FigureName, 7> diskNames = latenciesAnd({"queue", Unit::Plain});
constexpr std::array<FigureName, 5> egressNames{{{"perSecond", Unit::BytesPerSecond},
                                                 {"baseline", Unit::BytesPerSecond},
                                                 {"ratio", Unit::Plain},
                                                 {"deviation", Unit::Plain},
                                                 {"hourShare", Unit::Share}}};
constexpr std::array<FigureName, 4> retransmissionNames{
    {{"perMinute", Unit::PerMinute}, {"baseline", Unit::PerMinute}, {"ratio", Unit::Plain}, {"deviation", Unit::Plain}}};

constexpr std::array<FigureName, 8> destinationEgressNames{{{"perSecond", Unit::BytesPerSecond},
                                                            {"baseline", Unit::BytesPerSecond},
                                                            {"ratio", Unit::Plain},
                                                            {"deviation", Unit::Plain},
                                                            {"bytes", Unit::Bytes},
                                                            {"connections", Unit::Plain},
                                                            {"sourceMinutes", Unit::Minutes},
                                                            {"destinationMinutes", Unit::Minutes}}};
constexpr std::array<FigureName, 6> destinationRetransmissionNames{{{"perConnection", Unit::Plain},
                                                                    {"baseline", Unit::Plain},
                                                                    {"ratio", Unit::Plain},
                                                                    {"deviation", Unit::Plain},
                                                                    {"retransmits", Unit::Plain},
                                                                    {"connections", Unit::Plain}}};

constexpr std::array<std::string_view, 1> destinationTexts{"destination"};
constexpr std::array<std::string_view, 2> diskTexts{"device", "operation"};
constexpr std::array<std::string_view, 1> sideTexts{"side"};
constexpr std::array<std::string_view, 1> mountTexts{"mount"};

std::string written(double value, std::chars_format format, int precision)
{
    std::array<char, 400> room{}; // the largest number has 309 digits
    const auto end = std::to_chars(room.data(), room.data() + room.size(), value, format, precision);
    return {room.data(), end.ptr};
}

std::string fixed(double value, int decimals) { return written(value, std::chars_format::fixed, decimals); }
std::string rough(double value, int digits) { return written(value, std::chars_format::general, digits); }

std::string bytes(double value)
{
    constexpr std::array<const char *, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    for (; std::abs(value) >= 1024 && unit + 1 < units.size(); ++unit)
        value /= 1024;
    return fixed(value, std::abs(value) < 10 && unit > 0 ? 1 : 0) + ' ' + units[unit];
}

std::string written(double value, Unit unit)
{
    switch (unit) {
    case Unit::Bytes: return bytes(value);
    case Unit::BytesPerSecond: return bytes(value) + "/s";
    case Unit::BytesPerMinute: return (value > 0 ? "+" : "") + bytes(value) + "/min";
    case Unit::Share: return fixed(value * 100, 0) + " %";
    case Unit::Minutes: return fixed(value, 0) + " min";
    case Unit::Seconds: return value < 120 ? fixed(value, 0) + " s" : fixed(value / 60, 0) + " min";
    case Unit::Milliseconds: return (value < 10 ? rough(value, 2) : fixed(value, 0)) + " ms";
    case Unit::PerMinute: return fixed(value, 0) + "/min";
    case Unit::Cores: return rough(value, 2) + " cores";
    case Unit::Plain: break;
    }
    return rough(value, 3);
}

class Line {
public:
    Line(Topic topic, const FigureSet &figures) : m_names(figureNames(topic)), m_figures(figures) {}
    /// Adds "BEFORE value AFTER" where the value is known.
    Line &add(std::string_view before, std::size_t index, std::string_view after = {})
    {
        const double value = m_figures.values[index];
        if (std::isnan(value))
            return *this;
        m_text.append(before).append(written(value, m_names[index].unit)).append(after);
        return *this;
    }
    Line &text(std::size_t index)
    {
        if (!m_figures.texts[index].empty())
            m_text.append(m_text.empty() ? "" : " ").append(m_figures.texts[index]);
        return *this;
    }
    std::string take() { return std::move(m_text); }

private:
    std::span<const FigureName> m_names;
    const FigureSet &m_figures;
    std::string m_text;
};

std::string trendLine(Topic topic, const FigureSet &figures)
{
    Line line(topic, figures);
    line.text(0).add(topic == Topic::MemoryTrend ? "memory " : " ", trend::Used).add(" of ", trend::Limit);
    line.add(" (", trend::UsedShare, ")").add(", ", trend::PerMinute).add(" for ", trend::Span);
    return line.add(", ", trend::MinutesLeft, " left").take();
}

std::string latencyLine(Topic topic, const FigureSet &figures)
{
    Line line(topic, figures);
    line.text(0).text(1).add(" p99 ", latency::P99).add(", usually ", latency::Baseline).add(", ", latency::Count, " of them");
    return topic == Topic::DiskLatency ? line.add(", ", latency::Queue, " at a time").take()
                                       : line.add(", failed ", latency::FailedShare).take();
}

} // namespace

std::span<const FigureName> figureNames(Topic topic) noexcept
{
    switch (topic) {
    case Topic::MemoryTrend:
    case Topic::FilesystemTrend: return trendNames;
    case Topic::CpuThrottling: return throttlingNames;
    case Topic::CpuUse: return cpuNames;
    case Topic::DiskLatency: return diskNames;
    case Topic::RunQueueLatency:
    case Topic::HttpLatency: return latencyNames;
    case Topic::NetworkEgress: return egressNames;
    case Topic::TcpRetransmission: return retransmissionNames;
    case Topic::DestinationEgress: return destinationEgressNames;
    case Topic::DestinationRetransmission: return destinationRetransmissionNames;
    default: return {};
    }
}

std::span<const std::string_view> figureTexts(Topic topic) noexcept
{
    switch (topic) {
    case Topic::DestinationEgress:
    case Topic::DestinationRetransmission: return destinationTexts;
    case Topic::DiskLatency: return diskTexts;
    case Topic::HttpLatency: return sideTexts;
    case Topic::FilesystemTrend: return mountTexts;
    default: return {};
    }
}

void fillIn(FigureSet &set, const std::optional<Baseline::Comparison> &compared, const ComparedPlaces &at)
{
    if (!compared)
        return;
    set.values[at.baseline] = compared->median;
    set.values[at.ratio] = compared->ratio;
    set.values[at.deviation] = compared->deviation;
}

std::string figureLine(Topic topic, const FigureSet &figures)
{
    Line line(topic, figures);
    switch (topic) {
    case Topic::MemoryTrend:
    case Topic::FilesystemTrend: return trendLine(topic, figures);
    case Topic::CpuThrottling:
        return line.add("throttled in ", throttling::Share)
            .add(" of ", throttling::Periods, " periods")
            .add(", limit ", throttling::Limit)
            .take();
    case Topic::CpuUse: return line.add("", cpu::Share, " of the node's CPUs").add(", ", cpu::Cores).take();
    case Topic::DiskLatency:
    case Topic::RunQueueLatency:
    case Topic::HttpLatency: return latencyLine(topic, figures);
    case Topic::NetworkEgress:
        return line.add("sends ", rate::Rate)
            .add(", usually ", rate::Baseline)
            .add(", ", rate::Ratio, " times that")
            .add(", this hour has ", rate::HourShare, " of a busy one")
            .take();
    case Topic::DestinationEgress:
        return line.text(0).add(": ", traffic::Amount, " sent").add(", ", traffic::Rate).add(", usually ", traffic::Baseline).take();
    case Topic::DestinationRetransmission:
        return line.text(0)
            .add(": ", traffic::Amount, " segments again")
            .add(" in ", traffic::Connections, " connections")
            .add(", ", traffic::Rate, " each")
            .add(", usually ", traffic::Baseline)
            .take();
    case Topic::TcpRetransmission: return line.add("sends again ", rate::Rate, " segments").add(", usually ", rate::Baseline).take();
    default: return {};
    }
}

} // namespace tapio::correlation
