// SPDX-License-Identifier: GPL-3.0-or-later
// Trigger and assert: HTTP/1.1 that real clients and servers of OpenSSL say to each other in child processes.
#include <QDir>
#include <QTest>
#include <QVersionNumber>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <iterator>
#include <numeric>
#include <optional>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/collect/kernel/sslusers.h"
#include "agent/collect/kernel/uprobemulti.h"
#include "tests/bpf/fakeproc.h"
#include "tests/bpf/tcppeer.h"
#include "tests/bpf/tlspeer.h"

using namespace tapio;
using namespace tapio::test;
using namespace std::chrono_literals;

class tst_HttpsHooks : public QObject {
    Q_OBJECT

private slots:
    void exchanges_areTold_data();
    void exchanges_areTold();
    void detail();
    void withoutManyPlacesAtOnce_isAttachedOneByOne();
    void kernel_isAskedForManyPlacesAtOnce();
    void withoutSocket_endsAreNotKnown();
    void pipelined_firstIsTold_restIsLost();
    void isAddedUp_bySideAndStatus();
    void switchedOff_andOnAgain();
    void library_saysHowItIsWatched();
    void unwatchable_doesNotTakeThePlace();
    void beyondTheLimit_isOpenedOnce();
    void lookThatDoesNotReturn_keepsNobodyWaiting();
    void hooksAreDisabled_unlessAskedFor();
    void leavesInTime();
};

