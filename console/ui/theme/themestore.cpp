// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/theme/themestore.h"

#include <QFile>

#include <algorithm>
#include <cmath>

namespace tapio::console {

namespace {

Result<Theme> loadResource(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return fail(Errc::NotFound, "resource " + path.toStdString());
    const QByteArray text = file.readAll();
    return parseTheme(std::string_view(text.constData(), static_cast<std::size_t>(text.size())));
}

} // namespace

Result<std::pair<Theme, Theme>> ThemeStore::loadBuiltIn()
{
    auto dark = loadResource(QStringLiteral(":/tapio/themes/dark.toml"));
    if (!dark)
        return tl::unexpected<Error>(dark.error());
    auto light = loadResource(QStringLiteral(":/tapio/themes/light.toml"));
    if (!light)
        return tl::unexpected<Error>(light.error());
    return std::pair<Theme, Theme>(std::move(*dark), std::move(*light));
}

ThemeStore::ThemeStore(Theme dark, Theme light, QObject *parent)
    : QObject(parent), m_dark(std::move(dark)), m_light(std::move(light)), m_theme(m_dark)
{}

void ThemeStore::setChoice(ThemeChoice choice)
{
    if (m_choice == choice)
        return;
    m_choice = choice;
    refresh();
    emit settingsChanged();
}

void ThemeStore::setDensityChoice(DensityChoice choice)
{
    if (m_densityChoice == choice)
        return;
    m_densityChoice = choice;
    refresh();
    emit settingsChanged();
}

void ThemeStore::setScale(double scale)
{
    const double rounded = std::round(std::clamp(scale, scaleMin, scaleMax) / scaleStep) * scaleStep;
    if (qFuzzyCompare(m_scale, rounded))
        return;
    m_scale = rounded;
    refresh();
    emit settingsChanged();
}

void ThemeStore::setReduceMotion(bool reduce)
{
    if (m_reduceMotion == reduce)
        return;
    m_reduceMotion = reduce;
    emit settingsChanged();
}

void ThemeStore::setSystemDark(bool dark)
{
    m_systemDark = dark;
    refresh();
}

void ThemeStore::setWindowSize(QSize size)
{
    m_window = size;
    refresh();
}

void ThemeStore::refresh()
{
    const bool dark = m_choice == ThemeChoice::Dark || (m_choice == ThemeChoice::System && m_systemDark);
    Theme next = dark ? m_dark : m_light;
    next.scale = m_scale;
    switch (m_densityChoice) {
    case DensityChoice::Automatic:
        next.density = m_window.width() < 2000 || m_window.height() < 900 ? Density::Compact : Density::Comfortable;
        break;
    case DensityChoice::Compact: next.density = Density::Compact; break;
    case DensityChoice::Comfortable: next.density = Density::Comfortable; break;
    case DensityChoice::Presenter: next.density = Density::Presenter; break;
    }
    if (next == m_theme)
        return;
    m_theme = std::move(next);
    ++m_revision;
    emit themeChanged();
}

} // namespace tapio::console
