// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QCoreApplication>
#include <QPainter>

#include <functional>

#include "console/core/metrics/panel.h"
#include "console/ui/theme/theme.h"

namespace tapio::console {

/// Draws the figures that FigureView shows. Each function draws into `area` and tells `spot` what stands where.
class FigurePainter {
    Q_DECLARE_TR_FUNCTIONS(tapio::console::FigurePainter)
public:
    using Spot = std::function<void(const QRectF &area, const QString &explanation)>;

    FigurePainter(QPainter &painter, const Theme &theme, Spot spot) : m_painter(painter), m_theme(theme), m_spot(std::move(spot)) {}

    /// The figure that the panel's view is; nothing when it is a plot.
    void paint(const QRectF &area, const PanelSnapshot &panel);

    void pods(const QRectF &area, const PodStatusView &view, std::int64_t nowNs);
    void coverage(const QRectF &area, const CoverageView &view);
    void intervals(const QRectF &area, const IntervalView &view, const PanelSnapshot &panel);
    void groups(const QRectF &area, const GroupsView &view, std::int64_t nowNs);

private:
    struct Pair {
        QString name, value;
    };

    double line() const; ///< height of one row of small text
    void text(const QRectF &rect, Qt::Alignment alignment, const QString &text, FontRole role, const QColor &color, int weight = -1);
    double podBar(const QRectF &area, const PodStatusView &view);
    double podCounts(const QRectF &area, const PodStatusView &view);
    void podRows(const QRectF &area, const PodStatusView &view, std::int64_t nowNs);
    double cells(const QRectF &area, const CoverageView &view);
    void cell(const QRectF &rect, const NodeCell &cell);
    double coverageLegend(const QRectF &area, const CoverageView &view);
    void pairs(const QRectF &area, const std::vector<Pair> &pairs);
    void track(const QRectF &rect, const Interval &interval, double low, double high, double tick);

    QPainter &m_painter;
    const Theme &m_theme;
    Spot m_spot;
};

} // namespace tapio::console
