// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/dashboardvariables.h"

#include <algorithm>
#include <set>

#include "console/ui/models/explorequestion.h"

namespace tapio::console {

namespace {

using Kind = DashboardVariable::Kind;

constexpr int slotOfVariables = 8;

QStringList listOf(const std::vector<std::string> &values)
{
    QStringList all;
    for (const std::string &value : values)
        all << QString::fromStdString(value);
    return all;
}

} // namespace

DashboardVariables::DashboardVariables(Session &session, QObject *parent) : QObject(parent), m_lanes(session, slotOfVariables, 1)
{
    connect(&m_lanes, &QueryLanes::answered, this, [this](int variable, const std::shared_ptr<const AnsweredQuery> &answer) {
        take(static_cast<std::size_t>(variable), answer->answer.result);
    });
    connect(&m_lanes, &QueryLanes::failed, this, [this](int variable, const Unanswered &why) {
        refuse(static_cast<std::size_t>(variable), QString::fromStdString(why.error.context()), !isPassing(why.error.code()));
    });
}

void DashboardVariables::setDashboard(std::shared_ptr<const Dashboard> dashboard)
{
    stop();
    m_dashboard = std::move(dashboard);
    m_choices.assign(m_dashboard->variables.size(), {});
    m_asking = m_choices.size();
    for (std::size_t i = 0; i < m_choices.size(); ++i) {
        const DashboardVariable &variable = m_dashboard->variables[i];
        m_choices[i].values = listOf(variable.values);
        m_choices[i].chosen = QString::fromStdString(variable.chosen);
        if (variable.kind != Kind::Query)
            keepChosen(i);
        else // its values come later
            m_choices[i].isAll = variable.hasAll && variable.chosen.empty();
    }
    emit changed();
}

void DashboardVariables::setScope(const QString &node, const QString &namespaceName)
{
    m_node = node;
    m_namespace = namespaceName;
}

/// What is chosen, where it is one of the values; else all where that can be, else the first.
void DashboardVariables::keepChosen(std::size_t variable)
{
    Choice &choice = m_choices[variable];
    const bool hasAll = m_dashboard->variables[variable].hasAll;
    if (!choice.chosen.isEmpty() && choice.values.contains(choice.chosen)) {
        choice.isAll = false;
        return;
    }
    choice.isAll = hasAll;
    choice.chosen = hasAll ? QString() : choice.values.value(0);
}

void DashboardVariables::choose(std::size_t variable, const QString &value)
{
    Choice &choice = m_choices[variable];
    choice.chosen = value;
    choice.isAll = value.isEmpty();
    m_isOfChoice = true;
    emit changed();
    askFrom(std::min(variable + 1, m_asking)); // an earlier one still waits
}

void DashboardVariables::setSpan(std::int64_t endMs, std::int64_t rangeMs)
{
    m_endMs = endMs;
    m_rangeMs = rangeMs;
}

bool DashboardVariables::hasPassingProblem() const
{
    return std::any_of(m_choices.begin(), m_choices.end(), [](const Choice &one) { return !one.problem.isEmpty() && !one.isLasting; });
}

void DashboardVariables::ask(std::int64_t endMs, std::int64_t rangeMs)
{
    setSpan(endMs, rangeMs);
    m_isOfChoice = false;
    askFrom(0);
}

void DashboardVariables::askFrom(std::size_t variable)
{
    const std::vector<DashboardVariable> &all = m_dashboard->variables;
    while (variable < all.size() && all[variable].kind != Kind::Query)
        ++variable;
    m_asking = variable;
    if (variable == all.size()) {
        stop();
        emit settled();
        return;
    }
    const std::string &expression = all[variable].expression;
    if (const std::size_t before = troubled(expression); before < all.size())
        return refuse(variable, problemOf(expression), m_choices[before].isLasting);
    const auto filled = filledIn(expression, values(60'000));
    if (!filled)
        return refuse(variable, QString::fromStdString(filled.error().context()), true);
    const Question question{*filled, {m_endMs, m_endMs, 1}, false};
    m_lanes.start({{static_cast<int>(variable), QString::fromStdString(m_dashboard->source), question, {}}});
}

void DashboardVariables::refuse(std::size_t variable, const QString &problem, bool isLasting)
{
    m_choices[variable].problem = problem;
    m_choices[variable].isLasting = isLasting;
    emit changed();
    askFrom(variable + 1);
}

void DashboardVariables::take(std::size_t variable, const promql::QueryResult &result)
{
    std::set<std::string> values;
    for (const promql::ResultSeries &series : result.series)
        if (const std::string value(series.labels.get(m_dashboard->variables[variable].of)); !value.empty())
            values.insert(value);
    Choice &choice = m_choices[variable];
    choice.values = listOf({values.begin(), values.end()}).mid(0, static_cast<qsizetype>(mostVariableValues));
    choice.problem.clear();
    if (choice.values.isEmpty() && !choice.isAll) // what is chosen may come again
        return refuse(variable, tr("nothing answers its query now"), false);
    if (!m_isOfChoice && !choice.chosen.isEmpty() && !choice.values.contains(choice.chosen))
        choice.values.prepend(choice.chosen); // it was there before, and somebody chose it
    if (!choice.isAll)
        keepChosen(variable);
    emit changed();
    askFrom(variable + 1);
}

VariableValue DashboardVariables::valueOf(std::size_t variable) const
{
    const DashboardVariable &of = m_dashboard->variables[variable];
    const Choice &choice = m_choices[variable];
    if (of.kind == Kind::Node || of.kind == Kind::Namespace) {
        const QString &chosen = of.kind == Kind::Node ? m_node : m_namespace;
        return {chosen.isEmpty() ? std::vector<std::string>() : std::vector{chosen.toStdString()}, chosen.isEmpty(), true};
    }
    VariableValue value{{choice.chosen.toStdString()}, choice.isAll, of.hasAll};
    if (choice.isAll) {
        value.values.clear();
        for (const QString &one : choice.values)
            value.values.push_back(one.toStdString());
    }
    return value;
}

TemplateValues DashboardVariables::values(std::int64_t stepMs) const
{
    TemplateValues all;
    all.stepMs = stepMs;
    all.rangeMs = m_rangeMs;
    for (std::size_t i = 0; i < m_choices.size(); ++i)
        all.variables[m_dashboard->variables[i].name] = valueOf(i);
    return all;
}

std::size_t DashboardVariables::troubled(const std::string &expression) const
{
    for (const std::string &name : variablesIn(expression)) {
        for (std::size_t i = 0; i < m_choices.size(); ++i)
            if (m_dashboard->variables[i].name == name && !m_choices[i].problem.isEmpty())
                return i;
    }
    return m_choices.size();
}

QString DashboardVariables::problemOf(const std::string &expression) const
{
    const std::size_t variable = troubled(expression);
    if (variable == m_choices.size())
        return {};
    return tr("Variable %1: %2").arg(QString::fromStdString(m_dashboard->variables[variable].name), m_choices[variable].problem);
}

} // namespace tapio::console
