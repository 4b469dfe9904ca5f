// SPDX-License-Identifier: GPL-3.0-or-later
// What a session that begins anew knows of nodes that are gone.
#include <QtTest>

#include <QTemporaryDir>

#include "console/core/metrics/export.h"
#include "console/core/session/session.h"
#include "console/core/session/status.h"
#include "console/core/session/streamcounters.h"
#include "console/core/store/sqlite.h"
#include "tests/console/inputbuilder.h"
#include "tests/support/samplehooks.h"
#include "tests/support/testpki.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

constexpr int patience = 15'000;

SessionOptions embedded(const QTemporaryDir &folder, TestPki &pki)
{
    SessionOptions options;
    options.embedded.emplace();
    options.embedded->endpoint.tls = pki.server();
    options.embedded->endpoint.port = 0;
    options.store.file = std::filesystem::path(folder.path().toStdString()) / "test.tapio";
    return options;
}

} // namespace

class TestSessionNodes : public QObject {
    Q_OBJECT
private slots:
    void restart_aGoneNodeKeepsItsFacts_data()
    {
        QTest::addColumn<qint64>("heardNs");
        QTest::addColumn<bool>("damaged");
        QTest::newRow("months ago") << qint64(at(600)) << false;
        QTest::newRow("by a server whose clock is ahead") << qint64(m_clock.utcNs() + 3600 * nsPerSecond) << false;
        QTest::newRow("where no figure can be read") << qint64(at(600)) << true;
    }
    /// Whoever hears that nodes are known has them at once, and of what time what is known of them is.
    void restart_aGoneNodeKeepsItsFacts()
    {
        QFETCH(qint64, heardNs);
        QFETCH(bool, damaged);
        const QTemporaryDir folder;
        const SessionOptions options = embedded(folder, m_pki);
        storeNode(options.store, heardNs);
        if (damaged) {
            auto database = Database::open(options.store.file, Database::Mode::ReadWrite, {});
            QVERIFY(database && (*database)->execute("DROP TABLE verdict"));
        }
        const auto session = Session::open(options, m_clock);
        QVERIFY2(session, session ? "" : session.error().message().c_str());
        std::optional<std::size_t> found;
        connect(session->get(), &Session::agentsChanged, session->get(), [&] { found = found.value_or((*session)->agents().size()); });
        QTRY_VERIFY_WITH_TIMEOUT(found.has_value(), patience);
        QCOMPARE(*found, 1u);
        const wire::AgentState agent = (*session)->agents()[0];
        QCOMPARE(agent.state, wire::LinkState::Gone);
        QCOMPARE(agent.agent.version, std::string("1.2.3"));
        QCOMPARE(agent.lastHeartbeatNs, heardNs);
        QCOMPARE(agent.heartbeat.queuedEvents, 12u);
        QCOMPARE((*session)->hooks("node-1").size(), 1u);
        QCOMPARE((*session)->hooks("node-1")[0].hooks.size(), 2u);
        QCOMPARE((*session)->counters("node-1")[Counter::Lost], 9u);
        const std::string status = statusBlock(**session);
        const std::string line = "node-1 gone, all of it as of " + timeText(heardNs) + ", 77 events received, 1 of 2 hooks";
        QVERIFY2(status.find(line) != std::string::npos, status.c_str());
        // The Overview has the node's hooks, too.
        const auto cell = [&]() -> std::optional<NodeCell> {
            const auto *view = std::get_if<CoverageView>(&(*session)->overview().panels[static_cast<std::size_t>(PanelId::Coverage)].view);
            return view && !view->cells.empty() ? std::optional(view->cells.front()) : std::nullopt;
        };
        QTRY_VERIFY_WITH_TIMEOUT(cell(), patience);
        QCOMPARE(cell()->state, NodeCell::State::Gone);
        QCOMPARE(cell()->hooksWanted, 2u);
    }

    void counts_areTheSameWhicheverComesFirst_data()
    {
        QTest::addColumn<quint64>("liveStream");
        QTest::addColumn<quint64>("total");
        QTest::newRow("an agent that was started again") << quint64(6) << quint64(9 + 4);
        QTest::newRow("the agent that the store knows") << quint64(5) << quint64(4);
    }
    void counts_areTheSameWhicheverComesFirst()
    {
        QFETCH(quint64, liveStream);
        const auto lost = [](std::uint64_t stream, std::uint64_t count) {
            wire::CounterReport report{0, {{"process", {}}}};
            report.sources[0].counters[Counter::Lost] = count;
            return countersOf(stream, report);
        };
        StreamCounters storeFirst, liveFirst;
        storeFirst.takeStored(lost(5, 9));
        storeFirst.take(lost(liveStream, 4));
        liveFirst.take(lost(liveStream, 4));
        liveFirst.takeStored(lost(5, 9));
        QTEST(quint64(storeFirst.total()[Counter::Lost]), "total");
        QTEST(quint64(liveFirst.total()[Counter::Lost]), "total");
    }

private:
    /// A node that was connected when the console before ended.
    void storeNode(const StoreOptions &store, std::int64_t heardNs)
    {
        auto writer = StoreWriter::open(store, m_clock);
        QVERIFY(writer);
        wire::AgentState agent;
        agent.node = "node-1";
        agent.state = wire::LinkState::Connected;
        agent.streamId = 5;
        agent.lastHeartbeatNs = heardNs;
        agent.agent.version = "1.2.3";
        agent.heartbeat.id = 7;
        agent.heartbeat.queuedEvents = 12;
        agent.receivedEvents = 77;
        QVERIFY((*writer)->putAgent(agent));
        wire::HookReport hooks = test::oneOfTwoHooks();
        hooks.timeNs = heardNs - 60 * nsPerSecond;
        wire::CounterReport counters;
        counters.timeNs = heardNs - 5 * nsPerSecond;
        counters.sources = {{"process", {}}};
        counters.sources[0].counters[Counter::Lost] = 9;
        wire::Delivery delivery;
        delivery.node = agent.node;
        delivery.frame.streamId = agent.streamId;
        for (decltype(delivery.frame.body) body : {decltype(delivery.frame.body)(hooks), decltype(delivery.frame.body)(counters)}) {
            ++delivery.frame.frameSeq;
            delivery.frame.body = std::move(body);
            QVERIFY((*writer)->append(delivery));
        }
        QVERIFY((*writer)->flush());
    }

    SystemClock m_clock;
    TestPki m_pki;
};

QTEST_GUILESS_MAIN(TestSessionNodes)
#include "tst_sessionnodes.moc"
