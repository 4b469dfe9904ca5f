// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/panelheader.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

#include "console/ui/widgets/paneltext.h"
#include "console/ui/widgets/tabular.h"

namespace tapio::console {

namespace {

bool isSevere(const std::string &severity) { return severity == "P1" || severity == "critical" || severity == "error"; }

/// "0.41 % lost", or the count where the number seen is not known.
std::optional<PanelHeader::PanelChip> lossChip(const PanelSnapshot &panel, const Theme &theme)
{
    const auto total = lossTotal(panel);
    if (!total)
        return std::nullopt;
    const Computation &computation = panel.computation;
    const std::optional<double> counted = computation.completeness ? std::optional(100 - *computation.completeness) : total->percent();
    const std::optional<double> percent = computation.lost ? computation.lost : counted;
    const QString share = percent ? quantity(*percent, Unit::Percent).text() : exactCount(total->lost);
    // The word once, where the events are counted; elsewhere the sign reminds that the figure misses some.
    const QString text = panel.id == PanelId::EventsProcessed ? PanelHeader::tr("%1 lost").arg(share) : share;
    QString explanation = PanelHeader::tr("%1 events were lost in this range").arg(exactCount(total->lost));
    const auto worst = std::ranges::max_element(panel.losses, {}, &LossBand::lost);
    explanation += PanelHeader::tr(", most of them on %1 %2").arg(QString::fromStdString(worst->node), PanelText::lossCause(worst->cause));
    return PanelHeader::PanelChip{{text, theme.meaning.p1, Glyph::None, false, true}, explanation};
}

std::optional<PanelHeader::PanelChip> stateChip(const PanelSnapshot &panel, const Theme &theme)
{
    switch (panel.state) {
    case PanelState::Stale: {
        const QString age = ageText(panel.toNs - panel.asOfNs);
        return PanelHeader::PanelChip{{PanelHeader::tr("stale %1").arg(age), theme.meaning.pending, Glyph::QuarterDisc},
                                      PanelHeader::tr("The newest reading is %1 old").arg(age)};
    }
    case PanelState::Partial:
        return PanelHeader::PanelChip{{PanelHeader::tr("partial"), theme.meaning.muted, Glyph::BarredCircle},
                                      PanelHeader::tr("Without: %1").arg(PanelText::without(panel).join(QStringLiteral(", ")))};
    case PanelState::Failed:
        return PanelHeader::PanelChip{{PanelHeader::tr("failed"), theme.meaning.p1, Glyph::Triangle}, QString::fromStdString(panel.detail)};
    default: return std::nullopt;
    }
}

const Breach *headlineBreach(const PanelSnapshot &panel)
{
    const auto found = std::ranges::find(panel.breaches, true, &Breach::headline);
    return found == panel.breaches.end() ? nullptr : &*found;
}

/// Which threshold is past and whose, in a word; all of them in the explanation.
PanelHeader::PanelChip breachChip(const PanelSnapshot &panel, const Theme &theme)
{
    const Breach *own = headlineBreach(panel);
    const Breach &first = own ? *own : panel.breaches.front();
    QString word = own && first.threshold.kind == ThresholdKind::ScaleUp ? PanelHeader::tr("scale up")
                   : own                                                 ? PanelHeader::tr("past its bound")
                   : first.key == "disk" ? PanelHeader::tr("disk %1").arg(quantity(first.value, first.threshold.unit).text())
                                         : PanelHeader::tr("%1 past the bound").arg(panel.breaches.size());
    QStringList lines;
    for (const Breach &breach : panel.breaches)
        lines << PanelText::breach(breach);
    return {{word, theme.meaning.p2, Glyph::Triangle}, lines.join(QLatin1Char('\n'))};
}

/// Agents that are late, and those of which it is known that they went.
std::optional<PanelHeader::PanelChip> awayChip(const CoverageView &coverage, const Theme &theme)
{
    const auto silent = std::ranges::count(coverage.cells, NodeCell::State::Silent, &NodeCell::state);
    const auto gone = std::ranges::count(coverage.cells, NodeCell::State::Gone, &NodeCell::state);
    if (silent + gone == 0)
        return std::nullopt;
    const QString word = gone == 0     ? PanelHeader::tr("%1 silent").arg(silent)
                         : silent == 0 ? PanelHeader::tr("%1 gone").arg(gone)
                                       : PanelHeader::tr("%1 silent or gone").arg(silent + gone);
    return PanelHeader::PanelChip{{word, theme.meaning.pending, Glyph::QuarterDisc},
                                  gone == 0 ? PanelHeader::tr("No heartbeat for 30 s or more")
                                            : PanelHeader::tr("Gone: its link was ended")};
}

/// What the panel's own figure says about itself, beyond its value.
std::optional<PanelHeader::PanelChip> meaningChip(const PanelSnapshot &panel, const Theme &theme)
{
    if (const auto *pods = std::get_if<PodStatusView>(&panel.view); pods && !pods->worst.empty()) {
        const std::string &worst = pods->worst.front().title;
        const auto count = std::ranges::count(pods->worst, worst, &GroupRow::title);
        return PanelHeader::PanelChip{
            {QStringLiteral("%1 %2").arg(count).arg(PanelText::podState(worst).toLower()), theme.meaning.p1, Glyph::Triangle}, QString()};
    }
    if (const auto *coverage = std::get_if<CoverageView>(&panel.view)) {
        if (auto away = awayChip(*coverage, theme))
            return away;
    }
    if (!panel.breaches.empty())
        return breachChip(panel, theme);
    if (!panel.pending.empty()) {
        QStringList lines;
        for (const Breach &pending : panel.pending)
            lines << PanelText::pending(pending);
        return PanelHeader::PanelChip{{PanelHeader::tr("pending"), theme.meaning.pending, Glyph::QuarterDisc},
                                      lines.join(QLatin1Char('\n'))};
    }
    for (const ThresholdCheck &check : panel.checks)
        if (check.held && check.threshold.kind == ThresholdKind::ScaleUp)
            return PanelHeader::PanelChip{{PanelHeader::tr("scale up"), theme.meaning.pending, Glyph::QuarterDisc},
                                          PanelText::thresholdSentence(check.threshold)};
    if (!panel.pastThreshold)
        return std::nullopt;
    for (const Threshold &threshold : panel.thresholds) { // the alert that may have tripped comes first
        const QString word = threshold.kind == ThresholdKind::ScaleUp     ? PanelHeader::tr("scale up")
                             : threshold.kind == ThresholdKind::ScaleDown ? PanelHeader::tr("scale down")
                                                                          : PanelHeader::tr("past its bound");
        return PanelHeader::PanelChip{{word, theme.meaning.p2, Glyph::Triangle}, PanelText::thresholdSentence(threshold)};
    }
    return PanelHeader::PanelChip{{PanelHeader::tr("past its bound"), theme.meaning.p2, Glyph::Triangle}, QString()};
}

/// How many insights are open about what the panel shows.
std::optional<PanelHeader::PanelChip> insightsChip(const PanelSnapshot &panel, const Theme &theme)
{
    if (panel.insights.empty())
        return std::nullopt;
    std::uint64_t open = 0;
    QStringList lines;
    for (const GroupRow &row : panel.insights) {
        open += row.open;
        lines << QStringLiteral("%1: %2 (%3)")
                     .arg(QString::fromStdString(row.title), exactCount(row.open), QString::fromStdString(row.severity));
    }
    const bool severe = std::ranges::any_of(panel.insights, isSevere, &GroupRow::severity);
    lines << PanelHeader::tr("Click to see them; I, where the panel has the keyboard");
    return PanelHeader::PanelChip{{PanelHeader::tr("%n insight(s)", nullptr, static_cast<int>(std::min<std::uint64_t>(open, 1'000'000))),
                                   severe ? theme.meaning.p1 : theme.meaning.p3, severe ? Glyph::Triangle : Glyph::Diamond},
                                  lines.join(QLatin1Char('\n')),
                                  true};
}

std::optional<QColor> edgeColor(const PanelSnapshot &panel, const Theme &theme)
{
    if (panel.state == PanelState::Failed)
        return theme.meaning.p1;
    if (const auto *pods = std::get_if<PodStatusView>(&panel.view); pods && !pods->worst.empty())
        return theme.meaning.p1;
    if (const auto *groups = std::get_if<GroupsView>(&panel.view); groups && !groups->rows.empty())
        return std::ranges::any_of(groups->rows, isSevere, &GroupRow::severity) ? theme.meaning.p1 : theme.meaning.p3;
    if (std::ranges::any_of(panel.insights, isSevere, &GroupRow::severity))
        return theme.meaning.p1;
    if (panel.pastThreshold)
        return theme.meaning.p2;
    if (!panel.insights.empty())
        return theme.meaning.p3;
    if (const auto *coverage = std::get_if<CoverageView>(&panel.view))
        if (std::ranges::any_of(coverage->cells, [](const NodeCell &cell) { return cell.state != NodeCell::State::Full; }))
            return theme.meaning.pending;
    if (panel.state == PanelState::Stale || !panel.pending.empty())
        return theme.meaning.pending;
    return std::nullopt;
}

} // namespace

PanelHeader panelHeader(const PanelSnapshot &panel, const Theme &theme)
{
    PanelHeader header;
    header.title = PanelText::title(panel.id);
    header.valueColor = theme.text.primary;
    if (const auto head = PanelText::headline(panel)) {
        header.value = head->value.value;
        header.unit = QStringList({head->value.unit, head->qualifier}).join(QLatin1Char(' ')).trimmed();
        header.facts = PanelText::sideFacts(panel);
        // Only by its own threshold: somebody else's does not make this figure a bad one.
        const bool own = headlineBreach(panel) || (panel.pastThreshold && panel.breaches.empty());
        if (own && std::holds_alternative<std::monostate>(panel.view))
            header.valueColor = theme.meaning.p2;
    } else {
        header.figure = false;
        header.facts = PanelText::sideFacts(panel);
        header.value = panel.state == PanelState::Loading  ? PanelHeader::tr("Reading\u2026")
                       : panel.state == PanelState::Failed ? PanelHeader::tr("Failed")
                                                           : PanelHeader::tr("No data");
        header.valueColor = panel.state == PanelState::Failed ? theme.meaning.p1 : theme.text.tertiary;
    }
    for (const auto &chip : {lossChip(panel, theme), meaningChip(panel, theme), stateChip(panel, theme), insightsChip(panel, theme)})
        if (chip && (header.figure || panel.state != PanelState::Failed))
            header.chips.push_back(*chip);
    header.edge = edgeColor(panel, theme);
    return header;
}

int panelHeaderHeight(const Theme &theme) { return theme.px(theme.compact() ? 50 : theme.density == Density::Presenter ? 116 : 84); }

PanelHeaderLayout layoutPanelHeader(const PanelHeader &header, const Theme &theme, double width, double right)
{
    PanelHeaderLayout layout;
    const bool compact = theme.compact();
    layout.titleFont = theme.font(FontRole::PanelTitle);
    layout.valueFont = theme.font(header.figure ? (compact ? FontRole::ValueCompact : FontRole::ValueLarge)
                                                : (compact ? FontRole::PageTitle : FontRole::Headline));
    layout.unitFont = theme.font(FontRole::Body, QFont::Medium);
    layout.factFont = theme.font(FontRole::Label, QFont::Medium);
    const QFontMetricsF title(layout.titleFont);
    const QFontMetricsF value(layout.valueFont);
    const QFontMetricsF unit(layout.unitFont);
    const QFontMetricsF fact(layout.factFont);
    const double left = theme.px(12);
    const double titleMiddle = theme.px(compact ? 15 : 20) * (theme.density == Density::Presenter ? 1.3 : 1);

    double chipsLeft = right;
    const double titleWidth = title.horizontalAdvance(header.title);
    for (std::size_t i = 0; i < header.chips.size(); ++i) {
        // The first may shorten the title; the others shrink to their sign, or go.
        const double least = left + (i == 0 ? std::min(titleWidth, width * 0.3) : titleWidth) + theme.px(6);
        Chip chip = header.chips[i].chip;
        QSizeF size = chipSize(chip, theme);
        if (chipsLeft - theme.px(6) - size.width() < least && chip.glyph != Glyph::None) {
            chip.text.clear();
            size = chipSize(chip, theme);
        }
        if (chipsLeft - theme.px(6) - size.width() < least)
            break;
        chipsLeft -= theme.px(6) + size.width();
        layout.chips.push_back({QRectF(QPointF(chipsLeft, titleMiddle - size.height() / 2), size), chip});
    }
    layout.title = QRectF(left, titleMiddle - title.height() / 2, std::max(0., chipsLeft - theme.px(8) - left), title.height());
    layout.titleText = title.elidedText(header.title, Qt::ElideRight, layout.title.width());

    // Value, unit and facts stand on one base line.
    const double base = panelHeaderHeight(theme) - theme.px(compact ? 7 : 22);
    const double valueWidth = tabularWidth(value, header.value);
    layout.value = QRectF(left, base - value.ascent(), valueWidth, value.height());
    const double unitLeft = layout.value.right() + theme.px(compact ? 5 : 7);
    const double unitWidth = header.unit.isEmpty() ? 0 : tabularWidth(unit, header.unit);
    layout.unit = QRectF(unitLeft, base - unit.ascent(), unitWidth, unit.height());
    const double room = width - theme.px(12) - layout.unit.right() - theme.px(10);
    for (const QString &each : header.facts) {
        const QString longer = layout.factsText.isEmpty() ? each : layout.factsText + QStringLiteral(" \u00b7 ") + each;
        if (tabularWidth(fact, longer) > room)
            break;
        layout.factsText = longer;
    }
    const double factsWidth = tabularWidth(fact, layout.factsText);
    layout.facts = QRectF(width - theme.px(12) - factsWidth, base - fact.ascent(), factsWidth, fact.height());
    return layout;
}

void paintPanelHeader(QPainter &painter, const PanelHeader &header, const PanelHeaderLayout &layout, const Theme &theme)
{
    painter.setFont(layout.titleFont);
    painter.setPen(theme.text.secondary);
    painter.drawText(layout.title, Qt::AlignLeft | Qt::AlignVCenter, layout.titleText);
    for (std::size_t i = 0; i < layout.chips.size(); ++i)
        drawChip(painter, {layout.chips[i].area.left(), layout.chips[i].area.center().y()}, layout.chips[i].chip, theme);
    painter.setFont(layout.valueFont);
    painter.setPen(header.valueColor);
    drawTabular(painter, layout.value, Qt::AlignLeft, header.value);
    painter.setPen(theme.text.tertiary);
    painter.setFont(layout.unitFont);
    drawTabular(painter, layout.unit, Qt::AlignLeft, header.unit);
    painter.setFont(layout.factFont);
    painter.setPen(theme.text.secondary);
    drawTabular(painter, layout.facts, Qt::AlignLeft, layout.factsText);
}

} // namespace tapio::console
