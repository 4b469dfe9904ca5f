// SPDX-License-Identifier: GPL-3.0-or-later
// What is read out of the captured beginnings of requests and answers, and what routes are made of targets.
#include <QTest>

#include "agent/collect/kernel/httphead.h"
#include "agent/collect/kernel/httproute.h"
#include "protocol/wire/text.h"

using namespace tapio;

class tst_HttpHead : public QObject {
    Q_OBJECT

private slots:
    void request_data();
    void request();
    void request_refuses_data();
    void request_refuses();
    void request_isBounded();
    void answer_data();
    void answer();
    void answer_refuses_data();
    void answer_refuses();
    void route_data();
    void route();
    void route_isBounded();
    void routes_areBounded();
    void routes_thatNobodyUses_giveWay();
};

namespace {

std::string bytesOf(const char *text) { return text; }

} // namespace

void tst_HttpHead::request_data()
{
    QTest::addColumn<QByteArray>("captured");
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("target");
    QTest::addColumn<QString>("host");
    QTest::newRow("plain") << QByteArray("GET /a?b=c HTTP/1.1\r\nHost: x.example:80\r\n\r\n") << "GET"
                           << "/a?b=c"
                           << "x.example:80";
    QTest::newRow("a later field, any case") << QByteArray("POST / HTTP/1.0\r\nAccept: */*\r\nhOST:\t x \r\n\r\nbody") << "POST"
                                             << "/"
                                             << "x";
    QTest::newRow("bare line feeds") << QByteArray("PUT /a HTTP/1.1\nHost: x\n\n") << "PUT"
                                     << "/a"
                                     << "x";
    QTest::newRow("no host") << QByteArray("HEAD / HTTP/1.0\r\n\r\n") << "HEAD"
                             << "/"
                             << "";
    QTest::newRow("a host in the body is none") << QByteArray("POST / HTTP/1.1\r\n\r\nHost: x\r\n") << "POST"
                                                << "/"
                                                << "";
    QTest::newRow("everything") << QByteArray("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n") << "OPTIONS"
                                << "*"
                                << "x";
    QTest::newRow("absolute form") << QByteArray("GET http://h/p HTTP/1.1\r\nHost: h\r\n\r\n") << "GET"
                                   << "http://h/p"
                                   << "h";
    QTest::newRow("a tunnel") << QByteArray("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n") << "CONNECT"
                              << "h:443"
                              << "h:443";
    QTest::newRow("cut within the target") << QByteArray("DELETE /abc") << "DELETE"
                                           << "/abc"
                                           << "";
    QTest::newRow("cut within the version") << QByteArray("GET /abc HTT") << "GET"
                                            << "/abc"
                                            << "";
    QTest::newRow("cut within the host: not half of it") << QByteArray("GET / HTTP/1.1\r\nHost: exam") << "GET"
                                                         << "/"
                                                         << "";
    QTest::newRow("a target that is no UTF-8") << QByteArray("GET /\xff HTTP/1.1\r\n\r\n") << "GET" << QString("/\ufffd") << "";
}

void tst_HttpHead::request()
{
    QFETCH(QByteArray, captured);
    const auto head = agent::parseHttpRequest(captured.toStdString());
    QVERIFY(head.has_value());
    QTEST(QString::fromStdString(head->method), "method");
    QTEST(QString::fromStdString(head->target), "target");
    QTEST(QString::fromStdString(head->host), "host");
}

void tst_HttpHead::request_refuses_data()
{
    QTest::addColumn<QByteArray>("captured");
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("no space") << QByteArray("GET/");
    QTest::newRow("no target") << QByteArray("GET ");
    QTest::newRow("no target, but a version") << QByteArray("GET  HTTP/1.1\r\n\r\n");
    QTest::newRow("lower case") << QByteArray("get / HTTP/1.1\r\n\r\n");
    QTest::newRow("a space first") << QByteArray(" / HTTP/1.1\r\n\r\n");
    QTest::newRow("a method of 17 letters") << QByteArray("ABCDEFGHIJKLMNOPQ / HTTP/1.1\r\n\r\n");
    QTest::newRow("an inline command of Redis") << QByteArray("GET key\r\n");
    QTest::newRow("RTSP") << QByteArray("OPTIONS rtsp://x/y RTSP/1.0\r\nCSeq: 1\r\n\r\n");
    QTest::newRow("zeros") << QByteArray(256, '\0');
}

