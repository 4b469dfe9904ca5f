// SPDX-License-Identifier: GPL-3.0-or-later
// tapio-console as its user starts it on a machine without a display: exit codes, files, signals.
#include <QImage>
#include <QtTest>

#include <algorithm>
#include <csignal>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/console/fakeagent.h"
#include "tests/integration/consoleprogram.h"
#include "tests/support/testpki.h"

using namespace tapio;
using namespace tapio::test;

namespace {

constexpr int soon = 20'000;
constexpr int notAllowed = 99;

/// A tmpfs over `folder` that only the new process sees and that goes with it.
std::function<void()> mounted(const QString &folder, unsigned long flags, const char *size)
{
    return [path = QFile::encodeName(folder), flags, size] {
        if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0
            || mount("tmpfs", path.constData(), "tmpfs", flags, size) != 0)
            _exit(notAllowed);
    };
}

} // namespace

class TestConsoleProgram : public QObject {
    Q_OBJECT
    TestPki m_pki;
    SystemClock m_clock;

    /// The one sentence that it left with.
    static QString sentence(ConsoleProgram &console)
    {
        const QStringList all = console.complaints();
        return all.size() == 1 ? all.first() : "not one sentence: " + console.output();
    }

private slots:
    void secondInstance_onTheSamePort()
    {
        const QTemporaryDir one, two;
        ConsoleProgram first(one.path(), m_pki.server());
        QVERIFY(first.start());
        ConsoleProgram second(two.path(), m_pki.server());
        second.port = first.port;
        QCOMPARE(second.run(), 69);
        QVERIFY2(sentence(second).contains("port " + QString::number(first.port)), qPrintable(sentence(second)));
        QVERIFY2(sentence(second).contains("in use"), qPrintable(sentence(second)));
        QCOMPARE(first.end(SIGTERM), 0); // not disturbed
    }

    void secondInstance_onTheSameStore()
    {
        const QTemporaryDir one, two;
        ConsoleProgram first(one.path(), m_pki.server());
        QVERIFY(first.start());
        ConsoleProgram second(two.path(), m_pki.server());
        second.data = first.data;
        QCOMPARE(second.run(), 69);
        QVERIFY2(sentence(second).contains(first.storeFile()), qPrintable(sentence(second)));
        QCOMPARE(first.end(SIGTERM), 0);
    }

    void display_thatCannotBeOpened_data()
    {
        QTest::addColumn<QString>("display");
        QTest::addColumn<QString>("said");
        QTest::newRow("nobody is there") << ":9999"
                                         << "the display ':9999' cannot be opened";
        QTest::newRow("none is named") << ""
                                       << "there is no display";
    }
    void display_thatCannotBeOpened()
    {
        QFETCH(QString, display);
        QFETCH(QString, said);
        const QTemporaryDir folder;
        ConsoleProgram console(folder.path(), m_pki.server());
        console.display = display;
        QCOMPARE(console.run(), 69);
        QVERIFY2(sentence(console).contains(said), qPrintable(sentence(console)));
        QVERIFY2(sentence(console).contains("--headless"), qPrintable(sentence(console)));
    }
    void folder_thatCannotBeWritten_data()
    {
        QTest::addColumn<qulonglong>("flags");
        QTest::addColumn<QByteArray>("size");
        QTest::addColumn<QString>("named");
        QTest::newRow("full disk") << 0ull << QByteArray("size=16k") << "No space left";
        QTest::newRow("read-only folder") << qulonglong(MS_RDONLY) << QByteArray() << "Read-only";
    }
    void folder_thatCannotBeWritten()
    {
        QFETCH(qulonglong, flags);
        QFETCH(QByteArray, size);
        QFETCH(QString, named);
        const QTemporaryDir folder;
        ConsoleProgram console(folder.path(), m_pki.server());
        QVERIFY(QDir().mkpath(console.data));
        console.beforeStart(mounted(console.data, static_cast<unsigned long>(flags), size.constData()));
        const int code = console.run();
        if (code == notAllowed)
            QSKIP("mounting a small file system needs CAP_SYS_ADMIN");
        QCOMPARE(code, 73);
        QVERIFY2(sentence(console).contains(console.storeFile()), qPrintable(sentence(console)));
        QVERIFY2(sentence(console).contains(named, Qt::CaseInsensitive), qPrintable(sentence(console)));
    }

