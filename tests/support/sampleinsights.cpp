// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/sampleinsights.h"

#include "protocol/wire/evidence.h"

namespace tapio::test {

namespace {

constexpr std::int64_t s = nsPerSecond;
constexpr std::uint64_t stream = 0x1f2e3d4c5b6a7988;

class Story {
public:
    explicit Story(std::int64_t nowNs) : m_nowNs(nowNs) {}

    wire::Insight &begin(const std::string &rule, wire::EntityKind kind, const std::string &root, const std::string &text)
    {
        m_insight = {};
        m_insight.id = 0x00c3'f1a2'0000'0000 + ++m_id;
        m_insight.rule = rule;
        m_insight.rootKind = kind;
        m_insight.root = root;
        m_insight.text = text;
        m_insight.score = 90;
        return m_insight;
    }
    void evidence(const std::string &step, std::int64_t agoNs, const std::string &node, const std::string &text, std::uint64_t unsureNs = 0,
                  bool against = false)
    {
        const wire::EvidenceRef ref{step, m_nowNs - agoNs, unsureNs, node, stream, 7000 + ++m_seq, text};
        (against ? m_insight.contradicting : m_insight.evidence).push_back(wire::evidenceLine(ref));
        if (against)
            return;
        m_insight.fromNs = m_insight.fromNs == 0 ? ref.timeNs : std::min(m_insight.fromNs, ref.timeNs);
        m_insight.toNs = std::max(m_insight.toNs, ref.timeNs);
        ++m_insight.evidenceCount;
    }
    void tell(const std::string &node, wire::Severity severity, wire::InsightState state)
    {
        m_insight.state = state;
        console::StoredEvent stored;
        stored.id = {static_cast<std::int64_t>(900'000 + m_told.size()), 0};
        stored.node = node;
        stored.seq = 90'000 + m_told.size();
        stored.event.type = wire::EventType::Insight;
        stored.event.severity = severity;
        stored.event.timeNs = m_insight.toNs + s;
        stored.event.detail = m_insight;
        m_told.push_back(std::move(stored));
    }
    std::vector<console::StoredEvent> take() { return std::move(m_told); }

private:
    std::int64_t m_nowNs;
    std::uint64_t m_id = 0, m_seq = 0;
    wire::Insight m_insight;
    std::vector<console::StoredEvent> m_told;
};

wire::Origin podOf(const std::string &name, const std::string &workload)
{
    wire::Origin origin;
    origin.cgroupPath = "/kubepods/" + name;
    origin.containerId = name + "-id";
    origin.containerName = "app";
    origin.podUid = "uid-" + name;
    origin.podName = name;
    origin.namespaceName = "payments";
    origin.workloadKind = "Deployment";
    origin.workloadName = workload;
    return origin;
}

wire::SocketAddress addressOf(int last, std::uint16_t port)
{
    wire::SocketAddress address;
    address.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, static_cast<std::uint8_t>(last)};
    address.port = port;
    return address;
}

struct Route {
    const char *caller, *callerWorkload; ///< empty: told by the callee alone
    int callerAddress;
    const char *callee, *calleeWorkload; ///< empty: no agent is there
    int calleeAddress;
    std::uint16_t port;
    int calls, failed;
    std::int64_t latencyNs;
};

console::StoredEvent requestOf(const Route &route, bool isOut, std::int64_t timeNs, bool failed, int number)
{
    console::StoredEvent stored;
    stored.node = isOut ? "node-03" : "node-07";
    stored.streamId = stream;
    stored.seq = 20'000 + static_cast<std::uint64_t>(number);
    stored.origin = isOut ? podOf(route.caller, route.callerWorkload) : podOf(route.callee, route.calleeWorkload);
    wire::HttpRequest http;
    http.direction = isOut ? wire::TcpDirection::Outbound : wire::TcpDirection::Inbound;
    http.status = failed ? 503 : 200;
    http.latencyNs = static_cast<std::uint64_t>(route.latencyNs + number * 10'000);
    const auto client = addressOf(route.callerAddress, static_cast<std::uint16_t>(40'000 + number)),
               server = addressOf(route.calleeAddress, route.port);
    http.local = isOut ? client : server;
    http.remote = isOut ? server : client;
    stored.event.type = wire::EventType::HttpRequest;
    stored.event.timeNs = timeNs;
    stored.event.detail = http;
    return stored;
}

} // namespace

std::vector<console::StoredEvent> sampleCalls(std::int64_t nowNs)
{
    constexpr std::int64_t ms = nsPerMs;
    const std::vector<Route> routes{
        {"gateway-5c8-tq2v", "gateway", 20, "checkout-api-7d9f-x2k4", "checkout-api", 30, 8080, 60, 21, 40 * ms},
        {"storefront-6b7-aa1c", "storefront", 11, "gateway-5c8-tq2v", "gateway", 20, 80, 80, 9, 55 * ms},
        {"mobile-bff-7f6-kk2d", "mobile-bff", 12, "gateway-5c8-tq2v", "gateway", 20, 80, 30, 4, 60 * ms},
        {"checkout-api-7d9f-x2k4", "checkout-api", 30, "ledger-0", "ledger", 40, 9000, 50, 0, 8 * ms},
        {"checkout-api-7d9f-x2k4", "checkout-api", 30, "", "", 50, 5432, 45, 0, 2 * ms},
        {"", "", 60, "ledger-0", "ledger", 40, 9000, 12, 0, 9 * ms},
        {"reports-5d4-zz9x", "reports", 70, "archive-0", "archive", 71, 80, 5, 0, 300 * ms},
    };
    std::vector<console::StoredEvent> all;
    int number = 0;
    for (const Route &route : routes) {
        for (int call = 0; call < route.calls; ++call, ++number) {
            const std::int64_t timeNs = nowNs - 300 * s + call * s / 2;
            if (*route.callee != 0)
                all.push_back(requestOf(route, false, timeNs, call < route.failed, number));
            if (*route.caller != 0)
                all.push_back(requestOf(route, true, timeNs + ms, call < route.failed, number));
        }
    }
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i].id = {static_cast<std::int64_t>(800'000 + i), 0};
    return all;
}

std::vector<console::StoredEvent> sampleInsights(std::int64_t nowNs)
{
    Story story(nowNs);
    using wire::EntityKind;
    using wire::InsightState;
    using wire::Severity;

    wire::Insight &oom =
        story.begin("oom-kill", EntityKind::Pod, "payments/checkout-api-7d9f-x2k4",
                    "payments/checkout-api-7d9f-x2k4 used more memory than it may: 3 processes were killed and its container began anew");
    oom.score = 94;
    oom.affected = {"pod payments/checkout-api-7d9f-x2k4", "workload payments/checkout-api", "pod payments/gateway-5c8-tq2v"};
    oom.owners = {"Deployment payments/checkout-api", "Deployment payments/gateway"};
    oom.settle = "a heap profile of checkout-api over 30 s, beside its working set of the last hour";
    oom.runbook = "memory";
    story.evidence("limit", 312 * s, "node-07", "memory.max reached, working set 512 of 512 MiB");
    story.tell("node-07", Severity::Error, InsightState::Open);
    story.evidence("kill", 300 * s, "node-07", "oom kill of java (41822), rss 498 MiB");
    story.evidence("kill", 281 * s, "node-07", "oom kill of java (42107), rss 497 MiB");
    story.evidence("restart", 279 * s, "node-07", "container app began anew, restart 1", 4 * s);
    story.evidence("kill", 262 * s, "node-07", "oom kill of java (42390), rss 501 MiB");
    story.evidence("refused", 258 * s, "node-03", "214 connections to checkout-api:8080 were refused", 6 * s);
    story.evidence("rollout", 300 * s + 540 * s, "node-07", "rollout of checkout-api 9 min earlier could be the cause", 0, true);
    story.tell("node-07", Severity::Critical, InsightState::Updated);

    wire::Insight &loop = story.begin("crash-loop", EntityKind::Pod, "payments/checkout-api-7d9f-x2k4",
                                      "payments/checkout-api-7d9f-x2k4 ended 3 times within 1 min");
    loop.settle = "kubectl logs --previous";
    loop.runbook = "pods";
    for (const std::int64_t agoS : {299, 280, 261})
        story.evidence("end", agoS * s, "node-07", "exit 137 of java");
    story.tell("node-07", Severity::Warning, InsightState::Open);

    wire::Insight &dns = story.begin("dns-failures", EntityKind::Pod, "shop/mailer-0",
                                     "shop/mailer-0 gets no answer for names: 41 questions failed (SERVFAIL)");
    dns.evidenceCount = 38;
    dns.settle = "dig @10.96.0.10 from the pod";
    for (int i = 0; i < 3; ++i)
        story.evidence("failure", (1500 - i * 7) * s, "node-03", "smtp.example: SERVFAIL after 5.0 s");
    story.tell("node-03", Severity::Warning, InsightState::Resolved);

    story.begin("disk-full", EntityKind::Node, "node-11", "node-11: writes fail for want of space in 2 containers");
    story.evidence("enospc", 1210 * s, "node-11", "write: ENOSPC, /var/lib/postgresql/data");
    story.evidence("enospc", 1190 * s, "node-11", "write: ENOSPC, /var/log/nginx");
    story.tell("node-11", Severity::Error, InsightState::Expired);

    wire::Insight &odd = story.begin(
        "brute-force", EntityKind::Account, "root",
        "<b>root</b> | 7 failed logins from 203.0.113.9 `; rm -rf /` and a sentence that somebody thought had to go on and on and on");
    odd.evidence = {"a line of a later version that nobody can read"};
    odd.evidenceCount = 1;
    story.evidence("login", 840 * s, "node-03", "failed password for root");
    story.tell("node-03", Severity::Critical, InsightState::Open);
    return story.take();
}

} // namespace tapio::test
