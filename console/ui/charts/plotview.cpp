// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/charts/plotview.h"

#include <QApplication>
#include <QDateTimeAxis>
#include <QGraphicsLayout>
#include <QLineSeries>
#include <QMouseEvent>
#include <QValueAxis>

#include <algorithm>
#include <cmath>

#include "console/ui/charts/plotrenderer.h"
#include "console/ui/widgets/format.h"

namespace tapio::console {

namespace {

constexpr std::int64_t leastRangeNs = 10 * nsPerMs;

QDateTime dateTime(std::int64_t timeNs) { return QDateTime::fromMSecsSinceEpoch(timeNs / nsPerMs, Qt::UTC); }

} // namespace

PlotView::PlotView(PlotRenderer *renderer, QWidget *parent)
    : QChartView(parent), m_timeAxis(new QDateTimeAxis), m_valueAxis(new QValueAxis), m_carrier(new QLineSeries)
{
    setFrameShape(QFrame::NoFrame);
    setViewportUpdateMode(QGraphicsView::MinimalViewportUpdate);
    setOptimizationFlag(QGraphicsView::DontSavePainterState);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::NoFocus);             // the panel has the keyboard
    viewport()->setFocusPolicy(Qt::NoFocus); // QGraphicsView makes it a stop of its own
    setMouseTracking(true);
    viewport()->setMouseTracking(true);
    setRubberBand(QChartView::NoRubberBand);

    chart()->setAnimationOptions(QChart::NoAnimation);
    chart()->setBackgroundVisible(false);
    chart()->setMargins({});
    chart()->legend()->hide();
    chart()->layout()->setContentsMargins(0, 0, 0, 0);
    chart()->addAxis(m_timeAxis, Qt::AlignBottom);
    chart()->addAxis(m_valueAxis, Qt::AlignLeft);
    m_timeAxis->setVisible(false); // the layer draws grid and labels: Qt Charts elides them in small plots
    m_valueAxis->setVisible(false);
    chart()->addSeries(m_carrier);
    m_carrier->attachAxis(m_timeAxis);
    m_carrier->attachAxis(m_valueAxis);
    m_layer = new PlotLayer(chart(), renderer);
}

PlotView::~PlotView() = default;

void PlotView::setTheme(std::shared_ptr<const Theme> theme)
{
    m_theme = std::move(theme);
    setBackgroundBrush(m_theme->surface.panel);
    relayout();
}

void PlotView::setTimeZone(const QTimeZone &zone)
{
    m_zone = zone;
    relayout();
}

void PlotView::setPanel(std::shared_ptr<const PanelSnapshot> panel)
{
    if (panel == m_panel)
        return;
    const bool otherRange = m_panel && (panel->fromNs != m_panel->fromNs || panel->toNs != m_panel->toNs);
    m_panel = std::move(panel);
    if (otherRange)
        m_previewRange.reset();
    m_looks = m_colors.assign(m_panel->series);
    relayout();
}

void PlotView::setPreviewRange(std::optional<PlotSpan> range)
{
    m_previewRange = range;
    relayout();
}

void PlotView::setIsolated(int series)
{
    if (series == m_isolated)
        return;
    m_isolated = series;
    relayout();
}

void PlotView::setPasses(int passes)
{
    if (passes == m_passes)
        return;
    m_passes = passes;
    relayout();
}

void PlotView::setCrosshair(std::optional<std::int64_t> timeNs, bool chip, bool pinned)
{
    const TimeStyle style = spansDays(frame().fromNs, frame().toNs, m_zone) ? TimeStyle::DateSecond : TimeStyle::Second;
    const QString text = chip && timeNs ? timeText(*timeNs, style, m_zone) : QString();
    m_layer->setCrosshair(timeNs, text, pinned);
}

void PlotView::setSelection(std::optional<PlotSpan> span, bool chip)
{
    m_layer->setSelection(span, chip && span ? durationText(span->toNs - span->fromNs) : QString());
}

void PlotView::setAnnotations(Annotations annotations)
{
    m_annotations = std::move(annotations);
    m_layer->setAnnotations(m_annotations);
}

void PlotView::setDetailed(bool detailed)
{
    m_detailed = detailed;
    relayout();
}

