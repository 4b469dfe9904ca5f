// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/window/overlaypanel.h"

#include <QPainter>

namespace tapio::console {

OverlayPanel::OverlayPanel(Look look, QWidget *window) : QWidget(window), m_look(look) { hide(); }

void OverlayPanel::paintEvent(QPaintEvent *)
{
    const Theme &t = m_look.theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const qreal radius = t.px(8);
    const QRectF box = QRectF(rect()).adjusted(shadow(), shadow(), -shadow(), -shadow());
    // 0 2 8: rings of falling strength, since effects on widgets repaint everything below them.
    constexpr int rings = 8;
    painter.setPen(Qt::NoPen);
    for (int i = rings; i > 0; --i) {
        QColor ring = t.shadow;
        ring.setAlphaF(static_cast<float>(t.shadow.alphaF() / rings * (rings - i + 1) / rings * 2));
        painter.setBrush(ring);
        painter.drawRoundedRect(box.adjusted(-i, -i + 2, i, i + 2), radius + i, radius + i);
    }
    painter.setPen(QPen(t.border.standard, 1));
    painter.setBrush(t.surface.raised);
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius);
}

} // namespace tapio::console
