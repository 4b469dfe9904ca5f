// SPDX-License-Identifier: GPL-3.0-or-later
// What the agent tells about itself, and that Prometheus understands it.
#include <QtTest>

#include <spdlog/sinks/ostream_sink.h>

#include <mutex>
#include <sstream>

#include "agent/observe/exposition.h"
#include "agent/observe/health.h"
#include "agent/observe/observer.h"
#include "tests/agent/fakeclock.h"
#include "tests/agent/httpclient.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;

Q_DECLARE_METATYPE(std::function<void(tapio::agent::AgentView &)>)

namespace {

using Change = std::function<void(AgentView &)>;

const SystemClock systemClock;

wire::Hook hook(const std::string &name, wire::HookState state, const std::string &reason = {})
{
    wire::Hook hook;
    hook.collector = "process";
    hook.name = name;
    hook.state = state;
    hook.attachKind = "tp_btf";
    hook.reason = reason;
    return hook;
}

/// An agent that runs well.
AgentView healthyView(std::int64_t bootNs = 1000 * nsPerSecond)
{
    AgentView view;
    view.version = "1.2.3";
    view.node = "node-1";
    view.configSha256 = "c0ffee";
    view.server = "hub.example:7117";
    view.nowBootNs = bootNs;
    view.nowUtcNs = 1'700'000'000 * nsPerSecond;
    view.collectTurnedBootNs = bootNs - nsPerSecond / 2;
    view.queueLimitBytes = 8u << 20;
    auto collect = std::make_shared<CollectSnapshot>();
    collect->hooks = {hook("sched_process_exec", wire::HookState::Active),
                      hook("mark_victim", wire::HookState::Denied, "not attached: \"no\"\nline")};
    collect->hooks[0].runCount = 10;
    collect->hooks[0].runTimeNs = 5000;
    collect->events = {100, 8u << 20};
    collect->critical = {0, 256u << 10};
    collect->budget.spent.cpuPercent = 2.5;
    collect->budget.step = ShedStep::Fold;
    collect->budget.folded.connectionBytesReceived = 70;
    collect->unlearnt = {8, 9};
    collect->filter = {7, "f00d", 1'500 * nsPerMs, 12, 3, {}};
    view.collect = collect;
    view.link.phase = SessionPhase::Up;
    view.link.asOfBootNs = bootNs;
    view.link.sessions = 2;
    view.link.sentBytes = 12345;
    view.link.queuedEvents = 7;
    view.link.ringBytes = 900;
    view.link.oldestEventNs = view.nowUtcNs - 3 * nsPerSecond;
    view.link.offsetNs = -nsPerMs;
    view.link.uncertaintyNs = nsPerUs;
    wire::CounterReport report;
    report.sources = {{"process", {}}, {"samples", {}}, {"amendments", {}}};
    report.sources[0].counters[Counter::Seen] = 20;
    report.sources[0].counters[Counter::QDrop] = 3;
    report.sources[0].leftOut[static_cast<std::size_t>(FilterCause::Tokens)] = 5;
    report.sources[1].counters[Counter::Seen] = 4;
    report.sources[2].counters[Counter::Seen] = 6;
    report.sources[2].counters[Counter::QDrop] = 2;
    view.link.counters = std::make_shared<const wire::CounterReport>(report);
    view.process = readProcessFigures(systemClock);
    return view;
}

struct Logged {
    std::ostringstream text;
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text)};
};

QString lineOf(const std::string &text, const QString &series)
{
    for (const QString &line : QString::fromStdString(text).split('\n')) {
        if (line.startsWith(series + ' '))
            return line.mid(series.size() + 1);
    }
    return {};
}

/// Empty: it is not installed.
QString program(const char *name) { return QStandardPaths::findExecutable(name); }

/// Prometheus with a folder of its own; ended with the object.
struct Prometheus {
    QTemporaryDir folder;
    QProcess process;
    quint16 port = 0;

