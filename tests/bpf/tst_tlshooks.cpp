// SPDX-License-Identifier: GPL-3.0-or-later
// Trigger and assert: handshakes of TLS that fail, of OpenSSL in child processes, as both ends see them on the wire.
#include <QTest>

#include <algorithm>
#include <functional>
#include <memory>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bpf/memorycgroup.h"
#include "tests/bpf/tcppeer.h"
#include "tests/bpf/tlspeer.h"

using namespace tapio;
using namespace tapio::test;

namespace {

enum class Who { Nobody, Client, Server };

/// How client and server of one handshake differ from those that understand each other.
struct Play {
    int version = TLS1_3_VERSION;
    int serverVersion = 0;      ///< 0 = the same
    bool trusts = true;         ///< the client, whatever certificate
    bool expired = false;       ///< and it would trust it otherwise
    bool wantsClient = false;   ///< the server, a certificate of the client, which has none
    const char *name = nullptr; ///< of the protocols that the client speaks; the server speaks another
    bool talks = true;          ///< afterwards
};

} // namespace

Q_DECLARE_METATYPE(Play)
Q_DECLARE_METATYPE(Who)

class tst_TlsHooks : public QObject {
    Q_OBJECT

private slots:
    void handshake_data();
    void handshake();
    void overIpv6();
    void startTls_isFound();
    void noHandshake_isNone_data();
    void noHandshake_isNone();
    void sentAgain_isToldOnce();
    void ownHandshakes_areFiltered();
    void withoutTheTcpCollector_theSenderIsKnown();
};

namespace {

constexpr int failed = 9;

struct Free {
    void operator()(SSL *ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX *context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, Free>;
using Connection = std::unique_ptr<SSL, Free>;

int choose(SSL *, const unsigned char **, unsigned char *, const unsigned char *, unsigned, void *) { return SSL_TLSEXT_ERR_ALERT_FATAL; }

/// What a client thinks of a certificate that nobody has signed, when it is told to trust those.
int onlyTheTime(int fine, X509_STORE_CTX *store)
{
    const int error = X509_STORE_CTX_get_error(store);
    return fine == 1 || error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ? 1 : 0;
}

bool finish(SSL *ssl, bool isClient, bool talks)
{
    char block[8];
    const bool spoke = !talks
                       || (isClient ? SSL_write(ssl, "hello", 5) == 5 && SSL_read(ssl, block, 5) == 5
                                    : SSL_read(ssl, block, 5) == 5 && SSL_write(ssl, "hello", 5) == 5);
    SSL_shutdown(ssl);
    return spoke;
}

/// On a connection that was accepted.
int shake(int fd, const Play &play, bool shakes)
{
    const Context context(SSL_CTX_new(TLS_server_method()));
    const int version = play.serverVersion != 0 ? play.serverVersion : play.version;
    if (!certify(context.get(), play.expired ? -60 : 3600) || SSL_CTX_set_min_proto_version(context.get(), version) != 1
        || SSL_CTX_set_max_proto_version(context.get(), version) != 1)
        return failed;
    if (play.wantsClient)
        SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    if (play.name != nullptr)
        SSL_CTX_set_alpn_select_cb(context.get(), choose, nullptr);
    const Connection ssl(SSL_new(context.get()));
    const bool done = SSL_set_fd(ssl.get(), fd) == 1 && SSL_accept(ssl.get()) == 1;
    if (done)
        finish(ssl.get(), false, play.talks);
    receiveAll(fd);
    ::close(fd);
    return done == shakes ? 0 : failed;
}

int serve(int listener, const Play &play, bool shakes) { return shake(::accept(listener, nullptr, nullptr), play, shakes); }

int use(int fd, const Play &play)
{
    const Context context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_min_proto_version(context.get(), play.version);
    SSL_CTX_set_max_proto_version(context.get(), play.version);
    if (!play.trusts || play.expired)
        SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, play.expired ? onlyTheTime : nullptr);
    if (play.name != nullptr)
        SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char *>(play.name), 3);
    const Connection ssl(SSL_new(context.get()));
    if (fd >= 0 && SSL_set_fd(ssl.get(), fd) == 1 && SSL_connect(ssl.get()) == 1)
        finish(ssl.get(), true, play.talks);
    ::close(fd);
    return fd >= 0 ? 0 : failed;
}

/// Of the server at this port, whoever they are told of: as the client saw it, or as the server did.
std::vector<wire::TlsFailure> failuresAt(const KernelFixture &kernel, std::uint16_t port, wire::TcpDirection direction)
{
    std::vector<wire::TlsFailure> found;
    for (const agent::KernelRecord &record : kernel.records()) {
        const auto *failure = std::get_if<wire::TlsFailure>(&record.event.detail);
        if (failure != nullptr && failure->direction == direction
            && (direction == wire::TcpDirection::Outbound ? failure->remote : failure->local).port == port)
            found.push_back(*failure);
    }
    return found;
}

} // namespace

