// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/theme/theme.h"

#include <QStringList>

#include <cmath>

namespace tapio::console {

namespace {

struct TypeStyle {
    double comfortable, compact; ///< pixels
    QFont::Weight weight;
    enum Family { Text, Display, Mono } family;
};

TypeStyle typeStyle(FontRole role)
{
    switch (role) {
    case FontRole::ValueLarge: return {30, 30, QFont::DemiBold, TypeStyle::Display};
    case FontRole::ValueCompact: return {20, 20, QFont::DemiBold, TypeStyle::Display};
    case FontRole::PageTitle: return {15, 15, QFont::DemiBold, TypeStyle::Text};
    case FontRole::Headline: return {18, 18, QFont::DemiBold, TypeStyle::Display};
    case FontRole::Body: return {13, 12, QFont::Normal, TypeStyle::Text};
    case FontRole::PanelTitle: return {13, 12, QFont::Medium, TypeStyle::Text};
    case FontRole::Label: return {11, 11, QFont::Normal, TypeStyle::Text};
    case FontRole::Axis: return {11, 10, QFont::Normal, TypeStyle::Text};
    case FontRole::Mono: return {12, 11, QFont::Normal, TypeStyle::Mono};
    }
    return {13, 12, QFont::Normal, TypeStyle::Text};
}

QStringList families(TypeStyle::Family family)
{
    switch (family) {
    case TypeStyle::Text: break;
    case TypeStyle::Display:
        return {QStringLiteral("Inter Display"), QStringLiteral("Inter"), QStringLiteral("Noto Sans"), QStringLiteral("DejaVu Sans")};
    case TypeStyle::Mono: return {QStringLiteral("JetBrains Mono"), QStringLiteral("Noto Sans Mono"), QStringLiteral("DejaVu Sans Mono")};
    }
    return {QStringLiteral("Inter"), QStringLiteral("Noto Sans"), QStringLiteral("DejaVu Sans")};
}

double linear(double channel) { return channel <= 0.04045 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4); }

double luminance(const QColor &color)
{
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

} // namespace

QFont Theme::font(FontRole role) const { return font(role, typeStyle(role).weight); }

QFont Theme::font(FontRole role, QFont::Weight weight) const
{
    const TypeStyle style = typeStyle(role);
    const double type = density == Density::Presenter ? 1.5 : 1.0;
    QFont font;
    font.setFamilies(families(style.family));
    font.setPixelSize(std::max(8, qRound((compact() ? style.compact : style.comfortable) * type * scale)));
    font.setWeight(weight);
    font.setHintingPreference(QFont::PreferNoHinting);
    return font;
}

int Theme::px(double length) const { return qRound(length * scale); }

int Theme::rowHeight() const
{
    switch (density) {
    case Density::Compact: return px(26);
    case Density::Comfortable: return px(32);
    case Density::Presenter: return px(44);
    }
    return px(32);
}

QColor Theme::chipFill(const QColor &meaningColor) const { return mixed(meaningColor, surface.panel, chipAlpha); }

QColor mixed(const QColor &over, const QColor &under, double alpha)
{
    const auto mix = [alpha](float a, float b) { return static_cast<float>(alpha * a + (1.0 - alpha) * b); };
    return QColor::fromRgbF(mix(over.redF(), under.redF()), mix(over.greenF(), under.greenF()), mix(over.blueF(), under.blueF()));
}

double contrastRatio(const QColor &a, const QColor &b)
{
    const double la = luminance(a);
    const double lb = luminance(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

} // namespace tapio::console
