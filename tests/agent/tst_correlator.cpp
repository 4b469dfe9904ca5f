// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <QTemporaryDir>

#include <fstream>

#include "agent/pipeline/correlator.h"
#include "protocol/wire/evidence.h"
#include "tests/agent/collectbench.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using wire::InsightState;

namespace {

constexpr std::uint64_t ownStream = 0xabc;

CollectOptions withRules(const std::string &folder = {})
{
    CollectOptions options = CollectBench::options({});
    options.streamId = ownStream;
    options.correlation = CorrelationOptions{true, folder};
    return options;
}

/// A loop that correlates.
struct Bench : CollectBench {
    explicit Bench(CollectOptions options = withRules())
    {
        options.readSelf = [this] { return use; };
        auto opened = CollectLoop::open(
            std::move(options), [this](KernelRecordSink &sink) { return std::make_unique<FakeKernel>(kernel, sink); }, port(), clock, log);
        loop = std::move(*opened);
    }
    std::string podUid; ///< whose the next is; empty: the host's
    void see(const char *source, wire::EventType type, wire::Detail detail)
    {
        KernelRecord one = record();
        one.source = source;
        one.event.type = type;
        one.event.detail = std::move(detail);
        one.podUid = podUid;
        kernel.records.push_back(std::move(one));
    }
    void start() { see("process", wire::EventType::ProcessExec, wire::ProcessExec()); }
    void oomKill() { see("oom", wire::EventType::OomKill, wire::OomKill()); }
    /// Events with their numbers, as they went out.
    std::vector<std::pair<std::uint64_t, wire::Event>> sent() const
    {
        std::vector<std::pair<std::uint64_t, wire::Event>> all;
        for (const wire::EventBatch &batch : outlet.events()) {
            for (std::size_t i = 0; i < batch.events.size(); ++i)
                all.emplace_back(batch.seqOf(i), batch.events[i]);
        }
        return all;
    }
    std::vector<wire::Insight> insights() const
    {
        std::vector<wire::Insight> all;
        for (const auto &[seq, event] : sent()) {
            if (const wire::Insight *insight = wire::insightOf(event.detail))
                all.push_back(*insight);
        }
        return all;
    }
    wire::Hook rulesHook() const
    {
        for (const wire::Hook &one : loop->hooks()) {
            if (one.collector == "correlation")
                return one;
        }
        return {};
    }
    CounterSet counters(const std::string &source)
    {
        const wire::CounterReport report = loop->finish();
        const auto found =
            std::find_if(report.sources.begin(), report.sources.end(), [&](const auto &one) { return one.source == source; });
        return found == report.sources.end() ? CounterSet() : found->counters;
    }
};

} // namespace

class tst_Correlator : public QObject {
    Q_OBJECT

private slots:
    void finding_followsItsEvidence();
    void detail_goesOutAroundInsights_data();
    void detail_goesOutAroundInsights();
    void connections_ofOneFlowGoOutTogether_data();
    void connections_ofOneFlowGoOutTogether();
    void finding_isCounted();
    void silence_endsIt();
    void withoutCorrelation_nothingIsFound();
    void whoSubscribesToInsights_getsThem();
    void refusedRule_isInTheHookAndTheLog();
    void wantOfRoom_isInTheHook();
    void folderOfRules_takesThePlaceOfTheShipped();
    void folderWithoutRules_isSaid();
    void change_isFollowed();
    void refusedFile_keepsItsRule();
    void snapshot_hasTheRules();
    void rules_areReportedEveryTenSeconds();
    void samples_areEvidence();
};

void tst_Correlator::finding_followsItsEvidence()
{
    Bench bench;
    bench.oomKill();
    bench.second();
    bench.second();
    const auto sent = bench.sent();
    const auto kill = std::find_if(sent.begin(), sent.end(), [](const auto &one) { return one.second.type == wire::EventType::OomKill; });
    const auto found = std::find_if(sent.begin(), sent.end(), [](const auto &one) { return one.second.type == wire::EventType::Insight; });
    QVERIFY(kill != sent.end() && found != sent.end());
    QCOMPARE(found->first, kill->first + 1);
    const wire::Insight &insight = *wire::insightOf(found->second.detail);
    QCOMPARE(insight.rule, std::string("oom-kill"));
    QCOMPARE(insight.state, InsightState::Open);
    QCOMPARE(found->second.severity, wire::Severity::Error);
    const auto evidence = wire::parseEvidence(insight.evidence.at(0));
    QVERIFY(evidence);
    QCOMPARE(evidence->node, std::string("node-1"));
    QCOMPARE(evidence->streamId, ownStream);
    QCOMPARE(evidence->seq, kill->first);
    QCOMPARE(evidence->timeNs, kill->second.timeNs);
}

