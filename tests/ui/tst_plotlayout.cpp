// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cmath>

#include "console/ui/charts/plotlayout.h"
#include "console/ui/theme/themestore.h"
#include "console/ui/widgets/tabular.h"
#include "protocol/base/clock.h"
#include "tests/ui/support/madeup.h"

using namespace tapio::console;

Q_DECLARE_METATYPE(tapio::console::PanelSnapshot)

namespace {

constexpr QSizeF small(300, 110);

/// Latencies as a heat map, from 100 microseconds up to 300 ms.
PanelSnapshot heatMap()
{
    PanelSnapshot panel = madeup::busy().panels[static_cast<std::size_t>(PanelId::ApiResponseTimes)];
    panel.fromNs = panel.toNs - 15 * 60 * tapio::nsPerSecond;
    return panel;
}

/// Where anything else than the ground is.
QRect inkOf(const QImage &image, const QRect &area, const QColor &ground)
{
    QRect ink;
    const QRect within = area & image.rect();
    for (int y = within.top(); y <= within.bottom(); ++y)
        for (int x = within.left(); x <= within.right(); ++x)
            if (image.pixelColor(x, y) != ground)
                ink |= QRect(x, y, 1, 1);
    return ink;
}

} // namespace

/// Words of the axes and thresholds: whole, and apart from each other.
class TestPlotLayout : public QObject {
    Q_OBJECT

    Theme m_theme;

    QImage axes(PlotLayout layout, bool values) const
    {
        if (values)
            layout.labels.times.clear();
        else
            layout.labels.values.clear();
        QImage image(small.toSize(), QImage::Format_RGB32);
        image.fill(m_theme.surface.panel);
        QPainter painter(&image);
        paintAxes(painter, layout, small, m_theme, 1);
        return image;
    }

private slots:
    void initTestCase() { m_theme = ThemeStore::loadBuiltIn().value().first; }

    void valuesFitIntoTheirGutter_data()
    {
        QTest::addColumn<double>("latency");
        QTest::addColumn<double>("scale");
        QTest::addColumn<Density>("density");
        for (const double latency : {2e8, 3e8, 3e9})
            QTest::addRow("%g ns, to an audience", latency) << latency << 1. << Density::Presenter;
        for (const double scale : {1., 1.4, 2.})
            for (const double latency : {3e5, 3e6, 3e7, 1.4e8, 3e8, 3e9, 3e10, 1e11})
                QTest::addRow("%g ns, scale %.1f", latency, scale) << latency << scale << Density::Compact;
    }
    void valuesFitIntoTheirGutter()
    {
        QFETCH(double, latency);
        QFETCH(double, scale);
        QFETCH(Density, density);
        Theme theme = m_theme;
        theme.scale = scale;
        theme.density = density;
        PanelSnapshot panel = madeup::busy().panels[static_cast<std::size_t>(PanelId::ProcessingLatency)];
        double most = 0;
        for (const PlotSeries &series : panel.series)
            for (const PlotPoint &point : series.points)
                most = std::isfinite(point.value) ? std::max(most, point.value) : most;
        for (PlotSeries &series : panel.series)
            for (auto *points : {&series.points, &series.minimum, &series.maximum})
                for (PlotPoint &point : *points)
                    point.value *= latency / most;
        const PlotLayout layout = layoutPlot(panel, small * scale, theme, QTimeZone::utc(), false, {});
        const QFontMetricsF metrics(theme.font(FontRole::Axis));
        for (const ValueTick &tick : layout.labels.values)
            QVERIFY2(tabularWidth(metrics, tick.label) + theme.px(4) <= layout.frame.plot.left() - theme.px(6), qPrintable(tick.label));
    }

    void allPanelsValuesFitIntoTheirGutter_data()
    {
        QTest::addColumn<int>("panel");
        for (int i = 0; i < static_cast<int>(panelCount); ++i)
            QTest::addRow("%s", std::string(panelKey(static_cast<PanelId>(i))).c_str()) << i;
    }
    void allPanelsValuesFitIntoTheirGutter()
    {
        QFETCH(int, panel);
        const QFontMetricsF metrics(m_theme.font(FontRole::Axis));
        for (const OverviewSnapshot &overview : {madeup::busy(), madeup::healthy(), madeup::extreme(), madeup::crowded()}) {
            const PlotLayout layout =
                layoutPlot(overview.panels[static_cast<std::size_t>(panel)], small, m_theme, QTimeZone::utc(), false, {});
            for (const ValueTick &tick : layout.labels.values)
                QVERIFY2(tabularWidth(metrics, tick.label) + m_theme.px(4) <= layout.frame.plot.left() - m_theme.px(6),
                         qPrintable(tick.label));
        }
    }

