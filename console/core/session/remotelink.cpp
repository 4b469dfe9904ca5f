// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/session/link.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>
#include <variant>

#include "protocol/transport/pki.h"
#include "protocol/wire/codec.h"

namespace tapio::console {

namespace {

using StreamKey = std::pair<std::string, std::uint64_t>;

constexpr std::int64_t heartbeatEveryNs = 2 * nsPerSecond;
/// The offset of the exchange with the shortest round trip among the last ones is the best known (RFC 5905, clock
/// filter).
constexpr std::size_t clockExchanges = 8;
/// What a server may ask for: as long as the longest back-off (ClientOptions::reconnectMax). More would be a console that is off.
constexpr std::uint32_t longestPauseMs = 30'000;
/// Streams that a subscription goes on with; all of them fit a message of 1 MiB even with names of 64 bytes.
constexpr std::size_t maxResumed = 8'000;
constexpr std::size_t maxResumedOfNode = 4;

class RemoteLink final : public Link {
public:
    RemoteLink(std::unique_ptr<transport::ClientEndpoint> client, RemotePeers peers, const std::vector<wire::ResumePoint> &resume,
               server::FanInSink &sink, RemoteLinkHooks hooks, const Clock &clock)
        : m_client(std::move(client)), m_peers(std::move(peers)), m_sink(sink), m_hooks(std::move(hooks)), m_clock(clock),
          m_beganNs(clock.utcNs())
    {
        for (const wire::ResumePoint &point : resume)
            accept({point.node, point.streamId}, point.frameSeq);
        m_status.endpoint = m_peers.server;
        m_thread = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
    }

    ~RemoteLink() override
    {
        m_thread.request_stop();
        m_retry.notify_all();
        m_client->wake();
    }

    void acknowledge(const std::vector<wire::ResumePoint> &points) override
    {
        {
            const std::lock_guard lock(m_mutex);
            for (const wire::ResumePoint &point : points)
                m_acks[{point.node, point.streamId}] = point.frameSeq;
        }
        m_client->wake();
    }

    std::vector<ReceiveReading> received() const override
    {
        const std::lock_guard lock(m_mutex);
        std::vector<ReceiveReading> readings;
        for (const auto &[node, reading] : m_received)
            readings.push_back(reading);
        return readings;
    }

    std::int64_t serverOffsetNs() const override { return m_offsetNs.load(std::memory_order_relaxed); }
    bool clockKnown() const override { return m_clockKnown.load(std::memory_order_acquire); }

    LinkStatus status() const override
    {
        const std::lock_guard lock(m_mutex);
        return m_status;
    }

private:
    void run(std::stop_token stop)
    {
        while (!stop.stop_requested()) {
            deliverHeld(stop);
            const auto message = m_client->receive(std::chrono::milliseconds(200));
            if (m_client->generation() != m_generation)
                beginSession();
            if (m_client->phase() != transport::LinkPhase::Connected && m_welcomed)
                endSession({});
            if (!message)
                endSession(message.error().message());
            else if (*message)
                onBytes(**message);
            forwardNotices();
            sendDue();
        }
        if (m_welcomed)
            sendAcks();                                                      // of the last flush
        static_cast<void>(send(wire::Bye{"closed", "the console ends", 0})); // courtesy: the end of the connection says as much
    }

    void beginSession()
    {
        m_generation = m_client->generation();
        m_welcomed = false;
        m_sessionDropped = 0;
        wire::Hello hello;
        hello.role = Role::Console;
        hello.name = m_peers.console;
        hello.capabilities = {"zstd", "store"};
        sendOrBeginAnew(hello);
    }

    void endSession(const std::string &error)
    {
        m_welcomed = false;
        setStatus(false, error);
    }

    void onBytes(const transport::Bytes &bytes)
    {
        const auto message = wire::decode(bytes);
        if (!message) {
            endSession("the server sent something unreadable: " + message.error().message());
            m_client->reconnect(std::chrono::seconds(1));
            return;
        }
        std::visit([this](const auto &part) { on(part); }, *message);
    }

    void on(const wire::Welcome &)
    {
        m_client->confirm();
        m_welcomed = true;
        // Answered before the first delivery comes, so that the offset of the clocks is known by then.
        sendHeartbeat();
        wire::Subscribe subscribe;
        subscribe.epoch = ++m_epoch;
        forgetOldStreams();
        for (const auto &[stream, accepted] : m_accepted)
            subscribe.resume.push_back({stream.first, stream.second, accepted.frameSeq});
        if (sendOrBeginAnew(subscribe))
            setStatus(true, {});
    }

