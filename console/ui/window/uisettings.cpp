// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/window/uisettings.h"

#include <QSettings>

#include "console/ui/window/timerange.h"
#include "console/ui/window/wallboard.h"

namespace tapio::console {

namespace {

const QString keyTheme = QStringLiteral("appearance/theme"), keyDensity = QStringLiteral("appearance/density"),
              keyScale = QStringLiteral("appearance/scale"), keyMotion = QStringLiteral("appearance/reduceMotion"),
              keyUtc = QStringLiteral("time/utc"), keyRange = QStringLiteral("time/range"), keyGeometry = QStringLiteral("window/geometry"),
              keyPage = QStringLiteral("window/page"), keyDocked = QStringLiteral("window/drawerDocked"),
              keyRecent = QStringLiteral("palette/recent"), keyNode = QStringLiteral("scope/node"),
              keyNamespace = QStringLiteral("scope/namespace"), keyAlerts = QStringLiteral("alerts/least"),
              keyQueries = QStringLiteral("explore/history"), keyAnnotations = QStringLiteral("plots/annotations"),
              keyWallboard = QStringLiteral("wallboard/seconds");

constexpr const char *themeNames[] = {"system", "dark", "light"};
constexpr const char *densityNames[] = {"automatic", "compact", "comfortable", "presenter"};
constexpr qsizetype maxRecent = 8;

/// Index of a name; `otherwise` for what a newer or a damaged file says.
template <std::size_t N> int indexOf(const char *const (&names)[N], const QString &name, int otherwise)
{
    for (std::size_t i = 0; i < N; ++i)
        if (name == QLatin1String(names[i]))
            return static_cast<int>(i);
    return otherwise;
}

} // namespace

UiSettings::UiSettings(QSettings &settings, ThemeStore &themes, TimeDisplay &time, const UiDefaults &defaults, QObject *parent)
    : QObject(parent), m_settings(settings), m_themes(themes), m_time(time)
{
    load(defaults);
    connect(&themes, &ThemeStore::settingsChanged, this, &UiSettings::save);
    connect(&time, &TimeDisplay::changed, this, &UiSettings::save);
    connect(&m_alerts, &AlertChoice::changed, this, &UiSettings::save);
    connect(&m_queries, &QueryHistory::changed, this, &UiSettings::save);
    connect(&m_plots, &PlotChoice::changed, this, &UiSettings::save);
}

void UiSettings::load(const UiDefaults &defaults)
{
    m_themes.setChoice(static_cast<ThemeChoice>(indexOf(themeNames, m_settings.value(keyTheme, defaults.theme).toString(), 0)));
    m_themes.setDensityChoice(
        static_cast<DensityChoice>(indexOf(densityNames, m_settings.value(keyDensity, defaults.density).toString(), 0)));
    m_themes.setScale(m_settings.value(keyScale, 1.0).toDouble());
    m_themes.setReduceMotion(m_settings.value(keyMotion, false).toBool());
    m_time.setUtc(m_settings.value(keyUtc, defaults.utc).toBool());
    m_queries.set(m_settings.value(keyQueries).toStringList());
    m_plots.setAnnotations(m_settings.value(keyAnnotations, true).toBool());
    const QString least = m_settings.value(keyAlerts).toString();
    for (const wire::Severity severity : {wire::Severity::Warning, wire::Severity::Error, wire::Severity::Critical}) {
        if (least.toStdString() == wire::severityName(severity))
            m_alerts.setLeast(severity);
    }
}

void UiSettings::save()
{
    m_settings.setValue(keyTheme, QLatin1String(themeNames[static_cast<int>(m_themes.choice())]));
    m_settings.setValue(keyDensity, QLatin1String(densityNames[static_cast<int>(m_themes.densityChoice())]));
    m_settings.setValue(keyScale, m_themes.scale());
    m_settings.setValue(keyMotion, m_themes.reduceMotion());
    m_settings.setValue(keyUtc, m_time.isUtc());
    m_settings.setValue(keyQueries, m_queries.queries());
    m_settings.setValue(keyAnnotations, m_plots.hasAnnotations());
    m_settings.setValue(keyAlerts, m_alerts.least() ? QString::fromUtf8(wire::severityName(*m_alerts.least()).data()) : QString());
}

TimeRange UiSettings::range() const { return rangeFromKey(m_settings.value(keyRange).toString()); }

void UiSettings::setRange(const TimeRange &range) { m_settings.setValue(keyRange, rangeKey(range)); }

QString UiSettings::scopeNode() const { return m_settings.value(keyNode).toString(); }
QString UiSettings::scopeNamespace() const { return m_settings.value(keyNamespace).toString(); }

void UiSettings::setScope(const QString &node, const QString &namespaceName)
{
    m_settings.setValue(keyNode, node);
    m_settings.setValue(keyNamespace, namespaceName);
}

QByteArray UiSettings::geometry() const { return m_settings.value(keyGeometry).toByteArray(); }
void UiSettings::setGeometry(const QByteArray &geometry) { m_settings.setValue(keyGeometry, geometry); }
int UiSettings::page() const { return m_settings.value(keyPage, 0).toInt(); }
void UiSettings::setPage(int page) { m_settings.setValue(keyPage, page); }
bool UiSettings::drawerDocked() const { return m_settings.value(keyDocked, false).toBool(); }
void UiSettings::setDrawerDocked(bool docked) { m_settings.setValue(keyDocked, docked); }
int UiSettings::wallboardSeconds() const { return m_settings.value(keyWallboard, Wallboard::standardSeconds).toInt(); }
void UiSettings::setWallboardSeconds(int seconds) { m_settings.setValue(keyWallboard, seconds); }
QStringList UiSettings::recentCommands() const { return m_settings.value(keyRecent).toStringList().mid(0, maxRecent); }

void UiSettings::addRecentCommand(const QString &text)
{
    QStringList recent = recentCommands();
    recent.removeAll(text);
    recent.prepend(text);
    m_settings.setValue(keyRecent, recent.mid(0, maxRecent));
}

} // namespace tapio::console
