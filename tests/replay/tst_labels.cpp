// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <limits>
#include <map>

#include "agent/replay/drilltruth.h"
#include "agent/replay/labels.h"
#include "agent/replay/score.h"
#include "tests/replay/deliveries.h"

using namespace tapio;
using namespace tapio::replay;

namespace {

const std::string head = "what = \"w\"\nfamily = \"f\"\nmade = \"m\"\n";
const std::string whole = head
                          + "[[label]]\nwhat = \"kills\"\nnode = \"n1\"\nentity = \"/x\"\nfrom = 2023-11-14T22:13:20.5Z\n"
                            "to = 2023-11-15T00:13:30+02:00\nwithin = \"3s\"\nexpected = [\"oom-kill\"]\nalso = [\"memory-limit\"]\n";

wire::Event drill(const std::string &name, const std::string &phase, std::uint64_t run, double from, double to, bool isSigned = true)
{
    wire::DrillLabel label;
    label.drill = name;
    label.target = "/tapio-drill-" + std::to_string(run);
    label.phase = phase;
    label.fromNs = timeOf(from);
    label.toNs = to == 0 ? 0 : timeOf(to);
    label.runId = run;
    if (isSigned)
        label.signature = {std::byte{1}};
    wire::Event event;
    event.type = wire::EventType::DrillLabel;
    event.detail = label;
    return event;
}

} // namespace

class tst_Labels : public QObject {
    Q_OBJECT

private slots:
    void aFile_isRead();
    void written_isReadAlike();
    void refused_data();
    void refused();
    void drillsSayWhatTheyDid();
    void whatLastsMustBeFound_data();
    void whatLastsMustBeFound();
    void everyDrillHasItsTruth();
};

void tst_Labels::aFile_isRead()
{
    const auto labels = parseLabels(whole, "a.toml");
    QVERIFY2(labels, labels ? "" : labels.error().message().c_str());
    QCOMPARE(labels->family, std::string("f"));
    QVERIFY(!labels->isHealthy);
    QCOMPARE(labels->labels.size(), std::size_t(1));
    const Label wanted{"kills",          "n1", "/x", beginNs + 500 * nsPerMs, beginNs + 10 * nsPerSecond, 3 * nsPerSecond, {"oom-kill"},
                       {"memory-limit"}, false};
    QVERIFY(labels->labels[0] == wanted);
    QVERIFY(parseLabels(head + "healthy = true\n", "a.toml")->isHealthy);
    QCOMPARE(labelFileOf("/x/a.b.tapiorec"), std::filesystem::path("/x/a.b.toml"));
}

void tst_Labels::written_isReadAlike()
{
    LabelFile file = *parseLabels(whole, "a.toml");
    file.what = "a \"quoted\" sentence with \xc3\xa4 and a\nline";
    file.labels.push_back(file.labels[0]);
    file.labels[1].node.clear();
    file.labels[1].expected.clear();
    file.labels[1].also.clear();
    file.labels[1].onThreeNodes = {"oom-spread"};
    file.labels[1].fromNs += 1;
    const auto read = parseLabels(toToml(file), "b.toml");
    QVERIFY2(read, read ? "" : read.error().message().c_str());
    QVERIFY(*read == file);
    const LabelFile well{"w", "f", "m", true, {}};
    QVERIFY(*parseLabels(toToml(well), "c.toml") == well);
}

void tst_Labels::refused_data()
{
    QTest::addColumn<std::string>("text");
    QTest::addColumn<std::string>("reason");
    const auto with = [](const std::string &was, const std::string &now) {
        std::string text = whole;
        return text.replace(text.find(was), was.size(), now);
    };
    QTest::newRow("no TOML") << std::string("what = ") << std::string("a.toml:1: ");
    QTest::newRow("what toml++ must not see") << std::string("a = 1\n= 2\n") << std::string("a.toml:2: ");
    QTest::newRow("no family") << std::string("what = \"w\"\nmade = \"m\"\n") << std::string("'family' is missing");
    QTest::newRow("a key that is none") << head + "healty = true\n" << std::string("a.toml:4: there is no 'healty'");
    QTest::newRow("a flag that is none") << head + "healthy = 1\n" << std::string("'healthy' must be true or false");
    QTest::newRow("a time without zone") << with("22:13:20.5Z", "22:13:20.5")
                                         << std::string("a.toml:8: 'from' must be a moment with its zone");
    QTest::newRow("a time that is a text") << with("2023-11-14T22:13:20.5Z", "\"now\"") << std::string("a moment with its zone");
    QTest::newRow("an end before its beginning")
        << with("2023-11-15T00:13:30", "2023-11-14T00:13:30") << std::string("'to' is before 'from'");
    QTest::newRow("rules that are no texts") << with("[\"oom-kill\"]", "[3]") << std::string("'expected' must be a list of texts");
    QTest::newRow("no rules at all") << with("expected = [\"oom-kill\"]\n", "") << std::string("'expected' is missing");
    QTest::newRow("a duration that is none") << with("\"3s\"", "\"3 s\"") << std::string("'within' must be a time as");
    QTest::newRow("labels that are no tables") << head + "label = [1]\n" << std::string("'label' must be tables: [[label]]");
    QTest::newRow("a label's key that is none") << whole + "colour = \"red\"\n" << std::string("there is no 'colour'");
}

