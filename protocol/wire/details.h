// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/wire/boxed.h"

/// What an event says beside time, place and process: one structure per type. Every text is valid UTF-8; the constants beside
/// the fields bound them in bytes, and detailfields.h makes any text fit. Numbers that nobody knows are 0 where it says so.
namespace tapio::wire {

struct ProcessExec {
    std::uint32_t parentPid = 0;
    std::string parentComm;
    std::string filename;               ///< as given to execve, at most 255 bytes
    std::vector<std::string> arguments; ///< argv, at most 512 bytes in all
    bool argumentsTruncated = false;
    std::int64_t fileModifiedNs = 0; ///< UTC of the last change of the file's content (st_mtime); 0 = not known
    bool writtenAfterStart = false;  ///< the file was changed after its container started: not what the image brought

    bool operator==(const ProcessExec &) const = default;
};

struct ProcessExit {
    std::int32_t exitCode = 0; ///< 0..255 as in wait(2); meaningless when signal != 0
    std::int32_t signal = 0;   ///< the signal that ended it, 0 = exited by itself
    bool coreDumped = false;
    std::uint64_t durationNs = 0; ///< life of the process; 0 = not known
    std::uint32_t killerPid = 0;  ///< who sent `signal`; 0 = not known, or the kernel
    std::string killerComm;

    bool operator==(const ProcessExit &) const = default;
};

/// The event's process and origin are the victim's, never the task that ran out of memory.
struct OomKill {
    std::uint32_t triggerPid = 0; ///< the task whose allocation started the kill
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
    std::int32_t code = 0;       ///< si_code: > 0 by the kernel, <= 0 by a process (sigaction(2))
    std::uint32_t senderPid = 0; ///< 0 = the kernel
    std::string senderComm;

    bool operator==(const FatalSignal &) const = default;
};

/// IPv4 addresses are the IPv4-mapped form ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2).
struct SocketAddress {
    std::array<std::uint8_t, 16> bytes{};
    std::uint16_t port = 0; ///< host byte order

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
    std::int32_t socketError = 0; ///< errno in sk_err or sk_err_soft at the end; 0 = none
    bool established = false;
    std::uint64_t durationNs = 0;       ///< SYN_SENT or establishment to close
    std::uint64_t connectLatencyNs = 0; ///< SYN_SENT to ESTABLISHED, outbound only; 0 = not known
    std::uint64_t bytesSent = 0;        ///< acknowledged by the peer (tcp_sock.bytes_acked)
    std::uint64_t bytesReceived = 0;
    std::uint32_t srttUs = 0;      ///< smoothed round trip at the end; 0 = never measured
    std::uint32_t retransmits = 0; ///< segments (tcp_sock.total_retrans)
    /// How many more, just like this one, it stands for: of the same owner and program, with the same service, all closed in order, within ten
    /// seconds. Bytes are then those of all of them, and times are means; the client's ports are this one's.
    std::uint32_t more = 0;

    bool operator==(const TcpConnection &) const = default;
};

enum class DnsOutcome : std::uint8_t {
    Unknown = 0,
    Answered = 1,
    TimedOut = 2, ///< no answer within the collector's wait
};
std::string_view dnsOutcomeName(DnsOutcome outcome) noexcept; ///< "timed-out"
std::string dnsTypeName(std::uint16_t queryType);             ///< "AAAA"; "TYPE65280" (RFC 3597) for one without a name here
std::string dnsResponseName(std::uint16_t responseCode);      ///< "NXDOMAIN", as in RFC 6895; "RCODE3841" for one without a name

/// One question to a name server, seen on the asking side, told when its answer or the end of the wait has come.
struct DnsQuery {
    static constexpr std::size_t nameBytes = 255;

    SocketAddress server;
    std::string name;               ///< presentation form (RFC 1035 section 5.1), bytes that do not print as \DDD
    std::uint16_t queryType = 0;    ///< QTYPE (RFC 1035 section 3.2.3)
    std::uint16_t responseCode = 0; ///< RCODE (RFC 6895); meaningless unless answered
    DnsOutcome outcome = DnsOutcome::Unknown;
    std::uint64_t latencyNs = 0; ///< first time of asking to the answer; 0 = no answer
    std::uint16_t answers = 0;   ///< records in the answer section, as its header counts them
    std::uint32_t attempts = 0;  ///< how often the same question was sent, the first time included; 0 = not known
    bool tcp = false;            ///< asked over TCP, else over UDP
    bool truncated = false;      ///< the answer has TC set: the rest is to be had over TCP
    /// How many more, just like this one, it stands for: the same question of the same process to the same server, all answered alike, at once and
    /// soon, within ten seconds. The latency is then the mean.
    std::uint32_t more = 0;

