// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <spdlog/sinks/ostream_sink.h>

#include <sstream>

#include "agent/pipeline/collectthread.h"
#include "tests/agent/fakeclock.h"
#include "tests/agent/fakes.h"
#include "tests/agent/fixtures.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using namespace std::chrono_literals;

namespace {

struct Bench {
    FakeClock clock;
    std::ostringstream logged;
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_st>(logged)};
    RecordingOutlet outlet;
    std::optional<wire::Filter> filter;
    FakeKernel::Script kernel;
    std::unique_ptr<CollectLoop> loop;

    explicit Bench(std::set<std::string> disabled = {})
    {
        auto opened = CollectLoop::open(
            options(std::move(disabled)), [this](KernelRecordSink &sink) { return std::make_unique<FakeKernel>(kernel, sink); },
            port(), clock, log);
        loop = std::move(*opened);
    }
    static CollectOptions options(std::set<std::string> disabled)
    {
        CollectOptions options;
        options.node = "node-1";
        options.cgroupRoot = fixture("cgroup-v2/cgroup");
        options.resolver.procRoot = fixture("cgroup-v2/proc");
        options.resolver.podLogs = fixture("cgroup-v2/log/pods");
        options.resolver.containerLogs = fixture("cgroup-v2/log/containers");
        options.kmsg = "/nowhere/kmsg";
        options.logs = "/nowhere/log";
        options.disabled = std::move(disabled);
        return options;
    }
    PublisherPort port()
    {
        return {outlet, [] { return SelfSampler::Traffic{1, 2}; }, [this] { return std::exchange(filter, std::nullopt); }};
    }
    void second()
    {
        clock.advance(1s);
        QVERIFY(loop->turn());
    }
    bool sampled(wire::Metric metric) const
    {
        for (const auto &batch : outlet.bodies<wire::SampleBatch>()) {
            if (std::any_of(batch.samples.begin(), batch.samples.end(), [&](const auto &s) { return s.metric == metric; }))
                return true;
        }
        return false;
    }
    KernelRecord record(wire::Severity = wire::Severity::Info) const
    {
        KernelRecord record;
        record.source = "process";
        record.cgroupId = 1;
        record.bootNs = record.drainedBootNs = static_cast<std::uint64_t>(clock.bootNs());
        record.event.type = wire::EventType::ProcessExec;
        record.event.detail = wire::ProcessExec{};
        return record;
    }
};

wire::Hook hook(const std::string &name, std::uint64_t runs = 0)
{
    wire::Hook hook;
    hook.collector = "process";
    hook.name = name;
    hook.state = wire::HookState::Active;
    hook.runCount = runs;
    hook.runTimeNs = runs * 100;
    return hook;
}

} // namespace

class TestCollectLoop : public QObject {
    Q_OBJECT
private slots:
    void turn_waitsUntilTheNextSecondOrTheAgeOfABatch()
    {
        Bench bench;
        QVERIFY(bench.loop->turn());
        QCOMPARE(bench.kernel.waits.back(), 0ms);
        QVERIFY(bench.loop->turn());
        QCOMPARE(bench.kernel.waits.back(), 1000ms);
        bench.kernel.records.push_back(bench.record());
        QVERIFY(bench.loop->turn());
        bench.clock.advance(40ms);
        QVERIFY(bench.loop->turn());
        QCOMPARE(bench.kernel.waits.back(), 60ms);
    }

    void error_isSentInTheTurnThatReadIt()
    {
        Bench bench;
        QVERIFY(bench.loop->turn());
        KernelRecord crash = bench.record();
        crash.event.type = wire::EventType::OomKill;
        crash.event.detail = wire::OomKill{};
        bench.kernel.records.push_back(std::move(crash));
        QVERIFY(bench.loop->turn());
        QCOMPARE(bench.outlet.events().size(), std::size_t(1));
    }

