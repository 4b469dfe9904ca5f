// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/app/exitcode.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "console/core/session/session.h"

namespace tapio::console::exitcode {

namespace {

bool mentions(const Error &error, const std::string &what) { return !what.empty() && error.context().find(what) != std::string::npos; }

/// Whether it is about the certificate, its key, the authority or the revocation list: errors name the file that they are about.
bool isCertificate(const Error &error, const SessionOptions &options)
{
    const transport::TlsFiles &tls = options.remote     ? options.remote->tls
                                     : options.embedded ? options.embedded->endpoint.tls
                                                        : transport::TlsFiles();
    return mentions(error, tls.ca.native()) || mentions(error, tls.certificate.native()) || mentions(error, tls.key.native())
           || mentions(error, tls.crl.native()) || mentions(error, "certificate");
}

int ofStore(Errc code) noexcept
{
    switch (code) {
    case Errc::PermissionDenied:
    case Errc::NotFound:
    case Errc::Io: return cannotCreate;
    case Errc::Malformed: return data;
    case Errc::InvalidArgument: return configuration;
    default: return software;
    }
}

int ofLink(const Error &error) noexcept
{
    static constexpr std::array<int, 4> exhausted{EMFILE, ENFILE, ENOMEM, ENOBUFS};
    if (std::find(exhausted.begin(), exhausted.end(), error.errnum()) != exhausted.end())
        return system;
    switch (error.code()) {
    case Errc::InvalidArgument: return configuration; // an address that is none, or not this machine's
    case Errc::Internal: return software;
    default: return unavailable;
    }
}

} // namespace

int ofSession(const Error &error, const SessionOptions &options)
{
    switch (error.code()) {
    case Errc::Busy: return unavailable;
    case Errc::NoSpace:
    case Errc::ReadOnly: return cannotCreate;
    default: break;
    }
    if (mentions(error, "store '") || mentions(error, "log '"))
        return error.code() == Errc::Corrupt || error.code() == Errc::VersionMismatch ? data : ofStore(error.code());
    if (isCertificate(error, options))
        return noPermission;
    if (error.code() == Errc::Corrupt || error.code() == Errc::VersionMismatch)
        return data;
    return ofLink(error);
}

} // namespace tapio::console::exitcode
