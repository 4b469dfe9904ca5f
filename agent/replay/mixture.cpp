// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/replay/mixture.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <set>
#include <utility>

namespace tapio::replay {

namespace {

constexpr std::uint64_t otherStream = 0x5EC0'0000'0000'0001;
constexpr std::int64_t cascadeNs = 600 * nsPerSecond;

const std::string &nodeOf(const Scenario &scenario)
{
    static const std::string none;
    return scenario.received.empty() ? none : recording::nodeOf(scenario.received.front());
}

bool isLeftOut(const wire::Event &event) { return event.type == wire::EventType::Insight || event.type == wire::EventType::DrillLabel; }

/// Numbers of events stay: evidence names them.
void keepEvents(wire::EventBatch &batch, std::int64_t shiftNs)
{
    std::vector<wire::Event> kept;
    std::vector<std::uint32_t> offsets;
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
        if (isLeftOut(batch.events[i]))
            continue;
        batch.events[i].timeNs += shiftNs;
        offsets.push_back(static_cast<std::uint32_t>(batch.seqOf(i) - batch.firstSeq));
        kept.push_back(std::move(batch.events[i]));
    }
    batch.events = std::move(kept);
    batch.seqOffsets = std::move(offsets);
}

bool isOfNode(const wire::Origin &origin) { return origin.cgroupPath == "/"; }

bool hasNodeSamples(const Scenario &scenario)
{
    return std::any_of(scenario.received.begin(), scenario.received.end(), [](const recording::Received &received) {
        const wire::SampleBatch *samples = recording::samplesOf(received);
        return samples != nullptr && std::any_of(samples->origins.begin(), samples->origins.end(), isOfNode);
    });
}

bool isAboutNode(const Scenario &scenario)
{
    return std::any_of(scenario.labels.begin(), scenario.labels.end(),
                       [&](const Label &label) { return label.entity == nodeOf(scenario); });
}

void dropNodeSamples(wire::SampleBatch &batch)
{
    const auto isDropped = [&batch](const auto &one) { return isOfNode(batch.origins[one.origin]); };
    std::erase_if(batch.samples, isDropped);
    std::erase_if(batch.histograms, isDropped);
}

void shift(wire::Delivery &delivery, std::int64_t shiftNs, bool withNodeSamples)
{
    delivery.receivedNs += shiftNs;
    delivery.frame.sealedNs += shiftNs;
    if (auto *events = std::get_if<wire::EventBatch>(&delivery.frame.body))
        keepEvents(*events, shiftNs);
    if (auto *samples = std::get_if<wire::SampleBatch>(&delivery.frame.body)) {
        samples->timeNs += shiftNs;
        if (!withNodeSamples)
            dropNodeSamples(*samples);
    }
}

void append(Scenario &to, const Scenario &from, std::int64_t shiftNs, const std::string &node, std::uint64_t streamChange,
            bool withNodeSamples = true)
{
    for (const recording::Received &received : from.received) {
        const auto *known = std::get_if<wire::Delivery>(&received);
        if (known == nullptr) // of one with links nothing is made
            continue;
        wire::Delivery delivery = *known;
        delivery.node = node;
        delivery.frame.streamId ^= streamChange;
        shift(delivery, shiftNs, withNodeSamples);
        to.received.emplace_back(std::move(delivery));
        if (const wire::EventBatch *events = recording::eventsOf(to.received.back()))
            to.events += events->events.size();
    }
    for (Label label : from.labels) {
        label.fromNs += shiftNs;
        label.toNs += shiftNs;
        if (label.entity == nodeOf(from))
            label.entity = node;
        label.node = label.node.empty() ? label.node : node;
        to.labels.push_back(std::move(label));
    }
    to.endNs = std::max(to.endNs, from.endNs + shiftNs);
}

bool expects(const Label &label, const std::string &rule)
{
    return std::find(label.expected.begin(), label.expected.end(), rule) != label.expected.end();
}

/// In the place of those that the parts had: with more kills it may begin earlier, and is one all the same.
void labelCascade(Scenario &mixture, const std::string &node)
{
    std::erase_if(mixture.labels, [](const Label &label) { return expects(label, "oom-cascade"); });
    std::vector<Label> kills;
    std::copy_if(mixture.labels.begin(), mixture.labels.end(), std::back_inserter(kills),
                 [](const Label &label) { return expects(label, "oom-kill"); });
    std::sort(kills.begin(), kills.end(), [](const Label &a, const Label &b) { return a.fromNs < b.fromNs; });
    for (std::size_t i = 1; i < kills.size(); ++i) {
        if (kills[i].entity == kills[i - 1].entity || kills[i].fromNs - kills[i - 1].toNs > cascadeNs)
            continue;
        Label label = kills[i];
        label.what = "OOM kills in two cgroups of a node";
        label.entity = node;
        label.expected = {"oom-cascade"};
        label.also.clear();
        label.isDrill = false;
        mixture.labels.push_back(std::move(label));
        return; // one insight of the node stands for all of them
    }
}

void sortByArrival(Scenario &scenario)
{
    std::stable_sort(scenario.received.begin(), scenario.received.end(), [](const recording::Received &a, const recording::Received &b) {
        return recording::receivedNs(a) < recording::receivedNs(b);
    });
}

/// Of rules across nodes, which find one thing, however many labels of a node say so: it is true once it happens on so many.
void labelSpread(Scenario &all, const Label &of, const std::vector<std::string> &rules, std::int64_t trueFromNs, std::int64_t lastShiftNs)
{
    for (const std::string &rule : rules) {
        Label label = of;
        label.node.clear();
        label.fromNs += trueFromNs;
        label.toNs += lastShiftNs;
        label.expected = {rule};
        label.also = label.onTwoNodes = label.onThreeNodes = {};
        label.isDrill = false;
        const auto known = std::find_if(all.labels.begin(), all.labels.end(), [&rule](const Label &other) { return expects(other, rule); });
        if (known == all.labels.end())
            all.labels.push_back(std::move(label));
        else if (label.fromNs < known->fromNs)
            *known = std::move(label);
    }
}

/// "shop/web" of all its pods.
std::set<std::string> workloadsOf(const Scenario &scenario)
{
    std::set<std::string> all;
    const auto note = [&all](const std::vector<wire::Origin> &origins) {
        for (const wire::Origin &origin : origins) {
            if (!origin.workloadName.empty())
                all.insert(origin.namespaceName + '/' + origin.workloadName);
        }
    };
    for (const recording::Received &received : scenario.received) {
        if (const wire::EventBatch *events = recording::eventsOf(received))
            note(events->origins);
        else if (const wire::SampleBatch *samples = recording::samplesOf(received))
            note(samples->origins);
    }
    return all;
}

/// Without a distribution, which each library makes in its own way.
std::uint64_t below(std::mt19937_64 &random, std::uint64_t bound) { return bound == 0 ? 0 : random() % bound; }

/// A file may say that it lasted a century, and that added to its times would be no time.
constexpr std::int64_t longestNs = 30LL * 24 * 3600 * nsPerSecond;
std::int64_t lengthOf(const Scenario &scenario) { return std::clamp<std::int64_t>(scenario.endNs - scenario.beginNs, 0, longestNs); }

} // namespace

