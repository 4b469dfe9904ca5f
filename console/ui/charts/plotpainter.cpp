// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/charts/plotpainter.h"

#include <QLinearGradient>

#include <algorithm>
#include <cmath>

#include "console/ui/charts/areafill.h"
#include "console/ui/charts/decimate.h"
#include "console/ui/charts/plotscale.h"
#include "console/ui/widgets/glyphs.h"

namespace tapio::console {

namespace {

constexpr double fadedAlpha = 0.35;
constexpr double restAlpha = 0.5;
constexpr double emptyAlpha = 0.45;
constexpr double leastBandWidth = 3; ///< a loss of one second in a day still shows

QColor faded(QColor color, double alpha)
{
    color.setAlphaF(static_cast<float>(color.alphaF() * alpha));
    return color;
}

std::span<const PlotSeries> drawn(const PlotJob &job)
{
    return std::span(job.panel->series).first(std::min(job.panel->series.size(), maxDrawnSeries));
}

/// Draws one panel's series; holds what all steps need.
class SeriesPainter {
public:
    /// `fill` is null for vector formats.
    SeriesPainter(QPainter &painter, const PlotJob &job, AreaFill *fill)
        : m_painter(painter), m_job(job), m_theme(*job.style.theme), m_series(drawn(job)), m_fill(fill)
    {}

    void lines();
    void bars(std::int64_t bucketNs);

private:
    QColor color(std::size_t i) const;
    PlotFrame frameOf(const PlotSeries &series) const;
    std::vector<LineRun> runs(std::span<const PlotPoint> points, const PlotFrame &frame) const
    {
        return decimate(points, frame, m_job.panel->bucketNs, m_job.style.devicePixelRatio);
    }
    void stackedAreas();
    void areaBetween(const LineRun &top, const std::vector<LineRun> &floors, double floorY, const QColor &fill);
    void gradientUnder(std::size_t i, const std::vector<LineRun> &runs, const PlotFrame &frame);
    void envelopeOf(std::size_t i, const PlotFrame &frame);
    void stroke(std::size_t i, const std::vector<LineRun> &runs);
    bool aloneInItsDirection(std::size_t i) const;
    bool isRest(std::size_t i) const;

