// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <functional>
#include <set>

#include "protocol/wire/evidence.h"
#include "tests/correlation/clusterstage.h"
#include "tests/correlation/traffic.h"

using namespace tapio;
using namespace tapio::correlation;
using wire::LinkState;
using wire::TcpOutcome;

namespace {

using Script = std::function<void(ClusterStage &)>;

/// Of a node of this number; its pods have such addresses, too.
wire::TcpConnection between(int from, int to, TcpOutcome outcome)
{
    wire::TcpConnection tcp = connection(outcome);
    tcp.local = address(static_cast<std::uint8_t>(from), static_cast<std::uint16_t>(40'000 + from));
    tcp.remote = address(static_cast<std::uint8_t>(to), 80);
    tcp.durationNs = 20'000'000'000;
    return tcp;
}

std::string node(int number) { return "n" + std::to_string(number); }
wire::Origin named(int number) { return pod("p" + std::to_string(number)); }

/// Each has shown its address, and reached the others.
void meet(ClusterStage &stage, int nodes)
{
    for (int from = 1; from <= nodes; ++from) {
        for (int to = 1; to <= nodes; ++to)
            stage.event(from * 0.1, between(from, to, TcpOutcome::Closed), node(from), named(from));
    }
}

/// Lost ones, one each second from `at` on.
void lose(ClusterStage &stage, double at, const std::vector<std::pair<int, int>> &pairs, TcpOutcome outcome = TcpOutcome::TimedOut)
{
    for (const auto &[from, to] : pairs)
        stage.event(at++, between(from, to, outcome), node(from), named(from));
}

Script partition(int nodes, std::vector<std::pair<int, int>> pairs, TcpOutcome outcome = TcpOutcome::TimedOut)
{
    return [=](ClusterStage &stage) {
        meet(stage, nodes);
        lose(stage, 100, pairs, outcome);
    };
}

wire::AgentNotice began(wire::AgentNoticeKind kind)
{
    wire::AgentNotice notice;
    notice.kind = kind;
    return notice;
}

wire::DnsQuery question(bool isAnswered, std::uint8_t server = 53)
{
    wire::DnsQuery dns;
    dns.server = address(server, 53);
    dns.outcome = isAnswered ? wire::DnsOutcome::Answered : wire::DnsOutcome::TimedOut;
    return dns;
}

wire::TcpConnection loopback(TcpOutcome outcome)
{
    wire::TcpConnection tcp = connection(outcome);
    tcp.remote.bytes[12] = 127;
    return tcp;
}

/// One of each of so many pods, in turn on so many nodes.
template <typename Make> Script spread(int pods, int nodes, double apart, Make make)
{
    return [=](ClusterStage &stage) {
        for (int i = 0; i < pods; ++i)
            stage.event(i * apart, make(i), node(1 + i % nodes), named(i));
    };
}

Script losing(std::uint64_t seenEach, std::uint64_t lostEach)
{
    return [=](ClusterStage &stage) {
        for (std::uint64_t i = 0; i < 20; ++i)
            stage.report(static_cast<double>(10 * i), "n2", seenEach * i, lostEach * i);
    };
}

/// What the agent's ring drops, it counts for its sources and for its stream.
Script losingInTheAgent(std::uint64_t seenEach, std::uint64_t droppedEach, std::uint64_t transitEach)
{
    return [=](ClusterStage &stage) {
        for (std::uint64_t i = 0; i < 20; ++i) {
            wire::StreamLoss loss;
            loss.droppedEvents = droppedEach * i;
            loss.transitEvents = transitEach * i;
            stage.onTheWay(static_cast<double>(10 * i), "n2", loss);
            stage.report(static_cast<double>(10 * i), "n2", seenEach * i, droppedEach * i);
        }
    };
}

const Workload front{"front", "n1", 11}, web{"web", "n2", 12}, cart{"cart", "n4", 13}, db{"db", "n3", 19};

Script traffic(std::vector<Traffic> all, double seconds = 200)
{
    return [=](ClusterStage &stage) { run(stage, all, 0, seconds); };
}

/// front, which somebody without an agent calls, calls web, which calls db; slow from these seconds on.
std::vector<Traffic> chain(double dbFrom, double webFrom, double frontFrom)
{
    const auto ok = [](double) { return std::uint16_t{200}; };
    return {{web, db, slowFrom(dbFrom), ok, false, 0},
            {front, web, slowFrom(webFrom), ok, false, 0.1},
            {{"outside", "", 99}, front, slowFrom(frontFrom), ok, true, 0.2}};
}

struct Play {
    const char *rule;
    const char *kind; ///< "find", "quiet", "near"
    const char *name;
    Script script;
    int opened = 0;
};

// NOLINTNEXTLINE(readability-function-size): a table
std::vector<Play> plays()
{
    const auto oom = [](int) { return wire::OomKill(); };
    const auto refused = [](int) { return connection(TcpOutcome::Refused); };
    const auto silent = [](int) { return question(false); };
    return {
        {"node-lost", "find", "its link goes",
         [](ClusterStage &stage) {
             stage.link(0, "n1", LinkState::Connected);
             stage.link(10, "n1", LinkState::Gone);
             stage.pass(50);
         },
         1},
        {"node-lost", "find", "nothing comes over its link",
         [](ClusterStage &stage) {
             stage.link(0, "n1", LinkState::Connected);
             stage.link(31, "n1", LinkState::Silent);
             stage.pass(40);
             stage.pass(41); // once
         },
         1},
        {"node-lost", "quiet", "it says goodbye",
         [](ClusterStage &stage) {
             stage.link(0, "n1", LinkState::Connected);
             stage.link(10, "n1", LinkState::Gone, true);
             stage.pass(5000);
         }},
        {"node-lost", "near", "it is back after 39 s",
         [](ClusterStage &stage) {
             stage.link(10, "n1", LinkState::Connected);
             stage.link(11, "n1", LinkState::Gone);
             stage.pass(49);
             stage.link(49, "n1", LinkState::Connected);
             stage.pass(51);
         }},
        {"node-lost", "near", "it is not Ready, and its agent is heard",
         [](ClusterStage &stage) {
             stage.link(0, "n1", LinkState::Connected);
             stage.kubernetes(10, wire::KubernetesFactKind::NodeNotReady, "n1");
             stage.pass(300);
         }},
        {"node-lost", "near", "it is removed after its agent said goodbye",
         [](ClusterStage &stage) {
             stage.link(0, "n1", LinkState::Connected);
             stage.link(10, "n1", LinkState::Gone, true);
             stage.kubernetes(11, wire::KubernetesFactKind::NodeRemoved, "n1");
             stage.pass(300);
         }},
        {"oom-spread", "find", "three nodes", spread(3, 3, 60, oom), 1},
        {"oom-spread", "find", "six pods on two nodes", spread(6, 2, 60, oom), 1},
        {"oom-spread", "quiet", "many kills of one pod", spread(30, 1, 1, [](int) { return wire::OomKill(); })},
        {"oom-spread", "near", "six pods of one node, which its agent tells", spread(6, 1, 10, oom)},
        {"oom-spread", "near", "five pods on two nodes", spread(5, 2, 10, oom)},
        {"oom-spread", "near", "three nodes, but slowly", spread(3, 3, 301, oom)},
        {"service-down", "find", "three clients on two nodes", spread(3, 2, 10, refused), 1},
        {"service-down", "quiet", "connections that go well", spread(60, 3, 1, [](int) { return connection(TcpOutcome::Closed); })},
        {"service-down", "near", "clients of one node, which its agent tells", spread(9, 1, 1, refused)},
        {"service-down", "near", "two clients on two nodes", spread(2, 2, 1, refused)},
        {"service-down", "near", "each at another destination",
         spread(9, 3, 1, [](int i) { return connection(TcpOutcome::Refused, 0, static_cast<std::uint8_t>(10 + i)); })},
        {"service-down", "near", "each at its own node's loopback", spread(4, 4, 1, [](int) { return loopback(TcpOutcome::Refused); })},
        {"dns-outage", "find", "three clients on two nodes", spread(3, 2, 10, silent), 1},
        {"dns-outage", "quiet", "answers", spread(60, 3, 1, [](int) { return question(true); })},
        {"dns-outage", "near", "clients of one node, which its agent tells", spread(9, 1, 1, silent)},
        {"dns-outage", "near", "each asks another server",
         spread(9, 3, 1, [](int i) { return question(false, static_cast<std::uint8_t>(60 + i)); })},
        {"network-partition", "find", "one is cut off from two", partition(3, {{1, 2}, {2, 1}, {1, 3}, {3, 1}}), 1},
        {"network-partition", "find", "no way there", partition(3, {{1, 2}, {2, 1}, {1, 3}}, TcpOutcome::Unreachable), 1},
        {"network-partition", "find", "one side tells only", partition(4, {{1, 3}, {2, 3}, {1, 4}, {2, 4}}), 1},
        {"network-partition", "quiet", "all reach each other", [](ClusterStage &stage) { meet(stage, 4); }},
        {"network-partition", "near", "two pairs", partition(2, {{1, 2}, {2, 1}, {1, 2}, {2, 1}})},
        {"network-partition", "near", "one node reaches nobody, which its agent tells", partition(4, {{1, 2}, {1, 3}, {1, 4}})},
        {"network-partition", "near", "three reach one node no longer, which may be down", partition(4, {{1, 4}, {2, 4}, {3, 4}})},
        {"network-partition", "near", "three pairs, but slowly",
         [](ClusterStage &stage) {
             meet(stage, 3);
             lose(stage, 100, {{1, 2}});
             lose(stage, 281, {{2, 3}});
             lose(stage, 462, {{3, 1}});
         }},
        {"network-partition", "near", "addresses that nobody ever reached", partition(3, {{1, 77}, {2, 77}, {1, 78}, {2, 78}, {3, 79}})},
        {"network-partition", "near", "given up, which is no timeout", partition(3, {{1, 2}, {2, 1}, {1, 3}, {3, 1}}, TcpOutcome::Aborted)},
        {"network-partition", "near", "within a node", partition(3, {{1, 1}, {2, 2}, {3, 3}})},
        {"service-dependency", "find", "errors of two callers",
         traffic({{web, db, slowFrom(1e9), failingFrom(100, 5)}, {cart, db, slowFrom(1e9), failingFrom(100, 5)}}), 1},
        {"service-dependency", "find", "slow for two callers", traffic({{web, db, slowFrom(100)}, {cart, db, slowFrom(100)}}), 1},
        {"service-dependency", "find", "as the callee itself tells",
         traffic({{web, db, slowFrom(100), failingFrom(1e9, 1), true}, {cart, db, slowFrom(100), failingFrom(1e9, 1), true}}), 1},
        {"service-dependency", "quiet", "all goes well", traffic({{web, db}, {cart, db}, {front, web}})},
        {"service-dependency", "near", "one caller", traffic({{web, db, slowFrom(100), failingFrom(100, 5)}})},
        {"service-dependency", "near", "one error in forty",
         traffic({{web, db, slowFrom(1e9), failingFrom(100, 40)}, {cart, db, slowFrom(1e9), failingFrom(100, 40)}}, 400)},
        {"service-dependency", "near", "twice as long", traffic({{web, db, slowFrom(100, 20)}, {cart, db, slowFrom(100, 20)}})},
        {"service-dependency", "near", "slow from the beginning", traffic({{web, db, slowFrom(0)}, {cart, db, slowFrom(0)}})},
        {"service-dependency", "near", "two callees of one caller each", traffic({{web, db, slowFrom(100)}, {cart, front, slowFrom(100)}})},
        {"latency-propagation", "find", "one hop", traffic(chain(100, 103, 1e9)), 1},
        {"latency-propagation", "find", "two hops are two", traffic(chain(100, 110, 120)), 2},
        {"latency-propagation", "quiet", "all goes well", traffic(chain(1e9, 1e9, 1e9))},
        {"latency-propagation", "near", "the caller was slow first", traffic(chain(110, 100, 1e9))},
        {"latency-propagation", "near", "too long after", traffic(chain(100, 145, 1e9), 300)},
        {"latency-propagation", "near", "who is slow does not call who was",
         traffic({{web, db, slowFrom(100)}, {front, cart, slowFrom(105)}})},
        {"latency-propagation", "near", "in an order that the clocks do not tell",
         [](ClusterStage &stage) {
             stage.clocks["n1"].uncertaintyNs = stage.clocks["n2"].uncertaintyNs = 3 * nsPerSecond;
             run(stage, chain(100, 105, 1e9), 0, 200);
         }},
        {"agent-cut-off", "find", "one was killed", spread(1, 1, 1, [](int) { return began(wire::AgentNoticeKind::CutOff); }), 1},
        {"agent-cut-off", "find", "again and again", spread(5, 1, 60, [](int) { return began(wire::AgentNoticeKind::CutOff); }), 1},
        {"agent-cut-off", "quiet", "one was stopped", spread(3, 1, 60, [](int) { return began(wire::AgentNoticeKind::Began); })},
        {"agent-cut-off", "near", "one thins, and does not end",
         spread(3, 1, 1, [](int) { return began(wire::AgentNoticeKind::ShedBegin); })},
        {"stream-loss", "find", "one in a hundred", losing(10'000, 100), 1},
        {"stream-loss", "find", "on the way", losingInTheAgent(10'000, 0, 100), 1},
        {"stream-loss", "quiet", "nothing", losing(10'000, 0)},
        {"stream-loss", "near", "six of ten thousand, that are told twice", losingInTheAgent(10'000, 6, 0)},
        {"stream-loss", "near", "one in a thousand", losing(10'000, 10)},
        {"stream-loss", "near", "half, but of few", losing(100, 50)},
    };
}

} // namespace

class tst_ClusterRules : public QObject {
    Q_OBJECT

private slots:
    void plays_data();
    void plays();
    void everyRule_isPlayedThreeWays();
    void partition_ofBothSides_isSurer();
    void partition_whileSomeGetThrough_isLessSure();
    void lostNode_thatOthersReach_isLessSure();
    void clocks_areCorrected();
    void clockAhead_thatNobodyCompared_isNotBelieved();
    void order_isNotAssertedWithinTheClocksUncertainty_data();
    void order_isNotAssertedWithinTheClocksUncertainty();
    void amendment_movesWhatWasFound();
    void rules_thatAreReadAgain();
    void everyEvent_isAccountedFor();
};

void tst_ClusterRules::plays_data()
{
    QTest::addColumn<int>("index");
    int index = 0;
    for (const Play &play : ::plays())
        QTest::addRow("%s, %s: %s", play.rule, play.kind, play.name) << index++;
}

void tst_ClusterRules::plays()
{
    QFETCH(int, index);
    const Play play = ::plays()[static_cast<std::size_t>(index)];
    ClusterStage stage;
    play.script(stage);
    QCOMPARE(static_cast<int>(stage.opened(play.rule)), play.opened);
    QCOMPARE(play.opened > 0, play.kind == std::string("find"));
    for (const auto &told : stage.found) {
        QVERIFY(!told.insight.evidence.empty()); // no insight without evidence
        QVERIFY(told.insight.text.find('{') == std::string::npos);
        QVERIFY(told.insight.text.ends_with("(found across nodes by the server hq)"));
    }
}

void tst_ClusterRules::everyRule_isPlayedThreeWays()
{
    std::map<std::string, std::set<std::string>> kinds;
    for (const Play &play : ::plays())
        kinds[play.rule].insert(play.kind);
    for (const Rule &rule : ofScope(loadRules(TAPIO_RULES), RuleScope::Cluster).rules)
        QVERIFY2(kinds[rule.id] == (std::set<std::string>{"find", "near", "quiet"}), rule.id.c_str());
}

void tst_ClusterRules::partition_ofBothSides_isSurer()
{
    ClusterStage both, one;
    partition(3, {{1, 2}, {2, 1}, {1, 3}, {3, 1}})(both);
    partition(4, {{1, 3}, {2, 3}, {1, 4}, {2, 4}})(one);
    const auto sure = both.last("network-partition"), unsure = one.last("network-partition");
    QVERIFY(sure.insight.score > unsure.insight.score);
    QCOMPARE(sure.severity, wire::Severity::Critical);
    QCOMPARE(unsure.severity, wire::Severity::Error);
    QVERIFY2(unsure.insight.text.find("of 0 pairs the agents of both sides agree") != std::string::npos, unsure.insight.text.c_str());
    QVERIFY2(sure.insight.text.find("of 2 pairs the agents of both sides agree") != std::string::npos, sure.insight.text.c_str());
}

void tst_ClusterRules::partition_whileSomeGetThrough_isLessSure()
{
    ClusterStage stage;
    partition(3, {{1, 2}, {2, 1}, {1, 3}, {3, 1}})(stage);
    const int before = stage.last("network-partition").insight.score;
    stage.event(110, between(1, 2, TcpOutcome::Closed), "n1", named(1));
    stage.event(111, between(2, 3, TcpOutcome::TimedOut), "n2", named(2));
    stage.event(175, between(2, 3, TcpOutcome::TimedOut), "n2", named(2));
    QVERIFY(stage.last("network-partition").insight.score < before);
    QCOMPARE(stage.last("network-partition").insight.contradicting.size(), std::size_t(1));
}

void tst_ClusterRules::lostNode_thatOthersReach_isLessSure()
{
    ClusterStage stage;
    meet(stage, 3);
    stage.link(0, "n3", LinkState::Connected);
    stage.link(10, "n3", LinkState::Gone);
    stage.pass(50);
    const int before = stage.last("node-lost").insight.score;
    stage.event(60, between(1, 3, TcpOutcome::Closed), "n1", named(1));
    QVERIFY(stage.last("node-lost").insight.score < before);
}

void tst_ClusterRules::clocks_areCorrected()
{
    ClusterStage stage;
    spread(3, 3, 60, [](int) { return wire::OomKill(); })(stage);
    const auto found = stage.last("oom-spread").insight;
    QCOMPARE(found.fromNs, Stage::timeOf(0));
    QCOMPARE(found.toNs, Stage::timeOf(120));
    std::int64_t last = 0;
    for (const std::string &line : found.evidence) {
        const auto evidence = wire::parseEvidence(line);
        QVERIFY(evidence->timeNs >= last && evidence->seq > 0);
        last = evidence->timeNs;
    }
}

void tst_ClusterRules::clockAhead_thatNobodyCompared_isNotBelieved()
{
    ClusterStage stage;
    stage.clocks["n3"] = {-3600 * nsPerSecond, -1};
    stage.event(0, wire::OomKill(), "n3", named(3)); // what the others say next is not an hour late
    stage.event(60, wire::OomKill(), "n1", named(1));
    stage.event(120, wire::OomKill(), "n2", named(2));
    QCOMPARE(stage.opened("oom-spread"), std::size_t(1));
    const auto found = stage.last("oom-spread").insight;
    QCOMPARE(found.fromNs, Stage::timeOf(0));
    QCOMPARE(found.toNs, Stage::timeOf(120));
}

void tst_ClusterRules::order_isNotAssertedWithinTheClocksUncertainty_data()
{
    QTest::addColumn<double>("apart");
    QTest::addColumn<int>("uncertaintyMs");
    QTest::addColumn<int>("opened");
    QTest::newRow("well after") << 1.0 << 100 << 1;
    QTest::newRow("by no more than both are unsure of") << 0.2 << 100 << 0;
    QTest::newRow("just beyond") << 0.201 << 100 << 1;
    QTest::newRow("before") << -1.0 << 100 << 0;
    QTest::newRow("a clock that nobody compared") << 1.0 << -1 << 0;
}

void tst_ClusterRules::order_isNotAssertedWithinTheClocksUncertainty()
{
    QFETCH(double, apart);
    QFETCH(int, uncertaintyMs);
    QFETCH(int, opened);
    const auto rule =
        parseRule("id = \"r\"\ntitle = \"t\"\nscope = \"cluster\"\nroot = \"cluster\"\nseverity = \"error\"\n"
                  "lifetime = \"5m\"\ncooldown = \"5m\"\nsummary = \"s\"\n"
                  "[[step]]\nname = \"kill\"\nevent = \"oom.kill\"\nwithin = \"1m\"\n"
                  "[[step]]\nname = \"exit\"\nevent = \"process.exit\"\nwithin = \"1m\"\nafter = \"kill\"\nafter_within = \"1m\"\n",
                  "r.toml");
    QVERIFY(rule.has_value());
    ClusterStage stage({*rule});
    stage.clocks["n1"].uncertaintyNs = 100 * nsPerMs;
    stage.clocks["n2"].uncertaintyNs = uncertaintyMs < 0 ? -1 : uncertaintyMs * nsPerMs;
    stage.event(10, wire::OomKill(), "n1");
    stage.event(10 + apart, wire::ProcessExit(), "n2");
    QCOMPARE(static_cast<int>(stage.opened("r")), opened);
}

void tst_ClusterRules::amendment_movesWhatWasFound()
{
    const auto rule = parseRule("id = \"r\"\ntitle = \"t\"\nscope = \"cluster\"\nroot = \"pod\"\nseverity = \"error\"\n"
                                "lifetime = \"5m\"\ncooldown = \"5m\"\nsummary = \"s\"\n"
                                "[[step]]\nname = \"kill\"\nevent = \"oom.kill\"\nwithin = \"1m\"\ncount = 2\n",
                                "r.toml");
    ClusterStage stage({*rule});
    wire::Origin vague;
    vague.cgroupPath = "/kubepods/poda/c1";
    stage.event(0, wire::OomKill(), "n1", vague);
    wire::EventBatch amending;
    amending.firstSeq = 2;
    amending.origins = {vague, pod("a")};
    amending.amendments = {{0, 0, 1, 1, 1, 1}};
    stage.scope().onDelivery({"n1", 0, 0, 0, {7, 2, 0, std::move(amending)}});
    stage.event(1, wire::OomKill(), "n1", pod("a"));
    QCOMPARE(stage.opened("r"), std::size_t(1));
    QCOMPARE(stage.scope().counters().amendments, std::uint64_t(1));
}

/// What did not change goes on; what is gone ends; and node scope's are left out.
void tst_ClusterRules::rules_thatAreReadAgain()
{
    const auto rule = [](const std::string &id, const char *severity, const char *scope = "cluster") {
        return *parseRule("id = \"" + id + "\"\ntitle = \"t\"\nscope = \"" + scope + "\"\nroot = \"pod\"\nseverity = \"" + severity
                              + "\"\nlifetime = \"5m\"\ncooldown = \"5m\"\nsummary = \"s\"\n"
                                "[[step]]\nname = \"kill\"\nevent = \"oom.kill\"\nwithin = \"1m\"\ncount = 2\n",
                          id + ".toml");
    };
    ClusterStage stage({rule("stays", "error"), rule("goes", "error")});
    stage.event(0, wire::OomKill());
    stage.scope().setRules({rule("stays", "error"), rule("new", "error"), rule("node", "error", "node")});
    stage.event(1, wire::OomKill());
    QCOMPARE(stage.opened("stays"), std::size_t(1)); // with the one from before
    QCOMPARE(stage.opened("goes") + stage.opened("new") + stage.opened("node"), std::size_t(0));
    stage.event(2, wire::OomKill());
    QCOMPARE(stage.opened("new"), std::size_t(1));
    QCOMPARE(stage.opened("node"), std::size_t(0));
    stage.pass(3);
    stage.scope().setRules({});
    stage.pass(4);
    QCOMPARE(stage.of("stays", wire::InsightState::Expired).size(), std::size_t(1));
    QVERIFY(stage.scope().wanted().empty());
}

void tst_ClusterRules::everyEvent_isAccountedFor()
{
    ClusterStage stage;
    meet(stage, 4);
    stage.event(5, wire::Insight(), "n1");
    stage.event(-2e9, wire::OomKill(), "n1");
    const ScopeCounters counters = stage.scope().counters();
    QCOMPARE(counters.events, std::uint64_t(16));
    QCOMPARE(counters.insights, std::uint64_t(1));
    QCOMPARE(counters.untimely, std::uint64_t(1));
    std::uint64_t told = 0;
    for (const RuleCounters &rule : stage.scope().ruleCounters())
        told += rule.opened + rule.updated + rule.resolved + rule.expired + rule.reopened;
    QCOMPARE(told, counters.found);
}

QTEST_GUILESS_MAIN(tst_ClusterRules)
#include "tst_clusterrules.moc"
