// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cmath>

#include "console/core/metrics/timeseries.h"

using namespace tapio;
using namespace tapio::console;

using Values = QList<double>;
using Readings = QList<QPair<double, double>>; // seconds, value
Q_DECLARE_METATYPE(Values)
Q_DECLARE_METATYPE(Readings)

namespace {

constexpr double gap = -1; // stands for NaN in expectations: no rate is negative

std::int64_t ns(double seconds) { return std::llround(seconds * 1e9); }

Track track(const Readings &readings)
{
    Track result;
    for (const auto &[seconds, value] : readings)
        result.push_back({ns(seconds), value});
    return result;
}

Readings readingsOf(const Track &track)
{
    Readings readings;
    for (const PlotPoint &point : track)
        readings.append({static_cast<double>(point.timeNs) / 1e9, point.value});
    return readings;
}

Values shown(const Dense &dense)
{
    Values values;
    for (const double value : dense)
        values.push_back(std::isnan(value) ? gap : std::round(value * 1000) / 1000);
    return values;
}

SeriesBucket bucket(double start, std::int64_t first, std::int64_t last, std::int64_t minimum, std::int64_t maximum, std::uint32_t n = 3)
{
    return {ns(start), n, first, last, minimum, maximum, ns(start + 1), ns(start + 4)};
}

} // namespace

class TestTimeSeries : public QObject {
    Q_OBJECT
private slots:
    void grid_isAlignedToTheBucket()
    {
        const TimeGrid grid(ns(103.5), ns(120.2), ns(5));
        QCOMPARE(grid.fromNs(), ns(100));
        QCOMPARE(grid.count(), 5u);
        QCOMPARE(grid.toNs(), ns(125));
        QCOMPARE(grid.indexOf(ns(99.9)), -1);
        QCOMPARE(grid.indexOf(ns(104.999)), 0);
        QCOMPARE(grid.indexOf(ns(105)), 1);
        QCOMPARE(TimeGrid(ns(10), ns(5), ns(1)).count(), 0u);
        QCOMPARE(TimeGrid(ns(-7), ns(0), ns(5)).fromNs(), ns(-10));
    }

    void niceBucket_data()
    {
        QTest::addColumn<double>("range");
        QTest::addColumn<double>("least");
        QTest::addColumn<double>("width");
        QTest::newRow("a quarter of an hour at one second is too fine") << 900. << 1. << 5.;
        QTest::newRow("six minutes fit at one second") << 360. << 1. << 1.;
        QTest::newRow("an hour") << 3600. << 1. << 10.;
        QTest::newRow("six hours") << 21600. << 1. << 60.;
        QTest::newRow("a day") << 86400. << 1. << 300.;
        QTest::newRow("never finer than what was measured") << 60. << 10. << 10.;
        QTest::newRow("a year is cut to whole hours") << 31536000. << 1. << 75600.;
    }
    void niceBucket()
    {
        QFETCH(double, range);
        QFETCH(double, least);
        QFETCH(double, width);
        QCOMPARE(niceBucketNs(ns(range), ns(least)), ns(width));
    }