    bool operator==(const DnsQuery &) const = default;
};

/// The texts of a request, apart from its numbers: they would double the size of every event of every type.
struct HttpTexts {
    static constexpr std::size_t methodBytes = 16;
    static constexpr std::size_t targetBytes = 200;
    static constexpr std::size_t routeBytes = 200;
    static constexpr std::size_t hostBytes = 100;

    std::string method; ///< "GET"
    std::string target; ///< as sent in the request line (RFC 9112 section 3.2)
    std::string route;  ///< template of the path with what identifies one thing replaced: what requests are grouped by
    std::string host;   ///< the Host field, or :authority

    bool operator==(const HttpTexts &) const = default;
};

/// One HTTP request and the head of its answer, as seen by one of the two sides.
struct HttpRequest {
    SocketAddress local;
    SocketAddress remote;
    TcpDirection direction = TcpDirection::Unknown; ///< Outbound = this process is the client
    std::uint16_t status = 0;                       ///< status code (RFC 9110 section 15); 0 = no answer seen
    bool pipelined = false;                         ///< sent while an earlier request of the connection had no answer
    bool tls = false;                               ///< read in the TLS library, before encryption
    bool aborted = false;                           ///< the connection ended before the answer
    std::uint64_t latencyNs = 0;                    ///< first byte of the request to first byte of the answer; 0 = not known
    std::uint64_t requestBytes = 0;                 ///< head and body; 0 = not known
    std::uint64_t responseBytes = 0;                ///< head and body; 0 = not known
    Boxed<HttpTexts> texts;

    bool operator==(const HttpRequest &) const = default;
};

/// A handshake of TLS that one side ended with an alert (RFC 8446 section 6.2, RFC 5246 section 7.2.2), as seen on the wire by one of the two
/// sides. It was a fatal one; of one that is encrypted that is not known either: a client that gives up looks the same. A side that ends the
/// connection without a word is not among them.
struct TlsFailure {
    SocketAddress local;
    SocketAddress remote;
    TcpDirection direction = TcpDirection::Unknown; ///< Outbound = this process is the client
    std::uint8_t alert = 0;                         ///< AlertDescription; 0 = encrypted, so not known
    bool sent = false;                              ///< by this end: it is who refuses

    bool operator==(const TlsFailure &) const = default;
};
std::string tlsAlertName(std::uint8_t alert); ///< "certificate_expired"; "alert 200" for one without a name here
/// The client does not take the certificate of the server. What a client says in secret before it has finished is most likely that.
bool refusesServer(const TlsFailure &failure) noexcept;
bool isOwnRefused(const TlsFailure &failure) noexcept; ///< the certificate of this end, be it the server's or the client's

/// A file operation that the kernel refused. Or, where there is a limit, something seen to be used up: no call was seen to fail, and
/// whatever needs more will. With ENOSPC that is a file system, with other errors the descriptors of a process.
struct FileFailure {
    static constexpr std::size_t pathBytes = 255;
    static constexpr std::size_t operationBytes = 16;

    std::string path;        ///< as given by the process; of an operation on an open file its name without folders; of a full file system
                             ///< where it is mounted, as its container sees it; empty = not known
    std::string operation;   ///< the system call without its variants: "open", "write"; empty = none was seen
    std::int32_t error = 0;  ///< errno, positive
    std::uint32_t flags = 0; ///< of open(2); 0 for other operations
    std::uint32_t repeats =
        0; ///< same cgroup, program, operation and error since the last event, `path` being the first one's; 1 = this alone
    std::uint64_t limit = 0; ///< RLIMIT_NOFILE, or the size of the file system, bytes or inodes, all of it in use; 0 = a call failed
    bool limitIsInodes = false;
    std::uint64_t left = 0; ///< of a file system's bytes, too few to write much; 0 = none

    /// Not a call that failed.
    bool isFullFileSystem() const noexcept { return limit != 0 && error == ENOSPC; }
    bool operator==(const FileFailure &) const = default;
};

/// "CAP_SYS_ADMIN" of capabilities(7); "capability 63" for a number that has no name here.
std::string capabilityName(std::uint8_t capability);
/// The names of a mask in the order of their bits, at most `most` of them and then "and N more". Empty for 0.
std::string capabilityNames(std::uint64_t mask, std::size_t most);

/// The kernel was asked whether the process has a capability.
struct CapabilityUse {
    std::uint8_t capability = 0; ///< number in capabilities(7)
    bool granted = false;
    std::uint32_t repeats = 0; ///< same cgroup, program, capability and answer since the last event; 1 = this one alone