    void on(const wire::Delivery &delivery)
    {
        const auto *events = std::get_if<wire::EventBatch>(&delivery.frame.body);
        const std::uint64_t count = events ? events->events.size() : 0;
        const auto known = m_accepted.find({delivery.node, delivery.frame.streamId});
        const bool duplicate = known != m_accepted.end() && delivery.frame.frameSeq <= known->second.frameSeq;
        {
            const std::lock_guard lock(m_mutex);
            ReceiveReading &reading = m_received[delivery.node];
            reading.node = delivery.node;
            if (duplicate)
                reading.duplicate += count;
            else if (!wire::sentBefore(delivery, m_beganNs + serverOffsetNs()))
                reading.received += count;
        }
        if (!duplicate)
            m_held = std::make_shared<const wire::Delivery>(delivery);
    }

    void on(const wire::AgentState &state) { m_sink.onAgentState(state); }
    void on(const wire::LinkNotice &notice) { m_sink.onLinkNotice(notice); }

    void on(const wire::HeartbeatReply &reply)
    {
        if (reply.id != m_heartbeatId)
            return;
        // RFC 5905 section 8: t1 sent, t2 received, t3 replied, t4 now.
        const std::int64_t t4 = m_clock.utcNs();
        const std::int64_t roundTrip = std::max<std::int64_t>(0, (t4 - reply.sentNs) - (reply.repliedNs - reply.receivedNs));
        m_exchanges.emplace_back(roundTrip, ((reply.receivedNs - reply.sentNs) + (reply.repliedNs - t4)) / 2);
        if (m_exchanges.size() > clockExchanges)
            m_exchanges.pop_front();
        m_offsetNs.store(std::min_element(m_exchanges.begin(), m_exchanges.end())->second, std::memory_order_relaxed);
        m_clockKnown.store(true, std::memory_order_release);
        m_hooks.heartbeat(roundTrip, true);
        // Cumulative of the server's session; ours outlives it.
        m_dropped += reply.droppedEvents - std::min(reply.droppedEvents, m_sessionDropped);
        m_sessionDropped = reply.droppedEvents;
        m_hooks.queueDropped(m_peers.server, m_dropped);
    }

    void on(const wire::Bye &bye)
    {
        endSession("the server ended the session: " + bye.reason + " (" + bye.code + ')');
        m_client->reconnect(std::chrono::milliseconds(std::min(bye.reconnectAfterMs, longestPauseMs)));
    }

    template <typename Other> void on(const Other &)
    {
        endSession("the server sent a message that is not for consoles");
        m_client->reconnect(std::chrono::seconds(1));
    }

    void accept(const StreamKey &stream, std::uint64_t frameSeq) { m_accepted[stream] = {frameSeq, ++m_acceptedCount}; }

    /// A store of many agents that were started often knows more streams than a message can name. Only the newest can go on.
    void forgetOldStreams()
    {
        std::vector<std::pair<std::uint64_t, StreamKey>> newestFirst;
        for (const auto &[stream, accepted] : m_accepted)
            newestFirst.emplace_back(accepted.order, stream);
        std::sort(newestFirst.rbegin(), newestFirst.rend());
        std::map<std::string, std::size_t> ofNode;
        std::size_t kept = 0;
        for (const auto &[order, stream] : newestFirst) {
            if (kept >= maxResumed || ++ofNode[stream.first] > maxResumedOfNode)
                m_accepted.erase(stream);
            else
                ++kept;
        }
    }

    /// A frame that the store cannot take now stops the reading: what is behind it waits at the server.
    void deliverHeld(const std::stop_token &stop)
    {
        while (m_held && !stop.stop_requested()) {
            if (m_sink.onDelivery(m_held)) {
                accept({m_held->node, m_held->frame.streamId}, m_held->frame.frameSeq);
                m_held.reset();
                return;
            }
            std::unique_lock lock(m_mutex);
            m_retry.wait_for(lock, stop, std::chrono::milliseconds(20), [] { return false; });
            lock.unlock();
            sendDue();
        }
    }

    /// What finds no room now goes with the next call; the endpoint wakes us when there is room again.
    void sendAcks()
    {
        std::map<StreamKey, std::uint64_t> acks;
        {
            const std::lock_guard lock(m_mutex);
            acks.swap(m_acks);
        }
        while (!acks.empty() && send(wire::Ack{acks.begin()->first.first, acks.begin()->first.second, acks.begin()->second}))
            acks.erase(acks.begin());
        const std::lock_guard lock(m_mutex);
        m_acks.merge(acks); // a newer one of the same stream stays
    }

    void sendDue()
    {
        if (m_welcomed)
            sendAcks();
        if (m_welcomed && m_clock.bootNs() >= m_nextHeartbeatNs)
            sendHeartbeat();
    }

    void sendHeartbeat()
    {
        m_nextHeartbeatNs = m_clock.bootNs() + heartbeatEveryNs;
        wire::Heartbeat heartbeat;
        heartbeat.id = ++m_heartbeatId;
        heartbeat.sentNs = m_clock.utcNs();
        heartbeat.offsetNs = m_offsetNs.load(std::memory_order_relaxed);
        heartbeat.uncertaintyNs = m_exchanges.empty() ? -1 : std::min_element(m_exchanges.begin(), m_exchanges.end())->first / 2;
        static_cast<void>(send(heartbeat)); // no room: the next one measures
    }

