// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/cgroupbirths.h"

#include <bpf/bpf.h>

#include "agent/collect/kernel/recordview.h"
#include "bpf/include/tapio_records.h"

namespace tapio::agent {

std::optional<std::string> readCgroupBirth(int mapFd, std::uint64_t id, bool isV1)
{
    tapio_cgroup_key key{};
    key.id = id;
    key.is_v1 = isV1 ? 1 : 0;
    tapio_cgroup_birth birth{};
    if (mapFd < 0 || bpf_map_lookup_elem(mapFd, &key, &birth) != 0)
        return std::nullopt;
    auto path = terminated(birth.path);
    return path && path->starts_with('/') ? path : std::nullopt;
}

} // namespace tapio::agent
