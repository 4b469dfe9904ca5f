// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>

namespace tapio::agent {

/// What this process has used and holds; what cannot be read is absent.
struct SelfUse {
    std::optional<std::uint64_t> cpuNs; ///< user and system, all threads, cumulative
    std::optional<std::uint64_t> residentBytes, virtualBytes;
};

/// Any thread.
SelfUse readSelfUse();

} // namespace tapio::agent
