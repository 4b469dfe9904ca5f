// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/samplers/cgroupsampler.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "agent/collect/samplers/hostsampler.h"

namespace tapio::agent {

using wire::Metric;

namespace {

std::optional<std::uint64_t> microsecondsToNs(std::optional<std::uint64_t> us)
{
    if (!us || *us > UINT64_MAX / 1000)
        return std::nullopt;
    return *us * 1000;
}

struct PressureFile {
    const char *name;
    Metric some;
    std::optional<Metric> full;
};
constexpr std::array<PressureFile, 3> pressureFiles{{
    {"cpu.pressure", Metric::PsiCpuSomeUs, std::nullopt},
    {"memory.pressure", Metric::PsiMemorySomeUs, Metric::PsiMemoryFullUs},
    {"io.pressure", Metric::PsiIoSomeUs, Metric::PsiIoFullUs},
}};

} // namespace

CgroupSampler::CgroupSampler(const std::filesystem::path &procRoot, const CgroupInventory &inventory, OriginResolver &resolver,
                             const std::set<std::string> &disabled)
    : m_diskstats(procRoot / "diskstats"), m_inventory(inventory), m_resolver(resolver), m_disabled(disabled),
      m_walk(m_hooks.add("cgroup", std::string("cgroup tree (") + inventory.layout().kind() + ")"))
{}

void CgroupSampler::sample(SampleWriter &out)
{
    m_hooks.begin();
    const CgroupLayout &layout = m_inventory.layout();
    m_hooks.note(m_walk, layout.hasV1() || !layout.unified.empty() ? 0 : ENOENT);
    m_hooks.remark(m_walk, m_inventory.cutOff() == 0
                               ? std::string()
                               : "more than " + std::to_string(m_inventory.maxCgroups())
                                     + " cgroups exist: pods and containers come first, and what is beyond is not sampled");
    if (wants("disk")) {
        if (const FileText names = m_reader.read(m_diskstats))
            m_deviceNames = parseDeviceNames(names.text);
    }
    for (const CgroupNode &node : m_inventory.nodes())
        sampleOne(node, out);
}

void CgroupSampler::sampleOne(const CgroupNode &node, SampleWriter &out)
{
    const OriginPtr origin = m_resolver.originOf(node);
    const FolderHandle unified = node.v2Id != 0 ? open(m_inventory.layout().unified, node) : FolderHandle();
    if (wants("cpu")) {
        if (node.inCpu || node.inCpuacct)
            sampleCpuV1(node, origin, out);
        else if (unified.isOpen())
            sampleCpuV2(unified, origin, out);
    }
    if (wants("memory")) {
        if (node.memoryId != 0)
            sampleMemory(open(m_inventory.layout().memory, node), true, origin, out);
        else if (unified.isOpen() && m_inventory.layout().memory.empty())
            sampleMemory(unified, false, origin, out);
    }
    if (wants("disk")) {
        if (node.inBlkio)
            sampleIoV1(node, origin, out);
        else if (unified.isOpen() && m_inventory.layout().blkio.empty())
            sampleIoV2(unified, origin, out);
    }
    if (wants("psi") && unified.isOpen())
        samplePressure(unified, origin, out);
}

FolderHandle CgroupSampler::open(const std::filesystem::path &hierarchy, const CgroupNode &node) const
{
    return FolderHandle(hierarchy.native() + node.path);
}

FileText CgroupSampler::read(const FolderHandle &folder, const char *collector, const char *file)
{
    auto known = m_files.find(std::string_view(file));
    if (known == m_files.end())
        known = m_files.emplace(file, m_hooks.add(collector, file)).first;
    if (!folder.isOpen())
        return {{}, ESRCH}; // removed since the walk
    const FileText text = m_reader.read(folder.fd(), file);
    m_hooks.note(known->second, text.errnum);
    return text;
}

CgroupSampler::Value CgroupSampler::keyed(const FolderHandle &folder, const char *collector, const char *file, const char *key)
{
    const FileText text = read(folder, collector, file);
    return text ? keyedValue(text.text, key) : std::nullopt;
}

void CgroupSampler::sampleCpuV1(const CgroupNode &node, const OriginPtr &origin, SampleWriter &out)
{
    if (node.inCpuacct) {
        const FileText usage = read(open(m_inventory.layout().cpuacct, node), "cpu", "cpuacct.usage");
        out.add(origin, Metric::CpuUsageNs, usage ? parseUnsigned(usage.text) : std::nullopt);
    }
    if (!node.inCpu)
        return;
    const FolderHandle folder = open(m_inventory.layout().cpu, node);
    if (const FileText stat = read(folder, "cpu", "cpu.stat")) {
        out.add(origin, Metric::CpuPeriods, keyedValue(stat.text, "nr_periods"));
        out.add(origin, Metric::CpuThrottledPeriods, keyedValue(stat.text, "nr_throttled"));
        out.add(origin, Metric::CpuThrottledNs, keyedValue(stat.text, "throttled_time"));
    }
    const FileText quotaText = read(folder, "cpu", "cpu.cfs_quota_us");
    const std::string quota(quotaText ? quotaText.text : std::string_view());
    if (!parseUnsigned(quota))
        return; // -1: no limit
    const FileText period = read(folder, "cpu", "cpu.cfs_period_us");
    if (const auto limit = period ? parseCfsQuota(quota, period.text) : std::nullopt)
        out.add(origin, Metric::CpuLimitMillicores, limit->millicores());
}

void CgroupSampler::sampleCpuV2(const FolderHandle &folder, const OriginPtr &origin, SampleWriter &out)
{
    if (const FileText stat = read(folder, "cpu", "cpu.stat")) {
        out.add(origin, Metric::CpuUsageNs, microsecondsToNs(keyedValue(stat.text, "usage_usec")));
        out.add(origin, Metric::CpuPeriods, keyedValue(stat.text, "nr_periods"));
        out.add(origin, Metric::CpuThrottledPeriods, keyedValue(stat.text, "nr_throttled"));
        out.add(origin, Metric::CpuThrottledNs, microsecondsToNs(keyedValue(stat.text, "throttled_usec")));
    }
    if (!m_inventory.layout().cpu.empty())
        return; // hybrid: the controller is not here
    const FileText max = read(folder, "cpu", "cpu.max");
    if (const auto limit = max ? parseCpuMax(max.text) : std::nullopt)
        out.add(origin, Metric::CpuLimitMillicores, limit->millicores());
}

void CgroupSampler::sampleMemory(const FolderHandle &folder, bool v1, const OriginPtr &origin, SampleWriter &out)
{
    const FileText currentText = read(folder, "memory", v1 ? "memory.usage_in_bytes" : "memory.current");
    const Value current = currentText ? parseUnsigned(currentText.text) : std::nullopt;
    out.add(origin, Metric::MemoryCurrentBytes, current);
    const FileText stat = read(folder, "memory", "memory.stat");
    const auto counted = [&](const char *key) { return stat ? keyedValue(stat.text, key) : std::nullopt; };
    const Value inactive = counted(v1 ? "total_inactive_file" : "inactive_file"),
                active = counted(v1 ? "total_active_file" : "active_file");
    out.add(origin, Metric::MemoryInactiveFileBytes, inactive);
    const Value workingSet = current && inactive ? Value(*current - std::min(*current, *inactive)) : std::nullopt;
    out.add(origin, Metric::MemoryWorkingSetBytes, workingSet);
    if (workingSet && active)
        out.add(origin, Metric::MemoryHeldBytes, *workingSet - std::min(*workingSet, *active));
    const FileText limit = read(folder, "memory", v1 ? "memory.limit_in_bytes" : "memory.max");
    out.add(origin, Metric::MemoryLimitBytes, limit ? parseMemoryLimit(limit.text) : std::nullopt);
    out.add(origin, Metric::MemoryOomKills, keyed(folder, "memory", v1 ? "memory.oom_control" : "memory.events", "oom_kill"));
}

void CgroupSampler::samplePressure(const FolderHandle &folder, const OriginPtr &origin, SampleWriter &out)
{
    for (const PressureFile &file : pressureFiles) {
        const FileText text = read(folder, "psi", file.name);
        const PressureTotals totals = text ? parsePressure(text.text) : PressureTotals{};
        out.add(origin, file.some, totals.someUs);
        if (file.full)
            out.add(origin, *file.full, totals.fullUs);
    }
}

void CgroupSampler::sampleIoV1(const CgroupNode &node, const OriginPtr &origin, SampleWriter &out)
{
    const FolderHandle folder = open(m_inventory.layout().blkio, node);
    const FileText bytesText = read(folder, "disk", "blkio.throttle.io_service_bytes_recursive");
    const std::string bytes(bytesText ? bytesText.text : std::string_view());
    const FileText operations = read(folder, "disk", "blkio.throttle.io_serviced_recursive");
    addDisks(parseBlkio(bytes, operations ? operations.text : std::string_view()), origin, out);
}

void CgroupSampler::sampleIoV2(const FolderHandle &folder, const OriginPtr &origin, SampleWriter &out)
{
    if (const FileText stat = read(folder, "disk", "io.stat"))
        addDisks(parseIoStat(stat.text), origin, out);
}

void CgroupSampler::addDisks(const std::vector<DiskCounters> &disks, const OriginPtr &origin, SampleWriter &out) const
{
    for (const DiskCounters &disk : disks) {
        const auto name = m_deviceNames.find(disk.device);
        addDisk(out, origin, disk, name != m_deviceNames.end() ? name->second : disk.device);
    }
}

std::vector<wire::Hook> CgroupSampler::hooks() const { return m_hooks.hooks(); }

} // namespace tapio::agent
