// SPDX-License-Identifier: GPL-3.0-or-later
// Trigger and assert: what the kernel programs leave out, by each rule.
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <memory>
#include <numeric>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/base/clock.h"
#include "tests/bpf/dnspeer.h"
#include "tests/bpf/filters.h"

using namespace tapio;
using namespace tapio::test;
using agent::CgroupHierarchy;
using agent::Filtered;
using agent::KernelFilter;
using agent::RecordKind;

class tst_FilterHooks : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void port_data();
    void port();
    void tcpFloor_tellsWhatFailed();
    void httpFloor_tellsErrors();
    void dnsFloor_tellsErrors();
    void cgroup_data();
    void cgroup();
    void cgroupThatIsNotKnown_passes();
    void container_countsRatherThanItsService_data();
    void container_countsRatherThanItsService();
    void tokens_boundOneCgroupAndCountTheRest();
    void detail_leavesPlainRequestsToTheSums();
    void detail_doesNotHoldBackSlowRequests();
    void detail_leavesPlainConnectionsToTheSums();
    void unwanted_data();
    void unwanted();
    void crash_isNeverLeftOut();
    void programWrittenInItsContainer_isNeverLeftOut();
    void cleanupTestCase() { m_alone.reset(); }

private:
    std::unique_ptr<AloneInCgroup> m_alone; ///< tokens are granted to a cgroup
};

namespace {

constexpr int failed = 9;
constexpr std::chrono::hours never{1};

std::uint64_t leftOut(KernelFixture &kernel, const std::string &source, FilterCause cause)
{
    for (const agent::SourceCounterSet &set : kernel.collectors().counters()) {
        if (set.source == source)
            return set.leftOut[static_cast<std::size_t>(cause)];
    }
    return 0;
}

std::uint64_t folded(KernelFixture &kernel, const std::string &source)
{
    for (const agent::SourceCounterSet &set : kernel.collectors().counters()) {
        if (set.source == source)
            return set.counters[Counter::Folded];
    }
    return 0;
}

/// Requests that were added up under this label, whosever they are.
std::uint64_t addedUp(KernelFixture &kernel, const std::string &label)
{
    std::uint64_t sum = 0;
    for (const agent::CgroupHistogram &one : kernel.collectors().histograms().value_or(std::vector<agent::CgroupHistogram>())) {
        if (one.kind == wire::HistogramKind::HttpLatency && one.label == label)
            sum = std::accumulate(one.counts.begin(), one.counts.end(), sum);
    }
    return sum;
}

/// Answers `requests` of one connection, the last one with `lastStatus` and after `delay`.
int answerAll(int listener, int requests, const std::string &lastStatus, std::chrono::milliseconds delay = {})
{
    const int fd = ::accept(listener, nullptr, nullptr);
    char room[512];
    for (int i = 1; i <= requests; ++i) {
        const std::string answer = "HTTP/1.1 " + (i == requests ? lastStatus : "200 OK") + "\r\nContent-Length: 0\r\n\r\n";
        const bool asked = ::recv(fd, room, sizeof(room), 0) > 0;
        if (i == requests && delay.count() > 0)
            ::poll(nullptr, 0, static_cast<int>(delay.count())); // a slow server
        if (!asked || ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) < 0)
            return notDone;
    }
    receiveAll(fd);
    ::close(fd);
    return 0;
}

int askAll(std::uint16_t port, int requests)
{
    const std::string text = "GET / HTTP/1.1\r\nHost: h.example\r\n\r\n";
    char room[512];
    const int fd = connectTo(Family::V4, port);
    for (int i = 0; i < requests; ++i) {
        if (::send(fd, text.data(), text.size(), MSG_NOSIGNAL) < 0 || ::recv(fd, room, sizeof(room), 0) <= 0)
            return notDone;
    }
    ::close(fd);
    return 0;
}

