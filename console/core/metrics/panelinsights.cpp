// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/panelinsights.h"

#include <array>
#include <string_view>
#include <utility>

#include "agent/correlation/ruleloader.h"

namespace tapio::console {

namespace {

/// Each step of the runbook that shipped rules name.
constexpr std::array<std::pair<std::string_view, PanelId>, 16> panelsOfSteps{{
    {"data-quality", PanelId::Coverage},
    {"node-lost", PanelId::Coverage},
    {"certificate", PanelId::PodStatus},
    {"configuration", PanelId::PodStatus},
    {"descriptors", PanelId::PodStatus},
    {"errors", PanelId::PodStatus},
    {"latency", PanelId::PodStatus},
    {"node-pressure", PanelId::PodStatus},
    {"restarts", PanelId::PodStatus},
    {"rollback", PanelId::PodStatus},
    {"cpu", PanelId::CpuUsage},
    {"memory", PanelId::MemoryUsage},
    {"disk", PanelId::MemoryUsage}, // it has the disks as well
    {"dns", PanelId::NetworkIo},
    {"network", PanelId::NetworkIo},
    {"service-down", PanelId::NetworkIo},
}};

std::map<std::string, PanelId> panelsOfRules()
{
    std::map<std::string, PanelId> panels;
    for (const correlation::Rule &rule : correlation::shippedRules().rules) {
        for (const auto &[step, panel] : panelsOfSteps) {
            if (rule.runbook == step)
                panels.emplace(rule.id, panel);
        }
    }
    return panels;
}

} // namespace

std::optional<PanelId> panelOfRule(const std::string &rule)
{
    static const std::map<std::string, PanelId> panels = panelsOfRules();
    const auto known = panels.find(rule);
    return known == panels.end() ? std::nullopt : std::optional(known->second);
}

void assignInsights(OverviewSnapshot &overview)
{
    const PanelSnapshot &all = overview.panels[static_cast<std::size_t>(PanelId::ActiveCorrelations)];
    const auto *open = std::get_if<GroupsView>(&all.view);
    if (open == nullptr || all.state == PanelState::Stale) // what is open now nobody knows
        return;
    for (const GroupRow &row : open->rows) {
        const auto id = panelOfRule(row.title);
        if (!id)
            continue;
        PanelSnapshot &panel = overview.panels[static_cast<std::size_t>(*id)];
        if (panel.scope == all.scope)
            panel.insights.push_back(row);
    }
}

} // namespace tapio::console
