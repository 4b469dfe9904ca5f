// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "protocol/wire/event.h"

namespace tapio::agent {

/// Most ports that are told of one network namespace.
inline constexpr std::size_t maxListeningPorts = 256;

struct ListenList {
    std::vector<wire::SocketAddress> ports; ///< each once, in the order of the file, at most maxListeningPorts
    bool isWhole = false;                   ///< what follows in the file lists no more of them
};

/// /proc/net/tcp or tcp6: the kernel lists the sockets that listen first, so that reading can stop at the first of the others, of which
/// there may be a hundred thousand. A last line without its end is left out.
ListenList parseListeningTcp(std::string_view text);

/// /proc/net/udp or udp6: sockets that are bound and not connected. One whose port is in [ephemeralFirst, ephemeralLast] waits for an
/// answer and serves nobody.
ListenList parseListeningUdp(std::string_view text, std::uint16_t ephemeralFirst, std::uint16_t ephemeralLast);

} // namespace tapio::agent
