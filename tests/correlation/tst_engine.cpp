// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <algorithm>
#include <csignal>

#include "protocol/wire/detailfields.h"
#include "protocol/wire/evidence.h"
#include "tests/correlation/enginerules.h"

using namespace tapio;
using namespace tapio::correlation;
using namespace tapio::test;
using wire::InsightState;
using wire::Severity;

class tst_Engine : public QObject {
    Q_OBJECT

private slots:
    void oneStep_opensOnce();
    void insight_carriesItsEvidence();
    void order_isAskedFor_data();
    void order_isAskedFor();
    void order_isNotAssertedWithinTheClocksUncertainty_data();
    void order_isNotAssertedWithinTheClocksUncertainty();
    void lateEvidence_isPutInItsPlace();
    void tooOldEvidence_isCounted();
    void count_isWithinTheWindow_data();
    void count_isWithinTheWindow();
    void repeats_countAsWhatTheyStandFor_data();
    void repeats_countAsWhatTheyStandFor();
    void distinct_countsOthersOnly();
    void share_needsEnough_data();
    void share_needsEnough();
    void growth_isToldOncePerMinute();
    void growthOfABurst_isToldThoughNothingFollows();
    void tooOldEvidenceOfAnOpenInsight_isToldInItsMinute();
    void raise_isToldAtOnce();
    void silence_expires();
    void ending_resolves();
    void cooldown_reopensTheSame();
    void afterCooldown_anotherOpens();
    void contradiction_lowersTheScore();
    void support_neverLowersTheScore();
    void sameInput_sameInsights();
    void evidence_isWhatSomethingWaitsFor_data();
    void evidence_isWhatSomethingWaitsFor();
    void typeOfALaterVersion_isNoFact();
    void manyEvents_keepMemoryBounded();
    void texts_fitTheWire();
};

void tst_Engine::oneStep_opensOnce()
{
    Stage stage({ruleOf(killStep)});
    for (int i = 0; i < 20; ++i)
        stage.event(i, wire::OomKill());
    QCOMPARE(stage.found.size(), std::size_t(1));
    QCOMPARE(stage.found[0].insight.state, InsightState::Open);
    QCOMPARE(stage.found[0].severity, Severity::Warning);
    QCOMPARE(stage.found[0].timeNs, Stage::timeOf(0));
    QCOMPARE(stage.engine().counters()[0].evidence, 20u);
    QCOMPARE(stage.engine().counters()[0].open, std::size_t(1));
}

void tst_Engine::insight_carriesItsEvidence()
{
    Stage stage({ruleOf(killThenExit)});
    stage.event(1, wire::OomKill(), pod("a"), "n1");
    stage.event(2, exitOf(137), pod("a"), "n1");
    QCOMPARE(stage.found.size(), std::size_t(1));
    const wire::Insight &insight = stage.found[0].insight;
    QCOMPARE(insight.root, std::string("shop/a"));
    QCOMPARE(insight.rootKind, wire::EntityKind::Pod);
    QCOMPARE(insight.text, std::string("shop/a: 1 kills, 2 in all"));
    QCOMPARE(insight.fromNs, Stage::timeOf(1));
    QCOMPARE(insight.toNs, Stage::timeOf(2));
    QCOMPARE(insight.evidence.size(), std::size_t(2));
    const auto first = wire::parseEvidence(insight.evidence[0]), second = wire::parseEvidence(insight.evidence[1]);
    QVERIFY(first && second);
    QCOMPARE(first->step, std::string("kill"));
    QCOMPARE(second->step, std::string("exit"));
    QCOMPARE(first->timeNs, Stage::timeOf(1));
    QCOMPARE(first->node, std::string("n1"));
    QCOMPARE(first->streamId, 7u);
    QCOMPARE(first->seq, 1u);
    QCOMPARE(second->seq, 2u);
    QVERIFY(second->text.find("137") != std::string::npos);
    QVERIFY(stage.found[0].origin && stage.found[0].origin->podName == "a");
}

