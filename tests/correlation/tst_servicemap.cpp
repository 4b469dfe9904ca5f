// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "tests/correlation/traffic.h"

using namespace tapio;
using namespace tapio::correlation;
using wire::EntityKind;
using wire::TcpOutcome;

namespace {

const Workload web{"web", "n1", 1}, cart{"cart", "n2", 2}, db{"db", "n3", 9};

/// What it makes of single events.
struct Bench final : FactSink {
    explicit Bench(ServiceMap::Limits limits = ServiceMap::Limits()) : map(this, limits) {}

    void add(double at, wire::Detail detail, const Workload &teller)
    {
        wire::Event event;
        event.timeNs = Stage::timeOf(at);
        event.type = static_cast<wire::EventType>(detail.index());
        event.detail = std::move(detail);
        map.onEvent(event, teller.origin(), {teller.node, 7, ++seq, 0});
    }
    void learn(double at, const wire::HttpRequest &request, const Workload &teller)
    {
        wire::Event event;
        event.timeNs = Stage::timeOf(at);
        event.type = wire::EventType::HttpRequest;
        event.detail = request;
        map.learn(event, teller.origin(), {teller.node, 7, ++seq, 0});
    }
    void onFact(const Observation &fact) override { facts.push_back({fact.topic, fact.subject->name, fact.timeNs(), fact.value}); }

    struct Fact {
        Topic topic;
        std::string about;
        std::int64_t timeNs;
        double value;
    };
    std::size_t count(Topic topic) const
    {
        return static_cast<std::size_t>(
            std::count_if(facts.begin(), facts.end(), [topic](const Fact &fact) { return fact.topic == topic; }));
    }

    ServiceMap map;
    std::vector<Fact> facts;
    std::uint64_t seq = 0;
};

wire::TcpConnection tcp(std::uint8_t from, std::uint8_t to, TcpOutcome outcome, bool isByCaller = true)
{
    wire::TcpConnection tcp = connection(outcome, 0, to);
    tcp.local = address(from, tcp.local.port);
    tcp.connectLatencyNs = tcp.established ? 2'000'000 : 0;
    if (!isByCaller) {
        std::swap(tcp.local, tcp.remote);
        tcp.direction = wire::TcpDirection::Inbound;
        tcp.connectLatencyNs = 0;
    }
    return tcp;
}

} // namespace

class tst_ServiceMap : public QObject {
    Q_OBJECT

private slots:
    void requests_areCalls();
    void connections_areCallsWhereThereAreNoRequests();
    void connectionsToldTogether_areAsManyCalls();
    void fastCallsOfBefore_doNotMoveTheBeginning();
    void whatDidNotComeAbout_isAFailedCall_data();
    void whatDidNotComeAbout_isAFailedCall();
    void learnt_isWhoItIs();
    void bothEnds_countOnce();
    void bothEnds_ofOtherKinds_areNotLost();
    void callerThatFallsSilent_leavesTheWordToTheCallee();
    void calleeWithoutAgent_staysAnAddress();
    void callerWithoutAgent_staysAnAddressWithoutPort();
    void virtualAddress_isWhoAnswers();
    void virtualAddress_isNotWhoAnsweredAnotherConnection_data();
    void virtualAddress_isNotWhoAnsweredAnotherConnection();
    void addressOfANode_isNobodys();
    void loopbackOfTwoNodes_isTwoServices();
    void loopbackOfTwoPods_isTwoServices();
    void ports_ofClients_makeNoServices();
    void memory_isBounded();
    void slow_isAgainstTheServicesOwnBaseline_data();
    void slow_isAgainstTheServicesOwnBaseline();
    void slow_isFoundAfterAClockWasSetBack();
    void slow_ofFewCalls_isNotJudged();
    void slow_isOfOneKindOfCall();
    void slow_isOfAllHoweverMany();
    void slowForLong_isHowItIsNow();
    void lateCalls_areCountedAndNotJudged();
    void errors_areAShareOfEnough_data();
    void errors_areAShareOfEnough();
    void whoCallsHimself_isNoCallerThatSuffers_data();
    void whoCallsHimself_isNoCallerThatSuffers();
    void buckets_areRightToAFifth();
};

