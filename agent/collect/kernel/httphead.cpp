// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/httphead.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <limits>
#include <optional>

#include "protocol/wire/text.h"

namespace tapio::agent {

namespace {

/// A line without its end, which may be a bare LF (RFC 9112 section 2.2); nothing when it was not captured whole.
std::optional<std::string_view> takeLine(std::string_view &text)
{
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos)
        return std::nullopt;
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return line;
}

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool sameName(std::string_view name, std::string_view lower)
{
    return std::equal(name.begin(), name.end(), lower.begin(), lower.end(),
                      [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
}

/// Valid UTF-8 of at most `most` bytes.
std::string text(std::string_view bytes, std::size_t most) { return std::string(wire::truncateUtf8(wire::toValidUtf8(bytes), most)); }

/// What the captured fields say; `complete` when the empty line after them was captured.
struct Fields {
    std::optional<std::string_view> host;
    std::optional<std::string_view> contentLength;
    bool transferEncoding = false;
    bool complete = false;
};

Fields readFields(std::string_view &rest)
{
    Fields fields;
    while (const auto line = takeLine(rest)) {
        if (line->empty()) {
            fields.complete = true;
            break;
        }
        const std::size_t colon = line->find(':');
        if (colon == std::string_view::npos)
            continue;
        const std::string_view name = line->substr(0, colon);
        const std::string_view value = trimmed(line->substr(colon + 1));
        if (sameName(name, "host"))
            fields.host = value;
        else if (sameName(name, "content-length"))
            fields.contentLength = value;
        else if (sameName(name, "transfer-encoding"))
            fields.transferEncoding = true;
    }
    return fields;
}

std::optional<std::uint64_t> number(std::string_view text)
{
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

bool hasBody(std::uint16_t status, std::string_view method)
{
    return method != "HEAD" && status >= 200 && status != 204 && status != 304; // RFC 9112 section 6.3
}

} // namespace

Result<HttpRequestHead> parseHttpRequest(std::string_view captured)
{
    std::string_view rest = captured;
    const auto whole = takeLine(rest);
    const std::string_view line = whole.value_or(captured);
    const std::size_t afterMethod = line.find(' ');
    if (afterMethod == 0 || afterMethod > HttpRequestHead::mostMethodBytes
        || !std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(afterMethod), [](char c) { return c >= 'A' && c <= 'Z'; }))
        return fail(Errc::Malformed, "a request without a method");
    const std::string_view afterwards = line.substr(afterMethod + 1);
    const std::size_t afterTarget = afterwards.rfind(" HTTP/1.");
    if (whole && afterTarget == std::string_view::npos)
        return fail(Errc::Malformed, "a request line of another protocol");
    const std::string_view target = afterwards.substr(0, std::min(afterTarget, afterwards.find(' ')));
    if (target.empty())
        return fail(Errc::Malformed, "a request without a target");

    HttpRequestHead head;
    head.method = line.substr(0, afterMethod);
    head.target = text(target, HttpRequestHead::mostTargetBytes);
    if (whole)
        head.host = text(readFields(rest).host.value_or(""), HttpRequestHead::mostHostBytes);
    return head;
}

Result<HttpAnswerHead> parseHttpAnswer(std::string_view captured, std::string_view method)
{
    constexpr std::size_t statusAt = 9; // HTTP/1.1 200
    const bool begins = captured.size() >= statusAt + 3 && captured.starts_with("HTTP/1.") && captured[statusAt - 1] == ' ';
    const std::uint64_t status = begins ? number(captured.substr(statusAt, 3)).value_or(0) : 0;
    if (status < 100)
        return fail(Errc::Malformed, "an answer without a status");

    HttpAnswerHead head;
    head.status = static_cast<std::uint16_t>(status);
    std::string_view rest = captured;
    takeLine(rest);
    const Fields fields = readFields(rest);
    if (!fields.complete)
        return head;
    const std::uint64_t headBytes = captured.size() - rest.size();
    if (!hasBody(head.status, method)) {
        head.bytes = headBytes;
    } else if (const auto length = number(fields.contentLength.value_or("")); length && !fields.transferEncoding) {
        if (*length <= std::numeric_limits<std::uint64_t>::max() - headBytes)
            head.bytes = headBytes + *length;
    }
    return head;
}

} // namespace tapio::agent
