// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/collect/kernel/cgrouproot.h"
#include "agent/collect/kernel/hooktable.h"
#include "agent/collect/kernel/kernelfilters.h"
#include "agent/collect/kernel/kernelgrace.h"
#include "agent/collect/kernel/kerneltypes.h"
#include "agent/collect/kernel/runtimemeter.h"
#include "agent/collect/kernel/sslwatcher.h"
#include "agent/collect/kernelcollectors.h"
#include "protocol/base/clock.h"
#include "protocol/base/result.h"
#include "protocol/wire/report.h"

struct bpf_link;
struct bpf_map;
struct bpf_program;
struct tapio_collectors;

namespace tapio::agent {

/// The loaded and attached programs. Loads all collectors as one object, which costs one reading of the kernel's types;
/// only when that fails is each program tried alone, to find and step down those that this kernel refuses.
/// One thread. Destructor detaches.
class KernelObject final : private RunTimeStatistics {
public:
    /// Errors: as KernelCollectors::open.
    static Result<std::unique_ptr<KernelObject>> open(const KernelOptions &options);
    ~KernelObject() override;
    KernelObject(const KernelObject &) = delete;
    KernelObject &operator=(const KernelObject &) = delete;

    /// Detaches the programs of these collectors, and attaches those of all others that are loaded.
    void setDisabled(const std::set<std::string> &collectors);
    /// States, with what the programs cost as RunTimeMeter knows it.
    std::vector<wire::Hook> hooks() const;
    /// Measures what the programs cost, now and then; twice a second.
    void measureRunTimes();
    /// How often the kernel skipped the programs of a collector because the same program was running already on that CPU.
    std::uint64_t recursionMisses(std::string_view collector) const;
    /// Has it look for processes that have no descriptor left. Where that fails, the hook says so from then on.
    void lookAtDescriptors();
    /// Has the kernel tell of the questions to name servers that nobody answered in time, and of failures of files that were counted for
    /// long enough; at once when there is neither. Where that fails, its hook says so from then on.
    void tellWaiting();
    /// Of failures of files, also those that were counted for a shorter time.
    void tellAllCounted();
    /// What finds the libraries for https; null where that is not loaded.
    SslWatcher *sslWatcher() noexcept { return m_ssl.get(); }
    /// -1 when there is no such map.
    int mapFd(const char *name) const;
    KernelFilters::Maps filterMaps() const;
    /// The programs compare times of files with those of the boot clock.
    void setUtcMinusBoot(std::int64_t ns);
    const KernelTypes &types() const noexcept { return m_types; }
    /// When everything is loaded: they take 6 MB.
    void forgetTypes() noexcept { m_types.forget(); }

private:
    struct SkeletonDeleter {
        void operator()(tapio_collectors *skeleton) const noexcept;
    };
    struct LinkDeleter {
        void operator()(bpf_link *link) const noexcept;
    };
    using Skeleton = std::shared_ptr<tapio_collectors>; ///< shared with looks for libraries that do not return

    struct Choice {
        std::string_view collector;
        const char *program;
    };
    struct HookRun {
        const HookSpec *spec = nullptr;
        std::vector<HookAlternative> candidates; ///< still to try; the first is the current one
        wire::HookState state = wire::HookState::Unknown;
        std::string reason;
        std::string reasonAttached; ///< while it is switched off: why it was not attached in a better way
        std::unique_ptr<bpf_link, LinkDeleter> link;
        bpf_program *program = nullptr;
        std::uint64_t missedOfCarrier =
            0; ///< runs that the kernel skipped of the program that carried it, before the last time it began to
        std::uint64_t carrierMissedBefore = 0; ///< what that program had missed when it last began to

        bool wanted() const noexcept { return !candidates.empty(); }
        void stepDown(wire::HookState newState, const std::string &why);
    };

    explicit KernelObject(const KernelOptions &options);
    bool turnOn() override;
    void turnOff() override;
    std::vector<RunTime> read() const override;
    void chooseCandidates();
    void stepDownFromUprobeMulti();
    Status start();
    void sizeMaps(tapio_collectors &skeleton, const std::vector<Choice> &choices) const;
    void describeTracepoints(tapio_collectors &skeleton) const;
    void describeFiles(tapio_collectors &skeleton) const;
    Result<Skeleton> openSkeleton(const std::vector<Choice> &choices) const;
    std::vector<Choice> currentChoices() const;
    Status load();
    bool stepDownUnloadable();
    Status identifySelf();
    Status runOnce(const bpf_program *program);
    HookRun *hookOf(const bpf_program *program); ///< null: none of the hooks runs it
    void runHook(HookRun &hook);
    bool iterate(HookRun &hook);
    bool attachAll();
    void attach(HookRun &hook);
    void dropTheUseless();
    void carry();
    void carry(std::string_view collector, std::uint32_t &isCarriedNow);
    void waitUntilSeen(const std::vector<HookRun *> &attached);
    static bool isCarried(const HookRun &hook);
    const HookRun *carrierOf(const HookRun &hook) const; ///< null: there is none
    bool attachToCgroups(HookRun &hook);
    void forgetSocketsIfOff();
    void forgetDnsQuestions();
    Status nothingLeft() const;
    bool isOff(const HookSpec &spec) const;
    std::string_view collectorOf(const HookSpec &spec) const;
    void chooseWhoPaysForForks();
    void openSslProbes();
    wire::HookState stateOf(const HookRun &hook) const;

    KernelOptions m_options;
    std::set<std::string, std::less<>> m_off; ///< collectors that are disabled now
    KernelTypes m_types;
    CgroupRoot m_cgroupRoot;
    bool m_mayCarry; ///< false: not wanted, or this kernel takes the programs, but not with the work of others in them
    KernelGrace m_grace;
    Skeleton m_skeleton;
    std::vector<HookRun> m_hooks;
    std::unique_ptr<SslWatcher> m_ssl; ///< null: https is not loaded
    SystemClock m_clock;
    int m_statisticsFd = -1;
    std::optional<RunTimeMeter> m_runTimes; ///< none: not asked for
};

} // namespace tapio::agent
