// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "console/ui/models/eventfilterinput.h"
#include "console/ui/models/eventtext.h"
#include "tests/support/fakeclock.h"
#include "tests/support/fakesession.h"
#include "tests/wire/examples.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

/// Of an event of that example.
void containDetails(const wire::Frame &example, int index, const QStringList &parts)
{
    StoredEvent event;
    event.event = std::get<wire::EventBatch>(example.body).events.at(static_cast<std::size_t>(index));
    const QString text = detailText(eventTitle(event), eventDetails(event, TimeDisplay(QTimeZone::utc()))).replace(QChar(0x00A0), ' ');
    for (const QString &part : parts)
        QVERIFY2(text.contains(part), qPrintable(part + " not in\n" + text));
}

} // namespace

class TestEventText : public QObject {
    Q_OBJECT
private slots:
    void details_haveTheFieldsOfTheType_data()
    {
        QTest::addColumn<int>("row");
        QTest::addColumn<QStringList>("contain");
        QTest::newRow("a start") << 0
                                 << QStringList{"File: /usr/bin/curl", "Arguments: curl -s --max-time 5", "Parent: bash (pid 812)",
                                                "Identity: unknown"};
        QTest::newRow("a connection") << 1
                                      << QStringList{"Remote: 10.0.3.12:5432", "Outcome: closed", "Established: yes",
                                                     "Direction: outbound"};
        QTest::newRow("a kill for memory") << 2
                                           << QStringList{"Anonymous memory: 498", "Triggered by: kworker/u8:2 (pid 41999)",
                                                          "oom_score_adj: 987"};
        QTest::newRow("an end by signal") << 5 << QStringList{"Ended by: SIGKILL (9)", "Sent by: systemd (pid 1)", "Core dumped: no"};
        QTest::newRow("a fatal signal") << 8 << QStringList{"Signal: SIGSEGV (11)", "Sent by: the kernel"};
        QTest::newRow("a type of a newer agent") << 11 << QStringList{"Type: type.77", "not known to this version"};
    }
    void details_haveTheFieldsOfTheType()
    {
        QFETCH(int, row);
        QFETCH(QStringList, contain);
        const auto events = sampleEvents(12, FakeClock::startNs, nsPerMs);
        const TimeDisplay time(QTimeZone::utc());
        const StoredEvent &event = events[static_cast<std::size_t>(row)];
        const QString text = detailText(eventTitle(event), eventDetails(event, time)).replace(QChar(0x00A0), ' ');
        for (const QString &part : contain)
            QVERIFY2(text.contains(part), qPrintable(part + " not in\n" + text));
        QVERIFY(text.contains("UTC"));
        QVERIFY(text.contains(recordText(event.id)));
    }

