// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractItemModelTester>
#include <QAbstractProxyModel>
#include <QClipboard>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QtTest>

#include "console/core/metrics/overviewinput.h"
#include "console/ui/pages/chainview.h"
#include "console/ui/pages/eventspage.h"
#include "console/ui/pages/insightdetail.h"
#include "console/ui/pages/insightfilterbar.h"
#include "console/ui/pages/insightlist.h"
#include "console/ui/pages/insightspage.h"
#include "console/ui/pages/verdictbar.h"
#include "console/ui/widgets/footline.h"
#include "console/ui/widgets/statemessage.h"
#include "console/ui/widgets/tableview.h"
#include "console/ui/window/statusbar.h"
#include "tests/support/sampleinsights.h"
#include "tests/ui/windowfixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

/// The insights page in the real window.
class tst_InsightsPage : public QObject {
    Q_OBJECT

private slots:
    void cleanup() { m_ui.reset(); }
    void list_isWholeAndChoosesTheFirst();
    void verdict_isGivenAndWithdrawn();
    void verdict_needsAReason();
    void verdict_saysThatItWaits();
    void verdict_staysWithItsInsightWhenTheListMoves();
    void filter_saysWhatIsLeftOut();
    void empty_tellsTheTruth_data();
    void empty_tellsTheTruth();
    void failing_saysWhy();
    void argument_setsTheFilter();
    void evidence_opensItsEvent();
    void evidence_isChosenInEvents();
    void evidence_saysWhatIsNotThere();
    void evidence_thatWentMeanwhile_isSaid();
    void proof_isOfItsRule();
    void copy_hasTheReport();
    void export_writesWhatIsListed_data();
    void export_writesWhatIsListed();
    void chain_wordsStandOnNothing_data();
    void chain_wordsStandOnNothing();
    void badge_countsOpenCriticalOnes();
    void pictures_data();
    void pictures();

private:
    void bring(WindowFixture::Data data, bool insights = true, QSize size = {1280, 800}, ThemeChoice theme = ThemeChoice::Dark)
    {
        m_ui = std::make_unique<WindowFixture>(data, size, theme);
        if (insights) {
            for (const auto &events : {sampleInsights(testNowNs), sampleCalls(testNowNs)})
                m_ui->session.events.insert(m_ui->session.events.end(), events.begin(), events.end());
        }
        m_ui->window->openPage(PageId::Insights);
        m_page = qobject_cast<InsightsPage *>(m_ui->window->currentPage());
        QVERIFY(m_page);
        QTRY_VERIFY(m_page->settled());
    }
    QString words() const
    {
        QStringList all;
        for (const QLabel *label : m_page->findChild<StateMessage *>()->findChildren<QLabel *>())
            all << label->text();
        return all.join(QLatin1Char(' '));
    }
    QString foot() const { return m_page->findChild<FootLine *>()->text(); }
    QPushButton *button(const QString &text) const
    {
        for (QPushButton *one : m_page->findChildren<QPushButton *>()) {
            if (one->text() == text)
                return one;
        }
        return nullptr;
    }
    QString verdictWords() const { return m_page->detail().verdictBar().findChildren<QLabel *>().first()->text(); }

    std::unique_ptr<WindowFixture> m_ui;
    InsightsPage *m_page = nullptr;
};

void tst_InsightsPage::list_isWholeAndChoosesTheFirst()
{
    bring(WindowFixture::Data::Some);
    QAbstractItemModelTester tester(const_cast<InsightsModel *>(&m_page->model()));
    QCOMPARE(m_page->model().rowCount(), 5);
    QVERIFY2(foot().startsWith("5 insight(s) \u00b7 3 open \u00b7 of the last 24 h"), qPrintable(foot()));
    QVERIFY(m_page->detail().insight().has_value());
    QCOMPARE(m_page->detail().insight()->view.insight.rule, std::string("oom-kill"));
    QTest::keyClick(&m_page->list(), Qt::Key_Down);
    QCOMPARE(m_page->detail().insight()->view.insight.rule, std::string("crash-loop"));
}

