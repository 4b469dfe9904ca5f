// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <algorithm>
#include <cmath>

#include "console/core/metrics/figurenames.h"
#include "console/core/metrics/livemodel.h"
#include "tests/console/inputbuilder.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;
using wire::Metric;

namespace {

wire::Delivery from(const std::string &node, double second, decltype(wire::Frame::body) body)
{
    wire::Delivery delivery;
    delivery.node = node;
    delivery.receivedNs = at(second);
    delivery.frame.streamId = 1;
    delivery.frame.body = std::move(body);
    return delivery;
}

/// Nodes that send ten events a second, sample every five and beat every two, each until its link goes down.
class Cluster {
public:
    explicit Cluster(std::map<std::string, int> downAtSecond) : m_downAt(std::move(downAtSecond)) {}

    void run(int toSecond)
    {
        for (; m_second <= toSecond; ++m_second) {
            std::vector<ReceiveReading> received;
            for (const auto &[node, down] : m_downAt) {
                send(node, m_second < down);
                received.push_back({node, m_sent[node], 0, 0});
            }
            if (m_hasServer)
                received.push_back({std::string(wire::serverNodePrefix) + "local", 0, 0, 0});
            m_model.tick(at(m_second), received, 0);
            for (Figure &figure : m_model.takeFigures())
                m_stored.push_back(std::move(figure));
        }
    }
    /// The console's clock is set back to this second; what agents told of before stays told.
    void setBackTo(int second) { m_second = second; }
    int second() const { return m_second; }
    /// What the store was given, in order.
    const std::vector<Figure> &stored() const { return m_stored; }
    PanelSnapshot panel(PanelId id) { return m_model.overview(1).panels[static_cast<std::size_t>(id)]; }
    GroupSummary group(std::size_t index) { return m_model.overview(1).groups[index]; }
    /// What the node had sent before its link went down, of which no tick has read.
    void countUnread(const std::string &node, std::uint64_t events) { m_sent[node] += events; }
    void goAway(const std::string &node) { m_downAt[node] = m_second; }
    /// The link of the node is up again.
    void comeBack(const std::string &node) { m_downAt[node] = 9999; }
    /// Events that each node sends in a second.
    void sendEach(std::size_t events) { m_events = events; }
    /// The server has a stream of its own, of what it finds.
    void receiveFromServer() { m_hasServer = true; }
    /// The server finds that these never came.
    void lose(const std::string &node, std::uint64_t events) { m_lost[node] += events; }
    Fact factOf(PanelId id, std::string_view key)
    {
        const PanelSnapshot shown = panel(id);
        const Fact *found = fact(shown, key);
        return found ? *found : Fact{"none", -1, Unit::None, {}};
    }

private:
    void send(const std::string &node, bool up)
    {
        wire::AgentState state;
        state.node = node;
        state.streamId = 1;
        state.state = up ? wire::LinkState::Connected : wire::LinkState::Gone;
        state.sinceNs = at(up ? 0 : m_downAt[node]);
        state.agent.cpuCount = 4;
        if (up && m_second % 2 == 0)
            m_beat[node] = at(m_second);
        state.lastHeartbeatNs = m_beat[node];
        state.heartbeat.id = 1;
        state.loss.transitEvents = m_lost[node];
        m_model.onAgentState(state);
        if (!up)
            return;
        if (m_events > 0) {
            wire::EventBatch events;
            events.events.resize(m_events);
            for (wire::Event &event : events.events)
                event.type = wire::EventType::TcpConnection;
            m_model.onDelivery(from(node, m_second, std::move(events)), at(m_second));
            m_sent[node] += m_events;
        }
        if (m_second % 5 != 0)
            return;
        wire::SampleBatch samples;
        samples.timeNs = at(m_second);
        samples.origins = {InputBuilder::host()};
        samples.labels = {""};
        samples.samples = {{Metric::CpuUsageNs, 0, 0, static_cast<std::int64_t>(m_second) * nsPerSecond},
                           {Metric::NodeCpuCount, 0, 0, 4},
                           {Metric::NetRxBytes, 0, 0, static_cast<std::int64_t>(m_second) * 1000}};
        m_model.onDelivery(from(node, m_second, std::move(samples)), at(m_second));
        CounterSet counted; // goes on while the link is down, as do CPU time and bytes
        counted[Counter::Seen] = static_cast<std::uint64_t>(m_second) * 100;
        counted[Counter::Folded] = counted[Counter::Seen];
        m_model.onDelivery(from(node, m_second, wire::CounterReport{at(m_second), {{"tcp", counted}}}), at(m_second));
    }

