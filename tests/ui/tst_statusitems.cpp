// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "console/ui/theme/themestore.h"
#include "console/ui/window/statusitems.h"
#include "tests/support/fakeclock.h"
#include "tests/support/fakesession.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

class TestStatusItems : public QObject {
    Q_OBJECT
private slots:
    void initTestCase() { m_theme = ThemeStore::loadBuiltIn().value().first; }

    void nothingKnown_claimsNothing()
    {
        FakeSession session;
        session.linkValue = {true, true, "127.0.0.1:7117", {}, 0, 0};
        QCOMPARE(keys(session), QStringList{"link"});
        QCOMPARE(item(session, "link").value, "listening \u00b7 no agent yet");
    }
    void linkDown_isAlarmingWithTheReason()
    {
        FakeSession session;
        session.linkValue = {false, false, "server:7117", "certificate expired", 0, 0};
        QVERIFY(item(session, "link").alarming);
        QCOMPARE(item(session, "link").value, "not connected");
        QCOMPARE(item(session, "link").toolTip, "certificate expired");
    }
    void protocol_isNamedOnlyWhereItIsSpoken_data()
    {
        QTest::addColumn<LinkSummary>("link");
        QTest::addColumn<QString>("label");
        QTest::addColumn<QString>("value");
        QTest::newRow("embedded, not listening") << LinkSummary{true, false, "e", "in use", 0, 0} << "Link"
                                                 << "not listening";
        QTest::newRow("embedded, nobody yet") << LinkSummary{true, true, "e", {}, 0, 0} << "Link"
                                              << "listening \u00b7 no agent yet";
        QTest::newRow("embedded, all gone") << LinkSummary{true, true, "e", {}, 0, 9} << "Link"
                                            << "listening \u00b7 0 of 9 agents";
        QTest::newRow("embedded, some") << LinkSummary{true, true, "e", {}, 7, 9} << "TLS 1.3"
                                        << "connected \u00b7 7 of 9 agents";
        QTest::newRow("server, no link") << LinkSummary{false, false, "e", {}, 0, 0} << "Link"
                                         << "not connected";
        QTest::newRow("server, link but no agent") << LinkSummary{false, true, "e", {}, 0, 0} << "TLS 1.3"
                                                   << "connected \u00b7 no agent yet";
    }
    void protocol_isNamedOnlyWhereItIsSpoken()
    {
        QFETCH(LinkSummary, link);
        FakeSession session;
        session.linkValue = link;
        QTEST(item(session, "link").label, "label");
        QTEST(item(session, "link").value, "value");
    }
    void silentAgents_areNamed()
    {
        Filled session;
        session.agentList.resize(6);
        QCOMPARE(plain(item(session, "silent").value), "node-15 for 25 min");
        session.agentList = sampleAgents(9, now);
        QCOMPARE(item(session, "silent").value, "2 agents");
        using wire::LinkState;
        for (wire::AgentState &agent : session.agentList)
            agent.state = LinkState::Connected;
        const auto labelOf = [&](LinkState first, LinkState second) {
            session.agentList[0].state = first;
            session.agentList[1].state = second;
            return item(session, "silent").label;
        };
        QCOMPARE(labelOf(LinkState::Silent, LinkState::Silent), "Silent");
        QCOMPARE(labelOf(LinkState::Gone, LinkState::Connected), "Gone");
        QCOMPARE(labelOf(LinkState::Silent, LinkState::Gone), "Silent or gone");
    }
    void loss_isThatOfTheLastMinute()
    {
        Filled session;
        std::optional<RecentLoss> &recent = session.overviewValue.lastMinute;
        QVERIFY2(!keys(session).contains("loss"), "no figure, no claim");
        recent = RecentLoss{0, 10000};
        QCOMPARE(item(session, "loss").value, "none");
        QVERIFY(!item(session, "loss").alarming);
        recent = RecentLoss{41, 10000};
        QCOMPARE(plain(item(session, "loss").value), "0.41 %");
        QVERIFY(item(session, "loss").alarming);
        recent = RecentLoss{13, 0};
        QCOMPARE(item(session, "loss").value, "13");
        session.setPaused(true);
        QVERIFY2(!keys(session).contains("loss"), "a paused overview knows nothing of the last minute");
        session.setPaused(false);
        for (const TimeRange::Kind kind : {TimeRange::Kind::Last15Minutes, TimeRange::Kind::Last24Hours, TimeRange::Kind::Custom}) {
            session.setRange({kind, 1, 2});
            QVERIFY2(!keys(session).contains("loss"), "a historic overview knows nothing of the last minute");
        }
    }
    void clock_isTheWidestUncertainty()
    {
        Filled session;
        session.agentList.resize(3);
        QCOMPARE(plain(item(session, "clock").value), "\u00b1 480 \u00b5s");
        session.agentList[1].heartbeat.uncertaintyNs = 80 * nsPerMs;
        QVERIFY(item(session, "clock").alarming);
        for (wire::AgentState &agent : session.agentList)
            agent.heartbeat.uncertaintyNs = -1;
        QVERIFY2(!keys(session).contains("clock"), "not measured is not 0");
    }
    void overhead_isTheHighestOfTheAgents()
    {
        Filled session;
        session.overviewValue.agentCosts = {{"node-10", 0.4, 23.0 * 1024 * 1024}, {"node-11", 0.2, 31.0 * 1024 * 1024}};
        QCOMPARE(plain(item(session, "overhead").value), "0.40 % CPU, 31 MiB");
        const QStringList lines = plain(item(session, "overhead").toolTip).split('\n');
        QVERIFY(lines[0].contains("highest of 2") && lines[0].contains("one core"));
        QCOMPARE(lines[1], "node-10: 0.40 % CPU, 23 MiB");
        QCOMPARE(lines[2], "node-11: 0.20 % CPU, 31 MiB");
        QVERIFY(!item(session, "overhead").alarming);
    }
    void overhead_saysWhetherTheKernelsPartIsInIt_data()
    {
        QTest::addColumn<QList<double>>("kernelPercents"); // negative: not measured
        QTest::addColumn<QString>("firstLine");
        QTest::addColumn<QString>("says");
        QTest::newRow("of all") << QList<double>{0.1, 0.05} << "n0: 0.40 % CPU (0.10 % of it in the kernel), 23 MiB"
                                << "Includes the run time of their programs in the kernel";
        QTest::newRow("of none") << QList<double>{-1, -1} << "n0: 0.40 % CPU, 23 MiB"
                                 << "Not measured: the run time of their programs in the kernel";
        QTest::newRow("of some") << QList<double>{-1, 0.05} << "n0: 0.40 % CPU, 23 MiB"
                                 << "Includes the run time of their programs in the kernel for 1 of 2; of the others it is not measured";
    }
    void overhead_saysWhetherTheKernelsPartIsInIt()
    {
        QFETCH(QList<double>, kernelPercents);
        QFETCH(QString, firstLine);
        QFETCH(QString, says);
        Filled session;
        for (int i = 0; i < kernelPercents.size(); ++i) {
            AgentCost cost{"n" + std::to_string(i), 0.4 - 0.1 * i, 23.0 * 1024 * 1024};
            if (kernelPercents[i] >= 0)
                cost.kernelPercent = kernelPercents[i];
            session.overviewValue.agentCosts.push_back(cost);
        }
        QCOMPARE(plain(item(session, "overhead").value), "0.40 % CPU, 23 MiB");
        const QStringList lines = plain(item(session, "overhead").toolTip).split('\n');
        QCOMPARE(lines[1], firstLine);
        QCOMPARE(lines.last(), says);
    }
    void overhead_ofHundredAgentsNamesTheHighest()
    {
        Filled session;
        for (int i = 0; i < 100; ++i)
            session.overviewValue.agentCosts.push_back({"n" + std::to_string(i), i / 100., std::nullopt});
        const QStringList lines = plain(item(session, "overhead").toolTip).split('\n');
        QCOMPARE(lines[1], "n99: 0.99 % CPU");
        QVERIFY(lines.contains("+ 88 more"));
    }
    void overhead_withoutAReadingSaysWhy_data()
    {
        QTest::addColumn<int>("connected");
        QTest::addColumn<bool>("costs");
        QTest::addColumn<bool>("present");
        QTest::addColumn<QString>("why");
        QTest::newRow("nothing told yet") << 1 << false << true << "yet";
        QTest::newRow("nobody is connected") << 0 << true << true << "none is connected";
        QTest::newRow("a past range is shown") << 1 << true << false << "present";
    }
    void overhead_withoutAReadingSaysWhy()
    {
        QFETCH(int, connected);
        QFETCH(bool, costs);
        QFETCH(bool, present);
        QFETCH(QString, why);
        Filled session;
        session.agentList.resize(1);
        session.agentList[0].state = connected ? wire::LinkState::Connected : wire::LinkState::Gone;
        if (costs)
            session.overviewValue.agentCosts = {{"node-10", 0.4, 1.0}};
        if (!present)
            session.setRange({TimeRange::Kind::Custom, 1, 2});
        QCOMPARE(item(session, "overhead").value, "no data");
        QVERIFY2(item(session, "overhead").toolTip.contains(why), qPrintable(item(session, "overhead").toolTip));
    }
    void overhead_beforeTheSecondReadingIsNotZero()
    {
        Filled session;
        session.overviewValue.agentCosts = {{"node-10", std::nullopt, 23.0 * 1024 * 1024}};
        QCOMPARE(plain(item(session, "overhead").value), "CPU no data, 23 MiB");
        QVERIFY(item(session, "overhead").toolTip.contains("two readings"));
    }
    void store_saysItsSizeOrItsError()
    {
        Filled session;
        session.stats = StoreStats{13'314'398'617, 5, 1, 2, 3, 0};
        QCOMPARE(plain(item(session, "store").value), "12.4 GiB");
        session.storeErrorText = "store 'x': no space left on device";
        QVERIFY(item(session, "store").alarming);
        QCOMPARE(item(session, "store").toolTip, session.storeErrorText);
    }

private:
    static constexpr std::int64_t now = FakeClock::startNs;
    static QString plain(QString text) { return text.replace(QChar(0x00A0), ' '); }
    class Filled : public FakeSession {
    public:
        Filled()
        {
            agentList = sampleAgents(9, now);
            linkValue = {true, true, "127.0.0.1:7117", {}, 7, 9};
        }
    };
    QStringList keys(const Session &session) const
    {
        QStringList list;
        for (const StatusItem &each : statusItems(session, m_theme, now))
            list << each.key;
        return list;
    }
    StatusItem item(const Session &session, const QString &key) const
    {
        for (const StatusItem &each : statusItems(session, m_theme, now))
            if (each.key == key)
                return each;
        return {};
    }
    Theme m_theme;
};

QTEST_MAIN(TestStatusItems)
#include "tst_statusitems.moc"
