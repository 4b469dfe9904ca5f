// SPDX-License-Identifier: GPL-3.0-or-later
// Who calls whom around an insight, in the real window.
#include <QScrollBar>
#include <QtTest>

#include "console/ui/pages/callmapview.h"
#include "console/ui/pages/callsection.h"
#include "console/ui/pages/eventspage.h"
#include "console/ui/pages/insightdetail.h"
#include "console/ui/pages/insightlist.h"
#include "console/ui/pages/insightspage.h"
#include "console/ui/widgets/tableview.h"
#include "tests/support/sampleinsights.h"
#include "tests/ui/windowfixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

class tst_InsightCalls : public QObject {
    Q_OBJECT

private slots:
    void cleanup() { m_ui.reset(); }
    void map_marksRootAndAffected();
    void words_areExact();
    void keys_goFromPartToPart();
    void chosen_opensItsEvents();
    void without_saysWhy_data();
    void without_saysWhy();
    void failing_saysWhy();
    void another_isReadAnew();
    void pictures_data();
    void pictures();

private:
    void bring(bool calls, QSize size = {1280, 800}, ThemeChoice theme = ThemeChoice::Dark)
    {
        m_ui = std::make_unique<WindowFixture>(WindowFixture::Data::Some, size, theme);
        auto &events = m_ui->session.events;
        const auto insights = sampleInsights(testNowNs), more = calls ? sampleCalls(testNowNs) : std::vector<StoredEvent>();
        events.erase(std::remove_if(events.begin(), events.end(),
                                    [](const StoredEvent &one) {
                                        return one.event.type == wire::EventType::TcpConnection
                                               || one.event.type == wire::EventType::HttpRequest;
                                    }),
                     events.end());
        events.insert(events.end(), insights.begin(), insights.end());
        events.insert(events.end(), more.begin(), more.end());
        m_ui->window->openPage(PageId::Insights);
        m_page = qobject_cast<InsightsPage *>(m_ui->window->currentPage());
        QVERIFY(m_page);
        QTRY_VERIFY(m_page->settled());
    }
    CallSection &section() const { return m_page->detail().calls(); }
    CallMapView &view() const { return section().view(); }
    QStringList marked(bool CallMapNode::*mark) const
    {
        QStringList all;
        for (std::size_t i = 0; i < view().map().nodes.size(); ++i) {
            if (view().map().nodes[i].*mark)
                all << view().nodeText(i).section('\n', 0, 0);
        }
        all.sort();
        return all;
    }
    std::size_t nodeNamed(const QString &name) const
    {
        for (std::size_t i = 0; i < view().map().nodes.size(); ++i) {
            if (view().nodeText(i).startsWith(name + " ("))
                return i;
        }
        return 999;
    }

    std::unique_ptr<WindowFixture> m_ui;
    InsightsPage *m_page = nullptr;
};

void tst_InsightCalls::map_marksRootAndAffected()
{
    bring(true);
    QTRY_COMPARE(view().map().nodes.size(), std::size_t(7));
    QCOMPARE(marked(&CallMapNode::isRoot), QStringList{"payments/checkout-api (workload)"});
    QCOMPARE(marked(&CallMapNode::isAffected), (QStringList{"payments/checkout-api (workload)", "payments/gateway (workload)"}));
    const auto column = [this](const char *name) { return view().map().nodes.at(nodeNamed(name)).column; };
    QVERIFY(column("payments/storefront") < column("payments/gateway"));
    QVERIFY(column("payments/gateway") < column("payments/checkout-api"));
    QVERIFY(column("payments/checkout-api") < column("payments/ledger"));
    QVERIFY2(section().words().contains("2 without a way to it"), qPrintable(section().words()));
    QCOMPARE(section().calls().rowCount(), int(view().map().edges.size()));
    QVERIFY(view().accessibleName().contains("7"));
    for (std::size_t a = 0; a < view().map().nodes.size(); ++a) { // none stands on another
        for (std::size_t b = a + 1; b < view().map().nodes.size(); ++b)
            QVERIFY(!view().boxOf(a).intersects(view().boxOf(b)));
    }
}

void tst_InsightCalls::words_areExact()
{
    bring(true);
    QTRY_COMPARE(view().map().nodes.size(), std::size_t(7));
    QStringList edges;
    for (std::size_t i = 0; i < view().map().edges.size(); ++i)
        edges << view().edgeText(i);
    const QString to = edges.filter("payments/gateway calls payments/checkout-api").value(0);
    QVERIFY2(to.contains("60 requests, 21 of 60 failed (35 %)") && to.contains("p50 "), qPrintable(edges.join('|')));
    const QString alone = edges.filter("calls payments/ledger").filter("told by the one that is called alone").value(0);
    QVERIFY2(alone.contains("12 requests, none failed"), qPrintable(edges.join('|')));
    QVERIFY(view().nodeText(nodeNamed("payments/gateway")).contains("called 110 times, 13 failed"));
}

