// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <atomic>

#include "agent/control/drilllabels.h"
#include "agent/pipeline/collectthread.h"
#include "agent/pipeline/notices.h"
#include "tests/agent/collectbench.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using namespace std::chrono_literals;
using Bench = CollectBench;

class TestCollectLoop : public QObject {
    Q_OBJECT
private slots:
    void change_appliesFromTheNextTurnOn()
    {
        Bench bench;
        bench.second();
        QVERIFY(bench.sampled(wire::Metric::PsiCpuSomeUs));
        wire::Hook observe = hook("http://127.0.0.1:1");
        bench.loop->change({{"psi", "tcp"}, 2, 5s, 10s, {observe}, {0, 0, 0}});
        QCOMPARE(bench.kernel.disabled, (std::set<std::string>{"psi", "tcp"}));
        bench.outlet.all.clear();
        for (int i = 0; i < 6; ++i)
            bench.second();
        QVERIFY(!bench.sampled(wire::Metric::PsiCpuSomeUs));
        QCOMPARE(bench.outlet.bodies<wire::SampleBatch>().size(), std::size_t(2)); // at once, and after five seconds
        QCOMPARE(bench.loop->snapshot()->budget.limits, (BudgetLimits{0, 0, 0}));
        const auto hooks = bench.loop->hooks();
        QVERIFY(std::find(hooks.begin(), hooks.end(), observe) != hooks.end());
        QVERIFY(std::any_of(hooks.begin(), hooks.end(),
                            [](const wire::Hook &h) { return h.collector == "psi" && h.state == wire::HookState::Disabled; }));
        bench.loop->change({{}, 2, 1s, 1s, {}, {}});
        bench.second();
        QVERIFY(bench.sampled(wire::Metric::PsiCpuSomeUs));
        QCOMPARE(bench.loop->snapshot()->cgroups, std::size_t(2));
        QVERIFY(bench.loop->snapshot()->cgroupsCutOff > 0);
    }

    void change_ofAReaderTellsWhatItKeptAndKeepsItsCounts()
    {
        QTemporaryDir folder;
        const auto log = [path = folder.filePath("auth.log")](const QByteArray &lines) {
            QFile file(path);
            QVERIFY(file.open(QIODevice::Append) && file.write(lines) == lines.size());
        };
        const QByteArray failure = "Mar  3 10:11:12 n sshd[5]: Failed password for root from 203.0.113.9 port 1 ssh2\n";
        log("");
        Bench bench({}, folder.path().toStdString());
        bench.second();
        log(failure + failure + failure);
        bench.second();
        bench.second();
        QCOMPARE(bench.told<wire::Login>().size(), std::size_t(1)); // the rest waits for more of the same
        const auto collector = [&](const char *name) {
            const auto hooks = bench.loop->hooks();
            const auto found = std::find_if(hooks.begin(), hooks.end(), [&](const wire::Hook &h) { return h.collector == name; });
            return found == hooks.end() ? wire::HookState::Unknown : found->state;
        };
        QCOMPARE(collector("login"), wire::HookState::Active);
        bench.loop->change({{"login", "kmsg", "security"}, 1024, 1s, 2s, {}, {}});
        bench.second();
        QCOMPARE(bench.told<wire::Login>().size(), std::size_t(2));
        QCOMPARE(collector("login"), wire::HookState::Disabled);
        QCOMPARE(collector("kmsg"), wire::HookState::Disabled);
        log(failure); // while nobody looks
        bench.second();
        bench.loop->change({{}, 1024, 1s, 2s, {}, {}});
        bench.second();
        QCOMPARE(collector("login"), wire::HookState::Active);
        log(failure);
        bench.second();
        bench.second();
        QCOMPARE(bench.told<wire::Login>().size(), std::size_t(3));
        const wire::CounterReport last = bench.loop->finish();
        const auto login = std::find_if(last.sources.begin(), last.sources.end(), [](const auto &s) { return s.source == "login"; });
        QVERIFY(login != last.sources.end());
        QCOMPARE(login->counters[Counter::Seen], 4u);
        QCOMPARE(login->counters[Counter::Folded], 1u);
        QCOMPARE(login->counters[Counter::Drained], 3u);
    }

    void change_readsLabelsOfDrillsOnce()
    {
        FakeClock clock;
        const auto inbox = std::make_shared<LabelInbox>(clock);
        Bench bench({}, "/nowhere/log", inbox);
        for (int i = 0; i < 3; ++i) {
            bench.loop->change({{}, 1024, 1s, 2s, {}, {}});
            bench.second();
        }
        QVERIFY(inbox->offer({"oom-kill", "/tapio-drill-0123456789abcdef", "begin", 1, 0, 7, {}}));
        bench.second();
        const auto hooks = bench.loop->hooks();
        QCOMPARE(std::count_if(hooks.begin(), hooks.end(), [](const wire::Hook &h) { return h.collector == "drill"; }), 1);
        const wire::CounterReport last = bench.loop->finish();
        const auto drill = std::find_if(last.sources.begin(), last.sources.end(), [](const auto &s) { return s.source == "drill"; });
        QVERIFY(drill != last.sources.end());
        QCOMPARE(drill->counters[Counter::Seen], 1u);
        QCOMPARE(drill->counters[Counter::Drained], 1u);
        QCOMPARE(bench.told<wire::DrillLabel>().size(), std::size_t(1));
    }

