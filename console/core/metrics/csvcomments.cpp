// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/csvcomments.h"

#include <array>
#include <charconv>
#include <cmath>
#include <ostream>

namespace tapio::console {

namespace {

std::string_view thresholdName(ThresholdKind kind)
{
    static constexpr std::array<std::string_view, 5> names{"alert-above", "alert-below", "scale-up", "scale-down", "reference"};
    return names[std::min<std::size_t>(static_cast<std::size_t>(kind), names.size() - 1)];
}

std::string_view cellName(NodeCell::State state)
{
    static constexpr std::array<std::string_view, 4> names{"full", "partial", "silent", "gone"};
    return names[std::min<std::size_t>(static_cast<std::size_t>(state), names.size() - 1)];
}

/// ", since TIME", or nothing where it is not known.
std::string since(std::int64_t timeNs, const CsvOptions &options)
{
    return timeNs > 0 ? ", since " + timeText(timeNs, options.utcOffsetMinutes) : std::string();
}

void writeView(std::ostream &out, const PodStatusView &view, const CsvOptions &options)
{
    for (const Counted &state : view.states)
        out << "# pods " << oneLine(state.key) << ": " << state.count << "\r\n";
    for (const GroupRow &pod : view.worst)
        out << "# pod " << oneLine(pod.entity) << ": " << oneLine(pod.title) << since(pod.sinceNs, options) << "\r\n";
}

void writeView(std::ostream &out, const CoverageView &view, const CsvOptions &)
{
    const auto share = [&out](const char *name, const std::optional<double> &percent) {
        if (percent)
            out << "# " << name << ": " << decimal(*percent) << " %\r\n";
    };
    share("attribution", view.attribution);
    share("events not lost", view.completeness);
    share("hooks", view.hooks);
    for (const NodeCell &cell : view.cells) {
        out << "# node " << oneLine(cell.node) << ": " << cellName(cell.state) << ", " << cell.hooksActive << " of " << cell.hooksWanted
            << " hooks";
        for (const std::string &missing : cell.missing)
            out << "; " << oneLine(missing);
        out << "\r\n";
    }
}

void writeInterval(std::ostream &out, const Interval &interval, const char *unit)
{
    out << oneLine(interval.key) << ": ";
    if (interval.estimate)
        out << decimal(*interval.estimate) << " % (Wilson 95 %: " << decimal(interval.low) << " to " << decimal(interval.high) << "), "
            << interval.have << ' ' << unit;
    else
        out << interval.have << " of " << interval.need << ' ' << unit;
}

void writeMoment(std::ostream &out, const char *what, const ProofMoment &moment, const CsvOptions &options)
{
    if (moment.timeNs == 0)
        return;
    out << "; last " << what << ' ' << timeText(moment.timeNs, options.utcOffsetMinutes) << " on " << oneLine(moment.node) << ", drill "
        << oneLine(moment.drill);
    if (moment.leadNs != 0)
        out << ", after " << decimal(static_cast<double>(moment.leadNs) / static_cast<double>(nsPerSecond)) << " s";
}

void writeView(std::ostream &out, const IntervalView &view, const CsvOptions &options)
{
    for (const Interval &interval : view.intervals) {
        out << "# ";
        writeInterval(out, interval, interval.key == "field" ? "verdicts" : "trials");
        out << "\r\n";
    }
    for (const RuleProofRow &rule : view.rules) {
        out << "# rule ";
        writeInterval(out, rule.interval, "trials");
        writeMoment(out, "proved", rule.found, options);
        writeMoment(out, "missed", rule.missed, options);
        writeMoment(out, "false", rule.wrong, options);
        out << "\r\n";
    }
}

void writeView(std::ostream &out, const GroupsView &view, const CsvOptions &options)
{
    for (const GroupRow &row : view.rows)
        out << "# group " << oneLine(row.severity) << ": " << oneLine(row.title) << ", " << row.open << " open"
            << since(row.sinceNs, options) << "\r\n";
}

} // namespace

std::string decimal(double value)
{
    if (!std::isfinite(value))
        return {};
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return {text.data(), end};
}

std::string csvCell(std::string text)
{
    if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos)
        text.insert(text.begin(), '\'');
    if (text.find_first_of(",\"\r\n") == std::string::npos)
        return text;
    std::string quoted = "\"";
    for (const char c : text) {
        quoted += c;
        if (c == '"')
            quoted += c;
    }
    return quoted + '"';
}

std::string oneLine(std::string text)
{
    for (char &c : text)
        c = c == '\n' || c == '\r' ? ' ' : c;
    return text;
}

