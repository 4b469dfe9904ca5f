// SPDX-License-Identifier: GPL-3.0-or-later
// Which hours of the day are off, and what rules make of it.
#include <QtTest>

#include <cmath>
#include <limits>

#include "agent/correlation/dayshape.h"
#include "agent/correlation/figuretracker.h"
#include "protocol/wire/evidence.h"
#include "tests/correlation/stage.h"

using namespace tapio;
using namespace tapio::correlation;

namespace {

constexpr double minute = 60, hour = 3600, day = 24 * hour;
/// The stage begins at 22:13:20 UTC.
constexpr double toMidnight = 6400;

std::int64_t afterMidnight(double seconds) { return Stage::timeOf(toMidnight + seconds); }

/// A value each half minute of an hour of some day.
void fill(DayShape &shape, int ofDay, int hourOfDay, double value, int values = 120)
{
    for (int i = 0; i < values; ++i)
        shape.add(afterMidnight(ofDay * day + hourOfDay * hour + i * 30), value);
}

/// Day after day, much by day (8 to 18 UTC) and little by night.
double usualRate(double secondsAfterMidnight)
{
    const double ofDay = std::fmod(secondsAfterMidnight + day, day) / hour;
    return ofDay >= 8 && ofDay < 18 ? 100e3 : 1e3;
}

/// What a pod has sent, each half minute until then; since `exportAt` fifty million bytes a second more.
void play(Stage &stage, double from, double until, double exportAt, const wire::Origin &origin)
{
    double total = 0;
    for (double at = from; at <= until; at += 30) {
        total += 30 * (usualRate(at) + (at > exportAt ? 50e6 : 0));
        Reading reading;
        reading.add(origin, wire::Metric::NetTxBytes, total, "eth0");
        stage.samples(toMidnight + at, reading.take());
    }
}

} // namespace

class tst_DayShape : public QObject {
    Q_OBJECT

private slots:
    void share_ofAnHour_data();
    void share_ofAnHour();
    void share_needsTheWholeDay();
    void share_isOfTheDayBefore();
    void share_ofTooFewValues_isNotKnown();
    void share_ofWhatCannotBe();
    void tracker_knowsTheWorkloadsDay();
    void rule_countsOffHours_data();
    void rule_countsOffHours();
};

void tst_DayShape::share_ofAnHour_data()
{
    QTest::addColumn<int>("ofDay");
    QTest::addColumn<double>("share");
    QTest::newRow("a busy one") << 9 << 1.0;
    QTest::newRow("the first") << 0 << 0.1;
    QTest::newRow("the last") << 23 << 0.1;
    QTest::newRow("one that stands out") << 12 << 100.0; // and makes no other hour quiet
}

