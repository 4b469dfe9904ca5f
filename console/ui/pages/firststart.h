// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "console/core/session/session.h"
#include "console/ui/pages/page.h"
#include "console/ui/widgets/statemessage.h"

namespace tapio::console {

/// What to say and to do while no agent is known: the three steps with their commands, filled with this console's address and
/// folders; or, when the link itself is down, what is wrong with it.
StateText firstStartState(const LinkSummary &link, const SetupFacts &setup);

/// A host name as certificates spell it (a-z 0-9 . -), the way installers/run does it; "localhost" where nothing is left.
QString certificateName(const QString &host);
/// As one word of a shell's command line; unchanged where it needs no quotes.
QString shellWord(const QString &text);

} // namespace tapio::console
