// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/chip.h"

#include <QPainter>

#include "console/ui/widgets/tabular.h"

namespace tapio::console {

namespace {

struct Layout {
    QFont font;
    qreal padding, sign, gap, height;
};

Layout layoutOf(const Chip &chip, const Theme &t)
{
    const bool sign = chip.glyph != Glyph::None || chip.hatch;
    return {t.font(FontRole::Label, QFont::DemiBold), static_cast<qreal>(t.px(7)), sign ? static_cast<qreal>(t.px(8)) : 0.0,
            sign ? static_cast<qreal>(t.px(4)) : 0.0, static_cast<qreal>(t.px(18))};
}

} // namespace

QSizeF chipSize(const Chip &chip, const Theme &theme)
{
    const Layout l = layoutOf(chip, theme);
    return {std::ceil(2 * l.padding + l.sign + l.gap + tabularWidth(QFontMetricsF(l.font), chip.text)), l.height};
}

QSizeF drawChip(QPainter &painter, QPointF anchor, const Chip &chip, const Theme &theme)
{
    const Layout l = layoutOf(chip, theme);
    const QSizeF size = chipSize(chip, theme);
    const QRectF box(QPointF(anchor.x(), anchor.y() - size.height() / 2), size);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(chip.filled ? chip.color : theme.chipFill(chip.color));
    painter.drawRoundedRect(box, theme.px(4), theme.px(4));
    const QColor ink = chip.filled ? theme.meaning.onTag : chip.color;
    const QRectF sign(box.left() + l.padding, box.center().y() - l.sign / 2, l.sign, l.sign);
    if (chip.hatch)
        drawHatch(painter, sign, theme.lossFill, theme.lossLine);
    else
        drawGlyph(painter, sign, chip.glyph, ink);
    painter.setFont(l.font);
    painter.setPen(ink);
    drawTabular(painter, box.adjusted(l.padding + l.sign + l.gap, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, chip.text);
    painter.restore();
    return size;
}

} // namespace tapio::console
