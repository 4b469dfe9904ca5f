// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/readers/memoryreader.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include <sys/inotify.h>
#include <unistd.h>

namespace tapio::agent {

namespace {

constexpr const char *localEvents = "memory.events.local"; // from 5.2, 1e577f970f66
constexpr const char *allEvents = "memory.events";
constexpr int mostBlocks = 16;
constexpr std::uint64_t keptRounds = 8; ///< a cgroup that a walk missed would come back as a new one, with all that ever happened to it

/// Each counter in what was read and in what is told.
struct CountField {
    std::optional<std::uint64_t> MemoryCounts::*read;
    std::uint64_t wire::MemoryEvents::*told;
};
constexpr std::array<CountField, 6> fields{{{&MemoryCounts::low, &wire::MemoryEvents::low},
                                            {&MemoryCounts::high, &wire::MemoryEvents::high},
                                            {&MemoryCounts::max, &wire::MemoryEvents::max},
                                            {&MemoryCounts::oom, &wire::MemoryEvents::oom},
                                            {&MemoryCounts::oomKill, &wire::MemoryEvents::oomKill},
                                            {&MemoryCounts::oomGroupKill, &wire::MemoryEvents::oomGroupKill}}};

/// True when any counter went up. One that went down was set back by somebody, and counts from there.
bool addGrowth(const MemoryCounts &before, const MemoryCounts &now, wire::MemoryEvents &to)
{
    bool any = false;
    for (const CountField &field : fields) {
        const auto &was = before.*field.read;
        const auto &is = now.*field.read;
        if (!was || !is || *is <= *was)
            continue;
        to.*field.told = *is - *was;
        any = true;
    }
    return any;
}

/// Nothing happened yet in what there is a counter for.
MemoryCounts zeros(const MemoryCounts &like)
{
    MemoryCounts counts;
    for (const CountField &field : fields) {
        if (like.*field.read)
            counts.*field.read = 0;
    }
    return counts;
}

/// What lies on the lists of file pages, mapped or not, but for what is in shared memory: v1 counts also what is of cgroups below, as its usage does.
std::uint64_t fileCacheBytes(std::string_view stat)
{
    const auto of = [stat](std::string_view key) {
        const auto total = keyedValue(stat, std::string("total_").append(key));
        return total ? *total : keyedValue(stat, key).value_or(0);
    };
    return of("inactive_file") + of("active_file");
}

bool isEmpty(const MemoryCounts &counts)
{
    return std::none_of(fields.begin(), fields.end(), [&](const CountField &field) { return (counts.*field.read).has_value(); });
}

} // namespace

MemoryReader::MemoryReader(MemoryOptions options, const CgroupInventory &inventory, const Clock &clock)
    : m_options(options), m_inventory(inventory), m_clock(clock), m_bucket(options.perSecond, options.burst, clock),
      m_v1Hook(m_hooks.add("memory", "memory.failcnt, memory.oom_control")), m_v2Hook(m_hooks.add("memory", localEvents)),
      m_inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC))
{}

MemoryReader::~MemoryReader()
{
    if (m_inotify >= 0)
        ::close(m_inotify);
}

void MemoryReader::read(KernelRecordSink &out)
{
    if (m_inventory.round() != m_round)
        follow(out);
    takeChanges(out);
    lookAtSome(out);
}

/// A controller is in one hierarchy only.
bool MemoryReader::hasMemory(const CgroupNode &node) const
{
    return node.memoryId != 0 || (node.v2Id != 0 && m_inventory.layout().memory.empty());
}

