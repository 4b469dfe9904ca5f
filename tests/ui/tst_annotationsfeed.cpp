// SPDX-License-Identifier: GPL-3.0-or-later
#include <QSignalSpy>
#include <QtTest>

#include "console/ui/models/annotationsfeed.h"
#include "tests/support/fakeclock.h"
#include "tests/support/fakesession.h"
#include "tests/support/sampleinsights.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

constexpr std::int64_t nowNs = FakeClock::startNs, minute = 60 * nsPerSecond;

AnnotationsFeed::Wanted lastHour(std::int64_t movedNs = 0) { return {nowNs - 60 * minute + movedNs, nowNs + movedNs, {}}; }

StoredEvent drill(std::int64_t row, std::int64_t timeNs)
{
    StoredEvent event;
    event.id = {row, 0};
    event.node = "node-a";
    event.event.type = wire::EventType::DrillLabel;
    event.event.timeNs = timeNs;
    event.event.detail = wire::DrillLabel{"oom", "/x", "begin", timeNs, 0, static_cast<std::uint64_t>(row), {}};
    return event;
}

} // namespace

class TestAnnotationsFeed : public QObject {
    Q_OBJECT

    std::unique_ptr<FakeSession> m_session;
    std::unique_ptr<AnnotationsFeed> m_feed;

private slots:
    void init()
    {
        m_session = std::make_unique<FakeSession>();
        m_session->events = sampleInsights(nowNs);
        m_feed = std::make_unique<AnnotationsFeed>(*m_session, queryslot::exploreAnnotations);
    }
    void cleanup()
    {
        m_feed.reset();
        m_session.reset();
    }

    void reads_whatIsWanted()
    {
        QVERIFY(m_feed->annotations() && m_feed->annotations()->empty());
        m_feed->want(lastHour());
        QVERIFY(!m_feed->isSettled());
        QTRY_VERIFY(m_feed->isSettled());
        QVERIFY(!m_feed->annotations()->empty());
        QVERIFY(!m_feed->isCutOff());
        QVERIFY(m_session->actions.isEmpty()); // nobody did anything
        const EventQuery &query = m_session->asked.last().query;
        QCOMPARE(query.fromNs, nowNs - 60 * minute - AnnotationsFeed::aroundNs); // what began before may go on
        QVERIFY(m_session->asked.last().after.has_value());
    }

    void reads_noMoreOftenThanItMust()
    {
        m_feed->want(lastHour());
        QTRY_VERIFY(m_feed->isSettled());
        const qsizetype before = m_session->asked.size();
        m_feed->want(lastHour(AnnotationsFeed::againNs - 1));
        QCOMPARE(m_session->asked.size(), before);
        const QSignalSpy changes(m_feed.get(), &AnnotationsFeed::changed);
        m_feed->want(lastHour(AnnotationsFeed::againNs));
        QCOMPARE(m_session->asked.size(), before + 1);
        QTRY_VERIFY(m_feed->isSettled());
        QCOMPARE(changes.size(), 0); // it is the same
        m_feed->want({nowNs - minute, nowNs, {}});
        m_feed->want({nowNs - minute, nowNs, {"node-a", {}}});
        QCOMPARE(m_session->asked.size(), before + 3);
    }

    /// Or a range that moves while a slow store is read would be begun again and again.
    void reads_whatMovedMeanwhileAfterwards()
    {
        m_session->holdAnswers = true;
        m_feed->want(lastHour());
        m_feed->want(lastHour(10 * nsPerSecond));
        m_feed->want(lastHour(20 * nsPerSecond));
        QCOMPARE(m_session->asked.size(), 1);
        QSignalSpy settled(m_feed.get(), &AnnotationsFeed::settled);
        m_session->answerAll();
        QCOMPARE(m_session->asked.size(), 2);
        QCOMPARE(m_session->asked.last().query.toNs, nowNs + 20 * nsPerSecond + AnnotationsFeed::aroundNs);
        m_session->answerAll();
        QCOMPARE(settled.size(), 1);
        QVERIFY(m_feed->isSettled());
    }

    void nothing_isSaidToBeSettledToo()
    {
        m_session->events.clear();
        QSignalSpy settled(m_feed.get(), &AnnotationsFeed::settled);
        m_feed->want(lastHour());
        QTRY_COMPARE(settled.size(), 1);
        QVERIFY(m_feed->annotations()->empty());
    }

