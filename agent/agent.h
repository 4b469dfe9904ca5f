// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/config/agentconfig.h"
#include "agent/config/oncecheck.h"
#include "agent/config/runmark.h"
#include "agent/kube/kubesource.h"
#include "agent/observe/observer.h"
#include "agent/pipeline/collectthread.h"
#include "agent/publish/publisher.h"

namespace tapio::agent {

/// Both threads of the agent, wired. Calls from the main thread.
class Agent {
public:
    /// Errors: those of ClientEndpoint::open, CollectLoop::open, inspectCertificate; InvalidArgument where the node's name is not the
    /// certificate's. `clock` and `log` outlive the agent.
    static Result<std::unique_ptr<Agent>> start(AgentConfig config, std::string configSha256, KernelFactory openKernel, const Clock &clock,
                                                spdlog::logger &log);

    /// Says in the log where metrics and health are, or why they are not: when nothing stands in the way of the agent any more.
    void sayWhereObserved() { m_observer->announce(m_log); }
    /// Goes on with what of `config` can change while it runs (takeOver), which is told as `configSha256`.
    void reload(const AgentConfig &config, const std::string &configSha256);
    /// Tells it in the agent's own stream.
    void announce(wire::AgentNotice notice) { m_collect->announce(std::move(notice)); }
    /// Tells in the agent's own stream what the disk spool gave up since the last call.
    void announceLosses();
    /// What of it the next start may want to know, as of now.
    RunMark mark() const;
    /// Of consoles, since the last call; each is to be answered by one of the next two.
    std::vector<wire::FilterRequest> takeFilterRequests() { return m_publisher.takeFilterRequests(); }
    /// Goes on with the rules of `config`, told as `configSha256`.
    void changeFilter(const AgentConfig &config, const std::string &configSha256);
    /// Adds what is really in force by then, after every change that was asked for before.
    void answer(wire::FilterReply reply);
    /// The configuration was asked for again and could not be read.
    void noteRefusedReload();
    /// Connects anew, with the certificates as they are now.
    void reconnect();
    /// Ends collecting and the publisher with everything flushed, in less than two seconds. The destructor waits until the kernel has let go of
    /// the programs and triggers, which goes on meanwhile.
    SessionStatus stop();
    /// "pipeline: 812 events/sec, queued 12, lost 0, ..." since the last call.
    std::string progress();
    std::optional<Error> failure() const { return m_collect->failure(); }

private:
    Agent(PublisherOptions options, const AgentConfig &config, const Clock &clock, spdlog::logger &log);
    /// Any thread.
    AgentView view() const;
    void observe(const std::string &address);
    void change(const AgentConfig &config);

    const Clock &m_clock;
    spdlog::logger &m_log;
    mutable std::mutex m_mutex; ///< guards what follows
    AgentView m_blank;          ///< with what the threads do not know
    std::uint64_t m_streamId;   ///< of this start
    std::string m_bootId;       ///< of the machine
    Publisher m_publisher;
    std::shared_ptr<const KubeSource> m_kube;
    std::unique_ptr<CollectThread> m_collect;
    std::atomic<const CollectThread *> m_collecting = nullptr; ///< for view(), from when it is there
    std::uint64_t m_lastDrained = 0;
    std::int64_t m_lastBootNs = 0;
    std::string m_observeAddress;
    std::unique_ptr<Observer> m_observer; ///< last: its thread looks at the rest
};

/// The name that the agent goes by: the certificate's; where the configuration gives one, it must be the same.
/// Errors: InvalidArgument (also: the certificate is none of a node), and those of inspectCertificate.
Result<std::string> nodeName(const AgentConfig &config, const Clock &clock);

/// Opens everything once, without a server.
CheckReport checkOnce(const AgentConfig &config, const KernelFactory &openKernel, const Clock &clock, spdlog::logger &log);

} // namespace tapio::agent
