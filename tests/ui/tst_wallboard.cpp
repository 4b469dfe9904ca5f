// SPDX-License-Identifier: GPL-3.0-or-later
#include <QApplication>
#include <QScrollArea>
#include <QScrollBar>
#include <QtTest>

#include "console/core/dashboards/dashboardfile.h"
#include "console/ui/pages/dashboardspage.h"
#include "console/ui/pages/overviewpage.h"
#include "console/ui/window/contextbar.h"
#include "console/ui/window/rail.h"
#include "console/ui/window/statusbar.h"
#include "console/ui/window/wallboard.h"
#include "console/ui/window/wallhead.h"
#include "tests/ui/windowfixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

/// One page after the other, in the real window.
class TestWallboard : public QObject {
    Q_OBJECT

    std::unique_ptr<WindowFixture> m_ui;

    MainWindow &window() { return *m_ui->window; }
    Wallboard &board() { return window().wallboard(); }
    WallHead &head() { return *window().findChild<WallHead *>(); }
    void press(const QString &keys) { QTest::keyClicks(QApplication::focusWidget() ? QApplication::focusWidget() : &window(), keys); }
    void escape() { QTest::keyClick(QApplication::focusWidget() ? QApplication::focusWidget() : &window(), Qt::Key_Escape); }
    /// As when the time of a page is over.
    void timeOut() { QVERIFY(QMetaObject::invokeMethod(&board().timer(), "timeout")); }
    QStringList titles()
    {
        QStringList all;
        for (const Wallboard::Stop &stop : board().stops())
            all << stop.title;
        return all;
    }

private slots:
    void init()
    {
        m_ui = std::make_unique<WindowFixture>(WindowFixture::Data::Some, QSize(1280, 800), ThemeChoice::Dark);
        m_ui->session.answersNothing = true;
        window().openPage(PageId::Events);
    }
    void cleanup() { m_ui.reset(); }

    void pages_followEachOther()
    {
        m_ui->actions.trigger("wallboard");
        QVERIFY(board().isRunning());
        QVERIFY(board().timer().isActive());
        QCOMPARE(window().currentPageId(), PageId::Overview);
        QTRY_COMPARE(titles().size(), 5); // the dashboard "overview" has what the page has
        QCOMPARE(titles().first(), QString("Overview"));
        QVERIFY(titles().contains("Infrastructure"));
        m_ui->keep("wallboard-overview");
        for (int i = 1; i < 5; ++i) {
            board().step(1);
            QCOMPARE(window().currentPageId(), PageId::Dashboards);
            auto *page = qobject_cast<DashboardsPage *>(window().currentPage());
            QTRY_COMPARE(page->current(), board().stops()[static_cast<std::size_t>(i)].argument);
            QCOMPARE(head().left(), titles()[i]);
            QVERIFY(head().right().endsWith(QStringLiteral("%1 of 5").arg(i + 1)));
        }
        m_ui->keep("wallboard-dashboard");
        board().step(1);
        QCOMPARE(window().currentPageId(), PageId::Overview);
    }

    void whatDoesNotFit_isShownScreenByScreen()
    {
        m_ui->actions.trigger("wallboard");
        QTRY_COMPARE(titles().size(), 5);
        int screens = 1;
        for (timeOut(); board().at() == 0; timeOut())
            ++screens;
        QVERIFY(screens > 1); // of the Overview on so small a wall
        QCOMPARE(board().at(), std::size_t(1));
        auto *page = qobject_cast<DashboardsPage *>(window().currentPage());
        QTRY_COMPARE(page->current(), board().stops()[1].argument);
        QTRY_VERIFY(page->settled());
        const QScrollBar *bar = page->findChild<QScrollArea *>()->verticalScrollBar();
        QTRY_VERIFY(bar->maximum() > 0);
        QCOMPARE(bar->value(), 0);
        int last = 0;
        while (bar->value() < bar->maximum()) {
            timeOut();
            QCOMPARE(board().at(), std::size_t(1));
            QVERIFY(bar->value() > last);
            last = bar->value();
        }
        timeOut();
        QCOMPARE(board().at(), std::size_t(2));
        board().step(-1);
        QTRY_COMPARE(bar->value(), 0); // from its top again
    }

