// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <map>
#include <random>

#include "console/core/store/verify.h"
#include "tests/store/faultvfs.h"
#include "tests/store/storefixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

/// The power goes at a random write; what a flush had called safe must be there afterwards.
namespace {

class Harness {
public:
    explicit Harness(std::uint64_t seed) : m_random(seed) {}

    /// Writes until the power goes, or for `steps`.
    void run(std::size_t steps)
    {
        open();
        for (std::size_t step = 0; step < steps && !vfs.dead(); ++step) {
            if (!m_writer && !open())
                continue;
            feed(); // what was buffered at a close was never acknowledged, and its frames come again
            switch (pick(12)) {
            case 0: m_writer.reset(); break; // a clean close: checkpoint, and the log is deleted
            case 1: maintain(); break;
            default: flush(); break;
            }
            clock.advance(static_cast<std::int64_t>(pick(40)) * nsPerSecond);
        }
        m_writer.reset();
    }

    bool open()
    {
        StoreOptions options;
        options.file = std::filesystem::path(folder.path().toStdString()) / "session.tapio";
        options.vfs = vfs.name();
        options.maxAgeNs = 1200 * nsPerSecond;
        Result<std::unique_ptr<StoreWriter>> opened = StoreWriter::open(options, clock);
        if (!opened)
            return false;
        m_writer = std::move(*opened);
        m_frame = 1;
        const auto points = m_writer->resumePoints();
        for (const wire::ResumePoint &point : *points)
            m_frame = point.frameSeq + 1;
        return true;
    }

    /// Frame f has the events 3 f .. 3 f + 2 in even frames, and the sample f in odd ones.
    static wire::Delivery frameOf(std::uint64_t f, std::int64_t timeNs)
    {
        wire::Delivery delivery;
        delivery.node = "node-a";
        delivery.frame.streamId = 1;
        delivery.frame.frameSeq = f;
        if (f % 2 == 0) {
            wire::EventBatch batch;
            batch.firstSeq = 3 * f;
            batch.origins = {pod("pod-" + std::to_string(f % 5))};
            for (std::uint32_t i = 0; i < 3; ++i) {
                batch.events.push_back(execEvent(t0 + static_cast<std::int64_t>(3 * f + i), static_cast<std::uint32_t>(f),
                                                 "/bin/x" + std::to_string(f * 7919)));
                batch.events.back().severity = i == 2 ? wire::Severity::Error : wire::Severity::Info;
            }
            delivery.frame.body = batch;
        } else {
            wire::SampleBatch batch;
            batch.timeNs = timeNs;
            batch.origins = {pod("pod-s")};
            batch.samples = {{wire::Metric::CpuUsageNs, 0, 0, static_cast<std::int64_t>(f)}};
            delivery.frame.body = batch;
        }
        return delivery;
    }

    void feed()
    {
        for (std::size_t n = 1 + pick(pick(8) == 0 ? 3000 : 20); n > 0; --n) {
            m_sampleTimes[m_frame] = clock.utcNs() + static_cast<std::int64_t>(n);
            if (m_writer->append(frameOf(m_frame, m_sampleTimes[m_frame])))
                ++m_frame;
        }
    }
    void flush()
    {
        const Result<FlushResult> flushed = m_writer->flush();
        if (flushed && !flushed->safe.empty())
            acknowledged = flushed->safe.front().frameSeq;
    }
    void maintain()
    {
        for (Result<bool> more = true; more && *more;)
            more = m_writer->maintain();
    }
    std::size_t pick(std::size_t below) { return static_cast<std::size_t>(m_random() % below); }

    FakeClock clock;
    FaultVfs vfs;
    QTemporaryDir folder{folderTemplate()};
    std::uint64_t acknowledged = 0;

private:
    std::mt19937_64 m_random;
    std::unique_ptr<StoreWriter> m_writer;
    std::uint64_t m_frame = 1;
    std::map<std::uint64_t, std::int64_t> m_sampleTimes;
};

} // namespace

class TestStorePower : public QObject {
    Q_OBJECT

