// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "console/core/promql/duration.h"
#include "console/core/promql/functions.h"
#include "console/core/promql/parser.h"
#include "tests/promql/memorysource.h"

using namespace tapio;
using namespace tapio::promql;

namespace {

/// What a query without series comes to.
std::string valueOf(const std::string &query)
{
    const auto parsed = parseQuery(query);
    if (!parsed)
        return parsed.error().located(query);
    const auto result = evaluateAt(**parsed, 0, test::MemorySource(""));
    return result ? test::text(*result) : result.error().context();
}

} // namespace

class TestPromqlParser : public QObject {
    Q_OBJECT
private slots:
    void number_isReadAsGoReadsIt_data()
    {
        QTest::addColumn<QString>("query");
        QTest::addColumn<QString>("value");
        QTest::newRow("a whole number") << "42"
                                        << "{} 42";
        QTest::newRow("a fraction") << "0.25"
                                    << "{} 0.25";
        QTest::newRow("without a leading digit") << ".5"
                                                 << "{} 0.5";
        QTest::newRow("without a digit behind the point") << "5."
                                                          << "{} 5";
        QTest::newRow("an exponent") << "1.5e3"
                                     << "{} 1500";
        QTest::newRow("a negative exponent") << "25E-2"
                                             << "{} 0.25";
        QTest::newRow("hexadecimal") << "0x1F"
                                     << "{} 31";
        QTest::newRow("octal") << "010"
                               << "{} 8";
        QTest::newRow("no octal, since of an 8") << "08"
                                                 << "{} 8";
        QTest::newRow("infinity") << "Inf"
                                  << "{} +Inf";
        QTest::newRow("negative infinity") << "-inf"
                                           << "{} -Inf";
        QTest::newRow("not a number") << "nan"
                                      << "{} NaN";
        QTest::newRow("signs") << "- + -7"
                               << "{} 7";
    }
    void number_isReadAsGoReadsIt()
    {
        QFETCH(QString, query);
        QFETCH(QString, value);
        QCOMPARE(QString::fromStdString(valueOf(query.toStdString())), value);
    }

    void operators_bindAsInPrometheus_data()
    {
        QTest::addColumn<QString>("query");
        QTest::addColumn<QString>("value");
        QTest::newRow("product before sum") << "1 + 2 * 3"
                                            << "{} 7";
        QTest::newRow("from the left") << "10 - 3 - 2"
                                       << "{} 5";
        QTest::newRow("power from the right") << "2 ^ 3 ^ 2"
                                              << "{} 512";
        QTest::newRow("power before a sign") << "-2 ^ 2"
                                             << "{} -4";
        QTest::newRow("a sign in an exponent") << "2 ^ -1"
                                               << "{} 0.5";
        QTest::newRow("a sign before a product") << "-2 * 3"
                                                 << "{} -6";
        QTest::newRow("a remainder has the sign of what is divided") << "-7 % 3"
                                                                     << "{} -1";
        QTest::newRow("parentheses") << "(1 + 2) * 3"
                                     << "{} 9";
        QTest::newRow("comparison after sum") << "1 + 1 == bool 2"
                                              << "{} 1";
        QTest::newRow("comparison from the left") << "3 > bool 2 > bool 0"
                                                  << "{} 1";
        QTest::newRow("atan2 as a product") << "0 atan2 1 + 2"
                                            << "{} 2";
        QTest::newRow("keywords in capitals") << "2 > BOOL 1"
                                              << "{} 1";
        QTest::newRow("a comment and lines") << "1 # one\n + 2"
                                             << "{} 3";
    }
    void operators_bindAsInPrometheus()
    {
        QFETCH(QString, query);
        QFETCH(QString, value);
        QCOMPARE(QString::fromStdString(valueOf(query.toStdString())), value);
    }

