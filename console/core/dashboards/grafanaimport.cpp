// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "console/core/dashboards/dashboardcheck.h"
#include "console/core/dashboards/grafana.h"
#include "console/core/dashboards/grafanawords.h"
#include "console/core/dashboards/querytemplate.h"
#include "console/core/promql/labels.h"

namespace tapio::console {

namespace {

using Json = nlohmann::json;

constexpr std::size_t mostLeft = 200; ///< told one by one

/// What lies at a path of keys; null where it does not, or is something else than an object on the way.
const Json &at(const Json &from, std::initializer_list<const char *> path)
{
    static const Json null;
    const Json *now = &from;
    for (const char *key : path) {
        if (!now->is_object())
            return null;
        const auto found = now->find(key);
        if (found == now->end())
            return null;
        now = &*found;
    }
    return *now;
}

std::string textAt(const Json &from, std::initializer_list<const char *> path, std::size_t most = 8000)
{
    const Json &value = at(from, path);
    std::string text = value.is_string() ? value.get<std::string>() : std::string();
    if (text.size() > most) {
        text.resize(most);
        while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80)
            text.pop_back();
        if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xc0)
            text.pop_back();
    }
    return text;
}

std::optional<double> numberAt(const Json &from, std::initializer_list<const char *> path)
{
    const Json &value = at(from, path);
    if (value.is_number() && std::isfinite(value.get<double>()))
        return value.get<double>();
    return std::nullopt;
}

bool isTrueAt(const Json &from, std::initializer_list<const char *> path)
{
    const Json &value = at(from, path);
    return value.is_boolean() && value.get<bool>();
}

int wholeAt(const Json &from, std::initializer_list<const char *> path, int otherwise, int most)
{
    const auto number = numberAt(from, path);
    return number ? static_cast<int>(std::clamp(*number, 0., static_cast<double>(most))) : otherwise;
}

/// "[[name]]" was how Grafana wrote variables before 2019.
std::string withBraces(std::string text)
{
    for (std::size_t begin = text.find("[["); begin != std::string::npos; begin = text.find("[[", begin + 2)) {
        const std::size_t end = text.find("]]", begin);
        if (end == std::string::npos || !promql::isLabelName(std::string_view(text).substr(begin + 2, end - begin - 2)))
            continue;
        text.replace(end, 2, "}");
        text.replace(begin, 2, "${");
    }
    return text;
}

std::string trimmed(std::string text)
{
    const auto isBlank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
    while (!text.empty() && isBlank(text.back()))
        text.pop_back();
    text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), isBlank));
    return text;
}

std::vector<std::string> splitAtCommas(const std::string &text)
{
    std::vector<std::string> parts{""};
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ',') // that of a value
            parts.back() += text[++i];
        else if (text[i] == ',')
            parts.emplace_back();
        else
            parts.back() += text[i];
    }
    for (std::string &part : parts)
        part = trimmed(std::move(part));
    std::erase(parts, std::string());
    return parts;
}

class GrafanaReader {
public:
    GrafanaReader(const Json &root, const std::string &source) : m_root(root) { m_carried.dashboard.source = source; }

    Result<Carried> read()
    {
        Dashboard &dashboard = m_carried.dashboard;
        dashboard.title = textAt(m_root, {"title"}, 200);
        if (dashboard.title.empty())
            dashboard.title = "Untitled";
        dashboard.description = textAt(m_root, {"description"});
        if (at(m_root, {"rows"}).is_array() && !at(m_root, {"panels"}).is_array())
            return fail(Errc::Malformed, "this dashboard is of a Grafana before 5, which had rows instead of a grid: a newer Grafana that "
                                         "opens and saves it writes the new form");
        if (!at(m_root, {"panels"}).is_array())
            return fail(Errc::Malformed, "this is no dashboard of Grafana: it has no list 'panels'");
        for (const Json &one : listAt(m_root, {"templating", "list"}))
            readVariable(one);
        for (const Json &one : listAt(m_root, {"panels"}))
            readPanel(one);
        for (const Json &one : listAt(m_root, {"annotations", "list"}))
            if (!isTrueAt(one, {"builtIn"}) && numberAt(one, {"builtIn"}).value_or(0) == 0)
                leave("annotation '" + textAt(one, {"name"}, 200) + "': annotations are not carried over");
        if (m_untold > 0)
            m_carried.left.push_back("and " + std::to_string(m_untold) + " more");
        if (dashboard.panels.empty())
            return fail(Errc::Malformed,
                        "no panel of it can be carried over" + (m_carried.left.empty() ? std::string() : ": " + m_carried.left.front()));
        if (dashboard.panels.size() > mostPanels)
            return fail(Errc::NoSpace, "it has " + std::to_string(dashboard.panels.size()) + " panels, and a dashboard has at most "
                                           + std::to_string(mostPanels));
        return std::move(m_carried);
    }

private:
    static const std::vector<Json> &listAt(const Json &from, std::initializer_list<const char *> path)
    {
        static const std::vector<Json> none;
        const Json &value = at(from, path);
        return value.is_array() ? value.get_ref<const Json::array_t &>() : none;
    }
    void leave(std::string what)
    {
        if (m_carried.left.size() < mostLeft)
            m_carried.left.push_back(std::move(what));
        else
            ++m_untold;
    }

