// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/identities.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "agent/correlation/fnv.h"

namespace tapio::correlation {

namespace {

constexpr std::uint64_t multiplier =
    0x9e3779b97f4a7c15; ///< 2^64 by the golden ratio: what one name ends with and another begins with differs

/// For this process alone.
std::uint64_t quickHash(std::string_view text) { return std::hash<std::string_view>()(text); }

struct NameHashes {
    std::uint64_t key = 0, check = 0;
};

NameHashes hashesOf(std::initializer_list<std::string_view> name)
{
    NameHashes hashes;
    Fnv check;
    for (const std::string_view part : name) {
        hashes.key = std::rotl(hashes.key, 23) * multiplier ^ quickHash(part);
        check.add(part);
    }
    hashes.check = check.value();
    return hashes;
}

/// And whether it is new, which what takes the place of another one with the same key is too.
template <typename Value>
std::pair<Value *, bool> placeOf(Generations<std::uint64_t, Value> &all, std::initializer_list<std::string_view> name)
{
    const NameHashes hashes = hashesOf(name);
    auto [place, isNew] = all.at(hashes.key);
    isNew = isNew || place->check != hashes.check;
    if (isNew) {
        *place = Value();
        place->check = hashes.check;
    }
    return {place, isNew};
}

} // namespace

Identities::Changes Identities::note(const wire::Origin &origin)
{
    Changes changes;
    if (origin.containerId.empty() || origin.podUid.empty() || origin.containerName.empty())
        return changes;
    if (origin.containerId == m_lastContainer && origin.image == m_lastImage)
        return changes;
    m_lastContainer = origin.containerId;
    m_lastImage = origin.image;
    const auto [container, isNewPod] = placeOf(m_containers, {origin.podUid, origin.containerName});
    changes.restart = changeOf(*container, origin.containerId);
    // While a rollout goes on, pods of both images are there: only one that was not there before tells of it.
    if (!isNewPod || origin.workloadName.empty() || origin.image.empty())
        return changes;
    const auto [image, isNewImage] =
        placeOf(m_images, {origin.namespaceName, origin.workloadKind, origin.workloadName, origin.containerName});
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