void tst_InsightsPage::verdict_isGivenAndWithdrawn()
{
    bring(WindowFixture::Data::Some);
    m_page->detail().verdictBar().reasonField().setText("  the limit, seen in the log ");
    button("Confirm")->click();
    QTRY_COMPARE(m_ui->session.verdicts.size(), std::size_t(1));
    QCOMPARE(m_ui->session.verdicts[0].reason, std::string("the limit, seen in the log"));
    QCOMPARE(m_ui->session.verdicts[0].rule, std::string("oom-kill"));
    QTRY_VERIFY2(verdictWords().startsWith("Verdict: confirmed by m.rantala at "), qPrintable(verdictWords()));
    QVERIFY(m_page->model().rowAt(0).verdict.has_value());
    QVERIFY(m_page->detail().verdictBar().reasonField().text().isEmpty());
    m_ui->actions.trigger("insights.withdraw");
    QTRY_VERIFY2(verdictWords().startsWith("No verdict: withdrawn by"), qPrintable(verdictWords()));
    QVERIFY(!m_page->model().rowAt(0).verdict);
    QCOMPARE(m_ui->session.verdicts.size(), std::size_t(2)); // the history is kept
}

void tst_InsightsPage::verdict_needsAReason()
{
    bring(WindowFixture::Data::Some);
    QTest::keyClick(&m_page->list(), Qt::Key_V, Qt::ShiftModifier);
    QLineEdit &field = m_page->detail().verdictBar().reasonField();
    QVERIFY(field.hasFocus());
    QTest::keyClick(&field, Qt::Key_Return);
    QVERIFY(m_ui->session.verdicts.empty());
    QTest::keyClicks(&field, "planned");
    QTest::keyClick(&field, Qt::Key_Return);
    QTRY_COMPARE(m_ui->session.verdicts.size(), std::size_t(1));
    QCOMPARE(m_ui->session.verdicts[0].kind, VerdictKind::Rejected);
}

void tst_InsightsPage::verdict_saysThatItWaits()
{
    bring(WindowFixture::Data::Some);
    m_ui->session.holdVerdicts = true;
    m_ui->session.storeErrorText = "no space left";
    m_page->detail().verdictBar().reasonField().setText("seen");
    button("Reject")->click();
    QCOMPARE(verdictWords(), "Not stored yet: no space left");
    QVERIFY(!button("Confirm")->isEnabled());
}

/// The one that is being judged ends, and only open ones are listed.
void tst_InsightsPage::verdict_staysWithItsInsightWhenTheListMoves()
{
    bring(WindowFixture::Data::Some);
    m_page->filterBar().setFilter({InsightFilter::State::Open, wire::Severity::Debug, {}, {}, VerdictFilter::Any});
    QTest::keyClick(&m_page->list(), Qt::Key_Down);
    const InsightView chosen = m_page->detail().insight()->view;
    QCOMPARE(chosen.insight.rule, std::string("crash-loop"));
    QLineEdit &field = m_page->detail().verdictBar().reasonField();
    field.setText("half a sen");
    auto &events = m_ui->session.events;
    StoredEvent ended = *std::find_if(events.begin(), events.end(), [&](const StoredEvent &event) { return event.id == chosen.event; });
    wire::Insight insight = chosen.insight;
    insight.state = wire::InsightState::Resolved;
    ended.id.chunk += 1000;
    ended.event.timeNs = testNowNs;
    ended.event.detail = insight;
    events.push_back(ended);
    QTRY_COMPARE(m_page->detail().insight()->view.insight.state, wire::InsightState::Resolved);
    QCOMPARE(m_page->detail().insight()->view.key(), chosen.key());
    QCOMPARE(field.text(), QString("half a sen"));
    button("Confirm")->click();
    QTRY_COMPARE(m_ui->session.verdicts.size(), std::size_t(1));
    QCOMPARE(m_ui->session.verdicts[0].insight, chosen.insight.id);
    QVERIFY(field.text().isEmpty());
}

void tst_InsightsPage::filter_saysWhatIsLeftOut()
{
    bring(WindowFixture::Data::Some);
    m_page->filterBar().setFilter({InsightFilter::State::Over, wire::Severity::Debug, {}, {}, VerdictFilter::Any});
    QVERIFY2(foot().startsWith("2 of 5 insights"), qPrintable(foot()));
    QCOMPARE(m_page->detail().insight()->view.insight.rule, std::string("disk-full"));
    m_page->filterBar().setFilter({InsightFilter::State::Any, wire::Severity::Debug, {}, "nothing has this", VerdictFilter::Any});
    QVERIFY2(words().contains("No insight matches the filter") && words().contains("5 insight(s) of this time range"), qPrintable(words()));
    button("Clear the filter")->click();
    QCOMPARE(m_page->model().rowCount(), 5);
}

