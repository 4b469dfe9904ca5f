// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractButton>
#include <QClipboard>
#include <QPushButton>
#include <QSignalSpy>
#include <QtTest>

#include "console/core/metrics/overviewinput.h"
#include "console/ui/pages/overviewgrid.h"
#include "console/ui/pages/overviewview.h"
#include "console/ui/widgets/computationview.h"
#include "console/ui/widgets/fullpanelview.h"
#include "console/ui/widgets/panelmessage.h"
#include "console/ui/widgets/paneltablemodel.h"
#include "console/ui/widgets/plottooltip.h"
#include "console/ui/widgets/serieslist.h"
#include "console/ui/widgets/tableview.h"
#include "tests/ui/support/madeup.h"
#include "tests/ui/support/uifixture.h"

using namespace tapio::console;
using tapio::nsPerSecond;
using tapio::test::UiFixture;

namespace {

OverviewSnapshot revised(OverviewSnapshot overview, std::uint64_t revision)
{
    for (PanelSnapshot &panel : overview.panels)
        panel.revision = revision;
    return overview;
}

} // namespace

class TestOverviewView : public QObject {
    Q_OBJECT

    std::unique_ptr<UiFixture> m_ui;
    std::unique_ptr<OverviewView> m_view;

    PanelWidget &panel(PanelId id) { return m_view->grid().panel(static_cast<std::size_t>(id)); }
    PlotView &plot(PanelId id) { return panel(id).plot(); }

private slots:
    void initTestCase() { m_ui = std::make_unique<UiFixture>(); }
    void cleanupTestCase() { m_ui.reset(); }
    void init()
    {
        m_view = std::make_unique<OverviewView>(m_ui->look(), m_ui->time);
        m_view->resize(1228, 732);
        m_view->show();
        QVERIFY(QTest::qWaitForWindowActive(m_view.get()));
        m_view->setSnapshot(madeup::busy());
        m_view->grab();
    }
    void cleanup() { m_view.reset(); }

    void aPanelsInsights_areCountedAndOpened()
    {
        QSignalSpy asked(m_view.get(), &OverviewView::insightsRequested);
        OverviewSnapshot overview = revised(madeup::busy(), 99);
        PanelSnapshot &network = overview.panels[static_cast<std::size_t>(PanelId::NetworkIo)];
        network.insights = {{"error", "network-partition", {}, 0, 1}, {"warning", "dns-slow", {}, 0, 2}, {"notice", "dns-slow", {}, 0, 1}};
        overview.panels[static_cast<std::size_t>(PanelId::CpuUsage)].insights.clear();
        m_view->setSnapshot(overview);
        m_view->flush();
        PanelWidget &widget = panel(PanelId::NetworkIo);
        const PanelHeaderLayout layout = widget.headerLayout();
        const auto chip = std::find_if(layout.chips.begin(), layout.chips.end(), [&](const PanelHeaderLayout::PlacedChip &one) {
            return widget.isInsightsChipAt(one.area.center().toPoint());
        });
        QVERIFY(chip != layout.chips.end());
        QVERIFY(chip->chip.text.startsWith("4 insight")); // its plural is the translation's
        const QPoint place = chip->area.center().toPoint();
        QVERIFY(widget.headExplanationAt(place).contains("dns-slow: 2 (warning)"));
        QVERIFY(widget.header().edge == m_ui->look().theme().meaning.p1);
        QTest::mouseClick(&widget, Qt::LeftButton, {}, place);
        QCOMPARE(asked.count(), 1);
        QCOMPARE(asked.takeFirst().at(0).toString(), QString("state=open&rule=network-partition,dns-slow"));
        QTest::mouseClick(&widget, Qt::LeftButton, {}, QPoint(place.x(), widget.height() - 4)); // beside it nothing happens
        QCOMPARE(asked.count(), 0);
        panel(PanelId::CpuUsage).setFocus(Qt::TabFocusReason);
        QVERIFY(!m_view->hasInsights());
        panel(PanelId::NetworkIo).setFocus(Qt::TabFocusReason);
        QVERIFY(m_view->hasInsights());
        m_view->showInsights();
        QCOMPARE(asked.count(), 1);
        // While another range is read the old panel stays on the screen, and so does what its chip opens.
        OverviewSnapshot loading = loadingOverview(0, 1, 0, 0);
        m_view->setSnapshot(revised(loading, 100));
        m_view->flush();
        QVERIFY(widget.isInsightsChipAt(place));
        QTest::mouseClick(&widget, Qt::LeftButton, {}, place);
        QCOMPARE(asked.count(), 2);
        QCOMPARE(asked.back().at(0).toString(), QString("state=open&rule=network-partition,dns-slow"));
    }

