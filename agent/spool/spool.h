// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/spool/disk.h"
#include "agent/spool/tally.h"
#include "protocol/base/clock.h"

namespace tapio::agent {

struct SpoolOptions {
    std::filesystem::path folder; ///< empty = no spool
    std::uint64_t bytes = 256u << 20;
    std::chrono::milliseconds maxAge = std::chrono::hours(24);
    SpoolFsync fsync = SpoolFsync::Interval;
    std::uint64_t replayRate = 4u << 20; ///< bytes per second, beyond what is made meanwhile
    std::string node;
    std::uint64_t streamId = 0; ///< of this start of the agent
};

enum class SpoolState : std::uint8_t { Off, Opening, Well, Unwell };
std::string_view spoolStateName(SpoolState state) noexcept;

/// Why frames were given up that were spooled, or should have been.
enum class SpoolCause : std::uint8_t { Full, Age, Damaged, Disk };
inline constexpr std::size_t spoolCauses = 4;
std::string_view spoolCauseName(SpoolCause cause) noexcept;

struct SpoolAmount {
    std::uint64_t frames = 0;
    std::uint64_t events = 0;
    std::uint64_t bytes = 0; ///< of files, or of frames where they are sent; 0 of what was dropped
};

/// The spool as the rest of the agent may know it. A value.
struct SpoolStatus {
    SpoolState state = SpoolState::Off;
    std::string reason;                           ///< of Off and Unwell; empty = never asked for
    SpoolAmount held;                             ///< on the disk or on its way there, and not confirmed
    SpoolAmount earlier;                          ///< of these: of earlier starts of the agent
    SpoolAmount unwritten;                        ///< of these: not on the disk when flush() last returned
    SpoolAmount spooled;                          ///< written since the start
    SpoolAmount replayed;                         ///< of this start, sent from the disk, each once
    SpoolAmount earlierReplayed;                  ///< of earlier starts, confirmed
    std::array<SpoolAmount, spoolCauses> dropped; ///< by SpoolCause, of this start and of earlier ones
    std::int64_t oldestNs = 0;                    ///< UTC of the oldest event held; 0 = none
};

/// Frames that were given up.
struct SpoolLoss {
    SpoolCause cause = SpoolCause::Full;
    bool earlier = false; ///< of an earlier start: none of the following is in this stream's counts
    std::uint64_t frames = 0;
    std::uint64_t events = 0;
    std::uint64_t abandonedEvents = 0; ///< of these: were sent once; the server knows whether they arrived
    std::vector<SourceEvents> unsent;  ///< the others, by source
    std::int64_t fromNs = 0;           ///< UTC of the oldest and the newest event; of a part of a segment those of the whole
    std::int64_t toNs = 0;
};

/// Adds it to what is known of the same cause and origin.
void addLoss(std::vector<SpoolLoss> &known, const SpoolLoss &loss);

/// A frame on its way from the disk to the server.
struct SpooledFrame {
    std::uint64_t frameSeq = 0;
    std::uint64_t lastEvent = 0;     ///< number of the last event up to and with it
    std::uint64_t droppedEvents = 0; ///< numbers up to there that nobody will see
    std::uint32_t events = 0;
    std::size_t size = 0;              ///< of the frame
    std::vector<SourceEvents> sources; ///< empty for those of earlier starts
    std::int64_t oldestNs = 0;
    SegmentName segment;
    std::uint64_t offset = 0;
    SpoolBytes bytes;      ///< empty once it was sent
    bool everSent = false; ///< in this start, at least once
    bool seen = false;     ///< was read back
    bool replayed = false; ///< was sent from the disk
};

/// What the owner of a spool hears from it, within its calls.
class SpoolListener {
public:
    virtual ~SpoolListener() = default;
    virtual void onSpooled(const std::vector<SourceEvents> &sources) = 0;
    virtual void onSpoolLoss(const SpoolLoss &loss) = 0;
    virtual void onSpoolState(SpoolState before, const SpoolStatus &now) = 0;
    /// One line about what lies in the folder.
    virtual void onSpoolFinding(const std::string &text) = 0;
};

/// Frames that memory has no room for, on disk until the server has them. Decides by results of the disk and by the clock; never blocks but
/// in flush(). Streams of earlier starts come first, each by itself; then this one's. One thread; disk, clock and listener outlive it.
class Spool {
public:
    Spool(SpoolOptions options, SpoolDisk &disk, const Clock &clock);

    /// Asks the disk to open the folder. Call once, before anything else.
    void begin(SpoolListener &listener);
    /// Takes what the disk did, then does what is due.
    void poll();
    /// The folder is still being looked at: what it holds of earlier starts must go first.
    bool opening() const noexcept { return m_status.state == SpoolState::Opening; }

