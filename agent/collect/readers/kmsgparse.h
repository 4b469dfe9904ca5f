// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/base/result.h"

namespace tapio::agent {

/// Most of a record's text that is kept.
inline constexpr std::size_t kmsgTextBytes = 1000;

/// One record of /dev/kmsg (Documentation/ABI/testing/dev-kmsg).
struct KmsgRecord {
    std::uint8_t priority = 0; ///< 0 (emerg) to 7 (debug)
    std::uint8_t facility = 0; ///< 0 = kern; anything else was written by a process
    std::uint64_t sequence = 0;
    std::uint64_t timeNs = 0;    ///< of the clock of printk: since boot, without suspend, and not disciplined by NTP
    bool isContinuation = false; ///< goes on where the record before it stopped
    std::string text;            ///< valid UTF-8, the kernel's \xNN taken back, at most kmsgTextBytes

    bool operator==(const KmsgRecord &) const = default;
};

/// The bytes of one read(2). Fields that later kernels add to the prefix are passed over, as the ABI asks. Errors: Malformed. Pure.
Result<KmsgRecord> parseKmsg(std::string_view bytes);

/// The first line of the kernel's report of an OOM kill (mm/oom_kill.c, dump_header): who asked for memory. Pure.
bool beginsOomReport(const KmsgRecord &record);
/// The last line of the part of it that is a dump, or the first of another report: warnings, bugs, stalls. Pure.
bool endsOomDump(const KmsgRecord &record);
/// A line of a dump of stack or registers, which says nothing by itself (lib/dump_stack.c, arch/x86 and arm64, show_regs). Pure.
bool isDumpLine(const KmsgRecord &record);

} // namespace tapio::agent
