// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "protocol/wire/event.h"
#include "protocol/wire/text.h"

using namespace tapio::wire;

Q_DECLARE_METATYPE(Detail)

namespace {

SocketAddress host(std::uint8_t last, std::uint16_t port)
{
    return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, last}, port};
}

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
        QTest::newRow("exec whose arguments were cut") << Detail(ProcessExec{1, "sh", "/bin/x", {"x", "a"}, true}) << QString::fromUtf8("exec /bin/x a …");
        QTest::newRow("an argument cannot break the line") << Detail(ProcessExec{1, "sh", "/bin/sh", {"sh", "a\nb\x1b[0m"}, false}) << "exec /bin/sh a b [0m";
        QTest::newRow("exit by itself") << Detail(ProcessExit{1, 0, false, 1'500'000'000, 0, ""}) << "exited with code 1, lived 1.5 s";
        QTest::newRow("killed by a process") << Detail(ProcessExit{0, 9, false, 0, 812, "sh"}) << "killed by SIGKILL (9) from sh (812)";
        QTest::newRow("killed by no known sender, with a core") << Detail(ProcessExit{0, 11, true, 0, 0, ""}) << "killed by SIGSEGV (11), core dumped";
        QTest::newRow("killed by a real-time signal") << Detail(ProcessExit{0, 34, false, 0, 812, "sh"}) << "killed by signal 34 from sh (812)";
        QTest::newRow("out of memory") << Detail(OomKill{77, "stress", 0, 512u << 20, 4096, 0, 0, 0})
                                       << "killed for lack of memory, anonymous 512.0 MiB, file 4.0 KiB, shared 0 B, allocation by stress (77)";
        QTest::newRow("a signal of the kernel") << Detail(FatalSignal{11, 1, 0, ""}) << "SIGSEGV (11) from the kernel";
        QTest::newRow("a signal of a process") << Detail(FatalSignal{15, 0, 33, "systemd"}) << "SIGTERM (15) from systemd (33)";
        QTest::newRow("a real-time signal") << Detail(FatalSignal{64, 0, 33, "systemd"}) << "signal 64 from systemd (33)";
        QTest::newRow("refused") << Detail(connection(TcpDirection::Outbound, TcpOutcome::Refused)) << "connect 10.0.0.2:443 refused after 3.2 ms";
        QTest::newRow("timed out") << Detail(connection(TcpDirection::Outbound, TcpOutcome::TimedOut)) << "connect 10.0.0.2:443 timed out after 3.2 ms";
        QTest::newRow("an accepted transfer") << Detail(transfer())
            << "accept 10.0.0.1:41234 from 10.0.0.2:443 closed after 75.0 s, sent 1.5 KiB, received 12 B, 4 retransmits";
        QTest::newRow("a newer agent's event") << Detail() << "type.4000: details are not known to this version";
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
        const std::string line = tapio::wire::summary(event);
        QVERIFY(line.size() <= 400 && line.size() > 390);
        QVERIFY(isValidUtf8(line));
        QVERIFY(line.ends_with("\xE2\x80\xA6"));
    }
};

QTEST_APPLESS_MAIN(TestSummary)
#include "tst_summary.moc"