    void eachSecond_samplesAndCountersAreTold()
    {
        Bench bench;
        SourceCounterSet process{"process", {}};
        process.counters[Counter::Seen] = process.counters[Counter::Drained] = 5;
        bench.kernel.counters = {process};
        for (int i = 0; i < 3; ++i)
            bench.second();
        QCOMPARE(bench.outlet.bodies<wire::CounterReport>().size(), std::size_t(3));
        QCOMPARE(bench.outlet.bodies<wire::CounterReport>().back().sources.at(0).counters[Counter::Drained], 5u);
        QCOMPARE(bench.loop->totals().drained, 5u);
        QVERIFY(bench.sampled(wire::Metric::CpuUsageNs));
        QVERIFY(bench.sampled(wire::Metric::MemoryWorkingSetBytes));
        QVERIFY(bench.sampled(wire::Metric::NetRxBytes));
        QVERIFY(bench.sampled(wire::Metric::AgentRssBytes));
        std::size_t hosts = 0;
        for (const auto &batch : bench.outlet.bodies<wire::SampleBatch>()) {
            for (const auto &sample : batch.samples)
                hosts += sample.metric == wire::Metric::NodeCpuCount ? 1 : 0;
        }
        QCOMPARE(hosts, std::size_t(3));
    }

    void foldedCounters_joinTheSamples()
    {
        Bench bench;
        bench.kernel.tcp = {{1, 10, 1, 20, 2, 3, 4}};
        CgroupHistogram histogram;
        histogram.kind = wire::HistogramKind::BlockIoLatency;
        histogram.cgroupId = 1;
        histogram.label = "vda read";
        histogram.counts[3] = 7;
        bench.kernel.histograms = {histogram, histogram};   // one cgroup's ids in two hierarchies: one series
        bench.kernel.hooks = {hook("a", 10), hook("b", 20)};
        bench.kernel.drops = {{"NO_SOCKET", 5}};
        bench.second();
        QVERIFY(bench.sampled(wire::Metric::TcpRetransmits));
        QVERIFY(bench.sampled(wire::Metric::NetworkDropsByReason));
        QVERIFY(bench.sampled(wire::Metric::AgentBpfRunNs));
        std::vector<wire::Histogram> histograms;
        for (const auto &batch : bench.outlet.bodies<wire::SampleBatch>())
            histograms.insert(histograms.end(), batch.histograms.begin(), batch.histograms.end());
        QCOMPARE(histograms.size(), std::size_t(1));
        QCOMPARE(histograms[0].counts[3], 14u);
    }

    void foldedCounters_ofACgroupThatIsGoneAreToldWhileTheyMove()
    {
        Bench bench;
        bench.kernel.tcp = {{987654321, 10, 0, 0, 0, 0, 0}};
        const auto toldOf = [&] {
            std::size_t times = 0;
            for (const auto &batch : bench.outlet.bodies<wire::SampleBatch>()) {
                for (const auto &sample : batch.samples)
                    times += sample.metric == wire::Metric::TcpConnects ? 1 : 0;
            }
            return times;
        };
        bench.second();
        bench.second();
        QCOMPARE(toldOf(), std::size_t(1));
        bench.kernel.tcp[0].connects = 11;
        bench.second();
        QCOMPARE(toldOf(), std::size_t(2));
    }

    void runStatistics_thatAreOffGiveNoSample()
    {
        Bench bench;
        bench.kernel.hooks = {hook("a")};
        bench.second();
        QVERIFY(!bench.sampled(wire::Metric::AgentBpfRunNs));
    }

    void runStatistics_thatSomebodyTurnedOffGiveNoSampleAnyMore()
    {
        Bench bench;
        const auto sampled = [&] {
            std::size_t times = 0;
            for (const auto &batch : bench.outlet.bodies<wire::SampleBatch>()) {
                for (const auto &sample : batch.samples)
                    times += sample.metric == wire::Metric::AgentBpfRunNs ? 1 : 0;
            }
            return times;
        };
        bench.kernel.hooks = {hook("a", 10)};
        bench.second();
        bench.second();
        QCOMPARE(sampled(), std::size_t(1));
        bench.kernel.hooks = {hook("a", 11)};
        bench.second();
        QCOMPARE(sampled(), std::size_t(2));
    }