/// One record in a second, and at first as many as `burst`.
KernelFilter detailOf(Filtered collector, std::uint32_t burst)
{
    return filterWith(collector, [burst](auto &rule) {
        rule.plainRate = 1;
        rule.plainBurst = burst;
    });
}

CgroupHierarchy hierarchyOf(const MemoryCgroup &cgroup) { return cgroup.isV1() ? CgroupHierarchy::Memory : CgroupHierarchy::V2; }

/// The cgroups of this process, which are those of its children that enter none: known, and told of.
agent::CgroupVerdicts ownCgroups(KernelFixture &kernel)
{
    agent::CgroupVerdicts verdicts{{{1, CgroupHierarchy::V2}, verdict({})}};
    Child probe = endWith(0);
    probe.wait();
    const auto record = kernel.waitFor(of<wire::ProcessExit>(probe.pid()));
    if (record && record->cgroupId > 1)
        verdicts.push_back({{record->cgroupId, record->hierarchy}, verdict({})});
    if (record && record->memoryCgroupId != 0)
        verdicts.push_back({{record->memoryCgroupId, CgroupHierarchy::Memory}, verdict({})});
    return verdicts;
}

} // namespace

void tst_FilterHooks::initTestCase()
{
    TAPIO_NEEDS_KERNEL();
    m_alone = std::make_unique<AloneInCgroup>("alone");
    if (!m_alone->problem().empty())
        QSKIP(m_alone->problem().c_str());
}

void tst_FilterHooks::port_data()
{
    QTest::addColumn<bool>("excludes");
    QTest::newRow("all but one") << true;
    QTest::newRow("one only") << false;
}

void tst_FilterHooks::port()
{
    QFETCH(bool, excludes);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp"});
    Server hidden(Family::V4, 5, [](int listener) { return serveOnce(listener, 1); });
    Server told(Family::V4, 5, [](int listener) { return serveOnce(listener, 1); });
    const auto ports = excludes ? allBut(hidden.port()) : only(told.port());
    QVERIFY(kernel.collectors().setFilter(filterWith(Filtered::Tcp, [&](auto &rule) { rule.ports = ports; }), 1, {}));
    for (Server *server : {&hidden, &told}) {
        Child client = connectOnce(server->port());
        QCOMPARE(client.wait(), 0);
        QCOMPARE(server->child().wait(), 0);
    }
    const auto toldEnds = [&] { return countOf(kernel, [&](const auto &record) { return listenersPort(record) == told.port(); }); };
    QVERIFY(kernel.pollUntil([&] { return toldEnds() == 2; }));
    QCOMPARE(countOf(kernel, [&](const auto &record) { return listenersPort(record) == hidden.port(); }), 0u);
    QVERIFY(leftOut(kernel, "tcp", FilterCause::Port) >= 2);
}

void tst_FilterHooks::tcpFloor_tellsWhatFailed()
{
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp"});
    QVERIFY(kernel.collectors().setFilter(filterWith(Filtered::Tcp, [](auto &rule) { rule.floor = never; }), 1, {}));
    Server server(Family::V4, 5, [](int listener) { return serveOnce(listener, 1); });
    Child good = connectOnce(server.port());
    QCOMPARE(good.wait(), 0);
    QCOMPARE(server.child().wait(), 0);
    Child refused = Child::run([port = server.port()] { return tryConnect(makeSocket(Family::V4), Family::V4, port); });
    QCOMPARE(WEXITSTATUS(refused.wait()), ECONNREFUSED);
    Server rude(Family::V4, 5, [](int listener) {
        const int fd = ::accept(listener, nullptr, nullptr);
        receiveBytes(fd, 1);
        closeHard(fd);
        return 0;
    });
    Child reset = Child::run([port = rude.port()] {
        const int fd = connectTo(Family::V4, port);
        sendBytes(fd, 1);
        receiveAll(fd);
        return 0;
    });
    reset.wait();
    QVERIFY(kernel.waitFor(of<wire::TcpConnection>(refused.pid())).has_value());
    QVERIFY(kernel.waitFor(of<wire::TcpConnection>(reset.pid())).has_value());
    QCOMPARE(countOf(kernel, of<wire::TcpConnection>(good.pid())), 0u);
    QVERIFY(leftOut(kernel, "tcp", FilterCause::Floor) >= 2);
    const auto totals = kernel.collectors().tcpCounters(); // sums are not concerned
    QVERIFY(totals && std::any_of(totals->begin(), totals->end(), [](const agent::CgroupTcp &one) { return one.connects > 0; }));
}

