// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QtTest>

#include "console/ui/models/eventsfeed.h"
#include "tests/support/fakeclock.h"
#include "tests/support/fakesession.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

constexpr std::int64_t now = FakeClock::startNs;

/// A feed on a fake session, with the model under test.
struct Bench {
    Bench(std::size_t count, bool newestFirst = true)
    {
        session.events = sampleEvents(count, now, nsPerMs);
        query.fromNs = now - 3600 * nsPerSecond;
        query.newestFirst = newestFirst;
    }
    void load(bool moving)
    {
        feed.setActive(true);
        feed.setQuery(query, moving);
        QTRY_COMPARE(feed.state(), EventsFeed::State::Ready);
    }
    void add(std::size_t count, std::int64_t atNs)
    {
        auto fresh = sampleEvents(count, atNs, nsPerMs);
        for (StoredEvent &event : fresh) {
            event.id.chunk = 1000 + nextChunk;
            session.events.push_back(event);
        }
        ++nextChunk;
    }
    bool ordered() const
    {
        for (int row = 1; row < model.rowCount(); ++row) {
            const bool falls = model.eventAt(row).event.timeNs <= model.eventAt(row - 1).event.timeNs;
            const bool rises = model.eventAt(row).event.timeNs >= model.eventAt(row - 1).event.timeNs;
            if (query.newestFirst ? !falls : !rises)
                return false;
        }
        return true;
    }
    TimeDisplay time{QTimeZone::utc()};
    FakeSession session;
    EventsModel model{time};
    EventQuery query;
    EventsFeed feed{session, model};
    int nextChunk = 0;
};

} // namespace

class TestEventsFeed : public QObject {
    Q_OBJECT
private slots:
    void model_obeysTheRulesOfItemModels()
    {
        TimeDisplay time(QTimeZone::utc());
        EventsModel model(time);
        QAbstractItemModelTester tester(&model);
        const auto before = [](const StoredEvent &a, const StoredEvent &b) { return a.event.timeNs < b.event.timeNs; };
        auto events = sampleEvents(300, now, nsPerMs);
        model.append({events.begin() + 100, events.begin() + 200});
        model.prepend({events.begin(), events.begin() + 90});
        QVERIFY(model.insertSorted(events[95], before));
        QVERIFY2(!model.insertSorted(events[95], before), "it is there already");
        QCOMPARE(model.rowCount(), 191);
        QCOMPARE(model.rowOf(events[95].id), 90);
        QCOMPARE(model.append({events.begin() + 150, events.end()}).added, std::size_t(100));
        model.setMoreBelow(true);
        QVERIFY(model.canFetchMore({}));
        model.clear();
        QCOMPARE(model.rowCount(), 0);
        QCOMPARE(model.rowOf(events[95].id), -1);
    }

    /// A page of rows that are known better goes in at once: views hear once of each run of rows that changed, and of no other.
    void renewedRows_areToldOnce_data()
    {
        QTest::addColumn<QList<int>>("changed");
        QList<int> all;
        for (int row = 0; row < 200; ++row)
            all << row;
        QTest::newRow("none") << QList<int>();
        QTest::newRow("one") << QList<int>{50};
        QTest::newRow("neighbours") << QList<int>{7, 8, 9};
        QTest::newRow("both ends, and some between") << QList<int>{0, 100, 101, 103, 199};
        QTest::newRow("all") << all;
    }
    void renewedRows_areToldOnce()
    {
        QFETCH(QList<int>, changed);
        using Runs = QList<QPair<int, int>>;
        const Runs runs = changed.isEmpty() ? Runs() : Runs{{changed.first(), changed.last()}};
        TimeDisplay time(QTimeZone::utc());
        EventsModel model(time);
        QAbstractItemModelTester tester(&model);
        const auto events = sampleEvents(300, now, nsPerMs);
        model.append({events.begin() + 50, events.begin() + 250});
        auto page = events; // has more than the window, in the other order
        for (const int row : changed) {
            page[static_cast<std::size_t>(row) + 50].origin.podName = "learnt";
            page[static_cast<std::size_t>(row) + 50].isAmended = true;
        }
        std::reverse(page.begin(), page.end());
        QSignalSpy told(&model, &EventsModel::dataChanged);
        int stale = 0; // rows that were not renewed yet when a view heard of any
        connect(&model, &EventsModel::dataChanged, &model, [&] {
            for (const int row : changed)
                stale += model.eventAt(row).isAmended ? 0 : 1;
        });
        model.renew(page);
        Runs heard;
        for (const auto &signal : std::as_const(told)) {
            heard.emplace_back(signal[0].toModelIndex().row(), signal[1].toModelIndex().row());
            QCOMPARE(signal[0].toModelIndex().column(), 0);
            QCOMPARE(signal[1].toModelIndex().column(), int(EventsModel::ColumnCount) - 1);
        }
        QCOMPARE(heard, runs);
        QCOMPARE(stale, 0);
        for (int row = 0; row < model.rowCount(); ++row)
            QCOMPARE(model.eventAt(row).isAmended, changed.contains(row));
        model.renew(page); // nothing more is known
        QCOMPARE(told.size(), runs.size());
        model.renew({});
        QCOMPARE(model.rowCount(), 200);
    }