    void layout_data()
    {
        QTest::addColumn<QSize>("size");
        QTest::addColumn<int>("columns");
        QTest::addColumn<bool>("scrolls");
        QTest::newRow("a laptop's page fits without scrolling") << QSize(1228, 732) << 4 << false;
        QTest::newRow("a large screen") << QSize(2356, 1372) << 4 << false;
        QTest::newRow("below 1100 px two columns and scrolling") << QSize(1000, 732) << 2 << true;
        QTest::newRow("a very narrow page") << QSize(400, 700) << 1 << true;
        QTest::newRow("a very low page scrolls") << QSize(1228, 400) << 4 << true;
    }
    void layout()
    {
        QFETCH(QSize, size);
        QFETCH(int, columns);
        QFETCH(bool, scrolls);
        m_view->resize(size);
        QCOMPARE(m_view->grid().columns(), columns);
        QCOMPARE(m_view->grid().height() > m_view->height(), scrolls);
        for (std::size_t i = 0; i < panelCount; ++i)
            for (std::size_t j = i + 1; j < panelCount; ++j)
                QVERIFY(!m_view->grid().panel(i).geometry().intersects(m_view->grid().panel(j).geometry()));
        QVERIFY(m_view->grid().panel(panelCount - 1).geometry().bottom() < m_view->grid().height());
        QVERIFY(m_view->grid().panel(0).height() >= 140);
    }

    void arrowsMoveInTheGridAndEnterOpens()
    {
        panel(PanelId::EventsProcessed).setFocus(Qt::TabFocusReason);
        const auto press = [this](Qt::Key key) {
            QTest::keyClick(QApplication::focusWidget() ? QApplication::focusWidget() : m_view.get(), key);
        };
        press(Qt::Key_Right);
        QCOMPARE(m_view->current(), PanelId::ProcessingLatency);
        QVERIFY(panel(PanelId::ProcessingLatency).hasFocus());
        press(Qt::Key_Down);
        QCOMPARE(m_view->current(), PanelId::CorrelationAccuracy);
        press(Qt::Key_Left);
        press(Qt::Key_Left); // stays at the edge
        QCOMPARE(m_view->current(), PanelId::SignalToNoise);
        press(Qt::Key_End);
        QCOMPARE(m_view->current(), PanelId::ApiResponseTimes);
        press(Qt::Key_Home);
        QCOMPARE(m_view->current(), PanelId::EventsProcessed);
        QVERIFY(panel(PanelId::EventsProcessed).hasFocus());
        QSignalSpy opened(m_view.get(), &OverviewView::panelOpened);
        press(Qt::Key_Return);
        QVERIFY(m_view->isFullScreen());
        QCOMPARE(opened.count(), 1);
    }

