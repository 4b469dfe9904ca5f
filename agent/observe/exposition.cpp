// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/observe/exposition.h"

#include <algorithm>
#include <array>
#include <utility>

#include "agent/observe/metricfamilies.h"

namespace tapio::agent {

namespace {

/// More hooks or sources than these cannot be built in by far; what came from elsewhere must not grow a database.
constexpr std::size_t mostHooks = 256;
constexpr std::size_t mostSources = 64;

double seconds(std::int64_t ns) { return static_cast<double>(ns) / 1e9; }

/// One metric per counter, not one with a label: a sum over all of them would mean nothing, and conventions ask that it does
/// (prometheus.io/docs/practices/naming, "sum() or avg() over all dimensions").
struct CounterMetric {
    Counter counter;
    const char *events;
    const char *frames; ///< null = means nothing for frames of samples, and for amendments
    const char *amendments;
    const char *help;
};

constexpr std::array<CounterMetric, 13> counterMetrics{{
    {Counter::Seen, "tapio_agent_events_seen_total", "tapio_agent_sample_frames_seen_total", "tapio_agent_amendments_seen_total",
     "A hook fired; of frames of samples and amendments: made."},
    {Counter::KFiltered, "tapio_agent_events_kfiltered_total", nullptr, nullptr, "Dropped in the kernel by a rule."},
    {Counter::Folded, "tapio_agent_events_folded_total", nullptr, nullptr,
     "Aggregated into a kernel map or histogram instead of being sent."},
    {Counter::Lost, "tapio_agent_events_lost_total", nullptr, nullptr, "Lost in the kernel: the ring or a map was full."},
    {Counter::Drained, "tapio_agent_events_drained_total", "tapio_agent_sample_frames_drained_total",
     "tapio_agent_amendments_drained_total", "Read from the ring by user space."},
    {Counter::Malformed, "tapio_agent_events_malformed_total", "tapio_agent_sample_frames_malformed_total",
     "tapio_agent_amendments_malformed_total", "Failed validation after draining."},
    {Counter::UFiltered, "tapio_agent_events_ufiltered_total", nullptr, nullptr,
     "Left out in user space: by a rule, as detail that nobody asked for, or told within another event."},
    {Counter::Shed, "tapio_agent_events_shed_total", nullptr, nullptr, "Dropped on purpose by the overhead budget."},
    {Counter::QDrop, "tapio_agent_events_qdrop_total", "tapio_agent_sample_frames_qdrop_total", "tapio_agent_amendments_qdrop_total",
     "Dropped by a bounded queue that was full."},
    {Counter::Spooled, "tapio_agent_events_spooled_total", "tapio_agent_sample_frames_spooled_total",
     "tapio_agent_amendments_spooled_total", "Written to the disk spool."},
    {Counter::Unspooled, "tapio_agent_events_unspooled_total", "tapio_agent_sample_frames_unspooled_total",
     "tapio_agent_amendments_unspooled_total", "Replayed from the disk spool."},
    {Counter::Sent, "tapio_agent_events_sent_total", "tapio_agent_sample_frames_sent_total", "tapio_agent_amendments_sent_total",
     "Left the agent."},
    {Counter::Acked, "tapio_agent_events_acked_total", "tapio_agent_sample_frames_acked_total", "tapio_agent_amendments_acked_total",
     "Confirmed by the server."},
}};

void addCounters(MetricFamilies &out, const wire::CounterReport &report)
{
    for (const CounterMetric &metric : counterMetrics) {
        out.counter(metric.events, metric.help);
        std::size_t sources = 0;
        for (const wire::SourceCounters &source : report.sources) {
            if (source.countsEvents() && sources++ < mostSources)
                out.add(source.counters[metric.counter], {{"source", source.source}});
        }
        if (metric.frames == nullptr)
            continue;
        for (const auto &[name, source] :
             {std::pair(metric.frames, wire::samplesSource), std::pair(metric.amendments, wire::amendmentsSource)}) {
            out.counter(name, metric.help);
            for (const wire::SourceCounters &one : report.sources) {
                if (one.source == source)
                    out.add(one.counters[metric.counter]);
            }
        }
    }
}

/// A part of kfiltered, of the collectors that have rules.
void addLeftOut(MetricFamilies &out, const wire::CounterReport &report)
{
    out.counter("tapio_agent_events_left_out_total",
                "Left out in the kernel by a rule of the filter, by the first that applied; part of those filtered there.");
    for (const wire::SourceCounters &source : report.sources) {
        if (std::find(filteredNames.begin(), filteredNames.end(), source.source) == filteredNames.end())
            continue;
        for (std::size_t cause = 0; cause < filterCauseCount; ++cause)
            out.add(source.leftOut[cause],
                    {{"source", source.source}, {"cause", std::string(filterCauseName(static_cast<FilterCause>(cause)))}});
    }
}

constexpr std::array<wire::HookState, 6> hookStates{wire::HookState::Unknown, wire::HookState::Active, wire::HookState::Unsupported,
                                                    wire::HookState::Denied,  wire::HookState::Failed, wire::HookState::Disabled};

void addHooks(MetricFamilies &out, const std::vector<wire::Hook> &all)
{
    const std::size_t count = std::min(all.size(), mostHooks);
    const auto each = [&](auto &&use) {
        for (std::size_t i = 0; i < count; ++i)
            use(all[i]);
    };
    out.gauge("tapio_agent_hook_state", "1 for the state that a hook, file or other source of data is in, 0 for the others.");
    each([&](const wire::Hook &hook) {
        for (const wire::HookState state : hookStates)
            out.add(hook.state == state ? 1.0 : 0.0,
                    {{"collector", hook.collector}, {"hook", hook.name}, {"state", std::string(wire::hookStateName(state))}});
    });
    out.gauge("tapio_agent_hook_info", "How a hook is attached, and why it is not, or not in a better way.");
    each([&](const wire::Hook &hook) {
        out.add(1.0, {{"collector", hook.collector}, {"hook", hook.name}, {"attached", hook.attachKind}, {"reason", hook.reason}});
    });
    out.counter("tapio_agent_hook_run_seconds_total",
                "Run time of a hook's kernel programs, estimated from a tenth of the time; absent without the kernel's statistics.");
    each([&](const wire::Hook &hook) {
        if (hook.runCount > 0)
            out.add(static_cast<double>(hook.runTimeNs) / 1e9, {{"collector", hook.collector}, {"hook", hook.name}});
    });
    out.counter("tapio_agent_hook_runs_total",
                "Runs of a hook's kernel programs, estimated from a tenth of the time; absent without the kernel's statistics.");
    each([&](const wire::Hook &hook) {
        if (hook.runCount > 0)
            out.add(hook.runCount, {{"collector", hook.collector}, {"hook", hook.name}});
    });
}

constexpr double percent = 100;

void addBudget(MetricFamilies &out, const BudgetState &budget)
{
    const BudgetLimits &limits = budget.limits;
    out.gauge("tapio_agent_budget_cpu_limit_ratio", "Cores that the agent may use: budget.cpu_percent / 100; 0 = no limit.")
        .add(limits.cpuPercent / percent);
    out.gauge("tapio_agent_budget_memory_limit_bytes", "Resident memory that the agent may hold: budget.rss_bytes; 0 = no limit.")
        .add(limits.rssBytes);
    out.gauge("tapio_agent_budget_bandwidth_limit_bytes_per_second", "Payload that the agent may send; 0 = no limit.")
        .add(limits.bytesPerSecond);
    out.gauge("tapio_agent_budget_cpu_used_ratio", "Cores that the agent used over ten seconds.");
    if (budget.spent.cpuPercent)
        out.add(*budget.spent.cpuPercent / percent);
    out.gauge("tapio_agent_budget_cpu_used_has_kernel",
              "1 when the cores used include the kernel programs, 0 when their run time is not known.")
        .add(budget.spent.kernelIncluded ? 1.0 : 0.0);
    out.gauge("tapio_agent_budget_bandwidth_used_bytes_per_second", "Payload sent over ten seconds.").add(budget.spent.bytesPerSecond);
    out.gauge("tapio_agent_shed_step",
              "What the budget sheds: 0 nothing, 1 details, 2 folds short healthy work, 3 samples, 4 limits failures.")
        .add(static_cast<double>(budget.step));
    out.counter("tapio_agent_shed_steps_taken_total", "How often the budget took a further step.").add(budget.stepsTaken);
    out.counter("tapio_agent_events_trimmed_total", "Events sent without their arguments and folders.").add(budget.trimmedEvents);
    out.counter("tapio_agent_folded_connections_total", "Short healthy connections that were added up instead of being sent.")
        .add(budget.folded.connections);
    out.counter("tapio_agent_folded_connection_bytes_total", "Bytes of those connections.")
        .add(budget.folded.connectionBytesSent, {{"direction", "sent"}})
        .add(budget.folded.connectionBytesReceived, {{"direction", "received"}});
    out.counter("tapio_agent_folded_processes_total", "Short processes that ended well and were added up instead of being sent.")
        .add(budget.folded.processes);
    out.counter("tapio_agent_folded_process_seconds_total", "Life of those processes.")
        .add(static_cast<double>(budget.folded.processNs) / 1e9);
}

void addFilter(MetricFamilies &out, const FilterState &filter)
{
    out.gauge("tapio_agent_filter_generation", "Number of the filter that the kernel programs follow.").add(filter.generation);
    out.gauge("tapio_agent_filter_info", "Always 1; the hash is of what the kernel programs follow: rules and subscriptions.")
        .add(1.0, {{"sha256", filter.sha256}});
    out.gauge("tapio_agent_filter_since_timestamp_seconds", "When that came into force, Unix time.").add(seconds(filter.sinceUtcNs));
    out.gauge("tapio_agent_filter_cgroups", "Cgroups of which the kernel programs know whether they are told of; 0 where no rule asks.")
        .add(std::uint64_t{filter.cgroups});
    out.gauge("tapio_agent_filter_cgroups_without_room",
              "Cgroups that pass every rule about cgroups, since the programs have no room for them.")
        .add(std::uint64_t{filter.cgroupsWithoutRoom});
}

void addRules(MetricFamilies &out, const std::vector<correlation::RuleCounters> &rules)
{
    const auto each = [&](const char *name, const char *help, std::uint64_t correlation::RuleCounters::*counter) {
        out.counter(name, help);
        for (const correlation::RuleCounters &rule : rules)
            out.add(rule.*counter, {{"rule", rule.rule}});
    };
    using Rule = correlation::RuleCounters;
    each("tapio_agent_rule_evaluations_total", "Events that a rule was asked about, once for each of its steps.", &Rule::evaluations);
    each("tapio_agent_rule_evidence_total", "Events that a step of a rule took.", &Rule::evidence);
    each("tapio_agent_rule_unjoined_total", "Events that a step would have taken, but whose they are is not known.", &Rule::unjoined);
    each("tapio_agent_rule_late_total", "Events that came when their rule looks no further back.", &Rule::late);
    each("tapio_agent_rule_evicted_total", "Candidates that went for want of room.", &Rule::evicted);
    out.counter("tapio_agent_insights_total", "Insights, by rule and what became of them.");
    for (const Rule &rule : rules)
        out.add(rule.opened, {{"rule", rule.rule}, {"state", "opened"}})
            .add(rule.reopened, {{"rule", rule.rule}, {"state", "reopened"}})
            .add(rule.resolved, {{"rule", rule.rule}, {"state", "resolved"}})
            .add(rule.expired, {{"rule", rule.rule}, {"state", "expired"}});
    out.gauge("tapio_agent_rule_candidates", "Entities of which a rule has some evidence.");
    for (const Rule &rule : rules)
        out.add(std::uint64_t{rule.candidates}, {{"rule", rule.rule}});
    out.gauge("tapio_agent_insights_open", "Insights that are open.");
    for (const Rule &rule : rules)
        out.add(std::uint64_t{rule.open}, {{"rule", rule.rule}});
}

void addCollecting(MetricFamilies &out, const CollectSnapshot &snapshot)
{
    addRules(out, snapshot.rules);
    addHooks(out, snapshot.hooks);
    addBudget(out, snapshot.budget);
    addFilter(out, snapshot.filter);
    out.gauge("tapio_agent_ring_waiting_bytes", "Bytes that wait in a ring between kernel and agent.")
        .add(snapshot.events.waitingBytes, {{"ring", "events"}})
        .add(snapshot.critical.waitingBytes, {{"ring", "critical"}});
    out.gauge("tapio_agent_ring_size_bytes", "Size of a ring between kernel and agent.")
        .add(snapshot.events.sizeBytes, {{"ring", "events"}})
        .add(snapshot.critical.sizeBytes, {{"ring", "critical"}});
    out.counter("tapio_agent_detail_events_total", "Ordinary starts and ends of programs that were held back: "
                                                   "sent since an insight is about them, or left out.")
        .add(snapshot.detail.released, {{"outcome", "sent"}})
        .add(snapshot.detail.leftOut, {{"outcome", "left_out"}});
    out.counter("tapio_agent_connections_told_within_total",
                "Ordinary connections that were told within the event of another just like them.")
        .add(snapshot.toldWithin.connections);
    out.counter("tapio_agent_answers_told_within_total",
                "Ordinary answers of name servers that were told within the event of another just like them.")
        .add(snapshot.toldWithin.answers);
    out.gauge("tapio_agent_batch_events", "Events in the batch that is being filled, or held back.")
        .add(std::uint64_t{snapshot.pendingEvents});
    out.counter("tapio_agent_origins_unlearnt_total",
                "Origins of events that were sent without it and never amended, by why they are not waited for any longer.")
        .add(snapshot.unlearnt.outOfTime, {{"cause", "time"}})
        .add(snapshot.unlearnt.outOfRoom, {{"cause", "room"}});
    out.gauge("tapio_agent_cgroups", "Cgroups that are sampled.").add(std::uint64_t{snapshot.cgroups});
    out.gauge("tapio_agent_cgroups_cut_off", "Cgroups beyond collect.max_cgroups, which are not sampled.")
        .add(std::uint64_t{snapshot.cgroupsCutOff});
}

void addLink(MetricFamilies &out, const AgentView &view)
{
    const SessionStatus &link = view.link;
    out.gauge("tapio_agent_link_state", "1 for the state that the link to the server is in, 0 for the others.");
    for (const SessionPhase phase : {SessionPhase::Offline, SessionPhase::Greeting, SessionPhase::Up})
        out.add(link.phase == phase ? 1.0 : 0.0, {{"state", std::string(sessionPhaseName(phase))}});
    out.counter("tapio_agent_sessions_total", "How often a server welcomed the agent.").add(link.sessions);
    out.counter("tapio_agent_sent_bytes_total", "Payload handed to the transport; frames that are sent again count again.")
        .add(link.sentBytes);
    out.gauge("tapio_agent_queue_events", "Events held for the server: waiting, or sent and not confirmed.")
        .add(link.queuedEvents, {{"state", "waiting"}})
        .add(link.inFlightEvents, {{"state", "in_flight"}});
    out.gauge("tapio_agent_queue_bytes", "Bytes of frames held for the server.").add(std::uint64_t{link.ringBytes});
    out.gauge("tapio_agent_queue_limit_bytes", "Bytes of frames that can be held: server.queue_bytes.")
        .add(std::uint64_t{view.queueLimitBytes});
    out.gauge("tapio_agent_queue_oldest_age_seconds", "Age of the oldest event held for the server; 0 = none is.")
        .add(link.oldestEventNs == 0 ? 0.0 : std::max(seconds(view.nowUtcNs - link.oldestEventNs), 0.0));
    out.counter("tapio_agent_events_produced_total", "Events that were given a number.").add(link.producedEvents);
    out.counter("tapio_agent_events_abandoned_total", "Events that were sent and given up before the server had confirmed them.")
        .add(link.abandonedEvents);
    if (link.uncertaintyNs < 0)
        return;
    out.gauge("tapio_agent_clock_offset_seconds", "The server's clock minus this node's.").add(seconds(link.offsetNs));
    out.gauge("tapio_agent_clock_offset_uncertainty_seconds", "By how much the offset may be wrong.").add(seconds(link.uncertaintyNs));
}

void addKubernetes(MetricFamilies &out, const KubeFigures &kube, std::int64_t nowUtcNs)
{
    out.counter("tapio_agent_kubernetes_lists_total", "Lists of this node's pods that came whole; of a kubelet: polls.").add(kube.lists);
    out.counter("tapio_agent_kubernetes_watches_total", "Watches of this node's pods that were begun.").add(kube.watches);
    out.counter("tapio_agent_kubernetes_watch_events_total", "What watches told, by kind.")
        .add(kube.events, {{"kind", "pod"}})
        .add(kube.bookmarks, {{"kind", "bookmark"}});
    out.counter("tapio_agent_kubernetes_failures_total", "Requests to Kubernetes that failed, by cause.")
        .add(kube.expired, {{"cause", "expired"}})
        .add(kube.unauthorized, {{"cause", "unauthorized"}})
        .add(kube.forbidden, {{"cause", "forbidden"}})
        .add(kube.refused, {{"cause", "refused"}})
        .add(kube.disconnected, {{"cause", "disconnected"}})
        .add(kube.malformed, {{"cause", "malformed"}});
    out.counter("tapio_agent_kubernetes_pods_left_out_total", "Pods that were told of and not taken, by cause.")
        .add(kube.unusable, {{"cause", "unusable"}})
        .add(kube.noRoom, {{"cause", "no_room"}});
    out.counter("tapio_agent_kubernetes_token_reads_total", "How often the token was read from its file.").add(kube.tokenReads);
    out.gauge("tapio_agent_kubernetes_pods", "Pods of this node that are known.")
        .add(kube.pods, {{"state", "present"}})
        .add(kube.podsGone, {{"state", "deleted"}});
    out.gauge("tapio_agent_kubernetes_answer_age_seconds",
              "Since Kubernetes last answered as it should; a watch may be silent for minutes.");
    if (kube.lastSuccessUtcNs != 0)
        out.add(std::max(seconds(nowUtcNs - kube.lastSuccessUtcNs), 0.0));
}

/// Names that every client library uses (prometheus.io/docs/instrumenting/writing_clientlibs, "process metrics").
void addProcess(MetricFamilies &out, const ProcessFigures &process)
{
    out.counter("process_cpu_seconds_total", "CPU time of the agent's process, user and system, kernel programs not included.")
        .add(process.cpuSeconds);
    out.gauge("process_resident_memory_bytes", "Resident memory of the agent's process.").add(process.residentBytes);
    out.gauge("process_virtual_memory_bytes", "Virtual memory of the agent's process.").add(process.virtualBytes);
    out.gauge("process_open_fds", "Open file descriptors of the agent's process.").add(process.openDescriptors);
    out.gauge("process_start_time_seconds", "Start of the agent's process, Unix time.").add(process.startTimeSeconds);
}

void addHttp(MetricFamilies &out, const HttpFigures &http)
{
    out.counter("tapio_agent_http_responses_total", "Answers to scrapes and probes, by status.");
    for (const auto &[status, count] : http.responses)
        out.add(count, {{"code", std::to_string(status)}});
    out.counter("tapio_agent_http_connections_ended_total", "Connections that the agent ended: not done in time, or one too many.")
        .add(http.timedOut, {{"cause", "deadline"}})
        .add(http.crowdedOut, {{"cause", "crowded"}});
}

} // namespace

std::string renderMetrics(const AgentView &view, const HttpFigures &http)
{
    MetricFamilies out;
    out.gauge("tapio_agent_build_info", "Always 1; the labels say what runs.")
        .add(1.0, {{"version", view.version}, {"node", view.node}, {"config_sha256", view.configSha256}});
    out.gauge("tapio_agent_config_last_reload_successful", "1 when the configuration could be read the last time it was asked for.")
        .add(view.lastReloadWorked ? 1.0 : 0.0);
    out.gauge("tapio_agent_config_last_reload_success_timestamp_seconds", "When the configuration was last read and understood, Unix time.")
        .add(seconds(view.configSinceUtcNs));
    if (view.link.counters) {
        addCounters(out, *view.link.counters);
        addLeftOut(out, *view.link.counters);
    }
    if (view.collect)
        addCollecting(out, *view.collect);
    addLink(out, view);
    if (view.kubernetes)
        addKubernetes(out, *view.kubernetes, view.nowUtcNs);
    addProcess(out, view.process);
    addHttp(out, http);
    return out.text();
}

} // namespace tapio::agent
