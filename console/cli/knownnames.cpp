// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/knownnames.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "console/cli/output.h"

namespace tapio::console {

namespace {

constexpr std::size_t mostMeant = 3, mostListed = 8;
constexpr std::size_t mostMistakes = 3;
constexpr std::size_t leastPart = 3; ///< characters that a part of a name must have to be one

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(), [](char c) { return lower(c); });
    return text;
}

/// Characters to change, add or leave out (V. I. Levenshtein, 1966).
std::size_t mistakes(const std::string &from, const std::string &to)
{
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t(0));
    for (std::size_t i = 0; i < from.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < to.size(); ++j) {
            const std::size_t changed = diagonal + (from[i] == to[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({changed, diagonal + 1, row[j] + 1});
        }
    }
    return row.back();
}

/// Nothing: it is another name.
std::optional<std::size_t> distance(const std::string &name, const std::string &known)
{
    const std::size_t shorter = std::min(name.size(), known.size()), longer = std::max(name.size(), known.size());
    const std::size_t most = std::clamp<std::size_t>(name.size() / 3, 1, mostMistakes);
    if (longer - shorter <= most) { // so that no time goes into long texts
        if (const std::size_t count = mistakes(name, known); count <= most)
            return count;
    }
    const bool isPart = known.find(name) != std::string::npos || name.find(known) != std::string::npos;
    return shorter >= leastPart && isPart ? std::optional(longer) : std::nullopt;
}

/// "'a', 'b' or 'c'".
std::string listed(const std::vector<std::string> &names, std::string_view last)
{
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        text += i == 0 ? "" : i + 1 == names.size() ? last : ", ";
        text.append("'").append(printable(names[i])).append("'");
    }
    return text;
}

} // namespace

std::string hintOfNames(const std::string &name, const std::set<std::string> &known)
{
    std::vector<std::pair<std::size_t, std::string>> close;
    for (const std::string &one : known) {
        if (const auto far = distance(lower(name), lower(one)))
            close.emplace_back(*far, one);
    }
    std::sort(close.begin(), close.end());
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::min(close.size(), mostMeant); ++i)
        names.push_back(close[i].second);
    if (!names.empty())
        return "was " + listed(names, " or ") + " meant?";
    if (known.empty())
        return "no name is known here yet";
    names.assign(known.begin(), std::next(known.begin(), static_cast<std::ptrdiff_t>(std::min(known.size(), mostListed))));
    const std::size_t more = known.size() - names.size();
    return "known names: " + listed(names, more > 0 ? ", " : " and ") + (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

void warnOfUnknown(std::ostream &err, std::string_view what, const std::vector<std::string> &asked, const std::set<std::string> &known,
                   std::string_view why)
{
    for (const std::string &name : asked) {
        if (!known.contains(name))
            err << "warning: no " << what << " '" << printable(name) << "' is known: " << why << "\nhint: " << hintOfNames(name, known)
                << '\n';
    }
    err.flush();
}

} // namespace tapio::console
