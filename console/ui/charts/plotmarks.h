// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPainter>
#include <QString>

#include <cstdint>
#include <vector>

#include "console/core/metrics/annotation.h"
#include "console/ui/charts/plotframe.h"
#include "console/ui/theme/theme.h"
#include "console/ui/widgets/glyphs.h"

/// Annotations over a plot: a sign above it and a dotted line where something began, a line along its upper edge as long as it went on. Drills are a fill,
/// since what is seen under them is their doing. Pure functions, any thread.
namespace tapio::console {

/// One sign, of one kind: what begins within so few pixels of each other shares one.
struct PlotMark {
    static constexpr double apart = 6;
    AnnotationKind kind = AnnotationKind::Change;
    double x = 0;                                   ///< of the first that it stands for
    wire::Severity severity = wire::Severity::Info; ///< the worst
    std::size_t count = 1;
};

/// Signs from left to right; what began before the frame has none, and its line along the edge all the same.
std::vector<PlotMark> marksIn(const PlotFrame &frame, const std::vector<Annotation> &annotations);
/// In the coordinates of `frame`; nothing where there is nothing.
void paintMarks(QPainter &painter, const PlotFrame &frame, const Theme &theme, const std::vector<Annotation> &annotations);

/// Those that were going on then, or began or ended within `slackNs` of it: the worst first, then the newest.
std::vector<const Annotation *> annotationsAt(const std::vector<Annotation> &annotations, std::int64_t timeNs, std::int64_t slackNs);

/// Shape, colour and kind of its sign.
Sign annotationSign(AnnotationKind kind, wire::Severity severity, const Theme &theme);
/// One line: "Drill oom on /kubepods/x".
QString annotationText(const Annotation &annotation);

} // namespace tapio::console
