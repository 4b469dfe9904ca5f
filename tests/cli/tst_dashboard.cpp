// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <QDir>
#include <QTemporaryDir>

#include <nlohmann/json.hpp>

#include "tests/cli/programrun.h"

using namespace tapio;
using namespace tapio::console;

/// `tapio dashboard`, with a home of its own.
class TestDashboard : public QObject {
    Q_OBJECT

    QTemporaryDir m_home;

    Outcome run(const QStringList &arguments) { return runAtHome(m_home.path(), TAPIO_PROGRAM, QStringList{"dashboard"} + arguments); }
    QString write(const QString &name, const QByteArray &text)
    {
        QFile file(m_home.filePath(name));
        return file.open(QIODevice::WriteOnly) && file.write(text) == text.size() ? file.fileName() : QString();
    }

private slots:
    void list_namesThoseThatAreShipped()
    {
        const Outcome outcome = run({"list"});
        QCOMPARE(outcome.code, 0);
        QVERIFY2(outcome.out.startsWith("NAME"), outcome.out);
        for (const char *name : {"overview", "infrastructure", "ebpf-collectors", "correlation-engine", "security"})
            QVERIFY2(outcome.out.contains(name), outcome.out);
    }

    void onesOwn_standForShippedOnes()
    {
        const Outcome shown = run({"show", "security"});
        QCOMPARE(shown.code, 0);
        QVERIFY(shown.out.startsWith("format = 1\n"));
        const QString folder = "config/tapio/dashboards/";
        QVERIFY(QDir(m_home.path()).mkpath(folder));
        QByteArray mine = shown.out;
        QVERIFY(!write(folder + "security.toml", mine.replace("title = \"Security\"", "title = \"Mine\"")).isEmpty());
        QVERIFY(!write(folder + "broken.toml", "format = 1\ntitle = \"x\"\nnonsense = 3\n").isEmpty());
        const Outcome listed = run({"list", "-o", "json"});
        QCOMPARE(listed.code, 65); // one of them cannot be read
        QVERIFY2(listed.err.contains("broken.toml:3: unknown key 'nonsense'"), listed.err);
        const auto all = nlohmann::json::parse(listed.out.toStdString());
        QCOMPARE(all["dashboards"].size(), std::size_t(5));
        for (const auto &one : all["dashboards"])
            QCOMPARE(one["title"] == "Mine", one["name"] == "security");
        QVERIFY(QDir(m_home.filePath(folder)).removeRecursively());
    }

    void check_namesEveryProblem()
    {
        const QString good = write("good.toml", run({"show", "infrastructure"}).out);
        const QString bad = write("bad.toml", "format = 1\ntitle = \"T\"\n[[panel]]\ntitle = \"A\"\nkind = \"pie\"\nat = [0, 0, 4]\n");
        const Outcome outcome = run({"check", good, bad});
        QCOMPARE(outcome.code, 65);
        QVERIFY2(outcome.out.contains("good.toml: good, "), outcome.out);
        QVERIFY2(outcome.err.contains("bad.toml:5: 'pie' is none of area"), outcome.err);
        QVERIFY2(outcome.err.contains("bad.toml:6: 'at' must be four whole numbers"), outcome.err);
        QCOMPARE(run({"check", good}).code, 0);
        QCOMPARE(run({"check", m_home.filePath("absent.toml")}).code, 65);
    }

    void grafana_thereAndBack()
    {
        const Outcome exported = run({"export", "infrastructure"});
        QCOMPARE(exported.code, 0);
        const QString json = write("grafana.json", exported.out);
        const QString into = m_home.filePath("back.toml");
        const Outcome imported = run({"import", json, "--into", into});
        QVERIFY2(imported.code == 0, imported.err);
        QCOMPARE(run({"check", into}).code, 0);
        const Outcome again = run({"import", json, "--into", into});
        QCOMPARE(again.code, 73);
        QVERIFY2(again.err.contains("is there already"), again.err);
        const Outcome figures = run({"export", "overview"});
        QCOMPARE(figures.code, 0);
        QCOMPARE(figures.err.count("not carried over:"), 16);
    }

    void wrong_saysWhatToDo_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        QTest::addColumn<QByteArray>("said");
        QTest::newRow("an unknown name") << QStringList{"show", "nothing"} << 69
                                         << QByteArray("tapio dashboard list names those there are");
        QTest::newRow("nothing to export") << QStringList{"export", "nothing"} << 69 << QByteArray("there is no dashboard 'nothing'");
        QTest::newRow("no file") << QStringList{"import", "/nowhere/x.json"} << 69 << QByteArray("cannot read /nowhere/x.json");
        QTest::newRow("no JSON") << QStringList{"import", "/proc/self/status"} << 65 << QByteArray("this is no JSON");
        QTest::newRow("a folder that is not there")
            << QStringList{"import", "GRAFANA", "--into", "/nowhere/x.toml"} << 73 << QByteArray("/nowhere");
    }
    void wrong_saysWhatToDo()
    {
        QFETCH(QStringList, arguments);
        QFETCH(const int, code);
        QFETCH(const QByteArray, said);
        if (const qsizetype place = arguments.indexOf("GRAFANA"); place >= 0)
            arguments[place] = write("made.json", run({"export", "security"}).out);
        const Outcome outcome = run(arguments);
        QVERIFY2(outcome.err.contains(said), outcome.err);
        QCOMPARE(outcome.code, code);
    }
};

QTEST_GUILESS_MAIN(TestDashboard)
#include "tst_dashboard.moc"
