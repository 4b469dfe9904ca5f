// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/window/paletteentries.h"

#include <algorithm>

namespace tapio::console {

namespace {

bool wanted(EntryKind kind, QChar prefix)
{
    const bool entity = kind == EntryKind::Node || kind == EntryKind::Pod;
    switch (prefix.unicode()) {
    case '>': return !entity && kind != EntryKind::Help;
    case '@': return entity;
    case '?': return kind == EntryKind::Help;
    default: return kind != EntryKind::Help;
    }
}

} // namespace

std::vector<PaletteHit> searchEntries(const std::vector<PaletteEntry> &entries, const QString &typed)
{
    QString text = typed.trimmed();
    const QChar first = text.isEmpty() ? QChar() : text.front();
    const QChar prefix = QStringLiteral(">@?").contains(first) ? first : QChar();
    if (!prefix.isNull())
        text = text.mid(1).trimmed();
    std::vector<PaletteHit> hits;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const PaletteEntry &entry = entries[i];
        if (!wanted(entry.kind, prefix))
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
