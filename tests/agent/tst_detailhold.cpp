// SPDX-License-Identifier: GPL-3.0-or-later
// Detail goes out around insights alone, and nothing else waits.
#include <QtTest>

#include "agent/pipeline/detailhold.h"

using namespace tapio;
using namespace tapio::agent;

Q_DECLARE_METATYPE(tapio::wire::Event)

namespace {

const std::string node = "vm";

std::int64_t at(double seconds) { return static_cast<std::int64_t>(seconds * static_cast<double>(nsPerSecond)); }

wire::Event eventOf(wire::EventType type, wire::Severity severity = wire::Severity::Info, std::uint32_t pid = 7)
{
    wire::Event one;
    one.type = type;
    one.severity = severity;
    one.process.pid = pid;
    one.process.startTimeNs = pid;
    return one;
}

HeldEvent of(const std::string &cgroup, double seconds, std::uint32_t pid = 7, wire::EventType type = wire::EventType::ProcessExec)
{
    wire::Origin origin;
    origin.cgroupId = 2;
    origin.cgroupPath = cgroup;
    origin.attribution = wire::Attribution::Live;
    return {eventOf(type, wire::Severity::Info, pid), std::make_shared<const wire::Origin>(std::move(origin)), "process", at(seconds)};
}

HeldEvent ofPod(const std::string &pod, const std::string &container, double seconds, std::uint32_t pid,
                wire::EventType type = wire::EventType::ProcessExec)
{
    HeldEvent held = of("/kubepods/" + container, seconds, pid, type);
    wire::Origin origin = *held.origin;
    origin.containerId = container;
    origin.containerName = "app";
    origin.podUid = "uid-" + pod;
    origin.podName = pod;
    origin.namespaceName = "shop";
    origin.workloadKind = "Deployment";
    origin.workloadName = "web";
    held.origin = std::make_shared<const wire::Origin>(std::move(origin));
    return held;
}

wire::Insight about(const std::string &root, std::vector<std::string> affected = {}, wire::InsightState state = wire::InsightState::Open)
{
    wire::Insight insight;
    insight.root = root;
    insight.rootKind = root == node ? wire::EntityKind::Node : wire::EntityKind::Container;
    insight.affected = std::move(affected);
    insight.state = state;
    return insight;
}

DetailHold holding()
{
    DetailHold hold;
    hold.setOn(true);
    return hold;
}

/// True: it was held.
bool offer(DetailHold &hold, HeldEvent held)
{
    const std::int64_t now = held.sinceBootNs;
    hold.note(held);
    if (!hold.holds(held, node, now))
        return false;
    hold.hold(std::move(held));
    return true;
}

QList<int> pidsOf(const std::vector<HeldEvent> &events)
{
    QList<int> pids;
    for (const HeldEvent &one : events)
        pids.append(static_cast<int>(one.event.process.pid));
    return pids;
}

} // namespace

class TestDetailHold : public QObject {
    Q_OBJECT
private slots:
    void detail_data()
    {
        QTest::addColumn<wire::Event>("event");
        QTest::addColumn<bool>("isDetail");
        using wire::EventType;
        using wire::Severity;
        QTest::newRow("a start") << eventOf(EventType::ProcessExec) << true;
        QTest::newRow("an end") << eventOf(EventType::ProcessExit) << true;
        QTest::newRow("an answer") << eventOf(EventType::DnsQuery) << false;
        QTest::newRow("a start of what was written") << eventOf(EventType::ProcessExec, Severity::Warning) << false;
        QTest::newRow("an end of which nothing is known but that it failed") << eventOf(EventType::ProcessExit, Severity::Notice) << false;
        QTest::newRow("no answer") << eventOf(EventType::DnsQuery, Severity::Warning) << false;
        QTest::newRow("a connection") << eventOf(EventType::TcpConnection) << false;
        QTest::newRow("a request") << eventOf(EventType::HttpRequest) << false;
        QTest::newRow("the kernel's log") << eventOf(EventType::KernelLog) << false;
        QTest::newRow("an OOM kill") << eventOf(EventType::OomKill) << false;
        QTest::newRow("the agent itself") << eventOf(EventType::AgentNotice) << false;
        QTest::newRow("an insight") << eventOf(EventType::Insight) << false;
        QTest::newRow("what is not known") << eventOf(EventType::Unknown) << false;
    }
    void detail()
    {
        QFETCH(wire::Event, event);
        HeldEvent held;
        held.event = event;
        QTEST(DetailHold::isDetail(held), "isDetail");
    }

