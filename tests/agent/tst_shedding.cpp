// SPDX-License-Identifier: GPL-3.0-or-later
// What each step sheds, what none of them does, and that every event stays accounted for.
#include <QtTest>

#include <csignal>
#include <random>

#include "agent/pipeline/pipeline.h"
#include "tests/agent/fakeclock.h"
#include "tests/agent/fakes.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using namespace std::chrono_literals;

namespace {

wire::Event eventOf(wire::Detail detail, std::uint32_t pid = 100)
{
    wire::Event event;
    event.detail = std::move(detail);
    event.process.pid = pid;
    event.process.startTimeNs = std::uint64_t(pid) * 1000;
    return event;
}

wire::ProcessExec exec(std::vector<std::string> arguments = {"curl", "-s"}, std::string filename = "/usr/bin/curl")
{
    wire::ProcessExec exec;
    exec.filename = std::move(filename);
    exec.arguments = std::move(arguments);
    return exec;
}

wire::ProcessExec writtenLater()
{
    wire::ProcessExec written = exec();
    written.writtenAfterStart = true;
    return written;
}

wire::ProcessExit exited(int code, int signal = 0, std::chrono::nanoseconds life = 10ms)
{
    wire::ProcessExit exit;
    exit.exitCode = code;
    exit.signal = signal;
    exit.durationNs = std::uint64_t(life.count());
    return exit;
}

wire::TcpConnection connection(wire::TcpOutcome outcome = wire::TcpOutcome::Closed, std::chrono::nanoseconds life = 10ms)
{
    wire::TcpConnection tcp;
    tcp.outcome = outcome;
    tcp.established = outcome == wire::TcpOutcome::Closed;
    tcp.durationNs = std::uint64_t(life.count());
    tcp.bytesSent = 100;
    tcp.bytesReceived = 200;
    return tcp;
}

wire::TcpConnection changed(void (*change)(wire::TcpConnection &))
{
    wire::TcpConnection tcp = connection();
    change(tcp);
    return tcp;
}

wire::DnsQuery unanswered()
{
    wire::DnsQuery question;
    question.outcome = wire::DnsOutcome::TimedOut;
    return question;
}

wire::HttpRequest failedRequest()
{
    wire::HttpRequest request;
    request.status = 500;
    return request;
}

/// Pids that are in the sample, or not.
std::uint32_t pidOf(bool inSample, std::uint32_t from = 1)
{
    while (isInSample(eventOf(exec(), from)) != inSample)
        ++from;
    return from;
}

struct Bench {
    FakeClock clock;
    RecordingOutlet outlet;
    CgroupInventory inventory{"/nonexistent", 16};
    OriginResolver resolver{{"/nonexistent", "/nonexistent", "/nonexistent"}, inventory, clock};
    BootTime bootTime{clock};
    Pipeline pipeline{"node-1", {}, resolver, bootTime, clock, outlet};
    std::map<std::string_view, std::uint64_t> fed;

    explicit Bench(ShedStep step) { pipeline.setShedStep(step); }

    void feed(wire::Event item, std::string_view source = "process", std::uint64_t cgroup = 1)
    {
        KernelRecord record;
        record.source = source;
        record.cgroupId = cgroup;
        record.bootNs = record.drainedBootNs = std::uint64_t(clock.bootNs());
        if (const auto *exec = std::get_if<wire::ProcessExec>(&item.detail); exec != nullptr && exec->writtenAfterStart) {
            record.containerStartBootNs = 1; // the pipeline decides it
            record.fileChangedNs = bootTime.toUtcNs(1) + 1;
        }
        record.event = std::move(item);
        pipeline.onRecord(std::move(record));
        ++fed[source];
    }
    std::vector<wire::Event> sent() const
    {
        std::vector<wire::Event> all;
        for (const auto &batch : outlet.events())
            all.insert(all.end(), batch.events.begin(), batch.events.end());
        return all;
    }
    /// Flushed.
    int passed()
    {
        pipeline.flush();
        return int(sent().size());
    }
    std::uint64_t count(Counter counter) const
    {
        std::uint64_t sum = 0;
        for (const auto &source : pipeline.counters({}))
            sum += source.counters[counter];
        return sum;
    }
};

} // namespace

Q_DECLARE_METATYPE(tapio::wire::Event)

