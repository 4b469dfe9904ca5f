// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "console/core/store/store.h"
#include "protocol/wire/entity.h"

/// Who calls whom, of stored events: the map on which an insight's blast radius is drawn.
namespace tapio::console {

struct CallParty {
    wire::EntityKind kind = wire::EntityKind::Unknown;
    std::string name;

    auto operator<=>(const CallParty &) const = default;
};
/// "pod shop/cart-5f6b7-9zk2p", as insights name what they affect. None: it names no kind.
std::optional<CallParty> partyOf(std::string_view text);

struct CallEdge {
    std::size_t caller = 0, callee = 0; ///< into CallGraph::parties
    bool isRequests = false;            ///< HTTP requests; else connections
    bool isToldByCaller = false;        ///< else by the callee alone
    std::uint64_t calls = 0, errors = 0;
    std::int64_t firstNs = 0, lastNs = 0; ///< UTC
    double p50Ns = 0, p99Ns = 0;          ///< 0 = not known; of connections how long they took to come about

    bool operator==(const CallEdge &) const = default;
};

/// A value. Parties and edges are sorted by name, so the same events give the same graph.
struct CallGraph {
    std::vector<CallParty> parties;
    std::vector<CallEdge> edges;
    std::int64_t fromNs = 0, toNs = 0;             ///< the time that was looked at, UTC
    std::uint64_t events = 0;                      ///< connections and requests that it is made of
    bool isCut = false;                            ///< there were more, older ones: fromNs is where the others begin
    std::multimap<CallParty, std::size_t> members; ///< pods, containers, nodes and places that are listened at, and whose they are

    /// The parties that it is, or that are of it, or that it is of; ascending.
    std::vector<std::size_t> find(const CallParty &party) const;
    bool operator==(const CallGraph &) const = default;
};

/// In whatever order they come; what is neither a connection nor a request is passed over. Pure; any thread. After a request to stop: what there is by then.
CallGraph callGraph(std::vector<StoredEvent> events, std::int64_t fromNs, std::int64_t toNs, const std::stop_token &stop = {});

} // namespace tapio::console
