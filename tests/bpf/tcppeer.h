// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "tests/bpf/kernelfixture.h"

/// Sockets of child processes on loopback: the collectors do not show those of the process that runs them.
/// The functions use system calls only and are for the child; each returns false or -1 when a call fails.
namespace tapio::test {

enum class Family { V4, V6 };

/// Moves this process into a network namespace of its own, loopback up: its ports and its table of sockets in TIME_WAIT are
/// then nobody else's. A full table ends a connection with a reset.
bool ownNetwork();

int listenOn(Family family, int backlog, std::uint16_t &port);
/// Blocks until the handshake is over.
int connectTo(Family family, std::uint16_t port);
/// The socket alone, not yet connected, and the connecting of it; 0 or errno.
int makeSocket(Family family, bool blocking = true);
int tryConnect(int fd, Family family, std::uint16_t port);

bool sendBytes(int fd, std::size_t bytes);
/// Reads until the peer closes its side; the number of bytes, or -1.
std::int64_t receiveAll(int fd);
bool receiveBytes(int fd, std::size_t bytes);
/// Waits, at most 10 s, until the peer's kernel has everything that was sent: what is sent next is in a segment of its own.
bool drained(int fd);
/// close() that sends a reset instead of a FIN.
void closeHard(int fd);

/// Carries single numbers between test and child.
class Pipe {
public:
    Pipe();
    ~Pipe();
    Pipe(const Pipe &) = delete;
    Pipe &operator=(const Pipe &) = delete;
    bool send(std::uint32_t value);
    /// 0 when nothing came within 20 s.
    std::uint32_t receive();

private:
    int m_ends[2] = {-1, -1};
};

/// A child that listens and then runs `serve` with the listening socket.
class Server {
public:
    Server(Family family, int backlog, const std::function<int(int)> &serve);
    std::uint16_t port() const { return m_port; }
    std::uint32_t pid() const { return m_child.pid(); }
    Child &child() { return m_child; }

private:
    Pipe m_ready;
    Child m_child;
    std::uint16_t m_port;
};

} // namespace tapio::test