class TestShedding : public QObject {
    Q_OBJECT
private slots:
    void step_shedsWhatIsDeclared_data()
    {
        QTest::addColumn<wire::Event>("event");
        QTest::addColumn<int>("step"); ///< the first that sheds it, for a pid that is not in the sample; 5 = none
        QTest::newRow("a start") << eventOf(exec()) << 3;
        QTest::newRow("an end with code 0") << eventOf(exited(0)) << 3;
        QTest::newRow("an end with a code") << eventOf(exited(1)) << 4;
        QTest::newRow("a short healthy connection") << eventOf(connection()) << 2;
        QTest::newRow("a long healthy connection") << eventOf(connection(wire::TcpOutcome::Closed, 5s)) << 3;
        QTest::newRow("a connection with retransmits") << eventOf(changed([](auto &tcp) { tcp.retransmits = 1; })) << 3;
        QTest::newRow("a connection with an error") << eventOf(changed([](auto &tcp) { tcp.socketError = 5; })) << 3;
        QTest::newRow("a connection refused") << eventOf(connection(wire::TcpOutcome::Refused)) << 4;
        QTest::newRow("a connection reset") << eventOf(connection(wire::TcpOutcome::Reset)) << 4;
        QTest::newRow("a question to a name server") << eventOf(wire::DnsQuery{}) << 3;
        QTest::newRow("a question without an answer") << eventOf(unanswered()) << 4;
        QTest::newRow("an HTTP request") << eventOf(wire::HttpRequest{}) << 3;
        QTest::newRow("an HTTP request that failed") << eventOf(failedRequest()) << 4;
        QTest::newRow("a start of a file that the image did not bring") << eventOf(writtenLater()) << 5;
        QTest::newRow("a refused file") << eventOf(wire::FileFailure{}) << 5;
        QTest::newRow("a cgroup at its limit") << eventOf(wire::MemoryEvents{}) << 5;
        QTest::newRow("pressure") << eventOf(wire::PressureStall{}) << 5;
        QTest::newRow("a use of a capability") << eventOf(wire::CapabilityUse{}) << 5;
        QTest::newRow("a gain of privileges") << eventOf(wire::PrivilegeGain{}) << 5;
        QTest::newRow("a look into another process") << eventOf(wire::PtraceAttach{}) << 5;
        QTest::newRow("a kernel module") << eventOf(wire::ModuleLoad{}) << 5;
        QTest::newRow("a mount") << eventOf(wire::Mount{}) << 5;
        QTest::newRow("a login") << eventOf(wire::Login{}) << 5;
        QTest::newRow("a line of the kernel's log") << eventOf(wire::KernelLog{}) << 5;
        QTest::newRow("a notice of the agent") << eventOf(wire::AgentNotice{}) << 5;
        QTest::newRow("an insight") << eventOf(wire::Insight{}) << 5;
        QTest::newRow("a crash") << eventOf(exited(0, SIGSEGV)) << 5;
        QTest::newRow("a kill") << eventOf(exited(0, SIGKILL)) << 5;
        QTest::newRow("an end by SIGTERM") << eventOf(exited(0, SIGTERM)) << 5;
        QTest::newRow("an OOM kill") << eventOf(wire::OomKill{}) << 5;
        QTest::newRow("a fatal signal") << eventOf(wire::FatalSignal{}) << 5;
        QTest::newRow("a kind of event that is not known yet") << eventOf(std::monostate{}) << 5;
    }
    void step_shedsWhatIsDeclared()
    {
        QFETCH(wire::Event, event);
        QFETCH(int, step);
        event.process.pid = pidOf(false);
        for (int at = 0; at <= int(lastShedStep); ++at) {
            constexpr int many = 2 * int(Shedder::failedPerSecond);
            Bench bench{ShedStep(at)};
            for (int i = 0; i < many; ++i)
                bench.feed(event);
            const int kept = step == int(ShedStep::Limit) ? int(Shedder::failedPerSecond) : 0;
            QCOMPARE(bench.passed(), at < step ? many : kept);
            QCOMPARE(bench.count(Counter::Shed), std::uint64_t(at < step ? 0 : many - kept));
        }
        Bench kept(lastShedStep);
        event.process.pid = pidOf(true);
        kept.feed(event);
        QCOMPARE(kept.passed(), step == 2 ? 0 : 1);
    }

