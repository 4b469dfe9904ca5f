// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/wire/footprint.h"

#include <vector>

#include "protocol/wire/detailfields.h"

namespace tapio::wire {

namespace {

using wire::heapBytes; // beside those below, which would hide it

template <typename... Texts> std::size_t ofTexts(const Texts &...texts) noexcept { return (heapBytes(texts) + ...); }

std::size_t heapBytes(const Origin &origin) noexcept
{
    return ofTexts(origin.cgroupPath, origin.containerId, origin.containerName, origin.podUid, origin.podName, origin.namespaceName,
                   origin.workloadKind, origin.workloadName, origin.image, origin.imageId);
}

std::size_t heapBytes(const Hook &hook) noexcept { return ofTexts(hook.collector, hook.name, hook.attachKind, hook.reason); }

std::size_t heapBytes(const SourceCounters &source) noexcept { return ofTexts(source.source); }

std::size_t heapBytes(const RuleCounters &rule) noexcept { return ofTexts(rule.rule); }

template <typename Value> std::size_t ofList(const std::vector<Value> &list) noexcept
{
    std::size_t bytes = list.size() * sizeof(Value);
    for (const auto &value : list)
        bytes += heapBytes(value);
    return bytes;
}

struct FieldBytes {
    std::size_t &bytes;

    template <typename T> void operator()(const Field &, const T &) const noexcept {}
    void operator()(const Field &, const std::string &text) const noexcept { bytes += heapBytes(text); }
    void operator()(const Field &, const std::vector<std::string> &texts) const noexcept { bytes += ofList(texts); }
    void operator()(const Field &, const std::vector<std::byte> &data) const noexcept { bytes += data.size(); }
};

std::size_t heapBytes(const Detail &detail) noexcept
{
    std::size_t bytes = 0;
    std::visit([&](const auto &value) { visitFields(value, FieldBytes{bytes}); }, detail);
    if (const auto *http = std::get_if<HttpRequest>(&detail))
        bytes += http->texts.isHeld() ? sizeof(HttpTexts) : 0;
    if (const auto *insight = std::get_if<Boxed<Insight>>(&detail))
        bytes += insight->isHeld() ? sizeof(Insight) : 0;
    if (const auto *fact = std::get_if<Boxed<KubernetesFact>>(&detail))
        bytes += fact->isHeld() ? sizeof(KubernetesFact) : 0;
    return bytes;
}

struct BodyBytes {
    std::size_t operator()(const EventBatch &batch) const noexcept
    {
        return ofList(batch.events) + ofList(batch.origins) + batch.seqOffsets.size() * sizeof(std::uint32_t)
               + batch.amendments.size() * sizeof(OriginAmendment);
    }
    std::size_t operator()(const SampleBatch &batch) const noexcept
    {
        return batch.samples.size() * sizeof(Sample) + batch.histograms.size() * sizeof(Histogram) + ofList(batch.labels)
               + ofList(batch.origins);
    }
    std::size_t operator()(const CounterReport &report) const noexcept { return ofList(report.sources) + ofList(report.rules); }
    std::size_t operator()(const HookReport &report) const noexcept { return ofList(report.hooks); }
};

} // namespace

std::size_t heapBytes(const Event &event) noexcept { return ofTexts(event.process.comm) + heapBytes(event.detail); }

std::size_t heapBytes(const Frame &frame) noexcept { return std::visit(BodyBytes(), frame.body); }

} // namespace tapio::wire
