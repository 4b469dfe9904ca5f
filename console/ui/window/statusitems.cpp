// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/window/statusitems.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

#include "console/ui/widgets/format.h"

namespace tapio::console {

namespace {

/// More than this and times of two nodes cannot be put in order to the millisecond that tables show.
constexpr std::int64_t wideUncertaintyNs = 50 * nsPerMs;
constexpr std::size_t costLines = 12; ///< nodes named in a tooltip

QString tr(const char *text) { return QCoreApplication::translate("tapio::console", text); }

StatusItem linkItem(const LinkSummary &link, const Theme &t)
{
    StatusItem item;
    item.key = QStringLiteral("link");
    item.importance = 100;
    // The protocol is named only where a connection has spoken it.
    const bool spoken = link.up && (!link.embedded || link.agentsConnected > 0);
    item.label = spoken ? tr("TLS 1.3") : tr("Link");
    if (!link.up) {
        item.glyph = Glyph::Triangle;
        item.color = t.meaning.p1;
        item.alarming = true;
        item.value = link.embedded ? tr("not listening") : tr("not connected");
        item.toolTip = link.error.isEmpty() ? tr("No link to %1 yet").arg(link.endpoint) : link.error;
        return item;
    }
    const bool some = link.agentsConnected > 0;
    item.glyph = some ? Glyph::Disc : Glyph::Ring;
    item.color = some ? t.meaning.ok : t.meaning.muted;
    if (link.agentsKnown == 0)
        item.value = link.embedded ? tr("listening \u00b7 no agent yet") : tr("connected \u00b7 no agent yet");
    else
        item.value = (spoken ? tr("connected \u00b7 %1 of %2 agents") : tr("listening \u00b7 %1 of %2 agents"))
                         .arg(link.agentsConnected)
                         .arg(link.agentsKnown);
    item.toolTip = link.embedded ? tr("Agents connect to %1 in mutual TLS 1.3").arg(link.endpoint)
                                 : tr("Connected to the server %1 in mutual TLS 1.3").arg(link.endpoint);
    return item;
}

void addSilent(std::vector<StatusItem> &items, const std::vector<wire::AgentState> &agents, const Theme &t, std::int64_t nowNs)
{
    std::vector<const wire::AgentState *> silent;
    for (const wire::AgentState &agent : agents)
        if (agent.state == wire::LinkState::Silent || agent.state == wire::LinkState::Gone)
            silent.push_back(&agent);
    if (silent.empty())
        return;
    const auto *oldest = *std::min_element(silent.begin(), silent.end(), [](auto *a, auto *b) { return a->sinceNs < b->sinceNs; });
    StatusItem item;
    item.key = QStringLiteral("silent");
    item.importance = 95;
    item.glyph = Glyph::QuarterDisc;
    item.color = t.meaning.pending;
    item.alarming = true;
    const auto gone = std::count_if(silent.begin(), silent.end(), [](auto *agent) { return agent->state == wire::LinkState::Gone; });
    item.label = gone == 0 ? tr("Silent") : gone == static_cast<std::ptrdiff_t>(silent.size()) ? tr("Gone") : tr("Silent or gone");
    item.value = silent.size() == 1 ? tr("%1 for %2").arg(QString::fromStdString(oldest->node), ageText(nowNs - oldest->sinceNs))
                                    : tr("%1 agents").arg(silent.size());
    item.toolTip = tr("No heartbeat; longest: %1, for %2").arg(QString::fromStdString(oldest->node), ageText(nowNs - oldest->sinceNs));
    item.argument = QStringLiteral("state=silent");
    items.push_back(item);
}

/// A historic overview knows nothing of now.
bool followsThePresent(const Session &session) { return session.range().kind != TimeRange::Kind::Custom && !session.paused(); }

/// Only when the console follows the present: another range knows nothing of now.
void addLoss(std::vector<StatusItem> &items, const Session &session, const Theme &t)
{
    const std::optional<RecentLoss> &recent = session.overview().lastMinute;
    if (!recent || session.range().kind != TimeRange::Kind::Live || session.paused())
        return;
    const auto [lost, seen] = *recent;
    StatusItem item;
    item.key = QStringLiteral("loss");
    item.importance = lost > 0 ? 90 : 60;
    item.label = tr("Loss 1 min");
    item.page = PageId::Connections;
    if (lost == 0) {
        item.value = tr("none");
        item.toolTip = tr("No event was lost in the last minute, by any cause");
    } else {
        item.glyph = Glyph::Triangle;
        item.color = t.meaning.p1;
        item.alarming = true;
        item.value = seen > 0 ? quantity(std::min(100., 100. * static_cast<double>(lost) / static_cast<double>(seen)), Unit::Percent).text()
                              : exactCount(lost);
        item.toolTip = seen > 0 ? tr("%1 of %2 events were lost in the last minute").arg(exactCount(lost), exactCount(seen))
                                : tr("%1 events were lost in the last minute").arg(exactCount(lost));
    }
    items.push_back(item);
}

void addClock(std::vector<StatusItem> &items, const std::vector<wire::AgentState> &agents, const Theme &t)
{
    std::int64_t worst = -1;
    QString node;
    for (const wire::AgentState &agent : agents)
        if (agent.state == wire::LinkState::Connected && agent.heartbeat.uncertaintyNs > worst) {
            worst = agent.heartbeat.uncertaintyNs;
            node = QString::fromStdString(agent.node);
        }
    if (worst < 0)
        return;
    StatusItem item;
    item.key = QStringLiteral("clock");
    item.importance = 50;
    item.label = tr("Clock");
    item.value = uncertaintyText(worst);
    item.toolTip = tr("Widest uncertainty of an agent's clock: %1 on %2").arg(item.value, node);
    if (worst > wideUncertaintyNs) {
        item.glyph = Glyph::QuarterDisc;
        item.color = t.meaning.pending;
        item.alarming = true;
    }
    items.push_back(item);
}

QString costText(const AgentCost &cost)
{
    const QString cpu = cost.cpuPercent ? tr("%1 CPU").arg(quantity(*cost.cpuPercent, Unit::Percent).text()) : tr("CPU no data");
    return cost.rssBytes ? tr("%1, %2").arg(cpu, bytesText(*cost.rssBytes)) : cpu;
}

/// The highest figures, whichever nodes they are of.
AgentCost highest(const std::vector<AgentCost> &costs)
{
    AgentCost most;
    for (const AgentCost &cost : costs) {
        most.cpuPercent = std::max(most.cpuPercent, cost.cpuPercent); // an empty one is less than any
        most.rssBytes = std::max(most.rssBytes, cost.rssBytes);
    }
    return most;
}

/// "0.40 % CPU (0.12 % of it in the kernel), 23 MiB".
QString costInFull(const AgentCost &cost)
{
    if (!cost.cpuPercent || !cost.kernelPercent)
        return costText(cost);
    const QString cpu = tr("%1 CPU (%2 of it in the kernel)")
                            .arg(quantity(*cost.cpuPercent, Unit::Percent).text(), quantity(*cost.kernelPercent, Unit::Percent).text());
    return cost.rssBytes ? tr("%1, %2").arg(cpu, bytesText(*cost.rssBytes)) : cpu;
}

/// Whether the run time of their programs in the kernel is in the figures.
QString kernelPartText(const std::vector<AgentCost> &costs)
{
    const auto measured = std::count_if(costs.begin(), costs.end(), [](const AgentCost &cost) { return cost.kernelPercent.has_value(); });
    if (measured == static_cast<std::ptrdiff_t>(costs.size()))
        return tr("Includes the run time of their programs in the kernel");
    if (measured == 0)
        return tr("Not measured: the run time of their programs in the kernel");
    return tr("Includes the run time of their programs in the kernel for %1 of %2; of the others it is not measured")
        .arg(measured)
        .arg(costs.size());
}

QString costToolTip(std::vector<AgentCost> costs)
{
    std::stable_sort(costs.begin(), costs.end(), [](const AgentCost &a, const AgentCost &b) { return a.cpuPercent > b.cpuPercent; });
    QStringList lines{
        costs.size() == 1
            ? tr("What the agent itself uses; CPU in percent of one core, over a minute")
            : tr("What the agents themselves use, the highest of %1; CPU in percent of one core, over a minute").arg(costs.size())};
    for (std::size_t i = 0; i < std::min(costs.size(), costLines); ++i)
        lines << tr("%1: %2").arg(QString::fromStdString(costs[i].node), costInFull(costs[i]));
    if (costs.size() > costLines)
        lines << tr("+ %1 more").arg(costs.size() - costLines);
    if (std::any_of(costs.begin(), costs.end(), [](const AgentCost &cost) { return !cost.cpuPercent; }))
        lines << tr("CPU needs two readings of an agent");
    lines << kernelPartText(costs);
    return lines.join(QLatin1Char('\n'));
}

void addOverhead(std::vector<StatusItem> &items, const Session &session, const std::vector<wire::AgentState> &agents)
{
    if (agents.empty())
        return; // the link's item says that there is none
    StatusItem item;
    item.key = QStringLiteral("overhead");
    item.importance = 45;
    item.label = tr("Agents");
    const std::vector<AgentCost> &costs = session.overview().agentCosts;
    const bool connected =
        std::any_of(agents.begin(), agents.end(), [](const wire::AgentState &agent) { return agent.state == wire::LinkState::Connected; });
    if (followsThePresent(session) && connected && !costs.empty()) {
        item.value = costText(highest(costs));
        item.toolTip = costToolTip(costs);
    } else {
        item.value = tr("no data");
        item.toolTip = !connected                    ? tr("What the agents themselves use is not known: none is connected")
                       : !followsThePresent(session) ? tr("What the agents themselves use is known while the present is followed")
                                                     : tr("No agent has said yet what it uses itself");
    }
    items.push_back(item);
}

void addStore(std::vector<StatusItem> &items, const Session &session, const Theme &t)
{
    StatusItem item;
    item.key = QStringLiteral("store");
    item.page = PageId::Settings;
    item.argument = QStringLiteral("data");
    item.label = tr("Store");
    if (const QString error = session.storeError(); !error.isEmpty()) {
        item.importance = 98;
        item.glyph = Glyph::Triangle;
        item.color = t.meaning.p1;
        item.alarming = true;
        item.value = tr("failing");
        item.toolTip = error;
        items.push_back(item);
        return;
    }
    const auto stats = session.storeStats();
    if (!stats)
        return;
    item.importance = 40;
    item.value = bytesText(static_cast<double>(stats->fileBytes));
    item.toolTip = tr("%1 events on disk").arg(exactCount(stats->events));
    items.push_back(item);
}

} // namespace

std::vector<StatusItem> statusItems(const Session &session, const Theme &theme, std::int64_t nowNs)
{
    const std::vector<wire::AgentState> agents = session.agents();
    std::vector<StatusItem> items{linkItem(session.link(), theme)};
    addSilent(items, agents, theme, nowNs);
    addLoss(items, session, theme);
    addOverhead(items, session, agents);
    addClock(items, agents, theme);
    addStore(items, session, theme);
    return items;
}

} // namespace tapio::console
