// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/readers/pressurereader.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <system_error>
#include <utility>

#include "agent/drill/cgroupname.h"
#include "agent/enrich/cgrouppath.h"

namespace tapio::agent {

namespace {

struct Resource {
    wire::PressureResource resource;
    std::string PressureOptions::*rule;
    const char *hostFile; ///< below /proc
    const char *groupFile;
};
constexpr std::array<Resource, 3> table{{{wire::PressureResource::Cpu, &PressureOptions::cpu, "pressure/cpu", "cpu.pressure"},
                                         {wire::PressureResource::Memory, &PressureOptions::memory, "pressure/memory", "memory.pressure"},
                                         {wire::PressureResource::Io, &PressureOptions::io, "pressure/io", "io.pressure"}}};

wire::HookState stateOf(int errnum)
{
    switch (errnum) {
    case ENOENT:
    case ENOTDIR:
    case EOPNOTSUPP: return wire::HookState::Unsupported;
    case EACCES:
    case EPERM: return wire::HookState::Denied;
    default: return wire::HookState::Failed;
    }
}

std::string reasonOf(int errnum)
{
    if (errnum == ENOENT || errnum == EOPNOTSUPP)
        return "this kernel has no pressure stall information (CONFIG_PSI), or it is switched off (psi=0)";
    return std::generic_category().message(errnum);
}

/// Why a file has no trigger.
std::string readInstead(int errnum)
{
    std::string why = std::generic_category().message(errnum);
    if (errnum == EPERM || errnum == EACCES)
        why = "before Linux 6.4 that needs CAP_SYS_RESOURCE";
    else if (errnum == EINVAL)
        why = "without CAP_SYS_RESOURCE its window must be whole seconds, and even";
    return "read in each window, since the kernel takes no trigger: " + why;
}

std::optional<std::uint64_t> stallOf(const PressureTotals &totals, const PressureRule &rule)
{
    return rule.full ? totals.fullUs : totals.someUs;
}

std::string_view lastSegment(const std::string &path) { return std::string_view(path).substr(path.rfind('/') + 1); }

} // namespace

PressureReader::PressureReader(PressureOptions options, const CgroupInventory &inventory, const Clock &clock)
    : m_options(std::move(options)), m_inventory(inventory), m_clock(clock)
{
    for (std::size_t i = 0; i < resources; ++i) {
        if (const auto rule = parsePressureRule(m_options.*table[i].rule))
            m_rules[i] = *rule;
    }
}

PressureReader::~PressureReader()
{
    for (auto &[path, group] : m_groups)
        close(group);
    for (Watched &watched : m_host)
        m_closer.close(std::move(watched.file));
}

void PressureReader::close(Group &group)
{
    for (Watched &watched : group.watched)
        m_closer.close(std::move(watched.file));
}

void PressureReader::read(KernelRecordSink &out)
{
    if (m_inventory.round() != m_round)
        follow(out);
    for (std::size_t i = 0; i < resources; ++i) {
        if (m_rules[i])
            openFile(i, m_options.procRoot / table[i].hostFile, m_host[i]);
        look(i, m_host[i], {}, out);
    }
    for (auto &[path, group] : m_groups) {
        for (std::size_t i = 0; i < resources; ++i)
            look(i, group.watched[i], group.place, out);
    }
}

/// A pod has what its containers have; what they made within themselves is theirs. A drill stands for a pod: what finds pods' stalls is to find its.
bool PressureReader::isWorthWatching(const CgroupNode &node) const
{
    if (node.v2Id == 0)
        return false;
    const std::string_view segment = lastSegment(node.path);
    if (podUidOfSegment(segment) || drill::isCgroupOfADrill(node.path))
        return true;
    return containerIdOfSegment(segment).has_value() && identityFromPath(node.path).podUid.empty();
}

void PressureReader::follow(KernelRecordSink &out)
{
    m_round = m_inventory.round();
    m_unwatched = 0;
    std::vector<const CgroupNode *> others;
    for (const CgroupNode &node : m_inventory.nodes()) {
        if (!isWorthWatching(node))
            continue;
        const auto known = m_groups.find(node.path);
        if (known != m_groups.end() && known->second.place.cgroupId == node.v2Id)
            known->second.round = m_round;
        else
            others.push_back(&node);
    }
    forgetOthers(out);
    for (const CgroupNode *node : others) {
        if (m_groups.size() >= m_options.mostCgroups && !drill::isCgroupOfADrill(node->path)) { // of which there is one at a time
            ++m_unwatched;
            continue;
        }
        Group &group = m_groups[node->path];
        group.place = {node->v2Id, node->memoryId};
        group.round = m_round;
    }
    for (auto &[path, group] : m_groups) {
        for (std::size_t i = 0; i < resources; ++i) {
            if (m_rules[i])
                openFile(i, m_inventory.layout().unified.native() + path + '/' + table[i].groupFile, group.watched[i]);
        }
    }
}

/// What lasted ended with its cgroup.
void PressureReader::forgetOthers(KernelRecordSink &out)
{
    for (auto entry = m_groups.begin(); entry != m_groups.end();) {
        Group &group = entry->second;
        const bool isThere = group.round == m_round;
        for (std::size_t i = 0; !isThere && i < resources; ++i)
            end(i, group.watched[i], group.place, out);
        if (!isThere)
            close(group);
        entry = isThere ? std::next(entry) : m_groups.erase(entry);
    }
}

void PressureReader::openFile(std::size_t resource, const std::filesystem::path &path, Watched &watched)
{
    const std::int64_t now = m_clock.bootNs();
    if (watched.file || (watched.errnum != 0 && now - watched.triedBootNs < m_options.retryNs))
        return;
    watched.triedBootNs = now;
    auto opened = m_options.open(path, *m_rules[resource]);
    watched.errnum = opened ? 0 : opened.error().errnum();
    if (!opened)
        return;
    watched.file = std::move(*opened);
    const FileText text = watched.file->read();
    watched.errnum = text.errnum; // where it is switched off in the kernel, there is a file that cannot be read
    if (watched.errnum != 0)
        m_closer.close(std::move(watched.file));
    else
        watched.openedUs = stallOf(parsePressure(text.text), *m_rules[resource]).value_or(0);
}

PressureTotals PressureReader::totals(Watched &watched)
{
    const FileText text = watched.file ? watched.file->read() : FileText{};
    return text ? parsePressure(text.text) : PressureTotals{};
}

/// Without a trigger: what the kernel would have told by now. As it does, it looks at one window after another.
bool PressureReader::passes(std::size_t resource, Watched &watched)
{
    const PressureRule &rule = *m_rules[resource];
    const std::int64_t now = m_clock.bootNs();
    const auto windowNs = static_cast<std::int64_t>(rule.windowUs) * nsPerUs;
    if (watched.window && now - watched.window->bootNs < windowNs)
        return false;
    const PressureTotals read = totals(watched);
    const auto stallUs = stallOf(read, rule);
    if (!stallUs)
        return false;
    const auto before = std::exchange(watched.window, Mark{now, *stallUs});
    if (!before || *stallUs < before->stallUs)
        return false;
    const double share = static_cast<double>(rule.thresholdUs) / static_cast<double>(rule.windowUs);
    const double passedUs = static_cast<double>(now - before->bootNs) / static_cast<double>(nsPerUs);
    return static_cast<double>(*stallUs - before->stallUs) >= share * passedUs;
}

/// A trigger that needs no privilege is told of a stall in its first windows that was not there (seen on Linux 6.18: of 4 ms as of 600, and of 14 ms seven
/// seconds after it was set). Probably its first window begins with a sum that is not kept for such triggers, so that all the time since the start of the
/// machine counts. So until it has once been so much, the file's own sum is asked.
bool PressureReader::isBelieved(std::size_t resource, const Watched &watched, std::uint64_t stallUs) const
{
    return stallUs >= watched.openedUs + m_rules[resource]->thresholdUs;
}

void PressureReader::look(std::size_t resource, Watched &watched, const Place &place, KernelRecordSink &out)
{
    if (!watched.file)
        return;
    const PressureFile::Told told = watched.file->told();
    if (told == PressureFile::Told::Gone) {
        end(resource, watched, place, out);
        m_closer.close(std::move(watched.file));
        watched.errnum = ENODEV;
        watched.triedBootNs = m_clock.bootNs();
        return;
    }
    const bool isStall = told == PressureFile::Told::Stall || (watched.file->triggerErrno() != 0 && passes(resource, watched));
    if (isStall)
        stalls(resource, watched, place, out);
    else if (watched.begin && m_clock.bootNs() - watched.lastBootNs >= m_options.quietNs)
        end(resource, watched, place, out);
}

void PressureReader::stalls(std::size_t resource, Watched &watched, const Place &place, KernelRecordSink &out)
{
    const PressureTotals read = totals(watched);
    const auto stallUs = stallOf(read, *m_rules[resource]);
    if (stallUs && !isBelieved(resource, watched, *stallUs))
        return;
    const std::int64_t now = m_clock.bootNs();
    watched.lastBootNs = now;
    watched.lastUs = stallUs.value_or(watched.lastUs);
    if (!watched.begin)
        watched.begin = Mark{now, watched.lastUs};
    else if (now - watched.toldBootNs < m_options.againNs)
        return;
    watched.toldBootNs = now;
    tell(resource, lasting(resource, watched, read, watched.lastUs, now), place, out);
}

void PressureReader::end(std::size_t resource, Watched &watched, const Place &place, KernelRecordSink &out)
{
    if (!watched.begin)
        return;
    const PressureTotals read = totals(watched);
    wire::PressureStall stall =
        lasting(resource, watched, read, stallOf(read, *m_rules[resource]).value_or(watched.lastUs), m_clock.bootNs());
    stall.ended = true;
    watched.begin.reset();
    tell(resource, stall, place, out);
}

/// What is to be said of a stall that has begun.
wire::PressureStall PressureReader::lasting(std::size_t resource, const Watched &watched, const PressureTotals &read, std::uint64_t stallUs,
                                            std::int64_t nowBootNs) const
{
    wire::PressureStall stall;
    stall.avg10BasisPoints = (m_rules[resource]->full ? read.fullAvg10 : read.someAvg10).value_or(0);
    stall.stallUs = stallUs - std::min(stallUs, watched.begin->stallUs);
    stall.durationNs = static_cast<std::uint64_t>(std::max<std::int64_t>(nowBootNs - watched.begin->bootNs, 0));
    return stall;
}

void PressureReader::tell(std::size_t resource, wire::PressureStall stall, const Place &place, KernelRecordSink &out)
{
    ++m_counters[Counter::Seen];
    ++m_counters[Counter::Drained];
    const PressureRule &rule = *m_rules[resource];
    stall.resource = table[resource].resource;
    stall.full = rule.full;
    stall.thresholdUs = rule.thresholdUs;
    stall.windowUs = rule.windowUs;
    KernelRecord record;
    record.source = "psi";
    record.cgroupId = place.cgroupId;
    record.memoryCgroupId = place.memoryCgroupId;
    record.bootNs = record.drainedBootNs = static_cast<std::uint64_t>(m_clock.bootNs());
    record.event.type = wire::EventType::PressureStall;
    record.event.detail = stall;
    out.onRecord(std::move(record));
}

wire::Hook PressureReader::hostHook(std::size_t resource) const
{
    const Watched &watched = m_host[resource];
    wire::Hook hook;
    hook.collector = "psi";
    hook.name = std::string("trigger on /proc/") + table[resource].hostFile;
    hook.attachKind = "file";
    if (!m_rules[resource]) {
        hook.state = wire::HookState::Disabled;
        hook.reason = "pressure." + std::string(wire::pressureResourceName(table[resource].resource)) + " is empty";
    } else if (watched.file) {
        hook.state = wire::HookState::Active;
        if (watched.file->triggerErrno() == 0)
            hook.attachKind = "trigger";
        else
            hook.reason = readInstead(watched.file->triggerErrno());
    } else if (watched.errnum != 0) {
        hook.state = stateOf(watched.errnum);
        hook.reason = reasonOf(watched.errnum);
    }
    return hook;
}

wire::Hook PressureReader::groupHook() const
{
    wire::Hook hook;
    hook.collector = "psi";
    hook.name = "triggers on *.pressure of pods";
    hook.attachKind = "file";
    hook.reason = "no pod or container is in cgroup v2 here, which alone tells of its pressure";
    int errnum = 0;
    const PressureFile *read = nullptr;
    for (const auto &[path, group] : m_groups) {
        for (const Watched &watched : group.watched) {
            if (watched.file && watched.file->triggerErrno() == 0)
                hook.attachKind = "trigger";
            else if (watched.file)
                read = watched.file.get();
            else if (watched.errnum != 0 && watched.errnum != ENODEV)
                errnum = watched.errnum;
        }
    }
    const bool isActive = hook.attachKind == "trigger" || read != nullptr;
    if (isActive || errnum != 0) {
        hook.state = isActive ? wire::HookState::Active : stateOf(errnum);
        hook.reason = isActive ? (read != nullptr ? readInstead(read->triggerErrno()) : std::string()) : reasonOf(errnum);
    }
    if (m_unwatched > 0)
        hook.reason += (hook.reason.empty() ? "" : "; ") + std::to_string(m_unwatched) + " more are not watched: pressure.max_cgroups is "
                       + std::to_string(m_options.mostCgroups);
    return hook;
}

std::vector<wire::Hook> PressureReader::hooks() const { return {hostHook(0), hostHook(1), hostHook(2), groupHook()}; }

} // namespace tapio::agent
