// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/progressline.h"

#include <QPainter>

namespace tapio::console {

ProgressLine::ProgressLine(Look look, QWidget *parent) : QWidget(parent), m_look(look)
{
    setFixedHeight(2);
    m_late.setSingleShot(true);
    m_late.setInterval(200);
    connect(&m_late, &QTimer::timeout, this, [this] {
        m_shown = true;
        emit lateChanged(true);
        update();
    });
}

void ProgressLine::setBusy(bool busy)
{
    if (m_busy == busy)
        return;
    m_busy = busy;
    m_share = -1;
    if (busy) {
        m_late.start();
        return;
    }
    m_late.stop();
    if (m_shown) {
        m_shown = false;
        emit lateChanged(false);
    }
    update();
}

void ProgressLine::setShare(double share)
{
    m_share = share;
    update();
}

void ProgressLine::paintEvent(QPaintEvent *)
{
    if (!m_shown)
        return;
    const Theme &t = m_look.theme();
    QPainter painter(this);
    painter.fillRect(rect(), t.border.subtle);
    if (m_share >= 0)
        painter.fillRect(QRectF(0, 0, width() * m_share, height()), t.accent.base);
    else
        painter.fillRect(rect(), mixed(t.accent.base, t.surface.app, 0.6));
}

} // namespace tapio::console
