// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/addressbook.h"

#include <algorithm>

#include "agent/correlation/addresskind.h"
#include "agent/correlation/fnv.h"

namespace tapio::correlation {

std::size_t AddressBook::PlaceHash::operator()(const Place &place) const noexcept
{
    // Eight bytes at a time: it is looked up several times an event.
    const auto mix = [](std::uint64_t value) { return (value ^ value >> 32) * 0x9e3779b97f4a7c15; };
    std::uint64_t hash = place.scope ^ place.port;
    for (std::size_t i = 0; i < place.bytes.size(); i += 8) {
        std::uint64_t part = 0;
        for (std::size_t byte = 0; byte < 8; ++byte)
            part = part << 8 | place.bytes[i + byte];
        hash = mix(hash ^ part);
    }
    return mix(hash);
}

AddressBook::Place AddressBook::placeOf(const wire::SocketAddress &address, std::string_view node, std::string_view podUid, bool withPort)
{
    Place place{address.bytes, 0, withPort ? address.port : std::uint16_t{0}};
    if (isOfOneNode(address)) {
        Fnv hash;
        hash.add(scopeOf(address, node, podUid));
        place.scope = hash.value();
    }
    return place;
}

void AddressBook::noteHost(const Place &place, ServiceKey service)
{
    Host &host = m_hosts.at(place);
    if (host.service && !(host.service == service) && !host.isShared())
        ++host.changes;
    host.service = service;
}

AddressBook::Connection &AddressBook::connectionOf(const Place &client, std::int64_t nowNs)
{
    if (Connection *known = m_connections.find(client))
        return *known;
    if (const Connection *next = m_connections.nextToGo())
        m_forgottenEnds += nowNs - std::max(next->calledNs, next->answeredNs) <= oneConnectionNs ? 1 : 0;
    return m_connections.at(client);
}

void AddressBook::onCaller(const End &end)
{
    noteHost(placeOf(end.local, end.node, end.podUid, false), end.service);
    Connection &connection = connectionOf(placeOf(end.local, end.node, end.podUid, true), end.timeNs);
    connection.called = end.remote;
    connection.calledNs = end.timeNs;
    join(connection, end);
}

void AddressBook::onCallee(const End &end)
{
    noteHost(placeOf(end.local, end.node, end.podUid, false), end.service);
    m_listeners.at(placeOf(end.local, end.node, end.podUid, true)) = end.service;
    Connection &connection = connectionOf(placeOf(end.remote, end.node, end.podUid, true), end.timeNs);
    connection.answered = end.service;
    connection.answeredNs = end.timeNs;
    join(connection, end);
}

/// What was called is what answered, whatever its address is. Once: the next connection of that port may be to somebody else.
void AddressBook::join(Connection &connection, const End &end)
{
    if (connection.called.port == 0 || !connection.answered)
        return;
    const auto [first, last] = std::minmax(connection.calledNs, connection.answeredNs);
    if (last - first > oneConnectionNs)
        return;
    m_listeners.at(placeOf(connection.called, end.node, end.podUid, true)) = connection.answered;
    connection = {};
}

ServiceKey AddressBook::listener(const wire::SocketAddress &address, std::string_view node, std::string_view podUid)
{
    if (const ServiceKey *known = m_listeners.find(placeOf(address, node, podUid, true)))
        return *known;
    return host(address, node, podUid);
}

ServiceKey AddressBook::host(const wire::SocketAddress &address, std::string_view node, std::string_view podUid)
{
    const Host *known = m_hosts.find(placeOf(address, node, podUid, false));
    return known == nullptr || known->isShared() ? ServiceKey() : known->service;
}

} // namespace tapio::correlation
