// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <memory>
#include <thread>

#include "protocol/base/boundedqueue.h"

using namespace tapio;
using namespace std::chrono_literals;

class TestBoundedQueue : public QObject {
    Q_OBJECT
private slots:
    void push_refusesWhenFullAndLeavesTheValue()
    {
        BoundedQueue<std::unique_ptr<int>> queue(1);
        QVERIFY(queue.push(std::make_unique<int>(1)));
        auto second = std::make_unique<int>(2);
        QVERIFY(!queue.push(std::move(second)));
        QVERIFY(second != nullptr);
        QCOMPARE(*second, 2);
        QCOMPARE(queue.size(), 1u);
    }

    void close_letsTheRestBeTakenAndRefusesMore()
    {
        BoundedQueue<int> queue(4);
        QVERIFY(queue.push(1));
        queue.close();
        QVERIFY(!queue.push(2));
        QCOMPARE(queue.waitPop(1s).value(), 1);
        QVERIFY(!queue.waitPop(1s).has_value());
    }

    void threads_passEverythingInOrder()
    {
        constexpr int count = 20'000;
        BoundedQueue<int> queue(64);
        std::jthread producer([&queue] {
            for (int i = 0; i < count;) {
                if (queue.push(int(i)))
                    ++i;
                else
                    std::this_thread::yield();
            }
            queue.close();
        });
        int expected = 0;
        while (true) {
            const auto value = queue.waitPop(10s);
            if (!value.has_value())
                break;
            QCOMPARE(*value, expected++);
        }
        QCOMPARE(expected, count);
    }
};

QTEST_APPLESS_MAIN(TestBoundedQueue)
#include "tst_boundedqueue.moc"
