// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/samplers/volumesampler.h"

#include <algorithm>
#include <utility>

#include "protocol/wire/text.h"

namespace tapio::agent {

void VolumeSampler::sample(SampleWriter &out)
{
    auto latest = m_looks.latest();
    if (latest == m_told)
        return;
    m_told = std::move(latest);
    for (const Volume &volume : m_told->volumes) {
        const OriginPtr origin = m_resolver.known(volume.cgroupId, volume.memoryCgroupId);
        if (volume.size.totalBytes == 0 || origin->attribution == wire::Attribution::Unknown)
            continue; // it has no limit, or its cgroup is gone
        constexpr std::size_t mostBytes = 1024;
        const std::string path = wire::toValidUtf8(volume.mountPoint);
        const std::string_view label = wire::truncateUtf8(path, mostBytes);
        out.add(origin, wire::Metric::FilesystemTotalBytes, volume.size.totalBytes, label);
        out.add(origin, wire::Metric::FilesystemUsedBytes, volume.size.totalBytes - std::min(volume.size.totalBytes, volume.size.freeBytes),
                label);
    }
}

} // namespace tapio::agent