    void firstPage_thenMoreAsTheViewAsks()
    {
        Bench b(1300);
        b.load(false);
        QCOMPARE(b.model.rowCount(), 500);
        QVERIFY(b.model.canFetchMore({}));
        b.model.fetchMore({});
        b.model.fetchMore({}); // asked twice before the answer: one query
        QTRY_COMPARE(b.model.rowCount(), 1000);
        b.model.fetchMore({});
        QTRY_COMPARE(b.model.rowCount(), 1300);
        QVERIFY(!b.model.canFetchMore({}));
        QVERIFY(b.ordered());
        QCOMPARE(b.session.asked.size(), 3);
    }

    void continuedPages_areNoNewActionOfTheOperator()
    {
        Bench b(1300);
        b.load(true);
        b.model.fetchMore({});
        QTRY_COMPARE(b.model.rowCount(), 1000);
        QTRY_VERIFY(b.session.asked.size() > 3); // follows
        int actions = 0;
        for (const auto &asked : std::as_const(b.session.asked))
            actions += asked.after ? 0 : 1;
        QCOMPARE(actions, 1);
    }

    void newEvents_appearInFrontWhileFollowing()
    {
        Bench b(100);
        b.load(true);
        b.add(7, now + 2 * nsPerSecond);
        QTRY_COMPARE(b.model.rowCount(), 107);
        QVERIFY(b.ordered());
    }

    /// Follows once more, without waiting for the timer.
    static void follow(Bench &b)
    {
        const auto asked = b.session.asked.size();
        b.feed.setFollowing(false);
        b.feed.setFollowing(true);
        QTRY_VERIFY(b.session.asked.size() > asked && b.session.pending.isEmpty());
    }

    void amendedRows_changeWhereTheyAre_data()
    {
        QTest::addColumn<bool>("newestFirst");
        QTest::addColumn<bool>("following");
        QTest::newRow("newest first") << true << true;
        QTest::newRow("newest first, and new ones wait") << true << false;
        QTest::newRow("oldest first") << false << true;
    }
    void amendedRows_changeWhereTheyAre()
    {
        QFETCH(bool, newestFirst);
        QFETCH(bool, following);
        Bench b(400, newestFirst);
        b.session.stats.emplace();
        b.session.stats->newestNs = now;
        b.load(true);
        b.feed.setFollowing(following);
        QTRY_VERIFY(b.session.pending.isEmpty());
        QCOMPARE(b.model.rowCount(), 400);
        const int row = 350; // further down than one look at what is new reaches
        StoredEvent &event = *std::find_if(b.session.events.begin(), b.session.events.end(),
                                           [&](const StoredEvent &e) { return e.id == b.model.eventAt(row).id; });
        event.origin.podName = "learnt";
        event.isAmended = true;
        QSignalSpy changed(&b.model, &EventsModel::dataChanged);
        QSignalSpy inserted(&b.model, &EventsModel::rowsInserted);
        b.session.stats->amendments = 1;
        QTRY_COMPARE(QString::fromStdString(b.model.eventAt(row).origin.podName), QString("learnt"));
        QVERIFY(b.model.eventAt(row).isAmended);
        QCOMPARE(changed.size(), 1);
        QCOMPARE(changed[0][0].toModelIndex().row(), row);
        QCOMPARE(inserted.size(), 0);
        QCOMPARE(b.model.rowCount(), 400);
        QVERIFY(b.ordered());
    }

    void amendedRows_areAskedForAgainAfterAFailure()
    {
        Bench b(400);
        b.session.stats.emplace();
        b.session.stats->newestNs = now;
        b.load(true);
        const int row = 350; // further down than a look at what is new reaches
        StoredEvent &event = *std::find_if(b.session.events.begin(), b.session.events.end(),
                                           [&](const StoredEvent &e) { return e.id == b.model.eventAt(row).id; });
        event.origin.podName = "learnt";
        event.isAmended = true;
        b.session.queryError = QStringLiteral("store 'x': disk I/O error");
        b.session.stats->amendments = 1;
        QTRY_VERIFY(!b.feed.followError().isEmpty());
        b.session.queryError.clear();
        QTRY_COMPARE(QString::fromStdString(b.model.eventAt(row).origin.podName), QString("learnt"));
    }

