// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/livemodel.h"

#include <algorithm>
#include <utility>

#include "console/core/metrics/figurenames.h"
#include "protocol/wire/filter.h"

namespace tapio::console {

namespace {

constexpr std::int64_t tenSeconds = 10 * nsPerSecond;
/// Formulas look one minute back before the window.
constexpr std::int64_t slackNs = 60 * nsPerSecond;
constexpr std::int64_t hourNs = 3600 * nsPerSecond;
enum Stage : std::size_t { Total, Drain, AgentQueue, Wire, ReceiveQueue };
constexpr std::array<std::string_view, 5> stageNames{figure::stageTotal, figure::stageDrain, figure::stageAgentQueue, figure::stageWire,
                                                     figure::stageReceiveQueue};

std::string seriesName(const SeriesKey &key)
{
    return key.node + '\n' + std::to_string(static_cast<unsigned>(key.metric)) + '\n' + key.origin.cgroupPath + '\n' + key.label;
}

bool wanted(wire::Metric metric)
{
    static const std::vector<bool> flags = [] {
        std::vector<bool> set(256, false);
        for (const wire::Metric known : overviewMetrics())
            set[static_cast<std::size_t>(known)] = true;
        return set;
    }();
    return static_cast<std::size_t>(metric) < flags.size() && flags[static_cast<std::size_t>(metric)];
}

void addReading(SeriesBucket &bucket, std::int64_t timeNs, std::int64_t value)
{
    bucket.minimum = bucket.n == 0 ? value : std::min(bucket.minimum, value);
    bucket.maximum = bucket.n == 0 ? value : std::max(bucket.maximum, value);
    if (bucket.n == 0 || timeNs < bucket.firstNs) {
        bucket.first = value;
        bucket.firstNs = timeNs;
    }
    if (bucket.n == 0 || timeNs >= bucket.lastNs) {
        bucket.last = value;
        bucket.lastNs = timeNs;
    }
    ++bucket.n;
}

/// What the panels count over the last hour, however short the window is.
bool isOfTheHour(std::string_view name)
{
    return name.starts_with("pod.") || name == figure::insightOpened || name == figure::insightAgents;
}

template <typename List, typename TimeOf> void dropBefore(List &list, std::int64_t timeNs, TimeOf timeOf)
{
    const auto keep = std::find_if(list.begin(), list.end(), [&](const auto &item) { return timeOf(item) >= timeNs; });
    list.erase(list.begin(), keep);
}

} // namespace

LiveModel::LiveModel(LiveOptions options) : m_options(options), m_heat(apiHeatBoundsNs().size() - 1, 0) {}

void LiveModel::seed(OverviewInput input, InsightTracker insights)
{
    m_input = std::move(input);
    seedInsights(std::move(insights));
    m_input.figureBucketNs = nsPerSecond;
    m_input.sampleBucketNs = 5 * nsPerSecond;
    for (std::size_t i = 0; i < m_input.series.size(); ++i)
        m_seriesIndex.emplace(seriesName(m_input.series[i].key), i);
    for (std::size_t i = 0; i < m_input.counters.size(); ++i)
        m_counterIndex.emplace(m_input.counters[i].node + '\n' + m_input.counters[i].source, i);
    for (const auto &[node, report] : m_input.hooks) {
        if (correlates(report))
            m_correlating.insert(node);
    }
    for (const SeriesData &series : m_input.series) {
        const auto read =
            std::find_if(series.buckets.begin(), series.buckets.end(), [](const SeriesBucket &bucket) { return bucket.n > 0; });
        if (read != series.buckets.end())
            m_firstSentNs = std::min(m_firstSentNs, read->timeNs);
    }
    for (const CounterTrack &track : m_input.counters) {
        if (!track.readings.empty())
            m_firstSentNs = std::min(m_firstSentNs, track.readings.front().timeNs);
    }
    for (const auto &[name, tracks] : m_input.figures) {
        for (const auto &[label, track] : tracks)
            m_firstFigureNs = track.empty() ? m_firstFigureNs : std::min(m_firstFigureNs, track.front().timeNs);
    }
}

void LiveModel::onDelivery(const wire::Delivery &delivery, std::int64_t finishedNs, std::int64_t beganNs)
{
    m_firstSentNs = std::min(m_firstSentNs, delivery.receivedNs);
    m_beganNs = beganNs;
    if (delivery.clockUncertaintyNs >= 0)
        m_uncertaintyNs[delivery.node] = static_cast<double>(delivery.clockUncertaintyNs);
    if (const auto *events = std::get_if<wire::EventBatch>(&delivery.frame.body)) {
        const bool earlier = wire::sentBefore(delivery, beganNs);
        if (earlier)
            m_earlier[delivery.node] += events->events.size();
        else if (!events->events.empty()) // there may be nothing but amendments of earlier ones
            recordLatency(delivery, *events, finishedNs);
        if (!earlier)
            m_signals.onEvents(delivery);
        onEvents(delivery, *events, earlier, finishedNs);
    } else if (const auto *samples = std::get_if<wire::SampleBatch>(&delivery.frame.body))
        onSamples(delivery, *samples);
    else if (const auto *counters = std::get_if<wire::CounterReport>(&delivery.frame.body))
        onCounters(delivery, *counters);
    else if (const auto *hooks = std::get_if<wire::HookReport>(&delivery.frame.body))
        onHooks(delivery.node, *hooks);
}

void LiveModel::onEvents(const wire::Delivery &delivery, const wire::EventBatch &batch, bool earlier, std::int64_t finishedNs)
{
    if (delivery.node.starts_with(wire::serverNodePrefix)) // no state tells its stream; its first event says that it began
        m_insights.onStream(delivery.node, delivery.frame.streamId);
    std::vector<LateOrigins::Events> byOrigin(batch.origins.size());
    std::vector<std::size_t> hashes; // once each: few origins may be of many events and amendments, and long
    for (const wire::Origin &origin : batch.origins)
        hashes.push_back(LateOrigins::hashOf(origin));
    std::array<std::uint64_t, std::variant_size_v<wire::Detail>> byType{};
    SourceCounts &counts = m_processed[delivery.node];
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
        const wire::Event &event = batch.events[i];
        if (const auto type = static_cast<std::size_t>(event.type); type < byType.size())
            byType[type] += earlier ? 0 : 1;
        else
            counts.bySource[wire::eventSource(event.type)] += earlier ? 0 : 1;
        if (event.type == wire::EventType::Insight)
            noteInsight(delivery, batch, i, earlier, finishedNs);
        if (event.type == wire::EventType::Insight || event.type == wire::EventType::DrillLabel)
            m_input.proofs.onEvent(delivery.node, event,
                                   event.origin < batch.origins.size() ? batch.origins[event.origin].cgroupPath : std::string());
        if (event.origin >= byOrigin.size())
            continue;
        LateOrigins::Events &events = byOrigin[event.origin];
        events.last = batch.seqOf(i);
        events.first = events.count++ == 0 ? events.last : events.first;
        noteEvent(delivery, batch, i, hashes[event.origin], finishedNs);
    }
    for (std::size_t type = 0; type < byType.size(); ++type) {
        if (byType[type] > 0)
            counts.bySource[wire::eventSource(static_cast<wire::EventType>(type))] += byType[type];
    }
    for (std::size_t i = 0; i < byOrigin.size(); ++i) {
        LateOrigins::Events &events = byOrigin[i];
        events.inContainer = isInContainer(batch.origins[i]) ? events.count : 0;
        events.resolved = isResolved(batch.origins[i]) ? events.count : 0;
        m_containerEvents += events.inContainer;
        m_resolvedEvents += events.resolved;
        if (events.resolved < events.count)
            m_late.note(delivery.node, delivery.frame.streamId, hashes[i], events, finishedNs);
    }
    onAmendments(delivery, batch, hashes);
}