namespace {

constexpr int failed = 9;

std::string get(const std::string &target) { return "GET " + target + " HTTP/1.1\r\nHost: h.example\r\n\r\n"; }

std::string answer(const std::string &status) { return "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n"; }

/// What a child does with a connection: true when all went as it should.
using Talk = bool (*)(TlsPair &);

bool keepAlive(TlsPair &tls)
{
    return tls.ask(get("/one")) && tls.reply(answer("200 OK")) && tls.ask(get("/two")) && tls.reply(answer("404 Not Found"))
           && tls.ask(get("/three")) && tls.reply(answer("503 Busy"));
}
bool otherFunctions(TlsPair &tls)
{
    return TlsPair::pass(tls.client(), tls.server(), get("/ex"), 16384, true)
           && TlsPair::pass(tls.server(), tls.client(), answer("201 Created"), 16384, true);
}
bool inPieces(TlsPair &tls, std::size_t most)
{
    return TlsPair::pass(tls.client(), tls.server(), get("/pieces"), most)
           && TlsPair::pass(tls.server(), tls.client(), answer("202 Accepted"), most)
           && TlsPair::pass(tls.client(), tls.server(), get("/more"), most)
           && TlsPair::pass(tls.server(), tls.client(), answer("204 No Content"), most);
}
bool byByte(TlsPair &tls) { return inPieces(tls, 1); }
bool byThree(TlsPair &tls) { return inPieces(tls, 3); }
bool byTwenty(TlsPair &tls) { return inPieces(tls, 20); }
bool writtenInPieces(TlsPair &tls)
{
    return tls.ask("GET ") && tls.ask("/written HTTP/1.1\r\n") && tls.ask("Host: h.example\r\n\r\n") && tls.reply("HTTP/1.1 ")
           && tls.reply("200 OK\r\n\r\n");
}
/// Nothing is there at first: SSL_read returns -1.
bool readsTooEarly(TlsPair &tls)
{
    std::array<char, 100> block;
    TlsPair::setBlocking(tls.serverFd(), false);
    for (int i = 0; i < 3; ++i) {
        if (SSL_read(tls.server(), block.data(), block.size()) != -1)
            return false;
    }
    TlsPair::setBlocking(tls.serverFd(), true);
    return tls.ask(get("/late")) && tls.reply(answer("200 OK"));
}
/// The socket takes no more, so that the write has to be repeated: one request all the same.
bool writesAgain(TlsPair &tls)
{
    const std::string request = "POST /large HTTP/1.1\r\nHost: h.example\r\nContent-Length: 8000000\r\n\r\n" + std::string(8'000'000, 'x');
    TlsPair::setBlocking(tls.clientFd(), false);
    TlsPair::setBlocking(tls.serverFd(), false);
    std::array<char, 16384> block;
    int written = -1, again = 0;
    std::size_t got = 0;
    while (written < 0 || got < request.size()) {
        if (written < 0)
            written = SSL_write(tls.client(), request.data(), static_cast<int>(request.size()));
        again += written < 0 ? 1 : 0;
        const int now = SSL_read(tls.server(), block.data(), block.size());
        got += now > 0 ? static_cast<std::size_t>(now) : 0;
    }
    TlsPair::setBlocking(tls.clientFd(), true);
    return again > 1 && tls.reply(answer("200 OK"));
}
bool body(TlsPair &tls)
{
    const std::string text(3000, 'y');
    return tls.ask("PUT /body HTTP/1.1\r\nHost: h.example\r\nContent-Length: 3000\r\n\r\n") && tls.ask(text)
           && tls.reply("HTTP/1.1 100 Continue\r\n\r\n") && tls.reply("HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n") && tls.reply(text)
           && tls.ask(get("/next")) && tls.reply(answer("200 OK"));
}
bool aborted(TlsPair &tls)
{
    const bool fine = tls.ask(get("/slow"));
    tls.freeClient();
    tls.freeServer();
    return fine;
}
/// Most programs do not free their connections before they end.
bool endsMeanwhile(TlsPair &tls) { ::_exit(tls.ask(get("/left")) ? 0 : failed); }
/// The thread that spoke is gone before the process is.
[[maybe_unused]] bool endsOutsideOfThread(TlsPair &tls)
{
    std::thread([&tls] { static_cast<void>(tls.ask(get("/thread"))); }).join();
    ::_exit(0);
}
bool upgraded(TlsPair &tls)
{
    return tls.ask(get("/chat")) && tls.reply("HTTP/1.1 101 Switching Protocols\r\n\r\n") && tls.ask(get("/no more of this"))
           && tls.reply(answer("200 OK"));
}
bool http2(TlsPair &tls) { return tls.ask("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") && tls.ask(get("/none")) && tls.reply(answer("200 OK")); }
bool somethingElse(TlsPair &tls)
{
    for (int i = 0; i < 8; ++i) {
        if (!tls.ask("the quick brown fox jumps") || !tls.reply("over the lazy dog and on"))
            return false;
    }
    return tls.ask(get("/none")) && tls.reply(answer("200 OK"));
}

/// A child that is there before the programs are, since it would inherit and keep them, and talks when they are attached.
class Talker {
public:
    Talker(Talk talk, TlsPair::Way way = TlsPair::Way::Sockets)
        : m_child(Child::run([this, talk, way] {
              if (m_there.receive() != 1)
                  return failed;
              TlsPair tls(way);
              return tls.isReady() && talk(tls) ? 0 : failed;
          }))
    {}
    bool go() { return m_there.send(1); }
    std::uint32_t pid() const { return m_child.pid(); }
    int end() { return WEXITSTATUS(m_child.wait()); }

private:
    Pipe m_there;
    Child m_child;
};

const wire::Hook *libraryOf(const std::vector<wire::Hook> &hooks)
{
    const auto found = std::find_if(hooks.begin(), hooks.end(),
                                    [](const wire::Hook &hook) { return hook.collector == "https" && hook.name.starts_with('/'); });
    return found == hooks.end() ? nullptr : &*found;
}

QString openHttps(KernelFixture &kernel, agent::KernelOptions options = {})
{
    QString error = kernel.openTolerant({"https"}, std::move(options));
    if (!error.isEmpty())
        return error;
    const bool attached = kernel.pollUntil([&] {
        const auto hooks = kernel.collectors().hooks();
        const wire::Hook *library = libraryOf(hooks);
        return library != nullptr && library->state == wire::HookState::Active;
    });
    if (attached)
        return {};
    for (const wire::Hook &hook : kernel.collectors().hooks()) {
        if (hook.collector == "https")
            error += QString::fromStdString(hook.name + ": " + std::string(wire::hookStateName(hook.state)) + ' ' + hook.reason + "; ");
    }
    return "not attached: " + error;
}

std::vector<wire::HttpRequest> requestsOf(const KernelFixture &kernel, std::uint32_t pid, wire::TcpDirection direction)
{
    std::vector<wire::HttpRequest> all;
    for (const agent::KernelRecord &record : kernel.records()) {
        const auto *request = std::get_if<wire::HttpRequest>(&record.event.detail);
        if (request != nullptr && record.event.process.pid == pid && request->direction == direction && record.source == "https")
            all.push_back(*request);
    }
    return all;
}

QStringList toldOf(const KernelFixture &kernel, std::uint32_t pid, wire::TcpDirection direction)
{
    QStringList told;
    for (const wire::HttpRequest &request : requestsOf(kernel, pid, direction))
        told.append(QString("%1 %2 %3")
                        .arg(QString::fromStdString(request.texts->method), QString::fromStdString(request.texts->target))
                        .arg(request.status));
    return told;
}

/// The bytes of the libssl that this program has mapped.
std::string ownLibrary()
{
    static_cast<void>(TLS_method());
    const auto mappings = agent::sslMappingsOf("/proc", static_cast<std::uint32_t>(::getpid()));
    std::ifstream file(mappings.empty() ? std::string() : mappings[0].path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// A round without pause, and only one file at once.
agent::KernelOptions oneFileOf(const FakeProc &proc)
{
    agent::KernelOptions options;
    options.attachKinds = {"tp_btf", "uprobe"};
    options.procRoot = proc.root();
    options.librariesRound = 0ms;
    return options;
}

/// Of the file with this name; "libssl" = of all that are too many.
std::optional<wire::HookState> stateOf(KernelFixture &kernel, const std::string &file)
{
    for (const wire::Hook &hook : kernel.collectors().hooks()) {
        if (hook.collector == "https" && (hook.name == file || hook.name.find('/' + file + ' ') != std::string::npos))
            return hook.state;
    }
    return std::nullopt;
}

bool isDrained(KernelFixture &kernel)
{
    return kernel.pollUntil([&] {
        kernel.drainAll();
        return kernel.counters("https").inRing() == 0;
    });
}

} // namespace

#define TAPIO_OPEN_HTTPS(...)                                                                                                              \
    do {                                                                                                                                   \
        const QString error_ = openHttps(__VA_ARGS__);                                                                                     \
        QVERIFY2(error_.isEmpty(), qPrintable(error_));                                                                                    \
    } while (false)

void tst_HttpsHooks::exchanges_areTold_data()
{
    QTest::addColumn<Talk>("talk");
    QTest::addColumn<QStringList>("expected");
    QTest::addColumn<QString>("attachKind");
    QTest::newRow("several on one connection") << Talk(keepAlive) << QStringList{"GET /one 200", "GET /two 404", "GET /three 503"}
                                               << "uprobe_multi";
    QTest::newRow("each place by itself") << Talk(keepAlive) << QStringList{"GET /one 200", "GET /two 404", "GET /three 503"} << "uprobe";
    QTest::newRow("SSL_write_ex and SSL_read_ex") << Talk(otherFunctions) << QStringList{"GET /ex 201"} << "uprobe_multi";
    QTest::newRow("the same, each place by itself") << Talk(otherFunctions) << QStringList{"GET /ex 201"} << "uprobe";
    QTest::newRow("read byte by byte") << Talk(byByte) << QStringList{"GET /pieces 202", "GET /more 204"} << "uprobe_multi";
    QTest::newRow("read in threes") << Talk(byThree) << QStringList{"GET /pieces 202", "GET /more 204"} << "uprobe_multi";
    QTest::newRow("read in twenties") << Talk(byTwenty) << QStringList{"GET /pieces 202", "GET /more 204"} << "uprobe_multi";
    QTest::newRow("written in pieces") << Talk(writtenInPieces) << QStringList{"GET /written 200"} << "uprobe_multi";
    QTest::newRow("SSL_read returns -1 first") << Talk(readsTooEarly) << QStringList{"GET /late 200"} << "uprobe_multi";
    QTest::newRow("SSL_write is repeated") << Talk(writesAgain) << QStringList{"POST /large 200"} << "uprobe_multi";
    QTest::newRow("bodies, and a word in between") << Talk(body) << QStringList{"PUT /body 200", "GET /next 200"} << "uprobe_multi";
    QTest::newRow("freed without an answer") << Talk(aborted) << QStringList{"GET /slow 0"} << "uprobe_multi";
    QTest::newRow("process ends without an answer") << Talk(endsMeanwhile) << QStringList{"GET /left 0"} << "uprobe_multi";
#if !defined(__SANITIZE_THREAD__) // which ends a child that was forked beside other threads and begins one of its own
    QTest::newRow("process ends, and its thread before it") << Talk(endsOutsideOfThread) << QStringList{"GET /thread 0"} << "uprobe_multi";
#endif
    QTest::newRow("another protocol afterwards") << Talk(upgraded) << QStringList{"GET /chat 101"} << "uprobe_multi";
    QTest::newRow("HTTP/2") << Talk(http2) << QStringList() << "uprobe_multi";
    QTest::newRow("another protocol") << Talk(somethingElse) << QStringList() << "uprobe_multi";
}

void tst_HttpsHooks::exchanges_areTold()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(Talk, talk);
    QFETCH(QStringList, expected);
    QFETCH(QString, attachKind);
    Talker talker(talk);
    KernelFixture kernel;
    agent::KernelOptions options;
    options.attachKinds = {"tp_btf", attachKind.toStdString()};
    TAPIO_OPEN_HTTPS(kernel, options);
    QVERIFY(talker.go());
    QCOMPARE(talker.end(), 0);
    QVERIFY(isDrained(kernel));
    QCOMPARE(toldOf(kernel, talker.pid(), wire::TcpDirection::Outbound).join(", "), expected.join(", "));
    QCOMPARE(toldOf(kernel, talker.pid(), wire::TcpDirection::Inbound).join(", "), expected.join(", "));
}

void tst_HttpsHooks::detail()
{
    TAPIO_NEEDS_KERNEL();
    Talker talker(body);
    KernelFixture kernel;
    TAPIO_OPEN_HTTPS(kernel);
    QVERIFY(talker.go());
    QCOMPARE(talker.end(), 0);
    QVERIFY(isDrained(kernel));
    const auto asked = requestsOf(kernel, talker.pid(), wire::TcpDirection::Outbound);
    const auto served = requestsOf(kernel, talker.pid(), wire::TcpDirection::Inbound);
    QCOMPARE(asked.size(), std::size_t(2));
    QCOMPARE(served.size(), std::size_t(2));
    for (const auto *one : {&asked[0], &served[0]}) {
        QVERIFY(one->tls);
        QVERIFY(!one->aborted && !one->pipelined);
        QCOMPARE(one->texts->host, "h.example");
        QCOMPARE(one->texts->route, "/body");
        QVERIFY(one->latencyNs > 0);
        QVERIFY(one->requestBytes > 3000);
        QVERIFY(one->responseBytes > 3000);
        QVERIFY(wire::toString(one->local).starts_with("127.0.0.1:"));
        QVERIFY(one->local.port != 0 && one->remote.port != 0);
    }
    QCOMPARE(wire::toString(asked[0].remote), wire::toString(served[0].local));
    QCOMPARE(wire::toString(asked[0].local), wire::toString(served[0].remote));
}

/// Linux before 6.6, that of Debian 12 for one.
void tst_HttpsHooks::withoutManyPlacesAtOnce_isAttachedOneByOne()
{
    TAPIO_NEEDS_KERNEL();
    Talker talker(keepAlive);
    KernelFixture kernel;
    agent::KernelOptions options;
    options.uprobeMultiRefusal = [] { return EINVAL; };
    TAPIO_OPEN_HTTPS(kernel, options);
    QVERIFY(talker.go());
    QCOMPARE(talker.end(), 0);
    QVERIFY(isDrained(kernel));
    QCOMPARE(toldOf(kernel, talker.pid(), wire::TcpDirection::Outbound).size(), 3);
    int stepped = 0;
    for (const wire::Hook &hook : kernel.collectors().hooks()) {
        if (hook.collector != "https" || !hook.name.starts_with("SSL_"))
            continue;
        QCOMPARE(hook.attachKind, "uprobe");
        QVERIFY2(hook.reason.starts_with("uprobe_multi: not attached"), hook.reason.c_str());
        ++stepped;
    }
    QCOMPARE(stepped, 5);
}

void tst_HttpsHooks::kernel_isAskedForManyPlacesAtOnce()
{
    TAPIO_NEEDS_KERNEL();
    // A program that was loaded for something else: what a kernel says that does not know such links.
    QCOMPARE(agent::uprobeMultiRefusal(0), EINVAL);
    utsname kernel{};
    QVERIFY(::uname(&kernel) == 0);
    const QVersionNumber version = QVersionNumber::fromString(QString::fromLatin1(kernel.release));
    QCOMPARE(agent::uprobeMultiRefusal() == 0, version >= QVersionNumber(6, 6));
}

/// Programs that move the bytes themselves, such as those of asyncio.
void tst_HttpsHooks::withoutSocket_endsAreNotKnown()
{
    TAPIO_NEEDS_KERNEL();
    Talker talker(keepAlive, TlsPair::Way::Memory);
    KernelFixture kernel;
    TAPIO_OPEN_HTTPS(kernel);
    QVERIFY(talker.go());
    QCOMPARE(talker.end(), 0);
    QVERIFY(isDrained(kernel));
    const auto asked = requestsOf(kernel, talker.pid(), wire::TcpDirection::Outbound);
    QCOMPARE(asked.size(), std::size_t(3));
    for (const wire::HttpRequest &one : asked) {
        QVERIFY(one.remote == wire::SocketAddress());
        QVERIFY(one.local == wire::SocketAddress());
    }
}

void tst_HttpsHooks::pipelined_firstIsTold_restIsLost()
{
    TAPIO_NEEDS_KERNEL();
    Talker talker([](TlsPair &tls) {
        return tls.ask(get("/first")) && tls.ask(get("/second")) && tls.reply(answer("200 OK")) && tls.reply(answer("404 Not Found"))
               && tls.ask(get("/third")) && tls.reply(answer("500 Broken"));
    });
    KernelFixture kernel;
    TAPIO_OPEN_HTTPS(kernel);
    const std::uint64_t lostBefore = kernel.counters("https")[Counter::Lost];
    QVERIFY(talker.go());
    QCOMPARE(talker.end(), 0);
    QVERIFY(isDrained(kernel));
    const QStringList expected{"GET /first 200", "GET /third 500"};
    QCOMPARE(toldOf(kernel, talker.pid(), wire::TcpDirection::Outbound).join(", "), expected.join(", "));
    QVERIFY(kernel.counters("https")[Counter::Lost] >= lostBefore + 2);
}

/// As those without TLS, told or not.
void tst_HttpsHooks::isAddedUp_bySideAndStatus()
{
    TAPIO_NEEDS_KERNEL();
    Talker talker([](TlsPair &tls) { return keepAlive(tls) && endsMeanwhile(tls); });
    KernelFixture kernel;
    TAPIO_OPEN_HTTPS(kernel);
    QVERIFY(talker.go());
    QCOMPARE(talker.end(), 0);
    QVERIFY(isDrained(kernel));
    const auto histograms = kernel.collectors().histograms();
    QVERIFY(histograms.has_value());
    for (const char *label :
         {"client 2xx", "client 4xx", "client 5xx", "client none", "server 2xx", "server 4xx", "server 5xx", "server none"}) {
        std::uint64_t sum = 0;
        for (const agent::CgroupHistogram &one : *histograms) {
            if (one.kind == wire::HistogramKind::HttpLatency && one.label == label)
                sum = std::accumulate(one.counts.begin(), one.counts.end(), sum);
        }
        QVERIFY2(sum >= 1, label);
    }
}

void tst_HttpsHooks::switchedOff_andOnAgain()
{
    TAPIO_NEEDS_KERNEL();
    Talker whileOff(keepAlive), whileOn(keepAlive);
    KernelFixture kernel;
    TAPIO_OPEN_HTTPS(kernel);
    kernel.collectors().setDisabled({"https"});
    for (const wire::Hook &hook : kernel.collectors().hooks())
        QCOMPARE(hook.state, wire::HookState::Disabled);
    QVERIFY(whileOff.go());
    QCOMPARE(whileOff.end(), 0);
    kernel.collectors().setDisabled({});
    QVERIFY(kernel.pollUntil([&] { return libraryOf(kernel.collectors().hooks()) != nullptr; }));
    QVERIFY(whileOn.go());
    QCOMPARE(whileOn.end(), 0);
    QVERIFY(isDrained(kernel));
    QCOMPARE(toldOf(kernel, whileOff.pid(), wire::TcpDirection::Outbound).size(), 0);
    QCOMPARE(toldOf(kernel, whileOn.pid(), wire::TcpDirection::Outbound).size(), 3);
}

void tst_HttpsHooks::library_saysHowItIsWatched()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN_HTTPS(kernel);
    const auto hooks = kernel.collectors().hooks();
    const wire::Hook *library = libraryOf(hooks);
    QVERIFY(library != nullptr);
    QVERIFY(library->name.find("/libssl") != std::string::npos);
    QVERIFY2(library->attachKind == "emulated" || library->attachKind == "single-stepped", library->attachKind.c_str());
    QCOMPARE(library->reason.empty(), library->attachKind == "emulated");
    qInfo("%s: %s", library->name.c_str(), library->attachKind.c_str());
}