void tst_Correlator::detail_goesOutAroundInsights_data()
{
    QTest::addColumn<bool>("isHeld");
    QTest::addColumn<bool>("isKilled");
    QTest::addColumn<QStringList>("sent");
    QTest::addColumn<quint64>("leftOut"); // starts
    QTest::newRow("nothing happens") << true << false << QStringList{} << quint64(2);
    QTest::newRow("nothing happens, and all is sent") << false << false << QStringList{"process.exec", "process.exec"} << quint64(0);
    // What was held comes behind the insight, and what follows at once.
    QTest::newRow("a kill") << true << true << QStringList{"oom.kill", "insight", "process.exec, kept back", "process.exec"} << quint64(0);
    QTest::newRow("a kill, and all is sent") << false << true << QStringList{"process.exec", "oom.kill", "insight", "process.exec"}
                                             << quint64(0);
}

void tst_Correlator::detail_goesOutAroundInsights()
{
    QFETCH(bool, isHeld);
    QFETCH(bool, isKilled);
    CollectOptions options = withRules();
    options.correlation->isDetailHeld = isHeld;
    Bench bench(std::move(options));
    bench.podUid = "0a1b2c3d-0000-4000-8000-000000000001"; // what is about the node as a whole takes nothing along
    bench.start();
    bench.second();
    if (isKilled)
        bench.oomKill();
    bench.second();
    bench.start();
    bench.second();
    for (int i = 0; i < 31; ++i)
        bench.second();
    const CounterSet counters = bench.counters("process");
    QStringList sent;
    std::uint64_t last = 0;
    for (const auto &[seq, event] : bench.sent()) {
        sent.append(QString::fromStdString(wire::eventTypeName(event.type)) + (event.heldSeconds != 0 ? ", kept back" : ""));
        QCOMPARE(seq, last + 1); // what is held leaves no gap
        last = seq;
    }
    QTEST(sent, "sent");
    QTEST(quint64(counters[Counter::UFiltered]), "leftOut");
}

void tst_Correlator::connections_ofOneFlowGoOutTogether_data()
{
    QTest::addColumn<bool>("isHeld");
    QTest::addColumn<bool>("isWatched");
    QTest::addColumn<QList<int>>("sent"); // how many connections each event stands for
    QTest::newRow("together") << true << false << QList<int>{1, 4};
    QTest::newRow("all is sent") << false << false << QList<int>{1, 1, 1, 1, 1};
    QTest::newRow("somebody watches") << true << true << QList<int>{1, 1, 1, 1, 1};
}

void tst_Correlator::connections_ofOneFlowGoOutTogether()
{
    QFETCH(bool, isHeld);
    QFETCH(bool, isWatched);
    CollectOptions options = withRules();
    options.correlation->isDetailHeld = isHeld;
    Bench bench(std::move(options));
    if (isWatched) {
        wire::EventFilter all;
        all.detail = true;
        bench.filter = wire::Filter{1, {all}};
        bench.second();
    }
    wire::TcpConnection closed;
    closed.direction = wire::TcpDirection::Inbound;
    closed.remote.port = 40'000;
    closed.outcome = wire::TcpOutcome::Closed;
    closed.established = true;
    closed.durationNs = 1'000'000;
    for (int i = 0; i < 5; ++i)
        bench.see("tcp", wire::EventType::TcpConnection, closed);
    for (int i = 0; i < 7; ++i)
        bench.second();
    QList<int> sent;
    std::uint64_t last = 0;
    for (const auto &[seq, event] : bench.sent()) {
        QCOMPARE(seq, ++last); // no gap
        sent.append(static_cast<int>(std::get<wire::TcpConnection>(event.detail).more) + 1);
        QCOMPARE(event.heldSeconds != 0, sent.back() > 1);
    }
    QTEST(sent, "sent");
    QCOMPARE(bench.counters("tcp")[Counter::UFiltered], std::uint64_t(5 - sent.size()));
}

void tst_Correlator::finding_isCounted()
{
    Bench bench;
    bench.oomKill();
    bench.second();
    const CounterSet counters = bench.counters("correlation");
    QCOMPARE(counters[Counter::Seen], 1u);
    QCOMPARE(counters[Counter::Drained], 1u);
    QCOMPARE(counters[Counter::UFiltered], 0u);
}

void tst_Correlator::silence_endsIt()
{
    Bench bench;
    bench.oomKill();
    bench.second();
    for (int i = 0; i < 15 * 60; ++i)
        bench.second();
    const auto insights = bench.insights();
    QVERIFY(insights.size() >= 2);
    QCOMPARE(insights.front().state, InsightState::Open);
    QCOMPARE(insights.back().state, InsightState::Expired);
    QCOMPARE(insights.back().id, insights.front().id);
}

