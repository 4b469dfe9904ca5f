// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/enrich/originresolver.h"

#include <algorithm>
#include <ctime>
#include <utility>
#include <vector>

#include "agent/collect/procparse.h"
#include "agent/enrich/cgrouppath.h"

namespace tapio::agent {

namespace {

constexpr std::uint64_t rootId = 1; // of each kernfs hierarchy
constexpr std::size_t maxUnfound = 1024;
constexpr std::int64_t unfoundForNs = 5 * nsPerSecond;
constexpr std::uint64_t nsPerTick = 10'000'000; // USER_HZ is 100 on every architecture that we build for (time(7))

constexpr int mostSpecific = 3;

/// One number for the ids of both hierarchies. The kernel's has a generation in its upper half, which does not get that far.
std::uint64_t goneKey(CgroupHierarchy hierarchy, std::uint64_t id) { return hierarchy == CgroupHierarchy::Memory ? id | 1ull << 63 : id; }

std::uint64_t idOf(const CgroupNode &node) { return node.v2Id != 0 ? node.v2Id : node.memoryId; }

} // namespace

int specificity(const wire::Origin &origin) noexcept
{
    if (!origin.containerId.empty())
        return mostSpecific;
    if (!origin.podUid.empty())
        return 2;
    return origin.cgroupPath.empty() ? 0 : 1;
}

std::int64_t threadCpuNs()
{
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return used.tv_sec * nsPerSecond + used.tv_nsec;
}

OriginResolver::OriginResolver(ResolverOptions options, CgroupInventory &inventory, const Clock &clock)
    : m_options(std::move(options)), m_inventory(inventory), m_clock(clock),
      m_naming({m_options.podLogs, m_options.containerLogs, m_options.runtime, m_options.cluster}, clock),
      m_host(makeOrigin("/", rootId, wire::Attribution::Live))
{}

OriginPtr OriginResolver::makeOrigin(const std::string &path, std::uint64_t id, wire::Attribution attribution)
{
    auto origin = std::make_shared<wire::Origin>();
    origin->cgroupId = id;
    origin->cgroupPath = path;
    origin->attribution = attribution;
    CgroupIdentity identity = identityFromPath(path);
    origin->containerId = std::move(identity.containerId);
    origin->podUid = std::move(identity.podUid);
    m_naming.name(*origin);
    return origin;
}

OriginResolver::Entry &OriginResolver::remember(const CgroupNode &node)
{
    auto found = m_byPath.find(node.path);
    if (found != m_byPath.end() && (found->second.node.v2Id != node.v2Id || found->second.node.memoryId != node.memoryId)) {
        forget(found); // made again under the same name, or it gained a hierarchy
        found = m_byPath.end();
    }
    if (found == m_byPath.end()) {
        if (m_byPath.size() >= 4 * m_inventory.maxCgroups())
            makeRoom();
        found = m_byPath.emplace(node.path, Entry{node, makeOrigin(node.path, idOf(node), wire::Attribution::Live), 0}).first;
        if (node.v2Id != 0)
            m_v2[node.v2Id] = &found->second;
        if (node.memoryId != 0)
            m_memory[node.memoryId] = &found->second;
        m_unfound.erase(node.v2Id);
        m_unfound.erase(node.memoryId);
        ++m_changes;
        ++m_learnt;
    }
    found->second.walk = m_walk;
    return found->second;
}

void OriginResolver::forget(ByPath::iterator entry)
{
    const Entry &old = entry->second;
    const auto cached = std::make_shared<wire::Origin>(*old.origin);
    cached->attribution = wire::Attribution::Cached;
    const auto drop = [&](ById &byId, CgroupHierarchy hierarchy, std::uint64_t id) {
        const auto found = byId.find(id);
        if (id == 0 || found == byId.end() || found->second != &old)
            return;
        byId.erase(found);
        rememberGone(hierarchy, id, cached);
    };
    drop(m_v2, CgroupHierarchy::V2, old.node.v2Id);
    drop(m_memory, CgroupHierarchy::Memory, old.node.memoryId);
    m_byPath.erase(entry);
    ++m_changes;
}

/// Containers that come and go between two walks: what is gone goes, and if that is not enough, whatever comes first.
void OriginResolver::makeRoom()
{
    for (auto it = m_byPath.begin(); it != m_byPath.end();) {
        const auto current = it++;
        if (idOf(m_inventory.look(current->second.node.path)) != idOf(current->second.node))
            forget(current);
    }
    while (m_byPath.size() > 2 * m_inventory.maxCgroups())
        forget(m_byPath.begin());
}

/// Between two walks, too, no more of them are kept than may be.
void OriginResolver::rememberGone(CgroupHierarchy hierarchy, std::uint64_t id, OriginPtr origin)
{
    m_gone[goneKey(hierarchy, id)] = {std::move(origin), m_clock.bootNs()};
    if (m_gone.size() > 2 * m_options.maxGone)
        ageGone();
}

void OriginResolver::forgetMissing()
{
    // Beyond the inventory's bound, a cgroup that was found through a process may live on without being listed.
    const bool listedAll = m_inventory.cutOff() == 0;
    for (auto it = m_byPath.begin(); it != m_byPath.end();) {
        const auto current = it++;
        Entry &entry = current->second;
        if (entry.walk == m_walk)
            continue;
        const bool tooMany = m_byPath.size() > 2 * m_inventory.maxCgroups();
        if (listedAll || tooMany || idOf(m_inventory.look(entry.node.path)) != idOf(entry.node))
            forget(current);
        else
            entry.walk = m_walk;
    }
}

void OriginResolver::ageGone()
{
    const std::int64_t oldest = m_clock.bootNs() - std::chrono::nanoseconds(m_options.rememberGone).count();
    std::erase_if(m_gone, [&](const auto &gone) { return gone.second.goneBootNs < oldest; });
    if (m_gone.size() <= m_options.maxGone)
        return;
    std::vector<std::pair<std::int64_t, std::uint64_t>> byAge;
    for (const auto &[id, gone] : m_gone)
        byAge.emplace_back(gone.goneBootNs, id);
    std::sort(byAge.begin(), byAge.end());
    byAge.resize(m_gone.size() - m_options.maxGone);
    for (const auto &[age, id] : byAge)
        m_gone.erase(id);
}

/// The same origin where nothing more is known of it. What was known stays known: a pod's log folder goes before its cgroup does.
OriginPtr OriginResolver::namedAgain(const OriginPtr &origin)
{
    if (!m_naming.mayLearnMore(*origin))
        return origin;
    auto named = std::make_shared<wire::Origin>(*origin);
    m_naming.name(*named);
    return *named == *origin ? origin : std::move(named);
}

void OriginResolver::nameAgain()
{
    const auto takeOver = [this](OriginPtr &origin) {
        OriginPtr named = namedAgain(origin);
        const bool isNews = named != origin;
        origin = std::move(named);
        m_learnt += isNews ? 1 : 0;
        return isNews;
    };
    for (auto &[path, entry] : m_byPath)
        m_changes += takeOver(entry.origin) ? 1 : 0;
    for (auto &[id, gone] : m_gone)
        takeOver(gone.origin);
}

void OriginResolver::refreshNames()
{
    if (m_naming.refresh())
        nameAgain();
}

void OriginResolver::refresh()
{
    const std::int64_t before = m_options.cpuNs();
    ++m_walk;
    m_walkedBootNs = m_clock.bootNs();
    const bool newNames = m_naming.refresh();
    m_inventory.refresh();
    for (const CgroupNode &node : m_inventory.nodes())
        remember(node);
    forgetMissing();
    ageGone();
    if (newNames)
        nameAgain();
    m_walkNs = m_options.cpuNs() - before;
    m_spentNs += m_walkNs;
}

bool OriginResolver::mayWalk() const
{
    const std::int64_t apart = std::max(std::chrono::nanoseconds(m_options.minBetweenWalks).count(), m_walkNs * walkShare);
    return m_walk == 0 || m_clock.bootNs() - m_walkedBootNs >= apart;
}

void OriginResolver::forEach(const std::function<void(const CgroupNode &, const OriginPtr &)> &use) const
{
    for (const auto &[path, entry] : m_byPath)
        use(entry.node, entry.origin);
}

OriginPtr OriginResolver::originOf(const CgroupNode &node) { return node.path == "/" ? m_host : remember(node).origin; }

OriginPtr OriginResolver::findIn(CgroupHierarchy hierarchy, std::uint64_t cgroupId) const
{
    const ById &byId = hierarchy == CgroupHierarchy::Memory ? m_memory : m_v2;
    const auto found = byId.find(cgroupId);
    return found == byId.end() ? findGone(hierarchy, cgroupId) : found->second->origin;
}

OriginPtr OriginResolver::findGone(CgroupHierarchy hierarchy, std::uint64_t cgroupId) const
{
    const auto gone = m_gone.find(goneKey(hierarchy, cgroupId));
    return gone == m_gone.end() ? nullptr : gone->second.origin;
}

OriginPtr OriginResolver::find(std::uint64_t cgroupId, CgroupHierarchy hierarchy, std::uint32_t pid, std::uint64_t startTimeNs)
{
    if (hierarchy != CgroupHierarchy::Either)
        return findIn(hierarchy, cgroupId);
    const auto v2 = m_v2.find(cgroupId);
    const auto memory = m_memory.find(cgroupId);
    const bool inV2 = v2 != m_v2.end();
    const bool inMemory = memory != m_memory.end();
    if (inV2 && inMemory && v2->second != memory->second) {
        // Ids are unique within a hierarchy only. The process knows which one it is; without it, this is a guess.
        if (Asked asked = ask(cgroupId, pid, startTimeNs); asked.origin)
            return asked.origin;
        auto guess = std::make_shared<wire::Origin>(*v2->second->origin);
        guess->attribution = wire::Attribution::Inferred;
        return guess;
    }
    if (inV2)
        return v2->second->origin;
    if (inMemory)
        return memory->second->origin;
    OriginPtr gone = findGone(CgroupHierarchy::V2, cgroupId);
    return gone ? gone : findGone(CgroupHierarchy::Memory, cgroupId);
}

bool OriginResolver::sameProcess(std::uint32_t pid, std::uint64_t startTimeNs)
{
    const FileText stat = m_reader.read(m_options.procRoot / std::to_string(pid) / "stat");
    const auto started = stat ? parseStartTicks(stat.text) : std::nullopt;
    return started && (startTimeNs == 0 || *started == startTimeNs / nsPerTick);
}

OriginResolver::Asked OriginResolver::ask(std::uint64_t cgroupId, std::uint32_t pid, std::uint64_t startTimeNs)
{
    Asked asked;
    if (pid == 0)
        return asked;
    const FileText text = m_reader.read(m_options.procRoot / std::to_string(pid) / "cgroup");
    if (!text)
        return asked;
    ProcCgroups cgroups = parseProcCgroup(text.text);
    // Only now: whoever is still the one that started then was it when the file was read. Asked before, the pid could change hands in between.
    if (!sameProcess(pid, startTimeNs))
        return asked;
    for (std::optional<std::string> *path : {&cgroups.v2, &cgroups.memory}) {
        if (!*path || **path == "/")
            continue;
        const CgroupNode node = m_inventory.look(**path);
        if (cgroupId != 0 && (path == &cgroups.v2 ? node.v2Id : node.memoryId) == cgroupId) {
            asked.origin = remember(node).origin;
            return asked;
        }
        asked.path = std::move(**path);
    }
    return asked;
}

/// Of a cgroup that nobody looked at while it was there, or has not yet.
OriginPtr OriginResolver::born(CgroupHierarchy hierarchy, std::uint64_t cgroupId)
{
    if (!m_birth || cgroupId == 0)
        return nullptr;
    const auto v2 = hierarchy == CgroupHierarchy::Memory ? std::nullopt : m_birth(cgroupId, false);
    const auto memory = hierarchy == CgroupHierarchy::V2 ? std::nullopt : m_birth(cgroupId, true);
    if ((!v2 && !memory) || (v2 && memory && *v2 != *memory))
        return nullptr; // ids are unique within a hierarchy only
    const std::string &path = v2 ? *v2 : *memory;
    const CgroupNode node = m_inventory.look(path);
    if ((v2 ? node.v2Id : node.memoryId) == cgroupId)
        return remember(node).origin;
    OriginPtr origin = makeOrigin(path, cgroupId, wire::Attribution::Cached);
    rememberGone(v2 ? CgroupHierarchy::V2 : CgroupHierarchy::Memory, cgroupId, origin);
    ++m_learnt;
    return origin;
}

OriginPtr OriginResolver::rememberUnfound(std::uint64_t cgroupId, const std::string &path)
{
    if (m_unfound.size() >= maxUnfound)
        m_unfound.clear();
    OriginPtr origin = makeOrigin(path, cgroupId, path.empty() ? wire::Attribution::Unknown : wire::Attribution::Inferred);
    m_unfound[cgroupId] = {origin, m_clock.bootNs() + unfoundForNs};
    return origin;
}

OriginPtr OriginResolver::resolve(std::uint64_t cgroupId, std::uint32_t pid, std::uint64_t startTimeNs, std::uint64_t memoryId,
                                  CgroupHierarchy hierarchy)
{
    OriginPtr origin = resolveOne(cgroupId, hierarchy, pid, startTimeNs);
    if (memoryId == 0 || specificity(*origin) == mostSpecific)
        return origin;
    OriginPtr other = resolveOne(memoryId, CgroupHierarchy::Memory, pid, startTimeNs);
    return specificity(*other) > specificity(*origin) ? other : origin;
}

OriginPtr OriginResolver::known(std::uint64_t cgroupId, std::uint64_t memoryId, CgroupHierarchy hierarchy)
{
    OriginPtr origin = found({cgroupId, memoryId, hierarchy});
    return origin ? origin : makeOrigin({}, cgroupId, wire::Attribution::Unknown);
}

OriginPtr OriginResolver::found(const CgroupRef &cgroup)
{
    const auto one = [this](std::uint64_t id, CgroupHierarchy of) { return id == rootId ? m_host : find(id, of, 0, 0); };
    OriginPtr origin = one(cgroup.cgroupId, cgroup.hierarchy);
    if (cgroup.memoryId == 0 || (origin && specificity(*origin) == mostSpecific))
        return origin;
    OriginPtr other = one(cgroup.memoryId, CgroupHierarchy::Memory);
    return !origin || (other && specificity(*other) > specificity(*origin)) ? other : origin;
}

OriginPtr OriginResolver::ofPod(const std::string &uid, CgroupRef &cgroup)
{
    for (const auto &[path, entry] : m_byPath) {
        if (entry.origin->podUid != uid || !entry.origin->containerId.empty())
            continue;
        const CgroupNode &node = entry.node;
        cgroup = {idOf(node), node.v2Id != 0 ? node.memoryId : 0, node.v2Id != 0 ? CgroupHierarchy::V2 : CgroupHierarchy::Memory};
        return entry.origin;
    }
    cgroup = {};
    auto origin = std::make_shared<wire::Origin>();
    origin->podUid = uid;
    origin->attribution = wire::Attribution::Cached;
    m_naming.name(*origin);
    return origin;
}

bool OriginResolver::mayBeNamed(const wire::Origin &origin) const noexcept
{
    const bool isGuess = origin.attribution == wire::Attribution::Unknown || origin.attribution == wire::Attribution::Inferred;
    return origin.cgroupId > rootId && (isGuess || m_naming.mayBeNamed(origin));
}

OriginPtr OriginResolver::resolveOne(std::uint64_t cgroupId, CgroupHierarchy hierarchy, std::uint32_t pid, std::uint64_t startTimeNs)
{
    if (cgroupId == rootId)
        return m_host;
    if (OriginPtr known = find(cgroupId, hierarchy, pid, startTimeNs))
        return known;
    if (OriginPtr known = born(hierarchy, cgroupId))
        return known;
    const auto unfound = m_unfound.find(cgroupId);
    if (unfound != m_unfound.end() && m_clock.bootNs() < unfound->second.untilBootNs)
        return unfound->second.origin;
    const Asked asked = ask(cgroupId, pid, startTimeNs);
    if (asked.origin)
        return asked.origin;
    if (cgroupId != 0 && mayWalk()) {
        refresh();
        if (OriginPtr known = find(cgroupId, hierarchy, pid, startTimeNs))
            return known;
        return rememberUnfound(cgroupId, asked.path);
    }
    return makeOrigin(asked.path, cgroupId, asked.path.empty() ? wire::Attribution::Unknown : wire::Attribution::Inferred);
}

} // namespace tapio::agent
