// SPDX-License-Identifier: GPL-3.0-or-later
#include <QImage>
#include <QPainter>
#include <QtTest>

#include <limits>

#include "console/ui/widgets/format.h"
#include "console/ui/widgets/tabular.h"

using namespace tapio;
using namespace tapio::console;

namespace {
const QLocale english(QLocale::English, QLocale::UnitedStates);
const QLocale german(QLocale::German, QLocale::Germany);
/// No-break spaces read as spaces in the expectations.
QString plain(QString text) { return text.replace(QChar(0x00A0), QLatin1Char(' ')); }
} // namespace

class TestFormat : public QObject {
    Q_OBJECT
private slots:
    void quantity_data()
    {
        QTest::addColumn<double>("value");
        QTest::addColumn<Unit>("unit");
        QTest::addColumn<QString>("text");
        QTest::newRow("a whole count keeps no decimals") << 312.0 << Unit::Events << "312 events";
        QTest::newRow("zero is 0") << 0.0 << Unit::EventsPerSecond << "0 events/s";
        QTest::newRow("thousands") << 48213.0 << Unit::EventsPerSecond << "48.2 k events/s";
        QTest::newRow("just below a thousand rounds up to it") << 999.96 << Unit::EventsPerSecond << "1.00 k events/s";
        QTest::newRow("a small rate keeps three digits") << 0.4231 << Unit::EventsPerSecond << "0.42 events/s";
        QTest::newRow("rates of bytes are SI") << 312e6 << Unit::BytesPerSecond << "312 MB/s";
        QTest::newRow("bytes are IEC") << 12.4 * 1024 * 1024 * 1024 << Unit::Bytes << "12.4 GiB";
        QTest::newRow("a few bytes") << 12.0 << Unit::Bytes << "12 B";
        QTest::newRow("no time at all") << 0.0 << Unit::Nanoseconds << "0 s";
        QTest::newRow("milliseconds") << 41e6 << Unit::Nanoseconds << "41 ms";
        QTest::newRow("fraction of a millisecond") << 41.04e6 << Unit::Nanoseconds << "41.0 ms";
        QTest::newRow("microseconds") << 850.0 * 1e3 << Unit::Nanoseconds << "850 \u00b5s";
        QTest::newRow("minutes") << 130e9 << Unit::Nanoseconds << "2 min 10 s";
        QTest::newRow("hours") << 3900e9 << Unit::Nanoseconds << "1 h 5 min";
        QTest::newRow("days") << 3.2 * 86400e9 << Unit::Nanoseconds << "3 d 4 h";
        QTest::newRow("a negative duration") << -41e6 << Unit::Nanoseconds << "\u221241 ms";
        QTest::newRow("percent") << 97.42 << Unit::Percent << "97.4 %";
        QTest::newRow("a small percentage") << 0.414 << Unit::Percent << "0.41 %";
        QTest::newRow("a tiny percentage is not 0") << 0.0004 << Unit::Percent << "< 0.01 %";
        QTest::newRow("nearly all is not 100") << 99.9999 << Unit::Percent << "99.99 %";
        QTest::newRow("exactly all is 100") << 100.0 << Unit::Percent << "100 %";
        QTest::newRow("no sample is a dash, never 0") << std::numeric_limits<double>::quiet_NaN() << Unit::Events << "\u2013";
        QTest::newRow("infinity is a dash") << std::numeric_limits<double>::infinity() << Unit::Events << "\u2013";
    }
    void quantity()
    {
        QFETCH(double, value);
        QFETCH(Unit, unit);
        const Quantity result = console::quantity(value, unit, english);
        QTEST(plain(result.text()), "text");
    }

    void quantity_usesTheLocalesDecimalSign()
    {
        QCOMPARE(plain(console::quantity(48213.0, Unit::EventsPerSecond, german).text()), "48,2 k events/s");
    }
    void exact_keepsAllDigits()
    {
        QCOMPARE(plain(exactQuantity(48213, Unit::Events, english).text()), "48,213 events");
        QCOMPARE(exactCount(5210, german), "5.210");
    }

    void exact_data()
    {
        QTest::addColumn<double>("value");
        QTest::addColumn<Unit>("unit");
        QTest::addColumn<QString>("text");
        QTest::newRow("a share of all digits that tell") << 97.3842105 << Unit::Percent << "97.384211 %";
        QTest::newRow("a round share") << 97.4 << Unit::Percent << "97.4 %";
        QTest::newRow("a tiny share is not 0") << 0.00000012 << Unit::Percent << "0.00000012 %";
        QTest::newRow("nearly all is not 100") << 99.99999999 << Unit::Percent << "99.99999999 %";
        QTest::newRow("all") << 100. << Unit::Percent << "100 %";
        QTest::newRow("nothing") << 0. << Unit::Percent << "0 %";
        QTest::newRow("nanoseconds to the last") << 12'345'678. << Unit::Nanoseconds << "12.345678 ms";
        QTest::newRow("below a microsecond") << 850. << Unit::Nanoseconds << "850 ns";
        QTest::newRow("seconds") << 5'000'000'001. << Unit::Nanoseconds << "5.000000001 s";
        QTest::newRow("more than a minute") << 7'265'123'000'000. << Unit::Nanoseconds << "7,265.123 s";
        QTest::newRow("negative") << -1'500. << Unit::Nanoseconds << "\u22121.5 \u00b5s";
        QTest::newRow("no sample") << std::numeric_limits<double>::quiet_NaN() << Unit::Percent << "\u2013";
    }
    void exact()
    {
        QFETCH(double, value);
        QFETCH(Unit, unit);
        QTEST(plain(exactQuantity(value, unit, english).text()), "text");
    }

