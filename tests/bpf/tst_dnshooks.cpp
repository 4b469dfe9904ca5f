// SPDX-License-Identifier: GPL-3.0-or-later
// Trigger and assert: questions to name servers, their answers, and what is not answered.
#include <QTest>

#include <algorithm>
#include <set>
#include <string>

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bpf/dnspeer.h"
#include "tests/bpf/memorycgroup.h"

using namespace tapio;
using namespace tapio::test;

Q_DECLARE_METATYPE(tapio::test::Family)
Q_DECLARE_METATYPE(tapio::test::Transport)

class tst_DnsHooks : public QObject {
    Q_OBJECT

private slots:
    void initTestCase_data();
    void answer_data();
    void answer();
    void silence_data();
    void silence();
    void secondAttempt_isOneQuestion();
    void askedAgainAfterTheWait_isAnotherQuestion();
    void switchedOff_forgetsWhatWasAsked();
    void httpGoesAndComes_dnsStays_data();
    void httpGoesAndComes_dnsStays();
    void sameId_onTwoSockets();
    void sameId_onOneSocket();
    void askedOfTwoServers_isOfTheOneThatAnswers();
    void oneSegment_withTwoQuestions();
    void longestName_isWhole();
    void asker_isInItsCgroup();
    void hostile_data();
    void hostile();
    void ownQuestion_isFiltered();
    void full_isCounted();
    void withoutTimeouts_oldQuestionsGiveWay();
};

namespace {

constexpr int failed = 9;
constexpr std::chrono::milliseconds shortWait{300};

const wire::DnsQuery &dns(const agent::KernelRecord &record) { return std::get<wire::DnsQuery>(record.event.detail); }

agent::KernelOptions waiting(std::chrono::milliseconds wait)
{
    agent::KernelOptions options;
    options.dnsWait = wait;
    return options;
}

/// A client that sends each message once and then waits for `answers`.
Child ask(const NameServer &server, Family family, Transport transport, const std::vector<std::string> &messages, int answers,
          const MemoryCgroup *cgroup = nullptr)
{
    return Child::run([&, family, transport, answers] {
        if ((cgroup && !cgroup->enter()) || !server.enter())
            return failed;
        const int fd = dnsSocket(family, transport);
        for (const std::string &message : messages) {
            if (!dnsSend(fd, family, transport, message))
                return failed;
        }
        for (int i = 0; i < answers; ++i) {
            if (!dnsReceive(fd, transport))
                return failed;
        }
        return 0;
    });
}

std::vector<agent::KernelRecord> recordsOf(const KernelFixture &kernel, std::uint32_t pid)
{
    std::vector<agent::KernelRecord> found;
    std::copy_if(kernel.records().begin(), kernel.records().end(), std::back_inserter(found), of<wire::DnsQuery>(pid));
    return found;
}

std::set<std::string> dnsCollectors()
{
    QFETCH_GLOBAL(bool, isBesideHttp);
    return isBesideHttp ? std::set<std::string>{"dns", "http"} : std::set<std::string>{"dns"};
}

} // namespace

#define TAPIO_SERVE(server)                                                                                                                \
    TAPIO_NEEDS_KERNEL();                                                                                                                  \
    const NameServer server;                                                                                                               \
    QVERIFY2((server).isReady(), "no network namespace with a name server")

/// Programs of its own at the packets, or those of http.
void tst_DnsHooks::initTestCase_data()
{
    QTest::addColumn<bool>("isBesideHttp");
    QTest::newRow("alone") << false;
    QTest::newRow("beside http") << true;
}

