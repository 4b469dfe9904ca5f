// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>

#include "console/core/store/store.h"

namespace tapio::test {

/// A writer in memory whose disk can be full. Thread-safe where the test looks at it.
class FakeWriter final : public console::StoreWriter {
public:
    struct State {
        std::mutex mutex;
        bool full = false;               ///< flush fails with NoSpace
        std::size_t bufferFrames = 1000; ///< append is Busy beyond
        std::vector<wire::Delivery> committed;
        std::vector<console::Figure> figures;
        std::vector<console::OperatorAction> actions;
        std::vector<wire::AgentState> agents;
        std::vector<console::Verdict> verdicts;
        int flushes = 0;
    };

    explicit FakeWriter(std::shared_ptr<State> state) : m_state(std::move(state)) {}

    Status append(const wire::Delivery &delivery) override
    {
        const std::lock_guard lock(m_state->mutex);
        if (m_buffer.size() >= m_state->bufferFrames)
            return fail(Errc::Busy, "the store's buffer is full");
        m_buffer.push_back(delivery);
        return {};
    }
    bool flushDue() const override { return !m_buffer.empty(); }
    Result<console::FlushResult> flush() override
    {
        const std::lock_guard lock(m_state->mutex);
        ++m_state->flushes;
        if (m_state->full)
            return fail(Errc::NoSpace, "no space left for test.tapio");
        console::FlushResult result;
        std::map<std::pair<std::string, std::uint64_t>, std::uint64_t> safe;
        for (wire::Delivery &delivery : m_buffer) {
            safe[{delivery.node, delivery.frame.streamId}] = delivery.frame.frameSeq;
            m_state->committed.push_back(std::move(delivery));
        }
        m_buffer.clear();
        for (const auto &[stream, seq] : safe)
            result.safe.push_back({stream.first, stream.second, seq});
        return result;
    }
    Result<bool> maintain() override { return false; }
    Status putAgent(const wire::AgentState &state) override { return keep(m_state->agents, state); }
    Status putLinkNotice(const wire::LinkNotice &) override { return {}; }
    Status putFigures(const std::vector<console::Figure> &figures) override
    {
        for (const console::Figure &figure : figures) {
            if (const Status status = keep(m_state->figures, figure); !status)
                return status;
        }
        return {};
    }
    Status putAction(const console::OperatorAction &action) override { return keep(m_state->actions, action); }
    Status putVerdict(const console::Verdict &verdict) override { return keep(m_state->verdicts, verdict); }
    Result<std::vector<wire::ResumePoint>> resumePoints() const override { return std::vector<wire::ResumePoint>(); }
    Result<console::StoreStats> stats() const override { return console::StoreStats(); }

private:
    template <typename Value> Status keep(std::vector<Value> &list, const Value &value)
    {
        const std::lock_guard lock(m_state->mutex);
        if (m_state->full)
            return fail(Errc::NoSpace, "no space left for test.tapio");
        list.push_back(value);
        return {};
    }

    std::shared_ptr<State> m_state;
    std::deque<wire::Delivery> m_buffer;
};

} // namespace tapio::test
