// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/base/clock.h"
#include "protocol/base/result.h"

namespace tapio::agent {

struct ControlOptions {
    std::filesystem::path path;  ///< of the socket, below a folder that only the agent's user may write
    std::size_t mostClients = 4; ///< whoever comes beyond that is closed at once
    std::size_t lineBytes = 2048;
    std::int64_t patienceNs = 2 * nsPerSecond;     ///< for a whole line
    std::function<bool(std::uint32_t uid)> mayAsk; ///< empty = root and the agent's own user
};

/// A local socket (stream, 0600) on which one line is asked and one answered per connection. Never blocks. One thread, whose loop waits
/// for fd() and then calls turn(), and turn() now and then besides: for those that ask nothing.
class ControlSocket {
public:
    using Answer = std::function<std::string(std::string_view line)>;
    /// Removes a socket that nobody answers on any more. Errors: Busy (another agent answers there), InvalidArgument (a path too long
    /// for a socket), AlreadyExists (something else is there), by errno. The clock outlives it.
    static Result<std::unique_ptr<ControlSocket>> open(ControlOptions options, Answer answer, const Clock &clock);
    ~ControlSocket();
    ControlSocket(const ControlSocket &) = delete;
    ControlSocket &operator=(const ControlSocket &) = delete;

    int fd() const noexcept { return m_poll; }
    void turn();

    struct Counts {
        std::uint64_t answered = 0;
        std::uint64_t strangers = 0; ///< of other users
        std::uint64_t crowded = 0;   ///< beyond mostClients
        std::uint64_t overlong = 0;  ///< lines
        std::uint64_t late = 0;      ///< that had not asked in time
        std::uint64_t gone = 0;      ///< that left before they had asked, or did not read the answer
    };
    const Counts &counts() const noexcept { return m_counts; }

private:
    struct Client {
        int fd = -1;
        std::int64_t untilBootNs = 0;
        std::string line;
    };
    ControlSocket(ControlOptions options, Answer answer, const Clock &clock);
    Status listen();
    void acceptAll();
    bool mayAsk(int fd) const;
    /// True when it is done with.
    bool serve(Client &client);
    void reply(const Client &client);

    ControlOptions m_options;
    Answer m_answer;
    const Clock &m_clock;
    int m_poll = -1; ///< epoll(7): becomes readable when anything is to be done
    int m_listener = -1;
    bool m_isBound = false;
    std::list<Client> m_clients;
    Counts m_counts;
};

} // namespace tapio::agent
