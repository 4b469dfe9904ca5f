// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/console/fakeagent.h"

#include "protocol/wire/codec.h"

namespace tapio::test {

namespace {

void post(transport::ClientEndpoint &client, const wire::Message &message)
{
    if (const auto bytes = wire::encode(message))
        static_cast<void>(client.send(*bytes)); // not connected: it comes again with the next session
}

} // namespace

FakeAgent::FakeAgent(std::uint16_t port, const std::string &node, transport::TlsFiles tls, const Clock &clock, std::uint64_t streamId)
    : m_node(node), m_tls(std::move(tls)), m_clock(clock), m_streamId(streamId), m_port(port)
{
    m_thread = std::jthread([this](const std::stop_token &stop) { run(stop); });
}

FakeAgent::~FakeAgent() = default;

std::uint64_t FakeAgent::send(std::variant<wire::EventBatch, wire::SampleBatch, wire::CounterReport, wire::HookReport> body)
{
    const std::lock_guard lock(m_mutex);
    if (const auto *events = std::get_if<wire::EventBatch>(&body))
        m_produced += events->events.size();
    m_frames.push_back({m_streamId, m_nextSeq, m_clock.utcNs(), std::move(body)});
    return m_nextSeq++;
}

std::uint64_t FakeAgent::sendEvents(std::size_t count)
{
    wire::EventBatch batch;
    batch.firstSeq = m_produced + 1;
    batch.origins.resize(1);
    batch.origins[0].cgroupPath = "/system.slice/test.service";
    for (std::size_t i = 0; i < count; ++i) {
        wire::Event event;
        event.timeNs = m_clock.utcNs();
        event.drainUs = 100;
        event.type = wire::EventType::ProcessExec;
        event.process.pid = static_cast<std::uint32_t>(batch.firstSeq + i);
        event.process.comm = "exec-test";
        event.detail = wire::ProcessExec{1, "init", "/bin/true", {"true"}, false};
        batch.events.push_back(std::move(event));
    }
    return send(std::move(batch));
}

std::uint64_t FakeAgent::sendInsight(std::uint64_t id, wire::InsightState state)
{
    wire::Insight insight;
    insight.id = id;
    insight.rule = "oom-kill";
    insight.state = state;
    wire::Event event;
    event.timeNs = insight.fromNs = m_clock.utcNs();
    event.type = wire::EventType::Insight;
    event.severity = wire::Severity::Error;
    event.detail = std::move(insight);
    wire::EventBatch batch;
    batch.firstSeq = m_produced + 1;
    batch.origins.resize(1);
    batch.events.push_back(std::move(event));
    return send(std::move(batch));
}

std::uint64_t FakeAgent::dropOldest(std::size_t frames)
{
    const std::lock_guard lock(m_mutex);
    std::uint64_t events = 0;
    for (; frames > 0 && !m_frames.empty(); --frames) {
        if (const auto *batch = std::get_if<wire::EventBatch>(&m_frames.front().body))
            events += batch->events.size();
        m_frames.pop_front();
    }
    m_dropped += events;
    return events;
}

void FakeAgent::run(const std::stop_token &stop)
{
    while (!stop.stop_requested()) {
        transport::ClientOptions options;
        options.port = m_port;
        options.tls = m_tls;
        options.reconnectMin = std::chrono::milliseconds(20);
        options.reconnectMax = std::chrono::milliseconds(100);
        auto client = transport::ClientEndpoint::open(options, m_clock);
        if (!client)
            return;
        m_generation = 0;
        while (!stop.stop_requested() && options.port == m_port) {
            const auto bytes = (*client)->receive(std::chrono::milliseconds(5));
            if ((*client)->generation() != m_generation) {
                m_generation = (*client)->generation();
                m_welcomed = false;
                sendHello(**client);
            }
            if (bytes && *bytes) {
                if (const auto message = wire::decode(**bytes))
                    onMessage(**client, *message);
            }
            if (m_welcomed) {
                sendFrames(**client);
                sendHeartbeat(**client);
            }
        }
        m_welcomed = false;
    }
}

void FakeAgent::onMessage(transport::ClientEndpoint &client, const wire::Message &message)
{
    if (const auto *welcome = std::get_if<wire::Welcome>(&message)) {
        client.confirm();
        m_sentSeq = welcome->ackedFrameSeq;
        m_acked = std::max<std::uint64_t>(m_acked, welcome->ackedFrameSeq);
        m_welcomed = true;
        m_nextHeartbeatNs = 0;
    } else if (const auto *ack = std::get_if<wire::Ack>(&message)) {
        m_acked = ack->frameSeq;
        const std::lock_guard lock(m_mutex);
        while (!m_frames.empty() && m_frames.front().frameSeq <= ack->frameSeq)
            m_frames.pop_front();
    } else if (const auto *reply = std::get_if<wire::HeartbeatReply>(&message)) {
        const std::int64_t now = m_clock.utcNs();
        m_offsetNs = ((reply->receivedNs - reply->sentNs) + (reply->repliedNs - now)) / 2;
        m_uncertaintyNs = ((now - reply->sentNs) - (reply->repliedNs - reply->receivedNs)) / 2;
    }
}

void FakeAgent::sendHello(transport::ClientEndpoint &client)
{
    wire::Hello hello;
    hello.role = Role::Node;
    hello.name = m_node;
    hello.streamId = m_streamId;
    {
        const std::lock_guard lock(m_mutex);
        hello.nextFrameSeq = m_frames.empty() ? m_nextSeq : m_frames.front().frameSeq;
    }
    hello.producedEvents = m_produced;
    hello.droppedEvents = m_dropped;
    hello.agent.cpuCount = 4;
    post(client, hello);
}

void FakeAgent::sendHeartbeat(transport::ClientEndpoint &client)
{
    if (m_clock.bootNs() < m_nextHeartbeatNs)
        return;
    m_nextHeartbeatNs = m_clock.bootNs() + 100 * nsPerMs;
    wire::Heartbeat heartbeat;
    heartbeat.id = ++m_heartbeatId;
    heartbeat.sentNs = m_clock.utcNs();
    heartbeat.offsetNs = m_offsetNs;
    heartbeat.uncertaintyNs = m_uncertaintyNs;
    heartbeat.droppedEvents = m_dropped;
    {
        // What is not acknowledged is still here: without it a server that lags would name it as lost.
        const std::lock_guard lock(m_mutex);
        heartbeat.producedEvents = m_produced;
        for (const wire::Frame &frame : m_frames) {
            if (const auto *events = std::get_if<wire::EventBatch>(&frame.body))
                heartbeat.inFlightEvents += events->events.size();
        }
    }
    post(client, heartbeat);
}

void FakeAgent::sendFrames(transport::ClientEndpoint &client)
{
    const std::lock_guard lock(m_mutex);
    for (const wire::Frame &frame : m_frames) {
        if (frame.frameSeq <= m_sentSeq)
            continue;
        const auto bytes = wire::encode(frame);
        if (!bytes || !client.send(*bytes))
            return;
        m_sentSeq = frame.frameSeq;
    }
}

} // namespace tapio::test
