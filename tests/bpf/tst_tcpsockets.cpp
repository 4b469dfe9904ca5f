// SPDX-License-Identifier: GPL-3.0-or-later
// Trigger and assert: what is remembered of TCP sockets by their address, when addresses are used again and when there is no room.
#include <QTest>

#include <algorithm>
#include <csignal>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bpf/tcppeer.h"

using namespace tapio;
using namespace tapio::test;

class tst_TcpSockets : public QObject {
    Q_OBJECT

private slots:
    void addressesUsedAgain_haveTheirOwnOwner();
    void sharedPort_namesTheListenerThatHasIt();
    void listensAfterItConnected();
    void moreThanFit_areCountedAndToldAllTheSame();
    void switchedOffAndOn_forgetsTheGone();
};

namespace {

const wire::TcpConnection &tcp(const agent::KernelRecord &record) { return std::get<wire::TcpConnection>(record.event.detail); }

/// Of connections to this port, by the process that is named.
std::size_t toldTo(const KernelFixture &kernel, std::uint16_t port, std::uint32_t pid)
{
    return static_cast<std::size_t>(std::ranges::count_if(kernel.records(), [&](const agent::KernelRecord &record) {
        const auto *detail = std::get_if<wire::TcpConnection>(&record.event.detail);
        return detail && detail->remote.port == port && record.event.process.pid == pid;
    }));
}

/// seen = kfiltered + folded + lost + drained, once it is switched off: others on the machine never rest. No child may be left, which
/// would keep the programs attached.
bool isAccountedFor(KernelFixture &kernel)
{
    kernel.collectors().setDisabled({"tcp"});
    kernel.drainAll();
    const CounterSet counters = kernel.counters("tcp");
    return counters[Counter::Seen]
           == counters[Counter::KFiltered] + counters[Counter::Folded] + counters[Counter::Lost] + counters[Counter::Drained];
}

void end(Server &server)
{
    ::kill(static_cast<pid_t>(server.pid()), SIGKILL);
    server.child().wait();
}

/// Opens this many connections one after the other, all open at the end.
std::vector<int> openMany(std::uint16_t port, int connections)
{
    std::vector<int> open;
    for (int i = 0; i < connections; ++i)
        open.push_back(connectTo(Family::V4, port));
    return open;
}

/// Takes connections until it is killed, and holds them.
int holdAll(int listener)
{
    while (::accept(listener, nullptr, nullptr) >= 0) {}
    return 1;
}

} // namespace

/// The kernel gives the memory of a socket to the next one at once.
void tst_TcpSockets::addressesUsedAgain_haveTheirOwnOwner()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp"});

    constexpr int connections = 300;
    Server server(Family::V4, 3 * connections, [](int listener) {
        for (;;)
            ::close(::accept(listener, nullptr, nullptr));
        return 0;
    });
    std::vector<std::uint32_t> clients;
    for (int i = 0; i < 3; ++i) {
        Child client = Child::run([&] {
            for (int k = 0; k < connections; ++k)
                closeHard(connectTo(Family::V4, server.port()));
            return 0;
        });
        clients.push_back(client.pid());
        QCOMPARE(client.wait(), 0);
    }
    for (const std::uint32_t pid : clients)
        QVERIFY(kernel.pollUntil([&] { return toldTo(kernel, server.port(), pid) == connections; }));
    for (const agent::KernelRecord &record : kernel.records()) {
        if (tcp(record).local.port == server.port())
            QCOMPARE(record.event.process.pid, server.pid());
        else if (tcp(record).remote.port == server.port())
            QVERIFY(tcp(record).direction == wire::TcpDirection::Outbound && tcp(record).durationNs > 0);
    }
    end(server);
    QVERIFY(isAccountedFor(kernel));
}

/// Two processes at one port and address, and none accepts while there is anything to accept: only their sockets tell them apart.
void tst_TcpSockets::sharedPort_namesTheListenerThatHasIt()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp"});

    constexpr std::uint32_t connections = 40;
    Pipe ready, over[2], counted[2];
    std::uint16_t port = 0;
    std::vector<Child> listeners;
    for (int i = 0; i < 2; ++i) {
        listeners.push_back(Child::run([&] {
            const int fd = makeSocket(Family::V4, false);
            const int yes = 1;
            sockaddr_in address{AF_INET, htons(port), {htonl(INADDR_LOOPBACK)}, {}};
            socklen_t size = sizeof(address);
            auto *generic = reinterpret_cast<sockaddr *>(&address);
            ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes));
            if (::bind(fd, generic, size) != 0 || ::listen(fd, connections) != 0 || ::getsockname(fd, generic, &size) != 0)
                return 1;
            ready.send(ntohs(address.sin_port));
            over[i].receive();
            std::uint32_t mine = 0;
            while (::accept(fd, nullptr, nullptr) >= 0)
                ++mine;
            counted[i].send(mine + 1); // 0 is for what never came
            return 0;
        }));
        port = static_cast<std::uint16_t>(ready.receive());
        QVERIFY(port != 0);
    }
    Child client = Child::run([&] {
        for (std::uint32_t i = 0; i < connections; ++i)
            closeHard(connectTo(Family::V4, port));
        return 0;
    });
    QCOMPARE(client.wait(), 0);
    const auto named = [&](const Child &listener) {
        return std::ranges::count_if(kernel.records(), [&](const agent::KernelRecord &record) {
            return tcp(record).local.port == port && record.event.process.pid == listener.pid();
        });
    };
    QVERIFY(kernel.pollUntil([&] { return named(listeners[0]) + named(listeners[1]) == connections; }));
    for (std::size_t i = 0; i < 2; ++i) {
        over[i].send(1);
        QCOMPARE(named(listeners[i]), std::ptrdiff_t(counted[i].receive()) - 1);
        QVERIFY(named(listeners[i]) > 0);
    }
}

