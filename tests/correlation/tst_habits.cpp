// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cmath>
#include <functional>
#include <limits>

#include "agent/correlation/imagehabits.h"
#include "agent/correlation/traffictracker.h"
#include "protocol/wire/evidence.h"
#include "tests/correlation/stage.h"

using namespace tapio;
using namespace tapio::correlation;
using wire::TcpOutcome;

namespace {

constexpr double halfMinute = 30, hour = 3600;

/// A connection that ended, with so much sent.
wire::TcpConnection sent(std::uint64_t bytes, std::uint8_t server = 9, std::uint32_t retransmits = 0)
{
    wire::TcpConnection tcp = connection(TcpOutcome::Closed, retransmits, server);
    tcp.bytesSent = bytes;
    tcp.durationNs = nsPerSecond;
    return tcp;
}

wire::PrivilegeGain gain(const std::string &filename, std::uint64_t capabilities = 1)
{
    wire::PrivilegeGain gain;
    gain.oldEuid = 1000;
    gain.how = "exec";
    gain.filename = filename;
    gain.gainedCapabilities = capabilities;
    return gain;
}

/// A tracker with a clock, and what was told last of each topic.
class Watch {
public:
    explicit Watch(std::size_t most = 100) : m_tracker(most) { m_tracker.advance(Stage::timeOf(0)); }
    void note(double at, wire::Detail detail, const wire::Origin &origin = pod("a"))
    {
        wire::Event event;
        event.timeNs = Stage::timeOf(at);
        event.type = static_cast<wire::EventType>(detail.index());
        event.detail = std::move(detail);
        m_tracker.note(event, origin, {"n1", 7, ++m_seq});
    }
    std::vector<TrafficTracker::Fact> pass(double at, Topic topic)
    {
        std::vector<TrafficTracker::Fact> some;
        for (TrafficTracker::Fact &fact : m_tracker.advance(Stage::timeOf(at))) {
            if (fact.topic == topic)
                some.push_back(std::move(fact));
        }
        return some;
    }
    /// One connection each half minute, so often, from then on.
    void usually(double from, int times, const wire::TcpConnection &one, const wire::Origin &origin = pod("a"))
    {
        for (int i = 0; i < times; ++i) {
            note(from + i * halfMinute, one, origin);
            m_tracker.advance(Stage::timeOf(from + (i + 1) * halfMinute));
        }
    }
    std::size_t size() const { return m_tracker.size(); }
    std::uint64_t seq() const { return m_seq; }

private:
    TrafficTracker m_tracker;
    std::uint64_t m_seq = 0;
};

double valueOf(const std::vector<TrafficTracker::Fact> &facts, std::size_t index)
{
    return facts.empty() ? noFigure : facts.back().figures.values[index];
}

} // namespace

class tst_Habits : public QObject {
    Q_OBJECT

private slots:
    void traffic_ofTooLittle_hasNothingUsual();
    void traffic_isComparedWithThatDestination();
    void traffic_ofOnePodIsUsualForAnother();
    void traffic_isOfThePodThatSentMost();
    void traffic_ofMembersIsTheirOwn();
    void traffic_isNotToldApartByPorts();
    void traffic_ofLongConnections_isOverTheirTime();
    void traffic_withoutConnections_saysNothing();
    void traffic_namesTheConnectionWithMost();
    void traffic_leftOut_data();
    void traffic_leftOut();
    void traffic_isBounded();
    void traffic_newDestination();
    void traffic_destinationThatWasForgotten();
    void traffic_ofStrangersNumbers();
    void retransmissions_arePerConnection();
    void gains_areUsualAfterAWhile();
    void gains_told_data();
    void gains_told();
    void gains_ofATimeToCome();
    void gains_areBounded();
    void engine_tellsOfTraffic();
    void engine_saysToWhom();
};

void tst_Habits::traffic_ofTooLittle_hasNothingUsual()
{
    Watch watch;
    watch.usually(0, 9, sent(30'000'000));
    watch.note(9 * halfMinute, sent(30'000'000));
    auto facts = watch.pass(10 * halfMinute, Topic::DestinationEgress); // nine before it
    QCOMPARE(facts.size(), std::size_t(1));
    QCOMPARE(valueOf(facts, traffic::Rate), 1e6);
    QCOMPARE(valueOf(facts, traffic::Amount), 30e6);
    QVERIFY(std::isnan(valueOf(facts, traffic::Ratio)));
    watch.note(10 * halfMinute, sent(60'000'000));
    facts = watch.pass(11 * halfMinute, Topic::DestinationEgress);
    QCOMPARE(valueOf(facts, traffic::Baseline), 1e6);
    QCOMPARE(valueOf(facts, traffic::Ratio), 2.0);
}

