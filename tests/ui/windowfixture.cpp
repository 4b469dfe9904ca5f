// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/windowfixture.h"

#include <QApplication>
#include <QClipboard>
#include <QDir>
#include <QPushButton>
#include <QTest>

#include "console/ui/pages/connectionspage.h"
#include "console/ui/pages/dashboardspage.h"
#include "console/ui/pages/eventspage.h"
#include "console/ui/pages/explorepage.h"
#include "console/ui/pages/insightspage.h"
#include "console/ui/pages/overviewpage.h"
#include "console/ui/pages/rulespage.h"
#include "console/ui/pages/settingspage.h"
#include "tests/ui/support/madeup.h"

using namespace tapio::console;

namespace tapio::test {

WindowFixture::WindowFixture(Data data, QSize size, ThemeChoice theme)
    : settings(folder.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat),
      themes(ThemeStore::loadBuiltIn().value().first, ThemeStore::loadBuiltIn().value().second), actions(settings), applier(*qApp, themes),
      uiSettings(settings, themes, time, UiDefaults())
{
    themes.setChoice(theme);
    themes.setReduceMotion(true);
    session.linkValue.embedded = true;
    session.linkValue.up = true;
    session.linkValue.endpoint = QStringLiteral("127.0.0.1:7117");
    session.overviewValue = data == Data::Some ? madeup::busy() : madeup::firstStart();
    if (data == Data::Some) {
        session.agentList = sampleAgents(31, testNowNs);
        session.notices = sampleNotices(60, testNowNs);
        session.events = sampleEvents(3000, testNowNs - 200 * nsPerMs, 137 * nsPerMs);
        session.stats = StoreStats{13'314'398'617, 48'213'004, testNowNs - 6LL * 86'400 * nsPerSecond, testNowNs, 9000, 0};
        session.lostEvents = 61;
        session.targets.push_back({QStringLiteral("prod"), QStringLiteral("https://prometheus.example")});
        session.linkValue.agentsKnown = 31;
        session.linkValue.agentsConnected = 23;
    }
    window = std::make_unique<MainWindow>(
        WindowServices{session, themes, icons, time, actions, uiSettings, clock,
                       SetupFacts{QStringLiteral("/home/m.rantala/.config/tapio/pki"), true, QStringLiteral("Build_Host-3.example"),
                                  folder.filePath(QStringLiteral("dashboards"))}});
    window->addPage(PageId::Overview, RailGroup::Respond, QStringLiteral("overview"),
                    new OverviewPage(window->context(), window->pageParent()), QKeySequence(QStringLiteral("G, O")));
    window->addPage(PageId::Insights, RailGroup::Respond, QStringLiteral("insights"),
                    new InsightsPage(window->context(), window->pageParent()), QKeySequence(QStringLiteral("G, I")));
    window->addPage(PageId::Events, RailGroup::Investigate, QStringLiteral("events"),
                    new EventsPage(window->context(), window->pageParent()), QKeySequence(QStringLiteral("G, V")));
    window->addPage(PageId::Dashboards, RailGroup::Investigate, QStringLiteral("dashboards"),
                    new DashboardsPage(window->context(), window->pageParent()), QKeySequence(QStringLiteral("G, D")));
    window->addPage(PageId::Explore, RailGroup::Investigate, QStringLiteral("explore"),
                    new ExplorePage(window->context(), window->pageParent()), QKeySequence(QStringLiteral("G, X")));
    window->addPage(PageId::Connections, RailGroup::Operate, QStringLiteral("connections"),
                    new ConnectionsPage(window->context(), window->pageParent()), QKeySequence(QStringLiteral("G, N")));
    window->addPage(PageId::Correlation, RailGroup::Operate, QStringLiteral("correlation"),
                    new RulesPage(window->context(), window->pageParent()), QKeySequence(QStringLiteral("G, C")));
    window->addPage(PageId::Settings, RailGroup::Foot, QStringLiteral("settings"),
                    new SettingsPage(window->context(),
                                     {QStringLiteral("/home/m.rantala/.local/share/tapio/console.tapio"),
                                      QStringLiteral("/home/m.rantala/.config/tapio/console.toml"), 8LL << 30, 7LL * 86'400 * nsPerSecond},
                                     window->pageParent()),
                    QKeySequence(QStringLiteral("Ctrl+,")));
    window->resize(size);
    window->show();
    if (!QTest::qWaitForWindowActive(window.get()))
        qWarning("the window did not become active");
}

QImage WindowFixture::picture()
{
    for (int i = 0; i < 4; ++i)
        QCoreApplication::processEvents();
    return window->grab().toImage();
}

QString WindowFixture::copiedDetails() const
{
    for (QPushButton *button : window->findChildren<QPushButton *>())
        if (button->text() == QLatin1String("Copy as text") && button->isVisible()) {
            button->click();
            return QGuiApplication::clipboard()->text().replace(QChar(0x00A0), QLatin1Char(' '));
        }
    return {};
}

void WindowFixture::keep(const QString &name)
{
    const QImage image = picture();
    if (const QString target = qEnvironmentVariable("TAPIO_PICTURES"); !target.isEmpty())
        image.save(QDir(target).filePath(name + QStringLiteral(".png")));
}

} // namespace tapio::test
