// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/kube/podtable.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "protocol/base/clock.h"

namespace tapio::agent {

std::shared_ptr<const PodFacts> PodTable::find(std::string_view uid) const
{
    const std::lock_guard lock(m_mutex);
    auto found = m_pods.find(uid);
    if (found == m_pods.end()) {
        const auto alias = m_cgroupUids.find(uid);
        found = alias == m_cgroupUids.end() ? m_pods.end() : m_pods.find(alias->second);
    }
    return found == m_pods.end() ? nullptr : found->second.pod;
}

std::size_t PodTable::pods() const
{
    const std::lock_guard lock(m_mutex);
    return m_pods.size() - m_gone;
}

std::size_t PodTable::gone() const
{
    const std::lock_guard lock(m_mutex);
    return m_gone;
}

std::vector<Eviction> PodTable::evictionsAfter(std::uint64_t number) const
{
    const std::lock_guard lock(m_mutex);
    std::vector<Eviction> all;
    std::copy_if(m_evictions.begin(), m_evictions.end(), std::back_inserter(all),
                 [number](const auto &one) { return one.number > number; });
    return all;
}

/// Of a pod that is not known yet the first list says only how it stands, and not since when.
void PodTable::noteEvictionLocked(const PodFacts &pod, std::int64_t nowBootNs)
{
    if (!pod.eviction || !m_hasAll)
        return;
    m_evictions.push_back({++m_evicted, pod.uid, *pod.eviction, nowBootNs});
    if (m_evictions.size() > m_limits.evictions)
        m_evictions.pop_front();
}

bool PodTable::putLocked(PodFacts &&pod, std::int64_t nowBootNs)
{
    const auto known = m_pods.find(pod.uid);
    if (known != m_pods.end()) {
        Entry &entry = known->second;
        m_gone -= std::exchange(entry.goneBootNs, 0) != 0 ? 1 : 0;
        if (*entry.pod == pod)
            return true; // most updates are about conditions, of which nothing is kept
        if (!entry.pod->eviction)
            noteEvictionLocked(pod, nowBootNs);
        // Containers that are not told of any more were this pod's all the same.
        for (const ContainerFacts &old : entry.pod->containers) {
            const bool isTold = std::any_of(pod.containers.begin(), pod.containers.end(),
                                            [&](const ContainerFacts &one) { return one.containerId == old.containerId; });
            constexpr std::size_t mostWithEarlier = 32;
            if (!isTold && pod.containers.size() < mostWithEarlier)
                pod.containers.push_back(old);
        }
        if (*entry.pod == pod)
            return true;
        entry.pod = std::make_shared<const PodFacts>(std::move(pod));
    } else {
        if (m_pods.size() - m_gone >= m_limits.pods)
            return false;
        if (!pod.cgroupUid.empty())
            m_cgroupUids[pod.cgroupUid] = pod.uid;
        noteEvictionLocked(pod, nowBootNs);
        std::string uid = pod.uid;
        m_pods.emplace(std::move(uid), Entry{std::make_shared<const PodFacts>(std::move(pod)), 0});
    }
    m_generation.fetch_add(1, std::memory_order_relaxed);
    return true;
}

void PodTable::removeLocked(std::map<std::string, Entry, std::less<>>::iterator entry, std::int64_t nowBootNs)
{
    if (entry->second.goneBootNs == 0) {
        entry->second.goneBootNs = std::max<std::int64_t>(nowBootNs, 1);
        ++m_gone;
    }
}

void PodTable::forgetLocked(std::int64_t nowBootNs)
{
    if (m_gone == 0)
        return;
    const std::int64_t before = nowBootNs - std::chrono::nanoseconds(m_limits.rememberGone).count();
    const auto forget = [this](auto entry) {
        if (const auto alias = m_cgroupUids.find(entry->second.pod->cgroupUid);
            alias != m_cgroupUids.end() && alias->second == entry->first)
            m_cgroupUids.erase(alias);
        --m_gone;
        return m_pods.erase(entry);
    };
    for (auto it = m_pods.begin(); it != m_pods.end();)
        it = it->second.goneBootNs != 0 && it->second.goneBootNs < before ? forget(it) : std::next(it);
    while (m_gone > m_limits.gone) {
        auto oldest = m_pods.end();
        for (auto it = m_pods.begin(); it != m_pods.end(); ++it) {
            if (it->second.goneBootNs != 0 && (oldest == m_pods.end() || it->second.goneBootNs < oldest->second.goneBootNs))
                oldest = it;
        }
        forget(oldest);
    }
}

std::size_t PodTable::replaceAll(std::vector<PodFacts> &&pods, std::int64_t nowBootNs)
{
    std::set<std::string, std::less<>> listed;
    for (const PodFacts &pod : pods)
        listed.insert(pod.uid);
    const std::lock_guard lock(m_mutex);
    for (auto it = m_pods.begin(); it != m_pods.end(); ++it) {
        if (!listed.contains(it->first))
            removeLocked(it, nowBootNs);
    }
    std::size_t refused = 0;
    for (PodFacts &pod : pods)
        refused += putLocked(std::move(pod), nowBootNs) ? 0 : 1;
    m_hasAll = true;
    forgetLocked(nowBootNs);
    return refused;
}

bool PodTable::put(PodFacts &&pod, std::int64_t nowBootNs)
{
    const std::lock_guard lock(m_mutex);
    const bool taken = putLocked(std::move(pod), nowBootNs);
    forgetLocked(nowBootNs);
    return taken;
}

void PodTable::remove(const PodFacts &pod, std::int64_t nowBootNs)
{
    const std::lock_guard lock(m_mutex);
    // It may tell of a container that no update told of before.
    PodFacts last = pod;
    putLocked(std::move(last), nowBootNs);
    if (const auto entry = m_pods.find(pod.uid); entry != m_pods.end())
        removeLocked(entry, nowBootNs);
    forgetLocked(nowBootNs);
}

} // namespace tapio::agent
