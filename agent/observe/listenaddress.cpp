// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/observe/listenaddress.h"

#include "protocol/base/ipliteral.h"

namespace tapio::agent {

Result<HostPort> parseListenAddress(std::string_view text)
{
    constexpr std::string_view chosen = ":0";
    constexpr std::uint16_t none = 0;
    const bool systemChooses = text.ends_with(chosen);
    auto address = parseHostPort(systemChooses ? text.substr(0, text.size() - chosen.size()) : text, none);
    if (!address)
        return fail(address.error());
    if ((address->port == none) != systemChooses)
        return fail(Errc::InvalidArgument, "\"" + std::string(text) + "\" needs one port, ADDRESS:PORT");
    if (address->host == "localhost")
        address->host = "127.0.0.1";
    if (!isIpLiteral(address->host))
        return fail(Errc::InvalidArgument, "\"" + address->host + "\" is no IPv4 or IPv6 address to listen on");
    return address;
}

std::string toText(const HostPort &address)
{
    const bool isV6 = address.host.find(':') != std::string::npos;
    return (isV6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

} // namespace tapio::agent
