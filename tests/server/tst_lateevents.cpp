// SPDX-License-Identifier: GPL-3.0-or-later
// Events that nobody knew to be of what a console asks for, until an amendment said so.
#include <QtTest>

#include "agent/server/consolesession.h"
#include "tests/server/servertest.h"
#include "tests/support/fakeclock.h"

using namespace tapio;
using namespace tapio::server;
using wire::EventType;
using wire::Severity;

Q_DECLARE_METATYPE(wire::EventFilter)

namespace {

constexpr std::uint64_t plenty = 64u << 20;

enum : std::uint32_t { host, unnamed, shop, shopLater, bank, origins };

/// Events by their origins, and amendments.
wire::EventBatch batch(std::uint64_t firstSeq, const std::vector<std::uint32_t> &of, std::vector<wire::OriginAmendment> amendments = {})
{
    wire::EventBatch made;
    made.firstSeq = firstSeq;
    made.origins.resize(origins);
    made.origins[host].cgroupPath = "/";
    for (const std::uint32_t pod : {unnamed, shop, shopLater})
        made.origins[pod].podUid = "u";
    made.origins[shop].namespaceName = made.origins[shopLater].namespaceName = "shop";
    made.origins[shopLater].workloadName = "cart";
    made.origins[bank].podUid = "v";
    made.origins[bank].namespaceName = "bank";
    for (const std::uint32_t origin : of)
        made.events.push_back(test::event(EventType::ProcessExit, Severity::Info, origin));
    made.amendments = std::move(amendments);
    return made;
}

wire::EventFilter ofShop(std::vector<EventType> types = {}) { return {std::move(types), Severity::Debug, {}, {"shop"}, {}}; }

struct Fixture {
    test::FakeClock clock;
    test::RecordingLink link;
    ReplayRing ring{plenty};
    ConsoleSession session;
    std::uint64_t frameSeq = 0;

    explicit Fixture(ConsoleLimits limits = {plenty, plenty}) : session(ring, link, clock, limits)
    {
        static_cast<void>(session.begin(Greeted{1, {}}, 5));
    }
    void append(wire::EventBatch events, const std::string &node = "node-1", std::uint64_t stream = test::streamA)
    {
        auto delivery = test::delivery(node, {stream, ++frameSeq, 0, std::move(events)});
        session.makeRoom(footprint(*delivery));
        ring.append(std::move(delivery), 0);
    }
    void subscribe(wire::EventFilter filter) { QVERIFY(!session.onMessage(wire::Subscribe{1, std::move(filter), true, true, {}}, 0)); }
    /// Of each delivery that came, FRAME: its events as NUMBER-NAMESPACE/WORKLOAD.
    QStringList received()
    {
        session.pump();
        QStringList all;
        for (const auto &delivery : link.all<wire::Delivery>()) {
            const auto &events = std::get<wire::EventBatch>(delivery.frame.body);
            QString text = QString::number(delivery.frame.frameSeq) + ":";
            for (std::size_t i = 0; i < events.events.size(); ++i) {
                const wire::Origin &origin = events.origins.at(events.events[i].origin);
                text += QString(" %1-%2/%3")
                            .arg(events.seqOf(i))
                            .arg(QString::fromStdString(origin.namespaceName), QString::fromStdString(origin.workloadName));
            }
            all << text;
        }
        return all;
    }
    /// Notices that came with the state of the node, CODE N.
    QStringList told()
    {
        wire::AgentState state;
        state.node = "node-1";
        session.show(state);
        session.pump();
        QStringList all;
        for (const auto &notice : link.all<wire::LinkNotice>())
            all << QString("%1 %2").arg(QString::fromStdString(notice.code)).arg(notice.repeated);
        return all;
    }
};

} // namespace

