// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QtTest>

#include <spdlog/sinks/ostream_sink.h>

#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "agent/pipeline/collectthread.h"
#include "tests/agent/fakeclock.h"
#include "tests/agent/fakes.h"
#include "tests/agent/fixtures.h"

namespace tapio::test {

/// A collecting loop over a kernel that fires what the test says, and a tree of cgroups as a machine has it.
struct CollectBench {
    FakeClock clock;
    std::ostringstream logged;
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_st>(logged)};
    RecordingOutlet outlet;
    std::optional<wire::Filter> filter;
    FakeKernel::Script kernel;
    agent::SelfUse use;
    struct Notices final : agent::BudgetListener {
        std::vector<agent::BudgetNotice> all;
        void onBudgetNotice(const agent::BudgetNotice &notice) override { all.push_back(notice); }
    } notices;
    std::unique_ptr<agent::CollectLoop> loop;

    explicit CollectBench(std::set<std::string> disabled = {}, const std::string &logs = "/nowhere/log",
                          std::shared_ptr<agent::LabelInbox> drillLabels = nullptr, const std::string &kubelet = "/nowhere/kubelet")
    {
        agent::CollectOptions all = options(std::move(disabled));
        all.logs = logs;
        all.kubernetes.kubelet = kubelet;
        all.drillLabels = std::move(drillLabels);
        all.budgetListener = &notices;
        all.readSelf = [this] { return use; };
        auto opened = agent::CollectLoop::open(
            std::move(all), [this](agent::KernelRecordSink &sink) { return std::make_unique<FakeKernel>(kernel, sink); }, port(), clock,
            log);
        loop = std::move(*opened);
    }
    static agent::CollectOptions options(std::set<std::string> disabled)
    {
        agent::CollectOptions options;
        options.node = "node-1";
        options.cgroupRoot = fixture("cgroup-v2/cgroup");
        options.resolver.procRoot = fixture("cgroup-v2/proc");
        options.resolver.podLogs = fixture("cgroup-v2/log/pods");
        options.resolver.containerLogs = fixture("cgroup-v2/log/containers");
        options.kmsg = "/nowhere/kmsg";
        options.journal = "/nowhere/journal";
        options.logs = "/nowhere/log";
        options.disabled = std::move(disabled);
        return options;
    }
    agent::PublisherPort port()
    {
        return {outlet, [] { return agent::SelfSampler::Traffic{1, 2}; }, [this] { return std::exchange(filter, std::nullopt); }};
    }
    void second()
    {
        clock.advance(std::chrono::seconds(1));
        QVERIFY(loop->turn());
    }
    bool sampled(wire::Metric metric) const
    {
        for (const auto &batch : outlet.bodies<wire::SampleBatch>()) {
            if (std::any_of(batch.samples.begin(), batch.samples.end(), [&](const auto &s) { return s.metric == metric; }))
                return true;
        }
        return false;
    }
    /// Of the events that were sent, these.
    template <typename Detail> std::vector<Detail> told() const
    {
        std::vector<Detail> found;
        for (const auto &batch : outlet.events()) {
            for (const wire::Event &event : batch.events) {
                if (const auto *detail = std::get_if<Detail>(&event.detail))
                    found.push_back(*detail);
            }
        }
        return found;
    }
    agent::KernelRecord record(wire::Severity = wire::Severity::Info) const
    {
        agent::KernelRecord record;
        record.source = "process";
        record.cgroupId = 1;
        record.bootNs = record.drainedBootNs = static_cast<std::uint64_t>(clock.bootNs());
        record.event.type = wire::EventType::ProcessExec;
        record.event.detail = wire::ProcessExec{};
        return record;
    }
};

inline wire::Hook hook(const std::string &name, std::uint64_t runs = 0)
{
    wire::Hook hook;
    hook.collector = "process";
    hook.name = name;
    hook.state = wire::HookState::Active;
    hook.runCount = runs;
    hook.runTimeNs = runs * 100;
    return hook;
}

} // namespace tapio::test
