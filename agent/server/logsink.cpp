// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/logsink.h"

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

} // namespace

void LogSink::onAgentState(const wire::AgentState &state)
{
    Seen &seen = m_seen[state.node];
    if (seen.state != state.state) {
        seen.state = state.state;
        m_log.log(state.state == wire::LinkState::Connected ? spdlog::level::info : spdlog::level::warn, "node {}: {} ({}, session {})",
                  state.node, stateName(state.state), state.remoteAddress, state.sessions);
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
    const auto level = notice.kind == wire::LinkNoticeKind::Refused ? spdlog::level::warn : spdlog::level::info;
    const std::string_view what = notice.kind == wire::LinkNoticeKind::Refused ? "refused"
        : notice.kind == wire::LinkNoticeKind::Accepted                        ? "accepted"
                                                                               : "closed";
    m_log.log(level, "connection {}: {} {} [{}] {}{}", what, notice.remoteAddress, notice.identity, notice.code, notice.reason,
              notice.repeated > 1 ? " (" + std::to_string(notice.repeated) + " times)" : std::string());
}

} // namespace tapio::server
