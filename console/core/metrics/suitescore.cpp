// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/suitescore.h"

#include "agent/correlation/ruleloader.h"
#include "agent/replay/suite.h"

namespace tapio::console {

Result<std::filesystem::path> shippedSuite()
{
    std::error_code error;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
    const auto installed = (program.parent_path() / "../share/tapio/scenarios").lexically_normal();
    for (const auto &folder : {installed, std::filesystem::path(TAPIO_SCENARIOS)}) {
        if (std::filesystem::exists(folder / replay::suiteFileName, error))
            return folder;
    }
    return fail(Errc::NotFound, "the scenarios are neither in " + installed.native() + " nor in " + TAPIO_SCENARIOS);
}

SuiteScore scoreSuite(const std::filesystem::path &folder)
{
    SuiteScore result;
    const auto suite = replay::loadSuite(folder);
    if (!suite) {
        result.failure = suite.error().message();
        return result;
    }
    const auto score = replay::scoreOf(suite->held, *suite, replay::replayable(correlation::shippedRules().rules));
    if (!score) {
        result.failure = score.error().message();
        return result;
    }
    for (const auto &[rule, scored] : score->rules) {
        if (rule != replay::noRule)
            result.rules[rule] = scored.counts;
    }
    result.all = score->all;
    result.recordings = score->recordings;
    result.mixtures = score->mixtures;
    if (result.recordings == 0)
        result.failure = "no recording of the held half can be read in " + folder.native();
    return result;
}

SuiteScore scoreShippedSuite()
{
    const auto folder = shippedSuite();
    if (folder)
        return scoreSuite(*folder);
    SuiteScore none;
    none.failure = folder.error().message();
    return none;
}

} // namespace tapio::console
