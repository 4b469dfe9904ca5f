// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <algorithm>
#include <map>
#include <tuple>

#include "console/core/metrics/insightcause.h"
#include "protocol/wire/evidence.h"
#include "tests/console/insightviews.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

class tst_InsightCause : public QObject {
    Q_OBJECT

private slots:
    void group_data();
    void group();
    void group_isTheSameInAnyOrder();
    void group_ofVeryMany();
};

void tst_InsightCause::group_data()
{
    QTest::addColumn<std::vector<InsightView>>("views");
    QTest::addColumn<std::vector<std::size_t>>("heads");
    using V = std::vector<InsightView>;
    using H = std::vector<std::size_t>;
    QTest::newRow("none") << V{} << H{};
    QTest::newRow("alone") << V{view(1, "a", t0, t0)} << H{0};
    QTest::newRow("overlapping, the earliest is second")
        << V{view(1, "a", t0 + 5 * s, t0 + 9 * s), view(2, "a", t0, t0 + 6 * s)} << H{1, 1};
    QTest::newRow("another root") << V{view(1, "a", t0, t0 + 9 * s), view(2, "b", t0, t0 + 9 * s)} << H{0, 1};
    QTest::newRow("no root is no cause") << V{view(1, "", t0, t0 + 9 * s), view(2, "", t0, t0 + 9 * s)} << H{0, 1};
    QTest::newRow("just within the gap") << V{view(1, "a", t0, t0), view(2, "a", t0 + 60 * s, t0 + 61 * s)} << H{0, 0};
    QTest::newRow("just beyond") << V{view(1, "a", t0, t0), view(2, "a", t0 + 60 * s + 1, t0 + 61 * s)} << H{0, 1};
    QTest::newRow("a long one reaches over a short one")
        << V{view(1, "a", t0, t0 + 500 * s), view(2, "a", t0 + s, t0 + 2 * s), view(3, "a", t0 + 400 * s, t0 + 401 * s)} << H{0, 0, 0};
    const auto reaching = [](InsightView view, std::vector<std::string> affected, std::vector<std::string> owners = {}) {
        view.insight.affected = std::move(affected);
        view.insight.owners = std::move(owners);
        return view;
    };
    const auto of = [](InsightView view, wire::EntityKind kind) {
        view.insight.rootKind = kind;
        return view;
    };
    const auto citing = [](InsightView view, std::vector<std::uint64_t> events) {
        for (const std::uint64_t seq : events)
            view.insight.evidence.push_back(wire::evidenceLine({"x", t0, 0, "n1", 7, seq, "what"}));
        return view;
    };
    const InsightView node = of(view(1, "n1", t0, t0 + 9 * s), wire::EntityKind::Node);
    QTest::newRow("about what the other reaches") << V{view(1, "a", t0 + s, t0 + 2 * s), reaching(node, {"pod b", "pod a"})} << H{1, 1};
    QTest::newRow("reached a minute later") << V{reaching(node, {"pod a"}), view(2, "a", t0 + 69 * s, t0 + 99 * s)} << H{0, 0};
    QTest::newRow("reached later than that") << V{reaching(node, {"pod a"}), view(2, "a", t0 + 69 * s + 1, t0 + 99 * s)} << H{0, 1};
    QTest::newRow("reached long before") << V{view(1, "a", t0 - 99 * s, t0 - 61 * s), reaching(node, {"pod a"})} << H{0, 1};
    QTest::newRow("two that reach the same") << V{reaching(view(1, "a", t0, t0), {"pod c"}), reaching(view(2, "b", t0, t0), {"pod c"})}
                                             << H{0, 1};
    QTest::newRow("through a third") << V{reaching(view(1, "a", t0, t0), {"pod c"}), reaching(view(2, "b", t0 + s, t0 + s), {"pod c"}),
                                          view(3, "c", t0 + s, t0 + 2 * s)}
                                     << H{0, 0, 0};
    QTest::newRow("its owner's") << V{of(view(1, "shop/web", t0, t0 + s), wire::EntityKind::Workload),
                                      reaching(view(2, "shop/web-1", t0 + s, t0 + 2 * s), {}, {"Deployment shop/web"})}
                                 << H{0, 0};
    QTest::newRow("what lasts joins what comes again and again")
        << V{view(1, "a", t0, t0), view(2, "a", t0 + 100 * s, t0 + 100 * s), view(3, "a", t0 + 200 * s, t0 + 200 * s),
             view(4, "a", t0 + 900 * s, t0 + 900 * s), reaching(view(5, "b", t0 + 50 * s, t0 + 210 * s), {"pod a"})}
        << H{0, 0, 0, 3, 0};
    const auto atNode = [](InsightView view, const std::string &name) {
        view.node = name;
        return view;
    };
    for (const auto &[what, kind, name, isOne, isOneOfANode] :
         {std::tuple("a destination", wire::EntityKind::Destination, "10.0.0.1:80", true, true),
          std::tuple("a link-local one", wire::EntityKind::Destination, "169.254.20.10:53", false, true),
          std::tuple("loopback, which is a pod's", wire::EntityKind::Destination, "127.0.0.1:80", false, false),
          std::tuple("a service of the node", wire::EntityKind::Container, "/system.slice/x.service", false, true),
          std::tuple("a container of a pod", wire::EntityKind::Container, "shop/a/main", true, true),
          std::tuple("a process", wire::EntityKind::Process, "sh (17)", false, true)}) {
        const InsightView one = of(view(1, name, t0, t0), kind), other = of(view(2, name, t0, t0), kind);
        QTest::addRow("%s of two nodes", what) << V{atNode(one, "n1"), atNode(other, "n2")} << (isOne ? H{0, 0} : H{0, 1});
        QTest::addRow("%s of one node", what) << V{one, other} << (isOneOfANode ? H{0, 0} : H{0, 1});
    }
    QTest::newRow("of one event") << V{citing(of(view(1, "root", t0, t0), wire::EntityKind::Account), {3, 4}),
                                       citing(of(view(2, "10.0.0.1", t0 + s, t0), wire::EntityKind::Address), {4, 5})}
                                  << H{0, 0};
    QTest::newRow("of others") << V{citing(view(1, "a", t0, t0), {3, 4}), citing(view(2, "b", t0, t0), {5, 6})} << H{0, 1};
    QTest::newRow("what no event says is none") << V{citing(view(1, "a", t0, t0), {0}), citing(view(2, "b", t0, t0), {0})} << H{0, 1};
    InsightView hostile = reaching(view(1, "a", INT64_MIN, INT64_MAX), {"", " ", "pod", "pod a"}, {"", " ", "x"});
    hostile.insight.evidence = {"", " ", "/", "a b c /", "a b c d/e/1"};
    InsightView second = hostile;
    second.insight.id = 3;
    QTest::newRow("times and texts that are none") << V{hostile, view(2, "a", t0, t0), second} << H{0, 1, 0};
    V kinds{view(1, "a", t0, t0 + s), view(2, "a", t0, t0 + s)};
    kinds[1].insight.rootKind = wire::EntityKind::Node;
    QTest::newRow("a node called as a pod") << kinds << H{0, 1};
    V worst{view(1, "a", t0, t0 + s), view(2, "a", t0, t0 + s)};
    worst[1].severity = wire::Severity::Critical;
    QTest::newRow("of one moment the worst") << worst << H{1, 1};
}

