// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/detailtext.h"

#include <QCoreApplication>

#include <algorithm>
#include <limits>

#include "console/ui/models/eventtext.h"
#include "console/ui/widgets/format.h"
#include "protocol/wire/evidence.h"
#include "protocol/wire/text.h"

namespace tapio::console {

namespace {

QString tr(const char *text) { return QCoreApplication::translate("tapio::console", text); }

QString text(std::string_view value) { return QString::fromUtf8(value.data(), static_cast<qsizetype>(value.size())); }
QString count(std::uint64_t value) { return exactCount(value); }
QString bytes(std::uint64_t value) { return tr("%1 (%2 bytes)").arg(bytesText(static_cast<double>(value)), exactCount(value)); }
QString bytesOrNone(std::uint64_t value) { return value == 0 ? tr("not known") : bytes(value); }
QString nsOrNone(std::uint64_t value) { return value == 0 ? tr("not known") : durationText(static_cast<std::int64_t>(value)); }
QString yesNo(bool value) { return value ? tr("yes") : tr("no"); }

/// Within the TLS library the ends of a connection are not always to be seen.
QString endOrNone(const wire::SocketAddress &end) { return end == wire::SocketAddress() ? tr("not known") : text(wire::toString(end)); }

QString who(const std::string &comm, std::uint32_t pid, const QString &otherwise)
{
    if (pid == 0 && comm.empty())
        return otherwise;
    return pid == 0 ? text(comm) : tr("%1 (pid %2)").arg(text(comm)).arg(pid);
}

DetailSection detailOf(const wire::ProcessExec &exec, const TimeDisplay &time)
{
    QStringList arguments;
    for (const std::string &argument : exec.arguments)
        arguments << text(argument);
    return {tr("Program start"),
            {{tr("File"), text(exec.filename), true, {}},
             {tr("Arguments"),
              arguments.join(QLatin1Char(' ')) + (exec.argumentsTruncated ? tr(" \u2026 (cut after 512 bytes)") : QString()),
              true,
              {}},
             {tr("Parent"), who(exec.parentComm, exec.parentPid, tr("not known")), false, {}},
             {tr("File changed"), exec.fileModifiedNs == 0 ? tr("not known") : time.text(exec.fileModifiedNs, TimeStyle::Full), true, {}},
             {tr("Changed after the container started"), yesNo(exec.writtenAfterStart), false, {}}}};
}

DetailSection detailOf(const wire::ProcessExit &exit, const TimeDisplay &)
{
    DetailSection section{tr("Program end"), {}};
    if (exit.signal == 0)
        section.rows.push_back({tr("Exit code"), QString::number(exit.exitCode), false, {}});
    else
        section.rows.push_back({tr("Ended by"), signalText(exit.signal), false, {}});
    if (exit.signal != 0)
        section.rows.push_back({tr("Sent by"), who(exit.killerComm, exit.killerPid, tr("the kernel, or not known")), false, {}});
    section.rows.push_back({tr("Core dumped"), yesNo(exit.coreDumped), false, {}});
    section.rows.push_back({tr("Ran for"), nsOrNone(exit.durationNs), false, {}});
    return section;
}

DetailSection detailOf(const wire::OomKill &kill, const TimeDisplay &)
{
    return {tr("Out of memory"),
            {{tr("Triggered by"), who(kill.triggerComm, kill.triggerPid, tr("not known")), false, {}},
             {tr("Anonymous memory"), bytes(kill.anonRssBytes), false, {}},
             {tr("File memory"), bytes(kill.fileRssBytes), false, {}},
             {tr("Shared memory"), bytes(kill.shmemRssBytes), false, {}},
             {tr("Page tables"), bytes(kill.pageTableBytes), false, {}},
             {tr("Virtual memory"), bytes(kill.totalVmBytes), false, {}},
             {tr("oom_score_adj"), QString::number(kill.oomScoreAdj), false, {}}}};
}

DetailSection detailOf(const wire::FatalSignal &fatal, const TimeDisplay &)
{
    return {tr("Fatal signal"),
            {{tr("Signal"), signalText(fatal.signal), false, {}},
             {tr("si_code"), QString::number(fatal.code), false, {}},
             {tr("Sent by"), who(fatal.senderComm, fatal.senderPid, tr("the kernel")), false, {}}}};
}

QString directionText(wire::TcpDirection direction)
{
    switch (direction) {
    case wire::TcpDirection::Outbound: return tr("outbound");
    case wire::TcpDirection::Inbound: return tr("inbound");
    case wire::TcpDirection::Unknown: break;
    }
    return tr("not known");
}

DetailSection detailOf(const wire::TcpConnection &tcp, const TimeDisplay &)
{
    return {tr("TCP connection"),
            {{tr("Local"), text(wire::toString(tcp.local)), true, {}},
             {tr("Remote"), text(wire::toString(tcp.remote)), true, {}},
             {tr("Direction"), directionText(tcp.direction), false, {}},
             {tr("Outcome"), text(wire::tcpOutcomeName(tcp.outcome)), false, {}},
             {tr("Socket error"), tcp.socketError == 0 ? tr("none") : errnoText(tcp.socketError), false, {}},
             {tr("Established"), yesNo(tcp.established), false, {}},
             {tr("Lasted"), durationText(static_cast<std::int64_t>(tcp.durationNs)), false, {}},
             {tr("Connect latency"), nsOrNone(tcp.connectLatencyNs), false, {}},
             {tr("Sent, acknowledged"), bytes(tcp.bytesSent), false, {}},
             {tr("Received"), bytes(tcp.bytesReceived), false, {}},
             {tr("Round trip"), tcp.srttUs == 0 ? tr("never measured") : durationText(tcp.srttUs * nsPerUs), false, {}},
             {tr("Retransmits"), count(tcp.retransmits), false, {}},
             {tr("Stands for"),
              tcp.more == 0 ? tr("itself alone")
                            : tr("%1 connections: bytes are of all, times are means").arg(count(std::uint64_t{tcp.more} + 1)),
              false,
              {}}}};
}

QString repeatsText(std::uint32_t repeats) { return repeats == 0 ? tr("not known") : count(repeats); }
/// Bytes from outside: what does not fit is as long as can be said.
QString usText(std::uint64_t us)
{
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() / nsPerUs);
    return durationText(static_cast<std::int64_t>(std::min(us, most)) * nsPerUs);
}
QString errorText(std::int32_t error) { return error == 0 ? tr("none") : errnoText(error); }
QString hexText(std::uint64_t value) { return QStringLiteral("0x") + QString::number(value, 16); }
QString changeText(std::uint32_t before, std::uint32_t after)
{
    return before == after ? tr("%1, unchanged").arg(after) : tr("%1, before %2").arg(after).arg(before);
}
/// A mask with the names of its bits.
QString maskText(std::uint64_t mask, const std::string &names)
{
    return mask == 0 ? tr("none") : tr("%1 (%2)").arg(text(names), hexText(mask));
}

DetailSection detailOf(const wire::DnsQuery &dns, const TimeDisplay &)
{
    return {
        tr("DNS query"),
        {{tr("Name"), text(dns.name), true, {}},
         {tr("Type"), text(wire::dnsTypeName(dns.queryType)), true, {}},
         {tr("Server"), text(wire::toString(dns.server)), true, {}},
         {tr("Outcome"), text(wire::dnsOutcomeName(dns.outcome)), false, {}},
         {tr("Answer"), dns.outcome == wire::DnsOutcome::Answered ? text(wire::dnsResponseName(dns.responseCode)) : tr("none"), true, {}},
         {tr("Records"), count(dns.answers), false, {}},
         {tr("Latency"), nsOrNone(dns.latencyNs), false, {}},
         {tr("Asked"), repeatsText(dns.attempts), false, {}},
         {tr("Over"), dns.tcp ? tr("TCP") : tr("UDP"), false, {}},
         {tr("Truncated"), yesNo(dns.truncated), false, {}},
         {tr("Stands for"),
          dns.more == 0 ? tr("itself alone") : tr("%1 answers alike: the latency is their mean").arg(count(std::uint64_t{dns.more} + 1)),
          false,
          {}}}};
}

DetailSection detailOf(const wire::HttpRequest &http, const TimeDisplay &)
{
    return {tr("HTTP request"),
            {{tr("Method"), text(http.texts->method), true, {}},
             {tr("Target"), text(http.texts->target), true, {}},
             {tr("Route"), text(http.texts->route), true, {}},
             {tr("Host"), text(http.texts->host), true, {}},
             {tr("Status"), http.status == 0 ? tr("no answer seen") : QString::number(http.status), false, {}},
             {tr("Latency"), nsOrNone(http.latencyNs), false, {}},
             {tr("Direction"), directionText(http.direction), false, {}},
             {tr("Local"), endOrNone(http.local), true, {}},
             {tr("Remote"), endOrNone(http.remote), true, {}},
             {tr("Request size"), bytesOrNone(http.requestBytes), false, {}},
             {tr("Answer size"), bytesOrNone(http.responseBytes), false, {}},
             {tr("Aborted"), yesNo(http.aborted), false, {}},
             {tr("Pipelined"), yesNo(http.pipelined), false, {}},
             {tr("TLS"), yesNo(http.tls), false, {}}}};
}

DetailSection detailOf(const wire::FileFailure &failure, const TimeDisplay &)
{
    if (failure.isFullFileSystem())
        return {tr("Full file system"),
                {{tr("Mounted at"), text(failure.path), true, {}},
                 failure.limitIsInodes ? DetailRow{tr("Inodes"), exactCount(failure.limit), false, {}}
                                       : DetailRow{tr("Size"), bytes(failure.limit), false, {}},
                 {tr("Left"), failure.left == 0 ? tr("none") : bytes(failure.left), false, {}},
                 {tr("More of it gives"), errorText(failure.error), true, {}}}};
    if (failure.limit != 0)
        return {tr("Descriptors"),
                {{tr("In use"), exactCount(failure.limit), false, {}}, {tr("One more gives"), errorText(failure.error), true, {}}}};
    return {tr("File operation that failed"),
            {{tr("Operation"), text(failure.operation), true, {}},
             {tr("File"), text(failure.path), true, {}},
             {tr("Error"), errorText(failure.error), true, {}},
             {tr("Flags"), hexText(failure.flags), true, {}},
             {tr("Times"), repeatsText(failure.repeats), false, {}}}};
}

DetailSection detailOf(const wire::CapabilityUse &use, const TimeDisplay &)
{
    return {tr("Capability"),
            {{tr("Capability"), text(wire::capabilityName(use.capability)), true, {}},
             {tr("Granted"), yesNo(use.granted), false, {}},
             {tr("Times"), repeatsText(use.repeats), false, {}}}};
}

DetailSection detailOf(const wire::PrivilegeGain &gain, const TimeDisplay &)
{
    return {tr("Privileges gained"),
            {{tr("By"), text(gain.how), true, {}},
             {tr("File"), text(gain.filename), true, {}},
             {tr("uid"), changeText(gain.oldUid, gain.newUid), false, {}},
             {tr("euid"), changeText(gain.oldEuid, gain.newEuid), false, {}},
             {tr("gid"), changeText(gain.oldGid, gain.newGid), false, {}},
             {tr("Capabilities gained"), maskText(gain.gainedCapabilities, wire::capabilityNames(gain.gainedCapabilities, 64)), true, {}}}};
}

DetailSection detailOf(const wire::TlsFailure &failure, const TimeDisplay &)
{
    return {tr("TLS handshake that failed"),
            {{tr("Alert"),
              failure.alert == 0 ? tr("encrypted, not readable") : text(wire::tlsAlertName(failure.alert)),
              failure.alert != 0,
              {}},
             {tr("Said by"), failure.sent ? tr("this end") : tr("the other end"), false, {}},
             {tr("Direction"), directionText(failure.direction), false, {}},
             {tr("Local"), endOrNone(failure.local), true, {}},
             {tr("Remote"), endOrNone(failure.remote), true, {}}}};
}

DetailSection detailOf(const wire::PtraceAttach &attach, const TimeDisplay &)
{
    return {tr("Another process traced"),
            {{tr("Target"), who(attach.targetComm, attach.targetPid, tr("not known")), false, {}},
             {tr("Request"), text(wire::ptraceRequestName(attach.request)), true, {}},
             {tr("Error"), errorText(attach.error), true, {}}}};
}

DetailSection detailOf(const wire::ModuleLoad &load, const TimeDisplay &)
{
    return {tr("Kernel module"),
            {{tr("Module"), text(load.name), true, {}}, {tr("Taints"), maskText(load.taints, wire::taintNames(load.taints)), true, {}}}};
}

DetailSection detailOf(const wire::Mount &mount, const TimeDisplay &)
{
    return {mount.unmount ? tr("Unmount") : tr("Mount"),
            {{tr("Source"), text(mount.source), true, {}},
             {tr("Target"), text(mount.target), true, {}},
             {tr("File system"), text(mount.fsType), true, {}},
             {tr("Flags"), mount.unmount ? hexText(mount.flags) : maskText(mount.flags, wire::mountFlagNames(mount.flags)), true, {}},
             {tr("Error"), errorText(mount.error), true, {}}}};
}

DetailSection detailOf(const wire::Login &login, const TimeDisplay &)
{
    return {tr("Login"),
            {{tr("Succeeded"), yesNo(login.success), false, {}},
             {tr("User"), text(login.user), true, {}},
             {tr("Service"), text(login.service), true, {}},
             {tr("Method"), text(login.method), true, {}},
             {tr("From"), login.remote.empty() ? tr("this host") : text(login.remote), true, {}},
             {tr("Times"), repeatsText(login.repeats), false, {}}}};
}

DetailSection detailOf(const wire::KernelLog &log, const TimeDisplay &)
{
    return {tr("Kernel log"),
            {{tr("Text"), text(log.text), true, {}},
             {tr("Priority"), tr("%1 (%2)").arg(text(wire::kernelPriorityName(log.priority))).arg(log.priority), true, {}},
             {tr("Facility"), QString::number(log.facility), true, {}},
             {tr("Record number"), count(log.sequence), true, {}}}};
}

DetailSection detailOf(const wire::AgentNotice &notice, const TimeDisplay &)
{
    return {tr("Agent"),
            {{tr("Notice"), text(wire::agentNoticeKindName(notice.kind)), true, {}},
             {tr("About"), text(notice.what), true, {}},
             {tr("Text"), text(notice.text), false, {}},
             {tr("Measured"), notice.unit.empty() ? QString() : tr("%1 %2").arg(notice.measured).arg(text(notice.unit)), false, {}},
             {tr("Limit"), notice.unit.empty() ? QString() : tr("%1 %2").arg(notice.limit).arg(text(notice.unit)), false, {}}}};
}

DetailSection detailOf(const wire::DrillLabel &label, const TimeDisplay &time)
{
    return {
        tr("Drill"),
        {{tr("Drill"), text(label.drill), true, {}},
         {tr("Phase"), text(label.phase), true, {}},
         {tr("Target"), text(label.target), true, {}},
         {tr("From"), time.text(label.fromNs, TimeStyle::Full), true, {}},
         {tr("To"), label.toNs == 0 ? tr("open") : time.text(label.toNs, TimeStyle::Full), true, {}},
         {tr("Run"), hexText(label.runId), true, {}},
         {tr("Signature"),
          QString::fromLatin1(
              QByteArray(reinterpret_cast<const char *>(label.signature.data()), static_cast<qsizetype>(label.signature.size())).toHex()),
          true,
          {}}}};
}

DetailSection detailOf(const wire::MemoryEvents &memory, const TimeDisplay &)
{
    return {tr("Memory of a control group"),
            {{tr("Times at its limit"), count(memory.max), false, {}},
             {tr("Times out of memory"), count(memory.oom), false, {}},
             {tr("Processes killed"), count(memory.oomKill), false, {}},
             {tr("Times killed as a whole"), count(memory.oomGroupKill), false, {}},
             {tr("Times throttled above memory.high"), count(memory.high), false, {}},
             {tr("Times reclaimed below memory.low"), count(memory.low), false, {}},
             {tr("Stands still"), yesNo(memory.underOom), false, {}},
             {tr("In use"), bytesOrNone(memory.currentBytes), false, {}},
             {tr("Of it file cache"), bytesOrNone(memory.cacheBytes), false, {}},
             {tr("Limit"), memory.limitBytes == 0 ? tr("none, or not known") : bytes(memory.limitBytes), false, {}}}};
}

DetailSection detailOf(const wire::PressureStall &stall, const TimeDisplay &)
{
    constexpr double basisPointsPerPercent = 100;
    DetailSection section{
        tr("Pressure"),
        {{tr("Resource"), text(wire::pressureResourceName(stall.resource)), false, {}},
         {tr("Stalled"), stall.full ? tr("all tasks (full)") : tr("some tasks (some)"), false, {}},
         {tr("Phase"),
          stall.ended             ? tr("end")
          : stall.durationNs != 0 ? tr("goes on")
                                  : tr("begin"),
          false,
          {}},
         {tr("Trigger"), tr("%1 within %2").arg(usText(stall.thresholdUs), usText(stall.windowUs)), false, {}},
         {tr("Share of the last 10 s"), tr("%1 %").arg(stall.avg10BasisPoints / basisPointsPerPercent, 0, 'f', 2), false, {}}}};
    if (stall.ended || stall.durationNs != 0) {
        section.rows.push_back({tr("Lasted"), nsOrNone(stall.durationNs), false, {}});
        section.rows.push_back({tr("Stalled in that time"), usText(stall.stallUs), false, {}});
    }
    return section;
}

QString timeOrNone(std::int64_t utcNs, const TimeDisplay &time) { return utcNs == 0 ? tr("not known") : time.text(utcNs, TimeStyle::Full); }

/// "kill, 2026-03-01 12:00:01 UTC ± 2 ms, node-a: oom kill of web". What no parser of ours reads is shown as it came.
QString evidenceText(const std::string &line, const TimeDisplay &time)
{
    const Result<wire::EvidenceRef> ref = wire::parseEvidence(line);
    if (!ref)
        return text(wire::toLine(line, line.size()));
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    QString when = time.text(ref->timeNs, TimeStyle::Full);
    if (ref->uncertaintyNs != 0)
        when += QLatin1Char(' ') + uncertaintyText(static_cast<std::int64_t>(std::min(ref->uncertaintyNs, most)));
    QStringList parts{text(ref->step), when, text(ref->node)};
    parts.removeAll(QString());
    const QString where = parts.join(QStringLiteral(", "));
    return ref->text.empty() ? where : tr("%1: %2").arg(where, text(ref->text));
}

/// "pod shop/web-7d4b9-x2x1z".
QString rootText(const wire::Insight &insight)
{
    return insight.root.empty() ? QString() : text(wire::entityKindName(insight.rootKind)) + QLatin1Char(' ') + text(insight.root);
}

DetailSection detailOf(const wire::Boxed<wire::Insight> &boxed, const TimeDisplay &time)
{
    const wire::Insight &insight = *boxed;
    DetailSection section{tr("Insight"),
                          {{tr("Rule"), text(insight.rule), true, {}},
                           {tr("State"), text(wire::insightStateName(insight.state)), false, {}},
                           {tr("Root"), rootText(insight), true, {}},
                           {tr("From"), timeOrNone(insight.fromNs, time), true, {}},
                           {tr("To"), timeOrNone(insight.toNs, time), true, {}},
                           {tr("Rule score"), tr("%1 %").arg(insight.score), false, {}},
                           {tr("Evidence in all"), count(insight.evidenceCount), false, {}}}};
    const auto add = [&section](const QString &label, const QString &value, bool mono) {
        section.rows.push_back({label, value, mono, {}});
    };
    for (std::size_t i = 0; i < insight.evidence.size(); ++i)
        add(tr("Evidence %1").arg(i + 1), evidenceText(insight.evidence[i], time), false);
    for (std::size_t i = 0; i < insight.contradicting.size(); ++i)
        add(tr("Against %1").arg(i + 1), evidenceText(insight.contradicting[i], time), false);
    for (const std::string &affected : insight.affected)
        add(tr("Affected"), text(affected), true);
    for (const std::string &owner : insight.owners)
        add(tr("Owner"), text(owner), true);
    add(tr("What would settle it"), text(insight.settle), false);
    add(tr("Runbook step"), text(insight.runbook), true);
    add(tr("Insight id"), hexText(insight.id), true);
    return section;
}

QString factKindText(wire::KubernetesFactKind kind)
{
    switch (kind) {
    case wire::KubernetesFactKind::PodEvicted: return tr("pod evicted");
    case wire::KubernetesFactKind::VolumeChanged: return tr("mounted configuration changed");
    case wire::KubernetesFactKind::CertificateExpiry: return tr("certificate expires");
    case wire::KubernetesFactKind::NodeNotReady: return tr("node is not Ready");
    case wire::KubernetesFactKind::NodeReady: return tr("node is Ready");
    case wire::KubernetesFactKind::NodeRemoved: return tr("node was removed from the cluster");
    case wire::KubernetesFactKind::Unknown: break;
    }
    return tr("not known to this version");
}

void addVolume(DetailSection &section, const wire::KubernetesFact &fact)
{
    section.rows.push_back({tr("Mounted from"), text(fact.source), false, {}});
    section.rows.push_back({tr("Volume"), text(fact.volume), true, {}});
}

void addReadiness(DetailSection &section, const wire::KubernetesFact &fact, const TimeDisplay &time)
{
    section.rows.push_back({tr("Node"), text(fact.node), true, {}});
    if (fact.kind == wire::KubernetesFactKind::NodeRemoved)
        return;
    section.rows.push_back({tr("Reason"), fact.reason.empty() ? tr("not said") : text(fact.reason), false, {}});
    section.rows.push_back({tr("Message"), fact.message.empty() ? tr("not said") : text(fact.message), false, {}});
    section.rows.push_back({tr("Since, by the cluster's clock"), timeOrNone(fact.sinceNs, time), true, {}});
}

DetailSection detailOf(const wire::Boxed<wire::KubernetesFact> &boxed, const TimeDisplay &time)
{
    const wire::KubernetesFact &fact = *boxed;
    DetailSection section{tr("Kubernetes"), {{tr("What"), factKindText(fact.kind), false, {}}}};
    switch (fact.kind) {
    case wire::KubernetesFactKind::PodEvicted:
        section.rows.push_back({tr("The node is low on"), fact.resource.empty() ? tr("not said") : text(fact.resource), false, {}});
        section.rows.push_back({tr("Message"), text(fact.message), false, {}});
        break;
    case wire::KubernetesFactKind::VolumeChanged: addVolume(section, fact); break;
    case wire::KubernetesFactKind::CertificateExpiry:
        addVolume(section, fact);
        section.rows.push_back({tr("File"), text(fact.file), true, {}});
        section.rows.push_back({tr("Subject"), text(fact.subject), true, {}});
        section.rows.push_back({tr("Valid until"), timeOrNone(fact.notAfterNs, time), true, {}});
        section.rows.push_back({tr("State"), fact.leftNs < 0 ? tr("expired") : tr("valid"), false, {}});
        break;
    case wire::KubernetesFactKind::NodeNotReady:
    case wire::KubernetesFactKind::NodeReady:
    case wire::KubernetesFactKind::NodeRemoved: addReadiness(section, fact, time); break;
    case wire::KubernetesFactKind::Unknown: break;
    }
    return section;
}

DetailSection detailOf(std::monostate, const TimeDisplay &)
{
    return {tr("Payload"), {{tr("Payload"), tr("not known to this version: a newer agent sent it"), false, {}}}};
}

} // namespace

DetailSection detailSection(const wire::Detail &detail, const TimeDisplay &time)
{
    return std::visit([&time](const auto &value) { return detailOf(value, time); }, detail);
}

} // namespace tapio::console
