// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cmath>
#include <sstream>

#include "console/core/metrics/export.h"
#include "tests/console/inputbuilder.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;
using wire::Metric;

Q_DECLARE_METATYPE(tapio::console::PanelId)

namespace {

constexpr double gib = 1024. * 1024 * 1024;
constexpr double cores = 4;

/// When a node is there, and from when on what it has is known.
struct Stay {
    double from = -60, to = 900, knownFrom = -60;
};

/// A node of four cores and 4 GiB that uses `share` of both.
void node(InputBuilder &builder, const std::string &name, double share, const Stay &stay)
{
    builder.agent(name, stay.to >= 900)
        .samples(name, Metric::CpuUsageNs, InputBuilder::host(), stay.from, stay.to, 0, share * cores * 1e9)
        .samples(name, Metric::NodeMemoryAvailableBytes, InputBuilder::host(), stay.from, stay.to, (1 - share) * 4 * gib, 0)
        .samples(name, Metric::NodeCpuCount, InputBuilder::host(), stay.knownFrom, stay.to, cores, 0)
        .samples(name, Metric::NodeMemoryTotalBytes, InputBuilder::host(), stay.knownFrom, stay.to, 4 * gib, 0);
}

/// A pod that has all of its node.
void busyPod(InputBuilder &builder, const std::string &node)
{
    builder.samples(node, Metric::CpuUsageNs, InputBuilder::pod("web"), -60, 900, 0, cores * 1e9)
        .samples(node, Metric::MemoryWorkingSetBytes, InputBuilder::pod("web"), -60, 900, 4 * gib, 0);
}

PanelSnapshot panelOf(const InputBuilder &builder, PanelId id, const Scope &scope = {})
{
    return computeOverview(builder.input, 1, scope).panels[static_cast<std::size_t>(id)];
}

double valueAt(const std::vector<PlotPoint> &points, double seconds)
{
    const auto found = std::ranges::find(points, at(seconds), &PlotPoint::timeNs);
    return found == points.end() ? noValue : found->value;
}

double shareOf(const PanelSnapshot &panel, const std::string &label, double seconds)
{
    const auto found = std::ranges::find(panel.series, label, &PlotSeries::label);
    return found == panel.series.end() ? noValue : std::round(1000 * valueAt(found->points, seconds)) / 1000;
}

} // namespace

class TestSharesOverTime : public QObject {
    Q_OBJECT
private slots:
    void pastIsNotRedrawn_data()
    {
        QTest::addColumn<PanelId>("id");
        QTest::addColumn<QString>("namespaceName");
        QTest::addColumn<double>("leaves");
        QTest::addColumn<double>("knownFrom");
        QTest::addColumn<double>("now"); // and in the last minutes of the chart
        const auto rows = [](const char *name, PanelId id, const QString &namespaceName) {
            QTest::addRow("%s, a second node came and went", name) << id << namespaceName << 500. << 300. << 100.;
            QTest::addRow("%s, a second node came and stays", name) << id << namespaceName << 900. << 300. << 50.;
        };
        rows("CPU", PanelId::CpuUsage, {});
        rows("memory", PanelId::MemoryUsage, {});
        rows("CPU of a namespace", PanelId::CpuUsage, "shop");
        rows("memory of a namespace", PanelId::MemoryUsage, "shop");
        QTest::newRow("CPU, what the second has was known late") << PanelId::CpuUsage << QString() << 500. << 450. << 100.;
        QTest::newRow("memory, what the second has was known late") << PanelId::MemoryUsage << QString() << 900. << 880. << 50.;
    }
    /// Each point is of what there was at its time.
    void pastIsNotRedrawn()
    {
        QFETCH(PanelId, id);
        QFETCH(QString, namespaceName);
        QFETCH(double, leaves);
        QFETCH(double, knownFrom);
        QFETCH(double, now);
        InputBuilder builder;
        node(builder, "a", 1, {});
        busyPod(builder, "a");
        node(builder, "b", 0, {300, leaves, knownFrom});
        const PanelSnapshot panel = panelOf(builder, id, {{}, namespaceName.toStdString()});
        QCOMPARE(shareOf(panel, "shop/web", 100), 100.);
        QCOMPARE(shareOf(panel, "shop/web", 400), 50.);
        QCOMPARE(shareOf(panel, "shop/web", 850), now);
        QCOMPARE(panel.value->value, now);
        const double each = id == PanelId::CpuUsage ? cores : 4 * gib;
        QCOMPARE(valueAt(panel.allocatable, 100), each);
        QCOMPARE(valueAt(panel.allocatable, 400), 2 * each);
    }

    /// The headline's own figure stands beside the stack of working sets, which may be more.
    void memory_hasALineOfTheNodes()
    {
        InputBuilder builder;
        node(builder, "a", 0.25, {});
        node(builder, "b", 0, {300, 500, 300});
        busyPod(builder, "a");
        const PanelSnapshot panel = panelOf(builder, PanelId::MemoryUsage);
        const PlotSeries &nodes = panel.series.front();
        QCOMPARE(nodes.key, std::string("nodes"));
        QVERIFY(nodes.label.empty());
        QVERIFY(!nodes.stacked);
        QCOMPARE(nodes.unit, Unit::Percent);
        QCOMPARE(valueAt(nodes.points, 100), 25.);
        QCOMPARE(valueAt(nodes.points, 400), 12.5);
        QCOMPARE(valueAt(nodes.points, 850), 25.);
        QCOMPARE(panel.value->value, 25.);
        QCOMPARE(panel.series.size(), 2u);
        QVERIFY(panel.series[1].stacked);
        QCOMPARE(shareOf(panel, "shop/web", 850), 100.);
        QCOMPARE(panel.seriesTotal, 1u); // it is none of the pods
        std::ostringstream csv;
        writeCsv(csv, panel, {});
        QVERIFY(csv.str().find("\r\ntime,nodes [%],shop/web [%]\r\n") != std::string::npos);
    }

    void memory_ofANamespaceHasNoLineOfTheNodes()
    {
        InputBuilder builder;
        node(builder, "a", 0.25, {});
        busyPod(builder, "a");
        QVERIFY(!series(panelOf(builder, PanelId::MemoryUsage, {{}, "shop"}), "nodes"));
    }

    /// A node that has left is still in the past: what it used, and what it had.
    void nodeThatLeft_isStillDrawn()
    {
        InputBuilder builder;
        node(builder, "a", 0.5, {});
        node(builder, "b", 1, {-60, 500, -60});
        const PanelSnapshot panel = panelOf(builder, PanelId::CpuUsage);
        QCOMPARE(panel.value->value, 50.);
        QCOMPARE(shareOf(panel, "a", 100), 25.);
        QCOMPARE(shareOf(panel, "b", 100), 50.);
        QCOMPARE(shareOf(panel, "a", 850), 50.);
        QVERIFY(std::isnan(shareOf(panel, "b", 850)));
    }
};

QTEST_APPLESS_MAIN(TestSharesOverTime)
#include "tst_sharesovertime.moc"
