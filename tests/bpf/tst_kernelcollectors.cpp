// SPDX-License-Identifier: GPL-3.0-or-later
// Opening, states, counters and rings: what all collectors share.
#include <QElapsedTimer>
#include <QTemporaryFile>
#include <QTest>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <thread>

#include "agent/collect/kernel/hooktable.h"
#include "agent/collect/kernel/kerneltypes.h"
#include "bpf/include/tapio_records.h"
#include "tests/bpf/memorycgroup.h"
#include "tests/bpf/tcppeer.h"

using namespace tapio;
using namespace tapio::test;

namespace {

/// Where it is mounted: an empty folder over it, for this process alone. debugfs would mount it at the first look.
bool hideTracefs()
{
    std::vector<const char *> places;
    for (const char *place : {"/sys/kernel/tracing", "/sys/kernel/debug"}) {
        if (::access((std::string(place) + "/tracing").c_str(), F_OK) == 0 || ::access((std::string(place) + "/events").c_str(), F_OK) == 0)
            places.push_back(place);
    }
    if (places.empty())
        return true;
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return false;
    return std::all_of(places.begin(), places.end(), [](const char *place) { return ::mount("none", place, "tmpfs", 0, nullptr) == 0; });
}

/// The collector whose program does the work at the hook; all are on.
std::string_view carrierOf(const wire::Hook &hook)
{
    for (const agent::HookSpec &spec : agent::hookTable()) {
        if (spec.collector == hook.collector && spec.name == hook.name)
            return spec.carriedBy;
    }
    return {};
}

} // namespace

class tst_KernelCollectors : public QObject {
    Q_OBJECT

private slots:
    void everyHook_isActiveHere_data();
    void everyHook_isActiveHere();
    void disabledCollector_isSaid();
    void packetsWithoutCgroup2_areUnsupported();
    void sharedHook_isThereWhileEitherNeedsIt();
    void attachKindWithoutAny_isSaid();
    void refusedKind_stepsDownWithReason();
    void types_areOfTheFileThatIsNamed();
    void open_refuses_data();
    void open_refuses();
    void open_withoutCapabilities();
    void wake_endsThePoll();
    void counters_addUpAfterTheFlood_data();
    void counters_addUpAfterTheFlood();
    void flood_isLostInTheEventRingOnly();
    void eventRing_wakesTheReaderFromAQuarterOn();
    void eventRing_letsTheReaderSleepBelowAQuarter();
    void criticalRing_wakesTheReaderAtOnce();
    void pidNamespace_ofTheAgentCounts();
};

namespace {

constexpr int flood = 200;
constexpr std::uint32_t smallRing = 64u << 10;
constexpr std::uint32_t largeRing = 2u << 20;
constexpr std::chrono::milliseconds longWait{20'000};
constexpr std::chrono::milliseconds shortWait{300};

/// A small ring whose reader does not look by itself for as long as any test lasts.
agent::KernelOptions neverLooking(std::uint32_t ringBytes = smallRing)
{
    agent::KernelOptions options;
    options.eventRingBytes = ringBytes;
    options.pace = {std::chrono::hours(1), std::chrono::hours(1), std::chrono::hours(1)};
    return options;
}

/// What the records of the process collector from the `first` on took in the ring, each with its header of 8 bytes.
std::size_t ringBytesOf(const std::vector<agent::KernelRecord> &records, std::size_t first)
{
    std::size_t bytes = 0;
    for (std::size_t i = first; i < records.size(); ++i)
        bytes += 8 + (std::holds_alternative<wire::ProcessExec>(records[i].event.detail) ? sizeof(tapio_exec) : sizeof(tapio_exit));
    return bytes;
}

void startAndEnd(int processes)
{
    for (int i = 0; i < processes; ++i)
        Child::run([] { return 0; }).wait();
}

std::int64_t unaccounted(const CounterSet &counters) { return counters.inRing(); }

struct Descriptor {
    explicit Descriptor(int number) : fd(number) {}
    ~Descriptor()
    {
        if (fd >= 0)
            ::close(fd);
    }
    Q_DISABLE_COPY(Descriptor)
    int fd;
};

/// Capabilities of the calling thread, all sets, as bits.
bool setCapabilities(std::uint64_t bits)
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2]{};
    for (int i = 0; i < 2; ++i)
        data[i].effective = data[i].permitted = static_cast<std::uint32_t>(bits >> (32 * i));
    return ::syscall(SYS_capset, &header, data) == 0;
}

} // namespace

