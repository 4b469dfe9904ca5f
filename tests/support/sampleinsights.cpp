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

} // namespace

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
