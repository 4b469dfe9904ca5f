// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/config/collectors.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace tapio::agent {

namespace {

/// Those of kernel programs, then those that read files.
constexpr std::array<std::string_view, 25> usual{"process", "oom",      "signal",     "tcp",       "runqueue", "blockio",    "dns",
                                                 "http",    "security", "capability", "entry",     "drops",    "cgroup",     "descriptors",
                                                 "cpu",     "memory",   "psi",        "disk",      "network",  "filesystem", "volumes",
                                                 "ports",   "kmsg",     "login",      "kubernetes"};
constexpr std::array<std::string_view, 2> optional{"file", "https"};

bool isUsual(std::string_view collector) noexcept { return std::find(usual.begin(), usual.end(), collector) != usual.end(); }

} // namespace

bool isOptional(std::string_view collector) noexcept { return std::find(optional.begin(), optional.end(), collector) != optional.end(); }

std::set<std::string> switchedOff(const AgentConfig &config)
{
    std::set<std::string> off = config.collect.disabled;
    for (const std::string_view collector : optional) {
        if (!config.enabled.contains(std::string(collector)))
            off.emplace(collector);
    }
    return off;
}

Status checkDisabled(const AgentConfig &config)
{
    for (const std::string &name : config.collect.disabled) {
        if (isOptional(name))
            return fail(Errc::InvalidArgument,
                        "\"" + name + "\" is off unless collect.enabled names it, and has no place in collect.disabled");
        if (!isUsual(name))
            return fail(Errc::InvalidArgument, "there is no collector \"" + name + "\" to switch off");
    }
    return {};
}

Status checkEnabled(const AgentConfig &config)
{
    for (const std::string &name : config.enabled) {
        if (isUsual(name))
            return fail(Errc::InvalidArgument,
                        "\"" + name + "\" is on unless collect.disabled names it, and has no place in collect.enabled");
        if (!isOptional(name))
            return fail(Errc::InvalidArgument, "there is no collector \"" + name + "\" to switch on");
    }
    return {};
}

} // namespace tapio::agent
