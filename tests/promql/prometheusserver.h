// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QProcess>
#include <QTemporaryDir>

#include <cstdint>
#include <vector>

#include "console/core/promql/query.h"

namespace tapio::test {

/// A real Prometheus of this machine, with samples of a test's choosing. Ends with it.
class PrometheusServer {
public:
    /// Empty: both programs are here; else why not.
    static QString missing();
    /// What was wrong; empty: it answers queries. To be called once.
    QString start(const std::vector<promql::ResultSeries> &series);
    ~PrometheusServer();

    /// Body of the answer to a form that is sent to /api/v1/`path`. Empty: none came.
    QByteArray post(const QByteArray &path, const QByteArray &form) const;
    qint64 processId() const { return m_process.processId(); }

private:
    QTemporaryDir m_folder;
    QProcess m_process;
    std::uint16_t m_port = 0;
};

} // namespace tapio::test
