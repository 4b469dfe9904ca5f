// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QFont>
#include <QString>

#include <array>
#include <string_view>

#include "protocol/base/result.h"

/// Design tokens as one value (read from resources/themes/*.toml); ThemeStore says when they change.
namespace tapio::console {

enum class Density { Compact, Comfortable, Presenter };
enum class FontRole { ValueLarge, ValueCompact, PageTitle, Headline, Body, PanelTitle, Label, Axis, Mono };

/// Copied and compared; painting code takes it as an argument. GUI thread.
struct Theme {
    QString name; ///< "dark", "light"
    bool dark = true;
    struct Surface {
        QColor app, rail, panel, raised, hover, selected;
        bool operator==(const Surface &) const = default;
    } surface;
    struct Border {
        QColor subtle, standard, strong;
        bool operator==(const Border &) const = default;
    } border;
    struct Text {
        QColor primary, secondary, tertiary, onFill;
        bool operator==(const Text &) const = default;
    } text;
    struct Accent {
        QColor base, fill, subtle;
        bool operator==(const Accent &) const = default;
    } accent;
    struct Meaning {
        QColor p1, p2, p3, p4, ok, pending, acknowledged, muted, onTag;
        bool operator==(const Meaning &) const = default;
    } meaning;
    std::array<QColor, 12> series; ///< slots 1 to 12; from 7 on also dashed
    QColor heatLow, heatHigh;
    QColor lossFill, lossLine; ///< with alpha
    double chipAlpha = 0.16;
    QColor shadow; ///< with alpha; tooltips, menus, dialogs only
    Density density = Density::Compact;
    double scale = 1.0; ///< 0.8 to 2.0, on type and space

    QFont font(FontRole role) const; ///< pixel sizes of the type table, times scale; Inter, JetBrains Mono and their fall-backs
    QFont font(FontRole role, QFont::Weight weight) const;
    int px(double length) const; ///< a design length, scaled and rounded
    int rowHeight() const;       ///< table row: 26 compact, 32 otherwise, scaled
    bool compact() const { return density == Density::Compact; }
    QColor chipFill(const QColor &meaningColor) const; ///< the colour at chipAlpha, mixed with surface.panel: opaque
    bool operator==(const Theme &) const = default;
};

/// The tokens of one TOML document. Errors: Malformed, naming the token that is missing or is no colour.
Result<Theme> parseTheme(std::string_view toml);

/// `over` at `alpha` on opaque `under`.
QColor mixed(const QColor &over, const QColor &under, double alpha);
/// Contrast ratio of two opaque colours, 1 to 21 (WCAG 2.2, relative luminance of sRGB).
double contrastRatio(const QColor &a, const QColor &b);

} // namespace tapio::console
