// SPDX-License-Identifier: GPL-3.0-or-later
// Events and figures of the file systems that only containers see, and looks that do not come back.
#include <QtTest>

#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "agent/collect/readers/volumereader.h"
#include "agent/collect/samplers/volumesampler.h"
#include "tests/agent/fakeclock.h"
#include "tests/agent/recordsink.h"
#include "tests/agent/volumebench.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using namespace std::chrono_literals;

namespace {

/// A reader whose looks are done at once.
struct Bench : VolumeBench {
    FakeClock clock;
    bool runs = true;
    std::function<void()> waiting; ///< the look, while it is not to come back
    bool hangs = false;
    std::optional<VolumeLooks> looks;
    std::optional<VolumeReader> reader;
    RecordSink sink;

    explicit Bench(VolumeOptions with = withoutStretching())
    {
        looks.emplace(options(), [this](std::function<void()> work) {
            if (runs && hangs)
                waiting = std::move(work);
            else if (runs)
                work();
            return runs;
        });
        reader.emplace(with, *looks, inventory, clock);
    }
    static VolumeOptions withoutStretching()
    {
        VolumeOptions options;
        options.cpuShare = 0; // what this machine takes is no matter
        return options;
    }
    void read(std::chrono::seconds after = 10s)
    {
        clock.advance(after);
        inventory.refresh();
        reader->read(sink);
    }
    std::vector<wire::FileFailure> told() const { return sink.details<wire::FileFailure>(); }
    wire::Hook hook() const { return reader->hooks().at(0); }
};

} // namespace

class TestVolumeReader : public QObject {
    Q_OBJECT
private slots:
    void aFullOne_isToldWithItsSizeAndCgroup_data()
    {
        QTest::addColumn<quint64>("available");
        QTest::addColumn<quint64>("inodesLeft"); // of 1000
        QTest::addColumn<quint64>("limit");
        QTest::addColumn<bool>("inodes");
        QTest::addColumn<quint64>("left");
        QTest::newRow("no space") << quint64(0) << quint64(500) << quint64(16 * mib) << false << quint64(0);
        QTest::newRow("next to none") << quint64(4096) << quint64(500) << quint64(16 * mib) << false << quint64(4096);
        QTest::newRow("no inode") << quint64(mib) << quint64(0) << quint64(1000) << true << quint64(0);
        QTest::newRow("neither") << quint64(0) << quint64(0) << quint64(16 * mib) << false << quint64(0);
    }
    void aFullOne_isToldWithItsSizeAndCgroup()
    {
        QFETCH(quint64, available);
        QFETCH(quint64, inodesLeft);
        QFETCH(quint64, limit);
        QFETCH(bool, inodes);
        QFETCH(quint64, left);
        Bench bench;
        bench.add("/c", 77, mountRow(60, "8:16", "/data"));
        bench.sizes["8:16"] = volumeOf(16 * mib, available, 1000, inodesLeft);
        bench.read();
        QCOMPARE(bench.told().size(), std::size_t(1));
        QVERIFY(bench.told()[0] == (wire::FileFailure{"/data", "", ENOSPC, 0, 1, limit, inodes, left}));
        const KernelRecord &record = bench.sink.records[0];
        QCOMPARE(record.source, std::string_view("volumes"));
        QCOMPARE(record.cgroupId, bench.inventory.nodes().at(0).v2Id);
        QCOMPARE(record.event.type, wire::EventType::FileFailure);
        QCOMPARE(record.bootNs, std::uint64_t(bench.clock.bootNs()));
        QCOMPARE(bench.reader->counters().counters[Counter::Drained], std::uint64_t(1));
        QCOMPARE(bench.hook().state, wire::HookState::Active);
        QCOMPARE(bench.hook().reason, std::string());
    }

    void aFullOne_isToldAgainOnlyAfterThereWasRoom_data()
    {
        QTest::addColumn<QList<int>>("permille"); // available, at each look; -1 = not there
        QTest::addColumn<int>("events");
        QTest::newRow("stays full") << QList<int>{0, 0, 0, 0} << 1;
        QTest::newRow("a little room") << QList<int>{0, 11, 0, 5, 0} << 1;
        QTest::newRow("room") << QList<int>{0, 12, 0} << 2;
        QTest::newRow("nearly full") << QList<int>{3, 3, 3} << 0;
        QTest::newRow("not found for a moment") << QList<int>{0, -1, 0} << 1;
        QTest::newRow("not there for long") << (QList<int>{0} + QList<int>(8, -1) + QList<int>(13, 0)) << 2;
    }
    void aFullOne_isToldAgainOnlyAfterThereWasRoom()
    {
        QFETCH(QList<int>, permille);
        Bench bench;
        for (const int available : permille) {
            bench.add("/c", 77, available < 0 ? std::string() : mountRow(60, "8:16", "/data"));
            bench.sizes["8:16"] = volumeOf(1000 * mib, std::uint64_t(std::max(available, 0)) * mib);
            bench.read();
        }
        QTEST(int(bench.told().size()), "events");
    }

