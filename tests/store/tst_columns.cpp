// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <random>

#include "console/core/store/columns.h"

using namespace tapio;
using namespace tapio::console;

using Ints = std::vector<std::int64_t>;
Q_DECLARE_METATYPE(Ints)

namespace {

Ints made(std::size_t n, auto &&value)
{
    Ints out;
    for (std::size_t i = 0; i < n; ++i)
        out.push_back(static_cast<std::int64_t>(value(i)));
    return out;
}

} // namespace

class TestColumns : public QObject {
    Q_OBJECT
private slots:
    void ints_comeBack_data()
    {
        std::mt19937_64 random(7);
        QTest::addColumn<Ints>("values");
        QTest::newRow("none") << Ints{};
        QTest::newRow("one") << Ints{-5};
        QTest::newRow("the extremes") << Ints{INT64_MIN, INT64_MAX, 0, -1, 1, INT64_MAX, INT64_MIN};
        QTest::newRow("all equal") << Ints(8192, 1'750'000'000'000'000'000);
        QTest::newRow("rising") << made(8192,
                                        [](std::size_t i) { return 1'750'000'000'000'000'000 + static_cast<std::int64_t>(i) * 1000; });
        QTest::newRow("falling below zero") << made(1000, [](std::size_t i) { return 500 - static_cast<std::int64_t>(i); });
        QTest::newRow("random bytes") << made(1000, [&](std::size_t) { return random() & 0xff; });
        QTest::newRow("random words") << made(1000, [&](std::size_t) { return random(); });
        QTest::newRow("a step at the end") << made(300, [](std::size_t i) { return i == 299 ? INT64_MAX : 3; });
    }
    void ints_comeBack()
    {
        QFETCH(Ints, values);
        Compressor compressor;
        Decompressor decompressor;
        ColumnWriter writer(compressor);
        writer.ints(3, values);
        Result<ColumnReader> reader = ColumnReader::open(writer.finish(), decompressor);
        QVERIFY(reader);
        QVERIFY(reader->has(3) && !reader->has(4));
        QVERIFY(*reader->ints(3, values.size()) == values);
        QCOMPARE(reader->ints(3, values.size() + 1).error().code(), Errc::Corrupt);
        QCOMPARE(reader->ints(4, values.size()).error().code(), Errc::Corrupt);
    }

    void texts_comeBack_data()
    {
        QTest::addColumn<QStringList>("values");
        QTest::newRow("none") << QStringList{};
        QTest::newRow("empty ones") << QStringList{"", "", ""};
        QTest::newRow("all different") << QStringList{"a", "b", "", "longer text", "ü"};
        QTest::newRow("few that repeat") << QStringList{"nginx", "sh", "nginx", "nginx", "", "sh", "nginx", "", "nginx"};
        QTest::newRow("a long one") << QStringList{QString(100'000, 'x'), "y"};
        QStringList many;
        for (int i = 0; i < 8192; ++i)
            many << QString("value %1").arg(i % 3000);
        QTest::newRow("as many as a chunk has") << many;
    }
    void texts_comeBack()
    {
        QFETCH(QStringList, values);
        TextColumn column;
        for (const QString &value : values)
            column.push(value.toStdString());
        Compressor compressor;
        Decompressor decompressor;
        ColumnWriter writer(compressor);
        writer.texts(9, column);
        Result<ColumnReader> reader = ColumnReader::open(writer.finish(), decompressor);
        QVERIFY(reader);
        const Result<Texts> texts = reader->texts(9, column.size());
        QVERIFY(texts);
        QCOMPARE(texts->size(), column.size());
        QVERIFY(texts->distinctCount() <= column.size());
        for (std::size_t i = 0; i < column.size(); ++i) {
            QCOMPARE(QString::fromUtf8((*texts)[i].data(), qsizetype((*texts)[i].size())), values[qsizetype(i)]);
            QVERIFY(texts->value(texts->distinct(i)) == (*texts)[i]);
        }
    }

    void theFront_canBeReadAlone()
    {
        Compressor compressor;
        Decompressor decompressor;
        ColumnWriter writer(compressor);
        const Ints first = made(500, [](std::size_t i) { return i * i; });
        writer.ints(1, first);
        writer.markFront();
        writer.ints(2, made(500, [](std::size_t i) { return i * 31; }));
        Blob blob = writer.finish();
        QVERIFY(writer.frontBytes() < blob.size());
        blob.resize(writer.frontBytes());
        Result<ColumnReader> reader = ColumnReader::open(blob, decompressor);
        QVERIFY(reader);
        QVERIFY(*reader->ints(1, 500) == first);
        QCOMPARE(reader->ints(2, 500).error().code(), Errc::Corrupt);
    }

    void hostileBytes_areRefused_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        const QByteArray mark("TpC1", 4);
        QTest::newRow("nothing") << QByteArray();
        QTest::newRow("another mark") << QByteArray("TpC2\0\0\0\0", 8);
        QTest::newRow("a directory beyond the end") << mark + QByteArray("\xff\xff\xff\x7f", 4);
        QTest::newRow("more columns than it has") << mark + QByteArray("\x02\0\0\0\x7f\x01", 6);
        QTest::newRow("a huge number of rows") << mark + QByteArray("\x0b\0\0\0\x01\x01\xff\xff\xff\xff\xff\xff\xff\x7f\x01\x00\x00", 15);
        QTest::newRow("a huge raw size") << mark + QByteArray("\x0b\0\0\0\x01\x01\x01\xff\xff\xff\xff\xff\xff\x7f\x01\x00", 14);
        QTest::newRow("a number that does not end") << mark + QByteArray("\x0c\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16);
    }
    void hostileBytes_areRefused()
    {
        QFETCH(QByteArray, bytes);
        Decompressor decompressor;
        const Result<ColumnReader> reader = ColumnReader::open(Blob(bytes.begin(), bytes.end()), decompressor);
        QVERIFY(!reader);
        QCOMPARE(reader.error().code(), Errc::Corrupt);
    }

    void anyFlippedBit_isRefusedOrGivesTheSameNumberOfRows()
    {
        Compressor compressor;
        Decompressor decompressor;
        ColumnWriter writer(compressor);
        TextColumn texts;
        for (int i = 0; i < 64; ++i)
            texts.push("text " + std::to_string(i % 9));
        writer.ints(1, made(64, [](std::size_t i) { return i * i * 1'000'003; }));
        writer.texts(2, texts);
        const Blob good = writer.finish();
        for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
            Blob bad = good;
            bad[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
            Result<ColumnReader> reader = ColumnReader::open(bad, decompressor);
            if (!reader)
                continue;
            if (const auto ints = reader->ints(1, 64))
                QCOMPARE(ints->size(), 64u);
            if (const auto read = reader->texts(2, 64)) {
                QCOMPARE(read->size(), 64u);
                for (std::size_t i = 0; i < 64; ++i)
                    QVERIFY((*read)[i].size() < 10'000);
            }
        }
    }
};

QTEST_APPLESS_MAIN(TestColumns)
#include "tst_columns.moc"
