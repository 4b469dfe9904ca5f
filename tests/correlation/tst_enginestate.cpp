// SPDX-License-Identifier: GPL-3.0-or-later
// What the engine keeps: of whom, for how long, how much of it, and through a change of rules.
#include <QtTest>

#include <algorithm>
#include <csignal>

#include "tests/correlation/enginerules.h"

using namespace tapio;
using namespace tapio::correlation;
using namespace tapio::test;
using wire::InsightState;
using wire::Severity;

class tst_EngineState : public QObject {
    Q_OBJECT

private slots:
    void unknownOwner_isCounted();
    void amendment_movesWhatThereIs();
    void amendment_mergesIntoWhatIsThere();
    void amendment_togetherTheyAreEnough();
    void amendment_ofAnOpenOneToOneThatEnded_goesOn();
    void amendment_ofTwoOpenOnes_goesOnAsOne();
    void amendment_ofEvidenceToAnOpenOne_isCited();
    void lateEnding_endsNothingThatBeganSince();
    void clockSetBack_beginsAnew();
    void restart_isSeenFromANewContainer();
    void aNameThatIsLearntLate_isToldAndMakesNoOther();
    void contradiction_keepsNothingOpen();
    void supportOutOfOrder_isNoEvidenceOfAnOpenOne();
    void lateEvidenceOfOneThatEnded_doesNotOpenItAgain();
    void ending_isOfTheOneThatBegan();
    void lateEventOfTheOldContainer_isNoRestart();
    void rollout_isSeenOnceWhileBothImagesRun();
    void limits_evictAndCount();
    void evaluations_areTimedNowAndThen();
    void evictedInsight_isEnded();
    void reload_keepsWhatIsTheSame();
    void reload_endsWhatIsNot();
};

void tst_EngineState::unknownOwner_isCounted()
{
    Stage stage({ruleOf(killStep)});
    stage.event(0, wire::OomKill(), wire::Origin());
    QCOMPARE(stage.found.size(), std::size_t(0));
    QCOMPARE(stage.engine().counters()[0].unjoined, 1u);
}

void tst_EngineState::amendment_movesWhatThereIs()
{
    wire::Origin unnamed = pod("a");
    unnamed.podUid.clear();
    unnamed.podName.clear();
    Stage stage({ruleOf(killStep + "count = 2\n")});
    stage.event(0, wire::OomKill(), unnamed);
    stage.engine().onAmendment(unnamed, pod("a"), "n1");
    stage.event(1, wire::OomKill(), pod("a"));
    QCOMPARE(stage.opened("r"), std::size_t(1));
    QCOMPARE(stage.found[0].insight.root, std::string("shop/a"));
    QCOMPARE(stage.engine().candidates(), std::size_t(1));
}

void tst_EngineState::amendment_mergesIntoWhatIsThere()
{
    wire::Origin unnamed = pod("a");
    unnamed.podUid.clear();
    Stage stage({ruleOf(killStep + "count = 3\n")});
    stage.event(0, wire::OomKill(), unnamed);
    stage.event(1, wire::OomKill(), pod("a"));
    stage.engine().onAmendment(unnamed, pod("a"), "n1");
    QCOMPARE(stage.engine().candidates(), std::size_t(1));
    stage.event(2, wire::OomKill(), pod("a"));
    QCOMPARE(stage.opened("r"), std::size_t(1));
    QCOMPARE(stage.found[0].insight.evidence.size(), std::size_t(3));
}

static wire::Origin nameless()
{
    wire::Origin unnamed = pod("a");
    unnamed.podUid.clear();
    unnamed.podName.clear();
    return unnamed;
}

static const std::string thenOver = "[[step]]\nname = \"over\"\nevent = \"process.exec\"\nrole = \"ending\"\nwithin = \"1m\"\n"
                                    "after = \"kill\"\nafter_within = \"30s\"\n";