    void limit_isOfEachCgroupAndSecond()
    {
        Bench bench(ShedStep::Limit);
        for (int second = 0; second < 3; ++second) {
            for (std::uint64_t cgroup : {1u, 2u}) {
                for (int i = 0; i < 50; ++i)
                    bench.feed(eventOf(connection(wire::TcpOutcome::Refused), pidOf(false)), "tcp", cgroup);
            }
            bench.clock.advance(1s);
        }
        constexpr int each = int(Shedder::failedPerSecond);
        QCOMPARE(bench.passed(), 3 * 2 * each);
        QCOMPARE(bench.count(Counter::Shed), std::uint64_t(300 - 6 * each));
    }

    void limit_ofVeryManyCgroupsForgetsAndTells()
    {
        Bench bench(ShedStep::Limit);
        constexpr int many = 3 * int(Shedder::mostCgroups);
        for (int cgroup = 1; cgroup <= many; ++cgroup)
            bench.feed(eventOf(connection(wire::TcpOutcome::Refused), pidOf(false)), "tcp", std::uint64_t(cgroup));
        QCOMPARE(bench.passed(), many);
    }

    void detail_isTakenOffAndSaid_data()
    {
        QTest::addColumn<QString>("filename");
        QTest::addColumn<bool>("arguments");
        QTest::addColumn<QString>("left");
        QTest::addColumn<int>("trimmed");
        QTest::newRow("a path and arguments") << "/usr/bin/curl" << true << "curl" << 1;
        QTest::newRow("a path") << "./curl" << false << "curl" << 1;
        QTest::newRow("a name") << "curl" << false << "curl" << 0;
        QTest::newRow("a folder") << "/tmp/" << false << "/tmp/" << 0;
        QTest::newRow("nothing") << "" << false << "" << 0;
    }
    void detail_isTakenOffAndSaid()
    {
        QFETCH(QString, filename);
        QFETCH(bool, arguments);
        QFETCH(QString, left);
        QFETCH(int, trimmed);
        Bench bench(ShedStep::Detail);
        bench.feed(eventOf(exec(arguments ? std::vector<std::string>{"a", "b"} : std::vector<std::string>(), filename.toStdString())));
        QCOMPARE(bench.passed(), 1);
        const auto start = std::get<wire::ProcessExec>(bench.sent()[0].detail);
        QCOMPARE(QString::fromStdString(start.filename), left);
        QVERIFY(start.arguments.empty());
        QCOMPARE(start.argumentsTruncated, arguments);
        QCOMPARE(int(bench.pipeline.trimmed()), trimmed);
        QCOMPARE(bench.count(Counter::Shed), 0u); // it was sent
    }

    void fold_ofAProgramThatEndsWellAtOnce()
    {
        Bench bench(ShedStep::Fold);
        bench.feed(eventOf(exec({"sh"})));
        bench.feed(eventOf(exec({"true"}))); // it replaced itself
        QCOMPARE(bench.pipeline.pending(), std::size_t(2));
        bench.feed(eventOf(exited(0)));
        QCOMPARE(bench.pipeline.pending(), std::size_t(0));
        QCOMPARE(bench.passed(), 0);
        QCOMPARE(bench.count(Counter::Shed), 3u);
        QCOMPARE(bench.pipeline.folded().processes, 1u);
        QCOMPARE(bench.pipeline.folded().processNs, std::uint64_t(10 * nsPerMs));
    }

    void fold_keepsTheStartOfAFileThatTheImageDidNotBring()
    {
        Bench bench(ShedStep::Fold);
        bench.feed(eventOf(exec()));
        bench.feed(eventOf(writtenLater()));
        bench.feed(eventOf(exited(0)));
        QCOMPARE(bench.passed(), 3);
        QVERIFY(std::get<wire::ProcessExec>(bench.sent().at(1).detail).writtenAfterStart);
        QVERIFY(!std::get<wire::ProcessExec>(bench.sent().at(1).detail).arguments.empty());
    }

    void fold_ofConnectionsKeepsTheirSums()
    {
        Bench bench(ShedStep::Fold);
        for (int i = 0; i < 3; ++i)
            bench.feed(eventOf(connection()), "tcp");
        QCOMPARE(bench.passed(), 0);
        FoldTotals expected;
        expected.connections = 3;
        expected.connectionBytesSent = 300;
        expected.connectionBytesReceived = 600;
        QCOMPARE(bench.pipeline.folded(), expected);
    }

