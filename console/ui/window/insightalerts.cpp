// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/window/insightalerts.h"

#include <algorithm>
#include <utility>

#include "console/core/metrics/insightcause.h"
#include "console/ui/models/eventsfeed.h"

namespace tapio::console {

InsightAlerts::InsightAlerts(Session &session, AlertChoice &choice, NoteService &notes, Surroundings surroundings, QObject *parent)
    : QObject(parent), m_session(session), m_choice(choice), m_notes(notes), m_around(std::move(surroundings))
{
    m_gather.setSingleShot(true);
    m_gather.setInterval(gatherMs);
    connect(&m_gather, &QTimer::timeout, this, &InsightAlerts::tell);
    connect(&choice, &AlertChoice::changed, this, &InsightAlerts::onChoice);
    m_look.setInterval(lookMs);
    connect(&m_look, &QTimer::timeout, this, &InsightAlerts::look);
    connect(&session, &Session::eventsReady, this, [this](int slot, quint64 id, const EventPage &page) {
        if (slot == queryslot::insightAlerts && id == m_queryId)
            onPage(page);
    });
    connect(&session, &Session::eventsFailed, this, [this](int slot, quint64 id, const QString &) {
        if (slot == queryslot::insightAlerts && id == m_queryId)
            m_isAsking = false; // the page says what is wrong with the store; the next look asks again
    });
    connect(&notes, &NoteService::answered, &choice, &AlertChoice::setProblem);
    connect(&notes, &NoteService::activated, this, [this] { m_around.open(QStringLiteral("state=open")); });
    onChoice();
}

/// What was there before is no news.
void InsightAlerts::onChoice()
{
    m_sinceNs = m_answeredNs = m_around.nowNs();
    m_waiting.clear();
    m_gather.stop();
    if (m_choice.least())
        m_look.start();
    else
        m_look.stop();
}

void InsightAlerts::look()
{
    if (!m_choice.least() || m_isAsking)
        return;
    EventQuery query;
    m_askedNs = m_around.nowNs();
    query.fromNs = std::max(m_sinceNs, std::min(m_answeredNs, m_askedNs) - lookBackNs);
    query.filter.types = {wire::EventType::Insight};
    query.filter.minSeverity = *m_choice.least();
    query.limit = mostAtOnce;
    m_isAsking = true;
    m_queryId = m_session.queryEvents(queryslot::insightAlerts, query, beforeFirst(query)); // nobody's action
}

void InsightAlerts::onPage(const EventPage &page)
{
    m_isAsking = false;
    m_answeredNs = m_askedNs;
    InsightFold fold;
    for (const StoredEvent &event : page.events)
        fold.add(event);
    for (InsightView &view : fold.take()) {
        if (!view.isOpen() || view.severity < m_choice.least().value_or(view.severity) || m_seen.contains(view.key()))
            continue;
        if (m_seen.size() >= mostSeen)
            m_seen.erase(m_seen.begin());
        m_seen.insert(view.key());
        m_waiting.push_back(std::move(view));
    }
    if (!m_waiting.empty() && !m_gather.isActive())
        m_gather.start();
}

/// Those that are news: of what was told already only what is worse is, or a storm of one cause would be a note each second.
std::vector<InsightView> InsightAlerts::newsOf(const std::vector<InsightView> &waiting) const
{
    std::vector<const InsightView *> all;
    for (const std::vector<InsightView> *some : {&m_told, &waiting}) {
        for (const InsightView &view : *some)
            all.push_back(&view);
    }
    const std::vector<std::size_t> headOf = groupByCause(all);
    std::vector<InsightView> news;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
        const InsightView &one = waiting[i];
        const auto covers = [&](const InsightView &told) {
            const auto at = static_cast<std::size_t>(&told - m_told.data());
            // What is critical is silenced by nobody's word but that of its own node, or of a server.
            const bool mayCover =
                one.severity < wire::Severity::Critical || told.node == one.node || told.node.starts_with(wire::serverNodePrefix);
            return headOf[at] == headOf[m_told.size() + i] && told.severity >= one.severity && mayCover;
        };
        if (std::none_of(m_told.begin(), m_told.end(), covers))
            news.push_back(one);
    }
    return news;
}

void InsightAlerts::tell()
{
    const std::vector<InsightView> waiting = std::exchange(m_waiting, {});
    std::vector<InsightView> views = newsOf(waiting);
    for (InsightView view : waiting) { // whatever its node says: nothing lasts beyond now, nor began before anybody asked to be told
        view.insight.toNs = std::min(view.insight.toNs, m_around.nowNs());
        view.insight.fromNs = std::clamp(view.insight.fromNs, std::min(m_sinceNs - lookBackNs, view.insight.toNs), view.insight.toNs);
        m_told.push_back(std::move(view));
    }
    if (m_told.size() > mostTold)
        m_told.erase(m_told.begin(), m_told.end() - static_cast<std::ptrdiff_t>(mostTold));
    if (views.empty() || m_around.isLookedAt())
        return;
    std::stable_sort(views.begin(), views.end(), [](const InsightView &a, const InsightView &b) { return a.severity > b.severity; });
    QStringList lines;
    for (const InsightView &view : views) {
        if (lines.size() < mostNamed)
            lines << QString::fromStdString(view.insight.text.empty() ? view.insight.rule : view.insight.text);
    }
    if (views.size() > static_cast<std::size_t>(mostNamed))
        lines << tr("and %n more", nullptr, static_cast<int>(views.size()) - mostNamed);
    const QString severity = QString::fromUtf8(wire::severityName(views.front().severity).data());
    m_notes.show({views.size() == 1 ? tr("New insight: %1").arg(severity)
                                    : tr("%n new insights, up to %1", nullptr, static_cast<int>(views.size())).arg(severity),
                  lines.join(QLatin1Char('\n')), views.front().severity >= wire::Severity::Critical});
}

} // namespace tapio::console