void tst_DnsHooks::answer_data()
{
    QTest::addColumn<Family>("family");
    QTest::addColumn<Transport>("transport");
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("code");
    QTest::addColumn<int>("answers");
    QTest::addColumn<bool>("truncated");
    const std::pair<Transport, const char *> transports[] = {
        {Transport::Udp, "UDP"}, {Transport::ConnectedUdp, "connected UDP"}, {Transport::Tcp, "TCP"}};
    for (const Family family : {Family::V4, Family::V6}) {
        for (const auto &[transport, called] : transports) {
            const auto add = [&, in = transport, by = called](const char *name, int code, int answers, bool truncated = false) {
                QTest::newRow(qPrintable(QString("%1, %2, %3").arg(family == Family::V4 ? "IPv4" : "IPv6", by, name)))
                    << family << in << QString(name) << code << answers << truncated;
            };
            add("ok.example.com", 0, 1);
            add("two.Example.com", 0, 2);
            add("nx.example.com", 3, 0);
            add("fail.example.com", 2, 0);
            add("bare.example.com", 1, 0);
            add("tc.example.com", 0, 0, true);
            if (transport == Transport::Tcp)
                add("split.example.com", 0, 1);
        }
    }
}

void tst_DnsHooks::answer()
{
    TAPIO_SERVE(server);
    QFETCH(Family, family);
    QFETCH(Transport, transport);
    QFETCH(QString, name);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, dnsCollectors());

    Child client = ask(server, family, transport, {dnsQuery(0x1234, name.toStdString())}, 1);
    QCOMPARE(WEXITSTATUS(client.wait()), 0);
    const auto record = kernel.waitFor(of<wire::DnsQuery>(client.pid()));
    QVERIFY(record.has_value());
    QCOMPARE(record->source, "dns");
    QCOMPARE(record->event.type, wire::EventType::DnsQuery);
    QCOMPARE(record->event.process.comm, "tst_dnshooks");
    QVERIFY(record->event.process.startTimeNs != 0);
    QVERIFY(record->cgroupId != 0);
    const wire::DnsQuery &query = dns(*record);
    QCOMPARE(QString::fromStdString(query.name), name);
    QCOMPARE(query.queryType, quint16(1));
    QCOMPARE(query.outcome, wire::DnsOutcome::Answered);
    QTEST(int(query.responseCode), "code");
    QTEST(int(query.answers), "answers");
    QTEST(query.truncated, "truncated");
    QCOMPARE(query.tcp, transport == Transport::Tcp);
    QCOMPARE(query.attempts, 1u);
    QCOMPARE(wire::toString(query.server), family == Family::V4 ? "127.0.0.1:53" : "[::1]:53");
    QVERIFY(query.latencyNs > 0 && query.latencyNs < 10'000'000'000u);
    QVERIFY(kernel.settles("dns"));
    QCOMPARE(recordsOf(kernel, client.pid()).size(), std::size_t(1));
    QVERIFY(recordsOf(kernel, server.pid()).empty());
    QCOMPARE(kernel.counters("dns")[Counter::Malformed], 0u);
}

void tst_DnsHooks::silence_data()
{
    QTest::addColumn<Family>("family");
    QTest::addColumn<Transport>("transport");
    QTest::newRow("IPv4, UDP") << Family::V4 << Transport::Udp;
    QTest::newRow("IPv6, connected UDP") << Family::V6 << Transport::ConnectedUdp;
    QTest::newRow("IPv4, TCP") << Family::V4 << Transport::Tcp;
}

void tst_DnsHooks::silence()
{
    TAPIO_SERVE(server);
    QFETCH(Family, family);
    QFETCH(Transport, transport);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, dnsCollectors(), waiting(shortWait));

    const std::string question = dnsQuery(7, "silent.example.com");
    Child client = ask(server, family, transport, {question, question, question}, 0);
    QCOMPARE(WEXITSTATUS(client.wait()), 0);
    const auto record = kernel.waitFor(of<wire::DnsQuery>(client.pid()));
    QVERIFY(record.has_value());
    QCOMPARE(record->event.process.comm, "tst_dnshooks");
    QCOMPARE(dns(*record).outcome, wire::DnsOutcome::TimedOut);
    QCOMPARE(dns(*record).name, "silent.example.com");
    QCOMPARE(dns(*record).attempts, 3u);
    QCOMPARE(dns(*record).latencyNs, 0u);
    QCOMPARE(dns(*record).responseCode, quint16(0));
    QCOMPARE(wire::toString(dns(*record).server), family == Family::V4 ? "127.0.0.1:53" : "[::1]:53");
    QVERIFY(kernel.settles("dns"));
    QCOMPARE(recordsOf(kernel, client.pid()).size(), std::size_t(1));
}

