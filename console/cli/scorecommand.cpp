// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "agent/replay/replayer.h"
#include "agent/replay/suite.h"
#include "console/cli/command.h"
#include "console/cli/rulesfolder.h"
#include "console/cli/scoreviews.h"
#include "console/core/metrics/suitescore.h"

namespace tapio::console {

namespace {

struct ScoreArguments {
    std::filesystem::path place, rules;
};

void printRemarks(const CommandContext &context, const std::vector<replay::Scenario> &scenarios)
{
    for (const replay::Scenario &scenario : scenarios) {
        for (const std::string &remark : scenario.remarks)
            context.err << "incomplete: " << printable(scenario.name) << ' ' << printable(remark) << '\n';
    }
}

void printRules(const CommandContext &context, const char *title, const std::vector<std::string> &rules)
{
    if (rules.empty())
        return;
    context.out << '\n' << title << ':';
    for (const std::string &rule : rules)
        context.out << ' ' << printable(rule);
    context.out << '\n';
}

/// What the score lacks: for people, and in the answer.
void printUnread(const CommandContext &context, const std::vector<replay::UnreadRecording> &unread)
{
    if (unread.empty())
        return;
    context.out << "\nNot scored, since they could not be read: " << unread.size() << (unread.size() == 1 ? " recording:" : " recordings:");
    for (const replay::UnreadRecording &one : unread)
        context.out << ' ' << printable(one.file.filename().native());
    context.out << '\n';
}

nlohmann::json unreadJson(const std::vector<replay::UnreadRecording> &unread)
{
    nlohmann::json all = nlohmann::json::array();
    for (const replay::UnreadRecording &one : unread)
        all.push_back({{"file", one.file.native()}, {"reason", one.error.message()}});
    return all;
}

/// The exit code: that of the first.
int reportUnread(const CommandContext &context, const std::vector<replay::UnreadRecording> &unread)
{
    int exitCode = ExitOk;
    for (const replay::UnreadRecording &one : unread) {
        const ExitCode code = report(context.err, one.error, "replace it, or take it out of the folder; the others were scored");
        exitCode = exitCode == ExitOk ? code : exitCode;
    }
    return exitCode;
}

bool hasLinks(const replay::Suite &suite)
{
    const auto has = [](const std::vector<replay::Scenario> &scenarios) {
        return std::any_of(scenarios.begin(), scenarios.end(), [](const replay::Scenario &one) { return one.hasLinks; });
    };
    return has(suite.held) || has(suite.tuned) || has(suite.others);
}

struct Part {
    const char *key;
    const char *title;
    const std::vector<replay::Scenario> &scenarios;
};

int runScore(const CommandContext &context, const ScoreArguments &arguments)
{
    const auto known = rulesOf(context, arguments.rules);
    if (!known)
        return ExitConfiguration;
    const replay::Replayable rules = replay::replayable(*known);
    const auto place = arguments.place.empty() ? shippedSuite() : arguments.place;
    if (!place)
        return report(context.err, place.error(), "name a recording, or a folder of recordings");
    const auto suite = replay::loadSuite(*place);
    if (!suite)
        return report(context.err, suite.error(), "the README of agent/replay has the schema of labels and suites");
    nlohmann::json all = nlohmann::json::object();
    const std::vector<std::string> unheard = hasLinks(*suite) ? std::vector<std::string>() : rules.onlyWithLinks;
    bool isFirst = true;
    for (const Part &part : {Part{"held", "Held half, which no rule was tuned by", suite->held}, Part{"tuned", "Tuned half", suite->tuned},
                             Part{"others", "Without a split", suite->others}}) {
        if (part.scenarios.empty())
            continue;
        printRemarks(context, part.scenarios);
        const auto score = replay::scoreOf(part.scenarios, *suite, rules);
        if (!score)
            return report(context.err, score.error());
        if (context.format == OutputFormat::Json) {
            all[part.key] = scoreJson(*score);
            continue;
        }
        context.out << (isFirst ? "" : "\n");
        printScore(context.out, part.title, *score);
        isFirst = false;
    }
    if (context.format == OutputFormat::Json) {
        all["not_scored"] = unheard;
        all["scored_with_samples"] = rules.onlyWithSamples;
        all["scored_with_links"] = rules.onlyWithLinks;
        all["unread"] = unreadJson(suite->unread);
        printJson(context.out, all);
    } else {
        printRules(context, "Scored only in recordings with samples", rules.onlyWithSamples);
        if (unheard.empty())
            printRules(context, "Scored only in recordings with what a server knows of its links", rules.onlyWithLinks);
        printRules(context, "Not scored, since no recording has what a server knows of its links", unheard);
        printUnread(context, suite->unread);
    }
    return reportUnread(context, suite->unread);
}

} // namespace

void addScoreCommand(CLI::App &app, CommandContext &context, Chosen &chosen)
{
    auto arguments = std::make_shared<ScoreArguments>();
    CLI::App *score = app.add_subcommand(
        "score", "How right the rules are about recordings that are labelled with the truth: TP, FP, FN, TN and lead time of each");
    score->add_option("PLACE", arguments->place, "a recording, or a folder of them (default: the suite that is shipped)")->option_text(" ");
    addRulesOption(*score, arguments->rules);
    score->footer("Shares have Wilson's bounds at 95 % and how many they are of; of fewer than 20 units, of one rule 5, there is no "
                  "figure. Mixtures are made of "
                  "the recordings, so the bounds that count them are too narrow: 'recordings only' has those without.");
    score->callback([&context, &chosen, arguments] { chosen = [&context, arguments] { return runScore(context, *arguments); }; });
}

} // namespace tapio::console