    bool start(quint16 target)
    {
        QFile config(folder.filePath("prometheus.yml"));
        if (!config.open(QIODevice::WriteOnly))
            return false;
        config.write("scrape_configs:\n- job_name: tapio\n  scrape_interval: 1s\n  scrape_timeout: 1s\n  static_configs:\n"
                     "  - targets: ['127.0.0.1:"
                     + QByteArray::number(target) + "']\n");
        config.close();
        process.setProcessChannelMode(QProcess::MergedChannels);
        process.start(program("prometheus"), {"--config.file=" + config.fileName(), "--storage.tsdb.path=" + folder.filePath("data"),
                                              "--web.listen-address=127.0.0.1:0", "--web.enable-lifecycle"});
        return process.waitForStarted();
    }
    /// The port is in its log only.
    quint16 findPort()
    {
        static const QRegularExpression line("Listening on\" address=127\\.0\\.0\\.1:(\\d+)");
        output += process.readAll();
        const auto match = line.match(QString::fromUtf8(output));
        return match.hasMatch() ? port = match.captured(1).toUShort() : 0;
    }
    /// The value of an instant query with one result; empty = none yet.
    QString query(const QByteArray &expression) const
    {
        const QByteArray chunked = get(port, "/api/v1/query?query=" + expression.toPercentEncoding()).body;
        const auto begin = chunked.indexOf('{');
        const QJsonObject answer = QJsonDocument::fromJson(chunked.mid(begin, chunked.lastIndexOf('}') - begin + 1)).object();
        const QJsonArray result = answer["data"].toObject()["result"].toArray();
        return result.size() == 1 ? result[0].toObject()["value"].toArray()[1].toString() : QString();
    }
    ~Prometheus()
    {
        process.terminate();
        if (!process.waitForFinished(10'000)) {
            process.kill();
            process.waitForFinished();
        }
    }
    QByteArray output;
};

} // namespace

class TestObserver : public QObject {
    Q_OBJECT
private slots:
    void metrics_data()
    {
        QTest::addColumn<QString>("series");
        QTest::addColumn<QString>("value");
        QTest::newRow("build") << "tapio_agent_build_info{version=\"1.2.3\",node=\"node-1\",config_sha256=\"c0ffee\"}"
                               << "1";
        QTest::newRow("the last reload") << "tapio_agent_config_last_reload_successful"
                                         << "1";
        QTest::newRow("a counter by source") << "tapio_agent_events_seen_total{source=\"process\"}"
                                             << "20";
        QTest::newRow("a cause by source") << "tapio_agent_events_qdrop_total{source=\"process\"}"
                                           << "3";
        QTest::newRow("a counter at rest is there too") << "tapio_agent_events_shed_total{source=\"process\"}"
                                                        << "0";
        QTest::newRow("what a rule left out") << "tapio_agent_events_left_out_total{source=\"process\",cause=\"tokens\"}"
                                              << "5";
        QTest::newRow("what no rule left out") << "tapio_agent_events_left_out_total{source=\"process\",cause=\"floor\"}"
                                               << "0";
        QTest::newRow("no rules are about frames") << "tapio_agent_events_left_out_total{source=\"samples\",cause=\"floor\"}" << QString();
        QTest::newRow("the filter in force") << "tapio_agent_filter_generation"
                                             << "7";
        QTest::newRow("its hash") << "tapio_agent_filter_info{sha256=\"f00d\"}"
                                  << "1";
        QTest::newRow("since when") << "tapio_agent_filter_since_timestamp_seconds"
                                    << "1.5";
        QTest::newRow("cgroups that are known") << "tapio_agent_filter_cgroups"
                                                << "12";
        QTest::newRow("cgroups without room") << "tapio_agent_filter_cgroups_without_room"
                                              << "3";
        QTest::newRow("frames of samples are no events") << "tapio_agent_events_seen_total{source=\"samples\"}" << QString();
        QTest::newRow("frames of samples") << "tapio_agent_sample_frames_seen_total"
                                           << "4";
        QTest::newRow("amendments are no events") << "tapio_agent_events_seen_total{source=\"amendments\"}" << QString();
        QTest::newRow("amendments") << "tapio_agent_amendments_seen_total"
                                    << "6";
        QTest::newRow("amendments that went") << "tapio_agent_amendments_qdrop_total"
                                              << "2";
        QTest::newRow("origins that were not learnt in time") << "tapio_agent_origins_unlearnt_total{cause=\"time\"}"
                                                              << "8";
        QTest::newRow("origins that there was no room for") << "tapio_agent_origins_unlearnt_total{cause=\"room\"}"
                                                            << "9";
        QTest::newRow("a hook's state") << "tapio_agent_hook_state{collector=\"process\",hook=\"sched_process_exec\",state=\"active\"}"
                                        << "1";
        QTest::newRow("the states it is not in")
            << "tapio_agent_hook_state{collector=\"process\",hook=\"sched_process_exec\",state=\"failed\"}"
            << "0";
        QTest::newRow("a hook's reason, on one line") << "tapio_agent_hook_info{collector=\"process\",hook=\"mark_victim\",attached=\"tp_"
                                                         "btf\",reason=\"not attached: \\\"no\\\" line\"}"
                                                      << "1";
        QTest::newRow("a hook's run time") << "tapio_agent_hook_run_seconds_total{collector=\"process\",hook=\"sched_process_exec\"}"
                                           << "5e-06";
        QTest::newRow("no run time where none is known")
            << "tapio_agent_hook_run_seconds_total{collector=\"process\",hook=\"mark_victim\"}" << QString();
        QTest::newRow("a ring's fill") << "tapio_agent_ring_waiting_bytes{ring=\"events\"}"
                                       << "100";
        QTest::newRow("a ring's size") << "tapio_agent_ring_size_bytes{ring=\"critical\"}"
                                       << "262144";
        QTest::newRow("the budget") << "tapio_agent_budget_cpu_limit_ratio"
                                    << "0.01";
        QTest::newRow("what is spent of it") << "tapio_agent_budget_cpu_used_ratio"
                                             << "0.025";
        QTest::newRow("what it sheds") << "tapio_agent_shed_step"
                                       << "2";
        QTest::newRow("what was folded") << "tapio_agent_folded_connection_bytes_total{direction=\"received\"}"
                                         << "70";
        QTest::newRow("the link") << "tapio_agent_link_state{state=\"up\"}"
                                  << "1";
        QTest::newRow("sessions") << "tapio_agent_sessions_total"
                                  << "2";
        QTest::newRow("bytes sent") << "tapio_agent_sent_bytes_total"
                                    << "12345";
        QTest::newRow("the queue") << "tapio_agent_queue_events{state=\"waiting\"}"
                                   << "7";
        QTest::newRow("the queue's age") << "tapio_agent_queue_oldest_age_seconds"
                                         << "3";
        QTest::newRow("the clock") << "tapio_agent_clock_offset_seconds"
                                   << "-0.001";
    }
    void metrics()
    {
        QFETCH(QString, series);
        QTEST(lineOf(renderMetrics(healthyView(), {}), series), "value");
    }

