// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "agent/observe/agentview.h"

namespace tapio::agent {

/// The agent's metrics in Prometheus' text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). Bounded: no label holds anything
/// that events bring; sources and hooks are those that were built in, and what is told of them is cut. Pure, any thread.
std::string renderMetrics(const AgentView &view, const HttpFigures &http);

inline constexpr const char *expositionContentType = "text/plain; version=0.0.4; charset=utf-8";

} // namespace tapio::agent
