// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <map>
#include <random>
#include <tuple>

#include "tests/store/storefixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

struct Sampled {
    std::string node, pod, label;
    wire::Metric metric;
    std::int64_t timeNs = 0;
    std::int64_t value = 0;
};

using Key = std::tuple<std::string, std::string, std::string>; // node, pod, label

std::map<Key, std::map<std::int64_t, SeriesBucket>> expected(const std::vector<Sampled> &all, wire::Metric metric, std::int64_t from,
                                                             std::int64_t to, std::int64_t step)
{
    std::map<Key, std::map<std::int64_t, SeriesBucket>> out;
    from = from / step * step;
    to = (to + step - 1) / step * step;
    for (const Sampled &s : all) {
        if (s.metric != metric || s.timeNs < from || s.timeNs >= to)
            continue;
        SeriesBucket &b = out[{s.node, s.pod, s.label}][s.timeNs / step * step];
        if (b.n == 0)
            b = {0, 0, s.value, s.value, s.value, s.value, s.timeNs, s.timeNs};
        ++b.n;
        b.minimum = std::min(b.minimum, s.value);
        b.maximum = std::max(b.maximum, s.value);
        if (s.timeNs < b.firstNs)
            std::tie(b.firstNs, b.first) = std::tie(s.timeNs, s.value);
        if (s.timeNs > b.lastNs)
            std::tie(b.lastNs, b.last) = std::tie(s.timeNs, s.value);
    }
    return out;
}

bool same(const SeriesBucket &a, const SeriesBucket &b)
{
    return std::tie(a.n, a.first, a.last, a.minimum, a.maximum, a.firstNs, a.lastNs)
           == std::tie(b.n, b.first, b.last, b.minimum, b.maximum, b.firstNs, b.lastNs);
}

/// Three nodes, pods that come and go, a counter, a gauge with extremes and a rare metric; some batches late, by up to half an hour.
class RandomSeries {
public:
    void run(int ticks, std::int64_t tickNs, bool maintain)
    {
        for (int tick = 0; tick < ticks; ++tick) {
            for (int n = 0; n < 3; ++n)
                batch("node-" + std::to_string(n),
                      store.clock.utcNs() - (pick(40) == 0 ? static_cast<std::int64_t>(pick(1800)) * nsPerSecond + 1 : 0) - n, tick);
            store.clock.advance(tickNs);
            store.flush();
            if (maintain && pick(20) == 0)
                store.maintainAll();
        }
    }

    void batch(const std::string &node, std::int64_t timeNs, int tick)
    {
        wire::SampleBatch batch;
        batch.timeNs = timeNs;
        batch.labels = {"", "eth0", "lo"};
        for (int p = 0; p < 30; ++p) {
            const int generation = tick / 400; // pods are replaced
            const std::string name = "pod-" + std::to_string(p) + "-" + std::to_string(generation);
            if (p % 7 == 3 && pick(2) == 0)
                continue; // not every series is in every batch
            batch.origins.push_back(pod(name));
            const auto origin = static_cast<std::uint32_t>(batch.origins.size() - 1);
            add(batch, node, name, origin, wire::Metric::CpuUsageNs, 0, static_cast<std::int64_t>(tick) * 1'000'000 + p);
            add(batch, node, name, origin, wire::Metric::MemoryCurrentBytes, 0, extreme());
            if (p < 5) {
                add(batch, node, name, origin, wire::Metric::NetRxBytes, 1, tick);
                add(batch, node, name, origin, wire::Metric::NetRxBytes, 2, -tick);
            }
        }
        store.append(node, batch);
    }

    std::int64_t extreme()
    {
        switch (pick(6)) {
        case 0: return INT64_MAX;
        case 1: return INT64_MIN;
        case 2: return 0;
        default: return static_cast<std::int64_t>(m_random());
        }
    }
    std::size_t pick(std::size_t below) { return static_cast<std::size_t>(m_random() % below); }

    void compare(wire::Metric metric, std::int64_t from, std::int64_t to, std::int64_t step)
    {
        const auto wanted = expected(all, metric, from, to, step);
        const auto found = store.reader()->series({metric}, from, to, step, {});
        QVERIFY2(found, found ? "" : found.error().message().c_str());
        QCOMPARE(found->size(), wanted.size());
        for (const SeriesData &series : *found) {
            const auto reference = wanted.find({series.key.node, series.key.origin.podName, series.key.label});
            QVERIFY(reference != wanted.end());
            QCOMPARE(series.key.metric, metric);
            QCOMPARE(series.key.origin.namespaceName, std::string("shop"));
            std::size_t filled = 0;
            std::int64_t start = from / step * step;
            for (const SeriesBucket &bucket : series.buckets) {
                QCOMPARE(bucket.timeNs, start);
                start += step;
                const auto same0 = reference->second.find(bucket.timeNs);
                QCOMPARE(bucket.n != 0, same0 != reference->second.end());
                if (bucket.n == 0)
                    continue;
                ++filled;
                QVERIFY(same(bucket, same0->second));
            }
            QCOMPARE(filled, reference->second.size());
        }
    }

