// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/imagehabits.h"

#include <algorithm>
#include <string>

#include "agent/correlation/namehash.h"

namespace tapio::correlation {

bool ImageHabits::note(const wire::Origin &origin, const wire::PrivilegeGain &gain, std::int64_t timeNs)
{
    if (origin.image.empty())
        return false;
    const std::string ids = std::to_string(gain.newUid) + ' ' + std::to_string(gain.newEuid) + ' ' + std::to_string(gain.newGid) + ' '
                            + std::to_string(gain.gainedCapabilities);
    const auto [seen, isNew] = placeOf(m_seen, hashesOf({origin.image, gain.how, gain.filename, ids}));
    if (isNew)
        seen->firstNs = timeNs;
    const bool isUsual =
        seen->times >= fewest && static_cast<double>(timeNs) - static_cast<double>(seen->firstNs) >= static_cast<double>(longEnoughNs);
    seen->times = std::min(seen->times + 1, fewest);
    return isUsual;
}

} // namespace tapio::correlation
