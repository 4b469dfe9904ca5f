// SPDX-License-Identifier: GPL-3.0-or-later
// Every parser of what /proc, the cgroup file systems and the kubelet's folders say. The first byte chooses the parser, so that a
// mutation of one file also reaches the others.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/collect/procparse.h"
#include "agent/enrich/cgrouppath.h"
#include "agent/enrich/kubeletnames.h"
#include "tests/fuzz/promise.h"

using namespace tapio::agent;
using tapio::test::promise;

namespace {

void parseFile(unsigned which, std::string_view text)
{
    switch (which) {
    case 0: promise(parseNetDev(text).size() <= maxParsedEntries); break;
    case 1: promise(parseDiskStats(text).size() <= maxParsedEntries); break;
    case 2: promise(parseDeviceNames(text).size() <= maxParsedEntries); break;
    case 3: promise(parseIoStat(text).size() <= maxParsedEntries); break;
    case 4: promise(parseBlkio(text, text).size() <= maxParsedEntries); break;
    case 5: promise(parseMountInfo(text).size() <= maxParsedEntries); break;
    case 6: {
        const PressureTotals pressure = parsePressure(text);
        promise(pressure.someAvg10.value_or(0) < 10'100 && pressure.fullAvg10.value_or(0) < 10'100);
        break;
    }
    case 7: parseMemInfo(text); break;
    case 8: parseProcStat(text); break;
    case 9: parseStartTicks(text); break;
    case 10: keyedValue(text, "oom_kill"); break;
    case 12: parseMemoryEvents(text); break;
    case 13: parseMemoryV1(text, text); break;
    default: break;
    }
}

void parseNames(std::string_view text)
{
    if (const auto limit = parseCpuMax(text))
        promise(limit->periodUs > 0 && limit->millicores() <= limit->quotaUs * 1000);
    parseCfsQuota(text, text);
    parseMemoryLimit(text);
    firstPid(text);
    const ProcCgroups cgroups = parseProcCgroup(text);
    promise(!cgroups.v2 || cgroups.v2->starts_with('/'));
    const CgroupIdentity identity = identityFromPath(text);
    promise(identity.containerId.empty() || isContainerId(identity.containerId));
    promise(identity.podUid.empty() || isPodUid(identity.podUid));
    if (const auto pod = parsePodFolder(text))
        promise(isPodUid(pod->first) && !pod->second.podName.empty());
    if (const auto container = parseContainerLog(text))
        promise(isContainerId(container->containerId) && !container->containerName.empty());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view text(reinterpret_cast<const char *>(data) + 1, size - 1);
    constexpr unsigned parsers = 14;
    constexpr unsigned names = 11;
    const unsigned which = data[0] % parsers;
    if (which == names)
        parseNames(text);
    else
        parseFile(which, text);
    return 0;
}
