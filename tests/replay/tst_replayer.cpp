// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <csignal>

#include "agent/replay/replayer.h"
#include "agent/replay/selection.h"
#include "protocol/wire/codec.h"
#include "tests/replay/deliveries.h"

using namespace tapio;
using namespace tapio::replay;
using correlation::connection;
using correlation::pod;
using wire::InsightState;
using wire::TcpOutcome;

namespace {

correlation::RuleSetPtr shipped() { return std::make_shared<const correlation::RuleSet>(correlation::shippedRules().rules); }

struct Told {
    std::string node;
    correlation::Finding finding;
};

std::vector<Told> replayed(const std::vector<wire::Delivery> &deliveries, std::int64_t endNs = 0,
                           const correlation::RuleSetPtr &acrossNodes = {})
{
    std::vector<Told> told;
    const auto note = [&](const std::string &node, correlation::Finding &&finding) { told.push_back({node, std::move(finding)}); };
    Replayer replayer(shipped(), note, {}, acrossNodes);
    for (const wire::Delivery &delivery : deliveries) {
        if (!replayer.onReceived(delivery))
            qFatal("not taken");
    }
    replayer.finish(endNs);
    return told;
}

/// Everything that was told, as bytes.
std::vector<wire::Bytes> bytesOf(const std::vector<Told> &told)
{
    std::vector<wire::Bytes> all;
    for (const Told &one : told) {
        wire::Event event;
        event.timeNs = one.finding.timeNs;
        event.type = wire::EventType::Insight;
        event.severity = one.finding.severity;
        event.detail = one.finding.insight;
        wire::Delivery delivery;
        delivery.node = one.node;
        delivery.frame.body = wire::EventBatch{1, {one.finding.origin ? *one.finding.origin : wire::Origin()}, {event}, {}, {}};
        all.push_back(*wire::encode(delivery));
    }
    return all;
}

/// Refused connections, OOM kills, crashes and an identity that is learnt late, of two nodes.
std::vector<wire::Delivery> busyHour()
{
    wire::Origin unnamed = pod("late");
    unnamed.podUid.clear();
    unnamed.podName.clear();
    Stream one("n1", 7), two("n2", 8);
    wire::ProcessExit crash;
    crash.signal = SIGSEGV;
    for (int i = 0; i < 40; ++i) {
        one.event(i * 2, connection(TcpOutcome::Refused));
        one.event(i * 2 + 0.5, crash, unnamed);
        two.event(i * 2 + 0.7, connection(TcpOutcome::Closed), pod("b"));
        if (i % 10 == 0)
            two.event(i * 2 + 0.8, wire::OomKill(), pod("c" + std::to_string(i)));
        if (i == 20)
            one.amend(i * 2 + 0.9, unnamed, pod("late"));
    }
    std::vector<wire::Delivery> all = one.deliveries;
    all.insert(all.end(), two.deliveries.begin(), two.deliveries.end());
    std::stable_sort(all.begin(), all.end(), [](const auto &a, const auto &b) { return a.receivedNs < b.receivedNs; });
    return all;
}

/// Runs of one node as one delivery each, of `most` at most: as an agent would have sent them in larger batches, arrived when the last of them did.
std::vector<wire::Delivery> joined(const std::vector<wire::Delivery> &deliveries, std::size_t most)
{
    std::vector<wire::Delivery> all;
    for (const wire::Delivery &delivery : deliveries) {
        const auto &batch = std::get<wire::EventBatch>(delivery.frame.body);
        auto *last = all.empty() ? nullptr : &std::get<wire::EventBatch>(all.back().frame.body);
        // An amendment is of what went before, so nothing may follow it in its batch.
        if (last == nullptr || all.back().node != delivery.node || last->events.size() >= most || !last->amendments.empty()) {
            all.push_back(delivery);
            continue;
        }
        const auto origins = static_cast<std::uint32_t>(last->origins.size());
        last->origins.insert(last->origins.end(), batch.origins.begin(), batch.origins.end());
        for (wire::Event event : batch.events) {
            event.origin += origins;
            last->events.push_back(std::move(event));
        }
        for (wire::OriginAmendment amendment : batch.amendments) {
            amendment.was += origins;
            amendment.told += origins;
            amendment.now += origins;
            last->amendments.push_back(amendment);
        }
        all.back().receivedNs = delivery.receivedNs;
    }
    return all;
}

} // namespace

