// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "protocol/base/counters.h"

using namespace tapio;

namespace {

CounterSet atRest()
{
    CounterSet set;
    set[Counter::Seen] = 100;
    set[Counter::KFiltered] = 20;
    set[Counter::Folded] = 30;
    set[Counter::Lost] = 5;
    set[Counter::Drained] = 45;
    set[Counter::Malformed] = 1;
    set[Counter::UFiltered] = 2;
    set[Counter::Shed] = 3;
    set[Counter::QDrop] = 4;
    set[Counter::Sent] = 35;
    return set;
}

} // namespace

class TestCounters : public QObject {
    Q_OBJECT
private slots:
    void names_areDistinctAndKnown()
    {
        QSet<QString> names;
        for (std::size_t i = 0; i < counterCount; ++i)
            names.insert(QString::fromUtf8(counterName(static_cast<Counter>(i)).data()));
        QCOMPARE(names.size(), qsizetype(counterCount));
        QVERIFY(!names.contains("unknown"));
        QCOMPARE(counterName(static_cast<Counter>(99)), std::string_view("unknown"));
    }

    void invariants_balanceAtRest()
    {
        QCOMPARE(atRest().inRing(), 0);
        QCOMPARE(atRest().inAgent(), 0);
        QCOMPARE(atRest().missing(), 12u);
    }

    void invariants_showWhatIsUnderWayAndWhatIsBroken()
    {
        CounterSet set = atRest();
        set[Counter::Seen] += 7;
        QCOMPARE(set.inRing(), 7);
        set[Counter::Sent] += 1;
        QCOMPARE(set.inAgent(), -1);
    }

    void difference_data()
    {
        QTest::addColumn<quint64>("earlier");
        QTest::addColumn<quint64>("later");
        QTest::addColumn<quint64>("delta");
        QTest::addColumn<bool>("reset");
        QTest::newRow("nothing happened") << 5ull << 5ull << 0ull << false;
        QTest::newRow("it grew") << 5ull << 12ull << 7ull << false;
        QTest::newRow("a restart gives what came after it") << 500ull << 12ull << 12ull << true;
    }
    void difference()
    {
        QFETCH(quint64, earlier);
        QFETCH(quint64, later);
        CounterSet a;
        CounterSet b;
        a[Counter::Seen] = earlier;
        b[Counter::Seen] = later;
        const CounterDelta delta = tapio::difference(b, a);
        QTEST(static_cast<quint64>(delta.delta[Counter::Seen]), "delta");
        QTEST(delta.reset, "reset");
    }
};

QTEST_APPLESS_MAIN(TestCounters)
#include "tst_counters.moc"
