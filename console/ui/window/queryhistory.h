// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QStringList>

namespace tapio::console {

/// Queries that a person ran and that were answered, newest first. GUI thread; whoever has it keeps it.
class QueryHistory : public QObject {
    Q_OBJECT
public:
    static constexpr qsizetype most = 50;
    static constexpr qsizetype longest = 8'192; ///< characters: a longer one is not kept

    using QObject::QObject;

    const QStringList &queries() const { return m_queries; }
    void set(const QStringList &queries) { m_queries = queries.mid(0, most); }
    void add(const QString &query)
    {
        if (query.isEmpty() || query.size() > longest || m_queries.value(0) == query)
            return;
        m_queries.removeAll(query);
        m_queries.prepend(query);
        m_queries = m_queries.mid(0, most);
        emit changed();
    }
    void clear()
    {
        m_queries.clear();
        emit changed();
    }

signals:
    void changed();

private:
    QStringList m_queries;
};

} // namespace tapio::console