void tst_ServiceMap::requests_areCalls()
{
    Bench bench;
    bench.add(0, httpCall(2, 9, 5, 200, false), db); // who answers is known from its own end
    for (int i = 0; i < 10; ++i)
        bench.add(1 + i, httpCall(1, 9, 20, i == 0 ? 503 : 200), web);
    const auto edges = bench.map.edges();
    QCOMPARE(edges.size(), std::size_t(2));
    const ServiceMap::Edge &edge = edges[1];
    QCOMPARE(edge.caller.name, std::string("shop/web"));
    QCOMPARE(edge.callee.name, std::string("shop/db"));
    QCOMPARE(edge.caller.kind, EntityKind::Workload);
    QVERIFY(edge.isRequests && edge.isToldByCaller);
    QCOMPARE(edge.calls, std::uint64_t(10));
    QCOMPARE(edge.errors, std::uint64_t(1));
    QCOMPARE(edge.firstNs, Stage::timeOf(1));
    QCOMPARE(edge.lastNs, Stage::timeOf(10));
    QVERIFY(std::abs(edge.p50Ns - 20e6) < 4e6);
}

void tst_ServiceMap::connections_areCallsWhereThereAreNoRequests()
{
    Bench bench;
    bench.add(0, tcp(1, 9, TcpOutcome::Closed), web);
    QCOMPARE(bench.map.edges().at(0).calls, std::uint64_t(1));
    QVERIFY(!bench.map.edges().at(0).isRequests);
    bench.add(1, httpCall(1, 9, 20), web);
    bench.add(2, tcp(1, 9, TcpOutcome::Closed), web); // of that request
    QCOMPARE(bench.map.edges().at(0).calls, std::uint64_t(2));
    QCOMPARE(bench.map.counters().calls + bench.map.counters().ignored, std::uint64_t(3));
}

void tst_ServiceMap::connectionsToldTogether_areAsManyCalls()
{
    Bench one, together;
    const auto call = [](std::uint64_t latencyNs, std::uint32_t more) {
        wire::TcpConnection connection = tcp(1, 9, TcpOutcome::Closed);
        connection.connectLatencyNs = latencyNs;
        connection.more = more;
        return connection;
    };
    // Eight slots as ever, and then one in which most are slow.
    for (int second = 0; second < 90; second += 10) {
        const std::uint64_t latencyNs = second < 80 ? 2'000'000 : 40'000'000;
        for (int i = 0; i < 30; ++i)
            one.add(second + 1, call(latencyNs, 0), web);
        together.add(second + 1, call(latencyNs, 0), web);
        together.add(second + 1, call(latencyNs, 28), web);
    }
    for (Bench *bench : {&one, &together}) {
        const auto edges = bench->map.edges();
        QCOMPARE(edges.size(), std::size_t(1));
        QCOMPARE(edges[0].calls, std::uint64_t(270));
        QCOMPARE(bench->map.counters().calls, std::uint64_t(270));
        QCOMPARE(bench->count(Topic::ServiceSlow), std::size_t(1));
        QCOMPARE(edges[0].p50Ns, one.map.edges()[0].p50Ns);
        QCOMPARE(edges[0].p99Ns, one.map.edges()[0].p99Ns);
    }
    together.add(91, call(2'000'000, UINT32_MAX), web); // nobody has so many; it must not come to none
    QVERIFY(together.map.edges()[0].calls > 1'000'000);
    QVERIFY(together.map.edges()[0].p50Ns > 0);
}

