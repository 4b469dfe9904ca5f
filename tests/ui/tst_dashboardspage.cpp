// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractButton>
#include <QAbstractItemModelTester>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QScrollArea>
#include <QSignalSpy>
#include <QtTest>

#include <cmath>

#include "console/ui/charts/plotview.h"
#include "console/ui/models/querylanes.h"
#include "console/ui/pages/dashboardspage.h"
#include "console/ui/widgets/dashboardgrid.h"
#include "console/ui/widgets/footline.h"
#include "console/ui/widgets/panelvalues.h"
#include "console/ui/widgets/panelwidget.h"
#include "console/ui/widgets/plottooltip.h"
#include "console/ui/widgets/querypanel.h"
#include "console/ui/widgets/tableview.h"
#include "tests/ui/support/uifixture.h"
#include "tests/ui/windowfixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

DashboardPanel panelOf(PanelKind kind, GridPlace at, const std::string &expression)
{
    DashboardPanel panel;
    panel.title = std::string(kindWord(kind));
    panel.description = "what it is";
    panel.kind = kind;
    panel.at = at;
    panel.queries = {{expression, "{{pod}}"}};
    panel.unit = *unitFromWord("bytes");
    return panel;
}

/// One of each kind.
Dashboard everyKind()
{
    Dashboard dashboard;
    dashboard.title = "Every kind";
    dashboard.variables = {{"pod", "Pod", DashboardVariable::Kind::Query, "group by (pod) (up)", "pod", {}, "", true},
                           {"size", "Size", DashboardVariable::Kind::List, "", "", {"1m", "5m"}, "5m", false},
                           {"node", "", DashboardVariable::Kind::Node, "", "", {}, "", false}};
    auto line = panelOf(PanelKind::Line, {0, 0, 8, 7}, "rate(a{pod=~\"$pod\",node=~\"$node\"}[$size])");
    line.bounds = {{ThresholdKind::AlertAbove, 4e6}};
    auto stat = panelOf(PanelKind::Stat, {16, 0, 4, 7}, "sum(c)");
    auto gauge = panelOf(PanelKind::Gauge, {20, 0, 4, 7}, "d");
    gauge.largest = 5e6;
    gauge.bounds = {{ThresholdKind::AlertAbove, 2.5e6}};
    auto heat = panelOf(PanelKind::Heatmap, {8, 7, 8, 7}, "sum by (le) (increase(f_bucket[$__rate_interval]))");
    heat.unit = *unitFromWord("seconds");
    DashboardPanel note;
    note.kind = PanelKind::Text;
    note.at = {16, 7, 8, 3};
    note.text = "A note about all of this.";
    DashboardPanel figure;
    figure.kind = PanelKind::Figure;
    figure.at = {16, 10, 8, 4};
    figure.figure = "queue-depth";
    dashboard.panels = {line,
                        panelOf(PanelKind::Stacked, {8, 0, 8, 7}, "b"),
                        stat,
                        gauge,
                        panelOf(PanelKind::Table, {0, 7, 8, 7}, "e"),
                        heat,
                        note,
                        figure,
                        panelOf(PanelKind::Bars, {0, 14, 12, 7}, "g"),
                        panelOf(PanelKind::Area, {12, 14, 12, 7}, "h")};
    return dashboard;
}

/// As many series as that, over the range of the question, or at its end.
QueryAnswer answerTo(const Question &question, int series)
{
    QueryAnswer answer;
    answer.result.type = question.isRange ? promql::ValueType::Matrix : promql::ValueType::Vector;
    const promql::QueryTimes &times = question.times;
    const bool isHeat = question.expression.find("le)") != std::string::npos;
    for (int i = 0; i < series; ++i) {
        promql::ResultSeries one;
        one.labels = isHeat ? promql::Labels({{"le", i + 1 == series ? "+Inf" : std::to_string(0.001 * (1 << i))}})
                            : promql::Labels({{"pod", "web-" + std::to_string(i)}});
        for (std::int64_t at = question.isRange ? times.startMs : times.endMs; at <= times.endMs; at += times.stepMs)
            one.samples.push_back(
                {at, isHeat ? std::min(i, 4) * 3.0 : 1e6 * (i + 1) * (1 + 0.2 * std::sin(static_cast<double>(at) / 6e4 + i))});
        answer.result.series.push_back(std::move(one));
    }
    return answer;
}

} // namespace