void MemoryReader::follow(KernelRecordSink &out)
{
    m_hooks.begin();
    const bool isFirst = m_round == 0;
    m_round = m_inventory.round();
    for (const CgroupNode &node : m_inventory.nodes()) {
        if (!hasMemory(node))
            continue;
        Known &known = m_cgroups[node.path];
        if (known.round != 0 && (known.v2Id != node.v2Id || known.memoryId != node.memoryId)) { // another one of the same name
            unwatch(known);
            known = {};
        }
        const bool isNew = known.round == 0;
        known.round = m_round;
        if (isNew) {
            known.v2Id = node.v2Id;
            known.memoryId = node.memoryId;
            known.isNew = !isFirst && m_sawAll;
            watch(node.path, known); // before it is read, so that no change falls between the two
            look(node.path, known, out);
        } else if (known.counts) {
            m_hooks.note(known.memoryId != 0 ? m_v1Hook : m_v2Hook, 0);
        }
    }
    forgetOthers();
    m_sawAll = m_inventory.cutOff() == 0;
    sayWhatIsWatched();
}

void MemoryReader::forgetOthers()
{
    for (auto entry = m_cgroups.begin(); entry != m_cgroups.end();) {
        const bool isKept = entry->second.round + keptRounds > m_round;
        if (!isKept)
            unwatch(entry->second);
        entry = isKept ? std::next(entry) : m_cgroups.erase(entry);
    }
}

void MemoryReader::watch(const std::string &path, Known &known)
{
    if (known.memoryId != 0 || m_inotify < 0) // the kernel tells of v2's files only
        return;
    const std::string folder = m_inventory.layout().unified.native() + path + '/';
    known.watch = ::inotify_add_watch(m_inotify, (folder + localEvents).c_str(), IN_MODIFY);
    if (known.watch < 0 && errno == ENOENT)
        known.watch = ::inotify_add_watch(m_inotify, (folder + allEvents).c_str(), IN_MODIFY);
    if (known.watch >= 0)
        m_watches[known.watch] = path;
}

void MemoryReader::unwatch(Known &known)
{
    if (known.watch < 0)
        return;
    m_watches.erase(known.watch);
    ::inotify_rm_watch(m_inotify, known.watch); // fails where the file went and took the watch along
    known.watch = -1;
}

void MemoryReader::takeChanges(KernelRecordSink &out)
{
    if (m_watches.empty())
        return;
    alignas(inotify_event) std::array<char, 4096> block;
    std::vector<int> changed;
    bool all = false;
    for (int i = 0; i < mostBlocks; ++i) {
        const ssize_t got = ::read(m_inotify, block.data(), block.size());
        if (got <= 0)
            break;
        for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(got);) {
            inotify_event event;
            std::memcpy(&event, block.data() + at, sizeof(event));
            all = all || (event.mask & IN_Q_OVERFLOW) != 0;
            if ((event.mask & IN_MODIFY) != 0)
                changed.push_back(event.wd);
            at += sizeof(event) + event.len;
        }
    }
    if (all) {
        changed.clear();
        for (const auto &[number, path] : m_watches)
            changed.push_back(number);
    }
    std::sort(changed.begin(), changed.end());
    changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
    for (const int number : changed) {
        const auto path = m_watches.find(number);
        if (path != m_watches.end())
            look(path->second, m_cgroups.at(path->second), out);
    }
}

void MemoryReader::lookAtSome(KernelRecordSink &out)
{
    auto next = m_cgroups.lower_bound(m_next);
    std::size_t looks = 0;
    for (std::size_t seen = 0; seen < m_cgroups.size() && looks < m_options.mostUnasked; ++seen) {
        if (next == m_cgroups.end())
            next = m_cgroups.begin();
        const Known &known = next->second;
        if (known.round == m_round && (known.watch < 0 || !known.counts)) {
            look(next->first, next->second, out);
            ++looks;
        }
        ++next;
    }
    m_next = next == m_cgroups.end() ? std::string() : next->first;
}