void tst_EngineState::amendment_togetherTheyAreEnough()
{
    Stage stage({ruleOf(killStep + "count = 2\n")});
    stage.event(0, wire::OomKill(), nameless());
    stage.event(1, wire::OomKill(), pod("a"));
    QCOMPARE(stage.found.size(), std::size_t(0));
    stage.engine().onAmendment(nameless(), pod("a"), "n1");
    QCOMPARE(stage.opened("r"), std::size_t(1));
    QCOMPARE(stage.found[0].insight.root, std::string("shop/a"));
    QCOMPARE(stage.found[0].insight.evidence.size(), std::size_t(2));
    QCOMPARE(stage.found[0].timeNs, Stage::timeOf(1));
    QCOMPARE(stage.found[0].origin->podName, std::string("a"));
}

void tst_EngineState::amendment_ofAnOpenOneToOneThatEnded_goesOn()
{
    Stage stage({ruleOf(killStep + thenOver)});
    stage.event(0, wire::OomKill(), pod("a"));
    stage.event(1, wire::ProcessExec(), pod("a"));
    QCOMPARE(stage.found.back().insight.state, InsightState::Resolved);
    stage.event(10, wire::OomKill(), nameless());
    const std::uint64_t open = stage.found.back().insight.id;
    stage.engine().onAmendment(nameless(), pod("a"), "n1");
    QCOMPARE(stage.found.back().insight.id, open);
    QCOMPARE(stage.found.back().insight.state, InsightState::Updated);
    QCOMPARE(stage.found.back().insight.root, std::string("shop/a"));
    QCOMPARE(stage.engine().counters()[0].open, std::size_t(1));
    stage.event(12, wire::ProcessExec(), pod("a"));
    QCOMPARE(stage.found.back().insight.id, open);
    QCOMPARE(stage.found.back().insight.state, InsightState::Resolved);
}

void tst_EngineState::amendment_ofTwoOpenOnes_goesOnAsOne()
{
    Stage stage({ruleOf(killStep)});
    stage.event(0, wire::OomKill(), nameless());
    const std::uint64_t first = stage.found.back().insight.id;
    stage.event(1, wire::OomKill(), pod("a"));
    const std::uint64_t second = stage.found.back().insight.id;
    QVERIFY(first != second);
    stage.engine().onAmendment(nameless(), pod("a"), "n1");
    const auto expired = stage.of("r", InsightState::Expired);
    QCOMPARE(expired.size(), std::size_t(1));
    QCOMPARE(expired[0].insight.id, first);
    QCOMPARE(stage.found.back().insight.id, second);
    QCOMPARE(stage.found.back().insight.state, InsightState::Updated);
    QCOMPARE(stage.found.back().insight.evidence.size(), std::size_t(2));
    QCOMPARE(stage.found.back().insight.evidenceCount, 2u);
    QCOMPARE(stage.found.back().insight.fromNs, Stage::timeOf(0));
    QCOMPARE(stage.engine().counters()[0].open, std::size_t(1));
}

void tst_EngineState::amendment_ofEvidenceToAnOpenOne_isCited()
{
    Stage stage({ruleOf(killStep + "count = 2\n")});
    stage.event(0, wire::OomKill(), pod("a"));
    stage.event(1, wire::OomKill(), pod("a"));
    stage.event(2, wire::OomKill(), nameless());
    stage.engine().onAmendment(nameless(), pod("a"), "n1");
    stage.pass(100);
    QCOMPARE(stage.opened("r"), std::size_t(1));
    QCOMPARE(stage.found.back().insight.state, InsightState::Updated);
    QCOMPARE(stage.found.back().insight.evidenceCount, 3u);
}

void tst_EngineState::lateEnding_endsNothingThatBeganSince()
{
    Stage stage({ruleOf(killStep + thenOver)});
    stage.event(0, wire::OomKill());
    stage.event(5, wire::OomKill());
    stage.event(3, wire::ProcessExec());
    QVERIFY(stage.of("r", InsightState::Resolved).empty());
    stage.event(6, wire::ProcessExec());
    QCOMPARE(stage.of("r", InsightState::Resolved).size(), std::size_t(1));
}

