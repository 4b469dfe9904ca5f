// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/kube/workload.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <optional>

namespace tapio::agent {

namespace {

/// A controller that was down starts what it missed; nothing older than that is told from a name that merely ends in digits.
constexpr std::int64_t mostLateSeconds = 7 * 86'400;
constexpr std::int64_t mostEarlySeconds = 3'600; // clocks differ

std::optional<std::string_view> withoutSuffix(std::string_view name, std::string_view suffix)
{
    if (suffix.empty() || name.size() < suffix.size() + 2 || !name.ends_with(suffix))
        return std::nullopt;
    name.remove_suffix(suffix.size());
    if (name.back() != '-')
        return std::nullopt;
    name.remove_suffix(1);
    return name;
}

/// kubernetes pkg/controller/cronjob/utils.go, getJobName.
std::optional<std::string_view> cronJobOf(std::string_view job, std::int64_t createdSeconds)
{
    constexpr std::size_t minuteDigits = 8, secondDigits = 10;
    const auto dash = job.rfind('-');
    if (dash == std::string_view::npos || dash == 0)
        return std::nullopt;
    const std::string_view digits = job.substr(dash + 1);
    std::int64_t scheduled = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), scheduled);
    if (error != std::errc() || end != digits.data() + digits.size() || digits.front() == '-')
        return std::nullopt;
    if (digits.size() != minuteDigits && digits.size() != secondDigits)
        return std::nullopt;
    constexpr std::int64_t minute = 60;
    scheduled *= digits.size() == minuteDigits ? minute : 1;
    const std::int64_t late = createdSeconds - scheduled;
    if (createdSeconds == 0 || late < -mostEarlySeconds || late > mostLateSeconds)
        return std::nullopt;
    return job.substr(0, dash);
}

} // namespace

Workload workloadOf(const PodOwnership &pod)
{
    const auto owner = std::find_if(pod.owners.begin(), pod.owners.end(), [](const OwnerReference &one) { return one.controller; });
    if (pod.isMirror || (owner != pod.owners.end() && owner->kind == "Node"))
        return {"StaticPod", std::string(withoutSuffix(pod.podName, pod.nodeName).value_or(pod.podName))};
    if (owner == pod.owners.end() || owner->name.empty())
        return {"Pod", std::string(pod.podName)};
    if (owner->kind == "ReplicaSet") {
        if (const auto deployment = withoutSuffix(owner->name, pod.templateHash))
            return {"Deployment", std::string(*deployment)};
    }
    if (owner->kind == "Job") {
        if (const auto cronJob = cronJobOf(owner->name, pod.createdSeconds))
            return {"CronJob", std::string(*cronJob)};
    }
    return {owner->kind, owner->name};
}

std::int64_t parseApiTime(std::string_view text)
{
    constexpr std::size_t length = 20;
    if (text.size() != length)
        return 0;
    std::tm parts{};
    const std::string terminated(text);
    const char *const end = strptime(terminated.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    if (end == nullptr || *end != '\0')
        return 0;
    return std::max<std::int64_t>(timegm(&parts), 0);
}

} // namespace tapio::agent
