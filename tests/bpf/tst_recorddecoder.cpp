// SPDX-License-Identifier: GPL-3.0-or-later
// The decoder of ring records: what the programs write, and what they never would.
#include <QTest>

#include <cerrno>
#include <cstring>

#include <signal.h>

#include "agent/collect/kernel/pollpacer.h"
#include "agent/collect/kernel/prerequisites.h"
#include "agent/collect/kernel/recorddecoder.h"
#include "bpf/include/tapio_records.h"

using namespace tapio;

Q_DECLARE_METATYPE(tapio::wire::TcpOutcome)

class tst_RecordDecoder : public QObject {
    Q_OBJECT

private slots:
    void exec_decodes();
    void exit_decodes_data();
    void exit_decodes();
    void cgroup_data();
    void cgroup();
    void tcpOutcome_data();
    void tcpOutcome();
    void hostile_data();
    void hostile();
    void everyPrefix_isRefused();
    void pacer_slowsDownAndWakesUp();
    void capabilities_data();
    void capabilities();
};

namespace {

template <typename Record> Record make(std::uint16_t kind)
{
    Record record{};
    record.header.kind = kind;
    record.header.size = sizeof(Record);
    record.header.cpu = 1;
    record.header.boot_ns = 5'000;
    record.header.process = {4'000, {7, 0}, 42, 1000, "proc"};
    return record;
}

tapio_exec makeExec()
{
    auto record = make<tapio_exec>(TAPIO_KIND_EXEC);
    record.parent_pid = 41;
    std::strcpy(record.parent_comm, "sh");
    std::strcpy(record.filename, "/bin/ls");
    record.filename_len = 7;
    std::memcpy(record.arguments, "ls\0-l", 6);
    record.arguments_len = 6;
    return record;
}

template <typename Record> QByteArray bytesOf(const Record &record)
{
    return QByteArray(reinterpret_cast<const char *>(&record), sizeof(record));
}

std::span<const std::byte> view(const QByteArray &bytes)
{
    return {reinterpret_cast<const std::byte *>(bytes.constData()), static_cast<std::size_t>(bytes.size())};
}

} // namespace

void tst_RecordDecoder::exec_decodes()
{
    const QByteArray bytes = bytesOf(makeExec());
    const auto record = agent::decodeRecord(view(bytes));
    QVERIFY(record.has_value());
    QCOMPARE(record->source, "process");
    QCOMPARE(record->bootNs, 5'000u);
    QCOMPARE(record->event.cpu, quint16(1));
    QCOMPARE(record->event.type, wire::EventType::ProcessExec);
    QVERIFY(record->event.process == (wire::Process{42, 1000, 4'000, "proc"}));
    QVERIFY(std::get<wire::ProcessExec>(record->event.detail)
            == (wire::ProcessExec{41, "sh", "/bin/ls", {"ls", "-l"}, false}));
}

void tst_RecordDecoder::exit_decodes_data()
{
    QTest::addColumn<quint32>("waitStatus");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<int>("signal");
    QTest::addColumn<bool>("coreDumped");
    QTest::newRow("exit 0") << 0u << 0 << 0 << false;
    QTest::newRow("exit 255") << 0xff00u << 255 << 0 << false;
    QTest::newRow("killed") << 9u << 0 << SIGKILL << false;
    QTest::newRow("segmentation fault with core") << 0x8bu << 0 << SIGSEGV << true;
}

void tst_RecordDecoder::exit_decodes()
{
    QFETCH(quint32, waitStatus);
    QFETCH(int, exitCode);
    QFETCH(int, signal);
    QFETCH(bool, coreDumped);
    auto raw = make<tapio_exit>(TAPIO_KIND_EXIT);
    raw.wait_status = waitStatus;
    raw.killer_pid = 9;
    std::strcpy(raw.killer_comm, "killer");
    const QByteArray bytes = bytesOf(raw);
    const auto record = agent::decodeRecord(view(bytes));
    QVERIFY(record.has_value());
    QVERIFY(std::get<wire::ProcessExit>(record->event.detail)
            == (wire::ProcessExit{exitCode, signal, coreDumped, 1'000, 9, "killer"}));
}

void tst_RecordDecoder::cgroup_data()
{
    QTest::addColumn<quint64>("v2");
    QTest::addColumn<quint64>("v1");
    QTest::addColumn<quint64>("id");
    QTest::addColumn<quint64>("memoryId");
    QTest::newRow("v2 only") << quint64(77) << quint64(0) << quint64(77) << quint64(0);
    QTest::newRow("hybrid, in a v1 cgroup") << quint64(1) << quint64(55) << quint64(55) << quint64(0);
    QTest::newRow("hybrid, in both") << quint64(77) << quint64(55) << quint64(77) << quint64(55);
    QTest::newRow("hybrid, in a v2 cgroup") << quint64(77) << quint64(1) << quint64(77) << quint64(0);
    QTest::newRow("at the root of both") << quint64(1) << quint64(1) << quint64(1) << quint64(0);
    QTest::newRow("no memory controller") << quint64(1) << quint64(0) << quint64(1) << quint64(0);
    QTest::newRow("nothing known") << quint64(0) << quint64(0) << quint64(0) << quint64(0);
}

void tst_RecordDecoder::cgroup()
{
    QFETCH(quint64, v2);
    QFETCH(quint64, v1);
    auto raw = makeExec();
    raw.header.process.cgroups = {v2, v1};
    const QByteArray bytes = bytesOf(raw);
    const auto record = agent::decodeRecord(view(bytes));
    QVERIFY(record.has_value());
    QTEST(quint64(record->cgroupId), "id");
    QTEST(quint64(record->memoryCgroupId), "memoryId");
}

void tst_RecordDecoder::tcpOutcome_data()
{
    using wire::TcpOutcome;
    QTest::addColumn<int>("error");
    QTest::addColumn<bool>("established");
    QTest::addColumn<TcpOutcome>("outcome");
    QTest::newRow("ended well") << 0 << true << TcpOutcome::Closed;
    QTest::newRow("never established, no error: not a timeout") << 0 << false << TcpOutcome::Aborted;
    QTest::newRow("refused") << ECONNREFUSED << false << TcpOutcome::Refused;
    QTest::newRow("timed out before") << ETIMEDOUT << false << TcpOutcome::TimedOut;
    QTest::newRow("timed out after") << ETIMEDOUT << true << TcpOutcome::TimedOut;
    QTest::newRow("reset") << ECONNRESET << true << TcpOutcome::Reset;
    QTest::newRow("reset while closing") << EPIPE << true << TcpOutcome::Reset;
    QTest::newRow("no route to host") << EHOSTUNREACH << false << TcpOutcome::Unreachable;
    QTest::newRow("no route to network") << ENETUNREACH << false << TcpOutcome::Unreachable;
    QTest::newRow("something else") << EMSGSIZE << true << TcpOutcome::OtherError;
}

void tst_RecordDecoder::tcpOutcome()
{
    QFETCH(int, error);
    QFETCH(bool, established);
    auto raw = make<tapio_tcp>(TAPIO_KIND_TCP);
    raw.error = error;
    raw.established = established;
    raw.direction = TAPIO_OUTBOUND;
    const QByteArray bytes = bytesOf(raw);
    const auto record = agent::decodeRecord(view(bytes));
    QVERIFY(record.has_value());
    const auto &detail = std::get<wire::TcpConnection>(record->event.detail);
    QTEST(detail.outcome, "outcome");
    QCOMPARE(detail.socketError, error);
}

void tst_RecordDecoder::hostile_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("source");
    const auto exec = [](const char *name, const std::function<void(tapio_exec &)> &spoil) {
        auto record = makeExec();
        spoil(record);
        QTest::newRow(name) << bytesOf(record) << "process";
    };
    const auto fill = [](auto &text) { std::memset(text, 'x', sizeof(text)); };
    QTest::newRow("nothing") << QByteArray() << "unknown";
    QTest::newRow("one byte") << QByteArray(1, '\1') << "unknown";
    QTest::newRow("zeros") << QByteArray(sizeof(tapio_exec), '\0') << "unknown";
    QTest::newRow("ones") << QByteArray(sizeof(tapio_exec), '\xff') << "unknown";
    QTest::newRow("one byte more") << bytesOf(makeExec()).append('\0') << "process";
    QTest::newRow("another kind's size") << bytesOf(makeExec()).left(sizeof(tapio_exit)) << "process";
    exec("a size that is not its own", [](tapio_exec &record) { record.header.size -= 8; });
    exec("a process name without end", [&](tapio_exec &record) { fill(record.header.process.comm); });
    exec("a parent without end", [&](tapio_exec &record) { fill(record.parent_comm); });
    exec("a file name without end", [&](tapio_exec &record) { fill(record.filename); });
    exec("a file name of another length", [](tapio_exec &record) { record.filename_len = 200; });
    exec("arguments longer than the field", [](tapio_exec &record) { record.arguments_len = TAPIO_ARGUMENTS_LEN + 1; });
    exec("arguments of any length", [](tapio_exec &record) { record.arguments_len = 0xffff; });
    exec("a last argument without end", [](tapio_exec &record) { record.arguments_len = 5; });

    auto exit = make<tapio_exit>(TAPIO_KIND_EXIT);
    fill(exit.killer_comm);
    QTest::newRow("a killer without end") << bytesOf(exit) << "process";
    auto oom = make<tapio_oom>(TAPIO_KIND_OOM);
    fill(oom.trigger_comm);
    QTest::newRow("a trigger without end") << bytesOf(oom) << "oom";
    auto signal = make<tapio_signal>(TAPIO_KIND_SIGNAL);
    signal.signal = 0;
    QTest::newRow("signal 0") << bytesOf(signal) << "signal";
    signal.signal = 65;
    QTest::newRow("signal 65") << bytesOf(signal) << "signal";
    signal.signal = SIGKILL;
    fill(signal.sender_comm);
    QTest::newRow("a sender without end") << bytesOf(signal) << "signal";
    auto privilege = make<tapio_privilege>(TAPIO_KIND_PRIVILEGE);
    fill(privilege.filename);
    QTest::newRow("a program without end") << bytesOf(privilege) << "security";
    auto ptrace = make<tapio_ptrace>(TAPIO_KIND_PTRACE);
    fill(ptrace.target_comm);
    QTest::newRow("a traced process without end") << bytesOf(ptrace) << "security";
    auto module = make<tapio_module>(TAPIO_KIND_MODULE);
    fill(module.name);
    QTest::newRow("a module without end") << bytesOf(module) << "security";
    auto capability = make<tapio_capability>(TAPIO_KIND_CAPABILITY);
    QTest::newRow("a capability that was not used") << bytesOf(capability) << "capability";
    capability.repeats = 1;
    capability.capability = 64;
    QTest::newRow("capability 64") << bytesOf(capability) << "capability";
    capability.capability = 63;
    capability.granted = 2;
    QTest::newRow("neither granted nor refused") << bytesOf(capability) << "capability";
    auto tcp = make<tapio_tcp>(TAPIO_KIND_TCP);
    tcp.direction = 3;
    QTest::newRow("a third direction") << bytesOf(tcp) << "tcp";
    tcp.direction = TAPIO_INBOUND;
    tcp.header.kind = TAPIO_KIND_OOM;
    QTest::newRow("a kind that is not its own") << bytesOf(tcp) << "oom";
}

void tst_RecordDecoder::hostile()
{
    QFETCH(QByteArray, bytes);
    const auto record = agent::decodeRecord(view(bytes));
    QVERIFY(!record.has_value());
    QCOMPARE(record.error().code(), Errc::Malformed);
    QVERIFY(!record.error().context().empty());
    QTEST(QString::fromUtf8(agent::recordSource(view(bytes)).data()), "source");
}

void tst_RecordDecoder::everyPrefix_isRefused()
{
    const QByteArray bytes = bytesOf(makeExec());
    for (qsizetype size = 0; size < bytes.size(); ++size)
        QVERIFY(!agent::decodeRecord(view(bytes.left(size))).has_value());
}

void tst_RecordDecoder::pacer_slowsDownAndWakesUp()
{
    using std::chrono::milliseconds;
    agent::PollPacer pacer;
    QCOMPARE(pacer.interval(), milliseconds(5));
    std::vector<milliseconds> intervals;
    for (int i = 0; i < 6; ++i) {
        pacer.note(0);
        intervals.push_back(pacer.interval());
    }
    const std::vector<milliseconds> expected{milliseconds(10), milliseconds(20),  milliseconds(40),
                                             milliseconds(80), milliseconds(100), milliseconds(100)};
    QVERIFY(intervals == expected);
    pacer.note(1);
    QCOMPARE(pacer.interval(), milliseconds(5));
}

void tst_RecordDecoder::capabilities_data()
{
    QTest::addColumn<quint64>("effective");
    QTest::addColumn<QString>("missing");
    const quint64 admin = 1ull << 21, perfmon = 1ull << 38, bpf = 1ull << 39; // linux/capability.h
    QTest::newRow("none") << quint64(0) << "CAP_BPF and CAP_PERFMON";
    QTest::newRow("only CAP_BPF") << bpf << "CAP_PERFMON";
    QTest::newRow("only CAP_PERFMON") << perfmon << "CAP_BPF";
    QTest::newRow("both") << (bpf | perfmon) << "";
    QTest::newRow("CAP_SYS_ADMIN") << admin << "";
}

void tst_RecordDecoder::capabilities()
{
    QFETCH(quint64, effective);
    QFETCH(QString, missing);
    const Status status = agent::checkCapabilities(effective);
    QCOMPARE(status.has_value(), missing.isEmpty());
    if (!status) {
        QCOMPARE(status.error().code(), Errc::PermissionDenied);
        QVERIFY(QString::fromStdString(status.error().context()).startsWith("missing " + missing + ": "));
    }
}

QTEST_GUILESS_MAIN(tst_RecordDecoder)
#include "tst_recorddecoder.moc"
