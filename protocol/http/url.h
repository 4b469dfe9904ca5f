// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "protocol/base/result.h"
#include "protocol/http/client.h"

namespace tapio::http {

/// Where a server answers: "https://prometheus.example/prod/".
struct Url {
    Target target;    ///< without files
    std::string path; ///< ready for the request line, without a '/' at its end; empty = the root

    /// As it is shown: the port where it is not the scheme's own.
    std::string text() const;
};

inline constexpr std::size_t longestUrl = 2'048; ///< bytes

/// http:// or https://, a host, perhaps a port and a path. Errors: InvalidArgument, saying what is wrong: another scheme, a name and a password
/// (which belong where nobody sees them), a query.
Result<Url> parseUrl(std::string_view text);

/// RFC 3986 section 2.1: everything but unreserved characters.
std::string percentEncoded(std::string_view text);

} // namespace tapio::http
