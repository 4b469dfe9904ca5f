// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <algorithm>
#include <memory>

#include "console/core/metrics/overviewinput.h"
#include "console/ui/charts/seriescolors.h"
#include "console/ui/theme/themestore.h"
#include "console/ui/widgets/panelheader.h"
#include "console/ui/widgets/paneltablemodel.h"
#include "console/ui/widgets/paneltext.h"
#include "console/ui/widgets/plottooltip.h"
#include "console/ui/widgets/timedisplay.h"
#include "tests/ui/support/madeup.h"

using namespace tapio;
using namespace tapio::console;

namespace {

constexpr std::int64_t minute = 60 * nsPerSecond;
constexpr Threshold memoryAlert{ThresholdKind::AlertAbove, 90, Unit::Percent, 10 * minute};
constexpr Threshold cpuScaleUp{ThresholdKind::ScaleUp, 70, Unit::Percent, 60 * minute};

QString plain(QString text) { return text.replace(QChar(0x00A0), QLatin1Char(' ')); }

PanelSnapshot memory()
{
    PanelSnapshot panel;
    panel.id = PanelId::MemoryUsage;
    panel.state = PanelState::Ready;
    panel.value = Fact{"memory", 41, Unit::Percent, {}};
    panel.thresholds = {memoryAlert};
    return panel;
}

} // namespace

/// What the panels say of thresholds, scaling rules and reading: whose figure is past which bound, and what is not known.
class TestPanelWords : public QObject {
    Q_OBJECT
private slots:
    void initTestCase() { m_theme = ThemeStore::loadBuiltIn().value().first; }

    void breach_data()
    {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("label");
        QTest::addColumn<bool>("headline");
        QTest::addColumn<QString>("chip");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("the figure's own") << "memory"
                                          << "node-a" << true << "past its bound"
                                          << "node-a: 91.0 %; alert above 90 % for 10 min";
        QTest::newRow("all nodes together") << "memory"
                                            << "" << true << "past its bound"
                                            << "91.0 %; alert above 90 % for 10 min";
        QTest::newRow("one pod's") << "memory"
                                   << "shop/web" << false << "1 past the bound"
                                   << "shop/web: 91.0 %; alert above 90 % for 10 min";
        QTest::newRow("a disk's") << "disk"
                                  << "node-a:/var" << false << "disk 91.0 %"
                                  << "disk node-a:/var: 91.0 %; alert above 90 % for 10 min";
    }
    /// Only its own threshold colours a figure; a chip says whose it is where it is another's.
    void breach()
    {
        QFETCH(QString, key);
        QFETCH(QString, label);
        QFETCH(bool, headline);
        QFETCH(QString, chip);
        QFETCH(QString, sentence);
        PanelSnapshot panel = memory();
        panel.pastThreshold = true;
        panel.breaches = {{key.toStdString(), label.toStdString(), 91, memoryAlert, headline}};
        const PanelHeader header = panelHeader(panel, m_theme);
        QCOMPARE(header.valueColor, headline ? m_theme.meaning.p2 : m_theme.text.primary);
        QCOMPARE(header.chips.size(), 1u);
        QCOMPARE(plain(header.chips[0].chip.text), chip);
        QCOMPARE(plain(header.chips[0].explanation), sentence);
        QVERIFY(header.edge);
        QVERIFY(PanelText::accessibleName(panel).contains(headline ? "past its threshold" : "past a threshold: " + sentence));
    }

    /// Past its bound and not yet for long enough: sign, colour and word of "pending", and the figure keeps its own colour.
    void pending()
    {
        PanelSnapshot panel = memory();
        panel.pending = {{"memory", "node-a", 91, memoryAlert, true, 4 * minute}};
        const PanelHeader header = panelHeader(panel, m_theme);
        QCOMPARE(header.valueColor, m_theme.text.primary);
        QCOMPARE(header.chips.size(), 1u);
        QCOMPARE(plain(header.chips[0].chip.text), QStringLiteral("pending"));
        QCOMPARE(header.chips[0].chip.glyph, Glyph::QuarterDisc);
        QCOMPARE(header.chips[0].chip.color, m_theme.meaning.pending);
        QCOMPARE(plain(header.chips[0].explanation), QStringLiteral("Memory usage past 90 % for 4 of 10 min (node-a)"));
        QVERIFY(header.edge && *header.edge == m_theme.meaning.pending);
        QVERIFY(PanelText::accessibleName(panel).contains(QStringLiteral("pending: Memory usage past 90 %")));
    }

    void check_data()
    {
        QTest::addColumn<qint64>("heldMinutes");
        QTest::addColumn<qint64>("knownMinutes");
        QTest::addColumn<QString>("words");
        QTest::newRow("holds") << qint64{60} << qint64{240} << "holds";
        QTest::newRow("does not") << qint64{0} << qint64{240} << "not now";
        QTest::newRow("for some of its time") << qint64{23} << qint64{240} << "holds for 23 min of 1 h";
        QTest::newRow("too little is known") << qint64{15} << qint64{15} << "not enough history: 15 min of 1 h";
    }
    void check()
    {
        QFETCH(qint64, heldMinutes);
        QFETCH(qint64, knownMinutes);
        const ThresholdCheck check{cpuScaleUp, heldMinutes * minute, knownMinutes * minute, heldMinutes >= 60};
        QTEST(plain(PanelText::check(check)), "words");
        PanelSnapshot panel = memory();
        panel.checks = {check};
        QCOMPARE(panelHeader(panel, m_theme).chips.size(), check.held ? 1u : 0u);
    }

