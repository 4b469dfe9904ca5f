// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/panelbutton.h"

#include <QPainter>

namespace tapio::console {

PanelButton::PanelButton(Look look, const QString &icon, const QString &name, QWidget *parent)
    : QAbstractButton(parent), m_look(look), m_icon(icon)
{
    setToolTip(name);
    setAccessibleName(name);
    setFocusPolicy(Qt::TabFocus);
    setCursor(Qt::ArrowCursor);
}

QSize PanelButton::sizeHint() const
{
    const int side = m_look.theme().px(20);
    return {side, side};
}

void PanelButton::paintEvent(QPaintEvent *)
{
    const Theme &theme = m_look.theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const bool active = underMouse() || isDown() || hasFocus();
    painter.fillRect(rect(), theme.surface.panel);
    if (active) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme.surface.hover);
        painter.drawRoundedRect(rect(), theme.px(4), theme.px(4));
    }
    const int side = theme.px(14);
    const QPixmap icon = m_look.icons.pixmap(m_icon, side, active ? theme.text.primary : theme.text.tertiary, devicePixelRatioF());
    painter.drawPixmap(QPointF((width() - side) / 2., (height() - side) / 2.), icon);
}

void PanelButton::enterEvent(QEnterEvent *event)
{
    QAbstractButton::enterEvent(event);
    update();
}

void PanelButton::leaveEvent(QEvent *event)
{
    QAbstractButton::leaveEvent(event);
    update();
}

} // namespace tapio::console
