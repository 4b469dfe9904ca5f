// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractItemModelTester>
#include <QHeaderView>
#include <QMenu>
#include <QScrollBar>
#include <QtTest>

#include "console/ui/pages/eventfilterbar.h"
#include "console/ui/pages/eventspage.h"
#include "console/ui/widgets/barbutton.h"
#include "console/ui/widgets/footline.h"
#include "console/ui/widgets/statemessage.h"
#include "console/ui/widgets/tableview.h"
#include "tests/ui/windowfixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

/// The event browser in the real window.
class TestEventsPage : public QObject {
    Q_OBJECT
private slots:
    void init() { bring(WindowFixture::Data::Some); }
    void cleanup() { m_ui.reset(); }

    void aHeaderClickSortsTheWholeResult()
    {
        QAbstractItemModelTester tester(const_cast<QAbstractItemModel *>(&m_page->rows()));
        QCOMPARE(m_page->model().rowCount(), 500);
        clickHeader(EventsModel::Node);
        QTRY_COMPARE(m_page->model().rowCount(), 3000);
        QCOMPARE(cell(0, EventsModel::Node), "node-03");
        QCOMPARE(cell(2999, EventsModel::Node), "node-07");
        QCOMPARE(foot(), "All 3,000 events, sorted by Node \u00b7 no loss known in this range");
        clickHeader(EventsModel::Node);
        QCOMPARE(cell(0, EventsModel::Node), "node-07");
        QCOMPARE(m_table->horizontalHeader()->sortIndicatorOrder(), Qt::DescendingOrder);
        clickHeader(EventsModel::Node); // the third click: time again, page by page
        QTRY_COMPARE(m_page->model().rowCount(), 500);
        QCOMPARE(m_table->horizontalHeader()->sortIndicatorSection(), static_cast<int>(EventsModel::Time));
        QVERIFY(foot().startsWith("500 events loaded, more as you scroll"));
    }
    void whatOneLooksForComesFirst()
    {
        clickHeader(EventsModel::Severity);
        QTRY_COMPARE(m_page->model().rowCount(), 3000);
        QCOMPARE(cell(0, EventsModel::Severity), "critical");
    }
    void theTimeColumnTurnsTheOrderRound()
    {
        const QString newest = cell(0, EventsModel::Time);
        clickHeader(EventsModel::Time);
        QTRY_VERIFY(cell(0, EventsModel::Time) < newest);
        QVERIFY(!m_page->filterBar().input().newestFirst);
        QCOMPARE(m_table->horizontalHeader()->sortIndicatorOrder(), Qt::AscendingOrder);
        clickHeader(EventsModel::Time);
        QTRY_COMPARE(cell(0, EventsModel::Time), newest);
        QVERIFY(m_page->filterBar().input().newestFirst);
    }
    void moreThanTheBoundIsSaid()
    {
        m_ui->session.events = sampleEvents(EventsModel::maxRows + 500, testNowNs - 200 * nsPerMs, nsPerMs);
        clickHeader(EventsModel::Pid);
        QTRY_COMPARE(m_page->model().rowCount(), static_cast<int>(EventsModel::maxRows));
        QVERIFY(foot().startsWith("Only the newest 20,000 of more events, sorted by pid"));
        QCOMPARE(m_page->rows().canFetchMore({}), false);
    }
    void theKeyboardSortsToo()
    {
        QTimer::singleShot(0, this, [] {
            auto *menu = qobject_cast<QMenu *>(QApplication::activePopupWidget());
            QVERIFY(menu);
            QCOMPARE(menu->actions().size(), static_cast<int>(EventsModel::ColumnCount));
            QVERIFY(menu->actions().front()->isChecked());
            menu->setActiveAction(menu->actions()[EventsModel::Command]);
            QTest::keyClick(menu, Qt::Key_Return);
        });
        QTest::keyClick(m_table, Qt::Key_O);
        QTRY_COMPARE(m_page->model().rowCount(), 3000);
        QCOMPARE(m_table->horizontalHeader()->sortIndicatorSection(), static_cast<int>(EventsModel::Command));
        QTest::keyClick(m_table, Qt::Key_Home); // the newest, and following again
        QTRY_COMPARE(m_page->model().rowCount(), 500);
    }
    void theFilterBarGoesBackToTime()
    {
        clickHeader(EventsModel::Entity);
        QTRY_COMPARE(m_page->model().rowCount(), 3000);
        BarButton *order = button("By Entity");
        QVERIFY(order);
        order->click();
        QTRY_COMPARE(m_page->model().rowCount(), 500);
        QVERIFY(button("Newest first"));
    }
    void theChosenEventStaysChosen()
    {
        m_table->selectRow(7);
        const EventId chosen = m_page->model().eventAt(7).id;
        clickHeader(EventsModel::Node);
        QTRY_COMPARE(m_page->model().rowCount(), 3000);
        QTRY_COMPARE(currentId(), chosen);
        clickHeader(EventsModel::Command);
        QCOMPARE(currentId(), chosen);
        QTest::keyClick(m_table, Qt::Key_I);
        QVERIFY(m_ui->window->drawerOpen());
    }
    void aFilterKeepsTheSorting()
    {
        clickHeader(EventsModel::Node);
        QTRY_COMPARE(m_page->model().rowCount(), 3000);
        EventFilterInput input = m_page->filterBar().input();
        input.types = {wire::EventType::ProcessExec};
        m_page->filterBar().setInput(input);
        QTRY_COMPARE(m_page->model().rowCount(), 1000);
        QVERIFY(foot().startsWith("All 1,000 events, sorted by Node"));
    }
    void escStopsReadingAndGoesBackToTime()
    {
        m_ui->session.holdAnswers = true;
        clickHeader(EventsModel::Node);
        QVERIFY(!m_page->settled());
        QTest::keyClick(m_table, Qt::Key_Escape);
        m_ui->session.holdAnswers = false;
        m_ui->session.answerAll();
        QTRY_VERIFY(m_page->settled());
        QCOMPARE(m_page->model().rowCount(), 500);
        QCOMPARE(m_table->horizontalHeader()->sortIndicatorSection(), static_cast<int>(EventsModel::Time));
    }

