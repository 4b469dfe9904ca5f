// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/proofviews.h"

#include <nlohmann/json.hpp>

#include "console/cli/output.h"
#include "console/cli/scoreviews.h"

namespace tapio::console {

namespace {

using nlohmann::json;
using Kind = replay::Verdict::Kind;

std::string_view kindName(Kind kind) noexcept { return kind == Kind::Found ? "found" : kind == Kind::Missed ? "missed" : "false alarm"; }

json trialJson(const ProofTrial &trial)
{
    const replay::Verdict &verdict = trial.verdict;
    json object{{"kind", kindName(verdict.kind)}, {"rule", verdict.rule}, {"drill", trial.drill},           {"node", verdict.node},
                {"entity", verdict.entity},       {"what", verdict.what}, {"time", utcText(verdict.timeNs)}};
    object["lead_time_ms"] =
        verdict.kind == Kind::Found ? json(static_cast<double>(verdict.leadNs) / static_cast<double>(nsPerMs)) : json();
    return object;
}

json trialOrNull(const std::optional<ProofTrial> &trial) { return trial ? trialJson(*trial) : json(); }

std::string whenText(const std::optional<ProofTrial> &trial)
{
    return trial ? utcText(trial->verdict.timeNs) + " on " + trial->verdict.node : "never";
}

void printRest(std::ostream &out, const ProofReport &report)
{
    const auto say = [&out](std::uint64_t count, const char *what) {
        if (count > 0)
            out << count << ' ' << what << '\n';
    };
    say(report.running, "drills run, or a rule may still open");
    say(report.unfinished, "drills never told that they ended, and are not judged");
    say(report.unknown, "drills are not judged: nothing happened in them, or they are not known here");
    say(report.unsignedLabels, "labels of drills without a signature were not believed");
    say(report.forgotten, "drills are not judged: they, or what opened beside them, are more than is kept");
}

} // namespace

json proofsJson(const ProofReport &report)
{
    json object = countsJson(report.all, replay::floorOfAll);
    object["drills"] = {{"judged", report.drills},
                        {"running", report.running},
                        {"unfinished", report.unfinished},
                        {"unknown", report.unknown},
                        {"unsigned_labels", report.unsignedLabels},
                        {"forgotten", report.forgotten}};
    object["rules"] = json::array();
    for (const RuleProof &rule : report.rules) {
        json one = countsJson(rule.counts, replay::floorOfRule);
        one["rule"] = rule.rule;
        one["last_proved"] = trialOrNull(rule.found);
        one["last_missed"] = trialOrNull(rule.missed);
        one["last_false_alarm"] = trialOrNull(rule.wrong);
        object["rules"].push_back(std::move(one));
    }
    object["trials"] = json::array();
    for (const ProofTrial &trial : report.trials)
        object["trials"].push_back(trialJson(trial));
    return object;
}

void printProofs(std::ostream &out, const ProofReport &report)
{
    if (report.rules.empty()) {
        out << "no drill of the last 30 days is judged: 'tapio drill run oom-kill' proves a detection\n";
        return printRest(out, report);
    }
    Table table({{"RULE"},
                 {"LAST PROVED"},
                 {"AFTER", Table::Align::Right},
                 {"LAST MISSED"},
                 {"LAST FALSE ALARM"},
                 {"FOUND", Table::Align::Right},
                 {"MISSED", Table::Align::Right},
                 {"FALSE", Table::Align::Right},
                 {"RIGHTLY SILENT", Table::Align::Right}});
    for (const RuleProof &rule : report.rules)
        table.add({rule.rule, whenText(rule.found), rule.found ? durationText(rule.found->verdict.leadNs) : "-", whenText(rule.missed),
                   whenText(rule.wrong), std::to_string(rule.counts.tp), std::to_string(rule.counts.fn), std::to_string(rule.counts.fp),
                   std::to_string(rule.counts.tn)});
    table.print(out);
    out << "\naccuracy             " << shareText(accuracyOf(report.all, replay::floorOfAll), replay::floorOfAll) << '\n'
        << "false positive rate  " << shareText(falsePositiveRateOf(report.all, replay::floorOfAll), replay::floorOfAll) << '\n'
        << "drills judged        " << report.drills << ", of the last 30 days\n";
    printRest(out, report);
}

} // namespace tapio::console
