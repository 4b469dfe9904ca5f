// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/support/madeup.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>

#include "protocol/base/clock.h"

namespace tapio::console::madeup {

namespace {

constexpr std::int64_t minute = 60 * nsPerSecond;
constexpr std::int64_t rangeNs = 30 * minute;
constexpr std::int64_t bucketNs = 5 * nsPerSecond;
constexpr std::int64_t fromNs = nowNs - rangeNs;
constexpr std::size_t samples = rangeNs / bucketNs;
constexpr double ms = 1e6;
constexpr double gi = 1024. * 1024 * 1024;

/// A wandering line around a level; the same seed gives the same line.
std::vector<PlotPoint> walk(unsigned seed, double level, double spread, std::size_t count = samples, std::int64_t bucket = bucketNs)
{
    std::mt19937 random(seed);
    std::normal_distribution<double> step(0, 1);
    std::vector<PlotPoint> points;
    double away = 0;
    for (std::size_t i = 0; i < count; ++i) {
        away = away * 0.93 + step(random) * 0.35;
        points.push_back(
            {nowNs - static_cast<std::int64_t>(count - i) * bucket, std::max(0., level + spread * (away + 0.35 * step(random)))});
    }
    return points;
}

/// Multiplies what lies in a stretch of the range (0 to 1) by a bump that decays.
void bump(std::vector<PlotPoint> &points, double at, double factor, double decay = 0.12)
{
    for (std::size_t i = 0; i < points.size(); ++i) {
        const double x = static_cast<double>(i) / static_cast<double>(points.size());
        if (x >= at)
            points[i].value *= 1 + (factor - 1) * std::exp(-(x - at) / decay);
    }
}

PlotSeries series(const char *key, const char *label, Unit unit, std::vector<PlotPoint> points, bool stacked = false)
{
    PlotSeries made;
    made.key = key;
    made.label = label;
    made.unit = unit;
    made.stacked = stacked;
    made.points = std::move(points);
    return made;
}

PanelSnapshot blank(PanelId id)
{
    PanelSnapshot panel;
    panel.id = id;
    panel.revision = 1;
    panel.state = PanelState::Ready;
    panel.fromNs = fromNs;
    panel.toNs = nowNs;
    panel.bucketNs = bucketNs;
    panel.asOfNs = nowNs - nsPerSecond;
    panel.computation = {"",
                         {{"seen", 2'918'400, Unit::Events, {}}, {"elapsed", 60e9, Unit::Nanoseconds, {}}},
                         minute,
                         2'918'400,
                         {"node-07/tcp", "node-07/exec", "node-12/tcp"},
                         99.59};
    panel.computation.formulaKey = std::string(panelKey(id));
    return panel;
}

PanelSnapshot &at(OverviewSnapshot &overview, PanelId id) { return overview.panels[static_cast<std::size_t>(id)]; }

const LossBand lossBand{nowNs - 14 * minute, nowNs - 12 * minute, 61, 5210, "node-07", "lost"};

void processing(OverviewSnapshot &overview, bool incident)
{
    PanelSnapshot &events = at(overview, PanelId::EventsProcessed);
    events.value = {"processed", 48'213, Unit::EventsPerSecond, {}};
    events.facts = {{"average-1m", 47'900, Unit::EventsPerSecond, {}},
                    {"received", 48'411, Unit::EventsPerSecond, {}},
                    {"source", 21'000, Unit::EventsPerSecond, "tcp"}};
    auto tcp = walk(1, 19'000, 2'000), exec = walk(2, 13'000, 1'300), io = walk(3, 9'000, 1'200);
    for (auto *each : {&tcp, &exec, &io})
        if (incident)
            bump(*each, 0.55, 1.5, 0.3);
    events.series = {series("tcp", "tcp", Unit::EventsPerSecond, tcp, true), series("exec", "exec", Unit::EventsPerSecond, exec, true),
                     series("io", "block I/O", Unit::EventsPerSecond, io, true)};

    PanelSnapshot &latency = at(overview, PanelId::ProcessingLatency);
    latency.value = {"p99", 41.0 * ms, Unit::Nanoseconds, {}};
    latency.facts = {{"p50", 3.1 * ms, Unit::Nanoseconds, {}},
                     {"p95", 18 * ms, Unit::Nanoseconds, {}},
                     {"stage-wire", 2.2 * ms, Unit::Nanoseconds, "p99"},
                     {"clock-uncertainty", 0.8 * ms, Unit::Nanoseconds, {}}};
    latency.thresholds = {{ThresholdKind::AlertAbove, 5e9, Unit::Nanoseconds, 0}};
    auto p50 = walk(4, 3.1 * ms, 0.3 * ms), p95 = walk(5, 16 * ms, 2 * ms), p99 = walk(6, 36 * ms, 5 * ms);
    if (incident) {
        bump(p50, 0.56, 2, 0.05);
        bump(p95, 0.56, 3, 0.06);
        bump(p99, 0.56, 3.5, 0.08);
    }
    latency.series = {series("p50", "", Unit::Nanoseconds, p50), series("p95", "", Unit::Nanoseconds, p95),
                      series("p99", "", Unit::Nanoseconds, p99)};

    PanelSnapshot &queue = at(overview, PanelId::QueueDepth);
    queue.value = {"queued", 312, Unit::Events, {}};
    queue.facts = {{"agent", 200, Unit::Events, {}},
                   {"in-flight", 90, Unit::Events, {}},
                   {"receive", 22, Unit::Events, {}},
                   {"oldest", 0.4e9, Unit::Nanoseconds, {}}};
    queue.thresholds = {{ThresholdKind::ScaleUp, 1000, Unit::Events, 5 * minute},
                        {ThresholdKind::ScaleDown, 100, Unit::Events, 5 * minute}};
    auto agent = walk(7, 130, 30), flight = walk(8, 70, 12), receive = walk(9, 20, 6);
    if (incident)
        for (auto *each : {&agent, &flight, &receive})
            bump(*each, 0.55, 4, 0.1);
    queue.series = {series("agent", "", Unit::Events, agent, true), series("in-flight", "", Unit::Events, flight, true),
                    series("receive", "", Unit::Events, receive, true)};

    PanelSnapshot &filter = at(overview, PanelId::FilterEfficiency);
    filter.value = {"filtered", 97.4, Unit::Percent, {}};
    filter.facts = {{"lost-share", incident ? 0.41 : 0, Unit::Percent, {}}, {"seen", 1'850'000, Unit::EventsPerSecond, {}}};
    filter.thresholds = {{ThresholdKind::Reference, 97, Unit::Percent, 0}};
    PlotSeries lost = series("lost", "", Unit::Percent, walk(10, 0, 0));
    if (incident)
        for (std::size_t i = samples * 53 / 100; i < samples * 60 / 100; ++i)
            lost.points[i].value = 1.4 * std::sin(3.14 * (static_cast<double>(i) - 0.53 * samples) / (0.07 * samples));
    lost.loss = true;
    filter.series = {series("filtered", "", Unit::Percent, walk(11, 97.5, 0.25)), lost};
    if (incident) {
        for (const PanelId id :
             {PanelId::EventsProcessed, PanelId::ProcessingLatency, PanelId::QueueDepth, PanelId::FilterEfficiency, PanelId::NetworkIo})
            at(overview, id).losses = {lossBand};
        overview.lastMinute = RecentLoss{lossBand.lost, lossBand.of};
    } else {
        for (PanelSnapshot &panel : overview.panels)
            panel.computation.completeness = 100;
    }
}

void quality(OverviewSnapshot &overview, bool incident)
{
    PanelSnapshot &noise = at(overview, PanelId::SignalToNoise);
    noise.value = {"signal", 96.1, Unit::Percent, {}};
    noise.facts = {{"n", 18'240, Unit::Count, {}}};
    noise.thresholds = {{ThresholdKind::AlertBelow, 95, Unit::Percent, 0}};
    noise.series = {series("signal", "", Unit::Percent, walk(12, 96.3, 0.25))};

    PanelSnapshot &accuracy = at(overview, PanelId::CorrelationAccuracy);
    accuracy.value = {"drill", 98.6, Unit::Percent, {}};
    accuracy.thresholds = {{ThresholdKind::AlertBelow, 98, Unit::Percent, 0}};
    accuracy.view = IntervalView{
        {{"drill", 98.6, 97.0, 99.4, 412, 20, 98}, {"field", std::nullopt, 0, 0, 12, 20, 98}},
        {{{"crash-loop", std::nullopt, 0, 0, 4, 5, 98}, {nowNs - 7200'000'000'000, 3'100'000'000, "node-04", "crash-loop"}, {}, {}},
         {{"oom-kill", 100, 94.6, 100, 67, 5, 98}, {nowNs - 600'000'000'000, 1'800'000'000, "node-01", "oom-kill"}, {}, {}},
         {{"packet-loss", 90.9, 62.3, 98.4, 11, 5, 98},
          {nowNs - 90'000'000'000'000, 12'400'000'000, "node-02", "packet-loss"},
          {nowNs - 3600'000'000'000, 0, "node-17", "packet-loss"},
          {nowNs - 5400'000'000'000, 0, "node-17", "dns-failure"}}}};

    PanelSnapshot &wrong = at(overview, PanelId::FalsePositiveRate);
    wrong.value = {"drill", 1.2, Unit::Percent, {}};
    wrong.thresholds = {{ThresholdKind::AlertAbove, 2, Unit::Percent, 0}};
    wrong.view = IntervalView{{{"drill", 1.2, 0.5, 2.3, 412, 20, 2}, {"field", std::nullopt, 0, 0, 12, 20, 2}}};

    PanelSnapshot &coverage = at(overview, PanelId::Coverage);
    coverage.value = {"coverage", incident ? 96.9 : 100, Unit::Percent, {}};
    coverage.facts = {{"nodes-alive", incident ? 30. : 31, Unit::Count, {}}, {"nodes-known", 31, Unit::Count, {}}};
    CoverageView view{{}, 99.2, 99.6, 97.3};
    for (int i = 1; i <= 31; ++i) {
        NodeCell cell{"node-" + std::string(i < 10 ? "0" : "") + std::to_string(i), NodeCell::State::Full, 15, 15, {}};
        if (incident && (i == 7 || i == 18))
            cell = {cell.node,
                    NodeCell::State::Partial,
                    12,
                    15,
                    {"process/exec: no BTF", "tcp/retransmit: the kernel has no such tracepoint", "io/latency: denied"}};
        if (incident && i == 23)
            cell = {cell.node, NodeCell::State::Silent, 15, 15, {}};
        view.cells.push_back(cell);
    }
    coverage.view = view;
    coverage.series = {series("coverage", "", Unit::Percent, walk(13, 98, 0.3))};
}

void health(OverviewSnapshot &overview, bool incident)
{
    PanelSnapshot &pods = at(overview, PanelId::PodStatus);
    pods.value = {"running", 412, Unit::Count, {}};
    pods.facts = {{"total", 418, Unit::Count, {}}, {"restarts", incident ? 7. : 0, Unit::PerHour, {}}};
    PodStatusView view;
    view.ready = incident ? 412 : 418;
    view.total = 418;
    view.restartsPerHour = 7;
    view.observedOnly = true;
    view.states = {{"running", incident ? 412u : 418u}};
    if (incident) {
        view.states.insert(view.states.end(), {{"crash-loop", 3}, {"oom-killed", 2}, {"pending", 1}});
        view.worst = {{"critical", "crash-loop", "payments/checkout-api-7d9f-x2k4", nowNs - 13 * minute},
                      {"critical", "crash-loop", "payments/checkout-api-7d9f-p8wq", nowNs - 12 * minute},
                      {"critical", "crash-loop", "payments/checkout-api-7d9f-zz71", nowNs - 9 * minute},
                      {"error", "oom-killed", "payments/ledger-sync-0", nowNs - 8 * minute},
                      {"error", "oom-killed", "payments/ledger-sync-1", nowNs - 7 * minute}};
        pods.pastThreshold = true;
    }
    pods.view = view;
    pods.series = {series("observed", "", Unit::Count, walk(14, 418, 1))};

    PanelSnapshot &cpu = at(overview, PanelId::CpuUsage);
    cpu.value = {"cpu", 61, Unit::Percent, {}};
    cpu.facts = {{"cores", 151, Unit::Cores, {}},
                 {"allocatable", 248, Unit::Cores, {}},
                 {"worst", 88, Unit::Percent, "payments/checkout-api"},
                 {"throttled", 8, Unit::Percent, "payments/checkout-api"},
                 {"pressure", 3.1, Unit::Percent, "node-07"}};
    cpu.thresholds = {{ThresholdKind::AlertAbove, 80, Unit::Percent, 15 * minute},
                      {ThresholdKind::ScaleUp, 70, Unit::Percent, 60 * minute},
                      {ThresholdKind::ScaleDown, 30, Unit::Percent, 240 * minute}};
    const std::array names{"payments/checkout-api", "payments/ledger", "payments/gateway", "payments/fraud", "payments/mailer"};
    for (unsigned i = 0; i < names.size(); ++i) {
        cpu.series.push_back(series(names[i], names[i], Unit::Percent, walk(20 + i, 24. / (1 + i), 2. / (1 + i)), true));
        if (incident && i == 0)
            bump(cpu.series[0].points, 0.55, 1.4, 0.4);
    }
    cpu.allocatable = walk(0, 248, 0);
    PanelSnapshot &memory = at(overview, PanelId::MemoryUsage);
    memory.value = {"memory", incident ? 84. : 61, Unit::Percent, {}};
    memory.facts = {{"used", 806 * gi, Unit::Bytes, {}},
                    {"allocatable", 960 * gi, Unit::Bytes, {}},
                    {"worst", 84, Unit::Percent, "payments/checkout-api"}};
    if (incident)
        memory.facts.push_back({"time-to-limit", 41. * 60e9, Unit::Nanoseconds, "payments/checkout-api"});
    memory.pastThreshold = incident;
    memory.thresholds = {{ThresholdKind::AlertAbove, 90, Unit::Percent, 10 * minute},
                         {ThresholdKind::ScaleUp, 80, Unit::Percent, 30 * minute},
                         {ThresholdKind::ScaleDown, 50, Unit::Percent, 120 * minute}};
    memory.series = {series("nodes", "", Unit::Percent, walk(39, memory.value->value, 0.3))};
    for (unsigned i = 0; i < 3; ++i) {
        auto points = walk(30 + i, (300. - 90 * i) / 9.6, 0.3);
        for (std::size_t s = 0; s < points.size(); ++s)
            points[s].value *= 1 + (i == 0 ? 0.25 * static_cast<double>(s % 180) / 180 : 0);
        memory.series.push_back(series(names[i], names[i], Unit::Percent, points, true));
    }
    memory.allocatable = walk(0, 960 * gi, 0);
    PanelSnapshot &network = at(overview, PanelId::NetworkIo);
    network.value = {"throughput", 500e6, Unit::BytesPerSecond, {}};
    network.facts = {{"receive", 312e6, Unit::BytesPerSecond, {}},
                     {"transmit", 188e6, Unit::BytesPerSecond, {}},
                     {"retransmits", 42, Unit::PerSecond, {}}};
    PlotSeries sent = series("cluster", "all nodes", Unit::BytesPerSecond, walk(41, 160e6, 12e6));
    sent.below = true;
    network.series = {series("cluster", "all nodes", Unit::BytesPerSecond, walk(40, 310e6, 20e6)), sent};
}

PlotSeries bars(const char *key, unsigned seed, double chance, std::size_t count, std::int64_t bucket)
{
    std::mt19937 random(seed);
    std::vector<PlotPoint> points;
    for (std::size_t i = 0; i < count; ++i) {
        const bool late = i > count / 2;
        const double draw = std::uniform_real_distribution<double>(0, 1)(random);
        points.push_back({fromNs + static_cast<std::int64_t>(i) * bucket, draw < chance * (late ? 2 : 0.6) ? std::floor(1 + draw * 9) : 0});
    }
    return series(key, "", Unit::Count, points, true);
}

void business(OverviewSnapshot &overview, bool incident)
{
    PanelSnapshot &open = at(overview, PanelId::ActiveCorrelations);
    open.value = {"open", incident ? 3. : 0, Unit::Count, {}};
    if (incident)
        open.facts = {{"oldest", 9. * 60e9, Unit::Nanoseconds, {}}};
    if (incident)
        open.view = GroupsView{{{"critical", "oom-cascade", "", nowNs - 9 * minute, 1},
                                {"warning", "cpu-pressure", "", nowNs - 6 * minute, 1},
                                {"warning", "packet-loss", "", nowNs - 2 * minute, 1}}};
    else
        open.view = GroupsView{};
    const std::int64_t bar = 2 * minute;
    PanelSnapshot &insights = at(overview, PanelId::InsightsGenerated);
    insights.value = {"insights", 7, Unit::PerHour, {}};
    insights.facts = {
        {"in-range", 14, Unit::Count, {}}, {"rule", 4, Unit::PerHour, "oom-cascade"}, {"rule", 3, Unit::PerHour, "packet-loss"}};
    insights.bucketNs = bar;
    insights.view = BarsView{bar};
    insights.series = {bars("oom-cascade", 50, incident ? 0.12 : 0, 15, bar), bars("cpu-pressure", 51, 0.2, 15, bar),
                       bars("packet-loss", 52, 0.25, 15, bar)};
    for (PlotSeries &each : insights.series)
        each.label = each.key;
    PanelSnapshot &actions = at(overview, PanelId::UserInteractions);
    actions.value = {"actions", 42, Unit::PerHour, {}};
    actions.facts = {{"kind", 20, Unit::PerHour, "query"}, {"time-to-acknowledge", 130e9, Unit::Nanoseconds, {}}};
    actions.bucketNs = bar;
    actions.view = BarsView{bar};
    actions.series = {bars("query", 53, 0.4, 15, bar), bars("runbook step", 54, 0.25, 15, bar), bars("verdict", 55, 0.2, 15, bar)};
    for (PlotSeries &each : actions.series)
        each.label = each.key;

    PanelSnapshot &api = at(overview, PanelId::ApiResponseTimes);
    api.value = {"p95", 182 * ms, Unit::Nanoseconds, {}};
    api.facts = {{"p50", 21 * ms, Unit::Nanoseconds, {}}, {"p99", 640 * ms, Unit::Nanoseconds, {}}, {"errors", 0.3, Unit::Percent, {}}};
    api.thresholds = {{ThresholdKind::AlertAbove, 5e9, Unit::Nanoseconds, 0}};
    api.bucketNs = 30 * nsPerSecond;
    HeatView heat{{0, 1e5, 2.5e5, 5e5, 1e6, 2.5e6, 5e6, 1e7, 2.5e7, 5e7, 1e8, 2.5e8, 5e8, 1e9, 2.5e9, 5e9, 1e10, 1.2e11}, {}};
    std::mt19937 random(60);
    for (std::int64_t t = fromNs; t < nowNs; t += api.bucketNs) {
        HeatColumn column{t, std::vector<std::uint64_t>(heat.boundsNs.size() - 1, 0)};
        const double middle = incident && t > nowNs - 14 * minute && t < nowNs - 9 * minute ? 10 : 8.2;
        for (int i = 0; i < 60; ++i) {
            const double row = std::normal_distribution<double>(middle, 1.2)(random);
            ++column.counts[static_cast<std::size_t>(std::clamp(row, 0., 16.))];
        }
        heat.columns.push_back(column);
    }
    api.view = heat;
}

OverviewSnapshot cluster(bool incident)
{
    OverviewSnapshot overview;
    for (std::size_t i = 0; i < panelCount; ++i)
        overview.panels[i] = blank(static_cast<PanelId>(i));
    processing(overview, incident);
    quality(overview, incident);
    health(overview, incident);
    business(overview, incident);
    using Level = GroupSummary::Level;
    overview.groups = {
        {{Level::Ok, "all-good", {}}, {Level::Ok, "all-good", {}}, {Level::Ok, "all-good", {}}, {Level::Ok, "all-good", {}}}};
    if (incident)
        overview.groups = {{{Level::Bad, "loss", {"0.41", "lost", "node-07"}},
                            {Level::Attention, "silent-nodes", {"1", "node-23", "0"}},
                            {Level::Bad, "pods-bad", {"5", "payments/checkout-api-7d9f-x2k4", "crash-loop"}},
                            {Level::Attention, "api-slow", {"kubectl get", "640"}}}};
    return overview;
}

PanelSnapshot without(PanelId id, NoDataReason reason, double have = 0, double need = 0, const char *detail = "")
{
    PanelSnapshot panel = blank(id);
    panel.state = PanelState::NoData;
    panel.reason = reason;
    panel.have = have;
    panel.need = need;
    panel.detail = detail;
    panel.computation = {};
    return panel;
}

} // namespace

OverviewSnapshot busy() { return cluster(true); }
OverviewSnapshot healthy() { return cluster(false); }

OverviewSnapshot firstStart()
{
    OverviewSnapshot overview;
    for (std::size_t i = 0; i < panelCount; ++i) {
        const auto id = static_cast<PanelId>(i);
        overview.panels[i] = without(id, id == PanelId::UserInteractions ? NoDataReason::NoOperatorAction : NoDataReason::NoAgent);
        overview.panels[i].thresholds = busy().panels[i].thresholds;
    }
    at(overview, PanelId::CorrelationAccuracy).view =
        IntervalView{{{"drill", std::nullopt, 0, 0, 0, 20, 98}, {"field", std::nullopt, 0, 0, 0, 20, 98}}};
    at(overview, PanelId::FalsePositiveRate).view =
        IntervalView{{{"drill", std::nullopt, 0, 0, 0, 20, 2}, {"field", std::nullopt, 0, 0, 0, 20, 2}}};
    at(overview, PanelId::ActiveCorrelations).view = GroupsView{};
    at(overview, PanelId::InsightsGenerated).view = BarsView{2 * minute};
    at(overview, PanelId::UserInteractions).view = BarsView{2 * minute};
    for (GroupSummary &group : overview.groups)
        group = {GroupSummary::Level::NoData, "no-agent", {}};
    return overview;
}

/// There is an agent, which is of an older version.
static void nothingJudged(OverviewSnapshot &overview)
{
    at(overview, PanelId::SignalToNoise).reason = NoDataReason::NotJudged;
    for (const PanelId id : {PanelId::CorrelationAccuracy, PanelId::FalsePositiveRate})
        at(overview, id).reason = NoDataReason::NeedsVerdicts;
    for (const PanelId id : {PanelId::ActiveCorrelations, PanelId::InsightsGenerated})
        at(overview, id).reason = NoDataReason::NotCorrelated;
}

OverviewSnapshot firstSeconds()
{
    OverviewSnapshot overview = healthy();
    const OverviewSnapshot empty = firstStart();
    for (PanelSnapshot &panel : overview.panels) {
        for (PlotSeries &each : panel.series)
            std::erase_if(each.points, [](const PlotPoint &point) { return point.timeNs < nowNs - 20 * nsPerSecond; });
        panel.losses.clear();
    }
    for (const PanelId id : {PanelId::SignalToNoise, PanelId::CorrelationAccuracy, PanelId::FalsePositiveRate, PanelId::ActiveCorrelations,
                             PanelId::InsightsGenerated, PanelId::UserInteractions})
        at(overview, id) = empty.panels[static_cast<std::size_t>(id)];
    nothingJudged(overview);
    at(overview, PanelId::PodStatus) = without(PanelId::PodStatus, NoDataReason::NoKubernetes);
    at(overview, PanelId::CpuUsage) = without(PanelId::CpuUsage, NoDataReason::WarmingUp, 8, 10);
    std::get<CoverageView>(at(overview, PanelId::Coverage).view).cells.resize(1);
    at(overview, PanelId::Coverage).facts = {{"nodes-alive", 1, Unit::Count, {}}, {"nodes-known", 1, Unit::Count, {}}};
    overview.groups[1] = {GroupSummary::Level::NoData, "partial-data", {"3", "4"}};
    overview.groups[3] = {GroupSummary::Level::NoData, "partial-data", {"3", "4"}};
    return overview;
}

OverviewSnapshot noData()
{
    OverviewSnapshot overview = firstStart();
    at(overview, PanelId::EventsProcessed) = without(PanelId::EventsProcessed, NoDataReason::WarmingUp, 1, 2);
    at(overview, PanelId::ProcessingLatency) = without(PanelId::ProcessingLatency, NoDataReason::NoSamplesInRange);
    at(overview, PanelId::ProcessingLatency).thresholds = busy().panels[1].thresholds;
    at(overview, PanelId::QueueDepth) =
        without(PanelId::QueueDepth, NoDataReason::SourceUnavailable, 0, 0, "tcp 10.4.0.7:7117: connection refused");
    nothingJudged(overview);
    at(overview, PanelId::PodStatus) = without(PanelId::PodStatus, NoDataReason::NoKubernetes);
    at(overview, PanelId::NetworkIo) = without(PanelId::NetworkIo, NoDataReason::StoreFailed, 0, 0,
                                               "/var/lib/tapio/session.tapio: database disk image is malformed (corrupt)");
    at(overview, PanelId::NetworkIo).state = PanelState::Failed;
    return overview;
}

OverviewSnapshot loading()
{
    OverviewSnapshot overview;
    for (std::size_t i = 0; i < panelCount; ++i) {
        overview.panels[i] = without(static_cast<PanelId>(i), NoDataReason::None, 2100, 6000);
        overview.panels[i].state = PanelState::Loading;
        overview.panels[i].revision = 2;
    }
    for (GroupSummary &group : overview.groups)
        group = {GroupSummary::Level::NoData, "loading", {}};
    return overview;
}

OverviewSnapshot troubled()
{
    OverviewSnapshot overview = busy();
    for (std::size_t i = 0; i < panelCount; ++i) {
        PanelSnapshot &panel = overview.panels[i];
        if (i % 4 == 0) {
            panel.state = PanelState::Stale;
            panel.asOfNs = nowNs - 40 * nsPerSecond;
        } else if (i % 4 == 1) {
            panel.state = PanelState::Partial;
            panel.detail = "node-23, node-24";
        }
    }
    for (PlotSeries &each : at(overview, PanelId::ProcessingLatency).series)
        for (std::size_t i = 120; i < 200; ++i)
            each.points[i].value = std::numeric_limits<double>::quiet_NaN();
    return overview;
}

OverviewSnapshot crowded()
{
    OverviewSnapshot overview = busy();
    for (const PanelId id :
         {PanelId::EventsProcessed, PanelId::CpuUsage, PanelId::MemoryUsage, PanelId::NetworkIo, PanelId::ProcessingLatency}) {
        PanelSnapshot &panel = at(overview, id);
        const Unit unit = panel.series.front().unit;
        const bool stacked = std::ranges::any_of(panel.series, &PlotSeries::stacked);
        const double level = id == PanelId::MemoryUsage         ? 0.4
                             : id == PanelId::CpuUsage          ? 2
                             : id == PanelId::ProcessingLatency ? 20 * ms
                             : id == PanelId::NetworkIo         ? 3e6
                                                                : 900;
        std::erase_if(panel.series, [](const PlotSeries &each) { return each.key != "nodes"; });
        for (unsigned i = 0; i < 50; ++i) {
            const std::string name = "payments/workload-" + std::to_string(i);
            panel.series.push_back(
                series(name.c_str(), name.c_str(), unit, walk(100 + i, level * (1 + 3. / (1 + i)), level * 0.2), stacked));
        }
        panel.series.push_back(series("others", "", unit, walk(200, level * 8, level), stacked));
        panel.seriesTotal = id == PanelId::CpuUsage ? 5000 : 4812;
    }
    CoverageView &coverage = std::get<CoverageView>(at(overview, PanelId::Coverage).view);
    for (int i = 0; i < 400; ++i)
        coverage.cells.push_back(
            {"node-x" + std::to_string(i), i % 37 == 0 ? NodeCell::State::Partial : NodeCell::State::Full, 14, 15, {}});
    return overview;
}

OverviewSnapshot extreme()
{
    OverviewSnapshot overview = busy();
    at(overview, PanelId::EventsProcessed).value->value = 987'654'321'098;
    at(overview, PanelId::ProcessingLatency).value->value = 119e9;
    at(overview, PanelId::ProcessingLatency).facts = {{"p50", 59e9, Unit::Nanoseconds, {}}, {"p95", 3 * 3600e9, Unit::Nanoseconds, {}}};
    for (PlotSeries &each : at(overview, PanelId::ProcessingLatency).series)
        for (PlotPoint &point : each.points)
            point.value *= 4000;
    at(overview, PanelId::QueueDepth).value->value = 12'345'678;
    for (PlotSeries &each : at(overview, PanelId::QueueDepth).series)
        for (PlotPoint &point : each.points)
            point.value *= 60'000;
    at(overview, PanelId::FilterEfficiency).value->value = 99.9996;
    at(overview, PanelId::NetworkIo).value->value = 3.2e12;
    for (PlotSeries &each : at(overview, PanelId::NetworkIo).series)
        for (PlotPoint &point : each.points)
            point.value *= 1e4;
    for (PlotSeries &each : at(overview, PanelId::CpuUsage).series)
        for (PlotPoint &point : each.points)
            point.value *= 1e-5;
    at(overview, PanelId::MemoryUsage).facts = {
        {"used", 1e15, Unit::Bytes, {}}, {"allocatable", 2e15, Unit::Bytes, {}}, {"time-to-limit", 86'000e9, Unit::Nanoseconds, {}}};
    return overview;
}

OverviewSnapshot longNames()
{
    OverviewSnapshot overview = busy();
    const std::string name =
        "a-namespace-with-a-very-long-name-indeed-63-characters-are-allowed/" + std::string(60, 'x') + "-7d9f8c6b5-x2k4q";
    for (PanelSnapshot &panel : overview.panels)
        for (PlotSeries &each : panel.series)
            if (!each.label.empty())
                each.label = name + each.label;
    for (GroupRow &row : std::get<PodStatusView>(at(overview, PanelId::PodStatus).view).worst)
        row.entity = name;
    for (GroupRow &row : std::get<GroupsView>(at(overview, PanelId::ActiveCorrelations).view).rows)
        row.title = "a-rule-with-a-rather-long-name-that-goes-on-and-on-" + row.title;
    overview.groups[2].arguments = {"5", name, "crash-loop"};
    return overview;
}

PanelSnapshot lines(PanelId id, std::size_t count, std::size_t points, std::uint64_t step)
{
    PanelSnapshot panel = blank(id);
    panel.revision = step + 1;
    panel.value = {"processed", 1, Unit::EventsPerSecond, {}};
    panel.bucketNs = rangeNs / static_cast<std::int64_t>(points);
    for (std::size_t s = 0; s < count; ++s) {
        const std::string name = "series-" + std::to_string(s);
        panel.series.push_back(
            series(name.c_str(), name.c_str(), Unit::EventsPerSecond,
                   walk(static_cast<unsigned>(s + 97 * step), 100. + 20. * static_cast<double>(s), 10, points, panel.bucketNs)));
    }
    return panel;
}

} // namespace tapio::console::madeup