void tst_Engine::order_isAskedFor_data()
{
    QTest::addColumn<double>("killAt");
    QTest::addColumn<double>("exitAt");
    QTest::addColumn<int>("insights");
    QTest::newRow("after it") << 1.0 << 2.0 << 1;
    QTest::newRow("at the same time, by one clock") << 1.0 << 1.0 << 1;
    QTest::newRow("at the end of the time given") << 1.0 << 31.0 << 1;
    QTest::newRow("too long after it") << 1.0 << 31.1 << 0;
    QTest::newRow("before it") << 2.0 << 1.0 << 0;
}

void tst_Engine::order_isAskedFor()
{
    QFETCH(double, killAt);
    QFETCH(double, exitAt);
    for (const bool killComesFirst : {true, false}) { // in the stream, where it makes no difference
        Stage stage({ruleOf(killThenExit)});
        if (killComesFirst)
            stage.event(killAt, wire::OomKill());
        stage.event(exitAt, exitOf(1));
        if (!killComesFirst)
            stage.event(killAt, wire::OomKill());
        QTEST(static_cast<int>(stage.opened("r")), "insights");
    }
}

void tst_Engine::order_isNotAssertedWithinTheClocksUncertainty_data()
{
    QTest::addColumn<double>("apartMs");
    QTest::addColumn<std::string>("otherNode");
    QTest::addColumn<int>("insights");
    QTest::newRow("apart by more than both are unsure of") << 7.1 << std::string("n2") << 1;
    QTest::newRow("by just as much") << 7.0 << std::string("n2") << 0;
    QTest::newRow("by less") << 3.0 << std::string("n2") << 0;
    QTest::newRow("by less, but by one clock") << 3.0 << std::string("n1") << 1;
}

void tst_Engine::order_isNotAssertedWithinTheClocksUncertainty()
{
    QFETCH(double, apartMs);
    QFETCH(std::string, otherNode);
    Stage stage({ruleOf(killThenExit)});
    stage.event(1, wire::OomKill(), pod("a"), "n1", 3 * nsPerMs);
    stage.event(1 + apartMs / 1e3, exitOf(1), pod("a"), otherNode, 4 * nsPerMs);
    QTEST(static_cast<int>(stage.opened("r")), "insights");
}

void tst_Engine::lateEvidence_isPutInItsPlace()
{
    Stage stage({ruleOf(killStep + "count = 3\n")});
    stage.event(10, wire::OomKill());
    stage.event(8, wire::OomKill());
    stage.event(9, wire::OomKill());
    QCOMPARE(stage.found.size(), std::size_t(1));
    std::vector<std::int64_t> times;
    for (const std::string &line : stage.found[0].insight.evidence)
        times.push_back(wire::parseEvidence(line)->timeNs);
    QVERIFY(std::is_sorted(times.begin(), times.end()));
    QCOMPARE(stage.found[0].insight.fromNs, Stage::timeOf(8));
}

void tst_Engine::tooOldEvidence_isCounted()
{
    Stage stage({ruleOf(killStep + "count = 3\n")});
    stage.event(100, wire::OomKill());
    stage.event(10, wire::OomKill());
    QCOMPARE(stage.engine().counters()[0].late, 1u);
    QCOMPARE(stage.engine().counters()[0].evidence, 1u);
}

void tst_Engine::count_isWithinTheWindow_data()
{
    QTest::addColumn<std::vector<double>>("times");
    QTest::addColumn<int>("insights");
    QTest::newRow("one too few") << std::vector<double>{0, 1} << 0;
    QTest::newRow("enough") << std::vector<double>{0, 1, 2} << 1;
    QTest::newRow("just within") << std::vector<double>{0, 30, 60} << 1;
    QTest::newRow("just not within") << std::vector<double>{0, 30, 60.1} << 0;
    QTest::newRow("never three in a minute") << std::vector<double>{0, 31, 62, 93, 124, 155} << 0;
    QTest::newRow("three of the last four") << std::vector<double>{0, 61, 90, 120} << 1;
}

