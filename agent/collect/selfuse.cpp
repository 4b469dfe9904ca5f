// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/selfuse.h"

#include <ctime>
#include <unistd.h>

#include "agent/collect/procparse.h"
#include "agent/collect/smallfile.h"
#include "protocol/base/clock.h"

namespace tapio::agent {

SelfUse readSelfUse()
{
    SelfUse use;
    timespec used{};
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0)
        use.cpuNs = static_cast<std::uint64_t>(used.tv_sec * nsPerSecond + used.tv_nsec);
    // First field of statm: size, second: resident; in pages (proc(5)).
    SmallFileReader reader(4096);
    if (const FileText file = reader.read("/proc/self/statm")) {
        const auto pageBytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
        std::string_view line = file.text;
        if (const auto pages = parseUnsigned(nextWord(line)))
            use.virtualBytes = *pages * pageBytes;
        if (const auto pages = parseUnsigned(nextWord(line)))
            use.residentBytes = *pages * pageBytes;
    }
    return use;
}

} // namespace tapio::agent
