// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/base/role.h"
#include "protocol/wire/event.h"
#include "protocol/wire/report.h"
#include "protocol/wire/sample.h"

/// The session protocol: one Message per ZeroMQ frame, inside mutual TLS 1.3.
/// agent -> server: Hello, Frame, Heartbeat, FilterReply, Bye.        server -> agent: Welcome, Ack, Filter, FilterRequest, HeartbeatReply, Bye.
/// console -> server: Hello, Subscribe, Ack, Heartbeat, FilterRequest, Bye.
/// server -> console: Welcome, Delivery, AgentState, LinkNotice, HeartbeatReply, FilterReply, Bye.
namespace tapio::wire {

inline constexpr std::uint16_t protocolVersionMin = 1;
inline constexpr std::uint16_t protocolVersionMax = 1;

/// What an agent says of itself; shown as text, trusted for nothing. The node's name is its certificate's.
struct AgentInfo {
    std::string version;
    std::string kernelRelease;
    std::string bootId;
    std::uint32_t cpuCount = 0;
    std::uint64_t memoryTotalBytes = 0;
    std::uint32_t pid = 0;
    std::string configSha256; ///< of the configuration in force; hexadecimal; empty = an agent that does not say

    bool operator==(const AgentInfo &) const = default;
};

/// First message of each session, from whoever dialled.
struct Hello {
    std::uint16_t versionMin = protocolVersionMin;
    std::uint16_t versionMax = protocolVersionMax;
    Role role = Role::Unknown;
    std::string name;               ///< must equal the certificate's; a mismatch ends the session as spoofed
    std::uint64_t streamId = 0;     ///< random per agent start; 0 for consoles
    std::uint64_t nextFrameSeq = 1; ///< oldest frame still held; lower ones were acknowledged or dropped
    std::uint64_t producedEvents = 0;
    std::uint64_t droppedEvents = 0;
    std::vector<std::string> capabilities; ///< "zstd", "filter" ...: features beyond the version's base
    AgentInfo agent;

    bool operator==(const Hello &) const = default;
};

struct Welcome {
    std::uint16_t version = protocolVersionMax; ///< chosen: the highest in common
    std::uint64_t sessionId = 0;
    std::uint64_t creditBytes = 0;         ///< how much may be in flight unacknowledged, before compression; Ack renews it
    std::uint64_t ackedFrameSeq = 0;       ///< last frame of this stream that is safe; resume after it
    std::vector<std::string> capabilities; ///< the common subset

    bool operator==(const Welcome &) const = default;
};

/// What a stream carries, in order. Frame numbers begin at 1 and have no holes but those the agent's ring dropped.
struct Frame {
    std::uint64_t streamId = 0;
    std::uint64_t frameSeq = 0;
    std::int64_t sealedNs = 0; ///< agent's UTC when the frame was handed to the sender
    std::variant<EventBatch, SampleBatch, CounterReport, HookReport> body;

    bool operator==(const Frame &) const = default;
};

/// All frames up to frameSeq are safe (stored, or kept by a server without a store) and may be forgotten. Of a console that
/// names the capability "store": it stored them.
struct Ack {
    std::string node; ///< empty between server and agent; names the stream's node between console and server
    std::uint64_t streamId = 0;
    std::uint64_t frameSeq = 0;

    bool operator==(const Ack &) const = default;
};

/// Four-timestamp clock exchange (RFC 5905 section 8), initiated by whoever dialled, every 2 s.
struct Heartbeat {
    std::uint64_t id = 0;
    std::int64_t sentNs = 0;          ///< t1, sender's UTC
    std::int64_t offsetNs = 0;        ///< server's UTC minus sender's, from the last exchange
    std::int64_t uncertaintyNs = -1;  ///< half the round trip of that exchange; -1 = not yet measured
    std::uint64_t producedEvents = 0; ///< cumulative of the stream: names a lost tail that a sequence gap cannot show
    std::uint64_t droppedEvents = 0;
    std::uint64_t queuedEvents = 0;   ///< in the agent's queues now
    std::uint64_t inFlightEvents = 0; ///< sent, not acknowledged
    std::int64_t oldestNs = 0;        ///< UTC time of the oldest queued or unacknowledged event; 0 = none

    bool operator==(const Heartbeat &) const = default;
};

struct HeartbeatReply {
    std::uint64_t id = 0;
    std::int64_t sentNs = 0;         ///< t1, echoed
    std::int64_t receivedNs = 0;     ///< t2, server's UTC
    std::int64_t repliedNs = 0;      ///< t3
    std::uint64_t droppedEvents = 0; ///< to a console: what its queue dropped since the session began; else 0

    bool operator==(const HeartbeatReply &) const = default;
};

/// An empty list means all. Names are matched exactly.
struct EventFilter {
    std::vector<EventType> types;
    Severity minSeverity = Severity::Debug;
    std::vector<std::string> nodes;
    std::vector<std::string> namespaces;
    std::vector<std::string> pods;
    bool detail = false; ///< also what agents send around insights alone

    bool operator==(const EventFilter &) const = default;
};

struct ResumePoint {
    std::string node;
    std::uint64_t streamId = 0;
    std::uint64_t frameSeq = 0; ///< last one the console has stored

    bool operator==(const ResumePoint &) const = default;
};

struct Subscribe {
    std::uint32_t epoch = 0;
    EventFilter filter;
    bool samples = true;
    bool reports = true;
    std::vector<ResumePoint> resume;

    bool operator==(const Subscribe &) const = default;
};

/// Server to agent: the union of what is subscribed.
struct Filter {
    std::uint32_t epoch = 0;
    std::vector<EventFilter> any; ///< an event is wanted when any filter takes it; empty = everything

