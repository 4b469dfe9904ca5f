// SPDX-License-Identifier: GPL-3.0-or-later
// What the kernel object is told before it is loaded: which maps there are and how large, and what this kernel's hooks tell. And what of them is forgotten.
#include "agent/collect/kernel/kernelobject.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <vector>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <tapio_collectors.skel.h>

#include "agent/collect/kernel/filerules.h"
#include "agent/collect/kernel/foldedmaps.h"
#include "bpf/include/tapio_records.h"

namespace tapio::agent {

namespace {

/// Two generations, each cgroup in at most two hierarchies; the kernel makes room for all of them at once.
std::uint32_t verdictEntries(std::size_t cgroups) noexcept
{
    constexpr std::size_t most = 1u << 17;
    return static_cast<std::uint32_t>(std::min(4 * (cgroups + 1), most));
}

/// Those of most nodes find their place free; the kernel makes room for all of them at once.
std::uint32_t socketPlaces(std::uint32_t sockets) noexcept { return std::bit_floor(std::clamp(sockets / 16, 1u, 8192u)); }

} // namespace

/// Only the maps of these collectors are made: an older kernel may lack the kind of map that another one needs.
void KernelObject::sizeMaps(tapio_collectors &skeleton, const std::vector<Choice> &choices) const
{
    auto &maps = skeleton.maps;
    const auto cpus = static_cast<unsigned>(std::max(libbpf_num_possible_cpus(), 1));
    bpf_map__set_max_entries(maps.events, m_options.eventRingBytes);
    bpf_map__set_max_entries(maps.critical, m_options.criticalRingBytes);
    bpf_map__set_max_entries(maps.latencies, foldedEntries(sizeof(tapio_histogram), cpus));
    bpf_map__set_max_entries(maps.tcp_totals, foldedEntries(sizeof(tapio_tcp_totals), cpus));
    const auto needed = [&](std::string_view collector) {
        return std::any_of(choices.begin(), choices.end(), [&](const Choice &one) { return one.collector == collector; });
    };
    // Others only look into it.
    const std::uint32_t places = needed("tcp") ? socketPlaces(m_options.tcpSockets) : 1;
    skeleton.rodata->tapio_place_mask = places - 1;
    bpf_map__set_max_entries(maps.socket_places, places);
    bpf_map__set_max_entries(maps.sockets, needed("tcp") ? std::max(m_options.tcpSockets, 1u) : 1);
    const bool sockets = needed("tcp") || needed("dns") || needed("http");
    bpf_map__set_autocreate(maps.socket_places, sockets);
    bpf_map__set_autocreate(maps.sockets, sockets);
    bpf_map__set_autocreate(maps.https_connections, needed("https"));
    bpf_map__set_autocreate(maps.https_calls, needed("https"));
    bpf_map__set_autocreate(maps.ended, needed("process"));
    bpf_map__set_autocreate(maps.tcp_totals, needed("tcp"));
    bpf_map__set_autocreate(maps.tasks, needed("runqueue") || needed("security"));
    bpf_map__set_autocreate(maps.signal_buckets, needed("signal"));
    bpf_map__set_autocreate(maps.requests, needed("blockio"));
    const auto make = [](bpf_map *map, bool isOwn, bool isOfCarrier) {
        bpf_map__set_autocreate(map, isOwn || isOfCarrier);
        if (!isOwn)
            bpf_map__set_max_entries(map, 1);
    };
    // Before 6.8 the verifier looks at functions that nobody calls, too: those that tcp would call for http, and http for dns.
    make(maps.latencies, needed("runqueue") || needed("blockio") || needed("http") || needed("https"), needed("tcp"));
    make(maps.http_pipelined, needed("http"), needed("tcp"));
    make(maps.dns_questions, needed("dns"), needed("http"));
    skeleton.rodata->tapio_carries_http = m_mayCarry && needed("http");
    skeleton.rodata->tapio_carries_dns = m_mayCarry && needed("dns");
    // Where nobody can be sent to look what is over, it must leave some other way.
    const auto looksFor = [&](std::string_view program) {
        return std::any_of(choices.begin(), choices.end(), [&](const Choice &one) { return one.program == program; });
    };
    bpf_map__set_type(maps.dns_questions, looksFor("dns_timeouts") || !needed("dns") ? BPF_MAP_TYPE_HASH : BPF_MAP_TYPE_LRU_HASH);
    bpf_map__set_type(maps.file_kinds, looksFor("file_counted") ? BPF_MAP_TYPE_HASH : BPF_MAP_TYPE_LRU_HASH);
    bpf_map__set_autocreate(maps.http_looked, needed("http"));
    bpf_map__set_autocreate(maps.http_exchanges, needed("http"));
    bpf_map__set_autocreate(maps.drops, needed("drops"));
    bpf_map__set_autocreate(maps.capability_uses, needed("capability"));
    bpf_map__set_autocreate(maps.entry_uses, needed("entry"));
    bpf_map__set_autocreate(maps.entered, needed("entry"));
    bpf_map__set_autocreate(maps.file_kinds, needed("file"));
    bpf_map__set_autocreate(maps.file_scratch, needed("file"));
    bpf_map__set_autocreate(maps.descriptors_noted, needed("descriptors"));
    bpf_map__set_autocreate(maps.cgroup_births, needed("cgroup"));
    bpf_map__set_autocreate(maps.cgroup_scratch, needed("cgroup"));
    const bool filters = needed("https") || std::any_of(filteredNames.begin(), filteredNames.end(), needed);
    bpf_map__set_autocreate(maps.filters, filters);
    bpf_map__set_autocreate(maps.filter_buckets, filters);
    bpf_map__set_autocreate(maps.filter_verdicts, filters);
    bpf_map__set_max_entries(maps.filter_verdicts, verdictEntries(m_options.filterCgroups));
}

void KernelObject::describeTracepoints(tapio_collectors &skeleton) const
{
    auto &facts = *skeleton.rodata;
    facts.tapio_exit_says_last = m_types.argumentCount("sched_process_exit") >= 2;
    facts.tapio_victim_is_task = m_types.firstArgumentIsPointer("mark_victim");
    facts.tapio_request_after_queue = m_types.argumentCount("block_rq_issue") >= 2;
    facts.tapio_retransmit_says_error = m_types.argumentCount("tcp_retransmit_skb") >= 3;
}

void KernelObject::describeFiles(tapio_collectors &skeleton) const
{
    auto &facts = *skeleton.rodata;
    const auto put = [](const auto &from, auto &to) {
        static_assert(sizeof(from[0]) == sizeof(to[0]));
        std::memcpy(&to[0], from.data(), std::min(sizeof(to), from.size() * sizeof(from[0])));
    };
    put(fileCalls(), facts.tapio_file_calls);
    put(filePrefixWords(m_options.configurationFiles.prefixes), facts.tapio_file_prefixes);
    put(fileSuffixWords(m_options.configurationFiles.suffixes), facts.tapio_file_suffixes);
    facts.tapio_file_prefix_count = static_cast<std::uint32_t>(m_options.configurationFiles.prefixes.size());
    facts.tapio_file_suffix_count = static_cast<std::uint32_t>(m_options.configurationFiles.suffixes.size());
    facts.tapio_file_fold_ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(m_options.fileFold).count());
}