/// One struct sock in three roles: it connects, is disconnected, and then listens.
void tst_TcpSockets::listensAfterItConnected()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp"});

    Server server(Family::V4, 5, holdAll);
    Pipe listening;
    Child changed = Child::run([&] {
        const int fd = connectTo(Family::V4, server.port());
        const sockaddr nowhere{AF_UNSPEC, {}};
        sockaddr_in address{AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {}};
        socklen_t size = sizeof(address);
        auto *generic = reinterpret_cast<sockaddr *>(&address);
        if (::connect(fd, &nowhere, sizeof(nowhere)) != 0 || ::bind(fd, generic, size) != 0 || ::listen(fd, 5) != 0
            || ::getsockname(fd, generic, &size) != 0)
            return 1;
        listening.send(ntohs(address.sin_port));
        return holdAll(fd);
    });
    const auto port = static_cast<std::uint16_t>(listening.receive());
    QVERIFY(port != 0);
    Child client = Child::run([&] {
        closeHard(connectTo(Family::V4, port));
        return 0;
    });
    QCOMPARE(client.wait(), 0);
    const auto first = kernel.waitFor(of<wire::TcpConnection>(changed.pid()));
    QVERIFY(first.has_value());
    QCOMPARE(tcp(*first).direction, wire::TcpDirection::Outbound);
    QCOMPARE(tcp(*first).remote.port, server.port());
    const auto out = kernel.waitFor(of<wire::TcpConnection>(client.pid()));
    QVERIFY(out.has_value());
    QCOMPARE(tcp(*out).remote.port, port);
}

void tst_TcpSockets::moreThanFit_areCountedAndToldAllTheSame()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    agent::KernelOptions options;
    options.tcpSockets = 256; // and 16 places of their own
    TAPIO_OPEN(kernel, {"tcp"}, options);

    constexpr int connections = 400;
    Server server(Family::V4, connections, holdAll);
    Child client = Child::run([&] {
        for (const int fd : openMany(server.port(), connections))
            closeHard(fd);
        return 0;
    });
    QCOMPARE(client.wait(), 0);
    QVERIFY(kernel.pollUntil([&] { return toldTo(kernel, server.port(), client.pid()) == connections; }));
    std::size_t known = 0;
    for (const agent::KernelRecord &record : kernel.records())
        known += tcp(record).remote.port == server.port() && tcp(record).durationNs > 0 ? 1 : 0;
    QVERIFY2(known > 50 && known < connections - 50, qPrintable(QString::number(known)));
    QVERIFY(kernel.counters("tcp")[Counter::Lost] >= 2u * connections - 256 - 16);

    // Their room is free again.
    end(server);
    Server next(Family::V4, connections, holdAll);
    Child later = Child::run([&] {
        for (const int fd : openMany(next.port(), 50))
            closeHard(fd);
        return 0;
    });
    QCOMPARE(later.wait(), 0);
    QVERIFY(kernel.pollUntil([&] { return toldTo(kernel, next.port(), later.pid()) == 50; }));
    for (const agent::KernelRecord &record : kernel.records()) {
        if (tcp(record).remote.port == next.port())
            QVERIFY(tcp(record).direction == wire::TcpDirection::Outbound && tcp(record).durationNs > 0);
    }
    end(next);
    QVERIFY(isAccountedFor(kernel));
}

/// While it is off nobody sees sockets go, and others come to their addresses.
void tst_TcpSockets::switchedOffAndOn_forgetsTheGone()
{
    TAPIO_NEEDS_KERNEL();
    constexpr int connections = 100;
    // All children before it is opened: what they have from this process would keep the programs attached.
    Server server(Family::V4, connections, holdAll);
    Pipe begin[2], opened[2], end[2];
    std::vector<Child> clients;
    for (int i = 0; i < 2; ++i) {
        clients.push_back(Child::run([&] {
            begin[i].receive();
            const std::vector<int> all = openMany(server.port(), connections);
            opened[i].send(1);
            end[i].receive();
            for (const int fd : all)
                closeHard(fd);
            return 0;
        }));
    }
    KernelFixture kernel;
    agent::KernelOptions options;
    options.tcpSockets = 512; // some in places of their own, some not
    TAPIO_OPEN(kernel, {"tcp"}, options);

    begin[0].send(1);
    QCOMPARE(opened[0].receive(), 1u);
    kernel.collectors().setDisabled({"tcp"});
    end[0].send(1);
    QCOMPARE(clients[0].wait(), 0);
    begin[1].send(1);
    QCOMPARE(opened[1].receive(), 1u);
    kernel.collectors().setDisabled({});
    end[1].send(1);
    QCOMPARE(clients[1].wait(), 0);
    QVERIFY(kernel.pollUntil([&] { return toldTo(kernel, server.port(), clients[1].pid()) == connections; }));
    QCOMPARE(toldTo(kernel, server.port(), clients[0].pid()), 0u);
    for (const agent::KernelRecord &record : kernel.records()) {
        if (tcp(record).remote.port == server.port())
            QCOMPARE(tcp(record).durationNs, 0u); // begun while nobody looked
    }
}

QTEST_GUILESS_MAIN(tst_TcpSockets)
#include "tst_tcpsockets.moc"
