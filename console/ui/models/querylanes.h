// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "console/core/session/session.h"

namespace tapio::console {

/// Asks many questions, a few at a time and in their order: a page of panels must not ask a server fifty things at once. GUI thread.
class QueryLanes : public QObject {
    Q_OBJECT
public:
    struct Wanted {
        int tag = 0; ///< the asker's own
        QString target;
        Question question;
        PictureStyle style;
    };
    /// Its questions have the session's slots from `firstSlot` on, one for each of `lanes`.
    QueryLanes(Session &session, int firstSlot, int lanes, QObject *parent = nullptr);

    /// Forgets what is asked and what waits, and begins with these.
    void start(std::vector<Wanted> wanted);
    void stop() { start({}); }
    /// What waits for that one has no answer either, for this reason.
    void refuse(const QString &target, const Unanswered &why);
    bool isIdle() const { return m_asked.empty() && m_waiting.empty(); }

signals:
    void answered(int tag, const std::shared_ptr<const tapio::console::AnsweredQuery> &answer);
    void failed(int tag, const tapio::console::Unanswered &why);
    void idle(); ///< the last one was answered, or had no answer

private:
    struct Asked {
        quint64 id = 0;
        int tag = 0;
    };
    void fill();
    /// Whether the answer is one of these; its tag.
    bool take(int slot, quint64 id, int &tag);
    void endOne();

    Session &m_session;
    const int m_firstSlot, m_lanes;
    std::deque<Wanted> m_waiting;
    std::map<int, Asked> m_asked; ///< by slot
};

} // namespace tapio::console
