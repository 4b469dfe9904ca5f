// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QStringList>

#include <memory>
#include <vector>

#include "console/core/dashboards/dashboard.h"
#include "console/core/dashboards/querytemplate.h"
#include "console/ui/models/querylanes.h"

namespace tapio::console {

/// What the variables of a dashboard can be, and what is chosen. Those that a query answers are asked for one after the other, as a later one may use an earlier
/// one. GUI thread.
class DashboardVariables : public QObject {
    Q_OBJECT
public:
    struct Choice {
        QStringList values;
        QString chosen;         ///< empty: all of them
        QString problem;        ///< why its values are not known
        bool isLasting = false; ///< the same question would have it again
        bool isAll = false;     ///< "all" is chosen
    };

    explicit DashboardVariables(Session &session, QObject *parent = nullptr);

    void setDashboard(std::shared_ptr<const Dashboard> dashboard);
    /// What the window has chosen; empty = all.
    void setScope(const QString &node, const QString &namespaceName);
    /// Empty: all. What depends on it is asked for again.
    void choose(std::size_t variable, const QString &value);
    /// Asks for the values there are at that time, looking so far back.
    void ask(std::int64_t endMs, std::int64_t rangeMs);
    void stop() { m_lanes.stop(); }

    /// Of when the next question is.
    void setSpan(std::int64_t endMs, std::int64_t rangeMs);
    /// Whether some value is not known for a reason that may pass.
    bool hasPassingProblem() const;

    bool isSettled() const { return m_lanes.isIdle(); }
    const Choice &choice(std::size_t variable) const { return m_choices[variable]; }
    /// Of all variables; `stepMs` is the panel's.
    TemplateValues values(std::int64_t stepMs) const;
    /// What is wrong with a variable that the expression uses; empty: nothing.
    QString problemOf(const std::string &expression) const;

signals:
    void changed(); ///< some choice or its values
    void settled(); ///< all are known, or cannot be

private:
    void askFrom(std::size_t variable);
    void refuse(std::size_t variable, const QString &problem, bool isLasting);
    void take(std::size_t variable, const promql::QueryResult &result);
    void keepChosen(std::size_t variable);
    /// The first that the expression uses and whose value is not known; as many as there are: none.
    std::size_t troubled(const std::string &expression) const;
    VariableValue valueOf(std::size_t variable) const;

    QueryLanes m_lanes;
    std::shared_ptr<const Dashboard> m_dashboard;
    std::vector<Choice> m_choices;
    bool m_isOfChoice = false; ///< what is asked for is, since an earlier one was chosen anew
    std::size_t m_asking = 0;  ///< the variable that is asked for; as many as there are: none
    QString m_node, m_namespace;
    std::int64_t m_endMs = 0, m_rangeMs = 0;
};

} // namespace tapio::console
