// SPDX-License-Identifier: GPL-3.0-or-later
// The half of Spool that reads back and sends again.
#include <algorithm>
#include <utility>

#include "agent/spool/spool.h"
#include "protocol/wire/codec.h"

namespace tapio::agent {

namespace {

constexpr std::size_t readAtOnce = 256u << 10;
/// Read and not sent: enough for a quarter of a second at twice the usual rate.
constexpr std::size_t mostAhead = 2u << 20;

SpoolTally tallyOf(const SpooledFrame &frame)
{
    SpoolTally tally;
    tally.add(frame.events, frame.sources);
    return tally;
}

} // namespace

std::optional<std::uint64_t> Spool::earlierStream() const
{
    if (m_run == 0 || replaysOwn())
        return std::nullopt;
    return m_replay.streamId;
}

bool Spool::streamDone() const
{
    return m_sent.empty() && m_ready.empty()
           && std::none_of(m_segments.begin(), m_segments.end(), [this](const auto &one) { return ofReplay(one.first); });
}

void Spool::nextStream()
{
    const auto earlier = std::find_if(m_segments.begin(), m_segments.end(), [](const auto &one) { return !one.second.own; });
    m_replay = earlier != m_segments.end() ? earlier->first : SegmentName{m_run, m_options.streamId, 0};
    forgetBuffer();
    m_safe = replaysOwn() ? m_ownSafe : 0;
    m_letGo = m_lastRead = m_lastEvent = m_droppedEvents = m_producedEvents = 0;
    m_anyRead = false;
    advance();
}

void Spool::endUnderWay() noexcept
{
    m_underWay = 0;
    m_bytesUnderWay = 0;
    m_eventsUnderWay = 0;
}

void Spool::refuseStream()
{
    endUnderWay();
    for (auto at = m_segments.begin(); at != m_segments.end();) {
        const auto here = at++;
        if (ofReplay(here->first))
            drop(here, SpoolCause::Damaged);
    }
}

void Spool::forgetBuffer()
{
    m_bufferOf.reset();
    m_buffer.clear();
    m_used = 0;
    m_readTag = 0;
}

/// Without a session nothing but the frame that says where an earlier stream begins: the rest would lie in memory as well.
std::size_t Spool::readAhead() const noexcept { return m_replaying ? mostAhead : replaysOwn() ? 0 : 1; }

void Spool::replay()
{
    m_replaying = true;
    advance();
}

void Spool::restart()
{
    m_replaying = false;
    endUnderWay();
    if (givenUp()) {
        m_sent.clear(); // there is no reading them again
        m_ready.clear();
        m_readyBytes = 0;
    }
    if (m_sent.empty() && m_ready.empty())
        return; // what was read is confirmed: the reading goes on
    const SpooledFrame &from = m_sent.empty() ? m_ready.front() : m_sent.front();
    const SegmentName name = from.segment;
    forgetBuffer();
    m_bufferOf = name;
    m_bufferAt = from.offset;
    m_lastRead = from.frameSeq - 1;
    m_lastEvent = from.lastEvent - from.events;
    m_droppedEvents = from.droppedEvents;
    for (auto at = m_segments.find(name); at != m_segments.end() && ofReplay(at->first); ++at)
        at->second.passed = false;
    m_ready.clear();
    m_readyBytes = 0;
    advance();
}

Spool::Segments::iterator Spool::reading()
{
    auto at = m_segments.lower_bound({m_replay.run, m_replay.streamId, 0});
    while (at != m_segments.end() && ofReplay(at->first) && at->second.passed)
        ++at;
    return at != m_segments.end() && ofReplay(at->first) ? at : m_segments.end();
}

void Spool::advance()
{
    while (m_readyBytes < readAhead()) {
        const auto at = reading();
        if (at == m_segments.end())
            break;
        if (m_bufferOf != at->first) {
            forgetBuffer();
            m_bufferOf = at->first;
            m_bufferAt = at->second.firstRecord;
        }
        if (!parse(at))
            break;
    }
    retire();
}

/// True: the segment was read to its end.
bool Spool::parse(Segments::iterator at)
{
    Segment &segment = at->second;
    while (m_readyBytes < readAhead()) {
        const auto rest = std::span(m_buffer).subspan(m_used);
        const std::uint64_t offset = m_bufferAt + m_used;
        const ScanStep step = scanRecord(rest, m_bufferAt + m_buffer.size() >= segment.bytes);
        if (step.kind == ScanStep::Kind::End) {
            if (!segment.closed || segment.jobs > 0)
                return false;
            pass(at);
            return true;
        }
        if (step.kind == ScanStep::Kind::More) {
            requestMore(at, step.bytes);
            return false;
        }
        const bool usable = step.kind == ScanStep::Kind::Record && onRecord(at, step.payload);
        // The end of a file that a crash tore was never said to be spooled.
        if (!usable && step.kind != ScanStep::Kind::Torn && offset >= segment.readUpTo)
            ++segment.damaged;
        m_used += step.bytes;
        segment.readUpTo = std::max(segment.readUpTo, m_bufferAt + m_used);
    }
    return false;
}

void Spool::requestMore(Segments::iterator at, std::size_t wanted)
{
    if (m_readTag != 0)
        return;
    m_buffer.erase(m_buffer.begin(), m_buffer.begin() + static_cast<std::ptrdiff_t>(m_used));
    m_bufferAt += std::exchange(m_used, 0);
    const std::uint64_t from = m_bufferAt + m_buffer.size();
    const std::size_t most = std::max(readAtOnce, wanted - std::min(wanted, m_buffer.size()));
    m_readTag = ++m_tag;
    m_readSinceBootNs = m_clock.bootNs();
    m_disk.post({SpoolJob::Kind::Read,
                 at->first,
                 {},
                 from,
                 static_cast<std::size_t>(std::min<std::uint64_t>(most, at->second.bytes - from)),
                 m_readTag});
}

void Spool::onRead(SpoolDone &done)
{
    if (done.tag != m_readTag)
        return; // of what was dropped, or is read from elsewhere by now
    m_readTag = 0;
    const auto at = m_segments.find(done.segment);
    if (at == m_segments.end() || m_bufferOf != done.segment)
        return;
    m_buffer.insert(m_buffer.end(), done.bytes.begin(), done.bytes.end());
    if (done.status && !done.bytes.empty())
        return;
    // The rest cannot be had. What is behind it goes on; waiting here would hold up everything that is newer.
    m_listener->onSpoolFinding(done.status ? done.segment.text() + " became shorter" : done.status.error().message());
    Segment &segment = at->second;
    segment.broken = segment.closed = true;
    segment.bytes = m_bufferAt + m_buffer.size();
    if (m_active == done.segment)
        m_active.reset();
}

/// Whether a record is what it should be here: of this stream, in order, and something that the server can read.
bool Spool::admit(const Segment &segment, const FrameRecord &record, SpooledFrame &frame) const
{
    const auto message = wire::decode(record.frame);
    const auto *whole = message ? std::get_if<wire::Frame>(&*message) : nullptr;
    if (whole == nullptr || whole->streamId != m_replay.streamId || whole->frameSeq != record.frameSeq || record.frameSeq <= m_lastRead)
        return false;
    const auto *batch = std::get_if<wire::EventBatch>(&whole->body);
    if (record.events != (batch == nullptr ? 0 : batch->events.size()))
        return false;
    if (!segment.own)
        return true;
    for (const SourceEvents &source : record.sources) {
        // The names of this start, which outlive the buffer.
        const auto known = std::find_if(segment.held.sources.begin(), segment.held.sources.end(),
                                        [&](const SourceEvents &s) { return s.source == source.source; });
        if (known == segment.held.sources.end())
            return false;
        frame.sources.push_back({known->source, source.events});
    }
    return true;
}

/// Numbers of events between this frame and the one before it are in no file: nobody will see them.
void Spool::countThrough(const FrameRecord &record)
{
    const std::uint64_t before = record.lastEvent - record.events;
    if (!std::exchange(m_anyRead, true)) {
        m_lastEvent = before;
        m_droppedEvents = record.droppedEvents;
    }
    m_droppedEvents += before > m_lastEvent ? before - m_lastEvent : 0;
    m_lastEvent = std::max(m_lastEvent, record.lastEvent);
    m_producedEvents = std::max(m_producedEvents, record.producedEvents);
    m_lastRead = record.frameSeq;
}

/// False: not a record that can be used.
bool Spool::onRecord(Segments::iterator at, std::span<const std::byte> payload)
{
    const auto record = decodeFrameRecord(payload);
    if (!record)
        return decodeSums(payload).has_value();
    Segment &segment = at->second;
    if (segment.own && record->frameSeq <= m_safe)
        return true; // was sent, confirmed and let go before it was read
    SpooledFrame frame;
    if (!admit(segment, *record, frame))
        return false;
    countThrough(*record);
    frame.frameSeq = record->frameSeq;
    frame.lastEvent = record->lastEvent;
    frame.droppedEvents = m_droppedEvents;
    frame.events = record->events;
    frame.size = record->frame.size();
    frame.oldestNs = record->oldestNs;
    frame.segment = at->first;
    frame.offset = m_bufferAt + m_used;
    frame.seen = true;
    if (frame.offset >= segment.readUpTo)
        segment.unread.subtract(tallyOf(frame));
    if (frame.frameSeq <= m_safe) {
        // Confirmed without our sending it: the server had it of the start before. What we sent was let go with its confirmation, and is read
        // once more when a session began anew before that.
        if (frame.frameSeq > m_letGo)
            let(segment, tallyOf(frame));
        m_letGo = std::max(m_letGo, frame.frameSeq);
        return true;
    }
    const auto known = std::find_if(m_sent.begin() + static_cast<std::ptrdiff_t>(m_underWay), m_sent.end(),
                                    [&](const SpooledFrame &f) { return f.frameSeq >= frame.frameSeq; });
    if (known != m_sent.end() && known->frameSeq == frame.frameSeq)
        known->seen = frame.everSent = true;
    frame.bytes.assign(record->frame.begin(), record->frame.end());
    m_readyBytes += frame.bytes.size();
    m_ready.push_back(std::move(frame));
    return true;
}

/// A frame that was sent once and cannot be sent again.
void Spool::giveUp(std::deque<SpooledFrame>::iterator frame)
{
    if (const auto at = m_segments.find(frame->segment); at != m_segments.end()) {
        const SpoolTally lost = tallyOf(*frame);
        if (!frame->seen)
            at->second.unread.subtract(lost);
        lose(SpoolCause::Damaged, at->second, lost, at->second.own ? lost : SpoolTally());
        let(at->second, lost);
    }
    m_sent.erase(frame);
}

void Spool::pass(Segments::iterator at)
{
    Segment &segment = at->second;
    segment.passed = true;
    const auto readAgain = [this](const SpooledFrame &sent) {
        return std::any_of(m_ready.begin(), m_ready.end(), [&](const SpooledFrame &f) { return f.frameSeq == sent.frameSeq; });
    };
    for (std::size_t i = m_sent.size(); i > m_underWay; --i) {
        const auto sent = m_sent.begin() + static_cast<std::ptrdiff_t>(i - 1);
        if (sent->segment == at->first && !readAgain(*sent))
            giveUp(sent);
    }
    const SpoolTally lost = std::exchange(segment.unread, {});
    lose(segment.broken ? SpoolCause::Disk : SpoolCause::Damaged, segment, lost, {});
    let(segment, lost);
    // Where nobody had counted what a segment holds, its holes are all that is known.
    if (segment.damaged > lost.frames) {
        const std::uint64_t more = segment.damaged - lost.frames;
        m_status.dropped[static_cast<std::size_t>(SpoolCause::Damaged)].frames += more;
        m_listener->onSpoolFinding(at->first.text() + " is damaged in " + std::to_string(more) + " places");
    }
    segment.damaged = 0;
}

bool Spool::wanted(const SegmentName &name) const
{
    const auto ofIt = [&](const SpooledFrame &frame) { return frame.segment == name; };
    return std::any_of(m_sent.begin(), m_sent.end(), ofIt) || std::any_of(m_ready.begin(), m_ready.end(), ofIt);
}

/// The segment that is written has been read as far as it goes: the server keeps up again.
bool Spool::caughtUp(Segments::iterator at)
{
    const Segment &segment = at->second;
    return at->first == m_active && segment.jobs == 0 && m_bufferOf == at->first && m_readTag == 0 && m_bufferAt + m_used == segment.bytes;
}

void Spool::retire()
{
    for (auto at = m_segments.lower_bound({m_replay.run, m_replay.streamId, 0}); at != m_segments.end() && ofReplay(at->first);) {
        const auto here = at++;
        if (wanted(here->first) || (!here->second.passed && !caughtUp(here)))
            return;
        if (!here->second.passed)
            pass(here);
        if (m_bufferOf == here->first)
            forgetBuffer();
        const SpoolTally left = here->second.held; // a segment that lied about itself
        lose(SpoolCause::Damaged, here->second, left, {});
        let(here->second, left);
        erase(here);
    }
}

Spool::Sent Spool::markSent()
{
    SpooledFrame frame = std::move(m_ready.front());
    m_ready.pop_front();
    m_readyBytes -= frame.bytes.size();
    frame.bytes = {};
    const auto at = [this] { return m_sent.begin() + static_cast<std::ptrdiff_t>(m_underWay); };
    while (m_underWay < m_sent.size() && at()->frameSeq < frame.frameSeq)
        giveUp(at());
    bool first = false;
    if (m_underWay == m_sent.size() || at()->frameSeq != frame.frameSeq) {
        first = true;
        frame.everSent = true;
        m_sent.insert(at(), std::move(frame));
    }
    SpooledFrame &sent = m_sent[m_underWay++];
    m_bytesUnderWay += sent.size;
    m_eventsUnderWay += sent.events;
    const bool firstReplay = !std::exchange(sent.replayed, true);
    if (firstReplay && replaysOwn()) {
        ++m_status.replayed.frames;
        m_status.replayed.events += sent.events;
        m_status.replayed.bytes += sent.size;
    }
    return {sent, first, firstReplay};
}

std::vector<SpooledFrame> Spool::acknowledge(std::uint64_t frameSeq)
{
    std::vector<SpooledFrame> safe;
    m_safe = std::max(m_safe, frameSeq);
    if (replaysOwn())
        m_ownSafe = m_safe;
    const auto release = [&](SpooledFrame &frame) {
        const auto at = m_segments.find(frame.segment);
        if (at != m_segments.end()) {
            if (!frame.seen)
                at->second.unread.subtract(tallyOf(frame));
            let(at->second, tallyOf(frame));
        }
        if (!replaysOwn()) {
            ++m_status.earlierReplayed.frames;
            m_status.earlierReplayed.events += frame.events;
            m_status.earlierReplayed.bytes += frame.size;
        }
        m_letGo = std::max(m_letGo, frame.frameSeq);
        safe.push_back(std::move(frame));
    };
    while (!m_sent.empty() && m_sent.front().frameSeq <= frameSeq) {
        if (m_underWay > 0) {
            --m_underWay;
            m_bytesUnderWay -= m_sent.front().size;
            m_eventsUnderWay -= m_sent.front().events;
        }
        release(m_sent.front());
        m_sent.pop_front();
    }
    while (!m_ready.empty() && m_ready.front().frameSeq <= frameSeq) {
        m_readyBytes -= m_ready.front().bytes.size();
        if (!m_ready.front().everSent) // else it was let go above
            release(m_ready.front());
        m_ready.pop_front();
    }
    advance();
    return safe;
}

bool Spool::allSent() const { return m_ownFrames == 0 || (replaysOwn() && m_underWay == m_ownFrames); }

Spool::StreamCounts Spool::streamCounts() const
{
    StreamCounts counts{m_lastEvent, m_droppedEvents, 0, m_eventsUnderWay, 0, m_lastRead + 1};
    for (const SpooledFrame &frame : m_ready)
        counts.queued += frame.events;
    if (!m_sent.empty() || !m_ready.empty()) {
        const SpooledFrame &front = m_sent.empty() ? m_ready.front() : m_sent.front();
        counts.oldestNs = front.oldestNs;
        counts.nextFrameSeq = front.frameSeq;
    }
    if (streamDone() && !givenUp()) {
        // What its memory still held when it ended: numbered, and in no file.
        counts.produced = std::max(m_lastEvent, m_producedEvents);
        counts.dropped += counts.produced - m_lastEvent;
    }
    return counts;
}

} // namespace tapio::agent
