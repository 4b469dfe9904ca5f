// SPDX-License-Identifier: GPL-3.0-or-later
// The store by itself: ingest, queries on many events, series. One process, one file in a temporary folder (or --file).
//   bench_store [--events 10000000] [--folder /tmp] [--json] [--only ingest|events|paced|series]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <thread>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "console/core/store/store.h"
#include "console/core/store/verify.h"

using namespace tapio;
using namespace tapio::console;

namespace {

using Json = nlohmann::ordered_json;

double nowMs() { return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double cpuMs()
{
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

template <typename T> T must(Result<T> result)
{
    if (!result) {
        std::fprintf(stderr, "%s\n", result.error().message().c_str());
        std::exit(1);
    }
    if constexpr (!std::is_void_v<T>)
        return std::move(*result);
}

Json quantiles(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    const auto at = [&](double q) {
        return values.empty() ? 0.0 : values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
    };
    return {{"n", values.size()}, {"p50", at(0.5)}, {"p99", at(0.99)}, {"max", at(1)}};
}

void dropFromCache(const std::filesystem::path &file)
{
    const int descriptor = open(file.c_str(), O_RDONLY);
    fdatasync(descriptor);
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
    close(descriptor);
}

/// Events as of a cluster of 100 nodes and 3000 pods: connections, execs with arguments that differ, exits; 1 % warnings or worse.
class Feed {
public:
    static constexpr std::size_t nodes = 100, podsPerNode = 30, batchEvents = 256;

    wire::Delivery next()
    {
        const std::size_t node = m_random() % nodes;
        wire::Delivery delivery;
        delivery.node = "node-" + std::to_string(node);
        delivery.frame.streamId = 1000 + node;
        delivery.frame.frameSeq = ++m_frames[node];
        wire::EventBatch batch;
        batch.firstSeq = (delivery.frame.frameSeq - 1) * batchEvents + 1;
        for (std::size_t pod = 0; pod < podsPerNode; ++pod)
            batch.origins.push_back(origin(node, pod));
        for (std::size_t i = 0; i < batchEvents; ++i)
            batch.events.push_back(event());
        delivery.frame.body = std::move(batch);
        return delivery;
    }
    std::int64_t timeNs() const { return m_timeNs; }
    std::int64_t stepNs = 5'000; ///< 200,000 events/s

private:
    wire::Origin origin(std::size_t node, std::size_t pod)
    {
        const std::size_t id = node * podsPerNode + pod;
        const std::string uid = "6f0c2a10-8a6e-4f9e-9a5e-" + std::to_string(100000000000 + id * 7919);
        const std::string container(64, static_cast<char>('a' + id % 6));
        return {5000 + id,
                "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + uid + ".slice/cri-containerd-" + container
                    + std::to_string(id),
                container,
                "main",
                uid,
                "deployment-" + std::to_string(id % 200) + "-" + std::to_string(id * 104729 % 100000),
                "team-" + std::to_string(id % 20),
                wire::Attribution::Live};
    }

    wire::Event event()
    {
        wire::Event event;
        m_timeNs += static_cast<std::int64_t>(m_random() % static_cast<std::uint64_t>(2 * stepNs));
        event.timeNs = m_timeNs - static_cast<std::int64_t>(m_random() % 2'000'000);
        event.drainUs = m_random() % 3000;
        event.cpu = m_random() % 16;
        event.origin = m_random() % podsPerNode;
        event.process = {static_cast<std::uint32_t>(1000 + m_random() % 30'000), 1000, 0, "worker-" + std::to_string(m_random() % 150)};
        event.process.startTimeNs = event.process.pid * 1'000'003ull;
        const auto kind = m_random() % 10;
        if (kind < 6)
            event.detail = tcp();
        else if (kind < 8)
            event.detail = exec();
        else
            event.detail = wire::ProcessExit{m_random() % 20 == 0 ? 1 : 0, 0, false, m_random() % 10'000'000'000, 0, ""};
        event.type = kind < 6 ? wire::EventType::TcpConnection : kind < 8 ? wire::EventType::ProcessExec : wire::EventType::ProcessExit;
        event.severity = m_random() % 100 == 0 ? wire::Severity::Warning : wire::Severity::Info;
        return event;
    }

    wire::TcpConnection tcp()
    {
        wire::TcpConnection tcp;
        tcp.local = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 42, static_cast<std::uint8_t>(m_random() % 100),
                      static_cast<std::uint8_t>(m_random() % 30)},
                     static_cast<std::uint16_t>(32768 + m_random() % 28000)};
        tcp.remote = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 96, static_cast<std::uint8_t>(m_random() % 4),
                       static_cast<std::uint8_t>(m_random() % 250)},
                      443};
        tcp.direction = wire::TcpDirection::Outbound;
        tcp.outcome = m_random() % 50 == 0 ? wire::TcpOutcome::Reset : wire::TcpOutcome::Closed;
        tcp.established = true;
        tcp.durationNs = m_random() % 5'000'000'000;
        tcp.connectLatencyNs = 100'000 + m_random() % 2'000'000;
        tcp.bytesSent = m_random() % 4096;
        tcp.bytesReceived = m_random() % 65536;
        tcp.srttUs = 100 + m_random() % 2000;
        tcp.retransmits = m_random() % 40 == 0 ? 1 : 0;
        return tcp;
    }

    wire::ProcessExec exec()
    {
        static const char *const programs[] = {"/bin/sh",      "/usr/bin/curl", "/usr/bin/python3", "/app/server",
                                               "/usr/bin/git", "/bin/ls",       "/usr/bin/jq",      "/bin/grep"};
        char id[20];
        std::snprintf(id, sizeof id, "%016llx", static_cast<unsigned long long>(m_random()));
        const std::string program = programs[m_random() % 8];
        return {static_cast<std::uint32_t>(1000 + m_random() % 30'000),
                "sh",
                program,
                {program, "--trace", id, "--retries", std::to_string(m_random() % 5)},
                false};
    }

    std::mt19937_64 m_random{1};
    std::int64_t m_timeNs = 1'750'000'000'000'000'000;
    std::vector<std::uint64_t> m_frames = std::vector<std::uint64_t>(nodes);
};

struct Folder {
    explicit Folder(const std::string &where) : path(where + "/bench_store-" + std::to_string(getpid()))
    {
        std::filesystem::create_directories(path);
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

std::unique_ptr<StoreWriter> openWriter(const std::filesystem::path &file, const Clock &clock)
{
    StoreOptions options;
    options.file = file;
    options.maxBytes = 1LL << 40;
    return must(StoreWriter::open(options, clock));
}

Json maintainAll(StoreWriter &writer)
{
    std::vector<double> slices;
    const double begin = nowMs();
    for (bool more = true; more;) {
        const double start = nowMs();
        more = must(writer.maintain());
        slices.push_back(nowMs() - start);
    }
    return {{"totalMs", nowMs() - begin}, {"sliceMs", quantiles(slices)}};
}

Json ingest(const std::filesystem::path &file, std::uint64_t events, const Clock &clock, Feed &feed)
{
    const auto writer = openWriter(file, clock);
    std::vector<double> flushes;
    double wall = 0;
    double cpu = 0;
    std::uint64_t stored = 0;
    for (std::uint64_t made = 0; made < events;) {
        std::vector<wire::Delivery> deliveries; // a quarter of a second at 200,000 events/s
        for (std::size_t n = 0; n < 50'000; n += Feed::batchEvents)
            deliveries.push_back(feed.next());
        made += deliveries.size() * Feed::batchEvents;
        const double begin = nowMs();
        const double cpuBegin = cpuMs();
        for (const wire::Delivery &delivery : deliveries)
            must(writer->append(delivery));
        const double flushBegin = nowMs();
        stored += must(writer->flush()).events;
        flushes.push_back(nowMs() - flushBegin);
        wall += nowMs() - begin;
        cpu += cpuMs() - cpuBegin;
    }
    Json out{{"events", stored},
             {"eventsPerSecond", static_cast<double>(stored) / wall * 1e3},
             {"cpuUsPerEvent", cpu * 1e3 / static_cast<double>(stored)},
             {"flushMs", quantiles(flushes)}};
    const StoreStats before = must(writer->stats());
    out["bytesPerEvent"] = static_cast<double>(before.fileBytes) / static_cast<double>(stored);
    out["maintain"] = maintainAll(*writer);
    out["bytesPerEventMaintained"] = static_cast<double>(must(writer->stats()).fileBytes) / static_cast<double>(stored);
    return out;
}

class Queries {
public:
    Queries(std::filesystem::path file, std::int64_t fromNs, std::int64_t toNs) : m_file(std::move(file)), m_fromNs(fromNs), m_toNs(toNs) {}

    Json run()
    {
        Json out;
        const double begin = nowMs();
        (void)must(StoreReader::open(m_file));
        out["openMs"] = nowMs() - begin;
        EventQuery query;
        out["first page"] = measure(query, true);
        query.toNs = m_fromNs + (m_toNs - m_fromNs) / 3;
        out["seek"] = measure(query, true);
        query = {};
        query.filter.pods = {pod(1234)};
        out["rare pod, 200 newest"] = measure(query, true);
        query.fromNs = m_fromNs + (m_toNs - m_fromNs) / 2;
        query.toNs = query.fromNs + (m_toNs - m_fromNs) / 20;
        query.filter.types = {wire::EventType::ProcessExec};
        out["pod and type in a twentieth"] = measure(query, false);
        query = {};
        query.filter.minSeverity = wire::Severity::Warning;
        out["severity"] = measure(query, true);
        query = {};
        query.pid = 4711;
        out["pid"] = measure(query, false);
        query = {};
        query.pid = 4'000'000;
        out["pid that is nowhere"] = measure(query, false);
        query = {};
        query.text = "curl --trace 0";
        out["text, common"] = measure(query, false);
        query.text = "0123456789abcdef";
        out["text, nowhere"] = measure(query, false);
        query.text = "10.96.3.249:443 reset";
        out["text, runs are everywhere"] = measure(query, false);
        out["count by type, 900 buckets"] =
            timed([&] { return must(m_reader->countByType(m_fromNs, m_toNs, (m_toNs - m_fromNs) / 900, {})).size(); });
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        out["peakRssMb"] = static_cast<double>(usage.ru_maxrss) / 1024;
        return out;
    }

private:
    static std::string pod(std::size_t id) { return "deployment-" + std::to_string(id % 200) + "-" + std::to_string(id * 104729 % 100000); }

    Json timed(const std::function<std::size_t()> &work)
    {
        Json out;
        std::vector<double> cold;
        std::vector<double> warm;
        std::size_t found = 0;
        for (int i = 0; i < 3; ++i) {
            m_reader.reset();
            dropFromCache(m_file);
            m_reader = must(StoreReader::open(m_file));
            double begin = nowMs();
            found = work();
            cold.push_back(nowMs() - begin);
            begin = nowMs();
            found = work();
            warm.push_back(nowMs() - begin);
        }
        return {{"found", found}, {"scanned", m_scanned}, {"coldMs", quantiles(cold)}, {"warmMs", quantiles(warm)}};
    }
    Json measure(const EventQuery &query, bool second)
    {
        Json out = timed([&] {
            const EventPage page = must(m_reader->events(query, {}, {}));
            m_next = page.next;
            m_scanned = page.scannedEvents;
            m_after = page.nextAfter;
            return page.events.size();
        });
        if (second)
            out["nextPage"] = timed([&] { return must(m_reader->events(m_next, m_after, {})).events.size(); });
        return out;
    }

    std::filesystem::path m_file;
    std::int64_t m_fromNs;
    std::int64_t m_toNs;
    std::unique_ptr<StoreReader> m_reader;
    EventQuery m_next;
    EventId m_after;
    std::uint64_t m_scanned = 0;
};

Json paced(const std::string &where, double rate)
{
    const Folder folder(where);
    const SystemClock clock;
    const auto writer = openWriter(folder.path / "session.tapio", clock);
    Feed feed;
    feed.stepNs = static_cast<std::int64_t>(1e9 / rate);
    std::vector<wire::Delivery> deliveries;
    const double seconds = 5;
    for (double made = 0; made < rate * seconds; made += Feed::batchEvents)
        deliveries.push_back(feed.next());
    std::atomic<bool> stop = false;
    std::vector<double> reads;
    std::thread reading([&] {
        while (!stop) {
            const double begin = nowMs();
            const auto reader = must(StoreReader::open(folder.path / "session.tapio"));
            must(reader->events({}, {}, {}));
            reads.push_back(nowMs() - begin);
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    });
    std::vector<double> flushes;
    const double begin = nowMs();
    const double cpuBegin = cpuMs();
    for (std::size_t i = 0; i < deliveries.size();) {
        const auto due = static_cast<std::size_t>((nowMs() - begin) / 1e3 * rate / Feed::batchEvents);
        for (; i < std::min(due, deliveries.size()); ++i)
            must(writer->append(deliveries[i]));
        if (writer->flushDue()) {
            const double start = nowMs();
            must(writer->flush());
            flushes.push_back(nowMs() - start);
        } else if (!must(writer->maintain())) {
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
    }
    const double wall = nowMs() - begin;
    stop = true;
    reading.join();
    return {{"eventsPerSecond", static_cast<double>(deliveries.size() * Feed::batchEvents) / wall * 1e3},
            {"storeThreadCpuPercent", (cpuMs() - cpuBegin) / wall * 100},
            {"flushMs", quantiles(flushes)},
            {"openAndFirstPageMs", quantiles(reads)}};
}

/// `series` numbers read together on 40 nodes, for that long.
Json series(const std::string &where, std::size_t seriesCount, std::int64_t intervalNs, std::int64_t forNs)
{
    class StepClock final : public Clock {
    public:
        std::int64_t utcNs() const noexcept override { return now; }
        std::int64_t bootNs() const noexcept override { return now; }
        std::int64_t now = 1'750'000'000'000'000'000;
    };
    const Folder folder(where);
    const std::filesystem::path file = folder.path / "session.tapio";
    StepClock clock;
    const std::int64_t begin = clock.now;
    std::vector<double> flushes;
    double cpu = 0;
    std::uint64_t samples = 0;
    double maintainMs = 0;
    {
        const auto writer = openWriter(file, clock);
        constexpr std::size_t nodes = 40;
        constexpr std::uint16_t metrics = 16;
        const std::size_t origins = seriesCount / nodes / metrics;
        std::mt19937_64 random(5);
        std::vector<wire::SampleBatch> batches(nodes);
        for (std::size_t node = 0; node < nodes; ++node) {
            for (std::uint32_t o = 0; o < origins; ++o) {
                wire::Origin origin;
                origin.cgroupPath = "/kubepods/pod" + std::to_string(node) + "-" + std::to_string(o);
                origin.podName = "pod-" + std::to_string(o);
                batches[node].origins.push_back(origin);
                for (std::uint16_t metric = 1; metric <= metrics; ++metric)
                    batches[node].samples.push_back(
                        {static_cast<wire::Metric>(metric), o, 0, static_cast<std::int64_t>(random() % 1'000'000'000)});
            }
        }
        for (std::uint64_t tick = 0; tick < static_cast<std::uint64_t>(forNs / intervalNs); ++tick) {
            clock.now += intervalNs;
            for (std::size_t node = 0; node < nodes; ++node) {
                wire::SampleBatch &batch = batches[node];
                batch.timeNs = clock.now + static_cast<std::int64_t>(random() % 1'000'000);
                for (std::size_t i = 0; i < batch.samples.size(); ++i) // half counters, a quarter gauges, a quarter constant
                    batch.samples[i].value += i % 4 < 2    ? static_cast<std::int64_t>(random() % 100'000)
                                              : i % 4 == 2 ? static_cast<std::int64_t>(random() % 8192) - 4096
                                                           : 0;
                wire::Delivery delivery;
                delivery.node = "node-" + std::to_string(node);
                delivery.frame.streamId = node + 1;
                delivery.frame.frameSeq = tick + 1;
                delivery.frame.body = batch;
                const double start = cpuMs();
                must(writer->append(delivery));
                cpu += cpuMs() - start;
                samples += batch.samples.size();
                // Real nodes do not answer all at once: four flushes a second.
                if (node % 10 == 9) {
                    const double flushBegin = nowMs();
                    const double flushCpu = cpuMs();
                    must(writer->flush());
                    cpu += cpuMs() - flushCpu;
                    flushes.push_back(nowMs() - flushBegin);
                }
            }
            const double start = nowMs();
            while (must(writer->maintain())) {}
            maintainMs += nowMs() - start;
        }
    }
    Json out{{"series", seriesCount},
             {"samples", samples},
             {"cpuNsPerSample", cpu * 1e6 / static_cast<double>(samples)},
             {"flushMs", quantiles(flushes)},
             {"maintainNsPerSample", maintainMs * 1e6 / static_cast<double>(samples)},
             {"bytesPerSample", static_cast<double>(std::filesystem::file_size(file)) / static_cast<double>(samples)}};
    for (const auto &[name, step] : {std::pair<const char *, std::int64_t>{"a metric, all time, 96 s", 96},
                                     {"a metric, all time, 120 s", 120},
                                     {"a metric, last 15 min, 1 s", 1}}) {
        std::vector<double> warm;
        std::vector<double> cold;
        std::size_t found = 0;
        for (int i = 0; i < 3; ++i) {
            dropFromCache(file);
            const auto reader = must(StoreReader::open(file));
            for (std::vector<double> *times : {&cold, &warm}) {
                const double start = nowMs();
                const std::int64_t from = step == 1 ? clock.now - 900 * nsPerSecond : begin;
                found = must(reader->series({static_cast<wire::Metric>(7)}, from, clock.now, step * nsPerSecond, {})).size();
                times->push_back(nowMs() - start);
            }
        }
        out[name] = {{"series", found}, {"coldMs", quantiles(cold)}, {"warmMs", quantiles(warm)}};
    }
    return out;
}

} // namespace

int main(int argc, char **argv)
{
    CLI::App app("Measures the store");
    std::uint64_t events = 10'000'000;
    std::string folder = "/tmp";
    std::string only;
    bool json = false;
    app.add_option("--events", events, "How many events to store and query");
    app.add_option("--folder", folder, "Where the file goes");
    app.add_option("--only", only, "ingest, events, paced or series");
    app.add_flag("--json", json, "Print JSON on one line");
    CLI11_PARSE(app, argc, argv);

    Json out;
    const SystemClock clock;
    if (only == "ingest") {
        const Folder place(folder);
        Feed feed;
        out["ingest"] = ingest(place.path / "session.tapio", events, clock, feed);
    }
    if (only.empty() || only == "events") {
        const Folder place(folder);
        const std::filesystem::path file = place.path / "session.tapio";
        Feed feed;
        const std::int64_t fromNs = feed.timeNs();
        out["ingest"] = ingest(file, events, clock, feed);
        out["queries"] = Queries(file, fromNs, feed.timeNs()).run();
        const double begin = nowMs();
        const VerifyReport report = must(verifyStore(file, {}));
        out["verify"] = {{"ms", nowMs() - begin}, {"chunks", report.chunks}, {"problems", report.problems.size()}};
    }
    if (only.empty() || only == "paced") {
        for (const double rate : {1'000.0, 20'000.0, 200'000.0})
            out["paced"][std::to_string(static_cast<int>(rate))] = paced(folder, rate);
    }
    if (only.empty() || only == "series") {
        out["series 20 k @ 1 s, 10 min"] = series(folder, 20'480, nsPerSecond, 600 * nsPerSecond);
        out["series 4 k @ 10 s, 24 h"] = series(folder, 4'480, 10 * nsPerSecond, 24 * 3600 * nsPerSecond);
    }
    std::puts(out.dump(json ? -1 : 2).c_str());
    return 0;
}
