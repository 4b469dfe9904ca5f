// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QHash>
#include <QList>
#include <QPointer>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>

#include <functional>
#include <memory>

namespace tapio::test {

/// A certificate that is its own authority, made by the openssl program. Empty files where that failed.
class HttpsPki {
public:
    /// `days`: how long it is valid from now on; below 0 it ended that long ago.
    explicit HttpsPki(const QString &subjectAltName = "DNS:localhost,IP:127.0.0.1", int days = 2);
    QString certificate() const { return m_folder.filePath("cert.pem"); }
    QString key() const { return m_folder.filePath("key.pem"); }
    bool made() const { return m_made; }

private:
    QTemporaryDir m_folder;
    bool m_made = false;
};

/// A server at 127.0.0.1 that says over HTTP what the test wants. Lives on the test's thread and its event loop.
class FakeHttps : public QObject {
    Q_OBJECT
public:
    struct Request {
        QByteArray target; ///< path and query
        QByteArray bearer;
        QByteArray authorization; ///< all of that line's value
        QByteArray body;
        bool isWatch() const { return target.contains("watch=1"); }
        /// A parameter of the query, as it was sent.
        QByteArray parameter(const QByteArray &name) const { return valueIn(target.mid(target.indexOf('?') + 1), name); }
        /// The same of a form.
        QByteArray field(const QByteArray &name) const { return valueIn(body, name); }

    private:
        static QByteArray valueIn(const QByteArray &pairs, const QByteArray &name);
    };
    struct Reply {
        int status = 200;
        QByteArray body;
        QList<QByteArray> headers;
        bool staysOpen = false; ///< a watch: more may follow
        int cutAfter = -1;      ///< bytes of the body after which the connection breaks
        bool silent = false;    ///< nothing at all is said
        QByteArray raw;         ///< instead of all that, as it is
    };

    static Reply whole(const QByteArray &body, int status = 200) { return {status, body, {}, false, -1, false, {}}; }
    static Reply open(const QByteArray &body = {}) { return {200, body, {}, true, -1, false, {}}; }

    /// With this certificate; `clientAuthority`: only for those who have one of this authority.
    explicit FakeHttps(const HttpsPki &pki, const QString &clientAuthority = {});
    /// In clear text.
    FakeHttps();
    quint16 port() const { return m_server->serverPort(); }

    std::function<Reply(const Request &)> answer;
    QList<Request> requests;
    int connections = 0;

    /// To all watches that are open.
    void tell(const QByteArray &line);
    void endWatches();
    void breakConnections();
    int openWatches() const;

private:
    void listen();
    void onConnection();
    void onBytes(QTcpSocket *socket);
    void reply(QTcpSocket *socket, const Reply &wanted);

    QList<QPointer<QTcpSocket>> m_sockets, m_watches;
    QHash<QTcpSocket *, QByteArray> m_begun;
    std::unique_ptr<QTcpServer> m_server; ///< last: its sockets say goodbye to the rest
};

} // namespace tapio::test
