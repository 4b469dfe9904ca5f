// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/server/fanin.h"
#include "console/core/metrics/livemodel.h"
#include "protocol/base/result.h"
#include "protocol/transport/endpoint.h"
#include "protocol/wire/message.h"

namespace tapio::console {

struct LinkStatus {
    bool up = false;
    std::string endpoint;
    std::string error; ///< last persistent error, verbatim
};

/// Where deliveries come from. Owns its I/O thread; the destructor says Bye and joins. All calls from any thread.
class Link {
public:
    virtual ~Link() = default;
    /// These frames are stored: they may be forgotten by who sent them.
    virtual void acknowledge(const std::vector<wire::ResumePoint> &points) = 0;
    /// What arrived so far, per node.
    virtual std::vector<ReceiveReading> received() const = 0;
    /// Server's UTC minus the console's; 0 when the server is in the console.
    virtual std::int64_t serverOffsetNs() const = 0;
    /// False until a server elsewhere was asked for its time.
    virtual bool clockKnown() const = 0;
    virtual LinkStatus status() const = 0;
};

/// The fan-in inside of the console. Errors: those of FanIn::start.
Result<std::unique_ptr<Link>> startEmbeddedLink(server::FanInOptions options, server::FanInSink &sink, const Clock &clock);

struct RemoteLinkHooks {
    std::function<void(const LinkStatus &)> status;                  ///< changed
    std::function<void(std::int64_t durationNs, bool ok)> heartbeat; ///< a round trip with the server
    /// Events that the server dropped since this link began, because they were read too slowly; with each heartbeat.
    std::function<void(const std::string &server, std::uint64_t events)> queueDropped;
};

/// Who speaks to which server.
struct RemotePeers {
    std::string server;  ///< "HOST:PORT"
    std::string console; ///< the console's name, as in its certificate
};

/// A server elsewhere, spoken to as a console. `resume`: what the store has. Errors: those of ClientEndpoint::open and
/// inspectCertificate. Does not wait for the connection.
Result<std::unique_ptr<Link>> startRemoteLink(transport::ClientOptions options, std::vector<wire::ResumePoint> resume,
                                              server::FanInSink &sink, RemoteLinkHooks hooks, const Clock &clock);
/// The same over an endpoint that is there already.
std::unique_ptr<Link> makeRemoteLink(std::unique_ptr<transport::ClientEndpoint> client, RemotePeers peers,
                                     std::vector<wire::ResumePoint> resume, server::FanInSink &sink, RemoteLinkHooks hooks,
                                     const Clock &clock);

} // namespace tapio::console
