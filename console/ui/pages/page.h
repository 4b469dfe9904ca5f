// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "console/core/session/session.h"
#include "console/ui/actions/actionregistry.h"
#include "console/ui/theme/themestore.h"
#include "console/ui/widgets/iconcache.h"
#include "console/ui/widgets/timedisplay.h"
#include "console/ui/window/alertchoice.h"
#include "console/ui/window/plotchoice.h"
#include "console/ui/window/queryhistory.h"

namespace tapio::console {

/// Kept by number in the settings: new ones come last.
enum class PageId { Overview, Events, Connections, Settings, Insights, Correlation, Explore, Dashboards };
enum class DrawerTab { HowComputed, Inspector };

/// What a page may ask of the window around it. GUI thread.
class Shell {
public:
    virtual ~Shell() = default;
    /// Takes `content` over and deletes what was there before. The page keeps working on it through a QPointer.
    virtual void showInDrawer(DrawerTab tab, const QString &title, QWidget *content) = 0;
    /// True while the drawer is open with this content in front.
    virtual bool drawerShows(const QWidget *content) const = 0;
    /// `argument` is for the page: "node=node-07", "e-12-45".
    virtual void openPage(PageId page, const QString &argument = {}) = 0;
    /// One sentence at the foot of the window for a few seconds.
    virtual void notify(const QString &sentence) = 0;
    /// Node and namespace chosen in the context bar; empty = all.
    virtual QString scopeNode() const = 0;
    virtual QString scopeNamespace() const = 0;
    /// Chooses both anew, for all pages.
    virtual void setScope(const QString &node, const QString &namespaceName) = 0;
    /// Another time range for all pages, shown in the context bar.
    virtual void setRange(const TimeRange &range) = 0;
    /// A namespace that was seen in data, to be offered by the context bar.
    virtual void noteNamespace(const QString &name) = 0;
    /// A pod that was seen in data, to be found by the palette.
    virtual void notePod(const QString &name, const QString &namespaceName) = 0;
};

/// Where this console's certificates are made and what this machine is called, for the commands of a first start.
struct SetupFacts {
    QString pkiFolder;
    bool standardPki = true;      ///< the programs look there without being told
    QString machine;              ///< host name as certificates spell it
    QString dashboardFolder = {}; ///< where one's own dashboards are
};

/// Handed to every page; all references outlive the pages.
struct UiContext {
    Session &session;
    ThemeStore &themes;
    IconCache &icons;
    TimeDisplay &time;
    ActionRegistry &actions;
    const Clock &clock;
    Shell &shell;
    AlertChoice &alerts;
    QueryHistory &queries;
    PlotChoice &plots;
    SetupFacts setup = {};

    /// The server's UTC: of ranges, of ages and of all that is said to be now. The console's own clock may be an hour off.
    std::int64_t nowNs() const { return clock.utcNs() + session.serverOffsetNs(); }
};

/// One entry of the rail. A page stops its work while it is hidden (showEvent, hideEvent).
class Page : public QWidget {
    Q_OBJECT
public:
    using QWidget::QWidget;
    virtual QString title() const = 0;
    /// Where "/" puts the focus; null = the page has no filter.
    virtual QWidget *filterField() const { return nullptr; }
    /// Whether the context bar shows these two fields, since the page obeys them.
    virtual bool usesNodeScope() const { return false; }
    virtual bool usesNamespaceScope() const { return false; }
    virtual bool usesTimeRange() const { return true; }
    virtual void scopeChanged() {}
    /// The session's range or its pause changed, by the user.
    virtual void timeChanged() {}
    /// Opened with an argument, see Shell::openPage.
    virtual void open(const QString &argument) { Q_UNUSED(argument); }
    /// Esc: closes the topmost thing of its own (a full-screen panel); false = there was nothing to close.
    virtual bool closeTopmost() { return false; }
    /// What open() has to be given for what is shown now; empty: nothing.
    virtual QString openedWith() const { return {}; }
    /// On a wall, where nobody scrolls: the page as it begins.
    virtual void showFromTop() {}
    /// Likewise, what lies below; false = it was all shown.
    virtual bool showMore() { return false; }
    /// True once what it shows is no longer "loading": a snapshot may be taken.
    virtual bool settled() const { return true; }

signals:
    void usesChanged(); ///< usesNodeScope() and its like say something else than before
};

} // namespace tapio::console
