// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/observe/health.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

namespace tapio::agent {

namespace {

void addLine(Health &health, const char *name, bool ok, const std::string &reason)
{
    health.ok = health.ok && ok;
    if (!health.text.empty())
        health.text += '\n';
    health.text += fmt::format("{}: {}, {}", name, ok ? "ok" : "failed", reason);
}

void addThread(Health &health, const char *name, std::int64_t turnedBootNs, std::int64_t nowBootNs)
{
    const double seconds = static_cast<double>(std::max<std::int64_t>(nowBootNs - turnedBootNs, 0)) / 1e9;
    const bool moves = nowBootNs - turnedBootNs <= std::chrono::nanoseconds(longestSilence).count();
    addLine(health, name, moves, fmt::format("{} {:.1f} s ago", moves ? "came round" : "hangs, last came round", seconds));
}

void addHooks(Health &health, const CollectSnapshot &snapshot)
{
    const auto count = [&](auto &&which) { return std::count_if(snapshot.hooks.begin(), snapshot.hooks.end(), which); };
    const auto wanted = count([](const wire::Hook &hook) { return hook.wanted(); });
    const auto active = count([](const wire::Hook &hook) { return hook.state == wire::HookState::Active; });
    std::string reason = fmt::format("{} of {} wanted hooks active", active, wanted);
    const auto missing = std::find_if(snapshot.hooks.begin(), snapshot.hooks.end(), [](const wire::Hook &hook) { return hook.missing(); });
    if (missing != snapshot.hooks.end())
        reason += fmt::format("; {} {} is {}", missing->collector, missing->name, wire::hookStateName(missing->state));
    addLine(health, "hooks", wanted == 0 || active > 0, reason);
}

} // namespace

Health liveness(const AgentView &view)
{
    Health health;
    if (view.failure)
        addLine(health, "collecting", false, view.failure->message());
    else if (view.collectTurnedBootNs == 0)
        addLine(health, "collecting", true, "loading the kernel programs");
    else
        addThread(health, "collecting", view.collectTurnedBootNs, view.nowBootNs);
    if (view.link.asOfBootNs == 0)
        addLine(health, "publishing", true, "starting");
    else
        addThread(health, "publishing", view.link.asOfBootNs, view.nowBootNs);
    return health;
}

Health readiness(const AgentView &view)
{
    Health health;
    if (view.failure)
        addLine(health, "kernel", false, view.failure->message());
    else
        addLine(health, "kernel", view.collectTurnedBootNs != 0,
                view.collectTurnedBootNs != 0 ? "the programs are loaded" : "the programs are being loaded");
    if (view.collect)
        addHooks(health, *view.collect);
    else
        addLine(health, "hooks", false, "their states are not known yet");
    addLine(health, "link", true,
            fmt::format("{} to {}, {} events wait", sessionPhaseName(view.link.phase), view.server,
                        view.link.queuedEvents + view.link.inFlightEvents));
    return health;
}

} // namespace tapio::agent
