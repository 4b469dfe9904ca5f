// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/correlation/boundedmap.h"
#include "protocol/wire/event.h"

namespace tapio::correlation {

/// Which service: two hashes of its kind and id, as EntityKey has them.
struct ServiceKey {
    std::uint64_t key = 0, check = 0;

    bool operator==(const ServiceKey &) const = default;
    explicit operator bool() const noexcept { return key != 0 || check != 0; }
};

/// Whose an address is, learnt from connections: what listens at an address and port is who answered there; what calls from an address is all
/// that calls from there, where that is one service (the address of a node is that of many). What a virtual address stands for is learnt from
/// connections that both ends told of: the client's own address and port are the same in both. Bounded; one thread.
class AddressBook {
public:
    struct Limits {
        std::size_t listeners = 32'768, hosts = 32'768, connections = 16'384;
    };
    explicit AddressBook(Limits limits) : m_listeners(limits.listeners), m_hosts(limits.hosts), m_connections(limits.connections) {}

    /// What one end tells of a connection.
    struct End {
        const wire::SocketAddress &local, &remote;
        std::string_view node, podUid; ///< of this end
        std::int64_t timeNs = 0;
        ServiceKey service; ///< of this end
    };
    void onCaller(const End &end);
    void onCallee(const End &end);

    /// None: not known.
    /// As whoever is on that node, and in that pod, knows it.
    ServiceKey listener(const wire::SocketAddress &address, std::string_view node, std::string_view podUid);
    ServiceKey host(const wire::SocketAddress &address, std::string_view node, std::string_view podUid);
    /// What went for want of room. Of ends of connections only those whose other end might still have been told of.
    std::uint64_t forgotten() const noexcept { return m_listeners.evicted() + m_hosts.evicted() + m_forgottenEnds; }

private:
    struct Place {
        std::array<std::uint8_t, 16> bytes{};
        std::uint64_t scope = 0; ///< hash of whose it is, of addresses that are of one node or pod only
        std::uint16_t port = 0;

        bool operator==(const Place &) const = default;
    };
    struct PlaceHash {
        std::size_t operator()(const Place &place) const noexcept;
    };
    struct Host {
        ServiceKey service;
        std::uint8_t changes = 0; ///< pods come and go, and their addresses are used again; the address of a node changes all the time
        bool isShared() const noexcept { return changes >= 3; }
    };
    /// A client uses a port again, and for another server at any time: both ends tell of one connection within this.
    static constexpr std::int64_t oneConnectionNs = 10'000'000'000;
    struct Connection {
        wire::SocketAddress called; ///< as the client knows it; port 0 = it has not told
        ServiceKey answered;
        std::int64_t calledNs = 0, answeredNs = 0;
    };
    static Place placeOf(const wire::SocketAddress &address, std::string_view node, std::string_view podUid, bool withPort);
    void noteHost(const Place &place, ServiceKey service);
    Connection &connectionOf(const Place &client, std::int64_t nowNs);
    void join(Connection &connection, const End &end);

    BoundedMap<Place, ServiceKey, PlaceHash> m_listeners;
    BoundedMap<Place, Host, PlaceHash> m_hosts;
    BoundedMap<Place, Connection, PlaceHash> m_connections; ///< by the client's end
    std::uint64_t m_forgottenEnds = 0;
};

} // namespace tapio::correlation