void tst_FilterHooks::httpFloor_tellsErrors()
{
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"http"});
    QVERIFY(kernel.collectors().setFilter(filterWith(Filtered::Http, [](auto &rule) { rule.floor = never; }), 1, {}));
    const auto request = [](const char *answer) {
        Server server(Family::V4, 5, [answer](int listener) { return serveOnce(listener, 1, answer); });
        Child client = Child::run([port = server.port()] {
            const std::string text = "GET / HTTP/1.1\r\nHost: h.example\r\n\r\n";
            char room[512];
            const int fd = connectTo(Family::V4, port);
            const bool spoke = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL) > 0 && ::recv(fd, room, sizeof(room), 0) > 0;
            ::close(fd);
            return spoke ? 0 : failed;
        });
        const bool worked = client.wait() == 0 && server.child().wait() == 0;
        return worked ? client.pid() : 0;
    };
    const std::uint32_t good = request("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    const std::uint32_t missing = request("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    const std::uint32_t broken = request("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    QVERIFY(good != 0 && missing != 0 && broken != 0);
    QVERIFY(kernel.waitFor(of<wire::HttpRequest>(missing)).has_value());
    QVERIFY(kernel.waitFor(of<wire::HttpRequest>(broken)).has_value());
    QCOMPARE(countOf(kernel, of<wire::HttpRequest>(good)), 0u);
    QVERIFY(leftOut(kernel, "http", FilterCause::Floor) >= 2);
}

void tst_FilterHooks::dnsFloor_tellsErrors()
{
    const NameServer server;
    if (!server.isReady())
        QSKIP("no network namespace for a name server");
    KernelFixture kernel;
    agent::KernelOptions options;
    options.dnsWait = std::chrono::milliseconds(300);
    TAPIO_OPEN(kernel, {"dns"}, options);
    QVERIFY(kernel.collectors().setFilter(filterWith(Filtered::Dns, [](auto &rule) { rule.floor = never; }), 1, {}));
    const auto ask = [&](const char *name, bool answered) {
        Child client = Child::run([&] {
            if (!server.enter())
                return failed;
            const int fd = dnsSocket(Family::V4, Transport::Udp);
            const bool sent = dnsSend(fd, Family::V4, Transport::Udp, dnsQuery(7, name));
            return sent && (!answered || dnsReceive(fd, Transport::Udp)) ? 0 : failed;
        });
        const bool worked = client.wait() == 0;
        return worked ? client.pid() : 0;
    };
    const std::uint32_t good = ask("ok.example", true), unknown = ask("nx.example", true), unanswered = ask("silent.example", false);
    QVERIFY(good != 0 && unknown != 0 && unanswered != 0);
    QVERIFY(kernel.waitFor(of<wire::DnsQuery>(unknown)).has_value());
    QVERIFY(kernel.waitFor(of<wire::DnsQuery>(unanswered)).has_value());
    QCOMPARE(countOf(kernel, of<wire::DnsQuery>(good)), 0u);
    QVERIFY(leftOut(kernel, "dns", FilterCause::Floor) >= 1);
}

void tst_FilterHooks::cgroup_data()
{
    QTest::addColumn<QString>("attachKind");
    QTest::newRow("typed tracepoint") << "tp_btf";
    QTest::newRow("raw tracepoint") << "raw_tp";
}

void tst_FilterHooks::cgroup()
{
    QFETCH(QString, attachKind);
    const MemoryCgroup denied("denied"), allowed("allowed");
    if (!denied.problem().empty() || !allowed.problem().empty())
        QSKIP((denied.problem() + allowed.problem()).c_str());
    KernelFixture kernel;
    agent::KernelOptions options;
    options.attachKinds = {attachKind.toStdString()};
    TAPIO_OPEN(kernel, {"process"}, options);
    agent::CgroupVerdicts verdicts = ownCgroups(kernel);
    verdicts.push_back({{denied.id(), hierarchyOf(denied)}, verdict({Filtered::Process}, 2)});
    verdicts.push_back({{allowed.id(), hierarchyOf(allowed)}, verdict({Filtered::Tcp}, 2)});
    const KernelFilter filter = filterWith(Filtered::Process, [](auto &rule) { rule.byCgroup = true; });
    QCOMPARE(kernel.collectors().setFilter(filter, 1, verdicts), Result<agent::CgroupKeys>(agent::CgroupKeys()));
    Child inDenied = endWith(0, &denied), inAllowed = endWith(0, &allowed), elsewhere = endWith(0);
    for (Child *child : {&inDenied, &inAllowed, &elsewhere})
        QCOMPARE(child->wait(), 0);
    QVERIFY(kernel.waitFor(of<wire::ProcessExit>(inAllowed.pid())).has_value());
    QVERIFY(kernel.waitFor(of<wire::ProcessExit>(elsewhere.pid())).has_value());
    QCOMPARE(countOf(kernel, of<wire::ProcessExit>(inDenied.pid())), 0u);
    QVERIFY(leftOut(kernel, "process", FilterCause::Cgroup) >= 1);
    // Another verdict while the filter stays as it is.
    QVERIFY(
        kernel.collectors().changeVerdicts({{{denied.id(), hierarchyOf(denied)}, verdict({}, 2)}}, {{allowed.id(), hierarchyOf(allowed)}}));
    Child again = endWith(0, &denied);
    QCOMPARE(again.wait(), 0);
    QVERIFY(kernel.waitFor(of<wire::ProcessExit>(again.pid())).has_value());
}

void tst_FilterHooks::cgroupThatIsNotKnown_passes()
{
    const MemoryCgroup fresh("fresh");
    if (!fresh.problem().empty())
        QSKIP(fresh.problem().c_str());
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"process"});
    agent::CgroupVerdicts verdicts = ownCgroups(kernel);
    for (auto &[key, denied] : verdicts)
        denied = verdict({Filtered::Process});
    QVERIFY(kernel.collectors().setFilter(filterWith(Filtered::Process, [](auto &rule) { rule.byCgroup = true; }), 1, verdicts));
    Child known = endWith(0), unknown = endWith(0, &fresh);
    known.wait();
    unknown.wait();
    QVERIFY(kernel.waitFor(of<wire::ProcessExit>(unknown.pid())).has_value());
    QCOMPARE(countOf(kernel, of<wire::ProcessExit>(known.pid())), 0u);
}

