// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/promql/realserver.h"

namespace tapio::test {

/// A real Prometheus of this machine, with samples of a test's choosing.
class PrometheusServer : public RealServer {
public:
    /// Empty: both programs are here; else why not.
    static QString missing() { return RealServer::missing({"prometheus", "promtool"}); }
    /// Over TLS, and for whoever has this password alone, whose bcrypt hash it is. Before start().
    void secure(const QString &certificate, const QString &key, const QByteArray &user, const QByteArray &passwordHash);
    /// What was wrong; empty: it answers queries, or `isReady` says so. To be called once.
    QString start(const std::vector<promql::ResultSeries> &series, const std::function<bool()> &isReady = {});

    /// Body of the answer to a form that is sent to /api/v1/`path` in clear text. Empty: none came.
    QByteArray ask(const QByteArray &path, const QByteArray &form) const { return post("/api/v1/" + path, form); }

private:
    QByteArray m_web; ///< empty: in clear text
};

} // namespace tapio::test
