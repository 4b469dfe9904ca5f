// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>

#include "agent/collect/kernelcollectors.h"
#include "protocol/base/result.h"

namespace tapio::agent {

/// Records of the collectors "file" and "descriptors": what the header does not say. Pure. Errors: Malformed.
Status decodeFile(std::span<const std::byte> bytes, KernelRecord &record);
Status decodeDescriptors(std::span<const std::byte> bytes, KernelRecord &record);

} // namespace tapio::agent