    bool operator==(const CapabilityUse &) const = default;
};

/// The credentials of a process changed to more than it had. The event's process is it, after the change.
struct PrivilegeGain {
    static constexpr std::size_t howBytes = 16;
    static constexpr std::size_t filenameBytes = 255;

    std::uint32_t oldUid = 0; ///< real; all ids as the agent's user namespace sees them
    std::uint32_t newUid = 0;
    std::uint32_t oldEuid = 0; ///< effective
    std::uint32_t newEuid = 0;
    std::uint32_t oldGid = 0;
    std::uint32_t newGid = 0;
    std::uint64_t gainedCapabilities = 0; ///< effective now and not before: bit N is capability N of capabilities(7)
    std::string how;                      ///< "exec", or the system call: "setuid"
    std::string filename;                 ///< of the program started, when `how` is "exec"

    bool operator==(const PrivilegeGain &) const = default;
};

/// "PTRACE_ATTACH" of ptrace(2); "request 99" for a number without a name here.
std::string ptraceRequestName(std::int64_t request);

/// The event's process asked to trace or change another.
struct PtraceAttach {
    std::uint32_t targetPid = 0; ///< thread group id in the agent's pid namespace; 0 = not known
    std::string targetComm;      ///< a task name, as Process::comm
    std::int64_t request = 0;    ///< of ptrace(2)
    std::int32_t error = 0;      ///< errno, positive; 0 = it was let

    bool operator==(const PtraceAttach &) const = default;
};

/// What a module's taints say of it: "out-of-tree, unsigned"; "bit 30" for one without a name here. Empty for 0.
std::string taintNames(std::uint64_t taints);

/// A module went into the running kernel.
struct ModuleLoad {
    static constexpr std::size_t nameBytes = 64;

    std::string name;
    std::uint64_t taints = 0; ///< bits as in /proc/sys/kernel/tainted; 0 = none

    bool operator==(const ModuleLoad &) const = default;
};

/// "ro,nosuid" of mount(2), "0x..." for the bits without a name here. Empty for 0.
std::string mountFlagNames(std::uint64_t flags);

struct Mount {
    static constexpr std::size_t sourceBytes = 255;
    static constexpr std::size_t targetBytes = 255;
    static constexpr std::size_t fsTypeBytes = 32;

    std::string source; ///< as given to mount(2)
    std::string target;
    std::string fsType;      ///< "ext4"
    std::uint64_t flags = 0; ///< of mount(2); of umount2(2) when `unmount`
    std::int32_t error = 0;  ///< errno, positive; 0 = done
    bool unmount = false;

    bool operator==(const Mount &) const = default;
};

/// Somebody proved, or failed to prove, who they are; from the host's log.
struct Login {
    static constexpr std::size_t userBytes = 64;
    static constexpr std::size_t methodBytes = 32;
    static constexpr std::size_t serviceBytes = 32;
    static constexpr std::size_t remoteBytes = 64;

    bool success = false;
    std::string user;          ///< as logged: for a failure, what was typed
    std::string method;        ///< "publickey", "password"
    std::string service;       ///< "sshd", "sudo"
    std::string remote;        ///< host or address as logged; empty = local
    std::uint32_t repeats = 0; ///< alike since the last event; 1 = this one alone

    bool operator==(const Login &) const = default;
};

/// "emerg" to "debug", as syslog(3) names them; "debug" for anything above 7.
std::string_view kernelPriorityName(std::uint8_t priority) noexcept;

/// One record of /dev/kmsg.
struct KernelLog {
    static constexpr std::size_t textBytes = 1000;

    std::uint8_t priority = 0;  ///< 0 (emerg) to 7 (debug), syslog(2)
    std::uint8_t facility = 0;  ///< syslog(3), shifted down: 0 = kern
    std::uint64_t sequence = 0; ///< the kernel's number of the record
    std::string text;           ///< the first line, without the tags that follow it

