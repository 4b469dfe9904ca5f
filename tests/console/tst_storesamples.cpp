// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <set>

#include "console/core/metrics/figurenames.h"
#include "console/core/metrics/metricnames.h"
#include "console/core/metrics/storesamples.h"
#include "console/core/promql/parser.h"
#include "tests/promql/memorysource.h"
#include "tests/store/storefixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

constexpr std::int64_t second = nsPerSecond;

wire::Origin host()
{
    wire::Origin origin;
    origin.cgroupPath = "/";
    return origin;
}

/// A host and a pod, ten seconds each five seconds: CPU time, memory and bytes received, a histogram of the run queue.
void fill(StoreFixture &store)
{
    for (std::int64_t i = 0; i <= 60; ++i) {
        wire::SampleBatch batch;
        batch.timeNs = t0 + i * 5 * second;
        batch.origins = {host(), pod("web-1")};
        batch.labels = {"", "eth0"};
        batch.samples = {{wire::Metric::CpuUsageNs, 0, 0, i * 5 * second},
                         {wire::Metric::CpuUsageNs, 1, 0, i * second},
                         {wire::Metric::MemoryWorkingSetBytes, 1, 0, 1000 + i},
                         {wire::Metric::NetRxBytes, 0, 1, i * 100},
                         {wire::Metric::NetRxBytes, 1, 1, i * 10}};
        wire::Histogram histogram;
        histogram.kind = wire::HistogramKind::RunQueueLatency;
        histogram.counts[0] = static_cast<std::uint64_t>(i);
        histogram.counts[3] = static_cast<std::uint64_t>(2 * i);
        batch.histograms = {histogram};
        store.append("node-a", std::move(batch));
        if (i % 7 == 0)
            store.flush();
    }
    if (!store.writer().putFigures({{t0 + 290 * second, std::string(figure::latencyP99), "wire", 2e6},
                                    {t0 + 290 * second, std::string(figure::insightOpen), "oom-kill|error", 3},
                                    {t0 + 290 * second, std::string(figure::processed), "node-a/tcp", 7},
                                    {t0 + 290 * second, "what.ever", "x", 1}}))
        qFatal("the figures were refused");
    store.flush();
}

QString answer(const StoreReader &reader, const QString &query, std::int64_t atSeconds)
{
    const auto parsed = promql::parseQuery(query.toStdString());
    if (!parsed)
        return QString::fromStdString(parsed.error().text);
    const auto result = promql::evaluateAt(**parsed, (t0 + atSeconds * second) / nsPerMs, StoreSamples(reader));
    return QString::fromStdString(result ? text(*result) : result.error().message());
}

} // namespace

class TestStoreSamples : public QObject {
    Q_OBJECT

    StoreFixture m_store;

private slots:
    void initTestCase() { fill(m_store); }