    void rates_data()
    {
        QTest::addColumn<Readings>("readings");
        QTest::addColumn<Values>("expected");
        // Grid: 0 to 50 s in buckets of 10 s; a gap begins beyond 25 s (2.5 buckets).
        QTest::newRow("steady counter") << Readings{{5, 0}, {15, 100}, {25, 200}, {35, 300}, {45, 400}} << Values{gap, 10, 10, 10, 10};
        QTest::newRow("elapsed time is the measured one")
            << Readings{{5, 0}, {17, 120}, {25, 200}, {35, 300}, {45, 400}} << Values{gap, 10, 10, 10, 10};
        QTest::newRow("several readings in a bucket: first to last")
            << Readings{{1, 0}, {5, 20}, {9, 40}, {15, 100}} << Values{5, 10, 10, 10, 10};
        QTest::newRow("a missing reading has the interval's average")
            << Readings{{5, 0}, {15, 100}, {35, 500}, {45, 600}} << Values{gap, 10, 20, 20, 10};
        QTest::newRow("a reset counts what came after it")
            << Readings{{5, 1000}, {15, 1100}, {25, 50}, {35, 150}, {45, 250}} << Values{gap, 10, 5, 10, 10};
        QTest::newRow("a hole is a gap") << Readings{{2, 0}, {8, 60}, {45, 400}} << Values{10, gap, gap, gap, gap};
        QTest::newRow("two readings after a hole give a rate again")
            << Readings{{2, 0}, {8, 60}, {41, 400}, {46, 450}} << Values{10, gap, gap, gap, 10};
        QTest::newRow("no time between two readings gives nothing") << Readings{{5, 0}, {5, 100}} << Values{gap, gap, gap, gap, gap};
        QTest::newRow("one reading gives nothing") << Readings{{5, 100}} << Values{gap, gap, gap, gap, gap};
        QTest::newRow("nothing gives nothing") << Readings{} << Values{gap, gap, gap, gap, gap};
        QTest::newRow("the reading before the range counts") << Readings{{-5, 0}, {5, 100}, {15, 200}} << Values{10, 10, 10, 10, 10};
        QTest::newRow("the newest rate is not kept for ever") << Readings{{-5, 0}, {5, 100}} << Values{10, 10, 10, 10, gap};
        QTest::newRow("no change is a rate of 0") << Readings{{5, 7}, {15, 7}, {25, 7}} << Values{gap, 0, 0, 0, 0};
    }
    void rates()
    {
        QFETCH(Readings, readings);
        QFETCH(Values, expected);
        QCOMPARE(shown(console::rates(unroll(track(readings)), TimeGrid(0, ns(50), ns(10)))), expected);
    }

    void standStill_data()
    {
        QTest::addColumn<Readings>("readings");
        QTest::addColumn<Readings>("alive");
        QTest::addColumn<Readings>("expected");
        QTest::newRow("nothing ever came") << Readings{} << Readings{{1, 1}, {2, 1}, {3, 1}} << Readings{{1, 0}, {2, 0}, {3, 0}};
        QTest::newRow("before the first came") << Readings{{3, 0}, {4, 5}} << Readings{{1, 1}, {2, 1}, {3, 1}, {4, 1}}
                                               << Readings{{1, 0}, {2, 0}, {3, 0}, {4, 5}};
        QTest::newRow("an earlier run had counted some") << Readings{{1, 0}, {2, 7}, {9, 8}} << Readings{{2, 1}, {7, 1}, {8, 1}, {9, 1}}
                                                         << Readings{{1, 0}, {2, 7}, {7, 7}, {8, 7}, {9, 8}};
        QTest::newRow("away is no reading") << Readings{{1, 0}} << Readings{{1, 1}, {2, 0}, {3, 0}, {4, 1}} << Readings{{1, 0}, {4, 0}};
        QTest::newRow("nobody says who was there") << Readings{{1, 0}, {9, 5}} << Readings{} << Readings{{1, 0}, {9, 5}};
    }
    void standStill()
    {
        QFETCH(Readings, readings);
        QFETCH(Readings, alive);
        QFETCH(Readings, expected);
        QCOMPARE(readingsOf(console::standStill(track(readings), track(alive))), expected);
    }

    void withoutAway_data()
    {
        QTest::addColumn<Readings>("readings");
        QTest::addColumn<Readings>("alive");
        QTest::addColumn<Readings>("expected");
        const Readings away{{0, 1}, {10, 1}, {20, 0}, {30, 0}, {40, 1}, {50, 1}};
        QTest::newRow("told when it is back") << Readings{{0, 0}, {10, 0}, {20, 0}, {30, 0}, {40, 9}, {50, 9}} << away
                                              << Readings{{0, 0}, {10, 0}, {40, 9}, {50, 9}};
        QTest::newRow("told a heartbeat later")
            << Readings{{0, 0}, {10, 0}, {20, 0}, {30, 0}, {40, 0}, {44, 9}} << away << Readings{{0, 0}, {10, 0}, {44, 9}};
        QTest::newRow("what is told meanwhile is a reading")
            << Readings{{0, 0}, {20, 0}, {30, 4}, {40, 4}, {50, 4}} << away << Readings{{0, 0}, {30, 4}, {50, 4}};
        QTest::newRow("away from the beginning") << Readings{{20, 3}, {30, 3}, {40, 9}} << away << Readings{{20, 3}, {40, 9}};
        QTest::newRow("of nobody that can be away")
            << Readings{{0, 0}, {20, 0}, {40, 9}} << Readings{} << Readings{{0, 0}, {20, 0}, {40, 9}};
    }
    void withoutAway()
    {
        QFETCH(Readings, readings);
        QFETCH(Readings, alive);
        QFETCH(Readings, expected);
        QCOMPARE(readingsOf(console::withoutAway(track(readings), track(alive))), expected);
    }

