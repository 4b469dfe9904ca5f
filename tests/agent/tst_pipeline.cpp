// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cerrno>
#include <csignal>

#include "agent/pipeline/severity.h"
#include "tests/agent/pipelinebench.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using Bench = PipelineBench;

Q_DECLARE_METATYPE(tapio::wire::Event)
Q_DECLARE_METATYPE(tapio::wire::Severity)
Q_DECLARE_METATYPE(tapio::wire::Filter)

namespace {

wire::Event connection(wire::TcpOutcome outcome)
{
    wire::TcpConnection tcp;
    tcp.outcome = outcome;
    return withDetail(wire::EventType::TcpConnection, tcp);
}

} // namespace

class TestPipeline : public QObject {
    Q_OBJECT
private slots:
    void announcement_isAnEventOfTheHostAndCounted()
    {
        Bench bench;
        bench.pipeline.setShedStep(ShedStep::Sample);
        wire::AgentNotice notice;
        notice.kind = wire::AgentNoticeKind::ConfigRefused;
        notice.what = std::string(100, 'w');
        notice.text = std::string(5000, 't');
        bench.pipeline.announce(notice, {7, 0, 0, "tapio-agent"});
        bench.pipeline.noteLostNotices(3);
        bench.pipeline.flush();
        QCOMPARE(bench.outlet.all.size(), std::size_t(1));
        QCOMPARE(bench.outlet.all[0].sources, std::vector<std::string_view>{"agent"});
        const wire::EventBatch batch = bench.outlet.events().at(0);
        const wire::Event &event = batch.events.at(0);
        QCOMPARE(event.type, wire::EventType::AgentNotice);
        QCOMPARE(event.timeNs, bench.clock.utcNs());
        QCOMPARE(event.severity, wire::Severity::Warning);
        QCOMPARE(event.process.comm, std::string("tapio-agent"));
        QVERIFY(batch.origins.at(event.origin) == *bench.resolver.host());
        QCOMPARE(std::get<wire::AgentNotice>(event.detail).what.size(), wire::AgentNotice::whatBytes);
        QCOMPARE(std::get<wire::AgentNotice>(event.detail).text.size(), wire::AgentNotice::textBytes);
        wire::EventFilter nothing;
        nothing.types = {wire::EventType::OomKill};
        bench.pipeline.setFilter({1, {nothing}});
        bench.pipeline.announce(notice, {});
        bench.pipeline.flush();
        QCOMPARE(bench.outlet.all.size(), std::size_t(1));
        const auto counters = bench.pipeline.counters({});
        QCOMPARE(counters.size(), std::size_t(1));
        QCOMPARE(counters[0].source, std::string("agent"));
        QCOMPARE(counters[0].counters[Counter::Seen], 5u);
        QCOMPARE(counters[0].counters[Counter::Lost], 3u);
        QCOMPARE(counters[0].counters[Counter::Drained], 2u);
        QCOMPARE(counters[0].counters[Counter::UFiltered], 1u);
        QCOMPARE(counters[0].counters[Counter::Shed], 0u);
    }

    void eventOfAPod_isItsOwn()
    {
        Bench bench;
        KernelRecord record;
        record.source = "kubernetes";
        record.podUid = "0a1b2c3d-0000-4000-8000-000000000001";
        record.bootNs = record.drainedBootNs = static_cast<std::uint64_t>(bench.clock.bootNs());
        record.event = withDetail(wire::EventType::KubernetesFact, wire::KubernetesFact());
        bench.pipeline.onRecord(std::move(record));
        bench.pipeline.flush();
        const wire::EventBatch batch = bench.outlet.events().at(0);
        QCOMPARE(batch.origins.at(batch.events.at(0).origin).podUid, std::string("0a1b2c3d-0000-4000-8000-000000000001"));
        QCOMPARE(batch.events.at(0).timeNs, bench.clock.utcNs());
    }

