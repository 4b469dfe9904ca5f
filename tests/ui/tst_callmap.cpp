// SPDX-License-Identifier: GPL-3.0-or-later
// Where the parties around an insight stand, and the table of their calls.
#include <QAbstractItemModelTester>
#include <QtTest>

#include <set>

#include "console/ui/models/callsmodel.h"
#include "protocol/base/clock.h"

using namespace tapio;
using namespace tapio::console;

namespace {

/// Parties "a", "b" ...; "ab" is a call of a to b.
CallGraph graphOf(const QStringList &calls, std::size_t parties = 0)
{
    CallGraph graph;
    graph.toNs = 100 * nsPerSecond;
    for (const QString &call : calls) {
        for (const QChar letter : call)
            parties = std::max<std::size_t>(parties, static_cast<std::size_t>(letter.toLatin1() - 'a') + 1);
    }
    for (std::size_t i = 0; i < parties; ++i)
        graph.parties.push_back(
            {wire::EntityKind::Workload, std::string(1, static_cast<char>('a' + i % 26)) + (i < 26 ? "" : std::to_string(i))});
    for (const QString &call : calls) {
        CallEdge edge;
        edge.caller = static_cast<std::size_t>(call[0].toLatin1() - 'a');
        edge.callee = static_cast<std::size_t>(call[1].toLatin1() - 'a');
        edge.calls = 200;
        edge.errors = 10;
        edge.p50Ns = 2e6;
        edge.p99Ns = 30e6;
        edge.isToldByCaller = true;
        graph.edges.push_back(edge);
    }
    return graph;
}

std::vector<std::size_t> partiesOf(const QString &letters)
{
    std::vector<std::size_t> all;
    for (const QChar letter : letters)
        all.push_back(static_cast<std::size_t>(letter.toLatin1() - 'a'));
    return all;
}

/// "a0 b1": the column of each, in order of names.
QString columnsOf(const CallMap &map)
{
    QStringList all;
    for (const CallMapNode &node : map.nodes)
        all << QString("%1%2").arg(QChar('a' + static_cast<int>(node.party))).arg(node.column);
    all.sort();
    return all.join(' ');
}

} // namespace

class tst_CallMap : public QObject {
    Q_OBJECT

private slots:
    void columns_data();
    void columns();
    void places_areOnesOwn_data();
    void places_areOnesOwn();
    void marks_areThoseAskedFor();
    void tooMany_areCounted();
    void rows_avoidCrossing();
    void table_isOfWhatIsShown();
};

void tst_CallMap::columns_data()
{
    QTest::addColumn<QStringList>("calls");
    QTest::addColumn<QString>("roots");
    QTest::addColumn<QString>("affected");
    QTest::addColumn<QString>("columns");
    QTest::addColumn<int>("unrelated");
    QTest::newRow("a chain from its middle") << QStringList{"ab", "bc"} << "b"
                                             << ""
                                             << "a0 b1 c2" << 0;
    QTest::newRow("a circle") << QStringList{"ab", "bc", "ca"} << "a"
                              << ""
                              << "a1 b2 c0" << 0;
    QTest::newRow("calls of itself") << QStringList{"aa", "ab"} << "a"
                                     << ""
                                     << "a0 b1" << 0;
    QTest::newRow("two that call each other") << QStringList{"ab", "ba"} << "a"
                                              << ""
                                              << "a0 b1" << 0;
    QTest::newRow("callers of a callee stand beside the root") << QStringList{"ac", "bc"} << "a"
                                                               << ""
                                                               << "a0 b0 c1" << 0;
    QTest::newRow("others that have nothing to do with it") << QStringList{"ab", "cd", "de"} << "a"
                                                            << ""
                                                            << "a0 b1" << 3;
    QTest::newRow("what is affected, and no call leads to") << QStringList{"ab", "cd"} << "a"
                                                            << "d"
                                                            << "a1 b2 c0 d1" << 0;
    QTest::newRow("affected alone") << QStringList{"ab"} << ""
                                    << "b"
                                    << "a0 b1" << 0;
    QTest::newRow("nothing of it") << QStringList{"ab"} << ""
                                   << ""
                                   << "" << 2;
    QTest::newRow("what is no party") << QStringList{"ab"} << "z"
                                      << ""
                                      << "" << 2;
    QTest::newRow("an empty graph") << QStringList{} << "a"
                                    << "b"
                                    << "" << 0;
}

