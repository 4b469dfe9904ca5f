// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/wire/samplelayout.h"

#include <algorithm>

#include "protocol/wire/eventlayout.h"

namespace tapio::wire {

namespace {

void requireIndexes(const SampleBatch &batch, Errc code)
{
    if (batch.labels.empty() || !batch.labels.front().empty())
        throw Refusal{code, "the first label is not empty"};
    const auto check = [&](const auto &entry) {
        requireIndex(entry.origin, batch.origins.size(), "origin", code);
        requireIndex(entry.label, batch.labels.size(), "label", code);
    };
    std::for_each(batch.samples.begin(), batch.samples.end(), check);
    std::for_each(batch.histograms.begin(), batch.histograms.end(), check);
}

Sample read(schema::Sample::Reader from)
{
    return {static_cast<Metric>(from.getMetric()), from.getOrigin(), from.getLabel(), from.getValue()};
}

Histogram read(schema::Histogram::Reader from)
{
    const auto counts = from.getCounts();
    if (counts.size() != histogramBuckets)
        throw Refusal{Errc::Malformed, "histogram of " + std::to_string(counts.size()) + " buckets"};
    Histogram to{static_cast<HistogramKind>(from.getKind()), from.getOrigin(), from.getLabel(), {}};
    for (unsigned i = 0; i < histogramBuckets; ++i)
        to.counts[i] = counts[i];
    return to;
}

CounterSet read(const LayoutReader &reader, capnp::List<std::uint64_t>::Reader from)
{
    reader.checkList(from);
    CounterSet to;
    for (unsigned i = 0; i < std::min<std::size_t>(from.size(), counterCount); ++i)
        to[static_cast<Counter>(i)] = from[i];
    return to;
}

FilterCounts readLeftOut(const LayoutReader &reader, capnp::List<std::uint64_t>::Reader from)
{
    reader.checkList(from);
    FilterCounts to{};
    for (unsigned i = 0; i < std::min<std::size_t>(from.size(), to.size()); ++i)
        to[i] = from[i];
    return to;
}

RuleCounters read(const LayoutReader &reader, schema::RuleCounters::Reader from)
{
    RuleCounters to;
    to.rule = reader.text(from.getRule());
    const auto counts = from.getCounters();
    reader.checkList(counts);
    for (unsigned i = 0; i < std::min<std::size_t>(counts.size(), RuleCounters::fields.size()); ++i)
        to.*RuleCounters::fields[i] = counts[i];
    return to;
}

Hook read(const LayoutReader &reader, schema::Hook::Reader from)
{
    Hook to;
    to.collector = reader.text(from.getCollector());
    to.name = reader.text(from.getName());
    to.state = static_cast<HookState>(from.getState());
    to.attachKind = reader.text(from.getAttachKind());
    to.reason = reader.text(from.getReason());
    to.runTimeNs = from.getRunTimeNs();
    to.runCount = from.getRunCount();
    return to;
}

} // namespace

std::size_t wordsFor(const SampleBatch &from) noexcept
{
    std::size_t words = capnp::sizeInWords<schema::SampleBatch>() + wordsFor(from.origins) + 4;
    words += from.samples.size() * capnp::sizeInWords<schema::Sample>();
    words += from.histograms.size() * (capnp::sizeInWords<schema::Histogram>() + histogramBuckets);
    for (const auto &label : from.labels)
        words += 1 + textWords(label);
    return words;
}

std::size_t wordsFor(const CounterReport &from) noexcept
{
    std::size_t words = capnp::sizeInWords<schema::CounterReport>() + 1;
    for (const auto &source : from.sources)
        words += capnp::sizeInWords<schema::SourceCounters>() + textWords(source.source) + counterCount + filterCauseCount;
    if (!from.rules.empty())
        ++words;
    for (const auto &rule : from.rules)
        words += capnp::sizeInWords<schema::RuleCounters>() + textWords(rule.rule) + RuleCounters::fields.size();
    return words;
}

std::size_t wordsFor(const HookReport &from) noexcept
{
    std::size_t words = capnp::sizeInWords<schema::HookReport>() + 1;
    for (const auto &hook : from.hooks) {
        words += capnp::sizeInWords<schema::Hook>() + textWords(hook.collector) + textWords(hook.name) + textWords(hook.attachKind)
                 + textWords(hook.reason);
    }
    return words;
}

void write(schema::SampleBatch::Builder to, const SampleBatch &from)
{
    requireIndexes(from, Errc::InvalidArgument);
    to.setTimeNs(from.timeNs);
    setList(
        from.origins, [&](unsigned size) { return to.initOrigins(size); },
        [](auto list, unsigned i, const Origin &origin) { write(list[i], origin); });
    setTexts(from.labels, [&](unsigned size) { return to.initLabels(size); });
    setList(
        from.samples, [&](unsigned size) { return to.initSamples(size); },
        [](auto list, unsigned i, const Sample &sample) {
            auto element = list[i];
            element.setMetric(static_cast<std::uint16_t>(sample.metric));
            element.setOrigin(sample.origin);
            element.setLabel(sample.label);
            element.setValue(sample.value);
        });
    setList(
        from.histograms, [&](unsigned size) { return to.initHistograms(size); },
        [](auto list, unsigned i, const Histogram &histogram) {
            auto element = list[i];
            element.setKind(static_cast<std::uint8_t>(histogram.kind));
            element.setOrigin(histogram.origin);
            element.setLabel(histogram.label);
            auto counts = element.initCounts(histogramBuckets);
            for (unsigned bucket = 0; bucket < histogramBuckets; ++bucket)
                counts.set(bucket, histogram.counts[bucket]);
        });
}

void write(schema::CounterReport::Builder to, const CounterReport &from)
{
    to.setTimeNs(from.timeNs);
    to.setFilterGeneration(from.filterGeneration);
    setList(
        from.sources, [&](unsigned size) { return to.initSources(size); },
        [](auto list, unsigned i, const SourceCounters &source) {
            auto element = list[i];
            setText(source.source, [&](auto text) { element.setSource(text); });
            auto counters = element.initCounters(counterCount);
            for (unsigned counter = 0; counter < counterCount; ++counter)
                counters.set(counter, source.counters[static_cast<Counter>(counter)]);
            if (source.leftOut == FilterCounts{})
                return;
            auto leftOut = element.initLeftOut(filterCauseCount);
            for (unsigned cause = 0; cause < filterCauseCount; ++cause)
                leftOut.set(cause, source.leftOut[cause]);
        });
    setList(
        from.rules, [&](unsigned size) { return to.initRules(size); },
        [](auto list, unsigned i, const RuleCounters &rule) {
            auto element = list[i];
            setText(rule.rule, [&](auto text) { element.setRule(text); });
            auto counts = element.initCounters(static_cast<unsigned>(RuleCounters::fields.size()));
            for (unsigned count = 0; count < RuleCounters::fields.size(); ++count)
                counts.set(count, rule.*RuleCounters::fields[count]);
        });
}

void write(schema::HookReport::Builder to, const HookReport &from)
{
    to.setTimeNs(from.timeNs);
    setList(
        from.hooks, [&](unsigned size) { return to.initHooks(size); },
        [](auto list, unsigned i, const Hook &hook) {
            auto element = list[i];
            element.setState(static_cast<std::uint8_t>(hook.state));
            element.setRunTimeNs(hook.runTimeNs);
            element.setRunCount(hook.runCount);
            setText(hook.collector, [&](auto text) { element.setCollector(text); });
            setText(hook.name, [&](auto text) { element.setName(text); });
            setText(hook.attachKind, [&](auto text) { element.setAttachKind(text); });
            setText(hook.reason, [&](auto text) { element.setReason(text); });
        });
}

SampleBatch read(const LayoutReader &reader, schema::SampleBatch::Reader from)
{
    SampleBatch to;
    to.timeNs = from.getTimeNs();
    to.origins = reader.list<Origin>(from.getOrigins(), [&](auto element) { return read(reader, element); });
    to.labels = reader.texts(from.getLabels());
    to.samples = reader.list<Sample>(from.getSamples(), [](auto element) { return read(element); });
    to.histograms = reader.list<Histogram>(from.getHistograms(), [](auto element) { return read(element); });
    requireIndexes(to, Errc::Malformed);
    return to;
}

CounterReport read(const LayoutReader &reader, schema::CounterReport::Reader from)
{
    CounterReport to;
    to.timeNs = from.getTimeNs();
    to.sources = reader.list<SourceCounters>(from.getSources(), [&](schema::SourceCounters::Reader element) {
        return SourceCounters{reader.text(element.getSource()), read(reader, element.getCounters()),
                              readLeftOut(reader, element.getLeftOut())};
    });
    to.filterGeneration = from.getFilterGeneration();
    to.rules = reader.list<RuleCounters>(from.getRules(), [&](schema::RuleCounters::Reader element) { return read(reader, element); });
    return to;
}

HookReport read(const LayoutReader &reader, schema::HookReport::Reader from)
{
    HookReport to;
    to.timeNs = from.getTimeNs();
    to.hooks = reader.list<Hook>(from.getHooks(), [&](auto element) { return read(reader, element); });
    return to;
}

} // namespace tapio::wire