    void string_isReadWithGosEscapes_data()
    {
        QTest::addColumn<QString>("query");
        QTest::addColumn<QString>("value");
        QTest::newRow("double quotes") << "\"a b\""
                                       << "a b";
        QTest::newRow("single quotes") << "'a \"b\"'"
                                       << "a \"b\"";
        QTest::newRow("back quotes know no escapes") << "`a\\n\"'b`"
                                                     << "a\\n\"'b";
        QTest::newRow("a tab and a backslash") << "\"a\\tb\\\\\""
                                               << "a\tb\\";
        QTest::newRow("a byte in octal and in hexadecimal") << "\"\\101\\x42\""
                                                            << "AB";
        QTest::newRow("a letter by its code") << "\"\\u00e9\\U0001F600\"" << QString::fromUtf8("\xc3\xa9\xf0\x9f\x98\x80");
    }
    void string_isReadWithGosEscapes()
    {
        QFETCH(QString, query);
        QFETCH(QString, value);
        QCOMPARE(QString::fromStdString(valueOf(query.toStdString())), value);
    }

    void wrong_isRefusedWhereItIs_data()
    {
        QTest::addColumn<QString>("query");
        QTest::addColumn<QString>("at");
        QTest::addColumn<QString>("says");
        const auto row = [](const char *name, const char *query, const char *at, const char *says) {
            QTest::newRow(name) << query << at << says;
        };
        row("nothing", "", "line 1, column 1", "empty");
        row("a comment alone", " # nothing", "line 1, column 11", "empty");
        row("half of a sum", "1 +", "line 1, column 4", "the query ends here");
        row("on the second line", "1 +\n  )", "line 2, column 3", "not \")\"");
        row("two numbers", "1 2", "line 1, column 3", "an operator or the end");
        row("an open parenthesis", "(1 + 2", "line 1, column 7", "closing parenthesis");
        row("an open string", "foo{a=\"b", "line 1, column 7", "closing quote");
        row("an unknown escape", "\"\\q\"", "line 1, column 1", "unknown escape");
        row("half of a surrogate", "\"\\ud800\"", "line 1, column 1", "unknown escape");
        row("an unknown character", "foo ? bar", "line 1, column 5", "unexpected character '?'");
        row("a duration of no unit", "foo[5x]", "line 1, column 5", "neither a number nor a duration");
        row("a duration twice the unit", "foo[5m5m]", "line 1, column 5", "neither a number nor a duration");
        row("a duration of nothing", "foo[0s]", "line 1, column 5", "longer than nothing");
        row("a range without its unit", "foo[5]", "line 1, column 5", "a duration such as 5m");
        row("a number with letters", "1abc", "line 1, column 1", "neither a number nor a duration");
        row("a hexadecimal number that is too long", "0xffffffffffffffffff", "line 1, column 1", "out of range");
        row("an unknown function", "fooo(bar)", "line 1, column 1", "no function fooo()");
        row("an aggregation without arguments", "sum()", "line 1, column 1", "one instant vector");
        row("an aggregation without its parameter", "topk(foo)", "line 1, column 1", "a parameter and an instant vector");
        row("a comma at the end of arguments", "round(foo,)", "line 1, column 11", "not \")\"");
        row("too few arguments", "clamp(foo, 1)", "line 1, column 1", "takes 3 arguments, not 2");
        row("too many arguments", "round(foo, 1, 2)", "line 1, column 1", "at most 2 arguments");
        row("at least some arguments", "label_join(foo, \"a\")", "line 1, column 1", "at least 3 arguments");
        row("an instant for a range", "rate(foo)", "line 1, column 6", "takes a range vector, this is an instant vector");
        row("a range for an instant", "sum(foo[5m])", "line 1, column 5", "takes an instant vector, this is a range vector");
        row("a scalar for an instant", "abs(1)", "line 1, column 5", "takes an instant vector, this is a scalar");
        row("a range in a sum", "foo[5m] + 1", "line 1, column 1", "takes scalars and instant vectors");
        row("a text in a sum", "foo + \"a\"", "line 1, column 7", "takes scalars and instant vectors");
        row("the sign of a range", "-foo[5m]", "line 1, column 2", "a sign belongs to");
        row("scalars compared", "1 == 2", "line 1, column 3", "needs bool");
        row("bool of a sum", "foo + bool bar", "line 1, column 5", "belongs to comparisons");
        row("and of a scalar", "foo and 1", "line 1, column 5", "instant vectors on both sides");
        row("on of a scalar", "foo + on(a) 1", "line 1, column 5", "need instant vectors");
        row("group_left of and", "foo and on(a) group_left bar", "line 1, column 5", "no group_left");
        row("a label in on and in the group", "foo * on(a) group_left(a) bar", "line 1, column 5", "in on() and in the group");
        row("no label", "sum by (5) (foo)", "line 1, column 9", "the name of a label");
        row("a metric's name is no label", "sum by (a:b) (foo)", "line 1, column 9", "the name of a label");
        row("a selector of everything", "{}", "line 1, column 1", "a selector needs a name");
        row("a selector that empty labels meet", "{a=~\".*\"}", "line 1, column 1", "a selector needs a name");
        row("two names", "foo{__name__=\"bar\"}", "line 1, column 1", "given twice");
        row("no expression", "foo{a=~\"(\"}", "line 1, column 8", "no regular expression");
        row("a matcher without its value", "foo{a}", "line 1, column 6", "=, !=, =~ or !~");
        row("a matcher of a number", "foo{a=5}", "line 1, column 7", "a value in quotes");
        row("matchers without a comma", "foo{a=\"1\" b=\"2\"}", "line 1, column 11", "a comma or a closing brace");
        row("offset of a sum", "(foo + 1) offset 5m", "line 1, column 11", "belongs to a selector or a subquery");
        row("offset twice", "foo offset 5m offset 5m", "line 1, column 15", "given twice");
        row("@ twice", "foo @ 1 @ 2", "line 1, column 9", "given twice");
        row("@ without a time", "foo @", "line 1, column 6", "seconds since 1970");
        row("@ beyond what is kept", "foo @ 1e13", "line 1, column 7", "out of range");
        row("@ beyond all times", "foo @ 1e300", "line 1, column 7", "out of range");
        row("@ start without parentheses", "foo @ start", "line 1, column 12", "()");
        row("a range behind offset", "foo offset 5m [5m]", "line 1, column 15", "before offset and @");
        row("a range of a sum", "(foo + 1)[5m]", "line 1, column 10", "needs a step: [5m:1m]");
        row("a subquery of a range", "foo[5m][5m:]", "line 1, column 1", "is of an instant vector");
        row("a label name that is none", "count_values(\"a-b\", foo)", "line 1, column 1", "no name of a label");
        row("ignoring without labels", "foo + ignoring bar", "line 1, column 16", "labels in parentheses");
    }
    void wrong_isRefusedWhereItIs()
    {
        QFETCH(QString, query);
        QFETCH(QString, at);
        QFETCH(QString, says);
        const std::string text = query.toStdString();
        const auto parsed = parseQuery(text);
        QVERIFY(!parsed);
        const QString error = QString::fromStdString(parsed.error().located(text));
        QVERIFY2(error.startsWith(at + ":"), qPrintable(error));
        QVERIFY2(error.contains(says), qPrintable(error));
        QVERIFY(parsed.error().at.from <= parsed.error().at.to && parsed.error().at.to <= text.size());
        QVERIFY(!parsed.error().needsPrometheus);
    }

