// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <vector>

#include "console/core/store/store.h"
#include "console/ui/widgets/detailview.h"
#include "console/ui/widgets/timedisplay.h"

/// Events in words, for tables and details. Names of fields are translated, data is not.
namespace tapio::console {

/// "e-12-45".
QString recordText(EventId id);
/// The pod, else the container, else the cgroup; empty when nothing is known.
QString entityText(const wire::Origin &origin);
/// "SIGKILL (9)"; the number alone for one without a name (signal(7)).
QString signalText(int signal);
/// "ECONNREFUSED (111)"; the number alone for one without a name (errno(3)).
QString errnoText(int error);
/// Every field that the event has.
std::vector<DetailSection> eventDetails(const StoredEvent &event, const TimeDisplay &time);
/// One line that names the event, as a title.
QString eventTitle(const StoredEvent &event);

} // namespace tapio::console
