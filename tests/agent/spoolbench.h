// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTemporaryDir>

#include <map>
#include <spdlog/sinks/ringbuffer_sink.h>

#include "agent/publish/publishsession.h"
#include "agent/server/streamtracker.h"
#include "tests/agent/fakeclock.h"
#include "tests/agent/fakes.h"

namespace tapio::test {

/// What a disk can do wrong, on top of a real folder.
struct DiskFaults {
    std::optional<Error> open, write, read;
    std::size_t tornBytes = 0; ///< written all the same, of what fails
    int writes = 0, creates = 0, syncs = 0, removes = 0;
};

class FaultyFiles final : public agent::SpoolFiles {
public:
    FaultyFiles(const std::filesystem::path &folder, DiskFaults &faults) : m_files(SpoolFiles::inFolder(folder)), m_faults(faults) {}

    Status open() override { return m_faults.open ? Status(fail(*m_faults.open)) : m_files->open(); }
    Result<std::vector<std::string>> list(std::size_t most) override { return m_files->list(most); }
    Status create(const std::string &name) override
    {
        ++m_faults.creates;
        return m_faults.write ? Status(fail(*m_faults.write)) : m_files->create(name);
    }
    Status append(std::span<const std::byte> bytes) override
    {
        ++m_faults.writes;
        if (!m_faults.write)
            return m_files->append(bytes);
        static_cast<void>(m_files->append(bytes.first(std::min(bytes.size(), m_faults.tornBytes))));
        return fail(*m_faults.write);
    }
    Status sync() override
    {
        ++m_faults.syncs;
        return m_files->sync();
    }
    void close() override { m_files->close(); }
    Result<std::uint64_t> size(const std::string &name) override { return m_files->size(name); }
    Result<agent::SpoolBytes> read(const std::string &name, std::uint64_t offset, std::size_t length) override
    {
        if (m_faults.read)
            return fail(*m_faults.read);
        return m_files->read(name, offset, length);
    }
    Status remove(const std::string &name) override
    {
        ++m_faults.removes;
        return m_files->remove(name);
    }

private:
    std::unique_ptr<SpoolFiles> m_files;
    DiskFaults &m_faults;
};

/// A disk without a thread: does its jobs at once, or, while held, not at all.
class InlineDisk final : public agent::SpoolDisk {
public:
    explicit InlineDisk(agent::SpoolExecutor executor) : m_executor(std::move(executor)) {}

    void post(agent::SpoolJob &&job) override { m_jobs.push_back(std::move(job)); }
    std::vector<agent::SpoolDone> take() override
    {
        return held ? std::vector<agent::SpoolDone>() : m_executor.run(std::exchange(m_jobs, {}));
    }
    bool idle(std::chrono::milliseconds) override { return !held; }

    bool held = false;

private:
    agent::SpoolExecutor m_executor;
    std::vector<agent::SpoolJob> m_jobs;
};

/// What a server remembers of a node: each stream's frames, once and in order, as StreamTracker decides.
struct FakeServer {
    struct Stream {
        server::StreamTracker tracker{0, true};
        std::vector<std::uint64_t> frames; ///< that were new
        std::vector<std::uint64_t> events; ///< their numbers
        std::vector<std::pair<std::uint64_t, std::uint64_t>>
            amended; ///< the last event that an amendment is about, and that had come by then
    };
    std::map<std::uint64_t, Stream> streams;
    std::uint64_t current = 0;
    std::uint64_t credit = 1u << 20;
    bool acknowledges = true;
    std::uint64_t behind = 0;           ///< frames that its acknowledgements stay behind what it got
    std::size_t mostPerTurn = SIZE_MAX; ///< messages that it reads each time
    std::vector<std::uint64_t> order;   ///< streams as they greeted
    std::vector<wire::Heartbeat> beats;
    std::vector<wire::Hook> hooks;
    std::map<std::string, CounterSet> counters; ///< of the last report
    std::size_t bytes = 0;                      ///< of frames, also those that came again

