// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/collect/kernelcollectors.h"

namespace tapio::bench {

/// Something that watches while a workload runs.
class Observer {
public:
    virtual ~Observer() = default;
    /// CPU time that it used itself so far, in user space and on its own behalf; ns.
    virtual double cpuNs() const = 0;
    /// Records or lines that it gave out so far; 0 when it folds everything.
    virtual std::uint64_t outputs() const = 0;
};

/// What a workload is measured under. `start` gives null when it cannot run here.
struct Condition {
    std::string name;
    std::vector<std::string> workloads; ///< empty = all
    std::function<std::unique_ptr<Observer>()> start;
};

/// Ours with real draining and decoding, then the peers. The first is "none".
std::vector<Condition> conditions();

/// Our collectors with a thread that drains them, under a filter or none.
std::unique_ptr<Observer> startOurs(agent::KernelOptions options, const std::optional<agent::KernelFilter> &filter = {});

/// Makes tracefs visible to this process and its children alone, where the machine has none: the peers need it.
bool provideTracefs();

} // namespace tapio::bench
