// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "agent/server/filterunion.h"
#include "protocol/wire/filter.h"

using namespace tapio;
using namespace tapio::server;

namespace {

wire::EventFilter byNamespace(const std::string &name)
{
    wire::EventFilter filter;
    filter.namespaces = {name};
    return filter;
}

} // namespace

class TestFilterUnion : public QObject {
    Q_OBJECT
private slots:
    void begins_withEverything()
    {
        const FilterUnion all;
        QCOMPARE(all.current().epoch, 0u);
        QVERIFY(all.current().any.empty());
    }

    void update_hasEachDifferentFilterOnce()
    {
        FilterUnion filters;
        QVERIFY(filters.update({byNamespace("a"), byNamespace("b"), byNamespace("a")}, false));
        QCOMPARE(filters.current().any.size(), 2u);
        QCOMPARE(filters.current().epoch, 1u);
    }

    void update_sameSetIsNoChange()
    {
        FilterUnion filters;
        filters.update({byNamespace("a"), byNamespace("b")}, false);
        QVERIFY(!filters.update({byNamespace("b"), byNamespace("a"), byNamespace("b")}, false));
        QCOMPARE(filters.current().epoch, 1u);
    }

    void update_everything_data()
    {
        QTest::addColumn<int>("filters");
        QTest::addColumn<bool>("withAll");
        QTest::addColumn<bool>("everything");
        QTest::newRow("a store wants all") << 2 << false << true;
        QTest::newRow("one console wants all") << 2 << true << false;
        QTest::newRow("too many different filters") << int(FilterUnion::maxFilters) + 1 << false << false;
    }
    void update_everything()
    {
        QFETCH(int, filters);
        QFETCH(bool, withAll);
        QFETCH(bool, everything);
        FilterUnion all;
        QVERIFY(all.update({byNamespace("first")}, false));
        std::vector<wire::EventFilter> wanted;
        for (int i = 0; i < filters; ++i)
            wanted.push_back(byNamespace(std::to_string(i)));
        if (withAll)
            wanted.emplace_back();
        QVERIFY(all.update(wanted, everything));
        QVERIFY(all.current().any.empty());
        QCOMPARE(all.current().epoch, 2u);
    }

    void update_detailIsKeptWhereAllIsWanted()
    {
        wire::EventFilter detail = byNamespace("a");
        detail.detail = true;
        FilterUnion all;
        QVERIFY(all.update({detail, byNamespace("b")}, true));
        QVERIFY((all.current().any == std::vector{detail, wire::EventFilter()}));
        QVERIFY(all.update({wire::EventFilter()}, false)); // whoever asked for detail is gone
        QVERIFY(all.current().any.empty());
        std::vector<wire::EventFilter> many;
        for (std::size_t i = 0; i <= FilterUnion::maxFilters; ++i) {
            many.push_back(byNamespace(std::to_string(i)));
            many.back().detail = true;
        }
        QVERIFY(all.update(many, false));
        QCOMPARE(all.current().any.size(), std::size_t(2));
        QVERIFY(all.current().any[0].detail && wire::wantsEverything(all.current().any[0]));
    }
};

QTEST_APPLESS_MAIN(TestFilterUnion)
#include "tst_filterunion.moc"
