// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <fstream>
#include <set>

#include "agent/replay/mixture.h"
#include "agent/replay/suite.h"
#include "protocol/recording/writer.h"
#include "tests/replay/deliveries.h"

using namespace tapio;
using namespace tapio::replay;
using correlation::connection;
using correlation::pod;
using wire::TcpOutcome;

namespace {

Replayable shipped() { return replayable(correlation::shippedRules().rules); }

Label labelOf(const wire::Origin &origin, double from, double to, std::vector<std::string> expected)
{
    return {"a fault", "n1", origin.namespaceName + '/' + origin.podName, timeOf(from), timeOf(to), 10 * nsPerSecond, std::move(expected),
            {},        false};
}

Scenario scenario(const std::string &name, const Stream &stream, std::vector<Label> labels = {})
{
    Scenario one;
    one.name = one.family = name;
    one.received.assign(stream.deliveries.begin(), stream.deliveries.end());
    one.labels = std::move(labels);
    one.beginNs = beginNs;
    one.endNs = timeOf(60);
    return one;
}

/// A pod of a workload of its own.
wire::Origin own(const std::string &name)
{
    wire::Origin origin = pod(name);
    origin.workloadName = name;
    return origin;
}

Scenario kill(const std::string &name)
{
    Stream stream;
    stream.event(5, wire::OomKill(), own(name));
    stream.event(6, wire::OomKill(), own(name));
    return scenario("kill-" + name, stream, {labelOf(own(name), 4, 7, {"oom-kill"})});
}

Scenario well(const std::string &name)
{
    Stream stream("n2", 9);
    for (int i = 0; i < 30; ++i)
        stream.event(i, connection(TcpOutcome::Closed), own(name));
    return scenario("well-" + name, stream);
}

Scenario leak(const std::string &name, bool hasSamples = true)
{
    Stream stream;
    stream.memory(0, 900, 4'000'000, own(name));
    Scenario one = scenario("leak-" + name, stream, {labelOf(own(name), 0, 900, {"memory-leak"})});
    one.endNs = timeOf(910);
    one.hasSamples = hasSamples;
    return one;
}

Scenario flat(const std::string &name)
{
    Stream stream("n2", 9);
    stream.memory(0, 900, 0, own(name));
    Scenario one = scenario("flat-" + name, stream);
    one.endNs = timeOf(910);
    one.hasSamples = true;
    return one;
}

std::size_t samplesOf(const Scenario &scenario, const std::string &path)
{
    std::size_t count = 0;
    for (const recording::Received &received : scenario.received) {
        const auto *batch = std::get_if<wire::SampleBatch>(&std::get<wire::Delivery>(received).frame.body);
        if (batch == nullptr)
            continue;
        count += static_cast<std::size_t>(std::count_if(batch->samples.begin(), batch->samples.end(), [&](const wire::Sample &sample) {
            return batch->origins[sample.origin].cgroupPath == path;
        }));
    }
    return count;
}

bool isInOrder(const Scenario &scenario)
{
    return std::is_sorted(scenario.received.begin(), scenario.received.end(),
                          [](const auto &a, const auto &b) { return recording::receivedNs(a) < recording::receivedNs(b); });
}

wire::AgentState link(double at, wire::LinkState state, bool saidBye = false)
{
    wire::AgentState link;
    link.node = "n1";
    link.state = state;
    link.toldNs = link.sinceNs = timeOf(at);
    link.saidBye = saidBye;
    return link;
}

/// A node whose link ends, with or without a farewell.
Scenario ending(bool saidBye, std::vector<Label> labels)
{
    Scenario one = scenario("ending", Stream(), std::move(labels));
    one.received = {link(1, wire::LinkState::Connected), link(5, wire::LinkState::Gone, saidBye)};
    one.hasLinks = true;
    return one;
}

void write(const std::filesystem::path &file, const Scenario &scenario, const std::string &label)
{
    auto sink = recording::createFile(file);
    auto writer = recording::Writer::begin(std::move(*sink), {recording::Origin::Generated, scenario.beginNs});
    for (const recording::Received &received : scenario.received) {
        if (!writer->add(received))
            qFatal("not written");
    }
    if (!writer->close(scenario.endNs, 0, 0))
        qFatal("not closed");
    if (!label.empty())
        std::ofstream(labelFileOf(file)) << label;
}

std::vector<std::string> expectedIn(const Scenario &scenario)
{
    std::vector<std::string> all;
    for (const Label &label : scenario.labels)
        all.insert(all.end(), label.expected.begin(), label.expected.end());
    return all;
}

Scenario spreadingKill(const std::string &name)
{
    Scenario one = kill(name);
    one.labels[0].onThreeNodes = {"oom-spread"};
    return one;
}

} // namespace

