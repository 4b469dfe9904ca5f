// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QProcess>
#include <QStringList>
#include <QTemporaryDir>

#include <cstdint>
#include <functional>
#include <vector>

#include "console/core/promql/query.h"

namespace tapio::test {

/// A program of this machine that serves HTTP at a port of its own, below a folder of its own. Ends with it.
class RealServer {
public:
    RealServer();
    ~RealServer();
    RealServer(const RealServer &) = delete;
    RealServer &operator=(const RealServer &) = delete;

    /// Empty: all of them are here; else which is not.
    static QString missing(const QStringList &programs);

    std::uint16_t port() const { return m_port; }
    qint64 processId() const { return m_process.processId(); }
    /// Body of the answer to what is sent there in clear text. Empty: none came.
    QByteArray post(const QByteArray &path, const QByteArray &body, const QByteArray &type = "application/x-www-form-urlencoded") const;

protected:
    QString file(const char *name) const { return m_folder.filePath(name); }
    bool write(const char *name, const QByteArray &bytes) const;
    /// A line for each sample, as Prometheus and OpenMetrics have it, but for its time, which `timeOf` writes; then `end`.
    bool writeSamples(const char *name, const std::vector<promql::ResultSeries> &series, QByteArray (*timeOf)(std::int64_t timeMs),
                      const QByteArray &end = {}) const;
    /// What was wrong, with what the program said; empty: it is ready within a minute.
    QString run(const QString &program, const QStringList &arguments, const std::function<bool()> &isReady);

private:
    QTemporaryDir m_folder;
    QProcess m_process;
    std::uint16_t m_port;
};

} // namespace tapio::test
