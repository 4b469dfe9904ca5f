// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/charts/redrawscheduler.h"

#include <algorithm>

namespace tapio::console {

RedrawScheduler::RedrawScheduler(std::size_t items, std::function<bool(std::size_t)> redraw, QObject *parent)
    : QObject(parent), m_marked(items, false), m_redraw(std::move(redraw))
{
    m_timer.setInterval(phaseMs);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &RedrawScheduler::tick);
    m_resume.setSingleShot(true);
    m_resume.setInterval(afterDragMs);
    connect(&m_resume, &QTimer::timeout, this, [this] {
        m_paused = false;
        m_timer.start();
    });
}

void RedrawScheduler::mark(std::size_t item)
{
    m_marked[item] = true;
    if (!m_paused && !m_timer.isActive())
        m_timer.start();
}

void RedrawScheduler::tick()
{
    bool any = false;
    for (std::size_t item = 0; item < m_marked.size(); ++item) {
        if (!m_marked[item])
            continue;
        if (static_cast<int>(item) % phases == m_phase)
            m_marked[item] = !m_redraw(item);
        else
            any = true;
    }
    m_phase = (m_phase + 1) % phases;
    if (!any) // what is left is not visible: the next mark or flush takes it along
        m_timer.stop();
}

void RedrawScheduler::flush()
{
    if (m_paused)
        return;
    for (std::size_t item = 0; item < m_marked.size(); ++item)
        if (m_marked[item])
            m_marked[item] = !m_redraw(item);
}

void RedrawScheduler::setPaused(bool paused)
{
    if (!paused) {
        m_resume.start();
        return;
    }
    m_paused = true;
    m_resume.stop();
    m_timer.stop();
}

} // namespace tapio::console
