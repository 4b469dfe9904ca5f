// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/replay/suite.h"

#include <algorithm>
#include <utility>

#include "agent/replay/mixture.h"
#include "agent/replay/tomltable.h"
#include "protocol/recording/format.h"

namespace tapio::replay {

namespace {

constexpr std::size_t mostRecordings = 4096;
constexpr std::int64_t mostRounds = 100;

struct Split {
    std::vector<std::string> tuned, held;
    std::uint64_t seed = 0;
    unsigned rounds = 0;
    bool isSpread = false;
};

Result<Split> readSplit(const std::filesystem::path &file)
{
    const auto root = readToml(file);
    if (!root)
        return fail(root.error());
    TomlTable table(*root, file.native());
    Split split;
    split.tuned = table.texts("tuned", true);
    split.held = table.texts("held", true);
    split.seed = static_cast<std::uint64_t>(table.integer("seed").value_or(0));
    const std::int64_t rounds = table.integer("rounds").value_or(0);
    if (rounds < 0 || rounds > mostRounds)
        table.refuse(root->get("rounds"), "'rounds' must be a number from 0 to " + std::to_string(mostRounds));
    split.rounds = static_cast<unsigned>(std::clamp<std::int64_t>(rounds, 0, mostRounds));
    split.isSpread = table.flag("spread");
    for (const std::string &family : split.tuned) {
        if (std::find(split.held.begin(), split.held.end(), family) != split.held.end())
            table.refuse(root->get("held"), "the family '" + family + "' is on both sides");
    }
    if (const Status status = table.finish(); !status)
        return fail(status.error());
    return split;
}

Result<std::vector<std::filesystem::path>> recordingsOf(const std::filesystem::path &folder)
{
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        if (at->path().extension() == recording::fileSuffix && files.size() < mostRecordings)
            files.push_back(at->path());
    }
    if (error)
        return failErrno(folder.native(), error.value());
    if (files.empty())
        return fail(Errc::NotFound, folder.native() + " has no recording *" + std::string(recording::fileSuffix));
    std::sort(files.begin(), files.end()); // as the folder gives them is by chance
    return files;
}

bool has(const std::vector<std::string> &families, const std::string &family)
{
    return std::find(families.begin(), families.end(), family) != families.end();
}

Status addTo(Suite &suite, const Split &split, const std::filesystem::path &folder, Scenario scenario)
{
    if (has(split.tuned, scenario.family))
        suite.tuned.push_back(std::move(scenario));
    else if (has(split.held, scenario.family))
        suite.held.push_back(std::move(scenario));
    else
        return fail(Errc::Malformed, (folder / suiteFileName).native() + ": the family '" + scenario.family + "' of " + scenario.name
                                         + " is on neither side");
    return {};
}

} // namespace

Result<Suite> loadSuite(const std::filesystem::path &place)
{
    Suite suite;
    std::error_code error;
    if (!std::filesystem::is_directory(place, error)) {
        auto scenario = loadScenario(place);
        if (!scenario)
            return fail(scenario.error());
        suite.others.push_back(std::move(*scenario));
        return suite;
    }
    const auto files = recordingsOf(place);
    if (!files)
        return fail(files.error());
    std::optional<Split> split;
    if (std::filesystem::exists(place / suiteFileName, error)) {
        auto read = readSplit(place / suiteFileName);
        if (!read)
            return fail(read.error());
        split = std::move(*read);
        suite.seed = split->seed;
        suite.rounds = split->rounds;
        suite.isSpread = split->isSpread;
    }
    for (const std::filesystem::path &file : *files) {
        auto scenario = loadScenario(file);
        if (!scenario)
            suite.unread.push_back({file, scenario.error()});
        else if (!split)
            suite.others.push_back(std::move(*scenario));
        else if (const Status added = addTo(suite, *split, place, std::move(*scenario)); !added)
            return fail(added.error());
    }
    if (suite.unread.size() == files->size())
        return fail(suite.unread.front().error);
    return suite;
}

Result<Score> scoreOf(const std::vector<Scenario> &scenarios, const Suite &suite, const Replayable &rules)
{
    Score score;
    const auto add = [&score](const Scenario &scenario, const Replayable &by) -> Status {
        const auto judgement = judgeScenario(scenario, by);
        if (!judgement)
            return fail(judgement.error());
        score.events += scenario.events;
        score.add(scenario.name, scenario.isMixture, *judgement);
        return {};
    };
    for (const Scenario &scenario : scenarios) {
        if (const Status added = add(scenario, rules); !added)
            return fail(added.error());
    }
    const auto specs = suite.rounds == 0 ? std::vector<MixtureSpec>() : planMixtures(scenarios, suite.seed, suite.rounds);
    for (const MixtureSpec &spec : specs) {
        if (const Status added = add(mix(scenarios[spec.first], scenarios[spec.second], spec.shiftNs), rules); !added)
            return fail(added.error());
    }
    const auto spreads = suite.isSpread ? planSpreads(scenarios, suite.seed) : std::vector<SpreadSpec>();
    const auto none = std::make_shared<const correlation::RuleSet>(); // of one node: they were judged on one
    for (const SpreadSpec &spec : spreads) {
        const Replayable across{none, none, rules.acrossNodes, rules.withLinks, rules.onlyWithSamples, rules.onlyWithLinks};
        if (const Status added = add(spread(scenarios[spec.scenario], spec.shiftsNs), across); !added)
            return fail(added.error());
    }
    return score;
}

} // namespace tapio::replay
