// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/fakesession.h"

#include <QTimer>

#include <algorithm>

using namespace tapio::console;

namespace tapio::test {

namespace {

bool containsNoCase(const std::string &text, const std::string &part)
{
    return QString::fromStdString(text).contains(QString::fromStdString(part), Qt::CaseInsensitive);
}

template <typename T> bool allows(const std::vector<T> &list, const T &value)
{
    return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

bool matches(const StoredEvent &e, const EventQuery &q)
{
    return e.event.timeNs >= q.fromNs && e.event.timeNs < q.toNs && e.event.severity >= q.filter.minSeverity
           && allows(q.filter.types, e.event.type) && allows(q.filter.nodes, e.node) && allows(q.filter.namespaces, e.origin.namespaceName)
           && allows(q.filter.pods, e.origin.podName) && (!q.pid || e.event.process.pid == *q.pid)
           && (q.text.empty() || containsNoCase(wire::summary(e.event), q.text) || containsNoCase(e.event.process.comm, q.text)
               || containsNoCase(e.origin.podName, q.text) || containsNoCase(e.origin.containerName, q.text));
}

wire::Event execEvent(std::size_t i)
{
    wire::Event event;
    event.type = wire::EventType::ProcessExec;
    event.process = {static_cast<std::uint32_t>(4000 + i), 0, 1'000'000 + i, "curl"};
    event.detail = wire::ProcessExec{static_cast<std::uint32_t>(812 + i % 7),
                                     "bash",
                                     "/usr/bin/curl",
                                     {"curl", "-s", "--max-time", "5", "http://10.0.0.1:8080/healthz"},
                                     false};
    return event;
}

wire::Event tcpEvent(std::size_t i)
{
    wire::Event event;
    event.type = wire::EventType::TcpConnection;
    event.severity = i % 3 == 0 ? wire::Severity::Warning : wire::Severity::Info;
    event.process = {static_cast<std::uint32_t>(900 + i % 50), 1000, 2'000'000 + i, "checkout-api"};
    wire::TcpConnection tcp;
    tcp.local.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 7};
    tcp.local.port = static_cast<std::uint16_t>(40000 + i % 20000);
    tcp.remote.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 3, 12};
    tcp.remote.port = 5432;
    tcp.direction = wire::TcpDirection::Outbound;
    tcp.outcome = i % 3 == 0 ? wire::TcpOutcome::Refused : wire::TcpOutcome::Closed;
    tcp.socketError = i % 3 == 0 ? 111 : 0;
    tcp.established = i % 3 != 0;
    tcp.durationNs = 1'200'000'000 + i;
    tcp.bytesSent = 18'244;
    tcp.bytesReceived = 1'048'576;
    tcp.srttUs = 412;
    event.detail = tcp;
    return event;
}

wire::Event otherEvent(std::size_t i)
{
    wire::Event event;
    event.process = {static_cast<std::uint32_t>(41822 + i), 999, 3'000'000 + i, "java"};
    switch (i % 4) {
    case 0:
        event.type = wire::EventType::OomKill;
        event.severity = wire::Severity::Critical;
        event.detail = wire::OomKill{41999, "kworker/u8:2", 4ULL << 30, 498ULL << 20, 12ULL << 20, 0, 3ULL << 20, 987};
        break;
    case 1:
        event.type = wire::EventType::ProcessExit;
        event.severity = wire::Severity::Error;
        event.detail = wire::ProcessExit{137, 9, false, 90'000'000'000, 1, "systemd"};
        break;
    case 2:
        event.type = wire::EventType::FatalSignal;
        event.severity = wire::Severity::Warning;
        event.detail = wire::FatalSignal{11, 1, 0, {}};
        break;
    default:
        event.type = static_cast<wire::EventType>(77); // from a newer agent
        event.severity = wire::Severity::Notice;
        break;
    }
    return event;
}

wire::Origin originOf(std::size_t i)
{
    wire::Origin origin;
    if (i % 5 == 4) {
        origin.cgroupPath = "/system.slice/cron.service";
        origin.cgroupId = 512;
        origin.attribution = wire::Attribution::Live;
        return origin;
    }
    origin.cgroupId = 7000 + i % 40;
    origin.containerId = std::string(60, 'a') + "c0de";
    origin.containerName = "app";
    origin.podUid = "0f6c9e3e-6f0e-4b0f-9f51-0c7f3c1d2e3f";
    origin.podName = i % 11 == 3 ? "a-very-long-workload-name-that-somebody-thought-was-a-good-idea-7d9f5b6c8d-x2k4q"
                     : i % 2     ? "checkout-api-7d9f-x2k4"
                                 : "ledger-db-0";
    origin.namespaceName = i % 3 ? "payments" : "kube-system";
    origin.cgroupPath = "/kubepods/burstable/pod" + origin.podUid + "/" + origin.containerId;
    origin.attribution = static_cast<wire::Attribution>(i % 4);
    return origin;
}

} // namespace

std::vector<StoredEvent> sampleEvents(std::size_t count, std::int64_t newestNs, std::int64_t stepNs)
{
    std::vector<StoredEvent> events;
    events.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        StoredEvent stored;
        stored.event = i % 3 == 0 ? execEvent(i) : i % 3 == 1 ? tcpEvent(i) : otherEvent(i / 3);
        stored.event.timeNs = newestNs - static_cast<std::int64_t>(count - 1 - i) * stepNs;
        stored.event.drainUs = 350;
        stored.event.cpu = static_cast<std::uint16_t>(i % 8);
        stored.id = {static_cast<std::int64_t>(i / 4096 + 1), static_cast<std::uint32_t>(i % 4096)};
        stored.node = i % 4 == 0 ? "node-03" : "node-07";
        stored.seq = i + 1;
        stored.origin = originOf(i);
        events.push_back(std::move(stored));
    }
    return events;
}

