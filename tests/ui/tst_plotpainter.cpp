// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cmath>
#include <limits>

#include "console/ui/charts/plotpainter.h"
#include "console/ui/charts/plotrenderer.h"
#include "console/ui/theme/themestore.h"

using namespace tapio::console;

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr double noSample = std::numeric_limits<double>::quiet_NaN();

/// 100 s over 200 x 100 pixels, values 0 to 100.
PlotFrame frame() { return {QRectF(0, 0, 200, 100), QRectF(), 0, 100 * second, 0, 100, 1}; }

bool resembles(QRgb pixel, const QColor &color)
{
    return qAlpha(pixel) > 60 && std::abs(qRed(pixel) - color.red()) < 40 && std::abs(qGreen(pixel) - color.green()) < 40
           && std::abs(qBlue(pixel) - color.blue()) < 40;
}

} // namespace

class TestPlotPainter : public QObject {
    Q_OBJECT

    std::shared_ptr<const Theme> m_theme;

    PlotSeries line(const std::function<double(int)> &value) const
    {
        PlotSeries series;
        series.key = "a";
        for (int i = 0; i < 100; ++i)
            series.points.push_back({i * second, value(i)});
        return series;
    }
    PlotJob job(std::vector<PlotSeries> series) const
    {
        auto panel = std::make_shared<PanelSnapshot>();
        panel->series = std::move(series);
        panel->fromNs = 0;
        panel->toNs = 100 * second;
        panel->bucketNs = second;
        panel->state = PanelState::Ready;
        panel->value = Fact{"processed", 1, Unit::EventsPerSecond, {}};
        PlotJob made{panel, frame(), {m_theme, SeriesColors().assign(panel->series)}};
        made.style.passes = 1;
        return made;
    }
    PanelSnapshot &edit(PlotJob &made) const
    {
        auto copy = std::make_shared<PanelSnapshot>(*made.panel);
        made.panel = copy;
        return *copy;
    }
    /// How many pixels of the rectangle resemble a colour. The image has one row more above the plot.
    static int count(const QImage &image, const QRect &area, const QColor &color)
    {
        int found = 0;
        for (int y = area.top(); y <= area.bottom(); ++y)
            for (int x = area.left(); x <= area.right(); ++x)
                found += image.valid(x, y + 1) && resembles(qUnpremultiply(image.pixel(x, y + 1)), color) ? 1 : 0;
        return found;
    }
    static int ink(const QImage &image, const QRect &area)
    {
        int found = 0;
        for (int y = area.top(); y <= area.bottom(); ++y)
            for (int x = area.left(); x <= area.right(); ++x)
                found += image.valid(x, y + 1) && qAlpha(image.pixel(x, y + 1)) > 8 ? 1 : 0;
        return found;
    }

private slots:
    void initTestCase()
    {
        auto loaded = ThemeStore::loadBuiltIn();
        QVERIFY(loaded);
        m_theme = std::make_shared<const Theme>(loaded->first);
    }

    void aPeakOfOneSampleReachesItsHeight()
    {
        const QImage image = renderPlot(job({line([](int i) { return i == 50 ? 95 : 10; })}));
        QCOMPARE(image.size(), QSize(200, 102));
        QVERIFY(count(image, QRect(96, 3, 8, 30), m_theme->series[0]) > 5);
        QCOMPARE(count(image, QRect(0, 0, 90, 80), m_theme->series[0]), 0);
    }

    void aGapIsNotBridgedAndIsHatched()
    {
        const PlotJob made = job({line([](int i) { return i >= 40 && i < 60 ? noSample : 50; })});
        const QImage image = renderPlot(made);
        const QRect gap(84, 0, 32, 100);
        QCOMPARE(count(image, gap, m_theme->series[0]), 0);
        QVERIFY(ink(image, gap) > 50); // the hatch
        QVERIFY(count(image, QRect(20, 45, 40, 12), m_theme->series[0]) > 30);
        QCOMPARE(ink(image, QRect(20, 0, 40, 30)), 0); // and no hatch elsewhere
    }

    void anotherSeriesInTheGapKeepsTheHatchAway()
    {
        PlotSeries other = line([](int) { return 20; });
        other.key = "b";
        const QImage image = renderPlot(job({line([](int i) { return i >= 40 && i < 60 ? noSample : 50; }), other}));
        QCOMPARE(ink(image, QRect(84, 0, 32, 70)), 0);
    }

