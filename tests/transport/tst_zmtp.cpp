// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "protocol/base/clock.h"
#include "protocol/transport/zmtp.h"
#include "tests/transport/rawpeer.h"

using namespace tapio;
using namespace tapio::test;
using namespace tapio::transport;
using namespace std::string_literals;

namespace {

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

std::string text(const std::vector<std::byte> &bytes) { return {reinterpret_cast<const char *>(bytes.data()), bytes.size()}; }

struct Fed {
    std::string code;
    std::string out;
    std::size_t consumed = 0;
    bool done = false;
};

/// The whole input in pieces of `step` bytes.
Fed feed(const std::string &input, std::size_t step, ZmtpProperties properties = {})
{
    ZmtpPrologue prologue("DEALER", std::move(properties));
    Fed fed;
    std::vector<std::byte> out;
    while (fed.consumed < input.size() && !prologue.done()) {
        std::size_t consumed = 0;
        if (const auto cause = prologue.feed(bytes(std::string_view(input).substr(fed.consumed, step)), consumed, out)) {
            fed.code = cause->code;
            break;
        }
        fed.consumed += consumed;
    }
    fed.out = text(out);
    fed.done = prologue.done();
    return fed;
}

std::string scan(const std::string &input, std::size_t step, std::size_t maxMessageBytes = 1000)
{
    FrameGuard guard(maxMessageBytes);
    for (std::size_t at = 0; at < input.size(); at += step) {
        if (const auto cause = guard.scan(bytes(std::string_view(input).substr(at, step)), 0))
            return cause->code;
    }
    return "";
}

std::string repeated(const std::string &part, int times)
{
    std::string all;
    for (int i = 0; i < times; ++i)
        all += part;
    return all;
}

} // namespace

class TestZmtp : public QObject {
    Q_OBJECT
private slots:
    void prologue_forwardsTheGreetingByteByByte()
    {
        ZmtpPrologue prologue("DEALER", {});
        std::string greeting = zmtpGreeting();
        std::vector<std::byte> out;
        for (std::size_t i = 0; i < greeting.size(); ++i) {
            std::size_t consumed = 0;
            QVERIFY(!prologue.feed(bytes(std::string_view(greeting).substr(i, 1)), consumed, out));
            QCOMPARE(out.size(), i + 1); // libzmq answers the first ten before it gets the rest
        }
        QCOMPARE(text(out), greeting);
        QVERIFY(!prologue.done());
    }

    void prologue_putsOurPropertiesInThePlaceOfThePeers()
    {
        const std::string theirs =
            zmtpProperty("Identity", "victim") + zmtpProperty("X-Tapio-Identity", "root") + zmtpProperty("Resource", "x");
        const std::string input = zmtpGreeting() + zmtpReady("DEALER", theirs) + "left alone";
        const std::string ours = "\5READY" + zmtpProperty("Socket-Type", "DEALER") + zmtpProperty("Identity", "7")
                                 + zmtpProperty("X-Tapio-Identity", "spiffe://a/tapio/node/n");
        const std::string expected = zmtpGreeting() + zmtpLongHeader(4, ours.size()) + ours;
        for (const std::size_t step : {std::size_t(1), std::size_t(7), input.size()}) {
            const Fed fed = feed(input, step, {{"Identity", "7"}, {"X-Tapio-Identity", "spiffe://a/tapio/node/n"}});
            QCOMPARE(fed.code, std::string());
            QVERIFY(fed.done);
            QCOMPARE(fed.consumed, input.size() - std::string("left alone").size());
            QCOMPARE(fed.out, expected);
        }
    }

    void prologue_speaksNoLaterVersionThanLibzmqKnows()
    {
        std::string greeting = zmtpGreeting("NULL", 4);
        greeting[11] = 9;
        greeting[60] = 'x';
        QCOMPARE(feed(greeting, 64).out, zmtpGreeting());
    }

