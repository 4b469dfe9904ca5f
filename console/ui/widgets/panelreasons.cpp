// SPDX-License-Identifier: GPL-3.0-or-later
// The longer sentences of PanelText: why there is no figure, how a figure is computed, what a screen reader says.
#include "console/ui/widgets/paneltext.h"

#include <QRegularExpression>

#include <algorithm>
#include <cmath>
#include <map>

namespace tapio::console {

namespace {

constexpr std::int64_t trendWindowNs = 300 * nsPerSecond;
constexpr double steadyShare = 0.05; ///< a change below this share of the mean is no change
/// Ten events a minute, 1 % of the bound of scaling up: a queue that grows no faster needs well over an hour to get there,
/// while one that is emptied all the time always has some slope.
constexpr double steadyEventsPerSecond = 10. / 60;

/// Some drill is judged, if too few.
bool hasTrials(const PanelSnapshot &panel)
{
    const auto *view = std::get_if<IntervalView>(&panel.view);
    return view && std::ranges::any_of(view->intervals, [](const Interval &each) { return each.key == "drill" && each.have > 0; });
}

/// Over the last five minutes what the headline is about: its own series, else the sum of the main ones.
std::vector<PlotPoint> recentSum(const PanelSnapshot &panel)
{
    const auto own = std::ranges::find(panel.series, "nodes", &PlotSeries::key);
    const auto isMain = [&](const PlotSeries &series) {
        return own != panel.series.end() ? &series == &*own
                                         : !series.loss && !series.below && (&series == &panel.series.front() || series.stacked);
    };
    std::map<std::int64_t, double> sums;
    for (const PlotSeries &series : panel.series) {
        if (!isMain(series))
            continue;
        for (const PlotPoint &point : series.points)
            if (std::isfinite(point.value) && point.timeNs >= panel.toNs - trendWindowNs)
                sums[point.timeNs] += point.value;
    }
    std::vector<PlotPoint> recent;
    for (const auto &[time, sum] : sums)
        recent.push_back({time, sum});
    return recent;
}

QString ofCount(double have, double need)
{
    return PanelText::tr("%1 of %2")
        .arg(exactCount(static_cast<std::uint64_t>(std::max(0., have))), exactCount(static_cast<std::uint64_t>(std::max(0., need))));
}

} // namespace

QString PanelText::trend(const PanelSnapshot &panel)
{
    if (panel.id == PanelId::QueueDepth) { // the core measured it: what is said is of that figure
        const bool empty = panel.value && panel.value->value <= 0;
        if (const auto slope = std::ranges::find(panel.facts, "slope", &Fact::key); slope != panel.facts.end()) {
            if (empty || std::abs(slope->value) < steadyEventsPerSecond)
                return tr("steady");
            return slope->value > 0 ? tr("rising") : tr("falling");
        }
        if (empty)
            return {};
    }
    const std::vector<PlotPoint> recent = recentSum(panel);
    if (recent.size() < 5)
        return {};
    double meanTime = 0;
    double mean = 0;
    for (const PlotPoint &point : recent) {
        meanTime += static_cast<double>(point.timeNs - recent.front().timeNs) / static_cast<double>(recent.size());
        mean += point.value / static_cast<double>(recent.size());
    }
    double covariance = 0;
    double variance = 0;
    for (const PlotPoint &point : recent) {
        const double away = static_cast<double>(point.timeNs - recent.front().timeNs) - meanTime;
        covariance += away * (point.value - mean);
        variance += away * away;
    }
    if (variance <= 0)
        return {};
    const double change = covariance / variance * static_cast<double>(recent.back().timeNs - recent.front().timeNs);
    if (std::abs(change) <= steadyShare * std::abs(mean) || change == 0)
        return tr("steady");
    return change > 0 ? tr("rising") : tr("falling");
}

PanelText::Reason PanelText::noData(const PanelSnapshot &panel)
{
    const QString detail = QString::fromStdString(panel.detail);
    switch (panel.reason) {
    case NoDataReason::None:
        if (panel.state == PanelState::Loading)
            return {tr("Reading the store"), panel.need > 0 ? tr("%1 parts").arg(ofCount(panel.have, panel.need)) : QString(),
                    Remedy::CancelReading, tr("Cancel")};
        return {tr("No figure came with this range"), detail, Remedy::None, {}};
    case NoDataReason::NoAgent: return {tr("No agent has connected yet"), {}, Remedy::OpenConnections, tr("Connect an agent")};
    case NoDataReason::NoSamplesInRange: return {tr("Nothing measured in this range"), {}, Remedy::WidenRange, tr("Show the last 24 h")};
    case NoDataReason::WarmingUp:
        return {tr("A rate needs two readings"),
                panel.need > 0 ? tr("%1 of %2 s measured").arg(std::floor(panel.have)).arg(std::ceil(panel.need)) : QString(),
                Remedy::None,
                {}};
    case NoDataReason::NotJudged:
        return {panel.have > 0 ? tr("Too few events are judged") : tr("No event is judged yet"),
                tr("%1 events, each after 30 min").arg(ofCount(panel.have, panel.need)),
                Remedy::None,
                {}};
    case NoDataReason::NeedsVerdicts:
        return {panel.have > 0     ? tr("Too few verdicts")
                : hasTrials(panel) ? tr("Too few drills")
                                   : tr("No verdict and no scored drill yet"),
                tr("%1 verdicts").arg(ofCount(panel.have, panel.need)),
                Remedy::None,
                {}};
    case NoDataReason::NotCorrelated:
        return {tr("No agent correlates"), tr("correlation.enabled is off, or the agents are older"), Remedy::None, {}};
    case NoDataReason::NoEvents: {
        const auto nodes = static_cast<std::uint64_t>(std::max(0., panel.have));
        return {tr("No event came in this time"),
                nodes == 1 ? tr("1 node connected") : tr("%1 nodes connected").arg(exactCount(nodes)),
                Remedy::None,
                {}};
    }
    case NoDataReason::NotTimed:
        return {tr("No event could be timed"),
                tr("%1 came, held back on purpose or without a clock offset")
                    .arg(exactCount(static_cast<std::uint64_t>(std::max(0., panel.have)))),
                Remedy::None,
                {}};
    case NoDataReason::NothingInScope: {
        const QString all = panel.scope.namespaceName.empty() ? tr("Show all nodes")
                            : panel.scope.node.empty()        ? tr("Show all namespaces")
                                                              : tr("Show everything");
        return {tr("No data for %1 in this range").arg(scope(panel.scope)), {}, Remedy::ShowAll, all};
    }
    case NoDataReason::NoKubernetes:
        if (!panel.scope.node.empty())
            return {tr("No pod runs on %1").arg(scope(panel.scope)), {}, Remedy::ShowAll, tr("Show all nodes")};
        if (panel.have > 0) // connecting another one is no remedy where no pods are wanted
            return {tr("No pod runs on a connected node"), {}, Remedy::None, {}};
        return {tr("No pod runs on a connected node"), {}, Remedy::OpenConnections, tr("Connect a node")};
    case NoDataReason::NoOperatorAction:
        return {tr("Nobody did anything here"), tr("0 actions recorded"), Remedy::WidenRange, tr("Show the last 24 h")};
    case NoDataReason::SourceUnavailable:
        return {tr("The source cannot be read"), detail, detail.isEmpty() ? Remedy::None : Remedy::CopyDetail,
                detail.isEmpty() ? QString() : tr("Copy the message")};
    case NoDataReason::StoreFailed:
        return {tr("The store cannot be read"), detail, detail.isEmpty() ? Remedy::None : Remedy::CopyDetail,
                detail.isEmpty() ? QString() : tr("Copy the message")};
    }
    return {tr("No figure came with this range"), detail, Remedy::None, {}};
}

QString PanelText::sampleSentence(PanelId id)
{
    switch (id) {
    case PanelId::CpuUsage:
    case PanelId::NetworkIo:
        return QLatin1Char(' ') + tr("The counts are cumulative: a sample that did not arrive loses nothing but a point of the line.");
    case PanelId::MemoryUsage: return QLatin1Char(' ') + tr("A sample that did not arrive is a gap in the line.");
    default: return {};
    }
}

QString PanelText::formula(const PanelSnapshot &panel)
{
    static const QRegularExpression figure(QStringLiteral("(\\d) (?=(?:\\x{00B5}s|s|min|h|%)\\b|%)"));
    QString text = formulaSentence(panel) + sampleSentence(panel.id);
    return text.replace(figure, QStringLiteral("\\1\u00A0")); // a unit never stands alone on the next line
}

QString PanelText::formulaSentence(const PanelSnapshot &panel)
{
    switch (panel.id) {
    case PanelId::EventsProcessed:
        return tr("Increase of \u201cprocessed\u201d divided by the measured time between two readings, added up over all nodes and "
                  "sources. A counter "
                  "that was reset is recognised and never gives a negative rate. Received and lost events are drawn on the same chart; "
                  "lost are those of a "
                  "full ring, shed, dropped from a full queue, or sent and never received. Left out: events sent before this console "
                  "began, which "
                  "were held for it.");
    case PanelId::ProcessingLatency:
        return tr("Time at which the console finished an event, minus its kernel timestamp, corrected by the node\u2019s clock offset "
                  "(four-timestamp "
                  "exchange on the heartbeat). Kept in a histogram from 1 \u00b5s to 120 s; p50, p95 and p99 over 10 s. Left out: events "
                  "sent before this "
                  "console began, which were held for it. The alert compares p99 with 5 s.");
    case PanelId::QueueDepth:
        return tr("Events in the agents\u2019 queues, plus events sent and not yet acknowledged, plus events in the receive queues. "
                  "\u201cRising\u201d is a "
                  "slope (least squares) of 10 events per minute or more over 5 min or, in long ranges, over three points; "
                  "\u201cfalling\u201d the same "
                  "downwards; an empty queue is steady. "
                  "Above 1000 for "
                  "5 min: scale up; below 100 for 5 min: scale down.");
    case PanelId::FilterEfficiency:
        return tr("(Dropped by a rule in the kernel + folded into a kernel map + dropped by a rule in user space) divided by seen, over 1 "
                  "min. Events that "
                  "were lost, shed or dropped from a full queue are never counted as efficiency: they are drawn as a share of their own.");
    case PanelId::SignalToNoise:
        return tr(
            "Signal divided by all events that were judged in this range, each half an hour after it came: no rule that is shipped looks "
            "at events for longer, but for certificates. "
            "Signal: of severity warning and above, and the first of its kind in a minute; or cited by an insight that was not rejected, "
            "and "
            "so is every event of the same kind between the first and the last that it cites. A kind is node, type, severity and owner. "
            "What agents say of themselves, of drills and of insights is not judged. From 1000 events on; alert below 95 %.");
    case PanelId::CorrelationAccuracy:
        return tr(
            "Drill: (true positives + true negatives) divided by all trials. A trial is a run of a drill and a rule, over the drills of 30 "
            "days; a true positive has the right rule and the right root entity inside the window, and a rule that was silent counts "
            "only where it has spoken on that node during some drill. Field: confirmed divided by (confirmed + rejected) verdicts of "
            "30 days. Recordings: the same of the held half of the shipped suite, by which no rule was tuned, scored by this console with "
            "the rules it was built with. All with Wilson 95 % bounds, and no data below 20. Alert below 98 % on drill or recordings, or "
            "when the field\u2019s upper bound is below 98 %.");
    case PanelId::FalsePositiveRate:
        return tr(
            "Field: rejected divided by (confirmed + rejected) verdicts of 30 days, which is a false discovery rate. Drill: false "
            "positives divided by (false positives + true negatives) while drills ran; what an operator confirmed is no false "
            "positive. Recordings: the same of the held half of the shipped suite, by which no rule was tuned, scored by this console "
            "with the rules it was built with. All with Wilson 95 % bounds, and no data below 20. Alert above 2 %; in the field, "
            "when its lower bound is above 2 %.");
    case PanelId::Coverage:
        return tr("(Agents with a heartbeat within 30 s divided by nodes) times the mean of (attached hooks divided by wanted hooks). "
                  "Attribution: events "
                  "resolved to a pod divided by container events, those of containers outside of Kubernetes among them. Completeness: 1 "
                  "\u2212 (lost + shed + "
                  "dropped) divided by seen; what was sent and never received is not in it.");
    case PanelId::PodStatus:
        return tr("Pods by the worst state that holds for each. Where the Kubernetes API is not asked, pods are counted as the nodes see "
                  "them: their "
                  "control groups, log folders, and the kernel\u2019s out-of-memory and exit events of the last hour. Crash loop: three "
                  "restarts in 30 min.");
    case PanelId::CpuUsage:
        return tr("Increase of the control group\u2019s CPU time divided by the measured time, in percent of all cores that the nodes "
                  "had at that time; of a pod with "
                  "a limit also in percent of that. Rest of the nodes: what they used beside the control groups drawn. Beside it the share "
                  "of throttled periods and the pressure (PSI). Alert above 80 % for 15 min, of a node or of a pod\u2019s limit; "
                  "scale up above 70 % for 1 h; scale down below 30 % for 4 h.");
    case PanelId::MemoryUsage:
        return tr("The headline is the nodes\u2019: total minus available memory as the kernel says (/proc/meminfo), since a node has no "
                  "working set of its "
                  "own. \u201cNodes, used\u201d is that line, in percent of all memory that the nodes had at each time. Pods and control "
                  "groups, stacked: working set, which is current memory minus inactive file pages, in percent of the same, and of a pod "
                  "with a limit also in percent of that. Their sum may be above the line, as a working set also counts file pages that the "
                  "kernel calls available; or below it, as nodes also use memory outside of control groups. Beside it "
                  "the slope and the time until the limit is reached. Alert above 90 % for 10 min, of a node or of a pod\u2019s "
                  "limit; scale up above "
                  "80 % for 30 min; scale down below 50 % for 2 h. Disks alert above 85 %.");
    case PanelId::NetworkIo:
        return tr("Increase of received and sent bytes divided by the measured time, per pod and node; received upwards, sent downwards. "
                  "Left out: the "
                  "loopback, so a machine that talks only to itself shows 0, and bridges, tunnels and pod links of a node, whose traffic "
                  "another interface "
                  "counts. Beside it packets, retransmits, failed connections and drops per second, and apart the agents\u2019 own traffic "
                  "to the console.");
    case PanelId::ActiveCorrelations:
        return tr("Insights that agents told of and did not end: the last evidence is younger than the rule\u2019s lifetime, and nothing "
                  "resolved it. By rule and severity, with the age of the oldest since its first evidence. Read once a second from the "
                  "insights that this console received. Over as well: those of an agent that began anew, and those not heard of for 24 h. "
                  "Not counted: one that was told only before this console began, until the next news of it.");
    case PanelId::InsightsGenerated:
        return tr(
            "Insights that opened in the last hour, from the events of the agents that tell so, each insight once: what an agent "
            "finds again within the rule\u2019s cooldown is the same one. Bars: those of each bucket, by rule. Left out: insights sent "
            "before this console began, and those that were open already when it first heard of them. 0 is measured where at least "
            "one agent correlates; \u201cmeasured time\u201d is how much of the hour that was.");
    case PanelId::UserInteractions:
        return tr("Operator actions per hour from the audit log, by kind: acknowledge, silence, verdict, runbook step, command, export, "
                  "query, incident "
                  "update. The console writes that log itself, so nothing of it is lost on the way.");
    case PanelId::ApiResponseTimes:
        return tr("Duration of agent calls, Kubernetes API calls and the console\u2019s own queries, by operation and status, as a "
                  "histogram; p50, p95 and "
                  "p99 over 10 s, and the share of errors. Measured in the console, so no call is lost on the way. Bounds: a query 5 s.");
    }
    return unknownKey(panel.computation.formulaKey);
}

QString PanelText::accessibleName(const PanelSnapshot &panel)
{
    QStringList parts{title(panel.id)};
    if (const auto head = headline(panel)) {
        parts << head->value.text() + (head->qualifier.isEmpty() ? QString() : QLatin1Char(' ') + head->qualifier);
        if (const QString direction = trend(panel); !direction.isEmpty())
            parts << direction;
        if (panel.pastThreshold && (panel.breaches.empty() || std::ranges::any_of(panel.breaches, &Breach::headline)))
            parts << tr("past its threshold");
        for (const Breach &each : panel.breaches)
            if (!each.headline)
                parts << tr("past a threshold: %1").arg(breach(each));
        for (const Breach &each : panel.pending)
            parts << tr("pending: %1").arg(pending(each));
    } else if (panel.state == PanelState::Loading) {
        parts << tr("reading");
    } else {
        const Reason reason = noData(panel);
        parts << tr("no data") << reason.sentence;
        if (!reason.missing.isEmpty())
            parts << reason.missing;
    }
    if (panel.state == PanelState::Stale)
        parts << tr("stale");
    if (panel.state == PanelState::Partial)
        parts << tr("partial");
    if (const auto loss = lossTotal(panel))
        parts << tr("%1 events lost").arg(exactCount(loss->lost));
    return parts.join(QStringLiteral(", ")).replace(QChar(0x00A0), QLatin1Char(' '));
}

} // namespace tapio::console
