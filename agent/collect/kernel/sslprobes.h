// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/collect/kernel/ssllibrary.h"
#include "agent/collect/kernel/sslusers.h"
#include "protocol/wire/report.h"

struct bpf_link;
struct bpf_program;

namespace tapio::agent {

/// A program at one or many places of one file. Move-only; detaching takes the kernel up to 150 ms.
class SslLink {
public:
    explicit SslLink(int fd) noexcept : m_fd(fd) {}
    explicit SslLink(bpf_link *link) noexcept : m_link(link) {}
    SslLink(SslLink &&other) noexcept : m_fd(std::exchange(other.m_fd, -1)), m_link(std::exchange(other.m_link, nullptr)) {}
    SslLink &operator=(SslLink &&other) noexcept
    {
        std::swap(m_fd, other.m_fd);
        std::swap(m_link, other.m_link);
        return *this;
    }
    ~SslLink();

private:
    int m_fd = -1;
    bpf_link *m_link = nullptr;
};

/// Keeps the programs of https attached to every libssl that a process of the machine has mapped. Looks at a few processes at a time, and
/// at all within a round; a file that nobody has mapped any more for a whole round is let go. One thread, which processes can keep waiting
/// (see SslWatcher), and short-lived ones that detach. Destructor detaches, all files at once.
class SslProbes {
public:
    struct Program {
        bpf_program *program = nullptr;
        bool multi = false; ///< one link for all places of a file; else one each, which the kernel detaches one after the other
    };
    using Programs = std::array<Program, sslProbeCount>; ///< by SslProbe

    struct Options {
        std::string procRoot = "/proc";
        std::chrono::milliseconds round{30'000};
        std::function<void(std::uint32_t pid)> looking; ///< before a look at that process, and with 0 after it; may be empty
        std::function<Result<OpenFile>(const std::string &procRoot, std::uint32_t pid, const SslMapping &mapping)> open = openMapped;
    };

    SslProbes(const Programs &programs, Options options);
    ~SslProbes();
    SslProbes(const SslProbes &) = delete;
    SslProbes &operator=(const SslProbes &) = delete;

    /// To be called twice a second: looks for 10 ms of CPU time. A look that takes longer is paid back by the steps that follow.
    void step();
    /// A program was started: it has what it needs mapped by the second step from now. Each process once, bounded; what is too much waits for
    /// its round.
    void sawProgram(std::uint32_t pid);
    void setOn(bool on);
    bool isAttached() const noexcept;
    /// One for each file.
    std::vector<wire::Hook> hooks() const;

private:
    using Clock = std::chrono::steady_clock;
    struct MappingKey {
        std::string device;
        std::uint64_t inode = 0;
        std::string place; ///< mount namespace and path where those two are ambiguous, else empty

        auto operator<=>(const MappingKey &) const = default;
    };
    struct Library {
        std::string name;
        wire::HookState state = wire::HookState::Unknown;
        std::string attachKind;
        std::string reason;
        std::vector<SslLink> links; ///< empty: it cannot be watched
        std::uint64_t lastRound = 0;

        bool isWatched() const noexcept { return !links.empty(); }
    };
    struct Known {
        FileIdentity identity;
        std::uint64_t lastRound = 0;
        bool isAmbiguous = false; ///< no file, but a word on all that have this device and inode: look for the one with a place
    };

    void beginRound(Clock::time_point now);
    void endRound();
    void look(std::uint32_t pid);
    const Known *findKnown(MappingKey &key, std::uint32_t pid, const SslMapping &mapping);
    void found(std::uint32_t pid, const SslMapping &mapping);
    void addLibrary(const FileIdentity &identity, const SslMapping &mapping, const Result<OpenFile> &file);
    bool isLeftOut(const MappingKey &key) const;
    void leaveOut(const MappingKey &key);
    bool forgetUnwatched();
    bool isFull() const noexcept;
    void attach(Library &library, int fd);
    Status attachAll(Library &library, int fd, const std::vector<SslPlace> &places);
    Status attachProgram(Library &library, int fd, SslProbe probe, bool onReturn, const std::vector<SslPlace> &places);
    std::size_t mostLibraries() const noexcept;

    Programs m_programs;
    Options m_options;
    bool m_on = true;
    std::vector<std::uint32_t> m_pids;                                    ///< of this round, those still to be looked at
    std::set<std::uint32_t> m_started, m_startedBefore, m_startedLongAgo; ///< the last are to be looked at now
    std::chrono::nanoseconds m_spent{0};                                  ///< CPU time, of which each step gives some
    Clock::time_point m_roundDue{};
    std::uint64_t m_round = 0;
    std::map<MappingKey, Known> m_known;
    std::map<FileIdentity, Library> m_libraries;
    std::set<MappingKey> m_leftOut, m_leftOutNow; ///< for want of room: since the last round began, and in this one
    std::optional<std::uint64_t> m_unnamedRound;  ///< the last in which a file that cannot be watched was one too many to be named
};

} // namespace tapio::agent
