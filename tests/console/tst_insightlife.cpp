// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <algorithm>

#include "console/core/metrics/insightlife.h"
#include "protocol/wire/evidence.h"
#include "tests/console/insightviews.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

class tst_InsightLife : public QObject {
    Q_OBJECT

private slots:
    void life_data();
    void life();
    void life_ofAServersOwn();
    void streams_areTheNewest();
};

void tst_InsightLife::life_data()
{
    QTest::addColumn<int>("state");
    QTest::addColumn<quint64>("streamThen");
    QTest::addColumn<quint64>("streamNow");
    QTest::addColumn<qint64>("silentS");
    QTest::addColumn<int>("life");
    const auto row = [](const char *name, wire::InsightState state, quint64 then, quint64 now, qint64 silentS, InsightLife is) {
        QTest::newRow(name) << int(state) << then << now << silentS << int(is);
    };
    using enum InsightLife;
    row("open", wire::InsightState::Open, 7, 7, 60, Open);
    row("updated", wire::InsightState::Updated, 7, 7, 60, Open);
    row("resolved, whoever told it", wire::InsightState::Resolved, 7, 8, 60, Resolved);
    row("expired", wire::InsightState::Expired, 7, 8, 60, Expired);
    row("its agent began anew", wire::InsightState::Open, 7, 8, 60, Abandoned);
    row("which stream it was is not known", wire::InsightState::Open, 0, 8, 60, Open);
    row("which stream it is now is not known", wire::InsightState::Open, 7, 0, 60, Open);
    row("just less than a day", wire::InsightState::Open, 7, 7, 24 * 3600, Open);
    row("not heard of for a day", wire::InsightState::Open, 7, 7, 24 * 3600 + 1, Abandoned);
    row("of a newer version", static_cast<wire::InsightState>(77), 7, 7, 60, Unknown);
}

void tst_InsightLife::life()
{
    QFETCH(int, state);
    QFETCH(quint64, streamThen);
    QFETCH(quint64, streamNow);
    QFETCH(qint64, silentS);
    InsightView one = view(1, "shop/web", t0, t0);
    one.insight.state = static_cast<wire::InsightState>(state);
    one.insight.evidence = {"nothing that can be read",
                            wire::evidenceLine({"kill", t0, 0, "n1", streamThen, streamThen == 0 ? 0ULL : 5ULL, "killed"}),
                            wire::evidenceLine({"seen", t0, 0, "n2", 99, 5, "of another node"})};
    const NodeStreams streams = streamNow == 0 ? NodeStreams() : NodeStreams{{"n1", streamNow}};
    QTEST(static_cast<int>(lifeOf(one, streams, t0 + silentS * s)), "life");
}

void tst_InsightLife::life_ofAServersOwn()
{
    InsightView one = view(1, "shop/web", t0, t0);
    one.node = "server:hq";
    QCOMPARE(lifeOf(one, {}, t0 + 2 * 3600 * s), InsightLife::Open);
    QCOMPARE(lifeOf(one, {}, t0 + 2 * 3600 * s + 1), InsightLife::Abandoned);
}

void tst_InsightLife::streams_areTheNewest()
{
    const auto stored = [](std::int64_t chunk, const std::string &node, std::uint64_t streamId) {
        StoredEvent event;
        event.id = {chunk, 0};
        event.node = node;
        event.event.timeNs = t0;
        event.streamId = streamId;
        return event;
    };
    StreamsSeen seen;
    for (const StoredEvent &event :
         {stored(2, "server:hq", 8), stored(1, "server:hq", 7), stored(3, "server:hq", 0), stored(4, "n1", 5), stored(5, "n2", 6)})
        seen.add(event);
    wire::AgentState n1, n2;
    n1.node = "n1";
    n1.streamId = 9;
    n2.node = "n2"; // which does not know it
    QCOMPARE(seen.with({n1, n2}), (NodeStreams{{"server:hq", 8}, {"n1", 9}, {"n2", 6}}));
    InsightView one = view(1, "node-1", t0, t0);
    one.node = "server:hq";
    one.streamId = 7;
    QCOMPARE(lifeOf(one, seen.with({}), t0 + s), InsightLife::Abandoned);
    one.streamId = 8;
    QCOMPARE(lifeOf(one, seen.with({}), t0 + s), InsightLife::Open);
}

QTEST_GUILESS_MAIN(tst_InsightLife)
#include "tst_insightlife.moc"
