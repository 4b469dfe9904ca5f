// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <optional>

#include "agent/collect/kernel/runtimemeter.h"
#include "protocol/base/clock.h"

using namespace tapio;
using agent::RunTime;
using agent::RunTimeMeter;

namespace {

constexpr std::int64_t halfSecond = 500 * nsPerMs;

/// Programs that run at a steady pace, which the kernel counts only while it is asked to.
class SteadyKernel final : public agent::RunTimeStatistics {
public:
    bool turnOn() override
    {
        isOn = !refuses;
        return isOn;
    }
    void turnOff() override { isOn = false; }
    std::vector<RunTime> read() const override { return programs; }

    void pass(std::int64_t ns)
    {
        onNs += isOn ? ns : 0;
        for (std::size_t i = 0; isOn && i < programs.size(); ++i) {
            programs[i].runs += runsPerSecond[i] * static_cast<std::uint64_t>(ns) / nsPerSecond;
            programs[i].ns += runsPerSecond[i] * 200 * static_cast<std::uint64_t>(ns) / nsPerSecond;
        }
    }

    std::vector<RunTime> programs{{7000, 70}, {}};
    std::vector<std::uint64_t> runsPerSecond{1000, 0};
    std::int64_t onNs = 0;
    bool isOn = false;
    bool refuses = false;
};

struct Bench {
    explicit Bench(std::uint32_t seed = 1) : meter(std::in_place, kernel, now, seed) {}
    void turns(int count)
    {
        for (int i = 0; i < count; ++i) {
            kernel.pass(halfSecond);
            now += halfSecond;
            meter->turn(now);
        }
    }
    RunTime first() const { return meter->at(now).at(0); }

    SteadyKernel kernel;
    std::int64_t now = 100 * nsPerSecond;
    std::optional<RunTimeMeter> meter;
};

} // namespace

class tst_RunTimeMeter : public QObject {
    Q_OBJECT

private slots:
    void firstTurn_isKnownAtOnce();
    void steadyPace_isEstimatedRightly_data();
    void steadyPace_isEstimatedRightly();
    void aTenthOfTheTime_isMeasured();
    void whatComesRoundByTheClock_isNeitherMissedNorTakenForAll_data();
    void whatComesRoundByTheClock_isNeitherMissedNorTakenForAll();
    void estimate_neverFalls();
    void idleProgram_staysAtNothing();
    void refusal_standsStill();
    void end_turnsTheStatisticsOff();
};

void tst_RunTimeMeter::firstTurn_isKnownAtOnce()
{
    Bench bench;
    QVERIFY(bench.kernel.isOn);
    QCOMPARE(bench.first(), RunTime()); // what was counted before belongs to somebody else's time
    bench.kernel.pass(100 * nsPerMs);
    QCOMPARE(bench.first(), (RunTime{20'000, 100}));
}

void tst_RunTimeMeter::steadyPace_isEstimatedRightly_data()
{
    QTest::addColumn<int>("turns");
    for (const int turns : {1, 2, 9, 10, 11, 57, 1000})
        QTest::addRow("%d turns", turns) << turns;
}

void tst_RunTimeMeter::steadyPace_isEstimatedRightly()
{
    QFETCH(int, turns);
    Bench bench;
    bench.turns(turns);
    const auto expected = static_cast<std::uint64_t>(turns) * 500;
    QVERIFY2(bench.first().runs + 1 >= expected && bench.first().runs <= expected + 1, qPrintable(QString::number(bench.first().runs)));
    bench.now += 250 * nsPerMs; // between two turns
    QVERIFY(bench.first().runs + 1 >= expected + 250 && bench.first().runs <= expected + 251);
}

void tst_RunTimeMeter::aTenthOfTheTime_isMeasured()
{
    Bench bench;
    bench.turns(20'000);
    QVERIFY2(bench.kernel.onNs >= 1850 * halfSecond && bench.kernel.onNs <= 2150 * halfSecond, // three and a half standard deviations
             qPrintable(QString::number(bench.kernel.onNs / halfSecond)));
}

void tst_RunTimeMeter::whatComesRoundByTheClock_isNeitherMissedNorTakenForAll_data()
{
    QTest::addColumn<int>("turn");
    for (const int turn : {0, 3, 9})
        QTest::addRow("turn %d of ten", turn) << turn;
}

/// A program that runs in one turn of ten only, such as a look at all processes every five seconds.
void tst_RunTimeMeter::whatComesRoundByTheClock_isNeitherMissedNorTakenForAll()
{
    QFETCH(int, turn);
    Bench bench(4711);
    constexpr int rounds = 8000;
    for (int i = 0; i < rounds * 10; ++i) {
        bench.kernel.runsPerSecond[0] = i % 10 == turn ? 200 : 0;
        bench.turns(1);
    }
    const double share = static_cast<double>(bench.first().runs) / (rounds * 100.0);
    QVERIFY2(share > 0.85 && share < 1.15, qPrintable(QString::number(share)));
}

void tst_RunTimeMeter::estimate_neverFalls()
{
    Bench bench;
    RunTime last;
    for (int i = 0; i < 300; ++i) {
        bench.kernel.runsPerSecond[0] = i % 40 < 20 ? 100'000 : 3;
        bench.turns(1);
        const RunTime now = bench.first();
        QVERIFY(now.runs >= last.runs && now.ns >= last.ns);
        last = now;
    }
}

void tst_RunTimeMeter::idleProgram_staysAtNothing()
{
    Bench bench;
    bench.turns(100);
    QCOMPARE(bench.meter->at(bench.now).at(1), RunTime());
}

void tst_RunTimeMeter::refusal_standsStill()
{
    Bench bench;
    bench.turns(30);
    bench.kernel.refuses = true;
    bench.turns(200); // it was tried meanwhile
    const RunTime before = bench.first();
    QVERIFY(before.runs > 0);
    bench.turns(100);
    QCOMPARE(bench.first(), before);
    bench.kernel.refuses = false;
    bench.turns(100);
    QVERIFY(bench.first().runs > before.runs);
}

void tst_RunTimeMeter::end_turnsTheStatisticsOff()
{
    Bench bench;
    QVERIFY(bench.kernel.isOn);
    bench.meter.reset();
    QVERIFY(!bench.kernel.isOn);
}

QTEST_GUILESS_MAIN(tst_RunTimeMeter)
#include "tst_runtimemeter.moc"
