// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/figurepainter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "console/ui/widgets/chip.h"
#include "console/ui/widgets/glyphs.h"
#include "console/ui/widgets/paneltext.h"
#include "console/ui/widgets/tabular.h"

namespace tapio::console {

namespace {

constexpr std::size_t maxCells = 200;
constexpr int maxMissingLines = 8;

struct StateInk {
    Glyph glyph;
    QColor color;
};

StateInk podInk(const std::string &state, const Theme &theme)
{
    if (state == "running" || state == "ready")
        return {Glyph::Disc, theme.meaning.ok};
    if (state == "crash-loop")
        return {Glyph::Triangle, theme.meaning.p1};
    if (state == "error" || state == "evicted" || state == "image-pull")
        return {Glyph::Square, theme.meaning.p1};
    if (state == "oom-killed")
        return {Glyph::Square, theme.meaning.p2};
    if (state == "pending" || state == "not-ready" || state == "terminating")
        return {Glyph::Diamond, theme.meaning.pending};
    if (state == "restarted")
        return {Glyph::DimDiscWithRing, theme.meaning.p4};
    if (state == "ended")
        return {Glyph::Ring, theme.meaning.muted};
    return {Glyph::BarredCircle, theme.meaning.muted};
}

/// The worst first, then what is well.
int podRank(const std::string &state)
{
    static constexpr std::array<std::string_view, 13> order{"ready",       "running", "restarted",  "crash-loop", "error",
                                                            "oom-killed",  "evicted", "image-pull", "not-ready",  "pending",
                                                            "terminating", "unknown", "ended"};
    return static_cast<int>(std::ranges::find(order, std::string_view(state)) - order.begin());
}

StateInk severityInk(const std::string &severity, const Theme &theme)
{
    if (severity == "P1" || severity == "critical")
        return {Glyph::Triangle, theme.meaning.p1};
    if (severity == "P2" || severity == "error")
        return {Glyph::Triangle, theme.meaning.p2};
    if (severity == "P3" || severity == "warning")
        return {Glyph::Diamond, theme.meaning.p3};
    return {Glyph::Disc, theme.meaning.p4};
}

std::vector<Counted> sortedStates(const PodStatusView &view)
{
    std::vector<Counted> states = view.states;
    std::erase_if(states, [](const Counted &each) { return each.count == 0; });
    std::ranges::stable_sort(states, {}, [](const Counted &each) { return podRank(each.key); });
    return states;
}

QString percentText(double value) { return quantity(value, Unit::Percent).value; }

} // namespace

double FigurePainter::line() const
{
    return std::ceil(QFontMetricsF(m_theme.font(FontRole::Label)).height()) + m_theme.px(m_theme.compact() ? 3 : 6);
}

void FigurePainter::text(const QRectF &rect, Qt::Alignment alignment, const QString &text, FontRole role, const QColor &color, int weight)
{
    m_painter.setFont(weight < 0 ? m_theme.font(role) : m_theme.font(role, static_cast<QFont::Weight>(weight)));
    m_painter.setPen(color);
    const QFontMetricsF metrics(m_painter.font());
    const bool mono = role == FontRole::Mono;
    const QString shown = tabularWidth(metrics, text) <= rect.width() + 0.5
                              ? text
                              : metrics.elidedText(text, mono ? Qt::ElideMiddle : Qt::ElideRight, rect.width());
    drawTabular(m_painter, rect, alignment | Qt::AlignVCenter, shown);
}

void FigurePainter::paint(const QRectF &area, const PanelSnapshot &panel)
{
    if (const auto *ofPods = std::get_if<PodStatusView>(&panel.view))
        pods(area, *ofPods, panel.toNs);
    else if (const auto *ofNodes = std::get_if<CoverageView>(&panel.view))
        coverage(area, *ofNodes);
    else if (const auto *estimates = std::get_if<IntervalView>(&panel.view))
        intervals(area, *estimates, panel);
    else if (const auto *open = std::get_if<GroupsView>(&panel.view))
        groups(area, *open, panel.toNs);
}

void FigurePainter::pods(const QRectF &area, const PodStatusView &view, std::int64_t nowNs)
{
    double top = area.top() + podBar(area, view) + m_theme.px(m_theme.compact() ? 6 : 14);
    top += podCounts(QRectF(area.left(), top, area.width(), area.bottom() - top), view) + m_theme.px(m_theme.compact() ? 3 : 8);
    podRows(QRectF(area.left(), top, area.width(), area.bottom() - top), view, nowNs);
}

double FigurePainter::podBar(const QRectF &area, const PodStatusView &view)
{
    const double height = m_theme.px(m_theme.compact() ? 9 : 12);
    const std::vector<Counted> states = sortedStates(view);
    double total = 0;
    for (const Counted &each : states)
        total += static_cast<double>(each.count);
    if (total <= 0)
        return height;
    // Every state gets at least 8 px, or the one crashing pod of a thousand would not show.
    const double least = m_theme.px(8);
    const double gap = 2;
    const double room = area.width() - gap * static_cast<double>(states.size() - 1) - least * static_cast<double>(states.size());
    m_painter.setRenderHint(QPainter::Antialiasing);
    double left = area.left();
    for (const Counted &each : states) {
        const double width = least + std::max(0., room) * static_cast<double>(each.count) / total;
        const QRectF rect(left, area.top(), width, height);
        m_painter.setPen(Qt::NoPen);
        QColor fill = podInk(each.key, m_theme).color;
        if (each.key == "unknown") {
            drawHatch(m_painter, rect, Qt::transparent, fill);
        } else {
            fill.setAlphaF(0.85F);
            m_painter.setBrush(fill);
            m_painter.drawRoundedRect(rect, 2, 2);
        }
        m_spot(rect, QStringLiteral("%1: %2").arg(PanelText::podCount(each.key), exactCount(each.count)));
        left += width + gap;
    }
    return height;
}

double FigurePainter::podCounts(const QRectF &area, const PodStatusView &view)
{
    const std::vector<Counted> states = sortedStates(view);
    const double column = (area.width() - m_theme.px(16)) / 2;
    const double height = line();
    std::size_t rows = (states.size() + 1) / 2;
    rows = std::min(rows, static_cast<std::size_t>(std::max(0., area.height() / height)));
    for (std::size_t i = 0; i < std::min(states.size(), rows * 2); ++i) {
        const std::size_t row = i / 2;
        const QRectF rect(area.left() + (i % 2 == 1 ? column + m_theme.px(16) : 0), area.top() + static_cast<double>(row) * height, column,
                          height);
        const StateInk ink = podInk(states[i].key, m_theme);
        const double side = m_theme.px(8);
        drawGlyph(m_painter, QRectF(rect.left(), rect.center().y() - side / 2, side, side), ink.glyph, ink.color);
        const QString count = exactCount(states[i].count);
        m_painter.setFont(m_theme.font(FontRole::Label, QFont::DemiBold));
        const double countWidth = tabularWidth(QFontMetricsF(m_painter.font()), count);
        text(rect, Qt::AlignRight, count, FontRole::Label, m_theme.text.primary, QFont::DemiBold);
        text(rect.adjusted(m_theme.px(16), 0, -countWidth - m_theme.px(6), 0), Qt::AlignLeft, PanelText::podCount(states[i].key),
             FontRole::Label, m_theme.text.secondary);
    }
    return static_cast<double>(rows) * height;
}

void FigurePainter::podRows(const QRectF &area, const PodStatusView &view, std::int64_t nowNs)
{
    const double height = line();
    const auto rows = static_cast<std::size_t>(std::max(0., std::floor(area.height() / height)));
    if (rows == 0 || view.worst.empty())
        return;
    m_painter.fillRect(QRectF(area.left(), area.top(), area.width(), 1), m_theme.border.subtle);
    const bool all = view.worst.size() <= rows;
    const std::size_t shown = all ? view.worst.size() : rows;
    for (std::size_t i = 0; i < shown; ++i) {
        const GroupRow &row = view.worst[i];
        const QRectF rect(area.left(), area.top() + 2 + static_cast<double>(i) * height, area.width(), height);
        QString state = PanelText::podState(row.title);
        if (row.sinceNs > 0)
            state += QLatin1Char(' ') + ageText(nowNs - row.sinceNs);
        if (!all && i + 1 == shown)
            state += QStringLiteral(" \u00b7 ") + tr("+ %1 more").arg(view.worst.size() - shown);
        m_painter.setFont(m_theme.font(FontRole::Label));
        const double stateWidth = tabularWidth(QFontMetricsF(m_painter.font()), state);
        text(rect, Qt::AlignRight, state, FontRole::Label, m_theme.text.secondary);
        text(rect.adjusted(0, 0, -stateWidth - m_theme.px(8), 0), Qt::AlignLeft, QString::fromStdString(row.entity), FontRole::Mono,
             m_theme.text.primary);
        m_spot(rect, QStringLiteral("%1: %2").arg(QString::fromStdString(row.entity), PanelText::podState(row.title)));
    }
}

void FigurePainter::cell(const QRectF &rect, const NodeCell &cell)
{
    const double radius = std::min(3., rect.width() / 4);
    m_painter.setRenderHint(QPainter::Antialiasing);
    QColor color;
    switch (cell.state) {
    case NodeCell::State::Full:
        color = m_theme.meaning.ok;
        color.setAlphaF(0.8F);
        m_painter.setPen(Qt::NoPen);
        m_painter.setBrush(color);
        m_painter.drawRoundedRect(rect, radius, radius);
        break;
    case NodeCell::State::Partial: { // filled as far as its hooks are attached
        const double share = cell.hooksWanted > 0 ? std::clamp(static_cast<double>(cell.hooksActive) / cell.hooksWanted, 0.15, 0.85) : 0.15;
        color = m_theme.meaning.pending;
        m_painter.setPen(Qt::NoPen);
        m_painter.setBrush(color);
        m_painter.drawRoundedRect(QRectF(rect.left(), rect.bottom() - rect.height() * share, rect.width(), rect.height() * share), radius,
                                  radius);
        m_painter.setPen(QPen(color, 1));
        m_painter.setBrush(Qt::NoBrush);
        m_painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius);
        break;
    }
    case NodeCell::State::Silent:
        drawHatch(m_painter, rect.adjusted(1, 1, -1, -1), m_theme.lossFill, m_theme.meaning.p1);
        m_painter.setPen(QPen(m_theme.meaning.p1, 1));
        m_painter.setBrush(Qt::NoBrush);
        m_painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius);
        break;
    case NodeCell::State::Gone:
        m_painter.setPen(QPen(m_theme.meaning.muted, 1, Qt::DotLine));
        m_painter.setBrush(Qt::NoBrush);
        m_painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius);
        break;
    }
    QString explanation = tr("%1: %2, %3 of %4 hooks")
                              .arg(QString::fromStdString(cell.node), PanelText::nodeState(cell.state))
                              .arg(cell.hooksActive)
                              .arg(cell.hooksWanted);
    for (std::size_t i = 0; i < std::min<std::size_t>(cell.missing.size(), maxMissingLines); ++i)
        explanation += QLatin1Char('\n') + QString::fromStdString(cell.missing[i]);
    if (cell.missing.size() > maxMissingLines)
        explanation += QLatin1Char('\n') + tr("+ %1 more").arg(cell.missing.size() - maxMissingLines);
    m_spot(rect, explanation);
}