void tst_KernelCollectors::everyHook_isActiveHere_data()
{
    QTest::addColumn<bool>("othersMeasure");
    QTest::newRow("alone") << false;
    QTest::newRow("while another program measures all of the machine's") << true;
}

void tst_KernelCollectors::everyHook_isActiveHere()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(bool, othersMeasure);
    const Descriptor statistics(othersMeasure ? bpf_enable_stats(BPF_STATS_RUN_TIME) : -1);
    QVERIFY(!othersMeasure || statistics.fd >= 0);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"process", "oom", "signal", "tcp", "runqueue", "blockio", "dns", "http", "security", "drops", "capability", "file",
                        "cgroup", "descriptors", "entry"});
    startAndEnd(1);
    const auto hooks = kernel.collectors().hooks();
    QCOMPARE(hooks.size(), agent::hookTable().size());
    for (const wire::Hook &hook : hooks) {
        if (KernelFixture::lacks(hook.name)) {
            QCOMPARE(hook.state, wire::HookState::Unsupported);
            QCOMPARE(hook.reason, "tp_btf: this kernel does not have it; raw_tp: this kernel does not have it");
            continue;
        }
        if (hook.collector == "https") { // tst_httpshooks has it: what it hooks is no kernel's
            QCOMPARE(hook.state, wire::HookState::Disabled);
            continue;
        }
        QVERIFY2(hook.state == wire::HookState::Active, qPrintable(QString::fromStdString(hook.name + ": " + hook.reason)));
        const bool packets = hook.name.starts_with("cgroup_inet_");
        if (packets || hook.name == "timeouts" || hook.name == "counted")
            QCOMPARE(hook.attachKind, packets ? "cgroup" : "run");
        else
            QVERIFY(hook.attachKind == "tp_btf" || hook.attachKind == "iter");
        const std::string_view carrier = carrierOf(hook);
        QCOMPARE(hook.reason, carrier.empty() ? "" : "done by the program of " + std::string(carrier) + ", and in its run time");
        QCOMPARE(hook.runCount, 0u); // whoever else has them measured, we did not ask for it
    }
}

void tst_KernelCollectors::disabledCollector_isSaid()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"process"});
    for (const wire::Hook &hook : kernel.collectors().hooks()) {
        const bool enabled = hook.collector == "process";
        QCOMPARE(hook.state, enabled ? wire::HookState::Active : wire::HookState::Disabled);
        QCOMPARE(hook.reason, enabled ? "" : "disabled by configuration");
        QCOMPARE(hook.attachKind.empty(), !enabled);
    }
}

/// Two collectors keep something with each task, made at its fork by one program, on the account of one of them.
void tst_KernelCollectors::sharedHook_isThereWhileEitherNeedsIt()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"runqueue", "security"});
    const auto isFor = [&](std::set<std::string> off) -> std::string {
        kernel.collectors().setDisabled(off);
        const auto hooks = kernel.collectors().hooks();
        const auto fork =
            std::find_if(hooks.begin(), hooks.end(), [](const wire::Hook &hook) { return hook.name == "sched_process_fork"; });
        return fork->state == wire::HookState::Active ? fork->collector : "off";
    };
    QCOMPARE(isFor({}), "security");
    QCOMPARE(isFor({"security"}), "runqueue");
    QCOMPARE(isFor({"runqueue"}), "security");
    QCOMPARE(isFor({"security", "runqueue"}), "off");
    const std::uint64_t before = kernel.counters("security")[Counter::Seen];
    QCOMPARE(isFor({"security"}), "runqueue");
    startAndEnd(3);
    QCOMPARE(kernel.counters("security")[Counter::Seen], before);
}