/// Pages of panels in the real window.
class TestDashboardsPage : public QObject {
    Q_OBJECT

    std::unique_ptr<WindowFixture> m_ui;
    DashboardsPage *m_page = nullptr;

    FakeSession &session() { return m_ui->session; }
    QString foot() const { return m_page->findChild<FootLine *>()->text().replace(QChar(0x00A0), QLatin1Char(' ')); }
    /// Panel by its kind, which is its title here.
    QueryPanel *panelOfKind(PanelKind kind) const
    {
        for (std::size_t i = 0; i < m_page->grid().panels().size(); ++i)
            if (QueryPanel *of = m_page->panel(i); of && of->panel().kind == kind)
                return of;
        return nullptr;
    }
    QComboBox *field(const QString &name) const
    {
        for (QComboBox *one : m_page->findChildren<QComboBox *>())
            if (one->accessibleName() == name)
                return one;
        return nullptr;
    }
    /// Answers all that is asked, and what is asked then.
    void answerAll(int series)
    {
        for (; m_answered < session().questions.size(); ++m_answered)
            session().answerQuestion(m_answered, answerTo(session().questions[m_answered].question, series));
    }
    void openWith(const Dashboard &dashboard, QSize size = QSize(1600, 900), ThemeChoice theme = ThemeChoice::Dark)
    {
        m_ui = std::make_unique<WindowFixture>(WindowFixture::Data::Some, size, theme);
        const std::filesystem::path folder = m_ui->folder.filePath("dashboards").toStdString();
        std::filesystem::create_directories(folder);
        QVERIFY(saveDashboard(dashboard, folder / "mine.toml"));
        m_answered = 0;
        m_ui->window->openPage(PageId::Dashboards, QStringLiteral("mine"));
        m_page = qobject_cast<DashboardsPage *>(m_ui->window->currentPage());
        QVERIFY(m_page);
        QTRY_COMPARE(m_page->current(), QString("mine"));
        QTRY_VERIFY(!m_page->grid().panels().empty());
    }
    qsizetype m_answered = 0;

private slots:
    void cleanup() { m_ui.reset(); }

    void shippedOnes_canBeChosen()
    {
        m_ui = std::make_unique<WindowFixture>(WindowFixture::Data::Some, QSize(1600, 900), ThemeChoice::Dark);
        m_answered = 0;
        m_ui->window->openPage(PageId::Dashboards);
        m_page = qobject_cast<DashboardsPage *>(m_ui->window->currentPage());
        QVERIFY(!m_page->settled());
        QTRY_COMPARE(m_page->current(), QString("infrastructure"));
        QCOMPARE(field("Dashboard")->count(), 5);
        QVERIFY(!session().questions.isEmpty());
        answerAll(2);
        QVERIFY(m_page->settled());
        m_ui->keep("dashboards-infrastructure");
        for (const QString name : {"overview", "ebpf-collectors", "correlation-engine", "security"}) {
            m_ui->window->openPage(PageId::Dashboards, name);
            QCOMPARE(m_page->current(), name);
            answerAll(3);
            QVERIFY(m_page->settled());
            m_ui->keep("dashboards-" + name);
        }
    }

    void variables_areAskedFirst()
    {
        openWith(everyKind());
        QCOMPARE(session().questions.size(), 1);
        QCOMPARE(session().questions[0].question.expression, std::string("group by (pod) (up)"));
        QVERIFY(!session().questions[0].question.isRange);
        session().answerQuestion(answerTo(session().questions[0].question, 3));
        QCOMPARE(session().questions.size(), 5); // four panels at a time
        QCOMPARE(session().questions[1].question.expression, std::string("rate(a{pod=~\".*\",node=~\".*\"}[5m])"));
        QVERIFY(session().questions[1].question.isRange);
        QCOMPARE(field("Pod")->count(), 4);
        QCOMPARE(field("Pod")->currentText(), QString("All"));
        QCOMPARE(field("Size")->currentText(), QString("5m"));
        m_answered = 1;
        answerAll(3);
        QCOMPARE(session().questions.size(), 9); // as many as have queries
        QVERIFY(m_page->settled());
        QVERIFY2(foot().startsWith("10 panel"), qPrintable(foot()));
    }

