// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <limits>

#include "console/ui/charts/plotscale.h"
#include "console/ui/charts/ticks.h"
#include "tests/ui/support/madeup.h"

using namespace tapio::console;

namespace {

QStringList labels(const ValueScale &scale)
{
    QStringList texts;
    for (const ValueTick &tick : scale.ticks)
        texts << QString(tick.label).replace(QChar(0x00A0), QLatin1Char(' '));
    return texts;
}

std::int64_t utc(const char *iso) { return QDateTime::fromString(QString::fromUtf8(iso), Qt::ISODate).toSecsSinceEpoch() * 1'000'000'000; }

} // namespace

class TestTicks : public QObject {
    Q_OBJECT
private slots:
    void value_data()
    {
        QTest::addColumn<double>("least");
        QTest::addColumn<double>("most");
        QTest::addColumn<int>("unit");
        QTest::addColumn<bool>("fromZero");
        QTest::addColumn<int>("intervals");
        QTest::addColumn<QStringList>("expected");
        const auto row = [](const char *name, double least, double most, Unit unit, bool fromZero, int intervals,
                            const QStringList &expected) {
            QTest::newRow(name) << least << most << static_cast<int>(unit) << fromZero << intervals << expected;
        };
        row("thousands carry k", 0, 51'000, Unit::EventsPerSecond, true, 2, {"0", "30 k", "60 k"});
        row("small counts stay plain", 0, 900, Unit::Events, true, 2, {"0", "500", "1 k"});
        row("whole things have no halves", 0, 3, Unit::Count, true, 2, {"0", "2", "4"});
        row("nothing at all still has an axis", 0, 0, Unit::EventsPerSecond, true, 2, {"0", "0.5", "1"});
        row("durations name their unit at the top", 0, 130e6, Unit::Nanoseconds, true, 2, {"0", "75", "150 ms"});
        row("minutes count in minutes", 0, 100e9, Unit::Nanoseconds, true, 2, {"0", "1", "2 min"});
        row("bytes step by 1024", 0, 1.5 * 1024 * 1024 * 1024, Unit::Bytes, true, 3, {"0", "0.5 Gi", "1 Gi", "1.5 Gi"});
        row("a thousand Mi become one Gi", 0, 999. * 1024 * 1024, Unit::Bytes, true, 2, {"0", "0.5 Gi", "1 Gi"});
        row("percent ends at 100", 0, 84, Unit::Percent, true, 2, {"0", "50", "100 %"});
        row("a little over all keeps 100", 0, 101.3, Unit::Percent, true, 2, {"0", "50", "100 %"});
        row("far over all does not", 0, 180, Unit::Percent, true, 2, {"0", "100", "200 %"});
        row("a close percent range", 95.4, 97.3, Unit::Percent, false, 2, {"94", "96", "98 %"});
        row("a close range never leaves 100", 99.2, 100, Unit::Percent, false, 2, {"99", "99.5", "100 %"});
        row("tall plots have more lines", 0, 51'000, Unit::EventsPerSecond, true, 5, {"0", "20 k", "40 k", "60 k"});
        row("both directions share one scale", -188e6, 312e6, Unit::BytesPerSecond, true, 2, {"200 M", "0", "400 M"});
        row("without a unit it is as small as it is", 0, 0.049, Unit::None, true, 2, {"0", "0.025", "0.05"});
        row("without a unit it is as small as that", 0, 4.9e-5, Unit::None, true, 2, {"0", "2.5e-05", "5e-05"});
        row("without a unit nothing has an axis", 0, 0, Unit::None, true, 2, {"0", "0.5", "1"});
        row("NaN is no range", std::numeric_limits<double>::quiet_NaN(), 1, Unit::Events, true, 2, {"0", "1", "2"});
    }
    void value()
    {
        QFETCH(double, least);
        QFETCH(double, most);
        QFETCH(int, unit);
        QFETCH(bool, fromZero);
        QFETCH(int, intervals);
        QFETCH(QStringList, expected);
        const ValueScale scale = valueScale(least, most, static_cast<Unit>(unit), fromZero, intervals);
        QCOMPARE(labels(scale), expected);
        QVERIFY(scale.low < scale.high);
        if (std::isfinite(least)) {
            QVERIFY(scale.low <= least);
            QVERIFY(scale.high >= most);
        }
    }

    void everyRangeGivesAnAxis()
    {
        for (const Unit unit : {Unit::Events, Unit::Percent, Unit::Nanoseconds, Unit::Bytes, Unit::BytesPerSecond, Unit::Cores})
            for (double most = 1e-9; most < 1e18; most *= 3.7)
                for (const bool fromZero : {true, false})
                    for (int intervals = 1; intervals <= 6; ++intervals) {
                        const double top = unit == Unit::Percent ? std::min(most, 100.) : most;
                        const ValueScale scale = valueScale(top * 0.9, top, unit, fromZero, intervals);
                        QVERIFY(scale.low < scale.high);
                        QVERIFY(scale.ticks.size() >= 2 && scale.ticks.size() <= 8);
                        QVERIFY(scale.high >= top * 0.999999);
                    }
    }

    void time_data()
    {
        QTest::addColumn<QByteArray>("from");
        QTest::addColumn<QByteArray>("to");
        QTest::addColumn<QByteArray>("zone");
        QTest::addColumn<QStringList>("expected");
        const auto row = [](const char *name, const char *from, const char *to, const char *zone, const QStringList &expected) {
            QTest::newRow(name) << QByteArray(from) << QByteArray(to) << QByteArray(zone) << expected;
        };
        row("half an hour", "2026-03-01T14:05:00Z", "2026-03-01T14:35:00Z", "UTC", {"14:10", "14:20", "14:30"});
        row("a minute has seconds", "2026-03-01T14:05:03Z", "2026-03-01T14:05:33Z", "UTC", {"14:05:10", "14:05:20", "14:05:30"});
        row("a zone of half hours ticks on its own hours", "2026-03-01T12:00:00Z", "2026-03-01T18:00:00Z", "Asia/Kolkata",
            {"18:00", "20:00", "22:00"});
        row("days begin where the zone's do", "2026-03-01T00:00:00Z", "2026-03-02T06:00:00Z", "America/New_York",
            {"21:00", "09:00", "21:00"});
    }
    void time()
    {
        QFETCH(QByteArray, from);
        QFETCH(QByteArray, to);
        QFETCH(QByteArray, zone);
        QFETCH(QStringList, expected);
        QStringList texts;
        std::int64_t last = 0;
        for (const TimeTick &tick : timeTicks(utc(from), utc(to), 240, 79, QTimeZone(zone))) {
            texts << tick.label;
            QVERIFY(tick.timeNs > last);
            last = tick.timeNs;
        }
        if (QByteArray(QTest::currentDataTag()).startsWith("days"))
            QVERIFY(texts.contains("1 Mar") || texts.size() >= 2);
        else
            QCOMPARE(texts, expected);
    }

    void anEmptyRangeHasNoTicks()
    {
        QVERIFY(timeTicks(5, 5, 100, 50, QTimeZone::utc()).empty());
        constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max();
        for (const TimeTick &tick : timeTicks(last - 4'000'000'000, last, 240, 79, QTimeZone::utc()))
            QVERIFY(tick.timeNs > last - 4'000'000'000);
        QVERIFY(timeTicks(0, 5, 0, 50, QTimeZone::utc()).empty());
    }

    /// A plot may be too low for any label.
    void anyPanel_hasAScaleWithoutRoom()
    {
        for (const int intervals : {-3, 0, 1})
            for (const PanelSnapshot &panel : madeup::busy().panels) {
                const auto ticks = plotScale(panel, intervals).main.ticks.size();
                QVERIFY2(ticks < 20, qPrintable(QString::number(static_cast<int>(panel.id))));
            }
    }

    void theLostShareHasAScaleOfItsOwnUnlessNothingIsLost()
    {
        const PlotScale lossy = plotScale(madeup::busy().panels[static_cast<std::size_t>(PanelId::FilterEfficiency)], 2);
        QVERIFY(lossy.lane);
        QVERIFY(lossy.main.low >= 90);
        QVERIFY(!plotScale(madeup::healthy().panels[static_cast<std::size_t>(PanelId::FilterEfficiency)], 2).lane);
    }

    void aShareIsMeasuredInPercentOfWhatThereIs()
    {
        const PanelSnapshot memory = madeup::busy().panels[static_cast<std::size_t>(PanelId::MemoryUsage)];
        const PlotScale scale = plotScale(memory, 2);
        QCOMPARE(labels(scale.main), QStringList({"0", "50", "100 %"}));
        QCOMPARE(scale.main.high, 100.);
        QCOMPARE(*thresholdPosition(memory, memory.thresholds.front()), 90.);
        const PanelSnapshot cpu = madeup::busy().panels[static_cast<std::size_t>(PanelId::CpuUsage)];
        QCOMPARE(labels(plotScale(cpu, 2).main), QStringList({"0", "50", "100 %"}));
        QCOMPARE(plotScale(cpu, 2).main.high, 100.);
        QCOMPARE(*thresholdPosition(cpu, cpu.thresholds.front()), 80.);
        QCOMPARE(mainThreshold(cpu)->kind, ThresholdKind::AlertAbove);
    }

    void withoutDataAndBoundTheAxisHasNoNumbers()
    {
        const PanelSnapshot none = madeup::noData().panels[static_cast<std::size_t>(PanelId::EventsProcessed)];
        QCOMPARE(labels(plotScale(none, 2).main).join(QString()), QString());
        const PanelSnapshot bound = madeup::noData().panels[static_cast<std::size_t>(PanelId::ProcessingLatency)];
        QVERIFY(labels(plotScale(bound, 2).main).last().endsWith(" s"));
    }
};

QTEST_APPLESS_MAIN(TestTicks)
#include "tst_ticks.moc"