class tst_Replayer : public QObject {
    Q_OBJECT

private slots:
    void sameInput_sameInsightsByteForByte_data();
    void sameInput_sameInsightsByteForByte();
    void time_isThatOfTheEvents();
    void anEventFromTheFuture_doesNotStopTheClock();
    void nodes_haveAnEngineEach();
    void allNodes_haveAnEngineAsAServerHasIt();
    void whatAgentsFound_isNoEvidence();
    void whatIsOfNeither_isRefused();
    void samples_data();
    void samples();
    void selection_data();
    void selection();
    void selectionOfSamples_data();
    void selectionOfSamples();
    void selection_keepsOfLinksWhatRulesAsk();
    void links_passTime();
    void whatWasGoneBefore_isNoFinding();
};

void tst_Replayer::sameInput_sameInsightsByteForByte_data()
{
    QTest::addColumn<std::size_t>("most");
    QTest::newRow("once more") << std::size_t(0);
    QTest::newRow("two in a batch") << std::size_t(2);
    QTest::newRow("all that there is of a node at a time") << std::size_t(1000);
}

void tst_Replayer::sameInput_sameInsightsByteForByte()
{
    QFETCH(std::size_t, most);
    const auto deliveries = busyHour();
    const auto first = bytesOf(replayed(deliveries, timeOf(3600)));
    QVERIFY2(first.size() > 10, qPrintable(QString::number(first.size())));
    const auto others = most == 0 ? deliveries : joined(deliveries, most);
    QVERIFY(most == 0 || others.size() < deliveries.size());
    QVERIFY(bytesOf(replayed(others, timeOf(3600))) == first);
}

