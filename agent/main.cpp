// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>
#include <cerrno>
#include <csignal>
#include <iostream>
#include <malloc.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <utility>

#include "agent/agent.h"
#include "agent/config/filterrequests.h"
#include "agent/config/instancelock.h"
#include "agent/config/reload.h"
#include "agent/control/controlsocket.h"
#include "agent/control/drilllabels.h"
#include "agent/daemon/exitcode.h"
#include "agent/daemon/log.h"
#include "agent/daemon/signals.h"
#include "agent/drill/controlclient.h"
#include "agent/pipeline/notices.h"
#include "protocol/wire/text.h"

using namespace tapio;
using namespace tapio::agent;

namespace {

constexpr int secondsBetweenProgress = 10;

int leave(const Error &error)
{
    std::cerr << "tapio-agent: " << error.message() << '\n';
    return daemon::exitCodeFor(error);
}

/// Of the folder of the lock, and of the pid file.
int leaveWithout(const Error &error)
{
    static_cast<void>(leave(error));
    return daemon::exitCodeForCreating(error);
}

Result<int> openTicks()
{
    const int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    const itimerspec everySecond{{1, 0}, {1, 0}};
    if (fd < 0 || timerfd_settime(fd, 0, &everySecond, nullptr) != 0)
        return failErrno("making a timer", errno);
    return fd;
}

std::string listed(const std::vector<std::string> &names)
{
    std::string text;
    for (const std::string &name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text.empty() ? "nothing" : text;
}

/// What SIGHUP asks for: the file again, under the same command line, and the certificates. And what consoles ask for.
class Reloader {
public:
    Reloader(int argc, char **argv, ConfigInForce inForce, spdlog::logger &log, const Clock &clock)
        : m_argc(argc), m_argv(argv), m_inForce(std::move(inForce)), m_log(log), m_clock(clock)
    {}
    void reload(Agent &agent)
    {
        if (const Status status = readAgain(agent); !status) {
            m_log.error("configuration: refused, the one before stays in force: {}", status.error().message());
            agent.noteRefusedReload();
            agent.announce(noticeOfReload(false, "configuration", status.error().message()));
            return; // nothing changes, the connection included; whatever connects next takes renewed certificates by itself
        }
        // What cannot connect must not take what does.
        if (const auto name = nodeName(m_inForce.config, m_clock); name)
            agent.reconnect();
        else
            refuseCertificates(agent, name.error());
    }

    /// What consoles ask for.
    void answerConsoles(Agent &agent)
    {
        for (const wire::FilterRequest &request : agent.takeFilterRequests())
            answer(agent, request);
    }

private:
    void answer(Agent &agent, const wire::FilterRequest &request)
    {
        auto verdict = decide(request, m_inForce);
        if (!verdict) {
            m_log.error("filter: a request of a console cannot be answered: {}", verdict.error().message());
            return;
        }
        constexpr std::size_t mostNameBytes = 64;
        const std::string who = "console " + wire::toLine(request.requestedBy, mostNameBytes);
        if (verdict->reply.applied) {
            agent.changeFilter(m_inForce.config, verdict->configSha256);
            m_log.info("configuration: {} changed: {}; in force is sha256 {}", who, listed(verdict->changed), verdict->configSha256);
            agent.announce(noticeOfReload(true, "configuration",
                                          "sha256 " + verdict->configSha256 + "; " + who + " changed: " + listed(verdict->changed)));
        } else if (!request.rules.empty()) {
            m_log.warn("configuration: rules of {} refused: {}", who, verdict->reply.reason);
            agent.announce(noticeOfReload(false, "filter", who + ": " + verdict->reply.reason));
        }
        agent.answer(std::move(verdict->reply));
    }
    void refuseCertificates(Agent &agent, const Error &error)
    {
        m_log.error("certificates: refused, the connection stays as it is: {}", error.message());
        agent.announce(noticeOfReload(false, "certificates", error.message()));
    }
    Status readAgain(Agent &agent)
    {
        const auto next = parseCommand(m_argc, m_argv);
        if (!next)
            return fail(next.error());
        const Reload changes = takeOver(m_inForce, *next);
        const auto hash = hashOf(m_inForce.settings);
        if (!hash)
            return fail(hash.error());
        m_log.set_level(spdlog::level::from_str(m_inForce.config.logLevel));
        agent.reload(m_inForce.config, *hash);
        m_log.info("configuration: read again; changed: {}; in force is sha256 {}", listed(changes.applied), *hash);
        std::string told = "changed: " + listed(changes.applied);
        if (!changes.needRestart.empty()) {
            m_log.warn("configuration: needs a restart to change: {}", listed(changes.needRestart));
            told += "; needs a restart: " + listed(changes.needRestart);
        }
        agent.announce(noticeOfReload(true, "configuration", "sha256 " + *hash + "; " + told));
        return {};
    }

    int m_argc;
    char **m_argv;
    ConfigInForce m_inForce;
    spdlog::logger &m_log;
    const Clock &m_clock;
};

/// Leaves the marks of this start.
class MarkKeeper {
public:
    MarkKeeper(InstanceLock &lock, spdlog::logger &log) : m_lock(lock), m_log(log) {}
    void leave(const RunMark &mark)
    {
        const Status status = m_lock.leave(mark);
        if (!status && !std::exchange(m_hasFailed, true))
            m_log.warn("lock: {}; the next start will not know until when this one looked", status.error().message());
    }

private:
    InstanceLock &m_lock;
    spdlog::logger &m_log;
    bool m_hasFailed = false;
};

/// Of what happened before, nobody else can say that it is not known.
void tellUnwatched(Agent &agent, const InstanceLock &lock, spdlog::logger &log)
{
    if (!lock.before())
        log.warn("lock: {}; how the agent before ended is not known", lock.before().error().message());
    const std::optional<RunMark> before = lock.before().value_or(std::nullopt);
    wire::AgentNotice notice = noticeOf(unwatched(before ? &*before : nullptr, agent.mark()));
    log.log(notice.kind == wire::AgentNoticeKind::CutOff ? spdlog::level::warn : spdlog::level::info, "begins: {}", notice.text);
    agent.announce(std::move(notice));
}

/// Until SIGTERM or SIGINT (0), or a failure of the agent.
Status serve(Agent &agent, Reloader &reloader, ControlSocket *control, int signals, int ticks, MarkKeeper &marks, spdlog::logger &log)
{
    for (int seconds = 0;;) {
        std::array<pollfd, 3> ready{{{signals, POLLIN, 0}, {ticks, POLLIN, 0}, {control == nullptr ? -1 : control->fd(), POLLIN, 0}}};
        if (poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR)
            return failErrno("waiting for signals", errno);
        if (control != nullptr && (ready[1].revents != 0 || ready[2].revents != 0)) // each second too: for those that ask nothing
            control->turn();
        if (signalfd_siginfo info{}; (ready[0].revents & POLLIN) != 0 && read(signals, &info, sizeof(info)) == sizeof(info)) {
            if (info.ssi_signo != SIGHUP) {
                log.info("stopping on signal {}", info.ssi_signo);
                return {};
            }
            reloader.reload(agent);
        }
        if (std::uint64_t times = 0; (ready[1].revents & POLLIN) != 0 && read(ticks, &times, sizeof(times)) == sizeof(times)) {
            if (const auto failure = agent.failure())
                return fail(*failure);
            marks.leave(agent.mark());
            reloader.answerConsoles(agent);
            if (++seconds % secondsBetweenProgress == 0) {
                log.info("{}", agent.progress());
                agent.announceLosses();
            }
        }
    }
}

/// An agent without it still does all the rest.
std::unique_ptr<ControlSocket> openControl(const AgentConfig &config, const Clock &clock, spdlog::logger &log)
{
    const std::string file = config.file.empty() ? "the defaults, as there is no configuration file" : config.file.native();
    ControlOptions options;
    options.path = drill::controlSocketIn(config.runtimeFolder);
    auto opened = ControlSocket::open(
        std::move(options),
        [desk = LabelDesk(config.collect.drillLabels, config.tls, "drill.allowed of " + file)](std::string_view line) {
            return desk.answer(line);
        },
        clock);
    if (opened)
        return std::move(*opened);
    log.warn("control: {}; nobody can label a drill here", opened.error().message());
    return nullptr;
}

int run(int argc, char **argv, const Command &command, const KernelFactory &openKernel, const Clock &clock)
{
    AgentConfig config = command.config;
    const auto hash = hashOf(command.settings);
    if (!hash)
        return leave(hash.error());
    const auto name = nodeName(config, clock);
    if (!name)
        return leave(name.error());
    config.node = *name;
    auto lock = InstanceLock::acquire(config.runtimeFolder, config.node);
    if (!lock)
        return leaveWithout(lock.error());
    const auto signals = daemon::openSignals();
    const auto ticks = openTicks();
    if (!signals || !ticks)
        return leave(signals ? ticks.error() : signals.error());
    const auto log = daemon::makeLog("tapio-agent", config.logLevel);
    if (config.drillAllowed)
        config.collect.drillLabels = std::make_shared<LabelInbox>(clock);
    const auto started = Agent::start(config, *hash, openKernel, clock, *log);
    if (!started)
        return leave(started.error());
    Agent &agent = **started;
    const auto pidFile = PidFile::write(config.pidFile);
    if (!pidFile)
        return leaveWithout(pidFile.error());
    agent.sayWhereObserved();
    const auto control = openControl(config, clock, *log);
    log->info("node {} collects for {}; configuration in force is sha256 {}", config.node, config.server, *hash);
    MarkKeeper marks(*lock, *log);
    tellUnwatched(agent, *lock, *log);
    marks.leave(agent.mark());
    Reloader reloader(argc, argv, {config, command.settings, notLoaded(config)}, *log, clock);
    const Status served = serve(agent, reloader, control.get(), *signals, *ticks, marks, *log);
    const SessionStatus last = agent.stop();
    const HeldAtEnd held = heldAtEnd(last);
    RunMark mark = agent.mark();
    mark.isOver = served.has_value(); // one that failed is to be looked into as one that crashed
    marks.leave(mark);
    log->info("stopped: produced {}, sent {}, acknowledged {}, dropped {}, given up {}, left behind {}, spooled {}", last.producedEvents,
              last.sentEvents, last.ackedEvents, last.droppedEvents, last.abandonedEvents, held.lostEvents, held.spooledEvents);
    if (const SpoolStatus &spool = last.spool; spool.held.frames > spool.unwritten.frames)
        log->info("spool: {} events in {} frames wait for the next start", spool.held.events - spool.unwritten.events,
                  spool.held.frames - spool.unwritten.frames);
    if (held.lostEvents > 0)
        log->warn("loss: {} events end with the agent, the server has not confirmed them ({} were under way)", held.lostEvents,
                  last.inFlightEvents);
    return served ? 0 : leave(served.error());
}

int check(const Command &command, const KernelFactory &openKernel, const Clock &clock)
{
    const CheckReport report = checkOnce(command.config, openKernel, clock, *daemon::makeLog("tapio-agent", command.config.logLevel));
    (command.json ? printJson : printTable)(std::cout, report);
    return report.healthy() ? 0 : 1;
}

int print(const Settings &settings)
{
    const Status status = printSettings(std::cout, settings);
    return status ? 0 : leave(status.error());
}

} // namespace

int main(int argc, char **argv)
{
    // The kernel's type information, 5 MB at a time while programs load, goes back to the system with its last use. Left to itself the
    // allocator learns from the first of these to keep the next ones.
    constexpr int fromBytes = 1 << 20;
    mallopt(M_MMAP_THRESHOLD, fromBytes);
    const auto command = parseCommand(argc, argv);
    if (!command)
        return leave(command.error());
    if (command->kind == Command::Kind::Leave)
        return command->exitCode;
    if (command->kind == Command::Kind::PrintConfig)
        return print(command->settings);
    const SystemClock clock;
    const KernelFactory openKernel = [options = command->config.kernel](KernelRecordSink &sink) {
        return KernelCollectors::open(options, sink);
    };
    return command->kind == Command::Kind::OnceCheck ? check(*command, openKernel, clock) : run(argc, argv, *command, openKernel, clock);
}
