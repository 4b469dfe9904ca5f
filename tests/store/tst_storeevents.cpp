// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "console/core/store/chunkcodec.h"
#include "tests/store/storefixture.h"
#include "tests/wire/examples.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

/// One event of a chunk that is encoded and read.
wire::Event readBack(const EventRows &rows, std::uint32_t row = 0)
{
    Compressor compressor;
    Decompressor decompressor;
    Result<EventChunk> chunk = EventChunk::open(encodeChunk(rows, compressor).blob, rows.size(), decompressor);
    if (!chunk || !chunk->loadDetails({row}))
        qFatal("the chunk cannot be read");
    return chunk->event(row);
}

} // namespace

class TestStoreEvents : public QObject {
    Q_OBJECT
private slots:
    void everyField_survives()
    {
        StoreFixture store;
        const std::vector<wire::Event> events = oddEvents(t0);
        store.append("node-a", events, pod("web"));
        QCOMPARE(store.flush().events, events.size());
        EventQuery query;
        query.newestFirst = false;
        const std::vector<StoredEvent> stored = allEvents(*store.reader(), query);
        QCOMPARE(stored.size(), events.size());
        for (std::size_t i = 0; i < events.size(); ++i) {
            QVERIFY2(stored[i].event == events[i], qPrintable(QString("event %1").arg(i)));
            QCOMPARE(stored[i].seq, i + 1);
            QCOMPARE(stored[i].node, std::string("node-a"));
            QVERIFY(stored[i].origin == pod("web"));
        }
    }

    void fileOfVersionOne_isReadAsItIsAndBroughtUpToDate()
    {
        StoreFixture store;
        store.append("node-a", {execEvent(t0, 1, "/bin/a")}, pod("web"));
        store.flush();
        store.close();
        QVERIFY(makeOlder(store.file(), 1));
        EventQuery query;
        query.newestFirst = false;
        const auto before = store.reader();
        QVERIFY(allEvents(*before, query).at(0).origin == pod("web"));
        store.reopen();
        wire::Origin known = pod("web");
        known.workloadKind = "Deployment";
        known.workloadName = "web";
        known.image = "web:1";
        known.imageId = "web@sha256:1";
        store.append("node-a", {execEvent(t0 + 1, 1, "/bin/a")}, known);
        store.flush();
        const auto after = store.reader();
        for (const StoreReader *reader : {before.get(), after.get()}) { // also one that was open meanwhile
            const auto events = allEvents(*reader, query);
            QCOMPARE(events.size(), std::size_t(2));
            QVERIFY(events[0].origin == pod("web"));
            QVERIFY(events[1].origin == known);
        }
    }

    void everyDetail_survives()
    {
        StoreFixture store;
        std::vector<wire::Event> expected;
        for (const wire::Frame &frame : {wire::examples::detailFrame(), wire::examples::resourceFrame(), wire::examples::insightFrame()}) {
            const auto &more = std::get<wire::EventBatch>(frame.body).events;
            expected.insert(expected.end(), more.begin(), more.end());
        }
        for (wire::Event &event : expected)
            event.origin = 0;
        store.append("node-a", expected, pod("web"));
        store.flush();
        EventQuery query;
        query.newestFirst = false;
        const std::vector<StoredEvent> stored = allEvents(*store.reader(), query);
        QCOMPARE(stored.size(), expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i)
            QVERIFY2(stored[i].event == expected[i], qPrintable(QString("event %1").arg(i)));
        query.text = "/cart/8841";
        QCOMPARE(allEvents(*store.reader(), query).size(), std::size_t(1));
        query.text = "ran out of memory";
        QCOMPARE(allEvents(*store.reader(), query).size(), std::size_t(1));
    }

    void chunkBeforeAFieldWasAdded_givesTheDefault()
    {
        EventRows rows;
        wire::Event event = execEvent(t0, 1, "/bin/true");
        rows.push({1, 1, 1}, event);
        rows.m_details[1].resize(6); // up to argumentsTruncated
        QVERIFY(readBack(rows) == event);
    }

    void chunkOfAConsoleThatDidNotKnowTheType_hasNoDetail_data()
    {
        QTest::addColumn<int>("type");
        for (std::size_t type = 6; type <= wire::knownEventTypes().size(); ++type)
            QTest::addRow("type %zu", type) << static_cast<int>(type);
    }
    void chunkOfAConsoleThatDidNotKnowTheType_hasNoDetail()
    {
        QFETCH(int, type);
        wire::Event event = execEvent(t0, 1, "/bin/true");
        event.type = static_cast<wire::EventType>(type);
        event.detail = std::monostate();
        EventRows rows;
        rows.push({1, 1, 1}, event);
        rows.m_kind[0] = 0; // "that of the type", which was none
        QVERIFY(readBack(rows) == event);
        EventRows again; // merged by this version
        again.push({1, 1, 1}, readBack(rows));
        wire::Event known = event;
        known.detail = wire::KernelLog{3, 0, 1, "x"};
        known.type = wire::EventType::KernelLog;
        again.push({1, 2, 1}, known);
        QVERIFY(readBack(again) == event);
        QVERIFY(readBack(again, 1) == known);
    }

    void flush_namesWhatIsSafe()
    {
        StoreFixture store;
        store.append("node-a", {execEvent(t0, 1, "/bin/true")});
        store.append("node-a", {execEvent(t0 + 1, 1, "/bin/true")});
        store.append("node-b", {execEvent(t0, 1, "/bin/true")});
        QVERIFY(store.writer().resumePoints()->empty());
        FlushResult flushed = store.flush();
        std::sort(flushed.safe.begin(), flushed.safe.end(), [](const auto &a, const auto &b) { return a.node < b.node; });
        QVERIFY(flushed.safe == (std::vector<wire::ResumePoint>{{"node-a", 7000, 2}, {"node-b", 7001, 1}}));
        store.reopen();
        QCOMPARE(store.writer().resumePoints()->size(), 2u);
    }
};

QTEST_APPLESS_MAIN(TestStoreEvents)
#include "tst_storeevents.moc"
