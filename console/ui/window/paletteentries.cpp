// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/window/paletteentries.h"

#include <algorithm>
#include <optional>

namespace tapio::console {

std::vector<PaletteHit> searchEntries(const std::vector<PaletteEntry> &entries, const QString &typed)
{
    QString text = typed.trimmed();
    std::optional<EntryKind> only;
    if (text.startsWith(QLatin1Char('>')))
        only = EntryKind::Action;
    else if (text.startsWith(QLatin1Char('@')))
        only = EntryKind::Node;
    if (only)
        text = text.mid(1).trimmed();
    std::vector<PaletteHit> hits;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const PaletteEntry &entry = entries[i];
        const bool wanted = !only || entry.kind == *only || (*only == EntryKind::Action && entry.kind != EntryKind::Node);
        if (!wanted)
            continue;
        if (auto match = fuzzyMatch(text, entry.text)) {
            match->score += entry.recent > 0 ? std::max(0, 12 - 2 * entry.recent) : 0;
            hits.push_back({i, std::move(*match)});
        }
    }
    std::stable_sort(hits.begin(), hits.end(), [](const PaletteHit &a, const PaletteHit &b) { return a.match.score > b.match.score; });
    return hits;
}

} // namespace tapio::console