void tst_Engine::count_isWithinTheWindow()
{
    QFETCH(std::vector<double>, times);
    Stage stage({ruleOf(killStep + "count = 3\n")});
    for (const double at : times)
        stage.event(at, wire::OomKill());
    QTEST(static_cast<int>(stage.opened("r")), "insights");
}

void tst_Engine::repeats_countAsWhatTheyStandFor_data()
{
    QTest::addColumn<QString>("event");
    QTest::addColumn<wire::Detail>("four");
    QTest::addColumn<wire::Detail>("one");
    wire::Login login;
    login.repeats = 1;
    wire::Login logins = login;
    logins.repeats = 4;
    wire::DnsQuery answers;
    answers.more = 3;
    wire::TcpConnection connections;
    connections.more = 3;
    QTest::newRow("logins") << "login" << wire::Detail(logins) << wire::Detail(login);
    QTest::newRow("answers told together") << "dns.query" << wire::Detail(answers) << wire::Detail(wire::DnsQuery());
    QTest::newRow("connections told together") << "tcp.connection" << wire::Detail(connections) << wire::Detail(wire::TcpConnection());
}

void tst_Engine::repeats_countAsWhatTheyStandFor()
{
    QFETCH(QString, event);
    QFETCH(wire::Detail, four);
    QFETCH(wire::Detail, one);
    const std::string step = "[[step]]\nname = \"kill\"\nevent = \"" + event.toStdString() + "\"\nwithin = \"1m\"\ncount = 5\n";
    Stage stage({ruleOf(step)});
    stage.event(0, four);
    QCOMPARE(stage.opened("r"), std::size_t(0));
    stage.event(1, one);
    QCOMPARE(stage.opened("r"), std::size_t(1));
    QCOMPARE(stage.found[0].insight.evidenceCount, 5u);
}

void tst_Engine::distinct_countsOthersOnly()
{
    const std::string step =
        "[[step]]\nname = \"kill\"\nevent = \"tcp.connection\"\nby = \"node\"\naffects = \"pod\"\ndistinct = 3\nwithin = \"1m\"\n";
    auto rule = parseRule("id = \"r\"\ntitle = \"t\"\nroot = \"node\"\nseverity = \"warning\"\nlifetime = \"5m\"\ncooldown = \"10m\"\n"
                          "summary = \"{kill.count}\"\n"
                              + step,
                          "test.toml");
    QVERIFY(rule.has_value());
    Stage stage({*rule});
    for (int i = 0; i < 10; ++i)
        stage.event(i, connection(wire::TcpOutcome::Refused), pod(i % 2 == 0 ? "a" : "b"));
    QCOMPARE(stage.opened("r"), std::size_t(0));
    stage.event(11, connection(wire::TcpOutcome::Refused), pod("c"));
    QCOMPARE(stage.opened("r"), std::size_t(1));
    QCOMPARE(stage.found[0].insight.text, std::string("3"));
    auto affected = stage.found[0].insight.affected;
    std::sort(affected.begin(), affected.end());
    QCOMPARE(affected, (std::vector<std::string>{"pod shop/a", "pod shop/b", "pod shop/c"}));
}

void tst_Engine::share_needsEnough_data()
{
    QTest::addColumn<int>("failures");
    QTest::addColumn<int>("others");
    QTest::addColumn<int>("insights");
    QTest::newRow("half of twenty") << 10 << 10 << 1;
    QTest::newRow("too few to say") << 5 << 4 << 0;
    QTest::newRow("a small share of many") << 5 << 500 << 0;
    QTest::newRow("all") << 20 << 0 << 1;
}

void tst_Engine::share_needsEnough()
{
    QFETCH(int, failures);
    QFETCH(int, others);
    Stage stage({ruleOf("[[step]]\nname = \"kill\"\nevent = \"process.exit\"\nwithin = \"1m\"\ncount = 2\nshare = 0.25\nof_at_least = 10\n"
                        "where = [{ field = \"failed\", equals = true }]\n")});
    double at = 0;
    stage.event(at, exitOf(1));
    for (int i = 0; i < others; ++i)
        stage.event(at += 0.01, exitOf(0));
    for (int i = 1; i < failures; ++i)
        stage.event(at += 0.01, exitOf(1));
    QTEST(static_cast<int>(stage.opened("r")), "insights");
}