Scenario spread(const Scenario &scenario, const std::vector<std::int64_t> &shiftsNs)
{
    Scenario all;
    all.name = scenario.name + " on " + std::to_string(shiftsNs.size()) + " nodes";
    all.family = scenario.family;
    all.isMixture = all.isSpread = true;
    all.beginNs = scenario.beginNs;
    for (std::size_t i = 0; i < shiftsNs.size(); ++i)
        append(all, scenario, shiftsNs[i], nodeOf(scenario) + (i == 0 ? "" : "-" + std::to_string(i + 1)), i * otherStream);
    sortByArrival(all);
    all.labels.clear();
    for (const Label &label : scenario.labels) {
        if (shiftsNs.size() >= 2)
            labelSpread(all, label, label.onTwoNodes, shiftsNs[1], shiftsNs.back());
        if (shiftsNs.size() >= 3)
            labelSpread(all, label, label.onThreeNodes, shiftsNs[2], shiftsNs.back());
    }
    return all;
}

std::vector<SpreadSpec> planSpreads(const std::vector<Scenario> &scenarios, std::uint64_t seed)
{
    std::mt19937_64 random(seed);
    std::vector<SpreadSpec> specs;
    for (std::size_t i = 0; i < scenarios.size(); ++i) {
        if (scenarios[i].hasSamples || scenarios[i].hasLinks)
            continue;
        for (const std::size_t nodes : {2u, 3u}) {
            SpreadSpec spec{i, {0}};
            while (spec.shiftsNs.size() < nodes)
                spec.shiftsNs.push_back(spec.shiftsNs.back() + static_cast<std::int64_t>(below(random, longestApartNs)));
            specs.push_back(std::move(spec));
        }
    }
    return specs;
}

