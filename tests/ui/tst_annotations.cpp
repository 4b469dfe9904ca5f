// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractItemModelTester>
#include <QApplication>
#include <QLabel>
#include <QtTest>

#include <cmath>

#include "console/ui/charts/plotview.h"
#include "console/ui/pages/annotationlist.h"
#include "console/ui/pages/dashboardspage.h"
#include "console/ui/pages/eventspage.h"
#include "console/ui/pages/explorepage.h"
#include "console/ui/pages/overviewgrid.h"
#include "console/ui/pages/overviewpage.h"
#include "console/ui/widgets/dashboardgrid.h"
#include "console/ui/widgets/panelwidget.h"
#include "console/ui/widgets/plottooltip.h"
#include "console/ui/widgets/querypanel.h"
#include "console/ui/widgets/queryplotview.h"
#include "console/ui/widgets/tableview.h"
#include "tests/support/sampleinsights.h"
#include "tests/ui/support/madeup.h"
#include "tests/ui/support/uifixture.h"
#include "tests/ui/windowfixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

QueryAnswer wave(const Question &question)
{
    QueryAnswer answer;
    answer.result.type = promql::ValueType::Matrix;
    promql::ResultSeries one;
    one.labels = promql::Labels(std::vector<promql::Label>{{"pod", "web-0"}});
    for (std::int64_t at = question.times.startMs; at <= question.times.endMs; at += question.times.stepMs)
        one.samples.push_back({at, 1e6 * (1 + 0.2 * std::sin(static_cast<double>(at) / 6e4))});
    answer.result.series.push_back(std::move(one));
    return answer;
}

StoredEvent label(std::int64_t row, std::int64_t timeNs, const char *phase)
{
    StoredEvent event;
    event.id = {row, 0};
    event.node = "node-a";
    event.event.type = wire::EventType::DrillLabel;
    event.event.timeNs = timeNs;
    event.event.detail = wire::DrillLabel{"oom", "/kubepods/x", phase, timeNs, 0, 5, {}};
    return event;
}

StoredEvent volume(std::int64_t row, std::int64_t timeNs)
{
    wire::KubernetesFact fact;
    fact.kind = wire::KubernetesFactKind::VolumeChanged;
    fact.source = "configmap";
    fact.volume = "settings";
    StoredEvent event;
    event.id = {row, 0};
    event.node = "node-a";
    event.event.type = wire::EventType::KubernetesFact;
    event.event.timeNs = timeNs;
    event.event.detail = fact;
    event.origin.namespaceName = "shop";
    event.origin.podName = "web-7d9f8";
    return event;
}

} // namespace

/// What happened, over the plots of the real window.
class TestAnnotations : public QObject {
    Q_OBJECT

    std::unique_ptr<WindowFixture> m_ui;

    FakeSession &session() { return m_ui->session; }
    void open(QSize size = QSize(1600, 900), ThemeChoice theme = ThemeChoice::Dark)
    {
        m_ui = std::make_unique<WindowFixture>(WindowFixture::Data::Some, size, theme);
        session().events = sampleInsights(testNowNs);
        session().events.push_back(label(70, testNowNs - 600 * nsPerSecond, "begin"));
        session().events.push_back(label(71, testNowNs - 480 * nsPerSecond, "end"));
        session().events.push_back(volume(72, testNowNs - 700 * nsPerSecond));
    }
    template <typename P> P *openPage(PageId id, const QString &argument = {})
    {
        m_ui->window->openPage(id, argument);
        return qobject_cast<P *>(m_ui->window->currentPage());
    }
    /// Explore with an answer, which is the smallest page with a plot.
    ExplorePage *explore()
    {
        auto *page = openPage<ExplorePage>(PageId::Explore, QStringLiteral("query=up"));
        session().answerQuestion(wave(session().questions.last().question));
        return page;
    }
    void press(const QString &keys)
    {
        QWidget *at = QApplication::focusWidget();
        QTest::keyClicks(at ? at : m_ui->window.get(), keys);
    }
    void run(const QString &action) { m_ui->actions.trigger(action); }

private slots:
    void cleanup() { m_ui.reset(); }

    void dashboards_showThemOnAllPlots()
    {
        open();
        auto *page = openPage<DashboardsPage>(PageId::Dashboards);
        QTRY_COMPARE(page->current(), QString("infrastructure"));
        for (qsizetype i = 0; i < session().questions.size(); ++i)
            session().answerQuestion(i, wave(session().questions[i].question));
        int plots = 0;
        const auto all = page->findChildren<PlotView *>();
        for (const PlotView *plot : all) {
            QTRY_VERIFY(plot->annotations() && !plot->annotations()->empty());
            QCOMPARE(plot->annotations(), all.first()->annotations());
            ++plots;
        }
        QVERIFY(plots > 2);
        m_ui->keep("annotations-dashboard-dark");
    }

