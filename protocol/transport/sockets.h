// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include <sys/socket.h>

#include "protocol/base/result.h"
#include "protocol/transport/files.h"

/// TCP sockets as the transport wants them. Internal to the transport.
namespace tapio::transport {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = sizeof(sockaddr_storage);

    sockaddr *raw() noexcept { return reinterpret_cast<sockaddr *>(&storage); }
    const sockaddr *raw() const noexcept { return reinterpret_cast<const sockaddr *>(&storage); }

    std::string ip() const; ///< "10.0.0.1", "::1"; IPv4 inside IPv6 is shown as IPv4
    std::uint16_t port() const;
    std::string text() const; ///< "10.0.0.1:4711", "[::1]:4711"
    /// What counts as one origin: an IPv4 address, or the /64 that one IPv6 host usually has to itself.
    std::string origin() const;
};

/// Errors: InvalidArgument.
Result<SocketAddress> parseAddress(const std::string &ip, std::uint16_t port);

/// Non-blocking, listening. Errors: Busy (names the port), PermissionDenied, InvalidArgument.
Result<FileDescriptor> listenOn(const SocketAddress &address);

/// Non-blocking; begins to connect. Errors: as connect(2).
Result<FileDescriptor> beginConnect(const SocketAddress &address);

/// No Nagle delay, and unacknowledged data ends the connection after 20 s.
void tuneTcp(int fd);

/// Raises the soft limit of open files to the hard one: a connection takes three.
void raiseFileLimit();

} // namespace tapio::transport
