// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/pipeline/amendments.h"

#include <algorithm>
#include <utility>

#include "agent/enrich/naming.h"

namespace tapio::agent {

namespace {

bool isGuess(const wire::Origin &origin) noexcept
{
    return origin.attribution == wire::Attribution::Unknown || origin.attribution == wire::Attribution::Inferred;
}

} // namespace

bool isBetter(const wire::Origin &now, const wire::Origin &was) noexcept
{
    if (isGuess(was) && !isGuess(now))
        return true;
    if (isGuess(now))
        return isGuess(was) && namesMore(now, was);
    // Of a service that runs containers, one hierarchy names the service alone, and the other its container.
    return specificity(now) > specificity(was) || (now.cgroupPath == was.cgroupPath && namesMore(now, was));
}

void AmendmentLedger::note(const CgroupRef &cgroup, const OriginPtr &origin, std::uint64_t seq, std::int64_t bootNs)
{
    age(bootNs);
    if (m_young.size() >= mostEntries && !m_young.contains(origin)) {
        turn(&Totals::outOfRoom);
        m_turnedBootNs = bootNs;
    }
    Entry &entry = m_young[origin];
    if (entry.events == 0 || entry.told) // of the former ones all is said that is known
        entry = {{}, 0, false, nullptr, seq, seq, 0};
    addRef(entry, cgroup);
    entry.lastSeq = seq;
    ++entry.events;
}

void AmendmentLedger::addRef(Entry &entry, const CgroupRef &cgroup) noexcept
{
    const auto end = entry.refs.begin() + static_cast<std::ptrdiff_t>(entry.refCount);
    if ((cgroup.cgroupId == 0 && cgroup.memoryId == 0) || std::find(entry.refs.begin(), end, cgroup) != end)
        return;
    if (entry.refCount == mostRefs)
        entry.isMixed = true;
    else
        entry.refs[entry.refCount++] = cgroup;
}

AmendmentLedger::Known AmendmentLedger::agreed(const Entry &entry, const wire::Origin &was, const Ask &ask)
{
    Known all;
    for (std::size_t i = 0; i < entry.refCount && !entry.isMixed; ++i) {
        Known one = ask(entry.refs[i]);
        // By a guess, two cgroups may look the same whose ids are: of which the one is not known, nothing can be said of both.
        if (!one.origin && isGuess(was))
            return {};
        if (!one.origin)
            continue;
        if (all.origin && *all.origin != *one.origin)
            return {};
        all = std::move(one);
    }
    return all;
}

void AmendmentLedger::learn(Entries &entries, const Ask &ask, std::vector<Amendment> &out)
{
    for (auto it = entries.begin(); it != entries.end();) {
        auto &[was, entry] = *it;
        const Known known = agreed(entry, *was, ask);
        const OriginPtr last = entry.told ? entry.told : was;
        if (!known.origin || !isBetter(*known.origin, *last)) {
            ++it;
            continue;
        }
        out.push_back({was, last, known.origin, entry.firstSeq, entry.lastSeq, entry.events});
        entry.told = known.origin;
        it = known.mayBeNamed ? std::next(it) : entries.erase(it);
    }
}

std::vector<Amendment> AmendmentLedger::learn(const Ask &ask)
{
    std::vector<Amendment> all;
    learn(m_old, ask, all);
    learn(m_young, ask, all);
    std::sort(all.begin(), all.end(), [](const Amendment &a, const Amendment &b) { return a.firstSeq < b.firstSeq; });
    return all;
}

void AmendmentLedger::turn(std::uint64_t Totals::*cause)
{
    m_totals.*cause +=
        static_cast<std::uint64_t>(std::count_if(m_old.begin(), m_old.end(), [](const auto &one) { return !one.second.told; }));
    m_old = std::exchange(m_young, {});
}

void AmendmentLedger::age(std::int64_t bootNs)
{
    const std::int64_t patienceNs = std::chrono::nanoseconds(patience).count();
    if (m_young.empty() && m_old.empty()) {
        m_turnedBootNs = bootNs;
        return;
    }
    if (bootNs - m_turnedBootNs < patienceNs)
        return;
    turn(&Totals::outOfTime);
    if (bootNs - m_turnedBootNs >= 2 * patienceNs) // nothing came for so long that both have waited enough
        turn(&Totals::outOfTime);
    m_turnedBootNs = bootNs;
}

} // namespace tapio::agent
