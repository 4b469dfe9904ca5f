// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "agent/collect/cgroupinventory.h"
#include "agent/collect/filehooks.h"
#include "agent/collect/sampler.h"
#include "agent/collect/smallfile.h"

namespace tapio::agent {

/// Traffic of each pod, and of each container outside pods: /proc/PID/net/dev of one of its processes. Whoever uses the host's
/// network namespace gets no samples, since its traffic cannot be told from the host's.
class PodNetworkSampler final : public Sampler {
public:
    PodNetworkSampler(std::filesystem::path procRoot, const CgroupInventory &inventory, OriginResolver &resolver);

    void sample(SampleWriter &out) override;
    std::vector<wire::Hook> hooks() const override { return m_hooks.hooks(); }

private:
    std::string networkNamespace(std::uint32_t pid) const;

    std::filesystem::path m_procRoot;
    const CgroupInventory &m_inventory;
    OriginResolver &m_resolver;
    SmallFileReader m_reader;
    FileHooks m_hooks;
    FileHooks::Id m_netdev;
};

} // namespace tapio::agent
