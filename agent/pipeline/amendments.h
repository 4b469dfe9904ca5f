// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

#include "agent/enrich/originresolver.h"

namespace tapio::agent {

/// Remembers which events were sent with an origin of which more may become known, so that it can be told later. Bounded in number and age.
/// One thread.
class AmendmentLedger {
public:
    static constexpr std::size_t mostEntries = 4096;
    static constexpr std::chrono::minutes longest{15};

    struct Due {
        OriginPtr was;
        std::uint64_t firstSeq = 0, lastSeq = 0;
        std::uint32_t events = 0;
    };

    /// The event with this number goes out with this origin.
    void note(const OriginPtr &origin, std::uint64_t seq, std::int64_t bootNs);
    /// What was sent with this cgroup id and less than `now` tells. `final`: nothing more will become known of it.
    std::vector<Due> improve(std::uint64_t cgroupId, const OriginPtr &now, bool final, std::int64_t bootNs);
    std::size_t size() const noexcept { return m_entries.size(); }

private:
    struct Entry {
        OriginPtr origin;
        std::uint64_t firstSeq = 0, lastSeq = 0;
        std::uint32_t events = 0;
        std::int64_t bootNs = 0;                    ///< of the last event
    };
    using Entries = std::list<Entry>;

    Entries::iterator entryOf(const OriginPtr &origin);
    void erase(Entries::iterator entry);
    void age(std::int64_t bootNs);

    Entries m_entries;                              ///< the one noted last comes last
    std::unordered_multimap<std::uint64_t, Entries::iterator> m_byId;
};

} // namespace tapio::agent
