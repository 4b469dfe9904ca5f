// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "console/ui/widgets/computationview.h"
#include "console/ui/widgets/panelheader.h"
#include "console/ui/widgets/paneltext.h"
#include "console/ui/widgets/plottooltip.h"
#include "console/ui/widgets/tabular.h"
#include "tests/ui/support/madeup.h"
#include "tests/ui/support/uifixture.h"

using namespace tapio::console;
using tapio::test::UiFixture;

namespace {

QString plain(QString text) { return text.replace(QChar(0x00A0), QLatin1Char(' ')); }

/// A copy: most overviews here are temporary.
PanelSnapshot panel(const OverviewSnapshot &overview, PanelId id) { return overview.panels[static_cast<std::size_t>(id)]; }

} // namespace

class TestPanelText : public QObject {
    Q_OBJECT

    std::unique_ptr<UiFixture> m_ui;

private slots:
    void initTestCase() { m_ui = std::make_unique<UiFixture>(); }
    void cleanupTestCase() { m_ui.reset(); }

    void groupSentence_data()
    {
        QTest::addColumn<QByteArray>("key");
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("sentence");
        const auto row = [](const char *key, const QStringList &arguments, const char *sentence) {
            QTest::newRow(qPrintable(QString::fromUtf8(sentence))) << QByteArray(key) << arguments << QString::fromUtf8(sentence);
        };
        row("all-good", {}, "all within bounds");
        row("no-agent", {}, "no agent is connected");
        row("no-samples", {}, "nothing was measured in this range");
        row("failed", {"disk full"}, "could not be read: disk full");
        row("partial-data", {"3", "4"}, "3 of 4 figures are missing");
        row("loss", {"0.41", "lost", "node-07"}, "0.41 % lost, most on node-07 (in the kernel)");
        row("latency-high", {"6200"}, "p99 latency 6.20 s");
        row("queue-high", {"1400"}, "1.40 k events waiting");
        row("accuracy-low", {"drill", "93"}, "accuracy in drills 93.0 %");
        row("accuracy-low", {"recordings", "93"}, "accuracy in recordings 93.0 %");
        row("false-positives-high", {"recordings", "5.4"}, "false positives in recordings 5.4 %");
        row("accuracy-low", {"field", "70.07"}, "accuracy in the field at most 70.1 %");
        row("false-positives-high", {"drill", "5.4"}, "false positives in drills 5.4 %");
        row("coverage-low", {"97.5", "tcp/retransmit: unsupported"}, "coverage 97.5 %: tcp/retransmit: unsupported");
        row("silent-nodes", {"1", "node-23", "0"}, "node-23 is silent");
        row("silent-nodes", {"1", "node-23", "1"}, "node-23 is gone");
        row("silent-nodes", {"3", "node-23", "0"}, "3 nodes are silent, node-23 among them");
        row("silent-nodes", {"3", "node-23", "3"}, "3 nodes are gone, node-23 among them");
        row("silent-nodes", {"3", "node-23", "1"}, "3 nodes are silent or gone, node-23 among them");
        row("pods-bad", {"2", "shop/cart", "oom-killed"}, "2 pods in trouble, worst shop/cart: OOM-killed");
        row("cpu-high", {"shop/cart", "92"}, "shop/cart: CPU 92.0 %");
        row("memory-high", {"shop/cart", "84"}, "shop/cart: memory 84.0 %");
        row("disk-high", {"/var", "91"}, "/var: disk 91.0 %");
        row("insights-open", {"1", "oom-kill"}, "open: oom-kill");
        row("insights-open", {"3", "oom-kill"}, "3 open correlations, worst oom-kill");
        row("api-slow", {"query", "6000"}, "query: p95 6 s");
        row("stale", {"14"}, "no reading for 14 s");
        row("not-in-scope", {"node-07", ""}, "nothing of node-07 in this range");
        row("pending", {"cpu", "", "80", "240", "900"}, "CPU usage past 80 % for 4 of 15 min");
        row("pending", {"memory", "node-a", "90", "40", "600"}, "Memory usage past 90 % for 40 s of 10 min (node-a)");
        row("pending", {"queued", "", "1000", "120", "300"}, "Event queue depth past 1,000 for 2 of 5 min");
        row("a-key-of-the-future", {"7", "x"}, "a key of the future 7 x");
    }
    void groupSentence()
    {
        QFETCH(QByteArray, key);
        QFETCH(QStringList, arguments);
        QFETCH(QString, sentence);
        GroupSummary summary{GroupSummary::Level::Bad, key.toStdString(), {}};
        for (const QString &each : arguments)
            summary.arguments.push_back(each.toStdString());
        QCOMPARE(plain(PanelText::groupSentence(summary)), sentence);
    }

