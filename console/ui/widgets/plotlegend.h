// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <vector>

#include "console/core/metrics/panel.h"
#include "console/ui/charts/seriescolors.h"
#include "console/ui/widgets/look.h"

namespace tapio::console {

/// One line of series names under a plot; what does not fit is counted. Pointing at a name makes its line stand out.
class PlotLegend : public QWidget {
    Q_OBJECT
public:
    explicit PlotLegend(Look look, QWidget *parent = nullptr);

    void setPanel(const PanelSnapshot &panel, const std::vector<SeriesLook> &looks);
    QSize sizeHint() const override;

signals:
    void isolated(int series); ///< -1 = none

protected:
    void paintEvent(QPaintEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;

private:
    struct Entry {
        int series;
        SeriesLook look;
        QString name;
        QRectF area;
    };
    void isolate(int series);

    Look m_look;
    std::vector<Entry> m_entries;
    QString m_note; ///< what is drawn of what
    int m_isolated = -1;
};

} // namespace tapio::console
