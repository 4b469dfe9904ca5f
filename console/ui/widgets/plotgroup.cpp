// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/plotgroup.h"

#include <algorithm>
#include <utility>

#include "console/ui/charts/plotview.h"
#include "console/ui/widgets/plottooltip.h"

namespace tapio::console {

PlotGroup::PlotGroup(Look look, const TimeDisplay &time, QWidget *host)
    : QObject(host), m_look(look), m_time(time), m_host(host), m_tooltip(new PlotTooltip(look, host))
{
    connect(&time, &TimeDisplay::changed, this, [this] {
        for (PlotView *plot : m_plots)
            plot->setTimeZone(m_time.zone());
    });
}

void PlotGroup::add(PlotView *plot)
{
    m_plots.push_back(plot);
    plot->setTimeZone(m_time.zone());
    connect(plot, &QObject::destroyed, this, [this, plot] { std::erase(m_plots, plot); });
    connect(plot, &PlotView::hovered, this, [this, plot](std::int64_t timeNs, const QPoint &at) {
        if (!m_isPinned && !m_isDragging)
            point(plot, timeNs, plot->mapTo(m_host, at).y());
    });
    connect(plot, &PlotView::left, this, &PlotGroup::unhover);
    connect(plot, &PlotView::clicked, this, [this, plot](std::int64_t timeNs) {
        m_wasPinned = m_isPinned;
        m_isPinned = !m_isPinned;
        point(plot, timeNs, middleOf(plot));
    });
    connectDrag(plot);
}

void PlotGroup::connectDrag(PlotView *plot)
{
    connect(plot, &PlotView::selecting, this, [this, plot](std::int64_t fromNs, std::int64_t toNs) {
        m_isDragging = true;
        m_tooltip->hide();
        select(PlotSpan{fromNs, toNs}, plot);
    });
    connect(plot, &PlotView::selected, this, [this](std::int64_t fromNs, std::int64_t toNs) {
        endDrag();
        preview(PlotSpan{fromNs, toNs});
        emit rangeSelected(fromNs, toNs);
    });
    connect(plot, &PlotView::panning, this, [this](std::int64_t fromNs, std::int64_t toNs) {
        m_isDragging = true;
        m_tooltip->hide();
        preview(PlotSpan{fromNs, toNs});
    });
    connect(plot, &PlotView::panned, this, [this](std::int64_t fromNs, std::int64_t toNs) {
        endDrag();
        emit rangeSelected(fromNs, toNs);
    });
    connect(plot, &PlotView::cancelled, this, &PlotGroup::endDrag);
    connect(plot, &PlotView::resetRequested, this, [this] {
        m_isPinned = m_wasPinned; // the first of the two clicks was no pin
        apply();
        emit rangeResetRequested();
    });
}

int PlotGroup::middleOf(const PlotView *plot) const { return plot->mapTo(m_host, plot->rect().center()).y(); }

void PlotGroup::point(PlotView *plot, std::int64_t timeNs, int y)
{
    if (!plot->panel())
        return;
    m_here = plot;
    m_crosshair = snapped(*plot->panel(), timeNs);
    apply();
    showTooltip(y);
}

void PlotGroup::apply()
{
    for (PlotView *plot : m_plots)
        plot->setCrosshair(m_crosshair, plot == m_here, m_isPinned);
}

void PlotGroup::unhover()
{
    if (m_isPinned || m_isDragging)
        return;
    m_crosshair.reset();
    m_here = nullptr;
    m_tooltip->hide();
    apply();
}

void PlotGroup::reset()
{
    m_isPinned = m_wasPinned = m_isDragging = false;
    unhover();
}

void PlotGroup::hideTooltip() { m_tooltip->hide(); }

void PlotGroup::showTooltip(int y)
{
    if (!m_crosshair || !m_here || !m_here->panel())
        return;
    const int x = m_here->mapTo(m_host, QPoint(qRound(m_here->frame().xOf(*m_crosshair)), 0)).x();
    m_tooltip->raise();
    m_tooltip->show(TooltipContent::at(*m_here->panel(), m_here->looks(), m_look.theme(), *m_crosshair, m_time.zone()), QPoint(x, y));
}

void PlotGroup::follow(const PlotView *plot)
{
    if (plot == m_here && m_tooltip->isVisible())
        showTooltip(m_tooltip->geometry().center().y());
}

void PlotGroup::step(PlotView *plot, int steps)
{
    const auto &panel = plot->panel();
    if (!panel || panel->bucketNs <= 0)
        return;
    const std::int64_t begin = steps < 0 ? panel->toNs : panel->fromNs;
    const std::int64_t at = m_crosshair ? *m_crosshair + steps * panel->bucketNs : begin;
    m_isPinned = true;
    point(plot, std::clamp(at, panel->fromNs, panel->toNs), middleOf(plot));
}

bool PlotGroup::closeTopmost()
{
    if (m_isDragging) {
        for (PlotView *plot : m_plots)
            plot->cancelDrag();
        preview(std::nullopt);
        endDrag();
        return true;
    }
    if (!std::exchange(m_isPinned, false))
        return false;
    unhover();
    return true;
}

void PlotGroup::preview(std::optional<PlotSpan> range)
{
    for (PlotView *plot : m_plots)
        if (plot->panel())
            plot->setPreviewRange(range);
}

void PlotGroup::select(std::optional<PlotSpan> span, const PlotView *here)
{
    for (PlotView *plot : m_plots)
        plot->setSelection(span, plot == here);
}

void PlotGroup::endDrag()
{
    m_isDragging = false;
    select(std::nullopt, nullptr);
}

} // namespace tapio::console