    std::uint64_t duplicates() const
    {
        std::uint64_t sum = 0;
        for (const auto &[id, stream] : streams)
            sum += stream.tracker.loss().duplicateFrames;
        return sum;
    }
    wire::StreamLoss loss() const
    {
        wire::StreamLoss sum;
        for (const auto &[id, stream] : streams)
            server::operator+=(sum, stream.tracker.loss());
        return sum;
    }
    /// Answers all that the agent said. True: the connection ends.
    bool answer(FakeLink &link)
    {
        for (wire::Message &message : link.heard(mostPerTurn)) {
            if (const auto *hello = std::get_if<wire::Hello>(&message))
                greet(*hello, link);
            else if (auto *frame = std::get_if<wire::Frame>(&message))
                take(*frame);
            else if (const auto *beat = std::get_if<wire::Heartbeat>(&message))
                onBeat(*beat, link);
            else if (std::holds_alternative<wire::Bye>(message))
                return true;
        }
        if (current != 0 && acknowledges) {
            server::StreamTracker &tracker = streams[current].tracker;
            if (tracker.receivedFrameSeq() > behind && tracker.acknowledge(tracker.receivedFrameSeq() - behind))
                link.say(wire::Ack{{}, current, tracker.ackedFrameSeq()});
        }
        return false;
    }

private:
    void greet(const wire::Hello &hello, FakeLink &link)
    {
        if (current != 0 && current != hello.streamId)
            streams[current].tracker.finish();
        if (!streams.contains(hello.streamId))
            streams.emplace(hello.streamId, Stream{server::StreamTracker(hello.nextFrameSeq - 1, hello.nextFrameSeq == 1), {}, {}, {}});
        current = hello.streamId;
        order.push_back(current);
        server::StreamTracker &tracker = streams[current].tracker;
        tracker.onSession(hello.nextFrameSeq);
        wire::Welcome welcome;
        welcome.sessionId = order.size();
        welcome.creditBytes = credit;
        welcome.ackedFrameSeq = tracker.ackedFrameSeq();
        link.say(welcome);
    }
    void take(const wire::Frame &frame)
    {
        if (frame.streamId != current)
            std::abort();
        Stream &stream = streams[current];
        bytes += wire::encode(frame).value().size();
        const auto *batch = std::get_if<wire::EventBatch>(&frame.body);
        if (stream.tracker.onFrame(frame.frameSeq, batch == nullptr ? 0 : batch->events.size())
            == server::StreamTracker::Arrival::Duplicate)
            return;
        stream.frames.push_back(frame.frameSeq);
        for (std::size_t i = 0; batch != nullptr && i < batch->events.size(); ++i)
            stream.events.push_back(batch->firstSeq + i);
        for (std::size_t i = 0; batch != nullptr && i < batch->amendments.size(); ++i)
            stream.amended.emplace_back(batch->amendments[i].lastSeq, stream.events.empty() ? 0 : stream.events.back());
        if (const auto *report = std::get_if<wire::HookReport>(&frame.body))
            hooks = report->hooks;
        if (const auto *report = std::get_if<wire::CounterReport>(&frame.body)) {
            for (const auto &source : report->sources)
                counters[source.source] = source.counters;
        }
    }
    void onBeat(const wire::Heartbeat &beat, FakeLink &link)
    {
        beats.push_back(beat);
        streams[current].tracker.onHeartbeat(beat);
        link.say(wire::HeartbeatReply{beat.id, beat.sentNs, beat.sentNs, beat.sentNs, 0});
    }
};

/// An agent's publishing half with a spool in a folder, that can be killed and started again.
struct SpoolBench {
    explicit SpoolBench(const QString &path, std::size_t ring = 64u << 10) : ringBytes(ring) { options.folder = path.toStdString(); }

    void start(std::uint64_t streamId)
    {
        stop();
        options.streamId = streamId;
        options.node = "node-1";
        agent::SessionOptions sessionOptions;
        sessionOptions.node = "node-1";
        sessionOptions.streamId = streamId;
        sessionOptions.ringBytes = ringBytes;
        sessionOptions.replayRate = options.replayRate;
        disk.emplace(agent::SpoolExecutor(std::make_unique<FaultyFiles>(options.folder, faults), "node-1", options.fsync));
        disk->held = diskHeld;
        spool.emplace(options, *disk, clock);
        link.emplace();
        session.emplace(sessionOptions, *link, clock, log, &*spool);
        nextSeq = 1;
        step();
    }
    /// As kill -9: what was not on the disk is gone.
    void stop()
    {
        session.reset();
        link.reset();
        spool.reset();
        disk.reset();
    }
    void step() { session->step(std::chrono::milliseconds(0)); }
    /// One frame of so many events, of about `bytes`.
    void produce(std::size_t events = 1, std::size_t bytes = 2000, std::string_view source = "process")
    {
        wire::EventBatch batch;
        batch.firstSeq = nextSeq;
        batch.origins.resize(1);
        for (std::size_t i = 0; i < events; ++i) {
            wire::Event event;
            event.timeNs = clock.utcNs();
            event.type = wire::EventType::ProcessExec;
            // As long as the kernel's texts may be.
            const std::size_t share = bytes / events;
            event.detail = wire::ProcessExec{1, "sh", std::string(share / 3, 'f'), {std::string(share * 2 / 3, 'x')}, false};
            batch.events.push_back(event);
        }
        nextSeq += events;
        session->take({std::move(batch), std::vector<std::string_view>(events, source)});
        step();
    }
    /// A frame with nothing but amendments of all events so far, in two parts.
    void amend()
    {
        wire::EventBatch batch;
        batch.firstSeq = nextSeq;
        batch.origins.resize(2);
        batch.amendments = {{0, 0, 1, 1, 1, 1}, {0, 0, 1, 1, 2, nextSeq - 1}};
        session->take({std::move(batch), {}});
        step();
    }
    void produceFrames(int frames)
    {
        for (int i = 0; i < frames; ++i)
            produce();
    }
    /// The server is there for so long.
    void talk(FakeServer &server, std::chrono::milliseconds duration = std::chrono::seconds(60))
    {
        constexpr std::chrono::milliseconds turn(10);
        for (auto left = duration; left.count() > 0; left -= turn) {
            if (link->phase() != transport::LinkPhase::Connected)
                link->up();
            step();
            if (server.answer(*link))
                link->down();
            step();
            clock.advance(turn);
        }
    }
    void loseLink()
    {
        link->down();
        step();
    }
    agent::SessionStatus status() const { return session->status(); }
    std::string lines()
    {
        std::string all;
        for (const std::string &line : sink->last_formatted())
            all += line;
        return all;
    }
    /// The report that the agent would send now, as the server gets it.
    CounterSet counters(FakeServer &server, const std::string &source)
    {
        session->take({wire::CounterReport{clock.utcNs(), {}}, {}});
        talk(server, std::chrono::seconds(20));
        return server.counters[source];
    }

    std::size_t ringBytes;
    FakeClock clock;
    DiskFaults faults;
    bool diskHeld = false; ///< from the beginning
    std::shared_ptr<spdlog::sinks::ringbuffer_sink_st> sink = std::make_shared<spdlog::sinks::ringbuffer_sink_st>(512);
    spdlog::logger log{"test", sink};
    agent::SpoolOptions options;
    std::optional<InlineDisk> disk;
    std::optional<agent::Spool> spool;
    std::optional<FakeLink> link;
    std::optional<agent::PublishSession> session;
    std::uint64_t nextSeq = 1;
};

} // namespace tapio::test
