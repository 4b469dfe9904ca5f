// SPDX-License-Identifier: GPL-3.0-or-later
// Events that were sent before it was known whose they are.
#include <QtTest>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>

#include "agent/pipeline/pipeline.h"
#include "tests/agent/fakeclock.h"
#include "tests/agent/fakes.h"
#include "tests/agent/fixtures.h"
#include "tests/agent/publishbench.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
namespace fs = std::filesystem;

namespace {

OriginPtr origin(std::uint64_t id, wire::Attribution attribution, const std::string &path = {}, const std::string &pod = {})
{
    auto made = std::make_shared<wire::Origin>();
    made->cgroupId = id;
    made->attribution = attribution;
    made->cgroupPath = path;
    made->podName = pod;
    if (!path.empty())
        made->containerId = containerId;
    return made;
}

/// A pipeline over cgroups and log folders that the test makes.
struct Bench {
    QTemporaryDir folder;
    fs::path root{folder.path().toStdString()};
    FakeClock clock;
    RecordingOutlet outlet;
    CgroupInventory inventory{prepared(root), 100};
    OriginResolver resolver{{root / "proc", root / "pods", root / "containers"}, inventory, clock};
    BootTime bootTime{clock};
    Pipeline pipeline{"node-1", {}, resolver, bootTime, clock, outlet};

    Bench()
    {
        resolver.setListener([this](std::uint64_t id, const OriginPtr &better) { pipeline.onBetterOrigin(id, better); });
        resolver.refresh();
    }
    static fs::path prepared(const fs::path &root)
    {
        fs::create_directories(root / "cgroup");
        std::ofstream(root / "cgroup/cgroup.controllers") << "cpu\n";
        return root / "cgroup";
    }
    std::uint64_t makeContainer()
    {
        const std::string path = (root / "cgroup").native() + "/kubepods/pod" + podUid + "/" + containerId;
        fs::create_directories(path);
        struct stat status {};
        return stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
    }
    void namePod() { fs::create_directories(root / "pods" / ("shop_cart_" + podUid)); }
    void feed(std::uint64_t cgroupId)
    {
        KernelRecord record;
        record.source = "process";
        record.cgroupId = cgroupId;
        record.bootNs = record.drainedBootNs = static_cast<std::uint64_t>(clock.bootNs());
        record.event.type = wire::EventType::ProcessExit;
        record.event.detail = wire::ProcessExit{};
        pipeline.onRecord(std::move(record));
    }
    void second()
    {
        clock.advance(std::chrono::seconds(1));
        resolver.refresh();
        pipeline.tick();
        pipeline.flush();
    }
    /// All amendments that went out, with their origins.
    struct Told {
        wire::OriginAmendment amendment;
        wire::Origin was, now;
    };
    std::vector<Told> told() const
    {
        std::vector<Told> all;
        for (const wire::EventBatch &batch : outlet.events()) {
            for (const wire::OriginAmendment &one : batch.amendments)
                all.push_back({one, batch.origins.at(one.was), batch.origins.at(one.now)});
        }
        return all;
    }
    CounterSet counters() const
    {
        for (const wire::SourceCounters &source : pipeline.counters({})) {
            if (source.source == wire::amendmentsSource)
                return source.counters;
        }
        return {};
    }
};

} // namespace

class TestAmendments : public QObject {
    Q_OBJECT
private slots:
    void cgroupFoundLater_amendsItsEvents()
    {
        Bench bench;
        const std::uint64_t id = bench.makeContainer();
        bench.feed(id);             // a walk was just made, and another one is not allowed yet
        bench.feed(1);
        bench.feed(id);
        bench.pipeline.flush();
        const auto first = bench.outlet.events().at(0);
        QCOMPARE(first.origins.at(first.events.at(0).origin).attribution, wire::Attribution::Unknown);
        bench.namePod();
        bench.second();
        const auto told = bench.told();
        QCOMPARE(told.size(), std::size_t(1));
        QCOMPARE(told[0].amendment.firstSeq, 1u);
        QCOMPARE(told[0].amendment.lastSeq, 3u);
        QCOMPARE(told[0].amendment.events, 2u);
        QVERIFY(told[0].was == first.origins.at(first.events.at(0).origin));
        QCOMPARE(told[0].now.podName, std::string("cart"));
        QCOMPARE(told[0].now.attribution, wire::Attribution::Live);
        bench.second();
        QCOMPARE(bench.told().size(), std::size_t(1));      // said once
        QCOMPARE(bench.counters()[Counter::Seen], 1u);
        QCOMPARE(bench.counters()[Counter::QDrop], 0u);
    }

