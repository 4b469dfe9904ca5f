// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/identities.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "agent/correlation/namehash.h"

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
    const auto [container, isNewPod] = placeOf(m_containers, hashesOf({origin.podUid, origin.containerName}));
    changes.restart = changeOf(*container, origin.containerId);
    // While a rollout goes on, pods of both images are there: only one that was not there before tells of it.
    if (!isNewPod || origin.workloadName.empty() || origin.image.empty())
        return changes;
    const auto [image, isNewImage] =
        placeOf(m_images, hashesOf({origin.namespaceName, origin.workloadKind, origin.workloadName, origin.containerName}));
    if (!isNewImage && image->now != origin.image)
        changes.image = Change{image->now, origin.image};
    image->now = origin.image;
    return changes;
}

std::optional<Identities::Change> Identities::changeOf(Container &known, const std::string &id)
{
    const std::uint64_t now = quickHash(id);
    if (known.id == now || (known.id != 0 && known.previous == now))
        return std::nullopt;
    std::optional<Change> change;
    if (known.id != 0)
        change = Change{std::string(known.shortId.data(), ::strnlen(known.shortId.data(), shortIdBytes)), id};
    known.previous = std::exchange(known.id, now);
    known.shortId = {};
    std::copy_n(id.begin(), std::min(id.size(), shortIdBytes), known.shortId.begin());
    return change;
}

} // namespace tapio::correlation
