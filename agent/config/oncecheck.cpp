// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/config/oncecheck.h"

#include <algorithm>
#include <iomanip>
#include <ostream>

#include <nlohmann/json.hpp>

namespace tapio::agent {

bool CheckReport::healthy() const noexcept
{
    return !error && std::none_of(hooks.begin(), hooks.end(), [](const wire::Hook &hook) {
        return hook.state == wire::HookState::Denied || hook.state == wire::HookState::Failed;
    });
}

void printTable(std::ostream &out, const CheckReport &report)
{
    if (report.error) {
        out << "not healthy: " << report.error->message() << '\n';
        return;
    }
    const auto row = [&out](std::string_view collector, std::string_view name, std::string_view state, std::string_view kind,
                            std::string_view reason) {
        out << std::left << std::setw(12) << collector << std::setw(44) << name << std::setw(13) << state << std::setw(12) << kind << reason
            << '\n';
    };
    row("COLLECTOR", "HOOK", "STATE", "ATTACHED", "REASON");
    for (const wire::Hook &hook : report.hooks)
        row(hook.collector, hook.name, wire::hookStateName(hook.state), hook.attachKind, hook.reason);
    out << (report.healthy() ? "healthy\n" : "not healthy\n");
}

void printJson(std::ostream &out, const CheckReport &report)
{
    nlohmann::json hooks = nlohmann::json::array();
    for (const wire::Hook &hook : report.hooks) {
        hooks.push_back({{"collector", hook.collector},
                         {"name", hook.name},
                         {"state", std::string(wire::hookStateName(hook.state))},
                         {"attachKind", hook.attachKind},
                         {"reason", hook.reason}});
    }
    nlohmann::json all{{"healthy", report.healthy()}, {"error", nullptr}, {"hooks", std::move(hooks)}};
    if (report.error)
        all["error"] = report.error->message();
    out << all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

} // namespace tapio::agent