    void beyondTheSubset_saysThatAServerIsNeeded_data()
    {
        QTest::addColumn<QString>("query");
        QTest::newRow("the count of a native histogram") << "1 + histogram_count(foo)";
        QTest::newRow("its sum") << "1 + histogram_sum(foo)";
        QTest::newRow("a share of it") << "1 + histogram_fraction(0, 1, foo)";
    }
    void beyondTheSubset_saysThatAServerIsNeeded()
    {
        QFETCH(QString, query);
        const auto parsed = parseQuery(query.toStdString());
        QVERIFY(!parsed);
        QVERIFY(parsed.error().needsPrometheus);
        QVERIFY(parsed.error().text.find("needs a Prometheus server") != std::string::npos);
        QCOMPARE(parsed.error().at.from, std::size_t(4));
    }

    void keywords_areNamesOfMetricsToo_data()
    {
        QTest::addColumn<QString>("query");
        for (const char *name : {"sum", "by", "offset", "without", "start", "end", "count_values", "and", "job:rate:sum", "_x", "infinity"})
            QTest::newRow(name) << QString(name) + "{a=\"b\"}";
    }
    void keywords_areNamesOfMetricsToo()
    {
        QFETCH(QString, query);
        const auto parsed = parseQuery(query.toStdString());
        QVERIFY2(parsed.has_value(), parsed ? "" : parsed.error().text.c_str());
        QVERIFY((*parsed)->as<VectorSelector>() != nullptr);
    }