void tst_DnsHooks::secondAttempt_isOneQuestion()
{
    TAPIO_SERVE(server);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, dnsCollectors());
    const std::string question = dnsQuery(7, "second.example.com");
    Child client = ask(server, Family::V4, Transport::Udp, {question, question}, 1);
    QCOMPARE(WEXITSTATUS(client.wait()), 0);
    const auto record = kernel.waitFor(of<wire::DnsQuery>(client.pid()));
    QVERIFY(record.has_value());
    QCOMPARE(dns(*record).outcome, wire::DnsOutcome::Answered);
    QCOMPARE(dns(*record).attempts, 2u);
    QVERIFY(kernel.settles("dns"));
    QCOMPARE(recordsOf(kernel, client.pid()).size(), std::size_t(1));
}

/// What was told as not answered is over.
void tst_DnsHooks::askedAgainAfterTheWait_isAnotherQuestion()
{
    TAPIO_SERVE(server);
    Pipe timedOut;
    KernelFixture kernel;
    TAPIO_OPEN(kernel, dnsCollectors(), waiting(shortWait));
    const std::string question = dnsQuery(7, "second.example.com");
    Child client = Child::run([&] {
        const int fd = server.enter() ? dnsSocket(Family::V4, Transport::Udp) : -1;
        if (!dnsSend(fd, Family::V4, Transport::Udp, question) || timedOut.receive() != 1)
            return failed;
        return dnsSend(fd, Family::V4, Transport::Udp, question) && dnsReceive(fd, Transport::Udp) ? 0 : failed;
    });
    const auto first = kernel.waitFor(of<wire::DnsQuery>(client.pid()));
    QVERIFY(first.has_value());
    QCOMPARE(dns(*first).outcome, wire::DnsOutcome::TimedOut);
    timedOut.send(1);
    QCOMPARE(WEXITSTATUS(client.wait()), 0);
    QVERIFY(kernel.pollUntil([&] { return recordsOf(kernel, client.pid()).size() == 2; }));
    const auto second = recordsOf(kernel, client.pid())[1];
    QCOMPARE(dns(second).outcome, wire::DnsOutcome::Answered);
    QCOMPARE(dns(second).attempts, 1u);
}

/// Nobody looked whether it was answered meanwhile.
void tst_DnsHooks::switchedOff_forgetsWhatWasAsked()
{
    TAPIO_SERVE(server);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, dnsCollectors(), waiting(shortWait));
    Child before = ask(server, Family::V4, Transport::Udp, {dnsQuery(7, "silent.before")}, 0);
    QCOMPARE(WEXITSTATUS(before.wait()), 0);
    kernel.collectors().setDisabled({"dns"});
    Child meanwhile = ask(server, Family::V4, Transport::Udp, {dnsQuery(7, "nx.meanwhile")}, 1);
    QCOMPARE(WEXITSTATUS(meanwhile.wait()), 0);
    kernel.collectors().setDisabled({});
    Child after = ask(server, Family::V4, Transport::Udp, {dnsQuery(7, "silent.after")}, 0);
    QCOMPARE(WEXITSTATUS(after.wait()), 0);
    const auto record = kernel.waitFor(of<wire::DnsQuery>(after.pid())); // waits longer than the first would have
    QVERIFY(record.has_value());
    QCOMPARE(dns(*record).outcome, wire::DnsOutcome::TimedOut);
    QVERIFY(kernel.settles("dns"));
    QVERIFY(recordsOf(kernel, before.pid()).empty());
    QVERIFY(recordsOf(kernel, meanwhile.pid()).empty());
}

void tst_DnsHooks::httpGoesAndComes_dnsStays_data()
{
    QTest::addColumn<bool>("common");
    QTest::newRow("one program for both") << true;
    QTest::newRow("a program each, as where the kernel refuses the common one") << false;
}