    void aLossBandIsDrawnWhereItIs()
    {
        PlotJob made = job({line([](int) { return 0; })});
        edit(made).losses = {{20 * second, 30 * second, 5, 100, "node-a", "lost"}};
        const QImage image = renderPlot(made);
        QVERIFY(count(image, QRect(42, 5, 16, 80), m_theme->meaning.p1) > 20);
        QCOMPARE(ink(image, QRect(0, 5, 39, 80)), 0);
        QCOMPARE(ink(image, QRect(61, 5, 100, 80)), 0);
    }

    void aVeryShortLossStillShows()
    {
        PlotJob made = job({line([](int) { return 0; })});
        edit(made).losses = {{50 * second, 50 * second + 1000, 1, 1, "node-a", "lost"}};
        QVERIFY(ink(renderPlot(made), QRect(97, 0, 6, 90)) >= 180);
    }

    void overlappingLossesDoNotAddUp()
    {
        PlotJob one = job({line([](int) { return 0; })});
        edit(one).losses = {{20 * second, 30 * second, 5, 100, "node-a", "lost"}};
        PlotJob two = one;
        edit(two).losses.push_back({20 * second, 30 * second, 5, 100, "node-b", "lost"});
        QCOMPARE(renderPlot(two), renderPlot(one));
    }

    void aLossSeriesOfZerosIsNotDrawn()
    {
        PlotSeries lost = line([](int) { return 0; });
        lost.loss = true;
        lost.key = "lost";
        const QImage image = renderPlot(job({line([](int) { return 60; }), lost}));
        QCOMPARE(count(image, QRect(0, 0, 200, 101), m_theme->meaning.p1), 0);
    }

    void aDownwardSeriesIsBelowZero()
    {
        PlotSeries sent = line([](int) { return 30; });
        sent.below = true;
        sent.key = "tx";
        PlotJob made = job({line([](int) { return 70; }), sent});
        made.frame.low = -100;
        const QImage image = renderPlot(made);
        QVERIFY(count(image, QRect(10, 12, 150, 6), m_theme->series[0]) > 100); // 70 of -100 .. 100
        QVERIFY(count(image, QRect(10, 62, 150, 6), m_theme->series[1]) > 100); // -30
        QCOMPARE(count(image, QRect(10, 80, 150, 18), m_theme->series[1]), 0);
    }

    void stackedSeriesStandOnEachOther()
    {
        PlotSeries lower = line([](int) { return 30; });
        PlotSeries upper = line([](int) { return 40; });
        lower.stacked = upper.stacked = true;
        upper.key = "b";
        const QImage image = renderPlot(job({lower, upper}));
        QVERIFY(count(image, QRect(10, 67, 150, 6), m_theme->series[0]) > 100); // 30
        QVERIFY(count(image, QRect(10, 27, 150, 6), m_theme->series[1]) > 100); // 30 + 40
        QVERIFY(ink(image, QRect(10, 40, 100, 20)) == 2000);                    // filled between
        QCOMPARE(ink(image, QRect(10, 0, 100, 20)), 0);
    }

    void aSingleSampleIsADot()
    {
        const QImage image = renderPlot(job({line([](int i) { return i == 50 ? 50 : noSample; })}));
        QVERIFY(count(image, QRect(97, 46, 7, 8), m_theme->series[0]) >= 4);
    }

    void theEnvelopeShowsTheExtremesOfEachBucket()
    {
        PlotSeries series = line([](int) { return 50; });
        for (const PlotPoint &point : series.points) {
            series.minimum.push_back({point.timeNs, 20});
            series.maximum.push_back({point.timeNs, 80});
        }
        const QImage image = renderPlot(job({series}));
        QVERIFY(ink(image, QRect(10, 22, 100, 55)) > 5000);
        QCOMPARE(ink(image, QRect(10, 0, 100, 17)), 0);
    }

    void thresholdsAreDashedAtTheirValue()
    {
        PlotJob made = job({line([](int) { return 10; })});
        edit(made).thresholds = {{ThresholdKind::AlertAbove, 60, Unit::None, 0}, {ThresholdKind::AlertAbove, 500, Unit::None, 0}};
        edit(made).series[0].unit = Unit::None;
        const QImage image = renderPlot(made);
        const int dashes = count(image, QRect(0, 40, 200, 1), m_theme->meaning.p2);
        QVERIFY2(dashes > 60 && dashes < 180, qPrintable(QString::number(dashes)));
        QCOMPARE(ink(image, QRect(0, 0, 200, 35)), 0); // 500 is off the scale
    }

