// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>

#include "agent/correlation/boundedmap.h"
#include "agent/correlation/factsink.h"

namespace tapio::correlation {

/// Which nodes do not reach each other, from the ends of connections: those that timed out or found no way, by the sockets' errors. Whose an
/// address is was learnt from connections that its node had; of others it stays an address, and counts only when some node reached it before: what nobody ever reached may not be there. What is inside of one node is left out. Two
/// directions of one pair agree when the times that they waited for overlap, to 30 s and what the clocks are unsure of. Bounded; what was seen
/// longest ago goes first, and is counted. One thread.
class LinkWatch {
public:
    struct Limits {
        std::size_t addresses = 32'768;
        std::size_t pairs = 8'192;
    };
    static constexpr std::int64_t rememberNs = 180'000'000'000; ///< how long a pair that lost a connection is looked after
    static constexpr std::int64_t overlapNs = 30'000'000'000;

    /// `isLost`: of nodes (NodeWatch). `sink` outlives it.
    LinkWatch(FactSink &sink, std::function<bool(const std::string &)> isLost) : LinkWatch(sink, std::move(isLost), Limits()) {}
    LinkWatch(FactSink &sink, std::function<bool(const std::string &)> isLost, Limits limits);

    /// Tells link.lost, whose value is 1 when the other side's agent says so as well, else 0; and link.reached.
    void onEvent(const wire::Event &event, const wire::Origin &origin, const EventPlace &place);
    /// Whose address it is; null: nobody showed that.
    const std::string *nodeOf(const wire::SocketAddress &address);
    /// Addresses and pairs that went for want of room within three minutes of their use: later nobody would have asked for them.
    std::uint64_t forgotten() const noexcept { return m_forgotten; }

private:
    struct Lost {
        std::int64_t fromNs = 0, toNs = 0; ///< that the last one waited, in the server's time
        std::int64_t uncertaintyNs = 0;
    };
    struct Known {
        std::string node; ///< empty: none of whose agents we know
        bool wasReached = false;
        std::int64_t lastNs = 0;
    };
    using Address = std::array<std::uint8_t, 16>;
    struct AddressHash {
        std::size_t operator()(const Address &address) const noexcept;
    };

    Known &addressAt(const Address &address, std::int64_t nowNs);
    void onLost(const wire::TcpConnection &tcp, const Observation &seen, const Party &to);
    void onReached(const Observation &seen, const Party &to);
    Party partyOf(const Address &address, const Known *known) const;

    FactSink &m_sink;
    std::function<bool(const std::string &)> m_isLost;
    BoundedMap<Address, Known, AddressHash> m_addresses;
    BoundedMap<std::string, Lost> m_pairs; ///< by "from -> to"
    std::uint64_t m_forgotten = 0;
};

} // namespace tapio::correlation
