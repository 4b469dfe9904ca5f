// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>

#include "agent/config/agentconfig.h"
#include "agent/config/oncecheck.h"
#include "agent/pipeline/collectthread.h"
#include "agent/publish/publisher.h"

namespace tapio::agent {

/// Both threads of the agent, wired. Calls from the main thread.
class Agent {
public:
    /// Errors: those of ClientEndpoint::open, CollectLoop::open, inspectCertificate; InvalidArgument where the node's name is not the
    /// certificate's. `clock` and `log` outlive the agent.
    static Result<std::unique_ptr<Agent>> start(AgentConfig config, KernelFactory openKernel, const Clock &clock,
                                                spdlog::logger &log);

    void reloadCertificates() { m_publisher.reload(); }
    /// Ends both threads with everything flushed, in less than two seconds.
    SessionStatus stop();
    /// "pipeline: 812 events/sec, queued 12, lost 0, ..." since the last call.
    std::string progress();
    std::optional<Error> failure() const { return m_collect->failure(); }

private:
    Agent(PublisherOptions options, const Clock &clock, spdlog::logger &log) : m_clock(clock), m_publisher(std::move(options), clock, log) {}

    const Clock &m_clock;
    Publisher m_publisher;
    std::unique_ptr<CollectThread> m_collect;
    std::uint64_t m_lastDrained = 0;
    std::int64_t m_lastBootNs = 0;
};

/// The name that the agent goes by: the certificate's; where the configuration gives one, it must be the same.
/// Errors: InvalidArgument (also: the certificate is none of a node), and those of inspectCertificate.
Result<std::string> nodeName(const AgentConfig &config, const Clock &clock);

/// Opens everything once, without a server.
CheckReport checkOnce(const AgentConfig &config, const KernelFactory &openKernel, const Clock &clock, spdlog::logger &log);

} // namespace tapio::agent
