// SPDX-License-Identifier: GPL-3.0-or-later
// The readers of events that need no kernel program: the kernel's log, logins.
#include <QTemporaryDir>
#include <QtTest>

#include <cerrno>
#include <deque>
#include <fstream>
#include <unistd.h>

#include "agent/collect/readers/kmsgreader.h"
#include "agent/collect/readers/loginreader.h"
#include "tests/agent/fakeclock.h"
#include "tests/agent/recordsink.h"

using namespace tapio;
using namespace tapio::agent;
using Sink = test::RecordSink;

namespace {

/// What the device gives, one entry for each read; negative numbers are errors.
struct Script {
    std::deque<std::variant<std::string, long>> reads;
    int opened = 0;
    std::optional<Error> openError;
};

class FakeDevice final : public KmsgDevice {
public:
    explicit FakeDevice(Script &script) : m_script(script) {}
    long read(std::span<char> buffer) override
    {
        if (m_script.reads.empty())
            return -EAGAIN;
        const auto next = std::move(m_script.reads.front());
        m_script.reads.pop_front();
        if (const long *error = std::get_if<long>(&next))
            return *error;
        const auto &text = std::get<std::string>(next);
        std::copy(text.begin(), text.end(), buffer.begin());
        return static_cast<long>(text.size());
    }

private:
    Script &m_script;
};

KmsgOptions options(Script &script)
{
    KmsgOptions options;
    options.open = [&script]() -> Result<std::unique_ptr<KmsgDevice>> {
        ++script.opened;
        if (script.openError)
            return fail(*script.openError);
        return std::make_unique<FakeDevice>(script);
    };
    options.suspendedNs = [] { return std::int64_t(0); };
    return options;
}

std::string entry(int priority, int sequence, const std::string &text, char flag = '-')
{
    return std::to_string(priority) + ',' + std::to_string(sequence) + ",4999000000," + flag + ';' + text + '\n';
}

void append(const QString &path, const QByteArray &text)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::Append));
    file.write(text);
}

QByteArray failure(const char *user, int pid = 13, const char *remote = "203.0.113.9")
{
    return QByteArray("Mar  3 10:11:12 n sshd[") + QByteArray::number(pid) + "]: Failed password for " + user + " from " + remote
           + " port 4711 ssh2\n";
}

} // namespace

class tst_Readers : public QObject {
    Q_OBJECT

private slots:
    void kmsg_tellsWarningsAndCountsAll();
    void kmsg_overwrittenRecordsAreLost();
    void kmsg_joinsContinuations();
    void kmsg_stackOfAnOomReportIsFolded();
    void kmsg_floodIsShedAndErrorsGoOn();
    void kmsg_timeIsBetweenTwoReadings();
    void kmsg_opensAgain();
    void kmsg_stateSaysWhy();
    void kmsg_ofThisMachine();
    void login_beginsAtTheEndAndFollows();
    void login_rotation();
    void login_truncation();
    void login_foldsWhatIsAlike();
    void login_unknownUserIsOneFailure();
    void login_floodIsShed();
    void login_overlongLine();
    void login_fileThatAppears();
    void login_stateSaysWhy();
};

void tst_Readers::kmsg_tellsWarningsAndCountsAll()
{
    test::FakeClock clock;
    Script script;
    KmsgReader reader(options(script), clock);
    script.reads = {entry(6, 1, "info"), entry(4, 2, "warning"), entry(12, 3, "of a process"), entry(0, 4, "panic"), "garbage"};
    Sink sink;
    reader.read(sink);
    const auto logs = sink.details<wire::KernelLog>();
    QCOMPARE(logs.size(), std::size_t(3));
    QVERIFY(logs[0] == (wire::KernelLog{4, 0, 2, "warning"}));
    QVERIFY(logs[1] == (wire::KernelLog{4, 1, 3, "of a process"}));
    QVERIFY(logs[2] == (wire::KernelLog{0, 0, 4, "panic"}));
    QCOMPARE(sink.records[0].cgroupId, 1u);
    QVERIFY(sink.records[0].event.type == wire::EventType::KernelLog);
    const CounterSet counters = reader.counters().counters;
    QCOMPARE(counters[Counter::Seen], 5u);
    QCOMPARE(counters[Counter::Drained], 5u);
    QCOMPARE(counters[Counter::UFiltered], 1u);
    QCOMPARE(counters[Counter::Malformed], 1u);
}

void tst_Readers::kmsg_overwrittenRecordsAreLost()
{
    test::FakeClock clock;
    Script script;
    KmsgReader reader(options(script), clock);
    script.reads = {entry(4, 100, "a"), -EPIPE, entry(4, 175, "b")};
    Sink sink;
    reader.read(sink);
    QCOMPARE(sink.records.size(), std::size_t(2));
    const CounterSet counters = reader.counters().counters;
    QCOMPARE(counters[Counter::Seen], 76u);
    QCOMPARE(counters[Counter::Lost], 74u);
    QCOMPARE(counters.inRing(), 0);
}

