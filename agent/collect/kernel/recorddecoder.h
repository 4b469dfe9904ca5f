// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "agent/collect/kernelcollectors.h"
#include "protocol/base/result.h"

/// From a record of a ring (bpf/include/tapio_records.h) to values. Pure: any thread, no state.
namespace tapio::agent {

/// Checks everything that is read: kind, size, lengths, terminated strings. Alignment of `bytes` does not matter.
/// drainedBootNs is left to the caller. Errors: Malformed, saying what is wrong.
Result<KernelRecord> decodeRecord(std::span<const std::byte> bytes);

/// Collector that a record of this kind belongs to; "unknown" when too short or of no known kind. Static lifetime.
std::string_view recordSource(std::span<const std::byte> bytes) noexcept;

} // namespace tapio::agent
