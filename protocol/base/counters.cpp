// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/base/counters.h"

namespace tapio {

std::string_view counterName(Counter counter) noexcept
{
    static constexpr std::array<std::string_view, counterCount> names{
        "seen",    "kfiltered", "folded", "lost",  "drained",  "malformed", "ufiltered", "shed",    "qdrop",
        "spooled", "unspooled", "sent",   "acked", "received", "dup",       "processed", "rejected"};
    const auto index = static_cast<std::size_t>(counter);
    return index < names.size() ? names[index] : std::string_view("unknown");
}

std::string_view filterCauseName(FilterCause cause) noexcept
{
    static constexpr std::array<std::string_view, filterCauseCount> names{"unwanted", "port", "floor", "cgroup", "tokens"};
    const auto index = static_cast<std::size_t>(cause);
    return index < names.size() ? names[index] : std::string_view("unknown");
}

CounterSet &CounterSet::operator+=(const CounterSet &other) noexcept
{
    for (std::size_t i = 0; i < m_values.size(); ++i)
        m_values[i] += other.m_values[i];
    return *this;
}

std::int64_t CounterSet::inRing() const noexcept
{
    const CounterSet &c = *this;
    return static_cast<std::int64_t>(c[Counter::Seen] - c[Counter::KFiltered] - c[Counter::Folded] - c[Counter::Lost]
                                     - c[Counter::Drained]);
}

std::int64_t CounterSet::inAgent() const noexcept
{
    const CounterSet &c = *this;
    return static_cast<std::int64_t>(c[Counter::Drained] - c[Counter::Malformed] - c[Counter::UFiltered] - c[Counter::Shed]
                                     - c[Counter::QDrop] - c[Counter::Sent]);
}

std::uint64_t CounterSet::missing() const noexcept
{
    const CounterSet &c = *this;
    return c[Counter::Lost] + c[Counter::Shed] + c[Counter::QDrop];
}

CounterDelta difference(const CounterSet &later, const CounterSet &earlier) noexcept
{
    CounterDelta result;
    for (std::size_t i = 0; i < counterCount; ++i) {
        const auto counter = static_cast<Counter>(i);
        if (later[counter] < earlier[counter])
            return {later, true};
        result.delta[counter] = later[counter] - earlier[counter];
    }
    return result;
}

} // namespace tapio
