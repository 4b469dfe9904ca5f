// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/charts/plotlayer.h"

#include <QGraphicsScene>
#include <QPainter>
#include <QStyleOptionGraphicsItem>

#include <cmath>

#include "console/ui/charts/plotmarks.h"
#include "console/ui/charts/plotrenderer.h"
#include "console/ui/widgets/tabular.h"

namespace tapio::console {

namespace {

constexpr double dotRadius = 3.5;
constexpr double chipHeight = 16;

QColor withAlpha(QColor color, double alpha)
{
    color.setAlphaF(static_cast<float>(alpha));
    return color;
}

} // namespace

PlotLayer::PlotLayer(QGraphicsItem *parent, PlotRenderer *renderer) : QGraphicsItem(parent), m_renderer(renderer)
{
    setFlag(ItemUsesExtendedStyleOption); // for exposedRect
}

PlotLayer::~PlotLayer()
{
    if (m_renderer)
        m_renderer->forget(this);
}

void PlotLayer::setSize(const QSizeF &size)
{
    if (size == m_size)
        return;
    prepareGeometryChange();
    m_size = size;
    m_frame = {};
}

void PlotLayer::setJob(PlotJob job)
{
    if (job == m_job)
        return;
    const bool sameFrame =
        job.frame == m_job.frame && job.style.theme == m_job.style.theme && job.style.devicePixelRatio == m_job.style.devicePixelRatio;
    m_job = std::move(job);
    if (!sameFrame)
        m_frame = {};
    m_dots = dots();
    update();
}

void PlotLayer::setLabels(PlotLabels labels)
{
    m_labels = std::move(labels);
    m_frame = {};
    update();
}

void PlotLayer::updateCrosshair()
{
    if (!m_crosshair || !scene() || !m_job.style.theme)
        return;
    const double x = m_job.frame.xOf(*m_crosshair);
    // Of the scene, not of the item: an item's updates are joined into one rectangle that spans all between them.
    scene()->update(mapRectToScene(QRectF(x - dotRadius - 2, 0, 2 * dotRadius + 4, m_size.height())));
    const double foot = m_job.frame.whole().bottom();
    if (m_crosshairChip.isEmpty())
        return;
    const double reach = chipWidth(m_crosshairChip) + 2; // on either side: it is pushed inwards at the edges
    scene()->update(mapRectToScene(QRectF(x - reach, foot, 2 * reach, m_size.height() - foot)));
}

void PlotLayer::setCrosshair(std::optional<std::int64_t> timeNs, const QString &chip, bool pinned)
{
    if (timeNs == m_crosshair && chip == m_crosshairChip && pinned == m_pinned)
        return;
    updateCrosshair();
    m_crosshair = timeNs;
    m_crosshairChip = chip;
    m_pinned = pinned;
    m_dots = dots();
    updateCrosshair();
}

void PlotLayer::setSelection(std::optional<PlotSpan> span, const QString &chip)
{
    if (span == m_selection && chip == m_selectionChip)
        return;
    m_selection = span;
    m_selectionChip = chip;
    update();
}

void PlotLayer::setAnnotations(Annotations annotations)
{
    if (annotations == m_annotations)
        return;
    m_annotations = std::move(annotations);
    update();
}

std::vector<std::pair<QPointF, QColor>> PlotLayer::dots() const
{
    std::vector<std::pair<QPointF, QColor>> dots;
    if (!m_crosshair || !m_job.panel || !m_job.style.theme || std::holds_alternative<BarsView>(m_job.panel->view))
        return dots;
    const PlotFrame &frame = m_job.frame;
    const auto tolerance = std::max<std::int64_t>(m_job.panel->bucketNs / 2 + 1, static_cast<std::int64_t>(frame.nsPerPixel()));
    double sum = 0;
    const std::size_t count = std::min(m_job.panel->series.size(), maxDrawnSeries);
    for (std::size_t i = 0; i < count; ++i) {
        const PlotSeries &series = m_job.panel->series[i];
        const PlotPoint *sample = sampleAt(series.points, *m_crosshair, tolerance);
        if (!sample)
            continue;
        const bool inLane = series.loss && !frame.lane.isNull();
        sum += series.stacked ? sample->value : 0;
        const double value = series.stacked ? sum : series.below ? -sample->value : sample->value;
        const double y = inLane ? frame.laneYOf(value) : frame.yOf(value);
        if (frame.whole().adjusted(0, -1, 0, 1).contains(QPointF(frame.whole().center().x(), y)) && count <= 12)
            dots.emplace_back(QPointF(frame.xOf(*m_crosshair), y), colorOf(m_job.style.looks[i], *m_job.style.theme));
    }
    return dots;
}

void PlotLayer::ensureImage()
{
    if (sharp())
        return;
    if (!m_renderer || estimatedCostNs(m_job) <= budgetNs) {
        m_image = renderPlot(m_job);
        m_shown = m_job;
        ++m_rendered;
        return;
    }
    if (m_submitted)
        return; // asked again when that one comes back
    m_submitted = true;
    m_renderer->submit(this, m_job, [this](const QImage &image, const PlotJob &job) {
        m_submitted = false;
        m_image = image;
        m_shown = job;
        ++m_rendered;
        update();
    });
}

void PlotLayer::paintBackground()
{
    const Theme &theme = *m_job.style.theme;
    const double ratio = m_job.style.devicePixelRatio;
    m_frame = QPixmap((m_size * ratio).toSize().expandedTo({1, 1}));
    m_frame.setDevicePixelRatio(ratio);
    m_frame.fill(theme.surface.panel);
    QPainter painter(&m_frame);
    paintAxes(painter, {m_job.frame, m_labels}, m_size, theme, ratio);
}

void PlotLayer::paintImage(QPainter &painter) const
{
    if (!m_image)
        return;
    const QRectF whole = m_job.frame.whole().adjusted(0, -1, 0, 1);
    if (m_shown.frame == m_job.frame) {
        painter.drawImage(whole.topLeft(), *m_image);
        return;
    }
    const double left = m_job.frame.xOf(m_shown.frame.fromNs);
    const double right = m_job.frame.xOf(m_shown.frame.toNs);
    painter.save();
    painter.setClipRect(whole, Qt::IntersectClip);
    painter.drawImage(QRectF(left, whole.top(), right - left, whole.height()), *m_image);
    painter.restore();
}

double PlotLayer::chipWidth(const QString &text) const
{
    const Theme &theme = *m_job.style.theme;
    return QFontMetricsF(theme.font(FontRole::Mono)).horizontalAdvance(text) + theme.px(10);
}

void PlotLayer::paintChip(QPainter &painter, double x, const QString &text) const
{
    const Theme &theme = *m_job.style.theme;
    painter.setFont(theme.font(FontRole::Mono));
    const double width = chipWidth(text);
    const double height = theme.px(chipHeight);
    const double left = std::clamp(x - width / 2, 1., std::max(1., m_size.width() - width - 1));
    const QRectF area(left, m_job.frame.whole().bottom() + 2, width, height);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.text.secondary);
    painter.drawRoundedRect(area, 4, 4);
    painter.setPen(theme.surface.panel);
    painter.drawText(area, Qt::AlignCenter, text);
}

