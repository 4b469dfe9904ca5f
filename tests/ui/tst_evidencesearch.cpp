// SPDX-License-Identifier: GPL-3.0-or-later
#include <QSignalSpy>
#include <QtTest>

#include "console/ui/models/evidencesearch.h"
#include "tests/support/fakeclock.h"
#include "tests/support/fakesession.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {
constexpr std::int64_t nowNs = FakeClock::startNs, second = nsPerSecond;
} // namespace

class tst_EvidenceSearch : public QObject {
    Q_OBJECT

private slots:
    void finds_data();
    void finds();
    void finds_beyondAPage();
    void failing_isSaid();

private:
    static StoredEvent event(std::uint64_t stream, std::uint64_t seq, std::int64_t timeNs)
    {
        StoredEvent one;
        one.id = {static_cast<std::int64_t>(seq), static_cast<std::uint32_t>(stream)};
        one.node = "n1";
        one.streamId = stream;
        one.seq = seq;
        one.event.timeNs = timeNs;
        one.event.type = wire::EventType::OomKill;
        return one;
    }
};

void tst_EvidenceSearch::finds_data()
{
    QTest::addColumn<quint64>("stream"); // of the event that is stored
    QTest::addColumn<qint64>("laterS");  // by which its time is later than the line's
    QTest::addColumn<qint64>("offsetS"); // server's clock minus the node's, now
    QTest::addColumn<bool>("isFound");
    const auto row = [](const char *name, quint64 stream, qint64 laterS, qint64 offsetS, bool isFound) {
        QTest::newRow(name) << stream << laterS << offsetS << isFound;
    };
    row("at its time", 7, 0, 0, true);
    row("of another start of the agent", 8, 0, 0, false);
    row("the stream is not known", 0, 0, 0, true);
    row("the node's clock is an hour ahead", 7, 3600, -3600, true);
    row("the node's clock is an hour behind", 7, -3600, 3600, true);
    row("the line has the node's own time all the same", 7, 0, -3600, true);
    row("the clock went wrong by some seconds since", 7, 3590, -3600, true);
    row("the clock was mended since", 7, 60, 0, true);
    row("far away", 7, 7200, 0, false);
}

void tst_EvidenceSearch::finds()
{
    QFETCH(quint64, stream);
    QFETCH(qint64, laterS);
    QFETCH(qint64, offsetS);
    FakeSession session;
    wire::AgentState agent;
    agent.node = "n1";
    agent.heartbeat.offsetNs = offsetS * second;
    agent.heartbeat.uncertaintyNs = 0;
    session.agentList = {agent};
    session.events = {event(stream, 42, nowNs + laterS * second), event(7, 41, nowNs)};
    EvidenceSearch search(session);
    QSignalSpy found(&search, &EvidenceSearch::found), notFound(&search, &EvidenceSearch::notFound);
    search.find({"kill", nowNs, 0, "n1", 7, 42, "x"});
    QTRY_COMPARE(found.count() + notFound.count(), 1);
    QTEST(found.count() == 1, "isFound");
    QVERIFY(found.isEmpty() || found[0][0].value<StoredEvent>().seq == 42);
    for (const FakeSession::Query &asked : session.asked)
        QVERIFY(asked.after.has_value()); // no action of an operator
}

void tst_EvidenceSearch::finds_beyondAPage()
{
    FakeSession session;
    for (std::uint64_t i = 0; i < EvidenceSearch::pageSize + 5; ++i)
        session.events.push_back(event(7, i + 1, nowNs + static_cast<std::int64_t>(i)));
    EvidenceSearch search(session);
    QSignalSpy found(&search, &EvidenceSearch::found);
    search.find({"kill", nowNs, 0, "n1", 7, 1, "x"}); // the oldest, where the newest are read first
    QTRY_COMPARE(found.count(), 1);
}

void tst_EvidenceSearch::failing_isSaid()
{
    FakeSession session;
    session.queryError = "the disk is gone";
    EvidenceSearch search(session);
    QSignalSpy failed(&search, &EvidenceSearch::failed), notFound(&search, &EvidenceSearch::notFound);
    search.find({"kill", nowNs, 0, "n1", 7, 1, "x"});
    QTRY_COMPARE(failed.count(), 1);
    QCOMPARE(failed[0][0].toString(), QString("the disk is gone"));
    QVERIFY(notFound.isEmpty());
}

QTEST_MAIN(tst_EvidenceSearch)
#include "tst_evidencesearch.moc"
