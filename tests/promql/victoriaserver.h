// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/promql/realserver.h"

namespace tapio::test {

/// A real VictoriaMetrics of this machine, with samples of a test's choosing.
class VictoriaServer : public RealServer {
public:
    /// Empty: it is here; else why not.
    static QString missing() { return RealServer::missing({"victoria-metrics"}); }
    /// What was wrong; empty: it answers queries. To be called once.
    QString start(const std::vector<promql::ResultSeries> &series);
    /// Without samples, over TLS, and for whoever has this password alone.
    QString startSecured(const QString &certificate, const QString &key, const QString &user, const QString &password,
                         const std::function<bool()> &isReady);

private:
    QStringList arguments() const;
};

} // namespace tapio::test