/// They are told later where they were told together.
void tst_ServiceMap::fastCallsOfBefore_doNotMoveTheBeginning()
{
    Bench bench;
    const auto call = [&](double at, std::uint64_t latencyNs, std::uint32_t more = 0) {
        wire::TcpConnection connection = tcp(1, 9, TcpOutcome::Closed);
        connection.connectLatencyNs = latencyNs;
        connection.more = more;
        bench.add(at, connection, web);
    };
    for (int second = 0; second < 80; second += 10) {
        for (int i = 0; i < 10; ++i)
            call(second + 1, 2'000'000);
    }
    call(82, 40'000'000);
    call(81.9, 2'000'000, 20);
    for (int i = 0; i < 60; ++i)
        call(83 + i / 100., 40'000'000);
    QCOMPARE(bench.count(Topic::ServiceSlow), std::size_t(1));
    const auto slow = std::ranges::find(bench.facts, Topic::ServiceSlow, &Bench::Fact::topic);
    QCOMPARE(slow->timeNs, Stage::timeOf(82));
}

void tst_ServiceMap::whatDidNotComeAbout_isAFailedCall_data()
{
    QTest::addColumn<int>("outcome");
    QTest::addColumn<int>("calls");
    QTest::addColumn<int>("errors");
    QTest::newRow("refused") << int(TcpOutcome::Refused) << 1 << 1;
    QTest::newRow("timed out") << int(TcpOutcome::TimedOut) << 1 << 1;
    QTest::newRow("no way there") << int(TcpOutcome::Unreachable) << 1 << 1;
    QTest::newRow("given up") << int(TcpOutcome::Aborted) << 0 << 0;
    QTest::newRow("reset after a while") << int(TcpOutcome::Reset) << 1 << 0;
}

void tst_ServiceMap::whatDidNotComeAbout_isAFailedCall()
{
    QFETCH(int, outcome);
    QFETCH(int, calls);
    QFETCH(int, errors);
    Bench bench;
    bench.add(0, tcp(1, 9, static_cast<TcpOutcome>(outcome)), web);
    const auto edges = bench.map.edges();
    QCOMPARE(edges.size(), std::size_t(calls));
    QCOMPARE(edges.empty() ? 0 : static_cast<int>(edges[0].errors), errors);
    QCOMPARE(bench.map.counters().calls + bench.map.counters().ignored, std::uint64_t(1));
}

/// Without it the first call is one of an address, since nobody has told yet whose that is, and counts again when its caller tells.
void tst_ServiceMap::learnt_isWhoItIs()
{
    const wire::HttpRequest there = httpCall(1, 9, 20);
    wire::HttpRequest here = there;
    std::swap(here.local, here.remote);
    here.direction = wire::TcpDirection::Inbound;
    for (const bool isLearnt : {false, true}) {
        Bench bench;
        if (isLearnt) {
            bench.learn(0, here, db);
            bench.learn(0.1, there, web);
            QVERIFY(bench.map.edges().empty());
            QCOMPARE(bench.map.counters().calls, std::uint64_t(0));
        }
        bench.add(0, here, db);
        bench.add(0.1, there, web);
        std::uint64_t calls = 0;
        for (const ServiceMap::Edge &edge : bench.map.edges())
            calls += edge.calls;
        QCOMPARE(bench.map.edges().size(), std::size_t(isLearnt ? 1 : 2));
        QCOMPARE(calls, std::uint64_t(isLearnt ? 1 : 2));
    }
}

void tst_ServiceMap::bothEnds_countOnce()
{
    Bench bench;
    for (int i = 0; i < 10; ++i) {
        const wire::HttpRequest there = httpCall(1, 9, 20);
        wire::HttpRequest here = there;
        std::swap(here.local, here.remote);
        here.direction = wire::TcpDirection::Inbound;
        bench.add(i, there, web);
        bench.add(i + 0.001, here, db);
    }
    // The first went to an address, since nobody had answered there.
    std::uint64_t calls = 0;
    for (const ServiceMap::Edge &edge : bench.map.edges())
        calls += edge.calls;
    QVERIFY(calls <= 11);
    QCOMPARE(calls + bench.map.counters().told, std::uint64_t(20));
}

