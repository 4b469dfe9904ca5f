// SPDX-License-Identifier: GPL-3.0-or-later
// Events whose origin became known after they were stored.
#include <QtTest>

#include "console/core/store/amendmentwriter.h"
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
    void amend(const wire::Origin &was, const wire::Origin &now, std::uint64_t first, std::uint64_t last,
               const std::string &node = "node-a")
    {
        wire::EventBatch batch;
        batch.origins = {was, now};
        batch.amendments = {{0, 0, 1, 1, first, last}};
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
    std::int64_t count(const char *sql)
    {
        const auto file = Database::open(store.file(), Database::Mode::ReadOnly, {});
        return file ? (*file)->integer(sql).value_or(-1) : -1;
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
        bench.store.maintainAll(); // merged, sealed and indexed
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
        batch.amendments = {{0, 0, 1, 1, 1, 1}};
        QVERIFY(store.writer().append(store.frame("node-a", std::move(batch))));
        store.flush();
        QVERIFY(allEvents(*store.reader(), {}).at(0).origin == pod("web"));
    }

    void lastAmendment_holds()
    {
        Bench bench;
        wire::Origin half = pod("web");
        half.containerName.clear();
        bench.amend(unknown(77), half, 1, 4);
        bench.amend(unknown(77), pod("web"), 1, 4);
        QCOMPARE(bench.of("web").size(), 4);
        QVERIFY(bench.events()[0].origin == pod("web"));
        bench.amend(pod("web"), unknown(77), 1, 4); // nothing came as that, and nobody is led round in circles
        QCOMPARE(bench.of("web").size(), 4);
    }

    void sameAmendmentTwice_changesNothing()
    {
        Bench bench;
        wire::EventBatch batch;
        batch.origins = {unknown(77), pod("web")};
        batch.amendments = {{0, 0, 1, 2, 2, 3}};
        const wire::Delivery frame = bench.store.frame("node-a", batch);
        for (int i = 0; i < 2; ++i) {
            QVERIFY(bench.store.writer().append(frame)); // as after a reconnect
            bench.store.flush();
            QCOMPARE(bench.of("web"), (QList<quint64>{2, 3}));
            QCOMPARE(bench.store.writer().stats()->amendments, 1u);
        }
        bench.amend(unknown(77), pod("web"), 2, 3);
        QCOMPARE(bench.of("web"), (QList<quint64>{2, 3}));
        QCOMPARE(bench.count("SELECT count(*) FROM amendment"), 1);
    }

    void amendmentsWithoutEvents_areCountedAndChangeNothing_data()
    {
        QTest::addColumn<quint64>("cgroup");
        QTest::addColumn<quint64>("first");
        QTest::addColumn<quint64>("last");
        QTest::addColumn<QString>("node");
        QTest::addColumn<int>("without");
        QTest::newRow("of events that came") << quint64(77) << quint64(1) << quint64(1) << "node-a" << 0;
        QTest::newRow("of later numbers") << quint64(77) << quint64(5) << quint64(900) << "node-a" << 1;
        QTest::newRow("of another origin") << quint64(78) << quint64(1) << quint64(4) << "node-a" << 1;
        QTest::newRow("of a node that sent nothing") << quint64(77) << quint64(1) << quint64(4) << "node-c" << 1;
        QTest::newRow("of numbers that nobody can have given")
            << quint64(77) << quint64(UINT64_MAX) << quint64(UINT64_MAX) << "node-a" << 1;
        QTest::newRow("to the last number that there is") << quint64(79) << quint64(1) << quint64(UINT64_MAX) << "node-a" << 1;
    }
    void amendmentsWithoutEvents_areCountedAndChangeNothing()
    {
        QFETCH(quint64, cgroup);
        QFETCH(quint64, first);
        QFETCH(quint64, last);
        QFETCH(QString, node);
        QFETCH(int, without);
        Bench bench;
        bench.amend(unknown(cgroup), pod("web"), first, last, node.toStdString());
        QCOMPARE(bench.store.writer().stats()->amendments, 1u);
        QCOMPARE(bench.store.writer().stats()->amendmentsWithoutEvents, std::uint64_t(without));
        QCOMPARE(bench.of("web").size(), 1 - without);
        for (const StoredEvent &event : bench.events())
            QCOMPARE(event.isAmended, event.origin.podName == "web");
    }

    void whatIsRemembered_isBounded()
    {
        StoreFixture store;
        const auto file = Database::open(store.file(), Database::Mode::ReadOnly, {});
        QVERIFY(file);
        AmendmentWriter writer(**file);
        constexpr std::uint64_t many = 3 * AmendmentWriter::mostRemembered;
        const auto take = [&writer](std::uint64_t seq, bool amends) {
            wire::EventBatch batch;
            batch.firstSeq = seq;
            batch.origins = {unknown(seq), pod("web")};
            if (amends)
                batch.amendments = {{0, 0, 1, 1, seq, seq}};
            else
                batch.events = {execEvent(t0, 1, "/bin/a")};
            writer.take(1, 1, batch, {{static_cast<std::int64_t>(seq), 0, 0}, {1, 0, 0}});
        };
        for (std::uint64_t seq = 1; seq <= many; ++seq)
            take(seq, false);
        take(many, true);
        writer.committed();
        QCOMPARE(writer.totals().withoutEvents, 0u);
        take(1, true); // too long ago to say
        QVERIFY(writer.bufferedBytes() > 0);
        writer.committed();
        QCOMPARE(writer.totals().withoutEvents, 1u);
        QCOMPARE(writer.totals().all, 2u);
    }

    void amendmentAfterReopening_isApplied()
    {
        Bench bench;
        bench.store.reopen();
        bench.amend(unknown(77), pod("web"), 1, 4);
        QCOMPARE(bench.of("web").size(), 4);
        QCOMPARE(bench.store.writer().stats()->amendmentsWithoutEvents, 0u); // nobody remembers, which says nothing
        bench.amend(unknown(78), pod("web"), 5, 5);                          // of what came since, all is known
        QCOMPARE(bench.store.writer().stats()->amendments, 2u);
        QCOMPARE(bench.store.writer().stats()->amendmentsWithoutEvents, 1u);
    }

    /// Whoever reads again when the count moves finds what is known by then.
    void amendments_countOnceTheyCanBeRead()
    {
        Bench bench;
        wire::EventBatch batch;
        batch.origins = {unknown(77), pod("web")};
        batch.amendments = {{0, 0, 1, 1, 1, 4}, {0, 0, 1, 1, 8, UINT64_MAX}};
        QVERIFY(bench.store.writer().append(bench.store.frame("node-a", std::move(batch))));
        QVERIFY(bench.of("web").isEmpty());
        QCOMPARE(bench.store.writer().stats()->amendments, 0u);
        QCOMPARE(bench.store.writer().stats()->amendmentsWithoutEvents, 0u);
        for (int i = 0; i < 2; ++i) {
            bench.store.flush();
            QCOMPARE(bench.of("web").size(), 4);
            QCOMPARE(bench.store.writer().stats()->amendments, 2u);
            QCOMPARE(bench.store.writer().stats()->amendmentsWithoutEvents, 1u);
            QCOMPARE(bench.store.writer().stats()->amendmentsRefused, 1u);
        }
    }

    void amendmentsOfNumbersThatNobodyGave_areRefused_data()
    {
        QTest::addColumn<int>("events");    // of the batch itself, from number 5
        QTest::addColumn<bool>("filtered"); // a server took some out, maybe the last
        QTest::addColumn<quint64>("last");
        QTest::addColumn<bool>("refused");
        constexpr quint64 most = 65'536; // events of one batch
        QTest::newRow("to the batch's last event") << 2 << false << quint64(6) << false;
        QTest::newRow("one further") << 2 << false << quint64(7) << true;
        QTest::newRow("further than there are numbers") << 2 << false << quint64(UINT64_MAX) << true;
        QTest::newRow("to one that a server may have taken out") << 2 << true << quint64(20) << false;
        QTest::newRow("to the last that it may have taken out") << 2 << true << quint64(4 + most) << false;
        QTest::newRow("further than it can have taken out") << 2 << true << quint64(5 + most) << true;
        QTest::newRow("before a batch without events") << 0 << false << quint64(4) << false;
        QTest::newRow("in a batch of which a server left nothing") << 0 << false << quint64(4 + most) << false;
        QTest::newRow("further than that batch can have been") << 0 << false << quint64(5 + most) << true;
    }
    void amendmentsOfNumbersThatNobodyGave_areRefused()
    {
        QFETCH(int, events);
        QFETCH(bool, filtered);
        QFETCH(quint64, last);
        QFETCH(bool, refused);
        Bench bench;
        wire::EventBatch batch;
        batch.origins = {unknown(77), pod("web")};
        for (int i = 0; i < events; ++i) {
            batch.events.push_back(execEvent(t0 + 10 + i, 10, "/bin/short"));
            if (filtered)
                batch.seqOffsets.push_back(static_cast<std::uint32_t>(2 * i));
        }
        batch.amendments = {{0, 0, 1, 1, 1, last}};
        QVERIFY(bench.store.writer().append(bench.store.frame("node-a", std::move(batch))));
        bench.store.flush();
        const auto stats = bench.store.writer().stats();
        QCOMPARE(stats->amendments, 1u);
        QCOMPARE(stats->amendmentsRefused, std::uint64_t(refused));
        QCOMPARE(stats->amendmentsWithoutEvents, std::uint64_t(refused));
        QCOMPARE(bench.count("SELECT count(*) FROM amendment"), refused ? 0 : 1);
        QCOMPARE(bench.of("web").isEmpty(), refused);
        QCOMPARE(bench.events().size(), std::size_t(8 + events));
    }

    /// What a node says of others' names takes no memory of a search for one.
    void searchByName_readsWhatIsSaidOfItAlone_data()
    {
        QTest::addColumn<bool>("indexes");
        QTest::newRow("as a writer leaves the file") << true;
        QTest::newRow("a file that no writer opened since there are indexes") << false;
    }
    void searchByName_readsWhatIsSaidOfItAlone()
    {
        QFETCH(bool, indexes);
        Bench bench;
        wire::EventBatch batch;
        batch.origins = {unknown(66), pod("other", "elsewhere")};
        for (std::uint64_t seq = 1; seq <= 2000; ++seq)
            batch.amendments.push_back({0, 0, 1, 1, seq, seq});
        QVERIFY(bench.store.writer().append(bench.store.frame("node-b", std::move(batch))));
        bench.amend(unknown(77), pod("other", "elsewhere"), 1, 1); // also said of events that came as web's
        bench.amend(unknown(77), pod("web"), 2, 3);
        const auto file = Database::open(bench.store.file(), Database::Mode::ReadWrite, {});
        QVERIFY(file);
        const char *known = "SELECT count(*) FROM sqlite_schema WHERE type='index' AND name IN ('amendment_was', 'amendment_now')";
        QCOMPARE((*file)->integer(known).value_or(-1), 2);
        if (!indexes)
            QVERIFY((*file)->execute("DROP INDEX amendment_was; DROP INDEX amendment_now; DROP INDEX origin_place; "
                                     "CREATE INDEX origin_path ON origin(path); DROP TABLE verdict; PRAGMA user_version=3"));
        const std::int64_t web = (*file)->integer("SELECT id FROM origin WHERE pod='web'").value_or(-1);
        const std::int64_t vague = (*file)->integer("SELECT id FROM origin WHERE cgroup=77").value_or(-1);
        const auto some = Amendments::read(**file, 0, {web});
        QVERIFY(some);
        QCOMPARE(some->size(), std::size_t(2));
        QCOMPARE(some->storedAs({web}), (std::vector<std::int64_t>{std::min(vague, web), std::max(vague, web)}));
        QCOMPARE(Amendments::read(**file, 0, {vague})->size(), std::size_t(2)); // no longer all of its
        QCOMPARE(Amendments::read(**file, 0, {})->size(), std::size_t(0));
        QCOMPARE(Amendments::read(**file, INT64_MAX, {web})->size(), std::size_t(0));
        EventQuery byPod;
        byPod.filter.pods = {"web"};
        QCOMPARE(bench.found(byPod), std::size_t(2));
        byPod.filter.pods = {"other"};
        QCOMPARE(bench.found(byPod), std::size_t(1));
        bench.store.reopen();
        QCOMPARE((*file)->integer(known).value_or(-1), 2);
    }

    void fileOfVersionTwo_isReadAsItIsAndBroughtUpToDate()
    {
        Bench bench;
        bench.store.close();
        QVERIFY(makeOlder(bench.store.file(), 2));
        const auto before = bench.store.reader();
        EventQuery byName, severe;
        byName.filter.namespaces = {"shop"};
        severe.filter.minSeverity = wire::Severity::Error;
        QVERIFY(allEvents(*before, byName).empty());
        QCOMPARE(allEvents(*before, severe).size(), std::size_t(2));
        bench.store.reopen();
        bench.amend(unknown(77), pod("web"), 1, 4);
        const auto after = bench.store.reader();
        for (const StoreReader *reader : {before.get(), after.get()}) { // also one that was open meanwhile
            QCOMPARE(allEvents(*reader, byName).size(), std::size_t(4));
            QCOMPARE(allEvents(*reader, severe).size(), std::size_t(2));
        }
    }

    void fileOfVersionThree_isBroughtUpToDate()
    {
        Bench bench;
        bench.store.close();
        QVERIFY(makeOlder(bench.store.file(), 3));
        bench.store.reopen();
        bench.amend(unknown(77), pod("web"), 1, 4);
        QCOMPARE(bench.of("web").size(), 4);
    }

    void queries_findWhatIsKnownSince_data()
    {
        QTest::addColumn<int>("what");
        QTest::newRow("by namespace") << 0;
        QTest::newRow("by pod") << 1;
        QTest::newRow("by a text in the pod's name") << 2;
        QTest::newRow("by namespace, from warning up") << 3;
        QTest::newRow("by namespace and pod, page by page") << 4;
        QTest::newRow("by pod and a text of the event") << 5;
    }
    void queries_findWhatIsKnownSince()
    {
        QFETCH(int, what);
        EventQuery query;
        if (what == 0 || what == 3 || what == 4)
            query.filter.namespaces = {"shop"};
        if (what == 1 || what == 4 || what == 5)
            query.filter.pods = {"web"};
        if (what == 4)
            query.limit = 1;
        if (what == 5)
            query.text = "/bin/short";
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

    /// What came as one of the names and is of another by now is no longer found by the first.
    void queries_doNotFindWhatEventsWereOf()
    {
        StoreFixture store;
        wire::Origin guess = pod("other", "elsewhere");
        guess.attribution = wire::Attribution::Inferred;
        wire::Event severe = execEvent(t0, 1, "/bin/a");
        severe.severity = wire::Severity::Error;
        store.append("node-a", {severe, execEvent(t0 + 1, 1, "/bin/b")}, guess);
        wire::EventBatch batch;
        batch.origins = {guess, pod("web")};
        batch.amendments = {{0, 0, 1, 1, 1, 1}};
        QVERIFY(store.writer().append(store.frame("node-a", std::move(batch))));
        store.flush();
        const auto count = [&](const std::string &name, wire::Severity least, const std::string &text = {}) {
            EventQuery query;
            if (text.empty())
                query.filter.namespaces = {name};
            query.filter.minSeverity = least;
            query.text = text;
            return allEvents(*store.reader(), query).size();
        };
        for (const wire::Severity least : {wire::Severity::Debug, wire::Severity::Warning}) {
            QCOMPARE(count("elsewhere", least), std::size_t(least == wire::Severity::Debug ? 1 : 0));
            QCOMPARE(count("shop", least), std::size_t(1));
        }
        QCOMPARE(count({}, wire::Severity::Debug, "main-other"), std::size_t(1));
        QCOMPARE(count({}, wire::Severity::Debug, "main-web"), std::size_t(1));
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
        QCOMPARE(bench.count("SELECT count(*) FROM amendment"), 0);
    }

    void retention_keepsAmendmentsWhoseEventsAreThere()
    {
        Bench bench;
        bench.amend(unknown(77), pod("web"), 1, 4);
        bench.store.maxAgeNs = 3600 * nsPerSecond;
        bench.store.reopen();
        bench.store.clock.advance(1800 * nsPerSecond);
        bench.store.append("node-a", {execEvent(t0 + 1800 * nsPerSecond, 1, "/bin/a")}, unknown(80));
        bench.amend(unknown(80), pod("web"), 5, 5);
        bench.store.maintainAll();
        QCOMPARE(bench.count("SELECT count(*) FROM amendment"), 2);
        bench.store.clock.advance(3000 * nsPerSecond);
        bench.store.maintainAll();
        QCOMPARE(bench.of("web"), QList<quint64>{5});
        QCOMPARE(bench.count("SELECT count(*) FROM amendment"), 1);
    }
};

QTEST_APPLESS_MAIN(TestStoreAmendments)
#include "tst_storeamendments.moc"
