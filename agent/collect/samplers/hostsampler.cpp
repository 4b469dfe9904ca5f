// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/samplers/hostsampler.h"

#include <algorithm>
#include <cerrno>
#include <unistd.h>
#include <utility>

namespace tapio::agent {

using wire::Metric;

namespace {

struct PressureFile {
    const char *name;
    Metric some;
    std::optional<Metric> full;
};
// "full" of the CPU is always 0 for the whole system (Documentation/accounting/psi.rst).
constexpr std::array<PressureFile, 3> pressureFiles{{
    {"pressure/cpu", Metric::PsiCpuSomeUs, std::nullopt},
    {"pressure/memory", Metric::PsiMemorySomeUs, Metric::PsiMemoryFullUs},
    {"pressure/io", Metric::PsiIoSomeUs, Metric::PsiIoFullUs},
}};

/// The host's end of a pod's link: the pod's own end counts the same traffic.
bool isPodLink(std::string_view name)
{
    constexpr std::array<std::string_view, 3> prefixes{"veth", "cali", "lxc"};
    return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) { return name.starts_with(prefix); });
}

int understood(bool yes) { return yes ? 0 : EBADMSG; }

} // namespace

void addInterface(SampleWriter &out, const OriginPtr &origin, const InterfaceCounters &counters)
{
    out.add(origin, Metric::NetRxBytes, counters.rxBytes, counters.name);
    out.add(origin, Metric::NetTxBytes, counters.txBytes, counters.name);
    out.add(origin, Metric::NetRxPackets, counters.rxPackets, counters.name);
    out.add(origin, Metric::NetTxPackets, counters.txPackets, counters.name);
    out.add(origin, Metric::NetRxDrops, counters.rxDrops, counters.name);
    out.add(origin, Metric::NetTxDrops, counters.txDrops, counters.name);
}

void addDisk(SampleWriter &out, const OriginPtr &origin, const DiskCounters &counters, std::string_view label)
{
    out.add(origin, Metric::DiskReadBytes, counters.readBytes, label);
    out.add(origin, Metric::DiskWriteBytes, counters.writeBytes, label);
    out.add(origin, Metric::DiskReadOps, counters.readOps, label);
    out.add(origin, Metric::DiskWriteOps, counters.writeOps, label);
    out.add(origin, Metric::DiskBusyMs, counters.busyMs, label);
}

HostSampler::HostSampler(std::filesystem::path procRoot, const std::set<std::string> &disabled, OriginPtr host)
    : m_procRoot(procRoot), m_disabled(disabled), m_host(std::move(host)), m_stat(m_hooks.add("cpu", "/proc/stat")),
      m_meminfo(m_hooks.add("memory", "/proc/meminfo")), m_vmstat(m_hooks.add("memory", "/proc/vmstat")),
      m_diskstats(m_hooks.add("disk", "/proc/diskstats")), m_netdev(m_hooks.add("network", "/proc/net/dev"))
{
    for (std::size_t i = 0; i < pressureFiles.size(); ++i)
        m_pressure[i] = m_hooks.add("psi", std::string("/proc/") + pressureFiles[i].name);
}

void HostSampler::sample(SampleWriter &out)
{
    m_hooks.begin();
    sampleCpu(out);
    if (wants("memory"))
        sampleMemory(out);
    if (wants("psi"))
        samplePressure(out);
    if (wants("disk"))
        sampleDisks(out);
    if (wants("network"))
        sampleNetwork(out);
}

void HostSampler::sampleCpu(SampleWriter &out)
{
    const FileText file = read("stat");
    const auto times = file ? parseProcStat(file.text) : std::nullopt;
    m_hooks.note(m_stat, file ? understood(times.has_value()) : file.errnum);
    if (!times)
        return;
    static const auto nsPerTick = static_cast<std::uint64_t>(nsPerSecond / sysconf(_SC_CLK_TCK));
    if (wants("cpu"))
        out.add(m_host, Metric::CpuUsageNs, times->busyTicks * nsPerTick);
    if (times->onlineCpus > 0)
        out.add(m_host, Metric::NodeCpuCount, times->onlineCpus);
}

void HostSampler::sampleMemory(SampleWriter &out)
{
    const FileText file = read("meminfo");
    const MemInfo info = file ? parseMemInfo(file.text) : MemInfo{};
    m_hooks.note(m_meminfo, file ? understood(info.totalBytes && info.availableBytes) : file.errnum);
    out.add(m_host, Metric::NodeMemoryTotalBytes, info.totalBytes);
    out.add(m_host, Metric::NodeMemoryAvailableBytes, info.availableBytes);
    out.add(m_host, Metric::MemoryInactiveFileBytes, info.inactiveFileBytes);
    if (info.totalBytes && info.freeBytes && *info.freeBytes <= *info.totalBytes) {
        const std::uint64_t current = *info.totalBytes - *info.freeBytes;
        out.add(m_host, Metric::MemoryCurrentBytes, current);
        if (info.inactiveFileBytes)
            out.add(m_host, Metric::MemoryWorkingSetBytes, current - std::min(current, *info.inactiveFileBytes));
    }
    const FileText vmstat = read("vmstat");
    const auto kills = vmstat ? keyedValue(vmstat.text, "oom_kill") : std::nullopt;
    m_hooks.note(m_vmstat, vmstat ? (kills ? 0 : ENOENT) : vmstat.errnum); // before Linux 4.13 it had no such line
    out.add(m_host, Metric::MemoryOomKills, kills);
}

void HostSampler::samplePressure(SampleWriter &out)
{
    for (std::size_t i = 0; i < pressureFiles.size(); ++i) {
        const FileText file = read(pressureFiles[i].name);
        const PressureTotals totals = file ? parsePressure(file.text) : PressureTotals{};
        m_hooks.note(m_pressure[i], file ? understood(totals.someUs.has_value()) : file.errnum);
        out.add(m_host, pressureFiles[i].some, totals.someUs);
        if (pressureFiles[i].full)
            out.add(m_host, *pressureFiles[i].full, totals.fullUs);
    }
}

void HostSampler::sampleDisks(SampleWriter &out)
{
    const FileText file = read("diskstats");
    m_hooks.note(m_diskstats, file.errnum);
    if (!file)
        return;
    for (const DiskCounters &disk : parseDiskStats(file.text))
        addDisk(out, m_host, disk, disk.device);
}

void HostSampler::sampleNetwork(SampleWriter &out)
{
    // Of the first process: the agent may live in a network namespace of its own.
    FileText file = read("1/net/dev");
    if (!file)
        file = read("net/dev");
    m_hooks.note(m_netdev, file.errnum);
    if (!file)
        return;
    for (const InterfaceCounters &interface : parseNetDev(file.text)) {
        if (!isPodLink(interface.name))
            addInterface(out, m_host, interface);
    }
}

std::vector<wire::Hook> HostSampler::hooks() const
{
    std::vector<wire::Hook> hooks = m_hooks.hooks();
    std::erase_if(hooks, [this](const wire::Hook &hook) { return !wants(hook.collector.c_str()); });
    return hooks;
}

} // namespace tapio::agent
