// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "console/cli/timespec.h"
#include "protocol/base/clock.h"

using namespace tapio;
using namespace tapio::console;

class TestTimespec : public QObject {
    Q_OBJECT
private slots:
    void moment_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<qint64>("seconds"); // since 1970; -1 = refused
        QTest::newRow("now") << "now" << qint64(1'772'366'405);
        QTest::newRow("minutes ago") << "10m" << qint64(1'772'366'405 - 600);
        QTest::newRow("days ago") << "2d" << qint64(1'772'366'405 - 172'800);
        QTest::newRow("a moment in UTC") << "2026-03-01T12:00:05Z" << qint64(1'772'366'405);
        QTest::newRow("without seconds") << "2026-03-01T12:00Z" << qint64(1'772'366'400);
        QTest::newRow("with a blank") << "2026-03-01 12:00:05Z" << qint64(1'772'366'405);
        QTest::newRow("of a zone in the east") << "2026-03-01T14:00:05+02:00" << qint64(1'772'366'405);
        QTest::newRow("of a zone in the west") << "2026-03-01 08:30-03:30" << qint64(1'772'366'400);
        QTest::newRow("a zone that is none") << "2026-03-01T12:00:05+2" << qint64(-1);
        QTest::newRow("a zone of letters") << "2026-03-01T12:00:05CEST" << qint64(-1);
        QTest::newRow("a zone too far") << "2026-03-01T12:00:05+15:00" << qint64(-1);
        QTest::newRow("rubbish after a zone") << "2026-03-01T12:00:05Zz" << qint64(-1);
        QTest::newRow("a year beyond what can be counted") << "2999-01-01" << qint64(-1);
        QTest::newRow("a year before that") << "0001-01-01" << qint64(-1);
        QTest::newRow("an hour alone") << "2026-03-01T12Z" << qint64(-1);
        QTest::newRow("a day begins at midnight UTC") << "2026-03-01" << qint64(1'772'323'200);
        QTest::newRow("no zone is ambiguous") << "2026-03-01T12:00:05" << qint64(-1);
        QTest::newRow("no unit") << "10" << qint64(-1);
        QTest::newRow("unknown unit") << "10y" << qint64(-1);
        QTest::newRow("negative") << "-5m" << qint64(-1);
        QTest::newRow("overflow") << "9999999999999d" << qint64(-1);
        QTest::newRow("nothing") << "" << qint64(-1);
        QTest::newRow("rubbish after a date") << "2026-03-01x" << qint64(-1);
    }
    void moment()
    {
        QFETCH(QString, text);
        QFETCH(qint64, seconds);
        const auto parsed = parseMoment(text.toStdString(), 1'772'366'405LL * nsPerSecond);
        QCOMPARE(parsed.has_value(), seconds >= 0);
        if (parsed)
            QCOMPARE(*parsed / nsPerSecond, seconds);
        else
            QCOMPARE(parsed.error().code(), Errc::InvalidArgument);
    }

    void momentText_isOfASentence_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("said");
        QTest::newRow("minutes") << "15m"
                                 << "15 minutes ago";
        QTest::newRow("one hour") << "1h"
                                  << "1 hour ago";
        QTest::newRow("days") << "30d"
                              << "30 days ago";
        QTest::newRow("now") << "now"
                             << "now";
        QTest::newRow("a date") << "2026-03-01"
                                << "2026-03-01";
    }
    void momentText_isOfASentence()
    {
        QFETCH(QString, text);
        QTEST(QString::fromStdString(momentText(text.toStdString())), "said");
    }
};

QTEST_APPLESS_MAIN(TestTimespec)
#include "tst_timespec.moc"
