// SPDX-License-Identifier: GPL-3.0-or-later
// Trigger and assert: what TCP makes of a network that fails, in network namespaces that go with the children that made them.
#include <QTest>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <optional>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bpf/memorycgroup.h"
#include "tests/bpf/tcppeer.h"

using namespace tapio;
using namespace tapio::test;

class tst_TcpFaults : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void unreachable_data();
    void unreachable();
    void peerVanishes();
    void sentAgainBefore_isNotCounted();
    void answerIsSentAgain();
    void waitingSegment_isNotSentAgain();
};

namespace {

// Documentation addresses, RFC 5737 and RFC 3849.
constexpr const char *nearV4 = "192.0.2.1";
constexpr const char *farV4 = "192.0.2.2";
constexpr const char *nearV6 = "2001:db8::1";
constexpr const char *farV6 = "2001:db8::2";
constexpr std::uint16_t anyPort = 9;

bool runs(const std::string &command) { return std::system((command + " >/dev/null 2>&1").c_str()) == 0; }

/// A namespace of this process with one end of a wire, v0; the other end, v1, is there too.
bool makeWire()
{
    return ::unshare(CLONE_NEWNET) == 0 && runs("ip link set lo up") && runs("ip link add v0 type veth peer name v1")
           && runs("ip link set v0 up") && runs(std::string("ip addr add ") + nearV4 + "/24 dev v0")
           && runs(std::string("ip addr add ") + nearV6 + "/64 dev v0 nodad");
}

/// One quick question who has an address, instead of three slow ones.
bool askOnce() { return runs("echo 1 > /proc/sys/net/ipv4/neigh/v0/mcast_solicit && echo 1 > /proc/sys/net/ipv6/neigh/v0/mcast_solicit"); }

int connectTo(const char *address, std::uint16_t port, int *socket = nullptr)
{
    sockaddr_in v4{AF_INET, htons(port), {}, {}};
    sockaddr_in6 v6{AF_INET6, htons(port), 0, {}, 0};
    const bool isV4 = ::inet_pton(AF_INET, address, &v4.sin_addr) == 1;
    ::inet_pton(AF_INET6, address, &v6.sin6_addr);
    const int fd = makeSocket(isV4 ? Family::V4 : Family::V6);
    if (socket)
        *socket = fd;
    const auto *to = isV4 ? reinterpret_cast<const sockaddr *>(&v4) : reinterpret_cast<const sockaddr *>(&v6);
    return ::connect(fd, to, isV4 ? sizeof(v4) : sizeof(v6)) == 0 ? 0 : errno;
}

/// The far end: takes one connection, reads 10 bytes, then its address is gone and it falls silent.
int vanish(Pipe &moved, Pipe &listening, Pipe &gone)
{
    moved.receive();
    if (!runs(std::string("ip addr add ") + farV4 + "/24 dev v1") || !runs("ip link set v1 up"))
        return 1;
    const sockaddr_in any{AF_INET, htons(anyPort), {htonl(INADDR_ANY)}, {}};
    const int listener = makeSocket(Family::V4);
    if (::bind(listener, reinterpret_cast<const sockaddr *>(&any), sizeof(any)) != 0 || ::listen(listener, 1) != 0)
        return 1;
    listening.send(1);
    const int fd = ::accept(listener, nullptr, nullptr);
    if (!receiveBytes(fd, 10) || !runs(std::string("ip addr del ") + farV4 + "/24 dev v1"))
        return 1;
    gone.send(1);
    for (;;)
        ::pause();
}

std::uint32_t retransmitsOf(int fd)
{
    tcp_info info{};
    socklen_t size = sizeof(info);
    ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size);
    return info.tcpi_total_retrans;
}

/// Both ends of a connection whose far end vanishes, for children.
struct Vanishing {
    Pipe listening, gone, retransmits;
    std::chrono::milliseconds patience{1500};
    std::function<void(int fd)> meanwhile = [](int) {}; ///< once what nobody answers was sent

