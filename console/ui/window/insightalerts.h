// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QTimer>

#include <functional>
#include <set>
#include <vector>

#include "console/core/metrics/insightfold.h"
#include "console/core/session/session.h"
#include "console/ui/window/alertchoice.h"
#include "console/ui/window/desktopnotes.h"

namespace tapio::console {

namespace queryslot {
inline constexpr int insightAlerts = 24;
}

/// Tells the desktop of insights that open while the console runs, from the chosen severity on: several at once as one note, none while they are looked at,
/// and none of a cause that it was told of, unless it is worse.
/// Looks into the store by itself, whatever the pages show, and only while somebody chose it. GUI thread.
class InsightAlerts : public QObject {
    Q_OBJECT
public:
    static constexpr std::int64_t lookBackNs = 120 * nsPerSecond; ///< what comes late, by the clocks of nodes
    static constexpr std::size_t mostAtOnce = 200, mostSeen = 4096, mostTold = 256;
    static constexpr int lookMs = 1000;
    static constexpr int gatherMs = 1000; ///< what opens together is told together
    static constexpr int mostNamed = 3;

    struct Surroundings {
        std::function<std::int64_t()> nowNs;       ///< the server's UTC
        std::function<bool()> isLookedAt;          ///< the page of insights, in the active window
        std::function<void(const QString &)> open; ///< the page of insights, with its argument
    };
    InsightAlerts(Session &session, AlertChoice &choice, NoteService &notes, Surroundings surroundings, QObject *parent = nullptr);

    QTimer &looking() { return m_look; }     ///< for tests, which do not wait
    QTimer &gathering() { return m_gather; } ///< the same

private:
    void onChoice();
    void look();
    void onPage(const EventPage &page);
    std::vector<InsightView> newsOf(const std::vector<InsightView> &waiting) const;
    void tell();

    Session &m_session;
    AlertChoice &m_choice;
    NoteService &m_notes;
    const Surroundings m_around;
    std::int64_t m_sinceNs = 0;
    std::int64_t m_askedNs = 0, m_answeredNs = 0; ///< the server's UTC of the last look, and of the last that was answered
    quint64 m_queryId = 0;
    bool m_isAsking = false;
    std::set<InsightKey> m_seen;
    std::vector<InsightView> m_waiting;
    std::vector<InsightView> m_told; ///< the newest, as they were then, looked at or not
    QTimer m_look, m_gather;
};

} // namespace tapio::console
