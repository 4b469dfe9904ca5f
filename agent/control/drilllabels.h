// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "agent/collect/readers/eventreader.h"
#include "protocol/base/clock.h"
#include "protocol/transport/endpoint.h"

namespace tapio::agent {

/// Labels on their way from the control socket to the pipeline. Bounded; any thread. The clock outlives it.
class LabelInbox {
public:
    explicit LabelInbox(const Clock &clock) : m_clock(clock) {}

    /// False when it is full: then the label was not taken, and counts nowhere.
    bool offer(wire::DrillLabel label);
    struct Waiting {
        std::uint64_t bootNs = 0;
        wire::DrillLabel label;
    };
    std::deque<Waiting> take();
    std::uint64_t offered() const;

    static constexpr std::size_t most = 64; ///< a run makes two, and they are read each second

private:
    const Clock &m_clock;
    mutable std::mutex m_mutex; ///< guards what follows
    std::deque<Waiting> m_waiting;
    std::uint64_t m_offered = 0;
};

/// Makes events of them, of the host.
class DrillReader final : public EventReader {
public:
    /// The clock outlives the reader.
    DrillReader(std::shared_ptr<LabelInbox> inbox, const Clock &clock) : m_inbox(std::move(inbox)), m_clock(clock) {}

    void read(KernelRecordSink &out) override;
    std::vector<wire::Hook> hooks() const override;
    SourceCounterSet counters() const override;

private:
    std::shared_ptr<LabelInbox> m_inbox;
    const Clock &m_clock;
    CounterSet m_counters;
};

/// Answers the lines of the control socket: a label is signed with the agent's own key, so that whoever gets it can tell which node
/// says so, and goes to the inbox. Main thread.
class LabelDesk {
public:
    /// Without an inbox drills are not allowed; `setting` names what says so: "drill.allowed of /etc/tapio/agent.toml".
    LabelDesk(std::shared_ptr<LabelInbox> inbox, transport::TlsFiles tls, std::string setting)
        : m_inbox(std::move(inbox)), m_tls(std::move(tls)), m_setting(std::move(setting))
    {}
    /// The line to answer with.
    std::string answer(std::string_view line) const;

private:
    Status take(std::string_view line) const;

    std::shared_ptr<LabelInbox> m_inbox;
    transport::TlsFiles m_tls;
    std::string m_setting;
};

} // namespace tapio::agent