    void metrics_ofTheProcessAreTrue()
    {
        const std::string text = renderMetrics(healthyView(), {});
        QVERIFY(lineOf(text, "process_resident_memory_bytes").toDouble() > 1e6);
        QVERIFY(lineOf(text, "process_cpu_seconds_total").toDouble() > 0);
        QVERIFY(lineOf(text, "process_open_fds").toDouble() >= 3);
        const double startedAgo = double(systemClock.utcNs()) / 1e9 - lineOf(text, "process_start_time_seconds").toDouble();
        QVERIFY2(startedAgo > -1 && startedAgo < 600, qPrintable(QString::number(startedAgo)));
    }

    void metrics_beforeAnythingIsKnownAreThereToo()
    {
        const std::string text = renderMetrics(AgentView(), {});
        QCOMPARE(lineOf(text, "tapio_agent_link_state{state=\"offline\"}"), QString("1"));
        QVERIFY(text.find("tapio_agent_clock_offset_seconds") == std::string::npos);
        QVERIFY(text.find("tapio_agent_events_seen_total") == std::string::npos);
    }

    void metrics_areBoundedWhateverTheHooksAre()
    {
        AgentView view = healthyView();
        auto collect = std::make_shared<CollectSnapshot>(*view.collect);
        for (int i = 0; i < 5000; ++i)
            collect->hooks.push_back(hook("h" + std::to_string(i), wire::HookState::Failed, std::string(5000, '\xff')));
        view.collect = collect;
        wire::CounterReport report = *view.link.counters;
        for (int i = 0; i < 5000; ++i)
            report.sources.push_back({"s" + std::to_string(i), {}});
        view.link.counters = std::make_shared<const wire::CounterReport>(report);
        const std::string text = renderMetrics(view, {});
        QVERIFY2(text.size() < 512u << 10, qPrintable(QString::number(text.size())));
        QVERIFY(QString::fromStdString(text).toStdString() == text); // valid UTF-8
    }