    void fold_keepsStartAndEndTogetherAndInOrder_data()
    {
        QTest::addColumn<wire::Event>("end");
        QTest::newRow("an end with a code") << eventOf(exited(1));
        QTest::newRow("a crash") << eventOf(exited(0, SIGSEGV));
        QTest::newRow("an OOM kill") << eventOf(wire::OomKill{});
        QTest::newRow("a fatal signal") << eventOf(wire::FatalSignal{});
        QTest::newRow("a connection refused") << eventOf(connection(wire::TcpOutcome::Refused));
        QTest::newRow("an end after a long life") << eventOf(exited(0, 0, 5s));
    }
    void fold_keepsStartAndEndTogetherAndInOrder()
    {
        QFETCH(wire::Event, end);
        Bench bench(ShedStep::Fold);
        bench.feed(eventOf(exec()));
        bench.feed(end);
        QCOMPARE(bench.passed(), 2);
        QVERIFY(std::holds_alternative<wire::ProcessExec>(bench.sent()[0].detail));
    }

    void fold_ofAStartWhoseEndIsNotSeenEndsAfterASecond()
    {
        Bench bench(ShedStep::Fold);
        bench.feed(eventOf(exec()));
        bench.clock.advance(999ms);
        bench.pipeline.tick();
        QCOMPARE(bench.pipeline.pending(), std::size_t(1));
        QVERIFY(!bench.pipeline.untilDueNs());
        bench.clock.advance(1ms);
        bench.pipeline.tick();
        QCOMPARE(bench.sent().size(), std::size_t(1)); // it has waited longer than any batch
        bench.feed(eventOf(exited(0, 0, 500ms)));      // so its end is told as well
        QCOMPARE(bench.passed(), 2);
    }

    void fold_ofAPidThatIsUsedAgainMixesNothing()
    {
        Bench bench(ShedStep::Fold);
        bench.feed(eventOf(exec()));
        wire::Event other = eventOf(exited(0));
        other.process.startTimeNs += 1;
        bench.feed(other);
        QCOMPARE(bench.count(Counter::Shed), 0u);
        QCOMPARE(bench.passed(), 2);
    }

    void fold_holdsNoMoreThanItMay()
    {
        Bench bench(ShedStep::Fold);
        for (std::uint32_t pid = 1; pid <= 3 * Shedder::mostHeld; ++pid)
            bench.feed(eventOf(exec(), pid));
        QVERIFY(bench.pipeline.pending() <= Shedder::mostHeld + 256);
        QCOMPARE(bench.passed(), int(3 * Shedder::mostHeld));
        std::uint32_t pid = 1;
        for (const wire::Event &sent : bench.sent())
            QCOMPARE(sent.process.pid, pid++); // the oldest went first
    }

    void stepBack_sendsWhatWasHeld()
    {
        Bench bench(ShedStep::Sample);
        bench.feed(eventOf(exec(), pidOf(true)));
        bench.pipeline.setShedStep(ShedStep::Fold);
        QCOMPARE(bench.passed(), 1);
        bench.feed(eventOf(exec(), pidOf(true)));
        bench.pipeline.setShedStep(ShedStep::Detail);
        QCOMPARE(bench.pipeline.pending(), std::size_t(1)); // in the batch
        QCOMPARE(bench.passed(), 2);
    }

