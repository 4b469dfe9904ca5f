// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/panelvalues.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

#include "console/core/dashboards/panelplot.h"
#include "console/ui/charts/decimate.h"
#include "console/ui/widgets/format.h"
#include "console/ui/widgets/tabular.h"

namespace tapio::console {

namespace {

constexpr qsizetype mostInTooltip = 40;

Quantity textOf(double value, Unit unit) { return unit == Unit::None ? Quantity{plainNumber(value), {}} : quantity(value, unit); }

} // namespace

PanelValues::PanelValues(Look look, QWidget *parent) : QWidget(parent), m_look(look)
{
    connect(&look.themes, &ThemeStore::themeChanged, this, [this] { update(); });
}

QString PanelValues::nameOf(const SeriesSummary &row) const
{
    return row.name.empty() ? QString::fromStdString(m_panel.title) : QString::fromStdString(row.name);
}

void PanelValues::setValues(const DashboardPanel &panel, std::vector<SeriesSummary> values, std::shared_ptr<const PanelSnapshot> plot)
{
    m_panel = panel;
    m_values = std::move(values);
    m_plot = std::move(plot);
    QStringList all;
    for (const SeriesSummary &row : m_values) {
        if (all.size() == mostInTooltip) {
            all << tr("+ %1 more").arg(m_values.size() - static_cast<std::size_t>(mostInTooltip));
            break;
        }
        all << nameOf(row) + QStringLiteral(": ") + exactQuantity(row.last, panel.unit.unit).text();
    }
    setToolTip(QStringLiteral("<p style='white-space:pre'>%1</p>").arg(all.join(QLatin1Char('\n')).toHtmlEscaped()));
    setAccessibleName(all.join(QStringLiteral(", ")));
    update();
}

int PanelValues::rowHeight() const { return m_look.theme().px(m_panel.kind == PanelKind::Gauge ? 34 : 26); }

std::size_t PanelValues::shownCount() const
{
    const auto rows = static_cast<std::size_t>(std::max(1, height() / rowHeight()));
    return m_values.size() <= rows ? m_values.size() : std::max<std::size_t>(rows, 2) - 1; // the last line says how many more
}

/// Past a bound the colour of trouble, else that of text: a healthy page shows neither red nor yellow.
QColor PanelValues::colorOf(double value) const
{
    const Theme &t = m_look.theme();
    return boundPast(m_panel, value) != nullptr ? t.meaning.p1 : t.text.primary;
}

void PanelValues::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (m_values.size() == 1 && m_panel.kind == PanelKind::Stat)
        paintOne(painter);
    else
        paintRows(painter);
}

void PanelValues::paintOne(QPainter &painter)
{
    const Theme &t = m_look.theme();
    const SeriesSummary &row = m_values.front();
    const Quantity text = textOf(row.last, m_panel.unit.unit);
    QRectF area(rect());
    const bool hasSpark = m_plot && m_plot->series.size() == 1 && height() > t.px(76);
    if (hasSpark) {
        const QRectF spark(area.left(), area.bottom() - area.height() * 0.42, area.width(), area.height() * 0.42);
        paintSpark(painter, spark, m_plot->series.front());
        area.setBottom(spark.top() - t.px(4));
    }
    painter.setFont(t.font(height() > t.px(64) ? FontRole::ValueLarge : FontRole::ValueCompact));
    painter.setPen(colorOf(row.last));
    const QFontMetricsF metrics(painter.font());
    const qreal width = tabularWidth(metrics, text.value);
    drawTabular(painter, area, Qt::AlignLeft | Qt::AlignVCenter, text.value);
    painter.setFont(t.font(FontRole::Body));
    painter.setPen(t.text.tertiary);
    const QRectF beside(area.left() + width + t.px(6), area.center().y() - metrics.height() / 2, area.width(),
                        metrics.height() - metrics.descent());
    painter.drawText(beside, Qt::AlignLeft | Qt::AlignBottom, text.unit);
}

