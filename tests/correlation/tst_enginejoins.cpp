// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "protocol/wire/evidence.h"
#include "tests/correlation/enginerules.h"

using namespace tapio;
using namespace tapio::correlation;
using namespace tapio::test;
using wire::InsightState;

namespace {

Rule rootedRule(const std::string &root, const std::string &steps)
{
    std::string head = ruleHead;
    head.replace(head.find("root = \"pod\""), 12, "root = \"" + root + '"').replace(head.find("{kill.count} kills, "), 20, "");
    auto rule = parseRule("id = \"r\"\n" + head + steps, "test.toml");
    if (!rule)
        qFatal("%s", toString(rule.error().front()).c_str());
    return *rule;
}

const std::string resetThenRequest =
    "[[step]]\nname = \"reset\"\nevent = \"tcp.connection\"\nwithin = \"1m\"\nwhere = [{ field = \"outcome\", equals = \"reset\" }]\n"
    "[[step]]\nname = \"request\"\nevent = \"http.request\"\nwithin = \"1m\"\n";

const std::string gainThenExec =
    "[[step]]\nname = \"gain\"\nevent = \"privilege.gain\"\nwithin = \"5m\"\n"
    "[[step]]\nname = \"run\"\nevent = \"process.exec\"\nby = \"ancestors\"\nwithin = \"5m\"\nafter = \"gain\"\n"
    "after_within = \"5m\"\naffects = \"container\"\n";

/// A kill, and a supporting or contradicting exit that lies to it as `order` says, within half a minute.
std::string killAndExit(const std::string &order, const std::string &role = "supporting")
{
    return killStep + "[[step]]\nname = \"exit\"\nevent = \"process.exit\"\nrole = \"" + role + "\"\nwithin = \"1m\"\nscore = 10\n" + order
           + " = \"kill\"\n" + order + "_within = \"30s\"\n";
}

QStringList stepsOf(const std::vector<std::string> &lines)
{
    QStringList steps;
    for (const std::string &line : lines)
        steps << QString::fromStdString(wire::parseEvidence(line)->step);
    return steps;
}

wire::HttpRequest requestOf(const wire::TcpConnection &tcp)
{
    wire::HttpRequest http;
    http.local = tcp.local;
    http.remote = tcp.remote;
    http.direction = tcp.direction;
    return http;
}

/// As the other end tells it.
template <typename D> D turned(D of)
{
    std::swap(of.local, of.remote);
    of.direction = wire::TcpDirection::Inbound;
    return of;
}

wire::ProcessExec execOf(std::uint32_t parent)
{
    wire::ProcessExec exec;
    exec.parentPid = parent;
    return exec;
}

} // namespace

class tst_EngineJoins : public QObject {
    Q_OBJECT

private slots:
    void connection_isTheSameFromBothEnds();
    void connection_ofANodeItselfIsItsOwn();
    void ancestors_takeWhatDescendsFromThem_data();
    void ancestors_takeWhatDescendsFromThem();
    void ancestors_beginNothing();
    void ancestors_keepTheBounds();
    void before_andOverlap_data();
    void before_andOverlap();
    void overlap_isNotAssertedWithinTheClocksUncertainty();
    void contradiction_thatCameBeforeIsKept();
    void contradiction_betweenTwoIsOfTheFirst();
    void shareBefore_isThatOfThen();
    void beginning_isThatOfWhatCounts();
    void evidence_thatWaitedIsToldWhenThePodIsNamed();
    void evidence_thatWaitedIsToldOnce();
    void owners_areNamedOnce();
    void owners_ofWhatNobodyRunsAreNone();
    void owners_areKnownWhenThePodIsNamed();
    void whatFindsNoRoom_isCounted();
};

void tst_EngineJoins::connection_isTheSameFromBothEnds()
{
    Stage stage({rootedRule("connection", resetThenRequest)});
    const wire::TcpConnection tcp = connection(wire::TcpOutcome::Reset), other = connection(wire::TcpOutcome::Reset);
    stage.event(1, tcp, pod("a"), "n1");
    stage.event(2, turned(requestOf(other)), pod("b"), "n2"); // another client's port
    QCOMPARE(stage.found.size(), std::size_t(0));
    stage.event(3, turned(requestOf(tcp)), pod("b"), "n2");
    QCOMPARE(stage.found.size(), std::size_t(1));
    const wire::Insight &insight = stage.found[0].insight;
    QCOMPARE(insight.rootKind, wire::EntityKind::Connection);
    QCOMPARE(insight.root, wire::toString(tcp.local) + " -> " + wire::toString(tcp.remote));
}

