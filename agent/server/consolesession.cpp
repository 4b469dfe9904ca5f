// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/consolesession.h"

#include <algorithm>
#include <limits>

namespace tapio::server {

namespace {

constexpr std::size_t maxNotices = 256;

} // namespace

std::optional<wire::Bye> ConsoleSession::begin(const Greeted &greeted, std::uint64_t sessionId)
{
    m_zstd = greeted.has("zstd");
    m_stores = greeted.has("store");
    const wire::Welcome welcome{greeted.version, sessionId, m_limits.creditBytes, 0, greeted.capabilities};
    if (const auto sent = sendMessage(m_link, welcome); !sent)
        return wire::Bye{"io", sent.error().context(), 0};
    return std::nullopt;
}

std::optional<wire::Bye> ConsoleSession::onMessage(const wire::Message &message, std::int64_t receivedNs)
{
    if (const auto *ack = std::get_if<wire::Ack>(&message)) {
        onAck(*ack);
        return std::nullopt;
    }
    if (const auto *heartbeat = std::get_if<wire::Heartbeat>(&message)) {
        const wire::HeartbeatReply reply{heartbeat->id, heartbeat->sentNs, receivedNs, m_clock.utcNs(), m_droppedEvents};
        // Refused: its queue is full, and a late answer would only spoil its clock measurement.
        static_cast<void>(sendMessage(m_link, reply));
        return std::nullopt;
    }
    if (const auto *subscribe = std::get_if<wire::Subscribe>(&message)) {
        onSubscribe(*subscribe);
        return std::nullopt;
    }
    if (const auto *bye = std::get_if<wire::Bye>(&message))
        return farewell(*bye);
    return wire::Bye{"protocol", "a console sent a message that is not for a console to send", 0};
}

void ConsoleSession::onSubscribe(const wire::Subscribe &subscribe)
{
    m_interest = Interest{subscribe.filter, subscribe.samples, subscribe.reports};
    m_subscriptionChanged = true;
    m_resume.clear();
    for (const auto &point : subscribe.resume) {
        auto &frameSeq = m_resume[{point.node, point.streamId}];
        frameSeq = std::max(frameSeq, point.frameSeq);
    }
    // As many as the ring knows of, whatever a console says it has.
    std::erase_if(m_namedUpTo, [this](const auto &one) { return m_ring.letGoUpTo(one.first.first, one.first.second) == 0; });
    for (const auto &[stream, frameSeq] : m_resume)
        nameLetGo(stream, frameSeq);
    m_prepared.reset();
    m_since = m_ring.end();
    m_before = m_ring.newestEvents();
    for (const auto &[stream, frameSeq] : m_resume) // it was there before
        m_before.erase(stream);
    // As much of the past as it may lag behind: more would be dropped again at once. Of streams that it goes on with, that is a loss.
    m_cursor = m_ring.begin();
    while (m_ring.bytesFrom(m_cursor) > m_limits.queueBytes) {
        const wire::Delivery &delivery = *m_ring.at(m_cursor);
        if (m_resume.contains({delivery.node, delivery.frame.streamId}))
            dropNext();
        else
            ++m_cursor;
    }
}

void ConsoleSession::nameLetGo(const StreamKey &stream, std::uint64_t frameSeq)
{
    const std::uint64_t letGo = m_ring.letGoUpTo(stream.first, stream.second);
    if (letGo == 0)
        return;
    auto &named = m_namedUpTo[stream];
    named = std::max(named, frameSeq);
    if (letGo > named)
        m_missed[stream.first].frames += letGo - named;
    named = std::max(named, letGo);
}

void ConsoleSession::onAck(const wire::Ack &ack)
{
    const auto stream = m_inFlight.find({ack.node, ack.streamId});
    if (stream == m_inFlight.end())
        return;
    auto &sent = stream->second;
    while (!sent.empty() && sent.front().frameSeq <= ack.frameSeq) {
        m_inFlightBytes -= sent.front().bytes;
        sent.pop_front();
    }
    if (sent.empty())
        m_inFlight.erase(stream);
}

void ConsoleSession::show(const wire::AgentState &state) { m_states[state.node] = state; }

void ConsoleSession::show(const wire::LinkNotice &notice)
{
    m_notices.push_back(notice);
    if (m_notices.size() > maxNotices) {
        m_noticesDropped += m_notices.front().repeated;
        m_notices.pop_front();
    }
}

void ConsoleSession::showHooks(std::shared_ptr<const wire::Delivery> hooks, ReplayRing::Position position)
{
    if (m_interest && position < m_cursor && !resumesAfter(*hooks) && wanted(*m_interest, hooks) != nullptr)
        m_hooks[hooks->node] = std::move(hooks);
}

bool ConsoleSession::settled(const std::string &node, std::uint64_t streamId, std::uint64_t frameSeq, ReplayRing::Position position) const
{
    if (position >= m_cursor)
        return false;
    const StreamKey stream{node, streamId};
    if (m_prepared && m_prepared->stream == stream && m_prepared->frameSeq <= frameSeq)
        return false;
    const auto sent = m_inFlight.find(stream);
    return sent == m_inFlight.end() || sent->second.front().frameSeq > frameSeq;
}

bool ConsoleSession::drained() const noexcept
{
    const bool sent = !m_interest || (m_cursor >= m_ring.end() && !m_prepared && m_hooks.empty());
    // What the link took may still wait in its socket, which is closed soon after.
    return sent && m_inFlight.empty() && m_states.empty() && m_notices.empty();
}

ConsoleSession::Unsent ConsoleSession::unsent() const
{
    Unsent all = m_prepared ? m_prepared->holds : Unsent();
    for (auto position = std::max(m_cursor, m_ring.begin()); m_interest && position < m_ring.end(); ++position) {
        if (const auto delivery = wantedAt(position).delivery) {
            all.events += eventCount(delivery->frame);
            all.amendments += amendmentCount(delivery->frame);
        }
    }
    return all;
}

bool ConsoleSession::resumesAfter(const wire::Delivery &delivery) const
{
    const auto known = m_resume.find({delivery.node, delivery.frame.streamId});
    return known != m_resume.end() && delivery.frame.frameSeq <= known->second;
}

ConsoleSession::Wanted ConsoleSession::wantedAt(ReplayRing::Position position) const
{
    const auto &delivery = m_ring.at(position);
    if (resumesAfter(*delivery))
        return {};
    const auto some = wanted(*m_interest, delivery);
    if (some == nullptr)
        return {};
    if (!mayHaveLate(*m_interest, *delivery)) // most of them: their stream is not looked for
        return {some};
    const auto before = m_before.find({delivery->node, delivery->frame.streamId});
    const LateEvents late = lateEvents(*m_interest, m_ring, position, before == m_before.end() ? 0 : before->second);
    return {withLate(some, late), late.outOfRing, late.outOfRoom};
}

std::shared_ptr<const wire::Delivery> ConsoleSession::takeAtCursor()
{
    const Wanted found = wantedAt(m_cursor);
    // What a console did not get of the time before it came is no loss.
    if (m_cursor >= m_since && found.outOfRing + found.outOfRoom > 0) {
        auto &untold = m_missed[found.delivery->node].untold;
        untold[static_cast<std::size_t>(Untold::LateOutOfRing)] += found.outOfRing;
        untold[static_cast<std::size_t>(Untold::LateOutOfRoom)] += found.outOfRoom;
    }
    ++m_cursor;
    return found.delivery;
}

void ConsoleSession::makeRoom(std::uint64_t bytes)
{
    if (!m_interest) {
        m_cursor = m_ring.end();
        return;
    }
    while (m_cursor < m_ring.end() && m_ring.bytesFrom(m_cursor) + bytes > m_limits.queueBytes)
        dropNext();
}

void ConsoleSession::dropNext()
{
    const auto delivery = takeAtCursor();
    if (delivery == nullptr)
        return;
    // What a node's hooks do is said once, not again and again: it must survive.
    if (std::holds_alternative<wire::HookReport>(delivery->frame.body))
        m_hooks[delivery->node] = delivery;
    countDropped(*delivery);
}

void ConsoleSession::countDropped(const wire::Delivery &delivery)
{
    const std::uint64_t events = eventCount(delivery.frame);
    const std::uint64_t amendments = amendmentCount(delivery.frame);
    m_droppedEvents += events;
    m_droppedAmendments += amendments;
    Missed &missed = m_missed[delivery.node];
    missed.events += events;
    missed.untold[static_cast<std::size_t>(Untold::Amendments)] += amendments;
}

void ConsoleSession::prepare(const wire::Delivery &delivery)
{
    auto bytes = wire::encode(delivery, {m_zstd});
    if (!bytes) {
        // A frame just under the limit can exceed it as a delivery: it is lost to this console, and counted.
        countDropped(delivery);
        return;
    }
    m_prepared = Prepared{std::move(*bytes),
                          {delivery.node, delivery.frame.streamId},
                          delivery.frame.frameSeq,
                          {eventCount(delivery.frame), amendmentCount(delivery.frame)}};
}

bool ConsoleSession::prepare()
{
    while (!m_prepared && !m_hooks.empty()) {
        const auto hooks = m_hooks.extract(m_hooks.begin());
        prepare(*hooks.mapped());
    }
    while (!m_prepared && m_cursor < m_ring.end()) {
        if (const auto delivery = takeAtCursor())
            prepare(*delivery);
    }
    return m_prepared.has_value();
}

void ConsoleSession::pump()
{
    if (!pumpStates() || !m_interest)
        return;
    m_cursor = std::max(m_cursor, m_ring.begin());
    while (prepare()) {
        const std::size_t bytes = m_prepared->bytes.size();
        if (m_inFlightBytes > 0 && m_inFlightBytes + bytes > m_limits.creditBytes)
            return;
        if (!m_link.send(m_prepared->bytes))
            return;
        m_inFlight[m_prepared->stream].push_back({m_prepared->frameSeq, bytes});
        m_inFlightBytes += bytes;
        m_prepared.reset();
    }
}

bool ConsoleSession::pumpMissed(const std::string &node, Missed &missed)
{
    struct Words {
        const char *code, *reason;
    };
    static constexpr std::array<Words, untoldCount> words{{
        {"amendments-dropped", "this console read too slowly for all that was learnt of where events came from"},
        {"late-events-gone", "it was learnt of events that this console may have asked for them, and the server had them no longer"},
        {"late-events-dropped", "it was learnt of events that this console had asked for them, and they were too many for one message"},
    }};
    for (std::size_t i = 0; i < untoldCount; ++i) {
        if (missed.untold[i] == 0)
            continue;
        wire::LinkNotice notice;
        notice.timeNs = m_clock.utcNs();
        notice.code = words[i].code;
        notice.reason = "node " + node + ": " + words[i].reason;
        notice.repeated = static_cast<std::uint32_t>(std::min<std::uint64_t>(missed.untold[i], std::numeric_limits<std::uint32_t>::max()));
        if (!sendMessage(m_link, notice))
            return false;
        missed.untold[i] -= notice.repeated;
    }
    return true;
}

bool ConsoleSession::pumpStates()
{
    for (auto state = m_states.begin(); state != m_states.end(); state = m_states.erase(state)) {
        if (const auto missed = m_missed.find(state->first); missed != m_missed.end()) {
            wire::AgentState seenFromHere = state->second;
            seenFromHere.loss.transitEvents += missed->second.events;
            seenFromHere.loss.consoleEvents = missed->second.events;
            seenFromHere.loss.gapFrames += missed->second.frames;
            if (!sendMessage(m_link, seenFromHere) || !pumpMissed(state->first, missed->second))
                return false;
        } else if (!sendMessage(m_link, state->second)) {
            return false;
        }
    }
    if (m_noticesDropped > 0) {
        wire::LinkNotice notice = m_notices.front();
        notice.code = "notices-dropped";
        notice.reason = "this console read too slowly for all notices of connections";
        notice.repeated = m_noticesDropped;
        if (!sendMessage(m_link, notice))
            return false;
        m_noticesDropped = 0;
    }
    for (; !m_notices.empty(); m_notices.pop_front()) {
        if (!sendMessage(m_link, m_notices.front()))
            return false;
    }
    return true;
}

} // namespace tapio::server
