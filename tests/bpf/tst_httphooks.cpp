// SPDX-License-Identifier: GPL-3.0-or-later
// Trigger and assert: HTTP/1.1 as both ends of a connection see it. Client and server follow one script, step by step.
#include <QTest>

#include <algorithm>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bpf/memorycgroup.h"
#include "tests/bpf/tcppeer.h"

using namespace tapio;
using namespace tapio::test;

namespace {

enum class Who { Client, Server };

/// One segment.
struct Says {
    Who who;
    QByteArray bytes;
};
using Script = QList<Says>;

enum class End { ClientCloses, ServerResets, ClientResets };

/// What is expected of one request, in both events.
struct Told {
    QString method;
    QString target;
    QString route;
    int status = 0; ///< 0 = aborted
    quint64 requestBytes = 0;
    quint64 responseBytes = 0;
    bool pipelined = false;
};
using Tale = QList<Told>;

} // namespace

Q_DECLARE_METATYPE(tapio::test::Family)
Q_DECLARE_METATYPE(Script)
Q_DECLARE_METATYPE(End)
Q_DECLARE_METATYPE(Tale)

class tst_HttpHooks : public QObject {
    Q_OBJECT

private slots:
    void conversation_data();
    void conversation();
    void processes_areThoseThatSpeak();
    void deferredAccept_missesNothing();
    void closedByTheClient_isAborted();
    void otherProtocols_data();
    void otherProtocols();
    void binaryFirst_isGivenUp();
    void givenUp_isTheConnectionAlone();
    void tooManyAtOnce_areCounted();
    void ownTraffic_isFiltered();
    void withoutTheTcpCollector_worksAlike();
};

namespace {

constexpr int failed = 9;

Says client(const QByteArray &bytes) { return {Who::Client, bytes}; }

Says server(const QByteArray &bytes) { return {Who::Server, bytes}; }

QByteArray get(const QByteArray &target) { return "GET " + target + " HTTP/1.1\r\nHost: h.example\r\n\r\n"; }

QByteArray answer(const QByteArray &status, const QByteArray &body = {})
{
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body;
}

/// One side of the script; each step a segment of its own.
bool follow(int fd, const Script &script, Who me)
{
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    for (const Says &step : script) {
        const auto size = static_cast<std::size_t>(step.bytes.size());
        if (step.who == me) {
            for (std::size_t sent = 0; sent < size;) {
                const ssize_t now = ::send(fd, step.bytes.constData() + sent, size - sent, MSG_NOSIGNAL);
                if (now <= 0)
                    return false;
                sent += static_cast<std::size_t>(now);
            }
            if (!drained(fd))
                return false;
        } else if (!receiveBytes(fd, size)) {
            return false;
        }
    }
    return true;
}

int serve(int listener, const Script &script, End end)
{
    const int fd = ::accept(listener, nullptr, nullptr);
    if (!follow(fd, script, Who::Server))
        return failed;
    if (end == End::ServerResets)
        closeHard(fd);
    else
        receiveAll(fd);
    ::close(fd);
    return 0;
}

int use(Family family, std::uint16_t port, const Script &script, End end)
{
    const int fd = connectTo(family, port);
    const bool followed = follow(fd, script, Who::Client);
    if (!followed && end != End::ServerResets) // whose reset may come while it still waits for an acknowledgement
        return failed;
    if (end == End::ServerResets)
        receiveAll(fd);
    if (end == End::ClientResets)
        closeHard(fd);
    ::close(fd);
    return 0;
}

const wire::HttpRequest &http(const agent::KernelRecord &record) { return std::get<wire::HttpRequest>(record.event.detail); }

std::vector<agent::KernelRecord> recordsOf(const KernelFixture &kernel, std::uint32_t pid)
{
    std::vector<agent::KernelRecord> found;
    std::copy_if(kernel.records().begin(), kernel.records().end(), std::back_inserter(found), of<wire::HttpRequest>(pid));
    return found;
}

/// Empty, or how the record differs.
QString difference(const agent::KernelRecord &record, const Told &told, wire::TcpDirection direction)
{
    const wire::HttpRequest &is = http(record);
    const auto differs = [&](const char *what, const auto &actual, const auto &expected) {
        return actual == expected ? QString() : QString("%1 is \"%2\", not \"%3\"; ").arg(what).arg(actual).arg(expected);
    };
    QString text = differs("method", QString::fromStdString(is.texts->method), told.method)
                   + differs("target", QString::fromStdString(is.texts->target), told.target)
                   + differs("route", QString::fromStdString(is.texts->route), told.route) + differs("status", int(is.status), told.status)
                   + differs("aborted", is.aborted, told.status == 0) + differs("pipelined", is.pipelined, told.pipelined)
                   + differs("request bytes", quint64(is.requestBytes), told.requestBytes)
                   + differs("answer bytes", quint64(is.responseBytes), told.responseBytes)
                   + differs("direction", int(is.direction), int(direction));
    if (is.latencyNs == 0 || is.tls || record.source != "http" || record.event.process.comm != "tst_httphooks" || record.cgroupId == 0)
        text += "latency, tls, source, process or cgroup";
    return text;
}

} // namespace

