// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/ruleboard.h"

#include <algorithm>
#include <set>
#include <utility>

#include "agent/correlation/ruleloader.h"

namespace tapio::console {

namespace {

constexpr std::size_t gauges = 2; ///< at the end of RuleCounters::fields

void addCounts(wire::RuleCounters &to, const wire::RuleCounters &more)
{
    for (std::size_t i = 0; i + gauges < wire::RuleCounters::fieldCount; ++i)
        to.*wire::RuleCounters::fields[i] += more.*wire::RuleCounters::fields[i];
}

void addGauges(wire::RuleCounters &to, const wire::RuleCounters &more)
{
    to.candidates += more.candidates;
    to.open += more.open;
}

RuleFacts::Role roleOf(correlation::StepRole role)
{
    switch (role) {
    case correlation::StepRole::Required: return RuleFacts::Role::Required;
    case correlation::StepRole::Either: return RuleFacts::Role::Either;
    case correlation::StepRole::Supporting: return RuleFacts::Role::Supporting;
    case correlation::StepRole::Contradicting: return RuleFacts::Role::Contradicting;
    case correlation::StepRole::Ending: return RuleFacts::Role::Ending;
    }
    return RuleFacts::Role::Required;
}

RuleFacts factsOf(const correlation::Rule &rule)
{
    RuleFacts facts{rule.id,
                    rule.title,
                    rule.summary,
                    rule.settle,
                    rule.runbook,
                    rule.scope == correlation::RuleScope::Cluster,
                    rule.severity,
                    rule.score,
                    rule.lifetimeNs,
                    rule.cooldownNs,
                    {}};
    for (const correlation::Step &step : rule.steps)
        facts.steps.push_back({step.name, correlation::topicName(step.topic), roleOf(step.role), step.count, step.windowNs});
    return facts;
}

} // namespace

std::vector<RuleFacts> shippedRuleFacts()
{
    std::vector<RuleFacts> all;
    for (const correlation::Rule &rule : correlation::shippedRules().rules)
        all.push_back(factsOf(rule));
    return all;
}

wire::RuleCounters growthOf(const wire::RuleCounters &before, const wire::RuleCounters &now)
{
    wire::RuleCounters grown = now;
    for (std::size_t i = 0; i + gauges < wire::RuleCounters::fieldCount; ++i) {
        const auto field = wire::RuleCounters::fields[i];
        if (now.evaluations >= before.evaluations && now.*field >= before.*field)
            grown.*field = now.*field - before.*field;
    }
    return grown;
}

std::optional<double> evaluationNs(const wire::RuleCounters &counters)
{
    if (counters.timed == 0)
        return std::nullopt;
    return static_cast<double>(counters.timedNs) / static_cast<double>(counters.timed);
}

RuleBoardMaker::RuleBoardMaker(std::vector<RuleFacts> known, std::int64_t fromNs, std::int64_t toNs) : m_known(std::move(known))
{
    m_board.fromNs = fromNs;
    m_board.toNs = toNs;
}

void RuleBoardMaker::onReading(const StoreReader::StoredCounters &reading)
{
    const std::int64_t timeNs = reading.report.timeNs;
    m_board.firstNs = std::min(m_board.firstNs, timeNs);
    m_board.lastNs = std::max(m_board.lastNs, timeNs);
    auto &newest = m_newest[reading.node];
    newest = std::max(newest, {timeNs, reading.streamId});
    for (const wire::RuleCounters &counters : reading.report.rules) {
        const auto [entry, isFirst] = m_tracks[counters.rule].try_emplace({reading.node, reading.streamId});
        Track &track = entry->second;
        if (!isFirst && timeNs > m_board.fromNs) {
            addCounts(track.grown, growthOf(track.last, counters));
            track.isInside = true;
        }
        track.isInside = track.isInside || timeNs > m_board.fromNs;
        track.last = counters;
        track.lastNs = timeNs;
    }
}

bool RuleBoardMaker::isHeard(const StreamKey &stream) const
{
    const auto &[lastNs, streamId] = m_newest.at(stream.first);
    return streamId == stream.second && m_board.toNs - lastNs <= ruleReportAgeNs;
}

/// Streams of one node are one source: an agent that began again goes on where the one before ended.
void RuleBoardMaker::addSources(RuleRow &row, const std::map<StreamKey, Track> &tracks) const
{
    for (const auto &[stream, track] : tracks) {
        if (!track.isInside)
            continue;
        if (row.sources.empty() || row.sources.back().node != stream.first)
            row.sources.push_back({stream.first, {}, false});
        RuleRow::Source &source = row.sources.back();
        source.counters.rule = row.id;
        addCounts(source.counters, track.grown);
        addCounts(row.total, track.grown);
        if (track.lastNs != m_newest.at(stream.first).first || !isHeard(stream))
            continue; // an engine that is no more, or has another file of the rule by now
        source.isHeard = true;
        addGauges(source.counters, track.last);
        addGauges(row.total, track.last);
    }
    std::stable_sort(row.sources.begin(), row.sources.end(),
                     [](const RuleRow::Source &a, const RuleRow::Source &b) { return a.counters.evaluations > b.counters.evaluations; });
}

RuleRow RuleBoardMaker::rowOf(const std::string &id) const
{
    RuleRow row;
    row.id = row.total.rule = id;
    if (const auto known = std::find_if(m_known.begin(), m_known.end(), [&id](const auto &one) { return one.id == id; });
        known != m_known.end())
        row.facts = *known;
    if (const auto tracks = m_tracks.find(id); tracks != m_tracks.end())
        addSources(row, tracks->second);
    return row;
}

RuleBoard RuleBoardMaker::make(const ProofReport &proofs, const VerdictBook &verdicts, SuiteScore suite) const
{
    RuleBoard board = m_board;
    const auto counts = verdicts.countByRule(board.toNs - DetectionProofs::windowNs, board.toNs);
    const auto frequencies = frequenciesOf(proofs, verdicts, board.toNs - DetectionProofs::windowNs, board.toNs);
    std::set<std::string> ids;
    for (const RuleFacts &rule : m_known)
        ids.insert(rule.id);
    for (const auto &[id, tracks] : m_tracks)
        ids.insert(id);
    std::map<std::string, bool> sources; // heard?
    for (const std::string &id : ids) {
        RuleRow row = rowOf(id);
        for (const RuleRow::Source &source : row.sources)
            sources[source.node] |= source.isHeard;
        if (const auto count = counts.find(id); count != counts.end())
            row.verdicts = count->second;
        const auto proof = std::find_if(proofs.rules.begin(), proofs.rules.end(), [&id](const RuleProof &one) { return one.rule == id; });
        if (proof != proofs.rules.end())
            row.proof = *proof;
        if (const auto frequency = frequencies.find(id); frequency != frequencies.end())
            row.frequency = frequency->second;
        if (const auto score = suite.rules.find(id); score != suite.rules.end())
            row.suite = score->second;
        board.rules.push_back(std::move(row));
    }
    board.sources = sources.size();
    board.heard = static_cast<std::size_t>(std::count_if(sources.begin(), sources.end(), [](const auto &one) { return one.second; }));
    board.suite = std::move(suite);
    return board;
}

} // namespace tapio::console
