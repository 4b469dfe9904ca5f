// SPDX-License-Identifier: GPL-3.0-or-later
#include <QSignalSpy>
#include <QtTest>

#include "console/ui/charts/plotrenderer.h"
#include "tests/ui/support/madeup.h"
#include "tests/ui/support/uifixture.h"

using namespace tapio::console;
using tapio::test::UiFixture;

namespace {

/// What of a widget was painted.
class PaintWatch : public QObject {
public:
    explicit PaintWatch(QWidget &widget) { widget.installEventFilter(this); }
    QRegion region;

    bool eventFilter(QObject *, QEvent *event) override
    {
        if (event->type() == QEvent::Paint)
            region += static_cast<QPaintEvent *>(event)->region();
        return false;
    }
};

} // namespace

class TestPlotView : public QObject {
    Q_OBJECT

    std::unique_ptr<UiFixture> m_ui;
    std::shared_ptr<const Theme> m_theme;

    std::unique_ptr<PlotView> view(PanelId id, PlotRenderer *renderer = nullptr)
    {
        auto made = std::make_unique<PlotView>(renderer);
        made->resize(300, 110);
        made->setTheme(m_theme);
        made->setPanel(std::make_shared<PanelSnapshot>(madeup::busy().panels[static_cast<std::size_t>(id)]));
        made->show();
        QCoreApplication::processEvents();
        return made;
    }

private slots:
    void initTestCase()
    {
        m_ui = std::make_unique<UiFixture>();
        m_theme = std::make_shared<const Theme>(m_ui->themes.theme());
    }
    void cleanupTestCase() { m_ui.reset(); }

    void theChartsCoordinatesAreTheFrames()
    {
        const auto plot = view(PanelId::QueueDepth);
        QTRY_COMPARE(plot->chart()->plotArea(), plot->frame().plot);
        const std::int64_t time = madeup::nowNs - 600'000'000'000;
        const QPointF at = plot->chart()->mapToPosition({static_cast<double>(time / 1'000'000), 500});
        QVERIFY2(std::abs(at.x() - plot->frame().xOf(time)) < 0.01, qPrintable(QString::number(at.x() - plot->frame().xOf(time))));
        QVERIFY(std::abs(at.y() - plot->frame().yOf(500)) < 0.01);
    }

    void plotsOfAColumnAlign()
    {
        const auto first = view(PanelId::QueueDepth);
        const auto second = view(PanelId::NetworkIo);
        QCOMPARE(first->frame().plot.left(), second->frame().plot.left());
        QCOMPARE(first->frame().plot.right(), second->frame().plot.right());
        QCOMPARE(first->frame().plot.left(), 42.);
    }

