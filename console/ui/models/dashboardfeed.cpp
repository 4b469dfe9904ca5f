// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/dashboardfeed.h"

#include <algorithm>
#include <utility>

#include "console/core/dashboards/panelplot.h"
#include "console/ui/models/explorequestion.h"

namespace tapio::console {

namespace {

constexpr int firstSlot = 16, lanes = 4;
constexpr int queriesOfAPanel = 32; ///< room for tags: more than mostPanelQueries
constexpr int leastPixels = 60, mostPixels = 1000, sparkPixels = 120;

int tagOf(std::size_t panel, std::size_t query) { return static_cast<int>(panel) * queriesOfAPanel + static_cast<int>(query); }

} // namespace

DashboardFeed::DashboardFeed(Session &session, QObject *parent)
    : QObject(parent), m_lanes(session, firstSlot, lanes), m_variables(session), m_dashboard(std::make_shared<const Dashboard>())
{
    connect(&m_lanes, &QueryLanes::answered, this, &DashboardFeed::take);
    connect(&m_lanes, &QueryLanes::failed, this, &DashboardFeed::fail);
    connect(&m_lanes, &QueryLanes::idle, this, &DashboardFeed::settled);
    connect(&m_variables, &DashboardVariables::settled, this, [this] { askPanels(m_span, m_seen); });
}

void DashboardFeed::setDashboard(std::shared_ptr<const Dashboard> dashboard)
{
    stop();
    m_dashboard = std::move(dashboard);
    m_shown.assign(m_dashboard->panels.size(), {});
    m_pending.assign(m_dashboard->panels.size(), {});
    m_pixels.assign(m_dashboard->panels.size(), 0);
    m_variables.setDashboard(m_dashboard);
}

void DashboardFeed::setPixels(std::size_t panel, int pixels) { m_pixels[panel] = pixels; }

QString DashboardFeed::targetOf(std::size_t panel) const
{
    const std::string &own = m_dashboard->panels[panel].source;
    return QString::fromStdString(own.empty() ? m_dashboard->source : own);
}

std::int64_t DashboardFeed::stepOf(std::size_t panel, std::int64_t lengthMs) const
{
    const int most = m_dashboard->panels[panel].kind == PanelKind::Stat ? sparkPixels : mostPixels;
    const bool isOfBlocks = m_dashboard->panels[panel].kind == PanelKind::Bars || m_dashboard->panels[panel].kind == PanelKind::Heatmap;
    const int pixels = isOfBlocks ? m_pixels[panel] / 6 : m_pixels[panel]; // one that can be pointed at
    return roundStepMs(lengthMs, std::clamp(pixels, leastPixels, most));
}

std::int64_t DashboardFeed::leastStepMs() const
{
    std::int64_t least = 0;
    for (std::size_t i = 0; i < m_shown.size(); ++i) {
        const std::int64_t step = stepOf(i, m_span.lengthNs() / nsPerMs);
        least = least == 0 ? step : std::min(least, step);
    }
    return least;
}

void DashboardFeed::choose(std::size_t variable, const QString &value)
{
    m_isLater = false;
    m_lanes.stop();
    m_variables.choose(variable, value); // answered by settled()
}

void DashboardFeed::ask(const TimeWindow &span, const std::vector<std::size_t> &seen)
{
    m_isLater = false;
    m_lanes.stop();
    m_span = span;
    m_seen = seen;
    m_variables.ask(span.toNs / nsPerMs, span.lengthNs() / nsPerMs); // answered by settled()
}

void DashboardFeed::askPanels(const TimeWindow &span, const std::vector<std::size_t> &seen)
{
    m_span = span;
    m_seen = seen;
    m_variables.setSpan(span.toNs / nsPerMs, span.lengthNs() / nsPerMs);
    std::vector<std::size_t> order = seen;
    for (std::size_t i = 0; i < m_shown.size(); ++i)
        if (std::find(seen.begin(), seen.end(), i) == seen.end())
            order.push_back(i);
    m_since.start();
    std::vector<QueryLanes::Wanted> wanted;
    for (const std::size_t panel : order)
        askFor(panel, wanted);
    m_lanes.start(std::move(wanted));
    for (const std::size_t panel : order)
        emit panelChanged(panel);
    if (m_lanes.isIdle())
        emit settled();
}

void DashboardFeed::askLater(const TimeWindow &span, const std::vector<std::size_t> &seen)
{
    m_isLater = true;
    m_span = span;
    m_seen = seen;
    if (m_variables.hasPassingProblem())
        m_variables.ask(span.toNs / nsPerMs, span.lengthNs() / nsPerMs); // answered by settled()
    else
        askPanels(span, seen);
}

void DashboardFeed::askFor(std::size_t panel, std::vector<QueryLanes::Wanted> &wanted)
{
    const DashboardPanel &of = m_dashboard->panels[panel];
    Shown &shown = m_shown[panel];
    Pending &pending = m_pending[panel];
    pending = {};
    shown.isAsked = false;
    if (of.queries.empty() || (m_isLater && shown.isLasting && !shown.problem.isEmpty()))
        return;
    const std::int64_t startMs = m_span.fromNs / nsPerMs, endMs = m_span.toNs / nsPerMs, stepMs = stepOf(panel, endMs - startMs);
    const promql::QueryTimes range{startMs / stepMs * stepMs, std::max(endMs / stepMs * stepMs, startMs / stepMs * stepMs), stepMs};
    const promql::QueryTimes times = isOverRange(of.kind) ? range : promql::QueryTimes{endMs, endMs, 1};
    std::vector<QueryLanes::Wanted> mine;
    for (std::size_t i = 0; i < of.queries.size(); ++i) {
        const std::string &expression = of.queries[i].expression;
        const QString problem = m_variables.problemOf(expression);
        const auto filled = filledIn(expression, m_variables.values(stepMs));
        if (!problem.isEmpty() || !filled) {
            shown.problem = problem.isEmpty() ? QString::fromStdString(filled.error().context()) : problem;
            shown.isLasting = problem.isEmpty(); // what a variable waits for may come
            return;
        }
        const Question question{*filled, times, isOverRange(of.kind)};
        pending.questions.push_back(question);
        mine.push_back({tagOf(panel, i), targetOf(panel), question, styleOf(of, of.queries[i])});
    }
    pending.answers.resize(of.queries.size());
    pending.open = of.queries.size();
    shown.isAsked = true;
    std::move(mine.begin(), mine.end(), std::back_inserter(wanted));
}

void DashboardFeed::take(int tag, const std::shared_ptr<const AnsweredQuery> &answer)
{
    const auto panel = static_cast<std::size_t>(tag / queriesOfAPanel), query = static_cast<std::size_t>(tag % queriesOfAPanel);
    m_pending[panel].answers[query] = answer;
    if (--m_pending[panel].open == 0)
        join(panel);
}

void DashboardFeed::fail(int tag, const Unanswered &why)
{
    const auto panel = static_cast<std::size_t>(tag / queriesOfAPanel);
    Pending &pending = m_pending[panel];
    const bool isRefused = why.error.code() == Errc::PermissionDenied;
    if (pending.problem.isEmpty())
        pending.problem = QString::fromStdString(why.error.context());
    pending.isLasting = pending.isLasting || !isPassing(why.error.code());
    if (--pending.open == 0)
        join(panel);
    if (isRefused) // a wrong password is not tried once for each panel
        m_lanes.refuse(targetOf(panel), why);
}

/// All its queries are answered, or have no answer: one that has none leaves what the panel showed before, as half of a panel is another one.
void DashboardFeed::join(std::size_t panel)
{
    Pending pending = std::exchange(m_pending[panel], {});
    Shown &shown = m_shown[panel];
    shown.isAsked = false;
    shown.problem = pending.problem;
    shown.isLasting = pending.isLasting;
    if (pending.problem.isEmpty()) {
        const DashboardPanel &of = m_dashboard->panels[panel];
        std::vector<const PanelSnapshot *> plots;
        shown.rows.clear();
        shown.warning.clear();
        for (const auto &answer : pending.answers) {
            plots.push_back(&answer->picture.plot);
            shown.rows.insert(shown.rows.end(), answer->picture.rows.begin(), answer->picture.rows.end());
            if (!answer->answer.warnings.empty() && shown.warning.isEmpty())
                shown.warning = QString::fromStdString(answer->answer.warnings.front());
        }
        shown.plot = std::make_shared<const PanelSnapshot>(joinedPlot(of, plots));
        shown.answers = std::move(pending.answers);
        shown.questions = std::move(pending.questions);
        shown.endMs = shown.questions.front().times.endMs;
        shown.stepMs = shown.questions.front().times.stepMs;
        shown.tookMs = m_since.elapsed();
    }
    emit panelChanged(panel);
}

void DashboardFeed::stop()
{
    m_variables.stop();
    m_lanes.stop();
    for (std::size_t i = 0; i < m_shown.size(); ++i) {
        m_pending[i] = {};
        if (std::exchange(m_shown[i].isAsked, false))
            emit panelChanged(i);
    }
}

} // namespace tapio::console
