// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <thread>

#include "console/cli/serverclient.h"
#include "tests/console/fakeendpoint.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;
using namespace std::chrono_literals;

Q_DECLARE_METATYPE(tapio::Errc)

namespace {

wire::Delivery delivery(std::uint64_t frameSeq)
{
    wire::Delivery delivery;
    delivery.node = "a";
    delivery.frame.streamId = 1;
    delivery.frame.frameSeq = frameSeq;
    delivery.frame.body = wire::EventBatch();
    return delivery;
}

} // namespace

class TestServerClient : public QObject {
    Q_OBJECT
    SystemClock m_clock;

private slots:
    void acks_waitForRoomAndAreNoError()
    {
        FakeServer server;
        std::vector<std::uint64_t> got;
        ServerClientHandlers handlers;
        handlers.delivery = [&](const wire::Delivery &d) { got.push_back(d.frame.frameSeq); };
        ServerClient client(server.connect(), "console-1", {}, handlers, m_clock);
        server.bringUp();
        server.say(wire::Welcome());
        QVERIFY(client.run(10s, [&] { return client.welcomed(); }, {}));
        server.setRoom(false);
        server.say(delivery(1));
        server.say(delivery(2));
        const Status busy = client.run(10s, [&] { return got.size() == 2 && server.refusals() > 0; }, {});
        QVERIFY2(busy, busy ? "" : busy.error().message().c_str());
        QVERIFY(server.sent<wire::Ack>().empty());
        server.setRoom(true);
        QVERIFY(client.run(10s, [&] { return !server.sent<wire::Ack>().empty(); }, {}));
        QCOMPARE(server.sent<wire::Ack>(), (std::vector<wire::Ack>{{"a", 1, 2}}));
    }

    void lostSession_isToldAndResumes()
    {
        FakeServer server;
        std::vector<std::uint64_t> got;
        QStringList told;
        ServerClientHandlers handlers;
        handlers.delivery = [&](const wire::Delivery &d) { got.push_back(d.frame.frameSeq); };
        handlers.link = [&](bool up, const std::string &reason) { told << (up ? "up" : "down " + QString::fromStdString(reason)); };
        ServerClient client(server.connect(), "console-1", {}, handlers, m_clock);
        server.bringUp();
        server.say(wire::Welcome());
        server.say(delivery(7));
        QVERIFY(client.run(10s, [&] { return got.size() == 1; }, {}));
        QVERIFY(told.isEmpty());

        server.say(wire::Bye{"shutdown", "the server stops", 0xFFFFFFFF});
        QVERIFY(client.run(10s, [&] { return !told.isEmpty(); }, {}).error().code() == Errc::TimedOut);
        QCOMPARE(told, QStringList{"down the server ended the session: the server stops (shutdown)"});
        QCOMPARE(server.pauses(), std::vector<std::chrono::milliseconds>{30s});

        server.bringUp();
        server.say(wire::Welcome());
        server.say(delivery(7)); // again
        server.say(delivery(8));
        QVERIFY(client.run(10s, [&] { return got.size() >= 2; }, {}));
        QCOMPARE(got, (std::vector<std::uint64_t>{7, 8}));
        QCOMPARE(told.size(), 2);
        QCOMPARE(told.last(), QString("up"));
        const auto subscribed = server.sent<wire::Subscribe>();
        QCOMPARE(subscribed.size(), std::size_t(2));
        QCOMPARE(subscribed.back().resume, (std::vector<wire::ResumePoint>{{"a", 1, 7}}));
        QVERIFY(subscribed.back().epoch > subscribed.front().epoch);
    }

    void closedConnection_isTold()
    {
        FakeServer server;
        int lost = 0;
        ServerClientHandlers handlers;
        handlers.link = [&](bool up, const std::string &) { lost += up ? 0 : 1; };
        ServerClient client(server.connect(), "console-1", {}, handlers, m_clock);
        server.bringUp();
        server.say(wire::Welcome());
        QVERIFY(client.run(10s, [&] { return client.welcomed(); }, {}));
        transport::Notice notice;
        notice.kind = transport::NoticeKind::Closed;
        notice.code = "reset";
        server.notice(notice);
        static_cast<void>(client.run(10s, [&] { return lost > 0; }, {}));
        QCOMPARE(lost, 1);
    }

    void refusalBeforeASession_data()
    {
        QTest::addColumn<QString>("code");
        QTest::addColumn<Errc>("error");
        for (const char *code : {"wrong-ca", "expired", "revoked", "unreachable", "unresolved"})
            QTest::newRow(code) << code << Errc::Refused;
        QTest::newRow("passes") << "reset" << Errc::TimedOut;
    }
    void refusalBeforeASession()
    {
        QFETCH(QString, code);
        FakeServer server;
        ServerClient client(server.connect(), "console-1", {}, {}, m_clock);
        transport::Notice notice;
        notice.code = code.toStdString();
        notice.remoteAddress = "127.0.0.1:7555";
        notice.reason = "It is so.";
        server.notice(notice);
        const Status ended = client.run(code == "reset" ? 300ms : 60s, [] { return false; }, {});
        QVERIFY(!ended);
        QTEST(ended.error().code(), "error");
        QCOMPARE(ended.error().context(), "127.0.0.1:7555: It is so. (" + code.toStdString() + ')');
        QCOMPARE(client.refusalCode(), code.toStdString());
    }

    void refusalAfterASession_isWaitedOut()
    {
        FakeServer server;
        ServerClient client(server.connect(), "console-1", {}, {}, m_clock);
        server.bringUp();
        server.say(wire::Welcome());
        QVERIFY(client.run(10s, [&] { return client.welcomed(); }, {}));
        transport::Notice notice;
        notice.kind = transport::NoticeKind::Closed;
        notice.code = "unreachable";
        server.notice(notice);
        QCOMPARE(client.run(300ms, [] { return false; }, {}).error().code(), Errc::TimedOut);
    }

    void refusal_isAnError()
    {
        FakeServer server;
        ServerClient client(server.connect(), "console-1", {}, {}, m_clock);
        server.bringUp();
        server.say(wire::Welcome());
        server.say(wire::Bye{"protocol", "this is no console", 0});
        const Status ended = client.run(10s, [] { return false; }, {});
        QVERIFY(!ended);
        QCOMPARE(ended.error().code(), Errc::Refused);
    }

    void stopBeforeASession_isCancelled()
    {
        FakeServer server;
        ServerClient client(server.connect(), "console-1", {}, {}, m_clock);
        std::stop_source stop;
        stop.request_stop();
        QCOMPARE(client
                     .run(
                         10s, [] { return false; }, stop.get_token())
                     .error()
                     .code(),
                 Errc::Cancelled);
    }
};

QTEST_GUILESS_MAIN(TestServerClient)
#include "tst_serverclient.moc"