    void anOverlayNeverDrawsTheImageAnew()
    {
        const auto plot = view(PanelId::QueueDepth);
        plot->grab();
        const quint64 before = plot->layer().rendered();
        const QImage without = plot->grab().toImage();
        for (int i = 0; i < 50; ++i) {
            plot->setCrosshair(madeup::nowNs - (100 + i) * 5'000'000'000, true, false);
            plot->grab();
        }
        QVERIFY(plot->grab().toImage() != without);
        plot->setSelection(PlotSpan{madeup::nowNs - 600'000'000'000, madeup::nowNs - 300'000'000'000}, true);
        plot->grab();
        QCOMPARE(plot->layer().rendered(), before);
        plot->setSelection(std::nullopt, false);
        plot->setCrosshair(std::nullopt, false, false);
        QCOMPARE(plot->grab().toImage(), without);
    }

    void theCrosshairsTimeHasADateInARangeOfDays_data()
    {
        QTest::addColumn<QByteArray>("zone");
        QTest::addColumn<std::int64_t>("previewFromNs");
        QTest::addColumn<QString>("chip");
        QTest::newRow("a range within a day") << QByteArray("UTC") << std::int64_t(0) << "14:25:00";
        QTest::newRow("a range over the zone's midnight") << QByteArray("Australia/Darwin") << std::int64_t(0) << "2026-03-01 23:55:00";
        QTest::newRow("a range that is dragged over midnight")
            << QByteArray("UTC") << madeup::nowNs - 24 * 3600 * tapio::nsPerSecond << "2026-03-01 14:25:00";
    }
    void theCrosshairsTimeHasADateInARangeOfDays()
    {
        QFETCH(QByteArray, zone);
        QFETCH(std::int64_t, previewFromNs);
        const auto plot = view(PanelId::QueueDepth);
        plot->setTimeZone(QTimeZone(zone));
        if (previewFromNs != 0)
            plot->setPreviewRange(PlotSpan{previewFromNs, madeup::nowNs});
        plot->setCrosshair(madeup::nowNs - 600 * tapio::nsPerSecond, true, false);
        QTEST(plot->layer().crosshairChip(), "chip");
    }

    /// A longer time at the edge is pushed inwards by more than half of its width.
    void theCrosshairLeavesNothingOfItsTimeBehind()
    {
        const auto plot = view(PanelId::QueueDepth);
        plot->setTimeZone(QTimeZone("Australia/Darwin"));
        plot->resize(900, 110);
        QVERIFY(QTest::qWaitForWindowExposed(plot.get()));
        const QImage without = plot->grab().toImage();
        PaintWatch watch(*plot->viewport());
        do {
            watch.region = {};
            QCoreApplication::processEvents();
        } while (!watch.region.isEmpty()); // what was asked for before
        plot->setCrosshair(plot->frame().toNs - 1, true, false);
        QTRY_VERIFY(!watch.region.isEmpty());
        const QRegion repainted = watch.region; // a grab paints all
        const QImage with = plot->grab().toImage();
        QRegion changed;
        for (int y = 0; y < with.height(); ++y)
            for (int x = 0; x < with.width(); ++x)
                if (with.pixel(x, y) != without.pixel(x, y))
                    changed += QRect(x, y, 1, 1);
        QVERIFY(!changed.isEmpty());
        QVERIFY2((changed - repainted).isEmpty(), "painted where no repaint was asked for");
    }

    void theCrosshairRepaintsOnlyItsStrips_data()
    {
        QTest::addColumn<bool>("chip");
        QTest::addColumn<int>("atTheLine");
        QTest::addColumn<int>("atTheFoot");
        QTest::newRow("a line, in the other panels") << false << 20 << 20;
        QTest::newRow("a line and its time, in the hovered panel") << true << 20 << 190;
    }
    /// When it comes, when it moves from one side to the other at once, and when it goes.
    void theCrosshairRepaintsOnlyItsStrips()
    {
        QFETCH(bool, chip);
        QFETCH(int, atTheLine);
        QFETCH(int, atTheFoot);
        const auto plot = view(PanelId::NetworkIo);
        plot->resize(900, 110);
        plot->grab();
        QVERIFY(QTest::qWaitForWindowExposed(plot.get()));
        QCoreApplication::processEvents();
        PaintWatch watch(*plot->viewport());
        const std::int64_t minute = 60'000'000'000;
        const auto widest = [&](bool foot) {
            const int bottom = qRound(plot->frame().whole().bottom());
            const QRect rows = foot ? QRect(0, bottom + 3, plot->width(), plot->height()) : QRect(0, 0, plot->width(), bottom - 3);
            int width = 0;
            for (const QRect &strip : watch.region &rows)
                width = std::max(width, strip.width());
            return width;
        };
        for (const std::optional<std::int64_t> at :
             {std::optional(madeup::nowNs - 25 * minute), std::optional(madeup::nowNs - 5 * minute), std::optional<std::int64_t>()}) {
            watch.region = {};
            plot->setCrosshair(at, chip && at, false);
            QTRY_VERIFY(!watch.region.isEmpty());
            QVERIFY2(widest(false) <= atTheLine, qPrintable(QString::number(widest(false))));
            QVERIFY2(widest(true) <= atTheFoot, qPrintable(QString::number(widest(true))));
        }
    }

    void anotherSizeThemeOrSnapshotDrawsAnew()
    {
        const auto plot = view(PanelId::QueueDepth);
        plot->grab();
        quint64 drawn = plot->layer().rendered();
        const auto drewAgain = [&] {
            plot->grab();
            const bool again = plot->layer().rendered() > drawn;
            drawn = plot->layer().rendered();
            return again;
        };
        QVERIFY(!drewAgain());
        plot->resize(320, 110);
        QVERIFY(drewAgain());
        plot->setPanel(std::make_shared<PanelSnapshot>(*plot->panel()));
        QVERIFY(drewAgain());
        plot->setTheme(std::make_shared<const Theme>(m_ui->themes.theme()));
        QVERIFY(drewAgain());
        plot->setPanel(plot->panel());
        QVERIFY(!drewAgain());
    }

    void heavyWorkLeavesTheGuiThread()
    {
        PlotRenderer renderer;
        const auto plot = view(PanelId::QueueDepth, &renderer);
        plot->grab();
        QVERIFY(plot->layer().sharp()); // light work is done at once
        plot->setPanel(std::make_shared<PanelSnapshot>(madeup::lines(PanelId::QueueDepth, 50, 17'280, 1)));
        plot->grab();
        QVERIFY(!plot->layer().sharp());
        QTRY_VERIFY(plot->layer().sharp());
    }

    void aPreviewRangeMovesTheOldPicture()
    {
        PlotRenderer renderer;
        const auto plot = view(PanelId::QueueDepth, &renderer);
        plot->setPanel(std::make_shared<PanelSnapshot>(madeup::lines(PanelId::QueueDepth, 50, 17'280, 1)));
        plot->grab();
        QTRY_VERIFY(plot->layer().sharp());
        const QImage whole = plot->grab().toImage();
        plot->setPreviewRange(PlotSpan{madeup::nowNs - 600'000'000'000, madeup::nowNs});
        const QImage zoomed = plot->grab().toImage();
        QVERIFY(zoomed != whole);
        QVERIFY(!plot->layer().sharp());
        QTRY_VERIFY(plot->layer().sharp());
        QVERIFY(plot->grab().toImage() != whole);
    }

    void pointingTellsTheTime()
    {
        const auto plot = view(PanelId::QueueDepth);
        QSignalSpy hovered(plot.get(), &PlotView::hovered);
        QSignalSpy left(plot.get(), &PlotView::left);
        tapio::test::mouse(*plot, QEvent::MouseMove, 0.5, 0.5);
        QCOMPARE(hovered.count(), 1);
        QVERIFY(std::abs(hovered[0][0].toLongLong() - (madeup::nowNs - 900'000'000'000)) < 10'000'000'000);
        tapio::test::mouse(*plot, QEvent::MouseMove, -0.3, 0.5);
        QCOMPARE(left.count(), 1);
    }

    void draggingSelectsARange()
    {
        const auto plot = view(PanelId::QueueDepth);
        QSignalSpy selecting(plot.get(), &PlotView::selecting);
        QSignalSpy selected(plot.get(), &PlotView::selected);
        QSignalSpy clicked(plot.get(), &PlotView::clicked);
        tapio::test::drag(*plot, 0.75, 0.25); // leftwards too
        QVERIFY(selecting.count() >= 1);
        QCOMPARE(selected.count(), 1);
        QVERIFY(selected[0][0].toLongLong() < selected[0][1].toLongLong());
        QVERIFY(std::abs(selected[0][1].toLongLong() - selected[0][0].toLongLong() - 900'000'000'000) < 20'000'000'000);
        QCOMPARE(clicked.count(), 0);
    }

    void shiftDraggingPans()
    {
        const auto plot = view(PanelId::QueueDepth);
        QSignalSpy panned(plot.get(), &PlotView::panned);
        tapio::test::drag(*plot, 0.25, 0.75, Qt::ShiftModifier);
        QCOMPARE(panned.count(), 1);
        QVERIFY(std::abs(panned[0][0].toLongLong() - (madeup::nowNs - 2'700'000'000'000)) < 20'000'000'000);
        QCOMPARE(panned[0][1].toLongLong() - panned[0][0].toLongLong(), 1'800'000'000'000);
    }

    void clickingAndDoubleClickingAreNoDrag()
    {
        const auto plot = view(PanelId::QueueDepth);
        QSignalSpy clicked(plot.get(), &PlotView::clicked);
        QSignalSpy selected(plot.get(), &PlotView::selected);
        QSignalSpy reset(plot.get(), &PlotView::resetRequested);
        tapio::test::click(*plot, 0.5);
        QCOMPARE(clicked.count(), 1);
        tapio::test::mouse(*plot, QEvent::MouseButtonDblClick, 0.5, 0.5, Qt::LeftButton);
        tapio::test::mouse(*plot, QEvent::MouseButtonRelease, 0.5, 0.5, Qt::LeftButton);
        QCOMPARE(reset.count(), 1);
        QCOMPARE(clicked.count(), 1);
        QCOMPARE(selected.count(), 0);
    }

    void aCancelledDragSelectsNothing()
    {
        const auto plot = view(PanelId::QueueDepth);
        QSignalSpy selected(plot.get(), &PlotView::selected);
        tapio::test::mouse(*plot, QEvent::MouseButtonPress, 0.2, 0.5, Qt::LeftButton);
        tapio::test::mouse(*plot, QEvent::MouseMove, 0.6, 0.5, Qt::LeftButton);
        plot->cancelDrag();
        tapio::test::mouse(*plot, QEvent::MouseButtonRelease, 0.6, 0.5, Qt::LeftButton);
        QCOMPARE(selected.count(), 0);
    }

    void theTimeAxisFollowsTheZone()
    {
        const auto plot = view(PanelId::QueueDepth);
        const QImage utc = plot->grab().toImage();
        plot->setTimeZone(QTimeZone("Asia/Kolkata"));
        QVERIFY(plot->grab().toImage() != utc);
    }
};

QTEST_MAIN(TestPlotView)
#include "tst_plotview.moc"
