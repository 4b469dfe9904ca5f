// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "console/ui/widgets/format.h"
#include "console/ui/window/timerange.h"

using namespace tapio;
using namespace tapio::console;

namespace {
constexpr std::int64_t minute = 60 * nsPerSecond, hour = 60 * minute;
constexpr std::int64_t now = 1'772'375'702 * nsPerSecond; // 2026-03-01 14:35:02 UTC
using Kind = TimeRange::Kind;
TimeRange custom(std::int64_t from, std::int64_t to) { return {Kind::Custom, from, to}; }
} // namespace

class TestTimeRange : public QObject {
    Q_OBJECT
private slots:
    void shift_data()
    {
        QTest::addColumn<TimeRange>("range");
        QTest::addColumn<int>("steps");
        QTest::addColumn<TimeRange>("expected");
        QTest::newRow("back from live is the quarter hour before") << TimeRange{} << -1 << custom(now - 30 * minute, now - 15 * minute);
        QTest::newRow("forward again is live") << custom(now - 30 * minute, now - 15 * minute) << 1 << TimeRange{};
        QTest::newRow("forward onto now with the length of a preset is that preset")
            << custom(now - 2 * hour, now - hour) << 1 << TimeRange{Kind::Last1Hour, 0, 0};
        QTest::newRow("forward past now with another length ends now")
            << custom(now - 50 * minute, now - 20 * minute) << 1 << custom(now - 30 * minute, now);
        QTest::newRow("forward within the past") << custom(now - 5 * hour, now - 4 * hour) << 1 << custom(now - 4 * hour, now - 3 * hour);
        QTest::newRow("back from a day") << TimeRange{Kind::Last24Hours, 0, 0} << -1 << custom(now - 48 * hour, now - 24 * hour);
    }
    void shift()
    {
        QFETCH(TimeRange, range);
        QFETCH(int, steps);
        QFETCH(TimeRange, expected);
        QVERIFY(shifted(range, steps, now) == expected);
    }

    /// Live begins with the first sample: a step is as long as what is seen.
    void liveIsAsWideAsItIs()
    {
        const TimeRange before = shifted({}, -1, now, 3 * minute);
        QVERIFY(before == custom(now - 6 * minute, now - 3 * minute));
        QVERIFY(shifted(before, 1, now, 3 * minute) == TimeRange{});
        QVERIFY(zoomed({}, 2, now, 4 * minute) == custom(now - 8 * minute, now));
        QVERIFY(zoomed({}, 0.5, now, 4 * minute) == custom(now - 3 * minute, now - minute));
        QVERIFY((resolve({}, now, 3 * minute) == TimeWindow{now - 3 * minute, now}));
    }

    void zoom_data()
    {
        QTest::addColumn<TimeRange>("range");
        QTest::addColumn<double>("factor");
        QTest::addColumn<qint64>("length");
        QTest::newRow("in") << custom(now - 2 * hour, now - hour) << 0.5 << qint64(30 * minute);
        QTest::newRow("out") << custom(now - 2 * hour, now - hour) << 2.0 << qint64(2 * hour);
        QTest::newRow("not below the shortest") << custom(now - 20 * nsPerSecond, now - 8 * nsPerSecond) << 0.5 << qint64(shortestRangeNs);
        QTest::newRow("not above the longest") << custom(now - longestRangeNs, now) << 2.0 << qint64(longestRangeNs);
    }
    void zoom()
    {
        QFETCH(TimeRange, range);
        QFETCH(double, factor);
        const TimeRange result = zoomed(range, factor, now);
        QTEST(static_cast<qint64>(result.toNs - result.fromNs), "length");
        QVERIFY(result.toNs <= now);
        QCOMPARE(result.kind, Kind::Custom);
    }

