// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QApplication>
#include <QMouseEvent>

#include "console/ui/charts/plotview.h"
#include "console/ui/theme/themeapplier.h"
#include "console/ui/widgets/look.h"
#include "console/ui/widgets/timedisplay.h"

namespace tapio::test {

/// Theme, icons and clock of one test.
struct UiFixture {
    UiFixture()
        : themes(console::ThemeStore::loadBuiltIn().value().first, console::ThemeStore::loadBuiltIn().value().second),
          applier(*qApp, themes)
    {
        themes.setReduceMotion(true);
        themes.setChoice(console::ThemeChoice::Dark);
        themes.setWindowSize({1280, 800});
    }
    console::Look look() const { return {themes, icons}; }

    console::ThemeStore themes;
    console::ThemeApplier applier;
    console::IconCache icons;
    console::TimeDisplay time;
};

/// A mouse event on a plot at a fraction (0 to 1) of its width and height.
inline void mouse(const console::PlotView &plot, QEvent::Type type, double x, double y, Qt::MouseButton button = Qt::NoButton,
                  Qt::KeyboardModifiers modifiers = {})
{
    const QRectF area = plot.frame().plot;
    const QPointF at(area.left() + x * area.width(), area.top() + y * area.height());
    const Qt::MouseButtons held = type == QEvent::MouseButtonRelease ? Qt::MouseButtons() : Qt::MouseButtons(button);
    QMouseEvent event(type, at, plot.viewport()->mapToGlobal(at), type == QEvent::MouseMove ? Qt::NoButton : button, held, modifiers);
    QCoreApplication::sendEvent(plot.viewport(), &event);
}
inline void drag(const console::PlotView &plot, double from, double to, Qt::KeyboardModifiers modifiers = {})
{
    mouse(plot, QEvent::MouseButtonPress, from, 0.5, Qt::LeftButton, modifiers);
    mouse(plot, QEvent::MouseMove, (from + to) / 2, 0.5, Qt::LeftButton, modifiers);
    mouse(plot, QEvent::MouseMove, to, 0.5, Qt::LeftButton, modifiers);
    mouse(plot, QEvent::MouseButtonRelease, to, 0.5, Qt::LeftButton, modifiers);
}
inline void click(const console::PlotView &plot, double x)
{
    mouse(plot, QEvent::MouseButtonPress, x, 0.5, Qt::LeftButton);
    mouse(plot, QEvent::MouseButtonRelease, x, 0.5, Qt::LeftButton);
}

} // namespace tapio::test
