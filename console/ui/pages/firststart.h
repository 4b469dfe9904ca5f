// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "console/core/session/session.h"
#include "console/ui/widgets/statemessage.h"

namespace tapio::console {

/// What to say and to do while no agent is known: the three steps with their commands, filled with this console's address;
/// or, when the link itself is down, what is wrong with it.
StateText firstStartState(const LinkSummary &link);

} // namespace tapio::console
