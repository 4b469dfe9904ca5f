// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "agent/spool/record.h"

namespace tapio::agent {

/// Frames and their events by source. A value; nothing in it falls below zero.
struct SpoolTally {
    std::uint64_t frames = 0;
    std::uint64_t events = 0;
    std::vector<SourceEvents> sources;

    void add(std::uint64_t moreEvents, const std::vector<SourceEvents> &more)
    {
        ++frames;
        events += moreEvents;
        for (const SourceEvents &one : more)
            of(one.source).events += one.events;
    }
    void subtract(const SpoolTally &less)
    {
        frames -= std::min(frames, less.frames);
        events -= std::min(events, less.events);
        for (const SourceEvents &one : less.sources) {
            std::uint32_t &mine = of(one.source).events;
            mine -= std::min(mine, one.events);
        }
    }

private:
    SourceEvents &of(std::string_view source)
    {
        const auto found = std::find_if(sources.begin(), sources.end(), [&](const SourceEvents &one) { return one.source == source; });
        return found != sources.end() ? *found : sources.emplace_back(SourceEvents{source, 0});
    }
};

} // namespace tapio::agent
