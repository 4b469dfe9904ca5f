// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "protocol/base/result.h"

namespace tapio::agent {

/// What must be there before any program can be loaded. Both are pure reads of the calling thread's state.

/// CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN, in the effective set. Errors: PermissionDenied, naming what is missing.
Status checkCapabilities();
/// The same for a given effective set (bit n = capability n, as in linux/capability.h).
Status checkCapabilities(std::uint64_t effective);

/// The kernel's type information at `path`. Errors: Unsupported, naming the path.
Status checkBtf(const std::string &path);

inline constexpr const char *kernelBtfPath = "/sys/kernel/btf/vmlinux";

} // namespace tapio::agent
