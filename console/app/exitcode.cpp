// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/app/exitcode.h"

namespace tapio::console::exitcode {

int ofSession(const Error &error) noexcept
{
    const bool store = error.context().find("store '") != std::string::npos;
    switch (error.code()) {
    case Errc::Busy: return unavailable;
    case Errc::NoSpace:
    case Errc::ReadOnly: return cannotCreate;
    case Errc::Corrupt:
    case Errc::VersionMismatch: return data;
    case Errc::PermissionDenied:
    case Errc::NotFound:
    case Errc::Io: return store ? cannotCreate : noPermission;
    case Errc::Malformed: return store ? data : noPermission;
    case Errc::InvalidArgument: return store ? configuration : noPermission;
    default: return software;
    }
}

} // namespace tapio::console::exitcode
