// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/session/streamcounters.h"

namespace tapio::console {

void StreamCounters::take(const StreamCounters &newer)
{
    if (streamId != newer.streamId)
        before += now;
    streamId = newer.streamId;
    now = newer.now;
}

void StreamCounters::takeStored(const StreamCounters &stored)
{
    if (streamId == 0)
        take(stored);
    else if (streamId != stored.streamId)
        before += stored.now;
}

CounterSet StreamCounters::total() const
{
    CounterSet all = before;
    all += now;
    return all;
}

StreamCounters countersOf(std::uint64_t streamId, const wire::CounterReport &report)
{
    StreamCounters counters{streamId, {}, {}};
    for (const wire::SourceCounters &source : report.sources) {
        if (source.countsEvents())
            counters.now += source.counters;
    }
    return counters;
}

} // namespace tapio::console
