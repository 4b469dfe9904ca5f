// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bpf/tcppeer.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tapio::test {

namespace {

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;

    Address(Family family, std::uint16_t port)
    {
        if (family == Family::V4) {
            const sockaddr_in v4{AF_INET, htons(port), {htonl(INADDR_LOOPBACK)}, {}};
            size = sizeof(v4);
            std::memcpy(&storage, &v4, size);
        } else {
            const sockaddr_in6 v6{AF_INET6, htons(port), 0, in6addr_loopback, 0};
            size = sizeof(v6);
            std::memcpy(&storage, &v6, size);
        }
    }
    sockaddr *get() { return reinterpret_cast<sockaddr *>(&storage); }
};

bool loopbackUp()
{
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    const bool up = ::ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    ::close(fd);
    return up;
}

} // namespace

bool ownNetwork() { return ::unshare(CLONE_NEWNET) == 0 && loopbackUp(); }

int makeSocket(Family family, bool blocking)
{
    return ::socket(family == Family::V4 ? AF_INET : AF_INET6, SOCK_STREAM | (blocking ? 0 : SOCK_NONBLOCK), 0);
}

int listenOn(Family family, int backlog, std::uint16_t &port)
{
    Address address(family, 0);
    const int fd = makeSocket(family);
    if (fd < 0 || ::bind(fd, address.get(), address.size) != 0 || ::listen(fd, backlog) != 0
        || ::getsockname(fd, address.get(), &address.size) != 0)
        return -1;
    port = ntohs(reinterpret_cast<sockaddr_in *>(&address.storage)->sin_port); // at the same place in both families
    return fd;
}

int tryConnect(int fd, Family family, std::uint16_t port)
{
    Address address(family, port);
    return ::connect(fd, address.get(), address.size) == 0 ? 0 : errno;
}

int connectTo(Family family, std::uint16_t port)
{
    const int fd = makeSocket(family);
    return tryConnect(fd, family, port) == 0 ? fd : -1;
}

bool sendBytes(int fd, std::size_t bytes)
{
    static constexpr std::array<char, 16384> chunk{};
    while (bytes > 0) {
        const ssize_t sent = ::send(fd, chunk.data(), std::min(bytes, chunk.size()), MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes -= static_cast<std::size_t>(sent);
    }
    return true;
}

std::int64_t receiveAll(int fd)
{
    std::array<char, 16384> chunk;
    std::int64_t total = 0;
    for (;;) {
        const ssize_t size = ::recv(fd, chunk.data(), chunk.size(), 0);
        if (size <= 0)
            return size == 0 ? total : -1;
        total += size;
    }
}

bool receiveBytes(int fd, std::size_t bytes)
{
    std::array<char, 16384> chunk;
    while (bytes > 0) {
        const ssize_t size = ::recv(fd, chunk.data(), std::min(bytes, chunk.size()), 0);
        if (size <= 0)
            return false;
        bytes -= static_cast<std::size_t>(size);
    }
    return true;
}

bool drained(int fd)
{
    for (int i = 0; i < 10'000; ++i) {
        int unacknowledged = 0;
        if (::ioctl(fd, SIOCOUTQ, &unacknowledged) != 0)
            return false;
        if (unacknowledged == 0)
            return true;
        ::poll(nullptr, 0, 1);
    }
    return false;
}

void closeHard(int fd)
{
    const linger hard{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    ::close(fd);
}

Pipe::Pipe()
{
    if (::pipe(m_ends) != 0)
        m_ends[0] = m_ends[1] = -1;
}

Pipe::~Pipe()
{
    ::close(m_ends[0]);
    ::close(m_ends[1]);
}

bool Pipe::send(std::uint32_t value) { return ::write(m_ends[1], &value, sizeof(value)) == sizeof(value); }

std::uint32_t Pipe::receive()
{
    std::uint32_t value = 0;
    pollfd readable{m_ends[0], POLLIN, 0};
    if (::poll(&readable, 1, 20'000) != 1)
        return 0;
    return ::read(m_ends[0], &value, sizeof(value)) == sizeof(value) ? value : 0;
}

Server::Server(Family family, int backlog, const std::function<int(int)> &serve)
    : m_child(Child::run([&] {
          std::uint16_t port = 0;
          const int listener = listenOn(family, backlog, port);
          return m_ready.send(listener < 0 ? 0 : port) ? serve(listener) : 1;
      })),
      m_port(static_cast<std::uint16_t>(m_ready.receive()))
{}

} // namespace tapio::test
