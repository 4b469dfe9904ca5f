// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cmath>
#include <sstream>

#include <nlohmann/json.hpp>

#include "console/core/metrics/export.h"
#include "tests/console/inputbuilder.h"
#include "tests/wire/examples.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

PanelSnapshot examplePanel()
{
    PanelSnapshot panel;
    panel.id = PanelId::QueueDepth;
    panel.state = PanelState::Ready;
    panel.fromNs = at(0);
    panel.toNs = at(30);
    panel.bucketNs = 10 * nsPerSecond;
    panel.asOfNs = at(29);
    panel.value = Fact{"queued", 312.5, Unit::Events, {}};
    panel.facts = {{"oldest", 4e8, Unit::Nanoseconds, "node\na"}};
    PlotSeries agent;
    agent.key = "agent";
    agent.unit = Unit::Events;
    agent.points = {{at(0), 1}, {at(10), 2.5}, {at(20), std::nan("")}};
    PlotSeries node;
    node.key = "n";
    node.label = "a, \"b\"";
    node.unit = Unit::Percent;
    node.points = {{at(10), 1e9}};
    panel.series = {agent, node};
    panel.losses = {{at(10), at(20), 7, 1000, "node-a", "qdrop"}};
    panel.computation = {"queue-depth", {{"agent", 1, Unit::Events, {}}}, 300 * nsPerSecond, 4, {"node-a/agent"}, 99.3};
    return panel;
}

StoredEvent exampleEvent(wire::Detail detail)
{
    StoredEvent stored;
    stored.id = {12, 45};
    stored.node = "node-a";
    stored.seq = 7;
    stored.origin = InputBuilder::pod("web", "c1");
    stored.origin.attribution = wire::Attribution::Live;
    stored.event.timeNs = at(1.5);
    stored.event.type = static_cast<wire::EventType>(detail.index());
    stored.event.severity = wire::Severity::Warning;
    stored.event.process = {812, 1000, 5, "=cmd"};
    stored.event.detail = std::move(detail);
    return stored;
}

QStringList rowsOf(const std::string &text) { return QString::fromStdString(text).split(QStringLiteral("\r\n")); }

} // namespace

class TestExport : public QObject {
    Q_OBJECT
private slots:
    void time_data()
    {
        QTest::addColumn<qint64>("timeNs");
        QTest::addColumn<int>("offset");
        QTest::addColumn<QString>("text");
        QTest::newRow("UTC") << qint64(at(5.25)) << 0 << "2026-03-01T12:00:05.250000000Z";
        QTest::newRow("east") << qint64(at(0)) << 330 << "2026-03-01T17:30:00.000000000+05:30";
        QTest::newRow("west, the day before") << qint64(at(0)) << -780 << "2026-02-28T23:00:00.000000000-13:00";
        QTest::newRow("the epoch") << qint64(0) << 0 << "1970-01-01T00:00:00.000000000Z";
        QTest::newRow("before it") << qint64(-1) << 0 << "1969-12-31T23:59:59.999999999Z";
    }
    void time()
    {
        QFETCH(qint64, timeNs);
        QFETCH(int, offset);
        QFETCH(QString, text);
        QCOMPARE(QString::fromStdString(timeText(timeNs, offset)), text);
    }

    void csvOfAPanel()
    {
        std::ostringstream out;
        writeCsv(out, examplePanel(), {60, "Europe/Vienna"});
        const QStringList rows = rowsOf(out.str());
        QCOMPARE(rows.at(0), QStringLiteral("# panel: queue-depth"));
        QCOMPARE(rows.at(1), QStringLiteral("# range: 2026-03-01T13:00:00.000000000+01:00 to "
                                            "2026-03-01T13:00:30.000000000+01:00 (Europe/Vienna)"));
        QVERIFY(rows.contains("# value: queued 312.5 events as of 2026-03-01T13:00:29.000000000+01:00"));
        QVERIFY(rows.contains("# oldest node a: 4e+08 ns"));
        QVERIFY(rows.contains("# completeness: 99.3 %"));
        QVERIFY(rows.contains("# loss: 2026-03-01T13:00:10.000000000+01:00 to 2026-03-01T13:00:20.000000000+01:00, 7 of "
                              "1000 events, node node-a, cause qdrop"));
        const auto header = rows.indexOf("time,agent [events],\"a, \"\"b\"\" [%]\"");
        QVERIFY(header > 0);
        QCOMPARE(rows.at(header + 1), QStringLiteral("2026-03-01T13:00:00.000000000+01:00,1,"));
        QCOMPARE(rows.at(header + 2), QStringLiteral("2026-03-01T13:00:10.000000000+01:00,2.5,1e+09"));
        QCOMPARE(rows.at(header + 3), QStringLiteral("2026-03-01T13:00:20.000000000+01:00,,")); // no sample
        QCOMPARE(rows.size(), header + 5);
    }

