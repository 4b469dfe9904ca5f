// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include <deque>

#include "console/core/session/session.h"
#include "protocol/wire/evidence.h"

namespace tapio::console {

/// Finds the stored event that a line of evidence names, by node, stream and number. Events keep the time of their node, what a server found has
/// its own: so where the node's clock is another's, it is looked for at both, and last around both. GUI thread; reads in the background.
class EvidenceSearch : public QObject {
    Q_OBJECT
public:
    static constexpr std::size_t pageSize = 20'000;
    static constexpr std::int64_t nearNs = nsPerSecond;         ///< texts and stores may round
    static constexpr std::int64_t aroundNs = 120 * nsPerSecond; ///< a clock may have been another then than it is now

    explicit EvidenceSearch(Session &session, QObject *parent = nullptr);

    /// Instead of what was looked for before. Its seq is not 0.
    void find(const wire::EvidenceRef &ref);
    const wire::EvidenceRef &wanted() const { return m_wanted; }

signals:
    void found(const tapio::console::StoredEvent &event);
    void notFound();
    void failed(const QString &error);

private:
    struct Range {
        std::int64_t fromNs = 0, toNs = 0;
    };
    void lookOn();
    void onReady(int slot, quint64 id, const EventPage &page);

    Session &m_session;
    wire::EvidenceRef m_wanted;
    std::deque<Range> m_ranges; ///< still to be looked at
    quint64 m_id = 0;
};

} // namespace tapio::console
