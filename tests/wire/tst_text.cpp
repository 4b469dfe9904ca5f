// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "protocol/wire/text.h"

using namespace tapio::wire;

class TestText : public QObject {
    Q_OBJECT
private slots:
    void toValidUtf8_data()
    {
        QTest::addColumn<QByteArray>("any");
        QTest::addColumn<QByteArray>("valid");
        const QByteArray bad("\xEF\xBF\xBD");
        QTest::newRow("nothing") << QByteArray() << QByteArray();
        QTest::newRow("ASCII longer than a word") << QByteArray("/usr/bin/containerd") << QByteArray("/usr/bin/containerd");
        QTest::newRow("two, three and four bytes")
            << QByteArray("\xC2\xA2\xE2\x82\xAC\xF0\x9F\x98\x80") << QByteArray("\xC2\xA2\xE2\x82\xAC\xF0\x9F\x98\x80");
        QTest::newRow("a lone continuation") << QByteArray("a\x80") << "a" + bad;
        QTest::newRow("an overlong slash") << QByteArray("\xC0\xAF") << bad + bad;
        QTest::newRow("an overlong form of three bytes") << QByteArray("\xE0\x80\xAF") << bad + bad + bad;
        QTest::newRow("a surrogate") << QByteArray("\xED\xA0\x80") << bad + bad + bad;
        QTest::newRow("beyond U+10FFFF") << QByteArray("\xF4\x90\x80\x80") << bad + bad + bad + bad;
        QTest::newRow("cut after seven bytes of ASCII") << QByteArray("abcdefg\xE2\x82") << "abcdefg" + bad + bad;
        QTest::newRow("goes on after a bad byte") << QByteArray("\xFFok") << bad + "ok";
    }
    void toValidUtf8()
    {
        QFETCH(QByteArray, any);
        QFETCH(QByteArray, valid);
        const std::string result = tapio::wire::toValidUtf8(any.toStdString());
        QCOMPARE(QByteArray::fromStdString(result), valid);
        QVERIFY(isValidUtf8(result));
        QCOMPARE(isValidUtf8(any.toStdString()), any == valid);
    }

    void truncateUtf8_cutsNoSequence_data()
    {
        QTest::addColumn<int>("bytes");
        QTest::addColumn<QByteArray>("kept");
        QTest::newRow("all of it") << 7 << QByteArray("a\xE2\x82\xAC\xC3\xA4z");
        QTest::newRow("before the last") << 6 << QByteArray("a\xE2\x82\xAC\xC3\xA4");
        QTest::newRow("inside two bytes") << 5 << QByteArray("a\xE2\x82\xAC");
        QTest::newRow("inside three bytes") << 3 << QByteArray("a");
        QTest::newRow("nothing") << 0 << QByteArray();
    }
    void truncateUtf8_cutsNoSequence()
    {
        QFETCH(int, bytes);
        const std::string text = "a\xE2\x82\xAC\xC3\xA4z";
        QTEST(QByteArray::fromStdString(std::string(truncateUtf8(text, static_cast<std::size_t>(bytes)))), "kept");
    }

    void appendLine_data()
    {
        QTest::addColumn<QByteArray>("any");
        QTest::addColumn<QByteArray>("line");
        QTest::newRow("a line break") << QByteArray("a\nb") << QByteArray("a b");
        QTest::newRow("an escape sequence of a terminal") << QByteArray("\x1b[31m") << QByteArray(" [31m");
        QTest::newRow("NUL and DEL") << QByteArray("a\0b\x7F"
                                                   "c",
                                                   5)
                                     << QByteArray("a b c");
        QTest::newRow("C1 next line") << QByteArray("a\xC2\x85"
                                                    "b")
                                      << QByteArray("a b");
        QTest::newRow("a paragraph separator") << QByteArray("a\xE2\x80\xA9"
                                                             "b")
                                               << QByteArray("a b");
        QTest::newRow("a right-to-left override") << QByteArray("\xE2\x80\xAE"
                                                                "gpj.exe")
                                                  << QByteArray("\xEF\xBF\xBD"
                                                                "gpj.exe");
        QTest::newRow("a bad byte") << QByteArray("a\xFE") << QByteArray("a\xEF\xBF\xBD");
    }
    /// Wherever it stands in what is looked at eight bytes at a time.
    void appendLine_eachByteAtEachPlace()
    {
        for (int byte = 0; byte < 0x80; ++byte) {
            for (std::size_t place = 0; place < 20; ++place) {
                std::string text(20, 'a'), line;
                text[place] = static_cast<char>(byte);
                tapio::wire::appendLine(line, text);
                text[place] = byte < 0x20 || byte == 0x7f ? ' ' : static_cast<char>(byte);
                QCOMPARE(line, text);
            }
        }
    }
    void appendLine()
    {
        QFETCH(QByteArray, any);
        std::string line;
        tapio::wire::appendLine(line, any.toStdString());
        QTEST(QByteArray::fromStdString(line), "line");
    }
};

QTEST_APPLESS_MAIN(TestText)
#include "tst_text.moc"