void LiveModel::onAmendments(const wire::Delivery &delivery, const wire::EventBatch &batch, const std::vector<std::size_t> &hashes)
{
    for (const wire::OriginAmendment &one : batch.amendments) {
        if (one.was >= batch.origins.size() || one.told >= batch.origins.size() || one.now >= batch.origins.size())
            continue;
        const wire::Origin &told = batch.origins[one.told], &now = batch.origins[one.now];
        const LateOrigins::Counts more = m_late.amend(delivery.node, delivery.frame.streamId, hashes[one.was], one,
                                                      {isInContainer(now) && !isInContainer(told), isResolved(now) && !isResolved(told)});
        m_containerEvents += more.inContainer;
        m_resolvedEvents += more.resolved;
        for (LateOrigins::OomKill &kill : m_late.takeKills(delivery.node, delivery.frame.streamId, hashes[one.was], one))
            settle(std::move(kill), now, delivery.node);
    }
}

void LiveModel::recordLatency(const wire::Delivery &delivery, const wire::EventBatch &batch, std::int64_t finishedNs)
{
    const auto n = static_cast<std::uint64_t>(batch.events.size());
    const bool clock = delivery.clockUncertaintyNs >= 0;
    const std::int64_t onWire = delivery.receivedNs - delivery.frame.sealedNs - delivery.clockOffsetNs;
    // A frame that arrives before it was sent, by more than the clocks' uncertainty, tells that the offset is not to be
    // believed.
    if (!clock || onWire < -delivery.clockUncertaintyNs) {
        m_withoutClock[delivery.node] += n;
    } else {
        m_latency[Wire].record(onWire, n);
        for (const wire::Event &event : batch.events) {
            if (event.heldSeconds == 0)
                m_latency[Total].record(finishedNs - event.timeNs - delivery.clockOffsetNs);
        }
    }
    for (const wire::Event &event : batch.events) {
        if (event.heldSeconds != 0) { // it did not wait in a queue
            ++m_held[delivery.node];
            continue;
        }
        const std::int64_t drain = static_cast<std::int64_t>(event.drainUs) * nsPerUs;
        m_latency[Drain].record(drain);
        m_latency[AgentQueue].record(delivery.frame.sealedNs - event.timeNs - drain);
    }
    m_latency[ReceiveQueue].record(finishedNs - delivery.receivedNs, n);
}

