// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/drill/isolation.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "agent/drill/disk.h"

namespace tapio::drill {

namespace {

constexpr int goFd = 3;
constexpr int wordsFd = 4;
constexpr std::size_t textMost = 400;
constexpr int ownSpaces = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS;

/// Of the descriptors the two pipes and /dev/null stay: nothing that the runner has open can be reached from a drill.
bool keepOnly(int go, int words)
{
    const int null = ::open("/dev/null", O_RDWR);
    // Above all that they are to be moved to, so that none overwrites another.
    const int highGo = ::fcntl(go, F_DUPFD, 10);
    const int highWords = ::fcntl(words, F_DUPFD, 10);
    return null >= 0 && ::dup2(null, 0) == 0 && ::dup2(null, 1) == 1 && ::dup2(null, 2) == 2 && ::dup2(highGo, goFd) == goFd
           && ::dup2(highWords, wordsFd) == wordsFd && ::syscall(SYS_close_range, wordsFd + 1, ~0u, 0) == 0;
}

void resetSignals()
{
    for (int number = 1; number < NSIG; ++number)
        ::signal(number, SIG_DFL);
    sigset_t none{};
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool waitForGo()
{
    char byte = 0;
    ssize_t got = 0;
    do
        got = ::read(goFd, &byte, 1);
    while (got < 0 && errno == EINTR);
    return got == 1;
}

int say(const ChildWord &word)
{
    const std::string line = formatWord(word) + '\n';
    return ::write(wordsFd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) ? 0 : 1;
}

int sayFailed(const Error &error)
{
    ChildWord word;
    word.code = error.code();
    word.text = error.message();
    return say(word);
}

Status setBounds(const Limits &limits)
{
    // Memory and processes are the cgroup's to bound: rlimits count addresses that nobody touched, and processes of a whole user.
    const auto seconds = static_cast<rlim_t>(limits.most.count());
    const std::array<std::pair<int, rlim_t>, 5> bounds{{{RLIMIT_CORE, 0},
                                                        {RLIMIT_CPU, seconds},
                                                        {RLIMIT_NOFILE, limits.openFiles},
                                                        {RLIMIT_FSIZE, std::max<rlim_t>(limits.diskBytes, 1u << 20)},
                                                        {RLIMIT_MEMLOCK, 0}}};
    for (const auto &[kind, most] : bounds) {
        const rlimit limit{most, most};
        if (::setrlimit(static_cast<__rlimit_resource>(kind), &limit) != 0)
            return failErrno("setting a resource limit", errno);
    }
    return {};
}

/// Everything is read-only but `folder`. The node's own mounts stay as they are: these are copies.
Status closeFileSystem(const std::filesystem::path &folder)
{
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return failErrno("making the mounts private", errno);
    if (::mount(folder.c_str(), folder.c_str(), nullptr, MS_BIND, nullptr) != 0)
        return failErrno("mounting " + folder.native(), errno);
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    if (::syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &attributes, sizeof(attributes)) != 0)
        return failErrno("making the mounts read-only", errno);
    attributes = {};
    attributes.attr_clr = MOUNT_ATTR_RDONLY;
    if (::syscall(SYS_mount_setattr, AT_FDCWD, folder.c_str(), 0, &attributes, sizeof(attributes)) != 0)
        return failErrno("making " + folder.native() + " writable", errno);
    return {};
}

Status dropCapabilities(std::uint64_t kept, bool gainsPrivileges)
{
    for (unsigned number = 0; ::prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0; ++number) {
        if ((kept >> number & 1) == 0 && ::prctl(PR_CAPBSET_DROP, number, 0, 0, 0) != 0)
            return failErrno("dropping a capability", errno);
    }
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> data{};
    for (std::size_t i = 0; i < data.size(); ++i)
        data[i].effective = data[i].permitted = static_cast<std::uint32_t>(kept >> (32 * i));
    if (::syscall(SYS_capset, &header, data.data()) != 0)
        return failErrno("dropping the capabilities", errno);
    if (!gainsPrivileges && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failErrno("giving up new privileges", errno);
    return {};
}

/// The first process of the new pid namespace: when it ends, all others in it are killed.
int runAsInit(const Drill &drill, const Limits &limits, Workplace workplace)
{
    if (const Status closed = closeFileSystem(workplace.folder); !closed)
        return sayFailed(closed.error());
    ChildWord ready{ChildWord::Kind::Ready, 0, Errc::Internal, {}};
    if (limits.diskBytes > 0) {
        const auto disk = mountScratchDisk(workplace.folder, limits.diskBytes);
        if (!disk)
            return sayFailed(disk.error());
        workplace.disk = disk->folder;
        ready.device = disk->device;
    }
    Status status = drill.prepare(workplace);
    if (status)
        status = dropCapabilities(limits.capabilities, limits.gainsPrivileges);
    if (!status)
        return sayFailed(status.error());
    if (say(ready) != 0 || !waitForGo())
        return 1;
    const auto done = drill.run(workplace);
    return done ? say({ChildWord::Kind::Done, 0, Errc::Internal, *done}) : sayFailed(done.error());
}

/// Until a runner that is well has ended it for long.
unsigned secondsLeft(const Workplace &workplace)
{
    constexpr unsigned patience = 5;
    const std::int64_t left = (workplace.untilBootNs - bootNs()) / 1'000'000'000;
    return static_cast<unsigned>(std::clamp<std::int64_t>(left, 0, mostTime.count())) + patience;
}

/// Stays outside of the pid namespace that it makes, and ends with the runner.
int supervise(const Drill &drill, const Limits &limits, const Workplace &workplace)
{
    if (!waitForGo())
        return 1;
    Status status = setBounds(limits);
    const int spaces = ownSpaces | (limits.hostNetwork ? 0 : CLONE_NEWNET);
    if (status && ::unshare(spaces) != 0)
        status = failErrno("making namespaces", errno);
    std::array<int, 2> life{};
    if (status && ::pipe2(life.data(), O_CLOEXEC) != 0)
        status = failErrno("making a pipe", errno);
    if (!status)
        return sayFailed(status.error());
    const pid_t init = forkInto([&] {
        ::close(life[1]);
        ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        // Its parent may have died before: getppid() is 0 here in any case, but the pipe's other end is then gone.
        pollfd end{life[0], POLLIN, 0};
        if (::poll(&end, 1, 0) != 0)
            return 1;
        ::close(life[0]);
        return runAsInit(drill, limits, workplace);
    });
    // Should the runner hang. Here and not there: the first process of a pid namespace ignores every signal from the kernel that it has no
    // handler for (pid_namespaces(7)), but does die with its parent.
    ::alarm(secondsLeft(workplace));
    ::close(life[0]);
    if (init < 0)
        return sayFailed(Error(errcFromErrno(errno), "starting the drill", errno));
    ::close(goFd);
    ::close(wordsFd); // the runner sees the end of the words when the drill ends
    return waitFor(init) == 0 ? 0 : 1;
}

} // namespace

Status probeNamespaces()
{
    const pid_t pid = forkInto([] { return ::unshare(ownSpaces | CLONE_NEWNET) == 0 ? 0 : errno; });
    const int status = pid < 0 ? -1 : waitFor(pid);
    if (status == 0)
        return {};
    return failErrno("a drill needs namespaces of its own", WIFEXITED(status) ? WEXITSTATUS(status) : EAGAIN);
}

std::string formatWord(const ChildWord &word)
{
    std::string text = word.text.substr(0, textMost);
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    switch (word.kind) {
    case ChildWord::Kind::Ready: return "ready " + std::to_string(word.device);
    case ChildWord::Kind::Done: return "done " + text;
    case ChildWord::Kind::Failed: break;
    }
    return "failed " + std::to_string(static_cast<unsigned>(word.code)) + ' ' + text;
}

Result<ChildWord> parseWord(std::string_view line)
{
    const auto malformed = [] { return fail(Errc::Malformed, "the drill's process said something that is none of its words"); };
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos || line.size() > 2 * textMost)
        return malformed();
    const std::string_view kind = line.substr(0, space);
    std::string_view rest = line.substr(space + 1);
    ChildWord word;
    if (kind == "done") {
        word.kind = ChildWord::Kind::Done;
        word.text = rest;
        return word;
    }
    std::uint64_t number = 0;
    const auto [stopped, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc())
        return malformed();
    rest.remove_prefix(static_cast<std::size_t>(stopped - rest.data()));
    if (kind == "ready" && rest.empty()) {
        word.kind = ChildWord::Kind::Ready;
        word.device = number;
        return word;
    }
    if (kind != "failed" || !rest.starts_with(' ') || number > static_cast<unsigned>(Errc::Internal))
        return malformed();
    word.code = static_cast<Errc>(number);
    word.text = rest.substr(1);
    return word;
}

Result<DrillProcess> startIsolated(const Drill &drill, const Limits &limits, const Workplace &workplace)
{
    std::array<int, 2> go{};
    std::array<int, 2> words{};
    if (::pipe2(go.data(), O_CLOEXEC) != 0)
        return failErrno("making a pipe", errno);
    DrillProcess process;
    const Fd childGo(go[0]);
    process.go = Fd(go[1]);
    if (::pipe2(words.data(), O_CLOEXEC) != 0)
        return failErrno("making a pipe", errno);
    process.words = Fd(words[0]);
    const Fd childWords(words[1]);
    process.pid = forkInto([&] {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); // a runner that died before closes the pipe: waitForGo() ends it
        resetSignals();
        ::setsid();
        if (!keepOnly(childGo.get(), childWords.get()) || !writeText("/proc/self/oom_score_adj", "1000"))
            return 1;
        return supervise(drill, limits, workplace);
    });
    if (process.pid < 0)
        return failErrno("starting the drill", errno);
    return process;
}

} // namespace tapio::drill
