// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <functional>
#include <vector>

#include "console/ui/actions/fuzzymatch.h"

namespace tapio::console {

enum class EntryKind { Page, Time, Action, Node, Pod, Help };

/// One line of the command palette.
struct PaletteEntry {
    EntryKind kind = EntryKind::Action;
    QString text;
    QString hint; ///< key, or "connected"
    QString icon;
    std::function<void()> run;
    QString fill;   ///< not empty: typed in its place instead of running anything
    int recent = 0; ///< 1 = used last; 0 = not recently
};

struct PaletteHit {
    std::size_t entry = 0; ///< index into the entries
    FuzzyMatch match;
};

/// ">" in front asks for what the window can do, "@" for nodes and pods, "?" for help, which no other search finds. Best first;
/// equal ones in the order of `entries`, recent ones earlier.
std::vector<PaletteHit> searchEntries(const std::vector<PaletteEntry> &entries, const QString &typed);

} // namespace tapio::console