void tst_InsightCalls::keys_goFromPartToPart()
{
    bring(true);
    QTRY_COMPARE(view().map().nodes.size(), std::size_t(7));
    m_page->detail().ensureWidgetVisible(&view());
    view().setFocus();
    QTRY_VERIFY(view().hasFocus());
    const auto at = [this] { return view().nodeText(static_cast<std::size_t>(view().current())).section(" (", 0, 0); };
    QCOMPARE(at(), QString("payments/checkout-api")); // begins at the root
    QTest::keyClick(&view(), Qt::Key_Left);
    QCOMPARE(at(), QString("payments/gateway"));
    QTest::keyClick(&view(), Qt::Key_Left);
    const QString first = at();
    QTest::keyClick(&view(), first == "payments/storefront" ? Qt::Key_Down : Qt::Key_Up);
    QTest::keyClick(&view(), Qt::Key_Up);
    QTest::keyClick(&view(), Qt::Key_Left); // nothing is there
    QVERIFY(at() == "payments/storefront" || at() == "payments/mobile-bff");
    QSignalSpy chosen(&view(), &CallMapView::chosen);
    QTest::keyClick(&view(), Qt::Key_Return);
    QCOMPARE(chosen.size(), 1);
}

void tst_InsightCalls::chosen_opensItsEvents()
{
    bring(true);
    QTRY_COMPARE(view().map().nodes.size(), std::size_t(7));
    m_page->detail().ensureWidgetVisible(&view());
    const QRectF box = view().boxOf(nodeNamed("payments/ledger"));
    QTest::mouseClick(&view(), Qt::LeftButton, {}, box.center().toPoint());
    QTRY_VERIFY(qobject_cast<EventsPage *>(m_ui->window->currentPage()));
    const TimeRange range = m_ui->session.range(); // that of the map
    QCOMPARE(range.fromNs, section().graph().fromNs);
    QCOMPARE(range.toNs, section().graph().toNs);
    QVERIFY(range.fromNs < testNowNs - 300 * nsPerSecond);
    QTRY_VERIFY(std::any_of(m_ui->session.asked.begin(), m_ui->session.asked.end(),
                            [](const FakeSession::Query &one) { return one.query.text == "ledger"; }));
}

void tst_InsightCalls::without_saysWhy_data()
{
    QTest::addColumn<bool>("calls");
    QTest::addColumn<QString>("words");
    QTest::newRow("nothing in the store") << false << "No data: no connection and no request of ";
    QTest::newRow("of others alone") << true << "are of what this insight is about";
}

void tst_InsightCalls::without_saysWhy()
{
    QFETCH(bool, calls);
    QFETCH(QString, words);
    bring(calls);
    while (calls && m_page->detail().insight()->view.insight.rule != "disk-full") { // of a node that nobody calls
        const auto before = m_page->list().currentIndex();
        QTest::keyClick(&m_page->list(), Qt::Key_Down);
        QVERIFY(m_page->list().currentIndex() != before);
    }
    QTRY_VERIFY2(section().words().contains(words) || section().words().contains("no connection and no request"),
                 qPrintable(section().words()));
    QVERIFY(!section().table().isVisible() && !view().isVisible());
}

void tst_InsightCalls::failing_saysWhy()
{
    bring(true);
    QTRY_COMPARE(view().map().nodes.size(), std::size_t(7));
    section().setFailed("disk I/O error");
    QCOMPARE(section().words(), QString("Connections and requests could not be read: disk I/O error"));
    QVERIFY(!view().isVisible());
}

void tst_InsightCalls::another_isReadAnew()
{
    bring(true);
    const auto asked = [this] {
        return std::count_if(m_ui->session.asked.begin(), m_ui->session.asked.end(),
                             [](const FakeSession::Query &one) { return one.slot == queryslot::insightCalls; });
    };
    QTRY_COMPARE(view().map().nodes.size(), std::size_t(7));
    QCOMPARE(asked(), 1);
    QTest::keyClick(&m_page->list(), Qt::Key_Down);
    QTRY_COMPARE(asked(), 2);
    QTRY_COMPARE(view().map().nodes.size(), std::size_t(7)); // of the same pod
    QTest::keyClick(&m_page->list(), Qt::Key_Up);
    QTRY_COMPARE(asked(), 3);
}

void tst_InsightCalls::pictures_data()
{
    QTest::addColumn<QSize>("size");
    QTest::addColumn<bool>("dark");
    QTest::addColumn<bool>("calls");
    QTest::newRow("calls-1280-dark") << QSize(1280, 800) << true << true;
    QTest::newRow("calls-1280-light") << QSize(1280, 800) << false << true;
    QTest::newRow("calls-2560-light") << QSize(2560, 1440) << false << true;
    QTest::newRow("calls-none-1280-dark") << QSize(1280, 800) << true << false;
}

void tst_InsightCalls::pictures()
{
    QFETCH(QSize, size);
    QFETCH(bool, dark);
    QFETCH(bool, calls);
    bring(calls, size, dark ? ThemeChoice::Dark : ThemeChoice::Light);
    if (calls)
        QTRY_COMPARE(view().map().nodes.size(), std::size_t(7));
    m_page->detail().verticalScrollBar()->setValue(m_page->detail().verticalScrollBar()->maximum());
    m_ui->keep(QString::fromLatin1(QTest::currentDataTag()));
    const QWidget *body = m_page->detail().widget();
    QVERIFY2(body->width() <= m_page->detail().viewport()->width() && body->minimumSizeHint().width() <= body->width(),
             qPrintable(QString::number(body->minimumSizeHint().width())));
}

QTEST_MAIN(tst_InsightCalls)
#include "tst_insightcalls.moc"
