// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "agent/correlation/boundedmap.h"
#include "protocol/wire/event.h"

namespace tapio::correlation {

/// Which process descends from which, as far as events tell: whoever ran a program named its parent. A process that was forked and never
/// ran a program of its own is not told of, and ends what is known. Bounded; what was used longest ago goes first. One thread.
class ProcessTree {
public:
    struct Member {
        std::uint32_t pid = 0;
        std::uint64_t startTimeNs = 0; ///< as wire::Process has it

        bool operator==(const Member &) const = default;
    };
    static constexpr std::size_t mostAncestors = 16;

    /// `most` processes of all nodes.
    explicit ProcessTree(std::size_t most) : m_processes(most) {}

    /// An event of any type. `timeNs`: UTC by the clock of all nodes; `node`: a number of it, 0 for one that is not told from others.
    void note(const wire::Event &event, std::int64_t timeNs, std::uint32_t node);
    /// The process itself, then its parent, and so on, as far as is known without doubt.
    std::vector<Member> lineage(const wire::Process &process, std::uint32_t node);
    /// That went for want of room, and had not ended: what descends from them is not known any more.
    std::uint64_t forgotten() const noexcept { return m_forgotten; }

private:
    struct Known {
        std::uint64_t startTimeNs = 0;
        std::uint32_t parentPid = 0; ///< 0 = not known
        std::int64_t execNs = 0;     ///< when it named its parent, which lived then
        std::int64_t endedNs = 0;    ///< 0 = not seen to have ended
    };
    using Key = std::uint64_t; ///< node and pid

    Known &at(Key key);

    BoundedMap<Key, Known> m_processes;
    std::uint64_t m_forgotten = 0;
};

} // namespace tapio::correlation