    void anUnknownFactIsShownInItsOwnWords()
    {
        QCOMPARE(plain(PanelText::fact({"fresh-figure", 12, Unit::Events, "node-a"})), "fresh figure 12 events (node-a)");
        QCOMPARE(plain(PanelText::factName({"fresh-figure", 12, Unit::Events, "node-a"})), "fresh figure \u00b7 node-a");
    }

    void theSameKeyOfAnotherUnitIsAnotherFact()
    {
        QCOMPARE(PanelText::factName({"agent", 1, Unit::Events, {}}), "Agent queues");
        QCOMPARE(PanelText::factName({"agent", 1, Unit::BytesPerSecond, {}}), "The agents\u2019 own traffic");
    }

    void everyPanelHasATitleAFormulaAndAName()
    {
        QSet<QString> titles;
        for (const PanelSnapshot &each : madeup::busy().panels) {
            titles << PanelText::title(each.id);
            QVERIFY(PanelText::formula(each).size() > 60);
            QVERIFY(PanelText::accessibleName(each).startsWith(PanelText::title(each.id)));
        }
        QCOMPARE(titles.size(), static_cast<qsizetype>(panelCount));
        QVERIFY(!titles.contains(QString()));
        for (std::size_t group = 0; group < 4; ++group)
            QVERIFY(!PanelText::groupTitle(group).isEmpty());
    }

    void accessibleName_data()
    {
        QTest::addColumn<int>("id");
        QTest::addColumn<bool>("data");
        QTest::addColumn<QString>("name");
        QTest::newRow("value and direction") << static_cast<int>(PanelId::QueueDepth) << true
                                             << "Event queue depth, 312 events, steady, 61 events lost";
        QTest::newRow("past its threshold") << static_cast<int>(PanelId::MemoryUsage) << true
                                            << "Memory usage, 84.0 % of allocatable, steady, past its threshold";
        QTest::newRow("no data says why") << static_cast<int>(PanelId::EventsProcessed) << false
                                          << "Events processed/sec, no data, A rate needs two readings, 1 of 2 s measured";
    }
    void accessibleName()
    {
        QFETCH(int, id);
        QFETCH(bool, data);
        QFETCH(QString, name);
        QCOMPARE(PanelText::accessibleName(panel(data ? madeup::busy() : madeup::noData(), static_cast<PanelId>(id))), name);
    }

    void trendNeedsFiveSamplesAndSeesTheDirection()
    {
        PanelSnapshot rising = panel(madeup::healthy(), PanelId::QueueDepth);
        for (PlotSeries &series : rising.series)
            for (std::size_t i = 0; i < series.points.size(); ++i)
                series.points[i].value = static_cast<double>(i);
        QCOMPARE(PanelText::trend(rising), "rising");
        for (PlotSeries &series : rising.series)
            for (std::size_t i = 0; i < series.points.size(); ++i)
                series.points[i].value = 1000. - static_cast<double>(i);
        QCOMPARE(PanelText::trend(rising), "falling");
        for (PlotSeries &series : rising.series)
            series.points.erase(series.points.begin(), series.points.end() - 3);
        QCOMPARE(PanelText::trend(rising), QString());
    }