    void anotherValue_asksAgain()
    {
        openWith(everyKind());
        answerAll(3);
        const qsizetype before = session().questions.size();
        QComboBox *pod = field("Pod");
        pod->setCurrentIndex(2);
        emit pod->activated(2);
        QCOMPARE(session().questions[before].question.expression, std::string("rate(a{pod=~\"web-1\",node=~\".*\"}[5m])"));
        answerAll(3);
        QCOMPARE(field("Pod")->currentText(), QString("web-1"));
        m_ui->window->setScope("node-07", {});
        QVERIFY(session().questions.size() > before);
        answerAll(3); // the variable's own query comes first, and keeps what was chosen
        const auto line = std::find_if(session().questions.rbegin(), session().questions.rend(),
                                       [](const FakeSession::Asked &one) { return one.question.expression.starts_with("rate(a"); });
        QCOMPARE(line->question.expression, std::string("rate(a{pod=~\"web-1\",node=~\"node-07\"}[5m])"));
    }

    void everyKind_showsItsAnswer()
    {
        openWith(everyKind());
        answerAll(3);
        QCOMPARE(panelOfKind(PanelKind::Line)->plot()->panel()->series.size(), std::size_t(3));
        QCOMPARE(panelOfKind(PanelKind::Line)->plot()->panel()->series[1].label, std::string("web-1"));
        QCOMPARE(panelOfKind(PanelKind::Line)->plot()->panel()->thresholds.size(), std::size_t(1));
        QVERIFY(panelOfKind(PanelKind::Stacked)->plot()->panel()->series[0].stacked);
        QVERIFY(panelOfKind(PanelKind::Area)->plot()->panel()->series[0].filled);
        QVERIFY(std::holds_alternative<BarsView>(panelOfKind(PanelKind::Bars)->plot()->panel()->view));
        QVERIFY(std::holds_alternative<HeatView>(panelOfKind(PanelKind::Heatmap)->plot()->panel()->view));
        QueryPanel *table = panelOfKind(PanelKind::Table);
        QVERIFY(table->table().isVisible());
        QCOMPARE(table->rows().rowCount(), 3);
        const QAbstractItemModelTester tester(const_cast<QAbstractItemModel *>(&table->rows()));
        QVERIFY2(table->rows().index(2, QuerySeriesModel::Last).data().toString().contains("MiB"),
                 qPrintable(table->rows().index(2, QuerySeriesModel::Last).data().toString()));
        for (const PanelKind kind : {PanelKind::Stat, PanelKind::Gauge})
            QVERIFY(panelOfKind(kind)->findChild<PanelValues *>()->isVisible());
        QVERIFY(!m_page->grid().findChildren<PanelWidget *>().isEmpty());
        m_ui->keep("dashboards-kinds-dark");
    }

    void looks_data()
    {
        QTest::addColumn<QSize>("size");
        QTest::addColumn<ThemeChoice>("theme");
        QTest::newRow("light-1280") << QSize(1280, 800) << ThemeChoice::Light;
        QTest::newRow("dark-2560") << QSize(2560, 1440) << ThemeChoice::Dark;
        QTest::newRow("light-narrow") << QSize(820, 900) << ThemeChoice::Light;
    }
    void looks()
    {
        QFETCH(const QSize, size);
        QFETCH(const ThemeChoice, theme);
        openWith(everyKind(), size, theme);
        answerAll(3);
        QVERIFY(m_page->settled());
        const int width = m_page->findChild<QScrollArea *>()->viewport()->width();
        for (const QWidget *one : m_page->grid().panels()) {
            QVERIFY(one->geometry().left() >= 0 && one->geometry().right() < width);
            for (const QWidget *other : m_page->grid().panels())
                QVERIFY(one == other || !one->geometry().intersects(other->geometry()));
        }
        m_ui->keep(QStringLiteral("dashboards-kinds-") + QTest::currentDataTag());
    }

