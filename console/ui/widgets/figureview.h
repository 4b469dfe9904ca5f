// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <memory>
#include <vector>

#include "console/core/metrics/panel.h"
#include "console/ui/theme/theme.h"

namespace tapio::console {

/// The body of a panel that is no plot: pods by state, one cell per node, estimates with their interval, open groups.
/// Painted; shows as much as there is room for and says what it left out. GUI thread.
class FigureView : public QWidget {
    Q_OBJECT
public:
    explicit FigureView(QWidget *parent = nullptr);

    void setTheme(std::shared_ptr<const Theme> theme);
    void setPanel(std::shared_ptr<const PanelSnapshot> panel);
    /// Whether a panel of this view is drawn here rather than by a PlotView.
    static bool draws(const PanelSnapshot &panel);
    /// What stands under the pointer, for its tooltip; empty = nothing.
    QString explanationAt(const QPoint &at) const;
    /// The group of open insights under the pointer; null = none.
    const GroupRow *groupAt(const QPoint &at) const;

protected:
    void paintEvent(QPaintEvent *event) override;
    bool event(QEvent *event) override;

private:
    struct Spot {
        QRectF area;
        QString explanation;
    };

    std::shared_ptr<const Theme> m_theme;
    std::shared_ptr<const PanelSnapshot> m_panel;
    std::vector<Spot> m_spots; ///< filled while painting
};

} // namespace tapio::console
