// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/export.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <map>
#include <ostream>

#include <nlohmann/json.hpp>

namespace tapio::console {

namespace {

using nlohmann::json;

std::string decimal(double value)
{
    if (!std::isfinite(value))
        return {};
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return {text.data(), end};
}

/// Quoted where RFC 4180 asks for it; a leading sign of a formula is kept harmless for spreadsheets.
std::string cell(std::string text)
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

/// A comment stays one line whatever is in it.
std::string oneLine(std::string text)
{
    for (char &c : text)
        c = c == '\n' || c == '\r' ? ' ' : c;
    return text;
}

std::string columnName(const PlotSeries &series)
{
    std::string name = series.label.empty() ? series.key : series.label;
    if (series.below)
        name += " transmit";
    const std::string unit(unitName(series.unit));
    return unit.empty() ? name : name + " [" + unit + ']';
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
                                                           "correlation-not-built",
                                                           "needs-verdicts",
                                                           "no-kubernetes",
                                                           "no-operator-action",
                                                           "source-unavailable"};
    return reason == NoDataReason::StoreFailed
        ? "store-failed"
        : names[std::min<std::size_t>(static_cast<std::size_t>(reason), names.size() - 1)];
}

std::string_view attributionName(wire::Attribution attribution)
{
    static constexpr std::array<std::string_view, 4> names{"unknown", "live", "cached", "inferred"};
    return names[static_cast<std::size_t>(attribution) < names.size() ? static_cast<std::size_t>(attribution) : 0];
}

std::string idText(EventId id)
{
    return "e-" + std::to_string(id.chunk) + '-' + std::to_string(id.row);
}

void writeComments(std::ostream &out, const PanelSnapshot &panel, const CsvOptions &options)
{
    out << "# panel: " << panelKey(panel.id) << "\r\n";
    out << "# range: " << timeText(panel.fromNs, options.utcOffsetMinutes) << " to "
        << timeText(panel.toNs, options.utcOffsetMinutes) << " (" << oneLine(options.zoneName) << ")\r\n";
    out << "# bucket: " << decimal(static_cast<double>(panel.bucketNs) / nsPerSecond) << " s\r\n";
    out << "# state: " << stateName(panel.state);
    if (panel.reason != NoDataReason::None)
        out << ", " << reasonName(panel.reason);
    out << (panel.detail.empty() ? "" : ", ") << oneLine(panel.detail) << "\r\n";
    if (panel.value)
        out << "# value: " << panel.value->key << ' ' << decimal(panel.value->value) << ' '
            << unitName(panel.value->unit) << " as of " << timeText(panel.asOfNs, options.utcOffsetMinutes) << "\r\n";
    for (const Fact &fact : panel.facts)
        out << "# " << fact.key << (fact.label.empty() ? "" : " ") << oneLine(fact.label) << ": " << decimal(fact.value)
            << ' ' << unitName(fact.unit) << "\r\n";
    for (const Breach &breach : panel.breaches)
        out << "# past its bound: " << breach.key << (breach.label.empty() ? "" : " ") << oneLine(breach.label) << ' '
            << decimal(breach.value) << ' ' << unitName(breach.threshold.unit) << ", bound "
            << decimal(breach.threshold.value) << "\r\n";
    if (panel.seriesRefused > 0)
        out << "# series that did not fit in memory: " << panel.seriesRefused << "\r\n";
    if (panel.computation.completeness)
        out << "# completeness: " << decimal(*panel.computation.completeness) << " %\r\n";
    for (const LossBand &band : panel.losses)
        out << "# loss: " << timeText(band.fromNs, options.utcOffsetMinutes) << " to "
            << timeText(band.toNs, options.utcOffsetMinutes) << ", " << band.lost << " of " << band.of
            << " events, node " << oneLine(band.node) << ", cause " << band.cause << "\r\n";
}

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

json originJson(const wire::Origin &origin)
{
    json object{{"attribution", attributionName(origin.attribution)}, {"cgroup", origin.cgroupPath}};
    const auto add = [&object](const char *key, const std::string &value) {
        if (!value.empty())
            object[key] = value;
    };
    add("container", origin.containerId);
    add("containerName", origin.containerName);
    add("namespace", origin.namespaceName);
    add("pod", origin.podName);
    add("podUid", origin.podUid);
    return object;
}

json detailJson(const wire::ProcessExec &exec)
{
    return {{"parentPid", exec.parentPid},
            {"parentComm", exec.parentComm},
            {"filename", exec.filename},
            {"arguments", exec.arguments},
            {"argumentsTruncated", exec.argumentsTruncated}};
}

json detailJson(const wire::ProcessExit &exit)
{
    return {{"exitCode", exit.exitCode},     {"signal", exit.signal},       {"coreDumped", exit.coreDumped},
            {"durationNs", exit.durationNs}, {"killerPid", exit.killerPid}, {"killerComm", exit.killerComm}};
}

json detailJson(const wire::OomKill &kill)
{
    return {{"triggerPid", kill.triggerPid},         {"triggerComm", kill.triggerComm},
            {"totalVmBytes", kill.totalVmBytes},     {"anonRssBytes", kill.anonRssBytes},
            {"fileRssBytes", kill.fileRssBytes},     {"shmemRssBytes", kill.shmemRssBytes},
            {"pageTableBytes", kill.pageTableBytes}, {"oomScoreAdj", kill.oomScoreAdj}};
}

json detailJson(const wire::FatalSignal &signal)
{
    return {{"signal", signal.signal},
            {"code", signal.code},
            {"senderPid", signal.senderPid},
            {"senderComm", signal.senderComm}};
}

json detailJson(const wire::TcpConnection &tcp)
{
    static constexpr std::array<std::string_view, 3> directions{"unknown", "outbound", "inbound"};
    const auto direction = static_cast<std::size_t>(tcp.direction);
    return {{"local", toString(tcp.local)},
            {"remote", toString(tcp.remote)},
            {"direction", directions[direction < directions.size() ? direction : 0]},
            {"outcome", wire::tcpOutcomeName(tcp.outcome)},
            {"socketError", tcp.socketError},
            {"established", tcp.established},
            {"durationNs", tcp.durationNs},
            {"connectLatencyNs", tcp.connectLatencyNs},
            {"bytesSent", tcp.bytesSent},
            {"bytesReceived", tcp.bytesReceived},
            {"srttUs", tcp.srttUs},
            {"retransmits", tcp.retransmits}};
}

json detailJson(std::monostate)
{
    return json::object();
}

} // namespace

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
    out << "time";
    std::map<std::int64_t, std::vector<double>> rows;
    for (std::size_t column = 0; column < panel.series.size(); ++column) {
        out << ',' << cell(columnName(panel.series[column]));
        for (const PlotPoint &point : panel.series[column].points)
            rows.try_emplace(point.timeNs, panel.series.size(), std::nan("")).first->second[column] = point.value;
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
    out << idText(stored.id) << ',' << timeText(event.timeNs, options.utcOffsetMinutes) << ','
        << wire::severityName(event.severity) << ',' << wire::eventTypeName(event.type) << ',' << cell(stored.node)
        << ',' << stored.seq << ',' << event.process.pid << ',' << event.process.uid << ',' << cell(event.process.comm)
        << ',' << cell(origin.namespaceName) << ',' << cell(origin.podName) << ','
        << cell(origin.containerName.empty() ? origin.containerId : origin.containerName) << ','
        << cell(origin.cgroupPath) << ',' << attributionName(origin.attribution) << ',' << cell(wire::summary(event))
        << "\r\n";
}

