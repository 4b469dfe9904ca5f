// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/promql/prometheusserver.h"

#include <QFile>
#include <QStandardPaths>
#include <QTest>

#include "console/core/promql/numbertext.h"
#include "tests/agent/httpclient.h"

namespace tapio::test {

namespace {

/// A port that nobody listened at a moment ago.
std::uint16_t freePort()
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(name);
    const bool isBound =
        bind(fd, reinterpret_cast<sockaddr *>(&name), size) == 0 && getsockname(fd, reinterpret_cast<sockaddr *>(&name), &size) == 0;
    close(fd);
    return isBound ? ntohs(name.sin_port) : 0;
}

/// OpenMetrics, as promtool reads it.
bool writeOpenMetrics(const QString &path, const std::vector<promql::ResultSeries> &series)
{
    QFile file(path);
    bool isWritten = file.open(QIODevice::WriteOnly);
    for (const promql::ResultSeries &one : series) {
        const QByteArray name = QByteArray::fromStdString(one.labels.text()).replace(", ", ",");
        QByteArray text;
        for (const promql::Sample &sample : one.samples)
            text += name + " " + QByteArray::fromStdString(promql::numberText(sample.value)) + " "
                    + QByteArray::number(double(sample.timeMs) / 1000, 'f', 3) + "\n";
        isWritten = isWritten && file.write(text) == text.size();
    }
    return isWritten && file.write("# EOF\n") > 0 && file.flush();
}

bool write(const QString &path, const QByteArray &bytes)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size();
}

} // namespace

QString PrometheusServer::missing()
{
    for (const char *program : {"prometheus", "promtool"}) {
        if (QStandardPaths::findExecutable(program).isEmpty())
            return QString("%1 is not installed here").arg(program);
    }
    return {};
}

QString PrometheusServer::start(const std::vector<promql::ResultSeries> &series)
{
    const QString text = m_folder.filePath("samples"), data = m_folder.filePath("data"), config = m_folder.filePath("prometheus.yml");
    if (!writeOpenMetrics(text, series) || !write(config, "global: {scrape_interval: 1h, evaluation_interval: 1m}\n"))
        return "cannot write into " + m_folder.path();
    QProcess tool;
    tool.setProcessChannelMode(QProcess::MergedChannels);
    tool.start("promtool", {"tsdb", "create-blocks-from", "openmetrics", text, data});
    if (!tool.waitForFinished(600'000) || tool.exitCode() != 0)
        return "promtool: " + QString::fromUtf8(tool.readAll());
    m_port = freePort();
    m_process.setStandardErrorFile(m_folder.filePath("log"));
    m_process.start("prometheus", {"--config.file=" + config, "--storage.tsdb.path=" + data, "--storage.tsdb.retention.time=100y",
                                   "--web.listen-address=127.0.0.1:" + QString::number(m_port)});
    if (!m_process.waitForStarted())
        return "prometheus: " + m_process.errorString();
    const auto isReady = [this] { return post("query", "query=vector(1)").contains("success"); };
    if (QTest::qWaitFor([&] { return m_process.state() != QProcess::Running || isReady(); }, 60'000)
        && m_process.state() == QProcess::Running)
        return {};
    QFile log(m_folder.filePath("log"));
    return log.open(QIODevice::ReadOnly) ? "prometheus: " + QString::fromUtf8(log.readAll()) : "prometheus did not answer";
}

PrometheusServer::~PrometheusServer()
{
    m_process.terminate();
    if (!m_process.waitForFinished(20'000))
        m_process.kill();
    m_process.waitForFinished();
}

QByteArray PrometheusServer::post(const QByteArray &path, const QByteArray &form) const
{
    RawClient client(m_port);
    const QByteArray head = "POST /api/v1/" + path + " HTTP/1.0\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "
                            + QByteArray::number(form.size()) + "\r\n\r\n";
    if (!client.connected() || !client.send(head + form))
        return {};
    const QByteArray answer = client.readAll(120'000);
    const qsizetype body = answer.indexOf("\r\n\r\n");
    return body < 0 ? QByteArray() : answer.mid(body + 4);
}

} // namespace tapio::test
