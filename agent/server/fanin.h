// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/correlation/clusternodes.h"
#include "protocol/base/clock.h"
#include "protocol/base/counters.h"
#include "protocol/base/result.h"
#include "protocol/transport/endpoint.h"
#include "protocol/wire/message.h"

/// The server library: takes in agents, acknowledges, names gaps, fans out to consoles by subscription. Hosted by tapio-server and by the console.
namespace tapio::server {

/// Receives what the fan-in produces. Called on the fan-in's thread only: must not block, must not throw.
class FanInSink {
public:
    virtual ~FanInSink() = default;
    /// False: wants agent states and link notices only, as a server without a store does. Asked once.
    virtual bool takesDeliveries() const { return true; }
    /// A frame, in order per stream, de-duplicated. False: cannot take it now; it is not acknowledged, and offered again until
    /// it is taken. What waits so is bounded by the agents' credit.
    virtual bool onDelivery(std::shared_ptr<const wire::Delivery> delivery) = 0;
    virtual void onAgentState(const wire::AgentState &state) = 0;
    virtual void onLinkNotice(const wire::LinkNotice &notice) = 0;
};

/// Correlation at the scope of all nodes (agent/correlation): what it finds comes as events of a stream of the server's own.
struct RulesAcrossNodes {
    std::filesystem::path folder;                          ///< of the rules; empty: those that this build was made with
    std::shared_ptr<correlation::ClusterNodes> nodes = {}; ///< null: nobody is asked whether nodes are Ready
};

struct FanInOptions {
    transport::ServerOptions endpoint;
    /// True: frames are acknowledged to agents only through FanIn::acknowledge (a store committed them).
    /// False: when the sink took them; if it takes none, when they are in the replay ring and the consoles that store, if
    /// any are connected, have stored them (README.md).
    bool acknowledgeBySink = false;
    /// What an agent may have in flight. Enough for two commits of a store (8192 events each, about 150 bytes per event) at once:
    /// less, and an agent waits for the disk instead of sending.
    std::uint64_t creditBytes = 4u << 20;
    std::uint64_t replayRingBytes = 64u << 20; ///< recent frames kept for consoles that (re)connect
    std::int64_t replayRingNs = 0;             ///< while no console is connected they are kept no longer than this; 0 = as long as they fit
    std::uint64_t consoleQueueBytes = 16u << 20; ///< per console; overflow drops that console's events, counted
    std::vector<wire::ResumePoint> known;        ///< last safe frame per stream, from the store at start
    std::optional<RulesAcrossNodes> correlation; ///< empty: nothing is correlated
};

/// Snapshot of the receiving side's counters, per node and source "events".
struct ReceiveCounters {
    std::string node;
    CounterSet counters;             ///< received, dup, processed, rejected
    std::uint64_t queuedEvents = 0;  ///< received, not yet processed
    std::uint64_t earlierEvents = 0; ///< of those received: sent by the agent before this server began
};

/// What became of events and findings at the scope of all nodes. Each event offered is one of the three that follow it, each insight found is told
/// or untold, but for what is under way.
struct CorrelationFigures {
    std::uint64_t offeredEvents = 0, lookedAtEvents = 0, refusedEvents = 0, waitingEvents = 0;
    std::uint64_t foundInsights = 0, toldInsights = 0, untoldInsights = 0;
    std::uint64_t rules = 0, refusedRules = 0;
    std::uint64_t forgotten = 0; ///< see ScopeCounters
};

class FanIn {
public:
    /// Opens the endpoint and starts the fan-in's thread. `sink` and `clock` outlive it; sink may be null.
    /// Errors: those of ServerEndpoint::open.
    static Result<std::unique_ptr<FanIn>> start(FanInOptions options, FanInSink *sink, const Clock &clock);
    virtual ~FanIn() = default; ///< stops
    /// Lets consoles take what is left for them, for two seconds at most, says Bye to all peers and joins; the counters stay and are final. Calls of the sink have ended when it returns.
    virtual void stop() = 0;

    virtual std::uint16_t port() const = 0;
    /// Any thread: the rules across nodes are read again, soon. Open insights of rules that did not change go on; a rule whose file is refused goes on
    /// as it was. What came of it is told as notices. Nothing happens where nothing is correlated.
    virtual void reloadRules() = 0;
    /// Any thread: everything of this stream up to frameSeq is safe.
    virtual void acknowledge(const std::string &node, std::uint64_t streamId, std::uint64_t frameSeq) = 0;
    /// Any thread; at most a tenth of a second old.
    virtual std::vector<ReceiveCounters> counters() const = 0;
    /// Likewise. Empty: nothing is correlated.
    virtual std::optional<CorrelationFigures> correlation() const = 0;
};

} // namespace tapio::server
