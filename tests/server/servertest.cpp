// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/server/servertest.h"

#include <algorithm>

#include "protocol/wire/codec.h"

namespace tapio::test {

Status RecordingLink::send(std::span<const std::byte> bytes)
{
    if (busy)
        return fail(Errc::Busy, "the peer's queue is full");
    auto message = wire::decode(bytes);
    if (!message)
        return fail(message.error());
    sent.push_back(std::move(*message));
    return {};
}

bool RecordingSink::onDelivery(std::shared_ptr<const wire::Delivery> delivery)
{
    if (refuses)
        return false;
    deliveries.push_back(std::move(delivery));
    return true;
}

std::vector<std::uint64_t> RecordingSink::frameSeqs() const
{
    std::vector<std::uint64_t> seqs;
    for (const auto &one : deliveries)
        seqs.push_back(one->frame.frameSeq);
    return seqs;
}

wire::AgentState RecordingSink::lastState(const std::string &node) const
{
    const auto found = std::find_if(states.rbegin(), states.rend(), [&](const auto &state) { return state.node == node; });
    return found == states.rend() ? wire::AgentState() : *found;
}

transport::Identity identity(Role role, const std::string &name) { return {"test.tapio", role, name, "01ab", INT64_MAX}; }

wire::Hello nodeHello(const std::string &name, std::uint64_t streamId, std::uint64_t nextFrameSeq)
{
    wire::Hello hello;
    hello.role = Role::Node;
    hello.name = name;
    hello.streamId = streamId;
    hello.nextFrameSeq = nextFrameSeq;
    hello.capabilities = {"filter"};
    return hello;
}

wire::Hello consoleHello(const std::string &name)
{
    wire::Hello hello;
    hello.role = Role::Console;
    hello.name = name;
    return hello;
}

wire::Event event(wire::EventType type, wire::Severity severity, std::uint32_t origin)
{
    wire::Event made;
    made.type = type;
    made.severity = severity;
    made.origin = origin;
    return made;
}

wire::EventBatch batch(std::uint64_t firstSeq, std::vector<wire::Event> events)
{
    wire::Origin host;
    host.cgroupPath = "/";
    wire::Origin pod;
    pod.podName = "api-0";
    pod.namespaceName = "shop";
    return {firstSeq, {host, pod}, std::move(events), {}};
}

wire::Frame eventFrame(std::uint64_t frameSeq, std::size_t events, std::uint64_t streamId)
{
    return {streamId, frameSeq, 0, batch(frameSeq * 1000, std::vector<wire::Event>(events, event()))};
}

wire::Frame hookFrame(std::uint64_t frameSeq, std::uint64_t streamId)
{
    return {streamId, frameSeq, 0, wire::HookReport{1, {{"tcp", "inet_sock_set_state", wire::HookState::Active, "tp_btf", "", 0, 0}}}};
}

std::shared_ptr<const wire::Delivery> delivery(const std::string &node, wire::Frame frame)
{
    return std::make_shared<const wire::Delivery>(wire::Delivery{node, 1, 0, -1, std::move(frame)});
}

} // namespace tapio::test
