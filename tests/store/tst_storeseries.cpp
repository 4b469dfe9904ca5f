// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "tests/store/storefixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

wire::SampleBatch batchAt(std::int64_t timeNs, std::int64_t value)
{
    wire::SampleBatch batch;
    batch.timeNs = timeNs;
    batch.origins = {pod("web"), pod("db")};
    batch.labels = {"", "eth0"};
    batch.samples = {{wire::Metric::CpuUsageNs, 0, 0, value}, {wire::Metric::CpuUsageNs, 1, 0, -value}, {wire::Metric::NetRxBytes, 0, 1, value * 1000}};
    return batch;
}

} // namespace

class TestStoreSeries : public QObject {
    Q_OBJECT
private slots:
    void series_haveExactBuckets()
    {
        StoreFixture store;
        for (int i = 0; i < 300; ++i) {
            store.append("node-a", batchAt(t0 + i * nsPerSecond, i));
            store.clock.advance(nsPerSecond);
            store.flush();
        }
        const auto data = store.reader()->series({wire::Metric::CpuUsageNs}, t0, t0 + 300 * nsPerSecond, 10 * nsPerSecond, {});
        QVERIFY2(data, data ? "" : data.error().message().c_str());
        QCOMPARE(data->size(), 2u);
        for (const SeriesData &series : *data) {
            const std::int64_t sign = series.key.origin.podName == "web" ? 1 : -1;
            QCOMPARE(series.buckets.size(), 30u);
            for (std::size_t b = 0; b < series.buckets.size(); ++b) {
                const SeriesBucket &bucket = series.buckets[b];
                const auto first = static_cast<std::int64_t>(b) * 10;
                QCOMPARE(bucket.n, 10u);
                QCOMPARE(bucket.first, sign * first);
                QCOMPARE(bucket.last, sign * (first + 9));
                QCOMPARE(bucket.minimum, std::min(sign * first, sign * (first + 9)));
                QCOMPARE(bucket.maximum, std::max(sign * first, sign * (first + 9)));
                QCOMPARE(bucket.firstNs, t0 + first * nsPerSecond);
                QCOMPARE(bucket.lastNs, t0 + (first + 9) * nsPerSecond);
            }
        }
    }
};

QTEST_APPLESS_MAIN(TestStoreSeries)
#include "tst_storeseries.moc"
