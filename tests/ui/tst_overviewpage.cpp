// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QScrollBar>
#include <QSignalSpy>
#include <QtTest>

#include <algorithm>

#include "console/ui/pages/insightfilterbar.h"
#include "console/ui/pages/insightspage.h"
#include "console/ui/pages/overviewgrid.h"
#include "console/ui/pages/overviewpage.h"
#include "console/ui/widgets/computationview.h"
#include "console/ui/widgets/fullpanelview.h"
#include "console/ui/widgets/tableview.h"
#include "tests/ui/support/madeup.h"
#include "tests/ui/support/uifixture.h"
#include "tests/ui/windowfixture.h"

using namespace tapio::console;
using tapio::test::WindowFixture;

class TestOverviewPage : public QObject {
    Q_OBJECT

    std::unique_ptr<WindowFixture> m_ui;
    OverviewPage *m_page = nullptr;

    void bring(const OverviewSnapshot &overview)
    {
        m_ui->session.overviewValue = overview;
        emit m_ui->session.overviewChanged();
        m_page->view().flush();
    }
    /// Where the first group of open insights is drawn.
    static QPoint groupPlace(PanelWidget &widget)
    {
        for (int y = 0; y < widget.height(); ++y) {
            if (widget.groupAt({widget.width() / 2, y}))
                return {widget.width() / 2, y + 2};
        }
        return {};
    }
    void press(const QString &keys)
    {
        QTest::keyClicks(QApplication::focusWidget() ? QApplication::focusWidget() : m_ui->window.get(), keys);
    }

private slots:
    void init()
    {
        m_ui = std::make_unique<WindowFixture>(WindowFixture::Data::Some, QSize(1280, 800), ThemeChoice::Dark);
        m_page = m_ui->window->findChild<OverviewPage *>();
        if (!m_page) {
            m_page = new OverviewPage(m_ui->window->context(), m_ui->window->pageParent());
            m_ui->window->addPage(PageId::Overview, RailGroup::Respond, QStringLiteral("overview"), m_page,
                                  QKeySequence(QStringLiteral("G, O")));
        }
        m_ui->window->openPage(PageId::Overview);
        QTRY_VERIFY(m_page->isVisible());
        bring(madeup::busy());
        m_page->setFocus(Qt::TabFocusReason);
    }
    void cleanup() { m_ui.reset(); }

    void theSmallestWindowShowsAllPanelsWithoutScrolling()
    {
        m_ui->keep(QStringLiteral("overview-window"));
        QVERIFY(m_page->view().grid().height() <= m_page->height());
        QVERIFY(m_page->settled());
    }

    void firstStart_saysWhatToDoUntilAnAgentConnects()
    {
        WindowFixture ui(WindowFixture::Data::None, QSize(1280, 800), ThemeChoice::Light);
        ui.window->openPage(PageId::Overview);
        auto *page = ui.window->findChild<OverviewPage *>();
        QVERIFY(page);
        auto *steps = page->findChild<StateMessage *>();
        QVERIFY(steps->isVisible() && !page->view().isVisible());
        QVERIFY(std::ranges::any_of(steps->findChildren<QLabel *>(),
                                    [](const QLabel *label) { return label->text().contains("tapio-agent"); }));
        ui.keep(QStringLiteral("overview-first-start"));
        ui.session.overviewValue = madeup::busy();
        emit ui.session.overviewChanged();
        QVERIFY(!steps->isVisible() && page->view().isVisible());
    }

    /// At the smallest usual window nobody has to scroll sideways for how right a rule is.
    void theTableOfRulesFits()
    {
        for (const Qt::Key key : {Qt::Key_Down, Qt::Key_Right})
            QTest::keyClick(QApplication::focusWidget(), key);
        QCOMPARE(m_page->view().current(), PanelId::CorrelationAccuracy);
        press("t");
        QTRY_VERIFY(m_page->view().isFullScreen());
        const TableView &table = *m_page->view().full().table();
        m_ui->keep(QStringLiteral("overview-rules-1280"));
        QVERIFY(table.model()->rowCount() > 2);
        QVERIFY2(table.horizontalScrollBar()->maximum() == 0, qPrintable(QString::number(table.horizontalScrollBar()->maximum())));
        for (const int column : {0, 1, 2, 5, 6, 7, 8})
            QVERIFY(!table.isColumnHidden(column));
    }

    void lettersActOnTheCurrentPanel()
    {
        press("f");
        QVERIFY(m_page->view().isFullScreen());
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
        QVERIFY(!m_page->view().isFullScreen());
        press("t");
        QTRY_VERIFY(m_page->view().isFullScreen()); // T alone, since T 1 .. T 5 are ranges
        QVERIFY(m_page->view().full().isTableShown());
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
        QVERIFY(!m_page->view().isFullScreen());
        press("c");
        QVERIFY(QGuiApplication::clipboard()->text().startsWith("Events processed/sec: 48,213 events/s"));
        press(",");
        QVERIFY(m_page->view().pinned());
    }

