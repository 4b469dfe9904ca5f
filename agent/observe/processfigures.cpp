// SPDX-License-Identifier: GPL-3.0-or-later
#include <filesystem>
#include <iterator>
#include <unistd.h>

#include "agent/collect/procparse.h"
#include "agent/collect/selfuse.h"
#include "agent/collect/smallfile.h"
#include "agent/observe/agentview.h"

namespace tapio::agent {

ProcessFigures readProcessFigures(const Clock &clock)
{
    constexpr double perSecond = 1e9;
    ProcessFigures figures;
    const SelfUse use = readSelfUse();
    if (use.cpuNs)
        figures.cpuSeconds = static_cast<double>(*use.cpuNs) / perSecond;
    figures.residentBytes = use.residentBytes;
    figures.virtualBytes = use.virtualBytes;
    SmallFileReader reader;
    if (const FileText file = reader.read("/proc/self/stat")) {
        const auto ticksPerSecond = static_cast<double>(sysconf(_SC_CLK_TCK));
        const double bootedSeconds = static_cast<double>(clock.utcNs() - clock.bootNs()) / perSecond;
        if (const auto ticks = parseStartTicks(file.text))
            figures.startTimeSeconds = bootedSeconds + static_cast<double>(*ticks) / ticksPerSecond;
    }
    std::error_code error;
    if (const std::filesystem::directory_iterator open("/proc/self/fd", error); !error)
        figures.openDescriptors = static_cast<std::uint64_t>(std::distance(begin(open), end(open))) - 1; // this look itself
    return figures;
}

} // namespace tapio::agent