    void severity_data()
    {
        using wire::Severity;
        QTest::addColumn<wire::Event>("event");
        QTest::addColumn<bool>("inContainer");
        QTest::addColumn<Severity>("severity");
        QTest::newRow("a start") << withDetail(wire::EventType::ProcessExec, wire::ProcessExec{}) << false << Severity::Info;
        QTest::newRow("a clean end") << exited(0, 0) << false << Severity::Info;
        QTest::newRow("an end with a code") << exited(1, 0) << false << Severity::Notice;
        QTest::newRow("ended by SIGTERM") << exited(0, SIGTERM) << false << Severity::Notice;
        QTest::newRow("ended by SIGKILL") << exited(0, SIGKILL) << false << Severity::Warning;
        QTest::newRow("ended by SIGINT") << exited(0, SIGINT) << false << Severity::Notice;
        QTest::newRow("ended by a real-time signal") << exited(0, SIGRTMIN) << false << Severity::Notice;
        for (const int signal : {SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP})
            QTest::addRow("a crash, signal %d", signal) << exited(0, signal) << false << Severity::Error;
        QTest::newRow("a crash") << exited(0, SIGSEGV) << false << Severity::Error;
        QTest::newRow("a fatal signal that is a crash")
            << withDetail(wire::EventType::FatalSignal, wire::FatalSignal{SIGBUS, 1, 0, {}}) << false << Severity::Error;
        QTest::newRow("a container out of memory") << withDetail(wire::EventType::OomKill, wire::OomKill{}) << true << Severity::Error;
        QTest::newRow("the host out of memory") << withDetail(wire::EventType::OomKill, wire::OomKill{}) << false << Severity::Critical;
        QTest::newRow("a connection that closed") << connection(wire::TcpOutcome::Closed) << false << Severity::Info;
        QTest::newRow("a connection refused") << connection(wire::TcpOutcome::Refused) << false << Severity::Warning;
        QTest::newRow("a connection timed out") << connection(wire::TcpOutcome::TimedOut) << false << Severity::Warning;
        QTest::newRow("a connection reset") << connection(wire::TcpOutcome::Reset) << false << Severity::Notice;
        QTest::newRow("an outcome of a later version") << connection(static_cast<wire::TcpOutcome>(99)) << false << Severity::Info;
        detailRows();
        QTest::newRow("a type of a later version") << withDetail(static_cast<wire::EventType>(99), {}) << false << Severity::Info;
    }

private:
    static void detailRows()
    {
        using wire::Severity;
        const auto add = [](const char *row, const wire::Detail &detail, Severity severity) {
            QTest::newRow(row) << withDetail(static_cast<wire::EventType>(detail.index()), detail) << false << severity;
        };
        wire::ProcessExec changed;
        changed.writtenAfterStart = true;
        add("a program changed in its container", changed, Severity::Warning);
        const auto dns = [](wire::DnsOutcome outcome, std::uint16_t code) {
            wire::DnsQuery query;
            query.outcome = outcome;
            query.responseCode = code;
            return query;
        };
        add("a name answered", dns(wire::DnsOutcome::Answered, 0), Severity::Info);
        add("a name that does not exist", dns(wire::DnsOutcome::Answered, 3), Severity::Info);
        add("a name server that failed", dns(wire::DnsOutcome::Answered, 2), Severity::Warning);
        add("a name server that refused", dns(wire::DnsOutcome::Answered, 5), Severity::Warning);
        add("a name not answered", dns(wire::DnsOutcome::TimedOut, 0), Severity::Warning);
        add("a code that means nothing without an answer", dns(wire::DnsOutcome::Unknown, 2), Severity::Info);
        const auto http = [](std::uint16_t status, bool aborted) {
            wire::HttpRequest request;
            request.status = status;
            request.aborted = aborted;
            return request;
        };
        add("a request served", http(204, false), Severity::Info);
        add("a request not seen answered", http(0, false), Severity::Info);
        add("a request refused", http(404, false), Severity::Notice);
        add("a request failed", http(500, false), Severity::Warning);
        add("a request aborted", http(0, true), Severity::Warning);
        for (const int error : {EMFILE, ENFILE, ENOSPC, EDQUOT, EROFS})
            add(qPrintable(QString("out of something, error %1").arg(error)), wire::FileFailure{"/x", "open", error, 0, 1},
                Severity::Warning);
        add("a disk that fails", wire::FileFailure{"/x", "read", EIO, 0, 1}, Severity::Error);
        add("a file that is not there", wire::FileFailure{"/x", "open", ENOENT, 0, 1}, Severity::Notice);
        add("a capability used", wire::CapabilityUse{21, true, 1}, Severity::Notice);
        add("a capability denied", wire::CapabilityUse{21, false, 1}, Severity::Warning);
        add("privileges gained", wire::PrivilegeGain(), Severity::Warning);
        add("a handshake that failed", wire::TlsFailure(), Severity::Warning);
        add("tracing", wire::PtraceAttach(), Severity::Warning);
        add("a module", wire::ModuleLoad(), Severity::Warning);
        add("a mount", wire::Mount(), Severity::Notice);
        add("a login", wire::Login{true, {}, {}, {}, {}, 1}, Severity::Info);
        add("a terminal in a container", wire::Login{true, {}, "terminal", "container exec", {}, 1}, Severity::Notice);
        add("an exec probe", wire::Login{true, {}, "no terminal", "container exec", {}, 1}, Severity::Info);
        add("a failed login", wire::Login{false, {}, {}, {}, {}, 1}, Severity::Warning);
        const Severity byPriority[] = {Severity::Critical, Severity::Critical, Severity::Critical, Severity::Error, Severity::Warning,
                                       Severity::Notice,   Severity::Info,     Severity::Debug,    Severity::Debug};
        for (std::uint8_t priority = 0; priority < 9; ++priority)
            add(qPrintable(QString("the kernel's log at %1").arg(priority)), wire::KernelLog{priority, 0, 1, {}}, byPriority[priority]);
        const auto notice = [](wire::AgentNoticeKind kind) { return wire::AgentNotice{kind, {}, {}, 0, 0, {}}; };
        add("shedding begins", notice(wire::AgentNoticeKind::ShedBegin), Severity::Warning);
        add("shedding ends", notice(wire::AgentNoticeKind::ShedEnd), Severity::Info);
        add("a configuration taken", notice(wire::AgentNoticeKind::ConfigApplied), Severity::Info);
        add("a configuration refused", notice(wire::AgentNoticeKind::ConfigRefused), Severity::Warning);
        add("a spool that was full", notice(wire::AgentNoticeKind::SpoolDropped), Severity::Warning);
        add("a cgroup that made too much", notice(wire::AgentNoticeKind::RateLimited), Severity::Warning);
        add("a begin", notice(wire::AgentNoticeKind::Began), Severity::Info);
        add("a begin after one that was killed", notice(wire::AgentNoticeKind::CutOff), Severity::Warning);
        add("a collector that failed", notice(wire::AgentNoticeKind::CollectorFailed), Severity::Warning);
        add("a notice of a later version", notice(static_cast<wire::AgentNoticeKind>(99)), Severity::Info);
        add("a drill", wire::DrillLabel(), Severity::Notice);
        const auto memory = [](std::uint64_t high, std::uint64_t max, std::uint64_t kills, bool underOom) {
            return wire::MemoryEvents{0, high, max, 0, kills, 0, underOom, 0, 0};
        };
        add("a cgroup above memory.high", memory(9, 0, 0, false), Severity::Notice);
        add("a cgroup at its limit", memory(9, 1, 0, false), Severity::Warning);
        add("a cgroup in which was killed", memory(9, 1, 1, false), Severity::Error);
        add("a cgroup that stands still", memory(0, 0, 0, true), Severity::Error);
        add("a cgroup that goes on", memory(0, 0, 0, false), Severity::Info);
        wire::PressureStall stall;
        add("pressure begins", stall, Severity::Warning);
        stall.ended = true;
        add("pressure ends", stall, Severity::Info);
        const auto fact = [](wire::KubernetesFactKind kind) {
            wire::KubernetesFact one;
            one.kind = kind;
            return one;
        };
        add("a pod that was evicted", fact(wire::KubernetesFactKind::PodEvicted), Severity::Warning);
        add("a volume that changed", fact(wire::KubernetesFactKind::VolumeChanged), Severity::Notice);
        add("a certificate that ends", fact(wire::KubernetesFactKind::CertificateExpiry), Severity::Warning);
        add("a fact of a later version", fact(static_cast<wire::KubernetesFactKind>(99)), Severity::Notice);
        for (const Severity given : {Severity::Info, Severity::Critical}) {
            wire::Event insight = withDetail(wire::EventType::Insight, wire::Insight());
            insight.severity = given;
            QTest::addRow("an insight keeps %s", wire::severityName(given).data()) << insight << false << given;
        }
    }

private slots:
    void severity()
    {
        QFETCH(wire::Event, event);
        QFETCH(bool, inContainer);
        wire::Origin origin;
        origin.attribution = wire::Attribution::Live;
        if (inContainer)
            origin.containerId = std::string(64, 'a');
        QTEST(severityOf(event, origin), "severity");
    }

