// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QRect>
#include <QWidget>

#include <vector>

#include "console/core/dashboards/dashboard.h"
#include "console/ui/widgets/look.h"

namespace tapio::console {

/// Lengths of a grid, in pixels.
struct GridMetrics {
    int margin = 12, gap = 8, row = 34;  ///< row: with the gap below it
    int twoBelow = 1000, oneBelow = 560; ///< in a narrower one, panels are twice as wide, or as wide as there is room
};

/// Where each of them is in a width, from the top left of the grid. In a narrow one they follow each other by row and column. Pure.
std::vector<QRect> dashboardRects(const std::vector<GridPlace> &places, int width, const GridMetrics &metrics);

/// The panels of a dashboard in their places. GUI thread.
class DashboardGrid : public QWidget {
    Q_OBJECT
public:
    explicit DashboardGrid(Look look, QWidget *parent = nullptr);

    /// Takes the panels over and deletes those before, in the order of the places.
    void setPanels(std::vector<QWidget *> panels, std::vector<GridPlace> places);
    const std::vector<QWidget *> &panels() const { return m_panels; }
    /// As wide as there is room, as high as it takes.
    void fit(int width);
    /// Those that lie, at least in part, within that area of the grid.
    std::vector<std::size_t> within(const QRect &area) const;

private:
    Look m_look;
    std::vector<QWidget *> m_panels;
    std::vector<GridPlace> m_places;
};

} // namespace tapio::console
