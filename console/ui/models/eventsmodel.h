// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>

#include <algorithm>
#include <deque>
#include <set>
#include <vector>

#include "console/core/store/store.h"
#include "console/ui/widgets/timedisplay.h"

namespace tapio::console {

/// A window of at most `maxRows` events onto a list of any length: EventsFeed appends and prepends pages, rows at the far end
/// leave. Rows are in the order they are shown in. GUI thread.
class EventsModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Time, Severity, Type, Summary, Node, Namespace, Entity, Identity, Command, Pid, ColumnCount };
    static constexpr std::size_t maxRows = 20'000;

    EventsModel(const TimeDisplay &time, QObject *parent = nullptr);

    const StoredEvent &eventAt(int row) const { return m_events[static_cast<std::size_t>(row)]; }
    int rowOf(EventId id) const; ///< -1 = not in the window
    void clear();
    /// Drop what is in the window already. Return how many rows were new, and whether rows left at the other end.
    struct Change {
        std::size_t added = 0;
        bool trimmed = false;
    };
    Change append(std::vector<StoredEvent> events);
    Change prepend(std::vector<StoredEvent> events); ///< in the order shown: its last one comes before row 0
    /// One that arrived late: at its place among the others by `before`; nothing when it would be the last of more.
    template <typename Before> bool insertSorted(StoredEvent event, Before before);
    bool contains(EventId id) const { return m_ids.contains(id); }
    /// Those that are in the window, as they are known by now: whose they are may have been learnt since. In one pass, O(events + rows), with one
    /// `dataChanged` for each run of rows that changed; where they are more than `mostRuns`, one from the first to the last of them.
    void renew(const std::vector<StoredEvent> &events);
    void setMoreBelow(bool more) { m_moreBelow = more; }
    bool moreBelow() const { return m_moreBelow; }
    void setShowDate(bool show); ///< the range spans days: a time alone would not tell

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;
    bool canFetchMore(const QModelIndex &parent) const override { return !parent.isValid() && m_moreBelow; }
    void fetchMore(const QModelIndex &parent) override;

signals:
    void moreBelowWanted();

private:
    void insertAt(std::size_t row, StoredEvent event);
    void dropKnown(std::vector<StoredEvent> &events);
    void forget(std::size_t first, std::size_t count);
    QString text(const StoredEvent &event, int column) const;

    const TimeDisplay &m_time;
    std::deque<StoredEvent> m_events;
    std::set<EventId> m_ids;
    bool m_moreBelow = false, m_showDate = false;
};

template <typename Before> bool EventsModel::insertSorted(StoredEvent event, Before before)
{
    const auto at = std::lower_bound(m_events.begin(), m_events.end(), event, before);
    if (m_ids.contains(event.id) || (at == m_events.end() && m_moreBelow))
        return false;
    insertAt(static_cast<std::size_t>(at - m_events.begin()), std::move(event));
    return true;
}

} // namespace tapio::console
