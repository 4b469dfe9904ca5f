// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/control/controlsocket.h"
#include "agent/control/drilllabels.h"
#include "agent/drill/controlclient.h"
#include "agent/drill/controlmessage.h"
#include "agent/drill/system.h"
#include "protocol/transport/signature.h"
#include "protocol/wire/drilllabel.h"
#include "tests/support/fakeclock.h"
#include "tests/support/testpki.h"

using namespace tapio;
using namespace tapio::agent;
using tapio::drill::Fd;

namespace {

wire::DrillLabel label(const std::string &phase = "begin")
{
    wire::DrillLabel label;
    label.drill = "oom-kill";
    label.target = "/tapio-drill-0123456789abcdef";
    label.phase = phase;
    label.fromNs = 1'790'000'000'000'000'000;
    label.toNs = phase == "begin" ? 0 : label.fromNs + 5;
    label.runId = 0xfedcba9876543210;
    return label;
}

std::string lineOf(const wire::DrillLabel &label)
{
    std::string line = drill::formatLabelRequest(label);
    line.pop_back();
    return line;
}

struct Sink final : KernelRecordSink {
    std::vector<KernelRecord> records;
    void onRecord(KernelRecord &&record) override { records.push_back(std::move(record)); }
};

Fd connectTo(const std::filesystem::path &path)
{
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, sizeof(address.sun_path) - 1);
    return ::connect(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)) == 0 ? std::move(fd) : Fd();
}

bool put(const Fd &fd, const std::string &text) { return ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL) == ssize_t(text.size()); }

/// What is there now, without waiting; "CLOSED" behind it when the other end is.
std::string got(const Fd &fd)
{
    std::string all;
    char block[256];
    for (;;) {
        const ssize_t bytes = ::recv(fd.get(), block, sizeof(block), MSG_DONTWAIT);
        if (bytes > 0)
            all.append(block, std::size_t(bytes));
        else
            return bytes < 0 && errno == EAGAIN ? all : all + "CLOSED";
    }
}

} // namespace

class TestDrillControl : public QObject {
    Q_OBJECT

    test::TestPki m_pki;
    SystemClock m_clock;
    std::unique_ptr<QTemporaryDir> m_folder;

    std::filesystem::path path() const { return m_folder->filePath("control.sock").toStdString(); }
    Result<std::unique_ptr<ControlSocket>> open(const Clock &clock, std::function<bool(std::uint32_t)> mayAsk = {})
    {
        ControlOptions options;
        options.path = path();
        options.mayAsk = std::move(mayAsk);
        return ControlSocket::open(
            std::move(options), [](std::string_view line) { return "said " + std::string(line) + '\n'; }, clock);
    }

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void labels_comeBackAsTheyWere()
    {
        for (const char *phase : {"begin", "end", "failed"}) {
            const auto back = drill::parseLabelRequest(lineOf(label(phase)));
            QVERIFY2(back, back ? "" : back.error().message().c_str());
            QCOMPARE(*back, label(phase));
        }
    }

