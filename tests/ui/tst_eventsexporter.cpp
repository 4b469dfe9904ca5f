// SPDX-License-Identifier: GPL-3.0-or-later
#include <QSignalSpy>
#include <QtTest>

#include <csignal>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include "console/ui/models/eventsexporter.h"
#include "tests/support/fakeclock.h"
#include "tests/support/fakesession.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

class TestEventsExporter : public QObject {
    Q_OBJECT
private slots:
    void file_hasEveryEvent_data()
    {
        QTest::addColumn<EventFileFormat>("format");
        QTest::addColumn<int>("count");
        QTest::addColumn<int>("lines");
        QTest::newRow("several pages of JSON lines") << EventFileFormat::JsonLines << 4500 << 4500;
        QTest::newRow("several pages of CSV, with a header") << EventFileFormat::Csv << 4500 << 4501;
        QTest::newRow("no event: an empty file") << EventFileFormat::JsonLines << 0 << 0;
        QTest::newRow("no event: CSV has its header") << EventFileFormat::Csv << 0 << 1;
    }
    void file_hasEveryEvent()
    {
        QFETCH(EventFileFormat, format);
        QFETCH(int, count);
        QTemporaryDir folder;
        FakeSession session;
        session.events = sampleEvents(static_cast<std::size_t>(count), FakeClock::startNs, nsPerMs);
        EventsExporter exporter(session);
        QSignalSpy finished(&exporter, &EventsExporter::finished);
        const QString path = folder.filePath("out");
        exporter.start(query(), path, format);
        QVERIFY(exporter.running());
        QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, 20000);
        QVERIFY(!exporter.running());
        QCOMPARE(exporter.written(), static_cast<std::uint64_t>(count));
        const QList<QByteArray> lines = linesOf(path);
        QTEST(static_cast<int>(lines.size()), "lines");
        if (format == EventFileFormat::JsonLines)
            for (const QByteArray &line : lines)
                QVERIFY(nlohmann::json::accept(line.toStdString()));
    }

    void export_isNoQueryOfTheOperator()
    {
        QTemporaryDir folder;
        FakeSession session;
        session.events = sampleEvents(4500, FakeClock::startNs, nsPerMs);
        EventsExporter exporter(session);
        QSignalSpy finished(&exporter, &EventsExporter::finished);
        exporter.start(query(), folder.filePath("out"), EventFileFormat::JsonLines);
        QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, 20000);
        QVERIFY(session.asked.size() > 1);
        for (const auto &asked : std::as_const(session.asked))
            QVERIFY(asked.after); // the session records a query where it is not continued
        QCOMPARE(exporter.written(), std::uint64_t(4500));
    }

    void cancel_leavesNoFile()
    {
        QTemporaryDir folder;
        FakeSession session;
        session.events = sampleEvents(9000, FakeClock::startNs, nsPerMs);
        EventsExporter exporter(session);
        QSignalSpy finished(&exporter, &EventsExporter::finished);
        exporter.start(query(), folder.filePath("out"), EventFileFormat::JsonLines);
        QTRY_VERIFY(exporter.written() > 0);
        exporter.cancel();
        QVERIFY(!exporter.running());
        QVERIFY(!QTest::qWaitFor([&] { return finished.count() > 0; }, 50));
        QTRY_COMPARE(QDir(folder.path()).entryList(QDir::Files).size(), 0);
    }

    void failure_isSaidInWords_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("queryError");
        QTest::newRow("a folder that does not exist") << "/nonexistent/folder/out.csv" << QString();
        QTest::newRow("the store fails") << QString() << "store 'x': disk I/O error";
    }
    void failure_isSaidInWords()
    {
        QFETCH(QString, path);
        QFETCH(QString, queryError);
        QTemporaryDir folder;
        FakeSession session;
        session.events = sampleEvents(10, FakeClock::startNs, nsPerMs);
        session.queryError = queryError;
        EventsExporter exporter(session);
        QSignalSpy failed(&exporter, &EventsExporter::failed);
        const QString file = path.isEmpty() ? folder.filePath("out") : path;
        exporter.start(query(), file, EventFileFormat::Csv);
        QTRY_COMPARE(failed.count(), 1);
        QCOMPARE(failed.front().front().toString(), file);
        QVERIFY(!failed.front().back().toString().isEmpty());
        QVERIFY(!exporter.running());
        QCOMPARE(QDir(folder.path()).entryList(QDir::Files).size(), 0);
    }

    void fullDisk_isSaidInWordsAndLeavesNothing()
    {
        // A limit on file sizes stops the write as a full disk does.
        signal(SIGXFSZ, SIG_IGN);
        rlimit before{};
        getrlimit(RLIMIT_FSIZE, &before);
        const rlimit tight{64 * 1024, before.rlim_max};
        QCOMPARE(setrlimit(RLIMIT_FSIZE, &tight), 0);
        const auto restore = qScopeGuard([&before] { setrlimit(RLIMIT_FSIZE, &before); });
        QTemporaryDir folder;
        FakeSession session;
        session.events = sampleEvents(3000, FakeClock::startNs, nsPerMs);
        EventsExporter exporter(session);
        QSignalSpy failed(&exporter, &EventsExporter::failed);
        exporter.start(query(), folder.filePath("out"), EventFileFormat::JsonLines);
        QTRY_COMPARE_WITH_TIMEOUT(failed.count(), 1, 20000);
        QCOMPARE(failed.front().front().toString(), folder.filePath("out"));
        QVERIFY(!failed.front().back().toString().isEmpty());
        QCOMPARE(QDir(folder.path()).entryList(QDir::Files).size(), 0);
    }

private:
    static EventQuery query()
    {
        EventQuery query;
        query.fromNs = FakeClock::startNs - 3600 * nsPerSecond;
        query.toNs = FakeClock::startNs + nsPerSecond;
        return query;
    }
    static QList<QByteArray> linesOf(const QString &path)
    {
        QFile file(path);
        if (!file.open(QIODevice::ReadOnly))
            return {};
        QList<QByteArray> lines = file.readAll().split('\n');
        lines.removeAll(QByteArray());
        return lines;
    }
};

QTEST_MAIN(TestEventsExporter)
#include "tst_eventsexporter.moc"
