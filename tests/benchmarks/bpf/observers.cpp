// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/benchmarks/bpf/observers.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <stop_token>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "agent/collect/kernel/hooktable.h"
#include "agent/filter/filterrules.h"
#include "tests/benchmarks/bpf/emptyprograms.h"
#include "tests/benchmarks/support/process.h"
#include "tests/benchmarks/support/sinkserver.h"

namespace tapio::bench {

namespace {

struct Nobody final : Observer {
    double cpuNs() const override { return 0; }
    std::uint64_t outputs() const override { return 0; }
};

class Ours final : public Observer, private agent::KernelRecordSink {
public:
    bool open(agent::KernelOptions options, const std::optional<agent::KernelFilter> &filter)
    {
        auto opened = agent::KernelCollectors::open(std::move(options), *this);
        if (!opened || !areAttached((*opened)->hooks()) || (filter && !(*opened)->setFilter(*filter, 1, {})))
            return false;
        m_collectors = std::move(*opened);
        m_thread = std::jthread([this](const std::stop_token &stop) {
            while (!stop.stop_requested() && m_collectors->poll(std::chrono::milliseconds(500))) {}
        });
        return true;
    }
    ~Ours() override
    {
        m_thread.request_stop();
        if (m_collectors)
            m_collectors->wake();
    }
    double cpuNs() const override
    {
        clockid_t clock{};
        timespec time{};
        auto &thread = const_cast<std::jthread &>(m_thread);
        if (::pthread_getcpuclockid(thread.native_handle(), &clock) != 0 || ::clock_gettime(clock, &time) != 0)
            return 0;
        return 1e9 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec);
    }
    std::uint64_t outputs() const override { return m_records; }

private:
    /// One that this machine does not have costs nothing on it; one that was refused would be measured as if it were free.
    static bool areAttached(const std::vector<wire::Hook> &hooks)
    {
        return std::none_of(hooks.begin(), hooks.end(), [](const wire::Hook &hook) {
            return hook.state == wire::HookState::Failed || hook.state == wire::HookState::Denied;
        });
    }
    void onRecord(agent::KernelRecord &&) override { ++m_records; }

