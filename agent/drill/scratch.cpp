// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/drill/scratch.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <sstream>
#include <utility>

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "agent/drill/system.h"

namespace tapio::drill {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uint32_t cpuPeriodUs = 100'000;

bool isCgroupFolder(const fs::path &folder) { return ::access((folder / "cgroup.procs").c_str(), F_OK) == 0; }

bool lists(const std::string &words, std::string_view word)
{
    std::istringstream stream(words);
    for (std::string one; stream >> one;) {
        if (one == word)
            return true;
    }
    return false;
}

/// In its cgroup of every hierarchy: processes that the kernel has not let go of yet stand in the way of rmdir.
Status endProcessesOf(const fs::path &group)
{
    const std::int64_t until = bootNs() + std::chrono::nanoseconds(2s).count();
    for (;;) {
        std::istringstream procs(readText(group / "cgroup.procs"));
        bool any = false;
        for (pid_t pid = 0; procs >> pid;) {
            any = true;
            if (pid > 0) // 0: of a pid namespace that we do not see into
                ::kill(pid, SIGKILL);
        }
        if (!any)
            return {};
        if (!pause(5ms, until))
            return fail(Errc::Busy, "processes stay in " + group.native());
    }
}

Status removeCgroup(const fs::path &group)
{
    if (::access(group.c_str(), F_OK) != 0)
        return {};
    if (Status ended = endProcessesOf(group); !ended)
        return ended;
    const std::int64_t until = bootNs() + std::chrono::nanoseconds(2s).count();
    while (::rmdir(group.c_str()) != 0 && errno != ENOENT) {
        if (errno != EBUSY || !pause(5ms, until))
            return failErrno("removing " + group.native(), errno);
    }
    return {};
}

Status removeFolder(const fs::path &folder)
{
    std::error_code error;
    fs::remove_all(folder, error);
    if (error)
        return failErrno("removing " + folder.native(), error.value());
    return {};
}

/// Names of ours in a folder: "PREFIX-0123456789abcdef" and nothing else, so that nobody else's is touched.
std::vector<fs::path> ours(const fs::path &folder, const std::string &prefix)
{
    constexpr std::size_t digits = 16;
    std::vector<fs::path> found;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename().native();
        const bool fits = name.size() == prefix.size() + 1 + digits && name.starts_with(prefix + '-')
                          && name.find_first_not_of("0123456789abcdef", prefix.size() + 1) == std::string::npos;
        if (fits && entry->is_directory(error) && !entry->is_symlink(error))
            found.push_back(entry->path());
    }
    return found;
}

void keepFirst(Status &first, const Status &next)
{
    if (first && !next)
        first = next;
}

} // namespace

CgroupHierarchies CgroupHierarchies::detect(const fs::path &root)
{
    CgroupHierarchies found;
    const std::string offered = readText(root / "cgroup.controllers");
    found.isV2 = ::access((root / "cgroup.controllers").c_str(), F_OK) == 0;
    const std::string enabled = readText(root / "cgroup.subtree_control");
    for (const char *controller : {"memory", "cpu", "pids", "io"}) {
        const bool isIo = std::string_view(controller) == "io";
        const fs::path own = root / (isIo ? "blkio" : controller);
        if (found.isV2 && lists(enabled, controller))
            found.controllers[controller] = root;
        else if (found.isV2) // enabling it would change the node for good
            found.missing[controller] = lists(offered, controller) ? " is not enabled in " + (root / "cgroup.subtree_control").native()
                                                                   : " is not offered by this kernel";
        else if (isCgroupFolder(own))
            found.controllers[controller] = own;
        else
            found.missing[controller] = " is not mounted at " + own.native();
    }
    if (found.isV2)
        found.all = {root};
    for (const auto &[controller, path] : found.controllers) {
        if (std::find(found.all.begin(), found.all.end(), path) == found.all.end())
            found.all.push_back(path);
    }
    if (!found.isV2 && isCgroupFolder(root / "unified"))
        found.all.push_back(root / "unified");
    return found;
}

Status CgroupHierarchies::require(std::string_view controller) const
{
    const auto why = missing.find(std::string(controller));
    if (why != missing.end())
        return fail(Errc::Unsupported, "the cgroup controller " + std::string(controller) + why->second);
    return {};
}

Result<Scratch> Scratch::make(const Place &place, const std::string &name, const Limits &limits)
{
    Scratch scratch(CgroupHierarchies::detect(place.cgroupRoot), name);
    for (const char *controller : {"memory", "cpu", "pids"}) { // without them nothing would be bounded
        if (const Status there = scratch.m_hierarchies.require(controller); !there)
            return fail(there.error());
    }
    scratch.m_folder = place.stateFolder / name;
    if (::mkdir(scratch.m_folder.c_str(), 0700) != 0)
        return failErrno("making " + scratch.m_folder.native(), errno);
    for (const fs::path &hierarchy : scratch.m_hierarchies.all) {
        if (::mkdir((hierarchy / name).c_str(), 0755) != 0)
            return failErrno("making " + (hierarchy / name).native(), errno);
    }
    if (const Status limited = scratch.limit(limits); !limited)
        return fail(limited.error());
    return scratch;
}

