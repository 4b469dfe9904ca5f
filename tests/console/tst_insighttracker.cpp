// SPDX-License-Identifier: GPL-3.0-or-later
// Which insights are open and how many opened, from events in any order.
#include <QtTest>

#include "console/core/metrics/insighttracker.h"
#include "tests/console/inputbuilder.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;
using wire::InsightState;
using wire::Severity;

namespace {

wire::Insight insightOf(std::uint64_t id, InsightState state, double fromSeconds = 0, const std::string &rule = "oom-kill")
{
    wire::Insight insight;
    insight.id = id;
    insight.rule = rule;
    insight.state = state;
    insight.fromNs = at(fromSeconds);
    return insight;
}

/// One letter each: o open, u updated, r resolved, x expired, ? a state of a newer agent; sequence numbers by place, or as the digit after it says.
void tell(InsightTracker &tracker, const QString &told)
{
    std::uint64_t seq = 0;
    for (qsizetype i = 0; i < told.size(); ++i) {
        const QChar letter = told[i];
        ++seq;
        if (i + 1 < told.size() && told[i + 1].isDigit())
            seq = static_cast<std::uint64_t>(told[++i].digitValue());
        const InsightState state = letter == 'o'   ? InsightState::Open
                                   : letter == 'u' ? InsightState::Updated
                                   : letter == 'r' ? InsightState::Resolved
                                   : letter == 'x' ? InsightState::Expired
                                                   : static_cast<InsightState>(99);
        tracker.onInsight({"a", 7, seq, at(10), 0, at(10), Severity::Error, letter.isUpper()}, insightOf(1, state));
    }
}

std::uint64_t openedBy(const InsightTracker &tracker, const std::string &rule = "oom-kill")
{
    const auto found = tracker.opened().find(rule);
    return found == tracker.opened().end() ? 0 : found->second;
}

} // namespace

class TestInsightTracker : public QObject {
    Q_OBJECT
private slots:
    /// An operator said that it is none; taken back, it is one again.
    void whatIsRejected_isNotOpen()
    {
        InsightTracker tracker;
        tell(tracker, "o");
        const Verdict rejected{"a", 1, "oom-kill", VerdictKind::Rejected, "planned", "m", at(20)};
        Verdict confirmed = rejected, withdrawn = rejected;
        confirmed.kind = VerdictKind::Confirmed;
        withdrawn.kind = VerdictKind::Withdrawn;
        QVERIFY(tracker.groups(VerdictBook({rejected})).empty());
        QCOMPARE(tracker.groups(VerdictBook({confirmed})).size(), std::size_t(1));
        QCOMPARE(tracker.groups(VerdictBook({rejected, withdrawn})).size(), std::size_t(1));
    }
    void order_data()
    {
        QTest::addColumn<QString>("events");
        QTest::addColumn<int>("open");
        QTest::addColumn<int>("opened");
        QTest::newRow("opens") << "o" << 1 << 1;
        QTest::newRow("grows") << "ouuu" << 1 << 1;
        QTest::newRow("is resolved") << "our" << 0 << 1;
        QTest::newRow("expires") << "ox" << 0 << 1;
        QTest::newRow("open again within its cooldown is no new one") << "oru" << 1 << 1;
        QTest::newRow("told twice") << "o1o1u2u2" << 1 << 1;
        QTest::newRow("told again after its end") << "o1r2o1" << 0 << 1;
        QTest::newRow("the end comes first") << "r3o1u2" << 0 << 1;
        QTest::newRow("an update comes before its opening") << "u2o1" << 1 << 1;
        QTest::newRow("an update comes after its end") << "o1r3u2" << 0 << 1;
        QTest::newRow("of one moment the higher number holds") << "o1u4r3" << 1 << 1;
        QTest::newRow("first heard of in an update") << "u5u6" << 1 << 0;
        QTest::newRow("first heard of at its end") << "r5" << 0 << 0;
        QTest::newRow("a state that is not known here") << "?" << 0 << 0;
        QTest::newRow("a state that is not known changes nothing") << "o?" << 1 << 1;
    }
    void order()
    {
        QFETCH(QString, events);
        InsightTracker tracker;
        tell(tracker, events);
        QTEST(static_cast<int>(tracker.open()), "open");
        QTEST(static_cast<int>(openedBy(tracker)), "opened");
        QCOMPARE(tracker.groups({}).contains("oom-kill|error"), tracker.open() == 1);
        QCOMPARE(tracker.hasOpenOf("a"), tracker.open() == 1);
    }

    void lateEvidenceMayEndItAtAnEarlierTime()
    {
        InsightTracker tracker;
        tracker.onInsight({"a", 7, 1, at(10), 0, at(10), Severity::Error, false}, insightOf(1, InsightState::Open));
        tracker.onInsight({"a", 7, 2, at(20), 0, at(20), Severity::Error, false}, insightOf(1, InsightState::Updated));
        tracker.onInsight({"a", 7, 3, at(15), 0, at(21), Severity::Error, false}, insightOf(1, InsightState::Resolved));
        QCOMPARE(tracker.open(), 0u);
    }

