// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "console/core/metrics/livemodel.h"
#include "tests/console/inputbuilder.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;
using wire::Metric;

namespace {

constexpr double mib = 1024 * 1024;

/// An agent that uses `percent` of a core.
void run(InputBuilder &builder, const std::string &node, double from, double to, double percent, double rss)
{
    builder.samples(node, Metric::AgentCpuNs, InputBuilder::host(), from, to, 5e9, percent / 100 * 1e9)
        .samples(node, Metric::AgentRssBytes, InputBuilder::host(), from, to, rss, 0);
}

std::vector<AgentCost> costs(const InputBuilder &builder) { return computeOverview(builder.input, 1).agentCosts; }

} // namespace

/// What the agents say that they cost.
class TestAgentCosts : public QObject {
    Q_OBJECT
private slots:
    void isMeasuredPerNode()
    {
        InputBuilder builder;
        run(builder, "b", 0, 900, 2.5, 40 * mib);
        run(builder, "a", 0, 900, 0.4, 23 * mib);
        const std::vector<AgentCost> found = costs(builder);
        QCOMPARE(found.size(), 2u);
        QCOMPARE(found[0].node, std::string("a"));
        QCOMPARE(*found[0].cpuPercent, 0.4);
        QCOMPARE(*found[0].rssBytes, 23 * mib);
        QCOMPARE(*found[1].cpuPercent, 2.5);
    }

    void isOfTheLastMinute()
    {
        InputBuilder builder;
        builder.samples("a", Metric::AgentCpuNs, InputBuilder::host(), 0, 900, 0, 0);
        for (SeriesBucket &bucket : builder.input.series[0].buckets) { // 10 % from second 840 on, nothing before
            const std::int64_t used = std::max<std::int64_t>(0, bucket.timeNs - at(840)) / 10;
            bucket = {bucket.timeNs, 1, used, used, used, used, bucket.timeNs, bucket.timeNs};
        }
        QCOMPARE(*costs(builder).at(0).cpuPercent, 10.);
    }

    void oneReadingIsNoRate()
    {
        InputBuilder builder;
        run(builder, "a", 900, 900, 0.4, 23 * mib);
        const std::vector<AgentCost> found = costs(builder);
        QCOMPARE(found.size(), 1u);
        QVERIFY(!found[0].cpuPercent);
        QCOMPARE(*found[0].rssBytes, 23 * mib);
    }

    void anAgentStartedAnewIsMeasuredFromThere_data()
    {
        QTest::addColumn<int>("awaySeconds");
        QTest::newRow("at once") << 0;
        QTest::newRow("after a while") << 600;
    }
    void anAgentStartedAnewIsMeasuredFromThere()
    {
        QFETCH(int, awaySeconds);
        InputBuilder builder;
        builder.samples("a", Metric::AgentCpuNs, InputBuilder::host(), 0, 900, 8e9, 4e6);
        std::vector<SeriesBucket> &buckets = builder.input.series[0].buckets;
        std::erase_if(buckets,
                      [&](const SeriesBucket &bucket) { return bucket.timeNs >= at(880 - awaySeconds) && bucket.timeNs < at(880); });
        for (SeriesBucket &bucket : buckets) {
            if (bucket.timeNs < at(880))
                continue;
            const std::int64_t used = (bucket.timeNs - at(880)) / 50; // 2 % since then
            bucket = {bucket.timeNs, 1, used, used, used, used, bucket.timeNs, bucket.timeNs};
        }
        QCOMPARE(*costs(builder).at(0).cpuPercent, 2.);
    }

    void includesTheProgramsInTheKernelWhereTheyAreMeasured_data()
    {
        QTest::addColumn<int>("from");
        QTest::addColumn<int>("to");
        QTest::addColumn<bool>("measured");
        QTest::newRow("all the time") << 0 << 900 << true;
        QTest::newRow("for a moment only") << 900 << 900 << false;
        QTest::newRow("until some minutes ago") << 0 << 600 << false;
        QTest::newRow("never") << -1 << -2 << false;
    }
    void includesTheProgramsInTheKernelWhereTheyAreMeasured()
    {
        QFETCH(int, from);
        QFETCH(int, to);
        QFETCH(bool, measured);
        InputBuilder builder;
        run(builder, "a", 0, 900, 0.5, 23 * mib);
        if (from <= to)
            builder.samples("a", Metric::AgentBpfRunNs, InputBuilder::host(), from, to, 5e9, 0.0025 * 1e9);
        const std::vector<AgentCost> found = costs(builder);
        QCOMPARE(found.size(), 1u);
        QCOMPARE(found[0].kernelPercent.has_value(), measured);
        QCOMPARE(found[0].kernelPercent.value_or(0), measured ? 0.25 : 0.);
        QCOMPARE(*found[0].cpuPercent, measured ? 0.75 : 0.5);
    }

    void programsInTheKernelAloneAreNoAgent()
    {
        InputBuilder builder;
        builder.samples("a", Metric::AgentBpfRunNs, InputBuilder::host(), 0, 900, 5e9, 1e6);
        QVERIFY(costs(builder).empty());
    }

    void whatIsOldIsNotClaimed()
    {
        InputBuilder builder;
        run(builder, "a", 0, 840, 0.4, 23 * mib);
        QVERIFY(costs(builder).empty());
        QVERIFY(costs(InputBuilder()).empty());
    }

    void comesFromWhatTheAgentsSample()
    {
        LiveModel model;
        for (int second = 0; second <= 20; ++second) {
            wire::SampleBatch batch;
            batch.timeNs = at(second);
            batch.origins = {InputBuilder::host()};
            batch.samples = {{Metric::AgentCpuNs, 0, 0, second * 5'000'000},
                             {Metric::AgentRssBytes, 0, 0, 1000 + second},
                             {Metric::AgentBpfRunNs, 0, 0, second * 1'000'000}};
            wire::Delivery delivery;
            delivery.node = "a";
            delivery.receivedNs = at(second);
            delivery.frame.body = std::move(batch);
            model.onDelivery(delivery, at(second));
            model.tick(at(second), {}, 0);
        }
        const std::vector<AgentCost> found = model.overview(1).agentCosts;
        QCOMPARE(found.size(), 1u);
        QCOMPARE(*found[0].cpuPercent, 0.6);
        QCOMPARE(*found[0].kernelPercent, 0.1);
        QCOMPARE(*found[0].rssBytes, 1020.);
    }

    void containersAreNotTheAgent()
    {
        InputBuilder builder;
        builder.samples("a", Metric::AgentRssBytes, InputBuilder::pod("web", "c1"), 0, 900, 9, 0);
        QVERIFY(costs(builder).empty());
    }
};

QTEST_APPLESS_MAIN(TestAgentCosts)
#include "tst_agentcosts.moc"
