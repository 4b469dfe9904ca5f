// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/kernelobject.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <iterator>
#include <random>
#include <utility>

#include <linux/capability.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <tapio_collectors.skel.h>

#include "agent/collect/kernel/hookrefusals.h"
#include "agent/collect/kernel/prerequisites.h"
#include "agent/collect/kernel/uprobemulti.h"
#include "bpf/include/tapio_records.h"

namespace tapio::agent {

namespace {

constexpr std::uint32_t mostExhausted = 64; ///< processes without a descriptor left that one look tells
constexpr std::uint64_t wakeFraction = 4;   ///< the reader is woken when 1/4 of the event ring is full

bool isTracepoint(std::string_view attachKind) { return attachKind == "tp_btf" || attachKind == "raw_tp" || attachKind == "tracepoint"; }

bool isUprobe(std::string_view attachKind) { return attachKind == "uprobe_multi" || attachKind == "uprobe"; }

/// Runs an iterator over all that exists now. False with errno.
bool runIterator(int linkFd)
{
    const int iterator = bpf_iter_create(linkFd);
    if (iterator < 0)
        return false;
    std::array<char, 64> nothing; // our iterators print nothing
    ssize_t count = 0;
    do {
        count = ::read(iterator, nothing.data(), nothing.size());
    } while (count > 0 || (count < 0 && (errno == EINTR || errno == EAGAIN)));
    const int error = errno;
    ::close(iterator);
    errno = error;
    return count == 0;
}

std::uint32_t pageSize() noexcept { return static_cast<std::uint32_t>(::sysconf(_SC_PAGESIZE)); }

Status checkRing(std::uint32_t bytes, const char *name)
{
    const std::uint32_t page = pageSize();
    if (!std::has_single_bit(bytes) || bytes < page || bytes > 1u << 30)
        return fail(Errc::InvalidArgument, std::string("the ") + name + " ring's size must be a power of two from " + std::to_string(page)
                                               + " bytes to 1 GiB, not " + std::to_string(bytes));
    return {};
}

} // namespace

void KernelObject::SkeletonDeleter::operator()(tapio_collectors *skeleton) const noexcept { tapio_collectors__destroy(skeleton); }

void KernelObject::LinkDeleter::operator()(bpf_link *link) const noexcept { bpf_link__destroy(link); }

void KernelObject::HookRun::stepDown(wire::HookState newState, const std::string &why)
{
    if (!reason.empty())
        reason += "; ";
    reason += std::string(candidates.front().attachKind) + ": " + why;
    state = newState;
    candidates.erase(candidates.begin());
}

KernelObject::KernelObject(const KernelOptions &options)
    : m_options(options), m_off(options.disabledCollectors.begin(), options.disabledCollectors.end()), m_types(options.btfPath),
      m_mayCarry(options.commonPrograms)
{}

KernelObject::~KernelObject()
{
    m_ssl.reset();
    m_runTimes.reset();
    m_hooks.clear();
}

Result<std::unique_ptr<KernelObject>> KernelObject::open(const KernelOptions &options)
{
    for (const Status &status :
         {checkRing(options.eventRingBytes, "event"), checkRing(options.criticalRingBytes, "critical"), check(options.configurationFiles),
          checkCapabilities(), checkBtf(options.btfPath.empty() ? kernelBtfPath : options.btfPath)}) {
        if (!status)
            return fail(status.error());
    }
    libbpf_set_print(nullptr); // what it would print to stderr is in the hooks' reasons
    std::unique_ptr<KernelObject> object(new KernelObject(options));
    object->chooseCandidates();
    if (const Status status = object->start(); !status)
        return fail(status.error());
    RunTimeStatistics &statistics = *object; // which nobody else can say
    if (options.runTimeStatistics)
        object->m_runTimes.emplace(statistics, object->m_clock.bootNs(), std::random_device()());
    return object;
}

bool KernelObject::turnOn()
{
    m_statisticsFd = bpf_enable_stats(BPF_STATS_RUN_TIME);
    return m_statisticsFd >= 0;
}

void KernelObject::turnOff() { ::close(std::exchange(m_statisticsFd, -1)); }

std::vector<RunTime> KernelObject::read() const
{
    std::vector<RunTime> all;
    for (const HookRun &hook : m_hooks) {
        bpf_prog_info info{};
        std::uint32_t size = sizeof(info);
        const bool isThere = hook.program != nullptr && bpf_obj_get_info_by_fd(bpf_program__fd(hook.program), &info, &size) == 0;
        all.push_back(isThere ? RunTime{info.run_time_ns, info.run_cnt} : RunTime());
    }
    return all;
}

void KernelObject::measureRunTimes()
{
    if (m_runTimes && !m_options.measureAllRuns) // the first measurement then never ends
        m_runTimes->turn(m_clock.bootNs());
}

bool KernelObject::isOff(const HookSpec &spec) const
{
    return m_off.contains(spec.collector) && (spec.alsoFor.empty() || m_off.contains(spec.alsoFor));
}

/// On whose account a hook runs: of two that need it the first that is on.
std::string_view KernelObject::collectorOf(const HookSpec &spec) const
{
    const bool isForOther = !spec.alsoFor.empty() && m_off.contains(spec.collector) && !m_off.contains(spec.alsoFor);
    return isForOther ? spec.alsoFor : spec.collector;
}

void KernelObject::chooseCandidates()
{
    for (const HookSpec &spec : hookTable()) {
        HookRun hook;
        hook.spec = &spec;
        if (isOff(spec)) {
            hook.state = wire::HookState::Disabled;
            hook.reason = "disabled by configuration";
        } else {
            for (const std::string &kind : m_options.attachKinds) {
                std::copy_if(spec.alternatives.begin(), spec.alternatives.end(), std::back_inserter(hook.candidates),
                             [&](const HookAlternative &alternative) { return alternative.attachKind == kind; });
            }
            if (hook.candidates.empty()) {
                hook.state = wire::HookState::Disabled;
                hook.reason = "every way of attaching is disabled by configuration";
            }
        }
        while (hook.wanted() && m_types.known() && isTracepoint(hook.candidates.front().attachKind) && !m_types.hasTracepoint(spec.name))
            hook.stepDown(wire::HookState::Unsupported, "this kernel does not have it");
        while (hook.wanted() && m_types.known() && m_types.argumentCount(spec.name) < spec.leastArguments)
            hook.stepDown(wire::HookState::Unsupported, "this kernel's tells too little");
        m_hooks.push_back(std::move(hook));
    }
    stepDownFromUprobeMulti();
    dropTheUseless();
}

/// A kernel that does not know such links loads the programs for them all the same, and refuses when it is too late to load others.
void KernelObject::stepDownFromUprobeMulti()
{
    const auto isMulti = [](const HookRun &hook) { return hook.wanted() && hook.candidates.front().attachKind == "uprobe_multi"; };
    if (std::none_of(m_hooks.begin(), m_hooks.end(), isMulti))
        return;
    const int error = m_options.uprobeMultiRefusal ? m_options.uprobeMultiRefusal() : uprobeMultiRefusal();
    if (error == 0)
        return;
    const auto [state, why] = attachRefusal("uprobe_multi", error);
    for (HookRun &hook : m_hooks) {
        if (isMulti(hook))
            hook.stepDown(state, why);
    }
}

/// Hooks that say nothing, or worse, something false, without another one of their collector that is not to be had.
void KernelObject::dropTheUseless()
{
    for (const HookRun &missing : m_hooks) {
        if (missing.spec->bond != Bond::Needed || missing.wanted())
            continue;
        for (HookRun &hook : m_hooks) {
            if (hook.spec->collector != missing.spec->collector || hook.spec->bond == Bond::Alone || !hook.wanted())
                continue;
            hook.link.reset();
            hook.candidates.clear();
            hook.state = missing.state;
            hook.reason = "of no use without " + std::string(missing.spec->name) + ": " + missing.reason;
        }
    }
}

Status KernelObject::start()
{
    for (;;) {
        if (Status status = load(); !status) {
            if (!stepDownUnloadable() && !std::exchange(m_mayCarry, false))
                return status;
            continue;
        }
        if (Status status = identifySelf(); !status)
            return status;
        chooseWhoPaysForForks();
        if (attachAll()) {
            openSslProbes();
            return nothingLeft();
        }
    }
}

std::vector<KernelObject::Choice> KernelObject::currentChoices() const
{
    std::vector<Choice> choices;
    for (const HookRun &hook : m_hooks) {
        if (hook.wanted())
            choices.push_back({hook.spec->collector, hook.candidates.front().program});
    }
    return choices;
}

Result<KernelObject::Skeleton> KernelObject::openSkeleton(const std::vector<Choice> &choices) const
{
    bpf_object_open_opts options{};
    options.sz = sizeof(options);
    options.btf_custom_path = m_options.btfPath.empty() ? nullptr : m_options.btfPath.c_str();
    tapio_collectors *const opened = tapio_collectors__open_opts(&options);
    if (opened == nullptr)
        return failErrno("reading our own kernel programs", errno);
    Skeleton skeleton(opened, SkeletonDeleter());
    bpf_program *program = nullptr;
    bpf_object__for_each_program(program, skeleton->obj)
    {
        const bool wanted = std::any_of(choices.begin(), choices.end(),
                                        [&](const Choice &choice) { return std::strcmp(choice.program, bpf_program__name(program)) == 0; });
        bpf_program__set_autoload(program, wanted || program == skeleton->progs.identify);
        if (std::string_view(bpf_program__name(program)).ends_with("_multi"))
            bpf_program__set_expected_attach_type(program, static_cast<bpf_attach_type>(uprobeMultiAttachType));
    }
    sizeMaps(*skeleton, choices);
    skeleton->rodata->tapio_wake_bytes = m_options.eventRingBytes / wakeFraction;
    skeleton->rodata->tapio_page_shift = static_cast<std::uint32_t>(std::countr_zero(pageSize()));
    skeleton->rodata->tapio_dns_wait_ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(m_options.dnsWait).count());
    skeleton->rodata->tapio_told_capabilities = m_options.toldCapabilities;
    skeleton->rodata->tapio_told_when_granted = 1ull << CAP_DAC_READ_SEARCH; // asked for before CAP_DAC_OVERRIDE
    skeleton->rodata->tapio_capability_quiet_ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(m_options.capabilityQuiet).count());
    skeleton->rodata->tapio_entry_quiet_ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(m_options.entryQuiet).count());
    describeTracepoints(*skeleton);
    describeFiles(*skeleton);
    return skeleton;
}

