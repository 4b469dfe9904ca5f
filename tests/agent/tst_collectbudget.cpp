// SPDX-License-Identifier: GPL-3.0-or-later
// The overhead budget as the collecting thread keeps it.
#include <QtTest>

#include "agent/pipeline/notices.h"
#include "tests/agent/collectbench.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using Bench = CollectBench;

class TestCollectBudget : public QObject {
    Q_OBJECT
private slots:
    void budget_thatIsPassedIsAnnouncedAndKept()
    {
        Bench bench;
        bench.kernel.hooks = {hook("a", 1)};
        const auto spend = [&](int seconds, std::uint64_t cpuNs, std::uint64_t runs, std::size_t events = 0) {
            for (int i = 0; i < seconds; ++i) {
                for (std::size_t k = 0; k < events; ++k) {
                    bench.kernel.records.push_back(bench.record());
                    bench.kernel.records.back().event.detail = wire::ProcessExit{};
                }
                bench.use.cpuNs = bench.use.cpuNs.value_or(0) + cpuNs;
                bench.kernel.hooks[0].runCount += runs;
                bench.kernel.hooks[0].runTimeNs += runs * 100;
                bench.second();
            }
        };
        spend(30, 5 * nsPerMs, 0);
        QVERIFY(bench.notices.all.empty());
        const auto saidAtRest = [&] {
            return QString::fromStdString(bench.logged.str()).count("budget: cpu 1.40 % of 1.00 % is spent on little");
        };
        spend(60, 8 * nsPerMs, 60'000, 1); // 0.8 % of the process and 0.6 % of its programs, for nothing that could be left out
        QVERIFY(bench.notices.all.empty());
        QCOMPARE(saidAtRest(), 1);
        spend(19, 8 * nsPerMs, 60'000, 25);
        QCOMPARE(saidAtRest(), 1);
        QCOMPARE(bench.notices.all.size(), std::size_t(1));
        QVERIFY(bench.notices.all[0].begins);
        QCOMPARE(bench.notices.all[0].step, ShedStep::Detail);
        QVERIFY(bench.notices.all[0].spent.kernelIncluded);
        QCOMPARE(bench.loop->snapshot()->budget.step, ShedStep::Detail);
        QVERIFY(bench.logged.str().find("budget: step 1 (detail) begins: cpu 1.") != std::string::npos);
        KernelRecord start = bench.record();
        start.event.detail = wire::ProcessExec{1, "sh", "/bin/true", {"secret"}, false};
        bench.kernel.records.push_back(std::move(start));
        spend(60, 3 * nsPerMs, 0);
        QCOMPARE(bench.notices.all.size(), std::size_t(2));
        QVERIFY(!bench.notices.all[1].begins);
        QVERIFY(bench.logged.str().find("budget: step 1 (detail) ends: cpu 0.30 % of 1.00 %") != std::string::npos);
        QVERIFY(bench.told<wire::ProcessExec>().at(0).arguments.empty());
        const auto told = bench.told<wire::AgentNotice>();
        QCOMPARE(told.size(), std::size_t(2));
        QCOMPARE(told[0].kind, wire::AgentNoticeKind::ShedBegin);
        QCOMPARE(told[0].what, std::string("detail"));
        QCOMPARE(told[0].unit, std::string("mcores"));
        QCOMPARE(told[0].limit, std::int64_t(10));
        QVERIFY(told[0].measured >= 10 && told[0].measured <= 14);
        QVERIFY(told[0].text.find("step 1 (detail) begins: cpu 1.") == 0);
        QCOMPARE(told[1].kind, wire::AgentNoticeKind::ShedEnd);
        QCOMPARE(told[1].measured, std::int64_t(3));
        QCOMPARE(bench.loop->snapshot()->budget.trimmedEvents, 1u);
        QCOMPARE(bench.loop->snapshot()->budget.stepsTaken, 1u);
    }

    void budget_withoutTheKernelsStatisticsSaysSoOnce()
    {
        Bench bench;
        bench.kernel.hooks = {hook("a")};
        for (int i = 0; i < 5; ++i) {
            bench.use.cpuNs = static_cast<std::uint64_t>(i);
            bench.second();
        }
        QCOMPARE(QString::fromStdString(bench.logged.str()).count("budget: cpu is without the kernel programs"), 1);
        QVERIFY(!bench.loop->snapshot()->budget.spent.kernelIncluded);
    }

    void budget_atTheEndHoldsNothingBack()
    {
        Bench bench;
        SourceCounterSet process{"process", {}};
        for (int i = 0; i < 25; ++i) {
            bench.use.residentBytes = std::uint64_t(1) << 30;
            bench.second();
        }
        QCOMPARE(bench.loop->snapshot()->budget.step, ShedStep::Fold);
        KernelRecord start = bench.record();
        start.event.process.pid = 7;
        bench.kernel.records.push_back(std::move(start));
        QVERIFY(bench.loop->turn());
        QVERIFY(bench.told<wire::ProcessExec>().empty());
        process.counters[Counter::Seen] = process.counters[Counter::Drained] = 1;
        bench.kernel.counters = {process};
        const wire::CounterReport last = bench.loop->finish();
        QCOMPARE(bench.told<wire::ProcessExec>().size(), std::size_t(1));
        QCOMPARE(last.sources.at(0).counters[Counter::Shed], 0u);
    }
};

QTEST_GUILESS_MAIN(TestCollectBudget)
#include "tst_collectbudget.moc"