    void cancelled_showsNoRowsOfTheFormerFilter()
    {
        m_ui->session.holdAnswers = true;
        EventFilterInput input = m_page->filterBar().input();
        input.types = {wire::EventType::ProcessExec};
        m_page->filterBar().setInput(input);
        QTRY_VERIFY(!m_page->settled());
        QCOMPARE(m_page->model().rowCount(), 500); // the old ones stay while the new are read
        QTest::keyClick(m_table, Qt::Key_Escape);
        QVERIFY(m_page->settled());
        QCOMPARE(m_page->model().rowCount(), 0);
        QCOMPARE(foot(), "Reading was cancelled: nothing is shown or followed \u00b7 F5 reads again");
        QVERIFY(m_page->findChild<StateMessage *>()->isVisible());
        m_ui->session.holdAnswers = false;
        QVERIFY(m_ui->actions.trigger(QStringLiteral("events.reload")));
        QTRY_COMPARE(m_page->model().rowCount(), 500);
        for (int row = 0; row < 500; ++row)
            QCOMPARE(m_page->model().eventAt(row).event.type, wire::EventType::ProcessExec);
        QVERIFY(foot().startsWith("500 events loaded"));
    }

    void failingFollow_isSaidInTheFoot_data()
    {
        QTest::addColumn<bool>("rows");
        QTest::newRow("with rows") << true;
        QTest::newRow("where nothing has matched yet") << false;
    }
    void failingFollow_isSaidInTheFoot()
    {
        QFETCH(bool, rows);
        if (!rows) {
            EventFilterInput input = m_page->filterBar().input();
            input.pid = QStringLiteral("4000000");
            m_page->filterBar().setInput(input);
            QTRY_COMPARE(m_page->model().rowCount(), 0);
        }
        const QString before = foot();
        m_ui->session.queryError = QStringLiteral("disk I/O error");
        QTRY_VERIFY2(foot().endsWith("stale, what is new cannot be read: disk I/O error"), qPrintable(foot()));
        m_ui->session.queryError.clear();
        QTRY_COMPARE(foot(), before);
    }