void LiveModel::onSamples(const wire::Delivery &delivery, const wire::SampleBatch &batch)
{
    const std::int64_t timeNs = batch.timeNs;
    std::int64_t &last = m_lastSampleNs[delivery.node];
    last = std::max(last, timeNs);
    m_firstSentNs = std::min(m_firstSentNs, timeNs);
    for (const wire::Origin &origin : batch.origins)
        seeContainer(delivery.node, origin, timeNs);
    for (const wire::Sample &sample : batch.samples) {
        if (wanted(sample.metric) && sample.origin < batch.origins.size() && sample.label < batch.labels.size())
            addSample({delivery.node, sample.metric, batch.origins[sample.origin], batch.labels[sample.label]}, timeNs, sample.value);
    }
}

void LiveModel::addSample(const SeriesKey &key, std::int64_t timeNs, std::int64_t value)
{
    const auto [entry, fresh] = m_seriesIndex.try_emplace(seriesName(key), m_input.series.size());
    if (fresh) {
        if (m_input.series.size() >= m_options.maxSeries) {
            m_refusedSeries.insert(m_seriesIndex.extract(entry).key());
            m_input.seriesRefused = std::max<std::uint64_t>(m_input.seriesRefused, m_refusedSeries.size());
            return;
        }
        m_input.series.push_back({key, {}});
    }
    SeriesData &series = m_input.series[entry->second];
    series.key.origin = key.origin;
    const std::int64_t start = timeNs - timeNs % m_input.sampleBucketNs;
    auto place = series.buckets.end();
    while (place != series.buckets.begin() && std::prev(place)->timeNs > start)
        --place;
    if (place == series.buckets.begin() || std::prev(place)->timeNs != start) {
        place = series.buckets.insert(place, SeriesBucket{});
        place->timeNs = start;
    } else {
        --place;
    }
    addReading(*place, timeNs, value);
}

void LiveModel::onCounters(const wire::Delivery &delivery, const wire::CounterReport &report)
{
    m_firstSentNs = std::min(m_firstSentNs, report.timeNs);
    for (const wire::SourceCounters &source : report.sources) {
        if (!source.countsEvents())
            continue;
        const auto [entry, fresh] = m_counterIndex.try_emplace(delivery.node + '\n' + source.source, m_input.counters.size());
        if (fresh)
            m_input.counters.push_back({delivery.node, source.source, {}});
        auto &readings = m_input.counters[entry->second].readings;
        const CounterTrack::Reading reading{report.timeNs, delivery.frame.streamId, source.counters};
        const std::int64_t bucket = report.timeNs / m_input.sampleBucketNs;
        if (!readings.empty() && readings.back().timeNs > report.timeNs) {
            if (readings.back().streamId != reading.streamId)
                continue; // replayed from before what is known: cumulative counts lose nothing by it
            // Reports of one stream come in order: its node's clock was set back.
            std::erase_if(readings, [&reading](const CounterTrack::Reading &read) { return read.timeNs >= reading.timeNs; });
        }
        if (!readings.empty() && readings.back().streamId == reading.streamId && readings.back().timeNs / m_input.sampleBucketNs == bucket)
            readings.back() = reading;
        else
            readings.push_back(reading);
    }
}

