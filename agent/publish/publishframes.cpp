// SPDX-License-Identifier: GPL-3.0-or-later
// The half of PublishSession that makes frames of what the pipeline hands over.
#include <algorithm>
#include <iterator>
#include <utility>

#include "agent/publish/publishsession.h"
#include "protocol/wire/codec.h"

namespace tapio::agent {

namespace {

constexpr std::size_t mostWhileOpening = 4u << 20;
constexpr std::size_t mostSlack = 1u << 20;

std::vector<SourceCount> countBySource(const std::vector<std::string_view> &sources)
{
    std::vector<SourceCount> counts;
    for (const std::string_view source : sources) {
        auto found = std::find_if(counts.begin(), counts.end(), [&](const SourceCount &c) { return c.source == source; });
        if (found == counts.end())
            found = counts.insert(counts.end(), {source, 0});
        ++found->events;
    }
    return counts;
}

/// The second half of a list, taken out of it.
template <typename T> std::vector<T> takeHalf(std::vector<T> &list)
{
    const auto middle = list.begin() + static_cast<std::ptrdiff_t>(list.size() / 2);
    std::vector<T> half(std::make_move_iterator(middle), std::make_move_iterator(list.end()));
    list.erase(middle, list.end());
    return half;
}

} // namespace

void PublishSession::take(Outgoing &&outgoing)
{
    if (const auto *batch = std::get_if<wire::EventBatch>(&outgoing.body)) {
        // What the queue before us refused had its numbers already.
        m_status.droppedEvents += batch->firstSeq - (m_status.producedEvents + 1);
        m_status.producedEvents = batch->firstSeq + batch->events.size() - 1;
        for (const std::string_view source : outgoing.sources)
            m_counters.try_emplace(std::string(source));
        if (!batch->amendments.empty())
            m_counters.try_emplace(std::string(wire::amendmentsSource));
    } else if (std::holds_alternative<wire::SampleBatch>(outgoing.body)) {
        m_counters.try_emplace(std::string(wire::samplesSource));
    } else if (auto *report = std::get_if<wire::CounterReport>(&outgoing.body)) {
        overlay(*report);
        m_status.counters = std::make_shared<const wire::CounterReport>(*report);
    } else if (const auto *hooks = std::get_if<wire::HookReport>(&outgoing.body)) {
        m_hooks = *hooks;
        sealHooks();
        return;
    }
    seal(std::move(outgoing));
}

void PublishSession::overlay(wire::CounterReport &report) const
{
    for (const auto &[source, mine] : m_counters) {
        auto found = std::find_if(report.sources.begin(), report.sources.end(),
                                  [&name = source](const wire::SourceCounters &c) { return c.source == name; });
        if (found == report.sources.end())
            found = report.sources.insert(report.sources.end(), {source, {}});
        found->counters += mine;
    }
}

void PublishSession::seal(Outgoing &&outgoing)
{
    RingFrame frame;
    frame.lastEvent = m_status.producedEvents;
    frame.droppedEvents = m_status.droppedEvents;
    frame.newestNs = m_clock.utcNs();
    if (const auto *batch = std::get_if<wire::EventBatch>(&outgoing.body)) {
        frame.events = static_cast<std::uint32_t>(batch->events.size());
        frame.sources = countBySource(outgoing.sources);
        if (!batch->amendments.empty())
            frame.sources.push_back({wire::amendmentsSource, static_cast<std::uint32_t>(batch->amendments.size())});
        frame.oldestNs = batch->events.empty() ? 0 : batch->events.front().timeNs;
        frame.newestNs = batch->events.empty() ? frame.newestNs : batch->events.back().timeNs;
        frame.lastEvent = batch->firstSeq + batch->events.size() - 1;
    } else if (std::holds_alternative<wire::SampleBatch>(outgoing.body)) {
        frame.sources = {{wire::samplesSource, 1}};
    }
    wire::Message message = wire::Frame{m_options.streamId, m_nextFrameSeq, m_clock.utcNs(), std::move(outgoing.body)};
    auto bytes = wire::encode(message);
    if (!bytes) {
        outgoing.body = std::move(std::get<wire::Frame>(message).body);
        m_log.debug("frame: {}", bytes.error().message());
        split(std::move(outgoing));
        return;
    }
    frame.frameSeq = m_nextFrameSeq++;
    frame.bytes = std::move(*bytes);
    keep(std::move(frame));
}

void PublishSession::split(Outgoing &&outgoing)
{
    Outgoing rest;
    if (auto *batch = std::get_if<wire::EventBatch>(&outgoing.body);
        batch != nullptr && batch->events.size() + batch->amendments.size() > 1) {
        wire::EventBatch half;
        half.origins = batch->origins; // indexes stay valid in both halves
        half.amendments =
            batch->events.empty() ? takeHalf(batch->amendments) : std::exchange(batch->amendments, {}); // they come after events
        if (batch->events.size() > 1) {
            half.events = takeHalf(batch->events);
            rest.sources = takeHalf(outgoing.sources);
        }
        half.firstSeq = batch->firstSeq + batch->events.size();
        rest.body = std::move(half);
    } else if (batch != nullptr) {
        giveUpEvent(outgoing);
        return;
    } else if (auto *samples = std::get_if<wire::SampleBatch>(&outgoing.body);
               samples != nullptr && samples->samples.size() + samples->histograms.size() > 1) {
        wire::SampleBatch half;
        half.timeNs = samples->timeNs;
        half.origins = samples->origins;
        half.labels = samples->labels;
        if (!samples->samples.empty() && !samples->histograms.empty())
            std::swap(half.histograms, samples->histograms);
        else if (samples->histograms.empty())
            half.samples = takeHalf(samples->samples);
        else
            half.histograms = takeHalf(samples->histograms);
        rest = {std::move(half), {}};
        CounterSet &frames = m_counters.find(wire::samplesSource)->second; // one more than the pipeline made
        ++frames[Counter::Seen];
        ++frames[Counter::Drained];
    } else {
        if (samples != nullptr)
            ++m_counters.find(wire::samplesSource)->second[Counter::Malformed];
        m_log.warn("frame: a report that cannot be encoded was given up");
        return;
    }
    seal(std::move(outgoing));
    seal(std::move(rest));
}

void PublishSession::giveUpEvent(const Outgoing &outgoing)
{
    const auto &batch = std::get<wire::EventBatch>(outgoing.body);
    m_status.droppedEvents += batch.events.size();
    if (!batch.amendments.empty())
        m_counters.find(wire::amendmentsSource)->second[Counter::Malformed] += batch.amendments.size();
    for (const std::string_view source : outgoing.sources)
        ++m_counters.find(source)->second[Counter::Malformed];
    m_log.warn("frame: an event that cannot be encoded was given up");
}

void PublishSession::keep(RingFrame &&frame)
{
    // What comes before the folder was looked at waits for it.
    m_ring.setLimit(m_options.ringBytes + (m_spool != nullptr && m_spool->opening() ? mostWhileOpening : 0));
    const std::uint64_t spooled = m_spool == nullptr ? 0 : m_spool->lastSeq();
    if (spooled != 0 && m_status.phase == SessionPhase::Up)
        m_pace.made(frame.bytes.size());
    for (const RingFrame &gone : m_ring.push(std::move(frame), spooled, slack())) {
        if (!spool(gone))
            dropped(gone);
    }
}

/// What goes to the spool along with a frame that begins a file there. One file per frame would be the price of a server that lags a
/// little: each frame that memory has no room for would come behind others that left from memory.
std::size_t PublishSession::slack() const
{
    if (m_spool == nullptr || m_ring.lastSentSeq() <= m_spool->lastWritten())
        return 0;
    const std::size_t bytes = std::min(mostSlack, m_options.ringBytes / 4);
    return m_spool->hasRoom(2 * bytes) ? bytes : 0; // with what is noted beside each frame
}

void PublishSession::dropped(const RingFrame &frame)
{
    if (frame.everSent) {
        // Counted as sent already, and the server may have it: it names the loss if it has not.
        m_status.abandonedEvents += frame.events;
        return;
    }
    m_status.droppedEvents += frame.events;
    for (const SourceCount &count : frame.sources)
        m_counters.find(count.source)->second[Counter::QDrop] += count.events;
}

} // namespace tapio::agent
