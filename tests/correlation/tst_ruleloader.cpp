// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <fstream>

#include "agent/correlation/duration.h"
#include "agent/correlation/ruleloader.h"

using namespace tapio;
using namespace tapio::correlation;

namespace {

const QString good = R"(id = "a-rule"
title = "A rule"
root = "pod"
severity = "error"
lifetime = "10m"
cooldown = "5m"
summary = "{root} had {kill.count}"

[[step]]
name = "kill"
event = "oom.kill"
within = "5m"

[[step]]
name = "exit"
event = "process.exit"
within = "5m"
after = "kill"
after_within = "2m"
where = [{ field = "signal", equals = "SIGKILL" }]

[[raise]]
step = "kill"
count = 2
severity = "critical"
)";

QString problemsOf(const QString &text)
{
    const auto rule = parseRule(text.toStdString(), "r.toml");
    if (rule)
        return {};
    QStringList all;
    for (const RuleProblem &problem : rule.error())
        all.append(QString::fromStdString(toString(problem)));
    return all.join('\n');
}

} // namespace

class tst_RuleLoader : public QObject {
    Q_OBJECT

private slots:
    void wholeRule_isRead();
    void conditions_areRead_data();
    void conditions_areRead();
    void refusals_nameLineAndReason_data();
    void refusals_nameLineAndReason();
    void ruleThatNothingBegins_isRefused();
    void samplesAcrossNodes_areRefused();
    void podOfAWholeNode_isRefused();
    void conditions_thatContradict_data();
    void conditions_thatContradict();
    void everyProblem_isTold();
    void digest_isOfWhatDecides();
    void scope_isReadAndRefused();
    void folder_isRead();
    void folderThatIsNotThere_isSaid();
    void durations_data();
    void durations();
};

