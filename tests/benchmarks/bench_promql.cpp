// SPDX-License-Identifier: GPL-3.0-or-later
// PromQL over the embedded store, and the same samples and queries in a real Prometheus. bench_promql [--json] [--rounds N] [--size SERIESxHOURS ...]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>

#include <CLI/CLI.hpp>
#include <QCoreApplication>
#include <QTemporaryDir>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "console/core/metrics/storesamples.h"
#include "console/core/promql/parser.h"
#include "console/core/promql/query.h"
#include "tests/benchmarks/support/process.h"
#include "tests/promql/prometheusserver.h"
#include "tests/support/fakeclock.h"

using namespace tapio;
using namespace tapio::console;

namespace {

using Steady = std::chrono::steady_clock;

constexpr std::int64_t startNs = test::FakeClock::startNs;
constexpr std::uint32_t podsPerNode = 100;
constexpr std::int64_t points = 250; ///< of a range

struct Size {
    std::uint32_t series = 0;
    std::int64_t hours = 0;
    std::int64_t intervalSeconds() const { return std::int64_t(series) * hours > 30'000 ? 60 : 15; }
};

struct Named {
    const char *name, *query;
};
constexpr Named queries[] = {
    {"one series", "container_cpu_usage_seconds_total{node=\"node-3\", pod=\"pod-7\"}"},
    {"rate of one", "rate(container_cpu_usage_seconds_total{node=\"node-3\", pod=\"pod-7\"}[5m])"},
    {"sum of rates", "sum(rate(container_cpu_usage_seconds_total[5m]))"},
    {"by namespace", "sum by (namespace) (rate(container_cpu_usage_seconds_total[5m]))"},
    {"topk", "topk(10, rate(container_cpu_usage_seconds_total[5m]))"},
    {"by expression", "max(container_cpu_usage_seconds_total{pod=~\"pod-1.*\"})"},
};

wire::Origin podOf(std::uint32_t pod)
{
    wire::Origin origin;
    origin.cgroupPath = "/kubepods/pod" + std::to_string(pod);
    origin.podName = "pod-" + std::to_string(pod);
    origin.podUid = "uid-" + std::to_string(pod);
    origin.namespaceName = "team-" + std::to_string(pod % 10);
    return origin;
}

wire::Delivery frameOf(std::uint32_t node, std::uint64_t number, std::int64_t timeNs, std::uint32_t pods)
{
    wire::Delivery delivery;
    delivery.node = "node-" + std::to_string(node);
    delivery.receivedNs = timeNs;
    delivery.frame.streamId = node + 1;
    delivery.frame.frameSeq = number + 1;
    wire::SampleBatch batch;
    batch.timeNs = timeNs;
    for (std::uint32_t pod = 0; pod < pods; ++pod) {
        batch.origins.push_back(podOf(pod));
        batch.samples.push_back(
            {wire::Metric::CpuUsageNs, pod, 0, std::int64_t(number) * (pod + 1) * 7'919'113 + std::int64_t(number * node) * 1'000'003});
    }
    delivery.frame.body = std::move(batch);
    return delivery;
}

Status fill(const std::filesystem::path &file, const Size &size)
{
    test::FakeClock clock;
    StoreOptions options;
    options.file = file;
    options.maxBytes = 64LL << 30;
    auto writer = StoreWriter::open(options, clock);
    if (!writer)
        return fail(writer.error());
    const std::uint32_t nodes = (size.series + podsPerNode - 1) / podsPerNode;
    const std::int64_t ticks = size.hours * 3600 / size.intervalSeconds();
    for (std::int64_t tick = 0; tick < ticks; ++tick) {
        for (std::uint32_t node = 0; node < nodes; ++node) {
            const Status taken = (*writer)->append(
                frameOf(node, std::uint64_t(tick), clock.utcNs(), std::min(podsPerNode, size.series - node * podsPerNode)));
            if (!taken)
                return taken;
            if (const auto flushed = (*writer)->flushDue() || node % 100 == 99 ? (*writer)->flush() : FlushResult(); !flushed)
                return fail(flushed.error());
        }
        if (const auto flushed = (*writer)->flush(); !flushed)
            return fail(flushed.error());
        for (Result<bool> more = true; more && *more;)
            more = (*writer)->maintain();
        clock.advance(size.intervalSeconds() * nsPerSecond);
    }
    return {};
}

std::vector<promql::ResultSeries> all(const StoreReader &reader, const Size &size)
{
    std::vector<promql::ResultSeries> series;
    const promql::Selection everything{{*promql::Matcher::make(promql::MatchKind::Equal, "__name__", "container_cpu_usage_seconds_total")},
                                       startNs / nsPerMs,
                                       startNs / nsPerMs + size.hours * 3'600'000};
    const Status read = StoreSamples(reader).select(everything,
                                                    [&](const promql::Labels &labels, std::span<const promql::Sample> samples) {
                                                        series.push_back({labels, {samples.begin(), samples.end()}});
                                                        return true;
                                                    },
                                                    {});
    return read ? series : std::vector<promql::ResultSeries>();
}

promql::QueryTimes timesOf(const Size &size)
{
    const std::int64_t from = startNs / nsPerMs, to = from + size.hours * 3'600'000;
    return {from, to, (to - from) / points};
}

double millisecondsSince(Steady::time_point begin) { return std::chrono::duration<double, std::milli>(Steady::now() - begin).count(); }

/// Read, evaluated and counted; the parse is in it.
Result<double> ours(const char *query, const Size &size, const StoreReader &reader, std::size_t &series)
{
    const auto begin = Steady::now();
    const auto parsed = promql::parseQuery(query);
    if (!parsed)
        return fail(Errc::InvalidArgument, parsed.error().text);
    promql::QueryOptions options;
    options.mostSamples = 500'000'000;
    const auto result = promql::evaluateRange(**parsed, timesOf(size), StoreSamples(reader), options);
    if (!result)
        return fail(result.error());
    series = result->series.size();
    return millisecondsSince(begin);
}

/// Its answer as JSON over HTTP, as whoever asks it gets it.
double theirs(const char *query, const Size &size, const test::PrometheusServer &server, std::size_t &bytes)
{
    const promql::QueryTimes times = timesOf(size);
    const auto seconds = [](std::int64_t ms) { return QByteArray::number(double(ms) / 1000, 'f', 3); };
    const QByteArray form = "query=" + QByteArray(query).toPercentEncoding() + "&start=" + seconds(times.startMs)
                            + "&end=" + seconds(times.endMs) + "&step=" + seconds(times.stepMs);
    const auto begin = Steady::now();
    const QByteArray answer = server.ask("query_range", form);
    bytes = answer.startsWith("{\"status\":\"success\"") ? std::size_t(answer.size()) : 0;
    return millisecondsSince(begin);
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

Result<nlohmann::json> run(const Size &size, int rounds, bool json)
{
    QTemporaryDir folder;
    const std::filesystem::path file = std::filesystem::path(folder.path().toStdString()) / "bench.tapio";
    if (Status filled = fill(file, size); !filled)
        return fail(filled.error());
    const auto reader = StoreReader::open(file);
    if (!reader)
        return fail(reader.error());
    test::PrometheusServer server;
    if (const QString wrong = server.start(all(**reader, size)); !wrong.isEmpty())
        return fail(Errc::Io, wrong.toStdString());
    nlohmann::json rows = nlohmann::json::array();
    for (const Named &one : queries) {
        std::vector<double> mine, other;
        std::size_t series = 0, bytes = 0;
        for (int round = 0; round < rounds; ++round) {
            const auto took = ours(one.query, size, **reader, series);
            if (!took)
                return fail(took.error());
            mine.push_back(*took);
            other.push_back(theirs(one.query, size, server, bytes));
        }
        if (bytes == 0)
            return fail(Errc::Io, std::string("Prometheus refused ") + one.query);
        rows.push_back({{"series", size.series},
                        {"hours", size.hours},
                        {"interval_s", size.intervalSeconds()},
                        {"query", one.name},
                        {"result_series", series},
                        {"ms", median(mine)},
                        {"prometheus_ms", median(other)}});
        if (!json)
            std::printf("%7u series %3lld h each %2lld s  %-14s %9.2f ms, Prometheus %9.2f ms\n", size.series,
                        static_cast<long long>(size.hours), static_cast<long long>(size.intervalSeconds()), one.name, median(mine),
                        median(other));
    }
    const std::uint64_t ownKib = bench::statusKib(getpid(), "VmRSS"),
                        otherKib = bench::statusKib(static_cast<pid_t>(server.processId()), "VmRSS");
    if (!json)
        std::printf("%7u series %3lld h  file %.1f MB; resident here %.0f MiB (this program, which made the samples as well), Prometheus "
                    "%.0f MiB\n",
                    size.series, static_cast<long long>(size.hours), double(std::filesystem::file_size(file)) / 1e6, double(ownKib) / 1024,
                    double(otherKib) / 1024);
    rows.push_back({{"series", size.series},
                    {"hours", size.hours},
                    {"file_bytes", std::filesystem::file_size(file)},
                    {"rss_kib", ownKib},
                    {"prometheus_rss_kib", otherKib}});
    return rows;
}

/// "10000x24"
std::string readSize(const std::string &text, Size &size)
{
    unsigned series = 0, hours = 0;
    char rest = 0;
    if (std::sscanf(text.c_str(), "%ux%u%c", &series, &hours, &rest) != 2 || series == 0 || series > 1'000'000 || hours == 0 || hours > 240)
        return "a size is series and hours, as 10000x24";
    size = {series, hours};
    return {};
}

} // namespace

int main(int argc, char **argv)
{
    bool json = false;
    int rounds = 5;
    std::vector<std::string> sizes{"1000x1", "1000x24", "10000x1", "10000x24", "100000x1"};
    CLI::App app("PromQL over the embedded store, beside Prometheus");
    app.add_flag("--json", json, "Print one JSON array");
    app.add_option("--rounds", rounds, "How often each query is asked of each")->check(CLI::Range(1, 1000));
    app.add_option("--size", sizes, "Series and hours, as 10000x24");
    CLI11_PARSE(app, argc, argv);
    const QCoreApplication core(argc, argv);
    if (const QString why = test::PrometheusServer::missing(); !why.isEmpty()) {
        std::fprintf(stderr, "%s\n", qPrintable(why));
        return 1;
    }
    nlohmann::json everything = nlohmann::json::array();
    for (const std::string &text : sizes) {
        Size size;
        if (const std::string wrong = readSize(text, size); !wrong.empty()) {
            std::fprintf(stderr, "%s\n", wrong.c_str());
            return 64;
        }
        const auto rows = run(size, rounds, json);
        if (!rows) {
            std::fprintf(stderr, "%s: %s\n", text.c_str(), rows.error().message().c_str());
            return 1;
        }
        everything.insert(everything.end(), rows->begin(), rows->end());
    }
    if (json)
        std::printf("%s\n", everything.dump(2).c_str());
    return 0;
}
