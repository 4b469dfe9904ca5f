// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/ruleviews.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "console/cli/output.h"

namespace tapio::console {

namespace {

using nlohmann::json;

bool isHeard(const RuleRow &row) { return std::ranges::any_of(row.sources, &RuleRow::Source::isHeard); }

json countersJson(const wire::RuleCounters &counters, bool isHeard)
{
    const auto each = evaluationNs(counters);
    return {{"evaluations", counters.evaluations},
            {"evidence", counters.evidence},
            {"unjoined", counters.unjoined},
            {"late", counters.late},
            {"opened", counters.opened},
            {"updated", counters.updated},
            {"resolved", counters.resolved},
            {"expired", counters.expired},
            {"suppressed_by_cooldown", counters.reopened},
            {"forgotten", counters.evicted},
            {"evaluation_ns", each ? json(*each) : json()},
            {"timed", counters.timed},
            {"candidates", isHeard ? json(counters.candidates) : json()},
            {"open", isHeard ? json(counters.open) : json()}};
}

json rowJson(const RuleRow &row)
{
    json object{
        {"rule", row.id}, {"known", row.facts.has_value()}, {"confirmed", row.verdicts.confirmed}, {"rejected", row.verdicts.rejected}};
    object["scope"] = row.facts ? json(row.facts->isAcrossNodes ? "cluster" : "node") : json();
    object["drills"] =
        row.proof ? json{{"found", row.proof->counts.tp}, {"missed", row.proof->counts.fn}, {"false", row.proof->counts.fp}} : json();
    object["counters"] = row.sources.empty() ? json() : countersJson(row.total, isHeard(row));
    object["nodes"] = json::array();
    for (const RuleRow::Source &source : row.sources) {
        json one = countersJson(source.counters, source.isHeard);
        one["node"] = source.node;
        one["heard"] = source.isHeard;
        object["nodes"].push_back(std::move(one));
    }
    return object;
}

std::vector<std::string> cellsOf(const RuleRow &row)
{
    const bool isTold = !row.sources.empty();
    const auto count = [](bool isKnown, std::uint64_t value) { return isKnown ? std::to_string(value) : std::string("-"); };
    const auto each = evaluationNs(row.total);
    const std::uint64_t judged = row.verdicts.confirmed + row.verdicts.rejected;
    std::string drills = "-";
    if (row.proof)
        drills = std::to_string(row.proof->counts.tp) + " found, " + std::to_string(row.proof->counts.fn) + " missed, "
                 + std::to_string(row.proof->counts.fp) + " false";
    return {row.id,
            !row.facts                 ? "not known here"
            : row.facts->isAcrossNodes ? "across nodes"
                                       : "node",
            count(isTold, row.total.evaluations),
            count(isTold, row.total.evidence),
            count(isTold, row.total.opened),
            count(isHeard(row), row.total.open),
            count(isTold, row.total.reopened),
            count(isTold, row.total.evicted),
            each ? std::to_string(std::llround(*each)) + " ns" : "-", // less than the least that durationText tells apart
            judged == 0 ? "-" : std::to_string(row.verdicts.confirmed) + " of " + std::to_string(judged) + " right",
            drills};
}

} // namespace

json rulesJson(const RuleBoard &board)
{
    json object{{"from", utcText(board.fromNs)}, {"to", utcText(board.toNs)}, {"engines", board.sources}, {"heard", board.heard}};
    const bool isTold = board.lastNs != 0;
    object["first_reading"] = isTold ? json(utcText(board.firstNs)) : json();
    object["last_reading"] = isTold ? json(utcText(board.lastNs)) : json();
    object["rules"] = json::array();
    for (const RuleRow &row : board.rules)
        object["rules"].push_back(rowJson(row));
    return object;
}

void printRules(std::ostream &out, const RuleBoard &board)
{
    Table table({{"RULE"},
                 {"LOOKS AT"},
                 {"EVALUATIONS", Table::Align::Right},
                 {"EVIDENCE", Table::Align::Right},
                 {"OPENED", Table::Align::Right},
                 {"OPEN", Table::Align::Right},
                 {"SUPPRESSED", Table::Align::Right},
                 {"FORGOTTEN", Table::Align::Right},
                 {"COST EACH", Table::Align::Right},
                 {"OPERATORS, 30 d"},
                 {"DRILLS, 30 d"}});
    for (const RuleRow &row : board.rules)
        table.add(cellsOf(row));
    table.print(out);
    if (board.lastNs == 0)
        out << "\nno engine told of its rules since " << utcText(board.fromNs) << ": agents of an older version do not\n";
    else
        out << '\n'
            << board.heard << " of " << board.sources << " engines heard, from " << utcText(std::max(board.fromNs, board.firstNs)) << " to "
            << utcText(std::min(board.toNs, board.lastNs)) << "; how right the rules are about recordings: 'tapio score'\n";
}

} // namespace tapio::console