/// Or nothing would be found for as long as it was set back by.
void tst_EngineState::clockSetBack_beginsAnew()
{
    Stage stage({ruleOf(killStep + "count = 2\n")});
    stage.event(7200, wire::OomKill());
    stage.event(7201, wire::OomKill());
    stage.pass(7202);
    QCOMPARE(stage.opened("r"), std::size_t(1));
    stage.pass(10);
    QCOMPARE(stage.of("r", InsightState::Expired).size(), std::size_t(1));
    QCOMPARE(stage.engine().candidates(), std::size_t(0));
    stage.event(11, wire::OomKill());
    stage.pass(12);
    stage.event(13, wire::OomKill());
    QCOMPARE(stage.opened("r"), std::size_t(2));
    stage.pass(14);
    stage.pass(5); // as slewing does
    QCOMPARE(stage.engine().counters()[0].open, std::size_t(1));
}

void tst_EngineState::restart_isSeenFromANewContainer()
{
    const std::string step = "[[step]]\nname = \"kill\"\nevent = \"container.restart\"\nwithin = \"10m\"\n";
    Stage stage({ruleOf(step)});
    stage.event(0, wire::ProcessExec(), pod("a", "c1"));
    stage.event(1, wire::ProcessExec(), pod("b", "c1"));
    QCOMPARE(stage.found.size(), std::size_t(0));
    stage.event(2, wire::ProcessExec(), pod("a", "c2"));
    QCOMPARE(stage.found.size(), std::size_t(1));
    QCOMPARE(stage.found[0].insight.root, std::string("shop/a"));
    wire::Origin unnamed = pod("b", "c2"); // a second container of the pod, for all that is known
    unnamed.containerName.clear();
    stage.event(3, wire::ProcessExec(), unnamed);
    QCOMPARE(stage.found.size(), std::size_t(1));
}

static Rule ofNode(const std::string &id, const std::string &steps)
{
    std::string head = ruleHead;
    head.replace(head.find("\"pod\""), 5, "\"node\"");
    auto rule = parseRule("id = \"" + id + "\"\n" + head + steps, "test.toml");
    if (!rule)
        qFatal("%s", toString(rule.error().front()).c_str());
    return *rule;
}

/// The commonest amendment: the uid was known by the path of the cgroup, and the name comes from the kubelet.
void tst_EngineState::aNameThatIsLearntLate_isToldAndMakesNoOther()
{
    wire::Origin unnamed = pod("a");
    unnamed.podName.clear();
    unnamed.namespaceName.clear();
    unnamed.workloadKind.clear();
    unnamed.workloadName.clear();
    Stage stage({ruleOf(killStep), ofNode("two", killStep + "affects = \"pod\"\ndistinct = 2\n")});
    stage.event(0, wire::OomKill(), unnamed);
    QCOMPARE(stage.found.back().insight.root, std::string("uid-a"));
    stage.engine().onAmendment(unnamed, pod("a"), "n1");
    QCOMPARE(stage.found.back().insight.state, InsightState::Updated);
    QCOMPARE(stage.found.back().insight.root, std::string("shop/a"));
    stage.event(1, wire::OomKill(), pod("a"));
    QCOMPARE(stage.opened("r"), std::size_t(1));
    QCOMPARE(stage.opened("two"), std::size_t(0)); // it is one pod
    stage.event(2, wire::OomKill(), pod("b"));
    QCOMPARE(stage.opened("two"), std::size_t(1));
}

/// A service that is used again says each second that it is well.
void tst_EngineState::contradiction_keepsNothingOpen()
{
    Stage stage(
        {ruleOf(killStep + "[[step]]\nname = \"but\"\nevent = \"process.exec\"\nrole = \"contradicting\"\nwithin = \"1m\"\nscore = 20\n")});
    stage.event(0, wire::OomKill());
    for (int at = 1; at < 1200; ++at) {
        stage.event(at, wire::ProcessExec());
        stage.pass(at);
    }
    QCOMPARE(stage.of("r", InsightState::Expired).size(), std::size_t(1));
    QVERIFY(stage.of("r", InsightState::Expired)[0].timeNs <= Stage::timeOf(302)); // its lifetime
    QCOMPARE(stage.engine().counters()[0].candidates, 0u);                         // it cools down, and nothing waits for anything
}

