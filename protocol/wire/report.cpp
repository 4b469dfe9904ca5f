// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/wire/report.h"

namespace tapio::wire {

std::string_view hookStateName(HookState state) noexcept
{
    switch (state) {
    case HookState::Unknown: break;
    case HookState::Active: return "active";
    case HookState::Unsupported: return "unsupported";
    case HookState::Denied: return "denied";
    case HookState::Failed: return "failed";
    case HookState::Disabled: return "disabled";
    }
    return "unknown";
}

} // namespace tapio::wire
