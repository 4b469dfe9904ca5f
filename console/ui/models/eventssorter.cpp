// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/eventssorter.h"

#include <string_view>

namespace tapio::console {

namespace {

template <typename T> int threeWay(const T &a, const T &b) { return a < b ? -1 : b < a ? 1 : 0; }

/// Texts come from outside and are compared as bytes: names of nodes, pods and commands have no language.
std::string_view entityOf(const wire::Origin &origin)
{
    if (!origin.podName.empty())
        return origin.podName;
    return origin.containerName.empty() ? origin.cgroupPath : origin.containerName;
}

bool unknown(const StoredEvent &e, int column)
{
    switch (column) {
    case EventsModel::Node: return e.node.empty();
    case EventsModel::Namespace: return e.origin.namespaceName.empty();
    case EventsModel::Entity: return entityOf(e.origin).empty();
    case EventsModel::Command: return e.event.process.comm.empty();
    case EventsModel::Pid: return e.event.process.pid == 0;
    default: return false;
    }
}

} // namespace

EventsSorter::EventsSorter(EventsModel &events, QObject *parent) : QSortFilterProxyModel(parent), m_events(events)
{
    setSourceModel(&events);
    connect(&events, &QAbstractItemModel::modelReset, this, [this] { m_summaries.clear(); });
}

void EventsSorter::sort(int column, Qt::SortOrder order)
{
    if (column != EventsModel::Summary)
        m_summaries.clear();
    QSortFilterProxyModel::sort(column, order);
}

const std::string &EventsSorter::summary(const StoredEvent &event) const
{
    const auto [at, fresh] = m_summaries.try_emplace(event.id);
    if (fresh)
        at->second = wire::summary(event.event);
    return at->second;
}

int EventsSorter::compare(const StoredEvent &a, const StoredEvent &b, int column) const
{
    switch (column) {
    case EventsModel::Time: return threeWay(a.event.timeNs, b.event.timeNs);
    case EventsModel::Severity: return threeWay(a.event.severity, b.event.severity);
    case EventsModel::Type: return threeWay(wire::eventTypeName(a.event.type), wire::eventTypeName(b.event.type));
    case EventsModel::Summary: return threeWay(summary(a), summary(b));
    case EventsModel::Node: return threeWay(a.node, b.node);
    case EventsModel::Namespace: return threeWay(a.origin.namespaceName, b.origin.namespaceName);
    case EventsModel::Entity: return threeWay(entityOf(a.origin), entityOf(b.origin));
    case EventsModel::Identity: return threeWay(a.origin.attribution, b.origin.attribution);
    case EventsModel::Command: return threeWay(a.event.process.comm, b.event.process.comm);
    case EventsModel::Pid: return threeWay(a.event.process.pid, b.event.process.pid);
    default: return 0;
    }
}

bool EventsSorter::lessThan(const QModelIndex &left, const QModelIndex &right) const
{
    // In descending order the base class asks whether the later row is less: what must not turn round is turned twice.
    const bool falls = sortOrder() == Qt::DescendingOrder;
    const StoredEvent &a = m_events.eventAt(left.row()), &b = m_events.eventAt(right.row());
    const bool aUnknown = unknown(a, left.column()), bUnknown = unknown(b, right.column());
    if (aUnknown != bUnknown)
        return falls ? aUnknown : bUnknown;
    if (const int order = compare(a, b, left.column()); order != 0)
        return order < 0;
    return falls ? left.row() > right.row() : left.row() < right.row();
}

} // namespace tapio::console