/// Cells as large as fit, 16 px (20 comfortable) at most.
double FigurePainter::cells(const QRectF &area, const CoverageView &view)
{
    const std::size_t count = std::min(view.cells.size(), maxCells);
    if (count == 0)
        return 0;
    double side = m_theme.px(m_theme.compact() ? 14 : 20);
    const double gap = m_theme.px(3);
    const auto perRow = [&](double s) { return std::max<std::size_t>(1, static_cast<std::size_t>((area.width() + gap) / (s + gap))); };
    const auto height = [&](double s) {
        const auto rows = (count + perRow(s) - 1) / perRow(s);
        return static_cast<double>(rows) * (s + gap) - gap;
    };
    while (side > 5 && height(side) > area.height())
        side -= 1;
    const std::size_t columns = perRow(side);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t row = i / columns, column = i % columns;
        cell(QRectF(area.left() + static_cast<double>(column) * (side + gap), area.top() + static_cast<double>(row) * (side + gap), side,
                    side),
             view.cells[i]);
    }
    return height(side);
}

double FigurePainter::coverageLegend(const QRectF &area, const CoverageView &view)
{
    std::array<std::size_t, 4> counts{};
    for (const NodeCell &each : view.cells)
        ++counts[static_cast<std::size_t>(each.state)];
    static constexpr std::array<Glyph, 4> glyphs{Glyph::Disc, Glyph::Square, Glyph::Triangle, Glyph::DottedRing};
    const std::array<QColor, 4> colors{m_theme.meaning.ok, m_theme.meaning.pending, m_theme.meaning.p1, m_theme.meaning.muted};
    double left = area.left();
    const double height = line();
    m_painter.setFont(m_theme.font(FontRole::Label));
    const QFontMetricsF metrics(m_painter.font());
    const auto entry = [&](const QString &word, Glyph glyph, const QColor &color) {
        const double side = m_theme.px(8);
        const double width = side + m_theme.px(5) + tabularWidth(metrics, word);
        if (left + width > area.right())
            return;
        drawGlyph(m_painter, QRectF(left, area.top() + height / 2 - side / 2, side, side), glyph, color);
        text(QRectF(left + side + m_theme.px(5), area.top(), width, height), Qt::AlignLeft, word, FontRole::Label, m_theme.text.secondary);
        left += width + m_theme.px(12);
    };
    for (std::size_t i = 0; i < counts.size(); ++i)
        if (counts[i] > 0)
            entry(QStringLiteral("%1 %2").arg(counts[i]).arg(PanelText::nodeState(static_cast<NodeCell::State>(i))), glyphs[i], colors[i]);
    if (view.cells.size() > maxCells)
        entry(tr("%1 of %2 shown").arg(maxCells).arg(view.cells.size()), Glyph::None, m_theme.text.tertiary);
    return height;
}