std::vector<wire::AgentState> sampleAgents(std::size_t count, std::int64_t nowNs)
{
    std::vector<wire::AgentState> agents;
    for (std::size_t i = 0; i < count; ++i) {
        wire::AgentState a;
        a.node = i == 3 ? "ip-10-200-113-27.eu-central-1.compute.internal.production.example" : "node-" + std::to_string(i + 10);
        a.state = i % 7 == 5 ? wire::LinkState::Silent : i % 7 == 6 ? wire::LinkState::Gone : wire::LinkState::Connected;
        a.sinceNs = nowNs - static_cast<std::int64_t>(i + 1) * 251 * nsPerSecond;
        a.lastHeartbeatNs = nowNs - (i % 7 >= 5 ? 240 : 1) * nsPerSecond;
        a.remoteAddress = "10.0.0." + std::to_string(i + 4) + ":41" + std::to_string(230 + i);
        a.certificateSerial = "3f0a" + std::to_string(100000 + i * 7919);
        a.certificateExpiresNs = nowNs + (i == 2 ? 3 : 80) * 86'400 * nsPerSecond;
        a.streamId = 0x9f3c000000000000ULL + i;
        a.sessions = static_cast<std::uint32_t>(1 + i % 3);
        a.agent = {"0.1.0", "6.1.0-25-amd64", "b0072c1e", 8, 16ULL << 30, static_cast<std::uint32_t>(700 + i), {}};
        a.heartbeat.offsetNs = static_cast<std::int64_t>(i) * 180'000 - 400'000;
        a.heartbeat.uncertaintyNs = i == 4 ? -1 : 300'000 + static_cast<std::int64_t>(i) * 90'000;
        a.heartbeat.producedEvents = 1'200'000 + i;
        a.heartbeat.queuedEvents = i % 7 == 5 ? 4200 : i * 3;
        a.heartbeat.inFlightEvents = 64;
        a.receivedEvents = 1'200'000;
        a.receivedFrames = 18'750;
        a.receivedBytes = 48'000'000;
        if (i == 1)
            a.loss = {2, 311, 12, 1};
        agents.push_back(a);
    }
    return agents;
}

std::vector<wire::LinkNotice> sampleNotices(std::size_t count, std::int64_t nowNs)
{
    const std::pair<const char *, const char *> kinds[] = {{"accepted", "handshake complete"},
                                                           {"wrong-ca", "the certificate is not signed by this authority"},
                                                           {"expired", "the certificate expired on 2026-02-27"},
                                                           {"plaintext", "the peer does not speak TLS"},
                                                           {"closed", "the peer closed the connection"}};
    std::vector<wire::LinkNotice> notices;
    for (std::size_t i = 0; i < count; ++i) {
        wire::LinkNotice n;
        const auto &[code, reason] = kinds[i % 5];
        n.timeNs = nowNs - static_cast<std::int64_t>(i) * 13 * nsPerSecond;
        n.kind = i % 5 == 0 ? wire::LinkNoticeKind::Accepted : i % 5 == 4 ? wire::LinkNoticeKind::Closed : wire::LinkNoticeKind::Refused;
        n.remoteAddress = "203.0.113." + std::to_string(i % 200) + ":5" + std::to_string(1000 + i);
        n.identity = i % 5 == 1 || i % 5 == 3 ? "" : "spiffe://tapio.local/tapio/node/node-" + std::to_string(i % 31);
        n.code = code;
        n.reason = reason;
        n.repeated = i % 5 == 3 ? 41 : 1;
        notices.push_back(n);
    }
    return notices;
}