    void deepNesting_isRefused_data()
    {
        QTest::addColumn<QString>("query");
        QTest::newRow("parentheses") << QString(5000, '(') + "1" + QString(5000, ')');
        QTest::newRow("signs") << QString(5000, '-') + "foo";
        QTest::newRow("a long sum") << QString("foo + ").repeated(5000) + "foo";
        QTest::newRow("a long power") << QString("2 ^ ").repeated(5000) + "2";
        QTest::newRow("functions") << QString("abs(").repeated(5000) + "foo" + QString(5000, ')');
        QTest::newRow("subqueries") << "foo" + QString("[5m:]").repeated(1000);
        QTest::newRow("aggregations") << QString("sum(").repeated(3000) + "foo" + QString(3000, ')');
    }
    void deepNesting_isRefused()
    {
        QFETCH(QString, query);
        const auto parsed = parseQuery(query.toStdString());
        QVERIFY(!parsed);
        QVERIFY(!parsed.error().text.empty());
    }

    void aQueryThatIsTooLong_isRefused()
    {
        const auto parsed = parseQuery(std::string(longestQuery + 1, ' '));
        QVERIFY(!parsed);
        QVERIFY(parsed.error().text.find("at most") != std::string::npos);
    }

    void everyFunction_isFoundByItsName()
    {
        for (const Function &function : allFunctions())
            QCOMPARE(findFunction(function.name), &function);
        QVERIFY(findFunction("") == nullptr);
        QVERIFY(findFunction("zzz") == nullptr);
        QVERIFY(findFunction("RATE") == nullptr); // names of functions have one case
    }

    void duration_isRead_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<qint64>("ms");
        QTest::newRow("seconds") << "90s" << qint64(90'000);
        QTest::newRow("several units") << "1h30m" << qint64(5'400'000);
        QTest::newRow("milliseconds") << "1s5ms" << qint64(1005);
        QTest::newRow("a week") << "1w" << qint64(7 * 86'400'000LL);
        QTest::newRow("days") << "30d" << qint64(30 * 86'400'000LL);
        QTest::newRow("a year") << "1y" << qint64(365 * 86'400'000LL);
        QTest::newRow("none") << "0s" << qint64(0);
    }
    void duration_isRead()
    {
        QFETCH(QString, text);
        QFETCH(qint64, ms);
        const auto read = parseDuration(text.toStdString());
        QVERIFY(read.has_value());
        QCOMPARE(*read, ms);
    }

    void duration_thatIsNone_isRefused()
    {
        for (const char *text : {"", "5", "m", "5m5m", "5s5m", "-5m", "5 m", "5.5m", "999999999999y", "99999999999999999999s", "5mm"})
            QVERIFY2(!parseDuration(text), text);
    }
};

QTEST_APPLESS_MAIN(TestPromqlParser)
#include "tst_promqlparser.moc"
