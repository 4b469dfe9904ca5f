// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "agent/server/batchfilter.h"
#include "agent/server/greeting.h"
#include "agent/server/lateevents.h"
#include "agent/server/peerlink.h"
#include "agent/server/replayring.h"
#include "protocol/base/clock.h"

namespace tapio::server {

struct ConsoleLimits {
    std::uint64_t creditBytes = 0; ///< sent and not acknowledged
    std::uint64_t queueBytes = 0;  ///< how far it may lag behind the ring's end before its oldest are dropped
};

/// One connection of a console: what it subscribed to, read from the replay ring at its own pace. Slow consoles lose their own
/// oldest deliveries, counted, and nobody else's. Fan-in thread; ring, link and clock outlive it.
class ConsoleSession {
public:
    ConsoleSession(const ReplayRing &ring, PeerLink &link, const Clock &clock, ConsoleLimits limits)
        : m_ring(ring), m_link(link), m_clock(clock), m_limits(limits), m_cursor(ring.end())
    {}

    std::optional<wire::Bye> begin(const Greeted &greeted, std::uint64_t sessionId);
    /// A value: the session must end so. Codes: "protocol", "closed" (the console said goodbye).
    std::optional<wire::Bye> onMessage(const wire::Message &message, std::int64_t receivedNs);

    /// The newest state of a node replaces one that was not sent yet.
    void show(const wire::AgentState &state);
    void show(const wire::LinkNotice &notice);
    /// A node's last report of its hooks, and where it was put into the ring: sent when this console's reading begins after it.
    void showHooks(std::shared_ptr<const wire::Delivery> hooks, ReplayRing::Position position);

    /// Call before the ring takes `bytes` more: drops and counts what this console would lag behind too far.
    void makeRoom(std::uint64_t bytes);
    /// Sends as much as credit and link allow.
    void pump();

    /// Its acknowledgements mean that it stored what they name, and it wants deliveries.
    bool stores() const noexcept { return m_stores && m_interest; }
    /// This frame, which lies at `position` of the ring, waits for nothing of this console: acknowledged, not wanted, or dropped.
    bool settled(const std::string &node, std::uint64_t streamId, std::uint64_t frameSeq, ReplayRing::Position position) const;
    /// Nothing is left to send or to acknowledge.
    bool drained() const noexcept;
    struct Unsent {
        std::uint64_t events = 0, amendments = 0;
    };
    /// What it wants and was not sent.
    Unsent unsent() const;

    bool subscribed() const noexcept { return m_interest.has_value(); }
    const Interest &interest() const { return *m_interest; }
    /// The subscription changed since the last call.
    bool takeSubscriptionChange() noexcept { return std::exchange(m_subscriptionChanged, false); }
    std::uint64_t droppedEvents() const noexcept { return m_droppedEvents; }
    std::uint64_t droppedAmendments() const noexcept { return m_droppedAmendments; }

private:
    using StreamKey = std::pair<std::string, std::uint64_t>;

    struct Prepared {
        wire::Bytes bytes;
        StreamKey stream;
        std::uint64_t frameSeq = 0;
        Unsent holds;
    };
    /// What no figure of a node's state has a place for: a notice says it beside the state.
    enum class Untold : std::uint8_t { Amendments, LateOutOfRing, LateOutOfRoom };
    static constexpr std::size_t untoldCount = 3;
    struct Missed {
        std::uint64_t events = 0;                        ///< dropped since it lagged behind
        std::uint64_t frames = 0;                        ///< let go by the ring while it was away
        std::array<std::uint64_t, untoldCount> untold{}; ///< since the last notice
    };
    struct Wanted {
        std::shared_ptr<const wire::Delivery> delivery; ///< null = nothing of it
        std::uint64_t outOfRing = 0, outOfRoom = 0;     ///< LateEvents'
    };
    struct InFlight {
        std::uint64_t frameSeq = 0;
        std::size_t bytes = 0;
    };

    void onSubscribe(const wire::Subscribe &subscribe);
    /// Names what of the streams it resumes is no longer here.
    void nameLetGo(const StreamKey &stream, std::uint64_t frameSeq);
    void onAck(const wire::Ack &ack);
    bool pumpStates();
    bool pumpMissed(const std::string &node, Missed &missed);
    /// Fills m_prepared with the next wanted delivery. False: there is none.
    bool prepare();
    void prepare(const wire::Delivery &delivery);
    /// The console said that it has this one.
    bool resumesAfter(const wire::Delivery &delivery) const;
    Wanted wantedAt(ReplayRing::Position position) const;
    /// The same for who reads on: what is lost with it is counted.
    std::shared_ptr<const wire::Delivery> takeAtCursor();
    void dropNext();
    void countDropped(const wire::Delivery &delivery);

    const ReplayRing &m_ring;
    PeerLink &m_link;
    const Clock &m_clock;
    const ConsoleLimits m_limits;
    bool m_zstd = false;
    bool m_stores = false;
    std::optional<Interest> m_interest;
    bool m_subscriptionChanged = false;
    std::map<StreamKey, std::uint64_t> m_resume; ///< last frame that the console has
    ReplayRing::Position m_cursor;
    ReplayRing::Position m_since = 0;            ///< what came before was before its subscription
    std::map<StreamKey, std::uint64_t> m_before; ///< of streams that it does not go on with: the newest event then
    std::optional<Prepared> m_prepared;
    std::map<std::string, std::shared_ptr<const wire::Delivery>> m_hooks; ///< by node, due before the cursor's
    std::map<StreamKey, std::deque<InFlight>> m_inFlight;
    std::uint64_t m_inFlightBytes = 0;
    std::uint64_t m_droppedEvents = 0;
    std::uint64_t m_droppedAmendments = 0;
    std::map<std::string, Missed> m_missed;           ///< by node
    std::map<StreamKey, std::uint64_t> m_namedUpTo;   ///< frames let go that are in m_missed; of streams of which the ring let any go
    std::map<std::string, wire::AgentState> m_states; ///< by node, due
    std::deque<wire::LinkNotice> m_notices;           ///< due; bounded
    std::uint32_t m_noticesDropped = 0;
};

} // namespace tapio::server
