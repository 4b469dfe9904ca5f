// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/scoreviews.h"

#include <array>
#include <cstdio>
#include <map>

#include <nlohmann/json.hpp>

#include "console/cli/output.h"

namespace tapio::console {

namespace {

using nlohmann::json;
using namespace tapio::replay;

void addShare(json &object, const std::string &name, const Share &share)
{
    object[name] = share.isEnough ? json(share.value) : json();
    object[name + "_bounds"] = share.isEnough ? json{share.low, share.high} : json();
    object[name + "_n"] = share.of;
}

double msOf(std::int64_t ns) { return static_cast<double>(ns) / static_cast<double>(nsPerMs); }

json leadJson(const std::vector<std::int64_t> &leadsNs)
{
    json object{{"n", leadsNs.size()}, {"median", json()}, {"max", json()}};
    if (!leadsNs.empty()) {
        object["median"] = msOf(leadsNs[leadsNs.size() / 2]);
        object["max"] = msOf(leadsNs.back());
    }
    return object;
}

std::string_view kindName(Verdict::Kind kind) noexcept { return kind == Verdict::Kind::Wrong ? "false positive" : "false negative"; }

json flawJson(const Score::Flaw &flaw)
{
    return {{"kind", kindName(flaw.verdict.kind)}, {"rule", flaw.verdict.rule},     {"scenario", flaw.scenario},
            {"node", flaw.verdict.node},           {"entity", flaw.verdict.entity}, {"what", flaw.verdict.what},
            {"time", utcText(flaw.verdict.timeNs)}};
}

std::string percent(double share)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f", share * 100);
    return text.data();
}

std::string leadText(const std::vector<std::int64_t> &leadsNs)
{
    return leadsNs.empty() ? "-" : durationText(leadsNs[leadsNs.size() / 2]) + ", at most " + durationText(leadsNs.back());
}

void printFlaws(std::ostream &out, const Score &score)
{
    struct Group {
        std::size_t count = 0;
        const Score::Flaw *first = nullptr;
    };
    std::map<std::pair<std::string, std::string_view>, Group> groups;
    for (const Score::Flaw &flaw : score.flaws) {
        Group &group = groups[{flaw.verdict.rule, kindName(flaw.verdict.kind)}];
        group.first = group.first == nullptr ? &flaw : group.first;
        ++group.count;
    }
    if (groups.empty())
        return;
    out << "\nWhat did not go as it should, each with its first example ('-o json' has all)\n";
    Table table({{"RULE"}, {"WHAT"}, {"TIMES", Table::Align::Right}, {"SCENARIO"}, {"EXAMPLE"}});
    for (const auto &[key, group] : groups)
        table.add({key.first, std::string(key.second), std::to_string(group.count), group.first->scenario,
                   group.first->verdict.entity + ": " + group.first->verdict.what});
    table.print(out);
}

} // namespace

std::string shareText(const Share &share, std::uint64_t floor)
{
    if (!share.isEnough)
        return "no data, " + std::to_string(share.of) + " of " + std::to_string(floor);
    return percent(share.value) + " % [" + percent(share.low) + ", " + percent(share.high) + "] of " + std::to_string(share.of);
}

json countsJson(const Counts &counts, std::uint64_t floor)
{
    json object{{"n", counts.n()}, {"tp", counts.tp}, {"fp", counts.fp}, {"fn", counts.fn}, {"tn", counts.tn}};
    addShare(object, "accuracy", accuracyOf(counts, floor));
    addShare(object, "false_positive_rate", falsePositiveRateOf(counts, floor));
    addShare(object, "precision", precisionOf(counts, floor));
    addShare(object, "recall", recallOf(counts, floor));
    return object;
}

json scoreJson(const Score &score)
{
    json object = countsJson(score.all, floorOfAll);
    object["scenarios"] = {{"recordings", score.recordings}, {"mixtures", score.mixtures}};
    object["events"] = score.events;
    object["recordings_only"] = countsJson(score.recorded, floorOfAll);
    object["rules"] = json::array();
    for (const auto &[name, rule] : score.rules) {
        json one = countsJson(rule.counts, floorOfRule);
        one["rule"] = name;
        one["also"] = rule.also;
        one["lead_time_ms"] = leadJson(rule.leadsNs);
        object["rules"].push_back(std::move(one));
    }
    object["flaws"] = json::array();
    for (const Score::Flaw &flaw : score.flaws)
        object["flaws"].push_back(flawJson(flaw));
    return object;
}

void printScore(std::ostream &out, const std::string &title, const Score &score)
{
    out << title << ": " << score.recordings << " recordings and " << score.mixtures << " mixtures of them, " << score.events
        << " events\n";
    Table table({{"RULE"},
                 {"N", Table::Align::Right},
                 {"TP", Table::Align::Right},
                 {"FP", Table::Align::Right},
                 {"FN", Table::Align::Right},
                 {"TN", Table::Align::Right},
                 {"ACCURACY"},
                 {"PRECISION"},
                 {"RECALL"},
                 {"LEAD TIME (MEDIAN)"}});
    const auto add = [&](const std::string &name, const Counts &counts, std::uint64_t floor, const std::string &lead) {
        table.add({name, std::to_string(counts.n()), std::to_string(counts.tp), std::to_string(counts.fp), std::to_string(counts.fn),
                   std::to_string(counts.tn), shareText(accuracyOf(counts, floor), floor), shareText(precisionOf(counts, floor), floor),
                   shareText(recallOf(counts, floor), floor), lead});
    };
    for (const auto &[name, rule] : score.rules)
        add(name, rule.counts, floorOfRule, leadText(rule.leadsNs));
    add("all", score.all, floorOfAll, "");
    add("all, recordings only", score.recorded, floorOfAll, "");
    table.print(out);
    out << "accuracy " << shareText(accuracyOf(score.all, floorOfAll), floorOfAll) << ", false positives "
        << shareText(falsePositiveRateOf(score.all, floorOfAll), floorOfAll) << '\n';
    printFlaws(out, score);
}

} // namespace tapio::console
