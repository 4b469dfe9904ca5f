// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/base/result.h"

/// The beginning of what was said over HTTP/1.1 (RFC 9112), however much of it was captured. Pure; trusts nothing.
namespace tapio::agent {

struct HttpRequestHead {
    static constexpr std::size_t mostMethodBytes = 16;
    static constexpr std::size_t mostTargetBytes = 200;
    static constexpr std::size_t mostHostBytes = 100;

    std::string method;
    std::string target; ///< valid UTF-8; what was not captured, or is too long, is cut
    std::string host;   ///< valid UTF-8; empty when it was not captured whole
};

/// Errors: Malformed: no method and target, or a whole line that does not say HTTP/1: other protocols begin alike.
Result<HttpRequestHead> parseHttpRequest(std::string_view captured);

struct HttpAnswerHead {
    std::uint16_t status = 0;
    /// Head and body as the head announces them; 0 = it does not, or the part that would say so was not captured.
    std::uint64_t bytes = 0;
};

/// `method` is that of the request: there is no body after HEAD. Errors: Malformed.
Result<HttpAnswerHead> parseHttpAnswer(std::string_view captured, std::string_view method);

} // namespace tapio::agent
