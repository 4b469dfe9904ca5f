// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include <nlohmann/json.hpp>

#include "console/core/dashboards/grafana.h"
#include "console/core/dashboards/grafanawords.h"

namespace tapio::console {

namespace {

using Json = nlohmann::json;

constexpr int schemaVersion = 37; ///< of Grafana 9

Json datasource() { return {{"type", "prometheus"}, {"uid", "${DS_PROMETHEUS}"}}; }

Json queryVariable(const std::string &expression, const std::string &of)
{
    // As label_values() cannot evaluate, what an expression answers is read out of its text.
    const std::string query = "query_result(" + expression + ')';
    return {{"type", "query"},
            {"datasource", datasource()},
            {"definition", query},
            {"query", {{"query", query}, {"refId", "variable"}}},
            {"regex", "/" + of + "=\"([^\"]*)\"/"},
            {"refresh", 2}};
}

Json asVariable(const DashboardVariable &variable)
{
    using Kind = DashboardVariable::Kind;
    Json json;
    const bool isOfWindow = variable.kind == Kind::Node || variable.kind == Kind::Namespace;
    if (isOfWindow) {
        const std::string label = variable.kind == Kind::Node ? "node" : "namespace";
        json = queryVariable("group by (" + label + ") ({" + label + "!=\"\"})", label);
    } else if (variable.kind == Kind::Query) {
        json = queryVariable(variable.expression, variable.of);
    } else {
        std::string list;
        for (std::string value : variable.values) {
            for (std::size_t at = value.find(','); at != std::string::npos; at = value.find(',', at + 2))
                value.insert(at, 1, '\\');
            list += (list.empty() ? "" : ",") + value;
        }
        json = {{"type", "custom"}, {"query", list}};
        const std::string chosen = variable.chosen.empty() ? variable.values.front() : variable.chosen;
        json["current"] = {{"text", chosen}, {"value", chosen}};
    }
    json["name"] = variable.name;
    json["label"] = variable.label;
    json["includeAll"] = variable.hasAll || isOfWindow;
    if (variable.hasAll || isOfWindow)
        json["allValue"] = ".*";
    return json;
}

Json customOf(PanelKind kind)
{
    Json custom{{"drawStyle", kind == PanelKind::Bars ? "bars" : "line"}};
    const bool isStacked = kind == PanelKind::Stacked || kind == PanelKind::Bars;
    custom["stacking"] = {{"mode", isStacked ? "normal" : "none"}};
    custom["fillOpacity"] = kind == PanelKind::Line ? 0 : kind == PanelKind::Bars ? 100 : 25;
    return custom;
}

bool isAlert(const PanelBound &bound) { return bound.kind == ThresholdKind::AlertAbove || bound.kind == ThresholdKind::AlertBelow; }

Json thresholdsOf(const DashboardPanel &panel)
{
    std::vector<PanelBound> bounds = panel.bounds;
    std::erase_if(bounds, [](const PanelBound &bound) { return !isAlert(bound); });
    std::sort(bounds.begin(), bounds.end(), [](const PanelBound &a, const PanelBound &b) { return a.value < b.value; });
    const bool beginsRed = !bounds.empty() && bounds.front().kind == ThresholdKind::AlertBelow;
    Json steps = Json::array({{{"color", beginsRed ? "red" : "green"}, {"value", nullptr}}});
    for (const PanelBound &bound : bounds) {
        steps.push_back({{"color", bound.kind == ThresholdKind::AlertAbove ? "red" : "green"}, {"value", bound.value}});
    }
    return {{"mode", "absolute"}, {"steps", steps}};
}

Json targetsOf(const DashboardPanel &panel)
{
    const bool isAtEnd = panel.kind == PanelKind::Table || panel.kind == PanelKind::Gauge;
    Json targets = Json::array();
    for (const PanelQuery &query : panel.queries) {
        const std::string letter(1, static_cast<char>('A' + static_cast<int>(targets.size())));
        Json target{{"refId", letter}, {"datasource", datasource()}, {"expr", query.expression}, {"instant", isAtEnd}, {"range", !isAtEnd}};
        target["legendFormat"] = query.legend.empty() ? "__auto" : query.legend;
        if (panel.kind == PanelKind::Heatmap)
            target["format"] = "heatmap";
        if (panel.kind == PanelKind::Table)
            target["format"] = "table";
        targets.push_back(std::move(target));
    }
    return targets;
}

Json asPanel(const DashboardPanel &panel, std::size_t id)
{
    const GridPlace &at = panel.at;
    Json json{{"id", id},
              {"type", grafanaTypeOf(panel.kind)},
              {"title", panel.title},
              {"gridPos", {{"x", at.x}, {"y", at.y}, {"w", at.width}, {"h", at.height}}}};
    if (!panel.description.empty())
        json["description"] = panel.description;
    if (panel.kind == PanelKind::Text) {
        json["options"] = {{"mode", "markdown"}, {"content", panel.text}};
        return json;
    }
    Json defaults{{"unit", grafanaUnitOf(panel.unit)}, {"thresholds", thresholdsOf(panel)}, {"custom", customOf(panel.kind)}};
    if (panel.least)
        defaults["min"] = *panel.least;
    if (panel.largest)
        defaults["max"] = *panel.largest;
    json["fieldConfig"] = {{"defaults", defaults}, {"overrides", Json::array()}};
    json["datasource"] = datasource();
    json["targets"] = targetsOf(panel);
    return json;
}

} // namespace

GrafanaText toGrafana(const Dashboard &dashboard)
{
    GrafanaText made;
    Json variables = Json::array(), panels = Json::array();
    for (const DashboardVariable &variable : dashboard.variables)
        variables.push_back(asVariable(variable));
    for (const DashboardPanel &panel : dashboard.panels) {
        if (panel.kind == PanelKind::Figure)
            made.left.push_back("panel '" + panel.figure + "': a figure of the console is no query that Grafana could ask");
        else
            panels.push_back(asPanel(panel, panels.size() + 1));
        if (!panel.source.empty() && panel.source != dashboard.source)
            made.left.push_back("panel '" + panel.title + "': it asks the source '" + panel.source
                                + "', and Grafana will ask the one of the others");
        for (const PanelBound &bound : panel.bounds)
            if (!isAlert(bound))
                made.left.push_back("panel '" + panel.title + "': the bound at " + Json(bound.value).dump()
                                    + " is no threshold of Grafana");
    }
    const Json json{
        {"__inputs",
         Json::array({{{"name", "DS_PROMETHEUS"}, {"label", "Prometheus"}, {"type", "datasource"}, {"pluginId", "prometheus"}}})},
        {"title", dashboard.title},
        {"description", dashboard.description},
        {"schemaVersion", schemaVersion},
        {"templating", {{"list", variables}}},
        {"panels", panels},
        {"time", {{"from", "now-1h"}, {"to", "now"}}}};
    made.json = json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
    return made;
}

} // namespace tapio::console
