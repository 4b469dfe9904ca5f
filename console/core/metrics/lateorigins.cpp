// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/lateorigins.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

namespace tapio::console {

namespace {

void turn(auto &node, std::int64_t nowNs)
{
    node.old = std::exchange(node.young, {});
    node.turnedNs = nowNs;
}

} // namespace

/// Only events of one node's stream are told apart by it: a node that makes two origins collide spoils its own figures.
std::size_t LateOrigins::hashOf(const wire::Origin &origin) noexcept
{
    std::size_t hash = std::hash<std::uint64_t>()(origin.cgroupId) + static_cast<std::size_t>(origin.attribution);
    for (const std::string *text : {&origin.cgroupPath, &origin.containerId, &origin.containerName, &origin.podUid, &origin.podName,
                                    &origin.namespaceName, &origin.workloadKind, &origin.workloadName, &origin.image, &origin.imageId})
        hash = hash * 0x9e3779b97f4a7c15u + std::hash<std::string>()(*text);
    return hash;
}

void LateOrigins::note(const std::string &node, std::uint64_t streamId, std::size_t was, const Events &events, std::int64_t nowNs)
{
    const auto [place, isNew] = m_nodes.try_emplace(node);
    Node &known = place->second;
    if (isNew)
        known.turnedNs = nowNs;
    const Key key{streamId, was};
    if (known.young.size() >= mostOrigins && !known.young.contains(key))
        turn(known, nowNs);
    const auto [entry, first] = known.young.try_emplace(key, events);
    if (first)
        return;
    Events &all = entry->second;
    all.first = std::min(all.first, events.first);
    all.last = std::max(all.last, events.last);
    all.count += events.count;
    all.inContainer += events.inContainer;
    all.resolved += events.resolved;
}

LateOrigins::Counts LateOrigins::amend(const std::string &node, std::uint64_t streamId, std::size_t was, const wire::OriginAmendment &one,
                                       News news)
{
    Counts more;
    const auto known = m_nodes.find(node);
    if (known == m_nodes.end())
        return more;
    std::uint64_t toContain = news.inContainer ? one.events : 0, toResolve = news.resolved ? one.events : 0;
    for (Origins *origins : {&known->second.old, &known->second.young}) {
        const auto found = origins->find({streamId, was});
        if (found == origins->end() || found->second.first > one.lastSeq || found->second.last < one.firstSeq)
            continue;
        Events &events = found->second;
        const std::uint64_t resolved = std::min(toResolve, events.count - events.resolved);
        std::uint64_t contained = std::min(toContain, events.count - events.inContainer);
        events.resolved += resolved;
        events.inContainer += contained;
        toResolve -= resolved;
        toContain -= contained;
        // The amendment that told of the container alone may never have come.
        const std::uint64_t missed = events.resolved - std::min(events.resolved, events.inContainer);
        events.inContainer += missed;
        contained += missed;
        more.resolved += resolved;
        more.inContainer += contained;
    }
    return more;
}

std::vector<LateOrigins::OomKill> LateOrigins::hold(const std::string &node, OomKill kill)
{
    std::vector<OomKill> out;
    const auto [place, isNew] = m_nodes.try_emplace(node);
    if (isNew)
        place->second.turnedNs = kill.heldNs;
    std::deque<OomKill> &kills = place->second.kills;
    if (kills.size() >= mostKills) {
        out.push_back(std::move(kills.front()));
        kills.pop_front();
    }
    kills.push_back(std::move(kill));
    return out;
}

std::vector<LateOrigins::OomKill> LateOrigins::takeKills(const std::string &node, std::uint64_t streamId, std::size_t was,
                                                         const wire::OriginAmendment &one)
{
    std::vector<OomKill> taken;
    const auto known = m_nodes.find(node);
    if (known == m_nodes.end())
        return taken;
    std::deque<OomKill> &kills = known->second.kills;
    const auto isMeant = [&](const OomKill &kill) {
        return kill.seq >= one.firstSeq && kill.seq <= one.lastSeq && kill.streamId == streamId && kill.was == was;
    };
    if (std::none_of(kills.begin(), kills.end(), isMeant))
        return taken;
    std::copy_if(kills.begin(), kills.end(), std::back_inserter(taken), isMeant);
    std::erase_if(kills, isMeant);
    return taken;
}

std::vector<LateOrigins::OomKill> LateOrigins::age(std::int64_t nowNs)
{
    std::vector<OomKill> out;
    for (auto place = m_nodes.begin(); place != m_nodes.end();) {
        Node &node = place->second;
        node.turnedNs = std::min(node.turnedNs, nowNs); // the clock may have been set back
        if (nowNs - node.turnedNs >= keptNs)
            turn(node, nowNs);
        for (OomKill &kill : node.kills)
            kill.heldNs = std::min(kill.heldNs, nowNs);
        const auto isOld = [nowNs](const OomKill &kill) { return nowNs - kill.heldNs >= keptNs; };
        std::copy_if(node.kills.begin(), node.kills.end(), std::back_inserter(out), isOld);
        std::erase_if(node.kills, isOld);
        place = node.young.empty() && node.old.empty() && node.kills.empty() ? m_nodes.erase(place) : std::next(place);
    }
    return out;
}

} // namespace tapio::console
