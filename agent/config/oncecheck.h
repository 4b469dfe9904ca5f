// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <iosfwd>
#include <optional>
#include <vector>

#include "protocol/base/result.h"
#include "protocol/wire/report.h"

namespace tapio::agent {

/// What --once-check found: the states of all hooks, or why nothing could be opened.
struct CheckReport {
    std::optional<Error> error;
    std::vector<wire::Hook> hooks;

    /// Nothing is denied or failed. What this kernel lacks and what is switched off is told, but is no illness.
    bool healthy() const noexcept;
};

void printTable(std::ostream &out, const CheckReport &report);
/// {"healthy": BOOL, "error": TEXT or null, "hooks": [{"collector", "name", "state", "attachKind", "reason"}]}
void printJson(std::ostream &out, const CheckReport &report);

} // namespace tapio::agent