void FigurePainter::pairs(const QRectF &area, const std::vector<Pair> &list)
{
    const double height = line();
    double top = area.top();
    for (const Pair &pair : list) {
        if (top + height > area.bottom() + 1)
            return;
        m_painter.fillRect(QRectF(area.left(), top, area.width(), 1), m_theme.border.subtle);
        const QRectF rect(area.left(), top + 1, area.width(), height);
        text(rect, Qt::AlignLeft, pair.name, FontRole::Label, m_theme.text.secondary);
        text(rect, Qt::AlignRight, pair.value, FontRole::Label, m_theme.text.primary, QFont::DemiBold);
        top += height + 1;
    }
}

void FigurePainter::coverage(const QRectF &area, const CoverageView &view)
{
    const double below = line() * (m_theme.compact() ? 2 : 4.5) + m_theme.px(8);
    double top = area.top()
                 + cells(QRectF(area.left(), area.top(), area.width(), std::max(area.height() - below, area.height() * 0.3)), view)
                 + m_theme.px(m_theme.compact() ? 5 : 10);
    top += coverageLegend(QRectF(area.left(), top, area.width(), area.bottom() - top), view) + m_theme.px(m_theme.compact() ? 1 : 6);
    const auto percent = [](const std::optional<double> &value) {
        return value ? quantity(*value, Unit::Percent).text() : QStringLiteral("\u2013");
    };
    const QRectF rest(area.left(), top, area.width(), area.bottom() - top);
    if (rest.height() >= 3 * line()) {
        pairs(rest, {{tr("Attribution"), percent(view.attribution)},
                     {tr("Completeness"), percent(view.completeness)},
                     {tr("Hooks attached"), percent(view.hooks)}});
        return;
    }
    QStringList words;
    if (view.attribution)
        words << tr("attribution %1").arg(percent(view.attribution));
    if (view.hooks)
        words << tr("hooks %1").arg(percent(view.hooks));
    if (rest.height() >= line())
        text(QRectF(rest.left(), rest.top(), rest.width(), line()), Qt::AlignLeft, words.join(QStringLiteral(" \u00b7 ")), FontRole::Label,
             m_theme.text.tertiary);
}

