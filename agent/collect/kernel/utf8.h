// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace tapio::agent {

/// `bytes` with each byte that is no part of valid UTF-8 (RFC 3629) replaced by U+FFFD: what a process calls itself and
/// its arguments are arbitrary bytes, what travels on is text.
std::string toUtf8(std::string_view bytes);

} // namespace tapio::agent
