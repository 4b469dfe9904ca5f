// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <utility>
#include <vector>

#include "protocol/base/clock.h"
#include "protocol/wire/message.h"
#include "tests/correlation/stage.h"

/// Events as a server hands them on.
namespace tapio::replay {

inline constexpr std::int64_t beginNs = correlation::Stage::begin;
inline std::int64_t timeOf(double at) { return correlation::Stage::timeOf(at); }

/// A stream of a node, whose events arrive a tenth of a second after they happened.
class Stream {
public:
    explicit Stream(std::string node = "n1", std::uint64_t id = 7) : m_node(std::move(node)), m_id(id) {}

    void event(double at, wire::Detail detail, const wire::Origin &origin = correlation::pod("a"))
    {
        wire::Event event;
        event.timeNs = timeOf(at);
        event.type = static_cast<wire::EventType>(detail.index());
        event.severity = wire::Severity::Warning;
        event.process = {4711, 0, 99, "web"};
        event.detail = std::move(detail);
        wire::Delivery &delivery = next(at);
        auto &batch = std::get<wire::EventBatch>(delivery.frame.body);
        batch.firstSeq = ++m_seq;
        batch.origins = {origin};
        batch.events = {std::move(event)};
    }
    void amend(double at, const wire::Origin &was, const wire::Origin &now)
    {
        auto &batch = std::get<wire::EventBatch>(next(at).frame.body);
        batch.firstSeq = m_seq + 1;
        batch.origins = {was, now};
        batch.amendments = {{0, 0, 1, 1, 1, m_seq}};
    }

    /// Memory that is in use, every ten seconds for so long; and of the node, that it has so much.
    void memory(double from, double seconds, double bytesPerMinute, const wire::Origin &origin = correlation::pod("a"))
    {
        for (double at = from; at <= from + seconds; at += 10) {
            wire::SampleBatch batch;
            batch.timeNs = timeOf(at);
            batch.origins = {origin, correlation::host()};
            batch.labels = {"", "vda", "/"};
            batch.samples = {
                {wire::Metric::MemoryWorkingSetBytes, 0, 0, 100'000'000 + static_cast<std::int64_t>(bytesPerMinute * (at - from) / 60)},
                {wire::Metric::NodeMemoryTotalBytes, 1, 0, 8'000'000'000},
                {wire::Metric::DiskReadBytes, 1, 1, 5},
                {wire::Metric::FilesystemUsedBytes, 1, 2, 6}};
            next(at).frame.body = std::move(batch);
        }
    }

    std::vector<wire::Delivery> deliveries;

private:
    wire::Delivery &next(double at)
    {
        wire::Delivery &delivery = deliveries.emplace_back();
        delivery.node = m_node;
        delivery.receivedNs = timeOf(at + 0.1);
        delivery.frame.streamId = m_id;
        delivery.frame.frameSeq = deliveries.size();
        delivery.frame.body = wire::EventBatch();
        return delivery;
    }

    std::string m_node;
    std::uint64_t m_id;
    std::uint64_t m_seq = 0;
};

} // namespace tapio::replay
