// SPDX-License-Identifier: GPL-3.0-or-later
// How rules fared within a time, of what engines counted.
#include <QtTest>

#include <QTemporaryDir>

#include "console/core/metrics/ruleboardreader.h"
#include "console/core/metrics/suitescore.h"
#include "tests/console/fakeclock.h"
#include "tests/console/livemodelinput.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

wire::RuleCounters counted(const std::string &rule, std::uint64_t evaluations, std::uint64_t evidence = 0, std::uint64_t open = 0)
{
    wire::RuleCounters counters;
    counters.rule = rule;
    counters.evaluations = evaluations;
    counters.evidence = evidence;
    counters.open = open;
    return counters;
}

StoreReader::StoredCounters reading(double second, const std::string &node, std::vector<wire::RuleCounters> rules, std::uint64_t stream = 1)
{
    return {node, stream, {at(second), {}, 0, std::move(rules)}};
}

std::vector<RuleFacts> known(const std::string &id)
{
    RuleFacts facts;
    facts.id = id;
    facts.title = "What it is";
    return {facts};
}

RuleBoardMaker maker(double from, double to) { return {known("oom-kill"), at(from), at(to)}; }

const RuleRow &rowOf(const RuleBoard &board, const std::string &rule)
{
    return *std::find_if(board.rules.begin(), board.rules.end(), [&rule](const RuleRow &row) { return row.id == rule; });
}

} // namespace

class TestRuleBoard : public QObject {
    Q_OBJECT
private slots:
    void counts_growWithinTheTime()
    {
        RuleBoardMaker made = maker(100, 200);
        made.onReading(reading(95, "a", {counted("oom-kill", 50, 5)}));
        made.onReading(reading(150, "a", {counted("oom-kill", 80, 6, 1)}));
        made.onReading(reading(195, "a", {counted("oom-kill", 90, 6, 2)}));
        const RuleBoard board = made.make({}, {}, {});
        const RuleRow &row = rowOf(board, "oom-kill");
        QCOMPARE(row.total.evaluations, std::uint64_t(40));
        QCOMPARE(row.total.evidence, std::uint64_t(1));
        QCOMPARE(row.total.open, std::uint64_t(2)); // as of the last, not more and more
        QCOMPARE(row.facts->title, std::string("What it is"));
        QCOMPARE(board.sources, std::size_t(1));
        QCOMPARE(board.heard, std::size_t(1));
        QCOMPARE(board.lastNs, at(195));
    }

    void counts_thatFell_areNew()
    {
        RuleBoardMaker made = maker(100, 200);
        made.onReading(reading(95, "a", {counted("oom-kill", 50, 5)}));
        made.onReading(reading(150, "a", {counted("oom-kill", 8, 7)})); // another file of the rule, and 7 is no growth of 2
        made.onReading(reading(195, "a", {counted("oom-kill", 10, 7)}));
        const RuleRow row = rowOf(made.make({}, {}, {}), "oom-kill");
        QCOMPARE(row.total.evaluations, std::uint64_t(10));
        QCOMPARE(row.total.evidence, std::uint64_t(7));
    }

    void streams_ofANode_areOneSource()
    {
        RuleBoardMaker made = maker(100, 200);
        made.onReading(reading(95, "a", {counted("oom-kill", 50)}, 1));
        made.onReading(reading(120, "a", {counted("oom-kill", 70, 0, 9)}, 1));
        made.onReading(
            reading(130, "a", {counted("oom-kill", 1)}, 2)); // what an agent that begins anew has counted first is of before it was heard
        made.onReading(reading(190, "a", {counted("oom-kill", 31, 0, 1)}, 2));
        made.onReading(reading(190, "server:hq", {counted("node-lost", 3)}, 7));
        made.onReading(reading(200, "server:hq", {counted("node-lost", 4)}, 7));
        const RuleBoard board = made.make({}, {}, {});
        QCOMPARE(board.sources, std::size_t(2));
        const RuleRow &row = rowOf(board, "oom-kill");
        QCOMPARE(row.sources.size(), std::size_t(1));
        QCOMPARE(row.total.evaluations, std::uint64_t(50));
        QCOMPARE(row.total.open, std::uint64_t(1)); // the nine were of the agent that is no more
        QVERIFY(!rowOf(board, "node-lost").facts);  // this console does not know it
        QCOMPARE(rowOf(board, "node-lost").total.evaluations, std::uint64_t(1));
    }