    void howItIsComputedOpensInTheDrawerAndFollows()
    {
        m_page->view().grid().setCurrent(static_cast<std::size_t>(PanelId::QueueDepth));
        m_page->view().showComputation();
        auto *computation = m_ui->window->findChild<ComputationView *>({}, Qt::FindChildrenRecursively);
        QVERIFY(m_ui->window->drawerOpen());
        QVERIFY(computation);
    }

    void howItIsComputed_followsBesideOtherPages_data()
    {
        QTest::addColumn<PageId>("page");
        QTest::newRow("the Overview") << PageId::Overview;
        QTest::newRow("another page") << PageId::Connections;
    }
    void howItIsComputed_followsBesideOtherPages()
    {
        QFETCH(PageId, page);
        m_page->view().grid().setCurrent(static_cast<std::size_t>(PanelId::QueueDepth));
        m_page->view().showComputation();
        m_ui->window->openPage(page);
        QVERIFY(m_ui->window->drawerOpen());
        OverviewSnapshot next = madeup::busy();
        PanelSnapshot &queue = next.panels[static_cast<std::size_t>(PanelId::QueueDepth)];
        queue.revision = 7;
        queue.value->value = 777;
        bring(next);
        QStringList shown; // the full-screen view has a hidden one of its own
        for (const ComputationView *computation : m_ui->window->findChildren<ComputationView *>())
            for (const QLabel *label : computation->isVisible() ? computation->findChildren<QLabel *>() : QList<QLabel *>())
                shown << label->text();
        QVERIFY2(std::ranges::any_of(shown, [](const QString &text) { return text.startsWith("777"); }), qPrintable(shown.join(" | ")));
    }

