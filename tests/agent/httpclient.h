// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

#include <arpa/inet.h>
#include <cstdint>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tapio::test {

/// A TCP connection to 127.0.0.1 that sends what the test likes.
class RawClient {
public:
    explicit RawClient(std::uint16_t port) : m_fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_port = htons(port);
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        m_connected = connect(m_fd, reinterpret_cast<sockaddr *>(&name), sizeof(name)) == 0;
    }
    ~RawClient() { close(m_fd); }
    RawClient(const RawClient &) = delete;
    RawClient &operator=(const RawClient &) = delete;

    bool connected() const { return m_connected; }
    /// False once the other end has closed.
    bool send(const QByteArray &bytes) { return ::send(m_fd, bytes.constData(), std::size_t(bytes.size()), MSG_NOSIGNAL) == bytes.size(); }
    void sayNoMore() { shutdown(m_fd, SHUT_WR); }
    /// All until the other end closes; what came by then when that takes longer.
    QByteArray readAll(int withinMs = 10'000)
    {
        QByteArray all;
        char chunk[4096];
        pollfd ready{m_fd, POLLIN, 0};
        while (poll(&ready, 1, withinMs) > 0) {
            const ssize_t count = recv(m_fd, chunk, sizeof(chunk), 0);
            if (count <= 0) {
                m_closed = true;
                break;
            }
            all.append(chunk, count);
        }
        return all;
    }
    /// The other end has closed, as seen by readAll().
    bool closed() const { return m_closed; }

private:
    int m_fd;
    bool m_connected = false;
    bool m_closed = false;
};

struct Answer {
    int status = 0; ///< 0 = none came
    QByteArray head, body;
};

inline Answer toAnswer(const QByteArray &bytes)
{
    const auto end = bytes.indexOf("\r\n\r\n");
    if (!bytes.startsWith("HTTP/1.1 ") || end < 0)
        return {};
    return {bytes.mid(9, 3).toInt(), bytes.left(end + 2), bytes.mid(end + 4)};
}

inline Answer get(std::uint16_t port, const QByteArray &path)
{
    RawClient client(port);
    client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    return toAnswer(client.readAll());
}

} // namespace tapio::test
