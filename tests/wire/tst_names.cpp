// SPDX-License-Identifier: GPL-3.0-or-later
#include <QSet>
#include <QtTest>

#include <csignal>
#include <cstring>

#include "protocol/wire/addresstext.h"
#include "protocol/wire/event.h"
#include "protocol/wire/report.h"
#include "protocol/wire/sample.h"
#include "protocol/wire/signalname.h"

using namespace tapio::wire;

namespace {

constexpr unsigned metricNumbers = 200; ///< well above the highest metric

QString text(std::string_view view) { return QString::fromUtf8(view.data(), static_cast<qsizetype>(view.size())); }

} // namespace

class TestNames : public QObject {
    Q_OBJECT
private slots:
    void eventType_data()
    {
        QTest::addColumn<unsigned>("number");
        QTest::addColumn<QString>("name");
        QTest::newRow("exec") << 1U << "process.exec";
        QTest::newRow("exit") << 2U << "process.exit";
        QTest::newRow("out of memory") << 3U << "oom.kill";
        QTest::newRow("fatal signal") << 4U << "signal.fatal";
        QTest::newRow("connection") << 5U << "tcp.connection";
        QTest::newRow("name query") << 6U << "dns.query";
        QTest::newRow("request") << 7U << "http.request";
        QTest::newRow("failed file operation") << 8U << "file.failure";
        QTest::newRow("capability") << 9U << "capability.use";
        QTest::newRow("privileges") << 10U << "privilege.gain";
        QTest::newRow("tracing") << 11U << "ptrace.attach";
        QTest::newRow("module") << 12U << "module.load";
        QTest::newRow("mount") << 13U << "mount";
        QTest::newRow("login") << 14U << "login";
        QTest::newRow("line of the kernel") << 15U << "kernel.log";
        QTest::newRow("agent") << 16U << "agent.notice";
        QTest::newRow("drill") << 17U << "drill.label";
        QTest::newRow("memory of a cgroup") << 18U << "memory.events";
        QTest::newRow("pressure") << 19U << "pressure.stall";
        QTest::newRow("insight") << 20U << "insight";
        QTest::newRow("fact of Kubernetes") << 21U << "kubernetes.fact";
        QTest::newRow("handshake that failed") << 22U << "tls.failure";
        QTest::newRow("a newer agent's type keeps its number") << 4000U << "type.4000";
    }
    void eventType()
    {
        QFETCH(unsigned, number);
        QFETCH(QString, name);
        const auto type = static_cast<EventType>(number);
        QCOMPARE(QString::fromStdString(eventTypeName(type)), name);
        QCOMPARE(eventTypeFromName(name.toStdString()), type);
    }

    void knownTypes_haveANameASourceAndADetail()
    {
        QCOMPARE(knownEventTypes().size(), std::variant_size_v<Detail> - 1);
        for (const EventType type : knownEventTypes()) {
            QVERIFY(!eventTypeName(type).starts_with("type."));
            QVERIFY(!eventSource(type).starts_with("type."));
            QCOMPARE(detailIndex(type), static_cast<std::size_t>(type));
        }
        QCOMPARE(eventSource(EventType::ProcessExit), std::string("process"));
        QCOMPARE(eventSource(EventType::Mount), std::string("security"));
        QCOMPARE(eventSource(EventType::KernelLog), std::string("kmsg"));
        QCOMPARE(eventSource(static_cast<EventType>(4000)), std::string("type.4000"));
        QCOMPARE(eventSource(EventType::MemoryEvents), std::string("memory"));
        QCOMPARE(eventSource(EventType::PressureStall), std::string("psi"));
        QCOMPARE(eventSource(EventType::Insight), std::string("correlation"));
        QCOMPARE(eventSource(EventType::KubernetesFact), std::string("kubernetes"));
        QCOMPARE(detailIndex(static_cast<EventType>(23)), std::size_t(0));
        QCOMPARE(detailIndex(EventType::Unknown), std::size_t(0));
    }

    void entityKind_data()
    {
        QTest::addColumn<int>("number");
        QTest::addColumn<QString>("name");
        int number = 0;
        for (const char *name :
             {"unknown", "node", "namespace", "workload", "pod", "container", "process", "destination", "account", "address"})
            QTest::newRow(name) << number++ << name;
    }
    void entityKind()
    {
        QFETCH(int, number);
        QFETCH(QString, name);
        QCOMPARE(text(entityKindName(static_cast<EntityKind>(number))), name);
        QCOMPARE(entityKindFromName(name.toStdString()), static_cast<EntityKind>(number));
    }
    void entityKind_ofAnotherVersionIsUnknown()
    {
        QCOMPARE(text(entityKindName(EntityKind::Address)), "address");
        QCOMPARE(text(entityKindName(EntityKind::Cluster)), "cluster");
        QCOMPARE(text(entityKindName(EntityKind::Connection)), "connection");
        QCOMPARE(text(entityKindName(static_cast<EntityKind>(12))), "unknown");
        QCOMPARE(text(entityKindName(static_cast<EntityKind>(255))), "unknown");
        QCOMPARE(entityKindFromName("Pod"), EntityKind::Unknown);
        QCOMPARE(entityKindFromName(""), EntityKind::Unknown);
    }

