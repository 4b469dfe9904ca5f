// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cmath>

#include "console/core/promql/parser.h"
#include "tests/promql/memorysource.h"

using namespace tapio;
using namespace tapio::promql;
using test::MemorySource;

namespace {

/// A sample each minute from 0 on.
constexpr std::string_view shop = R"(
    requests{path="/a", pod="1"} 0+60x10
    requests{path="/a", pod="2"} 0+120x10
    requests{path="/b", pod="1"} 0+6x10
    errors{path="/a", pod="1"} 0+6x10
    limit{path="/a"} 100x10
    limit{path="/b"} 10x10
    gauge{pod="1"} 5 1 4 2 3 NaN
    ended{pod="1"} 7 7 stale
    reset{pod="1"} 10 20 5 15
    sparse 1 _ _ 4
    late _ _ _ _ _ _ _ _ _ _ 9x5
    latency_bucket{le="0.1"} 0+1x10
    latency_bucket{le="0.5"} 0+3x10
    latency_bucket{le="+Inf"} 0+4x10
    same{a="1", b="x"} 1
    same{a="1", b="y"} 2
    info{pod="1", node="n1"} 1x10
    info{pod="2", node="n2"} 1x10
)";

QString at(const QString &query, std::int64_t seconds)
{
    const MemorySource source(shop);
    const std::string text = query.toStdString();
    const auto parsed = parseQuery(text);
    if (!parsed)
        return "not read: " + QString::fromStdString(parsed.error().located(text));
    const auto result = evaluateAt(**parsed, seconds * 1000, source);
    return QString::fromStdString(result ? test::text(*result) : "refused: " + result.error().context());
}

QString over(const QString &query, std::int64_t from, std::int64_t to, std::int64_t step)
{
    const MemorySource source(shop);
    const auto parsed = parseQuery(query.toStdString());
    if (!parsed)
        return "not read: " + QString::fromStdString(parsed.error().text);
    const auto result = evaluateRange(**parsed, {from * 1000, to * 1000, step * 1000}, source);
    return QString::fromStdString(result ? test::text(*result) : "refused: " + result.error().context());
}

/// Gives the same samples for ever, to whatever is asked.
class EndlessSource final : public SampleSource {
public:
    Status select(const Selection &, const Take &take, std::stop_token stop) const override
    {
        const std::vector<Sample> samples{{0, 1}};
        for (int i = 0; !stop.stop_requested(); ++i) {
            if (!take(Labels({{"n", std::to_string(i)}}), samples))
                return {};
            if (onTake)
                onTake(i);
        }
        return fail(Errc::Cancelled, "stopped");
    }
    std::function<void(int)> onTake;
};

} // namespace

class TestPromql : public QObject {
    Q_OBJECT
private slots:
    void instant_data()
    {
        QTest::addColumn<QString>("query");
        QTest::addColumn<int>("seconds");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char *name, const char *query, int seconds, const char *expected) {
            QTest::newRow(name) << query << seconds << expected;
        };

        row("a name", "limit", 60, "limit{path=\"/a\"} 100\nlimit{path=\"/b\"} 10");
        row("between samples the older one", "requests{pod=\"2\"}", 90, "requests{path=\"/a\", pod=\"2\"} 120");
        row("before any sample", "limit", -1, "");
        row("the newest is five minutes old", "sparse", 180 + 300, "sparse 4");
        row("the newest is too old", "sparse", 180 + 301, "");
        row("a series that ended", "ended", 150, "");
        row("before it ended", "ended", 110, "ended{pod=\"1\"} 7");
        row("not equal", "limit{path!=\"/a\"}", 60, "limit{path=\"/b\"} 10");
        row("an expression is of the whole value", "limit{path=~\"/\"}", 60, "");
        row("an expression", "limit{path=~\"/[ax]\"}", 60, "limit{path=\"/a\"} 100");
        row("not of an expression", "limit{path!~\"/a|/c\"}", 60, "limit{path=\"/b\"} 10");
        row("a label that is not there is empty", "limit{pod=\"\", path=\"/a\"}", 60, "limit{path=\"/a\"} 100");
        row("by a condition on the name", "{__name__=~\"lim.*\", path=\"/a\"}", 60, "limit{path=\"/a\"} 100");
        row("offset", "requests{pod=\"2\"} offset 1m", 120, "requests{path=\"/a\", pod=\"2\"} 120");
        row("offset into the future", "requests{pod=\"2\"} offset -1m", 120, "requests{path=\"/a\", pod=\"2\"} 360");
        row("@", "requests{pod=\"2\"} @ 240", 0, "requests{path=\"/a\", pod=\"2\"} 480");
        row("@ and offset", "requests{pod=\"2\"} @ 240 offset 1m", 0, "requests{path=\"/a\", pod=\"2\"} 360");
        row("a range", "requests{pod=\"2\"}[2m]", 150, "requests{path=\"/a\", pod=\"2\"} 120@60 240@120");
        row("both ends of a range are in it", "requests{pod=\"2\"}[1m]", 120, "requests{path=\"/a\", pod=\"2\"} 120@60 240@120");
        row("a range without a staleness marker", "ended[5m]", 150, "ended{pod=\"1\"} 7@0 7@60");