    void anIsolatedSeriesStandsOut()
    {
        PlotSeries other = line([](int) { return 20; });
        other.key = "b";
        PlotJob made = job({line([](int) { return 60; }), other});
        made.style.isolated = 0;
        const QImage image = renderPlot(made);
        QVERIFY(qAlpha(image.pixel(100, 41)) > 150);
        QVERIFY(qAlpha(image.pixel(100, 81)) < 100 && qAlpha(image.pixel(100, 81)) > 30);
    }

    void barsStandOnEachOtherWithAGap()
    {
        PlotSeries low = line([](int i) { return i == 50 ? 30 : 0; });
        PlotSeries high = line([](int i) { return i == 50 ? 40 : 0; });
        low.stacked = high.stacked = true;
        high.key = "b";
        PlotJob made = job({low, high});
        edit(made).view = BarsView{10 * second};
        const QImage image = renderPlot(made);
        QVERIFY(count(image, QRect(101, 75, 17, 20), m_theme->series[0]) == 17 * 20);
        QVERIFY(count(image, QRect(101, 35, 17, 20), m_theme->series[1]) == 17 * 20);
        QCOMPARE(ink(image, QRect(119, 0, 1, 100)), 0);
        QCOMPARE(ink(image, QRect(101, 0, 17, 28)), 0);
    }

    void heatCellsAreDrawnInTheirRow()
    {
        PlotJob made = job({});
        PanelSnapshot &panel = edit(made);
        panel.bucketNs = 10 * second;
        panel.view = HeatView{{0, 1e6, 1e9, 1e10}, {{20 * second, {0, 7, 0}}}};
        made.frame.high = 3;
        const QImage image = renderPlot(made);
        QVERIFY(count(image, QRect(42, 36, 15, 28), m_theme->heatHigh) > 300);
        QCOMPARE(ink(image, QRect(42, 70, 15, 28)), 0);
        QCOMPARE(ink(image, QRect(70, 0, 100, 100)), 0);
    }

    void moreThanTwiceThePixelsAreTwiceThePixels()
    {
        PlotJob made = job({line([](int) { return 50; })});
        made.style.devicePixelRatio = 2;
        const QImage image = renderPlot(made);
        QCOMPARE(image.size(), QSize(400, 204));
        QCOMPARE(image.devicePixelRatio(), 2.);
    }

    void theNewestWaitingJobWins()
    {
        PlotRenderer renderer;
        const PlotJob first = job({line([](int) { return 1; })});
        const PlotJob second = job({line([](int) { return 2; })});
        const PlotJob third = job({line([](int) { return 3; })});
        int owner = 0;
        QList<const PanelSnapshot *> done;
        const auto note = [&done](const QImage &, const PlotJob &finished) { done.append(finished.panel.get()); };
        renderer.submit(&owner, first, note);
        renderer.submit(&owner, second, note);
        renderer.submit(&owner, third, note);
        QTRY_COMPARE(done, QList<const PanelSnapshot *>({first.panel.get(), third.panel.get()}));
        QVERIFY(!renderer.busy());
    }

    void aForgottenOwnerHearsNothing()
    {
        PlotRenderer renderer;
        int gone = 0;
        int other = 0;
        bool called = false;
        bool finished = false;
        renderer.submit(&gone, job({line([](int) { return 1; })}), [&](const QImage &, const PlotJob &) { called = true; });
        renderer.forget(&gone);
        renderer.submit(&other, job({line([](int) { return 1; })}), [&](const QImage &, const PlotJob &) { finished = true; });
        QTRY_VERIFY(finished);
        QVERIFY(!called);
    }

    void aSeriesKeepsItsColourWhateverItsRank()
    {
        SeriesColors colors;
        const auto named = [](std::initializer_list<const char *> keys) {
            std::vector<PlotSeries> all;
            for (const char *key : keys) {
                PlotSeries each;
                each.key = key;
                all.push_back(each);
            }
            return all;
        };
        const auto before = colors.assign(named({"a", "b", "c"}));
        const auto after = colors.assign(named({"c", "new", "a"}));
        QCOMPARE(after[0], before[2]);
        QCOMPARE(after[2], before[0]);
        QCOMPARE(after[1].slot, 1); // the slot that b gave up
        const auto fixed = colors.assign(named({"P1", "others"}));
        QCOMPARE(fixed[0].ink, SeriesLook::Ink::P1);
        QCOMPARE(fixed[1].ink, SeriesLook::Ink::Rest);
        QVERIFY(colors.assign(named({"1", "2", "3", "4", "5", "6", "7"}))[6].dashed());
    }
};

QTEST_MAIN(TestPlotPainter)
#include "tst_plotpainter.moc"
