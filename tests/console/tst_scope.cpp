// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cmath>

#include "tests/console/inputbuilder.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;
using wire::Metric;

namespace {

constexpr double mib = 1048576;

bool near(double a, double b) { return std::abs(a - b) < 1e-6 * std::max(1., std::abs(b)); }

/// Two pods, "web" in the namespace "shop" and "db" in "data"; everything of the node grows with `size`.
void node(InputBuilder &builder, const std::string &name, double size)
{
    wire::Origin db = InputBuilder::pod("db");
    db.namespaceName = "data";
    builder.agent(name)
        .ramp(figure::processed, name + "/tcp", 0, 900, 1, 0, 100 * size)
        .ramp(figure::received, name, 0, 900, 1, 0, 100 * size)
        .figure(figure::queueAgent, name, {{900, 10 * size}})
        .figure(figure::queueInFlight, name, {{900, size}})
        .figure(figure::hooksWanted, name, {{900, 4}})
        .figure(figure::hooksActive, name, {{900, size}})
        .counters(name, "tcp", {{Counter::Seen, 1000}, {Counter::KFiltered, 100 * size}, {Counter::Lost, size}})
        .samples(name, Metric::CpuUsageNs, InputBuilder::host(), -60, 900, 0, size * 1e9)
        .samples(name, Metric::CpuUsageNs, InputBuilder::pod("web"), -60, 900, 0, size * 2e8)
        .samples(name, Metric::CpuUsageNs, db, -60, 900, 0, size * 5e8)
        .samples(name, Metric::NodeCpuCount, InputBuilder::host(), -60, 900, 4, 0)
        .samples(name, Metric::NodeMemoryTotalBytes, InputBuilder::host(), -60, 900, 1000 * mib, 0)
        .samples(name, Metric::NodeMemoryAvailableBytes, InputBuilder::host(), -60, 900, (1000 - 100 * size) * mib, 0)
        .samples(name, Metric::MemoryWorkingSetBytes, InputBuilder::pod("web"), -60, 900, 30 * size * mib, 0)
        .samples(name, Metric::MemoryWorkingSetBytes, db, -60, 900, 50 * size * mib, 0)
        .samples(name, Metric::PsiCpuSomeUs, InputBuilder::host(), -60, 900, 0, 1000)
        .samples(name, Metric::NetRxBytes, InputBuilder::host(), -60, 900, 0, 1000 * size, "eth0");
}

InputBuilder cluster()
{
    InputBuilder builder;
    node(builder, "a", 1);
    node(builder, "b", 2);
    builder.figure(figure::queueReceive, {}, {{900, 500}})
        .figure(figure::queueOldest, {}, {{900, 1e9}})
        .figure(figure::coverage, {}, {{900, 37.5}})
        .figure(figure::latencyP99, "total", {{900, 3e6}})
        .figure(figure::latencyCount, "total", {{900, 10}})
        .figure(figure::apiP95, {}, {{900, 2e6}})
        .figure(figure::podOom, "data/db", {{800, 1}});
    return builder;
}

PanelSnapshot panelOf(const OverviewInput &input, PanelId id, const Scope &scope)
{
    return computeOverview(input, 1, scope).panels[static_cast<std::size_t>(id)];
}

} // namespace

Q_DECLARE_METATYPE(tapio::console::PanelId)

