// SPDX-License-Identifier: GPL-3.0-or-later
// What the live model makes of clocks, of what comes late, and of what is told twice.
#include <QtTest>

#include "tests/console/livemodelinput.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

class TestLiveModelClock : public QObject {
    Q_OBJECT
private slots:
    void sentBeforeTheConsoleBegan_data()
    {
        QTest::addColumn<double>("sealed"); // seconds, of the node's clock
        QTest::addColumn<double>("received");
        QTest::addColumn<double>("offset"); // server minus node
        QTest::addColumn<bool>("counts");
        QTest::newRow("now") << 5.0 << 5.0 << 0. << true;
        QTest::newRow("held by the agent") << 1.0 << 5.0 << 0. << false;
        QTest::newRow("held by the server") << 1.0 << 1.0 << 0. << false;
        QTest::newRow("a node whose clock is behind") << 1.0 << 5.0 << 4. << true;
        QTest::newRow("a node whose clock is ahead") << 6.0 << 5.0 << -4. << false;
    }
    void sentBeforeTheConsoleBegan()
    {
        QFETCH(double, sealed);
        QFETCH(double, received);
        QFETCH(double, offset);
        QFETCH(bool, counts);
        const auto ns = [](double seconds) { return at(0) + std::int64_t(seconds * nsPerSecond); };
        LiveModel model;
        model.tick(at(4), {}, 0);
        wire::Delivery batch = delivery("a", ns(received));
        batch.clockOffsetNs = std::int64_t(offset * nsPerSecond);
        batch.frame.sealedNs = ns(sealed);
        batch.frame.body = batchOf(1, {}, {eventAt(ns(sealed))});
        model.onDelivery(batch, at(5) + ms, at(3));
        model.tick(at(10), {}, 0);
        QCOMPARE(latest(model, figure::latencyP99, "total") >= 0, counts);
        QCOMPARE(latest(model, figure::latencyP99, "receive-queue") >= 0, counts);
        QCOMPARE(latest(model, figure::earlierEvents, "a"), counts ? -1. : 1.);
        const auto processed = model.input().figures.find(figure::processed);
        QCOMPARE(processed != model.input().figures.end(), counts);
    }

    void held_isCountedThoughItCameBeforeTheFirstTick_data()
    {
        QTest::addColumn<bool>("isTickedBefore");
        QTest::newRow("after a tick") << true;
        QTest::newRow("before any") << false;
    }
    void held_isCountedThoughItCameBeforeTheFirstTick()
    {
        QFETCH(bool, isTickedBefore);
        LiveModel model;
        if (isTickedBefore)
            model.tick(at(9), {}, 0);
        wire::Delivery batch = delivery("a", at(3));
        batch.frame.sealedNs = at(3);
        batch.frame.body = batchOf(1, {}, std::vector<wire::Event>(5, eventAt(at(3))));
        model.onDelivery(batch, at(9) + ms, at(9));
        model.tick(at(10), {}, 0);
        wire::Delivery fresh = delivery("a", at(10));
        fresh.frame.sealedNs = at(10);
        fresh.frame.body = batchOf(6, {}, {eventAt(at(10))});
        model.onDelivery(fresh, at(10) + ms, at(9));
        model.tick(at(11), {}, 0);
        const PanelSnapshot processed = model.overview(1).panels.at(static_cast<std::size_t>(PanelId::EventsProcessed));
        const auto isEarlier = [](const Fact &fact) { return fact.key == "earlier"; };
        const auto &inputs = processed.computation.inputs;
        const auto earlier = std::find_if(inputs.begin(), inputs.end(), isEarlier);
        QVERIFY(earlier != inputs.end());
        QCOMPARE(earlier->value, 5.);
    }

