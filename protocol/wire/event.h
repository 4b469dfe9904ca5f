// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/wire/origin.h"

/// Events as values. Enums keep unknown numbers: a newer agent's event type survives decode, store and encode.
namespace tapio::wire {

enum class EventType : std::uint16_t {
    Unknown = 0,
    ProcessExec = 1,
    ProcessExit = 2,
    OomKill = 3,
    FatalSignal = 4,
    TcpConnection = 5,
};
/// "process.exec", "oom.kill" ...: the name in filters, JSON and tables. "type.N" for an unknown number N.
std::string eventTypeName(EventType type);
/// The inverse; Unknown for a name that is none.
EventType eventTypeFromName(std::string_view name) noexcept;

enum class Severity : std::uint8_t { Debug = 0, Info = 1, Notice = 2, Warning = 3, Error = 4, Critical = 5 };
std::string_view severityName(Severity severity) noexcept; ///< "warning"; "critical" for anything above

/// The process an event is about. `comm` is the kernel's task name, at most 15 bytes, made valid UTF-8.
struct Process {
    std::uint32_t pid = 0;          ///< thread group id in the agent's pid namespace; 0 = not known
    std::uint32_t uid = 0;
    std::uint64_t startTimeNs = 0;  ///< boot time of the start of the task; pairs with pid against reuse. 0 = not known
    std::string comm;

    bool operator==(const Process &) const = default;
};

struct ProcessExec {
    std::uint32_t parentPid = 0;
    std::string parentComm;
    std::string filename;           ///< as given to execve, at most 255 bytes
    std::vector<std::string> arguments; ///< argv, at most 512 bytes in all
    bool argumentsTruncated = false;

    bool operator==(const ProcessExec &) const = default;
};

struct ProcessExit {
    std::int32_t exitCode = 0;      ///< 0..255 as in wait(2); meaningless when signal != 0
    std::int32_t signal = 0;        ///< the signal that ended it, 0 = exited by itself
    bool coreDumped = false;
    std::uint64_t durationNs = 0;   ///< life of the process; 0 = not known
    std::uint32_t killerPid = 0;    ///< who sent `signal`; 0 = not known, or the kernel
    std::string killerComm;

    bool operator==(const ProcessExit &) const = default;
};

/// The event's process and origin are the victim's, never the task that ran out of memory.
struct OomKill {
    std::uint32_t triggerPid = 0;   ///< the task whose allocation started the kill
    std::string triggerComm;
    std::uint64_t totalVmBytes = 0;
    std::uint64_t anonRssBytes = 0;
    std::uint64_t fileRssBytes = 0;
    std::uint64_t shmemRssBytes = 0;
    std::uint64_t pageTableBytes = 0;
    std::int32_t oomScoreAdj = 0;

    bool operator==(const OomKill &) const = default;
};

/// A signal whose default action ends the process. The event's process is the target.
struct FatalSignal {
    std::int32_t signal = 0;
    std::int32_t code = 0;          ///< si_code: > 0 by the kernel, <= 0 by a process (sigaction(2))
    std::uint32_t senderPid = 0;    ///< 0 = the kernel
    std::string senderComm;

    bool operator==(const FatalSignal &) const = default;
};

/// IPv4 addresses are the IPv4-mapped form ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2).
struct SocketAddress {
    std::array<std::uint8_t, 16> bytes{};
    std::uint16_t port = 0;         ///< host byte order

    bool operator==(const SocketAddress &) const = default;
};
std::string toString(const SocketAddress &address); ///< "10.0.0.1:443", "[::1]:443"

enum class TcpDirection : std::uint8_t { Unknown = 0, Outbound = 1, Inbound = 2 };
enum class TcpOutcome : std::uint8_t {
    Unknown = 0,
    Closed = 1,      ///< established, then closed without a socket error
    Refused = 2,     ///< never established: ECONNREFUSED
    TimedOut = 3,    ///< ETIMEDOUT, before or after establishment
    Reset = 4,       ///< ECONNRESET or EPIPE
    Unreachable = 5, ///< EHOSTUNREACH, ENETUNREACH and kin
    Aborted = 6,     ///< never established and no socket error: the process gave up
    OtherError = 7,  ///< see socketError
};
std::string_view tcpOutcomeName(TcpOutcome outcome) noexcept; ///< "timed-out"

/// One event per connection, when it ends. Refused and timed out come from the socket's error, never from a guess.
struct TcpConnection {
    SocketAddress local;
    SocketAddress remote;
    TcpDirection direction = TcpDirection::Unknown;
    TcpOutcome outcome = TcpOutcome::Unknown;
    std::int32_t socketError = 0;       ///< errno in sk_err or sk_err_soft at the end; 0 = none
    bool established = false;
    std::uint64_t durationNs = 0;       ///< SYN_SENT or establishment to close
    std::uint64_t connectLatencyNs = 0; ///< SYN_SENT to ESTABLISHED, outbound only; 0 = not known
    std::uint64_t bytesSent = 0;        ///< acknowledged by the peer (tcp_sock.bytes_acked)
    std::uint64_t bytesReceived = 0;
    std::uint32_t srttUs = 0;           ///< smoothed round trip at the end; 0 = never measured
    std::uint32_t retransmits = 0;      ///< segments (tcp_sock.total_retrans)

    bool operator==(const TcpConnection &) const = default;
};

/// monostate: a type this build does not know; its payload is not kept.
using Detail = std::variant<std::monostate, ProcessExec, ProcessExit, OomKill, FatalSignal, TcpConnection>;

struct Event {
    std::int64_t timeNs = 0;    ///< UTC ns: kernel boot time converted once on the agent
    std::uint32_t drainUs = 0;  ///< kernel timestamp to drained by user space, microseconds, saturating
    EventType type = EventType::Unknown;
    Severity severity = Severity::Info;
    std::uint16_t cpu = 0;
    std::uint32_t origin = 0;   ///< index into EventBatch::origins
    Process process;
    Detail detail;

    bool operator==(const Event &) const = default;
};

/// One plain English line for tables, text search and JSON: "exec /usr/bin/curl -s http://10.0.0.1", "killed by SIGKILL (9) from sh (812)".
/// At most 400 bytes of valid UTF-8. Never translated: it is data.
std::string summary(const Event &event);

/// A run of events of one stream. Sequence numbers begin at 1; agents send runs without holes, and a server that took events
/// out for a console's filter says which numbers are left.
struct EventBatch {
    std::uint64_t firstSeq = 0;
    std::vector<Origin> origins;
    std::vector<Event> events;
    std::vector<std::uint32_t> seqOffsets; ///< ascending, one per event; empty: event i has the number firstSeq + i

    std::uint64_t seqOf(std::size_t i) const noexcept { return firstSeq + (seqOffsets.empty() ? i : seqOffsets[i]); }

    bool operator==(const EventBatch &) const = default;
};

} // namespace tapio::wire
