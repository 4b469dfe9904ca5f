// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "console/core/dashboards/dashboardcheck.h"
#include "console/core/dashboards/dashboardshelf.h"
#include "console/core/dashboards/dashboardtexts.h"

using namespace tapio;
using namespace tapio::console;

namespace {

const QByteArray head = "format = 1\ntitle = \"T\"\n";
const QByteArray panelHead = "[[panel]]\ntitle = \"A\"\nkind = \"line\"\n";

QByteArray panel(const QByteArray &lines = "at = [0, 0, 12, 8]\n", const QByteArray &expression = "up")
{
    return head + panelHead + lines + "[[panel.query]]\nexpr = '" + expression + "'\n";
}

QByteArray variable(const QByteArray &lines)
{
    return head + "[[variable]]\n" + lines + panelHead + "at = [0, 0, 4, 4]\n[[panel.query]]\nexpr = 'up'\n";
}

QString problemsOf(const QByteArray &text)
{
    const auto dashboard = parseDashboard(text.toStdString(), "d.toml");
    QStringList all;
    if (!dashboard)
        for (const TextProblem &problem : dashboard.error())
            all << QString::fromStdString(toString(problem));
    return all.join(QLatin1Char('\n'));
}

Dashboard full()
{
    Dashboard dashboard{"A \"title\"", "two\nlines", "prod", {}, {}};
    dashboard.variables.push_back({"pod", "Pod", DashboardVariable::Kind::Query, "up", "pod", {}, "a", true});
    dashboard.variables.push_back({"size", "", DashboardVariable::Kind::List, "", "", {"1m", "5\\m"}, "5\\m", false});
    dashboard.variables.push_back({"n", "", DashboardVariable::Kind::Node, "", "", {}, "", false});
    DashboardPanel plot{"CPU \xc3\xa4",
                        "why",
                        PanelKind::Stacked,
                        {0, 0, 12, 8},
                        "other",
                        {{"rate(up{pod=~\"$pod\"}[$size])", "{{pod}}"}, {"up", ""}},
                        *unitFromWord("ratio"),
                        -0.25,
                        1e6,
                        {{ThresholdKind::AlertAbove, 0.8}, {ThresholdKind::ScaleDown, 1e-3}},
                        "",
                        ""};
    dashboard.panels.push_back(plot);
    DashboardPanel note;
    note.kind = PanelKind::Text;
    note.at = {12, 0, 12, 8};
    note.text = "a\tb\x01\n";
    dashboard.panels.push_back(note);
    DashboardPanel figure;
    figure.kind = PanelKind::Figure;
    figure.at = {0, 8, 24, 4};
    figure.figure = "cpu-usage";
    dashboard.panels.push_back(figure);
    return dashboard;
}

} // namespace

class TestDashboardFile : public QObject {
    Q_OBJECT

private slots:
    void everything_readsBackAsItWasWritten()
    {
        const Dashboard dashboard = full();
        const std::string text = writeDashboard(dashboard);
        const auto read = parseDashboard(text, "d.toml");
        QVERIFY2(read, (problemsOf(QByteArray::fromStdString(text)) + QLatin1Char('\n') + QString::fromStdString(text)).toUtf8());
        QVERIFY(*read == dashboard);
        QCOMPARE(writeDashboard(*read), text);
        QCOMPARE(rowsOf(*read), 12);
    }

    void problems_nameTheirLine_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("problem");