    void finish_tellsWhatReadersKept()
    {
        QTemporaryDir folder;
        QFile file(folder.filePath("auth.log"));
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Unbuffered));
        Bench bench({}, folder.path().toStdString());
        bench.second();
        for (int i = 0; i < 2; ++i)
            QVERIFY(file.write("Mar  3 10:11:12 n sshd[5]: Failed password for root from 203.0.113.9 port 1 ssh2\n") > 0);
        bench.loop->finish();
        QCOMPARE(bench.told<wire::Login>().size(), std::size_t(2));
    }

    void snapshot_isEachSecondsAndNeverChanges()
    {
        Bench bench;
        QVERIFY(!bench.loop->snapshot());
        bench.kernel.hooks = {hook("a")};
        bench.second();
        const auto first = bench.loop->snapshot();
        QVERIFY(first);
        QCOMPARE(first->hooks.front().name, std::string("a"));
        QCOMPARE(first->critical.sizeBytes, std::uint64_t(256u << 10));
        QCOMPARE(first->takenBootNs, bench.clock.bootNs());
        bench.kernel.hooks = {hook("b")};
        bench.second();
        QCOMPARE(first->hooks.front().name, std::string("a"));
        QCOMPARE(bench.loop->snapshot()->hooks.front().name, std::string("b"));
    }

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
        bench.kernel.histograms = {histogram, histogram}; // one cgroup's ids in two hierarchies: one series
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

    void foldedCounters_areForgottenOnlyOfCgroupsThatAreGone()
    {
        Bench bench;
        bench.kernel.tcp = {{987654321, 10, 0, 0, 0, 0, 0}, {1, 5, 0, 0, 0, 0, 0}};
        bench.second();
        QCOMPARE(bench.kernel.gone, std::set<std::uint64_t>{987654321});
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
        QVERIFY(before >= 1 && before <= 2); // the files of cgroups are first read with the first cgroup sample
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

    void eventsOfMemoryAndPressure_goWithTheirCollectors()
    {
        Bench bench;
        const auto has = [&bench](const char *collector, const char *name) {
            const auto hooks = bench.loop->hooks();
            return std::any_of(hooks.begin(), hooks.end(), [&](const wire::Hook &h) { return h.collector == collector && h.name == name; });
        };
        const auto hasAll = [&has](bool all) {
            return has("memory", "memory.events.local") == all && has("psi", "trigger on /proc/pressure/memory") == all
                   && has("volumes", "statvfs in mount namespaces") == all;
        };
        bench.second();
        QVERIFY(hasAll(true));
        bench.loop->change({{"memory", "psi", "volumes"}, 1024, 1s, 2s, {}, {}});
        bench.second();
        QVERIFY(hasAll(false) && has("volumes", "volumes")); // which is said to be off
    }

    void hookNames_areNotShared() // the metrics of two would be one
    {
        Bench bench;
        for (int i = 0; i < 3; ++i)
            bench.second();
        std::set<std::pair<std::string, std::string>> names;
        for (const wire::Hook &one : bench.loop->hooks())
            QVERIFY2(names.emplace(one.collector, one.name).second, one.name.c_str());
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
        QCOMPARE(bench.kernel.askedForCounts, 1);
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
        bench.kernel.onPoll = [&bench] { // a flood that goes on
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
        QCOMPARE(bench.loop->totals().drained, 0u); // they are no events
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

    void thread_announcesAndCountsWhatWasTooMuch()
    {
        constexpr std::size_t tooMany = 6;
        Bench bench;
        FakeKernel::Script script;
        std::atomic<bool> announced = false;
        std::atomic<CollectThread *> self = nullptr;
        script.onPoll = [&] {
            CollectThread *thread = self.load();
            if (thread == nullptr || announced)
                return;
            for (std::size_t i = 0; i < CollectThread::mostNotices + tooMany; ++i) // in one turn
                thread->announce(noticeOfReload(true, "configuration", std::to_string(i)));
            announced = true;
        };
        auto thread = CollectThread::start(
            Bench::options({}), [&](KernelRecordSink &sink) { return std::make_unique<FakeKernel>(script, sink); }, bench.port(),
            bench.clock, bench.log);
        QVERIFY(thread.has_value());
        self = thread->get();
        QTRY_VERIFY(announced);
        const wire::CounterReport last = (*thread)->finish();
        const auto told = bench.told<wire::AgentNotice>();
        QCOMPARE(told.size(), CollectThread::mostNotices);
        QCOMPARE(told[1].kind, wire::AgentNoticeKind::ConfigApplied);
        QCOMPARE(told[1].text, std::string("1"));
        const auto agent = std::find_if(last.sources.begin(), last.sources.end(), [](const auto &s) { return s.source == "agent"; });
        QVERIFY(agent != last.sources.end());
        QCOMPARE(agent->counters[Counter::Seen], CollectThread::mostNotices + tooMany);
        QCOMPARE(agent->counters[Counter::Lost], tooMany);
        QCOMPARE(agent->counters[Counter::Drained], CollectThread::mostNotices);
    }

    void thread_tellsWhyItCouldNotBegin()
    {
        Bench bench;
        const auto thread = CollectThread::start(
            Bench::options({}),
            [](KernelRecordSink &) -> Result<std::unique_ptr<KernelCollectors>> { return fail(Errc::Unsupported, "no BTF"); }, bench.port(),
            bench.clock, bench.log);
        QVERIFY(!thread);
        QCOMPARE(thread.error().code(), Errc::Unsupported);
    }
};

QTEST_GUILESS_MAIN(TestCollectLoop)
#include "tst_collectloop.moc"
