// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/queryplotview.h"

#include <algorithm>
#include <utility>

#include "console/ui/charts/plotview.h"
#include "console/ui/widgets/plotlegend.h"
#include "console/ui/widgets/plottooltip.h"

namespace tapio::console {

namespace {
constexpr std::size_t twoPassesUpTo = 20; ///< series: more of them are told apart by thinner lines
} // namespace

QueryPlotView::QueryPlotView(Look look, const TimeDisplay &time, QWidget *parent)
    : QWidget(parent), m_look(look), m_time(time), m_plot(new PlotView(&m_renderer, this)), m_legend(new PlotLegend(look, this)),
      m_tooltip(new PlotTooltip(look, this))
{
    m_plot->setDetailed(true);
    connect(m_legend, &PlotLegend::isolated, m_plot, &PlotView::setIsolated);
    connect(&look.themes, &ThemeStore::themeChanged, this, &QueryPlotView::restyle);
    connect(&time, &TimeDisplay::changed, this, [this] { m_plot->setTimeZone(m_time.zone()); });
    m_plot->setTimeZone(time.zone());
    connectPlot();
    restyle();
}

QueryPlotView::~QueryPlotView()
{
    delete m_plot; // it asks the renderer to forget it, while that is there
}

void QueryPlotView::restyle()
{
    m_plot->setTheme(std::make_shared<const Theme>(m_look.theme()));
    if (m_panel)
        m_legend->setPanel(*m_panel, m_plot->looks());
    resizeEvent(nullptr);
}

void QueryPlotView::connectPlot()
{
    connect(m_plot, &PlotView::hovered, this, [this](std::int64_t timeNs, const QPoint &at) {
        if (!m_isPinned && !m_isDragging)
            point(timeNs, m_plot->mapTo(this, at).y());
    });
    connect(m_plot, &PlotView::left, this, &QueryPlotView::unhover);
    connect(m_plot, &PlotView::clicked, this, [this](std::int64_t timeNs) {
        m_wasPinned = m_isPinned;
        m_isPinned = !m_isPinned;
        point(timeNs, m_plot->geometry().center().y());
    });
    connect(m_plot, &PlotView::selecting, this, [this](std::int64_t fromNs, std::int64_t toNs) {
        m_isDragging = true;
        m_tooltip->hide();
        m_plot->setSelection(PlotSpan{fromNs, toNs}, true);
    });
    connect(m_plot, &PlotView::selected, this, [this](std::int64_t fromNs, std::int64_t toNs) {
        endDrag();
        m_plot->setPreviewRange(PlotSpan{fromNs, toNs});
        emit rangeSelected(fromNs, toNs);
    });
    connect(m_plot, &PlotView::panning, this, [this](std::int64_t fromNs, std::int64_t toNs) {
        m_isDragging = true;
        m_tooltip->hide();
        m_plot->setPreviewRange(PlotSpan{fromNs, toNs});
    });
    connect(m_plot, &PlotView::panned, this, [this](std::int64_t fromNs, std::int64_t toNs) {
        endDrag();
        emit rangeSelected(fromNs, toNs);
    });
    connect(m_plot, &PlotView::cancelled, this, &QueryPlotView::endDrag);
    connect(m_plot, &PlotView::resetRequested, this, [this] {
        m_isPinned = m_wasPinned; // the first of the two clicks was no pin
        emit rangeResetRequested();
    });
}

void QueryPlotView::endDrag()
{
    m_isDragging = false;
    m_plot->setSelection(std::nullopt, false);
}

void QueryPlotView::setPanel(std::shared_ptr<const PanelSnapshot> panel)
{
    m_panel = std::move(panel);
    m_plot->setPasses(m_panel->series.size() <= twoPassesUpTo ? 2 : 1);
    m_plot->setPanel(m_panel);
    m_legend->setPanel(*m_panel, m_plot->looks());
    if (m_tooltip->isVisible())
        showTooltip(m_tooltip->geometry().center().y());
}

void QueryPlotView::point(std::int64_t timeNs, int y)
{
    if (!m_panel)
        return;
    m_crosshair = snapped(*m_panel, timeNs);
    m_plot->setCrosshair(m_crosshair, true, m_isPinned);
    showTooltip(y);
}

void QueryPlotView::unhover()
{
    if (m_isPinned || m_isDragging)
        return;
    m_crosshair.reset();
    m_plot->setCrosshair(std::nullopt, false, false);
    m_tooltip->hide();
}

void QueryPlotView::showTooltip(int y)
{
    if (!m_crosshair || !m_panel)
        return;
    const int x = m_plot->mapTo(this, QPoint(qRound(m_plot->frame().xOf(*m_crosshair)), 0)).x();
    m_tooltip->show(TooltipContent::at(*m_panel, m_plot->looks(), m_look.theme(), *m_crosshair, m_time.zone()), QPoint(x, y));
}

void QueryPlotView::stepCrosshair(int steps)
{
    if (!m_panel || m_panel->bucketNs <= 0)
        return;
    const std::int64_t begin = steps < 0 ? m_panel->toNs : m_panel->fromNs;
    const std::int64_t at = m_crosshair ? *m_crosshair + steps * m_panel->bucketNs : begin;
    m_isPinned = true;
    point(std::clamp(at, m_panel->fromNs, m_panel->toNs), m_plot->geometry().center().y());
}

bool QueryPlotView::closeTopmost()
{
    if (m_isDragging) {
        m_plot->cancelDrag();
        m_plot->setPreviewRange(std::nullopt);
        endDrag();
        return true;
    }
    if (!std::exchange(m_isPinned, false))
        return false;
    unhover();
    return true;
}

void QueryPlotView::resizeEvent(QResizeEvent *)
{
    const int legend = m_look.theme().px(26);
    m_plot->setGeometry(0, 0, width(), std::max(0, height() - legend));
    m_legend->setGeometry(m_look.theme().px(12), height() - legend, std::max(0, width() - m_look.theme().px(24)), legend);
    m_tooltip->hide();
}

} // namespace tapio::console