/// The caller's library of TLS is not watched, so its agent tells connections only; the callee's is.
void tst_ServiceMap::bothEnds_ofOtherKinds_areNotLost()
{
    Bench bench;
    const wire::HttpRequest request = httpCall(1, 9, 20, 200, false);
    for (int i = 0; i < 10; ++i) {
        wire::TcpConnection there = connection(wire::TcpOutcome::Closed);
        bench.add(i, there, web);
        bench.add(i + 0.1, request, db);
    }
    std::uint64_t calls = 0;
    for (const auto &edge : bench.map.edges())
        calls += edge.callee.name == "shop/db" ? edge.calls : 0;
    QVERIFY2(calls >= 10, qPrintable(QString::number(calls)));
}

void tst_ServiceMap::callerThatFallsSilent_leavesTheWordToTheCallee()
{
    Bench bench;
    for (int i = 0; i < 5; ++i) {
        const wire::HttpRequest there = httpCall(1, 9, 20);
        wire::HttpRequest here = httpCall(1, 9, 20, 200, false);
        here.remote = there.local;
        bench.add(i, there, web);
        bench.add(i + 0.1, here, db);
    }
    const auto callsOf = [&bench] {
        std::uint64_t calls = 0;
        for (const auto &edge : bench.map.edges())
            calls += edge.callee.name == "shop/db" && edge.caller.name == "shop/web" ? edge.calls : 0;
        return calls;
    };
    const std::uint64_t before = callsOf();
    QVERIFY(before >= 5);
    for (int i = 100; i < 110; ++i)
        bench.add(i, httpCall(1, 9, 20, 200, false), db); // web's agent is gone
    QCOMPARE(callsOf(), before + 10);
}

void tst_ServiceMap::calleeWithoutAgent_staysAnAddress()
{
    Bench bench;
    bench.add(0, httpCall(1, 9, 20), web);
    QCOMPARE(bench.map.edges().at(0).callee.kind, EntityKind::Destination);
    QCOMPARE(bench.map.edges().at(0).callee.name, std::string("10.0.0.9:80"));
}

void tst_ServiceMap::callerWithoutAgent_staysAnAddressWithoutPort()
{
    Bench bench;
    for (int i = 0; i < 5; ++i)
        bench.add(i, httpCall(77, 9, 20, 200, false), db);
    QCOMPARE(bench.map.edges().size(), std::size_t(1));
    QCOMPARE(bench.map.edges()[0].caller.kind, EntityKind::Address);
    QCOMPARE(bench.map.edges()[0].caller.name, std::string("10.0.0.77"));
}

/// As kube-proxy makes it: the client knows the service's address, who answers knows its own, and both know the client's.
void tst_ServiceMap::virtualAddress_isWhoAnswers()
{
    Bench bench;
    wire::HttpRequest there = httpCall(1, 200, 20);
    wire::HttpRequest here = httpCall(1, 9, 20, 200, false);
    here.remote = there.local;
    bench.add(0, here, db);
    bench.add(0.1, there, web);
    bench.add(1, httpCall(2, 200, 20), cart);
    const auto edges = bench.map.edges();
    QCOMPARE(edges.at(1).caller.name, std::string("shop/cart"));
    QCOMPARE(edges.at(1).callee.name, std::string("shop/db"));
}

void tst_ServiceMap::virtualAddress_isNotWhoAnsweredAnotherConnection_data()
{
    QTest::addColumn<bool>("byBoth"); // told of the first connection
    QTest::addColumn<double>("at");
    QTest::newRow("whose two ends were told") << true << 1.;
    QTest::newRow("of which one end was told, long ago") << false << 100.;
}