void tst_Readers::kmsg_joinsContinuations()
{
    test::FakeClock clock;
    Script script;
    KmsgReader reader(options(script), clock);
    script.reads = {entry(4, 1, "one"), entry(4, 2, " two", 'c'), entry(4, 3, " three", 'c'), entry(3, 4, "other", 'c'),
                    entry(4, 5, "last")};
    Sink sink;
    reader.read(sink);
    const auto logs = sink.details<wire::KernelLog>();
    QCOMPARE(logs.size(), std::size_t(3));
    QCOMPARE(logs[0].text, "one two three");
    QCOMPARE(logs[0].sequence, 1u);
    QCOMPARE(logs[1].text, "other"); // of another level, so of another line
    const CounterSet counters = reader.counters().counters;
    QCOMPARE(counters[Counter::Folded], 2u);
    QCOMPARE(counters.inRing(), 0);

    script.reads = {entry(4, 6, std::string(900, 'x')), entry(4, 7, std::string(900, 'x'), 'c')};
    reader.read(sink);
    QCOMPARE(sink.details<wire::KernelLog>().back().text.size(), kmsgTextBytes);
}

void tst_Readers::kmsg_stackOfAnOomReportIsFolded()
{
    test::FakeClock clock;
    Script script;
    KmsgReader reader(options(script), clock);
    // As 6.18 writes it, with another's warning and error in between.
    script.reads = {entry(4, 1, " stack_of_another_report+0x1/0x2"),
                    entry(4, 2, "tapio invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=1000"),
                    entry(4, 3, "CPU: 0 UID: 0 PID: 32598 Comm: tapio Not tainted 6.18.44"),
                    entry(4, 4, "Call Trace:"),
                    entry(4, 5, " <TASK>"),
                    entry(4, 6, " dump_stack_lvl+0x57/0x80"),
                    entry(4, 7, "eth0: link is down"),
                    entry(4, 8, "RIP: 0033:0x55d188f70904"),
                    entry(4, 9, "R13: 00007ffc835c5b40 R14: 000055d188f70811 R15: 000055d188f7091c"),
                    entry(4, 10, " </TASK>"),
                    entry(6, 11, "memory: usage 32768kB, limit 32768kB, failcnt 0"),
                    entry(3, 12, "Memory cgroup out of memory: Killed process 9131 (tapio)"),
                    entry(4, 13, "another invoked oom-killer: gfp_mask=0xcc0"),
                    entry(4, 14, "WARNING: CPU: 1 PID: 7 at fs/inode.c:1"),
                    entry(4, 15, "Call Trace:"),
                    entry(4, 16, " its_own_stack+0x1/0x2")};
    Sink sink;
    reader.read(sink);
    QStringList told;
    for (const wire::KernelLog &log : sink.details<wire::KernelLog>())
        told.append(QString::number(log.sequence));
    QCOMPARE(told, (QStringList{"1", "2", "7", "12", "13", "14", "15", "16"}));
    const CounterSet counters = reader.counters().counters;
    QCOMPARE(counters[Counter::Folded], 7u);
    QCOMPARE(counters[Counter::UFiltered], 1u);
    QCOMPARE(counters.inRing(), 0);
}

void tst_Readers::kmsg_floodIsShedAndErrorsGoOn()
{
    test::FakeClock clock;
    Script script;
    KmsgOptions bounded = options(script);
    bounded.perSecond = 5;
    bounded.burst = 10;
    KmsgReader reader(std::move(bounded), clock);
    for (int i = 0; i < 100; ++i)
        script.reads.push_back(entry(4, i, "flood"));
    script.reads.push_back(entry(3, 100, "error"));
    Sink sink;
    reader.read(sink);
    QCOMPARE(sink.records.size(), std::size_t(11));
    QCOMPARE(sink.details<wire::KernelLog>().back().text, "error");
    QCOMPARE(reader.counters().counters[Counter::Shed], 90u);
    clock.advance(std::chrono::seconds(1));
    for (int i = 101; i < 201; ++i)
        script.reads.push_back(entry(4, i, "flood"));
    reader.read(sink);
    QCOMPARE(sink.records.size(), std::size_t(16));
}

