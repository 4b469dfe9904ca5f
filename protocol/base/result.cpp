// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/base/result.h"

#include <cerrno>
#include <system_error>

namespace tapio {

std::string_view errcName(Errc code) noexcept
{
    switch (code) {
    case Errc::InvalidArgument: return "invalid-argument";
    case Errc::NotFound: return "not-found";
    case Errc::AlreadyExists: return "already-exists";
    case Errc::PermissionDenied: return "permission-denied";
    case Errc::Unsupported: return "unsupported";
    case Errc::Busy: return "busy";
    case Errc::TimedOut: return "timed-out";
    case Errc::Refused: return "refused";
    case Errc::Disconnected: return "disconnected";
    case Errc::Malformed: return "malformed";
    case Errc::VersionMismatch: return "version-mismatch";
    case Errc::NoSpace: return "no-space";
    case Errc::ReadOnly: return "read-only";
    case Errc::Corrupt: return "corrupt";
    case Errc::Io: return "io";
    case Errc::Cancelled: return "cancelled";
    case Errc::Internal: return "internal";
    }
    return "unknown";
}

std::string Error::message() const
{
    std::string text = m_context;
    if (m_errnum != 0) {
        text += ": ";
        text += std::generic_category().message(m_errnum);
    }
    text += " (";
    text += errcName(m_code);
    text += ')';
    return text;
}

Error Error::within(std::string_view prefix) const
{
    std::string context(prefix);
    context += ": ";
    context += m_context;
    return Error(m_code, std::move(context), m_errnum);
}

Errc errcFromErrno(int errnum) noexcept
{
    switch (errnum) {
    case EACCES:
    case EPERM: return Errc::PermissionDenied;
    case ENOENT:
    case ESRCH:
    case ENODEV: return Errc::NotFound;
    case EEXIST: return Errc::AlreadyExists;
    case ENOSPC:
    case EDQUOT: return Errc::NoSpace;
    case EROFS: return Errc::ReadOnly;
    case EADDRINUSE:
    case EAGAIN:
    case EBUSY: return Errc::Busy;
    case ETIMEDOUT: return Errc::TimedOut;
    case ECONNREFUSED: return Errc::Refused;
    case ECONNRESET:
    case EPIPE:
    case ENOTCONN: return Errc::Disconnected;
    case EINVAL: return Errc::InvalidArgument;
    case ENOSYS:
    case EOPNOTSUPP: return Errc::Unsupported;
    case ECANCELED: return Errc::Cancelled;
    default: return Errc::Io;
    }
}

tl::unexpected<Error> failErrno(std::string context, int errnum) { return fail(errcFromErrno(errnum), std::move(context), errnum); }

} // namespace tapio
