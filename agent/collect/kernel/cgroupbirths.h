// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tapio::agent {

/// What the programs noted of a cgroup when it was made; see KernelCollectors::cgroupBirth. A map that is not there knows nothing.
std::optional<std::string> readCgroupBirth(int mapFd, std::uint64_t id, bool isV1);

} // namespace tapio::agent
