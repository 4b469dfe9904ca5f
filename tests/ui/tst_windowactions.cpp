// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractItemModelTester>
#include <QAccessible>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QRadioButton>
#include <QTranslator>
#include <QtTest>

#include "console/ui/dialogs/rangedialog.h"
#include "console/ui/pages/connectionspage.h"
#include "console/ui/pages/eventfilterbar.h"
#include "console/ui/pages/eventspage.h"
#include "console/ui/pages/keyboardsettings.h"
#include "console/ui/widgets/barbutton.h"
#include "console/ui/widgets/focusring.h"
#include "console/ui/widgets/panelexport.h"
#include "console/ui/widgets/tableview.h"
#include "console/ui/window/commandpalette.h"
#include "console/ui/window/drawer.h"
#include "console/ui/window/keyoverlay.h"
#include "console/ui/window/statusbar.h"
#include "console/ui/window/timerange.h"
#include "tests/ui/windowfixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {
constexpr std::int64_t minute = 60 * nsPerSecond, hour = 60 * minute;
using Kind = TimeRange::Kind;
} // namespace

/// What the window does by key, by palette and by click, as a whole.
class TestWindowActions : public QObject {
    Q_OBJECT
private slots:
    void init()
    {
        m_ui = std::make_unique<WindowFixture>(WindowFixture::Data::Some, QSize(1280, 800), ThemeChoice::Dark);
        window().openPage(PageId::Connections);
        page<ConnectionsPage>()->setFocus();
    }
    void cleanup() { m_ui.reset(); }

    void notifications_areChosenAndKept()
    {
        window().openPage(PageId::Settings, QStringLiteral("alerts"));
        AlertChoice &alerts = m_ui->uiSettings.alerts();
        QVERIFY(!alerts.least()); // nobody is told of anything unasked
        const auto button = [this](const QString &text) {
            const auto all = window().currentPage()->findChildren<QRadioButton *>();
            const auto found = std::find_if(all.begin(), all.end(), [&](const QRadioButton *one) { return one->text() == text; });
            return found == all.end() ? nullptr : *found;
        };
        QVERIFY(button("Errors and critical ones") && button("Errors and critical ones")->isVisible());
        button("Errors and critical ones")->click();
        QVERIFY(alerts.least() == wire::Severity::Error);
        alerts.setProblem("nobody answers");
        const auto labels = window().currentPage()->findChildren<QLabel *>();
        QVERIFY(std::any_of(labels.begin(), labels.end(), [](const QLabel *label) {
            return label->isVisible() && label->text() == "The desktop shows nothing: nobody answers";
        }));
        m_ui->keep(QStringLiteral("settings-notifications"));
    }

    void timeKeys_data()
    {
        QTest::addColumn<TimeRange>("from");
        QTest::addColumn<QString>("keys");
        QTest::addColumn<TimeRange>("to");
        const TimeRange live, past{Kind::Custom, testNowNs - 2 * hour, testNowNs - hour};
        QTest::newRow("[ goes back by one range")
            << live << "[" << TimeRange{Kind::Custom, testNowNs - 30 * minute, testNowNs - 15 * minute};
        QTest::newRow("] comes forward to now") << past << "]" << TimeRange{Kind::Last1Hour, 0, 0};
        QTest::newRow("] has nothing after live") << live << "]" << live;
        QTest::newRow("+ zooms in") << past << "+" << TimeRange{Kind::Custom, testNowNs - 105 * minute, testNowNs - 75 * minute};
        QTest::newRow("- zooms out") << past << "-" << TimeRange{Kind::Custom, testNowNs - 150 * minute, testNowNs - 30 * minute};
        QTest::newRow("0 resets") << past << "0" << live;
        QTest::newRow("L is live") << past << "l" << live;
        QTest::newRow("T 1") << past << "t1" << TimeRange{Kind::Last15Minutes, 0, 0};
        QTest::newRow("T 2") << past << "t2" << TimeRange{Kind::Last1Hour, 0, 0};
        QTest::newRow("T 3") << past << "t3" << TimeRange{Kind::Last6Hours, 0, 0};
        QTest::newRow("T 4") << past << "t4" << TimeRange{Kind::Last24Hours, 0, 0};
    }
    void timeKeys()
    {
        QFETCH(TimeRange, from);
        QFETCH(QString, keys);
        QFETCH(TimeRange, to);
        window().setRange(from);
        type(keys);
        QCOMPARE(rangeKey(m_ui->session.range()), rangeKey(to));
    }
    void spacePausesWhatMoves()
    {
        type(" ");
        QVERIFY(m_ui->session.paused());
        type(" ");
        QVERIFY(!m_ui->session.paused());
        type(" l");
        QVERIFY2(!m_ui->session.paused(), "live is never paused");
        window().setRange({Kind::Custom, testNowNs - hour, testNowNs - minute});
        type(" ");
        QVERIFY2(!m_ui->session.paused(), "the past stands still by itself");
    }
    void t5AsksForARange()
    {
        QTimer::singleShot(0, this, [] {
            auto *dialog = qobject_cast<RangeDialog *>(QApplication::activeModalWidget());
            QVERIFY(dialog);
            field(*dialog, "From (UTC)")->setText(QStringLiteral("-2h"));
            QTest::keyClick(dialog, Qt::Key_Return);
        });
        type("t5");
        QCOMPARE(m_ui->session.range().kind, Kind::Custom);
        QCOMPARE(m_ui->session.range().fromNs, testNowNs - 2 * hour);
    }

