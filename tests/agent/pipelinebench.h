// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "agent/pipeline/pipeline.h"
#include "tests/agent/fakeclock.h"
#include "tests/agent/fakes.h"

namespace tapio::test {

inline wire::Event withDetail(wire::EventType type, wire::Detail detail)
{
    wire::Event event;
    event.type = type;
    event.detail = std::move(detail);
    return event;
}

inline wire::Event exited(int code, int signal)
{
    wire::ProcessExit exit;
    exit.exitCode = code;
    exit.signal = signal;
    return withDetail(wire::EventType::ProcessExit, exit);
}

/// A pipeline over nothing but the root cgroup.
struct PipelineBench {
    FakeClock clock;
    RecordingOutlet outlet;
    agent::CgroupInventory inventory{"/nonexistent", 16};
    agent::OriginResolver resolver{{"/nonexistent", "/nonexistent", "/nonexistent"}, inventory, clock};
    agent::BootTime bootTime{clock};
    agent::Pipeline pipeline;

    explicit PipelineBench(agent::BatchLimits limits = {}) : pipeline("node-1", limits, resolver, bootTime, clock, outlet) {}

    void feed(wire::Event event, std::string_view source = "process", std::uint64_t agoNs = 1000)
    {
        agent::KernelRecord record;
        record.source = source;
        record.cgroupId = 1;
        record.drainedBootNs = static_cast<std::uint64_t>(clock.bootNs());
        record.bootNs = record.drainedBootNs - agoNs;
        record.event = std::move(event);
        pipeline.onRecord(std::move(record));
    }
};

} // namespace tapio::test
