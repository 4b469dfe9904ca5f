// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/livestream.h"

#include <algorithm>
#include <array>

#include "console/cli/connection.h"
#include "console/cli/interrupt.h"

namespace tapio::console {

namespace {

using namespace std::chrono_literals;

ServerClientHandlers handlersOf(const CommandContext &context, const LiveStream &stream, const std::string &server)
{
    ServerClientHandlers handlers;
    handlers.delivery = stream.take;
    handlers.agentState = stream.agent;
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
    // What the server had to keep from this console, in its own words; the other notices are of connections.
    handlers.linkNotice = [&context](const wire::LinkNotice &notice) {
        constexpr std::array<std::string_view, 3> losses{"late-events-gone", "late-events-dropped", "amendments-dropped"};
        if (std::find(losses.begin(), losses.end(), notice.code) != losses.end())
            context.err << "incomplete: " << printable(notice.reason) << " (" << notice.repeated << ", " << printable(notice.code) << ')'
                        << std::endl;
    };
    return handlers;
}

} // namespace

int runLiveStream(const CommandContext &context, const LiveStream &stream)
{
    const auto connection = resolveConnection(context);
    if (!connection)
        return reportNoConnection(context, connection.error());
    Interrupt interrupt;
    const std::string server = connection->client.host + ':' + std::to_string(connection->client.port);
    auto client = ServerClient::open(connection->client, connection->consoleName, stream.subscribe, handlersOf(context, stream, server),
                                     context.clock);
    if (!client)
        return report(context.err, client.error(), certificateHint);
    const auto ended = [&context, &client](const Status &status) -> int {
        if (status || status.error().code() == Errc::Cancelled)
            return ExitOk;
        return reportSession(context.err, status.error(), client->refusalCode());
    };
    // A first short run tells at once when there is no server; then it goes on until Ctrl-C or the given time.
    const Status first = client->run(
        4000ms, [&] { return client->welcomed(); }, interrupt.token());
    if (!first)
        return ended(first);
    stream.begin();
    const auto budget =
        stream.seconds > 0 ? std::chrono::milliseconds(1000LL * stream.seconds) : std::chrono::milliseconds(std::chrono::hours(24 * 365));
    const std::int64_t settledNs = context.clock.bootNs() + nsPerSecond;
    bool isSettled = !stream.settled;
    const auto enough = [&] {
        if (!isSettled && context.clock.bootNs() >= settledNs) {
            isSettled = true;
            stream.settled();
        }
        return !context.out.good();
    };
    return ended(client->run(budget, enough, interrupt.token()));
}

} // namespace tapio::console
