// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <algorithm>

#include "console/core/metrics/detectionproofs.h"

using namespace tapio;
using namespace tapio::console;

namespace {

constexpr std::int64_t t0 = 1'790'000'000 * nsPerSecond;
std::int64_t at(double seconds) { return t0 + static_cast<std::int64_t>(seconds * static_cast<double>(nsPerSecond)); }

struct Told {
    std::string node, cgroup;
    wire::Event event;
};

Told label(const std::string &drill, const std::string &phase, std::uint64_t run, double from, double to, const std::string &node = "n1",
           bool isSigned = true)
{
    Told told{node, {}, {}};
    wire::DrillLabel detail{drill, "/tapio-drill-" + std::to_string(run), phase, at(from), to == 0 ? 0 : at(to), run, {}};
    if (isSigned)
        detail.signature.resize(64, std::byte{1});
    told.event.timeNs = at(std::max(from, to));
    told.event.type = wire::EventType::DrillLabel;
    told.event.detail = detail;
    return told;
}

Told insight(const std::string &rule, std::uint64_t id, double when, const std::string &root, const std::string &node = "n1",
             wire::InsightState state = wire::InsightState::Open)
{
    wire::Insight detail;
    detail.id = id;
    detail.rule = rule;
    detail.root = root;
    detail.state = state;
    detail.text = rule + " at " + root;
    Told told{node, {}, {}};
    told.event.timeNs = at(when);
    told.event.type = wire::EventType::Insight;
    told.event.detail = wire::Boxed<wire::Insight>(detail);
    return told;
}

/// Of evidence from then to then, as it is told at `when`.
Told toldAgain(const std::string &rule, std::uint64_t id, double when, const std::string &root, double from, double to,
               wire::InsightState state = wire::InsightState::Updated)
{
    Told told = insight(rule, id, when, root, "n1", state);
    auto &detail = *std::get<wire::Boxed<wire::Insight>>(told.event.detail);
    detail.fromNs = at(from);
    detail.toNs = at(to);
    return told;
}

ProofReport reportOf(const std::vector<Told> &all, double now, const std::vector<Verdict> &verdicts = {})
{
    DetectionProofs proofs;
    for (const Told &told : all)
        proofs.onEvent(told.node, told.event, told.cgroup);
    return proofs.report(at(now), VerdictBook(verdicts));
}

const RuleProof *ruleOf(const ProofReport &report, const std::string &rule)
{
    const auto found = std::find_if(report.rules.begin(), report.rules.end(), [&](const RuleProof &one) { return one.rule == rule; });
    return found == report.rules.end() ? nullptr : &*found;
}

const std::vector<Told> oomFound{label("oom-kill", "begin", 1, 10, 0), insight("oom-kill", 7, 11.8, "/tapio-drill-1"),
                                 label("oom-kill", "end", 1, 10, 15)};

} // namespace

class tst_DetectionProofs : public QObject {
    Q_OBJECT

private slots:
    void judged_data();
    void judged();
    void lastProof_hasNodeTimeAndLead();
    void sameTwiceAndInAnyOrder_isTheSame();
    void overlappingDrills_explainEachOther();
    void silence_countsOnlyWhereTheRuleSpoke();
    void confirmedInsight_isNoFalseAlarm();
    void whatRanLongAgo_staysFound();
    void whatCannotBeKept_isNotJudged();
    void memory_isBounded();
};

