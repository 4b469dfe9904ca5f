// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <algorithm>
#include <random>
#include <set>

#include "console/core/store/textindex.h"
#include "console/core/store/zone.h"
#include "tests/store/storefixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

class TestZone : public QObject {
    Q_OBJECT
private slots:
    void idSet_isExact_data()
    {
        QTest::addColumn<quint64>("count");
        QTest::addColumn<quint64>("range");
        QTest::newRow("one of few") << quint64(1) << quint64(5);
        QTest::newRow("dense") << quint64(900) << quint64(1000);
        QTest::newRow("sparse") << quint64(50) << quint64(1'000'000);
        QTest::newRow("a chunk's worth, half dense") << quint64(8192) << quint64(60'000);
        QTest::newRow("very far apart") << quint64(20) << (quint64(1) << 40);
    }
    void idSet_isExact()
    {
        QFETCH(quint64, count);
        QFETCH(quint64, range);
        std::mt19937_64 random(count);
        std::vector<std::int64_t> values;
        for (quint64 i = 0; i < count; ++i)
            values.push_back(static_cast<std::int64_t>(random() % range));
        const std::set<std::int64_t> reference(values.begin(), values.end());
        const IdSet set = IdSet::of(values);
        QVERIFY(set.encoded().size() <= reference.size() * 6 + 10);
        for (int i = 0; i < 2000; ++i) {
            std::vector<std::int64_t> wanted;
            for (quint64 n = random() % 4; n > 0; --n)
                wanted.push_back(random() % 3 == 0 ? values[random() % values.size()] : static_cast<std::int64_t>(random() % (range * 2)));
            std::sort(wanted.begin(), wanted.end());
            const bool any = std::any_of(wanted.begin(), wanted.end(), [&](std::int64_t id) { return reference.contains(id); });
            QCOMPARE(IdSet(set.encoded()).mayContainAny(wanted), any);
        }
    }

    void idSet_damagedBytesExcludeNothingOrAreSafe()
    {
        const std::vector<std::int64_t> wanted{1, 5, 1000, INT64_MAX};
        QVERIFY(!IdSet().mayContainAny(wanted));
        QVERIFY(IdSet(Blob{9, 1, 2}).mayContainAny(wanted));
        QVERIFY(IdSet(Blob{0, 0xff}).mayContainAny(wanted));
        std::mt19937 random(3);
        for (int i = 0; i < 10'000; ++i) {
            Blob bytes(1 + random() % 30);
            std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<std::uint8_t>(random()); });
            bytes[0] = static_cast<std::uint8_t>(random() % 3);
            (void)IdSet(bytes).mayContainAny(wanted);
        }
    }

    void bloom_neverDeniesWhatWasAdded()
    {
        for (const std::size_t items : {0u, 1u, 100u, 5000u, 100'000u}) {
            Bloom bloom(items, 4096);
            for (std::size_t i = 0; i < items; ++i)
                bloom.add(i * 7919);
            const Bloom read{Blob(bloom.bits())};
            std::size_t wrong = 0;
            for (std::size_t i = 0; i < items; ++i)
                QVERIFY(read.mayContain(i * 7919));
            for (std::size_t i = 0; i < 1000; ++i)
                wrong += read.mayContain(1'000'000'007 + i * 31) ? 1 : 0;
            QVERIFY2(items > 5000 || wrong < 100, QByteArray::number(qulonglong(wrong)));
        }
        QVERIFY(Bloom().mayContain(5));
    }

    void zone_saysWhatIsInTheChunk()
    {
        EventRows rows;
        std::int64_t stream = 3;
        for (const wire::Event &event : oddEvents(t0))
            rows.push({stream++, 1, 17}, event);
        const Zone zone = Zone::of(rows, 101, 0);
        QCOMPARE(zone.id, 101);
        QCOMPARE(zone.n, 9u);
        QCOMPARE(zone.t0, t0);
        QCOMPARE(zone.t1, t0 + 8);
        QCOMPARE(zone.types, typeBit(1) | typeBit(2) | typeBit(3) | typeBit(4) | typeBit(5) | typeBit(4711));
        QCOMPARE(zone.severities, severityBit(2) | severityBit(5) | severityBit(200));
        QVERIFY(zone.streams.mayContainAny({11}) && !zone.streams.mayContainAny({2, 12}));
        QVERIFY(zone.origins.mayContainAny({17}) && !zone.origins.mayContainAny({16}));
        std::uint64_t counted = 0;
        for (const auto &[type, count] : zone.typeCounts)
            counted += count;
        QCOMPARE(counted, 9u);
    }

    void grams_areFoundInWhatWasAdded()
    {
        GramIndex collected(20);
        for (const wire::Event &event : oddEvents(t0))
            collected.add(event);
        collected.add(execEvent(t0, 77, "/opt/Tool/BIN"));
        const GramIndex index(Blob(collected.bits()));
        QVERIFY(index.mayContain(gramsOf("/opt/tool/bin")));
        QVERIFY(index.mayContain(gramsOf("killer")) && index.mayContain(gramsOf("worker")) && index.mayContain(gramsOf("too")));
        QVERIFY(!index.mayContain(gramsOf("a text that nothing here has, and long enough for luck to play no part")));
        QVERIFY(gramsOf("abc").empty());
        QCOMPARE(gramsOf("aaaaaa").size(), 1u);
        QVERIFY(GramIndex().mayContain(gramsOf("anything")));
    }
};

QTEST_APPLESS_MAIN(TestZone)
#include "tst_zone.moc"