    void aFullOne_thatSeveralContainersSeeIsToldOnce()
    {
        Bench bench;
        for (int i = 0; i < 3; ++i)
            bench.add("/c" + std::to_string(i), 77 + i, mountRow(60, "0:60", "/shared"));
        bench.sizes["0:60"] = volumeOf(mib, 0);
        bench.read();
        bench.read();
        QCOMPARE(bench.told().size(), std::size_t(1));
    }

    void withoutALimit_nothingIsFull()
    {
        Bench bench;
        bench.add("/c", 77, mountRow(60, "0:60", "/tmp"));
        bench.sizes["0:60"] = volumeOf(0, 0);
        bench.read();
        QVERIFY(bench.told().empty());
    }

    void tooMany_areShed()
    {
        VolumeOptions few = Bench::withoutStretching();
        few.burst = 3;
        Bench bench(few);
        for (int i = 0; i < 5; ++i) {
            const std::string device = "8:" + std::to_string(i);
            bench.add("/c" + std::to_string(i), 77 + i, mountRow(60, device, "/data"));
            bench.sizes[device] = volumeOf(mib, 0);
        }
        bench.read();
        QCOMPARE(bench.told().size(), std::size_t(3));
        QCOMPARE(bench.reader->counters().counters[Counter::Shed], std::uint64_t(2));
        QCOMPARE(bench.reader->counters().counters[Counter::Seen], std::uint64_t(5));
        bench.read();
        QCOMPARE(bench.told().size(), std::size_t(3)); // counted, and not told late
    }

    void looks_areTenSecondsApart_data()
    {
        QTest::addColumn<int>("seconds");
        QTest::addColumn<int>("looks");
        QTest::newRow("nine") << 9 << 1;
        QTest::newRow("ten") << 10 << 2;
    }
    void looks_areTenSecondsApart()
    {
        QFETCH(int, seconds);
        Bench bench;
        bench.add("/c", 77, mountRow(60, "8:16", "/data"));
        bench.read();
        bench.read(std::chrono::seconds(seconds));
        QTEST(int(bench.asked.size()), "looks");
    }

    void looks_thatTakeLongComeLessOften()
    {
        VolumeOptions options;
        options.cpuShare = 100 * nsPerSecond; // whatever it took, that is too much
        Bench bench(options);
        bench.add("/c", 77, mountRow(60, "8:16", "/data"));
        bench.read();
        for (int i = 0; i < 100; ++i)
            bench.read();
        QCOMPARE(bench.asked.size(), std::size_t(2)); // nothing is known of the first one before it
    }

    void aLookThatHangs_isSaidAndNotRepeated()
    {
        Bench bench;
        bench.add("/c", 77, mountRow(60, "8:16", "/da\xFFta"));
        bench.sizes["8:16"] = volumeOf(mib, 0);
        bench.hangs = true;
        bench.read();
        QCOMPARE(bench.hook().state, wire::HookState::Unknown); // it is on its way
        std::string reason;
        for (int i = 0; i < 3; ++i) {
            bench.read();
            QCOMPARE(bench.hook().state, wire::HookState::Failed);
            QVERIFY2(bench.hook().reason.find("has not come back since 2023-11-14 22:13:30 UTC") != std::string::npos,
                     bench.hook().reason.c_str());
            QVERIFY(i == 0 || bench.hook().reason == reason); // a state that changes is sent
            reason = bench.hook().reason;
        }
        QVERIFY(bench.told().empty() && bench.asked.empty());
        bench.hangs = false;
        std::exchange(bench.waiting, nullptr)(); // it comes back
        bench.read(1s);
        QCOMPARE(bench.told().size(), std::size_t(1));
        QCOMPARE(bench.hook().state, wire::HookState::Active);
        bench.read();
        QCOMPARE(bench.asked.size(), std::size_t(2));
    }

    /// On its real thread, where statvfs(3) does not come back.
    void aLookThatHangs_isNotWaitedFor()
    {
        std::array<int, 2> go{};
        QCOMPARE(::pipe(go.data()), 0);
        VolumeBench machine;
        machine.add("/c", 77, mountRow(60, "8:16", "/data"));
        machine.inventory.refresh();
        FakeClock clock;
        auto came = std::make_shared<std::atomic<bool>>(false);
        {
            VolumeScanOptions options;
            options.procRoot = machine.proc();
            options.ask = [fd = go[0], came](int, const MountEntry &, VolumeSize &) {
                char byte = 0;
                *came = ::read(fd, &byte, 1) == 0;
                return EIO;
            };
            VolumeLooks looks(std::move(options));
            VolumeReader reader({}, looks, machine.inventory, clock);
            RecordSink sink;
            reader.read(sink);
            QTRY_VERIFY(looks.running() && looks.running()->at == "/c, /data");
            clock.advance(10s);
            reader.read(sink);
            const std::string reason = reader.hooks().at(0).reason;
            QVERIFY2(reason.ends_with("it is at /c, /data"), reason.c_str());
            QCOMPARE(looks.begin(machine.inventory, clock), VolumeLooks::Began::Busy);
        } // all that began it is gone, and it hangs still
        QVERIFY(!*came);
        ::close(go[1]);
        QTRY_VERIFY(*came);
        ::close(go[0]);
    }

