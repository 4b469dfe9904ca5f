// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <atomic>
#include <random>
#include <thread>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

#include "console/core/store/verify.h"
#include "tests/store/storefixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

/// A store with more than one process or thread at it: writers that are killed, readers beside a writer.
namespace {

constexpr std::uint64_t eventsPerFrame = 64;

wire::Delivery frameOf(std::uint64_t f)
{
    wire::Delivery delivery;
    delivery.node = "node-a";
    delivery.frame.streamId = 5;
    delivery.frame.frameSeq = f;
    wire::EventBatch batch;
    batch.firstSeq = (f - 1) * eventsPerFrame + 1;
    batch.origins = {pod("web")};
    for (std::uint64_t i = 0; i < eventsPerFrame; ++i)
        batch.events.push_back(execEvent(t0 + static_cast<std::int64_t>(batch.firstSeq + i), static_cast<std::uint32_t>(f), "/bin/x"));
    delivery.frame.body = batch;
    return delivery;
}

/// Writes without end, and says through the pipe up to which frame it was told that all is safe.
[[noreturn]] void writeUntilKilled(const StoreOptions &options, int pipe)
{
    const SystemClock clock;
    const auto writer = StoreWriter::open(options, clock);
    if (!writer)
        _exit(1);
    std::uint64_t next = 1;
    const auto points = (*writer)->resumePoints();
    for (const wire::ResumePoint &point : *points)
        next = point.frameSeq + 1;
    for (;;) {
        for (int i = 0; i < 20; ++i) {
            if (!(*writer)->append(frameOf(next++)))
                _exit(2);
        }
        const auto flushed = (*writer)->flush();
        if (!flushed || flushed->safe.empty())
            _exit(3);
        const std::uint64_t safe = flushed->safe.front().frameSeq;
        if (write(pipe, &safe, sizeof safe) != sizeof safe || !(*writer)->maintain())
            _exit(4);
    }
}

std::uint64_t lastReported(int pipe)
{
    std::uint64_t safe = 0;
    for (std::uint64_t value = 0; read(pipe, &value, sizeof value) == sizeof value;)
        safe = value;
    return safe;
}

} // namespace

class TestStoreProcess : public QObject {
    Q_OBJECT
private slots:
    void killedWriters_loseNothingAcknowledged()
    {
        QTemporaryDir folder(folderTemplate());
        StoreOptions options;
        options.file = std::filesystem::path(folder.path().toStdString()) / "session.tapio";
        std::mt19937 random(20);
        std::uint64_t safe = 0;
        for (int kill = 0; kill < 20; ++kill) {
            int pipes[2];
            QCOMPARE(::pipe(pipes), 0);
            const pid_t child = fork();
            if (child == 0) {
                ::close(pipes[0]);
                writeUntilKilled(options, pipes[1]);
            }
            ::close(pipes[1]);
            // It dies some reports later, wherever it is by then.
            std::uint64_t heard = 0;
            for (unsigned reports = 1 + random() % 12; reports > 0; --reports)
                QCOMPARE(::read(pipes[0], &heard, sizeof heard), ssize_t(sizeof heard));
            ::kill(child, SIGKILL);
            int status = 0;
            QCOMPARE(waitpid(child, &status, 0), child);
            QVERIFY(WIFSIGNALED(status));
            safe = std::max({safe, heard, lastReported(pipes[0])});
            ::close(pipes[0]);

            const auto report = verifyStore(options.file, {});
            QVERIFY2(report && report->problems.empty(), report ? "" : report.error().message().c_str());
            QVERIFY2(report->events >= safe * eventsPerFrame,
                     qPrintable(QString("%1 of %2").arg(report->events).arg(safe * eventsPerFrame)));
            QCOMPARE(report->events % eventsPerFrame, 0u);
        }
        const SystemClock clock;
        const auto writer = StoreWriter::open(options, clock);
        QVERIFY(writer);
        QVERIFY((*writer)->resumePoints()->front().frameSeq >= safe);
    }

    void readersBesideAWriter_seeWholeFlushes()
    {
        StoreFixture store;
        store.maxAgeNs = 40 * nsPerSecond;
        store.reopen();
        std::atomic<bool> stop = false;
        std::atomic<int> failures = 0;
        std::atomic<int> pages = 0;
        const auto read = [&](int kind) {
            const auto reader = store.reader();
            std::stop_source source;
            while (!stop) {
                EventQuery query;
                query.limit = 500;
                query.newestFirst = kind == 0;
                if (kind == 2)
                    query.text = "bin/x";
                const auto page = reader->events(query, {}, source.get_token());
                const auto series = reader->series({wire::Metric::CpuUsageNs}, t0, t0 + 1000 * nsPerSecond,
                                                   (kind == 0 ? 60 : 7) * nsPerSecond, source.get_token());
                const auto stats = reader->stats();
                if (!page || !series || !stats || stats->events % eventsPerFrame != 0)
                    ++failures;
                // Neighbours in time are neighbours in sequence: no half flush, nothing twice.
                for (std::size_t i = 1; page && i < page->events.size(); ++i) {
                    const std::uint64_t a = page->events[i - 1].seq;
                    const std::uint64_t b = page->events[i].seq;
                    if (kind == 0 ? a != b + 1 : a + 1 != b)
                        ++failures;
                }
                ++pages;
            }
        };
        std::thread threads[] = {std::thread(read, 0), std::thread(read, 1), std::thread(read, 2)};
        for (std::uint64_t f = 1; f <= 400 || pages < 30; ++f) {
            QVERIFY(store.writer().append(frameOf(f)));
            wire::SampleBatch batch;
            batch.timeNs = store.clock.utcNs();
            batch.origins = {pod("web")};
            batch.samples = {{wire::Metric::CpuUsageNs, 0, 0, static_cast<std::int64_t>(f)}};
            store.append("node-b", batch);
            store.clock.advance(nsPerSecond / 2);
            store.flush();
            QVERIFY(store.writer().maintain());
        }
        stop = true;
        for (std::thread &thread : threads)
            thread.join();
        QCOMPARE(failures.load(), 0);
        QVERIFY(store.writer().stats()->deletedEvents > 0);
    }

    void cancelling_fromAnotherThread()
    {
        StoreFixture store;
        for (std::uint64_t f = 1; f <= 600; ++f)
            QVERIFY(store.writer().append(frameOf(f)));
        store.flush();
        const auto reader = store.reader();
        std::stop_source source;
        reader->setProgress([&](std::uint64_t, std::uint64_t) {
            if (!source.stop_requested())
                std::thread([&] { source.request_stop(); }).join();
        });
        EventQuery query;
        query.text = "x --port 999999";
        const auto page = reader->events(query, {}, source.get_token());
        QVERIFY(!page);
        QCOMPARE(page.error().code(), Errc::Cancelled);
    }
};

QTEST_APPLESS_MAIN(TestStoreProcess)
#include "tst_storeprocess.moc"