/// A client's port is used again, for a service that is down: what answered before has nothing to do with it.
void tst_ServiceMap::virtualAddress_isNotWhoAnsweredAnotherConnection()
{
    QFETCH(bool, byBoth);
    QFETCH(double, at);
    Bench bench;
    wire::HttpRequest first = httpCall(1, 200, 20), answered = httpCall(1, 9, 20, 200, false), second = httpCall(1, 201, 20, 500);
    answered.remote = second.local = first.local;
    bench.add(0, answered, db);
    if (byBoth)
        bench.add(0.1, first, web);
    bench.add(at, second, web);
    const auto edges = bench.map.edges();
    QVERIFY(std::any_of(edges.begin(), edges.end(), [](const auto &edge) { return edge.callee.name == "10.0.0.201:80"; }));
}

void tst_ServiceMap::addressOfANode_isNobodys()
{
    Bench bench;
    for (int i = 0; i < 12; ++i)
        bench.add(i, httpCall(1, 9, 20), i % 2 == 0 ? web : Workload{"agent", "n1", 1}); // both in the node's network
    bench.add(20, httpCall(1, 9, 20, 200, false), db);
    const auto edges = bench.map.edges();
    QCOMPARE(edges.front().caller.name, std::string("10.0.0.1"));
}

void tst_ServiceMap::loopbackOfTwoNodes_isTwoServices()
{
    Bench bench;
    for (const Workload &one : {web, cart}) {
        wire::HttpRequest local = httpCall(1, 9, 20);
        local.local.bytes[12] = local.remote.bytes[12] = 127;
        bench.add(0, local, one);
    }
    QCOMPARE(bench.map.edges().size(), std::size_t(2));
    QVERIFY(bench.map.edges()[0].callee.id != bench.map.edges()[1].callee.id);
}

/// As proxies beside each program are: both listen at the same address, each in its own pod.
void tst_ServiceMap::loopbackOfTwoPods_isTwoServices()
{
    Bench bench;
    const auto local = [](bool isByCaller) {
        wire::HttpRequest http = httpCall(1, 1, 20, 200, isByCaller);
        http.local.bytes[12] = http.remote.bytes[12] = 127;
        return http;
    };
    for (const char *name : {"web", "api"}) {
        const Workload one{name, "n1", 1};
        for (int i = 0; i < 3; ++i) {
            bench.add(i, local(true), one);
            bench.add(i, local(false), one);
        }
    }
    for (const auto &edge : bench.map.edges())
        QVERIFY2(edge.caller.name == edge.callee.name || edge.callee.kind != wire::EntityKind::Workload,
                 (edge.caller.name + " -> " + edge.callee.name).c_str());
    QVERIFY(!bench.map.edges().empty());
}

void tst_ServiceMap::ports_ofClients_makeNoServices()
{
    Bench bench;
    for (int i = 0; i < 1000; ++i) {
        bench.add(i * 0.01, httpCall(1, 9, 20), web);
        bench.add(i * 0.01, httpCall(77, 2, 20, 200, false), cart);
    }
    QCOMPARE(bench.map.services(), std::size_t(4));
}

void tst_ServiceMap::memory_isBounded()
{
    ServiceMap::Limits limits;
    limits.services = 16;
    limits.edges = 8;
    limits.addresses = {16, 16, 16};
    Bench bench(limits);
    for (int i = 0; i < 2000; ++i) {
        wire::HttpRequest http = httpCall(static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i / 7), 20, 200, i % 3 != 0);
        bench.add(i, http, Workload{"w" + std::to_string(i % 100), "n1", 1});
    }
    QVERIFY(bench.map.services() <= 16);
    QVERIFY(bench.map.edges().size() <= 8);
    QVERIFY(bench.map.counters().forgotten > 1000);
}