    void csvOfAPanelWithoutData()
    {
        std::ostringstream out;
        writeCsv(out, InputBuilder().agent("a").panel(PanelId::SignalToNoise));
        QVERIFY(rowsOf(out.str()).contains("# state: no-data, not-judged"));
        QVERIFY(out.str().find("# value") == std::string::npos);
    }

    void csvSaysWhatIsNoSeries_data()
    {
        QTest::addColumn<int>("view");
        QTest::addColumn<QStringList>("lines");
        QTest::newRow("estimates and what is missing for one")
            << 0 << QStringList{"# drill: 98.6 % (Wilson 95 %: 97.1 to 99.3), 412 trials", "# field: 12 of 20 verdicts"};
        QTest::newRow("nodes") << 1
                               << QStringList{"# attribution: 99.5 %", "# node node-a: full, 3 of 3 hooks",
                                              "# node node-b: partial, 1 of 3 hooks; tcp/retransmit: unsupported; oom: denied"};
        QTest::newRow("pods") << 2
                              << QStringList{"# pods running: 5", "# pods crash-loop: 1",
                                             "# pod shop/cart: crash-loop, since 2026-03-01T12:00:02.000000000Z"};
        QTest::newRow("groups") << 3
                                << QStringList{"# group critical: pool exhausted, 3 open, since 2026-03-01T12:00:02.000000000Z",
                                               "# group error: a b, 1 open"};
    }
    void csvSaysWhatIsNoSeries()
    {
        QFETCH(int, view);
        QFETCH(QStringList, lines);
        PanelSnapshot panel = examplePanel();
        if (view == 0)
            panel.view = IntervalView{{{"drill", 98.6, 97.1, 99.3, 412, 20, 98}, {"field", std::nullopt, 0, 0, 12, 20, 98}}};
        else if (view == 1)
            panel.view = CoverageView{{{"node-a", NodeCell::State::Full, 3, 3, {}},
                                       {"node-b", NodeCell::State::Partial, 1, 3, {"tcp/retransmit: unsupported", "oom: denied"}}},
                                      99.5,
                                      std::nullopt,
                                      std::nullopt};
        else if (view == 2)
            panel.view =
                PodStatusView{5, 6, {{"running", 5}, {"crash-loop", 1}}, {{"critical", "crash-loop", "shop/cart", at(2)}}, 0, true};
        else
            panel.view = GroupsView{{{"critical", "pool exhausted", "", at(2), 3}, {"error", "a\nb", "", 0, 1}}};
        std::ostringstream out;
        writeCsv(out, panel);
        const QStringList rows = rowsOf(out.str());
        for (const QString &line : lines)
            QVERIFY2(rows.contains(line), qPrintable(line + " in\n" + rows.join('\n')));
    }

    void csvOfAHeatMapHasAColumnPerDuration()
    {
        PanelSnapshot panel = examplePanel();
        panel.series.resize(1);
        panel.view = HeatView{{1e6, 2e6, 5e6}, {{at(10), {3, 4}}, {at(30), {0, 7}}}};
        std::ostringstream out;
        writeCsv(out, panel);
        const QStringList rows = rowsOf(out.str());
        const auto header = rows.indexOf("time,agent [events],calls of 1e+06 to 2e+06 ns,calls of 2e+06 to 5e+06 ns");
        QVERIFY(header > 0);
        QCOMPARE(rows.at(header + 1), QStringLiteral("2026-03-01T12:00:00.000000000Z,1,,"));
        QCOMPARE(rows.at(header + 2), QStringLiteral("2026-03-01T12:00:10.000000000Z,2.5,3,4"));
        QCOMPARE(rows.at(header + 4), QStringLiteral("2026-03-01T12:00:30.000000000Z,,0,7"));
    }

    void csvKeepsTheBoundsAndTheMissingCount()
    {
        PanelSnapshot panel = examplePanel();
        panel.thresholds = {{ThresholdKind::ScaleUp, 1000, Unit::Events, 300 * nsPerSecond}};
        panel.value.reset();
        panel.state = PanelState::NoData;
        panel.reason = NoDataReason::NeedsVerdicts;
        panel.have = 12;
        panel.need = 20;
        std::ostringstream out;
        writeCsv(out, panel);
        const QStringList rows = rowsOf(out.str());
        QVERIFY(rows.contains("# state: no-data, needs-verdicts"));
        QVERIFY(rows.contains("# have: 12 of 20"));
        QVERIFY(rows.contains("# threshold: scale-up 1000 events for 300 s"));
    }

