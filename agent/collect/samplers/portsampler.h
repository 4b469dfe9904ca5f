// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "agent/collect/cgroupinventory.h"
#include "agent/collect/filehooks.h"
#include "agent/collect/listenparse.h"
#include "agent/collect/sampler.h"
#include "agent/collect/smallfile.h"
#include "agent/enrich/originresolver.h"
#include "protocol/base/clock.h"

namespace tapio::agent {

/// Who listens where: the sockets of the host and of each pod or container with a network namespace of its own, as one gauge each.
/// A port that is no longer listened on has no more samples.
class PortSampler final : public Sampler {
public:
    /// All outlive the sampler. Looks every `intervalNs`, however often it is asked.
    PortSampler(std::filesystem::path procRoot, const CgroupInventory &inventory, OriginResolver &resolver, const Clock &clock,
                std::int64_t intervalNs = 60 * nsPerSecond);

    void sample(SampleWriter &out) override;
    std::vector<wire::Hook> hooks() const override { return m_hooks.hooks(); }

private:
    void sampleSpace(SampleWriter &out, const OriginPtr &origin, const std::string &pid, FileHooks::Id hook);
    void readEphemeralRange();
    /// As much of the file as lists ports, or its first megabyte. 0, or errno.
    int readFile(const std::filesystem::path &path, bool isTcp, std::vector<wire::SocketAddress> &ports);
    ListenList parse(bool isTcp) const;
    std::string spaceOf(const std::string &pid) const;

    std::filesystem::path m_procRoot;
    const CgroupInventory &m_inventory;
    OriginResolver &m_resolver;
    const Clock &m_clock;
    std::int64_t m_intervalNs;
    std::int64_t m_nextBootNs = 0;
    std::uint16_t m_ephemeralFirst = 32768; ///< the kernel's default, ip-sysctl
    std::uint16_t m_ephemeralLast = 60999;
    SmallFileReader m_reader;
    std::string m_buffer;
    FileHooks m_hooks;
    FileHooks::Id m_hostHook, m_podHook;
};

} // namespace tapio::agent
