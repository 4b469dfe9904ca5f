// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <string_view>

namespace tapio::bench {

struct Workload {
    std::string_view name;
    std::string_view operation; ///< what one operation is
    int operations;             ///< per measurement
    bool (*run)(int operations);
};

std::span<const Workload> workloads() noexcept;

/// CPU time per operation in ns, children's included, of a process of its own on one CPU. Below 0 when it failed.
double measure(const Workload &workload);

} // namespace tapio::bench
