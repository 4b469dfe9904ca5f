// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/correlation/baseline.h"
#include "agent/correlation/boundedmap.h"
#include "agent/correlation/figures.h"
#include "agent/correlation/observation.h"

namespace tapio::correlation {

/// What the workloads of one node send to whom, all their pods together, against what each of them usually sends there: each half minute, for each pair of a workload (a
/// pod, a cgroup, where there is none) and the address and port that it connects to; never by a client's port. Of connections that ended, over their
/// time: what still runs is not known. Half minutes in which none ended say nothing. Loopback is left out. Bounded: of too many pairs those go that were used
/// longest ago. One thread.
class TrafficTracker {
public:
    /// So many pairs; above 0.
    explicit TrafficTracker(std::size_t most) : m_pairs(most), m_sources(most) {}

    struct Fact {
        Topic topic = Topic::None;
        FigureSet figures; ///< without its text
        std::string destination;
        std::shared_ptr<const wire::Origin> origin;
        wire::Event event; ///< of the connection that had most part in it
        EventPlace place;  ///< of that; without its node
    };
    /// Events of other types, and connections from outside, are left out.
    void note(const wire::Event &event, const wire::Origin &origin, const EventPlace &place);
    /// What the half minutes that ended before `nowNs` come to, by pair.
    std::vector<Fact> advance(std::int64_t nowNs);
    std::size_t size() const noexcept { return m_pairs.size(); }
    /// Pairs and workloads that went for want of room: what they usually do is not known any more, nor whether a destination is new.
    std::uint64_t forgotten() const noexcept { return m_pairs.evicted() + m_sources.evicted(); }

    static constexpr std::int64_t everyNs = 30'000'000'000;

private:
    /// Which of the connections had most of something.
    struct Most {
        std::uint64_t amount = 0;
        wire::Event event;
        EventPlace place;
        std::shared_ptr<const wire::Origin> origin;

        void offer(std::uint64_t other, const wire::Event &seen, const EventPlace &at, const std::shared_ptr<const wire::Origin> &of);
    };
    struct Source {
        std::int64_t firstNs = 0;  ///< 0: never
        std::uint64_t evicted = 0; ///< pairs, until then
    };
    struct Pair {
        std::uint64_t source = 0;
        std::int64_t firstNs = 0; ///< 0: never
        std::uint64_t connections = 0, retransmits = 0;
        double bytes = 0, perSecond = 0; ///< no sum of a stranger's numbers runs over
        Most sent, again;
        std::shared_ptr<const wire::Origin> origin; ///< of the last
        SharedBaseline usualSent, usualAgain;

        Pair();
        Fact fact(Topic topic, const Most &most, const FigureSet &figures) const;
    };
    void tell(Pair &pair, std::int64_t nowNs, std::vector<Fact> &facts);

    BoundedMap<std::uint64_t, Pair> m_pairs;
    BoundedMap<std::uint64_t, Source> m_sources;
    std::int64_t m_slot = 0;
};

} // namespace tapio::correlation
