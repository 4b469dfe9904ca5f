// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/sslprobes.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <iterator>
#include <memory>
#include <system_error>
#include <thread>

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "agent/collect/kernel/hookrefusals.h"
#include "agent/collect/kernel/uprobemulti.h"
#include "protocol/wire/text.h"

namespace tapio::agent {

namespace {

constexpr std::chrono::nanoseconds budget = std::chrono::milliseconds(10); ///< of one step
constexpr std::chrono::nanoseconds mostOwed = std::chrono::seconds(1);     ///< by then no more than 50 s without a look
constexpr std::size_t mostStarted = 64;
constexpr std::size_t mostFiles = 32;
/// Where each place is detached by itself, one after the other (150 ms each): two files' worth would take the agent's two seconds at
/// its end, so one.
constexpr std::size_t mostFilesSingly = 1;
constexpr std::size_t mostUnwatched = 32; ///< that are named
constexpr std::size_t mostKnown = 1024;
constexpr std::size_t mostNameBytes = 200;
constexpr std::size_t mostDetachingThreads = 32;

/// Adds the CPU time of the thread from its beginning to its end.
class Spending {
public:
    explicit Spending(std::chrono::nanoseconds &to) : m_to(to), m_begin(now()) {}
    ~Spending() { m_to += now() - m_begin; }
    Spending(const Spending &) = delete;
    Spending &operator=(const Spending &) = delete;

private:
    static std::chrono::nanoseconds now()
    {
        timespec time{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    }

    std::chrono::nanoseconds &m_to;
    std::chrono::nanoseconds m_begin;
};

/// Links of one kind wait for the same thing in the kernel, so together they take as long as one.
void detach(std::vector<SslLink> links)
{
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t i = next++; i < links.size(); i = next++)
            SslLink(std::move(links[i]));
    };
    std::vector<std::jthread> threads;
    try {
        for (std::size_t i = 1; i < std::min(links.size(), mostDetachingThreads); ++i)
            threads.emplace_back(work);
    } catch (const std::system_error &) {
        // With fewer threads it takes longer.
    }
    work();
}

/// The very file that was read, whatever its path leads to by now.
std::string ownPath(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

std::string placeOf(const std::string &procRoot, std::uint32_t pid, const SslMapping &mapping)
{
    return mountNamespaceOf(procRoot, pid) + ' ' + mapping.path;
}

} // namespace

SslLink::~SslLink()
{
    if (m_fd >= 0)
        ::close(m_fd);
    if (m_link != nullptr)
        bpf_link__destroy(m_link);
}

SslProbes::SslProbes(const Programs &programs, Options options) : m_programs(programs), m_options(std::move(options)) {}

SslProbes::~SslProbes() { setOn(false); }

void SslProbes::setOn(bool on)
{
    m_on = on;
    if (on)
        return;
    std::vector<SslLink> links;
    for (auto &[identity, library] : m_libraries)
        std::move(library.links.begin(), library.links.end(), std::back_inserter(links));
    detach(std::move(links));
    m_libraries.clear();
    m_known.clear();
    m_leftOut.clear();
    m_leftOutNow.clear();
    m_pids.clear();
    m_started.clear();
    m_startedBefore.clear();
    m_startedLongAgo.clear();
    m_unnamedRound.reset();
    m_roundDue = {};
}

std::size_t SslProbes::mostLibraries() const noexcept
{
    const bool together = std::all_of(m_programs.begin(), m_programs.end(), [](const Program &one) { return one.multi; });
    return together ? mostFiles : mostFilesSingly;
}

bool SslProbes::isFull() const noexcept
{
    const auto watched = std::count_if(m_libraries.begin(), m_libraries.end(), [](const auto &entry) { return entry.second.isWatched(); });
    return static_cast<std::size_t>(watched) >= mostLibraries();
}

void SslProbes::sawProgram(std::uint32_t pid)
{
    if (m_on && pid != 0 && m_started.size() < mostStarted)
        m_started.insert(pid);
}

void SslProbes::step()
{
    if (!m_on)
        return;
    m_startedLongAgo.merge(std::exchange(m_startedBefore, std::exchange(m_started, {})));
    while (m_startedLongAgo.size() > mostStarted)
        m_startedLongAgo.erase(std::prev(m_startedLongAgo.end()));
    const auto now = Clock::now();
    if (m_pids.empty() && now >= m_roundDue)
        beginRound(now);
    // By turns: programs that are started without end must not keep a round from ending.
    while (m_spent < budget && !(m_pids.empty() && m_startedLongAgo.empty())) {
        if (!m_startedLongAgo.empty())
            look(m_startedLongAgo.extract(m_startedLongAgo.begin()).value());
        if (m_pids.empty())
            continue;
        look(m_pids.back());
        m_pids.pop_back();
        if (m_pids.empty())
            endRound();
    }
    m_spent = std::clamp(m_spent - budget, std::chrono::nanoseconds(0), mostOwed);
}

void SslProbes::beginRound(Clock::time_point now)
{
    ++m_round;
    m_roundDue = now + m_options.round;
    m_pids = listProcesses(m_options.procRoot);
}

/// What was mapped neither in this round nor in the one before is let go: a process may have come and gone between two looks.
void SslProbes::endRound()
{
    const auto isOld = [this](const auto &entry) { return entry.second.lastRound + 1 < m_round; };
    std::erase_if(m_known, isOld);
    m_leftOut = std::exchange(m_leftOutNow, {});
    std::vector<SslLink> links;
    for (auto &[identity, library] : m_libraries) {
        if (library.lastRound + 1 < m_round)
            std::move(library.links.begin(), library.links.end(), std::back_inserter(links));
    }
    std::erase_if(m_libraries, isOld);
    detach(std::move(links));
}

void SslProbes::look(std::uint32_t pid)
{
    if (m_options.looking)
        m_options.looking(pid);
    std::vector<SslMapping> mappings;
    {
        const Spending spending(m_spent);
        mappings = sslMappingsOf(m_options.procRoot, pid);
    }
    for (const SslMapping &mapping : mappings)
        found(pid, mapping);
    if (m_options.looking)
        m_options.looking(0);
}

/// Null: it is not. Completes the key as far as it needs to be, and keeps what is found for another round.
const SslProbes::Known *SslProbes::findKnown(MappingKey &key, std::uint32_t pid, const SslMapping &mapping)
{
    auto known = m_known.find(key);
    if (known != m_known.end() && known->second.isAmbiguous) {
        known->second.lastRound = m_round;
        key.place = placeOf(m_options.procRoot, pid, mapping);
        known = m_known.find(key);
    }
    if (known == m_known.end())
        return nullptr;
    known->second.lastRound = m_round;
    return &known->second;
}

void SslProbes::found(std::uint32_t pid, const SslMapping &mapping)
{
    MappingKey key{mapping.device, mapping.inode, {}};
    if (const Known *known = findKnown(key, pid, mapping)) {
        if (const auto library = m_libraries.find(known->identity); library != m_libraries.end())
            library->second.lastRound = m_round;
        else
            m_unnamedRound = m_round;
        return;
    }
    if (mapping.isDeleted)
        return; // nothing leads to it, but what was attached to it before stays
    const bool full = isFull();
    if ((full && isLeftOut(key)) || (m_known.size() >= mostKnown && !forgetUnwatched()))
        return leaveOut(key);
    auto file = [&] {
        const Spending spending(m_spent);
        return m_options.open(m_options.procRoot, pid, mapping);
    }();
    if (!file && file.error().code() == Errc::NotFound)
        return; // another process may have it still
    const FileIdentity identity = file ? file->identity : FileIdentity{mapping.device, mapping.inode, 0, 0};
    if (file && file->isAmbiguous) {
        m_known[key] = {{}, m_round, true};
        key.place = placeOf(m_options.procRoot, pid, mapping);
    }
    const auto library = m_libraries.find(identity);
    if (library == m_libraries.end() && file && full) {
        leaveOut(key);
    } else {
        m_known[key] = {identity, m_round, false};
        if (library != m_libraries.end())
            library->second.lastRound = m_round;
        else
            addLibrary(identity, mapping, file);
    }
    if (file)
        ::close(file->fd);
}

void SslProbes::addLibrary(const FileIdentity &identity, const SslMapping &mapping, const Result<OpenFile> &file)
{
    Library library;
    library.lastRound = m_round;
    library.name =
        std::string(wire::truncateUtf8(wire::toValidUtf8(mapping.path), mostNameBytes)) + " (inode " + std::to_string(mapping.inode) + ')';
    if (file) {
        attach(library, file->fd);
    } else {
        const bool denied = file.error().code() == Errc::PermissionDenied;
        library.state = denied ? wire::HookState::Denied : wire::HookState::Unsupported;
        library.reason = file.error().message();
    }
    const auto unwatched =
        std::count_if(m_libraries.begin(), m_libraries.end(), [](const auto &entry) { return !entry.second.isWatched(); });
    if (library.isWatched() || static_cast<std::size_t>(unwatched) < mostUnwatched)
        m_libraries.emplace(identity, std::move(library));
    else
        m_unnamedRound = m_round;
}

/// So that it is not opened once more to be left out again. Of more than can be remembered nothing is known.
bool SslProbes::isLeftOut(const MappingKey &key) const
{
    return m_leftOut.contains(key) || m_leftOutNow.contains(key) || m_leftOut.size() >= mostKnown;
}

void SslProbes::leaveOut(const MappingKey &key)
{
    for (std::set<MappingKey> *const some : {&m_leftOut, &m_leftOutNow}) {
        if (some->size() < mostKnown)
            some->insert(key);
    }
}

/// Of files that cannot be watched any user can make as many as are remembered. False: all are watched.
bool SslProbes::forgetUnwatched()
{
    const auto entry = std::find_if(m_known.begin(), m_known.end(), [this](const auto &known) {
        const auto library = m_libraries.find(known.second.identity);
        return library == m_libraries.end() || !library->second.isWatched();
    });
    if (entry == m_known.end())
        return false;
    m_known.erase(entry);
    return true;
}

void SslProbes::attach(Library &library, int fd)
{
    std::optional<Spending> spending(std::in_place, m_spent);
    const auto places = findSslPlaces([fd](std::uint64_t offset, std::span<std::byte> to) {
        return offset <= INT64_MAX - to.size()
               && ::pread(fd, to.data(), to.size(), static_cast<off_t>(offset)) == static_cast<ssize_t>(to.size());
    });
    spending.reset();
    if (!places) {
        library.state = wire::HookState::Unsupported;
        library.reason = places.error().context();
        return;
    }
    if (const Status status = attachAll(library, fd, *places); !status) {
        detach(std::exchange(library.links, {}));
        library.reason = status.error().context();
        return;
    }
    const std::string stepped = singleStepped(*places);
    library.state = wire::HookState::Active;
    library.attachKind = stepped.empty() ? "emulated" : "single-stepped";
    library.reason = stepped.empty() ? "" : "no instruction that the kernel emulates was found for " + stepped;
}

/// Those that follow a call to its end first: what is seen of a connection has a beginning then.
Status SslProbes::attachAll(Library &library, int fd, const std::vector<SslPlace> &places)
{
    for (const SslProbe probe : {SslProbe::ReadReturn, SslProbe::Free, SslProbe::Read, SslProbe::ReadEx, SslProbe::Write}) {
        for (const bool onReturn : {false, true}) {
            if (Status status = attachProgram(library, fd, probe, onReturn, places); !status)
                return status;
        }
    }
    return {};
}

Status SslProbes::attachProgram(Library &library, int fd, SslProbe probe, bool onReturn, const std::vector<SslPlace> &places)
{
    std::vector<std::uint64_t> offsets;
    for (const SslPlace &place : places) {
        if (place.probe == probe && place.onReturn == onReturn)
            offsets.push_back(place.offset);
    }
    const Program &program = m_programs[static_cast<std::size_t>(probe)];
    const std::string path = ownPath(fd);
    const auto refused = [&](int error) {
        const auto [state, why] = attachRefusal(program.multi ? "uprobe_multi" : "uprobe", error);
        library.state = state;
        return fail(Errc::Unsupported, why);
    };
    if (program.multi && !offsets.empty()) {
        const int link = linkUprobes(bpf_program__fd(program.program), path, offsets, onReturn);
        if (link < 0)
            return refused(errno);
        library.links.emplace_back(link);
        return {};
    }
    for (const std::uint64_t offset : offsets) {
        bpf_link *link = bpf_program__attach_uprobe(program.program, onReturn, -1, path.c_str(), offset);
        if (link == nullptr)
            return refused(errno);
        library.links.emplace_back(link);
    }
    return {};
}

bool SslProbes::isAttached() const noexcept
{
    return std::any_of(m_libraries.begin(), m_libraries.end(), [](const auto &entry) { return !entry.second.links.empty(); });
}

std::vector<wire::Hook> SslProbes::hooks() const
{
    std::vector<wire::Hook> all;
    const auto add = [&](const std::string &name, wire::HookState state, const std::string &attachKind, const std::string &reason) {
        wire::Hook hook;
        hook.collector = "https";
        hook.name = name;
        hook.state = state;
        hook.attachKind = attachKind;
        hook.reason = reason;
        all.push_back(std::move(hook));
    };
    for (const auto &[identity, library] : m_libraries)
        add(library.name, library.state, library.attachKind, library.reason);
    if (m_unnamedRound && *m_unnamedRound + 1 >= m_round)
        add("libssl", wire::HookState::Unsupported, "",
            "more files cannot be watched than the " + std::to_string(mostUnwatched) + " that are named");
    if (!m_leftOut.empty())
        add("libssl", wire::HookState::Failed, "",
            "more files of the library are in use than the " + std::to_string(mostLibraries()) + " that are watched at once");
    return all;
}

} // namespace tapio::agent