/// Where only one file can be watched.
void tst_HttpsHooks::unwatchable_doesNotTakeThePlace()
{
    TAPIO_NEEDS_KERNEL();
    const FakeProc proc;
    proc.process(1, FakeProc::mapping(proc.file("libssl.so.1", "no library")) + FakeProc::mapping(proc.file("libssl.so.3", ownLibrary())));
    KernelFixture kernel;
    QCOMPARE(kernel.openTolerant({"https"}, oneFileOf(proc)), QString());
    QVERIFY(kernel.pollUntil([&] { return stateOf(kernel, "libssl.so.3") == wire::HookState::Active; }));
    QCOMPARE(stateOf(kernel, "libssl.so.1"), wire::HookState::Unsupported);
}

void tst_HttpsHooks::beyondTheLimit_isOpenedOnce()
{
    TAPIO_NEEDS_KERNEL();
    const FakeProc proc;
    const std::string second = proc.file("libssl.so.2", ownLibrary());
    Opens looks(proc.process(1, FakeProc::mapping(proc.file("libssl.so.1", ownLibrary())) + FakeProc::mapping(second)));
    Opens opens(second);
    KernelFixture kernel;
    QCOMPARE(kernel.openTolerant({"https"}, oneFileOf(proc)), QString());
    QVERIFY(kernel.pollUntil([&] { return looks.count() >= 4; }));
    QCOMPARE(opens.count(), 1);
    QCOMPARE(stateOf(kernel, "libssl.so.1"), wire::HookState::Active);
    QCOMPARE(stateOf(kernel, "libssl"), wire::HookState::Failed);
}

