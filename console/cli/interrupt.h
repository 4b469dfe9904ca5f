// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <csignal>
#include <stop_token>
#include <thread>

namespace tapio::console {

/// While it lives, SIGINT, SIGTERM and SIGHUP (the terminal went away) request a stop instead of ending the program. A SIGHUP that is ignored,
/// as below nohup(1), stays so. One at a time, made before other threads.
class Interrupt {
public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt &) = delete;
    Interrupt &operator=(const Interrupt &) = delete;

    std::stop_token token() const noexcept { return m_stop.get_token(); }

private:
    std::stop_source m_stop;
    sigset_t m_waited{};
    sigset_t m_before{};
    std::thread m_waiter;
};

} // namespace tapio::console
