// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include <optional>

#include "protocol/wire/event.h"

namespace tapio::console {

/// From which severity on the desktop is told of new insights; nothing = never, as it is until somebody chooses. GUI thread.
class AlertChoice : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    std::optional<wire::Severity> least() const { return m_least; }
    void setLeast(std::optional<wire::Severity> least)
    {
        if (least == m_least)
            return;
        m_least = least;
        emit changed();
    }
    /// Why the desktop shows nothing; empty: nothing is known to be wrong.
    QString problem() const { return m_problem; }
    void setProblem(const QString &problem)
    {
        if (problem == m_problem)
            return;
        m_problem = problem;
        emit problemChanged();
    }

signals:
    void changed();
    void problemChanged();

private:
    std::optional<wire::Severity> m_least;
    QString m_problem;
};

} // namespace tapio::console
