// SPDX-License-Identifier: GPL-3.0-or-later
// What the agent says of itself in its own stream.
#include <QtTest>

#include "agent/pipeline/notices.h"

using namespace tapio;
using namespace tapio::agent;

class TestAgentNotices : public QObject {
    Q_OBJECT
private slots:
    void spoolLoss_saysWhatIsMissingAndOfWhichTime()
    {
        SpoolLoss loss;
        loss.cause = SpoolCause::Age;
        loss.events = 1200;
        loss.fromNs = 1'795'680'000'000'000'000;
        loss.toNs = loss.fromNs + 90 * nsPerSecond;
        const wire::AgentNotice told = noticeOf(loss);
        QCOMPARE(told.kind, wire::AgentNoticeKind::SpoolDropped);
        QCOMPARE(told.what, std::string("age"));
        QCOMPARE(told.text, std::string("the disk spool gave up 1200 events of 2026-11-26 08:00:00 UTC to 2026-11-26 08:01:30 UTC"));
        loss.earlier = true;
        loss.abandonedEvents = 200;
        QCOMPARE(noticeOf(loss).text,
                 std::string("the disk spool gave up 1200 events of an earlier start of 2026-11-26 08:00:00 UTC to 2026-11-26 08:01:30 UTC"
                             "; 200 of them had been sent once and may have arrived"));
    }

    void spoolLosses_ofOneCauseAndOriginAreTold_asOne()
    {
        std::vector<SpoolLoss> known;
        for (int i = 0; i < 100; ++i) {
            SpoolLoss loss;
            loss.cause = i % 2 == 0 ? SpoolCause::Full : SpoolCause::Age;
            loss.earlier = i % 4 == 0;
            loss.frames = 1;
            loss.events = 10;
            loss.fromNs = 1000 - i;
            loss.toNs = 1000 + i;
            loss.unsent = {{"process", 10}};
            addLoss(known, loss);
        }
        QCOMPARE(known.size(), 3u);
        std::uint64_t events = 0;
        std::int64_t fromNs = 1000, toNs = 0;
        for (const SpoolLoss &loss : known) {
            events += loss.events;
            fromNs = std::min(fromNs, loss.fromNs);
            toNs = std::max(toNs, loss.toNs);
            QVERIFY(loss.unsent.empty());
        }
        QCOMPARE(events, 1000u);
        QCOMPARE(fromNs, 901);
        QCOMPARE(toNs, 1099);
    }
};

QTEST_GUILESS_MAIN(TestAgentNotices)
#include "tst_agentnotices.moc"
