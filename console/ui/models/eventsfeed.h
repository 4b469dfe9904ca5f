// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QTimer>

#include <set>

#include "console/core/session/session.h"
#include "console/ui/models/eventsmodel.h"

namespace tapio::console {

/// Before every row of a query: to continue after it begins with the first. A continued query is no new action of the operator;
/// asking for what is new is none, and an export is another one.
constexpr EventId beforeFirst(const EventQuery &query) { return {query.newestFirst ? std::int64_t{1} << 62 : -1, 0}; }

/// Numbers of the session's query slots that the ui uses.
namespace queryslot {
inline constexpr int events = 10, eventsAbove = 11, eventsFollow = 12, exportEvents = 13;
}

/// Fills an EventsModel from the session: the first page, more at either end, and what is new. GUI thread.
class EventsFeed : public QObject {
    Q_OBJECT
public:
    enum class State { Idle, Loading, Ready, Failed };
    static constexpr std::size_t pageSize = 500, wholePageSize = 2000, followPageSize = 200, maxWaiting = 5000;
    static constexpr int followMs = 500;
    /// What is new is looked for this far back from the newest seen. Later ones, and the losses, come with every so many looks at
    /// the whole range, which may take long when the filter is rare.
    static constexpr std::int64_t followSlackNs = 120 * nsPerSecond;
    static constexpr unsigned followsPerWhole = 60;
    /// So many rows of that time are read again when the origin of events became known: an agent tells it within two minutes.
    static constexpr std::size_t renewPageSize = 5000;

    EventsFeed(Session &session, EventsModel &model, QObject *parent = nullptr);

    /// Page by page as the view asks; or the whole result before any of it is shown, up to EventsModel::maxRows: what is sorted
    /// by anything but time must be complete, or say where it ends.
    enum class Extent { Pages, Whole };
    /// Starts over. `moving`: the range ends now, so new events belong to it.
    void setQuery(const EventQuery &query, bool moving, Extent extent = Extent::Pages);
    Extent extent() const { return m_extent; }
    /// More match than the whole of Extent::Whole has.
    bool cutOff() const { return m_cutOff; }
    const EventQuery &query() const { return m_query; }
    void reload() { setQuery(m_query, m_moving, m_extent); }
    void cancel();

    /// Asks for what is new, or stops to. Only while the page is visible.
    void setActive(bool active);
    /// Off: new events wait and are counted, also while the session is paused. On: they appear, unless it is.
    void setFollowing(bool following);
    bool following() const { return m_following; }
    std::size_t waiting() const { return m_waiting.size(); }
    bool waitingOverflows() const { return m_waitingOverflow; } ///< at least waiting(), maybe more

    /// The view is at its upper end and rows above had left the model.
    void loadAbove();
    bool moreAbove() const { return m_moreAbove; }

    State state() const { return m_state; }
    QString error() const { return m_error; }
    /// Why what is new cannot be read; empty again once it was. It is asked for again and again, and the rows stay what they are.
    QString followError() const { return m_followError; }
    QString aboveError() const { return m_aboveError; } ///< the same of rows that had left the model
    std::uint64_t lostEvents() const { return m_lost; }
    std::uint64_t scanned() const { return m_scanned; }
    std::uint64_t scanTotal() const { return m_scanTotal; }

signals:
    void changed();

private:
    void loadBelow();
    void poll();
    std::int64_t notAfterNow(std::int64_t timeNs) const;
    std::int64_t newestStored() const;
    EventQuery forNew();
    bool isAmended() const;
    void onReady(int slot, quint64 id, const EventPage &page);
    void onFailed(int slot, quint64 id, const QString &error);
    void takeFirst(const EventPage &page);
    void takeWhole(const EventPage &page);
    void takeNewest(const EventPage &page);
    bool before(const StoredEvent &a, const StoredEvent &b) const;
    EventQuery beyond(const StoredEvent &row, bool newestFirst) const;

    Session &m_session;
    EventsModel &m_model;
    EventQuery m_query;
    bool m_moving = false, m_active = false, m_following = true, m_moreAbove = false, m_firstPage = true;
    quint64 m_mainId = 0, m_aboveId = 0, m_followId = 0;
    bool m_mainBusy = false, m_aboveBusy = false, m_followBusy = false;
    bool m_mainFollows = false; ///< the main query asks for what is new at the lower end
    State m_state = State::Idle;
    Extent m_extent = Extent::Pages;
    bool m_cutOff = false;
    std::vector<StoredEvent> m_collected; ///< of a whole, until it is
    QString m_error, m_followError, m_aboveError;
    std::uint64_t m_lost = 0, m_scanned = 0, m_scanTotal = 0;
    std::set<EventId> m_waiting;
    bool m_waitingOverflow = false;
    std::int64_t m_seenToNs = 0, m_askedToNs = 0; ///< event time up to which answers have told everything; the asked query's
    std::uint64_t m_amendments = 0;               ///< that the store had taken when rows were last asked for and came
    std::uint64_t m_askedAmendments = 0;          ///< the same of the question that is under way
    bool m_amendedSinceWhole = false;             ///< since the whole range was last looked at
    unsigned m_follows = 0;                       ///< since the query, or since the whole range was looked at
    QTimer m_tick;
};

} // namespace tapio::console
