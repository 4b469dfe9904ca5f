// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spdlog/sinks/null_sink.h>

#include "agent/publish/publishsession.h"
#include "tests/agent/fakeclock.h"
#include "tests/agent/fakes.h"

namespace tapio::test {

inline constexpr std::uint64_t stream = 4711;

/// The session protocol's agent side over a link that the test holds in its hand, on a clock that the test moves.
struct PublishBench {
    FakeClock clock;
    FakeLink link;
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::null_sink_st>()};
    agent::PublishSession session;
    std::uint64_t nextSeq = 1;

    explicit PublishBench(std::size_t ringBytes = 8u << 20) : session(options(ringBytes), link, clock, log) {}

    static agent::SessionOptions options(std::size_t ringBytes)
    {
        agent::SessionOptions options;
        options.node = "node-1";
        options.streamId = stream;
        options.ringBytes = ringBytes;
        return options;
    }

    agent::Outgoing batch(std::size_t events, std::string_view source = "process", std::size_t argumentBytes = 0)
    {
        wire::EventBatch batch;
        batch.firstSeq = nextSeq;
        batch.origins.resize(1);
        for (std::size_t i = 0; i < events; ++i) {
            wire::Event event;
            event.timeNs = clock.utcNs();
            event.type = wire::EventType::ProcessExec;
            event.detail = wire::ProcessExec{1, "sh", "/bin/true", {std::string(argumentBytes, 'x')}, false};
            batch.events.push_back(event);
        }
        nextSeq += events;
        return {std::move(batch), std::vector<std::string_view>(events, source)};
    }
    void connect(std::uint64_t credit = 1u << 20, std::uint64_t acked = 0)
    {
        link.up();
        session.step(std::chrono::milliseconds(0));
        link.heard();
        link.say(welcome(credit, acked));
        session.step(std::chrono::milliseconds(0));
    }
    static wire::Welcome welcome(std::uint64_t credit, std::uint64_t acked)
    {
        wire::Welcome welcome;
        welcome.sessionId = 1;
        welcome.creditBytes = credit;
        welcome.ackedFrameSeq = acked;
        return welcome;
    }
    void ack(std::uint64_t frameSeq)
    {
        link.say(wire::Ack{{}, stream, frameSeq});
        session.step(std::chrono::milliseconds(0));
    }
    /// Frame numbers that the server got since the last call.
    std::vector<std::uint64_t> framesHeard()
    {
        std::vector<std::uint64_t> numbers;
        for (const wire::Message &message : link.heard()) {
            if (const auto *frame = std::get_if<wire::Frame>(&message))
                numbers.push_back(frame->frameSeq);
        }
        return numbers;
    }
    template <typename M> std::vector<M> heard()
    {
        std::vector<M> found;
        for (wire::Message &message : link.heard()) {
            if (auto *one = std::get_if<M>(&message))
                found.push_back(std::move(*one));
        }
        return found;
    }
    /// As a report of the pipeline would show it after this session's counts are laid over it.
    CounterSet counters(std::string_view source)
    {
        session.take({wire::CounterReport{clock.utcNs(), {}}, {}});
        session.step(std::chrono::milliseconds(0));
        CounterSet found;
        for (const wire::Frame &frame : heard<wire::Frame>()) {
            const auto *report = std::get_if<wire::CounterReport>(&frame.body);
            for (std::size_t i = 0; report != nullptr && i < report->sources.size(); ++i) {
                if (report->sources[i].source == source)
                    found = report->sources[i].counters;
            }
        }
        return found;
    }
};

} // namespace tapio::test