    /// Takes a frame of this start, higher than all before it, but for what is handed over at the end. `inMemory`: the highest number below it that
    /// the caller holds, and may hand over later. False: not taken; why it was lost is counted here, its events by the caller.
    bool keep(const FrameRecord &record, bool everSent, std::uint64_t inMemory = 0);
    /// The last frame in the file that is written; 0 = the next one begins a file.
    std::uint64_t lastWritten() const;
    /// Takes so many bytes, and nothing has to go for them.
    bool hasRoom(std::size_t bytes) const noexcept;
    /// Range of this start's frames that are held, 0 = none.
    std::uint64_t firstSeq() const;
    std::uint64_t lastSeq() const noexcept { return m_ownFrames == 0 ? 0 : m_lastKept; }
    /// What comes next begins a file of its own.
    void closeSegment();
    /// Waits until the disk has done what it was asked; false = it has not.
    bool flush(std::chrono::milliseconds longest);
    /// There is no spool (any more) in this start.
    bool givenUp() const noexcept { return m_status.state == SpoolState::Off; }

    /// The earlier stream that is replayed first; empty = this start's own.
    std::optional<std::uint64_t> earlierStream() const;
    /// The stream that is replayed has been: nothing of it is held.
    bool streamDone() const;
    /// Goes on to the stream after one that is done.
    void nextStream();
    /// The server refuses the stream that is replayed: it goes.
    void refuseStream();
    /// A session is up: reads ahead from now on.
    void replay();
    /// A session ended: what was sent in it is to be sent again.
    void restart();
    /// The next frame of the stream that is replayed; null = none is at hand.
    const SpooledFrame *next() const noexcept { return m_ready.empty() ? nullptr : &m_ready.front(); }
    /// What markSent() tells: of the frame, whether it is the first time that it is sent, and the first time from the disk.
    struct Sent {
        const SpooledFrame &frame;
        bool first = false;
        bool firstReplay = false;
    };
    /// next() was handed to the transport. The frame is valid until the next call.
    Sent markSent();
    /// Everything up to frameSeq of the stream that is replayed is safe; returns what was let go.
    std::vector<SpooledFrame> acknowledge(std::uint64_t frameSeq);
    /// All that is held of this start was sent in this session, or none is held.
    bool allSent() const;

    /// Of the stream that is replayed, when it is an earlier one: what its heartbeats say.
    struct StreamCounts {
        std::uint64_t produced = 0;
        std::uint64_t dropped = 0;
        std::uint64_t queued = 0;
        std::uint64_t inFlight = 0;
        std::int64_t oldestNs = 0;
        std::uint64_t nextFrameSeq = 1;
    };
    StreamCounts streamCounts() const;

    std::size_t bytesUnderWay() const noexcept { return m_bytesUnderWay; }
    /// Of this start: held, and of these under way.
    std::uint64_t ownEvents() const noexcept { return m_ownEvents; }
    std::uint64_t eventsUnderWay() const noexcept { return m_eventsUnderWay; }
    SpoolStatus status() const;

private:
    struct Segment {
        bool own = false;
        bool closed = false;           ///< nothing is appended to it any more
        bool passed = false;           ///< read to its end
        bool broken = false;           ///< cannot be read behind `bytes`
        std::uint64_t firstRecord = 0; ///< offset
        std::uint64_t bytes = 0;       ///< that can be read
        std::uint64_t posted = 0;      ///< with what is under way to the disk
        std::uint64_t readUpTo = 0;
        std::size_t jobs = 0;      ///< of writing, under way
        std::uint64_t damaged = 0; ///< places that hold no record, found at the first reading
        SegmentSums sums;
        SpoolTally held, unread;
        std::int64_t firstBootNs = 0; ///< own: when it was begun and last written
        std::int64_t lastBootNs = 0;
    };
    using Segments = std::map<SegmentName, Segment>;
    struct Write {
        std::uint64_t tag = 0;
        std::uint64_t frameSeq = 0;
        std::uint64_t size = 0; ///< of the record
        bool everSent = false;
        SegmentName segment;
        FrameRecord record; ///< without its bytes
    };

    void become(SpoolState state, std::string reason);
    void post(SpoolJob::Kind kind, const SegmentName &segment, SpoolBytes bytes = {});
    void onOpened(SpoolDone &done);
    void onWritten(const SpoolDone &done);
    void onFailed(const SpoolDone &done);
    void onRead(SpoolDone &done);
    void loseWrite(const Write &write);

