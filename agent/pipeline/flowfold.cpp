// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/pipeline/flowfold.h"

#include <functional>
#include <string_view>
#include <utility>

namespace tapio::agent {

namespace {

using wire::DnsQuery;
using wire::TcpConnection;

bool isAnswer(const HeldEvent &item) noexcept { return std::holds_alternative<DnsQuery>(item.event.detail); }

std::string_view bytesOf(const std::array<std::uint8_t, 16> &address) noexcept
{
    return {reinterpret_cast<const char *>(address.data()), address.size()};
}

bool isInSample(const wire::SocketAddress &client) noexcept
{
    const std::size_t hash = std::hash<std::string_view>{}(bytesOf(client.bytes)) * 31 + client.port;
    return (hash ^ hash >> 32) % FlowFold::sampleOneIn == 0;
}

bool isOrdinaryConnection(const TcpConnection &connection) noexcept
{
    return connection.direction == wire::TcpDirection::Inbound && isHealthyAndShort(connection) && !isInSample(connection.remote);
}

/// That there is no such name is an answer.
bool isOrdinaryAnswer(const DnsQuery &dns, const wire::Process &asker) noexcept
{
    return dns.outcome == wire::DnsOutcome::Answered && dns.latencyNs < FlowFold::soonNs && dns.attempts == 1 && !dns.truncated
           && asker.pid != 0;
}

} // namespace

bool FlowFold::isOrdinary(const HeldEvent &item) noexcept
{
    if (item.event.severity > wire::Severity::Info || (item.cgroup.cgroupId == 0 && item.cgroup.memoryId == 0))
        return false;
    if (const auto *connection = std::get_if<TcpConnection>(&item.event.detail))
        return isOrdinaryConnection(*connection);
    const auto *dns = std::get_if<DnsQuery>(&item.event.detail);
    return dns != nullptr && isOrdinaryAnswer(*dns, item.event.process);
}

std::size_t FlowFold::KeyHash::operator()(const Key &key) const noexcept
{
    std::size_t hash = std::hash<std::string_view>{}(key.comm);
    for (const std::size_t part :
         {std::hash<std::string_view>{}(bytesOf(key.service.bytes)), std::hash<std::string_view>{}(bytesOf(key.peer)),
          std::hash<std::string_view>{}(key.name), std::size_t{key.cgroupId}, std::size_t{key.memoryId}, std::size_t{key.service.port},
          std::size_t{key.uid}, std::size_t{key.pid}, std::size_t{key.queryType}})
        hash = hash * 1'099'511'628'211u + part;
    return hash;
}

FlowFold::Key FlowFold::keyOf(const HeldEvent &item)
{
    const wire::Process &process = item.event.process;
    Key key;
    key.cgroupId = item.cgroup.cgroupId;
    key.memoryId = item.cgroup.memoryId;
    key.uid = process.uid;
    key.comm = process.comm;
    if (const auto *dns = std::get_if<DnsQuery>(&item.event.detail)) {
        key.service = dns->server;
        key.pid = process.pid;
        key.startNs = process.startTimeNs;
        key.name = dns->name;
        key.queryType = dns->queryType;
        key.responseCode = dns->responseCode;
        key.answers = dns->answers;
        key.isTcp = dns->tcp;
    } else {
        const auto &connection = std::get<TcpConnection>(item.event.detail);
        key.service = connection.local;
        key.peer = connection.remote.bytes;
    }
    return key;
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
        if (m_flows.size() < mostFlows && (!key.isQuestion() || m_questions < mostQuestions)) {
            m_questions += key.isQuestion() ? 1 : 0;
            m_due.emplace_back(nowNs + windowNs, &m_flows.try_emplace(std::move(key)).first->first);
        }
        return {std::move(item), false};
    }
    const bool isWithin = found->second.waiting.has_value();
    if (isWithin)
        ++(isAnswer(item) ? m_within.answers : m_within.connections);
    else
        ++m_waiting;
    add(found->second, std::move(item));
    return {std::nullopt, isWithin};
}

void FlowFold::addUp(Flow &flow, TcpConnection &newest)
{
    flow.timeNs += newest.durationNs;
    flow.srttUs += newest.srttUs;
    flow.measured += newest.srttUs != 0 ? 1 : 0;
    if (!flow.waiting)
        return;
    const auto &before = std::get<TcpConnection>(flow.waiting->event.detail);
    newest.more += before.more + 1;
    newest.bytesSent += before.bytesSent;
    newest.bytesReceived += before.bytesReceived;
}

void FlowFold::addUp(Flow &flow, DnsQuery &newest)
{
    flow.timeNs += newest.latencyNs;
    if (flow.waiting)
        newest.more += std::get<DnsQuery>(flow.waiting->event.detail).more + 1;
}

void FlowFold::add(Flow &flow, HeldEvent &&item)
{
    if (auto *dns = std::get_if<DnsQuery>(&item.event.detail))
        addUp(flow, *dns);
    else
        addUp(flow, std::get<TcpConnection>(item.event.detail));
    if (flow.waiting) {
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
    if (auto *dns = std::get_if<DnsQuery>(&item.event.detail)) {
        dns->latencyNs = flow.timeNs / (std::uint64_t{dns->more} + 1);
    } else {
        auto &connection = std::get<TcpConnection>(item.event.detail);
        connection.durationNs = flow.timeNs / (std::uint64_t{connection.more} + 1);
        connection.srttUs = flow.measured == 0 ? 0 : static_cast<std::uint32_t>(flow.srttUs / flow.measured);
    }
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
            m_questions -= key->isQuestion() ? 1 : 0;
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
    m_questions = 0;
    return all;
}

} // namespace tapio::agent
