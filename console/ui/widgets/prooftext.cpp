// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/prooftext.h"

#include <QCoreApplication>

#include <algorithm>

#include "console/ui/widgets/format.h"

namespace tapio::console {

namespace {

struct ProofText {
    Q_DECLARE_TR_FUNCTIONS(tapio::console::ProofText)
};

} // namespace

QString proofMomentText(const ProofMoment &moment, const TimeDisplay &time)
{
    if (moment.timeNs == 0)
        return ProofText::tr("never");
    const QString node = QString::fromStdString(moment.node), drill = QString::fromStdString(moment.drill);
    const QString when = time.textWithZone(moment.timeNs, TimeStyle::DateSecond);
    return moment.leadNs == 0 ? ProofText::tr("%1, %2, drill %3").arg(node, when, drill)
                              : ProofText::tr("%1, %2, drill %3, after %4").arg(node, when, drill, durationText(moment.leadNs));
}

ProofState proofOf(const OverviewSnapshot &overview, const std::string &rule)
{
    const auto *view = std::get_if<IntervalView>(&overview.panels[static_cast<std::size_t>(PanelId::CorrelationAccuracy)].view);
    if (view == nullptr)
        return {};
    const auto found = std::ranges::find_if(view->rules, [&rule](const RuleProofRow &row) { return row.interval.key == rule; });
    const auto known = view->calibrated.find(rule);
    return {true, found == view->rules.end() ? std::nullopt : std::optional(*found),
            known == view->calibrated.end() ? std::nullopt : std::optional(known->second)};
}

QString frequencyText(const std::optional<RuleFrequency> &frequency)
{
    if (!frequency)
        return ProofText::tr("not calibrated");
    const QString times = ProofText::tr("right %1 of %2 times (%3 to %4 %)")
                              .arg(frequency->right)
                              .arg(frequency->of)
                              .arg(qRound(frequency->low * 100))
                              .arg(qRound(frequency->high * 100));
    return frequency->isByOperators ? ProofText::tr("%1, as operators judged").arg(times) : ProofText::tr("%1, by drills").arg(times);
}

QString proofSentence(const ProofState &proof, const TimeDisplay &time)
{
    if (!proof.isKnown)
        return ProofText::tr("not known yet");
    if (!proof.row)
        return ProofText::tr("no drill of the last 30 days tried this rule");
    return ProofText::tr("last proved: %1 \u00b7 last missed: %2 \u00b7 last false alarm: %3")
        .arg(proofMomentText(proof.row->found, time), proofMomentText(proof.row->missed, time), proofMomentText(proof.row->wrong, time));
}

} // namespace tapio::console
