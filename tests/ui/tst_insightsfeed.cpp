// SPDX-License-Identifier: GPL-3.0-or-later
#include <QSignalSpy>
#include <QtTest>

#include "console/ui/models/eventsfeed.h"
#include "console/ui/models/insightsfeed.h"
#include "tests/support/fakeclock.h"
#include "tests/support/fakesession.h"
#include "tests/support/sampleinsights.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {
constexpr std::int64_t nowNs = FakeClock::startNs, hour = 3600 * nsPerSecond;
using State = InsightsFeed::State;
} // namespace

class tst_InsightsFeed : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_session = std::make_unique<FakeSession>();
        m_session->events = sampleInsights(nowNs);
        m_feed = std::make_unique<InsightsFeed>(*m_session);
    }
    void cleanup()
    {
        m_feed.reset();
        m_session.reset();
    }
    void reads_theRange();
    void reads_pageByPage();
    void follows_whatIsNew();
    void follows_neitherHiddenNorPausedNorThePast();
    void failing_saysWhy();
    void cancel_leavesNothingHalf();
    void verdicts_areReadWhenStored();
    void whatLeavesTheRange_goes();
    void tooMany_isSaid();
    void full_takesWhatIsNewAllTheSame();
    void follows_thoughAClockIsAhead();
    void follows_whatComesLate();
    void past_saysWhatBecameOfIt();
    void past_readsNoFurtherThanItMust();
    void serverThatBeganAnew_isKnown();

private:
    void read(std::int64_t fromNs = nowNs - hour, bool moving = true)
    {
        m_feed->setRange({fromNs, nowNs, moving, {}});
        QTRY_COMPARE(m_feed->state(), State::Ready);
    }

    StoredEvent told(std::uint64_t id, std::int64_t timeNs, wire::InsightState state = wire::InsightState::Open)
    {
        StoredEvent one = m_session->events.front();
        wire::Insight insight;
        insight.id = id;
        insight.state = state;
        one.id = {++m_stored + 1'000'000, 0};
        one.event.timeNs = timeNs;
        one.event.detail = insight;
        return one;
    }
    std::map<std::uint64_t, wire::InsightState> states() const
    {
        std::map<std::uint64_t, wire::InsightState> all;
        for (const InsightView &view : m_feed->insights(nowNs))
            all[view.insight.id] = view.insight.state;
        return all;
    }

    std::unique_ptr<FakeSession> m_session;
    std::unique_ptr<InsightsFeed> m_feed;
    std::int64_t m_stored = 0;
};

void tst_InsightsFeed::reads_theRange()
{
    read();
    QCOMPARE(m_feed->insights(nowNs).size(), std::size_t(5));
    QCOMPARE(m_session->asked.front().query.filter.types, (std::vector{wire::EventType::Insight, wire::EventType::AgentNotice}));
    m_feed->setRange({nowNs - hour, nowNs, true, {"node-11"}});
    QTRY_COMPARE(m_feed->state(), State::Ready);
    QCOMPARE(m_feed->insights(nowNs).size(), std::size_t(1));
}

void tst_InsightsFeed::reads_pageByPage()
{
    std::vector<StoredEvent> many;
    StoredEvent one = m_session->events.front();
    for (std::size_t i = 0; i < 2 * InsightsFeed::pageSize + 5; ++i) {
        wire::Insight insight = *wire::insightOf(one.event.detail);
        insight.id = i;
        one.id = {static_cast<std::int64_t>(i), 0};
        one.event.timeNs = nowNs - static_cast<std::int64_t>(i);
        one.event.detail = insight;
        many.push_back(one);
    }
    m_session->events = many;
    read();
    QCOMPARE(m_feed->insights(nowNs).size(), many.size());
    QCOMPARE(m_session->asked.size(), 3);
    QVERIFY(!m_feed->cutOff());
}