    void aRangeSelectedInAPlotIsTheSessionsRange()
    {
        tapio::test::drag(m_page->view().grid().panel(static_cast<std::size_t>(PanelId::QueueDepth)).plot(), 0.25, 0.75);
        QCOMPARE(m_ui->session.range().kind, TimeRange::Kind::Custom);
        QVERIFY(std::abs(m_ui->session.range().toNs - m_ui->session.range().fromNs - 900'000'000'000) < 30'000'000'000);
        emit m_page->view().rangeResetRequested();
        QCOMPARE(m_ui->session.range().kind, TimeRange::Kind::Live);
    }

    void remediesDoWhatTheySay()
    {
        emit m_page->view().remedyRequested(PanelId::QueueDepth, Remedy::WidenRange);
        QCOMPARE(m_ui->session.range().kind, TimeRange::Kind::Last24Hours);
        emit m_page->view().remedyRequested(PanelId::QueueDepth, Remedy::OpenConnections);
        QCOMPARE(m_ui->window->currentPageId(), PageId::Connections);
    }

    void aHiddenPageReadsNothingUntilItIsShown()
    {
        m_ui->window->openPage(PageId::Connections);
        OverviewSnapshot next = madeup::healthy();
        for (PanelSnapshot &panel : next.panels)
            panel.revision = 5;
        m_ui->session.overviewValue = next;
        emit m_ui->session.overviewChanged();
        QCOMPARE(m_page->view().snapshotOf(PanelId::QueueDepth)->revision, 1u);
        m_ui->window->openPage(PageId::Overview);
        QTRY_COMPARE(m_page->view().snapshotOf(PanelId::QueueDepth)->revision, 5u);
    }

    void aPanelIsOpenedByItsKey()
    {
        m_page->open(QString::fromUtf8(panelKey(PanelId::NetworkIo).data()));
        QVERIFY(m_page->view().isFullScreen());
        QCOMPARE(m_page->view().current(), PanelId::NetworkIo);
        m_page->open("no-such-panel");
        QCOMPARE(m_page->view().current(), PanelId::NetworkIo);
    }

    void export_isWrittenInTheBackgroundAndTellsHowItEnded_data()
    {
        QTest::addColumn<bool>("possible");
        QTest::newRow("written") << true;
        QTest::newRow("no such folder") << false;
    }
    void export_isWrittenInTheBackgroundAndTellsHowItEnded()
    {
        QFETCH(bool, possible);
        const QTemporaryDir folder;
        const QString path = folder.filePath(possible ? "queue.png" : "nowhere/queue.png");
        const auto snapshot = m_page->view().snapshotOf(PanelId::QueueDepth);
        const PanelExport page(*snapshot, m_ui->themes.theme(), QTimeZone::utc());
        m_ui->session.actions.clear();
        m_page->save(PanelId::QueueDepth, page.file(PanelFormat::Png), path);
        QVERIFY(m_ui->session.actions.isEmpty()); // the result comes by the event loop
        QTRY_COMPARE(m_ui->session.actions.size(), 1);
        QCOMPARE(m_ui->session.actions[0].first, QStringLiteral("export"));
        QVERIFY(m_ui->session.actions[0].second.contains(path));
        QCOMPARE(QImage(path).size(), possible ? QSize(1920, 1080) : QSize(0, 0));
    }

    /// The scope chosen in the context bar is the session's, is remembered, and can be left from a panel that has nothing.
    void scope_isTheSessionsAndIsRemembered()
    {
        m_ui->window->setScope(QStringLiteral("node-07"), QStringLiteral("payments"));
        QCOMPARE(m_ui->session.scope(), (Scope{"node-07", "payments"}));
        QCOMPARE(m_ui->uiSettings.scopeNode(), QStringLiteral("node-07"));
        QCOMPARE(m_ui->uiSettings.scopeNamespace(), QStringLiteral("payments"));
        emit m_page->view().remedyRequested(PanelId::QueueDepth, Remedy::ShowAll);
        QVERIFY(m_ui->session.scope().all());
        QCOMPARE(m_ui->uiSettings.scopeNode(), QString());
        m_ui->uiSettings.setScope(QStringLiteral("node-01"), {});
        MainWindow next({m_ui->session, m_ui->themes, m_ui->icons, m_ui->time, m_ui->actions, m_ui->uiSettings, m_ui->clock});
        QCOMPARE(next.scopeNode(), QStringLiteral("node-01"));
        QCOMPARE(m_ui->session.scope(), (Scope{"node-01", {}}));
    }

    void scope_isChosenByKeyboard()
    {
        OverviewSnapshot overview = madeup::busy();
        overview.namespaces = {"payments", "shop"};
        bring(overview);
        QVERIFY(m_page->usesNodeScope() && m_page->usesNamespaceScope());
        QVERIFY(m_ui->actions.trigger(QStringLiteral("scope.namespace")));
        QTRY_VERIFY(QApplication::activePopupWidget());
        auto *list = QApplication::activePopupWidget()->findChild<QListWidget *>();
        const QAbstractItemModelTester tester(list->model(), QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(list->count(), 3); // all, and two that were seen
        QTest::keyClicks(QApplication::activePopupWidget()->findChild<QLineEdit *>(), "sho");
        QTest::keyClick(QApplication::activePopupWidget()->findChild<QLineEdit *>(), Qt::Key_Return);
        QCOMPARE(m_ui->session.scope(), (Scope{{}, "shop"}));
    }

    void insights_openTheirPageFiltered_data()
    {
        QTest::addColumn<PanelId>("panel");
        QTest::addColumn<bool>("onGroup");
        QTest::addColumn<int>("state");
        QTest::addColumn<QString>("rule");
        QTest::newRow("the head of open ones") << PanelId::ActiveCorrelations << false << int(InsightFilter::State::Open) << "";
        QTest::newRow("a group of open ones") << PanelId::ActiveCorrelations << true << int(InsightFilter::State::Open) << "oom-cascade";
        QTest::newRow("the head of new ones") << PanelId::InsightsGenerated << false << int(InsightFilter::State::Any) << "";
    }
    void insights_openTheirPageFiltered()
    {
        QFETCH(PanelId, panel);
        QFETCH(bool, onGroup);
        PanelWidget &widget = m_page->view().grid().panel(static_cast<std::size_t>(panel));
        QTest::mouseClick(&widget, Qt::LeftButton, {}, onGroup ? groupPlace(widget) : QPoint(30, 12));
        QCOMPARE(m_ui->window->currentPageId(), PageId::Insights);
        const auto filter = m_ui->window->findChild<InsightsPage *>()->filterBar().filter();
        QTEST(static_cast<int>(filter.state), "state");
        QTEST(filter.rule, "rule");
    }
    void insights_openByKeyAndNotByOtherPanels()
    {
        QVERIFY(!m_ui->actions.trigger(QStringLiteral("panel.insights")));
        QTest::mouseClick(&m_page->view().grid().panel(0), Qt::LeftButton, {}, QPoint(30, 12));
        QCOMPARE(m_ui->window->currentPageId(), PageId::Overview);
        m_page->view().grid().panel(static_cast<std::size_t>(PanelId::ActiveCorrelations)).setFocus(Qt::TabFocusReason);
        press("i");
        QCOMPARE(m_ui->window->currentPageId(), PageId::Insights);
    }

    void loadingIsNotSettled()
    {
        bring(madeup::loading());
        QVERIFY(!m_page->settled());
    }
};

QTEST_MAIN(TestOverviewPage)
#include "tst_overviewpage.moc"