void tst_DetectionProofs::judged_data()
{
    QTest::addColumn<std::vector<Told>>("told");
    QTest::addColumn<double>("now");
    QTest::addColumn<replay::Counts>("all");
    QTest::addColumn<quint64>("running");
    QTest::addColumn<quint64>("unknown");
    const auto row = [](const char *name, const std::vector<Told> &told, double now, replay::Counts all, quint64 running = 0,
                        quint64 unknown = 0) { QTest::newRow(name) << told << now << all << running << unknown; };
    using wire::InsightState;
    row("nothing", {}, 100, {});
    row("found", oomFound, 100, {1, 0, 0, 0});
    row("found, and a rule may still open", oomFound, 20, {}, 1);
    row("missed", {oomFound[0], oomFound[2]}, 100, {0, 0, 1, 0});
    row("not missed before the time has passed", {oomFound[0], oomFound[2]}, 24, {}, 1);
    row("only its end came", {oomFound[1], oomFound[2]}, 100, {1, 0, 0, 0});
    row("it has not ended", {oomFound[0], oomFound[1]}, 100, {}, 1);
    row("it never ended", {oomFound[0], oomFound[1]}, 5000, {});
    row("opened too late", {oomFound[0], oomFound[2], insight("oom-kill", 7, 25.5, "/tapio-drill-1")}, 100, {0, 0, 1, 0});
    row("opened before", {oomFound[0], oomFound[2], insight("oom-kill", 7, 9.5, "/tapio-drill-1")}, 100, {}); // it stands, and nobody knows
    row("about another entity", {oomFound[0], oomFound[2], insight("oom-kill", 7, 11, "/other")}, 100, {0, 1, 1, 0});
    row("on another node", {oomFound[0], oomFound[2], insight("oom-kill", 7, 11, "/tapio-drill-1", "n2")}, 100, {0, 0, 1, 0});
    row("another rule is wrong", {oomFound[0], oomFound[1], oomFound[2], insight("crash-loop", 8, 12, "/tapio-drill-1")}, 100,
        {1, 1, 0, 0});
    row("what is true as well", {oomFound[0], oomFound[1], oomFound[2], insight("memory-limit", 8, 12, "/tapio-drill-1")}, 100,
        {1, 0, 0, 0});
    row("an update is no opening", {oomFound[0], oomFound[2], insight("oom-kill", 7, 11, "/tapio-drill-1", "n1", InsightState::Updated)},
        100, {});
    row("it stood before, as it is told later", {oomFound[0], oomFound[2], toldAgain("oom-kill", 7, 11, "/tapio-drill-1", 2, 11)}, 100, {});
    row("it stood before, as its end tells",
        {oomFound[0], oomFound[2], toldAgain("oom-kill", 7, 600, "/tapio-drill-1", 2, 11, InsightState::Expired)}, 1000, {});
    row("it opened before, and was never heard of again", {oomFound[0], oomFound[2], insight("oom-kill", 7, 9.5 - 3600, "/tapio-drill-1")},
        100, {0, 0, 1, 0});
    row("it opened too late, of what came before, too",
        {oomFound[0], oomFound[2], insight("oom-kill", 7, 25.5, "/tapio-drill-1"), toldAgain("oom-kill", 7, 90, "/tapio-drill-1", 2, 12)},
        100, {0, 0, 1, 0});
    row("it ended before", {oomFound[0], oomFound[2], toldAgain("oom-kill", 7, 11, "/tapio-drill-1", 2, 9, InsightState::Expired)}, 100,
        {0, 0, 1, 0});
    row("what stood before is about another", {oomFound[0], oomFound[2], toldAgain("oom-kill", 7, 11, "/other", 2, 11)}, 100, {0, 0, 1, 0});
    row("a late update changes nothing",
        {oomFound[0], oomFound[2], toldAgain("oom-kill", 7, 12, "/tapio-drill-1", 2, 12),
         toldAgain("oom-kill", 7, 8, "/tapio-drill-1", 2, 8)},
        100, {});
    row("nothing happened", {oomFound[0], oomFound[1], label("oom-kill", "failed", 1, 10, 15)}, 100, {}, 0, 1);
    row("a drill that nobody knows", {label("dance", "end", 1, 10, 15)}, 100, {}, 0, 1);
    row("no name at all", {label("", "", 0, 0, 0)}, 100, {}, 0, 1);
    row("no rule is there for it", {label("memory-leak", "end", 1, 10, 15)}, 100, {0, 0, 1, 0});
    row("it ends before it begins", {label("oom-kill", "end", 1, 15, 10)}, 100, {0, 0, 1, 0});
    row("in no time", {label("oom-kill", "end", 1, 10, 6e9), label("oom-kill", "end", 2, -6e9, 10)}, 100, {}, 0, 2);
    row("nobody signed it", {label("oom-kill", "end", 1, 10, 15, "n1", false), oomFound[1]}, 100, {});
    row("insights without a drill", {oomFound[1]}, 100, {});
    row("in the time to come", {oomFound[1], oomFound[2]}, -100, {}, 1);
}

