// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "console/ui/widgets/tableview.h"

namespace tapio::console {

/// How the table of events shows each column of EventsModel, by its number. Widths in px.
std::vector<ColumnStyle> eventColumns();

} // namespace tapio::console