void tst_Correlator::withoutCorrelation_nothingIsFound()
{
    CollectOptions options = withRules();
    options.correlation->isOn = false;
    Bench bench(std::move(options));
    bench.oomKill();
    bench.second();
    bench.second();
    QVERIFY(bench.insights().empty());
    QCOMPARE(bench.rulesHook().state, wire::HookState::Disabled);
    CollectBench without;
    QVERIFY(without.loop->snapshot() == nullptr || without.loop->snapshot()->rules.empty());
}

void tst_Correlator::whoSubscribesToInsights_getsThem()
{
    Bench bench;
    wire::EventFilter only;
    only.types = {wire::EventType::Insight};
    bench.filter = wire::Filter{1, {only}};
    bench.second();
    bench.oomKill();
    bench.second();
    bench.second();
    QCOMPARE(bench.sent().size(), std::size_t(1));
    const auto evidence = wire::parseEvidence(bench.insights().at(0).evidence.at(0));
    QVERIFY(evidence);
    QCOMPARE(evidence->seq, 0u); // it was not sent, so nobody can open it
    QCOMPARE(evidence->streamId, 0u);
    QCOMPARE(bench.counters("oom")[Counter::UFiltered], 1u);
}

void tst_Correlator::refusedRule_isInTheHookAndTheLog()
{
    const QTemporaryDir folder;
    std::ofstream(folder.filePath("broken.toml").toStdString()) << "id = \"broken\"\nseverity = [\n";
    Bench bench(withRules(folder.path().toStdString()));
    const wire::Hook hook = bench.rulesHook();
    QCOMPARE(hook.state, wire::HookState::Failed);
    QVERIFY2(hook.reason.find("broken.toml:") != std::string::npos, hook.reason.c_str());
    QVERIFY(bench.logged.str().find("a rule is refused: ") != std::string::npos);
}

void tst_Correlator::wantOfRoom_isInTheHook()
{
    correlation::EngineLimits limits;
    limits.candidates = limits.candidatesOfRule = 2;
    Correlator correlator("node-1", 1, correlation::shippedRules(), limits);
    const auto kill = [&correlator](int pod) {
        wire::Event event;
        event.type = wire::EventType::OomKill;
        event.timeNs = pod * nsPerSecond;
        event.detail = wire::OomKill();
        wire::Origin origin;
        origin.cgroupPath = "/kubepods/pod" + std::to_string(pod);
        origin.podUid = origin.podName = "p" + std::to_string(pod);
        origin.namespaceName = "shop";
        correlator.onEvent(event, origin, static_cast<std::uint64_t>(pod));
    };
    kill(1);
    QVERIFY(correlator.hook().reason.empty());
    for (int pod = 2; pod < 20; ++pod)
        kill(pod);
    QCOMPARE(correlator.hook().state, wire::HookState::Active);
    QVERIFY(correlator.hook().reason.find("more was seen than rules may remember") != std::string::npos);
}

void tst_Correlator::folderOfRules_takesThePlaceOfTheShipped()
{
    const QTemporaryDir folder;
    std::ofstream(folder.filePath("starts.toml").toStdString())
        << "id = \"starts\"\ntitle = \"t\"\nroot = \"pod\"\nseverity = \"warning\"\nlifetime = \"5m\"\ncooldown = \"5m\"\nsummary = \"x\"\n"
           "[[step]]\nname = \"start\"\nevent = \"process.exec\"\nwithin = \"10m\"\ncount = 3\n";
    Bench bench(withRules(folder.path().toStdString()));
    QCOMPARE(bench.rulesHook().state, wire::HookState::Active);
    bench.oomKill();
    bench.second();
    QVERIFY(bench.insights().empty());
}

/// Nobody wants an agent that finds nothing and says that all is well.
void tst_Correlator::folderWithoutRules_isSaid()
{
    const QTemporaryDir folder;
    Bench bench(withRules(folder.path().toStdString()));
    QCOMPARE(bench.rulesHook().state, wire::HookState::Failed);
    QVERIFY2(bench.rulesHook().reason.find("no rules in this folder") != std::string::npos, bench.rulesHook().reason.c_str());
}

void tst_Correlator::change_isFollowed()
{
    Bench bench;
    bench.oomKill();
    bench.second();
    CollectChange change;
    change.maxCgroups = 100;
    change.hostInterval = change.cgroupInterval = std::chrono::milliseconds(1000);
    change.correlation = CorrelationOptions{true, {}};
    bench.loop->change(change); // the same rules: what is open goes on
    bench.second();
    QCOMPARE(bench.insights().size(), std::size_t(1));
    change.correlation = CorrelationOptions{false, {}};
    bench.loop->change(change);
    bench.second();
    bench.second();
    QCOMPARE(bench.insights().back().state, InsightState::Expired);
    QCOMPARE(bench.rulesHook().state, wire::HookState::Disabled);
}

