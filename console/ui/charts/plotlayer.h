// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QGraphicsItem>
#include <QPixmap>

#include <optional>

#include "console/core/metrics/annotation.h"
#include "console/ui/charts/decimate.h"
#include "console/ui/charts/plotlayout.h"
#include "console/ui/charts/plotpainter.h"

namespace tapio::console {

class PlotRenderer;

/// The data of one chart as one item: an image kept in device pixels, and an overlay (crosshair, dots, selection) that
/// never invalidates it. What is too heavy for a frame is drawn elsewhere while the last image stays, stretched to the
/// new range. GUI thread.
class PlotLayer : public QGraphicsItem {
public:
    /// What one plot may cost on the GUI thread: four panels share a frame's budget of 8 ms.
    static constexpr double budgetNs = 2e6;

    /// `renderer` outlives the layer; null = always on this thread.
    PlotLayer(QGraphicsItem *parent, PlotRenderer *renderer);
    ~PlotLayer() override;

    void setSize(const QSizeF &size);
    void setJob(PlotJob job);
    void setLabels(PlotLabels labels);
    /// A vertical line over all panels, with a dot on each line; `chip` = with the time at the foot.
    void setCrosshair(std::optional<std::int64_t> timeNs, const QString &chip, bool pinned);
    void setSelection(std::optional<PlotSpan> span, const QString &chip);
    /// Null: none.
    void setAnnotations(Annotations annotations);

    const PlotJob &job() const { return m_job; }
    const QString &crosshairChip() const { return m_crosshairChip; }
    std::optional<std::int64_t> crosshair() const { return m_crosshair; }
    /// True when the picture shows the newest job.
    bool sharp() const { return m_image && m_shown == m_job; }
    /// How many images were drawn since the start; overlays must not raise it.
    quint64 rendered() const { return m_rendered; }

    QRectF boundingRect() const override { return {QPointF(), m_size}; }
    void paint(QPainter *painter, const QStyleOptionGraphicsItem *option, QWidget *widget) override;

private:
    void ensureImage();
    void paintBackground();
    void paintImage(QPainter &painter) const;
    void paintCrosshair(QPainter &painter) const;
    void paintSelection(QPainter &painter) const;
    double chipWidth(const QString &text) const;
    void paintChip(QPainter &painter, double x, const QString &text) const;
    /// Repaints where the crosshair is now, and nothing else.
    void updateCrosshair();
    std::vector<std::pair<QPointF, QColor>> dots() const;

    PlotRenderer *m_renderer;
    QSizeF m_size;
    PlotJob m_job, m_shown;
    PlotLabels m_labels;
    std::optional<QImage> m_image;
    QPixmap m_frame; ///< grid and labels; null = to be drawn again
    bool m_submitted = false;
    quint64 m_rendered = 0;

    std::optional<std::int64_t> m_crosshair;
    std::vector<std::pair<QPointF, QColor>> m_dots;
    QString m_crosshairChip;
    bool m_pinned = false;
    std::optional<PlotSpan> m_selection;
    QString m_selectionChip;
    Annotations m_annotations;
};

} // namespace tapio::console