void tst_KernelCollectors::attachKindWithoutAny_isSaid()
{
    TAPIO_NEEDS_KERNEL();
    NullSink sink;
    agent::KernelOptions options;
    options.attachKinds = {"raw_tp"};
    const auto opened = agent::KernelCollectors::open(options, sink);
    QVERIFY(opened.has_value());
    for (const wire::Hook &hook : (*opened)->hooks()) {
        if (KernelFixture::lacks(hook.name))
            continue;
        const bool typedOnly = hook.collector == "tcp" || hook.collector == "runqueue" || hook.collector == "dns"
                               || hook.collector == "http" || hook.collector == "https" || hook.name == "sched_process_fork"
                               || hook.name == "task" || hook.name == "counted";
        QCOMPARE(hook.state, typedOnly ? wire::HookState::Disabled : wire::HookState::Active);
        QCOMPARE(hook.reason.empty(), !typedOnly);
    }
}

/// Without tracefs a plain tracepoint cannot be attached, and nothing else may suffer from that.
void tst_KernelCollectors::refusedKind_stepsDownWithReason()
{
    TAPIO_NEEDS_KERNEL();
    if (!hideTracefs())
        QSKIP("tracefs is mounted and cannot be hidden from this process, so nothing is refused here");
    NullSink sink;
    agent::KernelOptions options;
    options.attachKinds = {"tracepoint", "iter"};
    const auto opened = agent::KernelCollectors::open(options, sink);
    QVERIFY(opened.has_value());
    bool iterated = false;
    for (const wire::Hook &hook : (*opened)->hooks()) {
        iterated = iterated || hook.state == wire::HookState::Active;
        if (hook.name == "mark_victim") {
            QCOMPARE(hook.state, wire::HookState::Unsupported);
            QCOMPARE(hook.reason, "tracepoint: tracefs is not mounted at /sys/kernel/tracing, or lacks it");
        }
    }
    QVERIFY(iterated);
}

void tst_KernelCollectors::types_areOfTheFileThatIsNamed()
{
    const std::unique_ptr<btf, void (*)(btf *)> types(btf__new_empty(), btf__free);
    const int number = btf__add_int(types.get(), "int", 4, BTF_INT_SIGNED);
    const int function = btf__add_func_proto(types.get(), 0);
    btf__add_func_param(types.get(), "data", number);
    btf__add_func_param(types.get(), "one", number);
    QVERIFY(btf__add_typedef(types.get(), "btf_trace_made_up", btf__add_ptr(types.get(), function)) > 0);
    std::uint32_t size = 0;
    const auto *bytes = static_cast<const char *>(btf__raw_data(types.get(), &size));
    QTemporaryFile file;
    QVERIFY(file.open() && file.write(bytes, size) == size && file.flush());

    const agent::KernelTypes named(file.fileName().toStdString());
    QVERIFY(named.known());
    QVERIFY(named.hasTracepoint("made_up"));
    QCOMPARE(named.argumentCount("made_up"), 1u);
    QVERIFY(!named.hasTracepoint("sched_process_exit"));
    QVERIFY(!agent::KernelTypes("/nowhere/vmlinux").known());
}

void tst_KernelCollectors::open_refuses_data()
{
    QTest::addColumn<QString>("btfPath");
    QTest::addColumn<quint32>("eventRingBytes");
    QTest::addColumn<QString>("code");
    QTest::addColumn<QString>("says");
    const quint32 oneMiB = 1u << 20;
    QTest::newRow("a path without type information") << "/nowhere/vmlinux" << oneMiB << "unsupported"
                                                     << "/nowhere/vmlinux";
    QTest::newRow("a file that is no type information") << "/etc/passwd" << oneMiB << "unsupported"
                                                        << "/etc/passwd";
    QTest::newRow("a ring size that is no power of two") << "" << 100'000u << "invalid-argument"
                                                         << "100000";
    QTest::newRow("a ring smaller than a page") << "" << 2048u << "invalid-argument"
                                                << "2048";
}