    void trend_ofTheQueue_data()
    {
        QTest::addColumn<double>("queued");
        QTest::addColumn<double>("slope"); // events per second
        QTest::addColumn<QString>("word");
        QTest::newRow("up") << 312. << 3. << "rising";
        QTest::newRow("ten events per minute") << 312. << 10. / 60 << "rising";
        QTest::newRow("nine events per minute") << 312. << 9. / 60 << "steady";
        QTest::newRow("ever so little") << 312. << 0.001 << "steady";
        QTest::newRow("ever so little downwards") << 312. << -0.001 << "steady";
        QTest::newRow("down") << 312. << -3. << "falling";
        QTest::newRow("level") << 312. << 0. << "steady";
        QTest::newRow("empty by now, after a peak") << 0. << 3. << "steady";
        QTest::newRow("just emptied") << 0. << -3. << "steady";
    }
    void trend_ofTheQueue()
    {
        QFETCH(double, queued);
        QFETCH(double, slope);
        PanelSnapshot panel;
        panel.id = PanelId::QueueDepth;
        panel.value = Fact{"queued", queued, Unit::Events, {}};
        panel.facts = {{"slope", slope, Unit::EventsPerSecond, {}}};
        QTEST(PanelText::trend(panel), "word");
    }

    void nodesLine_isNamedInLegendTooltipAndTable()
    {
        const auto memory = std::make_shared<PanelSnapshot>(madeup::crowded().panels[static_cast<std::size_t>(PanelId::MemoryUsage)]);
        const PlotSeries &nodes = memory->series.front();
        QCOMPARE(PanelText::series(nodes), "nodes, used");
        const auto looks = SeriesColors().assign(memory->series);
        QCOMPARE(looks.front().ink, SeriesLook::Ink::Nodes); // told from fifty pods
        const std::int64_t at = nodes.points[100].timeNs;
        const TooltipContent content = TooltipContent::at(*memory, looks, m_theme, at, QTimeZone::utc());
        const auto row = std::ranges::find(content.rows, QStringLiteral("nodes, used"), &TooltipContent::Row::name);
        QVERIFY(row != content.rows.end());
        QVERIFY(row->value.contains(QLatin1Char('%')) && row->value.contains(QStringLiteral("B)")));
        QCOMPARE(PanelText::tooMuch(*memory), "50 of 4,812 series, by maximum; the sum is exact");
        QVERIFY(PanelText::formula(*memory).contains(PanelText::series(nodes), Qt::CaseInsensitive));
        const TimeDisplay time(QTimeZone::utc());
        PanelTableModel table(time);
        table.setPanel(memory);
        QCOMPARE(table.headerData(1, Qt::Horizontal, Qt::DisplayRole).toString(), "nodes, used");
    }

    void trend_ofMemoryIsThatOfTheHeadline()
    {
        PanelSnapshot memory = madeup::busy().panels[static_cast<std::size_t>(PanelId::MemoryUsage)];
        for (PlotSeries &each : memory.series)
            for (std::size_t i = 0; i < each.points.size(); ++i)
                each.points[i].value = each.key == "nodes" ? 40 : static_cast<double>(i) / 10;
        QCOMPARE(PanelText::trend(memory), "steady");
    }

    void partial_saysWhatItIsWithout()
    {
        PanelSnapshot panel = memory();
        panel.state = PanelState::Partial;
        panel.detail = "node-b";
        panel.seriesRefused = 1200;
        QCOMPARE(panelHeader(panel, m_theme).chips.at(0).explanation, "Without: node-b, 1,200 series that did not fit in memory");
    }

    void loading_namesEachPanelAndHowFarItIs()
    {
        const OverviewSnapshot overview = loadingOverview(0, 3600 * nsPerSecond, 7, 36);
        QSet<QString> titles;
        for (const PanelSnapshot &panel : overview.panels) {
            titles << panelHeader(panel, m_theme).title;
            const PanelText::Reason reason = PanelText::noData(panel);
            QCOMPARE(reason.missing, "7 of 36 parts");
            QCOMPARE(reason.remedy, Remedy::CancelReading);
            QVERIFY(!reason.action.isEmpty());
        }
        QCOMPARE(titles.size(), static_cast<qsizetype>(panelCount));
        for (const GroupSummary &group : overview.groups)
            QCOMPARE(PanelText::groupSentence(group), "reading");
    }

    void lossChip_hasWhatNeverArrivedToo()
    {
        PanelSnapshot panel = memory();
        panel.id = PanelId::EventsProcessed;
        panel.losses = {{0, minute, 50, 1000, "node-a", "qdrop"}, {0, minute, 50, 0, "node-a", "gap"}};
        panel.toNs = minute;
        panel.computation.completeness = 95;
        panel.computation.lost = 10;
        QCOMPARE(plain(panelHeader(panel, m_theme).chips.at(0).chip.text), "10.0 % lost");
    }

private:
    Theme m_theme;
};

QTEST_MAIN(TestPanelWords)
#include "tst_panelwords.moc"
