// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/pipeline/severity.h"

#include <csignal>

namespace tapio::agent {

using wire::Severity;

namespace {

Severity severityOfSignal(int signal)
{
    switch (signal) {
    case SIGSEGV:
    case SIGBUS:
    case SIGILL:
    case SIGFPE:
    case SIGABRT:
    case SIGSYS:
    case SIGTRAP:
        return Severity::Error;
    case SIGKILL:
        return Severity::Warning;
    default:
        return Severity::Notice;
    }
}

Severity severityOfOutcome(wire::TcpOutcome outcome)
{
    switch (outcome) {
    case wire::TcpOutcome::Refused:
    case wire::TcpOutcome::TimedOut:
    case wire::TcpOutcome::Unreachable:
    case wire::TcpOutcome::OtherError:
        return Severity::Warning;
    case wire::TcpOutcome::Reset:
    case wire::TcpOutcome::Aborted:
        return Severity::Notice;
    default:
        return Severity::Info;
    }
}

struct Rules {
    const wire::Origin &origin;

    Severity operator()(const std::monostate &) const { return Severity::Info; }
    Severity operator()(const wire::ProcessExec &) const { return Severity::Info; }
    Severity operator()(const wire::ProcessExit &exit) const
    {
        if (exit.signal != 0)
            return severityOfSignal(exit.signal);
        return exit.exitCode != 0 ? Severity::Notice : Severity::Info;
    }
    Severity operator()(const wire::OomKill &) const
    {
        const bool inContainer = !origin.containerId.empty() || !origin.podUid.empty();
        return inContainer ? Severity::Error : Severity::Critical;
    }
    Severity operator()(const wire::FatalSignal &fatal) const { return severityOfSignal(fatal.signal); }
    Severity operator()(const wire::TcpConnection &connection) const { return severityOfOutcome(connection.outcome); }
};

} // namespace

Severity severityOf(const wire::Event &event, const wire::Origin &origin) noexcept
{
    return std::visit(Rules{origin}, event.detail);
}

} // namespace tapio::agent
