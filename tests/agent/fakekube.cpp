// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/agent/fakekube.h"

#include <QFile>
#include <QProcess>
#include <QSslConfiguration>
#include <QSslKey>

namespace tapio::test {

KubePki::KubePki(const QString &subjectAltName)
{
    QProcess openssl;
    openssl.setProcessChannelMode(QProcess::MergedChannels);
    openssl.start("openssl", {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                              "/CN=kube", "-addext", "subjectAltName=" + subjectAltName, "-keyout", key(), "-out", certificate()});
    m_made = openssl.waitForFinished() && openssl.exitCode() == 0;
    if (!m_made)
        qWarning("openssl: %s", openssl.readAll().constData());
}

QByteArray FakeKube::Request::parameter(const QByteArray &name) const
{
    for (const QByteArray &one : target.mid(target.indexOf('?') + 1).split('&')) {
        if (one.startsWith(name + '='))
            return one.mid(name.size() + 1);
    }
    return {};
}

FakeKube::FakeKube(const KubePki &pki, const QString &clientAuthority)
{
    QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
    configuration.setLocalCertificate(QSslCertificate::fromPath(pki.certificate()).value(0));
    QFile key(pki.key());
    if (key.open(QIODevice::ReadOnly))
        configuration.setPrivateKey(QSslKey(&key, QSsl::Ec));
    configuration.setPeerVerifyMode(clientAuthority.isEmpty() ? QSslSocket::VerifyNone : QSslSocket::VerifyPeer);
    if (!clientAuthority.isEmpty())
        configuration.setCaCertificates(QSslCertificate::fromPath(clientAuthority));
    m_server.setSslConfiguration(configuration);
    connect(&m_server, &QTcpServer::pendingConnectionAvailable, this, &FakeKube::onConnection);
    if (!m_server.listen(QHostAddress::LocalHost))
        qWarning("the fake API server cannot listen");
}

void FakeKube::onConnection()
{
    while (auto *const socket = qobject_cast<QSslSocket *>(m_server.nextPendingConnection())) {
        ++connections;
        m_sockets << socket;
        connect(socket, &QSslSocket::readyRead, this, [this, socket] { onBytes(socket); });
        connect(socket, &QSslSocket::disconnected, socket, [this, socket] {
            m_begun.remove(socket);
            socket->deleteLater();
        });
        onBytes(socket);
    }
}

void FakeKube::onBytes(QSslSocket *socket)
{
    QByteArray &begun = m_begun[socket];
    begun += socket->readAll();
    const auto end = begun.indexOf("\r\n\r\n");
    if (end < 0)
        return;
    const QList<QByteArray> lines = begun.left(end).split('\n');
    begun.remove(0, end + 4);
    Request request;
    request.target = lines.value(0).split(' ').value(1);
    for (const QByteArray &line : lines) {
        if (line.startsWith("Authorization: Bearer "))
            request.bearer = line.mid(22).trimmed();
    }
    requests << request;
    reply(socket, answer ? answer(request) : Reply{404, statusJson(404, "nothing here"), {}, false, -1, false, {}});
}

void FakeKube::reply(QSslSocket *socket, const Reply &wanted)
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

void FakeKube::tell(const QByteArray &line)
{
    for (const auto &watch : m_watches) {
        if (watch && watch->state() == QAbstractSocket::ConnectedState)
            watch->write(QByteArray::number(line.size(), 16) + "\r\n" + line + "\r\n");
    }
}

void FakeKube::endWatches()
{
    for (const auto &watch : m_watches) {
        if (watch && watch->state() == QAbstractSocket::ConnectedState)
            watch->write("0\r\n\r\n");
    }
    m_watches.clear();
}

void FakeKube::breakConnections()
{
    for (const auto &socket : m_sockets) {
        if (socket)
            socket->abort();
    }
    m_sockets.clear();
    m_watches.clear();
}

int FakeKube::openWatches() const
{
    int open = 0;
    for (const auto &watch : m_watches)
        open += watch && watch->state() == QAbstractSocket::ConnectedState ? 1 : 0;
    return open;
}

QByteArray FakePod::json() const
{
    QByteArray notes = R"("kubectl.kubernetes.io/last-applied-configuration":"{\"a\":[1,2,{}]}")";
    if (!annotations.isEmpty())
        notes += ',' + annotations;
    QByteArray labels = R"("app":"web")";
    if (!hash.isEmpty())
        labels += ",\"pod-template-hash\":\"" + hash + '"';
    const QByteArray status =
        R"([{"containerID":"containerd://)" + containerId + R"(","image":"docker.io/library/resolved:1","imageID":")" + imageId
        + R"(","lastState":{"terminated":{"containerID":"containerd://)" + QByteArray(64, 'e')
        + R"(","exitCode":1}},"name":"app","ready":true,"restartCount":1,"started":true,"state":{"running":{"startedAt":"2026-03-01T12:00:06Z"}}}])";
    return R"({"metadata":{"name":")" + name + R"(","generateName":"web-","namespace":")" + space + R"(","uid":")" + uid
           + R"(","resourceVersion":")" + version + R"(","creationTimestamp":")" + created + R"(","labels":{)" + labels
           + R"(},"annotations":{)" + notes + R"(},"ownerReferences":[)" + owner
           + R"(],"managedFields":[{"manager":"kubelet","fieldsV1":{"f:status":{"f:conditions":{"k:{\"type\":\"Ready\"}":{".":{},"f:type":{}}}}}}]},)"
           + R"("spec":{"nodeName":")" + node + R"(","containers":[{"name":"app","image":")" + image
           + R"(","resources":{"limits":{"cpu":"500m"}},"env":[{"name":"image","value":"not this"}]},{"name":"side","image":"side:2"}],"terminationGracePeriodSeconds":30},)"
           + R"("status":{)" + phase + R"(,"qosClass":"Burstable","containerStatuses":)" + status
           + R"(,"conditions":[{"type":"Ready","status":"True"}]}})";
}