    LiveModel m_model;
    std::map<std::string, int> m_downAt;
    std::map<std::string, std::int64_t> m_beat;
    std::map<std::string, std::uint64_t> m_sent, m_lost;
    std::size_t m_events = 10;
    bool m_hasServer = false;
    std::vector<Figure> m_stored;
    int m_second = 0;
};

/// Values of all lines but the lost ones in (fromSecond, toSecond].
std::vector<double> drawn(const PanelSnapshot &panel, double fromSecond, double toSecond)
{
    std::vector<double> values;
    for (const PlotSeries &series : panel.series) {
        for (const PlotPoint &point : series.points) {
            if (!series.loss && point.timeNs > at(fromSecond) && point.timeNs <= at(toSecond) && !std::isnan(point.value))
                values.push_back(point.value);
        }
    }
    return values;
}

/// The highest point of any line.
double peakOf(const PanelSnapshot &panel)
{
    double peak = 0;
    for (const PlotSeries &series : panel.series) {
        for (const PlotPoint &point : series.points)
            peak = std::isnan(point.value) ? peak : std::max(peak, point.value);
    }
    return peak;
}

} // namespace

Q_DECLARE_METATYPE(tapio::console::PanelId)

/// What Live shows once an agent's link is known to be down: a gap at once, and never a 0 that nobody measured.
class TestLiveAway : public QObject {
    Q_OBJECT
private slots:
    void aGapAtOnce_data()
    {
        QTest::addColumn<PanelId>("id");
        QTest::addColumn<double>("value");
        QTest::newRow("events") << PanelId::EventsProcessed << 10.;
        QTest::newRow("queue") << PanelId::QueueDepth << 0.;
        QTest::newRow("CPU") << PanelId::CpuUsage << 25.;
    }
    void aGapAtOnce()
    {
        QFETCH(PanelId, id);
        QFETCH(double, value);
        Cluster cluster({{"a", 120}});
        cluster.run(123);
        const PanelSnapshot panel = cluster.panel(id);
        QVERIFY(drawn(panel, 60, 115).size() > 5);
        QCOMPARE(drawn(panel, 120, 200).size(), 0u);
        QVERIFY(panel.value); // the last one that was read, and its age
        QCOMPARE(panel.value->value, value);
        QVERIFY(panel.asOfNs < at(120));
        QCOMPARE(panel.state, PanelState::Stale);
        QCOMPARE(panel.detail, std::string("a"));
    }

    void nobodySaysThatAllIsWell()
    {
        Cluster cluster({{"a", 120}});
        cluster.run(119);
        QVERIFY(cluster.group(0).key != "stale");
        cluster.run(125);
        QCOMPARE(cluster.group(0).key, std::string("stale"));
        QCOMPARE(cluster.group(0).level, GroupSummary::Level::NoData);
        QCOMPARE(cluster.group(2).key, std::string("stale"));
    }

    void coverageFallsAtOnce()
    {
        Cluster cluster({{"a", 120}, {"b", 9999}});
        cluster.run(121);
        const PanelSnapshot panel = cluster.panel(PanelId::Coverage);
        const Fact *alive = nullptr;
        for (const Fact &each : panel.computation.inputs)
            alive = each.key == "agents-alive" ? &each : alive;
        QVERIFY(alive);
        QCOMPARE(alive->value, 1.);
    }

    void theOthersGoOn()
    {
        Cluster cluster({{"a", 120}, {"b", 9999}});
        cluster.run(125);
        const PanelSnapshot panel = cluster.panel(PanelId::EventsProcessed);
        QCOMPARE(panel.value->value, 10.); // of b alone
        QCOMPARE(panel.state, PanelState::Partial);
        QCOMPARE(panel.detail, std::string("a"));
        QCOMPARE(panel.asOfNs, at(125));
        for (const double value : drawn(panel, 120, 125))
            QCOMPARE(value, 10.);
    }

    void backAgain_theTimeBetweenStaysAGap()
    {
        Cluster cluster({{"a", 120}});
        cluster.run(127);
        cluster.comeBack("a");
        cluster.run(150);
        const PanelSnapshot panel = cluster.panel(PanelId::EventsProcessed);
        QCOMPARE(drawn(panel, 120, 126).size(), 0u);
        QVERIFY(drawn(panel, 130, 150).size() >= 20);
        QCOMPARE(panel.state, PanelState::Ready);
    }