void tst_HttpHooks::conversation_data()
{
    QTest::addColumn<Family>("family");
    QTest::addColumn<Script>("script");
    QTest::addColumn<End>("end");
    QTest::addColumn<Tale>("tale");
    const auto size = [](const QByteArray &bytes) { return static_cast<quint64>(bytes.size()); };
    const auto one = [&](const QByteArray &target, const QString &route, int status, const QByteArray &reply, bool pipelined = false) {
        return Told{"GET", QString::fromLatin1(target), route, status, size(get(target)), size(reply), pipelined};
    };
    const QByteArray ok = answer("200 OK", "hello");
    const QByteArray large = answer("200 OK", QByteArray(3'000'000, 'x'));
    const QByteArray posted = "POST /orders/1234?x=1 HTTP/1.1\r\nHost: h.example\r\nContent-Length: 5000\r\n\r\n";
    const QByteArray body(5000, 'b');
    const QByteArray split = get("/split/123e4567-e89b-12d3-a456-426614174000");
    const QByteArray expecting = "PUT /big HTTP/1.1\r\nHost: h.example\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
    const QByteArray created = answer("201 Created");
    for (const Family family : {Family::V4, Family::V6}) {
        const auto add = [&](const char *name, const Script &script, const Tale &tale, End end = End::ClientCloses) {
            QTest::newRow(qPrintable(QString("%1, %2").arg(family == Family::V4 ? "IPv4" : "IPv6", name)))
                << family << script << end << tale;
        };
        add("one request", {client(get("/a?b=c")), server(ok)}, {one("/a?b=c", "/a", 200, ok)});
        add("keep-alive, and errors",
            {client(get("/users/7")), server(ok), client(get("/nowhere")), server(answer("404 Not Found")), client(get("/broken")),
             server(answer("500 Oh", "no"))},
            {one("/users/7", "/users/{id}", 200, ok), one("/nowhere", "/nowhere", 404, answer("404 Not Found")),
             one("/broken", "/broken", 500, answer("500 Oh", "no"))});
        add("three pipelined",
            {client(get("/1")), client(get("/2")), client(get("/3")), server(ok), server(answer("404 x")), server(answer("500 x"))},
            {one("/1", "/{id}", 200, ok), one("/2", "/{id}", 404, answer("404 x"), true), one("/3", "/{id}", 500, answer("500 x"), true)});
        add("a head in pieces", {client(split.left(20)), client(split.mid(20, 30)), client(split.mid(50)), server(ok)},
            {one("/split/123e4567-e89b-12d3-a456-426614174000", "/split/{id}", 200, ok)});
        add("a body", {client(posted), client(body), server(created)},
            {{"POST", "/orders/1234?x=1", "/orders/{id}", 201, size(posted + body), size(created)}});
        add("a body in the same segment", {client(posted + body), server(created)},
            {{"POST", "/orders/1234?x=1", "/orders/{id}", 201, size(posted + body), size(created)}});
        add("continue", {client(expecting), server("HTTP/1.1 100 Continue\r\n\r\n"), client("body"), server(created)},
            {{"PUT", "/big", "/big", 201, size(expecting) + 4, size(created)}});
        add("a large answer", {client(get("/large")), server(large), client(get("/after")), server(ok)},
            {one("/large", "/large", 200, large), one("/after", "/after", 200, ok)});
        add("an answer in pieces", {client(get("/a")), server(ok.left(30)), server(ok.mid(30))}, {one("/a", "/a", 200, QByteArray())});
        add("an answer whose status line is alone", {client(get("/a")), server("HTTP/1.1 200 \r\n"), server("Content-Length: 0\r\n\r\n")},
            {one("/a", "/a", 200, QByteArray())});
        add("a reset before the answer", {client(get("/a")), server(ok), client(get("/b"))},
            {one("/a", "/a", 200, ok), one("/b", "/b", 0, QByteArray())}, End::ServerResets);
        add("the client resets before the answer", {client(get("/a"))}, {one("/a", "/a", 0, QByteArray())}, End::ClientResets);
        add("pipelined, and a reset", {client(get("/1")), client(get("/2")), server(ok)},
            {one("/1", "/{id}", 200, ok), one("/2", "/{id}", 0, QByteArray(), true)}, End::ServerResets);
        add("another protocol afterwards",
            {client(get("/ws")), server("HTTP/1.1 101 Switching Protocols\r\n\r\n"), client(get("/none")), server(ok)},
            {one("/ws", "/ws", 101, "HTTP/1.1 101 Switching Protocols\r\n\r\n")});
    }
}

