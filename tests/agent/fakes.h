// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "agent/collect/kernelcollectors.h"
#include "agent/publish/outgoing.h"
#include "protocol/transport/endpoint.h"
#include "protocol/wire/codec.h"

namespace tapio::test {

/// Keeps what the pipeline pushes, or refuses it.
class RecordingOutlet final : public agent::Outlet {
public:
    bool push(agent::Outgoing &&outgoing) override
    {
        if (full)
            return false;
        all.push_back(std::move(outgoing));
        return true;
    }
    template <typename Body> std::vector<Body> bodies() const
    {
        std::vector<Body> found;
        for (const agent::Outgoing &outgoing : all) {
            if (const auto *body = std::get_if<Body>(&outgoing.body))
                found.push_back(*body);
        }
        return found;
    }
    std::vector<wire::EventBatch> events() const { return bodies<wire::EventBatch>(); }

    bool full = false;
    std::vector<agent::Outgoing> all;
};

/// A link without a socket: the test says when it is up, and is the server.
class FakeLink final : public transport::ClientEndpoint {
public:
    transport::LinkPhase phase() const override { return m_phase; }
    std::uint64_t generation() const override { return m_generation; }
    Result<std::optional<transport::Bytes>> receive(std::chrono::milliseconds wait) override
    {
        if (wait.count() > 0)
            sentBeforeWaiting = m_toServer.size();
        if (m_toAgent.empty())
            return std::optional<transport::Bytes>();
        std::optional<transport::Bytes> bytes(std::move(m_toAgent.front()));
        m_toAgent.pop_front();
        return bytes;
    }
    Status send(std::span<const std::byte> payload) override
    {
        if (m_phase != transport::LinkPhase::Connected)
            return fail(Errc::Disconnected, "not connected");
        if (room == 0)
            return fail(Errc::Busy, "full");
        --room;
        m_toServer.emplace_back(payload.begin(), payload.end());
        return {};
    }
    void confirm() override { ++confirmed; }
    void reconnect(std::chrono::milliseconds delay) override
    {
        reconnects.push_back(delay);
        down();
    }
    void dialNow() override { reconnect({}); }
    std::vector<transport::Notice> takeNotices() override { return {}; }
    void wake() override {}

    void up()
    {
        m_phase = transport::LinkPhase::Connected;
        ++m_generation;
    }
    /// What was under way to either side is lost, as in life.
    void down()
    {
        m_phase = transport::LinkPhase::Waiting;
        m_toAgent.clear();
        m_toServer.clear();
    }
    void say(const wire::Message &message) { m_toAgent.push_back(wire::encode(message).value()); }
    void sayBytes(transport::Bytes bytes) { m_toAgent.push_back(std::move(bytes)); }
    /// What the agent sent since the last call, at most so many; the rest is still under way.
    std::vector<wire::Message> heard(std::size_t most = SIZE_MAX)
    {
        std::vector<wire::Message> messages;
        for (; !m_toServer.empty() && messages.size() < most; m_toServer.pop_front())
            messages.push_back(wire::decode(m_toServer.front()).value());
        return messages;
    }

    std::size_t room = SIZE_MAX;
    int confirmed = 0;
    std::size_t sentBeforeWaiting = 0; ///< what was in the socket when the agent last began to wait
    std::vector<std::chrono::milliseconds> reconnects;

private:
    transport::LinkPhase m_phase = transport::LinkPhase::Waiting;
    std::uint64_t m_generation = 0;
    std::deque<transport::Bytes> m_toAgent;
    std::deque<transport::Bytes> m_toServer;
};

/// A kernel that fires what the test says.
class FakeKernel final : public agent::KernelCollectors {
public:
    /// What the test and the collectors share, since the loop owns the latter.
    struct Script {
        std::vector<agent::KernelRecord> records;           ///< of the next poll
        std::deque<std::vector<agent::KernelRecord>> later; ///< of those after it; they wait in the ring until then
        std::function<void()> onPoll;
        std::vector<wire::Hook> hooks;
        std::vector<agent::SourceCounterSet> counters;
        std::vector<agent::CgroupHistogram> histograms;
        std::vector<agent::CgroupTcp> tcp;
        std::vector<agent::DropCount> drops;
        std::map<std::pair<std::uint64_t, bool>, std::string> births;
        std::optional<Error> pollError, mapError;
        std::set<std::string> disabled;
        std::set<std::uint64_t> gone; ///< cgroups of `tcp` that were said to be gone
        int askedForCounts = 0;
        std::vector<std::chrono::milliseconds> waits; ///< as asked for
        struct Filter {
            agent::KernelFilter rules;
            std::uint64_t generation = 0;
            std::map<agent::CgroupKey, agent::CgroupVerdict> verdicts;
        };
        std::vector<Filter> filters; ///< as they came into force
        std::optional<Error> filterError;
        bool writesBeforeError = false;
        std::size_t verdictRoom = SIZE_MAX; ///< of each generation
        std::vector<agent::LeftOut> leftOut;
        int leftOutLooks = 0;
    };
    FakeKernel(Script &script, agent::KernelRecordSink &sink) : m_script(script), m_sink(sink) {}

