// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/pipeline/amendments.h"

#include <algorithm>
#include <iterator>

#include "agent/enrich/naming.h"

namespace tapio::agent {

namespace {

bool isGuess(const wire::Origin &origin)
{
    return origin.attribution == wire::Attribution::Unknown || origin.attribution == wire::Attribution::Inferred;
}

/// Ids are used again, after a very long time: what was surely another cgroup stays what it was.
bool betters(const wire::Origin &now, const wire::Origin &was)
{
    if (!isGuess(was) && now.cgroupPath != was.cgroupPath)
        return false;
    return isGuess(was) ? !isGuess(now) || namesMore(now, was) : namesMore(now, was);
}

} // namespace

AmendmentLedger::Entries::iterator AmendmentLedger::entryOf(const OriginPtr &origin)
{
    const auto [first, last] = m_byId.equal_range(origin->cgroupId);
    const auto found = std::find_if(first, last, [&](const auto &one) { return one.second->origin == origin || *one.second->origin == *origin; });
    return found == last ? m_entries.end() : found->second;
}

void AmendmentLedger::erase(Entries::iterator entry)
{
    const auto [first, last] = m_byId.equal_range(entry->origin->cgroupId);
    m_byId.erase(std::find_if(first, last, [&](const auto &one) { return one.second == entry; }));
    m_entries.erase(entry);
}

void AmendmentLedger::age(std::int64_t bootNs)
{
    const std::int64_t oldest = bootNs - std::chrono::nanoseconds(longest).count();
    while (!m_entries.empty() && (m_entries.size() > mostEntries || m_entries.front().bootNs < oldest))
        erase(m_entries.begin());
}

void AmendmentLedger::note(const OriginPtr &origin, std::uint64_t seq, std::int64_t bootNs)
{
    auto entry = entryOf(origin);
    if (entry == m_entries.end()) {
        entry = m_entries.insert(m_entries.end(), {origin, seq, seq, 0, bootNs});
        m_byId.emplace(origin->cgroupId, entry);
    } else {
        m_entries.splice(m_entries.end(), m_entries, entry);
    }
    entry->lastSeq = seq;
    ++entry->events;
    entry->bootNs = bootNs;
    age(bootNs);
}

std::vector<AmendmentLedger::Due> AmendmentLedger::improve(std::uint64_t cgroupId, const OriginPtr &now, bool final, std::int64_t bootNs)
{
    std::vector<Entries::iterator> bettered;
    const auto [first, last] = m_byId.equal_range(cgroupId);
    for (auto it = first; it != last; ++it) {
        if (betters(*now, *it->second->origin))
            bettered.push_back(it->second);
    }
    std::vector<Due> due;
    for (const auto entry : bettered) {
        due.push_back({entry->origin, entry->firstSeq, entry->lastSeq, entry->events});
        Entry moved = *entry;
        erase(entry);
        if (final)
            continue;
        // From here on they are of `now`, and may be amended again.
        auto next = entryOf(now);
        if (next == m_entries.end()) {
            moved.origin = now;
            next = m_entries.insert(m_entries.end(), moved);
            m_byId.emplace(now->cgroupId, next);
            next->bootNs = bootNs;
            continue;
        }
        next->firstSeq = std::min(next->firstSeq, moved.firstSeq);
        next->lastSeq = std::max(next->lastSeq, moved.lastSeq);
        next->events += moved.events;
    }
    return due;
}

} // namespace tapio::agent
