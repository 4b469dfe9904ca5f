// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cmath>

#include "console/core/metrics/livemodel.h"
#include "tests/console/inputbuilder.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;
using wire::Metric;

namespace {

/// Memory of node "a" and of one pod on it.
wire::Delivery sampled(double second)
{
    wire::SampleBatch batch;
    batch.timeNs = at(second);
    batch.origins = {InputBuilder::host(), InputBuilder::pod("web", "c1")};
    batch.samples = {{Metric::NodeMemoryTotalBytes, 0, 0, 1000},
                     {Metric::NodeMemoryAvailableBytes, 0, 0, 400},
                     {Metric::MemoryWorkingSetBytes, 1, 0, 300}};
    wire::Delivery delivery;
    delivery.node = "a";
    delivery.receivedNs = at(second);
    delivery.frame.streamId = 1;
    delivery.frame.body = std::move(batch);
    return delivery;
}

/// Ticks each second; the agent samples every five in [fromSecond, toSecond).
void run(LiveModel &model, int start, int end, int fromSecond, int toSecond)
{
    for (int second = start; second <= end; ++second) {
        if (second >= fromSecond && second < toSecond && second % 5 == 0)
            model.onDelivery(sampled(second), at(second));
        model.tick(at(second), {}, 0);
    }
}

double widthSeconds(LiveModel &model)
{
    const PanelSnapshot panel = model.overview(1).panels[static_cast<std::size_t>(PanelId::MemoryUsage)];
    return static_cast<double>(panel.toNs - panel.fromNs) / nsPerSecond;
}

/// Buckets of the memory panel that nobody sampled, from the first to the last of its range.
int holes(LiveModel &model)
{
    const PanelSnapshot panel = model.overview(1).panels[static_cast<std::size_t>(PanelId::MemoryUsage)];
    const auto buckets = static_cast<int>((panel.toNs - panel.fromNs) / panel.bucketNs);
    int sampledBuckets = 0;
    const std::vector<PlotPoint> points = panel.series.empty() ? std::vector<PlotPoint>() : panel.series.front().points;
    for (const PlotPoint &point : points)
        sampledBuckets += std::isnan(point.value) ? 0 : 1;
    return buckets - sampledBuckets;
}

} // namespace

/// Where the range of Live begins.
class TestLiveRange : public QObject {
    Q_OBJECT
private slots:
    void begins_data()
    {
        QTest::addColumn<int>("agentFrom");
        QTest::addColumn<int>("agentTo");
        QTest::addColumn<int>("now");
        QTest::addColumn<double>("width");
        QTest::newRow("a minute at least") << 0 << 9999 << 20 << 60.;
        QTest::newRow("with the first sample") << 0 << 9999 << 200 << 200.;
        QTest::newRow("not with the start of the console") << 300 << 9999 << 500 << 200.;
        QTest::newRow("as wide as the window") << 0 << 9999 << 900 << 900.;
        QTest::newRow("and no wider: it slides") << 0 << 9999 << 1500 << 900.;
        QTest::newRow("an agent that went away does not make it narrow again") << 0 << 100 << 1500 << 900.;
        QTest::newRow("without an agent, with what the console measured itself") << 9999 << 9999 << 200 << 200.;
        QTest::newRow("which is a minute at least, too") << 9999 << 9999 << 5 << 60.;
    }
    void begins()
    {
        QFETCH(int, agentFrom);
        QFETCH(int, agentTo);
        QFETCH(int, now);
        QFETCH(double, width);
        LiveModel model;
        run(model, 0, now, agentFrom, agentTo);
        QCOMPARE(widthSeconds(model), width);
    }

    void rightAfterTheFirstMinute_nothingIsAHole()
    {
        LiveModel model;
        run(model, 0, 120, 30, 9999);
        QCOMPARE(widthSeconds(model), 90.);
        QCOMPARE(holes(model), 0);
    }

    void aGapAfterTheFirstSample_stays()
    {
        LiveModel model;
        run(model, 0, 100, 0, 9999);
        run(model, 101, 400, 300, 9999);
        QCOMPARE(widthSeconds(model), 400.);
        // 100 s to 300 s, but for what is kept for 15 s.
        QVERIFY2(holes(model) >= 35, qPrintable(QString::number(holes(model))));
        run(model, 401, 1100, 0, 9999); // the samples before the gap have left the window: the rest of the gap has not
        QCOMPARE(widthSeconds(model), 900.);
        QVERIFY(holes(model) >= 15);
    }

    void whatTheStoreKnew_isTheBeginning()
    {
        LiveModel before;
        run(before, 0, 300, 0, 9999);
        LiveModel model;
        model.seed(before.input());
        run(model, 310, 320, 310, 9999);
        QCOMPARE(widthSeconds(model), 320.);
    }

    /// The store answers with every bucket that was asked for, those before the first sample too.
    void emptyBucketsOfTheStore_areNoBeginning()
    {
        LiveModel before;
        run(before, 0, 300, 0, 9999);
        OverviewInput stored = before.input();
        for (SeriesData &series : stored.series)
            series.buckets.insert(series.buckets.begin(), SeriesBucket{at(-600)});
        LiveModel model;
        model.seed(std::move(stored));
        run(model, 310, 320, 310, 9999);
        QCOMPARE(widthSeconds(model), 320.);
    }

    void samplesThatComeLate_widenIt()
    {
        LiveModel model;
        run(model, 100, 200, 100, 9999);
        QCOMPARE(widthSeconds(model), 100.);
        wire::Delivery replayed = sampled(40);
        replayed.receivedNs = at(200);
        model.onDelivery(replayed, at(200));
        QCOMPARE(widthSeconds(model), 160.);
    }
};

QTEST_GUILESS_MAIN(TestLiveRange)
#include "tst_liverange.moc"
