// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <spdlog/logger.h>

#include "agent/publish/outgoing.h"
#include "agent/publish/outgoingring.h"
#include "agent/publish/replaypace.h"
#include "agent/spool/spool.h"
#include "protocol/base/clock.h"
#include "protocol/transport/endpoint.h"
#include "protocol/wire/message.h"

namespace tapio::agent {

struct SessionOptions {
    std::string node;           ///< as in the certificate
    std::uint64_t streamId = 0; ///< random per start
    wire::AgentInfo info;
    std::size_t ringBytes = 8u << 20;
    std::uint64_t replayRate = 4u << 20; ///< of the spool: bytes per second
    std::chrono::milliseconds heartbeat{2000};
    std::chrono::milliseconds welcomeTimeout{10'000};
    std::chrono::milliseconds replyTimeout{15'000}; ///< connected, but nothing comes from the server
};

enum class SessionPhase : std::uint8_t { Offline, Greeting, Up };
std::string_view sessionPhaseName(SessionPhase phase) noexcept;

/// The link as the rest of the agent may know it. A value.
struct SessionStatus {
    SessionPhase phase = SessionPhase::Offline;
    std::uint64_t sessions = 0;        ///< how often the server welcomed us
    std::uint64_t producedEvents = 0;  ///< numbered by the pipeline
    std::uint64_t droppedEvents = 0;   ///< never sent: a queue was full, or it could not be encoded
    std::uint64_t abandonedEvents = 0; ///< sent, but given up before the server had confirmed them
    std::uint64_t queuedEvents = 0;    ///< held, in memory or in the spool, and not under way
    std::uint64_t inFlightEvents = 0;
    std::uint64_t sentEvents = 0;
    std::uint64_t ackedEvents = 0;
    std::uint64_t sentBytes = 0; ///< payload handed to the transport, resent frames again
    std::size_t ringBytes = 0;
    std::int64_t offsetNs = 0;       ///< server's UTC minus ours
    std::int64_t uncertaintyNs = -1; ///< -1 = not measured
    std::int64_t oldestEventNs = 0;  ///< UTC of the oldest event held, in memory or in the spool; 0 = none
    std::int64_t asOfBootNs = 0;     ///< when this was true
    /// All sources' counters, both threads' share, as last told to the server; null = not yet.
    std::shared_ptr<const wire::CounterReport> counters;
    SpoolStatus spool;
};

/// Events of this start that the server has not confirmed when the agent ends.
struct HeldAtEnd {
    std::uint64_t spooledEvents = 0; ///< on the disk, for the next start
    std::uint64_t lostEvents = 0;    ///< end with the agent: in memory, or on their way to a disk that did not take them
};
/// Of the status after park().
HeldAtEnd heldAtEnd(const SessionStatus &status) noexcept;

/// What the publisher decides: the session protocol's agent side over a ClientEndpoint, with neither a thread nor a clock of
/// its own. Not thread-safe; link, clock, logger and spool outlive it.
class PublishSession : private SpoolListener {
public:
    /// `spool`: where frames go that memory has no room for; null = they are dropped.
    PublishSession(SessionOptions options, transport::ClientEndpoint &link, const Clock &clock, spdlog::logger &log,
                   Spool *spool = nullptr);

    /// What the next greeting tells.
    void setConfigSha256(std::string sha256) { m_options.info.configSha256 = std::move(sha256); }
    /// Numbers and encodes a frame and keeps it until the server has it safe; a batch too large for one frame is split.
    void take(Outgoing &&outgoing);
    /// Receives what there is, waiting up to `wait` for the first message, then does what is due and sends what may be sent.
    void step(std::chrono::milliseconds wait);
    /// How long step() may wait at most before something is due.
    std::chrono::milliseconds untilDue() const;
    /// The last word of a session that is up; whatever the link does afterwards is expected.
    void sayBye(std::string code, std::string reason);

    /// Everything taken is safe on the server's side.
    bool settled() const noexcept { return m_ring.empty() && (m_spool == nullptr || m_spool->lastSeq() == 0); }
    /// Part of it is in the spool, and what is in memory can go there too: there is no need to wait for the server.
    bool backlogged() const;
    /// At the end: puts what is left in memory into the spool, for the next start. Waits for the disk, `longest` at most. No step() that
    /// sends frames may follow.
    void park(std::chrono::milliseconds longest);
    bool canPark() const;
    SessionStatus status() const;
    /// A filter that came since the last call.
    std::optional<wire::Filter> takeFilter();
    /// What the spool gave up since the last call, those of one cause and origin in one.
    std::vector<SpoolLoss> takeSpoolLosses() { return std::exchange(m_spoolLosses, {}); }
    /// Requests of consoles that came since the last call.
    std::vector<wire::FilterRequest> takeFilterRequests() { return std::exchange(m_filterRequests, {}); }
    /// Answers one of them, as soon as the link takes it; without a session it is dropped, as is the oldest of too many.
    void answer(wire::FilterReply reply);

private:
    void seal(Outgoing &&outgoing);
    void split(Outgoing &&outgoing);
    void keep(RingFrame &&frame);
    bool spool(const RingFrame &frame);
    std::size_t slack() const;
    void sealHooks();

    void onSpooled(const std::vector<SourceEvents> &sources) override;
    void onSpoolLoss(const SpoolLoss &loss) override;
    void onSpoolState(SpoolState before, const SpoolStatus &now) override;
    void onSpoolFinding(const std::string &text) override;
    bool chooseStream();
    void leaveStream();
    bool endStream(const std::string &why);
    /// True: nothing in memory that is lower than `before` waits.
    bool sendRing(std::uint64_t before);
    void sendSpooled();
    bool roomFor(std::size_t bytes) const;
    void acknowledgeSpooled(std::uint64_t frameSeq);
    void overlay(wire::CounterReport &report) const;
    void dropped(const RingFrame &frame);
    void giveUpEvent(const Outgoing &outgoing);

    void followLink();
    void goOffline();
    void logNotices();
    void onMessage(const transport::Bytes &bytes);
    void onWelcome(const wire::Welcome &welcome);
    void onAck(const wire::Ack &ack);
    void onReply(const wire::HeartbeatReply &reply);
    void onBye(const wire::Bye &bye);
    void acknowledge(std::uint64_t frameSeq);
    void onFilterRequest(const wire::FilterRequest &request);
    void sendReplies();
    void beat();
    void sendFrames();
    void loseSession(std::chrono::milliseconds delay, const std::string &why);
    Status sendMessage(const wire::Message &message);
    void sendHello();

    SessionOptions m_options;
    transport::ClientEndpoint &m_link;
    const Clock &m_clock;
    spdlog::logger &m_log;
    OutgoingRing m_ring;
    SessionStatus m_status;
    std::map<std::string, CounterSet, std::less<>> m_counters; ///< qdrop, sent, acked, malformed by source (and see split())
    std::uint64_t m_nextFrameSeq = 1;
    std::optional<wire::HookReport> m_hooks;
    std::optional<wire::Filter> m_filter;
    std::vector<wire::FilterRequest> m_filterRequests; ///< bounded
    std::deque<wire::FilterReply> m_filterReplies;     ///< due; bounded
    std::uint64_t m_generation = 0;
    std::uint64_t m_creditBytes = 0;
    Spool *m_spool;
    std::vector<SpoolLoss> m_spoolLosses; ///< at most two of each cause
    ReplayPace m_pace;
    std::uint64_t m_earlier = 0;  ///< stream of an earlier start that this session replays; 0 = our own
    bool m_leavingStream = false; ///< it is done, and the server was told
    bool m_hooksDue = false;      ///< the spool's state changed
    bool m_paced = false;         ///< the spool has more to send, but not yet
    std::uint64_t m_sentUpTo = 0; ///< highest frame number that was ever sent
    bool m_left = false;
    bool m_stalled = false; ///< the transport's queue was full at the last try
    std::int64_t m_phaseSinceBootNs = 0;
    std::int64_t m_lastHeardBootNs = 0;
    std::int64_t m_nextBeatBootNs = 0;
    struct Beat {
        std::uint64_t id = 0;
        std::int64_t sentNs = 0;
        std::int64_t sentBootNs = 0;
    };
    std::deque<Beat> m_beats; ///< under way, oldest first; bounded
    std::uint64_t m_lastBeatId = 0;
};

} // namespace tapio::agent