void tst_Readers::kmsg_timeIsBetweenTwoReadings()
{
    test::FakeClock clock; // at 5000 s
    Script script;
    KmsgReader reader(options(script), clock);
    Sink sink;
    reader.read(sink);
    clock.advance(std::chrono::seconds(1));
    const auto now = static_cast<std::uint64_t>(clock.bootNs());
    script.reads = {"4,1,5000500000,-;right\n", "4,2,4000000000,-;drifted behind\n", "4,3,9000000000,-;drifted ahead\n"};
    reader.read(sink);
    QCOMPARE(sink.records[0].bootNs, 5'000'500'000'000u);
    QCOMPARE(sink.records[1].bootNs, now - nsPerSecond);
    QCOMPARE(sink.records[2].bootNs, now);
    QCOMPARE(sink.records[2].drainedBootNs, now);
}

void tst_Readers::kmsg_opensAgain()
{
    test::FakeClock clock;
    Script script;
    KmsgReader reader(options(script), clock);
    Sink sink;
    script.reads = {entry(4, 1, "a"), -EINVAL, entry(4, 9, "b")};
    reader.read(sink);
    QCOMPARE(reader.hooks().front().state, wire::HookState::Failed);
    reader.read(sink);
    QCOMPARE(reader.hooks().front().state, wire::HookState::Active);
    QCOMPARE(script.opened, 2);
    QCOMPARE(sink.records.size(), std::size_t(2));
    QCOMPARE(reader.counters().counters[Counter::Lost], 7u);
}

void tst_Readers::kmsg_stateSaysWhy()
{
    test::FakeClock clock;
    Script script;
    script.openError = Error(Errc::PermissionDenied, "opening /dev/kmsg", EPERM);
    KmsgReader reader(options(script), clock);
    QCOMPARE(reader.hooks().front().state, wire::HookState::Denied);
    QVERIFY(reader.hooks().front().reason.find("/dev/kmsg") != std::string::npos);
    QVERIFY(!openKmsg("/nowhere/kmsg").has_value());
    QCOMPARE(openKmsg("/nowhere/kmsg").error().code(), Errc::NotFound);
}

void tst_Readers::kmsg_ofThisMachine()
{
    std::ofstream log("/dev/kmsg");
    if (!log || !openKmsg("/dev/kmsg"))
        QSKIP("/dev/kmsg cannot be opened by this user");
    const SystemClock clock;
    KmsgReader reader({}, clock);
    const std::string mark = "tapio tst_readers " + std::to_string(::getpid()) + " caf\xc3\xa9 \\";
    log << "<4>" << mark << std::endl;
    QVERIFY(log.good());
    Sink sink;
    const auto found = [&] {
        reader.read(sink);
        for (const auto &line : sink.details<wire::KernelLog>()) {
            if (line.text == mark)
                return line.priority == 4 && line.facility == 1;
        }
        return false;
    };
    QTRY_VERIFY(found());
    QCOMPARE(reader.counters().counters.inRing(), 0);
}

namespace {

struct LoginBench {
    explicit LoginBench(LoginOptions options = {})
    {
        options.files = {path.toStdString()};
        reader = std::make_unique<LoginReader>(std::move(options), clock);
    }
    std::vector<wire::Login> read()
    {
        Sink sink;
        reader->read(sink);
        return sink.details<wire::Login>();
    }
    CounterSet counters() const { return reader->counters().counters; }

    test::FakeClock clock;
    QTemporaryDir folder;
    QString path = folder.filePath("auth.log");
    std::unique_ptr<LoginReader> reader;
};

} // namespace

void tst_Readers::login_beginsAtTheEndAndFollows()
{
    test::FakeClock clock;
    QTemporaryDir folder;
    const QString path = folder.filePath("auth.log");
    append(path, failure("old"));
    LoginOptions options;
    options.files = {path.toStdString()};
    LoginReader reader(options, clock);
    Sink sink;
    reader.read(sink);
    QVERIFY(sink.records.empty());
    append(path, "Mar  3 10:11:12 n sshd[12]: Accepted publickey for alice from 10.0.0.7 port 5 ssh2: ED25519 SHA256:x\nMar  3 half a ");
    append(path, "line\n" + failure("root"));
    reader.read(sink);
    const auto logins = sink.details<wire::Login>();
    QCOMPARE(logins.size(), std::size_t(2));
    QVERIFY(logins[0] == (wire::Login{true, "alice", "publickey", "sshd", "10.0.0.7", 1}));
    QVERIFY(logins[1] == (wire::Login{false, "root", "password", "sshd", "203.0.113.9", 1}));
    QCOMPARE(sink.records[0].event.process.pid, 12u);
    QCOMPARE(sink.records[0].event.process.comm, "sshd");
    const CounterSet counters = reader.counters().counters;
    QCOMPARE(counters[Counter::Seen], 3u);
    QCOMPARE(counters[Counter::UFiltered], 1u);
    QCOMPARE(counters.inRing(), 0);
}

