// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "console/cli/command.h"
#include "console/cli/connection.h"
#include "console/cli/interrupt.h"

namespace tapio::console {

namespace {

using namespace std::chrono_literals;

std::string_view linkStateName(wire::LinkState state)
{
    switch (state) {
    case wire::LinkState::Connected: return "connected";
    case wire::LinkState::Silent: return "silent";
    case wire::LinkState::Gone: return "gone";
    case wire::LinkState::Unknown: break;
    }
    return "unknown";
}

/// What the reports of one node say, first and last, so that a rate is a difference over measured time.
struct NodeView {
    wire::AgentState state;
    std::int64_t firstNs = 0, lastNs = 0;
    CounterSet first, last;
    std::size_t hooksActive = 0, hooksWanted = 0;

    std::optional<double> rate(Counter counter) const
    {
        if (lastNs <= firstNs)
            return std::nullopt;
        const double seconds = static_cast<double>(lastNs - firstNs) / static_cast<double>(nsPerSecond);
        return static_cast<double>(difference(last, first).delta[counter]) / seconds;
    }
};

class Collector {
public:
    ServerClientHandlers handlers()
    {
        ServerClientHandlers handlers;
        handlers.agentState = [this](const wire::AgentState &state) { m_nodes[state.node].state = state; };
        handlers.delivery = [this](const wire::Delivery &delivery) { take(delivery); };
        return handlers;
    }
    const std::map<std::string, NodeView> &nodes() const noexcept { return m_nodes; }
    bool ratesKnown() const
    {
        return !m_nodes.empty()
            && std::all_of(m_nodes.begin(), m_nodes.end(), [](const auto &entry) {
                   const NodeView &view = entry.second;
                   return view.state.state != wire::LinkState::Connected || (view.lastNs > view.firstNs && view.hooksWanted > 0);
               });
    }

private:
    void take(const wire::Delivery &delivery)
    {
        NodeView &view = m_nodes[delivery.node];
        if (const auto *report = std::get_if<wire::CounterReport>(&delivery.frame.body)) {
            CounterSet sum;
            for (const wire::SourceCounters &source : report->sources)
                sum += source.counters;
            if (view.firstNs == 0) {
                view.first = sum;
                view.firstNs = report->timeNs;
            }
            view.last = sum;
            view.lastNs = report->timeNs;
        }
        if (const auto *report = std::get_if<wire::HookReport>(&delivery.frame.body)) {
            const auto wanted = [](const wire::Hook &hook) { return hook.wanted(); };
            const auto active = [](const wire::Hook &hook) { return hook.state == wire::HookState::Active; };
            view.hooksWanted = static_cast<std::size_t>(std::count_if(report->hooks.begin(), report->hooks.end(), wanted));
            view.hooksActive = static_cast<std::size_t>(std::count_if(report->hooks.begin(), report->hooks.end(), active));
        }
    }