    void lastValues_data()
    {
        QTest::addColumn<Readings>("readings");
        QTest::addColumn<Values>("expected");
        QTest::newRow("the last of each bucket") << Readings{{1, 5}, {9, 6}, {15, 7}, {25, 8}, {35, 9}, {45, 4}} << Values{6, 7, 8, 9, 4};
        QTest::newRow("kept until the next") << Readings{{5, 5}, {25, 8}, {45, 9}} << Values{5, 5, 8, 8, 9};
        QTest::newRow("not over a hole") << Readings{{5, 5}, {45, 9}} << Values{5, gap, gap, gap, 9};
        QTest::newRow("not for ever") << Readings{{5, 5}} << Values{5, 5, 5, 5, gap};
    }
    void lastValues()
    {
        QFETCH(Readings, readings);
        QFETCH(Values, expected);
        QCOMPARE(shown(console::lastValues(track(readings), TimeGrid(0, ns(50), ns(10)))), expected);
    }

    void unrollBuckets_data()
    {
        QTest::addColumn<QList<qint64>>("counts"); // first, last, min, max of each bucket
        QTest::addColumn<double>("total");
        QTest::newRow("growing") << QList<qint64>{10, 30, 10, 30, 40, 60, 40, 60} << 50.;
        QTest::newRow("reset between buckets") << QList<qint64>{100, 130, 100, 130, 5, 25, 5, 25} << 30. + 5 + 20;
        QTest::newRow("reset inside of a bucket") << QList<qint64>{100, 20, 0, 150} << 50. + 20;
        QTest::newRow("no change") << QList<qint64>{7, 7, 7, 7, 7, 7, 7, 7} << 0.;
    }
    void unrollBuckets()
    {
        QFETCH(QList<qint64>, counts);
        QFETCH(double, total);
        SeriesData data;
        for (int i = 0; i + 3 < counts.size(); i += 4)
            data.buckets.push_back(bucket(i * 10 / 4, counts[i], counts[i + 1], counts[i + 2], counts[i + 3]));
        const Track unrolled = unroll(data);
        QCOMPARE(unrolled.front().value, 0.);
        QCOMPARE(unrolled.back().value, total);
        QVERIFY(std::is_sorted(unrolled.begin(), unrolled.end(), [](const auto &a, const auto &b) { return a.value < b.value; }));
    }

    void unrollBuckets_skipsEmptyOnes()
    {
        SeriesData data;
        data.buckets = {bucket(0, 10, 20, 10, 20), bucket(10, 0, 0, 0, 0, 0), bucket(20, 30, 40, 30, 40)};
        QCOMPARE(unroll(data).back().value, 30.);
        QCOMPARE(gaugeTrack(data).size(), 2u);
    }

    void increases_sumUpToTheChange()
    {
        const Track unrolled = unroll(track({{1, 10}, {4, 15}, {12, 35}, {38, 36}}));
        QCOMPARE(shown(console::increases(unrolled, TimeGrid(0, ns(50), ns(10)))), (Values{5, 20, gap, 1, gap}));
    }