void tst_Readers::login_rotation()
{
    LoginBench bench;
    append(bench.path, failure("first"));
    QCOMPARE(bench.read().size(), std::size_t(1));
    append(bench.path, failure("before"));
    QVERIFY(QFile::rename(bench.path, bench.path + ".1"));
    append(bench.path + ".1", failure("late"));
    append(bench.path, failure("after"));
    const auto logins = bench.read();
    QCOMPARE(logins.size(), std::size_t(3));
    QCOMPARE(logins[0].user, "before");
    QCOMPARE(logins[1].user, "late");
    QCOMPARE(logins[2].user, "after");
}

void tst_Readers::login_truncation()
{
    LoginBench bench;
    append(bench.path, failure("first") + failure("second"));
    QCOMPARE(bench.read().size(), std::size_t(2));
    QVERIFY(QFile::resize(bench.path, 0));
    append(bench.path, failure("third"));
    const auto logins = bench.read();
    QCOMPARE(logins.size(), std::size_t(1));
    QCOMPARE(logins[0].user, "third");
}

void tst_Readers::login_foldsWhatIsAlike()
{
    LoginBench bench;
    append(bench.path, failure("root", 1) + failure("root", 2) + failure("root", 3) + failure("root", 4, "198.51.100.2"));
    append(bench.path, "Mar  3 1:1:1 n sshd[5]: message repeated 7 times: [ Failed password for root from 203.0.113.9 port 1 ssh2]\n");
    QCOMPARE(bench.read().size(), std::size_t(2));
    bench.clock.advance(std::chrono::seconds(9));
    QVERIFY(bench.read().empty());
    bench.clock.advance(std::chrono::seconds(1));
    const auto logins = bench.read();
    QCOMPARE(logins.size(), std::size_t(1));
    QCOMPARE(logins[0].repeats, 9u);
    QCOMPARE(logins[0].user, "root");
    QCOMPARE(bench.counters()[Counter::Seen], 5u);
    QCOMPARE(bench.counters()[Counter::Folded], 2u);
    QCOMPARE(bench.counters().inRing(), 0);
    // Quiet for a while: the next one is told at once.
    bench.clock.advance(std::chrono::seconds(20));
    QVERIFY(bench.read().empty());
    append(bench.path, failure("root", 9));
    QCOMPARE(bench.read().size(), std::size_t(1));
}

void tst_Readers::login_unknownUserIsOneFailure()
{
    LoginBench bench;
    append(bench.path, "Mar  3 1:1:1 n sshd[5]: Invalid user oracle from 203.0.113.9 port 1\n" + failure("invalid user oracle", 5)
                           + failure("invalid user oracle", 5));
    const auto logins = bench.read();
    QCOMPARE(logins.size(), std::size_t(2)); // two attempts, three lines
    QCOMPARE(bench.counters()[Counter::Folded], 1u);
}

void tst_Readers::login_floodIsShed()
{
    LoginOptions options;
    options.perSecond = 1;
    options.burst = 20;
    options.mostFolds = 10;
    LoginBench bench(options);
    for (int i = 0; i < 1000; ++i)
        append(bench.path, failure(qPrintable(QStringLiteral("user%1").arg(i))));
    append(bench.path, "Mar  3 10:11:12 n sshd[12]: Accepted password for alice from 10.0.0.7 port 5 ssh2\n");
    const auto logins = bench.read();
    QCOMPARE(logins.size(), std::size_t(21));
    QCOMPARE(logins.back().user, "alice"); // failures do not shed a success
    QCOMPARE(bench.counters()[Counter::Shed], 980u);
    QCOMPARE(bench.counters().inRing(), 0);
}

void tst_Readers::login_overlongLine()
{
    LoginBench bench;
    append(bench.path, QByteArray(100'000, 'x') + "\n" + failure("root"));
    QCOMPARE(bench.read().size(), std::size_t(1));
    QCOMPARE(bench.counters()[Counter::Malformed], 1u);
    QCOMPARE(bench.counters()[Counter::Seen], 2u);
}

void tst_Readers::login_fileThatAppears()
{
    LoginBench bench;
    QVERIFY(bench.read().empty());
    QCOMPARE(bench.reader->hooks().front().state, wire::HookState::Unsupported);
    append(bench.path, failure("root"));
    QCOMPARE(bench.read().size(), std::size_t(1));
    QCOMPARE(bench.reader->hooks().front().state, wire::HookState::Active);
}

void tst_Readers::login_stateSaysWhy()
{
    LoginBench bench;
    QVERIFY(QDir().mkdir(bench.path));
    bench.read();
    QCOMPARE(bench.reader->hooks().front().state, wire::HookState::Failed);
    QVERIFY(QDir().rmdir(bench.path));
    QVERIFY(bench.read().empty());
    QVERIFY(bench.reader->hooks().front().reason.find("journal") != std::string::npos);
}

QTEST_GUILESS_MAIN(tst_Readers)
#include "tst_readers.moc"