    void backAgain_whatWasCountedBeforeIsNoBurst_data()
    {
        QTest::addColumn<int>("awayAt");
        QTest::addColumn<int>("backAt");
        QTest::addColumn<int>("clockBackTo");
        QTest::newRow("soon") << 120 << 150 << -1;
        QTest::newRow("after the memory of its readings has ended") << 120 << 1500 << -1;
        QTest::newRow("after the clock was set back to before all of its readings") << 120 << 100 << 0;
    }
    void backAgain_whatWasCountedBeforeIsNoBurst()
    {
        QFETCH(int, awayAt);
        QFETCH(int, backAt);
        QFETCH(int, clockBackTo);
        Cluster cluster({{"a", 9999}, {"b", 9999}});
        cluster.run(awayAt - 1);
        cluster.goAway("a");
        if (clockBackTo >= 0) {
            cluster.run(awayAt + 20);
            cluster.setBackTo(clockBackTo);
            cluster.goAway("a");
        }
        cluster.run(backAt);
        const std::size_t storedBefore = cluster.stored().size();
        cluster.comeBack("a");
        cluster.run(backAt + 30);
        const std::vector<double> rates = drawn(cluster.panel(PanelId::EventsProcessed), backAt, backAt + 30);
        QVERIFY(rates.size() >= 20);
        for (const double rate : rates)
            QVERIFY2(rate <= 20.5, qPrintable(QString::number(rate))); // ten a second of each node, in one line or in two
        for (std::size_t i = storedBefore; i < cluster.stored().size(); ++i) {
            const Figure &figure = cluster.stored()[i];
            const bool count = figure.name == figure::received || figure.name == figure::processed;
            QVERIFY2(!count || figure.value > 0, figure.label.c_str()); // history would tell of the same burst
        }
    }

    void idle_isAMeasured0()
    {
        Cluster cluster({{"a", 9999}});
        cluster.sendEach(0);
        cluster.run(300);
        const PanelSnapshot events = cluster.panel(PanelId::EventsProcessed);
        QCOMPARE(events.state, PanelState::Ready);
        QVERIFY(events.value);
        QCOMPARE(events.value->value, 0.);
        QCOMPARE(events.asOfNs, at(300));
        const std::vector<double> values = drawn(events, 10, 300);
        QCOMPARE(values.size(), 2u * 289); // of what was received, too
        QVERIFY(std::all_of(values.begin(), values.end(), [](double value) { return value == 0; }));
        const PanelSnapshot latency = cluster.panel(PanelId::ProcessingLatency);
        QCOMPARE(latency.reason, NoDataReason::NoEvents);
        QCOMPARE(latency.have, 1.);
        QCOMPARE(cluster.group(0).key, std::string("all-good"));
    }

    void idle_awayIsStillAGap()
    {
        Cluster cluster({{"a", 120}});
        cluster.sendEach(0);
        cluster.run(150);
        QCOMPARE(drawn(cluster.panel(PanelId::EventsProcessed), 120, 150).size(), 0u);
        QCOMPARE(cluster.panel(PanelId::EventsProcessed).state, PanelState::Stale);
        cluster.comeBack("a");
        cluster.run(180);
        const PanelSnapshot panel = cluster.panel(PanelId::EventsProcessed);
        QCOMPARE(drawn(panel, 120, 149).size(), 0u);
        QVERIFY(drawn(panel, 152, 180).size() >= 28);
        QCOMPARE(panel.state, PanelState::Ready);
    }

    /// That nothing is lost is a reading, too.
    void away_theLineOfWhatWasLostEndsWithTheOthers()
    {
        Cluster cluster({{"a", 120}});
        cluster.run(140);
        const PanelSnapshot panel = cluster.panel(PanelId::EventsProcessed);
        const auto lost = std::find_if(panel.series.begin(), panel.series.end(), [](const PlotSeries &series) { return series.loss; });
        QVERIFY(lost != panel.series.end());
        const auto isDrawn = [](const PlotPoint &point) { return !std::isnan(point.value); };
        QVERIFY(std::any_of(lost->points.begin(), lost->points.end(), isDrawn));
        for (const PlotPoint &point : lost->points)
            QVERIFY2(!isDrawn(point) || point.timeNs <= at(120), qPrintable(QString::number((point.timeNs - at(0)) / nsPerSecond)));
    }

