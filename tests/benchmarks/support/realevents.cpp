// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/benchmarks/support/realevents.h"

#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/benchmarks/support/process.h"

namespace tapio::bench {

namespace {

/// A listener on a free port of loopback.
class Listener {
public:
    Listener()
    {
        m_address.sin_family = AF_INET;
        m_address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(m_address);
        auto *any = reinterpret_cast<sockaddr *>(&m_address);
        if (bind(m_socket, any, size) != 0 || listen(m_socket, 64) != 0 || getsockname(m_socket, any, &size) != 0) {
            close(m_socket);
            throw std::runtime_error("no listener on loopback");
        }
    }
    ~Listener() { close(m_socket); }
    Listener(const Listener &) = delete;
    Listener &operator=(const Listener &) = delete;

    void connectOnce() const
    {
        const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (client >= 0 && connect(client, reinterpret_cast<const sockaddr *>(&m_address), sizeof(m_address)) == 0) {
            // The accepted end closes first: TIME_WAIT then holds the listener's port and not one of the few that are handed out.
            close(accept4(m_socket, nullptr, nullptr, SOCK_CLOEXEC));
        }
        close(client);
    }

private:
    int m_socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in m_address{};
};

} // namespace

std::uint64_t makeEvents(double perSecond, std::chrono::seconds seconds, unsigned execShare)
{
    const Listener listener;
    const auto begin = std::chrono::steady_clock::now();
    std::uint64_t made = 0;
    for (unsigned turn = 0; std::chrono::steady_clock::now() - begin < seconds; ++turn) {
        // Spread evenly: 37 and 100 share no factor.
        if (turn * 37 % 100 < execShare)
            waitpid(spawn({"/bin/true"}), nullptr, 0);
        else
            listener.connectOnce();
        made += 2;
        std::this_thread::sleep_until(begin + std::chrono::duration<double>(static_cast<double>(made) / perSecond));
    }
    return made;
}

} // namespace tapio::bench
