// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/promql/victoriaserver.h"

#include <QFile>

namespace tapio::test {

namespace {

QByteArray milliseconds(std::int64_t timeMs) { return QByteArray::number(qlonglong(timeMs)); }

} // namespace

QStringList VictoriaServer::arguments() const
{
    return {"-storageDataPath=" + file("data"), "-retentionPeriod=100y",   "-httpListenAddr=127.0.0.1:" + QString::number(port()),
            "-memory.allowedBytes=256MiB",      "-search.latencyOffset=0", "-loggerLevel=WARN"};
}

QString VictoriaServer::start(const std::vector<promql::ResultSeries> &series)
{
    QFile samples(file("samples"));
    if (!writeSamples("samples", series, milliseconds) || !samples.open(QIODevice::ReadOnly))
        return "cannot write into " + file("");
    const auto isReady = [this] { return post("/api/v1/query", "query=1").contains("success"); };
    if (const QString why = run("victoria-metrics", arguments(), isReady); !why.isEmpty())
        return why;
    post("/api/v1/import/prometheus", samples.readAll(), "text/plain");
    post("/internal/force_flush", {}); // or they are seen a few seconds later
    return {};
}

QString VictoriaServer::startSecured(const QString &certificate, const QString &key, const QString &user, const QString &password,
                                     const std::function<bool()> &isReady)
{
    return run("victoria-metrics",
               arguments() << "-tls"
                           << "-tlsCertFile=" + certificate << "-tlsKeyFile=" + key << "-httpAuth.username=" + user
                           << "-httpAuth.password=" + password,
               isReady);
}

} // namespace tapio::test
