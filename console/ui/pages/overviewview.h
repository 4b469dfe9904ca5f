// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <array>
#include <functional>
#include <memory>
#include <optional>

#include "console/core/metrics/annotation.h"
#include "console/core/metrics/panel.h"
#include "console/ui/charts/decimate.h"
#include "console/ui/charts/plotrenderer.h"
#include "console/ui/charts/redrawscheduler.h"
#include "console/ui/widgets/look.h"
#include "console/ui/widgets/panelexport.h"
#include "console/ui/widgets/paneltext.h"
#include "console/ui/widgets/timedisplay.h"

class QMenu;
class QScrollArea;

namespace tapio::console {

class FullPanelView;
class OverviewGrid;
class PanelWidget;
class PlotGroup;
class PlotTooltip;

/// The Overview without a session: sixteen panels in four groups, one crosshair over all of them, a full-screen view of each,
/// and the keyboard. Given snapshots, it says what the user wants. GUI thread.
class OverviewView : public QWidget {
    Q_OBJECT
public:
    /// `time` and what `look` points to outlive the view.
    OverviewView(Look look, const TimeDisplay &time, QWidget *parent = nullptr);
    ~OverviewView() override;

    /// Copies the panels that say something else than before: a new revision, or how far a range is read. They are redrawn over the next quarter of a second, those that are visible.
    void setSnapshot(const OverviewSnapshot &snapshot);
    /// What is shown is never moved beyond this; without it, as far as one drags.
    void setNow(std::function<std::int64_t()> nowNs);
    /// What happened, over all plots; null: nothing is shown.
    void setAnnotations(Annotations annotations);
    void scrollToTop();
    /// By a screen; false = it was all shown.
    bool scrollOn();
    /// Redraws at once what waits.
    void flush();

    OverviewGrid &grid() const { return *m_grid; }
    FullPanelView &full() const { return *m_full; }
    PlotTooltip &tooltip() const;
    bool isFullScreen() const;
    PanelId current() const;
    /// Asks for the insights that the current panel is about, or that are about it, if there are some.
    void showInsights();
    bool hasInsights() const;
    std::shared_ptr<const PanelSnapshot> snapshotOf(PanelId id) const { return m_snapshots[static_cast<std::size_t>(id)]; }
    std::optional<std::int64_t> crosshair() const;
    bool pinned() const;

    // Commands on the current panel: one method per key of the key list.
    void openFullScreen();
    /// Makes it the current panel and opens it.
    void showPanel(PanelId id);
    void toggleTable(); ///< in full screen; opens it when it is not
    void copyValue();
    void showComputation();
    void requestExport(PanelFormat format);
    /// Moves the crosshair by buckets of the current panel and pins it.
    void stepCrosshair(int buckets);
    /// Esc: what is topmost (a drag, the full-screen view, the pinned crosshair); false = there was nothing to close.
    bool closeTopmost();

signals:
    void rangeSelected(std::int64_t fromNs, std::int64_t toNs);
    void rangeResetRequested();
    void panelOpened(tapio::console::PanelId id);
    void computedRequested(tapio::console::PanelId id);
    void exportRequested(tapio::console::PanelId id, tapio::console::PanelFormat format);
    void remedyRequested(tapio::console::PanelId id, tapio::console::Remedy remedy);
    void insightsRequested(const QString &filter); ///< as InsightsPage::open takes it
    void copied(const QString &text);

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void showEvent(QShowEvent *event) override;
    bool eventFilter(QObject *object, QEvent *event) override;

private:
    void connectPanel(PanelWidget &panel);
    bool redraw(std::size_t i);
    void updatePasses();
    void fitGrid();
    void setCurrent(PanelId id, Qt::FocusReason reason);
    void openMenu(PanelWidget &panel, const QPoint &globalAt);
    static QString insightsOf(const PanelWidget &panel); ///< the filter that shows them; empty = there are none
    PanelWidget &currentPanel() const;

    Look m_look;
    const TimeDisplay &m_time;
    PlotRenderer m_renderer; ///< before the panels, which forget their jobs when they go
    RedrawScheduler m_scheduler;
    std::array<std::shared_ptr<const PanelSnapshot>, panelCount> m_snapshots;
    QScrollArea *m_scroll;
    QObject *m_viewport = nullptr; ///< of the scroll area, which cannot be asked while it goes: events come all the same
    OverviewGrid *m_grid;
    FullPanelView *m_full;
    PlotGroup *m_group;
};

} // namespace tapio::console
