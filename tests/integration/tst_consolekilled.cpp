// SPDX-License-Identifier: GPL-3.0-or-later
// tapio-console killed with -9 while agents send: what they were told is safe is in the store, once; what is not there is named.
#include <QTimer>
#include <QtTest>

#include <csignal>
#include <deque>
#include <map>
#include <set>

#include "tests/console/fakeagent.h"
#include "tests/integration/consoleprogram.h"
#include "tests/support/testpki.h"

using namespace tapio;
using namespace tapio::test;

namespace {

constexpr int soon = 30'000;
constexpr int rounds = 8;
constexpr std::size_t eventsPerFrame = 40;
constexpr std::size_t mostUnacknowledged = 200; ///< frames

/// An agent that always has something to send, and what the test knows of it.
struct Producer {
    Producer(std::uint16_t port, const std::string &nodeName, const transport::TlsFiles &tls, const Clock &clock, std::uint64_t stream)
        : node(nodeName), agent(port, nodeName, tls, clock, stream)
    {}

    void produce()
    {
        for (int i = 0; i < 5 && last - agent.acked() < mostUnacknowledged; ++i)
            last = agent.sendEvents(eventsPerFrame);
    }
    /// Number of the last event that the agent was told is safe: all frames are alike.
    std::uint64_t safeEvents() const { return agent.acked() * eventsPerFrame; }

    const std::string node;
    FakeAgent agent;
    std::uint64_t last = 0; ///< frame
};

using Numbers = std::map<std::string, std::multiset<std::uint64_t>>;

/// Numbers of the stored events, by node.
Numbers stored(const QString &file, std::uint64_t *lost = nullptr)
{
    Numbers numbers;
    for (const console::StoredEvent &event : storedEvents(file, lost))
        numbers[event.node].insert(event.seq);
    return numbers;
}

/// Empty, or which of 1 .. last are not there exactly once.
QString wrong(const std::multiset<std::uint64_t> &numbers, std::uint64_t last)
{
    for (std::uint64_t number = 1; number <= last; ++number) {
        if (const std::size_t count = numbers.count(number); count != 1)
            return QString("event %1 of %2 is stored %3 times").arg(number).arg(last).arg(count);
    }
    return {};
}

} // namespace

class TestConsoleKilled : public QObject {
    Q_OBJECT
    TestPki m_pki;
    SystemClock m_clock;

private slots:
    void inMidBurst_nothingAcknowledgedIsLost()
    {
        const QTemporaryDir folder;
        ConsoleProgram console(folder.path(), m_pki.server());
        QVERIFY(console.start());
        std::deque<Producer> producers;
        producers.emplace_back(console.port, "node-1", m_pki.node("node-1"), m_clock, 11);
        producers.emplace_back(console.port, "node-2", m_pki.node("node-2"), m_clock, 22);
        QTimer timer;
        connect(&timer, &QTimer::timeout, this, [&] {
            for (Producer &producer : producers)
                producer.produce();
        });
        timer.start(1);

        for (int round = 0; round < rounds; ++round) {
            // At another moment each time: of the commit, of the housekeeping, of the batch.
            for (const Producer &producer : producers) {
                const std::uint64_t from = producer.agent.acked();
                QTRY_VERIFY_WITH_TIMEOUT(producer.agent.acked() > from + static_cast<std::uint64_t>(7 * round), soon);
            }
            for (Producer &producer : producers)
                producer.produce(); // so that something is under way
            QVERIFY(console.kill());
            std::map<std::string, std::uint64_t> safe;
            for (const Producer &producer : producers)
                safe[producer.node] = producer.safeEvents();
            Numbers numbers = stored(console.storeFile());
            for (const auto &[node, last] : safe)
                QVERIFY2(wrong(numbers[node], last).isEmpty(), qPrintable(wrong(numbers[node], last)));
            QVERIFY(console.start()); // the same port, the same store
        }

        timer.stop();
        for (const Producer &producer : producers)
            QTRY_COMPARE_WITH_TIMEOUT(producer.agent.acked(), producer.last, soon);
        QCOMPARE(console.end(SIGTERM), 0);
        std::uint64_t lost = 0;
        Numbers numbers = stored(console.storeFile(), &lost);
        for (const Producer &producer : producers) {
            const QString problem = wrong(numbers[producer.node], producer.agent.produced());
            QVERIFY2(problem.isEmpty(), qPrintable(problem));
            QCOMPARE(numbers[producer.node].size(), producer.agent.produced());
        }
        QCOMPARE(lost, 0u);
    }

    void whatTheAgentGaveUpMeanwhile_isNamed()
    {
        const QTemporaryDir folder;
        ConsoleProgram console(folder.path(), m_pki.server());
        QVERIFY(console.start());
        Producer producer(console.port, "node-1", m_pki.node(), m_clock, 33);
        producer.produce();
        QTRY_COMPARE_WITH_TIMEOUT(producer.agent.acked(), producer.last, soon);
        const std::uint64_t before = producer.agent.produced();
        QVERIFY(console.kill());
        for (int i = 0; i < 10; ++i)
            producer.produce();
        const std::uint64_t dropped = producer.agent.dropOldest(20);
        QCOMPARE(dropped, std::uint64_t(20 * eventsPerFrame));

        QVERIFY(console.start());
        QTRY_COMPARE_WITH_TIMEOUT(producer.agent.acked(), producer.last, soon);
        const auto agents = [&] {
            const auto reader = console::StoreReader::open(console.storeFile().toStdString());
            return reader ? (*reader)->agents().value_or(std::vector<wire::AgentState>()) : std::vector<wire::AgentState>();
        };
        // Stored when it is named, not when the console leaves: it is killed again.
        QTRY_VERIFY_WITH_TIMEOUT(!agents().empty() && agents().front().loss.droppedEvents == dropped, soon);
        QVERIFY(console.kill());
        std::uint64_t lost = 0;
        const std::multiset<std::uint64_t> numbers = stored(console.storeFile(), &lost)["node-1"];
        QCOMPARE(numbers.size(), producer.agent.produced() - dropped);
        for (std::uint64_t number = 1; number <= producer.agent.produced(); ++number)
            QCOMPARE(numbers.count(number), number > before && number <= before + dropped ? 0u : 1u);
        QCOMPARE(lost, dropped);
        QCOMPARE(agents().front().loss.gapFrames, 20u);
        QCOMPARE(agents().front().loss.transitEvents, 0u);
    }
};

QTEST_GUILESS_MAIN(TestConsoleKilled)
#include "tst_consolekilled.moc"
