// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "protocol/wire/report.h"

namespace tapio::console {

/// What the sources of one node have counted: of its stream, and of those before it, whose agent began again at 0. A value; any thread.
struct StreamCounters {
    std::uint64_t streamId = 0;
    CounterSet now, before;

    /// A report of the node that came after this.
    void take(const StreamCounters &newer);
    /// What its store knew last, where a report may have come before that was read: the same, whichever comes first.
    void takeStored(const StreamCounters &stored);
    CounterSet total() const;

    bool operator==(const StreamCounters &) const = default;
};

/// Of all of the node's sources that count events.
StreamCounters countersOf(std::uint64_t streamId, const wire::CounterReport &report);

} // namespace tapio::console
