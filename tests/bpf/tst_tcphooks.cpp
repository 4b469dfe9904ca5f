// SPDX-License-Identifier: GPL-3.0-or-later
// Trigger and assert: inet_sock_set_state, tcp_destroy_sock, tcp_send_reset, tcp_receive_reset and the existing sockets.
#include <QTest>

#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bpf/memorycgroup.h"
#include "tests/bpf/tcppeer.h"

using namespace tapio;
using namespace tapio::test;

Q_DECLARE_METATYPE(tapio::test::Family)

class tst_TcpHooks : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void connection_data();
    void connection();
    void refused_data();
    void refused();
    void timedOut_data();
    void timedOut();
    void givenUp_isNoTimeout();
    void resetByTheServer();
    void resetByTheClient_namesTheWorker();
    void neverAccepted_namesTheListener();
    void existingConnection_hasItsOwner();
    void existingListener_isKnown();
    void totals_areKeptByCgroup();
    void ownConnection_isFiltered();

private:
    static void addFamilies();
};

namespace {

const wire::TcpConnection &tcp(const agent::KernelRecord &record) { return std::get<wire::TcpConnection>(record.event.detail); }

std::string loopback(Family family, std::uint16_t port) { return (family == Family::V4 ? "127.0.0.1:" : "[::1]:") + std::to_string(port); }

agent::CgroupTcp totalsOf(KernelFixture &kernel, std::uint64_t cgroup)
{
    const auto all = kernel.collectors().tcpCounters();
    for (const agent::CgroupTcp &one : all ? *all : std::vector<agent::CgroupTcp>()) {
        if (one.cgroupId == cgroup)
            return one;
    }
    return {};
}

/// A listener whose queue is full: it answers nothing to whoever comes next.
struct FullServer : Server {
    explicit FullServer(Family family)
        : Server(family, 0, [](int) {
              for (;;)
                  ::pause();
              return 0;
          })
    {
        for (int i = 0; i < 3; ++i) {
            fillers.push_back(makeSocket(family, false));
            tryConnect(fillers.back(), family, port());
        }
    }
    ~FullServer()
    {
        for (const int fd : fillers)
            ::close(fd);
    }
    std::vector<int> fillers;
};

} // namespace

void tst_TcpHooks::addFamilies()
{
    QTest::addColumn<Family>("family");
    QTest::newRow("IPv4") << Family::V4;
    QTest::newRow("IPv6") << Family::V6;
}

void tst_TcpHooks::initTestCase()
{
    TAPIO_NEEDS_KERNEL();
    QVERIFY(ownNetwork());
}

void tst_TcpHooks::connection_data()
{
    QTest::addColumn<Family>("family");
    QTest::addColumn<bool>("serverClosesFirst");
    QTest::addColumn<quint64>("up");
    QTest::addColumn<quint64>("down");
    for (const Family family : {Family::V4, Family::V6}) {
        for (const bool serverFirst : {false, true}) {
            const auto add = [&](const char *what, quint64 up, quint64 down) {
                QTest::newRow(qPrintable(QString("%1, %2 closes first, %3")
                                             .arg(family == Family::V4 ? "IPv4" : "IPv6", serverFirst ? "server" : "client", what)))
                    << family << serverFirst << up << down;
            };
            add("nothing said", 0, 0);
            add("one byte each", 1, 1);
            add("a request and its answer", 731, 54'321);
            add("megabytes both ways", 3'000'001, 5'000'003);
        }
    }
}

void tst_TcpHooks::connection()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(Family, family);
    QFETCH(bool, serverClosesFirst);
    QFETCH(quint64, up);
    QFETCH(quint64, down);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp"});

    Server server(family, 5, [&](int listener) {
        const int fd = ::accept(listener, nullptr, nullptr);
        const bool spoken = receiveBytes(fd, up) && sendBytes(fd, down);
        if (!serverClosesFirst)
            receiveAll(fd);
        ::close(fd);
        return spoken ? 0 : 1;
    });
    QVERIFY(server.port() != 0);
    Child client = Child::run([&] {
        const int fd = connectTo(family, server.port());
        const bool spoken = sendBytes(fd, up) && receiveBytes(fd, down);
        if (serverClosesFirst)
            receiveAll(fd);
        ::close(fd);
        return spoken ? 0 : 1;
    });
    QCOMPARE(client.wait(), 0);
    QCOMPARE(server.child().wait(), 0);

    const auto out = kernel.waitFor(of<wire::TcpConnection>(client.pid()));
    const auto in = kernel.waitFor(of<wire::TcpConnection>(server.pid()));
    QVERIFY(out.has_value());
    QVERIFY(in.has_value());
    QCOMPARE(out->source, "tcp");
    QCOMPARE(tcp(*out).direction, wire::TcpDirection::Outbound);
    QCOMPARE(tcp(*in).direction, wire::TcpDirection::Inbound);
    QCOMPARE(tcp(*out).bytesSent, up);
    QCOMPARE(tcp(*out).bytesReceived, down);
    QCOMPARE(tcp(*in).bytesSent, down);
    QCOMPARE(tcp(*in).bytesReceived, up);
    QCOMPARE(wire::toString(tcp(*out).remote), loopback(family, server.port()));
    QCOMPARE(wire::toString(tcp(*out).local), loopback(family, tcp(*out).local.port));
    QVERIFY(tcp(*out).local.port != 0);
    QVERIFY(tcp(*in).local == tcp(*out).remote);
    QVERIFY(tcp(*in).remote == tcp(*out).local);
    QVERIFY(tcp(*out).connectLatencyNs > 0);
    QCOMPARE(tcp(*in).connectLatencyNs, 0u);
    for (const auto &side : {*out, *in}) {
        QCOMPARE(side.event.process.comm, "tst_tcphooks");
        QVERIFY(side.cgroupId != 0);
        QCOMPARE(tcp(side).outcome, wire::TcpOutcome::Closed);
        QCOMPARE(tcp(side).socketError, 0);
        QVERIFY(tcp(side).established);
        QVERIFY(tcp(side).durationNs > tcp(side).connectLatencyNs);
        QVERIFY(tcp(side).srttUs > 0);
    }
}