/// A mistake in a file that is reloaded must not end what its rule has found.
void tst_Correlator::refusedFile_keepsItsRule()
{
    QTemporaryDir folder;
    const auto write = [&folder](const QByteArray &text) {
        QFile file(folder.filePath("kills.toml"));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) == text.size());
    };
    const QByteArray rule = "id = \"kills\"\ntitle = \"t\"\nroot = \"pod\"\nseverity = \"error\"\nlifetime = \"5m\"\ncooldown = \"5m\"\n"
                            "summary = \"s\"\n[[step]]\nname = \"kill\"\nevent = \"oom.kill\"\nwithin = \"1m\"\n";
    write(rule);
    Bench bench;
    CollectChange change;
    change.maxCgroups = 100;
    change.hostInterval = change.cgroupInterval = std::chrono::milliseconds(1000);
    change.correlation = CorrelationOptions{true, folder.path().toStdString()};
    bench.loop->change(change);
    bench.oomKill();
    bench.second();
    QCOMPARE(bench.insights().back().rule, std::string("kills"));
    write(rule + "oops = 1\n");
    bench.loop->change(change);
    bench.second();
    QCOMPARE(bench.insights().back().state, InsightState::Open);
    QCOMPARE(bench.rulesHook().state, wire::HookState::Failed); // which says what is wrong
    QVERIFY(QFile::remove(folder.filePath("kills.toml")));
    write(QByteArray(rule).replace("kills", "other"));
    bench.loop->change(change);
    bench.second();
    bench.second();
    QCOMPARE(bench.insights().back().rule, std::string("kills"));
    QCOMPARE(bench.insights().back().state, InsightState::Expired);
}

void tst_Correlator::snapshot_hasTheRules()
{
    Bench bench;
    bench.oomKill();
    bench.second();
    const auto &rules = bench.loop->snapshot()->rules;
    const auto kill = std::find_if(rules.begin(), rules.end(), [](const auto &rule) { return rule.rule == "oom-kill"; });
    QVERIFY(kill != rules.end());
    QCOMPARE(kill->opened, 1u);
    QCOMPARE(kill->open, std::size_t(1));
}

/// What is worked out of them is no event, and so has no number.
void tst_Correlator::rules_areReportedEveryTenSeconds()
{
    Bench bench;
    std::vector<std::size_t> told;
    for (int i = 0; i < 21; ++i)
        bench.second();
    for (const wire::CounterReport &report : bench.outlet.bodies<wire::CounterReport>())
        told.push_back(report.rules.size());
    QCOMPARE(told.size(), std::size_t(21));
    const std::size_t all = correlation::ofScope(correlation::shippedRules(), correlation::RuleScope::Node).rules.size();
    for (std::size_t i = 0; i < told.size(); ++i)
        QCOMPARE(told[i], i % 10 == 0 ? all : std::size_t(0));
    QCOMPARE(bench.loop->finish().rules.size(), all); // and with the last, however soon
}

void tst_Correlator::samples_areEvidence()
{
    const QTemporaryDir folder;
    std::ofstream(folder.filePath("large.toml").toStdString())
        << "id = \"large\"\ntitle = \"t\"\nroot = \"container\"\nseverity = \"warning\"\nlifetime = \"5m\"\ncooldown = \"5m\"\n"
           "summary = \"{use.text}\"\n[[step]]\nname = \"use\"\nevent = \"memory.trend\"\nwithin = \"5m\"\n"
           "where = [{ field = \"used\", at_least = 1 }, { field = \"inContainer\", equals = true }]\n";
    Bench bench(withRules(folder.path().toStdString()));
    for (int i = 0; i < 150 && bench.insights().empty(); ++i)
        bench.second();
    const auto insights = bench.insights();
    QVERIFY(!insights.empty());
    QVERIFY2(insights[0].text.starts_with("memory "), insights[0].text.c_str());
    const auto evidence = wire::parseEvidence(insights[0].evidence.at(0));
    QVERIFY(evidence);
    QCOMPARE(evidence->node, std::string("node-1"));
    QCOMPARE(evidence->streamId, 0u);
    QCOMPARE(evidence->text, insights[0].text);
    QVERIFY(bench.sampled(wire::Metric::MemoryWorkingSetBytes));
}

QTEST_GUILESS_MAIN(tst_Correlator)
#include "tst_correlator.moc"
