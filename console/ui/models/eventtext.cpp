// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/eventtext.h"

#include <QCoreApplication>

#include <cstring>

#include "console/ui/models/detailtext.h"
#include "console/ui/widgets/format.h"
#include "protocol/wire/signalname.h"

namespace tapio::console {

namespace {

QString tr(const char *text) { return QCoreApplication::translate("tapio::console", text); }

QString text(const std::string &value) { return QString::fromStdString(value); }
QString count(std::uint64_t value) { return exactCount(value); }
QString idOrNone(std::uint64_t value) { return value == 0 ? tr("not known") : QString::number(value); }

/// As kubectl names it: "deployment/web".
QString workloadText(const wire::Origin &origin)
{
    return origin.workloadName.empty() ? QString() : text(origin.workloadKind).toLower() + QLatin1Char('/') + text(origin.workloadName);
}

DetailSection originSection(const StoredEvent &stored)
{
    const wire::Origin &o = stored.origin;
    return {tr("Origin"),
            {{tr("Identity"), signOf({SignValue::Kind::Attribution, static_cast<int>(o.attribution)}, Theme()).word, false,
              SignValue{SignValue::Kind::Attribution, static_cast<int>(o.attribution)}},
             {tr("Amended"), stored.isAmended ? tr("learnt after the event had come") : QString(), false, {}},
             {tr("Node"), text(stored.node), true, {}},
             {tr("Namespace"), text(o.namespaceName), true, {}},
             {tr("Workload"), workloadText(o), true, {}},
             {tr("Pod"), text(o.podName), true, {}},
             {tr("Pod UID"), text(o.podUid), true, {}},
             {tr("Container"), text(o.containerName), true, {}},
             {tr("Container id"), text(o.containerId), true, {}},
             {tr("Image"), text(o.image), true, {}},
             {tr("Image id"), text(o.imageId), true, {}},
             {tr("cgroup"), text(o.cgroupPath), true, {}},
             {tr("cgroup id"), o.cgroupId == 0 ? QString() : QString::number(o.cgroupId), true, {}}}};
}

} // namespace

QString recordText(EventId id) { return QStringLiteral("e-%1-%2").arg(id.chunk).arg(id.row); }

QString entityText(const wire::Origin &origin)
{
    if (!origin.podName.empty())
        return text(origin.podName);
    if (!origin.containerName.empty())
        return text(origin.containerName);
    return origin.cgroupPath == "/" ? tr("host") : text(origin.cgroupPath);
}

QString signalText(int signal) { return text(wire::signalText(signal)); }

QString errnoText(int error)
{
    const char *name = strerrorname_np(error);
    return name ? QStringLiteral("%1 (%2)").arg(QLatin1String(name)).arg(error) : QString::number(error);
}

QString eventTitle(const StoredEvent &event) { return text(wire::summary(event.event)); }

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
    if (e.heldSeconds != 0)
        sections.back().rows.push_back(
            {tr("Kept back"), tr("for %1 at most, on purpose").arg(durationText(e.heldSeconds * nsPerSecond)), false, {}});
    sections.push_back(
        {tr("Process"),
         {{tr("Command"), text(e.process.comm), true, {}},
          {tr("pid"), idOrNone(e.process.pid), true, {}},
          {tr("uid"), QString::number(e.process.uid), true, {}},
          {tr("Started"),
           e.process.startTimeNs == 0 ? tr("not known")
                                      : tr("%1 after boot").arg(durationText(static_cast<std::int64_t>(e.process.startTimeNs))),
           false,
           {}}}});
    sections.push_back(detailSection(e.detail, time));
    sections.push_back(originSection(stored));
    sections.push_back({tr("Record"), {{tr("Record"), recordText(stored.id), true, {}}, {tr("Sequence"), count(stored.seq), true, {}}}});
    return sections;
}

} // namespace tapio::console
