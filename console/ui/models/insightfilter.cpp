// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/insightfilter.h"

#include <QStringList>

#include <algorithm>

namespace tapio::console {

namespace {

bool has(const std::string &text, const QString &part) { return QString::fromStdString(text).contains(part, Qt::CaseInsensitive); }

bool hasAny(const std::vector<std::string> &texts, const QString &part)
{
    return std::any_of(texts.begin(), texts.end(), [&part](const std::string &text) { return has(text, part); });
}

} // namespace

bool InsightFilter::wants(const InsightView &view, InsightLife life, const Verdict *verdict) const
{
    const wire::Insight &insight = view.insight;
    if (state != State::Any && (life == InsightLife::Open) != (state == State::Open))
        return false;
    if (view.severity < minSeverity || !isLetThrough(judged, verdict))
        return false;
    if (!rule.isEmpty() && !rule.split(QLatin1Char(',')).contains(QString::fromStdString(insight.rule)))
        return false;
    const QString part = text.trimmed();
    return part.isEmpty() || has(insight.text, part) || has(insight.root, part) || has(insight.rule, part)
           || has(insightIdText(insight.id), part) || hasAny(insight.affected, part) || hasAny(insight.owners, part)
           || hasAny(insight.evidence, part) || hasAny(insight.contradicting, part);
}

} // namespace tapio::console
