// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "console/ui/theme/themestore.h"
#include "console/ui/widgets/iconcache.h"

namespace tapio::console {

/// What a painted widget needs; both outlive it. Copied.
struct Look {
    const ThemeStore &themes;
    const IconCache &icons;
    const Theme &theme() const { return themes.theme(); }
};

} // namespace tapio::console
