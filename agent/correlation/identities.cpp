// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/identities.h"

#include <utility>

namespace tapio::correlation {

Identities::Changes Identities::note(const wire::Origin &origin)
{
    Changes changes;
    if (origin.containerId.empty() || origin.podUid.empty() || origin.containerName.empty())
        return changes;
    if (origin.containerId == m_lastContainer && origin.image == m_lastImage)
        return changes;
    m_lastContainer = origin.containerId;
    m_lastImage = origin.image;
    Entry &container = entry("c " + origin.podUid + ' ' + origin.containerName);
    const bool isNewPod = container.isNew;
    changes.restart = change(container, origin.containerId, false);
    // While a rollout goes on, pods of both images are there: only one that was not there before tells of it.
    if (isNewPod && !origin.workloadName.empty() && !origin.image.empty())
        changes.image =
            change(entry("i " + origin.namespaceName + ' ' + origin.workloadKind + ' ' + origin.workloadName + ' ' + origin.containerName),
                   origin.image, true);
    return changes;
}

Identities::Entry &Identities::entry(std::string key)
{
    const auto known = m_byKey.find(key);
    if (known != m_byKey.end()) {
        m_entries.splice(m_entries.begin(), m_entries, known->second);
        return *known->second;
    }
    m_entries.push_front({key, {}, {}, true});
    m_byKey.emplace(std::move(key), m_entries.begin());
    if (m_entries.size() > m_most) {
        m_byKey.erase(m_entries.back().key);
        m_entries.pop_back();
    }
    return m_entries.front();
}

std::optional<Identities::Change> Identities::change(Entry &entry, const std::string &value, bool canGoBack)
{
    if (std::exchange(entry.isNew, false)) {
        entry.value = value;
        return std::nullopt;
    }
    if (entry.value == value || (!canGoBack && entry.previous == value))
        return std::nullopt;
    entry.previous = std::exchange(entry.value, value);
    return Change{entry.previous, value};
}

} // namespace tapio::correlation