namespace {

template <typename Object>
QByteArray list(const QByteArray &kind, const QList<Object> &objects, const QByteArray &version, const QByteArray &continueToken)
{
    QByteArray items;
    for (const Object &object : objects)
        items += (items.isEmpty() ? "" : ",") + object.json();
    return R"({"kind":")" + kind + R"(","apiVersion":"v1","metadata":{"resourceVersion":")" + version + R"(","continue":")" + continueToken
           + R"("},"items":[)" + items + "]}";
}

QByteArray line(const QByteArray &type, const QByteArray &object) { return R"({"type":")" + type + R"(","object":)" + object + "}\n"; }

} // namespace

QByteArray podList(const QList<FakePod> &pods, const QByteArray &version, const QByteArray &continueToken)
{
    return list("PodList", pods, version, continueToken);
}

QByteArray watchLine(const QByteArray &type, const FakePod &pod) { return line(type, pod.json()); }

QByteArray FakeNode::json() const
{
    const auto condition = [this](const QByteArray &type, const QByteArray &status, const QByteArray &why, const QByteArray &words) {
        return R"({"type":")" + type + R"(","status":")" + status + R"(","lastHeartbeatTime":"2026-03-02T00:00:00Z","lastTransitionTime":")"
               + since + R"(","reason":")" + why + R"(","message":")" + words + R"("})";
    };
    return R"({"metadata":{"name":")" + name + R"(","uid":"11111111-5b4a-4321-8765-0123456789ab","resourceVersion":")" + version
           + R"(","labels":{"kubernetes.io/hostname":"other"},"managedFields":[{"manager":"kubelet","fieldsV1":{"f:status":{"f:conditions":{"k:{\"type\":\"Ready\"}":{".":{}}}}}}]},)"
           + R"("spec":{"podCIDR":"10.0.1.0/24","taints":[{"key":"x","effect":"NoSchedule"}]},"status":{"capacity":{"cpu":"4"},"conditions":[)"
           + condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available") + ','
           + (ready.isEmpty() ? QByteArray() : condition("Ready", ready, reason, message) + ',')
           + condition("NetworkUnavailable", "False", "RouteCreated", "other words")
           + R"(],"addresses":[{"type":"InternalIP","address":"10.0.0.1"}],"nodeInfo":{"kubeletVersion":"v1.31.2"},"images":[{"names":["a:1"],"sizeBytes":1}]}})";
}

QByteArray nodeList(const QList<FakeNode> &nodes, const QByteArray &version, const QByteArray &continueToken)
{
    return list("NodeList", nodes, version, continueToken);
}

QByteArray nodeLine(const QByteArray &type, const FakeNode &node) { return line(type, node.json()); }

QByteArray bookmark(const QByteArray &version)
{
    return R"({"type":"BOOKMARK","object":{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":")" + version
           + R"(","creationTimestamp":null},"spec":{"containers":null},"status":{}}})"
             "\n";
}

QByteArray statusJson(int code, const QByteArray &message)
{
    return R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":")" + message + R"(","reason":"X","code":)"
           + QByteArray::number(code) + "}\n";
}

} // namespace tapio::test