    void theFirstTimeDoesNotTouchTheLowestValue_data()
    {
        QTest::addColumn<int>("afterTheBegin"); // seconds
        for (const int seconds : {0, 5, 60, 150, 299})
            QTest::addRow("%d s", seconds) << seconds;
    }
    void theFirstTimeDoesNotTouchTheLowestValue()
    {
        QFETCH(int, afterTheBegin);
        PanelSnapshot panel = heatMap();
        const std::int64_t step = 300 * tapio::nsPerSecond;
        panel.fromNs = panel.fromNs / step * step - afterTheBegin * tapio::nsPerSecond;
        const PlotLayout layout = layoutPlot(panel, small, m_theme, QTimeZone::utc(), false, {});
        const QRect whole(QPoint(), small.toSize());
        const int foot = qRound(layout.frame.whole().bottom()) + 2; // below the grid
        const QRect values = inkOf(axes(layout, true), whole.adjusted(0, 0, -qRound(small.width() - layout.frame.plot.left()) - 1, 0),
                                   m_theme.surface.panel);
        const QRect firstTime = inkOf(axes(layout, false), QRect(0, foot, 60, whole.height()), m_theme.surface.panel);
        QVERIFY(!values.isEmpty());
        QVERIFY2(firstTime.isEmpty() || firstTime.left() > values.right() + 1,
                 qPrintable(QStringLiteral("%1 after %2").arg(firstTime.left()).arg(values.right())));
    }

    void nothingShinesThroughTheWordOfAThreshold()
    {
        PanelSnapshot panel = heatMap();
        const PlotLayout layout = layoutPlot(panel, small, m_theme, QTimeZone::utc(), false, {});
        QCOMPARE(layout.labels.words.size(), 1u);
        QImage image(small.toSize(), QImage::Format_RGB32);
        const QColor cell = m_theme.heatHigh;
        image.fill(cell);
        QPainter painter(&image);
        paintThresholdWords(painter, layout, m_theme, panel);
        painter.end();
        const QRect word = inkOf(image, image.rect(), cell);
        QVERIFY(word.width() > 20);
        QCOMPARE(image.pixelColor(word.left() + 1, word.center().y()), m_theme.surface.panel);
    }

    void wordOfAThresholdStandsBesideTheCells_data()
    {
        QTest::addColumn<double>("fromShare"); // of the range: from there on all rows have cells
        QTest::newRow("no cells") << 1.;
        QTest::newRow("the newest") << .7;
        QTest::newRow("all of it: where the oldest are") << 0.;
    }
    void wordOfAThresholdStandsBesideTheCells()
    {
        QFETCH(double, fromShare);
        PanelSnapshot panel = heatMap();
        auto &heat = std::get<HeatView>(panel.view);
        const std::int64_t beginNs = panel.fromNs + static_cast<std::int64_t>(fromShare * static_cast<double>(panel.toNs - panel.fromNs));
        heat.columns.clear();
        for (std::int64_t timeNs = beginNs; timeNs < panel.toNs; timeNs += panel.bucketNs)
            heat.columns.push_back({timeNs, std::vector<std::uint64_t>(heat.boundsNs.size() - 1, 1)});
        const PlotLayout layout = layoutPlot(panel, small, m_theme, QTimeZone::utc(), false, {});
        QImage image(small.toSize(), QImage::Format_RGB32);
        image.fill(m_theme.heatHigh);
        QPainter painter(&image);
        paintThresholdWords(painter, layout, m_theme, panel);
        painter.end();
        const QRect word = inkOf(image, image.rect(), m_theme.heatHigh);
        QVERIFY(word.width() > 20);
        if (fromShare > 0)
            QVERIFY(word.right() <= qRound(layout.frame.xOf(beginNs)) && word.right() >= qRound(layout.frame.xOf(beginNs)) - 4);
        else
            QCOMPARE(word.left(), qRound(layout.frame.plot.left()));
    }
};

QTEST_MAIN(TestPlotLayout)
#include "tst_plotlayout.moc"
