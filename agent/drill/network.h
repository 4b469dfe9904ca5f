// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include <netinet/in.h>

#include "agent/drill/system.h"

/// The network namespace of a drill. Everything here acts on the caller's namespace, which must be its own.
namespace tapio::drill {

sockaddr_in loopback(std::uint16_t port) noexcept;
/// Errors: by errno.
Status bringUp(const std::string &interface);
/// A pair of virtual interfaces, the first named `name` with the address 198.18.0.1/24 (RFC 2544: for tests, never routed) and without
/// ARP: what is sent to any address there leaves it. Errors: Unsupported (no veth), by errno.
Status makeOutlet(const std::string &name);

/// A socket of that kind on the loopback interface; port 0 = the system chooses. Errors: by errno.
Result<Fd> bindLoopback(int kind, std::uint16_t port);
/// Errors: by errno.
Result<std::uint16_t> portOf(const Fd &socket);

/// From here on the kernel drops so many of a hundred packets that arrive at this socket, each at random: a filter (socket(7),
/// SO_ATTACH_FILTER) that ends with it. Errors: by errno; EPERM where the kernel wants CAP_BPF.
Status losePackets(const Fd &socket, unsigned percent);
/// Packets that the kernel dropped at this socket; 0 where it does not say.
std::uint64_t packetsLost(const Fd &socket);
/// Segments that a TCP socket sent again; 0 where the kernel does not say.
std::uint64_t segmentsSentAgain(const Fd &socket);

} // namespace tapio::drill