std::string_view stateName(PanelState state)
{
    static constexpr std::array<std::string_view, 6> names{"loading", "no-data", "ready", "stale", "partial", "failed"};
    return names[std::min<std::size_t>(static_cast<std::size_t>(state), names.size() - 1)];
}

std::string_view reasonName(NoDataReason reason)
{
    static constexpr std::array<std::string_view, 9> names{"",
                                                           "no-agent",
                                                           "no-samples-in-range",
                                                           "warming-up",
                                                           "not-judged",
                                                           "needs-verdicts",
                                                           "no-kubernetes",
                                                           "no-operator-action",
                                                           "source-unavailable"};
    if (reason == NoDataReason::NothingInScope)
        return "nothing-in-scope";
    if (reason == NoDataReason::NotCorrelated)
        return "not-correlated";
    if (reason == NoDataReason::NoEvents)
        return "no-events";
    if (reason == NoDataReason::NotTimed)
        return "not-timed";
    return reason == NoDataReason::StoreFailed ? "store-failed"
                                               : names[std::min<std::size_t>(static_cast<std::size_t>(reason), names.size() - 1)];
}

void writeComments(std::ostream &out, const PanelSnapshot &panel, const CsvOptions &options)
{
    out << "# panel: " << panelKey(panel.id) << "\r\n";
    if (!panel.scope.node.empty())
        out << "# node: " << oneLine(panel.scope.node) << "\r\n";
    if (!panel.scope.namespaceName.empty())
        out << "# namespace: " << oneLine(panel.scope.namespaceName) << "\r\n";
    if (panel.allNodes || panel.allNamespaces)
        out << "# of all " << (panel.allNodes ? "nodes" : "namespaces") << "\r\n";
    out << "# range: " << timeText(panel.fromNs, options.utcOffsetMinutes) << " to " << timeText(panel.toNs, options.utcOffsetMinutes)
        << " (" << oneLine(options.zoneName) << ")\r\n";
    out << "# bucket: " << decimal(static_cast<double>(panel.bucketNs) / nsPerSecond) << " s\r\n";
    out << "# state: " << stateName(panel.state);
    if (panel.reason != NoDataReason::None)
        out << ", " << reasonName(panel.reason);
    out << (panel.detail.empty() ? "" : ", ") << oneLine(panel.detail) << "\r\n";
    if (!panel.value && panel.need > 0)
        out << "# have: " << decimal(panel.have) << " of " << decimal(panel.need) << "\r\n";
    if (panel.value)
        out << "# value: " << panel.value->key << ' ' << decimal(panel.value->value) << ' ' << unitName(panel.value->unit) << " as of "
            << timeText(panel.asOfNs, options.utcOffsetMinutes) << "\r\n";
    for (const Fact &fact : panel.facts)
        out << "# " << fact.key << (fact.label.empty() ? "" : " ") << oneLine(fact.label) << ": " << decimal(fact.value) << ' '
            << unitName(fact.unit) << "\r\n";
    for (const Breach &breach : panel.breaches)
        out << "# past its bound: " << breach.key << (breach.label.empty() ? "" : " ") << oneLine(breach.label) << ' '
            << decimal(breach.value) << ' ' << unitName(breach.threshold.unit) << ", bound " << decimal(breach.threshold.value) << "\r\n";
    for (const Breach &breach : panel.pending)
        out << "# pending: " << breach.key << (breach.label.empty() ? "" : " ") << oneLine(breach.label) << ' ' << decimal(breach.value)
            << ' ' << unitName(breach.threshold.unit) << ", past " << decimal(breach.threshold.value) << " for "
            << breach.heldNs / nsPerSecond << " of " << breach.threshold.forNs / nsPerSecond << " s\r\n";
    if (panel.seriesRefused > 0)
        out << "# series that did not fit in memory: " << panel.seriesRefused << "\r\n";
    if (panel.computation.completeness)
        out << "# completeness: " << decimal(*panel.computation.completeness) << " %\r\n";
    for (const Threshold &threshold : panel.thresholds)
        out << "# threshold: " << thresholdName(threshold.kind) << ' ' << decimal(threshold.value) << ' ' << unitName(threshold.unit)
            << " for " << threshold.forNs / nsPerSecond << " s\r\n";
    for (const LossBand &band : panel.losses)
        out << "# loss: " << timeText(band.fromNs, options.utcOffsetMinutes) << " to " << timeText(band.toNs, options.utcOffsetMinutes)
            << ", " << band.lost << " of " << band.of << " events, node " << oneLine(band.node) << ", cause " << band.cause << "\r\n";
    std::visit(
        [&](const auto &view) { // heat maps and bars are rows
            if constexpr (requires { writeView(out, view, options); })
                writeView(out, view, options);
        },
        panel.view);
}

} // namespace tapio::console
