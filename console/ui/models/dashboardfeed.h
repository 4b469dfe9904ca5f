// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QStringList>

#include <memory>
#include <vector>

#include "console/core/dashboards/dashboard.h"
#include "console/ui/models/dashboardvariables.h"
#include "console/ui/models/querylanes.h"
#include "console/ui/window/timerange.h"

namespace tapio::console {

/// Asks what the panels of a dashboard show, and keeps it. What a panel showed before stays until there is something newer, or where there is none. GUI thread.
class DashboardFeed : public QObject {
    Q_OBJECT
public:
    struct Shown {
        bool isAsked = false;                      ///< waits for an answer
        std::shared_ptr<const PanelSnapshot> plot; ///< null: it was not answered yet
        std::vector<SeriesSummary> rows;           ///< of all its queries
        std::vector<std::shared_ptr<const AnsweredQuery>> answers;
        std::vector<Question> questions; ///< what they answer
        QString problem;                 ///< of the newest asking; empty: none
        bool isLasting = false;          ///< the problem is of the query or of who asks: the same question would have it again
        QString warning;                 ///< what the source says beside its answer
        std::int64_t endMs = 0, stepMs = 0, tookMs = 0;
    };

    explicit DashboardFeed(Session &session, QObject *parent = nullptr);

    void setDashboard(std::shared_ptr<const Dashboard> dashboard);
    const Dashboard &dashboard() const { return *m_dashboard; }
    DashboardVariables &variables() { return m_variables; }
    const Shown &shown(std::size_t panel) const { return m_shown[panel]; }
    /// How wide the panel's plot is: it has no more values than that.
    void setPixels(std::size_t panel, int pixels);

    /// See DashboardVariables::choose; then the panels are asked.
    void choose(std::size_t variable, const QString &value);
    /// Asks all of them anew, variables first, those panels that are seen before the others.
    void ask(const TimeWindow &span, const std::vector<std::size_t> &seen);
    /// The same with the values of variables that are known.
    void askPanels(const TimeWindow &span, const std::vector<std::size_t> &seen);
    /// The same a while later: what could not be answered for a reason that lasts is not asked again.
    void askLater(const TimeWindow &span, const std::vector<std::size_t> &seen);
    void stop();
    bool isSettled() const { return m_lanes.isIdle() && m_variables.isSettled(); }
    /// The finest step of its panels: how often something new can be seen.
    std::int64_t leastStepMs() const;
    const TimeWindow &span() const { return m_span; } ///< of the newest questions
    /// Whom a panel asks; empty: the store.
    QString targetOf(std::size_t panel) const;

signals:
    void panelChanged(std::size_t panel);
    void settled();

private:
    std::int64_t stepOf(std::size_t panel, std::int64_t lengthMs) const;
    void askFor(std::size_t panel, std::vector<QueryLanes::Wanted> &wanted);
    void take(int tag, const std::shared_ptr<const AnsweredQuery> &answer);
    void fail(int tag, const Unanswered &why);
    void join(std::size_t panel);

    /// What a panel's newest questions came to, so far.
    struct Pending {
        std::vector<std::shared_ptr<const AnsweredQuery>> answers;
        std::vector<Question> questions;
        QString problem;
        bool isLasting = false;
        std::size_t open = 0;
    };

    QueryLanes m_lanes;
    DashboardVariables m_variables;
    std::shared_ptr<const Dashboard> m_dashboard;
    std::vector<Shown> m_shown;
    std::vector<Pending> m_pending;
    std::vector<int> m_pixels;
    TimeWindow m_span;
    bool m_isLater = false; ///< what is asked now is askLater's
    std::vector<std::size_t> m_seen;
    QElapsedTimer m_since;
};

} // namespace tapio::console
