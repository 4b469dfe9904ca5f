// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// Names that somebody asked for and nothing is known by: no error, since what has such a name may still come, and yet to be said.
namespace tapio::console {

/// Which of `known` may have been meant, else some of what there is; how the line after "hint: " goes on.
std::string hintOfNames(const std::string &name, const std::set<std::string> &known);

/// For each of `asked` that is not in `known`: "warning: no WHAT 'NAME' is known: WHY" and a hint.
void warnOfUnknown(std::ostream &err, std::string_view what, const std::vector<std::string> &asked, const std::set<std::string> &known,
                   std::string_view why);

} // namespace tapio::console