std::vector<wire::HookReport> FakeSession::hooks(const std::string &node) const
{
    const auto found = hookReports.find(node);
    return found == hookReports.end() ? std::vector<wire::HookReport>() : found->second;
}

CounterSet FakeSession::counters(const std::string &node) const
{
    const auto found = counterSets.find(node);
    return found == counterSets.end() ? CounterSet() : found->second;
}

EventPage FakeSession::page(const EventQuery &query, std::optional<EventId> after) const
{
    std::vector<const StoredEvent *> found;
    for (const StoredEvent &event : events)
        if (matches(event, query))
            found.push_back(&event);
    const auto older = [](const StoredEvent *a, const StoredEvent *b) {
        return std::pair(a->event.timeNs, a->id) < std::pair(b->event.timeNs, b->id);
    };
    std::sort(found.begin(), found.end(), older);
    if (query.newestFirst)
        std::reverse(found.begin(), found.end());
    auto begin = found.begin();
    if (after) {
        const auto at = std::find_if(found.begin(), found.end(), [&](const StoredEvent *e) { return e->id == *after; });
        if (at != found.end())
            begin = at + 1;
    }
    EventPage page;
    page.lostEvents = lostEvents;
    page.next = query;
    for (auto i = begin; i != found.end(); ++i) {
        if (page.events.size() == query.limit) {
            page.more = true;
            break;
        }
        page.events.push_back(**i);
    }
    page.scannedEvents = events.size();
    if (!page.events.empty())
        page.nextAfter = page.events.back().id;
    return page;
}

quint64 FakeSession::queryEvents(int slot, const EventQuery &query, std::optional<EventId> after)
{
    const Query asking{slot, m_nextId++, query, after};
    pending.erase(std::remove_if(pending.begin(), pending.end(), [slot](const Query &q) { return q.slot == slot; }), pending.end());
    asked.append(asking);
    pending.append(asking);
    if (!holdAnswers)
        QTimer::singleShot(0, this, [this, asking] {
            const auto at = std::find_if(pending.begin(), pending.end(), [&](const Query &q) { return q.id == asking.id; });
            if (at == pending.end())
                return;
            pending.erase(at);
            answer(asking);
        });
    return asking.id;
}

Status FakeSession::giveVerdict(const Verdict &verdict)
{
    Verdict given = verdict;
    given.user = "m.rantala";
    given.timeNs = 1'750'000'100 * nsPerSecond + static_cast<std::int64_t>(verdicts.size()) * nsPerSecond;
    if (Status status = checkVerdict(given); !status)
        return status;
    if (holdVerdicts)
        return {};
    verdicts.push_back(given);
    QTimer::singleShot(0, this, [this] { emit verdictsStored(); });
    return {};
}

void FakeSession::readVerdicts()
{
    ++verdictReads;
    QTimer::singleShot(0, this, [this] {
        if (verdictError.isEmpty())
            emit verdictsReady(verdicts);
        else
            emit verdictsFailed(verdictError);
    });
}

void FakeSession::readRuleBoard()
{
    ++ruleBoardReads;
    if (holdRuleBoard)
        return;
    QTimer::singleShot(0, this, [this] {
        if (ruleBoardError.isEmpty())
            emit ruleBoardReady(ruleBoard);
        else
            emit ruleBoardFailed(ruleBoardError);
    });
}

void FakeSession::cancelQuery(int slot)
{
    cancelled.append(slot);
    pending.erase(std::remove_if(pending.begin(), pending.end(), [slot](const Query &q) { return q.slot == slot; }), pending.end());
}

void FakeSession::answerAll()
{
    const QList<Query> waiting = std::exchange(pending, {});
    for (const Query &query : waiting)
        answer(query);
}

void FakeSession::answer(const Query &query)
{
    if (queryError.isEmpty())
        emit eventsReady(query.slot, query.id, page(query.query, query.after));
    else
        emit eventsFailed(query.slot, query.id, queryError);
}

} // namespace tapio::test
