// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/nodeviews.h"

#include <algorithm>

namespace tapio::console {

namespace {

constexpr std::int64_t windowNs = 10 * nsPerSecond;
/// A report comes each second, a heartbeat each two.
constexpr std::int64_t freshNs = 3 * nsPerSecond;

} // namespace

void NodeView::add(const wire::Delivery &delivery, const wire::CounterReport &report)
{
    Reading reading{delivery.frame.streamId, report.timeNs + delivery.clockOffsetNs, report.timeNs, {}};
    m_collectors.clear();
    for (const wire::SourceCounters &source : report.sources) {
        if (!source.countsEvents())
            continue;
        reading.total += source.counters;
        m_collectors[source.source] += source.counters;
    }
    if (!m_readings.empty() && m_readings.back().streamId != reading.streamId)
        m_readings.clear();
    m_readings.push_back(reading);
    while (reading.timeNs - m_readings.front().timeNs > windowNs)
        m_readings.pop_front();
}

std::optional<double> NodeView::rate(Counter counter) const
{
    const auto first =
        std::find_if(m_readings.begin(), m_readings.end(), [this](const Reading &reading) { return reading.madeNs >= state.sinceNs; });
    if (first == m_readings.end() || state.state != wire::LinkState::Connected)
        return std::nullopt;
    const Reading &last = m_readings.back();
    if (last.timeNs <= first->timeNs || last.madeNs < state.lastHeartbeatNs - freshNs)
        return std::nullopt;
    const double seconds = static_cast<double>(last.timeNs - first->timeNs) / static_cast<double>(nsPerSecond);
    return static_cast<double>(difference(last.total, first->total).delta[counter]) / seconds;
}

ServerClientHandlers NodeViews::handlers()
{
    ServerClientHandlers handlers;
    handlers.agentState = [this](const wire::AgentState &state) { m_nodes[state.node].state = state; };
    handlers.delivery = [this](const wire::Delivery &delivery) { take(delivery); };
    return handlers;
}

bool NodeViews::ratesKnown() const
{
    return !m_nodes.empty() && std::all_of(m_nodes.begin(), m_nodes.end(), [](const auto &entry) {
        const NodeView &view = entry.second;
        return view.state.state != wire::LinkState::Connected || (view.rate(Counter::Seen) && view.hooks);
    });
}

bool NodeViews::reportsKnown() const
{
    return !m_nodes.empty() && std::all_of(m_nodes.begin(), m_nodes.end(), [](const auto &entry) {
        const NodeView &view = entry.second;
        return view.state.state != wire::LinkState::Connected || (view.hooks && view.counters());
    });
}

void NodeViews::take(const wire::Delivery &delivery)
{
    if (delivery.node.starts_with(wire::serverNodePrefix))
        return; // what the server says itself is no agent's
    NodeView &view = m_nodes[delivery.node];
    view.state.node = delivery.node; // its state may come later
    if (const auto *report = std::get_if<wire::CounterReport>(&delivery.frame.body))
        view.add(delivery, *report);
    if (const auto *report = std::get_if<wire::HookReport>(&delivery.frame.body)) {
        const auto wanted = [](const wire::Hook &hook) { return hook.wanted(); };
        const auto active = [](const wire::Hook &hook) { return hook.state == wire::HookState::Active; };
        view.hooks = HookCount{static_cast<std::size_t>(std::count_if(report->hooks.begin(), report->hooks.end(), active)),
                               static_cast<std::size_t>(std::count_if(report->hooks.begin(), report->hooks.end(), wanted))};
    }
}

} // namespace tapio::console
