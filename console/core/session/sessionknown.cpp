// SPDX-License-Identifier: GPL-3.0-or-later
// What a session that begins knows from its store: its nodes, and what was measured last.
#include <algorithm>
#include <functional>
#include <set>

#include <spdlog/spdlog.h>

#include "console/core/metrics/insightsreader.h"
#include "console/core/session/sessionimpl.h"

namespace tapio::console {

namespace {

constexpr std::int64_t minute = 60 * nsPerSecond;

/// The Hello that began a session is as good a sign of life as a heartbeat.
std::int64_t lastSignNs(const wire::AgentState &agent)
{
    return std::max(agent.lastHeartbeatNs, agent.state == wire::LinkState::Connected ? agent.sinceNs : 0);
}

/// What is stored is how the last console saw it, when that console ended too: connected for ten days, say. It is here once it
/// speaks; until then it is gone, and since its last sign of life. Its last heartbeat stays what it was: it has its time.
void makeGone(wire::AgentState &agent)
{
    if (const std::int64_t signNs = lastSignNs(agent); agent.state != wire::LinkState::Gone && signNs > 0)
        agent.sinceNs = signNs;
    agent.state = wire::LinkState::Gone;
    agent.toldNs = 0; // how it went nobody has said
}

/// What each node's sources had counted when it was last heard of. Agents report a few times a minute: a minute around that time has the last report.
/// Nodes often go together, so their minutes are few; of too many the oldest are left out.
std::map<std::string, StreamCounters> lastCounters(const StoreReader &reader, const std::vector<wire::AgentState> &agents)
{
    constexpr std::size_t mostReads = 64;
    std::set<std::int64_t, std::greater<>> minutes; // the newest first
    for (const wire::AgentState &agent : agents) {
        if (const std::int64_t signNs = lastSignNs(agent); signNs > 0)
            minutes.insert({signNs / minute, signNs / minute - 1});
    }
    std::map<std::string, StreamCounters> last;
    std::size_t reads = 0;
    for (auto begin = minutes.begin(); begin != minutes.end() && ++reads <= mostReads;) {
        auto end = begin;
        while (std::next(end) != minutes.end() && *std::next(end) == *end - 1 && *begin - *end < 60)
            ++end;
        const auto read = reader.counters(*end * minute, (*begin + 2) * minute, {});
        begin = std::next(end);
        if (!read)
            continue; // they are a part of what is known; the rest is shown without them
        std::map<std::string, StreamCounters> found;
        for (const StoreReader::StoredCounters &stored : *read)
            found[stored.node] = countersOf(stored.streamId, stored.report); // in the order of their times
        last.merge(found);
    }
    return last;
}

} // namespace

std::optional<ModelSeed> SessionImpl::readKnown()
{
    const auto reader = StoreReader::open(m_options.store.file);
    if (!reader)
        return std::nullopt; // a new file: nothing is known yet
    const std::int64_t now = m_clock.utcNs();
    // Apart from the figures: a node's own facts are there however long ago it was heard of, and where a figure cannot be read.
    auto nodes = readNodes(**reader);
    if (!nodes)
        m_log->logger().error("store: which nodes were known before cannot be read: {}", nodes.error().message());
    SessionUpdate::Known known;
    if (nodes) {
        known.counters = lastCounters(**reader, nodes->agents);
        std::for_each(nodes->agents.begin(), nodes->agents.end(), makeGone);
        known.agents = nodes->agents;
        known.hooks = nodes->hooks;
    }
    if (auto notices = (*reader)->linkNotices(now - 1440 * minute, m_beganNs)) // what came since then comes by the link
        known.notices = std::move(*notices);
    m_mailbox.post([&known](SessionUpdate &update) { update.known = std::move(known); });
    ModelSeed seed = readSeed(**reader, now);
    if (nodes) {
        seed.input.agents = std::move(nodes->agents);
        seed.input.hooks = std::move(nodes->hooks);
    }
    return seed;
}

ModelSeed SessionImpl::readSeed(const StoreReader &reader, std::int64_t nowNs)
{
    auto input = readHistory(reader, {nowNs - 15 * minute, nowNs, nowNs}, {});
    if (!input) {
        m_log->logger().error("store: what was known before cannot be read: {}", input.error().message());
        return {};
    }
    if (auto day = reader.actions(nowNs - 1440 * minute, nowNs))
        input->actions = std::move(*day);
    ModelSeed seed{std::move(*input), std::nullopt};
    if (auto insights = readInsightsSoFar(reader, nowNs, {}))
        seed.insights = std::move(*insights);
    else
        m_log->logger().error("store: which insights are open cannot be read: {}", insights.error().message());
    return seed;
}

/// Reading took a while: what the link told meanwhile is newer.
void SessionImpl::applyKnown(SessionUpdate::Known &known)
{
    for (wire::AgentState &agent : known.agents)
        m_agents.try_emplace(agent.node, std::move(agent));
    m_hooks.merge(known.hooks);
    for (const auto &[node, last] : known.counters)
        m_counters[node].takeStored(last);
    m_notices.insert(m_notices.end(), known.notices.rbegin(), known.notices.rend());
}

} // namespace tapio::console
