// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QHash>
#include <QList>
#include <QPointer>
#include <QSslServer>
#include <QSslSocket>
#include <QTemporaryDir>

#include <functional>
#include <vector>

namespace tapio::test {

/// Certificates as a cluster has them, made by the openssl program: one that is its own authority. Empty files where that failed.
class KubePki {
public:
    explicit KubePki(const QString &subjectAltName = "DNS:localhost,IP:127.0.0.1");
    QString certificate() const { return m_folder.filePath("cert.pem"); }
    QString key() const { return m_folder.filePath("key.pem"); }
    bool made() const { return m_made; }

private:
    QTemporaryDir m_folder;
    bool m_made = false;
};

/// An API server or kubelet that says what the test wants. Lives on the test's thread and its event loop.
class FakeKube : public QObject {
    Q_OBJECT
public:
    struct Request {
        QByteArray target; ///< path and query
        QByteArray bearer;
        bool isWatch() const { return target.contains("watch=1"); }
        /// A parameter of the query, as it was sent.
        QByteArray parameter(const QByteArray &name) const;
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
    explicit FakeKube(const KubePki &pki, const QString &clientAuthority = {});
    quint16 port() const { return m_server.serverPort(); }

    std::function<Reply(const Request &)> answer;
    QList<Request> requests;
    int connections = 0;

    /// To all watches that are open.
    void tell(const QByteArray &line);
    void endWatches();
    void breakConnections();
    int openWatches() const;

private:
    void onConnection();
    void onBytes(QSslSocket *socket);
    void reply(QSslSocket *socket, const Reply &wanted);

    QList<QPointer<QSslSocket>> m_sockets, m_watches;
    QHash<QSslSocket *, QByteArray> m_begun;
    QSslServer m_server; ///< last: its sockets say goodbye to the rest
};

/// A pod as the API server tells it, with the noise that real ones have.
struct FakePod {
    QByteArray name = "web-7d9f6c5b4-x2x7q", space = "shop", uid = "0f8e7d6c-5b4a-4321-8765-0123456789ab", node = "node-1";
    QByteArray
        hash = "7d9f6c5b4",
        owner =
            R"({"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-7d9f6c5b4","uid":"x","controller":true,"blockOwnerDeletion":true})";
    QByteArray annotations; ///< "key":"value", ...
    QByteArray created = "2026-03-01T12:00:05Z";
    QByteArray containerId = QByteArray(64, 'c'), image = "registry.example/shop/web:1.4",
               imageId = "registry.example/shop/web@sha256:" + QByteArray(64, '1');
    QByteArray version = "100";
    QByteArray phase = R"("phase":"Running")"; ///< and what else the status begins with
    QByteArray json() const;
};
QByteArray podList(const QList<FakePod> &pods, const QByteArray &version, const QByteArray &continueToken = {});
QByteArray watchLine(const QByteArray &type, const FakePod &pod);

/// A node as the API server tells it, with the noise that real ones have.
struct FakeNode {
    QByteArray name = "node-1", ready = "True", reason = "KubeletReady", message = "kubelet is posting ready status",
               since = "2026-03-01T12:00:05Z", version = "100";
    QByteArray json() const;
};
QByteArray nodeList(const QList<FakeNode> &nodes, const QByteArray &version, const QByteArray &continueToken = {});
QByteArray nodeLine(const QByteArray &type, const FakeNode &node);
QByteArray bookmark(const QByteArray &version);
QByteArray statusJson(int code, const QByteArray &message);

} // namespace tapio::test