    Status send(const wire::Message &message)
    {
        const auto bytes = wire::encode(message);
        Status sent = bytes ? m_client->send(*bytes) : Status(fail(bytes.error()));
        // Not connected: the next session says Hello and subscribes anew. Busy: the next heartbeat or attempt comes soon.
        if (!sent && sent.error().code() != Errc::Disconnected && sent.error().code() != Errc::Busy)
            setStatus(m_welcomed, sent.error().message());
        return sent;
    }

    /// For what a session cannot do without: one that cannot have even that is given up.
    bool sendOrBeginAnew(const wire::Message &message)
    {
        const Status sent = send(message);
        if (!sent && sent.error().code() != Errc::Disconnected) {
            endSession("the session could not begin: " + sent.error().message());
            m_client->reconnect(std::chrono::seconds(1));
        }
        return sent.has_value();
    }

    void forwardNotices()
    {
        for (const transport::Notice &notice : m_client->takeNotices()) {
            const auto kind = notice.kind == transport::NoticeKind::Accepted  ? wire::LinkNoticeKind::Accepted
                              : notice.kind == transport::NoticeKind::Refused ? wire::LinkNoticeKind::Refused
                                                                              : wire::LinkNoticeKind::Closed;
            m_sink.onLinkNotice({notice.timeNs, kind, notice.remoteAddress, notice.identity, notice.code, notice.reason, notice.repeated});
            // How often it was refused before is told when it is connected again: that is news of then.
            if (notice.kind != transport::NoticeKind::Accepted && !m_welcomed)
                setStatus(false, notice.reason + " (" + notice.code + ')');
        }
    }

    void setStatus(bool up, const std::string &error)
    {
        LinkStatus status;
        {
            const std::lock_guard lock(m_mutex);
            if (m_status.up == up && (error.empty() ? up == m_status.error.empty() : m_status.error == error))
                return;
            m_status.up = up;
            if (up || !error.empty())
                m_status.error = error;
            status = m_status;
        }
        m_hooks.status(status);
    }

    const std::unique_ptr<transport::ClientEndpoint> m_client;
    const RemotePeers m_peers;
    server::FanInSink &m_sink;
    const RemoteLinkHooks m_hooks;
    const Clock &m_clock;
    const std::int64_t m_beganNs; ///< console's UTC

    // The I/O thread's own.
    std::uint64_t m_generation = 0;
    bool m_welcomed = false;
    std::uint32_t m_epoch = 0;
    std::uint64_t m_heartbeatId = 0;
    std::int64_t m_nextHeartbeatNs = 0;
    std::uint64_t m_sessionDropped = 0;                            ///< as the server counts, of this session
    std::uint64_t m_dropped = 0;                                   ///< of all
    std::deque<std::pair<std::int64_t, std::int64_t>> m_exchanges; ///< round trip, offset
    struct Accepted {
        std::uint64_t frameSeq = 0;
        std::uint64_t order = 0; ///< the higher, the later it was taken
    };
    std::map<StreamKey, Accepted> m_accepted; ///< last frame taken, per stream
    std::uint64_t m_acceptedCount = 0;
    std::shared_ptr<const wire::Delivery> m_held;

    std::atomic<std::int64_t> m_offsetNs{0};
    std::atomic<bool> m_clockKnown{false};
    mutable std::mutex m_mutex;
    std::condition_variable_any m_retry;
    std::map<StreamKey, std::uint64_t> m_acks;
    std::map<std::string, ReceiveReading> m_received;
    LinkStatus m_status;
    std::jthread m_thread;
};

} // namespace

Result<std::unique_ptr<Link>> startRemoteLink(transport::ClientOptions options, std::vector<wire::ResumePoint> resume,
                                              server::FanInSink &sink, RemoteLinkHooks hooks, const Clock &clock)
{
    const auto certificate = transport::inspectCertificate(options.tls, clock);
    if (!certificate)
        return fail(certificate.error());
    const bool ipv6 = options.host.find(':') != std::string::npos;
    std::string endpoint = (ipv6 ? '[' + options.host + ']' : options.host) + ':' + std::to_string(options.port);
    auto client = transport::ClientEndpoint::open(std::move(options), clock);
    if (!client)
        return fail(client.error());
    return makeRemoteLink(std::move(*client), {std::move(endpoint), certificate->identity.name}, std::move(resume), sink, std::move(hooks),
                          clock);
}

std::unique_ptr<Link> makeRemoteLink(std::unique_ptr<transport::ClientEndpoint> client, RemotePeers peers,
                                     std::vector<wire::ResumePoint> resume, server::FanInSink &sink, RemoteLinkHooks hooks,
                                     const Clock &clock)
{
    return std::make_unique<RemoteLink>(std::move(client), std::move(peers), resume, sink, std::move(hooks), clock);
}

} // namespace tapio::console
