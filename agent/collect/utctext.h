// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace tapio::agent {

/// "2026-11-26 09:30:00 UTC".
std::string utcText(std::int64_t utcNs);

} // namespace tapio::agent