Scenario mix(const Scenario &first, const Scenario &second, std::int64_t shiftNs)
{
    Scenario mixture;
    mixture.name = first.name + " + " + second.name + " after " + std::to_string(shiftNs / nsPerSecond) + " s";
    mixture.family = first.family + " + " + second.family;
    mixture.isMixture = true;
    mixture.hasSamples = first.hasSamples && second.hasSamples;
    mixture.beginNs = first.beginNs;
    const std::string &node = nodeOf(first);
    // Of two the counters of the node would go to and fro between two times. Those stay by which something is to be found.
    const bool areTwo = hasNodeSamples(first) && hasNodeSamples(second);
    const bool isOfSecond = isAboutNode(second) && !isAboutNode(first);
    append(mixture, first, 0, node, 0, !areTwo || !isOfSecond);
    append(mixture, second, first.beginNs + shiftNs - second.beginNs, node, otherStream, !areTwo || isOfSecond);
    sortByArrival(mixture);
    labelCascade(mixture, node);
    return mixture;
}

std::vector<MixtureSpec> planMixtures(const std::vector<Scenario> &scenarios, std::uint64_t seed, unsigned rounds)
{
    std::mt19937_64 random(seed);
    std::vector<std::size_t> healthy, faults;
    for (std::size_t i = 0; i < scenarios.size(); ++i) {
        if (!scenarios[i].hasLinks) // what a server knew then is of those nodes, and of that time
            (scenarios[i].labels.empty() ? healthy : faults).push_back(i);
    }
    std::vector<MixtureSpec> specs;
    std::vector<std::set<std::string>> workloads;
    std::transform(scenarios.begin(), scenarios.end(), std::back_inserter(workloads), workloadsOf);
    const auto shareWorkloads = [&](std::size_t one, std::size_t other) {
        return std::any_of(workloads[one].begin(), workloads[one].end(),
                           [&](const std::string &workload) { return workloads[other].contains(workload); });
    };
    std::vector<bool> needsNode; // of two that are found by samples of the node those of one would be missing
    std::transform(scenarios.begin(), scenarios.end(), std::back_inserter(needsNode),
                   [](const Scenario &one) { return isAboutNode(one) && hasNodeSamples(one); });
    const auto lengthOfOne = [&](std::size_t i) { return static_cast<std::uint64_t>(lengthOf(scenarios[i])); };
    for (const std::size_t fault : faults) {
        // A fault that only samples show is lost beside what has none.
        const auto goesWith = [&](std::size_t other) {
            const bool isLost = scenarios[fault].hasSamples != scenarios[other].hasSamples
                                && (scenarios[fault].hasSamples || !scenarios[other].labels.empty());
            return scenarios[other].family != scenarios[fault].family && !isLost && !shareWorkloads(fault, other)
                   && !(needsNode[fault] && needsNode[other]);
        };
        std::vector<std::size_t> calm, others;
        std::copy_if(healthy.begin(), healthy.end(), std::back_inserter(calm), goesWith);
        std::copy_if(faults.begin(), faults.end(), std::back_inserter(others), goesWith);
        for (unsigned round = 0; round < rounds; ++round) {
            for (const auto *choice : {&calm, &others}) {
                if (choice->empty())
                    continue;
                const std::size_t first = (*choice)[below(random, choice->size())];
                specs.push_back({first, fault, static_cast<std::int64_t>(below(random, lengthOfOne(first)))});
            }
        }
    }
    for (std::size_t i = 0; i + 1 < healthy.size(); ++i) {
        if (shareWorkloads(healthy[i], healthy[i + 1]))
            continue;
        specs.push_back({healthy[i], healthy[i + 1], static_cast<std::int64_t>(below(random, lengthOfOne(healthy[i])))});
    }
    return specs;
}

} // namespace tapio::replay
