// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QImage>

#include <vector>

#include "console/ui/charts/decimate.h"

namespace tapio::console {

/// Fills the areas under lines straight in the pixels of an image: QPainter rasterises a polygon of hundreds of zigzag
/// corners at several times the cost of the line itself (bench_charts). Vector exports use polygons instead.
class AreaFill {
public:
    /// `image` is ARGB32_Premultiplied and stays where it is; its top left pixel shows the point `origin`.
    AreaFill(QImage &image, const QPointF &origin);

    /// Between a line and the floors below it (pieces of another line), or floorY where there is none.
    void between(const LineRun &line, const std::vector<LineRun> &floors, double floorY, const QColor &color);
    /// Between a line and floorY, fading from `alpha` at peakY to `floorAlpha` at floorY.
    void fading(const LineRun &line, double peakY, double floorY, const QColor &color, double alpha, double floorAlpha);

private:
    struct Columns {
        int first = 0;
        std::vector<float> y; ///< device pixels, of the columns first, first + 1 ...
    };
    Columns columnsOf(const LineRun &run) const;
    double deviceY(double y) const { return (y - m_origin.y()) * m_ratio; }
    void fill(const Columns &line, const std::vector<float> &floors, const std::vector<QRgb> &inkByRow);

    uchar *m_bits;
    qsizetype m_stride;
    int m_width, m_height;
    double m_ratio;
    QPointF m_origin;
};

} // namespace tapio::console
