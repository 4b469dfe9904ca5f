// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/wire/signalname.h"

#include <array>

namespace tapio::wire {

namespace {

/// signal(7), from 1 on. Not sigabbrev_np(): a console may run where the numbers are others than on the node.
constexpr std::array<std::string_view, 31> names{
    "SIGHUP",  "SIGINT",  "SIGQUIT", "SIGILL",    "SIGTRAP",   "SIGABRT",  "SIGBUS",  "SIGFPE",  "SIGKILL", "SIGUSR1", "SIGSEGV",
    "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM",   "SIGSTKFLT", "SIGCHLD",  "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU",
    "SIGURG",  "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF",   "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS",
};

} // namespace

std::string_view signalName(int signal) noexcept
{
    return signal >= 1 && signal <= static_cast<int>(names.size()) ? names[static_cast<std::size_t>(signal) - 1] : std::string_view();
}

std::string signalText(int signal)
{
    const std::string_view name = signalName(signal);
    const std::string number = std::to_string(signal);
    return name.empty() ? number : std::string(name).append(" (").append(number).append(")");
}

} // namespace tapio::wire