    void spreadIncreases_data()
    {
        QTest::addColumn<Readings>("readings");
        QTest::addColumn<Values>("expected");
        QTest::addColumn<Values>("rates"); // over gaps alone
        // Grid: 0 to 50 s in buckets of 10 s.
        const Values none{gap, gap, gap, gap, gap};
        QTest::newRow("without a gap, where it was read")
            << Readings{{1, 10}, {4, 15}, {12, 35}, {22, 36}} << Values{5, 20, 1, gap, gap} << none;
        QTest::newRow("over a gap, to all of it")
            << Readings{{1, 0}, {4, 5}, {34, 305}, {44, 310}} << Values{5, 100, 100, 100, 5} << Values{gap, 10, 10, 10, gap};
        QTest::newRow("of a gap that began before the range, what is in it")
            << Readings{{-31, 0}, {9, 400}} << Values{100, gap, gap, gap, gap} << Values{10, gap, gap, gap, gap};
        QTest::newRow("of one that ends after it, too")
            << Readings{{31, 0}, {71, 400}} << Values{gap, gap, gap, 0, 100} << Values{gap, gap, gap, gap, 10};
        QTest::newRow("nothing grew") << Readings{{1, 7}, {41, 7}} << Values{0, gap, gap, gap, 0} << none;
    }
    void spreadIncreases()
    {
        QFETCH(Readings, readings);
        QFETCH(Values, expected);
        const Track unrolled = unroll(track(readings));
        QCOMPARE(shown(console::spreadIncreases(unrolled, TimeGrid(0, ns(50), ns(10)))), expected);
        QTEST(shown(console::ratesOverGaps(unrolled, TimeGrid(0, ns(50), ns(10)))), "rates");
    }

    void addInto_keepsALoneValue()
    {
        Dense sum{1, noValue, 3, noValue};
        addInto(sum, {1, 2, noValue, noValue});
        QCOMPARE(shown(sum), (Values{2, 2, 3, gap}));
    }

    void rateOver_data()
    {
        QTest::addColumn<Readings>("readings");
        QTest::addColumn<double>("rate"); // gap = none
        QTest::addColumn<double>("elapsed");
        QTest::newRow("ten seconds") << Readings{{80, 0}, {90, 100}, {95, 150}, {100, 250}} << 15. << 10.;
        QTest::newRow("readings off the second: the nearest") << Readings{{80, 0}, {89.7, 100}, {100, 203}} << 10. << 10.3;
        QTest::newRow("less than the window is known") << Readings{{97, 0}, {100, 30}} << 10. << 3.;
        QTest::newRow("reset in the window") << Readings{{90, 1000}, {95, 1100}, {100, 20}} << 12. << 10.;
        QTest::newRow("one reading") << Readings{{100, 5}} << gap << 0.;
        QTest::newRow("two readings at once") << Readings{{100, 5}, {100, 6}} << gap << 0.;
        QTest::newRow("too old") << Readings{{70, 0}, {80, 10}} << gap << 0.;
        QTest::newRow("nothing") << Readings{} << gap << 0.;
        QTest::newRow("later readings do not count") << Readings{{90, 0}, {100, 100}, {101, 900}} << 10. << 10.;
    }
    void rateOver()
    {
        QFETCH(Readings, readings);
        QFETCH(double, rate);
        QFETCH(double, elapsed);
        const auto measured = console::rateOver(unroll(track(readings)), ns(100), ns(10), ns(15));
        QCOMPARE(measured.has_value(), rate != gap);
        if (measured) {
            QCOMPARE(measured->perSecond, rate);
            QCOMPARE(measured->elapsedNs, ns(elapsed));
        }
    }

    void slope_data()
    {
        QTest::addColumn<Readings>("readings");
        QTest::addColumn<double>("slope"); // -99 = none
        QTest::newRow("rising by 2 per second") << Readings{{0, 0}, {100, 200}, {200, 400}, {300, 600}} << 2.;
        QTest::newRow("uneven distances: per second, not per reading") << Readings{{0, 0}, {10, 20}, {290, 580}, {300, 600}} << 2.;
        QTest::newRow("falling") << Readings{{0, 300}, {150, 150}, {300, 0}} << -1.;
        QTest::newRow("level") << Readings{{0, 5}, {150, 5}, {300, 5}} << 0.;
        QTest::newRow("only what is in the window") << Readings{{-500, 9999}, {0, 0}, {150, 150}, {300, 300}} << 1.;
        QTest::newRow("too few") << Readings{{0, 0}, {300, 300}} << -99.;
        QTest::newRow("too short a time") << Readings{{200, 0}, {250, 50}, {300, 100}} << -99.;
        QTest::newRow("all at once") << Readings{{300, 0}, {300, 50}, {300, 100}} << -99.;
    }
    void slope()
    {
        QFETCH(Readings, readings);
        QFETCH(double, slope);
        const auto found = slopePerSecond(track(readings), ns(300), ns(300));
        QCOMPARE(found.has_value(), slope != -99.);
        if (found)
            QVERIFY(std::abs(*found - slope) < 1e-9);
    }

