// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/findingtext.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "agent/correlation/identities.h"
#include "protocol/wire/evidence.h"
#include "protocol/wire/summaryline.h"
#include "protocol/wire/text.h"

namespace tapio::correlation {

namespace {

std::optional<std::size_t> stepNamed(const Rule &rule, std::string_view name)
{
    const auto found = std::find_if(rule.steps.begin(), rule.steps.end(), [name](const Step &step) { return step.name == name; });
    return found == rule.steps.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - rule.steps.begin()));
}

/// Calls text(plain) and field(name) in turn. False: a brace is not closed.
template <typename Text, typename Name> bool eachPart(std::string_view summary, Text &&text, Name &&name)
{
    while (!summary.empty()) {
        const std::size_t begin = std::min(summary.find('{'), summary.size());
        text(summary.substr(0, begin));
        summary.remove_prefix(begin);
        if (summary.empty())
            return true;
        const std::size_t end = summary.find('}');
        if (end == std::string_view::npos)
            return false;
        name(summary.substr(1, end - 1));
        summary.remove_prefix(end + 1);
    }
    return true;
}

struct StepField {
    std::size_t step = 0;
    std::string_view what; ///< "count", "text"
};

std::optional<StepField> stepField(const Rule &rule, std::string_view name)
{
    const std::size_t dot = name.find('.');
    const auto step = dot == std::string_view::npos ? std::nullopt : stepNamed(rule, name.substr(0, dot));
    const std::string_view what = step ? name.substr(dot + 1) : std::string_view();
    if (what != "count" && what != "text")
        return std::nullopt;
    return StepField{*step, what};
}

std::string valueOf(std::string_view name, const Rule &rule, const Candidate &candidate, const std::vector<std::string> &nodes)
{
    const OpenInsight &insight = *candidate.insight;
    if (name == "root")
        return std::string(candidate.name.view());
    if (name == "count")
        return std::to_string(insight.count);
    if (name == "node")
        return insight.chain.empty() ? std::string() : nodes[insight.chain.back().node];
    if (name == "namespace")
        return insight.origin ? insight.origin->namespaceName : std::string();
    if (name == "text") {
        const auto newest = std::find_if(insight.chain.rbegin(), insight.chain.rend(),
                                         [&rule](const Evidence &one) { return isNeeded(rule.steps[one.step]); });
        return newest == insight.chain.rend() ? std::string() : std::string(newest->text());
    }
    const auto field = stepField(rule, name);
    if (!field)
        return {};
    return field->what == "count" ? std::to_string(insight.counts[field->step]) : insight.lastText[field->step];
}

std::string lineOf(const Evidence &evidence, const Rule &rule, const std::vector<std::string> &nodes)
{
    return wire::evidenceLine({rule.steps[evidence.step].name, evidence.timeNs, static_cast<std::uint64_t>(evidence.uncertaintyNs),
                               nodes[evidence.node], evidence.streamId, evidence.seq, std::string(evidence.text())});
}

constexpr std::size_t evidenceTextBytes = 96, mostTextBytes = 4096;
constexpr std::string_view isCut = "\u2026";

bool isCommon(std::string_view name)
{
    return name == "root" || name == "count" || name == "node" || name == "namespace" || name == "text";
}

} // namespace

void evidenceText(const Observation &seen, std::string &line)
{
    std::string text;
    if (!seen.told.empty())
        text = seen.told;
    else if (seen.topic == Topic::ContainerRestart)
        text = "container " + seen.origin.containerName + " is back as " + std::string(seen.now.substr(0, Identities::shortIdBytes))
               + ", was " + std::string(seen.before);
    else if (seen.topic == Topic::RolloutImage)
        text = "image " + std::string(seen.now) + ", was " + std::string(seen.before);
    else if (seen.figures != nullptr)
        text = figureLine(seen.topic, *seen.figures);
    if (text.empty())
        wire::summary(seen.event, line);
    else
        line = wire::toLine(text, mostTextBytes);
    if (line.size() <= evidenceTextBytes)
        return;
    line.resize(wire::truncateUtf8(line, evidenceTextBytes - isCut.size()).size());
    line += isCut;
}

std::string fillIn(const std::string &summary, const Rule &rule, const Candidate &candidate, const std::vector<std::string> &nodes)
{
    std::string filled;
    eachPart(
        summary, [&](std::string_view text) { filled += text; },
        [&](std::string_view name) { filled += valueOf(name, rule, candidate, nodes); });
    return filled;
}

std::string placeholderProblem(const std::string &summary, const Rule &rule)
{
    std::string problem;
    const bool isClosed = eachPart(
        summary, [](std::string_view) {},
        [&](std::string_view name) {
            if (problem.empty() && !isCommon(name) && !stepField(rule, name))
                problem =
                    "{" + std::string(name) + "} is none of {root}, {node}, {namespace}, {count}, {text}, {STEP.count} and {STEP.text}";
        });
    return isClosed ? problem : "a { is not closed";
}

std::uint8_t scoreOf(const Rule &rule, std::uint32_t fulfilled)
{
    constexpr int most = 99; // certain is what was seen, never what follows from it
    int adds = 0, takes = 0;
    for (std::size_t i = 0; i < rule.steps.size(); ++i) {
        if ((fulfilled >> i & 1) == 0)
            continue;
        (rule.steps[i].role == StepRole::Contradicting ? takes : adds) += rule.steps[i].score;
    }
    return static_cast<std::uint8_t>(std::clamp(std::min(rule.score + adds, most) - takes, 1, most));
}

Finding findingOf(const Rule &rule, const Candidate &candidate, wire::InsightState state, std::int64_t nowNs, const Names &names)
{
    const std::vector<std::string> &nodes = names.nodes;
    const OpenInsight &from = *candidate.insight;
    Finding finding;
    wire::Insight &to = finding.insight;
    to.id = from.id;
    to.rule = rule.id;
    to.state = state;
    to.rootKind = candidate.kind;
    to.root = candidate.name.view();
    to.text = fillIn(rule.summary, rule, candidate, nodes);
    to.fromNs = from.fromNs;
    to.toNs = from.toNs;
    to.evidenceCount = from.count;
    to.score = scoreOf(rule, from.fulfilled);
    for (const Evidence &one : from.chain)
        to.evidence.push_back(lineOf(one, rule, nodes));
    for (const Evidence &one : from.against)
        to.contradicting.push_back(lineOf(one, rule, nodes));
    to.affected = from.affected;
    for (const std::uint16_t owner : from.owners)
        to.owners.push_back(names.owners[owner]);
    to.settle = fillIn(rule.settle, rule, candidate, nodes);
    to.runbook = rule.runbook;
    finding.severity = from.severity;
    finding.timeNs = nowNs;
    finding.origin = from.origin;
    return finding;
}

} // namespace tapio::correlation
