// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <nlohmann/json.hpp>

#include "console/core/dashboards/dashboardcheck.h"
#include "console/core/dashboards/dashboardfile.h"
#include "console/core/dashboards/dashboardtexts.h"
#include "console/core/dashboards/grafana.h"

using namespace tapio;
using namespace tapio::console;

namespace {

/// With ' for ", as moc cannot read raw strings with an odd number of quotes.
QByteArray json(QByteArray text) { return text.replace('\'', '"'); }

QByteArray dashboardOf(const QByteArray &panels, const QByteArray &variables = {})
{
    return json("{'title':'G','schemaVersion':37,'templating':{'list':[") + variables + json("]},'panels':[") + panels + "]}";
}

QByteArray panelOf(const QByteArray &more, const QByteArray &type = "timeseries")
{
    return json("{'title':'P','type':'") + type + json("','gridPos':{'x':0,'y':0,'w':12,'h':8}") + more + "}";
}

const QByteArray target = json(",'targets':[{'expr':'sum(rate(a_total[$__rate_interval]))','legendFormat':'{{pod}}'}]");

Carried carry(const QByteArray &json, const std::string &source = {})
{
    auto carried = fromGrafana(json.toStdString(), source);
    if (!carried)
        qWarning("%s", carried.error().context().c_str());
    return carried ? std::move(*carried) : Carried();
}

QString left(const Carried &carried)
{
    QStringList all;
    for (const std::string &one : carried.left)
        all << QString::fromStdString(one);
    return all.join(QLatin1Char('\n'));
}

} // namespace

class TestGrafana : public QObject {
    Q_OBJECT

private slots:
    void aPanel_isCarriedOver()
    {
        const Carried carried =
            carry(dashboardOf(panelOf(target
                                      + json(",'description':'D','fieldConfig':{'defaults':{'unit':'percentunit','min':0,'max':1,'"
                                             "thresholds':{'mode':'absolute','steps':[{'color':'green','value':null},{'color':'red','value'"
                                             ":0.8}]},'custom':{'drawStyle':'line','fillOpacity':30,'stacking':{'mode':'normal'}}}}"))));
        QCOMPARE(left(carried), QString());
        QCOMPARE(carried.dashboard.title, std::string("G"));
        QCOMPARE(carried.dashboard.panels.size(), std::size_t(1));
        const DashboardPanel &panel = carried.dashboard.panels[0];
        QCOMPARE(panel.kind, PanelKind::Stacked);
        QCOMPARE(panel.title, std::string("P"));
        QCOMPARE(panel.description, std::string("D"));
        QCOMPARE(panel.unit, *unitFromWord("ratio"));
        QCOMPARE(panel.least, std::optional(0.));
        QCOMPARE(panel.largest, std::optional(1.));
        QCOMPARE(panel.bounds, (std::vector<PanelBound>{{ThresholdKind::AlertAbove, 0.8}}));
        QCOMPARE(panel.queries, (std::vector<PanelQuery>{{"sum(rate(a_total[$__rate_interval]))", "{{pod}}"}}));
        QCOMPARE(panel.at, (GridPlace{0, 0, 12, 8}));
    }

    void kinds_data()
    {
        QTest::addColumn<QByteArray>("panel");
        QTest::addColumn<PanelKind>("kind");

        const auto shaped = [](const QByteArray &custom) {
            return panelOf(target + json(",'fieldConfig':{'defaults':{'custom':{") + custom + "}}}");
        };
        QTest::newRow("line") << shaped(json("'drawStyle':'line','fillOpacity':0")) << PanelKind::Line;
        QTest::newRow("area") << shaped(json("'drawStyle':'line','fillOpacity':50")) << PanelKind::Area;
        QTest::newRow("bars") << shaped(json("'drawStyle':'bars'")) << PanelKind::Bars;
        QTest::newRow("graph of before") << panelOf(target + json(",'stack':true,'yaxes':[{'format':'bytes'}]"), "graph")
                                         << PanelKind::Stacked;
        QTest::newRow("stat") << panelOf(target, "stat") << PanelKind::Stat;
        QTest::newRow("singlestat") << panelOf(target, "singlestat") << PanelKind::Stat;
        QTest::newRow("gauge without an end") << panelOf(target, "gauge") << PanelKind::Gauge;
        QTest::newRow("bar gauge") << panelOf(target, "bargauge") << PanelKind::Gauge;
        QTest::newRow("table") << panelOf(target, "table") << PanelKind::Table;
        QTest::newRow("heat map") << panelOf(target + json(",'fieldConfig':{'defaults':{'unit':'s'}}"), "heatmap") << PanelKind::Heatmap;
        QTest::newRow("text") << panelOf(json(",'options':{'content':'hello'}"), "text") << PanelKind::Text;
        QTest::newRow("text of before") << panelOf(json(",'content':'hello'"), "text") << PanelKind::Text;
        QTest::newRow("row") << panelOf("", "row") << PanelKind::Text;
    }
    void kinds()
    {
        QFETCH(const QByteArray, panel);
        QFETCH(const PanelKind, kind);
        const Carried carried = carry(dashboardOf(panel));
        QVERIFY2(carried.dashboard.panels.size() == 1, left(carried).toUtf8());
        QCOMPARE(carried.dashboard.panels[0].kind, kind);
        QVERIFY(parseDashboard(writeDashboard(carried.dashboard), "d"));
    }

