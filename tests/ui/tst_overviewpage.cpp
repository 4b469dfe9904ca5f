// SPDX-License-Identifier: GPL-3.0-or-later
#include <QClipboard>
#include <QLabel>
#include <QSignalSpy>
#include <QtTest>

#include <algorithm>

#include "console/ui/pages/overviewgrid.h"
#include "console/ui/pages/overviewpage.h"
#include "console/ui/widgets/computationview.h"
#include "console/ui/widgets/fullpanelview.h"
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
    void press(const QString &keys) { QTest::keyClicks(QApplication::focusWidget() ? QApplication::focusWidget() : m_ui->window.get(), keys); }

private slots:
    void init()
    {
        m_ui = std::make_unique<WindowFixture>(WindowFixture::Data::Some, QSize(1280, 800), ThemeChoice::Dark);
        m_page = m_ui->window->findChild<OverviewPage *>();
        if (!m_page) {
            m_page = new OverviewPage(m_ui->window->context(), m_ui->window->pageParent());
            m_ui->window->addPage(PageId::Overview, RailGroup::Respond, QStringLiteral("overview"), m_page, QKeySequence(QStringLiteral("G, O")));
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
        QVERIFY(std::ranges::any_of(steps->findChildren<QLabel *>(), [](const QLabel *label) { return label->text().contains("tapio-agent"); }));
        ui.keep(QStringLiteral("overview-first-start"));
        ui.session.overviewValue = madeup::busy();
        emit ui.session.overviewChanged();
        QVERIFY(!steps->isVisible() && page->view().isVisible());
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

    void loadingIsNotSettled()
    {
        bring(madeup::loading());
        QVERIFY(!m_page->settled());
    }
};

QTEST_MAIN(TestOverviewPage)
#include "tst_overviewpage.moc"