    Result<std::size_t> poll(std::chrono::milliseconds timeout) override
    {
        m_script.waits.push_back(timeout);
        if (m_script.onPoll)
            m_script.onPoll();
        if (m_script.pollError)
            return fail(*m_script.pollError);
        const std::size_t count = m_script.records.size();
        for (agent::KernelRecord &record : m_script.records)
            m_sink.onRecord(std::move(record));
        m_script.records.clear();
        if (!m_script.later.empty()) {
            m_script.records = std::move(m_script.later.front());
            m_script.later.pop_front();
        }
        return count;
    }
    void wake() override {}
    void setDisabled(const std::set<std::string> &collectors) override { m_script.disabled = collectors; }
    void tellCounted() override { ++m_script.askedForCounts; }
    Result<agent::CgroupKeys> setFilter(const agent::KernelFilter &filter, std::uint64_t generation,
                                        const agent::CgroupVerdicts &verdicts) override
    {
        if (m_script.filterError)
            return fail(*m_script.filterError);
        m_script.filters.push_back({filter, generation, {}});
        return write(verdicts);
    }
    Result<agent::CgroupKeys> changeVerdicts(const agent::CgroupVerdicts &changed, const agent::CgroupKeys &gone) override
    {
        if (m_script.filterError && m_script.writesBeforeError)
            write(changed);
        if (m_script.filterError)
            return fail(*m_script.filterError);
        for (const agent::CgroupKey &key : gone)
            m_script.filters.back().verdicts.erase(key);
        return write(changed);
    }
    Result<std::vector<agent::LeftOut>> leftOut() override
    {
        ++m_script.leftOutLooks;
        if (m_script.filterError)
            return fail(*m_script.filterError);
        return m_script.leftOut;
    }
    std::vector<wire::Hook> hooks() const override { return m_script.hooks; }
    std::vector<agent::SourceCounterSet> counters() const override { return m_script.counters; }
    Result<std::vector<agent::CgroupHistogram>> histograms() override
    {
        if (m_script.mapError)
            return fail(*m_script.mapError);
        return m_script.histograms;
    }
    Result<std::vector<agent::CgroupTcp>> tcpCounters() override
    {
        if (m_script.mapError)
            return fail(*m_script.mapError);
        return m_script.tcp;
    }
    Result<std::vector<agent::DropCount>> packetDrops() override
    {
        if (m_script.mapError)
            return fail(*m_script.mapError);
        return m_script.drops;
    }
    void forgetIdle(const agent::IsGone &isGone) override
    {
        for (const agent::CgroupTcp &tcp : m_script.tcp) {
            if (isGone(tcp.cgroupId, tcp.memoryCgroupId, tcp.hierarchy))
                m_script.gone.insert(tcp.cgroupId);
        }
    }
    std::optional<std::string> cgroupBirth(std::uint64_t id, bool isV1) const override
    {
        const auto found = m_script.births.find({id, isV1});
        return found == m_script.births.end() ? std::nullopt : std::optional(found->second);
    }
    std::pair<std::uint64_t, std::uint64_t> ringFill() const override { return {m_script.records.size() * 100, 8u << 20}; }
    std::pair<std::uint64_t, std::uint64_t> criticalRingFill() const override { return {0, 256u << 10}; }

private:
    agent::CgroupKeys write(const agent::CgroupVerdicts &changed)
    {
        agent::CgroupKeys withoutRoom;
        auto &verdicts = m_script.filters.back().verdicts;
        for (const auto &[key, verdict] : changed) {
            if (verdicts.size() < m_script.verdictRoom || verdicts.contains(key))
                verdicts[key] = verdict;
            else
                withoutRoom.push_back(key);
        }
        return withoutRoom;
    }

    Script &m_script;
    agent::KernelRecordSink &m_sink;
};

} // namespace tapio::test