    /// The near end, in the cgroup. Its error, and through the pipe how often TCP tried again.
    int run(const MemoryCgroup &alone)
    {
        Pipe moved, ready;
        if (!makeWire())
            return 1;
        Child server = Child::run([&] {
            if (::unshare(CLONE_NEWNET) != 0)
                return 1;
            ready.send(1);
            return vanish(moved, listening, gone);
        });
        ready.receive();
        if (!runs("ip link set v1 netns " + std::to_string(server.pid())))
            return 1;
        moved.send(1);
        return alone.enter() ? talk() : 1;
    }

private:
    int talk()
    {
        int fd = -1;
        if (!listening.receive() || connectTo(farV4, anyPort, &fd) != 0 || !sendBytes(fd, 10) || !gone.receive())
            return 1;
        const auto patienceMs = static_cast<int>(patience.count());
        ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patienceMs, sizeof(patienceMs));
        char nothing = 0;
        if (!sendBytes(fd, 1000))
            return 1;
        meanwhile(fd);
        if (::recv(fd, &nothing, 1, 0) >= 0)
            return 1;
        const int error = errno;
        retransmits.send(retransmitsOf(fd));
        return error;
    }
};

/// Takes data only, so that the handshake's last segment is let go by and the answer to the SYN is sent again, once.
int acceptLate(int listener)
{
    const int seconds = 1;
    return ::setsockopt(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds)) == 0;
}

/// Of the cgroup's connections; none: they cannot be read, or there is no such cgroup.
std::optional<agent::CgroupTcp> totalsOf(KernelFixture &kernel, std::uint64_t cgroup)
{
    const auto totals = kernel.collectors().tcpCounters();
    if (!totals)
        return std::nullopt;
    const auto found =
        std::find_if(totals->begin(), totals->end(), [cgroup](const agent::CgroupTcp &one) { return one.cgroupId == cgroup; });
    return found == totals->end() ? std::nullopt : std::optional(*found);
}

const wire::TcpConnection &tcp(const agent::KernelRecord &record) { return std::get<wire::TcpConnection>(record.event.detail); }

} // namespace

void tst_TcpFaults::initTestCase()
{
    TAPIO_NEEDS_KERNEL();
    if (!runs("ip -V"))
        QSKIP("needs the command ip (iproute2)");
    if (Child::run([] { return makeWire() ? 0 : 1; }).wait() != 0)
        QSKIP("cannot make a network namespace with a veth pair");
}

void tst_TcpFaults::unreachable_data()
{
    QTest::addColumn<QString>("address");
    QTest::newRow("IPv4") << farV4;
    QTest::newRow("IPv6") << farV6;
}

void tst_TcpFaults::unreachable()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(QString, address);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp"});

    Child client = Child::run([&] {
        if (!makeWire() || !runs("ip link set v1 up") || !askOnce())
            return 1;
        return connectTo(qPrintable(address), anyPort);
    });
    QCOMPARE(WEXITSTATUS(client.wait()), EHOSTUNREACH);
    const auto record = kernel.waitFor(of<wire::TcpConnection>(client.pid()));
    QVERIFY(record.has_value());
    QCOMPARE(tcp(*record).outcome, wire::TcpOutcome::Unreachable);
    QCOMPARE(tcp(*record).socketError, EHOSTUNREACH);
    QVERIFY(!tcp(*record).established);
    QCOMPARE(QString::fromStdString(wire::toString(tcp(*record).remote)), QString(address.contains(':') ? "[%1]:9" : "%1:9").arg(address));
}

void tst_TcpFaults::peerVanishes()
{
    TAPIO_NEEDS_KERNEL();
    const MemoryCgroup alone = MemoryCgroup::inVersion2("vanished");
    if (!alone.problem().empty())
        QSKIP(alone.problem().c_str());
    Vanishing connection;
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp"});

    Child client = Child::run([&] { return connection.run(alone); });
    QCOMPARE(WEXITSTATUS(client.wait()), ETIMEDOUT);
    const auto record = kernel.waitFor(of<wire::TcpConnection>(client.pid()));
    QVERIFY(record.has_value());
    QCOMPARE(tcp(*record).outcome, wire::TcpOutcome::TimedOut);
    QCOMPARE(tcp(*record).socketError, ETIMEDOUT);
    QVERIFY(tcp(*record).established);
    QCOMPARE(tcp(*record).bytesSent, 10u); // what the peer never acknowledged was not sent
    QVERIFY(tcp(*record).retransmits >= 2);
    QCOMPARE(tcp(*record).retransmits, connection.retransmits.receive());
    const auto totals = totalsOf(kernel, alone.id());
    QVERIFY(totals.has_value());
    QCOMPARE(totals->connects, 1u);
    QCOMPARE(totals->retransmits, std::uint64_t{tcp(*record).retransmits});
}

