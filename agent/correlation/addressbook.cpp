// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/addressbook.h"

#include "agent/correlation/addresskind.h"
#include "agent/correlation/fnv.h"

namespace tapio::correlation {

std::size_t AddressBook::PlaceHash::operator()(const Place &place) const noexcept
{
    // Eight bytes at a time: it is looked up several times an event.
    const auto mix = [](std::uint64_t value) { return (value ^ value >> 32) * 0x9e3779b97f4a7c15; };
    std::uint64_t hash = place.node ^ place.port;
    for (std::size_t i = 0; i < place.bytes.size(); i += 8) {
        std::uint64_t part = 0;
        for (std::size_t byte = 0; byte < 8; ++byte)
            part = part << 8 | place.bytes[i + byte];
        hash = mix(hash ^ part);
    }
    return mix(hash);
}

AddressBook::Place AddressBook::placeOf(const wire::SocketAddress &address, std::string_view node, bool withPort)
{
    Place place{address.bytes, 0, withPort ? address.port : std::uint16_t{0}};
    if (isOfOneNode(address)) {
        Fnv hash;
        hash.add(node);
        place.node = hash.value();
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

void AddressBook::onCaller(const wire::SocketAddress &local, const wire::SocketAddress &remote, std::string_view node, ServiceKey caller)
{
    noteHost(placeOf(local, node, false), caller);
    Connection &connection = m_connections.at(placeOf(local, node, true));
    connection.called = remote;
    join(connection, node);
}

void AddressBook::onCallee(const wire::SocketAddress &local, const wire::SocketAddress &remote, std::string_view node, ServiceKey callee)
{
    noteHost(placeOf(local, node, false), callee);
    m_listeners.at(placeOf(local, node, true)) = callee;
    Connection &connection = m_connections.at(placeOf(remote, node, true));
    connection.answered = callee;
    join(connection, node);
}

/// What was called is what answered, whatever its address is.
void AddressBook::join(const Connection &connection, std::string_view node)
{
    if (connection.called.port != 0 && connection.answered)
        m_listeners.at(placeOf(connection.called, node, true)) = connection.answered;
}

ServiceKey AddressBook::listener(const wire::SocketAddress &address, std::string_view node)
{
    if (const ServiceKey *known = m_listeners.find(placeOf(address, node, true)))
        return *known;
    return host(address, node);
}

ServiceKey AddressBook::host(const wire::SocketAddress &address, std::string_view node)
{
    const Host *known = m_hosts.find(placeOf(address, node, false));
    return known == nullptr || known->isShared() ? ServiceKey() : known->service;
}

} // namespace tapio::correlation