    void following_looksOnlyWhereSomethingMayBeNew_data()
    {
        QTest::addColumn<int>("count");
        QTest::addColumn<bool>("newestFirst");
        QTest::newRow("rows") << 100 << true;
        QTest::newRow("a filter that nothing has passed yet") << 0 << true;
        QTest::newRow("the same, oldest first") << 0 << false;
    }
    void following_looksOnlyWhereSomethingMayBeNew()
    {
        QFETCH(int, count);
        QFETCH(bool, newestFirst);
        Bench b(static_cast<std::size_t>(count), newestFirst);
        b.session.stats = StoreStats{1, 100, now - 7200 * nsPerSecond, now, 3, 0};
        b.session.lostEvents = 5;
        b.load(true);
        const std::int64_t least = std::min<std::int64_t>(now, QDateTime::currentMSecsSinceEpoch() * nsPerMs) - EventsFeed::followSlackNs;
        follow(b);
        QCOMPARE(b.session.asked.back().query.fromNs, least);
        b.add(1, now - EventsFeed::followSlackNs / 2); // late, but not too late
        follow(b);
        QTRY_COMPARE(b.model.rowCount(), count + 1);
    }

    void following_looksAtTheWholeRangeNowAndThen()
    {
        Bench b(10);
        b.load(true);
        b.session.lostEvents = 61;
        b.add(1, now - 1800 * nsPerSecond); // a spool that came half an hour late
        unsigned asked = 0;
        while (b.session.asked.back().query.fromNs != b.query.fromNs || asked == 0) {
            QCOMPARE(b.model.rowCount(), 10);
            QVERIFY(++asked <= EventsFeed::followsPerWhole + 1);
            follow(b);
        }
        QTRY_COMPARE(b.model.rowCount(), 11);
        QCOMPARE(b.feed.lostEvents(), std::uint64_t(61));
    }

    void newEvents_waitAndAreCountedOtherwise()
    {
        Bench b(100);
        b.load(true);
        b.feed.setFollowing(false);
        b.add(7, now + 2 * nsPerSecond);
        QTRY_COMPARE(b.feed.waiting(), std::size_t(7));
        QCOMPARE(b.model.rowCount(), 100);
        b.add(5, now + 4 * nsPerSecond);
        QTRY_COMPARE(b.feed.waiting(), std::size_t(12));
        b.feed.setFollowing(true);
        QTRY_COMPARE(b.model.rowCount(), 112);
        QCOMPARE(b.feed.waiting(), std::size_t(0));
        QVERIFY(b.ordered());
    }

    void lateEvents_goToTheirPlace()
    {
        Bench b(100);
        b.load(true);
        b.add(3, now - 50 * nsPerMs + 1);
        QTRY_COMPARE(b.model.rowCount(), 103);
        QVERIFY(b.ordered());
        QVERIFY(b.model.eventAt(0).event.timeNs == now);
    }

    void moreThanAPageAtOnce_goesOnFromTheNewest()
    {
        Bench b(100);
        b.load(true);
        b.add(900, now + 5 * nsPerSecond);
        QTRY_COMPARE(b.model.eventAt(0).event.timeNs, now + 5 * nsPerSecond);
        QVERIFY(b.model.canFetchMore({}));
        while (b.model.canFetchMore({})) {
            const int before = b.model.rowCount();
            b.model.fetchMore({});
            QTRY_VERIFY(b.model.rowCount() > before || !b.model.canFetchMore({}));
        }
        QCOMPARE(b.model.rowCount(), 1000);
        QVERIFY(b.ordered());
    }

    void pausedSession_isNotAsked()
    {
        Bench b(100);
        b.load(true);
        b.session.setPaused(true);
        QTRY_VERIFY(b.session.pending.isEmpty());
        const auto asked = b.session.asked.size();
        b.add(5, now + nsPerSecond);
        QVERIFY(!QTest::qWaitFor([&] { return b.session.asked.size() != asked; }, 3 * EventsFeed::followMs / 2));
    }

