// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <cstdlib>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "console/cli/command.h"
#include "console/cli/connection.h"
#include "console/cli/interrupt.h"
#include "console/cli/storefile.h"
#include "console/cli/timespec.h"
#include "console/core/metrics/export.h"
#include "console/core/store/toldtogether.h"
#include "protocol/wire/filter.h"

namespace tapio::console {

namespace {

struct EventsArguments {
    std::filesystem::path store;
    std::vector<std::string> types, nodes, namespaces, pods;
    std::string severity = "debug";
    std::string since = "15m";
    std::string until = "now";
    std::string text;
    std::optional<std::uint32_t> pid;
    std::size_t limit = 200;
    bool oldestFirst = false;
};

Result<EventQuery> queryFor(const EventsArguments &arguments, std::int64_t nowNs)
{
    EventQuery query;
    const auto since = parseMoment(arguments.since, nowNs);
    if (!since)
        return fail(since.error().within("--since"));
    const auto until = parseMoment(arguments.until, nowNs);
    if (!until)
        return fail(until.error().within("--until"));
    if (arguments.until == "now" && *since >= *until)
        return fail(Errc::InvalidArgument, "--since must be before now, and '" + arguments.since + "' is not");
    if (*since >= *until)
        return fail(Errc::InvalidArgument, "--since must be before --until");
    query.fromNs = *since;
    query.toNs = arguments.until == "now" ? INT64_MAX : *until;
    for (const std::string &name : arguments.types)
        query.filter.types.push_back(wire::eventTypeFromName(name));
    query.filter.minSeverity = severityFromName(arguments.severity);
    query.filter.nodes = arguments.nodes;
    query.filter.namespaces = arguments.namespaces;
    query.filter.pods = arguments.pods;
    query.text = arguments.text;
    query.pid = arguments.pid;
    query.newestFirst = !arguments.oldestFirst;
    return query;
}

constexpr std::string_view detailHint =
    "; ordinary starts and ends of programs (an exit code within 10 s is ordinary) are sent around insights "
    "alone, or while 'tapio watch' or 'tapio record' "
    "runs (correlation.detail of the agent)";

bool asksForDetail(const EventsArguments &arguments)
{
    return std::any_of(arguments.types.begin(), arguments.types.end(),
                       [](const std::string &name) { return wire::isDetailType(wire::eventTypeFromName(name)); });
}

std::string whereOf(const wire::Origin &origin)
{
    if (!origin.podName.empty())
        return origin.namespaceName + '/' + origin.podName;
    return origin.containerId.empty() ? origin.cgroupPath : origin.containerId.substr(0, 12);
}

void printPage(const CommandContext &context, const EventPage &page, Table &table)
{
    for (const StoredEvent &stored : page.events) {
        if (context.format == OutputFormat::Json) {
            context.out << eventJson(stored).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
            continue;
        }
        table.add({utcText(stored.event.timeNs), std::string(wire::severityName(stored.event.severity)),
                   wire::eventTypeName(stored.event.type), stored.node, std::to_string(stored.event.process.pid), stored.event.process.comm,
                   whereOf(stored.origin), std::string(attributionName(stored.origin.attribution)), wire::summary(stored.event)});
    }
}

/// Looked for until there is one.
Result<bool> missesToldTogether(const StoreReader &reader, const EventQuery &query, const std::stop_token &stop)
{
    auto together = toldTogetherQuery(query);
    std::optional<EventId> after;
    while (together) {
        const auto page = reader.events(*together, after, stop);
        if (!page)
            return fail(page.error());
        if (hasToldTogether(*page))
            return true;
        after = page->nextAfter;
        together = page->more ? std::optional(page->next) : std::nullopt;
    }
    return false;
}

int runEvents(const CommandContext &context, const EventsArguments &arguments)
{
    auto query = queryFor(arguments, context.clock.utcNs());
    if (!query)
        return report(context.err, query.error());
    int exitCode = ExitOk;
    const auto reader = openStore(context, arguments.store, exitCode);
    if (!reader)
        return exitCode;
    EventQuery asked = *query;
    Interrupt interrupt;
    Table table({{"TIME"}, {"SEVERITY"}, {"TYPE"}, {"NODE"}, {"PID", Table::Align::Right}, {"COMM"}, {"WHERE"}, {"IDENTITY"}, {"SUMMARY"}});
    std::size_t shown = 0;
    std::uint64_t lost = 0;
    bool more = true;
    std::optional<EventId> after;
    std::int64_t lastNs = 0; // of what is shown
    while (more && shown < arguments.limit && context.out.good() && !interrupt.token().stop_requested()) {
        query->limit = std::min<std::size_t>(arguments.limit - shown, 1000);
        const auto page = reader->events(*query, after, interrupt.token());
        if (!page)
            return report(context.err, page.error());
        printPage(context, *page, table);
        if (!page->events.empty())
            lastNs = page->events.back().event.timeNs;
        shown += page->events.size();
        lost = std::max(lost, page->lostEvents); // of the range that is left: the first page's is of the whole
        more = page->more;
        query = page->next;
        after = page->nextAfter;
    }
    if (context.format == OutputFormat::Table && !table.empty())
        table.print(context.out);
    context.out.flush();
    if (!context.out.good()) // main says why; how many were shown is not known
        return ExitOk;
    if (shown == 0)
        context.err << "no stored event matches between " << momentText(arguments.since) << " and " << momentText(arguments.until)
                    << (asksForDetail(arguments) ? detailHint : "") << '\n';
    else if (more)
        context.err << shown << " shown, there are more: --limit N\n";
    if (more && shown > 0) // what is beyond was not asked for
        (asked.newestFirst ? asked.fromNs : asked.toNs) = lastNs;
    const auto misses = missesToldTogether(*reader, asked, interrupt.token());
    if (misses && *misses)
        context.err << "connections told together (of several processes) are not in this; look by container or program\n";
    if (lost > 0)
        context.err << "incomplete: " << lost << " events of this time were lost; 'tapio status' names the causes\n";
    return ExitOk;
}

} // namespace

void addEventsCommand(CLI::App &app, CommandContext &context, Chosen &chosen)
{
    auto arguments = std::make_shared<EventsArguments>();
    CLI::App *events = app.add_subcommand("events", "Stored events; with -o json one object per line");
    events->add_option("--type", arguments->types, "only these types, e.g. process.exec")->check(CLI::IsMember(knownEventTypes()));
    events->add_option("--severity", arguments->severity, "this severity and above")
        ->check(CLI::IsMember({"debug", "info", "notice", "warning", "error", "critical"}));
    events->add_option("--node", arguments->nodes, "only these nodes");
    events->add_option("--namespace", arguments->namespaces, "only these Kubernetes namespaces");
    events->add_option("--pod", arguments->pods, "only these pods");
    events
        ->add_option("--pid", arguments->pid,
                     "only this process; connections told together, of several processes of a program, have no pid")
        ->check(CLI::Range(0, mostPid));
    events->add_option("--text", arguments->text, "only with this text in summary, command, pod or container");
    events->add_option("--since", arguments->since, "10m, 2h, 1d ago, or 2026-03-01T12:00:05Z, or with +02:00")->capture_default_str();
    events->add_option("--until", arguments->until, "as --since")->capture_default_str();
    events->add_option("--limit", arguments->limit, "how many at most")
        ->capture_default_str()
        ->check(CLI::Range(std::size_t(1), std::size_t(10'000'000)));
    events->add_flag("--oldest-first", arguments->oldestFirst, "instead of newest first");
    events->add_option("--store", arguments->store, "the store's file");
    events->callback([&context, &chosen, arguments] { chosen = [&context, arguments] { return runEvents(context, *arguments); }; });
}

} // namespace tapio::console
