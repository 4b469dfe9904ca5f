// SPDX-License-Identifier: GPL-3.0-or-later
// When the overhead budget sheds, and when it stops.
#include <QtTest>

#include <optional>

#include "agent/pipeline/budget.h"
#include "protocol/base/clock.h"

using namespace tapio;
using namespace tapio::agent;

namespace {

/// What it costs for some seconds.
struct Spell {
    int seconds = 0;
    double cpu = 0;    ///< percent of one core, of the process
    double kernel = 0; ///< of its kernel programs; -1 = no statistics
    std::uint64_t rssMb = 10;
    std::uint64_t bytesPerSecond = 0;
    bool measured = true; ///< false: /proc and clock cannot be read
    int events = -1;      ///< a second that may be shed; -1 = not known
};

constexpr Spell quiet(int seconds, double cpu, int events) { return {seconds, cpu, 0, 10, 0, true, events}; }
using Spells = std::vector<Spell>;

BudgetLimits limits(double cpu, std::uint64_t rssMb = 64, std::uint64_t bytes = 0) { return {cpu, rssMb << 20, bytes}; }

/// Runs the spells second by second; "+1@20 -1@60": step 1 begins at 20 s, ends at 60 s.
QString run(OverheadBudget &budget, const Spells &spells, int everySeconds = 1)
{
    QStringList steps;
    BudgetReading reading{0, 0, 0, 0, 0};
    int second = 0;
    for (const Spell &spell : spells) {
        for (int i = 0; i < spell.seconds; ++i, ++second) {
            constexpr double nsPerPercent = 1e7;
            const std::uint64_t cpuNs = reading.cpuNs.value_or(0) + std::uint64_t(spell.cpu * nsPerPercent);
            const std::uint64_t kernelNs = reading.kernelNs.value_or(0) + std::uint64_t(std::max(spell.kernel, 0.0) * nsPerPercent);
            const std::uint64_t sheddable = reading.sheddable.value_or(0) + std::uint64_t(std::max(spell.events, 0));
            reading = {cpuNs, kernelNs, spell.rssMb << 20, reading.sentBytes + spell.bytesPerSecond, sheddable};
            if (second % everySeconds != 0)
                continue;
            BudgetReading seen = reading;
            if (spell.kernel < 0)
                seen.kernelNs.reset();
            if (!spell.measured)
                seen = {std::nullopt, std::nullopt, std::nullopt, reading.sentBytes};
            if (spell.events < 0)
                seen.sheddable.reset();
            if (const auto notice = budget.note((100 + second) * nsPerSecond, seen))
                steps.append(QString("%1%2@%3").arg(notice->begins ? "+" : "-").arg(int(notice->step)).arg(second));
        }
    }
    return steps.join(' ');
}

} // namespace

Q_DECLARE_METATYPE(Spells)
Q_DECLARE_METATYPE(tapio::agent::BudgetLimits)

