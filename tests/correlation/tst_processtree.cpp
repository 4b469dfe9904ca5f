// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "agent/correlation/processtree.h"

using namespace tapio;
using namespace tapio::correlation;

namespace {

/// "5@50": a process and its start.
QString text(const std::vector<ProcessTree::Member> &line)
{
    QStringList all;
    for (const ProcessTree::Member &one : line)
        all << QString("%1@%2").arg(one.pid).arg(one.startTimeNs);
    return all.join(' ');
}

struct Tree {
    void exec(std::uint32_t pid, std::uint64_t start, std::uint32_t parent, std::int64_t at, std::uint32_t node = 1)
    {
        wire::ProcessExec exec;
        exec.parentPid = parent;
        note(pid, start, exec, at, node);
    }
    void exit(std::uint32_t pid, std::uint64_t start, std::int64_t at) { note(pid, start, wire::ProcessExit(), at, 1); }
    void note(std::uint32_t pid, std::uint64_t start, wire::Detail detail, std::int64_t at, std::uint32_t node)
    {
        wire::Event event;
        event.process = {pid, 0, start, "x"};
        event.detail = std::move(detail);
        tree.note(event, at, node);
    }
    QString of(std::uint32_t pid, std::uint64_t start, std::uint32_t node = 1) { return text(tree.lineage({pid, 0, start, "x"}, node)); }

    ProcessTree tree{64};
};

} // namespace

class tst_ProcessTree : public QObject {
    Q_OBJECT

private slots:
    void lineage_goesUpAsFarAsIsKnown()
    {
        Tree t;
        t.exec(1, 10, 0, 100);
        t.exec(2, 20, 1, 200);
        t.exec(3, 30, 2, 300);
        t.exec(5, 50, 4, 500); // 4 was forked, and ran nothing
        QCOMPARE(t.of(3, 30), QString("3@30 2@20 1@10"));
        QCOMPARE(t.of(1, 10), QString("1@10"));
        QCOMPARE(t.of(5, 50), QString("5@50"));
        QCOMPARE(t.of(9, 90), QString("9@90")); // nobody told of it
        QCOMPARE(t.of(0, 90), QString());
        QCOMPARE(t.of(9, 0), QString()); // one whose start is not known may be any
    }
    void orderOfArrival_makesNoDifference()
    {
        Tree t;
        t.exec(3, 30, 2, 300);
        t.exec(2, 20, 1, 200);
        t.exec(1, 10, 0, 100);
        QCOMPARE(t.of(3, 30), QString("3@30 2@20 1@10"));
    }
    void anotherNode_isAnother()
    {
        Tree t;
        t.exec(1, 10, 0, 100, 1);
        t.exec(2, 20, 1, 200, 2);
        QCOMPARE(t.of(2, 20, 2), QString("2@20"));
        t.exec(1, 10, 0, 100, 0); // one of too many nodes
        t.exec(2, 20, 1, 200, 0);
        QCOMPARE(t.of(2, 20, 0), QString("2@20"));
    }
    void anotherOfTheSameNumber_isNoParent_data()
    {
        QTest::addColumn<qint64>("endedAt");
        QTest::addColumn<quint64>("parentStart");
        QTest::addColumn<QString>("line");
        QTest::newRow("lives") << qint64(0) << quint64(10) << "2@20 1@10";
        QTest::newRow("ended after it named it") << qint64(250) << quint64(10) << "2@20 1@10";
        QTest::newRow("ended before") << qint64(150) << quint64(10) << "2@20";
        QTest::newRow("began after its child") << qint64(0) << quint64(25) << "2@20";
    }
    void anotherOfTheSameNumber_isNoParent()
    {
        QFETCH(qint64, endedAt);
        QFETCH(quint64, parentStart);
        Tree t;
        t.exec(1, parentStart, 0, 100);
        t.exec(2, 20, 1, 200);
        if (endedAt != 0)
            t.exit(1, parentStart, endedAt);
        QTEST(t.of(2, 20), "line");
    }
    void numberThatIsUsedAgain_isTheNewOne()
    {
        Tree t;
        t.exec(1, 10, 0, 100);
        t.exec(2, 20, 1, 200);
        t.exit(2, 20, 250);
        t.exec(2, 40, 7, 400);
        QCOMPARE(t.of(2, 40), QString("2@40"));
        QCOMPARE(t.of(2, 20), QString("2@20")); // of the one before nothing is known any more
        t.exec(2, 20, 1, 201);                  // late
        QCOMPARE(t.of(2, 40), QString("2@40"));
    }
    void orphan_isOfWhoeverTookIt()
    {
        Tree t;
        t.exec(1, 10, 0, 100);
        t.exec(2, 20, 1, 200);
        t.exec(3, 30, 2, 300);
        t.exit(2, 20, 310);
        t.exec(3, 30, 1, 320); // it runs another program, and its parent is another one
        QCOMPARE(t.of(3, 30), QString("3@30 1@10"));
    }
    void circle_ends()
    {
        Tree t;
        t.exec(1, 10, 2, 100);
        t.exec(2, 10, 1, 100);
        t.exec(3, 30, 3, 100);
        QCOMPARE(t.tree.lineage({1, 0, 10, ""}, 1).size(), ProcessTree::mostAncestors + 1);
        QCOMPARE(t.of(3, 30), QString("3@30"));
    }
    void endedOnes_areNoLoss()
    {
        Tree t;
        for (std::uint32_t pid = 1; pid <= 100; ++pid) {
            t.exec(pid, pid, 1, pid);
            t.exit(pid, pid, pid + 1);
        }
        QCOMPARE(t.tree.forgotten(), std::uint64_t(0));
    }
    void many_areForgottenOldestFirst()
    {
        Tree t;
        for (std::uint32_t pid = 1; pid <= 100; ++pid)
            t.exec(pid, pid, pid - 1, pid);
        QCOMPARE(t.tree.forgotten(), std::uint64_t(36));
        QCOMPARE(t.tree.lineage({100, 0, 100, ""}, 1).size(), ProcessTree::mostAncestors + 1);
        QCOMPARE(t.of(38, 38), QString("38@38 37@37"));
    }
};

QTEST_APPLESS_MAIN(tst_ProcessTree)
#include "tst_processtree.moc"
