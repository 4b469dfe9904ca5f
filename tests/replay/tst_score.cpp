// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "agent/replay/scenario.h"
#include "agent/replay/score.h"
#include "tests/replay/deliveries.h"

using namespace tapio;
using namespace tapio::replay;

namespace {

const std::vector<std::string> rules{"oom-kill", "memory-limit", "refused-burst"};

Label fault(double from, double to, std::vector<std::string> expected, std::vector<std::string> also = {}, const std::string &entity = "/a")
{
    return {"a fault", "n1", entity, timeOf(from), timeOf(to), 10 * nsPerSecond, std::move(expected), std::move(also), false};
}

Opened opened(double at, const std::string &rule, const std::string &root = "/a", const std::string &node = "n1")
{
    return {rule, node, root, {}, {}, "text", timeOf(at)};
}

Opened affecting(double at, const std::string &rule, const std::string &root, const std::string &affected)
{
    Opened one = opened(at, rule, root);
    one.affected = {affected};
    return one;
}

} // namespace

class tst_Score : public QObject {
    Q_OBJECT

private slots:
    void judged_data();
    void judged();
    void whatStoodBefore_isNoUnit();
    void lead_isFromTheFaultToTheFirstInsight();
    void faultsWithoutARule_areMissed();
    void wilson_data();
    void wilson();
    void scenarios_addUp();
    void onlyWhatOpens_counts();
};

void tst_Score::judged_data()
{
    QTest::addColumn<std::vector<Label>>("labels");
    QTest::addColumn<std::vector<Opened>>("insights");
    QTest::addColumn<Counts>("oom");
    QTest::addColumn<Counts>("all");
    const std::vector<Label> kill{fault(5, 10, {"oom-kill"}, {"memory-limit"})};
    const auto row = [](const char *name, const std::vector<Label> &labels, const std::vector<Opened> &insights, Counts oom, Counts all) {
        QTest::newRow(name) << labels << insights << oom << all;
    };
    row("all is well and nothing is said", {}, {}, {0, 0, 0, 1}, {0, 0, 0, 3});
    row("all is well and something is said", {}, {opened(6, "oom-kill")}, {0, 1, 0, 0}, {0, 1, 0, 2});
    row("found", kill, {opened(6, "oom-kill")}, {1, 0, 0, 0}, {1, 0, 0, 2});
    row("not found", kill, {}, {0, 0, 1, 0}, {0, 0, 1, 2});
    row("found while it is looked for", kill, {opened(19.9, "oom-kill")}, {1, 0, 0, 0}, {1, 0, 0, 2});
    row("found too late: missed, and wrong then", kill, {opened(20.1, "oom-kill")}, {0, 1, 1, 0}, {0, 1, 1, 2});
    row("before it began: wrong, and missed", kill, {opened(4.8, "oom-kill")}, {0, 1, 1, 0}, {0, 1, 1, 2});
    row("of something else", kill, {opened(6, "oom-kill", "/b")}, {0, 1, 1, 0}, {0, 1, 1, 2});
    row("of the same name on another node", kill, {opened(6, "oom-kill", "/a", "n2")}, {0, 1, 1, 0}, {0, 1, 1, 2});
    row("by what it affects", kill, {affecting(6, "oom-kill", "10.0.0.1:80", "container /a")}, {1, 0, 0, 0}, {1, 0, 0, 2});
    row("by what it affects, of another", kill, {affecting(6, "oom-kill", "10.0.0.1:80", "container /ab")}, {0, 1, 1, 0}, {0, 1, 1, 2});
    row("another rule that is right as well is not counted", kill, {opened(6, "oom-kill"), opened(7, "memory-limit")}, {1, 0, 0, 0},
        {1, 0, 0, 1});
    row("but not of something else", kill, {opened(6, "oom-kill"), opened(7, "memory-limit", "/b")}, {1, 0, 0, 0}, {1, 1, 0, 1});
    row("another rule that is wrong", kill, {opened(6, "oom-kill"), opened(7, "refused-burst")}, {1, 0, 0, 0}, {1, 1, 0, 1});
    row("found twice is found once", kill, {opened(6, "oom-kill"), affecting(7, "oom-kill", "/b", "pod /a")}, {1, 0, 0, 0}, {1, 0, 0, 2});
    row("two faults, one of them found", {kill[0], fault(5, 10, {"oom-kill"}, {}, "/c")}, {opened(6, "oom-kill")}, {1, 0, 1, 0},
        {1, 0, 1, 2});
    row("each wrong one counts", {}, {opened(6, "oom-kill"), opened(7, "oom-kill", "/b")}, {0, 2, 0, 0}, {0, 2, 0, 2});
    Opened byCgroup = opened(6, "oom-kill", "shop/web");
    byCgroup.cgroup = "/a";
    row("by the cgroup of its evidence", kill, {byCgroup}, {1, 0, 0, 0}, {1, 0, 0, 2});
}