void PlotLayer::paintCrosshair(QPainter &painter) const
{
    const PlotFrame &frame = m_job.frame;
    if (!m_crosshair || *m_crosshair < frame.fromNs || *m_crosshair > frame.toNs)
        return;
    const Theme &theme = *m_job.style.theme;
    const double x = frame.xOf(*m_crosshair);
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.fillRect(QRectF(std::round(x), frame.whole().top(), 1, frame.whole().height()),
                     m_pinned ? theme.accent.base : withAlpha(theme.text.primary, 0.7));
    painter.setRenderHint(QPainter::Antialiasing);
    for (const auto &[point, color] : m_dots) {
        painter.setPen(QPen(theme.surface.panel, 1.5));
        painter.setBrush(color);
        painter.drawEllipse(QPointF(std::round(point.x()) + 0.5, point.y()), dotRadius, dotRadius);
    }
    if (!m_crosshairChip.isEmpty())
        paintChip(painter, x, m_crosshairChip);
}

void PlotLayer::paintSelection(QPainter &painter) const
{
    if (!m_selection)
        return;
    const Theme &theme = *m_job.style.theme;
    const QRectF whole = m_job.frame.whole();
    const double left = std::clamp(m_job.frame.xOf(m_selection->fromNs), whole.left(), whole.right());
    const double right = std::clamp(m_job.frame.xOf(m_selection->toNs), whole.left(), whole.right());
    const QRectF area(left, whole.top(), right - left, whole.height());
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.fillRect(area, withAlpha(theme.accent.base, 0.16));
    painter.fillRect(QRectF(std::round(left), whole.top(), 1, whole.height()), theme.accent.base);
    painter.fillRect(QRectF(std::round(right), whole.top(), 1, whole.height()), theme.accent.base);
    if (!m_selectionChip.isEmpty())
        paintChip(painter, (left + right) / 2, m_selectionChip);
}

void PlotLayer::paint(QPainter *painter, const QStyleOptionGraphicsItem *option, QWidget *)
{
    if (!m_job.panel || !m_job.style.theme || m_job.frame.plot.width() < 4 || m_job.frame.plot.height() < 4)
        return;
    ensureImage();
    if (m_frame.isNull())
        paintBackground();
    painter->setClipRect(option->exposedRect, Qt::IntersectClip);
    painter->drawPixmap(QPointF(), m_frame);
    paintImage(*painter);
    if (m_annotations)
        paintMarks(*painter, m_job.frame, *m_job.style.theme, *m_annotations);
    paintThresholdWords(*painter, {m_job.frame, m_labels}, *m_job.style.theme, *m_job.panel);
    paintSelection(*painter);
    paintCrosshair(*painter);
}

} // namespace tapio::console
