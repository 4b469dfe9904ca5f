// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "console/ui/widgets/detailview.h"
#include "console/ui/widgets/timedisplay.h"
#include "protocol/wire/event.h"

/// What an event says beside time, place and process, for the drawer. GUI thread.
namespace tapio::console {

/// Every field of the detail with its name and unit. Names are translated, data is not.
DetailSection detailSection(const wire::Detail &detail, const TimeDisplay &time);

} // namespace tapio::console