    /// Everything up to `acknowledged` is in the file, and the file is whole. Age-based retention may have taken the oldest.
    void check(const std::filesystem::path &file, std::uint64_t acknowledged, const FakeClock &clock)
    {
        StoreOptions options;
        options.file = file;
        const Result<std::unique_ptr<StoreWriter>> writer = StoreWriter::open(options, clock);
        QVERIFY2(writer, writer ? "" : writer.error().message().c_str());
        const Result<VerifyReport> report = verifyStore(file, {});
        QVERIFY2(report, report ? "" : report.error().message().c_str());
        QVERIFY2(report->problems.empty(), report->problems.empty() ? "" : report->problems.front().c_str());
        std::uint64_t safe = 0;
        const auto points = (*writer)->resumePoints();
        for (const wire::ResumePoint &point : *points)
            safe = point.frameSeq;
        QVERIFY2(safe >= acknowledged, qPrintable(QString("%1 < %2").arg(safe).arg(acknowledged)));

        EventQuery query;
        query.newestFirst = false;
        query.limit = 10'000;
        const auto reader = StoreReader::open(file);
        QVERIFY(reader);
        std::uint64_t next = 0;
        for (const StoredEvent &event : allEvents(**reader, query)) {
            if (next != 0 && event.seq != next)
                QCOMPARE(event.seq, next + 3); // the frame between has a sample
            const wire::Delivery frame = Harness::frameOf(event.seq / 3, 0);
            wire::Event wanted = std::get<wire::EventBatch>(frame.frame.body).events[event.seq % 3];
            QVERIFY(event.event == wanted);
            next = event.seq + 1;
        }
        const std::uint64_t lastEventFrame = safe - safe % 2;
        QVERIFY2(lastEventFrame == 0 || next == 0 || next == 3 * lastEventFrame + 3,
                 qPrintable(QString("%1 of %2").arg(next).arg(3 * lastEventFrame + 3)));
        query.filter.minSeverity = wire::Severity::Error;
        const std::size_t events = (*reader)->stats()->events;
        QCOMPARE(allEvents(**reader, query).size(), events / 3);

        const auto series = (*reader)->series({wire::Metric::CpuUsageNs}, t0, t0 + 100'000 * nsPerSecond, 1000 * nsPerSecond, {});
        QVERIFY2(series, series ? "" : series.error().message().c_str());
        std::int64_t lastValue = 0;
        for (const SeriesData &data : *series) {
            for (const SeriesBucket &bucket : data.buckets)
                lastValue = bucket.n != 0 ? std::max(lastValue, bucket.maximum) : lastValue;
        }
        const auto lastSampleFrame = static_cast<std::int64_t>(safe % 2 == 1 ? safe : safe - std::min<std::uint64_t>(safe, 1));
        QVERIFY(series->empty() || lastValue == lastSampleFrame);
    }

private slots:
    void powerLoss_takesNothingAcknowledged_data()
    {
        QTest::addColumn<int>("firstSeed");
        for (int block = 0; block < 12; ++block)
            QTest::addRow("power cuts %d to %d", block * 20, block * 20 + 19) << block * 20;
    }
    void powerLoss_takesNothingAcknowledged()
    {
        QFETCH(int, firstSeed);
        for (int seed = firstSeed; seed < firstSeed + 20; ++seed) {
            Harness harness(static_cast<std::uint64_t>(seed));
            harness.vfs.cutPowerAfter(1 + harness.pick(harness.pick(3) == 0 ? 60 : 600));
            harness.run(60);
            QTemporaryDir after(folderTemplate());
            const std::filesystem::path folder = after.path().toStdString();
            harness.vfs.writeSurvivors(folder, static_cast<std::uint64_t>(seed));
            check(folder / "session.tapio", harness.acknowledged, harness.clock);
            if (QTest::currentTestFailed())
                QFAIL(qPrintable(
                    QString("seed %1, died: %2, operations %3").arg(seed).arg(harness.vfs.dead()).arg(harness.vfs.operations())));
        }
    }
};

QTEST_APPLESS_MAIN(TestStorePower)
#include "tst_storepower.moc"
