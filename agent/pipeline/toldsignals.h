// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <tuple>

#include "protocol/wire/event.h"

namespace tapio::agent {

/// Of which processes it was told that a signal ends them: that they then did end is no second piece of news. Bounded: of the oldest it is forgotten, and
/// their end is told as if nothing had been. One thread.
class ToldSignals {
public:
    static constexpr std::size_t most = 1024;

    void note(const wire::Event &fatalSignal);
    /// Whether it was told of the process that ends with this event by the same signal; asked once for each. One that left a core says more, and is none.
    bool explains(const wire::Event &event);

    std::size_t size() const noexcept { return m_processes.size(); }

private:
    using Key = std::tuple<std::uint32_t, std::uint64_t, std::int32_t>; ///< pid, start and signal
    std::set<Key> m_processes;
    std::deque<Key> m_order; ///< the oldest in front; also of those that have ended
};

} // namespace tapio::agent