    void namesThatComeLater_amendStepByStep()
    {
        Bench bench;
        const std::uint64_t id = bench.makeContainer();
        bench.clock.advance(std::chrono::seconds(1));
        bench.feed(id);
        bench.pipeline.flush();
        bench.namePod();
        bench.second();
        QCOMPARE(bench.told().size(), std::size_t(1));
        QCOMPARE(bench.told()[0].was.podName, std::string());
        fs::create_directories(bench.root / "containers");
        std::ofstream(bench.root / "containers" / ("cart_shop_app-" + containerId + ".log"));
        bench.second();
        bench.second();
        const auto told = bench.told();
        QCOMPARE(told.size(), std::size_t(2));
        QVERIFY(told[1].was == told[0].now);
        QCOMPARE(told[1].now.containerName, std::string("app"));
        QCOMPARE(told[1].amendment.firstSeq, 1u);
        QCOMPARE(told[1].amendment.lastSeq, 1u);
    }

    void refusedBatch_keepsItsAmendments()
    {
        Bench bench;
        const std::uint64_t id = bench.makeContainer();
        bench.feed(id);
        bench.pipeline.flush();
        bench.namePod();
        bench.outlet.full = true;
        bench.second();
        QVERIFY(bench.told().empty());
        bench.outlet.full = false;
        bench.clock.advance(std::chrono::seconds(1));
        bench.pipeline.tick();
        QCOMPARE(bench.told().size(), std::size_t(1));
        QCOMPARE(bench.told()[0].now.podName, std::string("cart"));
        QVERIFY(bench.outlet.events().back().events.empty());
    }

    void ledger_amendsOnlyWhatItIsAbout_data()
    {
        using enum wire::Attribution;
        QTest::addColumn<wire::Attribution>("was");
        QTest::addColumn<QString>("wasPath");
        QTest::addColumn<QString>("wasPod");
        QTest::addColumn<QString>("nowPath");
        QTest::addColumn<QString>("nowPod");
        QTest::addColumn<bool>("amended");
        QTest::newRow("unknown, now found") << Unknown << "" << "" << "/a" << "" << true;
        QTest::newRow("a guess at another path") << Inferred << "/b" << "" << "/a" << "" << true;
        QTest::newRow("found, now named") << Live << "/a" << "" << "/a" << "p" << true;
        QTest::newRow("found, nothing new") << Live << "/a" << "p" << "/a" << "p" << false;
        QTest::newRow("named, and now less") << Live << "/a" << "p" << "/a" << "" << false;
        QTest::newRow("another cgroup with the same id") << Live << "/b" << "" << "/a" << "p" << false;
    }
    void ledger_amendsOnlyWhatItIsAbout()
    {
        QFETCH(wire::Attribution, was);
        QFETCH(QString, wasPath);
        QFETCH(QString, wasPod);
        QFETCH(QString, nowPath);
        QFETCH(QString, nowPod);
        AmendmentLedger ledger;
        ledger.note(origin(7, was, wasPath.toStdString(), wasPod.toStdString()), 5, 1);
        const auto due = ledger.improve(7, origin(7, wire::Attribution::Live, nowPath.toStdString(), nowPod.toStdString()), true, 2);
        QTEST(!due.empty(), "amended");
        QVERIFY(ledger.improve(8, origin(8, wire::Attribution::Live, "/c"), true, 2).empty());
    }

    void ledger_isBounded()
    {
        AmendmentLedger ledger;
        for (std::uint64_t i = 0; i < 100'000; ++i)
            ledger.note(origin(1000 + i, wire::Attribution::Unknown), i, 1);
        QCOMPARE(ledger.size(), AmendmentLedger::mostEntries);
        QVERIFY(ledger.improve(1000, origin(1000, wire::Attribution::Live, "/x"), true, 1).empty());
        QCOMPARE(ledger.improve(100'999, origin(100'999, wire::Attribution::Live, "/x"), true, 1).size(), std::size_t(1));
        ledger.note(origin(5, wire::Attribution::Unknown), 1, 16 * 60 * nsPerSecond);
        QCOMPARE(ledger.size(), std::size_t(1));        // nobody looks back so far
    }

    void publisher_countsAmendmentsAndGivesThemNumbers()
    {
        PublishBench bench;
        bench.connect();
        auto batch = bench.batch(2);
        auto &events = std::get<wire::EventBatch>(batch.body);
        events.origins.resize(2);
        events.amendments = {{0, 1, 1, 2, 2}};
        bench.session.take(std::move(batch));
        wire::EventBatch alone;
        alone.firstSeq = bench.nextSeq;
        alone.origins.resize(2);
        alone.amendments = {{0, 1, 1, 2, 2}, {1, 0, 1, 1, 1}};
        bench.session.take({std::move(alone), {}});
        bench.session.step(std::chrono::milliseconds(0));
        const auto frames = bench.heard<wire::Frame>();
        QCOMPARE(frames.size(), std::size_t(2));
        QCOMPARE(std::get<wire::EventBatch>(frames[1].body).amendments.size(), std::size_t(2));
        bench.ack(2);
        const CounterSet counters = bench.counters(wire::amendmentsSource);
        QCOMPARE(counters[Counter::Sent], 3u);
        QCOMPARE(counters[Counter::Acked], 3u);
        QCOMPARE(bench.session.status().producedEvents, 2u);
        QCOMPARE(bench.session.status().droppedEvents, 0u);
    }
};

QTEST_APPLESS_MAIN(TestAmendments)
#include "tst_amendments.moc"