    void aPidFilter_saysWhetherConnectionsToldTogetherAreMissing_data()
    {
        QTest::addColumn<int>("more");
        QTest::addColumn<QString>("pid");
        QTest::addColumn<bool>("rows");
        QTest::addColumn<bool>("said");
        QTest::newRow("there are some") << 4 << "4000" << true << true;
        QTest::newRow("there are some, and no event of the process") << 4 << "4000000" << false << true;
        QTest::newRow("there are none") << 0 << "4000" << true << false;
        QTest::newRow("there are some, and they are shown") << 4 << "" << true << false;
    }
    void aPidFilter_saysWhetherConnectionsToldTogetherAreMissing()
    {
        QFETCH(int, more);
        QFETCH(QString, pid);
        QFETCH(bool, rows);
        QFETCH(bool, said);
        for (StoredEvent &event : m_ui->session.events) {
            auto *connection = std::get_if<wire::TcpConnection>(&event.event.detail);
            if (connection == nullptr)
                continue;
            connection->more = static_cast<std::uint32_t>(more);
            event.event.process.pid = 0;
        }
        const auto actions = m_ui->session.asked.size();
        EventFilterInput input = m_page->filterBar().input();
        input.pid = pid;
        m_page->filterBar().setInput(input);
        QTRY_VERIFY(m_page->settled() && m_ui->session.pending.isEmpty());
        QCOMPARE(m_page->model().rowCount() > 0, rows);
        const QString text = rows ? foot() : m_page->findChild<StateMessage *>()->accessibleDescription();
        QVERIFY2(text.contains("told together (of several processes) are not in this; look by container or program") == said,
                 qPrintable(text));
        // The question beside the list is no action of the operator.
        for (auto i = actions; i < m_ui->session.asked.size(); ++i)
            QCOMPARE(m_ui->session.asked[i].after.has_value(), m_ui->session.asked[i].slot != queryslot::events);
    }

    void whatIsNewIsCountedWhilePaused()
    {
        QTest::keyClick(m_table, Qt::Key_Space);
        QVERIFY(m_ui->session.paused());
        addNew(7);
        BarButton *waiting = nullptr;
        QTRY_VERIFY((waiting = button("7 new")));
        QVERIFY(waiting->isVisible());
        QCOMPARE(m_page->model().rowCount(), 500);
        waiting->click(); // to go on and to see them
        QVERIFY(!m_ui->session.paused());
        QTRY_COMPARE(m_page->model().rowCount(), 507);
        QVERIFY(!waiting->isVisible());
    }
    void whatIsNewWaitsWhileSorted()
    {
        clickHeader(EventsModel::Node);
        QTRY_COMPARE(m_page->model().rowCount(), 3000);
        addNew(3);
        BarButton *waiting = nullptr;
        QTRY_VERIFY((waiting = button("3 new")));
        waiting->click();
        QTRY_COMPARE(m_page->model().rowCount(), 3003);
        QVERIFY(foot().startsWith("All 3,003 events, sorted by Node"));
    }

