// SPDX-License-Identifier: GPL-3.0-or-later
// What answers scrapes and probes, and what people may send to it.
#include <QtTest>

#include <deque>
#include <memory>

#include "agent/observe/httpserver.h"
#include "tests/agent/httpclient.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using namespace std::chrono_literals;

namespace {

const SystemClock systemClock;

std::unique_ptr<HttpServer> serve(HttpLimits limits = {})
{
    auto server = HttpServer::start(
        {"127.0.0.1", 0},
        [](const std::string &path, const HttpFigures &figures) {
            if (path == "/figures")
                return plainText(200, std::to_string(figures.timedOut) + " " + std::to_string(figures.crowdedOut));
            return plainText(path == "/there" ? 200 : 404, "asked for " + path);
        },
        systemClock, limits);
    return server ? std::move(*server) : nullptr;
}

} // namespace

class TestHttpServer : public QObject {
    Q_OBJECT
private slots:
    void head_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("read"); // "METHOD PATH", "incomplete", or the error's code
        const QByteArray get = "GET /metrics HTTP/1.1\r\n";
        QTest::newRow("what Prometheus sends")
            << get + "Host: n:9117\r\nUser-Agent: Prometheus/2.42.0\r\nAccept: text/plain;version=0.0.4;q=0.2,*/*;q=0.1\r\n\r\n"
            << "GET /metrics";
        QTest::newRow("what the kubelet sends") << QByteArray(
            "GET /healthz HTTP/1.1\r\nHost: 10.0.0.1:9117\r\nUser-Agent: kube-probe/1.27\r\nAccept: */*\r\nConnection: close\r\n\r\n")
                                                << "GET /healthz";
        QTest::newRow("HTTP/1.0 without fields") << QByteArray("HEAD / HTTP/1.0\r\n\r\n") << "HEAD /";
        QTest::newRow("line ends without CR") << QByteArray("GET /x HTTP/1.1\nHost: a\n\n") << "GET /x";
        QTest::newRow("a query") << QByteArray("GET /metrics?name[]=a?b HTTP/1.1\r\n\r\n") << "GET /metrics";
        QTest::newRow("another method") << QByteArray("POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc") << "POST /metrics";
        QTest::newRow("nothing yet") << QByteArray() << "incomplete";
        QTest::newRow("half a line") << QByteArray("GET /met") << "incomplete";
        QTest::newRow("half a head") << get + "Host: a\r\n"
                                     << "incomplete";
        QTest::newRow("a head that is almost too long") << get + "X: " + QByteArray(mostHeadBytes - 100, 'a') << "incomplete";
        QTest::newRow("a head that is too long") << get + "X: " + QByteArray(mostHeadBytes, 'a') << "no-space";
        QTest::newRow("a line that is too long") << QByteArray(mostHeadBytes + 1, 'A') << "no-space";
        QTest::newRow("very many fields") << get + QByteArray("A: b\r\n").repeated(3000) << "no-space";
        QTest::newRow("a head that ends beyond the limit") << get + "X: " + QByteArray(mostHeadBytes, 'a') + "\r\n\r\n"
                                                           << "no-space";
        QTest::newRow("HTTP/2's preface") << QByteArray("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") << "malformed";
        QTest::newRow("HTTP/0.9") << QByteArray("GET /\r\n\r\n") << "malformed";
        QTest::newRow("a version that is none") << QByteArray("GET / HTTP/1.2\r\n\r\n") << "malformed";
        QTest::newRow("TLS") << QByteArray("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) << "malformed";
        QTest::newRow("TLS with a line end") << QByteArray("\x16\x03\x01\n", 4) << "malformed";
        QTest::newRow("zeros") << QByteArray(64, '\0') << "malformed";
        QTest::newRow("an empty line first") << QByteArray("\r\nGET / HTTP/1.1\r\n\r\n") << "malformed";
        QTest::newRow("a path with a zero") << QByteArray("GET /a\0b HTTP/1.1\r\n\r\n", 21) << "malformed";
        QTest::newRow("a path with bytes above ASCII") << QByteArray("GET /\xc3\xa4 HTTP/1.1\r\n\r\n") << "malformed";
        QTest::newRow("a path that is very long") << "GET /" + QByteArray(2000, 'a') + " HTTP/1.1\r\n\r\n"
                                                  << "malformed";
        QTest::newRow("a path with spaces") << QByteArray("GET /a b HTTP/1.1\r\n\r\n") << "malformed";
        QTest::newRow("a proxy's request") << QByteArray("GET http://example.org/ HTTP/1.1\r\n\r\n") << "malformed";
        QTest::newRow("CONNECT") << QByteArray("CONNECT example.org:443 HTTP/1.1\r\n\r\n") << "malformed";
        QTest::newRow("a method that is no token") << QByteArray("G(T / HTTP/1.1\r\n\r\n") << "malformed";
        QTest::newRow("a method that is very long") << QByteArray(40, 'G') + " / HTTP/1.1\r\n\r\n"
                                                    << "malformed";
        QTest::newRow("a field without a colon") << get + "nonsense\r\n\r\n"
                                                 << "malformed";
        QTest::newRow("a folded field") << get + "A: b\r\n c\r\n\r\n"
                                        << "malformed";
        QTest::newRow("a field with a space before its colon") << get + "A : b\r\n\r\n"
                                                               << "malformed";
        QTest::newRow("a field with a zero") << get + QByteArray("A: \0\r\n\r\n", 8) << "malformed";
        QTest::newRow("a CR inside a field") << get + "A: b\rC: d\r\n\r\n"
                                             << "malformed";
    }
    void head()
    {
        QFETCH(QByteArray, bytes);
        const auto request = parseRequestHead({bytes.constData(), std::size_t(bytes.size())});
        const std::string read = !request   ? std::string(errcName(request.error().code()))
                                 : *request ? (*request)->method + " " + (*request)->path
                                            : "incomplete";
        QTEST(QString::fromStdString(read), "read");
    }

