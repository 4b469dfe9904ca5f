// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "agent/server/replayring.h"
#include "tests/server/servertest.h"

using namespace tapio;
using namespace tapio::server;

namespace {

std::shared_ptr<const wire::Delivery> small(std::uint64_t seq) { return test::delivery("node-1", test::eventFrame(seq)); }

} // namespace

class TestReplayRing : public QObject {
    Q_OBJECT
private slots:
    void append_keepsWhatFits()
    {
        const std::uint64_t bytes = footprint(*small(1));
        ReplayRing ring(3 * bytes);
        for (std::uint64_t seq = 1; seq <= 5; ++seq)
            ring.append(small(seq), 0);
        QCOMPARE(ring.begin(), 2u);
        QCOMPARE(ring.end(), 5u);
        QCOMPARE(ring.at(2)->frame.frameSeq, 3u);
        QCOMPARE(ring.bytes(), 3 * bytes);
        QCOMPARE(ring.bytesFrom(4), bytes);
        QCOMPARE(ring.bytesFrom(5), 0u);
        QCOMPARE(ring.bytesFrom(0), ring.bytes());
    }

    void append_keepsTheNewestWhateverItsSize()
    {
        ReplayRing ring(1);
        ring.append(small(1), 0);
        ring.append(test::delivery("node-1", test::eventFrame(2, 100)), 0);
        QCOMPARE(ring.end() - ring.begin(), 1u);
        QCOMPARE(ring.at(ring.begin())->frame.frameSeq, 2u);
    }

    void append_letsGoOfWhatIsTooOld()
    {
        ReplayRing ring(1u << 20, 100);
        ring.append(small(1), 1000);
        ring.append(small(2), 1050);
        ring.append(small(3), 1100);
        QCOMPARE(ring.end() - ring.begin(), 3u); // the first is just as old as may be
        ring.append(small(4), 1151);
        QCOMPARE(ring.end() - ring.begin(), 2u);
        QCOMPARE(ring.letGoUpTo("node-1", small(1)->frame.streamId), 2u);
        ring.append(small(5), 9000); // nothing came for long: the newest is kept, however old it gets
        QCOMPARE(ring.end() - ring.begin(), 1u);
    }

    void setLimits_withoutAnAge_keepsWhatFits()
    {
        ReplayRing ring(1u << 20, 100);
        ring.setLimits(1u << 20, 0);
        ring.append(small(1), 1000);
        ring.append(small(2), 9000);
        QCOMPARE(ring.end() - ring.begin(), 2u);
        ring.setLimits(1u << 20, 100);
        QCOMPARE(ring.end() - ring.begin(), 1u);
    }

    void setLimits_takesEffectAtOnce()
    {
        ReplayRing ring(1u << 20);
        for (std::uint64_t seq = 1; seq <= 10; ++seq)
            ring.append(small(seq), 0);
        ring.setLimits(2 * footprint(*small(1)), 0);
        QCOMPARE(ring.end() - ring.begin(), 2u);
    }

    void footprint_growsWithEveryKindOfContent()
    {
        const auto size = [](decltype(wire::Frame::body) body) { return footprint(*test::delivery("n", {1, 1, 1, std::move(body)})); };
        const std::uint64_t empty = size(wire::EventBatch());
        QVERIFY(size(test::batch(1, {test::event(), test::event()})) >= empty + 2 * sizeof(wire::Event));
        auto long10 = std::vector<std::string>(10, std::string(1000, 'x'));
        wire::EventBatch withArguments = test::batch(1, {test::event()});
        withArguments.events[0].detail = wire::ProcessExec{1, "sh", std::string(200, 'f'), long10, false};
        QVERIFY(size(withArguments) >= size(test::batch(1, {test::event()})) + 10 * 1000 + 200);
        QVERIFY(
            size(wire::EventBatch{1, std::vector<wire::Origin>(1, wire::Origin{1, std::string(4096, 'c'), {}, {}, {}, {}, {}, {}}), {}, {}})
            >= empty + 4096);
        QVERIFY(size(wire::SampleBatch{1, {}, long10, {}, {}}) >= empty + 10 * 1000);
        QVERIFY(size(wire::HookReport{1, {{"tcp", "x", {}, "", std::string(9000, 'r'), 0, 0}}}) >= empty + 9000);
        QVERIFY(size(wire::SampleBatch{1, {}, {""}, std::vector<wire::Sample>(100), {}}) >= empty + 100 * sizeof(wire::Sample));
        QVERIFY(size(wire::CounterReport{1, std::vector<wire::SourceCounters>(10)}) >= empty + 10 * sizeof(wire::SourceCounters));
        QVERIFY(size(wire::CounterReport{1, {}, 0, std::vector<wire::RuleCounters>(10)}) >= empty + 10 * sizeof(wire::RuleCounters));
        QVERIFY(size(wire::HookReport{1, std::vector<wire::Hook>(10)}) >= empty + 10 * sizeof(wire::Hook));
    }
};

QTEST_APPLESS_MAIN(TestReplayRing)
#include "tst_replayring.moc"
