// SPDX-License-Identifier: GPL-3.0-or-later
// Which events were worth it.
#include <QtTest>

#include "console/core/metrics/signalbook.h"
#include "protocol/wire/evidence.h"
#include "tests/console/livemodelinput.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;
using wire::Severity;

namespace {

constexpr std::int64_t second = nsPerSecond;
const VerdictBook noVerdicts;

struct Told {
    double seconds;
    Severity severity = Severity::Info;
    std::uint32_t origin = 0;
    wire::Detail detail = wire::ProcessExec();
};

/// A book and one stream of events that arrive as they happen.
class Bench {
public:
    explicit Bench(std::int64_t offsetNs = 0) : m_offsetNs(offsetNs) {}
    /// The number of the first.
    std::uint64_t tell(const std::vector<Told> &events)
    {
        wire::Delivery told = delivery("a", at(events.back().seconds), m_offsetNs);
        std::vector<wire::Event> list;
        for (const Told &one : events) {
            list.push_back(eventAt(at(one.seconds) - m_offsetNs, one.detail));
            list.back().severity = one.severity;
            list.back().origin = one.origin;
        }
        const std::uint64_t first = m_next;
        told.frame.body = batchOf(first, {InputBuilder::pod("web", "c1"), InputBuilder::pod("db", "c2")}, std::move(list));
        m_next += events.size();
        book.onEvents(told);
        return first;
    }
    void find(std::uint64_t id, const std::vector<std::uint64_t> &evidence, double seconds)
    {
        wire::Insight insight;
        insight.id = id;
        insight.rule = "crash-loop";
        for (const std::uint64_t seq : evidence)
            insight.evidence.push_back(wire::evidenceLine({"step", at(0), 0, "a", 7, seq, "text"}));
        book.onInsight({"a", id}, insight, at(seconds));
    }
    SignalBook::Count ripe(double seconds, const VerdictBook &verdicts = noVerdicts)
    {
        book.ripen(at(seconds), verdicts);
        const auto count = book.counts().find("a");
        return count == book.counts().end() ? SignalBook::Count() : count->second;
    }

    SignalBook book;

private:
    std::int64_t m_offsetNs;
    std::uint64_t m_next = 1;
};

constexpr double ripeSeconds = double(SignalBook::ripeNs) / double(second);

using Count = SignalBook::Count;

} // namespace

class TestSignalBook : public QObject {
    Q_OBJECT
private slots:
    void isJudgedOnceItIsOld()
    {
        Bench bench;
        bench.tell({{0}, {1}});
        bench.tell({{5}});
        QVERIFY(bench.ripe(ripeSeconds).judged == 0); // the batch came at 1 s
        QVERIFY((bench.ripe(ripeSeconds + 1) == Count{2, 0}));
        QVERIFY((bench.ripe(ripeSeconds + 5) == Count{3, 0}));
        QCOMPARE(bench.book.held(), 0u);
    }

    void severe_data()
    {
        QTest::addColumn<int>("severity");
        QTest::addColumn<int>("signal");
        QTest::newRow("info") << int(Severity::Info) << 0;
        QTest::newRow("notice") << int(Severity::Notice) << 0;
        QTest::newRow("warning") << int(Severity::Warning) << 1;
        QTest::newRow("critical") << int(Severity::Critical) << 1;
    }
    void severe()
    {
        QFETCH(int, severity);
        Bench bench;
        bench.tell({{0, static_cast<Severity>(severity)}});
        QTEST(int(bench.ripe(ripeSeconds).signal), "signal");
    }

    void duplicatesOfAMinuteAreNoise()
    {
        Bench bench;
        bench.tell({{0, Severity::Warning},
                    {10, Severity::Warning},
                    {59, Severity::Warning},
                    {20, Severity::Warning, 1},                      // another owner
                    {30, Severity::Error},                           // another severity
                    {40, Severity::Warning, 0, wire::FatalSignal()}, // another type
                    {60, Severity::Warning}});                       // a minute later
        QVERIFY((bench.ripe(ripeSeconds + 60) == Count{7, 5}));
    }

