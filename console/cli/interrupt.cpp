// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/interrupt.h"

#include <pthread.h>

namespace tapio::console {

namespace {

/// Ends the waiting thread without a stop request; never sent by anybody else to that thread.
constexpr int quitSignal = SIGUSR1;

sigset_t waitedFor()
{
    sigset_t set{};
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, quitSignal);
    return set;
}

} // namespace

Interrupt::Interrupt()
{
    const sigset_t set = waitedFor();
    // Blocked before any other thread exists, so that all inherit it and only the waiter takes the signals.
    pthread_sigmask(SIG_BLOCK, &set, &m_before);
    m_waiter = std::thread([this] {
        const sigset_t waited = waitedFor();
        int signal = 0;
        while (sigwait(&waited, &signal) == 0 && signal != quitSignal)
            m_stop.request_stop();
    });
}

Interrupt::~Interrupt()
{
    pthread_kill(m_waiter.native_handle(), quitSignal);
    m_waiter.join();
    pthread_sigmask(SIG_SETMASK, &m_before, nullptr);
}

} // namespace tapio::console