void tst_FilterHooks::container_countsRatherThanItsService_data()
{
    QTest::addColumn<bool>("containerDenied");
    QTest::addColumn<int>("containerRank");
    QTest::addColumn<bool>("told");
    QTest::newRow("the container is denied") << true << 3 << false;
    QTest::newRow("the service is denied") << false << 3 << true;
    QTest::newRow("neither says more, the one of version 2 is denied") << false << 1 << false;
}

void tst_FilterHooks::container_countsRatherThanItsService()
{
    QFETCH(bool, containerDenied);
    QFETCH(int, containerRank);
    QFETCH(bool, told);
    const MemoryCgroup container("ctr");
    const MemoryCgroup service = MemoryCgroup::inVersion2("svc");
    if (!container.problem().empty() || !service.problem().empty() || !container.isV1())
        QSKIP("this machine is not hybrid, or its cgroups cannot be changed");
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"process"});
    const auto deny = [](bool isDenied, int rank) {
        return isDenied ? verdict({Filtered::Process}, static_cast<std::uint8_t>(rank)) : verdict({}, static_cast<std::uint8_t>(rank));
    };
    const agent::CgroupVerdicts verdicts{{{service.id(), CgroupHierarchy::V2}, deny(!containerDenied, 1)},
                                         {{container.id(), CgroupHierarchy::Memory}, deny(containerDenied, containerRank)}};
    QVERIFY(kernel.collectors().setFilter(filterWith(Filtered::Process, [](auto &rule) { rule.byCgroup = true; }), 1, verdicts));
    Child child = Child::run([&] { return container.enter() && service.enter() ? 0 : failed; });
    QCOMPARE(child.wait(), 0);
    Child last = endWith(3);
    last.wait();
    QVERIFY(kernel.waitFor(of<wire::ProcessExit>(last.pid())).has_value());
    kernel.drainAll();
    QCOMPARE(countOf(kernel, of<wire::ProcessExit>(child.pid())), told ? 1u : 0u);
}

