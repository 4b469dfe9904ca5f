// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>

#include "console/core/dashboards/dashboardcheck.h"
#include "console/core/dashboards/dashboardfile.h"
#include "console/core/promql/labels.h"
#include "protocol/base/tomltable.h"

namespace tapio::console {

namespace {

constexpr std::size_t mostTitle = 200, mostText = 8000, mostExpression = 16u << 10;

TomlWords<PanelKind> kinds()
{
    TomlWords<PanelKind> words;
    for (int kind = 0; kind <= static_cast<int>(PanelKind::Figure); ++kind)
        words.emplace(kindWord(static_cast<PanelKind>(kind)), static_cast<PanelKind>(kind));
    return words;
}

TomlWords<ThresholdKind> boundKinds()
{
    TomlWords<ThresholdKind> words;
    for (int kind = 0; kind <= static_cast<int>(ThresholdKind::Reference); ++kind)
        words.emplace(boundWord(static_cast<ThresholdKind>(kind)), static_cast<ThresholdKind>(kind));
    return words;
}

const TomlWords<DashboardVariable::Kind> variableKinds{{"query", DashboardVariable::Kind::Query},
                                                       {"list", DashboardVariable::Kind::List},
                                                       {"node", DashboardVariable::Kind::Node},
                                                       {"namespace", DashboardVariable::Kind::Namespace}};

class DashboardReader {
public:
    DashboardReader(const std::string &file, std::vector<TextProblem> &problems)
        : m_file(file), m_problems(problems), m_kinds(kinds()), m_boundKinds(boundKinds())
    {}

    Dashboard read(const toml::table &root)
    {
        TomlTable table(root, m_file, m_problems);
        if (table.integer("format", 0, 1, 1) == 0 && !table.has("format"))
            table.refuse(nullptr, "'format' is missing: this version reads format = 1");
        m_dashboard.title = table.text("title", true, mostTitle);
        m_dashboard.description = table.text("description", false, mostText);
        m_dashboard.source = table.text("source", false, mostTitle);
        for (const toml::table *one : upTo(table, "variable", mostVariables))
            readVariable(*one);
        for (const toml::table *one : upTo(table, "panel", mostPanels))
            readPanel(*one);
        table.end();
        if (m_dashboard.panels.empty() && !table.has("panel"))
            table.refuse(nullptr, "there is no panel: each is a table [[panel]]");
        return std::move(m_dashboard);
    }

private:
    std::vector<const toml::table *> upTo(TomlTable &table, const char *key, std::size_t most)
    {
        std::vector<const toml::table *> all = table.tables(key);
        if (all.size() > most) {
            table.refuse(table.node(key), "there are " + std::to_string(all.size()) + " tables '" + key + "', and at most "
                                              + std::to_string(most) + " are read");
            all.clear();
        }
        return all;
    }

    void refuseAll(TomlTable &table, const char *key, const std::vector<std::string> &reasons)
    {
        for (const std::string &reason : reasons)
            table.refuse(key == nullptr ? nullptr : table.node(key), reason);
    }

    void readVariable(const toml::table &from)
    {
        TomlTable table(from, m_file, m_problems);
        DashboardVariable variable;
        variable.name = table.text("name", true, 60);
        variable.label = table.text("label", false, mostTitle);
        variable.kind = table.word("kind", variableKinds, true).value_or(DashboardVariable::Kind::List);
        variable.expression = table.text("query", false, mostExpression);
        variable.of = table.text("of", false, mostTitle);
        variable.values = table.texts("values", mostTitle);
        variable.chosen = table.text("chosen", false, mostTitle);
        variable.hasAll = table.flag("all", false);
        table.end();
        refuseAll(table, "name", variableProblems(m_dashboard, variable));
        m_dashboard.variables.push_back(std::move(variable));
    }

    void readPanel(const toml::table &from)
    {
        TomlTable table(from, m_file, m_problems);
        DashboardPanel panel;
        panel.title = table.text("title", false, mostTitle);
        panel.description = table.text("description", false, mostText);
        panel.kind = table.word("kind", m_kinds, true).value_or(PanelKind::Text);
        panel.at = readPlace(table);
        panel.source = table.text("source", false, mostTitle);
        panel.figure = table.text("figure", false, mostTitle);
        panel.text = table.text("text", false, mostText);
        readScale(table, panel);
        for (const toml::table *one : upTo(table, "query", mostPanelQueries))
            readQuery(*one, panel);
        for (const toml::table *one : upTo(table, "bound", mostPanelQueries))
            readBound(*one, panel);
        table.end();
        refuseAll(table, nullptr, panelProblems(m_dashboard, panel));
        m_dashboard.panels.push_back(std::move(panel));
    }

    GridPlace readPlace(TomlTable &table)
    {
        const toml::node *at = table.node("at");
        const toml::array *list = at == nullptr ? nullptr : at->as_array();
        std::array<std::int64_t, 4> numbers{};
        bool isFour = list != nullptr && list->size() == numbers.size();
        for (std::size_t i = 0; isFour && i < numbers.size(); ++i) {
            const auto number = list->get(i)->value_exact<std::int64_t>();
            isFour = number && *number >= 0 && *number <= lastDashboardRow;
            numbers[i] = number.value_or(0);
        }
        if (!isFour) {
            table.refuse(at, "'at' must be four whole numbers, such as [0, 0, 12, 8]: column, row, columns, rows");
            return {};
        }
        return {static_cast<int>(numbers[0]), static_cast<int>(numbers[1]), static_cast<int>(numbers[2]), static_cast<int>(numbers[3])};
    }

    void readScale(TomlTable &table, DashboardPanel &panel)
    {
        const std::string word = table.text("unit", false, 40);
        const auto unit = unitFromWord(word);
        if (!unit && !word.empty())
            table.refuse(table.node("unit"), '\'' + word + "' is none of " + unitWords());
        panel.unit = unit.value_or(ValueUnit());
        panel.least = table.number("min", false);
        panel.largest = table.number("max", false);
    }

    void readQuery(const toml::table &from, DashboardPanel &panel)
    {
        TomlTable table(from, m_file, m_problems);
        PanelQuery query;
        query.expression = table.text("expr", true, mostExpression);
        query.legend = table.text("legend", false, mostTitle);
        table.end();
        if (query.expression.empty())
            return;
        const std::string &source = panel.source.empty() ? m_dashboard.source : panel.source;
        refuseAll(table, "expr", queryProblems(m_dashboard.variables, query.expression, source.empty()));
        panel.queries.push_back(std::move(query));
    }

    void readBound(const toml::table &from, DashboardPanel &panel)
    {
        TomlTable table(from, m_file, m_problems);
        const auto kind = table.word("kind", m_boundKinds, true);
        const auto value = table.number("value", true);
        table.end();
        if (kind && value)
            panel.bounds.push_back({*kind, *value});
    }

    const std::string &m_file;
    std::vector<TextProblem> &m_problems;
    const TomlWords<PanelKind> m_kinds;
    const TomlWords<ThresholdKind> m_boundKinds;
    Dashboard m_dashboard;
};

} // namespace

Understood<Dashboard> parseDashboard(std::string_view text, const std::string &file)
{
    std::vector<TextProblem> problems;
    Dashboard dashboard;
    if (text.size() > mostDashboardBytes)
        problems.push_back({file, 0, "a dashboard has at most " + std::to_string(mostDashboardBytes) + " bytes"});
    else if (const auto table = readToml(text, file, problems))
        dashboard = DashboardReader(file, problems).read(*table);
    if (!problems.empty())
        return tl::unexpected(std::move(problems));
    return dashboard;
}

} // namespace tapio::console
