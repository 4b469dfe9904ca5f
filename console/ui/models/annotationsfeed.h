// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include <cstdint>
#include <string>
#include <vector>

#include "console/core/metrics/annotation.h"
#include "console/core/session/session.h"

namespace tapio::console {

namespace queryslot {
inline constexpr int overviewAnnotations = 24, dashboardAnnotations = 25, exploreAnnotations = 26;
}

/// What happened in the range that plots show, for drawing it over them: read through the session when it is wanted, and again as the range moves. What was
/// read before stays until more is known. Bounded: of more than `mostKept` the newest. GUI thread; reads in the background. No operator action.
class AnnotationsFeed : public QObject {
    Q_OBJECT
public:
    static constexpr std::size_t pageSize = 1000, mostTold = 20'000, mostKept = 2000;
    static constexpr std::int64_t againNs = 5 * nsPerSecond; ///< a range that moved by less has what was read
    /// What began before the range may go on in it: while it grows it is told of within this, as long as the longest rule that is shipped.
    static constexpr std::int64_t beforeNs = 1800 * nsPerSecond;

    /// `slot`: one of the session's, for this feed alone.
    AnnotationsFeed(Session &session, int slot, QObject *parent = nullptr);

    struct Wanted {
        std::int64_t fromNs = 0, toNs = 0;
        std::vector<std::string> nodes; ///< none: all
    };
    /// Reads it, unless that was read just now or is being read.
    void want(const Wanted &wanted);
    /// Reads it whatever was read.
    void readAgain(const Wanted &wanted);
    /// Nothing is wanted any more; what is there stays.
    void stop();

    const Annotations &annotations() const { return m_annotations; } ///< never null
    QString error() const { return m_error; }                        ///< why they are not all that there is; empty: they are
    bool isCutOff() const { return m_isCutOff; }                     ///< there were more
    bool isSettled() const { return !m_isReading; }

signals:
    void changed();

private:
    void begin(const Wanted &wanted);
    void onReady(int slot, quint64 id, const EventPage &page);
    void onFailed(int slot, quint64 id, const QString &error);
    void finish();

    Session &m_session;
    int m_slot;
    Wanted m_wanted;
    bool m_isWanted = false, m_isReading = false, m_isCutOff = false;
    quint64 m_id = 0;
    std::size_t m_told = 0;
    AnnotationFold m_fold;
    Annotations m_annotations = std::make_shared<const std::vector<Annotation>>();
    QString m_error;
};

} // namespace tapio::console
