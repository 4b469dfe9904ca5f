// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <memory>
#include <vector>

#include "console/core/metrics/panel.h"
#include "console/ui/charts/seriescolors.h"
#include "console/ui/widgets/look.h"

namespace tapio::console {

/// Legend of the full-screen view: every series with its newest value; pointing at one makes its line stand out.
class SeriesList : public QWidget {
    Q_OBJECT
public:
    explicit SeriesList(Look look, QWidget *parent = nullptr);
    void setPanel(const PanelSnapshot &panel, const std::vector<SeriesLook> &looks);
    int rowHeight() const { return m_look.theme().px(22); }

signals:
    void isolated(int series); ///< -1 = none

protected:
    void paintEvent(QPaintEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;

private:
    struct Row {
        int series = 0;
        SeriesLook look;
        QString name, value;
    };
    void isolate(int row);

    Look m_look;
    std::vector<Row> m_rows;
    int m_row = -1;
};

} // namespace tapio::console