    void choicesAreRemembered()
    {
        const TimeRange wanted{Kind::Custom, testNowNs - 3 * hour, testNowNs - hour};
        window().setRange(wanted);
        m_ui->time.setUtc(false);
        m_ui->themes.setChoice(ThemeChoice::Light);
        m_ui->themes.setDensityChoice(DensityChoice::Comfortable);
        m_ui->uiSettings.alerts().setLeast(wire::Severity::Critical);
        window().close();

        ThemeStore themes(ThemeStore::loadBuiltIn().value().first, ThemeStore::loadBuiltIn().value().second);
        TimeDisplay time;
        ActionRegistry actions(m_ui->settings);
        UiSettings settings(m_ui->settings, themes, time, UiDefaults());
        FakeSession session;
        const MainWindow later(WindowServices{session, themes, m_ui->icons, time, actions, settings, m_ui->clock, {}});
        QVERIFY(session.range() == wanted);
        QVERIFY(!time.isUtc());
        QCOMPARE(themes.choice(), ThemeChoice::Light);
        QCOMPARE(themes.densityChoice(), DensityChoice::Comfortable);
        QVERIFY(settings.alerts().least() == wire::Severity::Critical);
    }
    void rangeIsRemembered_data()
    {
        QTest::addColumn<QString>("stored");
        QTest::addColumn<QString>("read");
        for (const TimeRange::Kind kind : presetRanges)
            QTest::addRow("%s", qPrintable(rangeKey({kind, 0, 0}))) << rangeKey({kind, 0, 0}) << rangeKey({kind, 0, 0});
        const QString custom = rangeKey({Kind::Custom, testNowNs - hour, testNowNs});
        QTest::newRow("custom") << custom << custom;
        QTest::newRow("damaged") << "custom 5 abc"
                                 << "live";
        QTest::newRow("from a newer version") << "last-7d"
                                              << "live";
        QTest::newRow("backwards") << "custom 1750000000000000000 1740000000000000000"
                                   << "live";
    }
    void rangeIsRemembered()
    {
        QFETCH(QString, stored);
        m_ui->settings.setValue(QStringLiteral("time/range"), stored);
        QTEST(rangeKey(m_ui->uiSettings.range()), "read");
    }

