// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cmath>
#include <limits>

#include "console/ui/charts/decimate.h"

using namespace tapio::console;

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr double noSample = std::numeric_limits<double>::quiet_NaN();

PlotFrame frame(std::int64_t toNs, double width = 100) { return {QRectF(0, 0, width, 100), QRectF(), 0, toNs, 0, 100, 1}; }

PlotSeries series(const char *key, std::vector<PlotPoint> points, bool stacked = false)
{
    PlotSeries made;
    made.key = key;
    made.stacked = stacked;
    made.points = std::move(points);
    return made;
}

} // namespace

class TestDecimate : public QObject {
    Q_OBJECT
private slots:
    void onePeakOfAMillionSamplesIsKept()
    {
        std::vector<PlotPoint> points;
        for (int i = 0; i < 1'000'000; ++i)
            points.push_back({i * second, i == 333'333 ? 99. : i == 777'777 ? 0. : 50.});
        const auto runs = decimate(points, frame(1'000'000 * second), second, 1);
        QCOMPARE(runs.size(), 1u);
        QVERIFY2(runs[0].size() <= 400, qPrintable(QString::number(runs[0].size())));
        const auto [top, bottom] = std::ranges::minmax(runs[0], {}, [](const QPointF &point) { return point.y(); });
        QCOMPARE(top.y(), 1.);
        QCOMPARE(bottom.y(), 100.);
        QVERIFY(std::abs(top.x() - 33.3333) < 0.01);
    }

    void pointsStayInOrder()
    {
        std::vector<PlotPoint> points;
        for (int i = 0; i < 5000; ++i)
            points.push_back({i * second, 50 + 40 * std::sin(i * 0.7)});
        for (const LineRun &run : decimate(points, frame(5000 * second), second, 1))
            QVERIFY(std::ranges::is_sorted(run, {}, [](const QPointF &point) { return point.x(); }));
    }

    void gap_data()
    {
        QTest::addColumn<QList<double>>("values");
        QTest::addColumn<QList<qint64>>("seconds");
        QTest::addColumn<QList<int>>("runs");
        const QList<qint64> even{0, 1, 2, 3, 4, 5};
        QTest::newRow("nothing missing is one line") << QList<double>{1, 2, 3, 4, 5, 6} << even << QList<int>{6};
        QTest::newRow("NaN breaks the line") << QList<double>{1, 2, noSample, 4, 5, 6} << even << QList<int>{2, 3};
        QTest::newRow("one sample between gaps is a run of one")
            << QList<double>{1, noSample, 3, noSample, 5, 6} << even << QList<int>{1, 1, 2};
        QTest::newRow("one missing bucket breaks the line") << QList<double>{1, 2, 3, 4} << QList<qint64>{0, 1, 3, 4} << QList<int>{2, 2};
        QTest::newRow("all NaN is no line") << QList<double>{noSample, noSample} << QList<qint64>{0, 1} << QList<int>{};
    }
    void gap()
    {
        QFETCH(QList<double>, values);
        QFETCH(QList<qint64>, seconds);
        QFETCH(QList<int>, runs);
        std::vector<PlotPoint> points;
        for (int i = 0; i < values.size(); ++i)
            points.push_back({seconds[i] * second, values[i]});
        QList<int> sizes;
        for (const LineRun &run : decimate(points, frame(10 * second), second, 1))
            sizes.append(static_cast<int>(run.size()));
        QCOMPARE(sizes, runs);
    }