void tst_EngineJoins::connection_ofANodeItselfIsItsOwn()
{
    wire::TcpConnection tcp = connection(wire::TcpOutcome::Reset);
    tcp.local.bytes = tcp.remote.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
    for (const auto &[node, found] : {std::pair("n1", 1u), {"n2", 0u}}) {
        Stage stage({rootedRule("connection", resetThenRequest)});
        stage.event(1, tcp, pod("a"), "n1");
        stage.event(2, turned(requestOf(tcp)), pod("a"), node);
        QCOMPARE(stage.found.size(), std::size_t(found));
    }
}

void tst_EngineJoins::ancestors_takeWhatDescendsFromThem_data()
{
    QTest::addColumn<int>("pid");
    QTest::addColumn<int>("parent");
    QTest::addColumn<std::string>("node");
    QTest::addColumn<int>("insights");
    QTest::newRow("itself") << 20 << 10 << std::string("n1") << 1;
    QTest::newRow("its child") << 30 << 20 << std::string("n1") << 1;
    QTest::newRow("its grandchild") << 31 << 25 << std::string("n1") << 1;
    QTest::newRow("its parent") << 10 << 1 << std::string("n1") << 0;
    QTest::newRow("its parent's other child") << 32 << 10 << std::string("n1") << 0;
    QTest::newRow("of whom nothing is known") << 33 << 99 << std::string("n1") << 0;
    QTest::newRow("another node's") << 30 << 20 << std::string("n2") << 0;
}

void tst_EngineJoins::ancestors_takeWhatDescendsFromThem()
{
    QFETCH(int, pid);
    QFETCH(int, parent);
    QFETCH(std::string, node);
    Stage stage({rootedRule("process", gainThenExec)});
    const auto run = [&stage](double at, std::uint32_t who, wire::Detail what, const std::string &where) {
        stage.process = {who, 0, who * 1000ull, "p" + std::to_string(who)};
        stage.event(at, std::move(what), pod("a"), where);
    };
    run(1, 10, execOf(1), "n1");
    run(2, 20, execOf(10), "n1");
    run(3, 20, wire::PrivilegeGain(), "n1");
    run(2.5, 25, execOf(20), "n1"); // before it gained anything: no evidence, but of its family
    run(4, static_cast<std::uint32_t>(pid), execOf(static_cast<std::uint32_t>(parent)), node);
    QTEST(static_cast<int>(stage.found.size()), "insights");
    if (stage.found.empty())
        return;
    QCOMPARE(stage.found[0].insight.root, std::string("p20 (20)"));
    QCOMPARE(stepsOf(stage.found[0].insight.evidence), (QStringList{"gain", "run"}));
    QCOMPARE(stage.found[0].insight.affected, (std::vector<std::string>{"container shop/a/main"}));
}

void tst_EngineJoins::ancestors_beginNothing()
{
    Stage stage({rootedRule("process", gainThenExec)});
    for (int i = 0; i < 100; ++i) {
        stage.process = {static_cast<std::uint32_t>(i + 2), 0, 1, "p"};
        stage.event(i, execOf(1));
    }
    QCOMPARE(stage.engine().candidates(), std::size_t(0));
}

/// What is taken of one event by the process, and by what descends from it, is judged at once; there is no more room for it than else.
void tst_EngineJoins::ancestors_keepTheBounds()
{
    const std::string twice = "[[step]]\nname = \"one\"\nevent = \"process.exec\"\nwithin = \"5m\"\ncount = 3\n"
                              "[[step]]\nname = \"run\"\nevent = \"process.exec\"\nby = \"ancestors\"\nwithin = \"5m\"\nafter = \"one\"\n"
                              "after_within = \"5m\"\n";
    EngineLimits limits;
    limits.candidatesOfRule = 16;
    Stage stage({rootedRule("process", twice)}, limits);
    for (std::uint32_t pid = 2; pid < 500; ++pid) {
        stage.process = {pid, 0, pid * 100ull, "app"};
        wire::ProcessExec exec;
        exec.parentPid = 1;
        stage.event(pid, exec);
        QVERIFY(stage.engine().candidates() <= limits.candidatesOfRule);
    }
    QVERIFY(stage.engine().evicted() > 0);
}

void tst_EngineJoins::before_andOverlap_data()
{
    QTest::addColumn<std::string>("order");
    QTest::addColumn<double>("exitAt"); // the kill is at 100
    QTest::addColumn<bool>("counts");
    for (const char *order : {"before", "overlap"}) {
        const std::string name = order;
        QTest::addRow("%s: a second earlier", order) << name << 99.0 << true;
        QTest::addRow("%s: at the same time", order) << name << 100.0 << true;
        QTest::addRow("%s: as much earlier as may be", order) << name << 70.0 << true;
        QTest::addRow("%s: too early", order) << name << 69.9 << false;
        QTest::addRow("%s: a second later", order) << name << 101.0 << (name == "overlap");
        QTest::addRow("%s: as much later as may be", order) << name << 130.0 << (name == "overlap");
        QTest::addRow("%s: too late", order) << name << 130.1 << false;
    }
}