    std::map<std::string, NodeView> m_nodes;
};

constexpr std::string_view connectHint = "start tapio-console or tapio-server, or name another with --server HOST:PORT; 'tapio check' tells more";

std::string clockText(const wire::Heartbeat &beat)
{
    if (beat.uncertaintyNs < 0)
        return "not measured";
    return durationText(beat.offsetNs) + " +- " + durationText(beat.uncertaintyNs);
}

nlohmann::json toJson(const NodeView &view)
{
    const wire::AgentState &state = view.state;
    nlohmann::json json{{"node", state.node},
                        {"state", linkStateName(state.state)},
                        {"since", utcText(state.sinceNs)},
                        {"last_heartbeat", utcText(state.lastHeartbeatNs)},
                        {"address", state.remoteAddress},
                        {"version", state.agent.version},
                        {"kernel", state.agent.kernelRelease},
                        {"pid", state.agent.pid},
                        {"certificate_serial", state.certificateSerial},
                        {"certificate_expires", utcText(state.certificateExpiresNs)},
                        {"sessions", state.sessions},
                        {"received_events", state.receivedEvents},
                        {"queued_events", state.heartbeat.queuedEvents},
                        {"in_flight_events", state.heartbeat.inFlightEvents},
                        {"dropped_events", state.loss.droppedEvents},
                        {"transit_events", state.loss.transitEvents},
                        {"gap_frames", state.loss.gapFrames},
                        {"hooks_active", view.hooksActive},
                        {"hooks_wanted", view.hooksWanted},
                        {"clock_offset_ns", nullptr},
                        {"clock_uncertainty_ns", nullptr},
                        {"seen_per_second", nullptr},
                        {"sent_per_second", nullptr},
                        {"missing", view.last.missing()}};
    if (state.heartbeat.uncertaintyNs >= 0) {
        json["clock_offset_ns"] = state.heartbeat.offsetNs;
        json["clock_uncertainty_ns"] = state.heartbeat.uncertaintyNs;
    }
    if (const auto seen = view.rate(Counter::Seen))
        json["seen_per_second"] = *seen;
    if (const auto sent = view.rate(Counter::Sent))
        json["sent_per_second"] = *sent;
    return json;
}

std::string rateText(const std::optional<double> &rate)
{
    if (!rate)
        return "no data";
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f/s", *rate);
    return text.data();
}

void printNodes(const CommandContext &context, const Collector &collector, bool identities)
{
    if (context.format == OutputFormat::Json) {
        nlohmann::json list = nlohmann::json::array();
        for (const auto &[node, view] : collector.nodes())
            list.push_back(toJson(view));
        printJson(context.out, identities ? list : nlohmann::json{{"agents", list}});
        return;
    }
    if (collector.nodes().empty()) {
        context.out << "no agent has connected to this server yet\n";
        return;
    }
    if (identities) {
        Table table({{"NODE"}, {"STATE"}, {"SINCE"}, {"ADDRESS"}, {"VERSION"}, {"KERNEL"}, {"CERTIFICATE ENDS"}, {"SERIAL"}});
        for (const auto &[node, view] : collector.nodes()) {
            const wire::AgentState &s = view.state;
            table.add({node, std::string(linkStateName(s.state)), utcText(s.sinceNs), s.remoteAddress, s.agent.version,
                       s.agent.kernelRelease, utcText(s.certificateExpiresNs), s.certificateSerial});
        }
        table.print(context.out);
        return;
    }
    using Align = Table::Align;
    Table table({{"NODE"}, {"STATE"}, {"SEEN", Align::Right}, {"SENT", Align::Right}, {"RECEIVED", Align::Right},
                 {"QUEUED", Align::Right}, {"LOST", Align::Right}, {"HOOKS", Align::Right}, {"CLOCK"}});
    for (const auto &[node, view] : collector.nodes()) {
        const wire::AgentState &s = view.state;
        table.add({node, std::string(linkStateName(s.state)), rateText(view.rate(Counter::Seen)), rateText(view.rate(Counter::Sent)),
                   std::to_string(s.receivedEvents), std::to_string(s.heartbeat.queuedEvents + s.heartbeat.inFlightEvents),
                   std::to_string(view.last.missing() + s.loss.transitEvents),
                   view.hooksWanted == 0 ? "no data" : std::to_string(view.hooksActive) + " of " + std::to_string(view.hooksWanted),
                   clockText(s.heartbeat)});
    }
    table.print(context.out);
}

int runNodes(const CommandContext &context, bool identities)
{
    const auto connection = resolveConnection(context);
    if (!connection)
        return report(context.err, connection.error(), "'tapio pki issue console NAME' makes a certificate to connect with");
    Interrupt interrupt;
    Collector collector;
    auto client = ServerClient::open(connection->client, connection->consoleName, statesOnly(), collector.handlers(), context.clock);
    if (!client)
        return report(context.err, client.error());
    const auto enough = [&] { return identities ? client->welcomed() && !collector.nodes().empty() : collector.ratesKnown(); };
    const Status done = client->run(identities ? 2500ms : 4000ms, enough, interrupt.token());
    if (!done)
        return report(context.err, done.error(), connectHint);
    if (!identities && context.format == OutputFormat::Table)
        context.out << "server " << connection->client.host << ':' << connection->client.port << ", mutual TLS 1.3\n";
    printNodes(context, collector, identities);
    return ExitOk;
}

struct WatchArguments {
    std::vector<std::string> types;
    std::string severity = "debug";
    int seconds = 0;
};

void printEvents(const CommandContext &context, const wire::Delivery &delivery)
{
    const auto *batch = std::get_if<wire::EventBatch>(&delivery.frame.body);
    if (batch == nullptr)
        return;
    for (std::size_t i = 0; i < batch->events.size(); ++i) {
        const wire::Event &event = batch->events[i];
        const wire::Origin &origin = batch->origins[event.origin];
        const std::string where = !origin.podName.empty() ? origin.namespaceName + '/' + origin.podName
            : !origin.containerId.empty()                 ? origin.containerId.substr(0, 12)
                                                          : origin.cgroupPath;
        if (context.format == OutputFormat::Json) {
            // One object per line, so that a pipe can follow.
            context.out << nlohmann::json{{"time", utcText(event.timeNs)}, {"node", delivery.node}, {"seq", batch->firstSeq + i},
                                          {"type", wire::eventTypeName(event.type)}, {"severity", wire::severityName(event.severity)},
                                          {"pid", event.process.pid}, {"comm", event.process.comm}, {"where", where},
                                          {"summary", wire::summary(event)}}
                               .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                        << std::endl;
            continue;
        }
        std::array<char, 128> head{};
        std::snprintf(head.data(), head.size(), "%s  %-8s  %-15s  %7u  %-15s  ", utcText(event.timeNs).c_str(),
                      std::string(wire::severityName(event.severity)).c_str(), wire::eventTypeName(event.type).c_str(),
                      event.process.pid, printable(event.process.comm).c_str());
        context.out << head.data() << printable(delivery.node) << "  " << printable(where) << "  " << printable(wire::summary(event)) << '\n';
    }
    context.out.flush();
}

int runWatch(const CommandContext &context, const WatchArguments &arguments)
{
    const auto connection = resolveConnection(context);
    if (!connection)
        return report(context.err, connection.error(), "'tapio pki issue console NAME' makes a certificate to connect with");
    wire::Subscribe subscribe;
    subscribe.samples = false;
    subscribe.reports = false;
    for (const std::string &name : arguments.types)
        subscribe.filter.types.push_back(wire::eventTypeFromName(name));
    subscribe.filter.minSeverity = severityFromName(arguments.severity);
    Interrupt interrupt;
    ServerClientHandlers handlers;
    handlers.delivery = [&](const wire::Delivery &delivery) { printEvents(context, delivery); };
    auto client = ServerClient::open(connection->client, connection->consoleName, subscribe, handlers, context.clock);
    if (!client)
        return report(context.err, client.error());
    // A first short run tells at once when there is no server; then it goes on until Ctrl-C or the given time.
    const Status first = client->run(4000ms, [&] { return client->welcomed(); }, interrupt.token());
    if (!first)
        return report(context.err, first.error(), connectHint);
    const auto budget = arguments.seconds > 0 ? std::chrono::milliseconds(1000LL * arguments.seconds) : std::chrono::milliseconds(std::chrono::hours(24 * 365));
    const Status done = client->run(budget, [&] { return !context.out.good(); }, interrupt.token());
    return done ? static_cast<int>(ExitOk) : static_cast<int>(report(context.err, done.error(), connectHint));
}

} // namespace

void addLiveCommands(CLI::App &app, CommandContext &context, Chosen &chosen)
{
    CLI::App *status = app.add_subcommand("status", "Agents, rates and losses, measured over the last seconds");
    status->callback([&context, &chosen] { chosen = [&context] { return runNodes(context, false); }; });

    CLI::App *agents = app.add_subcommand("agents", "The agents that the server knows, with their identities");
    agents->callback([&context, &chosen] { chosen = [&context] { return runNodes(context, true); }; });

    auto arguments = std::make_shared<WatchArguments>();
    CLI::App *watch = app.add_subcommand("watch", "Events as they come, until Ctrl-C");
    watch->add_option("--type", arguments->types, "only these types, e.g. process.exec")->check(CLI::IsMember(knownEventTypes()));
    watch->add_option("--severity", arguments->severity, "this severity and above")
        ->check(CLI::IsMember({"debug", "info", "notice", "warning", "error", "critical"}));
    watch->add_option("--seconds", arguments->seconds, "leave after this time")->check(CLI::Range(1, 86400));
    watch->callback([&context, &chosen, arguments] { chosen = [&context, arguments] { return runWatch(context, *arguments); }; });
}

} // namespace tapio::console
