// SPDX-License-Identifier: GPL-3.0-or-later
// The Unix socket between libzmq and our connections: where it is, and that nobody can put another in its place.
#include <QtTest>

#include <QProcess>

#include <atomic>
#include <thread>

#include <sys/stat.h>
#include <unistd.h>

#include "protocol/transport/ipcfolder.h"
#include "tests/transport/endpointsfixture.h"

using namespace tapio;
using namespace tapio::test;
using namespace tapio::transport;
using namespace std::chrono_literals;

class TestLocalSocket : public QObject, private EndpointsFixture {
    Q_OBJECT
    std::unique_ptr<QTemporaryDir> m_folder;

private slots:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        qunsetenv("XDG_RUNTIME_DIR");
        qunsetenv("TMPDIR");
    }
    void cleanup() { init(); }

    void folder_isNotWhereOthersCouldReplaceIt_data()
    {
        QTest::addColumn<QByteArray>("variable");
        QTest::addColumn<bool>("own");
        QTest::addColumn<uint>("mode");
        QTest::addColumn<bool>("used");
        QTest::newRow("the user's runtime folder") << QByteArray("XDG_RUNTIME_DIR") << true << 0700u << true;
        QTest::newRow("another user's runtime folder, as sudo -E leaves it") << QByteArray("XDG_RUNTIME_DIR") << false << 0700u << false;
        QTest::newRow("a runtime folder where all may write") << QByteArray("XDG_RUNTIME_DIR") << true << 0777u << false;
        QTest::newRow("the user's temporary folder") << QByteArray("TMPDIR") << true << 0755u << true;
        QTest::newRow("a temporary folder of all, as /tmp") << QByteArray("TMPDIR") << true << 01777u << true;
        QTest::newRow("a temporary folder where all may remove") << QByteArray("TMPDIR") << true << 0777u << false;
        QTest::newRow("another user's temporary folder") << QByteArray("TMPDIR") << false << 0700u << false;
        QTest::newRow("another user's temporary folder, as /tmp") << QByteArray("TMPDIR") << false << 01777u << false;
    }
    void folder_isNotWhereOthersCouldReplaceIt()
    {
        QFETCH(QByteArray, variable);
        QFETCH(bool, own);
        QFETCH(uint, mode);
        QFETCH(bool, used);
        if (!own && ::geteuid() != 0)
            QSKIP("only root can give a folder to another user");
        const QByteArray path = m_folder->filePath("there").toLocal8Bit();
        QCOMPARE(::mkdir(path, 0700), 0);
        QCOMPARE(::chmod(path, mode), 0);
        if (!own)
            QCOMPARE(::chown(path, 65534, 65534), 0);
        qputenv(variable, path);
        const auto folder = IpcFolder::make();
        QVERIFY2(folder, folder ? "" : folder.error().message().c_str());
        const std::filesystem::path where = (*folder)->socketPath().parent_path().parent_path();
        QCOMPARE(where.native(), used ? path.toStdString() : std::string("/tmp"));
    }

    void foldersMadeAtOnce_areNotTakenForAbandoned()
    {
        qputenv("XDG_RUNTIME_DIR", m_folder->path().toLocal8Bit());
        constexpr int makers = 4, each = 500;
        std::atomic<int> there = 0;
        std::vector<std::thread> threads;
        for (int i = 0; i < makers; ++i) {
            threads.emplace_back([&there] {
                for (int made = 0; made < each; ++made) {
                    const auto folder = IpcFolder::make(); // looks for abandoned ones, as the other three do
                    there += folder && std::filesystem::exists((*folder)->socketPath().parent_path()) ? 1 : 0;
                }
            });
        }
        for (auto &thread : threads)
            thread.join();
        QCOMPARE(there.load(), makers * each);
        QVERIFY(QDir(m_folder->path()).entryList({"tapio-ipc-*"}, QDir::Dirs).isEmpty());
    }

    void socketOfAnotherProcess_hearsNothing()
    {
        qputenv("XDG_RUNTIME_DIR", m_folder->path().toLocal8Bit());
        const auto server = openServer();
        const QStringList folders = QDir(m_folder->path()).entryList({"tapio-ipc-*"}, QDir::Dirs);
        QCOMPARE(folders.size(), 1);
        const QString socket = m_folder->filePath(folders[0] + "/zmq");
        QVERIFY(QFile::remove(socket)); // a Unix socket is bound to its name when it is made, and to nothing after that
        QProcess stranger;
        stranger.start("python3", {"-c", QString("import socket\n"
                                                 "s = socket.socket(socket.AF_UNIX)\n"
                                                 "s.bind('%1')\n"
                                                 "s.listen(8)\n"
                                                 "print('listens', flush=True)\n"
                                                 "c, _ = s.accept()\n"
                                                 "try:\n"
                                                 "    print('got', len(c.recv(64)), flush=True)\n"
                                                 "except ConnectionResetError:\n"
                                                 "    print('got 0', flush=True)\n")
                                             .arg(socket)});
        QTRY_VERIFY_WITH_TIMEOUT(stranger.canReadLine(), 15'000);
        QCOMPARE(stranger.readLine().trimmed(), QByteArray("listens"));
        const auto client = openClient(server->port(), m_pki.node());
        const auto notices = noticesUntil(*server, NoticeKind::Refused, "io");
        const auto refused = std::find_if(notices.begin(), notices.end(), [](const Notice &n) { return n.code == "io"; });
        QVERIFY(refused != notices.end());
        QVERIFY2(refused->reason.find("not this process's own") != std::string::npos, refused->reason.c_str());
        QTRY_COMPARE_WITH_TIMEOUT(stranger.state(), QProcess::NotRunning, 15'000);
        QCOMPARE(stranger.readAllStandardOutput().trimmed(), QByteArray("got 0"));
    }
};

QTEST_GUILESS_MAIN(TestLocalSocket)
#include "tst_localsocket.moc"
