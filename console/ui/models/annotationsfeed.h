// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QObject>

#include <cstdint>
#include <optional>
#include <vector>

#include "console/core/metrics/annotation.h"
#include "console/core/session/session.h"

namespace tapio::console {

namespace queryslot {
inline constexpr int overviewAnnotations = 25, dashboardAnnotations = 26, exploreAnnotations = 27;
}

/// What happened in the range that plots show, for drawing it over them: read through the session when it is wanted, and again as the range moves. What was
/// read before stays until more is known. Bounded: of more than `mostKept` the newest. GUI thread; reads in the background. No operator action.
class AnnotationsFeed : public QObject {
    Q_OBJECT
public:
    static constexpr std::size_t pageSize = 1000, mostTold = 20'000, mostKept = 2000;
    static constexpr std::int64_t againNs = 5 * nsPerSecond; ///< a range that moved by less has what was read
    /// What began before the range may go on in it, and what began in it ends later: while it grows it is told of within this, as long as the longest rule
    /// that is shipped.
    static constexpr std::int64_t aroundNs = 1800 * nsPerSecond;

    /// `slot`: one of the session's, for this feed alone.
    AnnotationsFeed(Session &session, int slot, QObject *parent = nullptr);

    struct Wanted {
        std::int64_t fromNs = 0, toNs = 0;
        Scope scope;
    };
    /// Reads it, unless that was read just now; where something like it is being read, after that. What failed is tried again after a while.
    void want(const Wanted &wanted);
    /// Nothing is wanted any more; what is there stays.
    void stop();

    const Annotations &annotations() const { return m_annotations; } ///< never null
    QString error() const { return m_error; }                        ///< why they are not all that there is; empty: they are
    bool isCutOff() const { return m_isCutOff; }                     ///< there were more
    bool isSettled() const { return !m_isReading; }

signals:
    void changed(); ///< what is there, or what is missing of it
    void settled(); ///< nothing is being read any more

private:
    void begin(const Wanted &wanted);
    void settle();
    void onReady(int slot, quint64 id, const EventPage &page);
    void onFailed(int slot, quint64 id, const QString &error);
    void finish(bool isCutOff);

    Session &m_session;
    int m_slot;
    Wanted m_wanted;
    std::optional<Wanted> m_next; ///< after what is being read
    QElapsedTimer m_sinceFailure; ///< invalid: the last reading did not fail
    bool m_isWanted = false, m_isReading = false, m_isCutOff = false;
    quint64 m_id = 0;
    std::size_t m_told = 0;
    AnnotationFold m_fold;
    Annotations m_annotations = std::make_shared<const std::vector<Annotation>>();
    QString m_error;
};

} // namespace tapio::console
