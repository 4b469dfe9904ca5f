// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include "console/core/metrics/insightlife.h"
#include "console/core/metrics/insighttracker.h"
#include "console/core/metrics/verdictbook.h"
#include "console/core/session/session.h"

namespace tapio::console {

namespace queryslot {
inline constexpr int insights = 20, insightsFollow = 21, insightEvidence = 22;
}

/// Reads what was told of insights in a time range, and the verdicts, through the session: page by page, and then what is new. Bounded: of more than
/// `mostInsights`, or than `mostTold` events that tell of them, the newest. GUI thread; reads in the background.
class InsightsFeed : public QObject {
    Q_OBJECT
public:
    enum class State { Idle, Loading, Ready, Failed };
    static constexpr std::size_t pageSize = 1000, mostInsights = 5000, mostTold = 50'000;
    static constexpr int followMs = 2000;
    /// What is new is looked for this far back from the newest seen: agents may be late, and clocks differ.
    static constexpr std::int64_t followSlackNs = 120 * nsPerSecond;
    /// What came later still, as of a node that was cut off, is found by a look at the whole range, each so many.
    static constexpr unsigned followsPerWhole = 30;
    /// Of insights that were open at the end of a range that does not move, what became of them is read so much further.
    static constexpr std::int64_t afterNs = InsightTracker::longestSilenceNs;

    explicit InsightsFeed(Session &session, QObject *parent = nullptr);

    struct Range {
        std::int64_t fromNs = 0, toNs = 0;
        bool moving = true; ///< it ends now: what is new belongs to it, and what leaves it at the other end goes
        std::vector<std::string> nodes;
    };
    /// Starts over.
    void setRange(const Range &range);
    const Range &range() const { return m_range; }
    void reload() { setRange(m_range); }
    void cancel();
    /// Asks for what is new, or stops to. Only while somebody looks.
    void setActive(bool active);

    State state() const { return m_state; }
    QString error() const { return m_error; }
    QString followError() const { return m_followError; }   ///< why what is new cannot be read; empty again once it was
    QString verdictError() const { return m_verdictError; } ///< the same of verdicts
    bool cutOff() const { return m_cutOff; }                ///< more were told than are kept
    std::uint64_t lostEvents() const { return m_lost; }
    /// Of the range as of `nowNs`, newest first; each as it was told last, even after a range that does not move.
    std::vector<InsightView> insights(std::int64_t nowNs) const;
    /// What is known of the streams of their nodes; `agents`: what these say now.
    NodeStreams streams(const std::vector<wire::AgentState> &agents) const { return m_streams.with(agents); }
    const VerdictBook &verdicts() const { return m_verdicts; }
    QTimer &following() { return m_tick; } ///< for tests, which do not wait

signals:
    void changed();

private:
    /// Of one look at the whole range, page by page.
    struct Look {
        std::size_t told = 0;
        std::uint64_t lost = 0;
        bool cutOff = false;
    };
    EventQuery query() const;
    std::int64_t nowNs() const;
    void poll();
    void onReady(int slot, quint64 id, const EventPage &page);
    void onFailed(int slot, quint64 id, const QString &error);
    void takeFollow(const EventPage &page);
    /// True: it goes on with the next page.
    bool takeWhole(const EventPage &page);
    bool takeAfter(const EventPage &page);
    bool wantsAfter() const;
    void readMain(const EventPage &page);
    void take(const EventPage &page);

    Session &m_session;
    Range m_range;
    InsightFold m_fold;
    StreamsSeen m_streams;
    VerdictBook m_verdicts;
    State m_state = State::Idle;
    QString m_error, m_followError, m_verdictError;
    bool m_cutOff = false, m_active = false, m_followBusy = false;
    quint64 m_mainId = 0, m_followId = 0;
    bool m_isWholeFollow = false, m_isAfter = false;
    unsigned m_follows = 0;
    Look m_look;
    std::uint64_t m_lost = 0;
    std::int64_t m_newestNs = 0;
    QElapsedTimer m_sinceRange; ///< since the range was set, which ended then if it moves
    QTimer m_tick;
};

} // namespace tapio::console
