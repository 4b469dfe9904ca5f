// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "protocol/base/result.h"

namespace tapio::http {

/// A server that is asked over TLS 1.2 or later, by name or address as its certificate has it.
struct Target {
    std::string host; ///< a name or a literal, without brackets
    std::uint16_t port = 443;
    std::filesystem::path ca;               ///< whom to believe; empty = the machine's authorities
    std::filesystem::path certificate, key; ///< of the one that asks; empty = none
    bool isTls = true;                      ///< false: in clear text
};

struct Request {
    std::string path;                          ///< with its query, ready for the request line
    std::string form;                          ///< application/x-www-form-urlencoded, to be sent with POST; empty = GET
    std::string bearer;                        ///< token; empty = none
    std::string user, password;                ///< Basic authentication (RFC 7617); no user = none
    std::chrono::milliseconds longest{30'000}; ///< in all
    std::chrono::seconds longestSilence{30};   ///< within which something must come
    std::size_t mostBytes = 0;                 ///< of the body
};

struct Answer {
    int status = 0;
    std::chrono::seconds retryAfter{0}; ///< as the server asks (RFC 9110 section 10.2.3)
};

inline constexpr std::size_t largestPiece = 16u << 10; ///< bytes of a body that come at once (CURL_MAX_WRITE_SIZE of curl.h)

/// GET and POST over HTTP/1.1, with connections that are used again. Follows no redirect, asks no proxy, takes no compressed body. One thread.
class Client {
public:
    /// A piece of the body, with the status that it is of. False: no more is wanted.
    using Body = std::function<bool(int status, std::string_view piece)>;

    /// Errors: Internal (the library cannot be set up).
    static Result<std::unique_ptr<Client>> open(Target target);
    virtual ~Client() = default;

    /// Ends when the answer does, when Body says so, or soon after `stop`.
    /// Errors: Disconnected (no connection, or it broke), Refused (TLS: whose certificate, and why), TimedOut, Malformed (no HTTP, or longer than
    /// allowed), Cancelled (Body or `stop`), NotFound and PermissionDenied (a file of the target).
    virtual Result<Answer> ask(const Request &request, const Body &body, const std::stop_token &stop) = 0;
};

} // namespace tapio::http
