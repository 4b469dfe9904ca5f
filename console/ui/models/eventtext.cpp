// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/eventtext.h"

#include <QCoreApplication>

#include <cstring>

#include "console/ui/widgets/format.h"
#include "protocol/wire/signalname.h"

namespace tapio::console {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("tapio::console", text);
}

QString text(const std::string &value) { return QString::fromStdString(value); }
QString count(std::uint64_t value) { return exactCount(value); }
QString idOrNone(std::uint64_t value) { return value == 0 ? tr("not known") : QString::number(value); }
QString bytes(std::uint64_t value) { return tr("%1 (%2 bytes)").arg(bytesText(static_cast<double>(value)), exactCount(value)); }
QString nsOrNone(std::uint64_t value) { return value == 0 ? tr("not known") : durationText(static_cast<std::int64_t>(value)); }
QString yesNo(bool value) { return value ? tr("yes") : tr("no"); }

QString who(const std::string &comm, std::uint32_t pid, const QString &otherwise)
{
    if (pid == 0 && comm.empty())
        return otherwise;
    return pid == 0 ? text(comm) : tr("%1 (pid %2)").arg(text(comm)).arg(pid);
}

DetailSection detailOf(const wire::ProcessExec &exec)
{
    QStringList arguments;
    for (const std::string &argument : exec.arguments)
        arguments << text(argument);
    return {tr("Program start"),
            {{tr("File"), text(exec.filename), true, {}},
             {tr("Arguments"), arguments.join(QLatin1Char(' ')) + (exec.argumentsTruncated ? tr(" \u2026 (cut after 512 bytes)") : QString()), true, {}},
             {tr("Parent"), who(exec.parentComm, exec.parentPid, tr("not known")), false, {}}}};
}

DetailSection detailOf(const wire::ProcessExit &exit)
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

DetailSection detailOf(const wire::OomKill &kill)
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

DetailSection detailOf(const wire::FatalSignal &fatal)
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

DetailSection detailOf(const wire::TcpConnection &tcp)
{
    return {tr("TCP connection"),
            {{tr("Local"), text(wire::toString(tcp.local)), true, {}},
             {tr("Remote"), text(wire::toString(tcp.remote)), true, {}},
             {tr("Direction"), directionText(tcp.direction), false, {}},
             {tr("Outcome"), QString::fromUtf8(wire::tcpOutcomeName(tcp.outcome).data(), static_cast<qsizetype>(wire::tcpOutcomeName(tcp.outcome).size())), false, {}},
             {tr("Socket error"), tcp.socketError == 0 ? tr("none") : errnoText(tcp.socketError), false, {}},
             {tr("Established"), yesNo(tcp.established), false, {}},
             {tr("Lasted"), durationText(static_cast<std::int64_t>(tcp.durationNs)), false, {}},
             {tr("Connect latency"), nsOrNone(tcp.connectLatencyNs), false, {}},
             {tr("Sent, acknowledged"), bytes(tcp.bytesSent), false, {}},
             {tr("Received"), bytes(tcp.bytesReceived), false, {}},
             {tr("Round trip"), tcp.srttUs == 0 ? tr("never measured") : durationText(tcp.srttUs * nsPerUs), false, {}},
             {tr("Retransmits"), count(tcp.retransmits), false, {}}}};
}

DetailSection detailOf(std::monostate)
{
    return {tr("Payload"), {{tr("Payload"), tr("not known to this version: a newer agent sent it"), false, {}}}};
}

DetailSection originSection(const wire::Origin &o, const std::string &node)
{
    return {tr("Origin"),
            {{tr("Identity"), signOf({SignValue::Kind::Attribution, static_cast<int>(o.attribution)}, Theme()).word, false,
              SignValue{SignValue::Kind::Attribution, static_cast<int>(o.attribution)}},
             {tr("Node"), text(node), true, {}},
             {tr("Namespace"), text(o.namespaceName), true, {}},
             {tr("Pod"), text(o.podName), true, {}},
             {tr("Pod UID"), text(o.podUid), true, {}},
             {tr("Container"), text(o.containerName), true, {}},
             {tr("Container id"), text(o.containerId), true, {}},
             {tr("cgroup"), text(o.cgroupPath), true, {}},
             {tr("cgroup id"), o.cgroupId == 0 ? QString() : QString::number(o.cgroupId), true, {}}}};
}

} // namespace

QString recordText(EventId id)
{
    return QStringLiteral("e-%1-%2").arg(id.chunk).arg(id.row);
}

QString entityText(const wire::Origin &origin)
{
    if (!origin.podName.empty())
        return text(origin.podName);
    if (!origin.containerName.empty())
        return text(origin.containerName);
    return origin.cgroupPath == "/" ? tr("host") : text(origin.cgroupPath);
}

QString signalText(int signal)
{
    return text(wire::signalText(signal));
}

QString errnoText(int error)
{
    const char *name = strerrorname_np(error);
    return name ? QStringLiteral("%1 (%2)").arg(QLatin1String(name)).arg(error) : QString::number(error);
}

QString eventTitle(const StoredEvent &event)
{
    return text(wire::summary(event.event));
}

std::vector<DetailSection> eventDetails(const StoredEvent &stored, const TimeDisplay &time)
{
    const wire::Event &e = stored.event;
    std::vector<DetailSection> sections;
    sections.push_back({tr("Event"),
                        {{tr("Time"), time.text(e.timeNs, TimeStyle::Full), true, {}},
                         {tr("Type"), text(wire::eventTypeName(e.type)), true, {}},
                         {tr("Severity"), signOf({SignValue::Kind::Severity, static_cast<int>(e.severity)}, Theme()).word, false,
                          SignValue{SignValue::Kind::Severity, static_cast<int>(e.severity)}},
                         {tr("Summary"), eventTitle(stored), false, {}},
                         {tr("CPU"), QString::number(e.cpu), false, {}},
                         {tr("Kernel to agent"), durationText(e.drainUs * nsPerUs), false, {}}}});
    sections.push_back({tr("Process"),
                        {{tr("Command"), text(e.process.comm), true, {}},
                         {tr("pid"), idOrNone(e.process.pid), true, {}},
                         {tr("uid"), QString::number(e.process.uid), true, {}},
                         {tr("Started"), e.process.startTimeNs == 0 ? tr("not known") : tr("%1 after boot").arg(durationText(static_cast<std::int64_t>(e.process.startTimeNs))), false, {}}}});
    sections.push_back(std::visit([](const auto &detail) { return detailOf(detail); }, e.detail));
    sections.push_back(originSection(stored.origin, stored.node));
    sections.push_back({tr("Record"), {{tr("Record"), recordText(stored.id), true, {}}, {tr("Sequence"), count(stored.seq), true, {}}}});
    return sections;
}

} // namespace tapio::console
