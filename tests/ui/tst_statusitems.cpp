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
        QTest::newRow("embedded, not listening") << LinkSummary{true, false, "e", "in use", 0, 0} << "Link" << "not listening";
        QTest::newRow("embedded, nobody yet") << LinkSummary{true, true, "e", {}, 0, 0} << "Link" << "listening \u00b7 no agent yet";
        QTest::newRow("embedded, all gone") << LinkSummary{true, true, "e", {}, 0, 9} << "Link" << "listening \u00b7 0 of 9 agents";
        QTest::newRow("embedded, some") << LinkSummary{true, true, "e", {}, 7, 9} << "TLS 1.3" << "connected \u00b7 7 of 9 agents";
        QTest::newRow("server, no link") << LinkSummary{false, false, "e", {}, 0, 0} << "Link" << "not connected";
        QTest::newRow("server, link but no agent") << LinkSummary{false, true, "e", {}, 0, 0} << "TLS 1.3" << "connected \u00b7 no agent yet";
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
    }
    void loss_countsOnlyTheLastMinute()
    {
        Filled session;
        PanelSnapshot &panel = session.overviewValue.panels[static_cast<std::size_t>(PanelId::EventsProcessed)];
        QVERIFY2(!keys(session).contains("loss"), "no figure, no claim");
        panel.state = PanelState::Ready;
        panel.losses = {{now - 600 * nsPerSecond, now - 500 * nsPerSecond, 50, 100, "n", "lost"}};
        QCOMPARE(item(session, "loss").value, "none");
        QVERIFY(!item(session, "loss").alarming);
        panel.losses.push_back({now - 30 * nsPerSecond, now - 10 * nsPerSecond, 41, 10000, "n", "lost"});
        QCOMPARE(plain(item(session, "loss").value), "0.41 %");
        QVERIFY(item(session, "loss").alarming);
        session.setRange({TimeRange::Kind::Custom, 1, 2});
        QVERIFY2(!keys(session).contains("loss"), "a historic overview knows nothing of the last minute");
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