/// Of what lasts while the programs change nothing is missing, and nothing is seen twice.
void tst_DnsHooks::httpGoesAndComes_dnsStays()
{
    TAPIO_SERVE(server);
    QFETCH(bool, common);
    agent::KernelOptions options = waiting(shortWait);
    options.commonPrograms = common;
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"dns", "http"}, options);
    const auto carried = [&] {
        const auto hooks = kernel.collectors().hooks();
        return std::count_if(hooks.begin(), hooks.end(), [](const wire::Hook &hook) {
            return hook.collector == "dns" && hook.state == wire::HookState::Active
                   && hook.reason.starts_with("done by the program of http");
        });
    };
    QCOMPARE(carried(), common ? 2 : 0);
    Child silent = ask(server, Family::V4, Transport::Udp, {dnsQuery(7, "silent.before")}, 0);
    QCOMPARE(WEXITSTATUS(silent.wait()), 0);
    for (const bool isHttpOn : {false, true, false, true}) {
        kernel.collectors().setDisabled(isHttpOn ? std::set<std::string>{} : std::set<std::string>{"http"});
        QCOMPARE(carried(), common && isHttpOn ? 2 : 0);
        Child client = ask(server, Family::V4, Transport::Udp, {dnsQuery(9, "ok.example.com")}, 1);
        QCOMPARE(WEXITSTATUS(client.wait()), 0);
        const auto record = kernel.waitFor(of<wire::DnsQuery>(client.pid()));
        QVERIFY(record.has_value());
        QCOMPARE(dns(*record).outcome, wire::DnsOutcome::Answered);
        QCOMPARE(dns(*record).attempts, 1u);
    }
    const auto unanswered = kernel.waitFor(of<wire::DnsQuery>(silent.pid()));
    QVERIFY(unanswered.has_value());
    QCOMPARE(dns(*unanswered).outcome, wire::DnsOutcome::TimedOut);
    QCOMPARE(recordsOf(kernel, silent.pid()).size(), std::size_t(1));
}

void tst_DnsHooks::sameId_onTwoSockets()
{
    TAPIO_SERVE(server);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, dnsCollectors());
    Child client = Child::run([&] {
        if (!server.enter())
            return failed;
        const int one = dnsSocket(Family::V4, Transport::Udp);
        const int other = dnsSocket(Family::V4, Transport::ConnectedUdp);
        const bool sent = dnsSend(one, Family::V4, Transport::Udp, dnsQuery(5, "ok.one"))
                          && dnsSend(other, Family::V4, Transport::ConnectedUdp, dnsQuery(5, "nx.other"));
        return sent && dnsReceive(other, Transport::ConnectedUdp) && dnsReceive(one, Transport::Udp) ? 0 : failed;
    });
    QCOMPARE(WEXITSTATUS(client.wait()), 0);
    QVERIFY(kernel.pollUntil([&] { return recordsOf(kernel, client.pid()).size() == 2; }));
    for (const agent::KernelRecord &record : recordsOf(kernel, client.pid())) {
        QCOMPARE(dns(record).responseCode, quint16(dns(record).name == "ok.one" ? 0 : 3));
        QVERIFY(dns(record).name == "ok.one" || dns(record).name == "nx.other");
        QCOMPARE(dns(record).attempts, 1u);
    }
}

void tst_DnsHooks::sameId_onOneSocket()
{
    TAPIO_SERVE(server);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, dnsCollectors(), waiting(shortWait));
    Child client =
        ask(server, Family::V4, Transport::Udp, {dnsQuery(5, "silent.one"), dnsQuery(5, "nx.other"), dnsQuery(5, "silent.one")}, 1);
    QCOMPARE(WEXITSTATUS(client.wait()), 0);
    QVERIFY(kernel.pollUntil([&] { return recordsOf(kernel, client.pid()).size() == 2; }));
    const auto records = recordsOf(kernel, client.pid());
    QCOMPARE(dns(records[0]).name, "nx.other");
    QCOMPARE(dns(records[0]).responseCode, quint16(3));
    QCOMPARE(dns(records[1]).name, "silent.one");
    QCOMPARE(dns(records[1]).outcome, wire::DnsOutcome::TimedOut);
    QCOMPARE(dns(records[1]).attempts, 2u);
}