/// Much for one may be little for the other.
void tst_Habits::traffic_isComparedWithThatDestination()
{
    Watch watch;
    for (int i = 0; i < 12; ++i) {
        watch.note(i * halfMinute, sent(30'000'000, 9));
        watch.note(i * halfMinute, sent(300'000, 10));
        watch.pass((i + 1) * halfMinute, Topic::DestinationEgress);
    }
    watch.note(12 * halfMinute, sent(30'000'000, 9));
    auto facts = watch.pass(13 * halfMinute, Topic::DestinationEgress);
    QCOMPARE(facts.size(), std::size_t(1));
    QCOMPARE(facts[0].destination, std::string("10.0.0.9:80"));
    QCOMPARE(valueOf(facts, traffic::Ratio), 1.0);
    watch.note(13 * halfMinute, sent(30'000'000, 10));
    facts = watch.pass(14 * halfMinute, Topic::DestinationEgress);
    QCOMPARE(facts.size(), std::size_t(1));
    QCOMPARE(facts[0].destination, std::string("10.0.0.10:80"));
    QCOMPARE(valueOf(facts, traffic::Ratio), 100.0);
}

void tst_Habits::traffic_ofOnePodIsUsualForAnother()
{
    Watch watch;
    watch.usually(0, 12, sent(30'000'000), pod("a"));
    watch.note(12 * halfMinute, sent(300'000'000), pod("b")); // of the same workload
    auto facts = watch.pass(13 * halfMinute, Topic::DestinationEgress);
    QCOMPARE(valueOf(facts, traffic::Ratio), 10.0);
    QCOMPARE(facts[0].origin->podName, std::string("b"));
    wire::Origin other = pod("c");
    other.workloadName = "db";
    watch.note(13 * halfMinute, sent(300'000'000), other);
    facts = watch.pass(14 * halfMinute, Topic::DestinationEgress);
    QCOMPARE(facts.size(), std::size_t(1));
    QVERIFY(std::isnan(valueOf(facts, traffic::Ratio)));
}

void tst_Habits::traffic_isOfThePodThatSentMost()
{
    Watch watch;
    watch.note(1, sent(100'000'000), pod("a"));
    watch.note(2, sent(10, 9, 3), pod("b")); // of the same workload
    const auto most = watch.pass(halfMinute, Topic::DestinationEgress);
    QCOMPARE(most.size(), std::size_t(1));
    QCOMPARE(most[0].origin->podName, std::string("a"));
    QCOMPARE(most[0].place.seq, std::uint64_t(1));
}

void tst_Habits::traffic_ofMembersIsTheirOwn()
{
    wire::Origin primary = pod("db-0"), replica = pod("db-1");
    primary.workloadKind = replica.workloadKind = "StatefulSet";
    Watch watch;
    watch.usually(0, 12, sent(30'000'000), primary);
    watch.note(12 * halfMinute, sent(300'000), replica);
    QVERIFY(std::isnan(valueOf(watch.pass(13 * halfMinute, Topic::DestinationEgress), traffic::Ratio)));
    primary.podUid = "another"; // it is back
    watch.note(13 * halfMinute, sent(30'000'000), primary);
    QCOMPARE(valueOf(watch.pass(14 * halfMinute, Topic::DestinationEgress), traffic::Ratio), 1.0);
}

void tst_Habits::traffic_isNotToldApartByPorts()
{
    Watch watch;
    for (int i = 0; i < 500; ++i)
        watch.note(0, sent(1000)); // each from another port
    QCOMPARE(watch.size(), std::size_t(1));
    QCOMPARE(valueOf(watch.pass(halfMinute, Topic::DestinationEgress), traffic::Connections), 500.0);
}

/// That it ends now does not mean that it sent all of it just now.
void tst_Habits::traffic_ofLongConnections_isOverTheirTime()
{
    Watch watch;
    wire::TcpConnection day = sent(86'400'000'000);
    day.durationNs = static_cast<std::uint64_t>(24 * hour * 1e9);
    watch.note(0, day);
    QCOMPARE(valueOf(watch.pass(halfMinute, Topic::DestinationEgress), traffic::Rate), 1e6);
}

void tst_Habits::traffic_withoutConnections_saysNothing()
{
    Watch watch;
    watch.usually(0, 12, sent(30'000'000));
    QVERIFY(watch.pass(hour, Topic::DestinationEgress).empty());
    watch.note(hour, sent(30'000'000));
    QCOMPARE(valueOf(watch.pass(hour + halfMinute, Topic::DestinationEgress), traffic::Ratio), 1.0); // an hour of silence is no habit
    watch.note(hour + halfMinute, connection(TcpOutcome::Refused));
    QVERIFY(watch.pass(hour + 2 * halfMinute, Topic::DestinationEgress).empty()); // nothing was sent
}

void tst_Habits::traffic_namesTheConnectionWithMost()
{
    Watch watch;
    watch.note(1, sent(10));
    watch.note(2, sent(30, 9, 1));
    watch.note(3, sent(20, 9, 4));
    watch.note(4, sent(30, 9, 2));
    const auto most = watch.pass(halfMinute, Topic::DestinationEgress);
    QCOMPARE(most.at(0).place.seq, std::uint64_t(2));
    QCOMPARE(most.at(0).event.timeNs, Stage::timeOf(2));
    watch.note(31, sent(5, 9, 1));
    watch.note(32, sent(1, 9, 3));
    const auto again = watch.pass(2 * halfMinute, Topic::DestinationRetransmission);
    QCOMPARE(again.at(0).place.seq, std::uint64_t(6));
    QCOMPARE(valueOf(again, traffic::Amount), 4.0); // of this half minute
}

void tst_Habits::traffic_leftOut_data()
{
    QTest::addColumn<wire::Detail>("detail");
    wire::TcpConnection tcp = sent(1000);
    tcp.direction = wire::TcpDirection::Inbound;
    QTest::newRow("from outside") << wire::Detail(tcp);
    tcp = sent(1000);
    tcp.direction = wire::TcpDirection::Unknown;
    QTest::newRow("nobody knows which way") << wire::Detail(tcp);
    tcp = sent(1000);
    tcp.remote.bytes[12] = 127;
    QTest::newRow("loopback") << wire::Detail(tcp);
    QTest::newRow("no connection") << wire::Detail(gain("/bin/su"));
    QTest::newRow("nothing") << wire::Detail();
}

void tst_Habits::traffic_leftOut()
{
    QFETCH(wire::Detail, detail);
    Watch watch;
    watch.note(1, detail);
    QCOMPARE(watch.size(), std::size_t(0));
    QVERIFY(watch.pass(halfMinute, Topic::DestinationEgress).empty());
}

void tst_Habits::traffic_isBounded()
{
    Watch watch(10);
    for (int i = 0; i < 1000; ++i)
        watch.note(i, sent(1000, static_cast<std::uint8_t>(i % 200)), pod("p" + std::to_string(i)));
    QCOMPARE(watch.size(), std::size_t(10));
}

void tst_Habits::traffic_newDestination()
{
    Watch watch;
    watch.note(0, sent(1000, 9));
    watch.pass(halfMinute, Topic::DestinationEgress);
    watch.note(2 * hour, sent(1000, 10));
    const auto facts = watch.pass(2 * hour + halfMinute, Topic::DestinationEgress);
    QCOMPARE(facts.size(), std::size_t(1));
    QVERIFY(std::abs(valueOf(facts, traffic::SourceMinutes) - 120.5) < 0.02);
    QVERIFY(std::abs(valueOf(facts, traffic::DestinationMinutes) - 0.5) < 0.02); // and the second that it lasted
    wire::TcpConnection kept = sent(1000, 11);
    kept.durationNs = static_cast<std::uint64_t>(hour * 1e9); // it was there for an hour, and is told of now
    watch.note(2 * hour + halfMinute, kept);
    QVERIFY(valueOf(watch.pass(2 * hour + 2 * halfMinute, Topic::DestinationEgress), traffic::DestinationMinutes) > 60);
}

/// What had to go for want of room may have been known for days.
void tst_Habits::traffic_destinationThatWasForgotten()
{
    TrafficTracker tracker(2);
    tracker.advance(Stage::timeOf(0));
    const auto note = [&tracker](double at, std::uint8_t server) {
        wire::Event event;
        event.timeNs = Stage::timeOf(at);
        event.type = wire::EventType::TcpConnection;
        event.detail = sent(1000, server);
        tracker.note(event, pod("a"), {"n1", 7, 1});
    };
    for (const std::uint8_t server : {1, 2, 3, 1})
        note(2 * hour, server);
    QCOMPARE(tracker.forgotten(), std::uint64_t(2));
    const auto facts = tracker.advance(Stage::timeOf(2 * hour + halfMinute));
    QCOMPARE(facts.size(), std::size_t(2));
    for (const TrafficTracker::Fact &fact : facts)
        QVERIFY(std::isnan(fact.figures.values[traffic::DestinationMinutes]));
}

void tst_Habits::traffic_ofStrangersNumbers()
{
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    Watch watch;
    wire::TcpConnection tcp = sent(most / 2 + 1, 9, 100);
    tcp.durationNs = most;
    tcp.more = std::numeric_limits<std::uint32_t>::max();
    watch.note(1, tcp);
    watch.note(2, tcp);
    const auto facts = watch.pass(halfMinute, Topic::DestinationEgress);
    QCOMPARE(valueOf(facts, traffic::Amount), static_cast<double>(most)); // not 0
    QCOMPARE(valueOf(facts, traffic::Connections), 2e6);
    QVERIFY(valueOf(facts, traffic::SourceMinutes) > 0);
}

void tst_Habits::retransmissions_arePerConnection()
{
    Watch watch;
    wire::TcpConnection many = sent(1000, 9, 0);
    many.more = 99;
    for (int i = 0; i < 12; ++i) {
        watch.note(i * halfMinute, many);
        watch.note(i * halfMinute, sent(1000, 9, 10));
        watch.pass((i + 1) * halfMinute, Topic::DestinationRetransmission);
    }
    watch.note(12 * halfMinute, sent(1000, 9, 10)); // as many, of one hundredth of the connections
    const auto facts = watch.pass(13 * halfMinute, Topic::DestinationRetransmission);
    QCOMPARE(facts.size(), std::size_t(1));
    QCOMPARE(valueOf(facts, traffic::Rate), 10.0);
    QVERIFY(std::abs(valueOf(facts, traffic::Baseline) - 10.0 / 101) < 1e-9);
    QVERIFY(valueOf(facts, traffic::Deviation) > 6);
}

void tst_Habits::gains_areUsualAfterAWhile()
{
    ImageHabits habits(100);
    const auto note = [&](double at) { return habits.note(pod("p" + std::to_string(at)), gain("/usr/bin/sudo"), Stage::timeOf(at)); };
    for (int i = 0; i < 10; ++i)
        QVERIFY(!note(i * 60)); // often, but what is done to all pods within minutes is no habit
    QVERIFY(note(hour));
    ImageHabits seldom(100);
    QVERIFY(!seldom.note(pod("a"), gain("/usr/bin/sudo"), Stage::timeOf(0)));
    QVERIFY(!seldom.note(pod("a"), gain("/usr/bin/sudo"), Stage::timeOf(10 * hour)));
    QVERIFY(!seldom.note(pod("a"), gain("/usr/bin/sudo"), Stage::timeOf(20 * hour)));
    QVERIFY(seldom.note(pod("a"), gain("/usr/bin/sudo"), Stage::timeOf(30 * hour)));
}

void tst_Habits::gains_told_data()
{
    QTest::addColumn<QString>("image");
    QTest::addColumn<QString>("filename");
    QTest::addColumn<quint64>("capabilities");
    QTest::addColumn<bool>("usual");
    QTest::newRow("the same") << "web:1"
                              << "/usr/bin/sudo" << quint64(1) << true;
    QTest::newRow("of another image") << "web:2"
                                      << "/usr/bin/sudo" << quint64(1) << false;
    QTest::newRow("by another program") << "web:1"
                                        << "/tmp/sudo" << quint64(1) << false;
    QTest::newRow("more than else") << "web:1"
                                    << "/usr/bin/sudo" << quint64(3) << false;
    QTest::newRow("of no image") << ""
                                 << "/usr/bin/sudo" << quint64(1) << false;
}

void tst_Habits::gains_told()
{
    QFETCH(QString, image);
    QFETCH(QString, filename);
    QFETCH(quint64, capabilities);
    wire::Origin origin = pod("a");
    const auto scene = [&](Stage &stage) {
        for (int i = 0; i < 5; ++i) {
            stage.pass(2 * i * hour - hour); // the one before is over
            stage.event(2 * i * hour, gain("/usr/bin/sudo"), origin);
        }
    };
    Stage stage(loadRules(TAPIO_RULES).rules);
    scene(stage);
    stage.pass(18 * hour);
    const std::size_t before = stage.opened("privilege-gain");
    QCOMPARE(before, std::size_t(3)); // until it was a habit
    origin = pod("b");
    origin.image = image.toStdString();
    stage.event(20 * hour, gain(filename.toStdString(), capabilities), origin);
    stage.pass(20 * hour + 1);
    QTEST(stage.opened("privilege-gain") == before, "usual");
}

/// What was seen while the clock was a day ahead is known of no time.
void tst_Habits::gains_ofATimeToCome()
{
    Stage stage(loadRules(TAPIO_RULES).rules);
    const auto once = [&stage](double at) {
        stage.pass(at - hour);
        stage.event(at, gain("/usr/bin/sudo"));
        stage.pass(at);
    };
    for (const double at : {50, 52, 54, 56}) // usual by then
        once(at * hour);
    QCOMPARE(stage.opened("privilege-gain"), std::size_t(3));
    for (const double at : {2, 4, 6, 8})
        once(at * hour);
    QCOMPARE(stage.opened("privilege-gain"), std::size_t(6));
}

void tst_Habits::gains_areBounded()
{
    ImageHabits habits(100);
    for (int i = 0; i < 10'000; ++i)
        habits.note(pod("a"), gain("/tmp/" + std::to_string(i)), Stage::timeOf(i));
    QVERIFY(habits.size() <= 100);
}

/// Little by little, from many connections, where there is none else; its evidence is a connection that can be opened.
void tst_Habits::engine_tellsOfTraffic()
{
    Stage stage(loadRules(TAPIO_RULES).rules);
    const auto halfMinutes = [&stage](double from, int count, std::uint32_t retransmits) {
        for (int i = 0; i < count; ++i) {
            for (int one = 0; one < 20; ++one)
                stage.event(from + i * halfMinute + one, sent(1000, 9, retransmits));
            stage.pass(from + (i + 1) * halfMinute);
        }
    };
    stage.pass(0);
    halfMinutes(0, 20, 0);
    QVERIFY(stage.found.empty());
    halfMinutes(20 * halfMinute, 3, 2); // 40 segments each, two a connection: fewer than the other step asks for
    QCOMPARE(stage.opened("packet-loss"), std::size_t(1));
    const wire::Insight insight = stage.of("packet-loss", wire::InsightState::Open)[0].insight;
    QCOMPARE(insight.root, std::string("10.0.0.9:80"));
    QCOMPARE(insight.text,
             std::string("connections with 10.0.0.9:80 send again what was lost on the way (10.0.0.9:80: 40 segments again in 20 "
                         "connections, 2 each, usually 0)"));
    QCOMPARE(insight.affected, std::vector<std::string>{"pod shop/a"});
    for (const std::string &line : insight.evidence)
        QVERIFY2(!wire::evidenceEvent(line).empty(), line.c_str());
}

/// What sends far more than usual is found in samples; to whom, in its connections.
void tst_Habits::engine_saysToWhom()
{
    Stage stage(loadRules(TAPIO_RULES).rules);
    stage.pass(0);
    double total = 0;
    for (double at = 0; at <= 75 * 60; at += 15) {
        const bool isExport = at > 70 * 60;
        total += isExport ? 30e6 : 30e3;
        stage.event(at, sent(isExport ? 30'000'000 : 30'000, isExport ? 77 : 9));
        if (isExport)
            stage.event(at, sent(30'000, 9));
        Reading reading;
        reading.add(pod("a"), wire::Metric::NetTxBytes, total, "eth0");
        stage.samples(at, reading.take());
    }
    QCOMPARE(stage.opened("unusual-egress"), std::size_t(1));
    std::vector<std::string> affected;
    for (const Finding &finding : stage.found) {
        if (finding.insight.rule == "unusual-egress")
            affected = finding.insight.affected;
    }
    QCOMPARE(affected, (std::vector<std::string>{"destination 10.0.0.77:80", "workload shop/web"}));
}

QTEST_APPLESS_MAIN(tst_Habits)
#include "tst_habits.moc"
