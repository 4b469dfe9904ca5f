// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include <nlohmann/json.hpp>

namespace tapio::bench {

/// Writes `frames` frames of `frameBytes` into a disk spool under `folder` and reads them back, as an agent that is started anew does: MB/s of
/// both, and the longest call on the publisher's thread meanwhile. Throws when the spool cannot be used.
nlohmann::json spoolRate(const std::filesystem::path &folder, std::size_t frames, std::size_t frameBytes);

} // namespace tapio::bench