    void covered_data()
    {
        QTest::addColumn<Readings>("readings"); // of a grid of four buckets of 20 s; gaps are longer than 50 s
        QTest::addColumn<double>("until");
        QTest::addColumn<Values>("seconds");
        QTest::newRow("from the first to the last reading") << Readings{{5, 0}, {45, 0}} << 45. << Values{15, 20, 5, 0};
        QTest::newRow("and to now, which is soon after") << Readings{{5, 0}, {45, 0}} << 52. << Values{15, 20, 12, 0};
        QTest::newRow("but not for long without a reading") << Readings{{5, 0}, {42, 0}} << 80. << Values{15, 20, 17, 0};
        QTest::newRow("a gap is not covered") << Readings{{0, 0}, {5, 0}, {60, 0}, {70, 0}} << 70. << Values{5, 0, 0, 10};
        QTest::newRow("what came before counts from the beginning") << Readings{{-10, 0}, {10, 0}} << 10. << Values{10, 0, 0, 0};
        QTest::newRow("what came after, to the end") << Readings{{60, 0}, {100, 0}} << 100. << Values{0, 0, 0, 20};
        QTest::newRow("nothing") << Readings{} << 80. << Values{0, 0, 0, 0};
    }
    void covered()
    {
        QFETCH(Readings, readings);
        QFETCH(double, until);
        QFETCH(Values, seconds);
        Dense dense = console::covered(track(readings), TimeGrid(0, ns(80), ns(20)), ns(until));
        for (double &value : dense)
            value /= 1e9;
        QCOMPARE(shown(dense), seconds);
    }

    void held_data()
    {
        QTest::addColumn<Values>("values");
        QTest::addColumn<Values>("covered"); // seconds
        QTest::addColumn<double>("held");
        QTest::addColumn<double>("known");
        QTest::newRow("a part of the range") << Values{0, 90, 90, 90} << Values{10, 10, 10, 10} << 30. << 40.;
        QTest::newRow("the newest bucket is not read yet") << Values{90, 90, 90, gap} << Values{10, 10, 10, 0} << 30. << 30.;
        QTest::newRow("interrupted") << Values{90, 90, 10, 90} << Values{10, 10, 10, 10} << 10. << 40.;
        QTest::newRow("a hole is no proof") << Values{90, 90, gap, 90} << Values{10, 10, 0, 10} << 10. << 10.;
        QTest::newRow("two missing are a hole") << Values{90, 90, gap, gap} << Values{10, 10, 0, 0} << 0. << 0.;
        QTest::newRow("no longer than there is data") << Values{gap, 90, 90, 90} << Values{0, 1, 10, 4} << 15. << 15.;
        QTest::newRow("nothing") << Values{} << Values{} << 0. << 0.;
    }
    void held()
    {
        QFETCH(Values, values);
        QFETCH(Values, covered);
        Measured measured;
        for (const double value : values)
            measured.values.push_back(value == gap ? noValue : value);
        for (const double seconds : covered)
            measured.coveredNs.push_back(seconds * 1e9);
        const Held held = heldFor(measured, [](double value) { return value > 80; });
        QTEST(static_cast<double>(held.heldNs) / 1e9, "held");
        QTEST(static_cast<double>(held.knownNs) / 1e9, "known");
    }

    void toPoints_marksAGapOnce()
    {
        const auto points = toPoints({noValue, noValue, 1, noValue, noValue, 2}, TimeGrid(0, ns(60), ns(10)));
        QCOMPARE(points.size(), 4u);
        QVERIFY(std::isnan(points[0].value));
        QCOMPARE(points[1].timeNs, ns(20));
        QVERIFY(std::isnan(points[2].value));
        QCOMPARE(points[2].timeNs, ns(30));
        QCOMPARE(points[3].value, 2.);
    }
};

QTEST_APPLESS_MAIN(TestTimeSeries)
#include "tst_timeseries.moc"
