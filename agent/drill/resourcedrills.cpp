// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "agent/drill/drill.h"
#include "agent/drill/system.h"

namespace tapio::drill {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t mib = 1u << 20;
constexpr std::uint64_t pageBytes = 4096;

/// Anonymous memory that is really there: each page is written to. Null: the kernel gave none.
char *take(std::uint64_t bytes)
{
    void *const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return nullptr;
    auto *const first = static_cast<volatile char *>(memory);
    for (std::uint64_t at = 0; at < bytes; at += pageBytes)
        first[at] = 1;
    return static_cast<char *>(memory);
}

[[noreturn]] void spin()
{
    for (volatile std::uint64_t turns = 0;;)
        turns = turns + 1;
}

std::vector<pid_t> spinners(std::size_t count)
{
    std::vector<pid_t> pids;
    for (std::size_t i = 0; i < count; ++i)
        pids.push_back(forkInto([]() -> int { spin(); }));
    return pids;
}

double cpuSecondsOfChildren()
{
    rusage used{};
    ::getrusage(RUSAGE_CHILDREN, &used);
    return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec)
           + static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/// Drills whose scratch cgroup is all they need.
class CgroupDrill : public Drill {
public:
    std::vector<std::string> needs() const override { return {"root", "cgroup memory", "cgroup cpu", "cgroup pids"}; }
    Status probe(const Place &) const override { return {}; }
};

class OomKill final : public CgroupDrill {
public:
    std::string_view name() const override { return "oom-kill"; }
    std::string_view summary() const override { return "a process asks for more memory than its cgroup may have, three times"; }
    Limits limits() const override
    {
        Limits limits;
        limits.memoryBytes = 32 * mib;
        return limits;
    }
    Result<std::string> run(Workplace &work) const override
    {
        constexpr int times = 3;
        int killed = 0;
        do {
            const pid_t pid = forkInto([] { return take(64 * mib) == nullptr ? 1 : 0; });
            if (pid < 0)
                return failErrno("starting a process", errno);
            const int status = waitFor(pid);
            if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
                ++killed;
                work.count();
            }
        } while (killed < times && pause(500ms, work.untilBootNs));
        return std::to_string(killed) + " processes killed for memory";
    }
    Status verify(const Evidence &evidence) const override
    {
        return evidence.oomKills > 0 ? Status() : fail(Errc::Unsupported, "the cgroup counted no OOM kill");
    }
};

class MemoryLeak final : public CgroupDrill {
public:
    std::string_view name() const override { return "memory-leak"; }
    std::string_view summary() const override { return "a process grows steadily to three quarters of its limit, over all of its time"; }
    Limits limits() const override
    {
        Limits limits;
        limits.most = mostTime; // what grows for minutes only may be a start
        return limits;
    }
    Result<std::string> run(Workplace &work) const override
    {
        constexpr std::uint64_t step = mib / 4;
        const std::uint64_t steps = limits().memoryBytes / 4 * 3 / step;
        const auto time = std::chrono::nanoseconds(work.untilBootNs - bootNs());
        const auto each = std::max(std::chrono::duration_cast<std::chrono::milliseconds>(time) / static_cast<std::int64_t>(steps + 1), 1ms);
        std::uint64_t held = 0;
        do {
            if (held < steps * step && take(step) != nullptr) {
                held += step;
                work.count();
            }
        } while (pause(each, work.untilBootNs));
        return std::to_string(held / mib) + " MiB kept";
    }
    Status verify(const Evidence &evidence) const override
    {
        constexpr std::uint64_t enough = 8 * mib;
        return evidence.peakMemoryBytes >= enough ? Status() : fail(Errc::Unsupported, "the cgroup's memory did not grow");
    }
};

class CpuThrottling final : public CgroupDrill {
public:
    std::string_view name() const override { return "cpu-throttling"; }
    std::string_view summary() const override { return "two processes want a CPU each and may have a tenth of one together"; }
    Limits limits() const override
    {
        Limits limits;
        limits.cpuPercent = 10;
        limits.most = mostTime;
        return limits;
    }
    Result<std::string> run(Workplace &work) const override
    {
        const std::vector<pid_t> pids = spinners(2);
        while (pause(1s, work.untilBootNs))
            work.count();
        endAll(pids);
        return std::string("two processes computed all the time");
    }
    Status verify(const Evidence &evidence) const override
    {
        return evidence.throttledPeriods > 0 ? Status() : fail(Errc::Unsupported, "the cgroup was never throttled");
    }
};

class NoisyNeighbour final : public CgroupDrill {
public:
    std::string_view name() const override { return "noisy-neighbour"; }
    std::string_view summary() const override { return "more processes than CPUs compete for as much time as one CPU has"; }
    Limits limits() const override
    {
        Limits limits;
        limits.cpuPercent = 100;
        return limits;
    }
    Result<std::string> run(Workplace &work) const override
    {
        constexpr long most = 32;
        const long cpus = std::clamp(::sysconf(_SC_NPROCESSORS_ONLN), 1L, most);
        const std::vector<pid_t> pids = spinners(static_cast<std::size_t>(cpus) + 1);
        while (pause(100ms, work.untilBootNs)) {}
        endAll(pids);
        const double seconds = cpuSecondsOfChildren();
        work.count(static_cast<std::uint64_t>(seconds * 1000));
        return std::to_string(pids.size()) + " processes used " + std::to_string(static_cast<int>(seconds * 1000)) + " ms of CPU";
    }
};

class CrashLoop final : public CgroupDrill {
public:
    std::string_view name() const override { return "crash-loop"; }
    std::string_view summary() const override { return "a program is started again each time that it dies of SIGSEGV"; }
    Result<std::string> run(Workplace &work) const override
    {
        do {
            const pid_t pid = forkInto([] {
                // A real exec, as a supervisor's would be; a node without a shell gets the crash alone.
                ::execl("/bin/sh", "sh", "-c", "kill -SEGV $$", nullptr);
                ::raise(SIGSEGV);
                return 1;
            });
            if (pid < 0)
                return failErrno("starting a process", errno);
            const int status = waitFor(pid);
            if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV)
                work.count();
        } while (pause(250ms, work.untilBootNs));
        return std::to_string(*work.effects) + " crashes";
    }
};

class FdExhaustion final : public CgroupDrill {
public:
    std::string_view name() const override { return "fd-exhaustion"; }
    std::string_view summary() const override { return "a process opens files until it may open no more, and goes on trying"; }
    Limits limits() const override
    {
        Limits limits;
        limits.openFiles = 64;
        return limits;
    }
    Result<std::string> run(Workplace &work) const override
    {
        std::vector<Fd> held;
        do {
            Fd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
            if (fd) {
                held.push_back(std::move(fd));
                continue;
            }
            if (errno != EMFILE)
                return failErrno("opening /dev/null", errno);
            work.count();
            if (!pause(20ms, work.untilBootNs))
                break;
        } while (bootNs() < work.untilBootNs);
        return std::to_string(held.size()) + " files held, " + std::to_string(*work.effects) + " more refused";
    }
};

} // namespace

void addResourceDrills(DrillList &list)
{
    list.push_back(std::make_unique<OomKill>());
    list.push_back(std::make_unique<MemoryLeak>());
    list.push_back(std::make_unique<CpuThrottling>());
    list.push_back(std::make_unique<NoisyNeighbour>());
    list.push_back(std::make_unique<CrashLoop>());
    list.push_back(std::make_unique<FdExhaustion>());
}

} // namespace tapio::drill
