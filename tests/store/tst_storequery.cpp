// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <algorithm>
#include <random>
#include <tuple>

#include "console/core/store/sqlite.h"
#include "tests/store/storefixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

/// Queries against the simplest possible reference: all events in a vector, filtered one by one.
namespace {

struct Reference {
    std::string node;
    wire::Origin origin;
    wire::Event event;
    std::int64_t number = 0;
    std::string text; ///< all that a text search looks at, in lower case
};

std::string lowered(const std::string &text) { return QString::fromStdString(text).toLower().toStdString(); }

std::string searchedText(const wire::Origin &origin, const wire::Event &event)
{
    return lowered(wire::summary(event) + '\n' + event.process.comm + '\n' + origin.podName + '\n' + origin.containerName);
}

template <typename T> bool anyOrIn(const std::vector<T> &list, const T &value)
{
    return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

bool matches(const Reference &r, const EventQuery &query)
{
    const wire::EventFilter &f = query.filter;
    return r.event.timeNs >= query.fromNs && r.event.timeNs < query.toNs && anyOrIn(f.types, r.event.type)
           && r.event.severity >= f.minSeverity && anyOrIn(f.nodes, r.node) && anyOrIn(f.namespaces, r.origin.namespaceName)
           && anyOrIn(f.pods, r.origin.podName) && (!query.pid || *query.pid == r.event.process.pid)
           && (query.text.empty() || r.text.find(lowered(query.text)) != std::string::npos);
}

std::vector<Reference> expected(const std::vector<Reference> &all, const EventQuery &query)
{
    std::vector<Reference> found;
    std::copy_if(all.begin(), all.end(), std::back_inserter(found), [&](const Reference &r) { return matches(r, query); });
    std::sort(found.begin(), found.end(), [&](const Reference &a, const Reference &b) {
        return query.newestFirst ? std::tie(a.event.timeNs, a.number) > std::tie(b.event.timeNs, b.number)
                                 : std::tie(a.event.timeNs, a.number) < std::tie(b.event.timeNs, b.number);
    });
    return found;
}

class RandomStore {
public:
    RandomStore()
    {
        for (int batch = 0; batch < 260; ++batch) {
            const std::string node = "node-" + std::to_string(pick(4));
            const wire::Origin origin =
                pick(5) == 0 ? wire::Origin{} : pod("pod-" + std::to_string(pick(12)), "ns-" + std::to_string(pick(3)));
            std::vector<wire::Event> events;
            const std::size_t count = batch % 50 == 0 ? 3000 : 1 + pick(60);
            for (std::size_t i = 0; i < count; ++i)
                events.push_back(randomEvent());
            for (const wire::Event &event : events)
                all.push_back({node, origin, event, static_cast<std::int64_t>(all.size()) + 1, searchedText(origin, event)});
            store.append(node, events, origin);
            store.clock.advance(100 * nsPerMs);
            if (pick(3) != 0)
                store.flush();
            if (pick(20) == 0)
                store.maintainAll();
        }
        store.flush();
    }

    wire::Event randomEvent()
    {
        // Nodes lag and run ahead, and equal times are common.
        const std::int64_t time = store.clock.utcNs() - static_cast<std::int64_t>(pick(4000)) * nsPerMs;
        const auto pid = static_cast<std::uint32_t>(1 + pick(300));
        wire::Event event = pick(2) == 0 ? execEvent(time, pid, "/usr/bin/Tool-" + std::to_string(pick(500)))
                                         : tcpEvent(time, pid, static_cast<std::uint16_t>(pick(60000)));
        if (pick(50) == 0) {
            event = oddEvents(time)[pick(9)];
            event.timeNs = time;
        }
        event.severity = static_cast<wire::Severity>(pick(40) == 0 ? 3 + pick(3) : pick(3));
        return event;
    }
    EventQuery randomQuery()
    {
        EventQuery query;
        query.newestFirst = pick(2) == 0;
        query.limit = pick(10) == 0 ? 100 + pick(100) : 1000 + pick(3000);
        if (pick(2) == 0) {
            query.fromNs = t0 + static_cast<std::int64_t>(pick(25'000)) * nsPerMs;
            query.toNs = query.fromNs + static_cast<std::int64_t>(pick(15'000)) * nsPerMs;
        }
        if (pick(3) == 0)
            query.filter.types = {pick(2) == 0 ? wire::EventType::ProcessExec : static_cast<wire::EventType>(4711),
                                  wire::EventType::OomKill};
        if (pick(4) == 0)
            query.filter.minSeverity = static_cast<wire::Severity>(pick(7));
        if (pick(4) == 0)
            query.filter.nodes = {"node-" + std::to_string(pick(5))};
        if (pick(4) == 0)
            query.filter.namespaces = {"ns-" + std::to_string(pick(3)), "ns-" + std::to_string(pick(4))};
        if (pick(4) == 0)
            query.filter.pods = {"pod-" + std::to_string(pick(14))};
        if (pick(4) == 0)
            query.pid = static_cast<std::uint32_t>(pick(320));
        if (pick(3) == 0) {
            static const std::vector<std::string> texts{"tool-12",   "TOOL-49", "pod-1",        "nginx",        "main-pod-7",
                                                        "--port 17", "e",       "no such text", "10.0.0.2:443", "worker"};
            query.text = texts[pick(texts.size())];
        }
        return query;
    }
    std::size_t pick(std::size_t below) { return static_cast<std::size_t>(m_random() % below); }

    StoreFixture store;
    std::vector<Reference> all;

private:
    std::mt19937_64 m_random{20250615};
};

QByteArray described(const EventQuery &query)
{
    return QString("from %1 to %2 types %3 severity %4 nodes %5 namespaces %6 pods %7 pid %8 text '%9' newest %10 limit %11")
        .arg(query.fromNs)
        .arg(query.toNs)
        .arg(query.filter.types.size())
        .arg(int(query.filter.minSeverity))
        .arg(query.filter.nodes.size())
        .arg(query.filter.namespaces.size())
        .arg(query.filter.pods.size())
        .arg(query.pid ? int(*query.pid) : -1)
        .arg(QString::fromStdString(query.text))
        .arg(query.newestFirst)
        .arg(query.limit)
        .toUtf8();
}

} // namespace

class TestStoreQuery : public QObject {
    Q_OBJECT

    void compare(RandomStore &random, int queries)
    {
        const std::unique_ptr<StoreReader> reader = random.store.reader();
        for (int i = 0; i < queries; ++i) {
            const EventQuery query = random.randomQuery();
            const std::vector<Reference> wanted = expected(random.all, query);
            const std::vector<StoredEvent> found = allEvents(*reader, query);
            QVERIFY2(found.size() == wanted.size(), described(query) + QByteArray(": ") + QByteArray::number(qulonglong(found.size()))
                                                        + " instead of " + QByteArray::number(qulonglong(wanted.size())));
            for (std::size_t e = 0; e < found.size(); ++e) {
                wire::Event event = wanted[e].event;
                event.origin = found[e].event.origin;
                QVERIFY2(found[e].event == event && found[e].node == wanted[e].node && found[e].origin == wanted[e].origin,
                         described(query));
            }
        }
    }

private slots:
    void randomQueries_findWhatAPlainScanFinds()
    {
        RandomStore random;
        compare(random, 150);
        random.store.maintainAll(); // merged, sealed, with a text index
        compare(random, 150);
        random.store.reopen();
        compare(random, 50);
    }

    void ids_staySameThroughMerging()
    {
        RandomStore random;
        const std::vector<StoredEvent> before = allEvents(*random.store.reader(), {});
        const std::uint64_t chunksBefore = random.store.writer().stats()->chunks;
        random.store.maintainAll();
        QVERIFY(random.store.writer().stats()->chunks < chunksBefore);
        const std::unique_ptr<StoreReader> reader = random.store.reader();
        const std::vector<StoredEvent> after = allEvents(*reader, {});
        QCOMPARE(after.size(), before.size());
        for (std::size_t i = 0; i < before.size(); i += 7) {
            QVERIFY(before[i].id == after[i].id);
            const Result<StoredEvent> again = reader->event(before[i].id);
            QVERIFY(again && again->event == before[i].event && again->seq == before[i].seq);
        }
    }

    void event_unknownIds_data()
    {
        QTest::addColumn<qint64>("chunk");
        QTest::addColumn<quint32>("row");
        QTest::newRow("number 0, which no event has") << qint64(0) << quint32(0);
        QTest::newRow("beyond the end") << qint64(1000) << quint32(5);
        QTest::newRow("negative") << qint64(-1) << quint32(0);
        QTest::newRow("overflowing") << qint64(INT64_MAX) << quint32(8191);
        QTest::newRow("a row that no block has") << qint64(0) << quint32(9000);
    }
    void event_unknownIds()
    {
        QFETCH(qint64, chunk);
        QFETCH(quint32, row);
        StoreFixture store;
        store.append("node-a", {execEvent(t0, 1, "/bin/true")});
        store.flush();
        const Result<StoredEvent> event = store.reader()->event({chunk, row});
        QVERIFY(!event);
        QCOMPARE(event.error().code(), Errc::NotFound);
    }

    void paging_goesOnWithTheFirstQueryToo()
    {
        StoreFixture store;
        for (int i = 0; i < 10; ++i)
            store.append("node-a", {execEvent(t0 + i / 3, std::uint32_t(i + 1), "/bin/true")});
        store.flush();
        EventQuery query;
        query.limit = 4;
        const auto reader = store.reader();
        const Result<EventPage> first = reader->events(query, {}, {});
        QVERIFY(first && first->more);
        const Result<EventPage> second = reader->events(query, first->nextAfter, {});
        QVERIFY(second && second->events.size() == 4 && second->more);
        QCOMPARE(second->events.front().event.process.pid, 6u);
        const Result<EventPage> third = reader->events(second->next, second->nextAfter, {});
        QVERIFY(third && third->events.size() == 2 && !third->more);
    }

    void paging_isNotDisturbedByNewEvents()
    {
        StoreFixture store;
        for (int i = 0; i < 10; ++i)
            store.append("node-a", {execEvent(t0 + i, std::uint32_t(i + 1), "/bin/true")});
        store.flush();
        EventQuery query;
        query.limit = 5;
        const auto reader = store.reader();
        const Result<EventPage> first = reader->events(query, {}, {});
        store.append("node-a", {execEvent(t0 + 100, 99, "/bin/true")});
        store.flush();
        const Result<EventPage> second = reader->events(first->next, first->nextAfter, {});
        QCOMPARE(second->events.size(), 5u);
        QCOMPARE(second->events.front().event.process.pid, 5u);
        QVERIFY(!second->more);
    }

    void aCancelledQuery_saysSo()
    {
        RandomStore random;
        const auto reader = random.store.reader();
        std::stop_source source;
        source.request_stop();
        const Result<EventPage> page = reader->events({}, {}, source.get_token());
        QVERIFY(!page);
        QCOMPARE(page.error().code(), Errc::Cancelled);
        QCOMPARE(reader->countByType(0, INT64_MAX, nsPerSecond, source.get_token()).error().code(), Errc::Cancelled);
    }

    void progress_reachesItsTotal()
    {
        RandomStore random;
        const auto reader = random.store.reader();
        std::uint64_t last = 0;
        std::uint64_t total = 0;
        int calls = 0;
        reader->setProgress([&](std::uint64_t passed, std::uint64_t of) {
            QVERIFY(passed >= last && passed <= of);
            last = passed;
            total = of;
            ++calls;
        });
        EventQuery query;
        query.text = "no such text anywhere";
        QVERIFY(reader->events(query, {}, {}));
        QCOMPARE(total, std::uint64_t(random.all.size()));
        QCOMPARE(last, total);
        QVERIFY(calls > 1);
    }

    void limits_areChecked()
    {
        StoreFixture store;
        EventQuery query;
        query.limit = 0;
        QCOMPARE(store.reader()->events(query, {}, {}).error().code(), Errc::InvalidArgument);
        query.limit = 1'000'000;
        QCOMPARE(store.reader()->events(query, {}, {}).error().code(), Errc::InvalidArgument);
        QCOMPARE(store.reader()->countByType(0, 1, 0, {}).error().code(), Errc::InvalidArgument);
    }

    void countByType_agreesWithAPlainCount_data()
    {
        QTest::addColumn<qint64>("step");
        QTest::newRow("buckets shorter than chunks") << qint64(250 * nsPerMs);
        QTest::newRow("buckets longer than chunks") << qint64(20 * nsPerSecond);
        QTest::newRow("one bucket for all") << qint64(100'000 * nsPerSecond);
    }
    void countByType_agreesWithAPlainCount()
    {
        QFETCH(qint64, step);
        RandomStore random;
        random.store.maintainAll();
        const std::int64_t from = t0 + 3 * nsPerSecond;
        const std::int64_t to = t0 + 20 * nsPerSecond;
        std::map<std::pair<std::int64_t, std::uint16_t>, std::uint64_t> wanted;
        for (const Reference &r : random.all) {
            if (r.event.timeNs >= from && r.event.timeNs < to)
                ++wanted[{r.event.timeNs / step * step, std::uint16_t(r.event.type)}];
        }
        const auto counts = random.store.reader()->countByType(from, to, step, {});
        QVERIFY(counts);
        QCOMPARE(counts->size(), wanted.size());
        for (const StoreReader::TypeCount &count : *counts)
            QCOMPARE(count.count, (wanted[{count.timeNs, std::uint16_t(count.type)}]));
    }

    void losses_areNamedInTheirTime()
    {
        StoreFixture store;
        const auto report = [&](std::int64_t timeNs, std::uint64_t lost, std::uint64_t shed) {
            wire::CounterReport r;
            r.timeNs = timeNs;
            r.sources.push_back({"process", {}});
            r.sources[0].counters[Counter::Lost] = lost;
            r.sources[0].counters[Counter::Shed] = shed;
            QVERIFY(store.writer().append(store.frame("node-a", r)));
        };
        report(t0 + 10, 5, 0);
        report(t0 + 20, 7, 3);
        report(t0 + 30, 7, 3);
        store.flush();
        store.reopen(); // the last totals are known afterwards
        report(t0 + 40, 8, 3);
        store.flush();
        const auto lost = [&](std::int64_t from, std::int64_t to, const std::string &node) {
            EventQuery query;
            query.fromNs = from;
            query.toNs = to;
            if (!node.empty())
                query.filter.nodes = {node};
            return store.reader()->events(query, {}, {})->lostEvents;
        };
        QCOMPARE(lost(0, INT64_MAX, ""), 11u);
        QCOMPARE(lost(t0, t0 + 20, ""), 5u);
        QCOMPARE(lost(t0 + 20, t0 + 21, "node-a"), 5u);
        QCOMPARE(lost(t0 + 21, t0 + 40, ""), 0u);
        QCOMPARE(lost(t0 + 40, t0 + 41, ""), 1u);
        QCOMPARE(lost(0, INT64_MAX, "node-b"), 0u);
    }

    void unreadEvents_haveACauseOfTheirOwn()
    {
        StoreFixture store;
        const wire::Delivery first = store.frame("node-a", wire::CounterReport{});
        QVERIFY(store.writer().append(first));
        wire::AgentState agent;
        agent.node = "node-a";
        agent.streamId = first.frame.streamId;
        for (const auto &[transit, unread] :
             std::vector<std::pair<std::uint64_t, std::uint64_t>>{{3, 0}, {10, 7}, {4, 0}}) { // the last: a new session
            agent.loss.transitEvents = transit;
            agent.loss.consoleEvents = unread;
            QVERIFY(store.writer().putAgent(agent));
            store.flush();
        }
        QCOMPARE(store.reader()->events({}, {}, {})->lostEvents, 11u);
        const auto database = Database::open(store.file(), Database::Mode::ReadOnly, {});
        QVERIFY(database);
        const auto of = [&](const std::string &cause) {
            Statement sum = (*database)->statement("SELECT coalesce(sum(events), 0) FROM loss WHERE cause = ?1");
            return sum.bind(cause).step() ? sum.integer(0) : -1;
        };
        QCOMPARE(of("transit"), 4);
        QCOMPARE(of("console-queue"), 7);
    }

    void losses_ofEarlierStreamsAreNotCountedAgain()
    {
        StoreFixture store;
        wire::AgentState agent;
        agent.node = "node-a";
        const auto begin = [&] {
            wire::CounterReport report;
            report.timeNs = t0;
            wire::Delivery first = store.frame("node-a", report);
            first.frame.streamId = ++agent.streamId;
            first.frame.frameSeq = 1;
            ++agent.sessions;
            agent.heartbeat = {};
            return store.writer().append(first).has_value();
        };
        const auto tell = [&](std::uint64_t dropped, std::uint64_t transit) {
            agent.heartbeat.id = 1;
            agent.heartbeat.droppedEvents = dropped;
            agent.loss.droppedEvents += dropped; // of all streams
            agent.loss.transitEvents = transit;
            return store.writer().putAgent(agent).has_value();
        };
        const auto lost = [&] {
            store.flush();
            return store.reader()->events({}, {}, {})->lostEvents;
        };
        QVERIFY(begin() && tell(40, 7));
        QCOMPARE(lost(), 47u);
        QVERIFY(begin() && store.writer().putAgent(agent)); // the agent was started anew: its Hello
        QCOMPARE(lost(), 47u);
        QVERIFY(tell(5, 9));
        QCOMPARE(lost(), 54u);
        store.reopen();
        agent.loss = {}; // the server was started anew
        agent.sessions = 1;
        QVERIFY(tell(5, 0));
        QCOMPARE(lost(), 54u);
        QVERIFY(tell(6, 2));
        QCOMPARE(lost(), 57u);
    }

    void drops_countOnceHoweverToldAndByWhom_data()
    {
        QTest::addColumn<QStringList>("told"); // "agent N": a heartbeat; "NAME N": a source's counter; "reopen"
        QTest::addColumn<quint64>("lost");
        QTest::newRow("the agent first, then its source") << QStringList{"agent 40", "tcp 40"} << quint64{40};
        QTest::newRow("the source first, then the agent") << QStringList{"tcp 40", "agent 40"} << quint64{40};
        QTest::newRow("two sources of one number") << QStringList{"agent 40", "tcp 25", "process 15"} << quint64{40};
        QTest::newRow("more than the sources cover") << QStringList{"agent 43", "tcp 25", "process 15"} << quint64{43};
        QTest::newRow("less, until the next heartbeat") << QStringList{"agent 10", "tcp 25", "process 15"} << quint64{40};
        QTest::newRow("growing in turns") << QStringList{"agent 5", "tcp 5", "agent 9", "tcp 9", "process 2", "agent 12"} << quint64{12};
        QTest::newRow("known after a restart") << QStringList{"agent 40", "reopen", "tcp 40", "reopen", "agent 41"} << quint64{41};
    }
    void drops_countOnceHoweverToldAndByWhom()
    {
        QFETCH(QStringList, told);
        QFETCH(quint64, lost);
        StoreFixture store;
        const wire::Delivery first = store.frame("node-a", wire::CounterReport{});
        QVERIFY(store.writer().append(first)); // known from its beginning: whatever is told has a time here
        wire::AgentState agent;
        agent.node = "node-a";
        agent.streamId = first.frame.streamId;
        wire::CounterReport report;
        report.timeNs = t0;
        for (const QString &each : told) {
            const QString who = each.section(' ', 0, 0);
            const quint64 total = each.section(' ', 1).toULongLong();
            if (who == "reopen") {
                store.flush();
                store.reopen();
            } else if (who == "agent") {
                agent.heartbeat.id = 1;
                agent.heartbeat.droppedEvents = agent.loss.droppedEvents = total;
                QVERIFY(store.writer().putAgent(agent));
            } else {
                report.sources = {{who.toStdString(), {}}};
                report.sources[0].counters[Counter::QDrop] = total;
                QVERIFY(store.writer().append(store.frame("node-a", report)));
            }
        }
        store.flush();
        const auto page = store.reader()->events({}, {}, {});
        QCOMPARE(page->lostEvents, lost);
    }
};

QTEST_APPLESS_MAIN(TestStoreQuery)
#include "tst_storequery.moc"
