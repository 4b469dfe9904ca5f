// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/kernelgrace.h"

#include <cerrno>
#include <cstdint>

#include <unistd.h>

#include <bpf/bpf.h>

namespace tapio::agent {

KernelGrace::~KernelGrace()
{
    for (const int fd : {m_inner, m_outer}) {
        if (fd >= 0)
            ::close(fd);
    }
}

/// A map of maps that no program uses. Whoever changes one is let go only when no program can be running that began before (1ae80cf31938,
/// "bpf: wait for running BPF programs when updating map-in-map"): all that is wanted of it. membarrier(2) promises as much, but not
/// on kernels that run CPUs without a tick.
Status KernelGrace::open()
{
    if (m_outer >= 0)
        return {};
    constexpr std::uint32_t numberBytes = sizeof(std::uint32_t);
    if (m_inner < 0)
        m_inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "tapio_inner", numberBytes, numberBytes, 1, nullptr);
    bpf_map_create_opts options{};
    options.sz = sizeof(options);
    options.inner_map_fd = static_cast<std::uint32_t>(m_inner);
    if (m_inner >= 0)
        m_outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "tapio_grace", numberBytes, numberBytes, 1, &options);
    if (m_outer < 0)
        return failErrno("making a map to wait for running kernel programs", errno);
    return {};
}

Status KernelGrace::wait()
{
    const std::uint32_t first = 0;
    if (bpf_map_update_elem(m_outer, &first, &m_inner, BPF_ANY) != 0)
        return failErrno("waiting for running kernel programs", errno);
    return {};
}

} // namespace tapio::agent
