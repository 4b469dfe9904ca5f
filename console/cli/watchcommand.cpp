// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "console/cli/command.h"
#include "console/cli/connection.h"
#include "console/cli/interrupt.h"

namespace tapio::console {

namespace {

using namespace std::chrono_literals;

struct WatchArguments {
    std::vector<std::string> types;
    std::string severity = "debug";
    int seconds = 0;
};

std::string whereOf(const wire::Origin &origin)
{
    if (!origin.podName.empty())
        return origin.namespaceName + '/' + origin.podName;
    return origin.containerId.empty() ? origin.cgroupPath : origin.containerId.substr(0, 12);
}

/// Events as lines: columns whose widths cannot be known before, so those of most events; or one JSON object per line.
class EventLines {
public:
    explicit EventLines(const CommandContext &context) : m_context(context) {}

    void header() const
    {
        if (m_context.format == OutputFormat::Table)
            line("TIME", "SEVERITY", "TYPE", "PID", "COMM", "NODE  WHERE  SUMMARY");
        m_context.out.flush();
    }

    void print(const wire::Delivery &delivery) const
    {
        const auto *batch = std::get_if<wire::EventBatch>(&delivery.frame.body);
        if (batch == nullptr)
            return;
        for (std::size_t i = 0; i < batch->events.size(); ++i) {
            const wire::Event &event = batch->events[i];
            const std::string where = whereOf(batch->origins[event.origin]);
            if (m_context.format == OutputFormat::Json)
                printObject(delivery.node, batch->seqOf(i), event, where);
            else
                line(utcText(event.timeNs).c_str(), std::string(wire::severityName(event.severity)).c_str(), wire::eventTypeName(event.type).c_str(),
                     std::to_string(event.process.pid).c_str(), printable(event.process.comm).c_str(),
                     printable(delivery.node) + "  " + printable(where) + "  " + printable(wire::summary(event)));
        }
        m_context.out.flush();
    }

private:
    void line(const char *time, const char *severity, const char *type, const char *pid, const char *comm, const std::string &rest) const
    {
        std::array<char, 160> head{};
        std::snprintf(head.data(), head.size(), "%-24s  %-8s  %-15s  %7s  %-15s  ", time, severity, type, pid, comm);
        m_context.out << head.data() << rest << '\n';
    }

    void printObject(const std::string &node, std::uint64_t seq, const wire::Event &event, const std::string &where) const
    {
        m_context.out << nlohmann::json{{"time", utcText(event.timeNs)}, {"node", node}, {"seq", seq}, {"type", wire::eventTypeName(event.type)},
                                        {"severity", wire::severityName(event.severity)}, {"pid", event.process.pid},
                                        {"comm", event.process.comm}, {"where", where}, {"summary", wire::summary(event)}}
                             .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                      << '\n';
    }

    const CommandContext &m_context;
};

wire::Subscribe subscriptionOf(const WatchArguments &arguments)
{
    wire::Subscribe subscribe;
    subscribe.samples = false;
    subscribe.reports = false;
    for (const std::string &name : arguments.types)
        subscribe.filter.types.push_back(wire::eventTypeFromName(name));
    subscribe.filter.minSeverity = severityFromName(arguments.severity);
    return subscribe;
}

ServerClientHandlers handlersOf(const CommandContext &context, const EventLines &lines, const std::string &server)
{
    ServerClientHandlers handlers;
    handlers.delivery = [&lines](const wire::Delivery &delivery) { lines.print(delivery); };
    handlers.link = [&context, server](bool up, const std::string &reason) {
        if (up)
            context.err << "connected to " << server << " again" << std::endl;
        else
            context.err << "disconnected from " << server << ", trying again: " << printable(reason) << std::endl;
    };
    handlers.queueDropped = [&context, said = std::uint64_t(0)](std::uint64_t events) mutable {
        if (events > said)
            context.err << "incomplete: " << events << " events were dropped, as they came faster than they were read" << std::endl;
        said = events;
    };
    return handlers;
}

int runWatch(const CommandContext &context, const WatchArguments &arguments)
{
    const auto connection = resolveConnection(context);
    if (!connection)
        return reportNoConnection(context, connection.error());
    Interrupt interrupt;
    const EventLines lines(context);
    const std::string server = connection->client.host + ':' + std::to_string(connection->client.port);
    auto client = ServerClient::open(connection->client, connection->consoleName, subscriptionOf(arguments), handlersOf(context, lines, server), context.clock);
    if (!client)
        return report(context.err, client.error(), certificateHint);
    const auto ended = [&context, &client](const Status &status) -> int {
        if (status || status.error().code() == Errc::Cancelled)
            return ExitOk;
        return reportSession(context.err, status.error(), client->refusalCode());
    };
    // A first short run tells at once when there is no server; then it goes on until Ctrl-C or the given time.
    const Status first = client->run(4000ms, [&] { return client->welcomed(); }, interrupt.token());
    if (!first)
        return ended(first);
    lines.header();
    const auto budget = arguments.seconds > 0 ? std::chrono::milliseconds(1000LL * arguments.seconds) : std::chrono::milliseconds(std::chrono::hours(24 * 365));
    return ended(client->run(budget, [&] { return !context.out.good(); }, interrupt.token()));
}

} // namespace

void addWatchCommand(CLI::App &app, CommandContext &context, Chosen &chosen)
{
    auto arguments = std::make_shared<WatchArguments>();
    CLI::App *watch = app.add_subcommand("watch", "Events as they come, until Ctrl-C; with -o json one object per line");
    watch->add_option("--type", arguments->types, "only these types, e.g. process.exec")->check(CLI::IsMember(knownEventTypes()));
    watch->add_option("--severity", arguments->severity, "this severity and above")
        ->check(CLI::IsMember({"debug", "info", "notice", "warning", "error", "critical"}));
    watch->add_option("--seconds", arguments->seconds, "leave after this time")->check(CLI::Range(1, 86400));
    watch->callback([&context, &chosen, arguments] { chosen = [&context, arguments] { return runWatch(context, *arguments); }; });
}

} // namespace tapio::console
