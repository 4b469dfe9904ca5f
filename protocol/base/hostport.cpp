// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/base/hostport.h"

#include <charconv>
#include <optional>
#include <utility>

#include <arpa/inet.h>

namespace tapio {

namespace {

/// "'TEXT' WHY". Appended piece by piece: g++ 12 warns falsely of an overlap for literal + string (GCC bug 105651).
tl::unexpected<Error> refuse(std::string_view text, std::string_view why)
{
    std::string context;
    context.append("'").append(text).append("' ").append(why);
    return fail(Errc::InvalidArgument, std::move(context));
}

struct Parts {
    std::string_view host;
    std::optional<std::string_view> port;
};

Result<Parts> split(std::string_view text)
{
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos)
            return refuse(text, "has no ']'");
        const std::string_view rest = text.substr(close + 1);
        if (!rest.empty() && !rest.starts_with(':'))
            return refuse(text, "is not HOST:PORT");
        return Parts{text.substr(1, close - 1), rest.empty() ? std::nullopt : std::optional(rest.substr(1))};
    }
    const auto colon = text.find(':');
    if (colon == std::string_view::npos)
        return Parts{text, std::nullopt};
    if (text.find(':', colon + 1) != std::string_view::npos)
        return refuse(text, "has several colons: write an IPv6 address in brackets, [::1]:7117");
    return Parts{text.substr(0, colon), text.substr(colon + 1)};
}

enum class Zero { Refused, SystemChooses };

Result<HostPort> parse(std::string_view text, std::optional<std::uint16_t> standard, Zero zero)
{
    const auto parts = split(text);
    if (!parts)
        return fail(parts.error());
    if (parts->host.empty())
        return refuse(text, "names no host");
    if (!parts->port && !standard)
        return refuse(text, "needs a port, ADDRESS:PORT");
    if (parts->port && parts->port->empty())
        return refuse(text, "has no port behind its colon");
    HostPort result{std::string(parts->host), standard.value_or(0)};
    if (parts->port) {
        const char *end = parts->port->data() + parts->port->size();
        const auto [stopped, error] = std::from_chars(parts->port->data(), end, result.port);
        if (error != std::errc() || stopped != end || (result.port == 0 && zero == Zero::Refused))
            return refuse(*parts->port,
                          zero == Zero::Refused ? "is no port (1 to 65535)" : "is no port (1 to 65535, or 0: the system chooses)");
    }
    return result;
}

} // namespace

Result<HostPort> parseHostPort(std::string_view text, std::uint16_t standard) { return parse(text, standard, Zero::Refused); }

Result<std::string> parseListenHost(std::string_view text)
{
    std::string host(text == "localhost" ? "127.0.0.1" : text);
    in6_addr bytes{}; // the larger one
    if (inet_pton(AF_INET, host.c_str(), &bytes) != 1 && inet_pton(AF_INET6, host.c_str(), &bytes) != 1)
        return refuse(text, "is no IPv4 or IPv6 address to listen on");
    return host;
}

Result<HostPort> parseListenAddress(std::string_view text, std::optional<std::uint16_t> standard)
{
    auto address = parse(text, standard, Zero::SystemChooses);
    if (!address)
        return address;
    auto host = parseListenHost(address->host);
    if (!host)
        return fail(host.error());
    address->host = std::move(*host);
    return address;
}

std::string toText(const HostPort &address)
{
    const bool isV6 = address.host.find(':') != std::string::npos;
    return (isV6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

} // namespace tapio