void tst_FilterHooks::tokens_boundOneCgroupAndCountTheRest()
{
    const MemoryCgroup noisy("noisy");
    if (!noisy.problem().empty())
        QSKIP(noisy.problem().c_str());
    constexpr std::uint64_t processes = 50;
    constexpr std::uint32_t burst = 5;
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"process"});
    QVERIFY(kernel.collectors().setFilter(filterWith(Filtered::Process,
                                                     [](auto &rule) {
                                                         rule.rate = 1;
                                                         rule.burst = burst;
                                                     }),
                                          1, {}));
    const SystemClock clock;
    const std::int64_t begin = clock.bootNs();
    std::set<std::uint32_t> pids;
    for (std::uint64_t i = 0; i < processes; ++i) {
        Child child = endWith(0, &noisy);
        child.wait();
        pids.insert(child.pid());
    }
    const auto refilled = static_cast<std::uint64_t>((clock.bootNs() - begin) / nsPerSecond + 1);
    Child failing = endWith(3, &noisy); // has tokens of its own
    failing.wait();
    Child elsewhere = endWith(4);
    elsewhere.wait();
    QVERIFY(kernel.waitFor(of<wire::ProcessExit>(failing.pid())).has_value());
    QVERIFY(kernel.waitFor(of<wire::ProcessExit>(elsewhere.pid())).has_value());
    kernel.drainAll();
    const std::uint64_t told = countOf(kernel, [&](const auto &record) {
        return pids.contains(record.event.process.pid) && std::holds_alternative<wire::ProcessExit>(record.event.detail);
    });
    QVERIFY2(told >= burst && told <= burst + refilled, qPrintable(QString("%1 told").arg(told)));
    std::uint64_t left = 0;
    const auto all = kernel.collectors().leftOut();
    QVERIFY(all.has_value());
    for (const agent::LeftOut &one : *all) {
        if (one.cgroupId == noisy.id() || one.memoryCgroupId == noisy.id()) {
            QCOMPARE(one.collector, Filtered::Process);
            QVERIFY(!one.failed);
            left += one.records;
        }
    }
    QCOMPARE(told + left, processes); // what the cgroup did is known whole
    QVERIFY(leftOut(kernel, "process", FilterCause::Tokens) >= left);
}

