// SPDX-License-Identifier: GPL-3.0-or-later
// What leads from an insight to events: its evidence, and who called whom around it.
#include <QPushButton>

#include "console/ui/models/eventtext.h"
#include "console/ui/pages/callsection.h"
#include "console/ui/pages/insightdetail.h"
#include "console/ui/pages/insightspage.h"
#include "console/ui/widgets/detailview.h"
#include "console/ui/window/timerange.h"

namespace tapio::console {

namespace {
constexpr std::int64_t aroundEventNs = 30 * nsPerSecond;
} // namespace

void InsightsPage::connectCalls()
{
    CallSection &section = m_detail->calls();
    connect(&m_calls, &CallsFeed::loading, &section, &CallSection::setLoading);
    connect(&m_calls, &CallsFeed::failed, &section, &CallSection::setFailed);
    connect(&m_calls, &CallsFeed::ready, this, [this](const CallGraph &graph) {
        if (m_detail->insight())
            m_detail->calls().setGraph(graph, m_detail->insight()->view.insight);
    });
    connect(&section, &CallSection::chosen, this, &InsightsPage::showEventsOf);
}

/// Of the time that the map is of. Names hold a namespace before the '/', which events have apart.
void InsightsPage::showEventsOf(const CallParty &party)
{
    const QString name = partyName(party);
    const CallGraph &graph = m_detail->calls().graph();
    m_context.shell.setRange({TimeRange::Kind::Custom, graph.fromNs, graph.toNs});
    m_context.shell.openPage(PageId::Events, QStringLiteral("text=") + name.section(QLatin1Char('/'), -1));
}

void InsightsPage::openEvidence(const wire::EvidenceRef &ref)
{
    if (ref.seq == 0) {
        m_context.shell.notify(tr("The agent did not send this event: it is in no store"));
        return;
    }
    m_evidence.find(ref);
}

void InsightsPage::connectEvidence()
{
    connect(&m_evidence, &EvidenceSearch::found, this, &InsightsPage::showStored);
    connect(&m_evidence, &EvidenceSearch::notFound, this, [this] {
        m_context.shell.notify(tr("Event %1 of %2 is not in this console\u2019s store: it did not come here, or went by retention")
                                   .arg(m_evidence.wanted().seq)
                                   .arg(QString::fromStdString(m_evidence.wanted().node)));
    });
    connect(&m_evidence, &EvidenceSearch::failed, this,
            [this](const QString &error) { m_context.shell.notify(tr("The event could not be read: %1").arg(error)); });
}

void InsightsPage::showStored(const StoredEvent &event)
{
    if (!m_eventDetails)
        m_eventDetails = new DetailView({m_context.themes, m_context.icons});
    auto *around = new QPushButton(tr("Show in Events"));
    around->setToolTip(tr("All events from %1 before it to %1 after it").arg(durationText(aroundEventNs)));
    connect(around, &QPushButton::clicked, this, [this, timeNs = event.event.timeNs, id = event.id] {
        m_context.shell.setRange({TimeRange::Kind::Custom, timeNs - aroundEventNs, timeNs + aroundEventNs});
        m_context.shell.openPage(PageId::Events, QStringLiteral("event=%1-%2").arg(id.chunk).arg(id.row));
    });
    m_eventDetails->setButtons({around});
    m_eventDetails->setSections(eventDetails(event, m_context.time));
    m_context.shell.showInDrawer(DrawerTab::Inspector, eventTitle(event), m_eventDetails);
}

} // namespace tapio::console
