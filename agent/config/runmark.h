// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/base/result.h"

namespace tapio::agent {

/// What an agent leaves of itself for the next start, each second and at its end: so that the next one can tell of the time in which nobody
/// looked. The lock file keeps it, and so ends with the machine where the runtime folder does. Pure.
struct RunMark {
    std::uint32_t pid = 0;
    std::string bootId;             ///< of the machine: times by the boot clock of another boot say nothing
    std::int64_t utcNs = 0;         ///< when this was true
    std::int64_t bootNs = 0;        ///< the same
    std::uint64_t unsafeEvents = 0; ///< numbered, and neither confirmed nor in the spool: they end with the agent, but for those under way
    bool isOver = false;            ///< it ended in order

    bool operator==(const RunMark &) const = default;
};

/// One line of JSON, with its end.
std::string formatRunMark(const RunMark &mark);
/// Nothing in a file is believed: every field must be there, of its kind, and nothing else. Errors: Malformed.
Result<RunMark> parseRunMark(std::string_view line);

/// The time in which nobody looked, as the next start sees it.
struct Unwatched {
    enum class Why : std::uint8_t {
        NoneBefore, ///< no agent has left a mark here since the machine's boot, or none that can be read
        Stopped,
        CutOff, ///< killed, crashed, or the machine went down
    };
    Why why = Why::NoneBefore;
    std::uint32_t pid = 0;       ///< of the agent before; 0 = there was none
    std::int64_t fromNs = 0;     ///< UTC; of NoneBefore: the machine's boot
    std::int64_t toNs = 0;       ///< UTC: from then on this one looks
    std::int64_t durationNs = 0; ///< by the boot clock where that was the same boot; clocks may have been set meanwhile
    std::uint64_t unsafeEvents = 0;

    bool operator==(const Unwatched &) const = default;
};

/// `before`: null = there is none. `now`: this start, when it began to look.
Unwatched unwatched(const RunMark *before, const RunMark &now);

} // namespace tapio::agent
