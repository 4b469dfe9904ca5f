// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/daemon/signals.h"

#include <cerrno>
#include <csignal>
#include <sys/signalfd.h>

namespace tapio::daemon {

Result<int> openSignals()
{
    signal(SIGPIPE, SIG_IGN);
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGTERM, SIGINT, SIGHUP})
        sigaddset(&signals, number);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    const int fd = signalfd(-1, &signals, SFD_CLOEXEC);
    if (fd < 0)
        return failErrno("waiting for signals", errno);
    return fd;
}

} // namespace tapio::daemon