    bool operator==(const KernelLog &) const = default;
};

enum class AgentNoticeKind : std::uint8_t {
    Unknown = 0,
    ShedBegin = 1, ///< a collector was switched off or thinned to stay within the agent's budget
    ShedEnd = 2,
    ConfigApplied = 3,
    ConfigRefused = 4, ///< the old configuration goes on
    SpoolDropped = 5,  ///< the disk spool was full: its oldest frames are gone
    CollectorFailed = 6,
    RateLimited = 7, ///< records of one cgroup were left out in the kernel: it made more than its share
    Began = 8,       ///< looks from now on: the first since the machine's boot, or after one that was stopped
    CutOff = 9,      ///< looks from now on: the agent before did not end in order, and of a time nothing is known
};
std::string_view agentNoticeKindName(AgentNoticeKind kind) noexcept; ///< "shed-begin"

/// What the agent has to say of itself. The event's process is the agent.
struct AgentNotice {
    static constexpr std::size_t whatBytes = 64;
    static constexpr std::size_t textBytes = 400;
    static constexpr std::size_t unitBytes = 16;

    AgentNoticeKind kind = AgentNoticeKind::Unknown;
    std::string what;          ///< the collector, step or file that it is about
    std::string text;          ///< plain English: data, never translated
    std::int64_t measured = 0; ///< in `unit`; meaningless without one
    std::int64_t limit = 0;    ///< that `measured` passed, in `unit`; 0 = there is none
    std::string unit;          ///< "mcores", "By"; empty = nothing was measured

    bool operator==(const AgentNotice &) const = default;
};

/// A drill, which made something happen on purpose, says what it did and when: what detection is measured by.
struct DrillLabel {
    static constexpr std::size_t drillBytes = 32;
    static constexpr std::size_t targetBytes = 200;
    static constexpr std::size_t phaseBytes = 16;
    static constexpr std::size_t signatureBytes = 128;

    std::string drill;                ///< name of the drill
    std::string target;               ///< cgroup path or address
    std::string phase;                ///< "begin", "end"; "failed" = over, and nothing was seen to happen
    std::int64_t fromNs = 0;          ///< UTC
    std::int64_t toNs = 0;            ///< UTC; 0 = open
    std::uint64_t runId = 0;          ///< the same in all labels of one run
    std::vector<std::byte> signature; ///< of who ran it, over the fields above

    bool operator==(const DrillLabel &) const = default;
};

/// The memory controller held a cgroup back, or killed in it: by how much its counters went up since it was last looked at. They have the
/// names and the meaning of memory.events (Documentation/admin-guide/cgroup-v2.rst) and leave out what happened in cgroups below.
struct MemoryEvents {
    std::uint64_t low = 0;          ///< reclaimed although it uses less than memory.low
    std::uint64_t high = 0;         ///< throttled, since it uses more than memory.high
    std::uint64_t max = 0;          ///< about to use more than its limit; on v1 memory.failcnt
    std::uint64_t oom = 0;          ///< reclaiming did not help: an allocation was about to fail
    std::uint64_t oomKill = 0;      ///< processes killed
    std::uint64_t oomGroupKill = 0; ///< times that all of it was killed
    bool underOom = false;          ///< v1 with memory.oom_control 1: it stands still until somebody makes room
    std::uint64_t currentBytes = 0; ///< in use when it was looked at; 0 = not known
    std::uint64_t limitBytes = 0;   ///< 0 = none, or not known
    std::uint64_t cacheBytes =
        0; ///< of what is in use: contents of files, which the kernel lets go before it lets anything fail. 0 = none, or not known

    bool operator==(const MemoryEvents &) const = default;
};

enum class PressureResource : std::uint8_t { Unknown = 0, Cpu = 1, Memory = 2, Io = 3 };
std::string_view pressureResourceName(PressureResource resource) noexcept; ///< "memory"

/// Tasks lost more time waiting for a resource than a trigger allows, or no longer do (pressure stall information,
/// Documentation/accounting/psi.rst). Of the cgroup that is the event's origin, the host's being all of the machine.
struct PressureStall {
    PressureResource resource = PressureResource::Unknown;
    bool full = false;                  ///< time in which all tasks that had work waited; else in which at least one did
    bool ended = false;                 ///< the last event of it; else the first, or one of those told each minute while it lasts
    std::uint64_t thresholdUs = 0;      ///< so much stall time ...
    std::uint64_t windowUs = 0;         ///< ... within so much time is told
    std::uint32_t avg10BasisPoints = 0; ///< stalled share of the last ten seconds, in hundredths of a percent
    std::uint64_t stallUs = 0;          ///< since the first event: stall time ...
    std::uint64_t durationNs = 0;       ///< ... and time

    bool operator==(const PressureStall &) const = default;
};

/// "ENOSPC" of errno(3); "errno 9999" for a number without a name. `error` is positive.
std::string errnoName(std::int32_t error);

} // namespace tapio::wire
