// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "agent/enrich/podfacts.h"

namespace tapio::agent {

struct PodTableLimits {
    std::size_t pods = 1024; ///< a node runs 110 by default, and 500 where somebody means it
    std::size_t gone = 1024; ///< deleted ones that are still remembered
    std::chrono::seconds rememberGone{15 * 60};
    std::size_t evictions = 256; ///< the last ones
};

/// The pods of this node by uid, and those that were deleted a while ago: events of a pod may be told after it. Bounded. Any thread may look;
/// one thread changes it.
class PodTable {
public:
    explicit PodTable(PodTableLimits limits = {}) : m_limits(limits) {}

    std::shared_ptr<const PodFacts> find(std::string_view uid) const;
    /// Moves with every change of what find() gives but for forgetting.
    std::uint64_t generation() const noexcept { return m_generation.load(std::memory_order_relaxed); }
    /// See ClusterPods. A pod that the first replaceAll() brings evicted was so before.
    std::vector<Eviction> evictionsAfter(std::uint64_t number) const;
    std::size_t pods() const;
    std::size_t gone() const;

    /// These exist and no others. Returns how many there was no room for.
    std::size_t replaceAll(std::vector<PodFacts> &&pods, std::int64_t nowBootNs);
    /// False: there is no room for one more.
    bool put(PodFacts &&pod, std::int64_t nowBootNs);
    void remove(const PodFacts &pod, std::int64_t nowBootNs);

private:
    struct Entry {
        std::shared_ptr<const PodFacts> pod;
        std::int64_t goneBootNs = 0; ///< 0 = it exists
    };
    bool putLocked(PodFacts &&pod, std::int64_t nowBootNs);
    void noteEvictionLocked(const PodFacts &pod, std::int64_t nowBootNs);
    void removeLocked(std::map<std::string, Entry, std::less<>>::iterator entry, std::int64_t nowBootNs);
    void forgetLocked(std::int64_t nowBootNs);

    PodTableLimits m_limits;
    std::atomic<std::uint64_t> m_generation{0};
    mutable std::mutex m_mutex;                                   ///< guards what follows, and is held for a look or a change of one entry
    std::map<std::string, Entry, std::less<>> m_pods;             ///< by uid
    std::map<std::string, std::string, std::less<>> m_cgroupUids; ///< cgroupUid -> uid
    std::size_t m_gone = 0;
    bool m_hasAll = false; ///< replaceAll() has been called
    std::deque<Eviction> m_evictions;
    std::uint64_t m_evicted = 0; ///< number of the last one
};

} // namespace tapio::agent
