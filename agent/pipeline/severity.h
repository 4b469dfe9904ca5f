// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "protocol/wire/event.h"
#include "protocol/wire/origin.h"

namespace tapio::agent {

/// How much one event matters by itself, before any correlation. Pure.
///   Critical  the host itself ran out of memory
///   Error     a container ran out of memory; a crash (SEGV, BUS, ILL, FPE, ABRT, SYS, TRAP)
///   Warning   killed by SIGKILL; a connection refused, timed out, unreachable or failed otherwise
///   Notice    ended by another signal; left with a code other than 0; a connection reset or given up
///   Info      everything else
wire::Severity severityOf(const wire::Event &event, const wire::Origin &origin) noexcept;

} // namespace tapio::agent
