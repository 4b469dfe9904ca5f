// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/wire/boxed.h"
#include "protocol/wire/details.h"
#include "protocol/wire/insight.h"
#include "protocol/wire/kubernetesfact.h"
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
    DnsQuery = 6,
    HttpRequest = 7,
    FileFailure = 8,
    CapabilityUse = 9,
    PrivilegeGain = 10,
    PtraceAttach = 11,
    ModuleLoad = 12,
    Mount = 13,
    Login = 14,
    KernelLog = 15,
    AgentNotice = 16,
    DrillLabel = 17,
    MemoryEvents = 18,
    PressureStall = 19,
    Insight = 20,
    KubernetesFact = 21,
    TlsFailure = 22,
};
/// "process.exec", "oom.kill" ...: the name in filters, JSON and tables. "type.N" for an unknown number N.
std::string eventTypeName(EventType type);
/// The inverse; Unknown for a name that is none.
EventType eventTypeFromName(std::string_view name) noexcept;
/// Which collector such events come from, by the name it has in CounterReport: "process", "tcp". "type.N" for an unknown number N.
std::string eventSource(EventType type);
/// Every type that this build knows, by number.
std::span<const EventType> knownEventTypes() noexcept;

enum class Severity : std::uint8_t { Debug = 0, Info = 1, Notice = 2, Warning = 3, Error = 4, Critical = 5 };
std::string_view severityName(Severity severity) noexcept; ///< "warning"; "critical" for anything above

/// The process an event is about. `comm` is the kernel's task name, at most 15 bytes, made valid UTF-8.
struct Process {
    std::uint32_t pid = 0; ///< thread group id in the agent's pid namespace; 0 = not known
    std::uint32_t uid = 0;
    std::uint64_t startTimeNs = 0; ///< boot time of the start of the task; pairs with pid against reuse. 0 = not known
    std::string comm;

    bool operator==(const Process &) const = default;
};

/// monostate: a type this build does not know; its payload is not kept. The alternative of a type has the type's number as its
/// index.
using Detail = std::variant<std::monostate, ProcessExec, ProcessExit, OomKill, FatalSignal, TcpConnection, DnsQuery, HttpRequest,
                            FileFailure, CapabilityUse, PrivilegeGain, PtraceAttach, ModuleLoad, Mount, Login, KernelLog, AgentNotice,
                            DrillLabel, MemoryEvents, PressureStall, Boxed<Insight>, Boxed<KubernetesFact>, TlsFailure>;
/// The insight that it is; nullptr for anything else.
inline const Insight *insightOf(const Detail &detail) noexcept
{
    const auto *boxed = std::get_if<Boxed<Insight>>(&detail);
    return boxed != nullptr ? &**boxed : nullptr;
}

/// The index in Detail of what an event of this type says; 0 (monostate) for a type that this build does not know.
std::size_t detailIndex(EventType type) noexcept;

struct Event {
    std::int64_t timeNs = 0;   ///< UTC ns: kernel boot time converted once on the agent
    std::uint32_t drainUs = 0; ///< kernel timestamp to drained by user space, microseconds, saturating
    EventType type = EventType::Unknown;
    Severity severity = Severity::Info;
    std::uint16_t cpu = 0;
    /// For how long the agent kept it back on purpose, until something asked for it or all that it stands for was known: seconds, rounded up, at
    /// most 255. 0 = not at all.
    std::uint8_t heldSeconds = 0;
    std::uint32_t origin = 0; ///< index into EventBatch::origins
    Process process;
    Detail detail;

    bool operator==(const Event &) const = default;
};

/// One plain English line for tables, text search and JSON: "exec /usr/bin/curl -s http://10.0.0.1", "killed by SIGKILL (9) from sh (812)".
/// At most 400 bytes of valid UTF-8. Never translated: it is data.
std::string summary(const Event &event);

/// Says of events that were sent whose they are, now that more is known: those of this stream numbered firstSeq to lastSeq that were sent with the
/// origin `was` are of `now`. The last amendment of an event holds; taking one twice changes nothing. No event itself.
struct OriginAmendment {
    std::uint32_t was = 0;  ///< index into EventBatch::origins; so are the next two
    std::uint32_t told = 0; ///< what was said of them before: `was`, or the `now` of an earlier amendment
    std::uint32_t now = 0;
    std::uint32_t events = 0; ///< how many these are, as the agent sent them
    std::uint64_t firstSeq = 0;
    std::uint64_t lastSeq = 0;

    bool operator==(const OriginAmendment &) const = default;
};

/// A run of events of one stream. Sequence numbers begin at 1; agents send runs without holes, and a server that took events
/// out for a console's filter says which numbers are left. Amendments are about these events and those before; a batch may have nothing else.
struct EventBatch {
    std::uint64_t firstSeq = 0;
    std::vector<Origin> origins;
    std::vector<Event> events;
    std::vector<std::uint32_t> seqOffsets;        ///< ascending, one per event; empty: event i has the number firstSeq + i
    std::vector<OriginAmendment> amendments = {}; ///< of these events, or of earlier ones

    std::uint64_t seqOf(std::size_t i) const noexcept { return firstSeq + (seqOffsets.empty() ? i : seqOffsets[i]); }

    bool operator==(const EventBatch &) const = default;
};

} // namespace tapio::wire