    void whatIsCitedIsSignal()
    {
        Bench bench;
        const std::uint64_t first = bench.tell({{0}, {1}, {2}, {3}, {4}, {2, Severity::Info, 1}, {3, Severity::Notice}});
        bench.find(1, {first + 1, first + 3}, 5); // those at 1 and 3 s, and so the one between them
        QVERIFY((bench.ripe(ripeSeconds + 5) == Count{7, 3}));
    }

    void whatIsCitedByAnUpdateIsSignal()
    {
        Bench bench(-100 * second); // the node's clock is ahead
        const std::uint64_t first = bench.tell({{0}, {1}, {2}});
        bench.find(1, {first}, 3);
        bench.find(1, {first, first + 1}, 4);
        QVERIFY((bench.ripe(ripeSeconds + 5) == Count{3, 2}));
    }

    void rejectedInsightsCiteNothing_data()
    {
        QTest::addColumn<int>("verdict");
        QTest::addColumn<int>("signal");
        QTest::newRow("confirmed") << int(VerdictKind::Confirmed) << 1;
        QTest::newRow("rejected") << int(VerdictKind::Rejected) << 0;
    }
    void rejectedInsightsCiteNothing()
    {
        QFETCH(int, verdict);
        Bench bench;
        bench.find(1, {bench.tell({{0}})}, 1);
        const VerdictBook verdicts({{"a", 1, "crash-loop", static_cast<VerdictKind>(verdict), "seen", "me", at(60)}});
        QTEST(int(bench.ripe(ripeSeconds, verdicts).signal), "signal");
    }

    void whatNobodyKnowsIsPassedOver()
    {
        Bench bench;
        const std::uint64_t first = bench.tell({{0}});
        wire::Insight insight;
        insight.evidence = {"nonsense", wire::evidenceLine({"step", at(0), 0, "b", 7, first, "another node's"}),
                            wire::evidenceLine({"step", at(0), 0, "a", 8, first, "another stream's"}),
                            wire::evidenceLine({"step", at(0), 0, "a", 7, first + 99, "never came"}),
                            wire::evidenceLine({"step", at(0), 0, "a", 0, 0, "no event"})};
        bench.book.onInsight({"a", 1}, insight, at(1));
        QVERIFY((bench.ripe(ripeSeconds) == Count{1, 0}));
    }

    void ofWhatTapioSaysNothingIsJudged()
    {
        Bench bench;
        bench.tell({{0, Severity::Error, 0, wire::AgentNotice()},
                    {0, Severity::Error, 0, wire::DrillLabel()},
                    {0, Severity::Error, 0, wire::Insight()},
                    {0, Severity::Error}});
        QVERIFY((bench.ripe(ripeSeconds) == Count{1, 1}));
    }

    void ofTooManyEachSecondOneIsJudged()
    {
        Bench bench;
        constexpr std::size_t batches = 100, each = SignalBook::mostHeld / 50; // twice of what is held
        for (std::size_t batch = 0; batch < batches; ++batch)
            bench.tell(std::vector<Told>(each, Told{double(batch)}));
        QVERIFY(bench.book.held() <= SignalBook::mostHeld);
        QVERIFY(bench.book.oneIn() > 1);
        const std::uint64_t judged = bench.ripe(ripeSeconds + batches).judged;
        const auto told = std::uint64_t(batches) * each;
        QVERIFY2(judged >= told - 4 && judged <= told + 4, qPrintable(QString::number(judged)));
        bench.ripe(ripeSeconds + batches + 1);
        QCOMPARE(bench.book.oneIn(), 1u); // there is room again
    }

    void citationsAreBounded()
    {
        Bench bench;
        const std::uint64_t first = bench.tell({{0}});
        for (std::uint64_t id = 0; id < SignalBook::mostCitations + 10; ++id)
            bench.find(id, {first}, 1);
        QCOMPARE(bench.book.displaced(), 10u);
        QVERIFY((bench.ripe(ripeSeconds + 1) == Count{1, 1}));
        bench.ripe(2 * ripeSeconds + 200); // forgotten
        bench.find(1, {bench.tell({{3 * ripeSeconds}})}, 3 * ripeSeconds);
        QCOMPARE(bench.book.displaced(), 10u);
    }
};

QTEST_GUILESS_MAIN(TestSignalBook)
#include "tst_signalbook.moc"