    void requestsThatAreNone_areRefused_data()
    {
        QTest::addColumn<QByteArray>("line");
        const QByteArray good = QByteArray::fromStdString(lineOf(label()));
        const auto changed = [&](const char *from, const char *to) {
            QByteArray line = good;
            line.replace(from, to);
            Q_ASSERT(line != good);
            return line;
        };
        QTest::newRow("nothing") << QByteArray();
        QTest::newRow("no JSON") << QByteArray("hello");
        QTest::newRow("half of it") << good.left(good.size() / 2);
        QTest::newRow("two of them") << good + good;
        QTest::newRow("a list") << QByteArray("[" + good + "]");
        QTest::newRow("another key besides") << QByteArray(good.chopped(1) + ",\"x\":1}");
        QTest::newRow("a field more") << changed("\"runId\"", "\"signature\":\"x\",\"runId\"");
        QTest::newRow("a field less") << changed("\"phase\":\"begin\",", "");
        QTest::newRow("another field instead") << changed("\"phase\"", "\"fase\"");
        QTest::newRow("a number for a text") << changed("\"oom-kill\"", "7");
        QTest::newRow("a text for a number") << changed("\"toNs\":0", "\"toNs\":\"0\"");
        QTest::newRow("a fraction") << changed("\"toNs\":0", "\"toNs\":0.5");
        QTest::newRow("an empty name") << changed("oom-kill", "");
        QTest::newRow("a name that leads elsewhere") << changed("oom-kill", "../oom");
        QTest::newRow("a name too long") << changed("oom-kill", QByteArray(33, 'x').constData());
        QTest::newRow("a target that is no path") << changed("/tapio", "tapio");
        QTest::newRow("a target with a line end") << changed("/tapio", "/ta\\npio");
        QTest::newRow("a target with an escape") << changed("/tapio", "/\\u001b[2Jtapio");
        QTest::newRow("a target too long") << changed("/tapio", ("/" + QByteArray(200, 'x')).constData());
        QTest::newRow("a target of broken UTF-8") << changed("/tapio", "/\xff");
        QTest::newRow("another phase") << changed("begin", "middle");
        QTest::newRow("an end without its time") << changed("begin", "end");
        QTest::newRow("a begin with an end") << changed("\"toNs\":0", "\"toNs\":1790000000000000001");
        QTest::newRow("an end before its begin")
            << QByteArray::fromStdString(lineOf(label("end"))).replace("\"toNs\":1790000000000000005", "\"toNs\":5");
        QTest::newRow("no begin") << changed("\"fromNs\":1790000000000000000", "\"fromNs\":0");
        QTest::newRow("a time before all times") << changed("\"fromNs\":1790000000000000000", "\"fromNs\":-1");
        QTest::newRow("a time beyond all times") << changed("\"fromNs\":1790000000000000000", "\"fromNs\":18446744073709551615");
        QTest::newRow("no run") << changed("18364758544493064720", "0");
        QTest::newRow("a run below 0") << changed("18364758544493064720", "-1");
        QTest::newRow("deep") << QByteArray(2000, '[');
        QTest::newRow("too long") << QByteArray(good.chopped(1) + QByteArray(2048, ' ') + "}");
        QTest::newRow("NUL") << QByteArray("\0\0\0", 3);
    }
    void requestsThatAreNone_areRefused()
    {
        QFETCH(QByteArray, line);
        const auto parsed = drill::parseLabelRequest(line.toStdString());
        QVERIFY(!parsed);
        QCOMPARE(parsed.error().code(), Errc::Malformed);
    }

    void answers_comeBackWithTheirReason()
    {
        const auto back = [](const Status &status) {
            const std::string line = drill::formatAnswer(status);
            return drill::parseAnswer(std::string_view(line).substr(0, line.size() - 1));
        };
        QVERIFY(back({}));
        const Status refused = back(fail(Errc::Busy, "later\n\x1b[2J"));
        QVERIFY(!refused);
        QCOMPARE(refused.error().code(), Errc::Refused);
        QVERIFY(refused.error().context().find("later") != std::string::npos
                && refused.error().context().find('\x1b') == std::string::npos);
        for (const char *bad : {"", "{}", "[]", "{\"accepted\":1}", "x"})
            QCOMPARE(drill::parseAnswer(bad).error().code(), Errc::Malformed);
        QCOMPARE(drill::parseAnswer("{\"accepted\":false}").error().code(), Errc::Refused);
    }

    void aLabel_isSignedAndGoesToThePipeline()
    {
        const auto inbox = std::make_shared<LabelInbox>(m_clock);
        const LabelDesk desk(inbox, m_pki.node("node-5"), "unused");
        DrillReader reader(inbox, m_clock);
        QCOMPARE(desk.answer(lineOf(label())), std::string("{\"accepted\":true}\n"));
        QCOMPARE(reader.counters().counters[Counter::Seen], std::uint64_t(1));
        QCOMPARE(reader.counters().counters[Counter::Drained], std::uint64_t(0));
        Sink sink;
        reader.read(sink);
        QCOMPARE(reader.counters().counters[Counter::Drained], std::uint64_t(1));
        QCOMPARE(sink.records.size(), std::size_t(1));
        QCOMPARE(sink.records[0].source, std::string_view("drill"));
        auto told = std::get<wire::DrillLabel>(sink.records[0].event.detail);
        const auto who = transport::verifySignature(m_pki.node("node-5"), wire::signedBytes(told), told.signature, m_clock.utcNs());
        QVERIFY2(who, who ? "" : who.error().message().c_str());
        QCOMPARE(who->name, std::string("node-5"));
        const auto refused = [&](wire::DrillLabel changed) {
            return !transport::verifySignature(m_pki.node("node-5"), wire::signedBytes(changed), told.signature, m_clock.utcNs());
        };
        // Each field is under it, and none can lend a byte to its neighbour.
        for (const auto &change : std::vector<std::function<void(wire::DrillLabel &)>>{
                 [](auto &l) {
                     l.drill = "oom-kil";
                     l.target = "l" + l.target;
                 },
                 [](auto &l) { l.target += '/'; }, [](auto &l) { l.phase = "end"; }, [](auto &l) { ++l.fromNs; },
                 [](auto &l) { l.toNs = 1; }, [](auto &l) { ++l.runId; }}) {
            wire::DrillLabel other = told;
            change(other);
            QVERIFY(refused(other));
        }
        told.signature.clear();
        QCOMPARE(told, label());
    }

