// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/charts/plotmarks.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace tapio::console {

namespace {

constexpr double signSize = 8; ///< above the plot, where layoutPlot leaves 10 px
constexpr double edgeHeight = 2;
constexpr double drillAlpha = 0.14, lineAlpha = 0.7;

struct PlotMarks {
    Q_DECLARE_TR_FUNCTIONS(tapio::console::PlotMarks)
};

QColor withAlpha(QColor color, double alpha)
{
    color.setAlphaF(static_cast<float>(alpha));
    return color;
}

bool isWithin(const PlotFrame &frame, const Annotation &one) { return one.fromNs <= frame.toNs && one.toNs >= frame.fromNs; }

/// From left to right, as far as it is in the frame.
std::pair<double, double> extentOf(const PlotFrame &frame, const Annotation &one)
{
    return {std::max(frame.xOf(std::max(one.fromNs, frame.fromNs)), frame.plot.left()),
            std::min(frame.xOf(std::min(one.toNs, frame.toNs)), frame.plot.right())};
}

/// A fill over each would be as many times as strong where several drills ran at once.
void paintDrills(QPainter &painter, const PlotFrame &frame, const Theme &theme, const std::vector<Annotation> &annotations)
{
    const QRectF whole = frame.whole();
    double paintedTo = whole.left();
    for (const Annotation &one : annotations) { // by their begin
        if (one.kind != AnnotationKind::Drill || !isWithin(frame, one))
            continue;
        const auto [left, right] = extentOf(frame, one);
        const double begin = std::max(left, paintedTo);
        if (right > begin)
            painter.fillRect(QRectF(begin, whole.top(), right - begin, whole.height()), withAlpha(theme.meaning.acknowledged, drillAlpha));
        paintedTo = std::max(paintedTo, right);
    }
}

/// A dotted line from top to bottom. By rectangles: a pen with a pattern makes a path of each dot, and plots are painted while they are moved.
void paintDots(QPainter &painter, double x, const QRectF &whole, const QColor &color)
{
    constexpr double each = 4;
    QList<QRectF> dots;
    for (double y = whole.top(); y < whole.bottom(); y += each)
        dots.append(QRectF(x, y, 1, 1));
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawRects(dots);
}

/// The worst on top.
void paintEdges(QPainter &painter, const PlotFrame &frame, const Theme &theme, const std::vector<Annotation> &annotations)
{
    constexpr std::array<wire::Severity, 5> order{wire::Severity::Info, wire::Severity::Notice, wire::Severity::Warning,
                                                  wire::Severity::Error, wire::Severity::Critical};
    for (const wire::Severity severity : order) {
        double paintedTo = frame.plot.left();
        for (const Annotation &one : annotations) {
            if (one.kind != AnnotationKind::Insight || std::min(one.severity, order.back()) != severity || !isWithin(frame, one))
                continue;
            const auto [left, right] = extentOf(frame, one);
            if (right <= std::max(left, paintedTo))
                continue;
            const QColor color = annotationSign(one.kind, one.severity, theme).color;
            painter.fillRect(QRectF(left, frame.plot.top() - edgeHeight, right - left, edgeHeight), color);
            paintedTo = right;
        }
    }
}

} // namespace

Sign annotationSign(AnnotationKind kind, wire::Severity severity, const Theme &theme)
{
    switch (kind) {
    case AnnotationKind::Insight: {
        Sign sign = severitySign(severity, theme);
        sign.glyph = Glyph::Disc; // of whatever severity: triangles are changes
        sign.word = PlotMarks::tr("Insight");
        return sign;
    }
    case AnnotationKind::Drill: return {Glyph::Diamond, theme.meaning.acknowledged, PlotMarks::tr("Drill")};
    case AnnotationKind::Change: break;
    }
    return {Glyph::Triangle, theme.meaning.acknowledged, PlotMarks::tr("Change")};
}

QString annotationText(const Annotation &annotation)
{
    const QString text = QString::fromStdString(annotation.text), target = QString::fromStdString(annotation.target);
    if (annotation.kind == AnnotationKind::Insight)
        return text;
    if (annotation.kind == AnnotationKind::Drill)
        return target.isEmpty() ? PlotMarks::tr("Drill %1").arg(text) : PlotMarks::tr("Drill %1 on %2").arg(text, target);
    return target.isEmpty() ? text : PlotMarks::tr("%1 of %2").arg(text, target);
}

std::vector<PlotMark> marksIn(const PlotFrame &frame, const std::vector<Annotation> &annotations)
{
    std::vector<PlotMark> marks;
    std::array<std::ptrdiff_t, 3> newest{-1, -1, -1}; // by kind
    for (const Annotation &one : annotations) {
        if (one.fromNs < frame.fromNs || one.fromNs > frame.toNs)
            continue;
        const double x = frame.xOf(one.fromNs);
        std::ptrdiff_t &last = newest.at(static_cast<std::size_t>(one.kind));
        if (last >= 0 && x - marks[static_cast<std::size_t>(last)].x < PlotMark::apart) {
            PlotMark &mark = marks[static_cast<std::size_t>(last)];
            ++mark.count;
            mark.severity = std::max(mark.severity, one.severity);
            continue;
        }
        last = static_cast<std::ptrdiff_t>(marks.size());
        marks.push_back({one.kind, x, one.severity, 1});
    }
    return marks;
}

void paintMarks(QPainter &painter, const PlotFrame &frame, const Theme &theme, const std::vector<Annotation> &annotations)
{
    if (annotations.empty())
        return;
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, false);
    paintDrills(painter, frame, theme, annotations);
    paintEdges(painter, frame, theme, annotations);
    const QRectF whole = frame.whole();
    for (const PlotMark &mark : marksIn(frame, annotations)) {
        const Sign sign = annotationSign(mark.kind, mark.severity, theme);
        paintDots(painter, std::round(mark.x), whole, withAlpha(sign.color, lineAlpha));
        painter.setRenderHint(QPainter::Antialiasing);
        const double size = theme.px(signSize);
        drawGlyph(painter, QRectF(mark.x - size / 2, frame.plot.top() - size - 1, size, size), sign.glyph, sign.color);
    }
    painter.restore();
}

std::vector<const Annotation *> annotationsAt(const std::vector<Annotation> &annotations, std::int64_t timeNs, std::int64_t slackNs)
{
    std::vector<const Annotation *> found;
    for (const Annotation &one : annotations)
        if (one.fromNs - slackNs <= timeNs && timeNs <= one.toNs + slackNs)
            found.push_back(&one);
    std::stable_sort(found.begin(), found.end(), [](const Annotation *a, const Annotation *b) {
        return a->severity != b->severity ? a->severity > b->severity : a->fromNs > b->fromNs;
    });
    return found;
}

} // namespace tapio::console
