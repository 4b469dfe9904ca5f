// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "console/cli/command.h"
#include "console/cli/connection.h"
#include "console/cli/livestream.h"
#include "console/core/metrics/export.h"
#include "console/core/store/eventfilter.h"

namespace tapio::console {

namespace {

struct WatchArguments {
    std::vector<std::string> types, nodes, namespaces, pods;
    std::string severity = "debug";
    std::string text;
    std::optional<std::uint32_t> pid;
    int seconds = 0;
};

std::string whereOf(const wire::Origin &origin)
{
    if (!origin.podName.empty())
        return origin.namespaceName + '/' + origin.podName;
    return origin.containerId.empty() ? origin.cgroupPath : origin.containerId.substr(0, 12);
}

/// What the server cannot look for: the text and the process, as `tapio events` does.
class LocalFilter {
public:
    explicit LocalFilter(const WatchArguments &arguments) : m_pid(arguments.pid), m_text(arguments.text) {}

    bool wants(const wire::Event &event, const wire::Origin &origin)
    {
        if (m_pid && event.process.pid != *m_pid)
            return false;
        return m_text.empty() || m_text.in(event.process.comm) || m_text.in(origin.podName) || m_text.in(origin.containerId)
               || m_text.in(origin.containerName) || m_text.in(wire::summary(event));
    }

private:
    std::optional<std::uint32_t> m_pid;
    TextSearch m_text;
};

std::size_t widestEventType()
{
    std::size_t widest = 0;
    for (const std::string &name : knownEventTypes())
        widest = std::max(widest, name.size());
    return widest;
}

/// Events as lines: columns whose widths cannot be known before, so those of most events; or one JSON object per line.
class EventLines {
public:
    EventLines(const CommandContext &context, const WatchArguments &arguments) : m_context(context), m_filter(arguments) {}

    void header() const
    {
        if (m_context.format == OutputFormat::Table)
            m_table.printTitles(m_context.out);
        m_context.out.flush();
    }

    void print(const wire::Delivery &delivery)
    {
        const auto *batch = std::get_if<wire::EventBatch>(&delivery.frame.body);
        if (batch == nullptr)
            return;
        for (std::size_t i = 0; i < batch->events.size(); ++i) {
            const wire::Event &event = batch->events[i];
            const wire::Origin &origin = batch->origins[event.origin];
            if (!m_filter.wants(event, origin))
                continue;
            if (m_context.format == OutputFormat::Json)
                printObject({{}, delivery.node, batch->seqOf(i), origin, event});
            else
                m_table.print(m_context.out, {utcText(event.timeNs), std::string(wire::severityName(event.severity)),
                                              wire::eventTypeName(event.type), delivery.node, std::to_string(event.process.pid),
                                              event.process.comm, whereOf(origin), wire::summary(event)});
        }
        m_context.out.flush();
    }

private:
    void printObject(const StoredEvent &event) const
    {
        nlohmann::json object = eventJson(event);
        object.erase("id"); // its place in a store, and it is in none
        m_context.out << object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    }

    const CommandContext &m_context;
    LocalFilter m_filter;
    LineTable m_table{{{"TIME", 24},
                       {"SEVERITY", 8},
                       {"TYPE", widestEventType()},
                       {"NODE", 15},
                       {"PID", 7, Table::Align::Right},
                       {"COMM", 15},
                       {"WHERE", 32},
                       {"SUMMARY"}}};
};

wire::Subscribe subscriptionOf(const WatchArguments &arguments)
{
    wire::Subscribe subscribe;
    subscribe.samples = false;
    subscribe.reports = false;
    for (const std::string &name : arguments.types)
        subscribe.filter.types.push_back(wire::eventTypeFromName(name));
    subscribe.filter.detail = true; // whoever looks wants to see all of it
    subscribe.filter.minSeverity = severityFromName(arguments.severity);
    subscribe.filter.nodes = arguments.nodes;
    subscribe.filter.namespaces = arguments.namespaces;
    subscribe.filter.pods = arguments.pods;
    return subscribe;
}

int runWatch(const CommandContext &context, const WatchArguments &arguments)
{
    EventLines lines(context, arguments);
    return runLiveStream(context, {subscriptionOf(arguments), arguments.seconds, [&lines] { lines.header(); },
                                   [&lines](const wire::Delivery &delivery) { lines.print(delivery); }});
}

} // namespace

void addWatchCommand(CLI::App &app, CommandContext &context, Chosen &chosen)
{
    auto arguments = std::make_shared<WatchArguments>();
    CLI::App *watch =
        app.add_subcommand("watch", "The last events that the server still holds, then new ones as they come, until Ctrl-C; with -o "
                                    "json one object per line");
    watch->add_option("--type", arguments->types, "only these types, e.g. process.exec")->check(CLI::IsMember(knownEventTypes()));
    watch->add_option("--severity", arguments->severity, "this severity and above")
        ->check(CLI::IsMember({"debug", "info", "notice", "warning", "error", "critical"}));
    watch->add_option("--node", arguments->nodes, "only these nodes");
    watch->add_option("--namespace", arguments->namespaces, "only these Kubernetes namespaces");
    watch->add_option("--pod", arguments->pods, "only these pods");
    watch->add_option("--pid", arguments->pid, "only this process")->check(CLI::Range(0, mostPid));
    watch->add_option("--text", arguments->text, "only with this text in summary, command, pod or container");
    watch->add_option("--seconds", arguments->seconds, "leave after this time")->check(CLI::Range(1, 86400));
    watch->callback([&context, &chosen, arguments] { chosen = [&context, arguments] { return runWatch(context, *arguments); }; });
}

} // namespace tapio::console
