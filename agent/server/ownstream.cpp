// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/ownstream.h"

#include <algorithm>
#include <utility>

#include "protocol/wire/detailfields.h"

namespace tapio::server {

namespace {

constexpr std::size_t eventsPerFrame = 32; ///< insights have up to 20 KB

std::uint32_t originIndex(std::vector<wire::Origin> &origins, const wire::Origin *origin)
{
    static const wire::Origin nowhere;
    const wire::Origin &wanted = origin == nullptr ? nowhere : *origin;
    const auto known = std::find(origins.begin(), origins.end(), wanted);
    if (known != origins.end())
        return static_cast<std::uint32_t>(known - origins.begin());
    origins.push_back(wanted);
    return static_cast<std::uint32_t>(origins.size() - 1);
}

} // namespace

OwnStream::OwnStream(const OwnIdentity &identity, std::int64_t beganNs)
    : m_streamId(identity.streamId), m_record(std::string(wire::serverNodePrefix) + identity.name, beganNs)
{
    m_record.know(m_streamId, 0);
    wire::Heartbeat ownClock;
    ownClock.uncertaintyNs = 0; // there is none to compare it with
    m_record.onHeartbeat(ownClock, beganNs);
}

void OwnStream::add(std::vector<correlation::ClusterScope::Found> &&found, std::int64_t nowNs)
{
    for (std::size_t from = 0; from < found.size(); from += eventsPerFrame) {
        const std::size_t to = std::min(found.size(), from + eventsPerFrame);
        if (m_record.pendingBytes() >= mostPendingBytes) {
            m_untold += to - from;
            continue;
        }
        wire::EventBatch batch;
        batch.firstSeq = m_lastSeq + 1;
        for (std::size_t i = from; i < to; ++i) {
            wire::Event event = std::move(found[i].event);
            wire::fitTexts(event.detail);
            event.origin = originIndex(batch.origins, found[i].origin.get());
            batch.events.push_back(std::move(event));
        }
        m_told += to - from;
        send(std::move(batch), nowNs);
    }
}

bool OwnStream::isEvidence(const wire::Delivery &delivery)
{
    const auto *batch = std::get_if<wire::EventBatch>(&delivery.frame.body);
    return batch != nullptr && std::any_of(batch->events.begin(), batch->events.end(), [](const wire::Event &event) {
               return event.type == wire::EventType::KubernetesFact;
           });
}

void OwnStream::begin(std::int64_t nowNs)
{
    wire::AgentNotice notice;
    notice.kind = wire::AgentNoticeKind::Began;
    notice.what = "correlation";
    notice.text = "this server looks across nodes from now on: what an earlier one had found is not followed any further";
    wire::Event event;
    event.type = wire::EventType::AgentNotice;
    event.severity = wire::Severity::Info;
    event.timeNs = nowNs;
    event.detail = std::move(notice);
    wire::EventBatch batch;
    batch.firstSeq = m_lastSeq + 1;
    event.origin = originIndex(batch.origins, nullptr);
    batch.events.push_back(std::move(event));
    send(std::move(batch), nowNs);
}

void OwnStream::report(std::vector<wire::RuleCounters> &&rules, std::int64_t nowNs)
{
    if (rules.empty() || m_record.pendingBytes() >= mostPendingBytes)
        return;
    m_record.onFrame({m_streamId, ++m_lastFrameSeq, nowNs, wire::CounterReport{nowNs, {}, 0, std::move(rules)}}, 0, nowNs);
}

void OwnStream::send(wire::EventBatch &&batch, std::int64_t nowNs)
{
    m_lastSeq += batch.events.size();
    m_record.onFrame({m_streamId, ++m_lastFrameSeq, nowNs, std::move(batch)}, 0, nowNs);
}

} // namespace tapio::server