void tst_TlsHooks::handshake_data()
{
    QTest::addColumn<Play>("play");
    QTest::addColumn<bool>("shakes"); // as the server sees it
    QTest::addColumn<Who>("refuses");
    QTest::addColumn<int>("alert");
    QTest::addColumn<bool>("ofCertificate");
    const auto add = [](const char *name, Play play, bool shakes, Who refuses, int alert, bool ofCertificate) {
        QTest::newRow(name) << play << shakes << refuses << alert << ofCertificate;
    };
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const bool old = version == TLS1_2_VERSION;
        const auto row = [&](const char *name) { return std::string(name) + (old ? ", 1.2" : ", 1.3"); };
        Play play;
        play.version = version;
        add(row("all is well").c_str(), play, true, Who::Nobody, 0, false);
        play.talks = false;
        add(row("closed as soon as it is open").c_str(), play, true, Who::Nobody, 0, false);
        play.talks = true;
        play.trusts = false;
        add(row("an unknown authority").c_str(), play, false, Who::Client, SSL_AD_UNKNOWN_CA, true);
        play.trusts = true;
        play.expired = true;
        add(row("a certificate that has ended").c_str(), play, false, Who::Client, SSL_AD_CERTIFICATE_EXPIRED, true);
        play.expired = false;
        play.name = "\x02h2";
        add(row("no protocol in common").c_str(), play, false, Who::Server, SSL_AD_NO_APPLICATION_PROTOCOL, false);
    }
    Play play;
    play.version = TLS1_2_VERSION;
    play.serverVersion = TLS1_3_VERSION;
    add("a client that is too old", play, false, Who::Server, SSL_AD_PROTOCOL_VERSION, false);
    play = {};
    play.serverVersion = TLS1_2_VERSION;
    add("a server that is too old", play, false, Who::Server, SSL_AD_PROTOCOL_VERSION, false);
    play = {};
    play.version = TLS1_2_VERSION;
    play.wantsClient = true;
    add("no certificate of the client, 1.2", play, false, Who::Server, SSL_AD_HANDSHAKE_FAILURE, false);
    // The client has finished by then, and nobody can tell this from the end of any connection.
    play.version = TLS1_3_VERSION;
    add("no certificate of the client, 1.3", play, false, Who::Nobody, 0, false);
}

void tst_TlsHooks::handshake()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(Play, play);
    QFETCH(bool, shakes);
    QFETCH(Who, refuses);
    QFETCH(int, alert);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp", "http"});
    Server host(Family::V4, 5, [&](int listener) { return serve(listener, play, shakes); });
    Child user = Child::run([&] { return use(connectTo(Family::V4, host.port()), play); });
    QCOMPARE(WEXITSTATUS(user.wait()), 0);
    QCOMPARE(WEXITSTATUS(host.child().wait()), 0);
    QVERIFY(kernel.waitFor(of<wire::TcpConnection>(user.pid())).has_value()); // all of it is over
    QVERIFY(kernel.settles("http"));
    for (const bool isClient : {true, false}) {
        const auto direction = isClient ? wire::TcpDirection::Outbound : wire::TcpDirection::Inbound;
        const auto failures = failuresAt(kernel, host.port(), direction);
        QCOMPARE(failures.size(), std::size_t(refuses == Who::Nobody ? 0 : 1));
        if (failures.empty())
            continue;
        QVERIFY(kernel.waitFor(of<wire::TlsFailure>(isClient ? user.pid() : host.pid())).has_value());
        const wire::TlsFailure &failure = failures.front();
        QCOMPARE(int(failure.alert), alert);
        QCOMPARE(failure.sent, isClient == (refuses == Who::Client));
        QCOMPARE(wire::toString(isClient ? failure.remote : failure.local), "127.0.0.1:" + std::to_string(host.port()));
        QTEST(wire::refusesServer(failure), "ofCertificate");
    }
    QCOMPARE(kernel.counters("http")[Counter::Malformed], 0u);
    QCOMPARE(kernel.counters("http")[Counter::Lost], 0u);
}