void tst_TcpHooks::refused_data() { addFamilies(); }

void tst_TcpHooks::refused()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(Family, family);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp"});

    std::uint16_t port = 0;
    ::close(listenOn(family, 1, port)); // a port that nobody has now
    Child client = Child::run([&] { return tryConnect(makeSocket(family), family, port); });
    QCOMPARE(WEXITSTATUS(client.wait()), ECONNREFUSED);
    const auto record = kernel.waitFor(of<wire::TcpConnection>(client.pid()));
    QVERIFY(record.has_value());
    QCOMPARE(tcp(*record).outcome, wire::TcpOutcome::Refused);
    QCOMPARE(tcp(*record).socketError, ECONNREFUSED);
    QCOMPARE(tcp(*record).direction, wire::TcpDirection::Outbound);
    QCOMPARE(wire::toString(tcp(*record).remote), loopback(family, port));
    QVERIFY(!tcp(*record).established);
    QCOMPARE(tcp(*record).connectLatencyNs, 0u);
    QCOMPARE(tcp(*record).bytesSent, 0u);
}

void tst_TcpHooks::timedOut_data() { addFamilies(); }

void tst_TcpHooks::timedOut()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(Family, family);
    FullServer server(family);
    Pipe retransmits;
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp"});

    Child client = Child::run([&] {
        const int fd = makeSocket(family, false);
        const int retries = 1; // gives up after about 3 s
        ::setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &retries, sizeof(retries));
        tryConnect(fd, family, server.port());
        pollfd failed{fd, POLLOUT, 0};
        ::poll(&failed, 1, -1);
        tcp_info info{};
        socklen_t size = sizeof(info);
        ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size);
        retransmits.send(info.tcpi_total_retrans);
        int error = 0;
        size = sizeof(error);
        ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
        return error;
    });
    QCOMPARE(WEXITSTATUS(client.wait()), ETIMEDOUT);
    const auto record = kernel.waitFor(of<wire::TcpConnection>(client.pid()));
    QVERIFY(record.has_value());
    QCOMPARE(tcp(*record).outcome, wire::TcpOutcome::TimedOut);
    QCOMPARE(tcp(*record).socketError, ETIMEDOUT);
    QVERIFY(tcp(*record).retransmits >= 1);
    QCOMPARE(tcp(*record).retransmits, retransmits.receive());
    QVERIFY(!tcp(*record).established);
    QVERIFY(totalsOf(kernel, record->cgroupId).retransmits >= 1);
    QVERIFY(totalsOf(kernel, record->cgroupId).connectFailures >= 1);
}

/// SYN_SENT to CLOSE without a socket error: the process lost patience, nothing is known of the peer.
void tst_TcpHooks::givenUp_isNoTimeout()
{
    TAPIO_NEEDS_KERNEL();
    FullServer server(Family::V4);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp"});

    Child client = Child::run([&] {
        const int fd = makeSocket(Family::V4, false);
        const int error = tryConnect(fd, Family::V4, server.port());
        ::close(fd);
        return error;
    });
    QCOMPARE(WEXITSTATUS(client.wait()), EINPROGRESS);
    const auto record = kernel.waitFor(of<wire::TcpConnection>(client.pid()));
    QVERIFY(record.has_value());
    QCOMPARE(tcp(*record).outcome, wire::TcpOutcome::Aborted);
    QCOMPARE(tcp(*record).socketError, 0);
    QVERIFY(!tcp(*record).established);
}