void tst_HttpHooks::conversation()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(Family, family);
    QFETCH(Script, script);
    QFETCH(End, end);
    QFETCH(Tale, tale);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp", "http"});

    Server host(family, 5, [&](int listener) { return serve(listener, script, end); });
    Child user = Child::run([&] { return use(family, host.port(), script, end); });
    QCOMPARE(WEXITSTATUS(user.wait()), 0);
    QCOMPARE(WEXITSTATUS(host.child().wait()), 0);
    const auto expected = static_cast<std::size_t>(tale.size());
    QVERIFY(kernel.pollUntil(
        [&] { return recordsOf(kernel, user.pid()).size() >= expected && recordsOf(kernel, host.pid()).size() >= expected; }));
    QVERIFY(kernel.settles("http"));
    for (const auto &[pid, direction] :
         {std::pair(user.pid(), wire::TcpDirection::Outbound), std::pair(host.pid(), wire::TcpDirection::Inbound)}) {
        const auto records = recordsOf(kernel, pid);
        QCOMPARE(records.size(), expected);
        for (std::size_t i = 0; i < expected; ++i) {
            const QString text = difference(records[i], tale[static_cast<qsizetype>(i)], direction);
            QVERIFY2(text.isEmpty(), qPrintable(QString("request %1, direction %2: %3").arg(i).arg(int(direction)).arg(text)));
            const auto &serverEnd = direction == wire::TcpDirection::Outbound ? http(records[i]).remote : http(records[i]).local;
            QCOMPARE(wire::toString(serverEnd), (family == Family::V4 ? "127.0.0.1:" : "[::1]:") + std::to_string(host.port()));
        }
    }
    QCOMPARE(kernel.counters("http")[Counter::Malformed], 0u);
    QCOMPARE(kernel.counters("http")[Counter::Lost], 0u);
}

/// Not who listens or accepted, but who answers; and in its cgroup.
void tst_HttpHooks::processes_areThoseThatSpeak()
{
    TAPIO_NEEDS_KERNEL();
    const MemoryCgroup cgroup("worker");
    if (!cgroup.problem().empty())
        QSKIP(cgroup.problem().c_str());
    Pipe workers;
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp", "http"});
    const Script script{client(get("/a")), server(answer("200 OK"))};
    Server host(Family::V4, 5, [&](int listener) {
        const int fd = ::accept(listener, nullptr, nullptr);
        Child worker = Child::run([&] {
            if (!cgroup.enter() || !follow(fd, script, Who::Server))
                return failed;
            receiveAll(fd);
            return 0;
        });
        workers.send(worker.pid());
        ::close(fd);
        return WEXITSTATUS(worker.wait());
    });
    Child user = Child::run([&] { return use(Family::V4, host.port(), script, End::ClientCloses); });
    QCOMPARE(WEXITSTATUS(user.wait()), 0);
    QCOMPARE(WEXITSTATUS(host.child().wait()), 0);
    const auto record = kernel.waitFor(of<wire::HttpRequest>(workers.receive()));
    QVERIFY(record.has_value());
    QCOMPARE(http(*record).direction, wire::TcpDirection::Inbound);
    QVERIFY(record->cgroupId == cgroup.id() || record->memoryCgroupId == cgroup.id());
    QVERIFY(recordsOf(kernel, host.pid()).empty());
}