    void prologue_refuses_data()
    {
        QTest::addColumn<std::string>("input");
        QTest::addColumn<std::string>("code");
        const std::string greeting = zmtpGreeting();
        std::string asServer = greeting;
        asServer[32] = 1;
        std::string mechanismTail = greeting;
        mechanismTail[20] = 'x';
        QTest::newRow("text") << "GET / HTTP/1.1\r\n\r\n"s
                              << "garbage"s;
        QTest::newRow("a signature that ends wrongly") << std::string(11, '\xFF') << "garbage"s;
        QTest::newRow("ZMTP 2") << zmtpGreeting("NULL", 2) << "garbage"s;
        QTest::newRow("CURVE") << zmtpGreeting("CURVE") << "mechanism"s;
        QTest::newRow("something behind NULL") << mechanismTail << "mechanism"s;
        QTest::newRow("as-server") << asServer << "mechanism"s;
        QTest::newRow("a message instead of READY") << greeting + zmtpFrame(0, "x") << "garbage"s;
        QTest::newRow("READY in the long form") << greeting + zmtpLongHeader(4, 6) + "\5READY"
                                                << "garbage"s;
        QTest::newRow("an empty command") << greeting + zmtpFrame(4, "") << "garbage"s;
        QTest::newRow("ERROR") << greeting + zmtpFrame(4, "\5ERROR\0") << "garbage"s;
        QTest::newRow("no socket type") << greeting + zmtpFrame(4, "\5READY") << "garbage"s;
        QTest::newRow("another socket type") << greeting + zmtpReady("ROUTER") << "garbage"s;
        QTest::newRow("a socket type that only begins like ours") << greeting + zmtpReady("DEALER2") << "garbage"s;
        QTest::newRow("two socket types, the last one bad")
            << greeting + zmtpReady("DEALER", zmtpProperty("socket-type", "PUB")) << "garbage"s;
        QTest::newRow("a property longer than the command") << greeting + zmtpReady("DEALER", "\3abc\xFF\xFF\xFF\xFF") << "garbage"s;
        QTest::newRow("a property name longer than the command") << greeting + zmtpReady("DEALER", "\xFF") << "garbage"s;
    }
    void prologue_refuses()
    {
        QFETCH(std::string, input);
        for (const std::size_t step : {std::size_t(1), input.size()})
            QTEST(feed(input, step).code, "code");
    }

    void guard_passes_data()
    {
        QTest::addColumn<std::string>("input");
        QTest::newRow("nothing") << ""s;
        QTest::newRow("an empty message") << zmtpFrame(0, "");
        QTest::newRow("messages in both forms") << zmtpFrame(0, "short") + zmtpFrame(0, std::string(300, 'l')) + zmtpFrame(0, "short");
        QTest::newRow("a short message in the long form") << zmtpLongHeader(0, 3) + "abc";
        QTest::newRow("a message of exactly the limit") << zmtpFrame(0, std::string(1000, 'm')) + zmtpFrame(0, "next");
        QTest::newRow("ping and pong between messages") << zmtpFrame(0, "a") + zmtpPing() + zmtpFrame(4, "\4PONG") + zmtpFrame(0, "b");
        QTest::newRow("ping with the longest context") << zmtpFrame(4, std::string("\4PING\0\0", 7) + std::string(16, 'c'));
        QTest::newRow("a hundred pings at once") << repeated(zmtpPing(), 100);
        QTest::newRow("the beginning of a header") << zmtpLongHeader(0, 5).substr(0, 4);
    }
    void guard_passes()
    {
        QFETCH(std::string, input);
        for (std::size_t step = 1; step <= input.size(); step = step * 2 + 1)
            QCOMPARE(scan(input, step), std::string());
    }

    void guard_cuts_data()
    {
        QTest::addColumn<std::string>("input");
        QTest::addColumn<std::string>("code");
        const std::string before = zmtpFrame(0, "good");
        QTest::newRow("one byte over the limit") << before + zmtpLongHeader(0, 1001) << "frame-too-large"s;
        QTest::newRow("the largest size there is") << before + zmtpLongHeader(0, ~0ull) << "frame-too-large"s;
        QTest::newRow("a first part") << before + zmtpFrame(1, "part") << "multipart"s;
        QTest::newRow("reserved flags") << before + zmtpFrame(8, "x") << "garbage"s;
        QTest::newRow("a command with more to come") << before + zmtpFrame(5, std::string("\4PING\0\0", 7)) << "multipart"s;
        QTest::newRow("an empty command") << before + zmtpFrame(4, "") << "garbage"s;
        QTest::newRow("a ping without time to live") << before + zmtpFrame(4, "\4PING\0"s) << "garbage"s;
        QTest::newRow("READY again") << before + zmtpReady("DEALER").substr(0, 2 + 5) + "junk"
                                     << "frame-too-large"s;
        QTest::newRow("an unknown command") << before + zmtpFrame(4, "\4PEEK\0\0\0") << "garbage"s;
        QTest::newRow("a command that is too long") << before + zmtpFrame(4, std::string(24, 'p')) << "frame-too-large"s;
        QTest::newRow("a hundred and one pings at once") << before + repeated(zmtpPing(), 101) << "command-flood"s;
    }
    void guard_cuts()
    {
        QFETCH(std::string, input);
        for (std::size_t step = 1; step <= input.size(); step = step * 2 + 1)
            QTEST(scan(input, step), "code");
    }

    void guard_allowsTwentyCommandsPerSecondInTheLongRun()
    {
        FrameGuard guard(1000);
        std::int64_t nowNs = 1'000 * nsPerSecond;
        QVERIFY(!guard.scan(bytes(repeated(zmtpPing(), 100)), nowNs));
        for (int i = 0; i < 1000; ++i) {
            nowNs += nsPerSecond / 20;
            QVERIFY(!guard.scan(bytes(zmtpPing()), nowNs));
        }
        nowNs += nsPerSecond / 40;
        QVERIFY(guard.scan(bytes(zmtpPing()), nowNs));
    }
};

QTEST_APPLESS_MAIN(TestZmtp)
#include "tst_zmtp.moc"