    void labels_areRefusedWithTheReason()
    {
        const LabelDesk closed(nullptr, m_pki.node(), "drill.allowed of /etc/tapio/agent.toml");
        QVERIFY(closed.answer(lineOf(label())).find("drill.allowed of /etc/tapio/agent.toml is false") != std::string::npos);
        QVERIFY(closed.answer("x").find("malformed") != std::string::npos);
        const auto inbox = std::make_shared<LabelInbox>(m_clock);
        transport::TlsFiles without = m_pki.node();
        without.key = "/nope/key.pem";
        QVERIFY(LabelDesk(inbox, without, "").answer(lineOf(label())).find("/nope/key.pem") != std::string::npos);
        const LabelDesk desk(inbox, m_pki.node(), "");
        for (std::size_t i = 0; i < LabelInbox::most; ++i)
            QCOMPARE(desk.answer(lineOf(label())), std::string("{\"accepted\":true}\n"));
        QVERIFY(desk.answer(lineOf(label())).find("busy") != std::string::npos);
        QCOMPARE(inbox->offered(), std::uint64_t(LabelInbox::most));
    }

    void aLine_isAnsweredAndTheConnectionClosed()
    {
        const auto socket = open(m_clock);
        QVERIFY2(socket, socket ? "" : socket.error().message().c_str());
        struct stat info {};
        QCOMPARE(::stat(path().c_str(), &info), 0);
        QCOMPARE(info.st_mode & 0777u, 0600u);
        const Fd client = connectTo(path());
        QVERIFY(put(client, "hel"));
        (*socket)->turn();
        QCOMPARE(got(client), std::string());
        QVERIFY(put(client, "lo\nmore"));
        pollfd ready{(*socket)->fd(), POLLIN, 0};
        QCOMPARE(::poll(&ready, 1, 5000), 1);
        (*socket)->turn();
        QVERIFY(got(client).starts_with("said hello\n"));
        QCOMPARE((*socket)->counts().answered, std::uint64_t(1));
    }

    void whoDoesNotBehave_isClosed()
    {
        test::FakeClock clock;
        const auto socket = open(clock);
        QVERIFY(socket);
        ControlSocket &control = **socket;
        const Fd silent = connectTo(path());
        const Fd endless = connectTo(path());
        const Fd gone = connectTo(path());
        const Fd last = connectTo(path());
        control.turn();
        const Fd crowded = connectTo(path());
        QVERIFY(put(endless, std::string(4000, 'x')));
        ::shutdown(gone.get(), SHUT_WR);
        control.turn();
        QCOMPARE(got(crowded), std::string("CLOSED"));
        QVERIFY(got(endless).find("CLOSED") != std::string::npos);
        QCOMPARE(got(gone), std::string("CLOSED"));
        QCOMPARE(got(silent), std::string());
        clock.advance(3 * nsPerSecond);
        control.turn();
        QCOMPARE(got(silent), std::string("CLOSED"));
        const auto &counts = control.counts();
        QCOMPARE(counts.crowded + counts.overlong + counts.gone, std::uint64_t(3));
        QCOMPARE(counts.late, std::uint64_t(2));
        QCOMPARE(counts.answered, std::uint64_t(0));
    }

    void otherUsers_areRefused()
    {
        const auto socket = open(m_clock, [](std::uint32_t uid) { return uid != ::geteuid(); });
        QVERIFY(socket);
        const Fd client = connectTo(path());
        QVERIFY(put(client, "hello\n"));
        (*socket)->turn();
        QVERIFY(got(client).find("said") == std::string::npos);
        QCOMPARE((*socket)->counts().strangers, std::uint64_t(1));
    }