/// The first request comes before the connection has a socket.
void tst_HttpHooks::deferredAccept_missesNothing()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp", "http"});
    for (const Family family : {Family::V4, Family::V6}) {
        const Script script{client(get("/first")), client(get("/second")), server(answer("201 x")), server(answer("202 x"))};
        Pipe listening;
        Server host(family, 5, [&](int listener) {
            const int seconds = 10;
            if (::setsockopt(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds)) != 0)
                return failed;
            listening.send(1);
            return serve(listener, script, End::ClientCloses);
        });
        QCOMPARE(listening.receive(), 1u);
        Child user = Child::run([&] { return use(family, host.port(), script, End::ClientCloses); });
        QCOMPARE(WEXITSTATUS(user.wait()), 0);
        QCOMPARE(WEXITSTATUS(host.child().wait()), 0);
        for (const std::uint32_t pid : {user.pid(), host.pid()}) {
            QVERIFY(kernel.pollUntil([&] { return recordsOf(kernel, pid).size() >= 2; }));
            const auto records = recordsOf(kernel, pid);
            QCOMPARE(records.size(), std::size_t(2));
            QCOMPARE(http(records[0]).texts->target, "/first");
            QCOMPARE(http(records[0]).status, quint16(201));
            QCOMPARE(http(records[1]).texts->target, "/second");
            QCOMPARE(http(records[1]).status, quint16(202));
        }
    }
}

/// The client loses patience; that the server still has the connection does not matter to it.
void tst_HttpHooks::closedByTheClient_isAborted()
{
    TAPIO_NEEDS_KERNEL();
    Pipe over;
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp", "http"});
    const Script script{client(get("/slow"))};
    Server host(Family::V4, 5, [&](int listener) {
        const int fd = ::accept(listener, nullptr, nullptr);
        const bool heard = follow(fd, script, Who::Server) && over.receive() == 1;
        ::close(fd);
        return heard ? 0 : failed;
    });
    Child user = Child::run([&] { return use(Family::V4, host.port(), script, End::ClientCloses); });
    QCOMPARE(WEXITSTATUS(user.wait()), 0);
    const auto asked = kernel.waitFor(of<wire::HttpRequest>(user.pid()));
    QVERIFY(asked.has_value());
    QVERIFY(http(*asked).aborted);
    QCOMPARE(http(*asked).status, quint16(0));
    QVERIFY(recordsOf(kernel, host.pid()).empty());
    over.send(1);
    QCOMPARE(WEXITSTATUS(host.child().wait()), 0);
    const auto served = kernel.waitFor(of<wire::HttpRequest>(host.pid())); // by the TCP collector's owner: it never sent anything
    QVERIFY(served.has_value());
    QVERIFY(http(*served).aborted);
    QCOMPARE(recordsOf(kernel, user.pid()).size(), std::size_t(1));
}

