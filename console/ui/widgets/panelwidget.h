// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTimer>
#include <QWidget>

#include <memory>
#include <optional>

#include "console/core/metrics/panel.h"
#include "console/ui/charts/decimate.h"
#include "console/ui/widgets/look.h"
#include "console/ui/widgets/panelheader.h"
#include "console/ui/widgets/paneltext.h"
#include "console/ui/widgets/timedisplay.h"

namespace tapio::console {

class FigureView;
class PanelButton;
class PanelMessage;
class PlotLegend;
class PlotRenderer;
class PlotView;

/// One panel: head, body (plot or figure), legend when there is room, and the states of section "States" of the design:
/// loading keeps the old data, no data keeps the axes. It shows; what pointing, clicking and dragging mean is decided by
/// whoever holds it. GUI thread.
class PanelWidget : public QWidget {
    Q_OBJECT
public:
    enum class Style { InGrid, FullScreen };

    /// `time` and `renderer` outlive the panel; a null renderer draws everything on the GUI thread.
    PanelWidget(PanelId id, Style style, Look look, const TimeDisplay &time, PlotRenderer *renderer, QWidget *parent = nullptr);

    PanelId id() const { return m_id; }
    void setSnapshot(std::shared_ptr<const PanelSnapshot> snapshot);
    /// The newest snapshot, and the one whose data is on the screen (an older one while the newest is loading).
    const std::shared_ptr<const PanelSnapshot> &snapshot() const { return m_newest; }
    const std::shared_ptr<const PanelSnapshot> &shown() const { return m_shown; }

    void setIsolated(int series);
    /// In full screen: off when the series are listed elsewhere.
    void setLegendShown(bool shown);

    /// Tab stops at the buttons of one panel only: at those of the one that has the keyboard.
    void setButtonsInTabOrder(bool on);

    PlotView &plot() const { return *m_plot; }
    bool plotVisible() const;
    const PanelHeader &header() const { return m_header; }
    PanelHeaderLayout headerLayout() const;
    bool showsLoadingBar() const { return m_loading; }
    /// "48,213 events/s (as of 2026-03-01 14:35:02 UTC)", for the clipboard; empty without a figure.
    QString valueForClipboard() const;
    QString headExplanationAt(const QPoint &at) const;
    /// Whether the chip that stands for the panel's open insights is there.
    bool isInsightsChipAt(const QPoint &at) const;
    /// The group of open insights at a place of the panel; null = none.
    const GroupRow *groupAt(const QPoint &at) const;
    /// Its figures are of insights, which have a page of their own.
    static bool isOfInsights(PanelId id) { return id == PanelId::ActiveCorrelations || id == PanelId::InsightsGenerated; }

signals:
    void computedRequested();
    void menuRequested(const QPoint &globalAt);
    void remedyRequested(tapio::console::Remedy remedy);
    void insightsRequested(const QPoint &at); ///< a click beside the plot of a panel that is of insights, or on the chip of those about it

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void enterEvent(QEnterEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;
    bool event(QEvent *event) override;
    bool eventFilter(QObject *object, QEvent *event) override;

private:
    /// The theme in force; in full screen there is room for the comfortable density.
    const Theme &theme() const { return *m_theme; }
    void retheme();
    void refreshHeader();
    void refreshBody();
    void place();
    bool showsButtons() const;
    /// Shown while the panel is pointed at, or it or one of its buttons has the keyboard.
    void updateMenu();

    PanelId m_id;
    Style m_style;
    Look m_look;
    const TimeDisplay &m_time;
    std::shared_ptr<const PanelSnapshot> m_newest, m_shown;
    std::shared_ptr<const Theme> m_theme;
    PanelHeader m_header;
    PanelButton *m_computed, *m_menu; ///< made first: Tab goes from the head to the body
    PlotView *m_plot;
    FigureView *m_figure;
    PlotLegend *m_legend;
    PanelMessage *m_message;
    QTimer m_loadingDelay;
    bool m_loading = false;
    bool m_hovered = false;
    bool m_legendShown = true;
};

} // namespace tapio::console