    void answer_data()
    {
        QTest::addColumn<QByteArray>("request");
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("body");
        QTest::newRow("a path that is there") << QByteArray("GET /there HTTP/1.1\r\n\r\n") << 200 << QByteArray("asked for /there\n");
        QTest::newRow("a path that is not") << QByteArray("GET /x HTTP/1.1\r\n\r\n") << 404 << QByteArray("asked for /x\n");
        QTest::newRow("HEAD has no body") << QByteArray("HEAD /there HTTP/1.1\r\n\r\n") << 200 << QByteArray();
        QTest::newRow("POST with a body") << "POST /there HTTP/1.1\r\nContent-Length: 30000\r\n\r\n" + QByteArray(30000, 'x') << 405
                                          << QByteArray("only GET and HEAD\n");
        QTest::newRow("garbage") << QByteArray("\x01\x02\x03\r\n\r\n") << 400 << QByteArray("the request line is none of HTTP/1\n");
        QTest::newRow("a huge header") << "GET / HTTP/1.1\r\nX: " + QByteArray(20000, 'x') << 431
                                       << QByteArray("the request's head is longer than 8192 bytes\n");
        QTest::newRow("two requests: the first is answered")
            << QByteArray("GET /there HTTP/1.1\r\n\r\nGET /x HTTP/1.1\r\n\r\n") << 200 << QByteArray("asked for /there\n");
    }
    void answer()
    {
        QFETCH(QByteArray, request);
        const auto server = serve();
        QVERIFY(server);
        RawClient client(server->address().port);
        client.send(request);
        client.sayNoMore();
        const Answer answer = toAnswer(client.readAll());
        QVERIFY(client.closed());
        QTEST(answer.status, "status");
        QTEST(answer.body, "body");
        QVERIFY(answer.head.contains("Connection: close\r\n"));
    }

