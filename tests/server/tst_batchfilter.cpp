// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "agent/server/batchfilter.h"
#include "tests/server/servertest.h"

using namespace tapio;
using namespace tapio::server;
using wire::EventType;
using wire::Severity;

Q_DECLARE_METATYPE(wire::EventFilter)

namespace {

/// Numbers 100 to 103: an exit on the host, an exec in the pod, an OOM kill in the pod, a connection on the host.
std::shared_ptr<const wire::Delivery> mixed()
{
    return test::delivery("node-1", {1, 7, 3,
                                     test::batch(100, {test::event(EventType::ProcessExit, Severity::Info, 0),
                                                       test::event(EventType::ProcessExec, Severity::Info, 1),
                                                       test::event(EventType::OomKill, Severity::Error, 1),
                                                       test::event(EventType::TcpConnection, Severity::Warning, 0)})});
}

QList<quint64> seqs(const wire::Delivery &delivery)
{
    const auto &batch = std::get<wire::EventBatch>(delivery.frame.body);
    QList<quint64> all;
    for (std::size_t i = 0; i < batch.events.size(); ++i)
        all << batch.seqOf(i);
    return all;
}

} // namespace

class TestBatchFilter : public QObject {
    Q_OBJECT
private slots:
    void events_data()
    {
        QTest::addColumn<wire::EventFilter>("filter");
        QTest::addColumn<QList<quint64>>("left");
        const auto filter = [](std::vector<EventType> types, Severity severity, std::vector<std::string> nodes,
                               std::vector<std::string> namespaces, std::vector<std::string> pods) {
            return wire::EventFilter{std::move(types), severity, std::move(nodes), std::move(namespaces), std::move(pods)};
        };
        const QList<quint64> all{100, 101, 102, 103};
        QTest::newRow("an empty filter takes all") << wire::EventFilter() << all;
        QTest::newRow("the node's own name takes all") << filter({}, Severity::Debug, {"other", "node-1"}, {}, {}) << all;
        QTest::newRow("another node's name takes none") << filter({}, Severity::Debug, {"node-10"}, {}, {}) << QList<quint64>();
        QTest::newRow("by type") << filter({EventType::OomKill, EventType::ProcessExit}, Severity::Debug, {}, {}, {})
                                 << QList<quint64>{100, 102};
        QTest::newRow("by severity") << filter({}, Severity::Warning, {}, {}, {}) << QList<quint64>{102, 103};
        QTest::newRow("by namespace") << filter({}, Severity::Debug, {}, {"shop"}, {}) << QList<quint64>{101, 102};
        QTest::newRow("by pod") << filter({}, Severity::Debug, {}, {}, {"api-0"}) << QList<quint64>{101, 102};
        QTest::newRow("a prefix is not the name") << filter({}, Severity::Debug, {}, {}, {"api"}) << QList<quint64>();
        QTest::newRow("all conditions together")
            << filter({EventType::ProcessExec, EventType::TcpConnection}, Severity::Info, {"node-1"}, {"shop"}, {}) << QList<quint64>{101};
    }
    void events()
    {
        QFETCH(wire::EventFilter, filter);
        QFETCH(QList<quint64>, left);
        const auto original = mixed();
        const auto seen = wanted({filter, true, true}, original);
        QCOMPARE(seen == nullptr, left.isEmpty());
        if (seen == nullptr)
            return;
        QCOMPARE(seqs(*seen), left);
        QCOMPARE(seen->frame.frameSeq, 7u);
        QCOMPARE(seen == original, left.size() == 4);
        const auto &batch = std::get<wire::EventBatch>(seen->frame.body);
        for (const auto &event : batch.events)
            QVERIFY(event.origin < batch.origins.size());
    }

    void events_filteredTwiceKeepTheirNumbers()
    {
        const auto once = wanted({{{}, Severity::Debug, {}, {"shop"}, {}}, true, true}, mixed());
        const auto twice = wanted({{{EventType::OomKill}, Severity::Debug, {}, {}, {}}, true, true}, once);
        QCOMPARE(seqs(*twice), (QList<quint64>{102}));
    }

    void amendments_goToWhoeverMayHaveTheirEvents_data()
    {
        QTest::addColumn<wire::EventFilter>("filter");
        QTest::addColumn<QList<int>>("left");
        QTest::newRow("everything is wanted") << wire::EventFilter() << QList<int>{0, 1};
        QTest::newRow("what they are of now") << wire::EventFilter{{}, Severity::Debug, {}, {"shop"}, {}} << QList<int>{0};
        QTest::newRow("what they were of") << wire::EventFilter{{}, Severity::Debug, {}, {"other"}, {}} << QList<int>{1};
        QTest::newRow("something else") << wire::EventFilter{{}, Severity::Debug, {}, {"third"}, {}} << QList<int>{};
        QTest::newRow("another type of event: nobody knows what they are about")
            << wire::EventFilter{{EventType::Login}, Severity::Debug, {}, {}, {}} << QList<int>{0, 1};
    }
    void amendments_goToWhoeverMayHaveTheirEvents()
    {
        QFETCH(wire::EventFilter, filter);
        QFETCH(QList<int>, left);
        wire::EventBatch batch;
        batch.firstSeq = 100;
        batch.origins.resize(4);
        batch.origins[1].namespaceName = "shop";
        batch.origins[2].namespaceName = "other";
        batch.origins[3].namespaceName = "fourth";
        batch.amendments = {{0, 0, 1, 3, 1, 9}, {2, 2, 3, 3, 1, 9}};
        const auto original = test::delivery("node-1", {1, 7, 3, batch});
        const auto seen = wanted({filter, true, true}, original);
        QCOMPARE(seen == nullptr, left.isEmpty());
        if (seen == nullptr)
            return;
        const auto &some = std::get<wire::EventBatch>(seen->frame.body);
        QCOMPARE(some.firstSeq, 100u);
        QCOMPARE(int(some.amendments.size()), int(left.size()));
        for (int i = 0; i < left.size(); ++i)
            QVERIFY(some.amendments[std::size_t(i)] == batch.amendments[std::size_t(left[i])]);
    }

    void otherFrames_goByTheirSwitch()
    {
        const auto samples = test::delivery("node-1", {1, 1, 1, wire::SampleBatch()});
        const auto counters = test::delivery("node-1", {1, 2, 1, wire::CounterReport()});
        const auto hooks = test::delivery("node-1", test::hookFrame(3));
        const Interest onlyEvents{{{EventType::OomKill}, Severity::Critical, {}, {}, {}}, false, false};
        const Interest rest{onlyEvents.filter, true, true};
        for (const auto &one : {samples, counters, hooks}) {
            QVERIFY(wanted(onlyEvents, one) == nullptr);
            QVERIFY(wanted(rest, one) == one);
        }
        QVERIFY(wanted({{{}, Severity::Debug, {"node-2"}, {}, {}}, true, true}, samples) == nullptr);
    }
};

QTEST_APPLESS_MAIN(TestBatchFilter)
#include "tst_batchfilter.moc"
