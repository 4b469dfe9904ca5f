// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/server/hub.h"
#include "protocol/wire/codec.h"
#include "tests/server/servertest.h"
#include "tests/support/fakeclock.h"

namespace tapio::test {

/// Passes on to a RecordingLink that outlives the peer.
class SharedLink final : public server::PeerLink {
public:
    explicit SharedLink(std::shared_ptr<RecordingLink> link) : m_link(std::move(link)) {}
    Status send(std::span<const std::byte> bytes) override { return m_link->send(bytes); }
    void close(const std::string &code, const std::string &reason) override { m_link->close(code, reason); }

private:
    std::shared_ptr<RecordingLink> m_link;
};

/// A hub with peers that exist as links and names only.
struct HubFixture {
    explicit HubFixture(server::FanInOptions hubOptions = {}, bool withSink = true)
        : options(std::move(hubOptions)), hub(options, withSink ? &sink : nullptr, clock, [this](transport::PeerId peer) {
              links[peer] = std::make_shared<RecordingLink>();
              links[peer]->busy = newLinksAreBusy;
              return std::make_unique<SharedLink>(links[peer]);
          })
    {}

    bool newLinksAreBusy = false;
    FakeClock clock;
    RecordingSink sink;
    server::FanInOptions options;
    std::map<transport::PeerId, std::shared_ptr<RecordingLink>> links;
    std::map<transport::PeerId, transport::Identity> identities;
    server::Hub hub;

    void sendBytes(transport::PeerId peer, wire::Bytes bytes)
    {
        hub.onMessage({peer, identities.at(peer), "10.0.0.1:" + std::to_string(peer), clock.utcNs(), std::move(bytes)});
    }
    void send(transport::PeerId peer, const wire::Message &message)
    {
        sendBytes(peer, *wire::encode(message));
        hub.tick(true);
    }
    RecordingLink &link(transport::PeerId peer) { return *links.at(peer); }

    RecordingLink &agent(transport::PeerId peer, const std::string &name = "node-1", std::uint64_t streamId = streamA,
                         std::uint64_t nextFrameSeq = 1)
    {
        identities[peer] = identity(Role::Node, name);
        send(peer, nodeHello(name, streamId, nextFrameSeq));
        return link(peer);
    }
    RecordingLink &console(transport::PeerId peer, const wire::Subscribe &subscribe = {}, std::vector<std::string> capabilities = {})
    {
        identities[peer] = identity(Role::Console, "desk");
        wire::Hello hello = consoleHello("desk");
        hello.capabilities = std::move(capabilities);
        send(peer, hello);
        send(peer, subscribe);
        return link(peer);
    }
    void closed(transport::PeerId peer)
    {
        transport::Notice notice;
        notice.kind = transport::NoticeKind::Closed;
        notice.peer = peer;
        notice.code = "reset";
        hub.onNotices({notice});
        hub.tick(true);
    }
    server::ReceiveCounters counters(const std::string &node = "node-1") const
    {
        for (const auto &one : hub.counters()) {
            if (one.node == node)
                return one;
        }
        return {};
    }
};

/// Everything of one namespace.
inline wire::Subscribe only(const std::string &namespaceName)
{
    wire::Subscribe subscribe;
    subscribe.filter.namespaces = {namespaceName};
    return subscribe;
}

} // namespace tapio::test
