// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/kernelfilters.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>
#include <optional>

#include <bpf/bpf.h>

#include "agent/collect/kernel/cgroupids.h"
#include "bpf/include/tapio_records.h"
#include "protocol/base/counters.h"

namespace tapio::agent {

namespace {

constexpr std::array<tapio_collector, filteredCount> collectors{TAPIO_PROCESS, TAPIO_TCP, TAPIO_DNS, TAPIO_HTTP};
constexpr std::array<tapio_kind, recordKindCount> kinds{TAPIO_KIND_EXEC, TAPIO_KIND_EXIT, TAPIO_KIND_TCP, TAPIO_KIND_DNS, TAPIO_KIND_HTTP};
constexpr std::int64_t forgetBucketNs = 120 * nsPerSecond; ///< after it has been full for so long

static_assert(TAPIO_CAUSES == filterCauseCount && TAPIO_UNWANTED == static_cast<int>(FilterCause::Unwanted)
              && TAPIO_BY_PORT == static_cast<int>(FilterCause::Port) && TAPIO_BY_FLOOR == static_cast<int>(FilterCause::Floor)
              && TAPIO_BY_CGROUP == static_cast<int>(FilterCause::Cgroup) && TAPIO_BY_TOKENS == static_cast<int>(FilterCause::Tokens));
static_assert(TAPIO_PORT_WORDS * 64 == portCount);

std::optional<tapio_port_set> portSetOf(Filtered collector) noexcept
{
    switch (collector) {
    case Filtered::Tcp: return TAPIO_PORTS_TCP;
    case Filtered::Dns: return TAPIO_PORTS_DNS;
    case Filtered::Http: return TAPIO_PORTS_HTTP;
    case Filtered::Process: break;
    }
    return std::nullopt;
}

tapio_rule packed(const KernelRule &rule)
{
    tapio_rule to{};
    to.by_cgroup = rule.byCgroup;
    to.floor_ns = static_cast<std::uint64_t>(rule.floor.count());
    const auto pack = [](std::uint32_t rate, std::uint32_t burst, __u64 &tokenNs, __u64 &burstNs) {
        if (rate == 0)
            return;
        tokenNs = static_cast<std::uint64_t>(nsPerSecond) / rate;
        burstNs = std::max(burst, 1u) * tokenNs;
    };
    pack(rule.rate, rule.burst, to.token_ns, to.burst_ns);
    pack(rule.plainRate, rule.plainBurst, to.plain_ns, to.plain_burst_ns);
    return to;
}

void packPorts(__u64 *words, const PortSet &ports)
{
    for (std::size_t port = 0; port < portCount; ++port) {
        if (ports[port])
            words[port / 64] |= __u64{1} << port % 64;
    }
}

std::uint32_t packed(const RecordKindSet &set)
{
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < recordKindCount; ++i)
        bits |= set[i] ? 1u << kinds[i] : 0;
    return bits;
}

std::unique_ptr<tapio_filter> packed(const KernelFilter &filter, std::uint64_t generation, std::uint32_t slot)
{
    auto to = std::make_unique<tapio_filter>();
    to->generation = generation;
    to->slot = slot;
    to->unwanted = packed(filter.unwanted);
    to->unwanted_plain = packed(filter.unwanted | filter.unwantedPlain);
    for (std::size_t i = 0; i < filteredCount; ++i) {
        const KernelRule &rule = filter.rules[i];
        tapio_rule &packedRule = to->rules[collectors[i]] = packed(rule);
        const auto ports = portSetOf(static_cast<Filtered>(i));
        if (ports && rule.ports) {
            packedRule.by_port = 1;
            packPorts(to->ports[*ports], *rule.ports);
        }
    }
    return to;
}

tapio_verdict packed(const CgroupVerdict &verdict)
{
    tapio_verdict to{0, verdict.rank};
    for (std::size_t i = 0; i < filteredCount; ++i)
        to.denied |= verdict.denied[i] ? 1u << collectors[i] : 0;
    return to;
}

tapio_verdict_key packed(const CgroupKey &key, std::uint32_t slot) { return {key.id, key.hierarchy == CgroupHierarchy::Memory, slot}; }

std::optional<LeftOut> unpacked(const tapio_bucket_key &key, const tapio_bucket &bucket)
{
    const auto collector = std::find(collectors.begin(), collectors.end(), static_cast<tapio_collector>(key.collector));
    if (collector == collectors.end() || bucket.left_out == 0)
        return std::nullopt;
    const CgroupIds cgroups = cgroupIds(key.cgroups);
    return LeftOut{static_cast<Filtered>(collector - collectors.begin()),
                   cgroups.id,
                   cgroups.memoryId,
                   key.lane == TAPIO_LANE_FAILED,
                   bucket.left_out,
                   cgroups.hierarchy};
}

} // namespace

KernelFilters::KernelFilters(Maps maps, const Clock &clock) : m_maps(maps), m_clock(clock)
{
    bpf_map_info info{};
    std::uint32_t size = sizeof(info);
    if (m_maps.verdicts >= 0 && bpf_obj_get_info_by_fd(m_maps.verdicts, &info, &size) == 0)
        m_room = info.max_entries / 2;
}