int MemoryReader::readV1(const FolderHandle &folder, MemoryCounts &counts, bool &underOom)
{
    const FileText failcnt = m_reader.read(folder.fd(), "memory.failcnt");
    if (!failcnt)
        return failcnt.errnum;
    const std::string hits(failcnt.text);
    const FileText control = m_reader.read(folder.fd(), "memory.oom_control");
    if (!control)
        return control.errnum;
    counts = parseMemoryV1(hits, control.text);
    underOom = keyedValue(control.text, "under_oom").value_or(0) != 0;
    return isEmpty(counts) ? EBADMSG : 0;
}

int MemoryReader::readV2(const FolderHandle &folder, MemoryCounts &counts)
{
    FileText text = m_reader.read(folder.fd(), localEvents);
    if (text.errnum == ENOENT)
        text = m_reader.read(folder.fd(), allEvents);
    if (!text)
        return text.errnum;
    counts = parseMemoryEvents(text.text);
    return isEmpty(counts) ? EBADMSG : 0;
}

void MemoryReader::look(const std::string &path, Known &known, KernelRecordSink &out)
{
    const bool isV1 = known.memoryId != 0;
    const CgroupLayout &layout = m_inventory.layout();
    const FolderHandle folder((isV1 ? layout.memory : layout.unified).native() + path);
    if (!folder.isOpen())
        return; // removed since the walk
    MemoryCounts now;
    bool underOom = false;
    const int errnum = isV1 ? readV1(folder, now, underOom) : readV2(folder, now);
    m_hooks.note(isV1 ? m_v1Hook : m_v2Hook, errnum);
    if (errnum != 0)
        return;
    if (known.watch < 0)
        watch(path, known); // its controller was switched on later, or a watch became free
    if (!known.counts)
        known.counts = known.isNew ? zeros(now) : now;
    wire::MemoryEvents events;
    const bool grew = addGrowth(*known.counts, now, events);
    const bool changedState = std::exchange(known.underOom, underOom) != underOom; // also when it stood still from the start
    known.counts = now;
    events.underOom = underOom;
    if (grew || changedState)
        tell(folder, known, events, out);
}

void MemoryReader::tell(const FolderHandle &folder, const Known &known, wire::MemoryEvents events, KernelRecordSink &out)
{
    ++m_counters[Counter::Seen];
    ++m_counters[Counter::Drained];
    if (!m_bucket.take()) {
        ++m_counters[Counter::Shed];
        return;
    }
    const bool isV1 = known.memoryId != 0;
    if (const FileText current = m_reader.read(folder.fd(), isV1 ? "memory.usage_in_bytes" : "memory.current"))
        events.currentBytes = parseUnsigned(current.text).value_or(0);
    if (const FileText limit = m_reader.read(folder.fd(), isV1 ? "memory.limit_in_bytes" : "memory.max"))
        events.limitBytes = parseMemoryLimit(limit.text).value_or(0);
    if (const FileText stat = m_reader.read(folder.fd(), "memory.stat"))
        events.cacheBytes = std::min(fileCacheBytes(stat.text), events.currentBytes); // they are of two moments
    KernelRecord record;
    record.source = "memory";
    record.cgroupId = known.v2Id != 0 ? known.v2Id : known.memoryId;
    record.memoryCgroupId = known.v2Id != 0 ? known.memoryId : 0;
    record.bootNs = record.drainedBootNs = static_cast<std::uint64_t>(m_clock.bootNs());
    record.event.type = wire::EventType::MemoryEvents;
    record.event.detail = events;
    out.onRecord(std::move(record));
}

void MemoryReader::sayWhatIsWatched()
{
    std::size_t unwatched = 0;
    for (const auto &[path, known] : m_cgroups)
        unwatched += known.memoryId == 0 && known.watch < 0 && known.counts ? 1 : 0;
    m_hooks.remark(m_v2Hook, unwatched == 0
                                 ? std::string()
                                 : std::to_string(unwatched) + " of " + std::to_string(m_cgroups.size())
                                       + " cgroups are looked at in turn, as inotify has no more watches (fs.inotify.max_user_watches)");
}

} // namespace tapio::agent