    void crosshair_isOneForAllPanels()
    {
        openWith(everyKind());
        answerAll(3);
        PlotView *line = panelOfKind(PanelKind::Line)->plot(), *other = panelOfKind(PanelKind::Stacked)->plot();
        QTest::mouseMove(line, line->rect().center());
        QTRY_VERIFY(line->layer().crosshair().has_value());
        QCOMPARE(other->layer().crosshair(), line->layer().crosshair());
        QVERIFY(m_page->findChild<PlotTooltip *>()->isVisible());
        m_ui->keep("dashboards-crosshair");
        panelOfKind(PanelKind::Line)->setFocus();
        QTest::keyClick(panelOfKind(PanelKind::Line), Qt::Key_Period);
        QVERIFY(m_page->closeTopmost()); // it is pinned now
        QVERIFY(!m_page->closeTopmost());
    }

    void dragging_choosesTheRange()
    {
        openWith(everyKind());
        answerAll(3);
        PlotView *line = panelOfKind(PanelKind::Line)->plot();
        const qsizetype before = session().questions.size();
        drag(*line, 0.25, 0.75);
        QCOMPARE(session().range().kind, TimeRange::Kind::Custom);
        QVERIFY(session().questions.size() > before);
    }

    void nothing_saysWhy()
    {
        openWith(everyKind());
        QVERIFY(panelOfKind(PanelKind::Line)->message().isEmpty()); // its variable is asked first
        session().answerQuestion(0, answerTo(session().questions[0].question, 3));
        QCOMPARE(panelOfKind(PanelKind::Line)->message(), QString("Waiting for the answer\u2026"));
        m_answered = 1;
        answerAll(0);
        QCOMPARE(panelOfKind(PanelKind::Line)->message(), QString("No data: no series answers this in the range"));
        QCOMPARE(panelOfKind(PanelKind::Table)->message(), QString("No data: no series answers this at the end of the range"));
        QCOMPARE(panelOfKind(PanelKind::Heatmap)->message(), QString("No data: no series answers this in the range"));
        m_ui->keep("dashboards-nothing");
    }

    void aVariableWithoutValues_isSaid()
    {
        Dashboard dashboard = everyKind();
        dashboard.variables[0].hasAll = false;
        openWith(dashboard);
        session().answerQuestion(0, answerTo(session().questions[0].question, 0));
        QCOMPARE(panelOfKind(PanelKind::Line)->message(), QString("Variable pod: nothing answers its query now"));
        QVERIFY(!field("Pod")->isEnabled());
        QCOMPARE(session().questions.size(), 5); // the others do not need it
    }

    void chosenInTheFile_isChosen()
    {
        Dashboard dashboard = everyKind();
        dashboard.variables[0].chosen = "web-1";
        openWith(dashboard);
        answerAll(3);
        QCOMPARE(field("Pod")->currentText(), QString("web-1"));
        QCOMPARE(session().questions[1].question.expression, std::string("rate(a{pod=~\"web-1\",node=~\".*\"}[5m])"));
    }

    void anotherChoice_doesNotForgetWhatIsAskedFor()
    {
        openWith(everyKind());
        QComboBox *size = field("Size");
        size->setCurrentIndex(0);
        emit size->activated(0); // while the values of the first variable are on their way
        QCOMPARE(session().questions.size(), 2);
        QCOMPARE(session().questions[1].question.expression, std::string("group by (pod) (up)"));
        m_answered = 1;
        answerAll(3);
        QCOMPARE(session().questions[2].question.expression, std::string("rate(a{pod=~\".*\",node=~\".*\"}[1m])"));
        QCOMPARE(field("Pod")->count(), 4);
    }

    void whatIsChosen_staysWhileItIsAway()
    {
        openWith(everyKind());
        answerAll(3);
        QComboBox *pod = field("Pod");
        pod->setCurrentIndex(3);
        emit pod->activated(3);
        answerAll(3);
        QCOMPARE(field("Pod")->currentText(), QString("web-2"));
        m_page->refresh();
        answerAll(2); // there are web-0 and web-1 now
        QCOMPARE(field("Pod")->currentText(), QString("web-2"));
        QCOMPARE(field("Pod")->count(), 4);
    }