Status KernelObject::load()
{
    m_skeleton.reset();
    auto skeleton = openSkeleton(currentChoices());
    if (!skeleton)
        return fail(skeleton.error());
    if (const int error = tapio_collectors__load(skeleton->get()); error != 0)
        return failErrno("the kernel refuses our programs", -error);
    m_skeleton = std::move(*skeleton);
    for (HookRun &hook : m_hooks) {
        hook.program = hook.wanted() ? bpf_object__find_program_by_name(m_skeleton->obj, hook.candidates.front().program) : nullptr;
    }
    return {};
}

/// Tries each current program alone. False when none of them is to blame.
bool KernelObject::stepDownUnloadable()
{
    bool any = false;
    for (HookRun &hook : m_hooks) {
        if (!hook.wanted())
            continue;
        const char *name = hook.candidates.front().program;
        auto skeleton = openSkeleton({{hook.spec->collector, name}});
        if (!skeleton)
            return any;
        std::vector<char> log(64u << 10);
        bpf_program__set_log_buf(bpf_object__find_program_by_name((*skeleton)->obj, name), log.data(), log.size());
        if (const int error = tapio_collectors__load(skeleton->get()); error != 0) {
            const auto [state, why] = loadRefusal(-error, log.data());
            hook.stepDown(state, why);
            any = true;
        }
    }
    dropTheUseless();
    return any;
}