    void paletteRunsWhatIsTyped()
    {
        ctrl(Qt::Key_K);
        auto *palette = window().findChild<CommandPalette *>();
        QVERIFY(palette->isVisible());
        auto *edit = palette->findChild<QLineEdit *>();
        QTRY_VERIFY(edit->hasFocus());
        QTest::keyClicks(edit, "goset");
        QCOMPARE(rowText(*palette), "Go to Settings");
        QCOMPARE(edit->accessibleDescription(), "Go to Settings, Ctrl+,");
        QTest::keyClick(edit, Qt::Key_Return);
        QVERIFY(!palette->isVisible());
        QCOMPARE(window().currentPageId(), PageId::Settings);
        QCOMPARE(m_ui->session.actions.last(), (std::pair<QString, QString>("command", "Go to Settings")));
        window().openPalette(); // what was used last comes first, and says why
        QCOMPARE(rowText(*palette), "Go to Settings");
        QVERIFY(palette->findChild<QListView *>()->currentIndex().data(Qt::AccessibleTextRole).toString().contains("recent"));
    }
    void paletteMovesByArrows()
    {
        window().openPalette();
        auto *palette = window().findChild<CommandPalette *>();
        auto *edit = palette->findChild<QLineEdit *>();
        auto *list = palette->findChild<QListView *>();
        const int last = list->model()->rowCount() - 1;
        QTest::keyClick(edit, Qt::Key_Down);
        QCOMPARE(list->currentIndex().row(), 1);
        QTest::keyClick(edit, Qt::Key_Up);
        QTest::keyClick(edit, Qt::Key_Up);
        QCOMPARE(list->currentIndex().row(), last);
        QTest::keyClick(edit, Qt::Key_Down);
        QCOMPARE(list->currentIndex().row(), 0);
        QTest::keyClick(edit, Qt::Key_PageDown);
        QCOMPARE(list->currentIndex().row(), std::min(10, last));
        QTest::keyClicks(edit, "no such thing at all");
        QTest::keyClick(edit, Qt::Key_Return);
        QVERIFY2(palette->isVisible(), "nothing to run");
        QTest::keyClick(edit, Qt::Key_Escape);
        QVERIFY(!palette->isVisible());
        QVERIFY2(page<ConnectionsPage>()->isAncestorOf(QApplication::focusWidget()), "the focus goes back to where it was");
    }
    void paletteFindsPodsAndNodes()
    {
        window().openPage(PageId::Events); // its rows tell of pods
        QTRY_VERIFY(window().currentPage()->settled());
        window().openPalette();
        auto *palette = window().findChild<CommandPalette *>();
        auto *edit = palette->findChild<QLineEdit *>();
        QTest::keyClicks(edit, "@ledger");
        QCOMPARE(rowText(*palette), "ledger-db-0");
        QTest::keyClick(edit, Qt::Key_Return);
        QCOMPARE(page<EventsPage>()->filterBar().input().pod, "ledger-db-0");
        window().openPalette();
        QTest::keyClicks(edit, "@node-14");
        QTest::keyClick(edit, Qt::Key_Return);
        QCOMPARE(window().currentPageId(), PageId::Connections);
        QVERIFY(window().drawerOpen());
    }
    void paletteHelps()
    {
        window().openPalette();
        auto *palette = window().findChild<CommandPalette *>();
        auto *edit = palette->findChild<QLineEdit *>();
        QTest::keyClicks(edit, "?");
        const QAbstractItemModel *rows = palette->findChild<QListView *>()->model();
        QCOMPARE(rows->rowCount(), 5);
        QTest::keyClicks(edit, "nodes and");
        QTest::keyClick(edit, Qt::Key_Return);
        QVERIFY2(palette->isVisible(), "help goes on in the palette");
        QCOMPARE(edit->text(), "@");
        edit->setText(QStringLiteral(">"));
        for (int row = 0; row < rows->rowCount(); ++row)
            QVERIFY(!rows->index(row, 0).data().toString().startsWith("node-"));
        edit->setText(QStringLiteral("?about"));
        QTest::keyClick(edit, Qt::Key_Return);
        QCOMPARE(window().currentPageId(), PageId::Settings);
    }