void tst_InsightCause::group()
{
    QFETCH(std::vector<InsightView>, views);
    QTEST(groupByCause(views), "heads");
}

void tst_InsightCause::group_isTheSameInAnyOrder()
{
    std::vector<InsightView> views;
    for (std::uint64_t i = 0; i < 7; ++i)
        views.push_back(view(i, i % 2 ? "a" : "b", t0 + static_cast<std::int64_t>(i * 40) * s, t0 + static_cast<std::int64_t>(i * 41) * s));
    const auto heads = [](const std::vector<InsightView> &all) {
        std::map<std::uint64_t, std::uint64_t> byId;
        const auto headOf = groupByCause(all);
        for (std::size_t i = 0; i < all.size(); ++i)
            byId[all[i].insight.id] = all[headOf[i]].insight.id;
        return byId;
    };
    const auto expected = heads(views);
    std::reverse(views.begin(), views.end());
    QCOMPARE(heads(views), expected);
    std::rotate(views.begin(), views.begin() + 3, views.end());
    QCOMPARE(heads(views), expected);
}

/// Of the longest list that a page holds: every one reaches what many are about.
void tst_InsightCause::group_ofVeryMany()
{
    std::vector<InsightView> views;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        views.push_back(view(i + 1, "a", t0 + static_cast<std::int64_t>(i) * 100 * s, t0 + static_cast<std::int64_t>(i) * 100 * s));
        if (i % 2 == 0)
            continue;
        views.back().insight.root = "b" + std::to_string(i);
        views.back().insight.fromNs = t0;
        views.back().insight.affected = {"pod a"};
    }
    const auto headOf = groupByCause(views);
    const auto first = static_cast<std::ptrdiff_t>(headOf[0]);
    QCOMPARE(std::count(headOf.begin(), headOf.end(), headOf[0]), std::ptrdiff_t(20'000));
    QCOMPARE(views[static_cast<std::size_t>(first)].insight.fromNs, t0);
}

QTEST_GUILESS_MAIN(tst_InsightCause)
#include "tst_insightcause.moc"