void tst_ServiceMap::slow_isAgainstTheServicesOwnBaseline_data()
{
    QTest::addColumn<double>("before");
    QTest::addColumn<double>("after");
    QTest::addColumn<bool>("isSlow");
    QTest::newRow("ten times") << 10.0 << 100.0 << true;
    QTest::newRow("three and a half times") << 10.0 << 35.0 << true;
    QTest::newRow("twice") << 10.0 << 20.0 << false;
    QTest::newRow("as slow, but always") << 100.0 << 110.0 << false;
    QTest::newRow("four times nearly nothing") << 0.1 << 0.4 << false;
    QTest::newRow("faster") << 100.0 << 10.0 << false;
}

void tst_ServiceMap::slow_isAgainstTheServicesOwnBaseline()
{
    QFETCH(double, before);
    QFETCH(double, after);
    QFETCH(bool, isSlow);
    Bench bench;
    for (int i = 0; i < 200; ++i)
        bench.add(i, httpCall(1, 9, (i < 100 ? before : after) * (1 + 0.1 * (i % 3))), web);
    QCOMPARE(bench.count(Topic::ServiceSlow) > 0, isSlow);
    if (isSlow)
        QVERIFY(std::abs(bench.facts.front().timeNs - Stage::timeOf(100)) <= 10 * nsPerSecond);
}

/// All that is known has times that are still to come: beside them what happens is no news.
void tst_ServiceMap::slow_isFoundAfterAClockWasSetBack()
{
    Bench bench;
    for (int i = 7200; i < 7300; ++i)
        bench.add(i, httpCall(1, 9, 10 * (1 + 0.1 * (i % 3))), web);
    QCOMPARE(bench.count(Topic::ServiceSlow), std::size_t(0));
    bench.map.beginAnew();
    for (int i = 0; i < 200; ++i)
        bench.add(i, httpCall(1, 9, (i < 100 ? 10 : 100) * (1 + 0.1 * (i % 3))), web);
    QVERIFY(bench.count(Topic::ServiceSlow) > 0);
    QVERIFY(std::abs(bench.facts.front().timeNs - Stage::timeOf(100)) <= 10 * nsPerSecond);
    QCOMPARE(bench.map.counters().late, std::uint64_t(0));
}

void tst_ServiceMap::slow_ofFewCalls_isNotJudged()
{
    Bench bench;
    for (int i = 0; i < 100; ++i)
        bench.add(5 * i, httpCall(1, 9, i < 80 ? 10 : 1000), web); // two in ten seconds
    QCOMPARE(bench.count(Topic::ServiceSlow), std::size_t(0));
}

/// How long a connection takes to come about is no measure of how long a request takes.
void tst_ServiceMap::slow_isOfOneKindOfCall()
{
    Bench bench;
    for (int i = 0; i < 100; ++i)
        bench.add(i, tcp(1, 9, TcpOutcome::Closed), web);
    for (int i = 100; i < 300; ++i) {
        bench.add(i, tcp(1, 9, TcpOutcome::Closed), web); // whose requests nobody sees
        bench.add(i + 0.1, httpCall(2, 9, 50), db);
        bench.add(i + 0.2, httpCall(2, 9, 50), db);
    }
    QCOMPARE(bench.count(Topic::ServiceSlow), std::size_t(0));
    for (int i = 300; i < 350; ++i)
        bench.add(i, httpCall(2, 9, 500), db);
    QVERIFY(bench.count(Topic::ServiceSlow) > 0);
}