void tst_HttpHead::request_refuses()
{
    QFETCH(QByteArray, captured);
    const auto head = agent::parseHttpRequest(captured.toStdString());
    QVERIFY(!head.has_value());
    QCOMPARE(head.error().code(), Errc::Malformed);
}

void tst_HttpHead::request_isBounded()
{
    const std::string captured = "GET /" + std::string(400, 'a') + "\xc3\xa9 HTTP/1.1\r\nHost: " + std::string(300, 'h') + "\r\n\r\n";
    const auto head = agent::parseHttpRequest(captured);
    QVERIFY(head.has_value());
    QCOMPARE(head->target.size(), agent::HttpRequestHead::mostTargetBytes);
    QCOMPARE(head->host.size(), agent::HttpRequestHead::mostHostBytes);
}

void tst_HttpHead::answer_data()
{
    QTest::addColumn<QByteArray>("captured");
    QTest::addColumn<QString>("method");
    QTest::addColumn<int>("status");
    QTest::addColumn<quint64>("bytes");
    const QByteArray ten = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
    const QByteArray bare = "HTTP/1.1 204 No Content\r\n\r\n";
    QTest::newRow("with a length") << ten + "0123456789"
                                   << "GET" << 200 << quint64(ten.size() + 10);
    QTest::newRow("its body comes later") << ten << "GET" << 200 << quint64(ten.size() + 10);
    QTest::newRow("of HEAD") << ten << "HEAD" << 200 << quint64(ten.size());
    QTest::newRow("without content") << bare << "GET" << 204 << quint64(bare.size());
    QTest::newRow("not modified, with a length")
        << QByteArray("HTTP/1.1 304 x\r\nContent-Length: 10\r\n\r\n") << "GET" << 304 << quint64(38);
    QTest::newRow("in chunks") << QByteArray("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n") << "GET" << 200 << quint64(0);
    QTest::newRow("in chunks, and a length that counts for nothing")
        << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n") << "GET" << 200 << quint64(0);
    QTest::newRow("until the end of the connection") << QByteArray("HTTP/1.0 200 OK\r\n\r\nabc") << "GET" << 200 << quint64(0);
    QTest::newRow("a head that goes on") << QByteArray("HTTP/1.1 500 Oh\r\nContent-Length: 5\r\nX: ") << "GET" << 500 << quint64(0);
    QTest::newRow("a length that is none") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n") << "GET" << 200 << quint64(0);
    QTest::newRow("a length beyond all numbers")
        << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n") << "GET" << 200 << quint64(0);
    QTest::newRow("nothing but a status") << QByteArray("HTTP/1.1 404") << "GET" << 404 << quint64(0);
}

void tst_HttpHead::answer()
{
    QFETCH(QByteArray, captured);
    QFETCH(QString, method);
    const auto head = agent::parseHttpAnswer(captured.toStdString(), method.toStdString());
    QVERIFY(head.has_value());
    QTEST(int(head->status), "status");
    QTEST(quint64(head->bytes), "bytes");
}

void tst_HttpHead::answer_refuses_data()
{
    QTest::addColumn<QByteArray>("captured");
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("cut within the status") << QByteArray("HTTP/1.1 20");
    QTest::newRow("no number") << QByteArray("HTTP/1.1 2x0 OK\r\n\r\n");
    QTest::newRow("below 100") << QByteArray("HTTP/1.1 099 OK\r\n\r\n");
    QTest::newRow("another version") << QByteArray("HTTP/2.0 200 OK\r\n\r\n");
    QTest::newRow("no space") << QByteArray("HTTP/1.1_200 OK\r\n\r\n");
}

