// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QtTest>

#include "console/ui/models/agentsmodel.h"
#include "console/ui/models/linkdetails.h"
#include "console/ui/models/noticesmodel.h"
#include "console/ui/widgets/tableview.h"
#include "tests/support/fakeclock.h"
#include "tests/support/fakesession.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {
constexpr std::int64_t now = FakeClock::startNs;
QString cellText(const QAbstractItemModel &model, int row, int column)
{
    return model.index(row, column).data().toString().replace(QChar(0x00A0), ' ');
}
} // namespace

class TestConnectionModels : public QObject {
    Q_OBJECT
private slots:
    void agents_keepTheirRowsWhileValuesChange()
    {
        AgentsModel model(m_time);
        QAbstractItemModelTester tester(&model);
        auto agents = sampleAgents(9, now);
        model.update(agents, now);
        QCOMPARE(model.rowCount(), 9);
        QPersistentModelIndex third = model.index(model.rowOf("node-12"), AgentsModel::Node);
        QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted), removed(&model, &QAbstractItemModel::rowsRemoved),
            reset(&model, &QAbstractItemModel::modelReset);
        agents.erase(agents.begin());
        agents.push_back(agents.back());
        agents.back().node = "aaa-first";
        agents[1].receivedEvents = 5;
        model.update(agents, now + nsPerSecond);
        QCOMPARE(model.rowCount(), 9);
        QCOMPARE(inserted.count(), 1);
        QCOMPARE(removed.count(), 1);
        QCOMPARE(reset.count(), 0);
        QCOMPARE(cellText(model, 0, AgentsModel::Node), "aaa-first");
        QVERIFY(third.isValid());
        QCOMPARE(third.data().toString(), "node-12");
        model.update({}, now);
        QCOMPARE(model.rowCount(), 0);
        QCOMPARE(model.rowOf("node-12"), -1);
    }

    void agent_cells_data()
    {
        QTest::addColumn<int>("column");
        QTest::addColumn<QString>("text");
        QTest::newRow("state is a word") << int(AgentsModel::State) << "connected";
        QTest::newRow("since is an age") << int(AgentsModel::Since) << "8 min";
        QTest::newRow("clock offset with its uncertainty") << int(AgentsModel::Clock) << "\u2212220 \u00b5s \u00b1 390 \u00b5s";
        QTest::newRow("queue adds what is in flight") << int(AgentsModel::Queue) << "67";
        QTest::newRow("loss adds all causes but duplicates") << int(AgentsModel::Lost) << "323";
        QTest::newRow("the certificate's rest") << int(AgentsModel::Expires) << "80 d";
        QTest::newRow("stream in hexadecimal") << int(AgentsModel::Stream) << "9f3c000000000001";
    }
    void agent_cells()
    {
        QFETCH(int, column);
        AgentsModel model(m_time);
        model.update(sampleAgents(3, now), now);
        QTEST(cellText(model, 1, column), "text");
    }
    void lost_countsTheKernelsRingAndWhatWasShed()
    {
        CounterSet counters;
        counters[Counter::Lost] = 1000;
        counters[Counter::Shed] = 200;
        counters[Counter::QDrop] = 5; // among what the server names
        AgentsModel model(m_time);
        QAbstractItemModelTester tester(&model);
        model.update(sampleAgents(3, now), now, {{"node-11", counters}});
        QCOMPARE(cellText(model, 1, AgentsModel::Lost), "1,523");
        QCOMPARE(model.index(1, AgentsModel::Lost).data(cell::sortRole).toULongLong(), 1523u);
        QCOMPARE(cellText(model, 0, AgentsModel::Lost), "0");
        const QString tip = model.index(1, AgentsModel::Lost).data(Qt::ToolTipRole).toString();
        QVERIFY(tip.startsWith("Lost in the kernel: 1,000\nShed by the overhead budget: 200\nDropped by the agent: 311\n"));
        QVERIFY(detailText("n", agentDetails(sampleAgents(2, now)[1], {}, m_time, now, counters)).contains("Lost in the kernel: 1,000"));
    }
    void agent_notMeasuredIsSaid()
    {
        AgentsModel model(m_time);
        wire::AgentState fresh;
        fresh.node = "new";
        model.update({fresh}, now);
        QCOMPARE(cellText(model, 0, AgentsModel::Clock), "not measured");
        QCOMPARE(cellText(model, 0, AgentsModel::Expires), "\u2013");
        QCOMPARE(cellText(model, 0, AgentsModel::Since), "\u2013");
    }

    void notices_newOnesComeInFront()
    {
        NoticesModel model(m_time);
        QAbstractItemModelTester tester(&model);
        auto all = sampleNotices(20, now);
        model.update({all.begin() + 5, all.end()});
        QCOMPARE(model.rowCount(), 15);
        QPersistentModelIndex kept = model.index(0, NoticesModel::Address);
        QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted), reset(&model, &QAbstractItemModel::modelReset);
        all[5].repeated = 9;
        model.update({all.begin(), all.end() - 3}); // the oldest three fell off
        QCOMPARE(model.rowCount(), 17);
        QCOMPARE(inserted.count(), 1);
        QCOMPARE(reset.count(), 0);
        QCOMPARE(kept.row(), 5);
        QCOMPARE(cellText(model, 5, NoticesModel::Repeated), "\u00d7 9");
        model.update({});
        QCOMPARE(model.rowCount(), 0);
    }
    void notices_aWhollyNewListReplacesTheOld()
    {
        NoticesModel model(m_time);
        QAbstractItemModelTester tester(&model);
        model.update(sampleNotices(10, now));
        model.update(sampleNotices(4, now + 3600 * nsPerSecond));
        QCOMPARE(model.rowCount(), 4);
    }

    void zone_changesTimesAndHeader()
    {
        TimeDisplay time(QTimeZone("Europe/Helsinki"));
        NoticesModel model(time);
        model.update(sampleNotices(1, now));
        QCOMPARE(cellText(model, 0, NoticesModel::Time), "2025-06-15 15:06:40");
        QCOMPARE(model.headerData(NoticesModel::Time, Qt::Horizontal).toString(), "Time (UTC)");
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        time.setUtc(false);
        QCOMPARE(changed.count(), 1);
        QCOMPARE(cellText(model, 0, NoticesModel::Time), "2025-06-15 18:06:40");
        QCOMPARE(model.headerData(NoticesModel::Time, Qt::Horizontal).toString(), "Time (EEST)");
    }

    void details_theOldestWaitingIsOfTheNodesClock_data()
    {
        QTest::addColumn<qint64>("offsetSeconds");
        QTest::addColumn<qint64>("secondsAgo");
        QTest::addColumn<QString>("text");
        QTest::newRow("one clock") << qint64(0) << qint64(30) << "30 s";
        QTest::newRow("a node an hour behind") << qint64(3600) << qint64(30) << "30 s";
        QTest::newRow("a node an hour ahead") << qint64(-3600) << qint64(30) << "30 s";
        QTest::newRow("an offset that is a little off gives no age below 0") << qint64(0) << qint64(-1) << "0.0 s";
    }
    void details_theOldestWaitingIsOfTheNodesClock()
    {
        QFETCH(qint64, offsetSeconds);
        QFETCH(qint64, secondsAgo);
        QFETCH(QString, text);
        wire::AgentState agent = sampleAgents(1, now)[0];
        agent.heartbeat.offsetNs = offsetSeconds * nsPerSecond; // the server's clock minus the node's
        agent.heartbeat.oldestNs = now - agent.heartbeat.offsetNs - secondsAgo * nsPerSecond;
        const QString details = detailText("n", agentDetails(agent, {}, m_time, now)).replace(QChar(0x00A0), ' ');
        QVERIFY2(details.contains("Oldest waiting: " + text + '\n'), qPrintable(details));
    }

    void details_haveEveryHookWithItsReason()
    {
        wire::HookReport report;
        report.hooks = {{"process", "sched_process_exec", wire::HookState::Active, "tp_btf", "", 4000, 10},
                        {"oom", "mark_victim", wire::HookState::Denied, "", "needs CAP_BPF", 0, 0}};
        const QString text = detailText("n", agentDetails(sampleAgents(1, now)[0], {report}, m_time, now));
        QVERIFY(text.contains("process/sched_process_exec: active, tp_btf, 400 ns per run"));
        QVERIFY(text.contains("oom/mark_victim: denied: needs CAP_BPF"));
        QVERIFY(text.contains("Configuration: not told"));
        auto agent = sampleAgents(1, now)[0];
        agent.agent.configSha256 = "ab12";
        QVERIFY(detailText("n", agentDetails(agent, {}, m_time, now)).contains("Configuration: ab12"));
        const QString notice = detailText("n", noticeDetails(sampleNotices(2, now)[1], m_time));
        QVERIFY(notice.contains("Identity: none verified"));
        QVERIFY2(notice.contains("Stands for: ") && notice.contains(" of the same"), qPrintable(notice)); // not all are of attempts
    }

    void howAnAgentWentIsSaid_data()
    {
        QTest::addColumn<qint64>("toldNs");
        QTest::addColumn<bool>("saidBye");
        QTest::addColumn<QString>("said");
        QTest::newRow("a server that does not say") << qint64(0) << false << "State: gone\n";
        QTest::newRow("in order") << qint64(now) << true << "State: gone, the agent ended in order\n";
        QTest::newRow("or not") << qint64(now) << false << "State: gone, without a farewell\n";
    }
    void howAnAgentWentIsSaid()
    {
        QFETCH(qint64, toldNs);
        QFETCH(bool, saidBye);
        QFETCH(QString, said);
        wire::AgentState agent = sampleAgents(1, now)[0];
        agent.state = wire::LinkState::Gone;
        agent.toldNs = toldNs;
        agent.saidBye = saidBye;
        const QString text = detailText("n", agentDetails(agent, {}, m_time, now));
        QVERIFY2(text.contains(said), qPrintable(text));
    }

    void whatAnAbsentAgentToldIsMarkedWithItsTime_data()
    {
        QTest::addColumn<int>("state");
        QTest::addColumn<bool>("old");
        QTest::newRow("connected") << static_cast<int>(wire::LinkState::Connected) << false;
        QTest::newRow("silent") << static_cast<int>(wire::LinkState::Silent) << true;
        QTest::newRow("gone") << static_cast<int>(wire::LinkState::Gone) << true;
        QTest::newRow("nobody knows") << static_cast<int>(wire::LinkState::Unknown) << true;
    }
    void whatAnAbsentAgentToldIsMarkedWithItsTime()
    {
        QFETCH(int, state);
        QFETCH(bool, old);
        wire::AgentState agent = sampleAgents(1, now)[0];
        agent.state = static_cast<wire::LinkState>(state);
        agent.lastHeartbeatNs = now - 3600 * nsPerSecond;
        wire::HookReport report;
        report.timeNs = now - 7200 * nsPerSecond;
        report.hooks = {{"process", "sched_process_exec", wire::HookState::Active, "tp_btf", "", 0, 0}};
        const QString text = detailText("n", agentDetails(agent, {report}, m_time, now));
        const QString told = m_time.textWithZone(agent.lastHeartbeatNs, TimeStyle::DateSecond);
        for (const char *title : {"Clock", "Events", "Loss by cause", "Agent"})
            QCOMPARE(text.contains(QString::fromLatin1(title) + ", as of " + told), old);
        QCOMPARE(text.contains("What this agent saw, as of " + m_time.textWithZone(report.timeNs, TimeStyle::DateSecond)), old);
        QCOMPARE(text.contains("What this agent sees"), !old);
        AgentsModel model(m_time);
        model.update({agent}, now);
        const QModelIndex queue = model.index(0, AgentsModel::Queue);
        QCOMPARE(queue.data(Qt::ToolTipRole).toString().contains("As of "), old);
        QCOMPARE(queue.data(cell::emphasisRole).toInt() == static_cast<int>(Emphasis::Muted), old);
    }

private:
    TimeDisplay m_time{QTimeZone::utc()};
};

QTEST_MAIN(TestConnectionModels)
#include "tst_connectionmodels.moc"