/// Nobody sees any more when a socket is destroyed and its address is another one's. Before the collector is switched on again once more, for
/// what a program that was still running has left.
void KernelObject::forgetSocketsIfOff()
{
    bpf_map *map = m_skeleton->maps.sockets;
    if (!m_off.contains("tcp") || !bpf_map__autocreate(map))
        return;
    const bpf_map *places = m_skeleton->maps.socket_places;
    const std::vector<std::byte> free(bpf_map__value_size(places));
    for (std::uint32_t place = 0; place < bpf_map__max_entries(places); ++place)
        bpf_map_update_elem(bpf_map__fd(places), &place, free.data(), BPF_ANY);
    constexpr std::uint32_t atOnce = 1024;
    std::vector<std::byte> keys(atOnce * bpf_map__key_size(map)), values(atOnce * bpf_map__value_size(map));
    std::uint32_t position = 0, count = 0;
    void *from = nullptr;
    do {
        count = atOnce;
        if (bpf_map_lookup_and_delete_batch(bpf_map__fd(map), from, &position, keys.data(), values.data(), &count, nullptr) != 0)
            return; // at the end
        from = &position;
    } while (count > 0);
}

/// Whether they are answered is not seen any more: told later, they would be false alarms. No counter needs to know, for a question is
/// counted as folded when it is asked.
void KernelObject::forgetDnsQuestions()
{
    bpf_map *map = m_skeleton->maps.dns_questions;
    std::vector<std::byte> key(bpf_map__key_size(map));
    std::uint64_t forgotten = 0;
    const std::uint32_t most = bpf_map__max_entries(map);
    while (forgotten < most && bpf_map_get_next_key(bpf_map__fd(map), nullptr, key.data()) == 0
           && bpf_map_delete_elem(bpf_map__fd(map), key.data()) == 0)
        ++forgotten;
    std::atomic_ref(m_skeleton->bss->tapio_dns_waiting).fetch_sub(forgotten, std::memory_order_relaxed);
}

} // namespace tapio::agent
