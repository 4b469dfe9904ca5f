// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QThreadPool>

#include <optional>

#include "console/core/metrics/callgraph.h"
#include "console/core/metrics/insightfold.h"
#include "console/core/session/session.h"

namespace tapio::console {

namespace queryslot {
inline constexpr int insightCalls = 23;
}

/// Reads the connections and requests around an insight from the store and makes the graph of calls of them, in the background. GUI thread.
class CallsFeed : public QObject {
    Q_OBJECT
public:
    static constexpr std::size_t mostEvents = 20'000; ///< of more, the newest
    static constexpr std::int64_t beforeNs = 300 * nsPerSecond, afterNs = 60 * nsPerSecond;
    static constexpr std::int64_t againNs = 10 * nsPerSecond; ///< an insight that goes on is read again when so much was added

    explicit CallsFeed(Session &session, QObject *parent = nullptr);
    ~CallsFeed() override;

    /// Reads what is around it, unless that is there already. `nowNs`: nothing later is asked for.
    void want(const InsightView &view, std::int64_t nowNs);
    /// Nothing is wanted any more.
    void clear();

signals:
    void loading(); ///< of another insight than before
    void failed(const QString &error);
    void ready(const tapio::console::CallGraph &graph);

private:
    void onPage(const EventPage &page);

    Session &m_session;
    std::optional<InsightKey> m_key;
    std::int64_t m_fromNs = 0, m_toNs = 0;
    quint64 m_queryId = 0, m_round = 0;
    std::stop_source m_stop;
    QThreadPool m_workers; ///< last: waits for its jobs while the rest is still there
};

} // namespace tapio::console