    void whatDependsOnARefusedVariable_isNotAskedAgainAndAgain()
    {
        Dashboard dashboard = everyKind();
        dashboard.variables.push_back(
            {"container", "", DashboardVariable::Kind::Query, "group by (container) (up{pod=~\"$pod\"})", "container", {}, "", false});
        openWith(dashboard);
        emit session().queryFailed(session().questions[0].slot, session().questions[0].id,
                                   {Error(Errc::PermissionDenied, "the server refuses the password"), std::nullopt});
        QCOMPARE(panelOfKind(PanelKind::Line)->message(), QString("Variable pod: the server refuses the password"));
        QVERIFY(!const_cast<DashboardFeed &>(m_page->feed()).variables().hasPassingProblem());
        for (qsizetype i = 1; i < session().questions.size(); ++i) // the others go on
            QVERIFY(session().questions[i].question.expression.find("group by") == std::string::npos);
    }

    void aRefusedPassword_isNotTriedForEachPanel()
    {
        openWith(everyKind());
        session().answerQuestion(0, answerTo(session().questions[0].question, 3));
        QCOMPARE(session().questions.size(), 5);
        for (qsizetype i = 1; i < 5; ++i)
            emit session().queryFailed(session().questions[i].slot, session().questions[i].id,
                                       {Error(Errc::PermissionDenied, "the server refuses the password"), std::nullopt});
        QCOMPARE(session().questions.size(), 5);
        QVERIFY(m_page->settled());
        QCOMPARE(panelOfKind(PanelKind::Bars)->message(), QString("the server refuses the password"));
    }

    void aTypo_leavesWhatIsShown()
    {
        openWith(everyKind());
        answerAll(3);
        const QString path = m_ui->folder.filePath("dashboards/mine.toml");
        const auto write = [&path](const QByteArray &text) {
            QFile file(path);
            return file.open(QIODevice::WriteOnly) && file.write(text) == text.size();
        };
        QVERIFY(write("format = 1\ntitle = \n"));
        QTRY_VERIFY(m_page->findChild<QComboBox *>()->findData("mine") < 0);
        QCOMPARE(m_page->grid().panels().size(), std::size_t(10));
        QCOMPARE(m_page->current(), QString("mine"));
        Dashboard changed = everyKind();
        changed.panels.resize(2);
        QVERIFY(write(QByteArray::fromStdString(writeDashboard(changed))));
        QTRY_COMPARE(m_page->grid().panels().size(), std::size_t(2));
    }

    void failure_leavesWhatWasThere()
    {
        openWith(everyKind());
        answerAll(3);
        m_page->refresh();
        session().answerQuestion(m_answered, answerTo(session().questions[m_answered].question, 3));
        ++m_answered;
        for (; m_answered < session().questions.size(); ++m_answered)
            emit session().queryFailed(session().questions[m_answered].slot, session().questions[m_answered].id,
                                       {Error(Errc::Disconnected, "nobody answers at https://prometheus.example"), std::nullopt});
        QueryPanel *line = panelOfKind(PanelKind::Line);
        QVERIFY(line->message().isEmpty());
        QCOMPARE(line->chipText(), QString("earlier answer"));
        QCOMPARE(line->plot()->panel()->series.size(), std::size_t(3));
        QCOMPARE(m_page->findChild<FootLine *>()->loss(), QString("8 without an answer"));
        m_ui->keep("dashboards-failed");
        m_page->refresh();
        answerAll(2);
        QCOMPARE(line->chipText(), QString());
    }

    void firstFailure_isShown()
    {
        openWith(everyKind());
        session().answerQuestion(0, answerTo(session().questions[0].question, 3));
        m_answered = 1;
        for (; m_answered < session().questions.size(); ++m_answered)
            emit session().queryFailed(session().questions[m_answered].slot, session().questions[m_answered].id,
                                       {Error(Errc::PermissionDenied, "the server refuses the password"), std::nullopt});
        QCOMPARE(panelOfKind(PanelKind::Line)->message(), QString("the server refuses the password"));
        QCOMPARE(panelOfKind(PanelKind::Line)->chipText(), QString("failed"));
    }

