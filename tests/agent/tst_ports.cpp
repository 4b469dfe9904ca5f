// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "agent/collect/samplers/portsampler.h"
#include "tests/agent/fakeclock.h"

using namespace tapio;
using namespace tapio::agent;

namespace {

constexpr const char *header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

QByteArray line(const char *local, const char *state)
{
    return QByteArray("   0: ") + local + " 00000000:0000 " + state + " 00000000:00000000 00:00000000 00000000     0        0 1 1 0\n";
}

QString shown(const ListenList &list)
{
    QStringList ports;
    for (const wire::SocketAddress &port : list.ports)
        ports += QString::fromStdString(wire::toString(port));
    return ports.join(' ') + (list.isWhole ? " whole" : "");
}

/// A socket of this process that listens on the loopback.
class Listener {
public:
    explicit Listener(int type, std::uint16_t port = 0) : m_fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
        socklen_t size = sizeof(address);
        m_ok = ::bind(m_fd, reinterpret_cast<sockaddr *>(&address), size) == 0
               && ::getsockname(m_fd, reinterpret_cast<sockaddr *>(&address), &size) == 0
               && (type != SOCK_STREAM || ::listen(m_fd, 1) == 0);
        m_port = ntohs(address.sin_port);
    }
    ~Listener() { ::close(m_fd); }
    Listener(const Listener &) = delete;
    Listener &operator=(const Listener &) = delete;
    bool ok() const { return m_ok; }
    std::uint16_t port() const { return m_port; }

private:
    int m_fd;
    bool m_ok = false;
    std::uint16_t m_port = 0;
};

} // namespace

class tst_Ports : public QObject {
    Q_OBJECT

private slots:
    void tcp_data();
    void tcp();
    void udp_data();
    void udp();
    void bounds();
    void sampler_tellsWhoListens();
    void sampler_looksOnceInItsInterval();
    void sampler_withoutProc();
};

void tst_Ports::tcp_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("ports");
    QTest::newRow("two listen, others follow") << header + line("0100007F:0016", "0A") + line("00000000:1F90", "0A")
                                                      + line("0100007F:A000", "01") + line("00000000:0001", "0A")
                                               << "127.0.0.1:22 0.0.0.0:8080 whole";
    QTest::newRow("IPv6") << header + line("00000000000000000000000001000000:0016", "0A") << "[::1]:22";
    QTest::newRow("one port with two sockets") << header + line("0100007F:0016", "0A") + line("0100007F:0016", "0A") << "127.0.0.1:22";
    QTest::newRow("nobody listens") << header + line("0100007F:0016", "01") << " whole";
    QTest::newRow("only the header") << QByteArray(header) << "";
    QTest::newRow("nothing") << QByteArray() << "";
    QTest::newRow("a line without its end") << header + line("0100007F:0016", "0A").chopped(1) << "";
    QTest::newRow("an address that is none") << header + line("0100007G:0016", "0A") << "";
    QTest::newRow("an address of no length") << header + line("0100007:0016", "0A") << "";
    QTest::newRow("a port that is none") << header + line("0100007F:016", "0A") << "";
    QTest::newRow("no words") << QByteArray("\n \n\n:\n") << "";
}

void tst_Ports::tcp()
{
    QFETCH(QByteArray, text);
    QTEST(shown(parseListeningTcp(text.toStdString())), "ports");
}

void tst_Ports::udp_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("ports");
    QTest::newRow("bound, not connected") << header + line("00000000:0035", "07") << "0.0.0.0:53";
    QTest::newRow("connected") << header + line("00000000:0035", "01") << "";
    QTest::newRow("waits for an answer") << header + line("00000000:8000", "07") + line("00000000:EA5F", "07") << "";
    QTest::newRow("beside what answers use") << header + line("00000000:7FFF", "07") + line("00000000:EA60", "07")
                                             << "0.0.0.0:32767 0.0.0.0:60000";
    QTest::newRow("no port") << header + line("00000000:0000", "07") << "";
}

void tst_Ports::udp()
{
    QFETCH(QByteArray, text);
    QTEST(shown(parseListeningUdp(text.toStdString(), 32768, 59999)), "ports");
}

void tst_Ports::bounds()
{
    QByteArray text(header);
    for (int i = 1; i <= 1000; ++i)
        text += line(qPrintable(QStringLiteral("00000000:%1").arg(i, 4, 16, QLatin1Char('0'))), "0A");
    const ListenList list = parseListeningTcp(text.toStdString());
    QCOMPARE(list.ports.size(), maxListeningPorts);
    QVERIFY(list.isWhole);
}

namespace {

struct Bench {
    test::FakeClock clock;
    CgroupInventory inventory{"/nowhere", 16};
    OriginResolver resolver{{}, inventory, clock};

    QStringList labels(PortSampler &sampler)
    {
        SampleWriter writer(clock.utcNs());
        sampler.sample(writer);
        QStringList all;
        for (const wire::SampleBatch &batch : writer.take()) {
            for (const wire::Sample &sample : batch.samples) {
                if (sample.metric == wire::Metric::NetListeningPort)
                    all += QString::fromStdString(batch.labels[sample.label]);
            }
        }
        return all;
    }
};

} // namespace

void tst_Ports::sampler_tellsWhoListens()
{
    std::error_code error;
    if (std::filesystem::read_symlink("/proc/1/ns/net", error) != std::filesystem::read_symlink("/proc/self/ns/net", error) || error)
        QSKIP("this process is not in the network namespace of the first one, or may not know");
    const Listener tcp(SOCK_STREAM);
    const Listener served(SOCK_DGRAM, 1053);
    const Listener client(SOCK_DGRAM);
    QVERIFY(tcp.ok() && client.ok());
    if (!served.ok())
        QSKIP("UDP port 1053 is taken");
    Bench bench;
    PortSampler sampler("/proc", bench.inventory, bench.resolver, bench.clock);
    const QStringList labels = bench.labels(sampler);
    QVERIFY2(labels.contains(QStringLiteral("tcp 127.0.0.1:%1").arg(tcp.port())), qPrintable(labels.join('\n')));
    QVERIFY2(labels.contains("udp 127.0.0.1:1053"), qPrintable(labels.join('\n')));
    QVERIFY2(!labels.contains(QStringLiteral("udp 127.0.0.1:%1").arg(client.port())), qPrintable(labels.join('\n')));
    QCOMPARE(sampler.hooks().front().state, wire::HookState::Active);
}

void tst_Ports::sampler_looksOnceInItsInterval()
{
    const Listener tcp(SOCK_STREAM);
    Bench bench;
    PortSampler sampler("/proc", bench.inventory, bench.resolver, bench.clock);
    bench.labels(sampler);
    bench.clock.advance(std::chrono::seconds(59));
    QVERIFY(bench.labels(sampler).isEmpty());
    bench.clock.advance(std::chrono::seconds(1));
    QVERIFY(!bench.labels(sampler).isEmpty());
}

void tst_Ports::sampler_withoutProc()
{
    Bench bench;
    PortSampler sampler("/nowhere", bench.inventory, bench.resolver, bench.clock);
    QVERIFY(bench.labels(sampler).isEmpty());
    QCOMPARE(sampler.hooks().front().state, wire::HookState::Unsupported);
    QVERIFY(!sampler.hooks().front().reason.empty());
}

QTEST_GUILESS_MAIN(tst_Ports)
#include "tst_ports.moc"