    void everyReasonIsASentence()
    {
        PanelSnapshot none = panel(madeup::noData(), PanelId::EventsProcessed);
        for (int reason = 0; reason <= static_cast<int>(NoDataReason::NotTimed); ++reason) {
            none.reason = static_cast<NoDataReason>(reason);
            none.detail = "verbatim";
            const PanelText::Reason text = PanelText::noData(none);
            QVERIFY(!text.sentence.isEmpty());
            QCOMPARE(text.action.isEmpty(), text.remedy == Remedy::None);
        }
        none.reason = NoDataReason::NeedsVerdicts;
        none.have = 12;
        none.need = 20;
        QCOMPARE(PanelText::noData(none).missing, "12 of 20 verdicts");
        QCOMPARE(PanelText::noData(none).sentence, "Too few verdicts");
        none.have = 0;
        QCOMPARE(PanelText::noData(none).sentence, "No verdict and no scored drill yet");
        none.reason = NoDataReason::NotJudged;
        none.need = 1000;
        QCOMPARE(PanelText::noData(none).missing, "0 of 1,000 events, each after 30 min");
        none.reason = NoDataReason::NotCorrelated;
        QCOMPARE(PanelText::noData(none).missing, "correlation.enabled is off, or the agents are older");
    }

    void nothingCameIsNoFault_data()
    {
        QTest::addColumn<int>("reason");
        QTest::addColumn<double>("have");
        QTest::addColumn<QString>("sentence");
        QTest::addColumn<QString>("missing");
        QTest::newRow("one node") << static_cast<int>(NoDataReason::NoEvents) << 1. << "No event came in this time"
                                  << "1 node connected";
        QTest::newRow("many") << static_cast<int>(NoDataReason::NoEvents) << 1200. << "No event came in this time"
                              << "1,200 nodes connected";
        QTest::newRow("some came") << static_cast<int>(NoDataReason::NotTimed) << 12. << "No event could be timed"
                                   << "12 came, held back on purpose or without a clock offset";
    }
    void nothingCameIsNoFault()
    {
        QFETCH(int, reason);
        QFETCH(double, have);
        PanelSnapshot none = panel(madeup::noData(), PanelId::ProcessingLatency);
        none.reason = static_cast<NoDataReason>(reason);
        none.have = have;
        const PanelText::Reason text = PanelText::noData(none);
        QTEST(text.sentence, "sentence");
        QTEST(text.missing, "missing");
        QCOMPARE(text.remedy, Remedy::None);
    }

    void whatIsLeftOutIsSaid()
    {
        const PanelSnapshot crowded = panel(madeup::crowded(), PanelId::CpuUsage);
        QCOMPARE(PanelText::tooMuch(crowded), "50 of 5,000 series, by maximum; the sum is exact");
        QCOMPARE(PanelText::tooMuch(panel(madeup::busy(), PanelId::CpuUsage)), QString());
    }

    void aMachineThatTalksToItselfSaysSo()
    {
        PanelSnapshot network = panel(madeup::healthy(), PanelId::NetworkIo);
        QVERIFY(PanelText::formula(network).contains("loopback"));
        network.facts = {{"receive", 0, Unit::BytesPerSecond, {}},
                         {"transmit", 0, Unit::BytesPerSecond, {}},
                         {"loopback", 1.5e6, Unit::BytesPerSecond, {}}};
        network.value->value = 0;
        QCOMPARE(PanelText::sideFacts(network).size(), 1);
        QCOMPARE(plain(PanelText::sideFacts(network)[0]), "loopback 1.50 MB/s, not counted");
        const Theme &theme = m_ui->themes.theme();
        QVERIFY(!layoutPanelHeader(panelHeader(network, theme), theme, 294, 294 - 28).factsText.isEmpty()); // at the smallest window too
        network.value->value = 10; // there is more to say than that
        QVERIFY(PanelText::sideFacts(network)[0].startsWith("rx"));
        network.value->value = 0;
        network.facts.pop_back(); // nor is it claimed where it was not measured
        QVERIFY(PanelText::sideFacts(network)[0].startsWith("rx"));
    }

