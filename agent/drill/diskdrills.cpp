// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <fcntl.h>

#include "agent/drill/disk.h"
#include "agent/drill/drill.h"
#include "agent/drill/scratch.h"
#include "agent/drill/system.h"

namespace tapio::drill {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t mib = 1u << 20;
constexpr std::size_t blockBytes = 256u << 10;

class DiskFull final : public Drill {
public:
    std::string_view name() const override { return "disk-full"; }
    std::string_view summary() const override { return "a process fills a file system of 16 MiB of its own, and goes on writing"; }
    std::vector<std::string> needs() const override
    {
        return {"root", "cgroup memory", "cgroup cpu", "cgroup pids", "loop device", "mkfs.ext4"};
    }
    Limits limits() const override
    {
        Limits limits;
        limits.diskBytes = 16 * mib;
        return limits;
    }
    Status probe(const Place &place) const override { return probeScratchDisk(place); }
    Result<std::string> run(Workplace &work) const override
    {
        const std::filesystem::path file = work.disk / "fill";
        const Fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        if (!fd)
            return failErrno("making " + file.native(), errno);
        const std::string block(blockBytes, 'x');
        std::uint64_t wrote = 0;
        while (bootNs() < work.untilBootNs) {
            const ssize_t got = ::write(fd.get(), block.data(), block.size());
            if (got > 0) {
                wrote += static_cast<std::uint64_t>(got);
                continue;
            }
            if (errno != ENOSPC)
                return failErrno("writing to " + file.native(), errno);
            work.count();
            pause(100ms, work.untilBootNs);
        }
        return std::to_string(wrote / mib) + " MiB written, " + std::to_string(*work.effects) + " writes refused";
    }
};

/// Written past the page cache, so that the writer itself waits for the disk.
class SlowDisk final : public Drill {
public:
    std::string_view name() const override { return "slow-disk"; }
    std::string_view summary() const override { return "a process writes to a file system of its own that takes 1 MiB per second"; }
    std::vector<std::string> needs() const override
    {
        return {"root", "cgroup memory", "cgroup cpu", "cgroup pids", "cgroup io", "loop device", "mkfs.ext4"};
    }
    Limits limits() const override
    {
        Limits limits;
        limits.diskBytes = 16 * mib;
        limits.diskWriteRate = 1 * mib;
        return limits;
    }
    Status probe(const Place &place) const override
    {
        const CgroupHierarchies hierarchies = CgroupHierarchies::detect(place.cgroupRoot);
        if (Status there = hierarchies.require("io"); !there)
            return there;
        return probeScratchDisk(place);
    }
    Result<std::string> run(Workplace &work) const override
    {
        const std::filesystem::path file = work.disk / "slow";
        const Fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_DIRECT | O_CLOEXEC, 0600));
        if (!fd)
            return failErrno("making " + file.native(), errno);
        const std::unique_ptr<void, decltype(&std::free)> block(std::aligned_alloc(4096, blockBytes), &std::free);
        if (!block)
            return failErrno("taking memory", ENOMEM);
        std::memset(block.get(), 'x', blockBytes);
        std::uint64_t writes = 0;
        std::int64_t longestNs = 0;
        const std::int64_t began = bootNs();
        for (off_t at = 0; bootNs() < work.untilBootNs; at = (at + static_cast<off_t>(blockBytes)) % static_cast<off_t>(8 * mib)) {
            const std::int64_t before = bootNs();
            if (::pwrite(fd.get(), block.get(), blockBytes, at) != static_cast<ssize_t>(blockBytes))
                return failErrno("writing to " + file.native(), errno);
            const std::int64_t took = bootNs() - before;
            longestNs = std::max(longestNs, took);
            ++writes;
            if (took >= 50'000'000)
                work.count();
        }
        const double seconds = static_cast<double>(bootNs() - began) / 1e9;
        return std::to_string(static_cast<int>(static_cast<double>(writes * blockBytes) / 1024 / seconds))
               + " KiB per second, longest write " + std::to_string(longestNs / 1'000'000) + " ms";
    }
};

} // namespace

void addDiskDrills(DrillList &list)
{
    list.push_back(std::make_unique<DiskFull>());
    list.push_back(std::make_unique<SlowDisk>());
}

} // namespace tapio::drill