class tst_Mixture : public QObject {
    Q_OBJECT

private slots:
    void spread_isFoundOnThreeNodes_data();
    void spread_isFoundOnThreeNodes();
    void spread_movesAlong();
    void spread_isTrueOnce();
    void plannedSpreads_areTwoEach();
    void whatNeedsSeveralNodes_isNotJudgedOnOne();
    void links_areHeardByAllRulesAcrossNodes();
    void whatHasLinks_isMixedWithNothing();
    void plans_keepWorkloadsApart();
    void plans_keepFindingsOfTheNodeApart();
    void aMixture_isOfOneNodeAndMovesItsLabels();
    void twoKills_areACascade();
    void plans_dependOnTheSeedAlone();
    void samples_areJudgedWhereTheyAre();
    void samples_moveAlongAndOfTheNodeOnce();
    void plans_keepSamplesTogether();
    void aFolder_isSplitByFamily();
    void wrongFolders_data();
    void wrongFolders();
};

void tst_Mixture::aMixture_isOfOneNodeAndMovesItsLabels()
{
    const Scenario mixture = mix(well("a"), kill("b"), 20 * nsPerSecond);
    QVERIFY(mixture.isMixture);
    QCOMPARE(mixture.labels.size(), std::size_t(1));
    QCOMPARE(mixture.labels[0].fromNs, timeOf(24));
    QCOMPARE(mixture.labels[0].node, std::string("n2"));
    QCOMPARE(mixture.endNs, timeOf(80));
    QCOMPARE(mixture.events, std::uint64_t(32));
    QVERIFY(isInOrder(mixture));
    QVERIFY(std::all_of(mixture.received.begin(), mixture.received.end(), [](const auto &one) { return recording::nodeOf(one) == "n2"; }));
    const auto judgement = judgeScenario(mixture, shipped());
    QVERIFY(judgement && judgement->rules.at("oom-kill") == (Counts{1, 0, 0, 0}));
    QCOMPARE(judgement->verdicts[0].leadNs, nsPerSecond);
}

void tst_Mixture::twoKills_areACascade()
{
    const Scenario mixture = mix(kill("a"), kill("b"), 20 * nsPerSecond);
    QCOMPARE(mixture.labels.size(), std::size_t(3));
    QCOMPARE(mixture.labels[2].expected, (std::vector<std::string>{"oom-cascade"}));
    const auto judgement = judgeScenario(mixture, shipped());
    QVERIFY(judgement && judgement->rules.at("oom-cascade") == (Counts{1, 0, 0, 0}));
    QVERIFY(judgement->rules.at("oom-kill") == (Counts{2, 0, 0, 0}));
    QCOMPARE(mix(kill("a"), kill("a"), nsPerSecond).labels.size(), std::size_t(2)); // of the same pod
    const Scenario three = mix(mixture, kill("c"), nsPerSecond);                    // is one cascade, which begins with the second pod
    QCOMPARE(three.labels.size(), std::size_t(4));
    QCOMPARE(three.labels[3].fromNs, timeOf(5));
    const auto again = judgeScenario(three, shipped());
    QVERIFY(again && again->rules.at("oom-cascade") == (Counts{1, 0, 0, 0}));
}