void tst_DayShape::share_ofAnHour()
{
    QFETCH(int, ofDay);
    QFETCH(double, share);
    DayShape shape;
    for (int i = 0; i <= 24; ++i)
        fill(shape, 0, i, i == 12 ? 10'000 : i >= 8 && i < 18 ? 100 : 10);
    const auto found = shape.share(afterMidnight(day + ofDay * hour + 1));
    QVERIFY(found && qAbs(*found - share) < 1e-9);
}

void tst_DayShape::share_needsTheWholeDay()
{
    DayShape shape;
    for (int i = 0; i < 24; ++i) {
        QVERIFY(!shape.share(afterMidnight(i * hour)));
        fill(shape, 0, i, 5);
    }
    QVERIFY(!shape.share(afterMidnight(day - 1))); // the last hour is not over
    shape.add(afterMidnight(day), 5);
    QCOMPARE(shape.share(afterMidnight(day)).value_or(0), 1.0);
}

/// What is sent in an hour says nothing of how that hour usually is, until it is over.
void tst_DayShape::share_isOfTheDayBefore()
{
    DayShape shape;
    for (int i = 0; i < 24; ++i)
        fill(shape, 0, i, 10);
    fill(shape, 1, 0, 1'000'000);
    QCOMPARE(shape.share(afterMidnight(day + 59 * minute)).value_or(0), 1.0);
    fill(shape, 1, 1, 10);
    QCOMPARE(shape.share(afterMidnight(2 * day)).value_or(0), 100'000.0);
}

void tst_DayShape::share_ofTooFewValues_isNotKnown()
{
    DayShape shape;
    for (int i = 0; i <= 24; ++i)
        fill(shape, 0, i, 10, i == 3 ? static_cast<int>(DayShape::fewest) - 1 : 120);
    QVERIFY(!shape.share(afterMidnight(day)));
    for (int i = 0; i < 10; ++i) // of ten pods at once
        fill(shape, 1, 3, 10, 1);
    fill(shape, 1, 4, 10);
    fill(shape, 1, 5, 10);
    QVERIFY(!shape.share(afterMidnight(day)));
    fill(shape, 2, 3, 10, static_cast<int>(DayShape::fewest));
    fill(shape, 2, 4, 10);
    QVERIFY(shape.share(afterMidnight(day)));
}

void tst_DayShape::share_ofWhatCannotBe()
{
    DayShape shape;
    constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min(), most = std::numeric_limits<std::int64_t>::max();
    for (int i = 0; i <= 24; ++i) {
        fill(shape, 0, i, 10);
        fill(shape, 0, i, std::numeric_limits<double>::quiet_NaN());
        fill(shape, 0, i, std::numeric_limits<double>::infinity());
        if (i > 0)
            fill(shape, 0, 0, 1e9); // late: that hour is over
        shape.add(least, 1e9);
    }
    QCOMPARE(shape.share(afterMidnight(day)).value_or(0), 1.0);
    QVERIFY(!shape.share(least));
    shape.add(most, 1e300);
    QVERIFY(shape.share(most));
    DayShape nothing;
    for (int i = 0; i <= 24; ++i)
        fill(nothing, 0, i, 0);
    QVERIFY(!nothing.share(afterMidnight(day)));
}

/// A pod that is new has the day of those before it.
void tst_DayShape::tracker_knowsTheWorkloadsDay()
{
    FigureTracker tracker(10);
    const auto shareAt = [&tracker](double from, double until, const wire::Origin &origin) {
        double share = noFigure, total = 0;
        for (double at = from; at <= until; at += 30) {
            Reading reading;
            reading.add(origin, wire::Metric::NetTxBytes, total += 30 * usualRate(at), "eth0");
            wire::SampleBatch batch = reading.take();
            batch.timeNs = afterMidnight(at);
            for (const FigureTracker::Fact &fact : tracker.onSamples(batch)) {
                if (fact.topic == Topic::NetworkEgress)
                    share = fact.figures.values[rate::HourShare];
            }
        }
        return share;
    };
    QVERIFY(std::isnan(shareAt(0, 23 * hour, pod("a"))));
    const double night = shareAt(23 * hour, 26 * hour, pod("a"));
    QVERIFY2(qAbs(night - 0.01) < 1e-4, QByteArray::number(night));
    const double busy = shareAt(26 * hour, 33 * hour, pod("b"));
    QVERIFY2(qAbs(busy - 1) < 1e-4, QByteArray::number(busy));
    wire::Origin other = pod("c");
    other.workloadName = "another";
    QVERIFY(std::isnan(shareAt(33 * hour, 34 * hour, other)));
}

void tst_DayShape::rule_countsOffHours_data()
{
    QTest::addColumn<double>("exportHour"); ///< after midnight of the second day
    QTest::addColumn<int>("score");
    QTest::newRow("by night") << 27.0 << 55;
    QTest::newRow("by day") << 36.0 << 45;
    QTest::newRow("before a day is known") << 3.0 << 45;
}

void tst_DayShape::rule_countsOffHours()
{
    QFETCH(double, exportHour);
    Stage stage(loadRules(TAPIO_RULES).rules);
    play(stage, 0, exportHour * hour + 5 * minute, exportHour * hour, pod("a"));
    const auto found = stage.of("unusual-egress", wire::InsightState::Open);
    QCOMPARE(found.size(), std::size_t(1));
    int score = 0;
    for (const Finding &finding : stage.found) {
        if (finding.insight.rule == "unusual-egress")
            score = finding.insight.score;
    }
    QTEST(score, "score");
}

QTEST_GUILESS_MAIN(tst_DayShape)
#include "tst_dayshape.moc"
