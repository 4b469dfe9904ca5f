// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/pipeline/detailhold.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>
#include <variant>

#include "agent/correlation/selector.h"
#include "protocol/wire/filter.h"

namespace tapio::agent {

namespace {

/// As insights call whose event it is: a pod, a container or a cgroup, a workload; the node for what belongs to nobody else.
std::array<std::string, 3> ownersOf(const HeldEvent &held, const std::string &node)
{
    using correlation::Selector;
    const correlation::Observation seen{correlation::Topic::None, held.event, *held.origin, {node}};
    std::array<std::string, 3> names;
    std::size_t at = 0;
    for (const Selector selector : {Selector::Pod, Selector::Container, Selector::Workload}) {
        if (const auto entity = correlation::select(selector, seen))
            names[at] = entity->name;
        ++at;
    }
    return names;
}

/// The container, or the service of the node, in the cgroup that it has this time; empty: neither.
std::string wholeOf(const wire::Origin &origin)
{
    if (!origin.containerId.empty() || !origin.cgroupPath.ends_with(".service"))
        return origin.containerId;
    return origin.cgroupPath + '#' + std::to_string(origin.cgroupId);
}

std::vector<HeldEvent> emptied(std::deque<HeldEvent> &held)
{
    std::deque<HeldEvent> all = std::exchange(held, {});
    return {std::make_move_iterator(all.begin()), std::make_move_iterator(all.end())};
}

} // namespace

/// A program that says no soon after it began is an answer to whoever ran it: that a file is not there, that nothing was found.
bool DetailHold::isAnswer(const wire::Event &event) noexcept
{
    const auto *exit = std::get_if<wire::ProcessExit>(&event.detail);
    return exit != nullptr && exit->signal == 0 && event.severity <= wire::Severity::Notice && exit->durationNs > 0
           && exit->durationNs < std::uint64_t{answerNs};
}

bool DetailHold::isDetail(const HeldEvent &held) noexcept
{
    return wire::isDetailType(held.event.type)
           && (held.event.severity <= wire::Severity::Info || held.isToldAlready || isAnswer(held.event));
}

std::vector<HeldEvent> DetailHold::setOn(bool isOn)
{
    if (std::exchange(m_isOn, isOn) && !isOn) {
        m_totals.released += m_held.size();
        return emptied(m_held);
    }
    return {};
}

void DetailHold::note(const HeldEvent &held)
{
    const std::uint64_t startNs = held.event.process.startTimeNs;
    if (startNs == 0 || !wire::isDetailType(held.event.type))
        return;
    const std::string container = wholeOf(*held.origin);
    if (container.empty())
        return;
    const auto [known, isNew] = m_first.try_emplace(container, startNs);
    if (!isNew) {
        // Where it began before the agent, those that came later were seen before its end is.
        known->second = std::min(known->second, startNs);
        return;
    }
    m_containers.push_back(container);
    if (m_containers.size() > mostContainers) {
        m_first.erase(m_containers.front());
        m_containers.pop_front();
    }
}

bool DetailHold::isOfFirstProcess(const HeldEvent &held) const
{
    const auto known = m_first.find(wholeOf(*held.origin));
    const bool isFirst = known != m_first.end() && known->second == held.event.process.startTimeNs;
    return isFirst && (!held.origin->containerId.empty() || held.event.severity > wire::Severity::Info);
}

std::size_t *DetailHold::leftOf(const HeldEvent &event, const std::string &node, std::size_t Asked::*left)
{
    if (m_owners.empty())
        return nullptr;
    for (const std::string &owner : ownersOf(event, node)) {
        if (const auto found = m_owners.find(owner); found != m_owners.end() && found->second.*left > 0)
            return &(found->second.*left);
    }
    return nullptr;
}

bool DetailHold::holds(const HeldEvent &event, const std::string &node, std::int64_t nowNs)
{
    const bool isPlaced = event.origin->attribution != wire::Attribution::Unknown;
    if (!m_isOn || !isDetail(event) || !isPlaced || isOfFirstProcess(event))
        return false;
    std::erase_if(m_owners, [nowNs](const auto &owner) { return owner.second.untilNs < nowNs; });
    std::size_t *left = event.isToldAlready ? nullptr : leftOf(event, node, &Asked::after);
    if (left == nullptr)
        return true;
    --*left;
    return false;
}

std::vector<HeldEvent> DetailHold::hold(HeldEvent &&event)
{
    m_held.push_back(std::move(event));
    std::vector<HeldEvent> gone;
    if (m_held.size() > mostHeld) {
        gone.push_back(std::move(m_held.front()));
        m_held.pop_front();
        ++m_totals.leftOut;
    }
    return gone;
}

void DetailHold::ask(std::string owner, const Asked &asked)
{
    if (m_owners.size() >= mostOwners && !m_owners.contains(owner)) {
        const auto first = std::min_element(m_owners.begin(), m_owners.end(),
                                            [](const auto &a, const auto &b) { return a.second.untilNs < b.second.untilNs; });
        m_owners.erase(first);
    }
    Asked &known = m_owners[std::move(owner)]; // what grows takes nothing of what was granted when it opened
    known = {std::max(known.untilNs, asked.untilNs), std::max(known.before, asked.before), std::max(known.after, asked.after)};
}

std::vector<HeldEvent> DetailHold::release(const wire::Insight &insight, const std::string &node, std::int64_t nowNs)
{
    const bool isNews = insight.state == wire::InsightState::Open || insight.state == wire::InsightState::Updated;
    if (!m_isOn || !isNews)
        return {};
    const std::string_view nodeKind = wire::entityKindName(wire::EntityKind::Node);
    const bool grows = insight.state == wire::InsightState::Updated;
    const Asked asked{nowNs + afterNs, grows ? mostOfGrowth : mostBefore, grows ? mostOfGrowth : mostAfter};
    if (insight.rootKind != wire::EntityKind::Node)
        ask(insight.root, asked);
    for (const std::string &affected : insight.affected) { // "pod shop/api"
        const auto space = affected.find(' ');
        if (space != std::string::npos && std::string_view(affected).substr(0, space) != nodeKind)
            ask(affected.substr(space + 1), asked);
    }
    std::vector<HeldEvent> released;
    std::deque<HeldEvent> rest;
    for (auto event = m_held.rbegin(); event != m_held.rend(); ++event) { // the newest are nearest to it
        std::size_t *left = event->isToldAlready ? nullptr : leftOf(*event, node, &Asked::before);
        if (left != nullptr) {
            --*left;
            released.push_back(std::move(*event));
        } else {
            rest.push_front(std::move(*event));
        }
    }
    for (auto &[owner, left] : m_owners)
        left.before = 0; // what comes from now on is none of before
    m_held = std::move(rest);
    std::reverse(released.begin(), released.end());
    m_totals.released += released.size();
    return released;
}

std::vector<HeldEvent> DetailHold::takeOld(std::int64_t nowNs)
{
    std::vector<HeldEvent> old;
    while (!m_held.empty() && m_held.front().sinceBootNs + beforeNs < nowNs) {
        old.push_back(std::move(m_held.front()));
        m_held.pop_front();
    }
    m_totals.leftOut += old.size();
    return old;
}

std::vector<HeldEvent> DetailHold::takeAll()
{
    m_totals.leftOut += m_held.size();
    return emptied(m_held);
}

} // namespace tapio::agent
