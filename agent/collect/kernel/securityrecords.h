// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>

#include "agent/collect/kernelcollectors.h"
#include "protocol/base/result.h"

/// Records of the collectors "security", "capability" and "entry": what the header does not say. Pure. Errors: Malformed.
namespace tapio::agent {

Status decodePrivilege(std::span<const std::byte> bytes, KernelRecord &record);
Status decodePtrace(std::span<const std::byte> bytes, KernelRecord &record);
Status decodeModule(std::span<const std::byte> bytes, KernelRecord &record);
Status decodeCapability(std::span<const std::byte> bytes, KernelRecord &record);
Status decodeEntry(std::span<const std::byte> bytes, KernelRecord &record);

} // namespace tapio::agent