    void mapsThatCannotBeRead_areLoggedOnce()
    {
        Bench bench;
        bench.kernel.mapError = Error(Errc::Io, "reading a map");
        for (int i = 0; i < 3; ++i)
            bench.second();
        QCOMPARE(QString::fromStdString(bench.logged.str()).count("reading a map"), 1);
    }

    void hooks_areToldWhenTheyChange()
    {
        Bench bench;
        bench.kernel.hooks = {hook("a")};
        for (int i = 0; i < 4; ++i)
            bench.second();
        const std::size_t before = bench.outlet.bodies<wire::HookReport>().size();
        QVERIFY(before >= 1 && before <= 2);   // the files of cgroups are first read with the first cgroup sample
        bench.kernel.hooks[0].state = wire::HookState::Failed;
        bench.second();
        QCOMPARE(bench.outlet.bodies<wire::HookReport>().size(), before + 1);
        QCOMPARE(bench.outlet.bodies<wire::HookReport>().back().hooks[0].state, wire::HookState::Failed);
    }

    void hooks_withRunTimesAreToldEveryTenSeconds()
    {
        Bench bench;
        for (int i = 0; i < 21; ++i) {
            bench.kernel.hooks = {hook("a", static_cast<std::uint64_t>(i + 1))};
            bench.second();
        }
        QVERIFY(bench.outlet.bodies<wire::HookReport>().size() <= 4);
        QVERIFY(bench.outlet.bodies<wire::HookReport>().size() >= 3);
    }

    void hooks_refusedByAFullQueueAreToldLater()
    {
        Bench bench;
        bench.outlet.full = true;
        bench.second();
        bench.outlet.full = false;
        bench.second();
        QVERIFY(!bench.outlet.bodies<wire::HookReport>().empty());
    }

    void disabledCollectors_areReportedSo()
    {
        Bench bench({"psi", "network"});
        bench.second();
        bench.second();
        QVERIFY(!bench.sampled(wire::Metric::PsiCpuSomeUs));
        QVERIFY(!bench.sampled(wire::Metric::NetRxBytes));
        int disabled = 0;
        for (const wire::Hook &one : bench.loop->hooks())
            disabled += one.state == wire::HookState::Disabled ? 1 : 0;
        QCOMPARE(disabled, 2);
    }

    void filter_isTakenAndCounted()
    {
        Bench bench;
        wire::EventFilter wanted;
        wanted.minSeverity = wire::Severity::Error;
        bench.filter = wire::Filter{1, {wanted}};
        bench.second();
        bench.kernel.records.push_back(bench.record());
        bench.second();
        QCOMPARE(bench.outlet.bodies<wire::CounterReport>().back().sources.at(0).counters[Counter::UFiltered], 1u);
        QVERIFY(bench.outlet.events().empty());
    }

    void clockStep_isLoggedAndFollowed()
    {
        Bench bench;
        bench.second();
        bench.clock.setUtc(-90min);
        bench.second();
        QVERIFY(bench.logged.str().find("-5400.000 s") != std::string::npos);
        bench.kernel.records.push_back(bench.record());
        QVERIFY(bench.loop->turn());
        bench.loop->finish();
        QCOMPARE(bench.outlet.events().at(0).events.at(0).timeNs, bench.clock.utcNs());
    }

    void finish_drainsAndFlushes()
    {
        Bench bench;
        bench.second();
        bench.kernel.records.push_back(bench.record());
        SourceCounterSet process{"process", {}};
        process.counters[Counter::Drained] = 1;
        bench.kernel.counters = {process};
        const wire::CounterReport last = bench.loop->finish();
        QCOMPARE(bench.outlet.events().size(), std::size_t(1));
        QCOMPARE(last.sources.at(0).counters[Counter::Drained], 1u);
    }

    void finish_emptiesAFullRing()
    {
        Bench bench;
        bench.second();
        for (int poll = 0; poll < 5; ++poll)
            bench.kernel.later.push_back(std::vector<KernelRecord>(300, bench.record()));
        bench.kernel.records.push_back(bench.record());
        bench.loop->finish();
        std::size_t events = 0;
        for (const wire::EventBatch &batch : bench.outlet.events())
            events += batch.events.size();
        QCOMPARE(events, std::size_t(1501));
    }