    void escClosesTheTopmostOnly()
    {
        ctrl(Qt::Key_I);
        QVERIFY(window().drawerOpen());
        QTest::keyClick(focus(), Qt::Key_F1);
        auto *overlay = window().findChild<KeyOverlay *>();
        QVERIFY(overlay->isVisible());
        window().findChild<CommandPalette *>()->open({});
        QTest::keyClick(focus(), Qt::Key_Escape);
        QVERIFY(!window().findChild<CommandPalette *>()->isVisible());
        QVERIFY(overlay->isVisible());
        QTest::keyClick(focus(), Qt::Key_Escape);
        QVERIFY(!overlay->isVisible());
        QVERIFY(window().drawerOpen());
        QTest::keyClick(focus(), Qt::Key_Escape);
        QVERIFY(!window().drawerOpen());
        ctrl(Qt::Key_I);
        ctrl(Qt::Key_I);
        QVERIFY(!window().drawerOpen());
    }
    void keysOfThisPageAreSaidInWords_data()
    {
        QTest::addColumn<int>("key");
        QTest::addColumn<bool>("shift");
        QTest::newRow("F1") << int(Qt::Key_F1) << false;
        QTest::newRow("?") << int(Qt::Key_Question) << false;
        QTest::newRow("? of a keyboard that has it above another key") << int(Qt::Key_Question) << true;
    }
    void keysOfThisPageAreSaidInWords()
    {
        QFETCH(int, key);
        QFETCH(bool, shift);
        const Qt::KeyboardModifiers modifiers = shift ? Qt::ShiftModifier : Qt::NoModifier;
        QTest::keyClick(focus(), static_cast<Qt::Key>(key), modifiers);
        auto *overlay = window().findChild<KeyOverlay *>();
        QVERIFY(overlay->isVisible());
        const QString words = QAccessible::queryAccessibleInterface(overlay)->text(QAccessible::Description);
        QVERIFY(words.contains("Ctrl+K: Search or run a command"));
        QVERIFY(words.contains("E: Export these connections\u2026"));
        QVERIFY2(!words.contains("Export these events"), "keys of another page");
        window().openPage(PageId::Events);
        QVERIFY(QAccessible::queryAccessibleInterface(overlay)->text(QAccessible::Description).contains("E: Export these events\u2026"));
        QTest::keyClick(focus(), static_cast<Qt::Key>(key), modifiers);
        QVERIFY(!overlay->isVisible());
    }

    void theFocusRingIsNotPaintedOverTheDrawer()
    {
        window().openPage(PageId::Events);
        auto *table = window().currentPage()->findChild<TableView *>();
        table->setFocus(Qt::TabFocusReason);
        QTest::keyClick(table, Qt::Key_Down);
        auto *ring = window().findChild<FocusRing *>();
        auto *drawer = window().findChild<Drawer *>();
        QTRY_VERIFY(ring->isVisible());
        QCOMPARE(ring->mask(), QRegion(ring->rect()));
        const auto onDrawer = [&] {
            return ring->mask().translated(ring->pos()).intersects(QRect(drawer->mapTo(&window(), QPoint()), drawer->size()));
        };
        window().toggleDrawer();
        QTRY_VERIFY(drawer->isVisible() && ring->geometry().intersects(QRect(drawer->mapTo(&window(), QPoint()), drawer->size())));
        QTRY_VERIFY(!onDrawer());
        QVERIFY(!ring->mask().isEmpty());
        window().toggleDrawer();
        QTRY_COMPARE(ring->mask(), QRegion(ring->rect()));
    }

    void statusItemsOpenThePageThatExplainsThem_data()
    {
        QTest::addColumn<QString>("key");
        QTest::addColumn<PageId>("page");
        QTest::newRow("link") << "link" << PageId::Connections;
        QTest::newRow("silent") << "silent" << PageId::Connections;
        QTest::newRow("clock") << "clock" << PageId::Connections;
        QTest::newRow("store") << "store" << PageId::Settings;
    }
    void statusItemsOpenThePageThatExplainsThem()
    {
        QFETCH(QString, key);
        window().openPage(PageId::Events);
        auto *bar = window().findChild<StatusBar *>();
        const qsizetype at = bar->shownKeys().indexOf(key);
        QVERIFY(at >= 0);
        QTest::mouseClick(statusButtons(*bar).at(at), Qt::LeftButton);
        QTEST(window().currentPageId(), "page");
    }
    void aNoticeLeavesInSightWhatItHasNoNeedToHide_data()
    {
        QTest::addColumn<QString>("notice");
        QTest::addColumn<int>("width");
        QTest::addColumn<QStringList>("shown");
        const QString words = QStringLiteral("Export to /mnt/backup/2026-03-01/events.csv failed: No such file or directory");
        QTest::newRow("a word beside all that matters") << "Copied" << 1280 << QStringList{"link", "silent", "loss", "store"};
        QTest::newRow("a sentence leaves the link and what is wrong") << words << 1280 << QStringList{"link", "silent", "loss", "store"};
        QTest::newRow("little room is for what is wrong") << words << 960 << QStringList{"silent", "loss", "store"};
    }
    void aNoticeLeavesInSightWhatItHasNoNeedToHide()
    {
        QFETCH(QString, notice);
        QFETCH(int, width);
        QFETCH(QStringList, shown);
        window().resize(width, 800);
        auto *bar = window().findChild<StatusBar *>();
        QVERIFY(bar->shownKeys().contains("store"));
        m_ui->session.storeErrorText = QStringLiteral("no space left on device");
        bar->refresh();
        window().notify(notice);
        for (const QString &key : shown)
            QVERIFY2(bar->shownKeys().contains(key), qPrintable(key + QStringLiteral(" of ") + bar->shownKeys().join(QLatin1Char(' '))));
        QCOMPARE(bar->accessibleDescription(), notice);
        m_ui->keep(QStringLiteral("notice-and-alarms"));
    }

