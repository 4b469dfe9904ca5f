// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "protocol/base/result.h"

/// What tapio-agent and tapio-server share as programs that run unattended: exit codes, configuration files, log and signals.
namespace tapio::daemon {

/// sysexits.h
namespace exitcode {
inline constexpr int usage = 64;         ///< EX_USAGE
inline constexpr int unavailable = 69;   ///< EX_UNAVAILABLE: no BTF, a port in use, a second instance
inline constexpr int software = 70;      ///< EX_SOFTWARE
inline constexpr int osError = 71;       ///< EX_OSERR
inline constexpr int cannotCreate = 73;  ///< EX_CANTCREAT: a folder or file that cannot be made or written, a full disk
inline constexpr int io = 74;            ///< EX_IOERR
inline constexpr int permission = 77;    ///< EX_NOPERM: capabilities, unreadable files
inline constexpr int configuration = 78; ///< EX_CONFIG
} // namespace exitcode

/// Which of them fits an error at start.
int exitCodeFor(const Error &error) noexcept;
/// The same where making a folder or a file of ours failed: whatever the reason, it cannot be created.
int exitCodeForCreating(const Error &error) noexcept;

} // namespace tapio::daemon