void tst_EngineJoins::before_andOverlap()
{
    QFETCH(std::string, order);
    QFETCH(double, exitAt);
    QFETCH(bool, counts);
    for (const bool killComesFirst : {true, false}) { // in the stream, where it makes no difference
        Stage stage({ruleOf(killAndExit(order))});
        if (killComesFirst)
            stage.event(100, wire::OomKill());
        stage.event(exitAt, exitOf(1));
        if (!killComesFirst)
            stage.event(100, wire::OomKill());
        QCOMPARE(stage.opened("r"), std::size_t(1));
        const wire::Insight &insight = stage.found.back().insight;
        QCOMPARE(stepsOf(insight.evidence).count("exit"), counts ? 1 : 0);
        QCOMPARE(int(insight.score), counts ? 60 : 50);
    }
}

void tst_EngineJoins::overlap_isNotAssertedWithinTheClocksUncertainty()
{
    for (const auto &[apart, isKnown] : {std::pair(29.9, true), {29.994, false}}) {
        Stage stage({ruleOf(killAndExit("overlap"))});
        stage.event(100, wire::OomKill(), pod("a"), "n1", 3 * nsPerMs);
        stage.event(100 + apart, exitOf(1), pod("a"), "n2", 4 * nsPerMs);
        QCOMPARE(int(stage.found.back().insight.score), isKnown ? 60 : 50);
    }
}

void tst_EngineJoins::contradiction_thatCameBeforeIsKept()
{
    Stage stage({ruleOf(killAndExit("before", "contradicting"))});
    stage.event(90, exitOf(1));
    stage.pass(95);
    QCOMPARE(stage.found.size(), std::size_t(0));
    stage.event(100, wire::OomKill());
    QCOMPARE(stepsOf(stage.found.at(0).insight.contradicting), QStringList{"exit"});
    QCOMPARE(int(stage.found.at(0).insight.score), 40);
    Stage later({ruleOf(killAndExit("before", "contradicting"))});
    later.event(100, wire::OomKill());
    later.event(101, exitOf(1));
    QCOMPARE(later.found.size(), std::size_t(1));
    QCOMPARE(int(later.found[0].insight.score), 50);
}

/// As what fails between a rollout and its rollback.
void tst_EngineJoins::contradiction_betweenTwoIsOfTheFirst()
{
    Stage stage({ruleOf(killAndExit("before", "contradicting"))});
    stage.event(100, wire::OomKill());
    stage.event(105, exitOf(1));
    stage.event(110, wire::OomKill());
    stage.pass(200);
    QVERIFY(stage.found.back().insight.contradicting.empty());
    QCOMPARE(int(stage.found.back().insight.score), 50);
}

void tst_EngineJoins::shareBefore_isThatOfThen()
{
    const std::string share = killAndExit("before", "contradicting")
                              + "share = 0.5\nof_at_least = 4\n"
                                "where = [{ field = \"failed\", equals = true }]\n";
    for (const bool failedBefore : {true, false}) {
        Stage stage({ruleOf(share)});
        stage.event(80, exitOf(failedBefore ? 1 : 0));
        stage.pass(82); // it waits
        for (int i = 0; i < 10; ++i)
            stage.event(90 + i * 0.5, exitOf(failedBefore || i == 0 ? 1 : 0));
        stage.pass(96);
        stage.event(100, wire::OomKill());
        for (int i = 0; i < 50; ++i) // what fails after it says nothing of before
            stage.event(101 + i * 0.1, exitOf(1));
        stage.pass(200);
        QCOMPARE(int(stage.found.back().insight.score), failedBefore ? 40 : 50);
    }
}

void tst_EngineJoins::beginning_isThatOfWhatCounts()
{
    Stage stage({ruleOf(killAndExit("overlap"))});
    stage.event(40, exitOf(1)); // too far away
    stage.event(95, exitOf(1));
    stage.event(100, wire::OomKill());
    QCOMPARE(stage.found.at(0).insight.fromNs, Stage::timeOf(95));
    QCOMPARE(stage.found[0].insight.evidenceCount, 2u);
}

void tst_EngineJoins::evidence_thatWaitedIsToldWhenThePodIsNamed()
{
    const wire::Origin now = pod("a");
    wire::Origin was;
    was.cgroupId = now.cgroupId;
    was.cgroupPath = now.cgroupPath;
    Stage stage({ruleOf(killAndExit("before"))});
    stage.event(100, wire::OomKill(), now);
    stage.event(95, exitOf(1), was);
    stage.engine().onAmendment(was, now, "n1");
    stage.pass(200);
    QCOMPARE(stepsOf(stage.found.back().insight.evidence), (QStringList{"exit", "kill"}));
    QCOMPARE(stage.found.back().insight.evidenceCount, 2u);
    QCOMPARE(stage.found.back().insight.fromNs, Stage::timeOf(95));
}

