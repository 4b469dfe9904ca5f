// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/linkdetails.h"

#include <QCoreApplication>

#include <algorithm>

#include "console/ui/widgets/format.h"

namespace tapio::console {

namespace {

QString tr(const char *text) { return QCoreApplication::translate("tapio::console", text); }

QString text(const std::string &value) { return QString::fromStdString(value); }

QString timeAndAge(std::int64_t ns, const TimeDisplay &time, std::int64_t nowNs)
{
    return ns == 0 ? tr("not yet") : tr("%1 (%2 ago)").arg(time.textWithZone(ns, TimeStyle::DateSecond), ageText(nowNs - ns));
}

/// A title of what a node that is away said when it was there: what it is now nobody knows.
QString asOf(const QString &title, bool connected, std::int64_t toldNs, const TimeDisplay &time)
{
    return connected || toldNs == 0 ? title : tr("%1, as of %2").arg(title, time.textWithZone(toldNs, TimeStyle::DateSecond));
}

/// The event's time is of the node's clock, nowNs of the server's.
QString oldestText(const wire::Heartbeat &beat, std::int64_t nowNs)
{
    return beat.oldestNs == 0 ? tr("none") : ageText(std::max<std::int64_t>(0, nowNs - beat.oldestNs - beat.offsetNs));
}

DetailSection clockSection(const QString &title, const wire::Heartbeat &beat)
{
    if (beat.uncertaintyNs < 0)
        return {title, {{tr("Offset"), tr("not yet measured"), false, {}}}};
    return {title,
            {{tr("Offset"), durationText(beat.offsetNs), false, {}}, {tr("Uncertainty"), uncertaintyText(beat.uncertaintyNs), false, {}}}};
}

DetailSection hookSection(const std::vector<wire::HookReport> &reports, bool connected, const TimeDisplay &time)
{
    std::int64_t toldNs = 0;
    for (const wire::HookReport &report : reports)
        toldNs = std::max(toldNs, report.timeNs);
    DetailSection section{asOf(connected ? tr("What this agent sees") : tr("What this agent saw"), connected, toldNs, time), {}};
    for (const wire::HookReport &report : reports)
        for (const wire::Hook &hook : report.hooks) {
            QString value = signOf({SignValue::Kind::Hook, static_cast<int>(hook.state)}, Theme()).word;
            if (!hook.attachKind.empty())
                value += QStringLiteral(", ") + text(hook.attachKind);
            if (hook.runCount > 0)
                value += tr(", %1 ns per run").arg(hook.runTimeNs / hook.runCount);
            if (!hook.reason.empty())
                value += QStringLiteral(": ") + text(hook.reason);
            section.rows.push_back({text(hook.collector) + QLatin1Char('/') + text(hook.name), value, false,
                                    SignValue{SignValue::Kind::Hook, static_cast<int>(hook.state)}});
        }
    return section;
}

/// A node that is switched off is no node that is lost. Empty: it is there, or its server does not say.
QString howItWent(const wire::AgentState &agent)
{
    if (agent.state != wire::LinkState::Gone || agent.toldNs == 0)
        return {};
    return agent.saidBye ? tr("the agent ended in order") : tr("without a farewell");
}

} // namespace

std::vector<DetailSection> agentDetails(const wire::AgentState &a, const std::vector<wire::HookReport> &hooks, const TimeDisplay &time,
                                        std::int64_t nowNs, const CounterSet &counters)
{
    const wire::Heartbeat &beat = a.heartbeat;
    const wire::StreamLoss &loss = a.loss;
    const bool connected = a.state == wire::LinkState::Connected;
    const auto titled = [&](const QString &title) { return asOf(title, connected, a.lastHeartbeatNs, time); };
    const QString word = signOf({SignValue::Kind::Link, static_cast<int>(a.state)}, Theme()).word;
    return {
        {tr("Connection"),
         {{tr("State"), howItWent(a).isEmpty() ? word : word + QStringLiteral(", ") + howItWent(a), false,
           SignValue{SignValue::Kind::Link, static_cast<int>(a.state)}},
          {tr("Since"), timeAndAge(a.sinceNs, time, nowNs), false, {}},
          {tr("Last heartbeat"), timeAndAge(a.lastHeartbeatNs, time, nowNs), false, {}},
          {tr("Address"), text(a.remoteAddress), true, {}},
          {tr("Sessions"), exactCount(a.sessions), false, {}},
          {tr("Stream"), QString::number(a.streamId, 16), true, {}}}},
        {tr("Certificate"),
         {{tr("Serial"), text(a.certificateSerial), true, {}},
          {tr("Expires"),
           a.certificateExpiresNs == 0 ? tr("not known") : time.textWithZone(a.certificateExpiresNs, TimeStyle::DateSecond),
           false,
           {}}}},
        clockSection(titled(tr("Clock")), beat),
        {titled(tr("Events")),
         {{tr("Produced"), exactCount(beat.producedEvents), false, {}},
          {tr("Received"),
           tr("%1 in %2 frames, %3")
               .arg(exactCount(a.receivedEvents), exactCount(a.receivedFrames), bytesText(static_cast<double>(a.receivedBytes))),
           false,
           {}},
          {tr("Queued on the node"), exactCount(beat.queuedEvents), false, {}},
          {tr("Sent, not confirmed"), exactCount(beat.inFlightEvents), false, {}},
          {tr("Oldest waiting"), oldestText(beat, connected || a.lastHeartbeatNs == 0 ? nowNs : a.lastHeartbeatNs), false, {}}}},
        {titled(tr("Loss by cause")),
         {{tr("Lost in the kernel"), exactCount(counters[Counter::Lost]), false, {}},
          {tr("Shed by the overhead budget"), exactCount(counters[Counter::Shed]), false, {}},
          {tr("Dropped by the agent"), exactCount(loss.droppedEvents), false, {}},
          {tr("Lost on the way"), exactCount(loss.transitEvents - std::min(loss.consoleEvents, loss.transitEvents)), false, {}},
          {tr("Not read by this console in time"), exactCount(loss.consoleEvents), false, {}},
          {tr("Frames missing"), exactCount(loss.gapFrames), false, {}},
          {tr("Duplicate frames"), tr("%1 (not lost)").arg(exactCount(loss.duplicateFrames)), false, {}}}},
        {titled(tr("Agent")),
         {{tr("Version"), text(a.agent.version), false, {}},
          {tr("Kernel"), text(a.agent.kernelRelease), true, {}},
          {tr("CPUs"), a.agent.cpuCount == 0 ? QString() : exactCount(a.agent.cpuCount), false, {}},
          {tr("Memory"), a.agent.memoryTotalBytes == 0 ? QString() : bytesText(static_cast<double>(a.agent.memoryTotalBytes)), false, {}},
          {tr("pid"), a.agent.pid == 0 ? QString() : QString::number(a.agent.pid), true, {}},
          {tr("Boot id"), text(a.agent.bootId), true, {}},
          {tr("Configuration"), a.agent.configSha256.empty() ? tr("not told") : text(a.agent.configSha256), true, {}}}},
        hookSection(hooks, connected, time)};
}

std::vector<DetailSection> noticeDetails(const wire::LinkNotice &n, const TimeDisplay &time)
{
    return {{tr("Connection"),
             {{tr("Kind"), signOf({SignValue::Kind::Notice, static_cast<int>(n.kind)}, Theme()).word, false,
               SignValue{SignValue::Kind::Notice, static_cast<int>(n.kind)}},
              {tr("Time"), time.text(n.timeNs, TimeStyle::Full), true, {}},
              {tr("Address"), text(n.remoteAddress), true, {}},
              {tr("Identity"), n.identity.empty() ? tr("none verified") : text(n.identity), true, {}},
              {tr("Code"), text(n.code), true, {}},
              {tr("Reason"), text(n.reason), false, {}},
              {tr("Stands for"), tr("%1 of the same").arg(exactCount(n.repeated)), false, {}}}}};
}

} // namespace tapio::console