        row("rate", "rate(requests{pod=\"2\"}[5m])", 300, "{path=\"/a\", pod=\"2\"} 2");
        row("rate of one sample", "rate(requests{pod=\"2\"}[30s])", 300, "");
        row("increase of what began within the range", "increase(requests{pod=\"2\"}[10m])", 300, "{path=\"/a\", pod=\"2\"} 600");
        row("a counter that began anew", "increase(reset[3m])", 180, "{pod=\"1\"} 25");
        row("resets", "resets(reset[5m])", 180, "{pod=\"1\"} 1");
        row("irate", "irate(requests{pod=\"2\"}[5m])", 300, "{path=\"/a\", pod=\"2\"} 2");
        row("irate after a reset", "irate(reset[2m])", 120, "{pod=\"1\"} 0.08333333333333333");
        row("delta", "delta(gauge[2m])", 120, "{pod=\"1\"} -1");
        row("idelta", "idelta(gauge[2m])", 120, "{pod=\"1\"} 3");
        row("deriv", "deriv(requests{pod=\"2\"}[5m])", 300, "{path=\"/a\", pod=\"2\"} 2");
        row("predict_linear", "predict_linear(requests{pod=\"2\"}[5m], 60)", 300, "{path=\"/a\", pod=\"2\"} 720");
        row("changes", "changes(gauge[5m])", 240, "{pod=\"1\"} 4");
        row("over time", "sum_over_time(gauge[5m]) - min_over_time(gauge[5m]) - max_over_time(gauge[5m]) - count_over_time(gauge[5m])", 240,
            "{pod=\"1\"} 4");
        row("an average", "avg_over_time(gauge[5m])", 240, "{pod=\"1\"} 3");
        row("variance", "stdvar_over_time(gauge[5m])", 240, "{pod=\"1\"} 2");
        row("a median", "quantile_over_time(0.5, gauge[5m])", 240, "{pod=\"1\"} 3");
        row("a quantile beyond all", "quantile_over_time(1.5, gauge[5m])", 240, "{pod=\"1\"} +Inf");
        row("the last one keeps its name", "last_over_time(gauge[5m])", 240, "gauge{pod=\"1\"} 3");
        row("present", "present_over_time(gauge[5m])", 240, "{pod=\"1\"} 1");
        row("absent over time", "absent_over_time(nothing{a=\"b\"}[5m])", 240, "{a=\"b\"} 1");
        row("not absent over time", "absent_over_time(gauge[5m])", 240, "");
        row("holt_winters of a line", "holt_winters(requests{pod=\"2\"}[5m], 0.5, 0.5)", 300, "{path=\"/a\", pod=\"2\"} 600");
        row("holt_winters of a factor that is none", "holt_winters(requests[5m], 1, 0.5)", 300,
            "refused: holt_winters() takes factors between 0 and 1, neither of which they may be");
        row("a subquery", "max_over_time(rate(requests{pod=\"2\"}[2m])[4m:1m])", 300, "{path=\"/a\", pod=\"2\"} 2");
        row("a subquery's steps lie at multiples", "requests{pod=\"2\"}[2m:1m]", 150, "requests{path=\"/a\", pod=\"2\"} 120@60 240@120");
        row("a subquery with offset", "requests{pod=\"2\"}[1m:30s] offset 1m", 150, "requests{path=\"/a\", pod=\"2\"} 0@30 120@60 120@90");

