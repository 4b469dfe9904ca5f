// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/sockets.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

namespace tapio::transport {

namespace {

constexpr int backlog = 1024;
constexpr int unacknowledgedLimitMs = 20'000;

void setOption(int fd, int level, int name, int value) { ::setsockopt(fd, level, name, &value, sizeof value); }

const sockaddr_in *asV4(const sockaddr *address) { return reinterpret_cast<const sockaddr_in *>(address); }
const sockaddr_in6 *asV6(const sockaddr *address) { return reinterpret_cast<const sockaddr_in6 *>(address); }

std::string text(int family, const void *address)
{
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    const char *shown = ::inet_ntop(family, address, buffer.data(), buffer.size());
    return shown != nullptr ? shown : "?";
}

} // namespace

std::string SocketAddress::ip() const
{
    if (storage.ss_family == AF_INET)
        return ::tapio::transport::text(AF_INET, &asV4(raw())->sin_addr);
    const in6_addr &address = asV6(raw())->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&address))
        return ::tapio::transport::text(AF_INET, &address.s6_addr[12]);
    return ::tapio::transport::text(AF_INET6, &address);
}

std::uint16_t SocketAddress::port() const { return ntohs(storage.ss_family == AF_INET ? asV4(raw())->sin_port : asV6(raw())->sin6_port); }

std::string SocketAddress::text() const
{
    const std::string shown = ip();
    const std::string behind = ':' + std::to_string(port());
    return shown.find(':') == std::string::npos ? shown + behind : '[' + shown + ']' + behind;
}

std::string SocketAddress::origin() const
{
    if (storage.ss_family != AF_INET6 || IN6_IS_ADDR_V4MAPPED(&asV6(raw())->sin6_addr))
        return ip();
    in6_addr prefix = asV6(raw())->sin6_addr;
    std::memset(&prefix.s6_addr[8], 0, 8);
    return ::tapio::transport::text(AF_INET6, &prefix);
}

Result<SocketAddress> parseAddress(const std::string &ip, std::uint16_t port)
{
    SocketAddress address;
    auto *v4 = reinterpret_cast<sockaddr_in *>(address.raw());
    auto *v6 = reinterpret_cast<sockaddr_in6 *>(address.raw());
    if (::inet_pton(AF_INET, ip.c_str(), &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        address.size = sizeof(sockaddr_in);
        return address;
    }
    if (::inet_pton(AF_INET6, ip.c_str(), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        address.size = sizeof(sockaddr_in6);
        return address;
    }
    return fail(Errc::InvalidArgument, "'" + ip + "' is not an IPv4 or IPv6 address");
}

Result<FileDescriptor> listenOn(const SocketAddress &address)
{
    FileDescriptor fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd)
        return failErrno("cannot create a listening socket", errno);
    setOption(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1); // take over from connections of the last run; not from a listener
    if (address.storage.ss_family == AF_INET6)
        setOption(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (::bind(fd.get(), address.raw(), address.size) != 0 || ::listen(fd.get(), backlog) != 0) {
        if (errno == EADDRINUSE)
            return fail(Errc::Busy, "port " + std::to_string(address.port()) + " on " + address.ip()
                                        + " is in use by another program; choose another port or stop that program");
        if (errno == EADDRNOTAVAIL)
            return fail(Errc::InvalidArgument, "this machine has no address " + address.ip());
        return failErrno("cannot listen on " + address.text(), errno);
    }
    return fd;
}

Result<FileDescriptor> beginConnect(const SocketAddress &address)
{
    FileDescriptor fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd)
        return failErrno("cannot create a socket", errno);
    tuneTcp(fd.get());
    if (::connect(fd.get(), address.raw(), address.size) != 0 && errno != EINPROGRESS)
        return failErrno("cannot connect to " + address.text(), errno);
    return fd;
}

void tuneTcp(int fd)
{
    setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    setOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, unacknowledgedLimitMs);
}

void raiseFileLimit()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

} // namespace tapio::transport
