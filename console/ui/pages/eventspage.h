// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPointer>

#include "console/ui/models/eventsexporter.h"
#include "console/ui/models/eventsfeed.h"
#include "console/ui/models/eventssorter.h"
#include "console/ui/models/toldtogetherprobe.h"
#include "console/ui/pages/page.h"
#include "console/ui/widgets/statemessage.h"

class QLabel;
class QStackedLayout;

namespace tapio::console {

class BarButton;
class DetailView;
class EventFilterBar;
class FootLine;
class ProgressLine;
class TableView;

/// The event browser: everything stored, by filter and range, with live follow.
class EventsPage : public Page {
    Q_OBJECT
public:
    explicit EventsPage(UiContext context, QWidget *parent = nullptr);

    QString title() const override { return tr("Events"); }
    QWidget *filterField() const override;
    bool usesNodeScope() const override { return true; }
    bool usesNamespaceScope() const override { return true; }
    void scopeChanged() override { reload(); }
    void timeChanged() override;
    void open(const QString &argument) override; ///< "text=...", "pod=...", "pid=...", "event=CHUNK-ROW"
    bool closeTopmost() override;                ///< stops reading
    bool settled() const override { return m_feed.state() != EventsFeed::State::Loading; }

    const EventsModel &model() const { return m_model; }
    const QAbstractItemModel &rows() const { return m_rows; } ///< as shown
    /// Time: pages as one scrolls, following the newest. Any other column: the whole result up to EventsModel::maxRows, standing
    /// still; the foot says where it ends.
    void sortBy(int column, Qt::SortOrder order);
    EventFilterBar &filterBar() { return *m_filter; }

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void build();
    void addActions();
    void reload();
    void refresh();
    void refreshFoot();
    StateText emptyState() const;
    void followServerClock();
    void followIfAtTop();
    void onRowsInserted(int first, int last);
    void resume();
    void showNew();
    bool byTime() const { return m_sortColumn == EventsModel::Time; }
    void chooseSort();
    void showOrder();
    void orderRows();
    void findWanted();
    void select(int row);
    void cancelReading();
    QString countText() const;
    QString footText() const;
    static QString togetherText();
    const StoredEvent *currentEvent() const;
    void showDetails(bool open);
    void openMenu(const QModelIndex &index, const QPoint &at);
    void copyAs(bool json) const;
    std::vector<StoredEvent> selectedEvents() const;
    void askExport();
    void restyle();

    UiContext m_context;
    EventsModel m_model;
    EventsSorter m_rows;
    EventsFeed m_feed;
    EventsExporter m_exporter;
    ToldTogetherProbe m_together;
    EventFilterBar *m_filter = nullptr;
    ProgressLine *m_progress = nullptr;
    TableView *m_table = nullptr;
    StateMessage *m_message = nullptr;
    QWidget *m_panel = nullptr;
    QStackedLayout *m_stack = nullptr;
    BarButton *m_waiting = nullptr, *m_export = nullptr, *m_cancelExport = nullptr;
    FootLine *m_foot = nullptr;
    QLabel *m_exportText = nullptr;
    QPointer<DetailView> m_details;
    bool m_late = false, m_loaded = false;
    int m_sortColumn = EventsModel::Time;
    Qt::SortOrder m_sortOrder = Qt::DescendingOrder; ///< of a column that is not time
    std::optional<EventId> m_kept;                   ///< the current row while the rows are read anew in another order
    std::optional<EventId> m_wanted;                 ///< to be selected once it is read
    std::int64_t m_failedNs = 0;
    std::int64_t m_offsetNs = 0; ///< of the server's clock, as the rows were asked for
};

} // namespace tapio::console