void tst_Labels::refused()
{
    QFETCH(std::string, text);
    QFETCH(std::string, reason);
    const auto labels = parseLabels(text, "a.toml");
    QVERIFY(!labels);
    QCOMPARE(labels.error().code(), Errc::Malformed);
    QVERIFY2(labels.error().context().find(reason) != std::string::npos, labels.error().context().c_str());
}

void tst_Labels::drillsSayWhatTheyDid()
{
    DrillLabels drills;
    drills.onEvent(drill("oom-kill", "begin", 1, 5, 0), "n1");
    drills.onEvent(drill("oom-kill", "end", 1, 5, 9), "n1");
    drills.onEvent(drill("memory-leak", "begin", 2, 10, 0), "n2"); // still ran when the recording ended
    drills.onEvent(drill("crash-loop", "begin", 3, 5, 0), "n1");
    drills.onEvent(drill("crash-loop", "failed", 3, 5, 9), "n1"); // nothing happened
    drills.onEvent(drill("dance", "end", 4, 5, 9), "n1");
    drills.onEvent(drill("disk-full", "end", 5, 5, 9, false), "n1");
    wire::Event hostile = drill("oom-kill", "end", 6, 5, 9);
    std::get<wire::DrillLabel>(hostile.detail).fromNs = std::numeric_limits<std::int64_t>::min();
    drills.onEvent(hostile, "n1");
    QCOMPARE(drills.refusedLabels(), std::uint64_t(1));
    const auto labels = drills.take(timeOf(20));
    QCOMPARE(labels.size(), std::size_t(2));
    const Label kill{"drill oom-kill",
                     "n1",
                     "/tapio-drill-1",
                     timeOf(5),
                     timeOf(9),
                     10 * nsPerSecond,
                     {"oom-kill"},
                     {"memory-limit", "memory-pressure"},
                     true,
                     {},
                     {"oom-spread"}};
    QVERIFY(labels[0] == kill);
    QCOMPARE(labels[1].node, std::string("n2"));
    QCOMPARE(labels[1].toNs, timeOf(20));
    QVERIFY(labels[1].expected.empty()); // no rule can tell it from a start
    QCOMPARE(drills.untold(), (std::vector<std::string>{"crash-loop", "dance"}));
    QCOMPARE(drills.unsignedLabels(), std::uint64_t(1));
}

void tst_Labels::whatLastsMustBeFound_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<double>("seconds");
    QTest::addColumn<bool>("isExpected");
    QTest::newRow("a start") << "memory-leak" << 719. << false;
    QTest::newRow("a leak") << "memory-leak" << 720. << true;
    QTest::newRow("throttled for a while") << "cpu-throttling" << 60. << false;
    QTest::newRow("throttled for long") << "cpu-throttling" << 330. << true;
}

void tst_Labels::whatLastsMustBeFound()
{
    QFETCH(QString, name);
    QFETCH(double, seconds);
    QFETCH(bool, isExpected);
    DrillLabels drills;
    drills.onEvent(drill(name.toStdString(), "end", 1, 5, 5 + seconds), "n1");
    const auto labels = drills.take(timeOf(2000));
    QCOMPARE(labels.size(), std::size_t(1));
    const auto has = [&](const std::vector<std::string> &rules) {
        return std::find(rules.begin(), rules.end(), name.toStdString()) != rules.end();
    };
    QCOMPARE(has(labels[0].expected), isExpected);
    QCOMPARE(has(labels[0].also), !isExpected);
}

void tst_Labels::everyDrillHasItsTruth()
{
    std::map<std::string, std::int64_t> rules; // how long their insights stand without evidence
    for (const correlation::Rule &rule : correlation::shippedRules().rules)
        rules[rule.id] = std::max(rule.lifetimeNs, rule.horizonNs);
    for (const char *name :
         {"brute-force-logins", "cpu-throttling", "crash-loop", "disk-full", "dns-failure", "fd-exhaustion", "large-egress", "memory-leak",
          "noisy-neighbour", "oom-kill", "packet-loss", "privilege-escalation", "refused-burst", "reset-burst", "slow-disk"}) {
        const DrillTruth *truth = truthOf(name);
        QVERIFY2(truth != nullptr, name);
        for (const auto *list : {&truth->expected, &truth->also, &truth->expectedThen}) {
            for (const std::string &rule : *list)
                QVERIFY2(rules.contains(rule) && rules[rule] <= longestStandingNs, rule.c_str());
        }
    }
}

QTEST_GUILESS_MAIN(tst_Labels)
#include "tst_labels.moc"