void tst_HttpHead::answer_refuses()
{
    QFETCH(QByteArray, captured);
    const auto head = agent::parseHttpAnswer(captured.toStdString(), "GET");
    QVERIFY(!head.has_value());
    QCOMPARE(head.error().code(), Errc::Malformed);
}

void tst_HttpHead::route_data()
{
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("target");
    QTest::addColumn<QString>("route");
    const auto add = [](const char *name, const QString &target, const QString &route, const char *method = "GET") {
        QTest::newRow(name) << method << target << route;
    };
    add("a name", "/healthz", "/healthz");
    add("the root", "/", "/");
    add("a query", "/search?q=1#x", "/search");
    add("nothing but a query", "/?q", "/");
    add("a number", "/users/42/orders/7", "/users/{id}/orders/{id}");
    add("a number last, with a slash", "/users/42/", "/users/{id}/");
    add("a version is a name", "/api/v1/pods", "/api/v1/pods");
    add("a number within a name", "/file42", "/file42");
    add("a UUID", "/o/123e4567-E89b-12d3-a456-426614174000/x", "/o/{id}/x");
    add("almost a UUID", "/o/123e4567-e89b-12d3-a456_42661417400g", "/o/123e4567-e89b-12d3-a456_42661417400g");
    add("8 hexadecimal digits", "/blob/dEadBee1", "/blob/{id}");
    add("7 hexadecimal digits", "/blob/deadbee", "/blob/deadbee");
    add("a digest", "/blobs/" + QString(64, 'a'), "/blobs/{id}");
    add("40 characters are a name", "/" + QString(40, 'z'), "/" + QString(40, 'z'));
    add("41 are none", "/" + QString(41, 'z'), "/{id}");
    add("empty segments", "//a//1", "//a//{id}");
    add("absolute form", "http://h.example:80/users/1?x", "/users/{id}");
    add("absolute form without a path", "http://h.example", "/");
    add("a scheme in a path is none", "/x/http://y", "/x/http://y");
    add("everything", "*", "*", "OPTIONS");
    add("a tunnel", "h.example:443", "{authority}", "CONNECT");
    add("nothing", "", "");
}

void tst_HttpHead::route()
{
    QFETCH(QString, method);
    QFETCH(QString, target);
    QTEST(QString::fromStdString(agent::routeTemplate(method.toStdString(), target.toStdString())), "route");
}

void tst_HttpHead::route_isBounded()
{
    std::string target;
    for (int i = 0; i < 100; ++i)
        target += "/part";
    const std::string route = agent::routeTemplate("GET", target);
    QVERIFY(route.size() <= agent::mostRouteBytes);
    QVERIFY(route.ends_with("/{more}"));
    const std::string whole(5 * 40, 'x'); // one segment, far too long
    QCOMPARE(agent::routeTemplate("GET", "/" + whole), bytesOf("/{id}"));
}

void tst_HttpHead::routes_areBounded()
{
    agent::RouteTable routes(3, 100);
    for (const char *route : {"/a", "/b", "/c"})
        QCOMPARE(routes.admit(route, 0), bytesOf(route));
    QCOMPARE(routes.admit("/d", 99), bytesOf("{other}"));
    QCOMPARE(routes.admit("/a", 99), bytesOf("/a"));
    QCOMPARE(routes.size(), std::size_t(3));
}

void tst_HttpHead::routes_thatNobodyUses_giveWay()
{
    agent::RouteTable routes(2, 100);
    routes.admit("/a", 0);
    routes.admit("/b", 10);
    routes.admit("/a", 20);
    QCOMPARE(routes.admit("/c", 110), bytesOf("/c")); // for /b, the last used first
    QCOMPARE(routes.admit("/b", 110), bytesOf("{other}"));
    QCOMPARE(routes.admit("/b", 120), bytesOf("/b")); // for /a
    QCOMPARE(routes.size(), std::size_t(2));
    agent::RouteTable none(0);
    QCOMPARE(none.admit("/a", 0), bytesOf("{other}"));
}

QTEST_GUILESS_MAIN(tst_HttpHead)
#include "tst_httphead.moc"
