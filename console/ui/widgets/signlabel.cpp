// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/signlabel.h"

#include <QPainter>

#include "console/ui/widgets/chip.h"

namespace tapio::console {

SignLabel::SignLabel(Look look, QWidget *parent) : QWidget(parent), m_look(look) { setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed); }

void SignLabel::setSign(const Sign &sign)
{
    m_sign = sign;
    setAccessibleName(sign.word);
    updateGeometry();
    update();
}

QSize SignLabel::sizeHint() const
{
    return chipSize({m_sign.word, m_sign.color, m_sign.glyph, false, false}, m_look.theme()).toSize().grownBy({0, 1, 0, 1});
}

void SignLabel::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    drawChip(painter, {0, height() / 2.0}, {m_sign.word, m_sign.color, m_sign.glyph, false, false}, m_look.theme());
}

} // namespace tapio::console
