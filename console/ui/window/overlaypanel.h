// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "console/ui/widgets/look.h"

namespace tapio::console {

/// A panel that floats over the window's own content: border, one soft shadow, no top-level window. The content margin leaves
/// room for the shadow.
class OverlayPanel : public QWidget {
    Q_OBJECT
public:
    OverlayPanel(Look look, QWidget *window);
    static constexpr int shadowWidth = 12;

protected:
    void paintEvent(QPaintEvent *event) override;
    const Look &look() const { return m_look; }
    int shadow() const { return m_look.theme().px(shadowWidth); }

private:
    Look m_look;
};

} // namespace tapio::console