    void age_data()
    {
        QTest::addColumn<qint64>("ns");
        QTest::addColumn<QString>("text");
        QTest::newRow("below a second") << qint64(400'000'000) << "0.4 s";
        QTest::newRow("seconds") << qint64(51'900'000'000) << "51 s";
        QTest::newRow("minutes are cut, not rounded up") << qint64(119) * nsPerSecond << "1 min";
        QTest::newRow("a day and a half is in hours") << qint64(36) * 3600 * nsPerSecond << "36 h";
        QTest::newRow("days") << qint64(50) * 3600 * nsPerSecond << "2 d";
        QTest::newRow("in the past") << qint64(-9) * 60 * nsPerSecond << "\u22129 min";
    }
    void age()
    {
        QFETCH(qint64, ns);
        QTEST(plain(ageText(ns, english)), "text");
    }

    void uncertainty_notMeasuredIsADash()
    {
        QCOMPARE(uncertaintyText(-1, english), "\u2013");
        QCOMPARE(plain(uncertaintyText(800'000, english)), "\u00b1 800 \u00b5s");
    }

    void time_data()
    {
        QTest::addColumn<qint64>("ns");
        QTest::addColumn<QByteArray>("zone");
        QTest::addColumn<QString>("full");
        const qint64 summer = 1'781'000'000'123'456'789;
        QTest::newRow("UTC") << summer << QByteArray("UTC") << "2026-06-09 10:13:20.123456 UTC";
        QTest::newRow("Helsinki in summer") << summer << QByteArray("Europe/Helsinki") << "2026-06-09 13:13:20.123456 EEST";
        QTest::newRow("a zone without a name shows its offset")
            << summer << QByteArray("Asia/Kathmandu") << "2026-06-09 15:58:20.123456 UTC+05:45";
        QTest::newRow("before 1970") << qint64(-1) << QByteArray("UTC") << "1969-12-31 23:59:59.999999 UTC";
    }
    void time()
    {
        QFETCH(qint64, ns);
        QFETCH(QByteArray, zone);
        QTEST(timeText(ns, TimeStyle::Full, QTimeZone(zone)), "full");
    }

    void spansDays_data()
    {
        QTest::addColumn<qint64>("fromSecond");
        QTest::addColumn<qint64>("toSecond");
        QTest::addColumn<QByteArray>("zone");
        QTest::addColumn<bool>("spans");
        const qint64 midnight = 1'780'963'200; // 2026-06-09 00:00 UTC
        QTest::newRow("within a day") << midnight << midnight + 3600 << QByteArray("UTC") << false;
        QTest::newRow("over midnight") << midnight - 60 << midnight + 60 << QByteArray("UTC") << true;
        QTest::newRow("a whole day, its end is not of the next") << midnight << midnight + 86'400 << QByteArray("UTC") << false;
        QTest::newRow("over UTC's midnight, not over the zone's")
            << midnight - 60 << midnight + 60 << QByteArray("Europe/Helsinki") << false;
        QTest::newRow("over the zone's midnight") << midnight - 10'860 << midnight - 10'740 << QByteArray("Europe/Helsinki") << true;
        QTest::newRow("nothing") << midnight << midnight << QByteArray("UTC") << false;
    }
    void spansDays()
    {
        QFETCH(qint64, fromSecond);
        QFETCH(qint64, toSecond);
        QFETCH(QByteArray, zone);
        QTEST(tapio::console::spansDays(fromSecond * nsPerSecond, toSecond * nsPerSecond, QTimeZone(zone)), "spans");
    }

    void iso_isUtcWithNanoseconds() { QCOMPARE(isoText(1'781'000'000'123'456'789), "2026-06-09T10:13:20.123456789Z"); }

    void tabular_widthDoesNotDependOnTheDigits()
    {
        QFont font(QStringLiteral("Inter"));
        font.setPixelSize(20);
        const QFontMetricsF metrics(font);
        QCOMPARE(tabularWidth(metrics, "11.1 ms"), tabularWidth(metrics, "88.8 ms"));
        QCOMPARE(tabularWidth(metrics, QString()), 0.0);
    }
};

QTEST_MAIN(TestFormat)
#include "tst_format.moc"
