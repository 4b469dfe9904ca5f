// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

/// Names of the figures that the console measures itself. In memory they have one reading a second, in the store one each
/// ten seconds; both are read by the same formulas. "counter" = cumulative since the console started, may begin anew.
namespace tapio::console::figure {

inline constexpr std::string_view received = "receive.received";   ///< counter, label = node
inline constexpr std::string_view processed = "receive.processed"; ///< counter, label = "node/source"
inline constexpr std::string_view duplicate = "receive.dup";       ///< counter, label = node
inline constexpr std::string_view rejected = "receive.rejected";   ///< counter, label = node
inline constexpr std::string_view earlierEvents =
    "receive.earlier"; ///< counter, label = node: sent before the console began, in no rate or latency
inline constexpr std::string_view transitLoss = "loss.transit"; ///< counter, label = node: produced, never received (by the server)
inline constexpr std::string_view consoleQueueLoss =
    "loss.console-queue"; ///< counter, label = server: dropped there, this console read too slowly

inline constexpr std::string_view latencyP50 = "latency.p50"; ///< ns over ten seconds, label = stage
inline constexpr std::string_view latencyP95 = "latency.p95";
inline constexpr std::string_view latencyP99 = "latency.p99";
inline constexpr std::string_view latencyCount = "latency.n";             ///< events in those ten seconds, label = stage
inline constexpr std::string_view latencyHeld = "latency.held";           ///< counter: events that the agent kept back on purpose
inline constexpr std::string_view latencyNoClock = "latency.noclock";     ///< counter: events without a usable clock offset
inline constexpr std::string_view clockUncertainty = "clock.uncertainty"; ///< ns, label = node

inline constexpr std::string_view queueAgent = "queue.agent";       ///< events, label = node
inline constexpr std::string_view queueInFlight = "queue.inflight"; ///< events, label = node
inline constexpr std::string_view queueReceive = "queue.receive";   ///< events
inline constexpr std::string_view queueOldest = "queue.oldest";     ///< ns of age; 0 = nothing waits

inline constexpr std::string_view containerEvents = "attribution.container"; ///< counter: events from a container
inline constexpr std::string_view resolvedEvents = "attribution.resolved";   ///< counter: of those, with a named pod

inline constexpr std::string_view agentAlive = "agent.alive"; ///< 1 = heartbeat within 30 s, else 0; label = node
inline constexpr std::string_view coverage = "coverage.percent";
inline constexpr std::string_view hooksActive = "coverage.active"; ///< hooks attached; label = node
inline constexpr std::string_view hooksWanted = "coverage.wanted"; ///< hooks not switched off; label = node

inline constexpr std::string_view podOom = "pod.oom";         ///< at the kill; label = "namespace/pod"
inline constexpr std::string_view podExit = "pod.exit";       ///< a container ended; value = last exit code; label as above
inline constexpr std::string_view podRestart = "pod.restart"; ///< a container began anew; label as above

inline constexpr std::string_view insightAgents = "insight.agents"; ///< agents here that correlate; without one no insight is no 0
inline constexpr std::string_view insightOpened = "insight.opened"; ///< counter, label = rule: new insights, each once
inline constexpr std::string_view insightOpen = "insight.open"; ///< open insights, label = "rule|severity"; 0 once when the last has ended
inline constexpr std::string_view insightOldest = "insight.oldest";       ///< ns of age of the oldest of these; label as above
inline constexpr std::string_view insightDisplaced = "insight.displaced"; ///< counter: open insights that did not fit in memory

inline constexpr std::string_view insightUnread =
    "insight.unread"; ///< 1 while insights may be open that were told before the console began: its store could not be asked
inline constexpr std::string_view signalJudged =
    "signal.judged"; ///< counter, label = node: events that have been judged, half an hour after they came
inline constexpr std::string_view signalKept = "signal.kept";    ///< counter, label = node: those of them that are signal
inline constexpr std::string_view signalOneIn = "signal.one-in"; ///< of so many events one is judged; not read while each is
inline constexpr std::string_view signalDisplaced =
    "signal.displaced"; ///< counter: what was cited, and severe kinds, that did not fit in memory

inline constexpr std::string_view apiP50 = "api.p50"; ///< ns over ten seconds, label = operation, empty = all
inline constexpr std::string_view apiP95 = "api.p95";
inline constexpr std::string_view apiP99 = "api.p99";
inline constexpr std::string_view apiCount = "api.count";   ///< counter, label = operation
inline constexpr std::string_view apiErrors = "api.errors"; ///< counter, label = operation
inline constexpr std::string_view apiHeat = "api.heat";     ///< counter, label = index of the duration bucket

// Stages of the processing latency: labels of latency.*
inline constexpr std::string_view stageTotal = "total";
inline constexpr std::string_view stageDrain = "drain";                ///< kernel to drained by the agent
inline constexpr std::string_view stageAgentQueue = "agent-queue";     ///< drained to handed to the sender
inline constexpr std::string_view stageWire = "wire";                  ///< handed to the sender to received
inline constexpr std::string_view stageReceiveQueue = "receive-queue"; ///< received to processed in the console

} // namespace tapio::console::figure