/// As the C library's resolver sends them: A and AAAA in one go.
namespace {

/// As musl does: the same question to all servers at once. The first one answers.
int askTwoServers()
{
    const auto at = [](std::uint32_t last) { return sockaddr_in{AF_INET, htons(53), {htonl(0x7f000000 + last)}, {}}; };
    const int client = ::socket(AF_INET, SOCK_DGRAM, 0);
    const int servers[] = {::socket(AF_INET, SOCK_DGRAM, 0), ::socket(AF_INET, SOCK_DGRAM, 0)};
    const std::string question = dnsQuery(7, "www.example.com");
    for (std::uint32_t i = 0; i < 2; ++i) {
        const sockaddr_in address = at(2 + i);
        if (::bind(servers[i], reinterpret_cast<const sockaddr *>(&address), sizeof(address)) != 0
            || ::sendto(client, question.data(), question.size(), 0, reinterpret_cast<const sockaddr *>(&address), sizeof(address)) < 0)
            return failed;
    }
    char message[512];
    sockaddr_in from{};
    socklen_t size = sizeof(from);
    const ssize_t length = ::recvfrom(servers[0], message, sizeof(message), 0, reinterpret_cast<sockaddr *>(&from), &size);
    if (length < 12)
        return failed;
    message[2] = static_cast<char>(message[2] | 0x80); // it is an answer
    if (::sendto(servers[0], message, static_cast<std::size_t>(length), 0, reinterpret_cast<sockaddr *>(&from), size) != length)
        return failed;
    return ::recv(client, message, sizeof(message), 0) == length ? 0 : failed;
}

} // namespace

void tst_DnsHooks::askedOfTwoServers_isOfTheOneThatAnswers()
{
    TAPIO_SERVE(server);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, dnsCollectors());
    Child client = Child::run([&] { return server.enter() ? askTwoServers() : failed; });
    QCOMPARE(WEXITSTATUS(client.wait()), 0);
    const auto record = kernel.waitFor(of<wire::DnsQuery>(client.pid()));
    QVERIFY(record.has_value());
    QCOMPARE(dns(*record).outcome, wire::DnsOutcome::Answered);
    QCOMPARE(dns(*record).attempts, 2u);
    QCOMPARE(wire::toString(dns(*record).server), "127.0.0.2:53");
}

void tst_DnsHooks::oneSegment_withTwoQuestions()
{
    TAPIO_SERVE(server);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, dnsCollectors());
    const std::string first = dnsQuery(1, "ok.first");
    const std::string second = dnsQuery(2, "nx.second");
    const std::string both = first + '\0' + static_cast<char>(second.size()) + second;
    Child client = Child::run([&] {
        const int fd = server.enter() ? dnsSocket(Family::V6, Transport::Tcp) : -1;
        const std::string bytes = std::string(1, '\0') + static_cast<char>(first.size()) + both;
        if (::write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
            return failed;
        return dnsReceive(fd, Transport::Tcp) && dnsReceive(fd, Transport::Tcp) ? 0 : failed;
    });
    QCOMPARE(WEXITSTATUS(client.wait()), 0);
    QVERIFY(kernel.pollUntil([&] { return recordsOf(kernel, client.pid()).size() == 2; }));
    const auto records = recordsOf(kernel, client.pid());
    QCOMPARE(dns(records[0]).name, "ok.first");
    QCOMPARE(dns(records[0]).responseCode, quint16(0));
    QCOMPARE(dns(records[1]).name, "nx.second");
    QCOMPARE(dns(records[1]).responseCode, quint16(3));
}

void tst_DnsHooks::longestName_isWhole()
{
    TAPIO_SERVE(server);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, dnsCollectors());
    const std::string label(63, 'a');
    const std::string name = "ok." + label + '.' + label + '.' + label + '.' + std::string(58, 'b'); // 255 bytes on the wire
    Child client = ask(server, Family::V6, Transport::Udp, {dnsQuery(1, name)}, 1);
    QCOMPARE(WEXITSTATUS(client.wait()), 0);
    const auto record = kernel.waitFor(of<wire::DnsQuery>(client.pid()));
    QVERIFY(record.has_value());
    QCOMPARE(dns(*record).name, name);
    QCOMPARE(dns(*record).outcome, wire::DnsOutcome::Answered);
}

