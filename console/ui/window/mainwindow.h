// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QMap>
#include <QVariantAnimation>
#include <QWidget>

#include "console/ui/pages/page.h"
#include "console/ui/window/rail.h"

class QStackedWidget;

namespace tapio::console {

class CommandPalette;
class ContextBar;
class Drawer;
class KeyDispatcher;
class KeyHint;
class KeyOverlay;
class StatusBar;
class UiSettings;
class WallHead;
class Wallboard;
struct PaletteEntry;

/// What the window is made from; all outlive it.
struct WindowServices {
    Session &session;
    ThemeStore &themes;
    IconCache &icons;
    TimeDisplay &time;
    ActionRegistry &actions;
    UiSettings &settings;
    const Clock &clock;
    SetupFacts setup = {};
};

/// The console's one window: rail, context bar, pages, drawer, status bar, and what lies above them. GUI thread.
class MainWindow : public QWidget, public Shell {
    Q_OBJECT
public:
    explicit MainWindow(WindowServices services);
    ~MainWindow() override;

    UiContext context();
    /// Parent for pages: a page that changes its parent later loses fonts that were set on its polished children.
    QWidget *pageParent() const;
    /// Takes the page over. The first one added is shown first.
    void addPage(PageId id, RailGroup group, const QString &icon, Page *page, const QKeySequence &key);
    Page *currentPage() const;
    /// Size, place and page of the last time; `standard` where there is none.
    void restore(QSize standard);
    PageId currentPageId() const { return m_current; }
    bool drawerOpen() const;
    void toggleDrawer();
    void openPalette();
    Wallboard &wallboard() const { return *m_wallboard; }
    /// One page after the other, whole screen, without what one clicks.
    void setWallboard(bool isOn);

    // Shell
    void showInDrawer(DrawerTab tab, const QString &title, QWidget *content) override;
    bool drawerShows(const QWidget *content) const override;
    void openPage(PageId page, const QString &argument = {}) override;
    void notify(const QString &sentence) override;
    QString scopeNode() const override;
    QString scopeNamespace() const override;
    void setScope(const QString &node, const QString &namespaceName) override;
    void setRange(const TimeRange &range) override;
    void noteNamespace(const QString &name) override;
    void notePod(const QString &name, const QString &namespaceName) override;

protected:
    void resizeEvent(QResizeEvent *event) override;
    void closeEvent(QCloseEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    void build();
    void wire();
    void tintIcon();
    void addWindowActions();
    void addTimeActions();
    void addViewActions();
    void addScopeActions();
    void addWallboardActions();
    void tellScope();
    void arrange();
    void setDrawerOpen(bool open);
    bool drawerFloats() const;
    void closeTopmost();
    void stateClicked();
    void togglePause();
    void tellTime();
    void countInsights();
    std::vector<PaletteEntry> commandEntries() const;
    std::vector<PaletteEntry> entityEntries();
    std::vector<PaletteEntry> helpEntries();

    WindowServices m_services;
    Rail *m_rail;
    ContextBar *m_bar = nullptr;
    QWidget *m_area;
    QStackedWidget *m_stack;
    Drawer *m_drawer;
    StatusBar *m_status = nullptr;
    CommandPalette *m_palette = nullptr;
    KeyOverlay *m_keyOverlay = nullptr;
    KeyDispatcher *m_keys = nullptr;
    KeyHint *m_keyHint = nullptr;
    Wallboard *m_wallboard = nullptr;
    WallHead *m_wallHead = nullptr;
    Qt::WindowStates m_stateBefore; ///< the wallboard
    PageId m_pageBefore = PageId::Overview;
    QString m_shownBefore;
    QHash<int, Page *> m_pages;
    struct RailEntry {
        PageId id;
        QString icon;
    };
    std::vector<RailEntry> m_order;
    PageId m_current = PageId::Overview;
    QMap<QString, QString> m_pods; ///< name to namespace, of what was seen
    bool m_drawerOpen = false;
    QVariantAnimation m_slide;
    double m_drawerShown = 0; ///< 0 shut, 1 open
};

} // namespace tapio::console