    void variables_areCarriedOver()
    {
        const QByteArray variables =
            json("{'name':'ds','type':'datasource','query':'prometheus'},")
            + json("{'name':'ns','type':'query','query':'label_values(up{a=\\'b\\'}, namespace)','includeAll':true},")
            + json("{'name':'pod','label':'Pod','type':'query','query':{'query':'label_values(up{namespace=\\'[[ns]]\\'}, pod)'}},")
            + json("{'name':'job','type':'query','query':'label_values(job)'},")
            + json("{'name':'size','type':'custom','query':'small : 1m, 5m','current':{'value':'5m'}},")
            + json("{'name':'step','type':'interval','query':'auto,1m,1h'}");
        const Carried carried = carry(
            dashboardOf(panelOf(json(",'targets':[{'expr':'rate(up{pod=~\\'$pod\\',namespace=~\\'[[ns]]\\'}[$size])'}]")), variables));
        QCOMPARE(left(carried), QString());
        const auto &all = carried.dashboard.variables;
        QCOMPARE(all.size(), std::size_t(5));
        QCOMPARE(all[0].expression, std::string("group by (namespace) (up{a=\"b\"})"));
        QCOMPARE(all[0].of, std::string("namespace"));
        QVERIFY(all[0].hasAll);
        QCOMPARE(all[1].expression, std::string("group by (pod) (up{namespace=\"${ns}\"})"));
        QCOMPARE(all[1].label, std::string("Pod"));
        QCOMPARE(all[2].expression, std::string("group by (job) ({job!=\"\"})"));
        QCOMPARE(all[3].values, (std::vector<std::string>{"1m", "5m"}));
        QCOMPARE(all[3].chosen, std::string("5m"));
        QCOMPARE(all[4].values, (std::vector<std::string>{"1m", "1h"}));
        QCOMPARE(carried.dashboard.panels[0].queries[0].expression, std::string("rate(up{pod=~\"$pod\",namespace=~\"${ns}\"}[$size])"));
    }

    void whatIsLeft_isNamed_data()
    {
        QTest::addColumn<QByteArray>("panel");
        QTest::addColumn<QByteArray>("variable");
        QTest::addColumn<QString>("what");

        const QByteArray good = panelOf(target);
        QTest::newRow("a kind") << good + "," + panelOf(target, "geomap") << QByteArray()
                                << "panel 'P': there is no kind of panel that shows what 'geomap' does";
        QTest::newRow("another source") << panelOf(json(",'targets':[{'datasource':{'type':'loki'},'expr':'x'},{'expr':'up'}]"))
                                        << QByteArray() << "a query to 'loki' is not carried over";
        QTest::newRow("hidden") << panelOf(json(",'targets':[{'expr':'up','hide':true},{'expr':'up'}]")) << QByteArray()
                                << "a hidden query";
        QTest::newRow("no PromQL") << panelOf(json(",'targets':[{'expr':'sum('},{'expr':'up'}]")) << QByteArray() << "line 1, column 5";
        QTest::newRow("a unit") << panelOf(target + json(",'fieldConfig':{'defaults':{'unit':'celsius'}}")) << QByteArray()
                                << "the unit 'celsius'";
        QTest::newRow("transformations") << panelOf(target + json(",'transformations':[{'id':'merge'}]")) << QByteArray()
                                         << "transformations";
        QTest::newRow("percent of a scale") << panelOf(
            target + json(",'fieldConfig':{'defaults':{'thresholds':{'mode':'percentage','steps':[{},{}]}}}"))
                                            << QByteArray() << "thresholds in percent";
        QTest::newRow("several values") << good << QByteArray(json("{'name':'a','type':'custom','query':'b,c','multi':true}"))
                                        << "one can be chosen";
        QTest::newRow("filters") << good << QByteArray(json("{'name':'a','type':'adhoc'}")) << "filters that are put into every query";
        QTest::newRow("another question") << good << QByteArray(json("{'name':'a','type':'query','query':'metrics(x)'}"))
                                          << "what it asks is not known";
        QTest::newRow("narrowed") << good << QByteArray(json("{'name':'a','type':'query','query':'label_values(b)','regex':'/x/'}"))
                                  << "not narrowed by /x/";
        QTest::newRow("a variable that is missing")
            << panelOf(json(",'targets':[{'expr':'up{a=\\'$gone\\'}'},{'expr':'up'}]")) << QByteArray() << "there is no variable 'gone'";
    }
    void whatIsLeft_isNamed()
    {
        QFETCH(const QByteArray, panel);
        QFETCH(const QByteArray, variable);
        QFETCH(const QString, what);
        const Carried carried = carry(dashboardOf(panel, variable));
        QVERIFY(!carried.dashboard.panels.empty());
        QVERIFY2(left(carried).contains(what), left(carried).toUtf8());
    }

