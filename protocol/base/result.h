// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

/// Errors are values. A function that can fail returns Result<T>; its header lists the codes it uses.
/// Foreign conventions (libbpf, OpenSSL's queue, zmq, kj exceptions, SQLite, Qt) are translated into
/// Error in exactly one file per library. No exception crosses a thread or a module.
namespace tapio {

/// What kind of thing went wrong, so that callers can decide (retry, refuse, exit code) without reading text.
enum class Errc : std::uint8_t {
    InvalidArgument,  ///< the caller's value is outside the documented range
    NotFound,         ///< a named thing does not exist
    AlreadyExists,    ///< a named thing exists and may not be replaced
    PermissionDenied, ///< the operating system or a certificate says no
    Unsupported,      ///< this kernel, library or peer lacks the feature
    Busy,             ///< a bounded resource is in use or full; later may work
    TimedOut,         ///< a deadline passed
    Refused,          ///< a peer was refused, or refused us
    Disconnected,     ///< a link ended; the transport reconnects
    Malformed,        ///< bytes from outside break the format or a limit
    VersionMismatch,  ///< no protocol or file version in common
    NoSpace,          ///< disk full or quota reached
    ReadOnly,         ///< a folder or file system may not be written
    Corrupt,          ///< stored data fails its own check
    Io,               ///< another input or output error; see errnum
    Cancelled,        ///< stopped on request
    Internal,         ///< a broken invariant of ours
};

/// Stable lower-case name of a code ("permission-denied"), for logs and JSON. Never translated.
std::string_view errcName(Errc code) noexcept;

/// An error: code, one plain English sentence that names the place (path, peer, hook), and errno when there was one.
class Error {
public:
    explicit Error(Errc code, std::string context, int errnum = 0) noexcept : m_code(code), m_errnum(errnum), m_context(std::move(context))
    {}

    Errc code() const noexcept { return m_code; }
    /// errno of the failed call, 0 when there was none.
    int errnum() const noexcept { return m_errnum; }
    const std::string &context() const noexcept { return m_context; }
    /// "CONTEXT: strerror (code)", for a log line.
    std::string message() const;
    /// The same error with "PREFIX: " before its context.
    Error within(std::string_view prefix) const;

    bool operator==(const Error &) const = default;

private:
    Errc m_code;
    int m_errnum;
    std::string m_context;
};

template <typename T> using Result = tl::expected<T, Error>;
using Status = Result<void>;

/// return fail(Errc::NotFound, "no certificate 'x' in /y");
inline tl::unexpected<Error> fail(Errc code, std::string context, int errnum = 0)
{
    return tl::unexpected<Error>(Error(code, std::move(context), errnum));
}
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

/// Maps an errno to the code that fits it (EACCES, EPERM: PermissionDenied; ENOSPC, EDQUOT: NoSpace; EROFS: ReadOnly ...).
Errc errcFromErrno(int errnum) noexcept;
/// fail() for a failed system call: context, then errno's own text.
tl::unexpected<Error> failErrno(std::string context, int errnum);

} // namespace tapio
