// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "protocol/base/tomlguard.h"

using namespace tapio;

class tst_TomlGuard : public QObject {
    Q_OBJECT

private slots:
    void hazards_data();
    void hazards();
};

void tst_TomlGuard::hazards_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<unsigned>("line"); // 0: none
    const auto row = [](const char *name, const char *text, unsigned line) { QTest::newRow(name) << QByteArray(text) << line; };
    row("nothing", "", 0);
    row("values", "a = 1\nb = 'x'\nc = [1, 2,\n3, # and\n]\n[t]\nd = { e = 1, f = [] }\n[[u]]\n", 0);
    row("brackets in texts", "a = \"[}\"\nb = '= }'\nc = \"\"\"\n= }\n\"\"\"\nd = '''[ }'''\n", 0);
    row("brackets in comments", "# a = }\na = 1 # [ }\nb = [ # }\n1]\n", 0);
    row("an escaped quote", "a = \"\\\"[}\"\nb = 1\n", 0);
    row("names with quotes", "[\"a.b\"]\n\"x = }\" = 1\n['c']\n", 0);
    row("arrays in arrays", "a = [[1, 2], [], [{ b = 1 }, { c = [3] }]]\n", 0);
    row("a brace for a value", "a = 1\nb = }\n", 2);
    row("a bracket for a value", "a = ]\n", 1);
    row("a comma for a value", "\n\na = ,\n", 3);
    row("a comment for a value", "a = # 1\n", 1);
    row("a brace in an array", "a = [}\n", 1);
    row("after a comma", "a = [1,\n2,\n}\n", 3);
    row("behind a comment in an array", "a = [ # x\n }\n", 2);
    row("in a table within an array", "a = [{ b = }]\n", 1);
    row("a table without a name", "a = 1\n[ ]\n", 2);
    row("an array of tables without a name", "[[.a]]\n", 1);
    row("a text that is not closed", "a = \"x\nb = }\n", 2);
    row("a long text that is not closed", "a = \"\"\"x\nb = }\n", 0);
    row("closing what is not open", "]}]\n", 0);
    row("a name of some parts", "a.b.\"c.d\".e = 1.5\n[f.g.h]\n", 0);
    QTest::newRow("a name of many parts") << "a = 1\n" + QByteArray("a.").repeated(100) + "b = 1\n" << 2u;
    QTest::newRow("a table of many parts") << "[" + QByteArray("a.").repeated(100) + "b]\n" << 1u;
}

void tst_TomlGuard::hazards()
{
    QFETCH(QByteArray, text);
    const auto hazard = tomlHazard(std::string_view(text.constData(), static_cast<std::size_t>(text.size())));
    QTEST(hazard ? hazard->line : 0u, "line");
    QVERIFY(!hazard || *hazard->reason != '\0');
}

QTEST_GUILESS_MAIN(tst_TomlGuard)
#include "tst_tomlguard.moc"
