// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>
#include <optional>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "console/cli/command.h"
#include "console/cli/connection.h"
#include "console/cli/interrupt.h"
#include "console/cli/nodeviews.h"

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

/// Whether the agent ended its link itself; null: it is there, or its server does not say.
nlohmann::json saidGoodbye(const wire::AgentState &state)
{
    return state.state == wire::LinkState::Gone && state.toldNs > 0 ? nlohmann::json(state.saidBye) : nlohmann::json();
}

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
                        {"said_goodbye", saidGoodbye(state)},
                        {"last_heartbeat", utcText(state.lastHeartbeatNs)},
                        {"address", state.remoteAddress},
                        {"version", state.agent.version},
                        {"kernel", state.agent.kernelRelease},
                        {"pid", state.agent.pid},
                        {"config_sha256", state.agent.configSha256},
                        {"certificate_serial", state.certificateSerial},
                        {"certificate_expires", utcText(state.certificateExpiresNs)},
                        {"sessions", state.sessions},
                        {"received_events", state.receivedEvents},
                        {"queued_events", state.heartbeat.queuedEvents},
                        {"in_flight_events", state.heartbeat.inFlightEvents},
                        {"dropped_events", state.loss.droppedEvents},
                        {"transit_events", state.loss.transitEvents},
                        {"gap_frames", state.loss.gapFrames},
                        {"hooks_active", nullptr}, // null, here and below: not known yet
                        {"hooks_wanted", nullptr},
                        {"clock_offset_ns", nullptr},
                        {"clock_uncertainty_ns", nullptr},
                        {"seen_per_second", nullptr}, // events
                        {"sent_per_second", nullptr},
                        {"missing", nullptr}};
    if (view.hooks) {
        json["hooks_active"] = view.hooks->active;
        json["hooks_wanted"] = view.hooks->wanted;
    }
    if (const auto counters = view.counters())
        json["missing"] = counters->missing();
    json["collectors"] = nlohmann::json::object();
    for (const auto &[collector, counters] : view.collectors()) {
        for (std::size_t i = 0; i < counterCount; ++i)
            json["collectors"][collector][std::string(counterName(static_cast<Counter>(i)))] = counters[static_cast<Counter>(i)];
    }
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

/// What was lost on the way is known without the agent's own counters.
std::string lossText(const NodeView &view)
{
    const auto counters = view.counters();
    if (!counters && view.state.loss.transitEvents == 0)
        return "no data";
    return std::to_string((counters ? counters->missing() : 0) + view.state.loss.transitEvents);
}

/// What LOST is made of, where something was; nothing else.
void printLosses(const CommandContext &context, const NodeViews &views)
{
    Table table({{"NODE"}, {"COLLECTOR"}, {"CAUSE"}, {"LOST", Table::Align::Right}});
    const auto add = [&table](const std::string &node, const std::string &collector, const char *cause, std::uint64_t lost) {
        if (lost > 0)
            table.add({node, collector, cause, std::to_string(lost)});
    };
    for (const auto &[node, view] : views.nodes()) {
        for (const auto &[collector, counters] : view.collectors()) {
            add(node, collector, "the kernel's buffer was full", counters[Counter::Lost]);
            add(node, collector, "shed, to stay within the agent's budget", counters[Counter::Shed]);
            add(node, collector, "a queue of the agent was full", counters[Counter::QDrop]);
        }
        add(node, "-", "on its way to the server", view.state.loss.transitEvents);
    }
    if (table.empty())
        return;
    context.out << '\n';
    table.print(context.out);
}

void printNodes(const CommandContext &context, const NodeViews &views, bool identities)
{
    if (context.format == OutputFormat::Json) {
        nlohmann::json list = nlohmann::json::array();
        for (const auto &[node, view] : views.nodes())
            list.push_back(toJson(view));
        printJson(context.out, identities ? list : nlohmann::json{{"agents", list}});
        return;
    }
    if (views.nodes().empty()) {
        context.out << "no agent has connected to this server yet\n";
        return;
    }
    if (identities) {
        Table table({{"NODE"}, {"STATE"}, {"SINCE"}, {"ADDRESS"}, {"VERSION"}, {"KERNEL"}, {"CERTIFICATE ENDS"}, {"SERIAL"}});
        for (const auto &[node, view] : views.nodes()) {
            const wire::AgentState &s = view.state;
            table.add({node, std::string(linkStateName(s.state)), utcText(s.sinceNs), s.remoteAddress, s.agent.version,
                       s.agent.kernelRelease, utcText(s.certificateExpiresNs), s.certificateSerial});
        }
        table.print(context.out);
        return;
    }
    using Align = Table::Align;
    Table table({{"NODE"},
                 {"STATE"},
                 {"SEEN", Align::Right},
                 {"SENT", Align::Right},
                 {"RECEIVED", Align::Right},
                 {"QUEUED", Align::Right},
                 {"LOST", Align::Right},
                 {"HOOKS", Align::Right},
                 {"CLOCK"}});
    for (const auto &[node, view] : views.nodes()) {
        const wire::AgentState &s = view.state;
        table.add({node, std::string(linkStateName(s.state)), rateText(view.rate(Counter::Seen)), rateText(view.rate(Counter::Sent)),
                   std::to_string(s.receivedEvents), std::to_string(s.heartbeat.queuedEvents + s.heartbeat.inFlightEvents), lossText(view),
                   view.hooks ? std::to_string(view.hooks->active) + " of " + std::to_string(view.hooks->wanted) : "no data",
                   clockText(s.heartbeat)});
    }
    table.print(context.out);
    printLosses(context, views);
}

int runNodes(const CommandContext &context, bool identities)
{
    const auto connection = resolveConnection(context);
    if (!connection)
        return reportNoConnection(context, connection.error());
    Interrupt interrupt;
    NodeViews views;
    auto client = ServerClient::open(connection->client, connection->consoleName, statesOnly(), views.handlers(), context.clock);
    if (!client)
        return report(context.err, client.error(), certificateHint);
    const auto enough = [&] { return identities ? client->welcomed() && views.reportsKnown() : views.ratesKnown(); };
    const Status done = client->run(identities ? 2500ms : 4000ms, enough, interrupt.token());
    if (!done)
        return reportSession(context.err, done.error(), client->refusalCode());
    if (!identities && context.format == OutputFormat::Table)
        context.out << "server " << connection->client.host << ':' << connection->client.port << ", mutual TLS 1.3\n";
    printNodes(context, views, identities);
    return ExitOk;
}

} // namespace

void addLiveCommands(CLI::App &app, CommandContext &context, Chosen &chosen)
{
    CLI::App *status = app.add_subcommand("status", "Agents, rates and losses, measured over the last seconds");
    status->callback([&context, &chosen] { chosen = [&context] { return runNodes(context, false); }; });

    CLI::App *agents = app.add_subcommand("agents", "The agents that the server knows, with their identities");
    agents->callback([&context, &chosen] { chosen = [&context] { return runNodes(context, true); }; });
}

} // namespace tapio::console