void tst_Engine::growth_isToldOncePerMinute()
{
    Stage stage({ruleOf(killStep)});
    for (int i = 0; i <= 600; ++i)
        stage.event(i * 0.5, wire::OomKill());
    QCOMPARE(stage.opened("r"), std::size_t(1));
    QCOMPARE(stage.of("r", InsightState::Updated).size(), std::size_t(5));
    QCOMPARE(stage.found.back().insight.evidenceCount, 601u);
    QCOMPARE(stage.found.back().insight.evidence.size(), std::size_t(24)); // the first, and the newest
    QCOMPARE(wire::parseEvidence(stage.found.back().insight.evidence.front())->timeNs, Stage::timeOf(0));
    QCOMPARE(wire::parseEvidence(stage.found.back().insight.evidence.back())->timeNs, Stage::timeOf(300));
}

/// Once, after its minute; again when it was reopened.
void tst_Engine::growthOfABurst_isToldThoughNothingFollows()
{
    Stage stage({ruleOf(killStep)});
    std::size_t updates = 0;
    for (const double begin : {0., 400.}) { // its lifetime is five minutes
        for (int i = 0; i < 10; ++i)
            stage.event(begin + i, wire::OomKill());
        updates += begin > 0 ? 1 : 0; // that it is open again
        stage.pass(begin + 59);
        QCOMPARE(stage.of("r", InsightState::Updated).size(), updates);
        stage.pass(begin + 61);
        QCOMPARE(stage.of("r", InsightState::Updated).size(), ++updates);
        QCOMPARE(stage.found.back().insight.evidenceCount, begin > 0 ? 20u : 10u);
        stage.pass(begin + 200);
        QCOMPARE(stage.of("r", InsightState::Updated).size(), updates);
        stage.pass(begin + 399);
        QCOMPARE(stage.found.back().insight.state, InsightState::Expired);
    }
    QCOMPARE(stage.opened("r"), std::size_t(1));
}

void tst_Engine::tooOldEvidenceOfAnOpenInsight_isToldInItsMinute()
{
    Stage stage({ruleOf(killStep)});
    stage.event(200, wire::OomKill());
    stage.event(100, wire::OomKill()); // out of the rule's minute
    QCOMPARE(stage.engine().counters()[0].late, 1u);
    stage.pass(259);
    QCOMPARE(stage.found.size(), std::size_t(1));
    stage.pass(261);
    QCOMPARE(stage.found.size(), std::size_t(2));
    QCOMPARE(stage.found.back().insight.state, InsightState::Updated);
    QCOMPARE(stage.found.back().insight.evidenceCount, 2u);
    QCOMPARE(stage.found.back().insight.fromNs, Stage::timeOf(100));
}

void tst_Engine::raise_isToldAtOnce()
{
    Stage stage({ruleOf(killStep + "[[raise]]\nstep = \"kill\"\ncount = 3\nseverity = \"critical\"\n")});
    for (int i = 0; i < 5; ++i)
        stage.event(i, wire::OomKill());
    QCOMPARE(stage.found.size(), std::size_t(2));
    QCOMPARE(stage.found[0].severity, Severity::Warning);
    QCOMPARE(stage.found[1].severity, Severity::Critical);
    QCOMPARE(stage.found[1].timeNs, Stage::timeOf(2));
    stage.pass(1000);
    QCOMPARE(stage.found.back().severity, Severity::Critical); // it gets no better at its end
}

