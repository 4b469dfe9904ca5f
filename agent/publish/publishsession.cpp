// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/publish/publishsession.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "protocol/wire/codec.h"

namespace tapio::agent {

using std::chrono::milliseconds;

namespace {

/// Beats under way: with one each two seconds, an answer may be half a minute late and still measure the clock.
constexpr std::size_t mostBeats = 16;
/// A server says when to come back; one that errs, or lies, must not lose the node for longer than a restart takes.
constexpr std::chrono::milliseconds longestAbsence(60'000);
/// Requests of consoles that wait here, and answers that the link does not take.
constexpr std::size_t mostFilterRequests = 8;

std::int64_t ns(milliseconds duration) { return std::chrono::nanoseconds(duration).count(); }

} // namespace

std::string_view sessionPhaseName(SessionPhase phase) noexcept
{
    switch (phase) {
    case SessionPhase::Greeting: return "greeting";
    case SessionPhase::Up: return "up";
    case SessionPhase::Offline: break;
    }
    return "offline";
}

PublishSession::PublishSession(SessionOptions options, transport::ClientEndpoint &link, const Clock &clock, spdlog::logger &log,
                               Spool *spool)
    : m_options(std::move(options)), m_link(link), m_clock(clock), m_log(log), m_ring(m_options.ringBytes), m_spool(spool),
      m_pace(m_options.replayRate), m_phaseSinceBootNs(clock.bootNs())
{
    if (m_spool != nullptr)
        m_spool->begin(*this);
}

SessionStatus PublishSession::status() const
{
    SessionStatus status = m_status;
    status.inFlightEvents = m_ring.eventsUnderWay();
    status.queuedEvents = m_ring.events() - m_ring.eventsUnderWay();
    status.ringBytes = m_ring.bytes();
    status.oldestEventNs = m_ring.oldestEventNs();
    status.asOfBootNs = m_clock.bootNs();
    if (m_spool != nullptr) {
        const std::uint64_t underWay = m_earlier == 0 ? m_spool->eventsUnderWay() : 0;
        status.inFlightEvents += underWay;
        status.queuedEvents += m_spool->ownEvents() - underWay;
        status.spool = m_spool->status();
        if (status.spool.oldestNs != 0 && (status.oldestEventNs == 0 || status.spool.oldestNs < status.oldestEventNs))
            status.oldestEventNs = status.spool.oldestNs;
    }
    return status;
}

HeldAtEnd heldAtEnd(const SessionStatus &status) noexcept
{
    const std::uint64_t held = status.queuedEvents + status.inFlightEvents;
    const std::uint64_t spooled = std::min(status.spool.held.events - status.spool.earlier.events - status.spool.unwritten.events, held);
    return {spooled, held - spooled};
}

std::optional<wire::Filter> PublishSession::takeFilter() { return std::exchange(m_filter, std::nullopt); }

void PublishSession::step(milliseconds wait)
{
    if (m_left) {
        static_cast<void>(m_link.receive(wait)); // lets the farewell leave the socket
        return;
    }
    if (m_spool != nullptr)
        m_spool->poll();
    followLink();
    if (m_hooksDue && m_status.phase == SessionPhase::Up && m_earlier == 0)
        sealHooks();
    if (m_status.phase == SessionPhase::Up) {
        sendReplies();
        sendFrames(); // what was taken since: it must not wait for what comes next
    }
    constexpr int mostAtOnce = 256;
    for (int i = 0; i < mostAtOnce; ++i) {
        const auto received = m_link.receive(i == 0 ? wait : milliseconds(0));
        if (!received) {
            loseSession(milliseconds(0), received.error().message());
            break;
        }
        if (!*received)
            break;
        onMessage(**received);
    }
    followLink();
    logNotices();
    const std::int64_t now = m_clock.bootNs();
    if (m_status.phase == SessionPhase::Greeting && now - m_phaseSinceBootNs > ns(m_options.welcomeTimeout))
        loseSession(milliseconds(0), "the server did not answer the greeting");
    if (m_status.phase == SessionPhase::Up && now - m_lastHeardBootNs > ns(m_options.replyTimeout))
        loseSession(milliseconds(0), "nothing comes from the server, and it does not answer heartbeats");
    if (m_status.phase == SessionPhase::Up) {
        if (now >= m_nextBeatBootNs)
            beat();
        sendFrames();
        leaveStream();
    }
}

milliseconds PublishSession::untilDue() const
{
    constexpr milliseconds idle(250);
    constexpr milliseconds retry(2);
    if (m_status.phase != SessionPhase::Up)
        return idle;
    if (m_stalled)
        return retry;
    const std::int64_t now = m_clock.bootNs();
    milliseconds wait = std::chrono::ceil<milliseconds>(std::chrono::nanoseconds(m_nextBeatBootNs - now));
    if (m_paced)
        wait = std::min(wait, ReplayPace(m_pace).untilMayGo(now));
    return std::clamp(wait, milliseconds(0), idle);
}

void PublishSession::followLink()
{
    const bool connected = m_link.phase() == transport::LinkPhase::Connected;
    const bool same = m_link.generation() == m_generation;
    if (m_status.phase != SessionPhase::Offline && (!connected || !same)) {
        if (!endStream("the connection ended"))
            m_log.warn("link: the connection to the server ended; {} events wait", m_ring.events());
        goOffline();
    }
    if (m_status.phase == SessionPhase::Offline && connected && !same && chooseStream())
        sendHello();
}

/// Nothing is under way any more: all of it is to be sent again. Nobody says what is asked for, so everything is: whoever comes next may
/// want what was made, and spooled, meanwhile.
void PublishSession::goOffline()
{
    m_status.phase = SessionPhase::Offline;
    m_leavingStream = false;
    m_filter = wire::Filter{};
    m_filterReplies.clear();
    m_ring.restart();
    if (m_spool != nullptr)
        m_spool->restart();
}

void PublishSession::sendHello()
{
    wire::Hello hello;
    hello.role = Role::Node;
    hello.name = m_options.node;
    hello.streamId = m_options.streamId;
    hello.nextFrameSeq = m_ring.empty() ? m_nextFrameSeq : m_ring.oldestSeq();
    hello.producedEvents = m_status.producedEvents;
    hello.droppedEvents = m_status.droppedEvents;
    if (m_earlier != 0) {
        const Spool::StreamCounts counts = m_spool->streamCounts();
        hello.streamId = m_earlier;
        hello.nextFrameSeq = counts.nextFrameSeq;
        hello.producedEvents = counts.produced;
        hello.droppedEvents = counts.dropped;
    } else if (m_spool != nullptr && m_spool->lastSeq() != 0) {
        hello.nextFrameSeq = std::min(hello.nextFrameSeq, m_spool->firstSeq());
    }
    hello.capabilities = {"filter", wire::filterRequestCapability};
    hello.agent = m_options.info;
    if (!sendMessage(hello))
        return; // the next step tries again
    m_generation = m_link.generation();
    m_status.phase = SessionPhase::Greeting;
    m_phaseSinceBootNs = m_clock.bootNs();
    m_beats.clear();
    m_stalled = false;
}

void PublishSession::logNotices()
{
    for (const transport::Notice &notice : m_link.takeNotices()) {
        if (notice.kind == transport::NoticeKind::Accepted)
            m_log.info("link: connected to {} ({})", notice.remoteAddress, notice.identity);
        else if (notice.remoteAddress.empty()) // it is about our own files
            m_log.warn("link: {} [{}]", notice.reason, notice.code);
        else
            m_log.warn("link: {} ({}) [{}]", notice.reason, notice.remoteAddress, notice.code);
    }
}

void PublishSession::loseSession(milliseconds delay, const std::string &why)
{
    m_log.warn("link: {}; connecting again", why);
    goOffline();
    m_link.reconnect(delay);
}

Status PublishSession::sendMessage(const wire::Message &message)
{
    const auto bytes = wire::encode(message);
    if (!bytes)
        return fail(bytes.error());
    return m_link.send(*bytes);
}

void PublishSession::onMessage(const transport::Bytes &bytes)
{
    const auto message = wire::decode(bytes);
    if (!message) {
        loseSession(milliseconds(0), "the server sent what cannot be read: " + message.error().message());
        return;
    }
    // Whatever it is: behind a backlog the answers to heartbeats are late, while acknowledgements keep coming.
    m_lastHeardBootNs = m_clock.bootNs();
    if (const auto *welcome = std::get_if<wire::Welcome>(&*message))
        onWelcome(*welcome);
    else if (const auto *bye = std::get_if<wire::Bye>(&*message))
        onBye(*bye);
    else if (m_status.phase != SessionPhase::Up)
        m_log.debug("link: a message before the welcome was ignored");
    else if (const auto *ack = std::get_if<wire::Ack>(&*message))
        onAck(*ack);
    else if (const auto *reply = std::get_if<wire::HeartbeatReply>(&*message))
        onReply(*reply);
    else if (const auto *filter = std::get_if<wire::Filter>(&*message))
        m_filter = *filter;
    else if (const auto *request = std::get_if<wire::FilterRequest>(&*message))
        onFilterRequest(*request);
    else
        m_log.debug("link: a message that is not for agents was ignored");
}

void PublishSession::onWelcome(const wire::Welcome &welcome)
{
    if (m_status.phase != SessionPhase::Greeting)
        return;
    if (welcome.version < wire::protocolVersionMin || welcome.version > wire::protocolVersionMax) {
        loseSession(milliseconds(30'000),
                    "the server speaks protocol version " + std::to_string(welcome.version) + ", which this agent does not");
        return;
    }
    m_link.confirm();
    m_status.phase = SessionPhase::Up;
    ++m_status.sessions;
    m_phaseSinceBootNs = m_clock.bootNs();
    m_nextBeatBootNs = m_clock.bootNs();
    // More than half of the ring under way would leave nothing to drop but what is on the wire.
    m_creditBytes = std::min<std::uint64_t>(welcome.creditBytes, m_options.ringBytes / 2);
    m_filter = wire::Filter{}; // all, until this server says otherwise
    if (m_spool != nullptr)
        m_spool->replay();
    if (m_earlier != 0) {
        acknowledgeSpooled(welcome.ackedFrameSeq);
        m_log.info("link: welcomed (session {} of the server); it gets what an earlier start of the agent left", welcome.sessionId);
        return;
    }
    acknowledge(welcome.ackedFrameSeq);
    m_log.info("link: welcomed (session {} of the server); {} events to send", welcome.sessionId,
               m_ring.events() + (m_spool != nullptr ? m_spool->ownEvents() : 0));
    sealHooks();
}

void PublishSession::onAck(const wire::Ack &ack)
{
    if (ack.streamId != (m_earlier != 0 ? m_earlier : m_options.streamId)) {
        m_log.debug("link: an acknowledgement of another stream was ignored");
        return;
    }
    if (m_earlier != 0)
        acknowledgeSpooled(ack.frameSeq);
    else
        acknowledge(ack.frameSeq);
}

void PublishSession::acknowledge(std::uint64_t frameSeq)
{
    if (frameSeq >= m_nextFrameSeq) {
        m_log.warn("link: the server confirmed frame {}, but {} is the last; ignored", frameSeq, m_nextFrameSeq - 1);
        return;
    }
    if (m_spool != nullptr) {
        // What is in the spool and was never sent cannot be there, whatever a server says.
        if (m_spool->lastSeq() != 0)
            frameSeq = std::min(frameSeq, m_sentUpTo);
        acknowledgeSpooled(frameSeq);
    }
    for (const RingFrame &frame : m_ring.acknowledge(frameSeq)) {
        m_status.ackedEvents += frame.events;
        for (const SourceCount &count : frame.sources) {
            CounterSet &counters = m_counters.find(count.source)->second;
            // Safe without our knowing of it having left: a server that took it just before the link broke.
            if (!frame.everSent)
                counters[Counter::Sent] += count.events;
            counters[Counter::Acked] += count.events;
        }
        if (!frame.everSent)
            m_status.sentEvents += frame.events;
    }
}

void PublishSession::onFilterRequest(const wire::FilterRequest &request)
{
    if (m_filterRequests.size() < mostFilterRequests) {
        m_filterRequests.push_back(request);
        return;
    }
    wire::FilterReply reply;
    reply.id = request.id;
    reply.node = m_options.node;
    reply.code = "busy";
    reply.reason = "other requests wait already";
    answer(std::move(reply));
}

void PublishSession::answer(wire::FilterReply reply)
{
    if (m_status.phase != SessionPhase::Up)
        return;
    if (m_filterReplies.size() >= mostFilterRequests)
        m_filterReplies.pop_front();
    m_filterReplies.push_back(std::move(reply));
    sendReplies();
}

void PublishSession::sendReplies()
{
    while (!m_filterReplies.empty()) {
        const Status sent = sendMessage(m_filterReplies.front());
        if (!sent && sent.error().code() == Errc::Busy)
            return;
        if (!sent)
            m_log.warn("link: a reply to a console was not sent: {}", sent.error().message());
        m_filterReplies.pop_front();
    }
}

void PublishSession::onBye(const wire::Bye &bye)
{
    if (endStream(bye.reason)) {
        goOffline();
        m_link.reconnect(milliseconds(0));
        return;
    }
    // A server that cannot read it will not be able to next time either, and everything newer would wait for that.
    if (m_earlier != 0 && (bye.code == "malformed" || bye.code == "protocol"))
        m_spool->refuseStream();
    loseSession(std::min(milliseconds(bye.reconnectAfterMs), longestAbsence),
                "the server ended the session: " + bye.reason + " [" + bye.code + "]");
}

void PublishSession::onReply(const wire::HeartbeatReply &reply)
{
    const auto answered =
        std::find_if(m_beats.begin(), m_beats.end(), [&](const Beat &beat) { return beat.id == reply.id && beat.sentNs == reply.sentNs; });
    if (answered == m_beats.end())
        return;
    const Beat beat = *answered;
    m_beats.erase(m_beats.begin(), answered + 1); // those before it were lost: replies come in order
    const std::int64_t now = m_clock.utcNs();
    const std::int64_t bootNow = m_clock.bootNs();
    // Our clock was set in between: the four times are of two clocks.
    constexpr std::int64_t steppedNs = 20 * nsPerMs;
    if (std::llabs((now - beat.sentNs) - (bootNow - beat.sentBootNs)) > steppedNs)
        return;
    if (reply.receivedNs < 0 || reply.repliedNs < reply.receivedNs || reply.repliedNs - reply.receivedNs > now - beat.sentNs)
        return;
    const std::int64_t roundTrip = (now - beat.sentNs) - (reply.repliedNs - reply.receivedNs);
    m_status.offsetNs = (reply.receivedNs - beat.sentNs) / 2 + (reply.repliedNs - now) / 2;
    m_status.uncertaintyNs = roundTrip / 2;
}

void PublishSession::beat()
{
    const SessionStatus now = status();
    const Beat beat{++m_lastBeatId, m_clock.utcNs(), m_clock.bootNs()};
    m_nextBeatBootNs = beat.sentBootNs + ns(m_options.heartbeat);
    wire::Heartbeat heartbeat;
    heartbeat.id = beat.id;
    heartbeat.sentNs = beat.sentNs;
    heartbeat.offsetNs = now.offsetNs;
    heartbeat.uncertaintyNs = now.uncertaintyNs;
    heartbeat.producedEvents = now.producedEvents;
    heartbeat.droppedEvents = now.droppedEvents;
    heartbeat.queuedEvents = now.queuedEvents;
    heartbeat.inFlightEvents = now.inFlightEvents;
    heartbeat.oldestNs = m_ring.oldestEventNs();
    if (m_earlier != 0) {
        const Spool::StreamCounts counts = m_spool->streamCounts();
        heartbeat.producedEvents = counts.produced;
        heartbeat.droppedEvents = counts.dropped;
        heartbeat.queuedEvents = counts.queued;
        heartbeat.inFlightEvents = counts.inFlight;
        heartbeat.oldestNs = counts.oldestNs;
    } else if (m_spool != nullptr && m_spool->lastSeq() != 0) {
        heartbeat.oldestNs = now.spool.oldestNs;
    }
    if (!sendMessage(heartbeat))
        return; // the link is full; the next one is due soon
    if (m_beats.size() == mostBeats)
        m_beats.pop_front();
    m_beats.push_back(beat);
}

/// In the order of their numbers, wherever they are held: a server takes a number that comes too late for one that never will.
void PublishSession::sendFrames()
{
    m_stalled = m_paced = false;
    if (m_leavingStream)
        return;
    const bool spooled = m_spool != nullptr && m_spool->lastSeq() != 0;
    if (m_earlier == 0)
        sendRing(spooled ? m_spool->firstSeq() : UINT64_MAX);
    if (m_earlier != 0 || spooled)
        sendSpooled();
    if (m_earlier == 0 && spooled && m_spool->allSent())
        sendRing(UINT64_MAX);
}

bool PublishSession::roomFor(std::size_t bytes) const
{
    const std::size_t underWay = m_ring.bytesUnderWay() + (m_spool != nullptr ? m_spool->bytesUnderWay() : 0);
    // A frame larger than the whole credit may go alone: it would wait for ever otherwise.
    return underWay == 0 || underWay + bytes <= m_creditBytes;
}

bool PublishSession::sendRing(std::uint64_t before)
{
    for (const RingFrame *frame = m_ring.next(); frame != nullptr && frame->frameSeq < before; frame = m_ring.next()) {
        if (m_stalled || !roomFor(frame->bytes.size()))
            return false;
        if (const auto sent = m_link.send(frame->bytes); !sent) {
            m_stalled = sent.error().code() == Errc::Busy;
            return false;
        }
        m_status.sentBytes += frame->bytes.size();
        m_sentUpTo = std::max(m_sentUpTo, frame->frameSeq);
        if (m_ring.markSent()) {
            m_status.sentEvents += frame->events;
            for (const SourceCount &count : frame->sources)
                m_counters.find(count.source)->second[Counter::Sent] += count.events;
        }
    }
    return true;
}

void PublishSession::sayBye(std::string code, std::string reason)
{
    m_left = true; // also where nobody hears it: no session begins from here on
    if (m_status.phase != SessionPhase::Up)
        return;
    if (const auto sent = sendMessage(wire::Bye{std::move(code), std::move(reason), 0}); !sent)
        m_log.debug("link: no farewell: {}", sent.error().message());
}

} // namespace tapio::agent
