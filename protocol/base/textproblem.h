// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>

namespace tapio {

/// What is wrong with a file that somebody wrote, and where.
struct TextProblem {
    std::string file;     ///< for messages only
    std::size_t line = 0; ///< from 1; 0 = the file as a whole
    std::string reason;   ///< what is wrong, and what to do

    bool operator==(const TextProblem &) const = default;
};

/// "rules/oom.toml:12: ..."
inline std::string toString(const TextProblem &problem)
{
    return problem.file + (problem.line == 0 ? std::string() : ':' + std::to_string(problem.line)) + ": " + problem.reason;
}

} // namespace tapio
