// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/theme/themeapplier.h"

#include <QApplication>
#include <QEvent>
#include <QScopedValueRollback>
#include <QWidget>

#include "console/ui/theme/tapiostyle.h"

namespace tapio::console {

ThemeApplier::ThemeApplier(QApplication &app, ThemeStore &themes) : QObject(&app), m_app(app), m_themes(themes)
{
    readSystem();
    m_app.setStyle(new TapioStyle(themes));
    apply();
    connect(&m_themes, &ThemeStore::themeChanged, this, &ThemeApplier::apply);
    m_app.installEventFilter(this);
}

bool ThemeApplier::eventFilter(QObject *object, QEvent *event)
{
    // Qt 6.4 has no colour-scheme signal: the platform's change arrives as a theme change at the windows.
    if (event->type() == QEvent::ThemeChange && !m_applying) {
        readSystem();
        apply();
    }
    return QObject::eventFilter(object, event);
}

void ThemeApplier::readSystem()
{
    const QScopedValueRollback guard(m_applying, true);
    QGuiApplication::setPalette(QPalette()); // gives up ours, so that the platform's shows
    const QPalette system = QGuiApplication::palette();
    m_themes.setSystemDark(system.color(QPalette::Window).lightnessF() < system.color(QPalette::WindowText).lightnessF());
}

void ThemeApplier::apply()
{
    const QScopedValueRollback guard(m_applying, true);
    const Theme &theme = m_themes.theme();
    m_app.setPalette(paletteOf(theme));
    m_app.setFont(theme.font(FontRole::Body));
    m_app.setStyleSheet(styleSheetOf(theme));
    // Polishing a widget brings back the palette that it had when the style sheet was set. What was not shown yet would be polished
    // at its first show, and lose the colours that it takes from this theme once it hears of it.
    const QWidgetList widgets = QApplication::allWidgets();
    for (const QWidget *widget : widgets)
        widget->ensurePolished();
}

QPalette paletteOf(const Theme &t)
{
    QPalette p;
    p.setColor(QPalette::Window, t.surface.app);
    p.setColor(QPalette::WindowText, t.text.primary);
    p.setColor(QPalette::Base, t.surface.panel);
    p.setColor(QPalette::AlternateBase, t.surface.panel);
    p.setColor(QPalette::Text, t.text.primary);
    p.setColor(QPalette::Button, t.surface.raised);
    p.setColor(QPalette::ButtonText, t.text.primary);
    p.setColor(QPalette::BrightText, t.text.onFill);
    p.setColor(QPalette::PlaceholderText, t.text.tertiary);
    p.setColor(QPalette::ToolTipBase, t.surface.raised);
    p.setColor(QPalette::ToolTipText, t.text.primary);
    p.setColor(QPalette::Highlight, t.surface.selected);
    p.setColor(QPalette::HighlightedText, t.text.primary);
    p.setColor(QPalette::Link, t.accent.base);
    p.setColor(QPalette::LinkVisited, t.accent.base);
    p.setColor(QPalette::Light, t.surface.hover);
    p.setColor(QPalette::Midlight, t.surface.hover);
    p.setColor(QPalette::Mid, t.border.standard);
    p.setColor(QPalette::Dark, t.border.standard);
    p.setColor(QPalette::Shadow, t.border.subtle);
    const QColor disabled = mixed(t.text.tertiary, t.surface.panel, 0.6);
    for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        p.setColor(QPalette::Disabled, role, disabled);
    return p;
}

} // namespace tapio::console