    void panelsOfAFoldedRow_comeAfterIt()
    {
        const QByteArray row = json("{'title':'R','type':'row','collapsed':true,'gridPos':{'x':0,'y':3,'w':24,'h':1},'panels':[")
                               + panelOf(target) + "," + panelOf(target) + "]}";
        const Carried carried = carry(dashboardOf(row));
        QCOMPARE(carried.dashboard.panels.size(), std::size_t(3));
        for (std::size_t i = 0; i < 3; ++i)
            for (std::size_t k = 0; k < i; ++k)
                QVERIFY(!overlap(carried.dashboard.panels[i].at, carried.dashboard.panels[k].at));
        QCOMPARE(carried.dashboard.panels[0].text, std::string("R"));
    }

    void hostile_isRefused_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("reason");

        QTest::newRow("nothing") << QByteArray() << "no JSON";
        QTest::newRow("a list") << QByteArray("[]") << "it is no object";
        QTest::newRow("something else") << QByteArray(json("{'a':1}")) << "no list 'panels'";
        QTest::newRow("panels that are none") << QByteArray(json("{'panels':3}")) << "no list 'panels'";
        QTest::newRow("of before 5") << QByteArray(json("{'rows':[]}")) << "of a Grafana before 5";
        QTest::newRow("no panel") << QByteArray(json("{'panels':[1,null,'x',[]]}")) << "no panel of it can be carried over";
        QTest::newRow("deep") << QByteArray(json("{'panels':")) + QByteArray(100'000, '[') << "no JSON";
        QTest::newRow("deep in an axis") << json("{'panels':[{'type':'graph','title':'x','yaxes':") + QByteArray(50'000, '[')
                                                + QByteArray(50'000, ']') + json("}]}")
                                         << "no panel of it can be carried over";
        QTest::newRow("too many") << dashboardOf(QByteArray(panelOf(target) + ",").repeated(300) + panelOf(target)) << "at most 200";
        QTest::newRow("too large") << QByteArray((16 << 20) + 1, ' ') << "at most 16 MiB";
    }
    void hostile_isRefused()
    {
        QFETCH(const QByteArray, json);
        QFETCH(const QString, reason);
        const auto carried = fromGrafana(json.toStdString(), {});
        QVERIFY(!carried);
        QVERIFY2(QString::fromStdString(carried.error().context()).contains(reason), carried.error().context().c_str());
    }

    void whatIsLeft_isNotWithoutEnd()
    {
        const Carried carried = carry(
            dashboardOf(panelOf(target) + QByteArray(",{}").repeated(5000), json("{'name':'a','type':'adhoc'},").repeated(500) + "{}"));
        QCOMPARE(carried.left.size(), std::size_t(201));
        QCOMPARE(carried.left.back(), std::string("and 5301 more"));
    }

    void oddPlaces_areMadeGood()
    {
        const QByteArray odd = json("{'title':'P','type':'stat','gridPos':{'x':-5,'y':1e300,'w':99,'h':0}") + target + "}";
        const Carried carried = carry(dashboardOf(odd + "," + odd));
        QCOMPARE(carried.dashboard.panels.size(), std::size_t(2));
        QVERIFY(parseDashboard(writeDashboard(carried.dashboard), "d"));
    }

    void shippedOnes_comeBack_data()
    {
        QTest::addColumn<QByteArray>("text");
        for (const DashboardText &one : shippedDashboardTexts())
            QTest::newRow(std::string(one.name).c_str()) << QByteArray(one.text.data(), static_cast<qsizetype>(one.text.size()));
    }
    void shippedOnes_comeBack()
    {
        QFETCH(const QByteArray, text);
        const auto dashboard = parseDashboard(text.toStdString(), "d");
        QVERIFY(dashboard);
        const GrafanaText made = toGrafana(*dashboard);
        QVERIFY(nlohmann::json::accept(made.json));
        const auto figures = std::count_if(dashboard->panels.begin(), dashboard->panels.end(),
                                           [](const DashboardPanel &panel) { return panel.kind == PanelKind::Figure; });
        QCOMPARE(std::ptrdiff_t(made.left.size()), figures);
        if (static_cast<std::size_t>(figures) == dashboard->panels.size())
            return;
        const auto back = fromGrafana(made.json, {});
        QVERIFY2(back, back ? "" : back.error().context().c_str());
        std::size_t i = 0;
        for (const DashboardPanel &panel : dashboard->panels) {
            if (panel.kind == PanelKind::Figure)
                continue;
            const DashboardPanel &again = back->dashboard.panels.at(i++);
            QCOMPARE(again.title, panel.title);
            QCOMPARE(again.at, panel.at);
            QCOMPARE(again.kind, panel.kind);
            QCOMPARE(again.queries.size(), panel.queries.size());
            QCOMPARE(again.bounds, panel.bounds);
        }
    }
};

QTEST_APPLESS_MAIN(TestGrafana)
#include "tst_grafana.moc"