    void detail_isAnEndThatSaysNoSoon_data()
    {
        QTest::addColumn<int>("severity");
        QTest::addColumn<double>("seconds"); // that it lived
        QTest::addColumn<int>("signal");
        QTest::addColumn<bool>("isDetail");
        const int notice = static_cast<int>(wire::Severity::Notice), error = static_cast<int>(wire::Severity::Error);
        QTest::newRow("nothing was found") << notice << .002 << 0 << true;
        QTest::newRow("just soon enough") << notice << 9.9 << 0 << true;
        QTest::newRow("a service, or a job") << notice << 10. << 0 << false;
        QTest::newRow("who knows for how long") << notice << 0. << 0 << false;
        QTest::newRow("by a signal") << notice << .002 << 15 << false;
        QTest::newRow("something worse") << error << .002 << 0 << false;
    }
    void detail_isAnEndThatSaysNoSoon()
    {
        QFETCH(int, severity);
        QFETCH(double, seconds);
        QFETCH(int, signal);
        wire::ProcessExit exit;
        exit.exitCode = signal == 0 ? 1 : 0;
        exit.signal = static_cast<std::uint8_t>(signal);
        exit.durationNs = static_cast<std::uint64_t>(at(seconds));
        HeldEvent held;
        held.event = eventOf(wire::EventType::ProcessExit, static_cast<wire::Severity>(severity));
        held.event.detail = exit;
        QTEST(DetailHold::isDetail(held), "isDetail");
    }

    void detail_isAnEndWhoseSignalWasTold()
    {
        HeldEvent held;
        held.event = eventOf(wire::EventType::ProcessExit, wire::Severity::Error);
        QVERIFY(!DetailHold::isDetail(held));
        held.isToldAlready = true;
        QVERIFY(DetailHold::isDetail(held));
    }

    void offFromTheBeginning()
    {
        DetailHold hold;
        QVERIFY(!offer(hold, of("/a", 1)));
        QVERIFY(hold.release(about("/a"), node, at(1)).empty());
    }

    void insight_takesAlongWhatItIsAbout_data()
    {
        QTest::addColumn<QString>("root");
        QTest::addColumn<QString>("affected");
        QTest::addColumn<QList<int>>("pids"); // 1: /a, 2: /b, 3: the host, 104 and 105: pods
        QTest::newRow("a cgroup") << "/a"
                                  << "" << QList<int>{1};
        QTest::newRow("the node as a whole") << "vm"
                                             << "" << QList<int>{};
        QTest::newRow("a pod") << "shop/web-1"
                               << "" << QList<int>{104};
        QTest::newRow("a container") << "shop/web-1/app"
                                     << "" << QList<int>{104};
        QTest::newRow("a workload") << "shop/web"
                                    << "" << QList<int>{104, 105};
        QTest::newRow("a destination, by whom it affects") << "10.0.0.1:80"
                                                           << "pod shop/web-2" << QList<int>{105};
        QTest::newRow("a destination, by a cgroup that it affects") << "10.0.0.1:80"
                                                                    << "container /b" << QList<int>{2};
        QTest::newRow("somebody else") << "shop/other"
                                       << "pod shop/another" << QList<int>{};
        QTest::newRow("a destination that the node is affected by") << "10.0.0.1:80"
                                                                    << "node vm" << QList<int>{};
        QTest::newRow("affected without a kind") << "x"
                                                 << "/a" << QList<int>{};
    }
    void insight_takesAlongWhatItIsAbout()
    {
        QFETCH(QString, root);
        QFETCH(QString, affected);
        DetailHold hold = holding();
        offer(hold, ofPod("web-1", "c1", 0, 94)); // the first of its container does not wait
        offer(hold, ofPod("web-2", "c2", 0, 95));
        QVERIFY(offer(hold, of("/a", 1, 1)) && offer(hold, of("/b", 2, 2)) && offer(hold, of("/", 3, 3)));
        QVERIFY(offer(hold, ofPod("web-1", "c1", 4, 104)) && offer(hold, ofPod("web-2", "c2", 5, 105)));
        const auto all = affected.isEmpty() ? std::vector<std::string>() : std::vector<std::string>{affected.toStdString()};
        QTEST(pidsOf(hold.release(about(root.toStdString(), all), node, at(6))), "pids");
        QFETCH(QList<int>, pids);
        QCOMPARE(hold.held(), std::size_t(5 - pids.size()));
        QCOMPARE(hold.totals().released, std::uint64_t(pids.size()));
    }

    void afterAnInsight_nothingOfItWaits()
    {
        DetailHold hold = holding();
        hold.release(about("/a"), node, at(10));
        QVERIFY(!offer(hold, of("/a", 11)));
        QVERIFY(offer(hold, of("/b", 11)));
        QVERIFY(!offer(hold, of("/a", 40)));
        QVERIFY(offer(hold, of("/a", 40.1)));
        QCOMPARE(pidsOf(hold.release(about("/a", {}, wire::InsightState::Updated), node, at(41))).size(), 1);
        QVERIFY(!offer(hold, of("/a", 70)));
    }

