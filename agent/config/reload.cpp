// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/config/reload.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "agent/config/collectors.h"

namespace tapio::agent {

namespace {

/// A setting that can change while the agent runs.
struct LiveSetting {
    const char *name;
    void (*take)(AgentConfig &running, const AgentConfig &next);
};

constexpr std::array<LiveSetting, 10> liveSettings{{
    {"log_level", [](AgentConfig &running, const AgentConfig &next) { running.logLevel = next.logLevel; }},
    {"collect.disabled", [](AgentConfig &running, const AgentConfig &next) { running.collect.disabled = next.collect.disabled; }},
    {"collect.enabled", [](AgentConfig &running, const AgentConfig &next) { running.enabled = next.enabled; }},
    {"collect.max_cgroups", [](AgentConfig &running, const AgentConfig &next) { running.collect.maxCgroups = next.collect.maxCgroups; }},
    {"collect.host_interval_ms", [](AgentConfig &running, const AgentConfig &next) { running.collect.hostInterval = next.collect.hostInterval; }},
    {"collect.cgroup_interval_ms", [](AgentConfig &running, const AgentConfig &next) { running.collect.cgroupInterval = next.collect.cgroupInterval; }},
    {"budget.cpu_percent", [](AgentConfig &running, const AgentConfig &next) { running.collect.budget.cpuPercent = next.collect.budget.cpuPercent; }},
    {"budget.rss_bytes", [](AgentConfig &running, const AgentConfig &next) { running.collect.budget.rssBytes = next.collect.budget.rssBytes; }},
    {"budget.bandwidth_bytes_per_second",
     [](AgentConfig &running, const AgentConfig &next) { running.collect.budget.bytesPerSecond = next.collect.budget.bytesPerSecond; }},
    {"observe.address", [](AgentConfig &running, const AgentConfig &next) { running.observeAddress = next.observeAddress; }},
}};

template <typename List>
auto findByName(List &list, const std::string &name)
{
    return std::find_if(list.begin(), list.end(), [&](const auto &item) { return item.name == name; });
}

} // namespace

std::set<std::string> notLoaded(const AgentConfig &config)
{
    std::set<std::string> names;
    const std::set<std::string> off = switchedOff(config);
    std::copy_if(off.begin(), off.end(), std::inserter(names, names.end()),
                 [](const std::string &collector) { return !readsFiles(collector); });
    return names;
}

Reload takeOver(ConfigInForce &inForce, const Command &next)
{
    Reload reload;
    const Settings before = inForce.settings;
    for (const Setting &wanted : next.settings) {
        const auto running = findByName(inForce.settings, wanted.name);
        if (running->value == wanted.value) {
            running->origin = wanted.origin;
            continue;
        }
        const auto live = findByName(liveSettings, wanted.name);
        if (live == liveSettings.end()) {
            reload.needRestart.push_back(wanted.name);
            continue;
        }
        live->take(inForce.config, next.config);
        running->origin = wanted.origin;
    }
    std::set<std::string> &disabled = inForce.config.collect.disabled;
    for (const std::string &collector : inForce.offSinceStart) {
        if (isOptional(collector)) {
            if (inForce.config.enabled.erase(collector) > 0)
                reload.needRestart.push_back("collect.enabled (" + collector + " is not loaded)");
        } else if (disabled.insert(collector).second)
            reload.needRestart.push_back("collect.disabled (" + collector + " is not loaded)");
    }
    for (const daemon::ConfigValue &value : valuesOf(inForce.config)) {
        if (findByName(liveSettings, value.name) == liveSettings.end())
            continue;
        findByName(inForce.settings, value.name)->value = value.toml;
        if (findByName(before, value.name)->value != value.toml)
            reload.applied.push_back(value.name);
    }
    return reload;
}

} // namespace tapio::agent
