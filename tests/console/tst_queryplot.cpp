// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cmath>
#include <numeric>

#include "console/core/metrics/queryplot.h"

using namespace tapio;
using namespace tapio::console;
using promql::Labels;

namespace {

promql::ResultSeries series(std::vector<promql::Label> labels, std::vector<promql::Sample> samples)
{
    promql::ResultSeries one;
    one.labels = Labels(std::move(labels));
    one.samples = std::move(samples);
    return one;
}

constexpr promql::QueryTimes times{1'000'000, 1'060'000, 10'000};

} // namespace

class TestQueryPlot : public QObject {
    Q_OBJECT

private slots:
    void names_tellApart()
    {
        const std::vector<promql::ResultSeries> all{series({{"__name__", "up"}, {"job", "a"}, {"pod", "x"}}, {}),
                                                    series({{"__name__", "up"}, {"job", "a"}, {"pod", "y"}}, {}),
                                                    series({{"__name__", "up"}, {"job", "a"}}, {})};
        QCOMPARE(seriesNames(all), (std::vector<std::string>{"{pod=\"x\"}", "{pod=\"y\"}", "up{job=\"a\"}"}));
    }

    void names_ofOneSeries_areWhole()
    {
        QCOMPARE(seriesNames({series({{"__name__", "up"}, {"job", "a"}}, {})}), (std::vector<std::string>{"up{job=\"a\"}"}));
        QCOMPARE(seriesNames({series({}, {})}), (std::vector<std::string>{""}));
    }

