// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "protocol/base/result.h"

namespace tapio::console {
struct SessionOptions;
}

/// Exit codes after sysexits.h.
namespace tapio::console::exitcode {

inline constexpr int usage = 64;         ///< EX_USAGE: wrong argument
inline constexpr int data = 65;          ///< EX_DATAERR: the store is damaged, or written by a newer version
inline constexpr int unavailable = 69;   ///< EX_UNAVAILABLE: port in use, store in use, no display
inline constexpr int software = 70;      ///< EX_SOFTWARE: a broken invariant of ours
inline constexpr int system = 71;        ///< EX_OSERR: no more files or memory
inline constexpr int cannotCreate = 73;  ///< EX_CANTCREAT: data folder read-only, full or not ours
inline constexpr int noPermission = 77;  ///< EX_NOPERM: certificate missing, expired, wrong
inline constexpr int configuration = 78; ///< EX_CONFIG: configuration file

/// For an error of Session::open with these options: the store's errors name "store '...'", the log's "log '...'", those of
/// certificates their file; the others are the link's.
int ofSession(const Error &error, const SessionOptions &options);

} // namespace tapio::console::exitcode
