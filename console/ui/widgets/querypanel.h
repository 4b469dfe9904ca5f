// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSortFilterProxyModel>
#include <QWidget>

#include <memory>
#include <optional>

#include "console/core/dashboards/dashboard.h"
#include "console/ui/models/dashboardfeed.h"
#include "console/ui/models/queryseriesmodel.h"
#include "console/ui/widgets/look.h"

class QLabel;
class QStackedWidget;

namespace tapio::console {

class PanelButton;
class PanelValues;
class PlotLegend;
class PlotRenderer;
class PlotView;
class TableView;

/// One panel of a dashboard: its title, what its queries came to as it wants that drawn or as a table, and what is wrong with that. What it showed before stays while
/// there is nothing newer. GUI thread.
class QueryPanel : public QWidget {
    Q_OBJECT
public:
    /// `renderer` and what `look` points to outlive it.
    QueryPanel(DashboardPanel panel, Look look, PlotRenderer &renderer, QWidget *parent = nullptr);

    const DashboardPanel &panel() const { return m_panel; }
    /// `source`: whom it asks, where that is not the store.
    void setShown(const DashboardFeed::Shown &shown, const QString &source);
    /// Null: it draws no plot.
    PlotView *plot() const { return m_plot; }
    int plotPixels() const;
    bool isTableShown() const { return m_isTable; }
    void setTableShown(bool isShown);
    const QAbstractItemModel &rows() const { return m_rows; }
    TableView &table() const { return *m_table; }
    QString message() const; ///< what stands where there is nothing to show; empty: something is shown
    QString chipText() const { return m_chip; }

signals:
    void menuRequested(const QPoint &globalAt);

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void enterEvent(QEnterEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;
    bool event(QEvent *event) override;

private:
    void make(PlotRenderer &renderer);
    void restyle();
    void place();
    void refresh();
    bool hasNothing(const DashboardFeed::Shown &shown) const;
    void updateButton();
    QRectF chipArea() const;
    QString axisUnit() const;
    bool isOfPlot() const { return m_plot != nullptr; }

    DashboardPanel m_panel;
    Look m_look;
    DashboardFeed::Shown m_shown;
    QString m_source, m_chip, m_chipReason;
    QColor m_chipColor;
    QuerySeriesModel m_model;
    QSortFilterProxyModel m_rows;
    PanelButton *m_menu;
    QStackedWidget *m_body;
    PlotView *m_plot = nullptr;
    PlotLegend *m_legend = nullptr;
    PanelValues *m_values = nullptr;
    TableView *m_table;
    QLabel *m_text;
    bool m_isTable = false, m_isHovered = false, m_hasColumns = false;
};

} // namespace tapio::console
