// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <sstream>

#include "console/cli/output.h"
#include "protocol/base/clock.h"

using namespace tapio;
using namespace tapio::console;

class TestOutput : public QObject {
    Q_OBJECT
private slots:
    void printable_data()
    {
        QTest::addColumn<QByteArray>("raw");
        QTest::addColumn<QByteArray>("shown");
        QTest::newRow("plain text stays") << QByteArray("sh -c 'x'") << QByteArray("sh -c 'x'");
        QTest::newRow("umlauts and emoji stay") << QByteArray("ä€😀") << QByteArray("ä€😀");
        QTest::newRow("an escape sequence cannot reach the terminal") << QByteArray("\x1b[31m") << QByteArray("\\x1b[31m");
        QTest::newRow("a line break stays in its row") << QByteArray("a\nb") << QByteArray("a\\x0ab");
        QTest::newRow("a C1 control is escaped") << QByteArray("\xC2\x9B") << QByteArray("\\x9b");
        QTest::newRow("a lone continuation byte is replaced") << QByteArray("a\x80") << QByteArray("a\xEF\xBF\xBD");
        QTest::newRow("a cut sequence is replaced") << QByteArray("\xE2\x82") << QByteArray("\xEF\xBF\xBD\xEF\xBF\xBD");
        QTest::newRow("an overlong slash is replaced") << QByteArray("\xC0\xAF") << QByteArray("\xEF\xBF\xBD\xEF\xBF\xBD");
        QTest::newRow("a surrogate is replaced") << QByteArray("\xED\xA0\x80") << QByteArray("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    }
    void printable()
    {
        QFETCH(QByteArray, raw);
        QTEST(QByteArray::fromStdString(console::printable(raw.toStdString())), "shown");
    }

    void bytes_data()
    {
        QTest::addColumn<qint64>("bytes");
        QTest::addColumn<QString>("text");
        QTest::newRow("nothing") << qint64(0) << "0 B";
        QTest::newRow("under a kibibyte") << qint64(1023) << "1023 B";
        QTest::newRow("one decimal") << qint64(1536) << "1.5 KiB";
        QTest::newRow("no decimal from a hundred") << qint64(200) * 1024 * 1024 << "200 MiB";
    }
    void bytes()
    {
        QFETCH(qint64, bytes);
        QTEST(QString::fromStdString(bytesText(bytes)), "text");
    }

    void duration_data()
    {
        QTest::addColumn<qint64>("ns");
        QTest::addColumn<QString>("text");
        QTest::newRow("microseconds") << qint64(12'345) << "12 us";
        QTest::newRow("milliseconds") << qint64(820 * nsPerMs) << "820 ms";
        QTest::newRow("seconds") << qint64(59 * nsPerSecond) << "59 s";
        QTest::newRow("two units at most") << qint64((3 * 86'400 + 4 * 3600 + 5 * 60) * nsPerSecond) << "3 d 4 h";
        QTest::newRow("a unit that is zero is left out") << qint64((3600 + 5) * nsPerSecond) << "1 h";
        QTest::newRow("before") << qint64(-2 * nsPerSecond) << "-2 s";
    }
    void duration()
    {
        QFETCH(qint64, ns);
        QTEST(QString::fromStdString(durationText(ns)), "text");
    }

    void time_carriesItsZone()
    {
        QCOMPARE(utcText(1'772'366'405'123'000'000), std::string("2026-03-01T12:00:05.123Z"));
        QCOMPARE(utcText(0), std::string("-"));
        QCOMPARE(utcText(-1 * nsPerMs), std::string("1969-12-31T23:59:59.999Z"));
    }

    void table_alignsAndEscapes()
    {
        Table table({{"NAME"}, {"N", Table::Align::Right}});
        table.add({"ä", "7"});
        table.add({"longer", "123"});
        std::ostringstream out;
        table.print(out);
        QCOMPARE(out.str(), std::string("NAME      N\nä         7\nlonger  123\n"));
    }

    void lineTable_keepsItsColumns_data()
    {
        QTest::addColumn<QStringList>("cells");
        QTest::addColumn<QString>("line");
        QTest::newRow("all fit") << QStringList{"a", "7", "x", "y"} << "a         7  x      y";
        QTest::newRow("a wide one takes the room of those behind it") << QStringList{"longerone", "7", "x", "y"} << "longerone  7  x     y";
        QTest::newRow("a wide number") << QStringList{"a", "1234567", "x", "y"} << "a       1234567  x  y";
        QTest::newRow("an empty one keeps its place") << QStringList{"a", "7", "", "y"} << "a         7         y";
        QTest::newRow("nothing behind the last") << QStringList{"a", "7", "x", ""} << "a         7  x";
        QTest::newRow("letters of two bytes") << QStringList{"ä", "7", "x", "y"} << "ä         7  x      y";
        QTest::newRow("a line break stays in its cell") << QStringList{"a", "7", "\n", "y"} << "a         7  \\x0a   y";
    }
    void lineTable_keepsItsColumns()
    {
        QFETCH(QStringList, cells);
        QFETCH(QString, line);
        const LineTable table({{"NAME", 6}, {"N", 3, Table::Align::Right}, {"WHERE", 5}, {"WHAT"}});
        std::vector<std::string> texts;
        for (const QString &cell : cells)
            texts.push_back(cell.toStdString());
        std::ostringstream out;
        table.printTitles(out);
        table.print(out, texts);
        QCOMPARE(QString::fromStdString(out.str()), "NAME      N  WHERE  WHAT\n" + line + '\n');
    }

    void report_namesErrorAndHint()
    {
        std::ostringstream err;
        QCOMPARE(report(err, Error(Errc::NoSpace, "write /x"), "free some space"), ExitCannotCreate);
        QCOMPARE(err.str(), std::string("tapio: write /x (no-space)\nhint: free some space\n"));
    }
};

QTEST_APPLESS_MAIN(TestOutput)
#include "tst_output.moc"
