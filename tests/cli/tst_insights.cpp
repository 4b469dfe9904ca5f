// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <QProcess>

#include <sstream>

#include <nlohmann/json.hpp>

#include "console/cli/output.h"
#include "console/core/metrics/insightexport.h"
#include "protocol/wire/evidence.h"
#include "tests/store/storefixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;
using wire::InsightState;

namespace {

constexpr std::uint64_t stream = 0x1f2e;

wire::Event told(std::int64_t timeNs, std::uint64_t id, InsightState state, const std::string &rule = "oom-kill",
                 wire::Severity severity = wire::Severity::Error)
{
    wire::Insight insight;
    insight.id = id;
    insight.rule = rule;
    insight.state = state;
    insight.rootKind = wire::EntityKind::Pod;
    insight.root = "shop/web";
    insight.text = "shop/web used more memory than it may";
    insight.fromNs = t0;
    insight.toNs = timeNs;
    insight.evidenceCount = 3;
    insight.score = 90;
    insight.evidence = {wire::evidenceLine({"kill", t0, 0, "n1", stream, 42, "oom kill of web"}),
                        wire::evidenceLine({"restart", timeNs, 2'000'000, "n1", 0, 0, "container main is back"})};
    insight.affected = {"pod shop/cart"};
    insight.owners = {"Deployment shop/cart"};
    insight.settle = "kubectl describe pod";
    insight.runbook = "memory";
    wire::Event event;
    event.timeNs = timeNs;
    event.type = wire::EventType::Insight;
    event.severity = severity;
    event.detail = insight;
    return event;
}

StoredEvent stored(wire::Event event, std::uint64_t seq, const std::string &node = "n1")
{
    StoredEvent one;
    one.node = node;
    one.seq = seq;
    one.event = std::move(event);
    return one;
}

struct Outcome {
    int code = -1;
    QString out, err;
};

Outcome run(const StoreFixture &store, QStringList arguments)
{
    QProcess process;
    arguments << "--store" << QString::fromStdString(store.file().native());
    process.start(TAPIO_PROGRAM, arguments);
    if (!process.waitForFinished(30'000))
        return {};
    return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
}

} // namespace

class tst_Insights : public QObject {
    Q_OBJECT

private slots:
    void fold_keepsWhatWasToldLast_data();
    void fold_keepsWhatWasToldLast();
    void fold_goesByTheOrderOfTheStore();
    void fold_tellsNodesApart();
    void json_namesTheEvents();
    void list_hasThem();
    void list_isFiltered_data();
    void list_isFiltered();
    void list_saysWhichNamesAreUnknown_data();
    void list_saysWhichNamesAreUnknown();
    void list_knowsWhatNobodyWillEnd_data();
    void list_knowsWhatNobodyWillEnd();
    void list_knowsThatAServerBeganAnew();
    void show_hasTheChain();
    void show_saysHowOftenTheRuleWasRight();
    void show_asksForOne_data();
    void show_asksForOne();
    void verdict_isStoredAndTakenBack();
    void verdict_reachesAStoreThatIsWritten();
    void verdict_refuses_data();
    void verdict_refuses();
    void watch_saysThatThereIsNoServer();
    void sameCause_isSaid();
    void csv_isOneRowEach();
    void proofs_areOfTheDrills();
    void proofs_ofNothing_sayHow();
    void rules_areCounted();
    void rules_ofNobody_sayWhy();

private:
    void fill(StoreFixture &store);
};

void tst_Insights::fold_keepsWhatWasToldLast_data()
{
    QTest::addColumn<std::vector<int>>("order");
    QTest::newRow("as told") << std::vector<int>{0, 1, 2};
    QTest::newRow("newest first") << std::vector<int>{2, 1, 0};
    QTest::newRow("mixed") << std::vector<int>{1, 2, 0};
}

void tst_Insights::fold_keepsWhatWasToldLast()
{
    QFETCH(std::vector<int>, order);
    const std::vector<StoredEvent> all{stored(told(t0, 7, InsightState::Open), 1), stored(told(t0 + 5, 7, InsightState::Updated), 2),
                                       stored(told(t0 + 5, 7, InsightState::Resolved), 3)};
    InsightFold fold;
    for (const int index : order)
        fold.add(all[static_cast<std::size_t>(index)]);
    fold.add(stored(execEvent(t0, 1, "/bin/true"), 9)); // no insight
    QVERIFY(!fold.add(all[2]));                         // the same again
    const auto views = fold.take();
    QCOMPARE(views.size(), std::size_t(1));
    QCOMPARE(views[0].insight.state, InsightState::Resolved); // of the same moment what has the higher number
    QCOMPARE(views[0].times, 4u);
    QVERIFY(!views[0].isOpen());
}

/// Evidence that comes late ends an insight at a time before what was told of it last.
void tst_Insights::fold_goesByTheOrderOfTheStore()
{
    StoredEvent open = stored(told(t0 + 5, 7, InsightState::Open), 1), ended = stored(told(t0, 7, InsightState::Resolved), 2);
    open.id = {1, 0};
    ended.id = {1, 1};
    for (const bool turned : {false, true}) {
        InsightFold fold;
        fold.add(turned ? ended : open);
        fold.add(turned ? open : ended);
        QVERIFY(!fold.views().at(0).isOpen());
    }
}

void tst_Insights::fold_tellsNodesApart()
{
    InsightFold fold;
    fold.add(stored(told(t0, 7, InsightState::Open), 1, "n1"));
    fold.add(stored(told(t0 + 1, 7, InsightState::Open), 1, "n2"));
    const auto views = fold.take();
    QCOMPARE(views.size(), std::size_t(2));
    QCOMPARE(views[0].node, std::string("n2"));
}

void tst_Insights::json_namesTheEvents()
{
    InsightFold fold;
    fold.add(stored(told(t0 + 5, 0xabc, InsightState::Open), 1));
    const nlohmann::json json = insightJson(fold.take().at(0), {});
    QCOMPARE(json.at("id").get<std::string>(), std::string("0000000000000abc"));
    QCOMPARE(json.at("state").get<std::string>(), std::string("open"));
    QCOMPARE(json.at("root").at("kind").get<std::string>(), std::string("pod"));
    QCOMPARE(json.at("evidence").at(0).at("event").at("seq").get<int>(), 42);
    QCOMPARE(json.at("evidence").at(0).at("event").at("stream").get<std::string>(), std::string("0000000000001f2e"));
    QVERIFY(!json.at("evidence").at(1).contains("event")); // was not sent
    QCOMPARE(json.at("evidence").at(1).at("uncertaintyNs").get<int>(), 2'000'000);
}

void tst_Insights::fill(StoreFixture &store)
{
    store.append("n1", {told(t0, 1, InsightState::Open), told(t0 + 1, 2, InsightState::Open, "crash-loop", wire::Severity::Warning),
                        told(t0 + 2, 1, InsightState::Expired)});
    store.append("n2", {told(t0 + 3, 3, InsightState::Updated)});
    store.flush();
    store.close();
}

void tst_Insights::list_hasThem()
{
    StoreFixture store;
    fill(store);
    const Outcome table = run(store, {"insights", "list", "--since", "2000-01-01"});
    QVERIFY2(table.code == ExitOk, qPrintable(table.err));
    QCOMPARE(table.out.count('\n'), 4); // a head and three of them
    QVERIFY(table.out.contains("0000000000000001") && table.out.contains("expired") && table.out.contains("used more memory"));
    const QStringList lines = table.out.split('\n'); // the newest first
    QCOMPARE(lines[1].mid(lines[0].indexOf("NODE"), 4), QString("n2  "));
    QCOMPARE(lines[2].mid(lines[0].indexOf("NODE"), 4), QString("n1  "));
    const Outcome none = run(store, {"insights", "list", "--since", "2199-01-01"});
    QCOMPARE(none.code, int(ExitOk));
    QVERIFY2(none.out.isEmpty() && none.err.contains("no insight is stored since"), qPrintable(none.err));
    const Outcome open = run(store, {"insights", "list", "--since", "2000-01-01", "--open"});
    QVERIFY2(open.out.isEmpty() && open.err.contains("none of 3 insights since 2000-01-01"), qPrintable(open.err));
}

void tst_Insights::list_isFiltered_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("count");
    QTest::newRow("all") << QStringList() << 3;
    QTest::newRow("open ones, but nothing was heard of them for years") << QStringList{"--open"} << 0;
    QTest::newRow("of a rule") << QStringList{"--rule", "crash-loop"} << 1;
    QTest::newRow("of a node") << QStringList{"--node", "n2"} << 1;
    QTest::newRow("of a severity") << QStringList{"--severity", "error"} << 2;
    QTest::newRow("none") << QStringList{"--rule", "nothing"} << 0;
}

void tst_Insights::list_isFiltered()
{
    QFETCH(QStringList, arguments);
    StoreFixture store;
    fill(store);
    const Outcome outcome = run(store, QStringList{"-o", "json", "insights", "list", "--since", "2000-01-01"} + arguments);
    QVERIFY2(outcome.code == ExitOk, qPrintable(outcome.err));
    QTEST(static_cast<int>(nlohmann::json::parse(outcome.out.toStdString()).size()), "count");
}

void tst_Insights::list_saysWhichNamesAreUnknown_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QStringList>("said"); // none: nothing is unknown
    QTest::newRow("a rule that found something") << QStringList{"--rule", "crash-loop"} << QStringList();
    QTest::newRow("a rule that found nothing") << QStringList{"--rule", "disk-full"} << QStringList();
    QTest::newRow("a mistake in a rule") << QStringList{"--rule", "oom-kil"}
                                         << QStringList{"warning: no rule 'oom-kil' is known: ", "hint: was 'oom-kill' meant?"};
    QTest::newRow("in capitals") << QStringList{"--rule", "OOM-KILL"} << QStringList{"hint: was 'oom-kill' meant?"};
    QTest::newRow("part of some rules") << QStringList{"--rule", "oom"} << QStringList{"hint: was 'oom-kill', ", " meant?"};
    QTest::newRow("like no rule") << QStringList{"--rule", "nothing"}
                                  << QStringList{"warning: no rule 'nothing' is known", "hint: known names: '"};
    QTest::newRow("one of two rules") << QStringList{"--rule", "oom-kill", "--rule", "x"} << QStringList{"warning: no rule 'x' is known"};
    QTest::newRow("a node that found something") << QStringList{"--node", "n2"} << QStringList();
    QTest::newRow("a node that found nothing") << QStringList{"--node", "idle"} << QStringList();
    QTest::newRow("a mistake in a node") << QStringList{"--node", "idel"}
                                         << QStringList{"warning: no node 'idel' is known: ", "hint: known names: 'idle'"};
    QTest::newRow("a server, of which no state is kept") << QStringList{"--node", "server:tapio"} << QStringList();
    QTest::newRow("a name with a control character") << QStringList{"--node", "\x1b[31m"} << QStringList{"no node '\\x1b[31m'"};
}

