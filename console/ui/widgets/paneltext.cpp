// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/paneltext.h"

#include <algorithm>
#include <cmath>

#include "console/ui/widgets/factwording.h"

namespace tapio::console {

namespace {

QString data(const std::string &text) { return QString::fromStdString(text); }

QString withUnit(double value, Unit unit) { return quantity(value, unit).text(); }

const Fact *findFact(const PanelSnapshot &panel, std::string_view key)
{
    const auto found = std::ranges::find(panel.facts, key, &Fact::key);
    return found == panel.facts.end() ? nullptr : &*found;
}

/// The facts beside the headline, by panel, in the order of what one wants to know first.
std::vector<std::string_view> sideKeys(PanelId id)
{
    switch (id) {
    case PanelId::EventsProcessed: return {"received", "average-1m"};
    case PanelId::ProcessingLatency: return {"p50", "p95"};
    case PanelId::QueueDepth: return {"oldest"};
    case PanelId::FilterEfficiency: return {"lost-share", "seen"};
    case PanelId::SignalToNoise: return {"n"};
    case PanelId::CorrelationAccuracy:
    case PanelId::FalsePositiveRate:
    case PanelId::Coverage: return {};
    case PanelId::PodStatus: return {"restarts"};
    case PanelId::CpuUsage: return {"throttled", "pressure", "worst"};
    case PanelId::MemoryUsage: return {"time-to-limit", "worst", "disk"};
    case PanelId::NetworkIo: return {"receive", "transmit", "retransmits"};
    case PanelId::ActiveCorrelations: return {"oldest"};
    case PanelId::InsightsGenerated: return {"in-range"};
    case PanelId::UserInteractions: return {"time-to-acknowledge"};
    case PanelId::ApiResponseTimes: return {"p99", "errors"};
    }
    return {};
}

/// A bound is a round number that somebody chose: "95 %", not "95.0 %"; "1,000", not "1 k".
QString boundText(const Threshold &threshold)
{
    switch (threshold.unit) {
    case Unit::Percent: return QLocale().toString(threshold.value, 'g', 6) + QChar(0x00A0) + QLatin1Char('%');
    case Unit::Events:
    case Unit::Count: return QLocale().toString(threshold.value, 'f', 0);
    default: return withUnit(threshold.value, threshold.unit);
    }
}

/// In a row of facts: rates short, and without the unit that the headline names already.
QString shortValue(const Fact &fact, Unit headline)
{
    const Quantity value = quantity(fact.value, fact.unit);
    switch (fact.unit) {
    case Unit::PerHour: return value.value + QStringLiteral("/h");
    case Unit::PerSecond: return value.value + QStringLiteral("/s");
    case Unit::EventsPerSecond:
    case Unit::Events:
    case Unit::Cores: return fact.unit == headline ? value.value : value.text();
    default: return value.text();
    }
}

QString argument(const GroupSummary &summary, std::size_t i)
{
    return i < summary.arguments.size() ? data(summary.arguments[i]) : QString();
}

double number(const GroupSummary &summary, std::size_t i) { return argument(summary, i).toDouble(); }

} // namespace

QString PanelText::unknownKey(const std::string &key) { return data(key).replace(QLatin1Char('-'), QLatin1Char(' ')); }

QString PanelText::title(PanelId id)
{
    switch (id) {
    case PanelId::EventsProcessed: return tr("Events processed/sec");
    case PanelId::ProcessingLatency: return tr("Event processing latency");
    case PanelId::QueueDepth: return tr("Event queue depth");
    case PanelId::FilterEfficiency: return tr("Filter efficiency rate");
    case PanelId::SignalToNoise: return tr("Signal-to-noise ratio");
    case PanelId::CorrelationAccuracy: return tr("Correlation accuracy");
    case PanelId::FalsePositiveRate: return tr("False positive rate");
    case PanelId::Coverage: return tr("Coverage percentage");
    case PanelId::PodStatus: return tr("Pod status");
    case PanelId::CpuUsage: return tr("CPU usage");
    case PanelId::MemoryUsage: return tr("Memory usage");
    case PanelId::NetworkIo: return tr("Network I/O");
    case PanelId::ActiveCorrelations: return tr("Active correlations");
    case PanelId::InsightsGenerated: return tr("Insights generated");
    case PanelId::UserInteractions: return tr("User interactions");
    case PanelId::ApiResponseTimes: return tr("API response times");
    }
    return {};
}

QString PanelText::groupTitle(std::size_t group)
{
    switch (group) {
    case 0: return tr("Event processing");
    case 1: return tr("Data quality");
    case 2: return tr("System health");
    default: return tr("Business metrics");
    }
}

/// Agents that are late, and those of which it is known that they went.
QString PanelText::missingNodes(const GroupSummary &summary)
{
    const QString count = argument(summary, 0), node = argument(summary, 1);
    const double gone = number(summary, 2);
    if (number(summary, 0) <= 1)
        return gone > 0 ? tr("%1 is gone").arg(node) : tr("%1 is silent").arg(node);
    if (gone <= 0)
        return tr("%1 nodes are silent, %2 among them").arg(count, node);
    return gone < number(summary, 0) ? tr("%1 nodes are silent or gone, %2 among them").arg(count, node)
                                     : tr("%1 nodes are gone, %2 among them").arg(count, node);
}

QString PanelText::groupSentence(const GroupSummary &summary)
{
    const std::string &key = summary.key;
    const QString first = argument(summary, 0);
    const QString second = argument(summary, 1);
    const auto percent = [&summary](std::size_t i) { return withUnit(number(summary, i), Unit::Percent); };
    const auto milliseconds = [&summary](std::size_t i) { return withUnit(number(summary, i) * 1e6, Unit::Nanoseconds); };
    if (key == "all-good")
        return tr("all within bounds");
    if (key == "loading")
        return tr("reading");
    if (key == "no-agent")
        return tr("no agent is connected");
    if (key == "no-samples")
        return tr("nothing was measured in this range");
    if (key == "failed")
        return first.isEmpty() ? tr("could not be read") : tr("could not be read: %1").arg(first);
    if (key == "partial-data")
        return second.isEmpty() ? tr("some figures are missing") : tr("%1 of %2 figures are missing").arg(first, second);
    if (key == "not-in-scope")
        return tr("nothing of %1 in this range").arg(scope({first.toStdString(), second.toStdString()}));
    if (key == "stale")
        return tr("no reading for %1").arg(ageText(static_cast<std::int64_t>(number(summary, 0)) * nsPerSecond));
    if (key == "pending") {
        const auto ns = [&summary](std::size_t i) { return static_cast<std::int64_t>(number(summary, i)) * nsPerSecond; };
        const Unit unit = first == QLatin1String("queued") ? Unit::Events : Unit::Percent;
        return pending(
            {first.toStdString(), second.toStdString(), 0, {ThresholdKind::AlertAbove, number(summary, 2), unit, ns(4)}, false, ns(3)});
    }
    if (key == "loss") {
        const QString cause = summary.arguments.size() > 1 ? lossCause(summary.arguments[1]) : QString();
        const QString node = argument(summary, 2);
        if (node.isEmpty())
            return tr("%1 lost %2").arg(percent(0), cause).trimmed();
        return tr("%1 lost, most on %2 %3").arg(percent(0), node, cause).trimmed();
    }
    if (key == "latency-high")
        return tr("p99 latency %1").arg(milliseconds(0));
    if (key == "queue-high")
        return tr("%1 waiting").arg(withUnit(number(summary, 0), Unit::Events));
    if (key == "coverage-low")
        return tr("coverage %1: %2").arg(percent(0), second);
    const bool ofDrills = first == QLatin1String("drill"), ofField = first == QLatin1String("field");
    if (key == "accuracy-low")
        return ofDrills  ? tr("accuracy in drills %1").arg(percent(1))
               : ofField ? tr("accuracy in the field at most %1").arg(percent(1))
                         : tr("accuracy in recordings %1").arg(percent(1));
    if (key == "false-positives-high")
        return ofDrills  ? tr("false positives in drills %1").arg(percent(1))
               : ofField ? tr("false positives in the field at least %1").arg(percent(1))
                         : tr("false positives in recordings %1").arg(percent(1));
    if (key == "silent-nodes")
        return missingNodes(summary);
    if (key == "pods-bad") {
        const QString state = summary.arguments.size() > 2 ? podState(summary.arguments[2]) : QString();
        return number(summary, 0) <= 1 ? tr("%1: %2").arg(second, state) : tr("%1 pods in trouble, worst %2: %3").arg(first, second, state);
    }
    if (key == "cpu-high")
        return first.isEmpty() ? tr("CPU %1").arg(percent(1)) : tr("%1: CPU %2").arg(first, percent(1));
    if (key == "memory-high")
        return first.isEmpty() ? tr("memory %1").arg(percent(1)) : tr("%1: memory %2").arg(first, percent(1));
    if (key == "disk-high")
        return tr("%1: disk %2").arg(first, percent(1));
    if (key == "insights-open")
        return number(summary, 0) <= 1 ? tr("open: %1").arg(second) : tr("%1 open correlations, worst %2").arg(first, second);
    if (key == "api-slow")
        return tr("%1: p95 %2").arg(first, milliseconds(1));
    QStringList words{unknownKey(key)};
    for (const std::string &each : summary.arguments)
        words << data(each);
    return words.join(QLatin1Char(' '));
}

QString PanelText::scope(const Scope &scope)
{
    if (scope.namespaceName.empty())
        return data(scope.node);
    const QString name = tr("namespace %1").arg(data(scope.namespaceName));
    return scope.node.empty() ? name : tr("%1 on %2").arg(name, data(scope.node));
}

QString PanelText::factName(const Fact &fact)
{
    const FactWording *wording = factWording(fact);
    QString name = wording ? tr(wording->name) : unknownKey(fact.key);
    if (!fact.label.empty())
        name += QStringLiteral(" \u00b7 ") + data(fact.label);
    return name;
}

QString PanelText::fact(const Fact &fact)
{
    const FactWording *wording = factWording(fact);
    const QString value = withUnit(fact.value, fact.unit);
    const QString text = wording ? tr(wording->text).arg(value) : unknownKey(fact.key) + QLatin1Char(' ') + value;
    return fact.label.empty() ? text : QStringLiteral("%1 (%2)").arg(text, data(fact.label));
}

std::optional<PanelText::Headline> PanelText::headline(const PanelSnapshot &panel)
{
    if (!panel.value)
        return std::nullopt;
    const Fact &value = *panel.value;
    Headline headline{quantity(value.value, value.unit), {}};
    if (const auto *pods = std::get_if<PodStatusView>(&panel.view)) {
        headline.value = {exactCount(pods->ready), {}};
        headline.qualifier =
            pods->observedOnly ? tr("of %1 running").arg(exactCount(pods->total)) : tr("of %1 ready").arg(exactCount(pods->total));
    } else if (value.key == "p99" || value.key == "p95" || value.key == "p50") {
        headline.qualifier = data(value.key);
    } else if (value.key == "drill" || value.key == "field" || value.key == "recordings") {
        headline.qualifier = interval(value.key).toLower();
    } else if (value.key == "cpu" || value.key == "memory") {
        headline.qualifier = tr("of allocatable");
    } else if (value.key == "of-limit") {
        headline.qualifier = tr("of limit");
    } else if (value.key == "throughput") {
        headline.qualifier = tr("rx + tx");
    } else if (value.key == "open") {
        headline.qualifier = tr("open");
    }
    if (panel.allNodes || panel.allNamespaces) {
        const QString whole = panel.allNodes ? tr("all nodes") : tr("all namespaces");
        headline.qualifier =
            headline.qualifier.isEmpty() ? QStringLiteral("\u00b7 ") + whole : tr("%1 \u00b7 %2").arg(headline.qualifier, whole);
    }
    return headline;
}

QStringList PanelText::sideFacts(const PanelSnapshot &panel)
{
    QStringList texts;
    if (!panel.value) {
        if (std::holds_alternative<IntervalView>(panel.view))
            texts << noData(panel).sentence;
        else if (const Threshold *bound = panel.thresholds.empty() ? nullptr : &panel.thresholds.front())
            texts << threshold(*bound);
        return texts;
    }
    if (panel.id == PanelId::Coverage) {
        const Fact *alive = findFact(panel, "nodes-alive");
        const Fact *known = findFact(panel, "nodes-known");
        if (alive && known)
            texts << tr("%1 of %2 nodes").arg(withUnit(alive->value, Unit::Count), withUnit(known->value, Unit::Count));
    }
    std::vector<std::string_view> keys = sideKeys(panel.id);
    const Fact *loopback = findFact(panel, "loopback");
    if (panel.id == PanelId::NetworkIo && panel.value->value <= 0 && loopback && loopback->value > 0)
        keys = {"loopback"}; // why it is 0, in place of two more zeros
    for (const std::string_view key : keys) {
        const Fact *found = findFact(panel, key);
        if (!found || (key == "lost-share" && found->value <= 0) || (key == "restarts" && found->value <= 0))
            continue;
        // The head is too narrow for whose it is: the full view and the f button say so.
        const FactWording *wording = factWording(*found);
        const QString value = shortValue(*found, panel.value->unit);
        texts << (wording ? tr(wording->text).arg(value) : unknownKey(found->key) + QLatin1Char(' ') + value);
    }
    if (panel.id == PanelId::QueueDepth && !trend(panel).isEmpty())
        texts << trend(panel);
    if (texts.isEmpty() && !panel.thresholds.empty())
        texts << threshold(panel.thresholds.front());
    return texts;
}

QString PanelText::series(const PlotSeries &series)
{
    if (!series.label.empty())
        return data(series.label);
    if (series.key == "others")
        return tr("all others");
    if (series.key == "rest")
        return tr("rest of the nodes");
    if (series.key == "nodes")
        return tr("nodes, used");
    if (series.key == "lost")
        return series.unit == Unit::Percent ? tr("lost, shed, dropped") : tr("lost, by any cause");
    if (series.key == "received")
        return tr("received");
    if (series.key == "agent")
        return tr("agent queues");
    if (series.key == "in-flight")
        return tr("in flight");
    if (series.key == "receive")
        return tr("receive queues");
    if (series.key == "filtered")
        return tr("filtered or folded");
    if (series.key == "signal")
        return tr("signal share");
    if (series.key == "coverage")
        return tr("coverage");
    if (series.key == "open")
        return tr("open");
    if (series.key == "observed")
        return tr("pods seen");
    return unknownKey(series.key);
}

QString PanelText::threshold(const Threshold &threshold)
{
    const QString value = boundText(threshold);
    switch (threshold.kind) {
    case ThresholdKind::AlertAbove: return tr("alert above %1").arg(value);
    case ThresholdKind::AlertBelow: return tr("alert below %1").arg(value);
    case ThresholdKind::ScaleUp: return tr("scale up %1").arg(value);
    case ThresholdKind::ScaleDown: return tr("scale down %1").arg(value);
    case ThresholdKind::Reference: break;
    }
    return tr("reference %1").arg(value);
}

QString PanelText::upwards() { return tr("\u2191 received"); }

QString PanelText::downwards() { return tr("\u2193 sent"); }

QString PanelText::thresholdSentence(const Threshold &threshold)
{
    const QString text = PanelText::threshold(threshold);
    return threshold.forNs > 0 ? tr("%1 for %2").arg(text, durationText(threshold.forNs)) : text;
}

QString PanelText::check(const ThresholdCheck &check)
{
    if (check.held)
        return tr("holds");
    if (check.heldNs <= 0)
        return tr("not now");
    if (check.heldNs >= check.knownNs)
        return tr("not enough history: %1 of %2").arg(durationText(check.knownNs), durationText(check.threshold.forNs));
    return tr("holds for %1 of %2").arg(durationText(check.heldNs), durationText(check.threshold.forNs));
}

QString PanelText::breach(const Breach &breach)
{
    const QString figure = QStringLiteral("%1; %2").arg(withUnit(breach.value, breach.threshold.unit), thresholdSentence(breach.threshold));
    if (breach.key == "disk")
        return tr("disk %1: %2").arg(data(breach.label), figure);
    if (breach.key == "drill" || breach.key == "field" || breach.key == "recordings")
        return tr("%1: %2").arg(interval(breach.key), figure);
    return breach.label.empty() ? figure : tr("%1: %2").arg(data(breach.label), figure);
}

QString PanelText::pending(const Breach &breach)
{
    constexpr std::int64_t minute = 60 * nsPerSecond;
    const std::int64_t whole = breach.threshold.forNs;
    const QString time = breach.heldNs >= minute && whole % minute == 0
                             ? tr("%1 of %2 min").arg(breach.heldNs / minute).arg(whole / minute)
                             : tr("%1 of %2").arg(durationText(breach.heldNs), durationText(whole));
    const QString what = breach.key == "cpu"      ? title(PanelId::CpuUsage)
                         : breach.key == "memory" ? title(PanelId::MemoryUsage)
                         : breach.key == "queued" ? title(PanelId::QueueDepth)
                                                  : unknownKey(breach.key);
    const QString text = tr("%1 past %2 for %3").arg(what, boundText(breach.threshold), time);
    return breach.label.empty() ? text : QStringLiteral("%1 (%2)").arg(text, data(breach.label));
}

QString PanelText::lossCause(const std::string &counter)
{
    if (counter == "lost")
        return tr("(in the kernel)");
    if (counter == "qdrop")
        return tr("(queue full)");
    if (counter == "shed")
        return tr("(shed to keep the overhead budget)");
    if (counter == "gap")
        return tr("(never received)");
    if (counter == "console-queue")
        return tr("(this console reads too slowly)");
    return counter.empty() ? QString() : QStringLiteral("(%1)").arg(unknownKey(counter));
}

QString PanelText::podState(const std::string &state)
{
    static constexpr std::array<std::pair<std::string_view, const char *>, 13> words{{
        {"running", QT_TR_NOOP("Running")},
        {"restarted", QT_TR_NOOP("Restarted")},
        {"crash-loop", QT_TR_NOOP("Crash loop")},
        {"oom-killed", QT_TR_NOOP("OOM-killed")},
        {"error", QT_TR_NOOP("Error")},
        {"ended", QT_TR_NOOP("Ended")},
        {"unknown", QT_TR_NOOP("Node silent")},
        {"ready", QT_TR_NOOP("Ready")},
        {"not-ready", QT_TR_NOOP("Not ready")},
        {"pending", QT_TR_NOOP("Pending")},
        {"evicted", QT_TR_NOOP("Evicted")},
        {"terminating", QT_TR_NOOP("Terminating")},
        {"image-pull", QT_TR_NOOP("Image pull")},
    }};
    const auto found = std::ranges::find(words, std::string_view(state), &std::pair<std::string_view, const char *>::first);
    return found == words.end() ? unknownKey(state) : tr(found->second);
}

QString PanelText::podCount(const std::string &state)
{
    return state == "oom-killed" ? tr("OOM in 1 h") : state == "pending" ? tr("Pending > 5 min") : podState(state);
}

QString PanelText::interval(const std::string &key)
{
    return key == "drill" ? tr("Drill") : key == "field" ? tr("Field") : key == "recordings" ? tr("Recordings") : unknownKey(key);
}

QString PanelText::nodeState(NodeCell::State state)
{
    switch (state) {
    case NodeCell::State::Full: return tr("full");
    case NodeCell::State::Partial: return tr("partial");
    case NodeCell::State::Silent: return tr("silent");
    case NodeCell::State::Gone: break;
    }
    return tr("gone");
}

QString PanelText::tooMuchShort(const PanelSnapshot &panel)
{
    const auto counted = [](const PlotSeries &each) { return each.key != "others" && each.key != "rest" && each.key != "nodes"; };
    const auto shown = static_cast<std::uint64_t>(std::ranges::count_if(panel.series, counted));
    if (shown == panel.series.size() || panel.seriesTotal <= shown)
        return {};
    return tr("%1 of %2 series").arg(exactCount(shown), exactCount(panel.seriesTotal));
}

QString PanelText::tooMuch(const PanelSnapshot &panel)
{
    const QString drawn = tooMuchShort(panel);
    return drawn.isEmpty() ? drawn : tr("%1, by maximum; the sum is exact").arg(drawn);
}

QStringList PanelText::without(const PanelSnapshot &panel)
{
    QStringList parts;
    if (!panel.detail.empty())
        parts << data(panel.detail);
    if (panel.seriesRefused > 0)
        parts << tr("%1 series that did not fit in memory").arg(exactCount(panel.seriesRefused));
    return parts;
}

std::optional<LossTotal> lossTotal(const PanelSnapshot &panel)
{
    LossTotal total;
    for (const LossBand &band : panel.losses) {
        if (band.toNs < panel.fromNs || band.fromNs > panel.toNs)
            continue;
        total.lost += band.lost;
        total.of += band.of;
    }
    return total.lost > 0 ? std::optional(total) : std::nullopt;
}

} // namespace tapio::console