void LiveModel::onAgentState(const wire::AgentState &state)
{
    const auto known = std::find_if(m_input.agents.begin(), m_input.agents.end(),
                                    [&state](const wire::AgentState &agent) { return agent.node == state.node; });
    if (known != m_input.agents.end())
        *known = state;
    else
        m_input.agents.push_back(state);
    m_insights.onStream(state.node, state.streamId);
    // Half of the round trip is what the agent keeps as the uncertainty of its clock offset.
    if (state.heartbeat.id == 0 || state.heartbeat.uncertaintyNs < 0)
        return;
    std::uint64_t &counted = m_heartbeatIds[state.node];
    if (counted != state.heartbeat.id)
        onApiCall("agent.heartbeat", 2 * state.heartbeat.uncertaintyNs, true);
    counted = state.heartbeat.id;
}

void LiveModel::onAction(const OperatorAction &action)
{
    m_input.actions.push_back(action);
    if (m_input.actions.size() > m_options.maxActions)
        m_input.actions.erase(m_input.actions.begin());
}

void LiveModel::onApiCall(const std::string &operation, std::int64_t durationNs, bool ok)
{
    for (const std::string &name : {operation, std::string()}) {
        Calls &calls = m_calls[name];
        calls.histogram.record(durationNs);
        ++calls.count;
        calls.errors += ok ? 0 : 1;
    }
    const std::vector<double> &bounds = apiHeatBoundsNs();
    const auto above = std::upper_bound(bounds.begin(), bounds.end(), static_cast<double>(durationNs));
    const auto row = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, above - bounds.begin() - 1));
    ++m_heat[std::min(row, m_heat.size() - 1)];
}

void LiveModel::read(std::string_view name, const std::string &label, double value)
{
    auto tracks = m_input.figures.find(name);
    if (tracks == m_input.figures.end())
        tracks = m_input.figures.emplace(std::string(name), LabelledTracks()).first;
    Track &track = tracks->second[label];
    if (track.empty() || track.back().timeNs < m_nowNs)
        track.push_back({m_nowNs, value});
}

void LiveModel::readCounter(std::string_view name, const std::string &label, double value, Reading reading)
{
    auto counted = m_counted.find(name);
    if (counted == m_counted.end())
        counted = m_counted.emplace(std::string(name), Labels()).first;
    const bool first = counted->second.insert(label).second;
    if (reading == Reading::None)
        return;
    const auto tracks = m_input.figures.find(name);
    const bool known = !first || (tracks != m_input.figures.end() && tracks->second.contains(label));
    if (const std::int64_t zeroNs = m_previousNs != 0 ? m_previousNs : m_beganNs; !known && zeroNs > 0 && zeroNs < m_nowNs) {
        m_input.figures[std::string(name)][label].push_back({zeroNs, 0});
        m_due.push_back({zeroNs, std::string(name), label, 0});
    }
    read(name, label, value);
}

/// The server knows that the agent's link is down, or has not heard of it for too long: its figures stand still, which is no
/// reading of them.
bool LiveModel::isAway(const std::string &node) const
{
    const auto agent =
        std::find_if(m_input.agents.begin(), m_input.agents.end(), [&node](const wire::AgentState &known) { return known.node == node; });
    return agent != m_input.agents.end() && (agent->state == wire::LinkState::Gone || agent->state == wire::LinkState::Silent);
}

void LiveModel::readNodes(const std::vector<ReceiveReading> &receive)
{
    const auto readingOf = [this](const std::string &node) { return isAway(node) ? Reading::None : Reading::Taken; };
    for (const ReceiveReading &counts : receive) {
        const Reading reading = readingOf(counts.node);
        readCounter(figure::received, counts.node, static_cast<double>(counts.received), reading);
        readCounter(figure::duplicate, counts.node, static_cast<double>(counts.duplicate), reading);
        readCounter(figure::rejected, counts.node, static_cast<double>(counts.rejected), reading);
    }
    for (const auto &[node, counts] : m_processed) {
        const Reading reading = readingOf(node);
        for (const auto &[source, count] : counts.bySource)
            readCounter(figure::processed, node + '/' + source, static_cast<double>(count), reading);
    }
}