void tst_DetectionProofs::judged()
{
    QFETCH(std::vector<Told>, told);
    QFETCH(double, now);
    QFETCH(replay::Counts, all);
    QFETCH(quint64, running);
    QFETCH(quint64, unknown);
    const ProofReport report = reportOf(told, now);
    const auto shown =
        QStringLiteral("tp %1 fp %2 fn %3 tn %4").arg(report.all.tp).arg(report.all.fp).arg(report.all.fn).arg(report.all.tn);
    QVERIFY2(report.all == all, qPrintable(shown));
    QCOMPARE(quint64(report.running), running);
    QCOMPARE(quint64(report.unknown), unknown);
}

void tst_DetectionProofs::lastProof_hasNodeTimeAndLead()
{
    std::vector<Told> all = oomFound;
    for (const Told &told : {label("oom-kill", "end", 2, 110, 115), insight("oom-kill", 8, 113, "/tapio-drill-2"),
                             label("oom-kill", "end", 3, 210, 215, "n2")})
        all.push_back(told);
    const ProofReport report = reportOf(all, 1000);
    const RuleProof *oom = ruleOf(report, "oom-kill");
    QVERIFY(oom && oom->found && oom->missed && !oom->wrong);
    QCOMPARE(oom->found->drill, std::string("oom-kill"));
    QCOMPARE(oom->found->verdict.node, std::string("n1"));
    QCOMPARE(oom->found->verdict.timeNs, at(113));
    QCOMPARE(oom->found->verdict.leadNs, 3 * nsPerSecond);
    QCOMPARE(oom->missed->drill, std::string("oom-kill"));
    QCOMPARE(oom->missed->verdict.node, std::string("n2"));
    QVERIFY(oom->counts == (replay::Counts{2, 0, 1, 0}));
    QCOMPARE(report.drills, std::uint64_t(3));
    QCOMPARE(report.trials.size(), std::size_t(3));
    QCOMPARE(report.trials.front().verdict.timeNs, at(210)); // the newest first
}

void tst_DetectionProofs::sameTwiceAndInAnyOrder_isTheSame()
{
    std::vector<Told> all{oomFound.rbegin(), oomFound.rend()};
    all.insert(all.end(), oomFound.begin(), oomFound.end());
    const ProofReport report = reportOf(all, 100);
    QVERIFY(report.all == (replay::Counts{1, 0, 0, 0}));
    QCOMPARE(report.trials.size(), std::size_t(1));
}

void tst_DetectionProofs::overlappingDrills_explainEachOther()
{
    std::vector<Told> all = oomFound;
    for (const Told &told : {label("crash-loop", "end", 2, 12, 18), insight("crash-loop", 8, 13, "/tapio-drill-2")})
        all.push_back(told);
    const ProofReport report = reportOf(all, 100);
    QVERIFY(report.all == (replay::Counts{2, 0, 0, 0}));
    QCOMPARE(ruleOf(report, "crash-loop")->found->drill, std::string("crash-loop"));
}

void tst_DetectionProofs::silence_countsOnlyWhereTheRuleSpoke()
{
    std::vector<Told> all = oomFound;
    for (const Told &told : {label("crash-loop", "end", 2, 112, 118), insight("crash-loop", 8, 113, "/tapio-drill-2"),
                             label("crash-loop", "end", 3, 212, 218, "n2"), insight("crash-loop", 9, 213, "/tapio-drill-3", "n2")})
        all.push_back(told);
    const ProofReport report = reportOf(all, 1000);
    // On n1 each was silent in the other's drill; of n2 nobody knows that the rule for OOM kills runs there.
    QVERIFY(report.all == (replay::Counts{3, 0, 0, 2}));
    QVERIFY(ruleOf(report, "oom-kill")->counts == (replay::Counts{1, 0, 0, 1}));
}