    void finish_doesNotReadForEver()
    {
        Bench bench;
        bench.second();
        bench.kernel.onPoll = [&bench] {   // a flood that goes on
            bench.clock.advance(10ms);
            bench.kernel.later.push_back({bench.record()});
        };
        bench.kernel.records.push_back(bench.record());
        bench.loop->finish();
        QCOMPARE(bench.kernel.waits.size(), std::size_t(1 + mostDraining / 10ms));
        QVERIFY(bench.logged.str().find("stay unread") != std::string::npos);
    }

    void finish_takesALastSampleOfTheKernelsFigures()
    {
        Bench bench;
        bench.kernel.tcp = {{1, 10, 1, 20, 2, 3, 4}};
        bench.second();
        bench.kernel.tcp[0].connects = 25;
        CgroupHistogram histogram;
        histogram.kind = wire::HistogramKind::RunQueueLatency;
        histogram.cgroupId = 1;
        histogram.counts[2] = 9;
        bench.kernel.histograms = {histogram};
        const std::size_t before = bench.outlet.bodies<wire::SampleBatch>().size();
        const wire::CounterReport last = bench.loop->finish();
        const auto samples = bench.outlet.bodies<wire::SampleBatch>();
        QCOMPARE(samples.size(), before + 1);
        const auto connects = std::find_if(samples.back().samples.begin(), samples.back().samples.end(),
                                           [](const wire::Sample &one) { return one.metric == wire::Metric::TcpConnects; });
        QVERIFY(connects != samples.back().samples.end());
        QCOMPARE(connects->value, 25);
        QCOMPARE(samples.back().histograms.at(0).counts[2], 9u);
        QCOMPARE(last.sources.back().counters[Counter::Drained], samples.size());
    }

    void samples_thatAFullQueueRefusesAreCounted()
    {
        Bench bench;
        bench.second();
        const std::size_t taken = bench.outlet.bodies<wire::SampleBatch>().size();
        bench.outlet.full = true;
        bench.second();
        bench.outlet.full = false;
        const wire::CounterReport last = bench.loop->finish();
        const wire::SourceCounters &samples = last.sources.back();
        QCOMPARE(samples.source, std::string("samples"));
        QVERIFY(samples.counters[Counter::QDrop] >= 1);
        QCOMPARE(samples.counters[Counter::Seen], samples.counters[Counter::Drained]);
        const std::size_t pushed = bench.outlet.bodies<wire::SampleBatch>().size();
        QVERIFY(pushed >= taken);
        QCOMPARE(samples.counters[Counter::Drained], pushed + samples.counters[Counter::QDrop]);
        QCOMPARE(bench.loop->totals().drained, 0u);   // they are no events
        QCOMPARE(bench.loop->totals().missing, samples.counters[Counter::QDrop]);
    }

    void thread_tellsWhyItEnded()
    {
        Bench bench;
        FakeKernel::Script broken;
        broken.pollError = Error(Errc::Io, "the ring is gone");
        auto thread = CollectThread::start(
            Bench::options({}), [&](KernelRecordSink &sink) { return std::make_unique<FakeKernel>(broken, sink); }, bench.port(),
            bench.clock, bench.log);
        QVERIFY(thread.has_value());
        QTRY_VERIFY((*thread)->failure());
        QCOMPARE((*thread)->failure()->context(), std::string("the ring is gone"));
        (*thread)->finish();
    }

    void thread_tellsWhyItCouldNotBegin()
    {
        Bench bench;
        const auto thread = CollectThread::start(
            Bench::options({}), [](KernelRecordSink &) -> Result<std::unique_ptr<KernelCollectors>> { return fail(Errc::Unsupported, "no BTF"); },
            bench.port(), bench.clock, bench.log);
        QVERIFY(!thread);
        QCOMPARE(thread.error().code(), Errc::Unsupported);
    }
};

QTEST_GUILESS_MAIN(TestCollectLoop)
#include "tst_collectloop.moc"
