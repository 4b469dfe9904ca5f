// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <csignal>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/drill/isolation.h"
#include "agent/drill/runlock.h"
#include "agent/drill/runner.h"
#include "agent/drill/scratch.h"

using namespace tapio;
using namespace tapio::drill;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr int soonMs = 10'000;

std::string textOf(const fs::path &file)
{
    std::ifstream stream(file);
    std::ostringstream text;
    text << stream.rdbuf(); // empty where the process ends meanwhile; an iterator of the buffer would throw
    return text.str();
}

const Drill *find(const DrillList &list, const std::string &name)
{
    for (const auto &drill : list) {
        if (drill->name() == name)
            return drill.get();
    }
    return nullptr;
}

/// What a drill could leave on a machine, looked for without its help.
struct Traces {
    QStringList loops, processes, mounts;
    bool operator==(const Traces &) const = default;
};

Traces tracesOf(const Place &place)
{
    Traces found;
    std::error_code error;
    for (const auto &disk : fs::directory_iterator("/sys/block", error)) {
        const std::string file = textOf(disk.path() / "loop/backing_file");
        if (file.find(place.prefix) != std::string::npos)
            found.loops << QString::fromStdString(file);
    }
    for (const auto &process : fs::directory_iterator("/proc", error)) {
        if (textOf(process.path() / "cgroup").find(place.prefix) != std::string::npos)
            found.processes << QString::fromStdString(process.path());
    }
    if (const std::string mounts = textOf("/proc/self/mountinfo"); mounts.find(place.prefix) != std::string::npos)
        found.mounts << QString::fromStdString(mounts);
    return found;
}

QByteArray told(const RunReport &report)
{
    return QByteArray::fromStdString(report.reason + " / " + report.evidence.told + " / oom " + std::to_string(report.evidence.oomKills)
                                     + ", throttled " + std::to_string(report.evidence.throttledPeriods) + ", peak "
                                     + std::to_string(report.evidence.peakMemoryBytes) + ", effects "
                                     + std::to_string(report.evidence.effects));
}

/// Does what it is told to, and nothing that a drill would.
class Misbehaving final : public Drill {
public:
    explicit Misbehaving(std::function<Result<std::string>(Workplace &)> act) : m_act(std::move(act)) {}
    std::string_view name() const override { return "misbehaving"; }
    std::string_view summary() const override { return "tries what it may not"; }
    std::vector<std::string> needs() const override { return {}; }
    Limits limits() const override
    {
        Limits limits;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        limits.memoryBytes = 1u << 30; // of so many pages more each of its processes has copies
#endif
        return limits;
    }
    Status probe(const Place &) const override { return {}; }
    Result<std::string> run(Workplace &work) const override { return m_act(work); }

private:
    std::function<Result<std::string>(Workplace &)> m_act;
};

bool fails(long result, int error) { return result < 0 && errno == error; }

/// Names what it could do.
Result<std::string> tryToHarm(Workplace &work)
{
    std::string could;
    const auto expect = [&](bool refused, const char *what) { could += refused ? "" : std::string(what) + ' '; };
    expect(fails(::open("/etc/tapio-drill-was-here", O_WRONLY | O_CREAT, 0600), EROFS), "write-etc");
    expect(fails(::open("/tmp/tapio-drill-was-here", O_WRONLY | O_CREAT, 0600), EROFS), "write-tmp");
    expect(fails(::open("/proc/sys/vm/drop_caches", O_WRONLY), EROFS), "write-sysctl");
    expect(fails(::mount("none", work.folder.c_str(), "tmpfs", 0, nullptr), EPERM), "mount");
    expect(fails(::setuid(1), EPERM), "setuid");
    expect(fails(::kill(::getppid() == 0 ? 2 : ::getppid(), 0), ESRCH), "see-others");
    expect(fails(::syscall(SYS_setns, ::open("/proc/1/ns/net", O_RDONLY), 0), EPERM) || errno == EACCES || errno == EBADF, "setns");
    expect(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, "gain-privileges");
    std::size_t forked = 0;
    while (forked < 1000 && forkInto([] { return ::pause(); }) > 0)
        ++forked;
    expect(forked <= Limits().processes, "fork-bomb");
    const int own = ::open((work.folder / "own").c_str(), O_WRONLY | O_CREAT, 0600);
    expect(own >= 0 && ::write(own, "x", 1) == 1, "no-own-folder");
    const std::string much(2u << 20, 'x');
    ::signal(SIGXFSZ, SIG_IGN);
    expect(::write(own, much.data(), much.size()) < ssize_t(much.size()), "large-file");
    work.count();
    return could;
}

} // namespace