void tst_HttpHooks::otherProtocols_data()
{
    QTest::addColumn<Script>("script");
    const auto times = [](int count, const Says &one) {
        Script script;
        for (int i = 0; i < count; ++i)
            script << one;
        return script;
    };
    QTest::newRow("binary") << Script{client(QByteArray(100, '\x01')), server(QByteArray(100, '\xff')), client(QByteArray(5, '\0'))};
    QTest::newRow("a handshake of TLS, and what only looks like HTTP")
        << Script{client(QByteArray("\x16\x03\x01\x00\x50\x01", 6) + QByteArray(80, 'r')),
                  server(QByteArray("\x16\x03\x03", 3) + QByteArray(90, 's')), client(get("/a")), server(answer("200 OK"))};
    QTest::newRow("HTTP/2") << Script{client("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), server(QByteArray(30, '\0')), client(get("/a")),
                                      server(answer("200 OK"))};
    QTest::newRow("one byte at a time") << times(12, client("G"));
    QTest::newRow("words that begin alike") << Script{client("GETTING somewhere is not a request\r\n"),
                                                      server("HTTPS is no answer at all, is it\r\n")};
    QTest::newRow("an answer that nobody asked for")
        << Script{client("hello, I would like something"), server(answer("200 OK")), server(answer("200 OK"))};
    QTest::newRow("answers from the client") << Script{client(answer("200 OK")), server(QByteArray(50, 'x')), client(answer("200 OK"))};
}

void tst_HttpHooks::otherProtocols()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(Script, script);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp", "http"});
    Server host(Family::V4, 5, [&](int listener) { return serve(listener, script, End::ClientCloses); });
    Child user = Child::run([&] { return use(Family::V4, host.port(), script, End::ClientCloses); });
    QCOMPARE(WEXITSTATUS(user.wait()), 0);
    QCOMPARE(WEXITSTATUS(host.child().wait()), 0);
    QVERIFY(kernel.waitFor(of<wire::TcpConnection>(user.pid())).has_value()); // all of it is over
    QVERIFY(kernel.settles("http"));
    QVERIFY(recordsOf(kernel, user.pid()).empty());
    QVERIFY(recordsOf(kernel, host.pid()).empty());
    QCOMPARE(kernel.counters("http")[Counter::Lost], 0u);
}

/// Whoever does not begin with HTTP within eight segments is not looked at again; up to then he may.
void tst_HttpHooks::binaryFirst_isGivenUp()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp", "http"});
    for (const int binary : {7, 8}) {
        Script script;
        for (int i = 0; i < binary; ++i)
            script << client(QByteArray(40, '\x02'));
        script << client(get("/late")) << server(answer("200 OK"));
        Server host(Family::V4, 5, [&](int listener) { return serve(listener, script, End::ClientCloses); });
        Child user = Child::run([&] { return use(Family::V4, host.port(), script, End::ClientCloses); });
        QCOMPARE(WEXITSTATUS(user.wait()), 0);
        QCOMPARE(WEXITSTATUS(host.child().wait()), 0);
        const auto pid = user.pid();
        QVERIFY(kernel.waitFor(of<wire::TcpConnection>(pid)).has_value());
        QVERIFY(kernel.settles("http"));
        QCOMPARE(recordsOf(kernel, pid).size(), std::size_t(binary < 8 ? 1 : 0));
    }
}

/// The kernel gives the address of a socket to the next one: that is looked at anew.
void tst_HttpHooks::givenUp_isTheConnectionAlone()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp", "http"});
    Script other;
    for (int i = 0; i < 8; ++i)
        other << client(QByteArray(40, '\x02'));
    const Script spoken = Script() << client(get("/next")) << server(answer("200 OK"));
    constexpr int pairs = 100; // of ten none had the address of one before
    const auto both = [&](const auto &oneEnd) {
        for (int i = 0; i < pairs; ++i) {
            if (const int failed = oneEnd(other) + oneEnd(spoken); failed != 0)
                return failed;
        }
        return 0;
    };
    Server host(Family::V4, 5,
                [&](int listener) { return both([&](const Script &script) { return serve(listener, script, End::ClientCloses); }); });
    Child user =
        Child::run([&] { return both([&](const Script &script) { return use(Family::V4, host.port(), script, End::ClientCloses); }); });
    QCOMPARE(WEXITSTATUS(user.wait()), 0);
    QCOMPARE(WEXITSTATUS(host.child().wait()), 0);
    QVERIFY(kernel.waitFor(of<wire::TcpConnection>(user.pid())).has_value());
    QVERIFY(kernel.settles("http"));
    QCOMPARE(recordsOf(kernel, user.pid()).size(), std::size_t(pairs));
    QCOMPARE(recordsOf(kernel, host.pid()).size(), std::size_t(pairs));
}

