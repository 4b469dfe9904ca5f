// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <sqlite3.h>

#include <fstream>
#include <functional>
#include <random>

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "console/core/store/verify.h"
#include "tests/store/faultvfs.h"
#include "tests/store/storefixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

enum ChildExit { Good = 0, Bad = 1, NotAllowed = 77 };

/// Runs `check` in a child process, whose mounts and user are its own.
int inChild(const std::function<int()> &check)
{
    const pid_t child = fork();
    if (child == 0)
        _exit(check());
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool ownMounts() { return unshare(CLONE_NEWNS) == 0 && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0; }

int report(const Error &error, Errc wanted, const std::filesystem::path &file)
{
    if (error.code() == wanted && error.context().find(file.string()) != std::string::npos
        && error.context().find("folder") != std::string::npos)
        return Good;
    fprintf(stderr, "%s\n", error.message().c_str());
    return Bad;
}

void writeFile(const std::filesystem::path &path, const QByteArray &bytes)
{
    QFile file(QString::fromStdString(path.string()));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
}

void executeSql(const std::filesystem::path &path, const char *sql)
{
    sqlite3 *database = nullptr;
    QCOMPARE(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    QCOMPARE(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
}

std::size_t eventsIn(const StoreFixture &store) { return allEvents(*store.reader(), {}).size(); }

} // namespace

class TestStoreWriter : public QObject {
    Q_OBJECT
private slots:
    void aSecondWriter_isToldWhoTheFirstIs()
    {
        StoreFixture store;
        const auto second = StoreWriter::open(store.options(), store.clock);
        QVERIFY(!second);
        QCOMPARE(second.error().code(), Errc::Busy);
        QVERIFY(second.error().context().find(std::to_string(getpid())) != std::string::npos);
        store.close();
        QVERIFY(StoreWriter::open(store.options(), store.clock));
    }

    void open_newFolder()
    {
        QTemporaryDir folder(folderTemplate());
        FakeClock clock;
        StoreOptions options;
        options.file = std::filesystem::path(folder.path().toStdString()) / "a" / "b" / "session.tapio";
        QVERIFY(StoreWriter::open(options, clock));
        const auto mode = std::filesystem::status(options.file).permissions();
        QCOMPARE(int(mode), 0600); // it holds command lines
    }

    void open_refuses_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QByteArray>("sql");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("says");
        QTest::newRow("a text file") << QByteArray("This is a diary, not a database. ").repeated(100) << QByteArray() << int(Errc::Corrupt)
                                     << "not a database";
        QTest::newRow("another program's database")
            << QByteArray() << QByteArray("CREATE TABLE bookmarks(url)") << int(Errc::Corrupt) << "another program";
        QTest::newRow("another program's mark")
            << QByteArray() << QByteArray("PRAGMA application_id=77; PRAGMA user_version=1") << int(Errc::Corrupt) << "another program";
        QTest::newRow("a newer version") << QByteArray() << QByteArray("PRAGMA application_id=0x54706F31; PRAGMA user_version=999")
                                         << int(Errc::VersionMismatch) << "newer Tapio";
        QTest::newRow("no version") << QByteArray() << QByteArray("PRAGMA application_id=0x54706F31; CREATE TABLE x(y)")
                                    << int(Errc::Corrupt) << "version is 0";
        QTest::newRow("tables are missing") << QByteArray()
                                            << QByteArray("PRAGMA application_id=0x54706F31; PRAGMA user_version=1; CREATE TABLE x(y)")
                                            << int(Errc::Corrupt) << "no such table";
    }
    void open_refuses()
    {
        QFETCH(QByteArray, content);
        QFETCH(QByteArray, sql);
        QFETCH(int, code);
        QFETCH(QString, says);
        QTemporaryDir folder(folderTemplate());
        FakeClock clock;
        StoreOptions options;
        options.file = std::filesystem::path(folder.path().toStdString()) / "file";
        writeFile(options.file, content);
        if (!sql.isEmpty())
            executeSql(options.file, sql);
        const auto writer = StoreWriter::open(options, clock);
        QVERIFY(!writer);
        QCOMPARE(int(writer.error().code()), code);
        const QString message = QString::fromStdString(writer.error().message());
        QVERIFY2(message.contains(QString::fromStdString(options.file.string())) && message.contains(says), qPrintable(message));
        const auto reader = StoreReader::open(options.file);
        if (reader) // what a reader does not look at, it need not refuse
            QCOMPARE(int((*reader)->events({}, {}, {}).error().code()), code);
        else
            QCOMPARE(int(reader.error().code()), code);
    }

    void reader_withoutAFile()
    {
        QCOMPARE(StoreReader::open("/nonexistent/store.tapio").error().code(), Errc::NotFound);
        QTemporaryDir folder(folderTemplate());
        const std::filesystem::path file = std::filesystem::path(folder.path().toStdString()) / "empty";
        writeFile(file, {});
        QCOMPARE(StoreReader::open(file).error().code(), Errc::Corrupt);
        QVERIFY(!StoreReader::open(folder.path().toStdString()));
    }

    void open_readOnlyFileSystem()
    {
        StoreFixture fixture;
        const int result = inChild([&] {
            const std::string folder = fixture.folder() + "/ro";
            std::filesystem::create_directory(folder);
            if (!ownMounts() || mount("tmpfs", folder.c_str(), "tmpfs", MS_RDONLY, nullptr) != 0)
                return int(NotAllowed);
            StoreOptions options;
            options.file = folder + "/session.tapio";
            const auto writer = StoreWriter::open(options, fixture.clock);
            return writer ? int(Bad) : report(writer.error(), Errc::ReadOnly, options.file);
        });
        if (result == NotAllowed)
            QSKIP("mounting a read-only file system needs CAP_SYS_ADMIN");
        QCOMPARE(result, int(Good));
    }

    void reader_onReadOnlyMedia()
    {
        StoreFixture fixture;
        fixture.append("node-a", {execEvent(t0, 1, "/bin/x")});
        fixture.flush();
        fixture.close();
        const int result = inChild([&] {
            const std::string folder = fixture.folder() + "/a 100% read?only#medium";
            std::filesystem::create_directory(folder);
            if (!ownMounts() || mount("tmpfs", folder.c_str(), "tmpfs", 0, nullptr) != 0)
                return int(NotAllowed);
            std::filesystem::copy(fixture.file(), folder + "/session.tapio");
            if (mount(nullptr, folder.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0)
                return int(NotAllowed);
            const auto reader = StoreReader::open(folder + "/session.tapio");
            if (!reader)
                return report(reader.error(), Errc::Internal, {});
            return allEvents(**reader, {}).size() == 1 ? int(Good) : int(Bad);
        });
        if (result == NotAllowed)
            QSKIP("mounting a file system needs CAP_SYS_ADMIN");
        QCOMPARE(result, int(Good));
    }

    void open_folderOfAnotherUser()
    {
        if (geteuid() != 0)
            QSKIP("becoming another user needs root");
        StoreFixture fixture;
        const int result = inChild([&] {
            if (setuid(65534) != 0)
                return int(NotAllowed);
            StoreOptions options;
            options.file = fixture.folder() + "/other.tapio";
            const auto writer = StoreWriter::open(options, fixture.clock);
            return writer ? int(Bad) : report(writer.error(), Errc::PermissionDenied, options.file);
        });
        QCOMPARE(result, int(Good));
    }

    void open_fileSystemThatIsTooSmall()
    {
        StoreFixture fixture;
        const int result = inChild([&] {
            const std::string folder = fixture.folder() + "/small";
            std::filesystem::create_directories(folder);
            if (!ownMounts() || mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=200k") != 0)
                return int(NotAllowed);
            std::filesystem::create_directory(folder + "/below");
            StoreOptions options;
            options.file = folder + "/below/session.tapio";
            const auto writer = StoreWriter::open(options, fixture.clock);
            if (writer || report(writer.error(), Errc::NoSpace, options.file) != Good)
                return int(Bad);
            const std::string &sentence = writer.error().context();
            const bool saysWhere = sentence.find("free space on " + folder + " or choose another folder") != std::string::npos;
            // It was not opened: nothing goes on.
            const bool promises = sentence.find("by itself") != std::string::npos;
            return saysWhere && !promises ? int(Good) : report(writer.error(), Errc::Internal, {});
        });
        if (result == NotAllowed)
            QSKIP("mounting a small file system needs CAP_SYS_ADMIN");
        QCOMPARE(result, int(Good));
    }

    void aFullDisk_losesNothing()
    {
        StoreFixture fixture;
        const int result = inChild([&] {
            const std::string folder = fixture.folder() + "/small";
            std::filesystem::create_directory(folder);
            if (!ownMounts() || mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=3m") != 0)
                return int(NotAllowed);
            StoreOptions options;
            options.file = folder + "/session.tapio";
            auto writer = StoreWriter::open(options, fixture.clock);
            if (!writer)
                return int(Bad);
            std::ofstream(folder + "/ballast") << std::string(1'500'000, 'b');
            std::size_t taken = 0;
            Result<FlushResult> flushed = FlushResult();
            for (int i = 0; i < 200 && flushed; ++i) {
                std::vector<wire::Event> events;
                for (std::uint32_t e = 0; e < 500; ++e)
                    events.push_back(
                        execEvent(t0 + i * 500 + e, e + 1,
                                  "/bin/" + std::to_string(std::hash<std::uint64_t>{}(e * 7919 + static_cast<std::uint32_t>(i)))));
                wire::EventBatch batch;
                batch.events = events;
                batch.origins.emplace_back();
                if (!(*writer)->append(fixture.frame("node-a", batch)))
                    return int(Bad);
                taken += events.size();
                flushed = (*writer)->flush();
            }
            if (flushed || report(flushed.error(), Errc::NoSpace, options.file) != Good)
                return int(Bad);
            if (flushed.error().context().find("space") == std::string::npos)
                return int(Bad);
            std::filesystem::remove(folder + "/ballast");
            if (!(*writer)->flush())
                return int(Bad);
            const auto reader = StoreReader::open(options.file);
            return reader && (*reader)->stats()->events == taken ? int(Good) : int(Bad);
        });
        if (result == NotAllowed)
            QSKIP("mounting a small file system needs CAP_SYS_ADMIN");
        QCOMPARE(result, int(Good));
    }

    void aFailingDisk_losesNothing_data()
    {
        QTest::addColumn<int>("fault");
        QTest::addColumn<int>("code");
        QTest::newRow("no space") << int(FaultVfs::Fault::NoSpace) << int(Errc::NoSpace);
        QTest::newRow("write errors") << int(FaultVfs::Fault::WriteError) << int(Errc::Io);
        QTest::newRow("short writes") << int(FaultVfs::Fault::ShortWrite) << int(Errc::Io);
        QTest::newRow("sync errors") << int(FaultVfs::Fault::SyncError) << int(Errc::Io);
    }
    void aFailingDisk_losesNothing()
    {
        QFETCH(int, fault);
        QFETCH(int, code);
        FaultVfs vfs;
        StoreFixture store;
        store.vfs = vfs.name();
        store.reopen();
        std::size_t taken = 0;
        int failures = 0;
        for (std::uint64_t after = 1; after < 40; ++after) {
            vfs.failAfter(after, FaultVfs::Fault(fault));
            for (int i = 0; i < 5; ++i) {
                store.append("node-a", {execEvent(t0 + i, 1, "/bin/x"), tcpEvent(t0 + i, 2, 80)});
                taken += 2;
                const Result<FlushResult> flushed = store.writer().flush();
                if (!flushed) {
                    ++failures;
                    QCOMPARE(int(flushed.error().code()), code);
                    QVERIFY(flushed.error().context().find(store.file().string()) != std::string::npos);
                }
                const Result<bool> maintained = store.writer().maintain();
                QVERIFY(maintained || int(maintained.error().code()) == code);
            }
            vfs.heal();
            store.flush();
            QCOMPARE(std::size_t(store.reader()->stats()->events), taken);
        }
        QVERIFY(failures > 20);
        store.maintainAll();
        QCOMPARE(eventsIn(store), taken);
        store.close();
        const auto report = verifyStore(store.file(), {});
        QVERIFY(report && report->problems.empty());
    }

    void aFullBuffer_refusesAndRecovers()
    {
        FaultVfs vfs;
        StoreFixture store;
        store.vfs = vfs.name();
        store.reopen();
        vfs.failAfter(1, FaultVfs::Fault::NoSpace);
        wire::EventBatch batch;
        batch.origins.emplace_back();
        for (std::uint32_t i = 0; i < 8000; ++i)
            batch.events.push_back(execEvent(t0 + i, i, std::string(200, 'f')));
        std::size_t taken = 0;
        Status status;
        wire::Delivery refused;
        for (int i = 0; i < 1000 && status; ++i) {
            refused = store.frame("node-a", batch);
            status = store.writer().append(refused);
            taken += status ? batch.events.size() : 0;
            QVERIFY(!store.writer().flush());
        }
        QVERIFY(!status);
        QCOMPARE(status.error().code(), Errc::Busy);
        vfs.heal();
        QCOMPARE(std::size_t(store.flush().events), taken);
        QVERIFY(store.writer().append(refused)); // what was refused is taken when it comes again
        store.flush();
        QCOMPARE(std::size_t(store.reader()->stats()->events), taken + batch.events.size());
    }

    void aFrameSentAgain_isStoredOnce()
    {
        StoreFixture store;
        wire::EventBatch batch;
        batch.origins.emplace_back();
        batch.events = {execEvent(t0, 1, "/bin/x")};
        const wire::Delivery first = store.frame("node-a", batch);
        QVERIFY(store.writer().append(first));
        QVERIFY(store.writer().append(first));
        store.flush();
        QVERIFY(store.writer().append(first));
        store.reopen();
        QVERIFY(store.writer().append(first));
        store.flush();
        QCOMPARE(eventsIn(store), 1u);
    }

    void flushDue_afterTimeOrAFullChunk()
    {
        StoreFixture store;
        QVERIFY(!store.writer().flushDue());
        store.append("node-a", {execEvent(t0, 1, "/bin/x")});
        QVERIFY(!store.writer().flushDue());
        store.clock.advance(249 * nsPerMs);
        QVERIFY(!store.writer().flushDue());
        store.clock.advance(nsPerMs);
        QVERIFY(store.writer().flushDue());
        store.flush();
        QVERIFY(!store.writer().flushDue());
        std::vector<wire::Event> many(8193, execEvent(t0, 1, "/bin/x"));
        store.append("node-a", many);
        QVERIFY(store.writer().flushDue());
        QVERIFY(store.flush().safe.size() == 1);
        QVERIFY(store.flush().safe.empty());
    }

    void reports_comeBack()
    {
        StoreFixture store;
        wire::AgentState state;
        state.node = "node-a";
        state.state = wire::LinkState::Connected;
        state.agent.kernelRelease = "6.1.0";
        state.heartbeat.producedEvents = 99;
        QVERIFY(store.writer().putAgent(state));
        state.state = wire::LinkState::Gone;
        QVERIFY(store.writer().putAgent(state));
        const wire::LinkNotice notice{t0 + 5, wire::LinkNoticeKind::Refused, "10.0.0.1:4", "", "expired", "The certificate has expired.",
                                      3};
        QVERIFY(store.writer().putLinkNotice(notice));
        const OperatorAction action{t0 + 6, "query", "text=curl", "ada"};
        QVERIFY(store.writer().putAction(action));
        wire::HookReport hooks;
        hooks.timeNs = t0;
        hooks.hooks = {{"tcp", "inet_sock_set_state", wire::HookState::Denied, "", "no capability", 0, 0}};
        QVERIFY(store.writer().append(store.frame("node-a", hooks)));
        hooks.timeNs = t0 + 1;
        QVERIFY(store.writer().append(store.frame("node-a", hooks)));
        store.clock.advance(nsPerSecond);
        QVERIFY(store.writer().flushDue());
        store.flush();
        store.reopen();
        const auto reader = store.reader();
        QVERIFY(*reader->agents() == std::vector<wire::AgentState>{state});
        QVERIFY(*reader->linkNotices(t0, t0 + 6) == std::vector<wire::LinkNotice>{notice});
        QVERIFY(reader->linkNotices(t0 + 6, t0 + 9)->empty());
        QCOMPARE(reader->actions(t0, t0 + 10)->size(), 1u);
        QCOMPARE(reader->actions(t0, t0 + 10)->front().detail, action.detail);
        QVERIFY(*reader->hookReports("node-a") == std::vector<wire::HookReport>{hooks});
        QVERIFY(reader->hookReports("node-b")->empty());
    }

    void retention_byAge()
    {
        StoreFixture store;
        store.maxAgeNs = 3600 * nsPerSecond;
        store.reopen();
        std::vector<EventId> ids;
        for (int hour = 0; hour < 6; ++hour) {
            store.append("node-a", std::vector<wire::Event>(100, execEvent(store.clock.utcNs(), std::uint32_t(hour + 1), "/bin/x")),
                         pod("pod-" + std::to_string(hour)));
            wire::SampleBatch batch;
            batch.timeNs = store.clock.utcNs();
            batch.origins = {pod("pod-" + std::to_string(hour))};
            batch.samples = {{wire::Metric::CpuUsageNs, 0, 0, hour}};
            store.append("node-a", batch);
            store.flush();
            store.clock.advance(1800 * nsPerSecond);
            store.append("node-b", {execEvent(store.clock.utcNs(), 1, "/bin/y")});
            store.flush();
            store.maintainAll();
            store.clock.advance(1);
        }
        const auto reader = store.reader();
        const std::vector<StoredEvent> left = allEvents(*reader, {});
        QCOMPARE(left.size(), 102u); // 100 of 30 minutes ago, one just before, one now; the 100 before are an hour and a nanosecond old
        QCOMPARE(store.writer().stats()->deletedEvents, 606u - 102u);
        QCOMPARE(store.writer().stats()->events, 102u);
        const auto series = reader->series({wire::Metric::CpuUsageNs}, t0, store.clock.utcNs(), 600 * nsPerSecond, {});
        QVERIFY(series && series->size() <= 3);
        QVERIFY(store.writer().resumePoints()->size() == 2);
        store.close();
        const auto verified = verifyStore(store.file(), {});
        QVERIFY(verified && verified->problems.empty());
    }

    void retention_removesEverything_andNumbersGoOn()
    {
        StoreFixture store;
        store.maxAgeNs = 3600 * nsPerSecond;
        store.reopen();
        store.append("node-a", std::vector<wire::Event>(10, execEvent(t0, 1, "/bin/x")));
        store.flush();
        store.clock.advance(100 * 3600 * nsPerSecond);
        store.maintainAll();
        QCOMPARE(store.writer().stats()->events, 0u);
        QCOMPARE(store.writer().stats()->oldestNs, 0);
        store.reopen();
        store.append("node-a", {execEvent(t0, 1, "/bin/x")});
        store.flush();
        QCOMPARE(allEvents(*store.reader(), {}).front().id.row, 11u);
    }

    void retention_bySize()
    {
        StoreFixture store;
        store.maxBytes = 6 << 20;
        store.reopen();
        std::mt19937_64 random(1);
        for (int i = 0; i < 60; ++i) {
            std::vector<wire::Event> events;
            for (std::uint32_t e = 0; e < 8000; ++e)
                events.push_back(execEvent(store.clock.utcNs() + e, e, "/bin/" + std::to_string(random())));
            store.append("node-a", events);
            store.clock.advance(nsPerSecond);
            store.flush();
            store.maintainAll();
        }
        const StoreStats stats = *store.writer().stats();
        QVERIFY2(stats.deletedEvents > 100'000, QByteArray::number(qulonglong(stats.deletedEvents)));
        QVERIFY(stats.events > 20'000);
        QCOMPARE(stats.events + stats.deletedEvents, 480'000u);
        store.close(); // folds the log into the file
        QVERIFY(std::filesystem::file_size(store.file()) <= (7u << 20));
        const auto verified = verifyStore(store.file(), {});
        QVERIFY2(verified && verified->problems.empty(), verified && !verified->problems.empty() ? verified->problems.front().c_str() : "");
    }

    /// A quiet store: chunks are merged for hours, and what is in the oldest was written by others than its newest events.
    void names_stayWhileStoredEventsHaveThem()
    {
        StoreFixture store;
        store.reopen();
        constexpr int times = 300; // 256 chunks become 16, and these one
        for (int i = 0; i < times; ++i) {
            store.append("node-a", {execEvent(store.clock.utcNs(), 1, "/bin/x")}, pod("pod-" + std::to_string(i)));
            store.clock.advance(600 * nsPerSecond);
            store.flush();
            store.maintainAll();
        }
        const auto events = allEvents(*store.reader(), {});
        QCOMPARE(events.size(), std::size_t(times));
        for (const StoredEvent &event : events) {
            QVERIFY(!event.origin.podName.empty());
            QCOMPARE(event.node, std::string("node-a"));
        }
    }

    void names_areForgottenWhenNothingUsesThem()
    {
        StoreFixture store;
        store.maxAgeNs = 3600 * nsPerSecond;
        store.reopen();
        for (int i = 0; i < 200; ++i) {
            const std::string name = "pod-" + std::to_string(i);
            store.append("node-a", {execEvent(store.clock.utcNs(), 1, "/bin/x")}, pod(name));
            wire::SampleBatch batch;
            batch.timeNs = store.clock.utcNs();
            batch.origins = {pod(name)};
            batch.samples = {{wire::Metric::CpuUsageNs, 0, 0, i}};
            store.append("node-a", batch);
            store.clock.advance(300 * nsPerSecond);
            store.flush();
            store.maintainAll();
        }
        sqlite3 *database = nullptr;
        QCOMPARE(sqlite3_open_v2(store.file().c_str(), &database, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
        sqlite3_stmt *query = nullptr;
        QCOMPARE(sqlite3_prepare_v2(database, "SELECT count(*) FROM origin", -1, &query, nullptr), SQLITE_OK);
        QCOMPARE(sqlite3_step(query), SQLITE_ROW);
        QVERIFY(sqlite3_column_int(query, 0) < 70); // 1 h kept, 2 h of grace, 1 h between sweeps, of 16 h
        sqlite3_finalize(query);
        sqlite3_close(database);
        for (const StoredEvent &event : allEvents(*store.reader(), {}))
            QVERIFY(!event.origin.podName.empty());
    }
};

QTEST_APPLESS_MAIN(TestStoreWriter)
#include "tst_storewriter.moc"