        QTest::newRow("nothing") << QByteArray() << "d.toml:1: 'format' is missing";
        QTest::newRow("no TOML") << QByteArray("format = \n") << "d.toml:1: ";
        QTest::newRow("another format") << QByteArray("format = 2\n") << "d.toml:1: 'format' must be a whole number from 1 to 1";
        QTest::newRow("no panel") << head << "there is no panel";
        QTest::newRow("an unknown key") << panel("at = [0, 0, 12, 8]\nheigth = 3\n") << "d.toml:7: unknown key 'heigth'";
        QTest::newRow("a kind that there is not") << head + "[[panel]]\ntitle = \"A\"\nkind = \"pie\"\nat = [0, 0, 4, 4]\n"
                                                  << "d.toml:5: 'pie' is none of area, bars";
        QTest::newRow("a unit that there is not")
            << panel("at = [0, 0, 12, 8]\nunit = \"furlongs\"\n") << "'furlongs' is none of GiB, KiB, MiB, bytes, bytes/s";
        QTest::newRow("no place") << panel("") << "'at' must be four whole numbers";
        QTest::newRow("a place of texts") << panel("at = [\"0\", 0, 1, 1]\n") << "d.toml:6: 'at' must be four whole numbers";
        QTest::newRow("too wide") << panel("at = [20, 0, 5, 4]\n") << "the panel ends in column 25, and there are 24";
        QTest::newRow("too far down") << panel("at = [0, 4095, 5, 4]\n") << "the panel ends in row 4099";
        QTest::newRow("too small") << panel("at = [0, 0, 1, 4]\n") << "at least 2 columns wide";
        QTest::newRow("below zero") << panel("at = [-1, 0, 4, 4]\n") << "'at' must be four whole numbers";
        QTest::newRow("on another") << panel() + panelHead + "at = [11, 7, 4, 4]\n[[panel.query]]\nexpr = 'up'\n"
                                    << "the panel lies on that of \"A\", at [0, 0, 12, 8]";
        QTest::newRow("no query") << head + panelHead + "at = [0, 0, 4, 4]\n"
                                  << "a panel without a query shows nothing";
        QTest::newRow("no PromQL") << panel("at = [0, 0, 4, 4]\n", "sum(") << "d.toml:8: line 1, column 5";
        QTest::newRow("no PromQL once filled in")
            << panel("at = [0, 0, 4, 4]\n", "rate(up[$__interval)") << "with examples for its variables the query is: rate(up[60s)";
        QTest::newRow("a variable that there is not")
            << panel("at = [0, 0, 4, 4]\n", "up{a=\"$b\"}") << "d.toml:8: there is no variable 'b'";
        QTest::newRow("the wrong way round") << panel("at = [0, 0, 4, 4]\nmin = 2\nmax = 1\n") << "'min' must be less than 'max'";
        QTest::newRow("a gauge that ends where it begins")
            << head + "[[panel]]\ntitle = \"A\"\nkind = \"gauge\"\nmax = 0\nat = [0, 0, 4, 4]\n[[panel.query]]\nexpr = 'up'\n"
            << "of a gauge it is 0 where it is left out";
        QTest::newRow("no number") << panel("at = [0, 0, 4, 4]\nmin = nan\n") << "'min' must be a number";
        QTest::newRow("a text for a number") << panel("at = [0, 0, 4, 4]\nmax = \"1\"\n") << "'max' must be a number";
        QTest::newRow("a gauge without an end")
            << head + "[[panel]]\ntitle = \"A\"\nkind = \"gauge\"\nat = [0, 0, 4, 4]\n[[panel.query]]\nexpr = 'up'\n"
            << "where its scale ends";
        QTest::newRow("a heat map of bytes")
            << head + "[[panel]]\ntitle = \"A\"\nkind = \"heatmap\"\nunit = \"bytes\"\nat = [0, 0, 4, 4]\n[[panel.query]]\nexpr = 'up'\n"
            << "a heat map is of times";
        QTest::newRow("a figure that there is not") << head + "[[panel]]\nkind = \"figure\"\nfigure = \"x\"\nat = [0, 0, 4, 4]\n"
                                                    << "'figure' must be one of the Overview's";
        QTest::newRow("a figure with a query")
            << head + "[[panel]]\nkind = \"figure\"\nfigure = \"cpu-usage\"\nat = [0, 0, 4, 4]\n[[panel.query]]\nexpr = 'up'\n"
            << "has no queries";
        QTest::newRow("a note without words") << head + "[[panel]]\nkind = \"text\"\nat = [0, 0, 4, 4]\n"
                                              << "has 'text'";
        QTest::newRow("no title") << head + "[[panel]]\nkind = \"line\"\nat = [0, 0, 4, 4]\n[[panel.query]]\nexpr = 'up'\n"
                                  << "'title' is missing";
        QTest::newRow("a bound without a value")
            << panel("at = [0, 0, 4, 4]\n[[panel.bound]]\nkind = \"alert-above\"\n") << "'value' is missing";
        QTest::newRow("a bound of another kind")
            << panel("at = [0, 0, 4, 4]\n[[panel.bound]]\nkind = \"x\"\nvalue = 1\n") << "'x' is none of alert-above";
        QTest::newRow("panels that are none") << head + "panel = 3\n"
                                              << "'panel' must be a list of tables";
        QTest::newRow("a variable of another kind")
            << variable("name = \"a\"\nkind = \"x\"\n") << "'x' is none of list, namespace, node, query";
        QTest::newRow("a variable without values") << variable("name = \"a\"\nkind = \"list\"\n") << "has 'values'";
        QTest::newRow("a variable's name") << variable("name = \"1a\"\nkind = \"node\"\n") << "begins with no digit";
        QTest::newRow("a name that is taken") << variable("name = \"__interval\"\nkind = \"node\"\n") << "none that every query has";
        QTest::newRow("twins") << variable("name = \"a\"\nkind = \"node\"\n[[variable]]\nname = \"a\"\nkind = \"node\"\n")
                               << "d.toml:7: two variables are called 'a'";
        QTest::newRow("a query that there is not") << variable("name = \"a\"\nkind = \"query\"\n") << "has 'query', and in 'of' the label";
        QTest::newRow("a variable that comes later")
            << variable("name = \"a\"\nkind = \"query\"\nof = \"x\"\nquery = 'up{b=\"$c\"}'\n") << "there is no variable 'c'";
        QTest::newRow("chosen, and not there") << variable("name = \"a\"\nkind = \"list\"\nvalues = [\"b\"]\nchosen = \"c\"\n")
                                               << "is not among the values";
        QTest::newRow("values that are none") << variable("name = \"a\"\nkind = \"list\"\nvalues = [1]\n") << "must be a list of texts";
        QTest::newRow("too many bytes") << QByteArray((1 << 20) + 1, '#') << "at most 1048576 bytes";
    }
    void problems_nameTheirLine()
    {
        QFETCH(const QByteArray, text);
        QFETCH(const QString, problem);
        const QString found = problemsOf(text);
        QVERIFY2(found.contains(problem), found.toUtf8());
    }

    void allProblemsOfAFile_areNamedAtOnce()
    {
        const QString found = problemsOf(panel("at = [20, 0, 5, 4]\nunit = \"x\"\n", "sum(") + "[[panel]]\nkind = \"pie\"\n");
        QCOMPARE(found.count(QLatin1Char('\n')) + 1, 6); // place, unit, query, and of the second kind, place, title or query
    }

    void queriesToServers_mayBeMoreThanIsReadHere()
    {
        const QByteArray query = "histogram_fraction(0, 1, up)";
        QVERIFY(!problemsOf(panel("at = [0, 0, 4, 4]\n", query)).isEmpty());
        QCOMPARE(problemsOf(panel("source = \"prod\"\nat = [0, 0, 4, 4]\n", query)), QString());
        QVERIFY(problemsOf(panel("source = \"prod\"\nat = [0, 0, 4, 4]\n", "up{a=\"$b\"}")).contains(QLatin1String("no variable")));
    }

    void shippedOnes_areGood_data()
    {
        QTest::addColumn<QByteArray>("text");
        for (const DashboardText &one : shippedDashboardTexts())
            QTest::newRow(std::string(one.name).c_str()) << QByteArray(one.text.data(), static_cast<qsizetype>(one.text.size()));
    }
    void shippedOnes_areGood()
    {
        QFETCH(const QByteArray, text);
        QCOMPARE(problemsOf(text), QString());
    }

    void shelf_prefersOnesOwn()
    {
        QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        const DashboardShelf shipped = readShelf(path / "absent");
        QVERIFY(shipped.problems.empty());
        QCOMPARE(shipped.dashboards.size(), shippedDashboardTexts().size());
        Dashboard own = full();
        own.title = "Mine";
        QVERIFY(saveDashboard(own, path / "security.toml"));
        QVERIFY(saveDashboard(own, path / "mine.toml"));
        QFile broken(folder.filePath("overview.toml"));
        QVERIFY(broken.open(QIODevice::WriteOnly) && broken.write("format = 1\n") > 0);
        broken.close();
        const DashboardShelf shelf = readShelf(path);
        QCOMPARE(shelf.dashboards.size(), shipped.dashboards.size() + 1);
        for (const ShelvedDashboard &one : shelf.dashboards) {
            QCOMPARE(one.dashboard.title == "Mine", one.name == "security" || one.name == "mine");
            QCOMPARE(one.isShippedToo, one.name == "security");
        }
        QVERIFY(!shelf.problems.empty());
        QVERIFY(shelf.problems.front().file.ends_with("overview.toml"));
        QVERIFY(std::is_sorted(shelf.dashboards.begin(), shelf.dashboards.end(),
                               [](const ShelvedDashboard &a, const ShelvedDashboard &b) { return a.name < b.name; }));
    }

    void save_keepsOnlyWhatCanBeRead()
    {
        QTemporaryDir folder;
        const std::filesystem::path file = folder.filePath("x.toml").toStdString();
        Dashboard dashboard = full();
        dashboard.panels[0].largest = 1e20;
        QVERIFY(saveDashboard(dashboard, file));
        QCOMPARE(readDashboard(file)->panels[0].largest, std::optional(1e20));
        dashboard.title = std::string(300, 'x');
        const Status saved = saveDashboard(dashboard, file);
        QVERIFY(!saved);
        QVERIFY(QString::fromStdString(saved.error().context()).contains(QLatin1String("'title' must be a text of 1 to 200 bytes")));
        QCOMPARE(readDashboard(file)->title, full().title);
    }

    void save_leavesTheFile_whereItCannotBeWritten()
    {
        const Status saved = saveDashboard(full(), "/proc/tapio/none.toml");
        QVERIFY(!saved);
        QVERIFY(QString::fromStdString(saved.error().context()).contains(QLatin1String("/proc/tapio")));
    }

    void unitWords_readBack()
    {
        for (const char *word : {"bytes", "ratio", "seconds", "per hour", "milliseconds"})
            QCOMPARE(std::string(wordOfUnit(*unitFromWord(word))), std::string(word));
        QVERIFY(!unitFromWord(""));
        QVERIFY(wordOfUnit({}).empty());
    }
};

QTEST_APPLESS_MAIN(TestDashboardFile)
#include "tst_dashboardfile.moc"
