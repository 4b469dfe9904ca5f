// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/window/wallboard.h"

#include <algorithm>
#include <utility>

namespace tapio::console {

namespace {

const std::string ofOverview = "overview"; ///< the dashboard that has the same as the first stop

Wallboard::Stop firstStop() { return {PageId::Overview, {}, Wallboard::tr("Overview")}; }

} // namespace

Wallboard::Wallboard(Shell &shell, const QString &dashboardFolder, PageShown page, QObject *parent)
    : QObject(parent), m_shell(shell), m_page(std::move(page)), m_files(dashboardFolder.toStdString()), m_stops{firstStop()}
{
    setSeconds(standardSeconds);
    connect(&m_files, &DashboardFiles::shelfRead, this, &Wallboard::take);
    connect(&m_timer, &QTimer::timeout, this, [this] {
        if (Page *shown = m_page(); !shown || !shown->showMore())
            step(1);
    });
}

void Wallboard::setSeconds(int seconds)
{
    m_timer.setInterval(std::clamp(seconds, leastSeconds, mostSeconds) * 1000);
    emit changed();
}

void Wallboard::start()
{
    m_isRunning = true;
    m_isHeld = false;
    m_at = 0;
    m_files.read();
    m_timer.start();
    show();
}

void Wallboard::stop()
{
    m_isRunning = false;
    m_timer.stop();
    emit changed();
}

/// Of a folder that changed meanwhile, too: what is shown stays, unless it is gone.
void Wallboard::take(const DashboardShelf &shelf)
{
    const Stop shown = m_stops[m_at];
    m_stops = {firstStop()};
    for (const ShelvedDashboard &one : shelf.dashboards)
        if (one.name != ofOverview)
            m_stops.push_back({PageId::Dashboards, QString::fromStdString(one.name), QString::fromStdString(one.dashboard.title)});
    const auto same = std::find_if(m_stops.begin(), m_stops.end(), [&shown](const Stop &stop) { return stop.argument == shown.argument; });
    m_at = same == m_stops.end() ? 0 : static_cast<std::size_t>(same - m_stops.begin());
    if (!m_isRunning)
        return;
    if (same == m_stops.end())
        show();
    else
        emit changed();
}

void Wallboard::step(int by)
{
    if (!m_isRunning)
        return;
    const auto all = static_cast<int>(m_stops.size());
    m_at = static_cast<std::size_t>(((static_cast<int>(m_at) + by) % all + all) % all);
    if (!m_isHeld)
        m_timer.start();
    show();
}

void Wallboard::setHeld(bool isHeld)
{
    m_isHeld = isHeld;
    if (isHeld)
        m_timer.stop();
    else if (m_isRunning)
        m_timer.start();
    emit changed();
}

void Wallboard::show()
{
    m_shell.openPage(m_stops[m_at].page, m_stops[m_at].argument);
    if (Page *shown = m_page())
        shown->showFromTop();
    emit changed();
}

} // namespace tapio::console
