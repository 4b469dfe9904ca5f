// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "protocol/wire/event.h"
#include "protocol/wire/text.h"

using namespace tapio::wire;

Q_DECLARE_METATYPE(Detail)

namespace {

SocketAddress host(std::uint8_t last, std::uint16_t port) { return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, last}, port}; }

TcpConnection connection(TcpDirection direction, TcpOutcome outcome)
{
    TcpConnection tcp;
    tcp.local = host(1, 41234);
    tcp.remote = host(2, 443);
    tcp.direction = direction;
    tcp.outcome = outcome;
    tcp.durationNs = 3'200'000;
    return tcp;
}

TcpConnection transfer()
{
    TcpConnection tcp = connection(TcpDirection::Inbound, TcpOutcome::Closed);
    tcp.established = true;
    tcp.bytesSent = 1536;
    tcp.bytesReceived = 12;
    tcp.retransmits = 4;
    tcp.durationNs = 75'000'000'000;
    return tcp;
}

HttpRequest request(TcpDirection direction, std::uint16_t status)
{
    HttpRequest http;
    http.local = host(1, 8080);
    http.remote = host(2, 51000);
    http.direction = direction;
    http.status = status;
    http.texts = HttpTexts{"GET", "/cart/7", "/cart/{id}", "shop"};
    return http;
}

Insight insight(InsightState state, std::string text, std::string rule = "oom-cascade")
{
    Insight found;
    found.state = state;
    found.text = std::move(text);
    found.rule = std::move(rule);
    return found;
}

ProcessExec changedProgram()
{
    ProcessExec exec{1, "sh", "/tmp/x", {"x", "-v"}, false};
    exec.writtenAfterStart = true;
    return exec;
}

} // namespace