    StoreFixture store;
    std::vector<Sampled> all;

private:
    void add(wire::SampleBatch &batch, const std::string &node, const std::string &name, std::uint32_t origin, wire::Metric metric,
             std::uint32_t label, std::int64_t value)
    {
        batch.samples.push_back({metric, origin, label, value});
        all.push_back({node, name, batch.labels[label], metric, batch.timeNs, value});
    }

    std::mt19937_64 m_random{42};
};

wire::Delivery counterFrame(StoreFixture &store, std::int64_t timeNs, std::uint64_t seen)
{
    wire::CounterReport report;
    report.timeNs = timeNs;
    for (const char *source : {"process", "tcp"}) {
        CounterSet set;
        set[Counter::Seen] = seen;
        set[Counter::Rejected] = seen / 2;
        report.sources.push_back({source, set});
    }
    return store.frame("node-a", report);
}

} // namespace

class TestStoreSeries : public QObject {
    Q_OBJECT
private slots:
    void buckets_agreeWithAPlainScan_data()
    {
        QTest::addColumn<qint64>("tick");
        QTest::addColumn<qint64>("step");
        QTest::addColumn<bool>("maintain");
        QTest::newRow("every second, in seconds, never maintained") << qint64(nsPerSecond) << qint64(7 * nsPerSecond) << false;
        QTest::newRow("every second, in minutes, maintained") << qint64(nsPerSecond) << qint64(60 * nsPerSecond) << true;
        QTest::newRow("every ten seconds, in minutes, maintained") << qint64(10 * nsPerSecond) << qint64(120 * nsPerSecond) << true;
        QTest::newRow("every ten seconds, in odd steps, maintained") << qint64(10 * nsPerSecond) << qint64(96 * nsPerSecond) << true;
        QTest::newRow("every 30 s, one bucket of an hour, maintained") << qint64(30 * nsPerSecond) << qint64(3600 * nsPerSecond) << true;
    }
    void buckets_agreeWithAPlainScan()
    {
        QFETCH(qint64, tick);
        QFETCH(qint64, step);
        QFETCH(bool, maintain);
        RandomSeries random;
        const std::int64_t end = t0 + 1000 * tick;
        random.run(700, tick, maintain);
        random.store.reopen(); // what was not in blocks yet comes back
        random.run(300, tick, maintain);
        random.compare(wire::Metric::CpuUsageNs, t0 - 3600 * nsPerSecond, end, step);
        if (maintain)
            random.store.maintainAll();
        random.compare(wire::Metric::MemoryCurrentBytes, t0 - 3600 * nsPerSecond, end, step);
        random.compare(wire::Metric::NetRxBytes, t0 + 100 * tick + 1, t0 + 600 * tick - 1, step);
        random.compare(wire::Metric::CpuUsageNs, t0 + 300 * tick, t0 + 310 * tick, step);
        random.compare(wire::Metric::DiskReadOps, t0, end, step);
    }

    void aSeries_keepsItsIdentityWhenItsPodBecomesKnown()
    {
        StoreFixture store;
        wire::SampleBatch batch;
        wire::Origin origin = pod("web");
        origin.podName.clear();
        origin.namespaceName.clear();
        origin.attribution = wire::Attribution::Inferred;
        batch.timeNs = t0;
        batch.origins = {origin};
        batch.samples = {{wire::Metric::CpuUsageNs, 0, 0, 1}};
        store.append("node-a", batch);
        store.flush();
        batch.timeNs = t0 + nsPerSecond;
        batch.origins = {pod("web")};
        store.append("node-a", batch);
        store.flush();
        const auto series = store.reader()->series({wire::Metric::CpuUsageNs}, t0, t0 + 2 * nsPerSecond, nsPerSecond, {});
        QCOMPARE(series->size(), 1u);
        QCOMPARE(series->front().key.origin.podName, std::string("web"));
        QCOMPARE(series->front().buckets[0].n + series->front().buckets[1].n, 2u);
    }