/// The buckets of latencies are halved when they are full, and what is slow is not.
void tst_ServiceMap::slow_isOfAllHoweverMany()
{
    Bench bench;
    const auto calls = [&bench](double at, std::uint64_t latencyNs, std::uint32_t count) {
        wire::TcpConnection many = tcp(1, 9, TcpOutcome::Closed);
        many.connectLatencyNs = latencyNs;
        many.more = count - 1;
        bench.add(at, many, web);
    };
    for (int i = 0; i < 100; ++i)
        calls(i, 2'000'000, 10);
    for (int i = 0; i < 10; ++i)
        calls(100, 2'000'000, 20'000);
    calls(101, 50'000'000, 60'000);
    QCOMPARE(bench.count(Topic::ServiceSlow), std::size_t(0));
    for (int i = 0; i < 3; ++i)
        calls(102, 50'000'000, 60'000);
    QCOMPARE(bench.count(Topic::ServiceSlow), std::size_t(1));
}

void tst_ServiceMap::slowForLong_isHowItIsNow()
{
    Bench bench;
    for (int i = 0; i < 3600; ++i)
        bench.add(i, httpCall(1, 9, i < 100 ? 10 : 100), web);
    const std::size_t said = bench.count(Topic::ServiceSlow);
    QVERIFY(said >= 60);
    for (int i = 3600; i < 3800; ++i)
        bench.add(i, httpCall(1, 9, 100), web);
    QCOMPARE(bench.count(Topic::ServiceSlow), said);
}

void tst_ServiceMap::lateCalls_areCountedAndNotJudged()
{
    Bench bench;
    bench.add(100, httpCall(1, 9, 10), web);
    bench.add(79, httpCall(1, 9, 10), web);
    QCOMPARE(bench.map.counters().late, std::uint64_t(1));
    QCOMPARE(bench.map.edges().at(0).calls, std::uint64_t(2));
}

void tst_ServiceMap::errors_areAShareOfEnough_data()
{
    QTest::addColumn<int>("calls");
    QTest::addColumn<int>("every");
    QTest::addColumn<bool>("isFailing");
    QTest::newRow("one in ten") << 100 << 10 << true;
    QTest::newRow("one in twenty is not more than that") << 400 << 20 << false;
    QTest::newRow("all of few") << 10 << 1 << false;
    QTest::newRow("one in a hundred") << 500 << 100 << false;
}

void tst_ServiceMap::errors_areAShareOfEnough()
{
    QFETCH(int, calls);
    QFETCH(int, every);
    QFETCH(bool, isFailing);
    Bench bench;
    for (int i = 0; i < calls; ++i)
        bench.add(i * 0.01, httpCall(1, 9, 10, i % every == every - 1 ? 500 : 200), web);
    QCOMPARE(bench.count(Topic::ServiceErrors) > 0, isFailing);
}

void tst_ServiceMap::whoCallsHimself_isNoCallerThatSuffers_data()
{
    QTest::addColumn<bool>("itself");
    QTest::newRow("another one") << false;
    QTest::newRow("itself") << true;
}

void tst_ServiceMap::whoCallsHimself_isNoCallerThatSuffers()
{
    QFETCH(bool, itself);
    Bench bench;
    wire::HttpRequest here = httpCall(1, 9, 10);
    std::swap(here.local, here.remote);
    here.direction = wire::TcpDirection::Inbound;
    bench.add(0, here, web); // it is web that listens there
    for (int i = 0; i < 100; ++i)
        bench.add(1 + i * 0.01, httpCall(1, 9, 10, i % 4 == 3 ? 500 : 200), itself ? web : cart);
    QVERIFY(bench.count(Topic::ServiceErrors) > 0);
    QCOMPARE(bench.count(Topic::CallerAffected) > 0, !itself);
}

void tst_ServiceMap::buckets_areRightToAFifth()
{
    for (double ns = 4e3; ns < 2e12; ns *= 1.07) {
        LogBuckets buckets;
        buckets.add(static_cast<std::uint64_t>(ns));
        const double error = buckets.quantileNs(0.5) / ns;
        QVERIFY2(error > 0.8 && error < 1.25, qPrintable(QString::number(ns) + " " + QString::number(error)));
    }
    LogBuckets many;
    for (int i = 0; i < 200'000; ++i)
        many.add(i % 10 == 0 ? 100'000'000 : 1'000'000);
    QVERIFY(std::abs(many.quantileNs(0.5) - 1e6) < 0.2e6);
    QVERIFY(std::abs(many.quantileNs(0.95) - 1e8) < 0.2e8);
}

QTEST_GUILESS_MAIN(tst_ServiceMap)
#include "tst_servicemap.moc"
