// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "tests/bpf/tcppeer.h"

/// A name server and its clients in a network namespace of their own, where port 53 is free. What is said to be for the child
/// uses system calls and memory only.
namespace tapio::test {

enum class Transport { Udp, ConnectedUdp, Tcp };

/// What the server does is the first label of the name that it is asked for:
///   ok, two        answers with one record, with two
///   nx, fail, tc   answers NXDOMAIN, SERVFAIL, truncated
///   bare           answers FORMERR with a header alone
///   silent         does not answer
///   second         answers what it is asked the second time
///   split          over TCP sends length, header and rest in segments of their own
class NameServer {
public:
    NameServer();

    /// False when the namespace or its sockets could not be made.
    bool isReady() const { return m_ready; }
    /// Moves the calling process into the namespace.
    bool enter() const;
    std::uint32_t pid() const { return m_child.pid(); }

private:
    Pipe m_started;
    Child m_child;
    bool m_ready;
};

/// A message with one question, of type A. `name` as "www.example.com".
std::string dnsQuery(std::uint16_t id, const std::string &name);
/// The same for a name whose labels are given as they are on the wire.
std::string dnsQueryOf(std::uint16_t id, const std::string &wireName);

/// For the child: a socket towards the server; of unconnected UDP, one that is ready to send.
int dnsSocket(Family family, Transport transport);
/// For the child: over TCP with its length before it.
bool dnsSend(int fd, Family family, Transport transport, const std::string &message);
/// For the child: waits for one answer, at most 10 s.
bool dnsReceive(int fd, Transport transport);

} // namespace tapio::test