void tst_KernelCollectors::open_refuses()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(QString, btfPath);
    QFETCH(quint32, eventRingBytes);
    QFETCH(QString, code);
    QFETCH(QString, says);
    NullSink sink;
    agent::KernelOptions options;
    options.btfPath = btfPath.toStdString();
    options.eventRingBytes = eventRingBytes;
    const auto opened = agent::KernelCollectors::open(options, sink);
    QVERIFY(!opened.has_value());
    QCOMPARE(QString::fromUtf8(errcName(opened.error().code()).data()), code);
    QVERIFY2(opened.error().context().find(says.toStdString()) != std::string::npos, opened.error().context().c_str());
}

void tst_KernelCollectors::open_withoutCapabilities()
{
    TAPIO_NEEDS_KERNEL();
    struct Case {
        std::uint64_t capabilities;
        const char *says;
    };
    const auto bit = [](unsigned capability) { return std::uint64_t(1) << capability; };
    const Case cases[] = {{0, "missing CAP_BPF and CAP_PERFMON"},
                          {bit(CAP_BPF) | bit(CAP_NET_ADMIN), "missing CAP_PERFMON"},
                          {bit(CAP_PERFMON), "missing CAP_BPF"}};
    for (const Case &one : cases) {
        Child child = Child::run([&] {
            NullSink sink;
            if (!setCapabilities(one.capabilities))
                return 2;
            const auto opened = agent::KernelCollectors::open({}, sink);
            return !opened && opened.error().code() == Errc::PermissionDenied && opened.error().context().find(one.says) == 0 ? 0 : 1;
        });
        QCOMPARE(child.wait(), 0);
    }
    // And with exactly what is asked for, everything works; packets may be looked at by who administers the network only.
    for (const bool admin : {false, true}) {
        Child child = Child::run([&] {
            NullSink sink;
            if (!setCapabilities(bit(CAP_BPF) | bit(CAP_PERFMON) | (admin ? bit(CAP_NET_ADMIN) : 0)))
                return 2;
            const auto opened = agent::KernelCollectors::open({}, sink);
            if (!opened)
                return 1;
            for (const wire::Hook &hook : (*opened)->hooks()) {
                const bool denied = !admin && (hook.collector == "dns" || hook.collector == "http");
                const bool waits = hook.attachKind.starts_with("uprobe"); // for a process that uses the library
                const auto works = waits ? wire::HookState::Unknown : wire::HookState::Active;
                if (!KernelFixture::lacks(hook.name) && hook.state != (denied ? wire::HookState::Denied : works))
                    return 3;
                if (denied && hook.reason.find("CAP_NET_ADMIN") == std::string::npos)
                    return 4;
            }
            return 0;
        });
        QCOMPARE(child.wait(), 0);
    }
}

void tst_KernelCollectors::wake_endsThePoll()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"oom"});
    std::thread waker([&] { kernel.collectors().wake(); });
    const auto count = kernel.collectors().poll(std::chrono::minutes(10)); // ends by the test's own limit if never woken
    waker.join();
    QVERIFY(count.has_value());
    QCOMPARE(*count, std::size_t(0));
}

void tst_KernelCollectors::counters_addUpAfterTheFlood_data()
{
    QTest::addColumn<quint32>("ringBytes");
    QTest::addColumn<bool>("loses");
    QTest::newRow("a ring of one page, never read meanwhile") << 4096u << true;
    QTest::newRow("a ring that holds everything") << quint32(8u << 20) << false;
}