void PanelValues::paintRows(QPainter &painter)
{
    const Theme &t = m_look.theme();
    const int row = rowHeight();
    const std::size_t shown = shownCount();
    const bool isGauge = m_panel.kind == PanelKind::Gauge;
    const int line = isGauge ? row - t.px(12) : row;
    for (std::size_t i = 0; i < shown; ++i) {
        const SeriesSummary &of = m_values[i];
        const QRectF area(0, static_cast<double>(i) * row, width(), line);
        painter.setFont(t.font(FontRole::Body, QFont::Medium));
        painter.setPen(colorOf(of.last));
        const QString value = textOf(of.last, m_panel.unit.unit).text();
        const qreal taken = tabularWidth(QFontMetricsF(painter.font()), value) + t.px(8);
        drawTabular(painter, area, Qt::AlignRight | Qt::AlignVCenter, value);
        painter.setFont(t.font(FontRole::Body));
        painter.setPen(t.text.secondary);
        const QString name = QFontMetricsF(painter.font()).elidedText(nameOf(of), Qt::ElideMiddle, std::max(0., area.width() - taken));
        painter.drawText(area, Qt::AlignLeft | Qt::AlignVCenter, name);
        if (isGauge)
            paintTrack(painter, QRectF(0, area.bottom() + t.px(1), width(), t.px(6)), of.last);
    }
    if (shown == m_values.size())
        return;
    painter.setFont(t.font(FontRole::Label));
    painter.setPen(t.text.tertiary);
    painter.drawText(QRectF(0, static_cast<double>(shown) * row, width(), row), Qt::AlignLeft | Qt::AlignVCenter,
                     tr("+ %1 more").arg(m_values.size() - shown));
}

void PanelValues::paintTrack(QPainter &painter, const QRectF &area, double value)
{
    const Theme &t = m_look.theme();
    const double factor = m_panel.unit.factor;
    const double low = m_panel.least.value_or(0) * factor, high = m_panel.largest.value_or(1) * factor;
    const auto at = [&](double of) { return area.left() + area.width() * std::clamp((of - low) / (high - low), 0., 1.); };
    painter.setPen(Qt::NoPen);
    painter.setBrush(t.border.subtle);
    painter.drawRoundedRect(area, area.height() / 2, area.height() / 2);
    if (std::isfinite(value)) {
        painter.setBrush(boundPast(m_panel, value) != nullptr ? t.meaning.p1 : t.series[0]);
        painter.drawRoundedRect(QRectF(area.left(), area.top(), std::max(area.height(), at(value) - area.left()), area.height()),
                                area.height() / 2, area.height() / 2);
    }
    for (const PanelBound &bound : m_panel.bounds)
        painter.fillRect(QRectF(std::round(at(bound.value * factor)), area.top() - t.px(2), 1.5, area.height() + t.px(4)),
                         t.text.secondary);
}

void PanelValues::paintSpark(QPainter &painter, const QRectF &area, const PlotSeries &series)
{
    const Theme &t = m_look.theme();
    PlotFrame frame{area, {}, m_plot->fromNs, std::max(m_plot->toNs, m_plot->fromNs + 1), HUGE_VAL, -HUGE_VAL, 1};
    for (const PlotPoint &point : series.points) {
        if (!std::isfinite(point.value))
            continue;
        frame.low = std::min(frame.low, point.value);
        frame.high = std::max(frame.high, point.value);
    }
    if (frame.low > frame.high)
        return;
    if (frame.high - frame.low <= 0) { // it did not change: a line in the middle
        frame.low -= 1;
        frame.high += 1;
    }
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(t.series[0], 1));
    for (const LineRun &run : decimate(series.points, frame, m_plot->bucketNs, devicePixelRatioF()))
        painter.drawPolyline(run.data(), static_cast<int>(run.size()));
}

} // namespace tapio::console
