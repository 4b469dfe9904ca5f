// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/base/result.h"

namespace tapio::console {

/// A moment as UTC nanoseconds: "10m", "2h", "1d", "30s" (that long before `nowNs`), "now", or "2026-03-01T12:00:05Z" and
/// "2026-03-01" (UTC). Errors: InvalidArgument, naming what was given and what is understood.
Result<std::int64_t> parseMoment(std::string_view text, std::int64_t nowNs);

/// The same moment in a sentence: "15 minutes ago"; a date and "now" stay as they are. `text` must be one that parseMoment takes.
std::string momentText(std::string_view text);

} // namespace tapio::console
