// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QCoreApplication>
#include <QRectF>
#include <QString>
#include <QStringList>

#include <optional>
#include <vector>

#include "console/core/metrics/panel.h"
#include "console/ui/theme/theme.h"
#include "console/ui/widgets/chip.h"

class QPainter;

namespace tapio::console {

/// The head of a panel: title, chips, value with unit, facts. Computed once per snapshot, placed once per size.
struct PanelHeader {
    Q_DECLARE_TR_FUNCTIONS(tapio::console::PanelHeader)
public:
    struct PanelChip {
        Chip chip;
        QString explanation;       ///< for its tooltip
        bool isOfInsights = false; ///< it stands for the panel's open insights, and opens them
    };
    QString title;
    QString value;                ///< "312", or "No data"
    QString unit;                 ///< unit and qualifier
    QStringList facts;            ///< the most telling first
    std::vector<PanelChip> chips; ///< the most important first
    QColor valueColor;
    bool figure = true;         ///< value is a figure, not a word
    std::optional<QColor> edge; ///< state edge at the left
};
PanelHeader panelHeader(const PanelSnapshot &panel, const Theme &theme);

/// Height of the head: 50 compact, 86 comfortable.
int panelHeaderHeight(const Theme &theme);

/// Where its parts are in a panel of a width. Chips and facts that do not fit are left out; the value never is.
struct PanelHeaderLayout {
    QRectF title, value, unit, facts;
    QString titleText, factsText; ///< as much as fits
    struct PlacedChip {
        QRectF area;
        Chip chip;
    };
    std::vector<PlacedChip> chips; ///< the first of the header's
    QFont valueFont, unitFont, titleFont, factFont;
};
/// `right`: where the buttons begin.
PanelHeaderLayout layoutPanelHeader(const PanelHeader &header, const Theme &theme, double width, double right);
void paintPanelHeader(QPainter &painter, const PanelHeader &header, const PanelHeaderLayout &layout, const Theme &theme);

} // namespace tapio::console
