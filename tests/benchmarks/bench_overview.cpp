// SPDX-License-Identifier: GPL-3.0-or-later
// Cost of the console's figures: a batch of events through the live model, one tick, and the Overview over fifteen minutes.
#include "tests/benchmarks/support/jsonmain.h"

#include "console/core/metrics/livemodel.h"

using namespace tapio;
using namespace tapio::console;
using wire::Metric;

namespace {

constexpr std::int64_t startNs = 1'772'366'400 * nsPerSecond;

wire::Delivery deliveryOf(const std::string &node, std::int64_t timeNs)
{
    wire::Delivery delivery;
    delivery.node = node;
    delivery.receivedNs = timeNs + nsPerMs;
    delivery.clockUncertaintyNs = nsPerMs;
    delivery.frame.streamId = 1;
    delivery.frame.sealedNs = timeNs;
    return delivery;
}

wire::Origin podOrigin(std::size_t i)
{
    wire::Origin origin;
    origin.podUid = "uid-" + std::to_string(i);
    origin.podName = "pod-" + std::to_string(i);
    origin.namespaceName = "shop";
    origin.cgroupPath = "/kubepods/burstable/pod" + origin.podUid;
    return origin;
}

wire::EventBatch eventsOf(std::size_t count, std::int64_t timeNs)
{
    wire::EventBatch batch;
    batch.origins = {podOrigin(0), podOrigin(1)};
    for (std::size_t i = 0; i < count; ++i) {
        wire::Event event;
        event.timeNs = timeNs - static_cast<std::int64_t>(i) * nsPerUs;
        event.drainUs = static_cast<std::uint32_t>(i);
        event.type = i % 2 ? wire::EventType::TcpConnection : wire::EventType::ProcessExec;
        event.origin = i % 2;
        batch.events.push_back(event);
    }
    return batch;
}

wire::SampleBatch samplesOf(std::size_t pods, std::int64_t timeNs)
{
    wire::SampleBatch batch;
    batch.timeNs = timeNs;
    for (std::size_t i = 0; i <= pods; ++i) {
        batch.origins.push_back(podOrigin(i));
        if (i == pods) {
            batch.origins.back() = {};
            batch.origins.back().cgroupPath = "/";
        }
        for (const Metric metric :
             {Metric::CpuUsageNs, Metric::CpuPeriods, Metric::CpuThrottledPeriods, Metric::MemoryWorkingSetBytes, Metric::MemoryLimitBytes})
            batch.samples.push_back({metric, static_cast<std::uint32_t>(i), 0, (timeNs - startNs) / 10 + 1});
    }
    return batch;
}

/// Fifteen minutes of `nodes` nodes with `pods` pods each, sampled each five seconds.
LiveModel fullModel(std::size_t nodes, std::size_t pods)
{
    LiveModel model;
    for (int second = 0; second <= 900; ++second) {
        const std::int64_t now = startNs + second * nsPerSecond;
        for (std::size_t n = 0; n < nodes; ++n) {
            const std::string node = "node-" + std::to_string(n);
            wire::Delivery delivery = deliveryOf(node, now);
            delivery.frame.body = eventsOf(10, now);
            model.onDelivery(delivery, now + 2 * nsPerMs);
            wire::AgentState state;
            state.node = node;
            state.streamId = 1;
            state.lastHeartbeatNs = now;
            state.heartbeat.id = static_cast<std::uint64_t>(second + 1);
            state.agent.cpuCount = 8;
            model.onAgentState(state);
            if (second % 5 == 0) {
                delivery.frame.body = samplesOf(pods, now);
                model.onDelivery(delivery, now);
            }
        }
        model.tick(now, {}, 0);
        static_cast<void>(model.takeFigures());
    }
    return model;
}

void liveEvents(benchmark::State &state)
{
    LiveModel model;
    wire::Delivery delivery = deliveryOf("node-1", startNs);
    delivery.frame.body = eventsOf(256, startNs);
    for (auto _ : state)
        model.onDelivery(delivery, startNs + 5 * nsPerMs);
    state.SetItemsProcessed(state.iterations() * 256);
}
BENCHMARK(liveEvents);

void overview(benchmark::State &state)
{
    LiveModel model = fullModel(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)));
    std::uint64_t revision = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(model.overview(++revision));
    state.counters["series"] = static_cast<double>(model.input().series.size());
}
BENCHMARK(overview)->Args({1, 30})->Args({30, 30})->Args({100, 30})->Unit(benchmark::kMillisecond);

} // namespace

TAPIO_BENCHMARK_MAIN()
