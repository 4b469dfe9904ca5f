// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPointF>
#include <QSizeF>
#include <QString>

#include "console/ui/theme/theme.h"
#include "console/ui/widgets/glyphs.h"

class QPainter;

namespace tapio::console {

/// A small rounded label: sign and word on the sign's colour at chipAlpha. `filled` makes it a tag: text.onTag on the full colour.
struct Chip {
    QString text;
    QColor color;
    Glyph glyph = Glyph::None;
    bool filled = false;
    bool hatch = false; ///< mini hatch in front: loss
};

QSizeF chipSize(const Chip &chip, const Theme &theme);
/// Left edge and vertical centre at `anchor`; returns the size drawn.
QSizeF drawChip(QPainter &painter, QPointF anchor, const Chip &chip, const Theme &theme);

} // namespace tapio::console