void tst_Engine::silence_expires()
{
    Stage stage({ruleOf(killStep)});
    stage.event(0, wire::OomKill());
    stage.event(100, wire::OomKill());
    stage.pass(399);
    QCOMPARE(stage.of("r", InsightState::Expired).size(), std::size_t(0));
    stage.pass(401);
    QCOMPARE(stage.of("r", InsightState::Expired).size(), std::size_t(1));
    QCOMPARE(stage.found.back().insight.id, stage.found.front().insight.id);
    QCOMPARE(stage.engine().counters()[0].open, std::size_t(0));
    stage.pass(401 + 601);
    QCOMPARE(stage.engine().candidates(), std::size_t(0));
}

void tst_Engine::ending_resolves()
{
    Stage stage({ruleOf(killStep + "[[step]]\nname = \"over\"\nevent = \"process.exec\"\nrole = \"ending\"\nwithin = \"1m\"\n")});
    stage.event(0, wire::ProcessExec()); // ends nothing, since there is nothing
    stage.event(1, wire::OomKill());
    stage.event(2, wire::ProcessExec());
    QCOMPARE(stage.found.size(), std::size_t(2));
    QCOMPARE(stage.found[1].insight.state, InsightState::Resolved);
    QCOMPARE(stage.engine().counters()[0].resolved, 1u);
    QCOMPARE(stage.engine().counters()[0].open, std::size_t(0));
}

void tst_Engine::cooldown_reopensTheSame()
{
    Stage stage({ruleOf(killStep)});
    stage.event(0, wire::OomKill());
    stage.pass(301);
    QCOMPARE(stage.found.back().insight.state, InsightState::Expired);
    stage.event(500, wire::OomKill());
    QCOMPARE(stage.opened("r"), std::size_t(1));
    QCOMPARE(stage.found.back().insight.state, InsightState::Updated);
    QCOMPARE(stage.found.back().insight.id, stage.found.front().insight.id);
    QCOMPARE(stage.found.back().insight.evidenceCount, 2u);
    QCOMPARE(stage.engine().counters()[0].reopened, 1u);
}

void tst_Engine::afterCooldown_anotherOpens()
{
    Stage stage({ruleOf(killStep)});
    stage.event(0, wire::OomKill());
    stage.pass(301);
    stage.pass(1000);
    stage.event(1001, wire::OomKill());
    QCOMPARE(stage.opened("r"), std::size_t(2));
    QVERIFY(stage.found.back().insight.id != stage.found.front().insight.id);
}

void tst_Engine::contradiction_lowersTheScore()
{
    const std::string steps =
        "score = 60\n" + killStep
        + "[[step]]\nname = \"but\"\nevent = \"process.exec\"\nrole = \"contradicting\"\nwithin = \"1m\"\nscore = 20\n";
    Stage stage({ruleOf(steps)});
    stage.event(0, wire::OomKill());
    QCOMPARE(stage.found[0].insight.score, std::uint8_t(60));
    stage.event(1, wire::ProcessExec());
    QCOMPARE(stage.found.size(), std::size_t(2));
    QCOMPARE(stage.found[1].insight.score, std::uint8_t(40));
    QCOMPARE(stage.found[1].insight.contradicting.size(), std::size_t(1));
    QCOMPARE(stage.found[1].insight.evidence.size(), std::size_t(1));
}

void tst_Engine::support_neverLowersTheScore()
{
    Stage stage({ruleOf("score = 98\n" + killStep
                        + "[[step]]\nname = \"too\"\nevent = \"process.exec\"\nrole = \"supporting\"\nwithin = \"1m\"\nscore = 50\n")});
    stage.event(0, wire::OomKill());
    std::uint8_t last = stage.found.back().insight.score;
    for (int i = 1; i < 200; ++i) {
        if (i % 3 == 0)
            stage.event(i, wire::ProcessExec());
        else
            stage.event(i, wire::OomKill());
        QVERIFY(stage.found.back().insight.score >= last);
        last = stage.found.back().insight.score;
    }
    QCOMPARE(last, std::uint8_t(99)); // never certain
}

