// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/logsink.h"

#include <string>

#include <spdlog/spdlog.h>

namespace tapio::server {

namespace {

std::string_view stateName(wire::LinkState state) noexcept
{
    switch (state) {
    case wire::LinkState::Unknown: break;
    case wire::LinkState::Connected: return "connected";
    case wire::LinkState::Silent: return "silent";
    case wire::LinkState::Gone: return "gone";
    }
    return "unknown";
}

/// "10.0.0.9:7 spiffe://t/tapio/node/n [expired] Its ...": a stranger has no identity, and what is wrong with our own files
/// comes from no address.
std::string describe(const wire::LinkNotice &notice)
{
    std::string line;
    for (const std::string *part : {&notice.remoteAddress, &notice.identity}) {
        if (!part->empty())
            line.append(*part).append(" ");
    }
    line.append("[").append(notice.code).append("]");
    if (!notice.reason.empty())
        line.append(" ").append(notice.reason);
    if (notice.repeated > 1)
        line.append(" (").append(std::to_string(notice.repeated)).append(" times)");
    return line;
}

} // namespace

void LogSink::onAgentState(const wire::AgentState &state)
{
    Seen &seen = m_seen[state.node];
    if (seen.state != state.state) {
        seen.state = state.state;
        m_log.log(state.state == wire::LinkState::Connected ? spdlog::level::info : spdlog::level::warn,
                  "node {}: {} ({}, session {} of this node)", state.node, stateName(state.state), state.remoteAddress, state.sessions);
    }
    const std::uint64_t missing = state.loss.droppedEvents + state.loss.transitEvents + state.loss.gapFrames;
    if (missing > seen.missing) {
        m_log.warn("node {}: {} events dropped by the agent, {} lost on the way, {} frames never came", state.node,
                   state.loss.droppedEvents, state.loss.transitEvents, state.loss.gapFrames);
    }
    seen.missing = missing;
}

void LogSink::onLinkNotice(const wire::LinkNotice &notice)
{
    if (notice.kind == wire::LinkNoticeKind::Unknown) { // of the server itself
        const bool isNoTrouble = notice.code == "rules-read-again" || notice.code == "nodes-known";
        m_log.log(isNoTrouble ? spdlog::level::info : spdlog::level::warn, "{}", describe(notice));
        return;
    }
    const auto level = notice.kind == wire::LinkNoticeKind::Refused ? spdlog::level::warn : spdlog::level::info;
    const std::string_view what = notice.kind == wire::LinkNoticeKind::Refused    ? "refused"
                                  : notice.kind == wire::LinkNoticeKind::Accepted ? "accepted"
                                                                                  : "closed";
    m_log.log(level, "connection {}: {}", what, describe(notice));
}

} // namespace tapio::server