        row("sum", "sum(requests)", 60, "{} 186");
        row("sum by", "sum by (path) (requests)", 60, "{path=\"/a\"} 180\n{path=\"/b\"} 6");
        row("sum without", "sum without (pod) (requests)", 60, "{path=\"/a\"} 180\n{path=\"/b\"} 6");
        row("by behind", "sum(requests) by (path)", 60, "{path=\"/a\"} 180\n{path=\"/b\"} 6");
        row("by the name", "count by (__name__) ({pod=\"1\"})", 60, "ended 1\nerrors 1\ngauge 1\ninfo 1\nrequests 2\nreset 1");
        row("average, least, most, how many", "avg(limit) + min(limit) + max(limit) + count(limit) + group(limit)", 60, "{} 168");
        row("deviation", "stddev(limit) + stdvar(limit)", 60, "{} 2070");
        row("a quantile of series", "quantile(0.5, requests)", 60, "{} 60");
        row("topk in order", "topk(2, requests)", 60, "requests{path=\"/a\", pod=\"2\"} 120\nrequests{path=\"/a\", pod=\"1\"} 60");
        row("bottomk in order", "bottomk(2, requests)", 60, "requests{path=\"/b\", pod=\"1\"} 6\nrequests{path=\"/a\", pod=\"1\"} 60");
        row("topk by", "topk by (path) (1, requests)", 60, "requests{path=\"/a\", pod=\"2\"} 120\nrequests{path=\"/b\", pod=\"1\"} 6");
        row("topk of none", "topk(0, requests)", 60, "");
        row("topk of no number", "topk(NaN, requests)", 60, "refused: topk() and bottomk() take a whole number of series, not NaN");
        row("count_values", "count_values(\"v\", info)", 60, "{v=\"1\"} 2");

        row("a scalar on the right", "limit / 10", 60, "{path=\"/a\"} 10\n{path=\"/b\"} 1");
        row("a scalar on the left", "1000 - limit", 60, "{path=\"/a\"} 900\n{path=\"/b\"} 990");
        row("a comparison filters and keeps the name", "limit > 50", 60, "limit{path=\"/a\"} 100");
        row("a comparison keeps the vector's value", "50 < limit", 60, "limit{path=\"/a\"} 100");
        row("bool", "limit > bool 50", 60, "{path=\"/a\"} 1\n{path=\"/b\"} 0");
        row("one to one", "errors / requests", 60, "{path=\"/a\", pod=\"1\"} 0.1");
        row("one to one by on", "errors / on (path, pod) requests", 60, "{path=\"/a\", pod=\"1\"} 0.1");
        row("ignoring", "errors + ignoring (pod) limit", 60, "{path=\"/a\"} 106");
        row("many to one", "requests / on (path) group_left limit", 60,
            "{path=\"/a\", pod=\"1\"} 0.6\n{path=\"/a\", pod=\"2\"} 1.2\n{path=\"/b\", pod=\"1\"} 0.6");
        row("one to many", "limit - on (path) group_right requests", 60,
            "{path=\"/a\", pod=\"1\"} 40\n{path=\"/a\", pod=\"2\"} -20\n{path=\"/b\", pod=\"1\"} 4");
        row("a label taken over", "requests{path=\"/a\"} * on (pod) group_left (node) info", 60,
            "{node=\"n1\", path=\"/a\", pod=\"1\"} 60\n{node=\"n2\", path=\"/a\", pod=\"2\"} 120");
        row("several on the right", "limit / on (path) requests", 60,
            "refused: several series on the right of \"/\" match {path=\"/a\"}: requests{path=\"/a\", pod=\"1\"} and requests{path=\"/a\", "
            "pod=\"2\"}. Match by more labels, or aggregate that side");
        row("several on the left", "requests / on (path) limit", 60,
            "refused: several series on the left of \"/\" match {path=\"/a\"}. Match by more labels, or say group_left() where one on the "
            "right is for many on the left");
        row("several of a side that meets nothing", "nothing / on (path) requests", 60, "");
        row("and", "requests and on (path) limit{path=\"/b\"}", 60, "requests{path=\"/b\", pod=\"1\"} 6");
        row("unless", "requests unless on (path) limit{path=\"/a\"}", 60, "requests{path=\"/b\", pod=\"1\"} 6");
        row("or", "limit{path=\"/a\"} or limit", 60, "limit{path=\"/a\"} 100\nlimit{path=\"/b\"} 10");
        row("or prefers the left", "(limit * 2) or limit", 60, "{path=\"/a\"} 200\n{path=\"/b\"} 20");
        row("two results of one name", "label_replace(same, \"b\", \"\", \"\", \"\")", 0,
            "refused: two series of the result have the same labels: same{a=\"1\"}. Keep a label that tells them apart, or aggregate them");
        row("a plus keeps the name", "+limit > 50", 60, "limit{path=\"/a\"} 100");
        row("a sign", "-limit", 60, "{path=\"/a\"} -100\n{path=\"/b\"} -10");

