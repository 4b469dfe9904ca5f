// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/app/windowbuilder.h"

#include "console/ui/pages/connectionspage.h"
#include "console/ui/pages/dashboardspage.h"
#include "console/ui/pages/eventspage.h"
#include "console/ui/pages/explorepage.h"
#include "console/ui/pages/insightspage.h"
#include "console/ui/pages/overviewpage.h"
#include "console/ui/pages/rulespage.h"
#include "console/ui/window/desktopnotes.h"
#include "console/ui/window/insightalerts.h"
#include "console/ui/window/uisettings.h"

namespace tapio::console {

std::unique_ptr<MainWindow> buildWindow(WindowServices services, const DataFacts &facts)
{
    auto window = std::make_unique<MainWindow>(services);
    QWidget *parent = window->pageParent();
    const UiContext context = window->context();
    window->addPage(PageId::Overview, RailGroup::Respond, QStringLiteral("overview"), new OverviewPage(context, parent),
                    QKeySequence(QStringLiteral("G, O")));
    window->addPage(PageId::Insights, RailGroup::Respond, QStringLiteral("insights"), new InsightsPage(context, parent),
                    QKeySequence(QStringLiteral("G, I")));
    window->addPage(PageId::Events, RailGroup::Investigate, QStringLiteral("events"), new EventsPage(context, parent),
                    QKeySequence(QStringLiteral("G, V")));
    window->addPage(PageId::Dashboards, RailGroup::Investigate, QStringLiteral("dashboards"), new DashboardsPage(context, parent),
                    QKeySequence(QStringLiteral("G, D")));
    window->addPage(PageId::Explore, RailGroup::Investigate, QStringLiteral("explore"), new ExplorePage(context, parent),
                    QKeySequence(QStringLiteral("G, X")));
    window->addPage(PageId::Connections, RailGroup::Operate, QStringLiteral("connections"), new ConnectionsPage(context, parent),
                    QKeySequence(QStringLiteral("G, N")));
    window->addPage(PageId::Correlation, RailGroup::Operate, QStringLiteral("correlation"), new RulesPage(context, parent),
                    QKeySequence(QStringLiteral("G, C")));
    window->addPage(PageId::Settings, RailGroup::Foot, QStringLiteral("settings"), new SettingsPage(context, facts, parent),
                    QKeySequence(QStringLiteral("Ctrl+,")));
    auto *notes = new DBusNotes([] { return QDBusConnection::sessionBus(); }, window.get());
    MainWindow *shown = window.get();
    new InsightAlerts(services.session, services.settings.alerts(), *notes,
                      {[context] { return context.nowNs(); },
                       [shown] { return shown->isActiveWindow() && qobject_cast<InsightsPage *>(shown->currentPage()) != nullptr; },
                       [shown](const QString &argument) {
                           shown->openPage(PageId::Insights, argument);
                           shown->raise();
                           shown->activateWindow();
                       }},
                      shown);
    return window;
}

} // namespace tapio::console
