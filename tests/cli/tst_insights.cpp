// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <QProcess>

#include <nlohmann/json.hpp>

#include "console/cli/insightviews.h"
#include "console/cli/output.h"
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
    void fold_tellsNodesApart();
    void json_namesTheEvents();
    void list_hasThem();
    void list_isFiltered_data();
    void list_isFiltered();
    void show_hasTheChain();
    void show_asksForOne_data();
    void show_asksForOne();

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
    const auto views = fold.take();
    QCOMPARE(views.size(), std::size_t(1));
    QCOMPARE(views[0].insight.state, InsightState::Resolved); // of the same moment what has the higher number
    QCOMPARE(views[0].times, 3u);
    QVERIFY(!views[0].isOpen());
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
    const nlohmann::json json = insightJson(fold.take().at(0));
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
    const Outcome none = run(store, {"insights", "list", "--since", "2199-01-01"});
    QCOMPARE(none.code, int(ExitOk));
    QVERIFY2(none.out.isEmpty() && none.err.contains("no insight is stored since"), qPrintable(none.err));
}

void tst_Insights::list_isFiltered_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("count");
    QTest::newRow("all") << QStringList() << 3;
    QTest::newRow("open ones") << QStringList{"--open"} << 2;
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

void tst_Insights::show_hasTheChain()
{
    StoreFixture store;
    fill(store);
    const Outcome outcome = run(store, {"insights", "show", "0000000000000003", "--since", "2000-01-01"});
    QVERIFY2(outcome.code == ExitOk, qPrintable(outcome.err));
    for (const char *part : {"shop/web used more memory than it may", "rule score 90 %", "affects     pod shop/cart",
                             "kubectl describe pod", "0000000000001f2e/42", "oom kill of web", "+- 2.0 ms", "not sent"})
        QVERIFY2(outcome.out.contains(part), part);
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

QTEST_GUILESS_MAIN(tst_Insights)
#include "tst_insights.moc"
