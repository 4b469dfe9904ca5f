// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/foldedmaps.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <numeric>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "agent/collect/kernel/cgroupids.h"
#include "agent/collect/kernel/hooktable.h"

namespace tapio::agent {

namespace {

constexpr std::size_t mostKernelBytes = 16u << 20;
constexpr std::uint32_t fewestEntries = 1024;
constexpr std::uint32_t mostEntries = 4096;
constexpr std::int64_t idleNs = 600 * nsPerSecond;
constexpr std::int64_t goneIdleNs = 180 * nsPerSecond;
constexpr std::int64_t goneIdleNsWhenHalfFull = 5 * nsPerSecond; ///< dozens of containers come and go in a second

std::size_t possibleCpus() noexcept { return static_cast<std::size_t>(std::max(libbpf_num_possible_cpus(), 1)); }

} // namespace

Result<std::vector<SourceCounterSet>> readCounters(int mapFd)
{
    std::vector<tapio_counters> perCpu(possibleCpus());
    std::vector<SourceCounterSet> sources;
    for (std::uint32_t key = 0; key < TAPIO_COLLECTORS; ++key) {
        if (bpf_map_lookup_elem(mapFd, &key, perCpu.data()) != 0)
            return fail(Errc::Io, "reading the kernel's counters", errno);
        SourceCounterSet source;
        source.source = collectorNames()[key];
        for (const tapio_counters &one : perCpu) {
            source.counters[Counter::Seen] += one.seen + one.passed_by;
            source.counters[Counter::KFiltered] += one.kfiltered + one.passed_by;
            source.counters[Counter::Folded] += one.folded;
            source.counters[Counter::Lost] += one.lost;
            for (std::size_t cause = 0; cause < filterCauseCount; ++cause) {
                source.counters[Counter::KFiltered] += one.left_out[cause];
                source.leftOut[cause] += one.left_out[cause];
            }
        }
        sources.push_back(std::move(source));
    }
    return sources;
}

std::uint32_t foldedEntries(std::size_t valueBytes, unsigned cpus) noexcept
{
    const std::size_t fit = mostKernelBytes / (valueBytes * std::max(cpus, 1u));
    return static_cast<std::uint32_t>(std::clamp<std::size_t>(fit, fewestEntries, mostEntries));
}

FoldedMap::FoldedMap(int fd, const Clock &clock) : m_fd(fd), m_clock(clock)
{
    bpf_map_info info{};
    std::uint32_t size = sizeof(info);
    if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) != 0)
        return;
    m_keyBytes = info.key_size;
    m_valueBytes = info.value_size;
    m_maxEntries = info.max_entries;
}

Result<std::vector<FoldedMap::Entry>> FoldedMap::readAll()
{
    const std::size_t counts = m_valueBytes / sizeof(std::uint64_t);
    std::vector<std::uint64_t> perCpu(counts * possibleCpus());
    std::vector<Entry> entries;
    Key key(m_keyBytes, '\0');
    Key next(m_keyBytes, '\0');
    void *after = nullptr;
    // A key that is removed meanwhile makes the walk begin again; it may not go on for ever.
    for (std::size_t step = 0; step < 2 * m_maxEntries && bpf_map_get_next_key(m_fd, after, next.data()) == 0; ++step) {
        key = next;
        after = key.data();
        if (bpf_map_lookup_elem(m_fd, key.data(), perCpu.data()) != 0) {
            if (errno == ENOENT)
                continue;
            return fail(Errc::Io, "reading what the kernel added up", errno);
        }
        Entry entry{key, std::vector<std::uint64_t>(counts)};
        for (std::size_t i = 0; i < perCpu.size(); ++i)
            entry.counts[i % counts] += perCpu[i];
        entries.push_back(std::move(entry));
    }
    return entries;
}

Result<std::vector<FoldedMap::Entry>> FoldedMap::read()
{
    if (m_keyBytes == 0)
        return std::vector<Entry>();
    auto entries = readAll();
    if (entries)
        makeRoom(*entries);
    return entries;
}

void FoldedMap::forgetIdle(const IsGone &isGone)
{
    static_assert(offsetof(tapio_histogram_key, cgroups) == 0);
    const std::int64_t now = m_clock.bootNs();
    const std::int64_t patience = m_seen.size() > m_maxEntries / 2 ? goneIdleNsWhenHalfFull : goneIdleNs;
    std::erase_if(m_seen, [&](const auto &one) {
        const auto &[key, seen] = one;
        tapio_cgroups cgroups;
        if (now - seen.changedNs <= patience || key.size() < sizeof(cgroups))
            return false;
        std::memcpy(&cgroups, key.data(), sizeof(cgroups));
        const CgroupIds ids = cgroupIds(cgroups);
        return isGone(ids.id, ids.memoryId, ids.hierarchy) && (bpf_map_delete_elem(m_fd, key.data()) == 0 || errno == ENOENT);
    });
}

