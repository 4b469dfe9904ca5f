// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "agent/replay/labels.h"
#include "console/cli/command.h"

namespace CLI {
class App;
}

/// What whoever records says is true of it: the label file beside a recording. One thread.
namespace tapio::console {

struct LabelArguments {
    bool isHealthy = false;
    std::vector<std::string> faults; ///< "ENTITY=RULE,RULE"; without a rule: none finds it yet
    std::string what;

    bool isGiven() const { return isHealthy || !faults.empty(); }
};

void addLabelOptions(CLI::App &record, LabelArguments &arguments);

/// Of a recording from then to then, UTC; what was wrong was so all the time. `node`: empty = whichever.
replay::LabelFile labelsOf(const LabelArguments &arguments, const std::filesystem::path &recording, const std::string &node,
                           std::int64_t fromNs, std::int64_t toNs);

/// Before anything is recorded: whether there will be room for it. Errors: AlreadyExists, InvalidArgument (it would be the recording itself).
Status checkLabelFile(const std::filesystem::path &recording);
/// Errors: those of recording::createFile and of writing.
Status writeLabelFile(const replay::LabelFile &labels, const std::filesystem::path &recording);

/// Rules in it that are not shipped: perhaps misspelt.
std::vector<std::string> unknownRules(const replay::LabelFile &labels);

} // namespace tapio::console
