// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/wire/examples.h"

#include <random>

#include "protocol/wire/evidence.h"

namespace tapio::wire::examples {

namespace {

constexpr std::int64_t startNs = 1'700'000'000'000'000'000;

Origin podOrigin()
{
    return {4711,
            "/kubepods/burstable/pod1f0c2d3e-0000-4000-8000-00000000002a/" + std::string(64, 'c'),
            std::string(64, 'c'),
            "api",
            "1f0c2d3e-0000-4000-8000-00000000002a",
            "api-7d9f6c5b4-x2x7q",
            "shop",
            Attribution::Live};
}

Origin hostOrigin() { return {1, "/", "", "", "", "", "", Attribution::Inferred}; }

SocketAddress mapped(std::uint8_t last, std::uint16_t port) { return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, last}, port}; }

ProcessExec execDetail() { return {41, "sh", "/usr/bin/curl", {"curl", "-s", "http://10.0.0.1/health"}, true}; }
ProcessExit exitDetail() { return {3, 9, true, 1'500'000'000, 812, "sh"}; }
OomKill oomDetail() { return {77, "stress", 1u << 30, 1u << 29, 4096, 8192, 65536, 985}; }
FatalSignal signalDetail() { return {11, 1, 33, "kworker"}; }

TcpConnection tcpDetail()
{
    return {
        mapped(1, 41234), mapped(2, 443), TcpDirection::Outbound, TcpOutcome::Reset, 104, true, 2'000'000, 350'000, 512, 1'048'576, 420, 2};
}

Event event(EventType type, Detail detail, std::uint32_t origin)
{
    return {startNs + 5, 120, type, Severity::Warning, 3, 0, origin, {4242, 1000, 99'000, "curl"}, std::move(detail)};
}

SampleBatch sampleBatch()
{
    SampleBatch batch{startNs, {hostOrigin(), podOrigin()}, {"", "vda", "vda read"}, {}, {}};
    batch.samples = {{Metric::CpuUsageNs, 1, 0, 123'456'789}, {Metric::DiskReadBytes, 0, 1, 4096}, {static_cast<Metric>(999), 1, 2, -1}};
    Histogram histogram{HistogramKind::BlockIoLatency, 0, 2, {}};
    for (std::size_t i = 0; i < histogramBuckets; ++i)
        histogram.counts[i] = i * i;
    batch.histograms = {histogram};
    return batch;
}

CounterReport counterReport()
{
    SourceCounters process{"process", {}};
    for (std::size_t i = 0; i < counterCount; ++i)
        process.counters[static_cast<Counter>(i)] = 100 + i;
    return {startNs, {process, {"tcp", {}}}};
}

CounterReport rulesReport() { return {startNs, {}, 3, {{"oom-kill", 40, 2, 1, 3, 2, 5, 1, 1, 4, 6, 1, 640, 7, 1}, {"dns-slow", 9}}}; }

HookReport hookReport()
{
    return {startNs,
            {{"process", "sched_process_exec", HookState::Active, "tp_btf", "", 1'000, 7},
             {"tcp", "tcp_retransmit_skb", HookState::Denied, "raw_tp", "operation not permitted", 0, 0}}};
}

AgentInfo agentInfo() { return {"0.1.0", "6.18.0", "6f8c1a52-0000-4000-8000-000000000001", 8, 16ULL << 30, 321, {}}; }
Heartbeat heartbeat() { return {9, startNs, -250'000, 120'000, 1000, 3, 40, 20, startNs - 5}; }
EventFilter filter()
{
    return {{EventType::OomKill, static_cast<EventType>(77)}, Severity::Error, {"node-1"}, {"shop", "kube-system"}, {"api-0"}};
}

Frame frame(std::uint64_t seq, decltype(Frame::body) body) { return {0x1122334455667788, seq, startNs + 9, std::move(body)}; }

/// A place with everything that can be known of it.
Origin workloadOrigin()
{
    Origin origin = podOrigin();
    origin.attribution = Attribution::Cached;
    origin.workloadKind = "Deployment";
    origin.workloadName = "api";
    origin.image = "registry.example/shop/api:1.4";
    origin.imageId = "registry.example/shop/api@sha256:" + std::string(64, 'd');
    return origin;
}

/// An event, and what is known since of it and of others before it.
EventBatch amendingBatch()
{
    EventBatch batch{70, {hostOrigin(), podOrigin(), workloadOrigin()}, {event(EventType::OomKill, oomDetail(), 1)}, {}};
    batch.amendments = {{0, 0, 1, 12, 3, 69}, {0, 1, 2, 12, 3, 69}};
    return batch;
}

EventBatch filteredBatch()
{
    EventBatch batch{
        100, {podOrigin()}, {event(EventType::OomKill, oomDetail(), 0), event(EventType::FatalSignal, signalDetail(), 0)}, {2, 7}};
    return batch;
}

DnsQuery dnsDetail()
{
    return {mapped(10, 53), "api\\046x.shop.svc.cluster.local.", 28, 3, DnsOutcome::Answered, 1'200'000, 2, 3, true, true};
}

/// Told late, and for more than one.
EventBatch heldBatch()
{
    TcpConnection together = tcpDetail();
    together.outcome = TcpOutcome::Closed;
    together.more = 36;
    EventBatch batch{
        200, {podOrigin()}, {event(EventType::ProcessExec, execDetail(), 0), event(EventType::TcpConnection, together, 0)}, {}};
    batch.events[0].heldSeconds = 30;
    batch.events[1].heldSeconds = 5;
    return batch;
}

EventBatch answersBatch()
{
    DnsQuery answers = dnsDetail();
    answers.more = 9;
    EventBatch batch{210, {podOrigin()}, {event(EventType::DnsQuery, answers, 0)}, {}};
    batch.events[0].heldSeconds = 5;
    return batch;
}

/// That ended in order.
AgentState goneState()
{
    AgentState state;
    state.node = "node-1";
    state.state = LinkState::Gone;
    state.sinceNs = startNs;
    state.saidBye = true;
    state.toldNs = startNs + 2;
    return state;
}

AgentState agentState(LinkState state, const StreamLoss &loss)
{
    return {"node-1",    state,       startNs, startNs - 1, "10.0.0.1:41234", "01ab", startNs * 2, 0x1122334455667788, 2,
            agentInfo(), heartbeat(), 990,     12,          34'567,           loss};
}

} // namespace

Frame eventFrame()
{
    EventBatch batch;
    batch.firstSeq = 17;
    batch.origins = {hostOrigin(), podOrigin()};
    batch.events = {event(EventType::ProcessExec, execDetail(), 1),  event(EventType::ProcessExit, exitDetail(), 1),
                    event(EventType::OomKill, oomDetail(), 1),       event(EventType::FatalSignal, signalDetail(), 0),
                    event(EventType::TcpConnection, tcpDetail(), 0), event(static_cast<EventType>(4000), std::monostate(), 0)};
    return frame(5, std::move(batch));
}

Frame detailFrame()
{
    ProcessExec changed = execDetail();
    changed.fileModifiedNs = startNs - 7;
    changed.writtenAfterStart = true;
    const HttpRequest http{mapped(1, 8080),
                           mapped(9, 51000),
                           TcpDirection::Inbound,
                           503,
                           true,
                           true,
                           true,
                           12'000'000,
                           640,
                           2048,
                           HttpTexts{"GET", "/cart/8841?page=2", "/cart/{id}", "shop.example"}};
    const DrillLabel drill{"memory-pressure",
                           "/kubepods/burstable/pod1",
                           "begin",
                           startNs,
                           startNs + 60'000'000'000,
                           99,
                           {std::byte{1}, std::byte{0}, std::byte{0xFE}}};
    const Detail details[] = {
        changed,
        dnsDetail(),
        http,
        FileFailure{"/var/lib/db/wal", "open", 28, 0x241, 12},
        CapabilityUse{21, true, 4},
        PrivilegeGain{1000, 1, 1001, 2, 1002, 3, 1ULL << 21 | 1, "exec", "/usr/bin/sudo"},
        PtraceAttach{812, "sshd", 0x4206, 1},
        ModuleLoad{"vfat", 0x3000},
        Mount{"/dev/sdb1", "/mnt", "ext4", 3, 16, true},
        Login{true, "root", "publickey", "sshd", "203.0.113.9", 7},
        KernelLog{3, 1, 1234, "nvme0: I/O error"},
        AgentNotice{AgentNoticeKind::ShedBegin, "http", "over the budget of processor time", 240, 200, "mcores"},
        drill,
    };
    EventBatch batch{40, {hostOrigin(), podOrigin()}, {}, {}};
    for (const Detail &detail : details)
        batch.events.push_back(event(static_cast<EventType>(detail.index()), detail, 1));
    return frame(10, std::move(batch));
}

Frame resourceFrame()
{
    const Detail details[] = {
        MemoryEvents{1, 2, 3, 4, 5, 6, true, 510u << 20, 512u << 20},
        PressureStall{PressureResource::Io, true, true, 300'000, 2'000'000, 1234, 4'500'000, 31'000'000'000},
    };
    EventBatch batch{60, {hostOrigin(), podOrigin()}, {}, {}};
    for (const Detail &detail : details)
        batch.events.push_back(event(static_cast<EventType>(detail.index()), detail, 1));
    return frame(11, std::move(batch));
}

/// Since when file cache is told beside what is in use.
Frame memoryFrame()
{
    EventBatch batch{90, {hostOrigin(), podOrigin()}, {}, {}};
    batch.events.push_back(event(EventType::MemoryEvents, MemoryEvents{1, 2, 3, 4, 5, 6, true, 510u << 20, 512u << 20, 33u << 20}, 1));
    return frame(14, std::move(batch));
}

Frame insightFrame()
{
    Insight found{0xC0FFEE,
                  "oom-cascade",
                  InsightState::Updated,
                  EntityKind::Pod,
                  "shop/api-7d9f6c5b4-x2x7q",
                  "The container api ran out of memory, was killed and started again.",
                  startNs,
                  startNs + 90'000'000'000,
                  31,
                  88,
                  {},
                  {},
                  {"pod shop/cart-5f6b7-9zk2p", "workload shop/api"},
                  "Look at the working set of shop/api against its limit over the last hour.",
                  "raise-memory-limit"};
    found.evidence = {evidenceLine({"kill", startNs, 2'000'000, "node-a", 0x1F2E3D4C5B6A7988, 1234, "oom kill of api"}),
                      evidenceLine({"restart", startNs + 4, 0, "node-b", 7, 1, ""})};
    found.contradicting = {evidenceLine({"no-pressure", startNs - 9, 1, "node-a", 0, 0, "memory of the host was not short"})};
    Insight newer;
    newer.state = static_cast<InsightState>(200);
    newer.rootKind = static_cast<EntityKind>(201);
    newer.evidence = {"a line of a newer version"};
    EventBatch batch{80, {hostOrigin(), podOrigin()}, {}, {}};
    for (const Insight &insight : {found, newer, Insight()}) {
        batch.events.push_back(event(EventType::Insight, insight, 1));
        batch.events.back().process = {};
    }
    return frame(12, std::move(batch));
}

/// Since when insights tell whose pods they are about.
Frame ownersFrame()
{
    Insight found;
    found.id = 0xC0FFEE;
    found.rule = "refused-burst";
    found.state = InsightState::Open;
    found.rootKind = EntityKind::Connection;
    found.root = "10.0.0.1:40000 -> 10.0.0.2:80";
    found.affected = {"pod shop/cart-5f6b7-9zk2p"};
    found.owners = {"Deployment shop/cart", "StatefulSet shop/db"};
    EventBatch batch{100, {hostOrigin(), podOrigin()}, {}, {}};
    batch.events.push_back(event(EventType::Insight, found, 1));
    batch.events.back().process = {};
    return frame(15, std::move(batch));
}

Frame kubernetesFrame()
{
    constexpr std::int64_t hourNs = 3'600'000'000'000;
    const KubernetesFact facts[] = {
        {KubernetesFactKind::PodEvicted, "memory", "The node was low on resource: memory.", "", "", "", "", 0, 0},
        {KubernetesFactKind::VolumeChanged, "", "", "configmap", "settings", "", "", 0, 0},
        {KubernetesFactKind::CertificateExpiry, "", "", "secret", "tls", "tls.crt", "shop.example", startNs - hourNs, -hourNs},
        {static_cast<KubernetesFactKind>(200), "a", "b", "c", "d", "e", "f", 1, 2},
    };
    EventBatch batch{90, {hostOrigin(), podOrigin()}, {}, {}};
    for (const KubernetesFact &fact : facts) {
        batch.events.push_back(event(EventType::KubernetesFact, fact, 1));
        batch.events.back().process = {};
    }
    return frame(13, std::move(batch));
}

/// Since when servers tell of nodes.
Frame nodesFrame()
{
    const auto fact = [](KubernetesFactKind kind, const char *reason, const char *message, std::int64_t sinceNs) {
        return KubernetesFact{kind, "", message, "", "", "", "", 0, 0, "node-a", reason, sinceNs};
    };
    EventBatch batch{120, {Origin()}, {}, {}};
    for (const KubernetesFact &one :
         {fact(KubernetesFactKind::NodeNotReady, "NodeStatusUnknown", "Kubelet stopped posting node status.", startNs),
          fact(KubernetesFactKind::NodeReady, "KubeletReady", "kubelet is posting ready status", startNs),
          fact(KubernetesFactKind::NodeRemoved, "", "", 0)}) {
        batch.events.push_back(event(EventType::KubernetesFact, one, 0));
        batch.events.back().process = {};
    }
    return frame(18, std::move(batch));
}

/// Since when handshakes of TLS that failed are told.
Frame tlsFrame()
{
    const HttpRequest ends = [] {
        HttpRequest one;
        one.local.bytes[15] = 9;
        one.local.port = 40'000;
        one.remote.bytes[15] = 7;
        one.remote.port = 443;
        return one;
    }();
    EventBatch batch{110, {hostOrigin(), podOrigin()}, {}, {}};
    batch.events.push_back(event(EventType::TlsFailure, TlsFailure{ends.local, ends.remote, TcpDirection::Outbound, 45, true}, 1));
    return frame(16, std::move(batch));
}

EventBatch busyBatch(std::size_t count)
{
    EventBatch batch{1, {hostOrigin(), podOrigin()}, {}, {}};
    const Event mix[] = {event(EventType::TcpConnection, tcpDetail(), 0), event(EventType::ProcessExec, execDetail(), 1),
                         event(EventType::TcpConnection, tcpDetail(), 1), event(EventType::ProcessExit, exitDetail(), 1),
                         event(EventType::TcpConnection, tcpDetail(), 1)};
    batch.events.reserve(count);
    std::mt19937 random(1); // seeded: every run compresses the same
    for (std::size_t i = 0; i < count; ++i) {
        Event next = mix[i % std::size(mix)];
        next.timeNs += static_cast<std::int64_t>(i) * 4'973 + random() % 4'096;
        next.drainUs = random() % 5'000;
        next.process.pid = 1'000 + random() % 60'000;
        next.process.startTimeNs += random();
        next.cpu = random() % 8;
        if (auto *tcp = std::get_if<TcpConnection>(&next.detail)) {
            tcp->local.port = static_cast<std::uint16_t>(32'768 + random() % 28'000);
            tcp->remote.bytes[15] = static_cast<std::uint8_t>(random() % 40);
            tcp->durationNs = random();
            tcp->connectLatencyNs = random() % 2'000'000;
            tcp->bytesSent = random() % 4'096;
            tcp->bytesReceived = random() % 1'048'576;
            tcp->srttUs = random() % 2'000;
        }
        batch.events.push_back(std::move(next));
    }
    return batch;
}

std::vector<std::pair<std::string, Message>> all()
{
    return {
        {"hello", Hello{1, 3, Role::Node, "node-1", 0x1122334455667788, 6, 1000, 3, {"zstd", "filter"}, agentInfo()}},
        {"welcome", Welcome{2, 88, 1u << 20, 5, {"zstd"}}},
        {"frame-events", eventFrame()},
        {"frame-details", detailFrame()},
        {"frame-resources", resourceFrame()},
        {"frame-memory", memoryFrame()},
        {"frame-owners", ownersFrame()},
        {"frame-tls", tlsFrame()},
        {"frame-nodes", nodesFrame()},
        {"frame-insights", insightFrame()},
        {"frame-kubernetes", kubernetesFrame()},
        {"frame-workload", frame(10, EventBatch{60, {workloadOrigin()}, {event(EventType::ProcessExit, exitDetail(), 0)}, {}})},
        {"frame-amendments", frame(11, amendingBatch())},
        {"frame-held", frame(12, heldBatch())},
        {"frame-answers", frame(13, answersBatch())},
        {"frame-samples", frame(6, sampleBatch())},
        {"frame-counters", frame(7, counterReport())},
        {"frame-rules", frame(17, rulesReport())},
        {"frame-hooks", frame(8, hookReport())},
        {"ack", Ack{"node-1", 0x1122334455667788, 5}},
        {"heartbeat", heartbeat()},
        {"heartbeat-reply", HeartbeatReply{9, startNs, startNs + 1, startNs + 2, 6}},
        {"subscribe", Subscribe{4, filter(), false, false, {{"node-1", 0x1122334455667788, 5}, {"node-2", 2, 3}}}},
        {"filter", Filter{4, {filter(), EventFilter{{}, Severity::Info, {}, {}, {"pod"}}}}},
        {"filter-detail", Filter{5, {EventFilter{{EventType::ProcessExec}, Severity::Debug, {}, {}, {}, true}, EventFilter()}}},
        {"delivery", Delivery{"node-1", startNs + 20, -250'000, 120'000, eventFrame()}},
        {"delivery-filtered", Delivery{"node-1", startNs + 20, -250'000, 120'000, frame(9, filteredBatch())}},
        {"agent-state", agentState(LinkState::Silent, {1, 2, 3, 4})},
        {"agent-state-gone", goneState()},
        {"agent-state-missed", agentState(LinkState::Connected, {1, 2, 9, 4, 6})},
        {"link-notice", LinkNotice{startNs, LinkNoticeKind::Refused, "10.0.0.9:5555", "spiffe://t/tapio/node/x", "revoked",
                                   "the certificate is revoked", 12}},
        {"bye", Bye{"replaced", "a newer connection of the same node took over", 1500}},
    };
}

} // namespace tapio::wire::examples
