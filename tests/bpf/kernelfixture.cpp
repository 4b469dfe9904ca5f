// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bpf/kernelfixture.h"

#include <algorithm>

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/collect/kernel/hooktable.h"
#include "agent/collect/kernel/prerequisites.h"

namespace tapio::test {

QString KernelFixture::skipReason()
{
    for (const Status &status : {agent::checkCapabilities(), agent::checkBtf(agent::kernelBtfPath)}) {
        if (!status)
            return QString::fromStdString(status.error().message());
    }
    return {};
}

bool KernelFixture::provideTracefs()
{
    constexpr const char *folder = "/sys/kernel/tracing";
    constexpr const char *probe = "/sys/kernel/tracing/events";
    if (::access(probe, F_OK) == 0)
        return true;
    return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0
           && ::mount("tracefs", folder, "tracefs", 0, nullptr) == 0;
}

bool KernelFixture::lacks(const std::string &hook) { return hook == "module_load" && ::access("/proc/modules", F_OK) != 0; }

QString KernelFixture::open(const std::set<std::string> &collectors, agent::KernelOptions options)
{
    if (QString error = openTolerant(collectors, std::move(options)); !error.isEmpty())
        return error;
    for (const wire::Hook &hook : m_collectors->hooks()) {
        const bool isLacking = hook.state == wire::HookState::Unsupported && lacks(hook.name);
        if (hook.state != wire::HookState::Active && hook.state != wire::HookState::Disabled && !isLacking)
            return QString::fromStdString(hook.name + ": " + hook.reason);
    }
    return {};
}

QString KernelFixture::openTolerant(const std::set<std::string> &collectors, agent::KernelOptions options)
{
    for (const std::string_view name : agent::collectorNames()) {
        if (!collectors.contains(std::string(name)))
            options.disabledCollectors.emplace(name);
    }
    options.runTimeStatistics = options.measureAllRuns;
    auto opened = agent::KernelCollectors::open(std::move(options), *this);
    if (!opened)
        return QString::fromStdString(opened.error().message());
    m_collectors = std::move(*opened);
    return {};
}

bool KernelFixture::pollUntil(const std::function<bool()> &done, std::chrono::milliseconds timeout)
{
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (!done()) {
        if (std::chrono::steady_clock::now() > deadline || !m_collectors->poll(std::chrono::milliseconds(50)))
            return false;
    }
    return true;
}

std::optional<agent::KernelRecord> KernelFixture::waitFor(const std::function<bool(const agent::KernelRecord &)> &fits,
                                                          std::chrono::milliseconds timeout)
{
    std::size_t looked = 0;
    std::optional<agent::KernelRecord> found;
    pollUntil(
        [&] {
            for (; looked < m_records.size() && !found; ++looked) {
                if (fits(m_records[looked]))
                    found = m_records[looked];
            }
            return found.has_value();
        },
        timeout);
    return found;
}

void KernelFixture::drainAll()
{
    for (;;) {
        const auto count = m_collectors->poll(std::chrono::milliseconds(0));
        if (!count || *count == 0)
            return;
    }
}

bool KernelFixture::settles(const std::string &source)
{
    return pollUntil([&] {
        drainAll();
        return counters(source).inRing() == 0;
    });
}

CounterSet KernelFixture::counters(const std::string &source) const
{
    for (const agent::SourceCounterSet &set : m_collectors->counters()) {
        if (set.source == source)
            return set.counters;
    }
    return {};
}

Child Child::command(const std::vector<std::string> &arguments)
{
    return run([&] {
        std::vector<char *> argv;
        for (const std::string &argument : arguments)
            argv.push_back(const_cast<char *>(argument.c_str()));
        argv.push_back(nullptr);
        ::execv(argv[0], argv.data());
        return 127;
    });
}

Child Child::run(const std::function<int()> &body)
{
    const int pid = ::fork();
    if (pid == 0) {
        for (int signal = 1; signal < NSIG; ++signal)
            ::signal(signal, SIG_DFL); // the test library's handlers would print a trace
        ::_exit(body());
    }
    return Child(pid);
}

Child::~Child()
{
    if (m_pid <= 0 || m_reaped)
        return;
    ::kill(m_pid, SIGKILL);
    wait();
}

int Child::wait()
{
    int status = -1;
    m_reaped = ::waitpid(m_pid, &status, 0) == m_pid;
    return status;
}

} // namespace tapio::test
