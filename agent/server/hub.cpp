// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/hub.h"

#include <algorithm>
#include <utility>

#include "agent/server/greeting.h"
#include "protocol/wire/codec.h"

namespace tapio::server {

namespace {

constexpr int maxMalformed = 8; ///< messages, then the peer is closed
constexpr std::int64_t tickNs = 100 * nsPerMs;
constexpr std::int64_t stuckNs = 10 * nsPerMs;     ///< until a sink that was full is asked again
constexpr std::int64_t stragglersNs = nsPerSecond; ///< how long a closed peer's last messages may keep us busy
constexpr std::int64_t greetingDeadlineNs = 10 * nsPerSecond;
constexpr std::int64_t silentAfterNs = 30 * nsPerSecond;
constexpr std::int64_t statesEveryNs = 2 * nsPerSecond;
constexpr std::int64_t rulesEveryNs = 10 * nsPerSecond;
constexpr std::int64_t lossEveryNs = 60 * nsPerSecond;      ///< between two notices of one loss of the rules across nodes
constexpr std::int64_t malformedEveryNs = 10 * nsPerSecond; ///< one notice of a peer's malformed messages, which says how many
constexpr std::size_t maxForgotten = 65'536;
constexpr std::uint32_t replacedAfterMs = 5'000; ///< two agents with one certificate must not chase each other
constexpr std::uint32_t shutDownAfterMs = 500;
constexpr std::uint32_t shutDownSpreadMs = 2'000; ///< all agents of a cluster at once would be a stampede

wire::LinkNoticeKind noticeKind(transport::NoticeKind kind) noexcept
{
    switch (kind) {
    case transport::NoticeKind::Accepted: return wire::LinkNoticeKind::Accepted;
    case transport::NoticeKind::Refused: return wire::LinkNoticeKind::Refused;
    case transport::NoticeKind::Closed: return wire::LinkNoticeKind::Closed;
    }
    return wire::LinkNoticeKind::Unknown;
}

} // namespace

struct Hub::Peer {
    transport::Identity identity;
    std::string uri; ///< of the certificate
    std::string remoteAddress;
    std::int64_t sinceBootNs = 0;
    std::unique_ptr<PeerLink> link;
    wire::DecodeLimits limits{.zstd = false}; ///< until it is agreed on
    int malformed = 0;
    std::uint32_t unsaid = 0; ///< malformed messages without a notice yet
    wire::LinkNotice malformedNotice;
    std::int64_t saidBootNs = 0;
    bool ended = false; ///< said goodbye: what still arrives from it is not looked at
    std::variant<std::monostate, AgentSession, ConsoleSession> session;
};

Hub::Hub(const FanInOptions &options, FanInSink *sink, const Clock &clock, LinkMaker makeLink)
    : m_options(options), m_sink(sink), m_clock(clock), m_makeLink(std::move(makeLink)),
      m_sinkTakes(sink != nullptr && sink->takesDeliveries()), m_beganNs(clock.utcNs()),
      m_ring(options.replayRingBytes, options.replayRingNs)
{
    for (const auto &point : options.known) {
        if (!point.node.starts_with(wire::serverNodePrefix)) // an earlier server's own: that does not come back
            nodeOf(point.node).know(point.streamId, point.frameSeq);
    }
}

Hub::~Hub() = default;

void Hub::correlate(CorrelationFeed &feed, const OwnIdentity &identity)
{
    m_feed = &feed;
    m_own = std::make_unique<OwnStream>(identity, m_beganNs);
    m_own->begin(m_beganNs);
    m_nextRulesBootNs = m_clock.bootNs() + rulesEveryNs;
    m_stuck.insert(&m_own->record()); // it goes with the next tick
    updateFilter();
}

void Hub::say(const std::vector<wire::LinkNotice> &notices)
{
    for (const wire::LinkNotice &notice : notices)
        publishNotice(notice);
    updateFilter();
}

NodeRecord &Hub::nodeOf(const std::string &name) { return m_nodes.try_emplace(name, name, m_beganNs).first->second; }

Hub::Peer &Hub::peerOf(transport::PeerId id, const std::string &remoteAddress, const std::string &uri)
{
    auto &peer = m_peers[id];
    if (peer == nullptr) {
        peer = std::make_unique<Peer>();
        peer->uri = uri;
        peer->remoteAddress = remoteAddress;
        peer->sinceBootNs = m_clock.bootNs();
        peer->link = m_makeLink(id);
    }
    return *peer;
}

void Hub::onMessage(const transport::Incoming &incoming)
{
    if (m_forgotten.contains(incoming.peer))
        return; // it was given up on; an agent sends again what was not acknowledged
    Peer &peer = peerOf(incoming.peer, incoming.remoteAddress, incoming.identity.uri());
    if (peer.ended || (m_draining && !std::holds_alternative<ConsoleSession>(peer.session)))
        return;
    peer.identity = incoming.identity;
    auto message = wire::decode(incoming.payload, peer.limits);
    if (message)
        dispatch(incoming.peer, peer, std::move(*message), incoming);
    else
        onMalformed(incoming.peer, peer, message.error());
}

void Hub::onMalformed(transport::PeerId id, Peer &peer, const Error &error)
{
    if (auto *agent = std::get_if<AgentSession>(&peer.session))
        agent->node().countRejected();
    const std::string code = error.code() == Errc::VersionMismatch ? "version" : "malformed";
    if (std::holds_alternative<std::monostate>(peer.session)) {
        refuse(id, {code, error.context(), 0});
        return;
    }
    ++peer.unsaid;
    peer.malformedNotice = {m_clock.utcNs(),
                            wire::LinkNoticeKind::Refused,
                            peer.remoteAddress,
                            peer.uri,
                            code,
                            "a message of it was left out: " + error.context(),
                            1};
    const bool last = ++peer.malformed >= maxMalformed;
    sayMalformed(peer, last || peer.malformed == 1);
    if (last)
        end(id, {"malformed", error.context(), 0});
}

/// The first at once, the others folded: a peer must not fill the log.
void Hub::sayMalformed(Peer &peer, bool now)
{
    if (peer.unsaid == 0 || (!now && m_clock.bootNs() - peer.saidBootNs < malformedEveryNs))
        return;
    peer.malformedNotice.repeated = std::exchange(peer.unsaid, 0u);
    peer.saidBootNs = m_clock.bootNs();
    publishNotice(peer.malformedNotice);
}

void Hub::dispatch(transport::PeerId id, Peer &peer, wire::Message &&message, const transport::Incoming &incoming)
{
    if (auto *agent = std::get_if<AgentSession>(&peer.session)) {
        NodeRecord &node = agent->node();
        if (auto *reply = std::get_if<wire::FilterReply>(&message)) {
            onFilterReply(node, std::move(*reply));
            return;
        }
        const wire::LinkState before = node.linkState();
        const auto bye =
            agent->onMessage(std::move(message), {incoming.payload.size(), wire::plainBytes(incoming.payload)}, incoming.receivedNs);
        deliver(node);
        m_due.insert(id);
        if (bye) {
            node.setSaidBye(bye->code == "closed");
            end(id, *bye);
        } else if (node.linkState() != before)
            publishState(node);
    } else if (auto *console = std::get_if<ConsoleSession>(&peer.session)) {
        if (const auto *request = std::get_if<wire::FilterRequest>(&message))
            onFilterRequest(id, peer, *request);
        else if (const auto bye = console->onMessage(message, incoming.receivedNs))
            end(id, *bye);
        else if (console->takeSubscriptionChange()) {
            updateFilter();
            for (const auto &[name, node] : m_nodes) {
                if (node.hooks() != nullptr)
                    console->showHooks(node.hooks(), node.hooksPosition());
            }
        }
    } else {
        greet(id, peer, message);
    }
}

void Hub::greet(transport::PeerId id, Peer &peer, const wire::Message &message)
{
    const auto *hello = std::get_if<wire::Hello>(&message);
    if (hello == nullptr) {
        refuse(id, {"protocol", "the first message was not a greeting", 0});
        return;
    }
    const auto verdict = judge(*hello, peer.identity);
    if (const auto *bye = std::get_if<wire::Bye>(&verdict)) {
        refuse(id, *bye);
        return;
    }
    const auto &greeted = std::get<Greeted>(verdict);
    peer.limits.zstd = greeted.has("zstd");
    if (hello->role == Role::Node)
        welcomeAgent(id, peer, *hello, greeted);
    else
        welcomeConsole(id, peer, greeted);
}

void Hub::welcomeAgent(transport::PeerId id, Peer &peer, const wire::Hello &hello, const Greeted &greeted)
{
    if (const auto older = m_agents.find(hello.name); older != m_agents.end()) {
        end(older->second,
            {"replaced", "a newer connection of the node '" + hello.name + "' from " + peer.remoteAddress + " took over", replacedAfterMs});
    }
    NodeRecord &node = nodeOf(hello.name);
    auto &agent = peer.session.emplace<AgentSession>(node, *peer.link, m_clock, m_options.creditBytes);
    if (const auto bye = agent.begin(hello, peer.identity, peer.remoteAddress, greeted, ++m_lastSessionId)) {
        peer.session.emplace<std::monostate>();
        publishState(node);
        refuse(id, *bye);
        return;
    }
    m_agents[hello.name] = id;
    m_due.insert(id);
    publishState(node);
}

void Hub::welcomeConsole(transport::PeerId id, Peer &peer, const Greeted &greeted)
{
    auto &console = peer.session.emplace<ConsoleSession>(m_ring, *peer.link, m_clock,
                                                         ConsoleLimits{m_options.creditBytes, m_options.consoleQueueBytes});
    if (const auto bye = console.begin(greeted, ++m_lastSessionId)) {
        peer.session.emplace<std::monostate>();
        refuse(id, *bye);
        return;
    }
    for (const auto &[name, node] : m_nodes)
        console.show(stateOf(node));
    if (m_standing)
        console.show(*m_standing);
    m_consoles[id] = &console;
    updateFilter();
}

void Hub::refuse(transport::PeerId id, const wire::Bye &bye)
{
    const Peer &peer = *m_peers.at(id);
    publishNotice({m_clock.utcNs(), wire::LinkNoticeKind::Refused, peer.remoteAddress, peer.uri, bye.code, bye.reason, 1});
    end(id, bye);
}

void Hub::end(transport::PeerId id, const wire::Bye &bye)
{
    Peer &peer = *m_peers.at(id);
    peer.ended = true;
    endSession(*peer.link, bye);
    leave(peer, id);
}

void Hub::leave(Peer &peer, transport::PeerId id)
{
    sayMalformed(peer, true);
    if (auto *agent = std::get_if<AgentSession>(&peer.session)) {
        NodeRecord &node = agent->node();
        for (const FilterRequests::Answer &answer : m_filterRequests.takeOf(node.name()))
            sendReply(answer);
        m_agents.erase(node.name());
        m_due.erase(id);
        node.endSession(m_clock.utcNs());
        publishState(node);
    } else if (m_consoles.erase(id) > 0) {
        m_filterRequests.forgetConsole(id);
        updateFilter();
    }
}

void Hub::onNotices(const std::vector<transport::Notice> &notices)
{
    for (const auto &notice : notices) {
        publishNotice(
            {notice.timeNs, noticeKind(notice.kind), notice.remoteAddress, notice.identity, notice.code, notice.reason, notice.repeated});
        if (notice.kind == transport::NoticeKind::Accepted)
            peerOf(notice.peer, notice.remoteAddress, notice.identity);
        else if (notice.kind == transport::NoticeKind::Closed)
            m_closed.emplace_back(notice.peer, m_clock.bootNs());
    }
}

void Hub::forgetClosed(bool quiet)
{
    if (quiet)
        m_forgotten.clear(); // nothing of theirs can come any more
    while (!m_closed.empty() && (quiet || m_clock.bootNs() - m_closed.front().second > stragglersNs)) {
        const auto found = m_peers.find(m_closed.front().first);
        if (!quiet)
            m_forgotten.insert(m_closed.front().first);
        if (m_forgotten.size() > maxForgotten)
            m_forgotten.erase(m_forgotten.begin()); // the oldest: numbers only grow
        m_closed.pop_front();
        if (found == m_peers.end())
            continue;
        const auto id = found->first;
        const auto peer = std::move(found->second);
        m_peers.erase(found);
        if (!peer->ended)
            leave(*peer, id);
    }
}

void Hub::refuseMute()
{
    std::vector<transport::PeerId> mute;
    for (const auto &[id, peer] : m_peers) {
        if (!peer->ended && std::holds_alternative<std::monostate>(peer->session)
            && m_clock.bootNs() - peer->sinceBootNs > greetingDeadlineNs)
            mute.push_back(id);
    }
    for (const auto id : mute)
        refuse(id, {"greeting-timeout", "connected, but sent no greeting within 10 s", 0});
}

void Hub::acknowledge(const std::string &node, std::uint64_t streamId, std::uint64_t frameSeq)
{
    if (m_own != nullptr && node == m_own->record().name())
        m_own->record().acknowledge(streamId, frameSeq);
    const auto known = m_nodes.find(node);
    if (known == m_nodes.end() || !known->second.acknowledge(streamId, frameSeq))
        return;
    if (const auto agent = m_agents.find(node); agent != m_agents.end())
        m_due.insert(agent->second);
}

void Hub::deliver(NodeRecord &node)
{
    auto &pending = node.pending();
    while (!pending.empty()) {
        const auto delivery = pending.front();
        if (m_sinkTakes && !m_sink->onDelivery(delivery)) {
            m_stuck.insert(&node);
            return;
        }
        const std::uint64_t bytes = footprint(*delivery);
        for (const auto &[id, console] : m_consoles)
            console->makeRoom(bytes);
        node.taken(m_ring.end());
        if (!m_options.acknowledgeBySink && m_sinkTakes)
            acknowledge(node.name(), delivery->frame.streamId, delivery->frame.frameSeq);
        else if (!m_options.acknowledgeBySink)
            m_heldAcks.hold(*delivery, m_ring.end(), m_clock.bootNs());
        m_ring.append(delivery, m_clock.bootNs());
        if (m_feed != nullptr && (&node != &m_own->record() || OwnStream::isEvidence(*delivery)))
            m_feed->onDelivery(delivery, bytes);
    }
    m_stuck.erase(&node);
}

void Hub::tellFound()
{
    if (m_feed == nullptr)
        return;
    std::vector<correlation::ClusterScope::Found> found = m_feed->take();
    // Some by some: what the sink takes at once needs no room.
    constexpr std::size_t atOnce = 64;
    for (std::size_t from = 0; from < found.size(); from += atOnce) {
        const auto begin = found.begin() + static_cast<std::ptrdiff_t>(from);
        const auto end = found.begin() + static_cast<std::ptrdiff_t>(std::min(found.size(), from + atOnce));
        m_own->add({std::make_move_iterator(begin), std::make_move_iterator(end)}, m_clock.utcNs());
        deliver(m_own->record());
    }
}

/// With the states of nodes, and once a minute at most: a burst is one notice.
void Hub::sayLosses()
{
    const auto counters = correlation();
    if (!counters)
        return;
    sayLoss(m_refusedEvents, counters->refusedEvents, "correlation-behind",
            "events came faster than the rules across nodes can look at them: some were stored and shown, but are evidence of nothing");
    sayLoss(m_untoldInsights, counters->untoldInsights, "correlation-untold",
            "what was found across nodes was not told: nobody had taken what was there for too long");
    sayLoss(m_lackOfRoom, counters->scope.forgotten, "correlation-full",
            "more nodes, addresses, services or candidates than can be remembered across nodes: what the forgotten ones show is not found");
}

void Hub::sayLoss(Loss &loss, std::uint64_t count, const char *code, const char *text)
{
    const std::int64_t bootNs = m_clock.bootNs();
    if (count <= loss.said || (loss.bootNs >= 0 && bootNs - loss.bootNs < lossEveryNs))
        return;
    const auto repeated = static_cast<std::uint32_t>(std::min<std::uint64_t>(count - loss.said, UINT32_MAX));
    loss = {count, bootNs};
    publishNotice({m_clock.utcNs(), wire::LinkNoticeKind::Unknown, {}, {}, code, text, repeated});
}

std::optional<CorrelationCounters> Hub::correlation() const
{
    if (m_feed == nullptr)
        return std::nullopt;
    CorrelationCounters counters = m_feed->counters();
    counters.toldInsights = m_own->told();
    counters.untoldInsights = m_own->untold();
    return counters;
}

void Hub::releaseAcks()
{
    std::vector<const ConsoleSession *> stores;
    for (const auto &[id, console] : m_consoles) {
        if (console->stores())
            stores.push_back(console);
    }
    const auto mustGo = [this](const std::string &node, std::uint64_t streamId) -> std::uint64_t {
        const auto agent = m_agents.find(node);
        if (agent == m_agents.end())
            return 0;
        const auto &session = std::get<AgentSession>(m_peers.at(agent->second)->session);
        return session.streamId() == streamId ? session.inTheWayOf(m_options.creditBytes / 2) : 0;
    };
    for (const auto &safe : m_heldAcks.release(stores, m_clock.bootNs(), mustGo))
        acknowledge(safe.node, safe.streamId, safe.frameSeq);
}

void Hub::tick(bool quiet)
{
    forgetClosed(quiet);
    const auto stuck = m_stuck;
    for (NodeRecord *node : stuck)
        deliver(*node);
    tellFound();
    const bool all = m_clock.bootNs() >= m_nextTickBootNs;
    if (all) {
        // What a full queue refused is due again without a further cause.
        m_nextTickBootNs = m_clock.bootNs() + tickNs;
        for (const auto &[node, id] : m_agents)
            m_due.insert(id);
        markSilent();
        refuseMute();
        for (const FilterRequests::Answer &answer : m_filterRequests.takeOverdue(m_clock.bootNs()))
            sendReply(answer);
        for (const auto &[id, peer] : m_peers)
            sayMalformed(*peer, false);
        publishStates();
    }
    releaseAcks();
    for (const auto id : m_due)
        std::get<AgentSession>(m_peers.at(id)->session).flush(m_filter.current());
    m_due.clear();
    for (const auto &[id, console] : m_consoles)
        console->pump();
}

std::chrono::milliseconds Hub::untilTick() const noexcept
{
    return std::chrono::milliseconds((m_stuck.empty() ? tickNs : stuckNs) / nsPerMs);
}

void Hub::publishStates()
{
    if (m_clock.bootNs() < m_nextStatesBootNs)
        return;
    m_nextStatesBootNs = m_clock.bootNs() + statesEveryNs;
    for (const auto &[name, node] : m_nodes) {
        if (node.linkState() != wire::LinkState::Unknown)
            publishState(node);
    }
    sayLosses();
    reportRules();
}

void Hub::reportRules()
{
    if (m_feed == nullptr || m_clock.bootNs() < m_nextRulesBootNs)
        return;
    m_nextRulesBootNs = m_clock.bootNs() + rulesEveryNs;
    m_own->report(m_feed->counters().rules, m_clock.utcNs());
    deliver(m_own->record());
}

void Hub::markSilent()
{
    for (const auto &[name, id] : m_agents) {
        auto &agent = std::get<AgentSession>(m_peers.at(id)->session);
        if (agent.silentNs() > silentAfterNs && agent.node().setLinkState(wire::LinkState::Silent, m_clock.utcNs()))
            publishState(agent.node());
    }
}

wire::AgentState Hub::stateOf(const NodeRecord &node) const
{
    wire::AgentState state = node.state();
    state.toldNs = m_clock.utcNs();
    return state;
}

void Hub::publishState(const NodeRecord &node)
{
    const wire::AgentState state = stateOf(node);
    if (m_sink != nullptr)
        m_sink->onAgentState(state);
    if (m_feed != nullptr)
        m_feed->onAgent(state);
    for (const auto &[id, console] : m_consoles)
        console->show(state);
}

void Hub::publishNotice(const wire::LinkNotice &notice)
{
    if (m_sink != nullptr)
        m_sink->onLinkNotice(notice);
    for (const auto &[id, console] : m_consoles)
        console->show(notice);
}

void Hub::updateFilter()
{
    std::vector<wire::EventFilter> wanted;
    for (const auto &[id, console] : m_consoles) {
        if (console->subscribed())
            wanted.push_back(console->interest().filter);
    }
    const bool everything = m_sinkTakes || wanted.empty();
    if (m_feed != nullptr && !everything && !m_feed->wanted().empty())
        wanted.emplace_back().types = m_feed->wanted(); // rules across nodes see what no console asked for, too
    if (m_filter.update(std::move(wanted), everything)) {
        for (const auto &[node, id] : m_agents)
            m_due.insert(id);
    }
    const std::uint64_t lag = m_consoles.empty() ? 0 : m_options.consoleQueueBytes; // must still be there for them
    m_ring.setLimits(std::max(m_options.replayRingBytes, lag), m_consoles.empty() ? m_options.replayRingNs : 0);
}

void Hub::onFilterRequest(transport::PeerId id, const Peer &peer, const wire::FilterRequest &request)
{
    const auto known = m_agents.find(request.node);
    if (known == m_agents.end()) {
        sendReply({id, refusal(request, "not-connected", "no agent of that name is connected")});
        return;
    }
    auto &agent = std::get<AgentSession>(m_peers.at(known->second)->session);
    if (!agent.takesFilterRequests()) {
        sendReply({id, refusal(request, "unsupported", "the agent is of a version that takes no requests")});
        return;
    }
    const auto passed = m_filterRequests.pass(id, peer.identity.name, request, m_clock.bootNs());
    if (!passed || !agent.ask(*passed)) {
        if (passed)
            static_cast<void>(m_filterRequests.answer(request.node, refusal(*passed, {}, {}))); // it waits no longer
        sendReply({id, refusal(request, "busy", passed ? "the agent reads too slowly now" : "too many requests wait for an answer")});
    }
}

void Hub::onFilterReply(NodeRecord &node, wire::FilterReply &&reply)
{
    if (!reply.configSha256.empty() && node.setConfigSha256(reply.configSha256))
        publishState(node);
    if (const auto answer = m_filterRequests.answer(node.name(), std::move(reply)))
        sendReply(*answer);
}

void Hub::sendReply(const FilterRequests::Answer &answer)
{
    // A console that reads so slowly that this is refused has waited long enough for it.
    if (m_consoles.contains(answer.console))
        static_cast<void>(sendMessage(*m_peers.at(answer.console)->link, answer.reply));
}

bool Hub::drained() const
{
    return std::all_of(m_consoles.begin(), m_consoles.end(), [](const auto &console) { return console.second->drained(); });
}

void Hub::shutDown()
{
    for (auto &[id, peer] : m_peers) {
        if (!peer->ended) {
            const auto spread = static_cast<std::uint32_t>(id * 2'654'435'761U % shutDownSpreadMs);
            peer->ended = true;
            std::string reason = "the server is shutting down";
            const auto *console = std::get_if<ConsoleSession>(&peer->session);
            const auto unsent = console != nullptr ? console->unsent() : ConsoleSession::Unsent();
            if (unsent.events + unsent.amendments > 0) {
                reason += "; " + std::to_string(unsent.events) + " events";
                reason += unsent.amendments > 0 ? " and " + std::to_string(unsent.amendments) + " amendments" : "";
                reason += " were not delivered";
                publishNotice({m_clock.utcNs(), wire::LinkNoticeKind::Closed, peer->remoteAddress, peer->uri, "undelivered", reason, 1});
            }
            endSession(*peer->link, {"shutdown", reason, shutDownAfterMs + spread});
        }
    }
}

std::vector<ReceiveCounters> Hub::counters() const
{
    std::vector<ReceiveCounters> all;
    all.reserve(m_nodes.size());
    for (const auto &[name, node] : m_nodes)
        all.push_back(node.counters());
    if (m_own != nullptr)
        all.push_back(m_own->record().counters());
    return all;
}

} // namespace tapio::server