    void whatAnEngineOfBeforeHadOpen_isNotOpen()
    {
        RuleBoardMaker made = maker(100, 200);
        made.onReading(reading(170, "a", {counted("oom-kill", 5, 0, 4)}, 1));
        made.onReading(reading(180, "a", {counted("oom-kill", 9, 0, 4)}, 1)); // it ended here, and another began
        made.onReading(reading(190, "a", {counted("oom-kill", 0)}, 2));
        const RuleBoard board = made.make({}, {}, {});
        QCOMPARE(rowOf(board, "oom-kill").total.open, std::uint64_t(0));
        QCOMPARE(rowOf(board, "oom-kill").total.evaluations, std::uint64_t(4));
        QCOMPARE(board.heard, std::size_t(1));
    }

    void whatHasNoRuleAnyMore_isNotOpen()
    {
        RuleBoardMaker made = maker(100, 200);
        made.onReading(reading(170, "a", {counted("oom-kill", 5, 0, 4), counted("dns-slow", 1)}));
        made.onReading(reading(190, "a", {counted("dns-slow", 2)})); // the file was taken away
        const RuleBoard board = made.make({}, {}, {});
        QCOMPARE(rowOf(board, "oom-kill").total.open, std::uint64_t(0));
        QVERIFY(!rowOf(board, "oom-kill").sources.front().isHeard);
        QVERIFY(rowOf(board, "dns-slow").sources.front().isHeard);
    }

    void whoIsSilent_doesNotSayWhatIsOpen()
    {
        RuleBoardMaker made = maker(100, 200);
        made.onReading(reading(110, "a", {counted("oom-kill", 1, 0, 4)}));
        made.onReading(reading(160, "a", {counted("oom-kill", 2, 0, 4)}));
        made.onReading(reading(110, "b", {counted("oom-kill", 7, 0, 1)}));
        made.onReading(reading(170, "b", {counted("oom-kill", 9, 0, 1)}));
        const RuleBoard board = made.make({}, {}, {});
        const RuleRow &row = rowOf(board, "oom-kill");
        QCOMPARE(row.total.evaluations, std::uint64_t(3));
        QCOMPARE(row.total.open, std::uint64_t(1));
        QCOMPARE(row.sources.front().node, std::string("b")); // it evaluated more
        QVERIFY(row.sources.front().isHeard);
        QVERIFY(!row.sources.back().isHeard);
        QCOMPARE(board.heard, std::size_t(1));
    }

    void whatIsOfBefore_isNoSource()
    {
        RuleBoardMaker made = maker(100, 200);
        made.onReading(reading(95, "a", {counted("oom-kill", 50)}));
        const RuleBoard board = made.make({}, {}, {});
        QCOMPARE(board.sources, std::size_t(0));
        QVERIFY(rowOf(board, "oom-kill").sources.empty());
    }

    void cost_isTheMeanOfWhatWasTimed()
    {
        wire::RuleCounters counters = counted("r", 1000);
        QVERIFY(!evaluationNs(counters));
        counters.timed = 4;
        counters.timedNs = 2000;
        QCOMPARE(*evaluationNs(counters), 500.0);
    }

    void whatIsKnownBeside_isInItsRow()
    {
        ProofReport proofs;
        RuleProof proof;
        proof.rule = "oom-kill";
        proof.counts = {6, 0, 1, 3};
        proofs.rules.push_back(proof);
        const VerdictBook verdicts({{"a", 1, "oom-kill", VerdictKind::Rejected, "because", "m", at(150)},
                                    {"a", 2, "oom-kill", VerdictKind::Confirmed, "", "m", at(201)}}); // after the time
        SuiteScore suite;
        suite.recordings = 3;
        suite.rules["oom-kill"] = {10, 1, 2, 30};
        const RuleBoard board = maker(100, 200).make(proofs, verdicts, suite);
        const RuleRow &row = rowOf(board, "oom-kill");
        QCOMPARE(row.verdicts.rejected, std::uint64_t(1));
        QCOMPARE(row.verdicts.confirmed, std::uint64_t(0));
        QCOMPARE(row.proof->counts.tp, std::uint64_t(6));
        QCOMPARE(row.frequency->of, std::uint64_t(6));
        QCOMPARE(row.suite->fp, std::uint64_t(1));
        QVERIFY(board.suite == suite);
    }

