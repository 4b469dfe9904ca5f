// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/drill/drill.h"

#include <algorithm>

namespace tapio::drill {

Status Drill::verify(const Evidence &evidence) const
{
    if (evidence.effects == 0)
        return fail(Errc::Unsupported, "nothing of it was seen to happen");
    return {};
}

DrillList allDrills()
{
    DrillList list;
    addResourceDrills(list);
    addNetworkDrills(list);
    addDiskDrills(list);
    addSecurityDrills(list);
    std::sort(list.begin(), list.end(), [](const auto &a, const auto &b) { return a->name() < b->name(); });
    return list;
}

} // namespace tapio::drill
