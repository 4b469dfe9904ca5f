// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "protocol/base/result.h"

namespace tapio::console {

struct VerifyReport {
    std::uint64_t chunks = 0;
    std::uint64_t sealedChunks = 0;
    std::uint64_t events = 0;
    std::uint64_t sampleBlocks = 0;
    std::string lastHash;              ///< hex, of the newest sealed chunk: vouches for all older ones; empty = none is sealed
    std::vector<std::string> problems; ///< one plain sentence each; empty = the file is whole
};

/// Reads everything in a store and checks it: SQLite's own structure, that event numbers have no hole, each chunk's digest, the
/// chain of hashes, and that every chunk and block can be read. Any thread; takes about a second per 5 million events.
/// Errors: those of StoreReader::open, Cancelled. What is wrong in the file is not an error but a problem in the report.
Result<VerifyReport> verifyStore(const std::filesystem::path &file, std::stop_token stop);

} // namespace tapio::console