void tst_InsightsFeed::follows_whatIsNew()
{
    read();
    m_feed->setActive(true);
    StoredEvent ended = m_session->events[2]; // the crash loop
    wire::Insight insight = *wire::insightOf(ended.event.detail);
    insight.state = wire::InsightState::Resolved;
    ended.id.chunk += 1000;
    ended.event.timeNs = nowNs;
    ended.event.detail = insight;
    m_session->events.push_back(ended);
    QTRY_VERIFY(m_feed->insights(nowNs).front().insight.state == wire::InsightState::Resolved);
    QCOMPARE(m_feed->insights(nowNs).size(), std::size_t(5));
    QVERIFY(m_session->asked.back().after.has_value()); // no action of an operator
}

void tst_InsightsFeed::follows_neitherHiddenNorPausedNorThePast()
{
    read();
    const qsizetype asked = m_session->asked.size();
    m_session->setPaused(true);
    m_feed->setActive(true);
    QCOMPARE(m_session->asked.size(), asked);
    m_session->setPaused(false);
    m_feed->setActive(false);
    read(nowNs - hour, false);
    const qsizetype askedThen = m_session->asked.size();
    m_feed->setActive(true);
    QCOMPARE(m_session->asked.size(), askedThen);
}

void tst_InsightsFeed::failing_saysWhy()
{
    m_session->queryError = QStringLiteral("chunk 7 is damaged");
    m_session->verdictError = QStringLiteral("disk I/O error");
    m_feed->setRange({nowNs - hour, nowNs, true, {}});
    QTRY_COMPARE(m_feed->state(), State::Failed);
    QCOMPARE(m_feed->error(), "chunk 7 is damaged");
    QTRY_COMPARE(m_feed->verdictError(), "disk I/O error");
    m_session->queryError.clear();
    m_session->verdictError.clear();
    m_feed->reload();
    QTRY_COMPARE(m_feed->state(), State::Ready);
    QTRY_VERIFY(m_feed->verdictError().isEmpty());
    m_session->queryError = QStringLiteral("gone");
    m_feed->setActive(true);
    QTRY_COMPARE(m_feed->followError(), "gone");
    QCOMPARE(m_feed->state(), State::Ready); // what is there stays
}

void tst_InsightsFeed::cancel_leavesNothingHalf()
{
    m_session->holdAnswers = true;
    m_feed->setRange({nowNs - hour, nowNs, true, {}});
    QCOMPARE(m_feed->state(), State::Loading);
    m_feed->cancel();
    QCOMPARE(m_feed->state(), State::Idle);
    m_session->answerAll();
    QCOMPARE(m_feed->state(), State::Idle);
    QVERIFY(m_feed->insights(nowNs).empty());
}

void tst_InsightsFeed::verdicts_areReadWhenStored()
{
    read();
    const InsightView view = m_feed->insights(nowNs).front();
    QVERIFY(m_session->giveVerdict({view.node, view.insight.id, view.insight.rule, VerdictKind::Rejected, "planned", {}, 0}));
    QTRY_VERIFY(m_feed->verdicts().inForce(view.key()));
    QCOMPARE(m_feed->verdicts().inForce(view.key())->reason, std::string("planned"));
}

void tst_InsightsFeed::whatLeavesTheRange_goes()
{
    read(nowNs - 1000 * nsPerSecond);
    const std::size_t now = m_feed->insights(nowNs).size();
    QCOMPARE(now, std::size_t(3));
    QCOMPARE(m_feed->insights(nowNs + 500 * nsPerSecond).size(), std::size_t(2));
    QVERIFY(m_feed->insights(nowNs + hour).empty());
}

void tst_InsightsFeed::tooMany_isSaid()
{
    std::vector<StoredEvent> many;
    StoredEvent one = m_session->events.front();
    for (std::size_t i = 0; i < InsightsFeed::mostInsights + 5; ++i) {
        wire::Insight insight;
        insight.id = i;
        one.id = {static_cast<std::int64_t>(i), 0};
        one.event.timeNs = nowNs - static_cast<std::int64_t>(i);
        one.event.detail = insight;
        many.push_back(one);
    }
    m_session->events = many;
    read();
    QVERIFY(m_feed->cutOff());
    QCOMPARE(m_feed->insights(nowNs).size(), InsightsFeed::mostInsights);
}

