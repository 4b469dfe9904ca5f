// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QFont>
#include <QString>

#include <array>

#include "protocol/base/result.h"

/// Design tokens as one value (read from resources/themes/*.toml) and the object that says when they change.
namespace tapio::console {

enum class Density { Compact, Comfortable, Presenter };
enum class FontRole { ValueLarge, ValueCompact, PageTitle, Headline, Body, PanelTitle, Label, Axis, Mono };

/// Copied and compared; painting code takes it as an argument. GUI thread.
struct Theme {
    QString name;                     ///< "dark", "light"
    bool dark = true;
    struct Surface { QColor app, rail, panel, raised, hover, selected; } surface;
    struct Border { QColor subtle, standard, strong; } border;
    struct Text { QColor primary, secondary, tertiary, onFill; } text;
    struct Accent { QColor base, fill, subtle; } accent;
    struct Meaning { QColor p1, p2, p3, p4, ok, pending, acknowledged, muted, onTag; } meaning;
    std::array<QColor, 12> series;    ///< slots 1 to 12; from 7 on also dashed
    QColor heatLow, heatHigh;
    QColor lossFill, lossLine;        ///< with alpha
    double chipAlpha = 0.16;
    Density density = Density::Compact;
    double scale = 1.0;               ///< 0.8 to 2.0, on type and space

    QFont font(FontRole role) const;  ///< pixel sizes of the type table, times scale; Inter, JetBrains Mono and their fall-backs
    int px(double length) const;      ///< a design length, scaled and rounded
    bool operator==(const Theme &) const = default;
};

} // namespace tapio::console
