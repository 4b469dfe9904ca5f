// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include "console/core/metrics/rulefrequency.h"
#include "console/ui/models/insightsmodel.h"
#include "console/ui/widgets/glyphs.h"
#include "protocol/wire/evidence.h"

/// Insights in words. What rules and operators wrote is data and stays as it is; all else is translated.
namespace tapio::console {

Sign lifeSign(InsightLife life, const Theme &theme);
/// Of no verdict too.
Sign verdictSign(const std::optional<Verdict> &verdict, const Theme &theme);
/// "pod shop/web"; empty when there is none.
QString rootText(const wire::Insight &insight);
/// "14:20:51 to 14:22:03 UTC" when both are of the day of `nowNs`, else with dates and to the minute; with `nowNs` 0 always with dates and
/// seconds. "times not known" without a time.
QString spanText(std::int64_t fromNs, std::int64_t toNs, const TimeDisplay &time, std::int64_t nowNs = 0);
/// "94 %, not calibrated": a score says nothing of how often the rule is right. "94 %; right 12 of 13 times ...": what does.
QString scoreText(const wire::Insight &insight, const std::optional<RuleFrequency> &frequency);
/// Everything that the list shows of it in one line, for a tooltip and a screen reader.
QString insightLine(const InsightRow &row, const TimeDisplay &time);
/// "confirmed by kim at 14:20:51 UTC: seen in the log".
QString verdictLine(const Verdict &verdict, const TimeDisplay &time);

enum class InsightFormat { Text, Markdown };
/// The whole insight for a message or a post-mortem: sentence, facts, chain, what speaks against it, verdicts.
QString insightReport(const InsightRow &row, const std::vector<Verdict> &history, const std::optional<RuleFrequency> &frequency,
                      const TimeDisplay &time, InsightFormat format);

} // namespace tapio::console