    /// A server receives what it finds itself, whoever is away: that is no reading of a node.
    void away_whatTheServerFindsItselfIsNoReading()
    {
        Cluster cluster({{"a", 120}});
        cluster.receiveFromServer();
        cluster.run(140);
        const PanelSnapshot panel = cluster.panel(PanelId::EventsProcessed);
        QVERIFY(drawn(panel, 60, 115).size() > 50);
        QCOMPARE(drawn(panel, 120, 140).size(), 0u);
    }

    void idle_thenEventsCome()
    {
        Cluster cluster({{"a", 9999}});
        cluster.sendEach(0);
        cluster.run(100);
        cluster.sendEach(10);
        cluster.run(140);
        const PanelSnapshot panel = cluster.panel(PanelId::EventsProcessed);
        for (const double value : drawn(panel, 10, 99))
            QCOMPARE(value, 0.);
        for (const double value : drawn(panel, 102, 139))
            QCOMPARE(value, 10.);
        QCOMPARE(panel.value->value, 10.);
    }

    void backAgain_noLineHasAPeak_data()
    {
        QTest::addColumn<PanelId>("id");
        QTest::addColumn<QByteArray>("fact"); // empty: the headline
        QTest::addColumn<double>("rate");
        QTest::addColumn<double>("highest"); // of all lines
        QTest::newRow("events, and what was lost of them") << PanelId::EventsProcessed << QByteArray() << 10. << 101.;
        QTest::newRow("bytes") << PanelId::NetworkIo << QByteArray("receive") << 1000. << 1001.;
        QTest::newRow("seen by the agent") << PanelId::FilterEfficiency << QByteArray("seen") << 100. << 100.5;
        QTest::newRow("CPU time") << PanelId::CpuUsage << QByteArray() << 25. << 25.1;
    }
    void backAgain_noLineHasAPeak()
    {
        QFETCH(PanelId, id);
        QFETCH(QByteArray, fact);
        QFETCH(double, rate);
        QFETCH(double, highest);
        Cluster cluster({{"a", 120}});
        cluster.run(179);
        cluster.comeBack("a");
        cluster.run(181);
        cluster.lose("a", 6000); // told by the first heartbeat: what was dropped in the minute
        for (int second = 182; second <= 240; second += 2) {
            cluster.run(second);
            const PanelSnapshot panel = cluster.panel(id);
            QVERIFY2(peakOf(panel) <= highest, qPrintable(QString::number(second) + ": " + QString::number(peakOf(panel))));
            QVERIFY(!panel.value || !fact.isEmpty() || panel.value->value <= rate * 1.001);
            QVERIFY(fact.isEmpty() || cluster.factOf(id, fact.toStdString()).value <= rate * 1.001);
        }
        QVERIFY(cluster.panel(id).value);
    }

    void backAgain_whatWasLostMeanwhileIsOfAllThatTime()
    {
        Cluster cluster({{"a", 120}});
        cluster.run(179);
        cluster.comeBack("a");
        cluster.run(181);
        cluster.lose("a", 6000);
        cluster.run(240);
        const std::vector<LossBand> losses = cluster.panel(PanelId::EventsProcessed).losses;
        QCOMPARE(losses.size(), 1u);
        QCOMPARE(losses[0].cause, std::string("gap"));
        QCOMPARE(losses[0].lost, 6000u);
        QCOMPARE(losses[0].fromNs, at(120));
        QCOMPARE(losses[0].toNs, at(185));
    }

    void backAgain_aCountThatWasNeverReadIsNoBurst()
    {
        Cluster cluster({{"a", 9999}, {"b", 9999}});
        cluster.goAway("a"); // before its first tick
        cluster.countUnread("a", 5000);
        cluster.run(60);
        cluster.comeBack("a");
        cluster.run(90);
        const PanelSnapshot panel = cluster.panel(PanelId::EventsProcessed);
        for (const double rate : drawn(panel, 60, 90))
            QVERIFY2(rate <= 20.5, qPrintable(QString::number(rate)));
        QVERIFY2(panel.value->value <= 20.5, qPrintable(QString::number(panel.value->value)));
        for (const Figure &figure : cluster.stored())
            QVERIFY(figure.name != figure::received || figure.label != "a" || figure.value > 0);
    }
};

QTEST_APPLESS_MAIN(TestLiveAway)
#include "tst_liveaway.moc"
