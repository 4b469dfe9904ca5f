// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSortFilterProxyModel>

#include <map>

#include "console/ui/models/eventsmodel.h"

namespace tapio::console {

/// The rows of an EventsModel in the order of one column. Equal ones stay in the model's order of time in both directions, and
/// what is not known (no pod, no pid) comes last in both. Without a column (-1) the rows are as they come. GUI thread.
class EventsSorter : public QSortFilterProxyModel {
    Q_OBJECT
public:
    /// `events` outlives it.
    explicit EventsSorter(EventsModel &events, QObject *parent = nullptr);

    int sourceRow(const QModelIndex &index) const { return mapToSource(index).row(); }
    void sort(int column, Qt::SortOrder order) override;

protected:
    bool lessThan(const QModelIndex &left, const QModelIndex &right) const override;

private:
    const std::string &summary(const StoredEvent &event) const;
    int compare(const StoredEvent &a, const StoredEvent &b, int column) const;

    const EventsModel &m_events;
    mutable std::map<EventId, std::string> m_summaries; ///< a sentence is made once a row, not at each comparison
};

} // namespace tapio::console
