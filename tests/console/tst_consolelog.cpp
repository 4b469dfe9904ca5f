// SPDX-License-Identifier: GPL-3.0-or-later
#include <QTemporaryDir>
#include <QtTest>

#include <spdlog/spdlog.h>

#include "console/core/session/consolelog.h"

using namespace tapio;
using namespace tapio::console;

class TestConsoleLog : public QObject {
    Q_OBJECT

    static LogOptions inFolder(const QTemporaryDir &folder)
    {
        LogOptions options;
        options.file = folder.filePath("c.tapio.log").toStdString();
        return options;
    }

private slots:
    void lines_areWrittenInOrderAndKept()
    {
        const QTemporaryDir folder;
        for (int run = 0; run < 2; ++run) {
            const auto log = ConsoleLog::open(inFolder(folder));
            QVERIFY(log);
            for (int i = 0; i < 100; ++i)
                (*log)->logger().info("run {} line {}", run, i);
        }
        QFile file(folder.filePath("c.tapio.log"));
        QVERIFY(file.open(QFile::ReadOnly));
        const QList<QByteArray> lines = file.readAll().trimmed().split('\n');
        QCOMPARE(lines.size(), 200);
        for (int i = 0; i < 200; ++i)
            QVERIFY2(lines[i].endsWith(QString("Z info run %1 line %2").arg(i / 100).arg(i % 100).toUtf8()), lines[i].constData());
    }

    void files_areRotatedAndBounded()
    {
        const QTemporaryDir folder;
        LogOptions options = inFolder(folder);
        options.maxBytes = 2000;
        options.keptFiles = 2;
        {
            const auto log = ConsoleLog::open(options);
            QVERIFY(log);
            for (int i = 0; i < 1000; ++i)
                (*log)->logger().warn("a line of the log, number {}", i);
        }
        const QFileInfoList files = QDir(folder.path()).entryInfoList(QDir::Files);
        QCOMPARE(files.size(), 3);
        for (const QFileInfo &file : files)
            QVERIFY(file.size() > 0 && file.size() <= 2000);
    }

    void file_thatCannotBeWrittenIsNamed()
    {
        LogOptions options;
        options.file = "/nonexistent/c.tapio.log";
        const auto log = ConsoleLog::open(options);
        QVERIFY(!log);
        QCOMPARE(log.error().code(), Errc::NotFound);
        QVERIFY2(log.error().context().find("/nonexistent/c.tapio.log") != std::string::npos, log.error().context().c_str());
    }

    void nothing_isWrittenUnlessAskedFor()
    {
        const auto log = ConsoleLog::open({});
        QVERIFY(log);
        (*log)->logger().error("nobody reads this");
    }
};

QTEST_GUILESS_MAIN(TestConsoleLog)
#include "tst_consolelog.moc"