    void csvSaysThatNothingCame()
    {
        PanelSnapshot panel = examplePanel();
        panel.value.reset();
        panel.state = PanelState::NoData;
        for (const auto &[reason, row] : {std::pair(NoDataReason::NoEvents, "# state: no-data, no-events"),
                                          std::pair(NoDataReason::NotTimed, "# state: no-data, not-timed")}) {
            panel.reason = reason;
            std::ostringstream out;
            writeCsv(out, panel);
            QVERIFY2(rowsOf(out.str()).contains(row), out.str().c_str());
        }
    }

    void csvOfAnEvent()
    {
        std::ostringstream out;
        writeCsvHeader(out);
        writeCsv(out, exampleEvent(wire::ProcessExec{1, "init", "/bin/sh", {"sh", "-c", "a,b"}, false}));
        const QStringList rows = rowsOf(out.str());
        QVERIFY(rows.at(1).startsWith("e-12-45,2026-03-01T12:00:01.500000000Z,warning,process.exec,node-a,7,812,1000,"));
        QVERIFY(rows.at(1).contains(",'=cmd,shop,web,app,")); // no formula in a spreadsheet
        QVERIFY(rows.at(1).endsWith('"'));                    // the summary has a comma
        QCOMPARE(rows.at(0).count(','), 14);
    }

    void jsonOfAnEvent_data()
    {
        QTest::addColumn<int>("index");
        QTest::addColumn<QString>("key");
        QTest::newRow("exec") << 1 << "filename";
        QTest::newRow("exit") << 2 << "exitCode";
        QTest::newRow("out of memory") << 3 << "anonRssBytes";
        QTest::newRow("signal") << 4 << "senderPid";
        QTest::newRow("connection") << 5 << "socketError";
        QTest::newRow("a type of a newer agent") << 0 << "";
    }
    void jsonOfAnEvent()
    {
        QFETCH(int, index);
        QFETCH(QString, key);
        const std::array<wire::Detail, 6> details{wire::Detail(),  wire::ProcessExec(), wire::ProcessExit(),
                                                  wire::OomKill(), wire::FatalSignal(), wire::TcpConnection()};
        const nlohmann::json json = eventJson(exampleEvent(details.at(static_cast<std::size_t>(index))));
        QCOMPARE(json["id"], "e-12-45");
        QCOMPARE(json["time"], "2026-03-01T12:00:01.500000000Z");
        QCOMPARE(json["timeNs"], at(1.5));
        QCOMPARE(json["origin"]["pod"], "web");
        QCOMPARE(json["origin"]["attribution"], "live");
        QVERIFY(!json["origin"].contains("amended"));
        StoredEvent amended = exampleEvent(details.at(static_cast<std::size_t>(index)));
        amended.isAmended = true;
        QCOMPARE(eventJson(amended)["origin"]["amended"], true);
        QCOMPARE(json["process"]["comm"], "=cmd");
        QVERIFY(json["detail"].is_object());
        QCOMPARE(json["detail"].contains(key.toStdString()), !key.isEmpty());
    }