/// More requests than are kept: those that were get their own answers, and the others are lost and counted.
void tst_HttpHooks::tooManyAtOnce_areCounted()
{
    TAPIO_NEEDS_KERNEL();
    constexpr int asked = 20, kept = 16;
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp", "http"});
    Script script;
    for (int i = 0; i < asked; ++i)
        script << client(get("/r" + QByteArray::number(i)));
    for (int i = 0; i < asked; ++i)
        script << server(answer(QByteArray::number(200 + i) + " x"));
    script << client(get("/after")) << server(answer("299 x"));
    Server host(Family::V4, 5, [&](int listener) { return serve(listener, script, End::ClientCloses); });
    Child user = Child::run([&] { return use(Family::V4, host.port(), script, End::ClientCloses); });
    QCOMPARE(WEXITSTATUS(user.wait()), 0);
    QCOMPARE(WEXITSTATUS(host.child().wait()), 0);
    for (const std::uint32_t pid : {user.pid(), host.pid()}) {
        QVERIFY(kernel.pollUntil([&] { return recordsOf(kernel, pid).size() >= kept + 1; }));
        QVERIFY(kernel.settles("http"));
        const auto records = recordsOf(kernel, pid);
        QCOMPARE(records.size(), std::size_t(kept + 1));
        for (int i = 0; i < kept; ++i) {
            QCOMPARE(http(records[static_cast<std::size_t>(i)]).texts->target, "/r" + std::to_string(i));
            QCOMPARE(int(http(records[static_cast<std::size_t>(i)]).status), 200 + i);
        }
        QCOMPARE(http(records.back()).texts->target, "/after");
        QCOMPARE(http(records.back()).status, quint16(299));
    }
    QCOMPARE(kernel.counters("http")[Counter::Lost], std::uint64_t(2 * (asked - kept)));
}

void tst_HttpHooks::ownTraffic_isFiltered()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp", "http"});
    const Script script{client(get("/metrics")), server(answer("200 OK")), client(get("/unanswered"))};
    std::uint16_t port = 0;
    const int listener = listenOn(Family::V4, 1, port);
    // The agent as a server, and as a client.
    Child user = Child::run([&] { return use(Family::V4, port, script, End::ClientCloses); });
    QCOMPARE(serve(listener, script, End::ClientCloses), 0);
    QCOMPARE(WEXITSTATUS(user.wait()), 0);
    ::close(listener);
    Server host(Family::V4, 5, [&](int other) { return serve(other, script, End::ClientCloses); });
    QCOMPARE(use(Family::V4, host.port(), script, End::ClientCloses), 0);
    QCOMPARE(WEXITSTATUS(host.child().wait()), 0);
    QVERIFY(kernel.pollUntil([&] { return recordsOf(kernel, user.pid()).size() == 2 && recordsOf(kernel, host.pid()).size() == 2; }));
    QVERIFY(kernel.settles("http"));
    QVERIFY(recordsOf(kernel, static_cast<std::uint32_t>(::getpid())).empty());
    const bool any = std::any_of(kernel.records().begin(), kernel.records().end(), [&](const agent::KernelRecord &one) {
        const auto *detail = std::get_if<wire::HttpRequest>(&one.event.detail);
        return detail && detail->local.port == port;
    });
    QVERIFY(!any);
}

void tst_HttpHooks::withoutTheTcpCollector_worksAlike()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"http"});
    const Script script{client(get("/a")), server(answer("200 OK"))};
    Server host(Family::V6, 5, [&](int listener) { return serve(listener, script, End::ClientCloses); });
    Child user = Child::run([&] { return use(Family::V6, host.port(), script, End::ClientCloses); });
    QCOMPARE(WEXITSTATUS(user.wait()), 0);
    QCOMPARE(WEXITSTATUS(host.child().wait()), 0);
    QVERIFY(kernel.waitFor(of<wire::HttpRequest>(user.pid())).has_value());
    QVERIFY(kernel.waitFor(of<wire::HttpRequest>(host.pid())).has_value());
}

QTEST_GUILESS_MAIN(tst_HttpHooks)
#include "tst_httphooks.moc"
