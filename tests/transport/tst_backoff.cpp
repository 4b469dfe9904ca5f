// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "protocol/transport/backoff.h"

using namespace tapio::transport;
using namespace std::chrono_literals;

class TestBackoff : public QObject {
    Q_OBJECT
private slots:
    void next_doublesUpToTheMaximumWithinItsSpread()
    {
        std::mt19937_64 random(1);
        for (int client = 0; client < 200; ++client) {
            Backoff backoff(250ms, 30s);
            std::chrono::milliseconds step = 250ms;
            for (int i = 0; i < 12; ++i) {
                const auto delay = backoff.next(random);
                QVERIFY2(delay >= step / 2 && delay <= step, qPrintable(QString::number(delay.count())));
                step = std::min<std::chrono::milliseconds>(step * 2, 30s);
            }
        }
    }

    void next_differsBetweenClients()
    {
        std::mt19937_64 random(2);
        QSet<qint64> delays;
        for (int client = 0; client < 100; ++client) {
            Backoff backoff(30s, 30s);
            delays.insert(backoff.next(random).count());
        }
        QVERIFY(delays.size() > 90);
    }

    void reset_beginsAgain()
    {
        std::mt19937_64 random(3);
        Backoff backoff(100ms, 10s);
        for (int i = 0; i < 10; ++i)
            backoff.next(random);
        backoff.reset();
        QVERIFY(backoff.next(random) <= 100ms);
    }

    void aMaximumBelowTheMinimum_isRaised()
    {
        std::mt19937_64 random(4);
        Backoff backoff(100ms, 1ms);
        backoff.next(random);
        QVERIFY(backoff.next(random) >= 50ms);
    }
};

QTEST_APPLESS_MAIN(TestBackoff)
#include "tst_backoff.moc"