/// As it is when a file system of somebody else's is asked for a file, or when a process's memory map is held.
void tst_HttpsHooks::lookThatDoesNotReturn_keepsNobodyWaiting()
{
    TAPIO_NEEDS_KERNEL();
    const auto threads = [] { return QDir("/proc/self/task").entryList(QDir::Dirs | QDir::NoDotAndDotDot).size(); };
    const auto before = threads();
    const FakeProc proc;
    const std::string maps = proc.process(77, "");
    QVERIFY(::unlink(maps.c_str()) == 0 && ::mkfifo(maps.c_str(), 0600) == 0);
    auto kernel = std::make_unique<KernelFixture>();
    QCOMPARE(kernel->openTolerant({"https", "process"}, oneFileOf(proc)), QString());
    std::string reason;
    QVERIFY(kernel->pollUntil([&] {
        for (const wire::Hook &hook : kernel->collectors().hooks())
            reason = hook.name == "libraries" ? hook.reason : reason;
        return !reason.empty();
    }));
    QVERIFY2(reason.starts_with("the look at process 77 has not returned for "), reason.c_str());
    Child child = Child::command({"/bin/true"});
    QVERIFY(kernel->waitFor(of<wire::ProcessExec>(child.pid())).has_value());
    const auto begin = std::chrono::steady_clock::now();
    kernel.reset();
    QVERIFY(std::chrono::steady_clock::now() - begin < 1500ms);
    QCOMPARE(threads(), before + 1);
    const int writer = ::open(maps.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC); // now it returns
    QVERIFY(writer >= 0);
    ::close(writer);
    QTRY_COMPARE(threads(), before);
}

void tst_HttpsHooks::hooksAreDisabled_unlessAskedFor()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"http"});
    for (const wire::Hook &hook : kernel.collectors().hooks()) {
        if (hook.collector == "https")
            QCOMPARE(hook.state, wire::HookState::Disabled);
    }
}

/// The agent has two seconds in all.
void tst_HttpsHooks::leavesInTime()
{
    TAPIO_NEEDS_KERNEL();
    for (const char *kind : {"uprobe_multi", "uprobe"}) {
        auto kernel = std::make_unique<KernelFixture>();
        agent::KernelOptions options;
        options.attachKinds = {"tp_btf", kind};
        TAPIO_OPEN_HTTPS(*kernel, options);
        const auto begin = std::chrono::steady_clock::now();
        kernel.reset();
        const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
        qInfo("%s: detached in %lld ms", kind, static_cast<long long>(took.count()));
        QVERIFY(took < 1500ms);
    }
}

QTEST_GUILESS_MAIN(tst_HttpsHooks)
#include "tst_httpshooks.moc"
