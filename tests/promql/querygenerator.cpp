// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/promql/querygenerator.h"

#include <cmath>
#include <limits>

namespace tapio::test {

using namespace promql;

namespace {

/// Times about each 15 s, some of them left out.
std::vector<std::int64_t> times(std::mt19937 &random, std::int64_t fromMs, std::int64_t toMs, unsigned missingPercent)
{
    std::vector<std::int64_t> all;
    const std::int64_t phase = random() % 60 * 250;
    for (std::int64_t at = fromMs + phase; at < toMs; at += 15'000) {
        if (random() % 100 >= missingPercent)
            all.push_back(at + static_cast<std::int64_t>(random() % 4) * 250);
    }
    return all;
}

double fraction(std::mt19937 &random) { return static_cast<double>(random() % 1'000'003) / 1'000'003; }

ResultSeries counter(std::mt19937 &random, Labels labels, double rate, unsigned missingPercent)
{
    ResultSeries series{std::move(labels), {}};
    double value = std::floor(fraction(random) * 1000);
    for (const std::int64_t at : times(random, madeFromMs, madeToMs, missingPercent)) {
        const double more = std::floor(fraction(random) * rate);
        value = random() % 97 == 0 ? 0 : value + more;
        series.samples.push_back({at, value});
    }
    return series;
}

ResultSeries gauge(std::mt19937 &random, Labels labels, double size, bool isWild)
{
    ResultSeries series{std::move(labels), {}};
    using Limits = std::numeric_limits<double>;
    for (const std::int64_t at : times(random, madeFromMs, madeToMs, 5)) {
        double value = (fraction(random) - 0.3) * size;
        if (isWild && random() % 40 == 0)
            value = random() % 3 == 0 ? Limits::quiet_NaN() : random() % 2 == 0 ? Limits::infinity() : -Limits::infinity();
        series.samples.push_back({at, value});
    }
    return series;
}

void addHistogram(std::mt19937 &random, const std::string &pod, std::vector<ResultSeries> &all)
{
    const std::vector<std::int64_t> at = times(random, madeFromMs, madeToMs, 3);
    double share = 0;
    for (const char *bound : {"0.005", "0.01", "0.1", "0.5", "1", "2.5", "+Inf"}) {
        share += 0.5 + fraction(random);
        ResultSeries bucket{Labels({{"__name__", "http_seconds_bucket"}, {"pod", pod}, {"le", bound}}), {}};
        for (std::size_t i = 0; i < at.size(); ++i)
            bucket.samples.push_back({at[i], std::floor(share * static_cast<double>(i))});
        all.push_back(std::move(bucket));
    }
}

} // namespace

std::vector<ResultSeries> madeSeries(std::uint32_t seed)
{
    std::mt19937 random(seed);
    std::vector<ResultSeries> all;
    for (const char *job : {"api", "web"}) {
        for (const char *pod : {"1", "2", "3"}) {
            for (const char *code : {"200", "500"})
                all.push_back(counter(random, Labels({{"__name__", "http_requests_total"}, {"job", job}, {"pod", pod}, {"code", code}}),
                                      code[0] == '2' ? 300 : 20, 4));
            all.push_back(gauge(random, Labels({{"__name__", "memory_bytes"}, {"job", job}, {"pod", pod}}), 1e6, false));
            all.push_back(gauge(random, Labels({{"__name__", "temperature"}, {"job", job}, {"pod", pod}}), 50, true));
            all.push_back(
                gauge(random, Labels({{"__name__", "pod_info"}, {"job", job}, {"pod", pod}, {"node", std::string("n") + pod}}), 0, false));
        }
        all.push_back(gauge(random, Labels({{"__name__", "memory_limit_bytes"}, {"job", job}}), 2e6, false));
    }
    all.push_back(counter(random, Labels({{"__name__", "sparse_total"}, {"job", "api"}}), 5, 90));
    ResultSeries ended = gauge(random, Labels({{"__name__", "ended"}, {"job", "api"}}), 10, false);
    ended.samples.resize(ended.samples.size() / 2);
    all.push_back(std::move(ended));
    addHistogram(random, "1", all);
    addHistogram(random, "2", all);
    return all;
}

// Draws are statements of their own: the operands of one expression are evaluated in whatever order a compiler likes.

std::string QueryGenerator::selector()
{
    static constexpr const char *names[] = {"http_requests_total", "memory_bytes", "temperature",         "pod_info", "memory_limit_bytes",
                                            "sparse_total",        "ended",        "http_seconds_bucket", "nothing"};
    static constexpr const char *matchers[] = {"",
                                               "{job=\"api\"}",
                                               "{job!=\"api\"}",
                                               "{pod=~\"1|2\"}",
                                               "{pod!~\"1.*\"}",
                                               "{code=\"500\", pod=\"2\"}",
                                               "{job=\"web\", pod=\"1\"}",
                                               "{node=\"\"}"};
    std::string text = one(names);
    text += one(matchers);
    return text;
}

std::string QueryGenerator::modifiers()
{
    static constexpr const char *all[] = {
        " offset 5m", " offset -3m", " @ 1767230000", " @ start()", " @ end()", " @ 1767229999.5 offset 2m", " offset 90s"};
    return chance(20) ? one(all) : "";
}

std::string QueryGenerator::range()
{
    static constexpr const char *all[] = {"30s", "1m", "2m30s", "5m", "12m", "1h"};
    return std::string("[") + one(all) + "]";
}

std::string QueryGenerator::matrix(int depth)
{
    if (depth <= 0 || chance(75)) {
        std::string text = selector();
        text += range();
        return text + modifiers();
    }
    static constexpr const char *steps[] = {"", "30s", "1m", "7s"};
    std::string text = "(" + vector(depth - 1);
    text += chance(50) ? ")[5m:" : ")[10m:";
    text += one(steps);
    return text + "]" + modifiers();
}

std::string QueryGenerator::scalar(int depth)
{
    static constexpr const char *all[] = {"0", "1", "2", "0.5", "-3", "1e3", "pi()", "60", "100", "time()"};
    if (depth > 0 && chance(15))
        return "scalar(" + vector(depth - 1) + ")";
    return one(all);
}

std::string QueryGenerator::labels()
{
    static constexpr const char *all[] = {"", "job", "pod", "job, pod", "code", "job, pod, code", "le", "nothing", "__name__"};
    return std::string(" (") + one(all) + ")";
}

std::string QueryGenerator::aggregation(int depth)
{
    static constexpr const char *plain[] = {"sum", "avg", "count", "min", "max", "group", "stddev", "stdvar"};
    std::string grouping;
    if (chance(70)) {
        grouping = chance(60) ? " by" : " without";
        grouping += labels();
    }
    if (chance(75)) {
        const std::string name = one(plain);
        return name + grouping + " (" + vector(depth - 1) + ")";
    }
    const std::string digit = std::to_string(below(4));
    switch (below(4)) { // of equal values it is not said which are kept, so k is of what hardly ever is equal
    case 0: return "topk" + grouping + " (" + digit + ", memory_bytes" + modifiers() + ")";
    case 1: return "bottomk" + grouping + " (" + digit + ", memory_bytes" + modifiers() + ")";
    case 2: return "quantile" + grouping + " (0." + digit + ", " + vector(depth - 1) + ")";
    default: return "count_values" + grouping + " (\"value\", round(" + selector() + ", 100))";
    }
}

std::string QueryGenerator::matching()
{
    if (chance(40))
        return "";
    std::string text = chance(60) ? " on" : " ignoring";
    text += labels();
    if (chance(30)) {
        text += chance(60) ? " group_left" : " group_right";
        text += chance(40) ? " (node)" : " ()";
    }
    return text;
}

/// Operators that jump where rounding makes a step (%, ==, !=) are of selectors alone.
std::string QueryGenerator::binary(int depth)
{
    static constexpr const char *arithmetic[] = {"+", "-", "*", "/", "^", "atan2"};
    static constexpr const char *comparisons[] = {"<", ">", "<=", ">="};
    static constexpr const char *jumps[] = {"%", "==", "!=", "== bool", "!= bool"};
    static constexpr const char *sets[] = {"and", "or", "unless"};
    const bool isJump = chance(12);
    const std::string left = "(" + (isJump ? selector() : vector(depth - 1)) + ") ";
    const std::string right = " (" + (isJump ? selector() : vector(depth - 1)) + ")";
    if (chance(20)) {
        std::string text = left + one(sets);
        if (chance(50))
            text += " on" + labels();
        return text + right;
    }
    const bool isComparison = chance(35);
    std::string op = isJump ? one(jumps) : isComparison ? one(comparisons) : one(arithmetic);
    if (isComparison && !isJump && chance(40))
        op += " bool";
    switch (below(3)) {
    case 0: return left + op + " " + scalar(depth - 1);
    case 1: return scalar(depth - 1) + " " + op + right;
    default: return left + op + matching() + right;
    }
}

std::string QueryGenerator::overRange(int depth)
{
    static constexpr const char *all[] = {"rate",
                                          "increase",
                                          "delta",
                                          "irate",
                                          "idelta",
                                          "deriv",
                                          "avg_over_time",
                                          "sum_over_time",
                                          "min_over_time",
                                          "max_over_time",
                                          "count_over_time",
                                          "last_over_time",
                                          "present_over_time",
                                          "stddev_over_time",
                                          "stdvar_over_time",
                                          "absent_over_time"};
    const std::string number = std::to_string(1 + below(9));
    switch (below(12)) {
    case 0: return "quantile_over_time(0." + number + ", " + matrix(depth - 1) + ")";
    // What Prometheus makes of "@" below predict_linear is another window at each step; ours stays. So it is asked without.
    case 1: return "predict_linear(" + selector() + "[10m], " + number + "00)";
    case 2: return "holt_winters(" + matrix(depth - 1) + ", 0.3, 0." + number + ")";
    case 3: return (chance(50) ? "changes(" : "resets(") + selector() + "[10m])";
    default: {
        const std::string name = one(all);
        return name + "(" + matrix(depth - 1) + ")";
    }
    }
}

/// Functions that jump, or make much of the last digit, are of selectors alone.
std::string QueryGenerator::function(int depth)
{
    static constexpr const char *smooth[] = {"abs", "sqrt", "atan", "deg", "rad", "absent", "sort", "sort_desc", "ln", "log2", "log10"};
    static constexpr const char *jumps[] = {"ceil", "floor", "exp", "sgn", "sin", "cos", "tan", "sinh", "round", "timestamp"};
    static constexpr const char *calendar[] = {"hour",         "minute",      "month",       "year",
                                               "day_of_month", "day_of_week", "day_of_year", "days_in_month"};
    const std::string number = std::to_string(below(10));
    const std::string dated = one(calendar), jump = one(jumps), name = one(smooth), bound = scalar(0), target = chance(50) ? "pod" : "new";
    switch (below(11)) {
    case 0: return "clamp(" + vector(depth - 1) + ", -" + number + "0, " + bound + ")";
    case 1: return "clamp_max(" + vector(depth - 1) + ", " + bound + ")";
    case 2: return "label_replace(" + vector(depth - 1) + ", \"new\", \"$1-${2}\", \"pod\", \"(.)(.*)\")";
    case 3: return "label_join(" + vector(depth - 1) + ", \"" + target + "\", \"/\", \"job\", \"pod\")";
    case 4: return "histogram_quantile(0." + number + ", rate(http_seconds_bucket[5m]))";
    case 5: return dated + "(timestamp(" + selector() + "))";
    case 6: return dated + "()";
    case 7: return "vector(" + scalar(depth - 1) + ")";
    case 8: return jump + "(" + selector() + ")";
    default: return name + "(" + vector(depth - 1) + ")";
    }
}

std::string QueryGenerator::vector(int depth)
{
    if (depth <= 0 || chance(15)) {
        std::string text = selector();
        return text + modifiers();
    }
    switch (below(9)) {
    case 0: return "-" + vector(depth - 1);
    case 1:
    case 2: return aggregation(depth);
    case 3:
    case 4: return binary(depth);
    case 5: return function(depth);
    default: return overRange(depth);
    }
}

} // namespace tapio::test