    void thePath_isTakenOverOnlyFromTheDead()
    {
        {
            const auto first = open(m_clock);
            QVERIFY(first);
            QCOMPARE(open(m_clock).error().code(), Errc::Busy);
        }
        QVERIFY(!std::filesystem::exists(path())); // removed at the end
        {
            const auto first = open(m_clock);
            std::filesystem::rename(path(), path().native() + "x"); // as one that was killed: nobody removes it
        }
        std::filesystem::rename(path().native() + "x", path());
        QVERIFY(open(m_clock));
        std::ofstream(path()) << "a file";
        QCOMPARE(open(m_clock).error().code(), Errc::AlreadyExists);
        ControlOptions longPath;
        longPath.path = m_folder->filePath(QString(200, 'x')).toStdString();
        QCOMPARE(ControlSocket::open(longPath, {}, m_clock).error().code(), Errc::InvalidArgument);
    }

    void theClient_tellsNothingToAStranger_data()
    {
        QTest::addColumn<bool>("stranger");
        QTest::newRow("another user's") << true;
        QTest::newRow("one's own") << false;
    }
    void theClient_tellsNothingToAStranger()
    {
        QFETCH(bool, stranger);
        const auto socket = open(m_clock);
        QVERIFY(socket);
        std::optional<std::uint32_t> asked;
        Status sent;
        std::jthread client([&] {
            sent = drill::sendLabel(path(), label(), [&](std::uint32_t uid) {
                asked = uid;
                return !stranger;
            });
        });
        if (!stranger) {
            QTRY_VERIFY(((*socket)->turn(), (*socket)->counts().answered == 1));
        }
        client.join();
        QCOMPARE(asked, std::optional(static_cast<std::uint32_t>(::geteuid())));
        (*socket)->turn();
        QCOMPARE((*socket)->counts().answered, std::uint64_t(stranger ? 0 : 1));
        QVERIFY(!sent);
        QCOMPARE(sent.error().code(), stranger ? Errc::PermissionDenied : Errc::Malformed); // the test's socket answers something else
    }

    void theClient_believesRootAndItself()
    {
        if (::geteuid() != 0)
            QSKIP("only root can be another user for a moment");
        const Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path().native().copy(address.sun_path, sizeof(address.sun_path) - 1);
        QCOMPARE(::bind(listener.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)), 0);
        constexpr uid_t nobody = 65534;
        // Of this thread alone, unlike the C library's.
        QCOMPARE(::syscall(SYS_setresuid, -1, nobody, -1), 0L);
        const int listening = ::listen(listener.get(), 1);
        QCOMPARE(::syscall(SYS_setresuid, -1, 0, -1), 0L);
        QCOMPARE(listening, 0);
        const Status sent = drill::sendLabel(path(), label());
        QVERIFY(!sent);
        QCOMPARE(sent.error().code(), Errc::PermissionDenied);
        QVERIFY(sent.error().context().find("belongs to user 65534") != std::string::npos);
    }

    void theClient_tellsWhatHappened()
    {
        QCOMPARE(drill::sendLabel(path(), label()).error().code(), Errc::NotFound);
        const auto inbox = std::make_shared<LabelInbox>(m_clock);
        ControlOptions options;
        options.path = path();
        const auto socket = ControlSocket::open(
            options, [desk = LabelDesk(inbox, m_pki.node(), "")](std::string_view line) { return desk.answer(line); }, m_clock);
        QVERIFY(socket);
        std::atomic<bool> done = false;
        std::jthread agent([&] {
            while (!done) {
                pollfd ready{(*socket)->fd(), POLLIN, 0};
                ::poll(&ready, 1, 20);
                (*socket)->turn();
            }
        });
        const Status sent = drill::sendLabel(path(), label());
        wire::DrillLabel wrong = label();
        wrong.phase = "never";
        const Status refused = drill::sendLabel(path(), wrong);
        done = true;
        agent.join();
        QVERIFY2(sent, sent ? "" : sent.error().message().c_str());
        QCOMPARE(refused.error().code(), Errc::Refused);
        QVERIFY(refused.error().context().find("phase") != std::string::npos);
        QCOMPARE(inbox->offered(), std::uint64_t(1));
    }
};

QTEST_GUILESS_MAIN(TestDrillControl)
#include "tst_drillcontrol.moc"
