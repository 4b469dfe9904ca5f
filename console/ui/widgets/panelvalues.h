// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <memory>
#include <vector>

#include "console/core/dashboards/dashboard.h"
#include "console/core/metrics/queryplot.h"
#include "console/ui/widgets/look.h"

namespace tapio::console {

/// The values of a stat or a gauge: one large, or a row for each series. What does not fit is counted, and all of it is in the tooltip. GUI thread.
class PanelValues : public QWidget {
    Q_OBJECT
public:
    explicit PanelValues(Look look, QWidget *parent = nullptr);

    /// `panel` says how; `values` are in its unit; `plot`: what they were before, by series, null or empty where nobody draws that.
    void setValues(const DashboardPanel &panel, std::vector<SeriesSummary> values, std::shared_ptr<const PanelSnapshot> plot);
    std::size_t shownCount() const; ///< how many of them there is room for

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    int rowHeight() const;
    void paintOne(QPainter &painter);
    void paintRows(QPainter &painter);
    void paintTrack(QPainter &painter, const QRectF &area, double value);
    void paintSpark(QPainter &painter, const QRectF &area, const PlotSeries &series);
    QColor colorOf(double value) const;
    QString nameOf(const SeriesSummary &row) const;

    Look m_look;
    DashboardPanel m_panel;
    std::vector<SeriesSummary> m_values;
    std::shared_ptr<const PanelSnapshot> m_plot;
};

} // namespace tapio::console