    void answer_toARequestInPieces()
    {
        const auto server = serve();
        RawClient client(server->address().port);
        for (const char byte : QByteArray("GET /there HTTP/1.1\r\nHost: a\r\n\r\n"))
            QVERIFY(client.send(QByteArray(1, byte)));
        QCOMPARE(toAnswer(client.readAll()).status, 200);
    }

    void client_thatHangsUpIsNoHarm()
    {
        const auto server = serve();
        for (const char *request : {"", "GET /th", "GET /there HTTP/1.1\r\n\r\n"})
            RawClient(server->address().port).send(request);
        QCOMPARE(get(server->address().port, "/there").status, 200);
    }

    void client_thatIsSlowIsEndedAndHoldsNobodyUp()
    {
        HttpLimits limits;
        limits.deadline = 300ms;
        const auto server = serve(limits);
        RawClient slow(server->address().port);
        QVERIFY(slow.send("GET /there HTTP/1.1\r\nX: "));
        QElapsedTimer timer;
        timer.start();
        QCOMPARE(get(server->address().port, "/there").status, 200); // while the slow one is still there
        QVERIFY(slow.readAll().isEmpty());
        QVERIFY(slow.closed());
        QVERIFY(timer.elapsed() >= 200);
        QVERIFY(get(server->address().port, "/figures").body.startsWith("1 "));
    }

    void client_thatNeverReadsItsAnswerIsEnded()
    {
        HttpLimits limits;
        limits.deadline = 200ms;
        const std::string large(32u << 20, 'x');
        auto server = HttpServer::start(
            {"127.0.0.1", 0},
            [&](const std::string &path, const HttpFigures &figures) {
                return path == "/large" ? plainText(200, large) : plainText(200, std::to_string(figures.timedOut));
            },
            systemClock, limits);
        QVERIFY(server.has_value());
        RawClient greedy((*server)->address().port);
        QVERIFY(greedy.send("GET /large HTTP/1.1\r\n\r\n"));
        QTRY_COMPARE_WITH_TIMEOUT(get((*server)->address().port, "/").body, QByteArray("1\n"), 10'000);
    }

    void connections_thatAreManyCrowdOutTheOldest()
    {
        HttpLimits limits;
        limits.connections = 8;
        limits.deadline = 60s;
        const auto server = serve(limits);
        std::deque<RawClient> idle;
        for (int i = 0; i < 200; ++i)
            QVERIFY(idle.emplace_back(server->address().port).send("GET /slow"));
        QCOMPARE(get(server->address().port, "/there").status, 200);
        const QByteArray figures = get(server->address().port, "/figures").body;
        QVERIFY2(figures.startsWith("0 "), figures.constData());
        QVERIFY2(figures.split(' ').at(1).toInt() >= 190, figures.constData());
        QVERIFY(idle.front().readAll().isEmpty());
        QVERIFY(idle.front().closed());
    }

    void portInUse_isNamed()
    {
        const auto server = serve();
        const auto second = HttpServer::start(
            server->address(), [](const std::string &, const HttpFigures &) { return HttpResponse(); }, systemClock);
        QVERIFY(!second);
        QCOMPARE(second.error().code(), Errc::Busy);
        QVERIFY(second.error().context().find(toText(server->address()) + " is in use") != std::string::npos);
    }

    void destructor_endsWithConnectionsOpen()
    {
        auto server = serve();
        RawClient idle(server->address().port);
        QVERIFY(idle.send("GET /"));
        QElapsedTimer timer;
        timer.start();
        server.reset();
        QVERIFY(timer.elapsed() < 2000);
        QVERIFY(idle.readAll().isEmpty());
        QVERIFY(idle.closed());
    }
};

QTEST_GUILESS_MAIN(TestHttpServer)
#include "tst_httpserver.moc"
