// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <QProcess>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "protocol/transport/zmqsocket.h"
#include "tests/transport/rawpeer.h"

using namespace tapio;
using namespace tapio::test;
using namespace tapio::transport;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<RawPeer> connectTo(const std::string &path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        qFatal("cannot connect to %s", path.c_str());
    return RawPeer::fromSocket(fd);
}

std::unique_ptr<ZmqSocket> openRouter()
{
    auto socket = ZmqSocket::open({zmq::socket_type::router, 1000, 5000ms});
    if (!socket)
        qFatal("%s", socket.error().message().c_str());
    return std::move(*socket);
}

} // namespace

/// What our identity binding stands on in libzmq: it must hold in every version that we link.
class TestZmqSocket : public QObject {
    Q_OBJECT
private slots:
    void message_carriesTheReadyPropertiesOfItsConnection()
    {
        const auto router = openRouter();
        const auto peer = connectTo(router->path());
        QVERIFY(peer->startZmtp("DEALER", zmtpProperty("Identity", "42") + zmtpProperty(property::identity, "spiffe://a/tapio/node/n")));
        QVERIFY(peer->send(zmtpFrame(0, "payload")));
        QVERIFY(router->wait(10s, false));
        const auto routingId = router->receiveFrame();
        QVERIFY(routingId && *routingId);
        QCOMPARE((*routingId)->to_string(), std::string("42"));
        const auto payload = router->receiveFrame();
        QVERIFY(payload && *payload);
        QCOMPARE((*payload)->to_string(), std::string("payload"));
        QCOMPARE(propertyOf(**payload, property::identity), std::string_view("spiffe://a/tapio/node/n"));
        QCOMPARE(propertyOf(**payload, property::serial), std::string_view());
        QVERIFY(!router->receiveFrame()->has_value());
    }

    void localSocket_isClosedToOtherProcesses()
    {
        const auto router = openRouter();
        QProcess other;
        const QString script = QString("import socket\n"
                                       "s = socket.socket(socket.AF_UNIX)\n"
                                       "s.settimeout(10)\n"
                                       "s.connect('%1')\n"
                                       "try:\n"
                                       "    print(len(s.recv(64)))\n"
                                       "except ConnectionResetError:\n"
                                       "    print(0)\n")
                                   .arg(QString::fromStdString(router->path()));
        other.start("python3", {"-c", script});
        QVERIFY(other.waitForFinished());
        QCOMPARE(other.readAllStandardOutput().trimmed(), QByteArray("0")); // hung up on, without a greeting
        const auto own = connectTo(router->path());
        QVERIFY(own->startZmtp("DEALER"));
    }

    void folder_isPrivateAndGoesWithTheSocket()
    {
        auto router = openRouter();
        const std::filesystem::path folder = std::filesystem::path(router->path()).parent_path();
        struct stat info {};
        QCOMPARE(::stat(folder.c_str(), &info), 0);
        QCOMPARE(info.st_mode & 0777u, 0700u);
        router.reset();
        QVERIFY(!std::filesystem::exists(folder));
    }

    void folder_ofAKilledProcessIsRemoved()
    {
        const auto router = openRouter();
        const std::filesystem::path alive = std::filesystem::path(router->path()).parent_path();
        // What a kill -9 leaves: the folder, its socket, and a lock that nobody holds.
        std::string abandoned = (alive.parent_path() / "tapio-ipc-XXXXXX").string();
        QVERIFY(::mkdtemp(abandoned.data()) != nullptr);
        for (const char *name : {"zmq", "lock"}) {
            QFile file(QString::fromStdString(abandoned) + '/' + name);
            QVERIFY(file.open(QIODevice::WriteOnly));
        }
        const auto next = openRouter();
        QVERIFY(!std::filesystem::exists(abandoned));
        QVERIFY(std::filesystem::exists(alive));
    }

    void wait_endsByWakeAndByTimeout()
    {
        const auto router = openRouter();
        router->wake();
        QVERIFY(router->wait(60s, false).value());
        QVERIFY(!router->wait(1ms, false).value());
    }
};

QTEST_GUILESS_MAIN(TestZmqSocket)
#include "tst_zmqsocket.moc"
