// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/correlation/engine.h"
#include "agent/correlation/ruleloader.h"
#include "protocol/base/clock.h"

/// Events by the second, and what an engine found in them.
namespace tapio::correlation {

/// A container of a pod "shop/NAME", run by the Deployment "shop/web" if nothing else is said.
inline wire::Origin pod(const std::string &name, const std::string &container = "c1")
{
    wire::Origin origin;
    origin.cgroupId = 1000 + std::hash<std::string>()(name + container) % 1000;
    origin.cgroupPath = "/kubepods/pod" + name + '/' + container;
    origin.containerId = name + '-' + container;
    origin.containerName = "main";
    origin.podUid = "uid-" + name;
    origin.podName = name;
    origin.namespaceName = "shop";
    origin.attribution = wire::Attribution::Live;
    origin.workloadKind = "Deployment";
    origin.workloadName = "web";
    origin.image = "web:1";
    return origin;
}

inline wire::Origin host()
{
    wire::Origin origin;
    origin.cgroupId = 1;
    origin.cgroupPath = "/";
    origin.attribution = wire::Attribution::Live;
    return origin;
}

inline wire::SocketAddress address(std::uint8_t last, std::uint16_t port)
{
    wire::SocketAddress address;
    address.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, last};
    address.port = port;
    return address;
}

/// A connection of a client to 10.0.0.9:80.
inline wire::TcpConnection connection(wire::TcpOutcome outcome, std::uint32_t retransmits = 0, std::uint8_t server = 9)
{
    static std::uint16_t port = 30'000; // clients' are never the same
    wire::TcpConnection tcp;
    tcp.local = address(1, ++port);
    tcp.remote = address(server, 80);
    tcp.direction = wire::TcpDirection::Outbound;
    tcp.outcome = outcome;
    tcp.established = outcome == wire::TcpOutcome::Closed || outcome == wire::TcpOutcome::Reset;
    tcp.retransmits = retransmits;
    return tcp;
}

/// What was read at one moment, put together.
class Reading {
public:
    Reading &add(const wire::Origin &origin, wire::Metric metric, double value, const std::string &label = {})
    {
        m_batch.samples.push_back({metric, originOf(origin), labelOf(label), static_cast<std::int64_t>(value)});
        return *this;
    }
    /// `count` of them took about `ms` each.
    static void count(wire::Histogram &to, double ms, std::uint64_t count)
    {
        to.counts[std::min<std::size_t>(std::bit_width(static_cast<std::uint64_t>(ms * 1000)), wire::histogramBuckets - 1)] += count;
    }
    Reading &add(const wire::Origin &origin, wire::Histogram histogram, const std::string &label = {})
    {
        histogram.origin = originOf(origin);
        histogram.label = labelOf(label);
        m_batch.histograms.push_back(histogram);
        return *this;
    }
    wire::SampleBatch take() { return std::move(m_batch); }

private:
    std::uint32_t originOf(const wire::Origin &origin)
    {
        const auto known = std::find(m_batch.origins.begin(), m_batch.origins.end(), origin);
        const auto index = static_cast<std::uint32_t>(known - m_batch.origins.begin());
        if (known == m_batch.origins.end())
            m_batch.origins.push_back(origin);
        return index;
    }
    std::uint32_t labelOf(const std::string &label)
    {
        m_batch.labels.push_back(label);
        return static_cast<std::uint32_t>(m_batch.labels.size() - 1);
    }
    wire::SampleBatch m_batch;
};

class Stage final : public FindingSink {
public:
    static constexpr std::int64_t begin = 1'700'000'000 * nsPerSecond;

    explicit Stage(RuleSet rules, EngineLimits limits = {})
        : m_engine(std::make_unique<Engine>(std::make_shared<const RuleSet>(std::move(rules)), limits, *this))
    {}

    /// `at`: seconds since the beginning. The clock goes along.
    void event(double at, wire::Detail detail, const wire::Origin &origin = pod("a"), const std::string &node = "n1",
               std::int64_t uncertaintyNs = 0)
    {
        wire::Event event;
        event.timeNs = timeOf(at);
        event.type = static_cast<wire::EventType>(detail.index());
        event.severity = wire::Severity::Warning;
        event.process = process;
        event.detail = std::move(detail);
        m_engine->onEvent(event, origin, {node, 7, ++m_seq, uncertaintyNs});
    }
    void samples(double at, wire::SampleBatch batch, const std::string &node = "n1")
    {
        batch.timeNs = timeOf(at);
        m_engine->onSamples(batch, {node, 7});
        pass(at);
    }
    void pass(double at) { m_engine->advance(timeOf(at)); }
    static std::int64_t timeOf(double at) { return begin + static_cast<std::int64_t>(at * 1e9); }
    void onFinding(Finding &&finding) override { found.push_back(std::move(finding)); }

    Engine &engine() { return *m_engine; }
    std::vector<Finding> of(const std::string &rule, wire::InsightState state) const
    {
        std::vector<Finding> some;
        for (const Finding &finding : found) {
            if (finding.insight.rule == rule && finding.insight.state == state)
                some.push_back(finding);
        }
        return some;
    }
    std::size_t opened(const std::string &rule) const { return of(rule, wire::InsightState::Open).size(); }

    std::vector<Finding> found;
    wire::Process process{4711, 0, 99, "web"}; ///< of the events to come

private:
    std::unique_ptr<Engine> m_engine;
    std::uint64_t m_seq = 0;
};

} // namespace tapio::correlation
