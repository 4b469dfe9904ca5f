// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/queryplotview.h"

#include <algorithm>
#include <utility>

#include "console/ui/charts/plotview.h"
#include "console/ui/widgets/plotgroup.h"
#include "console/ui/widgets/plotlegend.h"

namespace tapio::console {

namespace {
constexpr std::size_t twoPassesUpTo = 20; ///< series: more of them are told apart by thinner lines
} // namespace

QueryPlotView::QueryPlotView(Look look, const TimeDisplay &time, QWidget *parent)
    : QWidget(parent), m_look(look), m_plot(new PlotView(&m_renderer, this)), m_legend(new PlotLegend(look, this)),
      m_group(new PlotGroup(look, time, this))
{
    m_plot->setDetailed(true);
    m_group->add(m_plot);
    connect(m_legend, &PlotLegend::isolated, m_plot, &PlotView::setIsolated);
    connect(m_group, &PlotGroup::rangeSelected, this, &QueryPlotView::rangeSelected);
    connect(m_group, &PlotGroup::rangeResetRequested, this, &QueryPlotView::rangeResetRequested);
    connect(&look.themes, &ThemeStore::themeChanged, this, &QueryPlotView::restyle);
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

void QueryPlotView::setPanel(std::shared_ptr<const PanelSnapshot> panel)
{
    m_panel = std::move(panel);
    m_plot->setPasses(m_panel->series.size() <= twoPassesUpTo ? 2 : 1);
    m_plot->setPanel(m_panel);
    m_legend->setPanel(*m_panel, m_plot->looks());
    m_group->follow(m_plot);
}

void QueryPlotView::setNow(std::function<std::int64_t()> nowNs) { m_group->setNow(std::move(nowNs)); }

void QueryPlotView::setAnnotations(Annotations annotations) { m_group->setAnnotations(std::move(annotations)); }

std::optional<std::int64_t> QueryPlotView::crosshair() const { return m_group->crosshair(); }

void QueryPlotView::stepCrosshair(int steps) { m_group->step(m_plot, steps); }

bool QueryPlotView::closeTopmost() { return m_group->closeTopmost(); }

void QueryPlotView::resizeEvent(QResizeEvent *)
{
    const int legend = m_look.theme().px(26);
    m_plot->setGeometry(0, 0, width(), std::max(0, height() - legend));
    m_legend->setGeometry(m_look.theme().px(12), height() - legend, std::max(0, width() - m_look.theme().px(24)), legend);
    m_group->hideTooltip();
}

} // namespace tapio::console
