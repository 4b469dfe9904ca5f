// SPDX-License-Identifier: GPL-3.0-or-later
#include <cerrno>
#include <csignal>
#include <iostream>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <spdlog/spdlog.h>

#include "agent/daemon/exitcode.h"
#include "agent/daemon/log.h"
#include "agent/daemon/signals.h"
#include "agent/kube/nodesource.h"
#include "agent/server/fanin.h"
#include "agent/server/logsink.h"
#include "agent/server/serverconfig.h"

using namespace tapio;
using namespace tapio::server;

namespace {

constexpr int progressEveryMs = 60'000;

int leave(const Error &error)
{
    std::cerr << "tapio-server: " << error.message() << '\n';
    return daemon::exitCodeFor(error);
}

void logProgress(const FanIn &fanIn, spdlog::logger &log)
{
    CounterSet sum;
    auto all = fanIn.counters();
    std::erase_if(all, [](const ReceiveCounters &one) { return one.node.starts_with(wire::serverNodePrefix); }); // said below
    for (const auto &one : all)
        sum += one.counters;
    log.info("{} nodes: {} events received, {} came twice, {} messages refused", all.size(), sum[Counter::Received], sum[Counter::Dup],
             sum[Counter::Rejected]);
    if (const auto found = fanIn.correlation())
        log.info("{} rules across nodes ({} refused): {} events offered, {} looked at, {} refused, {} waiting; {} found, {} told, "
                 "{} untold; {} forgotten for want of room",
                 found->rules, found->refusedRules, found->offeredEvents, found->lookedAtEvents, found->refusedEvents, found->waitingEvents,
                 found->foundInsights, found->toldInsights, found->untoldInsights, found->forgotten);
}

void logNodes(const agent::NodeSource &nodes, spdlog::logger &log)
{
    const agent::KubeFigures asked = nodes.figures();
    log.info("kubernetes: {} nodes known, {} left out for want of room, {} unusable; {} lists, {} watches, {} events heard, "
             "{} changes that nobody took in time; {} expired, {} refused, {} disconnected, {} malformed",
             nodes.nodes(), asked.noRoom, asked.unusable, asked.lists, asked.watches, asked.events, nodes.untaken(), asked.expired,
             asked.unauthorized + asked.forbidden + asked.refused, asked.disconnected, asked.malformed);
}

/// Null: nobody is asked which nodes are Ready, as nothing would become of it or nobody is there to be asked.
std::shared_ptr<agent::NodeSource> askKubernetes(const ServerConfig &config, const Clock &clock, spdlog::logger &log)
{
    if (!config.fanIn.correlation)
        return nullptr;
    agent::KubeChoice choice = agent::chooseKubeOfNodes(config.kubernetes, agent::processEnvironment);
    if (!choice.endpoint) {
        const auto level = choice.state == wire::HookState::Failed ? spdlog::level::warn : spdlog::level::info;
        log.log(level, "kubernetes: nobody is asked which nodes are Ready: {}", choice.reason);
        if (choice.state != wire::HookState::Failed) // else consoles are to know that it was meant
            return nullptr;
    }
    return std::make_shared<agent::NodeSource>(std::move(choice), clock, log);
}

/// Until SIGTERM or SIGINT.
Status serve(FanIn &fanIn, const agent::NodeSource *nodes, int signals, spdlog::logger &log)
{
    for (;;) {
        pollfd ready{signals, POLLIN, 0};
        const int count = poll(&ready, 1, progressEveryMs);
        if (count < 0 && errno != EINTR)
            return failErrno("waiting for signals", errno);
        if (count == 0)
            logProgress(fanIn, log);
        if (count == 0 && nodes != nullptr && nodes->isAsked())
            logNodes(*nodes, log);
        signalfd_siginfo info{};
        if (count <= 0 || read(signals, &info, sizeof info) != sizeof info)
            continue;
        if (info.ssi_signo != SIGHUP) {
            log.info("stopping on signal {}", info.ssi_signo);
            return {};
        }
        log.info("rules across nodes, where there are some, are to be read again; certificate files are whenever they change");
        fanIn.reloadRules();
    }
}

int run(const ServerConfig &config)
{
    const auto signals = daemon::openSignals();
    if (!signals)
        return leave(signals.error());
    const auto log = daemon::makeLog("tapio-server", config.logLevel);
    const SystemClock clock;
    LogSink sink(*log);
    const auto nodes = askKubernetes(config, clock, *log);
    FanInOptions options = config.fanIn;
    if (options.correlation)
        options.correlation->nodes = nodes;
    const auto fanIn = FanIn::start(std::move(options), &sink, clock);
    if (!fanIn)
        return leave(fanIn.error());
    log->info("listening on {} port {}", config.fanIn.endpoint.address, (*fanIn)->port());
    const Status served = serve(**fanIn, nodes.get(), *signals, *log);
    (*fanIn)->stop();
    logProgress(**fanIn, *log);
    return served ? 0 : leave(served.error());
}

} // namespace

int main(int argc, char **argv)
{
    const auto command = parseCommand(argc, argv);
    if (!command)
        return leave(command.error());
    return command->leave ? command->exitCode : run(command->config);
}
