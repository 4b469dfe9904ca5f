// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/base/result.h"

namespace tapio::agent {

/// As much of a request as our answers depend on.
struct HttpRequest {
    std::string method; ///< "GET"; a token of at most 16 bytes
    std::string path;   ///< "/metrics", without the query; visible ASCII

    bool operator==(const HttpRequest &) const = default;
};

/// A request's head is at most so long; nothing that scrapes or probes comes near.
inline constexpr std::size_t mostHeadBytes = 8192;

/// Reads the head of an HTTP/1 request (RFC 9112, sections 3 and 5): the request line, and that each line after it is a field. Empty while the
/// head is not complete. Errors: Malformed (no HTTP/1), NoSpace (longer than mostHeadBytes). Pure, any thread.
Result<std::optional<HttpRequest>> parseRequestHead(std::string_view bytes);

/// An answer that the caller has made.
struct HttpResponse {
    int status = 200;
    std::string contentType = "text/plain; charset=utf-8";
    std::string body;
};

/// One line, or several with their ends between them.
HttpResponse plainText(int status, std::string text);

/// The bytes of an answer that ends its connection; to HEAD without the body.
std::string encodeResponse(const HttpResponse &response, bool withBody);

} // namespace tapio::agent