void PlotView::relayout()
{
    if (!m_theme || !m_panel || width() < 1 || height() < 1)
        return;
    PlotLayout layout = layoutPlot(*m_panel, size(), *m_theme, m_zone, m_detailed, m_previewRange);
    m_layer->setSize(size());
    m_layer->setJob({m_panel, layout.frame, {m_theme, m_looks, devicePixelRatioF(), m_passes, false, m_detailed, m_isolated}});
    m_layer->setLabels(std::move(layout.labels));
    updateAxes(layout.frame);
}

void PlotView::updateAxes(const PlotFrame &frame)
{
    chart()->setPlotArea(frame.plot);
    m_timeAxis->setRange(dateTime(frame.fromNs), dateTime(frame.toNs));
    m_valueAxis->setRange(frame.low, frame.high);
}

std::int64_t PlotView::timeAt(const QPointF &at) const { return std::clamp(frame().timeAt(at.x()), frame().fromNs, frame().toNs); }

PlotSpan PlotView::panRange(const QPointF &at) const
{
    const double width = static_cast<double>(m_pressedRange.toNs - m_pressedRange.fromNs);
    const auto moved = static_cast<std::int64_t>((m_pressedAt.x() - at.x()) / frame().plot.width() * width);
    return {m_pressedRange.fromNs + moved, m_pressedRange.toNs + moved};
}

void PlotView::resizeEvent(QResizeEvent *event)
{
    QChartView::resizeEvent(event);
    relayout();
}

void PlotView::changeEvent(QEvent *event)
{
    QChartView::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::LanguageChange)
        relayout();
}

bool PlotView::event(QEvent *event)
{
    if (event->type() == QEvent::ScreenChangeInternal || event->type() == QEvent::PolishRequest)
        relayout(); // another pixel ratio
    return QChartView::event(event);
}

void PlotView::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton || !m_panel) {
        event->ignore();
        return;
    }
    m_drag = Drag::Pressed;
    m_pressedAt = event->position();
    m_pressedRange = {frame().fromNs, frame().toNs};
    event->ignore(); // the panel takes the focus
}

void PlotView::mouseMoveEvent(QMouseEvent *event)
{
    if (!m_panel)
        return;
    const QPointF at = event->position();
    if (m_drag == Drag::Pressed && std::abs(at.x() - m_pressedAt.x()) >= QApplication::startDragDistance())
        m_drag = event->modifiers().testFlag(Qt::ShiftModifier) ? Drag::Pan : Drag::Select;
    if (m_drag == Drag::Select) {
        emit selecting(std::min(timeAt(m_pressedAt), timeAt(at)), std::max(timeAt(m_pressedAt), timeAt(at)));
    } else if (m_drag == Drag::Pan) {
        const PlotSpan range = panRange(at);
        emit panning(range.fromNs, range.toNs);
    } else if (frame().whole().adjusted(-2, -m_theme->px(10), 2, 2).contains(at)) {
        emit hovered(timeAt(at), at.toPoint());
    } else {
        emit left();
    }
}

void PlotView::mouseReleaseEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    const Drag drag = std::exchange(m_drag, Drag::None);
    const QPointF at = event->position();
    if (drag == Drag::Pressed && frame().whole().contains(m_pressedAt)) {
        emit clicked(timeAt(at));
    } else if (drag == Drag::Select) {
        const PlotSpan span{std::min(timeAt(m_pressedAt), timeAt(at)), std::max(timeAt(m_pressedAt), timeAt(at))};
        if (span.toNs - span.fromNs >= leastRangeNs)
            emit selected(span.fromNs, span.toNs);
        else
            emit cancelled();
    } else if (drag == Drag::Pan) {
        const PlotSpan range = panRange(at);
        emit panned(range.fromNs, range.toNs);
    }
}

void PlotView::mouseDoubleClickEvent(QMouseEvent *event)
{
    m_drag = Drag::None;
    if (event->button() == Qt::LeftButton)
        emit resetRequested();
}

void PlotView::leaveEvent(QEvent *event)
{
    QChartView::leaveEvent(event);
    if (m_drag == Drag::None)
        emit left();
}

void PlotView::wheelEvent(QWheelEvent *event)
{
    event->ignore(); // scrolls the page
}

void PlotView::keyPressEvent(QKeyEvent *event) { event->ignore(); }

} // namespace tapio::console
