// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/fakehttps.h"

#include <QFile>
#include <QProcess>
#include <QSslConfiguration>
#include <QSslKey>
#include <QSslServer>

#include <utility>

namespace tapio::test {

HttpsPki::HttpsPki(const QString &subjectAltName, int days)
{
    const auto openssl = [](const QStringList &arguments) {
        QProcess program;
        program.setProcessChannelMode(QProcess::MergedChannels);
        program.start("openssl", arguments);
        const bool isDone = program.waitForFinished() && program.exitCode() == 0;
        if (!isDone)
            qWarning("openssl: %s", program.readAll().constData());
        return isDone;
    };
    const QString request = m_folder.filePath("request.pem");
    m_made =
        openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=kube", "-addext",
                 "subjectAltName=" + subjectAltName, "-addext", "basicConstraints=critical,CA:TRUE", "-keyout", key(), "-out", request})
        && openssl({"x509", "-req", "-in", request, "-signkey", key(), "-copy_extensions", "copyall", "-days", QString::number(days),
                    "-out", certificate()});
}

QByteArray FakeHttps::Request::valueIn(const QByteArray &pairs, const QByteArray &name)
{
    for (const QByteArray &one : pairs.split('&')) {
        if (one.startsWith(name + '='))
            return one.mid(name.size() + 1);
    }
    return {};
}

FakeHttps::FakeHttps(const HttpsPki &pki, const QString &clientAuthority)
{
    QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
    configuration.setLocalCertificate(QSslCertificate::fromPath(pki.certificate()).value(0));
    QFile key(pki.key());
    if (key.open(QIODevice::ReadOnly))
        configuration.setPrivateKey(QSslKey(&key, QSsl::Ec));
    configuration.setPeerVerifyMode(clientAuthority.isEmpty() ? QSslSocket::VerifyNone : QSslSocket::VerifyPeer);
    if (!clientAuthority.isEmpty())
        configuration.setCaCertificates(QSslCertificate::fromPath(clientAuthority));
    auto server = std::make_unique<QSslServer>();
    server->setSslConfiguration(configuration);
    m_server = std::move(server);
    listen();
}

FakeHttps::FakeHttps() : m_server(std::make_unique<QTcpServer>()) { listen(); }

void FakeHttps::listen()
{
    connect(m_server.get(), &QTcpServer::pendingConnectionAvailable, this, &FakeHttps::onConnection);
    if (!m_server->listen(QHostAddress::LocalHost))
        qWarning("the fake server cannot listen");
}

void FakeHttps::onConnection()
{
    while (QTcpSocket *const socket = m_server->nextPendingConnection()) {
        ++connections;
        m_sockets << socket;
        connect(socket, &QTcpSocket::readyRead, this, [this, socket] { onBytes(socket); });
        connect(socket, &QTcpSocket::disconnected, socket, [this, socket] {
            m_begun.remove(socket);
            socket->deleteLater();
        });
        onBytes(socket);
    }
}

void FakeHttps::onBytes(QTcpSocket *socket)
{
    QByteArray &begun = m_begun[socket];
    begun += socket->readAll();
    const auto end = begun.indexOf("\r\n\r\n");
    if (end < 0)
        return;
    const QList<QByteArray> lines = begun.left(end).split('\n');
    Request request;
    request.target = lines.value(0).split(' ').value(1);
    qsizetype length = 0;
    for (const QByteArray &line : lines) {
        if (line.startsWith("Authorization: "))
            request.authorization = line.mid(15).trimmed();
        if (line.startsWith("Content-Length: "))
            length = line.mid(16).trimmed().toLongLong();
    }
    if (begun.size() < end + 4 + length)
        return;
    if (request.authorization.startsWith("Bearer "))
        request.bearer = request.authorization.mid(7);
    request.body = begun.mid(end + 4, length);
    begun.remove(0, end + 4 + length);
    requests << request;
    reply(socket, answer ? answer(request) : whole("nothing here", 404));
}

void FakeHttps::reply(QTcpSocket *socket, const Reply &wanted)
{
    if (wanted.silent)
        return;
    if (!wanted.raw.isEmpty()) {
        socket->write(wanted.raw);
        socket->disconnectFromHost();
        return;
    }
    QByteArray head = "HTTP/1.1 " + QByteArray::number(wanted.status) + " X\r\nContent-Type: application/json\r\n";
    for (const QByteArray &line : wanted.headers)
        head += line + "\r\n";
    const bool chunked = wanted.staysOpen || wanted.cutAfter >= 0;
    head += chunked ? QByteArray("Transfer-Encoding: chunked\r\n\r\n")
                    : "Content-Length: " + QByteArray::number(wanted.body.size()) + "\r\n\r\n";
    const QByteArray body = wanted.cutAfter >= 0 ? wanted.body.left(wanted.cutAfter) : wanted.body;
    const QByteArray coded = chunked && !body.isEmpty() ? QByteArray::number(body.size(), 16) + "\r\n" + body + "\r\n" : body;
    socket->write(head + coded);
    if (wanted.cutAfter >= 0)
        socket->disconnectFromHost(); // after what was written, and without the last chunk
    else if (wanted.staysOpen)
        m_watches << socket;
}

void FakeHttps::tell(const QByteArray &line)
{
    for (const auto &watch : m_watches) {
        if (watch && watch->state() == QAbstractSocket::ConnectedState)
            watch->write(QByteArray::number(line.size(), 16) + "\r\n" + line + "\r\n");
    }
}

void FakeHttps::endWatches()
{
    for (const auto &watch : m_watches) {
        if (watch && watch->state() == QAbstractSocket::ConnectedState)
            watch->write("0\r\n\r\n");
    }
    m_watches.clear();
}

void FakeHttps::breakConnections()
{
    for (const auto &socket : m_sockets) {
        if (socket)
            socket->abort();
    }
    m_sockets.clear();
    m_watches.clear();
}

int FakeHttps::openWatches() const
{
    int open = 0;
    for (const auto &watch : m_watches)
        open += watch && watch->state() == QAbstractSocket::ConnectedState ? 1 : 0;
    return open;
}

} // namespace tapio::test