    void metrics_nameNoSeriesTwice()
    {
        AgentView view = healthyView();
        auto collect = std::make_shared<CollectSnapshot>(*view.collect);
        collect->hooks.push_back(collect->hooks[0]);
        view.collect = collect;
        const std::string rendered = renderMetrics(view, {});
        QStringList series;
        for (const QString &line : QString::fromStdString(rendered).split('\n', Qt::SkipEmptyParts)) {
            if (!line.startsWith('#'))
                series.append(line.left(line.lastIndexOf(' ')));
        }
        QCOMPARE(series.removeDuplicates(), 0);
    }

    void metrics_pleasePromtool()
    {
        if (program("promtool").isEmpty())
            QSKIP("promtool is not installed (Debian's package prometheus)");
        AgentView view = healthyView();
        HttpFigures http;
        http.responses = {{200, 5}, {404, 1}};
        QProcess promtool;
        promtool.setProcessChannelMode(QProcess::MergedChannels);
        promtool.start(program("promtool"), {"check", "metrics"});
        promtool.write(QByteArray::fromStdString(renderMetrics(view, http)));
        promtool.closeWriteChannel();
        QVERIFY(promtool.waitForFinished());
        const QByteArray said = promtool.readAll();
        QVERIFY2(promtool.exitCode() == 0 && said.isEmpty(), said.constData());
    }