    void anOldValue_isNoValueOfNow()
    {
        openWith(everyKind());
        session().answerQuestion(0, answerTo(session().questions[0].question, 3));
        for (m_answered = 1; m_answered < session().questions.size(); ++m_answered) {
            QueryAnswer answer = answerTo(session().questions[m_answered].question, 1);
            if (session().questions[m_answered].question.expression == "sum(c)")
                answer.result.series[0].samples.resize(answer.result.series[0].samples.size() - 5);
            session().answerQuestion(m_answered, std::move(answer));
        }
        QCOMPARE(panelOfKind(PanelKind::Stat)->message(), QString("No data: no series answers this at the end of the range"));
    }

    void anyPanel_isATableToo()
    {
        openWith(everyKind());
        answerAll(3);
        QueryPanel *line = panelOfKind(PanelKind::Line);
        line->setFocus();
        QTest::keyClick(line, Qt::Key_T); // which begins other keys, too
        QTRY_VERIFY(line->table().isVisible());
        QCOMPARE(line->rows().rowCount(), 3);
        QTest::keyClick(line, Qt::Key_T);
        QTRY_VERIFY(line->plot()->isVisible());
    }

    void explore_hasTheQueryAsItWasAsked()
    {
        openWith(everyKind());
        answerAll(3);
        panelOfKind(PanelKind::Stacked)->setFocus();
        QTest::keyClick(panelOfKind(PanelKind::Stacked), Qt::Key_X);
        QCOMPARE(m_ui->window->currentPage()->title(), QString("Explore"));
        QCOMPARE(session().questions.last().question.expression, std::string("b"));
    }

    void explore_asksWhomThePanelAsks()
    {
        Dashboard dashboard = everyKind();
        dashboard.panels[1].source = "prod";
        openWith(dashboard);
        answerAll(3);
        QCOMPARE(panelOfKind(PanelKind::Stacked)->chipText(), QString("prod"));
        panelOfKind(PanelKind::Stacked)->setFocus();
        QTest::keyClick(panelOfKind(PanelKind::Stacked), Qt::Key_X);
        QCOMPARE(session().questions.last().target, QString("prod"));
        QCOMPARE(session().questions.last().question.expression, std::string("b"));
    }

    void ownFiles_areReadAgainWhenTheyChange()
    {
        openWith(everyKind());
        answerAll(3);
        Dashboard changed = everyKind();
        changed.panels.resize(1);
        const std::filesystem::path folder = m_ui->folder.filePath("dashboards").toStdString();
        QVERIFY(saveDashboard(changed, folder / "mine.toml"));
        QTRY_COMPARE(m_page->grid().panels().size(), std::size_t(1));
        QFile broken(m_ui->folder.filePath("dashboards/broken.toml"));
        QVERIFY(broken.open(QIODevice::WriteOnly) && broken.write("format = 1\n") > 0);
        broken.close();
        const auto problems = [this] {
            QStringList all;
            for (QAbstractButton *one : m_page->findChildren<QAbstractButton *>())
                if (one->isVisible() && one->text().contains("in files"))
                    all << one->text();
            return all.join(',');
        };
        QTRY_COMPARE(problems(), QString("2 problem(s) in files"));
        QCOMPARE(m_page->grid().panels().size(), std::size_t(1)); // the rest is alive
        m_ui->keep("dashboards-broken");
    }

    void hidden_asksNothing()
    {
        openWith(everyKind());
        m_ui->window->openPage(PageId::Overview);
        QVERIFY(m_page->settled());
        const qsizetype before = session().questions.size();
        m_ui->window->setRange({TimeRange::Kind::Last1Hour});
        QCOMPARE(session().questions.size(), before);
        m_ui->window->openPage(PageId::Dashboards);
        QVERIFY(session().questions.size() > before);
    }
};

QTEST_MAIN(TestDashboardsPage)
#include "tst_dashboardspage.moc"
