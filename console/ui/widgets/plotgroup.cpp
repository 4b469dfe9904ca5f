// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/plotgroup.h"

#include <algorithm>
#include <utility>

#include "console/ui/charts/plotmarks.h"
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
    plot->setCrosshair(m_crosshair, false, m_isPinned);
    plot->setAnnotations(m_annotations);
    connect(plot, &QObject::destroyed, this, [this, plot] { std::erase(m_plots, plot); });
    connect(plot, &PlotView::hovered, this, [this, plot](std::int64_t timeNs, const QPoint &at) {
        if (m_isDragging)
            return;
        point(plot, timeNs);
        showTooltip(plot->mapTo(m_host, at).y());
    });
    connect(plot, &PlotView::left, this, &PlotGroup::unhover);
    connect(plot, &PlotView::clicked, this, [this, plot](std::int64_t timeNs) {
        m_wasPinned = m_isPinned;
        m_isPinned = false;
        point(plot, timeNs);
        m_isPinned = !m_wasPinned;
        apply();
        follow(plot);
    });
    connectDrag(plot);
}

void PlotGroup::setAnnotations(Annotations annotations)
{
    m_annotations = std::move(annotations);
    for (PlotView *plot : m_plots)
        plot->setAnnotations(m_annotations);
    if (m_tooltip->isVisible() && m_here)
        follow(m_here);
}

void PlotGroup::connectDrag(PlotView *plot)
{
    connect(plot, &PlotView::selecting, this, [this, plot](std::int64_t fromNs, std::int64_t toNs) {
        setDragging(true);
        select(PlotSpan{fromNs, toNs}, plot);
    });
    connect(plot, &PlotView::selected, this, [this](std::int64_t fromNs, std::int64_t toNs) {
        endDrag();
        preview(PlotSpan{fromNs, toNs});
        emit rangeSelected(fromNs, toNs);
    });
    connect(plot, &PlotView::panning, this, [this](std::int64_t fromNs, std::int64_t toNs) {
        setDragging(true);
        preview(upToNow({fromNs, toNs}));
    });
    connect(plot, &PlotView::panned, this, [this](std::int64_t fromNs, std::int64_t toNs) {
        endDrag();
        const PlotSpan range = upToNow({fromNs, toNs});
        emit rangeSelected(range.fromNs, range.toNs);
    });
    connect(plot, &PlotView::cancelled, this, &PlotGroup::endDrag);
    connect(plot, &PlotView::resetRequested, this, [this] {
        m_isPinned = m_wasPinned; // the first of the two clicks was no pin
        apply();
        emit rangeResetRequested();
    });
}

void PlotGroup::point(PlotView *plot, std::int64_t timeNs)
{
    if (!plot->panel())
        return;
    m_here = plot;
    if (!m_isPinned)
        m_crosshair = snapped(*plot->panel(), timeNs);
    apply();
}

void PlotGroup::apply()
{
    for (PlotView *plot : m_plots)
        plot->setCrosshair(m_crosshair, plot == m_here, m_isPinned);
}

void PlotGroup::unhover()
{
    if (m_isDragging || !m_here)
        return;
    m_here = nullptr;
    m_tooltip->hide();
    if (!m_isPinned)
        m_crosshair.reset();
    apply();
}

void PlotGroup::reset()
{
    if (m_isDragging)
        endDrag();
    m_isPinned = m_wasPinned = false;
    m_here = nullptr;
    m_crosshair.reset();
    m_tooltip->hide();
    apply();
}

void PlotGroup::hideTooltip() { m_tooltip->hide(); }

void PlotGroup::showTooltip(int y)
{
    if (!m_crosshair || !m_here || !m_here->panel() || m_here->isHidden())
        return;
    const int x = m_here->mapTo(m_host, QPoint(qRound(m_here->frame().xOf(*m_crosshair)), 0)).x();
    TooltipContent content = TooltipContent::at(*m_here->panel(), m_here->looks(), m_look.theme(), *m_crosshair, m_time.zone());
    if (m_annotations)
        content.addMarks(*m_annotations, *m_crosshair, static_cast<std::int64_t>(PlotMark::apart * m_here->frame().nsPerPixel()),
                         m_look.theme(), m_time.zone());
    m_tooltip->raise();
    m_tooltip->show(content, QPoint(x, y));
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
    const auto *bars = std::get_if<BarsView>(&panel->view);
    const std::int64_t bucket = bars && bars->bucketNs > 0 ? bars->bucketNs : panel->bucketNs;
    const std::int64_t begin = steps < 0 ? panel->toNs - bucket : panel->fromNs;
    const std::int64_t at = m_crosshair ? *m_crosshair + steps * bucket : begin;
    m_isPinned = false;
    point(plot, std::clamp(at, panel->fromNs, panel->toNs - 1));
    m_isPinned = true;
    apply();
    showTooltip(plot->mapTo(m_host, plot->rect().center()).y());
}

bool PlotGroup::closeTopmost()
{
    if (m_isDragging) {
        preview(std::nullopt);
        for (PlotView *plot : m_plots)
            plot->cancelDrag();
        endDrag();
        return true;
    }
    if (!m_isPinned)
        return false;
    reset();
    return true;
}

PlotSpan PlotGroup::upToNow(PlotSpan range) const
{
    const std::int64_t beyond = m_nowNs ? std::max<std::int64_t>(0, range.toNs - m_nowNs()) : 0;
    return {range.fromNs - beyond, range.toNs - beyond};
}

void PlotGroup::preview(std::optional<PlotSpan> range)
{
    for (PlotView *plot : m_plots)
        if (plot->panel() && !plot->isHidden())
            plot->setPreviewRange(range);
}

void PlotGroup::select(std::optional<PlotSpan> span, const PlotView *here)
{
    for (PlotView *plot : m_plots)
        plot->setSelection(span, plot == here);
}

void PlotGroup::setDragging(bool isOn)
{
    m_tooltip->setVisible(m_tooltip->isVisible() && !isOn);
    if (std::exchange(m_isDragging, isOn) != isOn)
        emit dragging(isOn);
}

void PlotGroup::endDrag()
{
    select(std::nullopt, nullptr);
    setDragging(false);
}

} // namespace tapio::console
