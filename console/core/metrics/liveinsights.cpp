// SPDX-License-Identifier: GPL-3.0-or-later
// What the live model knows of insights: which are open, how many opened, and which events were worth it.
#include "console/core/metrics/livemodel.h"

#include <algorithm>
#include <utility>

#include "console/core/metrics/figurenames.h"

namespace tapio::console {

void LiveModel::noteInsight(const wire::Delivery &delivery, const wire::EventBatch &batch, std::size_t i, bool earlier,
                            std::int64_t finishedNs)
{
    const wire::Event &event = batch.events[i];
    if (const wire::Insight *insight = wire::insightOf(event.detail)) {
        m_isNews = m_isNews || insight->state != wire::InsightState::Updated;
        m_signals.onInsight({delivery.node, insight->id}, *insight, delivery.receivedNs);
        m_insights.onInsight({delivery.node, delivery.frame.streamId, batch.seqOf(i), event.timeNs, delivery.clockOffsetNs, finishedNs,
                              event.severity, earlier},
                             *insight);
    }
}

void LiveModel::onHooks(const std::string &node, const wire::HookReport &report)
{
    m_input.hooks[node] = report;
    if (correlates(report))
        m_correlating.insert(node);
    else
        m_correlating.erase(node);
}

/// An agent tells only of what changes, so what it told an earlier run of the console still holds.
void LiveModel::seedInsights(InsightTracker insights)
{
    m_insights = std::move(insights);
    for (const wire::AgentState &agent : m_input.agents)
        m_insights.onStream(agent.node, agent.streamId);
    if (const auto known = m_input.figures.find(figure::insightOpen); known != m_input.figures.end()) {
        for (const auto &[label, track] : known->second)
            m_openRead.insert(label); // what ended meanwhile is read as 0
    }
}

/// An agent some of whose rules were refused does not say that it correlates, but what it finds is found.
std::size_t LiveModel::correlatingAgents() const
{
    std::size_t count = 0;
    for (const std::string &node : m_correlating)
        count += isAway(node) ? 0 : 1;
    for (const wire::AgentState &agent : m_input.agents) {
        const bool counted = m_correlating.contains(agent.node);
        count += !counted && m_insights.hasOpenOf(agent.node) && !isAway(agent.node) ? 1 : 0;
    }
    return count;
}

void LiveModel::readInsights()
{
    m_insights.age(m_nowNs);
    const std::size_t agents = correlatingAgents();
    // Switched off is an end; being away is none: then the figures grow old.
    if (agents > 0 || (m_correlatingRead > 0 && m_correlating.empty()))
        read(figure::insightAgents, {}, static_cast<double>(agents));
    m_correlatingRead = agents;
    if (agents == 0)
        return;
    Labels open;
    for (const auto &[label, group] : m_insights.groups(m_input.verdicts)) {
        read(figure::insightOpen, label, static_cast<double>(group.open));
        read(figure::insightOldest, label, static_cast<double>(std::max<std::int64_t>(0, m_nowNs - group.fromNs)));
        open.insert(label);
    }
    for (const std::string &label : m_openRead) {
        if (!open.contains(label))
            read(figure::insightOpen, label, 0);
    }
    m_openRead = std::move(open);
    // What an earlier run of the console counted begins anew with a 0 that is seen, or its first new one would look like the old one.
    Labels before;
    if (const auto known = m_input.figures.find(figure::insightOpened); known != m_input.figures.end()) {
        for (const auto &[rule, track] : known->second)
            before.insert(rule);
    }
    for (const auto &[rule, count] : m_insights.opened()) {
        if (count > 0)
            readCounter(figure::insightOpened, rule, static_cast<double>(count));
        if (count > 0)
            before.erase(rule);
    }
    for (const std::string &rule : before)
        readCounter(figure::insightOpened, rule, 0);
    if (m_areInsightsUnread) {
        if (m_unreadSinceNs == 0)
            m_unreadSinceNs = m_nowNs;
        m_areInsightsUnread = m_nowNs - m_unreadSinceNs < InsightTracker::longestSilenceNs;
        read(figure::insightUnread, {}, m_areInsightsUnread ? 1 : 0);
    }
    if (m_insights.displaced() > 0)
        readCounter(figure::insightDisplaced, {}, static_cast<double>(m_insights.displaced()));
}

/// From the first event on that was judged; until then there is none to say 0 of.
void LiveModel::readSignals()
{
    m_signals.ripen(m_nowNs, m_input.verdicts);
    for (const auto &[node, count] : m_signals.counts()) {
        readCounter(figure::signalJudged, node, static_cast<double>(count.judged));
        readCounter(figure::signalKept, node, static_cast<double>(count.signal));
    }
    if (m_signals.oneIn() > 1)
        read(figure::signalOneIn, {}, m_signals.oneIn());
    if (m_signals.displaced() > 0)
        readCounter(figure::signalDisplaced, {}, static_cast<double>(m_signals.displaced()));
}

} // namespace tapio::console
