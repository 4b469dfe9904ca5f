// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/drill/runner.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <new>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>

#include "agent/drill/isolation.h"
#include "agent/drill/runlock.h"
#include "agent/drill/scratch.h"

namespace tapio::drill {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

/// What a drill may take beyond its time to end by itself, and to get ready before.
constexpr milliseconds grace = 1500ms;
constexpr milliseconds preparation = 10s;
constexpr milliseconds lookEvery = 50ms;

std::int64_t ns(milliseconds time) { return std::chrono::nanoseconds(time).count(); }

Result<std::uint64_t> randomId()
{
    std::uint64_t id = 0;
    while (id == 0) {
        if (::getrandom(&id, sizeof(id), 0) != static_cast<ssize_t>(sizeof(id)) && errno != EINTR)
            return failErrno("asking for a random number", errno);
    }
    return id;
}

std::string hex(std::uint64_t id)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (int shift = 60; shift >= 0; shift -= 4)
        text += digits[id >> shift & 15];
    return text;
}

/// pidfd_open(2) and pidfd_send_signal(2): the C library's header cannot be used from C++ before 2.37.
int openProcess(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }
long signalProcess(const Fd &process, int number) { return ::syscall(SYS_pidfd_send_signal, process.get(), number, nullptr, 0); }

/// A page that the drill's processes count in, also those that are killed.
class SharedCount {
public:
    SharedCount()
    {
        void *const page = ::mmap(nullptr, sizeof(Count), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (page != MAP_FAILED)
            m_count = new (page) Count(0);
    }
    ~SharedCount()
    {
        if (m_count != nullptr)
            ::munmap(m_count, sizeof(Count));
    }
    SharedCount(const SharedCount &) = delete;
    SharedCount &operator=(const SharedCount &) = delete;
    std::atomic<std::uint64_t> *get() const noexcept { return m_count; }

private:
    using Count = std::atomic<std::uint64_t>;
    Count *m_count = nullptr;
};

/// One run from the fork on. Ends its processes when destroyed.
class Run {
public:
    Run(const RunRequest &request, const Limits &limits, Scratch &scratch) : m_request(request), m_limits(limits), m_scratch(scratch) {}
    ~Run() { end(); }
    Run(const Run &) = delete;
    Run &operator=(const Run &) = delete;

    /// Up to the point where the fault could begin. Errors: what kept it from that.
    Status prepare(std::chrono::seconds time);
    Status go() const { return ::write(m_process.go.get(), "g", 1) == 1 ? Status() : failErrno("starting the drill", errno); }
    /// Until it ended, its time is over, or somebody asked for the end (true).
    bool watch();
    void end();
    const Evidence &evidence() const noexcept { return m_evidence; }
    const std::optional<Error> &failure() const noexcept { return m_failure; }

private:
    /// The next line, or nothing: its end, its time or a request came first.
    std::optional<ChildWord> nextWord(std::int64_t untilBootNs);
    void look();