void tst_InsightsFeed::full_takesWhatIsNewAllTheSame()
{
    std::vector<StoredEvent> many;
    for (std::uint64_t i = 0; i < InsightsFeed::mostInsights; ++i)
        many.push_back(told(i, nowNs - nsPerSecond - static_cast<std::int64_t>(i)));
    m_session->events = many;
    read();
    QVERIFY(!m_feed->cutOff());
    m_session->events.push_back(told(7, nowNs, wire::InsightState::Resolved));
    m_session->events.push_back(told(100'000, nowNs));
    m_feed->following().setInterval(1);
    m_feed->setActive(true);
    QTRY_VERIFY(states().contains(100'000));
    QCOMPARE(states()[7], wire::InsightState::Resolved);
    QCOMPARE(states().size(), InsightsFeed::mostInsights);
    QVERIFY(!states().contains(InsightsFeed::mostInsights - 1)); // the oldest
    QVERIFY(m_feed->cutOff());
}

void tst_InsightsFeed::follows_thoughAClockIsAhead()
{
    m_session->events = {told(1, nowNs + 600 * nsPerSecond)};
    read();
    m_session->events.push_back(told(2, nowNs));
    m_feed->following().setInterval(1);
    m_feed->setActive(true);
    QTRY_VERIFY(states().contains(2));
}

/// A node that was cut off for ten minutes, and what was lost of others meanwhile.
void tst_InsightsFeed::follows_whatComesLate()
{
    m_session->events = {told(1, nowNs - 900 * nsPerSecond), told(2, nowNs)};
    read();
    m_session->events.push_back(told(1, nowNs - 600 * nsPerSecond, wire::InsightState::Resolved));
    m_session->lostEvents = 40;
    m_feed->following().setInterval(1);
    m_feed->setActive(true);
    QTRY_COMPARE(states()[1], wire::InsightState::Resolved);
    QCOMPARE(m_feed->lostEvents(), 40u);
}

/// What opened in the range and ended after it is no open one; what opened after it is not of the range.
void tst_InsightsFeed::past_saysWhatBecameOfIt()
{
    const std::int64_t toNs = nowNs - 30 * hour;
    m_session->events = {told(1, toNs - hour / 2), told(1, toNs + hour, wire::InsightState::Resolved), told(2, toNs - hour / 2),
                         told(2, toNs + 25 * hour, wire::InsightState::Resolved), told(3, toNs + 1)};
    m_feed->setRange({toNs - hour, toNs, false, {}});
    QTRY_COMPARE(m_feed->state(), State::Ready);
    const std::map<std::uint64_t, wire::InsightState> is{{1, wire::InsightState::Resolved}, {2, wire::InsightState::Open}};
    QCOMPARE(states(), is);
    QVERIFY(!m_feed->cutOff());
    // and again, page by page
    for (std::size_t i = 0; i < 2 * InsightsFeed::pageSize; ++i)
        m_session->events.push_back(told(100 + i, toNs + 1 + static_cast<std::int64_t>(i)));
    m_feed->reload();
    QTRY_COMPARE(m_feed->state(), State::Ready);
    QCOMPARE(states(), is);
}

void tst_InsightsFeed::past_readsNoFurtherThanItMust()
{
    m_session->events = {told(1, nowNs - hour / 2), told(1, nowNs - hour / 3, wire::InsightState::Resolved)};
    read(nowNs - hour, false);
    QCOMPARE(m_session->asked.size(), 1);
}

void tst_InsightsFeed::serverThatBeganAnew_isKnown()
{
    StoredEvent lost = told(1, nowNs - 20 * nsPerSecond), began = told(0, nowNs - 10 * nsPerSecond);
    lost.node = began.node = "server:local";
    lost.streamId = 7;
    began.streamId = 8;
    began.event.type = wire::EventType::AgentNotice;
    began.event.detail = wire::AgentNotice();
    m_session->events = {lost};
    read();
    QCOMPARE(m_feed->streams({}), (NodeStreams{{"server:local", 7}}));
    m_session->events.push_back(began);
    m_feed->following().setInterval(1);
    m_feed->setActive(true);
    QTRY_COMPARE(m_feed->streams({}), (NodeStreams{{"server:local", 8}}));
    QCOMPARE(states().size(), std::size_t(1));
}

QTEST_MAIN(tst_InsightsFeed)
#include "tst_insightsfeed.moc"