void tst_Score::judged()
{
    QFETCH(std::vector<Label>, labels);
    QFETCH(std::vector<Opened>, insights);
    QFETCH(Counts, oom);
    QFETCH(Counts, all);
    const Judgement judgement = judge(labels, insights, rules);
    QVERIFY(judgement.rules.at("oom-kill") == oom);
    Counts sum;
    for (const auto &[rule, counts] : judgement.rules)
        sum += counts;
    QVERIFY(sum == all);
}

void tst_Score::whatStoodBefore_isNoUnit()
{
    const Label label = fault(5, 10, {"oom-kill"});
    const auto standing = [](double opened, double to, bool isOver = true, const std::string &rule = "oom-kill") {
        return Standing{rule, "n1", "/a", {}, {}, timeOf(opened), timeOf(to), timeOf(to), isOver};
    };
    const auto countsOf = [&](const std::vector<Opened> &opened, const Standing &one) {
        return judge({label}, opened, rules, {one}).rules["oom-kill"];
    };
    const Counts missed{0, 0, 1, 0};
    QVERIFY(countsOf({}, standing(1, 7)) == Counts());
    QVERIFY(countsOf({}, standing(1, 4)) == missed);          // it had seen nothing of it when it ended
    QVERIFY(countsOf({}, standing(1, 4, false)) == Counts()); // it may yet tell of it
    QVERIFY(countsOf({}, standing(1 - 3600, 4 - 3600, false)) == missed);
    QVERIFY(countsOf({}, standing(6, 7)) == missed); // it opened for the fault itself, and too late
    QVERIFY(countsOf({}, standing(1, 7, true, "memory-limit")) == missed);
    QVERIFY(countsOf({opened(6, "oom-kill")}, standing(1, 7)) == (Counts{1, 0, 0, 0})); // found all the same
}

void tst_Score::lead_isFromTheFaultToTheFirstInsight()
{
    const Judgement judgement = judge({fault(5, 10, {"oom-kill"})}, {opened(8, "oom-kill"), opened(7, "oom-kill")}, rules);
    QCOMPARE(judgement.verdicts.size(), std::size_t(1));
    QCOMPARE(judgement.verdicts[0].leadNs, 2 * nsPerSecond);
}

void tst_Score::faultsWithoutARule_areMissed()
{
    const Judgement judgement = judge({fault(5, 10, {})}, {}, rules);
    QVERIFY(judgement.rules.at(std::string(noRule)) == (Counts{0, 0, 1, 0}));
}

/// Values of the formula, worked out by hand with bc.
void tst_Score::wilson_data()
{
    QTest::addColumn<std::uint64_t>("hits");
    QTest::addColumn<std::uint64_t>("of");
    QTest::addColumn<double>("low");
    QTest::addColumn<double>("high");
    const auto row = [](const char *name, std::uint64_t hits, std::uint64_t of, double low, double high) {
        QTest::newRow(name) << hits << of << low << high;
    };
    row("nothing", 0, 0, 0, 1);
    row("all of ten", 10, 10, 0.72246, 1);
    row("none of ten", 0, 10, 0, 0.27754);
    row("half of twenty", 10, 20, 0.29930, 0.70070);
    row("98 of 100", 98, 100, 0.93000, 0.99450);
}

void tst_Score::wilson()
{
    QFETCH(std::uint64_t, hits);
    QFETCH(std::uint64_t, of);
    QFETCH(double, low);
    QFETCH(double, high);
    const Share share = shareOf(hits, of, 10);
    QVERIFY2(std::abs(share.low - low) < 1e-4 && std::abs(share.high - high) < 1e-4,
             qPrintable(QString("%1 %2").arg(share.low).arg(share.high)));
    QCOMPARE(share.isEnough, of >= 10);
    QVERIFY(!shareOf(hits, of, of + 1).isEnough);
}

void tst_Score::scenarios_addUp()
{
    Score score;
    score.add("a", false, judge({fault(5, 10, {"oom-kill"})}, {opened(7, "oom-kill")}, rules));
    score.add("b", true, judge({fault(5, 10, {"oom-kill"})}, {opened(6, "oom-kill")}, rules));
    score.add("c", false, judge({}, {opened(6, "oom-kill")}, rules));
    QVERIFY(score.all == (Counts{2, 1, 0, 6}));
    QVERIFY(score.recorded == (Counts{1, 1, 0, 4}));
    QCOMPARE(score.recordings, std::uint64_t(2));
    QCOMPARE(score.mixtures, std::uint64_t(1));
    QCOMPARE(score.rules.at("oom-kill").leadsNs, (std::vector<std::int64_t>{nsPerSecond, 2 * nsPerSecond}));
    QCOMPARE(score.flaws.size(), std::size_t(1));
    QCOMPARE(score.flaws[0].scenario, std::string("c"));
}

void tst_Score::onlyWhatOpens_counts()
{
    correlation::Finding finding;
    finding.insight.rule = "oom-kill";
    finding.insight.state = wire::InsightState::Updated;
    QVERIFY(!openedOf("n1", finding));
    finding.insight.state = wire::InsightState::Open;
    QCOMPARE(openedOf("n1", finding)->rule, std::string("oom-kill"));
}

QTEST_GUILESS_MAIN(tst_Score)
#include "tst_score.moc"
