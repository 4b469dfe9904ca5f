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
    Pipeline pipeline;

    explicit Bench(BatchLimits limits = {}) : pipeline("node-1", limits, resolver, bootTime, clock, outlet) { resolver.refresh(); }
    static fs::path prepared(const fs::path &root)
    {
        fs::create_directories(root / "cgroup");
        std::ofstream(root / "cgroup/cgroup.controllers") << "cpu\n";
        return root / "cgroup";
    }
    std::uint64_t makeContainer(int number = 0)
    {
        std::string container = containerId;
        container.back() = static_cast<char>('0' + number);
        const std::string path = (root / "cgroup").native() + "/kubepods/pod" + podUid + "/" + (number == 0 ? containerId : container);
        fs::create_directories(path);
        struct stat status {};
        return stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
    }
    void namePod() { fs::create_directories(root / "pods" / ("shop_cart_" + podUid)); }
    void feed(std::uint64_t cgroupId, std::uint64_t memoryId = 0, CgroupHierarchy hierarchy = CgroupHierarchy::Either)
    {
        KernelRecord record;
        record.memoryCgroupId = memoryId;
        record.hierarchy = hierarchy;
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
        pipeline.amend();
        pipeline.tick();
        pipeline.flush();
    }
    /// All amendments that went out, with their origins.
    struct Told {
        wire::OriginAmendment amendment;
        wire::Origin was, told, now;
    };
    std::vector<Told> told() const
    {
        std::vector<Told> all;
        for (const wire::EventBatch &batch : outlet.events()) {
            for (const wire::OriginAmendment &one : batch.amendments)
                all.push_back({one, batch.origins.at(one.was), batch.origins.at(one.told), batch.origins.at(one.now)});
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
        bench.feed(id); // a walk was just made, and another one is not allowed yet
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
        QVERIFY(told[0].told == told[0].was);
        QVERIFY(told[0].was == first.origins.at(first.events.at(0).origin));
        QCOMPARE(told[0].now.podName, std::string("cart"));
        QCOMPARE(told[0].now.attribution, wire::Attribution::Live);
        bench.second();
        QCOMPARE(bench.told().size(), std::size_t(1)); // said once
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
        QVERIFY(told[1].was == told[0].was);
        QVERIFY(told[1].told == told[0].now);
        QCOMPARE(told[1].now.containerName, std::string("app"));
        QCOMPARE(told[1].amendment.firstSeq, 1u);
        QCOMPARE(told[1].amendment.lastSeq, 1u);
        // All names are there: that nobody tells the image is nothing to wait for.
        bench.feed(id);
        for (int i = 0; i < 61; ++i)
            bench.second();
        QCOMPARE(bench.told().size(), std::size_t(2));
        QCOMPARE(bench.pipeline.unlearnt(), AmendmentLedger::Totals());
    }

    /// The container is gone when its names appear: what the kernel noted is all that there was to go by.
    void goneContainer_isAmendedWhenItsPodIsNamed()
    {
        Bench bench;
        const std::string path = "/kubepods/pod" + podUid + "/" + containerId;
        bench.resolver.setBirth([&](std::uint64_t id, bool isV1) { return id == 4711 && !isV1 ? std::optional(path) : std::nullopt; });
        bench.feed(4711);
        bench.pipeline.flush();
        QCOMPARE(bench.outlet.events().at(0).origins.at(0).podName, std::string());
        for (int i = 0; i < 20; ++i)
            bench.second();
        QVERIFY(bench.told().empty());
        bench.namePod();
        bench.second();
        QCOMPARE(bench.told().size(), std::size_t(1));
        QCOMPARE(bench.told()[0].now.podName, std::string("cart"));
        QCOMPARE(bench.told()[0].now.attribution, wire::Attribution::Cached);
        QCOMPARE(bench.pipeline.unlearnt(), AmendmentLedger::Totals());
    }

    /// A hybrid node: v2's hierarchy names a service, or nothing, and v1's the container.
    void memoryHierarchy_isAskedAgainToo()
    {
        Bench bench;
        const std::string path = "/kubepods/pod" + podUid + "/" + containerId;
        bool isKnown = false;
        bench.resolver.setBirth(
            [&](std::uint64_t id, bool isV1) { return isKnown && id == 99 && isV1 ? std::optional(path) : std::nullopt; });
        bench.feed(55, 99);
        isKnown = true;
        bench.feed(99, 0, CgroupHierarchy::Memory); // now it is noted as gone, by that id
        bench.pipeline.amend();
        bench.pipeline.flush();
        const auto told = bench.told();
        QCOMPARE(told.size(), std::size_t(1));
        QCOMPARE(told[0].was.cgroupId, 55u);
        QCOMPARE(told[0].was.attribution, wire::Attribution::Unknown);
        QCOMPARE(told[0].now.containerId, containerId);
        QCOMPARE(told[0].amendment.lastSeq, 1u);
    }

    /// Programs in the kernel, readers of files and the agent itself know one cgroup by different ids.
    void collectorsThatKnowACgroupDifferently_areAmendedTogether()
    {
        Bench bench;
        const std::uint64_t id = bench.makeContainer();
        bench.clock.advance(std::chrono::seconds(1));
        bench.feed(id, 0, CgroupHierarchy::V2); // oom_kill
        bench.feed(id);                         // memory.events
        const OriginPtr about = bench.resolver.resolve(id);
        bench.pipeline.announce({}, {}, about, {id, 0, CgroupHierarchy::V2});
        bench.pipeline.announce({}, {}, about);
        bench.pipeline.flush();
        QCOMPARE(bench.outlet.events().at(0).origins.size(), std::size_t(1));
        bench.namePod();
        bench.second();
        const auto told = bench.told();
        QCOMPARE(told.size(), std::size_t(1));
        QCOMPARE(told[0].now.podName, std::string("cart"));
        QCOMPARE(told[0].amendment.events, 4u);
        QCOMPARE(told[0].amendment.lastSeq, 4u);
    }

    void noticeAlone_isAmended()
    {
        Bench bench;
        const std::uint64_t id = bench.makeContainer();
        bench.clock.advance(std::chrono::seconds(1));
        bench.pipeline.announce({}, {}, bench.resolver.resolve(id), {id, 0, CgroupHierarchy::V2});
        bench.namePod();
        bench.second();
        QCOMPARE(bench.told().size(), std::size_t(1));
    }

    void afterPatience_nothingIsAmended()
    {
        Bench bench;
        const std::uint64_t id = bench.makeContainer();
        bench.clock.advance(std::chrono::seconds(1));
        bench.feed(id);
        for (int i = 0; i < 61; ++i)
            bench.second();
        QCOMPARE(bench.pipeline.unlearnt().outOfTime, 1u);
        bench.namePod();
        bench.second();
        QVERIFY(bench.told().empty());
        bench.feed(id); // and who comes later has the name
        bench.pipeline.flush();
        QCOMPARE(bench.outlet.events().back().origins.at(0).podName, std::string("cart"));
    }

    void amendments_comeBehindTheirEvents()
    {
        Bench bench({4, 1u << 20, std::chrono::milliseconds(100)});
        std::vector<std::uint64_t> ids;
        for (int i = 0; i < 9; ++i) {
            ids.push_back(bench.makeContainer(i));
            bench.feed(ids.back());
        }
        bench.namePod();
        bench.second();
        std::uint64_t sent = 0;
        std::size_t told = 0;
        for (const wire::EventBatch &batch : bench.outlet.events()) {
            QCOMPARE(batch.firstSeq, sent + 1);
            sent += batch.events.size();
            for (const wire::OriginAmendment &one : batch.amendments) {
                QVERIFY(one.lastSeq <= sent);
                ++told;
            }
        }
        QCOMPARE(sent, 9u);
        QCOMPARE(told, std::size_t(9));
    }

    void refusedBatch_losesItsAmendmentsCounted()
    {
        Bench bench;
        const std::uint64_t id = bench.makeContainer();
        bench.feed(id);
        bench.pipeline.flush();
        bench.namePod();
        bench.outlet.full = true;
        bench.second();
        bench.outlet.full = false;
        bench.second();
        QVERIFY(bench.told().empty());
        QCOMPARE(bench.counters()[Counter::Seen], 1u);
        QCOMPARE(bench.counters()[Counter::QDrop], 1u);
        QCOMPARE(bench.counters().missing(), 1u);
    }

    void better_data()
    {
        using enum wire::Attribution;
        QTest::addColumn<wire::Attribution>("was");
        QTest::addColumn<QString>("wasPath");
        QTest::addColumn<QString>("wasPod");
        QTest::addColumn<wire::Attribution>("now");
        QTest::addColumn<QString>("nowPath");
        QTest::addColumn<QString>("nowPod");
        QTest::addColumn<bool>("better");
        QTest::newRow("unknown, now found") << Unknown << ""
                                            << "" << Live << "/a"
                                            << "" << true;
        QTest::newRow("unknown, now guessed") << Unknown << ""
                                              << "" << Inferred << "/a"
                                              << "" << true;
        QTest::newRow("a guess at another path") << Inferred << "/b"
                                                 << "" << Live << "/a"
                                                 << "" << true;
        QTest::newRow("a guess, another guess") << Inferred << "/b"
                                                << "" << Inferred << "/a"
                                                << "" << false;
        QTest::newRow("sure, and now a guess that names more") << Live << "/a"
                                                               << "" << Inferred << "/a"
                                                               << "p" << false;
        QTest::newRow("found, now named") << Live << "/a"
                                          << "" << Cached << "/a"
                                          << "p" << true;
        QTest::newRow("found, nothing new") << Live << "/a"
                                            << "p" << Live << "/a"
                                            << "p" << false;
        QTest::newRow("live, now gone") << Live << "/a"
                                        << "p" << Cached << "/a"
                                        << "p" << false;
        QTest::newRow("named, and now less") << Live << "/a"
                                             << "p" << Live << "/a"
                                             << "" << false;
        QTest::newRow("another cgroup with the same id") << Live << "/b"
                                                         << "" << Live << "/a"
                                                         << "p" << false;
    }
    void better()
    {
        QFETCH(wire::Attribution, was);
        QFETCH(QString, wasPath);
        QFETCH(QString, wasPod);
        QFETCH(wire::Attribution, now);
        QFETCH(QString, nowPath);
        QFETCH(QString, nowPod);
        QTEST(isBetter(*origin(7, now, nowPath.toStdString(), nowPod.toStdString()),
                       *origin(7, was, wasPath.toStdString(), wasPod.toStdString())),
              "better");
    }

    void ledger_isBoundedAndCountsWhatGoes()
    {
        using enum wire::Attribution;
        AmendmentLedger ledger;
        constexpr std::uint64_t many = 100'000;
        for (std::uint64_t i = 0; i < many; ++i) {
            ledger.note({1000 + i}, origin(1000 + i, Unknown), i + 1, 1);
            QVERIFY(ledger.size() <= 2 * AmendmentLedger::mostEntries);
        }
        QCOMPARE(ledger.totals().outOfRoom, many - ledger.size());
        const auto find = [](const CgroupRef &cgroup) { return AmendmentLedger::Known{origin(cgroup.cgroupId, Live, "/x"), false}; };
        const std::size_t before = ledger.size();
        const auto told = ledger.learn(find);
        QCOMPARE(told.size(), before); // the newest; of the first nothing is left
        QCOMPARE(told.front().firstSeq, many - before + 1);
        QCOMPARE(told.back().lastSeq, many);
        QCOMPARE(ledger.size(), std::size_t(0));
        QVERIFY(ledger.learn(find).empty());
        QCOMPARE(ledger.totals().outOfTime, 0u);
    }

    /// On a hybrid node one id of v2 may stand for several containers, which v1's tell apart; an amendment cannot.
    void ledger_doesNotMixCgroupsThatLookTheSame()
    {
        using enum wire::Attribution;
        AmendmentLedger ledger;
        ledger.note({5, 100}, origin(5, Unknown), 1, 1);
        ledger.note({5, 101}, origin(5, Unknown), 2, 1);
        ledger.note({6, 100}, origin(6, Unknown), 3, 1);
        const auto told = ledger.learn([](const CgroupRef &cgroup) {
            return AmendmentLedger::Known{origin(cgroup.memoryId, Live, "/x"), false};
        });
        QCOMPARE(told.size(), std::size_t(1));
        QCOMPARE(told[0].firstSeq, 3u);
        ledger.age(100 * nsPerSecond);
        QCOMPARE(ledger.totals(), (AmendmentLedger::Totals{1, 0}));
    }

    void ledger_amendsWhatAllReferencesAgreeOn_data()
    {
        using enum CgroupHierarchy;
        using enum wire::Attribution;
        QTest::addColumn<wire::Attribution>("was");
        QTest::addColumn<QList<int>>("memoryIds"); // references that differ in it; -1 = one without any id
        QTest::addColumn<bool>("amended");
        // The resolver knows 1 to 9 as one container, 10 to 19 as another, and no other ones.
        QTest::newRow("one") << Live << QList<int>{1} << true;
        QTest::newRow("four that are the same") << Live << QList<int>{1, 2, 3, 4, 1, 2} << true;
        QTest::newRow("five are too many") << Live << QList<int>{1, 2, 3, 4, 5} << false;
        QTest::newRow("two that differ") << Live << QList<int>{1, 10} << false;
        QTest::newRow("two that differ, last") << Live << QList<int>{1, 2, 10} << false;
        QTest::newRow("one without an id") << Live << QList<int>{-1, 1, -1} << true;
        QTest::newRow("none but without an id") << Live << QList<int>{-1} << false;
        QTest::newRow("one that nobody knows") << Live << QList<int>{30, 1, 31} << true;
        QTest::newRow("none that anybody knows") << Live << QList<int>{30, 31} << false;
        QTest::newRow("a guess") << Unknown << QList<int>{1, 2} << true;
        QTest::newRow("a guess, and one that nobody knows: it may be another cgroup") << Unknown << QList<int>{1, 30} << false;
    }
    void ledger_amendsWhatAllReferencesAgreeOn()
    {
        using enum CgroupHierarchy;
        QFETCH(wire::Attribution, was);
        QFETCH(QList<int>, memoryIds);
        const bool isKnown = was == wire::Attribution::Live;
        AmendmentLedger ledger;
        std::uint64_t seq = 0;
        for (const int id : memoryIds)
            ledger.note(id < 0 ? CgroupRef() : CgroupRef{5, std::uint64_t(id), id % 2 == 0 ? V2 : Either},
                        origin(5, was, isKnown ? "/x" : ""), ++seq, 1);
        const auto told = ledger.learn([](const CgroupRef &cgroup) {
            const std::uint64_t id = cgroup.memoryId;
            return id > 0 && id < 20 ? AmendmentLedger::Known{origin(5, wire::Attribution::Live, "/x", id < 10 ? "cart" : "till"), false}
                                     : AmendmentLedger::Known();
        });
        QTEST(told.size() == 1, "amended");
        if (!told.empty())
            QCOMPARE(told[0].events, std::uint32_t(memoryIds.size()));
        ledger.age(100 * nsPerSecond);
        QCOMPARE(ledger.totals().outOfTime, told.empty() ? 1u : 0u);
    }

    void ledger_forgetsInTime()
    {
        AmendmentLedger ledger;
        constexpr std::int64_t second = nsPerSecond;
        ledger.note({5}, origin(5, wire::Attribution::Unknown), 1, 100 * second);
        ledger.note({5}, origin(5, wire::Attribution::Unknown), 2, 101 * second);
        QCOMPARE(ledger.size(), std::size_t(1)); // told apart by what it says, not by where it is
        ledger.age(129 * second);
        ledger.note({6}, origin(6, wire::Attribution::Unknown), 3, 129 * second);
        ledger.age(159 * second);
        QCOMPARE(ledger.size(), std::size_t(2));
        ledger.age(189 * second);
        QCOMPARE(ledger.size(), std::size_t(0));
        QCOMPARE(ledger.totals().outOfTime, 2u);
        ledger.note({7}, origin(7, wire::Attribution::Unknown), 4, 200 * second);
        ledger.age(1000 * second); // the machine slept
        QCOMPARE(ledger.size(), std::size_t(0));
        QCOMPARE(ledger.totals(), (AmendmentLedger::Totals{3, 0}));
    }

    void publisher_countsAmendmentsAndGivesThemNumbers()
    {
        PublishBench bench;
        bench.connect();
        auto batch = bench.batch(2);
        auto &events = std::get<wire::EventBatch>(batch.body);
        events.origins.resize(2);
        events.amendments = {{0, 0, 1, 2, 1, 2}};
        bench.session.take(std::move(batch));
        wire::EventBatch alone;
        alone.firstSeq = bench.nextSeq;
        alone.origins.resize(2);
        alone.amendments = {{0, 0, 1, 2, 1, 2}, {1, 1, 0, 1, 1, 1}};
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