    void aThreadThatCannotBeHad_isSaid()
    {
        Bench bench;
        bench.runs = false;
        bench.read();
        QCOMPARE(bench.hook().state, wire::HookState::Failed);
        QVERIFY(bench.hook().reason.find("no thread") != std::string::npos);
        bench.runs = true;
        bench.read();
        QCOMPARE(bench.hook().state, wire::HookState::Active);
    }

    void whatIsLeftOut_isSaid_data()
    {
        QTest::addColumn<int>("mounts");
        QTest::addColumn<int>("error");
        QTest::addColumn<QString>("remark");
        QTest::newRow("nothing") << 3 << 0 << "";
        QTest::newRow("too many") << 70 << 0 << "6 file systems are not looked at, as there are too many";
        QTest::newRow("a broken one") << 3 << EIO << "1 could not be asked: Input/output error";
        QTest::newRow("too long a list") << 5000 << 0 << "1 lists of mounts are not looked at, or not all of them, as they are too long";
    }
    void whatIsLeftOut_isSaid()
    {
        QFETCH(int, mounts);
        QFETCH(int, error);
        Bench bench;
        std::string rows;
        for (int i = 0; i < mounts; ++i)
            rows += mountRow(100 + i, "8:" + std::to_string(i), "/m" + std::to_string(i));
        bench.add("/c", 77, rows);
        bench.errors["8:1"] = error;
        bench.read();
        QTEST(QString::fromStdString(bench.hook().reason), "remark");
        QCOMPARE(bench.hook().state, wire::HookState::Active);
    }

    void theHostsList_thatCannotBeReadIsSaid()
    {
        Bench bench;
        std::filesystem::remove(bench.proc() / "1/mountinfo");
        bench.read();
        QCOMPARE(bench.hook().state, wire::HookState::Unsupported);
    }

    void aReaderThatComesLater_tellsNothingOfALookBefore()
    {
        Bench bench;
        bench.add("/c", 77, mountRow(60, "8:16", "/data"));
        bench.sizes["8:16"] = volumeOf(mib, 0);
        bench.read();
        bench.hangs = true;
        RecordSink sink;
        VolumeReader later(Bench::withoutStretching(), *bench.looks, bench.inventory, bench.clock);
        later.read(sink);
        QVERIFY(sink.records.empty());
    }

    void figures_areTheContainersAndToldOncePerLook()
    {
        Bench bench;
        const std::string path = "/kubepods/pod0f8e7d6c-5b4a-4321-8765-0123456789ab/" + std::string(64, 'a');
        bench.add(path, 77, mountRow(60, "8:16", "/data") + mountRow(61, "0:61", "/tmp"));
        bench.sizes["8:16"] = {1000, 300, 200, 0, 0, false}; // 100 are kept for root
        bench.sizes["0:61"] = volumeOf(0, 0);                // no limit, no fill level
        OriginResolver resolver({bench.proc(), "/nowhere", "/nowhere"}, bench.inventory, bench.clock);
        VolumeSampler sampler(*bench.looks, resolver);
        const auto sample = [&] {
            SampleWriter writer(bench.clock.utcNs());
            sampler.sample(writer);
            return writer.take();
        };
        QVERIFY(sample().empty());
        bench.read();
        resolver.refresh();
        const auto batches = sample();
        QCOMPARE(batches.size(), std::size_t(1));
        const wire::SampleBatch &batch = batches[0];
        QCOMPARE(batch.samples.size(), std::size_t(2));
        for (const wire::Sample &one : batch.samples) {
            QCOMPARE(batch.origins.at(one.origin).cgroupPath, path);
            QCOMPARE(batch.origins.at(one.origin).containerId, std::string(64, 'a'));
            QCOMPARE(batch.labels.at(one.label), std::string("/data"));
            QCOMPARE(one.value, one.metric == wire::Metric::FilesystemTotalBytes ? 1000 : 700);
        }
        QVERIFY(sample().empty());
        std::filesystem::remove_all(bench.root() / ("cgroup" + path));
        bench.read();
        QVERIFY(sample().empty()); // nobody is there any more
    }
};

QTEST_GUILESS_MAIN(TestVolumeReader)
#include "tst_volumereader.moc"
