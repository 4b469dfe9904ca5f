// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/agent.h"

#include <algorithm>
#include <malloc.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <utility>

#include "agent/collect/procparse.h"
#include "agent/collect/smallfile.h"
#include "agent/config/collectors.h"
#include "agent/pipeline/notices.h"
#include "protocol/transport/pki.h"

namespace tapio::agent {

using std::chrono::milliseconds;

namespace {

/// systemd waits longer, but a person who pressed Ctrl-C does not: two seconds in all, with the collecting thread's end.
constexpr milliseconds farewell(1300);

/// Of Kubernetes, to --once-check.
constexpr milliseconds longestAnswer(5000);

std::uint64_t randomStreamId()
{
    std::uint64_t id = 0;
    while (id == 0) {
        if (getrandom(&id, sizeof(id), 0) != sizeof(id))
            id = 0;
    }
    return id;
}

wire::AgentInfo describe(const std::filesystem::path &procRoot)
{
    wire::AgentInfo info;
    info.version = TAPIO_VERSION;
    utsname names{};
    if (uname(&names) == 0)
        info.kernelRelease = names.release;
    SmallFileReader reader;
    if (const FileText file = reader.read(procRoot / "sys/kernel/random/boot_id"))
        info.bootId = std::string(file.text.substr(0, file.text.find('\n')));
    if (const FileText file = reader.read(procRoot / "stat"))
        info.cpuCount = parseProcStat(file.text).value_or(CpuTimes{}).onlineCpus;
    if (const FileText file = reader.read(procRoot / "meminfo"))
        info.memoryTotalBytes = parseMemInfo(file.text).totalBytes.value_or(0);
    info.pid = static_cast<std::uint32_t>(getpid());
    return info;
}

Result<PublisherOptions> publisherOptions(const AgentConfig &config)
{
    const auto address = parseHostPort(config.server);
    if (!address)
        return fail(address.error());
    PublisherOptions options;
    options.endpoint.host = address->host;
    options.endpoint.port = address->port;
    options.endpoint.tls = config.tls;
    options.endpoint.serverName = config.serverName;
    options.session.node = config.node;
    options.session.streamId = randomStreamId();
    options.session.info = describe(config.collect.resolver.procRoot);
    options.session.ringBytes = config.queueBytes;
    options.spool = config.spool;
    return options;
}

/// What the spool did since the start, and what it holds now; nothing while it never had to do anything.
std::string describe(const SpoolStatus &spool, std::int64_t nowNs)
{
    std::uint64_t dropped = 0;
    std::string causes;
    for (std::size_t cause = 0; cause < spoolCauses; ++cause) {
        dropped += spool.dropped[cause].frames;
        causes +=
            fmt::format("{}{} {}", cause == 0 ? "" : ", ", spoolCauseName(static_cast<SpoolCause>(cause)), spool.dropped[cause].events);
    }
    if (spool.held.frames + spool.spooled.frames + spool.earlierReplayed.frames + dropped == 0)
        return {};
    const std::int64_t ageNs = spool.held.events == 0 || spool.oldestNs == 0 ? 0 : std::max<std::int64_t>(nowNs - spool.oldestNs, 0);
    return fmt::format(
        "; spool {}: holds {} events ({} earlier) in {} frames, {} kB, oldest {} s; spooled {}, replayed {} ({} earlier), dropped {}",
        spoolStateName(spool.state), spool.held.events, spool.earlier.events, spool.held.frames, spool.held.bytes / 1000,
        ageNs / nsPerSecond, spool.spooled.events, spool.replayed.events, spool.earlierReplayed.events, causes);
}

/// Where --once-check's samples go.
class NoOutlet final : public Outlet {
public:
    bool push(Outgoing &&) override { return true; }
};

} // namespace

Result<std::string> nodeName(const AgentConfig &config, const Clock &clock)
{
    const auto need = [](const std::filesystem::path &file, const char *what) -> Status {
        if (file.empty())
            return fail(Errc::InvalidArgument, std::string("no ") + what + "; see --help, or the configuration's [server]");
        return {};
    };
    for (const Status &status : {need(config.tls.certificate, "certificate (--cert)"), need(config.tls.key, "private key (--key)"),
                                 need(config.tls.ca, "certificate authority (--ca)")}) {
        if (!status)
            return fail(status.error());
    }
    const auto certificate = transport::inspectCertificate(config.tls, clock);
    if (!certificate)
        return fail(certificate.error());
    const std::string &name = certificate->identity.name;
    if (certificate->identity.role != Role::Node) {
        return fail(Errc::InvalidArgument, config.tls.certificate.native() + " is the certificate of a "
                                               + std::string(roleName(certificate->identity.role))
                                               + ", but an agent needs one of a node; 'tapio pki issue node "
                                               + (config.node.empty() ? "NAME" : config.node) + "' makes it");
    }
    if (!config.node.empty() && config.node != name)
        return fail(Errc::InvalidArgument, "the node is called '" + config.node + "', but the certificate "
                                               + config.tls.certificate.native() + " is for '" + name + "'");
    return name;
}

Result<std::unique_ptr<Agent>> Agent::start(AgentConfig config, std::string configSha256, KernelFactory openKernel, const Clock &clock,
                                            spdlog::logger &log)
{
    auto options = publisherOptions(config);
    if (!options)
        return fail(options.error());
    options->session.info.configSha256 = configSha256;
    std::unique_ptr<Agent> agent(new Agent(std::move(*options), config, clock, log));
    Publisher &publisher = agent->m_publisher;
    config.collect.node = config.node;
    config.collect.disabled = switchedOff(config);
    config.collect.streamId = agent->m_streamId;
    config.collect.correlation = config.correlation;
    // Before the kernel programs: loading them takes a moment, and probes are to be told so.
    agent->m_blank.configSha256 = std::move(configSha256);
    agent->observe(config.observeAddress);
    config.collect.otherHooks.push_back(agent->m_observer->hook());
    config.collect.resolver.cluster = agent->m_kube;
    const PublisherPort port{publisher,
                             [&publisher] {
                                 const SessionStatus status = publisher.status();
                                 return SelfSampler::Traffic{status.sentBytes, status.queuedEvents + status.inFlightEvents};
                             },
                             [&publisher] { return publisher.takeFilter(); }};
    auto collect = CollectThread::start(std::move(config.collect), std::move(openKernel), port, clock, log);
    if (!collect)
        return fail(collect.error());
    agent->m_collect = std::move(*collect);
    agent->m_collecting = agent->m_collect.get();
    malloc_trim(0); // loading held all of the kernel's type information for a moment; the allocator keeps the room otherwise
    agent->m_lastBootNs = clock.bootNs();
    if (const Status status = publisher.start(); !status)
        return fail(status.error());
    return agent;
}

Agent::Agent(PublisherOptions options, const AgentConfig &config, const Clock &clock, spdlog::logger &log)
    : m_clock(clock), m_log(log), m_streamId(options.session.streamId), m_bootId(options.session.info.bootId),
      m_publisher(std::move(options), clock, log),
      m_kube(KubeSource::start(chooseKube(config.kubernetes, config.node, processEnvironment), clock, log))
{
    m_blank.version = TAPIO_VERSION;
    m_blank.node = config.node;
    m_blank.server = config.server;
    m_blank.queueLimitBytes = config.queueBytes;
    m_blank.configSinceUtcNs = clock.utcNs();
}

void Agent::observe(const std::string &address)
{
    m_observer.reset(); // the new one may want the same port
    m_observeAddress = address;
    m_observer = std::make_unique<Observer>(
        address, [this] { return view(); }, m_clock);
}

void Agent::change(const AgentConfig &config)
{
    const CollectOptions &collect = config.collect;
    m_collect->change({switchedOff(config),
                       collect.maxCgroups,
                       collect.hostInterval,
                       collect.cgroupInterval,
                       {m_observer->hook()},
                       collect.budget,
                       collect.filter,
                       config.correlation});
}

void Agent::changeFilter(const AgentConfig &config, const std::string &configSha256)
{
    {
        const std::lock_guard lock(m_mutex);
        m_blank.configSha256 = configSha256;
    }
    m_publisher.setConfigSha256(configSha256);
    change(config);
}

void Agent::answer(wire::FilterReply reply)
{
    m_collect->withFilter([this, reply = std::move(reply)](const FilterState &filter) mutable {
        reply.generation = filter.generation;
        reply.filterSha256 = filter.sha256;
        if (reply.applied && !filter.problem.empty()) {
            reply.applied = false;
            reply.code = "failed";
            reply.reason = filter.problem;
        }
        m_publisher.answer(std::move(reply));
    });
}

void Agent::reload(const AgentConfig &config, const std::string &configSha256)
{
    {
        const std::lock_guard lock(m_mutex);
        m_blank.configSha256 = configSha256;
        m_blank.lastReloadWorked = true;
        m_blank.configSinceUtcNs = m_clock.utcNs();
    }
    if (config.observeAddress != m_observeAddress) {
        observe(config.observeAddress);
        m_observer->announce(m_log);
    }
    change(config);
}

void Agent::noteRefusedReload()
{
    const std::lock_guard lock(m_mutex);
    m_blank.lastReloadWorked = false;
}

void Agent::announceLosses()
{
    for (const SpoolLoss &loss : m_publisher.takeSpoolLosses())
        announce(noticeOf(loss));
}

RunMark Agent::mark() const
{
    RunMark mark;
    mark.pid = static_cast<std::uint32_t>(getpid());
    mark.bootId = m_bootId;
    mark.utcNs = m_clock.utcNs();
    mark.bootNs = m_clock.bootNs();
    mark.unsafeEvents = heldAtEnd(m_publisher.status()).lostEvents;
    return mark;
}

void Agent::reconnect()
{
    std::string configSha256;
    {
        const std::lock_guard lock(m_mutex);
        configSha256 = m_blank.configSha256;
    }
    m_publisher.reload(std::move(configSha256));
}

AgentView Agent::view() const
{
    AgentView view;
    {
        const std::lock_guard lock(m_mutex);
        view = m_blank;
    }
    view.link = m_publisher.status();
    if (const CollectThread *collect = m_collecting.load()) {
        view.collectTurnedBootNs = collect->turnedBootNs();
        view.collect = collect->snapshot();
        view.failure = collect->failure();
    }
    view.kubernetes = m_kube->isAsked() ? std::optional(m_kube->figures()) : std::nullopt;
    view.process = readProcessFigures(m_clock);
    view.nowUtcNs = m_clock.utcNs();
    view.nowBootNs = m_clock.bootNs(); // last: nothing above is of later
    return view;
}

SessionStatus Agent::stop()
{
    wire::CounterReport last = m_collect->finish();
    return m_publisher.finish({std::move(last), {}}, farewell);
}

std::string Agent::progress()
{
    const CollectTotals totals = m_collect->totals();
    const SessionStatus link = m_publisher.status();
    const std::int64_t now = m_clock.bootNs();
    const double seconds = static_cast<double>(now - std::exchange(m_lastBootNs, now)) / 1e9;
    const std::uint64_t drained = totals.drained - std::exchange(m_lastDrained, totals.drained);
    const double rate = seconds > 0 ? static_cast<double>(drained) / seconds : 0;
    return fmt::format("pipeline: {:.0f} events/sec, queued {}, in flight {}, lost {}, sent {}, acknowledged {}, link {}{}", rate,
                       link.queuedEvents, link.inFlightEvents, totals.missing + link.droppedEvents + link.abandonedEvents, link.sentEvents,
                       link.ackedEvents, sessionPhaseName(link.phase), describe(link.spool, m_clock.utcNs()));
}

CheckReport checkOnce(const AgentConfig &config, const KernelFactory &openKernel, const Clock &clock, spdlog::logger &log)
{
    NoOutlet nowhere;
    const PublisherPort port{nowhere, [] { return SelfSampler::Traffic{}; }, [] { return std::nullopt; }};
    CheckReport report;
    CollectOptions options = config.collect;
    options.disabled = switchedOff(config);
    const auto name = nodeName(config, clock); // without a certificate the node may still have a name for Kubernetes
    const auto kube = KubeSource::start(chooseKube(config.kubernetes, name.value_or(config.node), processEnvironment), clock, log);
    options.resolver.cluster = kube;
    const auto loop = CollectLoop::open(std::move(options), openKernel, port, clock, log);
    if (!loop) {
        report.error = loop.error();
        return report;
    }
    kube->waitForAnswer(longestAnswer);
    (*loop)->sampleAll();
    report.hooks = (*loop)->hooks();
    return report;
}

} // namespace tapio::agent