    const RunRequest &m_request;
    const Limits &m_limits;
    Scratch &m_scratch;
    SharedCount m_count;
    DrillProcess m_process;
    Fd m_asked{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    std::string m_unread;
    std::int64_t m_untilBootNs = 0;
    Evidence m_evidence;
    std::optional<Error> m_failure;
};

Status Run::prepare(std::chrono::seconds time)
{
    if (m_count.get() == nullptr || !m_asked)
        return failErrno("getting ready", errno);
    Workplace workplace;
    workplace.folder = m_scratch.folder();
    workplace.effects = m_count.get();
    // Told before it is ready; what the preparation takes is taken from the drill, and never more than that.
    m_untilBootNs = workplace.untilBootNs = bootNs() + ns(time);
    auto process = startIsolated(m_request.drill, m_limits, workplace);
    if (!process)
        return fail(process.error());
    m_process = std::move(*process);
    if (Status added = m_scratch.add(m_process.pid); !added)
        return added;
    if (Status gone = go(); !gone)
        return gone;
    const auto word = nextWord(bootNs() + ns(preparation));
    if (!word)
        return fail(m_failure.value_or(Error(Errc::Cancelled, "the drill ended, or was stopped, before it was ready")));
    if (word->kind != ChildWord::Kind::Ready)
        return fail(word->code, word->text);
    if (m_limits.diskWriteRate > 0)
        return m_scratch.limitWrites(word->device, m_limits.diskWriteRate);
    return {};
}

std::optional<ChildWord> Run::nextWord(std::int64_t untilBootNs)
{
    const std::stop_callback wake(m_request.stop, [fd = m_asked.get()] { ::eventfd_write(fd, 1); });
    for (;;) {
        const std::size_t end = m_unread.find('\n');
        if (end != std::string::npos) {
            const auto word = parseWord(std::string_view(m_unread).substr(0, end));
            m_unread.erase(0, end + 1);
            if (word)
                return *word;
            m_failure = word.error();
            return std::nullopt;
        }
        look();
        if (bootNs() >= untilBootNs || m_request.stop.stop_requested())
            return std::nullopt;
        std::array<pollfd, 2> ready{{{m_process.words.get(), POLLIN, 0}, {m_asked.get(), POLLIN, 0}}};
        if (::poll(ready.data(), ready.size(), static_cast<int>(lookEvery.count())) <= 0 || ready[0].revents == 0)
            continue;
        std::array<char, 512> block{};
        const ssize_t got = ::read(m_process.words.get(), block.data(), block.size());
        if (got <= 0 || m_unread.size() > 4096)
            return std::nullopt;
        m_unread.append(block.data(), static_cast<std::size_t>(got));
    }
}

void Run::look()
{
    const Evidence now = m_scratch.evidence();
    m_evidence.oomKills = now.oomKills;
    m_evidence.throttledPeriods = now.throttledPeriods;
    m_evidence.peakMemoryBytes = std::max(m_evidence.peakMemoryBytes, now.peakMemoryBytes);
    m_evidence.effects = *m_count.get();
}

bool Run::watch()
{
    const auto word = nextWord(m_untilBootNs + ns(grace));
    const bool stopped = !word && m_request.stop.stop_requested();
    look();
    if (word && word->kind == ChildWord::Kind::Done)
        m_evidence.told = word->text;
    else if (word)
        m_failure = Error(word->code, word->text);
    return stopped;
}

void Run::end()
{
    if (m_process.pid <= 0)
        return;
    ::kill(m_process.pid, SIGKILL); // its pid namespace, and so all of it, goes with it
    waitFor(m_process.pid);
    m_process.pid = -1;
}

Status needAll(const Place &place)
{
    if (::geteuid() != 0)
        return fail(Errc::PermissionDenied, "a drill needs root");
    const CgroupHierarchies hierarchies = CgroupHierarchies::detect(place.cgroupRoot);
    for (const char *controller : {"memory", "cpu", "pids"}) {
        if (Status there = hierarchies.require(controller); !there)
            return there;
    }
    return probeNamespaces();
}

wire::DrillLabel labelOf(const RunRequest &request, const RunReport &report, std::string phase)
{
    wire::DrillLabel label;
    label.drill = request.drill.name();
    label.target = report.target;
    label.phase = std::move(phase);
    label.fromNs = report.fromNs;
    label.toNs = report.toNs;
    label.runId = report.runId;
    return label;
}

void conclude(const RunRequest &request, const Run &run, RunReport &report)
{
    report.evidence = run.evidence();
    const Status seen = request.drill.verify(report.evidence);
    report.happened = seen.has_value();
    if (run.failure())
        report.reason = run.failure()->message();
    else if (!seen)
        report.reason = seen.error().message();
    const Status told = request.label(labelOf(request, report, report.happened ? "end" : "failed"));
    if (!told)
        report.reason += (report.reason.empty() ? "" : "; ") + ("its end could not be told: " + told.error().message());
}

} // namespace

Status probeDrill(const Drill &drill, const Place &place)
{
    if (Status all = needAll(place); !all)
        return all;
    return drill.probe(place);
}

Result<RunReport> runDrill(const RunRequest &request)
{
    const Limits limits = request.drill.limits();
    const std::chrono::seconds time = request.time.count() == 0 ? limits.time : request.time;
    const std::chrono::seconds most = std::min(limits.most, mostTime);
    if (time < 1s || time > most)
        return fail(Errc::InvalidArgument, std::string(request.drill.name()) + " takes 1 to " + std::to_string(most.count()) + " seconds");
    if (const Status possible = probeDrill(request.drill, request.place); !possible)
        return fail(possible.error());
    const auto lock = RunLock::acquire(request.place);
    if (!lock)
        return fail(lock.error());
    const auto leftovers = removeLeftovers(request.place);
    const auto id = randomId();
    if (!leftovers || !id)
        return fail(leftovers ? id.error() : leftovers.error());
    RunReport report;
    report.runId = *id;
    report.leftovers = *leftovers;
    auto scratch = Scratch::make(request.place, request.place.prefix + '-' + hex(*id), limits);
    if (!scratch)
        return fail(scratch.error());
    report.target = scratch->cgroupPath();
    {
        Run run(request, limits, *scratch);
        if (const Status ready = run.prepare(time); !ready)
            return fail(ready.error());
        report.fromNs = request.clock.utcNs();
        if (const Status told = request.label(labelOf(request, report, "begin")); !told) {
            // Where the answer is late, the agent may have it all the same: a begin without an end would stay for ever.
            const bool mayHaveIt = told.error().code() == Errc::TimedOut || told.error().code() == Errc::Disconnected;
            if (mayHaveIt)
                static_cast<void>(request.label(labelOf(request, report, "failed"))); // told already is what stands in the way
            return fail(told.error());
        }
        const Status begun = run.go();
        report.stopped = begun && run.watch();
        run.end();
        report.toNs = request.clock.utcNs();
        conclude(request, run, report);
    }
    const Status removed = scratch->remove();
    report.clean = removed.has_value();
    if (!removed)
        report.reason += (report.reason.empty() ? "" : "; ") + removed.error().message();
    return report;
}

Result<StopReport> stopDrill(const Place &place)
{
    StopReport report;
    constexpr int patienceMs = 5000;
    if (const auto pid = RunLock::holder(place)) {
        const Fd process(openProcess(*pid));
        // Asked again: the number may have gone to another process before the descriptor was made.
        if (process && RunLock::holder(place) == pid) {
            if (signalProcess(process, SIGTERM) != 0 && errno != ESRCH)
                return failErrno("stopping process " + std::to_string(*pid), errno);
            pollfd ended{process.get(), POLLIN, 0};
            if (::poll(&ended, 1, patienceMs) == 0) {
                static_cast<void>(signalProcess(process, SIGKILL));
                if (::poll(&ended, 1, patienceMs) == 0)
                    return fail(Errc::TimedOut, "process " + std::to_string(*pid) + " does not end");
            }
            report.pid = *pid;
        }
    }
    const auto lock = RunLock::acquire(place);
    if (!lock)
        return fail(lock.error());
    auto removed = removeLeftovers(place);
    if (!removed)
        return fail(removed.error());
    report.removed = std::move(*removed);
    return report;
}

} // namespace tapio::drill