    void readVariable(const Json &from)
    {
        if (m_carried.dashboard.variables.size() >= mostVariables)
            return leave("a variable: a dashboard has at most " + std::to_string(mostVariables) + " of them");
        DashboardVariable variable;
        variable.name = textAt(from, {"name"}, 60);
        variable.label = textAt(from, {"label"}, 200);
        const std::string type = textAt(from, {"type"}, 40), name = "variable '" + variable.name + "': ";
        if (type == "datasource")
            return; // whom to ask is said once, for all of them
        if (type == "query" && !readQuery(from, variable))
            return leave(name + "what it asks is not known here: " + textAt(from, {"definition"}, 200));
        if (type == "adhoc" || type.empty())
            return leave(name + "filters that are put into every query are not carried over");
        if (type != "query" && !readValues(from, variable))
            return leave(name + "it has no values");
        variable.hasAll = isTrueAt(from, {"includeAll"});
        if (isTrueAt(from, {"multi"}))
            leave(name + "of several values one can be chosen, or all of them");
        variable.hasAll = variable.hasAll || isTrueAt(from, {"multi"});
        if (const std::string pattern = textAt(from, {"regex"}); !pattern.empty() && pattern != '/' + variable.of + "=\"([^\"]*)\"/")
            leave(name + "its values are not narrowed by " + textAt(from, {"regex"}, 200));
        const std::vector<std::string> problems = variableProblems(m_carried.dashboard, variable);
        if (!problems.empty())
            leave(name + problems.front());
        else
            m_carried.dashboard.variables.push_back(std::move(variable));
    }

    /// label_values(selector, label), or label_values(label).
    static bool readQuery(const Json &from, DashboardVariable &variable)
    {
        variable.kind = DashboardVariable::Kind::Query;
        std::string query = textAt(from, {"query", "query"});
        if (query.empty())
            query = textAt(from, {"query"});
        query = trimmed(withBraces(query));
        if (readQueryResult(from, query, variable))
            return true;
        constexpr std::string_view begin = "label_values(";
        if (!query.starts_with(begin) || !query.ends_with(')'))
            return false;
        query = query.substr(begin.size(), query.size() - begin.size() - 1);
        const std::size_t comma = query.rfind(',');
        variable.of = trimmed(comma == std::string::npos ? query : query.substr(comma + 1));
        if (!promql::isLabelName(variable.of))
            return false;
        const std::string selector = comma == std::string::npos ? '{' + variable.of + "!=\"\"}" : trimmed(query.substr(0, comma));
        variable.expression = "group by (" + variable.of + ") (" + selector + ')';
        return true;
    }

    /// query_result(expression), of which a pattern reads one label, as toGrafana() writes it: /of="([^"]*)"/.
    static bool readQueryResult(const Json &from, const std::string &query, DashboardVariable &variable)
    {
        constexpr std::string_view begin = "query_result(", end = "=\"([^\"]*)\"/";
        const std::string pattern = textAt(from, {"regex"}, 200);
        if (!query.starts_with(begin) || !query.ends_with(')') || !pattern.starts_with('/') || !pattern.ends_with(end))
            return false;
        variable.of = pattern.substr(1, pattern.size() - 1 - end.size());
        variable.expression = trimmed(query.substr(begin.size(), query.size() - begin.size() - 1));
        return promql::isLabelName(variable.of);
    }

