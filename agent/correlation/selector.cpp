// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/selector.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>
#include <variant>

#include "agent/correlation/addresskind.h"
#include "agent/correlation/fnv.h"

namespace tapio::correlation {

namespace {

using wire::EntityKind;

struct Known {
    Selector selector;
    std::string_view name;
    EntityKind kind;
};

constexpr std::array<Known, 17> known{{{Selector::Node, "node", EntityKind::Node},
                                       {Selector::Namespace, "namespace", EntityKind::Namespace},
                                       {Selector::Workload, "workload", EntityKind::Workload},
                                       {Selector::Pod, "pod", EntityKind::Pod},
                                       {Selector::Container, "container", EntityKind::Container},
                                       {Selector::Process, "process", EntityKind::Process},
                                       {Selector::Destination, "destination", EntityKind::Destination},
                                       {Selector::NameServer, "nameserver", EntityKind::Destination},
                                       {Selector::Account, "account", EntityKind::Account},
                                       {Selector::Address, "address", EntityKind::Address},
                                       {Selector::Cluster, "cluster", EntityKind::Cluster},
                                       {Selector::Pair, "pair", EntityKind::Node},
                                       {Selector::PeerNode, "peernode", EntityKind::Node},
                                       {Selector::Callee, "callee", EntityKind::Workload},
                                       {Selector::Caller, "caller", EntityKind::Workload},
                                       {Selector::Connection, "connection", EntityKind::Connection},
                                       {Selector::Ancestors, "ancestors", EntityKind::Process}}};

constexpr std::size_t shortIdLength = 12; // as container runtimes show them

const Known &lookUp(Selector selector)
{
    return *std::find_if(known.begin(), known.end(), [selector](const Known &one) { return one.selector == selector; });
}

EntityName node(const Observation &seen)
{
    // What a server says of a node it says in a stream of its own.
    const std::string_view name = isOfNode(seen.topic) && seen.subject != nullptr ? std::string_view(seen.subject->name) : seen.place.node;
    return {EntityKind::Node, std::string(name), std::string(name)};
}

/// Of the host itself, as "/system.slice/sshd.service" is not.
bool isHost(const wire::Origin &origin) { return origin.cgroupPath == "/"; }

std::optional<EntityName> cgroup(const Observation &seen)
{
    const wire::Origin &origin = seen.origin;
    if (isHost(origin))
        return node(seen);
    if (origin.cgroupPath.empty() && origin.cgroupId == 0)
        return std::nullopt;
    const std::string path = origin.cgroupPath.empty() ? "cgroup " + std::to_string(origin.cgroupId) : origin.cgroupPath;
    return EntityName{EntityKind::Container, std::string(seen.place.node) + path, path};
}

std::string podName(const wire::Origin &origin)
{
    if (origin.podName.empty())
        return origin.podUid;
    return origin.namespaceName.empty() ? origin.podName : origin.namespaceName + '/' + origin.podName;
}

std::optional<EntityName> container(const Observation &seen)
{
    const wire::Origin &origin = seen.origin;
    if (origin.containerId.empty())
        return cgroup(seen);
    const std::string pod = podName(origin);
    const std::string own = origin.containerName.empty() ? origin.containerId.substr(0, shortIdLength) : origin.containerName;
    return EntityName{EntityKind::Container, origin.containerId, pod.empty() ? own : pod + '/' + own};
}

std::optional<EntityName> pod(const Observation &seen)
{
    if (seen.origin.podUid.empty())
        return container(seen);
    return EntityName{EntityKind::Pod, seen.origin.podUid, podName(seen.origin)};
}

std::optional<EntityName> workload(const Observation &seen)
{
    const wire::Origin &origin = seen.origin;
    if (origin.workloadName.empty())
        return pod(seen);
    const std::string name = origin.namespaceName + '/' + origin.workloadName;
    return EntityName{EntityKind::Workload, origin.workloadKind + ' ' + name, name};
}

/// Where something listens.
EntityName listener(const Observation &seen, const wire::SocketAddress &address)
{
    const std::string name = wire::toString(address);
    return {EntityKind::Destination, scopeOf(address, seen.place.node, seen.origin.podUid) + name, name};
}

/// The two ends of what an event is about, and which of them calls.
struct Ends {
    const wire::SocketAddress &client, &server;
};

/// The end that listens.
EntityName destination(const Observation &seen, const Ends &ends) { return listener(seen, ends.server); }

/// Client, then server: what both ends tell has one name.
EntityName connection(const Observation &seen, const Ends &ends)
{
    const std::string name = wire::toString(ends.client) + " -> " + wire::toString(ends.server);
    return {EntityKind::Connection, scopeOf(ends.server, seen.place.node, seen.origin.podUid) + name, name};
}

template <typename D> constexpr bool isOfAConnection = false;
template <> constexpr bool isOfAConnection<wire::TcpConnection> = true;
template <> constexpr bool isOfAConnection<wire::HttpRequest> = true;
template <> constexpr bool isOfAConnection<wire::TlsFailure> = true;

std::optional<EntityName> ofConnection(const Observation &seen, EntityName (*name)(const Observation &, const Ends &))
{
    return std::visit(
        [&](const auto &detail) -> std::optional<EntityName> {
            if constexpr (isOfAConnection<std::decay_t<decltype(detail)>>) {
                if (detail.direction == wire::TcpDirection::Unknown)
                    return std::nullopt;
                const bool isOurs = detail.direction == wire::TcpDirection::Outbound;
                return name(seen, isOurs ? Ends{detail.local, detail.remote} : Ends{detail.remote, detail.local});
            } else {
                return std::nullopt;
            }
        },
        seen.event.detail);
}

std::optional<EntityName> login(const Observation &seen, std::string wire::Login::*field, EntityKind kind)
{
    const auto *detail = std::get_if<wire::Login>(&seen.event.detail);
    if (detail == nullptr || (detail->*field).empty())
        return std::nullopt;
    return EntityName{kind, detail->*field, detail->*field};
}

std::optional<EntityName> party(const Party *party)
{
    return party == nullptr ? std::nullopt : std::optional(EntityName{party->kind, party->id, party->name});
}

std::optional<EntityName> pair(const Observation &seen)
{
    if (seen.subject == nullptr || seen.peer == nullptr)
        return std::nullopt;
    const std::string name = seen.subject->name + " -> " + seen.peer->name;
    return EntityName{EntityKind::Node, name, name};
}

std::optional<EntityName> process(const wire::Process &process, std::string_view node)
{
    if (process.pid == 0)
        return std::nullopt;
    return EntityName{EntityKind::Process, processId(node, process.pid, process.startTimeNs),
                      process.comm + " (" + std::to_string(process.pid) + ')'};
}

std::optional<EntityName> find(Selector selector, const Observation &seen)
{
    const wire::Origin &origin = seen.origin;
    switch (selector) {
    case Selector::Node: return node(seen);
    case Selector::Namespace:
        if (origin.namespaceName.empty())
            return std::nullopt;
        return EntityName{EntityKind::Namespace, origin.namespaceName, origin.namespaceName};
    case Selector::Workload: return workload(seen);
    case Selector::Pod: return pod(seen);
    case Selector::Container: return container(seen);
    case Selector::Process:
    case Selector::Ancestors: return process(seen.event.process, seen.place.node);
    case Selector::Connection: return ofConnection(seen, connection);
    case Selector::Destination: return ofConnection(seen, destination);
    case Selector::NameServer: {
        const auto *dns = std::get_if<wire::DnsQuery>(&seen.event.detail);
        if (dns == nullptr)
            return std::nullopt;
        return listener(seen, dns->server);
    }
    case Selector::Account: return login(seen, &wire::Login::user, EntityKind::Account);
    case Selector::Address: return login(seen, &wire::Login::remote, EntityKind::Address);
    case Selector::Cluster: return EntityName{EntityKind::Cluster, "cluster", "the cluster"};
    case Selector::Pair: return pair(seen);
    case Selector::PeerNode: return seen.peer == nullptr || seen.peer->kind != EntityKind::Node ? std::nullopt : party(seen.peer);
    case Selector::Callee: return party(seen.subject);
    case Selector::Caller: return party(seen.peer);
    }
    return std::nullopt;
}

} // namespace

std::optional<Selector> selectorFromName(std::string_view name) noexcept
{
    const auto found = std::find_if(known.begin(), known.end(), [name](const Known &one) { return one.name == name; });
    return found == known.end() ? std::nullopt : std::optional(found->selector);
}

std::string_view selectorName(Selector selector) noexcept { return lookUp(selector).name; }

wire::EntityKind kindOf(Selector selector) noexcept { return lookUp(selector).kind; }

bool applies(Selector selector, Topic topic) noexcept
{
    const wire::EventType type = eventTypeOf(topic);
    const bool isOfConnections =
        type == wire::EventType::TcpConnection || type == wire::EventType::HttpRequest || type == wire::EventType::TlsFailure;
    switch (selector) {
    case Selector::Connection: return isOfConnections;
    case Selector::Destination: return isOfConnections || isTraffic(topic);
    case Selector::NameServer: return type == wire::EventType::DnsQuery;
    case Selector::Account:
    case Selector::Address: return type == wire::EventType::Login;
    case Selector::Ancestors:
    case Selector::Process: return type != wire::EventType::Unknown;
    case Selector::Pair:
    case Selector::PeerNode: return topic == Topic::LinkLost || topic == Topic::LinkReached;
    case Selector::Callee: return topic >= Topic::ServiceErrors && topic <= Topic::CallerSlow;
    case Selector::Caller: return topic == Topic::CallerAffected || topic == Topic::CallerSlow;
    case Selector::Namespace:
    case Selector::Workload:
    case Selector::Pod: // what is said of a whole node is of none of them
    case Selector::Container: return !isOfNode(topic);
    default: return true;
    }
}

std::string processId(std::string_view node, std::uint32_t pid, std::uint64_t startTimeNs)
{
    return std::string(node) + ' ' + std::to_string(pid) + ' ' + std::to_string(startTimeNs);
}

EntityName hashed(EntityName entity)
{
    constexpr std::uint64_t other = 0x9e3779b97f4a7c15; // any but 0
    for (auto [salt, target] : {std::pair(std::uint64_t{0}, &entity.key), std::pair(other, &entity.check)}) {
        Fnv hash(salt);
        hash.add(static_cast<std::uint64_t>(entity.kind));
        hash.add(entity.id);
        *target = hash.value();
    }
    return entity;
}

std::optional<EntityName> select(Selector selector, const Observation &seen)
{
    auto entity = find(selector, seen);
    return entity ? std::optional(hashed(std::move(*entity))) : std::nullopt;
}

} // namespace tapio::correlation