void tst_Mixture::plans_dependOnTheSeedAlone()
{
    const std::vector<Scenario> all{kill("a"), well("x"), kill("b"), well("y"), well("z")};
    const auto plan = planMixtures(all, 7, 3);
    QVERIFY(plan == planMixtures(all, 7, 3));
    QVERIFY(plan != planMixtures(all, 8, 3));
    QCOMPARE(plan.size(), std::size_t(2 * 3 * 2 + 2));
    for (const MixtureSpec &spec : plan) {
        QVERIFY(all[spec.first].family != all[spec.second].family);
        QVERIFY(spec.shiftNs >= 0 && spec.shiftNs < 60 * nsPerSecond);
    }
    const auto first = plan[0]; // the same on every machine: the generator is the standard's, and nothing else is asked
    QCOMPARE(first.second, std::size_t(0));
    QVERIFY(all[first.first].labels.empty());
    QVERIFY(planMixtures({}, 7, 3).empty());
    QCOMPARE(planMixtures({kill("a")}, 7, 3).size(), std::size_t(0)); // nothing to mix it with
}

/// Rules that need them are right or wrong only where there are some: elsewhere the fault is one that no rule is there for.
void tst_Mixture::samples_areJudgedWhereTheyAre()
{
    const auto heard = judgeScenario(leak("a"), shipped());
    QVERIFY(heard && heard->rules.at("memory-leak") == (Counts{1, 0, 0, 0}));
    const auto deaf = judgeScenario(leak("a", false), shipped());
    QVERIFY(deaf && !deaf->rules.contains("memory-leak"));
    QVERIFY(deaf->rules.at(std::string(noRule)) == (Counts{0, 0, 1, 0}));
    const auto well = judgeScenario(flat("a"), shipped());
    QVERIFY(well && well->rules.at("memory-leak") == (Counts{0, 0, 0, 1}));
}

void tst_Mixture::samples_moveAlongAndOfTheNodeOnce()
{
    const Scenario one = flat("a"), two = leak("b");
    const Scenario mixture = mix(one, two, 300 * nsPerSecond);
    QVERIFY(mixture.hasSamples);
    QCOMPARE(samplesOf(mixture, pod("a").cgroupPath), samplesOf(one, pod("a").cgroupPath));
    QCOMPARE(samplesOf(mixture, pod("b").cgroupPath), samplesOf(two, pod("b").cgroupPath));
    QCOMPARE(samplesOf(mixture, "/"), samplesOf(one, "/"));
    std::int64_t lastNs = 0;
    for (const recording::Received &received : mixture.received)
        lastNs = std::max(lastNs, std::get<wire::SampleBatch>(std::get<wire::Delivery>(received).frame.body).timeNs);
    QCOMPARE(lastNs, timeOf(1200));
    const auto judgement = judgeScenario(mixture, shipped());
    QVERIFY(judgement && judgement->rules.at("memory-leak") == (Counts{1, 0, 0, 0}));
    Scenario ofNode = two; // what is to be found of the second one's node is seen in its samples
    ofNode.labels.at(0).entity = recording::nodeOf(ofNode.received.front());
    ofNode.received.pop_back(); // so that it has fewer
    QVERIFY(samplesOf(ofNode, "/") != samplesOf(one, "/"));
    QCOMPARE(samplesOf(mix(one, ofNode, 300 * nsPerSecond), "/"), samplesOf(ofNode, "/"));
    QCOMPARE(samplesOf(mix(ofNode, ofNode, 300 * nsPerSecond), "/"), samplesOf(ofNode, "/")); // of both: the first's
    const Scenario half = mix(well("a"), two, 0);
    QVERIFY(!half.hasSamples);
    QCOMPARE(samplesOf(half, "/"), samplesOf(two, "/")); // of the first there were none
}

void tst_Mixture::plans_keepSamplesTogether()
{
    const std::vector<Scenario> all{kill("a"), well("x"), leak("b"), flat("y"), leak("c"), well("z")};
    for (const MixtureSpec &spec : planMixtures(all, 7, 20)) {
        for (const std::size_t fault : {spec.first, spec.second}) {
            if (!all[fault].labels.empty() && all[fault].hasSamples)
                QVERIFY(all[spec.first].hasSamples && all[spec.second].hasSamples);
        }
    }
}