    std::unique_ptr<agent::KernelCollectors> m_collectors;
    std::atomic<std::uint64_t> m_records = 0;
    std::jthread m_thread; ///< last: joined before what it uses goes
};

std::uint32_t newestProgram()
{
    std::uint32_t id = 0;
    while (bpf_prog_get_next_id(id, &id) == 0) {}
    return id;
}

/// Of a peer that loads no program but reads the kernel's events itself.
std::uint32_t perfEventsOf(pid_t pid)
{
    std::uint32_t events = 0;
    std::error_code error;
    for (const auto &entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd", error)) {
        if (std::filesystem::read_symlink(entry.path(), error) == "anon_inode:[perf_event]")
            ++events;
    }
    return events;
}

/// What `newest` tells is another one than `before`, and then the same for a while. False when the peer ends first.
bool waitUntilAttached(pid_t pid, std::uint32_t before, const std::function<std::uint32_t()> &newest = newestProgram)
{
    const int peer = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    std::uint32_t last = before;
    int quiet = 0;
    bool alive = peer >= 0;
    for (int i = 0; i < 200 && quiet < 8 && alive; ++i) {
        pollfd end{peer, POLLIN, 0};
        alive = ::poll(&end, 1, 100) == 0;
        const std::uint32_t now = newest();
        quiet = now != before && now == last ? quiet + 1 : 0;
        last = now;
    }
    ::close(peer);
    return quiet >= 8 && alive;
}

enum class WatchesBy { Programs, PerfEvents };

/// Within two seconds; it is reaped then.
bool endsSoon(pid_t pid)
{
    constexpr int tries = 200;
    constexpr std::chrono::milliseconds between{10};
    for (int i = 0; i < tries; ++i) {
        if (::waitpid(pid, nullptr, WNOHANG) != 0)
            return true;
        std::this_thread::sleep_for(between);
    }
    return false;
}

/// Another program, its output into memory.
class Peer final : public Observer {
public:
    explicit Peer(WatchesBy by) : m_by(by) {}
    bool start(const std::vector<std::string> &command)
    {
        if (::access(command.front().c_str(), X_OK) != 0)
            return false;
        m_output = ::memfd_create("peer", MFD_CLOEXEC);
        const std::uint32_t before = newestProgram();
        m_pid = ::fork();
        if (m_pid == 0)
            become(command);
        return m_by == WatchesBy::Programs ? waitUntilAttached(m_pid, before)
                                           : waitUntilAttached(m_pid, 0, [this] { return perfEventsOf(m_pid); });
    }
    ~Peer() override
    {
        if (m_pid > 0) {
            // bpftrace was seen to sit on it for minutes; then it is asked again, and at last not asked any more.
            for (const int signal : {SIGINT, SIGINT, SIGTERM, SIGKILL}) {
                ::kill(m_pid, signal);
                if (endsSoon(m_pid))
                    break;
            }
        }
        ::close(m_output);
    }
    double cpuNs() const override { return static_cast<double>(bench::cpuNs(m_pid)); }
    std::uint64_t outputs() const override
    {
        if (m_by == WatchesBy::PerfEvents) // binary, and not lines
            return 0;
        std::vector<char> chunk(1u << 16);
        std::uint64_t lines = 0;
        ssize_t size = 0;
        for (off_t offset = 0; (size = ::pread(m_output, chunk.data(), chunk.size(), offset)) > 0; offset += size)
            lines += static_cast<std::uint64_t>(std::count(chunk.begin(), chunk.begin() + size, '\n'));
        return lines;
    }

private:
    [[noreturn]] void become(const std::vector<std::string> &command) const
    {
        const int nothing = ::open("/dev/null", O_WRONLY);
        ::dup2(m_output, STDOUT_FILENO);
        ::dup2(nothing, STDERR_FILENO);
        std::vector<char *> arguments;
        for (const std::string &argument : command)
            arguments.push_back(const_cast<char *>(argument.c_str()));
        arguments.push_back(nullptr);
        ::execv(arguments[0], arguments.data());
        ::_exit(127);
    }
    WatchesBy m_by;
    pid_t m_pid = -1;
    int m_output = -1;
};

/// The whole program: naming, correlating, batching and sending over TLS to a server in this process.
class Agent final : public Observer {
public:
    explicit Agent(AgentTells tells) : m_tells(tells) {}
    bool start()
    {
        const std::uint32_t before = newestProgram();
        m_pid = spawn(agentCommand(TAPIO_AGENT_PROGRAM, m_server.port(), m_server.pki().node(), m_server.pki().path().toStdString(),
                                   "node-1", m_tells));
        return waitUntilAttached(m_pid, before);
    }
    ~Agent() override
    {
        if (m_pid > 0) {
            ::kill(m_pid, SIGTERM);
            ::waitpid(m_pid, nullptr, 0);
        }
    }
    double cpuNs() const override { return static_cast<double>(bench::cpuNs(m_pid)); }
    std::uint64_t outputs() const override { return m_server.processed(); }

private:
    const AgentTells m_tells;
    SystemClock m_clock;
    SinkServer m_server{m_clock};
    pid_t m_pid = -1;
};

Condition peer(std::string name, std::vector<std::string> workloads, std::vector<std::string> command, WatchesBy by = WatchesBy::Programs)
{
    return {std::move(name), std::move(workloads), [command, by]() -> std::unique_ptr<Observer> {
                auto observer = std::make_unique<Peer>(by);
                return observer->start(command) ? std::move(observer) : nullptr;
            }};
}

enum class Tells { All, AsByDefault };

/// Without a filter each operation is told, as the peers do it. As an agent comes, most of what went well and soon goes into sums.
Condition ours(std::string name, std::vector<std::string> workloads, const std::set<std::string> &enabled, bool statistics,
               Tells tells = Tells::All)
{
    agent::KernelOptions options;
    for (const std::string_view one : agent::collectorNames()) {
        const std::string collector(one);
        const bool isUsual = collector != "file" && collector != "https"; // what is off by default is not of all
        if (enabled.empty() ? !isUsual : !enabled.contains(collector))
            options.disabledCollectors.insert(collector);
    }
    options.runTimeStatistics = statistics;
    std::optional<agent::KernelFilter> filter;
    if (tells == Tells::AsByDefault)
        filter = agent::kernelFilterOf(agent::FilterRules());
    return {std::move(name), std::move(workloads), [options, filter] { return startOurs(options, filter); }};
}

Condition wholeAgent(std::string name, AgentTells tells)
{
    return {std::move(name), {}, [tells]() -> std::unique_ptr<Observer> {
                auto observer = std::make_unique<Agent>(tells);
                return observer->start() ? std::move(observer) : nullptr;
            }};
}

Condition empty(std::string name, std::vector<std::string> workloads, Hooks hooks)
{
    return {std::move(name), std::move(workloads), [hooks = std::move(hooks)] { return attachEmptyPrograms(hooks); }};
}

} // namespace

std::unique_ptr<Observer> startOurs(agent::KernelOptions options, const std::optional<agent::KernelFilter> &filter)
{
    auto observer = std::make_unique<Ours>();
    return observer->open(std::move(options), filter) ? std::move(observer) : nullptr;
}

bool provideTracefs()
{
    if (::access("/sys/kernel/tracing/events", F_OK) == 0)
        return true;
    return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0
           && ::mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, nullptr) == 0;
}

