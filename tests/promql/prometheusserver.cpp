// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/promql/prometheusserver.h"

namespace tapio::test {

namespace {

/// Of OpenMetrics, as promtool reads it.
QByteArray seconds(std::int64_t timeMs) { return QByteArray::number(double(timeMs) / 1000, 'f', 3); }

} // namespace

void PrometheusServer::secure(const QString &certificate, const QString &key, const QByteArray &user, const QByteArray &passwordHash)
{
    m_web = "tls_server_config:\n  cert_file: " + certificate.toUtf8() + "\n  key_file: " + key.toUtf8() + "\nbasic_auth_users:\n  " + user
            + ": " + passwordHash + "\n";
}

QString PrometheusServer::start(const std::vector<promql::ResultSeries> &series, const std::function<bool()> &isReady)
{
    if (!writeSamples("samples", series, seconds, "# EOF\n")
        || !write("prometheus.yml", "global: {scrape_interval: 1h, evaluation_interval: 1m}\n") || !write("web.yml", m_web))
        return "cannot write into " + file("");
    QProcess tool;
    tool.setProcessChannelMode(QProcess::MergedChannels);
    tool.start("promtool", {"tsdb", "create-blocks-from", "openmetrics", file("samples"), file("data")});
    if (!tool.waitForFinished(600'000) || tool.exitCode() != 0)
        return "promtool: " + QString::fromUtf8(tool.readAll());
    QStringList arguments{"--config.file=" + file("prometheus.yml"), "--storage.tsdb.path=" + file("data"),
                          "--storage.tsdb.retention.time=100y", "--web.listen-address=127.0.0.1:" + QString::number(port())};
    if (!m_web.isEmpty())
        arguments << "--web.config.file=" + file("web.yml");
    return run(
        "prometheus", arguments, isReady ? isReady : [this] { return ask("query", "query=vector(1)").contains("success"); });
}

} // namespace tapio::test
