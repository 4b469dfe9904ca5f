// SPDX-License-Identifier: GPL-3.0-or-later
// Ordinary connections of one flow, and answers to one question, are told together, and none is lost.
#include <QtTest>

#include <functional>
#include <random>

#include "agent/pipeline/flowfold.h"

using namespace tapio;
using namespace tapio::agent;

namespace {

using Change = std::function<void(HeldEvent &)>;

std::int64_t at(double seconds) { return static_cast<std::int64_t>(seconds * static_cast<double>(nsPerSecond)); }

wire::SocketAddress address(std::uint8_t last, std::uint16_t port)
{
    wire::SocketAddress one;
    one.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, last};
    one.port = port;
    return one;
}

wire::TcpConnection &tcpOf(HeldEvent &item) { return std::get<wire::TcpConnection>(item.event.detail); }
const wire::TcpConnection &tcpOf(const HeldEvent &item) { return std::get<wire::TcpConnection>(item.event.detail); }

HeldEvent call(double seconds, std::uint16_t port = 40'000)
{
    HeldEvent item{{}, std::make_shared<const wire::Origin>(), "tcp", at(seconds), {77, 0, CgroupHierarchy::Either}};
    item.event.type = wire::EventType::TcpConnection;
    item.event.timeNs = at(seconds);
    item.event.process = {7, 1000, 9, "web"};
    wire::TcpConnection tcp;
    tcp.local = address(2, 80);
    tcp.remote = address(1, port);
    tcp.direction = wire::TcpDirection::Inbound;
    tcp.outcome = wire::TcpOutcome::Closed;
    tcp.established = true;
    tcp.durationNs = 10'000'000;
    tcp.bytesSent = 100;
    tcp.bytesReceived = 1'000;
    tcp.srttUs = 300;
    item.event.detail = tcp;
    return item;
}

wire::DnsQuery &dnsOf(HeldEvent &item) { return std::get<wire::DnsQuery>(item.event.detail); }

HeldEvent answer(double seconds, std::uint64_t latencyNs = 2'000'000)
{
    HeldEvent item{{}, std::make_shared<const wire::Origin>(), "dns", at(seconds), {77, 0, CgroupHierarchy::Either}};
    item.event.type = wire::EventType::DnsQuery;
    item.event.timeNs = at(seconds);
    item.event.process = {7, 1000, 9, "web"};
    item.event.detail = wire::DnsQuery{address(10, 53), "db.shop.", 1, 0, wire::DnsOutcome::Answered, latencyNs, 2, 1, false, false};
    return item;
}

FlowFold folding()
{
    FlowFold flows;
    flows.setOn(true);
    return flows;
}

/// How many connections each event stands for that goes out by then.
QList<int> numbersOf(const std::vector<HeldEvent> &events)
{
    QList<int> numbers;
    for (const HeldEvent &one : events)
        numbers.append(static_cast<int>(tcpOf(one).more) + 1);
    return numbers;
}

} // namespace

Q_DECLARE_METATYPE(Change)

