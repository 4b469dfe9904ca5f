// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/wire/event.h"

namespace tapio::correlation {

/// An IPv4 address in IPv6's clothes (RFC 4291 section 2.5.5.2).
inline bool isIpv4(const wire::SocketAddress &address) noexcept
{
    constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return std::equal(mapped.begin(), mapped.end(), address.bytes.begin());
}

/// RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3. Of a network namespace, so each pod has its own.
inline bool isLoopback(const wire::SocketAddress &address) noexcept
{
    if (isIpv4(address))
        return address.bytes[12] == 127;
    return address.bytes[15] == 1 && std::all_of(address.bytes.begin(), address.bytes.end() - 1, [](auto byte) { return byte == 0; });
}

/// Loopback (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3), link-local (RFC 3927, RFC 4291 section 2.5.6) and unspecified addresses: they
/// mean something on their own node only, and something else on each.
inline bool isOfOneNode(const wire::SocketAddress &address) noexcept
{
    const auto &bytes = address.bytes;
    if (isIpv4(address))
        return bytes[12] == 127 || (bytes[12] == 169 && bytes[13] == 254)
               || std::all_of(bytes.begin() + 12, bytes.end(), [](auto b) { return b == 0; });
    const bool isZero = std::all_of(bytes.begin(), bytes.end() - 1, [](auto byte) { return byte == 0; });
    return (isZero && bytes[15] <= 1) || (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80);
}

/// Whose it is, to put before its name, part by part: nobody's where it means the same everywhere. Loopback is each pod's own, what is link-local the
/// node's. A pod with the network of its node has that one's, which is not known here.
template <typename Take>
void eachScope(const wire::SocketAddress &address, std::string_view node, std::string_view podUid, const Take &take)
{
    if (isOfOneNode(address))
        take(node);
    if (isLoopback(address) && !podUid.empty())
        take(podUid);
}

inline std::string scopeOf(const wire::SocketAddress &address, std::string_view node, std::string_view podUid)
{
    std::string scope;
    eachScope(address, node, podUid, [&scope](std::string_view part) { scope.append(part).append(" "); });
    return scope;
}

} // namespace tapio::correlation