void tst_Mixture::aFolder_isSplitByFamily()
{
    QTemporaryDir folder;
    const std::filesystem::path place = folder.path().toStdString();
    write(place / "a.tapiorec", kill("a"),
          "what = \"w\"\nfamily = \"kills\"\nmade = \"m\"\n[[label]]\nwhat = \"k\"\nentity = \"shop/a\"\nfrom = 2023-11-14T22:13:24Z\n"
          "to = 2023-11-14T22:13:27Z\nexpected = [\"oom-kill\"]\n");
    write(place / "b.tapiorec", well("b"), "what = \"w\"\nfamily = \"well\"\nmade = \"m\"\nhealthy = true\n");
    const auto plain = loadSuite(place);
    QVERIFY2(plain, plain ? "" : plain.error().message().c_str());
    QCOMPARE(plain->others.size(), std::size_t(2));
    std::ofstream(place / "suite.toml") << "tuned = [\"well\"]\nheld = [\"kills\"]\nseed = 3\nrounds = 2\n";
    const auto suite = loadSuite(place);
    QVERIFY2(suite, suite ? "" : suite.error().message().c_str());
    QCOMPARE(suite->tuned.size(), std::size_t(1));
    QCOMPARE(suite->held.size(), std::size_t(1));
    QCOMPARE(suite->rounds, 2u);
    const auto score = scoreOf(suite->held, *suite, shipped());
    QVERIFY(score && score->recorded.tp == 1 && score->recorded.fn == 0 && score->recorded.fp == 0);
    const auto one = loadSuite(place / "a.tapiorec");
    QVERIFY(one && one->others.size() == 1 && one->others[0].events == 2);
    std::ofstream(place / "c.tapiorec") << "no recording";
    const auto rest = loadSuite(place);
    QVERIFY(rest && rest->unread.size() == 1);
    QCOMPARE(rest->unread[0].file, place / "c.tapiorec");
    QVERIFY(rest->tuned.size() == 1 && rest->held.size() == 1);
}

void tst_Mixture::wrongFolders_data()
{
    QTest::addColumn<std::string>("label");
    QTest::addColumn<std::string>("suite");
    QTest::addColumn<std::string>("reason");
    const std::string well = "what = \"w\"\nfamily = \"well\"\nmade = \"m\"\nhealthy = true\n";
    QTest::newRow("nothing says what is true") << std::string() << std::string() << std::string("nothing says what is to be found");
    QTest::newRow("well, or not") << std::string("what = \"w\"\nfamily = \"f\"\nmade = \"m\"\n") << std::string()
                                  << std::string("say 'healthy = true'");
    QTest::newRow("well, with a fault")
        << well + "[[label]]\nwhat = \"k\"\nentity = \"x\"\nfrom = 2023-11-14T22:13:24Z\nto = 2023-11-14T22:13:27Z\nexpected = []\n"
        << std::string() << std::string("says that all is well, and there are faults in it");
    QTest::newRow("on neither side") << well << std::string("tuned = []\nheld = [\"other\"]\n")
                                     << std::string("'well' of a is on neither side");
    QTest::newRow("on both sides") << well << std::string("tuned = [\"well\"]\nheld = [\"well\"]\n") << std::string("is on both sides");
    QTest::newRow("no sides") << well << std::string("tuned = []\n") << std::string("'held' is missing");
    QTest::newRow("too many mixtures") << well << std::string("tuned = []\nheld = []\nrounds = 1000\n") << std::string("from 0 to 100");
}

void tst_Mixture::wrongFolders()
{
    QFETCH(std::string, label);
    QFETCH(std::string, suite);
    QFETCH(std::string, reason);
    QTemporaryDir folder;
    const std::filesystem::path place = folder.path().toStdString();
    const auto empty = loadSuite(place);
    QVERIFY(!empty && empty.error().code() == Errc::NotFound);
    write(place / "a.tapiorec", well("a"), label);
    if (!suite.empty())
        std::ofstream(place / "suite.toml") << suite;
    const auto loaded = loadSuite(place);
    QVERIFY(!loaded);
    QVERIFY2(loaded.error().context().find(reason) != std::string::npos, loaded.error().context().c_str());
}

