// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "agent/correlation/engine.h"
#include "agent/replay/labels.h"
#include "agent/replay/replayer.h"
#include "agent/replay/score.h"
#include "protocol/recording/reader.h"
#include "protocol/wire/message.h"

namespace tapio::replay {

/// A recording with what is true of it, in memory.
struct Scenario {
    std::string name;
    std::string family;
    bool isMixture = false;
    bool isSpread = false; ///< over several nodes, with labels of what is true across them: rules across nodes are judged
    std::vector<recording::Received> received; ///< in order of arrival
    std::vector<Label> labels;                 ///< of the file beside it, and of the drills in it
    std::int64_t beginNs = 0, endNs = 0;       ///< UTC
    std::uint64_t events = 0;
    bool hasSamples = false;          ///< so that rules that need them are judged, too
    bool hasLinks = false;            ///< what a server knows of the nodes in it: all rules across nodes are judged
    std::vector<std::string> remarks; ///< what whoever reads the figures should know, as of lost events
};

/// Events, or samples: more is no scenario, and not taken into memory.
inline constexpr std::uint64_t mostEvents = 2'000'000;

/// "the recording ends in the middle, WHERE": of one without an end. Whether its file was cut, or whoever wrote it was ended, cannot be seen: what
/// came after is missing either way. Once all of it was read.
std::string missingEnd(const recording::Reader &reader);

/// Errors: those of the recording and of its label file; Corrupt (it has no end: what its labels tell of may be in what is missing);
/// InvalidArgument (too many events, nothing says what is true of it).
Result<Scenario> loadScenario(const std::filesystem::path &recording);

/// An insight of the engine; nothing for what is told later of one that is open.
std::optional<Opened> openedOf(const std::string &node, const correlation::Finding &finding);

/// Through engines with the rules that can hear what is in it, and judged. A fault that only others could find counts as one that no rule is there for.
/// Errors: those of Replayer.
Result<Judgement> judgeScenario(const Scenario &scenario, const Replayable &rules);

} // namespace tapio::replay
