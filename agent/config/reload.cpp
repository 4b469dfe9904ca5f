// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/config/reload.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "agent/config/collectors.h"

namespace tapio::agent {

namespace {

/// A setting that can change while the agent runs.
struct LiveSetting {
    const char *name;
    void (*take)(AgentConfig &running, const AgentConfig &next);
};

constexpr std::array<LiveSetting, 13> liveSettings{{
    {"log_level", [](AgentConfig &running, const AgentConfig &next) { running.logLevel = next.logLevel; }},
    {"collect.disabled", [](AgentConfig &running, const AgentConfig &next) { running.collect.disabled = next.collect.disabled; }},
    {"collect.enabled", [](AgentConfig &running, const AgentConfig &next) { running.enabled = next.enabled; }},
    {"collect.max_cgroups", [](AgentConfig &running, const AgentConfig &next) { running.collect.maxCgroups = next.collect.maxCgroups; }},
    {"collect.host_interval_ms",
     [](AgentConfig &running, const AgentConfig &next) { running.collect.hostInterval = next.collect.hostInterval; }},
    {"collect.cgroup_interval_ms",
     [](AgentConfig &running, const AgentConfig &next) { running.collect.cgroupInterval = next.collect.cgroupInterval; }},
    {"budget.cpu_percent",
     [](AgentConfig &running, const AgentConfig &next) { running.collect.budget.cpuPercent = next.collect.budget.cpuPercent; }},
    {"budget.rss_bytes",
     [](AgentConfig &running, const AgentConfig &next) { running.collect.budget.rssBytes = next.collect.budget.rssBytes; }},
    {"budget.bandwidth_bytes_per_second",
     [](AgentConfig &running, const AgentConfig &next) { running.collect.budget.bytesPerSecond = next.collect.budget.bytesPerSecond; }},
    {"correlation.enabled", [](AgentConfig &running, const AgentConfig &next) { running.correlation.isOn = next.correlation.isOn; }},
    {"correlation.rules", [](AgentConfig &running, const AgentConfig &next) { running.correlation.rules = next.correlation.rules; }},
    {"correlation.detail",
     [](AgentConfig &running, const AgentConfig &next) { running.correlation.isDetailHeld = next.correlation.isDetailHeld; }},
    {"observe.address", [](AgentConfig &running, const AgentConfig &next) { running.observeAddress = next.observeAddress; }},
}};

/// All of [filter] at once.
constexpr LiveSetting filterSettings{"filter.",
                                     [](AgentConfig &running, const AgentConfig &next) { running.collect.filter = next.collect.filter; }};

template <typename List> auto findByName(List &list, const std::string &name)
{
    return std::find_if(list.begin(), list.end(), [&](const auto &item) { return item.name == name; });
}

/// Null = needs a restart.
const LiveSetting *findLive(const std::string &name)
{
    if (name.starts_with(filterSettings.name))
        return &filterSettings;
    const auto found = findByName(liveSettings, name);
    return found == liveSettings.end() ? nullptr : &*found;
}

/// After a change of `inForce.config`: the values of what can change. The names of those that did.
std::vector<std::string> followConfig(ConfigInForce &inForce)
{
    std::vector<std::string> changed;
    for (const daemon::ConfigValue &value : valuesOf(inForce.config)) {
        if (findLive(value.name) == nullptr)
            continue;
        const auto setting = findByName(inForce.settings, value.name);
        if (std::exchange(setting->value, value.toml) != value.toml)
            changed.push_back(value.name);
    }
    return changed;
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
    for (const Setting &wanted : next.settings) {
        const auto running = findByName(inForce.settings, wanted.name);
        if (running->value == wanted.value) {
            running->origin = wanted.origin;
            continue;
        }
        const LiveSetting *live = findLive(wanted.name);
        if (live == nullptr) {
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
    reload.applied = followConfig(inForce);
    return reload;
}

std::vector<std::string> changeFilter(ConfigInForce &inForce, FilterRules rules, const std::string &origin)
{
    inForce.config.collect.filter = std::move(rules);
    std::vector<std::string> changed = followConfig(inForce);
    for (const std::string &name : changed)
        findByName(inForce.settings, name)->origin = origin;
    return changed;
}

} // namespace tapio::agent
