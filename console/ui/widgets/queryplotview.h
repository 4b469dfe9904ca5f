// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <functional>
#include <memory>
#include <optional>

#include "console/core/metrics/annotation.h"
#include "console/core/metrics/panel.h"
#include "console/ui/charts/plotrenderer.h"
#include "console/ui/widgets/look.h"
#include "console/ui/widgets/timedisplay.h"

namespace tapio::console {

class PlotGroup;
class PlotLegend;
class PlotView;

/// One plot by itself, with its legend, its crosshair and its tooltip. GUI thread.
class QueryPlotView : public QWidget {
    Q_OBJECT
public:
    /// `time` and what `look` points to outlive it.
    QueryPlotView(Look look, const TimeDisplay &time, QWidget *parent = nullptr);
    ~QueryPlotView() override;

    /// See PlotGroup::setNow.
    void setNow(std::function<std::int64_t()> nowNs);
    void setPanel(std::shared_ptr<const PanelSnapshot> panel);
    /// Null: none.
    void setAnnotations(Annotations annotations);
    PlotView &plot() const { return *m_plot; }
    std::optional<std::int64_t> crosshair() const;
    /// Moves the crosshair by steps and pins it.
    void stepCrosshair(int steps);
    /// Esc: what is pinned or dragged; false = there was nothing.
    bool closeTopmost();

signals:
    void rangeSelected(std::int64_t fromNs, std::int64_t toNs);
    void rangeResetRequested();

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void restyle();

    Look m_look;
    PlotRenderer m_renderer; ///< before the plot, which forgets its jobs when it goes
    PlotView *m_plot;
    PlotLegend *m_legend;
    PlotGroup *m_group;
    std::shared_ptr<const PanelSnapshot> m_panel;
};

} // namespace tapio::console
