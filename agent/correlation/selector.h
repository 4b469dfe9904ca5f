// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/correlation/observation.h"
#include "protocol/wire/entity.h"

/// Which entity an observation is counted for.
namespace tapio::correlation {

enum class Selector : std::uint8_t {
    Node,
    Namespace,
    Workload,    ///< what runs the pod; without one the pod
    Pod,         ///< else its container, else its cgroup; the node for what the host itself does
    Container,   ///< else its cgroup; the node for what the host itself does
    Process,     ///< by its number and start
    Destination, ///< address and port of the side that listens
    NameServer,  ///< of a question: address and port
    Account,     ///< of a login
    Address,     ///< of a login: where from
    Cluster,     ///< all nodes as one
    Pair,        ///< of a link: which node to which address or node
    PeerNode,    ///< of a link: the node at its other end
    Callee,      ///< of a service: the workload that is called; the address where that is all that is known
    Caller,      ///< the workload that calls, likewise
    Connection,  ///< both ends, the same from either
    Ancestors,   ///< the process and each that it descends from (processtree.h): evidence of all that there is a candidate of
};

/// "pod", "destination". None for a name that is none.
std::optional<Selector> selectorFromName(std::string_view name) noexcept;
std::string_view selectorName(Selector selector) noexcept;
/// What kind of entity it gives. Pods also stand for what is in none.
wire::EntityKind kindOf(Selector selector) noexcept;
/// Whether observations of a topic can have one.
bool applies(Selector selector, Topic topic) noexcept;

/// Which entity it is, by two hashes of its kind and id: two of one key and one check are one. The same on every machine.
struct EntityKey {
    wire::EntityKind kind = wire::EntityKind::Unknown;
    std::uint64_t key = 0, check = 0;
};
EntityKey entityKey(wire::EntityKind kind, std::string_view id) noexcept;
/// Of a process.
EntityKey processKey(std::string_view node, std::uint32_t pid, std::uint64_t startTimeNs);
/// None: not known of this one, such as the pod of what nobody could place. Takes no memory, since it is asked of nearly each event.
std::optional<EntityKey> entityKey(Selector selector, const Observation &seen);

/// Who it is. `id` tells entities of one kind apart, `name` is for people.
struct EntityName {
    wire::EntityKind kind = wire::EntityKind::Unknown;
    std::string id;
    std::string name;

    EntityKey key() const noexcept { return entityKey(kind, id); }
};
/// Of the same key as entityKey() gives.
std::optional<EntityName> select(Selector selector, const Observation &seen);
/// Its name alone. Empty: it is not known.
std::string nameOf(Selector selector, const Observation &seen);
void appendName(Selector selector, const Observation &seen, std::string &text);

} // namespace tapio::correlation
