// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/daemon/exitcode.h"

namespace tapio::daemon {

int exitCodeFor(const Error &error) noexcept
{
    switch (error.code()) {
    case Errc::InvalidArgument:
    case Errc::Malformed:
    case Errc::NotFound:
    case Errc::Corrupt: return exitcode::configuration;
    case Errc::PermissionDenied: return exitcode::permission;
    case Errc::Unsupported:
    case Errc::Busy:
    case Errc::AlreadyExists: return exitcode::unavailable;
    case Errc::ReadOnly:
    case Errc::NoSpace: return exitcode::cannotCreate;
    case Errc::Io: return exitcode::io;
    case Errc::Internal: return exitcode::software;
    default: return exitcode::osError;
    }
}

int exitCodeForCreating(const Error &error) noexcept
{
    const bool byTheSystem = error.errnum() != 0;
    return byTheSystem ? exitcode::cannotCreate : exitCodeFor(error);
}

} // namespace tapio::daemon
