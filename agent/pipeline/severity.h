// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "protocol/wire/event.h"
#include "protocol/wire/origin.h"

namespace tapio::agent {

/// How much one event matters by itself, before any correlation. Pure. An insight keeps the severity that it has.
///   Critical  the host itself ran out of memory; the kernel's log at emerg, alert or crit
///   Error     a container ran out of memory, or what nobody could place, or stands still for lack of it; a crash (SEGV, BUS, ILL, FPE, ABRT, SYS, TRAP); a
///             file operation that failed with EIO; the kernel's log at err
///   Warning   killed by SIGKILL; a connection refused, timed out, unreachable or failed otherwise; a name not answered, SERVFAIL
///             or REFUSED; a request answered 500 or above, or aborted; no more files, space or quota, or a file system read only;
///             a capability denied, privileges gained, another process traced, a module loaded, a failed login; a program
///             changed after its container started; a cgroup at its memory limit; a stall longer than its trigger allows; the
///             kernel's log at warning; what the agent sheds, drops, limits, refuses or cannot do
///   Notice    ended by another signal; left with a code other than 0; a connection reset or given up; a request answered 400 to
///             499; any other file operation that failed; a cgroup above memory.high or reclaimed below memory.low; a capability
///             used; somebody in a container with a terminal; a mount; a drill; the kernel's log at notice
///   Info      everything else
///   Debug     the kernel's log at debug
wire::Severity severityOf(const wire::Event &event, const wire::Origin &origin) noexcept;

} // namespace tapio::agent
