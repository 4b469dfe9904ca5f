// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "agent/replay/scenario.h"

namespace tapio::replay {

struct UnreadRecording {
    std::filesystem::path file;
    Error error; ///< of the recording or of its label file, which it names
};

/// Scenarios of a folder, on the side of the split that they belong to.
struct Suite {
    std::vector<Scenario> tuned;         ///< rules may be changed by what comes out of these
    std::vector<Scenario> held;          ///< the published figures are of these, and nothing is changed by them
    std::vector<Scenario> others;        ///< of a folder that has no split, and of single files
    std::vector<UnreadRecording> unread; ///< of a folder in which others can be read, by name; they are in none of its parts
    std::uint64_t seed = 0;
    unsigned rounds = 0;   ///< of mixtures; 0 = none
    bool isSpread = false; ///< each scenario on several nodes, too, for rules across nodes
};

inline constexpr const char *suiteFileName = "suite.toml";

/// A recording, or a folder of them with or without a suite.toml (schema in README.md). Errors: those of loadScenario, where no recording can be read;
/// NotFound (no recording there), Malformed (the suite; a family that is on neither side).
Result<Suite> loadSuite(const std::filesystem::path &place);

/// Everything, and mixtures of the scenarios of that half, which are made one after the other.
Result<Score> scoreOf(const std::vector<Scenario> &scenarios, const Suite &suite, const Replayable &rules);

} // namespace tapio::replay
