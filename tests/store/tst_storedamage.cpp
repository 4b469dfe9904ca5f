// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <sqlite3.h>

#include <fstream>
#include <random>

#include "console/core/store/verify.h"
#include "tests/store/storefixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

/// Damaged files: an error that names the file and what is wrong with it, or the undamaged part; never a crash, never silence.
namespace {

void fill(StoreFixture &store)
{
    for (int i = 0; i < 60; ++i) {
        std::vector<wire::Event> events;
        for (std::uint32_t e = 0; e < 150; ++e)
            events.push_back(e % 2 == 0 ? execEvent(t0 + i * nsPerSecond + e, e + 1, "/bin/x" + std::to_string(e))
                                        : tcpEvent(t0 + i * nsPerSecond + e, 1, 80));
        events.push_back(oddEvents(t0 + i * nsPerSecond)[3]);
        store.append("node-a", events, pod("web"));
        wire::SampleBatch batch;
        batch.timeNs = t0 + i * nsPerSecond;
        batch.origins = {pod("web")};
        batch.samples = {{wire::Metric::CpuUsageNs, 0, 0, i}};
        store.append("node-a", batch);
        store.clock.advance(3 * nsPerSecond);
        store.flush();
    }
    store.maintainAll();
    store.close();
}

void execute(const std::filesystem::path &path, const std::string &sql)
{
    sqlite3 *database = nullptr;
    QCOMPARE(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    char *message = nullptr;
    QVERIFY2(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &message) == SQLITE_OK, message);
    sqlite3_close(database);
}

/// Every kind of query; the first error that is not about what does not exist.
Status useEverything(const std::filesystem::path &file)
{
    const auto reader = StoreReader::open(file);
    if (!reader)
        return fail(reader.error());
    Status first;
    const auto note = [&first](const auto &result) {
        if (!result && first && result.error().code() != Errc::NotFound)
            first = fail(result.error());
    };
    EventQuery query;
    query.limit = 20'000;
    note((*reader)->events(query, {}, {}));
    query.text = "bin/x7";
    note((*reader)->events(query, {}, {}));
    query.text.clear();
    query.filter.minSeverity = wire::Severity::Error;
    query.filter.pods = {"web"};
    note((*reader)->events(query, {}, {}));
    note((*reader)->event({0, 1}));
    note((*reader)->countByType(0, INT64_MAX, nsPerSecond, {}));
    note((*reader)->series({wire::Metric::CpuUsageNs}, t0, t0 + 1000 * nsPerSecond, 60 * nsPerSecond, {}));
    note((*reader)->counters(0, INT64_MAX, {}));
    note((*reader)->agents());
    note((*reader)->hookReports("node-a"));
    note((*reader)->stats());
    return first;
}

} // namespace

class TestStoreDamage : public QObject {
    Q_OBJECT
private slots:
    void damagedRows_data()
    {
        QTest::addColumn<QString>("sql");
        QTest::addColumn<QString>("says");
        QTest::newRow("a chunk's bytes")
            << "UPDATE event_chunk SET data = substr(data, 1, length(data) / 2) || zeroblob(length(data) / 2 + 1) WHERE id = 1"
            << "chunk 1";
        QTest::newRow("a chunk is cut off") << "UPDATE event_chunk SET data = substr(data, 1, length(data) - 30)"
                                            << "chunk 1";
        QTest::newRow("a chunk is empty") << "UPDATE event_chunk SET data = x''"
                                          << "chunk ";
        QTest::newRow("a chunk is a text") << "UPDATE event_chunk SET data = 'hello'"
                                           << "chunk ";
        QTest::newRow("a chunk is missing") << "DELETE FROM event_chunk WHERE id = 1"
                                            << "event_chunk";
        QTest::newRow("another number of events") << "UPDATE event_zone SET n = n - 1 WHERE id = 1"
                                                  << "chunk 1";
        QTest::newRow("a negative number of events") << "UPDATE event_zone SET n = -5"
                                                     << "zone row";
        QTest::newRow("a huge number of events") << "UPDATE event_zone SET n = 9223372036854775807"
                                                 << "zone row";
        QTest::newRow("a negative front") << "UPDATE event_zone SET front = -1"
                                          << "zone row";
        QTest::newRow("a front beyond the chunk") << "UPDATE event_zone SET front = 1 << 40"
                                                  << "";
        QTest::newRow("times turned around") << "UPDATE event_zone SET t0 = t1 + 1"
                                             << "";
        QTest::newRow("type counts are damaged") << "UPDATE event_zone SET type_counts = x'ff'"
                                                 << "zone row";
        QTest::newRow("a severe event that is in no chunk") << "UPDATE event_hot SET event = event + 1000000"
                                                            << "no chunk";
        QTest::newRow("no zone rows") << "DELETE FROM event_zone"
                                      << "no chunk";
        QTest::newRow("a block's bytes") << "UPDATE sample_block SET data = zeroblob(100)"
                                         << "chunk";
        QTest::newRow("a block is cut off") << "UPDATE sample_block SET data = substr(data, 1, 20)"
                                            << "chunk";
        QTest::newRow("recent readings") << "UPDATE sample_recent SET data = zeroblob(10)"
                                         << "chunk";
        QTest::newRow("a slot that does not exist") << "UPDATE series SET slot = 70"
                                                    << "slot";
        QTest::newRow("an agent's state") << "INSERT INTO agent VALUES(1, 1, x'00ff00')"
                                          << "message";
        QTest::newRow("names are gone") << "DELETE FROM origin; DELETE FROM node; DELETE FROM stream"
                                        << "";
    }
    void damagedRows()
    {
        QFETCH(QString, sql);
        QFETCH(QString, says);
        StoreFixture store;
        fill(store);
        execute(store.file(), sql.toStdString());
        const Status status = useEverything(store.file());
        if (says.isEmpty())
            return; // not to crash is enough
        QVERIFY(!status);
        QCOMPARE(status.error().code(), Errc::Corrupt);
        const QString message = QString::fromStdString(status.error().message());
        QVERIFY2(message.contains(QString::fromStdString(store.file().string())) && message.contains(says), qPrintable(message));
        const auto report = verifyStore(store.file(), {});
        QVERIFY(report);
        // A writer opens it nevertheless, or says what is wrong.
        const auto writer = StoreWriter::open(store.options(), store.clock);
        if (writer) {
            for (int i = 0; i < 200; ++i) {
                const Result<bool> more = (*writer)->maintain();
                if (!more || !*more)
                    break;
            }
        } else {
            QCOMPARE(writer.error().code(), Errc::Corrupt);
        }
    }

