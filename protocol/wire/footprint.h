// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>

#include "protocol/wire/message.h"

/// What values occupy in memory beside their own size, allocator's overhead aside: for limits, so it follows every text.
namespace tapio::wire {

/// Short texts lie within the string itself.
inline std::size_t heapBytes(const std::string &text) noexcept { return text.size() > std::string().capacity() ? text.size() + 1 : 0; }

std::size_t heapBytes(const Event &event) noexcept;
std::size_t heapBytes(const Frame &frame) noexcept;

} // namespace tapio::wire
