// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/pipeline/flowfold.h"

#include <functional>
#include <string_view>
#include <utility>

namespace tapio::agent {

namespace {

using wire::TcpConnection;

TcpConnection &connectionOf(HeldEvent &item) { return std::get<TcpConnection>(item.event.detail); }

std::string_view bytesOf(const std::array<std::uint8_t, 16> &address) noexcept
{
    return {reinterpret_cast<const char *>(address.data()), address.size()};
}

bool isInSample(const wire::SocketAddress &client) noexcept
{
    const std::size_t hash = std::hash<std::string_view>{}(bytesOf(client.bytes)) * 31 + client.port;
    return (hash ^ hash >> 32) % FlowFold::sampleOneIn == 0;
}

} // namespace

bool FlowFold::isOrdinary(const HeldEvent &item) noexcept
{
    const auto *connection = std::get_if<TcpConnection>(&item.event.detail);
    return connection != nullptr && connection->direction == wire::TcpDirection::Inbound && item.event.severity <= wire::Severity::Info
           && isHealthyAndShort(*connection) && (item.cgroup.cgroupId != 0 || item.cgroup.memoryId != 0) && !isInSample(connection->remote);
}

std::size_t FlowFold::KeyHash::operator()(const Key &key) const noexcept
{
    std::size_t hash = std::hash<std::string_view>{}(key.comm);
    for (const std::size_t part :
         {std::hash<std::string_view>{}(bytesOf(key.service.bytes)), std::hash<std::string_view>{}(bytesOf(key.peer)),
          std::size_t{key.cgroupId}, std::size_t{key.memoryId}, std::size_t{key.service.port}, std::size_t{key.uid}})
        hash = hash * 1'099'511'628'211u + part;
    return hash;
}

FlowFold::Key FlowFold::keyOf(const HeldEvent &item)
{
    const auto &connection = std::get<TcpConnection>(item.event.detail);
    return {item.cgroup.cgroupId,    item.cgroup.memoryId, item.event.process.uid,
            item.event.process.comm, connection.local,     connection.remote.bytes};
}

std::vector<HeldEvent> FlowFold::setOn(bool isOn)
{
    m_isOn = isOn;
    return isOn ? std::vector<HeldEvent>() : takeAll();
}

FlowFold::Folded FlowFold::fold(HeldEvent &&item, std::int64_t nowNs)
{
    Key key = keyOf(item);
    const auto found = m_flows.find(key);
    if (found == m_flows.end()) {
        if (m_flows.size() < mostFlows)
            m_due.emplace_back(nowNs + windowNs, &m_flows.try_emplace(std::move(key)).first->first);
        return {std::move(item), false};
    }
    const bool isWithin = found->second.waiting.has_value();
    add(found->second, std::move(item));
    ++(isWithin ? m_within : m_waiting);
    return {std::nullopt, isWithin};
}

void FlowFold::add(Flow &flow, HeldEvent &&item)
{
    TcpConnection &newest = connectionOf(item);
    flow.durationNs += newest.durationNs;
    flow.srttUs += newest.srttUs;
    flow.measured += newest.srttUs != 0 ? 1 : 0;
    if (flow.waiting) {
        const TcpConnection &before = connectionOf(*flow.waiting);
        newest.more += before.more + 1;
        newest.bytesSent += before.bytesSent;
        newest.bytesReceived += before.bytesReceived;
        item.sinceBootNs = flow.waiting->sinceBootNs;
        if (item.event.process != flow.waiting->event.process) { // one of several
            item.event.process.pid = 0;
            item.event.process.startTimeNs = 0;
        }
    }
    flow.waiting = std::move(item);
}

HeldEvent FlowFold::take(Flow &flow)
{
    HeldEvent item = std::move(*flow.waiting);
    TcpConnection &connection = connectionOf(item);
    const std::uint64_t count = std::uint64_t{connection.more} + 1;
    connection.durationNs = flow.durationNs / count;
    connection.srttUs = flow.measured == 0 ? 0 : static_cast<std::uint32_t>(flow.srttUs / flow.measured);
    flow = Flow();
    --m_waiting;
    return item;
}

std::vector<HeldEvent> FlowFold::takeDue(std::int64_t nowNs)
{
    std::vector<HeldEvent> due;
    while (!m_due.empty() && m_due.front().first <= nowNs) {
        const Key *key = m_due.front().second;
        m_due.pop_front();
        const auto flow = m_flows.find(*key);
        if (!flow->second.waiting) {
            m_flows.erase(flow); // it has ended, or is one now and then: the next is told at once
            continue;
        }
        due.push_back(take(flow->second));
        m_due.emplace_back(nowNs + windowNs, key);
    }
    return due;
}

std::vector<HeldEvent> FlowFold::takeAll()
{
    std::vector<HeldEvent> all;
    for (const auto &[untilNs, key] : std::exchange(m_due, {})) {
        if (Flow &flow = m_flows.find(*key)->second; flow.waiting)
            all.push_back(take(flow));
    }
    m_flows.clear();
    return all;
}

} // namespace tapio::agent
