// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/observe/httprequest.h"

#include <algorithm>
#include <utility>

namespace tapio::agent {

namespace {

constexpr std::size_t mostMethodBytes = 16;
constexpr std::size_t mostPathBytes = 1024;

/// RFC 9110, section 5.6.2.
bool isTokenByte(char c)
{
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || marks.find(c) != std::string_view::npos;
}

bool isToken(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), isTokenByte); }

bool isVisible(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

/// Takes the next line off; a bare LF ends one too (RFC 9112, section 2.2). False: there is no complete one.
bool takeLine(std::string_view &bytes, std::string_view &line)
{
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos)
        return false;
    line = bytes.substr(0, end);
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    bytes.remove_prefix(end + 1);
    return true;
}

std::optional<HttpRequest> parseRequestLine(std::string_view line)
{
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last)
        return std::nullopt;
    const std::string_view method = line.substr(0, first);
    std::string_view target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    if (!isToken(method) || method.size() > mostMethodBytes || (version != "HTTP/1.1" && version != "HTTP/1.0"))
        return std::nullopt;
    if (!target.starts_with('/') || !isVisible(target) || target.size() > mostPathBytes)
        return std::nullopt;
    target = target.substr(0, target.find('?'));
    return HttpRequest{std::string(method), std::string(target)};
}

bool isField(std::string_view line)
{
    const std::size_t colon = line.find(':');
    return colon != std::string_view::npos && isToken(line.substr(0, colon)) && line.find('\0') == std::string_view::npos
           && line.find('\r') == std::string_view::npos;
}

std::string_view reasonPhrase(int status)
{
    switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 431: return "Request Header Fields Too Large";
    case 503: return "Service Unavailable";
    default: return "Internal Server Error";
    }
}

} // namespace

Result<std::optional<HttpRequest>> parseRequestHead(std::string_view bytes)
{
    const bool isTooLong = bytes.size() > mostHeadBytes;
    std::string_view rest = bytes.substr(0, mostHeadBytes);
    std::string_view line;
    std::optional<HttpRequest> request;
    while (takeLine(rest, line)) {
        if (!request) {
            request = parseRequestLine(line);
            if (!request)
                return fail(Errc::Malformed, "the request line is none of HTTP/1");
        } else if (line.empty()) {
            return request;
        } else if (!isField(line)) {
            return fail(Errc::Malformed, "a header line is no field");
        }
    }
    if (isTooLong)
        return fail(Errc::NoSpace, "the request's head is longer than " + std::to_string(mostHeadBytes) + " bytes");
    // Garbage without a line end would be waited on until the deadline.
    if (!request && !rest.empty() && !isTokenByte(rest.front()))
        return fail(Errc::Malformed, "the request line is none of HTTP/1");
    return std::optional<HttpRequest>();
}

HttpResponse plainText(int status, std::string text)
{
    HttpResponse response;
    response.status = status;
    response.body = std::move(text.append("\n"));
    return response;
}

std::string encodeResponse(const HttpResponse &response, bool withBody)
{
    std::string bytes = "HTTP/1.1 " + std::to_string(response.status) + " ";
    bytes.append(reasonPhrase(response.status)).append("\r\nContent-Type: ").append(response.contentType);
    bytes.append("\r\nContent-Length: ").append(std::to_string(response.body.size()));
    bytes.append("\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n");
    if (response.status == 405)
        bytes.append("Allow: GET, HEAD\r\n");
    bytes.append("\r\n");
    return withBody ? bytes.append(response.body) : bytes;
}

} // namespace tapio::agent