void tst_Engine::sameInput_sameInsights()
{
    const auto play = [] {
        Stage stage(loadRules(TAPIO_RULES).rules);
        for (int i = 0; i < 3000; ++i) {
            const wire::Origin origin = pod("p" + std::to_string(i * 7 % 13), i % 50 == 0 ? "c" + std::to_string(i) : "c1");
            if (i % 3 == 0)
                stage.event(i * 0.1, wire::OomKill(), origin);
            else if (i % 3 == 1)
                stage.event(i * 0.1, exitOf(i % 2), origin);
            else
                stage.event(i * 0.1 - 3, wire::TcpConnection(), origin);
            if (i % 10 == 0)
                stage.pass(i * 0.1);
        }
        stage.pass(100'000);
        return stage.found;
    };
    const auto once = play(), again = play();
    QVERIFY(once.size() > 20);
    QCOMPARE(once.size(), again.size());
    for (std::size_t i = 0; i < once.size(); ++i)
        QVERIFY(once[i].insight == again[i].insight && once[i].timeNs == again[i].timeNs && once[i].severity == again[i].severity);
}

void tst_Engine::evidence_isWhatSomethingWaitsFor_data()
{
    QTest::addColumn<QString>("step");
    QTest::addColumn<bool>("beginsItself");
    QTest::newRow("what supports") << "role = \"supporting\"\n" << false;
    QTest::newRow("what is needed, and may come early") << "" << true;
    QTest::newRow("what is needed, and comes in order") << "begins = false\n" << false;
}

/// What nothing waits for need not be sent for its own sake (agent/pipeline).
void tst_Engine::evidence_isWhatSomethingWaitsFor()
{
    QFETCH(QString, step);
    QFETCH(bool, beginsItself);
    Stage stage({ruleOf(killThenExit + step.toStdString())});
    const auto offer = [&](double at, bool isKill, const std::string &name = "a") {
        wire::Event event;
        event.timeNs = Stage::timeOf(at);
        event.type = isKill ? wire::EventType::OomKill : wire::EventType::ProcessExit;
        event.detail = isKill ? wire::Detail(wire::OomKill()) : wire::Detail(exitOf(0));
        return stage.engine().onEvent(event, pod(name), {"n1", 7, 1, 0});
    };
    QCOMPARE(offer(1, false), beginsItself);
    QVERIFY(offer(2, true));
    QVERIFY(offer(3, false));
    QCOMPARE(offer(4, false, "b"), beginsItself);
    for (const double later : {1000, 5000}) // the insight ends, and could be opened again no longer
        stage.engine().advance(Stage::timeOf(later));
    QCOMPARE(offer(5001, false), beginsItself);
}

/// Its number is none of those that facts have within the engine.
void tst_Engine::typeOfALaterVersion_isNoFact()
{
    Stage stage({ruleOf("[[step]]\nname = \"kill\"\nevent = \"container.restart\"\nwithin = \"10m\"\n")});
    for (std::uint16_t type = 1; type < 999; ++type) {
        wire::Event event;
        event.timeNs = Stage::begin + type;
        event.type = static_cast<wire::EventType>(type);
        stage.engine().onEvent(event, pod("a"), {"n1", 7, type, 0});
    }
    QCOMPARE(stage.engine().counters()[0].evaluations, 0u);
    QVERIFY(stage.found.empty());
}

void tst_Engine::manyEvents_keepMemoryBounded()
{
    Stage stage({ruleOf(killStep)});
    for (int i = 0; i < 20'000; ++i)
        stage.event(i * 0.001, wire::OomKill());
    QCOMPARE(stage.engine().candidates(), std::size_t(1));
    QVERIFY(stage.found.size() < 5);
}

void tst_Engine::texts_fitTheWire()
{
    Rule rule = ruleOf(killStep);
    rule.summary = std::string(390, 'x') + "{root}";
    Stage stage({rule});
    wire::Origin origin = pod(std::string(400, 'p'));
    stage.event(0, wire::OomKill(), origin);
    wire::Detail detail = stage.found.at(0).insight;
    wire::fitTexts(detail);
    QVERIFY(wire::insightOf(detail)->text.size() <= wire::Insight::textBytes);
}

QTEST_GUILESS_MAIN(tst_Engine)
#include "tst_engine.moc"