void LiveModel::readAgents()
{
    std::size_t alive = 0;
    std::int64_t oldest = 0;
    for (const wire::AgentState &agent : m_input.agents) {
        // The Hello that began a session is as good a sign of life as the heartbeat that follows it.
        const std::int64_t lastSignNs = std::max(agent.lastHeartbeatNs, agent.state == wire::LinkState::Connected ? agent.sinceNs : 0);
        const bool fresh = lastSignNs > 0 && m_nowNs - lastSignNs <= heartbeatFreshNs && !isAway(agent.node);
        alive += fresh ? 1 : 0;
        read(figure::agentAlive, agent.node, fresh ? 1 : 0);
        if (agent.streamId != 0)
            read(figure::transitLoss, agent.node,
                 static_cast<double>(agent.loss.transitEvents - std::min(agent.loss.consoleEvents, agent.loss.transitEvents)));
        if (!fresh || agent.heartbeat.id == 0)
            continue;
        read(figure::queueAgent, agent.node, static_cast<double>(agent.heartbeat.queuedEvents));
        read(figure::queueInFlight, agent.node, static_cast<double>(agent.heartbeat.inFlightEvents));
        if (agent.heartbeat.oldestNs > 0)
            oldest = std::max(oldest, m_nowNs - agent.heartbeat.oldestNs - agent.heartbeat.offsetNs);
    }
    if (alive > 0)
        read(figure::queueOldest, {}, static_cast<double>(oldest));
    for (const auto &[node, report] : m_input.hooks) {
        const HookCount count = countHooks(report);
        read(figure::hooksActive, node, count.active);
        read(figure::hooksWanted, node, count.wanted);
    }
    if (const auto percent = coveragePercent(alive, m_input.agents.size(), m_input.hooks))
        read(figure::coverage, {}, *percent);
}

void LiveModel::tick(std::int64_t nowNs, const std::vector<ReceiveReading> &receive, std::uint64_t receiveQueued)
{
    if (nowNs < m_nowNs)
        rewind(nowNs);
    // What is stored is the last reading of each ten seconds, so that coarse buckets of live and history hold the same
    // one.
    if (m_nowNs != 0 && nowNs / tenSeconds != m_nowNs / tenSeconds)
        closeTenSeconds();
    m_previousNs = std::exchange(m_nowNs, nowNs);
    m_firstFigureNs = std::min(m_firstFigureNs, nowNs);
    endContainers(nowNs);
    conclude(m_late.age(nowNs));
    readNodes(receive);
    read(figure::queueReceive, {}, static_cast<double>(receiveQueued));
    readAgents();
    readInsights();
    readSignals();
    for (const auto &[node, uncertainty] : m_uncertaintyNs)
        read(figure::clockUncertainty, node, uncertainty);
    for (const auto &[node, count] : m_held)
        readCounter(figure::latencyHeld, node, static_cast<double>(count));
    for (const auto &[node, count] : m_withoutClock)
        readCounter(figure::latencyNoClock, node, static_cast<double>(count));
    for (const auto &[node, count] : m_earlier)
        readCounter(figure::earlierEvents, node, static_cast<double>(count));
    for (const auto &[server, dropped] : m_consoleQueue)
        readCounter(figure::consoleQueueLoss, server, static_cast<double>(dropped));
    if (m_containerEvents > 0) {
        readCounter(figure::containerEvents, {}, static_cast<double>(m_containerEvents));
        readCounter(figure::resolvedEvents, {}, static_cast<double>(m_resolvedEvents));
    }
    for (const auto &[operation, calls] : m_calls) {
        if (operation.empty())
            continue;
        readCounter(figure::apiCount, operation, static_cast<double>(calls.count));
        readCounter(figure::apiErrors, operation, static_cast<double>(calls.errors));
    }
    for (std::size_t row = 0; row < m_heat.size(); ++row) {
        if (m_heat[row] > 0)
            readCounter(figure::apiHeat, std::to_string(row), static_cast<double>(m_heat[row]));
    }
    trim();
}

/// The clock was set back: what was read after that moment would stand in the way of all that is read until it comes again.
void LiveModel::rewind(std::int64_t nowNs)
{
    for (auto &[name, tracks] : m_input.figures) {
        if (name.starts_with("pod."))
            continue;
        for (auto &[label, track] : tracks)
            std::erase_if(track, [nowNs](const PlotPoint &point) { return point.timeNs >= nowNs; });
        std::erase_if(tracks, [](const auto &entry) { return entry.second.empty(); });
    }
    std::erase_if(m_due, [nowNs](const Figure &figure) { return figure.timeNs >= nowNs; });
    m_lastDueNs = std::min(m_lastDueNs, nowNs);
    m_lastTrimNs = std::min(m_lastTrimNs, nowNs);
    m_nowNs = 0;
}

