// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/selector.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>
#include <variant>

#include "agent/correlation/addresskind.h"
#include "agent/correlation/hash128.h"
#include "protocol/wire/addresstext.h"

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

/// An id while it is made: on the stack, and in memory where it does not fit there, such as a long cgroup's path.
class IdText {
public:
    IdText &append(std::string_view text)
    {
        if (text.empty())
            return *this;
        if (m_size + text.size() > m_room.size() || !m_long.empty())
            return appendLong(text);
        std::memcpy(m_room.data() + m_size, text.data(), text.size());
        m_size += text.size();
        return *this;
    }
    IdText &append(std::uint64_t number)
    {
        std::array<char, 20> digits; // NOLINT: all that is read of it is written
        char *const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        return append({digits.data(), static_cast<std::size_t>(end - digits.data())});
    }
    std::string_view view() const noexcept { return m_long.empty() ? std::string_view(m_room.data(), m_size) : m_long; }
    std::size_t size() const noexcept { return view().size(); }

private:
    IdText &appendLong(std::string_view text)
    {
        if (m_long.empty())
            m_long.assign(m_room.data(), m_size);
        m_long += text;
        return *this;
    }

    std::array<char, 512> m_room; // NOLINT: likewise
    std::size_t m_size = 0;
    std::string m_long; ///< all of it, where it is long
};

/// What is told of an entity. Its name costs memory, and is asked for rarely.
struct Told {
    IdText &id;
    std::string *name; ///< appended to; null: it is not asked for

    void nameIs(std::string_view text) const
    {
        if (name != nullptr)
            name->append(text);
    }
};

using Kind = std::optional<EntityKind>;

EntityKind same(EntityKind kind, std::string_view idAndName, const Told &told)
{
    told.id.append(idAndName);
    told.nameIs(idAndName);
    return kind;
}

EntityKind node(const Observation &seen, const Told &told)
{
    // What a server says of a node it says in a stream of its own.
    return same(EntityKind::Node, isOfNode(seen.topic) && seen.subject != nullptr ? std::string_view(seen.subject->name) : seen.place.node,
                told);
}

/// Of the host itself, as "/system.slice/sshd.service" is not.
bool isHost(const wire::Origin &origin) { return origin.cgroupPath == "/"; }

Kind cgroup(const Observation &seen, const Told &told)
{
    const wire::Origin &origin = seen.origin;
    if (isHost(origin))
        return node(seen, told);
    if (origin.cgroupPath.empty() && origin.cgroupId == 0)
        return std::nullopt;
    told.id.append(seen.place.node);
    const std::size_t begin = told.id.size();
    told.id.append(origin.cgroupPath);
    if (origin.cgroupPath.empty())
        told.id.append("cgroup ").append(origin.cgroupId);
    told.nameIs(told.id.view().substr(begin));
    return EntityKind::Container;
}

void appendPodName(std::string &name, const wire::Origin &origin)
{
    if (!origin.podName.empty() && !origin.namespaceName.empty())
        name.append(origin.namespaceName).append("/");
    name.append(origin.podName.empty() ? origin.podUid : origin.podName);
}

void appendContainerName(std::string &name, const wire::Origin &origin)
{
    const std::size_t begin = name.size();
    appendPodName(name, origin);
    if (name.size() > begin)
        name += '/';
    if (origin.containerName.empty())
        name.append(origin.containerId, 0, shortIdLength);
    else
        name += origin.containerName;
}

Kind container(const Observation &seen, const Told &told)
{
    if (seen.origin.containerId.empty())
        return cgroup(seen, told);
    told.id.append(seen.origin.containerId);
    if (told.name != nullptr)
        appendContainerName(*told.name, seen.origin);
    return EntityKind::Container;
}

Kind pod(const Observation &seen, const Told &told)
{
    if (seen.origin.podUid.empty())
        return container(seen, told);
    told.id.append(seen.origin.podUid);
    if (told.name != nullptr)
        appendPodName(*told.name, seen.origin);
    return EntityKind::Pod;
}

Kind workload(const Observation &seen, const Told &told)
{
    const wire::Origin &origin = seen.origin;
    if (origin.workloadName.empty())
        return pod(seen, told);
    told.id.append(origin.workloadKind).append(" ");
    const std::size_t begin = told.id.size();
    told.id.append(origin.namespaceName).append("/").append(origin.workloadName);
    told.nameIs(told.id.view().substr(begin));
    return EntityKind::Workload;
}

/// The two ends of what an event is about, and which of them calls.
struct Ends {
    const wire::SocketAddress &client, &server;
};

void appendScope(IdText &id, const Observation &seen, const wire::SocketAddress &address)
{
    eachScope(address, seen.place.node, seen.origin.podUid, [&id](std::string_view scope) { id.append(scope).append(" "); });
}

/// Where something listens.
EntityKind listener(const Observation &seen, const wire::SocketAddress &address, const Told &told)
{
    appendScope(told.id, seen, address);
    const wire::AddressText name(address);
    told.id.append(name.view());
    told.nameIs(name.view());
    return EntityKind::Destination;
}

/// The end that listens.
EntityKind destination(const Observation &seen, const Ends &ends, const Told &told) { return listener(seen, ends.server, told); }

/// Client, then server: what both ends tell has one name.
EntityKind connection(const Observation &seen, const Ends &ends, const Told &told)
{
    appendScope(told.id, seen, ends.server);
    const std::size_t begin = told.id.size();
    told.id.append(wire::AddressText(ends.client).view()).append(" -> ").append(wire::AddressText(ends.server).view());
    told.nameIs(told.id.view().substr(begin));
    return EntityKind::Connection;
}

