// SPDX-License-Identifier: GPL-3.0-or-later
// Trigger and assert: packets that the kernel drops, counted by its reason.
#include <QTest>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "agent/collect/kernel/foldedmaps.h"
#include "tests/bpf/kernelfixture.h"

using namespace tapio;
using namespace tapio::test;

class tst_DropHooks : public QObject {
    Q_OBJECT

private slots:
    void noSocket_data();
    void noSocket();
    void accounts();
    void names_data();
    void names();
};

namespace {

/// A UDP port of the loopback that was just free.
std::uint16_t freePort()
{
    const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ::bind(fd, reinterpret_cast<sockaddr *>(&address), size);
    ::getsockname(fd, reinterpret_cast<sockaddr *>(&address), &size);
    ::close(fd);
    return ntohs(address.sin_port);
}

/// From a socket of its own each, since the refusal of one makes the next send fail.
void sendInVain(int packets)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(freePort());
    for (int i = 0; i < packets; ++i) {
        const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
        ::sendto(fd, "x", 1, 0, reinterpret_cast<sockaddr *>(&address), sizeof(address));
        ::close(fd);
    }
}

std::uint64_t dropsFor(KernelFixture &kernel, const std::string &reason)
{
    const auto drops = kernel.collectors().packetDrops();
    if (!drops)
        return 0;
    const auto found = std::find_if(drops->begin(), drops->end(), [&](const auto &drop) { return drop.reason == reason; });
    return found == drops->end() ? 0 : found->packets;
}

} // namespace

void tst_DropHooks::noSocket_data()
{
    QTest::addColumn<QString>("attachKind");
    QTest::newRow("typed tracepoint") << "tp_btf";
    QTest::newRow("raw tracepoint") << "raw_tp";
}

void tst_DropHooks::noSocket()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(QString, attachKind);
    KernelFixture kernel;
    agent::KernelOptions options;
    options.attachKinds = {attachKind.toStdString()};
    TAPIO_OPEN(kernel, {"drops"}, options);

    const std::uint64_t before = dropsFor(kernel, "NO_SOCKET");
    sendInVain(100);
    // The last may still wait for the kernel's own thread where the machine is busy.
    QTRY_VERIFY2(dropsFor(kernel, "NO_SOCKET") >= before + 100, qPrintable(QString::number(dropsFor(kernel, "NO_SOCKET"))));
    QCOMPARE(dropsFor(kernel, "NOT_SPECIFIED"), 0u);
    QVERIFY(kernel.records().empty());
}

void tst_DropHooks::accounts()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"drops"});
    sendInVain(50);
    QTRY_VERIFY(kernel.counters("drops")[Counter::Folded] >= 50);
    const CounterSet counters = kernel.counters("drops");
    QVERIFY(counters[Counter::Seen] >= 50);
    QCOMPARE(counters[Counter::Lost], 0u);
}

void tst_DropHooks::names_data()
{
    QTest::addColumn<quint32>("reason");
    QTest::addColumn<QString>("name");
    QTest::newRow("a reason") << 3u << "NO_SOCKET";
    QTest::newRow("a reason without the usual prefix") << 4u << "ODD";
    QTest::newRow("a reason without a name") << 99u << "REASON_99";
    QTest::newRow("a subsystem's") << quint32(TAPIO_DROP_OTHER) << "OTHER";
    QTest::newRow("nobody gave a reason") << 2u << "";
    QTest::newRow("not dropped but used") << 1u << "";
    QTest::newRow("not dropped") << 0u << "";
}

void tst_DropHooks::names()
{
    QFETCH(quint32, reason);
    QFETCH(QString, name);
    const std::map<std::uint32_t, std::string> names{
        {0, "SKB_NOT_DROPPED_YET"},       {1, "SKB_CONSUMED"}, {2, "SKB_DROP_REASON_NOT_SPECIFIED"},
        {3, "SKB_DROP_REASON_NO_SOCKET"}, {4, "ODD"},          {TAPIO_DROP_OTHER, "SKB_DROP_REASON_LAST"}};
    const auto drops = agent::toDrops({{reason, 7}}, names);
    QCOMPARE(drops.size(), name.isEmpty() ? std::size_t(0) : std::size_t(1));
    if (!name.isEmpty()) {
        QCOMPARE(QString::fromStdString(drops.front().reason), name);
        QCOMPARE(drops.front().packets, 7u);
    }
}

QTEST_GUILESS_MAIN(tst_DropHooks)
#include "tst_drophooks.moc"
