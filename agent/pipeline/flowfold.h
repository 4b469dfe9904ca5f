// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/pipeline/shedder.h"

namespace tapio::agent {

/// Tells ordinary connections that came in, and are of one flow, together: the first at once, those that follow within five seconds as one event that
/// says how many it stands for (TcpConnection::more). A flow is an owner, a program and its user, what they listen at, and the host at the other
/// end. Only the word of who answers: it has neither errors nor latencies, which would come later than those of others and be judged without it;
/// where the caller tells as well, his word counts. What failed, was slow to close or lost segments is told by itself, and so is one of `sampleOneIn`,
/// chosen by the client's end, so that whoever has the caller's word finds the two ends of one connection. In the same way it tells the answers of one
/// name server to one question of one process together (DnsQuery::more), if they are alike and came soon; that there is no such name is one. Those
/// that failed do not wait, so across nodes they may be ahead of the others by the window. Nothing is lost: all are counted in the event, and here. Bounded. One
/// thread; times are of the boot clock.
class FlowFold {
public:
    static constexpr std::int64_t windowNs = 5 * nsPerSecond; ///< so that none is told later than the slot of ServiceHealth after its own
    static constexpr std::size_t mostFlows = 2048;            ///< some 1 MB; connections of further ones are told one by one
    static constexpr std::size_t mostQuestions =
        512; ///< of those; at most some 1 MB more. Whoever asks for many names leaves room for connections
    static constexpr std::uint64_t sampleOneIn = 32;
    static constexpr std::uint64_t soonNs = 100 * nsPerMs; ///< an answer that took longer is slow (product/patterns: DNS cascade)

    static bool isOrdinary(const HeldEvent &item) noexcept;

    /// Off from the beginning. What it has when it is switched off is given back, to be sent.
    std::vector<HeldEvent> setOn(bool isOn);
    bool isOn() const noexcept { return m_isOn; }

    /// Of one that is ordinary. `told`: to be sent now. Neither: it waits.
    struct Folded {
        std::optional<HeldEvent> told;
        bool isWithin = false; ///< it is in one that waits, and will be no event
    };
    Folded fold(HeldEvent &&item, std::int64_t nowNs);
    /// Those that have waited for long enough, and all of them, oldest first: to be sent.
    std::vector<HeldEvent> takeDue(std::int64_t nowNs);
    std::vector<HeldEvent> takeAll();

    /// Events that wait.
    std::size_t held() const noexcept { return m_waiting; }
    /// Those that were told within another's event, cumulative.
    struct Within {
        std::uint64_t connections = 0, answers = 0;
        bool operator==(const Within &) const = default;
    };
    const Within &within() const noexcept { return m_within; }

private:
    struct Key {
        std::uint64_t cgroupId = 0, memoryId = 0;
        std::uint32_t uid = 0;
        std::string comm;
        wire::SocketAddress service;         ///< or the name server
        std::array<std::uint8_t, 16> peer{}; ///< of connections

        // Of answers; of connections as they are here.
        std::uint32_t pid = 0;
        std::uint64_t startNs = 0;
        std::string name;
        std::uint16_t queryType = 0, responseCode = 0, answers = 0;
        bool isTcp = false;

        bool isQuestion() const noexcept { return pid != 0; }
        bool operator==(const Key &) const = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key &key) const noexcept;
    };
    struct Flow {
        std::optional<HeldEvent> waiting;     ///< with the bytes of all
        std::uint64_t timeNs = 0, srttUs = 0; ///< sums; how long connections lasted, or answers took
        std::uint32_t measured = 0;           ///< round trips
    };
    static Key keyOf(const HeldEvent &item);
    static void add(Flow &flow, HeldEvent &&item);
    static void addUp(Flow &flow, wire::TcpConnection &newest);
    static void addUp(Flow &flow, wire::DnsQuery &newest);
    HeldEvent take(Flow &flow);

    bool m_isOn = false;
    std::unordered_map<Key, Flow, KeyHash> m_flows;
    std::size_t m_questions = 0;                            ///< of the flows
    std::deque<std::pair<std::int64_t, const Key *>> m_due; ///< when its window ends; one per flow, the earliest in front
    std::size_t m_waiting = 0;
    Within m_within;
};

} // namespace tapio::agent