Status KernelObject::runOnce(const bpf_program *program)
{
    bpf_test_run_opts options{};
    options.sz = sizeof(options);
    const int error = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
    if (error != 0)
        return failErrno("running our own kernel program once", -error);
    return {};
}

Status KernelObject::identifySelf() { return runOnce(m_skeleton->progs.identify); }

void KernelObject::tellWaiting()
{
    const auto tell = [this](const bpf_program *program, __u64 &waiting) {
        HookRun *hook = hookOf(program);
        if (hook != nullptr && hook->state == wire::HookState::Active && std::atomic_ref(waiting).load(std::memory_order_relaxed) != 0)
            runHook(*hook);
    };
    tell(m_skeleton->progs.dns_timeouts, m_skeleton->bss->tapio_dns_waiting);
    tell(m_skeleton->progs.file_counted, m_skeleton->bss->tapio_file_kinds);
}

void KernelObject::lookAtDescriptors()
{
    HookRun *hook = hookOf(m_skeleton->progs.descriptors_used);
    if (hook == nullptr || hook->state != wire::HookState::Active || iterate(*hook))
        return;
    hook->state = wire::HookState::Failed;
    hook->reason = "looking at all processes: " + std::generic_category().message(errno);
}

/// Runs an iterator over all that exists now. False with errno.
bool KernelObject::iterate(HookRun &hook)
{
    std::atomic_ref(m_skeleton->bss->tapio_descriptors_room).store(mostExhausted, std::memory_order_relaxed);
    return runIterator(bpf_link__fd(hook.link.get()));
}