void tst_Replayer::time_isThatOfTheEvents()
{
    Stream stream;
    stream.event(0, wire::OomKill());
    QCOMPARE(replayed(stream.deliveries, timeOf(60)).size(), std::size_t(1));
    const auto told = replayed(stream.deliveries, timeOf(3600)); // ten minutes without evidence end it
    QCOMPARE(told.size(), std::size_t(2));
    QCOMPARE(told[0].finding.timeNs, timeOf(0));
    QCOMPARE(told[1].finding.insight.state, InsightState::Expired);
    QVERIFY(told[1].finding.timeNs >= timeOf(600) && told[1].finding.timeNs < timeOf(1200));
    stream.event(86'400, connection(TcpOutcome::Closed)); // a gap that nobody ticks through
    QCOMPARE(replayed(stream.deliveries).size(), std::size_t(2));
}

void tst_Replayer::anEventFromTheFuture_doesNotStopTheClock()
{
    Stream stream;
    stream.event(0, wire::OomKill(), pod("a"));
    stream.event(1, connection(TcpOutcome::Closed), pod("a"));
    std::get<wire::EventBatch>(stream.deliveries.back().frame.body).events[0].timeNs = timeOf(1e6);
    stream.event(2, wire::OomKill(), pod("b"));
    std::size_t opened = 0, ended = 0;
    for (const Told &one : replayed(stream.deliveries)) {
        opened += one.finding.insight.state == InsightState::Open && one.finding.insight.rule == "oom-kill" ? 1 : 0;
        ended += one.finding.insight.state == InsightState::Expired ? 1 : 0;
    }
    QCOMPARE(opened, std::size_t(2));
    QCOMPARE(ended, std::size_t(0));
}

void tst_Replayer::nodes_haveAnEngineEach()
{
    Stream one("n1"), two("n2");
    for (int i = 0; i < 3; ++i) {
        one.event(i, connection(TcpOutcome::Refused));
        two.event(i, connection(TcpOutcome::Refused));
    }
    auto all = one.deliveries;
    all.insert(all.end(), two.deliveries.begin(), two.deliveries.end());
    QCOMPARE(replayed(all).size(), std::size_t(0)); // five of one node would be enough
    for (int i = 3; i < 5; ++i)
        two.event(i, connection(TcpOutcome::Refused));
    const auto told = replayed(two.deliveries);
    QCOMPARE(told.size(), std::size_t(1));
    QCOMPARE(told[0].node, std::string("n2"));
}

void tst_Replayer::allNodes_haveAnEngineAsAServerHasIt()
{
    std::vector<wire::Delivery> all;
    for (const char *node : {"n1", "n2", "n3"}) {
        Stream stream(node);
        stream.event(static_cast<double>(all.size()), connection(TcpOutcome::Refused), correlation::pod(node));
        all.push_back(stream.deliveries.front());
    }
    QCOMPARE(replayed(all).size(), std::size_t(0)); // one each
    const auto across = replayable(correlation::shippedRules().rules).acrossNodes;
    const auto told = replayed(all, timeOf(3600), across);
    QVERIFY(told.size() >= 2);
    QCOMPARE(told[0].node, std::string(Replayer::serverName));
    QCOMPARE(told[0].finding.insight.rule, std::string("service-down"));
    QCOMPARE(told[0].finding.insight.affected,
             (std::vector<std::string>{"pod shop/n1", "node n1", "pod shop/n2", "node n2", "pod shop/n3", "node n3"}));
    QCOMPARE(told.back().finding.insight.state, wire::InsightState::Expired); // by the time of who received
    QVERIFY(bytesOf(replayed(all, timeOf(3600), across)) == bytesOf(told));
}

void tst_Replayer::whatAgentsFound_isNoEvidence()
{
    Stream stream;
    wire::Insight insight;
    insight.rule = "oom-kill";
    stream.event(0, insight);
    stream.event(1, connection(TcpOutcome::Closed));
    Replayer replayer(shipped(), [](const std::string &, correlation::Finding &&) { qFatal("nothing is to be found"); });
    for (const wire::Delivery &delivery : stream.deliveries)
        QVERIFY(replayer.onReceived(delivery));
    QCOMPARE(replayer.counters().insights, std::uint64_t(1));
    QCOMPARE(replayer.counters().events, std::uint64_t(1));
}

void tst_Replayer::whatIsOfNeither_isRefused()
{
    Replayer replayer(shipped(), [](const std::string &, correlation::Finding &&) {});
    wire::Delivery report;
    report.frame.body = wire::HookReport();
    QCOMPARE(replayer.onReceived(report).error().code(), Errc::Malformed);
}

void tst_Replayer::samples_data()
{
    QTest::addColumn<qint64>("bytesPerMinute");
    QTest::addColumn<bool>("isLeak");
    QTest::newRow("it grows") << qint64(6'000'000) << true;
    QTest::newRow("it is flat") << qint64(0) << false;
    QTest::newRow("it shrinks") << qint64(-2'000'000) << false;
}

void tst_Replayer::samples()
{
    QFETCH(qint64, bytesPerMinute);
    QFETCH(bool, isLeak);
    std::vector<wire::Delivery> deliveries;
    for (int i = 0; i <= 120; ++i) {
        wire::SampleBatch batch;
        batch.timeNs = timeOf(i * 10.0);
        batch.origins = {pod("a")};
        batch.samples = {{wire::Metric::MemoryWorkingSetBytes, 0, 0, 100'000'000 + bytesPerMinute * i / 6}};
        wire::Delivery &delivery = deliveries.emplace_back();
        delivery.node = "n1";
        delivery.receivedNs = batch.timeNs + nsPerSecond / 10;
        delivery.frame.body = std::move(batch);
    }
    const auto told = replayed(deliveries, timeOf(1210));
    QCOMPARE(std::any_of(told.begin(), told.end(), [](const Told &one) { return one.finding.insight.rule == "memory-leak"; }), isLeak);
    QCOMPARE(bytesOf(replayed(deliveries, timeOf(1210))), bytesOf(told));
}

void tst_Replayer::selection_data()
{
    QTest::addColumn<Selection>("wanted");
    QTest::addColumn<std::size_t>("kept");
    QTest::addColumn<bool>("keepsAmendments");
    QTest::newRow("all") << Selection{} << std::size_t(5) << true;
    QTest::newRow("another node") << Selection{{"n2"}, {}} << std::size_t(0) << false;
    QTest::newRow("a cgroup, and what the agent says") << Selection{{"n1"}, {"/kubepods/poda"}} << std::size_t(3) << true;
    QTest::newRow("a namespace, and what the agent says") << Selection{{}, {}, {"shop"}} << std::size_t(4) << true;
    QTest::newRow("another namespace") << Selection{{}, {}, {"sho"}} << std::size_t(1) << false;
    QTest::newRow("a cgroup or a namespace") << Selection{{}, {"/kubepods/poda"}, {"other"}} << std::size_t(3) << true;
    QTest::newRow("what the agent says alone") << Selection{{}, {"/none"}} << std::size_t(1) << false;
    QTest::newRow("a cgroup of this node") << Selection{{}, {"n1:/kubepods/poda"}} << std::size_t(3) << true;
    QTest::newRow("a cgroup of another node") << Selection{{}, {"n2:/kubepods/poda"}} << std::size_t(1) << false;
    QTest::newRow("and a type of the node itself") << Selection{{}, {"/none"}, {}, {wire::EventType::Login}} << std::size_t(2) << false;
    QTest::newRow("and a type that only pods have") << Selection{{}, {"/none"}, {}, {wire::EventType::OomKill}} << std::size_t(1) << false;
}

void tst_Replayer::selection()
{
    QFETCH(Selection, wanted);
    QFETCH(std::size_t, kept);
    QFETCH(bool, keepsAmendments);
    Stream stream;
    stream.event(0, wire::OomKill(), pod("b"));
    stream.event(1, wire::OomKill(), pod("a"));
    stream.event(2, wire::AgentNotice(), correlation::host());
    stream.event(3, wire::OomKill(), pod("a", "c2"));
    stream.event(4, wire::Login(), correlation::host());
    stream.amend(5, pod("x"), pod("a"));
    const wire::Delivery whole = joined(stream.deliveries, 100).front();
    const Selected selected = select(wanted, whole);
    QCOMPARE(selected.leftOut, 5 - kept);
    QCOMPARE(selected.received.has_value(), kept > 0);
    if (kept == 0)
        return;
    const auto &batch = std::get<wire::EventBatch>(std::get<wire::Delivery>(*selected.received).frame.body);
    QCOMPARE(batch.events.size(), kept);
    QCOMPARE(!batch.amendments.empty(), keepsAmendments);
    QVERIFY(wire::decode(*wire::encode(std::get<wire::Delivery>(*selected.received))).has_value());
    const auto &before = std::get<wire::EventBatch>(whole.frame.body);
    for (std::size_t i = 0; i < kept; ++i) {
        const auto at = static_cast<std::size_t>(batch.seqOf(i) - before.firstSeq);
        QCOMPARE(batch.events[i].timeNs, before.events[at].timeNs);
        QVERIFY(batch.origins[batch.events[i].origin] == before.origins[before.events[at].origin]);
    }
}

void tst_Replayer::selectionOfSamples_data()
{
    QTest::addColumn<Selection>("wanted");
    QTest::addColumn<std::size_t>("kept");
    QTest::newRow("all") << Selection{} << std::size_t(4);
    QTest::newRow("another node") << Selection{{"n2"}, {}} << std::size_t(0);
    QTest::newRow("a cgroup, and of the node what has no label or the root's") << Selection{{}, {"/kubepods/poda"}} << std::size_t(3);
    QTest::newRow("of the node alone") << Selection{{}, {"/none"}} << std::size_t(2);
    QTest::newRow("and of a device") << Selection{{}, {"/none"}, {}, {}, {"vda"}} << std::size_t(3);
    QTest::newRow("and of a device whose name begins so") << Selection{{}, {"/none"}, {}, {}, {"vd"}} << std::size_t(2);
}

void tst_Replayer::selectionOfSamples()
{
    QFETCH(Selection, wanted);
    QFETCH(std::size_t, kept);
    Stream stream;
    stream.memory(0, 0, 0);
    const wire::Delivery whole = stream.deliveries.front();
    const Selected selected = select(wanted, whole);
    QCOMPARE(selected.leftOut, 0u); // events
    QCOMPARE(selected.received.has_value(), kept > 0);
    if (kept == 0)
        return;
    const auto &batch = std::get<wire::SampleBatch>(std::get<wire::Delivery>(*selected.received).frame.body);
    QCOMPARE(batch.samples.size(), kept);
    QVERIFY(wire::decode(*wire::encode(std::get<wire::Delivery>(*selected.received))).has_value());
    const auto &before = std::get<wire::SampleBatch>(whole.frame.body);
    for (const wire::Sample &sample : batch.samples) {
        const auto was = std::find_if(before.samples.begin(), before.samples.end(),
                                      [&](const wire::Sample &one) { return one.metric == sample.metric; });
        QVERIFY(was->value == sample.value && before.labels[was->label] == batch.labels[sample.label]);
        QVERIFY(before.origins[was->origin] == batch.origins[sample.origin]);
    }
}

void tst_Replayer::selection_keepsOfLinksWhatRulesAsk()
{
    wire::Delivery report;
    report.node = "n1";
    report.frame.body = wire::CounterReport();
    QVERIFY(select({}, report).received == recording::Received(report));
    report.frame.body = wire::HookReport();
    QVERIFY(!select({}, report).received);
    wire::AgentState state;
    state.node = "n1";
    state.state = wire::LinkState::Gone;
    state.toldNs = 7;
    state.saidBye = true;
    state.loss = {5, 6, 10, 7, 2}; // two of the ten only this console did not read
    state.remoteAddress = "10.0.0.1:41234";
    state.certificateSerial = "01";
    state.agent.kernelRelease = "6.1";
    const auto kept = select({{"n1"}, {"/some"}}, state).received;
    QVERIFY(kept.has_value());
    const auto &link = std::get<wire::AgentState>(*kept);
    QVERIFY(link.saidBye && link.toldNs == 7 && link.loss.transitEvents == 8 && link.state == wire::LinkState::Gone);
    QVERIFY(link.remoteAddress.empty() && link.certificateSerial.empty() && link.agent == wire::AgentInfo());
    QVERIFY(!select({{"n2"}, {}}, state).received);
    wire::Event node;
    node.type = wire::EventType::KubernetesFact;
    node.detail = wire::KubernetesFact();
    for (const auto &[by, isKept] : {std::pair("server:hq", true), std::pair("n1", false)}) { // of nodes only a server tells
        wire::Delivery told;
        told.node = by;
        told.frame.body = wire::EventBatch{1, {wire::Origin()}, {node}, {}};
        QCOMPARE(select({{}, {"/some"}}, told).received.has_value(), isKept);
    }
}

void tst_Replayer::links_passTime()
{
    wire::AgentState state;
    state.node = "n1";
    state.state = wire::LinkState::Connected;
    state.toldNs = state.sinceNs = timeOf(0);
    std::vector<std::string> told;
    Replayer replayer(
        shipped(), [&](const std::string &, correlation::Finding &&finding) { told.push_back(finding.insight.rule); }, {},
        replayable(correlation::shippedRules().rules).withLinks);
    QVERIFY(replayer.onReceived(state));
    state.state = wire::LinkState::Gone;
    for (int second = 2; second < 100; second += 2) { // as a server tells it
        state.toldNs = timeOf(second);
        state.sinceNs = timeOf(2);
        QVERIFY(replayer.onReceived(state));
        QCOMPARE(told.size(), std::size_t(second >= 40 ? 1 : 0));
    }
    QCOMPARE(told.front(), std::string("node-lost"));
    QCOMPARE(replayer.counters().links, std::uint64_t(50));
}

void tst_Replayer::whatWasGoneBefore_isNoFinding()
{
    wire::AgentState state;
    state.node = "n1";
    state.state = wire::LinkState::Gone;
    state.sinceNs = state.lastHeartbeatNs = timeOf(-86'400);
    std::vector<std::string> told;
    Replayer replayer(
        shipped(), [&](const std::string &, correlation::Finding &&finding) { told.push_back(finding.insight.rule); }, {},
        replayable(correlation::shippedRules().rules).withLinks);
    for (int second = 0; second < 100; second += 2) {
        state.toldNs = timeOf(second);
        QVERIFY(replayer.onReceived(state));
    }
    QVERIFY(told.empty());
    state.state = wire::LinkState::Connected; // from here on it is as any other
    state.sinceNs = state.lastHeartbeatNs = state.toldNs = timeOf(100);
    QVERIFY(replayer.onReceived(state));
    state.state = wire::LinkState::Gone;
    state.toldNs = timeOf(150);
    QVERIFY(replayer.onReceived(state));
    replayer.finish(timeOf(200));
    QCOMPARE(told, std::vector<std::string>{"node-lost"});
}

QTEST_GUILESS_MAIN(tst_Replayer)
#include "tst_replayer.moc"