    void sample_isOneProcessInTen()
    {
        int kept = 0;
        for (std::uint32_t pid = 1; pid <= 10'000; ++pid)
            kept += isInSample(eventOf(exec(), pid)) ? 1 : 0;
        QVERIFY2(kept > 900 && kept < 1100, qPrintable(QString::number(kept)));
        kept = 0;
        for (std::uint16_t port = 1; port <= 10'000; ++port) { // whose process is not known
            wire::TcpConnection tcp = connection();
            tcp.local.port = port;
            kept += isInSample(eventOf(tcp, 0)) ? 1 : 0;
        }
        QVERIFY2(kept > 900 && kept < 1100, qPrintable(QString::number(kept)));
    }

    void sample_ofRequestsWhoseProcessIsNotKnown()
    {
        int kept = 0;
        for (std::int64_t time = 1; time <= 10'000; ++time) {
            wire::Event request = eventOf(wire::HttpRequest{}, 0);
            request.timeNs = time;
            kept += isInSample(request) ? 1 : 0;
        }
        QVERIFY2(kept > 900 && kept < 1100, qPrintable(QString::number(kept)));
    }

    void sample_keepsStartAndEndTogether()
    {
        Bench bench(ShedStep::Sample);
        for (std::uint32_t pid = 1; pid <= 2000; ++pid) {
            bench.feed(eventOf(exec(), pid));
            bench.feed(eventOf(exited(0, 0, 5s), pid));
        }
        std::map<std::uint32_t, int> ofPid;
        bench.pipeline.flush();
        for (const wire::Event &sent : bench.sent())
            ++ofPid[sent.process.pid];
        QVERIFY(ofPid.size() > 100 && ofPid.size() < 400);
        for (const auto &[pid, events] : ofPid)
            QCOMPARE(events, 2);
    }

    void step_thatComesWhileAStartIsHeldPartsNothing_data()
    {
        QTest::addColumn<int>("code");
        QTest::addColumn<int>("passed");
        QTest::newRow("it ends well") << 0 << 0;
        QTest::newRow("it fails") << 1 << 2;
    }
    void step_thatComesWhileAStartIsHeldPartsNothing()
    {
        QFETCH(int, code);
        QFETCH(int, passed);
        Bench bench(ShedStep::Fold);
        const std::uint32_t pid = pidOf(false);
        bench.feed(eventOf(exec(), pid));
        bench.pipeline.setShedStep(ShedStep::Sample);
        bench.feed(eventOf(exited(code), pid));
        QCOMPARE(bench.passed(), passed); // start and end together
        QCOMPARE(bench.count(Counter::Shed), std::uint64_t(2 - passed));
    }

    void counters_staySumsWhateverHappens_data()
    {
        QTest::addColumn<quint32>("seed");
        for (quint32 seed = 1; seed <= 20; ++seed)
            QTest::addRow("seed %u", seed) << seed;
    }
    void counters_staySumsWhateverHappens()
    {
        QFETCH(quint32, seed);
        std::mt19937 random(seed);
        const auto below = [&](std::uint32_t n) { return std::uniform_int_distribution<std::uint32_t>(0, n - 1)(random); };
        Bench bench(ShedStep::None);
        std::uint64_t mustPass = 0;
        for (int i = 0; i < 5000; ++i) {
            const std::uint32_t pid = below(50);
            switch (below(12)) {
            case 0: bench.pipeline.setShedStep(ShedStep(below(4))); break;
            case 1: bench.clock.advance(std::chrono::milliseconds(below(400))); break;
            case 2: bench.pipeline.tick(); break;
            case 3:
                bench.feed(eventOf(wire::OomKill{}, pid), "oom");
                ++mustPass;
                break;
            case 4:
                bench.feed(eventOf(exited(0, SIGSEGV), pid));
                ++mustPass;
                break;
            case 5:
            case 6: bench.feed(eventOf(connection(wire::TcpOutcome(below(8)), std::chrono::milliseconds(below(2000))), pid), "tcp"); break;
            case 7:
            case 8: bench.feed(eventOf(exited(int(below(2)), 0, std::chrono::milliseconds(below(2000))), pid)); break;
            default: bench.feed(eventOf(exec(), pid)); break;
            }
            if (i % 100 != 0)
                continue;
            std::uint64_t fed = 0;
            for (const auto &[source, count] : bench.fed)
                fed += count;
            QCOMPARE(fed, bench.count(Counter::Shed) + bench.sent().size() + bench.pipeline.pending());
        }
        bench.pipeline.flush();
        QCOMPARE(bench.pipeline.pending(), std::size_t(0));
        std::uint64_t kept = 0;
        std::map<std::string_view, std::uint64_t> sent;
        for (const Outgoing &outgoing : bench.outlet.all) {
            for (const std::string_view source : outgoing.sources)
                ++sent[source];
        }
        for (const wire::Event &item : bench.sent())
            kept += isSheddable(item) ? 0 : 1;
        QCOMPARE(kept, mustPass);
        for (const auto &source : bench.pipeline.counters({})) // by source too
            QCOMPARE(bench.fed[source.source], source.counters[Counter::Shed] + sent[source.source]);
    }
};

QTEST_APPLESS_MAIN(TestShedding)
#include "tst_shedding.moc"