void tst_TlsHooks::overIpv6()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp", "http"});
    Play play;
    play.trusts = false;
    Server host(Family::V6, 5, [&](int listener) { return serve(listener, play, false); });
    Child user = Child::run([&] { return use(connectTo(Family::V6, host.port()), play); });
    QCOMPARE(WEXITSTATUS(user.wait()), 0);
    QVERIFY(kernel.waitFor(of<wire::TlsFailure>(user.pid())).has_value());
    QCOMPARE(wire::toString(failuresAt(kernel, host.port(), wire::TcpDirection::Outbound).front().remote),
             "[::1]:" + std::to_string(host.port()));
    QCOMPARE(WEXITSTATUS(host.child().wait()), 0);
}

/// As with databases and mail: some words in the open come first.
void tst_TlsHooks::startTls_isFound()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp", "http"});
    Play play;
    play.trusts = false;
    constexpr std::size_t words = 8;
    Server host(Family::V4, 5, [&](int listener) {
        const int fd = ::accept(listener, nullptr, nullptr);
        return receiveBytes(fd, words) && sendBytes(fd, words) ? shake(fd, play, false) : failed;
    });
    Child user = Child::run([&] {
        const int fd = connectTo(Family::V4, host.port());
        return sendBytes(fd, words) && receiveBytes(fd, words) ? use(fd, play) : failed;
    });
    QCOMPARE(WEXITSTATUS(user.wait()), 0);
    QCOMPARE(WEXITSTATUS(host.child().wait()), 0);
    QVERIFY(kernel.waitFor(of<wire::TlsFailure>(user.pid())).has_value());
    QVERIFY(kernel.waitFor(of<wire::TlsFailure>(host.pid())).has_value());
}

namespace {

const QByteArray clientHello = QByteArray("\x16\x03\x01\x00\x50\x01", 6) + QByteArray(79, 'r');
const QByteArray serverHello = QByteArray("\x16\x03\x03\x00\x50\x02", 6) + QByteArray(79, 's');
const QByteArray alertInTheOpen("\x15\x03\x03\x00\x02\x02\x2d", 7);

bool say(int fd, const QByteArray &bytes)
{
    return ::send(fd, bytes.constData(), static_cast<std::size_t>(bytes.size()), MSG_NOSIGNAL) == bytes.size() && drained(fd);
}

/// All of it, each in a segment of its own, to somebody who reads it and says nothing.
int sayAll(std::uint16_t port, const QList<QByteArray> &all)
{
    const int fd = connectTo(Family::V4, port);
    const bool said = std::all_of(all.begin(), all.end(), [fd](const QByteArray &one) { return say(fd, one); });
    ::close(fd);
    return said ? 0 : failed;
}

int listenOnly(int listener)
{
    const int fd = ::accept(listener, nullptr, nullptr);
    receiveAll(fd);
    ::close(fd);
    return 0;
}

} // namespace

void tst_TlsHooks::noHandshake_isNone_data()
{
    QTest::addColumn<QList<QByteArray>>("segments");
    QTest::addColumn<int>("expected");
    const QByteArray sealed = QByteArray("\x17\x03\x03\x00\x13", 5) + QByteArray(19, 'c'), ccs("\x14\x03\x03\x00\x01\x01", 6);
    const QByteArray finished = QByteArray("\x17\x03\x03\x00\x45", 5) + QByteArray(69, 'f');
    QTest::newRow("an alert behind a hello") << QList{clientHello, alertInTheOpen} << 1;
    QTest::newRow("an encrypted one behind a hello") << QList{clientHello, ccs + sealed} << 1;
    QTest::newRow("the same in two segments") << QList{clientHello, ccs, sealed} << 1;
    const QByteArray padded = QByteArray("\x17\x03\x03\x00\x23", 5) + QByteArray(35, 'j');
    QTest::newRow("one that is padded, as of Java") << QList{clientHello, ccs, padded} << 1;
    QTest::newRow("a client that has no certificate")
        << QList{clientHello, ccs + QByteArray("\x17\x03\x03\x00\x19", 5) + QByteArray(25, 'n'), sealed} << 0;
    QTest::newRow("an alert and no hello") << QList{QByteArray(40, 'x'), alertInTheOpen} << 0;
    QTest::newRow("a warning") << QList{clientHello, QByteArray("\x15\x03\x03\x00\x02\x01\x70", 7)} << 0;
    QTest::newRow("a goodbye") << QList{clientHello, QByteArray("\x15\x03\x03\x00\x02\x02\x00", 7)} << 0;
    QTest::newRow("an alert that goes on") << QList{clientHello, alertInTheOpen + "x"} << 0;
    QTest::newRow("an alert of which a part is missing") << QList{clientHello, alertInTheOpen.chopped(1)} << 0;
    QTest::newRow("what is as long as an encrypted alert, behind the end of the handshake")
        << QList{clientHello, ccs + finished, sealed, alertInTheOpen} << 0;
    const QByteArray old = QByteArray("\x16\x03\x03\x00\x25\x10", 6) + QByteArray(36, 'k');
    QTest::newRow("three sealed bytes of 1.2") << QList{clientHello, old + ccs, sealed} << 0;
    QTest::newRow("behind a segment that begins within a record")
        << QList{clientHello, QByteArray("\x15\x9a\x11\x22\x33\x44\x55", 7), QByteArray("\x17\x9a\x11\x22\x33\x44\x55", 7), alertInTheOpen}
        << 1;
    QTest::newRow("and from the server") << QList{serverHello, ccs + sealed} << 0;
    QTest::newRow("an alert after more segments than a handshake has") << QList<QByteArray>(18, clientHello) + QList{alertInTheOpen} << 0;
}