void tst_Mixture::spread_isFoundOnThreeNodes_data()
{
    QTest::addColumn<int>("nodes");
    QTest::addColumn<quint64>("tp");
    QTest::addColumn<quint64>("tn");
    QTest::newRow("two") << 2 << quint64(0) << quint64(1);
    QTest::newRow("three") << 3 << quint64(1) << quint64(0);
    QTest::newRow("four") << 4 << quint64(1) << quint64(0);
}

void tst_Mixture::spread_isFoundOnThreeNodes()
{
    QFETCH(int, nodes);
    std::vector<std::int64_t> shifts;
    for (int i = 0; i < nodes; ++i)
        shifts.push_back(i * 10 * nsPerSecond);
    const auto judgement = judgeScenario(spread(spreadingKill("a"), shifts), shipped());
    QVERIFY(judgement.has_value());
    const Counts counts = judgement->rules.at("oom-spread");
    QTEST(quint64(counts.tp), "tp");
    QTEST(quint64(counts.tn), "tn");
    QCOMPARE(counts.fp + counts.fn, std::uint64_t(0));
    QCOMPARE(judgement->rules.at("service-down").tn, std::uint64_t(1));
}

void tst_Mixture::spread_movesAlong()
{
    const Scenario one = spreadingKill("a"), all = spread(one, {0, 3 * nsPerSecond, 7 * nsPerSecond});
    QVERIFY(all.isMixture && all.isSpread && !one.isSpread);
    QCOMPARE(all.received.size(), 3 * one.received.size());
    QVERIFY(isInOrder(all));
    std::set<std::pair<std::string, std::uint64_t>> streams;
    for (const recording::Received &received : all.received)
        streams.emplace(recording::nodeOf(received), std::get<wire::Delivery>(received).frame.streamId);
    QCOMPARE(streams.size(), std::size_t(3));
    QCOMPARE(recording::receivedNs(all.received.back()), recording::receivedNs(one.received.back()) + 7 * nsPerSecond);
    QCOMPARE(all.labels.size(), std::size_t(1));
    QCOMPARE(all.labels[0].fromNs, one.labels[0].fromNs + 7 * nsPerSecond); // before, it is not true yet
    QVERIFY(all.labels[0].node.empty());
}

void tst_Mixture::spread_isTrueOnce()
{
    Scenario one = spreadingKill("a");
    one.labels.push_back(one.labels[0]);
    one.labels[1].fromNs -= nsPerSecond;
    one.labels.push_back(labelOf(pod("a"), 0, 1, {"descriptors"}));
    one.labels[1].onTwoNodes = {"service-down"};
    const Scenario all = spread(one, {0, 0, 0});
    QCOMPARE(expectedIn(all), (std::vector<std::string>{"oom-spread", "service-down"}));
    QCOMPARE(all.labels[0].fromNs, one.labels[1].fromNs);
    QCOMPARE(expectedIn(spread(one, {0, 0})), std::vector<std::string>{"service-down"});
    QVERIFY(spread(one, {0}).labels.empty());
}

void tst_Mixture::plannedSpreads_areTwoEach()
{
    const std::vector<Scenario> some{kill("a"), well("b"), leak("c")};
    const auto specs = planSpreads(some, 7);
    QCOMPARE(specs.size(), std::size_t(4)); // of what has samples none
    for (std::size_t i = 0; i < specs.size(); ++i) {
        QCOMPARE(specs[i].scenario, i / 2);
        QCOMPARE(specs[i].shiftsNs.size(), 2 + i % 2);
        QVERIFY(specs[i].shiftsNs[0] == 0 && std::is_sorted(specs[i].shiftsNs.begin(), specs[i].shiftsNs.end()));
        QVERIFY(specs[i].shiftsNs.back() < 2 * longestApartNs);
    }
    const auto again = planSpreads(some, 7), others = planSpreads(some, 8);
    QVERIFY(again[3].shiftsNs == specs[3].shiftsNs);
    QVERIFY(others[3].shiftsNs != specs[3].shiftsNs);
}

