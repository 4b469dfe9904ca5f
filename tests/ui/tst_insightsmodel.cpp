// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractItemModelTester>
#include <QtTest>

#include <algorithm>

#include "console/ui/models/evidencemodel.h"
#include "console/ui/models/insightsmodel.h"
#include "console/ui/models/insighttext.h"
#include "tests/support/fakeclock.h"
#include "tests/support/sampleinsights.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

Q_DECLARE_METATYPE(tapio::console::InsightFilter)

namespace {

constexpr std::int64_t nowNs = FakeClock::startNs, s = nsPerSecond;
using State = InsightFilter::State;

std::vector<InsightView> views()
{
    InsightFold fold;
    for (const StoredEvent &event : sampleInsights(nowNs))
        fold.add(event);
    return fold.views();
}

InsightView viewOf(const std::string &rule)
{
    const std::vector<InsightView> all = views();
    return *std::find_if(all.begin(), all.end(), [&rule](const InsightView &view) { return view.insight.rule == rule; });
}

Verdict verdictOn(const std::string &rule, VerdictKind kind)
{
    const InsightView view = viewOf(rule);
    return {view.node, view.insight.id, rule, kind, "seen in the log", "kim", nowNs};
}

VerdictBook confirmed(const std::string &rule) { return VerdictBook({verdictOn(rule, VerdictKind::Confirmed)}); }

QStringList rulesOf(const InsightsModel &model)
{
    QStringList rules;
    for (int row = 0; row < model.rowCount(); ++row)
        rules << (model.rowAt(row).isUnder ? QStringLiteral("> ") : QString()) + QString::fromStdString(model.rowAt(row).view.insight.rule);
    return rules;
}

wire::Insight chainOf(std::initializer_list<wire::EvidenceRef> refs)
{
    wire::Insight insight;
    for (const wire::EvidenceRef &ref : refs)
        insight.evidence.push_back(wire::evidenceLine(ref));
    return insight;
}

} // namespace

class tst_InsightsModel : public QObject {
    Q_OBJECT

private slots:
    void order_keepsOneCauseTogether_data();
    void order_keepsOneCauseTogether();
    void filter_data();
    void filter();
    void verdicts_changeRowsInPlace();
    void changes_keepTheRowsThatStay();
    void tooMany_areBoundedAndCounted();
    void storm_isShutUntilAskedFor();
    void kept_isNeitherFilteredNorShutAway();
    void abandoned_isNotOpen();
    void chain_links_data();
    void chain_links();
    void chain_spansWhatIsUnsure();
    void evidence_hasWhatCannotBeReadLast();
    void report_isPlainOrEscaped();
    void span_data();
    void span();

private:
    TimeDisplay m_time{QTimeZone::utc()};
};

void tst_InsightsModel::order_keepsOneCauseTogether_data()
{
    QTest::addColumn<int>("order");
    QTest::addColumn<QStringList>("rules");
    // crash-loop is of the pod that oom-kill is of, at the same time.
    QTest::newRow("newest") << int(InsightOrder::Newest)
                            << QStringList{"oom-kill", "> crash-loop", "brute-force", "disk-full", "dns-failures"};
    QTest::newRow("told last") << int(InsightOrder::Told)
                               << QStringList{"oom-kill", "> crash-loop", "brute-force", "disk-full", "dns-failures"};
    QTest::newRow("worst") << int(InsightOrder::Severity)
                           << QStringList{"oom-kill", "> crash-loop", "brute-force", "disk-full", "dns-failures"};
    QTest::newRow("most evidence") << int(InsightOrder::Evidence)
                                   << QStringList{"dns-failures", "oom-kill", "> crash-loop", "brute-force", "disk-full"};
}

void tst_InsightsModel::order_keepsOneCauseTogether()
{
    QFETCH(int, order);
    InsightsModel model(m_time);
    QAbstractItemModelTester tester(&model);
    model.setOrder(static_cast<InsightOrder>(order));
    std::vector<InsightView> all = views();
    model.setInsights(all, {}, nowNs);
    QTEST(rulesOf(model), "rules");
    std::reverse(all.begin(), all.end());
    model.setInsights(all, {}, nowNs);
    QTEST(rulesOf(model), "rules");
    QCOMPARE(model.rowAt(model.rowOf(viewOf("oom-kill").key())).under, 1);
}

