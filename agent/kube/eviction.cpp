// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/kube/eviction.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tapio::agent {

namespace {

constexpr std::string_view resourceIntro = "The node was low on resource: ";
constexpr std::array<std::string_view, 4> resources{"memory", "ephemeral-storage", "inodes", "pids"};

// pkg/kubelet/eviction of Kubernetes calls the conditions of a node so. A disk may lack space or inodes, which the condition does not tell apart.
constexpr std::string_view conditionIntro = "The node had condition: [";
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> conditions{
    {{"MemoryPressure", "memory"}, {"DiskPressure", "ephemeral-storage"}, {"PIDPressure", "pids"}}};

/// From behind `intro` up to what ends a word; empty: there is no such.
std::string_view wordBehind(std::string_view message, std::string_view intro)
{
    const auto at = message.find(intro);
    if (at == std::string_view::npos)
        return {};
    message.remove_prefix(at + intro.size());
    return message.substr(0, message.find_first_of(". ,]"));
}

} // namespace

std::string evictionResource(std::string_view message)
{
    const std::string_view resource = wordBehind(message, resourceIntro);
    if (std::find(resources.begin(), resources.end(), resource) != resources.end())
        return std::string(resource);
    const std::string_view condition = wordBehind(message, conditionIntro);
    const auto known = std::find_if(conditions.begin(), conditions.end(), [&](const auto &one) { return one.first == condition; });
    return known == conditions.end() ? std::string() : std::string(known->second);
}

} // namespace tapio::agent