void tst_EngineState::supportOutOfOrder_isNoEvidenceOfAnOpenOne()
{
    Stage stage({ruleOf(killStep
                        + "[[step]]\nname = \"exit\"\nevent = \"process.exit\"\nrole = \"supporting\"\nwithin = \"1m\"\n"
                          "after = \"kill\"\nafter_within = \"30s\"\n")});
    stage.event(0, wire::OomKill());
    stage.event(10, exitOf(1));
    for (int at = 100; at < 1000; at += 100) {
        stage.event(at, exitOf(1));
        stage.pass(at);
    }
    const auto expired = stage.of("r", InsightState::Expired);
    QCOMPARE(expired.size(), std::size_t(1));
    QCOMPARE(expired[0].insight.evidenceCount, 2u);
    QCOMPARE(expired[0].insight.toNs, Stage::timeOf(10));
}

void tst_EngineState::lateEvidenceOfOneThatEnded_doesNotOpenItAgain()
{
    Stage stage({ruleOf(killStep)});
    stage.event(100, wire::OomKill());
    stage.pass(450);
    QCOMPARE(stage.found.back().insight.state, InsightState::Expired);
    const std::size_t told = stage.found.size();
    stage.event(99, wire::OomKill());
    QCOMPARE(stage.found.size(), told);
    QCOMPARE(stage.engine().counters()[0].late, 1u);
    stage.event(460, wire::OomKill());
    QCOMPARE(stage.found.size(), told + 1);
    QCOMPARE(stage.found.back().insight.state, InsightState::Updated);
}

/// One container of a pod that is well again says nothing of the other.
void tst_EngineState::ending_isOfTheOneThatBegan()
{
    const std::string affects = "affects = \"container\"\n";
    Stage stage({ruleOf(killStep + affects
                        + "[[step]]\nname = \"over\"\nevent = \"process.exec\"\nrole = \"ending\"\nwithin = \"1m\"\nafter = \"kill\"\n"
                          "after_within = \"30s\"\n"
                        + affects)});
    stage.event(0, wire::OomKill(), pod("a", "c1"));
    stage.event(1, wire::ProcessExec(), pod("a", "c2"));
    QVERIFY(stage.of("r", InsightState::Resolved).empty());
    stage.event(2, wire::ProcessExec(), pod("a", "c1"));
    QCOMPARE(stage.of("r", InsightState::Resolved).size(), std::size_t(1));
}

void tst_EngineState::lateEventOfTheOldContainer_isNoRestart()
{
    const std::string step = "[[step]]\nname = \"kill\"\nevent = \"container.restart\"\nwithin = \"10m\"\ncount = 2\n";
    Stage stage({ruleOf(step)});
    for (int i = 0; i < 10; ++i)
        stage.event(i, wire::ProcessExec(), pod("a", i % 2 == 0 ? "c1" : "c2"));
    QCOMPARE(stage.found.size(), std::size_t(0));
}

void tst_EngineState::rollout_isSeenOnceWhileBothImagesRun()
{
    auto rule = parseRule("id = \"r\"\ntitle = \"t\"\nroot = \"workload\"\nseverity = \"warning\"\nlifetime = \"5m\"\ncooldown = \"10m\"\n"
                          "summary = \"{roll.text}\"\n[[step]]\nname = \"roll\"\nevent = \"rollout.image\"\nwithin = \"10m\"\n",
                          "test.toml");
    QVERIFY(rule.has_value());
    Stage stage({*rule});
    wire::Origin next = pod("new");
    next.image = "web:2";
    for (int i = 0; i < 20; ++i)
        stage.event(i, wire::ProcessExec(), i % 2 == 0 || i < 6 ? pod("old") : next);
    QCOMPARE(stage.found.size(), std::size_t(1));
    QCOMPARE(stage.found[0].insight.evidenceCount, 1u);
    QCOMPARE(stage.found[0].insight.text, std::string("image web:2, was web:1"));
    QCOMPARE(stage.found[0].insight.root, std::string("shop/web"));
}

