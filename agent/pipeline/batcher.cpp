// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/pipeline/batcher.h"

#include <algorithm>
#include <utility>

#include "protocol/wire/detailfields.h"

namespace tapio::agent {

namespace {

constexpr std::size_t fixedEventBytes = 160; // numbers and pointers of an event with its process

struct FieldBytes {
    std::size_t &bytes;

    template <typename T> void operator()(const wire::Field &, const T &) const { bytes += sizeof(T); }
    void operator()(const wire::Field &, const std::string &text) const { bytes += text.size(); }
    void operator()(const wire::Field &, const std::vector<std::string> &texts) const
    {
        for (const std::string &text : texts)
            bytes += text.size() + 8;
    }
    void operator()(const wire::Field &, const std::vector<std::byte> &data) const { bytes += data.size(); }
};

std::size_t bytesOf(const wire::Detail &detail)
{
    std::size_t bytes = 0;
    std::visit([&](const auto &value) { wire::visitFields(value, FieldBytes{bytes}); }, detail);
    return bytes;
}

std::size_t bytesOf(const wire::Event &event) { return fixedEventBytes + event.process.comm.size() + bytesOf(event.detail); }

std::size_t bytesOf(const wire::Origin &origin)
{
    return 64 + origin.cgroupPath.size() + origin.containerId.size() + origin.containerName.size() + origin.podUid.size()
           + origin.podName.size() + origin.namespaceName.size() + origin.workloadKind.size() + origin.workloadName.size()
           + origin.image.size() + origin.imageId.size();
}

} // namespace

void Batcher::begin(std::int64_t bootNs)
{
    if (empty())
        m_beganBootNs = bootNs;
}

std::uint32_t Batcher::indexOf(const OriginPtr &origin)
{
    const auto [known, isNew] = m_origins.try_emplace(origin, static_cast<std::uint32_t>(m_batch.origins.size()));
    if (isNew) {
        m_batch.origins.push_back(*origin);
        m_bytes += bytesOf(*origin);
    }
    return known->second;
}

bool Batcher::add(wire::Event &&event, const OriginPtr &origin, std::string_view source, std::int64_t bootNs)
{
    begin(bootNs);
    if (m_batch.events.empty()) {
        m_batch.events.reserve(m_limits.events);
        m_sources.reserve(m_limits.events);
    }
    event.origin = indexOf(origin);
    m_isUrgent = m_isUrgent || event.severity >= wire::Severity::Error;
    m_bytes += bytesOf(event);
    m_batch.events.push_back(std::move(event));
    m_sources.push_back(source);
    return isFull();
}

bool Batcher::amend(const Amendment &amendment, std::int64_t bootNs)
{
    begin(bootNs);
    const std::uint32_t was = indexOf(amendment.was), told = indexOf(amendment.told), now = indexOf(amendment.now);
    m_batch.amendments.push_back({was, told, now, amendment.events, amendment.firstSeq, amendment.lastSeq});
    m_bytes += sizeof(wire::OriginAmendment);
    return isFull();
}

std::int64_t Batcher::untilDueNs(std::int64_t bootNs) const
{
    if (m_isUrgent)
        return 0;
    return std::max<std::int64_t>(m_beganBootNs + std::chrono::nanoseconds(m_limits.age).count() - bootNs, 0);
}

Outgoing Batcher::take()
{
    m_batch.firstSeq = m_nextSeq;
    m_nextSeq += m_batch.events.size();
    Outgoing outgoing{std::exchange(m_batch, {}), std::exchange(m_sources, {})};
    m_origins.clear();
    m_bytes = 0;
    m_isUrgent = false;
    return outgoing;
}

} // namespace tapio::agent