    void pausedSession_countsForWhoDoesNotFollow()
    {
        Bench b(100);
        b.load(true);
        b.session.setPaused(true);
        b.feed.setFollowing(false); // the page does so when it hears of the pause
        b.add(5, now + nsPerSecond);
        QTRY_COMPARE(b.feed.waiting(), std::size_t(5));
        QCOMPARE(b.model.rowCount(), 100);
        b.session.setPaused(false);
        b.feed.setFollowing(true);
        QTRY_COMPARE(b.model.rowCount(), 105);
    }

    void whole_comesAtOnce()
    {
        Bench b(5300);
        b.feed.setQuery(b.query, false, EventsFeed::Extent::Whole);
        QTRY_COMPARE(b.model.rowCount(), 5300);
        QCOMPARE(b.feed.state(), EventsFeed::State::Ready);
        QVERIFY(!b.feed.cutOff());
        QVERIFY(!b.model.canFetchMore({}));
        QVERIFY(b.ordered());
        QCOMPARE(b.session.asked.size(), 3);
        QCOMPARE(std::count_if(b.session.asked.begin(), b.session.asked.end(), [](const auto &asked) { return !asked.after; }), 1);
    }
    void whole_endsAtItsBoundAndSaysSo_data()
    {
        QTest::addColumn<bool>("newestFirst");
        QTest::addColumn<qint64>("first");
        QTest::newRow("the newest") << true << qint64(now);
        QTest::newRow("the oldest") << false << qint64(now - (static_cast<std::int64_t>(EventsModel::maxRows) + 299) * nsPerMs);
    }
    void whole_endsAtItsBoundAndSaysSo()
    {
        QFETCH(bool, newestFirst);
        Bench b(EventsModel::maxRows + 300, newestFirst);
        b.feed.setQuery(b.query, false, EventsFeed::Extent::Whole);
        QTRY_COMPARE(b.model.rowCount(), static_cast<int>(EventsModel::maxRows));
        QVERIFY(b.feed.cutOff());
        QTEST(static_cast<qint64>(b.model.eventAt(0).event.timeNs), "first");
    }
    void whole_standsStillAndCountsWhatIsNew_data()
    {
        QTest::addColumn<bool>("newestFirst");
        QTest::newRow("newest first") << true;
        QTest::newRow("oldest first") << false;
    }
    void whole_standsStillAndCountsWhatIsNew()
    {
        QFETCH(bool, newestFirst);
        Bench b(100, newestFirst);
        b.feed.setActive(true);
        b.feed.setFollowing(false);
        b.feed.setQuery(b.query, true, EventsFeed::Extent::Whole);
        QTRY_COMPARE(b.model.rowCount(), 100);
        b.add(7, now + 2 * nsPerSecond);
        QTRY_COMPARE(b.feed.waiting(), std::size_t(7));
        QCOMPARE(b.model.rowCount(), 100);
        b.feed.reload();
        QTRY_COMPARE(b.model.rowCount(), 107);
        QCOMPARE(b.feed.waiting(), std::size_t(0));
        QCOMPARE(b.feed.extent(), EventsFeed::Extent::Whole);
    }
    void whole_cancelledShowsNoHalf()
    {
        Bench b(5300);
        b.load(false);
        b.session.holdAnswers = true;
        b.feed.setQuery(b.query, false, EventsFeed::Extent::Whole);
        b.session.answerAll();
        QCOMPARE(b.model.rowCount(), 500);
        b.feed.cancel();
        b.session.answerAll();
        QCOMPARE(b.feed.state(), EventsFeed::State::Idle);
        QCOMPARE(b.model.rowCount(), 500);
    }

    void historicRange_isNotFollowed()
    {
        Bench b(100);
        b.load(false);
        QVERIFY(!QTest::qWaitFor([&] { return b.session.asked.size() != 1; }, 3 * EventsFeed::followMs / 2));
    }

    void oldestFirst_newOnesComeAtTheEnd()
    {
        Bench b(100, false);
        b.load(true);
        b.add(7, now + 2 * nsPerSecond);
        QTRY_COMPARE(b.model.rowCount(), 107);
        QVERIFY(b.ordered());
    }

    void window_staysBoundedAndCanGoBack()
    {
        Bench b(EventsModel::maxRows + 2000);
        b.load(false);
        while (b.model.canFetchMore({})) {
            const auto asked = b.session.asked.size();
            b.model.fetchMore({});
            QTRY_VERIFY(b.session.asked.size() > asked && b.session.pending.isEmpty());
        }
        QCOMPARE(b.model.rowCount(), static_cast<int>(EventsModel::maxRows));
        QVERIFY(b.feed.moreAbove());
        QVERIFY(b.model.eventAt(0).event.timeNs < now);
        for (int i = 0; i < 10 && b.feed.moreAbove(); ++i) {
            const auto asked = b.session.asked.size();
            b.feed.loadAbove();
            QTRY_VERIFY(b.session.asked.size() > asked && b.session.pending.isEmpty());
        }
        QCOMPARE(b.model.eventAt(0).event.timeNs, now);
        QCOMPARE(b.model.rowCount(), static_cast<int>(EventsModel::maxRows));
        QVERIFY(b.model.canFetchMore({}));
        QVERIFY(b.ordered());
    }

