// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/hookrefusals.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace tapio::agent {

namespace {

/// The verifier's last word before its statistics.
std::string lastVerifierLine(std::string_view log)
{
    std::string_view last;
    while (!log.empty()) {
        const std::size_t end = std::min(log.find('\n'), log.size());
        const std::string_view line = log.substr(0, end);
        if (!line.empty() && !line.starts_with("processed ") && !line.starts_with("peak_states"))
            last = line;
        log.remove_prefix(std::min(end + 1, log.size()));
    }
    return std::string(last.substr(0, 200));
}

std::string errnoText(int error) { return std::generic_category().message(error); }

} // namespace

HookRefusal loadRefusal(int error, const std::string &log)
{
    const std::string line = lastVerifierLine(log);
    if (line.empty() && (error == EPERM || error == EACCES))
        return {wire::HookState::Unsupported, "this kernel does not allow it"};
    if (line.empty() && (error == ESRCH || error == ENOENT))
        return {wire::HookState::Unsupported, "this kernel does not have it"};
    return {wire::HookState::Failed, "not loaded: " + (line.empty() ? errnoText(error) : line)};
}

HookRefusal attachRefusal(std::string_view attachKind, int error)
{
    if (attachKind == "tracepoint" && error == ENOENT)
        return {wire::HookState::Unsupported, "tracefs is not mounted at /sys/kernel/tracing, or lacks it"};
    if (error == ENOENT || error == EOPNOTSUPP || error == EINVAL)
        return {wire::HookState::Unsupported, "not attached: " + errnoText(error)};
    if (attachKind == "cgroup" && error == EPERM)
        return {wire::HookState::Denied, "not attached: needs CAP_NET_ADMIN, and that nobody keeps the root cgroup to himself"};
    if (error == EPERM || error == EACCES)
        return {wire::HookState::Denied, "not attached: " + errnoText(error)};
    return {wire::HookState::Failed, "not attached: " + errnoText(error)};
}

} // namespace tapio::agent