    void rangeDialogTakesOnlyWhatIsARange_data()
    {
        QTest::addColumn<QString>("from");
        QTest::addColumn<QString>("to");
        QTest::addColumn<bool>("good");
        QTest::newRow("times of day") << "14:05"
                                      << "14:20" << true;
        QTest::newRow("relative") << "-2h"
                                  << "now" << true;
        QTest::newRow("ISO 8601") << "2025-06-15T10:00:00Z"
                                  << "2025-06-15T11:00:00+00:00" << true;
        QTest::newRow("backwards") << "14:20"
                                   << "14:05" << false;
        QTest::newRow("no time") << "soon"
                                 << "now" << false;
        QTest::newRow("empty") << ""
                               << "" << false;
        QTest::newRow("too short") << "14:05:00"
                                   << "14:05:03" << false;
        QTest::newRow("in the future") << "2031-01-01"
                                       << "2031-01-02" << false;
        QTest::newRow("too long") << "1990-01-01"
                                  << "now" << false;
    }
    void rangeDialogTakesOnlyWhatIsARange()
    {
        QFETCH(QString, from);
        QFETCH(QString, to);
        QFETCH(bool, good);
        RangeDialog dialog(window().context(), &window());
        dialog.show();
        field(dialog, "From (UTC)")->setText(from);
        field(dialog, "To (UTC)")->setText(to);
        QPushButton *use = nullptr;
        for (QPushButton *each : dialog.findChildren<QPushButton *>())
            if (each->text() == QLatin1String("Show this range"))
                use = each;
        QVERIFY(use);
        QCOMPARE(use->isEnabled(), good);
        use->click();
        QCOMPARE(dialog.result() == QDialog::Accepted, good);
        if (good)
            QVERIFY(dialog.range().fromNs < dialog.range().toNs);
    }

    void firstStartStandsStillWhileItSaysTheSame()
    {
        m_ui = std::make_unique<WindowFixture>(WindowFixture::Data::None, QSize(1280, 800), ThemeChoice::Light);
        for (const PageId id : {PageId::Events, PageId::Connections, PageId::Insights}) {
            window().openPage(id);
            QTRY_VERIFY(window().currentPage()->settled());
            QPointer<BarButton> copy;
            QTRY_VERIFY((copy = copyButton()));
            copy->setFocus();
            emit m_ui->session.agentsChanged();
            emit m_ui->session.linkChanged();
            QVERIFY(copy && copy->hasFocus());
            QVERIFY(hasLabel("tapio pki issue --ensure node build-host-3.example"));
        }
    }

