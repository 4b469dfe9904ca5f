// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/clock.h"
#include "protocol/base/result.h"

/// What is true of a recording: the file beside it. The schema is in README.md.
namespace tapio::replay {

/// Something that was wrong, from then to then, somewhere.
struct Label {
    std::string what;
    std::string node;                         ///< empty: whichever
    std::string entity;                       ///< as insights name it: of a cgroup that is no pod's its path, of the node itself its name
    std::int64_t fromNs = 0;                  ///< UTC
    std::int64_t toNs = 0;                    ///< UTC
    std::int64_t withinNs = 10 * nsPerSecond; ///< after `toNs` a rule may still open: what looks every ten seconds is no later
    std::vector<std::string> expected;        ///< rules that must open; none: no rule finds this yet
    std::vector<std::string> also;            ///< rules that may: what they say is true as well
    bool isDrill = false;                     ///< told by the stream itself
    std::vector<std::string> onTwoNodes =
        {}; ///< rules that must open across nodes where this happens on two of them or more at about the same time
    std::vector<std::string> onThreeNodes = {}; ///< and those that must on three or more

    bool operator==(const Label &) const = default;
};

struct LabelFile {
    std::string what;       ///< one sentence
    std::string family;     ///< scenarios of one family are on one side of the split
    std::string made;       ///< the command that made it, or what did
    bool isHealthy = false; ///< all that is not labelled is well: nothing else may open
    std::vector<Label> labels;

    bool operator==(const LabelFile &) const = default;
};

/// "a.tapiorec" has "a.toml".
std::filesystem::path labelFileOf(const std::filesystem::path &recording);
/// Errors: NotFound, PermissionDenied, Io, Malformed (file, line and reason).
Result<LabelFile> readLabels(const std::filesystem::path &file);
Result<LabelFile> parseLabels(std::string_view text, const std::string &file);
/// As parseLabels() reads it; times as far as nanoseconds.
std::string toToml(const LabelFile &labels);

} // namespace tapio::replay
