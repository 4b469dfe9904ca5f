// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <array>
#include <vector>

#include "console/core/metrics/panel.h"
#include "console/ui/widgets/look.h"
#include "console/ui/widgets/panelwidget.h"

namespace tapio::console {

/// The line above four panels: their name, and one sentence on what is wrong there.
class GroupHead : public QWidget {
    Q_OBJECT
public:
    GroupHead(std::size_t group, Look look, QWidget *parent);
    void setSummary(const GroupSummary &summary);

protected:
    void paintEvent(QPaintEvent *event) override;
    bool event(QEvent *event) override;

private:
    std::size_t m_group;
    Look m_look;
    GroupSummary m_summary;
    bool m_elided = false;
};

/// Places the sixteen panels: four columns, two below 1100 px, one where even two are too narrow; as high as the page
/// allows, and never lower than what a panel needs. GUI thread.
class OverviewGrid : public QWidget {
    Q_OBJECT
public:
    OverviewGrid(Look look, const TimeDisplay &time, PlotRenderer *renderer, QWidget *parent = nullptr);

    PanelWidget &panel(std::size_t i) const { return *m_panels[i]; }
    GroupHead &head(std::size_t group) const { return *m_heads[group]; }
    /// Takes the width, and at least the height, of what it is shown in.
    void fit(const QSize &viewport);
    int columns() const { return m_columns; }

    /// The panel that the keyboard is on: the only one that Tab stops at.
    std::size_t current() const { return m_current; }
    void setCurrent(std::size_t i);
    /// The panel next to `from` in the direction of an arrow, Home or End key; `from` itself at an edge.
    std::size_t neighbour(std::size_t from, int key) const;

private:
    int leastPanelHeight() const;

    Look m_look;
    std::array<GroupHead *, 4> m_heads;
    std::array<PanelWidget *, panelCount> m_panels;
    std::size_t m_current = 0;
    int m_columns = 4;
};

} // namespace tapio::console