    void overview_showsThem()
    {
        open(QSize(1280, 800), ThemeChoice::Light);
        auto *page = openPage<OverviewPage>(PageId::Overview);
        session().events = sampleInsights(madeup::nowNs);
        for (PanelSnapshot &panel : session().overviewValue.panels) { // the window opened before there was anything
            panel.toNs += AnnotationsFeed::againNs;
            ++panel.revision;
        }
        emit session().overviewChanged();
        PlotView &plot = page->view().grid().panel(static_cast<std::size_t>(PanelId::EventsProcessed)).plot();
        QTRY_VERIFY(plot.annotations() && !plot.annotations()->empty());
        page->view().flush();
        m_ui->keep("annotations-overview-light");
    }

    void explore_showsThemAndTheTooltipSaysWhat()
    {
        open();
        ExplorePage *page = explore();
        PlotView &plot = page->graph().plot();
        QTRY_VERIFY(plot.annotations() && !plot.annotations()->empty());
        const QRectF area = plot.frame().plot;
        const double x = (plot.frame().xOf(testNowNs - 600 * nsPerSecond) - area.left()) / area.width();
        mouse(plot, QEvent::MouseMove, x, 0.5);
        const auto *tooltip = page->findChild<PlotTooltip *>();
        QTRY_VERIFY(tooltip->isVisible());
        QStringList said;
        for (const TooltipContent::Mark &mark : tooltip->content().marks)
            said << mark.what;
        QVERIFY2(said.contains("Drill oom on /kubepods/x"), qPrintable(said.join("; ")));
        m_ui->keep("annotations-explore-dark");
    }

    void shiftW_hidesThemEverywhereAndLater()
    {
        open();
        ExplorePage *page = explore();
        QTRY_VERIFY(page->graph().plot().annotations() && !page->graph().plot().annotations()->empty());
        run("view.annotations");
        QVERIFY(!page->graph().plot().annotations());
        const qsizetype asked = session().asked.size();
        session().setRange({TimeRange::Kind::Last1Hour, 0, 0});
        page->timeChanged();
        QCOMPARE(session().asked.size(), asked); // nobody wants them
        UiSettings later(m_ui->settings, m_ui->themes, m_ui->time, {});
        QVERIFY(!later.plots().hasAnnotations());
        run("view.annotations");
        QTRY_VERIFY(page->graph().plot().annotations() && !page->graph().plot().annotations()->empty());
        QVERIFY(session().asked.size() > asked);
    }

    void list_hasAllOfThemAndLeadsToTheirEvents()
    {
        open();
        ExplorePage *page = explore();
        QTRY_VERIFY(page->graph().plot().annotations() && !page->graph().plot().annotations()->empty());
        run("annotations.explore");
        auto *list = m_ui->window->findChild<AnnotationList *>();
        QVERIFY(list && list->isVisible());
        const QAbstractItemModelTester tester(const_cast<AnnotationsModel *>(&list->model()));
        QCOMPARE(list->model().rowCount(), static_cast<int>(page->graph().plot().annotations()->size()));
        QVERIFY(list->note().isEmpty());
        int drill = -1;
        for (int row = 0; row < list->model().rowCount(); ++row)
            if (list->model().at(row).kind == AnnotationKind::Drill)
                drill = row;
        QVERIFY(drill >= 0);
        QCOMPARE(list->model().index(drill, AnnotationsModel::What).data().toString(), QString("Drill oom on /kubepods/x"));
        QCOMPARE(list->model().index(drill, AnnotationsModel::Kind).data().toString(), QString("Drill"));
        QCOMPARE(list->model().index(drill, AnnotationsModel::When).data().toString(), QString("14:56:40"));
        QCOMPARE(list->model().index(drill, AnnotationsModel::Lasted).data().toString(), QString("2\u00a0min"));
        m_ui->keep("annotations-list-dark");
        emit list->table().activated(list->model().index(drill, 0));
        QVERIFY(qobject_cast<EventsPage *>(m_ui->window->currentPage()));
    }

    void list_saysWhyThereAreNone()
    {
        open();
        session().events.clear();
        explore();
        run("annotations.explore");
        auto *list = m_ui->window->findChild<AnnotationList *>();
        QVERIFY(list);
        const auto says = [list](const QString &text) {
            const auto labels = list->findChildren<QLabel *>();
            return std::any_of(labels.begin(), labels.end(), [&text](const QLabel *one) { return one->text() == text; });
        };
        QTRY_VERIFY(says("Nothing happened in this range"));
        QCOMPARE(list->model().rowCount(), 0);
        m_ui->keep("annotations-none-dark");
        session().queryError = "disk I/O error";
        session().setRange({TimeRange::Kind::Last6Hours, 0, 0});
        qobject_cast<ExplorePage *>(m_ui->window->currentPage())->timeChanged();
        QTRY_COMPARE(list->note(), QString("Not all: the store could not be read: disk I/O error"));
    }
};

QTEST_MAIN(TestAnnotations)
#include "tst_annotations.moc"
