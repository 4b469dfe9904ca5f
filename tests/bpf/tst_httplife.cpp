// SPDX-License-Identifier: GPL-3.0-or-later
// Trigger and assert: connections of HTTP that live long, and through a change of configuration.
#include <QTest>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <string>

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bpf/tcppeer.h"

using namespace tapio;
using namespace tapio::test;

class tst_HttpLife : public QObject {
    Q_OBJECT

private slots:
    void initTestCase_data();
    void longBody_endsNothing();
    void switchedOff_forgetsWhatWasAsked();
    void tcpGoesAndComes_httpStays_data();
    void tcpGoesAndComes_httpStays();
};

namespace {

constexpr int failed = 9;

QByteArray get(const QByteArray &target) { return "GET " + target + " HTTP/1.1\r\nHost: h.example\r\n\r\n"; }

QByteArray answer(const QByteArray &status) { return "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n"; }

/// For a child: both ends of a connection.
struct BothEnds {
    BothEnds()
    {
        std::uint16_t port = 0;
        const int listener = listenOn(Family::V4, 1, port);
        client = connectTo(Family::V4, port);
        server = ::accept(listener, nullptr, nullptr);
        ::close(listener);
    }
    bool ask(const char *target) const { return pass(client, server, get(target)); }
    bool reply(const char *status) const { return pass(server, client, answer(status)); }

    static bool pass(int from, int to, const QByteArray &bytes)
    {
        const auto size = static_cast<std::size_t>(bytes.size());
        return ::send(from, bytes.constData(), size, MSG_NOSIGNAL) == bytes.size() && receiveBytes(to, size);
    }
    /// An answer with so long a body.
    bool stream(std::uint64_t bytes) const
    {
        static const std::array<char, 64u << 10> block{};
        static std::array<char, 256u << 10> sink;
        if (!pass(server, client, "HTTP/1.1 200 OK\r\nContent-Length: " + QByteArray::number(quint64(bytes)) + "\r\n\r\n"))
            return false;
        std::uint64_t sent = 0;
        for (std::uint64_t received = 0; received < bytes;) {
            const auto next = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), bytes - sent));
            const ssize_t now = next > 0 ? ::send(server, block.data(), next, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
            if (now < 0 && errno != EAGAIN)
                return false;
            sent += static_cast<std::uint64_t>(std::max<ssize_t>(now, 0));
            if (sent == received) // what was sent is not acknowledged yet
                continue;
            const ssize_t got = ::recv(client, sink.data(), sink.size(), 0);
            if (got <= 0)
                return false;
            received += static_cast<std::uint64_t>(got);
        }
        return true;
    }

    int client;
    int server;
};

/// What was told of the requests of this process, as the one that asks: "TARGET STATUS", 0 = aborted.
QStringList toldOf(const KernelFixture &kernel, std::uint32_t pid)
{
    QStringList told;
    for (const agent::KernelRecord &record : kernel.records()) {
        const auto *request = std::get_if<wire::HttpRequest>(&record.event.detail);
        if (request != nullptr && record.event.process.pid == pid && request->direction == wire::TcpDirection::Outbound)
            told.append(QString("%1 %2").arg(QString::fromStdString(request->texts->target)).arg(request->status));
    }
    return told;
}

std::set<std::string> httpCollectors()
{
    QFETCH_GLOBAL(bool, isBesideTcp);
    return isBesideTcp ? std::set<std::string>{"http", "tcp"} : std::set<std::string>{"http"};
}

} // namespace

/// A program of its own at changes of state, or that of tcp.
void tst_HttpLife::initTestCase_data()
{
    QTest::addColumn<bool>("isBesideTcp");
    QTest::newRow("alone") << false;
    QTest::newRow("beside tcp") << true;
}