void tst_DnsHooks::asker_isInItsCgroup()
{
    TAPIO_SERVE(server);
    const MemoryCgroup cgroup("asker");
    if (!cgroup.problem().empty())
        QSKIP(cgroup.problem().c_str());
    KernelFixture kernel;
    TAPIO_OPEN(kernel, dnsCollectors());
    for (const Transport transport : {Transport::Udp, Transport::Tcp}) {
        Child client = ask(server, Family::V4, transport, {dnsQuery(1, "ok.example")}, 1, &cgroup);
        QCOMPARE(WEXITSTATUS(client.wait()), 0);
        const auto record = kernel.waitFor(of<wire::DnsQuery>(client.pid()));
        QVERIFY(record.has_value());
        QVERIFY(record->cgroupId == cgroup.id() || record->memoryCgroupId == cgroup.id());
    }
}

void tst_DnsHooks::hostile_data()
{
    QTest::addColumn<QByteArray>("message");
    const std::string good = dnsQuery(1, "ok.hostile");
    const auto add = [](const char *name, std::string message) { QTest::newRow(name) << QByteArray::fromStdString(message); };
    const auto changed = [&](std::size_t at, char byte) {
        std::string message = good;
        message[at] = byte;
        return message;
    };
    const std::string label = '\x3f' + std::string(63, 'x');
    add("one byte", "x");
    add("half a header", good.substr(0, 6));
    add("a header alone", good.substr(0, 12));
    add("no type", good.substr(0, good.size() - 4));
    add("half a class", good.substr(0, good.size() - 1));
    add("an answer instead of a question", changed(2, '\x81'));
    add("an update", changed(2, '\x28'));
    add("no question", changed(5, 0));
    add("two questions", changed(5, 2));
    add("a name without end", dnsQueryOf(1, "\x02ok").substr(0, 15));
    add("a pointer to itself", dnsQueryOf(1, "\xc0\x0c"));
    add("a pointer after a label", dnsQueryOf(1, "\x02ok\xc0\x0c"));
    add("a label of 64 bytes", dnsQueryOf(1, std::string(1, 64) + std::string(64, 'x') + '\0'));
    add("a name of 256 bytes", dnsQueryOf(1, label + label + label + '\x3e' + std::string(62, 'x') + '\0'));
    add("endless labels", dnsQueryOf(1, label + label + label + label + label + label + label + label));
    add("ones", std::string(1400, '\xff'));
    add("zeros", std::string(1400, '\0'));
}

void tst_DnsHooks::hostile()
{
    TAPIO_SERVE(server);
    QFETCH(QByteArray, message);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, dnsCollectors(), waiting(std::chrono::milliseconds(1)));
    for (const Transport transport : {Transport::Udp, Transport::Tcp}) {
        Child client = ask(server, Family::V4, transport, {message.toStdString()}, 0);
        QCOMPARE(WEXITSTATUS(client.wait()), 0);
        // What is asked afterwards is still seen, and alone.
        Child witness = ask(server, Family::V4, Transport::Udp, {dnsQuery(1, "ok.witness")}, 1);
        QCOMPARE(WEXITSTATUS(witness.wait()), 0);
        QVERIFY(kernel.waitFor(of<wire::DnsQuery>(witness.pid())).has_value());
        QVERIFY(kernel.settles("dns"));
        QVERIFY(recordsOf(kernel, client.pid()).empty());
    }
    QCOMPARE(kernel.counters("dns")[Counter::Malformed], 0u);
}

