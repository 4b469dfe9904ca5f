// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <algorithm>
#include <random>

#include "console/core/metrics/latencyhistogram.h"

using namespace tapio::console;

class TestLatencyHistogram : public QObject {
    Q_OBJECT
private slots:
    void empty_hasNoQuantile()
    {
        const LatencyHistogram histogram;
        QCOMPARE(histogram.count(), 0u);
        QVERIFY(!histogram.quantileNs(0.5));
    }

    void single_data()
    {
        QTest::addColumn<qint64>("recorded");
        QTest::addColumn<qint64>("shown");
        QTest::newRow("below the range counts as 1 us") << qint64(-5) << qint64(1'000);
        QTest::newRow("0 counts as 1 us") << qint64(0) << qint64(1'000);
        QTest::newRow("1 us") << qint64(1'000) << qint64(1'000);
        QTest::newRow("31.5 us") << qint64(31'500) << qint64(31'500);
        QTest::newRow("5 s") << qint64(5'000'000'000) << qint64(5'000'000'000);
        QTest::newRow("120 s") << qint64(120'000'000'000) << qint64(120'000'000'000);
        QTest::newRow("above the range counts as 120 s") << qint64(900'000'000'000) << qint64(120'000'000'000);
    }
    void single()
    {
        QFETCH(qint64, recorded);
        QFETCH(qint64, shown);
        LatencyHistogram histogram;
        histogram.record(recorded);
        QCOMPARE(*histogram.quantileNs(0.5), shown);
        QCOMPARE(*histogram.quantileNs(1), shown);
    }

    void quantiles_areNeverBelowTheTruthAndAtMostATwentiethAbove()
    {
        std::mt19937_64 random(7);
        std::lognormal_distribution<double> spread(14, 3);
        std::vector<std::int64_t> values;
        LatencyHistogram histogram;
        for (int i = 0; i < 20'000; ++i) {
            values.push_back(std::clamp<std::int64_t>(static_cast<std::int64_t>(spread(random)), LatencyHistogram::lowestNs,
                                                      LatencyHistogram::highestNs));
            histogram.record(values.back());
        }
        std::sort(values.begin(), values.end());
        for (const double q : {0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
            const std::int64_t truth = values[static_cast<std::size_t>(std::ceil(q * 20'000)) - 1];
            const std::int64_t found = *histogram.quantileNs(q);
            QVERIFY2(found >= truth / 1000 * 1000, qPrintable(QString::number(q)));
            QVERIFY2(static_cast<double>(found) <= static_cast<double>(truth) * 1.032 + 1'000, qPrintable(QString::number(q)));
        }
    }

    void record_manyAtOnce()
    {
        LatencyHistogram histogram;
        histogram.record(10'000, 99);
        histogram.record(1'000'000'000, 1);
        QCOMPARE(histogram.count(), 100u);
        QCOMPARE(*histogram.quantileNs(0.99), 10'999);
        QCOMPARE(*histogram.quantileNs(1), 1'000'000'000);
        histogram.clear();
        QCOMPARE(histogram.count(), 0u);
        QCOMPARE(histogram.maximumNs(), 0);
    }
};

QTEST_APPLESS_MAIN(TestLatencyHistogram)
#include "tst_latencyhistogram.moc"
