// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/samplers/kernelsampler.h"

#include <utility>

namespace tapio::agent {

using wire::Metric;

namespace {

constexpr std::array<std::pair<Metric, std::uint64_t CgroupTcp::*>, 6> tcpMetrics{{
    {Metric::TcpConnects, &CgroupTcp::connects},
    {Metric::TcpConnectFailures, &CgroupTcp::connectFailures},
    {Metric::TcpAccepts, &CgroupTcp::accepts},
    {Metric::TcpRetransmits, &CgroupTcp::retransmits},
    {Metric::TcpResetsSent, &CgroupTcp::resetsSent},
    {Metric::TcpResetsReceived, &CgroupTcp::resetsReceived},
}};

bool sameCounts(const CgroupTcp &a, const CgroupTcp &b)
{
    for (const auto &[metric, member] : tcpMetrics) {
        if (a.*member != b.*member)
            return false;
    }
    return true;
}

bool exists(const wire::Origin &origin)
{
    return origin.attribution == wire::Attribution::Live || origin.attribution == wire::Attribution::Inferred;
}

} // namespace

void KernelSampler::sample(SampleWriter &out)
{
    m_problem.clear();
    sampleTcp(out);
    sampleHistograms(out);
    sampleDrops(out);
    sampleRunTime(out);
    // Their entries would be read and looked up each second, until the maps are full.
    m_kernel.forgetIdle([this](std::uint64_t cgroupId, std::uint64_t memoryCgroupId, CgroupHierarchy hierarchy) {
        return !exists(*m_resolver.known(cgroupId, memoryCgroupId, hierarchy));
    });
}

void KernelSampler::sampleTcp(SampleWriter &out)
{
    const auto counters = m_kernel.tcpCounters();
    if (!counters) {
        m_problem = counters.error().message();
        return;
    }
    std::map<SeriesKey, std::pair<OriginPtr, CgroupTcp>> series;
    for (const CgroupTcp &tcp : *counters) {
        OriginPtr origin = m_resolver.known(tcp.cgroupId, tcp.memoryCgroupId, tcp.hierarchy);
        auto &[known, sum] = series[{origin->cgroupId, wire::HistogramKind::Unknown, {}}];
        known = std::move(origin);
        for (const auto &[metric, member] : tcpMetrics)
            sum.*member += tcp.*member;
    }
    std::map<SeriesKey, CgroupTcp> told;
    for (const auto &[key, entry] : series) {
        const auto &[origin, sum] = entry;
        const auto before = m_tcp.find(key);
        const bool moved = before == m_tcp.end() || !sameCounts(before->second, sum);
        told.emplace(key, sum);
        if (!moved && !exists(*origin))
            continue;
        for (const auto &[metric, member] : tcpMetrics)
            out.add(origin, metric, sum.*member);
    }
    m_tcp = std::move(told);
}

void KernelSampler::sampleHistograms(SampleWriter &out)
{
    const auto histograms = m_kernel.histograms();
    if (!histograms) {
        m_problem = histograms.error().message();
        return;
    }
    std::map<SeriesKey, std::pair<OriginPtr, Counts>> series;
    for (const CgroupHistogram &histogram : *histograms) {
        OriginPtr origin = m_resolver.known(histogram.cgroupId, histogram.memoryCgroupId, histogram.hierarchy);
        auto &[known, sum] = series[{origin->cgroupId, histogram.kind, histogram.label}];
        known = std::move(origin);
        for (std::size_t i = 0; i < sum.size(); ++i)
            sum[i] += histogram.counts[i];
    }
    std::map<SeriesKey, Counts> told;
    for (const auto &[key, entry] : series) {
        const auto &[origin, sum] = entry;
        const auto before = m_histograms.find(key);
        const bool moved = before == m_histograms.end() || before->second != sum;
        told.emplace(key, sum);
        if (moved || exists(*origin))
            out.add(origin, std::get<1>(key), std::get<2>(key), sum);
    }
    m_histograms = std::move(told);
}

void KernelSampler::sampleDrops(SampleWriter &out)
{
    const auto drops = m_kernel.packetDrops();
    if (!drops) {
        m_problem = drops.error().message();
        return;
    }
    for (const DropCount &drop : *drops)
        out.add(m_resolver.host(), Metric::NetworkDropsByReason, drop.packets, drop.reason);
}

void KernelSampler::sampleRunTime(SampleWriter &out)
{
    std::uint64_t runTimeNs = 0;
    std::uint64_t runCount = 0;
    for (const wire::Hook &hook : m_kernel.hooks()) {
        runTimeNs += hook.runTimeNs;
        runCount += hook.runCount;
    }
    // Runs that are not counted: the kernel's BPF statistics are off, or somebody who had turned them on has left. The sum of
    // then would say that our programs cost nothing.
    if (runCount != m_runCount)
        out.add(m_resolver.host(), Metric::AgentBpfRunNs, runTimeNs);
    m_runCount = runCount;
}

} // namespace tapio::agent
