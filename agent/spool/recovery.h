// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/spool/files.h"

namespace tapio::agent {

/// A segment of an earlier start of this agent.
struct FoundSegment {
    std::uint64_t bytes = 0;
    std::uint64_t firstRecord = 0; ///< offset
    SegmentSums sums;
};

struct FoundSpool {
    std::map<SegmentName, FoundSegment> segments;
    std::uint32_t nextRun = 1;
    /// What lies there and is not touched, and why; bounded.
    std::vector<std::string> notOurs;
    std::uint64_t notOursMore = 0; ///< beyond those
    std::uint64_t worthless = 0;   ///< segments without one whole record, which were removed
};

/// Opens the folder, and tells what earlier starts left in it. Reads header and sums of each segment, and the whole of one that was not closed in
/// order. Whatever lies in the folder: memory and time are bounded by its size. Errors: those of SpoolFiles::open and list.
Result<FoundSpool> recoverSpool(SpoolFiles &files, const std::string &node);

} // namespace tapio::agent
