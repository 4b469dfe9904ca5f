// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QPalette>

#include "console/ui/theme/themestore.h"

class QApplication;

namespace tapio::console {

QPalette paletteOf(const Theme &theme);
/// Borders and states of QMenu, QLineEdit, QPushButton, QComboBox, QScrollBar, QHeaderView, QToolTip, QSplitter and QTabBar.
/// A push button's property "kind" is "primary", "danger", "flat" or unset.
QString styleSheetOf(const Theme &theme);

/// Keeps the application's style, palette, font and style sheet in step with the store, and tells the store when the desktop
/// turns dark or light. GUI thread; make one before the first widget.
class ThemeApplier : public QObject {
    Q_OBJECT
public:
    ThemeApplier(QApplication &app, ThemeStore &themes);

    bool eventFilter(QObject *object, QEvent *event) override;

private:
    void apply();
    void readSystem();

    QApplication &m_app;
    ThemeStore &m_themes;
    bool m_applying = false;
};

} // namespace tapio::console
