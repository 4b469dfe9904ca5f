// SPDX-License-Identifier: GPL-3.0-or-later
// Requests of consoles to agents, by way of the server.
#include <QtTest>

#include "tests/server/hubfixture.h"

using namespace tapio;
using namespace tapio::server;
using Fixture = test::HubFixture;

namespace {

/// An agent that takes requests.
test::RecordingLink &willing(Fixture &f, transport::PeerId peer, const std::string &name = "node-1")
{
    f.identities[peer] = test::identity(Role::Node, name);
    wire::Hello hello = test::nodeHello(name);
    hello.capabilities.emplace_back(wire::filterRequestCapability);
    f.send(peer, hello);
    return f.link(peer);
}

wire::FilterRequest request(std::uint64_t id, const std::string &node = "node-1") { return {id, node, "somebody-else", "[filter]\n"}; }

wire::FilterReply reply(std::uint64_t id)
{
    return {id, "what-it-likes", true, "ok", "", 3, std::string(64, 'f'), std::string(64, 'c'), "[filter]\n"};
}

} // namespace

class TestHubRequests : public QObject {
    Q_OBJECT
private slots:
    void request_reachesItsAgentAndTheReplyItsConsole()
    {
        Fixture f;
        auto &agent = willing(f, 1);
        willing(f, 2, "node-2");
        auto &console = f.console(8);
        auto &other = f.console(9);
        f.send(8, request(41));
        const auto passed = agent.last<wire::FilterRequest>();
        QCOMPARE(passed.node, std::string("node-1"));
        QCOMPARE(passed.rules, std::string("[filter]\n"));
        QCOMPARE(passed.requestedBy, std::string("desk")); // as the certificate says, whatever was written
        QVERIFY(f.link(2).all<wire::FilterRequest>().empty());
        f.send(1, reply(passed.id));
        const auto answered = console.all<wire::FilterReply>();
        QCOMPARE(answered.size(), std::size_t(1));
        QCOMPARE(answered[0].id, 41u);
        QCOMPARE(answered[0].node, std::string("node-1"));
        QVERIFY(answered[0].applied);
        QVERIFY(other.all<wire::FilterReply>().empty());
        QCOMPARE(f.sink.lastState("node-1").agent.configSha256, std::string(64, 'c'));
        f.send(1, reply(passed.id)); // once more
        QCOMPARE(console.all<wire::FilterReply>().size(), std::size_t(1));
    }

    void request_refusedByTheServer_data()
    {
        QTest::addColumn<QString>("node");
        QTest::addColumn<QString>("code");
        QTest::newRow("of a node that nobody knows") << "node-9"
                                                     << "not-connected";
        QTest::newRow("of an older agent") << "node-2"
                                           << "unsupported";
        QTest::newRow("of an agent that reads too slowly") << "node-1"
                                                           << "busy";
    }
    void request_refusedByTheServer()
    {
        QFETCH(QString, node);
        QFETCH(QString, code);
        Fixture f;
        willing(f, 1).busy = code.toStdString() == "busy";
        f.agent(2, "node-2");
        auto &console = f.console(9);
        f.send(9, request(5, node.toStdString()));
        const auto answered = console.last<wire::FilterReply>();
        QCOMPARE(QString::fromStdString(answered.code), code);
        QCOMPARE(answered.id, 5u);
        QVERIFY(!answered.applied && !answered.reason.empty());
        QVERIFY(console.closed.empty());
    }

    void reply_thatNeverComesIsToldAsThat()
    {
        Fixture f;
        auto &agent = willing(f, 1);
        auto &console = f.console(9);
        f.send(9, request(6));
        f.clock.advance(9 * nsPerSecond);
        f.hub.tick(true);
        QVERIFY(console.all<wire::FilterReply>().empty());
        f.clock.advance(2 * nsPerSecond);
        f.hub.tick(true);
        QCOMPARE(console.last<wire::FilterReply>().code, std::string("timed-out"));
        f.send(1, reply(agent.last<wire::FilterRequest>().id));
        QCOMPARE(console.all<wire::FilterReply>().size(), std::size_t(1));
    }

    void whoGoes_isNotWaitedFor()
    {
        Fixture f;
        auto &agent = willing(f, 1);
        auto &console = f.console(8);
        f.console(9);
        f.send(9, request(1));
        const auto ofGone = agent.last<wire::FilterRequest>();
        f.closed(9);
        f.send(1, reply(ofGone.id));
        f.send(8, request(2));
        f.closed(1);
        QCOMPARE(console.last<wire::FilterReply>().code, std::string("not-connected"));
        QCOMPARE(console.last<wire::FilterReply>().id, 2u);
    }

    void reply_ofAnotherNodeIsNone()
    {
        Fixture f;
        auto &agent = willing(f, 1);
        willing(f, 2, "node-2");
        auto &console = f.console(9);
        f.send(9, request(1));
        f.send(2, reply(agent.last<wire::FilterRequest>().id));
        QVERIFY(console.all<wire::FilterReply>().empty());
    }

    void manyAtOnce_areRefused()
    {
        Fixture f;
        auto &agent = willing(f, 1);
        auto &console = f.console(9);
        for (std::uint64_t id = 1; id <= FilterRequests::mostOfOne + 2; ++id)
            f.send(9, request(id));
        QCOMPARE(agent.all<wire::FilterRequest>().size(), FilterRequests::mostOfOne);
        const auto refused = console.all<wire::FilterReply>();
        QCOMPARE(refused.size(), std::size_t(2));
        QCOMPARE(refused[1].code, std::string("busy"));
    }

    void wrongWay_endsTheSession()
    {
        Fixture f;
        auto &agent = willing(f, 1);
        auto &console = f.console(9);
        f.send(1, request(1));
        QCOMPARE(agent.closed, std::string("protocol"));
        f.send(9, reply(1));
        QCOMPARE(console.closed, std::string("protocol"));
    }
};

QTEST_APPLESS_MAIN(TestHubRequests)
#include "tst_hubrequests.moc"
