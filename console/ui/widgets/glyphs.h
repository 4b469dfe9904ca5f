// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QRectF>
#include <QString>

#include "console/ui/theme/theme.h"
#include "protocol/wire/message.h"
#include "protocol/wire/origin.h"
#include "protocol/wire/report.h"

class QPainter;

/// Signs that stand beside a word: state is always colour, shape and word.
namespace tapio::console {

enum class Glyph { None, Disc, QuarterDisc, Triangle, Check, BarredCircle, Ring, DimDiscWithRing, DottedRing, Diamond, Square };

/// Fills `rect`'s largest centred square (8 to 12 px is meant).
void drawGlyph(QPainter &painter, const QRectF &rect, Glyph glyph, const QColor &color);

struct Sign {
    Glyph glyph = Glyph::None;
    QColor color;
    QString word; ///< translated
};
Sign attributionSign(wire::Attribution attribution, const Theme &theme);
Sign linkSign(wire::LinkState state, const Theme &theme);
Sign hookSign(wire::HookState state, const Theme &theme);
Sign severitySign(wire::Severity severity, const Theme &theme);

/// 45 degree lines 1 px every 6 px: loss (theme.lossLine) or missing samples (border.strong).
void drawHatch(QPainter &painter, const QRectF &rect, const QColor &fill, const QColor &line);

} // namespace tapio::console