void tst_CallMap::columns()
{
    QFETCH(QStringList, calls);
    QFETCH(QString, roots);
    QFETCH(QString, affected);
    QFETCH(int, unrelated);
    const CallGraph graph = graphOf(calls);
    const CallMap map = layoutCalls(graph, partiesOf(roots), partiesOf(affected));
    QTEST(columnsOf(map), "columns");
    QCOMPARE(map.unrelated, std::size_t(unrelated));
    QCOMPARE(map.left, std::size_t(0));
    QVERIFY(layoutCalls(graph, partiesOf(roots), partiesOf(affected)) == map);
    for (const std::size_t edge : map.edges)
        QVERIFY(graph.edges[edge].caller != graph.edges[edge].callee);
}

void tst_CallMap::places_areOnesOwn_data()
{
    QTest::addColumn<int>("parties");
    QTest::addColumn<int>("most");
    QTest::newRow("few") << 7 << 24;
    QTest::newRow("a thousand") << 1000 << 24;
    QTest::newRow("a thousand, and room for most") << 1000 << 900;
}

void tst_CallMap::places_areOnesOwn()
{
    QFETCH(int, parties);
    QFETCH(int, most);
    CallGraph graph = graphOf({}, static_cast<std::size_t>(parties));
    for (std::size_t i = 1; i < graph.parties.size(); ++i) { // a tree, with some that lead back
        CallEdge edge;
        edge.caller = i / 3;
        edge.callee = i;
        edge.calls = i;
        graph.edges.push_back(edge);
        if (i % 7 == 0)
            graph.edges.push_back({i, i / 5, false, false, 1, 0, 0, 0, 0, 0});
    }
    const CallMap map = layoutCalls(graph, {graph.parties.size() / 2}, {0}, static_cast<std::size_t>(most));
    QCOMPARE(map.nodes.size() + map.left, graph.parties.size());
    QVERIFY(map.nodes.size() <= static_cast<std::size_t>(most));
    std::set<std::pair<int, int>> places;
    for (const CallMapNode &node : map.nodes) {
        QVERIFY(node.column >= 0 && node.column < map.columns && node.row >= 0 && node.row < map.rows);
        QVERIFY(places.insert({node.column, node.row}).second);
    }
}

void tst_CallMap::marks_areThoseAskedFor()
{
    const CallMap map = layoutCalls(graphOf({"ab", "bc"}), partiesOf("b"), partiesOf("bc"));
    for (const CallMapNode &node : map.nodes) {
        QCOMPARE(node.isRoot, node.party == 1);
        QCOMPARE(node.isAffected, node.party != 0);
    }
}

void tst_CallMap::tooMany_areCounted()
{
    QStringList calls;
    for (char letter = 'b'; letter <= 'z'; ++letter)
        calls << QString("a") + letter;
    const CallMap map = layoutCalls(graphOf(calls), partiesOf("a"), partiesOf("z"), 5);
    QCOMPARE(map.nodes.size(), std::size_t(5));
    QCOMPARE(map.left, std::size_t(21));
    QVERIFY(columnsOf(map).contains("z1")); // affected: before all others
    QCOMPARE(map.edges.size(), std::size_t(4));
}

void tst_CallMap::rows_avoidCrossing()
{
    const CallMap map = layoutCalls(graphOf({"ab", "ac", "be", "cd"}), partiesOf("a"), {});
    std::map<std::size_t, int> row;
    for (const CallMapNode &node : map.nodes)
        row[node.party] = node.row;
    QCOMPARE(row[1] < row[2], row[4] < row[3]); // e stands as b does, d as c
}

void tst_CallMap::table_isOfWhatIsShown()
{
    const CallGraph graph = graphOf({"ab", "aa", "cd"});
    CallsModel model;
    QAbstractItemModelTester tester(&model);
    QCOMPARE(model.rowCount(), 0);
    model.setMap(graph, layoutCalls(graph, partiesOf("a"), {}));
    QCOMPARE(model.rowCount(), 2); // also the calls of itself
    const auto text = [&](int column) { return model.index(0, column).data().toString(); };
    QCOMPARE(text(CallsModel::Caller), QString("a"));
    QCOMPARE(text(CallsModel::Callee), QString("b"));
    QCOMPARE(text(CallsModel::Calls), QString("200"));
    QCOMPARE(text(CallsModel::Rate), QString("2/s"));
    QCOMPARE(text(CallsModel::Failed), QString("10 of 200 failed (5.0 %)"));
    QVERIFY(text(CallsModel::Median).contains("2") && text(CallsModel::Slowest).contains("30"));
    QCOMPARE(model.index(0, CallsModel::Caller).data(Qt::ToolTipRole).toString(), QString("a (workload)"));
    QVERIFY(model.edgeAt(0) && !model.edgeAt(2) && !model.edgeAt(-1));
    model.setMap({}, {});
    QCOMPARE(model.rowCount(), 0);
}

QTEST_MAIN(tst_CallMap)
#include "tst_callmap.moc"