        row("histogram_quantile", "histogram_quantile(0.5, latency_bucket)", 60, "{} 0.30000000000000004");
        row("histogram_quantile in the last bucket", "histogram_quantile(0.9, latency_bucket)", 60, "{} 0.5");
        row("histogram_quantile in the first bucket", "histogram_quantile(0.125, latency_bucket)", 60, "{} 0.05");
        row("histogram_quantile of nothing counted", "histogram_quantile(0.5, latency_bucket)", 0, "{} NaN");
        row("histogram_quantile without the last bucket", "histogram_quantile(0.5, latency_bucket{le!=\"+Inf\"})", 60, "{} NaN");
        row("absent", "absent(nothing{a=\"b\", c=~\"d\"})", 60, "{a=\"b\"} 1");
        row("absent of twice the same label", "absent(nothing{a=\"b\", a=\"c\"})", 60, "{} 1");
        row("not absent", "absent(limit)", 60, "");
        row("clamp", "clamp(limit, 20, 50)", 60, "{path=\"/a\"} 50\n{path=\"/b\"} 20");
        row("clamp the wrong way round", "clamp(limit, 50, 20)", 60, "");
        row("round", "round(limit / 7, 0.5)", 60, "{path=\"/a\"} 14.5\n{path=\"/b\"} 1.5");
        row("round a half up", "round(vector(-2.5))", 60, "{} -2");
        row("sgn", "sgn(vector(-3)) + sgn(vector(0))", 60, "{} -1");
        row("label_replace", "label_replace(limit, \"short\", \"$1-x\", \"path\", \"/(.*)\")", 60,
            "limit{path=\"/a\", short=\"a-x\"} 100\nlimit{path=\"/b\", short=\"b-x\"} 10");
        row("label_replace of what does not match", "label_replace(limit, \"short\", \"$1\", \"path\", \"/(a)\")", 60,
            "limit{path=\"/a\", short=\"a\"} 100\nlimit{path=\"/b\"} 10");
        row("label_replace by a name", "label_replace(limit{path=\"/a\"}, \"s\", \"${n}$$\", \"path\", \"/(?P<n>.)\")", 60,
            "limit{path=\"/a\", s=\"a$\"} 100");
        row("label_join", "label_join(errors, \"all\", \"-\", \"path\", \"pod\", \"none\")", 60,
            "errors{all=\"/a-1-\", path=\"/a\", pod=\"1\"} 6");
        row("label_join to a name that is none", "label_join(errors, \"a-b\", \"-\", \"path\")", 60,
            "refused: label_join(): \"a-b\" is no name of a label");
        row("sort", "sort(requests)", 60,
            "requests{path=\"/b\", pod=\"1\"} 6\nrequests{path=\"/a\", pod=\"1\"} 60\nrequests{path=\"/a\", pod=\"2\"} 120");
        row("sort_desc", "sort_desc(requests)", 60,
            "requests{path=\"/a\", pod=\"2\"} 120\nrequests{path=\"/a\", pod=\"1\"} 60\nrequests{path=\"/b\", pod=\"1\"} 6");
        row("scalar of one", "scalar(errors) + 1", 60, "{} 7");
        row("scalar of several", "scalar(requests)", 60, "{} NaN");
        row("vector", "vector(3)", 60, "{} 3");
        row("time", "time()", 61, "{} 61");
        row("timestamp of a sample", "timestamp(errors)", 90, "{path=\"/a\", pod=\"1\"} 60");
        row("timestamp of what was computed", "timestamp(-errors)", 90, "{path=\"/a\", pod=\"1\"} 90");
        row("the calendar", "year() * 10000 + month() * 100 + day_of_month()", 1582934400, "{} 20200229");
        row("the day of the week, of the year, and how long the month is", "day_of_week() * 10000 + day_of_year() * 100 + days_in_month()",
            1582934400, "{} 66029");
        row("the time of day", "hour(vector(45296)) * 100 + minute(vector(45296))", 0, "{} 1234");
        row("no calendar has it", "year(vector(1e300))", 0, "{} NaN");
        row("a text", "\"a\"", 0, "a");
        row("count_values by the same label", "count_values by (pod) (\"pod\", info)", 60, "{pod=\"1\"} 2");
        row("clamp of what is no number", "clamp_max(gauge, 1)", 300, "{pod=\"1\"} NaN");
        row("absent in parentheses", "absent((nothing{a=\"b\"}))", 60, "{a=\"b\"} 1");
        row("deviation of infinity alone", "stddev(vector(Inf))", 0, "{} 0");
        row("a number that is too small", "1e-400", 0, "{} 0");
        row("pi", "round(vector(pi() * 1000))", 0, "{} 3142");
    }
    void instant()
    {
        QFETCH(QString, query);
        QFETCH(int, seconds);
        QFETCH(QString, expected);
        QCOMPARE(at(query, seconds), expected);
    }

    void range_data()
    {
        QTest::addColumn<QString>("query");
        QTest::addColumn<int>("from");
        QTest::addColumn<int>("to");
        QTest::addColumn<int>("step");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char *name, const char *query, int from, int to, int step, const char *expected) {
            QTest::newRow(name) << query << from << to << step << expected;
        };
        row("steps", "sparse", 0, 240, 120, "sparse 1@0 1@120 4@240");
        row("the last step may be before the end", "time()", 0, 100, 60, "{} 0@0 60@60");
        row("nothing where nothing is", "ended", 0, 180, 60, "ended{pod=\"1\"} 7@0 7@60");
        row("@ is the same at each step", "sparse @ 180", 0, 60, 60, "sparse 4@0 4@60");
        row("@ start and end", "sparse @ start() + sparse @ end()", 0, 180, 180, "{} 5@0 5@180");
        row("a window of @", "sum_over_time(limit{path=\"/b\"}[2m] @ end())", 0, 180, 180, "{path=\"/b\"} 30@0 30@180");
        row("absent at some steps", "absent(ended)", 0, 180, 60, "{} 1@120 1@180");
        row("topk of each step", "topk(1, {__name__=~\"gauge|ended\"})", 0, 60, 60, "ended{pod=\"1\"} 7@0 7@60");
        row("one series made of two", "label_replace({__name__=~\"sparse|late\"}, \"__name__\", \"both\", \"__name__\", \".*\")", 0, 900,
            300, "both 1@0 4@300 9@600 9@900");
        row("a comparison filters step by step", "requests{pod=\"2\"} > 100 < 300", 0, 180, 60,
            "requests{path=\"/a\", pod=\"2\"} 120@60 240@120");
        row("and step by step", "limit{path=\"/a\"} and on () (time() > bool 60 or vector(0) > 1)", 0, 120, 60,
            "not read: \"or\" takes instant vectors on both sides, not a scalar");
        row("unless step by step", "limit{path=\"/a\"} unless on () ended", 0, 120, 60, "limit{path=\"/a\"} 100@120");
        row("or step by step", "ended or gauge", 60, 120, 60, "ended{pod=\"1\"} 7@60\ngauge{pod=\"1\"} 4@120");
        row("a rate of each step", "rate(errors[2m])", 120, 240, 60, "{path=\"/a\", pod=\"1\"} 0.1@120 0.1@180 0.1@240");
        row("predict_linear from the step's own time", "predict_linear(requests{pod=\"2\"}[1m] @ 60, 0)", 60, 120, 60,
            "{path=\"/a\", pod=\"2\"} 120@60 240@120");
        row("sort is by labels", "sort(limit)", 0, 0, 1, "limit{path=\"/a\"} 100@0\nlimit{path=\"/b\"} 10@0");
        row("a range", "limit[5m]", 0, 60, 60,
            "refused: a query over a range of times is of an instant vector or a scalar, not of a range vector");
        row("the wrong way round", "limit", 60, 0, 60,
            "refused: a range of times ends after its start, and its step is at least a millisecond");
        row("too many steps", "limit", 0, 1000000, 1, "refused: the range has 1000001 steps, more than 11000: take a longer step");
    }
    void range()
    {
        QFETCH(QString, query);
        QFETCH(int, from);
        QFETCH(int, to);
        QFETCH(int, step);
        QFETCH(QString, expected);
        QCOMPARE(over(query, from, to, step), expected);
    }

    void tooManySamples_areRefused_data()
    {
        QTest::addColumn<QString>("query");
        QTest::newRow("series") << "{n!=\"\"}";
        QTest::newRow("series of a function") << "last_over_time({n!=\"\"}[5m])";
        QTest::newRow("a raw range") << "{n!=\"\"}[5m]";
        QTest::newRow("scalars at each step of a subquery") << "sum_over_time(vector(1+(1+(1+(1+1))))[3m:200ms])";
        QTest::newRow("values of count_values") << "count_values(\"v\", {n!=\"\"})";
        QTest::newRow("steps of a subquery") << "sum_over_time(vector(1)[10000d:1ms])";
    }
    void tooManySamples_areRefused()
    {
        QFETCH(QString, query);
        QueryOptions options;
        options.mostSamples = 1000;
        const auto parsed = parseQuery(query.toStdString());
        QVERIFY(parsed.has_value());
        const auto result = evaluateAt(**parsed, 0, EndlessSource(), options);
        QVERIFY(!result);
        QCOMPARE(result.error().code(), Errc::NoSpace);
        QVERIFY(result.error().context().find("1000 samples") != std::string::npos);
    }

    void aLabelThatGrowsWithoutEnd_isRefused()
    {
        QString query = "limit{path=\"/a\"}";
        for (int i = 0; i < 30; ++i)
            query = "label_replace(" + query + ", \"path\", \"$1$1\", \"path\", \"(.*)\")";
        QCOMPARE(at(query, 60), QString("refused: label_replace(): a label becomes longer than 65536 bytes"));
        query.replace("label_replace(", "label_join(").replace("\"$1$1\", \"path\", \"(.*)\"", "\"\", \"path\", \"path\"");
        QCOMPARE(at(query, 60), QString("refused: label_join(): a label becomes longer than 65536 bytes"));
    }

    void stop_endsAQuery()
    {
        EndlessSource source;
        std::stop_source stop;
        source.onTake = [&](int taken) {
            if (taken == 10)
                stop.request_stop();
        };
        const auto parsed = parseQuery("sum({n!=\"\"})");
        const auto result = evaluateAt(**parsed, 0, source, {}, stop.get_token());
        QVERIFY(!result);
        QCOMPARE(result.error().code(), Errc::Cancelled);
    }

    void whatWasRead_isCounted()
    {
        const auto parsed = parseQuery("sum(limit) + sum_over_time(sparse[5m])");
        const auto result = evaluateAt(**parsed, 60'000, MemorySource(shop));
        QVERIFY(result.has_value());
        QCOMPARE(result->readSeries, std::uint64_t(3));
        QCOMPARE(result->readSamples, std::uint64_t(2 * 2 + 1));
    }

    void labels_areSortedAndCompared()
    {
        const Labels labels({{"b", "2"}, {"a", "1"}, {"c", ""}, {"b", "3"}});
        QCOMPARE(labels.text(), std::string("{a=\"1\", b=\"3\"}"));
        QVERIFY(labels == Labels({{"b", "3"}, {"a", "1"}}));
        QCOMPARE(labels.hash(), Labels({{"b", "3"}, {"a", "1"}}).hash());
        QVERIFY(labels.without("a") != labels);
        QCOMPARE(labels.without("a").text(), std::string("{b=\"3\"}"));
        QCOMPARE(labels.with("c", "4").with("a", "").text(), std::string("{b=\"3\", c=\"4\"}"));
        QCOMPARE(labels.only({"a", "x"}).text(), std::string("{a=\"1\"}"));
        QVERIFY(Labels() == Labels(std::vector<Label>{{"a", ""}}));
        QCOMPARE(Labels({{"__name__", "no name"}, {"a", "\"\n\\\x01"}}).text(),
                 std::string("{__name__=\"no name\", a=\"\\\"\\n\\\\\\x01\"}"));
    }
};

QTEST_APPLESS_MAIN(TestPromql)
#include "tst_promql.moc"