void FigurePainter::track(const QRectF &rect, const Interval &interval, double low, double high, double tick)
{
    const auto x = [&](double value) { return rect.left() + rect.width() * std::clamp((value - low) / (high - low), 0., 1.); };
    m_painter.setRenderHint(QPainter::Antialiasing);
    m_painter.setPen(Qt::NoPen);
    m_painter.setBrush(m_theme.surface.hover);
    m_painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2);
    if (interval.estimate) {
        QColor band = m_theme.series[0];
        band.setAlphaF(0.5F);
        m_painter.setBrush(band);
        const QRectF bounds(x(interval.low), rect.top(), std::max(2., x(interval.high) - x(interval.low)), rect.height());
        m_painter.drawRoundedRect(bounds, rect.height() / 2, rect.height() / 2);
        m_spot(bounds, tr("Wilson 95 % interval: %1 to %2 %").arg(percentText(interval.low), percentText(interval.high)));
    } else {
        drawHatch(m_painter, rect.adjusted(2, 0, -2, 0), Qt::transparent, m_theme.border.strong);
    }
    m_painter.fillRect(QRectF(std::round(x(interval.alert)) - 1, rect.top() - tick, 2, rect.height() + 2 * tick), m_theme.meaning.p2);
    if (interval.estimate) {
        m_painter.setBrush(m_theme.series[0]);
        m_painter.setPen(QPen(m_theme.surface.panel, 2));
        m_painter.drawEllipse(QPointF(x(*interval.estimate), rect.center().y()), m_theme.px(5), m_theme.px(5));
    }
}