void tst_InsightsModel::filter_data()
{
    QTest::addColumn<InsightFilter>("filter");
    QTest::addColumn<QStringList>("rules");
    using Severity = wire::Severity;
    QTest::newRow("open") << InsightFilter{State::Open, Severity::Debug, {}, {}, VerdictFilter::Any}
                          << QStringList{"oom-kill", "> crash-loop", "brute-force"};
    QTest::newRow("over") << InsightFilter{State::Over, Severity::Debug, {}, {}, VerdictFilter::Any}
                          << QStringList{"disk-full", "dns-failures"};
    QTest::newRow("critical") << InsightFilter{State::Any, Severity::Critical, {}, {}, VerdictFilter::Any}
                              << QStringList{"oom-kill", "brute-force"};
    QTest::newRow("a rule") << InsightFilter{State::Any, Severity::Debug, "crash-loop", {}, VerdictFilter::Any}
                            << QStringList{"crash-loop"};
    QTest::newRow("several rules") << InsightFilter{State::Any, Severity::Debug, "crash-loop,none", {}, VerdictFilter::Any}
                                   << QStringList{"crash-loop"};
    QTest::newRow("text of the sentence, of any case")
        << InsightFilter{State::Any, Severity::Debug, {}, " GETS no ANSWER ", VerdictFilter::Any} << QStringList{"dns-failures"};
    QTest::newRow("text of the evidence") << InsightFilter{State::Any, Severity::Debug, {}, "nginx", VerdictFilter::Any}
                                          << QStringList{"disk-full"};
    QTest::newRow("text of what is affected") << InsightFilter{State::Any, Severity::Debug, {}, "gateway-5c8", VerdictFilter::Any}
                                              << QStringList{"oom-kill"};
    QTest::newRow("text of an owner") << InsightFilter{State::Any, Severity::Debug, {}, "deployment payments/gate", VerdictFilter::Any}
                                      << QStringList{"oom-kill"};
    QTest::newRow("without a verdict") << InsightFilter{State::Open, Severity::Debug, {}, {}, VerdictFilter::None}
                                       << QStringList{"crash-loop", "brute-force"};
    QTest::newRow("confirmed") << InsightFilter{State::Any, Severity::Debug, {}, {}, VerdictFilter::Confirmed} << QStringList{"oom-kill"};
    QTest::newRow("rejected") << InsightFilter{State::Any, Severity::Debug, {}, {}, VerdictFilter::Rejected} << QStringList{"disk-full"};
    QTest::newRow("nothing") << InsightFilter{State::Any, Severity::Debug, {}, "no such text", VerdictFilter::Any} << QStringList{};
}

void tst_InsightsModel::filter()
{
    QFETCH(InsightFilter, filter);
    InsightsModel model(m_time);
    QAbstractItemModelTester tester(&model);
    model.setInsights(views(), {}, nowNs);
    model.setVerdicts(VerdictBook({verdictOn("oom-kill", VerdictKind::Confirmed), verdictOn("disk-full", VerdictKind::Rejected)}));
    model.setFilter(filter);
    QTEST(rulesOf(model), "rules");
    QCOMPARE(model.total(), std::size_t(5));
    model.setFilter({});
    QCOMPARE(model.rowCount(), 5);
}

void tst_InsightsModel::verdicts_changeRowsInPlace()
{
    InsightsModel model(m_time);
    model.setInsights(views(), {}, nowNs);
    QSignalSpy changed(&model, &QAbstractItemModel::dataChanged), reset(&model, &QAbstractItemModel::modelReset);
    model.setVerdicts(confirmed("disk-full"));
    QCOMPARE(changed.count(), 1);
    QCOMPARE(reset.count(), 0);
    const int row = model.rowOf(viewOf("disk-full").key());
    QCOMPARE(changed.at(0).at(0).toModelIndex().row(), row);
    QVERIFY(model.index(row).data(Qt::AccessibleTextRole).toString().contains("confirmed by kim at"));
    model.setVerdicts(confirmed("disk-full"));
    QCOMPARE(changed.count(), 1);
}