Scratch::Scratch(Scratch &&other) noexcept
    : m_hierarchies(std::move(other.m_hierarchies)), m_name(std::exchange(other.m_name, {})), m_folder(std::move(other.m_folder))
{}

Scratch::~Scratch() { static_cast<void>(remove()); } // what could not be removed is found at the next start

fs::path Scratch::of(std::string_view controller) const
{
    const auto found = m_hierarchies.controllers.find(std::string(controller));
    return found == m_hierarchies.controllers.end() ? fs::path() : found->second / m_name;
}

Status Scratch::limit(const Limits &limits) const
{
    const bool v2 = m_hierarchies.isV2;
    const std::string bytes = std::to_string(limits.memoryBytes);
    const std::uint64_t quotaUs = std::uint64_t{cpuPeriodUs} * limits.cpuPercent / 100;
    std::vector<std::pair<fs::path, std::string>> files{{of("memory") / (v2 ? "memory.max" : "memory.limit_in_bytes"), bytes},
                                                        {of("pids") / "pids.max", std::to_string(limits.processes)}};
    // Where swap is not accounted, the file is not there.
    const fs::path swap = of("memory") / (v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes");
    if (::access(swap.c_str(), F_OK) == 0)
        files.emplace_back(swap, v2 ? "0" : bytes);
    if (v2) {
        files.emplace_back(of("cpu") / "cpu.max", std::to_string(quotaUs) + ' ' + std::to_string(cpuPeriodUs));
    } else {
        files.emplace_back(of("cpu") / "cpu.cfs_period_us", std::to_string(cpuPeriodUs));
        files.emplace_back(of("cpu") / "cpu.cfs_quota_us", std::to_string(quotaUs));
    }
    for (const auto &[file, value] : files) {
        if (Status written = writeText(file, value); !written)
            return written;
    }
    return {};
}

Status Scratch::limitWrites(dev_t device, std::uint64_t bytesPerSecond) const
{
    if (Status there = m_hierarchies.require("io"); !there)
        return there;
    const std::string numbers = std::to_string(major(device)) + ':' + std::to_string(minor(device));
    const std::string rate = std::to_string(bytesPerSecond);
    return m_hierarchies.isV2 ? writeText(of("io") / "io.max", numbers + " wbps=" + rate)
                              : writeText(of("io") / "blkio.throttle.write_bps_device", numbers + ' ' + rate);
}

Status Scratch::add(pid_t pid) const
{
    for (const fs::path &hierarchy : m_hierarchies.all) {
        if (Status added = writeText(hierarchy / m_name / "cgroup.procs", std::to_string(pid)); !added)
            return added;
    }
    return {};
}

Status Scratch::endProcesses() const
{
    Status all;
    for (const fs::path &hierarchy : m_hierarchies.all)
        keepFirst(all, endProcessesOf(hierarchy / m_name));
    return all;
}

Evidence Scratch::evidence() const
{
    const bool v2 = m_hierarchies.isV2;
    Evidence seen;
    seen.oomKills = keyedNumber(readText(of("memory") / (v2 ? "memory.events" : "memory.oom_control")), "oom_kill").value_or(0);
    seen.throttledPeriods = keyedNumber(readText(of("cpu") / "cpu.stat"), "nr_throttled").value_or(0);
    const std::string peak = readText(of("memory") / (v2 ? "memory.peak" : "memory.max_usage_in_bytes"));
    const std::string now = peak.empty() ? readText(of("memory") / "memory.current") : peak; // no memory.peak before 5.19
    std::from_chars(now.data(), now.data() + now.size(), seen.peakMemoryBytes);
    return seen;
}

Status Scratch::remove()
{
    if (m_name.empty())
        return {};
    Status all;
    for (const fs::path &hierarchy : m_hierarchies.all)
        keepFirst(all, removeCgroup(hierarchy / m_name));
    keepFirst(all, removeFolder(m_folder));
    if (all)
        m_name.clear();
    return all;
}

std::vector<std::string> findLeftovers(const Place &place)
{
    std::vector<std::string> names;
    std::vector<fs::path> folders = CgroupHierarchies::detect(place.cgroupRoot).all;
    folders.push_back(place.stateFolder);
    for (const fs::path &folder : folders) {
        for (const fs::path &one : ours(folder, place.prefix))
            names.push_back(one.native());
    }
    std::sort(names.begin(), names.end());
    return names;
}

Result<std::vector<std::string>> removeLeftovers(const Place &place)
{
    std::vector<std::string> removed;
    Status all;
    for (const fs::path &hierarchy : CgroupHierarchies::detect(place.cgroupRoot).all) {
        for (const fs::path &group : ours(hierarchy, place.prefix)) {
            const Status one = removeCgroup(group);
            keepFirst(all, one);
            if (one)
                removed.push_back(group.native());
        }
    }
    for (const fs::path &folder : ours(place.stateFolder, place.prefix)) {
        const Status one = removeFolder(folder);
        keepFirst(all, one);
        if (one)
            removed.push_back(folder.native());
    }
    if (!all)
        return fail(all.error());
    return removed;
}

} // namespace tapio::drill
