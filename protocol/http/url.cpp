// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/http/url.h"

#include <charconv>
#include <memory>
#include <optional>

#include <curl/curl.h>

namespace tapio::http {

namespace {

constexpr std::uint16_t plainPort = 80, tlsPort = 443; // RFC 9110 sections 4.2.1 and 4.2.2

struct Closes {
    void operator()(CURLU *url) const noexcept { curl_url_cleanup(url); }
};
struct Frees {
    void operator()(char *text) const noexcept { curl_free(text); }
};

/// Nothing: the address has no such part.
std::optional<std::string> part(CURLU *url, CURLUPart which, unsigned flags = 0)
{
    char *text = nullptr;
    if (curl_url_get(url, which, &text, flags) != CURLUE_OK)
        return std::nullopt;
    const std::unique_ptr<char, Frees> owned(text);
    return std::string(text);
}

Result<Target> targetOf(CURLU *url)
{
    Target target;
    target.isTls = part(url, CURLUPART_SCHEME) == "https";
    target.host = part(url, CURLUPART_HOST).value_or("");
    if (target.host.starts_with('[')) // of an IPv6 literal
        target.host = target.host.substr(1, target.host.size() - 2);
    if (target.host.empty())
        return fail(Errc::InvalidArgument, "it names no host");
    if (part(url, CURLUPART_ZONEID))
        return fail(Errc::InvalidArgument, "an address of one link has a zone, which cannot be asked over");
    target.port = target.isTls ? tlsPort : plainPort;
    const std::string port = part(url, CURLUPART_PORT).value_or("");
    if (!port.empty() && (std::from_chars(port.data(), port.data() + port.size(), target.port).ec != std::errc() || target.port == 0))
        return fail(Errc::InvalidArgument, "'" + port + "' is no port");
    return target;
}

} // namespace

Result<Url> parseUrl(std::string_view text)
{
    const auto refuse = [&](const std::string &why) { return fail(Errc::InvalidArgument, "'" + std::string(text) + "': " + why); };
    if (text.size() > longestUrl)
        return fail(Errc::InvalidArgument, "an address of more than " + std::to_string(longestUrl) + " bytes");
    const std::unique_ptr<CURLU, Closes> url(curl_url());
    if (!url)
        return fail(Errc::Internal, "libcurl cannot be set up");
    if (!text.starts_with("http://") && !text.starts_with("https://"))
        return refuse("an address begins with http:// or https://");
    if (const CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), 0); code != CURLUE_OK)
        return refuse(curl_url_strerror(code));
    if (part(url.get(), CURLUPART_USER) || part(url.get(), CURLUPART_PASSWORD)) // not repeated: it would be in logs and on screens
        return fail(Errc::InvalidArgument, "no name and no password in an address: whoever sees it would see them");
    if (part(url.get(), CURLUPART_QUERY) || part(url.get(), CURLUPART_FRAGMENT))
        return refuse("it ends before '?' or '#': the rest is made for each query");
    auto target = targetOf(url.get());
    if (!target)
        return refuse(target.error().context());
    Url parsed{std::move(*target), part(url.get(), CURLUPART_PATH).value_or("")};
    while (parsed.path.ends_with('/'))
        parsed.path.pop_back();
    return parsed;
}

std::string Url::text() const
{
    const std::string host = target.host.find(':') == std::string::npos ? target.host : '[' + target.host + ']';
    const bool isUsual = target.port == (target.isTls ? tlsPort : plainPort);
    return (target.isTls ? "https://" : "http://") + host + (isUsual ? std::string() : ':' + std::to_string(target.port)) + path;
}

std::string percentEncoded(std::string_view text)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view unreserved = "-._~";
    std::string to;
    for (const char c : text) {
        const bool plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || unreserved.find(c) != std::string_view::npos;
        if (plain) {
            to += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        to += '%';
        to += digits[byte >> 4];
        to += digits[byte & 15];
    }
    return to;
}

} // namespace tapio::http