void tst_InsightsModel::changes_keepTheRowsThatStay()
{
    InsightsModel model(m_time);
    QAbstractItemModelTester tester(&model);
    std::vector<InsightView> all = views();
    const std::vector<InsightView> some(all.begin() + 2, all.end());
    model.setInsights(some, {}, nowNs);
    QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
    const QPersistentModelIndex stays = model.index(model.rowOf(viewOf("dns-failures").key()));
    model.setInsights(all, {}, nowNs);
    QCOMPARE(model.rowCount(), 5);
    QCOMPARE(stays.row(), 4);
    model.setInsights(some, {}, nowNs);
    QCOMPARE(model.rowCount(), static_cast<int>(some.size()));
    QCOMPARE(reset.count(), 0);
    model.setInsights({}, {}, nowNs);
    QVERIFY(!stays.isValid());
}

void tst_InsightsModel::tooMany_areBoundedAndCounted()
{
    InsightView one = viewOf("disk-full");
    std::vector<InsightView> many;
    for (std::size_t i = 0; i < InsightsModel::maxRows + 7; ++i) {
        one.insight.id = i;
        one.insight.root = "node-" + std::to_string(i);
        one.insight.evidence.clear(); // or all would be of one event, and so of one cause
        many.push_back(one);
    }
    InsightsModel model(m_time);
    model.setInsights(many, {}, nowNs);
    QCOMPARE(model.rowCount(), static_cast<int>(InsightsModel::maxRows));
    QCOMPARE(model.wanted(), InsightsModel::maxRows + 7);
}

void tst_InsightsModel::storm_isShutUntilAskedFor()
{
    std::vector<InsightView> storm;
    InsightView one = viewOf("disk-full");
    for (std::uint64_t i = 0; i < 6; ++i) {
        one.insight.id = i;
        one.insight.fromNs = nowNs - 100 * s + static_cast<std::int64_t>(i) * s;
        one.insight.toNs = nowNs;
        storm.push_back(one);
    }
    InsightsModel model(m_time);
    QAbstractItemModelTester tester(&model);
    model.setInsights(storm, {}, nowNs);
    QCOMPARE(model.rowCount(), 1);
    QVERIFY(model.rowAt(0).isShut && model.rowAt(0).under == 5);
    QCOMPARE(model.rowAt(0).view.insight.id, std::uint64_t(0)); // the earliest
    QCOMPARE(model.underShut(), std::size_t(5));
    QCOMPARE(model.rowOf(storm[3].key()), -1);
    QCOMPARE(model.rowFor(storm[3].key()), 0);
    QCOMPARE(model.wanted(), std::size_t(6));
    QCOMPARE(model.wantedRows().size(), std::size_t(6)); // which an export has
    model.setShut(0, false);
    QCOMPARE(model.rowCount(), 6);
    model.setInsights(storm, {}, nowNs + s); // stays as it was asked for
    QCOMPARE(model.rowCount(), 6);
    model.setShut(3, true); // nothing stands under that one
    QCOMPARE(model.rowCount(), 6);
    model.setShut(0, true);
    QCOMPARE(model.rowCount(), 1);
}

void tst_InsightsModel::kept_isNeitherFilteredNorShutAway()
{
    std::vector<InsightView> storm;
    InsightView one = viewOf("disk-full");
    one.insight.state = wire::InsightState::Open;
    for (std::uint64_t i = 0; i < 6; ++i) {
        one.insight.id = i;
        one.insight.fromNs = nowNs - 100 * s + static_cast<std::int64_t>(i) * s;
        one.insight.toNs = one.toldNs = nowNs;
        storm.push_back(one);
    }
    InsightsModel model(m_time);
    QAbstractItemModelTester tester(&model);
    model.setInsights({storm.begin(), storm.begin() + 4}, {}, nowNs);
    QCOMPARE(model.rowCount(), 4);
    model.setKept(storm[3].key());
    model.setInsights(storm, {}, nowNs);
    QVERIFY(model.rowOf(storm[3].key()) >= 0);
    InsightFilter over;
    over.state = InsightFilter::State::Over;
    model.setFilter(over);
    QCOMPARE(model.rowCount(), 1);
    QCOMPARE(model.rowOf(storm[3].key()), 0);
    model.setKept(std::nullopt);
    model.setInsights(storm, {}, nowNs);
    QCOMPARE(model.rowCount(), 0);
    model.setFilter({});
    QCOMPARE(model.rowCount(), 1); // a storm
}