/// A step of an open insight waits for another one: when that comes, both are told, and neither twice.
void tst_EngineJoins::evidence_thatWaitedIsToldOnce()
{
    const std::string more = "[[step]]\nname = \"signal\"\nevent = \"signal.fatal\"\nrole = \"supporting\"\nwithin = \"1m\"\nscore = 5\n"
                             "[[step]]\nname = \"exit\"\nevent = \"process.exit\"\nrole = \"supporting\"\nwithin = \"1m\"\nscore = 10\n"
                             "before = \"signal\"\nbefore_within = \"30s\"\n";
    Stage stage({ruleOf(killStep + more)});
    stage.event(1, wire::OomKill());
    stage.event(2, exitOf(1));
    QCOMPARE(stage.found.size(), std::size_t(1));
    stage.event(3, wire::FatalSignal());
    QCOMPARE(stage.found.size(), std::size_t(2));
    QCOMPARE(stepsOf(stage.found[1].insight.evidence), (QStringList{"kill", "exit", "signal"}));
    QCOMPARE(stage.found[1].insight.evidenceCount, 3u);
    stage.event(4, wire::FatalSignal());
    stage.pass(70);
    QCOMPARE(stepsOf(stage.found.back().insight.evidence), (QStringList{"kill", "exit", "signal", "signal"}));
    QCOMPARE(stage.found.back().insight.evidenceCount, 4u);
}

void tst_EngineJoins::owners_areNamedOnce()
{
    std::string step = killStep;
    step += "affects = \"pod\"\nby = \"node\"\n";
    Stage stage({rootedRule("node", step)});
    wire::Origin other = pod("c");
    other.workloadKind = "StatefulSet";
    other.workloadName = "db";
    for (const wire::Origin &origin : {pod("a"), pod("b"), other})
        stage.event(1, wire::OomKill(), origin);
    stage.pass(100);
    QCOMPARE(stage.found.back().insight.affected, (std::vector<std::string>{"pod shop/a", "pod shop/b", "pod shop/c"}));
    QCOMPARE(stage.found.back().insight.owners, (std::vector<std::string>{"Deployment shop/web", "StatefulSet shop/db"}));
}

void tst_EngineJoins::owners_ofWhatNobodyRunsAreNone()
{
    wire::Origin alone = pod("a"), unknown = pod("b");
    alone.workloadKind = "Pod";
    alone.workloadName = "a";
    unknown.workloadKind.clear();
    unknown.workloadName.clear();
    for (const wire::Origin &origin : {alone, unknown, host()}) {
        Stage stage({ruleOf(killStep)});
        stage.event(1, wire::OomKill(), origin);
        QCOMPARE(stage.found.size(), std::size_t(1));
        QCOMPARE(stage.found[0].insight.owners, std::vector<std::string>());
    }
}

void tst_EngineJoins::owners_areKnownWhenThePodIsNamed()
{
    const wire::Origin now = pod("a");
    wire::Origin was;
    was.cgroupId = now.cgroupId;
    was.cgroupPath = now.cgroupPath;
    Stage stage({ruleOf(killStep)});
    stage.event(1, wire::OomKill(), was);
    QCOMPARE(stage.found.back().insight.owners, std::vector<std::string>());
    stage.engine().onAmendment(was, now, "n1");
    QCOMPARE(stage.found.back().insight.root, std::string("shop/a"));
    QCOMPARE(stage.found.back().insight.owners, std::vector<std::string>{"Deployment shop/web"});
    QCOMPARE(stage.found.back().insight.evidenceCount, 1u);
}

void tst_EngineJoins::whatFindsNoRoom_isCounted()
{
    EngineLimits limits;
    limits.processes = 4;
    Stage stage({rootedRule("process", gainThenExec), ruleOf(killStep)}, limits);
    for (std::uint32_t pid = 1; pid <= 7; ++pid) {
        stage.process = {pid, 0, pid, "p"};
        stage.event(pid, execOf(pid - 1));
    }
    QCOMPARE(stage.engine().forgotten(), std::uint64_t(3));
    wire::Origin origin = pod("a");
    for (int i = 0; i < 16'384 + 5; ++i) {
        origin.workloadName = "w" + std::to_string(i);
        stage.event(10, wire::OomKill(), origin);
    }
    QCOMPARE(stage.engine().forgotten(), std::uint64_t(3 + 5));
}

QTEST_APPLESS_MAIN(tst_EngineJoins)
#include "tst_enginejoins.moc"
