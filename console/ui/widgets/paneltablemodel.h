// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>

#include <memory>
#include <vector>

#include "console/core/metrics/panel.h"
#include "console/ui/widgets/timedisplay.h"

namespace tapio::console {

/// A panel as a table: the alternative to its picture, for a screen reader and for exact values. Plots have one row per time,
/// newest first, and one column per series; figures one row per state, node, estimate or group. GUI thread.
class PanelTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    /// More rows are not shown: `truncatedRows` says how many; the CSV export has all.
    static constexpr std::size_t maxRows = 20'000;

    static constexpr std::size_t maxColumns = 104; ///< the time and what a plot may draw

    explicit PanelTableModel(const TimeDisplay &time, QObject *parent = nullptr);
    void setPanel(std::shared_ptr<const PanelSnapshot> panel);
    std::size_t truncatedRows() const { return m_truncated; }

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    /// What the table is made of, so that a live update changes rows instead of starting anew.
    struct Shape {
        std::size_t view = 0;
        QStringList headers;
        bool operator==(const Shape &) const = default;
    };
    Shape shapeOf(const PanelSnapshot &panel) const;
    void fill();
    void fillSeries();
    void fillHeat();
    QString cell(std::size_t row, std::size_t column) const;
    const PlotPoint *sample(std::size_t row, std::size_t column) const;

    const TimeDisplay &m_time;
    std::shared_ptr<const PanelSnapshot> m_panel;
    Shape m_shape;
    std::vector<std::int64_t> m_times; ///< of plots, newest first
    std::vector<QStringList> m_rows;   ///< of figures
    std::size_t m_truncated = 0;
};

} // namespace tapio::console
