// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "console/core/session/storethread.h"
#include "tests/console/fakestore.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

constexpr int patience = 10'000;

std::shared_ptr<const wire::Delivery> frame(std::uint64_t seq, std::size_t events = 1)
{
    auto delivery = std::make_shared<wire::Delivery>();
    delivery->node = "node-1";
    delivery->receivedNs = 1;
    delivery->frame.streamId = 7;
    delivery->frame.frameSeq = seq;
    wire::EventBatch batch;
    batch.firstSeq = seq;
    batch.events.resize(events);
    delivery->frame.body = std::move(batch);
    return delivery;
}

/// What the hooks were told.
struct Told {
    std::mutex mutex;
    std::uint64_t processed = 0;
    std::uint64_t safe = 0;
    std::size_t committedWhenSafe = 0;
    std::vector<std::string> errors;

    template <typename Value> Value get(Value Told::*member)
    {
        const std::lock_guard lock(mutex);
        return this->*member;
    }
};

struct Fixture {
    std::shared_ptr<FakeWriter::State> state = std::make_shared<FakeWriter::State>();
    Told told;
    SystemClock clock;
    StoreThread thread{std::make_unique<FakeWriter>(state), hooks(), clock};

    StoreHooks hooks()
    {
        StoreHooks hooks;
        hooks.processed = [this](std::shared_ptr<const wire::Delivery>) {
            const std::lock_guard lock(told.mutex);
            ++told.processed;
        };
        hooks.safe = [this](const std::vector<wire::ResumePoint> &points) {
            const std::scoped_lock lock(told.mutex, state->mutex);
            told.safe = points.front().frameSeq;
            told.committedWhenSafe = state->committed.size();
        };
        hooks.error = [this](const std::string &error) {
            const std::lock_guard lock(told.mutex);
            told.errors.push_back(error);
        };
        hooks.stats = [](const StoreStats &) {};
        return hooks;
    }
    void setFull(bool full)
    {
        const std::lock_guard lock(state->mutex);
        state->full = full;
    }
    std::size_t committed()
    {
        const std::lock_guard lock(state->mutex);
        return state->committed.size();
    }
};

} // namespace

class TestStoreThread : public QObject {
    Q_OBJECT
private slots:
    void safe_comesAfterTheCommit()
    {
        Fixture fixture;
        fixture.thread.start();
        for (std::uint64_t seq = 1; seq <= 50; ++seq)
            QVERIFY(fixture.thread.offer(frame(seq)));
        QTRY_COMPARE_WITH_TIMEOUT(fixture.told.get(&Told::safe), 50u, patience);
        QCOMPARE(fixture.told.get(&Told::committedWhenSafe), 50u);
        QCOMPARE(fixture.told.get(&Told::processed), 50u);
        QCOMPARE(fixture.thread.queuedEvents(), 0u);
        QVERIFY(fixture.told.get(&Told::errors).empty());
    }

    void fullDisk_nothingIsSafeUntilThereIsRoomAgain()
    {
        Fixture fixture;
        fixture.setFull(true);
        fixture.thread.start();
        for (std::uint64_t seq = 1; seq <= 10; ++seq)
            QVERIFY(fixture.thread.offer(frame(seq)));
        fixture.thread.putAction({1, "export", "x.csv", "kim"});
        fixture.thread.putFigures({{1, "queue.oldest", "", 2}});
        QTRY_VERIFY_WITH_TIMEOUT(!fixture.told.get(&Told::errors).empty(), patience);
        QVERIFY(fixture.told.get(&Told::errors).front().find("no space left") != std::string::npos);
        QVERIFY(fixture.told.get(&Told::errors).front().find("goes on by itself once there is room") != std::string::npos);
        QCOMPARE(fixture.told.get(&Told::safe), 0u);
        fixture.setFull(false);
        QTRY_COMPARE_WITH_TIMEOUT(fixture.told.get(&Told::safe), 10u, patience);
        QTRY_COMPARE_WITH_TIMEOUT(fixture.told.get(&Told::errors).back(), std::string(), patience);
        const std::lock_guard lock(fixture.state->mutex);
        QCOMPARE(fixture.state->committed.size(), 10u); // each once
        QCOMPARE(fixture.state->actions.size(), 1u);
        QCOMPARE(fixture.state->figures.size(), 1u);
    }

    void fullDisk_atTheEndSaysWhatIsInNoFile()
    {
        Fixture fixture;
        fixture.thread.start();
        QVERIFY(fixture.thread.offer(frame(1, 3)));
        QTRY_COMPARE_WITH_TIMEOUT(fixture.told.get(&Told::safe), 1u, patience);
        fixture.setFull(true);
        for (std::uint64_t seq = 2; seq <= 4; ++seq)
            QVERIFY(fixture.thread.offer(frame(seq, 10)));
        fixture.thread.stop();
        QCOMPARE(fixture.thread.unstoredEvents(), 30u);
        QVERIFY(fixture.thread.lastError().find("no space left") != std::string::npos);
        QCOMPARE(fixture.told.get(&Told::safe), 1u);
    }

    void fullDisk_framesAreRefusedWhenTheBuffersAreFull()
    {
        Fixture fixture;
        fixture.setFull(true);
        fixture.state->bufferFrames = 5;
        fixture.thread.start();
        std::uint64_t taken = 0;
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] {
                while (fixture.thread.offer(frame(taken + 1, 1000)))
                    ++taken;
                return taken > 0;
            }(),
            patience);
        QVERIFY(fixture.thread.queuedEvents() <= StoreThread::maxEvents);
        QVERIFY(taken <= StoreThread::maxEvents / 1000 + 5);
        fixture.setFull(false);
        QTRY_COMPARE_WITH_TIMEOUT(fixture.committed(), taken, patience);
        QVERIFY(fixture.thread.offer(frame(taken + 1)));
    }

    void stop_commitsWhatWasTaken()
    {
        Fixture fixture;
        fixture.thread.start();
        for (std::uint64_t seq = 1; seq <= 500; ++seq)
            QVERIFY(fixture.thread.offer(frame(seq)));
        fixture.thread.stop();
        QCOMPARE(fixture.committed(), 500u);
        QCOMPARE(fixture.told.get(&Told::safe), 500u);
        QVERIFY(!fixture.thread.offer(frame(501)));
    }

    void stop_withoutStartDoesNothing()
    {
        Fixture fixture;
        fixture.thread.stop();
        QVERIFY(!fixture.thread.offer(frame(1)));
    }

    void oversizedFrame_isTakenAlone()
    {
        Fixture fixture;
        QVERIFY(fixture.thread.offer(frame(1, StoreThread::maxEvents + 1)));
        QVERIFY(!fixture.thread.offer(frame(2, 1)));
    }
};

QTEST_APPLESS_MAIN(TestStoreThread)
#include "tst_storethread.moc"
