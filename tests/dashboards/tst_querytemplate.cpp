// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "console/core/dashboards/querytemplate.h"

using namespace tapio;
using namespace tapio::console;

namespace {

TemplateValues example()
{
    TemplateValues values;
    values.stepMs = 30'000;
    values.rangeMs = 3'600'000;
    values.variables["node"] = {{"n.1"}, false, false};
    values.variables["pods"] = {{"a.b", "c\"d"}, false, true};
    values.variables["one"] = {{"a+b"}, false, true};
    values.variables["all"] = {{"x", "y"}, true, true};
    values.variables["none"] = {{}, true, true};
    return values;
}

} // namespace

class TestQueryTemplate : public QObject {
    Q_OBJECT

private slots:
    void filledIn_standsForValues_data()
    {
        QTest::addColumn<QString>("expression");
        QTest::addColumn<QString>("filled");

        QTest::newRow("nothing") << "sum(up)"
                                 << "sum(up)";
        QTest::newRow("one value is itself") << "up{node=\"$node\"}"
                                             << "up{node=\"n.1\"}";
        QTest::newRow("in braces") << "up{node=\"${node}x\"}"
                                   << "up{node=\"n.1x\"}";
        QTest::newRow("a longer name is another one") << "$node $one"
                                                      << "n.1 a\\\\+b";
        QTest::newRow("several") << "up{pod=~\"$pods\"}"
                                 << "up{pod=~\"(a\\\\.b|c\\\"d)\"}";
        QTest::newRow("one of a pattern") << "up{pod=~\"$one\"}"
                                          << "up{pod=~\"a\\\\+b\"}";
        QTest::newRow("one as a pattern") << "up{pod=~\"${node:regex}\"}"
                                          << "up{pod=~\"n\\\\.1\"}";
        QTest::newRow("all") << "up{pod=~\"$all\"}"
                             << "up{pod=~\".*\"}";
        QTest::newRow("as they are") << "${pods:pipe} ${node:raw}"
                                     << "a.b|c\"d n.1";
        QTest::newRow("all as they are") << "${all:pipe} ${none:pipe}"
                                         << "x|y .*";
        QTest::newRow("interval") << "rate(up[$__interval])"
                                  << "rate(up[30s])";
        QTest::newRow("rate interval") << "rate(up[$__rate_interval])"
                                       << "rate(up[60s])";
        QTest::newRow("range") << "$__range ${__range_s} $__range_ms $__interval_ms"
                               << "3600s 3600 3600000 30000";
        QTest::newRow("the end of a pattern") << "up{a=~\"b$\"}"
                                              << "up{a=~\"b$\"}";
        QTest::newRow("a group of label_replace") << "label_replace(up, \"a\", \"$1${2}\", \"b\", \"(.)(.)\")"
                                                  << "label_replace(up, \"a\", \"$1${2}\", \"b\", \"(.)(.)\")";
        QTest::newRow("two beside each other") << "$node$node"
                                               << "n.1n.1";
        QTest::newRow("at the end") << "up$"
                                    << "up$";
    }
    void filledIn_standsForValues()
    {
        QFETCH(const QString, expression);
        QFETCH(const QString, filled);
        const auto text = filledIn(expression.toStdString(), example());
        QVERIFY2(text, text ? "" : text.error().message().c_str());
        QCOMPARE(QString::fromStdString(*text), filled);
    }

    void filledIn_refuses_data()
    {
        QTest::addColumn<QString>("expression");
        QTest::addColumn<QString>("reason");

        QTest::newRow("an unknown variable") << "up{a=\"$nobody\"}"
                                             << "there is no variable 'nobody'";
        QTest::newRow("an open brace") << "up{a=\"${node\"}"
                                       << "not closed";
        QTest::newRow("another sign in braces") << "${node.x}"
                                                << "not closed";
        QTest::newRow("an unknown format") << "${node:html}"
                                           << "regex, raw and pipe";
    }
    void filledIn_refuses()
    {
        QFETCH(const QString, expression);
        QFETCH(const QString, reason);
        const auto text = filledIn(expression.toStdString(), example());
        QVERIFY(!text);
        QVERIFY2(QString::fromStdString(text.error().context()).contains(reason), text.error().context().c_str());
    }

    void variablesIn_areNamedOnce()
    {
        QCOMPARE(variablesIn("$a + ${b:raw} + $a[$__interval] + \"$1$\""), (std::vector<std::string>{"a", "b", "__interval"}));
        QVERIFY(isOfEveryQuery("__interval"));
        QVERIFY(!isOfEveryQuery("a"));
    }

    void rateInterval_holdsTwoSamples()
    {
        QCOMPARE(rateIntervalMs(1'000), std::int64_t(60'000));
        QCOMPARE(rateIntervalMs(60'000), std::int64_t(75'000));
    }
};

QTEST_APPLESS_MAIN(TestQueryTemplate)
#include "tst_querytemplate.moc"
