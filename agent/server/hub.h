// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/server/agentsession.h"
#include "agent/server/consolesession.h"
#include "agent/server/correlationfeed.h"
#include "agent/server/fanin.h"
#include "agent/server/filterrequests.h"
#include "agent/server/filterunion.h"
#include "agent/server/heldacks.h"
#include "agent/server/ownstream.h"

namespace tapio::server {

/// The fan-in without thread and socket: who is connected, who speaks for which node, and what goes where. Decides by messages,
/// notices and the clock alone. One thread; sink and clock outlive it.
class Hub {
public:
    /// Gives the way back to a peer; called once per peer.
    using LinkMaker = std::function<std::unique_ptr<PeerLink>(transport::PeerId)>;

    Hub(const FanInOptions &options, FanInSink *sink, const Clock &clock, LinkMaker makeLink);
    ~Hub();

    /// Before the first message: what agents send is handed to `feed`, which outlives the hub, and what it finds is told under this name.
    void correlate(CorrelationFeed &feed, const OwnIdentity &identity);

    /// Consoles and the sink are told; and where the feed has other rules, agents are asked for what those need.
    void say(const std::vector<wire::LinkNotice> &notices);

    /// The same of what stays so until the next of these: consoles that come later are told as well.
    void saySince(const wire::LinkNotice &notice)
    {
        m_standing = notice;
        publishNotice(notice);
    }

    void onMessage(const transport::Incoming &incoming);
    /// Accepted, refused and closed connections, in order. A closed peer is forgotten by the next tick() that is quiet, since
    /// what it sent before may come after the notice.
    void onNotices(const std::vector<transport::Notice> &notices);
    void acknowledge(const std::string &node, std::uint64_t streamId, std::uint64_t frameSeq);
    /// Does what is due: call after each run of messages, and after untilTick() at the latest. `quiet`: no message waits.
    void tick(bool quiet);
    std::chrono::milliseconds untilTick() const noexcept;

    /// From here on agents are not listened to: what they send now, they keep. Consoles get what is left for them.
    void drain() noexcept { m_draining = true; }
    /// No console waits for anything.
    bool drained() const;
    /// Ends every session; nothing else may be called afterwards.
    void shutDown();

    std::vector<ReceiveCounters> counters() const;
    /// Empty: nothing is correlated.
    std::optional<CorrelationCounters> correlation() const;

private:
    struct Peer;

    Peer &peerOf(transport::PeerId id, const std::string &remoteAddress, const std::string &uri);
    void onMalformed(transport::PeerId id, Peer &peer, const Error &error);
    void sayMalformed(Peer &peer, bool now);
    void dispatch(transport::PeerId id, Peer &peer, wire::Message &&message, const transport::Incoming &incoming);
    void greet(transport::PeerId id, Peer &peer, const wire::Message &message);
    void welcomeAgent(transport::PeerId id, Peer &peer, const wire::Hello &hello, const Greeted &greeted);
    void welcomeConsole(transport::PeerId id, Peer &peer, const Greeted &greeted);
    void end(transport::PeerId id, const wire::Bye &bye);
    void refuse(transport::PeerId id, const wire::Bye &bye);
    void forgetClosed(bool quiet);
    void refuseMute();

    NodeRecord &nodeOf(const std::string &name);
    void deliver(NodeRecord &node);
    void tellFound();
    /// A loss of the rules across nodes, of which a notice tells when it grows.
    struct Loss {
        std::uint64_t said = 0;   ///< how many the last notice had
        std::int64_t bootNs = -1; ///< of that; -1 = there was none
    };
    void sayLosses();
    void sayLoss(Loss &loss, std::uint64_t count, const char *code, const char *text);
    void reportRules();
    void releaseAcks();
    wire::AgentState stateOf(const NodeRecord &node) const;
    void publishState(const NodeRecord &node);
    void publishNotice(const wire::LinkNotice &notice);
    void updateFilter();
    void onFilterRequest(transport::PeerId id, const Peer &peer, const wire::FilterRequest &request);
    void onFilterReply(NodeRecord &node, wire::FilterReply &&reply);
    void sendReply(const FilterRequests::Answer &answer);
    void markSilent();
    void publishStates();
    void leave(Peer &peer, transport::PeerId id);

    const FanInOptions m_options;
    FanInSink *const m_sink;
    const Clock &m_clock;
    const LinkMaker m_makeLink;
    const bool m_sinkTakes;
    const std::int64_t m_beganNs; ///< UTC
    ReplayRing m_ring;
    FilterUnion m_filter;
    FilterRequests m_filterRequests;
    std::map<std::string, NodeRecord> m_nodes;
    std::map<transport::PeerId, std::unique_ptr<Peer>> m_peers;
    std::map<std::string, transport::PeerId> m_agents; ///< node to its one session
    std::map<transport::PeerId, ConsoleSession *> m_consoles;
    std::set<transport::PeerId> m_due;                               ///< agents that may be owed an acknowledgement or a filter
    std::deque<std::pair<transport::PeerId, std::int64_t>> m_closed; ///< and since when by the boot clock
    std::set<transport::PeerId> m_forgotten;                         ///< closed peers of whom something may still wait to be received
    HeldAcks m_heldAcks;
    bool m_draining = false;
    std::set<NodeRecord *> m_stuck; ///< nodes with frames that the sink did not take
    CorrelationFeed *m_feed = nullptr;
    std::unique_ptr<OwnStream> m_own; ///< null: nothing is correlated
    std::optional<wire::LinkNotice> m_standing;
    Loss m_refusedEvents, m_untoldInsights, m_lackOfRoom;
    std::uint64_t m_lastSessionId = 0;
    std::int64_t m_nextTickBootNs = 0;
    std::int64_t m_nextStatesBootNs = 0, m_nextRulesBootNs = 0;
};

} // namespace tapio::server
