// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include "console/core/session/session.h"
#include "console/ui/theme/themestore.h"
#include "console/ui/widgets/timedisplay.h"
#include "console/ui/window/alertchoice.h"
#include "console/ui/window/plotchoice.h"
#include "console/ui/window/queryhistory.h"

class QSettings;

namespace tapio::console {

/// What holds as long as the user has chosen nothing: from the configuration file.
struct UiDefaults {
    QString theme = QStringLiteral("system");      ///< "system", "dark", "light"
    QString density = QStringLiteral("automatic"); ///< "automatic", "compact", "comfortable", "presenter"
    bool utc = true;
};

/// The user's choices of the window, kept in QSettings: loaded once, saved on each change. The arguments outlive it.
/// The time range is kept as it was, a custom one too: the context bar then says HISTORY and leads back to live.
class UiSettings : public QObject {
    Q_OBJECT
public:
    UiSettings(QSettings &settings, ThemeStore &themes, TimeDisplay &time, const UiDefaults &defaults, QObject *parent = nullptr);

    TimeRange range() const;
    void setRange(const TimeRange &range);
    QString scopeNode() const; ///< empty = all
    QString scopeNamespace() const;
    void setScope(const QString &node, const QString &namespaceName);
    QByteArray geometry() const;
    void setGeometry(const QByteArray &geometry);
    int page() const; ///< PageId as a number; 0 = none
    void setPage(int page);
    bool drawerDocked() const;
    void setDrawerDocked(bool docked);
    int wallboardSeconds() const;
    void setWallboardSeconds(int seconds);
    QStringList recentCommands() const; ///< texts, newest first, at most 8
    void addRecentCommand(const QString &text);
    AlertChoice &alerts() { return m_alerts; }
    QueryHistory &queries() { return m_queries; }
    PlotChoice &plots() { return m_plots; }

private:
    void load(const UiDefaults &defaults);
    void save();

    QSettings &m_settings;
    ThemeStore &m_themes;
    TimeDisplay &m_time;
    AlertChoice m_alerts;
    QueryHistory m_queries;
    PlotChoice m_plots;
};

} // namespace tapio::console
