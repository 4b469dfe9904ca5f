// SPDX-License-Identifier: GPL-3.0-or-later
// The part of PublishSession that deals with the disk spool.
#include <algorithm>
#include <utility>

#include "agent/publish/publishsession.h"

namespace tapio::agent {

using std::chrono::milliseconds;

namespace {

/// "2026-11-26 10:00:00 to 10:05:00" would need a time zone; seconds since 1970 are what every tool takes.
std::int64_t seconds(std::int64_t ns) { return ns / nsPerSecond; }

wire::Hook spoolHook(const SpoolStatus &status)
{
    wire::Hook hook;
    hook.collector = "spool";
    hook.name = "disk spool";
    hook.reason = status.reason;
    switch (status.state) {
    case SpoolState::Off:
    case SpoolState::Unwell: hook.state = wire::HookState::Failed; break;
    case SpoolState::Opening: hook.state = wire::HookState::Unknown; break;
    case SpoolState::Well: hook.state = wire::HookState::Active; break;
    }
    hook.attachKind = hook.state == wire::HookState::Active ? "file" : "";
    return hook;
}

} // namespace

void PublishSession::sealHooks()
{
    m_hooksDue = false;
    if (!m_hooks)
        return;
    wire::HookReport report = *m_hooks;
    if (m_spool != nullptr)
        report.hooks.push_back(spoolHook(m_spool->status()));
    seal({std::move(report), {}});
}

/// False: not taken.
bool PublishSession::spool(const RingFrame &frame)
{
    if (m_spool == nullptr)
        return false;
    FrameRecord record;
    record.frameSeq = frame.frameSeq;
    record.lastEvent = frame.lastEvent;
    record.droppedEvents = frame.droppedEvents;
    record.producedEvents = m_status.producedEvents;
    record.oldestNs = frame.oldestNs;
    record.newestNs = frame.newestNs;
    record.events = frame.events;
    for (const SourceCount &count : frame.sources)
        record.sources.push_back({m_counters.find(count.source)->first, count.events});
    record.frame = frame.bytes;
    return m_spool->keep(record, frame.everSent, m_ring.lastBelow(frame.frameSeq));
}

void PublishSession::onSpooled(const std::vector<SourceEvents> &sources)
{
    for (const SourceEvents &one : sources)
        m_counters.find(one.source)->second[Counter::Spooled] += one.events;
}

void PublishSession::onSpoolLoss(const SpoolLoss &loss)
{
    addLoss(m_spoolLosses, loss);
    if (!loss.earlier) {
        m_status.abandonedEvents += loss.abandonedEvents;
        m_status.droppedEvents += loss.events - loss.abandonedEvents;
        for (const SourceEvents &one : loss.unsent)
            m_counters.find(one.source)->second[Counter::QDrop] += one.events;
    }
    if (loss.cause != SpoolCause::Disk) // of which the state tells, once
        m_log.warn("spool: {} events in {} frames{} given up ({}), of {} to {} s UTC", loss.events, loss.frames,
                   loss.earlier ? " of an earlier start" : "", spoolCauseName(loss.cause), seconds(loss.fromNs), seconds(loss.toNs));
}

void PublishSession::onSpoolState(SpoolState before, const SpoolStatus &now)
{
    if (now.state == SpoolState::Off || now.state == SpoolState::Unwell)
        m_log.warn("spool: {}; what memory has no room for is dropped{}", now.reason,
                   now.state == SpoolState::Unwell ? ", and the disk tried again once a minute" : "");
    else if (before == SpoolState::Unwell)
        m_log.info("spool: the disk takes frames again");
    else if (now.state == SpoolState::Well && now.earlier.frames > 0)
        m_log.info("spool: {} events in {} frames wait, of earlier starts", now.earlier.events, now.earlier.frames);
    m_hooksDue = true; // not at once: the spool is in the middle of something
}

void PublishSession::onSpoolFinding(const std::string &text) { m_log.warn("spool: {}", text); }

/// What the next session is about. False: the disk has not told yet.
bool PublishSession::chooseStream()
{
    m_earlier = 0;
    if (m_spool == nullptr)
        return true;
    if (m_spool->opening())
        return false;
    while (m_spool->earlierStream() && m_spool->streamDone())
        m_spool->nextStream();
    m_earlier = m_spool->earlierStream().value_or(0);
    return m_earlier == 0 || m_spool->next() != nullptr;
}

/// The server has all of an earlier stream: says how it ended, and ends the session, as only a new one can begin another stream.
void PublishSession::leaveStream()
{
    if (m_earlier == 0 || m_leavingStream || !m_spool->streamDone())
        return;
    if (m_spool->givenUp()) {
        // The rest is on the disk, for the next start: neither lost nor sent, so there is nothing to say.
        m_log.info("spool: the server has what could be read of an earlier start");
        goOffline();
        m_link.reconnect(milliseconds(0));
        return;
    }
    beat();
    m_leavingStream = sendMessage(wire::Bye{"closed", "all of the agent's earlier start was sent", 0}).has_value();
}

/// True: this session was meant to end.
bool PublishSession::endStream(const std::string &why)
{
    if (!std::exchange(m_leavingStream, false))
        return false;
    m_log.info("spool: the server has what an earlier start left ({})", why);
    return true;
}

void PublishSession::sendSpooled()
{
    for (const SpooledFrame *frame = m_spool->next(); frame != nullptr && !m_stalled; frame = m_spool->next()) {
        if (m_earlier == 0 && !sendRing(frame->frameSeq))
            return; // left from memory while the spool was all under way, and is to be sent again before this
        if (!roomFor(frame->size))
            return;
        if (!m_pace.mayGo(m_clock.bootNs())) {
            m_paced = true;
            return;
        }
        if (const auto sent = m_link.send(frame->bytes); !sent) {
            m_stalled = sent.error().code() == Errc::Busy;
            return;
        }
        m_pace.spend(frame->size);
        m_status.sentBytes += frame->size;
        const auto [spooled, first, firstReplay] = m_spool->markSent();
        if (m_earlier != 0)
            continue;
        m_sentUpTo = std::max(m_sentUpTo, spooled.frameSeq);
        m_status.sentEvents += first ? spooled.events : 0;
        for (const SourceEvents &one : spooled.sources) {
            CounterSet &counters = m_counters.find(one.source)->second;
            counters[Counter::Sent] += first ? one.events : 0;
            counters[Counter::Unspooled] += firstReplay ? one.events : 0;
        }
    }
    m_spool->poll(); // reads on
}

void PublishSession::acknowledgeSpooled(std::uint64_t frameSeq)
{
    for (const SpooledFrame &frame : m_spool->acknowledge(frameSeq)) {
        if (m_earlier != 0)
            continue;
        m_status.ackedEvents += frame.events;
        for (const SourceEvents &one : frame.sources)
            m_counters.find(one.source)->second[Counter::Acked] += one.events;
    }
}

bool PublishSession::canPark() const
{
    return m_spool != nullptr && (m_spool->status().state == SpoolState::Well || m_spool->status().state == SpoolState::Unwell);
}

bool PublishSession::backlogged() const { return canPark() && (m_earlier != 0 || m_spool->lastSeq() != 0); }

void PublishSession::park(milliseconds longest)
{
    if (!canPark())
        return;
    const std::int64_t untilBootNs = m_clock.bootNs() + std::chrono::nanoseconds(longest).count();
    m_ring.restart();
    m_spool->restart();
    constexpr milliseconds turn(20);
    while (!m_ring.empty()) {
        RingFrame frame = m_ring.takeOldest();
        bool taken = spool(frame);
        while (!taken && m_spool->status().state == SpoolState::Well && m_clock.bootNs() < untilBootNs) {
            m_spool->flush(turn);
            taken = spool(frame);
        }
        if (!taken) {
            m_ring.putBack(std::move(frame));
            break;
        }
    }
    m_spool->closeSegment();
    m_spool->flush(std::max(milliseconds((untilBootNs - m_clock.bootNs()) / nsPerMs), turn));
    if (const SpoolAmount left = m_spool->status().unwritten; left.frames > 0)
        m_log.warn("spool: the disk has not taken {} events in {} frames in time", left.events, left.frames);
}

} // namespace tapio::agent
