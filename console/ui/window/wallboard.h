// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QTimer>

#include <functional>
#include <vector>

#include "console/ui/models/dashboardfiles.h"
#include "console/ui/pages/page.h"

namespace tapio::console {

/// Shows one page after the other: the Overview, then each dashboard there is, screen by screen, each for as long as it is told to. GUI thread.
class Wallboard : public QObject {
    Q_OBJECT
public:
    static constexpr int leastSeconds = 5, standardSeconds = 30, mostSeconds = 3600;

    struct Stop {
        PageId page = PageId::Overview;
        QString argument; ///< for the page
        QString title;
        bool operator==(const Stop &) const = default;
    };

    using PageShown = std::function<Page *()>;
    /// `shell` outlives it, and has the page that it was told to open last.
    Wallboard(Shell &shell, const QString &dashboardFolder, PageShown page, QObject *parent = nullptr);

    /// From the Overview on; the dashboards are read first, and follow as soon as they are there.
    void start();
    void stop();
    bool isRunning() const { return m_isRunning; }
    void step(int by); ///< the timer begins anew
    void setHeld(bool isHeld);
    bool isHeld() const { return m_isHeld; }
    /// What is out of bounds is moved to them.
    void setSeconds(int seconds);
    int seconds() const { return m_timer.interval() / 1000; }

    const std::vector<Stop> &stops() const { return m_stops; }
    std::size_t at() const { return m_at; } ///< place in stops()
    QTimer &timer() { return m_timer; }     ///< for tests, which do not wait

signals:
    void changed();

private:
    void take(const DashboardShelf &shelf);
    void show();

    Shell &m_shell;
    PageShown m_page;
    DashboardFiles m_files;
    std::vector<Stop> m_stops;
    std::size_t m_at = 0;
    bool m_isRunning = false, m_isHeld = false;
    QTimer m_timer;
};

} // namespace tapio::console
