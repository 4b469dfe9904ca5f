// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFontMetricsF>
#include <QRectF>
#include <QString>

class QPainter;

/// Text whose digits all have the advance of "0", so that a live number does not jitter: Inter's digits are proportional and
/// Qt 6.4 cannot ask for its tabular ones. For values, tables and axes. One line, plain text.
namespace tapio::console {

qreal tabularWidth(const QFontMetricsF &metrics, const QString &text);
/// Draws in the painter's font and pen; `alignment` as in QPainter::drawText (no wrapping, no elision).
void drawTabular(QPainter &painter, const QRectF &rect, Qt::Alignment alignment, const QString &text);
/// Baseline at `origin`; returns the width drawn.
qreal drawTabularAt(QPainter &painter, const QPointF &origin, const QString &text);

} // namespace tapio::console
