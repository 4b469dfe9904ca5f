// SPDX-License-Identifier: GPL-3.0-or-later
// What drills proved and what operators said, live and read back.
#include <QtTest>

#include <QTemporaryDir>

#include "console/core/metrics/historymodel.h"
#include "tests/console/fakeclock.h"
#include "tests/console/livemodelinput.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

class TestLiveProofs : public QObject {
    Q_OBJECT
private slots:
    void proofsAndVerdicts_areAsLive()
    {
        const QTemporaryDir folder;
        StoreOptions options;
        options.file = std::filesystem::path(folder.path().toStdString()) / "test.tapio";
        FakeClock clock(at(0));
        auto writer = StoreWriter::open(options, clock);
        QVERIFY(writer);
        LiveModel model;
        const auto give = [&](const wire::Delivery &delivery) {
            QVERIFY((*writer)->append(delivery));
            model.onDelivery(delivery, delivery.receivedNs);
        };
        QVERIFY((*writer)->putAgent(agentState("a", at(0))));
        model.onAgentState(agentState("a", at(0)));
        constexpr int runs = 20;
        std::uint64_t seq = 1;
        for (int i = 0; i < runs; ++i) {
            const double from = 30. * i;
            wire::Insight insight;
            insight.id = static_cast<std::uint64_t>(i) + 1;
            insight.rule = "oom-kill";
            insight.state = wire::InsightState::Open;
            insight.root = "/drill";
            const wire::DrillLabel label{"oom-kill", "/drill", "end", at(from), at(from + 5), insight.id, {std::byte{1}}};
            wire::Delivery batch = delivery("a", at(from + 6));
            batch.frame.frameSeq = insight.id;
            std::vector<wire::Event> events{eventAt(at(from + 5), label)};
            if (i > 0) // the first one is missed
                events.insert(events.begin(), eventAt(at(from + 1.8), insight));
            batch.frame.body = batchOf(seq, {}, events);
            seq += events.size();
            give(batch);
        }
        const std::vector<Verdict> verdicts{{"a", 5, "oom-kill", VerdictKind::Rejected, "a test", "kim", at(400)},
                                            {"a", 6, "oom-kill", VerdictKind::Confirmed, "seen", "kim", at(2000)}};
        for (const Verdict &verdict : verdicts)
            QVERIFY((*writer)->putVerdict(verdict));
        QVERIFY((*writer)->flush());
        model.onVerdicts({verdicts.front()});
        model.tick(at(900), {}, 0);
        const auto reader = StoreReader::open(options.file);
        QVERIFY(reader);
        const auto input = readHistory(**reader, {at(0), at(900), at(3000)}, {});
        QVERIFY(input);
        const OverviewSnapshot live = model.overview(1), history = computeOverview(*input, 1);
        for (const OverviewSnapshot *overview : {&live, &history}) {
            const PanelSnapshot &panel = overview->panels[static_cast<std::size_t>(PanelId::CorrelationAccuracy)];
            const auto &view = std::get<IntervalView>(panel.view);
            QCOMPARE(view.intervals[0].estimate.value_or(-1), 95.);
            QCOMPARE(view.intervals[1].have, std::uint64_t(1)); // a verdict that was given later is not of this range
            QCOMPARE(view.rules.size(), std::size_t(1));
            QCOMPARE(view.rules[0].found.timeNs, at(30. * (runs - 1) + 1.8));
            QCOMPARE(view.rules[0].found.leadNs, at(1.8) - at(0));
            QCOMPARE(view.rules[0].missed.timeNs, at(0));
            QVERIFY(panel.pastThreshold);
        }
    }
};

QTEST_GUILESS_MAIN(TestLiveProofs)
#include "tst_liveproofs.moc"
