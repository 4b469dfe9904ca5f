// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/promql/realserver.h"

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

} // namespace

RealServer::RealServer() : m_port(freePort()) {}

RealServer::~RealServer()
{
    m_process.terminate();
    if (!m_process.waitForFinished(20'000))
        m_process.kill();
    m_process.waitForFinished();
}

QString RealServer::missing(const QStringList &programs)
{
    for (const QString &program : programs) {
        if (QStandardPaths::findExecutable(program).isEmpty())
            return program + " is not installed here";
    }
    return {};
}

bool RealServer::write(const char *name, const QByteArray &bytes) const
{
    QFile file(m_folder.filePath(name));
    return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size();
}

QString RealServer::run(const QString &program, const QStringList &arguments, const std::function<bool()> &isReady)
{
    const QString logFile = file("log");
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    m_process.setStandardOutputFile(logFile);
    m_process.start(program, arguments);
    if (!m_process.waitForStarted())
        return program + ": " + m_process.errorString();
    const bool isSettled = QTest::qWaitFor([&] { return m_process.state() != QProcess::Running || isReady(); }, 60'000);
    if (isSettled && m_process.state() == QProcess::Running)
        return {};
    QFile log(logFile);
    return program + (log.open(QIODevice::ReadOnly) ? ": " + QString::fromUtf8(log.readAll()) : " did not answer");
}

QByteArray RealServer::post(const QByteArray &path, const QByteArray &body, const QByteArray &type) const
{
    RawClient client(m_port);
    const QByteArray head =
        "POST " + path + " HTTP/1.0\r\nContent-Type: " + type + "\r\nContent-Length: " + QByteArray::number(body.size()) + "\r\n\r\n";
    if (!client.connected() || !client.send(head + body))
        return {};
    const QByteArray answer = client.readAll(120'000);
    const qsizetype end = answer.indexOf("\r\n\r\n");
    return end < 0 ? QByteArray() : answer.mid(end + 4);
}

bool RealServer::writeSamples(const char *name, const std::vector<promql::ResultSeries> &series, QByteArray (*timeOf)(std::int64_t timeMs),
                              const QByteArray &end) const
{
    QFile file(m_folder.filePath(name));
    bool isWritten = file.open(QIODevice::WriteOnly);
    for (const promql::ResultSeries &one : series) {
        const QByteArray metric = QByteArray::fromStdString(one.labels.text()).replace(", ", ",");
        QByteArray text;
        for (const promql::Sample &sample : one.samples)
            text += metric + ' ' + QByteArray::fromStdString(promql::numberText(sample.value)) + ' ' + timeOf(sample.timeMs) + '\n';
        isWritten = isWritten && file.write(text) == text.size();
    }
    return isWritten && file.write(end) == end.size() && file.flush();
}

} // namespace tapio::test