    void parseTime_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QByteArray>("zone");
        QTest::addColumn<QString>("iso");
        QTest::newRow("now") << " NOW " << QByteArray("UTC") << "2026-03-01T14:35:02Z";
        QTest::newRow("two hours ago") << "-2h" << QByteArray("UTC") << "2026-03-01T12:35:02Z";
        QTest::newRow("minutes with a space") << "- 30 min" << QByteArray("UTC") << "2026-03-01T14:05:02Z";
        QTest::newRow("a time of day is today's") << "9:05" << QByteArray("UTC") << "2026-03-01T09:05:00Z";
        QTest::newRow("with seconds") << "09:05:30" << QByteArray("UTC") << "2026-03-01T09:05:30Z";
        QTest::newRow("in the chosen zone") << "09:05" << QByteArray("Europe/Helsinki") << "2026-03-01T07:05:00Z";
        QTest::newRow("date and time") << "2026-02-28 23:10" << QByteArray("UTC") << "2026-02-28T23:10:00Z";
        QTest::newRow("a date is its beginning") << "2026-02-28" << QByteArray("UTC") << "2026-02-28T00:00:00Z";
        QTest::newRow("ISO with Z wins over the zone") << "2026-02-28T23:10:00Z" << QByteArray("Europe/Helsinki") << "2026-02-28T23:10:00Z";
        QTest::newRow("ISO with an offset") << "2026-02-28T23:10:00+02:00" << QByteArray("UTC") << "2026-02-28T21:10:00Z";
        QTest::newRow("no time at all") << "yesterday" << QByteArray("UTC") << QString();
        QTest::newRow("an hour too many") << "25:00" << QByteArray("UTC") << QString();
        QTest::newRow("a 30th of February") << "2026-02-30 10:00" << QByteArray("UTC") << QString();
        QTest::newRow("an absurd number of hours") << "-99999999h" << QByteArray("UTC") << QString();
        QTest::newRow("empty") << "" << QByteArray("UTC") << QString();
    }
    void parseTime()
    {
        QFETCH(QString, text);
        QFETCH(QByteArray, zone);
        QFETCH(QString, iso);
        const auto parsed = console::parseTime(text, QTimeZone(zone), now);
        QCOMPARE(parsed.has_value(), !iso.isEmpty());
        if (parsed)
            QCOMPARE(QString(isoText(*parsed).left(19) + "Z"), iso);
        else
            QCOMPARE(parsed.error().code(), Errc::InvalidArgument);
    }

    void parseRange_refuses_data()
    {
        QTest::addColumn<QString>("from");
        QTest::addColumn<QString>("to");
        QTest::addColumn<QString>("says");
        QTest::newRow("bad from") << "x"
                                  << "now"
                                  << "From";
        QTest::newRow("bad to") << "-1h"
                                << "x"
                                << "To";
        QTest::newRow("ends before it begins") << "-1h"
                                               << "-2h"
                                               << "ends before";
        QTest::newRow("begins in the future") << "2026-03-02"
                                              << "2026-03-03"
                                              << "future";
        QTest::newRow("too short") << "-5s"
                                   << "now"
                                   << "shorter";
        QTest::newRow("too long") << "2020-01-01"
                                  << "now"
                                  << "longer";
    }
    void parseRange_refuses()
    {
        QFETCH(QString, from);
        QFETCH(QString, to);
        QFETCH(QString, says);
        const auto range = parseRange(from, to, QTimeZone::utc(), now);
        QVERIFY(!range);
        QVERIFY2(QString::fromStdString(range.error().context()).contains(says), range.error().context().c_str());
    }
    void parseRange_endsAtNowAtTheLatest()
    {
        const auto range = parseRange(QStringLiteral("-1h"), QStringLiteral("23:00"), QTimeZone::utc(), now);
        QVERIFY(range);
        QVERIFY(*range == custom(now - hour, now));
    }

    void key_survivesARoundTrip_data()
    {
        QTest::addColumn<TimeRange>("range");
        for (const Kind kind : presetRanges)
            QTest::addRow("preset %d", static_cast<int>(kind)) << TimeRange{kind, 0, 0};
        QTest::newRow("custom") << custom(now - hour, now);
    }
    void key_survivesARoundTrip()
    {
        QFETCH(TimeRange, range);
        QVERIFY(rangeFromKey(rangeKey(range)) == range);
    }
    void key_ofNonsenseIsLive_data()
    {
        QTest::addColumn<QString>("key");
        for (const char *key : {"", "soon", "custom", "custom 5", "custom 9 5", "custom 0 99999999999", "custom x y"})
            QTest::addRow("'%s'", key) << key;
    }
    void key_ofNonsenseIsLive()
    {
        QFETCH(QString, key);
        QVERIFY(rangeFromKey(key) == TimeRange{});
    }

    void text_ofOneDayNamesItOnce()
    {
        QCOMPARE(rangeText(custom(now - hour - 2 * nsPerSecond, now - 2 * nsPerSecond), QTimeZone::utc()), "03-01, 13:35 to 14:35");
        QCOMPARE(rangeText(custom(now - 24 * hour - 2 * nsPerSecond, now - 2 * nsPerSecond), QTimeZone::utc()),
                 "02-28 14:35 to 03-01 14:35");
    }
};

QTEST_APPLESS_MAIN(TestTimeRange)
#include "tst_timerange.moc"