void tst_KernelCollectors::counters_addUpAfterTheFlood()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(quint32, ringBytes);
    KernelFixture kernel;
    agent::KernelOptions options;
    options.eventRingBytes = ringBytes;
    TAPIO_OPEN(kernel, {"process", "signal", "tcp", "dns", "http"}, options);

    startAndEnd(flood);
    // The machine is not ours alone: read again until nothing happened between two readings.
    for (const char *source : {"process", "signal", "tcp", "dns", "http"}) {
        const bool packets = source == std::string_view("dns") || source == std::string_view("http"); // never rest
        const bool settled = kernel.pollUntil([&] {
            kernel.drainAll();
            const CounterSet first = kernel.counters(source);
            return (packets || first == kernel.counters(source)) && unaccounted(first) == 0;
        });
        const CounterSet counters = kernel.counters(source);
        QVERIFY2(settled, qPrintable(QString("%1 of %2").arg(unaccounted(counters)).arg(source)));
        QCOMPARE(counters[Counter::Malformed], 0u);
    }
    const CounterSet process = kernel.counters("process");
    QVERIFY(process[Counter::Seen] >= flood);
    QTEST(process[Counter::Lost] > 0, "loses");
}

void tst_KernelCollectors::flood_isLostInTheEventRingOnly()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    agent::KernelOptions options;
    options.eventRingBytes = 4096;
    TAPIO_OPEN(kernel, {"process", "signal"}, options);

    std::set<std::uint32_t> killed;
    for (int i = 0; i < flood; ++i) {
        Child child = Child::run([] {
            ::kill(::getpid(), SIGKILL);
            return 0;
        });
        child.wait();
        killed.insert(child.pid());
    }
    kernel.drainAll();
    std::set<std::uint32_t> named;
    for (const agent::KernelRecord &record : kernel.records()) {
        if (std::holds_alternative<wire::FatalSignal>(record.event.detail))
            named.insert(record.event.process.pid);
    }
    QVERIFY(std::includes(named.begin(), named.end(), killed.begin(), killed.end()));
    QVERIFY(kernel.counters("process")[Counter::Lost] > 0);
    QCOMPARE(kernel.counters("signal")[Counter::Lost], 0u);
}

/// From a quarter on the reader is woken: it looks by itself only after an hour, so that a poll that ends before its time was.
void tst_KernelCollectors::eventRing_wakesTheReaderFromAQuarterOn()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"process"}, neverLooking());
    kernel.drainAll();

    const std::size_t before = kernel.records().size();
    QElapsedTimer timer;
    timer.start();
    std::atomic<bool> ended{false};
    std::thread busy([&ended] {
        startAndEnd(flood); // exit records alone fill a quarter
        ended = true;
    });
    const auto count = kernel.collectors().poll(longWait);
    const auto took = timer.elapsed();
    const auto waited = ringBytesOf(kernel.records(), before);
    while (!ended) // what the rest of the machine does meanwhile would fill the other three
        kernel.drainAll();
    busy.join();
    QVERIFY(count.has_value());
    QVERIFY2(took < longWait.count(), "seen by looking, not by a wake-up");
    QVERIFY2(waited >= smallRing / 4, qPrintable(QString("woken for %1 bytes").arg(waited)));
    kernel.drainAll();
    QCOMPARE(kernel.counters("process")[Counter::Lost], 0u);
}

void tst_KernelCollectors::eventRing_letsTheReaderSleepBelowAQuarter()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"process"}, neverLooking(largeRing));
    kernel.drainAll();

    // The machine is not ours alone: other processes may fill the rest of the quarter, and then a wake-up is right.
    bool slept = false;
    for (int attempt = 0; attempt < 20 && !slept; ++attempt) {
        const std::size_t before = kernel.records().size();
        startAndEnd(20);
        QElapsedTimer timer;
        timer.start();
        const auto count = kernel.collectors().poll(shortWait);
        QVERIFY(count.has_value());
        const auto waited = ringBytesOf(kernel.records(), before);
        slept = waited < largeRing / 4;
        if (slept) {
            QVERIFY(*count >= 20);
            QVERIFY2(timer.elapsed() >= shortWait.count(), qPrintable(QString("woken for %1 bytes").arg(waited)));
        }
    }
    QVERIFY(slept);
}