    void details_ofTheOtherTypes_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<QStringList>("contain");
        QTest::newRow("a changed program") << 1 << QStringList{"File changed: 2023-11-14", "Changed after the container started: yes"};
        QTest::newRow("a name query") << 6 << QStringList{"Type: AAAA",        "Server: 10.0.0.10:53",
                                                          "Outcome: answered", "Answer: NXDOMAIN",
                                                          "Asked: 3",          "Over: TCP",
                                                          "Truncated: yes"};
        QTest::newRow("a request") << 7 << QStringList{"Method: GET",        "Route: /cart/{id}", "Host: shop.example", "Status: 503",
                                                       "Direction: inbound", "TLS: yes",          "Aborted: yes"};
        QTest::newRow("a file") << 8
                                << QStringList{"Operation: open", "File: /var/lib/db/wal", "Error: ENOSPC (28)", "Flags: 0x241",
                                               "Times: 12"};
        QTest::newRow("a capability") << 9 << QStringList{"Capability: CAP_SYS_ADMIN", "Granted: yes", "Times: 4"};
        QTest::newRow("privileges") << 10
                                    << QStringList{"By: exec", "uid: 1, before 1000", "gid: 3, before 1002",
                                                   "Capabilities gained: CAP_CHOWN, CAP_SYS_ADMIN (0x200001)"};
        QTest::newRow("tracing") << 11 << QStringList{"Target: sshd (pid 812)", "Request: PTRACE_SEIZE", "Error: EPERM (1)"};
        QTest::newRow("a module") << 12 << QStringList{"Module: vfat", "Taints: out-of-tree, unsigned (0x3000)"};
        QTest::newRow("an unmount") << 13 << QStringList{"Unmount", "Target: /mnt", "File system: ext4", "Flags: 0x3", "Error: EBUSY (16)"};
        QTest::newRow("a login") << 14 << QStringList{"Succeeded: yes",    "User: root",        "Service: sshd",
                                                      "Method: publickey", "From: 203.0.113.9", "Times: 7"};
        QTest::newRow("the kernel's log") << 15 << QStringList{"Text: nvme0: I/O error", "Priority: err (3)", "Facility: 1"};
        QTest::newRow("the agent") << 16 << QStringList{"Notice: shed-begin", "About: http", "Measured: 240 mcores", "Limit: 200 mcores"};
        QTest::newRow("memory of a cgroup") << 18
                                            << QStringList{"Times at its limit: 3", "Processes killed: 5", "Stands still: yes",
                                                           "Limit: 512"};
        QTest::newRow("pressure") << 19
                                  << QStringList{"Resource: io", "Stalled: all tasks (full)", "Phase: end",
                                                 "Share of the last 10 s: 12.34 %", "Lasted: 31"};
        QTest::newRow("an insight")
            << 20
            << QStringList{"updated: The container api ran out of memory",
                           "Rule: oom-cascade",
                           "State: updated",
                           "Root: pod shop/api-7d9f6c5b4-x2x7q",
                           "From: 2023-11-14 22:13:20.000000 UTC",
                           "To: 2023-11-14 22:14:50.000000 UTC",
                           "Rule score: 88 %",
                           "Evidence in all: 31",
                           QString::fromUtf8("Evidence 1: kill, 2023-11-14 22:13:20.000000 UTC ± 2 ms, node-a: oom kill of api"),
                           "Evidence 2: restart, 2023-11-14 22:13:20.000000 UTC, node-b\n",
                           QString::fromUtf8("Against 1: no-pressure, 2023-11-14 22:13:19.999999 UTC ± 1 ns, node-a: memory of"),
                           "Affected: pod shop/cart-5f6b7-9zk2p",
                           "Affected: workload shop/api",
                           "What would settle it: Look at the working set",
                           "Runbook step: raise-memory-limit",
                           "Insight id: 0xc0ffee"};
        QTest::newRow("a drill") << 17
                                 << QStringList{"Drill: memory-pressure", "Phase: begin", "To: 2023-11-14", "Run: 0x63",
                                                "Signature: 0100fe"};
    }
    void details_ofUsedDescriptors()
    {
        StoredEvent event;
        event.event.type = wire::EventType::FileFailure;
        event.event.detail = wire::FileFailure{"", "", 24, 0, 1, 1024};
        const QString text = detailText(eventTitle(event), eventDetails(event, TimeDisplay(QTimeZone::utc()))).replace(QChar(0x00A0), ' ');
        for (const char *part :
             {"all 1024 descriptors are in use, EMFILE for one more", "Descriptors", "In use: 1,024", "One more gives: EMFILE (24)"})
            QVERIFY2(text.contains(part), qPrintable(text));
        QVERIFY2(!text.contains("failed"), qPrintable(text));
    }
    void details_ofAFullFileSystem_data()
    {
        QTest::addColumn<bool>("inodes");
        QTest::addColumn<int>("left");
        QTest::addColumn<QStringList>("parts");
        QTest::newRow("bytes") << false << 0 << QStringList{"/data is full: no space", "Size: 64 MiB", "Left: none"};
        QTest::newRow("nearly") << false << 4096 << QStringList{"/data is all but full: 4.0 KiB", "Size: 64 MiB", "Left: 4 KiB"};
        QTest::newRow("inodes") << true << 0 << QStringList{"/data is full: no inode", "Inodes: 67,108,864", "Left: none"};
    }
    void details_ofAFullFileSystem()
    {
        QFETCH(bool, inodes);
        QFETCH(int, left);
        QFETCH(QStringList, parts);
        StoredEvent event;
        event.event.type = wire::EventType::FileFailure;
        event.event.detail = wire::FileFailure{"/data", "", 28, 0, 1, 64u << 20, inodes, std::uint64_t(left)};
        const QString text = detailText(eventTitle(event), eventDetails(event, TimeDisplay(QTimeZone::utc()))).replace(QChar(0x00A0), ' ');
        for (const QString &part : parts + QStringList{"Full file system", "Mounted at: /data", "More of it gives: ENOSPC (28)"})
            QVERIFY2(text.contains(part), qPrintable(text));
        QVERIFY2(!text.contains("failed") && !text.contains("escriptor"), qPrintable(text));
    }
    void details_ofTheOtherTypes()
    {
        QFETCH(int, kind);
        QFETCH(QStringList, contain);
        std::vector<wire::Event> events;
        for (const wire::Frame &frame : {wire::examples::detailFrame(), wire::examples::resourceFrame(), wire::examples::insightFrame()}) {
            const auto &more = std::get<wire::EventBatch>(frame.body).events;
            events.insert(events.end(), more.begin(), more.end());
        }
        const auto found = std::find_if(events.begin(), events.end(),
                                        [&](const wire::Event &e) { return e.detail.index() == static_cast<std::size_t>(kind); });
        QVERIFY(found != events.end());
        StoredEvent event;
        event.event = *found;
        const QString text = detailText(eventTitle(event), eventDetails(event, TimeDisplay(QTimeZone::utc()))).replace(QChar(0x00A0), ' ');
        for (const QString &part : contain)
            QVERIFY2(text.contains(part), qPrintable(part + " not in\n" + text));
    }

    void details_ofAnInsightOfAnotherVersion()
    {
        wire::Insight insight;
        insight.state = static_cast<wire::InsightState>(99);
        insight.evidence = {"a line of\nanother form"};
        insight.contradicting = {"kill 5 +-18446744073709551615 -/0000000000000000/0 text"};
        StoredEvent event;
        event.event.type = wire::EventType::Insight;
        event.event.detail = insight;
        const QString text = detailText(eventTitle(event), eventDetails(event, TimeDisplay(QTimeZone::utc()))).replace(QChar(0x00A0), ' ');
        for (const char *part : {"State: unknown", "From: not known", "To: not known", "Rule score: 0 %",
                                 "Evidence 1: a line of another form", "Against 1: kill, 1970-01-01 00:00:00.000000 UTC \xC2\xB1 "})
            QVERIFY2(text.contains(QString::fromUtf8(part)), qPrintable(text));
        QVERIFY2(!text.contains("Root") && !text.contains("Affected") && !text.contains("Runbook step"), qPrintable(text));
    }

    void details_ofFactsOfKubernetes_data()
    {
        QTest::addColumn<int>("index"); // in the example
        QTest::addColumn<QStringList>("contain");
        QTest::newRow("an eviction") << 0
                                     << QStringList{"pod evicted, the node is low on memory", "What: pod evicted",
                                                    "The node is low on: memory", "Message: The node was low on resource: memory."};
        QTest::newRow("a change") << 1
                                  << QStringList{"configmap volume settings changed", "What: mounted configuration changed",
                                                 "Mounted from: configmap", "Volume: settings"};
        QTest::newRow("a certificate") << 2
                                       << QStringList{"certificate of shop.example expired 1h 0m ago",
                                                      "File: tls.crt",
                                                      "Subject: shop.example",
                                                      "Valid until: 2023-11-14",
                                                      "UTC",
                                                      "State: expired"};
        QTest::newRow("of a newer version") << 3 << QStringList{"What: not known to this version"};
    }
    void details_ofFactsOfKubernetes()
    {
        QFETCH(int, index);
        QFETCH(QStringList, contain);
        containDetails(wire::examples::kubernetesFrame(), index, contain);
    }

    void details_ofNodes_data()
    {
        QTest::addColumn<int>("index"); // in the example
        QTest::addColumn<QStringList>("contain");
        QTest::newRow("a node that is lost") << 0
                                             << QStringList{"node node-a is not Ready, NodeStatusUnknown: Kubelet stopped",
                                                            "What: node is not Ready",
                                                            "Node: node-a",
                                                            "Reason: NodeStatusUnknown",
                                                            "Message: Kubelet stopped posting node status.",
                                                            "Since, by the cluster's clock: 2023-11-14",
                                                            "UTC"};
        QTest::newRow("a node that is well") << 1 << QStringList{"node node-a is Ready", "What: node is Ready", "Reason: KubeletReady"};
        QTest::newRow("a node that is no more") << 2 << QStringList{"node node-a was removed", "What: node was removed from the cluster"};
    }
    void details_ofNodes()
    {
        QFETCH(int, index);
        QFETCH(QStringList, contain);
        containDetails(wire::examples::nodesFrame(), index, contain);
    }

    void details_ofHandshakesThatFailed_data()
    {
        QTest::addColumn<int>("alert");
        QTest::addColumn<bool>("sent");
        QTest::addColumn<QStringList>("contain");
        QTest::newRow("refused here") << 45 << true
                                      << QStringList{"failed: certificate_expired", "Alert: certificate_expired", "Said by: this end",
                                                     "Remote: [::7]:443"};
        QTest::newRow("refused there") << 200 << false << QStringList{"Alert: alert 200", "Said by: the other end"};
        QTest::newRow("encrypted") << 0 << false << QStringList{"failed: an encrypted alert", "Alert: encrypted, not readable"};
    }
    void details_ofHandshakesThatFailed()
    {
        QFETCH(int, alert);
        QFETCH(bool, sent);
        QFETCH(QStringList, contain);
        wire::TlsFailure failure;
        failure.remote.bytes[15] = 7;
        failure.remote.port = 443;
        failure.alert = static_cast<std::uint8_t>(alert);
        failure.sent = sent;
        StoredEvent event;
        event.event.type = wire::EventType::TlsFailure;
        event.event.detail = failure;
        const QString text = detailText(eventTitle(event), eventDetails(event, TimeDisplay(QTimeZone::utc()))).replace(QChar(0x00A0), ' ');
        for (const QString &part : contain)
            QVERIFY2(text.contains(part), qPrintable(part + " not in\n" + text));
    }

    void endsThatAreNotKnown_areNoAddresses()
    {
        wire::HttpRequest request;
        request.tls = true;
        StoredEvent event;
        event.event.type = wire::EventType::HttpRequest;
        event.event.detail = request;
        const QString text = detailText(eventTitle(event), eventDetails(event, TimeDisplay(QTimeZone::utc())));
        QVERIFY2(text.contains("Remote: not known") && text.contains("Local: not known"), qPrintable(text));
    }

    void names_ofTheUnknownAreNumbers()
    {
        QCOMPARE(signalText(9), "SIGKILL (9)");
        QCOMPARE(signalText(64), "64");
        QCOMPARE(errnoText(111), "ECONNREFUSED (111)");
        QCOMPARE(errnoText(99999), "99999");
    }

    void entity_isTheMostSpecificName()
    {
        wire::Origin origin;
        QCOMPARE(entityText(origin), "");
        origin.cgroupPath = "/";
        QCOMPARE(entityText(origin), "host");
        origin.cgroupPath = "/system.slice/cron.service";
        QCOMPARE(entityText(origin), "/system.slice/cron.service");
        origin.containerName = "app";
        QCOMPARE(entityText(origin), "app");
        origin.podName = "checkout-0";
        QCOMPARE(entityText(origin), "checkout-0");
    }

    void filter_refusesBadInput_data()
    {
        QTest::addColumn<QString>("pid");
        QTest::addColumn<QString>("text");
        QTest::addColumn<bool>("right");
        QTest::newRow("nothing") << ""
                                 << "" << true;
        QTest::newRow("a pid") << " 4122 "
                               << "" << true;
        QTest::newRow("the largest pid") << "4194304"
                                         << "" << true;
        QTest::newRow("beyond the largest pid") << "4194305"
                                                << "" << false;
        QTest::newRow("pid 0 is the kernel's idle task") << "0"
                                                         << "" << false;
        QTest::newRow("a negative pid") << "-4"
                                        << "" << false;
        QTest::newRow("words for a pid") << "nginx"
                                         << "" << false;
        QTest::newRow("a fraction") << "4.5"
                                    << "" << false;
        QTest::newRow("a long text") << "" << QString(256, 'x') << true;
        QTest::newRow("too long a text") << "" << QString(257, 'x') << false;
    }
    void filter_refusesBadInput()
    {
        QFETCH(QString, pid);
        QFETCH(QString, text);
        QFETCH(bool, right);
        EventFilterInput input;
        input.pid = pid;
        input.text = text;
        const auto query = toQuery(input);
        QCOMPARE(query.has_value(), right);
        if (!query)
            QCOMPARE(query.error().code(), Errc::InvalidArgument);
    }

    void filter_takesEveryField()
    {
        EventFilterInput input{
            {wire::EventType::OomKill}, wire::Severity::Error, "node-07", "payments", " checkout-0 ", "12", " oom ", false};
        QVERIFY(!input.isEmpty());
        const auto query = toQuery(input);
        QVERIFY(query);
        QCOMPARE(query->filter.types, std::vector{wire::EventType::OomKill});
        QCOMPARE(query->filter.minSeverity, wire::Severity::Error);
        QCOMPARE(query->filter.nodes, std::vector<std::string>{"node-07"});
        QCOMPARE(query->filter.namespaces, std::vector<std::string>{"payments"});
        QCOMPARE(query->filter.pods, std::vector<std::string>{"checkout-0"});
        QCOMPARE(query->pid, std::optional<std::uint32_t>(12));
        QCOMPARE(query->text, std::string("oom"));
        QVERIFY(!query->newestFirst);
    }
};

QTEST_MAIN(TestEventText)
#include "tst_eventtext.moc"