/// Also of a collector that was just switched off.
void KernelObject::tellAllCounted()
{
    HookRun *hook = hookOf(m_skeleton->progs.file_counted);
    if (hook == nullptr || std::atomic_ref(m_skeleton->bss->tapio_file_kinds).load(std::memory_order_relaxed) == 0)
        return;
    std::atomic_ref ends(m_skeleton->bss->tapio_file_ends);
    ends.store(1);
    runHook(*hook);
    ends.store(0);
}

KernelObject::HookRun *KernelObject::hookOf(const bpf_program *program)
{
    const auto hook = std::find_if(m_hooks.begin(), m_hooks.end(), [&](const HookRun &one) { return one.program == program; });
    return hook == m_hooks.end() ? nullptr : &*hook;
}

void KernelObject::runHook(HookRun &hook)
{
    if (const Status run = runOnce(hook.program); !run) {
        hook.state = wire::HookState::Failed;
        hook.reason = run.error().message();
    }
}

/// As a link, so that others at the same cgroup keep theirs. False with a step down.
bool KernelObject::attachToCgroups(HookRun &hook)
{
    if (m_cgroupRoot.fd() < 0) {
        auto root = CgroupRoot::open(m_options.cgroupRoot);
        if (!root) {
            const bool denied = root.error().code() == Errc::PermissionDenied;
            hook.stepDown(denied ? wire::HookState::Denied : wire::HookState::Unsupported, root.error().message());
            return false;
        }
        m_cgroupRoot = std::move(*root);
    }
    hook.link.reset(bpf_program__attach_cgroup(hook.program, m_cgroupRoot.fd()));
    return true;
}

void KernelObject::attach(HookRun &hook)
{
    const std::string_view kind = hook.candidates.front().attachKind;
    if (kind == "cgroup") {
        if (!attachToCgroups(hook))
            return;
    } else if (kind != "run" && !isUprobe(kind)) {
        hook.link.reset(bpf_program__attach(hook.program));
    }
    const bool attached = hook.link || kind == "run" || isUprobe(kind);
    if (!attached || (kind == "iter" && !iterate(hook))) {
        const int error = errno;
        hook.link.reset();
        const auto [state, why] = attachRefusal(kind, error);
        hook.stepDown(state, why);
        return;
    }
    hook.state = wire::HookState::Active;
}

/// False when a hook had to step down and another of its programs must be loaded.
bool KernelObject::attachAll()
{
    bool reload = false;
    for (HookRun &hook : m_hooks) {
        if (!hook.wanted())
            continue;
        attach(hook);
        reload = reload || (hook.state != wire::HookState::Active && hook.wanted());
    }
    dropTheUseless();
    if (reload) {
        for (HookRun &hook : m_hooks)
            hook.link.reset();
    } else {
        carry();
    }
    return !reload;
}

void KernelObject::chooseWhoPaysForForks()
{
    const bool runqueuePays = m_off.contains("security") && !m_off.contains("runqueue");
    std::atomic_ref(m_skeleton->data->tapio_fork_collector)
        .store(runqueuePays ? TAPIO_RUNQUEUE : TAPIO_SECURITY, std::memory_order_relaxed);
}