void tst_InsightsModel::abandoned_isNotOpen()
{
    InsightsModel model(m_time);
    model.setInsights(views(), {{"node-07", 0x1f2e3d4c5b6a7988}}, nowNs);
    QCOMPARE(model.open(), std::size_t(3));
    model.setInsights(views(), {{"node-07", 4711}}, nowNs); // its agent began anew
    QCOMPARE(model.open(), std::size_t(1));
    QCOMPARE(model.rowAt(0).life, InsightLife::Abandoned);
}

void tst_InsightsModel::chain_links_data()
{
    QTest::addColumn<wire::Insight>("insight");
    QTest::addColumn<bool>("asserted");
    QTest::addColumn<int>("lanes");
    QTest::newRow("one node, one step") << chainOf(
        {{"kill", nowNs, 0, "a", 1, 1, "x"}, {"kill", nowNs + 1, 5 * 1'000'000'000ULL, "a", 1, 2, "y"}})
                                        << true << 1;
    QTest::newRow("of one moment") << chainOf({{"kill", nowNs, 0, "a", 1, 1, "x"}, {"kill", nowNs, 0, "a", 1, 2, "y"}}) << false << 1;
    QTest::newRow("two nodes, beyond what is unsure")
        << chainOf({{"kill", nowNs, 5, "a", 1, 1, "x"}, {"kill", nowNs + 11, 5, "b", 1, 2, "y"}}) << true << 2;
    QTest::newRow("two nodes, just within it") << chainOf({{"kill", nowNs, 5, "a", 1, 1, "x"}, {"kill", nowNs + 10, 5, "b", 1, 2, "y"}})
                                               << false << 2;
    QTest::newRow("told in the wrong order") << chainOf({{"restart", nowNs + 9, 0, "a", 1, 2, "y"}, {"kill", nowNs, 0, "a", 1, 1, "x"}})
                                             << true << 2;
}

void tst_InsightsModel::chain_links()
{
    QFETCH(wire::Insight, insight);
    const EvidenceChain chain = evidenceChain(insight);
    QCOMPARE(chain.points.size(), std::size_t(2));
    QVERIFY(chain.points[0].ref.timeNs <= chain.points[1].ref.timeNs);
    QCOMPARE(chain.links.size(), std::size_t(1));
    QTEST(chain.links[0].isAsserted, "asserted");
    QTEST(static_cast<int>(chain.lanes.size()), "lanes");
}

void tst_InsightsModel::chain_spansWhatIsUnsure()
{
    const EvidenceChain none = evidenceChain({});
    QVERIFY(none.points.empty() && none.links.empty());
    const EvidenceChain one = evidenceChain(chainOf({{"kill", nowNs, 0, "a", 1, 1, "x"}}));
    QCOMPARE(one.toNs - one.fromNs, EvidenceChain::leastSpanNs);
    const EvidenceChain unsure = evidenceChain(chainOf({{"kill", nowNs, 60 * 1'000'000'000ULL, "a", 1, 1, "x"}}));
    QVERIFY(unsure.fromNs <= nowNs - 60 * s && unsure.toNs >= nowNs + 60 * s);
    const EvidenceChain absurd = evidenceChain(chainOf({{"kill", nowNs, UINT64_MAX, "a", 1, 1, "x"}}));
    QVERIFY(absurd.toNs - absurd.fromNs < 3 * 3600 * s);
    for (const std::int64_t timeNs : {INT64_MAX, INT64_MIN, std::int64_t{-1}}) {
        const EvidenceChain noTime = evidenceChain(chainOf({{"kill", timeNs, 0, "a", 1, 1, "x"}}));
        QVERIFY(noTime.points.empty());
        QCOMPARE(noTime.unread, std::size_t(1));
    }
    const EvidenceChain apart =
        evidenceChain(chainOf({{"kill", nowNs, UINT64_MAX, "a", 1, 1, "x"}, {"kill", nowNs + s, UINT64_MAX, "b", 1, 1, "y"}}));
    QVERIFY(!apart.links.at(0).isAsserted);
    wire::Insight against = chainOf({{"kill", nowNs, 0, "a", 1, 1, "x"}});
    against.contradicting = against.evidence;
    const EvidenceChain both = evidenceChain(against);
    QCOMPARE(both.lanes.size(), std::size_t(2)); // its own lane, though of one name
    QVERIFY(both.links.empty());
}

void tst_InsightsModel::evidence_hasWhatCannotBeReadLast()
{
    EvidenceModel model(m_time);
    QAbstractItemModelTester tester(&model);
    model.setInsight(viewOf("brute-force").insight);
    QCOMPARE(model.rowCount(), 2);
    QVERIFY(model.refAt(0) && !model.refAt(1) && !model.refAt(2) && !model.refAt(-1));
    QCOMPARE(model.index(1, EvidenceModel::What).data().toString(), "a line of a later version that nobody can read");
    model.setInsight(viewOf("oom-kill").insight);
    QCOMPARE(model.rowCount(), 7);
    QCOMPARE(model.index(0, EvidenceModel::Says).data().toString(), "against"); // by time
    QVERIFY(model.headerData(EvidenceModel::Time, Qt::Horizontal).toString().contains("UTC"));
    model.setInsight({});
    QCOMPARE(model.rowCount(), 0);
}

void tst_InsightsModel::report_isPlainOrEscaped()
{
    const InsightRow row{viewOf("brute-force"), std::nullopt, InsightLife::Open, false, 0, false};
    const QString plain = insightReport(row, {}, std::nullopt, m_time, InsightFormat::Text);
    QVERIFY2(plain.startsWith("<b>root</b> | 7 failed logins") && plain.contains("Rule score: 90 %, not calibrated")
                 && plain.contains("Verdict: none"),
             qPrintable(plain));
    const QString markdown = insightReport(row, confirmed("brute-force").history(row.view.key()), RuleFrequency{true, 12, 13, 0.667, 0.986},
                                           m_time, InsightFormat::Markdown);
    QVERIFY2(markdown.startsWith("## \\<b\\>root\\</b\\> \\| 7 failed logins") && markdown.contains("rm -rf /\\`"), qPrintable(markdown));
    QVERIFY2(markdown.contains("- Verdict: confirmed by kim at 2025-06-15 15:06:40 UTC: seen in the log"), qPrintable(markdown));
    QVERIFY(markdown.contains("| Time | Step | Node | What |"));
    QVERIFY2(markdown.contains("- Rule score: 90 %; right 12 of 13 times (67 to 99 %), as operators judged"), qPrintable(markdown));
}

void tst_InsightsModel::span_data()
{
    QTest::addColumn<qint64>("fromNs");
    QTest::addColumn<qint64>("toNs");
    QTest::addColumn<qint64>("now");
    QTest::addColumn<QString>("text");
    const qint64 t = nowNs; // 2025-06-15 15:06:40
    QTest::newRow("today") << t - 60 * s << t << t << "15:05:40 to 15:06:40 UTC";
    QTest::newRow("one second") << t << t + 5 << t << "15:06:40 UTC";
    QTest::newRow("yesterday") << t - 90'000 * s << t - 89'000 * s << t << "2025-06-14 14:06 to 14:23 UTC";
    QTest::newRow("since yesterday") << t - 90'000 * s << t << t << "2025-06-14 14:06 to 2025-06-15 15:06 UTC";
    QTest::newRow("with dates") << t - 60 * s << t << qint64(0) << "2025-06-15 15:05:40 to 15:06:40 UTC";
    QTest::newRow("not known") << qint64(0) << t << t << "times not known";
}

void tst_InsightsModel::span()
{
    QFETCH(qint64, fromNs);
    QFETCH(qint64, toNs);
    QFETCH(qint64, now);
    QTEST(spanText(fromNs, toNs, m_time, now), "text");
}

QTEST_MAIN(tst_InsightsModel)
#include "tst_insightsmodel.moc"