class TestScope : public QObject {
    Q_OBJECT
private slots:
    void figure_data()
    {
        QTest::addColumn<PanelId>("id");
        QTest::addColumn<std::string>("node");
        QTest::addColumn<std::string>("namespaceName");
        QTest::addColumn<double>("value");
        const auto row = [](const char *name, PanelId id, std::string node, std::string namespaceName, double value) {
            QTest::newRow(name) << id << std::move(node) << std::move(namespaceName) << value;
        };
        row("processed of all", PanelId::EventsProcessed, "", "", 300);
        row("processed of a node", PanelId::EventsProcessed, "b", "", 200);
        row("processed is of all namespaces", PanelId::EventsProcessed, "b", "shop", 200);
        row("queued in all places", PanelId::QueueDepth, "", "", 533);
        row("queued of a node, not what was received", PanelId::QueueDepth, "b", "", 22);
        row("filtered of a node", PanelId::FilterEfficiency, "b", "", 20);
        row("coverage of a node", PanelId::Coverage, "b", "", 50);
        row("coverage of all", PanelId::Coverage, "", "", 37.5);
        row("pods of all", PanelId::PodStatus, "", "", 2);
        row("pods of a node", PanelId::PodStatus, "a", "", 1);
        row("pods of a namespace", PanelId::PodStatus, "", "shop", 2);
        row("pods of a namespace on a node", PanelId::PodStatus, "a", "shop", 1);
        row("CPU of all", PanelId::CpuUsage, "", "", 37.5);
        row("CPU of a node", PanelId::CpuUsage, "b", "", 50);
        row("CPU of a namespace, of all cores", PanelId::CpuUsage, "", "shop", 100 * 0.6 / 8);
        row("CPU of a namespace, of the node's cores", PanelId::CpuUsage, "b", "shop", 10);
        row("memory of a node", PanelId::MemoryUsage, "b", "", 20);
        row("memory of a namespace", PanelId::MemoryUsage, "", "shop", 4.5);
        row("memory of a namespace on a node", PanelId::MemoryUsage, "b", "shop", 6);
        row("network of a node", PanelId::NetworkIo, "b", "", 2000);
        row("latency is of all nodes", PanelId::ProcessingLatency, "b", "shop", 3e6);
        row("API calls are the console's", PanelId::ApiResponseTimes, "b", "", 2e6);
    }
    /// Narrowed where the figure exists so; else the whole, which says that it is.
    void figure()
    {
        QFETCH(PanelId, id);
        QFETCH(std::string, node);
        QFETCH(std::string, namespaceName);
        QFETCH(double, value);
        const PanelSnapshot panel = panelOf(cluster().input, id, {node, namespaceName});
        QVERIFY(panel.value);
        QVERIFY2(near(panel.value->value, value), qPrintable(QString::number(panel.value->value)));
        QCOMPARE(panel.allNodes, !node.empty() && panel.scope.node.empty());
        QCOMPARE(panel.allNamespaces, !namespaceName.empty() && panel.scope.namespaceName.empty());
        if (id == PanelId::ProcessingLatency || id == PanelId::ApiResponseTimes)
            QVERIFY(panel.allNodes);
        else
            QCOMPARE(panel.scope.node, node);
    }

    void nodeScope_leavesOutWhatIsAnothers()
    {
        const OverviewInput input = cluster().input;
        const PanelSnapshot events = panelOf(input, PanelId::EventsProcessed, {"b", {}});
        QVERIFY(!events.losses.empty());
        for (const LossBand &band : events.losses)
            QCOMPARE(band.node, std::string("b"));
        for (const PlotSeries &series : events.series)
            QVERIFY(series.key != "a/tcp");
        QCOMPARE(events.computation.sources, std::vector<std::string>{"b/tcp"});
        const PanelSnapshot coverage = panelOf(input, PanelId::Coverage, {"b", {}});
        QCOMPARE(std::get<CoverageView>(coverage.view).cells.size(), 1u);
        QVERIFY(!fact(panelOf(input, PanelId::QueueDepth, {"b", {}}), "oldest"));
        QVERIFY(!test::series(panelOf(input, PanelId::QueueDepth, {"b", {}}), "receive"));
    }