template <typename D> constexpr bool isOfAConnection = false;
template <> constexpr bool isOfAConnection<wire::TcpConnection> = true;
template <> constexpr bool isOfAConnection<wire::HttpRequest> = true;
template <> constexpr bool isOfAConnection<wire::TlsFailure> = true;

Kind ofConnection(const Observation &seen, const Told &told, EntityKind (*tell)(const Observation &, const Ends &, const Told &))
{
    return std::visit(
        [&](const auto &detail) -> Kind {
            if constexpr (isOfAConnection<std::decay_t<decltype(detail)>>) {
                if (detail.direction == wire::TcpDirection::Unknown)
                    return std::nullopt;
                const bool isOurs = detail.direction == wire::TcpDirection::Outbound;
                return tell(seen, isOurs ? Ends{detail.local, detail.remote} : Ends{detail.remote, detail.local}, told);
            } else {
                return std::nullopt;
            }
        },
        seen.event.detail);
}

Kind login(const Observation &seen, std::string wire::Login::*field, EntityKind kind, const Told &told)
{
    const auto *detail = std::get_if<wire::Login>(&seen.event.detail);
    if (detail == nullptr || (detail->*field).empty())
        return std::nullopt;
    return same(kind, detail->*field, told);
}

Kind party(const Party *party, const Told &told)
{
    if (party == nullptr)
        return std::nullopt;
    told.id.append(party->id);
    told.nameIs(party->name);
    return party->kind;
}

Kind pair(const Observation &seen, const Told &told)
{
    if (seen.subject == nullptr || seen.peer == nullptr)
        return std::nullopt;
    told.id.append(seen.subject->name).append(" -> ").append(seen.peer->name);
    told.nameIs(told.id.view());
    return EntityKind::Node;
}

void appendProcess(IdText &id, std::string_view node, std::uint32_t pid, std::uint64_t startTimeNs)
{
    id.append(node).append(" ").append(std::uint64_t{pid}).append(" ").append(startTimeNs);
}

Kind process(const wire::Process &process, std::string_view node, const Told &told)
{
    if (process.pid == 0)
        return std::nullopt;
    appendProcess(told.id, node, process.pid, process.startTimeNs);
    if (told.name != nullptr)
        told.name->append(process.comm).append(" (").append(std::to_string(process.pid)).append(")");
    return EntityKind::Process;
}

Kind find(Selector selector, const Observation &seen, const Told &told)
{
    const wire::Origin &origin = seen.origin;
    switch (selector) {
    case Selector::Node: return node(seen, told);
    case Selector::Namespace:
        return origin.namespaceName.empty() ? std::nullopt : Kind(same(EntityKind::Namespace, origin.namespaceName, told));
    case Selector::Workload: return workload(seen, told);
    case Selector::Pod: return pod(seen, told);
    case Selector::Container: return container(seen, told);
    case Selector::Process:
    case Selector::Ancestors: return process(seen.event.process, seen.place.node, told);
    case Selector::Connection: return ofConnection(seen, told, connection);
    case Selector::Destination: return ofConnection(seen, told, destination);
    case Selector::NameServer: {
        const auto *dns = std::get_if<wire::DnsQuery>(&seen.event.detail);
        return dns == nullptr ? std::nullopt : Kind(listener(seen, dns->server, told));
    }
    case Selector::Account: return login(seen, &wire::Login::user, EntityKind::Account, told);
    case Selector::Address: return login(seen, &wire::Login::remote, EntityKind::Address, told);
    case Selector::Cluster:
        told.id.append("cluster");
        told.nameIs("the cluster");
        return EntityKind::Cluster;
    case Selector::Pair: return pair(seen, told);
    case Selector::PeerNode: return seen.peer == nullptr || seen.peer->kind != EntityKind::Node ? std::nullopt : party(seen.peer, told);
    case Selector::Callee: return party(seen.subject, told);
    case Selector::Caller: return party(seen.peer, told);
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

EntityKey entityKey(wire::EntityKind kind, std::string_view id) noexcept
{
    const Hash128 hash = hash128(id, static_cast<std::uint64_t>(kind));
    return {kind, hash.low, hash.high};
}

EntityKey processKey(std::string_view node, std::uint32_t pid, std::uint64_t startTimeNs)
{
    IdText id;
    appendProcess(id, node, pid, startTimeNs);
    return entityKey(EntityKind::Process, id.view());
}

std::optional<EntityKey> entityKey(Selector selector, const Observation &seen)
{
    IdText id;
    const Kind kind = find(selector, seen, {id, nullptr});
    return kind ? std::optional(entityKey(*kind, id.view())) : std::nullopt;
}

void appendName(Selector selector, const Observation &seen, std::string &text)
{
    IdText id;
    find(selector, seen, {id, &text});
}

std::string nameOf(Selector selector, const Observation &seen)
{
    std::string name;
    appendName(selector, seen, name);
    return name;
}

std::optional<EntityName> select(Selector selector, const Observation &seen)
{
    IdText id;
    EntityName entity;
    const Kind kind = find(selector, seen, {id, &entity.name});
    if (!kind)
        return std::nullopt;
    entity.kind = *kind;
    entity.id = id.view();
    return entity;
}

} // namespace tapio::correlation
