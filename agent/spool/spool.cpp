// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/spool/spool.h"

#include <cstdlib>
#include <utility>

namespace tapio::agent {

namespace {

constexpr std::int64_t openingNs = 10 * nsPerSecond;
/// A disk that has not read for so long would hold up everything that is newer.
constexpr std::int64_t unansweredNs = 30 * nsPerSecond;
constexpr std::int64_t syncEveryNs = nsPerSecond;
constexpr std::int64_t sweepEveryNs = 10 * nsPerSecond;
constexpr std::int64_t retryAfterNs = 60 * nsPerSecond;
/// UTC must have gone evenly for so long before it says that something of an earlier start is old: a node may boot with any date.
constexpr std::int64_t steadyNs = 600 * nsPerSecond;
constexpr std::int64_t steppedNs = 60 * nsPerSecond;
/// Encoded, and not yet with the disk: what a slow disk may cost in memory.
constexpr std::size_t mostWriting = 4u << 20;
constexpr std::uint64_t segmentOverhead = maxSegmentHeader + segmentSumsBytes;
constexpr std::uint64_t leastSegment = 64u << 10;
constexpr std::uint64_t mostSegment = 4u << 20;
/// Of the spool's size or age, what goes at once when it is full or old.
constexpr int segmentsInAll = 16;

std::int64_t ns(std::chrono::milliseconds duration) { return std::chrono::nanoseconds(duration).count(); }

} // namespace

std::string_view spoolStateName(SpoolState state) noexcept
{
    switch (state) {
    case SpoolState::Opening: return "opening";
    case SpoolState::Well: return "well";
    case SpoolState::Unwell: return "unwell";
    case SpoolState::Off: break;
    }
    return "off";
}

std::string_view spoolCauseName(SpoolCause cause) noexcept
{
    switch (cause) {
    case SpoolCause::Age: return "age";
    case SpoolCause::Damaged: return "damaged";
    case SpoolCause::Disk: return "disk";
    case SpoolCause::Full: break;
    }
    return "full";
}

void addLoss(std::vector<SpoolLoss> &known, const SpoolLoss &loss)
{
    const auto same = std::find_if(known.begin(), known.end(),
                                   [&](const SpoolLoss &one) { return one.cause == loss.cause && one.earlier == loss.earlier; });
    if (same == known.end()) {
        known.push_back(loss);
        known.back().unsent.clear(); // counted where it happened
        return;
    }
    same->frames += loss.frames;
    same->events += loss.events;
    same->abandonedEvents += loss.abandonedEvents;
    same->fromNs = std::min(same->fromNs, loss.fromNs);
    same->toNs = std::max(same->toNs, loss.toNs);
}

Spool::Spool(SpoolOptions options, SpoolDisk &disk, const Clock &clock)
    : m_options(std::move(options)), m_disk(disk), m_clock(clock),
      m_segmentBytes(std::clamp(m_options.bytes / segmentsInAll, leastSegment, mostSegment))
{}

void Spool::begin(SpoolListener &listener)
{
    m_listener = &listener;
    m_beganBootNs = m_steadySinceBootNs = m_clock.bootNs();
    m_utcMinusBoot = m_clock.utcNs() - m_clock.bootNs();
    become(SpoolState::Opening, {});
    post(SpoolJob::Kind::Open, {});
}

void Spool::become(SpoolState state, std::string reason)
{
    const SpoolState before = std::exchange(m_status.state, state);
    m_status.reason = std::move(reason);
    if (before != state)
        m_listener->onSpoolState(before, status());
}

void Spool::post(SpoolJob::Kind kind, const SegmentName &segment, SpoolBytes bytes)
{
    m_disk.post({kind, segment, std::move(bytes), 0, 0, ++m_tag});
}

void Spool::poll()
{
    for (SpoolDone &done : m_disk.take()) {
        switch (done.kind) {
        case SpoolJob::Kind::Open: onOpened(done); break;
        case SpoolJob::Kind::Read: onRead(done); break;
        case SpoolJob::Kind::Remove:
            if (!done.status)
                m_listener->onSpoolFinding(done.status.error().message());
            break;
        default:
            if (done.status)
                onWritten(done);
            else
                onFailed(done);
        }
    }
    const std::int64_t now = m_clock.bootNs();
    if (opening() && now - m_beganBootNs > openingNs)
        become(SpoolState::Off, "the folder " + m_options.folder.native() + " did not answer within 10 s");
    if (m_status.state == SpoolState::Off || opening())
        return;
    if (m_readTag != 0 && now - m_readSinceBootNs > unansweredNs) {
        giveUpDisk();
        return;
    }
    if (m_options.fsync == SpoolFsync::Interval && m_unsynced && now >= m_nextSyncBootNs) {
        m_unsynced = false;
        m_nextSyncBootNs = now + syncEveryNs;
        post(SpoolJob::Kind::Sync, {});
    }
    if (now >= m_nextSweepBootNs) {
        m_nextSweepBootNs = now + sweepEveryNs;
        sweep();
    }
    advance();
}

void Spool::onOpened(SpoolDone &done)
{
    if (!opening())
        return; // too late: this start's own stream has begun, and no earlier one may follow it
    if (!done.status) {
        become(SpoolState::Off, done.status.error().message());
        return;
    }
    for (const std::string &text : done.found.notOurs)
        m_listener->onSpoolFinding("left alone: " + text);
    if (done.found.notOursMore > 0)
        m_listener->onSpoolFinding("left alone: " + std::to_string(done.found.notOursMore) + " more");
    if (done.found.worthless > 0) {
        m_status.dropped[static_cast<std::size_t>(SpoolCause::Damaged)].frames += done.found.worthless;
        m_listener->onSpoolFinding("removed: " + std::to_string(done.found.worthless) + " files without one whole frame");
    }
    m_run = done.found.nextRun;
    for (const auto &[name, found] : done.found.segments) {
        Segment segment;
        segment.closed = true;
        segment.bytes = segment.posted = found.bytes;
        segment.firstRecord = found.firstRecord;
        segment.sums = found.sums;
        segment.held.frames = segment.unread.frames = found.sums.frames;
        segment.held.events = segment.unread.events = found.sums.events;
        m_bytes += found.bytes;
        m_segments.emplace(name, std::move(segment));
    }
    become(SpoolState::Well, {});
    nextStream();
}

bool Spool::writable(std::size_t size)
{
    const std::int64_t now = m_clock.bootNs();
    if (opening() || (m_status.state == SpoolState::Unwell && now < m_retryBootNs))
        return false;
    if (m_writingBytes + size <= mostWriting)
        return true;
    if (m_slowSaidBootNs == INT64_MIN || now - m_slowSaidBootNs >= retryAfterNs) {
        m_slowSaidBootNs = now;
        m_listener->onSpoolFinding("the disk does not keep up: frames are dropped");
    }
    return false;
}

bool Spool::refused(SpoolCause cause, const FrameRecord &record)
{
    SpoolAmount &dropped = m_status.dropped[static_cast<std::size_t>(cause)];
    ++dropped.frames;
    dropped.events += record.events;
    return false;
}

std::uint64_t Spool::lastWritten() const { return m_active ? m_segments.at(*m_active).sums.lastSeq : 0; }

bool Spool::hasRoom(std::size_t bytes) const noexcept
{
    return m_status.state == SpoolState::Well && m_writingBytes + bytes <= mostWriting
           && m_bytes + bytes + segmentOverhead <= m_options.bytes;
}

/// Whether a frame may come behind the last in the file that is written. Nothing that is held elsewhere may belong between two frames of a
/// file: files are read one after the other, by the first number of each.
bool Spool::continues(std::uint64_t frameSeq, std::uint64_t inMemory) const
{
    const std::uint64_t last = lastWritten();
    const auto next = m_segments.upper_bound(*m_active);
    const bool anotherBetween = next != m_segments.end() && next->first.firstSeq < frameSeq;
    return last < frameSeq && inMemory <= last && !anotherBetween;
}

bool Spool::keep(const FrameRecord &record, bool everSent, std::uint64_t inMemory)
{
    if (m_status.state == SpoolState::Off)
        return false;
    SpoolBytes bytes = encodeRecord(record);
    if (!writable(bytes.size()))
        return refused(SpoolCause::Disk, record);
    if (!makeRoom(bytes.size()))
        return refused(SpoolCause::Full, record);
    if (m_active && (!continues(record.frameSeq, inMemory) || m_segments.at(*m_active).posted + bytes.size() > m_segmentBytes))
        closeSegment();
    const auto at = m_active ? m_segments.find(*m_active) : beginSegment(record.frameSeq);
    Segment &segment = at->second;
    Write write{m_tag + 1, record.frameSeq, bytes.size(), everSent, at->first, record};
    write.record.frame = {};
    if (everSent)
        noteSent(record, at->first, segment.posted);
    segment.posted += bytes.size();
    segment.sums.add(record);
    segment.held.add(record.events, record.sources);
    segment.unread.add(record.events, record.sources);
    segment.lastBootNs = m_clock.bootNs();
    ++segment.jobs;
    m_bytes += bytes.size();
    m_writingBytes += bytes.size();
    if (m_ownFrames == 0 && replaysOwn())
        m_lastRead = std::min(m_lastRead, record.frameSeq - 1); // of what was read all is gone, and this may be lower
    m_lastKept = m_ownFrames == 0 ? record.frameSeq : std::max(m_lastKept, record.frameSeq);
    ++m_ownFrames;
    m_ownEvents += record.events;
    m_writes.push_back(std::move(write));
    post(SpoolJob::Kind::Append, at->first, std::move(bytes));
    return true;
}

/// It left once, from memory: it must not count as sent again, and the server may confirm it before it is read back.
void Spool::noteSent(const FrameRecord &record, const SegmentName &segment, std::uint64_t offset)
{
    SpooledFrame sent;
    sent.frameSeq = record.frameSeq;
    sent.lastEvent = record.lastEvent;
    sent.events = record.events;
    sent.size = record.frame.size();
    sent.sources = record.sources;
    sent.oldestNs = record.oldestNs;
    sent.segment = segment;
    sent.offset = offset;
    sent.everSent = true;
    const auto place = std::find_if(m_sent.begin(), m_sent.end(), [&](const SpooledFrame &f) { return f.frameSeq > record.frameSeq; });
    m_sent.insert(place, std::move(sent));
}

Spool::Segments::iterator Spool::beginSegment(std::uint64_t firstSeq)
{
    const SegmentName name{m_run, m_options.streamId, firstSeq};
    SpoolBytes header = encodeHeader({name, m_options.node, m_clock.utcNs()});
    Segment segment;
    segment.own = true;
    segment.posted = segment.firstRecord = header.size();
    segment.firstBootNs = m_clock.bootNs();
    ++segment.jobs;
    m_bytes += header.size();
    m_active = name;
    post(SpoolJob::Kind::Create, name, std::move(header));
    return m_segments.emplace(name, std::move(segment)).first;
}

void Spool::closeSegment()
{
    if (!m_active)
        return;
    Segment &segment = m_segments.at(*m_active);
    segment.closed = true;
    ++segment.jobs;
    segment.posted += segmentSumsBytes;
    m_bytes += segmentSumsBytes;
    post(SpoolJob::Kind::Close, *m_active, encodeRecord(segment.sums));
    m_active.reset();
}

void Spool::onWritten(const SpoolDone &done)
{
    const auto at = m_segments.find(done.segment);
    if (done.kind == SpoolJob::Kind::Append && !m_writes.empty() && m_writes.front().tag == done.tag) {
        const Write &write = m_writes.front();
        m_writingBytes -= write.size;
        ++m_status.spooled.frames;
        m_status.spooled.events += write.record.events;
        m_status.spooled.bytes += write.size;
        m_unsynced = true;
        m_listener->onSpooled(write.record.sources);
        m_writes.pop_front();
        if (m_status.state == SpoolState::Unwell && m_clock.bootNs() >= m_retryBootNs)
            become(SpoolState::Well, {});
    }
    if (at == m_segments.end())
        return;
    if (done.kind != SpoolJob::Kind::Sync) {
        at->second.bytes += at->second.broken ? 0 : done.length;
        --at->second.jobs;
    }
}

void Spool::onFailed(const SpoolDone &done)
{
    if (const auto at = m_segments.find(done.segment); at != m_segments.end() && done.kind != SpoolJob::Kind::Sync) {
        Segment &segment = at->second;
        --segment.jobs;
        segment.closed = true; // what follows in it fails too
        segment.posted -= done.length;
        m_bytes -= done.length;
        if (m_active == done.segment)
            m_active.reset();
    }
    if (done.kind == SpoolJob::Kind::Append && !m_writes.empty() && m_writes.front().tag == done.tag) {
        const Write write = std::move(m_writes.front());
        m_writes.pop_front();
        m_writingBytes -= write.size;
        loseWrite(write);
    }
    m_retryBootNs = m_clock.bootNs() + retryAfterNs;
    if (m_status.state == SpoolState::Well)
        become(SpoolState::Unwell, done.status.error().message());
}

void Spool::loseWrite(const Write &write)
{
    const auto at = m_segments.find(write.segment);
    if (at == m_segments.end())
        return;
    if (write.everSent && write.frameSeq <= m_ownSafe)
        return; // confirmed meanwhile, and let go
    SpoolTally lost, sentOnce;
    lost.add(write.record.events, write.record.sources);
    const auto sent = std::find_if(m_sent.begin(), m_sent.end(), [&](const SpooledFrame &f) { return f.frameSeq == write.frameSeq; });
    if (sent != m_sent.end()) {
        sentOnce = lost;
        m_sent.erase(sent); // never under way: it could not be read
    }
    at->second.unread.subtract(lost);
    lose(SpoolCause::Disk, at->second, lost, sentOnce);
    let(at->second, lost);
}

/// These are no longer held.
void Spool::let(Segment &segment, const SpoolTally &gone)
{
    const SpoolTally before = segment.held;
    segment.held.subtract(gone);
    if (segment.own) {
        // What the segment held, and no more: sums below zero would say for ever that something is left to send first.
        m_ownFrames -= before.frames - segment.held.frames;
        m_ownEvents -= before.events - segment.held.events;
    }
}

void Spool::lose(SpoolCause cause, const Segment &segment, const SpoolTally &lost, const SpoolTally &sentOnce)
{
    if (lost.frames == 0)
        return;
    SpoolAmount &dropped = m_status.dropped[static_cast<std::size_t>(cause)];
    dropped.frames += lost.frames;
    dropped.events += lost.events;
    SpoolTally unsent = lost;
    unsent.subtract(sentOnce);
    m_listener->onSpoolLoss(
        {cause, !segment.own, lost.frames, lost.events, sentOnce.events, unsent.sources, segment.sums.oldestNs, segment.sums.newestNs});
}

bool Spool::droppable(const SegmentName &name, const Segment &segment) const
{
    if (segment.jobs > 0 || name == m_active)
        return false;
    const auto underWay = m_sent.begin() + static_cast<std::ptrdiff_t>(m_underWay);
    return std::none_of(m_sent.begin(), underWay, [&](const SpooledFrame &f) { return f.segment == name; });
}

bool Spool::makeRoom(std::uint64_t size)
{
    while (m_bytes + size + segmentOverhead > m_options.bytes) {
        const auto oldest =
            std::find_if(m_segments.begin(), m_segments.end(), [&](const auto &one) { return droppable(one.first, one.second); });
        if (oldest == m_segments.end())
            return false;
        drop(oldest, SpoolCause::Full);
    }
    return true;
}

void Spool::drop(Segments::iterator at, SpoolCause cause)
{
    const SegmentName name = at->first;
    SpoolTally sentOnce;
    const auto ofIt = [&](const SpooledFrame &frame) { return frame.segment == name; };
    for (const SpooledFrame &frame : m_sent) {
        if (ofIt(frame))
            sentOnce.add(frame.events, frame.sources);
    }
    if (!at->second.own)
        sentOnce = {}; // of an earlier start: there is no telling what its server has
    if (m_bufferOf == name)
        forgetBuffer();
    m_sent.erase(std::remove_if(m_sent.begin(), m_sent.end(), ofIt), m_sent.end());
    m_ready.erase(std::remove_if(m_ready.begin(), m_ready.end(),
                                 [&](const SpooledFrame &frame) {
                                     m_readyBytes -= ofIt(frame) ? frame.bytes.size() : 0;
                                     return ofIt(frame);
                                 }),
                  m_ready.end());
    const SpoolTally lost = at->second.held;
    lose(cause, at->second, lost, sentOnce);
    let(at->second, lost);
    erase(at);
}

void Spool::erase(Segments::iterator at)
{
    m_bytes -= at->second.posted;
    if (m_active == at->first)
        m_active.reset();
    post(SpoolJob::Kind::Remove, at->first);
    m_segments.erase(at);
}

bool Spool::tooOld(const Segment &segment) const
{
    // What was written since the start has its age by a clock that nobody sets, and that goes on while the machine sleeps.
    if (segment.own)
        return m_clock.bootNs() - segment.lastBootNs > ns(m_options.maxAge);
    const bool trusted = m_clock.bootNs() - m_steadySinceBootNs >= steadyNs;
    return trusted && m_clock.utcNs() - segment.sums.newestNs > ns(m_options.maxAge);
}

void Spool::sweep()
{
    const std::int64_t offset = m_clock.utcNs() - m_clock.bootNs();
    if (std::llabs(offset - m_utcMinusBoot) > steppedNs) {
        m_utcMinusBoot = offset;
        m_steadySinceBootNs = m_clock.bootNs();
    }
    if (m_active && m_clock.bootNs() - m_segments.at(*m_active).firstBootNs > ns(m_options.maxAge) / segmentsInAll)
        closeSegment();
    for (auto at = m_segments.begin(); at != m_segments.end();) {
        const auto here = at++;
        if (tooOld(here->second) && droppable(here->first, here->second))
            drop(here, SpoolCause::Age);
    }
}

/// For the rest of this start. What earlier ones left stays for the next; of it, what was read already can be sent, and what is under way be
/// confirmed: its server would count both as lost, and get them all the same.
void Spool::giveUpDisk()
{
    become(SpoolState::Off, "the disk under " + m_options.folder.native() + " has not answered for 30 s");
    if (replaysOwn())
        endUnderWay();
    forgetBuffer();
    for (auto at = m_segments.begin(); at != m_segments.end();) {
        const auto here = at++;
        if (here->second.own)
            drop(here, SpoolCause::Disk);
        else
            m_segments.erase(here);
    }
}

bool Spool::flush(std::chrono::milliseconds longest)
{
    const bool done = m_disk.idle(longest);
    poll();
    m_status.unwritten = unwritten();
    return done && m_writes.empty();
}

SpoolAmount Spool::unwritten() const
{
    SpoolAmount amount;
    for (const Write &write : m_writes) {
        const bool confirmed = write.everSent && write.frameSeq <= m_ownSafe;
        if (confirmed || !m_segments.contains(write.segment))
            continue; // no longer held
        ++amount.frames;
        amount.events += write.record.events;
        amount.bytes += write.size;
    }
    return amount;
}

std::uint64_t Spool::firstSeq() const
{
    if (m_ownFrames == 0)
        return 0;
    const auto own = std::find_if(m_segments.begin(), m_segments.end(), [](const auto &one) { return one.second.own; });
    if (own == m_segments.end())
        return 0;
    if (!ofReplay(own->first))
        return own->first.firstSeq;
    if (!m_sent.empty())
        return m_sent.front().frameSeq;
    return !m_ready.empty() ? m_ready.front().frameSeq : std::max(own->first.firstSeq, m_safe + 1);
}

SpoolStatus Spool::status() const
{
    SpoolStatus status = m_status;
    for (const auto &[name, segment] : m_segments) {
        status.held.frames += segment.held.frames;
        status.held.events += segment.held.events;
        status.held.bytes += segment.posted;
        if (!segment.own) {
            status.earlier.frames += segment.held.frames;
            status.earlier.events += segment.held.events;
            status.earlier.bytes += segment.posted;
        }
        if (status.oldestNs == 0 || (segment.sums.oldestNs != 0 && segment.sums.oldestNs < status.oldestNs))
            status.oldestNs = segment.sums.oldestNs;
    }
    return status;
}

} // namespace tapio::agent