/// Every drill for real, and what is left of it.
class TestDrills : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    SystemClock m_clock;
    DrillList m_drills = allDrills();
    std::vector<wire::DrillLabel> m_labels;
    std::optional<Errc> m_refusal;

    Place place() const
    {
        Place place;
        place.stateFolder = m_folder.filePath("state").toStdString();
        place.prefix = "tapio-drilltest" + std::to_string(::getpid());
        return place;
    }
    RunRequest request(const Drill &drill, std::chrono::seconds time, std::stop_token stop = {})
    {
        const auto keep = [this](const wire::DrillLabel &label) -> Status {
            m_labels.push_back(label);
            return m_refusal ? fail(*m_refusal, "no labels today") : Status();
        };
        return {drill, time, place(), keep, std::move(stop), m_clock};
    }
    void nothingIsLeft() const
    {
        QCOMPARE(findLeftovers(place()), std::vector<std::string>());
        QTRY_COMPARE_WITH_TIMEOUT(tracesOf(place()).loops, QStringList(), soonMs); // the kernel detaches it a moment after the last use
        QTRY_COMPARE_WITH_TIMEOUT(tracesOf(place()).processes, QStringList(), soonMs);
        QCOMPARE(tracesOf(place()).mounts, QStringList());
    }

private slots:
    void init()
    {
        m_labels.clear();
        m_refusal.reset();
    }

    void aDrill_hasItsEffectAndLeavesNothing_data()
    {
        QTest::addColumn<QString>("name");
        for (const auto &drill : m_drills)
            QTest::newRow(std::string(drill->name()).c_str()) << QString::fromStdString(std::string(drill->name()));
    }
    void aDrill_hasItsEffectAndLeavesNothing()
    {
        QFETCH(QString, name);
        const Drill *drill = find(m_drills, name.toStdString());
        if (const Status possible = probeDrill(*drill, place()); !possible) {
            if (name == "brute-force-logins") { // needs services that a machine may do without, and then names what it lacks
                QVERIFY2(possible.error().code() == Errc::NotFound && !possible.error().message().empty(),
                         possible.error().message().c_str());
                return;
            }
            QSKIP(("it says that it cannot run here: " + possible.error().message()).c_str());
        }
        const auto report = runDrill(request(*drill, 3s));
        QVERIFY2(report, report ? "" : report.error().message().c_str());
        qInfo("%s", told(*report).constData());
        QVERIFY2(report->happened && report->clean && report->reason.empty(), told(*report));
        QVERIFY(!report->stopped);
        if (name == "oom-kill")
            QVERIFY2(report->evidence.oomKills >= 1 && report->evidence.effects == report->evidence.oomKills, told(*report));
        if (name == "cpu-throttling")
            QVERIFY2(report->evidence.throttledPeriods >= 5, told(*report));
        if (name == "memory-leak")
            QVERIFY2(report->evidence.peakMemoryBytes >= 16u << 20 && report->evidence.oomKills == 0, told(*report));
        if (name == "packet-loss") // a tenth of some hundreds at least, and each is sent again
            QVERIFY2(report->evidence.effects >= 10 && report->evidence.told.find(" packets lost, ") != std::string::npos, told(*report));
        QVERIFY2(report->evidence.effects >= 1, told(*report));
        QVERIFY(report->evidence.peakMemoryBytes <= drill->limits().memoryBytes);

        QCOMPARE(m_labels.size(), std::size_t(2));
        QCOMPARE(m_labels[0].phase, std::string("begin"));
        QCOMPARE(m_labels[0].toNs, std::int64_t(0));
        QCOMPARE(m_labels[1].phase, std::string("end"));
        QVERIFY(m_labels[1].toNs > m_labels[1].fromNs && m_labels[0].fromNs == m_labels[1].fromNs);
        QVERIFY(m_labels[1].toNs - m_labels[1].fromNs < 8 * nsPerSecond);
        QCOMPARE(m_labels[0].runId, m_labels[1].runId);
        for (const wire::DrillLabel &label : m_labels) {
            QCOMPARE(label.drill, name.toStdString());
            QCOMPARE(label.target, report->target);
            QVERIFY(label.drill.size() <= wire::DrillLabel::drillBytes && label.target.size() <= wire::DrillLabel::targetBytes);
        }
        nothingIsLeft();
    }

    void aStop_endsItAndLeavesNothing()
    {
        std::stop_source stop;
        RunRequest wanted = request(*find(m_drills, "crash-loop"), 60s, stop.get_token());
        if (const Status possible = probeDrill(wanted.drill, place()); !possible)
            QSKIP(possible.error().message().c_str());
        wanted.label = [&](const wire::DrillLabel &label) -> Status {
            m_labels.push_back(label);
            stop.request_stop();
            return {};
        };
        QElapsedTimer timer;
        timer.start();
        const auto report = runDrill(wanted);
        QVERIFY2(report, report ? "" : report.error().message().c_str());
        QVERIFY(report->stopped && report->clean);
        QVERIFY2(timer.elapsed() < 5000, qPrintable(QString::number(timer.elapsed())));
        QCOMPARE(m_labels.size(), std::size_t(2));
        nothingIsLeft();
    }

    void aDrillThatMisbehaves_canHarmNothing()
    {
        const Misbehaving drill(tryToHarm);
        if (const Status possible = probeDrill(drill, place()); !possible)
            QSKIP(possible.error().message().c_str());
        const auto report = runDrill(request(drill, 5s));
        QVERIFY2(report, report ? "" : report.error().message().c_str());
        QVERIFY2(report->happened && report->reason.empty(), told(*report));
        QCOMPARE(report->evidence.told, std::string());
        nothingIsLeft();
    }

    void aDrillThatDoesNotEnd_isEnded()
    {
        const Misbehaving drill([](Workplace &work) -> Result<std::string> {
            forkInto([] { return ::pause(); });
            for (work.count();;)
                ::pause();
        });
        if (const Status possible = probeDrill(drill, place()); !possible)
            QSKIP(possible.error().message().c_str());
        QElapsedTimer timer;
        timer.start();
        const auto report = runDrill(request(drill, 1s));
        QVERIFY2(report, report ? "" : report.error().message().c_str());
        QVERIFY2(report->happened && report->clean && timer.elapsed() < 6000, qPrintable(QString::number(timer.elapsed())));
        QCOMPARE(runDrill(request(drill, 61s)).error().code(), Errc::InvalidArgument);
        nothingIsLeft();
    }

    void aDrillWhoseRunnerHangs_isEndedAllTheSame()
    {
        const Misbehaving drill([](Workplace &) -> Result<std::string> {
            for (forkInto([] { return ::pause(); });;)
                ::pause();
        });
        if (const Status possible = probeDrill(drill, place()); !possible)
            QSKIP(possible.error().message().c_str());
        const QTemporaryDir folder;
        Workplace work;
        work.folder = folder.path().toStdString();
        work.untilBootNs = bootNs() + nsPerSecond;
        auto process = startIsolated(drill, drill.limits(), work);
        QVERIFY2(process, process ? "" : process.error().message().c_str());
        // All that a runner does, but for ending it.
        QCOMPARE(::write(process->go.get(), "gg", 2), ssize_t(2));
        QByteArray words;
        QCOMPARE(::fcntl(process->words.get(), F_SETFL, O_NONBLOCK), 0);
        const bool ended = QTest::qWaitFor(
            [&] {
                char block[256];
                const ssize_t got = ::read(process->words.get(), block, sizeof(block));
                words.append(block, got > 0 ? got : 0);
                return got == 0; // every process that could say something is gone
            },
            2 * soonMs);
        if (!ended)
            ::kill(process->pid, SIGKILL);
        int status = 0;
        QCOMPARE(::waitpid(process->pid, &status, 0), process->pid);
        QVERIFY(ended);
        QVERIFY2(words.startsWith("ready "), words.constData());
        QVERIFY(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM);
    }

    void aDrillWithoutEffect_saysSo()
    {
        const Misbehaving drill([](Workplace &) -> Result<std::string> { return std::string("nothing"); });
        if (const Status possible = probeDrill(drill, place()); !possible)
            QSKIP(possible.error().message().c_str());
        const auto report = runDrill(request(drill, 1s));
        QVERIFY(report && !report->happened && report->clean && !report->reason.empty());
        QCOMPARE(m_labels.back().phase, std::string("failed"));
        nothingIsLeft();
    }

    void aRefusedLabel_keepsItFromHappening_data()
    {
        QTest::addColumn<int>("code");
        QTest::addColumn<QStringList>("phases");
        QTest::newRow("refused") << int(Errc::Refused) << QStringList{"begin"};
        // The agent may have taken it: a begin without an end would stand in the stream for ever.
        QTest::newRow("answered too late") << int(Errc::TimedOut) << QStringList{"begin", "failed"};
        QTest::newRow("cut off") << int(Errc::Disconnected) << QStringList{"begin", "failed"};
    }
    void aRefusedLabel_keepsItFromHappening()
    {
        QFETCH(int, code);
        m_refusal = Errc(code);
        const Drill *drill = find(m_drills, "oom-kill");
        if (const Status possible = probeDrill(*drill, place()); !possible)
            QSKIP(possible.error().message().c_str());
        const auto report = runDrill(request(*drill, 3s));
        QVERIFY(!report);
        QCOMPARE(report.error().code(), Errc(code));
        QStringList phases;
        for (const wire::DrillLabel &label : m_labels)
            phases.append(QString::fromStdString(label.phase));
        QTEST(phases, "phases");
        nothingIsLeft();
    }

    void aKilledRunner_takesItsProcessesAlongAndTheNextStartRemovesTheRest_data()
    {
        QTest::addColumn<QString>("name");
        for (const char *name : {"noisy-neighbour", "disk-full", "large-egress", "packet-loss", "privilege-escalation"})
            QTest::newRow(name) << name;
    }
    void aKilledRunner_takesItsProcessesAlongAndTheNextStartRemovesTheRest()
    {
        QFETCH(QString, name);
        const Drill *drill = find(m_drills, name.toStdString());
        if (const Status possible = probeDrill(*drill, place()); !possible)
            QSKIP(possible.error().message().c_str());
        int begun[2];
        QCOMPARE(::pipe(begun), 0);
        const Place where = place(); // its prefix has this process's number
        const pid_t runner = ::fork();
        if (runner == 0) {
            RunRequest wanted{*drill, 60s, where, {}, {}, m_clock};
            wanted.label = [&](const wire::DrillLabel &) -> Status {
                return ::write(begun[1], "b", 1) == 1 ? Status() : fail(Errc::Io, "pipe");
            };
            static_cast<void>(runDrill(wanted));
            ::_exit(0);
        }
        ::close(begun[1]);
        char byte = 0;
        QCOMPARE(::read(begun[0], &byte, 1), ssize_t(1));
        ::close(begun[0]);
        QVERIFY(!tracesOf(where).processes.isEmpty());
        QCOMPARE(tracesOf(where).loops.isEmpty(), drill->limits().diskBytes == 0);
        QCOMPARE(RunLock::holder(where), std::optional(runner));
        QCOMPARE(runDrill(request(*drill, 1s)).error().code(), Errc::Busy);
        ::kill(runner, SIGKILL);
        QCOMPARE(::waitpid(runner, nullptr, 0), runner);
        // Without any help of ours.
        QTRY_COMPARE_WITH_TIMEOUT(tracesOf(where).processes, QStringList(), soonMs);
        QTRY_COMPARE_WITH_TIMEOUT(tracesOf(where).loops, QStringList(), soonMs);
        QVERIFY(!findLeftovers(where).empty());
        const auto stopped = stopDrill(where);
        QVERIFY2(stopped, stopped ? "" : stopped.error().message().c_str());
        QVERIFY(!stopped->pid && !stopped->removed.empty());
        nothingIsLeft();
    }

    void leftovers_areOnlyWhatBearsOurName()
    {
        Place where = place();
        QTemporaryDir root;
        where.cgroupRoot = root.path().toStdString();
        where.stateFolder = root.filePath("state").toStdString();
        for (const char *name : {"-0123456789abcdef", "-0123456789abcde", "-0123456789abcdef0", "-0123456789abcdeF", "", "-",
                                 "-0123456789abcdex", "x-0123456789abcdef"})
            QVERIFY(fs::create_directories(where.stateFolder / (where.prefix + name)));
        QVERIFY(fs::create_directories(where.stateFolder / "0123456789abcdef"));
        fs::create_directory_symlink("/etc", where.stateFolder / (where.prefix + "-fedcba9876543210"));
        QCOMPARE(findLeftovers(where), std::vector<std::string>{(where.stateFolder / (where.prefix + "-0123456789abcdef")).native()});
    }

    void controllersThatAreNotThere_areNamed_data()
    {
        QTest::addColumn<QStringList>("folders");
        QTest::addColumn<QString>("enabled"); // null = version 1
        QTest::addColumn<QString>("reason");
        QTest::newRow("version 2, all") << QStringList() << "cpu io memory pids"
                                        << "";
        QTest::newRow("version 2, not enabled") << QStringList() << "cpu pids"
                                                << "memory is not enabled in";
        QTest::newRow("version 1, all") << QStringList{"memory", "cpu", "pids", "blkio"} << QString() << "";
        QTest::newRow("version 1, one missing") << QStringList{"cpu", "pids"} << QString() << "memory is not mounted at";
        QTest::newRow("nothing mounted") << QStringList() << QString() << "memory is not mounted at";
    }
    void controllersThatAreNotThere_areNamed()
    {
        QFETCH(QStringList, folders);
        QFETCH(QString, enabled);
        QFETCH(QString, reason);
        const QTemporaryDir root;
        const fs::path top = root.path().toStdString();
        for (const QString &folder : folders) {
            fs::create_directories(top / folder.toStdString());
            std::ofstream(top / folder.toStdString() / "cgroup.procs");
        }
        if (!enabled.isNull()) {
            std::ofstream(top / "cgroup.controllers") << "cpuset cpu io memory pids\n";
            std::ofstream(top / "cgroup.subtree_control") << enabled.toStdString() << '\n';
        }
        const Status there = CgroupHierarchies::detect(top).require("memory");
        QCOMPARE(there.has_value(), reason.isEmpty());
        if (!there)
            QVERIFY2(QString::fromStdString(there.error().message()).contains(reason), there.error().message().c_str());
    }

    void words_comeBackAsTheyWere_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<bool>("good");
        QTest::newRow("ready") << QByteArray("ready 1793") << true;
        QTest::newRow("done") << QByteArray("done 3 processes killed") << true;
        QTest::newRow("failed") << QByteArray("failed 4 no veth") << true;
        for (const char *bad : {"", "ready", "ready ", "ready x", "ready 1 2", "ready -1", "ready 99999999999999999999", "failed",
                                "failed 4", "failed 200 x", "failed x y", "dance 1"})
            QTest::newRow(qPrintable(QString("'%1'").arg(bad))) << QByteArray(bad) << false;
        QTest::newRow("too long") << QByteArray("done ") + QByteArray(2000, 'x') << false;
    }
    void words_comeBackAsTheyWere()
    {
        QFETCH(QByteArray, line);
        QFETCH(bool, good);
        const auto word = parseWord(line.toStdString());
        QCOMPARE(word.has_value(), good);
        if (word)
            QCOMPARE(formatWord(*word), line.toStdString());
    }
};

QTEST_GUILESS_MAIN(TestDrills)
#include "tst_drills.moc"