void FigurePainter::intervals(const QRectF &area, const IntervalView &view, const PanelSnapshot &panel)
{
    double least = std::numeric_limits<double>::infinity();
    double most = -least;
    for (const Interval &each : view.intervals) {
        least = std::min({least, each.alert, each.estimate ? each.low : each.alert});
        most = std::max({most, each.alert, each.estimate ? each.high : each.alert});
    }
    // The alert bound stays inside, with room on both sides.
    const double margin = std::max(1., (most - least) * 0.4);
    const double low = std::max(0., least - margin);
    const double high = std::min(100., most + margin);
    const bool compact = m_theme.compact();
    const double label = line();
    const double height = m_theme.px(6);
    const double rows = static_cast<double>(std::max<std::size_t>(1, view.intervals.size()));
    const double step = std::min(label + height + std::max<double>(m_theme.px(14), area.height() * 0.16), area.height() / rows);
    const double gap = m_theme.px(compact ? 4 : 10);
    // Where rows are close the tick of the bound would stand in the words of the next.
    const double tick = std::clamp(step - label - gap - height, 2., static_cast<double>(m_theme.px(5)));
    double top = area.top();
    for (const Interval &each : view.intervals) {
        const QRectF row(area.left(), top, area.width(), label);
        text(row, Qt::AlignLeft, PanelText::interval(each.key), FontRole::Label, m_theme.text.primary, QFont::Medium);
        const QString count = tr("n %1").arg(exactCount(each.have));
        const QString ofNeeded = each.key == "field" ? tr("%1 of %2 verdicts") : tr("%1 of %2 trials");
        const QString figures =
            each.estimate ? tr("%1 to %2").arg(percentText(each.low), percentText(each.high)) + QStringLiteral("  ") + count
                          : tr("no data") + QStringLiteral(" \u00b7 ") + ofNeeded.arg(exactCount(each.have), exactCount(each.need));
        text(row, Qt::AlignRight, figures, FontRole::Label, each.estimate ? m_theme.text.primary : m_theme.text.secondary, QFont::Medium);
        track(QRectF(area.left(), top + label + gap, area.width(), height), each, low, high, std::min(tick, gap));
        top += step;
    }
    const QRectF foot(area.left(), area.bottom() - label, area.width(), label);
    if (top > foot.top() + 2)
        return;
    if (panel.value)
        text(foot, Qt::AlignLeft, tr("dot estimate \u00b7 band Wilson 95 % \u00b7 tick alert"), FontRole::Label, m_theme.text.tertiary);
    else
        text(foot, Qt::AlignLeft, PanelText::noData(panel).sentence, FontRole::Label, m_theme.text.tertiary);
}

