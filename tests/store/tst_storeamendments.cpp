// SPDX-License-Identifier: GPL-3.0-or-later
// Events whose origin became known after they were stored.
#include <QtTest>

#include "console/core/store/sqlite.h"
#include "tests/store/storefixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

wire::Origin unknown(std::uint64_t cgroupId)
{
    wire::Origin origin;
    origin.cgroupId = cgroupId;
    return origin;
}

/// A store in which node-a's events 1 to 4 are of an unknown cgroup, and the same of node-b.
struct Bench {
    StoreFixture store;

    Bench()
    {
        for (const char *node : {"node-a", "node-b"}) {
            for (int i = 0; i < 4; ++i) {
                wire::Event event = execEvent(t0 + i, 10, "/bin/short");
                event.severity = i == 3 ? wire::Severity::Error : wire::Severity::Info;
                store.append(node, {event}, unknown(77));
            }
        }
        store.flush();
    }
    void amend(const wire::Origin &was, const wire::Origin &now, std::uint64_t first, std::uint64_t last, const std::string &node = "node-a")
    {
        wire::EventBatch batch;
        batch.origins = {was, now};
        batch.amendments = {{0, 1, first, last, 1}};
        QVERIFY(store.writer().append(store.frame(node, std::move(batch))));
        store.flush();
    }
    std::vector<StoredEvent> events(EventQuery query = {}) const
    {
        query.newestFirst = false;
        return allEvents(*store.reader(), query);
    }
    /// Sequence numbers of node-a's events that are of this pod.
    QList<quint64> of(const std::string &pod) const
    {
        QList<quint64> all;
        for (const StoredEvent &event : events()) {
            if (event.node == "node-a" && event.origin.podName == pod)
                all << event.seq;
        }
        return all;
    }
    std::size_t found(const EventQuery &query) const { return events(query).size(); }
};

} // namespace

class TestStoreAmendments : public QObject {
    Q_OBJECT
private slots:
    void events_areOfWhatIsKnownSince()
    {
        Bench bench;
        bench.amend(unknown(77), pod("web"), 2, 3);
        QCOMPARE(bench.of("web"), (QList<quint64>{2, 3}));
        for (const StoredEvent &event : bench.events())
            QCOMPARE(event.origin == pod("web"), event.node == "node-a" && (event.seq == 2 || event.seq == 3));
        bench.store.reopen();
        QCOMPARE(bench.of("web"), (QList<quint64>{2, 3}));
        bench.store.maintainAll();       // merged, sealed and indexed
        QCOMPARE(bench.of("web"), (QList<quint64>{2, 3}));
        const auto reader = bench.store.reader();
        QVERIFY(reader->event(bench.events()[2].id)->origin == bench.events()[2].origin);
    }

    void amendmentInTheSameBatch_isTakenToo()
    {
        StoreFixture store;
        wire::EventBatch batch;
        batch.origins = {unknown(5), pod("web")};
        batch.events = {execEvent(t0, 1, "/bin/a")};
        batch.amendments = {{0, 1, 1, 1, 1}};
        QVERIFY(store.writer().append(store.frame("node-a", std::move(batch))));
        store.flush();
        QVERIFY(allEvents(*store.reader(), {}).at(0).origin == pod("web"));
    }

    void amendments_followEachOther()
    {
        Bench bench;
        wire::Origin half = pod("web");
        half.containerName.clear();
        bench.amend(unknown(77), half, 1, 4);
        bench.amend(half, pod("web"), 1, 4);
        QCOMPARE(bench.of("web").size(), 4);
        QVERIFY(bench.events()[0].origin == pod("web"));
        // A file that leads round in circles.
        bench.amend(pod("web"), unknown(77), 1, 4);
        QCOMPARE(bench.events().size(), std::size_t(8));
    }

    void queries_findWhatIsKnownSince_data()
    {
        QTest::addColumn<int>("what");
        QTest::newRow("by namespace") << 0;
        QTest::newRow("by pod") << 1;
        QTest::newRow("by a text in the pod's name") << 2;
        QTest::newRow("by namespace, from warning up") << 3;
    }
    void queries_findWhatIsKnownSince()
    {
        QFETCH(int, what);
        EventQuery query;
        if (what == 0 || what == 3)
            query.filter.namespaces = {"shop"};
        if (what == 1)
            query.filter.pods = {"web"};
        if (what == 2)
            query.text = "MAIN-WEB";
        if (what == 3)
            query.filter.minSeverity = wire::Severity::Warning;
        Bench bench;
        QCOMPARE(bench.found(query), std::size_t(0));
        bench.amend(unknown(77), pod("web"), 1, 4);
        // The other node's are stored with the same words, and nobody said more of them.
        const auto ofNodeA = [&] {
            std::size_t count = 0;
            for (const StoredEvent &event : bench.events(query))
                count += event.node == "node-a" ? 1 : 0;
            return count;
        };
        QCOMPARE(ofNodeA(), std::size_t(what == 3 ? 1 : 4));
        QCOMPARE(bench.found(query), ofNodeA());
        bench.store.reopen();
        bench.store.maintainAll();
        QCOMPARE(bench.found(query), std::size_t(what == 3 ? 1 : 4));
    }

    void retention_forgetsAmendmentsWithTheirEvents()
    {
        Bench bench;
        bench.amend(unknown(77), pod("web"), 1, 4);
        bench.store.maxAgeNs = 3600 * nsPerSecond;
        bench.store.reopen();
        bench.store.clock.advance(30 * 3600 * nsPerSecond);
        bench.store.maintainAll();
        QVERIFY(bench.events().empty());
        bench.store.close();
        auto file = Database::open(bench.store.file(), Database::Mode::ReadOnly, {});
        QVERIFY(file);
        QCOMPARE((*file)->integer("SELECT count(*) FROM amendment").value(), 0);
    }
};

QTEST_APPLESS_MAIN(TestStoreAmendments)
#include "tst_storeamendments.moc"
