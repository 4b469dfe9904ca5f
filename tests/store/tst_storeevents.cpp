// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "tests/store/storefixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

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
