// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "agent/enrich/originresolver.h"

namespace tapio::agent {

/// It is worth saying of events that were sent as `was` that they are of `now`: a guess is a fact by now, or more is named. What was surely another
/// cgroup stays what it was. Pure.
bool isBetter(const wire::Origin &now, const wire::Origin &was) noexcept;

/// Events that were sent as `was` and are of `now`: those numbered firstSeq to lastSeq. `told`: what was said of them last, `was` at first.
struct Amendment {
    OriginPtr was, told, now;
    std::uint64_t firstSeq = 0, lastSeq = 0;
    std::uint32_t events = 0;
};

/// Remembers which events were sent with an origin of which more may become known, for `patience` at least and twice that at most. One entry per
/// origin and generation; a generation that is full is followed by the next at once, so memory is bounded whatever comes. One thread.
class AmendmentLedger {
public:
    static constexpr std::size_t mostEntries = 2048; ///< of each of two generations
    static constexpr std::chrono::seconds patience{30};
    static constexpr std::size_t mostRefs = 4; ///< by which events of one origin may have come

    struct Totals {
        std::uint64_t outOfTime = 0; ///< origins of whose events nothing more was learnt in time
        std::uint64_t outOfRoom = 0; ///< and those that went earlier, since too many waited

        bool operator==(const Totals &) const = default;
    };
    struct Known {
        OriginPtr origin;        ///< null = nothing
        bool mayBeNamed = false; ///< else the events need not be remembered any longer
    };
    using Ask = std::function<Known(const CgroupRef &)>;

    /// The event with this number, above those before it, goes out with this origin. `cgroup`: without any id = nobody can be asked by it.
    void note(const CgroupRef &cgroup, const OriginPtr &origin, std::uint64_t seq, std::int64_t bootNs);
    /// What became known of the events that are remembered.
    std::vector<Amendment> learn(const Ask &ask);
    /// Forgets what has waited long enough.
    void age(std::int64_t bootNs);

    std::size_t size() const noexcept { return m_young.size() + m_old.size(); }
    const Totals &totals() const noexcept { return m_totals; }

private:
    /// Of what it says: an amendment names its events by their origin and numbers.
    struct Hash {
        std::size_t operator()(const OriginPtr &origin) const noexcept { return std::hash<std::uint64_t>()(origin->cgroupId); }
    };
    struct Same {
        bool operator()(const OriginPtr &a, const OriginPtr &b) const { return a == b || *a == *b; }
    };
    struct Entry {
        std::array<CgroupRef, mostRefs> refs; ///< distinct; a collector knows a cgroup by fewer of its ids than another
        std::size_t refCount = 0;
        bool isMixed = false; ///< more of them: surely several cgroups that look the same
        OriginPtr told;       ///< null = nothing since the events went out
        std::uint64_t firstSeq = 0, lastSeq = 0;
        std::uint32_t events = 0;
    };
    using Entries = std::unordered_map<OriginPtr, Entry, Hash, Same>;

    static void addRef(Entry &entry, const CgroupRef &cgroup) noexcept;
    /// What all refs come to; nothing where they differ: nobody can tell the events apart.
    static Known agreed(const Entry &entry, const wire::Origin &was, const Ask &ask);
    static void learn(Entries &entries, const Ask &ask, std::vector<Amendment> &out);
    void turn(std::uint64_t Totals::*cause);

    Entries m_young, m_old;
    std::int64_t m_turnedBootNs = 0; ///< when m_young began
    Totals m_totals;
};

} // namespace tapio::agent