void tst_DetectionProofs::confirmedInsight_isNoFalseAlarm()
{
    std::vector<Told> all = oomFound;
    all.push_back(insight("disk-full", 9, 12, "/var"));
    QVERIFY(reportOf(all, 100).all == (replay::Counts{1, 1, 0, 0}));
    const Verdict confirmed{"n1", 9, "disk-full", VerdictKind::Confirmed, "df says so", "kim", at(50)};
    QVERIFY(reportOf(all, 100, {confirmed}).all == (replay::Counts{1, 0, 0, 0}));
    Verdict withdrawn = confirmed;
    withdrawn.kind = VerdictKind::Withdrawn;
    QVERIFY(reportOf(all, 100, {confirmed, withdrawn}).all == (replay::Counts{1, 1, 0, 0}));
}

/// A busy month after a drill: its proof is the last there is, and must not turn into a failure.
void tst_DetectionProofs::whatRanLongAgo_staysFound()
{
    DetectionProofs proofs;
    for (const Told &told : oomFound)
        proofs.onEvent(told.node, told.event, told.cgroup);
    for (std::uint64_t i = 0; i < 3 * DetectionProofs::mostOpened; ++i) {
        const Told told = insight("refused-burst", 100 + i, 5000 + static_cast<double>(i), "shop/web");
        proofs.onEvent(told.node, told.event, told.cgroup);
    }
    const ProofReport report = proofs.report(at(1e6), {});
    QCOMPARE(report.all.tp, std::uint64_t(1));
    QCOMPARE(report.all.fn, std::uint64_t(0));
}

/// So much opened beside it that not all can be kept: nobody knows whether it was found.
void tst_DetectionProofs::whatCannotBeKept_isNotJudged()
{
    DetectionProofs proofs;
    for (const Told &told : oomFound)
        proofs.onEvent(told.node, told.event, told.cgroup);
    for (std::uint64_t i = 0; i < 2 * DetectionProofs::mostOpened; ++i) {
        const Told told = insight("refused-burst", 100 + i, 12 + 1e-4 * static_cast<double>(i), "shop/web");
        proofs.onEvent(told.node, told.event, told.cgroup);
    }
    for (const Told &told : {label("oom-kill", "end", 2, 1000, 1005), insight("oom-kill", 9, 1001, "/tapio-drill-2")})
        proofs.onEvent(told.node, told.event, told.cgroup);
    const ProofReport report = proofs.report(at(1e6), {});
    QCOMPARE(report.forgotten, std::uint64_t(1));
    QCOMPARE(report.drills, std::uint64_t(1));
    QCOMPARE(report.all.tp, std::uint64_t(1));
    QCOMPARE(report.all.fn, std::uint64_t(0));
}

void tst_DetectionProofs::memory_isBounded()
{
    DetectionProofs proofs;
    for (std::uint64_t i = 1; i <= 2 * DetectionProofs::mostRuns; ++i) {
        const double from = 100 * static_cast<double>(i);
        const std::string target = "/tapio-drill-" + std::to_string(i);
        for (const Told &told : {label("oom-kill", "end", i, from, from + 5), insight("oom-kill", i, from + 1, target)})
            proofs.onEvent(told.node, told.event, told.cgroup);
    }
    const ProofReport report = proofs.report(at(1e6), {});
    QCOMPARE(report.drills, std::uint64_t(DetectionProofs::mostRuns));
    QCOMPARE(report.forgotten, std::uint64_t(DetectionProofs::mostRuns));
    QCOMPARE(report.all.tp, std::uint64_t(DetectionProofs::mostRuns)); // the newest are kept
}

QTEST_GUILESS_MAIN(tst_DetectionProofs)
#include "tst_detectionproofs.moc"