    void aJitteringSourceIsNoGap()
    {
        const std::vector<PlotPoint> points{{0, 1}, {1'400'000'000, 2}, {2'100'000'000, 3}, {3'500'000'000, 4}};
        QCOMPARE(decimate(points, frame(5 * second), second, 1).size(), 1u);
    }

    void onlyWhatIsInViewAndOneNeighbourEachSide()
    {
        std::vector<PlotPoint> points;
        for (int i = 0; i < 1000; ++i)
            points.push_back({i * second, 1});
        PlotFrame narrow = frame(0);
        narrow.fromNs = 500 * second;
        narrow.toNs = 510 * second;
        const auto runs = decimate(points, narrow, second, 1);
        QCOMPARE(runs.size(), 1u);
        QCOMPARE(runs[0].size(), 12u);
        QCOMPARE(runs[0].front().x(), -10.);
        QCOMPARE(runs[0].back().x(), 100.);
    }

    void noPointsAreNoLine() { QVERIFY(decimate({}, frame(second), second, 1).empty()); }

    void emptySpans_data()
    {
        QTest::addColumn<QList<qint64>>("seconds");
        QTest::addColumn<QList<QPair<int, int>>>("spans");
        using Spans = QList<QPair<int, int>>;
        QTest::newRow("everything is there") << QList<qint64>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9} << Spans{};
        QTest::newRow("nothing is there") << QList<qint64>{} << Spans{{0, 10}};
        QTest::newRow("it began late") << QList<qint64>{6, 7, 8, 9} << Spans{{0, 6}};
        QTest::newRow("it ended early") << QList<qint64>{0, 1, 2} << Spans{{2, 10}};
        QTest::newRow("a hole in the middle") << QList<qint64>{0, 1, 2, 6, 7, 8, 9} << Spans{{2, 6}};
        QTest::newRow("the newest bucket may still be filling") << QList<qint64>{0, 1, 2, 3, 4, 5, 6, 7, 8} << Spans{};
    }
    void emptySpans()
    {
        QFETCH(QList<qint64>, seconds);
        using Spans = QList<QPair<int, int>>;
        QFETCH(Spans, spans);
        std::vector<PlotPoint> points;
        for (const qint64 each : seconds)
            points.push_back({each * second, 1});
        Spans found;
        for (const PlotSpan &span : tapio::console::emptySpans(std::vector{series("a", points)}, 0, 10 * second, second))
            found.append({static_cast<int>(span.fromNs / second), static_cast<int>(span.toNs / second)});
        QCOMPARE(found, spans);
    }

    void aTimeThatOneSeriesHasIsNotEmpty()
    {
        std::vector<PlotPoint> early, late;
        for (int i = 0; i < 5; ++i) {
            early.push_back({i * second, 1});
            late.push_back({(i + 5) * second, 1});
        }
        QVERIFY(tapio::console::emptySpans(std::vector{series("a", early), series("b", late)}, 0, 10 * second, second).empty());
    }

    void stackAddsUpAndKeepsCommonGaps()
    {
        const std::vector all{series("a", {{0, 1}, {second, noSample}, {2 * second, 3}}, true), series("line", {{0, 100}}),
                              series("b", {{0, 10}, {second, noSample}, {2 * second, noSample}, {3 * second, 40}}, true)};
        const auto sums = stack(all);
        QCOMPARE(sums.size(), 3u);
        QVERIFY(sums[1].empty());
        QCOMPARE(sums[2].size(), 4u);
        QCOMPARE(sums[2][0].value, 11.);
        QVERIFY(std::isnan(sums[2][1].value)); // neither has one
        QCOMPARE(sums[2][2].value, 3.);        // a alone
        QCOMPARE(sums[2][3].value, 40.);       // b alone
        QVERIFY(std::isnan(sums[0][3].value));
    }

    void sampleAt_data()
    {
        QTest::addColumn<qint64>("at");
        QTest::addColumn<double>("value");
        QTest::newRow("exactly on a sample") << qint64(2 * second) << 2.;
        QTest::newRow("nearer to the left one") << qint64(2'400'000'000) << 2.;
        QTest::newRow("nearer to the right one") << qint64(2'600'000'000) << 3.;
        QTest::newRow("in a gap there is none") << qint64(5 * second) << -1.;
        QTest::newRow("far before the first") << qint64(-5 * second) << -1.;
        QTest::newRow("far after the last") << qint64(20 * second) << -1.;
    }
    void sampleAt()
    {
        QFETCH(qint64, at);
        QFETCH(double, value);
        const std::vector<PlotPoint> points{{0, 0}, {second, 1}, {2 * second, 2}, {3 * second, 3}, {5 * second, noSample}, {7 * second, 7}};
        const PlotPoint *found = tapio::console::sampleAt(points, at, second / 2);
        QCOMPARE(found ? found->value : -1, value);
    }
};

QTEST_APPLESS_MAIN(TestDecimate)
#include "tst_decimate.moc"
