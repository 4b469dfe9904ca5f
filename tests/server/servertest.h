// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/server/fanin.h"
#include "agent/server/peerlink.h"
#include "protocol/wire/message.h"

/// What the tests of the server share: a link that records, a sink that records, and short ways to messages.
namespace tapio::test {

/// Decodes and keeps what was sent to a peer.
class RecordingLink final : public server::PeerLink {
public:
    Status send(std::span<const std::byte> bytes) override;
    void close(const std::string &code, const std::string &) override { closed = code; }

    template <typename Kind> std::vector<Kind> all() const
    {
        std::vector<Kind> some;
        for (const auto &message : sent) {
            if (const auto *one = std::get_if<Kind>(&message))
                some.push_back(*one);
        }
        return some;
    }
    /// The last of its kind; a default value when there is none.
    template <typename Kind> Kind last() const
    {
        const auto some = all<Kind>();
        return some.empty() ? Kind() : some.back();
    }

    std::vector<wire::Message> sent;
    bool busy = false;  ///< refuse, as a full queue does
    std::string closed; ///< the code it was closed with
};

/// Keeps what the fan-in gave; refuses while told to.
class RecordingSink : public server::FanInSink {
public:
    bool takesDeliveries() const override { return takes; }
    bool onDelivery(std::shared_ptr<const wire::Delivery> delivery) override;
    void onAgentState(const wire::AgentState &state) override { states.push_back(state); }
    void onLinkNotice(const wire::LinkNotice &notice) override { notices.push_back(notice); }

    /// Numbers of the frames that came, in order.
    std::vector<std::uint64_t> frameSeqs() const;
    wire::AgentState lastState(const std::string &node) const;

    bool takes = true;
    bool refuses = false;
    std::vector<std::shared_ptr<const wire::Delivery>> deliveries;
    std::vector<wire::AgentState> states;
    std::vector<wire::LinkNotice> notices;
};

inline constexpr std::uint64_t streamA = 0xA1;
inline constexpr std::uint64_t streamB = 0xB2;

transport::Identity identity(Role role, const std::string &name);
wire::Hello nodeHello(const std::string &name, std::uint64_t streamId = streamA, std::uint64_t nextFrameSeq = 1);
wire::Hello consoleHello(const std::string &name);
wire::Event event(wire::EventType type = wire::EventType::ProcessExit, wire::Severity severity = wire::Severity::Info,
                  std::uint32_t origin = 0);
/// Two origins: the host, and the pod "api-0" in the namespace "shop".
wire::EventBatch batch(std::uint64_t firstSeq, std::vector<wire::Event> events);
/// A frame of `events` plain events.
wire::Frame eventFrame(std::uint64_t frameSeq, std::size_t events = 1, std::uint64_t streamId = streamA);
wire::Frame hookFrame(std::uint64_t frameSeq, std::uint64_t streamId = streamA);
std::shared_ptr<const wire::Delivery> delivery(const std::string &node, wire::Frame frame);

} // namespace tapio::test