    void oomKill_isCriticalWhereItIsSurelyOutsideOfContainers_data()
    {
        using enum wire::Attribution;
        QTest::addColumn<wire::Attribution>("attribution");
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("podUid");
        QTest::addColumn<wire::Severity>("severity");
        QTest::newRow("the host") << Live << "/"
                                  << "" << wire::Severity::Critical;
        QTest::newRow("a service that is gone") << Cached << "/system.slice/a.service"
                                                << "" << wire::Severity::Critical;
        QTest::newRow("a pod") << Live << "/k/p"
                               << "u" << wire::Severity::Error;
        QTest::newRow("nobody knows: an amendment may say that it was a pod") << Unknown << ""
                                                                              << "" << wire::Severity::Error;
    }
    void oomKill_isCriticalWhereItIsSurelyOutsideOfContainers()
    {
        QFETCH(wire::Attribution, attribution);
        QFETCH(QString, path);
        QFETCH(QString, podUid);
        wire::Origin origin;
        origin.attribution = attribution;
        origin.cgroupPath = path.toStdString();
        origin.podUid = podUid.toStdString();
        QTEST(severityOf(withDetail(wire::EventType::OomKill, wire::OomKill{}), origin), "severity");
    }

    void gate_letsThroughWhatMayBeOfAnyNamespace_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("podUid");
        QTest::addColumn<QString>("namespaceName");
        QTest::addColumn<bool>("isWanted");
        QTest::newRow("of the namespace") << "/k/p"
                                          << "u"
                                          << "shop" << true;
        QTest::newRow("of another") << "/k/p"
                                    << "u"
                                    << "bank" << false;
        QTest::newRow("a pod without a name yet") << "/k/p"
                                                  << "u"
                                                  << "" << true;
        QTest::newRow("a cgroup that is not known") << ""
                                                    << ""
                                                    << "" << true;
        QTest::newRow("a service") << "/system.slice/a.service"
                                   << ""
                                   << "" << false;
        QTest::newRow("the host") << "/"
                                  << ""
                                  << "" << false;
    }
    void gate_letsThroughWhatMayBeOfAnyNamespace()
    {
        QFETCH(QString, path);
        QFETCH(QString, podUid);
        QFETCH(QString, namespaceName);
        QFETCH(bool, isWanted);
        wire::Origin origin;
        origin.cgroupPath = path.toStdString();
        origin.podUid = podUid.toStdString();
        origin.namespaceName = namespaceName.toStdString();
        wire::EventFilter shop;
        shop.types = {wire::EventType::ProcessExit};
        shop.namespaces = {"shop"};
        EventGate gate("node-1");
        gate.set({1, {shop}});
        QCOMPARE(gate.wants(exited(0, 0), origin), isWanted);
        QVERIFY(!gate.wants(connection(wire::TcpOutcome::Reset), origin)); // type, severity and node count all the same
        shop.nodes = {"node-2"};
        gate.set({2, {shop}});
        QVERIFY(!gate.wants(exited(0, 0), origin));
    }

    void bootTime_followsSlewingAndNamesSteps()
    {
        FakeClock clock;
        BootTime time(clock);
        QCOMPARE(time.toUtcNs(static_cast<std::uint64_t>(clock.bootNs())), clock.utcNs());
        clock.advance(std::chrono::seconds(1));
        clock.setUtc(std::chrono::microseconds(400));
        QVERIFY(!time.measure());
        QCOMPARE(time.toUtcNs(static_cast<std::uint64_t>(clock.bootNs())), clock.utcNs());
        clock.setUtc(-std::chrono::hours(1));
        const auto step = time.measure();
        QVERIFY(step);
        QCOMPARE(*step, -3600 * nsPerSecond);
        QCOMPARE(time.toUtcNs(static_cast<std::uint64_t>(clock.bootNs())), clock.utcNs());
        QVERIFY(!time.measure());
    }

    void record_becomesAnEventOfUtcTimeOriginAndSeverity()
    {
        Bench bench;
        bench.feed(exited(0, SIGKILL), "process", 3 * nsPerMs);
        bench.pipeline.flush();
        const auto batches = bench.outlet.events();
        QCOMPARE(batches.size(), std::size_t(1));
        QCOMPARE(batches[0].firstSeq, 1u);
        const wire::Event &event = batches[0].events.at(0);
        QCOMPARE(event.timeNs, bench.clock.utcNs() - 3 * nsPerMs);
        QCOMPARE(event.drainUs, 3000u);
        QCOMPARE(event.severity, wire::Severity::Warning);
        QCOMPARE(batches[0].origins.at(event.origin).cgroupPath, std::string("/"));
    }

    void writtenAfterStart_data()
    {
        QTest::addColumn<qint64>("changedAfterStartNs");
        QTest::addColumn<bool>("inContainer");
        QTest::addColumn<bool>("known");
        QTest::addColumn<bool>("written");
        QTest::newRow("of the image") << qint64(-3600 * nsPerSecond) << true << true << false;
        QTest::newRow("at the moment of the start") << qint64(0) << true << true << false;
        QTest::newRow("after the start") << qint64(1) << true << true << true;
        QTest::newRow("after the start, on the host") << qint64(nsPerSecond) << false << true << false;
        QTest::newRow("nobody knows") << qint64(nsPerSecond) << true << false << false;
    }
    void writtenAfterStart()
    {
        QFETCH(qint64, changedAfterStartNs);
        QFETCH(bool, inContainer);
        QFETCH(bool, known);
        Bench bench;
        const std::int64_t startBootNs = bench.clock.bootNs() - 60 * nsPerSecond;
        KernelRecord record;
        record.source = "process";
        record.cgroupId = 1;
        record.bootNs = record.drainedBootNs = static_cast<std::uint64_t>(bench.clock.bootNs());
        record.containerStartBootNs = inContainer ? static_cast<std::uint64_t>(startBootNs) : 0;
        record.fileChangedNs = known ? bench.bootTime.toUtcNs(static_cast<std::uint64_t>(startBootNs)) + changedAfterStartNs : 0;
        record.event = withDetail(wire::EventType::ProcessExec, wire::ProcessExec());
        bench.pipeline.onRecord(std::move(record));
        bench.pipeline.flush();
        const auto batches = bench.outlet.bodies<wire::EventBatch>();
        QCOMPARE(batches.size(), std::size_t(1));
        QTEST(std::get<wire::ProcessExec>(batches[0].events[0].detail).writtenAfterStart, "written");
    }

    void containersOnly_leavesOutTheHost()
    {
        Bench bench;
        KernelRecord record;
        record.source = "capability";
        record.cgroupId = 1;
        record.containersOnly = true;
        record.event = withDetail(wire::EventType::CapabilityUse, wire::CapabilityUse{21, true, 1});
        bench.pipeline.onRecord(std::move(record));
        QCOMPARE(bench.pipeline.pending(), std::size_t(0));
        QCOMPARE(bench.pipeline.counters({}).at(0).counters[Counter::UFiltered], 1u);
    }

    /// The kernel tells a use once in ten minutes: what cannot be placed at that moment would be missed for all of them.
    void containersOnly_keepsWhatNobodyCanPlace()
    {
        Bench bench;
        KernelRecord record;
        record.source = "capability";
        record.cgroupId = 4711;
        record.containersOnly = true;
        record.event = withDetail(wire::EventType::CapabilityUse, wire::CapabilityUse{21, true, 1});
        bench.pipeline.onRecord(std::move(record));
        bench.pipeline.flush();
        const auto batches = bench.outlet.bodies<wire::EventBatch>();
        QCOMPARE(batches.size(), std::size_t(1));
        QCOMPARE(batches[0].origins.at(batches[0].events.at(0).origin).attribution, wire::Attribution::Unknown);
    }

    void texts_areMadeToFit()
    {
        Bench bench;
        bench.feed(withDetail(wire::EventType::KernelLog, wire::KernelLog{3, 0, 1, std::string(5000, '\xFF')}), "kmsg");
        bench.pipeline.flush();
        const auto batches = bench.outlet.events();
        QCOMPARE(std::get<wire::KernelLog>(batches.at(0).events.at(0).detail).text.size(), std::size_t(999));
    }

    void drainTime_saturatesAndNeverGoesBelowZero()
    {
        Bench bench;
        bench.feed(exited(0, 0), "process", std::uint64_t(4500) * nsPerSecond);
        bench.feed(exited(0, 0), "process", static_cast<std::uint64_t>(-5));
        bench.pipeline.flush();
        const auto batches = bench.outlet.events();
        QCOMPARE(batches[0].events[0].drainUs, UINT32_MAX);
        QCOMPARE(batches[0].events[1].drainUs, 0u);
    }

    void batch_isSentWhenItHasAsManyEventsAsAllowed()
    {
        BatchLimits limits;
        limits.events = 3;
        Bench bench(limits);
        for (int i = 0; i < 7; ++i)
            bench.feed(exited(i, 0));
        const auto batches = bench.outlet.events();
        QCOMPARE(batches.size(), std::size_t(2));
        QCOMPARE(batches[1].firstSeq, 4u);
        QCOMPARE(bench.pipeline.pending(), std::size_t(1));
    }

    void batch_isSentWhenItIsLarge()
    {
        BatchLimits limits;
        limits.bytes = 4096;
        Bench bench(limits);
        wire::ProcessExec exec;
        exec.arguments = {std::string(500, 'x')};
        for (int i = 0; i < 8; ++i)
            bench.feed(withDetail(wire::EventType::ProcessExec, exec));
        QCOMPARE(bench.outlet.events().size(), std::size_t(1));
    }

    void batch_isSentWhenItHasWaitedLongEnough()
    {
        Bench bench;
        bench.feed(exited(0, 0));
        bench.clock.advance(std::chrono::milliseconds(99));
        bench.pipeline.tick();
        QCOMPARE(bench.outlet.events().size(), std::size_t(0));
        bench.clock.advance(std::chrono::milliseconds(1));
        bench.pipeline.tick();
        QCOMPARE(bench.outlet.events().size(), std::size_t(1));
        bench.pipeline.tick();
        QCOMPARE(bench.outlet.events().size(), std::size_t(1));
    }

    void batch_isSentAtOnceWhenItHasAnError()
    {
        Bench bench;
        bench.feed(exited(0, SIGKILL));
        QVERIFY(bench.pipeline.untilDueNs() > 0);
        bench.feed(exited(0, SIGSEGV));
        bench.feed(withDetail(wire::EventType::OomKill, wire::OomKill{}), "oom");
        QCOMPARE(bench.outlet.events().size(), std::size_t(0)); // what is read together goes together
        QCOMPARE(bench.pipeline.untilDueNs(), std::optional<std::int64_t>(0));
        bench.pipeline.tick();
        QCOMPARE(bench.outlet.events().size(), std::size_t(1));
        QCOMPARE(bench.outlet.events()[0].events.size(), std::size_t(3));
        bench.feed(exited(0, 0));
        QVERIFY(bench.pipeline.untilDueNs() > 0);
    }

    void filter_data()
    {
        QTest::addColumn<wire::Filter>("filter");
        QTest::addColumn<int>("passed");
        const auto one = [](auto change) {
            wire::EventFilter filter;
            change(filter);
            return wire::Filter{1, {filter}};
        };
        QTest::newRow("no filter wants all") << wire::Filter{} << 3;
        QTest::newRow("an empty filter wants all") << one([](auto &) {}) << 3;
        QTest::newRow("by type") << one([](auto &f) { f.types = {wire::EventType::TcpConnection}; }) << 1;
        QTest::newRow("by severity") << one([](auto &f) { f.minSeverity = wire::Severity::Notice; }) << 2;
        QTest::newRow("by this node") << one([](auto &f) { f.nodes = {"node-1"}; }) << 3;
        QTest::newRow("by another node") << one([](auto &f) { f.nodes = {"node-2"}; }) << 0;
        QTest::newRow("by a namespace that the host has not") << one([](auto &f) { f.namespaces = {"shop"}; }) << 0;
        QTest::newRow("by a pod that the host has not") << one([](auto &f) { f.pods = {"cart"}; }) << 0;
        wire::EventFilter tcp;
        tcp.types = {wire::EventType::TcpConnection};
        wire::EventFilter bad;
        bad.minSeverity = wire::Severity::Warning;
        QTest::newRow("any of two is enough") << wire::Filter{2, {tcp, bad}} << 2;
    }
    void filter()
    {
        QFETCH(wire::Filter, filter);
        QFETCH(int, passed);
        Bench bench;
        bench.pipeline.setFilter(filter);
        bench.feed(exited(0, 0));
        bench.feed(exited(0, SIGKILL));
        bench.feed(connection(wire::TcpOutcome::Reset), "tcp");
        QCOMPARE(int(bench.pipeline.pending()), passed);
        std::uint64_t filtered = 0;
        for (const auto &source : bench.pipeline.counters({}))
            filtered += source.counters[Counter::UFiltered];
        QCOMPARE(filtered, std::uint64_t(3 - passed));
    }

    void counters_namesWhatAFullQueueRefused()
    {
        BatchLimits limits;
        limits.events = 3;
        Bench bench(limits);
        bench.outlet.full = true;
        bench.feed(exited(0, 0), "process");
        bench.feed(exited(0, 0), "process");
        bench.feed(connection(wire::TcpOutcome::Closed), "tcp");
        SourceCounterSet kernel{"process", {}};
        kernel.counters[Counter::Drained] = 2;
        const auto counters = bench.pipeline.counters({kernel});
        QCOMPARE(counters.size(), std::size_t(2));
        QCOMPARE(counters[0].counters[Counter::QDrop], 2u);
        QCOMPARE(counters[0].counters.inAgent(), 0);
        QCOMPARE(counters[1].source, std::string("tcp"));
        QCOMPARE(counters[1].counters[Counter::QDrop], 1u);
        bench.outlet.full = false;
        for (int i = 0; i < 3; ++i)
            bench.feed(exited(0, 0));
        QCOMPARE(bench.outlet.events().at(0).firstSeq, 4u); // the numbers of the refused batch are gone with it
    }

    void batch_carriesEachOriginOnce()
    {
        Batcher batcher({});
        const auto a = std::make_shared<wire::Origin>();
        auto other = std::make_shared<wire::Origin>();
        other->cgroupPath = "/b";
        for (const OriginPtr &origin : {OriginPtr(a), OriginPtr(other), OriginPtr(a)})
            batcher.add(exited(0, 0), origin, "process", 0);
        const Outgoing outgoing = batcher.take();
        const auto &batch = std::get<wire::EventBatch>(outgoing.body);
        QCOMPARE(batch.origins.size(), std::size_t(2));
        QCOMPARE(batch.events[0].origin, 0u);
        QCOMPARE(batch.events[1].origin, 1u);
        QCOMPARE(batch.events[2].origin, 0u);
        QCOMPARE(outgoing.sources.size(), std::size_t(3));
    }
};

QTEST_APPLESS_MAIN(TestPipeline)
#include "tst_pipeline.moc"