    void prometheus_scrapesIt()
    {
        if (program("prometheus").isEmpty())
            QSKIP("prometheus is not installed (Debian's package prometheus)");
        Observer observer(
            "127.0.0.1:0", [] { return healthyView(); }, systemClock);
        QVERIFY(observer.server());
        const quint16 port = observer.server()->address().port;
        Prometheus prometheus;
        QVERIFY(prometheus.start(port));
        QTRY_VERIFY2_WITH_TIMEOUT(prometheus.findPort() != 0, prometheus.output.constData(), 30'000);
        QTRY_COMPARE_WITH_TIMEOUT(prometheus.query("up{job=\"tapio\"}"), QString("1"), 30'000);
        QTRY_COMPARE_WITH_TIMEOUT(prometheus.query("tapio_agent_events_seen_total{source=\"process\"}"), QString("20"), 30'000);
        QCOMPARE(prometheus.query("tapio_agent_queue_oldest_age_seconds"), QString("3"));
        QCOMPARE(prometheus.query("sum(tapio_agent_hook_state{hook=\"mark_victim\"})"), QString("1"));
        const double scraped = prometheus.query("scrape_samples_scraped").toDouble();
        const auto lines = QString::fromUtf8(get(port, "/metrics").body).split('\n', Qt::SkipEmptyParts);
        const auto series = std::count_if(lines.begin(), lines.end(), [](const QString &line) { return !line.startsWith('#'); });
        QVERIFY2(scraped >= double(series) - 2 && scraped <= double(series), qPrintable(QString::number(scraped)));
    }

    void health_data()
    {
        QTest::addColumn<Change>("change");
        QTest::addColumn<int>("live");
        QTest::addColumn<int>("ready");
        QTest::addColumn<QString>("named"); // in either
        const auto hooks = [](std::vector<wire::Hook> all) {
            return [all](AgentView &view) {
                auto collect = std::make_shared<CollectSnapshot>(*view.collect);
                collect->hooks = all;
                view.collect = collect;
            };
        };
        QTest::newRow("all is well") << Change([](AgentView &) {}) << 200 << 200
                                     << "hooks: ok, 1 of 2 wanted hooks active; process mark_victim is denied";
        QTest::newRow("just started") << Change([](AgentView &v) {
            v.collectTurnedBootNs = 0;
            v.collect = nullptr;
            v.link = {};
        }) << 200 << 503 << "kernel: failed, the programs are being loaded";
        QTest::newRow("loaded, but nothing looked at yet")
            << Change([](AgentView &v) { v.collect = nullptr; }) << 200 << 503 << "hooks: failed, their states are not known yet";
        QTest::newRow("collecting is slow") << Change([](AgentView &v) { v.collectTurnedBootNs -= 9 * nsPerSecond; }) << 200 << 200
                                            << "collecting: ok, came round 9.5 s ago";
        QTest::newRow("collecting hangs") << Change([](AgentView &v) { v.collectTurnedBootNs -= 20 * nsPerSecond; }) << 503 << 200
                                          << "collecting: failed, hangs, last came round 20.5 s ago";
        QTest::newRow("publishing hangs") << Change([](AgentView &v) { v.link.asOfBootNs -= 11 * nsPerSecond; }) << 503 << 200
                                          << "publishing: failed, hangs";
        QTest::newRow("the rings cannot be read")
            << Change([](AgentView &v) { v.failure = Error(Errc::Io, "waiting for the kernel rings"); }) << 503 << 503
            << "kernel: failed, waiting for the kernel rings";
        QTest::newRow("no hook is active") << Change(hooks({hook("a", wire::HookState::Failed)})) << 200 << 503
                                           << "hooks: failed, 0 of 1 wanted hooks active; process a is failed";
        QTest::newRow("all are switched off") << Change(hooks({hook("a", wire::HookState::Disabled)})) << 200 << 200
                                              << "hooks: ok, 0 of 0 wanted hooks active";
        QTest::newRow("no server") << Change([](AgentView &v) { v.link.phase = SessionPhase::Offline; }) << 200 << 200
                                   << "link: ok, offline to hub.example:7117, 7 events wait";
    }
    void health()
    {
        QFETCH(Change, change);
        QFETCH(QString, named);
        Observer observer(
            "127.0.0.1:0",
            [&change] {
                AgentView view = healthyView();
                change(view);
                return view;
            },
            systemClock);
        QVERIFY(observer.server());
        const Answer live = get(observer.server()->address().port, "/healthz");
        const Answer ready = get(observer.server()->address().port, "/readyz");
        QTEST(live.status, "live");
        QTEST(ready.status, "ready");
        QVERIFY2((live.body + ready.body).contains(named.toUtf8()), (live.body + ready.body).constData());
    }

    void observer_servesWhatItSays()
    {
        Logged logged;
        const Observer observer(
            "127.0.0.1:0", [] { return healthyView(); }, systemClock);
        observer.announce(logged.log);
        const quint16 port = observer.server()->address().port;
        QCOMPARE(observer.hook().state, wire::HookState::Active);
        QVERIFY(
            QString::fromStdString(logged.text.str()).contains("observe: metrics and health on http://127.0.0.1:" + QString::number(port)));
        const Answer metrics = get(port, "/metrics");
        QCOMPARE(metrics.status, 200);
        QVERIFY(metrics.head.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
        QVERIFY(metrics.body.contains("tapio_agent_events_seen_total"));
        QCOMPARE(get(port, "/").status, 404);
        QCOMPARE(get(port, "/metrics/../healthz").status, 404);
    }

    void observer_askedInATightLoopRendersSeldom()
    {
        std::atomic<int> asked = 0;
        const Observer observer(
            "127.0.0.1:0",
            [&] {
                ++asked;
                return healthyView();
            },
            systemClock);
        QElapsedTimer timer;
        timer.start();
        for (int i = 0; i < 300; ++i)
            QCOMPARE(get(observer.server()->address().port, "/metrics").status, 200);
        QVERIFY2(asked <= 1 + timer.elapsed() / 250, qPrintable(QString("%1 in %2 ms").arg(asked).arg(timer.elapsed())));
    }

    void portInUse_isOneLineAndAFailedHook()
    {
        Logged second;
        const Observer holder(
            "127.0.0.1:0", [] { return healthyView(); }, systemClock);
        const std::string address = "127.0.0.1:" + std::to_string(holder.server()->address().port);
        const Observer late(
            address, [] { return healthyView(); }, systemClock);
        late.announce(second.log);
        QVERIFY(!late.server());
        QCOMPARE(late.hook().state, wire::HookState::Failed);
        QCOMPARE(late.hook().reason, address + " is in use by another program");
        const QString logged = QString::fromStdString(second.text.str());
        QCOMPARE(logged.count('\n'), 1);
        QVERIFY2(logged.contains("observe: " + QString::fromStdString(address) + " is in use by another program; the agent runs without"),
                 qPrintable(logged));
    }

    void address_thatIsEmptyIsOff()
    {
        Logged logged;
        const Observer off(
            "", [] { return healthyView(); }, systemClock);
        off.announce(logged.log);
        QVERIFY(!off.server());
        QCOMPARE(off.hook().state, wire::HookState::Disabled);
        QVERIFY(logged.text.str().empty());
    }
};

QTEST_GUILESS_MAIN(TestObserver)
#include "tst_observer.moc"
