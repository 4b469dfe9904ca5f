// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/insighttext.h"

#include <QCoreApplication>

#include "console/ui/widgets/format.h"
#include "console/ui/widgets/prooftext.h"

namespace tapio::console {

namespace {

QString tr(const char *text) { return QCoreApplication::translate("tapio::console", text); }
QString text(const std::string &value) { return QString::fromStdString(value); }

/// Foreign text must not become markup, nor break a table's row.
QString markdown(const QString &plain)
{
    QString escaped;
    for (const QChar c : plain) {
        if (QStringLiteral("\\`*_{}[]<>#|").contains(c))
            escaped += QLatin1Char('\\');
        escaped += c == QLatin1Char('\n') || c == QLatin1Char('\r') ? QLatin1Char(' ') : c;
    }
    return escaped;
}

class Report {
public:
    Report(const TimeDisplay &time, InsightFormat format) : m_time(time), m_markdown(format == InsightFormat::Markdown) {}

    void title(const QString &words) { m_lines << (m_markdown ? QStringLiteral("## ") + markdown(words) : words) << QString(); }
    void fact(const QString &name, const QString &value)
    {
        if (value.isEmpty())
            return;
        m_lines << (m_markdown ? QStringLiteral("- %1: %2").arg(name, markdown(value)) : QStringLiteral("%1: %2").arg(name, value));
    }
    void evidence(const QString &heading, const std::vector<std::string> &lines)
    {
        if (lines.empty())
            return;
        m_lines << QString() << (m_markdown ? QStringLiteral("### ") + heading : heading);
        if (m_markdown)
            m_lines << QString() << QStringLiteral("| %1 | %2 | %3 | %4 |").arg(tr("Time"), tr("Step"), tr("Node"), tr("What"))
                    << QStringLiteral("|---|---|---|---|");
        for (const std::string &line : lines)
            m_lines << one(line);
    }
    QString text() const { return m_lines.join(QLatin1Char('\n')) + QLatin1Char('\n'); }

private:
    QString one(const std::string &line) const
    {
        const auto ref = wire::parseEvidence(line);
        if (!ref)
            return m_markdown ? QStringLiteral("|  |  |  | %1 |").arg(markdown(QString::fromStdString(line)))
                              : QStringLiteral("  ") + QString::fromStdString(line);
        QString when = m_time.text(ref->timeNs, TimeStyle::Full);
        if (ref->uncertaintyNs != 0)
            when += QLatin1Char(' ') + uncertaintyText(static_cast<std::int64_t>(ref->uncertaintyNs));
        const QString step = QString::fromStdString(ref->step), node = QString::fromStdString(ref->node),
                      what = QString::fromStdString(ref->text);
        return m_markdown ? QStringLiteral("| %1 | %2 | %3 | %4 |").arg(when, markdown(step), markdown(node), markdown(what))
                          : QStringLiteral("  %1  %2  %3  %4").arg(when, step, node, what);
    }