    void groups_areByRuleAndPresentSeverity()
    {
        InsightTracker tracker;
        const auto one = [&tracker](const char *node, std::uint64_t id, std::uint64_t seq, Severity severity, double from,
                                    const char *rule) {
            tracker.onInsight({node, 7, seq, at(10), 0, at(10), severity, false}, insightOf(id, InsightState::Open, from, rule));
        };
        one("a", 1, 1, Severity::Warning, 5, "dns-failures");
        one("b", 1, 1, Severity::Warning, 3, "dns-failures"); // the same id on another node is another insight
        one("a", 2, 2, Severity::Warning, 4, "oom-kill");
        tracker.onInsight({"a", 7, 3, at(11), 0, at(11), Severity::Critical, false}, insightOf(2, InsightState::Updated, 4));
        const auto groups = tracker.groups({});
        QCOMPARE(groups.size(), 2u);
        QCOMPARE(groups.at("dns-failures|warning").open, 2u);
        QCOMPARE(groups.at("dns-failures|warning").fromNs, at(3));
        QCOMPARE(groups.at("oom-kill|critical").open, 1u);
        QCOMPARE(openedBy(tracker, "dns-failures"), 2u);
    }

    void earlier_isOpenAndNotNew()
    {
        InsightTracker tracker;
        tracker.onInsight({"a", 7, 1, at(10), 0, at(60), Severity::Error, true}, insightOf(1, InsightState::Open));
        QCOMPARE(tracker.open(), 1u);
        QCOMPARE(openedBy(tracker), 0u);
        tracker.onInsight({"a", 7, 1, at(10), 0, at(61), Severity::Error, false}, insightOf(1, InsightState::Open));
        QCOMPARE(openedBy(tracker), 0u);
    }

    void room_isBounded()
    {
        InsightTracker tracker;
        constexpr std::uint64_t more = InsightTracker::mostOpen + 10;
        for (std::uint64_t id = 1; id <= more; ++id)
            tracker.onInsight({"a", 7, id, at(1), 0, at(1), Severity::Error, false}, insightOf(id, InsightState::Open));
        QCOMPARE(tracker.open(), InsightTracker::mostOpen);
        QCOMPARE(tracker.displaced(), 10u);
        QCOMPARE(openedBy(tracker), more);
        tracker.onInsight({"a", 7, more + 1, at(2), 0, at(2), Severity::Error, false}, insightOf(1, InsightState::Updated));
        QCOMPARE(tracker.open(), InsightTracker::mostOpen); // back again, in the place of the next oldest
        QCOMPARE(tracker.displaced(), 11u);
        for (std::uint64_t id = 1; id <= 3 * more; ++id)
            tracker.onInsight({"a", 7, 2 * more + id, at(3), 0, at(3), Severity::Error, false}, insightOf(id, InsightState::Resolved));
        QCOMPARE(tracker.open(), 0u);
        QVERIFY(!tracker.hasOpenOf("a"));
        QCOMPARE(tracker.displaced(), 11u); // what ended takes no room from what is open
    }

    void rules_areBounded()
    {
        InsightTracker tracker;
        for (std::uint64_t i = 1; i <= 1000; ++i)
            tracker.onInsight({"a", 7, i, at(1), 0, at(1), Severity::Error, false},
                              insightOf(i, InsightState::Open, 0, "rule-" + std::to_string(i)));
        QCOMPARE(tracker.opened().size(), InsightTracker::mostRules + 1);
        QCOMPARE(openedBy(tracker, "others"), 1000 - InsightTracker::mostRules);
        QCOMPARE(tracker.groups({}).at("others|error").open, 1000 - InsightTracker::mostRules);
    }

    void age_data()
    {
        QTest::addColumn<int>("stream"); // that the node's agent has by then; 0 = nobody said
        QTest::addColumn<double>("seconds");
        QTest::addColumn<int>("open");
        QTest::newRow("the same stream") << 7 << 3600. << 1;
        QTest::newRow("stream not known") << 0 << 3600. << 1;
        QTest::newRow("another stream, just now") << 8 << 25. << 1;
        QTest::newRow("another stream") << 8 << 31. << 0;
        QTest::newRow("not heard of for a day") << 7 << 86'401. << 0;
    }
    void age()
    {
        QFETCH(int, stream);
        QFETCH(double, seconds);
        InsightTracker tracker;
        tell(tracker, "o");
        tracker.onStream("b", 99);
        tracker.onStream("a", static_cast<std::uint64_t>(stream));
        tracker.age(at(10 + seconds));
        QTEST(static_cast<int>(tracker.open()), "open");
        // The next news of it opens it again, and is no new one.
        tracker.onInsight({"a", 7, 9, at(90'000), 0, at(90'000), Severity::Error, false}, insightOf(1, InsightState::Updated));
        QCOMPARE(tracker.open(), 1u);
        QCOMPARE(openedBy(tracker), 1u);
    }

    /// Nobody tells which stream a server has now.
    void age_ofAServer_data()
    {
        QTest::addColumn<QString>("node");
        QTest::addColumn<double>("hours");
        QTest::addColumn<int>("open");
        QTest::newRow("a server, a while") << "server:hq" << 1.9 << 1;
        QTest::newRow("a server, longer than any rule") << "server:hq" << 2.1 << 0;
        QTest::newRow("a node") << "a" << 2.1 << 1;
        QTest::newRow("a node that is called like one") << "server" << 2.1 << 1;
    }
    void age_ofAServer()
    {
        QFETCH(QString, node);
        QFETCH(double, hours);
        InsightTracker tracker;
        tracker.onInsight({node.toStdString(), 7, 1, at(0), 0, at(0), Severity::Error, false}, insightOf(1, InsightState::Open));
        tracker.age(at(3600 * hours));
        QTEST(static_cast<int>(tracker.open()), "open");
    }
};

QTEST_APPLESS_MAIN(TestInsightTracker)
#include "tst_insighttracker.moc"