    void boundsAreRoundNumbers()
    {
        QCOMPARE(plain(PanelText::threshold({ThresholdKind::AlertBelow, 95, Unit::Percent, 0})), "alert below 95 %");
        QCOMPARE(plain(PanelText::threshold({ThresholdKind::ScaleUp, 1000, Unit::Events, 0})), "scale up 1,000");
        QCOMPARE(plain(PanelText::thresholdSentence({ThresholdKind::AlertAbove, 80, Unit::Percent, 900'000'000'000})),
                 "alert above 80 % for 15 min");
    }

    void head_data()
    {
        QTest::addColumn<QString>("scene");
        QTest::addColumn<int>("width");
        QTest::addColumn<int>("density");
        for (const char *scene : {"busy", "healthy", "no data", "first seconds", "troubled", "crowded", "extreme", "long names"})
            for (const auto &[width, density] :
                 {std::pair{294, Density::Compact}, {420, Density::Compact}, {580, Density::Comfortable}, {700, Density::Presenter}})
                QTest::addRow("%s at %d px, density %d", scene, width, static_cast<int>(density))
                    << QString(scene) << width << static_cast<int>(density);
    }
    /// Nothing in a panel's head overlaps or leaves the panel.
    void head()
    {
        QFETCH(QString, scene);
        QFETCH(int, width);
        QFETCH(int, density);
        Theme theme = m_ui->themes.theme();
        theme.density = static_cast<Density>(density);
        const OverviewSnapshot overview = scene == "busy"            ? madeup::busy()
                                          : scene == "healthy"       ? madeup::healthy()
                                          : scene == "no data"       ? madeup::noData()
                                          : scene == "first seconds" ? madeup::firstSeconds()
                                          : scene == "troubled"      ? madeup::troubled()
                                          : scene == "crowded"       ? madeup::crowded()
                                          : scene == "extreme"       ? madeup::extreme()
                                                                     : madeup::longNames();
        for (const PanelSnapshot &each : overview.panels) {
            const PanelHeader header = panelHeader(each, theme);
            const double right = width - 50;
            const PanelHeaderLayout layout = layoutPanelHeader(header, theme, width, right);
            const QByteArray where =
                (PanelText::title(each.id) + ": " + header.value + ' ' + header.unit + " | " + layout.factsText).toUtf8();
            QVERIFY2(layout.value.left() >= 0 && layout.unit.right() <= width - 8, where);
            QVERIFY2(layout.facts.left() >= layout.unit.right(), where);
            QVERIFY2(QFontMetricsF(layout.titleFont).horizontalAdvance(layout.titleText) <= layout.title.width() + 1, where);
            double last = layout.title.right();
            for (auto chip = layout.chips.rbegin(); chip != layout.chips.rend(); ++chip) {
                QVERIFY2(chip->area.left() >= last && chip->area.right() <= right, where);
                last = chip->area.right();
            }
            QVERIFY2(layout.title.width() >= width * 0.25, where);
            QVERIFY2(layout.value.bottom() <= panelHeaderHeight(theme) + 2, where);
        }
    }

    void atTheSmallestWindowTitlesAreWhole()
    {
        for (const PanelSnapshot &each : madeup::busy().panels) {
            const PanelHeader header = panelHeader(each, m_ui->themes.theme());
            const PanelHeaderLayout layout = layoutPanelHeader(header, m_ui->themes.theme(), 294, 294 - 28);
            QCOMPARE(layout.titleText, header.title);
            QVERIFY2(header.facts.isEmpty() || !layout.factsText.isEmpty(), qPrintable(header.title));
        }
    }

    void aHealthyPageHasNoWarningColour()
    {
        const Theme &theme = m_ui->themes.theme();
        for (const PanelSnapshot &each : madeup::healthy().panels) {
            const PanelHeader header = panelHeader(each, theme);
            QVERIFY2(!header.edge, qPrintable(header.title));
            QVERIFY2(header.chips.empty(), qPrintable(header.title));
            QCOMPARE(header.valueColor, theme.text.primary);
        }
    }

    void chips_data()
    {
        QTest::addColumn<int>("id");
        QTest::addColumn<bool>("troubled");
        QTest::addColumn<QStringList>("texts");
        QTest::newRow("loss, in words where events are counted")
            << static_cast<int>(PanelId::EventsProcessed) << false << QStringList{"0.41 % lost"};
        QTest::newRow("loss, as a reminder elsewhere") << static_cast<int>(PanelId::QueueDepth) << false << QStringList{"0.41 %"};
        QTest::newRow("crashing pods") << static_cast<int>(PanelId::PodStatus) << false << QStringList{"3 crash loop"};
        QTest::newRow("a silent node") << static_cast<int>(PanelId::Coverage) << false << QStringList{"1 silent"};
        QTest::newRow("stale with its age") << static_cast<int>(PanelId::SignalToNoise) << true << QStringList{"stale 40 s"};
        QTest::newRow("partial") << static_cast<int>(PanelId::CorrelationAccuracy) << true << QStringList{"partial"};
    }
    void chips()
    {
        QFETCH(int, id);
        QFETCH(bool, troubled);
        QFETCH(QStringList, texts);
        QStringList found;
        for (const auto &chip :
             panelHeader(panel(troubled ? madeup::troubled() : madeup::busy(), static_cast<PanelId>(id)), m_ui->themes.theme()).chips)
            found << plain(chip.chip.text);
        QCOMPARE(found, texts);
    }

    void chips_nodesThatAreAway_data()
    {
        using enum NodeCell::State;
        QTest::addColumn<std::vector<NodeCell::State>>("states");
        QTest::addColumn<QString>("text");
        QTest::newRow("late") << std::vector{Full, Silent} << "1 silent";
        QTest::newRow("gone") << std::vector{Gone, Full, Gone} << "2 gone";
        QTest::newRow("one of each") << std::vector{Gone, Silent} << "2 silent or gone";
    }
    void chips_nodesThatAreAway()
    {
        QFETCH(std::vector<NodeCell::State>, states);
        QFETCH(QString, text);
        PanelSnapshot coverage = panel(madeup::healthy(), PanelId::Coverage);
        auto &cells = std::get<CoverageView>(coverage.view).cells;
        cells.clear();
        for (const NodeCell::State state : states) {
            cells.emplace_back();
            cells.back().state = state;
        }
        const PanelHeader header = panelHeader(coverage, m_ui->themes.theme());
        QCOMPARE(header.chips.size(), std::size_t(1));
        QCOMPARE(plain(header.chips.front().chip.text), text);
    }

    void tooltipSortsAndCounts()
    {
        const PanelSnapshot crowded = panel(madeup::crowded(), PanelId::ProcessingLatency);
        const auto looks = SeriesColors().assign(crowded.series);
        const std::int64_t at = snapped(crowded, madeup::nowNs - 400'000'000'000);
        const TooltipContent content = TooltipContent::at(crowded, looks, m_ui->themes.theme(), at, QTimeZone::utc());
        QCOMPARE(content.rows.size(), TooltipContent::maxRows);
        QCOMPARE(content.more, "+ 43 more");
        QCOMPARE(content.rows[0].name, "all others"); // the largest
        QVERIFY(content.time.endsWith(" UTC"));
        QCOMPARE(plain(content.bucket), "5 s bucket");
    }

    void tooltipAddsUpAStackAndNamesTheLoss()
    {
        const PanelSnapshot queue = panel(madeup::busy(), PanelId::QueueDepth);
        const std::int64_t at = snapped(queue, madeup::nowNs - 13 * 60'000'000'000);
        const TooltipContent content =
            TooltipContent::at(queue, SeriesColors().assign(queue.series), m_ui->themes.theme(), at, QTimeZone("Asia/Kolkata"));
        QCOMPARE(content.rows.size(), 4u);
        QCOMPARE(content.rows[0].name, "All together");
        QVERIFY(!content.rows[0].color.isValid());
        QCOMPARE(content.time, "19:52:00 IST");
        QCOMPARE(content.losses.size(), 1u);
        QCOMPARE(content.losses[0].count, "61 of 5,210 lost");
        QCOMPARE(content.losses[0].where, "19:51:00 to 19:53:00, node-07 (in the kernel)");
    }

    void tooltipOfMoreThanADayHasTheDate()
    {
        const PanelSnapshot queue = panel(madeup::busy(), PanelId::QueueDepth); // 23:50 to 00:05 there
        const std::int64_t at = snapped(queue, madeup::nowNs - 13 * 60'000'000'000);
        const TooltipContent content = TooltipContent::at(queue, {}, m_ui->themes.theme(), at, QTimeZone("Australia/Darwin"));
        QCOMPARE(content.time, "2026-03-01 23:52:00 ACST");
        QCOMPARE(content.losses.size(), 1u);
        QCOMPARE(content.losses[0].where, "2026-03-01 23:51:00 to 2026-03-01 23:53:00, node-07 (in the kernel)");
    }

    void figureOfTheWholeSaysSo_data()
    {
        QTest::addColumn<int>("id");
        QTest::addColumn<bool>("allNodes");
        QTest::addColumn<bool>("allNamespaces");
        QTest::addColumn<QString>("qualifier");
        QTest::newRow("narrowed") << static_cast<int>(PanelId::QueueDepth) << false << false << "";
        QTest::newRow("of all nodes") << static_cast<int>(PanelId::ProcessingLatency) << true << true << "p99 \u00b7 all nodes";
        QTest::newRow("of all namespaces") << static_cast<int>(PanelId::EventsProcessed) << false << true << "\u00b7 all namespaces";
    }
    void figureOfTheWholeSaysSo()
    {
        QFETCH(int, id);
        PanelSnapshot snapshot = panel(madeup::busy(), static_cast<PanelId>(id));
        QFETCH(bool, allNodes);
        QFETCH(bool, allNamespaces);
        snapshot.allNodes = allNodes;
        snapshot.allNamespaces = allNamespaces;
        QTEST(PanelText::headline(snapshot)->qualifier, "qualifier");
    }

    void withoutPods_anAgentIsOfferedOnlyWhereNoneIsConnected_data()
    {
        QTest::addColumn<double>("connected");
        QTest::addColumn<QString>("node");
        QTest::addColumn<Remedy>("remedy");
        QTest::newRow("nobody is connected") << 0. << "" << Remedy::OpenConnections;
        QTest::newRow("one is") << 1. << "" << Remedy::None;
        QTest::newRow("a node was chosen") << 1. << "node-07" << Remedy::ShowAll;
    }
    void withoutPods_anAgentIsOfferedOnlyWhereNoneIsConnected()
    {
        QFETCH(double, connected);
        QFETCH(QString, node);
        PanelSnapshot none;
        none.id = PanelId::PodStatus;
        none.state = PanelState::NoData;
        none.reason = NoDataReason::NoKubernetes;
        none.have = connected;
        none.scope.node = node.toStdString();
        const PanelText::Reason reason = PanelText::noData(none);
        QTEST(reason.remedy, "remedy");
        QCOMPARE(reason.action.isEmpty(), reason.remedy == Remedy::None);
        QVERIFY(reason.sentence.startsWith("No pod runs on"));
    }

    void nothingInScopeLeadsBackToAll_data()
    {
        QTest::addColumn<QString>("node");
        QTest::addColumn<QString>("namespaceName");
        QTest::addColumn<QString>("sentence");
        QTest::addColumn<QString>("action");
        QTest::newRow("node") << "node-07"
                              << ""
                              << "No data for node-07 in this range"
                              << "Show all nodes";
        QTest::newRow("namespace") << ""
                                   << "shop"
                                   << "No data for namespace shop in this range"
                                   << "Show all namespaces";
        QTest::newRow("both") << "node-07"
                              << "shop"
                              << "No data for namespace shop on node-07 in this range"
                              << "Show everything";
    }
    void nothingInScopeLeadsBackToAll()
    {
        QFETCH(QString, node);
        QFETCH(QString, namespaceName);
        PanelSnapshot none;
        none.state = PanelState::NoData;
        none.reason = NoDataReason::NothingInScope;
        none.scope = {node.toStdString(), namespaceName.toStdString()};
        const PanelText::Reason reason = PanelText::noData(none);
        QTEST(reason.sentence, "sentence");
        QTEST(reason.action, "action");
        QCOMPARE(reason.remedy, Remedy::ShowAll);
    }

    /// Chart, headline, tooltip and table of a share are all in percent; the amount stands in parentheses.
    void tooltipOfAShareIsInTheUnitOfTheAxis()
    {
        PanelSnapshot cpu = panel(madeup::busy(), PanelId::CpuUsage);
        cpu.series.resize(1);
        for (PlotPoint &point : cpu.series[0].points)
            point.value = 12.5;
        const std::int64_t at = cpu.series[0].points[100].timeNs;
        QCOMPARE(plain(TooltipContent::at(cpu, {}, m_ui->themes.theme(), at, QTimeZone::utc()).rows[0].value), "12.5 % (31 cores)");
        PanelSnapshot memory = panel(madeup::busy(), PanelId::MemoryUsage);
        memory.series.resize(1);
        for (PlotPoint &point : memory.series[0].points)
            point.value = 50;
        // The amount is of what there was then, not of what there is now.
        memory.allocatable[100].value /= 2;
        const auto shown = [&](std::size_t i) {
            return plain(
                TooltipContent::at(memory, {}, m_ui->themes.theme(), memory.series[0].points[i].timeNs, QTimeZone::utc()).rows[0].value);
        };
        QCOMPARE(shown(99), "50.0 % (515,396,075,520 B)");
        QCOMPARE(shown(100), "50.0 % (257,698,037,760 B)");
    }

    void tooltipOutsideOfTheLossNamesNone()
    {
        const PanelSnapshot queue = panel(madeup::busy(), PanelId::QueueDepth);
        const TooltipContent content =
            TooltipContent::at(queue, {}, m_ui->themes.theme(), snapped(queue, madeup::nowNs - 60'000'000'000), QTimeZone::utc());
        QVERIFY(content.losses.empty());
    }

    void tooltipInAGapSaysSo()
    {
        const PanelSnapshot latency = panel(madeup::troubled(), PanelId::ProcessingLatency);
        const std::int64_t gap = latency.series[0].points[160].timeNs;
        const TooltipContent content = TooltipContent::at(latency, {}, m_ui->themes.theme(), gap, QTimeZone::utc());
        QCOMPARE(content.rows.size(), 1u);
        QCOMPARE(content.rows[0].name, "no sample");
    }

    void tooltipOfAHeatMapCountsPerDuration()
    {
        const PanelSnapshot api = panel(madeup::busy(), PanelId::ApiResponseTimes);
        const TooltipContent content =
            TooltipContent::at(api, {}, m_ui->themes.theme(), snapped(api, madeup::nowNs - 60'000'000'000), QTimeZone::utc());
        QVERIFY(content.rows.size() >= 3);
        QVERIFY(content.rows[0].name.contains(" to "));
        QVERIFY(content.rows[0].value.toInt() >= content.rows[1].value.toInt());
    }

    void theTooltipNeverCoversItsPoint()
    {
        QWidget window;
        window.resize(600, 300);
        PlotTooltip tooltip(m_ui->look(), &window);
        const PanelSnapshot queue = panel(madeup::busy(), PanelId::QueueDepth);
        const TooltipContent content =
            TooltipContent::at(queue, {}, m_ui->themes.theme(), snapped(queue, madeup::nowNs - 13 * 60'000'000'000), QTimeZone::utc());
        for (int x = 0; x < 600; x += 20)
            for (int y = 0; y < 300; y += 30) {
                tooltip.show(content, {x, y});
                QVERIFY2(!tooltip.geometry().contains(x, y), qPrintable(QStringLiteral("%1 %2").arg(x).arg(y)));
                QVERIFY(window.rect().contains(tooltip.geometry()));
            }
    }

    void theComputationHasInputsWindowAndSources()
    {
        const ComputationText text = computationText(panel(madeup::busy(), PanelId::FilterEfficiency), m_ui->time);
        const QString all = text.plain();
        for (const char *part : {"Filter efficiency rate", "divided by seen", "Result: 97.4 %", "Seen: 2,918,400 events", "Window: 1 min",
                                 "Samples (n): 2,918,400", "Completeness: 99.6 %", "Bound: reference 97 %", "2026-03-01 14:34:59 UTC",
                                 "node-07/tcp, node-07/exec, node-12/tcp"})
            QVERIFY2(all.contains(QString::fromUtf8(part)), part);
    }
};

QTEST_MAIN(TestPanelText)
#include "tst_paneltext.moc"
