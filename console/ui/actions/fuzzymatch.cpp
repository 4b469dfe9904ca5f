// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/actions/fuzzymatch.h"

#include <algorithm>
#include <vector>

namespace tapio::console {

namespace {

constexpr int noScore = -1'000'000;
constexpr int perCharacter = 10, wordStart = 14, textStart = 6, inRun = 12, perGap = -1;
constexpr qsizetype longestText = 256, longestTyped = 64;

bool beginsWord(const QString &text, qsizetype i)
{
    if (i == 0)
        return true;
    const QChar before = text[i - 1];
    return !before.isLetterOrNumber() || (text[i].isUpper() && before.isLower());
}

/// Character by character, so that positions stay those of the text.
QString folded(QString text)
{
    for (QChar &c : text)
        c = c.toCaseFolded();
    return text;
}

} // namespace

std::optional<FuzzyMatch> fuzzyMatch(const QString &typedText, const QString &whole)
{
    QString typed = folded(typedText.left(longestTyped));
    typed.remove(QLatin1Char(' '));
    const QString text = whole.left(longestText);
    const QString letters = folded(text);
    const auto n = static_cast<std::size_t>(typed.size()), m = static_cast<std::size_t>(letters.size());
    if (n == 0)
        return FuzzyMatch{};
    if (n > m)
        return std::nullopt;
    // best[i][j]: score of matching typed[0..i] with typed[i] at text[j]; from[i][j]: where typed[i-1] then stands.
    std::vector<std::vector<int>> best(n, std::vector<int>(m, noScore)), from(n, std::vector<int>(m, -1));
    for (std::size_t i = 0; i < n; ++i) {
        int carried = noScore, carriedAt = -1;
        for (std::size_t j = i; j < m; ++j) {
            const auto at = static_cast<qsizetype>(j);
            if (i > 0 && j > 0 && best[i - 1][j - 1] > noScore) {
                // A gap costs one for each character; carrying it along keeps the search linear in the text.
                if (carriedAt < 0 || best[i - 1][j - 1] >= carried) {
                    carried = best[i - 1][j - 1];
                    carriedAt = static_cast<int>(j) - 1;
                }
            }
            if (letters[at] == typed[static_cast<qsizetype>(i)]) {
                const int bonus = perCharacter + (beginsWord(text, at) ? wordStart : 0) + (j == 0 ? textStart : 0);
                if (i == 0) {
                    best[i][j] = bonus + perGap * std::min<int>(static_cast<int>(j), 10);
                } else {
                    if (best[i - 1][j - 1] > noScore) {
                        best[i][j] = best[i - 1][j - 1] + bonus + inRun;
                        from[i][j] = static_cast<int>(j) - 1;
                    }
                    if (carriedAt >= 0 && carried + bonus > best[i][j]) {
                        best[i][j] = carried + bonus;
                        from[i][j] = carriedAt;
                    }
                }
            }
            carried += carriedAt >= 0 ? perGap : 0;
        }
    }
    const auto last = std::max_element(best[n - 1].begin(), best[n - 1].end());
    if (*last == noScore)
        return std::nullopt;
    FuzzyMatch match;
    match.score = *last - static_cast<int>(m) / 8;
    int j = static_cast<int>(last - best[n - 1].begin());
    for (std::size_t i = n; i-- > 0;) {
        match.positions.prepend(j);
        j = from[i][static_cast<std::size_t>(j)];
    }
    return match;
}

} // namespace tapio::console