class TestFlowFold : public QObject {
    Q_OBJECT
private slots:
    void ordinary_data()
    {
        QTest::addColumn<Change>("change");
        QTest::addColumn<bool>("isOrdinary");
        const auto add = [](const char *row, bool isOrdinary, Change change) { QTest::newRow(row) << std::move(change) << isOrdinary; };
        add("closed in order", true, [](HeldEvent &) {});
        add("one that goes out", false, [](HeldEvent &one) { tcpOf(one).direction = wire::TcpDirection::Outbound; });
        add("of a cgroup of v1", true, [](HeldEvent &one) { one.cgroup = {0, 5, CgroupHierarchy::Either}; });
        add("of nobody", false, [](HeldEvent &one) { one.cgroup = {}; });
        add("reset", false, [](HeldEvent &one) { tcpOf(one).outcome = wire::TcpOutcome::Reset; });
        add("refused", false, [](HeldEvent &one) { tcpOf(one).outcome = wire::TcpOutcome::Refused; });
        add("with an error", false, [](HeldEvent &one) { tcpOf(one).socketError = 110; });
        add("with lost segments", false, [](HeldEvent &one) { tcpOf(one).retransmits = 1; });
        add("a long one", false, [](HeldEvent &one) { tcpOf(one).durationNs = 60'000'000'000; });
        add("from where to", false, [](HeldEvent &one) { tcpOf(one).direction = wire::TcpDirection::Unknown; });
        add("that somebody thinks worth a notice", false, [](HeldEvent &one) { one.event.severity = wire::Severity::Notice; });
        add("a request", false, [](HeldEvent &one) { one.event.detail = wire::HttpRequest(); });
    }
    void ordinary()
    {
        QFETCH(Change, change);
        HeldEvent one = call(0);
        change(one);
        QTEST(FlowFold::isOrdinary(one), "isOrdinary");
    }

    void ordinaryAnswer_data()
    {
        QTest::addColumn<Change>("change");
        QTest::addColumn<bool>("isOrdinary");
        const auto add = [](const char *row, bool isOrdinary, Change change) { QTest::newRow(row) << std::move(change) << isOrdinary; };
        add("soon", true, [](HeldEvent &) {});
        add("there is no such name", true, [](HeldEvent &one) { dnsOf(one).responseCode = 3; });
        add("over TCP", true, [](HeldEvent &one) { dnsOf(one).tcp = true; });
        add("slow", false, [](HeldEvent &one) { dnsOf(one).latencyNs = 100'000'000; });
        add("asked twice", false, [](HeldEvent &one) { dnsOf(one).attempts = 2; });
        add("truncated", false, [](HeldEvent &one) { dnsOf(one).truncated = true; });
        add("none", false, [](HeldEvent &one) { dnsOf(one).outcome = wire::DnsOutcome::TimedOut; });
        add("a refusal", false, [](HeldEvent &one) { one.event.severity = wire::Severity::Warning; });
        add("of nobody", false, [](HeldEvent &one) { one.cgroup = {}; });
        add("of no known process", false, [](HeldEvent &one) { one.event.process = {}; });
    }
    void ordinaryAnswer()
    {
        QFETCH(Change, change);
        HeldEvent one = answer(0);
        change(one);
        QTEST(FlowFold::isOrdinary(one), "isOrdinary");
    }

    void answers_areToldTogether()
    {
        FlowFold flows = folding();
        QVERIFY(flows.fold(answer(0), at(0)).told.has_value());
        for (std::uint64_t i = 1; i <= 3; ++i)
            QVERIFY(!flows.fold(answer(1, i * 1'000'000), at(1)).told.has_value());
        QCOMPARE(flows.within(), (FlowFold::Within{0, 2}));
        auto due = flows.takeDue(at(5));
        QCOMPARE(due.size(), std::size_t(1));
        QCOMPARE(dnsOf(due[0]).more, 2u);
        QCOMPARE(dnsOf(due[0]).latencyNs, 2'000'000u);
        QCOMPARE(dnsOf(due[0]).name, std::string("db.shop."));
        QCOMPARE(due[0].event.process.pid, 7u);
    }

    void answer_isToldFromAnother_data()
    {
        QTest::addColumn<Change>("change");
        QTest::addColumn<bool>("isOther");
        const auto add = [](const char *row, bool isOther, Change change) { QTest::newRow(row) << std::move(change) << isOther; };
        add("another latency", false, [](HeldEvent &one) { dnsOf(one).latencyNs = 1; });
        add("another name", true, [](HeldEvent &one) { dnsOf(one).name = "web.shop."; });
        add("another type", true, [](HeldEvent &one) { dnsOf(one).queryType = 28; });
        add("another answer", true, [](HeldEvent &one) { dnsOf(one).responseCode = 3; });
        add("more records", true, [](HeldEvent &one) { dnsOf(one).answers = 3; });
        add("another way", true, [](HeldEvent &one) { dnsOf(one).tcp = true; });
        add("another server", true, [](HeldEvent &one) { dnsOf(one).server = address(11, 53); });
        add("another process", true, [](HeldEvent &one) { one.event.process.pid = 8; });
        add("another process of the same number", true, [](HeldEvent &one) { one.event.process.startTimeNs = 10; });
        add("another owner", true, [](HeldEvent &one) { one.cgroup.cgroupId = 78; });
        add("a connection", true, [](HeldEvent &one) { one = call(1); });
    }
    void answer_isToldFromAnother()
    {
        QFETCH(Change, change);
        FlowFold flows = folding();
        flows.fold(answer(0), at(0));
        HeldEvent one = answer(1);
        change(one);
        QTEST(flows.fold(std::move(one), at(1)).told.has_value(), "isOther");
    }

    /// Each end tells those by themselves, so that whoever hears both finds the same connection from both.
    void sample_isByTheClientsEnd()
    {
        int byThemselves = 0;
        constexpr int ports = 20'000;
        for (int port = 0; port < ports; ++port)
            byThemselves += FlowFold::isOrdinary(call(0, static_cast<std::uint16_t>(30'000 + port))) ? 0 : 1;
        const int expected = ports / static_cast<int>(FlowFold::sampleOneIn);
        QVERIFY2(byThemselves > expected / 2 && byThemselves < expected * 2, qPrintable(QString::number(byThemselves)));
        HeldEvent elsewhere = call(0, 30'007);
        tcpOf(elsewhere).local = address(77, 8080); // behind a virtual address
        elsewhere.cgroup.cgroupId = 5;
        QCOMPARE(FlowFold::isOrdinary(elsewhere), FlowFold::isOrdinary(call(0, 30'007)));
    }

    void first_isToldAtOnce_theRestTogether()
    {
        FlowFold flows = folding();
        QVERIFY(flows.fold(call(0), at(0)).told.has_value());
        for (int i = 1; i <= 4; ++i) {
            const FlowFold::Folded folded = flows.fold(call(i), at(i));
            QVERIFY(!folded.told);
            QCOMPARE(folded.isWithin, i > 1);
        }
        QCOMPARE(flows.held(), std::size_t(1));
        QCOMPARE(flows.within(), (FlowFold::Within{3, 0}));
        QVERIFY(flows.takeDue(at(4.9)).empty());
        const auto due = flows.takeDue(at(5));
        QCOMPARE(numbersOf(due), QList<int>{4});
        QCOMPARE(due[0].event.timeNs, at(4)); // the last one
        QCOMPARE(due[0].sinceBootNs, at(1));  // it has waited since the first of them
        QCOMPARE(flows.held(), std::size_t(0));
        // It goes on: each five seconds one event, not two.
        QVERIFY(!flows.fold(call(6), at(6)).told);
        QCOMPARE(numbersOf(flows.takeDue(at(10))), QList<int>{1});
        // It ended.
        QVERIFY(flows.takeDue(at(15)).empty());
        QVERIFY(flows.fold(call(16), at(16)).told.has_value());
    }

    void together_haveTheBytesOfAll_andMeanTimes()
    {
        FlowFold flows = folding();
        flows.fold(call(0), at(0));
        for (std::uint64_t i = 1; i <= 3; ++i) {
            HeldEvent one = call(1, static_cast<std::uint16_t>(40'000 + i));
            tcpOf(one).durationNs = i * 1'000'000;
            tcpOf(one).bytesSent = i;
            tcpOf(one).bytesReceived = 10 * i;
            tcpOf(one).srttUs = i == 1 ? 0 : 100; // one of them never measured
            flows.fold(std::move(one), at(1));
        }
        const auto all = flows.takeAll();
        QCOMPARE(numbersOf(all), QList<int>{3});
        const wire::TcpConnection &tcp = tcpOf(all[0]);
        QCOMPARE(tcp.durationNs, 2'000'000u);
        QCOMPARE(tcp.bytesSent, 6u);
        QCOMPARE(tcp.bytesReceived, 60u);
        QCOMPARE(tcp.srttUs, 100u);
        QCOMPARE(tcp.remote.port, std::uint16_t(40'003));
        QCOMPARE(all[0].event.process.pid, 7u);
    }

    void processes_ofOneProgramAreNamedByTheirProgramAlone()
    {
        FlowFold flows = folding();
        flows.fold(call(0), at(0));
        for (const std::uint32_t pid : {7u, 8u, 8u}) {
            HeldEvent one = call(1);
            one.event.process.pid = pid;
            flows.fold(std::move(one), at(1));
        }
        const auto all = flows.takeAll();
        QCOMPARE(numbersOf(all), QList<int>{3});
        QCOMPARE(all[0].event.process.pid, 0u);
        QCOMPARE(all[0].event.process.startTimeNs, 0u);
        QCOMPARE(all[0].event.process.comm, std::string("web"));
    }

    void flow_isToldFromAnother_data()
    {
        QTest::addColumn<Change>("change");
        QTest::addColumn<bool>("isOther");
        const auto add = [](const char *row, bool isOther, Change change) { QTest::newRow(row) << std::move(change) << isOther; };
        add("another port of the client", false, [](HeldEvent &one) { tcpOf(one).remote.port = 5; });
        add("more bytes", false, [](HeldEvent &one) { tcpOf(one).bytesSent = 1'000'000; });
        add("another port of the service", true, [](HeldEvent &one) { tcpOf(one).local.port = 81; });
        add("another address of the service", true, [](HeldEvent &one) { tcpOf(one).local = address(3, 80); });
        add("another client", true, [](HeldEvent &one) { tcpOf(one).remote = address(9, 40'000); });
        add("another owner", true, [](HeldEvent &one) { one.cgroup.cgroupId = 78; });
        add("another owner by v1", true, [](HeldEvent &one) { one.cgroup.memoryId = 78; });
        add("another program", true, [](HeldEvent &one) { one.event.process.comm = "curl"; });
        add("another user", true, [](HeldEvent &one) { one.event.process.uid = 0; });
    }
    void flow_isToldFromAnother()
    {
        QFETCH(Change, change);
        FlowFold flows = folding();
        flows.fold(call(0), at(0));
        HeldEvent one = call(1);
        change(one);
        QTEST(flows.fold(std::move(one), at(1)).told.has_value(), "isOther");
    }

    void switchedOff_givesBackWhatWaits()
    {
        FlowFold flows;
        QVERIFY(!flows.isOn());
        QVERIFY(flows.setOn(true).empty());
        flows.fold(call(0), at(0));
        flows.fold(call(1), at(1));
        QVERIFY(flows.setOn(true).empty()); // read again, and nothing has changed
        QCOMPARE(flows.held(), std::size_t(1));
        QCOMPARE(numbersOf(flows.setOn(false)), QList<int>{1});
        QCOMPARE(flows.held(), std::size_t(0));
    }

    void flows_areBounded()
    {
        FlowFold flows = folding();
        for (std::size_t i = 0; i < FlowFold::mostFlows + 100; ++i) {
            HeldEvent one = call(0);
            one.cgroup.cgroupId = 1000 + i;
            QVERIFY(flows.fold(std::move(one), at(0)).told.has_value());
        }
        for (int i = 0; i < 2; ++i) { // no room for its flow: one by one
            HeldEvent one = call(1);
            one.cgroup.cgroupId = 1000 + FlowFold::mostFlows + 5;
            QVERIFY(flows.fold(std::move(one), at(1)).told.has_value());
        }
        QVERIFY(flows.takeDue(at(5)).empty()); // and now there is
        flows.fold(call(6), at(6));
        QVERIFY(!flows.fold(call(6), at(6)).told.has_value());
    }

    /// Whoever asks for ever other names takes no room from connections.
    void questions_areBoundedByThemselves()
    {
        FlowFold flows = folding();
        for (std::size_t i = 0; i < FlowFold::mostQuestions + 100; ++i) {
            HeldEvent one = answer(0);
            dnsOf(one).name = std::to_string(i) + ".shop.";
            QVERIFY(flows.fold(std::move(one), at(0)).told.has_value());
        }
        HeldEvent again = answer(1);
        dnsOf(again).name = std::to_string(FlowFold::mostQuestions + 5) + ".shop.";
        QVERIFY(flows.fold(std::move(again), at(1)).told.has_value()); // no room
        flows.fold(call(1), at(1));
        QVERIFY(!flows.fold(call(1), at(1)).told.has_value());
        QCOMPARE(flows.takeDue(at(6)).size(), std::size_t(1)); // and now there is
        flows.fold(answer(7), at(7));
        QVERIFY(!flows.fold(answer(7), at(7)).told.has_value());
    }

    void none_isLost()
    {
        std::mt19937 random(3); // seeded: fails the same way each time
        FlowFold flows = folding();
        std::uint64_t offered = 0, told = 0, sent = 0, toldSent = 0, within = 0;
        const auto tell = [&](const HeldEvent &one) {
            told += std::uint64_t{tcpOf(one).more} + 1;
            toldSent += tcpOf(one).bytesSent;
        };
        for (std::int64_t now = 0; now < at(60); now += static_cast<std::int64_t>(random() % 20'000'000)) {
            HeldEvent one = call(0);
            one.sinceBootNs = now;
            one.cgroup.cgroupId = 1 + random() % 20;
            tcpOf(one).bytesSent = random() % 1'000;
            tcpOf(one).remote = address(static_cast<std::uint8_t>(1 + random() % 5), 40'000);
            ++offered;
            sent += tcpOf(one).bytesSent;
            const FlowFold::Folded folded = flows.fold(std::move(one), now);
            within += folded.isWithin ? 1 : 0;
            if (folded.told)
                tell(*folded.told);
            for (const HeldEvent &due : flows.takeDue(now)) {
                tell(due);
                QVERIFY(now - due.sinceBootNs <= FlowFold::windowNs + 20'000'000); // the longest that nobody looks here
            }
        }
        for (const HeldEvent &rest : flows.takeAll())
            tell(rest);
        QCOMPARE(told, offered);
        QCOMPARE(toldSent, sent);
        QCOMPARE(flows.within(), (FlowFold::Within{within, 0}));
        QVERIFY(within > offered / 4);
    }
};

QTEST_GUILESS_MAIN(TestFlowFold)
#include "tst_flowfold.moc"
