// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/dashboards/dashboardcheck.h"

#include <algorithm>
#include <array>

#include "console/core/dashboards/querytemplate.h"
#include "console/core/promql/labels.h"
#include "console/core/promql/parser.h"

namespace tapio::console {

namespace {

using VariableKind = DashboardVariable::Kind;

bool isOfWindow(const DashboardVariable &variable)
{
    return variable.kind == VariableKind::Node || variable.kind == VariableKind::Namespace;
}

/// What it might stand for, so that a query can be looked at before anybody chose.
VariableValue exampleOf(const DashboardVariable &variable)
{
    if (isOfWindow(variable))
        return {{"x"}, false, true};
    const std::string one = !variable.chosen.empty()  ? variable.chosen
                            : variable.values.empty() ? std::string("x")
                                                      : variable.values.front();
    return {{one}, variable.hasAll && variable.chosen.empty(), variable.hasAll};
}

std::vector<std::string> kindProblems(const DashboardVariable &variable)
{
    std::vector<std::string> found;
    const bool isQuery = variable.kind == VariableKind::Query, isList = variable.kind == VariableKind::List;
    if (isQuery && (variable.expression.empty() || variable.of.empty()))
        found.emplace_back("a variable of kind \"query\" has 'query', and in 'of' the label whose values can be chosen");
    if (!isQuery && !(variable.expression.empty() && variable.of.empty()))
        found.emplace_back("'query' and 'of' belong to a variable of kind \"query\"");
    if (isList && variable.values.empty())
        found.emplace_back("a variable of kind \"list\" has 'values'");
    if (!isList && !variable.values.empty())
        found.emplace_back("'values' belong to a variable of kind \"list\"");
    if (variable.values.size() > mostVariableValues)
        found.push_back("a variable has at most " + std::to_string(mostVariableValues) + " values");
    if (isList && !variable.chosen.empty()
        && std::find(variable.values.begin(), variable.values.end(), variable.chosen) == variable.values.end())
        found.push_back("'" + variable.chosen + "', which is chosen at first, is not among the values");
    if (isOfWindow(variable) && (variable.hasAll || !variable.chosen.empty()))
        found.emplace_back("what the window has chosen is neither 'chosen' here, nor needs 'all'");
    return found;
}

std::string placeProblem(const GridPlace &at, PanelKind kind)
{
    if (at.width < 2 || at.height < (kind == PanelKind::Text ? 1 : 2))
        return "a panel is at least 2 columns wide and 2 rows high, and a text 1 row";
    if (at.x + at.width > dashboardColumns)
        return "the panel ends in column " + std::to_string(at.x + at.width) + ", and there are " + std::to_string(dashboardColumns);
    if (at.y + at.height > lastDashboardRow)
        return "the panel ends in row " + std::to_string(at.y + at.height) + ", and there are " + std::to_string(lastDashboardRow);
    return {};
}

std::string contentProblem(const DashboardPanel &panel)
{
    switch (panel.kind) {
    case PanelKind::Figure:
        if (!panel.queries.empty())
            return "a panel of kind \"figure\" shows a figure of the console, and has no queries";
        return figureFromKey(panel.figure) ? std::string()
                                           : "'figure' must be one of the Overview's, such as \"cpu-usage\"; not '" + panel.figure + '\'';
    case PanelKind::Text:
        if (!panel.queries.empty())
            return "a panel of kind \"text\" has no queries";
        return panel.text.empty() ? "a panel of kind \"text\" has 'text'" : std::string();
    case PanelKind::Heatmap:
        return panel.queries.size() == 1 ? std::string() : "a panel of kind \"heatmap\" has one query: [[panel.query]] with 'expr'";
    default: return panel.queries.empty() ? "a panel without a query shows nothing: [[panel.query]] with 'expr'" : std::string();
    }
}

} // namespace

std::string_view boundWord(ThresholdKind kind) noexcept
{
    constexpr std::array<std::string_view, 5> words{"alert-above", "alert-below", "scale-up", "scale-down", "reference"};
    return words[std::min<std::size_t>(static_cast<std::size_t>(kind), words.size() - 1)];
}

bool overlap(const GridPlace &a, const GridPlace &b) noexcept
{
    return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

std::vector<std::string> variableProblems(const Dashboard &before, const DashboardVariable &variable)
{
    std::vector<std::string> found;
    if (!promql::isLabelName(variable.name) || isOfEveryQuery(variable.name))
        found.push_back("a variable's name has letters, digits and \"_\", begins with no digit, and is none that every query has; not '"
                        + variable.name + '\'');
    const bool isTwin = std::any_of(before.variables.begin(), before.variables.end(),
                                    [&variable](const DashboardVariable &other) { return other.name == variable.name; });
    if (isTwin)
        found.push_back("two variables are called '" + variable.name + '\'');
    const std::vector<std::string> ofKind = kindProblems(variable);
    found.insert(found.end(), ofKind.begin(), ofKind.end());
    if (variable.kind == VariableKind::Query && !variable.expression.empty()) {
        const std::vector<std::string> ofQuery = queryProblems(before.variables, variable.expression, before.source.empty());
        found.insert(found.end(), ofQuery.begin(), ofQuery.end());
    }
    return found;
}

std::vector<std::string> panelProblems(const Dashboard &before, const DashboardPanel &panel)
{
    std::vector<std::string> found;
    for (std::string problem : {placeProblem(panel.at, panel.kind), contentProblem(panel)})
        if (!problem.empty())
            found.push_back(std::move(problem));
    if (panel.kind != PanelKind::Figure && !panel.figure.empty())
        found.emplace_back("'figure' belongs to a panel of kind \"figure\"");
    if (panel.kind != PanelKind::Text && !panel.text.empty())
        found.emplace_back("'text' belongs to a panel of kind \"text\"; what explains a panel is its 'description'");
    if (panel.title.empty() && panel.kind != PanelKind::Figure && panel.kind != PanelKind::Text)
        found.emplace_back("'title' is missing");
    const bool hasBoth = panel.largest && (panel.least || panel.kind == PanelKind::Gauge); // which begins at 0 where nobody says
    if (hasBoth && !(panel.least.value_or(0) < *panel.largest))
        found.emplace_back("'min' must be less than 'max'; of a gauge it is 0 where it is left out");
    if (panel.kind == PanelKind::Heatmap && panel.unit.unit != Unit::Nanoseconds)
        found.emplace_back("a heat map is of times: its 'unit' is seconds, milliseconds, microseconds or nanoseconds");
    if (panel.kind == PanelKind::Gauge && !panel.largest)
        found.emplace_back("a panel of kind \"gauge\" has 'max', where its scale ends");
    const auto under = std::find_if(before.panels.begin(), before.panels.end(),
                                    [&panel](const DashboardPanel &other) { return overlap(panel.at, other.at); });
    if (under != before.panels.end())
        found.push_back("the panel lies on that of \"" + under->title + "\", at [" + std::to_string(under->at.x) + ", "
                        + std::to_string(under->at.y) + ", " + std::to_string(under->at.width) + ", " + std::to_string(under->at.height)
                        + ']');
    return found;
}

std::vector<std::string> queryProblems(const std::vector<DashboardVariable> &variables, const std::string &expression, bool isOfStore)
{
    TemplateValues values{{}, 60'000, 3'600'000};
    for (const DashboardVariable &variable : variables)
        values.variables[variable.name] = exampleOf(variable);
    const auto filled = filledIn(expression, values);
    if (!filled)
        return {filled.error().context()};
    if (!isOfStore)
        return {};
    const auto query = promql::parseQuery(*filled);
    if (query)
        return {};
    const bool isAsWritten = *filled == expression;
    return {query.error().located(*filled) + (isAsWritten ? std::string() : "; with examples for its variables the query is: " + *filled)};
}

} // namespace tapio::console