    void series_ofTooManyTheNewestAreKept_data()
    {
        QTest::addColumn<std::int64_t>("step");
        QTest::addColumn<std::size_t>("atMost");
        QTest::addColumn<std::size_t>("kept");
        QTest::addColumn<std::uint64_t>("refused");
        for (const auto &[name, step] :
             {std::pair{"from the readings", 7 * nsPerSecond}, std::pair{"from the coarser level", 60 * nsPerSecond}}) {
            QTest::addRow("%s, too many", name) << step << std::size_t(10) << std::size_t(10) << std::uint64_t(12);
            QTest::addRow("%s, as many as there is room for", name) << step << std::size_t(22) << std::size_t(22) << std::uint64_t(0);
            QTest::addRow("%s, no room at all", name) << step << std::size_t(0) << std::size_t(0) << std::uint64_t(22);
        }
    }
    void series_ofTooManyTheNewestAreKept()
    {
        QFETCH(std::int64_t, step);
        QFETCH(std::size_t, atMost);
        QFETCH(std::size_t, kept);
        QFETCH(std::uint64_t, refused);
        StoreFixture store;
        const auto sample = [&store](const std::string &prefix, int pods, int ticks, std::int64_t tickNs) {
            for (int tick = 0; tick < ticks; ++tick) {
                wire::SampleBatch batch;
                batch.timeNs = store.clock.utcNs();
                for (int i = 0; i < pods; ++i) {
                    batch.origins.push_back(pod(prefix + std::to_string(i)));
                    batch.samples.push_back({wire::Metric::CpuUsageNs, static_cast<std::uint32_t>(i), 0, tick});
                }
                store.append("node-a", batch);
                store.clock.advance(tickNs);
                store.flush();
            }
        };
        sample("old-", 12, 3 * 3600 / 30, 30 * nsPerSecond);
        store.maintainAll();
        store.clock.advance(300 * nsPerSecond); // what was there becomes a block with the next flush
        sample("new-", 10, 2, nsPerSecond);
        const auto found = store.reader()->seriesAtMost(atMost, {wire::Metric::CpuUsageNs}, t0, store.clock.utcNs(), step, {});
        QVERIFY2(found, found ? "" : found.error().message().c_str());
        QCOMPARE(found->series.size(), kept);
        QCOMPARE(found->refused, refused);
        for (const SeriesData &each : found->series)
            QVERIFY2(refused == 0 || each.key.origin.podName.starts_with("new-"), each.key.origin.podName.c_str());
    }

    void manySeries_doNotCloseInOneFlush()
    {
        StoreFixture store;
        wire::SampleBatch batch;
        for (int i = 0; i < 200; ++i)
            batch.origins.push_back(pod("pod-" + std::to_string(i)));
        for (std::uint16_t metric = 1; metric < 75; ++metric) {
            for (std::uint32_t origin = 0; origin < 200; ++origin)
                batch.samples.push_back({static_cast<wire::Metric>(metric), origin, 0, metric});
        }
        for (int tick = 0; tick < 75; ++tick) {
            batch.timeNs = t0 + tick * nsPerSecond;
            store.append("node-a", batch);
            store.clock.advance(nsPerSecond);
            store.flush();
        }
        const auto series = store.reader()->series({static_cast<wire::Metric>(33)}, t0, t0 + 75 * nsPerSecond, 75 * nsPerSecond, {});
        QCOMPARE(series->size(), 200u);
        for (const SeriesData &data : *series) {
            std::uint32_t n = 0;
            for (const SeriesBucket &bucket : data.buckets)
                n += bucket.n;
            QCOMPARE(n, 75u);
        }
    }

    void histograms_giveTheLastReadingOfEachBucket()
    {
        StoreFixture store;
        for (std::uint64_t tick = 0; tick < 200; ++tick) {
            wire::SampleBatch batch;
            batch.timeNs = t0 + static_cast<std::int64_t>(tick) * nsPerSecond;
            batch.origins = {pod("web"), pod("db")};
            batch.labels = {"", "vda read", "vda write"};
            wire::Histogram runQueue{wire::HistogramKind::RunQueueLatency, 0, 0, {}};
            wire::Histogram blockIo{wire::HistogramKind::BlockIoLatency, 1, 2, {}};
            for (std::size_t i = 0; i < wire::histogramBuckets; ++i) {
                runQueue.counts[i] = tick * (i + 1);
                blockIo.counts[i] = UINT64_MAX - tick;
            }
            batch.histograms = {runQueue, blockIo};
            store.append("node-a", batch);
            store.clock.advance(nsPerSecond);
            store.flush();
        }
        const auto reader = store.reader();
        const auto runQueue = reader->histograms(wire::HistogramKind::RunQueueLatency, t0, t0 + 200 * nsPerSecond, 50 * nsPerSecond, {});
        QCOMPARE(runQueue->size(), 4u);
        for (std::size_t b = 0; b < 4; ++b) {
            const auto &histogram = (*runQueue)[b];
            const std::uint64_t tick = b * 50 + 49;
            QCOMPARE(histogram.timeNs, t0 + static_cast<std::int64_t>(tick) * nsPerSecond);
            QCOMPARE(histogram.key.origin.podName, std::string("web"));
            for (std::size_t i = 0; i < wire::histogramBuckets; ++i)
                QCOMPARE(histogram.counts[i], tick * (i + 1));
        }
        const auto blockIo = reader->histograms(wire::HistogramKind::BlockIoLatency, t0, t0 + 200 * nsPerSecond, 3600 * nsPerSecond, {});
        QVERIFY(!blockIo->empty());
        QCOMPARE(blockIo->back().key.label, std::string("vda write"));
        QCOMPARE(blockIo->back().counts[25], UINT64_MAX - 199);
    }