class TestLateEvents : public QObject {
    Q_OBJECT
private slots:
    void amended_comeWithTheirAmendment_data()
    {
        QTest::addColumn<wire::EventFilter>("filter");
        QTest::addColumn<QStringList>("received");
        QTest::newRow("by namespace") << ofShop() << QStringList{"1: 3-shop/", "3: 1-shop/cart 5-shop/cart 6-shop/"};
        QTest::newRow("everything: none of them comes again")
            << wire::EventFilter() << QStringList{"1: 1-/ 2-/ 3-shop/", "2: 4-bank/", "3: 5-/ 6-shop/"};
        QTest::newRow("another namespace") << wire::EventFilter{{}, Severity::Debug, {}, {"bank"}, {}} << QStringList{"2: 4-bank/"};
        QTest::newRow("another type") << ofShop({EventType::OomKill}) << QStringList{"3:"};
        QTest::newRow("another node") << wire::EventFilter{{}, Severity::Debug, {"node-2"}, {"shop"}, {}} << QStringList{};
    }
    void amended_comeWithTheirAmendment()
    {
        QFETCH(wire::EventFilter, filter);
        Fixture f;
        f.subscribe(filter);
        f.append(batch(1, {unnamed, host, shop}));
        f.append(batch(4, {bank}));
        f.append(batch(5, {unnamed, shop}, {{unnamed, unnamed, shopLater, 2, 1, 5}})); // one of them is in this very batch
        QTEST(f.received(), "received");
        QVERIFY(f.told().isEmpty());
        QCOMPARE(f.session.droppedEvents(), 0u);
    }

    void amendedAgain_comeOnce()
    {
        Fixture f;
        f.subscribe(ofShop());
        f.append(batch(1, {unnamed}));
        f.append(batch(2, {}, {{unnamed, unnamed, shop, 1, 1, 1}}));
        f.append(batch(2, {}, {{unnamed, shop, shopLater, 1, 1, 1}}));
        QCOMPARE(f.received(), (QStringList{"2: 1-shop/", "3:"}));
    }

    void amendedToAnother_doNotCome()
    {
        Fixture f;
        f.subscribe(ofShop());
        f.append(batch(1, {unnamed}));
        f.append(batch(2, {}, {{unnamed, unnamed, bank, 1, 1, 1}}));
        QCOMPARE(f.received(), QStringList());
    }

    void onlyThatStreamAndThoseNumbers()
    {
        Fixture f;
        f.subscribe(ofShop());
        f.append(batch(1, {unnamed}), "node-2");
        f.append(batch(1, {unnamed}), "node-1", test::streamB);
        f.append(batch(1, {unnamed, unnamed, unnamed}));
        f.append(batch(4, {}, {{unnamed, unnamed, shop, 1, 2, 2}}));
        QCOMPARE(f.received(), QStringList{"4: 2-shop/"});
    }

    void consoleThatCameBetween_getsThem()
    {
        Fixture f;
        f.append(batch(1, {unnamed}));
        f.subscribe(ofShop());
        f.append(batch(2, {}, {{unnamed, unnamed, shop, 1, 1, 1}}));
        QCOMPARE(f.received(), QStringList{"2: 1-shop/"});
    }

    void outOfTheRing_isCounted()
    {
        Fixture f;
        f.subscribe(ofShop());
        f.append(batch(1, {unnamed, unnamed}));
        f.append(batch(3, {unnamed}));
        f.received();
        f.ring.setLimits(1, 0); // only the last is left
        f.ring.setLimits(plenty, 0);
        f.append(batch(4, {}, {{unnamed, unnamed, shop, 3, 1, 3}}));
        QCOMPARE(f.received(), QStringList{"3: 3-shop/"});
        QCOMPARE(f.told(), QStringList{"late-events-gone 2"});
        QCOMPARE(f.told(), QStringList{"late-events-gone 2"}); // once
        QCOMPARE(f.session.droppedEvents(), 0u);
    }

    void outOfTheRingBeforeItCame_isNoLoss()
    {
        Fixture f;
        f.append(batch(4, {}, {{unnamed, unnamed, shop, 3, 1, 3}}));
        f.subscribe(ofShop());
        QCOMPARE(f.received(), QStringList{"1:"});
        QVERIFY(f.told().isEmpty());
    }

