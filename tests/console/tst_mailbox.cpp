// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "console/core/session/mailbox.h"

using namespace tapio::console;

namespace {

struct Update {
    std::map<std::string, int> newest;
    std::vector<int> all;
};

} // namespace

class TestMailbox : public QObject {
    Q_OBJECT
private slots:
    void post_wakesOnceUntilTaken()
    {
        int wakes = 0;
        Mailbox<Update> mailbox([&wakes] { ++wakes; });
        for (int i = 0; i < 100; ++i) {
            mailbox.post([i](Update &update) {
                update.newest["a"] = i;
                update.all.push_back(i);
            });
        }
        QCOMPARE(wakes, 1);
        const Update first = mailbox.take();
        QCOMPARE(first.newest.at("a"), 99);
        QCOMPARE(first.all.size(), 100u);
        QVERIFY(mailbox.take().all.empty());
        mailbox.post([](Update &update) { update.all.push_back(7); });
        QCOMPARE(wakes, 2);
        QCOMPARE(mailbox.take().all, std::vector<int>{7});
    }

    void post_fromManyThreadsLosesNothing()
    {
        constexpr int threads = 4, each = 5'000;
        std::atomic<int> wakes = 0;
        Mailbox<Update> mailbox([&wakes] { ++wakes; });
        std::size_t taken = 0;
        {
            std::vector<std::jthread> posters;
            for (int t = 0; t < threads; ++t) {
                posters.emplace_back([&mailbox] {
                    for (int i = 0; i < each; ++i)
                        mailbox.post([i](Update &update) { update.all.push_back(i); });
                });
            }
            for (int i = 0; i < 100; ++i)
                taken += mailbox.take().all.size();
        }
        taken += mailbox.take().all.size();
        QCOMPARE(taken, std::size_t(threads) * each);
        QVERIFY(wakes <= 102);
    }
};

QTEST_APPLESS_MAIN(TestMailbox)
#include "tst_mailbox.moc"