    void range_endsAtTheServersNow_data()
    {
        QTest::addColumn<std::int64_t>("offsetNs");
        QTest::newRow("a console that is two hours behind its server") << 7200 * nsPerSecond;
        QTest::newRow("two hours ahead") << -7200 * nsPerSecond;
    }
    void range_endsAtTheServersNow()
    {
        QFETCH(std::int64_t, offsetNs);
        QCOMPARE(lastAsked().fromNs, testNowNs - 900 * nsPerSecond);
        m_ui->session.serverOffset = offsetNs; // the server has answered
        emit m_ui->session.linkChanged();
        QCOMPARE(lastAsked().fromNs, testNowNs + offsetNs - 900 * nsPerSecond);
        QTRY_VERIFY(m_page->settled());
        const auto asked = m_ui->session.asked.size();
        m_ui->session.serverOffset += 3 * nsPerMs; // measured anew
        emit m_ui->session.linkChanged();
        QCOMPARE(m_ui->session.asked.size(), asked);
        EventFilterInput input = m_page->filterBar().input();
        input.types = {wire::EventType::ProcessExec};
        m_page->filterBar().setInput(input);
        QTRY_COMPARE(lastAsked().filter.types.size(), std::size_t(1));
        QCOMPARE(lastAsked().fromNs, testNowNs + m_ui->session.serverOffset - 900 * nsPerSecond);
    }
    void range_ofItsOwnTimesIsNotReadAgainForAnotherClock()
    {
        m_ui->window->setRange({TimeRange::Kind::Custom, testNowNs - 600 * nsPerSecond, testNowNs - 300 * nsPerSecond});
        QTRY_VERIFY(m_page->settled());
        const auto asked = m_ui->session.asked.size();
        m_ui->session.serverOffset = 7200 * nsPerSecond;
        emit m_ui->session.linkChanged();
        QCOMPARE(m_ui->session.asked.size(), asked);
    }

private:
    /// The last query that was no continuation.
    EventQuery lastAsked() const
    {
        EventQuery last;
        for (const FakeSession::Query &query : m_ui->session.asked)
            if (query.slot == queryslot::events && !query.after)
                last = query.query;
        return last;
    }
    void bring(WindowFixture::Data data)
    {
        m_ui = std::make_unique<WindowFixture>(data, QSize(1920, 1080), ThemeChoice::Dark);
        m_ui->session.lostEvents = 0;
        m_ui->window->openPage(PageId::Events);
        m_page = qobject_cast<EventsPage *>(m_ui->window->currentPage());
        QVERIFY(m_page);
        m_table = m_page->findChild<TableView *>();
        QTRY_VERIFY(m_page->settled());
        m_table->setFocus();
    }
    void clickHeader(int column)
    {
        QHeaderView *header = m_table->horizontalHeader();
        QTest::mouseClick(header->viewport(), Qt::LeftButton, {},
                          QPoint(header->sectionViewportPosition(column) + 20, header->height() / 2));
    }
    QString cell(int row, int column) const { return m_page->rows().index(row, column).data().toString(); }
    QString foot() const { return m_page->findChild<FootLine *>()->text(); }
    EventId currentId() const
    {
        const QModelIndex source = static_cast<const QAbstractProxyModel &>(m_page->rows()).mapToSource(m_table->currentIndex());
        return source.isValid() ? m_page->model().eventAt(source.row()).id : EventId();
    }
    BarButton *button(const QString &text) const
    {
        for (BarButton *each : m_page->findChildren<BarButton *>())
            if (each->text() == text && !each->isHidden())
                return each;
        return nullptr;
    }
    void addNew(std::size_t count)
    {
        m_ui->clock.advance(5 * nsPerSecond);
        auto fresh = sampleEvents(count, testNowNs + 4 * nsPerSecond, nsPerMs);
        for (StoredEvent &event : fresh) {
            event.id.chunk = 9000;
            m_ui->session.events.push_back(event);
        }
    }

    std::unique_ptr<WindowFixture> m_ui;
    EventsPage *m_page = nullptr;
    TableView *m_table = nullptr;
};

QTEST_MAIN(TestEventsPage)
#include "tst_eventspage.moc"
