// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPainter>
#include <QString>
#include <QTimeZone>

#include <optional>
#include <vector>

#include "console/core/metrics/panel.h"
#include "console/ui/charts/decimate.h"
#include "console/ui/charts/plotframe.h"
#include "console/ui/charts/ticks.h"
#include "console/ui/theme/theme.h"

/// Where a plot's parts are, and its words: gutters, grid, labels of the axes, names of the thresholds. Qt Charts would
/// elide labels in small plots and lay them out by margins of its own, so that plots of a column would not align.
namespace tapio::console {

struct PlotLabels {
    struct Word {
        double value = 0;  ///< on the value axis
        bool above = true; ///< on which side of its line the data rarely is
        bool reference = false;
        QString text;
    };
    std::vector<ValueTick> values;
    std::vector<TimeTick> times;
    bool downwards = false;  ///< one direction of traffic is drawn below zero: both are named
    QString lane;            ///< top of the lost share's own scale
    std::vector<Word> words; ///< of the thresholds
    QString note;            ///< what is drawn of what, when not everything is
};
struct PlotLayout {
    PlotFrame frame;
    PlotLabels labels;
};

/// `detailed`: there is room for all thresholds. `range`: another one than the snapshot's.
PlotLayout layoutPlot(const PanelSnapshot &panel, const QSizeF &size, const Theme &theme, const QTimeZone &zone, bool detailed,
                      std::optional<PlotSpan> range);

/// Grid and axis labels, below the data.
void paintAxes(QPainter &painter, const PlotLayout &layout, const QSizeF &size, const Theme &theme, double devicePixelRatio);
/// Names of the thresholds, above the data; beside the cells of the panel's heat map, if it has one and there is room.
void paintThresholdWords(QPainter &painter, const PlotLayout &layout, const Theme &theme, const PanelSnapshot &panel);

} // namespace tapio::console
