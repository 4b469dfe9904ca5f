// SPDX-License-Identifier: GPL-3.0-or-later
// When the thread of the live model computes an Overview.
#include <QtTest>

#include <atomic>

#include "console/core/session/modelthread.h"
#include "tests/console/fakeclock.h"
#include "tests/console/livemodelinput.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

class Bench {
public:
    Bench() : m_thread({}, hooks(), m_clock)
    {
        m_thread.onAgentState(agentState("a", m_clock.utcNs()));
        m_thread.start();
    }
    ~Bench() { m_thread.stop(); }
    void advance(std::int64_t ns) { m_clock.advance(ns); }
    void tell(std::uint64_t id, wire::InsightState state)
    {
        auto told = std::make_shared<wire::Delivery>(delivery("a", m_clock.utcNs()));
        wire::Insight insight;
        insight.id = id;
        insight.rule = "oom-kill";
        insight.state = state;
        insight.fromNs = m_clock.utcNs();
        told->frame.body = batchOf(++m_seq, {}, {eventAt(m_clock.utcNs(), insight)});
        m_last = told;
        m_thread.onDelivery(std::move(told), m_clock.utcNs(), 0);
    }
    /// What was told last: the thread is done with it.
    bool isTaken() const { return m_last.expired(); }
    int overviews() const { return m_overviews; }
    int open() const { return m_open; }

private:
    ModelHooks hooks()
    {
        ModelHooks hooks;
        hooks.seed = [] { return std::nullopt; };
        hooks.received = [] { return std::vector<ReceiveReading>(); };
        hooks.queuedEvents = [] { return 0; };
        hooks.serverOffsetNs = [] { return 0; };
        hooks.clockKnown = [] { return true; };
        hooks.figures = [](const std::vector<Figure> &) {};
        hooks.overview = [this](const std::shared_ptr<const OverviewSnapshot> &overview) {
            const auto &panel = overview->panels[static_cast<std::size_t>(PanelId::ActiveCorrelations)];
            m_open = panel.value ? static_cast<int>(panel.value->value) : -1;
            ++m_overviews;
        };
        return hooks;
    }

    FakeClock m_clock; // stands at the begin of a second
    std::atomic<int> m_overviews{0}, m_open{-1};
    std::uint64_t m_seq = 0;
    std::weak_ptr<wire::Delivery> m_last;
    ModelThread m_thread;
};

} // namespace

class TestModelThread : public QObject {
    Q_OBJECT
private slots:
    void anInsightIsShownWithinItsSecond()
    {
        Bench bench;
        QTRY_COMPARE(bench.overviews(), 1);
        bench.advance(300 * ms);
        bench.tell(1, wire::InsightState::Open);
        QTRY_COMPARE(bench.overviews(), 2);
        QTRY_COMPARE(bench.open(), 1);
    }

    void rightAfterATickItWaitsForAMoment()
    {
        Bench bench;
        QTRY_COMPARE(bench.overviews(), 1);
        bench.advance(ms);
        bench.tell(1, wire::InsightState::Open);
        bench.advance(ModelThread::leastBetweenTicksNs);
        QTRY_COMPARE(bench.open(), 1);
        QCOMPARE(bench.overviews(), 2);
    }

    void aStormIsShownOnceASecondMore()
    {
        Bench bench;
        QTRY_COMPARE(bench.overviews(), 1);
        for (std::uint64_t id = 1; id <= 5; ++id) {
            bench.advance(150 * ms);
            bench.tell(id, wire::InsightState::Open);
            if (id == 1)
                QTRY_COMPARE(bench.overviews(), 2);
        }
        QTRY_VERIFY(bench.isTaken()); // else it may come after the tick of the next second
        bench.advance(250 * ms);      // the next second
        QTRY_COMPARE(bench.open(), 5);
        QCOMPARE(bench.overviews(), 3);
    }
};

QTEST_GUILESS_MAIN(TestModelThread)
#include "tst_modelthread.moc"