void KernelObject::setDisabled(const std::set<std::string> &collectors)
{
    if (m_off.contains("http") && !collectors.contains("http"))
        std::atomic_ref(m_skeleton->bss->tapio_http_generation).fetch_add(1, std::memory_order_relaxed);
    if (m_off.contains("https") && !collectors.contains("https"))
        std::atomic_ref(m_skeleton->bss->tapio_https_generation).fetch_add(1, std::memory_order_relaxed);
    forgetSocketsIfOff();
    m_off = {m_options.disabledCollectors.begin(), m_options.disabledCollectors.end()}; // were not loaded
    m_off.insert(collectors.begin(), collectors.end());
    chooseWhoPaysForForks();
    carry();
    for (HookRun &hook : m_hooks) {
        const bool off = isOff(*hook.spec);
        if (off && hook.state == wire::HookState::Active) {
            hook.link.reset();
            hook.state = wire::HookState::Disabled;
            hook.reasonAttached = std::exchange(hook.reason, "disabled by configuration");
        } else if (!off && hook.state == wire::HookState::Disabled && hook.wanted()) {
            hook.reason = std::exchange(hook.reasonAttached, {});
            attach(hook);
        }
    }
    dropTheUseless();
    carry();
    forgetSocketsIfOff();
    if (m_ssl)
        m_ssl->setOn(!m_off.contains("https"));
    if (collectors.contains("dns"))
        forgetDnsQuestions();
    if (collectors.contains("file"))
        tellAllCounted();
}

/// An error when everything that was asked for was refused: then the reason is the same for all, and it is the machine's.
Status KernelObject::nothingLeft() const
{
    const HookRun *refused = nullptr;
    for (const HookRun &hook : m_hooks) {
        if (hook.state == wire::HookState::Active)
            return {};
        if (hook.state != wire::HookState::Disabled)
            refused = &hook;
    }
    if (!refused)
        return {};
    return fail(Errc::Unsupported, "the kernel takes none of our programs; " + std::string(refused->spec->name) + ": " + refused->reason);
}

void KernelObject::openSslProbes()
{
    SslProbes::Programs programs;
    std::size_t next = 0;
    for (const HookRun &hook : m_hooks) { // in the order of SslProbe
        if (hook.spec->collector == "https" && hook.wanted() && isUprobe(hook.candidates.front().attachKind) && next < programs.size())
            programs[next++] = {hook.program, hook.candidates.front().attachKind == "uprobe_multi"};
    }
    if (next == programs.size())
        m_ssl = std::make_unique<SslWatcher>(m_skeleton, programs,
                                             SslProbes::Options{m_options.procRoot, m_options.librariesRound, {}, openMapped});
}

/// What belongs into libraries that nobody has mapped yet has nothing to watch.
wire::HookState KernelObject::stateOf(const HookRun &hook) const
{
    const bool waits =
        hook.state == wire::HookState::Active && isUprobe(hook.candidates.front().attachKind) && !(m_ssl && m_ssl->isAttached());
    return waits ? wire::HookState::Unknown : hook.state;
}

std::vector<wire::Hook> KernelObject::hooks() const
{
    std::vector<wire::Hook> reports;
    const std::vector<RunTime> runTimes = m_runTimes ? m_runTimes->at(m_clock.bootNs()) : std::vector<RunTime>();
    for (std::size_t i = 0; i < m_hooks.size(); ++i) {
        const HookRun &hook = m_hooks[i];
        wire::Hook report;
        report.collector = collectorOf(*hook.spec);
        report.name = hook.spec->name;
        report.state = stateOf(hook);
        report.reason = hook.reason;
        if (hook.state == wire::HookState::Active) {
            report.attachKind = hook.candidates.front().attachKind;
            if (isCarried(hook))
                report.reason = "done by the program of " + std::string(hook.spec->carriedBy) + ", and in its run time";
            if (i < runTimes.size()) {
                report.runTimeNs = runTimes[i].ns;
                report.runCount = runTimes[i].runs;
            }
        }
        reports.push_back(std::move(report));
    }
    if (m_ssl)
        std::ranges::move(m_ssl->hooks(), std::back_inserter(reports));
    return reports;
}

KernelFilters::Maps KernelObject::filterMaps() const
{
    return {mapFd("filters"), mapFd("filter_verdicts"), mapFd("filter_buckets"), &m_skeleton->bss->tapio_filter_active};
}

void KernelObject::setUtcMinusBoot(std::int64_t ns)
{
    std::atomic_ref(m_skeleton->bss->tapio_utc_minus_boot_ns).store(static_cast<std::uint64_t>(ns), std::memory_order_relaxed);
}

int KernelObject::mapFd(const char *name) const { return bpf_object__find_map_fd_by_name(m_skeleton->obj, name); }

} // namespace tapio::agent
