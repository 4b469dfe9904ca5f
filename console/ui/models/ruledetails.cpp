// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/ruledetails.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

#include "console/ui/models/rulesmodel.h"
#include "console/ui/widgets/format.h"
#include "console/ui/widgets/prooftext.h"

namespace tapio::console {

namespace {

constexpr std::size_t mostSources = 50;

QString tr(const char *text) { return QCoreApplication::translate("tapio::console", text); }

QString text(const std::string &value) { return QString::fromStdString(value); }

QString roleText(RuleFacts::Role role)
{
    switch (role) {
    case RuleFacts::Role::Required: return tr("needed");
    case RuleFacts::Role::Either: return tr("needed, or another of these");
    case RuleFacts::Role::Supporting: return tr("supports it");
    case RuleFacts::Role::Contradicting: return tr("speaks against it");
    case RuleFacts::Role::Ending: return tr("ends it");
    }
    return {};
}

DetailSection ruleSection(const RuleFacts &facts)
{
    DetailSection section{tr("The rule, as this console knows it"), {}};
    section.rows.push_back({tr("Says"), text(facts.summary), false, {}});
    section.rows.push_back({tr("Severity"), signOf({SignValue::Kind::Severity, static_cast<int>(facts.severity)}, Theme()).word, false,
                            SignValue{SignValue::Kind::Severity, static_cast<int>(facts.severity)}});
    for (const RuleFacts::Step &step : facts.steps) {
        const QString count = step.count > 1 ? tr("%1 times within %2").arg(step.count).arg(durationText(step.windowNs))
                                             : tr("within %1").arg(durationText(step.windowNs));
        section.rows.push_back({text(step.name), tr("%1, %2 (%3)").arg(text(step.topic), count, roleText(step.role)), false, {}});
    }
    section.rows.push_back({tr("Is over after"), durationText(facts.lifetimeNs), false, {}});
    section.rows.push_back({tr("Cooldown"), durationText(facts.cooldownNs), false, {}});
    section.rows.push_back({tr("What would settle it"), text(facts.settle), false, {}});
    section.rows.push_back({tr("Runbook step"), text(facts.runbook), false, {}});
    return section;
}

DetailSection proofSection(const RuleRow &row, const SuiteScore &suite, const TimeDisplay &time)
{
    DetailSection section{tr("How right it was"), {}};
    section.rows.push_back({tr("Frequency"), frequencyText(row.frequency), false, {}});
    section.rows.push_back({tr("Verdicts, 30 days"),
                            row.verdicts.confirmed + row.verdicts.rejected == 0
                                ? tr("none")
                                : tr("%1 confirmed, %2 rejected").arg(row.verdicts.confirmed).arg(row.verdicts.rejected),
                            false,
                            {}});
    if (row.proof) {
        const replay::Counts &counts = row.proof->counts;
        section.rows.push_back(
            {tr("Drills, 30 days"), tr("%1 found, %2 missed, %3 false").arg(counts.tp).arg(counts.fn).arg(counts.fp), false, {}});
        if (row.proof->found)
            section.rows.push_back(
                {tr("Last proved"),
                 tr("%1, %2, drill %3, after %4")
                     .arg(text(row.proof->found->verdict.node), time.textWithZone(row.proof->found->verdict.timeNs, TimeStyle::DateSecond),
                          text(row.proof->found->drill), durationText(row.proof->found->verdict.leadNs)),
                 false,
                 {}});
    } else {
        section.rows.push_back({tr("Drills, 30 days"), tr("no drill tried this rule"), false, {}});
    }
    if (row.suite) {
        const std::uint64_t floor = replay::floorOfRule;
        section.rows.push_back({tr("Recordings: accuracy"), shareText(replay::accuracyOf(*row.suite, floor), floor), false, {}});
        section.rows.push_back({tr("Recordings: precision"), shareText(replay::precisionOf(*row.suite, floor), floor), false, {}});
        section.rows.push_back({tr("Recordings: recall"), shareText(replay::recallOf(*row.suite, floor), floor), false, {}});
    } else {
        section.rows.push_back({tr("Recordings"),
                                !suite.failure.empty()  ? tr("not scored: %1").arg(text(suite.failure))
                                : suite.recordings == 0 ? tr("still being scored")
                                                        : tr("none has what this rule needs: what a server knows of its links"),
                                false,
                                {}});
    }
    return section;
}

QString sourceText(const RuleRow::Source &source)
{
    const wire::RuleCounters &counts = source.counters;
    QString line = tr("%1 evaluations, %2 taken, %3 opened")
                       .arg(exactCount(counts.evaluations), exactCount(counts.evidence), exactCount(counts.opened));
    if (source.isHeard && counts.open > 0)
        line += tr(", %1 open").arg(exactCount(counts.open));
    if (counts.evicted > 0)
        line += tr(", %1 forgotten").arg(exactCount(counts.evicted));
    if (const auto each = evaluationNs(counts))
        line += tr(", %1 each").arg(durationText(std::llround(*each)));
    return source.isHeard ? line : tr("%1; not heard now").arg(line);
}

DetailSection sourceSection(const RuleRow &row)
{
    DetailSection section{tr("On each node, in this range"), {}};
    for (std::size_t i = 0; i < std::min(row.sources.size(), mostSources); ++i)
        section.rows.push_back({text(row.sources[i].node), sourceText(row.sources[i]), false, {}});
    if (row.sources.size() > mostSources)
        section.rows.push_back({tr("Others"), tr("%1 more, which evaluated less").arg(row.sources.size() - mostSources), false, {}});
    if (row.sources.empty())
        section.rows.push_back({tr("None"), tr("no engine told of this rule in this range"), false, {}});
    return section;
}

} // namespace

std::vector<DetailSection> ruleDetails(const RuleRow &row, const SuiteScore &suite, const TimeDisplay &time)
{
    std::vector<DetailSection> sections;
    if (row.facts)
        sections.push_back(ruleSection(*row.facts));
    sections.push_back(proofSection(row, suite, time));
    sections.push_back(sourceSection(row));
    return sections;
}

} // namespace tapio::console