void tst_KernelCollectors::criticalRing_wakesTheReaderAtOnce()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"signal"}, neverLooking());
    kernel.drainAll();

    Child child = Child::run([]() -> int {
        for (;;)
            ::pause();
    });
    QElapsedTimer timer;
    timer.start();
    std::thread killer([&child] { ::kill(static_cast<pid_t>(child.pid()), SIGKILL); });
    const auto isIt = of<wire::FatalSignal>(child.pid());
    bool found = false;
    while (!found && timer.elapsed() < longWait.count()) { // another process's signal wakes too
        QVERIFY(kernel.collectors().poll(longWait).has_value());
        found = std::any_of(kernel.records().begin(), kernel.records().end(), isIt);
    }
    killer.join();
    QVERIFY(found);
    QVERIFY2(timer.elapsed() < longWait.count(), "seen by looking, not by a wake-up");
}

/// In a pid namespace of its own, as an agent in a container is. 0 = all is well.
static int watchFromInside()
{
    KernelFixture kernel;
    if (::getpid() != 1 || !kernel.open({"process", "tcp"}).isEmpty())
        return 1;
    Child child = Child::run([] { return 42; });
    child.wait();
    std::uint16_t port = 0;
    const int listener = listenOn(Family::V4, 1, port);
    ::close(connectTo(Family::V4, port));
    ::close(listener);
    const auto exit = kernel.waitFor([](const agent::KernelRecord &one) {
        const auto *detail = std::get_if<wire::ProcessExit>(&one.event.detail);
        return detail && detail->exitCode == 42 && one.event.process.comm == "tst_kernelcolle";
    });
    if (!exit || exit->event.process.pid != child.pid())
        return 2;
    const bool own = std::any_of(kernel.records().begin(), kernel.records().end(), [&](const agent::KernelRecord &one) {
        const auto *detail = std::get_if<wire::TcpConnection>(&one.event.detail);
        return detail && detail->remote.port == port;
    });
    return own || kernel.counters("tcp")[Counter::KFiltered] == 0 ? 3 : 0;
}

/// It sees its own numbers, and knows itself although the kernel counts it differently.
void tst_KernelCollectors::pidNamespace_ofTheAgentCounts()
{
    TAPIO_NEEDS_KERNEL();
    Child outside = Child::run([] {
        if (::unshare(CLONE_NEWPID) != 0)
            return 9;
        return WEXITSTATUS(Child::run(watchFromInside).wait());
    });
    QCOMPARE(WEXITSTATUS(outside.wait()), 0);
}

void tst_KernelCollectors::packetsWithoutCgroup2_areUnsupported()
{
    TAPIO_NEEDS_KERNEL();
    NullSink sink;
    const MemoryCgroup part = MemoryCgroup::inVersion2("part");
    if (!part.problem().empty())
        QSKIP(part.problem().c_str());
    const std::pair<std::string, std::string> cases[] = {{"/proc", "no cgroup version 2 at /proc"},
                                                         {part.path(), "is only a container's part of the cgroups"}};
    for (const auto &[root, says] : cases) {
        agent::KernelOptions options;
        options.cgroupRoot = root;
        const auto opened = agent::KernelCollectors::open(options, sink);
        QVERIFY(opened.has_value());
        for (const wire::Hook &hook : (*opened)->hooks()) {
            if (hook.collector == "dns" || hook.collector == "http") { // what is left of them would tell of what it cannot see
                QCOMPARE(hook.state, wire::HookState::Unsupported);
                QVERIFY2(hook.reason.find(says) != std::string::npos, hook.reason.c_str());
            } else if (hook.collector != "https" && !KernelFixture::lacks(hook.name)) { // what that one hooks is no kernel's
                QVERIFY2(hook.state == wire::HookState::Active, (hook.name + ": " + hook.reason).c_str());
            }
        }
    }
}

QTEST_GUILESS_MAIN(tst_KernelCollectors)
#include "tst_kernelcollectors.moc"