    void insight_takesAlongNoFlood()
    {
        constexpr int before = static_cast<int>(DetailHold::mostBefore), after = static_cast<int>(DetailHold::mostAfter),
                      ofGrowth = static_cast<int>(DetailHold::mostOfGrowth);
        DetailHold hold = holding();
        for (int i = 0; i < before + 5; ++i)
            QVERIFY(offer(hold, of("/a", 1 + i / 1e3, static_cast<std::uint32_t>(i))));
        QVERIFY(offer(hold, of("/b", 2, 900)));
        const QList<int> pids = pidsOf(hold.release(about("/a", {"container /b"}), node, at(3)));
        QCOMPARE(pids.size(), before + 1);
        QCOMPARE(pids.front(), 5);  // not the first five
        QCOMPARE(pids.back(), 900); // whose own it is
        int told = 0;
        for (int i = 0; i < after + 5; ++i)
            told += offer(hold, of("/a", 4 + i / 1e3)) ? 0 : 1;
        QCOMPARE(told, after);
        QVERIFY(!offer(hold, of("/b", 5)));
        // What came since then is taken along by an insight of its own alone.
        QVERIFY(hold.release(about("/c"), node, at(5.5)).empty());
        QCOMPARE(pidsOf(hold.release(about("/a", {}, wire::InsightState::Updated), node, at(6))).size(), ofGrowth);
        for (int i = 0; i < ofGrowth; ++i)
            QVERIFY(!offer(hold, of("/a", 7)));
        QVERIFY(offer(hold, of("/a", 7)));
        QCOMPARE(hold.totals().released, std::uint64_t(before + 1 + ofGrowth));
    }

    /// A raise follows an opening at once.
    void growth_takesNothingOfWhatWasGranted()
    {
        DetailHold hold = holding();
        hold.release(about("/a"), node, at(1));
        hold.release(about("/a", {}, wire::InsightState::Updated), node, at(1));
        int told = 0;
        for (int i = 0; i < 10; ++i)
            told += offer(hold, of("/a", 2)) ? 0 : 1;
        QCOMPARE(told, static_cast<int>(DetailHold::mostAfter));
    }

    void firstProcessOfAService_isToldWhenItFails_data()
    {
        QTest::addColumn<QString>("cgroup");
        QTest::addColumn<bool>("isTold");
        QTest::newRow("a service") << "/system.slice/web.service" << true;
        QTest::newRow("a session") << "/user.slice/session-3.scope" << false;
    }
    void firstProcessOfAService_isToldWhenItFails()
    {
        QFETCH(QString, cgroup);
        QFETCH(bool, isTold);
        DetailHold hold = holding();
        const auto offerEnd = [&](std::uint32_t pid, int code, std::uint64_t cgroupId = 2) {
            HeldEvent end = of(cgroup.toStdString(), pid, pid, wire::EventType::ProcessExit);
            wire::Origin origin = *end.origin;
            origin.cgroupId = cgroupId;
            end.origin = std::make_shared<const wire::Origin>(std::move(origin));
            wire::ProcessExit exit;
            exit.exitCode = code;
            exit.durationNs = 5'000'000;
            end.event.detail = exit;
            end.event.severity = code == 0 ? wire::Severity::Info : wire::Severity::Notice;
            return offer(hold, std::move(end));
        };
        QVERIFY(offer(hold, of(cgroup.toStdString(), 1, 10))); // that it began is as ordinary as any
        QVERIFY(offer(hold, of(cgroup.toStdString(), 2, 11)));
        QVERIFY(offerEnd(11, 1));
        QCOMPARE(offerEnd(10, 1), !isTold);
        QCOMPARE(offerEnd(20, 1, 3), !isTold); // started again, in a cgroup of the same name
        QVERIFY(offerEnd(10, 0));
    }

    void insight_takesAlongNothingThatWasToldAlready()
    {
        DetailHold hold = holding();
        const auto offerEnd = [&hold](double seconds) {
            HeldEvent end = of("/a", seconds, 1, wire::EventType::ProcessExit);
            end.event.severity = wire::Severity::Warning;
            end.isToldAlready = true;
            return offer(hold, std::move(end));
        };
        QVERIFY(offerEnd(1) && offer(hold, of("/a", 2, 2)));
        QCOMPARE(pidsOf(hold.release(about("/a"), node, at(3))), QList<int>{2});
        QVERIFY(offerEnd(4) && !offer(hold, of("/a", 5, 3)));
    }

    void endOfAnInsight_takesNothingAlong()
    {
        DetailHold hold = holding();
        QVERIFY(offer(hold, of("/a", 1)));
        for (const auto state : {wire::InsightState::Resolved, wire::InsightState::Expired})
            QVERIFY(hold.release(about("/a", {}, state), node, at(2)).empty());
        QVERIFY(offer(hold, of("/a", 3)));
    }