    void query_data()
    {
        QTest::addColumn<QString>("query");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char *name, const char *query, const char *expected) { QTest::newRow(name) << query << expected; };
        row("a counter of nanoseconds is one of seconds", "sum by (pod) (rate(container_cpu_usage_seconds_total{pod!=\"\"}[1m]))",
            "{pod=\"web-1\"} 0.2");
        row("the host has no pod", "sum by (node, id) (rate(container_cpu_usage_seconds_total{id=\"/\"}[1m]))",
            "{id=\"/\", node=\"node-a\"} 1");
        row("a gauge", "sum by (namespace, pod) (container_memory_working_set_bytes)", "{namespace=\"shop\", pod=\"web-1\"} 1060");
        row("a pod's interface", "sum by (interface) (container_network_receive_bytes_total)", "{interface=\"eth0\"} 600");
        row("the host's is a device", "sum by (device) (node_network_receive_bytes_total)", "{device=\"eth0\"} 6000");
        row("the newest that is not too old", "max(container_memory_working_set_bytes offset -4m)", "{} 1060");
        row("nothing of that name", "container_memory_working_set_byte", "");
        row("a histogram's buckets add up", "sum by (le) (tapio_runqueue_latency_seconds_bucket{le=~\"0.000001|0.000004|0.000008|.Inf\"})",
            "{le=\"+Inf\"} 180\n{le=\"0.000001\"} 60\n{le=\"0.000004\"} 60\n{le=\"0.000008\"} 180");
        row("a quantile of it", "round(histogram_quantile(0.5, sum by (le) (rate(tapio_runqueue_latency_seconds_bucket[2m]))) * 1e8)",
            "{} 500");
        row("a figure", "tapio_event_latency_seconds", "tapio_event_latency_seconds{quantile=\"0.99\", stage=\"wire\"} 0.002");
        row("a figure of two labels", "tapio_insights_open", "tapio_insights_open{rule=\"oom-kill\", severity=\"error\"} 3");
        row("a figure of a node's source", "tapio_console_processed_events_total",
            "tapio_console_processed_events_total{node=\"node-a\", source=\"tcp\"} 7");
        row("a figure that nobody named", "{figure=\"what.ever\"}", "tapio_figure{figure=\"what.ever\", label=\"x\"} 1");
        row("all there is", "count by (__name__) ({__name__!=\"\"}) == 26", "tapio_runqueue_latency_seconds_bucket 26");
    }
    void query()
    {
        QFETCH(QString, query);
        QFETCH(QString, expected);
        QCOMPARE(answer(*m_store.reader(), query, 300), expected);
    }

    void everySample_isThereOnceAndInOrder()
    {
        const auto reader = m_store.reader();
        std::size_t series = 0;
        const auto status = reader->eachSeries(
            SeriesKind::Sample, [](const StoredSeries &) { return true; }, t0, t0 + 301 * second,
            [&](const StoredSeries &name, const std::vector<StoredReading> &readings) {
                ++series;
                [&] {
                    QCOMPARE(name.node, std::string("node-a"));
                    QCOMPARE(readings.size(), std::size_t(61));
                    for (std::size_t i = 0; i < readings.size(); ++i)
                        QCOMPARE(readings[i].timeNs, t0 + static_cast<std::int64_t>(i) * 5 * second);
                }();
                return true;
            },
            {});
        QVERIFY(status.has_value());
        QCOMPARE(series, std::size_t(5));
    }

    void enough_endsIt()
    {
        const auto reader = m_store.reader();
        int taken = 0;
        const auto status = reader->eachSeries(
            SeriesKind::Sample, [](const StoredSeries &) { return true; }, t0, t0 + 301 * second,
            [&](const StoredSeries &, const std::vector<StoredReading> &) {
                ++taken;
                return false;
            },
            {});
        QVERIFY(status.has_value());
        QCOMPARE(taken, 1);
        promql::Selection everything{
            {*promql::Matcher::make(promql::MatchKind::NotEqual, "__name__", "")}, t0 / nsPerMs, t0 / nsPerMs + 301'000};
        taken = 0;
        QVERIFY(StoreSamples(*reader)
                    .select(everything, [&](const promql::Labels &, std::span<const promql::Sample>) { return ++taken < 3; }, {})
                    .has_value());
        QCOMPARE(taken, 3);
    }

    void stop_endsIt()
    {
        std::stop_source stop;
        stop.request_stop();
        const auto parsed = promql::parseQuery("container_memory_working_set_bytes");
        const auto reader = m_store.reader();
        const auto result = promql::evaluateAt(**parsed, t0 / nsPerMs + 300'000, StoreSamples(*reader), {}, stop.get_token());
        QVERIFY(!result);
        QCOMPARE(result.error().code(), Errc::Cancelled);
    }

    void timesBeyondAllTimes_areAnsweredWithNothing_data()
    {
        QTest::addColumn<QString>("query");
        QTest::newRow("long before") << "container_memory_working_set_bytes @ -8e12";
        QTest::newRow("long after") << "container_memory_working_set_bytes @ 8e12";
        QTest::newRow("a range of 292 years") << "absent_over_time(nothing[292y])";
    }
    void timesBeyondAllTimes_areAnsweredWithNothing()
    {
        QFETCH(QString, query);
        const QString expected = query.startsWith("absent") ? "{} 1" : "";
        QCOMPARE(answer(*m_store.reader(), query, 300), expected);
    }

    void everyMetric_hasANameOfItsOwn()
    {
        std::set<std::string> names;
        for (std::int64_t code = 1; code < 100; ++code) {
            if (wire::metricName(static_cast<wire::Metric>(code)).starts_with("metric."))
                continue;
            for (const std::string &name : namesOf(SeriesKind::Sample, code)) {
                QVERIFY2(!name.starts_with("tapio_metric_"), name.c_str()); // one more metric: a row in metricnames.cpp
                QVERIFY2(names.insert(name).second, name.c_str());
                QVERIFY2(wire::isCounter(static_cast<wire::Metric>(code)) == name.ends_with("_total"), name.c_str());
            }
        }
        QCOMPARE(namesOf(SeriesKind::Sample, 9999).front(), std::string("tapio_metric_9999"));
    }
};

QTEST_APPLESS_MAIN(TestStoreSamples)
#include "tst_storesamples.moc"