    void namespaceScope_hasNothingOfTheNode()
    {
        const OverviewInput input = cluster().input;
        const PanelSnapshot cpu = panelOf(input, PanelId::CpuUsage, {{}, "data"});
        QVERIFY(!fact(cpu, "pressure"));
        QVERIFY(cpu.checks.empty()); // scaling rules are of nodes
        for (const PlotSeries &series : cpu.series)
            QCOMPARE(series.label, std::string("data/db"));
        QVERIFY(!panelOf(input, PanelId::PodStatus, {{}, "shop"}).pastThreshold);
        QVERIFY(panelOf(input, PanelId::PodStatus, {{}, "data"}).pastThreshold); // killed for lack of memory
    }

    void onlyNode_isTheSameAsAll()
    {
        InputBuilder builder;
        node(builder, "a", 2);
        const OverviewSnapshot all = computeOverview(builder.input, 1), one = computeOverview(builder.input, 1, {"a", {}});
        for (const PanelId id : {PanelId::EventsProcessed, PanelId::FilterEfficiency, PanelId::PodStatus, PanelId::CpuUsage,
                                 PanelId::MemoryUsage, PanelId::NetworkIo}) {
            const PanelSnapshot &whole = all.panels[static_cast<std::size_t>(id)], &part = one.panels[static_cast<std::size_t>(id)];
            QCOMPARE(part.value->value, whole.value->value);
            QCOMPARE(part.asOfNs, whole.asOfNs);
            QCOMPARE(part.series.size(), whole.series.size());
        }
    }

    void nothingThere_data()
    {
        QTest::addColumn<std::string>("node");
        QTest::addColumn<std::string>("namespaceName");
        QTest::addColumn<PanelId>("id");
        QTest::addColumn<NoDataReason>("reason");
        QTest::newRow("an unknown node") << std::string("x") << std::string() << PanelId::EventsProcessed << NoDataReason::NothingInScope;
        QTest::newRow("its coverage") << std::string("x") << std::string() << PanelId::Coverage << NoDataReason::NothingInScope;
        QTest::newRow("its CPU") << std::string("x") << std::string() << PanelId::CpuUsage << NoDataReason::NothingInScope;
        QTest::newRow("its pods") << std::string("x") << std::string() << PanelId::PodStatus << NoDataReason::NoKubernetes;
        QTest::newRow("an unknown namespace") << std::string() << std::string("x") << PanelId::MemoryUsage << NoDataReason::NothingInScope;
        QTest::newRow("its pods too") << std::string() << std::string("x") << PanelId::PodStatus << NoDataReason::NothingInScope;
    }
    void nothingThere()
    {
        QFETCH(std::string, node);
        QFETCH(std::string, namespaceName);
        QFETCH(PanelId, id);
        QFETCH(NoDataReason, reason);
        const OverviewInput input = cluster().input;
        const OverviewSnapshot overview = computeOverview(input, 1, {node, namespaceName});
        const PanelSnapshot &panel = overview.panels[static_cast<std::size_t>(id)];
        QVERIFY(!panel.value);
        QCOMPARE(panel.reason, reason);
        const std::vector<std::string> arguments{node, namespaceName};
        QCOMPARE(overview.groups[2].key, std::string("not-in-scope"));
        QCOMPARE(overview.groups[2].arguments, arguments);
        QVERIFY(overview.panels[static_cast<std::size_t>(PanelId::ProcessingLatency)].value); // of all nodes
        OverviewInput empty;
        QCOMPARE(panelOf(empty, id, {node, namespaceName}).reason, NoDataReason::NoAgent);
    }

    void whatTheWindowAsksForIsOfAll()
    {
        const OverviewInput input = cluster().input;
        const OverviewSnapshot all = computeOverview(input, 1), one = computeOverview(input, 1, {"b", "shop"});
        const std::vector<std::string> namespaces{"data", "shop"};
        QCOMPARE(one.namespaces, namespaces);
        QCOMPARE(one.scope, (Scope{"b", "shop"}));
        QCOMPARE(one.lastMinute->lost, all.lastMinute->lost);
        QCOMPARE(one.agentCosts.size(), all.agentCosts.size());
    }
};

QTEST_APPLESS_MAIN(TestScope)
#include "tst_scope.moc"
