// SPDX-License-Identifier: GPL-3.0-or-later
// Any sequence of messages, ticks and closed connections from four peers into the hub of the fan-in. Whatever they send: frames
// of a stream reach the sink once and in order, and nothing is acknowledged that the sink did not take. Once more without a sink, where
// acknowledgements may wait for the console.
// Input: records of an operation (low bits: peer; see Operation), a length of two bytes, and that many bytes of message.
#include <map>
#include <span>

#include "agent/server/hub.h"
#include "protocol/wire/codec.h"
#include "tests/fuzz/promise.h"
#include "tests/server/servertest.h"
#include "tests/support/fakeclock.h"

using namespace tapio;
using tapio::test::promise;
using transport::PeerId;

namespace {

enum Operation : std::uint8_t { Send = 0x00, Greet = 0x10, Close = 0x20, Tick = 0x30, Refuse = 0x40, Take = 0x50 };
constexpr std::uint8_t operationBits = 0xF0;
constexpr std::uint8_t peerBits = 0x03;
constexpr std::size_t maxRecords = 256;

using Stream = std::pair<std::string, std::uint64_t>;

/// Remembers the last frame of each stream that was taken.
class CheckingSink final : public server::FanInSink {
public:
    bool onDelivery(std::shared_ptr<const wire::Delivery> delivery) override
    {
        if (refuses)
            return false;
        auto &last = taken[{delivery->node, delivery->frame.streamId}];
        promise(delivery->frame.frameSeq > last);
        last = delivery->frame.frameSeq;
        return true;
    }
    void onAgentState(const wire::AgentState &) override {}
    void onLinkNotice(const wire::LinkNotice &) override {}

    bool refuses = false;
    std::map<Stream, std::uint64_t> taken;
};

class CheckingLink final : public server::PeerLink {
public:
    /// `sink`: null when there is none to check against.
    CheckingLink(const CheckingSink *sink, std::string node) : m_sink(sink), m_node(std::move(node)) {}

    Status send(std::span<const std::byte> bytes) override
    {
        const auto message = wire::decode(bytes);
        promise(message.has_value());
        if (const auto *welcome = std::get_if<wire::Welcome>(&*message))
            m_safeBefore = welcome->ackedFrameSeq;
        if (const auto *ack = std::get_if<wire::Ack>(&*message); ack != nullptr && m_sink != nullptr) {
            const auto taken = m_sink->taken.find({m_node, ack->streamId});
            const std::uint64_t last = taken == m_sink->taken.end() ? 0 : taken->second;
            promise(ack->frameSeq <= std::max(last, m_safeBefore));
        }
        return {};
    }
    void close(const std::string &, const std::string &) override {}

private:
    const CheckingSink *m_sink;
    std::string m_node;
    std::uint64_t m_safeBefore = 0;
};

/// Peers 0 and 3 hold certificates of one node, 1 of another, 2 of a console. A closed peer comes back under a new number.
class Run {
public:
    explicit Run(bool withSink)
        : m_hub(options(), withSink ? &m_sink : nullptr, m_clock, [this, withSink](PeerId peer) {
              return std::make_unique<CheckingLink>(withSink ? &m_sink : nullptr,
                                                    identityOf(static_cast<std::uint8_t>(peer & peerBits)).name);
          })
    {}

    void record(std::uint8_t operation, std::span<const std::uint8_t> payload)
    {
        const auto peer = static_cast<std::uint8_t>(operation & peerBits);
        switch (operation & operationBits) {
        case Greet: message(peer, *wire::encode(hello(peer, payload.size()))); break;
        case Close: close(peer); break;
        case Refuse: m_sink.refuses = true; break;
        case Take: m_sink.refuses = false; break;
        case Tick:
            m_clock.advance(static_cast<std::int64_t>(payload.size()) * nsPerSecond);
            m_hub.tick(peer == 0);
            break;
        default: {
            const auto bytes = std::as_bytes(payload);
            message(peer, wire::Bytes(bytes.begin(), bytes.end()));
        }
        }
    }
    void finish()
    {
        m_sink.refuses = false;
        m_hub.tick(true);
        for (const auto &counters : m_hub.counters())
            promise(counters.queuedEvents == 0);
        m_hub.drain();
        m_hub.tick(true);
        static_cast<void>(m_hub.drained());
        m_hub.shutDown();
    }

private:
    static server::FanInOptions options()
    {
        server::FanInOptions options;
        options.creditBytes = 4096;
        options.replayRingBytes = 16'384;
        options.consoleQueueBytes = 8192;
        return options;
    }
    static transport::Identity identityOf(std::uint8_t peer)
    {
        if (peer == 2)
            return test::identity(Role::Console, "desk");
        return test::identity(Role::Node, peer == 1 ? "node-2" : "node-1");
    }
    static wire::Hello hello(std::uint8_t peer, std::size_t variant)
    {
        wire::Hello hello = peer == 2 ? test::consoleHello("desk") : test::nodeHello(identityOf(peer).name);
        if (peer == 2 && (variant & 1) != 0)
            hello.capabilities = {"store", "zstd"};
        if (peer != 2)
            hello.streamId = 0x1122334455667788 + (variant & 1); // the stream of the stored examples, or the next
        hello.nextFrameSeq = 1 + (variant >> 1);
        return hello;
    }
    PeerId id(std::uint8_t peer) const { return (m_generation << 2) | peer; }
    void message(std::uint8_t peer, wire::Bytes bytes)
    {
        m_hub.onMessage({id(peer), identityOf(peer), "10.0.0.1:1", m_clock.utcNs(), std::move(bytes)});
    }
    void close(std::uint8_t peer)
    {
        transport::Notice notice;
        notice.kind = transport::NoticeKind::Closed;
        notice.peer = id(peer);
        m_hub.onNotices({notice});
        ++m_generation;
    }

    test::FakeClock m_clock;
    CheckingSink m_sink;
    server::Hub m_hub;
    PeerId m_generation = 1;
};

void play(bool withSink, std::span<const std::uint8_t> input)
{
    Run run(withSink);
    for (std::size_t records = 0; input.size() >= 3 && records < maxRecords; ++records) {
        const std::size_t length = std::min<std::size_t>(input[1] | input[2] << 8, input.size() - 3);
        run.record(input[0], input.subspan(3, length));
        input = input.subspan(3 + length);
    }
    run.finish();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    for (const bool withSink : {true, false})
        play(withSink, {data, size});
    return 0;
}
