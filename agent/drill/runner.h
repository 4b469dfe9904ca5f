// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/drill/drill.h"
#include "protocol/base/clock.h"
#include "protocol/wire/details.h"

namespace tapio::drill {

struct RunRequest {
    const Drill &drill;
    std::chrono::seconds time{0}; ///< 0 = the drill's own; at most its Limits::most
    Place place;
    /// Told before the fault begins, and when it is over. A refusal of the first keeps the drill from running: nothing happens on a
    /// node that nobody could tell from the real thing.
    std::function<Status(const wire::DrillLabel &)> label;
    std::stop_token stop;
    const Clock &clock;
};

struct RunReport {
    std::uint64_t runId = 0;
    std::string target;      ///< path of the scratch cgroup
    std::int64_t fromNs = 0; ///< UTC
    std::int64_t toNs = 0;   ///< UTC
    bool happened = false;   ///< the fault was seen to happen
    bool stopped = false;    ///< on request, before its time
    std::string reason;      ///< why it did not happen, or what went wrong with the last label or the cleaning
    bool clean = false;      ///< nothing was left behind
    Evidence evidence;
    std::vector<std::string> leftovers; ///< of earlier runs, removed before
};

/// Can it run here: the drill's own probe, and what all of them need. Errors: as of Drill::probe.
Status probeDrill(const Drill &drill, const Place &place);

/// Runs one drill to its end and cleans up. From the main thread: the drill's processes die with the calling thread.
/// Errors, all before anything happened: Busy (another drill runs; names its process), those of probeDrill and of the label,
/// InvalidArgument (time), by errno.
Result<RunReport> runDrill(const RunRequest &request);

struct StopReport {
    std::optional<std::int32_t> pid;  ///< of the runner that was stopped
    std::vector<std::string> removed; ///< left behind by others
};
/// Ends the drill that runs, waits for its end, and removes what killed runs left. Errors: PermissionDenied, TimedOut, by errno.
Result<StopReport> stopDrill(const Place &place);

} // namespace tapio::drill