    void anotherPageTakesTheFocusOfTheOne()
    {
        type("gv");
        QCOMPARE(window().currentPageId(), PageId::Events);
        QVERIFY(window().currentPage()->isAncestorOf(QApplication::focusWidget()));
        QVERIFY2(!qobject_cast<QLineEdit *>(QApplication::focusWidget()), "letters would be text there");
        type("gn");
        QCOMPARE(window().currentPageId(), PageId::Connections);
        type("/");
        QVERIFY(qobject_cast<QLineEdit *>(QApplication::focusWidget()));
    }
    void keysModelAndItsFilterObeyTheRules()
    {
        QSettings settings(m_ui->folder.filePath("other.ini"), QSettings::IniFormat);
        ActionRegistry actions(settings);
        const auto add = [&](const char *id, const char *key) {
            actions.add({QLatin1String(id), QLatin1String(id), ActionGroup::View, {QKeySequence(QLatin1String(key))}, [] {}, {}, nullptr});
        };
        add("one", "1");
        KeysModel model(actions);
        QSortFilterProxyModel rows;
        rows.setSourceModel(&model);
        rows.setFilterKeyColumn(-1);
        QAbstractItemModelTester tester(&model), proxyTester(&rows);
        add("two", "2");
        QCOMPARE(model.rowCount(), 2);
        QVERIFY(actions.setKeys("two", {QKeySequence("Z")}));
        QCOMPARE(model.index(1, KeysModel::Keys).data().toString(), "Z");
        rows.setFilterFixedString(QStringLiteral("Z"));
        QCOMPARE(rows.rowCount(), 1);
        add("three", "3");
        rows.setFilterFixedString({});
        rows.sort(KeysModel::Text, Qt::DescendingOrder);
        QCOMPARE(rows.index(0, KeysModel::Text).data().toString(), "two");
    }
    void connectionFiltersObeyTheRulesWhileRowsComeAndGo()
    {
        auto *connections = page<ConnectionsPage>();
        QAbstractItemModelTester agents(const_cast<QAbstractItemModel *>(&connections->agents())),
            notices(const_cast<QAbstractItemModel *>(&connections->notices()));
        QCOMPARE(connections->agents().rowCount(), 31);
        auto *filter = qobject_cast<QLineEdit *>(connections->filterField());
        filter->setText(QStringLiteral("silent"));
        QCOMPARE(connections->agents().rowCount(), 4);
        m_ui->session.agentList = sampleAgents(40, testNowNs);
        m_ui->session.notices = sampleNotices(90, testNowNs + hour);
        emit m_ui->session.agentsChanged();
        QCOMPARE(connections->agents().rowCount(), 5);
        filter->setText(QStringLiteral("nothing of that name"));
        QCOMPARE(connections->agents().rowCount(), 0);
        m_ui->session.agentList.clear();
        emit m_ui->session.agentsChanged();
        filter->clear();
        QCOMPARE(connections->notices().rowCount(), 90);
    }
    void connectionsAreExported()
    {
        CounterSet counters;
        counters[Counter::Lost] = 7;
        counters[Counter::Shed] = 5;
        m_ui->session.counterSets["node-11"] = counters;
        emit m_ui->session.agentsChanged();
        auto *connections = page<ConnectionsPage>();
        qobject_cast<QLineEdit *>(connections->filterField())->setText(QStringLiteral("node-11"));
        const QString file = m_ui->folder.filePath("agents.csv");
        QVERIFY(connections->exportRows(ConnectionsPage::List::Agents, file));
        QFile written(file);
        QVERIFY(written.open(QIODevice::ReadOnly));
        const QStringList lines = QString::fromUtf8(written.readAll()).split("\r\n");
        QCOMPARE(lines.size(), 3);
        QVERIFY(lines[0].startsWith("Node,State,Since,Address,Clock offset (ns),"));
        QVERIFY(lines[1].startsWith("node-11,connected,2025-06-15T14:58:18.000000000Z,10.0.0.5:41231,-220000,67,1200000,335,2,"));
        QVERIFY(connections->exportRows(ConnectionsPage::List::Notices, file));
        const Status refused = connections->exportRows(ConnectionsPage::List::Agents, QStringLiteral("/no/such/folder/agents.csv"));
        QVERIFY(!refused);
        QVERIFY(!refused.error().context().empty());
    }

    /// What the settings promise of exports is what PanelExport and ConnectionsPage::exportRows do.
    void settingsSayInWhichZoneExportsAre()
    {
        window().openPage(PageId::Settings, QStringLiteral("time"));
        QString hint;
        for (const QLabel *label : window().currentPage()->findChildren<QLabel *>())
            hint = label->text().contains(QLatin1String("JSON")) && label->isVisible() ? label->text() : hint;
        QVERIFY2(hint.contains("events and connections") && hint.contains("always in UTC"), qPrintable(hint));
        QVERIFY2(hint.contains("panel is exported in the zone chosen here"), qPrintable(hint));
        const PanelExport panel(m_ui->session.overviewValue.panels[static_cast<std::size_t>(PanelId::QueueDepth)], m_ui->themes.theme(),
                                QTimeZone("Asia/Kolkata"));
        QVERIFY(panel.csv().contains("+05:30"));
        QVERIFY(panel.suggestedName(PanelFormat::Csv).endsWith("IST.csv"));
    }