class TestSummary : public QObject {
    Q_OBJECT
private slots:
    void summary_data()
    {
        QTest::addColumn<Detail>("detail");
        QTest::addColumn<QString>("line");
        QTest::newRow("exec with arguments") << Detail(ProcessExec{1, "sh", "/usr/bin/curl", {"curl", "-s", "http://10.0.0.1"}, false})
                                             << "exec /usr/bin/curl -s http://10.0.0.1";
        QTest::newRow("exec whose arguments were cut")
            << Detail(ProcessExec{1, "sh", "/bin/x", {"x", "a"}, true}) << QString::fromUtf8("exec /bin/x a …");
        QTest::newRow("an argument cannot break the line")
            << Detail(ProcessExec{1, "sh", "/bin/sh", {"sh", "a\nb\x1b[0m"}, false}) << "exec /bin/sh a b [0m";
        QTest::newRow("exit by itself") << Detail(ProcessExit{1, 0, false, 1'500'000'000, 0, ""}) << "exited with code 1, lived 1.5 s";
        QTest::newRow("killed by a process") << Detail(ProcessExit{0, 9, false, 0, 812, "sh"}) << "killed by SIGKILL (9) from sh (812)";
        QTest::newRow("killed by no known sender, with a core")
            << Detail(ProcessExit{0, 11, true, 0, 0, ""}) << "killed by SIGSEGV (11), core dumped";
        QTest::newRow("killed by a real-time signal")
            << Detail(ProcessExit{0, 34, false, 0, 812, "sh"}) << "killed by signal 34 from sh (812)";
        QTest::newRow("out of memory") << Detail(
            OomKill{77, "stress", 0, 512u << 20, 4096, 0, 0,
                    0}) << "killed for lack of memory, anonymous 512.0 MiB, file 4.0 KiB, shared 0 B, allocation by stress (77)";
        QTest::newRow("a signal of the kernel") << Detail(FatalSignal{11, 1, 0, ""}) << "SIGSEGV (11) from the kernel";
        QTest::newRow("a signal of a process") << Detail(FatalSignal{15, 0, 33, "systemd"}) << "SIGTERM (15) from systemd (33)";
        QTest::newRow("a real-time signal") << Detail(FatalSignal{64, 0, 33, "systemd"}) << "signal 64 from systemd (33)";
        QTest::newRow("refused") << Detail(connection(TcpDirection::Outbound, TcpOutcome::Refused))
                                 << "connect 10.0.0.2:443 refused after 3.2 ms";
        QTest::newRow("timed out") << Detail(connection(TcpDirection::Outbound, TcpOutcome::TimedOut))
                                   << "connect 10.0.0.2:443 timed out after 3.2 ms";
        QTest::newRow("an accepted transfer") << Detail(
            transfer()) << "accept 10.0.0.1:41234 from 10.0.0.2:443 closed after 75.0 s, sent 1.5 KiB, received 12 B, 4 retransmits";
        TcpConnection together = transfer();
        together.retransmits = 0;
        together.more = 36;
        QTest::newRow("transfers told together")
            << Detail(together)
            << "37 times accept 10.0.0.1:41234 from 10.0.0.2 closed after 75.0 s on average, sent 1.5 KiB, received 12 B in all";
        detailRows();
        QTest::newRow("a newer agent's event") << Detail() << "type.4000: details are not known to this version";
    }

private:
    static void detailRows()
    {
        HttpRequest slow = request(TcpDirection::Outbound, 503);
        slow.latencyNs = 12'000'000;
        slow.responseBytes = 2048;
        slow.tls = true;
        HttpRequest ended = request(TcpDirection::Inbound, 0);
        ended.aborted = true;
        QTest::newRow("a program changed in its container")
            << Detail(changedProgram()) << "exec /tmp/x (changed after the container started) -v";
        QTest::newRow("a name answered") << Detail(
            DnsQuery{host(10, 53), "a.shop.", 1, 0, DnsOutcome::Answered, 1'200'000, 2, 1, false, false})
                                         << "dns A a.shop. at 10.0.0.10:53: NOERROR, 2 answers after 1.2 ms";
        DnsQuery answers{host(10, 53), "a.shop.", 1, 3, DnsOutcome::Answered, 1'200'000, 0, 1, false, false};
        answers.more = 9;
        QTest::newRow("answers told together") << Detail(answers)
                                               << "10 times dns A a.shop. at 10.0.0.10:53: NXDOMAIN, 0 answers after 1.2 ms on average";
        QTest::newRow("a name not answered") << Detail(DnsQuery{host(10, 53), "a.\n", 28, 0, DnsOutcome::TimedOut, 0, 0, 3, true, false})
                                             << "dns AAAA a.  at 10.0.0.10:53 over tcp: timed out, asked 3 times";
        QTest::newRow("a request answered") << Detail(slow) << "GET /cart/7 of shop to 10.0.0.2:51000 over tls: 503 after 12.0 ms, 2.0 KiB";
        QTest::newRow("a request aborted") << Detail(ended) << "GET /cart/7 of shop from 10.0.0.2:51000: ended before an answer";
        HttpRequest unseen = request(TcpDirection::Outbound, 200);
        unseen.tls = true;
        unseen.remote = {};
        QTest::newRow("a request to nobody knows whom") << Detail(unseen) << "GET /cart/7 of shop to an unknown peer over tls: 200";
        QTest::newRow("a request without texts") << Detail(HttpRequest()) << "request to [::]:0: no answer seen";
        QTest::newRow("no descriptors") << Detail(FileFailure{"", "", 24, 0, 1, 1024})
                                        << "all 1024 descriptors are in use, EMFILE for one more";
        QTest::newRow("a full file system") << Detail(FileFailure{"/data", "", 28, 0, 1, 16u << 20})
                                            << "/data is full: no space left of 16.0 MiB";
        QTest::newRow("a file system with little left")
            << Detail(FileFailure{"/data", "", 28, 0, 1, 16u << 20, false, 166'912}) << "/data is all but full: 163.0 KiB left of 16.0 MiB";
        QTest::newRow("no inodes") << Detail(FileFailure{"/data", "", 28, 0, 1, 4096, true}) << "/data is full: no inode left of 4096";
        QTest::newRow("a full one that nobody knows")
            << Detail(FileFailure{"", "", 28, 0, 1, 512}) << "a file system is full: no space left of 512 B";
        QTest::newRow("no space") << Detail(FileFailure{"/data/wal", "write", 28, 0, 12}) << "write /data/wal failed: ENOSPC, 12 times";
        QTest::newRow("a capability denied") << Detail(CapabilityUse{21, false, 1}) << "CAP_SYS_ADMIN denied";
        QTest::newRow("privileges") << Detail(PrivilegeGain{1000, 0, 1000, 0, 5, 5, 1ULL << 21, "exec", "/bin/su"})
                                    << "gained privileges by exec of /bin/su, uid 1000 to 0, euid 1000 to 0, CAP_SYS_ADMIN";
        SocketAddress server, client;
        server.bytes[15] = client.bytes[15] = 1;
        server.port = 443;
        client.port = 40'000;
        QTest::newRow("a certificate that is refused") << Detail(TlsFailure{client, server, TcpDirection::Outbound, 45, true})
                                                       << "tls handshake to [::1]:443 failed: certificate_expired, said by this end";
        QTest::newRow("a handshake that the client ends in secret")
            << Detail(TlsFailure{server, client, TcpDirection::Inbound, 0, false})
            << "tls handshake from [::1]:40000 failed: an encrypted alert, said by the other end";
        QTest::newRow("an alert of a newer version") << Detail(TlsFailure{client, server, TcpDirection::Unknown, 200, false})
                                                     << "tls handshake to [::1]:443 failed: alert 200, said by the other end";
        QTest::newRow("tracing refused") << Detail(PtraceAttach{812, "sshd", 16, 1}) << "PTRACE_ATTACH of sshd (812) failed: EPERM";
        QTest::newRow("a module") << Detail(ModuleLoad{"zfs", 0x1000}) << "module zfs loaded, taints the kernel: out-of-tree";
        QTest::newRow("a mount") << Detail(Mount{"/dev/sdb1", "/mnt", "ext4", 3, 0, false})
                                 << "mount /dev/sdb1 on /mnt type ext4 (ro,nosuid)";
        QTest::newRow("an unmount that failed") << Detail(Mount{"", "/mnt", "", 2, 16, true}) << "unmount /mnt failed: EBUSY";
        QTest::newRow("an exec probe") << Detail(Login{true, {}, "no terminal", "container exec", {}, 60})
                                       << "put into the container from outside, without a terminal, 60 times";
        QTest::newRow("a terminal in a container")
            << Detail(Login{true, {}, "terminal", "container exec", {}, 1}) << "put into the container from outside, with a terminal";
        QTest::newRow("a failed login") << Detail(Login{false, "root", "password", "sshd", "203.0.113.9", 4})
                                        << "failed login of root to sshd by password from 203.0.113.9, 4 times";
        QTest::newRow("the kernel's log") << Detail(KernelLog{3, 0, 7, "nvme0: I/O\x1b error"}) << "err: nvme0: I/O  error";
        QTest::newRow("shedding") << Detail(AgentNotice{AgentNoticeKind::ShedBegin, "http", "over the budget", 240, 200, "mcores"})
                                  << "shed-begin http: over the budget, 240 of 200 mcores";
        QTest::newRow("a measurement without a limit")
            << Detail(AgentNotice{AgentNoticeKind::CutOff, "unwatched", "nobody looked", 5000, 0, "ms"})
            << "cut-off unwatched: nobody looked, 5000 ms";
        QTest::newRow("a cgroup at its limit") << Detail(MemoryEvents{0, 0, 3, 0, 0, 0, false, 536870912, 536870912})
                                               << "at its memory limit 3 times, uses 512.0 MiB of 512.0 MiB";
        QTest::newRow("a cgroup full of cache") << Detail(MemoryEvents{0, 0, 3, 0, 0, 0, false, 536870912, 536870912, 524288000})
                                                << "at its memory limit 3 times, uses 512.0 MiB of 512.0 MiB, 500.0 MiB of it file cache";
        QTest::newRow("a cgroup in which was killed") << Detail(MemoryEvents{1, 2, 3, 1, 2, 1, false, 0, 1024})
                                                      << "killed for lack of memory 2 times, killed as a whole, out of memory, at its "
                                                         "memory limit 3 times, throttled above memory.high 2 times, "
                                                         "reclaimed below memory.low, limit 1.0 KiB";
        QTest::newRow("a cgroup that stands still") << Detail(MemoryEvents{0, 0, 1, 0, 0, 0, true, 2048, 0})
                                                    << "at its memory limit, stands still for lack of memory, uses 2.0 KiB";
        QTest::newRow("a cgroup that only stands still")
            << Detail(MemoryEvents{0, 0, 0, 0, 0, 0, true, 0, 0}) << "stands still for lack of memory";
        QTest::newRow("a cgroup that goes on") << Detail(MemoryEvents()) << "no longer stands still for lack of memory";
        QTest::newRow("pressure begins") << Detail(PressureStall{PressureResource::Memory, false, false, 300'000, 2'000'000, 1205, 0, 0})
                                         << "memory pressure: some tasks stalled 300.0 ms or more within 2.0 s, 12.05 % of the last 10 s";
        QTest::newRow("pressure goes on") << Detail(
            PressureStall{PressureResource::Cpu, false, false, 1, 2, 6100, 36'500'000, 60'000'000'000})
                                          << "cpu pressure for 60.0 s: some tasks stalled 36.5 s, 61.00 % of the last 10 s";
        QTest::newRow("pressure ends") << Detail(PressureStall{PressureResource::Io, true, true, 1, 2, 3, 4'500'000, 31'000'000'000})
                                       << "io pressure ended after 31.0 s: all tasks stalled 4.5 s, 0.03 % of the last 10 s";
        QTest::newRow("pressure of a later version, without end")
            << Detail(PressureStall{static_cast<PressureResource>(9), false, false, UINT64_MAX, 0, 0, 0, 0})
            << "unknown pressure: some tasks stalled 18446744073.7 s or more within 0 us, 0.00 % of the last 10 s";
        QTest::newRow("a drill") << Detail(DrillLabel{"oom", "/kubepods/x", "begin", 1, 0, 9, {}}) << "drill oom begin on /kubepods/x";
        QTest::newRow("an insight that opens") << Detail(insight(InsightState::Open, "Pod a was killed.")) << "opened: Pod a was killed.";
        QTest::newRow("an insight to which is added") << Detail(insight(InsightState::Updated, "a\nb")) << "updated: a b";
        QTest::newRow("an insight that is over") << Detail(insight(InsightState::Resolved, "Pod a runs.")) << "resolved: Pod a runs.";
        QTest::newRow("an insight that nothing was added to") << Detail(insight(InsightState::Expired, "Pod a.")) << "expired: Pod a.";
        QTest::newRow("an insight without a text") << Detail(insight(InsightState::Open, "")) << "opened: oom-cascade";
        QTest::newRow("an insight in a state of a later version")
            << Detail(insight(static_cast<InsightState>(9), "Pod a.")) << "insight: Pod a.";
        const auto fact = [](KubernetesFact one) { return Detail(std::move(one)); };
        QTest::newRow("an eviction") << fact(
            {KubernetesFactKind::PodEvicted, "memory", "The node was low on resource: memory.", "", "", "", "", 0, 0})
                                     << "pod evicted, the node is low on memory: The node was low on resource: memory.";
        QTest::newRow("an eviction without words") << fact({KubernetesFactKind::PodEvicted, "", "", "", "", "", "", 0, 0}) << "pod evicted";
        QTest::newRow("a volume that changed") << fact({KubernetesFactKind::VolumeChanged, "", "", "configmap", "settings", "", "", 0, 0})
                                               << "configmap volume settings changed";
        QTest::newRow("a certificate that ends")
            << fact({KubernetesFactKind::CertificateExpiry, "", "", "secret", "tls", "tls.crt", "shop.example", 1, 7'200'000'000'000})
            << "certificate of shop.example expires in 2h 0m, tls.crt of volume tls";
        QTest::newRow("a certificate that ended")
            << fact({KubernetesFactKind::CertificateExpiry, "", "", "secret", "tls", "tls.crt", "", 1, -60'000'000'000})
            << "certificate expired 1m ago, tls.crt of volume tls";
        QTest::newRow("a certificate that ended before there was time")
            << fact({KubernetesFactKind::CertificateExpiry, "", "", "", "", "", "", INT64_MIN, INT64_MIN})
            << "certificate expired 106751d 23h ago";
        QTest::newRow("a fact of a newer version")
            << fact({static_cast<KubernetesFactKind>(9), "a", "b", "c", "d", "e", "f", 1, 1}) << "unknown";
        const auto node = [](KubernetesFactKind kind, const char *name, const char *reason, const char *message) {
            return Detail(KubernetesFact{kind, "", message, "", "", "", "", 0, 0, name, reason, 0});
        };
        QTest::newRow("a node that is lost") << node(KubernetesFactKind::NodeNotReady, "node-a", "NodeStatusUnknown",
                                                     "Kubelet stopped posting node status.")
                                             << "node node-a is not Ready, NodeStatusUnknown: Kubelet stopped posting node status.";
        QTest::newRow("a node that is back") << node(KubernetesFactKind::NodeReady, "node-a", "", "") << "node node-a is Ready";
        QTest::newRow("a node that was removed")
            << node(KubernetesFactKind::NodeRemoved, "node-a", "", "") << "node node-a was removed from the cluster";
        QTest::newRow("a node without a name") << node(KubernetesFactKind::NodeReady, "", "", "") << "node unknown is Ready";
        QTest::newRow("an empty fact") << Detail(Boxed<KubernetesFact>()) << "unknown";
        QTest::newRow("an empty insight") << Detail(Boxed<Insight>()) << "insight";
    }

private slots:
    void numbers_areRoundedToTheirUnit_data()
    {
        QTest::addColumn<quint64>("ns");
        QTest::addColumn<quint64>("bytes");
        QTest::addColumn<QString>("end");
        const auto row = [](const char *name, quint64 ns, quint64 bytes, const char *end) { QTest::newRow(name) << ns << bytes << end; };
        row("the least", 1, 1, "after 0 us, 1 B");
        row("what is less than the next unit", 999'499, 1023, "after 999 us, 1023 B");
        row("what is all but the next unit", 999'999, 1'048'575, "after 1000 us, 1024.0 KiB");
        row("the next unit", 1'000'000, 1'048'576, "after 1.0 ms, 1.0 MiB");
        row("a half goes to the even one", 1'250'000, 1'049'011, "after 1.2 ms, 1.0 MiB");
        row("from an odd one up", 1'750'000, 1'101'005, "after 1.8 ms, 1.1 MiB");
        row("all but a second", 999'960'000, 1'072'693'248, "after 1000.0 ms, 1023.0 MiB");
        row("a second", 1'000'000'000, 1'073'741'824, "after 1.0 s, 1.0 GiB");
        row("the most", UINT64_MAX, UINT64_MAX, "after 18446744073.7 s, 16384.0 PiB");
    }
    void numbers_areRoundedToTheirUnit()
    {
        QFETCH(quint64, ns);
        QFETCH(quint64, bytes);
        QFETCH(QString, end);
        HttpRequest http;
        http.status = 200;
        http.latencyNs = ns;
        http.responseBytes = bytes;
        Event event;
        event.type = EventType::HttpRequest;
        event.detail = http;
        const QString line = QString::fromStdString(tapio::wire::summary(event));
        QVERIFY2(line.endsWith(" 200 " + end), qPrintable(line));
    }

    void summary()
    {
        QFETCH(Detail, detail);
        Event event;
        event.type = static_cast<EventType>(4000);
        event.detail = detail;
        QTEST(QString::fromStdString(tapio::wire::summary(event)), "line");
    }

    void summary_isShortAndValid()
    {
        Event event;
        ProcessExec exec;
        exec.filename = "/bin/x";
        for (int i = 0; i < 200; ++i)
            exec.arguments.push_back("\xE2\x82\xAC\xE2\x82\xAC");
        event.detail = exec;
        Event finding;
        finding.detail = insight(InsightState::Open, std::string(400, 'x'));
        QCOMPARE(tapio::wire::summary(finding).size(), std::size_t(400));
        const std::string line = tapio::wire::summary(event);
        QVERIFY(line.size() <= 400 && line.size() > 390);
        QVERIFY(isValidUtf8(line));
        QVERIFY(line.ends_with("\xE2\x80\xA6"));
    }
};

QTEST_APPLESS_MAIN(TestSummary)
#include "tst_summary.moc"
