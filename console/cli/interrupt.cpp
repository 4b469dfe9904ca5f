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
    struct sigaction hangup {};
    if (sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
        sigaddset(&set, SIGHUP);
    return set;
}

} // namespace

Interrupt::Interrupt() : m_waited(waitedFor())
{
    // Blocked before any other thread exists, so that all inherit it and only the waiter takes the signals.
    pthread_sigmask(SIG_BLOCK, &m_waited, &m_before);
    m_waiter = std::thread([this] {
        int signal = 0;
        while (sigwait(&m_waited, &signal) == 0 && signal != quitSignal)
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