void tst_Insights::list_saysWhichNamesAreUnknown()
{
    QFETCH(QStringList, arguments);
    QFETCH(QStringList, said);
    StoreFixture store;
    wire::AgentState idle;
    idle.node = "idle";
    QVERIFY(store.writer().putAgent(idle));
    fill(store);
    const Outcome outcome = run(store, QStringList{"-o", "json", "insights", "list", "--since", "2000-01-01"} + arguments);
    QCOMPARE(outcome.code, int(ExitOk)); // what has the name may come yet
    QVERIFY(nlohmann::json::parse(outcome.out.toStdString()).is_array());
    QCOMPARE(outcome.err.count("warning: "), said.isEmpty() ? 0 : 1);
    for (const QString &part : said)
        QVERIFY2(outcome.err.contains(part), qPrintable(outcome.err));
}

void tst_Insights::list_knowsWhatNobodyWillEnd_data()
{
    QTest::addColumn<quint64>("streamNow"); // that the node's agent has; 0 = nobody said
    QTest::addColumn<int>("open");
    constexpr quint64 first = 7000; // of the store's first node
    QTest::newRow("its agent goes on") << first << 1;
    QTest::newRow("its agent began anew") << first + 1 << 0;
    QTest::newRow("its agent is not known") << quint64(0) << 1;
}

