// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/session/link.h"

namespace tapio::console {

namespace {

/// All that comes is in this console's store: what its server remembers besides is for another console that lost its link for a moment.
constexpr std::int64_t rememberedNs = 120 * nsPerSecond;

class EmbeddedLink final : public Link {
public:
    EmbeddedLink(std::unique_ptr<server::FanIn> fanIn, std::string address) : m_fanIn(std::move(fanIn)), m_address(std::move(address)) {}

    void acknowledge(const std::vector<wire::ResumePoint> &points) override
    {
        for (const wire::ResumePoint &point : points)
            m_fanIn->acknowledge(point.node, point.streamId, point.frameSeq);
    }

    std::vector<ReceiveReading> received() const override
    {
        std::vector<ReceiveReading> readings;
        for (const server::ReceiveCounters &node : m_fanIn->counters())
            readings.push_back({node.node, node.counters[Counter::Received] - node.earlierEvents, node.counters[Counter::Dup],
                                node.counters[Counter::Rejected]});
        return readings;
    }

    std::int64_t serverOffsetNs() const override { return 0; }
    bool clockKnown() const override { return true; }

    LinkStatus status() const override
    {
        const bool ipv6 = m_address.find(':') != std::string::npos;
        return {true, (ipv6 ? '[' + m_address + ']' : m_address) + ':' + std::to_string(m_fanIn->port()), {}};
    }

private:
    const std::unique_ptr<server::FanIn> m_fanIn;
    const std::string m_address;
};

} // namespace

Result<std::unique_ptr<Link>> startEmbeddedLink(server::FanInOptions options, server::FanInSink &sink, const Clock &clock)
{
    std::string address = options.endpoint.address;
    options.replayRingNs = rememberedNs;
    auto fanIn = server::FanIn::start(std::move(options), &sink, clock);
    if (!fanIn)
        return fail(fanIn.error());
    return std::make_unique<EmbeddedLink>(std::move(*fanIn), std::move(address));
}

} // namespace tapio::console
