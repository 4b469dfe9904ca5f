// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstring>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "agent/collect/kernelcollectors.h"
#include "protocol/base/result.h"

namespace tapio::agent {

/// Sums of the counters array of bpf/include/tapio_bpf.h over all CPUs, by collector. Errors: Io.
Result<std::vector<SourceCounterSet>> readCounters(int mapFd);

} // namespace tapio::agent