/// Longer than half of the sequence numbers: what comes after it looks older than what came before.
void tst_HttpLife::longBody_endsNothing()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, httpCollectors());
    Child child = Child::run([] {
        const BothEnds ends;
        constexpr std::uint64_t bytes = (2ull << 30) + (256u << 20);
        return ends.ask("/long") && ends.stream(bytes) && ends.ask("/next") && ends.reply("404 Not Found") ? 0 : failed;
    });
    QCOMPARE(WEXITSTATUS(child.wait()), 0);
    const QStringList expected{"/long 200", "/next 404"};
    QVERIFY(kernel.pollUntil([&] { return toldOf(kernel, child.pid()).size() >= expected.size(); }));
    QCOMPARE(toldOf(kernel, child.pid()).join(", "), expected.join(", "));
}

/// What was answered meanwhile was not seen: it is neither aborted nor answered by what comes later.
void tst_HttpLife::switchedOff_forgetsWhatWasAsked()
{
    TAPIO_NEEDS_KERNEL();
    Pipe there, back;
    // Before the programs are attached: a child that inherits them would keep them so.
    Child child = Child::run([&] {
        if (back.receive() != 3)
            return failed;
        const BothEnds ends;
        const bool fine = ends.ask("/before") && there.send(1) && back.receive() == 1 && ends.reply("200 OK") && there.send(2)
                          && back.receive() == 2 && ends.ask("/after") && ends.reply("404 Not Found");
        return fine ? 0 : failed;
    });
    KernelFixture kernel;
    TAPIO_OPEN(kernel, httpCollectors());
    QVERIFY(back.send(3));
    QCOMPARE(there.receive(), 1u);
    kernel.collectors().setDisabled({"http"});
    QVERIFY(back.send(1));
    QCOMPARE(there.receive(), 2u);
    kernel.collectors().setDisabled({});
    QVERIFY(back.send(2));
    QCOMPARE(WEXITSTATUS(child.wait()), 0);
    const QStringList expected{"/after 404"};
    QVERIFY(kernel.pollUntil([&] { return !toldOf(kernel, child.pid()).empty(); }));
    QVERIFY(kernel.pollUntil([&] {
        kernel.drainAll();
        return kernel.counters("http").inRing() == 0;
    }));
    QCOMPARE(toldOf(kernel, child.pid()).join(", "), expected.join(", "));
}

void tst_HttpLife::tcpGoesAndComes_httpStays_data()
{
    QTest::addColumn<bool>("common");
    QTest::newRow("one program for both") << true;
    QTest::newRow("a program each, as where the kernel refuses the common one") << false;
}

/// A request that nobody will answer any more is told once, whosever program sees it.
void tst_HttpLife::tcpGoesAndComes_httpStays()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(bool, common);
    agent::KernelOptions options;
    options.commonPrograms = common;
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"http", "tcp"}, options);
    const auto carried = [&] {
        const auto hooks = kernel.collectors().hooks();
        return std::count_if(hooks.begin(), hooks.end(), [](const wire::Hook &hook) {
            return hook.collector == "http" && hook.state == wire::HookState::Active
                   && hook.reason.starts_with("done by the program of tcp");
        });
    };
    QCOMPARE(carried(), common ? 1 : 0);
    for (const bool isTcpOn : {false, true, false, true}) {
        kernel.collectors().setDisabled(isTcpOn ? std::set<std::string>{} : std::set<std::string>{"tcp"});
        QCOMPARE(carried(), common && isTcpOn ? 1 : 0);
        Child child = Child::run([] {
            const BothEnds ends;
            const bool fine = ends.ask("/given-up") && ::shutdown(ends.client, SHUT_RDWR) == 0;
            return fine && ::close(ends.client) == 0 ? 0 : failed;
        });
        QCOMPARE(WEXITSTATUS(child.wait()), 0);
        QVERIFY(kernel.pollUntil([&] { return !toldOf(kernel, child.pid()).empty(); }));
        QVERIFY(kernel.pollUntil([&] {
            kernel.drainAll();
            return kernel.counters("http").inRing() == 0;
        }));
        QCOMPARE(toldOf(kernel, child.pid()).join(", "), "/given-up 0");
    }
}

QTEST_GUILESS_MAIN(tst_HttpLife)
#include "tst_httplife.moc"
