// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "console/core/metrics/ruleboard.h"

namespace tapio::console {

/// Where the recordings are: of the installation that this program is in, else of the sources it was built from. Errors: NotFound.
Result<std::filesystem::path> shippedSuite();

/// How right the shipped rules are about the held half of the suite in that folder, as `tapio score` prints it. It takes a second or so, and memory for the
/// recordings; on no GUI thread. What cannot be read is left out by it, or is its failure.
SuiteScore scoreSuite(const std::filesystem::path &folder);
SuiteScore scoreShippedSuite();

} // namespace tapio::console