class TestBudget : public QObject {
    Q_OBJECT
private slots:
    void steps_data()
    {
        QTest::addColumn<BudgetLimits>("limits");
        QTest::addColumn<Spells>("spells");
        QTest::addColumn<QString>("steps");
        const BudgetLimits one = limits(1);
        QTest::newRow("at rest") << one << Spells{{300, 0.3}} << "";
        QTest::newRow("just within") << one << Spells{{300, 1.0}} << "";
        QTest::newRow("over: a step each ten seconds, and no fifth") << one << Spells{{300, 3}} << "+1@11 +2@21 +3@31 +4@41";
        QTest::newRow("kernel programs count") << one << Spells{{15, 0.6, 0.6}} << "+1@11";
        QTest::newRow("without the kernel's statistics the process alone counts") << one << Spells{{60, 0.6, -1}} << "";
        QTest::newRow("without the kernel's statistics it is still kept") << one << Spells{{15, 1.5, -1}} << "+1@11";
        QTest::newRow("a spike shorter than the window's share") << one << Spells{{30, 0.2}, {2, 4}, {60, 0.2}} << "";
        QTest::newRow("a spike of one second is over for as long as the window") << one << Spells{{30, 0.2}, {1, 20}, {60, 0.2}} << "";
        QTest::newRow("a long spike, and back after thirty seconds below")
            << one << Spells{{30, 0.2}, {10, 5}, {100, 0.2}} << "+1@41 -1@78";
        QTest::newRow("back step by step") << one << Spells{{35, 3}, {140, 0.1}} << "+1@11 +2@21 +3@31 -3@72 -2@102 -1@132";
        QTest::newRow("between 80 % and all nothing moves") << one << Spells{{15, 3}, {300, 0.9}} << "+1@11 +2@21";
        QTest::newRow("a dip shorter than thirty seconds gives nothing back") << one << Spells{{13, 3}, {20, 0.1}, {200, 0.9}} << "+1@11";
        QTest::newRow("a ramp") << one << Spells{{60, 0.5}, {60, 0.9}, {60, 1.3}} << "+1@132 +2@142 +3@152 +4@162";
        QTest::newRow("memory only") << limits(0, 64) << Spells{{5, 500, 0, 63}, {15, 500, 0, 65}} << "+1@15";
        QTest::newRow("memory at the limit's fifth stays") << limits(0, 64) << Spells{{12, 0, 0, 65}, {100, 0, 0, 55}} << "+1@10";
        QTest::newRow("memory back") << limits(0, 64) << Spells{{12, 0, 0, 65}, {32, 0, 0, 50}} << "+1@10 -1@42";
        QTest::newRow("bandwidth only") << limits(0, 0, 1000) << Spells{{20, 500, 0, 500, 1500}} << "+1@11";
        QTest::newRow("bandwidth within") << limits(0, 0, 1000) << Spells{{60, 500, 0, 500, 1000}} << "";
        QTest::newRow("one low does not make up for another") << limits(1, 64) << Spells{{12, 0.1, 0, 100}, {100, 0.9, 0, 10}} << "+1@10";
        QTest::newRow("at rest nothing is shed, whatever it costs") << one << Spells{quiet(300, 3, 0)} << "";
        QTest::newRow("nor for events whose end would not be felt") << one << Spells{quiet(300, 3, 19)} << "";
        QTest::newRow("but where they can be felt") << one << Spells{quiet(25, 3, 20)} << "+1@11 +2@21";
        QTest::newRow("of a lower limit fewer can") << limits(0.1) << Spells{quiet(15, 0.3, 3)} << "+1@11";
        QTest::newRow("of a higher limit more are needed") << limits(10) << Spells{quiet(60, 30, 199), quiet(20, 30, 200)} << "+1@79";
        QTest::newRow("what came to an end gives the steps back, though the rest still costs too much")
            << one << Spells{quiet(25, 3, 500), quiet(100, 2, 0)} << "+1@11 +2@21 +3@31 -3@64 -2@94 -1@124";
        QTest::newRow("memory is kept at rest too") << limits(1, 64) << Spells{{12, 0.3, 0, 65, 0, true, 0}} << "+1@10";
        QTest::newRow("no limits") << limits(0, 0) << Spells{{60, 900, 900, 9000, 9000}} << "";
        QTest::newRow("nothing can be measured") << one << Spells{{60, 9, 9, 900, 0, false}} << "";
        QTest::newRow("what can no longer be measured holds no step") << one << Spells{{12, 3}, {60, 9, 9, 900, 0, false}} << "+1@11 -1@42";
    }
    void steps()
    {
        QFETCH(BudgetLimits, limits);
        QFETCH(Spells, spells);
        OverheadBudget budget(limits);
        QTEST(run(budget, spells), "steps");
    }

    void readings_thatComeSeldomDecideTheSame()
    {
        OverheadBudget budget(limits(1));
        QCOMPARE(run(budget, {{60, 3}}, 5), QString("+1@15 +2@25 +3@35 +4@45"));
    }

    void spent_isOverTheWindow()
    {
        OverheadBudget budget(limits(1));
        run(budget, {{100, 1, 0.5, 20, 100}, {5, 3, 0.5, 30, 300}});
        QVERIFY(qAbs(*budget.spent().cpuPercent - 2.5) < 0.01); // half a window of each
        QVERIFY(budget.spent().kernelIncluded);
        QCOMPARE(*budget.spent().rssBytes, std::uint64_t(30) << 20);
        QVERIFY(qAbs(*budget.spent().bytesPerSecond - 200) < 1);
    }

    void spent_isNotKnownFromOneReading()
    {
        OverheadBudget budget(limits(1));
        QVERIFY(!budget.note(nsPerSecond, {900 * std::uint64_t(nsPerSecond), 0, 0, 0}));
        QVERIFY(!budget.spent().cpuPercent);
    }