json eventJson(const StoredEvent &stored)
{
    const wire::Event &event = stored.event;
    json object{{"id", idText(stored.id)},
                {"time", timeText(event.timeNs)},
                {"timeNs", event.timeNs},
                {"drainUs", event.drainUs},
                {"severity", wire::severityName(event.severity)},
                {"type", wire::eventTypeName(event.type)},
                {"node", stored.node},
                {"seq", stored.seq},
                {"cpu", event.cpu},
                {"summary", wire::summary(event)},
                {"origin", originJson(stored.origin)}};
    object["process"] = {{"pid", event.process.pid},
                         {"uid", event.process.uid},
                         {"comm", event.process.comm},
                         {"startTimeNs", event.process.startTimeNs}};
    object["detail"] = std::visit([](const auto &detail) { return detailJson(detail); }, event.detail);
    return object;
}

json panelJson(const PanelSnapshot &panel)
{
    json object{{"panel", panelKey(panel.id)},    {"state", stateName(panel.state)},
                {"from", timeText(panel.fromNs)}, {"to", timeText(panel.toNs)},
                {"bucketNs", panel.bucketNs},     {"pastThreshold", panel.pastThreshold},
                {"facts", factsJson(panel.facts)}};
    if (panel.reason != NoDataReason::None)
        object["reason"] = reasonName(panel.reason);
    if (panel.need > 0) {
        object["have"] = panel.have;
        object["need"] = panel.need;
    }
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
