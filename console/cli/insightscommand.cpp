// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "console/cli/command.h"
#include "console/cli/connection.h"
#include "console/cli/insightviews.h"
#include "console/cli/interrupt.h"
#include "console/cli/storefile.h"
#include "console/cli/timespec.h"
#include "protocol/wire/evidence.h"

namespace tapio::console {

namespace {

constexpr std::size_t pageEvents = 1000;

struct InsightsArguments {
    std::filesystem::path store;
    std::vector<std::string> rules, nodes;
    std::string severity = "debug";
    std::string since = "1d";
    std::string id;
    bool onlyOpen = false;
};

/// What was told since then, put together; none when it was reported why not.
std::optional<std::vector<InsightView>> readInsights(const CommandContext &context, const InsightsArguments &arguments, int &exitCode)
{
    const auto since = parseMoment(arguments.since, context.clock.utcNs());
    if (!since) {
        exitCode = report(context.err, since.error().within("--since"));
        return std::nullopt;
    }
    const auto reader = openStore(context, arguments.store, exitCode);
    if (!reader)
        return std::nullopt;
    EventQuery query;
    query.fromNs = *since;
    query.toNs = INT64_MAX;
    query.filter.types = {wire::EventType::Insight};
    query.filter.nodes = arguments.nodes;
    query.limit = pageEvents;
    InsightFold fold;
    Interrupt interrupt;
    std::optional<EventId> after;
    for (bool more = true; more && !interrupt.token().stop_requested();) {
        const auto page = reader->events(query, after, interrupt.token());
        if (!page) {
            exitCode = report(context.err, page.error());
            return std::nullopt;
        }
        for (const StoredEvent &stored : page->events)
            fold.add(stored);
        more = page->more;
        query = page->next;
        after = page->nextAfter;
    }
    return fold.take();
}

void keepWanted(std::vector<InsightView> &views, const InsightsArguments &arguments)
{
    const wire::Severity least = severityFromName(arguments.severity);
    std::erase_if(views, [&](const InsightView &view) {
        const bool isOfRule = arguments.rules.empty()
                              || std::find(arguments.rules.begin(), arguments.rules.end(), view.insight.rule) != arguments.rules.end();
        return !isOfRule || view.severity < least || (arguments.onlyOpen && !view.isOpen());
    });
}

int runList(const CommandContext &context, const InsightsArguments &arguments)
{
    int exitCode = ExitOk;
    auto views = readInsights(context, arguments, exitCode);
    if (!views)
        return exitCode;
    keepWanted(*views, arguments);
    if (context.format == OutputFormat::Json) {
        nlohmann::json all = nlohmann::json::array();
        for (const InsightView &view : *views)
            all.push_back(insightJson(view));
        printJson(context.out, all);
        return ExitOk;
    }
    Table table(
        {{"ID"}, {"STATE"}, {"SEVERITY"}, {"FROM"}, {"TO"}, {"RULE"}, {"ROOT"}, {"EVIDENCE", Table::Align::Right}, {"WHAT HAPPENED"}});
    for (const InsightView &view : *views) {
        table.add({insightIdText(view.insight.id), std::string(wire::insightStateName(view.insight.state)),
                   std::string(wire::severityName(view.severity)), utcText(view.insight.fromNs), utcText(view.insight.toNs),
                   view.insight.rule, view.insight.root, std::to_string(view.insight.evidenceCount), view.insight.text});
    }
    if (table.empty())
        context.err << "no insight is stored since " << momentText(arguments.since) << '\n';
    else
        table.print(context.out);
    return ExitOk;
}

void printEvidence(std::ostream &out, const char *title, const std::vector<std::string> &lines)
{
    if (lines.empty())
        return;
    out << title << '\n';
    Table table({{"TIME"}, {"STEP"}, {"NODE"}, {"EVENT"}, {"WHAT"}});
    for (const std::string &line : lines) {
        const auto ref = wire::parseEvidence(line);
        if (!ref) {
            table.add({"-", "-", "-", "-", line});
            continue;
        }
        const std::string sure = ref->uncertaintyNs == 0 ? "" : " +- " + durationText(static_cast<std::int64_t>(ref->uncertaintyNs));
        const std::string event = ref->seq == 0 ? "not sent" : insightIdText(ref->streamId) + '/' + std::to_string(ref->seq);
        table.add({utcText(ref->timeNs) + sure, ref->step, ref->node, event, ref->text});
    }
    table.print(out);
}

void printOne(std::ostream &out, const InsightView &view)
{
    const wire::Insight &insight = view.insight;
    out << printable(insight.text) << "\n\n"
        << "id          " << insightIdText(insight.id) << '\n'
        << "rule        " << printable(insight.rule) << ", rule score " << int{insight.score} << " %\n"
        << "state       " << wire::insightStateName(insight.state) << ", " << wire::severityName(view.severity) << ", told " << view.times
        << " times, last " << utcText(view.toldNs) << '\n'
        << "root        " << wire::entityKindName(insight.rootKind) << ' ' << printable(insight.root) << '\n'
        << "time        " << utcText(insight.fromNs) << " to " << utcText(insight.toNs) << '\n'
        << "evidence    " << insight.evidenceCount << ", " << insight.evidence.size() << " of it below\n";
    for (const std::string &affected : insight.affected)
        out << "affects     " << printable(affected) << '\n';
    if (!insight.settle.empty())
        out << "to settle   " << printable(insight.settle) << '\n';
    if (!insight.runbook.empty())
        out << "runbook     " << printable(insight.runbook) << '\n';
    out << '\n';
    printEvidence(out, "Chain", insight.evidence);
    printEvidence(out, "Speaks against it", insight.contradicting);
}

int runShow(const CommandContext &context, const InsightsArguments &arguments)
{
    int exitCode = ExitOk;
    auto views = readInsights(context, arguments, exitCode);
    if (!views)
        return exitCode;
    std::erase_if(*views, [&](const InsightView &view) { return !insightIdText(view.insight.id).starts_with(arguments.id); });
    if (views->size() != 1) {
        const std::string found = views->empty() ? "no insight" : std::to_string(views->size()) + " insights";
        return report(context.err,
                      Error(views->empty() ? Errc::NotFound : Errc::InvalidArgument,
                            found + " of " + momentText(arguments.since) + " until now: '" + arguments.id + "'"),
                      "'tapio insights list' has the ids; --since looks further back");
    }
    if (context.format == OutputFormat::Json)
        printJson(context.out, insightJson(views->front()));
    else
        printOne(context.out, views->front());
    return ExitOk;
}

} // namespace

void addInsightsCommand(CLI::App &app, CommandContext &context, Chosen &chosen)
{
    auto arguments = std::make_shared<InsightsArguments>();
    CLI::App *insights = app.add_subcommand("insights", "What the agents' rules found, with its evidence");
    insights->require_subcommand(1);
    CLI::App *list = insights->add_subcommand("list", "Stored insights, the newest first");
    CLI::App *show = insights->add_subcommand("show", "One insight with its chain of events");
    for (CLI::App *one : {list, show}) {
        one->add_option("--since", arguments->since, "10m, 2h, 1d ago, or 2026-03-01T12:00:05Z, or with +02:00")->capture_default_str();
        one->add_option("--node", arguments->nodes, "only what these nodes' agents found");
        one->add_option("--store", arguments->store, "the store's file");
    }
    list->add_option("--rule", arguments->rules, "only of these rules");
    list->add_option("--severity", arguments->severity, "this severity and above")
        ->check(CLI::IsMember({"debug", "info", "notice", "warning", "error", "critical"}));
    list->add_flag("--open", arguments->onlyOpen, "only what is neither resolved nor expired");
    show->add_option("ID", arguments->id, "as list shows it, or its beginning")->required();
    list->callback([&context, &chosen, arguments] { chosen = [&context, arguments] { return runList(context, *arguments); }; });
    show->callback([&context, &chosen, arguments] { chosen = [&context, arguments] { return runShow(context, *arguments); }; });
}

} // namespace tapio::console
