// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <vector>

#include "protocol/wire/details.h"

namespace tapio::wire {

/// What the signature of a label is made over: all fields but the signature, each in one way only. A fixed first line that no other
/// signed text of ours begins with; then of each text its length and its bytes, of each number its eight bytes, little-endian. Pure.
std::vector<std::byte> signedBytes(const DrillLabel &label);

} // namespace tapio::wire