void tst_Insights::list_knowsWhatNobodyWillEnd()
{
    QFETCH(quint64, streamNow);
    QFETCH(int, open);
    StoreFixture store;
    const std::int64_t nowNs = SystemClock().utcNs();
    store.append("n1", {told(nowNs, 1, InsightState::Open)});
    wire::AgentState agent;
    agent.node = "n1";
    agent.streamId = streamNow;
    QVERIFY(streamNow == 0 || store.writer().putAgent(agent));
    store.flush();
    store.close();
    const Outcome table = run(store, {"insights", "list", "--since", "1h"});
    QVERIFY2(table.out.contains("abandoned") == (open == 0), qPrintable(table.out + table.err));
    const Outcome openOnes = run(store, {"-o", "json", "insights", "list", "--since", "1h", "--open"});
    QCOMPARE(static_cast<int>(nlohmann::json::parse(openOnes.out.toStdString()).size()), open);
    const std::string state = open == 0 ? "abandoned" : "open";
    const Outcome all = run(store, {"-o", "json", "insights", "list", "--since", "1h"});
    QCOMPARE(nlohmann::json::parse(all.out.toStdString()).at(0).at("state").get<std::string>(), state);
    const Outcome one = run(store, {"insights", "show", "0000000000000001", "--since", "1h"});
    QVERIFY2(one.out.contains(QString::fromStdString("state       " + state + ", ")), qPrintable(one.out + one.err));
}