    void whatNobodyAskedFor_isLeftOutInItsTime()
    {
        DetailHold hold = holding();
        for (int i = 0; i < 3; ++i)
            QVERIFY(offer(hold, of("/a", i, static_cast<std::uint32_t>(i))));
        QVERIFY(hold.takeOld(at(30)).empty());
        QCOMPARE(pidsOf(hold.takeOld(at(31.5))), (QList<int>{0, 1}));
        QCOMPARE(pidsOf(hold.takeAll()), QList<int>{2});
        QVERIFY(hold.totals() == (DetailHold::Totals{0, 3}));
        QCOMPARE(hold.held(), std::size_t(0));
    }

    void firstProcessOfAContainer_isToldWithItsEnd()
    {
        using wire::EventType;
        DetailHold hold = holding();
        QVERIFY(!offer(hold, ofPod("web-1", "c1", 1, 100)));
        QVERIFY(offer(hold, ofPod("web-1", "c1", 2, 101)));
        QVERIFY(offer(hold, ofPod("web-1", "c1", 3, 101, EventType::ProcessExit)));
        QVERIFY(!offer(hold, ofPod("web-1", "c1", 4, 100, EventType::ProcessExit)));
        QVERIFY(!offer(hold, ofPod("web-1", "c2", 5, 200))); // the container that took its place
        // One that began before the agent did: what came later was seen first. Process numbers here are times, too.
        QVERIFY(!offer(hold, ofPod("web-2", "c3", 6, 300)));
        QVERIFY(offer(hold, ofPod("web-2", "c3", 7, 301)));
        QVERIFY(!offer(hold, ofPod("web-2", "c3", 8, 50, EventType::ProcessExit)));
        QVERIFY(offer(hold, ofPod("web-2", "c3", 9, 300, EventType::ProcessExit)));
    }

    void firstProcessOfAContainer_isKnownThoughNothingWasHeld()
    {
        DetailHold hold;
        hold.note(ofPod("web-1", "c1", 1, 100));
        hold.setOn(true);
        QVERIFY(offer(hold, ofPod("web-1", "c1", 2, 101)));
        QVERIFY(!offer(hold, ofPod("web-1", "c1", 3, 100, wire::EventType::ProcessExit)));
    }

    void whatNobodyCouldPlace_doesNotWait()
    {
        DetailHold hold = holding();
        HeldEvent event = of("", 1);
        event.origin = std::make_shared<const wire::Origin>();
        QCOMPARE(event.origin->attribution, wire::Attribution::Unknown);
        QVERIFY(!offer(hold, std::move(event)));
    }

    void nameThatIsLearntMeanwhile_isAskedBy()
    {
        DetailHold hold = holding();
        QVERIFY(offer(hold, of("/a", 1, 1)));
        const OriginPtr named = ofPod("web-1", "c1", 1, 1).origin;
        hold.eachHeld([&](HeldEvent &event) { event.origin = named; });
        QCOMPARE(pidsOf(hold.release(about("shop/web-1"), node, at(2))), QList<int>{1});
    }

    void memory_isBounded()
    {
        DetailHold hold = holding();
        std::size_t gone = 0;
        for (std::uint32_t i = 0; i < 2 * DetailHold::mostHeld; ++i)
            gone += hold.hold(of("/a", 1, i)).size();
        QCOMPARE(hold.held(), DetailHold::mostHeld);
        QCOMPARE(gone, DetailHold::mostHeld);
        QCOMPARE(hold.totals().leftOut, std::uint64_t(DetailHold::mostHeld));
        for (std::uint32_t i = 0; i < 2 * DetailHold::mostContainers; ++i)
            QVERIFY(!offer(hold, ofPod("p", "c" + std::to_string(i), 1, i + 1)));
        QVERIFY(!offer(hold, ofPod("p", "c0", 1, 9))); // forgotten: told once more
        for (std::size_t i = 0; i < 2 * DetailHold::mostOwners; ++i)
            hold.release(about("/x" + std::to_string(i)), node, at(1 + static_cast<double>(i) / 1e3));
        QVERIFY(!offer(hold, of("/x" + std::to_string(2 * DetailHold::mostOwners - 1), 2)));
        QVERIFY(offer(hold, of("/x0", 2)));
    }

    void switchedOff_givesBackWhatItHolds()
    {
        DetailHold hold = holding();
        QVERIFY(offer(hold, of("/a", 1, 1)) && offer(hold, of("/b", 2, 2)));
        QCOMPARE(pidsOf(hold.setOn(false)), (QList<int>{1, 2}));
        QCOMPARE(hold.totals().released, 2u);
        QVERIFY(hold.setOn(false).empty());
        QVERIFY(!offer(hold, of("/a", 3)));
    }
};

QTEST_GUILESS_MAIN(TestDetailHold)
#include "tst_detailhold.moc"
