// SPDX-License-Identifier: GPL-3.0-or-later
// The decoder of ring records: what the programs write, and what they never would.
#include <QTest>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <signal.h>
#include <sys/syscall.h>

#include "agent/collect/kernel/filerules.h"
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
    void dns_decodes();
    void dns_withoutAnswer_saysNothingOfIt();
    void http_decodes();
    void http_aborted();
    void https_isHttpOverTls();
    void https_hostile_isRefused();
    void file_decodes();
    void descriptors_decode();
    void fileRules_nameEveryCall();
    void filePatterns_data();
    void filePatterns();
    void tcpOutcome_data();
    void tcpOutcome();
    void hostile_data();
    void hostile();
    void everyPrefix_isRefused();
    void pacer_slowsDownAndWakesUp();
    void pacer_settlesAtDozensOfRecordsForALook_data();
    void pacer_settlesAtDozensOfRecordsForALook();
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

tapio_dns makeDns()
{
    auto record = make<tapio_dns>(TAPIO_KIND_DNS);
    record.latency_ns = 1'500;
    record.attempts = 2;
    record.server_port = 53;
    record.flags = 0x8383; // an answer, truncated, NXDOMAIN
    record.answers = 1;
    record.answered = 1;
    record.server[15] = 1;
    std::memcpy(record.question, "\1a\3b.c\0\0\x1c\0\1", 11);
    record.question_len = 11;
    return record;
}

