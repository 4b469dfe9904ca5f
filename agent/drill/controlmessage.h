// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "protocol/base/result.h"
#include "protocol/wire/details.h"

/// What `tapio drill` and the agent of its node say to each other on the agent's control socket: one line of JSON each way. Pure.
namespace tapio::drill {

/// Of a line, with its end.
inline constexpr std::size_t controlLineBytes = 2048;

/// {"label":{"drill":"oom-kill","target":"/tapio-drill-...","phase":"begin","fromNs":1,"toNs":0,"runId":7}} and a line end.
std::string formatLabelRequest(const wire::DrillLabel &label);
/// A line without its end. Whoever may write to the socket could still say anything: every field must be there, nothing else, and within
/// the bounds of DrillLabel; the signature is the agent's to make. Errors: Malformed, with the field.
Result<wire::DrillLabel> parseLabelRequest(std::string_view line);

/// {"accepted":true}, or false with the reason and the code's name, and a line end.
std::string formatAnswer(const Status &answer);
/// Errors: what the agent refused with; Malformed.
Status parseAnswer(std::string_view line);

} // namespace tapio::drill