/// Of a connection that is older than the agent: the connection's own figure has them all, the cgroup's only those since.
void tst_TcpFaults::sentAgainBefore_isNotCounted()
{
    TAPIO_NEEDS_KERNEL();
    const MemoryCgroup alone = MemoryCgroup::inVersion2("older");
    if (!alone.problem().empty())
        QSKIP(alone.problem().c_str());
    Pipe before, opened, after;
    Vanishing connection;
    connection.patience = std::chrono::minutes(1);
    const auto waitForMore = [](int fd, std::uint32_t than) {
        while (retransmitsOf(fd) <= than)
            std::this_thread::yield();
        return retransmitsOf(fd);
    };
    connection.meanwhile = [&](int fd) {
        before.send(waitForMore(fd, 0));
        opened.receive();
        const std::uint32_t now = retransmitsOf(fd);
        after.send(now);
        waitForMore(fd, now);
        const int noMoreMs = 1; // over at the next look of its timer
        ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &noMoreMs, sizeof(noMoreMs));
    };
    Child client = Child::run([&] { return connection.run(alone); });
    const auto unseen = before.receive();
    QVERIFY(unseen > 0);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp"});
    opened.send(1);
    const auto atMostUnseen = after.receive();

    QCOMPARE(WEXITSTATUS(client.wait()), ETIMEDOUT);
    const auto record = kernel.waitFor(of<wire::TcpConnection>(client.pid()));
    QVERIFY(record.has_value());
    const std::uint64_t all = connection.retransmits.receive();
    QCOMPARE(std::uint64_t{tcp(*record).retransmits}, all);
    const auto totals = totalsOf(kernel, alone.id());
    QVERIFY(totals.has_value());
    QVERIFY(all > atMostUnseen);
    QVERIFY2(totals->retransmits <= all - unseen && totals->retransmits >= all - atMostUnseen,
             qPrintable(QString::number(totals->retransmits)));
}

/// The tracepoint does not tell it: the total has it from the connection's end.
void tst_TcpFaults::answerIsSentAgain()
{
    TAPIO_NEEDS_KERNEL();
    const MemoryCgroup alone = MemoryCgroup::inVersion2("late");
    if (!alone.problem().empty())
        QSKIP(alone.problem().c_str());
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp"});

    Pipe ready;
    Child server = Child::run([&] {
        std::uint16_t port = 0;
        const int listener = alone.enter() ? listenOn(Family::V4, 1, port) : -1;
        if (listener < 0 || !acceptLate(listener) || !ready.send(port))
            return 1;
        const int fd = ::accept(listener, nullptr, nullptr);
        ::close(fd);
        return fd < 0 ? 1 : 0;
    });
    const auto port = static_cast<std::uint16_t>(ready.receive());
    Child client = Child::run([&] { return receiveAll(connectTo(Family::V4, port)) == 0 ? 0 : 1; });
    QCOMPARE(server.wait(), 0);
    QCOMPARE(client.wait(), 0);
    const auto record = kernel.waitFor(of<wire::TcpConnection>(server.pid()));
    QVERIFY(record.has_value());
    QCOMPARE(record->cgroupId, alone.id());
    QCOMPARE(tcp(*record).outcome, wire::TcpOutcome::Closed);
    QCOMPARE(tcp(*record).retransmits, 1u);
    const auto totals = totalsOf(kernel, alone.id());
    QVERIFY(totals.has_value());
    QCOMPARE(totals->retransmits, 1u);
}

/// A SYN that waits for its neighbour's address, and which the timer so cannot send again: the tracepoint tells it all the same.
void tst_TcpFaults::waitingSegment_isNotSentAgain()
{
    TAPIO_NEEDS_KERNEL();
    const MemoryCgroup alone = MemoryCgroup::inVersion2("waits");
    if (!alone.problem().empty())
        QSKIP(alone.problem().c_str());
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp"});

    Child client = Child::run([&] { return alone.enter() && makeWire() && runs("ip link set v1 up") ? connectTo(farV4, anyPort) : 1; });
    QCOMPARE(WEXITSTATUS(client.wait()), EHOSTUNREACH);
    const auto record = kernel.waitFor(of<wire::TcpConnection>(client.pid()));
    QVERIFY(record.has_value());
    QCOMPARE(tcp(*record).retransmits, 0u);
    const auto totals = totalsOf(kernel, alone.id());
    QVERIFY(totals.has_value());
    QCOMPARE(totals->connectFailures, 1u);
    QCOMPARE(totals->retransmits, 0u);
}

QTEST_GUILESS_MAIN(tst_TcpFaults)
#include "tst_tcpfaults.moc"
