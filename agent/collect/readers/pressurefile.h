// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "agent/collect/smallfile.h"
#include "protocol/base/result.h"

namespace tapio::agent {

/// Stall time within a window: what a trigger of the kernel's pressure stall information asks for.
struct PressureRule {
    bool full = false; ///< else "some"
    std::uint64_t thresholdUs = 0;
    std::uint64_t windowUs = 0;

    bool operator==(const PressureRule &) const = default;
};

/// "some 300000 2000000", as Documentation/accounting/psi.rst has it: a window of 500 ms to 10 s, and a threshold within it. Errors:
/// InvalidArgument, saying what is wrong. Pure.
Result<PressureRule> parsePressureRule(std::string_view text);
std::string toString(const PressureRule &rule);

/// An open pressure file, with a trigger where the kernel takes one. Closing it ends the trigger. One thread.
class PressureFile {
public:
    enum class Told : std::uint8_t { Nothing, Stall, Gone };

    virtual ~PressureFile() = default;
    /// What the trigger told since the last call; without one always Nothing. Gone: its cgroup was removed.
    virtual Told told() = 0;
    /// What it says now. The text lives until the next read.
    virtual FileText read() = 0;
    /// 0: it has a trigger; else the errno that it was refused with.
    virtual int triggerErrno() const noexcept = 0;
};

/// A file that can only be read, or is of neither proc nor cgroup v2, has no trigger. Errors: of open(2), by errno.
Result<std::unique_ptr<PressureFile>> openPressureFile(const std::filesystem::path &path, const PressureRule &rule);

} // namespace tapio::agent