    void verify_finds_data()
    {
        QTest::addColumn<QString>("sql");
        QTest::addColumn<QString>("says");
        QTest::newRow("nothing in a whole file") << ""
                                                 << "";
        QTest::newRow("a changed byte")
            << "UPDATE event_chunk SET data = CAST(substr(data, 1, 200) || x'5a5b5c5d' || substr(data, 205) AS BLOB) WHERE id = 1"
            << "bytes are not the ones";
        QTest::newRow("a removed chunk") << "DELETE FROM event_zone WHERE id = (SELECT id FROM event_zone ORDER BY id LIMIT 1 OFFSET 1)"
                                         << "are missing";
        QTest::newRow("a removed end") << "DELETE FROM event_zone WHERE id = (SELECT max(id) FROM event_zone)"
                                       << "missing at the end";
        QTest::newRow("a changed hash") << "UPDATE event_zone SET hash = zeroblob(32) WHERE id = 1"
                                        << "hash";
        QTest::newRow("another history") << "UPDATE event_zone SET previous = zeroblob(32) WHERE hash IS NOT NULL AND id > 1"
                                         << "chain of hashes";
        QTest::newRow("a damaged block") << "UPDATE sample_block SET data = x'00'"
                                         << "readings";
    }
    void verify_finds()
    {
        QFETCH(QString, sql);
        QFETCH(QString, says);
        StoreFixture store;
        for (int i = 0; i < 3; ++i) // two that are sealed at once, and one that is not full
            store.append("node-a", std::vector<wire::Event>(i == 2 ? 10 : 8192, execEvent(t0 + i, 1, "/bin/x")));
        store.flush();
        fill(store);
        execute(store.file(), sql.toStdString());
        const auto report = verifyStore(store.file(), {});
        QVERIFY(report);
        QString all;
        for (const std::string &problem : report->problems)
            all += QString::fromStdString(problem) + '\n';
        QVERIFY2(says.isEmpty() ? all.isEmpty() : all.contains(says), qPrintable(all));
        QVERIFY(report->sealedChunks >= 2);
        QCOMPARE(report->lastHash.size(), 64u);
    }

    void verify_canBeCancelled()
    {
        StoreFixture store;
        fill(store);
        std::stop_source source;
        source.request_stop();
        QCOMPARE(verifyStore(store.file(), source.get_token()).error().code(), Errc::Cancelled);
    }

    void aTruncatedFile_data()
    {
        QTest::addColumn<double>("part");
        QTest::newRow("nothing left") << 0.0;
        QTest::newRow("less than a page") << 0.001;
        QTest::newRow("a third") << 0.33;
        QTest::newRow("half") << 0.5;
        QTest::newRow("all but the last pages") << -1.0;
    }
    void aTruncatedFile()
    {
        QFETCH(double, part);
        StoreFixture store;
        fill(store);
        const auto size = std::filesystem::file_size(store.file());
        std::filesystem::resize_file(store.file(),
                                     part < 0 ? size - 2 * 16384 : static_cast<std::uintmax_t>(static_cast<double>(size) * part));
        const Status status = useEverything(store.file());
        QVERIFY(!status);
        QCOMPARE(status.error().code(), Errc::Corrupt);
        QVERIFY(status.error().context().find(store.file().string()) != std::string::npos);
    }

    void flippedBytes_neverCrash()
    {
        StoreFixture store;
        fill(store);
        std::ifstream in(store.file(), std::ios::binary);
        const std::string good((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
        std::mt19937_64 random(11);
        int noticed = 0;
        for (int round = 0; round < 150; ++round) {
            std::string bad = good;
            for (int flips = round % 3 == 0 ? 1 : 80; flips > 0; --flips)
                bad[random() % bad.size()] = static_cast<char>(random());
            std::ofstream(store.file(), std::ios::binary) << bad;
            const Status status = useEverything(store.file());
            if (!status) {
                QVERIFY2(status.error().code() == Errc::Corrupt || status.error().code() == Errc::VersionMismatch,
                         status.error().message().c_str());
                ++noticed;
            }
            const auto writer = StoreWriter::open(store.options(), store.clock);
            if (writer)
                (void)(*writer)->maintain();
            std::filesystem::remove(store.file().string() + "-wal");
        }
        QVERIFY2(noticed > 50, qPrintable(QString::number(noticed)));
    }
};

QTEST_APPLESS_MAIN(TestStoreDamage)
#include "tst_storedamage.moc"
