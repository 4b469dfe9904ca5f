// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <stdexcept>

#include "agent/server/fanin.h"
#include "tests/support/testpki.h"

namespace tapio::bench {

/// A fan-in on loopback with certificates of its own, which takes everything and keeps nothing.
class SinkServer {
public:
    explicit SinkServer(const Clock &clock)
    {
        server::FanInOptions options;
        options.endpoint.tls = m_pki.server();
        auto started = server::FanIn::start(options, &m_sink, clock);
        if (!started)
            throw std::runtime_error(started.error().message());
        m_fanIn = std::move(*started);
    }

    std::uint16_t port() const { return m_fanIn->port(); }
    test::TestPki &pki() { return m_pki; }
    std::uint64_t processed() const
    {
        std::uint64_t sum = 0;
        for (const auto &node : m_fanIn->counters())
            sum += node.counters[Counter::Processed];
        return sum;
    }

private:
    class Discard final : public server::FanInSink {
    public:
        bool onDelivery(std::shared_ptr<const wire::Delivery>) override { return true; }
        void onAgentState(const wire::AgentState &) override {}
        void onLinkNotice(const wire::LinkNotice &) override {}
    };

    test::TestPki m_pki;
    Discard m_sink;
    std::unique_ptr<server::FanIn> m_fanIn;
};

} // namespace tapio::bench
