// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/window/statusitems.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

#include "console/ui/widgets/format.h"

namespace tapio::console {

namespace {

constexpr std::int64_t lossWindowNs = 60 * nsPerSecond;
/// More than this and times of two nodes cannot be put in order to the millisecond that tables show.
constexpr std::int64_t wideUncertaintyNs = 50 * nsPerMs;

QString tr(const char *text)
{
    return QCoreApplication::translate("tapio::console", text);
}

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
        item.value = (spoken ? tr("connected \u00b7 %1 of %2 agents") : tr("listening \u00b7 %1 of %2 agents")).arg(link.agentsConnected).arg(link.agentsKnown);
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
    item.label = tr("Silent");
    item.value = silent.size() == 1 ? tr("%1 for %2").arg(QString::fromStdString(oldest->node), ageText(nowNs - oldest->sinceNs))
                                    : tr("%1 agents").arg(silent.size());
    item.toolTip = tr("No heartbeat; longest: %1, for %2").arg(QString::fromStdString(oldest->node), ageText(nowNs - oldest->sinceNs));
    item.argument = QStringLiteral("state=silent");
    items.push_back(item);
}

/// The loss bands of the last minute. Only when the console follows the present: a historic overview knows nothing of now.
void addLoss(std::vector<StatusItem> &items, const Session &session, const Theme &t, std::int64_t nowNs)
{
    const PanelSnapshot &panel = session.overview().panels[static_cast<std::size_t>(PanelId::EventsProcessed)];
    const bool present = session.range().kind != TimeRange::Kind::Custom && !session.paused();
    if (!present || (panel.state != PanelState::Ready && panel.state != PanelState::Partial))
        return;
    std::uint64_t lost = 0, of = 0;
    for (const LossBand &band : panel.losses)
        if (band.toNs > nowNs - lossWindowNs) {
            lost += band.lost;
            of += band.of;
        }
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
        item.value = of > 0 ? quantity(100.0 * static_cast<double>(lost) / static_cast<double>(of), Unit::Percent).text() : exactCount(lost);
        item.toolTip = tr("%1 of %2 events were lost in the last minute").arg(exactCount(lost), exactCount(of));
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
    addLoss(items, session, theme, nowNs);
    addClock(items, agents, theme);
    addStore(items, session, theme);
    return items;
}

} // namespace tapio::console