    void counters_comeBackAsReports()
    {
        StoreFixture store;
        for (std::uint64_t i = 0; i < 300; ++i) {
            QVERIFY(store.writer().append(counterFrame(store, t0 + static_cast<std::int64_t>(i) * nsPerSecond, i * 10)));
            store.clock.advance(nsPerSecond);
            store.flush();
            if (i == 150)
                store.reopen();
        }
        store.maintainAll();
        const auto counters = store.reader()->counters(t0 + 100 * nsPerSecond, t0 + 200 * nsPerSecond, {});
        QCOMPARE(counters->size(), 100u);
        for (std::size_t i = 0; i < 100; ++i) {
            const StoreReader::StoredCounters &stored = (*counters)[i];
            QCOMPARE(stored.node, std::string("node-a"));
            QCOMPARE(stored.streamId, 7000u);
            QCOMPARE(stored.report.timeNs, t0 + static_cast<std::int64_t>(100 + i) * nsPerSecond);
            QCOMPARE(stored.report.sources.size(), 2u);
            QCOMPARE(stored.report.sources[1].source, std::string("tcp"));
            QCOMPARE(stored.report.sources[1].counters[Counter::Seen], (100 + i) * 10);
            QCOMPARE(stored.report.sources[1].counters[Counter::Rejected], (100 + i) * 5);
        }
    }

    void ruleCounters_areTheLastOfEachBucket()
    {
        StoreFixture store;
        for (std::uint64_t i = 0; i < 60; ++i) {
            const std::int64_t time = t0 + static_cast<std::int64_t>(i) * 10 * nsPerSecond;
            wire::CounterReport report{time, {{"process", {}}}};
            report.rules = {{"oom-kill", i, i * 2}, {"dns-slow", 7}};
            report.rules[0].open = 3;
            QVERIFY(store.writer().append(store.frame("node-a", report)));
            QVERIFY(store.writer().append(store.frame("server:hq", wire::CounterReport{time, {}, 0, {{"node-lost", i + 100}}})));
            store.clock.advance(10 * nsPerSecond);
            store.flush();
            if (i == 30)
                store.reopen();
        }
        store.maintainAll();
        const auto reader = store.reader();
        const auto stored = reader->ruleCounters(t0, t0 + 600 * nsPerSecond, 300 * nsPerSecond, {});
        QVERIFY2(stored, stored ? "" : stored.error().message().c_str());
        QCOMPARE(stored->size(), std::size_t(8)); // of each stream the first and the last of two buckets
        for (std::size_t i = 0; i < 8; ++i) {
            const StoreReader::StoredCounters &one = (*stored)[i];
            const std::uint64_t tick = std::array<std::uint64_t, 4>{0, 29, 30, 59}[i / 2];
            QCOMPARE(one.report.timeNs, t0 + static_cast<std::int64_t>(tick) * 10 * nsPerSecond);
            QVERIFY(one.report.sources.empty());
            if (one.node == "node-a") {
                QCOMPARE(one.report.rules.size(), std::size_t(2));
                QCOMPARE(one.report.rules[0].rule, std::string("dns-slow"));
                QCOMPARE(one.report.rules[0].evaluations, std::uint64_t(7));
                QCOMPARE(one.report.rules[1].evidence, tick * 2);
                QCOMPARE(one.report.rules[1].open, std::uint64_t(3));
            } else {
                QCOMPARE(one.report.rules.size(), std::size_t(1));
                QCOMPARE(one.report.rules[0].evaluations, tick + 100);
            }
        }
        // Counters of sources are what they were.
        const auto counters = reader->counters(t0, t0 + 600 * nsPerSecond, {});
        QCOMPARE(counters->size(), std::size_t(60));
        QCOMPARE(counters->front().report.sources.size(), std::size_t(1));
        QVERIFY(!reader->ruleCounters(t0, t0 + 1, 0, {}));
    }

