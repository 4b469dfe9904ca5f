// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/trend.h"

#include <cmath>

namespace tapio::correlation {

namespace {

constexpr std::size_t fewest = 5;
constexpr double keptByAReset = 0.8;
constexpr double nsPerMinute = 60e9;

} // namespace

void Trend::add(std::int64_t timeNs, double value)
{
    if (!std::isfinite(value) || (!m_points.empty() && timeNs < m_points.back().timeNs))
        return;
    const bool isSameStep = !m_points.empty() && timeNs / m_stepNs == m_points.back().timeNs / m_stepNs;
    if (isSameStep) {
        m_points.back() = {timeNs, value};
        return;
    }
    if (m_points.size() >= m_most)
        m_points.erase(m_points.begin());
    m_points.push_back({timeNs, value});
}

std::optional<Trend::Line> Trend::line() const
{
    if (m_points.size() < fewest)
        return std::nullopt;
    const auto count = static_cast<double>(m_points.size());
    const auto minutes = [this](const Point &point) { return static_cast<double>(point.timeNs - m_points.front().timeNs) / nsPerMinute; };
    double meanX = 0, meanY = 0;
    for (const Point &point : m_points) {
        meanX += minutes(point) / count;
        meanY += point.value / count;
    }
    double xx = 0, xy = 0, yy = 0;
    for (const Point &point : m_points) {
        const double x = minutes(point) - meanX, y = point.value - meanY;
        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    Line line;
    line.perMinute = xx > 0 ? xy / xx : 0;
    line.fit = xx > 0 && yy > 0 ? xy * xy / (xx * yy) : 0;
    line.spanSeconds = minutes(m_points.back()) * 60;
    int rises = 0;
    for (std::size_t i = 1; i < m_points.size(); ++i) {
        rises += m_points[i].value > m_points[i - 1].value ? 1 : 0;
        line.resets += m_points[i].value < m_points[i - 1].value * keptByAReset ? 1 : 0;
    }
    line.rising = rises / (count - 1);
    return line;
}

} // namespace tapio::correlation
