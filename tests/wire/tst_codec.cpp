// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "protocol/wire/codec.h"
#include "tests/wire/examples.h"

using namespace tapio;
using namespace tapio::wire;

class TestCodec : public QObject {
    Q_OBJECT
private slots:
    void roundTrip_data()
    {
        QTest::addColumn<int>("index");
        QTest::addColumn<bool>("zstd");
        int index = 0;
        for (const auto &[name, message] : examples::all()) {
            QTest::addRow("%s comes back as it was", name.c_str()) << index << false;
            QTest::addRow("%s comes back as it was through zstd", name.c_str()) << index << true;
            ++index;
        }
    }
    void roundTrip()
    {
        QFETCH(int, index);
        QFETCH(bool, zstd);
        const Message message = examples::all().at(static_cast<std::size_t>(index)).second;
        const auto bytes = encode(message, {zstd});
        QVERIFY2(bytes, bytes ? "" : bytes.error().message().c_str());
        const auto back = decode(*bytes);
        QVERIFY2(back, back ? "" : back.error().message().c_str());
        QVERIFY(*back == message);
    }
};

QTEST_APPLESS_MAIN(TestCodec)
#include "tst_codec.moc"