void tst_InsightsPage::empty_tellsTheTruth_data()
{
    QTest::addColumn<QString>("agents");
    QTest::addColumn<QString>("says");
    QTest::newRow("no agent") << "none"
                              << "tapio pki issue";
    QTest::newRow("none is connected") << "gone"
                                       << "No data: no agent is connected";
    QTest::newRow("none correlates") << "off"
                                     << "No data: no connected agent correlates";
    QTest::newRow("its rules are refused") << "refused"
                                           << "rules/oom.toml:3";
    QTest::newRow("one does, and found nothing") << "on"
                                                 << "1 of 1 connected agents correlate, and their rules found nothing to tell";
}

void tst_InsightsPage::empty_tellsTheTruth()
{
    QFETCH(QString, agents);
    QFETCH(QString, says);
    bring(WindowFixture::Data::None, false);
    if (agents != "none") {
        wire::AgentState agent;
        agent.node = "n1";
        agent.state = agents == "gone" ? wire::LinkState::Gone : wire::LinkState::Connected;
        m_ui->session.agentList = {agent};
        wire::HookReport report;
        if (agents == "on")
            report.hooks.push_back({"correlation", "rules", wire::HookState::Active, "", "", 0, 0});
        if (agents == "refused")
            report.hooks.push_back({"correlation", "rules", wire::HookState::Failed, "", "rules/oom.toml:3: no such field", 0, 0});
        m_ui->session.hookReports["n1"] = {report};
        emit m_ui->session.agentsChanged();
    }
    QVERIFY2(words().contains(says), qPrintable(words()));
}

void tst_InsightsPage::failing_saysWhy()
{
    bring(WindowFixture::Data::Some, false);
    m_ui->session.queryError = "chunk 7 is damaged";
    m_ui->actions.trigger("insights.reload");
    QTRY_VERIFY(words().contains("The insights could not be read") && words().contains("chunk 7 is damaged"));
}

void tst_InsightsPage::argument_setsTheFilter()
{
    bring(WindowFixture::Data::Some);
    m_ui->window->openPage(PageId::Insights, "state=open&severity=critical&rule=oom-kill");
    QCOMPARE(m_page->filterBar().filter(),
             (InsightFilter{InsightFilter::State::Open, wire::Severity::Critical, "oom-kill", {}, VerdictFilter::Any}));
    QCOMPARE(m_page->model().rowCount(), 1);
    for (const auto &[word, judged] : {std::pair("none", VerdictFilter::None), std::pair("confirmed", VerdictFilter::Confirmed),
                                       std::pair("rejected", VerdictFilter::Rejected)}) {
        m_ui->window->openPage(PageId::Insights, QStringLiteral("verdict=") + QLatin1String(word));
        QCOMPARE(m_page->filterBar().filter().judged, judged);
    }
}

void tst_InsightsPage::evidence_opensItsEvent()
{
    bring(WindowFixture::Data::Some);
    const wire::EvidenceRef ref = *m_page->detail().evidence().refAt(1);
    StoredEvent event;
    event.id = {4711, 3};
    event.node = ref.node;
    event.seq = ref.seq;
    event.event.timeNs = ref.timeNs;
    event.event.type = wire::EventType::OomKill;
    m_ui->session.events.push_back(event);
    QVERIFY(!m_ui->window->drawerOpen());
    m_page->detail().table().setCurrentIndex(m_page->detail().evidence().index(1, 0));
    QTest::keyClick(&m_page->detail().table(), Qt::Key_Return);
    QTRY_VERIFY(m_ui->window->drawerOpen());
}