void tst_FilterHooks::detail_leavesPlainRequestsToTheSums()
{
    constexpr int requests = 40;
    constexpr std::uint32_t burst = 4;
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"http"});
    QVERIFY(kernel.collectors().setFilter(detailOf(Filtered::Http, burst), 1, {}));
    Server server(Family::V4, 5, [](int listener) { return answerAll(listener, requests, "500 Broken"); });
    Child client = Child::run([port = server.port()] { return askAll(port, requests); });
    QCOMPARE(client.wait(), 0);
    QCOMPARE(server.child().wait(), 0);
    const auto withStatus = [](int status) {
        return [status](const agent::KernelRecord &record) {
            const auto *request = std::get_if<wire::HttpRequest>(&record.event.detail);
            return request != nullptr && request->status == status;
        };
    };
    QVERIFY(kernel.pollUntil([&] { return countOf(kernel, withStatus(500)) == 2; })); // of both ends, though the rest was left to the sums
    kernel.drainAll();
    const std::size_t told = countOf(kernel, withStatus(200));
    QVERIFY2(told >= burst && told < requests, qPrintable(QString("%1 told").arg(told)));
    QVERIFY(addedUp(kernel, "client 2xx") >= requests - 1 && addedUp(kernel, "server 2xx") >= requests - 1);
    QVERIFY(addedUp(kernel, "client 5xx") >= 1 && addedUp(kernel, "server 5xx") >= 1);
    QVERIFY(folded(kernel, "http") >= std::uint64_t(2 * requests)); // the requests, and the answers that were not told
    QCOMPARE(leftOut(kernel, "http", FilterCause::Tokens), 0u);     // nothing is missing
    const auto limited = kernel.collectors().leftOut();
    QVERIFY(limited && limited->empty());
}

/// The tokens of plain ones are of another length, and say nothing about how many others were told.
void tst_FilterHooks::detail_doesNotHoldBackSlowRequests()
{
    constexpr int requests = 20;
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"http"});
    KernelFilter filter = detailOf(Filtered::Http, 5);
    filter.rules[static_cast<std::size_t>(Filtered::Http)].rate = 1000;
    filter.rules[static_cast<std::size_t>(Filtered::Http)].burst = 1000;
    QVERIFY(kernel.collectors().setFilter(filter, 1, {}));
    Server server(Family::V4, 5, [](int listener) { return answerAll(listener, requests, "200 Slow", std::chrono::milliseconds(1100)); });
    Child client = Child::run([port = server.port()] { return askAll(port, requests); });
    QCOMPARE(client.wait(), 0);
    QCOMPARE(server.child().wait(), 0);
    const auto isSlow = [](const agent::KernelRecord &record) {
        const auto *request = std::get_if<wire::HttpRequest>(&record.event.detail);
        return request != nullptr && request->latencyNs > 1'000'000'000;
    };
    QVERIFY(kernel.pollUntil([&] { return countOf(kernel, isSlow) == 2; }));
}

void tst_FilterHooks::detail_leavesPlainConnectionsToTheSums()
{
    constexpr int connections = 40;
    constexpr std::uint32_t burst = 4;
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp"});
    QVERIFY(kernel.collectors().setFilter(detailOf(Filtered::Tcp, burst), 1, {}));
    Server server(Family::V4, connections, [](int listener) { return serveOnce(listener, connections); });
    Child client = Child::run([port = server.port()] {
        for (int i = 0; i < connections; ++i)
            ::close(connectTo(Family::V4, port));
        return tryConnect(makeSocket(Family::V4), Family::V4, 1);
    });
    QCOMPARE(WEXITSTATUS(client.wait()), ECONNREFUSED);
    QCOMPARE(server.child().wait(), 0);
    const auto isRefused = [](const agent::KernelRecord &record) {
        const auto *tcp = std::get_if<wire::TcpConnection>(&record.event.detail);
        return tcp != nullptr && tcp->outcome == wire::TcpOutcome::Refused;
    };
    QVERIFY(kernel.pollUntil([&] { return countOf(kernel, isRefused) >= 1; }));
    kernel.drainAll();
    const std::size_t told = countOf(kernel, [&](const auto &record) { return listenersPort(record) == server.port(); });
    QVERIFY2(told >= burst && told < connections, qPrintable(QString("%1 told").arg(told)));
    const auto totals = kernel.collectors().tcpCounters();
    QVERIFY(totals);
    std::uint64_t connects = 0;
    for (const agent::CgroupTcp &one : *totals)
        connects += one.connects;
    QVERIFY(connects >= connections);
    QCOMPARE(leftOut(kernel, "tcp", FilterCause::Tokens), 0u);
}