    QPainter &m_painter;
    const PlotJob &m_job;
    const Theme &m_theme;
    std::span<const PlotSeries> m_series;
    AreaFill *m_fill;
};

QColor SeriesPainter::color(std::size_t i) const
{
    const QColor full = i < m_job.style.looks.size() ? colorOf(m_job.style.looks[i], m_theme) : m_theme.text.tertiary;
    const bool stands = m_job.style.isolated < 0 || m_job.style.isolated == static_cast<int>(i);
    if (!stands)
        return faded(full, fadedAlpha);
    return isRest(i) && m_job.style.isolated < 0 && !m_series[i].stacked && m_series[i].key != "others" ? faded(full, restAlpha) : full;
}

/// The frame a series is drawn in: its own lane for the lost share, mirrored for a downward series.
PlotFrame SeriesPainter::frameOf(const PlotSeries &series) const
{
    PlotFrame frame = m_job.frame;
    if (series.loss && !frame.lane.isNull()) {
        frame.plot = frame.lane;
        frame.low = 0;
        frame.high = frame.laneHigh;
    } else if (series.below) { // y(-v): swap the range's signs and turn the rectangle upside down
        frame.plot = QRectF(frame.plot.left(), frame.plot.bottom(), frame.plot.width(), -frame.plot.height());
        frame.low = -m_job.frame.high;
        frame.high = -m_job.frame.low;
    }
    return frame;
}

bool SeriesPainter::isRest(std::size_t i) const
{
    return i >= m_job.style.looks.size() || m_job.style.looks[i].ink == SeriesLook::Ink::Rest;
}

bool SeriesPainter::aloneInItsDirection(std::size_t i) const
{
    return std::ranges::count_if(m_series, [&](const PlotSeries &each) { return !each.loss && each.below == m_series[i].below; }) == 1;
}

void SeriesPainter::areaBetween(const LineRun &top, const std::vector<LineRun> &floors, double floorY, const QColor &fill)
{
    if (m_fill) {
        m_fill->between(top, floors, floorY, fill);
        return;
    }
    QPolygonF shape(QList<QPointF>(top.begin(), top.end()));
    const double left = top.front().x();
    const double right = top.back().x();
    QList<QPointF> floor;
    for (const LineRun &run : floors)
        for (const QPointF &point : run)
            if (point.x() >= left && point.x() <= right)
                floor.push_back(point);
    if (floor.isEmpty())
        floor = {{left, floorY}, {right, floorY}};
    std::reverse(floor.begin(), floor.end());
    shape += QPolygonF(floor);
    m_painter.setBrush(fill);
    m_painter.drawPolygon(shape);
}

void SeriesPainter::stackedAreas()
{
    const auto sums = stack(m_series);
    std::vector<LineRun> floors;
    for (std::size_t i = 0; i < m_series.size(); ++i) {
        if (!m_series[i].stacked)
            continue;
        std::vector<LineRun> tops = runs(sums[i], m_job.frame);
        m_painter.setPen(Qt::NoPen);
        m_painter.setRenderHint(QPainter::Antialiasing, false); // the line on top hides the steps
        const bool rest = isRest(i);
        for (const LineRun &top : tops)
            areaBetween(top, floors, m_job.frame.yOf(std::max(0., m_job.frame.low)),
                        faded(color(i), rest           ? 0.14
                                        : m_theme.dark ? 0.36
                                                       : 0.30));
        m_painter.setRenderHint(QPainter::Antialiasing);
        if (!rest || i + 1 == m_series.size() || m_job.style.isolated == static_cast<int>(i))
            stroke(i, tops);
        floors = std::move(tops);
    }
}

void SeriesPainter::gradientUnder(std::size_t i, const std::vector<LineRun> &runs, const PlotFrame &frame)
{
    const double floorY = frame.yOf(std::clamp(0., frame.low, frame.high));
    double peak = floorY;
    for (const LineRun &run : runs)
        for (const QPointF &point : run)
            if (std::abs(point.y() - floorY) > std::abs(peak - floorY))
                peak = point.y();
    const double strong = m_theme.dark ? 0.22 : 0.20;
    const double weak = 0.03;
    if (m_fill) {
        for (const LineRun &run : runs)
            m_fill->fading(run, peak, floorY, color(i), strong, weak);
        return;
    }
    QLinearGradient gradient(0, peak, 0, floorY);
    gradient.setColorAt(0, faded(color(i), strong));
    gradient.setColorAt(1, faded(color(i), weak));
    m_painter.setPen(Qt::NoPen);
    m_painter.setRenderHint(QPainter::Antialiasing, false);
    for (const LineRun &run : runs) {
        QPolygonF shape(QList<QPointF>(run.begin(), run.end()));
        shape << QPointF(run.back().x(), floorY) << QPointF(run.front().x(), floorY);
        m_painter.setBrush(gradient);
        m_painter.drawPolygon(shape);
    }
    m_painter.setRenderHint(QPainter::Antialiasing);
}

void SeriesPainter::envelopeOf(std::size_t i, const PlotFrame &frame)
{
    const PlotSeries &series = m_series[i];
    m_painter.setPen(Qt::NoPen);
    m_painter.setBrush(faded(color(i), 0.24));
    for (const LineRun &shape : envelope(series.minimum, series.maximum, frame, m_job.panel->bucketNs, m_job.style.devicePixelRatio))
        m_painter.drawPolygon(shape.data(), static_cast<int>(shape.size()));
}

void SeriesPainter::stroke(std::size_t i, const std::vector<LineRun> &runs)
{
    const bool stands = m_job.style.isolated == static_cast<int>(i);
    const bool wide = m_job.style.wide || stands;
    QPen pen(color(i), wide ? 1.5 : 1);
    pen.setCosmetic(!wide);
    pen.setJoinStyle(Qt::RoundJoin);
    if (i < m_job.style.looks.size() && m_job.style.looks[i].dashed())
        pen.setDashPattern({6, 3});
    const int passes = wide ? 1 : m_job.style.passes;
    m_painter.setBrush(Qt::NoBrush);
    for (const LineRun &run : runs) {
        if (run.size() == 1) { // one sample between two gaps
            m_painter.setPen(Qt::NoPen);
            m_painter.setBrush(color(i));
            m_painter.drawEllipse(run.front(), 1.5, 1.5);
            m_painter.setBrush(Qt::NoBrush);
            continue;
        }
        m_painter.setPen(pen);
        for (int pass = 0; pass < passes; ++pass) {
            const double shift = passes == 1 ? 0 : (pass - 0.5 * (passes - 1)) * 0.5 / m_job.style.devicePixelRatio;
            m_painter.translate(0, shift);
            m_painter.drawPolyline(run.data(), static_cast<int>(run.size()));
            m_painter.translate(0, -shift);
        }
    }
}

void SeriesPainter::lines()
{
    m_painter.setRenderHint(QPainter::Antialiasing);
    stackedAreas();
    for (std::size_t i = m_series.size(); i-- > 0;) { // the first series is the most important: on top
        const PlotSeries &series = m_series[i];
        if (series.stacked || isQuietLoss(series) || static_cast<int>(i) == m_job.style.isolated)
            continue;
        const PlotFrame frame = frameOf(series);
        if (!series.minimum.empty() && series.minimum.size() == series.maximum.size())
            envelopeOf(i, frame);
        const std::vector<LineRun> pieces = runs(series.points, frame);
        if ((aloneInItsDirection(i) || series.loss || series.filled) && !pieces.empty())
            gradientUnder(i, pieces, frame);
        stroke(i, pieces);
    }
    const int isolated = m_job.style.isolated;
    if (isolated >= 0 && isolated < static_cast<int>(m_series.size())) {
        const auto i = static_cast<std::size_t>(isolated);
        if (!m_series[i].stacked)
            stroke(i, runs(m_series[i].points, frameOf(m_series[i])));
    }
}

void SeriesPainter::bars(std::int64_t bucketNs)
{
    m_painter.setRenderHint(QPainter::Antialiasing, false);
    m_painter.setPen(Qt::NoPen);
    const PlotFrame &frame = m_job.frame;
    std::map<std::int64_t, double> floors;
    for (std::size_t i = 0; i < m_series.size(); ++i) {
        m_painter.setBrush(color(i));
        for (const PlotPoint &point : m_series[i].points) {
            if (std::isnan(point.value) || point.value <= 0 || point.timeNs >= frame.toNs || point.timeNs + bucketNs <= frame.fromNs)
                continue;
            double &floor = floors[point.timeNs];
            const double left = std::max(std::round(frame.xOf(point.timeNs)), frame.plot.left());
            const double right = std::min(std::round(frame.xOf(point.timeNs + bucketNs)), frame.plot.right());
            const double width = std::max(1., right - left - (right - left > 3 ? 1 : 0));
            const double bottom = std::round(frame.yOf(floor)) - (floor > 0 ? 1 : 0);
            const double top = std::min(std::round(frame.yOf(floor + point.value)), bottom - 1);
            m_painter.drawRect(QRectF(left, top, width, bottom - top));
            floor += point.value;
        }
    }
}

void paintEmptySpans(QPainter &painter, const PlotJob &job)
{
    const bool sampled = !job.panel->series.empty() && !std::holds_alternative<BarsView>(job.panel->view);
    if (!sampled)
        return;
    const QRectF whole = job.frame.whole();
    for (const PlotSpan &span : emptySpans(drawn(job), job.frame.fromNs, job.frame.toNs, job.panel->bucketNs)) {
        const double left = std::max(job.frame.xOf(span.fromNs), whole.left());
        const double right = std::min(job.frame.xOf(span.toNs), whole.right());
        if (right - left >= 1)
            drawHatch(painter, QRectF(left, whole.top(), right - left, whole.height()), Qt::transparent,
                      faded(job.style.theme->border.strong, emptyAlpha));
    }
}

void paintLossBands(QPainter &painter, const PlotJob &job)
{
    struct Extent {
        double left, right;
    };
    std::vector<Extent> extents;
    const QRectF whole = job.frame.whole();
    for (const LossBand &band : job.panel->losses) {
        if (band.toNs < job.frame.fromNs || band.fromNs > job.frame.toNs)
            continue;
        double left = std::max(job.frame.xOf(band.fromNs), whole.left());
        double right = std::min(job.frame.xOf(band.toNs), whole.right());
        if (right - left < leastBandWidth) {
            left = std::clamp((left + right - leastBandWidth) / 2, whole.left(), whole.right() - leastBandWidth);
            right = left + leastBandWidth;
        }
        extents.push_back({left, right});
    }
    std::ranges::sort(extents, {}, &Extent::left);
    std::vector<Extent> merged; // two bands over each other would read as twice the loss
    for (const Extent &extent : extents) {
        if (!merged.empty() && extent.left <= merged.back().right)
            merged.back().right = std::max(merged.back().right, extent.right);
        else
            merged.push_back(extent);
    }
    for (const Extent &extent : merged) {
        const QRectF area(extent.left, whole.top(), extent.right - extent.left, whole.height());
        drawHatch(painter, area, job.style.theme->lossFill, job.style.theme->lossLine);
    }
}

void paintThresholds(QPainter &painter, const PlotJob &job)
{
    painter.setRenderHint(QPainter::Antialiasing, false);
    for (const Threshold &threshold : job.panel->thresholds) {
        const std::optional<double> at = thresholdPosition(*job.panel, threshold);
        const bool shown = job.style.allThresholds || &threshold == mainThreshold(*job.panel);
        if (!shown || !at || *at < job.frame.low || *at > job.frame.high)
            continue;
        const Theme &theme = *job.style.theme;
        QPen pen(threshold.kind == ThresholdKind::Reference ? theme.text.tertiary : theme.meaning.p2, 1);
        pen.setDashPattern({4, 3});
        pen.setCosmetic(true);
        pen.setCapStyle(Qt::FlatCap);
        painter.setPen(pen);
        const double y = std::round(job.frame.yOf(*at));
        painter.drawLine(QPointF(job.frame.plot.left(), y), QPointF(job.frame.plot.right(), y));
    }
}

void paintHeat(QPainter &painter, const PlotJob &job, const HeatView &heat)
{
    std::uint64_t most = 0;
    for (const HeatColumn &column : heat.columns)
        for (const std::uint64_t count : column.counts)
            most = std::max(most, count);
    if (most == 0)
        return;
    painter.setRenderHint(QPainter::Antialiasing, false);
    const PlotFrame &frame = job.frame;
    for (const HeatColumn &column : heat.columns) {
        const double left = std::max(std::round(frame.xOf(column.timeNs)), frame.plot.left());
        const double right = std::min(std::round(frame.xOf(column.timeNs + job.panel->bucketNs)), frame.plot.right());
        const double width = right - left - (right - left > 4 ? 1 : 0);
        if (right <= left)
            continue;
        for (std::size_t row = 0; row < column.counts.size(); ++row) {
            if (column.counts[row] == 0)
                continue;
            if (static_cast<double>(row) < frame.low || static_cast<double>(row) >= frame.high)
                continue;
            const double top = std::round(frame.yOf(static_cast<double>(row + 1)));
            const double bottom = std::round(frame.yOf(static_cast<double>(row)));
            const double share = std::log1p(static_cast<double>(column.counts[row])) / std::log1p(static_cast<double>(most));
            painter.fillRect(QRectF(left, top, width, bottom - top - (bottom - top > 4 ? 1 : 0)), heatColor(share, *job.style.theme));
        }
    }
}

} // namespace

QColor heatColor(double share, const Theme &theme) { return mixed(theme.heatHigh, theme.heatLow, std::clamp(share, 0., 1.)); }

namespace {

void paint(QPainter &painter, const PlotJob &job, AreaFill *fill)
{
    painter.save();
    painter.setClipRect(job.frame.whole().adjusted(0, -1, 0, 1));
    paintEmptySpans(painter, job);
    paintLossBands(painter, job);
    SeriesPainter series(painter, job, fill);
    if (const auto *heat = std::get_if<HeatView>(&job.panel->view))
        paintHeat(painter, job, *heat);
    else if (const auto *bars = std::get_if<BarsView>(&job.panel->view))
        series.bars(bars->bucketNs);
    else
        series.lines();
    paintThresholds(painter, job);
    painter.restore();
}

} // namespace

void paintPlot(QPainter &painter, const PlotJob &job) { paint(painter, job, nullptr); }

QImage renderPlot(const PlotJob &job)
{
    // One pixel more above and below, for strokes that run along the edge.
    const QRectF area = job.frame.whole().adjusted(0, -1, 0, 1);
    const double ratio = job.style.devicePixelRatio;
    QImage image((area.size() * ratio).toSize().expandedTo({1, 1}), QImage::Format_ARGB32_Premultiplied);
    image.setDevicePixelRatio(ratio);
    image.fill(Qt::transparent);
    AreaFill fill(image, area.topLeft());
    QPainter painter(&image);
    painter.translate(-area.topLeft());
    paint(painter, job, &fill);
    return image;
}

double estimatedCostNs(const PlotJob &job)
{
    constexpr double perColumn = 110; // ns per series and pixel column and pass, bench_charts
    constexpr double perPoint = 12;   // ns per sample scanned, bench_charts
    const double columns = job.frame.plot.width() * job.style.devicePixelRatio;
    double cost = 0;
    for (const PlotSeries &series : drawn(job)) {
        const double points = static_cast<double>(series.points.size());
        cost += perPoint * points * (series.minimum.empty() ? 1 : 3);
        cost += perColumn * std::min(points, 2 * columns) * job.style.passes;
    }
    return cost;
}

} // namespace tapio::console
