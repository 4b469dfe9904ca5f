// SPDX-License-Identifier: GPL-3.0-or-later
// What the correlation engine costs: events per second and time per event with all shipped rules, and memory of many candidates.
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "agent/correlation/clusterscope.h"
#include "agent/correlation/engine.h"
#include "agent/correlation/ruleloader.h"
#include "protocol/base/clock.h"
#include "tests/benchmarks/recordedload.h"

using namespace tapio;
using namespace tapio::correlation;

namespace {

using Steady = std::chrono::steady_clock;

struct Sink final : FindingSink {
    std::size_t count = 0;
    void onFinding(Finding &&) override { ++count; }
};

wire::Origin pod(int number)
{
    wire::Origin origin;
    const std::string digits = std::to_string(number);
    const std::string name =
        "web-7d9f8b6c5-" + std::string(5 - std::min<std::size_t>(digits.size(), 5), 'x') + digits; // as long as they are
    origin.cgroupId = static_cast<std::uint64_t>(number) + 100;
    origin.cgroupPath = "/kubepods/burstable/pod" + name;
    origin.containerId = digits + std::string(64 - digits.size(), 'c');
    origin.containerName = "main";
    origin.podUid = "00000000-0000-0000-0000-000000" + digits;
    origin.podName = name;
    origin.namespaceName = "shop";
    origin.workloadKind = "Deployment";
    origin.workloadName = "web";
    origin.image = "registry.example/web:1";
    return origin;
}

wire::SocketAddress address(std::uint32_t number, std::uint16_t port)
{
    wire::SocketAddress one;
    one.bytes = {0,
                 0,
                 0,
                 0,
                 0,
                 0,
                 0,
                 0,
                 0,
                 0,
                 0xff,
                 0xff,
                 10,
                 static_cast<std::uint8_t>(number >> 16),
                 static_cast<std::uint8_t>(number >> 8),
                 static_cast<std::uint8_t>(number)};
    one.port = port;
    return one;
}

/// `failing` percent of each kind fail.
wire::Event made(std::mt19937 &random, unsigned failing)
{
    wire::Event event;
    event.process = {4711, 0, 1, "web"};
    const bool fails = random() % 1000 < failing * 10;
    const unsigned kind = random() % 100;
    if (kind < 20) {
        event.type = wire::EventType::ProcessExec;
        wire::ProcessExec exec;
        exec.filename = "/usr/bin/true";
        event.detail = exec;
    } else if (kind < 40) {
        event.type = wire::EventType::ProcessExit;
        wire::ProcessExit exit;
        exit.exitCode = fails ? 1 : 0;
        event.detail = exit;
    } else if (kind < 75) {
        event.type = wire::EventType::TcpConnection;
        wire::TcpConnection tcp;
        tcp.direction = wire::TcpDirection::Outbound;
        tcp.local = address(1, static_cast<std::uint16_t>(random()));
        tcp.remote = address(random() % 500, 443);
        tcp.outcome = fails ? wire::TcpOutcome::Refused : wire::TcpOutcome::Closed;
        tcp.established = !fails;
        event.detail = tcp;
    } else if (kind < 92) {
        event.type = wire::EventType::HttpRequest;
        wire::HttpRequest http;
        http.direction = wire::TcpDirection::Outbound;
        http.remote = address(random() % 500, 80);
        http.status = fails ? 503 : 200;
        event.detail = http;
    } else {
        event.type = wire::EventType::DnsQuery;
        wire::DnsQuery dns;
        dns.server = address(53, 53);
        dns.outcome = fails ? wire::DnsOutcome::TimedOut : wire::DnsOutcome::Answered;
        event.detail = dns;
    }
    return event;
}

nlohmann::json speed(unsigned failing, std::size_t events)
{
    std::mt19937 random(1);
    std::vector<wire::Origin> origins;
    for (int i = 0; i < 100; ++i)
        origins.push_back(pod(i));
    std::vector<wire::Event> load;
    for (std::size_t i = 0; i < 50'000; ++i)
        load.push_back(made(random, failing));
    Sink sink;
    Engine engine(std::make_shared<const RuleSet>(ofScope(shippedRules(), RuleScope::Node).rules), {}, sink);
    std::vector<std::uint32_t> times;
    times.reserve(events / 16 + 1);
    const auto begin = Steady::now();
    std::int64_t timeNs = 1'700'000'000 * nsPerSecond;
    for (std::size_t i = 0; i < events; ++i) {
        wire::Event &event = load[i % load.size()];
        event.timeNs = timeNs += 100'000; // 10 000 a second
        const bool isTimed = i % 16 == 0;
        const auto before = isTimed ? Steady::now() : Steady::time_point();
        engine.onEvent(event, origins[i / 8 % origins.size()], {"node-1", 7, i + 1, 0});
        if (isTimed)
            times.push_back(static_cast<std::uint32_t>((Steady::now() - before).count()));
        if (i % 10'000 == 0)
            engine.advance(timeNs);
    }
    const double seconds = std::chrono::duration<double>(Steady::now() - begin).count();
    std::sort(times.begin(), times.end());
    return {{"failing_percent", failing},
            {"events", events},
            {"events_per_second", static_cast<double>(events) / seconds},
            {"p50_ns", times[times.size() / 2]},
            {"p99_ns", times[times.size() * 99 / 100]},
            {"insights_told", sink.count},
            {"candidates", engine.candidates()}};
}

struct Timed {
    std::uint32_t ns = 0;
    wire::EventType type = wire::EventType::Unknown;
    bool isEvidence = false;
};

/// What the slowest hundredth is made of: "tcp.connection, evidence: 61 %".
nlohmann::json slowestOf(const std::vector<Timed> &sorted)
{
    std::map<std::string, std::size_t> kinds;
    const std::size_t from = sorted.size() * 99 / 100;
    for (std::size_t i = from; i < sorted.size(); ++i)
        ++kinds[wire::eventTypeName(sorted[i].type) + (sorted[i].isEvidence ? ", evidence" : "")];
    nlohmann::json all = nlohmann::json::object();
    for (const auto &[kind, count] : kinds)
        all[kind] = 100 * static_cast<double>(count) / static_cast<double>(sorted.size() - from);
    return all;
}

/// The recorded load again and again, ten minutes apart, until so many events went through.
nlohmann::json recorded(bench::RecordedLoad &load, std::size_t events)
{
    constexpr std::int64_t apartNs = 600 * nsPerSecond;
    Sink sink;
    Engine engine(std::make_shared<const RuleSet>(ofScope(shippedRules(), RuleScope::Node).rules), {}, sink);
    std::vector<Timed> times;
    times.reserve(events / 16 + 1);
    std::int64_t beginNs = 1'700'000'000 * nsPerSecond, advancedNs = beginNs;
    std::size_t done = 0, evidence = 0;
    const auto begin = Steady::now();
    for (; done < events; beginNs += load.lastsNs + apartNs) {
        for (bench::RecordedEvent &one : load.events) {
            one.event.timeNs = beginNs + one.sinceBeginNs;
            for (; advancedNs + nsPerSecond <= one.event.timeNs; advancedNs += nsPerSecond)
                engine.advance(advancedNs + nsPerSecond);
            const bool isTimed = ++done % 16 == 0;
            const auto before = isTimed ? Steady::now() : Steady::time_point();
            const bool isEvidence = engine.onEvent(one.event, *one.origin, {"node-1", 7, done, 0});
            evidence += isEvidence ? 1 : 0;
            if (isTimed)
                times.push_back({static_cast<std::uint32_t>((Steady::now() - before).count()), one.event.type, isEvidence});
        }
    }
    const double seconds = std::chrono::duration<double>(Steady::now() - begin).count();
    std::sort(times.begin(), times.end(), [](const Timed &a, const Timed &b) { return a.ns < b.ns; });
    return {{"recordings", load.recordings},
            {"recorded_events", load.events.size()},
            {"recorded_seconds", load.lastsNs / nsPerSecond},
            {"events", done},
            {"evidence_percent", 100 * static_cast<double>(evidence) / static_cast<double>(done)},
            {"events_per_second", static_cast<double>(done) / seconds},
            {"p50_ns", times[times.size() / 2].ns},
            {"p99_ns", times[times.size() * 99 / 100].ns},
            {"slowest_percent", slowestOf(times)},
            {"insights_told", sink.count}};
}

/// What `each` costs with the events of 20 nodes, each a batch of 256.
template <typename Each> double nsPerEvent(unsigned failing, std::size_t events, Each &&each)
{
    std::mt19937 random(1);
    std::vector<wire::Delivery> load;
    for (int i = 0; i < 200; ++i) {
        wire::EventBatch batch;
        for (int one = 0; one < 8; ++one)
            batch.origins.push_back(pod(i % 20 * 8 + one));
        for (std::uint32_t one = 0; one < 256; ++one) {
            batch.events.push_back(made(random, failing));
            batch.events.back().origin = one % 8;
        }
        load.push_back({"node-" + std::to_string(i % 20), 0, 0, 1000, {7, 1, 0, std::move(batch)}});
    }
    std::int64_t timeNs = 1'700'000'000 * nsPerSecond;
    double seconds = 0;
    for (std::size_t done = 0; done < events; done += 256) {
        wire::Delivery &delivery = load[done / 256 % load.size()];
        for (wire::Event &event : std::get<wire::EventBatch>(delivery.frame.body).events)
            event.timeNs = timeNs += 10'000; // 100 000 a second
        const auto begin = Steady::now();
        each(delivery, timeNs);
        seconds += std::chrono::duration<double>(Steady::now() - begin).count();
    }
    return seconds * 1e9 / static_cast<double>(events);
}

nlohmann::json cluster(unsigned failing, std::size_t events)
{
    ServiceMap map(nullptr);
    const double mapNs = nsPerEvent(failing, events, [&](const wire::Delivery &delivery, std::int64_t) {
        const auto &batch = std::get<wire::EventBatch>(delivery.frame.body);
        for (std::size_t i = 0; i < batch.events.size(); ++i)
            map.onEvent(batch.events[i], batch.origins[batch.events[i].origin], {delivery.node, 7, i + 1, 1000});
    });
    ClusterScope scope("hq", shippedRules().rules);
    std::size_t found = 0;
    std::int64_t advancedNs = 0;
    const double scopeNs = nsPerEvent(failing, events, [&](const wire::Delivery &delivery, std::int64_t timeNs) {
        scope.onDelivery(delivery);
        if (timeNs - advancedNs > nsPerSecond) {
            advancedNs = timeNs;
            scope.advance(timeNs);
        }
        found += scope.take().size();
    });
    return {{"failing_percent", failing}, {"map_ns_per_event", mapNs},   {"scope_ns_per_event", scopeNs},
            {"insights_told", found},     {"edges", map.edges().size()}, {"services", map.services()}};
}

/// Of one rule that needs three, two of each of so many pods.
nlohmann::json memory(int candidates)
{
    const auto rule = parseRule(
        "id = \"r\"\ntitle = \"t\"\nroot = \"pod\"\nseverity = \"warning\"\nlifetime = \"5m\"\ncooldown = \"5m\"\nsummary = \"x\"\n"
        "[[step]]\nname = \"kill\"\nevent = \"oom.kill\"\nwithin = \"10m\"\ncount = 3\n",
        "r.toml");
    EngineLimits limits;
    limits.candidatesOfRule = limits.candidates = static_cast<std::size_t>(candidates);
    Sink sink;
    const std::size_t before = ::mallinfo2().uordblks;
    Engine engine(std::make_shared<const RuleSet>(RuleSet{*rule}), limits, sink);
    wire::Event event;
    event.type = wire::EventType::OomKill;
    event.timeNs = 1'700'000'000 * nsPerSecond;
    event.detail = wire::OomKill();
    for (int i = 0; i < candidates; ++i) {
        const wire::Origin origin = pod(i);
        engine.onEvent(event, origin, {"node-1", 7, 1, 0});
    }
    const double used = static_cast<double>(::mallinfo2().uordblks - before);
    return {{"candidates", engine.candidates()}, {"mib", used / (1 << 20)}, {"bytes_each", used / candidates}};
}

/// What a node's samples cost: so many cgroups, each read every two seconds for 20 minutes.
nlohmann::json samples(int cgroups)
{
    using wire::Metric;
    wire::SampleBatch batch;
    for (int i = 0; i < cgroups; ++i)
        batch.origins.push_back(pod(i));
    Sink sink;
    const std::size_t before = ::mallinfo2().uordblks;
    Engine engine(std::make_shared<const RuleSet>(shippedRules().rules), {}, sink);
    std::mt19937 random(1);
    std::vector<double> us;
    for (int second = 0; second < 1200; second += 2) {
        batch.timeNs = (1'700'000'000ll + second) * nsPerSecond;
        batch.samples.clear();
        batch.histograms.clear();
        for (std::uint32_t i = 0; i < batch.origins.size(); ++i) {
            for (const Metric metric :
                 {Metric::CpuUsageNs, Metric::CpuPeriods, Metric::CpuThrottledPeriods, Metric::CpuThrottledNs, Metric::NetTxBytes,
                  Metric::NetRxBytes, Metric::DiskReadBytes, Metric::DiskWriteBytes, Metric::TcpConnects, Metric::TcpRetransmits})
                batch.samples.push_back({metric, i, 0, second * 1000ll});
            for (const Metric metric : {Metric::MemoryCurrentBytes, Metric::MemoryWorkingSetBytes})
                batch.samples.push_back({metric, i, 0, 100'000'000 + static_cast<std::int64_t>(random() % 1'000'000)});
            wire::Histogram waits;
            waits.kind = wire::HistogramKind::RunQueueLatency;
            waits.origin = i;
            waits.counts[8] = static_cast<std::uint64_t>(second) * 100;
            batch.histograms.push_back(waits);
        }
        const auto begin = Steady::now();
        engine.onSamples(batch, {"node-1"});
        engine.advance(batch.timeNs);
        us.push_back(std::chrono::duration<double, std::micro>(Steady::now() - begin).count());
    }
    double sum = 0;
    for (const double one : us)
        sum += one;
    std::sort(us.begin(), us.end());
    const double used = static_cast<double>(::mallinfo2().uordblks - before);
    return {{"cgroups", cgroups},
            {"us_per_batch", sum / static_cast<double>(us.size())},
            {"us_largest", us.back()},
            {"percent_of_a_core", sum / 1200e6 * 100},
            {"mib", used / (1 << 20)}};
}

int runRecorded(const std::string &folder, std::size_t events, bool json)
{
    auto load = bench::readRecordedLoad(folder);
    if (!load) {
        std::fprintf(stderr, "%s\n", load.error().message().c_str());
        return 1;
    }
    const nlohmann::json one = recorded(*load, events);
    if (json) {
        std::printf("%s\n", one.dump().c_str());
        return 0;
    }
    std::printf("%zu recordings of %zu s at most, %zu events, %.1f %% of them evidence\n%zu events: %.0f a second, p50 %u ns, p99 %u ns, "
                "%zu insights told\n",
                one["recordings"].get<std::size_t>(), one["recorded_seconds"].get<std::size_t>(), one["recorded_events"].get<std::size_t>(),
                one["evidence_percent"].get<double>(), one["events"].get<std::size_t>(), one["events_per_second"].get<double>(),
                one["p50_ns"].get<unsigned>(), one["p99_ns"].get<unsigned>(), one["insights_told"].get<std::size_t>());
    for (const auto &[kind, percent] : one["slowest_percent"].items())
        std::printf("  of the slowest hundredth %.0f %% are %s\n", percent.get<double>(), kind.c_str());
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    bool json = false;
    std::size_t events = 3'000'000;
    CLI::App app("The correlation engine with all shipped rules");
    app.add_flag("--json", json, "Print one JSON object");
    app.add_option("--events", events, "Of each load")->check(CLI::Range(1000, 1'000'000'000));
    std::vector<unsigned> loads{0, 1, 10, 50};
    app.add_option("--failing", loads, "Loads of which so many percent fail")->check(CLI::Range(0, 100));
    std::string folder;
    app.add_option("--recorded", folder, "Only the events of all recordings of this folder, as if they had begun at once")
        ->option_text("FOLDER");
    CLI11_PARSE(app, argc, argv);
    if (!folder.empty())
        return runRecorded(folder, events, json);
    nlohmann::json report{{"rules", shippedRules().rules.size()}, {"loads", nlohmann::json::array()}};
    for (const unsigned failing : loads)
        report["loads"].push_back(speed(failing, events));
    report["memory"] = memory(100'000);
    report["samples"] = samples(500);
    for (const unsigned failing : {0u, 1u, 10u})
        report["cluster"].push_back(cluster(failing, events));
    if (json) {
        std::printf("%s\n", report.dump().c_str());
        return 0;
    }
    std::printf("%zu rules\n%10s %14s %9s %9s %10s %11s\n", report["rules"].get<std::size_t>(), "failing %", "events/s", "p50 ns", "p99 ns",
                "told", "candidates");
    for (const auto &one : report["loads"])
        std::printf("%10u %14.0f %9u %9u %10zu %11zu\n", one["failing_percent"].get<unsigned>(), one["events_per_second"].get<double>(),
                    one["p50_ns"].get<unsigned>(), one["p99_ns"].get<unsigned>(), one["insights_told"].get<std::size_t>(),
                    one["candidates"].get<std::size_t>());
    std::printf("across nodes\n%10s %14s %14s %10s %8s %9s\n", "failing %", "map ns/ev", "all ns/ev", "told", "edges", "services");
    for (const auto &one : report["cluster"])
        std::printf("%10u %14.0f %14.0f %10zu %8zu %9zu\n", one["failing_percent"].get<unsigned>(), one["map_ns_per_event"].get<double>(),
                    one["scope_ns_per_event"].get<double>(), one["insights_told"].get<std::size_t>(), one["edges"].get<std::size_t>(),
                    one["services"].get<std::size_t>());
    std::printf("%zu candidates: %.1f MiB, %.0f bytes each\n", report["memory"]["candidates"].get<std::size_t>(),
                report["memory"]["mib"].get<double>(), report["memory"]["bytes_each"].get<double>());
    const auto &samples = report["samples"];
    std::printf("samples of %d cgroups each two seconds: %.0f us a batch, %.0f at most, %.3f %% of a core, %.1f MiB\n",
                samples["cgroups"].get<int>(), samples["us_per_batch"].get<double>(), samples["us_largest"].get<double>(),
                samples["percent_of_a_core"].get<double>(), samples["mib"].get<double>());
    return 0;
}