void tst_RuleLoader::wholeRule_isRead()
{
    QCOMPARE(problemsOf(good), QString());
    const auto rule = parseRule(good.toStdString(), "r.toml");
    QCOMPARE(rule->id, std::string("a-rule"));
    QCOMPARE(rule->root, wire::EntityKind::Pod);
    QCOMPARE(rule->severity, wire::Severity::Error);
    QCOMPARE(rule->lifetimeNs, std::int64_t(600'000'000'000));
    QCOMPARE(rule->steps.size(), std::size_t(2));
    QVERIFY(rule->steps[1].relation && rule->steps[1].relation->order == Order::After);
    QCOMPARE(rule->steps[1].relation->step, std::size_t(0));
    QCOMPARE(rule->steps[1].where.at(0).numbers, std::vector<double>{9});
    QCOMPARE(rule->raises.at(0).count, 2u);
    QCOMPARE(rule->horizonNs, std::int64_t(12 * 60) * 1'000'000'000); // both windows and what may lie between
}

void tst_RuleLoader::conditions_areRead_data()
{
    QTest::addColumn<QString>("event");
    QTest::addColumn<QString>("condition");
    QTest::addColumn<std::vector<double>>("numbers");
    QTest::addColumn<std::vector<std::string>>("texts");
    using Numbers = std::vector<double>;
    using Texts = std::vector<std::string>;
    QTest::newRow("the name of an error") << "tcp.connection"
                                          << "field = \"socketError\", equals = \"ECONNREFUSED\"" << Numbers{111} << Texts{};
    QTest::newRow("its number") << "tcp.connection"
                                << "field = \"socketError\", equals = 111" << Numbers{111} << Texts{};
    QTest::newRow("several") << "file.failure"
                             << "field = \"error\", one_of = [\"ENOSPC\", 122]" << Numbers{28, 122} << Texts{};
    QTest::newRow("yes") << "login"
                         << "field = \"success\", equals = true" << Numbers{1} << Texts{};
    QTest::newRow("a time") << "dns.query"
                            << "field = \"latencyNs\", above = \"100ms\"" << Numbers{1e8} << Texts{};
    QTest::newRow("nanoseconds") << "dns.query"
                                 << "field = \"latencyNs\", above = 5" << Numbers{5} << Texts{};
    QTest::newRow("a word") << "tcp.connection"
                            << "field = \"outcome\", not = \"refused\"" << Numbers{} << Texts{"refused"};
    QTest::newRow("a beginning") << "process.exec"
                                 << "field = \"filename\", begins_with = \"/tmp/\"" << Numbers{} << Texts{"/tmp/"};
    QTest::newRow("what all have") << "oom.kill"
                                   << "field = \"severity\", at_least = \"error\"" << Numbers{4} << Texts{};
    QTest::newRow("a fraction") << "tcp.connection"
                                << "field = \"srttUs\", above = 0.5" << Numbers{0.5} << Texts{};
}

void tst_RuleLoader::conditions_areRead()
{
    QFETCH(QString, event);
    QFETCH(QString, condition);
    QString text = good;
    text.replace("\"process.exit\"", '"' + event + '"').replace("field = \"signal\", equals = \"SIGKILL\"", condition);
    QCOMPARE(problemsOf(text), QString());
    const auto rule = parseRule(text.toStdString(), "r.toml");
    QTEST(rule->steps[1].where.at(0).numbers, "numbers");
    QTEST(rule->steps[1].where.at(0).texts, "texts");
}

void tst_RuleLoader::refusals_nameLineAndReason_data()
{
    QTest::addColumn<QString>("was");
    QTest::addColumn<QString>("is");
    QTest::addColumn<QString>("says");
    const auto row = [](const char *name, const char *was, const char *is, const char *says) { QTest::newRow(name) << was << is << says; };
    row("no TOML", "id = \"a-rule\"", "id = ", "r.toml:1:");
    row("an unknown key", "root = \"pod\"", "root = \"pod\"\nroots = 1", "r.toml:4: unknown key 'roots'");
    row("an unknown key of a step", "within = \"5m\"\n\n[[step]]", "within = \"5m\"\nwindow = 1\n\n[[step]]",
        "r.toml:13: unknown key 'window'");
    row("an unknown event", "\"oom.kill\"", "\"oom.kil\"", "r.toml:11: there are no events of type 'oom.kil'");
    row("an unknown field", "field = \"signal\"", "field = \"signl\"", "r.toml:20: events of type process.exit have no field 'signl'");
    row("a field that is a list", "\"process.exit\"", "\"process.exec\"", "have no field 'signal'");
    row("an unknown name of a number", "\"SIGKILL\"", "\"SIGKIL\"", "r.toml:20: this must be a number or the name of one");
    row("a text for a number", "equals = \"SIGKILL\"", "equals = \"9\"", "r.toml:20: this must be a number");
    row("a list for one value", "equals = \"SIGKILL\"", "equals = [9]", "'equals' takes one value");
    row("one value for a list", "equals = \"SIGKILL\"", "one_of = 9", "'one_of' takes a list");
    row("an order of texts", "field = \"signal\", equals = \"SIGKILL\"", "field = \"comm\", above = \"x\"",
        "'above' does not go with a text");
    row("a part of a number", "field = \"signal\", equals = \"SIGKILL\"", "field = \"signal\", contains = \"x\"",
        "does not go with a number");
    row("no comparison", ", equals = \"SIGKILL\"", "", "r.toml:20: a condition has one of");
    row("two comparisons", "equals = \"SIGKILL\"", "equals = 9, above = 1", "r.toml:20: a condition has one of");
    row("an unknown comparison", "equals = \"SIGKILL\"", "is = 9", "unknown key 'is'");
    row("no step", "name = \"kill\"\nevent", "event", "'name' is missing");
    row("two steps of one name", "name = \"exit\"", "name = \"kill\"", "two steps are called 'kill'");
    row("a step after none", "after = \"kill\"", "after = \"kil\"", "r.toml:18: there is no step 'kil' before this");
    row("a step after itself", "after = \"kill\"", "after = \"exit\"", "there is no step 'exit' before this");
    row("after without its time", "after_within = \"2m\"\n", "", "'after_within' is missing");
    row("a time without after", "after = \"kill\"\n", "", "'after_within' belongs to 'after'");
    row("a beginning that is none of true and false", "after_within = \"2m\"\n", "after_within = \"2m\"\nbegins = 1\n",
        "r.toml:20: 'begins' is true or false");
    row("a step that begins nothing after none", "after = \"kill\"\nafter_within = \"2m\"\n", "begins = false\n",
        "r.toml:18: 'begins' belongs to 'after'");
    row("required after what is not", "event = \"oom.kill\"", "event = \"oom.kill\"\nrole = \"supporting\"",
        "unreachable: a required step cannot come after 'kill'");
    row("required beside what is not",
        "event = \"oom.kill\"\nwithin = \"5m\"\n\n[[step]]\nname = \"exit\"\nevent = \"process.exit\"\nwithin = \"5m\"\nafter",
        "event = \"oom.kill\"\nrole = \"supporting\"\nwithin = \"5m\"\n\n[[step]]\nname = \"exit\"\nevent = \"process.exit\"\nwithin = "
        "\"5m\"\n"
        "overlap = \"kill\"\noverlap_within = \"1m\"\nafter",
        "unreachable: a required step cannot overlap 'kill', which is not required");
    row("two orders", "after = \"kill\"", "before = \"kill\"\nbefore_within = \"1m\"\nafter = \"kill\"",
        "r.toml:18: a step has one of after, before, overlap, not two");
    row("before without its time", "after = \"kill\"", "before = \"kill\"\nafter = \"kill\"", "'before_within' is missing");
    row("a time without overlap", "after = \"kill\"", "overlap_within = \"1m\"\nafter = \"kill\"",
        "r.toml:18: 'overlap_within' belongs to 'overlap'");
    row("what waits for what comes later", "after = \"kill\"\nafter_within = \"2m\"\n",
        "before = \"kill\"\nbefore_within = \"2m\"\nbegins = false\n", "unreachable: what comes before 'kill' would never wait for it");
    row("an end before", "after = \"kill\"\nafter_within = \"2m\"\n", "role = \"ending\"\nbefore = \"kill\"\nbefore_within = \"2m\"\n",
        "what ends something comes after it");
    row("several as the root", "root = \"pod\"", "root = \"ancestors\"", "r.toml:3: 'ancestors' are several");
    row("several as affected", "event = \"oom.kill\"", "event = \"oom.kill\"\naffects = \"ancestors\"",
        "r.toml:12: 'ancestors' are several");
    row("a process for a pod", "event = \"oom.kill\"", "event = \"oom.kill\"\nby = \"ancestors\"", "r.toml:12: impossible join");
    row("a connection of a kill", "root = \"pod\"", "root = \"connection\"", "events of type oom.kill have no connection");
    row("nothing required", "within = \"5m\"\nafter", "role = \"supporting\"\nwithin = \"5m\"\nafter", "");
    row("an impossible join", "event = \"process.exit\"", "event = \"process.exit\"\nby = \"node\"",
        "r.toml:17: impossible join: the rule is about a pod");
    row("what events do not have", "root = \"pod\"", "root = \"account\"", "events of type oom.kill have no account");
    row("an unknown entity", "root = \"pod\"", "root = \"pots\"", "r.toml:3: 'pots' is none of node");
    row("an unknown severity", "severity = \"error\"", "severity = \"bad\"", "r.toml:4: 'bad' is none of debug");
    row("another way without a first", "where = [{", "or_where = [{", "'or_where' is what else than 'where' will do");
    row("a raise to less", "severity = \"critical\"", "severity = \"warning\"", "unreachable: this is not above the severity of the rule");
    row("a raise of no step", "step = \"kill\"", "step = \"k\"", "there is no step 'k'");
    row("a count of none", "count = 2", "count = 0", "'count' must be a whole number from 1 to 24");
    row("a count beyond what is kept", "count = 2", "count = 25", "'count' must be a whole number from 1 to 24");
    row("a time that is none", "lifetime = \"10m\"", "lifetime = \"10\"", "r.toml:5: 'lifetime' must be a time such as");
    row("an id with a blank", "\"a-rule\"", "\"a rule\"", "an id has small letters");
    row("a placeholder of no step", "{kill.count}", "{kil.count}", "r.toml:7: 'summary': {kil.count} is none of");
    row("an open brace", "{kill.count}", "{kill.count", "a { is not closed");
    row("a share of nothing", "within = \"5m\"\n\n", "within = \"5m\"\nshare = 0.5\n\n", "'share' needs 'of_at_least'");
    row("a share above all", "within = \"5m\"\n\n", "within = \"5m\"\nshare = 1.5\nof_at_least = 3\n\n",
        "'share' must be a number above 0 and at most 1");
    row("a share that is no number", "within = \"5m\"\n\n", "within = \"5m\"\nshare = nan\nof_at_least = 3\n\n",
        "'share' must be a number above 0 and at most 1");
    row("distinct of what it joins by", "within = \"5m\"\n\n", "within = \"5m\"\naffects = \"pod\"\ndistinct = 3\n\n",
        "unreachable: of one pod there are never 3 different ones");
    row("distinct of nothing", "within = \"5m\"\n\n", "within = \"5m\"\ndistinct = 3\n\n", "'distinct' counts what 'affects' names");
    row("no value fulfils it", "where = [{ field = \"signal\", equals = \"SIGKILL\" }]",
        "where = [{ field = \"signal\", at_least = 10 }, { field = \"signal\", below = 9 }]", "r.toml:20: unreachable: no value fulfils");
    row("what was found as evidence", "event = \"oom.kill\"", "event = \"insight\"",
        "r.toml:11: unreachable: what was found is no evidence");
}

void tst_RuleLoader::ruleThatNothingBegins_isRefused()
{
    const QString rule = "id = \"r\"\ntitle = \"t\"\nroot = \"process\"\nseverity = \"error\"\nlifetime = \"5m\"\ncooldown = \"5m\"\n"
                         "summary = \"s\"\n[[step]]\nname = \"run\"\nevent = \"process.exec\"\nby = \"ancestors\"\nwithin = \"5m\"\n";
    QVERIFY2(problemsOf(rule).contains("unreachable: no step that is needed begins anything"), qPrintable(problemsOf(rule)));
    QCOMPARE(problemsOf(QString(rule).replace("by = \"ancestors\"", "by = \"process\"")), QString());
}

void tst_RuleLoader::samplesAcrossNodes_areRefused()
{
    const QString rule = "id = \"r\"\ntitle = \"t\"\nscope = \"cluster\"\nroot = \"pod\"\nseverity = \"error\"\nlifetime = \"5m\"\n"
                         "cooldown = \"5m\"\nsummary = \"s\"\n[[step]]\nname = \"grows\"\nevent = \"memory.trend\"\nwithin = \"5m\"\n";
    const QString problems = problemsOf(rule);
    QVERIFY2(problems.contains("r.toml:11: unreachable: 'memory.trend' is worked out of samples"), qPrintable(problems));
}

void tst_RuleLoader::podOfAWholeNode_isRefused()
{
    const QString rule = "id = \"r\"\ntitle = \"t\"\nscope = \"cluster\"\nroot = \"pod\"\nseverity = \"error\"\nlifetime = \"5m\"\n"
                         "cooldown = \"5m\"\nsummary = \"s\"\n[[step]]\nname = \"lost\"\nevent = \"node.lost\"\nwithin = \"5m\"\n";
    QVERIFY2(problemsOf(rule).contains("events of type node.lost have no pod"), qPrintable(problemsOf(rule)));
}

void tst_RuleLoader::conditions_thatContradict_data()
{
    QTest::addColumn<QString>("where");
    QTest::addColumn<bool>("isRefused");
    const auto row = [](const char *name, const char *where, bool isRefused) { QTest::newRow(name) << QString(where) << isRefused; };
    row("one", "{ field = \"signal\", equals = 9 }", false);
    row("two values at once", "{ field = \"signal\", equals = 9 }, { field = \"signal\", equals = 15 }", true);
    row("one of some, of which one is let through", "{ field = \"signal\", one_of = [9, 15] }, { field = \"signal\", not = 9 }", false);
    row("one of some, of which none is", "{ field = \"signal\", one_of = [9, 15] }, { field = \"signal\", none_of = [15, 9] }", true);
    row("a value out of its range", "{ field = \"signal\", equals = 9 }, { field = \"signal\", above = 9 }", true);
    row("a value at the end of its range", "{ field = \"signal\", equals = 9 }, { field = \"signal\", at_least = 9 }", false);
    row("a range of one", "{ field = \"signal\", at_most = 9 }, { field = \"signal\", at_least = 9 }", false);
    row("that one is not let through",
        "{ field = \"signal\", at_most = 9 }, { field = \"signal\", at_least = 9 }, { field = \"signal\", not = 9 }", true);
    row("an open range of none", "{ field = \"signal\", at_most = 9 }, { field = \"signal\", above = 9 }", true);
    row("different fields", "{ field = \"signal\", equals = 9 }, { field = \"exitCode\", equals = 1 }", false);
    row("a text and its beginning", "{ field = \"comm\", equals = \"java\" }, { field = \"comm\", begins_with = \"ja\" }", false);
    row("a text and another beginning", "{ field = \"comm\", equals = \"java\" }, { field = \"comm\", begins_with = \"x\" }", true);
    row("two beginnings", "{ field = \"comm\", begins_with = \"ja\" }, { field = \"comm\", begins_with = \"java\" }", false);
    row("two that exclude each other", "{ field = \"comm\", begins_with = \"ja\" }, { field = \"comm\", begins_with = \"ru\" }", true);
    row("two parts", "{ field = \"comm\", contains = \"a\" }, { field = \"comm\", ends_with = \"b\" }", false);
}

void tst_RuleLoader::conditions_thatContradict()
{
    QFETCH(QString, where);
    QFETCH(bool, isRefused);
    const QString was = "where = [{ field = \"signal\", equals = \"SIGKILL\" }]";
    QVERIFY(good.contains(was));
    const QString problems = problemsOf(QString(good).replace(was, "where = [" + where + "]"));
    QVERIFY2(problems.contains("unreachable: no value fulfils") == isRefused && problems.isEmpty() != isRefused, qPrintable(problems));
}

void tst_RuleLoader::refusals_nameLineAndReason()
{
    QFETCH(QString, was);
    QFETCH(QString, is);
    QFETCH(QString, says);
    QVERIFY(good.contains(was));
    QString text = good;
    text.replace(text.indexOf(was), was.size(), is);
    const QString problems = problemsOf(text);
    QVERIFY2(problems.contains(says) && (says.isEmpty() || !problems.isEmpty()), qPrintable(problems));
}

void tst_RuleLoader::everyProblem_isTold()
{
    QString text = good;
    text.replace("\"oom.kill\"", "\"x\"")
        .replace("severity = \"error\"", "severity = \"y\"")
        .replace("cooldown = \"5m\"", "cooldown = \"z\"");
    QCOMPARE(problemsOf(text).count('\n'), 2);
}

void tst_RuleLoader::digest_isOfWhatDecides()
{
    const auto digest = [](const char *was, const char *is) {
        QString text = good;
        text.replace(was, is);
        return parseRule(text.toStdString(), "r.toml")->digest;
    };
    const std::string before = digest("", "");
    QCOMPARE(digest("A rule", "Another title"), before);
    QCOMPARE(digest("{root} had", "It was {root} with"), before);
    QVERIFY(digest("within = \"5m\"", "within = \"6m\"") != before);
    QVERIFY(digest("SIGKILL", "SIGTERM") != before);
}

void tst_RuleLoader::scope_isReadAndRefused()
{
    const QString cluster = QString(good).replace("root = \"pod\"", "scope = \"cluster\"\nroot = \"pod\"");
    QCOMPARE(parseRule(good.toStdString(), "r.toml")->scope, RuleScope::Node);
    QCOMPARE(parseRule(cluster.toStdString(), "r.toml")->scope, RuleScope::Cluster);
    LoadedRules both;
    both.rules = {*parseRule(good.toStdString(), "r.toml"), *parseRule(cluster.toStdString(), "r.toml")};
    QCOMPARE(ofScope(both, RuleScope::Cluster).rules.size(), std::size_t(1));
    QCOMPARE(problemsOf(QString(cluster).replace("\"cluster\"", "\"galaxy\"")), QString("r.toml:3: 'galaxy' is none of cluster, node"));
    const QString lost = R"(id = "r"
title = "t"
root = "node"
severity = "error"
lifetime = "1m"
cooldown = "1m"
summary = "s"
[[step]]
name = "lost"
event = "node.lost"
within = "1m"
)";
    QCOMPARE(problemsOf(lost), QString("r.toml:10: unreachable: 'node.lost' is seen at scope \"cluster\" only"));
    QCOMPARE(problemsOf("scope = \"cluster\"\n" + lost), QString());
}

void tst_RuleLoader::folder_isRead()
{
    const QTemporaryDir folder;
    const auto write = [&](const char *name, const QString &text) {
        std::ofstream(folder.filePath(name).toStdString()) << text.toStdString();
    };
    write("b.toml", QString(good).replace("a-rule", "b-rule"));
    write("a.toml", good);
    write("twin1.toml", QString(good).replace("a-rule", "twin"));
    write("twin2.toml", QString(good).replace("a-rule", "twin"));
    write("broken.toml", "id = ");
    write("notes.txt", "no rule");
    write("long.toml", "# " + QString(300'000, 'x'));
    const LoadedRules loaded = loadRules(folder.path().toStdString());
    QCOMPARE(loaded.rules.size(), std::size_t(2));
    QCOMPARE(loaded.rules[0].id, std::string("a-rule"));
    QCOMPARE(loaded.rules[1].id, std::string("b-rule"));
    QCOMPARE(loaded.problems.size(), std::size_t(4));
}

void tst_RuleLoader::folderThatIsNotThere_isSaid()
{
    const LoadedRules loaded = loadRules("/nowhere/rules");
    QCOMPARE(loaded.problems.size(), std::size_t(1));
    QVERIFY(toString(loaded.problems[0]).starts_with("/nowhere/rules: the folder of rules cannot be read"));
}

void tst_RuleLoader::durations_data()
{
    QTest::addColumn<std::string>("text");
    QTest::addColumn<qint64>("ns"); // 0: none
    QTest::newRow("seconds") << std::string("10s") << qint64(10'000'000'000);
    QTest::newRow("milliseconds") << std::string("250ms") << qint64(250'000'000);
    QTest::newRow("days") << std::string("30d") << qint64(30) * 24 * 3600 * 1'000'000'000;
    QTest::newRow("too many days") << std::string("31d") << qint64(0);
    QTest::newRow("an overflow") << std::string("9223372036854775807d") << qint64(0);
    QTest::newRow("none") << std::string("0s") << qint64(0);
    QTest::newRow("before") << std::string("-1s") << qint64(0);
    QTest::newRow("no unit") << std::string("10") << qint64(0);
    QTest::newRow("another unit") << std::string("10w") << qint64(0);
    QTest::newRow("a blank") << std::string("10 s") << qint64(0);
    QTest::newRow("empty") << std::string() << qint64(0);
}

void tst_RuleLoader::durations()
{
    QFETCH(std::string, text);
    QTEST(static_cast<qint64>(parseDuration(text).value_or(0)), "ns");
}

QTEST_GUILESS_MAIN(tst_RuleLoader)
#include "tst_ruleloader.moc"
