// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/correlation/clusterscope.h"
#include "agent/server/noderecord.h"

namespace tapio::server {

/// Who the server is as the source of a stream.
struct OwnIdentity {
    std::string name;           ///< of its certificate
    std::uint64_t streamId = 0; ///< random per start
};

/// What the server has to say itself, as a stream like those of agents: it goes to the sink, into the replay ring and to consoles in the same way.
/// Its node is called "server:NAME", which no certificate of a node can be. Fan-in thread.
class OwnStream {
public:
    static constexpr std::uint64_t mostPendingBytes = 4u << 20;

    /// `beganNs`: server's UTC.
    OwnStream(const OwnIdentity &identity, std::int64_t beganNs);

    /// The stream's first event: what an earlier server had found is followed by nobody, and who reads of it later must know. Once, before add().
    void begin(std::int64_t nowNs);
    /// Makes frames of them, which wait in record().pending(). What there is no room for is counted, and has no number.
    void add(std::vector<correlation::ClusterScope::Found> &&found, std::int64_t nowNs);

    /// Of what it delivers: something that the rules are held against, which is what Kubernetes says of nodes.
    static bool isEvidence(const wire::Delivery &delivery);

    /// How the rules fare, for the same readers. Left out where too much waits already: the next one says it, too.
    void report(std::vector<wire::RuleCounters> &&rules, std::int64_t nowNs);

    NodeRecord &record() noexcept { return m_record; }
    const NodeRecord &record() const noexcept { return m_record; }
    std::uint64_t told() const noexcept { return m_told; } ///< of what was found
    std::uint64_t untold() const noexcept { return m_untold; }

private:
    void send(wire::EventBatch &&batch, std::int64_t nowNs);

    const std::uint64_t m_streamId;
    NodeRecord m_record;
    std::uint64_t m_lastFrameSeq = 0, m_lastSeq = 0, m_told = 0, m_untold = 0;
};

} // namespace tapio::server
