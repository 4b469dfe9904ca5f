// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/charts/plotlayout.h"

#include <algorithm>
#include <cmath>
#include <variant>

#include "console/ui/charts/plotscale.h"
#include "console/ui/widgets/paneltext.h"
#include "console/ui/widgets/tabular.h"

namespace tapio::console {

namespace {

constexpr double laneShare = 0.2; ///< of the height, for the lost share
constexpr double laneGap = 6;
constexpr double labelGap = 6; ///< between a value and its grid line
constexpr double edgeGap = 5;  ///< between the panel's border and a value
constexpr std::int64_t leastRangeNs = 10 * nsPerMs;

QString wordText(const PlotLabels::Word &word, const PlotFrame &frame)
{
    if (word.value > frame.high)
        return word.text + QStringLiteral(" \u2191");
    return word.value < frame.low ? word.text + QStringLiteral(" \u2193") : word.text;
}

/// Below or above its line; a bound outside of the axis is named at the edge it lies behind.
double wordTop(const PlotLabels::Word &word, const PlotFrame &frame, double height)
{
    const double y = frame.yOf(std::clamp(word.value, frame.low, frame.high));
    const bool behindTop = word.value > frame.high;
    const bool over = word.value < frame.low || (!behindTop && word.above);
    return std::clamp(over ? y - height - 1 : y + 2, 0., frame.plot.bottom() - height);
}

/// Plots of a column align by the same gutter; only words that do not fit into it get more.
double gutterWidth(const PlotScale &scale, const QFontMetricsF &metrics, const Theme &theme)
{
    double widest = tabularWidth(metrics, scale.laneLabel);
    for (const ValueTick &tick : scale.main.ticks)
        widest = std::max(widest, tabularWidth(metrics, tick.label));
    return std::max<double>(theme.px(theme.compact() ? 42 : 50), std::ceil(widest) + theme.px(labelGap) + theme.px(edgeGap));
}

} // namespace

PlotLayout layoutPlot(const PanelSnapshot &panel, const QSizeF &size, const Theme &theme, const QTimeZone &zone, bool detailed,
                      std::optional<PlotSpan> range)
{
    PlotLayout layout;
    const QFontMetricsF metrics(theme.font(FontRole::Axis));
    const double top = theme.px(10);
    const double bottom = theme.px(theme.compact() ? 20 : 22);
    PlotFrame &frame = layout.frame;
    const QRectF room(0, top, size.width() - theme.px(12), size.height() - top - bottom);
    const PlotScale scale = plotScale(panel, static_cast<int>(room.toRect().height() / (3.2 * metrics.height())));
    frame.plot = room.adjusted(gutterWidth(scale, metrics, theme), 0, 0, 0).toRect();
    frame.fromNs = range ? range->fromNs : panel.fromNs;
    frame.toNs = std::max(range ? range->toNs : panel.toNs, frame.fromNs + leastRangeNs);
    frame.low = scale.main.low;
    frame.high = scale.main.high;
    if (scale.lane) {
        const double height = std::round(frame.plot.height() * laneShare);
        frame.lane = QRectF(frame.plot.left(), frame.plot.bottom() - height, frame.plot.width(), height);
        frame.laneHigh = scale.laneHigh;
        frame.plot.setBottom(frame.lane.top() - theme.px(laneGap));
        layout.labels.lane = scale.laneLabel;
    }
    layout.labels.values = scale.main.ticks;
    const double spacing = metrics.horizontalAdvance(QStringLiteral("00:00:00")) + theme.px(28);
    layout.labels.times = timeTicks(frame.fromNs, frame.toNs, frame.plot.width(), spacing, zone);
    layout.labels.note = PanelText::tooMuchShort(panel);
    layout.labels.downwards = std::ranges::any_of(panel.series, &PlotSeries::below);
    for (const Threshold &threshold : panel.thresholds) {
        if (!panel.value)
            break; // the head says it: here stands why there is no data
        const std::optional<double> at = thresholdPosition(panel, threshold);
        if (!at || (!detailed && &threshold != mainThreshold(panel)))
            continue;
        const bool above = threshold.kind == ThresholdKind::AlertAbove || threshold.kind == ThresholdKind::ScaleUp;
        layout.labels.words.push_back({*at, above, threshold.kind == ThresholdKind::Reference, PanelText::threshold(threshold)});
    }
    return layout;
}

void paintAxes(QPainter &painter, const PlotLayout &layout, const QSizeF &size, const Theme &theme, double devicePixelRatio)
{
    painter.setFont(theme.font(FontRole::Axis));
    const PlotFrame &frame = layout.frame;
    const QFontMetricsF metrics(painter.font());
    const double half = metrics.height() / 2;
    const auto grid = [&](double y, const QString &label, const QColor &ink) {
        painter.fillRect(QRectF(frame.plot.left(), std::round(y), frame.plot.width(), 1 / devicePixelRatio), theme.border.subtle);
        painter.setPen(ink);
        drawTabular(painter, QRectF(0, y - half, frame.plot.left() - theme.px(labelGap), 2 * half), Qt::AlignRight | Qt::AlignVCenter,
                    label);
    };
    // Little traffic one way and much the other: the words would stand on each other, and zero is the one that must be read.
    const auto crowdsZero = [&](double value) {
        return layout.labels.downwards && value != 0 && std::abs(frame.yOf(value) - frame.yOf(0)) < 2 * half;
    };
    for (const ValueTick &tick : layout.labels.values) {
        const bool free = (frame.lane.isNull() || frame.lane.top() - frame.yOf(tick.value) >= 2 * half) && !crowdsZero(tick.value);
        grid(frame.yOf(tick.value), free ? tick.label : QString(), theme.text.tertiary);
    }
    if (!frame.lane.isNull()) {
        grid(frame.lane.bottom(), QString(), theme.meaning.p1);
        grid(frame.lane.top(), layout.labels.lane, theme.meaning.p1);
    }
    painter.setPen(theme.text.tertiary);
    if (layout.labels.downwards) {
        const double zero = frame.yOf(0);
        const double left = frame.plot.left() + theme.px(4);
        drawTabular(painter, QRectF(left, zero - 2 * half - 1, frame.plot.width(), 2 * half), Qt::AlignLeft | Qt::AlignVCenter,
                    PanelText::upwards());
        if (zero + 1 + 2 * half <= frame.plot.bottom()) // without traffic zero is the lowest line, and the times stand below it
            drawTabular(painter, QRectF(left, zero + 1, frame.plot.width(), 2 * half), Qt::AlignLeft | Qt::AlignVCenter,
                        PanelText::downwards());
    }
    double free = frame.plot.left() - theme.px(2); // left of it stands the lowest value
    for (const TimeTick &tick : layout.labels.times) {
        const double width = tabularWidth(metrics, tick.label);
        const double left = std::clamp(frame.xOf(tick.timeNs) - width / 2, frame.plot.left() - theme.px(2),
                                       std::max(frame.plot.left(), size.width() - width - 2));
        if (left < free)
            continue;
        drawTabular(painter, QRectF(left, frame.whole().bottom() + theme.px(4), width, 2 * half), Qt::AlignLeft, tick.label);
        free = left + width + theme.px(8);
    }
}

namespace {

bool hasCellAt(const HeatColumn &column, const PlotFrame &frame, const QRectF &area)
{
    for (std::size_t row = 0; row < column.counts.size(); ++row) {
        const auto value = static_cast<double>(row);
        if (column.counts[row] > 0 && frame.yOf(value + 1) < area.bottom() && frame.yOf(value) > area.top())
            return true;
    }
    return false;
}

/// The rightmost place at that height where it hides no cell; if there is none, where what is oldest is.
QRectF besideCells(QRectF area, const PanelSnapshot &panel, const PlotFrame &frame)
{
    const auto *heat = std::get_if<HeatView>(&panel.view);
    if (heat == nullptr)
        return area;
    for (auto column = heat->columns.rbegin(); column != heat->columns.rend(); ++column) {
        const double left = frame.xOf(column->timeNs);
        const double right = frame.xOf(column->timeNs + panel.bucketNs);
        if (right > area.left() && left < area.right() && hasCellAt(*column, frame, area))
            area.moveRight(left - 1);
    }
    area.moveLeft(std::max(area.left(), frame.plot.left()));
    return area;
}

} // namespace

void paintThresholdWords(QPainter &painter, const PlotLayout &layout, const Theme &theme, const PanelSnapshot &panel)
{
    painter.setFont(theme.font(FontRole::Axis, QFont::DemiBold));
    const QFontMetricsF metrics(painter.font());
    const double height = metrics.height();
    std::vector<QRectF> taken;
    const auto word = [&](const QRectF &area, const QString &text, const QColor &ink) {
        painter.fillRect(area, theme.surface.panel); // through anything less, the cells of a heat map make it hard to read
        painter.setPen(ink);
        drawTabular(painter, area.adjusted(theme.px(3), 0, -theme.px(3), 0), Qt::AlignRight | Qt::AlignVCenter, text);
    };
    if (!layout.labels.note.isEmpty())
        word(QRectF(layout.frame.plot.left(), layout.frame.plot.top() + 1, tabularWidth(metrics, layout.labels.note) + theme.px(6), height),
             layout.labels.note, theme.text.tertiary);
    for (const PlotLabels::Word &each : layout.labels.words) {
        const QString text = wordText(each, layout.frame);
        const double width = tabularWidth(metrics, text) + theme.px(6);
        const QRectF atTheRight(layout.frame.plot.right() - width, wordTop(each, layout.frame, height), width, height);
        QRectF area = besideCells(atTheRight, panel, layout.frame);
        for (const QRectF &other : taken) // the next one stands to the left
            if (area.intersects(other))
                area.moveRight(other.left() - theme.px(6));
        taken.push_back(area);
        word(area, text, each.reference ? theme.text.tertiary : theme.meaning.p2);
    }
}

} // namespace tapio::console