std::vector<Condition> conditions()
{
    const std::string execs = "tracepoint:sched:sched_process_exec { printf(\"%d %d %s %s\\n\", pid, uid, comm, str(args->filename)); } "
                              "tracepoint:sched:sched_process_exit { printf(\"%d %s\\n\", pid, comm); }";
    const std::string closes = "tracepoint:sock:inet_sock_set_state { if (args->newstate == 2 || args->newstate == 1) "
                               "{ @start[args->skaddr] = nsecs; } if (args->newstate == 7) { printf(\"%d %d %d %d\\n\", pid, "
                               "args->sport, args->dport, nsecs - @start[args->skaddr]); delete(@start[args->skaddr]); } }";
    const std::string opens =
        "tracepoint:syscalls:sys_enter_open,tracepoint:syscalls:sys_enter_openat { @file[tid] = args->filename; } "
        "tracepoint:syscalls:sys_exit_open,tracepoint:syscalls:sys_exit_openat /@file[tid]/ { printf(\"%d %s %d %s\\n\", pid, "
        "comm, args->ret, str(@file[tid])); delete(@file[tid]); }";
    // Of those that are on by default, as far as perf can: it has none for packets, capabilities and descriptors, and module_load is not on every kernel.
    const std::string ofAllCollectors =
        "sched:sched_process_exec,sched:sched_process_exit,sched:sched_process_fork,sched:sched_switch,"
        "signal:signal_generate,oom:mark_victim,sock:inet_sock_set_state,tcp:tcp_destroy_sock,"
        "tcp:tcp_retransmit_skb,tcp:tcp_send_reset,tcp:tcp_receive_reset,skb:kfree_skb,block:block_rq_insert,"
        "block:block_rq_issue,block:block_rq_complete,cgroup:cgroup_mkdir";
    return {
        {"none", {}, [] { return std::make_unique<Nobody>(); }},
        ours("tapio, all collectors", {}, {}, false),
        ours("tapio, all collectors and run time statistics", {}, {}, true),
        wholeAgent("tapio-agent, the whole program", AgentTells::Everything),
        wholeAgent("tapio-agent, as it comes", AgentTells::AsItComes),
        ours("tapio, all collectors, filtered as by default", {}, {}, false, Tells::AsByDefault),
        empty("empty programs, the hooks of process", {"exec"}, {{"sched_process_exec", "sched_process_exit"}, false}),
        empty("empty programs, the hooks of tcp", {"tcp"},
              {{"inet_sock_set_state", "tcp_destroy_sock", "tcp_retransmit_skb", "tcp_send_reset", "tcp_receive_reset"}, false}),
        empty("empty programs, the hooks of http", {"http", "web"}, {{"inet_sock_set_state"}, true}),
        ours("tapio, process", {"exec"}, {"process"}, false),
        ours("tapio, process, filtered as by default", {"exec"}, {"process"}, false, Tells::AsByDefault),
        ours("tapio, tcp", {"tcp", "requests"}, {"tcp"}, false),
        ours("tapio, tcp, filtered as by default", {"tcp"}, {"tcp"}, false, Tells::AsByDefault),
        ours("tapio, http", {"http", "web", "requests", "tcp"}, {"http"}, false),
        ours("tapio, http, filtered as by default", {"http", "web"}, {"http"}, false, Tells::AsByDefault),
        ours("tapio, http and tcp", {"http", "web"}, {"http", "tcp"}, false),
        ours("tapio, dns", {"http", "requests"}, {"dns"}, false),
        ours("tapio, runqueue", {"switches"}, {"runqueue"}, false),
        peer("execsnoop (libbpf-tools)", {"exec"}, {"/usr/sbin/execsnoop"}),
        peer("bpftrace, exec and exit", {"exec"}, {"/usr/bin/bpftrace", "-q", "-e", execs}),
        peer("perf record, exec and exit", {"exec"},
             {"/usr/bin/perf", "record", "-q", "-a", "-e", "sched:sched_process_exec,sched:sched_process_exit", "-o", "-"},
             WatchesBy::PerfEvents),
        peer("tcplife (libbpf-tools)", {"tcp", "requests"}, {"/usr/sbin/tcplife"}),
        peer("bpftrace, TCP connections", {"tcp", "requests"}, {"/usr/bin/bpftrace", "-q", "-e", closes}),
        peer("tcpstates (libbpf-tools)", {"tcp"}, {"/usr/sbin/tcpstates"}),
        peer("perf record, TCP states", {"tcp"}, {"/usr/bin/perf", "record", "-q", "-a", "-e", "sock:inet_sock_set_state", "-o", "-"},
             WatchesBy::PerfEvents),
        peer("perf record, the tracepoints of all collectors", {"exec", "tcp"},
             {"/usr/bin/perf", "record", "-q", "-a", "-e", ofAllCollectors, "-o", "-"}, WatchesBy::PerfEvents),
        peer("runqlat (libbpf-tools)", {"switches"}, {"/usr/sbin/runqlat", "1000"}),
        ours("tapio, file", {"open", "missing", "calls"}, {"file"}, false),
        peer("opensnoop (libbpf-tools)", {"open", "missing", "calls"}, {"/usr/sbin/opensnoop"}),
        peer("opensnoop -x (libbpf-tools), failing only", {"open", "missing", "calls"}, {"/usr/sbin/opensnoop", "-x"}),
        peer("bpftrace, opens", {"open", "missing", "calls"}, {"/usr/bin/bpftrace", "-q", "-e", opens}),
    };
}

} // namespace tapio::bench
