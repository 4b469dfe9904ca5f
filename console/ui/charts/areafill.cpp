// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/charts/areafill.h"

#include <algorithm>
#include <cmath>

namespace tapio::console {

namespace {

QRgb over(QRgb ink, QRgb ground)
{
    if (ground == 0)
        return ink;
    const auto keep = static_cast<unsigned>(255 - qAlpha(ink));
    const auto mix = [keep](int above, int below) { return above + static_cast<int>((static_cast<unsigned>(below) * keep + 127) / 255); };
    return qRgba(mix(qRed(ink), qRed(ground)), mix(qGreen(ink), qGreen(ground)), mix(qBlue(ink), qBlue(ground)),
                 mix(qAlpha(ink), qAlpha(ground)));
}

QRgb premultiplied(QColor color, double alpha)
{
    color.setAlphaF(static_cast<float>(color.alphaF() * alpha));
    return qPremultiply(color.rgba());
}

} // namespace

AreaFill::AreaFill(QImage &image, const QPointF &origin)
    : m_bits(image.bits()), m_stride(image.bytesPerLine()), m_width(image.width()), m_height(image.height()),
      m_ratio(image.devicePixelRatio()), m_origin(origin)
{}

AreaFill::Columns AreaFill::columnsOf(const LineRun &run) const
{
    Columns columns;
    const auto deviceX = [this](double x) { return (x - m_origin.x()) * m_ratio; };
    columns.first = std::max(0, static_cast<int>(std::ceil(deviceX(run.front().x()) - 0.5)));
    const int last = std::min(m_width - 1, static_cast<int>(std::floor(deviceX(run.back().x()) - 0.5)));
    std::size_t segment = 0;
    for (int column = columns.first; column <= last; ++column) {
        const double middle = column + 0.5;
        while (segment + 2 < run.size() && deviceX(run[segment + 1].x()) < middle)
            ++segment;
        const QPointF &a = run[segment];
        const QPointF &b = run[std::min(segment + 1, run.size() - 1)];
        const double width = deviceX(b.x()) - deviceX(a.x());
        const double share = width > 0 ? std::clamp((middle - deviceX(a.x())) / width, 0., 1.) : 0;
        columns.y.push_back(static_cast<float>(deviceY(a.y() + share * (b.y() - a.y()))));
    }
    return columns;
}

/// Rows from the line down (or up, for a downward series) to the floor of each column.
void AreaFill::fill(const Columns &line, const std::vector<float> &floors, const std::vector<QRgb> &inkByRow)
{
    if (line.y.empty())
        return;
    const std::size_t count = line.y.size();
    std::vector<int> from(count);
    std::vector<int> to(count);
    int top = m_height;
    int bottom = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const auto [low, high] = std::minmax(line.y[i], floors[i]);
        from[i] = std::clamp(static_cast<int>(std::lround(low)), 0, m_height);
        to[i] = std::clamp(static_cast<int>(std::lround(high)), 0, m_height);
        top = std::min(top, from[i]);
        bottom = std::max(bottom, to[i]);
    }
    for (int row = top; row < bottom; ++row) {
        auto *pixels = reinterpret_cast<QRgb *>(m_bits + row * m_stride) + line.first;
        const QRgb ink = inkByRow[static_cast<std::size_t>(row)];
        for (std::size_t i = 0; i < count; ++i)
            if (row >= from[i] && row < to[i])
                pixels[i] = over(ink, pixels[i]);
    }
}

void AreaFill::between(const LineRun &line, const std::vector<LineRun> &floors, double floorY, const QColor &color)
{
    const Columns top = columnsOf(line);
    std::vector<float> below(top.y.size(), static_cast<float>(deviceY(floorY)));
    for (const LineRun &each : floors) {
        const Columns floor = columnsOf(each);
        for (std::size_t i = 0; i < floor.y.size(); ++i) {
            const std::ptrdiff_t at = floor.first - top.first + static_cast<std::ptrdiff_t>(i);
            if (at >= 0 && at < static_cast<std::ptrdiff_t>(below.size()))
                below[static_cast<std::size_t>(at)] = floor.y[i];
        }
    }
    fill(top, below, std::vector<QRgb>(static_cast<std::size_t>(m_height), premultiplied(color, 1)));
}

void AreaFill::fading(const LineRun &line, double peakY, double floorY, const QColor &color, double alpha, double floorAlpha)
{
    const double peak = deviceY(peakY);
    const double floor = deviceY(floorY);
    std::vector<QRgb> ink(static_cast<std::size_t>(m_height));
    for (int row = 0; row < m_height; ++row) {
        const double share = peak == floor ? 1 : std::clamp((row - peak) / (floor - peak), 0., 1.);
        ink[static_cast<std::size_t>(row)] = premultiplied(color, alpha + (floorAlpha - alpha) * share);
    }
    const Columns top = columnsOf(line);
    fill(top, std::vector<float>(top.y.size(), static_cast<float>(floor)), ink);
}

} // namespace tapio::console