void tst_InsightsPage::evidence_isChosenInEvents()
{
    bring(WindowFixture::Data::Some);
    const wire::EvidenceRef ref = *m_page->detail().evidence().refAt(1);
    // More than a page is newer than it: it is read until it is there.
    for (std::uint32_t i = 0; i < 1200; ++i) {
        StoredEvent event;
        event.id = {4711, i};
        event.node = i == 100 ? ref.node : "node-99";
        event.seq = i == 100 ? ref.seq : 100'000 + i;
        event.event.timeNs = ref.timeNs + (static_cast<std::int64_t>(i) - 100) * 10 * nsPerMs;
        event.event.type = wire::EventType::OomKill;
        m_ui->session.events.push_back(event);
    }
    m_page->detail().table().setCurrentIndex(m_page->detail().evidence().index(1, 0));
    QTest::keyClick(&m_page->detail().table(), Qt::Key_Return);
    QTRY_VERIFY(m_ui->window->drawerOpen());
    for (QPushButton *one : m_ui->window->findChildren<QPushButton *>()) {
        if (one->text() == "Show in Events")
            one->click();
    }
    auto *events = qobject_cast<EventsPage *>(m_ui->window->currentPage());
    QVERIFY(events);
    const auto *table = events->findChild<TableView *>();
    QTRY_VERIFY(table->currentIndex().isValid());
    const auto *rows = qobject_cast<const QAbstractProxyModel *>(&events->rows());
    QCOMPARE(events->model().eventAt(rows->mapToSource(table->currentIndex()).row()).id, (EventId{4711, 100}));
    QVERIFY(table->selectionModel()->isRowSelected(table->currentIndex().row()));
}

void tst_InsightsPage::proof_isOfItsRule()
{
    bring(WindowFixture::Data::Some);
    m_ui->window->openPage(PageId::Insights, "rule=oom-kill");
    QVERIFY2(m_page->detail().proofText().startsWith("last proved: node-01, ") && m_page->detail().proofText().contains("after 1.80"),
             qPrintable(m_page->detail().proofText()));
    QVERIFY(m_page->detail().proofText().endsWith("last missed: never \u00b7 last false alarm: never"));
    m_ui->session.overviewValue.panels[static_cast<std::size_t>(PanelId::CorrelationAccuracy)].view = IntervalView{};
    m_ui->window->openPage(PageId::Insights, "rule=disk-full");
    m_ui->window->openPage(PageId::Insights, "rule=oom-kill");
    QCOMPARE(m_page->detail().proofText(), "no drill of the last 30 days tried this rule");
    m_ui->session.overviewValue = loadingOverview(testNowNs - nsPerSecond, testNowNs, 0, 0);
    emit m_ui->session.overviewChanged();
    QCOMPARE(m_page->detail().proofText(), "not known yet");
}

void tst_InsightsPage::evidence_saysWhatIsNotThere()
{
    bring(WindowFixture::Data::Some);
    m_page->detail().table().setCurrentIndex(m_page->detail().evidence().index(1, 0));
    QTest::keyClick(&m_page->detail().table(), Qt::Key_Return);
    QTRY_VERIFY(m_ui->session.pending.isEmpty());
    QVERIFY(!m_ui->window->drawerOpen());
}

void tst_InsightsPage::evidence_thatWentMeanwhile_isSaid()
{
    bring(WindowFixture::Data::Some);
    m_ui->window->openPage(PageId::Events, "event=4711-1"); // what the button asks for
    QTRY_VERIFY(m_ui->window->findChild<StatusBar *>()->accessibleDescription().contains("The event that was asked for is not here"));
}

void tst_InsightsPage::copy_hasTheReport()
{
    bring(WindowFixture::Data::Some);
    QTest::keyClick(&m_page->list(), Qt::Key_C, Qt::ShiftModifier);
    QVERIFY(QGuiApplication::clipboard()->text().startsWith("## payments/checkout-api-7d9f-x2k4 used more memory"));
    QTest::keyClick(&m_page->list(), Qt::Key_C);
    QVERIFY(QGuiApplication::clipboard()->text().startsWith("payments/checkout-api-7d9f-x2k4 used more memory"));
}

void tst_InsightsPage::export_writesWhatIsListed_data()
{
    QTest::addColumn<bool>("asCsv");
    QTest::addColumn<int>("lines");
    QTest::newRow("CSV has a header") << true << 4;
    QTest::newRow("JSON lines") << false << 3;
}

