// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/replay/drilltruth.h"

#include <algorithm>

#include "protocol/base/clock.h"

namespace tapio::replay {

namespace {

constexpr std::size_t mostRuns = 4096;

/// `also` has what is true of the drill as well, by what the drill does: never what a rule happens to say of it.
const std::vector<DrillTruth> &truths()
{
    static const std::vector<DrillTruth> all{
        {"brute-force-logins", {"brute-force-address"}, {"brute-force-account"}},
        {"cpu-throttling", {}, {"cpu-pressure", "cpu-throttling"}, 330 * nsPerSecond, {"cpu-throttling"}}, // five minutes, and half of one
        {"crash-loop", {"crash-loop"}, {}},
        {"disk-full", {"disk-full"}, {"disk-pressure"}},
        {"dns-failure", {"dns-failures"}, {}},
        {"fd-exhaustion", {"descriptors"}, {}},
        {"large-egress", {}, {"unusual-egress"}},
        {"memory-leak",
         {},
         {"memory-leak", "memory-limit", "memory-pressure", "oom-forecast"},
         720 * nsPerSecond,
         {"memory-leak"}}, // ten, and two
        {"noisy-neighbour", {}, {"cpu-pressure", "noisy-neighbour"}},
        {"oom-kill", {"oom-kill"}, {"memory-limit", "memory-pressure"}, 0, {}, {"oom-spread"}},
        {"packet-loss", {"packet-loss"}, {"retransmissions"}},
        {"privilege-escalation", {"privilege-gain"}, {}},
        {"refused-burst", {"refused-burst"}, {}},
        {"reset-burst", {"reset-burst"}, {}},
        {"slow-disk", {"disk-pressure"}, {"disk-latency"}},
    };
    return all;
}

/// 1970 until 2096, as in recordings.
bool isTime(std::int64_t utcNs) { return utcNs >= 0 && utcNs <= 4'000'000'000'000'000'000; }

} // namespace

const DrillTruth *truthOf(std::string_view drill)
{
    const auto &all = truths();
    const auto found = std::find_if(all.begin(), all.end(), [&](const DrillTruth &one) { return one.drill == drill; });
    return found == all.end() ? nullptr : &*found;
}

void DrillRun::add(const wire::DrillLabel &told)
{
    hasFailed = hasFailed || told.phase == "failed";
    const std::int64_t toNs = std::max(label.toNs, told.toNs);
    label = told;
    label.toNs = toNs;
}

std::optional<Label> labelOf(const DrillRun &run, std::int64_t endNs)
{
    const DrillTruth *truth = truthOf(run.label.drill);
    if (truth == nullptr || run.hasFailed)
        return std::nullopt;
    Label label;
    label.what = "drill " + run.label.drill;
    label.node = run.node;
    label.entity = run.label.target;
    label.fromNs = run.label.fromNs;
    label.toNs = run.label.toNs != 0 ? run.label.toNs : std::max(endNs, run.label.fromNs);
    label.expected = truth->expected;
    label.also = truth->also;
    label.onThreeNodes = truth->onThreeNodes;
    if (truth->lastsNs > 0 && label.toNs - label.fromNs >= truth->lastsNs) {
        label.expected.insert(label.expected.end(), truth->expectedThen.begin(), truth->expectedThen.end());
        std::erase_if(label.also, [&](const std::string &rule) {
            return std::find(label.expected.begin(), label.expected.end(), rule) != label.expected.end();
        });
    }
    label.isDrill = true;
    return label;
}

void DrillLabels::onEvent(const wire::Event &event, const std::string &node)
{
    const auto *label = std::get_if<wire::DrillLabel>(&event.detail);
    if (label == nullptr)
        return;
    if (label->signature.empty()) {
        ++m_unsigned;
        return;
    }
    const bool hasRoom = m_runs.size() < mostRuns || m_runs.contains({node, label->runId});
    if (!hasRoom || !isTime(label->fromNs) || !isTime(label->toNs)) { // who writes the file can write any number
        ++m_refused;
        return;
    }
    DrillRun &run = m_runs[{node, label->runId}];
    run.node = node;
    run.add(*label);
}

std::vector<Label> DrillLabels::take(std::int64_t endNs)
{
    std::vector<Label> labels;
    for (const auto &[key, run] : m_runs) {
        if (auto label = labelOf(run, endNs))
            labels.push_back(std::move(*label));
        else
            m_untold.push_back(run.label.drill);
    }
    m_runs.clear();
    return labels;
}

} // namespace tapio::replay
