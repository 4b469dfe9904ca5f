// SPDX-License-Identifier: GPL-3.0-or-later
// An agent's publishing half, as a process of its own, killed with -9 at any moment: while it spools, and while it replays to a real
// fan-in. Whatever it said was spooled arrives once and in order.
#include <QtTest>

#include <QProcess>
#include <QRandomGenerator>
#include <QTimer>

#include <iostream>
#include <spdlog/sinks/null_sink.h>

#include "agent/publish/publisher.h"
#include "tests/agent/agentprocess.h"
#include "tests/support/testpki.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using namespace std::chrono_literals;

namespace {

constexpr int soon = 60'000;
constexpr int framesPerTurn = 5;

Outgoing batch(std::uint64_t seq)
{
    wire::EventBatch batch;
    batch.firstSeq = seq;
    batch.origins.resize(1);
    batch.events.resize(1);
    batch.events[0].timeNs = 1;
    batch.events[0].type = wire::EventType::ProcessExec;
    batch.events[0].detail = wire::ProcessExec{1, "sh", std::string(500, 'f'), {std::string(1000, 'x')}, false};
    return {std::move(batch), {"process"}};
}

/// The process: arguments are folder, stream, port, CA, certificate, key, and "produce" or "replay". Says "spooled N" whenever N grew, and "done"
/// when nothing is held.
int runAgent(char **arguments)
{
    PublisherOptions options;
    options.spool.folder = arguments[0];
    options.spool.bytes = 64u << 20;
    options.spool.replayRate = 4u << 20;
    options.session.node = "node-1";
    options.session.streamId = std::stoull(arguments[1]);
    options.session.ringBytes = 64u << 10;
    options.endpoint.port = static_cast<std::uint16_t>(std::stoul(arguments[2]));
    options.endpoint.tls = {arguments[3], arguments[4], arguments[5], {}};
    const bool produces = std::string_view(arguments[6]) == "produce";
    const SystemClock clock;
    spdlog::logger log("agent", std::make_shared<spdlog::sinks::null_sink_mt>());
    Publisher publisher(options, clock, log);
    if (!publisher.start())
        return 1;
    std::uint64_t said = 0;
    std::uint64_t seq = 1;
    QTimer timer;
    QObject::connect(&timer, &QTimer::timeout, [&] {
        for (int i = 0; produces && i < framesPerTurn; ++i)
            seq += publisher.push(batch(seq)) ? 1 : 0;
        const SessionStatus status = publisher.status();
        if (status.spool.spooled.frames > said)
            std::cout << "spooled " << (said = status.spool.spooled.frames) << std::endl;
        if (!produces && status.sessions > 0 && status.spool.state == SpoolState::Well && status.spool.held.frames == 0)
            std::cout << "done" << std::endl;
    });
    timer.start(1);
    return QCoreApplication::exec();
}

class Child {
public:
    Child(const QString &folder, std::uint64_t stream, std::uint16_t port, const transport::TlsFiles &tls, const char *mode)
    {
        const auto text = [](const std::filesystem::path &path) { return QString::fromStdString(path.native()); };
        m_process.start(QCoreApplication::applicationFilePath(), {"--agent", folder, QString::number(stream), QString::number(port),
                                                                  text(tls.ca), text(tls.certificate), text(tls.key), mode});
    }
    ~Child() { kill(); }
    void kill()
    {
        m_process.kill();
        m_process.waitForFinished();
        read();
    }
    std::uint64_t spooled()
    {
        read();
        return m_spooled;
    }
    bool done()
    {
        read();
        return m_done;
    }

private:
    void read()
    {
        m_output += m_process.readAllStandardOutput();
        for (qsizetype end = m_output.indexOf('\n'); end >= 0; end = m_output.indexOf('\n')) {
            const QByteArray line = m_output.left(end);
            m_output.remove(0, end + 1);
            m_done = m_done || line == "done";
            if (line.startsWith("spooled "))
                m_spooled = line.mid(8).toULongLong();
        }
    }

    QProcess m_process;
    QByteArray m_output;
    std::uint64_t m_spooled = 0;
    bool m_done = false;
};

} // namespace

class TestSpoolKilled : public QObject {
    Q_OBJECT
    TestPki m_pki;
    SystemClock m_clock;

private slots:
    void atAnyMoment_nothingSpooledIsLostOrDoubled()
    {
        const QTemporaryDir folder;
        DeliveryLog log;
        server::FanInOptions options;
        options.endpoint.tls = m_pki.server();
        const auto fanIn = std::move(*server::FanIn::start(options, &log, m_clock));
        QRandomGenerator random(20261126);
        std::map<std::uint64_t, std::uint64_t> spooled;
        std::uint64_t stream = 0;
        for (int round = 0; round < 10; ++round) {
            // Nobody listens on port 1.
            Child producing(folder.path(), ++stream, 1, m_pki.node(), "produce");
            const std::uint64_t enough = random.bounded(1u, 400u);
            QTRY_VERIFY_WITH_TIMEOUT(producing.spooled() >= enough, soon);
            producing.kill();
            spooled[stream] = producing.spooled();

            Child replaying(folder.path(), ++stream, fanIn->port(), m_pki.node(), "replay");
            const std::size_t more = log.deliveries().size() + random.bounded(1u, 300u);
            QTRY_VERIFY_WITH_TIMEOUT(replaying.done() || log.deliveries().size() >= more, soon);
        }
        Child last(folder.path(), ++stream, fanIn->port(), m_pki.node(), "replay");
        QTRY_VERIFY_WITH_TIMEOUT(last.done(), soon);
        last.kill();
        QVERIFY(QDir(folder.path()).entryList({"*.spool"}).isEmpty());

        std::map<std::uint64_t, std::vector<std::uint64_t>> arrived;
        for (const auto &delivery : log.deliveries())
            arrived[delivery->frame.streamId].push_back(delivery->frame.frameSeq);
        for (const auto &[id, frames] : spooled) {
            const auto &numbers = arrived[id];
            QVERIFY(numbers.size() >= frames);
            for (std::size_t i = 0; i < numbers.size(); ++i)
                QCOMPARE(numbers[i], i + 1);
        }
    }
};

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    constexpr int agentArguments = 9;
    if (argc == agentArguments && std::string_view(argv[1]) == "--agent")
        return runAgent(argv + 2);
    TestSpoolKilled test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_spoolkilled.moc"
