// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QCoreApplication>
#include <QTimeZone>
#include <QWidget>

#include <vector>

#include "console/core/metrics/annotation.h"
#include "console/core/metrics/panel.h"
#include "console/ui/charts/seriescolors.h"
#include "console/ui/widgets/glyphs.h"
#include "console/ui/widgets/look.h"

namespace tapio::console {

/// What is known of one moment of a plot.
struct TooltipContent {
    Q_DECLARE_TR_FUNCTIONS(tapio::console::TooltipContent)
public:
    static constexpr std::size_t maxRows = 8;
    struct Row {
        QColor color; ///< invalid = no swatch
        bool dashed = false;
        QString name, value;
        bool operator==(const Row &) const = default;
    };
    QString time;          ///< with the zone; in a range of more than one day with the date, as all times here
    QString bucket;        ///< "5 s bucket"
    std::vector<Row> rows; ///< largest first
    QString more;          ///< "+ 12 more"
    static constexpr std::size_t maxLosses = 3;
    struct Loss {
        QString count; ///< "61 of 5,210 lost"
        QString where; ///< "14:21:00 to 14:23:00, node-07 (in the kernel)"
    };
    std::vector<Loss> losses; ///< what was lost then
    static constexpr std::size_t maxMarks = 3;
    struct Mark {
        Sign sign;    ///< without a glyph: no sign
        QString what; ///< in one line
        QString when; ///< "14:21:00 to 14:23:00, no end seen"
    };
    std::vector<Mark> marks; ///< what happened then
    /// Those that were going on at a moment, or began or ended within `slackNs` of it; the worst first.
    void addMarks(const std::vector<Annotation> &annotations, std::int64_t momentNs, std::int64_t slackNs, const Theme &theme,
                  const QTimeZone &zone);
    /// `timeNs` is inside of the bucket that is meant.
    static TooltipContent at(const PanelSnapshot &panel, const std::vector<SeriesLook> &looks, const Theme &theme, std::int64_t timeNs,
                             const QTimeZone &zone);
};

/// The moment that the crosshair stands on in this panel: the middle of a bar or heat column, else the nearest bucket.
std::int64_t snapped(const PanelSnapshot &panel, std::int64_t timeNs);

/// Shows it beside the crosshair; a child of the window, so that it may leave its panel, and never under the pointer.
class PlotTooltip : public QWidget {
    Q_OBJECT
public:
    PlotTooltip(Look look, QWidget *window);

    /// `at`: the point that must stay visible, in the window's coordinates.
    void show(const TooltipContent &content, const QPoint &at);
    const TooltipContent &content() const { return m_content; }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QSize contentSize() const;

    Look m_look;
    TooltipContent m_content;
};

} // namespace tapio::console