    void fromBeforeItCame_isNoLossWhenToldAfterwards_data()
    {
        QTest::addColumn<quint32>("last");
        QTest::addColumn<QStringList>("told");
        QTest::newRow("all of them from before") << quint32(3) << QStringList();
        QTest::newRow("some of them since") << quint32(5) << QStringList{"late-events-gone 2"};
    }
    void fromBeforeItCame_isNoLossWhenToldAfterwards()
    {
        QFETCH(quint32, last);
        Fixture f;
        f.append(batch(1, {unnamed, unnamed, unnamed}));
        f.subscribe(ofShop());
        f.append(batch(4, {unnamed, unnamed}));
        f.ring.setLimits(1, 0); // they go before anybody knows
        f.append(batch(6, {}, {{unnamed, unnamed, shop, last, 1, last}}));
        f.session.pump();
        QTEST(f.told(), "told");
    }

    void tooMany_areTheNewestAndTheRestIsCounted()
    {
        Fixture f;
        f.subscribe(ofShop());
        constexpr std::size_t each = 200, batches = 50;
        for (std::size_t i = 0; i < batches; ++i)
            f.append(batch(1 + i * each, std::vector<std::uint32_t>(each, unnamed)));
        f.append(batch(1 + batches * each, {}, {{unnamed, unnamed, shop, batches * each, 1, batches * each}}));
        f.session.pump();
        const auto deliveries = f.link.all<wire::Delivery>();
        QCOMPARE(deliveries.size(), std::size_t(1));
        const auto &events = std::get<wire::EventBatch>(deliveries[0].frame.body);
        QVERIFY(events.events.size() > 500 && events.events.size() < batches * each);
        QCOMPARE(events.seqOf(events.events.size() - 1), batches * each);
        QCOMPARE(events.seqOf(0), batches * each - events.events.size() + 1);
        QCOMPARE(f.told(), QStringList{QString("late-events-dropped %1").arg(batches * each - events.events.size())});
    }

    void slowConsole_losesThemCounted()
    {
        Fixture f({plenty, 1});
        f.subscribe(ofShop());
        f.append(batch(1, {unnamed, unnamed}));
        f.append(batch(3, {}, {{unnamed, unnamed, shop, 2, 1, 2}}));
        QCOMPARE(f.session.unsent().events, 2u);
        QCOMPARE(f.session.unsent().amendments, 1u);
        f.append(batch(3, {host}));
        QCOMPARE(f.received(), QStringList());
        QCOMPARE(f.session.droppedEvents(), 2u);
        QCOMPARE(f.session.droppedAmendments(), 1u);
        QCOMPARE(f.told(), QStringList{"amendments-dropped 1"});
    }

    /// What an agent may say, whatever it means: what goes out must be readable, and the search end.
    void hostile_data()
    {
        QTest::addColumn<QList<quint64>>("firstSeqs");
        QTest::addColumn<int>("amendments");
        constexpr quint64 far = 1ull << 60;
        QTest::newRow("a number twice") << QList<quint64>{5, 5, 4, 5} << 1;
        QTest::newRow("numbers that go back") << QList<quint64>{900, 5, 700, 1} << 1;
        QTest::newRow("numbers far apart") << QList<quint64>{1, far, far + 1} << 1;
        QTest::newRow("numbers that begin anew") << QList<quint64>{UINT64_MAX, UINT64_MAX - 1, 1} << 1;
        QTest::newRow("many amendments of one origin") << QList<quint64>{1, 3, 5} << 4000;
    }
    void hostile()
    {
        QFETCH(QList<quint64>, firstSeqs);
        QFETCH(int, amendments);
        Fixture f;
        f.subscribe(ofShop());
        for (const quint64 firstSeq : firstSeqs)
            f.append(batch(firstSeq, {unnamed, shop}));
        const wire::OriginAmendment all{unnamed, unnamed, shop, UINT32_MAX, 1, UINT64_MAX};
        f.append(batch(firstSeqs.back() + 2, {shop}, std::vector<wire::OriginAmendment>(std::size_t(amendments), all)));
        f.session.pump();
        QCOMPARE(f.link.all<wire::Delivery>().size(), std::size_t(firstSeqs.size() + 1)); // the link decodes them
    }
};

QTEST_APPLESS_MAIN(TestLateEvents)
#include "tst_lateevents.moc"
