// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "protocol/base/result.h"
#include "protocol/wire/message.h"

namespace tapio::bench {

/// One event of a recording. Its origin is the batch's, which lives as long as the load.
struct RecordedEvent {
    std::int64_t sinceBeginNs = 0; ///< of its recording
    wire::Event event;
    const wire::Origin *origin = nullptr;
};

/// All recordings of a folder at once, as if what they are of had begun in the same second on one node: builds and load tests beside every drill.
struct RecordedLoad {
    std::vector<RecordedEvent> events; ///< by time
    std::int64_t lastsNs = 0;          ///< of the longest
    std::size_t recordings = 0;
    std::vector<std::unique_ptr<std::vector<wire::Origin>>> origins;
};

/// Errors: Io, and those of the recordings' reader. Insights, which are no evidence of anything, are left out, and what happened long before it came.
Result<RecordedLoad> readRecordedLoad(const std::filesystem::path &folder);

} // namespace tapio::bench