void tst_TcpHooks::resetByTheServer()
{
    TAPIO_NEEDS_KERNEL();
    MemoryCgroup servers("servers"), clients("clients"); // their own, so that nobody else's resets count
    if (!servers.problem().empty() || !clients.problem().empty())
        QSKIP((servers.problem() + clients.problem()).c_str());
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp"});

    Server server(Family::V4, 5, [&servers](int listener) {
        if (!servers.enter())
            return 1;
        const int fd = ::accept(listener, nullptr, nullptr);
        receiveBytes(fd, 10);
        closeHard(fd);
        return 0;
    });
    Child client = Child::run([&] {
        if (!clients.enter())
            return 1;
        const int fd = connectTo(Family::V4, server.port());
        sendBytes(fd, 10);
        return receiveAll(fd) < 0 ? errno : 0;
    });
    QCOMPARE(WEXITSTATUS(client.wait()), ECONNRESET);
    server.child().wait();
    const auto out = kernel.waitFor(of<wire::TcpConnection>(client.pid()));
    QVERIFY(out.has_value());
    QCOMPARE(tcp(*out).outcome, wire::TcpOutcome::Reset);
    QCOMPARE(tcp(*out).socketError, ECONNRESET);
    QCOMPARE(tcp(*out).bytesSent, 10u);
    QVERIFY(tcp(*out).established);
    const auto in = kernel.waitFor(of<wire::TcpConnection>(server.pid()));
    QVERIFY(in.has_value());
    QCOMPARE(tcp(*in).outcome, wire::TcpOutcome::Closed); // its own doing, no error
    QCOMPARE(tcp(*in).bytesReceived, 10u);
    QCOMPARE(out->cgroupId, clients.id());
    QCOMPARE(totalsOf(kernel, clients.id()).resetsReceived, 1u);
    QCOMPARE(totalsOf(kernel, clients.id()).resetsSent, 0u);
    QCOMPARE(in->cgroupId, servers.id());
    QCOMPARE(totalsOf(kernel, servers.id()).resetsSent, 1u);
    QCOMPARE(totalsOf(kernel, servers.id()).resetsReceived, 0u);
}

/// The end comes in a softirq, and the process that listens is not the one that serves.
void tst_TcpHooks::resetByTheClient_namesTheWorker()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp"});

    Pipe workerPid;
    Pipe served;
    Pipe done;
    Server server(Family::V4, 5, [&](int listener) {
        Child worker = Child::run([&] {
            const int fd = ::accept(listener, nullptr, nullptr);
            receiveBytes(fd, 10);
            served.send(1);
            done.receive(); // notices the reset only when the client is long gone
            ::close(fd);
            return 0;
        });
        workerPid.send(worker.pid());
        return worker.wait();
    });
    const std::uint32_t worker = workerPid.receive();
    Child client = Child::run([&] {
        const int fd = connectTo(Family::V4, server.port());
        sendBytes(fd, 10);
        served.receive();
        closeHard(fd);
        return 0;
    });
    QCOMPARE(client.wait(), 0);
    done.send(1);
    QCOMPARE(server.child().wait(), 0);
    const auto in = kernel.waitFor([&](const agent::KernelRecord &record) {
        const auto *detail = std::get_if<wire::TcpConnection>(&record.event.detail);
        return detail && detail->local.port == server.port();
    });
    QVERIFY(in.has_value());
    QCOMPARE(tcp(*in).direction, wire::TcpDirection::Inbound);
    QCOMPARE(tcp(*in).outcome, wire::TcpOutcome::Reset);
    QCOMPARE(tcp(*in).socketError, ECONNRESET);
    QCOMPARE(in->event.process.pid, worker);
}

void tst_TcpHooks::neverAccepted_namesTheListener()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp"});

    Server server(Family::V6, 5, [](int) {
        for (;;)
            ::pause();
        return 0;
    });
    Child client = Child::run([&] {
        closeHard(connectTo(Family::V6, server.port()));
        return 0;
    });
    QCOMPARE(client.wait(), 0);
    const auto in = kernel.waitFor(of<wire::TcpConnection>(server.pid()));
    QVERIFY(in.has_value());
    QCOMPARE(tcp(*in).direction, wire::TcpDirection::Inbound);
    QCOMPARE(tcp(*in).outcome, wire::TcpOutcome::Reset);
    QVERIFY(tcp(*in).established);
}