    void folder_ofAnotherUser()
    {
        if (geteuid() != 0)
            QSKIP("giving a folder to another user needs root");
        const QTemporaryDir folder;
        ConsoleProgram console(folder.path(), m_pki.server());
        QVERIFY(QDir().mkpath(console.data));
        QVERIFY(chown(QFile::encodeName(console.data).constData(), 65534, 65534) == 0);
        // Root without the capability that overrides permissions is a user like others.
        console.beforeStart([] {
            if (prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0) != 0)
                _exit(notAllowed);
        });
        const int code = console.run();
        if (code == notAllowed)
            QSKIP("dropping a capability is not allowed here");
        QCOMPARE(code, 73);
        QVERIFY2(sentence(console).contains(console.storeFile()), qPrintable(sentence(console)));
        QVERIFY2(sentence(console).contains("Permission denied"), qPrintable(sentence(console)));
    }

    void disk_thatFillsUpWhileItRuns_isSaidAndNothingIsAcknowledged()
    {
        const QTemporaryDir folder;
        ConsoleProgram console(folder.path(), m_pki.server());
        QVERIFY(QDir().mkpath(console.data));
        console.beforeStart(mounted(console.data, 0, "size=3m"));
        if (!console.start()) {
            QCOMPARE(console.exitCode(), notAllowed);
            QSKIP("mounting a small file system needs CAP_SYS_ADMIN");
        }
        FakeAgent agent(console.port, "node-1", m_pki.node(), m_clock);
        std::uint64_t last = 0;
        const auto full = [&] {
            if (agent.produced() < 400'000)
                last = agent.sendEvents(1000);
            return console.output().contains("store fails: ");
        };
        QTRY_VERIFY_WITH_TIMEOUT(full(), 60'000);
        QVERIFY2(console.output().contains("No space left"), qPrintable(console.output()));
        QVERIFY(agent.acked() < last);
        QCOMPARE(console.end(SIGTERM), 0);
    }

    void certificate_thatDoesNotDo_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("named");
        QTest::newRow("of a node") << "node"
                                   << "is for a node";
        QTest::newRow("expired") << "expired"
                                 << "expired on ";
        QTest::newRow("not yet valid") << "early"
                                       << "valid only from ";
        QTest::newRow("not there") << "missing"
                                   << "/nonexistent/cert.pem";
        QTest::newRow("no certificate at all") << "garbage"
                                               << "holds no certificate";
        QTest::newRow("another's key") << "foreign key"
                                       << "key";
    }
    void certificate_thatDoesNotDo()
    {
        QFETCH(QString, kind);
        QFETCH(QString, named);
        const QTemporaryDir folder;
        transport::TlsFiles tls = kind == "node" ? m_pki.node() : m_pki.server();
        TestPki::Odd odd{"spiffe://test.tapio/tapio/server/odd-1", 0, 0, TestPki::Odd::Purpose::ServerAuth};
        if (kind == "expired") {
            odd.notBeforeNs = m_clock.utcNs() - 7200 * nsPerSecond;
            odd.notAfterNs = m_clock.utcNs() - 60 * nsPerSecond;
            tls = m_pki.odd(odd);
        } else if (kind == "early") {
            odd.notBeforeNs = m_clock.utcNs() + 1800 * nsPerSecond;
            tls = m_pki.odd(odd);
        } else if (kind == "missing") {
            tls.certificate = "/nonexistent/cert.pem";
        } else if (kind == "garbage") {
            tls.certificate = folder.filePath("garbage.pem").toStdString();
            QFile file(folder.filePath("garbage.pem"));
            QVERIFY(file.open(QFile::WriteOnly) && file.write("garbage\n") > 0);
        } else if (kind == "foreign key") {
            tls.key = m_pki.server("server-2").key;
        }
        ConsoleProgram console(folder.path(), tls);
        QCOMPARE(console.run(), 77);
        QVERIFY2(sentence(console).contains(named), qPrintable(sentence(console)));
    }

    void headless_writesThePictureAndPrintsTheStatus()
    {
        const QTemporaryDir folder;
        ConsoleProgram console(folder.path(), m_pki.server());
        const QString picture = folder.filePath("overview.png");
        console.arguments << "--snapshot" << picture << "--size"
                          << "1600x900"
                          << "--seconds"
                          << "7";
        QVERIFY(console.start());
        FakeAgent agent(console.port, "node-1", m_pki.node(), m_clock);
        QTRY_VERIFY_WITH_TIMEOUT((agent.sendEvents(10), console.output().contains("picture of the Overview: " + picture)), soon);
        QTRY_VERIFY_WITH_TIMEOUT((agent.sendEvents(10), console.output().contains("node-1 connected")), soon);
        QVERIFY2(console.output().contains("agents 1 of 1"), qPrintable(console.output()));
        QCOMPARE(console.wait(), 0);
        QCOMPARE(QImage(picture).size(), QSize(1600, 900));
        QVERIFY2(console.output().contains("events-processed"), qPrintable(console.output()));
        QCOMPARE(console.complaints(), QStringList());
    }

    void agentOfAnotherAuthority_isInTheLogAndOnStandardError()
    {
        const QTemporaryDir folder;
        TestPki stranger("other.tapio");
        ConsoleProgram console(folder.path(), m_pki.server());
        QVERIFY(console.start());
        FakeAgent refused(console.port, "node-1", stranger.node(), m_clock);
        QTRY_VERIFY2_WITH_TIMEOUT(console.output().contains("[wrong-ca]"), qPrintable(console.output()), soon);
        FakeAgent taken(console.port, "node-2", m_pki.node("node-2"), m_clock);
        QTRY_VERIFY2_WITH_TIMEOUT(console.output().contains("node node-2: connected"), qPrintable(console.output()), soon);
        QVERIFY(!refused.welcomed());
        QCOMPARE(console.end(SIGTERM), 0);
        QFile log(console.storeFile() + ".log");
        QVERIFY(log.open(QFile::ReadOnly));
        const QString lines = QString::fromUtf8(log.readAll());
        for (const char *expected :
             {"listening on 127.0.0.1:", "connection refused: 127.0.0.1:", "[wrong-ca] ", "node node-2: connected", "stopped"})
            QVERIFY2(lines.contains(expected), qPrintable(lines));
    }

    void headless_pictureThatCannotBeWritten()
    {
        const QTemporaryDir folder;
        ConsoleProgram console(folder.path(), m_pki.server());
        console.arguments << "--snapshot"
                          << "/nonexistent/overview.png"
                          << "--seconds"
                          << "1";
        QCOMPARE(console.run(), 73);
        QVERIFY2(console.complaints().join('\n').contains("/nonexistent/overview.png"), qPrintable(console.output()));
    }

    void signal_leavesCleanly_data()
    {
        QTest::addColumn<int>("number");
        QTest::newRow("Ctrl-C") << SIGINT;
        QTest::newRow("SIGTERM") << SIGTERM;
    }
    void signal_leavesCleanly()
    {
        QFETCH(int, number);
        const QTemporaryDir folder;
        ConsoleProgram console(folder.path(), m_pki.server());
        QVERIFY(console.start());
        FakeAgent agent(console.port, "node-1", m_pki.node(), m_clock);
        std::uint64_t last = 0;
        for (int i = 0; i < 50; ++i)
            last = agent.sendEvents(20);
        QTRY_COMPARE_WITH_TIMEOUT(agent.acked(), last, soon);
        agent.sendEvents(20); // on its way, perhaps
        QCOMPARE(console.end(number), 0);
        QVERIFY2(console.output().contains("events-processed"), qPrintable(console.output())); // the last status
        QCOMPARE(console.complaints(), QStringList());
        // The console's own server tells beside that it began, each time.
        const auto storedOfNode = [&console] {
            const std::vector<tapio::console::StoredEvent> all = storedEvents(console.storeFile());
            return static_cast<std::size_t>(
                std::count_if(all.begin(), all.end(), [](const tapio::console::StoredEvent &event) { return event.node == "node-1"; }));
        };
        const std::size_t stored = storedOfNode();
        QVERIFY2(stored == 1000 || stored == 1020, qPrintable(QString::number(stored)));

        QVERIFY(console.start()); // its files open again, also for writing
        QCOMPARE(console.end(number), 0);
        QCOMPARE(storedOfNode(), std::max(stored, std::size_t(1000)));
    }
};

QTEST_GUILESS_MAIN(TestConsoleProgram)
#include "tst_consoleprogram.moc"