/// What a server found of its nodes is over when another begins, and that one need not have found anything.
void tst_Insights::list_knowsThatAServerBeganAnew()
{
    StoreFixture store;
    const std::int64_t nowNs = SystemClock().utcNs();
    const auto batch = [](wire::Event event) {
        wire::EventBatch one;
        one.origins.emplace_back();
        one.events.push_back(std::move(event));
        return one;
    };
    wire::Delivery found = store.frame("server:hq", batch(told(nowNs - nsPerSecond, 1, InsightState::Open)));
    QVERIFY(store.writer().append(found));
    const auto isOpen = [&] {
        const Outcome open = run(store, {"-o", "json", "insights", "list", "--since", "1h", "--open"});
        return nlohmann::json::parse(open.out.toStdString()).size() == 1;
    };
    store.flush();
    QVERIFY(isOpen());
    wire::Event notice;
    notice.type = wire::EventType::AgentNotice;
    notice.timeNs = nowNs;
    notice.detail = wire::AgentNotice();
    wire::Delivery began = store.frame("server:hq", batch(notice));
    ++began.frame.streamId;
    began.frame.frameSeq = 1;
    QVERIFY(store.writer().append(began));
    store.flush();
    QVERIFY(!isOpen());
}

void tst_Insights::show_hasTheChain()
{
    StoreFixture store;
    fill(store);
    const Outcome outcome = run(store, {"insights", "show", "0000000000000003", "--since", "2000-01-01"});
    QVERIFY2(outcome.code == ExitOk, qPrintable(outcome.err));
    for (const char *part :
         {"shop/web used more memory than it may", "rule score 90 %", "\nnode        n2\n", "affects     pod shop/cart",
          "owner       Deployment shop/cart", "kubectl describe pod", "0000000000001f2e/42", "oom kill of web", "+- 2.0 ms", "not sent"})
        QVERIFY2(outcome.out.contains(part), part);
}

void tst_Insights::show_saysHowOftenTheRuleWasRight()
{
    StoreFixture store;
    const std::int64_t nowNs = SystemClock().utcNs();
    std::vector<wire::Event> events;
    for (std::uint64_t id = 1; id <= 5; ++id) {
        events.push_back(told(nowNs, id, InsightState::Resolved));
        const auto kind = id == 5 ? VerdictKind::Rejected : VerdictKind::Confirmed;
        QVERIFY(store.writer().putVerdict({"n1", id, "oom-kill", kind, "seen", "m", nowNs - nsPerSecond}));
    }
    store.append("n1", events);
    store.flush();
    store.close();
    const Outcome shown = run(store, {"insights", "show", "0000000000000003"});
    QVERIFY2(shown.out.contains("rule        oom-kill, rule score 90 %, right 4 of 5 times (38 to 96 %) as operators judged\n"),
             qPrintable(shown.out + shown.err));
    const auto json = nlohmann::json::parse(run(store, {"-o", "json", "insights", "show", "0000000000000003"}).out.toStdString());
    QCOMPARE(json["frequency"]["right"].get<int>(), 4);
    QCOMPARE(json["frequency"]["n"].get<int>(), 5);
    QCOMPARE(json["frequency"]["by"].get<std::string>(), std::string("operators"));
}

void tst_Insights::show_asksForOne_data()
{
    QTest::addColumn<QString>("id");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("says");
    QTest::newRow("none") << "f" << int(ExitUnavailable) << "no insight of";
    QTest::newRow("several") << "0" << int(ExitUsage) << "3 insights of";
}

