// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QSize>

#include "console/ui/theme/theme.h"

namespace tapio::console {

enum class ThemeChoice { System, Dark, Light };
enum class DensityChoice { Automatic, Compact, Comfortable, Presenter };

/// Which theme is in force, and the signal when that changes. GUI thread; one per program, handed down by reference.
/// Widgets that paint keep a `const Theme &` from theme() only while painting, and call update() on themeChanged.
class ThemeStore : public QObject {
    Q_OBJECT
public:
    static constexpr double scaleMin = 0.8, scaleMax = 2.0, scaleStep = 0.1;

    /// The two themes built into the program. Errors: Malformed, naming the token.
    static Result<std::pair<Theme, Theme>> loadBuiltIn();
    ThemeStore(Theme dark, Theme light, QObject *parent = nullptr);

    const Theme &theme() const { return m_theme; }
    quint64 revision() const { return m_revision; } ///< grows with each themeChanged; key for cached images

    ThemeChoice choice() const { return m_choice; }
    DensityChoice densityChoice() const { return m_densityChoice; }
    double scale() const { return m_scale; }
    bool reduceMotion() const { return m_reduceMotion; }
    int motionMs(int milliseconds) const { return m_reduceMotion ? 0 : milliseconds; }

    void setChoice(ThemeChoice choice);
    void setDensityChoice(DensityChoice choice);
    void setScale(double scale); ///< clamped to 0.8 .. 2.0, rounded to steps of 0.1
    void setReduceMotion(bool reduce);
    void setSystemDark(bool dark);  ///< what the desktop says (palette lightness)
    void setWindowSize(QSize size); ///< automatic density: compact below 2000 px width or 900 px height

signals:
    void themeChanged();
    void settingsChanged(); ///< any of the four choices

private:
    void refresh();

    Theme m_dark, m_light, m_theme;
    quint64 m_revision = 1;
    ThemeChoice m_choice = ThemeChoice::System;
    DensityChoice m_densityChoice = DensityChoice::Automatic;
    double m_scale = 1.0;
    bool m_reduceMotion = false, m_systemDark = true;
    QSize m_window;
};

} // namespace tapio::console