    void counters_thatFallBeginTheWindowAnew()
    {
        OverheadBudget budget(limits(1));
        run(budget, {{5, 1, 1}});
        QVERIFY(!budget.note(200 * nsPerSecond, {std::uint64_t(nsPerSecond), 0, 0, 0})); // programs were detached
        QVERIFY(!budget.spent().cpuPercent);
        QVERIFY(!budget.note(201 * nsPerSecond, {std::uint64_t(nsPerSecond) + std::uint64_t(nsPerMs), 0, 0, 0}));
        QVERIFY(qAbs(*budget.spent().cpuPercent - 0.1) < 0.001);
    }

    void rest_thatIsTooDearIsKnown_data()
    {
        QTest::addColumn<Spells>("spells");
        QTest::addColumn<bool>("isOver");
        QTest::newRow("within the limit") << Spells{quiet(60, 0.9, 0)} << false;
        QTest::newRow("over it, but not for ten seconds") << Spells{quiet(60, 0.5, 0), quiet(8, 2, 0)} << false;
        QTest::newRow("over it for longer") << Spells{quiet(60, 0.5, 0), quiet(30, 2, 0)} << true;
        QTest::newRow("between 80 % and all it stays so") << Spells{quiet(30, 2, 0), quiet(60, 0.9, 0)} << true;
        QTest::newRow("below 80 %, but not for long") << Spells{quiet(30, 2, 0), quiet(30, 0.5, 0)} << true;
        QTest::newRow("below 80 % for half a minute") << Spells{quiet(30, 2, 0), quiet(45, 0.5, 0)} << false;
        QTest::newRow("a burst of events between: it is still the same")
            << Spells{quiet(30, 2, 0), quiet(5, 2, 500), quiet(8, 2, 0)} << true;
        QTest::newRow("events always came") << Spells{quiet(30, 2, 100)} << false;
    }
    void rest_thatIsTooDearIsKnown()
    {
        QFETCH(Spells, spells);
        OverheadBudget budget(limits(1));
        run(budget, spells);
        QTEST(budget.isOverAtRest(), "isOver");
        budget.setLimits(limits(5));
        QVERIFY(!budget.isOverAtRest());
    }

    void limits_thatChangeBeginTheirTimeAnew()
    {
        OverheadBudget budget(limits(1));
        QCOMPARE(run(budget, {{11, 3}}), QString());
        budget.setLimits(limits(2));
        QVERIFY(!budget.note(111 * nsPerSecond, {std::uint64_t(nsPerSecond), 0, 0, 0}));
        QCOMPARE(budget.step(), ShedStep::None);
    }

    void notice_saysWhatItIsAbout_data()
    {
        QTest::addColumn<BudgetLimits>("limits");
        QTest::addColumn<Spells>("spells");
        QTest::addColumn<QString>("text");
        QTest::newRow("all measured")
            << limits(1) << Spells{{12, 2, 1, 20, 50}}
            << "step 1 (detail) begins: cpu 3.00 % of 1.00 %, memory 20.0 MB of 64.0 MB, 50 bytes/s without a limit";
        QTest::newRow("without the kernel's statistics") << limits(1) << Spells{{12, 2, -1, 20, 50}}
                                                         << "step 1 (detail) begins: cpu 2.00 % of 1.00 % (kernel programs not measured), "
                                                            "memory 20.0 MB of 64.0 MB, 50 bytes/s without a limit";
        QTest::newRow("bandwidth")
            << limits(0, 0, 40) << Spells{{12, 2, 1, 20, 50}}
            << "step 1 (detail) begins: cpu 3.00 % without a limit, memory 20.0 MB without a limit, 50 bytes/s of 40";
    }
    void notice_saysWhatItIsAbout()
    {
        QFETCH(BudgetLimits, limits);
        QFETCH(Spells, spells);
        OverheadBudget budget(limits);
        const QString steps = run(budget, spells);
        QVERIFY2(steps.startsWith("+1@"), qPrintable(steps));
        QTEST(QString::fromStdString(describe({budget.step(), true, budget.spent(), budget.limits()})), "text");
    }
};

QTEST_APPLESS_MAIN(TestBudget)
#include "tst_budget.moc"