tapio_http makeHttp(std::string_view answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\n")
{
    auto record = make<tapio_http>(TAPIO_KIND_HTTP);
    const std::string_view request = "GET /users/42?x HTTP/1.1\r\nHost: h\r\n\r\n";
    record.latency_ns = 1'500;
    record.request_bytes = 37;
    record.ends.local[15] = record.ends.remote[15] = 1;
    record.ends.local_port = 80;
    record.ends.remote_port = 40'000;
    record.direction = TAPIO_INBOUND;
    record.pipelined = 1;
    record.request_len = static_cast<__u16>(request.size());
    record.response_len = static_cast<__u16>(answer.size());
    std::memset(record.request, 'x', sizeof(record.request)); // what lies beyond is left over
    std::memset(record.response, 'x', sizeof(record.response));
    std::copy(request.begin(), request.end(), record.request);
    std::copy(answer.begin(), answer.end(), record.response);
    return record;
}

tapio_file makeFile()
{
    auto record = make<tapio_file>(TAPIO_KIND_FILE);
    record.repeats = 12;
    record.flags = 0x241;
    record.operation = 1;
    record.error = ENOSPC;
    std::strcpy(record.path, "/var/lib/db/wal");
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
    QVERIFY(std::get<wire::ProcessExec>(record->event.detail) == (wire::ProcessExec{41, "sh", "/bin/ls", {"ls", "-l"}, false}));
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
    QVERIFY(std::get<wire::ProcessExit>(record->event.detail) == (wire::ProcessExit{exitCode, signal, coreDumped, 1'000, 9, "killer"}));
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
    const bool isMemory = record->cgroupId == v1 && v2 != v1;
    QCOMPARE(record->hierarchy, isMemory ? agent::CgroupHierarchy::Memory : agent::CgroupHierarchy::V2);
}

void tst_RecordDecoder::dns_decodes()
{
    const QByteArray bytes = bytesOf(makeDns());
    const auto record = agent::decodeRecord(view(bytes));
    QVERIFY(record.has_value());
    QCOMPARE(record->source, "dns");
    QCOMPARE(record->event.type, wire::EventType::DnsQuery);
    const auto &query = std::get<wire::DnsQuery>(record->event.detail);
    QCOMPARE(query.name, "a.b\\.c");
    QCOMPARE(query.queryType, quint16(28));
    QCOMPARE(query.responseCode, quint16(3));
    QCOMPARE(query.outcome, wire::DnsOutcome::Answered);
    QCOMPARE(query.latencyNs, quint64(1'500));
    QCOMPARE(query.answers, quint16(1));
    QCOMPARE(query.attempts, 2u);
    QVERIFY(query.truncated);
    QVERIFY(!query.tcp);
    QCOMPARE(wire::toString(query.server), "[::1]:53");
}

void tst_RecordDecoder::dns_withoutAnswer_saysNothingOfIt()
{
    auto raw = makeDns();
    raw.answered = 0;
    raw.tcp = 1;
    const QByteArray bytes = bytesOf(raw);
    const auto record = agent::decodeRecord(view(bytes));
    QVERIFY(record.has_value());
    const auto &query = std::get<wire::DnsQuery>(record->event.detail);
    QCOMPARE(query.outcome, wire::DnsOutcome::TimedOut);
    QCOMPARE(query.latencyNs, quint64(0));
    QCOMPARE(query.responseCode, quint16(0));
    QVERIFY(!query.truncated);
    QVERIFY(query.tcp);
}

void tst_RecordDecoder::http_decodes()
{
    const QByteArray bytes = bytesOf(makeHttp());
    const auto record = agent::decodeRecord(view(bytes));
    QVERIFY(record.has_value());
    QCOMPARE(record->source, "http");
    QCOMPARE(record->event.type, wire::EventType::HttpRequest);
    const auto &request = std::get<wire::HttpRequest>(record->event.detail);
    QVERIFY(*request.texts == (wire::HttpTexts{"GET", "/users/42?x", "/users/{id}", "h"}));
    QCOMPARE(request.status, quint16(404));
    QCOMPARE(request.direction, wire::TcpDirection::Inbound);
    QCOMPARE(request.latencyNs, quint64(1'500));
    QCOMPARE(request.requestBytes, quint64(37));
    QCOMPARE(request.responseBytes, quint64(45 + 7));
    QVERIFY(request.pipelined);
    QVERIFY(!request.aborted);
    QVERIFY(!request.tls);
    QCOMPARE(wire::toString(request.local), "[::1]:80");
    QCOMPARE(wire::toString(request.remote), "[::1]:40000");
}

void tst_RecordDecoder::https_isHttpOverTls()
{
    tapio_http seen = makeHttp();
    seen.header.kind = TAPIO_KIND_HTTPS;
    seen.ends = {}; // nothing was received that would tell them
    const QByteArray bytes = bytesOf(seen);
    const auto record = agent::decodeRecord(view(bytes));
    QVERIFY(record.has_value());
    QCOMPARE(record->source, "https");
    QCOMPARE(record->event.type, wire::EventType::HttpRequest);
    const auto &request = std::get<wire::HttpRequest>(record->event.detail);
    QVERIFY(request.tls);
    QCOMPARE(request.status, quint16(404));
    QCOMPARE(request.texts->route, "/users/{id}");
    QVERIFY(request.local == wire::SocketAddress() && request.remote == wire::SocketAddress());
}

void tst_RecordDecoder::https_hostile_isRefused()
{
    tapio_http seen = makeHttp();
    seen.header.kind = TAPIO_KIND_HTTPS;
    seen.request_len = TAPIO_HTTP_HEAD_LEN + 1;
    const QByteArray bytes = bytesOf(seen);
    QVERIFY(!agent::decodeRecord(view(bytes)));
    QCOMPARE(agent::recordSource(view(bytes)), "https");
}

void tst_RecordDecoder::http_aborted()
{
    const QByteArray bytes = bytesOf(makeHttp(""));
    const auto record = agent::decodeRecord(view(bytes));
    QVERIFY(record.has_value());
    const auto &request = std::get<wire::HttpRequest>(record->event.detail);
    QVERIFY(request.aborted);
    QCOMPARE(request.status, quint16(0));
    QCOMPARE(request.responseBytes, quint64(0));
}

void tst_RecordDecoder::file_decodes()
{
    const QByteArray bytes = bytesOf(makeFile());
    const auto record = agent::decodeRecord(view(bytes));
    QVERIFY(record.has_value());
    QCOMPARE(record->source, "file");
    QCOMPARE(record->event.type, wire::EventType::FileFailure);
    QVERIFY(std::get<wire::FileFailure>(record->event.detail) == (wire::FileFailure{"/var/lib/db/wal", "open", ENOSPC, 0x241, 12}));
}

void tst_RecordDecoder::descriptors_decode()
{
    auto used = make<tapio_descriptors>(TAPIO_KIND_DESCRIPTORS);
    used.limit = 1024;
    const QByteArray bytes = bytesOf(used);
    const auto record = agent::decodeRecord(view(bytes));
    QVERIFY(record.has_value());
    QCOMPARE(record->source, "descriptors");
    QCOMPARE(record->event.type, wire::EventType::FileFailure);
    QVERIFY(std::get<wire::FileFailure>(record->event.detail) == (wire::FileFailure{"", "", EMFILE, 0, 1, 1024}));
}

void tst_RecordDecoder::fileRules_nameEveryCall()
{
    const auto calls = agent::fileCalls();
    const auto operationOf = [&](long number) { return agent::fileOperationName(calls[static_cast<std::size_t>(number)] & 0xff); };
    QCOMPARE(operationOf(SYS_openat), std::string_view("open"));
    QCOMPARE(operationOf(SYS_pwritev2), std::string_view("write"));
    QCOMPARE(operationOf(SYS_accept4), std::string_view("accept"));
    QCOMPARE(calls[SYS_openat] >> 8 & 0xff, 2u);
    QCOMPARE(calls[SYS_openat] >> 24, 3u);
    QCOMPARE(calls[SYS_write] >> 8 & 0xff, unsigned(TAPIO_FILE_OPEN) + 1);
    QVERIFY((calls[SYS_write] >> 16 & TAPIO_FILE_DENIED) == 0);
    QCOMPARE(calls[SYS_getpid], 0u);
    for (const std::uint32_t call : calls) {
        const std::string_view name = agent::fileOperationName(call & 0xff);
        QVERIFY(call == 0 || (!name.empty() && name.size() <= wire::FileFailure::operationBytes));
    }
    QVERIFY(agent::fileOperationName(0).empty());
    QVERIFY(agent::fileOperationName(0xffff).empty());
}

void tst_RecordDecoder::filePatterns_data()
{
    QTest::addColumn<QByteArray>("prefix");
    QTest::addColumn<QByteArray>("suffix");
    QTest::addColumn<bool>("fit");
    QTest::newRow("usual") << QByteArray("/etc/") << QByteArray(".conf") << true;
    QTest::newRow("as long as can be") << QByteArray(agent::filePrefixBytes, 'x') << QByteArray(agent::fileSuffixBytes, 'x') << true;
    QTest::newRow("a prefix too long") << QByteArray(agent::filePrefixBytes + 1, 'x') << QByteArray("x") << false;
    QTest::newRow("a suffix too long") << QByteArray("x") << QByteArray(agent::fileSuffixBytes + 1, 'x') << false;
    QTest::newRow("an empty prefix") << QByteArray() << QByteArray("x") << false;
    QTest::newRow("an empty suffix") << QByteArray("x") << QByteArray() << false;
    QTest::newRow("a byte that no path has") << QByteArray("a\0b", 3) << QByteArray("x") << false;
}

void tst_RecordDecoder::filePatterns()
{
    QFETCH(QByteArray, prefix);
    QFETCH(QByteArray, suffix);
    const agent::FilePatterns patterns{{prefix.toStdString()}, {suffix.toStdString()}};
    QTEST(agent::check(patterns).has_value(), "fit");
    QVERIFY(agent::check(agent::FilePatterns{{}, {}}).has_value());
    agent::FilePatterns many;
    for (std::size_t i = 0; i <= agent::mostFileSuffixes; ++i)
        many.suffixes.insert(std::to_string(i));
    QVERIFY(!agent::check(many).has_value());
    const auto words = agent::fileSuffixWords({".conf"});
    QCOMPARE(words.size(), std::size_t(4)); // two words, each with its mask; only the last five bytes count
    QCOMPARE(words[1], std::uint64_t(0));
    char last[8];
    std::memcpy(last, &words[2], sizeof(last));
    QCOMPARE(QByteArray(last, sizeof(last)), QByteArray("\0\0\0.conf", 8));
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
    auto entry = make<tapio_entry>(TAPIO_KIND_ENTRY);
    QTest::newRow("an entry that was none") << bytesOf(entry) << "entry";
    entry.repeats = 1;
    entry.has_terminal = 2;
    QTest::newRow("neither with a terminal nor without") << bytesOf(entry) << "entry";
    auto tcp = make<tapio_tcp>(TAPIO_KIND_TCP);
    tcp.direction = 3;
    QTest::newRow("a third direction") << bytesOf(tcp) << "tcp";
    const auto file = [](const char *name, const std::function<void(tapio_file &)> &spoil) {
        auto record = makeFile();
        spoil(record);
        QTest::newRow(name) << bytesOf(record) << "file";
    };
    file("a path without end", [&](tapio_file &record) { fill(record.path); });
    file("an operation that there is not", [](tapio_file &record) { record.operation = 0; });
    file("an operation of another agent", [](tapio_file &record) { record.operation = 999; });
    file("a failure without an error", [](tapio_file &record) { record.error = 0; });
    file("an error beyond the kernel's", [](tapio_file &record) { record.error = 4096; });
    file("a failure that did not happen", [](tapio_file &record) { record.repeats = 0; });
    QTest::newRow("all of no descriptors") << bytesOf(make<tapio_descriptors>(TAPIO_KIND_DESCRIPTORS)) << "descriptors";
    const auto dns = [](const char *name, const std::function<void(tapio_dns &)> &spoil) {
        auto record = makeDns();
        spoil(record);
        QTest::newRow(name) << bytesOf(record) << "dns";
    };
    dns("no question", [](tapio_dns &record) { record.question_len = 0; });
    dns("a question longer than the field", [](tapio_dns &record) { record.question_len = TAPIO_DNS_QUESTION_LEN + 1; });
    dns("a question of any length", [](tapio_dns &record) { record.question_len = 0xffff; });
    dns("a question that is cut", [](tapio_dns &record) { record.question_len -= 1; });
    dns("a name that is a pointer", [](tapio_dns &record) { record.question[0] = 0xc0; });
    const auto http = [](const char *name, const std::function<void(tapio_http &)> &spoil) {
        auto record = makeHttp();
        spoil(record);
        QTest::newRow(name) << bytesOf(record) << "http";
    };
    http("a request longer than the field", [](tapio_http &record) { record.request_len = TAPIO_HTTP_HEAD_LEN + 1; });
    http("an answer longer than the field", [](tapio_http &record) { record.response_len = 0xffff; });
    http("no request", [](tapio_http &record) { record.request_len = 0; });
    http("no direction", [](tapio_http &record) { record.direction = TAPIO_DIRECTION_UNKNOWN; });
    http("a third direction of a request", [](tapio_http &record) { record.direction = 3; });
    http("an answer without a status", [](tapio_http &record) { record.response_len = 9; });
    http("a request of another protocol", [](tapio_http &record) { std::memcpy(record.request + 16, "RTSP", 4); });
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

void tst_RecordDecoder::pacer_settlesAtDozensOfRecordsForALook_data()
{
    QTest::addColumn<int>("perSecond");
    QTest::addColumn<int>("intervalMs");
    QTest::newRow("a few") << 200 << 25;
    QTest::newRow("a thousand a second") << 1000 << 25;
    QTest::newRow("ten thousand") << 10'000 << 6;
    QTest::newRow("more than can be waited for") << 1'000'000 << 5;
}

void tst_RecordDecoder::pacer_settlesAtDozensOfRecordsForALook()
{
    QFETCH(int, perSecond);
    QFETCH(int, intervalMs);
    agent::PollPacer pacer;
    for (int i = 0; i < 20; ++i)
        pacer.note(static_cast<std::size_t>(perSecond * pacer.interval().count() / 1000));
    QVERIFY2(std::abs(pacer.interval().count() - intervalMs) <= 1, qPrintable(QString::number(pacer.interval().count())));
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