void tst_Insights::show_asksForOne()
{
    QFETCH(QString, id);
    QFETCH(QString, says);
    StoreFixture store;
    fill(store);
    const Outcome outcome = run(store, {"insights", "show", id, "--since", "2000-01-01"});
    QVERIFY2(outcome.err.contains(says) && outcome.err.contains("hint: "), qPrintable(outcome.err));
    QTEST(outcome.code, "code");
}

void tst_Insights::verdict_isStoredAndTakenBack()
{
    StoreFixture store;
    fill(store);
    const QStringList since{"--since", "2000-01-01"};
    const Outcome given =
        run(store, QStringList{"insights", "verdict", "0000000000000003", "confirmed", "--reason", "the limit, seen in the log"} + since);
    QVERIFY2(given.code == ExitOk, qPrintable(given.err));
    QVERIFY2(given.out.startsWith("0000000000000003 confirmed by ") && given.out.contains("more memory"), qPrintable(given.out));
    const Outcome list = run(store, QStringList{"insights", "list"} + since);
    QCOMPARE(list.out.count("confirmed"), 1);
    const auto listed = [&](const char *verdict) {
        return run(store, QStringList{"insights", "list", "--verdict", verdict} + since).out.count('\n');
    };
    QCOMPARE(listed("none"), 3); // a head and the others
    QCOMPARE(listed("confirmed"), 2);
    QVERIFY(!run(store, QStringList{"insights", "list", "--verdict", "rejected"} + since).out.contains("more memory"));
    const Outcome other = run(store, QStringList{"insights", "verdict", "0000000000000003", "rejected", "--reason", "a test"} + since);
    QVERIFY2(other.code == ExitOk, qPrintable(other.err));
    const Outcome back = run(store, QStringList{"-o", "json", "insights", "verdict", "0000000000000003", "withdrawn"} + since);
    QVERIFY2(back.code == ExitOk, qPrintable(back.err));
    const auto json = nlohmann::json::parse(back.out.toStdString());
    QVERIFY(json.at("verdict").is_null());
    QCOMPARE(json.at("verdicts").size(), std::size_t(3));
    QCOMPARE(json.at("verdicts").at(1).at("reason").get<std::string>(), std::string("a test"));
    const Outcome show = run(store, QStringList{"insights", "show", "0000000000000003"} + since);
    for (const char *part : {"verdict     none: withdrawn", "last      withdrawn by ", "before    rejected by ", "before    confirmed by "})
        QVERIFY2(show.out.contains(part), qPrintable(show.out));
    const Outcome again = run(store, QStringList{"insights", "verdict", "0000000000000003", "withdrawn"} + since);
    QCOMPARE(again.code, int(ExitUsage));
    QVERIFY2(again.err.contains("no verdict on 0000000000000003 to withdraw"), qPrintable(again.err));
}

void tst_Insights::verdict_reachesAStoreThatIsWritten()
{
    StoreFixture store;
    fill(store);
    store.reopen(); // a console holds it
    const Outcome given =
        run(store, {"insights", "verdict", "0000000000000003", "rejected", "--reason", "planned", "--since", "2000-01-01"});
    QVERIFY2(given.code == ExitOk, qPrintable(given.err));
    QCOMPARE(store.reader()->verdicts(10)->size(), std::size_t(1));
}

void tst_Insights::verdict_refuses_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("says");
    QTest::newRow("no reason") << QStringList{"3", "confirmed"} << int(ExitUsage) << "needs a reason";
    QTest::newRow("another word") << QStringList{"3", "perhaps", "--reason", "x"} << int(ExitUsage) << "perhaps";
    QTest::newRow("no such insight") << QStringList{"f", "confirmed", "--reason", "x"} << int(ExitUnavailable) << "no insight of";
    QTest::newRow("several") << QStringList{"0", "confirmed", "--reason", "x"} << int(ExitUsage) << "3 insights of";
}

void tst_Insights::verdict_refuses()
{
    QFETCH(QStringList, arguments);
    QFETCH(QString, says);
    StoreFixture store;
    fill(store);
    if (arguments.front() == "3")
        arguments.front() = "0000000000000003";
    const Outcome outcome = run(store, QStringList{"insights", "verdict"} + arguments + QStringList{"--since", "2000-01-01"});
    QVERIFY2(outcome.err.contains(says), qPrintable(outcome.err));
    QTEST(outcome.code, "code");
    QVERIFY(store.reader()->verdicts(10)->empty());
}

