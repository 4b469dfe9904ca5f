// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include "console/core/session/session.h"

namespace tapio::console {

namespace queryslot {
inline constexpr int toldTogether = 19;
}

/// Whether a query by pid misses connections that were told together, of several processes. One page tells: where there are any, they are many.
/// GUI thread.
class ToldTogetherProbe : public QObject {
    Q_OBJECT
public:
    explicit ToldTogetherProbe(Session &session, QObject *parent = nullptr);
    /// Of this query, from now on.
    void ask(const EventQuery &query);
    /// Nothing more is told of what was asked.
    void cancel();
    bool found() const { return m_found; }

signals:
    void changed();

private:
    void setFound(bool found);

    Session &m_session;
    quint64 m_id = 0; ///< 0 = nothing is asked
    bool m_found = false;
};

} // namespace tapio::console
