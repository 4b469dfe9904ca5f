// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPointer>
#include <QWidget>

#include "console/ui/widgets/look.h"

namespace tapio::console {

/// The one focus ring of a window: 2 px accent, 3 px outside the control that has the keyboard's focus. Shown whenever the
/// focus came by keyboard, never after a click. A widget with the property "focusInside" gets it 1 px inside its edge.
class FocusRing : public QWidget {
    Q_OBJECT
public:
    FocusRing(QWidget *window, Look look);

    /// A widget that paints its own focus (cells of a table) sets this property to true.
    static constexpr const char *ownFocusProperty = "ownFocus";
    static constexpr const char *insideProperty = "focusInside";

    bool eventFilter(QObject *object, QEvent *event) override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    void follow(QWidget *widget);
    void place();
    /// What the ring may be painted on: nothing that lies over its widget, such as a drawer.
    QRegion uncovered() const;
    bool mayCover(const QObject *object) const;

    Look m_look;
    QPointer<QWidget> m_target;
    bool m_keyboard = false;
};

} // namespace tapio::console