Status KernelFilters::waitForRuns()
{
    Status waited = m_grace.wait();
    if (waited)
        m_graceOwed = false;
    return waited;
}

Result<CgroupKeys> KernelFilters::writeVerdicts(std::uint32_t slot, const CgroupVerdicts &verdicts)
{
    CgroupKeys withoutRoom;
    for (const auto &[cgroup, verdict] : verdicts) {
        const tapio_verdict_key key = packed(cgroup, slot);
        const tapio_verdict value = packed(verdict);
        // A generation that took more than its half would leave the next one without.
        const bool isOverHalf = m_written[slot].size() >= m_room && !m_written[slot].contains(cgroup);
        const int error = isOverHalf ? E2BIG : bpf_map_update_elem(m_maps.verdicts, &key, &value, BPF_ANY) == 0 ? 0 : errno;
        if (error == 0) {
            m_written[slot].insert(cgroup);
        } else if (error == E2BIG) {
            removeVerdict(slot, cgroup); // that of before is not to stay
            withoutRoom.push_back(cgroup);
        } else {
            return failErrno("telling the kernel programs of a cgroup", error);
        }
    }
    return withoutRoom;
}

void KernelFilters::removeVerdict(std::uint32_t slot, const CgroupKey &cgroup)
{
    const tapio_verdict_key key = packed(cgroup, slot);
    if (m_written[slot].erase(cgroup) > 0)
        bpf_map_delete_elem(m_maps.verdicts, &key);
}

void KernelFilters::removeVerdicts(std::uint32_t slot)
{
    for (const CgroupKey &cgroup : m_written[slot]) {
        const tapio_verdict_key key = packed(cgroup, slot);
        bpf_map_delete_elem(m_maps.verdicts, &key);
    }
    m_written[slot].clear();
}

Result<CgroupKeys> KernelFilters::set(const KernelFilter &filter, std::uint64_t generation, const CgroupVerdicts &verdicts)
{
    if (m_maps.filters < 0 || m_maps.active == nullptr)
        return CgroupKeys(); // nobody asks
    Status ready = m_grace.open();
    if (ready && m_graceOwed)
        ready = waitForRuns();
    if (!ready)
        return fail(ready.error());
    const std::uint32_t next = 1 - m_slot;
    removeVerdicts(next);
    auto withoutRoom = writeVerdicts(next, verdicts);
    if (!withoutRoom) {
        removeVerdicts(next);
        return withoutRoom;
    }
    if (bpf_map_update_elem(m_maps.filters, &next, packed(filter, generation, next).get(), BPF_ANY) != 0) {
        const int error = errno;
        removeVerdicts(next);
        return failErrno("telling the kernel programs of a filter", error);
    }
    const std::uint32_t active = filter == KernelFilter() ? 0u : next + 1;
    std::atomic_ref(*m_maps.active).store(active, std::memory_order_release);
    m_slot = next;
    m_graceOwed = true;
    if (const Status status = waitForRuns(); !status)
        return fail(status.error());
    removeVerdicts(1 - m_slot);
    return withoutRoom;
}

Result<CgroupKeys> KernelFilters::changeVerdicts(const CgroupVerdicts &changed, const CgroupKeys &gone)
{
    if (m_maps.verdicts < 0)
        return CgroupKeys();
    for (const CgroupKey &cgroup : gone)
        removeVerdict(m_slot, cgroup);
    return writeVerdicts(m_slot, changed);
}

/// One that is taken out may be asked for in the same moment, which its cgroup's figure then lacks; the collector's counters have it.
Result<std::vector<LeftOut>> KernelFilters::leftOut()
{
    std::vector<LeftOut> all;
    if (m_maps.buckets < 0)
        return all;
    std::vector<tapio_bucket_key> keys;
    tapio_bucket_key key{}, next{};
    void *after = nullptr;
    constexpr std::size_t most = 1u << 16; // a key that is removed meanwhile makes the walk begin again; it may not go on for ever
    while (keys.size() < most && bpf_map_get_next_key(m_maps.buckets, after, &next) == 0) {
        keys.push_back(next);
        key = next;
        after = &key;
    }
    const auto forgotten = static_cast<std::uint64_t>(std::max<std::int64_t>(m_clock.bootNs() - forgetBucketNs, 0));
    for (const tapio_bucket_key &one : keys) {
        tapio_bucket bucket{};
        if (bpf_map_lookup_elem(m_maps.buckets, &one, &bucket) != 0) {
            if (errno == ENOENT)
                continue;
            return failErrno("reading what the kernel programs left out", errno);
        }
        if (const auto leftOut = unpacked(one, bucket))
            all.push_back(*leftOut);
        if (bucket.full_ns < forgotten)
            bpf_map_delete_elem(m_maps.buckets, &one);
    }
    return all;
}

} // namespace tapio::agent