void FoldedMap::makeRoom(const std::vector<Entry> &entries)
{
    const std::int64_t now = m_clock.bootNs();
    const bool filling = entries.size() > m_maxEntries * 3 / 4;
    for (const Entry &entry : entries) {
        const std::uint64_t total = std::accumulate(entry.counts.begin(), entry.counts.end(), std::uint64_t(0));
        Seen &seen = m_seen[entry.key];
        if (seen.total != total)
            seen = {total, now};
        if (filling && now - seen.changedNs > idleNs) {
            bpf_map_delete_elem(m_fd, entry.key.data());
            m_seen.erase(entry.key);
        }
    }
}

std::string BlockDeviceNames::name(std::uint32_t device)
{
    std::string &known = m_names[device];
    if (!known.empty())
        return known;
    known = std::to_string(device >> 20) + ':' + std::to_string(device & 0xfffff);
    std::ifstream facts("/sys/dev/block/" + known + "/uevent");
    for (std::string line; std::getline(facts, line);) {
        if (line.starts_with("DEVNAME="))
            known = line.substr(8);
    }
    return known;
}

namespace {

std::string httpLabel(std::uint16_t op)
{
    const std::string side = op >> 4 == TAPIO_OUTBOUND ? "client " : "server ";
    const unsigned digit = op & 0xf;
    return side + (digit == 0 ? "none" : std::to_string(digit) + "xx");
}

} // namespace

CgroupHistogram toHistogram(const FoldedMap::Entry &entry, BlockDeviceNames &names)
{
    static constexpr const char *ops[] = {" read", " write", " flush", " discard", " other"};
    tapio_histogram_key key;
    std::memcpy(&key, entry.key.data(), sizeof(key));
    CgroupHistogram histogram;
    const CgroupIds cgroups = cgroupIds(key.cgroups);
    histogram.cgroupId = cgroups.id;
    histogram.memoryCgroupId = cgroups.memoryId;
    histogram.hierarchy = cgroups.hierarchy;
    switch (key.kind) {
    case TAPIO_BLOCK_LATENCY:
        histogram.kind = wire::HistogramKind::BlockIoLatency;
        histogram.label = names.name(key.device) + ops[std::min<unsigned>(key.op, TAPIO_BLOCK_OTHER)];
        break;
    case TAPIO_HTTP_LATENCY:
        histogram.kind = wire::HistogramKind::HttpLatency;
        histogram.label = httpLabel(key.op);
        break;
    default: histogram.kind = wire::HistogramKind::RunQueueLatency;
    }
    std::copy_n(entry.counts.begin(), histogram.counts.size(), histogram.counts.begin());
    return histogram;
}

Result<std::map<std::uint32_t, std::uint64_t>> readDrops(int mapFd)
{
    std::map<std::uint32_t, std::uint64_t> drops;
    if (mapFd < 0)
        return drops;
    std::vector<std::uint64_t> perCpu(possibleCpus());
    for (std::uint32_t reason = 0; reason < TAPIO_DROP_REASONS; ++reason) {
        if (bpf_map_lookup_elem(mapFd, &reason, perCpu.data()) != 0)
            return fail(Errc::Io, "reading the kernel's count of dropped packets", errno);
        if (const std::uint64_t sum = std::accumulate(perCpu.begin(), perCpu.end(), std::uint64_t(0)))
            drops[reason] = sum;
    }
    return drops;
}

std::vector<DropCount> toDrops(const std::map<std::uint32_t, std::uint64_t> &counts, const std::map<std::uint32_t, std::string> &names)
{
    constexpr std::string_view prefix = "SKB_DROP_REASON_";
    std::vector<DropCount> drops;
    for (const auto &[reason, count] : counts) {
        std::string name = reason == TAPIO_DROP_OTHER ? "OTHER" : "REASON_" + std::to_string(reason);
        if (const auto known = names.find(reason); known != names.end() && reason != TAPIO_DROP_OTHER)
            name = known->second.starts_with(prefix) ? known->second.substr(prefix.size()) : known->second;
        if (name != "NOT_SPECIFIED" && name != "SKB_CONSUMED" && name != "SKB_NOT_DROPPED_YET")
            drops.push_back({std::move(name), count});
    }
    return drops;
}

CgroupTcp toTcp(const FoldedMap::Entry &entry)
{
    CgroupTcp tcp;
    tapio_cgroups key;
    std::memcpy(&key, entry.key.data(), sizeof(key));
    const CgroupIds cgroups = cgroupIds(key);
    tcp.cgroupId = cgroups.id;
    tcp.memoryCgroupId = cgroups.memoryId;
    tcp.hierarchy = cgroups.hierarchy;
    tapio_tcp_totals totals;
    std::memcpy(&totals, entry.counts.data(), sizeof(totals));
    tcp.connects = totals.connects;
    tcp.connectFailures = totals.connect_failures;
    tcp.accepts = totals.accepts;
    tcp.retransmits = totals.retransmits;
    tcp.resetsSent = totals.resets_sent;
    tcp.resetsReceived = totals.resets_received;
    return tcp;
}

} // namespace tapio::agent
