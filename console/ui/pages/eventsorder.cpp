// SPDX-License-Identifier: GPL-3.0-or-later
// The order of the rows, and which of them is chosen once they are read.
#include <QHeaderView>
#include <QMenu>
#include <QSignalBlocker>

#include <utility>

#include "console/ui/pages/eventfilterbar.h"
#include "console/ui/pages/eventspage.h"
#include "console/ui/widgets/tableview.h"

namespace tapio::console {

void EventsPage::sortBy(int column, Qt::SortOrder order)
{
    if (column < 0) { // the header's third click
        column = EventsModel::Time;
        order = Qt::DescendingOrder;
    }
    const bool wasWhole = !byTime() && m_feed.extent() == EventsFeed::Extent::Whole && m_feed.state() == EventsFeed::State::Ready;
    const bool wasByTime = byTime();
    const StoredEvent *current = column == EventsModel::Time ? nullptr : currentEvent();
    m_kept = current ? std::optional(current->id) : std::nullopt;
    m_sortColumn = column;
    m_sortOrder = order;
    if (byTime()) {
        const bool newest = order == Qt::DescendingOrder;
        const bool turned = m_filter->input().newestFirst != newest;
        showOrder();
        m_filter->setNewestFirst(newest); // reads again when it was turned
        if (!turned && !wasByTime)
            reload();
    } else if (wasWhole) {
        refresh();
    } else {
        showOrder();
        reload();
    }
}

/// In the header and in the filter bar.
void EventsPage::showOrder()
{
    QHeaderView *header = m_table->horizontalHeader();
    const QSignalBlocker quiet(header);
    header->setSortIndicator(m_sortColumn,
                             byTime() ? (m_filter->input().newestFirst ? Qt::DescendingOrder : Qt::AscendingOrder) : m_sortOrder);
    m_filter->setSortedBy(byTime() ? QString() : m_model.headerData(m_sortColumn, Qt::Horizontal).toString());
}

/// The rows themselves, once all of them are there: some of them in order would look like all of them.
void EventsPage::orderRows()
{
    if (m_feed.state() != EventsFeed::State::Ready)
        return;
    const int column = m_feed.extent() == EventsFeed::Extent::Whole && !byTime() ? m_sortColumn : -1;
    if (m_rows.sortColumn() != column || (column >= 0 && m_rows.sortOrder() != m_sortOrder))
        m_rows.sort(column, m_sortOrder);
    if (m_wanted && m_loaded)
        findWanted();
    else if (column >= 0 && m_kept)
        select(m_model.rowOf(*std::exchange(m_kept, std::nullopt)));
}

/// Page by page, until it is there or the range ends.
void EventsPage::findWanted()
{
    const int row = m_model.rowOf(*m_wanted);
    if (row < 0 && m_model.canFetchMore({})) {
        m_model.fetchMore({});
        return;
    }
    m_wanted.reset();
    if (row < 0)
        m_context.shell.notify(tr("The event that was asked for is not here: it went by retention meanwhile, or the filter leaves it out"));
    select(row);
}

void EventsPage::select(int row)
{
    if (row < 0)
        return;
    const QModelIndex index = m_rows.mapFromSource(m_model.index(row, std::max(0, m_table->currentIndex().column())));
    m_table->setCurrentIndex(index);
    m_table->scrollTo(index);
}

void EventsPage::chooseSort()
{
    QMenu menu(this);
    for (int column = 0; column < EventsModel::ColumnCount; ++column) {
        const bool now = column == m_sortColumn;
        const Qt::SortOrder first = m_model.headerData(column, Qt::Horizontal, Qt::InitialSortOrderRole).value<Qt::SortOrder>();
        const Qt::SortOrder shown = byTime() ? (m_filter->input().newestFirst ? Qt::DescendingOrder : Qt::AscendingOrder) : m_sortOrder;
        const Qt::SortOrder next = !now ? first : shown == Qt::DescendingOrder ? Qt::AscendingOrder : Qt::DescendingOrder;
        QAction *action =
            menu.addAction(m_model.headerData(column, Qt::Horizontal).toString(), this, [this, column, next] { sortBy(column, next); });
        action->setCheckable(true);
        action->setChecked(now);
    }
    menu.exec(m_table->horizontalHeader()->mapToGlobal(QPoint(0, m_table->horizontalHeader()->height())));
}

} // namespace tapio::console
