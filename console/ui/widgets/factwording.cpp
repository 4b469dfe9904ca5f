// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/factwording.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <string_view>

namespace tapio::console {

namespace {

// "in a row" wording and table name of every known fact.
constexpr std::array facts{
    FactWording{"received", QT_TRANSLATE_NOOP("tapio::console::PanelText", "received %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Received")},
    FactWording{"average-1m", QT_TRANSLATE_NOOP("tapio::console::PanelText", "1 min average %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Average of 1 min")},
    FactWording{"source", QT_TRANSLATE_NOOP("tapio::console::PanelText", "%1"), QT_TRANSLATE_NOOP("tapio::console::PanelText", "Source")},
    FactWording{"processed", QT_TRANSLATE_NOOP("tapio::console::PanelText", "processed %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Processed")},
    FactWording{"elapsed", QT_TRANSLATE_NOOP("tapio::console::PanelText", "in %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Measured time")},
    FactWording{"p50", QT_TRANSLATE_NOOP("tapio::console::PanelText", "p50 %1"), QT_TRANSLATE_NOOP("tapio::console::PanelText", "p50")},
    FactWording{"p95", QT_TRANSLATE_NOOP("tapio::console::PanelText", "p95 %1"), QT_TRANSLATE_NOOP("tapio::console::PanelText", "p95")},
    FactWording{"p99", QT_TRANSLATE_NOOP("tapio::console::PanelText", "p99 %1"), QT_TRANSLATE_NOOP("tapio::console::PanelText", "p99")},
    FactWording{"stage-drain", QT_TRANSLATE_NOOP("tapio::console::PanelText", "kernel to drain %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Stage: kernel to drain")},
    FactWording{"stage-agent-queue", QT_TRANSLATE_NOOP("tapio::console::PanelText", "agent queue %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Stage: agent queue")},
    FactWording{"stage-wire", QT_TRANSLATE_NOOP("tapio::console::PanelText", "wire %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Stage: wire")},
    FactWording{"stage-receive-queue", QT_TRANSLATE_NOOP("tapio::console::PanelText", "receive queue %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Stage: receive queue")},
    FactWording{"clock-uncertainty", QT_TRANSLATE_NOOP("tapio::console::PanelText", "clock \u00b1 %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Clock uncertainty, largest")},
    FactWording{"without-clock", QT_TRANSLATE_NOOP("tapio::console::PanelText", "without clock offset %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Left out: no clock offset yet")},
    FactWording{"earlier", QT_TRANSLATE_NOOP("tapio::console::PanelText", "sent before the console began %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Left out: sent before the console began")},
    FactWording{"queued", QT_TRANSLATE_NOOP("tapio::console::PanelText", "waiting %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Waiting")},
    FactWording{"in-flight", QT_TRANSLATE_NOOP("tapio::console::PanelText", "in flight %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Sent, not acknowledged")},
    FactWording{"receive-queue", QT_TRANSLATE_NOOP("tapio::console::PanelText", "receive queues %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Receive queues")},
    FactWording{"agent-queue", QT_TRANSLATE_NOOP("tapio::console::PanelText", "agent queues %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Agent queues")},
    FactWording{"oldest", QT_TRANSLATE_NOOP("tapio::console::PanelText", "oldest %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Age of the oldest")},
    FactWording{"slope", QT_TRANSLATE_NOOP("tapio::console::PanelText", "change %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Slope: change per second")},
    FactWording{"lost-share", QT_TRANSLATE_NOOP("tapio::console::PanelText", "lost %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Lost, shed or dropped")},
    FactWording{"seen", QT_TRANSLATE_NOOP("tapio::console::PanelText", "seen %1"), QT_TRANSLATE_NOOP("tapio::console::PanelText", "Seen")},
    FactWording{"filtered", QT_TRANSLATE_NOOP("tapio::console::PanelText", "filtered %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Filtered or folded")},
    FactWording{"filtered-or-folded", QT_TRANSLATE_NOOP("tapio::console::PanelText", "filtered or folded %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Filtered or folded")},
    FactWording{"kfiltered", QT_TRANSLATE_NOOP("tapio::console::PanelText", "dropped by a rule in the kernel %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Dropped by a rule in the kernel")},
    FactWording{"folded", QT_TRANSLATE_NOOP("tapio::console::PanelText", "folded %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Folded into a kernel map")},
    FactWording{"ufiltered", QT_TRANSLATE_NOOP("tapio::console::PanelText", "dropped by a rule in user space %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Dropped by a rule in user space")},
    FactWording{"lost", QT_TRANSLATE_NOOP("tapio::console::PanelText", "lost %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Lost: the ring was full")},
    FactWording{"shed", QT_TRANSLATE_NOOP("tapio::console::PanelText", "shed %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Shed to keep the overhead budget")},
    FactWording{"qdrop", QT_TRANSLATE_NOOP("tapio::console::PanelText", "dropped %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Dropped: a queue was full")},
    FactWording{"signal", QT_TRANSLATE_NOOP("tapio::console::PanelText", "signal %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Signal")},
    FactWording{"noise", QT_TRANSLATE_NOOP("tapio::console::PanelText", "noise %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Noise")},
    FactWording{"n", QT_TRANSLATE_NOOP("tapio::console::PanelText", "n = %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Events judged")},
    FactWording{"confirmed", QT_TRANSLATE_NOOP("tapio::console::PanelText", "confirmed %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Confirmed")},
    FactWording{"rejected", QT_TRANSLATE_NOOP("tapio::console::PanelText", "rejected %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Rejected")},
    FactWording{"nodes-alive", QT_TRANSLATE_NOOP("tapio::console::PanelText", "alive %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Nodes with a heartbeat within 30 s")},
    FactWording{"nodes-known", QT_TRANSLATE_NOOP("tapio::console::PanelText", "known %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Nodes known")},
    FactWording{"agents-alive", QT_TRANSLATE_NOOP("tapio::console::PanelText", "alive %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Agents with a heartbeat within 30 s")},
    FactWording{"hooks-attached", QT_TRANSLATE_NOOP("tapio::console::PanelText", "hooks %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Hooks attached of wanted")},
    FactWording{"attribution", QT_TRANSLATE_NOOP("tapio::console::PanelText", "attribution %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Attribution")},
    FactWording{"completeness", QT_TRANSLATE_NOOP("tapio::console::PanelText", "complete %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Completeness")},
    FactWording{"total", QT_TRANSLATE_NOOP("tapio::console::PanelText", "%1 in all"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "In all")},
    FactWording{"restarts", QT_TRANSLATE_NOOP("tapio::console::PanelText", "restarts %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Restarts")},
    FactWording{"oom-kills", QT_TRANSLATE_NOOP("tapio::console::PanelText", "OOM kills %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Killed for lack of memory")},
    FactWording{"error-exits", QT_TRANSLATE_NOOP("tapio::console::PanelText", "error exits %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Ended with an error")},
    FactWording{"cores", QT_TRANSLATE_NOOP("tapio::console::PanelText", "%1 used"), QT_TRANSLATE_NOOP("tapio::console::PanelText", "Used")},
    FactWording{"cores-used", QT_TRANSLATE_NOOP("tapio::console::PanelText", "%1 used"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Used")},
    FactWording{"cores-allocatable", QT_TRANSLATE_NOOP("tapio::console::PanelText", "of %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Allocatable")},
    FactWording{"allocatable", QT_TRANSLATE_NOOP("tapio::console::PanelText", "of %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Allocatable")},
    FactWording{"used", QT_TRANSLATE_NOOP("tapio::console::PanelText", "%1 used"), QT_TRANSLATE_NOOP("tapio::console::PanelText", "Used")},
    FactWording{"working-set", QT_TRANSLATE_NOOP("tapio::console::PanelText", "working set %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Working set")},
    FactWording{"worst", QT_TRANSLATE_NOOP("tapio::console::PanelText", "highest %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Highest")},
    FactWording{"throttled", QT_TRANSLATE_NOOP("tapio::console::PanelText", "throttled %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Throttled periods, highest")},
    FactWording{"pressure", QT_TRANSLATE_NOOP("tapio::console::PanelText", "PSI %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Pressure (PSI some), highest")},
    FactWording{"time-to-limit", QT_TRANSLATE_NOOP("tapio::console::PanelText", "limit in %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Reaches its limit in")},
    FactWording{"disk", QT_TRANSLATE_NOOP("tapio::console::PanelText", "disk %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Fullest disk")},
    FactWording{"volume", QT_TRANSLATE_NOOP("tapio::console::PanelText", "volume %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Fullest volume of a container")},
    FactWording{"throughput", QT_TRANSLATE_NOOP("tapio::console::PanelText", "both %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Received and sent")},
    FactWording{"receive", QT_TRANSLATE_NOOP("tapio::console::PanelText", "rx %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Received")},
    FactWording{"transmit", QT_TRANSLATE_NOOP("tapio::console::PanelText", "tx %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Sent")},
    FactWording{"receive-packets", QT_TRANSLATE_NOOP("tapio::console::PanelText", "rx %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Received packets")},
    FactWording{"transmit-packets", QT_TRANSLATE_NOOP("tapio::console::PanelText", "tx %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Sent packets")},
    FactWording{"retransmits", QT_TRANSLATE_NOOP("tapio::console::PanelText", "retransmits %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "TCP retransmits")},
    FactWording{"connection-failures", QT_TRANSLATE_NOOP("tapio::console::PanelText", "failed connections %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Failed connections")},
    FactWording{"receive-drops", QT_TRANSLATE_NOOP("tapio::console::PanelText", "rx drops %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Dropped on receiving")},
    FactWording{"transmit-drops", QT_TRANSLATE_NOOP("tapio::console::PanelText", "tx drops %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Dropped on sending")},
    FactWording{"loopback", QT_TRANSLATE_NOOP("tapio::console::PanelText", "loopback %1, not counted"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Loopback, not counted")},
    FactWording{"agent", QT_TRANSLATE_NOOP("tapio::console::PanelText", "agents %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "The agents\u2019 own traffic")},
    FactWording{"open", QT_TRANSLATE_NOOP("tapio::console::PanelText", "%1 open"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Open groups")},
    FactWording{"suppressed", QT_TRANSLATE_NOOP("tapio::console::PanelText", "%1 suppressed by cooldown"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Suppressed by cooldown")},
    FactWording{"actions", QT_TRANSLATE_NOOP("tapio::console::PanelText", "actions %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Actions")},
    FactWording{"kind", QT_TRANSLATE_NOOP("tapio::console::PanelText", "%1"), QT_TRANSLATE_NOOP("tapio::console::PanelText", "Kind")},
    FactWording{"time-to-acknowledge", QT_TRANSLATE_NOOP("tapio::console::PanelText", "median to ack %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Median time to acknowledge")},
    FactWording{"operation", QT_TRANSLATE_NOOP("tapio::console::PanelText", "p95 %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "p95 of operation")},
    FactWording{"calls", QT_TRANSLATE_NOOP("tapio::console::PanelText", "%1 calls"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Calls")},
    FactWording{"errors", QT_TRANSLATE_NOOP("tapio::console::PanelText", "errors %1"),
                QT_TRANSLATE_NOOP("tapio::console::PanelText", "Errors")},
};

/// "agent" and "receive" name queues where they count events, and traffic where they count bytes.
std::string_view factKey(const Fact &fact)
{
    if (fact.unit == Unit::Events && fact.key == "agent")
        return "agent-queue";
    if (fact.unit == Unit::Events && fact.key == "receive")
        return "receive-queue";
    return fact.key;
}

} // namespace

const FactWording *factWording(const Fact &fact)
{
    const auto found = std::ranges::find_if(facts, [key = factKey(fact)](const FactWording &each) { return key == each.key; });
    return found == facts.end() ? nullptr : &*found;
}

} // namespace tapio::console
