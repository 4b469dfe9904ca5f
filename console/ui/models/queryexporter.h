// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QThreadPool>

#include <memory>
#include <vector>

#include "console/core/session/session.h"

namespace tapio::console {

/// Writes all values of an answer into a file, by its ending: JSON as Prometheus has it, else CSV. On a thread of its own; the file appears whole at the end,
/// or not at all. GUI thread.
class QueryExporter : public QObject {
    Q_OBJECT
public:
    explicit QueryExporter(QObject *parent = nullptr);
    ~QueryExporter() override; ///< waits for what is written

    void start(std::shared_ptr<const AnsweredQuery> answered, const QString &file);
    /// Of several, each series says by the label "query" which one it is of.
    void start(std::vector<std::shared_ptr<const AnsweredQuery>> answers, const QString &file);

signals:
    void finished(const QString &file);
    void failed(const QString &file, const QString &reason);

private:
    QThreadPool m_writer;
};

} // namespace tapio::console