    bool operator==(const Filter &) const = default;
};

/// What a server says itself comes as frames of a node that is called this and the server's name: no certificate of a node can have it.
inline constexpr std::string_view serverNodePrefix = "server:";

/// Server to console: a frame of a node.
struct Delivery {
    std::string node;                     ///< from the certificate
    std::int64_t receivedNs = 0;          ///< server's UTC
    std::int64_t clockOffsetNs = 0;       ///< server's UTC minus the node's
    std::int64_t clockUncertaintyNs = -1; ///< -1 = not yet measured
    Frame frame;

    bool operator==(const Delivery &) const = default;
};

/// The frame had left its agent's hands, or had come to the server, before `serverNs` (server's UTC). What a receiver that began
/// then is sent late tells nothing of how quick it is. While the node's clock offset is not known its own clock decides.
constexpr bool sentBefore(const Delivery &delivery, std::int64_t serverNs) noexcept
{
    return delivery.receivedNs < serverNs || delivery.frame.sealedNs + delivery.clockOffsetNs < serverNs;
}

enum class LinkState : std::uint8_t { Unknown = 0, Connected = 1, Silent = 2, Gone = 3 };

/// Loss named by the server: what a stream lacks.
struct StreamLoss {
    std::uint64_t gapFrames = 0;     ///< frame numbers that never came; to a console: also those let go while it was away
    std::uint64_t droppedEvents = 0; ///< dropped by the agent's ring, as the agent counts
    std::uint64_t transitEvents = 0; ///< produced, neither received nor reported dropped nor in the agent
    std::uint64_t duplicateFrames = 0;
    std::uint64_t consoleEvents = 0; ///< of transitEvents: taken in, but let go before this console had read them

    bool operator==(const StreamLoss &) const = default;
};

/// Server to console: one agent as the server sees it. Sent on change and every 2 s.
struct AgentState {
    std::string node;
    LinkState state = LinkState::Unknown;
    std::int64_t sinceNs = 0;         ///< of this state
    std::int64_t lastHeartbeatNs = 0; ///< server's UTC; 0 = none yet
    std::string remoteAddress;
    std::string certificateSerial;
    std::int64_t certificateExpiresNs = 0;
    std::uint64_t streamId = 0;
    std::uint32_t sessions = 0; ///< how often it connected since the server began
    AgentInfo agent;
    Heartbeat heartbeat; ///< the last one
    std::uint64_t receivedEvents = 0;
    std::uint64_t receivedFrames = 0;
    std::uint64_t receivedBytes = 0;
    StreamLoss loss;
    bool saidBye = false;    ///< the agent itself ended its last session
    std::int64_t toldNs = 0; ///< server's UTC when this was so; 0 = a server that does not say

    bool operator==(const AgentState &) const = default;
};

enum class LinkNoticeKind : std::uint8_t { Unknown = 0, Accepted = 1, Refused = 2, Closed = 3 };

/// Server to console: a connection was accepted, refused or ended, and why. Rows of the connection list.
struct LinkNotice {
    std::int64_t timeNs = 0;
    LinkNoticeKind kind = LinkNoticeKind::Unknown;
    std::string remoteAddress;  ///< "10.0.0.1:41234"
    std::string identity;       ///< the certificate's URI; empty when none was verified
    std::string code;           ///< stable: "wrong-ca", "expired", "revoked", "tls-version", "plaintext" ...
    std::string reason;         ///< one plain sentence
    std::uint32_t repeated = 1; ///< for how many of the same it stands: attempts within the rate limit's second, or what was dropped

    bool operator==(const LinkNotice &) const = default;
};

/// The peer closes, and says why. code as in LinkNotice.
struct Bye {
    std::string code;
    std::string reason;
    std::uint32_t reconnectAfterMs = 0;

    bool operator==(const Bye &) const = default;
};

/// The capability of whoever takes FilterRequest: agents, and servers that pass it on.
inline constexpr const char *filterRequestCapability = "filter-request";

/// Console to server to the agent that it names: change what the kernel programs leave out, or say what they do.
struct FilterRequest {
    std::uint64_t id = 0; ///< chosen by whoever sends; comes back with the reply
    std::string node;
    std::string requestedBy; ///< name of the console's certificate; the server says it, whatever the console wrote
    /// As [filter] of the agent's configuration file, and the tables in it: what it does not name stays. Empty = change nothing.
    std::string rules;

    bool operator==(const FilterRequest &) const = default;
};

/// Agent to server to the console that asked; of the server itself when the agent cannot answer.
struct FilterReply {
    std::uint64_t id = 0;
    std::string node;
    bool applied = false; ///< the rules asked for are in force, and what follows says so
    std::string code;     ///< stable: "ok", "not-allowed", "malformed", "failed", "busy", "not-connected", "unsupported", "timed-out"
    std::string reason;   ///< one plain sentence; empty for "ok"
    std::uint64_t generation = 0; ///< of the filter in force; this and what follows is empty when the server answers itself
    std::string filterSha256;     ///< of that filter, subscriptions included
    std::string configSha256;     ///< of the agent's configuration in force
    std::string rules;            ///< in force, as [filter] has them; empty also when they are too long for a message

    bool operator==(const FilterReply &) const = default;
};

using Message = std::variant<Hello, Welcome, Frame, Ack, Heartbeat, HeartbeatReply, Subscribe, Filter, Delivery, AgentState, LinkNotice,
                             Bye, FilterRequest, FilterReply>;

} // namespace tapio::wire
