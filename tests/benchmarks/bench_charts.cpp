// SPDX-License-Identifier: GPL-3.0-or-later
// What a page of plots costs on the GUI thread, in its processor time: PlotView beside Qt Charts' own line series, in the same run, with the same
// data. Prints a Markdown table, or with --json one object. Offscreen, so without the flush to a display.
#include <QApplication>
#include <QChartView>
#include <QElapsedTimer>
#include <QGridLayout>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLineSeries>
#include <QTextStream>
#include <QValueAxis>

#include <algorithm>
#include <ctime>
#include <functional>

#include "console/ui/charts/plotrenderer.h"
#include "console/ui/charts/plotview.h"
#include "console/ui/pages/overviewgrid.h"
#include "console/ui/pages/overviewview.h"
#include "console/ui/widgets/plottooltip.h"
#include "tests/ui/support/madeup.h"

using namespace tapio::console;

namespace {

constexpr int samples = 60;
const QSize windowSize(1600, 1000);

struct Times {
    double median = 0, p99 = 0;
    double wallMedian = 0, wallP99 = 0; ///< with what else the machine did meanwhile, such as drawing on the worker
};

/// Processor time of this thread: what the work costs, also on a machine that is busy with something else.
double threadMs()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/// Milliseconds of `step(i)`, over all plots of the page together.
Times measure(const std::function<void(int)> &step)
{
    std::vector<double> times, walls;
    for (int i = -5; i < samples; ++i) { // the first five warm the caches
        QElapsedTimer wall;
        wall.start();
        const double start = threadMs();
        step(i + 5);
        if (i < 0)
            continue;
        times.push_back(threadMs() - start);
        walls.push_back(static_cast<double>(wall.nsecsElapsed()) / 1e6);
    }
    std::sort(times.begin(), times.end());
    std::sort(walls.begin(), walls.end());
    const std::size_t middle = times.size() / 2, last = times.size() * 99 / 100;
    return {times[middle], times[last], walls[middle], walls[last]};
}

QJsonObject json(const Times &times)
{
    return {{"medianMs", times.median}, {"p99Ms", times.p99}, {"wallMedianMs", times.wallMedian}, {"wallP99Ms", times.wallP99}};
}

QString wallCell(const Times &times) { return QStringLiteral("%1 (%2)").arg(times.wallMedian, 0, 'f', 1).arg(times.wallP99, 0, 'f', 1); }
QString cell(const Times &times) { return QStringLiteral("%1 (%2)").arg(times.median, 0, 'f', 1).arg(times.p99, 0, 'f', 1); }

/// A page of equal charts, painted at once.
template <typename View> struct Page {
    QWidget window;
    std::vector<View *> views;

    template <typename Make> Page(int count, Make make)
    {
        auto *grid = new QGridLayout(&window);
        for (int i = 0; i < count; ++i) {
            views.push_back(make());
            grid->addWidget(views.back(), i / 6, i % 6);
        }
        window.resize(windowSize);
        window.show();
        QCoreApplication::processEvents();
    }
    void paint()
    {
        for (View *view : views)
            view->viewport()->repaint();
    }
};

struct Load {
    int charts, series, points;
};

std::vector<std::shared_ptr<const PanelSnapshot>> snapshots(const Load &load)
{
    std::vector<std::shared_ptr<const PanelSnapshot>> made;
    for (std::uint64_t step = 0; step < 4; ++step)
        made.push_back(std::make_shared<PanelSnapshot>(
            madeup::lines(PanelId::EventsProcessed, static_cast<std::size_t>(load.series), static_cast<std::size_t>(load.points), step)));
    return made;
}

struct Result {
    Times live, hover, native, nativeHover;
};

void measureOurs(const Load &load, const std::shared_ptr<const Theme> &theme, Result &result)
{
    const auto data = snapshots(load);
    Page<PlotView> page(load.charts, [&] {
        auto *view = new PlotView(nullptr); // no worker: all of the cost is on this thread
        view->setTheme(theme);
        view->setPasses(load.charts * load.series <= 80 ? 2 : 1);
        view->setPanel(data[0]);
        return view;
    });
    result.live = measure([&](int i) {
        for (PlotView *view : page.views)
            view->setPanel(data[static_cast<std::size_t>(i + 1) % data.size()]);
        page.paint();
    });
    result.hover = measure([&](int i) {
        for (PlotView *view : page.views)
            view->setCrosshair(madeup::nowNs - (100 + i) * 5'000'000'000, view == page.views.front(), false);
        QCoreApplication::processEvents(); // the two strips, as MinimalViewportUpdate collected them
    });
}

void measureNative(const Load &load, Result &result)
{
    const auto data = snapshots(load);
    std::vector<QList<QList<QPointF>>> points;
    for (const auto &snapshot : data) {
        QList<QList<QPointF>> each;
        for (const PlotSeries &series : snapshot->series) {
            QList<QPointF> line;
            for (const PlotPoint &point : series.points)
                line.append({static_cast<double>(point.timeNs / 1'000'000), point.value});
            each.append(line);
        }
        points.push_back(each);
    }
    Page<QChartView> page(load.charts, [&] {
        auto *view = new QChartView;
        view->setViewportUpdateMode(QGraphicsView::MinimalViewportUpdate);
        view->setRenderHint(QPainter::Antialiasing);
        view->chart()->legend()->hide();
        view->chart()->setAnimationOptions(QChart::NoAnimation);
        auto *time = new QValueAxis;
        auto *value = new QValueAxis;
        time->setRange(static_cast<double>(data[0]->fromNs / 1'000'000), static_cast<double>(data[0]->toNs / 1'000'000));
        value->setRange(0, 400);
        view->chart()->addAxis(time, Qt::AlignBottom);
        view->chart()->addAxis(value, Qt::AlignLeft);
        for (int s = 0; s < load.series; ++s) {
            auto *line = new QLineSeries;
            line->setPen(QPen(QColor::fromHsv(s * 31 % 360, 200, 200), 1));
            line->replace(points[0][s]);
            view->chart()->addSeries(line);
            line->attachAxis(time);
            line->attachAxis(value);
        }
        return view;
    });
    std::vector<QGraphicsLineItem *> crosshairs;
    for (QChartView *view : page.views)
        crosshairs.push_back(new QGraphicsLineItem(0, 0, 0, view->height(), view->chart()));
    QCoreApplication::processEvents();
    result.native = measure([&](int i) {
        const auto &next = points[static_cast<std::size_t>(i + 1) % points.size()];
        for (QChartView *view : page.views) {
            const auto series = view->chart()->series();
            for (int s = 0; s < load.series; ++s)
                static_cast<QLineSeries *>(series[s])->replace(next[s]);
        }
        QCoreApplication::processEvents();
        page.paint();
    });
    result.nativeHover = measure([&](int i) {
        for (QGraphicsLineItem *line : crosshairs)
            line->setPos(60 + i, 0);
        QCoreApplication::processEvents();
    });
}

std::pair<Times, Times> measureOverview(const Look &look, const TimeDisplay &time)
{
    OverviewView view(look, time);
    view.resize(1228, 732);
    view.show();
    std::vector<OverviewSnapshot> data{madeup::busy(), madeup::busy()};
    for (PanelSnapshot &panel : data[1].panels)
        panel.revision = 2;
    view.setSnapshot(data[0]);
    QCoreApplication::processEvents();
    const Times all = measure([&](int i) {
        view.setSnapshot(data[static_cast<std::size_t>(i + 1) % 2]);
        view.flush();
        QCoreApplication::sendPostedEvents();
        view.repaint();
        QCoreApplication::processEvents();
    });
    PlotView &plot = view.grid().panel(2).plot();
    const Times hover = measure([&](int i) {
        const QPointF at = plot.frame().plot.center() + QPointF(i - 30, 0);
        QMouseEvent move(QEvent::MouseMove, at, plot.mapToGlobal(at), Qt::NoButton, Qt::NoButton, Qt::NoModifier);
        QCoreApplication::sendEvent(plot.viewport(), &move);
        QCoreApplication::processEvents();
    });
    return {all, hover};
}

/// A page of plots over a day, as it is moved: with its worker, and with what happened over all of them.
struct Moves {
    static constexpr Load load{24, 50, 1000};
    static constexpr int annotations = 200;
    Times pan, zoom, live;
};

Annotations madeUpAnnotations(std::int64_t fromNs, std::int64_t toNs)
{
    std::vector<Annotation> all;
    for (int i = 0; i < Moves::annotations; ++i) {
        Annotation one;
        one.kind = static_cast<AnnotationKind>(i % 3);
        one.severity = tapio::wire::Severity::Error;
        one.fromNs = fromNs + (toNs - fromNs) / Moves::annotations * i;
        one.toNs = one.kind == AnnotationKind::Change ? one.fromNs : one.fromNs + (toNs - fromNs) / 100;
        all.push_back(one);
    }
    return std::make_shared<const std::vector<Annotation>>(std::move(all));
}

Moves measureMoves(const std::shared_ptr<const Theme> &theme)
{
    constexpr std::int64_t day = 24LL * 3600 * 1'000'000'000;
    std::vector<std::shared_ptr<const PanelSnapshot>> data;
    for (const auto &made : snapshots(Moves::load)) { // the same values, over a day
        auto one = std::make_shared<PanelSnapshot>(*made);
        const std::int64_t toNs = one->toNs, lengthNs = one->toNs - one->fromNs;
        for (PlotSeries &series : one->series)
            for (PlotPoint &point : series.points)
                point.timeNs =
                    toNs - static_cast<std::int64_t>(static_cast<double>(toNs - point.timeNs) / static_cast<double>(lengthNs) * day);
        one->fromNs = toNs - day;
        one->bucketNs = day / Moves::load.points;
        data.push_back(std::move(one));
    }
    PlotRenderer renderer;
    const Annotations happened = madeUpAnnotations(data[0]->fromNs, data[0]->toNs);
    Moves moves;
    {
        Page<PlotView> page(Moves::load.charts, [&] {
            auto *view = new PlotView(&renderer);
            view->setTheme(theme);
            view->setPasses(1);
            view->setAnnotations(happened);
            view->setPanel(data[0]);
            return view;
        });
        const auto moveTo = [&](std::int64_t fromNs, std::int64_t toNs) {
            for (PlotView *view : page.views)
                view->setPreviewRange(PlotSpan{fromNs, toNs});
            page.paint();
            QCoreApplication::processEvents();
        };
        moves.pan = measure([&](int i) { moveTo(data[0]->fromNs - i * day / 200, data[0]->toNs - i * day / 200); });
        moves.zoom = measure([&](int i) { moveTo(data[0]->fromNs + i * day / 200, data[0]->toNs - i * day / 300); });
        moves.live = measure([&](int i) {
            for (PlotView *view : page.views)
                view->setPanel(data[static_cast<std::size_t>(i + 1) % data.size()]);
            page.paint();
            QCoreApplication::processEvents();
        });
        while (renderer.busy())
            QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    }
    return moves;
}

struct Row {
    Load load;
    Result result;
};

void printTable(const std::vector<Row> &rows, const std::pair<Times, Times> &overview, const Moves &moves)
{
    QTextStream out(stdout);
    out << "| charts x series x points | live | hover | QLineSeries::replace live | its hover |\n|---|---|---|---|---|\n";
    for (const auto &[load, result] : rows)
        out << QStringLiteral("| %1 x %2 x %3 | %4 | %5 | %6 | %7 |\n")
                   .arg(load.charts)
                   .arg(load.series)
                   .arg(load.points)
                   .arg(cell(result.live), cell(result.hover), cell(result.native), cell(result.nativeHover));
    out << "\nThe Overview of 1280 x 800, sixteen panels of an incident: all panels new and painted " << cell(overview.first)
        << " ms (live, they come in four phases); pointer moved, crosshair in all panels and the tooltip " << cell(overview.second)
        << " ms.\n";
    out << QStringLiteral("\n%1 plots of %2 series and %3 points over a day, %4 annotations, with the worker, a frame: pan %5, zoom %6, "
                          "all new %7 ms of "
                          "the GUI thread; on the clock %8, %9, %10 ms.\n")
               .arg(Moves::load.charts)
               .arg(Moves::load.series)
               .arg(Moves::load.points)
               .arg(Moves::annotations)
               .arg(cell(moves.pan), cell(moves.zoom), cell(moves.live), wallCell(moves.pan), wallCell(moves.zoom), wallCell(moves.live));
}

void printJson(const std::vector<Row> &rows, const std::pair<Times, Times> &overview, const Moves &moves)
{
    QJsonArray pages;
    for (const auto &[load, result] : rows)
        pages.append(QJsonObject{{"charts", load.charts},
                                 {"series", load.series},
                                 {"points", load.points},
                                 {"live", json(result.live)},
                                 {"hover", json(result.hover)},
                                 {"qtChartsLive", json(result.native)},
                                 {"qtChartsHover", json(result.nativeHover)}});
    const QJsonObject all{{"pages", pages},
                          {"overview", QJsonObject{{"live", json(overview.first)}, {"hover", json(overview.second)}}},
                          {"day", QJsonObject{{"pan", json(moves.pan)}, {"zoom", json(moves.zoom)}, {"live", json(moves.live)}}}};
    QTextStream(stdout) << QJsonDocument(all).toJson(QJsonDocument::Compact) << '\n';
}

} // namespace

int main(int argc, char **argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication app(argc, argv);
    auto loaded = ThemeStore::loadBuiltIn();
    if (!loaded)
        return 1;
    ThemeStore themes(loaded->first, loaded->second);
    const auto theme = std::make_shared<const Theme>(themes.theme());
    IconCache icons;
    TimeDisplay time;
    std::vector<Row> rows;
    for (const Load &load : {Load{16, 1, 600}, Load{16, 10, 600}, Load{24, 10, 600}, Load{24, 10, 2000}, Load{24, 50, 600}}) {
        Row row{load, {}};
        measureOurs(load, theme, row.result);
        measureNative(load, row.result);
        rows.push_back(row);
    }
    const auto overview = measureOverview(Look{themes, icons}, time);
    const Moves moves = measureMoves(theme);
    (app.arguments().contains(QStringLiteral("--json")) ? printJson : printTable)(rows, overview, moves);
    return 0;
}
