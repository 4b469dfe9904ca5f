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
        m_lastSeq += to - from;
        m_record.onFrame({m_streamId, ++m_lastFrameSeq, nowNs, std::move(batch)}, 0, nowNs);
    }
}

} // namespace tapio::server
