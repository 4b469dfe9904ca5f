// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ostream>

#include <nlohmann/json_fwd.hpp>

#include "agent/replay/score.h"

namespace tapio::console {

/// n, what was counted as what, and the shares of it; null where there are fewer units than the floor.
nlohmann::json countsJson(const replay::Counts &counts, std::uint64_t floor);
/// Figures with n and bounds; null where there are too few units to be one.
nlohmann::json scoreJson(const replay::Score &score);
/// The same for people, under this title.
void printScore(std::ostream &out, const std::string &title, const replay::Score &score);

/// "98.1 % [96.2, 99.1] of 812", "no data, 3 of 5 needed".
std::string shareText(const replay::Share &share, std::uint64_t floor);

} // namespace tapio::console
