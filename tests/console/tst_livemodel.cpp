// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <QTemporaryDir>

#include <cmath>

#include "console/core/metrics/historymodel.h"
#include "console/core/metrics/livemodel.h"
#include "tests/console/fakeclock.h"
#include "tests/console/inputbuilder.h"
#include "tests/console/livemodelinput.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;
using wire::Metric;

namespace {

bool nearly(double a, double b)
{
    return (std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= 1e-9 * std::max({1., std::abs(a), std::abs(b)});
}

} // namespace

class TestLiveModel : public QObject {
    Q_OBJECT
private slots:
    void consoleQueue_isAFigureForTheStore()
    {
        LiveModel model;
        model.tick(at(0), {}, 0);
        model.onConsoleQueue("server:1", 5);
        model.tick(at(1), {}, 0);
        QCOMPARE(latest(model, figure::consoleQueueLoss, "server:1"), 5.);
        model.tick(at(11), {}, 0);
        const std::vector<Figure> due = model.takeFigures();
        QVERIFY(std::any_of(due.begin(), due.end(), [](const Figure &f) { return f.name == figure::consoleQueueLoss && f.value == 5.; }));
    }

    void latency_data()
    {
        QTest::addColumn<qint64>("offset");
        QTest::addColumn<qint64>("uncertainty");
        QTest::addColumn<double>("totalMs"); // -1 = not measured
        QTest::addColumn<double>("wireMs");
        // On the node's clock: kernel at 0 ms, drained at 2 ms, sealed at 5 ms; received 3 ms later, finished 4 ms
        // after that.
        QTest::newRow("clocks agree") << qint64(0) << qint64(ms / 2) << 12. << 3.;
        QTest::newRow("node 40 ms behind") << qint64(40 * ms) << qint64(ms / 2) << 12. << 3.;
        QTest::newRow("node 7 s ahead") << qint64(-7'000 * ms) << qint64(ms / 2) << 12. << 3.;
        QTest::newRow("offset not measured yet") << qint64(0) << qint64(-1) << -1. << -1.;
    }
    void latency()
    {
        QFETCH(qint64, offset);
        QFETCH(qint64, uncertainty);
        QFETCH(double, totalMs);
        QFETCH(double, wireMs);
        LiveModel model;
        model.tick(at(0), {}, 0);
        const std::int64_t kernel = at(5);                      // by the node's clock
        const std::int64_t received = kernel + 8 * ms + offset; // by the server's
        wire::Delivery batch = delivery("a", received, offset, uncertainty);
        batch.frame.sealedNs = kernel + 5 * ms;
        wire::Event one = eventAt(kernel);
        one.drainUs = 2'000;
        wire::Event heldBack = eventAt(kernel - 20'000 * ms); // says nothing of how long the rest was on its way
        heldBack.heldSeconds = 20;
        batch.frame.body = batchOf(1, {}, {one, one, one, heldBack});
        model.onDelivery(batch, received + 4 * ms);
        model.tick(at(10), {}, 0);
        const auto shown = [&model](std::string_view stage) {
            const double value = latest(model, figure::latencyP99, std::string(stage));
            return value < 0 ? -1 : std::round(value / 1e5) / 10;
        };
        QCOMPARE(shown(figure::stageTotal), totalMs < 0 ? -1. : std::clamp(shown(figure::stageTotal), totalMs, totalMs * 1.032));
        QCOMPARE(shown(figure::stageWire), wireMs < 0 ? -1. : std::clamp(shown(figure::stageWire), wireMs, wireMs * 1.032));
        QVERIFY(shown(figure::stageDrain) >= 2 && shown(figure::stageDrain) <= 2.1);
        QVERIFY(shown(figure::stageAgentQueue) >= 3 && shown(figure::stageAgentQueue) <= 3.1);
        QVERIFY(shown(figure::stageReceiveQueue) >= 4 && shown(figure::stageReceiveQueue) <= 4.2);
        QCOMPARE(latest(model, figure::latencyNoClock, "a"), totalMs < 0 ? 4. : -1.);
        QCOMPARE(latest(model, figure::latencyHeld, "a"), 1.);
    }

    void latency_aFrameFromTheFutureIsNotBelieved()
    {
        LiveModel model;
        model.tick(at(0), {}, 0);
        wire::Delivery batch = delivery("a", at(5));
        batch.frame.sealedNs = at(5) + 2 * ms; // uncertainty is 0.5 ms
        batch.frame.body = batchOf(1, {}, {eventAt(at(5))});
        model.onDelivery(batch, at(5) + ms);
        model.tick(at(10), {}, 0);
        QCOMPARE(latest(model, figure::latencyP99, "total"), -1.);
        QCOMPARE(latest(model, figure::latencyNoClock, "a"), 1.);
    }

    void latency_withinTheUncertaintyIsAsShortAsCanBe()
    {
        LiveModel model;
        model.tick(at(0), {}, 0);
        wire::Delivery batch = delivery("a", at(5));
        batch.frame.sealedNs = at(5) + ms / 4;
        batch.frame.body = batchOf(1, {}, {eventAt(at(5))});
        model.onDelivery(batch, at(5));
        model.tick(at(10), {}, 0);
        QCOMPARE(latest(model, figure::latencyP99, "wire"), 1'000.);
    }

    void processed_isCountedBySource()
    {
        LiveModel model;
        wire::Delivery batch = delivery("a", at(1));
        wire::Event strange = eventAt(at(1), std::monostate());
        strange.type = static_cast<wire::EventType>(900);
        batch.frame.body =
            batchOf(1, {},
                    {eventAt(at(1)), eventAt(at(1), wire::ProcessExit()), eventAt(at(1), wire::OomKill()),
                     eventAt(at(1), wire::FatalSignal()), eventAt(at(1), wire::TcpConnection()), eventAt(at(1), wire::TcpConnection()),
                     eventAt(at(1), wire::DnsQuery()), eventAt(at(1), wire::Mount()), eventAt(at(1), wire::ModuleLoad()),
                     eventAt(at(1), wire::DrillLabel()), eventAt(at(1), wire::Insight()), strange});
        model.onDelivery(batch, at(1));
        model.tick(at(2), {}, 0);
        QCOMPARE(latest(model, figure::processed, "a/process"), 2.);
        QCOMPARE(latest(model, figure::processed, "a/oom"), 1.);
        QCOMPARE(latest(model, figure::processed, "a/signal"), 1.);
        QCOMPARE(latest(model, figure::processed, "a/tcp"), 2.);
        QCOMPARE(latest(model, figure::processed, "a/dns"), 1.);
        QCOMPARE(latest(model, figure::processed, "a/security"), 2.);
        QCOMPARE(latest(model, figure::processed, "a/drill"), 1.);
        QCOMPARE(latest(model, figure::processed, "a/correlation"), 1.);
        QCOMPARE(latest(model, figure::processed, "a/type.900"), 1.);
    }

    void attribution_countsContainerEventsOnly()
    {
        LiveModel model;
        wire::Origin unresolved = InputBuilder::pod("x", "c1"), plain;
        unresolved.podName.clear();
        plain.containerId = "docker-1";
        plain.cgroupPath = "/docker/docker-1";
        wire::Delivery batch = delivery("a", at(1));
        wire::EventBatch events = batchOf(1, {InputBuilder::host(), InputBuilder::pod("web", "c2"), unresolved, plain}, {});
        for (std::uint32_t origin = 0; origin < 4; ++origin) {
            events.events.push_back(eventAt(at(1)));
            events.events.back().origin = origin;
        }
        batch.frame.body = std::move(events);
        model.onDelivery(batch, at(1));
        model.tick(at(2), {}, 0);
        QCOMPARE(latest(model, figure::containerEvents), 3.);
        QCOMPARE(latest(model, figure::resolvedEvents), 1.); // a container without a pod is resolved to none
    }

    /// Each as often as there are events, once, and none of them is an event.
    void attribution_countsWhatIsLearntLater()
    {
        LiveModel model;
        wire::Origin vague, container = InputBuilder::pod("web", "c1");
        vague.cgroupId = 7;
        container.podName.clear();
        wire::Delivery batch = delivery("a", at(1));
        batch.frame.body = batchOf(1, {vague}, {eventAt(at(1)), eventAt(at(1)), eventAt(at(1))});
        model.onDelivery(batch, at(1));
        const auto amend = [&](double t, std::uint32_t told, std::uint32_t now) {
            wire::Delivery more = delivery("a", at(t));
            wire::EventBatch amending = batchOf(4, {vague, container, InputBuilder::pod("web", "c1")}, {});
            amending.amendments = {{0, told, now, 3, 1, 3}};
            more.frame.body = std::move(amending);
            model.onDelivery(more, at(t));
            model.tick(at(t), {}, 0);
        };
        amend(2, 0, 1);
        QCOMPARE(latest(model, figure::containerEvents), 3.);
        QCOMPARE(latest(model, figure::resolvedEvents), 0.);
        amend(3, 1, 2);
        QCOMPARE(latest(model, figure::containerEvents), 3.);
        QCOMPARE(latest(model, figure::resolvedEvents), 3.);
        QCOMPARE(latest(model, figure::processed, "a/process"), 3.);
    }

    void agents_aliveByHeartbeatOrHello()
    {
        LiveModel model;
        model.onAgentState(agentState("fresh", at(100)));
        model.onAgentState(agentState("silent", at(60)));
        wire::AgentState hello = agentState("hello", 0, 0);
        hello.sinceNs = at(99);
        model.onAgentState(hello);
        wire::AgentState gone = agentState("gone", 0, 0);
        gone.state = wire::LinkState::Gone;
        gone.sinceNs = at(99);
        model.onAgentState(gone);
        model.tick(at(100), {}, 0);
        QCOMPARE(latest(model, figure::agentAlive, "fresh"), 1.);
        QCOMPARE(latest(model, figure::agentAlive, "silent"), 0.);
        QCOMPARE(latest(model, figure::agentAlive, "hello"), 1.);
        QCOMPARE(latest(model, figure::agentAlive, "gone"), 0.);
        QCOMPARE(latest(model, figure::queueAgent, "fresh"), 0.);
        QCOMPARE(latest(model, figure::queueAgent, "silent"), -1.); // its queue is not known any more
        QCOMPARE(latest(model, figure::queueAgent, "hello"), -1.);
    }

    void queue_ageOfTheOldestIsCorrectedByTheClock()
    {
        LiveModel model;
        wire::AgentState state = agentState("a", at(100));
        state.heartbeat.offsetNs = 10 * nsPerSecond; // the node is ten seconds behind
        state.heartbeat.oldestNs = at(87);           // 97 by the server's clock
        model.onAgentState(state);
        model.tick(at(100), {}, 5);
        QCOMPARE(latest(model, figure::queueOldest), 3e9);
        QCOMPARE(latest(model, figure::queueReceive), 5.);
    }

    void pods_restartExitAndOom()
    {
        LiveModel model;
        wire::Delivery samples = delivery("a", at(0));
        const auto sample = [&](double t, const char *container) {
            samples.frame.body = podSamples(at(t), "web", container);
            model.onDelivery(samples, at(t));
        };
        sample(0, "c1");
        wire::Delivery exit = delivery("a", at(3));
        wire::ProcessExit ended;
        ended.signal = 9;
        exit.frame.body = batchOf(1, {InputBuilder::pod("web", "c1")}, {eventAt(at(3), ended), eventAt(at(3), wire::OomKill())});
        model.onDelivery(exit, at(3));
        sample(5, "c2");
        model.tick(at(6), {}, 0);
        QCOMPARE(readings(model, figure::podRestart, "shop/web"), 1u);
        QCOMPARE(readings(model, figure::podOom, "shop/web"), 1u);
        QCOMPARE(readings(model, figure::podExit, "shop/web"), 0u); // its end shows by the missing samples
        for (double t = 10; t <= 40; t += 5)
            sample(t, "c2");
        model.tick(at(41), {}, 0);
        QCOMPARE(latest(model, figure::podExit, "shop/web"), 137.);
        QCOMPARE(readings(model, figure::podRestart, "shop/web"), 1u);
    }

    void pods_aSilentNodeEndsNothing()
    {
        LiveModel model;
        wire::Delivery samples = delivery("a", at(0));
        samples.frame.body = podSamples(at(0), "web", "c1");
        model.onDelivery(samples, at(0));
        wire::Delivery exit = delivery("a", at(1));
        wire::ProcessExit failed;
        failed.exitCode = 1;
        exit.frame.body = batchOf(1, {InputBuilder::pod("web", "c1")}, {eventAt(at(1), failed)});
        model.onDelivery(exit, at(1));
        model.tick(at(300), {}, 0);
        QCOMPARE(readings(model, figure::podExit, "shop/web"), 0u);
    }

    void samples_areBoundedAndWhatDoesNotFitIsCounted()
    {
        LiveOptions options;
        options.maxSeries = 3;
        LiveModel model(options);
        wire::Delivery samples = delivery("a", at(0));
        wire::SampleBatch batch;
        batch.timeNs = at(0);
        for (std::uint32_t i = 0; i < 5; ++i) {
            batch.origins.push_back(InputBuilder::pod("p" + std::to_string(i)));
            batch.samples.push_back({Metric::CpuUsageNs, i, 0, 1});
            batch.samples.push_back({Metric::PsiIoFullUs, i, 0, 1}); // not read by the Overview: not kept
        }
        batch.samples.push_back({Metric::CpuUsageNs, 99, 0, 1});
        batch.samples.push_back({Metric::CpuUsageNs, 0, 99, 1});
        samples.frame.body = std::move(batch);
        model.onDelivery(samples, at(0));
        QCOMPARE(model.input().series.size(), 3u);
        QCOMPARE(model.input().seriesRefused, 2u);
        model.onDelivery(samples, at(1));
        QCOMPARE(model.input().seriesRefused, 2u); // the same ones
        model.tick(at(10), {}, 0);
        QCOMPARE(model.input().seriesRefused, 2u);
        model.tick(at(20), {}, 0);
        QCOMPARE(model.input().seriesRefused, 0u); // none came for ten seconds
    }

    void samples_outOfOrderFindTheirPlace()
    {
        LiveModel model;
        wire::Delivery samples = delivery("a", at(0));
        for (const double t : {20., 0., 10., 2., 21., 10.}) {
            wire::SampleBatch batch;
            batch.timeNs = at(t);
            batch.origins = {InputBuilder::host()};
            batch.samples = {{Metric::CpuUsageNs, 0, 0, static_cast<std::int64_t>(t)}};
            samples.frame.body = std::move(batch);
            model.onDelivery(samples, at(t));
        }
        const auto &buckets = model.input().series.at(0).buckets;
        QCOMPARE(buckets.size(), 3u);
        QCOMPARE(buckets[0].first, 0);
        QCOMPARE(buckets[0].last, 2);
        QCOMPARE(buckets[1].n, 2u);
        QCOMPARE(buckets[2].last, 21);
    }

    void window_forgetsWhatIsOld()
    {
        LiveModel model;
        wire::Delivery samples = delivery("a", at(0));
        for (double t = 0; t <= 3600; t += 1) {
            samples.frame.body = podSamples(at(t), "web", "c1");
            model.onDelivery(samples, at(t));
            if (static_cast<int>(t) % 10 == 0) {
                wire::Delivery counters = delivery("a", at(t));
                counters.frame.body = wire::CounterReport{at(t), {{"tcp", CounterSet()}}};
                model.onDelivery(counters, at(t));
            }
            model.tick(at(t), {{"a", 1, 0, 0}}, 0);
            static_cast<void>(model.takeFigures());
        }
        QVERIFY(readings(model, figure::received, "a") <= 971);
        QVERIFY(model.input().series.at(0).buckets.size() <= 195);
        QVERIFY(model.input().counters.at(0).readings.size() <= 98);
        // A pod that goes leaves no series behind.
        for (double t = 3601; t <= 5000; t += 5) {
            samples.frame.body = podSamples(at(t), "other", "c2");
            model.onDelivery(samples, at(t));
            model.tick(at(t), {}, 0);
        }
        for (const SeriesData &series : model.input().series)
            QVERIFY(series.key.origin.podName != "web");
    }

    void figures_areDueEachTenSecondsWithTheNewestReading()
    {
        LiveModel model;
        QCOMPARE(model.takeFigures().size(), 0u);
        for (int t = 3; t <= 9; ++t)
            model.tick(at(t), {{"a", static_cast<std::uint64_t>(t), 0, 0}}, 0);
        QVERIFY(model.takeFigures().empty());
        model.tick(at(10), {{"a", 10, 0, 0}}, 0);
        const std::vector<Figure> due = model.takeFigures();
        const auto received = std::find_if(due.begin(), due.end(), [](const Figure &each) { return each.name == figure::received; });
        QVERIFY(received != due.end());
        QCOMPARE(received->timeNs, at(9));
        QCOMPARE(received->value, 9.);
        QCOMPARE(std::count_if(due.begin(), due.end(), [](const Figure &each) { return each.name == figure::received; }), 1);
        QVERIFY(model.takeFigures().empty());
    }

    void api_countsByOperationAndDuration()
    {
        LiveModel model;
        model.tick(at(0), {}, 0);
        for (int i = 0; i < 9; ++i)
            model.onApiCall("store.events", 3 * ms, true);
        model.onApiCall("store.events", 300'000 * ms, false); // beyond the last bound
        model.tick(at(10), {}, 0);
        QCOMPARE(latest(model, figure::apiCount, "store.events"), 10.);
        QCOMPARE(latest(model, figure::apiErrors, "store.events"), 1.);
        QVERIFY(latest(model, figure::apiP50, "store.events") >= 3e6 && latest(model, figure::apiP50, "") <= 3.1e6);
        QCOMPARE(latest(model, figure::apiP99, ""), 120e9);
        double heat = 0;
        for (const auto &[row, track] : model.input().figures.find(figure::apiHeat)->second)
            heat += track.back().value;
        QCOMPARE(heat, 10.);
    }

    void heartbeat_roundTripIsCountedOnce()
    {
        LiveModel model;
        for (const std::uint64_t id : {1, 1, 2, 2, 2})
            model.onAgentState(agentState("a", at(1), id));
        model.tick(at(2), {}, 0);
        QCOMPARE(latest(model, figure::apiCount, "agent.heartbeat"), 2.);
    }

    void liveAndHistory_answerAlike_data()
    {
        QTest::addColumn<double>("seconds");
        QTest::newRow("two minutes") << 180.;
        QTest::newRow("a full window") << 960.;
    }
    void liveAndHistory_answerAlike();

private:
    void feed(LiveModel &model, StoreWriter &writer, FakeClock &clock, double t);
    std::uint64_t m_frame = 0;
    std::uint64_t m_seq = 1;
    std::array<std::uint64_t, 2> m_received{};
};

/// One second of two nodes: events, samples, counters with loss, a restart of node b's agent half way, an OOM kill.
void TestLiveModel::feed(LiveModel &model, StoreWriter &writer, FakeClock &clock, double t)
{
    const int second = static_cast<int>(t);
    const auto take = [&](wire::Delivery item) {
        item.frame.frameSeq = ++m_frame;
        QVERIFY(writer.append(item));
        model.onDelivery(item, clock.utcNs() + 2 * ms);
    };
    for (std::size_t n = 0; n < 2; ++n) {
        const std::string node = n == 0 ? "a" : "b";
        wire::Delivery events = delivery(node, at(t), 0);
        events.frame.streamId = n + 1;
        events.frame.sealedNs = at(t) - 3 * ms;
        wire::EventBatch batch = batchOf(m_seq, {InputBuilder::host(), InputBuilder::pod("web-" + node, "c1")}, {});
        for (int i = 0; i < 3 + second % 5; ++i) {
            batch.events.push_back(
                eventAt(at(t) - (10 + i) * ms, i % 2 ? wire::Detail(wire::TcpConnection()) : wire::Detail(wire::ProcessExec())));
            batch.events.back().origin = static_cast<std::uint32_t>(i % 2);
        }
        if (second == 80 && n == 0) {
            batch.events.push_back(eventAt(at(t), wire::OomKill()));
            batch.events.back().origin = 1;
        }
        if (second % 45 == 5) { // opens, and ends 45 s later; what opens last stays open
            wire::Insight insight;
            insight.id = static_cast<std::uint64_t>(second / 90 + 1);
            insight.rule = n == 0 ? "oom-kill" : "dns-failures";
            insight.state = second % 90 == 5 ? wire::InsightState::Open : wire::InsightState::Resolved;
            insight.fromNs = at(t - 3);
            batch.events.push_back(eventAt(at(t), insight));
        }
        m_seq += batch.events.size();
        m_received[n] += batch.events.size();
        events.frame.body = std::move(batch);
        take(events);

        wire::AgentState state = agentState(node, at(t), static_cast<std::uint64_t>(second) / 2 + 1);
        state.heartbeat.queuedEvents = static_cast<std::uint64_t>(second % 20);
        state.loss.transitEvents = second >= 95 && n == 1 ? 4 : 0;
        model.onAgentState(state);
        QVERIFY(writer.putAgent(state));
        if (second % 5 != 0)
            continue;
        wire::Delivery samples = delivery(node, at(t));
        samples.frame.streamId = n + 1;
        wire::SampleBatch sampled;
        sampled.timeNs = at(t);
        sampled.labels = {"", "eth0", "/"};
        sampled.origins = {InputBuilder::host(), InputBuilder::pod("web-" + node), InputBuilder::pod("web-" + node, "c1"),
                           InputBuilder::cgroup("/system.slice/ssh.service")};
        const std::int64_t cpu = static_cast<std::int64_t>(t * 7e8) + second * second;
        sampled.samples = {{Metric::CpuUsageNs, 0, 0, cpu},
                           {Metric::CpuUsageNs, 1, 0, cpu / 2},
                           {Metric::CpuUsageNs, 2, 0, cpu / 2},
                           {Metric::CpuUsageNs, 3, 0, cpu / 10},
                           {Metric::NodeCpuCount, 0, 0, 4},
                           {Metric::NodeMemoryTotalBytes, 0, 0, 8'000'000'000},
                           {Metric::NodeMemoryAvailableBytes, 0, 0, 5'000'000'000 - second * 1000},
                           {Metric::MemoryWorkingSetBytes, 1, 0, 100'000 + second * 500},
                           {Metric::MemoryLimitBytes, 1, 0, 1'000'000},
                           {Metric::MemoryWorkingSetBytes, 2, 0, 90'000},
                           {Metric::NetRxBytes, 0, 1, second * 1000},
                           {Metric::NetTxBytes, 0, 1, second * 300},
                           {Metric::FilesystemTotalBytes, 0, 2, 1000},
                           {Metric::FilesystemUsedBytes, 0, 2, 420}};
        samples.frame.body = std::move(sampled);
        take(samples);
        wire::Delivery counters = delivery(node, at(t));
        const bool restarted = n == 1 && second >= 100;
        counters.frame.streamId = restarted ? 22 : n + 1;
        CounterSet set;
        set[Counter::Seen] = static_cast<std::uint64_t>((restarted ? second - 100 : second) * 100);
        set[Counter::Folded] = set[Counter::Seen] * 9 / 10;
        set[Counter::Lost] = second >= 90 ? 17 : 0;
        counters.frame.body = wire::CounterReport{at(t), {{"tcp", set}, {"process", CounterSet()}}};
        take(counters);
        if (second == 0) {
            wire::Delivery hooks = delivery(node, at(t));
            hooks.frame.streamId = n + 1;
            hooks.frame.body = wire::HookReport{at(t),
                                                {{"tcp", "x", wire::HookState::Active, "tp_btf", "", 0, 0},
                                                 {"correlation", "rules", wire::HookState::Active, "node", "", 0, 0},
                                                 {"oom", "y", wire::HookState::Failed, "", "no BTF", 0, 0}}};
            take(hooks);
        }
    }
    if (second % 30 == 7) {
        const OperatorAction action{at(t), "query", "all events", "kim"};
        model.onAction(action);
        QVERIFY(writer.putAction(action));
        model.onApiCall("store.events", (20 + second) * ms, true);
    }
    model.tick(at(t), {{"a", m_received[0], 0, 0}, {"b", m_received[1], 0, 0}}, static_cast<std::uint64_t>(second % 3));
    if (const auto due = model.takeFigures(); !due.empty())
        QVERIFY(writer.putFigures(due));
    QVERIFY(writer.flush());
}

void TestLiveModel::liveAndHistory_answerAlike()
{
    QFETCH(double, seconds);
    m_frame = 0;
    m_seq = 1;
    m_received = {};
    const QTemporaryDir folder;
    StoreOptions options;
    options.file = std::filesystem::path(folder.path().toStdString()) / "test.tapio";
    FakeClock clock(at(0));
    auto writer = StoreWriter::open(options, clock);
    QVERIFY(writer);
    LiveModel model;
    for (double t = 0; t <= seconds; t += 1) {
        feed(model, **writer, clock, t);
        clock.advance(nsPerSecond);
    }
    const auto reader = StoreReader::open(options.file);
    QVERIFY(reader);
    const auto history = readHistory(**reader, {at(60), at(seconds - 1), at(seconds - 1)}, {});
    QVERIFY2(history, history ? "" : history.error().message().c_str());
    OverviewInput live = model.input();
    live.fromNs = history->fromNs;
    live.toNs = history->toNs;
    live.nowNs = history->nowNs;
    live.figureBucketNs = history->figureBucketNs;
    live.sampleBucketNs = history->sampleBucketNs;
    const OverviewSnapshot one = computeOverview(live, 1), two = computeOverview(*history, 1);
    for (std::size_t i = 0; i < panelCount; ++i) {
        const PanelSnapshot &a = one.panels[i], &b = two.panels[i];
        const std::string name(panelKey(a.id));
        QVERIFY2(a.state == b.state && a.reason == b.reason, name.c_str());
        QVERIFY2(a.value.has_value() == b.value.has_value(), name.c_str());
        if (a.value)
            QVERIFY2(nearly(a.value->value, b.value->value),
                     (name + ": " + std::to_string(a.value->value) + " and " + std::to_string(b.value->value)).c_str());
        QVERIFY2(a.pastThreshold == b.pastThreshold && a.asOfNs == b.asOfNs, name.c_str());
        QVERIFY2(a.facts.size() == b.facts.size(), (name + ": facts").c_str());
        for (std::size_t f = 0; f < a.facts.size(); ++f)
            QVERIFY2(
                a.facts[f].key == b.facts[f].key && a.facts[f].label == b.facts[f].label && nearly(a.facts[f].value, b.facts[f].value),
                (name + '/' + a.facts[f].key + ' ' + std::to_string(a.facts[f].value) + ' ' + std::to_string(b.facts[f].value)).c_str());
        QVERIFY2(a.losses.size() == b.losses.size(), (name + ": losses").c_str());
        for (std::size_t l = 0; l < a.losses.size(); ++l)
            QVERIFY2(a.losses[l].lost == b.losses[l].lost && a.losses[l].of == b.losses[l].of && a.losses[l].fromNs == b.losses[l].fromNs
                         && a.losses[l].cause == b.losses[l].cause,
                     name.c_str());
        QVERIFY2(a.series.size() == b.series.size(), (name + ": series").c_str());
        for (std::size_t s = 0; s < a.series.size(); ++s) {
            const std::string line = name + '/' + a.series[s].key;
            QVERIFY2(a.series[s].key == b.series[s].key && a.series[s].points.size() == b.series[s].points.size(), line.c_str());
            for (std::size_t p = 0; p < a.series[s].points.size(); ++p)
                QVERIFY2(nearly(a.series[s].points[p].value, b.series[s].points[p].value),
                         (line + " at " + std::to_string(p) + ": " + std::to_string(a.series[s].points[p].value) + " and "
                          + std::to_string(b.series[s].points[p].value))
                             .c_str());
        }
    }
    for (std::size_t g = 0; g < one.groups.size(); ++g)
        QCOMPARE(one.groups[g].key, two.groups[g].key);
    QVERIFY(!one.panels[0].losses.empty());
    std::size_t figures = 0;
    for (const PanelSnapshot &panel : one.panels)
        figures += panel.value ? 1 : 0;
    QCOMPARE(figures, 13u); // all but what needs verdicts
}

QTEST_APPLESS_MAIN(TestLiveModel)
#include "tst_livemodel.moc"