void LiveModel::closeTenSeconds()
{
    for (std::size_t stage = 0; stage < stageCount; ++stage) {
        const std::string name(stageNames[stage]);
        if (const LatencyHistogram &histogram = m_latency[stage]; histogram.count() > 0) {
            read(figure::latencyP50, name, static_cast<double>(*histogram.quantileNs(0.50)));
            read(figure::latencyP95, name, static_cast<double>(*histogram.quantileNs(0.95)));
            read(figure::latencyP99, name, static_cast<double>(*histogram.quantileNs(0.99)));
            read(figure::latencyCount, name, static_cast<double>(histogram.count()));
        }
        m_latency[stage].clear();
    }
    for (auto &[operation, calls] : m_calls) {
        if (calls.histogram.count() == 0)
            continue;
        read(figure::apiP50, operation, static_cast<double>(*calls.histogram.quantileNs(0.50)));
        read(figure::apiP95, operation, static_cast<double>(*calls.histogram.quantileNs(0.95)));
        read(figure::apiP99, operation, static_cast<double>(*calls.histogram.quantileNs(0.99)));
        calls.histogram.clear();
    }
    for (const auto &[name, tracks] : m_input.figures) {
        if (name.starts_with("pod."))
            continue;
        for (const auto &[label, track] : tracks) {
            if (!track.empty() && track.back().timeNs > m_lastDueNs)
                m_due.push_back({track.back().timeNs, name, label, track.back().value});
        }
    }
    m_due.insert(m_due.end(), m_podFigures.begin(), m_podFigures.end());
    m_podFigures.clear();
    m_lastDueNs = m_nowNs;
}

std::vector<Figure> LiveModel::takeFigures() { return std::exchange(m_due, {}); }

void LiveModel::trim()
{
    if (m_nowNs - m_lastTrimNs < tenSeconds)
        return;
    m_lastTrimNs = m_nowNs;
    m_input.seriesRefused = m_refusedSeries.size(); // of the ten seconds before: some may have ended, or have room by now
    m_refusedSeries.clear();
    const std::int64_t keepNs = m_nowNs - m_options.windowNs - slackNs;
    const auto pointTime = [](const auto &item) { return item.timeNs; };
    for (auto &[name, tracks] : m_input.figures) {
        const std::int64_t from = isOfTheHour(name) ? std::min(keepNs, m_nowNs - hourNs - slackNs) : keepNs;
        for (auto &[label, track] : tracks)
            dropBefore(track, from, pointTime);
        std::erase_if(tracks, [](const auto &entry) { return entry.second.empty(); });
    }
    for (CounterTrack &track : m_input.counters)
        dropBefore(track.readings, keepNs, pointTime);
    for (SeriesData &series : m_input.series)
        dropBefore(series.buckets, keepNs, pointTime);
    dropBefore(m_input.actions, m_nowNs - 24 * hourNs, pointTime);
    if (std::erase_if(m_input.series, [](const SeriesData &series) { return series.buckets.empty(); }) > 0) {
        m_seriesIndex.clear();
        for (std::size_t i = 0; i < m_input.series.size(); ++i)
            m_seriesIndex.emplace(seriesName(m_input.series[i].key), i);
    }
    std::erase_if(m_slots,
                  [this](const auto &slot) { return !m_containers.contains(slot.second) && m_slots.size() > m_options.maxSeries; });
}

std::int64_t LiveModel::windowBegin() const
{
    const std::int64_t first = m_firstSentNs != INT64_MAX ? m_firstSentNs : m_firstFigureNs;
    const std::int64_t least = std::min(m_options.leastWindowNs, m_options.windowNs);
    return std::clamp(first, m_nowNs - m_options.windowNs, m_nowNs - least);
}

OverviewSnapshot LiveModel::overview(std::uint64_t revision, const Scope &scope)
{
    m_input.fromNs = windowBegin();
    m_input.toNs = m_nowNs;
    m_input.nowNs = m_nowNs;
    return computeOverview(m_input, revision, scope);
}

} // namespace tapio::console