void tst_InsightsPage::export_writesWhatIsListed()
{
    QFETCH(bool, asCsv);
    QFETCH(int, lines);
    bring(WindowFixture::Data::Some);
    m_page->filterBar().setFilter({InsightFilter::State::Open, wire::Severity::Debug, {}, {}, VerdictFilter::Any});
    const QString path = m_ui->folder.filePath("insights.out");
    m_page->save(path, asCsv);
    QTRY_VERIFY(QFile::exists(path));
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll().count('\n'), lines);
    QTRY_VERIFY(m_ui->session.actions.contains({"export", "3 insights"}));
}

void tst_InsightsPage::chain_wordsStandOnNothing_data()
{
    QTest::addColumn<int>("points");
    QTest::addColumn<int>("width");
    for (const int points : {1, 2, 5, 24}) {
        for (const int width : {300, 900, 2200})
            QTest::addRow("%d in %d px", points, width) << points << width;
    }
}

void tst_InsightsPage::chain_wordsStandOnNothing()
{
    QFETCH(int, points);
    QFETCH(int, width);
    bring(WindowFixture::Data::Some, false);
    wire::Insight insight;
    for (int i = 0; i < points; ++i)
        insight.evidence.push_back(wire::evidenceLine({i % 3 ? "kill" : "restart", testNowNs + i * i * 200 * nsPerMs,
                                                       static_cast<std::uint64_t>(i % 4) * 100'000'000, "n1", 1,
                                                       static_cast<std::uint64_t>(i + 1), "oom kill of a program with a long name"}));
    ChainView view({m_ui->themes, m_ui->icons}, m_ui->time);
    view.resize(width, 200);
    view.setChain(evidenceChain(insight));
    const std::vector<QRectF> places = view.labelPlaces();
    QCOMPARE(places.size(), static_cast<std::size_t>(points));
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (places[i].isNull())
            continue;
        QVERIFY(places[i].left() >= 0 && places[i].right() <= width);
        for (std::size_t k = 0; k < places.size(); ++k) {
            QVERIFY(!places[i].contains(view.placeOf(k)));
            QVERIFY(k == i || !places[i].intersects(places[k]));
        }
    }
    view.grab(); // and it is painted
}

void tst_InsightsPage::badge_countsOpenCriticalOnes()
{
    bring(WindowFixture::Data::Some);
    PanelSnapshot &panel = m_ui->session.overviewValue.panels[static_cast<std::size_t>(PanelId::ActiveCorrelations)];
    const auto badge = [this] {
        for (const QAbstractButton *one : m_ui->window->findChildren<QAbstractButton *>()) {
            if (one->text() == "Insights")
                return one->accessibleName();
        }
        return QString();
    };
    panel.view =
        GroupsView{{{"critical", "oom-kill", "", 0, 2}, {"warning", "crash-loop", "", 0, 9}, {"critical", "brute-force", "", 0, 1}}};
    emit m_ui->session.overviewChanged();
    QCOMPARE(badge(), "Insights, 3 open critical insight(s)");
    panel.view = GroupsView{};
    emit m_ui->session.overviewChanged();
    QCOMPARE(badge(), "Insights");
}

void tst_InsightsPage::pictures_data()
{
    QTest::addColumn<QSize>("size");
    QTest::addColumn<bool>("dark");
    QTest::addColumn<bool>("data");
    for (const QSize size : {QSize(1280, 800), QSize(2560, 1440)}) {
        for (const bool dark : {true, false}) {
            for (const bool data : {true, false})
                QTest::addRow("insights-%s-%s-%d", dark ? "dark" : "light", data ? "data" : "none", size.width()) << size << dark << data;
        }
    }
}

/// Nothing of the page is cut off at its sides, whatever the window is like.
void tst_InsightsPage::pictures()
{
    QFETCH(QSize, size);
    QFETCH(bool, dark);
    QFETCH(bool, data);
    bring(WindowFixture::Data::Some, data, size, dark ? ThemeChoice::Dark : ThemeChoice::Light);
    m_ui->keep(QString::fromLatin1(QTest::currentDataTag()));
    if (data) {
        const QWidget *body = m_page->detail().widget();
        QVERIFY2(body->width() <= m_page->detail().viewport()->width() && body->minimumSizeHint().width() <= body->width(),
                 qPrintable(QString::number(body->minimumSizeHint().width())));
    }
}

QTEST_MAIN(tst_InsightsPage)
#include "tst_insightspage.moc"