    void plot_hasTheTimesAndValues()
    {
        promql::QueryResult result;
        result.series = {series({{"a", "b"}}, {{1'000'000, 1}, {1'010'000, HUGE_VAL}, {1'020'000, 2.5}})};
        const PanelSnapshot panel = queryPlot(result, times);
        QCOMPARE(panel.fromNs, std::int64_t(1'000'000'000'000));
        QCOMPARE(panel.toNs, std::int64_t(1'060'000'000'000));
        QCOMPARE(panel.bucketNs, std::int64_t(10'000'000'000));
        QCOMPARE(panel.series.size(), std::size_t(1));
        QCOMPARE(panel.series[0].label, std::string("{a=\"b\"}"));
        QCOMPARE(panel.series[0].points.size(), std::size_t(3));
        QCOMPARE(panel.series[0].points[2].timeNs, std::int64_t(1'020'000'000'000));
        QCOMPARE(panel.series[0].points[2].value, 2.5);
        QVERIFY(std::isnan(panel.series[0].points[1].value)); // no axis has it
    }

    void style_saysHowItIsDrawn()
    {
        promql::QueryResult result;
        result.series = {series({{"pod", "x"}}, {{1'000'000, 0.5}}), series({{"node", "n"}}, {{1'000'000, 2}})};
        const PanelSnapshot stack = queryPlot(result, times, {PictureStyle::Shape::Stack, "{{ pod }}!", Unit::Percent, 100});
        QCOMPARE(stack.series[0].label, std::string("x!"));
        QCOMPARE(stack.series[1].label, std::string("!"));
        QVERIFY(stack.series[0].stacked);
        QCOMPARE(stack.series[0].points[0].value, 50.);
        QCOMPARE(stack.series[0].unit, Unit::Percent);
        const PanelSnapshot plain = queryPlot(result, times, {PictureStyle::Shape::Lines, "{{pod}}", Unit::None, 1});
        QCOMPARE(plain.series[1].label, std::string("{node=\"n\"}")); // a legend that says nothing is none
        const PanelSnapshot bars = queryPlot(result, times, {PictureStyle::Shape::Bars, "", Unit::None, 1});
        QVERIFY(std::holds_alternative<BarsView>(bars.view));
        QCOMPARE(bars.series[0].points[0].timeNs, std::int64_t(990'000'000'000)); // of the ten seconds before
    }

    void heatMap_isOfWhatIsBetweenBounds()
    {
        promql::QueryResult result;
        const auto bucket = [](const char *le, const char *pod, double upTo) {
            return series({{"le", le}, {"pod", pod}}, {{1'000'000, upTo}});
        };
        result.series = {bucket("0.001", "a", 2), bucket("0.002", "a", 5), bucket("+Inf", "a", 6), bucket("0.001", "b", 1),
                         bucket("0.002", "b", 1), bucket("+Inf", "b", 4),  bucket("none", "b", 9)};
        const PanelSnapshot panel = queryPlot(result, times, {PictureStyle::Shape::Heat, "", Unit::Nanoseconds, 1e9});
        const auto &heat = std::get<HeatView>(panel.view);
        QCOMPARE(heat.boundsNs, (std::vector<double>{0, 1e6, 2e6, 4e6}));
        QCOMPARE(heat.columns.size(), std::size_t(1));
        QCOMPARE(heat.columns[0].timeNs, std::int64_t(990'000'000'000));
        QCOMPARE(heat.columns[0].counts, (std::vector<std::uint64_t>{3, 3, 4})); // of both pods together
    }

    void heatMap_hasNoMoreRowsThanCanBeSeen()
    {
        promql::QueryResult result;
        for (int i = 1; i <= 1000; ++i)
            result.series.push_back(series({{"le", std::to_string(i)}}, {{1'000'000, 1. * i}}));
        const PanelSnapshot panel = queryPlot(result, times, {PictureStyle::Shape::Heat, "", Unit::Nanoseconds, 1e9});
        const auto &heat = std::get<HeatView>(panel.view);
        QCOMPARE(heat.boundsNs.size(), std::size_t(101));
        QCOMPARE(heat.boundsNs.back(), 1e12); // the last one stays
        QCOMPARE(std::accumulate(heat.columns[0].counts.begin(), heat.columns[0].counts.end(), std::uint64_t(0)), std::uint64_t(1000));
    }

    void plot_ofOneMoment_hasALength()
    {
        const PanelSnapshot panel = queryPlot({}, {5000, 5000, 1000});
        QVERIFY(panel.fromNs < panel.toNs);
        QVERIFY(panel.series.empty());
    }

    void picture_hasFiguresOfEachSeries()
    {
        promql::QueryResult result;
        result.series = {series({{"a", "b"}}, {{1'000'000, 1}, {1'010'000, std::nan("")}, {1'020'000, 4}}), series({}, {{1'000'000, 7}})};
        const QueryPicture picture = pictureOf(result, times, true);
        QCOMPARE(picture.values, std::uint64_t(4));
        QCOMPARE(picture.rows.size(), std::size_t(2));
        QCOMPARE(picture.rows[0].name, std::string("{a=\"b\"}"));
        QCOMPARE(picture.rows[0].last, 4.0);
        QCOMPARE(picture.rows[0].least, 1.0);
        QCOMPARE(picture.rows[0].largest, 4.0);
        QVERIFY(std::isnan(picture.rows[0].average)); // of what is no number there is none
        QCOMPARE(picture.rows[1].name, std::string());
        QCOMPARE(picture.rows[1].average, 7.0);
        QCOMPARE(picture.plot.series.size(), std::size_t(2));
        QCOMPARE(picture.plot.series[1].key, std::string("value"));
        QVERIFY(pictureOf(result, times, false).plot.series.empty());
    }

    void picture_ofAText_isARow()
    {
        promql::QueryResult result;
        result.type = promql::ValueType::String;
        result.text = "some words";
        const QueryPicture picture = pictureOf(result, times, false);
        QCOMPARE(picture.rows.size(), std::size_t(1));
        QCOMPARE(picture.rows[0].name, std::string("some words"));
    }

    void plot_ofMany_hasTheLargest()
    {
        promql::QueryResult result;
        for (int i = 0; i < 200; ++i)
            result.series.push_back(series({{"i", std::to_string(i)}}, {{1'000'000, i % 100 == 7 ? std::nan("") : double(i * 37 % 200)}}));
        const PanelSnapshot panel = queryPlot(result, times);
        QCOMPARE(panel.series.size(), mostDrawn);
        double least = HUGE_VAL;
        for (const PlotSeries &one : panel.series)
            least = std::min(least, one.points.front().value);
        std::size_t larger = 0;
        for (const promql::ResultSeries &one : result.series)
            larger += one.samples.front().value > least ? 1 : 0;
        QCOMPARE(larger, mostDrawn - 1);
    }
};

QTEST_APPLESS_MAIN(TestQueryPlot)
#include "tst_queryplot.moc"
