// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPainter>
#include <QWidget>

#include "console/ui/widgets/look.h"

namespace tapio::console {

/// The ground of a panel: surface.panel with a hairline and rounded corners. Its layout keeps 1 px free at the edges.
class PanelFrame : public QWidget {
public:
    explicit PanelFrame(Look look, QWidget *parent = nullptr) : QWidget(parent), m_look(look) {}

protected:
    void paintEvent(QPaintEvent *) override
    {
        const Theme &t = m_look.theme();
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(t.border.subtle, 1));
        painter.setBrush(t.surface.panel);
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), t.px(6), t.px(6));
    }

private:
    Look m_look;
};

} // namespace tapio::console