void FigurePainter::groups(const QRectF &area, const GroupsView &view, std::int64_t nowNs)
{
    const double height = m_theme.px(m_theme.compact() ? 23 : 30);
    if (view.rows.empty())
        text(QRectF(area.left(), area.top(), area.width(), height), Qt::AlignLeft, tr("No correlation is open"), FontRole::Label,
             m_theme.text.secondary);
    const auto rows = static_cast<std::size_t>(std::max(1., std::floor(area.height() / height)));
    const bool all = view.rows.size() <= rows;
    const std::size_t shown = all ? view.rows.size() : rows - 1;
    double top = area.top();
    for (std::size_t i = 0; i < shown; ++i, top += height) {
        const GroupRow &row = view.rows[i];
        const QRectF rect(area.left(), top, area.width(), height);
        const StateInk ink = severityInk(row.severity, m_theme);
        const Chip tag{QString::fromStdString(row.severity), ink.color, Glyph::None, true};
        const double tagWidth = drawChip(m_painter, {rect.left(), rect.center().y()}, tag, m_theme).width();
        const QString age = row.sinceNs > 0 ? ageText(nowNs - row.sinceNs) : QString();
        const QString count = tr("%1 open").arg(exactCount(row.open));
        m_painter.setFont(m_theme.font(FontRole::Label));
        const double ageWidth = tabularWidth(QFontMetricsF(m_painter.font()), age);
        text(rect, Qt::AlignRight, age, FontRole::Label, m_theme.text.secondary);
        const QRectF middle = rect.adjusted(tagWidth + m_theme.px(8), 0, -ageWidth - m_theme.px(8), 0);
        m_painter.setFont(m_theme.font(FontRole::Body, QFont::DemiBold));
        const double titleWidth =
            std::min(tabularWidth(QFontMetricsF(m_painter.font()), QString::fromStdString(row.title)), middle.width());
        text(middle, Qt::AlignLeft, QString::fromStdString(row.title), FontRole::Body, m_theme.text.primary, QFont::DemiBold);
        const QRectF rest = middle.adjusted(titleWidth + m_theme.px(8), 0, 0, 0);
        if (rest.width() > m_theme.px(40))
            text(rest, Qt::AlignLeft, count, FontRole::Label, m_theme.text.tertiary);
        m_spot(rect, QStringLiteral("%1 %2: %3").arg(QString::fromStdString(row.severity), QString::fromStdString(row.title), count));
    }
    if (!all)
        text(QRectF(area.left(), top, area.width(), height), Qt::AlignLeft, tr("+ %1 more").arg(view.rows.size() - shown), FontRole::Label,
             m_theme.text.tertiary);
}

} // namespace tapio::console