    void englishHasPlurals()
    {
        QTranslator translator;
        QVERIFY(translator.load(QLocale(QLocale::English, QLocale::UnitedStates), QStringLiteral("tapio"), QStringLiteral("_"),
                                QStringLiteral(":/tapio/translations")));
        QCOMPARE(translator.translate("tapio::console::EventsPage", "%n event(s)", nullptr, 1), "%n event");
        QCOMPARE(translator.translate("tapio::console::EventsPage", "%n event(s)", nullptr, 3), "%n events");
    }

    void everythingThatTakesTheFocusHasAName_data()
    {
        QTest::addColumn<PageId>("page");
        QTest::newRow("Overview") << PageId::Overview;
        QTest::newRow("Events") << PageId::Events;
        QTest::newRow("Connections") << PageId::Connections;
        QTest::newRow("Insights") << PageId::Insights;
        QTest::newRow("Explore") << PageId::Explore;
        QTest::newRow("Dashboards") << PageId::Dashboards;
        QTest::newRow("Settings") << PageId::Settings;
    }
    void everythingThatTakesTheFocusHasAName()
    {
        QFETCH(PageId, page);
        m_ui->session.answersNothing = true;
        window().openPage(page);
        QTRY_VERIFY(window().currentPage()->settled());
        ctrl(Qt::Key_I);
        QStringList nameless;
        for (const QWidget *widget : window().findChildren<QWidget *>()) {
            const bool reached = widget->isVisible() && widget->focusPolicy() != Qt::NoFocus;
            if (!reached || widget == window().currentPage() || widget->focusProxy())
                continue;
            QAccessibleInterface *seen = QAccessible::queryAccessibleInterface(const_cast<QWidget *>(widget));
            if (!seen || seen->text(QAccessible::Name).isEmpty())
                nameless << QStringLiteral("%1 in %2")
                                .arg(QString::fromLatin1(widget->metaObject()->className()),
                                     QString::fromLatin1(widget->parentWidget()->metaObject()->className()));
        }
        QVERIFY2(nameless.isEmpty(), qPrintable(nameless.join(QLatin1String(", "))));
    }

private:
    MainWindow &window() const { return *m_ui->window; }
    template <typename P> P *page() const { return qobject_cast<P *>(window().currentPage()); }
    QWidget *focus() const { return QApplication::focusWidget() ? QApplication::focusWidget() : m_ui->window.get(); }
    void type(const QString &keys) const
    {
        for (const QChar c : keys)
            QTest::keyClick(focus(), c == QLatin1Char(' ') ? Qt::Key_Space : static_cast<Qt::Key>(c.toUpper().unicode()));
    }
    void ctrl(Qt::Key key) const { QTest::keyClick(focus(), key, Qt::ControlModifier); }
    static QLineEdit *field(const QDialog &dialog, const char *name)
    {
        for (QLineEdit *each : dialog.findChildren<QLineEdit *>())
            if (each->accessibleName() == QLatin1String(name))
                return each;
        return nullptr;
    }
    static QString rowText(const CommandPalette &palette) { return palette.findChild<QListView *>()->currentIndex().data().toString(); }
    static QList<QAbstractButton *> statusButtons(const StatusBar &bar)
    {
        QList<QAbstractButton *> shown;
        for (QAbstractButton *each : bar.findChildren<QAbstractButton *>())
            if (!each->isHidden())
                shown.append(each);
        return shown;
    }
    BarButton *copyButton() const
    {
        for (BarButton *each : window().currentPage()->findChildren<BarButton *>())
            if (each->isVisible() && each->accessibleName() == QLatin1String("Copy the command"))
                return each;
        return nullptr;
    }
    bool hasLabel(const QString &text) const
    {
        const auto labels = window().currentPage()->findChildren<QLabel *>();
        return std::any_of(labels.begin(), labels.end(), [&](const QLabel *each) { return each->isVisible() && each->text() == text; });
    }

    std::unique_ptr<WindowFixture> m_ui;
};

QTEST_MAIN(TestWindowActions)
#include "tst_windowactions.moc"