    void figures_areFoundByPrefix()
    {
        StoreFixture store;
        for (int i = 0; i < 100; ++i) {
            const std::int64_t time = t0 + i * nsPerSecond;
            QVERIFY(store.writer().putFigures(
                {{time, "latency.p99", "", 0.5 * i}, {time, "latency.p99", "node-a", -1.25 * i}, {time, "queue.events", "", 1e300}}));
            store.clock.advance(nsPerSecond);
            store.flush();
        }
        const auto reader = store.reader();
        const auto latency = reader->figures("latency.", t0, t0 + 100 * nsPerSecond, 10 * nsPerSecond, {});
        QCOMPARE(latency->size(), 20u);
        QVERIFY(std::is_sorted(latency->begin(), latency->end(), [](const Figure &a, const Figure &b) { return a.timeNs < b.timeNs; }));
        QCOMPARE(latency->back().timeNs, t0 + 99 * nsPerSecond);
        QCOMPARE(latency->back().value, latency->back().label.empty() ? 49.5 : -123.75);
        QCOMPARE(reader->figures("queue.events", t0, t0 + 100 * nsPerSecond, 1000 * nsPerSecond, {})->back().value, 1e300);
        QVERIFY(reader->figures("nothing", t0, t0 + 100 * nsPerSecond, nsPerSecond, {})->empty());
    }

    void figures_keepTheirExtremes_data()
    {
        QTest::addColumn<bool>("maintained");
        QTest::newRow("recent") << false;
        QTest::newRow("from the coarser level") << true;
    }
    void figures_keepTheirExtremes()
    {
        QFETCH(bool, maintained);
        StoreFixture store;
        const std::int64_t hour = 3600 * nsPerSecond, from = t0 / hour * hour + hour;
        for (int i = 0; i < 4 * 360; ++i) { // one each ten seconds; a peak, a pit, and the last of each minute is 5
            const double value = i == 100 ? 900 : i == 200 ? 0.001 : 5;
            store.clock.advance(10 * nsPerSecond);
            QVERIFY(store.writer().putFigures({{from + i * 10 * nsPerSecond, "latency.p99", "total", value}}));
            if (i % 30 == 29)
                store.flush();
        }
        store.flush();
        if (maintained) {
            store.clock.advance(24 * hour);
            store.maintainAll();
        }
        const auto figures = store.reader()->figureExtremes("latency.", from, from + 4 * hour, 30 * 60 * nsPerSecond, {});
        QVERIFY2(figures, figures ? "" : figures.error().message().c_str());
        QCOMPARE(figures->size(), 8u * 3);
        for (std::size_t bucket = 0; bucket < 8; ++bucket) {
            const Figure *three = &(*figures)[bucket * 3];
            QCOMPARE(three[0].value, bucket == 1 ? 0.001 : 5.);
            QCOMPARE(three[1].value, bucket == 0 ? 900. : 5.);
            QCOMPARE(three[2].value, 5.);
            QCOMPARE(three[0].timeNs, three[2].timeNs);
        }
    }

    void ranges_areChecked_data()
    {
        QTest::addColumn<qint64>("from");
        QTest::addColumn<qint64>("to");
        QTest::addColumn<qint64>("step");
        QTest::addColumn<bool>("good");
        QTest::newRow("no step") << qint64(0) << qint64(10) << qint64(0) << false;
        QTest::newRow("too many buckets") << qint64(0) << qint64(INT64_MAX) << qint64(1) << false;
        QTest::newRow("all time in hours is too much") << qint64(0) << qint64(INT64_MAX) << qint64(3600) * nsPerSecond << false;
        QTest::newRow("an empty range") << qint64(10) << qint64(10) << qint64(1) << true;
        QTest::newRow("a range turned around") << qint64(10) << qint64(5) << qint64(1) << true;
        QTest::newRow("before 1970") << qint64(-100) << qint64(100) << qint64(30) << true;
    }
    void ranges_areChecked()
    {
        QFETCH(qint64, from);
        QFETCH(qint64, to);
        QFETCH(qint64, step);
        StoreFixture store;
        const auto series = store.reader()->series({wire::Metric::CpuUsageNs}, from, to, step, {});
        QTEST(series.has_value(), "good");
        if (!series)
            QCOMPARE(series.error().code(), Errc::InvalidArgument);
    }
};

QTEST_APPLESS_MAIN(TestStoreSeries)
#include "tst_storeseries.moc"
