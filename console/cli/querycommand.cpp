// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "console/cli/command.h"
#include "console/cli/interrupt.h"
#include "console/cli/querysources.h"
#include "console/cli/timespec.h"
#include "console/core/metrics/queryexport.h"
#include "console/core/metrics/storesamples.h"
#include "console/core/promql/duration.h"
#include "console/core/promql/numbertext.h"
#include "console/core/promql/parser.h"

namespace tapio::console {

namespace {

struct QueryArguments {
    std::string expression;
    std::string time = "now", start, end, step;
    SourceArguments from;
    std::size_t limit = 10'000;

    bool isOfStore() const { return from.server.url.empty() && from.source.empty(); }
    bool isRange() const { return !start.empty() || !end.empty() || !step.empty(); }
};

constexpr std::int64_t pointsWithoutStep = 250; ///< of a range whose step nobody gave

/// The query, a line below it that points at the place, and what is wrong there.
int refuse(const CommandContext &context, const std::string &query, const promql::QueryError &error)
{
    context.err << "tapio: " << printable(error.located(query)) << '\n';
    const std::size_t lineStart = query.rfind('\n', error.at.from == 0 ? 0 : error.at.from - 1);
    const std::size_t from = lineStart == std::string::npos || error.at.from == 0 ? 0 : lineStart + 1;
    const std::string line = query.substr(from, std::min(query.find('\n', from), query.size()) - from);
    if (line.size() <= 200)
        context.err << "  " << printable(line) << "\n  " << std::string(error.at.from - from, ' ')
                    << std::string(std::max<std::size_t>(1, std::min(error.at.to, from + line.size())
                                                                - std::min(error.at.from, from + line.size())),
                                   '^')
                    << '\n';
    if (error.needsPrometheus)
        context.err << "hint: name one with --url URL, or with --source NAME one of console.toml\n";
    return ExitUsage;
}

Result<std::int64_t> momentMs(const char *option, const std::string &text, std::int64_t nowNs)
{
    const auto moment = parseMoment(text, nowNs);
    if (!moment)
        return fail(moment.error().within(option));
    return *moment / nsPerMs;
}

Result<promql::QueryTimes> timesOf(const QueryArguments &arguments, std::int64_t nowNs)
{
    if (arguments.start.empty())
        return fail(Errc::InvalidArgument, "--start is missing: a range of times has --start, and perhaps --end and --step");
    const auto start = momentMs("--start", arguments.start, nowNs);
    if (!start)
        return fail(start.error());
    const auto end = momentMs("--end", arguments.end.empty() ? "now" : arguments.end, nowNs);
    if (!end)
        return fail(end.error());
    if (*end < *start)
        return fail(Errc::InvalidArgument, "--start must not be after --end");
    promql::QueryTimes times{*start, *end, std::max<std::int64_t>(1000, (*end - *start) / pointsWithoutStep / 1000 * 1000)};
    if (!arguments.step.empty()) {
        const auto step = promql::parseDuration(arguments.step);
        if (!step || *step == 0)
            return fail(Errc::InvalidArgument, "--step: '" + arguments.step + "' is no duration such as 15s or 1m30s");
        times.stepMs = *step;
    }
    return times;
}

void printTable(const CommandContext &context, const promql::QueryResult &result, std::size_t limit)
{
    if (result.type == promql::ValueType::String) {
        context.out << printable(result.text) << '\n';
        return;
    }
    const bool isMatrix = result.type == promql::ValueType::Matrix;
    using Align = Table::Align;
    Table table(isMatrix ? std::vector<Table::Column>{{"SERIES"}, {"TIME"}, {"VALUE", Align::Right}}
                         : std::vector<Table::Column>{{"SERIES"}, {"VALUE", Align::Right}});
    std::size_t shown = 0, all = 0;
    for (const promql::ResultSeries &series : result.series) {
        all += series.samples.size();
        for (const promql::Sample &sample : series.samples) {
            if (shown == limit)
                break;
            ++shown;
            const std::string name = series.labels.text(), value = promql::numberText(sample.value);
            table.add(isMatrix ? std::vector{name, utcText(storeTimeNs(sample.timeMs)), value} : std::vector{name, value});
        }
    }
    table.print(context.out);
    context.out.flush();
    if (shown < all)
        context.err << shown << " of " << all << " values shown: --limit N, or -o csv for all\n";
}

void printNothing(const CommandContext &context, const QueryArguments &arguments, const QuerySource &source)
{
    if (arguments.isOfStore())
        context.err << "no stored series answers this; 'tapio query '{__name__!=\"\"}'' lists what there is now\n";
    else
        context.err << "no series of " << printable(source.name()) << " answers this\n";
}

void print(const CommandContext &context, const QueryArguments &arguments, const QuerySource &source, const promql::QueryResult &result)
{
    switch (context.format) {
    case OutputFormat::Json: printJson(context.out, queryJson(result)); return;
    case OutputFormat::Csv: writeCsv(context.out, result); return;
    case OutputFormat::Table: break;
    }
    if (result.series.empty() && result.type != promql::ValueType::String)
        printNothing(context, arguments, source);
    else
        printTable(context, result, arguments.limit);
}

int runQuery(const CommandContext &context, const QueryArguments &arguments)
{
    const std::int64_t nowNs = context.clock.utcNs();
    const auto time = momentMs("--time", arguments.time, nowNs);
    if (!time)
        return report(context.err, time.error());
    Result<promql::QueryTimes> times = promql::QueryTimes{*time, *time, 1};
    if (arguments.isRange())
        times = timesOf(arguments, nowNs);
    if (!times)
        return report(context.err, times.error());
    if (arguments.isOfStore()) { // what is wrong with it is wrong without a store, too
        if (const auto query = promql::parseQuery(arguments.expression); !query)
            return refuse(context, arguments.expression, query.error());
    }
    int exitCode = ExitOk;
    const auto opened = openSource(context, arguments.from, exitCode);
    if (!opened)
        return exitCode;
    Interrupt interrupt;
    const auto answer = opened->source->ask({arguments.expression, *times, arguments.isRange()}, interrupt.token());
    if (!answer) {
        const Unanswered &why = answer.error();
        if (why.at)
            return refuse(context, arguments.expression, *why.at);
        return arguments.isOfStore() ? static_cast<int>(report(context.err, why.error)) : reportAnswer(context.err, why.error);
    }
    for (const std::string &warning : answer->warnings)
        context.err << "warning: " << printable(warning) << '\n';
    print(context, arguments, *opened->source, answer->result);
    return ExitOk;
}

} // namespace

void addQueryCommand(CLI::App &app, CommandContext &context, Chosen &chosen)
{
    auto arguments = std::make_shared<QueryArguments>();
    CLI::App *query =
        app.add_subcommand("query", "A PromQL query of what is stored, or of a Prometheus server, at one time or over a range of times");
    query->add_option("expression", arguments->expression, "e.g. 'rate(container_cpu_usage_seconds_total[5m])'")
        ->required()
        ->option_text("EXPR");
    auto *time = query->add_option("--time", arguments->time, "at that time: 10m, 2h, 1d ago, or 2026-03-01T12:00:05Z, or with +02:00")
                     ->capture_default_str();
    for (CLI::Option *option :
         {query->add_option("--start", arguments->start, "over a range of times that begins then, as --time"),
          query->add_option("--end", arguments->end, "and ends then (default now)"),
          query->add_option("--step", arguments->step, "with a value each 15s, 1m30s ... (default: about 250 values)")})
        option->excludes(time);
    query->add_option("--limit", arguments->limit, "how many values a table has at most")
        ->capture_default_str()
        ->check(CLI::Range(std::size_t(1), std::size_t(10'000'000)));
    query
        ->add_option_function<std::string>(
            "-o,--output",
            [&context](const std::string &name) {
                context.format = name == "csv" ? OutputFormat::Csv : name == "json" ? OutputFormat::Json : OutputFormat::Table;
            },
            "table, json or csv")
        ->check(CLI::IsMember({"table", "json", "csv"}))
        ->option_text("FORMAT");
    addSourceOptions(*query, arguments->from);
    query->footer("The language is PromQL as of Prometheus 2.42, without native histograms. Names are those of cAdvisor and the node "
                  "exporter where they measure the\n"
                  "same (container_memory_working_set_bytes), else they begin with tapio_. A store keeps what this console received; "
                  "a server is asked\nonly where --url or --source names one.");
    query->callback([&context, &chosen, arguments] { chosen = [&context, arguments] { return runQuery(context, *arguments); }; });
}

} // namespace tapio::console