    void eventTypeFromName_refuses_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("nothing") << "";
        QTest::newRow("another name") << "process";
        QTest::newRow("no number") << "type.";
        QTest::newRow("a number too large") << "type.70000";
        QTest::newRow("something after the number") << "type.7x";
    }
    void eventTypeFromName_refuses()
    {
        QFETCH(QString, name);
        QCOMPARE(eventTypeFromName(name.toStdString()), EventType::Unknown);
    }

    void signalNames_areThoseOfLinux_data()
    {
        QTest::addColumn<int>("number");
        QTest::addColumn<QString>("text");
        QTest::newRow("none") << 0 << "0";
        QTest::newRow("the first") << SIGHUP << "SIGHUP (1)";
        QTest::newRow("killed") << SIGKILL << "SIGKILL (9)";
        QTest::newRow("segmentation fault") << SIGSEGV << "SIGSEGV (11)";
        QTest::newRow("the last with a name") << SIGSYS << "SIGSYS (31)";
        QTest::newRow("real-time") << 34 << "34";
        QTest::newRow("negative") << -1 << "-1";
    }
    void signalNames_areThoseOfLinux()
    {
        QFETCH(int, number);
        QTEST(QString::fromStdString(signalText(number)), "text");
        QCOMPARE(signalName(number).empty(), number < 1 || number > SIGSYS);
    }

    void signalNames_areTheLibrarys()
    {
        for (int number = 1; number <= SIGSYS; ++number) {
            const char *known = sigabbrev_np(number);
            QVERIFY(known);
            // The C library calls number 29 by its other name, SIGPOLL.
            QCOMPARE(text(signalName(number)), number == SIGIO ? QString("SIGIO") : QLatin1String("SIG") + known);
        }
    }

    void metrics_haveOneNameEach()
    {
        QSet<QString> names;
        for (unsigned number = 0; number < metricNumbers; ++number) {
            const auto metric = static_cast<Metric>(number);
            const QString name = QString::fromStdString(metricName(metric));
            QVERIFY2(!names.contains(name), qPrintable(name));
            names.insert(name);
            const bool known = metricFromName(name.toStdString()) == metric && number != 0;
            QCOMPARE(name == QStringLiteral("metric.%1").arg(number), !known);
        }
    }

    void metric_data()
    {
        QTest::addColumn<unsigned>("number");
        QTest::addColumn<QString>("name");
        QTest::addColumn<bool>("counter");
        QTest::addColumn<QString>("unit");
        QTest::newRow("CPU time used") << 1U << "cpu.usage" << true << "ns";
        QTest::newRow("CPU limit") << 5U << "cpu.limit" << false << "mcores";
        QTest::newRow("memory in use") << 10U << "memory.current" << false << "By";
        QTest::newRow("out-of-memory kills") << 14U << "memory.oom_kills" << true << "1";
        QTest::newRow("stalled for memory") << 21U << "psi.memory.some" << true << "us";
        QTest::newRow("disk busy") << 34U << "disk.busy" << true << "ms";
        QTest::newRow("retransmits") << 53U << "tcp.retransmits" << true << "1";
        QTest::newRow("a newer agent's metric") << 999U << "metric.999" << false << "1";
    }
    void metric()
    {
        QFETCH(unsigned, number);
        const auto metric = static_cast<Metric>(number);
        QTEST(QString::fromStdString(metricName(metric)), "name");
        QTEST(isCounter(metric), "counter");
        QTEST(text(metricUnit(metric)), "unit");
    }

    void otherNames()
    {
        QCOMPARE(text(severityName(Severity::Warning)), "warning");
        QCOMPARE(text(severityName(static_cast<Severity>(200))), "critical");
        QCOMPARE(text(tcpOutcomeName(TcpOutcome::TimedOut)), "timed-out");
        QCOMPARE(text(tcpOutcomeName(static_cast<TcpOutcome>(99))), "unknown");
        QCOMPARE(text(hookStateName(HookState::Denied)), "denied");
        QCOMPARE(text(histogramKindName(HistogramKind::RunQueueLatency)), "runqueue.latency");
        QCOMPARE(text(histogramKindName(HistogramKind::HttpLatency)), "http.latency");
    }

    void numbersOfDetails()
    {
        QCOMPARE(dnsTypeName(28), std::string("AAAA"));
        QCOMPARE(dnsTypeName(65280), std::string("TYPE65280"));
        QCOMPARE(dnsResponseName(3), std::string("NXDOMAIN"));
        QCOMPARE(dnsResponseName(3841), std::string("RCODE3841"));
        QCOMPARE(text(dnsOutcomeName(static_cast<DnsOutcome>(9))), "unknown");
        QCOMPARE(capabilityName(21), std::string("CAP_SYS_ADMIN"));
        QCOMPARE(capabilityName(40), std::string("CAP_CHECKPOINT_RESTORE"));
        QCOMPARE(capabilityName(41), std::string("capability 41"));
        QCOMPARE(capabilityNames(0, 3), std::string());
        QCOMPARE(capabilityNames(0x201, 3), std::string("CAP_CHOWN, CAP_LINUX_IMMUTABLE"));
        QCOMPARE(capabilityNames(UINT64_MAX, 2), std::string("CAP_CHOWN, CAP_DAC_OVERRIDE and 62 more"));
        QCOMPARE(ptraceRequestName(0x4206), std::string("PTRACE_SEIZE"));
        QCOMPARE(ptraceRequestName(-1), std::string("request -1"));
        QCOMPARE(taintNames(1U << 12 | 1U << 30), std::string("out-of-tree, bit 30"));
        QCOMPARE(mountFlagNames(4097), std::string("ro,bind"));
        QCOMPARE(mountFlagNames(1ULL << 40 | 2), std::string("nosuid,0x10000000000"));
        QCOMPARE(mountFlagNames(0), std::string());
        QCOMPARE(text(kernelPriorityName(3)), "err");
        QCOMPARE(text(kernelPriorityName(250)), "debug");
        QCOMPARE(text(agentNoticeKindName(AgentNoticeKind::SpoolDropped)), "spool-dropped");
        QCOMPARE(text(agentNoticeKindName(AgentNoticeKind::Began)), "began");
        QCOMPARE(text(agentNoticeKindName(AgentNoticeKind::CutOff)), "cut-off");
        QCOMPARE(text(agentNoticeKindName(static_cast<AgentNoticeKind>(99))), "unknown");
        QCOMPARE(text(pressureResourceName(PressureResource::Io)), "io");
        QCOMPARE(text(pressureResourceName(static_cast<PressureResource>(99))), "unknown");
        QCOMPARE(text(insightStateName(InsightState::Open)), "open");
        QCOMPARE(text(insightStateName(InsightState::Updated)), "updated");
        QCOMPARE(text(insightStateName(InsightState::Resolved)), "resolved");
        QCOMPARE(text(insightStateName(InsightState::Expired)), "expired");
        QCOMPARE(text(insightStateName(static_cast<InsightState>(99))), "unknown");
        QCOMPARE(errnoName(28), std::string("ENOSPC"));
        QCOMPARE(errnoName(-28), std::string("errno -28"));
        QCOMPARE(errnoName(9999), std::string("errno 9999"));
    }

    void address_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<int>("port");
        QTest::addColumn<QString>("shown");
        QTest::newRow("IPv4-mapped") << QByteArray::fromHex("00000000000000000000ffff0a000001") << 443 << "10.0.0.1:443";
        QTest::newRow("all that an octet can be long") << QByteArray::fromHex("00000000000000000000ffffff096400") << 0 << "255.9.100.0:0";
        QTest::newRow("the longest IPv4") << QByteArray::fromHex("00000000000000000000ffffc8c8c8c8") << 65'535 << "200.200.200.200:65535";
        QTest::newRow("IPv6 loopback") << QByteArray::fromHex("00000000000000000000000000000001") << 10'000 << "[::1]:10000";
        QTest::newRow("IPv6") << QByteArray::fromHex("20010db8000000000000000000000042") << 8 << "[2001:db8::42]:8";
        QTest::newRow("the longest IPv6") << QByteArray::fromHex("ffffffffffffffffffffffffffffffff") << 50'060
                                          << "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:50060";
    }
    void address()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(int, port);
        SocketAddress address;
        std::copy(bytes.begin(), bytes.end(), address.bytes.begin());
        address.port = static_cast<std::uint16_t>(port);
        QTEST(QString::fromStdString(toString(address)), "shown");
        QTEST(text(AddressText(address).view()), "shown");
    }
};

QTEST_APPLESS_MAIN(TestNames)
#include "tst_names.moc"
