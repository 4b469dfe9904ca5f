// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/benchmarks/bpf/observers.h"

namespace tapio::bench {

/// Where a collector's programs are.
struct Hooks {
    std::vector<std::string> tracepoints; ///< typed ones, by the kernel's names
    bool packets = false;                 ///< of the root of cgroup v2, both ways
};

/// Programs that return at once, at these hooks: what none that is there can cost less than. Null where the kernel refuses one of them. Whoever owns
/// it detaches them with it.
std::unique_ptr<Observer> attachEmptyPrograms(const Hooks &hooks);

} // namespace tapio::bench