    static bool readValues(const Json &from, DashboardVariable &variable)
    {
        variable.kind = DashboardVariable::Kind::List;
        variable.values = splitAtCommas(textAt(from, {"query"}, 16'000));
        std::erase_if(variable.values, [](const std::string &value) { return value == "auto"; });
        for (std::string &value : variable.values) // "name : value"
            if (const std::size_t colon = value.find(" : "); colon != std::string::npos)
                value = trimmed(value.substr(colon + 3));
        std::erase_if(variable.values, [](const std::string &value) { return value.empty() || value.size() > 200; });
        const std::string chosen = textAt(from, {"current", "value"}, 200);
        if (std::find(variable.values.begin(), variable.values.end(), chosen) != variable.values.end())
            variable.chosen = chosen;
        return !variable.values.empty();
    }

    void readPanel(const Json &from)
    {
        if (m_carried.dashboard.panels.size() > mostPanels) // it is refused
            return;
        const std::string type = textAt(from, {"type"}, 60);
        DashboardPanel panel;
        panel.title = textAt(from, {"title"}, 200);
        panel.description = textAt(from, {"description"});
        const std::string name = "panel '" + panel.title + "': ";
        panel.at = {wholeAt(from, {"gridPos", "x"}, 0, dashboardColumns - 2), wholeAt(from, {"gridPos", "y"}, 0, lastDashboardRow / 2),
                    wholeAt(from, {"gridPos", "w"}, 12, dashboardColumns), wholeAt(from, {"gridPos", "h"}, 8, 100)};
        if (type == "row") {
            readRow(from, std::move(panel));
            return;
        }
        const auto kind = kindOfGrafana(type);
        if (!kind)
            return leave(name + "there is no kind of panel that shows what '" + type + "' does");
        panel.kind = *kind;
        if (panel.kind == PanelKind::Text) {
            panel.text = textAt(from, {"options", "content"});
            if (panel.text.empty())
                panel.text = textAt(from, {"content"});
        } else {
            readLook(from, panel, name);
            for (const Json &one : listAt(from, {"targets"}))
                readTarget(one, panel, name);
        }
        if (!listAt(from, {"transformations"}).empty())
            leave(name + "its transformations are not carried over");
        take(std::move(panel), name);
    }

    /// A row is a heading; those of a row that is folded lie within it.
    void readRow(const Json &from, DashboardPanel panel)
    {
        panel.kind = PanelKind::Text;
        panel.at.x = 0;
        panel.at.width = dashboardColumns;
        panel.at.height = 1;
        panel.text = std::exchange(panel.title, {});
        if (!panel.text.empty())
            take(std::move(panel), "row: ");
        for (const Json &one : listAt(from, {"panels"}))
            readPanelOfRow(one);
    }
    void readPanelOfRow(const Json &one)
    {
        if (textAt(one, {"type"}, 60) != "row") // none has rows within rows
            readPanel(one);
    }

    void readLook(const Json &from, DashboardPanel &panel, const std::string &name)
    {
        const Json &defaults = at(from, {"fieldConfig", "defaults"});
        const Json &yaxes = at(from, {"yaxes"}); // of the graph of before 2021
        static const Json none;
        const Json &axis = yaxes.is_array() && !yaxes.empty() ? yaxes.front() : none; // no copy: of a deep one that takes a deep stack
        std::string unit = textAt(defaults, {"unit"}, 60);
        if (unit.empty())
            unit = textAt(axis, {"format"}, 60);
        if (const auto known = unitOfGrafana(unit))
            panel.unit = *known;
        else
            leave(name + "the unit '" + unit + "' is not known here; values are shown without one");
        panel.least = numberAt(defaults, {"min"});
        panel.largest = numberAt(defaults, {"max"});
        if (panel.kind == PanelKind::Line)
            panel.kind = shapeOf(from, defaults);
        if (panel.kind == PanelKind::Gauge && !panel.largest)
            panel.largest = panel.unit.unit == Unit::Percent ? 100 / panel.unit.factor : 100;
        if (panel.least && panel.largest && !(*panel.least < *panel.largest))
            panel.least.reset();
        readBounds(defaults, panel, name);
    }

    static PanelKind shapeOf(const Json &from, const Json &defaults)
    {
        const std::string stacking = textAt(defaults, {"custom", "stacking", "mode"}, 20);
        const bool isStacked = isTrueAt(from, {"stack"}) || stacking == "normal" || stacking == "percent";
        if (textAt(defaults, {"custom", "drawStyle"}, 20) == "bars" || isTrueAt(from, {"bars"}))
            return PanelKind::Bars;
        if (isStacked)
            return PanelKind::Stacked;
        const bool isFilled = numberAt(defaults, {"custom", "fillOpacity"}).value_or(0) >= 10;
        return isFilled ? PanelKind::Area : PanelKind::Line;
    }

    /// Steps of colours: what turns red is a bound.
    void readBounds(const Json &defaults, DashboardPanel &panel, const std::string &name)
    {
        const auto &steps = listAt(defaults, {"thresholds", "steps"});
        if (steps.size() > 1 && textAt(defaults, {"thresholds", "mode"}, 20) == "percentage")
            return leave(name + "its thresholds in percent of the scale are not carried over");
        std::string before;
        for (const Json &step : steps) {
            const std::string color = textAt(step, {"color"}, 40);
            const auto value = numberAt(step, {"value"});
            const bool isRed = color.find("red") != std::string::npos, wasRed = before.find("red") != std::string::npos;
            if (value && panel.bounds.size() < mostPanelQueries && (isRed || wasRed))
                panel.bounds.push_back({isRed ? ThresholdKind::AlertAbove : ThresholdKind::AlertBelow, *value});
            before = color;
        }
    }

    void readTarget(const Json &from, DashboardPanel &panel, const std::string &name)
    {
        const std::string type = textAt(from, {"datasource", "type"}, 60);
        if (!type.empty() && type != "prometheus" && type != "__expr__" && type.find("$") == std::string::npos)
            return leave(name + "a query to '" + type + "' is not carried over: there is Prometheus");
        PanelQuery query{trimmed(withBraces(textAt(from, {"expr"}, 16'000))), textAt(from, {"legendFormat"}, 200)};
        if (query.legend == "__auto")
            query.legend.clear();
        if (query.expression.empty())
            return leave(name + "a query without PromQL is not carried over");
        if (isTrueAt(from, {"hide"}))
            return leave(name + "a hidden query is not carried over");
        if (panel.queries.size() == mostPanelQueries)
            return leave(name + "of its queries the first " + std::to_string(mostPanelQueries) + " are carried over");
        const std::vector<std::string> problems =
            queryProblems(m_carried.dashboard.variables, query.expression, m_carried.dashboard.source.empty());
        if (!problems.empty())
            return leave(name + problems.front());
        panel.queries.push_back(std::move(query));
    }

    /// Below those that it would lie on.
    void take(DashboardPanel panel, const std::string &name)
    {
        panel.at.width = std::clamp(panel.at.width, 2, dashboardColumns);
        panel.at.x = std::min(panel.at.x, dashboardColumns - panel.at.width);
        panel.at.height = std::max(panel.at.height, panel.kind == PanelKind::Text ? 1 : 2);
        const std::vector<DashboardPanel> &others = m_carried.dashboard.panels;
        if (others.size() > mostPanels)
            return;
        if (panel.title.empty() && panel.kind != PanelKind::Text)
            panel.title = "Untitled";
        for (auto under = others.begin(); under != others.end();) {
            if (overlap(panel.at, under->at)) {
                panel.at.y = under->at.y + under->at.height;
                under = others.begin();
            } else {
                ++under;
            }
        }
        const std::vector<std::string> problems = panelProblems(m_carried.dashboard, panel);
        if (!problems.empty())
            leave(name + "it is not carried over: " + problems.front());
        else
            m_carried.dashboard.panels.push_back(std::move(panel));
    }

    const Json &m_root;
    Carried m_carried;
    std::size_t m_untold = 0;
};

} // namespace

Result<Carried> fromGrafana(std::string_view json, const std::string &source)
{
    if (json.size() > mostGrafanaBytes)
        return fail(Errc::NoSpace, "a dashboard of Grafana of at most " + std::to_string(mostGrafanaBytes >> 20) + " MiB is read");
    const Json root = Json::parse(json, nullptr, false);
    if (root.is_discarded())
        return fail(Errc::Malformed, "this is no JSON");
    if (!root.is_object())
        return fail(Errc::Malformed, "this is no dashboard of Grafana: it is no object");
    const Json &wrapped = at(root, {"dashboard"}); // as its API answers
    return GrafanaReader(wrapped.is_object() ? wrapped : root, source).read();
}

} // namespace tapio::console
