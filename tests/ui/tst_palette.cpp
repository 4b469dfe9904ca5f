// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractItemModelTester>
#include <QtTest>

#include "console/ui/actions/fuzzymatch.h"
#include "console/ui/window/palettemodel.h"

using namespace tapio::console;

namespace {

std::vector<PaletteEntry> entries()
{
    const auto entry = [](EntryKind kind, const char *text, int recent = 0) {
        return PaletteEntry{kind, QString::fromUtf8(text), {}, {}, [] {}, {}, recent};
    };
    return {entry(EntryKind::Page, "Go to Overview"),
            entry(EntryKind::Page, "Go to Events"),
            entry(EntryKind::Time, "Last 6 h"),
            entry(EntryKind::Action, "Export these events"),
            entry(EntryKind::Action, "Switch between dark and light"),
            entry(EntryKind::Node, "node-07"),
            entry(EntryKind::Node, "node-17", 1),
            entry(EntryKind::Pod, "ledger-db-0"),
            entry(EntryKind::Help, "About Tapio")};
}

QStringList texts(const QString &typed)
{
    const auto all = entries();
    QStringList list;
    for (const PaletteHit &hit : searchEntries(all, typed))
        list << all[hit.entry].text;
    return list;
}

} // namespace

class TestPalette : public QObject {
    Q_OBJECT
private slots:
    void match_data()
    {
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QList<int>>("positions");
        QTest::newRow("the beginning") << "exp"
                                       << "Export these events" << QList<int>{0, 1, 2};
        QTest::newRow("beginnings of words before letters inside") << "ete"
                                                                   << "Export these events" << QList<int>{0, 7, 13};
        QTest::newRow("case does not matter") << "GO"
                                              << "go to" << QList<int>{0, 1};
        QTest::newRow("spaces are no letters") << "g o"
                                               << "go to" << QList<int>{0, 1};
        QTest::newRow("a later run beats an earlier scatter") << "dark"
                                                              << "Switch to dedicated dark" << QList<int>{20, 21, 22, 23};
        QTest::newRow("umlauts") << "\u00fcb"
                                 << "\u00dcbersicht" << QList<int>{0, 1};
        QTest::newRow("letters in the wrong order do not match") << "ab"
                                                                 << "ba" << QList<int>{};
        QTest::newRow("a letter that is not there") << "zz"
                                                    << "Export" << QList<int>{};
        QTest::newRow("more typed than there is") << "exported"
                                                  << "export" << QList<int>{};
    }
    void match()
    {
        QFETCH(QString, typed);
        QFETCH(QString, text);
        QFETCH(QList<int>, positions);
        const auto match = fuzzyMatch(typed, text);
        QCOMPARE(match.has_value(), !positions.isEmpty());
        if (match)
            QCOMPARE(match->positions, positions);
    }

    void nothingTyped_matchesEverythingButHelp() { QCOMPARE(texts(QString()).size(), 8); }
    void hugeInput_isCut()
    {
        QVERIFY(!fuzzyMatch(QString(100'000, QLatin1Char('a')), QString(100'000, QLatin1Char('b'))));
        QVERIFY(fuzzyMatch(QStringLiteral("aaa"), QString(100'000, QLatin1Char('a'))));
    }

    void search_data()
    {
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("first");
        QTest::newRow("initials") << "gtev"
                                  << "Go to Events";
        QTest::newRow("a node by its number, the recent one first") << "7"
                                                                    << "node-17";
        QTest::newRow("exact node") << "node-07"
                                    << "node-07";
        QTest::newRow("a time range") << "6 h"
                                      << "Last 6 h";
        QTest::newRow("only commands") << "> ev"
                                       << "Go to Events";
        QTest::newRow("only nodes") << "@07"
                                    << "node-07";
        QTest::newRow("pods are entities too") << "@ led"
                                               << "ledger-db-0";
        QTest::newRow("a pod by its name alone") << "ledger"
                                                 << "ledger-db-0";
        QTest::newRow("help") << "?"
                              << "About Tapio";
    }
    void search()
    {
        QFETCH(QString, typed);
        QVERIFY(!texts(typed).isEmpty());
        QTEST(texts(typed).front(), "first");
    }
    void prefix_keepsOthersOut()
    {
        for (const QString &text : texts(QStringLiteral("@")))
            QVERIFY(text.startsWith("node") || text.startsWith("ledger"));
        for (const QString &text : texts(QStringLiteral(">")))
            QVERIFY(!text.startsWith("node") && !text.startsWith("ledger") && !text.startsWith("About"));
        QVERIFY2(texts(QStringLiteral("about tapio")).isEmpty(), "help answers to its own prefix");
    }

    void model_followsTheSearch()
    {
        PaletteModel model;
        QAbstractItemModelTester tester(&model);
        model.setEntries(entries());
        QCOMPARE(model.rowCount(), 8);
        model.search(QStringLiteral("node"));
        QCOMPARE(model.rowCount(), 2);
        model.search(QStringLiteral("no such thing"));
        QCOMPARE(model.rowCount(), 0);
        model.search(QString());
        QCOMPARE(model.index(0, 0).data().toString(), "node-17"); // used last
        QCOMPARE(model.index(1, 0).data().toString(), "Go to Overview");
        QCOMPARE(model.index(0, 0).data(PaletteModel::HintRole).toString(), "recent");
    }
};

QTEST_MAIN(TestPalette)
#include "tst_palette.moc"