void tst_EngineState::limits_evictAndCount()
{
    EngineLimits limits;
    limits.candidates = 50;
    limits.candidatesOfRule = 30;
    Stage stage({ruleOf(killStep + "count = 2\n"), ruleOf(killStep + "count = 3\n", "s")}, limits);
    for (int i = 0; i < 1000; ++i) {
        stage.event(i * 0.01, wire::OomKill(), pod("p" + std::to_string(i)));
        QVERIFY(stage.engine().candidates() <= 50);
    }
    std::uint64_t evicted = 0;
    std::size_t candidates = 0;
    for (const RuleCounters &counters : stage.engine().counters()) {
        evicted += counters.evicted;
        candidates += counters.candidates;
        QVERIFY(counters.candidates <= 30);
    }
    QCOMPARE(evicted, 2000u - candidates);
}

/// The same is found, and each reading of the clock is a microsecond after the one before.
void tst_EngineState::evaluations_areTimedNowAndThen()
{
    class Ticking final : public Clock {
    public:
        std::int64_t utcNs() const noexcept override { return 0; }
        std::int64_t bootNs() const noexcept override { return now += 1000; }
        mutable std::int64_t now = 0;
    };
    const Ticking clock;
    const RuleSet rules{ruleOf(killStep), ruleOf(killStep + "[[step]]\nname = \"exit\"\nevent = \"process.exit\"\nwithin = \"1m\"\n", "s")};
    Stage timed(rules), plain(rules);
    timed.engine().timeWith(clock);
    const auto kills = static_cast<int>(2 * Engine::timedEvery + 1);
    for (int i = 0; i < kills; ++i) {
        for (Stage *stage : {&timed, &plain})
            stage->event(i * 0.01, wire::OomKill(), pod("p"));
    }
    const auto counters = timed.engine().counters();
    QCOMPARE(counters[0].evaluations, static_cast<std::uint64_t>(kills));
    QCOMPARE(counters[0].timed, std::uint64_t(3));
    QCOMPARE(counters[0].timedNs, std::uint64_t(3000));
    QCOMPARE(counters[1].timed, std::uint64_t(3)); // of what it asks for, not of what the other does
    QCOMPARE(plain.engine().counters()[0].timed, std::uint64_t(0));
    QCOMPARE(timed.found.size(), plain.found.size());
}

void tst_EngineState::evictedInsight_isEnded()
{
    EngineLimits limits;
    limits.candidatesOfRule = 3;
    Stage stage({ruleOf(killStep)}, limits);
    for (int i = 0; i < 5; ++i)
        stage.event(i, wire::OomKill(), pod("p" + std::to_string(i)));
    QCOMPARE(stage.opened("r"), std::size_t(5));
    QCOMPARE(stage.of("r", InsightState::Expired).size(), std::size_t(2));
    QCOMPARE(stage.engine().counters()[0].open, std::size_t(3));
}

void tst_EngineState::reload_keepsWhatIsTheSame()
{
    Stage stage({ruleOf(killStep)});
    stage.event(0, wire::OomKill());
    Rule same = ruleOf(killStep);
    same.summary = "another text"; // which decides nothing
    stage.engine().setRules(std::make_shared<const RuleSet>(RuleSet{ruleOf(killStep, "q"), same}), Stage::timeOf(1));
    QCOMPARE(stage.found.size(), std::size_t(1));
    stage.event(2, wire::OomKill(), pod("a"));
    QCOMPARE(stage.opened("r"), std::size_t(1)); // still that one
    QCOMPARE(stage.opened("q"), std::size_t(1));
}

void tst_EngineState::reload_endsWhatIsNot()
{
    Stage stage({ruleOf(killStep)});
    stage.event(0, wire::OomKill());
    stage.engine().setRules(std::make_shared<const RuleSet>(RuleSet{ruleOf(killStep + "count = 2\n")}), Stage::timeOf(1));
    QCOMPARE(stage.found.size(), std::size_t(2));
    QCOMPARE(stage.found[1].insight.state, InsightState::Expired);
    QCOMPARE(stage.engine().candidates(), std::size_t(0));
}

QTEST_GUILESS_MAIN(tst_EngineState)
#include "tst_enginestate.moc"
