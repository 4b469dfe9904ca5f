// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

namespace tapio::wire {

/// What a name in an insight is the name of. Numbers of a newer version are kept.
enum class EntityKind : std::uint8_t {
    Unknown = 0,
    Node = 1,
    Namespace = 2,
    Workload = 3,
    Pod = 4,
    Container = 5,
    Process = 6,
    Destination = 7, ///< what is connected to: an address with its port, or a service
    Account = 8,     ///< a user, or a service account
    Address = 9,     ///< of a host, without a port
    Cluster = 10,    ///< all nodes of one server
    Connection = 11, ///< both ends with their ports, the one that listens last
};
std::string_view entityKindName(EntityKind kind) noexcept; ///< "workload"; "unknown" for a number without a name here
/// The inverse; Unknown for a name that is none.
EntityKind entityKindFromName(std::string_view name) noexcept;

} // namespace tapio::wire