    void tabStopsOnceInTheGridAndAtThatPanelsButtons_data()
    {
        QTest::addColumn<bool>("data");
        QTest::addColumn<QStringList>("buttons");
        QTest::newRow("the f button and the menu") << true << QStringList{"How this is computed", "More actions"};
        QTest::newRow("and what remedies a missing figure")
            << false << QStringList{"How this is computed", "More actions", "Show the last 24 h"};
    }
    void tabStopsOnceInTheGridAndAtThatPanelsButtons()
    {
        QFETCH(bool, data);
        QFETCH(QStringList, buttons);
        m_view->setSnapshot(revised(data ? madeup::busy() : madeup::noData(), 2));
        m_view->flush();
        const QWidget &start = panel(PanelId::ProcessingLatency);
        panel(PanelId::ProcessingLatency).setFocus(Qt::TabFocusReason);
        QStringList stops;
        for (QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab); QApplication::focusWidget() != &start && stops.size() < 10;
             QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab)) {
            QVERIFY(start.isAncestorOf(QApplication::focusWidget()));
            const auto *button = qobject_cast<QAbstractButton *>(QApplication::focusWidget());
            QVERIFY2(button && button->isVisible(), QApplication::focusWidget()->metaObject()->className());
            stops << (button->text().isEmpty() ? button->accessibleName() : button->text());
        }
        QCOMPARE(stops, buttons);
    }

    void aClickMakesAPanelCurrent()
    {
        QTest::mouseClick(&panel(PanelId::Coverage), Qt::LeftButton, {}, QPoint(20, 10));
        QCOMPARE(m_view->current(), PanelId::Coverage);
        QVERIFY(panel(PanelId::Coverage).hasFocus());
        tapio::test::click(plot(PanelId::NetworkIo), 0.5);
        QVERIFY(m_view->pinned());
    }

    void oneCrosshairIsInAllPanels()
    {
        QList<QImage> before;
        for (const PanelId id : {PanelId::EventsProcessed, PanelId::CpuUsage, PanelId::ApiResponseTimes})
            before << plot(id).grab().toImage();
        tapio::test::mouse(plot(PanelId::QueueDepth), QEvent::MouseMove, 0.5, 0.5);
        QVERIFY(m_view->crosshair().has_value());
        QVERIFY(m_view->tooltip().isVisible());
        int i = 0;
        for (const PanelId id : {PanelId::EventsProcessed, PanelId::CpuUsage, PanelId::ApiResponseTimes})
            QVERIFY(plot(id).grab().toImage() != before[i++]);
        tapio::test::mouse(plot(PanelId::QueueDepth), QEvent::MouseMove, -0.3, 0.5);
        QVERIFY(!m_view->crosshair());
        QVERIFY(!m_view->tooltip().isVisible());
    }

    void theCrosshairStandsOnABucket()
    {
        tapio::test::mouse(plot(PanelId::QueueDepth), QEvent::MouseMove, 0.4321, 0.5);
        const std::int64_t at = *m_view->crosshair();
        QVERIFY(std::ranges::any_of(panel(PanelId::QueueDepth).shown()->series[0].points,
                                    [at](const PlotPoint &point) { return point.timeNs == at; }));
    }

    void aClickPinsTheCrosshairAndEscLetsGo()
    {
        tapio::test::mouse(plot(PanelId::QueueDepth), QEvent::MouseMove, 0.5, 0.5);
        tapio::test::click(plot(PanelId::QueueDepth), 0.5);
        const auto at = m_view->crosshair();
        tapio::test::mouse(plot(PanelId::CpuUsage), QEvent::MouseMove, 0.8, 0.5);
        QCOMPARE(m_view->crosshair(), at);
        tapio::test::mouse(plot(PanelId::CpuUsage), QEvent::MouseMove, -0.3, 0.5);
        QCOMPARE(m_view->crosshair(), at);
        QVERIFY(m_view->closeTopmost());
        QVERIFY(!m_view->crosshair());
        QVERIFY(!m_view->closeTopmost());
    }

    void keysMoveTheCrosshairByBuckets()
    {
        m_view->grid().setCurrent(static_cast<std::size_t>(PanelId::QueueDepth));
        m_view->stepCrosshair(-1);
        QVERIFY(m_view->pinned());
        const std::int64_t first = *m_view->crosshair();
        QCOMPARE(first, madeup::nowNs - 5'000'000'000);
        m_view->stepCrosshair(-1);
        QCOMPARE(*m_view->crosshair(), first - 5'000'000'000);
        m_view->stepCrosshair(10);
        QCOMPARE(*m_view->crosshair(), first); // not past the newest
        QVERIFY(m_view->tooltip().isVisible());
    }

    void draggingZoomsAllPanels()
    {
        QSignalSpy selected(m_view.get(), &OverviewView::rangeSelected);
        const std::int64_t before = plot(PanelId::CpuUsage).frame().fromNs;
        tapio::test::drag(plot(PanelId::QueueDepth), 0.25, 0.75);
        QCOMPARE(selected.count(), 1);
        QCOMPARE(plot(PanelId::CpuUsage).frame().fromNs, selected[0][0].toLongLong()); // at once, before new data came
        QVERIFY(plot(PanelId::CpuUsage).frame().fromNs > before);
        QSignalSpy reset(m_view.get(), &OverviewView::rangeResetRequested);
        tapio::test::mouse(plot(PanelId::QueueDepth), QEvent::MouseButtonDblClick, 0.5, 0.5, Qt::LeftButton);
        QCOMPARE(reset.count(), 1);
    }

    void panningEndsAtNow_data()
    {
        QTest::addColumn<qint64>("nowAfterSeconds");
        QTest::addColumn<double>("to");
        QTest::addColumn<qint64>("endsAfterSeconds");
        QTest::newRow("a little into the future") << qint64(0) << 0.3 << qint64(0);
        QTest::newRow("far into the future") << qint64(0) << 0.02 << qint64(0);
        QTest::newRow("to what has come since the figures were read") << qint64(60) << 0.02 << qint64(60);
        QTest::newRow("into the past") << qint64(0) << 0.9 << qint64(-720); // of half an hour
    }
    void panningEndsAtNow()
    {
        QFETCH(qint64, nowAfterSeconds);
        QFETCH(double, to);
        QFETCH(qint64, endsAfterSeconds);
        const PlotFrame before = plot(PanelId::QueueDepth).frame();
        m_view->setNow([now = before.toNs + nowAfterSeconds * nsPerSecond] { return now; });
        QSignalSpy selected(m_view.get(), &OverviewView::rangeSelected);
        tapio::test::drag(plot(PanelId::QueueDepth), 0.5, to, Qt::ShiftModifier);
        QCOMPARE(selected.count(), 1);
        const auto fromNs = selected[0][0].toLongLong(), toNs = selected[0][1].toLongLong();
        QCOMPARE(toNs - fromNs, before.toNs - before.fromNs); // its length stays
        QVERIFY2(std::abs(toNs - before.toNs - endsAfterSeconds * nsPerSecond) < 15 * nsPerSecond,
                 qPrintable(QString::number((toNs - before.toNs) / nsPerSecond)));
        QVERIFY(toNs <= before.toNs + nowAfterSeconds * nsPerSecond);
        QCOMPARE(plot(PanelId::CpuUsage).frame().toNs, toNs); // seen while it was dragged
    }

    void nothingIsRedrawnDuringADrag()
    {
        tapio::test::mouse(plot(PanelId::QueueDepth), QEvent::MouseButtonPress, 0.2, 0.5, Qt::LeftButton);
        tapio::test::mouse(plot(PanelId::QueueDepth), QEvent::MouseMove, 0.6, 0.5, Qt::LeftButton);
        OverviewSnapshot next = revised(madeup::healthy(), 7);
        m_view->setSnapshot(next);
        m_view->flush();
        QCOMPARE(panel(PanelId::QueueDepth).snapshot()->revision, 1u);
        tapio::test::mouse(plot(PanelId::QueueDepth), QEvent::MouseButtonRelease, 0.6, 0.5, Qt::LeftButton);
        QTRY_COMPARE(panel(PanelId::QueueDepth).snapshot()->revision, 7u);
    }

    void escEndsADragWithoutAResult()
    {
        QSignalSpy selected(m_view.get(), &OverviewView::rangeSelected);
        tapio::test::mouse(plot(PanelId::QueueDepth), QEvent::MouseButtonPress, 0.2, 0.5, Qt::LeftButton);
        tapio::test::mouse(plot(PanelId::QueueDepth), QEvent::MouseMove, 0.6, 0.5, Qt::LeftButton);
        QVERIFY(m_view->closeTopmost());
        tapio::test::mouse(plot(PanelId::QueueDepth), QEvent::MouseButtonRelease, 0.6, 0.5, Qt::LeftButton);
        QCOMPARE(selected.count(), 0);
    }

    void newDataComesInPhases()
    {
        m_view->setSnapshot(revised(madeup::busy(), 2));
        const auto fresh = [this] {
            int count = 0;
            for (std::size_t i = 0; i < panelCount; ++i)
                count += m_view->grid().panel(i).snapshot()->revision == 2 ? 1 : 0;
            return count;
        };
        QCOMPARE(fresh(), 0);
        QTRY_COMPARE(fresh(), 4);
        QTRY_COMPARE(fresh(), 16);
    }

    void anUnchangedPanelIsNotRedrawn()
    {
        const quint64 drawn = plot(PanelId::QueueDepth).layer().rendered();
        m_view->setSnapshot(madeup::busy());
        m_view->flush();
        m_view->grab();
        QCOMPARE(plot(PanelId::QueueDepth).layer().rendered(), drawn);
    }

    void loading_saysHowFarItIsAndLetsItBeLeft_data()
    {
        QTest::addColumn<std::int64_t>("fromNs");
        QTest::addColumn<double>("have");
        QTest::addColumn<double>("need");
        QTest::newRow("the number of parts becomes known") << std::int64_t(1'000'000'000) << 0. << 20.;
        QTest::newRow("parts were read") << std::int64_t(1'000'000'000) << 5. << 20.;
        QTest::newRow("of another range, as far as the one before") << std::int64_t(9'000'000'000) << 5. << 20.;
    }
    void loading_saysHowFarItIsAndLetsItBeLeft()
    {
        QFETCH(std::int64_t, fromNs);
        QFETCH(double, have);
        QFETCH(double, need);
        const std::int64_t toNs = 600'000'000'000;
        OverviewView view(m_ui->look(), m_ui->time);
        view.resize(1228, 732);
        view.show();
        QVERIFY(QTest::qWaitForWindowActive(&view));
        view.setSnapshot(loadingOverview(1'000'000'000, toNs, 0, 0)); // what the session says at first
        if (fromNs != 1'000'000'000) {
            view.setSnapshot(loadingOverview(1'000'000'000, toNs, have, need));
            view.flush();
        }
        view.setSnapshot(loadingOverview(fromNs, toNs, have, need));
        view.flush();
        const PanelWidget &queue = view.grid().panel(static_cast<std::size_t>(PanelId::QueueDepth));
        QCOMPARE(queue.shown()->have, have);
        QCOMPARE(queue.shown()->need, need);
        QCOMPARE(queue.shown()->fromNs, fromNs);
        QVERIFY(queue.findChild<PanelMessage *>()->isVisible());
        view.showPanel(PanelId::QueueDepth);
        QSignalSpy remedy(&view, &OverviewView::remedyRequested);
        for (QPushButton *button : view.full().panel()->findChildren<QPushButton *>())
            if (button->isVisible() && button->text() == QLatin1String("Cancel"))
                button->click();
        QCOMPARE(remedy.count(), 1);
        QCOMPARE(remedy[0][1].value<Remedy>(), Remedy::CancelReading);
    }

    void hiddenAndScrolledOutPanelsWait()
    {
        m_view->resize(1228, 400);
        QCoreApplication::processEvents();
        m_view->setSnapshot(revised(madeup::busy(), 3));
        m_view->flush();
        QCOMPARE(panel(PanelId::EventsProcessed).snapshot()->revision, 3u);
        QCOMPARE(panel(PanelId::ApiResponseTimes).snapshot()->revision, 1u);
        m_view->showPanel(PanelId::ApiResponseTimes); // scrolls there
        QVERIFY(m_view->closeTopmost());
        QTRY_COMPARE(panel(PanelId::ApiResponseTimes).snapshot()->revision, 3u);
    }

    void fullScreenShowsTheSameAndFollows()
    {
        m_view->grid().setCurrent(static_cast<std::size_t>(PanelId::CpuUsage));
        m_view->openFullScreen();
        PanelWidget *full = m_view->full().panel();
        QCOMPARE(full->id(), PanelId::CpuUsage);
        QCOMPARE(full->snapshot(), m_view->snapshotOf(PanelId::CpuUsage));
        QVERIFY(full->plot().height() > 2 * plot(PanelId::CpuUsage).height());
        m_view->setSnapshot(revised(madeup::healthy(), 9));
        m_view->flush();
        QCOMPARE(full->snapshot()->revision, 9u);
        QCOMPARE(panel(PanelId::CpuUsage).snapshot()->revision, 1u); // covered: it waits
        QVERIFY(m_view->closeTopmost());
        QVERIFY(!m_view->isFullScreen());
        QCOMPARE(panel(PanelId::CpuUsage).snapshot()->revision, 9u);
        QVERIFY(panel(PanelId::CpuUsage).hasFocus());
    }

    void theTableIsAnAlternativeToThePicture()
    {
        m_view->grid().setCurrent(static_cast<std::size_t>(PanelId::ProcessingLatency));
        m_view->toggleTable();
        QVERIFY(m_view->isFullScreen());
        QVERIFY(m_view->full().isTableShown());
        QCOMPARE(m_view->full().model().rowCount(), 360);
        QVERIFY(m_view->full().table()->hasFocus());
        m_view->toggleTable();
        QVERIFY(!m_view->full().isTableShown());
    }

    void pointingAtASeriesInTheListIsolatesIt()
    {
        m_view->grid().setCurrent(static_cast<std::size_t>(PanelId::CpuUsage));
        m_view->openFullScreen();
        auto *list = m_view->full().findChild<SeriesList *>();
        QVERIFY(list->isVisible());
        m_view->full().panel()->plot().grab();
        const QImage before = m_view->full().panel()->plot().grab().toImage();
        QTest::mouseMove(list, QPoint(40, list->rowHeight() / 2));
        QTRY_VERIFY(m_view->full().panel()->plot().grab().toImage() != before);
    }

    void copyingPutsTheValueWithItsUnitOnTheClipboard()
    {
        QSignalSpy copied(m_view.get(), &OverviewView::copied);
        m_view->grid().setCurrent(static_cast<std::size_t>(PanelId::QueueDepth));
        m_view->copyValue();
        QCOMPARE(copied.count(), 1);
        QCOMPARE(QGuiApplication::clipboard()->text(), "Event queue depth: 312 events (as of 2026-03-01 14:34:59 UTC)");
        m_view->setSnapshot(revised(madeup::noData(), 4));
        m_view->flush();
        m_view->copyValue(); // nothing to copy
        QCOMPARE(copied.count(), 1);
    }

    void everyGroupAndPanelHasAnAccessibleName()
    {
        for (std::size_t i = 0; i < panelCount; ++i)
            QVERIFY(m_view->grid().panel(i).accessibleName().startsWith(PanelText::title(static_cast<PanelId>(i))));
        QCOMPARE(m_view->grid().head(0).accessibleName().replace(QChar(0x00A0), ' '),
                 "Event processing: 0.41 % lost, most on node-07 (in the kernel)");
    }

    void signalsNameThePanel()
    {
        QSignalSpy computed(m_view.get(), &OverviewView::computedRequested);
        QSignalSpy exported(m_view.get(), &OverviewView::exportRequested);
        m_view->grid().setCurrent(static_cast<std::size_t>(PanelId::MemoryUsage));
        m_view->showComputation();
        m_view->requestExport(PanelFormat::Csv);
        QCOMPARE(computed[0][0].value<PanelId>(), PanelId::MemoryUsage);
        QCOMPARE(exported[0][0].value<PanelId>(), PanelId::MemoryUsage);
        QCOMPARE(exported[0][1].value<PanelFormat>(), PanelFormat::Csv);
    }

    void goingAwayWhileWorkIsUnderWayIsSafe()
    {
        OverviewSnapshot heavy = revised(madeup::busy(), 11);
        for (const PanelId id : {PanelId::EventsProcessed, PanelId::ProcessingLatency, PanelId::QueueDepth}) {
            heavy.panels[static_cast<std::size_t>(id)] = madeup::lines(id, 50, 5000, 11);
        }
        m_view->setSnapshot(heavy);
        m_view->flush();
        m_view->grab();
        m_view.reset();
    }
};

QTEST_MAIN(TestOverviewView)
#include "tst_overviewview.moc"
