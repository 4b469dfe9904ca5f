// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "console/core/metrics/panel.h"

namespace tapio::console {

/// What a fact of a panel is called; to be translated in the context of PanelText.
struct FactWording {
    const char *key;
    const char *text; ///< in a row of facts, %1 for the value
    const char *name; ///< in a table
};

/// Null for a key that has no wording. Lives as long as the program; any thread.
const FactWording *factWording(const Fact &fact);

} // namespace tapio::console
