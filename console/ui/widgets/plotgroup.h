// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QPointer>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "console/core/metrics/annotation.h"
#include "console/ui/charts/decimate.h"
#include "console/ui/widgets/look.h"
#include "console/ui/widgets/timedisplay.h"

class QWidget;

namespace tapio::console {

class PlotTooltip;
class PlotView;

/// Plots that share one crosshair, one tooltip and one range: pointing at one shows that moment in all of them, a click pins it, dragging chooses a range,
/// Shift and dragging moves it, a double click resets it. GUI thread.
class PlotGroup : public QObject {
    Q_OBJECT
public:
    /// The tooltip is drawn in `host`, and all plots are in it. `time` and what `look` points to outlive the group.
    PlotGroup(Look look, const TimeDisplay &time, QWidget *host);

    /// Nothing is moved beyond this; without it, as far as one drags.
    void setNow(std::function<std::int64_t()> nowNs) { m_nowNs = std::move(nowNs); }
    /// Over all plots; null: none.
    void setAnnotations(Annotations annotations);
    const Annotations &annotations() const { return m_annotations; }
    /// It leaves by itself when it goes.
    void add(PlotView *plot);
    /// The plot shows something newer: a tooltip over it follows.
    void follow(const PlotView *plot);
    std::optional<std::int64_t> crosshair() const { return m_crosshair; }
    bool isPinned() const { return m_isPinned; }
    const PlotView *here() const { return m_here; } ///< that one points at; null: none
    PlotTooltip &tooltip() const { return *m_tooltip; }
    /// Moves the crosshair by steps of this plot, or by its bars, and pins it.
    void step(PlotView *plot, int steps);
    /// Esc: what is dragged or pinned; false = there was nothing.
    bool closeTopmost();
    /// Nothing is pointed at; a crosshair that is pinned stays.
    void unhover();
    /// Other plots are to come: nothing is pinned, dragged or pointed at.
    void reset();
    /// Plots have moved: it comes again when one points.
    void hideTooltip();

signals:
    void rangeSelected(std::int64_t fromNs, std::int64_t toNs);
    void rangeResetRequested();
    void dragging(bool isOn); ///< while it is on nothing should be redrawn

private:
    void connectDrag(PlotView *plot);
    void point(PlotView *plot, std::int64_t timeNs);
    void apply();
    void showTooltip(int y);
    void preview(std::optional<PlotSpan> range);
    void select(std::optional<PlotSpan> span, const PlotView *here);
    void setDragging(bool isOn);
    void endDrag();
    PlotSpan upToNow(PlotSpan range) const;

    Look m_look;
    const TimeDisplay &m_time;
    QWidget *m_host;
    PlotTooltip *m_tooltip;
    std::function<std::int64_t()> m_nowNs;
    std::vector<PlotView *> m_plots;
    Annotations m_annotations;
    QPointer<PlotView> m_here; ///< that the tooltip is of
    std::optional<std::int64_t> m_crosshair;
    bool m_isPinned = false, m_wasPinned = false, m_isDragging = false;
};

} // namespace tapio::console