    void shippedRules_haveTheirFacts()
    {
        const std::vector<RuleFacts> all = shippedRuleFacts();
        const auto kill = std::find_if(all.begin(), all.end(), [](const RuleFacts &facts) { return facts.id == "oom-kill"; });
        QVERIFY(kill != all.end());
        QCOMPARE(kill->steps.front().topic, std::string("oom.kill"));
        QVERIFY(!kill->isAcrossNodes);
        const auto lost = std::find_if(all.begin(), all.end(), [](const RuleFacts &facts) { return facts.id == "node-lost"; });
        QVERIFY(lost != all.end() && lost->isAcrossNodes);
    }

    void store_isReadFromTheMinuteBefore()
    {
        const QTemporaryDir folder;
        FakeClock clock;
        const std::int64_t t0 = clock.utcNs();
        StoreOptions options;
        options.file = folder.filePath("r.tapio").toStdString();
        {
            auto writer = StoreWriter::open(options, clock);
            QVERIFY(writer);
            for (std::uint64_t i = 0; i < 200; ++i) {
                wire::Delivery report;
                report.node = "a";
                report.receivedNs = clock.utcNs();
                report.frame = {7, i + 1, clock.utcNs(), wire::CounterReport{clock.utcNs(), {}, 0, {counted("oom-kill", i * 3, i, 2)}}};
                QVERIFY((*writer)->append(report));
                QVERIFY((*writer)->flush());
                clock.advance(10 * nsPerSecond);
            }
        }
        const auto reader = StoreReader::open(options.file);
        QVERIFY(reader);
        // Ten minutes and a bit, which begin in the middle of a minute.
        const std::int64_t from = t0 + 1000 * nsPerSecond, to = t0 + 1634 * nsPerSecond;
        const auto board = readRuleBoard(**reader, known("oom-kill"), {}, from, to, {});
        QVERIFY2(board, board ? "" : board.error().message().c_str());
        const RuleRow &row = rowOf(*board, "oom-kill");
        QCOMPARE(row.total.evidence, std::uint64_t(63)); // from the reading at 1000 s to that at 1630 s
        QCOMPARE(row.total.evaluations, std::uint64_t(189));
        QCOMPARE(row.total.open, std::uint64_t(2));
        const auto none = readRuleBoard(**reader, known("oom-kill"), {}, t0 - 7200 * nsPerSecond, t0 - 3600 * nsPerSecond, {});
        QCOMPARE(none->lastNs, std::int64_t(0));
        QCOMPARE(none->rules.size(), std::size_t(1));
        std::stop_source stopped;
        stopped.request_stop();
        QCOMPARE(readRuleBoard(**reader, known("oom-kill"), {}, from, to, stopped.get_token()).error().code(), Errc::Cancelled);
    }

    void suite_isScored()
    {
        const QTemporaryDir empty;
        QVERIFY(!scoreSuite(empty.path().toStdString()).failure.empty());
        const SuiteScore shipped = scoreShippedSuite();
        QCOMPARE(shipped.failure, std::string());
        QVERIFY(shipped.recordings > 0 && shipped.mixtures > 0);
        QVERIFY(shipped.rules.contains("oom-kill"));
        QVERIFY(shipped.rules.contains("node-lost")); // of a server, which recordings with links show
        std::uint64_t n = 0;
        for (const auto &[rule, counts] : shipped.rules)
            n += counts.n();
        QVERIFY(n > 0 && n <= shipped.all.n());
    }
};

QTEST_GUILESS_MAIN(TestRuleBoard)
#include "tst_ruleboard.moc"
