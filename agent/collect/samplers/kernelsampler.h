// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <map>
#include <string>
#include <tuple>

#include "agent/collect/kernelcollectors.h"
#include "agent/collect/sampler.h"

namespace tapio::agent {

/// What our kernel programs counted in place: TCP counters and latency histograms per cgroup, dropped packets by reason, and the
/// programs' own run time.
/// The ids that one cgroup has in two hierarchies make one series. A cgroup that is gone is told only while its figures move, and has
/// its entries removed when they have not for some minutes.
class KernelSampler final : public Sampler {
public:
    /// Both outlive the sampler.
    KernelSampler(KernelCollectors &kernel, OriginResolver &resolver) : m_kernel(kernel), m_resolver(resolver) {}

    void sample(SampleWriter &out) override;
    /// None: KernelCollectors::hooks tells the programs' states.
    std::vector<wire::Hook> hooks() const override { return {}; }
    /// Why the last sample() lacks something; empty = it does not.
    const std::string &problem() const noexcept { return m_problem; }

private:
    using SeriesKey = std::tuple<std::uint64_t, wire::HistogramKind, std::string>; ///< cgroup id, kind, label
    using Counts = std::array<std::uint64_t, wire::histogramBuckets>;

    void sampleTcp(SampleWriter &out);
    void sampleHistograms(SampleWriter &out);
    void sampleDrops(SampleWriter &out);
    void sampleRunTime(SampleWriter &out);

    KernelCollectors &m_kernel;
    OriginResolver &m_resolver;
    std::string m_problem;
    std::map<SeriesKey, CgroupTcp> m_tcp; ///< as told last
    std::map<SeriesKey, Counts> m_histograms;
    std::uint64_t m_runCount = 0; ///< of all programs, when last sampled
};

} // namespace tapio::agent