void tst_FilterHooks::unwanted_data()
{
    QTest::addColumn<bool>("alsoFailed");
    QTest::newRow("what went well") << false;
    QTest::newRow("all of the kind") << true;
}

void tst_FilterHooks::unwanted()
{
    QFETCH(bool, alsoFailed);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"process"});
    KernelFilter filter;
    (alsoFailed ? filter.unwanted : filter.unwantedPlain).set(static_cast<std::size_t>(RecordKind::Exit));
    QVERIFY(kernel.collectors().setFilter(filter, 1, {}));
    Child good = endWith(0), bad = endWith(3), program = Child::command({"/bin/true"});
    for (Child *child : {&good, &bad, &program})
        child->wait();
    QVERIFY(kernel.waitFor(of<wire::ProcessExec>(program.pid())).has_value());
    kernel.drainAll();
    QCOMPARE(countOf(kernel, of<wire::ProcessExit>(good.pid())), 0u);
    QCOMPARE(countOf(kernel, of<wire::ProcessExit>(bad.pid())), alsoFailed ? 0u : 1u);
    QVERIFY(leftOut(kernel, "process", FilterCause::Unwanted) >= 2);
}

void tst_FilterHooks::crash_isNeverLeftOut()
{
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"process", "signal"});
    KernelFilter filter;
    filter.unwanted.set();
    for (agent::KernelRule &rule : filter.rules)
        rule.rate = rule.burst = 1;
    QVERIFY(kernel.collectors().setFilter(filter, 1, {}));
    for (int i = 0; i < 5; ++i) {
        Child crash = Child::run([] {
            ::raise(SIGSEGV);
            return 0;
        });
        crash.wait();
        QVERIFY(kernel.waitFor(of<wire::ProcessExit>(crash.pid())).has_value());
        QVERIFY(kernel.waitFor(of<wire::FatalSignal>(crash.pid())).has_value());
    }
}

void tst_FilterHooks::programWrittenInItsContainer_isNeverLeftOut()
{
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"process"});
    KernelFilter filter;
    filter.unwanted.set();
    QVERIFY(kernel.collectors().setFilter(filter, 1, {}));
    QTemporaryDir folder;
    const QByteArray copy = folder.filePath("fresh").toLocal8Bit();
    Child container = Child::run([&copy] {
        if (::unshare(CLONE_NEWPID) != 0)
            return failed;
        const int first = ::fork();
        if (first == 0) {
            const int from = ::open("/bin/true", O_RDONLY), to = ::open(copy.constData(), O_WRONLY | O_CREAT, 0755);
            char bytes[4096];
            for (ssize_t got = 0; (got = ::read(from, bytes, sizeof(bytes))) > 0;) {
                if (::write(to, bytes, static_cast<std::size_t>(got)) != got)
                    ::_exit(failed);
            }
            ::close(to);
            ::execl(copy.constData(), "fresh", nullptr);
            ::_exit(failed);
        }
        int status = failed;
        ::waitpid(first, &status, 0);
        return status;
    });
    QCOMPARE(container.wait(), 0);
    QVERIFY(kernel
                .waitFor([&](const agent::KernelRecord &record) {
                    const auto *exec = std::get_if<wire::ProcessExec>(&record.event.detail);
                    return exec != nullptr && exec->filename == copy.toStdString();
                })
                .has_value());
}

QTEST_GUILESS_MAIN(tst_FilterHooks)
#include "tst_filterhooks.moc"
