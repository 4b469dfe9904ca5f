// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>

#include <optional>

namespace tapio::console {

/// How well a text answers what was typed, and which of its characters did.
struct FuzzyMatch {
    int score = 0;        ///< higher is better
    QList<int> positions; ///< ascending, one per typed character that is no space
};

/// All characters of `typed` must occur in `text` in order, case-insensitively (spaces are ignored). Beginnings of words and
/// runs count more, gaps count against, and a shorter text wins over a longer one. Empty `typed` matches everything with 0.
std::optional<FuzzyMatch> fuzzyMatch(const QString &typed, const QString &text);

} // namespace tapio::console
