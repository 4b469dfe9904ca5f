// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "protocol/base/result.h"

namespace tapio::transport {

/// SHA-256 (FIPS 180-4) as 64 lower-case hexadecimal digits. Any thread. Errors: Internal (the library refuses, as without memory).
Result<std::string> sha256Hex(std::string_view bytes);

} // namespace tapio::transport
