// SPDX-License-Identifier: GPL-3.0-or-later
// Rules of anybody, and the shipped ones with events in random order, of random times and owners, of one node and of several. The first byte chooses.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/correlation/clusterscope.h"
#include "agent/correlation/ruleloader.h"
#include "protocol/wire/detailfields.h"
#include "protocol/wire/evidence.h"
#include "tests/fuzz/promise.h"

using namespace tapio;
using namespace tapio::correlation;
using tapio::test::promise;

namespace {

struct Sink final : FindingSink {
    void onFinding(Finding &&finding) override
    {
        const wire::Insight &insight = finding.insight;
        promise(!insight.evidence.empty() && insight.evidenceCount >= 1 && insight.id != 0); // none without evidence
        promise(insight.score >= 1 && insight.score <= 99);
        promise(insight.fromNs <= insight.toNs && insight.evidence.size() <= wire::Insight::mostEvidence);
        std::int64_t last = 0;
        for (const std::string &line : insight.evidence) {
            const auto evidence = wire::parseEvidence(line);
            promise(evidence && evidence->timeNs >= last); // in order of time
            last = evidence->timeNs;
        }
    }
};

/// Numbers from the input, 0 when it is at its end.
struct Bytes {
    std::string_view left;
    std::uint8_t next()
    {
        if (left.empty())
            return 0;
        const auto byte = static_cast<std::uint8_t>(left.front());
        left.remove_prefix(1);
        return byte;
    }
};

wire::Origin origin(std::uint8_t byte)
{
    wire::Origin origin;
    const std::string name(1, static_cast<char>('a' + byte % 4));
    if ((byte & 0x10) == 0) {
        origin.podUid = "u" + name;
        origin.podName = name;
        origin.namespaceName = "n";
        origin.workloadName = "w";
        origin.image = "i" + std::to_string(byte % 3);
        origin.containerName = "c";
    }
    if ((byte & 0x20) == 0)
        origin.containerId = name + std::to_string(byte >> 6);
    origin.cgroupPath = (byte & 0x40) != 0 ? "/" : "/x/" + name;
    return origin;
}

wire::Detail lessCommon(wire::EventType type, std::uint8_t what)
{
    if (type == wire::EventType::ProcessExec) {
        wire::ProcessExec exec;
        exec.parentPid = what / 16u % 8u;
        exec.writtenAfterStart = what % 2 == 0;
        return exec;
    }
    if (type == wire::EventType::DnsQuery) {
        wire::DnsQuery dns;
        dns.server.bytes[15] = what % 3;
        dns.outcome = static_cast<wire::DnsOutcome>(what % 5);
        dns.latencyNs = std::uint64_t{what} << what % 48;
        return dns;
    }
    if (type == wire::EventType::MemoryEvents)
        return wire::MemoryEvents{what, what, what, what, 0, what % 2u, false, what * 1'000u, 200'000, what % 100 * 1'000u};
    if (type == wire::EventType::PressureStall) {
        wire::PressureStall stall;
        stall.resource = static_cast<wire::PressureResource>(what % 4);
        stall.ended = what % 8 == 0;
        stall.durationNs = std::uint64_t{what} << 32;
        return stall;
    }
    if (type == wire::EventType::PrivilegeGain) {
        wire::PrivilegeGain gain;
        gain.how = what % 2 == 0 ? "exec" : "setuid";
        gain.gainedCapabilities = what % 4;
        return gain;
    }
    if (type == wire::EventType::TlsFailure) {
        wire::TlsFailure failure;
        failure.remote.bytes[15] = what % 3;
        failure.direction = static_cast<wire::TcpDirection>(what % 4);
        failure.alert = what % 60;
        failure.sent = what % 2 == 0;
        return failure;
    }
    if (type == wire::EventType::KubernetesFact) {
        wire::KubernetesFact fact;
        fact.kind = static_cast<wire::KubernetesFactKind>(what % 8);
        fact.node = "node-" + std::to_string(what % 3);
        fact.resource = what % 3 == 0 ? "memory" : "";
        fact.leftNs = (std::int64_t{what} - 128) << 40;
        return fact;
    }
    return {};
}

wire::Event event(Bytes &bytes, std::int64_t &now)
{
    wire::Event event;
    const auto types = wire::knownEventTypes();
    event.type = types[bytes.next() % types.size()];
    now += static_cast<std::int64_t>(bytes.next()) * 100'000'000 - 3'000'000'000;
    event.timeNs = now < 1 ? 1 : now;
    const std::uint8_t what = bytes.next();
    if (event.type == wire::EventType::TcpConnection) {
        wire::TcpConnection tcp;
        tcp.direction = wire::TcpDirection::Outbound;
        tcp.outcome = static_cast<wire::TcpOutcome>(what % 9);
        tcp.retransmits = what;
        tcp.established = what % 2 == 0;
        tcp.durationNs = std::uint64_t{what} << what % 64;
        tcp.connectLatencyNs = what;
        tcp.bytesSent = ~std::uint64_t{0} >> what % 64;
        tcp.more = what % 5;
        tcp.local.bytes[15] = static_cast<std::uint8_t>(2 + what % 4);
        tcp.remote.bytes[15] = static_cast<std::uint8_t>(2 + what / 4 % 4);
        tcp.remote.port = what % 3;
        event.detail = tcp;
    } else if (event.type == wire::EventType::HttpRequest) {
        wire::HttpRequest http;
        http.direction = static_cast<wire::TcpDirection>(what % 3);
        http.local.port = what % 7;
        http.remote.bytes[15] = what % 5;
        http.remote.port = 80;
        http.status = what % 2 == 0 ? 200 : 503;
        http.latencyNs = std::uint64_t{what} << what % 32;
        event.detail = http;
    } else if (event.type == wire::EventType::ProcessExit) {
        wire::ProcessExit exit;
        exit.signal = what % 16;
        event.detail = exit;
    } else if (event.type == wire::EventType::Login) {
        wire::Login login;
        login.user = std::string(1, static_cast<char>(what));
        login.repeats = what;
        event.detail = login;
    } else if (event.type == wire::EventType::FileFailure) {
        wire::FileFailure file;
        file.error = what;
        event.detail = file;
    } else if (event.type == wire::EventType::OomKill) {
        event.detail = wire::OomKill();
    } else {
        event.detail = lessCommon(event.type, what);
    }
    event.process = {std::uint32_t{what} % 8, 0, std::uint64_t{what} / 8 % 4, what % 3 == 0 ? "sh" : "p"};
    return event;
}

constexpr wire::Metric metrics[] = {wire::Metric::MemoryWorkingSetBytes,
                                    wire::Metric::MemoryLimitBytes,
                                    wire::Metric::NodeMemoryTotalBytes,
                                    wire::Metric::CpuUsageNs,
                                    wire::Metric::CpuPeriods,
                                    wire::Metric::CpuThrottledPeriods,
                                    wire::Metric::FilesystemUsedBytes,
                                    wire::Metric::FilesystemTotalBytes,
                                    wire::Metric::NetTxBytes,
                                    wire::Metric::TcpRetransmits};

/// Readings of any figures, in the time of the events.
wire::SampleBatch samples(Bytes &bytes, std::int64_t &now)
{
    wire::SampleBatch batch;
    now += std::int64_t{bytes.next()} * 1'000'000'000;
    batch.timeNs = now;
    batch.labels = {"", "vda", "/", "server 2xx"};
    batch.origins = {origin(bytes.next()), origin(bytes.next())};
    for (int i = 0; i < 4; ++i) {
        const std::uint8_t what = bytes.next(), shift = bytes.next();
        const auto value = static_cast<std::int64_t>(std::uint64_t{bytes.next()} << shift % 64);
        batch.samples.push_back({metrics[what % std::size(metrics)], what / 16u % 2u, what / 32u % 4u, value});
    }
    wire::Histogram histogram;
    histogram.kind = static_cast<wire::HistogramKind>(1 + bytes.next() % 4);
    histogram.label = bytes.next() % 4u;
    histogram.counts[bytes.next() % wire::histogramBuckets] = std::uint64_t{bytes.next()} << bytes.next() % 64;
    batch.histograms.push_back(histogram);
    return batch;
}

void play(std::string_view text)
{
    static const RuleSetPtr rules = std::make_shared<const RuleSet>(shippedRules().rules);
    Sink sink;
    EngineLimits limits;
    limits.candidates = 64;
    limits.candidatesOfRule = 16;
    limits.identities = 8;
    limits.figures = limits.processes = limits.traffic = limits.habits = 4;
    Engine engine(rules, limits, sink);
    Bytes bytes{text};
    std::int64_t now = 1'000'000'000'000, furthest = 0;
    std::uint64_t seq = 0;
    while (!bytes.left.empty()) {
        const std::uint8_t does = bytes.next();
        const wire::Origin who = origin(bytes.next());
        if (does % 16 == 0) {
            furthest = now > furthest ? now : furthest;
            engine.advance(furthest);
        } else if (does % 16 == 1) {
            engine.onAmendment(who, origin(bytes.next()), "n1");
        } else if (does % 16 == 2) {
            engine.onSamples(samples(bytes, now), {does % 32 == 2 ? "n1" : "n2", 7});
        } else {
            engine.onEvent(event(bytes, now), who, {does % 2 == 0 ? "n1" : "n2", 7, ++seq, does * 1'000'000});
        }
        promise(engine.candidates() <= limits.candidates + 1);
    }
    engine.setRules(std::make_shared<const RuleSet>(), now);
    promise(engine.candidates() == 0);
}

wire::EventBatch batch(Bytes &bytes, std::int64_t &now, std::uint64_t &seq)
{
    wire::EventBatch batch;
    batch.firstSeq = ++seq;
    for (int i = 0; i < 3; ++i)
        batch.origins.push_back(origin(bytes.next()));
    for (std::uint32_t i = 0; i < 4; ++i, ++seq) {
        batch.events.push_back(event(bytes, now));
        batch.events.back().origin = i % 3;
    }
    if (bytes.next() % 4 == 0)
        batch.amendments.push_back({0, 1, 2, 1, 1, seq});
    return batch;
}

/// Deliveries of several nodes with clocks of any kind, their links, their counters and time.
void cluster(std::string_view text)
{
    static const RuleSet rules = shippedRules().rules;
    EngineLimits limits;
    limits.candidates = 64;
    limits.candidatesOfRule = 16;
    limits.identities = 8;
    ClusterScope scope("hq", rules, limits);
    Bytes bytes{text};
    std::int64_t now = 1'000'000'000'000, furthest = 0;
    std::uint64_t seq = 0, handed = 0;
    Sink sink;
    while (!bytes.left.empty()) {
        const std::uint8_t does = bytes.next();
        const std::string node(1, static_cast<char>('a' + does % 3));
        furthest = now > furthest ? now : furthest;
        if (does % 16 == 0) {
            scope.advance(furthest);
        } else if (does % 16 == 1) {
            wire::AgentState state;
            state.node = node;
            state.state = static_cast<wire::LinkState>(bytes.next() % 5);
            state.sinceNs = now;
            state.loss.transitEvents = bytes.next();
            state.saidBye = does > 128;
            scope.onAgent(state);
        } else if (does % 16 == 2) {
            wire::CounterReport report;
            report.sources.push_back({"tcp", {}, {}});
            report.sources[0].counters[Counter::Seen] = std::uint64_t{bytes.next()} << 8;
            report.sources[0].counters[Counter::Lost] = bytes.next();
            scope.onDelivery({node, furthest, 0, 0, {7, ++seq, 0, std::move(report)}});
        } else {
            wire::EventBatch some = batch(bytes, now, seq);
            handed += some.events.size();
            const std::int64_t offsetNs = (static_cast<std::int64_t>(does) - 128) * (does % 5 == 0 ? 20'000'000'000'000'000 : 1'000'000);
            scope.onDelivery({node, now, offsetNs, does % 7 == 0 ? -1 : does * 1'000'000, {7, seq, 0, std::move(some)}});
        }
        for (ClusterScope::Found &found : scope.take()) {
            Finding finding;
            finding.insight = *wire::insightOf(found.event.detail);
            sink.onFinding(std::move(finding));
        }
    }
    const ScopeCounters counters = scope.counters();
    promise(counters.events + counters.insights + counters.untimely == handed);
    std::uint64_t calls = 0;
    for (const ServiceMap::Edge &edge : scope.map().edges()) {
        calls += edge.calls;
        promise(edge.errors <= edge.calls && edge.firstNs <= edge.lastNs);
    }
    promise(calls <= scope.map().counters().calls);
}

void read(std::string_view text)
{
    const auto rule = parseRule(text, "r.toml");
    if (!rule) {
        promise(!rule.error().empty());
        for (const RuleProblem &problem : rule.error())
            promise(problem.file == "r.toml" && !problem.reason.empty());
        return;
    }
    promise(!rule->steps.empty() && rule->steps.size() <= mostSteps && rule->horizonNs > 0);
    Sink sink;
    Engine engine(std::make_shared<const RuleSet>(RuleSet{*rule}), {}, sink);
    std::int64_t now = 1'000'000'000'000;
    Bytes bytes{text};
    for (int i = 0; i < 64 && !bytes.left.empty(); ++i)
        engine.onEvent(event(bytes, now), origin(bytes.next()), {"n1", 7, 1, 0});
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view text(reinterpret_cast<const char *>(data) + 1, size - 1);
    if (data[0] % 2 == 0)
        read(text);
    else if (data[0] % 4 == 1)
        play(text);
    else
        cluster(text);
    return 0;
}