void tst_Insights::watch_saysThatThereIsNoServer()
{
    QTemporaryDir home;
    QProcess process;
    process.start(TAPIO_PROGRAM, {"--pki", home.path(), "insights", "watch", "--seconds", "1"});
    QVERIFY(process.waitForFinished(30'000));
    QVERIFY(process.exitCode() != ExitOk);
    QVERIFY(process.readAllStandardError().contains("hint: "));
}

void tst_Insights::sameCause_isSaid()
{
    wire::Event first = told(t0 + 5, 0xabc, InsightState::Open), second = told(t0 + 9, 0xdef, InsightState::Open, "slow-service");
    wire::Insight insight = *wire::insightOf(second.detail);
    insight.root = "shop/cart"; // the pod that the first one says it reaches
    insight.text = "shop/cart answers slowly";
    insight.evidence.clear();
    insight.fromNs = t0 + 6;
    second.detail = insight;
    StoreFixture store;
    store.append("n1", {first, second});
    store.flush();
    store.close();
    const Outcome list = run(store, {"insights", "list", "--since", "2000-01-01", "-o", "json"});
    const auto json = nlohmann::json::parse(list.out.toStdString());
    QCOMPARE(json.size(), std::size_t(2));
    for (const auto &one : json)
        QCOMPARE(one["under"].is_null(), one["id"] == "0000000000000abc");
    const Outcome one = run(store, {"insights", "show", "0000000000000abc", "--since", "2000-01-01"});
    QVERIFY2(one.out.contains("same cause  0000000000000def shop/cart answers slowly"), qPrintable(one.out + one.err));
    const Outcome other = run(store, {"insights", "show", "0000000000000def", "--since", "2000-01-01"});
    QVERIFY2(other.out.contains("under       0000000000000abc"), qPrintable(other.out));
    const Outcome table = run(store, {"insights", "list", "--rule", "slow-service", "--since", "2000-01-01"});
    QVERIFY2(table.out.contains("0000000000000abc"), qPrintable(table.out)); // though that is not listed
}

void tst_Insights::csv_isOneRowEach()
{
    InsightFold fold;
    wire::Event event = told(t0 + 5, 0xabc, InsightState::Open);
    wire::Insight insight = *wire::insightOf(event.detail);
    insight.text = "=1+1, \"quoted\"";
    event.detail = insight;
    fold.add(stored(event, 1));
    const InsightView view = fold.take().at(0);
    const VerdictBook verdicts({{"n1", 0xabc, "oom-kill", VerdictKind::Confirmed, "seen", "m", t0}});
    std::ostringstream out;
    writeInsightCsvHeader(out);
    writeInsightCsv(out, view, verdicts, {"abandoned", 0xdef});
    const QString text = QString::fromStdString(out.str());
    QCOMPARE(text.count("\r\n"), 2);
    QVERIFY2(text.contains("\"'=1+1, \"\"quoted\"\"\"") && text.contains(",abandoned,")
                 && text.contains(",confirmed,seen,m,2025-06-15T15:06:40.000000000Z,n1,0000000000000def"),
             qPrintable(text));
}

void tst_Insights::proofs_areOfTheDrills()
{
    StoreFixture store;
    // The command asks for what is 30 days old at most, by the clock of the machine.
    const std::int64_t fromNs = SystemClock().utcNs() - 3600 * nsPerSecond;
    wire::Event label;
    label.timeNs = fromNs + 5 * nsPerSecond;
    label.type = wire::EventType::DrillLabel;
    label.detail = wire::DrillLabel{"oom-kill", "shop/web", "end", fromNs, fromNs + 5 * nsPerSecond, 7, {std::byte{1}}};
    wire::Event missed = label;
    missed.detail = wire::DrillLabel{"crash-loop", "/tapio-drill-8", "end", fromNs, fromNs + 5 * nsPerSecond, 8, {std::byte{1}}};
    store.append("n1", {told(fromNs + 1800 * nsPerMs, 1, InsightState::Open), label, missed});
    store.append("n2", {told(fromNs + 1800 * nsPerMs, 2, InsightState::Open, "disk-full")}); // no drill ran there
    store.flush();
    store.close();
    const Outcome table = run(store, {"insights", "proofs"});
    QVERIFY2(table.code == ExitOk, qPrintable(table.err));
    QVERIFY2(table.out.contains("oom-kill") && table.out.contains("on n1") && !table.out.contains("disk-full"), qPrintable(table.out));
    QVERIFY2(table.out.contains("no data, 2 of 20"), qPrintable(table.out));
    const Outcome json = run(store, {"insights", "proofs", "-o", "json"});
    const auto parsed = nlohmann::json::parse(json.out.toStdString());
    QCOMPARE(parsed["tp"].get<int>(), 1);
    QCOMPARE(parsed["fn"].get<int>(), 1);
    QVERIFY(parsed["accuracy"].is_null());
    QCOMPARE(parsed["drills"]["judged"].get<int>(), 2);
    QCOMPARE(parsed["rules"].size(), std::size_t(2));
    QVERIFY(parsed["rules"][0]["last_proved"].is_null());
    QCOMPARE(parsed["rules"][1]["rule"].get<std::string>(), std::string("oom-kill"));
    QCOMPARE(parsed["rules"][1]["last_proved"]["lead_time_ms"].get<double>(), 1800.0);
    QCOMPARE(parsed["rules"][1]["last_proved"]["node"].get<std::string>(), std::string("n1"));
}

void tst_Insights::proofs_ofNothing_sayHow()
{
    StoreFixture store;
    store.flush();
    store.close();
    const Outcome table = run(store, {"insights", "proofs"});
    QVERIFY2(table.code == ExitOk, qPrintable(table.err));
    QVERIFY2(table.out.contains("tapio drill run"), qPrintable(table.out));
}

void tst_Insights::rules_areCounted()
{
    StoreFixture store;
    const std::int64_t nowNs = SystemClock().utcNs();
    for (std::uint64_t i = 0; i < 6; ++i) {
        wire::CounterReport report{nowNs - static_cast<std::int64_t>(60 - 10 * i) * nsPerSecond, {{"process", {}}}};
        wire::RuleCounters kill{"oom-kill", 100 * i, i};
        kill.open = 1;
        kill.timed = i;
        kill.timedNs = 700 * i;
        report.rules = {kill, {"of-another-version", 3 * i}};
        QVERIFY(store.writer().append(store.frame("n1", report)));
    }
    store.flush();
    store.close();
    const Outcome table = run(store, {"insights", "rules", "--since", "1h"});
    QVERIFY2(table.code == ExitOk, qPrintable(table.err));
    const auto line = [&table](const QString &rule) { return table.out.split('\n').filter(rule).value(0).simplified(); };
    QVERIFY2(line("oom-kill").startsWith("oom-kill node 500 5 0 1 0 0 700 ns"), qPrintable(line("oom-kill")));
    QVERIFY2(line("of-another").contains("not known here 15"), qPrintable(table.out));
    QVERIFY2(line("dns-slow").startsWith("dns-slow node - -"), qPrintable(table.out)); // nobody told of it: no zero
    QVERIFY(table.out.contains("1 of 1 engines heard"));
    const auto parsed = nlohmann::json::parse(run(store, {"insights", "rules", "--since", "1h", "-o", "json"}).out.toStdString());
    for (const auto &rule : parsed["rules"]) {
        if (rule["rule"] == "oom-kill") {
            QCOMPARE(rule["counters"]["evaluations"].get<int>(), 500);
            QCOMPARE(rule["counters"]["evaluation_ns"].get<double>(), 700.0);
            QCOMPARE(rule["nodes"][0]["node"].get<std::string>(), std::string("n1"));
        }
        if (rule["rule"] == "dns-slow")
            QVERIFY(rule["counters"].is_null());
    }
    QCOMPARE(run(store, {"insights", "rules", "--since", "yesterday-ish"}).code, int(ExitUsage));
}

void tst_Insights::rules_ofNobody_sayWhy()
{
    StoreFixture store;
    store.flush();
    store.close();
    const Outcome table = run(store, {"insights", "rules"});
    QVERIFY2(table.code == ExitOk, qPrintable(table.err));
    QVERIFY2(table.out.contains("no engine told of its rules since"), qPrintable(table.out));
}

QTEST_GUILESS_MAIN(tst_Insights)
#include "tst_insights.moc"
