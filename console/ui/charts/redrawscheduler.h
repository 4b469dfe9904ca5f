// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QTimer>

#include <functional>
#include <vector>

namespace tapio::console {

/// Spreads live redraws over time: of the items marked, each phase redraws every fourth, and nothing is redrawn while the
/// user drags. One flush of 4 Hz thus costs a frame a quarter of it, four times. GUI thread.
class RedrawScheduler : public QObject {
    Q_OBJECT
public:
    static constexpr int phases = 4;
    static constexpr int phaseMs = 62;
    static constexpr int afterDragMs = 150;

    /// `redraw(item)` returns false when the item is not visible now: it stays marked and costs nothing.
    RedrawScheduler(std::size_t items, std::function<bool(std::size_t)> redraw, QObject *parent = nullptr);

    void mark(std::size_t item);
    bool isMarked(std::size_t item) const { return m_marked[item]; }
    /// All marked items at once: the first picture, a page that is shown again, a test.
    void flush();
    void setPaused(bool paused);
    bool isRunning() const { return m_timer.isActive(); }

private:
    void tick();

    std::vector<bool> m_marked;
    std::function<bool(std::size_t)> m_redraw;
    QTimer m_timer, m_resume;
    int m_phase = 0;
    bool m_paused = false;
};

} // namespace tapio::console
