// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "console/ui/pages/settingspage.h"
#include "console/ui/window/mainwindow.h"

namespace tapio::console {

/// The window with all pages that exist, in the order of the rail.
std::unique_ptr<MainWindow> buildWindow(WindowServices services, const DataFacts &facts);

} // namespace tapio::console
