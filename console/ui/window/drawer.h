// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPointer>
#include <QWidget>

#include <array>

#include "console/ui/pages/page.h"
#include "console/ui/widgets/look.h"

class QLabel;
class QStackedWidget;
class QTabBar;

namespace tapio::console {

class BarButton;

/// The 372 px frame at the right edge: over the page, or docked beside it. Pages put their details here.
class Drawer : public QWidget {
    Q_OBJECT
public:
    static constexpr int designWidth = 372;
    Drawer(Look look, QWidget *parent = nullptr);

    void setContent(DrawerTab tab, const QString &title, QWidget *content);
    void showTab(DrawerTab tab);
    const QWidget *current() const; ///< the content in front; null = its tab is empty
    void setDocked(bool docked);    ///< only how its own pin is drawn; the window places it

signals:
    void closeRequested();
    void dockToggled();

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    struct Tab {
        QString title;
        QPointer<QWidget> content;
        QWidget *empty = nullptr;
    };
    void refreshTitle();
    void restyle();

    Look m_look;
    std::array<Tab, 2> m_tabs;
    QTabBar *m_bar;
    QLabel *m_title;
    QStackedWidget *m_stack;
    BarButton *m_dock, *m_close;
};

} // namespace tapio::console