    bool writable(std::size_t size);
    bool continues(std::uint64_t frameSeq, std::uint64_t inMemory) const;
    bool makeRoom(std::uint64_t size);
    Segments::iterator beginSegment(std::uint64_t firstSeq);
    bool droppable(const SegmentName &name, const Segment &segment) const;
    void drop(Segments::iterator segment, SpoolCause cause);
    void erase(Segments::iterator segment);
    void lose(SpoolCause cause, const Segment &segment, const SpoolTally &lost, const SpoolTally &sentOnce);
    void let(Segment &segment, const SpoolTally &gone);
    void noteSent(const FrameRecord &record, const SegmentName &segment, std::uint64_t offset);
    void countThrough(const FrameRecord &record);
    bool refused(SpoolCause cause, const FrameRecord &record);
    void sweep();
    void giveUpDisk();
    SpoolAmount unwritten() const;
    void endUnderWay() noexcept;
    bool tooOld(const Segment &segment) const;

    bool ofReplay(const SegmentName &name) const noexcept { return name.run == m_replay.run && name.streamId == m_replay.streamId; }
    Segments::iterator reading();
    void advance();
    std::size_t readAhead() const noexcept;
    bool parse(Segments::iterator segment);
    void requestMore(Segments::iterator segment, std::size_t wanted);
    bool onRecord(Segments::iterator segment, std::span<const std::byte> payload);
    bool admit(const Segment &segment, const FrameRecord &record, SpooledFrame &frame) const;
    void pass(Segments::iterator segment);
    void retire();
    bool caughtUp(Segments::iterator segment);
    bool wanted(const SegmentName &name) const;
    void giveUp(std::deque<SpooledFrame>::iterator frame);
    void forgetBuffer();
    bool replaysOwn() const noexcept { return m_replay.run == m_run && m_replay.streamId == m_options.streamId; }

    SpoolOptions m_options;
    SpoolDisk &m_disk;
    const Clock &m_clock;
    SpoolListener *m_listener = nullptr;
    const std::uint64_t m_segmentBytes;
    SpoolStatus m_status;
    Segments m_segments;
    SegmentName m_replay;                ///< run and stream of what is replayed
    std::uint32_t m_run = 0;             ///< of this start
    std::optional<SegmentName> m_active; ///< that is written to
    std::deque<Write> m_writes;          ///< under way to the disk, oldest first; bounded in bytes
    std::size_t m_writingBytes = 0;
    std::uint64_t m_bytes = 0; ///< of all segments, as posted
    std::uint64_t m_ownFrames = 0;
    std::uint64_t m_ownEvents = 0;
    std::uint64_t m_lastKept = 0;
    std::uint64_t m_tag = 0;
    std::int64_t m_beganBootNs = 0;
    std::int64_t m_retryBootNs = 0;
    std::int64_t m_nextSyncBootNs = 0;
    std::int64_t m_nextSweepBootNs = 0;
    std::int64_t m_steadySinceBootNs = 0; ///< UTC was not set since
    std::int64_t m_utcMinusBoot = 0;
    bool m_unsynced = false;

    std::deque<SpooledFrame> m_sent; ///< not confirmed; the first m_underWay in this session; bounded by credit
    std::size_t m_underWay = 0;
    std::size_t m_bytesUnderWay = 0;
    std::uint64_t m_eventsUnderWay = 0;
    std::deque<SpooledFrame> m_ready; ///< read, not sent
    std::size_t m_readyBytes = 0;
    std::optional<SegmentName> m_bufferOf; ///< the segment that is read
    SpoolBytes m_buffer;                   ///< a part of it
    std::uint64_t m_bufferAt = 0;          ///< offset of its first byte
    std::size_t m_used = 0;
    std::uint64_t m_readTag = 0; ///< of the read under way; 0 = none
    std::int64_t m_readSinceBootNs = 0;
    std::int64_t m_slowSaidBootNs = INT64_MIN;
    std::uint64_t m_lastRead = 0;  ///< frame number
    std::uint64_t m_safe = 0;      ///< frame number that the server confirmed, of the stream that is replayed
    std::uint64_t m_letGo = 0;     ///< highest frame number that was let go since, of the same stream
    std::uint64_t m_ownSafe = 0;   ///< the same of this start's stream
    std::uint64_t m_lastEvent = 0; ///< of the last frame read, and with it:
    std::uint64_t m_droppedEvents = 0;
    std::uint64_t m_producedEvents = 0;
    bool m_anyRead = false;
    bool m_replaying = false;
};

} // namespace tapio::agent
