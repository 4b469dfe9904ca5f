// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/app/quitsignals.h"

#include <QSocketNotifier>

#include <cerrno>
#include <csignal>
#include <sys/signalfd.h>
#include <unistd.h>

namespace tapio::console {

namespace {

sigset_t quitSet()
{
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
        sigaddset(&set, number);
    return set;
}

} // namespace

Status blockQuitSignals()
{
    signal(SIGPIPE, SIG_IGN); // output that nobody reads any more must not end us
    const sigset_t set = quitSet();
    if (const int error = pthread_sigmask(SIG_BLOCK, &set, nullptr))
        return failErrno("blocking signals", error);
    return {};
}

Result<std::unique_ptr<QuitSignals>> QuitSignals::open()
{
    const sigset_t set = quitSet();
    const int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        return failErrno("waiting for signals", errno);
    return std::unique_ptr<QuitSignals>(new QuitSignals(fd));
}

QuitSignals::QuitSignals(int fd) : m_fd(fd), m_notifier(std::make_unique<QSocketNotifier>(fd, QSocketNotifier::Read))
{
    connect(m_notifier.get(), &QSocketNotifier::activated, this, [this] {
        signalfd_siginfo info{};
        while (read(m_fd, &info, sizeof(info)) == sizeof(info)) {}
        emit quitRequested();
    });
}

QuitSignals::~QuitSignals()
{
    m_notifier.reset();
    close(m_fd);
}

} // namespace tapio::console
