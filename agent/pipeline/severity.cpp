// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/pipeline/severity.h"

#include <cerrno>
#include <csignal>

#include "protocol/wire/containerexec.h"

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
    case SIGTRAP: return Severity::Error;
    case SIGKILL: return Severity::Warning;
    default: return Severity::Notice;
    }
}

Severity severityOfOutcome(wire::TcpOutcome outcome)
{
    switch (outcome) {
    case wire::TcpOutcome::Refused:
    case wire::TcpOutcome::TimedOut:
    case wire::TcpOutcome::Unreachable:
    case wire::TcpOutcome::OtherError: return Severity::Warning;
    case wire::TcpOutcome::Reset:
    case wire::TcpOutcome::Aborted: return Severity::Notice;
    default: return Severity::Info;
    }
}

Severity severityOfAnswer(const wire::DnsQuery &dns)
{
    // RFC 6895 section 2.3
    constexpr std::uint16_t servFail = 2;
    constexpr std::uint16_t refused = 5;
    if (dns.outcome == wire::DnsOutcome::TimedOut)
        return Severity::Warning;
    const bool failed = dns.responseCode == servFail || dns.responseCode == refused;
    return dns.outcome == wire::DnsOutcome::Answered && failed ? Severity::Warning : Severity::Info;
}

Severity severityOfStatus(const wire::HttpRequest &http)
{
    if (http.aborted || http.status >= 500)
        return Severity::Warning;
    return http.status >= 400 ? Severity::Notice : Severity::Info;
}

/// Out of something, or a disk that fails: more than one program will see it.
Severity severityOfFileError(int error)
{
    switch (error) {
    case EIO: return Severity::Error;
    case EMFILE:
    case ENFILE:
    case ENOSPC:
    case EDQUOT:
    case EROFS: return Severity::Warning;
    default: return Severity::Notice;
    }
}

Severity severityOfPriority(std::uint8_t priority)
{
    switch (priority) {
    case 0: // emerg
    case 1: // alert
    case 2: // crit
        return Severity::Critical;
    case 3: return Severity::Error;
    case 4: return Severity::Warning;
    case 5: return Severity::Notice;
    case 6: return Severity::Info;
    default: return Severity::Debug;
    }
}

Severity severityOfNotice(wire::AgentNoticeKind kind)
{
    switch (kind) {
    case wire::AgentNoticeKind::ShedBegin:
    case wire::AgentNoticeKind::SpoolDropped:
    case wire::AgentNoticeKind::ConfigRefused:
    case wire::AgentNoticeKind::CollectorFailed:
    case wire::AgentNoticeKind::CutOff:
    case wire::AgentNoticeKind::RateLimited: return Severity::Warning;
    default: return Severity::Info;
    }
}

Severity severityOfMemory(const wire::MemoryEvents &memory)
{
    if (memory.oom != 0 || memory.oomKill != 0 || memory.oomGroupKill != 0 || memory.underOom)
        return Severity::Error;
    if (memory.max != 0)
        return Severity::Warning;
    return memory.high != 0 || memory.low != 0 ? Severity::Notice : Severity::Info;
}

Severity severityOfLogin(const wire::Login &login)
{
    if (!login.success)
        return Severity::Warning;
    const bool sitsInContainer = login.service == wire::containerExecService && login.method == wire::terminalMethod;
    return sitsInContainer ? Severity::Notice : Severity::Info;
}

Severity severityOfFact(wire::KubernetesFactKind kind)
{
    switch (kind) {
    case wire::KubernetesFactKind::PodEvicted:
    case wire::KubernetesFactKind::CertificateExpiry: return Severity::Warning;
    default: return Severity::Notice;
    }
}

struct Rules {
    const wire::Origin &origin;
    Severity given;

    Severity operator()(const std::monostate &) const { return Severity::Info; }
    Severity operator()(const wire::ProcessExec &exec) const { return exec.writtenAfterStart ? Severity::Warning : Severity::Info; }
    Severity operator()(const wire::ProcessExit &exit) const
    {
        if (exit.signal != 0)
            return severityOfSignal(exit.signal);
        return exit.exitCode != 0 ? Severity::Notice : Severity::Info;
    }
    Severity operator()(const wire::OomKill &) const
    {
        // What nobody could place may be in a container, and its severity stays when an amendment says so.
        const bool mayBeInContainer =
            !origin.containerId.empty() || !origin.podUid.empty() || origin.attribution == wire::Attribution::Unknown;
        return mayBeInContainer ? Severity::Error : Severity::Critical;
    }
    Severity operator()(const wire::FatalSignal &fatal) const { return severityOfSignal(fatal.signal); }
    Severity operator()(const wire::TcpConnection &connection) const { return severityOfOutcome(connection.outcome); }
    Severity operator()(const wire::DnsQuery &dns) const { return severityOfAnswer(dns); }
    Severity operator()(const wire::HttpRequest &http) const { return severityOfStatus(http); }
    Severity operator()(const wire::FileFailure &failure) const { return severityOfFileError(failure.error); }
    Severity operator()(const wire::CapabilityUse &use) const { return use.granted ? Severity::Notice : Severity::Warning; }
    Severity operator()(const wire::PrivilegeGain &) const { return Severity::Warning; }
    Severity operator()(const wire::TlsFailure &) const { return Severity::Warning; }
    Severity operator()(const wire::PtraceAttach &) const { return Severity::Warning; }
    Severity operator()(const wire::ModuleLoad &) const { return Severity::Warning; }
    Severity operator()(const wire::Mount &) const { return Severity::Notice; }
    Severity operator()(const wire::Login &login) const { return severityOfLogin(login); }
    Severity operator()(const wire::KernelLog &log) const { return severityOfPriority(log.priority); }
    Severity operator()(const wire::AgentNotice &notice) const { return severityOfNotice(notice.kind); }
    Severity operator()(const wire::DrillLabel &) const { return Severity::Notice; }
    Severity operator()(const wire::MemoryEvents &memory) const { return severityOfMemory(memory); }
    Severity operator()(const wire::PressureStall &stall) const { return stall.ended ? Severity::Info : Severity::Warning; }
    Severity operator()(const wire::Boxed<wire::Insight> &) const { return given; } // the rule knows, the finding alone does not say
    Severity operator()(const wire::Boxed<wire::KubernetesFact> &fact) const { return severityOfFact(fact->kind); }
};

} // namespace

Severity severityOf(const wire::Event &event, const wire::Origin &origin) noexcept
{
    return std::visit(Rules{origin, event.severity}, event.detail);
}

} // namespace tapio::agent