    void whatOneClicks_isAwayUntilTheEnd()
    {
        const QSize area = window().pageParent()->size();
        m_ui->actions.trigger("wallboard");
        QVERIFY(!window().findChild<Rail *>()->isVisible());
        QVERIFY(!window().findChild<ContextBar *>()->isVisible());
        QVERIFY(window().findChild<StatusBar *>()->isVisible()); // what is lost or silent is said here too
        QVERIFY(head().isVisible());
        QVERIFY(window().windowState().testFlag(Qt::WindowFullScreen));
        QVERIFY(window().pageParent()->width() > area.width());
        QVERIFY(head().right().contains("Esc ends"));
        m_ui->actions.trigger("range.pause");
        QVERIFY(head().right().contains("paused"));
        escape();
        QVERIFY(!board().isRunning());
        QVERIFY(!board().timer().isActive());
        QVERIFY(window().findChild<Rail *>()->isVisible());
        QVERIFY(window().findChild<ContextBar *>()->isVisible());
        QVERIFY(!head().isVisible());
        QVERIFY(!window().windowState().testFlag(Qt::WindowFullScreen));
        QCOMPARE(window().currentPageId(), PageId::Events); // where one was
    }

    void keys_stepAndHold()
    {
        m_ui->actions.trigger("wallboard");
        QTRY_COMPARE(titles().size(), 5);
        press("n");
        QCOMPARE(board().at(), std::size_t(1));
        press("p");
        press("p");
        QCOMPARE(board().at(), std::size_t(4));
        press("h");
        QVERIFY(board().isHeld());
        QVERIFY(!board().timer().isActive());
        QVERIFY(head().right().contains("held"));
        press("n"); // by hand all the same
        QCOMPARE(board().at(), std::size_t(0));
        QVERIFY(!board().timer().isActive());
        press("h");
        QVERIFY(board().timer().isActive());
        escape();
        press("n");
        QVERIFY(!board().isRunning());
    }

    void ownDashboards_areShownToo()
    {
        m_ui->actions.trigger("wallboard");
        QTRY_COMPARE(titles().size(), 5);
        board().step(-1);
        const QString shown = head().left();
        const std::filesystem::path folder = m_ui->folder.filePath("dashboards").toStdString();
        std::filesystem::create_directories(folder);
        Dashboard mine;
        mine.title = "A board of mine";
        DashboardPanel note;
        note.kind = PanelKind::Text;
        note.at = {0, 0, 24, 4};
        note.text = "Call the shop's on-call first.";
        mine.panels = {note};
        QVERIFY(saveDashboard(mine, folder / "mine.toml"));
        board().stop();
        board().start(); // which reads them again
        QTRY_VERIFY(titles().contains("A board of mine"));
        QVERIFY(titles().contains(shown));
    }

    void seconds_areKeptWithinBounds_data()
    {
        QTest::addColumn<int>("seconds");
        QTest::addColumn<int>("taken");
        QTest::newRow("ten") << 10 << 10;
        QTest::newRow("none") << 0 << Wallboard::leastSeconds;
        QTest::newRow("less than none") << -5 << Wallboard::leastSeconds;
        QTest::newRow("days") << 1'000'000 << Wallboard::mostSeconds;
    }
    void seconds_areKeptWithinBounds()
    {
        QFETCH(int, seconds);
        QFETCH(int, taken);
        board().setSeconds(seconds);
        QCOMPARE(board().seconds(), taken);
    }

    void whatWasChosenBefore_isShownAgain()
    {
        window().openPage(PageId::Dashboards, "security");
        auto *page = qobject_cast<DashboardsPage *>(window().currentPage());
        QTRY_COMPARE(page->current(), QString("security"));
        m_ui->actions.trigger("wallboard");
        QTRY_COMPARE(titles().size(), 5);
        board().step(2);
        QVERIFY(page->current() != "security");
        escape();
        QCOMPARE(window().currentPage(), page);
        QCOMPARE(page->current(), QString("security"));
    }

    void chosenSeconds_areKept()
    {
        QCOMPARE(board().seconds(), Wallboard::standardSeconds);
        m_ui->actions.trigger("wallboard.60");
        QCOMPARE(board().seconds(), 60);
        QCOMPARE(m_ui->uiSettings.wallboardSeconds(), 60);
    }

    void closing_keepsThePageAndThePlaceOfBefore()
    {
        const QByteArray geometry = m_ui->uiSettings.geometry();
        m_ui->actions.trigger("wallboard");
        window().close();
        QCOMPARE(m_ui->uiSettings.page(), static_cast<int>(PageId::Events));
        QCOMPARE(m_ui->uiSettings.geometry(), geometry);
    }
};

QTEST_MAIN(TestWallboard)
#include "tst_wallboard.moc"