void tst_TcpHooks::existingConnection_hasItsOwner()
{
    TAPIO_NEEDS_KERNEL();
    Pipe connected;
    Pipe opened;
    Server server(Family::V4, 5, [](int listener) {
        const int fd = ::accept(listener, nullptr, nullptr);
        receiveAll(fd);
        return 0;
    });
    Child client = Child::run([&] {
        const int fd = connectTo(Family::V4, server.port());
        connected.send(1);
        opened.receive();
        sendBytes(fd, 10);
        ::close(fd);
        return 0;
    });
    connected.receive();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp"});
    opened.send(1);
    QCOMPARE(client.wait(), 0);
    QCOMPARE(server.child().wait(), 0);

    for (const std::uint32_t pid : {client.pid(), server.pid()}) {
        const auto record = kernel.waitFor(of<wire::TcpConnection>(pid));
        QVERIFY(record.has_value());
        QCOMPARE(tcp(*record).direction, wire::TcpDirection::Unknown);
        QCOMPARE(tcp(*record).outcome, wire::TcpOutcome::Closed);
        QVERIFY(tcp(*record).established);
        QCOMPARE(tcp(*record).durationNs, 0u); // not known, and so not said
        QCOMPARE(pid == client.pid() ? tcp(*record).bytesSent : tcp(*record).bytesReceived, 10u);
    }
}

void tst_TcpHooks::existingListener_isKnown()
{
    TAPIO_NEEDS_KERNEL();
    Server server(Family::V4, 5, [](int) {
        for (;;)
            ::pause();
        return 0;
    });
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp"});
    Child client = Child::run([&] {
        closeHard(connectTo(Family::V4, server.port()));
        return 0;
    });
    QCOMPARE(client.wait(), 0);
    QVERIFY(kernel.waitFor(of<wire::TcpConnection>(server.pid())).has_value());
}

void tst_TcpHooks::totals_areKeptByCgroup()
{
    TAPIO_NEEDS_KERNEL();
    MemoryCgroup clients("tcp-clients");
    MemoryCgroup servers("tcp-servers");
    if (!clients.problem().empty() || !servers.problem().empty())
        QSKIP((clients.problem() + servers.problem()).c_str());
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp"});

    constexpr int connections = 3;
    constexpr int refusals = 2;
    Server server(Family::V4, 5, [&](int first) {
        // Listens again from inside its cgroup.
        ::close(first);
        return 0;
    });
    const std::uint16_t closedPort = server.port();
    server.child().wait();
    Pipe port;
    Child real = Child::run([&] {
        std::uint16_t number = 0;
        const int listener = servers.enter() ? listenOn(Family::V4, 5, number) : -1;
        port.send(number);
        for (int i = 0; i < connections; ++i) {
            const int fd = ::accept(listener, nullptr, nullptr);
            receiveAll(fd);
            closeHard(fd);
        }
        return 0;
    });
    const auto openPort = static_cast<std::uint16_t>(port.receive());
    Child client = Child::run([&] {
        if (!clients.enter())
            return 1;
        for (int i = 0; i < connections; ++i)
            ::close(connectTo(Family::V4, openPort));
        for (int i = 0; i < refusals; ++i)
            tryConnect(makeSocket(Family::V4), Family::V4, closedPort);
        return 0;
    });
    QCOMPARE(client.wait(), 0);
    real.wait();

    const agent::CgroupTcp out = totalsOf(kernel, clients.id());
    QCOMPARE(out.connects, quint64(connections));
    QCOMPARE(out.connectFailures, quint64(refusals));
    QCOMPARE(out.accepts, 0u);
    QVERIFY(out.resetsReceived >= quint64(refusals));
    const agent::CgroupTcp in = totalsOf(kernel, servers.id());
    QCOMPARE(in.accepts, quint64(connections));
    QCOMPARE(in.connects, 0u);
    const auto record = kernel.waitFor(of<wire::TcpConnection>(client.pid()));
    QVERIFY(record.has_value());
    QCOMPARE(record->cgroupId, clients.id());
}

void tst_TcpHooks::ownConnection_isFiltered()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp"});

    std::uint16_t port = 0;
    const int listener = listenOn(Family::V4, 1, port);
    const int out = connectTo(Family::V4, port);
    const int in = ::accept(listener, nullptr, nullptr);
    for (const int fd : {out, in, listener})
        ::close(fd);
    kernel.drainAll();
    for (const agent::KernelRecord &record : kernel.records())
        QVERIFY(tcp(record).local.port != port && tcp(record).remote.port != port);
    QVERIFY(kernel.counters("tcp")[Counter::KFiltered] >= 2);
}

QTEST_GUILESS_MAIN(tst_TcpHooks)
#include "tst_tcphooks.moc"
