// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <spdlog/logger.h>

#include "agent/collect/cgroupinventory.h"
#include "agent/collect/kernelcollectors.h"
#include "agent/collect/readers/eventreader.h"
#include "agent/collect/readers/kubernetesreader.h"
#include "agent/collect/readers/pressurereader.h"
#include "agent/collect/sampler.h"
#include "agent/collect/samplers/kernelsampler.h"
#include "agent/collect/samplers/selfsampler.h"
#include "agent/collect/selfuse.h"
#include "agent/collect/volumelooks.h"
#include "agent/enrich/originresolver.h"
#include "agent/filter/filterkeeper.h"
#include "agent/pipeline/budget.h"
#include "agent/pipeline/correlator.h"
#include "agent/pipeline/pipeline.h"

namespace tapio::agent {

class LabelInbox;

/// Rules of this node, for the engine.
struct CorrelationOptions {
    bool isOn = true;
    std::filesystem::path rules; ///< folder; empty = those that the program brings along
    bool isDetailHeld = true;    ///< detail goes out around insights alone (detailhold.h), ordinary connections together (flowfold.h)
};

struct CollectOptions {
    std::string node;
    std::filesystem::path cgroupRoot = "/sys/fs/cgroup";
    ResolverOptions resolver;       ///< its procRoot is everybody's
    std::set<std::string> disabled; ///< collectors: "tcp", "psi", "disk" ...
    std::filesystem::path kmsg = "/dev/kmsg";
    std::filesystem::path logs = "/var/log";            ///< of the host: the folder journal, auth.log or secure
    std::filesystem::path journal = "/run/log/journal"; ///< of the host: where journald stores when not in the former
    std::size_t maxCgroups = 1024;
    PressureOptions pressure; ///< its procRoot is the resolver's
    KubernetesOptions kubernetes;
    std::chrono::milliseconds hostInterval{1000};
    std::chrono::milliseconds cgroupInterval{2000}; ///< stretched where there are many: see cgroupShare
    std::chrono::milliseconds filesystemInterval{10'000};
    BatchLimits batch;
    std::vector<wire::Hook> otherHooks; ///< states that others found, told with the rest
    FilterRules filter;
    BudgetLimits budget;
    BudgetListener *budgetListener = nullptr; ///< outlives the loop; null = the log only
    std::function<SelfUse()> readSelf = readSelfUse;
    std::shared_ptr<LabelInbox> drillLabels;       ///< null: drills are not allowed here
    std::uint64_t streamId = 0;                    ///< of the agent's own stream
    std::optional<CorrelationOptions> correlation; ///< none: nothing is correlated here
};

/// What of it can change while the loop runs.
struct CollectChange {
    std::set<std::string> disabled;
    std::size_t maxCgroups = 0;
    std::chrono::milliseconds hostInterval{0}, cgroupInterval{0};
    std::vector<wire::Hook> otherHooks;
    BudgetLimits budget;
    FilterRules filter{};
    std::optional<CorrelationOptions> correlation{};
};

/// The collector reads files; the others are kernel programs.
bool readsFiles(std::string_view collector) noexcept;

/// Sampling cgroups takes 1/cgroupShare of a core at most: about 70 us each, so from some 150 of them on the interval grows.
inline constexpr std::int64_t cgroupShare = 200;

/// How long the rings are read at the end: twice what full ones of the usual size take, and far from the two seconds in all.
inline constexpr std::chrono::milliseconds mostDraining{400};
/// Between two counter reports that tell of rules.
inline constexpr std::chrono::milliseconds rulesEvery{10'000};

/// Opens the kernel programs with the sink that they are to feed. Called on the collecting thread.
using KernelFactory = std::function<Result<std::unique_ptr<KernelCollectors>>(KernelRecordSink &)>;

/// What the collecting thread needs of the publisher; all callable from any thread.
struct PublisherPort {
    Outlet &outlet;
    std::function<SelfSampler::Traffic()> traffic;
    std::function<std::optional<wire::Filter>()> takeFilter;
};

/// Sums over all sources as of the last counter report, for the log.
struct CollectTotals {
    std::uint64_t drained = 0; ///< events
    std::uint64_t missing = 0; ///< lost, shed, and dropped by a full queue before the publisher; frames of samples too
};

/// How full one of the kernel's rings is, bytes.
struct RingFill {
    std::uint64_t waitingBytes = 0;
    std::uint64_t sizeBytes = 0;
};

/// The overhead budget and what it came to.
struct BudgetState {
    BudgetLimits limits;
    BudgetSpent spent;
    ShedStep step = ShedStep::None;
    std::uint64_t stepsTaken = 0;
    std::uint64_t trimmedEvents = 0;
    FoldTotals folded;
};

/// What the collecting thread knows of itself, made each second for whoever asks. Never changed once it is made, so that asking costs
/// the thread nothing.
struct CollectSnapshot {
    std::int64_t takenBootNs = 0;
    std::vector<wire::Hook> hooks;
    RingFill events, critical;
    BudgetState budget;
    FilterState filter;
    std::size_t pendingEvents = 0; ///< in the batch that is being filled, or held by the budget
    DetailHold::Totals detail;
    FlowFold::Within toldWithin;                  ///< another's event, cumulative
    AmendmentLedger::Totals unlearnt;             ///< origins of events that were sent before they were known, and never were
    std::vector<correlation::RuleCounters> rules; ///< of the correlation engine
    std::size_t cgroups = 0;                      ///< sampled
    std::size_t cgroupsCutOff = 0;                ///< exist, but beyond collect.max_cgroups
};

/// All that happens on the collecting thread: poll the kernel's rings, and each second samples, counters, hooks and the clock.
class CollectLoop {
public:
    /// Errors: those of KernelCollectors::open. What is referred to outlives the loop.
    static Result<std::unique_ptr<CollectLoop>> open(CollectOptions options, const KernelFactory &openKernel, PublisherPort port,
                                                     const Clock &clock, spdlog::logger &log);

    /// Polls once, for at most until something is due, then does that. Errors: those of KernelCollectors::poll.
    Status turn();
    /// Goes on with these; kernel programs that are loaded stay so.
    void change(CollectChange change);
    /// Any thread: ends the wait of a turn().
    void wake() { m_kernel->wake(); }
    /// Reads what is left in the rings, takes a last sample of what the kernel added up, and flushes; the counters as of then.
    /// In mostDraining and a little.
    wire::CounterReport finish();
    /// Tells it in the agent's own stream.
    void announce(wire::AgentNotice notice);
    void noteLostNotices(std::uint64_t count) { m_pipeline.noteLostNotices(count); }
    /// Every hook and file with its state; after a first turn or sampleAll().
    std::vector<wire::Hook> hooks() const;
    /// Runs every sampler now, and pushes what they give.
    void sampleAll();
    const CollectTotals &totals() const noexcept { return m_totals; }
    const FilterState &filter() const noexcept { return m_filter.state(); }
    /// Each second's; null before the first.
    const std::shared_ptr<const CollectSnapshot> &snapshot() const noexcept { return m_snapshot; }

private:
    CollectLoop(CollectOptions options, PublisherPort port, const Clock &clock, spdlog::logger &log);
    void makeSamplers();
    void makeCorrelator();
    void subscribeKernel();
    /// Those that are wanted and not there.
    void makeReaders();
    /// Of collectors that were switched off: what they kept is told, and what they counted stays.
    void endReaders();
    void readEvents();
    /// The kernel's and the readers', each source once.
    std::vector<SourceCounterSet> sourceCounters() const;

    struct Scheduled {
        std::unique_ptr<Sampler> sampler;
        std::int64_t intervalNs = 0;
        std::int64_t nextBootNs = 0;
    };
    void everySecond();
    void sampleDue(bool all);
    void walkAndSample(SampleWriter &writer);
    void push(SampleWriter &writer);
    void drainRings();
    void reportCounters();
    void reportHooks(const std::vector<wire::Hook> &hooks);
    void takeSnapshot(std::vector<wire::Hook> hooks);
    void keepBudget(const std::vector<wire::Hook> &hooks);
    void keepFilter();
    void tellLeftOut(bool all);
    void announce(wire::AgentNotice notice, const OriginPtr &about, const CgroupRef &cgroup);
    BudgetState budgetState() const;
    wire::CounterReport counters() const;
    void addRuleCounters(wire::CounterReport &report);

    CollectOptions m_options;
    PublisherPort m_port;
    const Clock &m_clock;
    spdlog::logger &m_log;
    BootTime m_bootTime;
    CgroupInventory m_inventory;
    OriginResolver m_resolver;
    std::unique_ptr<Correlator> m_correlator; ///< null: nothing is correlated
    std::optional<wire::Filter> m_subscribed; ///< as it came; nothing before any did
    Pipeline m_pipeline;
    std::unique_ptr<KernelCollectors> m_kernel;
    FilterKeeper m_filter;
    std::string m_filterProblem;         ///< as logged last
    std::uint64_t m_leftOutByTokens = 0; ///< records, as of the last counter report
    VolumeLooks m_volumes;               ///< of their reader and their sampler; outlives both, since a look may hang
    std::vector<Scheduled> m_samplers;
    std::vector<std::unique_ptr<EventReader>> m_readers;
    std::vector<SourceCounterSet> m_endedReaders;           ///< one of each source
    std::vector<std::unique_ptr<Sampler>> m_cgroupSamplers; ///< need the cgroups as they are now
    std::int64_t m_nextCgroupsBootNs = 0;
    std::int64_t m_nextRulesBootNs = 0;
    KernelSampler *m_kernelSampler = nullptr; ///< one of m_samplers
    CollectTotals m_totals;
    std::uint64_t m_sampleFrames = 0;        ///< made
    std::uint64_t m_refusedSampleFrames = 0; ///< of those: by a full queue
    std::string m_kernelProblem;             ///< as logged last
    std::vector<wire::Hook> m_reportedHooks;
    std::int64_t m_hooksReportedBootNs = 0;
    std::int64_t m_nextSecondBootNs = 0;
    std::shared_ptr<const CollectSnapshot> m_snapshot;
    OverheadBudget m_budget;
    std::uint64_t m_stepsTaken = 0;
    bool m_saidWithoutKernel = false;
    bool m_isOverAtRest = false; ///< as logged last
};

} // namespace tapio::agent