void tst_Mixture::whatNeedsSeveralNodes_isNotJudgedOnOne()
{
    const Replayable rules = shipped();
    QVERIFY(rules.acrossNodes->size() >= 5);
    const auto judgement = judgeScenario(kill("a"), rules);
    for (const correlation::Rule &rule : *rules.acrossNodes)
        QVERIFY2(!judgement->rules.contains(rule.id), rule.id.c_str());
    QCOMPARE(rules.onlyWithLinks, (std::vector<std::string>{"node-lost", "stream-loss"}));
    QCOMPARE(rules.withLinks->size(), rules.acrossNodes->size() + 2);
}

void tst_Mixture::links_areHeardByAllRulesAcrossNodes()
{
    Label lost{"it is gone", {}, "n1", timeOf(5), timeOf(50), 10 * nsPerSecond, {"node-lost"}, {}, false};
    const auto found = judgeScenario(ending(false, {lost}), shipped());
    QVERIFY(found && found->rules.at("node-lost") == (Counts{1, 0, 0, 0}));
    QCOMPARE(found->rules.at("network-partition"), (Counts{0, 0, 0, 1}));
    const auto silent = judgeScenario(ending(true, {}), shipped()); // it said goodbye
    QVERIFY(silent && silent->rules.at("node-lost") == (Counts{0, 0, 0, 1}));
    Scenario without = kill("a"); // nobody could hear it there
    lost.toNs = timeOf(6);
    without.labels.push_back(lost);
    const auto deaf = judgeScenario(without, shipped());
    QVERIFY(deaf && !deaf->rules.contains("node-lost") && deaf->rules.at(std::string(noRule)).fn == 1);
}

/// What happens to a workload in the one would explain what happens to it in the other.
void tst_Mixture::plans_keepWorkloadsApart()
{
    const auto ofWorkload = [](const std::string &name, const std::string &workload, bool isFault) {
        wire::Origin origin = pod(name);
        origin.workloadName = workload;
        Stream stream;
        stream.event(5, wire::OomKill(), origin);
        return scenario(name, stream, isFault ? std::vector<Label>{labelOf(origin, 4, 7, {"oom-kill"})} : std::vector<Label>());
    };
    const std::vector<Scenario> all{ofWorkload("a", "web", true), ofWorkload("b", "web", false), ofWorkload("c", "cart", false),
                                    ofWorkload("d", "web", true), ofWorkload("e", "mail", true), ofWorkload("f", "cart", false)};
    const auto specs = planMixtures(all, 7, 20);
    QVERIFY(specs.size() > 60);
    const std::vector<std::string> workloads{"web", "web", "cart", "web", "mail", "cart"};
    for (const MixtureSpec &spec : specs)
        QVERIFY(workloads[spec.first] != workloads[spec.second]);
}

/// A mixture has the node's samples of one of the two: what is found by them in the other could not be.
void tst_Mixture::plans_keepFindingsOfTheNodeApart()
{
    const auto ofNode = [](const std::string &name) {
        Scenario one = leak(name);
        one.labels.at(0).entity = recording::nodeOf(one.received.front());
        return one;
    };
    const std::vector<Scenario> all{ofNode("a"), ofNode("b"), leak("c"), flat("d")};
    const auto specs = planMixtures(all, 7, 20);
    const auto areMixed = [&specs](std::size_t one, std::size_t other) {
        return std::any_of(specs.begin(), specs.end(), [&](const MixtureSpec &spec) {
            return (spec.first == one && spec.second == other) || (spec.first == other && spec.second == one);
        });
    };
    QVERIFY(!areMixed(0, 1));
    QVERIFY(areMixed(0, 2) && areMixed(1, 2) && areMixed(0, 3) && areMixed(2, 3));
}

void tst_Mixture::whatHasLinks_isMixedWithNothing()
{
    const std::vector<Scenario> all{kill("a"), ending(false, {}), well("x"), ending(true, {}), kill("b"), well("y")};
    QVERIFY(!planMixtures(all, 7, 5).empty() && !planSpreads(all, 7).empty());
    for (const MixtureSpec &spec : planMixtures(all, 7, 5))
        QVERIFY(!all[spec.first].hasLinks && !all[spec.second].hasLinks);
    for (const SpreadSpec &spec : planSpreads(all, 7))
        QVERIFY(!all[spec.scenario].hasLinks);
}

QTEST_GUILESS_MAIN(tst_Mixture)
#include "tst_mixture.moc"