    const TimeDisplay &m_time;
    bool m_markdown;
    QStringList m_lines;
};

} // namespace

Sign lifeSign(InsightLife life, const Theme &theme)
{
    switch (life) {
    case InsightLife::Open: return {Glyph::Disc, theme.accent.base, tr("open")};
    case InsightLife::Resolved: return {Glyph::Check, theme.meaning.ok, tr("resolved")};
    case InsightLife::Expired: return {Glyph::Ring, theme.text.tertiary, tr("expired")};
    case InsightLife::Abandoned: return {Glyph::BarredCircle, theme.meaning.muted, tr("abandoned")};
    case InsightLife::Unknown: break;
    }
    return {Glyph::DottedRing, theme.text.tertiary, tr("unknown")};
}

Sign verdictSign(const std::optional<Verdict> &verdict, const Theme &theme)
{
    if (!verdict)
        return {Glyph::None, theme.text.tertiary, tr("no verdict")};
    switch (verdict->kind) {
    case VerdictKind::Confirmed: return {Glyph::Check, theme.meaning.ok, tr("confirmed")};
    case VerdictKind::Rejected: return {Glyph::BarredCircle, theme.meaning.acknowledged, tr("rejected")};
    case VerdictKind::Withdrawn: return {Glyph::Ring, theme.text.tertiary, tr("withdrawn")};
    case VerdictKind::Unknown: break;
    }
    return {Glyph::DottedRing, theme.text.tertiary, tr("unknown")};
}

QString rootText(const wire::Insight &insight)
{
    if (insight.root.empty())
        return {};
    const std::string_view kind = wire::entityKindName(insight.rootKind);
    return QString::fromUtf8(kind.data(), static_cast<qsizetype>(kind.size())) + QLatin1Char(' ') + text(insight.root);
}

QString spanText(std::int64_t fromNs, std::int64_t toNs, const TimeDisplay &time, std::int64_t nowNs)
{
    if (fromNs == 0 || toNs == 0)
        return tr("times not known");
    const bool isToday = nowNs != 0 && !spansDays(fromNs, nowNs + 1, time.zone());
    const bool isOneDay = !spansDays(fromNs, toNs + 1, time.zone());
    const TimeStyle end = nowNs == 0 || isToday ? TimeStyle::Second : TimeStyle::Minute;
    const QString from = time.text(fromNs, isToday ? end : withDate(end));
    const QString to = time.textWithZone(toNs, isToday || isOneDay ? end : withDate(end));
    if (time.text(fromNs, withDate(end)) == time.text(toNs, withDate(end)))
        return time.textWithZone(fromNs, isToday ? end : withDate(end));
    return tr("%1 to %2").arg(from, to);
}

QString scoreText(const wire::Insight &insight, const std::optional<RuleFrequency> &frequency)
{
    const QString judged = frequencyText(frequency);
    return frequency ? tr("%1 %; %2").arg(insight.score).arg(judged) : tr("%1 %, %2").arg(insight.score).arg(judged);
}

QString verdictLine(const Verdict &verdict, const TimeDisplay &time)
{
    const QString line =
        tr("%1 by %2 at %3")
            .arg(verdictSign(verdict, Theme()).word, text(verdict.user), time.textWithZone(verdict.timeNs, TimeStyle::DateSecond));
    return verdict.reason.empty() ? line : line + QStringLiteral(": ") + text(verdict.reason);
}

QString insightLine(const InsightRow &row, const TimeDisplay &time)
{
    const wire::Insight &insight = row.view.insight;
    QStringList parts{severitySign(row.view.severity, Theme()).word,
                      lifeSign(row.life, Theme()).word,
                      text(insight.text),
                      rootText(insight),
                      text(insight.rule),
                      spanText(insight.fromNs, insight.toNs, time),
                      tr("evidence: %1").arg(insight.evidenceCount),
                      row.verdict ? verdictLine(*row.verdict, time) : verdictSign(row.verdict, Theme()).word};
    parts.removeAll(QString());
    return parts.join(QStringLiteral(" \u00b7 "));
}

QString insightReport(const InsightRow &row, const std::vector<Verdict> &history, const std::optional<RuleFrequency> &frequency,
                      const TimeDisplay &time, InsightFormat format)
{
    const wire::Insight &insight = row.view.insight;
    Report report(time, format);
    report.title(text(insight.text));
    report.fact(tr("Severity"), severitySign(row.view.severity, Theme()).word);
    report.fact(tr("State"), lifeSign(row.life, Theme()).word);
    report.fact(tr("Rule"), text(insight.rule));
    report.fact(tr("Rule score"), scoreText(insight, frequency));
    report.fact(tr("Root"), rootText(insight));
    report.fact(tr("Evidence"), spanText(insight.fromNs, insight.toNs, time));
    const auto joined = [](const std::vector<std::string> &entities) {
        QStringList all;
        for (const std::string &entity : entities)
            all << text(entity);
        return all.join(QStringLiteral(", "));
    };
    report.fact(tr("Affects"), joined(insight.affected));
    report.fact(tr("Owners"), joined(insight.owners));
    report.fact(tr("Found by the agent of"), text(row.view.node));
    report.fact(tr("Insight"), text(insightIdText(insight.id)));
    for (auto verdict = history.rbegin(); verdict != history.rend(); ++verdict)
        report.fact(verdict == history.rbegin() ? tr("Verdict") : tr("Before"), verdictLine(*verdict, time));
    if (history.empty())
        report.fact(tr("Verdict"), tr("none"));
    report.evidence(insight.evidence.size() < insight.evidenceCount
                        ? tr("Chain: %1 of %2").arg(insight.evidence.size()).arg(insight.evidenceCount)
                        : tr("Chain"),
                    insight.evidence);
    report.evidence(tr("Speaks against it"), insight.contradicting);
    report.fact(tr("Would settle it"), text(insight.settle));
    report.fact(tr("Runbook step"), text(insight.runbook));
    return report.text();
}

} // namespace tapio::console