    void failure_keepsTheOldRowsAndTheWords()
    {
        Bench b(100);
        b.load(false);
        b.session.queryError = QStringLiteral("store 'x': disk I/O error");
        b.feed.reload();
        QTRY_COMPARE(b.feed.state(), EventsFeed::State::Failed);
        QCOMPARE(b.feed.error(), b.session.queryError);
        QCOMPARE(b.model.rowCount(), 100);
        b.session.queryError.clear();
        b.feed.reload();
        QTRY_COMPARE(b.feed.state(), EventsFeed::State::Ready);
        QVERIFY(b.feed.error().isEmpty());
    }

    void failingFollow_isSaidUntilItWorksAgain_data()
    {
        QTest::addColumn<int>("count");
        QTest::addColumn<bool>("newestFirst");
        QTest::newRow("newest first") << 100 << true;
        QTest::newRow("oldest first") << 100 << false;
        QTest::newRow("no row yet, newest first") << 0 << true;
        QTest::newRow("no row yet, oldest first") << 0 << false;
    }
    void failingFollow_isSaidUntilItWorksAgain()
    {
        QFETCH(int, count);
        QFETCH(bool, newestFirst);
        Bench b(static_cast<std::size_t>(count), newestFirst);
        b.load(true);
        QVERIFY(b.feed.followError().isEmpty());
        b.session.queryError = QStringLiteral("store 'x': disk I/O error");
        QSignalSpy changed(&b.feed, &EventsFeed::changed);
        follow(b);
        QCOMPARE(b.feed.followError(), b.session.queryError);
        QVERIFY(!changed.isEmpty());
        QCOMPARE(b.feed.state(), EventsFeed::State::Ready); // the rows are as good as they were
        QCOMPARE(b.model.rowCount(), count);
        b.session.queryError.clear();
        b.add(7, now + 2 * nsPerSecond);
        follow(b);
        QVERIFY(b.feed.followError().isEmpty());
        QCOMPARE(b.model.rowCount(), count + 7);
    }

    void failingAbove_isSaidUntilItWorksAgain()
    {
        Bench b(EventsModel::maxRows + 600);
        b.load(false);
        while (!b.feed.moreAbove()) {
            const auto asked = b.session.asked.size();
            b.model.fetchMore({});
            QTRY_VERIFY(b.session.asked.size() > asked && b.session.pending.isEmpty());
        }
        b.session.queryError = QStringLiteral("store 'x': disk I/O error");
        b.feed.loadAbove();
        QTRY_COMPARE(b.feed.aboveError(), b.session.queryError);
        QCOMPARE(b.feed.state(), EventsFeed::State::Ready);
        b.session.queryError.clear();
        b.feed.loadAbove();
        QTRY_VERIFY(b.feed.aboveError().isEmpty());
    }

    void cancel_stopsTheQuery()
    {
        Bench b(100);
        b.session.holdAnswers = true;
        b.feed.setQuery(b.query, false);
        b.feed.cancel();
        QCOMPARE(b.feed.state(), EventsFeed::State::Idle);
        QVERIFY(b.session.cancelled.contains(queryslot::events));
        b.session.answerAll();
        QCOMPARE(b.model.rowCount(), 0);
    }

    void anAnswerToAnOlderQuery_isDropped()
    {
        Bench b(100);
        b.session.holdAnswers = true;
        b.feed.setQuery(b.query, false);
        const auto old = b.session.pending.front();
        b.query.filter.nodes = {"no such node"};
        b.feed.setQuery(b.query, false);
        emit b.session.eventsReady(old.slot, old.id, b.session.page(old.query, old.after));
        QCOMPARE(b.feed.state(), EventsFeed::State::Loading);
        b.session.answerAll();
        QCOMPARE(b.model.rowCount(), 0);
        QCOMPARE(b.feed.state(), EventsFeed::State::Ready);
    }

    void loss_isReported()
    {
        Bench b(10);
        b.session.lostEvents = 61;
        b.load(false);
        QCOMPARE(b.feed.lostEvents(), std::uint64_t(61));
    }
};

QTEST_MAIN(TestEventsFeed)
#include "tst_eventsfeed.moc"