void tst_TlsHooks::noHandshake_isNone()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(QList<QByteArray>, segments);
    QFETCH(int, expected);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp", "http"});
    Server host(Family::V4, 5, listenOnly);
    Child user = Child::run([&] { return sayAll(host.port(), segments); });
    QCOMPARE(WEXITSTATUS(user.wait()), 0);
    QCOMPARE(WEXITSTATUS(host.child().wait()), 0);
    QVERIFY(kernel.waitFor(of<wire::TcpConnection>(user.pid())).has_value());
    QVERIFY(kernel.settles("http"));
    for (const auto direction : {wire::TcpDirection::Outbound, wire::TcpDirection::Inbound, wire::TcpDirection::Unknown})
        QCOMPARE(failuresAt(kernel, host.port(), direction).size(), std::size_t(direction == wire::TcpDirection::Unknown ? 0 : expected));
}

/// A second one is of the same handshake.
void tst_TlsHooks::sentAgain_isToldOnce()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp", "http"});
    Server host(Family::V4, 5, listenOnly);
    Child user = Child::run([&] { return sayAll(host.port(), {clientHello, alertInTheOpen, alertInTheOpen}); });
    QCOMPARE(WEXITSTATUS(user.wait()), 0);
    QCOMPARE(WEXITSTATUS(host.child().wait()), 0);
    QVERIFY(kernel.waitFor(of<wire::TcpConnection>(user.pid())).has_value());
    QVERIFY(kernel.settles("http"));
    QCOMPARE(failuresAt(kernel, host.port(), wire::TcpDirection::Outbound).size(), std::size_t(1));
}

/// Those of the agent as a client; who serves it has told it.
void tst_TlsHooks::ownHandshakes_areFiltered()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp", "http"});
    const quint64 before = kernel.counters("http")[Counter::KFiltered];
    Server host(Family::V4, 5, listenOnly);
    QCOMPARE(sayAll(host.port(), {clientHello, alertInTheOpen}), 0);
    QCOMPARE(WEXITSTATUS(host.child().wait()), 0);
    QVERIFY(kernel.waitFor(of<wire::TlsFailure>(host.pid())).has_value());
    QVERIFY(kernel.settles("http"));
    QVERIFY(failuresAt(kernel, host.port(), wire::TcpDirection::Outbound).empty());
    QCOMPARE(failuresAt(kernel, host.port(), wire::TcpDirection::Inbound).size(), std::size_t(1));
    QVERIFY(kernel.counters("http")[Counter::KFiltered] > before);
}

/// Who receives is not: no process is to be seen then.
void tst_TlsHooks::withoutTheTcpCollector_theSenderIsKnown()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"http"});
    Server host(Family::V4, 5, listenOnly);
    Child user = Child::run([&] { return sayAll(host.port(), {clientHello, alertInTheOpen}); });
    QCOMPARE(WEXITSTATUS(user.wait()), 0);
    QCOMPARE(WEXITSTATUS(host.child().wait()), 0);
    const auto local = [&](const agent::KernelRecord &record) {
        const auto *failure = std::get_if<wire::TlsFailure>(&record.event.detail);
        return failure != nullptr && failure->direction == wire::TcpDirection::Inbound && failure->local.port == host.port();
    };
    QVERIFY(kernel.waitFor(of<wire::TlsFailure>(user.pid())).has_value());
    const auto received = kernel.waitFor(local);
    QVERIFY(received.has_value());
    QCOMPARE(received->event.process.pid, 0u);
}

QTEST_GUILESS_MAIN(tst_TlsHooks)
#include "tst_tlshooks.moc"