    void jsonOfDetails_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("json");
        QTest::newRow("exec")
            << 1
            << R"({"parentPid":41,"parentComm":"sh","filename":"/usr/bin/curl","arguments":["curl","-s","http://10.0.0.1/health"],)"
               R"("argumentsTruncated":true,"fileModifiedNs":1699999999999999993,"writtenAfterStart":true})";
        QTest::newRow("dns")
            << 6
            << R"({"server":"10.0.0.10:53","name":"api\\046x.shop.svc.cluster.local.","queryType":28,"responseCode":3,)"
               R"("outcome":"answered","latencyNs":1200000,"answers":2,"attempts":3,"tcp":true,"truncated":true,"more":0})";
        QTest::newRow("http")
            << 7
            << R"({"local":"10.0.0.1:8080","remote":"10.0.0.9:51000","direction":"inbound","method":"GET",)"
               R"("target":"/cart/8841?page=2","route":"/cart/{id}","host":"shop.example","status":503,"latencyNs":12000000,)"
               R"("requestBytes":640,"responseBytes":2048,"pipelined":true,"tls":true,"aborted":true})";
        QTest::newRow("file")
            << 8
            << R"({"path":"/var/lib/db/wal","operation":"open","error":28,"flags":577,"repeats":12,"limit":0,"limitIsInodes":false,"left":0})";
        QTest::newRow("capability") << 9 << R"({"capability":21,"granted":true,"repeats":4})";
        QTest::newRow("mount") << 13 << R"({"source":"/dev/sdb1","target":"/mnt","fsType":"ext4","flags":3,"error":16,"unmount":true})";
        QTest::newRow("agent")
            << 16
            << R"({"kind":"shed-begin","what":"http","text":"over the budget of processor time","measured":240,"limit":200,"unit":"mcores"})";
        QTest::newRow("memory of a cgroup") << 18
                                            << R"({"low":1,"high":2,"max":3,"oom":4,"oomKill":5,"oomGroupKill":6,"underOom":true,)"
                                               R"("currentBytes":534773760,"limitBytes":536870912,"cacheBytes":0})";
        QTest::newRow("pressure") << 19
                                  << R"({"resource":"io","full":true,"ended":true,"thresholdUs":300000,"windowUs":2000000,)"
                                     R"("avg10BasisPoints":1234,"stallUs":4500000,"durationNs":31000000000})";
        QTest::newRow("insight")
            << 20
            << R"({"id":12648430,"rule":"oom-cascade","state":"updated","rootKind":"pod","root":"shop/api-7d9f6c5b4-x2x7q",)"
               R"("text":"The container api ran out of memory, was killed and started again.","fromNs":1700000000000000000,)"
               R"("toNs":1700000090000000000,"evidenceCount":31,"score":88,)"
               R"("evidence":["kill 1700000000000000000 +-2000000 node-a/1f2e3d4c5b6a7988/1234 oom kill of api",)"
               R"("restart 1700000000000000004 +-0 node-b/0000000000000007/1"],)"
               R"("contradicting":["no-pressure 1699999999999999991 +-1 node-a/0000000000000000/0 memory of the host was not short"],)"
               R"("affected":["pod shop/cart-5f6b7-9zk2p","workload shop/api"],)"
               R"("settle":"Look at the working set of shop/api against its limit over the last hour.","runbook":"raise-memory-limit","owners":[]})";
        QTest::newRow("drill")
            << 17
            << R"({"drill":"memory-pressure","target":"/kubepods/burstable/pod1","phase":"begin","fromNs":1700000000000000000,)"
               R"("toNs":1700000060000000000,"runId":99,"signature":"0100fe"})";
    }
    void jsonOfDetails()
    {
        QFETCH(int, kind);
        QFETCH(QString, json);
        std::vector<wire::Event> events;
        for (const wire::Frame &frame : {wire::examples::detailFrame(), wire::examples::resourceFrame(), wire::examples::insightFrame()}) {
            const auto &more = std::get<wire::EventBatch>(frame.body).events;
            events.insert(events.end(), more.begin(), more.end());
        }
        const auto event = std::find_if(events.begin(), events.end(),
                                        [&](const wire::Event &e) { return e.detail.index() == static_cast<std::size_t>(kind); });
        QVERIFY(event != events.end());
        QCOMPARE(eventJson(exampleEvent(event->detail))["detail"].dump(), nlohmann::json::parse(json.toStdString()).dump());
    }

    void jsonOfAPanel()
    {
        const nlohmann::json json = panelJson(examplePanel());
        QCOMPARE(json["panel"], "queue-depth");
        QCOMPARE(json["value"]["value"], 312.5);
        QCOMPARE(json["series"][0]["points"][1][1], 2.5);
        QVERIFY(json["series"][0]["points"][2][1].is_null());
        QCOMPARE(json["losses"][0]["cause"], "qdrop");
        QCOMPARE(json["computation"]["completeness"], 99.3);
        QVERIFY(panelJson(PanelSnapshot())["value"].is_null());
        QCOMPARE(panelJson(PanelSnapshot())["state"], "loading");
    }

    void keysAndUnits_areDistinct()
    {
        QSet<QString> keys;
        for (std::size_t i = 0; i < panelCount; ++i)
            keys.insert(QString::fromUtf8(panelKey(static_cast<PanelId>(i)).data()));
        QCOMPARE(keys.size(), qsizetype(panelCount));
        QCOMPARE(panelKey(static_cast<PanelId>(99)), std::string_view("unknown"));
        QCOMPARE(unitName(Unit::Nanoseconds), std::string_view("ns"));
    }
};

QTEST_APPLESS_MAIN(TestExport)
#include "tst_export.moc"
