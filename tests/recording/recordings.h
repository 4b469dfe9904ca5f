// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "protocol/base/clock.h"
#include "protocol/recording/reader.h"
#include "protocol/recording/writer.h"
#include "tests/wire/examples.h"

/// Recordings in memory.
namespace tapio::recording {

inline constexpr std::int64_t begunNs = 1'700'000'000 * nsPerSecond;

class MemorySink final : public ByteSink {
public:
    explicit MemorySink(Bytes &into) : m_into(into) {}
    Status write(std::span<const std::byte> bytes) override
    {
        m_into.insert(m_into.end(), bytes.begin(), bytes.end());
        return {};
    }

private:
    Bytes &m_into;
};

inline wire::Delivery deliveryOf(decltype(wire::Frame::body) body, std::int64_t receivedNs = begunNs)
{
    wire::Delivery delivery;
    delivery.node = "n1";
    delivery.receivedNs = receivedNs;
    delivery.clockUncertaintyNs = 1000;
    delivery.frame.streamId = 7;
    delivery.frame.frameSeq = 1;
    delivery.frame.body = std::move(body);
    return delivery;
}

/// Two gauges and a histogram of one moment.
inline wire::Delivery samplesAt(std::int64_t timeNs)
{
    wire::SampleBatch batch;
    batch.timeNs = timeNs;
    batch.origins.resize(2);
    batch.origins[0].cgroupPath = "/";
    batch.origins[1].cgroupPath = "/kubepods/x";
    batch.labels.push_back("vda read");
    batch.samples = {{wire::Metric::MemoryWorkingSetBytes, 1, 0, 1 << 20}, {wire::Metric::CpuUsageNs, 0, 0, 77}};
    batch.histograms.resize(1);
    batch.histograms[0] = {wire::HistogramKind::BlockIoLatency, 0, 1, {}};
    return deliveryOf(std::move(batch), timeNs);
}

inline wire::AgentState linkAt(std::int64_t timeNs, wire::LinkState link = wire::LinkState::Connected)
{
    wire::AgentState state;
    state.node = "n1";
    state.state = link;
    state.sinceNs = timeNs - 1;
    state.lastHeartbeatNs = timeNs - 2;
    state.toldNs = timeNs;
    state.saidBye = link == wire::LinkState::Gone;
    return state;
}

inline wire::Delivery countersAt(std::int64_t timeNs)
{
    wire::CounterReport report;
    report.timeNs = timeNs;
    report.sources.push_back({"tcp", {}, {}});
    return deliveryOf(std::move(report), timeNs);
}

/// Every kind of event there is.
inline std::vector<Received> everything()
{
    std::vector<Received> all;
    for (wire::Frame frame :
         {wire::examples::eventFrame(), wire::examples::detailFrame(), wire::examples::resourceFrame(), wire::examples::insightFrame()}) {
        auto &batch = std::get<wire::EventBatch>(frame.body);
        for (wire::Event &event : batch.events)
            event.timeNs = begunNs;
        all.push_back(deliveryOf(std::move(batch), begunNs + static_cast<std::int64_t>(all.size())));
    }
    return all;
}

/// `blockEvery`: so many deliveries are flushed together. `closes`: it is ended in order.
inline Bytes recorded(const std::vector<Received> &deliveries, std::size_t blockEvery = 2, bool closes = true)
{
    Bytes bytes;
    auto writer = Writer::begin(std::make_unique<MemorySink>(bytes), {Origin::Live, begunNs});
    bool isWell = writer.has_value();
    for (std::size_t i = 0; isWell && i < deliveries.size(); ++i) {
        isWell = writer->add(deliveries[i]).has_value();
        if (isWell && (i + 1) % blockEvery == 0)
            isWell = writer->flush().has_value();
    }
    isWell = isWell && (closes ? writer->close(begunNs + nsPerSecond, 3, 4) : writer->flush());
    if (!isWell)
        std::abort();
    return bytes;
}

} // namespace tapio::recording