    void clockSetBack_figuresGoOn()
    {
        LiveModel model;
        wire::AgentState state = agentState("a", at(100));
        model.onAgentState(state);
        for (int t = 100; t < 130; ++t)
            model.tick(at(t), {}, 1);
        QVERIFY(!model.takeFigures().empty());
        state.lastHeartbeatNs = at(10);
        model.onAgentState(state);
        for (int t = 10; t < 25; ++t)
            model.tick(at(t), {}, 2);
        QCOMPARE(latest(model, figure::queueReceive), 2.);
        QCOMPARE(latest(model, figure::agentAlive, "a"), 1.);
        QCOMPARE(model.input().figures.find(figure::queueReceive)->second.find("")->second.back().timeNs, at(24));
        for (const Figure &figure : model.takeFigures())
            QVERIFY(figure.timeNs <= at(24));
    }

    void counters_aNodesClockSetBackAnOldStreamAgain_data()
    {
        QTest::addColumn<quint64>("stream");
        QTest::addColumn<bool>("taken");
        QTest::newRow("the same stream: its clock was set back") << quint64(7) << true;
        QTest::newRow("another stream: replayed") << quint64(6) << false;
    }
    void counters_aNodesClockSetBackAnOldStreamAgain()
    {
        QFETCH(quint64, stream);
        QFETCH(bool, taken);
        LiveModel model;
        const auto report = [&model](int second, quint64 streamId, std::uint64_t seen) {
            wire::Delivery item = delivery("a", at(second));
            item.frame.streamId = streamId;
            wire::CounterReport counters;
            counters.timeNs = at(second);
            counters.sources = {{"tcp", {}}};
            counters.sources[0].counters[Counter::Seen] = seen;
            item.frame.body = counters;
            model.onDelivery(item, at(second));
        };
        report(100, 7, 50);
        report(110, 7, 60);
        report(20, stream, 70);
        const auto &readings = model.input().counters.front().readings;
        QCOMPARE(readings.back().timeNs, taken ? at(20) : at(110));
        QCOMPARE(readings.size(), std::size_t(taken ? 1 : 2));
    }

    void lostOnTheWay_isWithoutWhatThisConsoleDidNotRead()
    {
        LiveModel model;
        wire::AgentState state;
        state.node = "a";
        state.streamId = 1;
        state.loss.transitEvents = 10;
        state.loss.consoleEvents = 7; // told apart by the server's own count
        model.onAgentState(state);
        model.tick(at(1), {}, 0);
        QCOMPARE(latest(model, figure::transitLoss, "a"), 3.);
    }

    void exit_isThatOfTheContainersFirstProcess_data()
    {
        QTest::addColumn<bool>("firstEndsFirst");
        QTest::newRow("then the kernel kills the rest") << true;
        QTest::newRow("after one of its children crashed") << false;
    }
    void exit_isThatOfTheContainersFirstProcess()
    {
        QFETCH(bool, firstEndsFirst);
        LiveModel model;
        wire::Delivery samples = delivery("a", at(0));
        const auto sample = [&](double t, const char *container) {
            samples.frame.body = podSamples(at(t), "web", container);
            model.onDelivery(samples, at(t));
        };
        sample(0, "c1");
        const auto ended = [](double t, std::uint64_t startNs, int exitCode, int signal) {
            wire::ProcessExit exit;
            exit.exitCode = exitCode;
            exit.signal = signal;
            wire::Event event = eventAt(at(t), exit);
            event.process.startTimeNs = startNs;
            return event;
        };
        std::vector<wire::Event> events{ended(3, 100, 3, 0), ended(3.001, 200, 0, 9)};
        if (!firstEndsFirst)
            std::swap(events[0], events[1]);
        wire::Delivery exits = delivery("a", at(4));
        exits.frame.body = batchOf(1, {InputBuilder::pod("web", "c1")}, events);
        model.onDelivery(exits, at(4));
        for (double t = 5; t <= 40; t += 5)
            sample(t, "c2");
        model.tick(at(41), {}, 0);
        QCOMPARE(latest(model, figure::podExit, "shop/web"), 3.);
    }
};

QTEST_APPLESS_MAIN(TestLiveModelClock)
#include "tst_livemodelclock.moc"