void tst_DnsHooks::ownQuestion_isFiltered()
{
    TAPIO_SERVE(server);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, dnsCollectors());
    const int home = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    QVERIFY(server.enter());
    const int fd = dnsSocket(Family::V4, Transport::Udp);
    const int stream = dnsSocket(Family::V4, Transport::Tcp);
    const bool asked = dnsSend(fd, Family::V4, Transport::Udp, dnsQuery(1, "ok.own")) && dnsReceive(fd, Transport::Udp)
                       && dnsSend(stream, Family::V4, Transport::Tcp, dnsQuery(1, "ok.own")) && dnsReceive(stream, Transport::Tcp);
    QCOMPARE(::setns(home, CLONE_NEWNET), 0);
    for (const int one : {fd, stream, home})
        ::close(one);
    QVERIFY(asked);
    QVERIFY(kernel.settles("dns"));
    QVERIFY(recordsOf(kernel, static_cast<std::uint32_t>(::getpid())).empty());
    QVERIFY(kernel.counters("dns")[Counter::KFiltered] > 0);
}

/// More questions than are waited for at once: what finds no room is lost and counted, the rest is told.
void tst_DnsHooks::full_isCounted()
{
    TAPIO_SERVE(server);
    constexpr std::uint32_t asked = 5000, room = 4096;
    KernelFixture kernel;
    TAPIO_OPEN(kernel, dnsCollectors(), waiting(std::chrono::seconds(4)));
    Child client = Child::run([&] {
        const int fd = server.enter() ? dnsSocket(Family::V4, Transport::Udp) : -1;
        for (std::uint32_t id = 0; id < asked; ++id) {
            if (!dnsSend(fd, Family::V4, Transport::Udp, dnsQuery(static_cast<std::uint16_t>(id), "silent.example")))
                return failed;
        }
        return 0;
    });
    QCOMPARE(WEXITSTATUS(client.wait()), 0);
    QVERIFY(kernel.pollUntil([&] { return recordsOf(kernel, client.pid()).size() + kernel.counters("dns")[Counter::Lost] >= asked; },
                             std::chrono::seconds(30)));
    QVERIFY(kernel.counters("dns")[Counter::Lost] >= asked - room);
    QVERIFY(kernel.settles("dns"));
    // And there is room again.
    Child next = ask(server, Family::V4, Transport::Udp, {dnsQuery(1, "ok.example")}, 1);
    QCOMPARE(WEXITSTATUS(next.wait()), 0);
    QVERIFY(kernel.waitFor(of<wire::DnsQuery>(next.pid())).has_value());
}

/// As on a kernel that cannot look for them: whatever is never answered must not fill the room for ever.
void tst_DnsHooks::withoutTimeouts_oldQuestionsGiveWay()
{
    TAPIO_SERVE(server);
    struct Sink final : agent::KernelRecordSink {
        void onRecord(agent::KernelRecord &&record) override { records.push_back(std::move(record)); }
        std::vector<agent::KernelRecord> records;
    } sink;
    agent::KernelOptions options;
    options.attachKinds = {"cgroup"};
    const auto opened = agent::KernelCollectors::open(options, sink);
    QVERIFY(opened.has_value());
    Child client = Child::run([&] {
        const int fd = server.enter() ? dnsSocket(Family::V4, Transport::Udp) : -1;
        for (std::uint16_t id = 0; id < 10'000; ++id) {
            if (!dnsSend(fd, Family::V4, Transport::Udp, dnsQuery(id, "silent.example")))
                return failed;
            // Waits for the server now and then: what does not fit into its socket would be lost, and the last question with it.
            const bool isHundredth = id % 100 == 99;
            if (isHundredth && !(dnsSend(fd, Family::V4, Transport::Udp, dnsQuery(id, "ok.example")) && dnsReceive(fd, Transport::Udp)))
                return failed;
        }
        return 0;
    });
    QCOMPARE(WEXITSTATUS(client.wait()), 0);
    Child next = ask(server, Family::V4, Transport::Udp, {dnsQuery(1, "ok.example")}, 1);
    QCOMPARE(WEXITSTATUS(next.wait()), 0);
    const auto told = [&] {
        return (*opened)->poll(std::chrono::milliseconds(50)).has_value()
               && std::any_of(sink.records.begin(), sink.records.end(), of<wire::DnsQuery>(next.pid()));
    };
    QTRY_VERIFY_WITH_TIMEOUT(told(), 10'000);
}

QTEST_GUILESS_MAIN(tst_DnsHooks)
#include "tst_dnshooks.moc"