    void endsAfterTheRange_areKnown()
    {
        m_session->events = {drill(1, nowNs - minute), drill(2, nowNs + minute)};
        StoredEvent end = drill(1, nowNs + minute);
        end.id = {9, 0};
        std::get<wire::DrillLabel>(end.event.detail).phase = "end";
        m_session->events.push_back(end);
        m_feed->want(lastHour());
        QTRY_VERIFY(m_feed->isSettled());
        QCOMPARE(m_feed->annotations()->size(), std::size_t(1)); // what began after it is not of it
        QVERIFY(!m_feed->annotations()->front().isOpen);
        QCOMPARE(m_feed->annotations()->front().toNs, nowNs + minute);
    }

    void scope_leavesOthersOut()
    {
        m_session->events = {drill(1, nowNs - minute), drill(2, nowNs - minute)};
        m_session->events.back().node = "node-b";
        m_feed->want({nowNs - 60 * minute, nowNs, {"node-b", {}}});
        QTRY_VERIFY(m_feed->isSettled());
        QCOMPARE(m_feed->annotations()->size(), std::size_t(1));
        QCOMPARE(m_feed->annotations()->front().node, std::string("node-b"));
    }

    void whatWasRead_staysUntilMoreIsKnown()
    {
        m_feed->want(lastHour());
        QTRY_VERIFY(m_feed->isSettled());
        const Annotations before = m_feed->annotations();
        m_session->holdAnswers = true;
        m_feed->want(lastHour(10 * minute));
        QCOMPARE(m_feed->annotations(), before);
        m_session->events.push_back(drill(77, nowNs + minute));
        m_session->answerAll();
        QCOMPARE(m_feed->annotations()->size(), before->size() + 1);
    }

    void reads_pageByPage()
    {
        m_session->events.clear();
        for (std::size_t i = 0; i < AnnotationsFeed::pageSize + 10; ++i)
            m_session->events.push_back(drill(static_cast<std::int64_t>(i), nowNs - minute));
        m_feed->want(lastHour());
        QTRY_VERIFY(m_feed->isSettled());
        QCOMPARE(m_feed->annotations()->size(), AnnotationsFeed::pageSize + 10);
        QCOMPARE(m_session->asked.size(), 2);
    }

    void othersOutsideOfTheScope_takeNobodysPlace()
    {
        m_session->events.clear();
        for (std::size_t i = 0; i < AnnotationsFeed::mostKept + 10; ++i)
            m_session->events.push_back(drill(static_cast<std::int64_t>(i), nowNs - minute));
        m_session->events.push_back(drill(1'000'000, nowNs - 10 * minute)); // older than all of them
        m_session->events.back().node = "node-b";
        m_feed->want({nowNs - 60 * minute, nowNs, {"node-b", {}}});
        QTRY_VERIFY(m_feed->isSettled());
        QCOMPARE(m_feed->annotations()->size(), std::size_t(1));
        QVERIFY(!m_feed->isCutOff());
    }

    void tooMany_isSaid()
    {
        m_session->events.clear();
        for (std::size_t i = 0; i < AnnotationsFeed::mostKept + 10; ++i)
            m_session->events.push_back(drill(static_cast<std::int64_t>(i), nowNs - minute));
        m_feed->want(lastHour());
        QTRY_VERIFY(m_feed->isSettled());
        QCOMPARE(m_feed->annotations()->size(), AnnotationsFeed::mostKept);
        QVERIFY(m_feed->isCutOff());
    }

    void failing_saysWhyAndIsTriedAgain()
    {
        m_feed->want(lastHour());
        QTRY_VERIFY(m_feed->isSettled());
        const Annotations before = m_feed->annotations();
        m_session->queryError = "disk I/O error";
        m_feed->want(lastHour(minute));
        QTRY_COMPARE(m_feed->error(), QString("disk I/O error"));
        QCOMPARE(m_feed->annotations(), before);
        m_session->queryError.clear();
        const qsizetype asked = m_session->asked.size();
        m_feed->want(lastHour(minute)); // not at once
        QCOMPARE(m_session->asked.size(), asked);
        m_feed->want(lastHour(2 * minute));
        QTRY_VERIFY(m_feed->error().isEmpty() && m_feed->isSettled());
    }

    void stopped_asksNoMore()
    {
        m_session->holdAnswers = true;
        m_feed->want(lastHour());
        m_feed->stop();
        QCOMPARE(m_session->cancelled, QList<int>{queryslot::exploreAnnotations});
        m_session->answerAll();
        QVERIFY(m_feed->annotations()->empty());
        m_feed->want(lastHour());
        m_session->answerAll();
        QVERIFY(!m_feed->annotations()->empty());
    }
};

QTEST_GUILESS_MAIN(TestAnnotationsFeed)
#include "tst_annotationsfeed.moc"
