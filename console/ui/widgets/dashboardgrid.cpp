// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/dashboardgrid.h"

#include <algorithm>
#include <numeric>

namespace tapio::console {

namespace {

/// One after the other, as wide as `factor` times what they are; those beside each other begin at one height.
std::vector<GridPlace> flowed(const std::vector<GridPlace> &places, int factor)
{
    std::vector<std::size_t> order(places.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::stable_sort(order.begin(), order.end(), [&places](std::size_t a, std::size_t b) {
        return std::pair(places[a].y, places[a].x) < std::pair(places[b].y, places[b].x);
    });
    std::vector<GridPlace> flow = places;
    int x = 0, top = 0, bottom = 0;
    GridPlace *last = nullptr;
    for (const std::size_t i : order) {
        GridPlace &place = flow[i];
        place.width = std::min(dashboardColumns, place.width * factor);
        if (x + place.width > dashboardColumns) {
            last->width = dashboardColumns - last->x; // nothing else comes beside it
            x = 0;
            top = bottom;
        }
        last = &place;
        place.x = x;
        place.y = top;
        x += place.width;
        bottom = std::max(bottom, top + place.height);
    }
    if (last)
        last->width = dashboardColumns - last->x;
    return flow;
}

} // namespace

std::vector<QRect> dashboardRects(const std::vector<GridPlace> &places, int width, const GridMetrics &metrics)
{
    const int factor = width < metrics.oneBelow ? dashboardColumns : width < metrics.twoBelow ? 2 : 1;
    const std::vector<GridPlace> shown = factor == 1 ? places : flowed(places, factor);
    const int inner = std::max(0, width - 2 * metrics.margin + metrics.gap);
    const auto left = [&](int column) { return metrics.margin + column * inner / dashboardColumns; };
    std::vector<QRect> rects;
    for (const GridPlace &place : shown) {
        const int from = left(place.x), to = left(place.x + place.width) - metrics.gap;
        rects.emplace_back(from, metrics.gap + place.y * metrics.row, std::max(0, to - from), place.height * metrics.row - metrics.gap);
    }
    return rects;
}

DashboardGrid::DashboardGrid(Look look, QWidget *parent) : QWidget(parent), m_look(look) {}

void DashboardGrid::setPanels(std::vector<QWidget *> panels, std::vector<GridPlace> places)
{
    for (QWidget *old : m_panels)
        delete old;
    m_panels = std::move(panels);
    m_places = std::move(places);
    for (QWidget *panel : m_panels) {
        panel->setParent(this);
        panel->show();
    }
}

void DashboardGrid::fit(int width)
{
    const Theme &t = m_look.theme();
    const GridMetrics metrics{t.px(12), t.px(t.compact() ? 8 : 12), t.px(t.compact() ? 32 : 38), t.px(1000), t.px(560)};
    const std::vector<QRect> rects = dashboardRects(m_places, width, metrics);
    int bottom = 0;
    for (std::size_t i = 0; i < m_panels.size(); ++i) {
        m_panels[i]->setGeometry(rects[i]);
        bottom = std::max(bottom, rects[i].bottom() + 1);
    }
    resize(width, bottom + metrics.margin);
}

std::vector<std::size_t> DashboardGrid::within(const QRect &area) const
{
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < m_panels.size(); ++i)
        if (m_panels[i]->geometry().intersects(area))
            found.push_back(i);
    return found;
}

} // namespace tapio::console
