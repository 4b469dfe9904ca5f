// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "agent/pipeline/shedder.h"
#include "protocol/wire/report.h"

namespace tapio::agent {

/// Keeps back what nobody asks for unless something happens beside it: that a program began or ended as they do, be it with a code that is not 0
/// and soon, or by a signal that was told. What an insight is about goes out with it, from half a minute before, and so does what follows for half
/// a minute, but for what was told already. All else is left out in the end, and counted. Nothing is kept back that counts elsewhere: start and
/// end of a container's first process are what its restarts and its exit code are known by, and that the first of a service of the node failed
/// is what its failing is known by. Nor is what nobody could place. Bounded. One thread; times are of the boot clock.
class DetailHold {
public:
    static constexpr std::int64_t beforeNs = 30 * nsPerSecond;
    static constexpr std::int64_t afterNs = 30 * nsPerSecond;
    static constexpr std::int64_t answerNs = 10 * nsPerSecond; ///< an end by a code of its own before that is one of those that say no
    static constexpr std::size_t mostHeld = 2048;              ///< some 2 MB at most
    /// Of one owner, when an insight about it opens: the newest of before, the first of after; and so many of both when it grows or opens again. What crashes a
    /// hundred times a second shall not be told a hundred times a second.
    static constexpr std::size_t mostBefore = 8, mostAfter = 4, mostOfGrowth = 2;
    static constexpr std::size_t mostOwners = 256;
    static constexpr std::size_t mostContainers = 4096; ///< whose first process is known

    /// Pure; by type, severity and whether it was told already.
    static bool isDetail(const HeldEvent &held) noexcept;

    /// Off from the beginning. What is held when it is switched off is given back, to be sent.
    std::vector<HeldEvent> setOn(bool isOn);
    bool isOn() const noexcept { return m_isOn; }

    /// Of everything that passes, held or not, on or off: which process of a container, or of a service, is its first.
    void note(const HeldEvent &event);
    /// Whether it is to be held instead of being sent; after note(). `node` is this node's name, as insights have it.
    bool holds(const HeldEvent &event, const std::string &node, std::int64_t nowNs);
    /// Returns what had to go for it: left out.
    std::vector<HeldEvent> hold(HeldEvent &&event);
    /// An insight was told: what is held of those whom it is about, oldest first, to be sent. Not what only says again
    /// what was told. Not for one that ended, nor for the node as a whole: that would be all that belongs to nobody else, and where the node has too
    /// much to do it would be more still.
    std::vector<HeldEvent> release(const wire::Insight &insight, const std::string &node, std::int64_t nowNs);
    /// What has waited for long enough: left out.
    std::vector<HeldEvent> takeOld(std::int64_t nowNs);
    /// Everything, at the end: left out.
    std::vector<HeldEvent> takeAll();

    /// More is known of whose they are.
    template <typename Use> void eachHeld(Use use) { std::for_each(m_held.begin(), m_held.end(), use); }

    std::size_t held() const noexcept { return m_held.size(); }
    /// Events, cumulative.
    struct Totals {
        std::uint64_t released = 0, leftOut = 0;
        bool operator==(const Totals &) const = default;
    };
    const Totals &totals() const noexcept { return m_totals; }

private:
    static bool isAnswer(const wire::Event &event) noexcept;
    bool isOfFirstProcess(const HeldEvent &event) const;
    /// Whom an insight is about.
    struct Asked {
        std::int64_t untilNs = 0;
        std::size_t before = 0, after = 0; ///< that may still be told
    };
    /// What is left of the first of its owners that may still be told of; null: it is to wait.
    std::size_t *leftOf(const HeldEvent &event, const std::string &node, std::size_t Asked::*left);
    void ask(std::string owner, const Asked &asked);

    bool m_isOn = false;
    std::deque<HeldEvent> m_held;                 ///< oldest first
    std::map<std::string, Asked> m_owners;        ///< as insights name them
    std::map<std::string, std::uint64_t> m_first; ///< by container: the earliest start of a process of it that was seen
    std::deque<std::string> m_containers;         ///< of that, the one that was seen first in front
    Totals m_totals;
};

} // namespace tapio::agent
